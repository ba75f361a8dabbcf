//! What the plan means for one unit with all below it, remembered for a while, so that a page need not make a plan.
//!
//! A small unit's plan is made while its page waits. That of a large one is made beside it: the page shows what was
//! made last, and when.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use rules::ruleset::in_force;
use tracing::warn;

use crate::app::App;
use crate::judge::day;
use crate::memory::{Memory, Quest};
use crate::planning::{self, Planned, Wish};
use crate::store::listing::{Grades, Scope};
use crate::store::unit;
use crate::terms::Terms;
use crate::{tally, unit_facts};

/// Units with more machines are planned beside the page.
const MACHINES_AT_ONCE: i64 = 400;
/// How long a plan is shown before another is made, in seconds: of a small unit, and of a large one.
const FRESH_SECONDS: i64 = 60;
const FRESH_SECONDS_LARGE: i64 = 600;

/// What the plan means for a unit, without a limit of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// When it was made.
    pub made_at: Timestamp,
    /// What is to be done.
    pub lines: i64,
    /// Of these, what costs nothing.
    pub free: i64,
    /// What it costs together, in đồng.
    pub cost: i64,
    /// Lines of which no price is known.
    pub unpriced: i64,
    /// Working places, and those that have a machine which is ready.
    pub seats: i64,
    /// Working places that have a machine which is ready.
    pub ready: i64,
    /// Working places that the plan makes ready.
    pub more: i64,
    /// Machines that are not diagnosed yet, so that the plan does not know them.
    pub missing: i64,
    /// Rules about whole units that pass, pass in part, fail, and are not known; none where no set is in force.
    pub rules: Option<[i64; 4]>,
}

impl Part {
    fn of(planned: &Planned, made_at: Timestamp, rules: Option<[i64; 4]>) -> Part {
        let lines = &planned.plan.lines;
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Part {
            made_at,
            lines: count(lines.len()),
            free: count(lines.iter().filter(|line| line.cost == Some(0)).count()),
            cost: lines.iter().filter_map(|line| line.cost).sum(),
            unpriced: count(lines.iter().filter(|line| line.cost.is_none()).count()),
            seats: i64::from(planned.plan.counts.seats),
            ready: i64::from(planned.plan.counts.ready),
            more: lines.iter().filter(|line| line.year.is_some()).map(|line| i64::from(line.seats)).sum(),
            missing: i64::try_from(planned.missing).unwrap_or(i64::MAX),
            rules,
        }
    }
}

/// The parts that were made, by the paths of their units.
#[derive(Debug, Default)]
pub struct Parts {
    made: Memory<Part>,
    /// One at a time: a large plan takes a processor for a while.
    turn: tokio::sync::Mutex<()>,
}

/// What the plan means for the unit at this path, which has so many machines. None of a large unit that was never
/// planned: it is being planned.
///
/// # Errors
/// When the database cannot.
pub async fn of(app: &App, path: &str, machines: i64) -> Result<Option<Part>> {
    let now = app.clock.now();
    let is_large = machines > MACHINES_AT_ONCE;
    let fresh = if is_large { FRESH_SECONDS_LARGE } else { FRESH_SECONDS };
    let known = app.parts.made.find(path);
    if let Some((made_at, part)) = known
        && now.duration_since(made_at) < SignedDuration::from_secs(fresh)
    {
        return Ok(Some(part));
    }
    // Norms may have ended: then there is no plan, and the page of the plan says so.
    if app.judge().norms.on(crate::judge::day(now)).is_none() {
        return Ok(None);
    }
    if !is_large {
        return make(app, path, app.parts.made.quest()).await.map(Some);
    }
    if let Some(quest) = app.parts.made.begin(path) {
        let (app, path) = (app.clone(), path.to_owned());
        tokio::spawn(async move {
            let _turn = app.parts.turn.lock().await;
            if let Err(error) = make(&app, &path, quest).await {
                warn!(path, error = format!("{error:#}"), "The plan of a unit could not be made.");
            }
            app.parts.made.end(&path);
        });
    }
    Ok(known.map(|(_, part)| part))
}

async fn make(app: &App, path: &str, quest: Quest) -> Result<Part> {
    let made_at = app.clock.now();
    let wish = Wish {
        scope: Scope::subtree(path),
        norm: None,
        fund: String::new(),
        budgets: Vec::new(),
        years: 1,
        terms: Terms::default(),
    };
    let rules = rules(app, path).await?;
    let part = Part::of(&planning::plan(app, &wish).await?, made_at, rules);
    app.parts.made.keep(path, quest, made_at, part);
    Ok(part)
}

/// What the rules about whole units say of the unit at this path, counted by outcome.
async fn rules(app: &App, path: &str) -> Result<Option<[i64; 4]>> {
    let (judge, today) = (app.judge(), day(app.clock.now()));
    let Some(set) = in_force(&judge.sets, today).filter(|set| !set.unit_rules.is_empty()) else {
        return Ok(None);
    };
    let Some(unit) = path.split_terminator('/').next_back() else { return Ok(None) };
    let mut tx = app.store.read().await?;
    let gathered = unit_facts::gather(&mut tx, &judge, &Scope::subtree(path), today).await?;
    Ok(Some(unit_facts::counts(&gathered.verdicts(set, unit)?)))
}

/// Makes the plans of large units that were never made, so that nobody waits for them.
///
/// # Errors
/// When the database cannot.
pub async fn warm(app: &App) -> Result<()> {
    let mut tx = app.store.read().await?;
    let counted = tally::with_below(&mut tx).await?;
    let tree = unit::tree(&mut tx).await?;
    drop(tx);
    for unit in &tree {
        let machines = counted.get(&unit.id).map_or(0, Grades::all);
        if machines > MACHINES_AT_ONCE && app.parts.made.find(&unit.path).is_none() {
            of(app, &unit.path, machines).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::office;

    #[tokio::test]
    async fn a_part_is_that_of_the_plan_and_made_again_after_a_while() {
        let office = office::known().await;
        planning::diagnose(&office.app, &Scope::everything(), None, &indicatif::ProgressBar::hidden())
            .await
            .unwrap();
        let mut tx = office.app.store.read().await.unwrap();
        let commune = unit::by_id(&mut tx, &office::unit_id("16093")).await.unwrap();
        drop(tx);
        let part = of(&office.app, &commune.path, 12).await.unwrap().unwrap();
        let wish = Wish {
            scope: Scope::subtree(&commune.path),
            norm: None,
            fund: String::new(),
            budgets: Vec::new(),
            years: 1,
            terms: Terms::default(),
        };
        let planned = planning::plan(&office.app, &wish).await.unwrap();
        assert_eq!(part, Part::of(&planned, office::now(), part.rules));
        assert!(part.rules.is_some_and(|counts| counts.iter().sum::<i64>() > 0), "{part:?}");
        assert!(part.lines > 0 && part.cost > 0 && part.more > 0, "{part:?}");
        let later = office::now() + SignedDuration::from_secs(59);
        office.app.clock.set(later);
        assert_eq!(of(&office.app, &commune.path, 12).await.unwrap().unwrap().made_at, office::now());
        let later = later + SignedDuration::from_secs(1);
        office.app.clock.set(later);
        assert_eq!(of(&office.app, &commune.path, 12).await.unwrap().unwrap().made_at, later);
    }

    #[tokio::test]
    async fn a_large_unit_is_planned_beside_its_page() {
        let office = office::known().await;
        let mut tx = office.app.store.read().await.unwrap();
        let province = unit::by_id(&mut tx, &office::unit_id("38")).await.unwrap();
        drop(tx);
        let large = MACHINES_AT_ONCE + 1;
        assert_eq!(of(&office.app, &province.path, large).await.unwrap(), None, "nobody waits");
        assert_eq!(of(&office.app, &province.path, large).await.unwrap(), None, "and it is not begun twice");
        while office.app.parts.made.find(&province.path).is_none() {
            tokio::task::yield_now().await;
        }
        let part = of(&office.app, &province.path, large).await.unwrap().unwrap();
        assert!(part.missing > 0, "the machines were not diagnosed: {part:?}");
        // None of the units of this office is large.
        warm(&office.app).await.unwrap();
        let mut tx = office.app.store.read().await.unwrap();
        let made = |unit: &&unit::Unit| office.app.parts.made.find(&unit.path).is_some();
        let tree = unit::tree(&mut tx).await.unwrap();
        assert_eq!(tree.iter().filter(made).map(|unit| &unit.code).collect::<Vec<_>>(), ["38"]);
    }
}

//! Sums over the machines of a scope. Those of a large one are remembered a moment, and counted again beside the page
//! that asks: a page about 30,000 machines opens as quickly as one about thirty.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Result;
use jiff::SignedDuration;
use rules::ruleset::in_force;
use tracing::warn;

use crate::app::App;
use crate::judge::day;
use crate::memory::{Memory, Quest};
use crate::store::Tx;
use crate::store::counts::{self, Noted};
use crate::store::listing::{self, Grades, Scope};
use crate::store::seat::{self, Filled};

/// From how many machines on sums are remembered: counting fewer takes less than a page.
const MACHINES_MIN: i64 = 2_000;
/// How long sums are shown before they are counted again, in seconds.
const FRESH_SECONDS: i64 = 10;
/// How old sums may be that a page shows while they are counted again, in seconds.
const SHOWN_SECONDS_MAX: i64 = 120;

/// Sums over the machines of a scope.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// The machines of each grade, by the id of their own unit.
    pub grades: BTreeMap<String, Grades>,
    /// How many machines say this of each rule: rule, outcome word (all but pass), machines.
    pub findings: BTreeMap<(String, String), i64>,
    /// The same of machines that another set judged than the one that is in force.
    pub aside: BTreeMap<(String, String), i64>,
    /// How many have what a rule asks, switched off.
    pub switched_off: BTreeMap<String, i64>,
    /// How many were judged, by set and role.
    pub judged: BTreeMap<(String, String), i64>,
    /// The machines of each unit and role, and those of them that are ready.
    pub filled: Filled,
    /// What is to be known beside the grades.
    pub noted: Noted,
}

/// The sums that are remembered, by the first path of their scope.
pub type Remembered = Memory<Arc<Figures>>;

/// The sums of this scope. Of a large one they may be some seconds old; what a person changed on a page is in them.
///
/// # Errors
/// When the database cannot.
pub async fn of(app: &App, tx: &mut Tx, scope: &Scope) -> Result<Arc<Figures>> {
    let name = scope.first();
    if let Some((counted_at, figures)) = app.figures.find(name) {
        let age = app.clock.now().duration_since(counted_at);
        if age <= SignedDuration::from_secs(FRESH_SECONDS) {
            return Ok(figures);
        }
        if age <= SignedDuration::from_secs(SHOWN_SECONDS_MAX) {
            count_beside(app, scope);
            return Ok(figures);
        }
    }
    count(app, tx, scope, app.figures.quest()).await
}

fn count_beside(app: &App, scope: &Scope) {
    let Some(quest) = app.figures.begin(scope.first()) else { return };
    let (app, scope) = (app.clone(), scope.clone());
    tokio::spawn(async move {
        let counted = async { count(&app, &mut app.store.read().await?, &scope, quest).await };
        if let Err(error) = counted.await {
            warn!(scope = scope.first(), error = format!("{error:#}"), "Machines could not be counted.");
        }
        app.figures.end(scope.first());
    });
}

async fn count(app: &App, tx: &mut Tx, scope: &Scope, quest: Quest) -> Result<Arc<Figures>> {
    let counted_at = app.clock.now();
    let figures = Arc::new(Figures {
        grades: listing::grades_by_unit(tx, scope).await?,
        findings: counts::findings(tx, scope).await?,
        aside: match in_force(&app.judge().sets, day(counted_at)) {
            Some(set) => counts::findings_aside(tx, scope, &set.id).await?,
            None => BTreeMap::new(),
        },
        switched_off: counts::switched_off(tx, scope).await?,
        judged: counts::judged(tx, scope).await?,
        filled: seat::filled(tx, scope).await?,
        noted: counts::noted(tx, scope).await?,
    });
    if figures.grades.values().map(Grades::all).sum::<i64>() >= MACHINES_MIN {
        app.figures.keep(scope.first(), quest, counted_at, Arc::clone(&figures));
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::office;

    #[tokio::test]
    async fn sums_are_shown_a_moment_then_counted_beside_the_page_then_while_it_waits() {
        let office = office::known().await;
        let (app, scope) = (&office.app, Scope::everything());
        let mut tx = app.store.read().await.unwrap();
        let counted = of(app, &mut tx, &scope).await.unwrap();
        assert!(!counted.grades.is_empty() && !counted.findings.is_empty());
        assert_eq!(app.figures.find(scope.first()), None, "a small scope is counted each time");

        let old = Arc::new(Figures::default());
        let at = |seconds: i64| office::now() + SignedDuration::from_secs(seconds);
        let keep = || app.figures.keep(scope.first(), app.figures.quest(), at(0), Arc::clone(&old));
        keep();
        app.clock.set(at(FRESH_SECONDS));
        assert_eq!(of(app, &mut tx, &scope).await.unwrap(), old);
        assert!(app.figures.begin(scope.first()).is_some(), "nobody counts");
        app.figures.end(scope.first());
        app.clock.set(at(FRESH_SECONDS + 1));
        assert_eq!(of(app, &mut tx, &scope).await.unwrap(), old);
        assert_eq!(app.figures.begin(scope.first()), None, "it is being counted");
        app.clock.set(at(SHOWN_SECONDS_MAX + 1));
        assert_eq!(of(app, &mut tx, &scope).await.unwrap(), counted);
        app.clock.set(at(0));
        app.figures.forget();
        assert_eq!(
            of(app, &mut tx, &scope).await.unwrap(),
            counted,
            "what a person changed is counted at once"
        );
    }
}

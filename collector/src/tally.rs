//! The daily tally: how many machines of each grade every unit has, with all units below it, kept day by day.
//!
//! Today's figures are written again while the day lasts, so the last ones stay. A unit that has none yet gets those of
//! the past from the judgements of the machines that are in it: so a collector that never counted has a history at
//! once, and a unit that a reform made has that of its machines. Old days are thinned out, so that the table is
//! bounded.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use jiff::civil::{Date, Weekday};
use jiff::{Span, Timestamp};
use rules::assess::Grade;
use tracing::info;

use crate::app::App;
use crate::judge::day;
use crate::store::listing::{self, Grades, Scope};
use crate::store::tally::{self, Member};
use crate::store::{Tx, unit};

/// Days of which each is kept; of those before, one a week is.
const DAYS_KEPT: i32 = 92;
/// Days after which even that one goes.
const DAYS_KEPT_MAX: i32 = 3 * 366;
/// How far the past of a unit is counted back, in days.
const PAST_DAYS: i32 = 366;
/// Machines that are read at once, and units whose past is written in one transaction: reports wait meanwhile.
const MACHINES_AT_ONCE: u32 = 500;
const UNITS_AT_ONCE: usize = 50;

/// Counts today, and the past of units that were never counted.
///
/// # Errors
/// When the database cannot. Counting again does no harm.
pub async fn count(app: &App) -> Result<()> {
    let today = day(app.clock.now());
    let mut tx = app.store.read().await?;
    let known = tally::units(&mut tx).await?;
    let counted = with_below(&mut tx).await?;
    drop(tx);
    let fresh: BTreeSet<&str> =
        counted.keys().filter(|unit| !known.contains(*unit)).map(String::as_str).collect();
    if !fresh.is_empty() {
        count_past(app, &fresh, today).await.context("counting days that have gone by")?;
    }
    let mut tx = app.store.begin().await?;
    // Once more, now that nothing else can be written before the commit.
    let counted = with_below(&mut tx).await?;
    for (unit, grades) in &counted {
        tally::put(&mut tx, unit, today, grades).await?;
    }
    // A unit that has lost its machines has none, which is not the same as not being counted.
    for unit in known.iter().filter(|unit| !counted.contains_key(*unit)) {
        tally::put(&mut tx, unit, today, &Grades::default()).await?;
    }
    for old in tally::days(&mut tx).await?.into_iter().filter(|old| !is_kept(*old, today)) {
        tally::forget(&mut tx, old).await?;
    }
    tx.commit().await.context("keeping the figures of today")
}

/// The machines of each unit that has any, with those of all units below it, by id.
pub(crate) async fn with_below(tx: &mut Tx) -> Result<BTreeMap<String, Grades>> {
    let own = listing::grades_by_unit(tx, &Scope::everything()).await?;
    let mut counted: BTreeMap<String, Grades> = BTreeMap::new();
    for unit in unit::tree(tx).await? {
        let Some(grades) = own.get(&unit.id) else { continue };
        for above in unit.path.split_terminator('/') {
            counted.entry(above.to_owned()).or_default().add_all(grades);
        }
    }
    Ok(counted)
}

/// Whether the figures of a day are kept on another.
fn is_kept(old: Date, today: Date) -> bool {
    let age = today.since(old).map_or(0, |age| age.get_days());
    age <= DAYS_KEPT || (age <= DAYS_KEPT_MAX && old.weekday() == Weekday::Sunday)
}

/// Counts the days that have gone by of these units, as far as the judgements of their machines tell.
async fn count_past(app: &App, units: &BTreeSet<&str>, today: Date) -> Result<()> {
    let first = today.saturating_sub(Span::new().days(PAST_DAYS));
    let days: Vec<Date> = first
        .series(Span::new().days(1))
        .take_while(|one| *one < today)
        .filter(|one| is_kept(*one, today))
        .collect();
    let since = app.clock.now() - jiff::SignedDuration::from_hours(24 * i64::from(PAST_DAYS));
    let mut past = Past { days: &days, changes: BTreeMap::new() };
    let mut after = String::new();
    loop {
        let mut tx = app.store.read().await?;
        let members = tally::members(&mut tx, &after, MACHINES_AT_ONCE, since.as_millisecond()).await?;
        let Some(last) = members.last() else { break };
        after.clone_from(&last.machine);
        members.iter().try_for_each(|member| past.add(member, units))?;
    }
    let counted: Vec<(&String, Vec<(Date, Grades)>)> =
        past.changes.iter().map(|(unit, changes)| (unit, figures(&days, changes))).collect();
    for some in counted.chunks(UNITS_AT_ONCE) {
        let mut tx = app.store.begin().await?;
        for (unit, figures) in some {
            for (day, grades) in figures {
                tally::put(&mut tx, unit, *day, grades).await?;
            }
        }
        tx.commit().await?;
    }
    info!(units = counted.len(), "The past of units that were never counted was counted.");
    Ok(())
}

/// How the figures of each unit change from day to day: by unit, by the place of the day.
struct Past<'a> {
    days: &'a [Date],
    changes: BTreeMap<String, BTreeMap<usize, Grades>>,
}

impl Past<'_> {
    /// Adds what one machine was.
    fn add(&mut self, member: &Member, units: &BTreeSet<&str>) -> Result<()> {
        let on = |millis: i64| -> Result<usize> {
            let on = day(Timestamp::from_millisecond(millis)?);
            Ok(self.days.partition_point(|one| *one < on))
        };
        // A machine that joined again has joined before.
        let joined = member.turns.first().map_or(member.joined_at, |(first, _)| member.joined_at.min(*first));
        let mut turns = BTreeMap::from([(on(joined)?, Grade::NoData)]);
        for (judged_at, grade) in &member.turns {
            let grade =
                Grade::parse(grade).with_context(|| format!("a judgement has the unknown grade {grade}"))?;
            // The last of a day counts.
            turns.insert(on(*judged_at)?, grade);
        }
        for unit in member.unit_path.split_terminator('/').filter(|unit| units.contains(unit)) {
            let mut before = None;
            for (place, grade) in turns.iter().filter(|(place, _)| **place < self.days.len()) {
                let changes = self.changes.entry(unit.to_owned()).or_default().entry(*place).or_default();
                changes.add(*grade, 1);
                if let Some(before) = before.replace(*grade) {
                    changes.add(before, -1);
                }
            }
        }
        Ok(())
    }
}

/// The figures of each day from the first that changed anything.
fn figures(days: &[Date], changes: &BTreeMap<usize, Grades>) -> Vec<(Date, Grades)> {
    let first = changes.keys().next().copied().unwrap_or(days.len());
    let mut grades = Grades::default();
    let figure = |(place, day): (usize, &Date)| {
        if let Some(changes) = changes.get(&place) {
            grades.add_all(changes);
        }
        (*day, grades)
    };
    days.iter().enumerate().skip(first).map(figure).collect()
}

#[cfg(test)]
mod tests;

//! A rule set tried on the whole fleet before it counts: which machines would change grade, and because of which rule.
//!
//! Nothing is written. Both judgements are made afresh, by the engine that judges reports, so the difference is that
//! of the rules alone. Knows no files and no pages.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use jiff::civil::Date;
use rules::assess::{Grade, Outcome};
use rules::ruleset::Both;
use serde::Serialize;
use tally::{Tally, tally};

use crate::app::Judge;
use crate::judge::shares;
use crate::local::Locals;
use crate::planning::Kept;
use crate::store::Store;
use crate::store::fleet;
use crate::store::listing::Scope;

mod cost;
mod tally;

pub use cost::{PlanChange, PlanSum};

/// Machines that are read at once: this bounds the memory, whatever the size of the fleet.
const BATCH: u32 = 256;
/// Most machines that are listed by name.
pub const LISTED_MAX: usize = 20_000;
/// What stands for the thresholds of grades among the rules.
pub const THRESHOLDS: &str = "[grades]";
/// The least shift of each step in which scores are counted, but the first.
const SHIFTS: &[i16] = &[-19, -9, 0, 1, 10, 20];

/// What is tried, and on whom.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The rules in force.
    pub now: Arc<Judge>,
    /// The rules that would be.
    pub then: Arc<Judge>,
    /// Id of the set that differs; `lifecycle` for the table of support dates, `prices` and `norms`.
    pub id: String,
    /// The machines.
    pub scope: Scope,
    /// The day of today.
    pub today: Date,
    /// How long machines may be diagnosed for the change of plan.
    pub patience: Duration,
}

/// What a trial came to.
#[derive(Debug, Clone, Serialize)]
pub struct WhatIf {
    /// Id of the set that was tried; `lifecycle` for the table of support dates.
    pub id: String,
    /// Its title; none of a table.
    pub title: Option<Both>,
    /// The digest in force; none where there is no set of this id.
    pub before: Option<String>,
    /// The digest that was tried.
    pub after: Option<String>,
    /// The day for which everything was judged, where the set comes into force only then; else each report on its own.
    pub as_of: Option<Date>,
    /// Whether the set judges only who asks for it, so that no grade depends on it.
    pub on_request: bool,
    /// Machines that have a report.
    pub machines: u64,
    /// Machines whose kept report cannot be opened; they are in none of the other counts.
    pub unreadable: u64,
    /// Machines that this set would judge.
    pub concerned: u64,
    /// Machines that would change grade.
    pub changed: u64,
    /// How many machines go from which grade to which.
    pub moves: Vec<Move>,
    /// What each rule does, those that turn most grades first; rules without any difference are left out.
    pub rules: Vec<RuleEffect>,
    /// What becomes of scores.
    pub scores: Scores,
    /// What becomes of the units one step below, those with most changes first; units without any are left out.
    pub units: Vec<UnitEffect>,
    /// What the change of plan costs; none where no norm is in force.
    pub plan: Option<PlanChange>,
    /// The machines that would change grade, those that lose first; at most [`LISTED_MAX`].
    pub list: Vec<Changed>,
}

/// Machines that go from one grade to another, or stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Move {
    /// The grade by the rules in force.
    pub from: Grade,
    /// The grade by the rules that were tried.
    pub to: Grade,
    /// How many.
    pub machines: u64,
}

/// Which way a grade turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// To a worse grade.
    Worse,
    /// To a better grade.
    Better,
    /// To “not enough data”, or from it.
    Unclear,
}

impl Turn {
    fn of(from: Grade, to: Grade) -> Option<Turn> {
        if from == to {
            None
        } else if from == Grade::NoData || to == Grade::NoData {
            Some(Turn::Unclear)
        } else if to < from {
            Some(Turn::Better)
        } else {
            Some(Turn::Worse)
        }
    }
}

/// How many grades turn, and which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Turns {
    /// To a better grade.
    pub better: u64,
    /// To a worse grade.
    pub worse: u64,
    /// To “not enough data”, or from it.
    pub unclear: u64,
}

impl Turns {
    fn add(&mut self, turn: Turn) {
        match turn {
            Turn::Better => self.better += 1,
            Turn::Worse => self.worse += 1,
            Turn::Unclear => self.unclear += 1,
        }
    }

    fn join(&mut self, other: Turns) {
        self.better += other.better;
        self.worse += other.worse;
        self.unclear += other.unclear;
    }

    /// All of them.
    pub fn all(&self) -> u64 {
        self.better + self.worse + self.unclear
    }
}

/// What one rule does to the fleet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleEffect {
    /// Id of the rule, or [`THRESHOLDS`].
    pub rule: String,
    /// Its title, in the set that was tried, else in the one in force.
    pub title: Option<Both>,
    /// Machines whose grade would not turn so if this rule alone had stayed as it is.
    pub alone: Turns,
    /// Machines whose grade turns because of several rules together, this one among them.
    pub together: Turns,
    /// Machines of which it says something else, or weighs otherwise, whether the grade turns or not.
    pub differs: u64,
    /// What it says: before, after, and of how many; none where the rule is not in the set.
    pub outcomes: Vec<(Option<Outcome>, Option<Outcome>, u64)>,
}

/// What becomes of scores; of machines that have one before and after.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Scores {
    /// How many machines.
    pub machines: u64,
    /// The sum of scores before and after.
    pub sums: (u64, u64),
    /// Machines by their shift: −20 and less, −19 to −10, −9 to −1, none, 1 to 9, 10 to 19, 20 and more.
    pub shifts: [u64; 7],
}

/// What becomes of one unit and all below it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitEffect {
    /// Id of the unit.
    pub unit: String,
    /// Machines that have a report.
    pub machines: u64,
    /// How many grades turn.
    pub turns: Turns,
}

/// A machine that would change grade.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Changed {
    /// Which way.
    pub turn: Turn,
    /// Id of the machine.
    pub machine: String,
    /// Name in the network.
    pub hostname: String,
    /// Id of its unit.
    pub unit: String,
    /// Grade before and after.
    pub grades: (Grade, Grade),
    /// Score before and after.
    pub scores: (Option<u8>, Option<u8>),
    /// The rules that turn it, at most three.
    pub because: Vec<String>,
}

/// Tries other rules on every machine of the trial, on all processors.
///
/// # Errors
/// When the database cannot.
pub async fn what_if(store: &Store, trial: &Trial, progress: &ProgressBar) -> Result<WhatIf> {
    let candidate = trial.then.sets.iter().find(|set| set.id == trial.id);
    let as_of = candidate.map(|set| set.in_force.0).filter(|first| *first > trial.today);
    let mut tx = store.read().await?;
    progress.set_length(fleet::reported(&mut tx, &trial.scope).await?);
    let locals = Arc::new(Locals::on(&mut tx, as_of.unwrap_or(trial.today)).await?);
    let kept = Arc::new(Kept::of(&mut tx, &trial.scope, &trial.now).await?);
    let mut sum = Tally::default();
    let until = Instant::now() + trial.patience;
    let mut after = String::new();
    loop {
        let batch = fleet::latest(&mut tx, &trial.scope, &after, BATCH).await?;
        let Some(last) = batch.last() else { break };
        after.clone_from(&last.machine);
        let count = batch.len();
        for share in shares(batch) {
            let (trial, locals, kept) = (trial.clone(), Arc::clone(&locals), Arc::clone(&kept));
            let count = move || tally(&trial, as_of, until, (&locals, &kept), &share);
            sum.waiting.push(tokio::task::spawn_blocking(count));
        }
        for share in std::mem::take(&mut sum.waiting) {
            sum.join(share.await.context("trying the rules")?);
        }
        progress.inc(count as u64);
    }
    let plan = cost::change(&mut tx, trial, as_of, sum.take_differing()).await?;
    progress.finish_and_clear();
    Ok(WhatIf { plan, ..sum.told(trial, as_of) })
}

impl Scores {
    fn add(&mut self, scores: (Option<u8>, Option<u8>)) {
        let (Some(before), Some(after)) = scores else { return };
        self.machines += 1;
        self.sums.0 += u64::from(before);
        self.sums.1 += u64::from(after);
        let shift = i16::from(after) - i16::from(before);
        let step = SHIFTS.iter().filter(|least| shift >= **least).count();
        if let Some(count) = self.shifts.get_mut(step) {
            *count += 1;
        }
    }

    fn join(&mut self, other: &Scores) {
        self.machines += other.machines;
        self.sums.0 += other.sums.0;
        self.sums.1 += other.sums.1;
        for (count, more) in self.shifts.iter_mut().zip(other.shifts) {
            *count += more;
        }
    }

    /// The mean before and after; none without machines.
    pub fn means(&self) -> Option<(f64, f64)> {
        let mean = |sum: u64| sum as f64 / self.machines as f64;
        (self.machines > 0).then(|| (mean(self.sums.0), mean(self.sums.1)))
    }
}

#[cfg(test)]
mod tests;

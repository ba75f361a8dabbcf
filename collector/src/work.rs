//! Work orders: what a plan pays for becomes work at machines, somebody ticks it off, and a later report confirms it.
//!
//! Work is for rules: those that the machine failed and that name what is to be done. A later report that fails none of
//! them confirms it; one that says too little does not.

use anyhow::{Context, Result};
use jiff::Timestamp;
use rules::assess::Outcome;
use rules::plan::{Line, Means, Why};
use rules::ruleset::{RuleSet, in_force};

use crate::app::{App, Judge};
use crate::goods;
use crate::judge::day;
use crate::planning::{self, Planned};
use crate::store::assessment::Finding;
use crate::store::work::{self, Reported, Wanted};
use crate::store::{Tx, assessment, audit};

/// Work that is compared in one transaction: reports wait meanwhile.
const BATCH: u32 = 200;
/// What a rule carries that was met in part when the work was made.
const PARTIAL: &str = "/partial";

/// What making work came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Made {
    /// Work that was made, and goods that were asked for.
    pub made: usize,
    /// What was there already.
    pub kept: usize,
    /// Work that nobody had done, in whose place another was made.
    pub replaced: usize,
}

/// Makes work from what the first year of a plan pays for, and asks for the goods that belong to no machine yet.
///
/// # Errors
/// When the database cannot; then nothing was made.
pub async fn make(app: &App, planned: &Planned, place: &str, by: &str) -> Result<Made> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let mut done = Made::default();
    for line in planned.plan.lines.iter().filter(|line| line.year == Some(0)) {
        let machine = line.machine.and_then(|index| planned.machines.get(index));
        let (Some(machine), Some(unit)) = (machine, planned.unit_ids.get(line.unit)) else { continue };
        let findings = assessment::findings(&mut tx, &machine.id).await?;
        let wanted = Wanted {
            machine: machine.id.clone(),
            unit: unit.clone(),
            means: line.means.word().to_owned(),
            remedies: line.remedies.clone(),
            parts: line.purchases.iter().map(|one| one.item.clone()).collect(),
            rules: rules_of(planning::set(planned), line, &findings),
        };
        keep(&mut tx, &wanted, by, now, &mut done).await?;
    }
    goods::make(&mut tx, planned, by, now, &mut done).await?;
    if done.made > 0 {
        let detail = serde_json::json!({ "made": done.made, "replaced": done.replaced }).to_string();
        audit::add(&mut tx, now, by, "work-make", place, &detail).await?;
    }
    tx.commit().await.context("keeping work")?;
    Ok(done)
}

/// Keeps work, unless it is there already. Other work at the same machine that nobody has done gives way.
async fn keep(tx: &mut Tx, wanted: &Wanted, by: &str, now: Timestamp, done: &mut Made) -> Result<()> {
    let there = work::unconfirmed(tx, &wanted.machine).await?;
    let is_same = |one: &Wanted| {
        (&one.means, &one.unit, &one.remedies, &one.parts)
            == (&wanted.means, &wanted.unit, &wanted.remedies, &wanted.parts)
    };
    if there.iter().any(|one| is_same(&one.wanted)) {
        done.kept += 1;
        return Ok(());
    }
    for other in &there {
        done.replaced += usize::from(work::remove(tx, &other.id).await?);
    }
    work::add(tx, wanted, by, now).await?;
    done.made += 1;
    Ok(())
}

/// The rules that a line is for: those that the machine fails and that name what is to be done.
fn rules_of(set: Option<&RuleSet>, line: &Line, findings: &[Finding]) -> Vec<String> {
    let lacks = match &line.why {
        Why::Fails(lacks) | Why::Beyond(lacks) => lacks,
        Why::Empty { .. } | Why::Short { .. } | Why::Wished { .. } => return Vec::new(),
    };
    let names = |rule: &str| {
        let rule = set.and_then(|set| set.rule(rule));
        rule.is_some_and(|rule| rule.remedies.iter().any(|remedy| line.remedies.contains(remedy)))
    };
    let of = |outcome: Outcome| -> Vec<&str> {
        let findings = findings.iter().filter(|finding| finding.outcome == outcome.word());
        findings.map(|finding| finding.rule.as_str()).filter(|rule| names(rule)).collect()
    };
    let (failed, partial) = (of(Outcome::Fail), of(Outcome::Partial));
    match (failed.is_empty(), partial.is_empty()) {
        (false, _) => failed.into_iter().map(str::to_owned).collect(),
        (true, false) => partial.into_iter().map(|rule| format!("{rule}{PARTIAL}")).collect(),
        // What the machine fails whose seat it gets says nothing of the one that is moved.
        (true, true) if line.means == Means::Reassign => Vec::new(),
        // Another PC in its place, or a remedy that no rule names: then it is all that the machine fails.
        (true, true) => lacks.rules.clone(),
    }
}

/// The id of a rule of work.
pub fn rule_id(rule: &str) -> &str {
    rule.strip_suffix(PARTIAL).unwrap_or(rule)
}

/// Compares work with the reports that came since. Gives how much was confirmed.
///
/// # Errors
/// When the database cannot. What was compared until then stays.
pub async fn confirm(app: &App) -> Result<usize> {
    let judge = app.judge();
    let (mut confirmed, mut after) = (0, String::new());
    loop {
        let mut tx = app.store.read().await?;
        if work::reported(&mut tx, &after, 1).await?.is_empty() {
            return Ok(confirmed);
        }
        drop(tx);
        let mut tx = app.store.begin().await?;
        let reported = work::reported(&mut tx, &after, BATCH).await?;
        let Some(last) = reported.last() else { return Ok(confirmed) };
        after.clone_from(&last.id);
        for one in &reported {
            let findings = assessment::findings(&mut tx, &one.machine).await?;
            let (failing, is_confirmed) = compared(&judge, one, &findings);
            work::compare(&mut tx, one, &failing, is_confirmed).await?;
            confirmed += usize::from(is_confirmed);
        }
        tx.commit().await.context("comparing work with reports")?;
    }
}

/// The rules that a report still fails, and whether it confirms the work.
fn compared(judge: &Judge, one: &Reported, findings: &[Finding]) -> (Vec<String>, bool) {
    let is_moved = one.means == Means::Reassign.word();
    if is_moved && (one.rules.is_empty() || !one.is_there) {
        return (Vec::new(), one.is_there);
    }
    let set = Timestamp::from_millisecond(one.taken_at).ok().and_then(|at| in_force(&judge.sets, day(at)));
    let said = |rule: &str| {
        let finding = findings.iter().find(|finding| finding.rule == rule);
        finding.map(|finding| finding.outcome.as_str())
    };
    let (mut failing, mut is_clear) = (Vec::new(), !one.rules.is_empty());
    for rule in &one.rules {
        let id = rule_id(rule);
        let still = match said(id) {
            Some(outcome) if outcome == Outcome::Fail.word() => true,
            Some(outcome) if outcome == Outcome::Partial.word() => rule.ends_with(PARTIAL),
            Some(outcome) if outcome == Outcome::NotApplicable.word() => false,
            // Too little is known, or an exception stands for an answer.
            Some(_) => {
                is_clear = false;
                false
            }
            // No finding is a pass, if the rule was asked at all.
            None => {
                is_clear &= set.is_some_and(|set| set.rule(id).is_some());
                false
            }
        };
        if still {
            failing.push(id.to_owned());
        }
    }
    let is_confirmed = is_clear && failing.is_empty();
    (failing, is_confirmed)
}

#[cfg(test)]
mod tests;

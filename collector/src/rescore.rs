//! Rescoring: when rules change, the latest report of every machine is judged again, from the envelope as it came.
//!
//! History stays true: what was judged before keeps its verdicts, and a judgement that came out the same is not
//! written again.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use data_encoding::HEXLOWER;
use indicatif::ProgressBar;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};
use rules::envelope;
use tracing::{info, warn};

use crate::app::{App, Judge};
use crate::judge::{self, Case, Judged, day, judge};
use crate::local::{Local, Locals};
use crate::store::assessment::{Cause, Judgement};
use crate::store::machine::{Among, Evidence};
use crate::store::{Tx, assessment, machine, rules_text, setting};

/// The setting that holds the rules that judged last.
const SETTING: &str = "rules";
/// Machines in one transaction; the writer of the intake waits meanwhile.
const BATCH: u32 = 128;

/// What rescoring came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rescored {
    /// Machines that have a report.
    pub machines: u64,
    /// Machines whose latest judgement came out otherwise.
    pub changed: u64,
}

/// Rescores every machine, unless the rules are those that judged last.
///
/// # Errors
/// When the database cannot. What was rescored until then stays; the next call goes on.
pub async fn rescore_if_changed(app: &App, progress: &ProgressBar) -> Result<Option<Rescored>> {
    let mut tx = app.store.read().await?;
    let before = setting::find(&mut tx, SETTING).await?;
    drop(tx);
    if before.as_deref() == Some(&digest_of(&app.judge())) {
        return Ok(None);
    }
    rescore(app, progress).await.map(Some)
}

/// Rescores every machine.
///
/// # Errors
/// When the database cannot. What was rescored until then stays.
pub async fn rescore(app: &App, progress: &ProgressBar) -> Result<Rescored> {
    let rules = app.judge();
    let mut tx = app.store.read().await?;
    let mut rescored = Rescored { machines: machine::reported(&mut tx).await?, changed: 0 };
    drop(tx);
    progress.set_length(rescored.machines);
    rescored.changed = judge_among(app, &rules, Among::All, Cause::Rules, progress).await?;
    let mut tx = app.store.begin().await?;
    setting::put(&mut tx, SETTING, &digest_of(&rules)).await?;
    tx.commit().await?;
    progress.finish_and_clear();
    info!(
        machines = rescored.machines,
        changed = rescored.changed,
        "Every machine was judged by the rules in force."
    );
    Ok(rescored)
}

/// Judges some machines again, because an exception was granted or ended, a parameter was set, or
/// they got another seat. Gives how many came
/// out otherwise.
///
/// # Errors
/// When the database cannot. What was judged until then stays.
pub async fn judge_again(app: &App, among: Among<'_>, cause: Cause) -> Result<u64> {
    judge_among(app, &app.judge(), among, cause, &ProgressBar::hidden()).await
}

async fn judge_among(
    app: &App,
    rules: &Arc<Judge>,
    among: Among<'_>,
    cause: Cause,
    progress: &ProgressBar,
) -> Result<u64> {
    let mut changed = 0;
    let mut after = String::new();
    loop {
        let mut tx = app.store.begin().await.context("beginning to rescore")?;
        let evidence = machine::evidence(&mut tx, among, &after, BATCH).await?;
        let Some(last) = evidence.last() else { return Ok(changed) };
        after.clone_from(&last.machine);
        progress.inc(evidence.len() as u64);
        let now = app.clock.now();
        let locals = Locals::on(&mut tx, day(now)).await?;
        let mut waiting: Vec<Waiting> = evidence
            .into_iter()
            .map(|evidence| {
                let local = locals.of(&evidence.machine, &evidence.unit_path);
                (evidence, local)
            })
            .collect();
        // Another seat is asked other things by the same rules.
        if cause != Cause::Seat {
            waiting.retain(|waiting| !same_rules(rules, waiting));
        }
        for (evidence, judged) in judge_all(rules, waiting).await? {
            changed += u64::from(keep(&mut tx, &evidence, &judged, cause, now).await?);
        }
        tx.commit().await.context("storing what was rescored")?;
    }
}

/// A machine's evidence, and what holds for it beside the rules.
type Waiting = (Evidence, Local);

/// Judges these on all processors.
async fn judge_all(rules: &Arc<Judge>, mut waiting: Vec<Waiting>) -> Result<Vec<(Evidence, Judged)>> {
    let hands = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = waiting.len().div_ceil(hands).max(1);
    let mut shares = Vec::new();
    while !waiting.is_empty() {
        let part = waiting.split_off(waiting.len().saturating_sub(share));
        let rules = Arc::clone(rules);
        shares.push(tokio::task::spawn_blocking(move || judge_share(&rules, part)));
    }
    let mut judged = Vec::new();
    for share in shares {
        judged.extend(share.await.context("judging again")?);
    }
    Ok(judged)
}

fn judge_share(rules: &Judge, share: Vec<Waiting>) -> Vec<(Evidence, Judged)> {
    let again = |evidence: &Evidence, local: &Local| -> Result<Judged> {
        let sealed = envelope::read(&evidence.envelope).map_err(|fault| anyhow!("{fault}"))?;
        let report = sealed
            .open_on(&evidence.public_key, evidence.base.as_deref())
            .map_err(|fault| anyhow!("{fault}"))?;
        judge(rules, Case { report: &report, role: &evidence.role, local })
    };
    let mut judged = Vec::with_capacity(share.len());
    for (evidence, local) in share {
        match again(&evidence, &local) {
            Ok(again) => judged.push((evidence, again)),
            Err(error) => {
                let (machine, report) = (&evidence.machine, &evidence.report);
                warn!(machine, report, error = format!("{error:#}"), "A kept report cannot be judged again.");
            }
        }
    }
    judged
}

/// Whether the rules in force on the day of the report are those that judged it.
fn same_rules(rules: &Judge, (evidence, local): &Waiting) -> bool {
    let Ok(taken_at) = Timestamp::from_millisecond(evidence.taken_at) else { return false };
    evidence.rules_digest == judge::digest(rules, day(taken_at), local)
}

/// Keeps a judgement; gives whether it came out otherwise than before.
async fn keep(
    tx: &mut Tx,
    evidence: &Evidence,
    judged: &Judged,
    cause: Cause,
    now: Timestamp,
) -> Result<bool> {
    let Evidence { machine, report, .. } = evidence;
    let before = &evidence.assessment;
    let Some((assessment, body)) = &judged.assessment else {
        machine::grade(tx, machine, None, &judged.mark).await?;
        assessment::set_findings(tx, machine, &judged.findings).await?;
        return Ok(before.is_some());
    };
    // The same verdicts under another digest are no change: the machine only gets the digest.
    if let Some((digest, old)) = before
        && body.replacen(&judged.mark.rules_digest, digest, 1) == *old
    {
        if evidence.rules_digest.is_empty() || evidence.opinion_why != judged.mark.opinion_why {
            // What lists show beside the verdicts differs, or was never made.
            machine::grade(tx, machine, evidence.assessed.as_deref(), &judged.mark).await?;
            assessment::set_findings(tx, machine, &judged.findings).await?;
        } else {
            machine::judged_by(tx, machine, &judged.mark.rules_digest).await?;
        }
        return Ok(false);
    }
    let (ruleset, day) = (assessment.set.as_str(), assessment.day);
    let judgement = Judgement { machine, report, cause, ruleset, day, mark: &judged.mark, body };
    if let Some(pair) = &judged.pair {
        rules_text::put_pair(tx, pair, now).await?;
    }
    let id = assessment::add(tx, judgement, now).await?;
    machine::grade(tx, machine, Some(&id), &judged.mark).await?;
    assessment::set_findings(tx, machine, &judged.findings).await?;
    Ok(true)
}

/// The digest of everything that judges.
fn digest_of(judge: &Judge) -> String {
    let mut text = judge.lifecycle.digest.clone();
    for set in &judge.sets {
        text.push_str(&format!(" {} {}", set.id, set.digest));
    }
    HEXLOWER.encode(digest(&SHA256, text.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests;

//! Rescoring: when rules change, the latest report of every machine is judged again, from the envelope as it came.
//!
//! History stays true: what was judged before keeps its verdicts, and a judgement that came out the same is not
//! written again. Where only words differ from the rules that judged before, nothing is judged; where grades need
//! other points, no report is opened; where single rules differ, those are asked alone, and what they say is kept as an
//! amendment. Everything else is judged in outline first, and in full where the outline differs.

use std::sync::Arc;

use anyhow::{Context, Result};
use earlier::{Earlier, Step};
use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::civil::Date;
use keep::Otherwise;
use rules::envelope::Unpacker;
use rules::facts::Facts;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tracing::{info, warn};

use crate::app::{App, Judge};
use crate::digest::sha256;
use crate::judge::{self, Case, Judged, day, judge, shares, unopened, unpack};
use crate::local::{Local, Locals};
use crate::store::assessment::Cause;
use crate::store::machine::{Among, Evidence};
use crate::store::report::{self, Kept};
use crate::store::{Tx, machine, setting};

mod earlier;
mod keep;

/// The setting that holds the rules that judged last.
const SETTING: &str = "rules";
/// Machines that are read and judged together.
const BATCH: u32 = 256;
/// Batches that wait between reading and judging, and between judging and packing.
const AHEAD: usize = 1;
/// Batches that wait to be written: a commit takes as long as many of them, and what is packed is small.
const PACKED: usize = 16;
/// Machines that are judged while the writer of the intake waits.
const MOVED: usize = 128;

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
    Earlier::finish(&mut tx, &rules).await?;
    tx.commit().await?;
    progress.finish_and_clear();
    info!(
        machines = rescored.machines,
        changed = rescored.changed,
        "Every machine was judged by the rules in force."
    );
    Ok(rescored)
}

/// Judges some machines again, because an exception was granted or ended, a parameter was set, or they got another
/// seat. Gives how many came out otherwise.
///
/// # Errors
/// When the database cannot. What was judged until then stays.
pub async fn judge_again(app: &App, among: Among<'_>, cause: Cause) -> Result<u64> {
    judge_among(app, &app.judge(), among, cause, &ProgressBar::hidden()).await
}

/// Judges these again. Reading, judging, packing and writing go on beside each other, each some batches ahead of the next,
/// so what was read may have changed when it is written: such machines are judged once more at the end, with the writer of
/// the intake waiting.
async fn judge_among(
    app: &App,
    rules: &Arc<Judge>,
    among: Among<'_>,
    cause: Cause,
    progress: &ProgressBar,
) -> Result<u64> {
    let (read, to_judge) = mpsc::channel(AHEAD);
    let (judged, to_pack) = mpsc::channel(AHEAD);
    let (packed, to_write) = mpsc::channel(PACKED);
    let reading = read_all(app, rules, (among, cause), read);
    let judging = judge_all(rules, to_judge, judged);
    let packing = keep::pack_all(app, to_pack, packed);
    let writing = keep::write_all(app, cause, to_write, progress);
    let ((), (), (), mut tally) = tokio::try_join!(reading, judging, packing, writing)?;
    for machines in std::mem::take(&mut tally.moved).chunks(MOVED) {
        judge_moved(app, rules, machines, cause, &mut tally).await?;
    }
    Ok(tally.changed)
}

/// Reads all of these, batch after batch. It ends early where nobody takes them any more: whoever does has failed, and
/// says so.
async fn read_all(
    app: &App,
    rules: &Judge,
    (among, cause): (Among<'_>, Cause),
    read: mpsc::Sender<Batch>,
) -> Result<()> {
    // Another seat, parameter or exception is none of what the rules differ in.
    let mut earlier = match cause {
        Cause::Rules => Earlier::new(&mut app.store.read().await?, rules).await?,
        Cause::Report | Cause::Waiver | Cause::Parameter | Cause::Seat => Earlier::default(),
    };
    let mut after = String::new();
    loop {
        let batch = Batch::read(app, rules, (among, cause), &mut earlier, &after).await?;
        let Some(last) = batch.last.clone() else { return Ok(()) };
        after = last;
        if read.send(batch).await.is_err() {
            return Ok(());
        }
    }
}

/// Judges what was read, on all processors.
async fn judge_all(
    rules: &Arc<Judge>,
    mut to_judge: mpsc::Receiver<Batch>,
    judged: mpsc::Sender<(u64, Vec<(Evidence, Said)>)>,
) -> Result<()> {
    while let Some(Batch { waiting, settled: mut said, count, .. }) = to_judge.recv().await {
        for share in spread(rules, waiting) {
            said.extend(share.await.context("judging again")?);
        }
        if judged.send((count, said)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// What judging again came to so far.
#[derive(Debug, Default)]
struct Tally {
    changed: u64,
    /// Machines that did not stand as they did when they were read, by id.
    moved: Vec<String>,
}

/// A machine that is to be judged.
#[derive(Debug)]
struct Waiting {
    evidence: Evidence,
    /// The day of its report.
    day: Date,
    /// What holds for it beside the rules.
    local: Local,
    /// What would judge it.
    digest: String,
    /// What differs from the rules that judged it, where that is known.
    step: Option<Arc<Step>>,
}

impl Waiting {
    /// What is said of it, where that needs no report.
    fn settle(&self, rules: &Judge) -> Result<Option<Said>> {
        match self.step.as_ref().filter(|step| step.asks_nothing()) {
            Some(step) => step.judge(rules, self, &Facts::default()),
            None => Ok(None),
        }
    }
}

/// Machines that were read together.
#[derive(Debug, Default)]
struct Batch {
    /// Those that other rules judged last, with their reports.
    waiting: Vec<(Waiting, Kept)>,
    /// Those of which it is known without a report what other rules say.
    settled: Vec<(Evidence, Said)>,
    /// How many were read, and the last of them; none at the end.
    count: u64,
    last: Option<String>,
}

impl Batch {
    async fn read(
        app: &App,
        rules: &Judge,
        (among, cause): (Among<'_>, Cause),
        earlier: &mut Earlier,
        after: &str,
    ) -> Result<Batch> {
        let mut tx = app.store.read().await.context("beginning to rescore")?;
        let locals = Locals::on(&mut tx, day(app.clock.now())).await?;
        let evidence = machine::evidence(&mut tx, among, after, BATCH).await?;
        let (count, last) = (evidence.len() as u64, evidence.last().map(|last| last.machine.clone()));
        let batch = Batch::of(&mut tx, rules, &locals, evidence, cause, earlier).await?;
        Ok(Batch { count, last, ..batch })
    }

    /// Who has to be judged of these, and with which report.
    async fn of(
        tx: &mut Tx,
        rules: &Judge,
        locals: &Locals,
        evidence: Vec<Evidence>,
        cause: Cause,
        earlier: &mut Earlier,
    ) -> Result<Batch> {
        let (mut waiting, mut settled) = (Vec::new(), Vec::new());
        for evidence in evidence {
            let local = locals.of(&evidence.machine, &evidence.unit_path);
            let Ok(taken_at) = Timestamp::from_millisecond(evidence.taken_at) else {
                let (machine, report) = (&evidence.machine, &evidence.report);
                warn!(machine, report, "A kept report is of no day that there is, and is not judged again.");
                continue;
            };
            let day = day(taken_at);
            let digest = judge::digest(rules, day, &local);
            // Another seat is asked other things by the same rules.
            if cause != Cause::Seat && evidence.mark.rules_digest == digest {
                continue;
            }
            let step = match local.is_nothing() {
                true => earlier.step(tx, rules, &evidence, day).await?,
                false => None,
            };
            let waiting_one = Waiting { evidence, day, local, digest, step };
            match waiting_one.settle(rules)? {
                Some(said) => settled.push((waiting_one.evidence, said)),
                None => waiting.push(waiting_one),
            }
        }
        let ids: Vec<&str> = waiting.iter().map(|waiting| waiting.evidence.report.as_str()).collect();
        let mut kept = report::kept(tx, &ids).await?;
        let with_report = |waiting: Waiting| {
            let kept = kept.remove(&waiting.evidence.report)?;
            Some((waiting, kept))
        };
        let waiting = waiting.into_iter().filter_map(with_report).collect();
        Ok(Batch { waiting, settled, ..Batch::default() })
    }
}

/// Judges these on all processors.
fn spread(rules: &Arc<Judge>, waiting: Vec<(Waiting, Kept)>) -> Vec<JoinHandle<Vec<(Evidence, Said)>>> {
    let judge = |share| {
        let rules = Arc::clone(rules);
        tokio::task::spawn_blocking(move || judge_share(&rules, share))
    };
    shares(waiting).into_iter().map(judge).collect()
}

/// What the rules say of a machine, beside what they said before.
#[derive(Debug)]
enum Said {
    /// The same; the digest of what judged.
    Same(String),
    /// Something else, of which is kept what single rules say.
    Amended(Box<Otherwise>),
    /// Something else, of which all is kept.
    Anew(Box<Judged>),
}

fn judge_share(rules: &Judge, share: Vec<(Waiting, Kept)>) -> Vec<(Evidence, Said)> {
    let mut judged = Vec::with_capacity(share.len());
    let mut unpacker = Unpacker::new();
    for (waiting, kept) in share {
        match judge_one(rules, &waiting, &kept, &mut unpacker) {
            Ok(said) => judged.push((waiting.evidence, said)),
            Err(error) => {
                let (machine, report) = (&waiting.evidence.machine, &waiting.evidence.report);
                warn!(machine, report, error = format!("{error:#}"), "A kept report cannot be judged again.");
            }
        }
    }
    judged
}

fn judge_one(rules: &Judge, waiting: &Waiting, kept: &Kept, unpacker: &mut Unpacker) -> Result<Said> {
    let Waiting { evidence: Evidence { role, mark, .. }, local, step, .. } = waiting;
    let report = unpack(&kept.envelope, kept.base.as_deref(), unpacker)?;
    if let Some(step) = step {
        let facts = report.areas(step.areas()).map_err(unopened)?;
        if let Some(said) = step.judge(rules, waiting, &facts)? {
            return Ok(said);
        }
    }
    let report = report.report().map_err(unopened)?;
    let case = Case { report: &report, role, local };
    if !mark.verdicts.is_empty()
        && let Some(outline) = judge::outline(rules, case)?
        && outline.says(mark)
    {
        return Ok(Said::Same(outline.digest));
    }
    Ok(Said::Anew(Box::new(judge(rules, case)?)))
}

/// Judges machines that had changed meanwhile, while nobody else writes.
async fn judge_moved(
    app: &App,
    rules: &Arc<Judge>,
    machines: &[String],
    cause: Cause,
    tally: &mut Tally,
) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await.context("beginning to rescore")?;
    let locals = Locals::on(&mut tx, day(now)).await?;
    let mut evidence = Vec::new();
    for machine in machines {
        evidence.extend(machine::evidence(&mut tx, Among::One(machine), "", 1).await?);
    }
    let batch = Batch::of(&mut tx, rules, &locals, evidence, cause, &mut Earlier::default()).await?;
    for share in spread(rules, batch.waiting) {
        let (mut entries, new) = keep::sorted(share.await.context("judging again")?);
        let to_pack = keep::look_back(&mut tx, new).await?;
        entries.extend(keep::pack(to_pack).await?);
        keep::write(&mut tx, &entries, cause, now, tally).await?;
    }
    tx.commit().await.context("storing what was rescored")
}

/// The digest of everything that judges.
fn digest_of(judge: &Judge) -> String {
    let mut text = judge.lifecycle.digest.clone();
    for set in &judge.sets {
        text.push_str(&format!(" {} {}", set.id, set.digest));
    }
    sha256(text)
}

#[cfg(test)]
mod tests;

//! What was judged again is kept: packed while others are judged, and written many at once.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use jiff::Timestamp;
use jiff::civil::Date;
use rules::assess::Assessment;
use tokio::sync::mpsc;

use super::{BATCH, Said, Tally};
use crate::app::App;
use crate::judge::{Judged, shares};
use crate::store::assessment::{Cause, Changes, Ground, Judgement, Packed};
use crate::store::machine::{Evidence, Graded, Mark};
use crate::store::rules_text::Pair;
use crate::store::{Tx, assessment, machine, rules_text};

/// Machines that are written in one transaction where the same is said of them. A commit waits for the disk, and the
/// intake waits for the writer.
const SAME: usize = 32 * BATCH as usize;
/// The same, where something else is said: that takes more time.
const OTHERWISE: usize = 4 * BATCH as usize;

/// What is written of a machine.
#[derive(Debug)]
pub(super) enum Entry {
    /// That the rules of this digest say the same.
    Same(String),
    /// Something else.
    Otherwise(Box<Otherwise>),
}

/// What came out otherwise than before, or was never made.
#[derive(Debug)]
pub(super) struct Otherwise {
    pub(super) day: Date,
    pub(super) mark: Mark,
    pub(super) findings: Changes,
    pub(super) pair: Option<Pair>,
    pub(super) body: Body,
}

/// The assessment of what came out otherwise.
#[derive(Debug)]
pub(super) enum Body {
    /// No rules were in force.
    None,
    /// Every verdict is as it was: what lists show beside them differs, or was never made.
    AsBefore,
    /// Another one.
    Packed(Packed),
    /// The JSON of what takes the place of some verdicts.
    Amendment(String),
}

/// Packs what was judged, batch after batch.
pub(super) async fn pack_all(
    app: &App,
    mut to_pack: mpsc::Receiver<(u64, Vec<(Evidence, Said)>)>,
    packed: mpsc::Sender<(u64, Vec<(Evidence, Entry)>)>,
) -> Result<()> {
    while let Some((count, said)) = to_pack.recv().await {
        let (mut entries, anew) = sorted(said);
        if !anew.is_empty() {
            let mut tx = app.store.read().await.context("beginning to pack what was rescored")?;
            let to_pack = look_back(&mut tx, anew).await?;
            drop(tx);
            entries.extend(pack(to_pack).await?);
        }
        if packed.send((count, entries)).await.is_err() {
            break;
        }
    }
    Ok(())
}

/// What is judged anew, and must be packed.
type Anew = Vec<(Evidence, Box<Judged>)>;

/// What can be written as it is, and what must be packed first.
pub(super) fn sorted(said: Vec<(Evidence, Said)>) -> (Vec<(Evidence, Entry)>, Anew) {
    let (mut entries, mut anew) = (Vec::with_capacity(said.len()), Vec::new());
    for (evidence, said) in said {
        match said {
            Said::Same(digest) => entries.push((evidence, Entry::Same(digest))),
            Said::Amended(otherwise) => entries.push((evidence, Entry::Otherwise(otherwise))),
            Said::Anew(judged) => anew.push((evidence, judged)),
        }
    }
    (entries, anew)
}

/// Finds what is known of these machines from before.
pub(super) async fn look_back(tx: &mut Tx, anew: Anew) -> Result<Vec<ToPack>> {
    let machines: Vec<&str> = anew.iter().map(|(evidence, _)| evidence.machine.as_str()).collect();
    let mut grounds = assessment::grounds(tx, &machines).await?;
    let found = anew.iter().map(|(evidence, judged)| (evidence.machine.as_str(), judged.findings.as_slice()));
    let mut changes = assessment::changes(tx, &found.collect::<Vec<_>>()).await?;
    let mut to_pack = Vec::with_capacity(anew.len());
    for (evidence, judged) in anew {
        let is_as_before = says_the_same(tx, &evidence, &judged).await?;
        let findings = changes.remove(&evidence.machine).unwrap_or_default();
        let ground = grounds.remove(&evidence.machine);
        to_pack.push(ToPack { evidence, judged, is_as_before, findings, ground });
    }
    Ok(to_pack)
}

/// Packs these on all processors.
pub(super) async fn pack(to_pack: Vec<ToPack>) -> Result<Vec<(Evidence, Entry)>> {
    let pack = |share: Vec<ToPack>| {
        let pack = move || share.into_iter().map(ToPack::pack).collect::<Result<Vec<_>>>();
        tokio::task::spawn_blocking(pack)
    };
    let packing: Vec<_> = shares(to_pack).into_iter().map(pack).collect();
    let mut entries = Vec::new();
    for share in packing {
        entries.extend(share.await.context("packing what was rescored")??);
    }
    Ok(entries)
}

/// What came out otherwise, and what it takes to pack that.
pub(super) struct ToPack {
    evidence: Evidence,
    judged: Box<Judged>,
    is_as_before: bool,
    findings: Changes,
    ground: Option<Ground>,
}

impl ToPack {
    fn pack(self) -> Result<(Evidence, Entry)> {
        let ToPack { evidence, judged, is_as_before, findings, ground } = self;
        let Judged { day, mark, assessment, pair, .. } = *judged;
        let body = match assessment {
            None => Body::None,
            Some(_) if is_as_before => Body::AsBefore,
            Some(text) => Body::Packed(Packed::of(&text, ground.as_ref())?),
        };
        Ok((evidence, Entry::Otherwise(Box::new(Otherwise { mark, findings, pair, day, body }))))
    }
}

/// Whether the latest assessment has the same verdicts, under whichever digest.
async fn says_the_same(tx: &mut Tx, evidence: &Evidence, judged: &Judged) -> Result<bool> {
    let Some(body) = &judged.assessment else { return Ok(false) };
    if !evidence.mark.verdicts.is_empty() {
        let (before, now) = (&evidence.mark, &judged.mark);
        return Ok((&before.grade, &before.verdicts) == (&now.grade, &now.verdicts));
    }
    // A program before this one kept nothing in short: the whole text is compared.
    let Some(old) = assessment::latest(tx, &evidence.machine).await? else { return Ok(false) };
    let before: Option<Assessment> = serde_json::from_str(&old).ok();
    Ok(before.is_some_and(|before| body.replacen(&judged.mark.rules_digest, &before.digest, 1) == old))
}

/// Writes what was packed, as much at once as is worth a commit.
pub(super) async fn write_all(
    app: &App,
    cause: Cause,
    mut to_write: mpsc::Receiver<(u64, Vec<(Evidence, Entry)>)>,
    progress: &ProgressBar,
) -> Result<Tally> {
    let mut tally = Tally::default();
    let mut ripening = Vec::new();
    while let Some((count, entries)) = to_write.recv().await {
        ripening.extend(entries);
        if is_ripe(&ripening) {
            commit(app, &std::mem::take(&mut ripening), cause, &mut tally).await?;
        }
        progress.inc(count);
    }
    commit(app, &ripening, cause, &mut tally).await?;
    Ok(tally)
}

/// Whether this is worth a commit.
fn is_ripe(entries: &[(Evidence, Entry)]) -> bool {
    let otherwise = entries.iter().filter(|(_, entry)| matches!(entry, Entry::Otherwise(_))).count();
    entries.len() >= SAME || otherwise >= OTHERWISE
}

/// Writes these in one transaction.
async fn commit(app: &App, entries: &[(Evidence, Entry)], cause: Cause, tally: &mut Tally) -> Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    let mut tx = app.store.begin_bulk().await.context("beginning to store what was rescored")?;
    write(&mut tx, entries, cause, now, tally).await?;
    tx.commit().await.context("storing what was rescored")?;
    app.store.settle();
    Ok(())
}

/// Writes these, where the machine still stands as it was read, and counts those that came out otherwise than before.
pub(super) async fn write(
    tx: &mut Tx,
    entries: &[(Evidence, Entry)],
    cause: Cause,
    now: Timestamp,
    tally: &mut Tally,
) -> Result<()> {
    let mut same: BTreeMap<&str, Vec<&Evidence>> = BTreeMap::new();
    let mut otherwise: Vec<(&Evidence, &Otherwise)> = Vec::new();
    for (evidence, entry) in entries {
        match entry {
            Entry::Same(digest) => same.entry(digest).or_default().push(evidence),
            Entry::Otherwise(entry) => otherwise.push((evidence, entry)),
        }
    }
    for (digest, all) in same {
        let moved = machine::judged_by(tx, &all, digest).await?;
        tally.moved.extend(moved.into_iter().map(|evidence| evidence.machine.clone()));
    }
    write_otherwise(tx, otherwise, cause, now, tally).await
}

async fn write_otherwise(
    tx: &mut Tx,
    mut entries: Vec<(&Evidence, &Otherwise)>,
    cause: Cause,
    now: Timestamp,
    tally: &mut Tally,
) -> Result<()> {
    let all: Vec<&Evidence> = entries.iter().map(|(evidence, _)| *evidence).collect();
    let moved: BTreeSet<String> =
        machine::moved(tx, &all).await?.into_iter().map(|one| one.machine.clone()).collect();
    entries.retain(|(evidence, _)| !moved.contains(&evidence.machine));
    tally.moved.extend(moved);

    let mut judgements = Vec::new();
    for (evidence, Otherwise { day, mark, pair, body, .. }) in &entries {
        let Evidence { machine, report, assessment: before, .. } = evidence;
        let body = match body {
            Body::None | Body::AsBefore => continue,
            Body::Packed(packed) => assessment::Body::Packed(packed),
            Body::Amendment(text) => {
                let before = before.as_ref().context("there is no assessment to amend")?;
                assessment::Body::Amendment { before, text }
            }
        };
        if let Some(pair) = pair {
            rules_text::put_pair(tx, pair, now).await?;
        }
        judgements.push(Judgement { machine, report, cause, day: *day, mark, body });
    }
    let ids = assessment::add_all(tx, &judgements, now).await?;
    let mut ids = ids.iter();
    let (mut graded, mut findings) = (Vec::new(), Vec::new());
    for (evidence, entry) in &entries {
        let Evidence { machine, unit_path, assessment: before, .. } = evidence;
        let (assessment, is_changed) = match &entry.body {
            Body::None => (None, before.is_some()),
            Body::AsBefore => (before.as_ref(), false),
            Body::Packed(_) | Body::Amendment(_) => {
                (Some(ids.next().context("an assessment that was kept has no id")?), true)
            }
        };
        tally.changed += u64::from(is_changed);
        let assessment = assessment.map(String::as_str);
        graded.push((unit_path, Graded { machine, assessment, mark: &entry.mark }));
        findings.push((machine.as_str(), &entry.findings));
    }
    // Unit by unit, as the indexes of machines are ordered: otherwise each machine is on other pages than the one before.
    graded.sort_by_key(|(unit_path, _)| *unit_path);
    let graded: Vec<Graded<'_>> = graded.into_iter().map(|(_, graded)| graded).collect();
    machine::grade(tx, &graded).await?;
    assessment::change_findings(tx, &findings).await
}

//! The texts that judge, and who put them in force; kept so that a verdict can be explained when other rules are long in force.
//!
//! Knows no files and no HTTP.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, ensure};
use jiff::Timestamp;
use rules::assess::judge_digest;
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::ruleset::{RuleSet, SHIPPED, Settings, parse_all};

use crate::app::Judge;
use crate::store::rules_text::{self, Activation, Kind, Pair, Text};
use crate::store::{Store, Tx, audit, setting};

/// Who is named where the program itself did something.
pub const PROGRAM: &str = "sansang-collector";
/// Who is named where a file was found in the folder of rules, or gone from it.
pub const FOLDER: &str = "rules folder";
/// Why, where a file was found there.
pub const LAID: &str = "a file was laid into the folder";
/// Why, where one is gone.
pub const TAKEN: &str = "a file was taken out of the folder";
/// The setting that holds the digests of the rules that were read last.
const SETTING: &str = "rules loaded";
/// The id of a lifecycle table among the texts.
pub const LIFECYCLE: &str = "lifecycle";
/// The id of a price book among the texts.
pub const PRICES: &str = "prices";
/// The id of norms among the texts.
pub const NORMS: &str = "norms";

/// Who puts rules in force, and why.
#[derive(Debug, Clone, Copy)]
pub struct Deed<'a> {
    /// The account's name, or the program.
    pub actor: &'a str,
    /// Why, in the words of who does it.
    pub reason: &'a str,
}

/// A set or a table (support dates, prices, norms) whose text became another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Id of the set; `lifecycle`, `prices` or `norms` for a table.
    pub id: String,
    /// The digest before; none where there was no such set.
    pub before: Option<String>,
    /// The digest after; none where the set is gone.
    pub after: Option<String>,
}

/// Keeps the texts of rules that were read, and writes down what changed since rules were read last: somebody laid
/// them into the folder, or the program brought them. Where nothing changed nothing is written, so a start does not
/// wait for a disk.
///
/// # Errors
/// When the database cannot.
pub async fn keep(store: &Store, judge: &Judge, texts: &[Text], at: Timestamp) -> Result<()> {
    let mut tx = store.read().await?;
    let same = loaded(&mut tx).await?.is_some_and(|before| before == digests(judge));
    let is_new = !same || !are_kept(&mut tx, judge).await?;
    drop(tx);
    if !is_new {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    take_in(&mut tx, judge, texts, None, at).await?;
    tx.commit().await.context("keeping the texts of the rules")
}

/// As [`keep`], within a transaction and as the deed of somebody, if it is known whose. Gives what changed; of the
/// first rules of a data folder nothing is told.
///
/// # Errors
/// When the database cannot.
pub async fn take_in(
    tx: &mut Tx,
    judge: &Judge,
    texts: &[Text],
    deed: Option<Deed<'_>>,
    at: Timestamp,
) -> Result<Vec<Change>> {
    for text in texts {
        rules_text::put(tx, text, at).await?;
    }
    for pair in pairs(judge) {
        rules_text::put_pair(tx, &pair, at).await?;
    }
    let (before, after) = (loaded(tx).await?, digests(judge));
    setting::put(tx, SETTING, &serde_json::to_string(&after)?).await?;
    let Some(before) = before else { return Ok(Vec::new()) };
    let changes: Vec<Change> = before
        .keys()
        .chain(after.keys().filter(|id| !before.contains_key(*id)))
        .filter(|id| before.get(*id) != after.get(*id))
        // Programs before this one did not write down which prices and norms they read.
        .filter(|id| ![PRICES, NORMS].contains(&id.as_str()) || before.contains_key(*id))
        .map(|id| Change { id: id.clone(), before: before.get(id).cloned(), after: after.get(id).cloned() })
        .collect();
    for change in &changes {
        let shipped = change.after.as_ref().is_some_and(|after| is_shipped(texts, &change.id, after));
        let found = match (shipped, &change.after) {
            (true, _) => Deed { actor: PROGRAM, reason: concat!("version ", env!("CARGO_PKG_VERSION")) },
            (false, Some(_)) => Deed { actor: FOLDER, reason: LAID },
            (false, None) => Deed { actor: FOLDER, reason: TAKEN },
        };
        write_down(tx, change, deed.unwrap_or(found), at).await?;
    }
    Ok(changes)
}

/// Writes down that somebody put rules in force, for the list of rules and for the audit trail.
///
/// # Errors
/// When the database cannot.
pub async fn write_down(tx: &mut Tx, change: &Change, deed: Deed<'_>, at: Timestamp) -> Result<()> {
    let activation = Activation {
        at,
        actor: deed.actor.to_owned(),
        ruleset: change.id.clone(),
        before: change.before.clone(),
        after: change.after.clone(),
        reason: deed.reason.to_owned(),
        counts: None,
    };
    rules_text::activate(tx, &activation).await?;
    let detail = serde_json::json!({
        "before": change.before,
        "after": change.after,
        "reason": deed.reason,
    });
    audit::add(tx, at, deed.actor, "rules-activate", &change.id, &detail.to_string()).await
}

/// The digest of a set, or of a table.
pub fn digest_of(judge: &Judge, id: &str) -> Option<String> {
    digests(judge).remove(id)
}

fn digests(judge: &Judge) -> BTreeMap<String, String> {
    let sets = judge.sets.iter().map(|set| (set.id.clone(), set.digest.clone()));
    let tables =
        [(LIFECYCLE, &judge.lifecycle.digest), (PRICES, &judge.prices.digest), (NORMS, &judge.norms.digest)];
    sets.chain(tables.map(|(id, digest)| (id.to_owned(), digest.clone()))).collect()
}

/// The digests of the rules that were read last, by id; none before the first.
async fn loaded(tx: &mut Tx) -> Result<Option<BTreeMap<String, String>>> {
    let text = setting::find(tx, SETTING).await?;
    text.map(|text| serde_json::from_str(&text).context("reading which rules were read last")).transpose()
}

async fn are_kept(tx: &mut Tx, judge: &Judge) -> Result<bool> {
    for pair in pairs(judge) {
        if rules_text::pair(tx, &pair.digest).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether this is the text that the program brings, and not one of the folder.
fn is_shipped(texts: &[Text], id: &str, digest: &str) -> bool {
    let tables = [Lifecycle::shipped_text(), Prices::shipped_text(), Norms::shipped_text()];
    let shipped = SHIPPED.iter().map(|(_, text)| *text).chain(tables);
    let text = texts.iter().find(|text| text.id == id && text.digest == digest);
    text.is_some_and(|text| shipped.into_iter().any(|shipped| shipped == text.text))
}

fn pairs(judge: &Judge) -> impl Iterator<Item = Pair> {
    judge.sets.iter().map(|set| Pair {
        digest: judge_digest(set, &judge.lifecycle),
        ruleset: set.digest.clone(),
        lifecycle: judge.lifecycle.digest.clone(),
        settings: "{}".to_owned(),
        waived: Vec::new(),
    })
}

/// The rules that judged under the digest of an assessment.
#[derive(Debug, Clone)]
pub struct Past {
    /// The rule set.
    pub set: RuleSet,
    /// The lifecycle table.
    pub lifecycle: Lifecycle,
    /// What the unit set for itself, and what was waived.
    pub settings: Settings,
}

/// Reads the rules that judged under this digest again. None where they were never kept: they judged before this
/// program kept texts.
///
/// # Errors
/// When a kept text cannot be read any more, as when a fact that it asks is gone from the vocabulary.
pub async fn past(tx: &mut Tx, digest: &str) -> Result<Option<Past>> {
    let Some(pair) = rules_text::pair(tx, digest).await? else { return Ok(None) };
    let Some(set) = set(tx, &pair.ruleset).await? else { return Ok(None) };
    let Some(table) = rules_text::find(tx, &pair.lifecycle).await? else { return Ok(None) };
    let lifecycle = Lifecycle::parse("lifecycle.toml", &table.text).map_err(told)?;
    let values: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&pair.settings).context("reading the kept parameters of a unit")?;
    let settings = set.settings(&values).map_err(|wrong| anyhow!("{}", wrong.join("; ")))?;
    let settings = settings.waiving(pair.waived);
    Ok(Some(Past { set, lifecycle, settings }))
}

/// The rules that were read last, from the kept texts. None where none were read before, or one was not kept.
///
/// # Errors
/// When a kept text cannot be read any more.
pub async fn last(tx: &mut Tx) -> Result<Option<Judge>> {
    let Some(digests) = loaded(tx).await? else { return Ok(None) };
    let mut files = Vec::new();
    let (mut lifecycle, mut prices, mut norms) = (Lifecycle::shipped(), Prices::shipped(), Norms::shipped());
    for (id, digest) in &digests {
        let Some(text) = rules_text::find(tx, digest).await? else { return Ok(None) };
        let file = format!("{id}.toml");
        match text.kind {
            Kind::Set => files.push((file, text.text)),
            Kind::Lifecycle => lifecycle = Lifecycle::parse(&file, &text.text).map_err(told)?,
            Kind::Prices => prices = Prices::parse(&file, &text.text).map_err(told)?,
            Kind::Norms => norms = Norms::parse(&file, &text.text).map_err(told)?,
        }
    }
    Ok(Some(Judge { sets: parse_all(&files).map_err(told)?, lifecycle, prices, norms }))
}

/// Reads the kept rule set of this digest again.
///
/// # Errors
/// As [`past`].
pub async fn set(tx: &mut Tx, digest: &str) -> Result<Option<RuleSet>> {
    let Some(text) = rules_text::find(tx, digest).await?.filter(|text| text.kind == Kind::Set) else {
        return Ok(None);
    };
    let file = format!("{}.toml", text.id);
    if let Ok(set) = RuleSet::parse(&file, &text.text)
        && set.digest == digest
    {
        return Ok(Some(set));
    }
    // It extends or asks for another one: read it among those that it was read among.
    let mut files = vec![(file, text.text)];
    let mut all_kept = true;
    for digest in &text.beside {
        let other = rules_text::find(tx, digest).await?;
        all_kept &= other.is_some();
        let other = other.filter(|other| other.id != text.id);
        files.extend(other.map(|other| (format!("{}.toml", other.id), other.text)));
    }
    // Another version of the program may have named the same texts otherwise: the texts are what was kept.
    let is_it = |set: &RuleSet| set.digest == digest || (all_kept && set.id == text.id);
    let set = parse_all(&files).map_err(told)?.into_iter().find(is_it);
    ensure!(set.is_some(), "the kept rule set {digest} reads as another one with those kept beside it");
    Ok(set)
}

fn told(complaints: Vec<rules::complaint::Complaint>) -> anyhow::Error {
    let told: Vec<String> = complaints.iter().take(3).map(ToString::to_string).collect();
    anyhow!("kept rules cannot be read by this version of the program:\n{}", told.join("\n"))
}

#[cfg(test)]
mod tests;

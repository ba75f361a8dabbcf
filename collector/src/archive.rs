//! The texts that judge, kept so that a verdict can be explained when other rules are long in force.
//!
//! Knows no files and no HTTP.

use std::collections::BTreeMap;

use anyhow::{Context, Result, anyhow, ensure};
use jiff::Timestamp;
use rules::assess::judge_digest;
use rules::lifecycle::Lifecycle;
use rules::ruleset::{RuleSet, Settings, parse_all};

use crate::app::Judge;
use crate::store::rules_text::{self, Kind, Pair, Text};
use crate::store::{Store, Tx};

/// The id of a lifecycle table among the texts.
pub const LIFECYCLE: &str = "lifecycle";

/// Keeps these texts, and which of them judge together. What is kept already stays as it is, and then nothing is
/// written, so a start does not wait for a disk.
///
/// # Errors
/// When the database cannot.
pub async fn keep(store: &Store, judge: &Judge, texts: &[Text], at: Timestamp) -> Result<()> {
    let mut tx = store.read().await?;
    let mut is_new = false;
    for pair in pairs(judge) {
        is_new |= rules_text::pair(&mut tx, &pair.digest).await?.is_none();
    }
    drop(tx);
    if !is_new {
        return Ok(());
    }
    let mut tx = store.begin().await?;
    keep_in(&mut tx, judge, texts, at).await?;
    tx.commit().await.context("keeping the texts of the rules")
}

/// As [`keep`], within a transaction.
///
/// # Errors
/// When the database cannot.
pub async fn keep_in(tx: &mut Tx, judge: &Judge, texts: &[Text], at: Timestamp) -> Result<()> {
    for text in texts {
        rules_text::put(tx, text, at).await?;
    }
    for pair in pairs(judge) {
        rules_text::put_pair(tx, &pair, at).await?;
    }
    Ok(())
}

fn pairs(judge: &Judge) -> impl Iterator<Item = Pair> {
    judge.sets.iter().map(|set| Pair {
        digest: judge_digest(set, &judge.lifecycle),
        ruleset: set.digest.clone(),
        lifecycle: judge.lifecycle.digest.clone(),
        settings: "{}".to_owned(),
    })
}

/// The rules that judged under the digest of an assessment.
#[derive(Debug, Clone)]
pub struct Past {
    /// The rule set.
    pub set: RuleSet,
    /// The lifecycle table.
    pub lifecycle: Lifecycle,
    /// What the unit set for itself.
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
    Ok(Some(Past { set, lifecycle, settings }))
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
    for digest in &text.beside {
        let other = rules_text::find(tx, digest).await?.filter(|other| other.id != text.id);
        files.extend(other.map(|other| (format!("{}.toml", other.id), other.text)));
    }
    let sets = parse_all(&files).map_err(told)?;
    let set = sets.into_iter().find(|set| set.digest == digest);
    ensure!(set.is_some(), "the kept rule set {digest} reads as another one with those kept beside it");
    Ok(set)
}

fn told(complaints: Vec<rules::complaint::Complaint>) -> anyhow::Error {
    let told: Vec<String> = complaints.iter().take(3).map(ToString::to_string).collect();
    anyhow!("kept rules cannot be read by this version of the program:\n{}", told.join("\n"))
}

#[cfg(test)]
mod tests;

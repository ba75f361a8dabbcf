//! Setting parameters for a unit and taking them away: what that means for the machines concerned, at once.
//!
//! A value holds for the machines of its unit and of all units below, unless one of these has its own. They are judged
//! again; their history keeps what was said before.

use std::collections::BTreeMap;

use anyhow::Result;
use rules::facts::Kind;
use rules::ruleset::{Judges, Parameter, RuleSet};
use serde_json::{Value as Json, json};

use crate::app::{App, Judge};
use crate::days;
use crate::rescore::judge_again;
use crate::store::assessment::Cause;
use crate::store::audit;
use crate::store::machine::Among;
use crate::store::parameter::{self, Wish};
use crate::store::unit::Unit;

/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// Most texts in a list, and the longest of them in characters.
pub const TEXTS_MAX: usize = 200;
/// Longest text, in characters.
pub const TEXT_CHARS_MAX: usize = 300;

/// Why a value is not set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Objection {
    /// The set has no parameter of this name.
    Name,
    /// The value is of another kind, or a text in it is empty or too long.
    Value,
    /// There is no reason, or it is too long.
    Reason,
}

/// The sets whose parameters units may set: those that judge reports, the one that came into force last first.
pub fn sets(judge: &Judge) -> Vec<&RuleSet> {
    let open = |set: &&RuleSet| set.judges == Judges::Reports && !set.parameters.is_empty();
    let mut sets: Vec<&RuleSet> = judge.sets.iter().filter(open).collect();
    sets.sort_by_key(|set| std::cmp::Reverse(set.in_force.0));
    sets
}

/// The parameter of this name in this set.
pub fn find<'a>(judge: &'a Judge, ruleset: &str, name: &str) -> Option<(&'a RuleSet, &'a Parameter)> {
    let set = judge.sets.iter().find(|set| set.id == ruleset)?;
    set.parameters.iter().find(|parameter| parameter.id == name).map(|parameter| (set, parameter))
}

/// What somebody wrote as a value of this kind: each line a text of a list; numbers, `true` and `false` as such; days as
/// people write them.
pub fn read(kind: Kind, text: &str) -> Json {
    let text = text.trim();
    match kind {
        Kind::Texts => {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
            lines.map(Json::from).collect()
        }
        Kind::Flag => text.parse::<bool>().map_or_else(|_| text.into(), Json::from),
        Kind::Number | Kind::Days | Kind::Percent => {
            text.parse::<i64>().map_or_else(|_| text.into(), Json::from)
        }
        Kind::Date => days::read(text).map_or_else(|| text.into(), |day| day.to_string().into()),
        _ => text.into(),
    }
}

/// A value as it is written in a form: see [`read`].
pub fn written(value: &str) -> String {
    match serde_json::from_str(value) {
        Ok(Json::Array(texts)) => texts.iter().map(one).collect::<Vec<_>>().join("\n"),
        Ok(other) => one(&other),
        Err(_) => value.to_owned(),
    }
}

fn one(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a value can be set.
///
/// # Errors
/// Everything that stands against it.
pub fn check(judge: &Judge, wish: &Wish<'_>) -> Result<(), Vec<Objection>> {
    let mut objections = Vec::new();
    match find(judge, wish.ruleset, wish.name) {
        None => objections.push(Objection::Name),
        Some((set, _)) if !fits(set, wish.name, wish.value) => objections.push(Objection::Value),
        Some(_) => {}
    }
    if wish.reason.trim().is_empty() || wish.reason.chars().count() > REASON_CHARS_MAX {
        objections.push(Objection::Reason);
    }
    if objections.is_empty() { Ok(()) } else { Err(objections) }
}

/// Whether this value, as JSON, is one of this parameter.
pub fn fits(set: &RuleSet, name: &str, value: &str) -> bool {
    let Ok(value) = serde_json::from_str::<Json>(value) else { return false };
    let says = |text: &str| !text.trim().is_empty() && text.chars().count() <= TEXT_CHARS_MAX;
    let is_said = match &value {
        Json::String(text) => says(text),
        Json::Array(texts) => {
            (1..=TEXTS_MAX).contains(&texts.len()) && texts.iter().all(|text| text.as_str().is_some_and(says))
        }
        _ => true,
    };
    is_said && set.settings(&BTreeMap::from([(name.to_owned(), value)])).is_ok()
}

/// Sets a value for a unit and judges whom it is for.
///
/// # Errors
/// When the database cannot.
pub async fn set(app: &App, unit: &Unit, wish: Wish<'_>) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    parameter::set(&mut tx, wish, now).await?;
    let Wish { ruleset, name, value, reason, by, .. } = wish;
    let value: Json = serde_json::from_str(value)?;
    let detail = json!({ "ruleset": ruleset, "name": name, "value": value, "reason": reason }).to_string();
    audit::add(&mut tx, now, by, "parameter-set", &unit.code, &detail).await?;
    tx.commit().await?;
    judge_again(app, Among::Below(&unit.path), Cause::Parameter).await?;
    Ok(())
}

/// Takes a unit's own value away and judges whom it was for. Gives whether there was one.
///
/// # Errors
/// When the database cannot.
pub async fn remove(app: &App, unit: &Unit, wish: Wish<'_>) -> Result<bool> {
    let now = app.clock.now();
    let Wish { ruleset, name, reason, by, .. } = wish;
    let mut tx = app.store.begin().await?;
    if !parameter::remove(&mut tx, &unit.id, ruleset, name).await? {
        return Ok(false);
    }
    let detail = json!({ "ruleset": ruleset, "name": name, "reason": reason }).to_string();
    audit::add(&mut tx, now, by, "parameter-remove", &unit.code, &detail).await?;
    tx.commit().await?;
    judge_again(app, Among::Below(&unit.path), Cause::Parameter).await?;
    Ok(true)
}

#[cfg(test)]
mod tests;

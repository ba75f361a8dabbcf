//! Granting and ending waivers: what that means for the machines concerned, at once.
//!
//! A waiver holds from the moment it is granted to the end of its last day in Vietnam. The machines that it is for are
//! judged again whenever one begins or ends; their history keeps what was said before.

use anyhow::Result;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use rules::ruleset::{About, Rule};
use serde_json::json;

use crate::app::{App, Judge};
use crate::judge::day;
use crate::rescore::judge_again;
use crate::store::assessment::Cause;
use crate::store::machine::Among;
use crate::store::waiver::{self, Grant, Reach, Waiver};
use crate::store::{Tx, audit, machine, unit};

/// Longest time for which an exception is granted, in days: then somebody looks at it again.
pub const DAYS_MAX: i32 = 366;
/// Longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 500;
/// Who ended a waiver whose last day is over.
pub const BY_CALENDAR: &str = "calendar";

/// Why a waiver is not granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objection {
    /// No rule set has this rule.
    Rule,
    /// There is no reason, or it is too long.
    Reason,
    /// The last day is over, or too far away.
    Day,
    /// The rule is about units, and the waiver is for a machine.
    Reach,
}

/// Whether a waiver can be granted.
///
/// # Errors
/// Everything that stands against it.
pub fn check(judge: &Judge, grant: &Grant<'_>, now: Timestamp) -> Result<(), Vec<Objection>> {
    let mut objections = Vec::new();
    match (rule(judge, grant.rule).map(|rule| rule.about), grant.reach) {
        (None, _) => objections.push(Objection::Rule),
        (Some(About::Unit), Reach::Machine(_)) => objections.push(Objection::Reach),
        (Some(About::Unit), Reach::Unit(_)) | (Some(About::Pc), _) => {}
    }
    if grant.reason.trim().is_empty() || grant.reason.chars().count() > REASON_CHARS_MAX {
        objections.push(Objection::Reason);
    }
    if !(day(now)..=last_day(now)).contains(&grant.ends_on) {
        objections.push(Objection::Day);
    }
    if objections.is_empty() { Ok(()) } else { Err(objections) }
}

/// The last day on which a waiver that is granted now may hold.
pub fn last_day(now: Timestamp) -> Date {
    day(now).saturating_add(Span::new().days(DAYS_MAX))
}

/// The rule of this id, from the set that came last into force.
pub fn rule<'a>(judge: &'a Judge, id: &str) -> Option<&'a Rule> {
    let mut sets: Vec<_> = judge.sets.iter().collect();
    sets.sort_by_key(|set| std::cmp::Reverse(set.in_force.0));
    sets.into_iter().find_map(|set| set.rule(id))
}

/// Grants a waiver and judges whom it is for. One of the same rule for the same that holds ends: the new one stands for it,
/// with its reason and its last day. Gives its id.
///
/// # Errors
/// When the database cannot.
pub async fn grant(app: &App, grant: Grant<'_>) -> Result<String> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let subject = subject(&mut tx, grant.reach).await?;
    for (before, until) in waiver::alike(&mut tx, grant.reach, grant.rule).await? {
        waiver::end(&mut tx, &before, grant.by, now).await?;
        let detail = json!({ "rule": grant.rule, "until": until.to_string() }).to_string();
        audit::add(&mut tx, now, grant.by, "waiver-end", &subject, &detail).await?;
    }
    let id = waiver::grant(&mut tx, grant, now).await?;
    let detail =
        json!({ "rule": grant.rule, "until": grant.ends_on.to_string(), "reason": grant.reason }).to_string();
    audit::add(&mut tx, now, grant.by, "waiver-grant", &subject, &detail).await?;
    let path = path(&mut tx, grant.reach).await?;
    tx.commit().await?;
    judge_again(app, among(grant.reach, &path), Cause::Waiver).await?;
    Ok(id)
}

/// Ends a waiver before its time and judges whom it was for. Gives whether it held until now.
///
/// # Errors
/// When the database cannot.
pub async fn end(app: &App, waiver: &Waiver, by: &str) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    if !waiver::end(&mut tx, &waiver.id, by, now).await? {
        return Ok(false);
    }
    let subject = subject(&mut tx, waiver.reach()).await?;
    let detail = json!({ "rule": waiver.rule, "until": waiver.ends_on.to_string() }).to_string();
    audit::add(&mut tx, now, by, "waiver-end", &subject, &detail).await?;
    tx.commit().await?;
    judge_again(app, among(waiver.reach(), &waiver.unit.2), Cause::Waiver).await?;
    Ok(true)
}

/// Ends the waivers whose last day is over. Gives how many.
///
/// # Errors
/// When the database cannot; those that were ended until then stay so.
pub async fn end_run_out(app: &App) -> Result<usize> {
    let mut tx = app.store.read().await?;
    let run_out = waiver::run_out(&mut tx, day(app.clock.now())).await?;
    drop(tx);
    for waiver in &run_out {
        end(app, waiver, BY_CALENDAR).await?;
    }
    Ok(run_out.len())
}

fn among<'a>(reach: Reach<'a>, path: &'a str) -> Among<'a> {
    match reach {
        Reach::Machine(machine) => Among::One(machine),
        Reach::Unit(_) => Among::Below(path),
    }
}

/// The path of the unit that a waiver is for, or that its machine is in.
async fn path(tx: &mut Tx, reach: Reach<'_>) -> Result<String> {
    Ok(match reach {
        Reach::Machine(machine) => machine::unit(tx, machine).await?.path,
        Reach::Unit(unit) => unit::by_id(tx, unit).await?.path,
    })
}

/// Whom a waiver is for, as the audit trail tells it.
async fn subject(tx: &mut Tx, reach: Reach<'_>) -> Result<String> {
    Ok(match reach {
        Reach::Machine(machine) => machine.to_owned(),
        Reach::Unit(unit) => unit::by_id(tx, unit).await?.code,
    })
}

#[cfg(test)]
mod tests;

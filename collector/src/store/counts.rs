//! What pages count beside the grades: what rules say, exceptions, opinions, machines that are silent or in conflict.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use sqlx::Row;

use super::listing::Scope;
use super::{Tx, sql};

/// How many machines of a scope say this of each rule: rule, outcome word (all but pass), machines.
///
/// # Errors
/// When the database fails.
pub async fn findings(tx: &mut Tx, scope: &Scope) -> Result<BTreeMap<(String, String), i64>> {
    const ALL: &str = "SELECT rule, outcome, COUNT(*) AS machines FROM finding GROUP BY rule, outcome";
    const SOME: &str = "SELECT f.rule, f.outcome, COUNT(*) AS machines
        FROM machine m JOIN finding f ON f.machine = m.id
        WHERE m.unit_path >= $1 AND m.unit_path < $2 GROUP BY f.rule, f.outcome";
    sql!(tx, |c| {
        let rows = if scope.is_everything() {
            sqlx::query(ALL).fetch_all(c).await?
        } else {
            sqlx::query(SOME).bind(scope.first()).bind(scope.end()).fetch_all(c).await?
        };
        rows.into_iter()
            .map(|row| Ok(((row.try_get("rule")?, row.try_get("outcome")?), row.try_get("machines")?)))
            .collect()
    })
}

/// The same of those machines only that another set than this one judged last.
///
/// # Errors
/// When the database fails.
pub async fn findings_aside(
    tx: &mut Tx,
    scope: &Scope,
    ruleset: &str,
) -> Result<BTreeMap<(String, String), i64>> {
    // The few machines are found in the index first.
    const SQL: &str = "WITH aside AS (
            SELECT id FROM machine
            WHERE unit_path >= $1 AND unit_path < $2 AND ruleset <> $3 AND ruleset <> ''
        )
        SELECT f.rule, f.outcome, COUNT(*) FROM aside a JOIN finding f ON f.machine = a.id
        GROUP BY f.rule, f.outcome";
    let rows: Vec<(String, String, i64)> = sql!(tx, |c| sqlx::query_as(SQL)
        .bind(scope.first())
        .bind(scope.end())
        .bind(ruleset)
        .fetch_all(c)
        .await?);
    Ok(rows.into_iter().map(|(rule, outcome, machines)| ((rule, outcome), machines)).collect())
}

/// What these rules say of each machine of a scope that was judged: by machine and rule, the outcome word, all but pass.
///
/// # Errors
/// When the database fails.
pub async fn findings_of(
    tx: &mut Tx,
    scope: &Scope,
    rules: [&str; 4],
) -> Result<BTreeMap<String, BTreeMap<String, String>>> {
    const SQL: &str = "SELECT m.id, f.rule, f.outcome FROM machine m
        LEFT JOIN finding f ON f.machine = m.id AND f.rule IN ($3, $4, $5, $6)
        WHERE m.assessment IS NOT NULL AND m.unit_path >= $1 AND m.unit_path < $2";
    let [first, second, third, fourth] = rules;
    let rows: Vec<(String, Option<String>, Option<String>)> = sql!(tx, |c| sqlx::query_as(SQL)
        .bind(scope.first())
        .bind(scope.end())
        .bind(first)
        .bind(second)
        .bind(third)
        .bind(fourth)
        .fetch_all(c)
        .await?);
    let mut findings: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for (machine, rule, outcome) in rows {
        findings.entry(machine).or_default().extend(rule.zip(outcome));
    }
    Ok(findings)
}

/// How many machines of a scope have what each rule asks, switched off.
///
/// # Errors
/// When the database fails.
pub async fn switched_off(tx: &mut Tx, scope: &Scope) -> Result<BTreeMap<String, i64>> {
    const ALL: &str = "SELECT rule, COUNT(*) FROM finding WHERE switched_off GROUP BY rule";
    const SOME: &str = "SELECT f.rule, COUNT(*) FROM machine m JOIN finding f ON f.machine = m.id
        WHERE m.unit_path >= $1 AND m.unit_path < $2 AND m.switched_off > 0 AND f.switched_off GROUP BY f.rule";
    let rows: Vec<(String, i64)> = sql!(tx, |c| if scope.is_everything() {
        sqlx::query_as(ALL).fetch_all(c).await?
    } else {
        sqlx::query_as(SOME).bind(scope.first()).bind(scope.end()).fetch_all(c).await?
    });
    Ok(rows.into_iter().collect())
}

/// What is to be known beside the grades of some machines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Noted {
    /// Machines that are ready and that an exception holds for.
    pub waived: i64,
    /// Machines that have something that is asked, switched off.
    pub switched_off: i64,
    /// Machines of which Windows and the rules say the same: whether they can be upgraded.
    pub same: i64,
    /// Machines that can be upgraded by the rules, and not by Windows.
    pub only_rules: i64,
    /// Machines that can be upgraded by Windows, and not by the rules.
    pub only_windows: i64,
    /// Machines that are ready, and of which nobody knows what a critical rule says.
    pub unsure: i64,
}

/// Counts what is to be known beside the grades.
///
/// # Errors
/// When the database fails.
pub async fn noted(tx: &mut Tx, scope: &Scope) -> Result<Noted> {
    const SQL: &str = "SELECT COUNT(CASE WHEN grade = 'ready' AND waived > 0 THEN 1 END),
            COUNT(CASE WHEN switched_off > 0 THEN 1 END), COUNT(CASE WHEN opinion = 'same' THEN 1 END),
            COUNT(CASE WHEN opinion = 'only_rules' THEN 1 END),
            COUNT(CASE WHEN opinion = 'only_windows' THEN 1 END),
            COUNT(CASE WHEN grade = 'ready' AND unsure > 0 THEN 1 END)
        FROM machine WHERE unit_path >= $1 AND unit_path < $2";
    let (waived, switched_off, same, only_rules, only_windows, unsure) =
        sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_one(c).await?);
    Ok(Noted { waived, switched_off, same, only_rules, only_windows, unsure })
}

/// How many machines of each role each set judged last, by the ids of the sets.
///
/// # Errors
/// When the database fails.
pub async fn judged(tx: &mut Tx, scope: &Scope) -> Result<BTreeMap<(String, String), i64>> {
    const SQL: &str = "SELECT ruleset, role, COUNT(*) FROM machine
        WHERE unit_path >= $1 AND unit_path < $2 AND ruleset <> '' GROUP BY ruleset, role";
    let rows: Vec<(String, String, i64)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(set, role, machines)| ((set, role), machines)).collect())
}

/// How many machines need a person: not heard of since, and never reported.
///
/// # Errors
/// When the database fails.
pub async fn silent(tx: &mut Tx, scope: &Scope, since: Timestamp) -> Result<(i64, i64)> {
    const SQL: &str = "SELECT COUNT(CASE WHEN seen_at < $3 THEN 1 END) AS silent,
            COUNT(CASE WHEN taken_at IS NULL THEN 1 END) AS never
        FROM machine WHERE unit_path >= $1 AND unit_path < $2";
    sql!(tx, |c| {
        let row = sqlx::query(SQL)
            .bind(scope.first())
            .bind(scope.end())
            .bind(since.as_millisecond())
            .fetch_one(c)
            .await?;
        Ok((row.try_get("silent")?, row.try_get("never")?))
    })
}

/// How many machines share their key with another PC.
///
/// # Errors
/// When the database fails.
pub async fn conflicts(tx: &mut Tx, scope: &Scope) -> Result<i64> {
    const SQL: &str =
        "SELECT COUNT(*) FROM machine WHERE unit_path >= $1 AND unit_path < $2 AND conflicts > 0";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).bind(scope.first()).bind(scope.end()).fetch_one(c).await?))
}

//! Diagnoses: whether each machine is fit and what would mend it, kept until its report, the rules or prices change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Result;

use super::fleet::Latest;
use super::listing::Scope;
use super::{Tx, sql};

/// What diagnoses are kept under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// What is tried; empty for what is in force.
    pub terms: String,
    /// The digest of what they depend on beside the rules that judged.
    pub book: String,
}

/// A machine whose diagnosis is missing or does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undiagnosed {
    /// The machine with its latest report.
    pub latest: Latest,
    /// Id of that report.
    pub report: String,
    /// What a diagnosis of it is made by.
    pub made_by: String,
}

/// A machine with its diagnosis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosed {
    /// Id of the machine.
    pub machine: String,
    /// Name in the network.
    pub hostname: String,
    /// Id of its unit.
    pub unit: String,
    /// The role of its seat.
    pub role: String,
    /// The diagnosis, as JSON; none before the first, and of a machine without a report.
    pub body: Option<String>,
    /// Since when it stands in the asset register, such as 2026-12-31; none where nobody said.
    pub registered_on: Option<String>,
}

type Row = (String, String, String, String, String, i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>, String, String);

/// The next machines after this id whose diagnosis does not hold.
///
/// # Errors
/// When the database cannot.
pub async fn missing(
    tx: &mut Tx,
    scope: &Scope,
    by: &By,
    after: &str,
    count: u32,
) -> Result<Vec<Undiagnosed>> {
    const SQL: &str =
        "SELECT m.id, m.hostname, m.unit, m.unit_path, m.role, r.taken_at, k.public_key, r.envelope,
            b.envelope, r.id, m.rules_digest || ' ' || $5
        FROM machine m JOIN report r ON r.id = m.report JOIN machine_key k ON k.key = r.key
            LEFT JOIN report b ON b.key = r.key AND b.sequence = r.base
            LEFT JOIN diagnosis d ON d.machine = m.id AND d.terms = $6
        WHERE m.id > $1 AND m.unit_path || '' >= $2 AND m.unit_path || '' < $3
            AND (d.machine IS NULL OR d.report <> m.report OR d.made_by <> m.rules_digest || ' ' || $5)
        ORDER BY m.id LIMIT $4";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL)
        .bind(after)
        .bind(scope.first())
        .bind(scope.end())
        .bind(i64::from(count))
        .bind(&by.book)
        .bind(&by.terms)
        .fetch_all(c)
        .await?);
    let undiagnosed = |row: Row| {
        let (machine, hostname, unit, unit_path, role, taken_at, public_key, envelope, base, report, made_by) =
            row;
        let latest =
            Latest { machine, hostname, unit, unit_path, role, taken_at, public_key, envelope, base };
        Undiagnosed { latest, report, made_by }
    };
    Ok(rows.into_iter().map(undiagnosed).collect())
}

/// How many machines have no diagnosis that holds.
///
/// # Errors
/// When the database cannot.
pub async fn missing_count(tx: &mut Tx, scope: &Scope, by: &By) -> Result<u64> {
    const SQL: &str = "SELECT COUNT(*) FROM machine m LEFT JOIN diagnosis d
            ON d.machine = m.id AND d.terms = $4
        WHERE m.report IS NOT NULL AND m.unit_path >= $1 AND m.unit_path < $2
            AND (d.machine IS NULL OR d.report <> m.report OR d.made_by <> m.rules_digest || ' ' || $3)";
    let count: i64 = sql!(tx, |c| sqlx::query_scalar(SQL)
        .bind(scope.first())
        .bind(scope.end())
        .bind(&by.book)
        .bind(&by.terms)
        .fetch_one(c)
        .await?);
    Ok(u64::try_from(count)?)
}

/// By what each machine of these units was diagnosed, by id; without those that have reported since.
///
/// # Errors
/// When the database cannot.
pub async fn made_by(tx: &mut Tx, scope: &Scope, terms: &str) -> Result<BTreeMap<String, Arc<str>>> {
    const SQL: &str = "SELECT m.id, d.made_by FROM machine m
            JOIN diagnosis d ON d.machine = m.id AND d.terms = $3 AND d.report = m.report
        WHERE m.unit_path >= $1 AND m.unit_path < $2";
    let rows: Vec<(String, String)> = sql!(tx, |c| sqlx::query_as(SQL)
        .bind(scope.first())
        .bind(scope.end())
        .bind(terms)
        .fetch_all(c)
        .await?);
    // A fleet is diagnosed by few rules.
    let mut texts: BTreeSet<Arc<str>> = BTreeSet::new();
    let mut shared = |text: String| {
        let text = texts.get(text.as_str()).cloned().unwrap_or_else(|| text.into());
        texts.insert(Arc::clone(&text));
        text
    };
    Ok(rows.into_iter().map(|(machine, text)| (machine, shared(text))).collect())
}

/// Keeps a diagnosis in place of the one before.
///
/// # Errors
/// When the database cannot.
pub async fn put(
    tx: &mut Tx,
    terms: &str,
    (machine, report): (&str, &str),
    made_by: &str,
    body: &str,
) -> Result<()> {
    const SQL: &str =
        "INSERT INTO diagnosis (machine, terms, report, made_by, body) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (machine, terms) DO UPDATE SET report = $3, made_by = $4, body = $5";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(machine)
        .bind(terms)
        .bind(report)
        .bind(made_by)
        .bind(body)
        .execute(c)
        .await?);
    Ok(())
}

/// What is or was tried: the terms, beside what is in force, of which there are diagnoses.
///
/// # Errors
/// When the database cannot.
pub async fn trials(tx: &mut Tx) -> Result<Vec<String>> {
    const SQL: &str = "SELECT DISTINCT terms FROM diagnosis WHERE terms <> '' ORDER BY terms";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).fetch_all(c).await?))
}

/// Throws the diagnoses of a trial away.
///
/// # Errors
/// When the database cannot.
pub async fn forget(tx: &mut Tx, terms: &str) -> Result<()> {
    const SQL: &str = "DELETE FROM diagnosis WHERE terms = $1 AND terms <> ''";
    sql!(tx, |c| sqlx::query(SQL).bind(terms).execute(c).await?);
    Ok(())
}

/// Every machine of these units, with its diagnosis by these terms.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx, scope: &Scope, terms: &str) -> Result<Vec<Diagnosed>> {
    const SQL: &str = "SELECT m.id, m.hostname, m.unit, m.role, d.body, a.registered_on
        FROM machine m LEFT JOIN diagnosis d ON d.machine = m.id AND d.terms = $3
            LEFT JOIN register a ON a.machine = m.id AND a.registered_on <> ''
        WHERE m.unit_path >= $1 AND m.unit_path < $2 ORDER BY m.unit_path, m.hostname, m.id";
    type Line = (String, String, String, String, Option<String>, Option<String>);
    let rows: Vec<Line> = sql!(tx, |c| sqlx::query_as(SQL)
        .bind(scope.first())
        .bind(scope.end())
        .bind(terms)
        .fetch_all(c)
        .await?);
    let diagnosed = |(machine, hostname, unit, role, body, registered_on)| Diagnosed {
        machine,
        hostname,
        unit,
        role,
        body,
        registered_on,
    };
    Ok(rows.into_iter().map(diagnosed).collect())
}

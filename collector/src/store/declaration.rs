//! Declarations: what units say of themselves. They are only ever added; the latest holds.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use super::listing::Scope;
use super::{Tx, new_id, sql};

/// What somebody declares of one unit on one day.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// Id of the unit.
    pub unit: &'a str,
    /// The day for which it is said.
    pub declared_on: Date,
    /// Who says it: an account's name.
    pub declared_by: &'a str,
    /// What else there is to say; may be empty.
    pub note: &'a str,
}

/// One fact that was declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The fact, as the vocabulary names it below `unit.`.
    pub fact: String,
    /// The answer as JSON, as in a report.
    pub value: String,
    /// The day for which it was said.
    pub declared_on: Date,
    /// Who said it.
    pub declared_by: String,
    /// What else was said.
    pub note: String,
    /// When it was written down, in milliseconds since 1970.
    pub made_at: i64,
}

/// What holds of each unit: by the unit's id and the name of the fact.
pub type Declared = BTreeMap<String, BTreeMap<String, Declaration>>;

/// Adds one fact, with its answer as JSON.
///
/// # Errors
/// When there is no such unit, or the database cannot.
pub async fn add(tx: &mut Tx, sheet: Sheet<'_>, fact: &str, value: &str, at: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO declaration
        (id, unit, fact, value, declared_on, declared_by, note, made_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(new_id(at))
        .bind(sheet.unit)
        .bind(fact)
        .bind(value)
        .bind(sheet.declared_on.to_string())
        .bind(sheet.declared_by)
        .bind(sheet.note)
        .bind(at.as_millisecond())
        .execute(c)
        .await?);
    Ok(())
}

type Row = (String, String, String, String, String, i64);

fn declaration((fact, value, declared_on, declared_by, note, made_at): Row) -> Result<Declaration> {
    Ok(Declaration { fact, value, declared_on: declared_on.parse()?, declared_by, note, made_at })
}

/// Everything that one unit ever declared, the latest first.
///
/// # Errors
/// When the database cannot.
pub async fn history(tx: &mut Tx, unit: &str) -> Result<Vec<Declaration>> {
    const SQL: &str = "SELECT fact, value, declared_on, declared_by, note, made_at FROM declaration
        WHERE unit = $1 ORDER BY declared_on DESC, made_at DESC, id DESC";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(unit).fetch_all(c).await?);
    rows.into_iter().map(declaration).collect()
}

/// What holds of every unit of a scope: of each fact the latest that was declared.
///
/// # Errors
/// When the database cannot.
pub async fn latest(tx: &mut Tx, scope: &Scope) -> Result<Declared> {
    const SQL: &str = "SELECT d.unit, d.fact, d.value, d.declared_on, d.declared_by, d.note, d.made_at
        FROM declaration d JOIN unit u ON u.id = d.unit WHERE u.path >= $1 AND u.path < $2
        ORDER BY d.unit, d.fact, d.declared_on, d.made_at, d.id";
    let rows: Vec<(String, String, String, String, String, String, i64)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?);
    let mut declared = Declared::new();
    for (unit, fact, value, declared_on, declared_by, note, made_at) in rows {
        let one = declaration((fact.clone(), value, declared_on, declared_by, note, made_at))?;
        // What comes later holds.
        declared.entry(unit).or_default().insert(fact, one);
    }
    Ok(declared)
}

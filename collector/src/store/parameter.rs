//! Parameters: what units set for themselves in a rule set, for their machines and those of all units below.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;

use super::{Tx, sql};

/// What holds for one machine: by rule set and name, the value as JSON.
pub type Values = BTreeMap<String, BTreeMap<String, String>>;

/// A value that somebody sets.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// Id of the unit.
    pub unit: &'a str,
    /// Id of the rule set.
    pub ruleset: &'a str,
    /// Name of the parameter.
    pub name: &'a str,
    /// The value as JSON.
    pub value: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Who sets it: an account's name.
    pub by: &'a str,
}

/// A value that a unit set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The unit: id, name and path.
    pub unit: (String, String, String),
    /// Id of the rule set.
    pub ruleset: String,
    /// Name of the parameter.
    pub name: String,
    /// The value as JSON.
    pub value: String,
    /// Who set it.
    pub set_by: String,
    /// When, in milliseconds since 1970.
    pub set_at: i64,
    /// Why.
    pub reason: String,
}

/// Sets a value for a unit, in the place of the one before.
///
/// # Errors
/// When there is no such unit, or the database cannot.
pub async fn set(tx: &mut Tx, wish: Wish<'_>, at: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO parameter (unit, ruleset, name, value, set_by, set_at, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (unit, ruleset, name) DO UPDATE SET value = $4, set_by = $5, set_at = $6, reason = $7";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(wish.unit)
        .bind(wish.ruleset)
        .bind(wish.name)
        .bind(wish.value)
        .bind(wish.by)
        .bind(at.as_millisecond())
        .bind(wish.reason)
        .execute(c)
        .await?);
    Ok(())
}

/// Takes a unit's value away. Gives whether there was one.
///
/// # Errors
/// When the database cannot.
pub async fn remove(tx: &mut Tx, unit: &str, ruleset: &str, name: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM parameter WHERE unit = $1 AND ruleset = $2 AND name = $3";
    let done =
        sql!(tx, |c| sqlx::query(SQL).bind(unit).bind(ruleset).bind(name).execute(c).await?.rows_affected());
    Ok(done > 0)
}

/// What holds for machines in the unit of this path.
///
/// # Errors
/// When the database cannot.
pub async fn holding(tx: &mut Tx, unit_path: &str) -> Result<Values> {
    let mut values = Values::new();
    for parameter in above(tx, unit_path).await? {
        values.entry(parameter.ruleset).or_default().insert(parameter.name, parameter.value);
    }
    Ok(values)
}

/// Every value that some unit set.
#[derive(Debug, Clone, Default)]
pub struct Holding {
    /// Path of the unit, rule set, name and value; units above before those below.
    values: Vec<(String, String, String, String)>,
}

impl Holding {
    /// What holds for machines in the unit of this path.
    pub fn of(&self, unit_path: &str) -> Values {
        let mut values = Values::new();
        for (path, ruleset, name, value) in &self.values {
            if unit_path.starts_with(path.as_str()) {
                values.entry(ruleset.clone()).or_default().insert(name.clone(), value.clone());
            }
        }
        values
    }
}

/// Every value that some unit set.
///
/// # Errors
/// When the database cannot.
pub async fn all_holding(tx: &mut Tx) -> Result<Holding> {
    const SQL: &str =
        "SELECT u.path, p.ruleset, p.name, p.value FROM parameter p JOIN unit u ON u.id = p.unit
        ORDER BY length(u.path), u.path, p.ruleset, p.name";
    Ok(Holding { values: sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?) })
}

type Row = (String, String, String, String, String, String, String, i64, String);

/// What the unit of this path and those above it set, from the top: what comes later holds.
///
/// # Errors
/// When the database cannot.
pub async fn above(tx: &mut Tx, unit_path: &str) -> Result<Vec<Parameter>> {
    const SQL: &str = "SELECT u.id, u.name, u.path, p.ruleset, p.name, p.value, p.set_by, p.set_at, p.reason
        FROM parameter p JOIN unit u ON u.id = p.unit WHERE u.path = substr($1, 1, length(u.path))
        ORDER BY length(u.path), p.ruleset, p.name";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(unit_path).fetch_all(c).await?);
    Ok(rows.into_iter().map(parameter).collect())
}

/// What units below the one of this path set for themselves, in the order of their paths.
///
/// # Errors
/// When the database cannot.
pub async fn below(tx: &mut Tx, unit_path: &str) -> Result<Vec<Parameter>> {
    const SQL: &str = "SELECT u.id, u.name, u.path, p.ruleset, p.name, p.value, p.set_by, p.set_at, p.reason
        FROM parameter p JOIN unit u ON u.id = p.unit
        WHERE substr(u.path, 1, length($1)) = $1 AND u.path <> $1 ORDER BY u.path, p.ruleset, p.name";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(unit_path).fetch_all(c).await?);
    Ok(rows.into_iter().map(parameter).collect())
}

fn parameter((unit, name_of_unit, path, ruleset, name, value, set_by, set_at, reason): Row) -> Parameter {
    Parameter { unit: (unit, name_of_unit, path), ruleset, name, value, set_by, set_at, reason }
}

//! Seats: how many working places of which kind a unit has.

use std::collections::BTreeMap;

use anyhow::Result;

use super::listing::Scope;
use super::{Tx, sql};

/// Seats of one kind in one unit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seats {
    /// Id of the unit.
    pub unit: String,
    /// Their role.
    pub role: String,
    /// leader, manager or specialist.
    pub group: String,
    /// A/B or C.
    pub regime: String,
    /// How many.
    pub count: i64,
}

/// The seats of these units, in the order of the units' paths.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx, scope: &Scope) -> Result<Vec<Seats>> {
    const SQL: &str = "SELECT s.unit, s.role, s.norm_group, s.regime, s.count
        FROM seat s JOIN unit u ON u.id = s.unit WHERE u.path >= $1 AND u.path < $2
        ORDER BY u.path, s.role, s.norm_group, s.regime";
    let rows: Vec<(String, String, String, String, i64)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?);
    let seats = |(unit, role, group, regime, count)| Seats { unit, role, group, regime, count };
    Ok(rows.into_iter().map(seats).collect())
}

/// The seats of one unit.
///
/// # Errors
/// When the database cannot.
pub async fn of(tx: &mut Tx, unit: &str) -> Result<Vec<Seats>> {
    const SQL: &str = "SELECT unit, role, norm_group, regime, count FROM seat WHERE unit = $1";
    let rows: Vec<(String, String, String, String, i64)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(unit).fetch_all(c).await?);
    let seats = |(unit, role, group, regime, count)| Seats { unit, role, group, regime, count };
    Ok(rows.into_iter().map(seats).collect())
}

/// Makes these the seats of a unit; those that it had are gone.
///
/// # Errors
/// When the database cannot.
pub async fn set(tx: &mut Tx, unit: &str, seats: &[Seats]) -> Result<()> {
    const GONE: &str = "DELETE FROM seat WHERE unit = $1";
    sql!(tx, |c| sqlx::query(GONE).bind(unit).execute(c).await?);
    const PUT: &str = "INSERT INTO seat (unit, role, norm_group, regime, count) VALUES ($1, $2, $3, $4, $5)";
    for one in seats {
        sql!(tx, |c| sqlx::query(PUT)
            .bind(unit)
            .bind(&one.role)
            .bind(&one.group)
            .bind(&one.regime)
            .bind(one.count)
            .execute(c)
            .await?);
    }
    Ok(())
}

/// Machines, and those of them that are ready, by unit and role.
pub type Filled = BTreeMap<(String, String), (i64, i64)>;

/// How many machines stand in each unit itself for each role, and how many of them are ready.
///
/// # Errors
/// When the database cannot.
pub async fn filled(tx: &mut Tx, scope: &Scope) -> Result<Filled> {
    const SQL: &str = "SELECT unit, role, COUNT(*), COUNT(CASE WHEN grade = 'ready' THEN 1 END)
        FROM machine WHERE unit_path >= $1 AND unit_path < $2 GROUP BY unit, role";
    let rows: Vec<(String, String, i64, i64)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(unit, role, machines, ready)| ((unit, role), (machines, ready))).collect())
}

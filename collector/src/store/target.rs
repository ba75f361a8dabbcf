//! Targets: the share of ready machines that units are to reach, and by when.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Tx, sql};

/// A target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The share of ready machines, in percent, 1 to 100.
    pub share_percent: i64,
    /// The day by which.
    pub day: Date,
}

/// Every target, by the unit that it was set for. It holds for the units below too, unless one has its own.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx) -> Result<BTreeMap<String, Target>> {
    const SQL: &str = "SELECT unit, share_percent, day FROM target";
    let rows: Vec<(String, i64, String)> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    rows.into_iter()
        .map(|(unit, share_percent, day)| {
            let day = day.parse().with_context(|| format!("reading the day {day} of a target"))?;
            Ok((unit, Target { share_percent, day }))
        })
        .collect()
}

/// The target of the unit at this path: its own, or that of the nearest unit above.
pub fn at<'a>(targets: &'a BTreeMap<String, Target>, path: &str) -> Option<(&'a str, Target)> {
    let mut units = path.split_terminator('/').rev();
    units.find_map(|unit| targets.get_key_value(unit)).map(|(unit, target)| (unit.as_str(), *target))
}

/// Gives a unit a target in place of the one before.
///
/// # Errors
/// When the database cannot.
pub async fn set(tx: &mut Tx, unit: &str, target: Target, by: &str, at: Timestamp) -> Result<()> {
    const SQL: &str =
        "INSERT INTO target (unit, share_percent, day, set_by, set_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (unit) DO UPDATE SET share_percent = $2, day = $3, set_by = $4, set_at = $5";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(unit)
        .bind(target.share_percent)
        .bind(target.day.to_string())
        .bind(by)
        .bind(at.as_millisecond())
        .execute(c)
        .await?);
    Ok(())
}

/// Takes the target of a unit away. Gives whether it had one.
///
/// # Errors
/// When the database cannot.
pub async fn remove(tx: &mut Tx, unit: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM target WHERE unit = $1";
    Ok(sql!(tx, |c| sqlx::query(SQL).bind(unit).execute(c).await?.rows_affected()) > 0)
}

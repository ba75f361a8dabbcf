//! The whole fleet, machine by machine: the latest report of each, for who tries something on all of them.

use anyhow::Result;

use super::listing::Scope;
use super::{Tx, sql};

/// A machine with its latest report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Latest {
    /// Id of the machine.
    pub machine: String,
    /// Name in the network.
    pub hostname: String,
    /// Id of its unit.
    pub unit: String,
    /// The path of its unit.
    pub unit_path: String,
    /// The role of its seat.
    pub role: String,
    /// When the report was taken, in milliseconds since 1970.
    pub taken_at: i64,
    /// The public key that it is signed with.
    pub public_key: Vec<u8>,
    /// The envelope as it came.
    pub envelope: Vec<u8>,
    /// The envelope that it builds on, where it is not full.
    pub base: Option<Vec<u8>>,
}

type LatestRow = (String, String, String, String, String, i64, Vec<u8>, Vec<u8>, Option<Vec<u8>>);

/// The next machines after this id that have a report, in the order of their ids.
///
/// # Errors
/// When the database cannot.
pub async fn latest(tx: &mut Tx, scope: &Scope, after: &str, count: u32) -> Result<Vec<Latest>> {
    // The order is that of ids, whatever the units: the empty text keeps SQLite from sorting a subtree for every batch.
    const SQL: &str =
        "SELECT m.id, m.hostname, m.unit, m.unit_path, m.role, r.taken_at, k.public_key, r.envelope,
            b.envelope
        FROM machine m JOIN report r ON r.id = m.report JOIN machine_key k ON k.key = r.key
            LEFT JOIN report b ON b.key = r.key AND b.sequence = r.base
        WHERE m.id > $1 AND m.unit_path || '' >= $2 AND m.unit_path || '' < $3 ORDER BY m.id LIMIT $4";
    let rows: Vec<LatestRow> = sql!(tx, |c| sqlx::query_as(SQL)
        .bind(after)
        .bind(scope.first())
        .bind(scope.end())
        .bind(i64::from(count))
        .fetch_all(c)
        .await?);
    let latest =
        |(machine, hostname, unit, unit_path, role, taken_at, public_key, envelope, base): LatestRow| {
            Latest { machine, hostname, unit, unit_path, role, taken_at, public_key, envelope, base }
        };
    Ok(rows.into_iter().map(latest).collect())
}

/// How many machines of these units have a report.
///
/// # Errors
/// When the database cannot.
pub async fn reported(tx: &mut Tx, scope: &Scope) -> Result<u64> {
    const SQL: &str =
        "SELECT COUNT(*) FROM machine WHERE report IS NOT NULL AND unit_path >= $1 AND unit_path < $2";
    let count: i64 =
        sql!(tx, |c| sqlx::query_scalar(SQL).bind(scope.first()).bind(scope.end()).fetch_one(c).await?);
    Ok(u64::try_from(count)?)
}

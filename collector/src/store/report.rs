//! Reports: envelopes as they came.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;

use super::{TOGETHER, Tx, is_usual, new_id, push_among, sql};

/// A report that was taken in.
#[derive(Debug, Clone, Copy)]
pub struct Arrived<'a> {
    /// Id of the machine.
    pub machine: &'a str,
    /// Id of the key that signed it.
    pub key: &'a str,
    /// The sequence number.
    pub sequence: i64,
    /// SHA-256 of the envelope, in hexadecimal.
    pub digest: &'a str,
    /// When it was taken, by the PC's clock.
    pub taken_at: Timestamp,
    /// https or import.
    pub via: &'static str,
    /// The envelope as it came.
    pub envelope: &'a [u8],
    /// The sequence number of the full report of the same key that it builds on; none when it is full itself.
    pub base: Option<i64>,
}

/// Keeps a report. Gives its id.
///
/// # Errors
/// When the database cannot, or there is one of this key and sequence number.
pub async fn add(tx: &mut Tx, arrived: Arrived<'_>, at: Timestamp) -> Result<String> {
    const SQL: &str =
        "INSERT INTO report (id, machine, key, sequence, digest, taken_at, received_at, via, envelope, base)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let id = new_id(at);
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&id)
        .bind(arrived.machine)
        .bind(arrived.key)
        .bind(arrived.sequence)
        .bind(arrived.digest)
        .bind(arrived.taken_at.as_millisecond())
        .bind(at.as_millisecond())
        .bind(arrived.via)
        .bind(arrived.envelope)
        .bind(arrived.base)
        .execute(c)
        .await?);
    Ok(id)
}

/// The digest of the report of this key and sequence number.
///
/// # Errors
/// When the database cannot.
pub async fn digest(tx: &mut Tx, key: &str, sequence: i64) -> Result<Option<String>> {
    const SQL: &str = "SELECT digest FROM report WHERE key = $1 AND sequence = $2";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).bind(key).bind(sequence).fetch_optional(c).await?))
}

/// The full report of this key and sequence number, as it came: what others build on.
///
/// # Errors
/// When the database cannot.
pub async fn base(tx: &mut Tx, key: &str, sequence: i64) -> Result<Option<Vec<u8>>> {
    const SQL: &str = "SELECT envelope FROM report WHERE key = $1 AND sequence = $2 AND base IS NULL";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).bind(key).bind(sequence).fetch_optional(c).await?))
}

/// How many reports there are.
///
/// # Errors
/// When the database cannot.
pub async fn count(tx: &mut Tx) -> Result<u64> {
    const SQL: &str = "SELECT COUNT(*) FROM report";
    let count: i64 = sql!(tx, |c| sqlx::query_scalar(SQL).fetch_one(c).await?);
    Ok(u64::try_from(count)?)
}

/// A report as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The envelope as it came.
    pub envelope: Vec<u8>,
    /// The envelope that it builds on, where it is not full.
    pub base: Option<Vec<u8>>,
}

/// These reports, by id. One that retention took away is missing.
///
/// # Errors
/// When the database cannot.
pub async fn kept(tx: &mut Tx, ids: &[&str]) -> Result<BTreeMap<String, Kept>> {
    let mut all = BTreeMap::new();
    for together in ids.chunks(TOGETHER) {
        let rows: Vec<(String, Vec<u8>, Option<Vec<u8>>)> = sql!(tx, |c| {
            let mut select = sqlx::QueryBuilder::new(
                "SELECT r.id, r.envelope, b.envelope FROM report r
                    LEFT JOIN report b ON b.key = r.key AND b.sequence = r.base
                WHERE ",
            );
            push_among(&mut select, "r.id", together);
            select.build_query_as().persistent(is_usual(together.len())).fetch_all(c).await?
        });
        all.extend(rows.into_iter().map(|(id, envelope, base)| (id, Kept { envelope, base })));
    }
    Ok(all)
}

//! Conflicts: two PCs under one key, until a person or a new join ends them.

use anyhow::{Context, Result};
use jiff::Timestamp;
use rules::facts::identity::Evidence;
use rules::identity::Signs;

use super::{Tx, new_id, sql};

/// Most open conflicts of one machine; more of the same trouble counts under the newest.
const OPEN_MAX: i64 = 32;

/// Something that contradicts what is known of a machine.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// Id of the machine.
    pub machine: &'a str,
    /// The key that it is signed with.
    pub key: &'a str,
    /// Why it contradicts.
    pub cause: Cause,
    /// The name that the other PC gives itself.
    pub hostname: &'a str,
    /// The other PC's trustworthy evidence.
    pub signs: &'a Signs,
    /// SHA-256 of the envelope.
    pub digest: &'a str,
    /// The envelope as it came.
    pub envelope: &'a [u8],
}

/// Why something contradicts what is known of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It comes from other hardware.
    Evidence,
    /// Its sequence number came before with another body.
    Sequence,
}

impl Cause {
    /// As it stands in the database.
    pub fn word(self) -> &'static str {
        match self {
            Cause::Evidence => "evidence",
            Cause::Sequence => "sequence",
        }
    }
}

/// A conflict that nobody has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Id.
    pub id: String,
    /// Id of the machine.
    pub machine: String,
    /// Why.
    pub cause: Cause,
    /// The name that the other PC gives itself.
    pub hostname: String,
    /// The other PC's trustworthy evidence.
    pub signs: Signs,
    /// When it was found.
    pub found_at: Timestamp,
    /// When it was last seen.
    pub seen_at: Timestamp,
    /// How many reports contradicted.
    pub reports: i64,
    /// SHA-256 of the newest of them.
    pub digest: String,
}

fn written(signs: &Signs) -> Result<String> {
    let pairs: Vec<(&str, &str)> = signs.iter().map(|(kind, value)| (kind.word(), value)).collect();
    serde_json::to_string(&pairs).context("writing evidence as JSON")
}

fn read(text: &str) -> Result<Signs> {
    let pairs: Vec<(String, String)> = serde_json::from_str(text).context("reading kept evidence")?;
    let mut signs = Signs::default();
    for (kind, value) in pairs {
        if let Some(kind) = Evidence::ALL.iter().find(|known| known.word() == kind) {
            signs.add(*kind, value);
        }
    }
    Ok(signs)
}

/// Notes a contradiction: under the conflict that is open for the same cause and the same other PC, or as a new one.
///
/// # Errors
/// When the database cannot.
pub async fn note(tx: &mut Tx, found: Found<'_>, at: Timestamp) -> Result<()> {
    let signs = written(found.signs)?;
    const SAME: &str = "SELECT id FROM conflict WHERE machine = $1 AND ended_at IS NULL
        AND (cause = $2 AND signs = $3 OR (SELECT conflicts FROM machine WHERE id = $1) >= $4)
        ORDER BY found_at DESC, id DESC LIMIT 1";
    let same: Option<String> = sql!(tx, |c| sqlx::query_scalar(SAME)
        .bind(found.machine)
        .bind(found.cause.word())
        .bind(&signs)
        .bind(OPEN_MAX)
        .fetch_optional(c)
        .await?);
    if let Some(id) = same {
        const MORE: &str =
            "UPDATE conflict SET seen_at = $2, reports = reports + 1, hostname = $3, digest = $4,
            envelope = $5 WHERE id = $1 AND digest <> $4";
        sql!(tx, |c| sqlx::query(MORE)
            .bind(&id)
            .bind(at.as_millisecond())
            .bind(found.hostname)
            .bind(found.digest)
            .bind(found.envelope)
            .execute(c)
            .await?);
        return Ok(());
    }
    const ADD: &str =
        "INSERT INTO conflict (id, machine, key, cause, hostname, signs, found_at, seen_at, reports,
            digest, envelope) VALUES ($1, $2, $3, $4, $5, $6, $7, $7, 1, $8, $9)";
    sql!(tx, |c| sqlx::query(ADD)
        .bind(new_id(at))
        .bind(found.machine)
        .bind(found.key)
        .bind(found.cause.word())
        .bind(found.hostname)
        .bind(&signs)
        .bind(at.as_millisecond())
        .bind(found.digest)
        .bind(found.envelope)
        .execute(c)
        .await?);
    count(tx, found.machine).await
}

type Row = (String, String, String, String, String, i64, i64, i64, String);

fn conflict(row: Row) -> Result<Conflict> {
    let (id, machine, cause, hostname, signs, found_at, seen_at, reports, digest) = row;
    Ok(Conflict {
        id,
        machine,
        cause: if cause == Cause::Evidence.word() { Cause::Evidence } else { Cause::Sequence },
        hostname,
        signs: read(&signs)?,
        found_at: Timestamp::from_millisecond(found_at)?,
        seen_at: Timestamp::from_millisecond(seen_at)?,
        reports,
        digest,
    })
}

/// The open conflicts of a machine, newest first.
///
/// # Errors
/// When the database cannot.
pub async fn open(tx: &mut Tx, machine: &str) -> Result<Vec<Conflict>> {
    const SQL: &str = "SELECT id, machine, cause, hostname, signs, found_at, seen_at, reports, digest
        FROM conflict WHERE machine = $1 AND ended_at IS NULL ORDER BY found_at DESC, id DESC";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(machine).fetch_all(c).await?);
    rows.into_iter().map(conflict).collect()
}

/// The open conflicts of all machines, oldest first.
///
/// # Errors
/// When the database cannot.
pub async fn all_open(tx: &mut Tx) -> Result<Vec<Conflict>> {
    const SQL: &str =
        "SELECT f.id, f.machine, f.cause, f.hostname, f.signs, f.found_at, f.seen_at, f.reports, f.digest
        FROM machine m JOIN conflict f ON f.machine = m.id
        WHERE m.conflicts > 0 AND f.ended_at IS NULL ORDER BY f.found_at, f.id";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    rows.into_iter().map(conflict).collect()
}

/// Ends one conflict, if it is open.
///
/// # Errors
/// When the database cannot.
pub async fn end(tx: &mut Tx, conflict: &Conflict, by: &str, at: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE conflict SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL";
    sql!(tx, |c| sqlx::query(SQL).bind(&conflict.id).bind(at.as_millisecond()).bind(by).execute(c).await?);
    count(tx, &conflict.machine).await
}

/// Counts the open conflicts into the machine, where lists find them.
async fn count(tx: &mut Tx, machine: &str) -> Result<()> {
    const SQL: &str = "UPDATE machine SET conflicts =
        (SELECT COUNT(*) FROM conflict WHERE machine = $1 AND ended_at IS NULL) WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(machine).execute(c).await?);
    Ok(())
}

//! The keys that machines sign with.

use anyhow::Result;
use jiff::Timestamp;

use super::{Tx, sql};

/// A key, and how its machine stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Id of the machine.
    pub machine: String,
    /// The public key, 32 bytes.
    pub public_key: Vec<u8>,
    /// Whether the key was withdrawn.
    pub withdrawn: bool,
    /// The highest sequence number accepted under this key, 0 before the first.
    pub sequence: i64,
    /// The role of the machine's seat.
    pub role: String,
    /// The path of the machine's unit.
    pub unit_path: String,
    /// When the machine's latest report was taken (milliseconds since 1970) and its sequence number.
    pub latest: Option<(i64, i64)>,
    /// The grade of the latest assessment.
    pub grade: String,
    /// The score of the latest assessment.
    pub score: Option<i64>,
}

/// Adds a key to a machine.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, key: &str, machine: &str, public_key: &[u8], at: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO machine_key (key, machine, public_key, joined_at, withdrawn_at, sequence)
        VALUES ($1, $2, $3, $4, NULL, 0)";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(key)
        .bind(machine)
        .bind(public_key)
        .bind(at.as_millisecond())
        .execute(c)
        .await?);
    Ok(())
}

type Row = (String, Vec<u8>, bool, i64, String, String, Option<i64>, Option<i64>, String, Option<i64>);

/// How the machine of this key stands. None when nobody joined with it.
///
/// # Errors
/// When the database cannot.
pub async fn standing(tx: &mut Tx, key: &str) -> Result<Option<Standing>> {
    const SQL: &str = "SELECT k.machine, k.public_key, k.withdrawn_at IS NOT NULL, k.sequence, m.role,
            m.unit_path, r.taken_at, r.sequence, m.grade, m.score
        FROM machine_key k JOIN machine m ON m.id = k.machine LEFT JOIN report r ON r.id = m.report
        WHERE k.key = $1";
    let row: Option<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(key).fetch_optional(c).await?);
    Ok(row.map(
        |(machine, public_key, withdrawn, sequence, role, unit_path, taken_at, latest, grade, score)| {
            Standing {
                machine,
                public_key,
                withdrawn,
                sequence,
                role,
                unit_path,
                latest: taken_at.zip(latest),
                grade,
                score,
            }
        },
    ))
}

/// Remembers the highest sequence number accepted under this key.
///
/// # Errors
/// When the database cannot.
pub async fn advance(tx: &mut Tx, key: &str, sequence: i64) -> Result<()> {
    const SQL: &str = "UPDATE machine_key SET sequence = $2 WHERE key = $1 AND sequence < $2";
    sql!(tx, |c| sqlx::query(SQL).bind(key).bind(sequence).execute(c).await?);
    Ok(())
}

/// Withdraws a key: nothing signed by it is taken any more.
///
/// # Errors
/// When the database cannot.
pub async fn withdraw(tx: &mut Tx, key: &str, at: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE machine_key SET withdrawn_at = $2 WHERE key = $1 AND withdrawn_at IS NULL";
    sql!(tx, |c| sqlx::query(SQL).bind(key).bind(at.as_millisecond()).execute(c).await?);
    Ok(())
}

/// Withdraws every key of a machine. The lines stay: what was signed with them is still opened with them.
///
/// # Errors
/// When the database cannot.
pub async fn withdraw_all(tx: &mut Tx, machine: &str, at: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE machine_key SET withdrawn_at = $2 WHERE machine = $1 AND withdrawn_at IS NULL";
    sql!(tx, |c| sqlx::query(SQL).bind(machine).bind(at.as_millisecond()).execute(c).await?);
    Ok(())
}

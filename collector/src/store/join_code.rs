//! Join codes: what lets new PCs in. Only the hash of the secret is kept.

use anyhow::Result;
use jiff::Timestamp;

use super::{Tx, new_id, sql};

/// A join code that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Id of the join code.
    pub id: String,
    /// Id of the unit that the PC will belong to.
    pub unit: String,
    /// The role of its seat.
    pub role: String,
}

/// What a join code is to be.
#[derive(Debug, Clone, Copy)]
pub struct NewCode<'a> {
    /// The hash of its secret, in hexadecimal.
    pub secret_hash: &'a str,
    /// Id of the unit that PCs will belong to.
    pub unit: &'a str,
    /// The role of their seats.
    pub role: &'a str,
    /// How many PCs may use it.
    pub uses: u32,
    /// Until when.
    pub expires_at: Timestamp,
    /// Who made it.
    pub created_by: &'a str,
}

/// Keeps a join code.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, code: NewCode<'_>, at: Timestamp) -> Result<()> {
    const SQL: &str =
        "INSERT INTO join_code (id, secret_hash, unit, role, uses_left, expires_at, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(new_id(at))
        .bind(code.secret_hash)
        .bind(code.unit)
        .bind(code.role)
        .bind(i64::from(code.uses))
        .bind(code.expires_at.as_millisecond())
        .bind(at.as_millisecond())
        .bind(code.created_by)
        .execute(c)
        .await?);
    Ok(())
}

/// What a join code would let in, without using it. None as in [`consume`].
///
/// # Errors
/// When the database cannot.
pub async fn find(tx: &mut Tx, secret_hash: &str, at: Timestamp) -> Result<Option<Admission>> {
    const SQL: &str = "SELECT id, unit, role FROM join_code
        WHERE secret_hash = $1 AND uses_left > 0 AND expires_at > $2";
    let row: Option<(String, String, String)> = sql!(tx, |c| sqlx::query_as(SQL)
        .bind(secret_hash)
        .bind(at.as_millisecond())
        .fetch_optional(c)
        .await?);
    Ok(row.map(|(id, unit, role)| Admission { id, unit, role }))
}

/// Uses a join code once. None when there is none with this secret, it is used up, or it has ended.
///
/// # Errors
/// When the database cannot.
pub async fn consume(tx: &mut Tx, secret_hash: &str, at: Timestamp) -> Result<Option<Admission>> {
    const SQL: &str = "UPDATE join_code SET uses_left = uses_left - 1
        WHERE secret_hash = $1 AND uses_left > 0 AND expires_at > $2
        RETURNING id, unit, role";
    let row: Option<(String, String, String)> = sql!(tx, |c| sqlx::query_as(SQL)
        .bind(secret_hash)
        .bind(at.as_millisecond())
        .fetch_optional(c)
        .await?);
    Ok(row.map(|(id, unit, role)| Admission { id, unit, role }))
}

//! Signed-in browsers. Only the hash of a cookie is kept.

use anyhow::{Context, Result};
use jiff::Timestamp;
use sqlx::Row;

use super::account::Standing;
use super::{Tx, sql};

/// A signed-in browser and who sits at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Id of the account.
    pub account: String,
    /// Name of the account.
    pub name: String,
    /// What the person may do.
    pub standing: Standing,
    /// The unit whose subtree the person sees, with its path and name; none is everything.
    pub unit: Option<(String, String, String)>,
    /// What every form of this session carries.
    pub form_token: String,
    /// When it was last used.
    pub seen_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
}

/// Keeps a session.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut Tx,
    now: Timestamp,
    token_hash: &str,
    account: &str,
    form_token: &str,
    expires_at: Timestamp,
) -> Result<()> {
    const SQL: &str = "INSERT INTO session (token_hash, account, form_token, created_at, seen_at, expires_at)
        VALUES ($1, $2, $3, $4, $4, $5)";
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(token_hash)
            .bind(account)
            .bind(form_token)
            .bind(now.as_millisecond())
            .bind(expires_at.as_millisecond())
            .execute(c)
            .await?
    });
    Ok(())
}

/// The session of this cookie, whether it has ended or not.
///
/// # Errors
/// When the database fails or holds a standing that this program does not know.
pub async fn of_token(tx: &mut Tx, token_hash: &str) -> Result<Option<Session>> {
    const SQL: &str =
        "SELECT a.id, a.name, a.role, a.unit, u.path AS unit_path, u.name AS unit_name, s.form_token, s.seen_at, s.expires_at
        FROM session s JOIN account a ON a.id = s.account LEFT JOIN unit u ON u.id = a.unit
        WHERE s.token_hash = $1";
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(token_hash)
            .fetch_optional(c)
            .await?
            .map(|row| {
                let standing: String = row.try_get("role")?;
                let unit: Option<String> = row.try_get("unit")?;
                let unit = match unit {
                    None => None,
                    Some(id) => Some((id, row.try_get("unit_path")?, row.try_get("unit_name")?)),
                };
                Ok(Session {
                    account: row.try_get("id")?,
                    name: row.try_get("name")?,
                    standing: Standing::parse(&standing)
                        .with_context(|| format!("an account has the unknown role {standing}"))?,
                    unit,
                    form_token: row.try_get("form_token")?,
                    seen_at: Timestamp::from_millisecond(row.try_get("seen_at")?)?,
                    expires_at: Timestamp::from_millisecond(row.try_get("expires_at")?)?,
                })
            })
            .transpose()
    })
}

/// Notes that a session was used.
///
/// # Errors
/// When the database fails.
pub async fn touch(tx: &mut Tx, now: Timestamp, token_hash: &str) -> Result<()> {
    const SQL: &str = "UPDATE session SET seen_at = $2 WHERE token_hash = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(token_hash).bind(now.as_millisecond()).execute(c).await?);
    Ok(())
}

/// Ends one session.
///
/// # Errors
/// When the database fails.
pub async fn remove(tx: &mut Tx, token_hash: &str) -> Result<()> {
    const SQL: &str = "DELETE FROM session WHERE token_hash = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(token_hash).execute(c).await?);
    Ok(())
}

/// Ends every session of an account except this one.
///
/// # Errors
/// When the database fails.
pub async fn remove_others(tx: &mut Tx, account: &str, token_hash: &str) -> Result<()> {
    const SQL: &str = "DELETE FROM session WHERE account = $1 AND token_hash <> $2";
    sql!(tx, |c| sqlx::query(SQL).bind(account).bind(token_hash).execute(c).await?);
    Ok(())
}

/// Forgets the sessions that have ended: by their last day, or unused since `idle_since`.
///
/// # Errors
/// When the database fails.
pub async fn sweep(tx: &mut Tx, now: Timestamp, idle_since: Timestamp) -> Result<()> {
    const SQL: &str = "DELETE FROM session WHERE expires_at <= $1 OR seen_at <= $2";
    sql!(tx, |c| {
        sqlx::query(SQL).bind(now.as_millisecond()).bind(idle_since.as_millisecond()).execute(c).await?
    });
    Ok(())
}

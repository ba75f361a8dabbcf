//! Who did what.

use anyhow::Result;
use jiff::Timestamp;
use sqlx::Row;

use super::{Tx, new_id, sql};

/// One thing that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Id; entries sort by it.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// The account's name, or the program.
    pub actor: String,
    /// What was done: a stable word such as `sign-in`.
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// More, where there is more to say.
    pub detail: String,
}

/// Writes down what somebody did.
///
/// # Errors
/// When the database fails.
pub async fn add(
    tx: &mut Tx,
    now: Timestamp,
    actor: &str,
    action: &str,
    subject: &str,
    detail: &str,
) -> Result<()> {
    const SQL: &str =
        "INSERT INTO audit (id, at, actor, action, subject, detail) VALUES ($1, $2, $3, $4, $5, $6)";
    let id = new_id(now);
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(&id)
            .bind(now.as_millisecond())
            .bind(actor)
            .bind(action)
            .bind(subject)
            .bind(detail)
            .execute(c)
            .await?
    });
    Ok(())
}

/// The newest entries before the one of this id, or from the newest on; at most `limit`, newest first.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx, before: Option<&str>, limit: i64) -> Result<Vec<Entry>> {
    const SQL: &str = "SELECT id, at, actor, action, subject, detail FROM audit
        WHERE id < $1 ORDER BY id DESC LIMIT $2";
    // Ids are hexadecimal, so a tilde is after all of them.
    let before = before.unwrap_or("~");
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(before)
            .bind(limit)
            .fetch_all(c)
            .await?
            .into_iter()
            .map(|row| {
                Ok(Entry {
                    id: row.try_get("id")?,
                    at: Timestamp::from_millisecond(row.try_get("at")?)?,
                    actor: row.try_get("actor")?,
                    action: row.try_get("action")?,
                    subject: row.try_get("subject")?,
                    detail: row.try_get("detail")?,
                })
            })
            .collect()
    })
}

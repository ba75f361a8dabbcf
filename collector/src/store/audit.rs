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

/// Everybody who ever did something, in the order of their names.
///
/// # Errors
/// When the database fails.
pub async fn actors(tx: &mut Tx) -> Result<Vec<String>> {
    const SQL: &str = "SELECT DISTINCT actor FROM audit ORDER BY actor";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).fetch_all(c).await?))
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

/// Which entries are asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Filter<'a> {
    /// What was done; empty for anything.
    pub action: &'a str,
    /// Who did it; empty for anybody.
    pub actor: &'a str,
    /// What is left out: that people came and went.
    pub without_sessions: bool,
}

/// The newest entries before the one of this id, or from the newest on; at most `limit`, newest first.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx, filter: Filter<'_>, before: Option<&str>, limit: i64) -> Result<Vec<Entry>> {
    const SQL: &str = "SELECT id, at, actor, action, subject, detail FROM audit
        WHERE id < $1 AND ($2 = '' OR action = $2) AND ($3 = '' OR actor = $3)
            AND ($4 = 0 OR action NOT IN ('sign-in', 'sign-in-failed', 'sign-out'))
        ORDER BY id DESC LIMIT $5";
    // Ids are hexadecimal, so a tilde is after all of them.
    let before = before.unwrap_or("~");
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(before)
            .bind(filter.action)
            .bind(filter.actor)
            .bind(i64::from(filter.without_sessions))
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

//! What the collector keeps of its own state.

use anyhow::Result;

use super::{Tx, sql};

/// The value of this name.
///
/// # Errors
/// When the database cannot.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT value FROM setting WHERE name = $1";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).bind(name).fetch_optional(c).await?))
}

/// Keeps a value under this name.
///
/// # Errors
/// When the database cannot.
pub async fn put(tx: &mut Tx, name: &str, value: &str) -> Result<()> {
    const SQL: &str =
        "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2";
    sql!(tx, |c| sqlx::query(SQL).bind(name).bind(value).execute(c).await?);
    Ok(())
}

//! Plans that somebody kept under a name; those that were submitted never change.

use anyhow::Result;
use jiff::Timestamp;

use super::listing::Scope;
use super::{Tx, new_id, sql};

/// A plan that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// The path of the unit that it is for; empty for everything.
    pub unit_path: String,
    /// The name of that unit, as it was.
    pub place: String,
    /// What was asked, as JSON.
    pub wish: String,
    /// What it came to, as JSON.
    pub outcome: String,
    /// Who kept it.
    pub kept_by: String,
    /// When, in milliseconds since 1970.
    pub kept_at: i64,
    /// Who submitted it and when; none while it is a draft.
    pub submitted: Option<(String, i64)>,
}

/// What is to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The path of the unit that it is for; empty for everything.
    pub unit_path: &'a str,
    /// The name of that unit.
    pub place: &'a str,
    /// What was asked, as JSON.
    pub wish: &'a str,
    /// What it came to, as JSON.
    pub outcome: &'a str,
    /// Who keeps it.
    pub by: &'a str,
}

/// Keeps a plan. Gives its id.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, draft: Draft<'_>, at: Timestamp) -> Result<String> {
    const SQL: &str = "INSERT INTO scenario (id, name, unit_path, place, wish, outcome, kept_by, kept_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let id = new_id(at);
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&id)
        .bind(draft.name)
        .bind(draft.unit_path)
        .bind(draft.place)
        .bind(draft.wish)
        .bind(draft.outcome)
        .bind(draft.by)
        .bind(at.as_millisecond())
        .execute(c)
        .await?);
    Ok(id)
}

type Row = (String, String, String, String, String, String, String, i64, Option<String>, Option<i64>);

/// The plans of these units, the latest first.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx, scope: &Scope) -> Result<Vec<Scenario>> {
    const SQL: &str =
        "SELECT id, name, unit_path, place, wish, outcome, kept_by, kept_at, submitted_by, submitted_at
        FROM scenario WHERE unit_path >= $1 AND unit_path < $2 ORDER BY kept_at DESC, id DESC";
    let rows: Vec<Row> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?);
    let scenario = |row: Row| {
        let (id, name, unit_path, place, wish, outcome, kept_by, kept_at, submitted_by, submitted_at) = row;
        let submitted = submitted_by.zip(submitted_at);
        Scenario { id, name, unit_path, place, wish, outcome, kept_by, kept_at, submitted }
    };
    Ok(rows.into_iter().map(scenario).collect())
}

/// Submits a draft with what it comes to today. Gives whether it was a draft until then.
///
/// # Errors
/// When the database cannot.
pub async fn submit(
    tx: &mut Tx,
    id: &str,
    (outcome, document, workbook): (&str, &str, &[u8]),
    by: &str,
    at: Timestamp,
) -> Result<bool> {
    const SQL: &str = "UPDATE scenario SET submitted_by = $2, submitted_at = $3, outcome = $4, document = $5,
            workbook = $6
        WHERE id = $1 AND submitted_at IS NULL";
    let done = sql!(tx, |c| sqlx::query(SQL)
        .bind(id)
        .bind(by)
        .bind(at.as_millisecond())
        .bind(outcome)
        .bind(document)
        .bind(workbook)
        .execute(c)
        .await?
        .rows_affected());
    Ok(done > 0)
}

/// Throws a draft away. Gives whether there was one; what was submitted stays.
///
/// # Errors
/// When the database cannot.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM scenario WHERE id = $1 AND submitted_at IS NULL";
    Ok(sql!(tx, |c| sqlx::query(SQL).bind(id).execute(c).await?.rows_affected()) > 0)
}

/// The annexes of a plan as they were submitted; none of a draft.
///
/// # Errors
/// When the database cannot.
pub async fn workbook(tx: &mut Tx, id: &str) -> Result<Option<Vec<u8>>> {
    const SQL: &str = "SELECT workbook FROM scenario WHERE id = $1 AND submitted_at IS NOT NULL";
    let row: Option<Option<Vec<u8>>> =
        sql!(tx, |c| sqlx::query_scalar(SQL).bind(id).fetch_optional(c).await?);
    Ok(row.flatten())
}

/// A plan as it was submitted, as JSON; none of a draft.
///
/// # Errors
/// When the database cannot.
pub async fn document(tx: &mut Tx, id: &str) -> Result<Option<String>> {
    const SQL: &str = "SELECT document FROM scenario WHERE id = $1 AND submitted_at IS NOT NULL";
    let row: Option<Option<String>> =
        sql!(tx, |c| sqlx::query_scalar(SQL).bind(id).fetch_optional(c).await?);
    Ok(row.flatten())
}

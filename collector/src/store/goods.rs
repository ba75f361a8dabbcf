//! Goods: what is bought or rented for a unit and for no machine that is there, who ticked it off, and how many of them
//! reports show.

use anyhow::Result;
use jiff::Timestamp;

use super::listing::Scope;
use super::{Tx, new_id, sql};

/// Something that a unit is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Id of the unit.
    pub unit: String,
    /// The means, as a plan names it.
    pub means: String,
    /// What, as the price book names it.
    pub item: String,
    /// The role of the seats that it is for; empty of what seats share.
    pub role: String,
    /// How many.
    pub count: i64,
    /// What reports count without these.
    pub base: i64,
}

/// Goods, with what a list shows of their unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goods {
    /// Their id.
    pub id: String,
    /// What is to come.
    pub wanted: Wanted,
    /// Path of the unit.
    pub unit_path: String,
    /// Name of the unit.
    pub unit_name: String,
    /// When they were asked for, in milliseconds since 1970.
    pub made_at: i64,
    /// Who asked for them.
    pub made_by: String,
    /// Who ticked them off, and when.
    pub ticked: Option<(String, i64)>,
    /// How many of them reports show.
    pub arrived: i64,
    /// When the report was taken that showed the last.
    pub confirmed_at: Option<i64>,
}

/// Keeps goods. Gives their id.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, wanted: &Wanted, by: &str, at: Timestamp) -> Result<String> {
    const SQL: &str = "INSERT INTO goods (id, unit, means, item, role, count, base, made_at, made_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let id = new_id(at);
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&id)
        .bind(&wanted.unit)
        .bind(&wanted.means)
        .bind(&wanted.item)
        .bind(&wanted.role)
        .bind(wanted.count)
        .bind(wanted.base)
        .bind(at.as_millisecond())
        .bind(by)
        .execute(c)
        .await?);
    Ok(id)
}

/// The goods of these units: unit by unit, in the order in which they were asked for.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx, scope: &Scope) -> Result<Vec<Goods>> {
    const SQL: &str = "SELECT g.id, g.unit, g.means, g.item, g.role, g.count, g.base, g.made_at, g.made_by,
            g.ticked_by, g.ticked_at, g.arrived, g.confirmed_at, u.path, u.name
        FROM goods g JOIN unit u ON u.id = g.unit WHERE u.path >= $1 AND u.path < $2 ORDER BY u.path, g.id";
    sql!(tx, |c| {
        use sqlx::Row as _;
        let mut all = Vec::new();
        for row in sqlx::query(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await? {
            let text = |name: &str| row.try_get::<String, _>(name);
            let (ticked_by, ticked_at): (Option<String>, Option<i64>) =
                (row.try_get("ticked_by")?, row.try_get("ticked_at")?);
            all.push(Goods {
                id: text("id")?,
                wanted: Wanted {
                    unit: text("unit")?,
                    means: text("means")?,
                    item: text("item")?,
                    role: text("role")?,
                    count: row.try_get("count")?,
                    base: row.try_get("base")?,
                },
                unit_path: text("path")?,
                unit_name: text("name")?,
                made_at: row.try_get("made_at")?,
                made_by: text("made_by")?,
                ticked: ticked_by.zip(ticked_at),
                arrived: row.try_get("arrived")?,
                confirmed_at: row.try_get("confirmed_at")?,
            });
        }
        Ok(all)
    })
}

/// How many of these units' goods are open, ticked off but not confirmed, and confirmed.
///
/// # Errors
/// When the database cannot.
pub async fn counts(tx: &mut Tx, scope: &Scope) -> Result<(i64, i64, i64)> {
    const SQL: &str = "SELECT COUNT(CASE WHEN g.confirmed_at IS NULL AND g.ticked_at IS NULL THEN 1 END),
            COUNT(CASE WHEN g.confirmed_at IS NULL AND g.ticked_at IS NOT NULL THEN 1 END),
            COUNT(g.confirmed_at)
        FROM unit u JOIN goods g ON g.unit = u.id WHERE u.path >= $1 AND u.path < $2";
    Ok(sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_one(c).await?))
}

/// Ticks goods off, or takes the tick away. Gives whether that changed anything; what is confirmed stays.
///
/// # Errors
/// When the database cannot.
pub async fn tick(tx: &mut Tx, id: &str, by: Option<(&str, Timestamp)>) -> Result<bool> {
    const SQL: &str = "UPDATE goods SET ticked_by = $2, ticked_at = $3
        WHERE id = $1 AND confirmed_at IS NULL AND (ticked_at IS NULL) <> ($3 IS NULL)";
    let (by, at) = by.map(|(by, at)| (by, at.as_millisecond())).unzip();
    Ok(sql!(tx, |c| sqlx::query(SQL).bind(id).bind(by).bind(at).execute(c).await?.rows_affected()) > 0)
}

/// Throws goods away that nobody has got. Gives whether there were such.
///
/// # Errors
/// When the database cannot.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM goods WHERE id = $1 AND ticked_at IS NULL AND confirmed_at IS NULL";
    Ok(sql!(tx, |c| sqlx::query(SQL).bind(id).execute(c).await?.rows_affected()) > 0)
}

/// How many machines of this role joined in this unit after this time and have reported, and when the latest of their
/// reports was taken, both in milliseconds since 1970.
///
/// # Errors
/// When the database cannot.
pub async fn joined(tx: &mut Tx, unit: &str, role: &str, after: i64) -> Result<(i64, Option<i64>)> {
    const SQL: &str = "SELECT COUNT(*), MAX(taken_at) FROM machine
        WHERE unit = $1 AND role = $2 AND joined_at > $3 AND report IS NOT NULL";
    Ok(sql!(tx, |c| sqlx::query_as(SQL).bind(unit).bind(role).bind(after).fetch_one(c).await?))
}

/// When the latest report of these units was taken, in milliseconds since 1970.
///
/// # Errors
/// When the database cannot.
pub async fn reported_at(tx: &mut Tx, scope: &Scope) -> Result<Option<i64>> {
    const SQL: &str = "SELECT MAX(taken_at) FROM machine WHERE unit_path >= $1 AND unit_path < $2";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).bind(scope.first()).bind(scope.end()).fetch_one(c).await?))
}

/// Remembers how many of the goods reports show, and when the report was taken that showed the last.
///
/// # Errors
/// When the database cannot.
pub async fn seen(tx: &mut Tx, id: &str, arrived: i64, confirmed_at: Option<i64>) -> Result<()> {
    const SQL: &str =
        "UPDATE goods SET arrived = $2, confirmed_at = $3 WHERE id = $1 AND confirmed_at IS NULL";
    sql!(tx, |c| sqlx::query(SQL).bind(id).bind(arrived).bind(confirmed_at).execute(c).await?);
    Ok(())
}

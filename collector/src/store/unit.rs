//! Units: the organisation tree, of any depth.

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::{Tx, new_id, sql};
use crate::vietnamese::{fold, sort_key};

/// A node of the organisation tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its id.
    pub id: String,
    /// The unit above it; none for a root.
    pub parent: Option<String>,
    /// The ids from the root to this unit, each followed by a slash.
    pub path: String,
    /// The administrative or own code.
    pub code: String,
    /// The full name, such as "Xã Pù Nhi".
    pub name: String,
    /// province, district, commune, ward, department, office or other.
    pub kind: String,
}

/// What a unit is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    /// The administrative or own code.
    pub code: String,
    /// The full name, such as "Xã Pù Nhi".
    pub name: String,
    /// The name without the word for its kind, by which readers look for it: "Pù Nhi".
    pub short: String,
    /// province, district, commune, ward, department, office or other.
    pub kind: String,
}

impl Naming {
    fn search(&self) -> String {
        fold(&format!("{} {}", self.name, self.code))
    }
}

type Row = (String, Option<String>, String, String, String, String);

fn unit((id, parent, path, code, name, kind): Row) -> Unit {
    Unit { id, parent, path, code, name, kind }
}

/// Adds a unit below another, or a root.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, parent: Option<&Unit>, naming: &Naming, at: Timestamp) -> Result<Unit> {
    const SQL: &str = "INSERT INTO unit (id, parent, path, code, name, kind, search, sort, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let id = new_id(at);
    let path = format!("{}{id}/", parent.map_or("", |parent| &parent.path));
    let parent = parent.map(|parent| parent.id.clone());
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&id)
        .bind(&parent)
        .bind(&path)
        .bind(&naming.code)
        .bind(&naming.name)
        .bind(&naming.kind)
        .bind(naming.search())
        .bind(sort_key(&naming.short))
        .bind(at.as_millisecond())
        .execute(c)
        .await?);
    let Naming { code, name, kind, .. } = naming.clone();
    Ok(Unit { id, parent, path, code, name, kind })
}

/// Gives a unit another name or kind; its code stays.
///
/// # Errors
/// When the database cannot.
pub async fn rename(tx: &mut Tx, id: &str, naming: &Naming) -> Result<()> {
    const SQL: &str = "UPDATE unit SET name = $2, kind = $3, search = $4, sort = $5 WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(id)
        .bind(&naming.name)
        .bind(&naming.kind)
        .bind(naming.search())
        .bind(sort_key(&naming.short))
        .execute(c)
        .await?);
    Ok(())
}

/// Hangs a unit with all below it under another, or makes it a root. Its machines go with it.
///
/// # Errors
/// When the unit would hang below itself, or the database cannot.
pub async fn hang(tx: &mut Tx, unit: &Unit, parent: Option<&Unit>) -> Result<()> {
    let above = parent.map_or("", |parent| &parent.path);
    anyhow::ensure!(!above.starts_with(&unit.path), "the unit {} would hang below itself", unit.code);
    let path = format!("{above}{}/", unit.id);
    const PARENT: &str = "UPDATE unit SET parent = $2 WHERE id = $1";
    sql!(tx, |c| sqlx::query(PARENT).bind(&unit.id).bind(parent.map(|p| &p.id)).execute(c).await?);
    let (first, end) = subtree(&unit.path);
    let kept = i64::try_from(unit.path.chars().count())? + 1;
    const PATHS: &str =
        "UPDATE unit SET path = $1 || substr(path, CAST($2 AS INTEGER)) WHERE path >= $3 AND path < $4";
    sql!(tx, |c| sqlx::query(PATHS).bind(&path).bind(kept).bind(&first).bind(&end).execute(c).await?);
    const MACHINES: &str = "UPDATE machine SET unit_path = $1 || substr(unit_path, CAST($2 AS INTEGER)) WHERE unit_path >= $3 AND unit_path < $4";
    sql!(tx, |c| sqlx::query(MACHINES).bind(&path).bind(kept).bind(&first).bind(&end).execute(c).await?);
    Ok(())
}

/// The range of paths of a unit and all below it: from the first to before the second.
pub fn subtree(path: &str) -> (String, String) {
    // "0" is the character after "/".
    (path.to_owned(), format!("{}0", path.strip_suffix('/').unwrap_or(path)))
}

/// The unit of this id.
///
/// # Errors
/// When there is none, or the database cannot.
pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Unit> {
    const SQL: &str = "SELECT id, parent, path, code, name, kind FROM unit WHERE id = $1";
    let row: Option<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(id).fetch_optional(c).await?);
    row.map(unit).with_context(|| format!("there is no unit with the id {id}"))
}

/// All units with this code, the oldest first: a code is not unique over time.
///
/// # Errors
/// When the database cannot.
pub async fn by_code(tx: &mut Tx, code: &str) -> Result<Vec<Unit>> {
    const SQL: &str =
        "SELECT id, parent, path, code, name, kind FROM unit WHERE code = $1 ORDER BY created_at, id";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(code).fetch_all(c).await?);
    Ok(rows.into_iter().map(unit).collect())
}

/// Every unit, parents before children, those of one parent in the order of Vietnamese readers.
///
/// # Errors
/// When the database cannot.
pub async fn tree(tx: &mut Tx) -> Result<Vec<Unit>> {
    const SQL: &str = "SELECT id, parent, path, code, name, kind FROM unit ORDER BY sort, code, id";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    let mut below = std::collections::BTreeMap::<Option<String>, Vec<Unit>>::new();
    for unit in rows.into_iter().map(unit) {
        below.entry(unit.parent.clone()).or_default().push(unit);
    }
    let mut waiting = below.remove(&None).unwrap_or_default();
    waiting.reverse();
    let mut tree = Vec::new();
    while let Some(unit) = waiting.pop() {
        let children = below.remove(&Some(unit.id.clone())).unwrap_or_default();
        waiting.extend(children.into_iter().rev());
        tree.push(unit);
    }
    Ok(tree)
}

/// The points in a plan of the units that have any, by id.
///
/// # Errors
/// When the database cannot.
pub async fn points(tx: &mut Tx) -> Result<std::collections::BTreeMap<String, u32>> {
    const SQL: &str = "SELECT id, points FROM unit WHERE points > 0";
    let rows: Vec<(String, i64)> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    Ok(rows.into_iter().filter_map(|(id, points)| Some((id, u32::try_from(points).ok()?))).collect())
}

/// Gives a unit its points in a plan.
///
/// # Errors
/// When the database cannot.
pub async fn set_points(tx: &mut Tx, id: &str, points: u32) -> Result<()> {
    const SQL: &str = "UPDATE unit SET points = $2 WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(id).bind(i64::from(points)).execute(c).await?);
    Ok(())
}

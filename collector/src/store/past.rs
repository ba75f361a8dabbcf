//! The fleet as it was on a day: the tree of that day, where machines stood, and what was judged of them until then.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use rules::assess::Grade;

use super::listing::{Grades, Scope};
use super::unit::{self, Unit};
use super::{Tx, sql};

/// The units that worked on a day, with the names, codes and places of that day, parents before children. Their paths
/// are those of that day too.
///
/// # Errors
/// When the database cannot.
pub async fn tree_on(tx: &mut Tx, day: Date) -> Result<Vec<Unit>> {
    const SQL: &str = "SELECT unit, parent, code, name, kind FROM unit_naming
        WHERE from_day <= $1 AND (to_day IS NULL OR to_day > $1) ORDER BY sort, code, unit";
    let rows: Vec<(String, Option<String>, String, String, String)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(day.to_string()).fetch_all(c).await?);
    let named = |(id, parent, code, name, kind): (String, Option<String>, String, String, String)| Unit {
        path: format!("{id}/"),
        id,
        parent,
        code,
        name,
        kind,
        closed_on: None,
    };
    let mut tree = unit::in_order(rows.into_iter().map(named).collect());
    let mut paths: BTreeMap<String, String> = BTreeMap::new();
    for unit in &mut tree {
        if let Some(above) = unit.parent.as_ref().and_then(|parent| paths.get(parent)) {
            unit.path = format!("{above}{}", unit.path);
        }
        paths.insert(unit.id.clone(), unit.path.clone());
    }
    Ok(tree)
}

/// Under which unit a machine is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Under {
    /// The unit where it stood then.
    Then,
    /// The unit where it stands today.
    Today,
}

/// How many machines of each grade stood in each unit at a moment, by the judgements until then. Only machines that are
/// within the scope today are counted; one that was not judged yet is without data.
///
/// # Errors
/// When the database cannot.
pub async fn grades_at(
    tx: &mut Tx,
    scope: &Scope,
    at: Timestamp,
    under: Under,
) -> Result<BTreeMap<String, Grades>> {
    const THEN: &str = "SELECT p.unit, a.grade, COUNT(*) FROM machine m
            JOIN machine_place p ON p.machine = m.id AND p.from_at = (SELECT MAX(q.from_at) FROM machine_place q
                WHERE q.machine = m.id AND q.from_at <= $1)
            LEFT JOIN assessment a ON a.id = (SELECT x.id FROM assessment x
                WHERE x.machine = m.id AND x.judged_at <= $1 ORDER BY x.judged_at DESC, x.id DESC LIMIT 1)
        WHERE m.unit_path >= $2 AND m.unit_path < $3 GROUP BY p.unit, a.grade";
    const TODAY: &str = "SELECT m.unit, a.grade, COUNT(*) FROM machine m
            LEFT JOIN assessment a ON a.id = (SELECT x.id FROM assessment x
                WHERE x.machine = m.id AND x.judged_at <= $1 ORDER BY x.judged_at DESC, x.id DESC LIMIT 1)
        WHERE m.unit_path >= $2 AND m.unit_path < $3
            AND EXISTS (SELECT 1 FROM machine_place p WHERE p.machine = m.id AND p.from_at <= $1)
        GROUP BY m.unit, a.grade";
    let sql = match under {
        Under::Then => THEN,
        Under::Today => TODAY,
    };
    let rows: Vec<(String, Option<String>, i64)> = sql!(tx, |c| sqlx::query_as(sql)
        .bind(at.as_millisecond())
        .bind(scope.first())
        .bind(scope.end())
        .fetch_all(c)
        .await?);
    let mut units: BTreeMap<String, Grades> = BTreeMap::new();
    for (unit, grade, machines) in rows {
        let grade = match grade {
            Some(word) => {
                Grade::parse(&word).with_context(|| format!("an assessment has the grade {word}"))?
            }
            None => Grade::NoData,
        };
        units.entry(unit).or_default().add(grade, machines);
    }
    Ok(units)
}

/// Where a machine stood from a moment on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// From when, in milliseconds since 1970.
    pub from_at: i64,
    /// Id of the unit.
    pub unit: String,
    /// What the unit was called then.
    pub name: String,
    /// The role of its seat.
    pub role: String,
    /// join, hand, reform, or start for where it stood when places began to be kept.
    pub cause: String,
}

/// Where a machine stood, the latest first. `day_of` gives the civil day of a moment.
///
/// # Errors
/// When the database cannot.
pub async fn places(tx: &mut Tx, machine: &str, day_of: fn(Timestamp) -> Date) -> Result<Vec<Place>> {
    const SQL: &str = "SELECT p.from_at, p.unit, u.name, p.role, p.cause
        FROM machine_place p JOIN unit u ON u.id = p.unit WHERE p.machine = $1 ORDER BY p.from_at DESC";
    let rows: Vec<(i64, String, String, String, String)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(machine).fetch_all(c).await?);
    let mut places = Vec::with_capacity(rows.len());
    for (from_at, unit, name, role, cause) in rows {
        const NAME: &str = "SELECT name FROM unit_naming WHERE unit = $1 AND from_day <= $2
            AND (to_day IS NULL OR to_day > $2)";
        let day = day_of(Timestamp::from_millisecond(from_at)?).to_string();
        let then: Option<String> =
            sql!(tx, |c| sqlx::query_scalar(NAME).bind(&unit).bind(&day).fetch_optional(c).await?);
        places.push(Place { from_at, unit, name: then.unwrap_or(name), role, cause });
    }
    Ok(places)
}

/// A machine that hangs at or below a closed unit, to be given another seat by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stranded {
    /// Id of the machine.
    pub id: String,
    /// Name in the network.
    pub hostname: String,
    /// The role of its seat.
    pub role: String,
    /// Id of the unit where it hangs.
    pub unit: String,
    /// That unit's code and name.
    pub named: (String, String),
    /// The ids from the root to that unit.
    pub path: String,
}

// From the few closed units to their machines, and not from every machine to every closed unit. SQLite would choose the
// latter, since it takes two bounds of a range for a better guess than one of NULL: a CROSS JOIN keeps the order in which
// the tables stand (https://www.sqlite.org/optoverview.html#crossjoin); to PostgreSQL it is any other join.
macro_rules! stranded {
    () => {
        "SELECT DISTINCT m.id, m.hostname, m.role, m.unit, u.code, u.name, m.unit_path
        FROM unit c CROSS JOIN machine m JOIN unit u ON u.id = m.unit
        WHERE c.closed_on IS NOT NULL AND m.unit_path >= c.path AND m.unit_path < c.path || '~' AND m.unit_path >= $1 AND m.unit_path < $2
        ORDER BY m.unit_path, m.hostname, m.id"
    };
}

/// The machines that hang at or below closed units, by unit, then host name.
///
/// # Errors
/// When the database cannot.
pub async fn stranded(tx: &mut Tx, scope: &Scope) -> Result<Vec<Stranded>> {
    const SQL: &str = stranded!();
    type Line = (String, String, String, String, String, String, String);
    let rows: Vec<Line> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?);
    let stranded = |(id, hostname, role, unit, code, name, path): Line| Stranded {
        id,
        hostname,
        role,
        unit,
        named: (code, name),
        path,
    };
    Ok(rows.into_iter().map(stranded).collect())
}

/// The units that are closed, by id: code, name, and the first day on which each no longer worked.
///
/// # Errors
/// When the database cannot.
pub async fn closed(tx: &mut Tx) -> Result<BTreeMap<String, (String, String, String)>> {
    const SQL: &str = "SELECT id, code, name, closed_on FROM unit WHERE closed_on IS NOT NULL";
    let rows: Vec<(String, String, String, String)> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(id, code, name, day)| (id, (code, name, day))).collect())
}

/// The units that each closed unit became a part of, by its id, in the order of readers. Only those that work today.
///
/// # Errors
/// When the database cannot.
pub async fn successors(tx: &mut Tx) -> Result<BTreeMap<String, Vec<Unit>>> {
    const SQL: &str = "SELECT DISTINCT f.unit, u.id, u.parent, u.path, u.code, u.name, u.kind, u.sort
        FROM unit_event e JOIN unit_event_part f ON f.event = e.id AND f.side = 'from'
            JOIN unit_event_part t ON t.event = e.id AND t.side = 'to' AND t.unit <> f.unit
            JOIN unit u ON u.id = t.unit AND u.closed_on IS NULL
            JOIN unit c ON c.id = f.unit AND c.closed_on IS NOT NULL
        WHERE e.kind IN ('merge', 'split') ORDER BY f.unit, u.sort, u.id";
    type Line = (String, String, Option<String>, String, String, String, String, String);
    let rows: Vec<Line> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    let mut successors: BTreeMap<String, Vec<Unit>> = BTreeMap::new();
    for (from, id, parent, path, code, name, kind, _) in rows {
        let unit = Unit { id, parent, path, code, name, kind, closed_on: None };
        successors.entry(from).or_default().push(unit);
    }
    Ok(successors)
}

#[cfg(test)]
mod tests {
    use crate::data::tests::Folder;
    use crate::store::{Store, sql};

    /// Read from every machine, the same list of 13,000 takes seconds.
    #[tokio::test]
    async fn what_waits_is_read_from_the_closed_units() {
        const SQL: &str = concat!("EXPLAIN QUERY PLAN ", stranded!());
        let folder = Folder::new();
        let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
        let mut tx = store.read().await.unwrap();
        let plan = async |tx: &mut crate::store::Tx| -> anyhow::Result<Vec<(i64, i64, i64, String)>> {
            Ok(sql!(tx, |c| sqlx::query_as(SQL).bind("").bind("~").fetch_all(c).await?))
        };
        let steps: Vec<String> = plan(&mut tx).await.unwrap().into_iter().map(|step| step.3).collect();
        assert_eq!(steps[0], "SCAN c", "{steps:?}");
        assert!(steps[1].starts_with("SEARCH m USING INDEX"), "{steps:?}");
    }
}

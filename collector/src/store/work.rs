//! Work: what is to be done to machines, who ticked it off, and whether a later report confirms it. And what technicians
//! go by: the rooms of machines and the teams of units.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;

use super::listing::Scope;
use super::{Tx, new_id, sql};

/// Something that is to be done to a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Id of the machine.
    pub machine: String,
    /// Id of the unit of the seat.
    pub unit: String,
    /// The means, as a plan names it.
    pub means: String,
    /// Ids of remedies.
    pub remedies: Vec<String>,
    /// Items of the price book.
    pub parts: Vec<String>,
    /// Ids of the rules that it is for; one that was met in part carries `/partial`.
    pub rules: Vec<String>,
}

/// Work, with what a list shows of its machine and unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// Its id.
    pub id: String,
    /// What is to be done.
    pub wanted: Wanted,
    /// Name of the machine in the network.
    pub hostname: String,
    /// The room that it stands in; empty when nobody said.
    pub room: String,
    /// Path of the unit.
    pub unit_path: String,
    /// Name of the unit.
    pub unit_name: String,
    /// When it was made, in milliseconds since 1970.
    pub made_at: i64,
    /// Who made it.
    pub made_by: String,
    /// Who ticked it off, and when.
    pub ticked: Option<(String, i64)>,
    /// Whether a later report was compared.
    pub is_checked: bool,
    /// Rules that this report still fails.
    pub failing: Vec<String>,
    /// When the report was taken that confirms it.
    pub confirmed_at: Option<i64>,
}

/// Keeps work. Gives its id.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, wanted: &Wanted, by: &str, at: Timestamp) -> Result<String> {
    const SQL: &str = "INSERT INTO work (id, machine, unit, means, remedies, parts, rules, made_at, made_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let id = new_id(at);
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&id)
        .bind(&wanted.machine)
        .bind(&wanted.unit)
        .bind(&wanted.means)
        .bind(wanted.remedies.join(" "))
        .bind(wanted.parts.join(" "))
        .bind(wanted.rules.join(" "))
        .bind(at.as_millisecond())
        .bind(by)
        .execute(c)
        .await?);
    Ok(id)
}

fn texts(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

macro_rules! rows {
    ($rows:expr) => {{
        use sqlx::Row as _;
        let mut all = Vec::new();
        for row in $rows {
            let text = |name: &str| row.try_get::<String, _>(name);
            let (ticked_by, ticked_at): (Option<String>, Option<i64>) =
                (row.try_get("ticked_by")?, row.try_get("ticked_at")?);
            all.push(Work {
                id: text("id")?,
                wanted: Wanted {
                    machine: text("machine")?,
                    unit: text("unit")?,
                    means: text("means")?,
                    remedies: texts(&text("remedies")?),
                    parts: texts(&text("parts")?),
                    rules: texts(&text("rules")?),
                },
                hostname: text("hostname")?,
                room: text("room")?,
                unit_path: text("path")?,
                unit_name: text("name")?,
                made_at: row.try_get("made_at")?,
                made_by: text("made_by")?,
                ticked: ticked_by.zip(ticked_at),
                is_checked: row.try_get::<Option<String>, _>("report")?.is_some(),
                failing: texts(&text("failing")?),
                confirmed_at: row.try_get("confirmed_at")?,
            });
        }
        Ok(all)
    }};
}

macro_rules! columns {
    () => {
        "SELECT w.id, w.machine, w.unit, w.means, w.remedies, w.parts, w.rules, w.made_at, w.made_by, w.ticked_by,
            w.ticked_at, w.report, w.failing, w.confirmed_at, m.hostname, m.room, u.path, u.name
        FROM work w JOIN machine m ON m.id = w.machine JOIN unit u ON u.id = w.unit "
    };
}

/// The work in these units: unit by unit, room by room.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx, scope: &Scope) -> Result<Vec<Work>> {
    const SQL: &str =
        concat!(columns!(), "WHERE u.path >= $1 AND u.path < $2 ORDER BY u.path, m.room, m.hostname, w.id");
    sql!(tx, |c| rows!(sqlx::query(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?))
}

/// The work at a machine that no report has confirmed yet.
///
/// # Errors
/// When the database cannot.
pub async fn unconfirmed(tx: &mut Tx, machine: &str) -> Result<Vec<Work>> {
    const SQL: &str = concat!(columns!(), "WHERE w.machine = $1 AND w.confirmed_at IS NULL ORDER BY w.id");
    sql!(tx, |c| rows!(sqlx::query(SQL).bind(machine).fetch_all(c).await?))
}

/// How much work there is in these units: open, ticked off but not confirmed, and confirmed.
///
/// # Errors
/// When the database cannot.
pub async fn counts(tx: &mut Tx, scope: &Scope) -> Result<(i64, i64, i64)> {
    const SQL: &str = "SELECT COUNT(CASE WHEN w.confirmed_at IS NULL AND w.ticked_at IS NULL THEN 1 END),
            COUNT(CASE WHEN w.confirmed_at IS NULL AND w.ticked_at IS NOT NULL THEN 1 END),
            COUNT(w.confirmed_at)
        FROM unit u JOIN work w ON w.unit = u.id WHERE u.path >= $1 AND u.path < $2";
    Ok(sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_one(c).await?))
}

/// Ticks work off, or takes the tick away: then it is compared with the reports that come after. Gives whether that
/// changed anything; what is confirmed stays.
///
/// # Errors
/// When the database cannot.
pub async fn tick(tx: &mut Tx, id: &str, by: Option<(&str, Timestamp)>) -> Result<bool> {
    const SQL: &str = "UPDATE work SET ticked_by = $2, ticked_at = $3, report = NULL, failing = ''
        WHERE id = $1 AND confirmed_at IS NULL AND (ticked_at IS NULL) <> ($3 IS NULL)";
    let (by, at) = by.map(|(by, at)| (by, at.as_millisecond())).unzip();
    Ok(sql!(tx, |c| sqlx::query(SQL).bind(id).bind(by).bind(at).execute(c).await?.rows_affected()) > 0)
}

/// Throws work away that nobody has done. Gives whether there was such.
///
/// # Errors
/// When the database cannot.
pub async fn remove(tx: &mut Tx, id: &str) -> Result<bool> {
    const SQL: &str = "DELETE FROM work WHERE id = $1 AND ticked_at IS NULL AND confirmed_at IS NULL";
    Ok(sql!(tx, |c| sqlx::query(SQL).bind(id).execute(c).await?.rows_affected()) > 0)
}

/// Work whose machine has reported since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reported {
    /// Id of the work.
    pub id: String,
    /// Id of the machine.
    pub machine: String,
    /// The means.
    pub means: String,
    /// The rules that it is for.
    pub rules: Vec<String>,
    /// Whether the machine stands in the unit of the work.
    pub is_there: bool,
    /// The latest report.
    pub report: String,
    /// When it was taken, in milliseconds since 1970.
    pub taken_at: i64,
}

/// The next work after this id whose machine has reported since it was ticked off, or made, and was not compared yet.
///
/// # Errors
/// When the database cannot.
pub async fn reported(tx: &mut Tx, after: &str, count: u32) -> Result<Vec<Reported>> {
    const SQL: &str = "SELECT w.id, w.machine, w.means, w.rules, m.unit = w.unit, m.report, m.taken_at
        FROM work w JOIN machine m ON m.id = w.machine
        WHERE w.confirmed_at IS NULL AND w.id > $1 AND m.report IS NOT NULL
            AND m.taken_at > COALESCE(w.ticked_at, w.made_at) AND (w.report IS NULL OR w.report <> m.report)
        ORDER BY w.id LIMIT $2";
    let rows: Vec<(String, String, String, String, bool, String, i64)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(after).bind(i64::from(count)).fetch_all(c).await?);
    let reported = |(id, machine, means, rules, is_there, report, taken_at): (_, _, _, String, _, _, _)| {
        Reported { id, machine, means, rules: texts(&rules), is_there, report, taken_at }
    };
    Ok(rows.into_iter().map(reported).collect())
}

/// Remembers what a later report says of work: which of its rules it still fails, and whether that confirms it.
///
/// # Errors
/// When the database cannot.
pub async fn compare(tx: &mut Tx, one: &Reported, failing: &[String], is_confirmed: bool) -> Result<()> {
    const SQL: &str =
        "UPDATE work SET report = $2, failing = $3, confirmed_at = $4 WHERE id = $1 AND confirmed_at IS NULL";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&one.id)
        .bind(&one.report)
        .bind(failing.join(" "))
        .bind(is_confirmed.then_some(one.taken_at))
        .execute(c)
        .await?);
    Ok(())
}

/// The room that a machine stands in; empty when nobody said.
///
/// # Errors
/// When there is no such machine, or the database cannot.
pub async fn room(tx: &mut Tx, machine: &str) -> Result<String> {
    const SQL: &str = "SELECT room FROM machine WHERE id = $1";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).bind(machine).fetch_one(c).await?))
}

/// Says in which room a machine stands. Gives whether it stood elsewhere.
///
/// # Errors
/// When the database cannot.
pub async fn set_room(tx: &mut Tx, machine: &str, room: &str) -> Result<bool> {
    const SQL: &str = "UPDATE machine SET room = $2 WHERE id = $1 AND room <> $2";
    Ok(sql!(tx, |c| sqlx::query(SQL).bind(machine).bind(room).execute(c).await?.rows_affected()) > 0)
}

/// The teams of the units that were given one, by id.
///
/// # Errors
/// When the database cannot.
pub async fn teams(tx: &mut Tx) -> Result<BTreeMap<String, String>> {
    const SQL: &str = "SELECT id, team FROM unit WHERE team <> ''";
    let rows: Vec<(String, String)> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    Ok(rows.into_iter().collect())
}

/// The team of the unit at this path: its own, or that of the nearest unit above.
pub fn team_at<'a>(teams: &'a BTreeMap<String, String>, path: &str) -> Option<&'a str> {
    path.split_terminator('/').rev().find_map(|unit| teams.get(unit)).map(String::as_str)
}

/// Says which team looks after a unit; nobody where it is empty.
///
/// # Errors
/// When the database cannot.
pub async fn set_team(tx: &mut Tx, unit: &str, team: &str) -> Result<()> {
    const SQL: &str = "UPDATE unit SET team = $2 WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(unit).bind(team).execute(c).await?);
    Ok(())
}

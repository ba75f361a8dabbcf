//! Tallies: how many machines of each grade every unit had on each day, with all units below it.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use jiff::civil::Date;
use rules::assess::Grade;

use super::listing::{Grades, Scope};
use super::{Tx, sql};

/// The machines of a unit on one day.
pub type Count = (Date, Grades);

type Row = (String, String, i64, i64, i64, i64);

fn count((unit, day, ready, needs_work, not_ready, no_data): Row) -> Result<(String, Count)> {
    let day = day.parse().with_context(|| format!("reading the day {day} of a tally"))?;
    let mut grades = Grades::default();
    for (grade, machines) in [
        (Grade::Ready, ready),
        (Grade::NeedsWork, needs_work),
        (Grade::NotReady, not_ready),
        (Grade::NoData, no_data),
    ] {
        grades.add(grade, machines);
    }
    Ok((unit, (day, grades)))
}

/// Makes these the figures of a unit for a day.
///
/// # Errors
/// When the database cannot.
pub async fn put(tx: &mut Tx, unit: &str, day: Date, grades: &Grades) -> Result<()> {
    const SQL: &str = "INSERT INTO tally (unit, day, ready, needs_work, not_ready, no_data)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (unit, day) DO UPDATE SET ready = $3, needs_work = $4, not_ready = $5, no_data = $6";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(unit)
        .bind(day.to_string())
        .bind(grades.of(Grade::Ready))
        .bind(grades.of(Grade::NeedsWork))
        .bind(grades.of(Grade::NotReady))
        .bind(grades.of(Grade::NoData))
        .execute(c)
        .await?);
    Ok(())
}

/// The ids of the units that have figures of any day.
///
/// # Errors
/// When the database cannot.
pub async fn units(tx: &mut Tx) -> Result<BTreeSet<String>> {
    const SQL: &str = "SELECT DISTINCT unit FROM tally";
    let rows: Vec<String> = sql!(tx, |c| sqlx::query_scalar(SQL).fetch_all(c).await?);
    Ok(rows.into_iter().collect())
}

/// The days of which there are figures, the oldest first.
///
/// # Errors
/// When the database cannot.
pub async fn days(tx: &mut Tx) -> Result<Vec<Date>> {
    const SQL: &str = "SELECT DISTINCT day FROM tally ORDER BY day";
    let rows: Vec<String> = sql!(tx, |c| sqlx::query_scalar(SQL).fetch_all(c).await?);
    rows.iter().map(|day| day.parse().with_context(|| format!("reading the day {day} of a tally"))).collect()
}

/// Throws the figures of a day away.
///
/// # Errors
/// When the database cannot.
pub async fn forget(tx: &mut Tx, day: Date) -> Result<()> {
    const SQL: &str = "DELETE FROM tally WHERE day = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(day.to_string()).execute(c).await?);
    Ok(())
}

/// The figures of a unit since a day, the oldest first.
///
/// # Errors
/// When the database cannot.
pub async fn of(tx: &mut Tx, unit: &str, since: Date) -> Result<Vec<Count>> {
    const SQL: &str = "SELECT unit, day, ready, needs_work, not_ready, no_data FROM tally
        WHERE unit = $1 AND day >= $2 ORDER BY day";
    let rows: Vec<Row> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(unit).bind(since.to_string()).fetch_all(c).await?);
    rows.into_iter().map(|row| Ok(count(row)?.1)).collect()
}

/// The figures since a day of the units of one kind, by id, each the oldest first.
///
/// # Errors
/// When the database cannot.
pub async fn of_kind(
    tx: &mut Tx,
    scope: &Scope,
    kind: &str,
    since: Date,
) -> Result<BTreeMap<String, Vec<Count>>> {
    const SQL: &str = "SELECT t.unit, t.day, t.ready, t.needs_work, t.not_ready, t.no_data
        FROM unit u JOIN tally t ON t.unit = u.id
        WHERE u.path >= $1 AND u.path < $2 AND u.kind = $3 AND t.day >= $4 ORDER BY t.unit, t.day";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL)
        .bind(scope.first())
        .bind(scope.end())
        .bind(kind)
        .bind(since.to_string())
        .fetch_all(c)
        .await?);
    let mut units: BTreeMap<String, Vec<Count>> = BTreeMap::new();
    for row in rows {
        let (unit, count) = count(row)?;
        units.entry(unit).or_default().push(count);
    }
    Ok(units)
}

/// A machine, as far as it is needed to count days that have gone by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its id.
    pub machine: String,
    /// The path of its unit.
    pub unit_path: String,
    /// When it joined, in milliseconds since 1970.
    pub joined_at: i64,
    /// When it was judged and how it came out, the oldest first.
    pub turns: Vec<(i64, String)>,
}

/// The next machines after this id, with how they were judged since a time in milliseconds.
///
/// # Errors
/// When the database cannot.
pub async fn members(tx: &mut Tx, after: &str, count: u32, since: i64) -> Result<Vec<Member>> {
    const MACHINES: &str = "SELECT id, unit_path, joined_at FROM machine WHERE id > $1 ORDER BY id LIMIT $2";
    let rows: Vec<(String, String, i64)> =
        sql!(tx, |c| sqlx::query_as(MACHINES).bind(after).bind(i64::from(count)).fetch_all(c).await?);
    let member =
        |(machine, unit_path, joined_at)| Member { machine, unit_path, joined_at, turns: Vec::new() };
    let mut members: Vec<Member> = rows.into_iter().map(member).collect();
    let Some(last) = members.last() else { return Ok(members) };
    const TURNS: &str = "SELECT machine, judged_at, grade FROM assessment
        WHERE machine > $1 AND machine <= $2 AND judged_at >= $3 ORDER BY machine, judged_at, id";
    let turns: Vec<(String, i64, String)> =
        sql!(tx, |c| sqlx::query_as(TURNS).bind(after).bind(&last.machine).bind(since).fetch_all(c).await?);
    let mut waiting = members.iter_mut();
    let mut here = waiting.next();
    for (machine, judged_at, grade) in turns {
        while here.as_ref().is_some_and(|member| member.machine < machine) {
            here = waiting.next();
        }
        if let Some(member) = here.as_mut().filter(|member| member.machine == machine) {
            member.turns.push((judged_at, grade));
        }
    }
    Ok(members)
}

//! Waivers: dated exceptions from one rule, for one machine or for a unit with all below it.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Tx, new_id, sql};

/// Whom a waiver is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach<'a> {
    /// Id of one machine.
    Machine(&'a str),
    /// Id of a unit: its machines, and those of all units below it.
    Unit(&'a str),
}

/// A waiver that somebody grants.
#[derive(Debug, Clone, Copy)]
pub struct Grant<'a> {
    /// Whom it is for.
    pub reach: Reach<'a>,
    /// Id of the rule.
    pub rule: &'a str,
    /// Why.
    pub reason: &'a str,
    /// Who grants it: an account's name.
    pub by: &'a str,
    /// The last day on which it holds.
    pub ends_on: Date,
}

/// A waiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiver {
    /// Its id.
    pub id: String,
    /// The machine that it is for: id and host name.
    pub machine: Option<(String, String)>,
    /// The unit that it is for, or that the machine is in: id, name and path.
    pub unit: (String, String, String),
    /// Id of the rule.
    pub rule: String,
    /// Why.
    pub reason: String,
    /// Who granted it.
    pub granted_by: String,
    /// When, in milliseconds since 1970.
    pub granted_at: i64,
    /// The last day on which it holds.
    pub ends_on: Date,
    /// When it ended, in milliseconds since 1970, and who ended it; none while it holds.
    pub ended: Option<(i64, String)>,
    /// Machines whose latest assessment it counts in.
    pub matches: i64,
}

impl Waiver {
    /// The unit whose machines are concerned, or the machine.
    pub fn reach(&self) -> Reach<'_> {
        match &self.machine {
            Some((id, _)) => Reach::Machine(id),
            None => Reach::Unit(&self.unit.0),
        }
    }
}

/// Grants a waiver. Gives its id.
///
/// # Errors
/// When the machine or the unit does not exist, or the database cannot.
pub async fn grant(tx: &mut Tx, grant: Grant<'_>, at: Timestamp) -> Result<String> {
    const SQL: &str = "INSERT INTO waiver (id, machine, unit, rule, reason, granted_by, granted_at, ends_on)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let id = new_id(at);
    let (machine, unit) = match grant.reach {
        Reach::Machine(machine) => (Some(machine), None),
        Reach::Unit(unit) => (None, Some(unit)),
    };
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&id)
        .bind(machine)
        .bind(unit)
        .bind(grant.rule)
        .bind(grant.reason)
        .bind(grant.by)
        .bind(at.as_millisecond())
        .bind(grant.ends_on.to_string())
        .execute(c)
        .await?);
    Ok(id)
}

/// Ends a waiver. Gives whether it held until now.
///
/// # Errors
/// When the database cannot.
pub async fn end(tx: &mut Tx, id: &str, by: &str, at: Timestamp) -> Result<bool> {
    const SQL: &str = "UPDATE waiver SET ended_at = $2, ended_by = $3 WHERE id = $1 AND ended_at IS NULL";
    let done = sql!(tx, |c| sqlx::query(SQL)
        .bind(id)
        .bind(at.as_millisecond())
        .bind(by)
        .execute(c)
        .await?
        .rows_affected());
    Ok(done > 0)
}

/// The waivers of this rule for this machine, or this unit, that nobody ended: id and last day.
///
/// # Errors
/// When the database cannot.
pub async fn alike(tx: &mut Tx, reach: Reach<'_>, rule: &str) -> Result<Vec<(String, Date)>> {
    const MACHINE: &str =
        "SELECT id, ends_on FROM waiver WHERE machine = $1 AND rule = $2 AND ended_at IS NULL ORDER BY id";
    const UNIT: &str =
        "SELECT id, ends_on FROM waiver WHERE unit = $1 AND rule = $2 AND ended_at IS NULL ORDER BY id";
    let (sql, subject) = match reach {
        Reach::Machine(machine) => (MACHINE, machine),
        Reach::Unit(unit) => (UNIT, unit),
    };
    let rows: Vec<(String, String)> =
        sql!(tx, |c| sqlx::query_as(sql).bind(subject).bind(rule).fetch_all(c).await?);
    rows.into_iter().map(|(id, day)| Ok((id, day.parse()?))).collect()
}

/// The rules that are waived for a machine in a unit of this path, on this day.
///
/// # Errors
/// When the database cannot.
pub async fn holding(tx: &mut Tx, machine: &str, unit_path: &str, day: Date) -> Result<BTreeSet<String>> {
    const SQL: &str = "SELECT rule FROM waiver WHERE machine = $1 AND ended_at IS NULL AND ends_on >= $3
        UNION
        SELECT w.rule FROM waiver w JOIN unit u ON u.id = w.unit
        WHERE w.ended_at IS NULL AND w.ends_on >= $3 AND u.path = substr($2, 1, length(u.path))";
    let rules: Vec<String> = sql!(tx, |c| sqlx::query_scalar(SQL)
        .bind(machine)
        .bind(unit_path)
        .bind(day.to_string())
        .fetch_all(c)
        .await?);
    Ok(rules.into_iter().collect())
}

/// Every waiver that holds on a day.
#[derive(Debug, Clone, Default)]
pub struct Holding {
    /// Machine, or path of the unit, and rule.
    waivers: Vec<(Option<String>, Option<String>, String)>,
}

impl Holding {
    /// The rules that are waived for a machine in a unit of this path.
    pub fn of(&self, machine: &str, unit_path: &str) -> BTreeSet<String> {
        let concerns = |(one, path, _): &&(Option<String>, Option<String>, String)| match (one, path) {
            (Some(one), _) => one == machine,
            (None, Some(path)) => unit_path.starts_with(path.as_str()),
            (None, None) => false,
        };
        self.waivers.iter().filter(concerns).map(|(_, _, rule)| rule.clone()).collect()
    }
}

/// Every waiver that holds on this day.
///
/// # Errors
/// When the database cannot.
pub async fn all_holding(tx: &mut Tx, day: Date) -> Result<Holding> {
    const SQL: &str = "SELECT w.machine, u.path, w.rule FROM waiver w LEFT JOIN unit u ON u.id = w.unit
        WHERE w.ended_at IS NULL AND w.ends_on >= $1 ORDER BY w.id";
    let waivers = sql!(tx, |c| sqlx::query_as(SQL).bind(day.to_string()).fetch_all(c).await?);
    Ok(Holding { waivers })
}

type Row = (
    String,
    Option<String>,
    Option<String>,
    String,
    String,
    String,
    String,
    String,
    String,
    i64,
    String,
    Option<i64>,
    Option<String>,
    i64,
);

/// The waivers in the subtree of this path, those that hold first, the one that ends next before the others.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx, path: &str) -> Result<Vec<Waiver>> {
    const SQL: &str = "SELECT w.id, m.id, m.hostname, u.id, u.name, u.path, w.rule, w.reason, w.granted_by,
            w.granted_at, w.ends_on, w.ended_at, w.ended_by,
            (SELECT COUNT(*) FROM finding f JOIN machine x ON x.id = f.machine
             WHERE f.rule = w.rule AND f.outcome = 'waived' AND w.ended_at IS NULL
                AND (x.id = w.machine OR (w.unit IS NOT NULL AND x.unit_path >= u.path
                    AND substr(x.unit_path, 1, length(u.path)) = u.path)))
        FROM waiver w LEFT JOIN machine m ON m.id = w.machine JOIN unit u ON u.id = COALESCE(w.unit, m.unit)
        WHERE substr(u.path, 1, length($1)) = $1
        ORDER BY w.ended_at IS NOT NULL, w.ended_at DESC, w.ends_on, w.id";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(path).fetch_all(c).await?);
    rows.into_iter().map(waiver).collect()
}

/// In how many machines' latest assessments a waiver counts by another id of its rule: it was granted for a rule that has
/// become part of this one.
///
/// # Errors
/// When the database cannot.
pub async fn matches(tx: &mut Tx, waiver: &str, rule: &str) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM waiver w LEFT JOIN unit u ON u.id = w.unit
            JOIN finding f ON f.rule = $2 AND f.outcome = 'waived' JOIN machine x ON x.id = f.machine
        WHERE w.id = $1 AND w.ended_at IS NULL AND (x.id = w.machine OR (w.unit IS NOT NULL
            AND x.unit_path >= u.path AND substr(x.unit_path, 1, length(u.path)) = u.path))";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).bind(waiver).bind(rule).fetch_one(c).await?))
}

/// The waiver of this id, unless there is none.
///
/// # Errors
/// When the database cannot.
pub async fn find(tx: &mut Tx, id: &str) -> Result<Option<Waiver>> {
    Ok(all(tx, "").await?.into_iter().find(|waiver| waiver.id == id))
}

/// The waivers whose last day is over before this one, and that nobody has ended.
///
/// # Errors
/// When the database cannot.
pub async fn run_out(tx: &mut Tx, today: Date) -> Result<Vec<Waiver>> {
    let waivers = all(tx, "").await?;
    Ok(waivers.into_iter().filter(|waiver| waiver.ended.is_none() && waiver.ends_on < today).collect())
}

fn waiver(row: Row) -> Result<Waiver> {
    let (
        id,
        machine,
        hostname,
        unit,
        name,
        path,
        rule,
        reason,
        granted_by,
        granted_at,
        ends_on,
        ended_at,
        ended_by,
        matches,
    ) = row;
    Ok(Waiver {
        id,
        machine: machine.zip(hostname),
        unit: (unit, name, path),
        rule,
        reason,
        granted_by,
        granted_at,
        ends_on: ends_on.parse()?,
        ended: ended_at.zip(ended_by),
        matches,
    })
}

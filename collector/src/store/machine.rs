//! Machines: the collector's record of each PC, with what lists show of its latest report.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;
use sqlx::Row;

use super::listing::Scope;
use super::unit::Unit;
use super::{TOGETHER, Tx, is_usual, new_id, sql};
use crate::vietnamese::fold;

/// What a PC says of itself when it joins.
#[derive(Debug, Clone, Copy)]
pub struct Newcomer<'a> {
    /// Name in the network.
    pub hostname: &'a str,
    /// Version of its agent.
    pub agent: &'a str,
    /// The role of its seat.
    pub role: &'a str,
}

/// Adds a machine to a unit. Gives its id.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, unit: &Unit, newcomer: Newcomer<'_>, at: Timestamp) -> Result<String> {
    const SQL: &str =
        "INSERT INTO machine (id, unit, joined_unit, unit_path, role, hostname, joined_at, seen_at,
            agent, os, maker, model, search, grade, coverage, rules_digest)
        VALUES ($1, $2, $2, $3, $4, $5, $6, $6, $7, '', '', '', $8, 'no_data', 0, '')";
    let id = new_id(at);
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&id)
        .bind(&unit.id)
        .bind(&unit.path)
        .bind(newcomer.role)
        .bind(newcomer.hostname)
        .bind(at.as_millisecond())
        .bind(newcomer.agent)
        .bind(fold(newcomer.hostname))
        .execute(c)
        .await?);
    place(tx, &id, (unit, newcomer.role), Because::Join, at).await?;
    Ok(id)
}

/// Why a machine stands where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// Its join code says so.
    Join,
    /// A person, or a file of a person, says so.
    Hand,
    /// Its unit became another.
    Reform,
}

impl Because {
    fn word(self) -> &'static str {
        match self {
            Because::Join => "join",
            Because::Hand => "hand",
            Because::Reform => "reform",
        }
    }
}

/// Remembers where a machine stands from a moment on. Moments of one machine only rise: after a change of the clock
/// backward, the place takes that of the one before.
async fn place(
    tx: &mut Tx,
    id: &str,
    (unit, role): (&Unit, &str),
    because: Because,
    at: Timestamp,
) -> Result<()> {
    const SQL: &str = "INSERT INTO machine_place (machine, from_at, unit, role, cause)
        SELECT $1, CASE WHEN MAX(p.from_at) > $2 THEN MAX(p.from_at) ELSE $2 END, $3, $4, $5
        FROM machine_place p WHERE p.machine = $1
        ON CONFLICT (machine, from_at) DO UPDATE SET unit = excluded.unit, role = excluded.role,
            cause = excluded.cause";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(id)
        .bind(at.as_millisecond())
        .bind(&unit.id)
        .bind(role)
        .bind(because.word())
        .execute(c)
        .await?);
    Ok(())
}

/// The unit of the code that a machine joined by last, and whether its place was given otherwise since then.
///
/// # Errors
/// When the database cannot.
pub async fn joined_by(tx: &mut Tx, id: &str) -> Result<(Option<String>, bool)> {
    const SQL: &str = "SELECT m.joined_unit, p.cause FROM machine m LEFT JOIN machine_place p
            ON p.machine = m.id AND p.from_at = (SELECT MAX(q.from_at) FROM machine_place q WHERE q.machine = m.id)
        WHERE m.id = $1";
    let row: Option<(Option<String>, Option<String>)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(id).fetch_optional(c).await?);
    let (unit, cause) = row.unwrap_or_default();
    Ok((unit, cause.as_deref() == Some(Because::Hand.word())))
}

/// A PC that joined again with its old hardware, because it was installed anew: what it says of itself. Its place stays.
///
/// # Errors
/// When the database cannot.
pub async fn greet(tx: &mut Tx, id: &str, newcomer: Newcomer<'_>, at: Timestamp) -> Result<()> {
    const SQL: &str =
        "UPDATE machine SET hostname = $2, agent = $3, joined_at = $4, seen_at = $4 WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(id)
        .bind(newcomer.hostname)
        .bind(newcomer.agent)
        .bind(at.as_millisecond())
        .execute(c)
        .await?);
    Ok(())
}

/// Puts a machine where a join code says: a PC that was installed again, or moved, and joined with its old hardware.
///
/// # Errors
/// When the database cannot.
pub async fn settle(tx: &mut Tx, id: &str, unit: &Unit, newcomer: Newcomer<'_>, at: Timestamp) -> Result<()> {
    greet(tx, id, newcomer, at).await?;
    const SQL: &str = "UPDATE machine SET joined_unit = $2 WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(id).bind(&unit.id).execute(c).await?);
    seat(tx, id, unit, newcomer.role, (Because::Join, at)).await
}

/// Remembers that the PC was heard of.
///
/// # Errors
/// When the database cannot.
pub async fn seen(tx: &mut Tx, id: &str, at: Timestamp) -> Result<()> {
    const SQL: &str = "UPDATE machine SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    sql!(tx, |c| sqlx::query(SQL).bind(id).bind(at.as_millisecond()).execute(c).await?);
    Ok(())
}

/// Gives a machine another unit and role, from a moment on.
///
/// # Errors
/// When the database cannot.
pub async fn seat(
    tx: &mut Tx,
    id: &str,
    unit: &Unit,
    role: &str,
    (because, at): (Because, Timestamp),
) -> Result<()> {
    // Work that was to be done to it where it stood goes with it.
    const WORK: &str = "UPDATE work SET unit = $2 WHERE machine = $1 AND confirmed_at IS NULL
        AND unit = (SELECT m.unit FROM machine m WHERE m.id = $1)";
    sql!(tx, |c| sqlx::query(WORK).bind(id).bind(&unit.id).execute(c).await?);
    const SQL: &str = "UPDATE machine SET unit = $2, unit_path = $3, role = $4 WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(id).bind(&unit.id).bind(&unit.path).bind(role).execute(c).await?);
    place(tx, id, (unit, role), because, at).await
}

/// What follows a unit into the one that it became.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    /// Machines of the unit itself.
    pub machines: u64,
    /// Seats.
    pub seats: i64,
    /// Join codes that may still be used.
    pub join_codes: u64,
}

/// The whole of a unit became another: its own machines with the work at them, seats and
/// join codes follow, from a moment on. A machine that
/// came there after that moment follows from when it came.
///
/// # Errors
/// When the database cannot.
pub async fn follow(tx: &mut Tx, from: &Unit, to: &Unit, at: Timestamp) -> Result<Followed> {
    const PLACES: &str = "INSERT INTO machine_place (machine, from_at, unit, role, cause)
        SELECT m.id, CASE WHEN MAX(p.from_at) > $2 THEN MAX(p.from_at) ELSE $2 END, $3, m.role, 'reform'
        FROM machine m LEFT JOIN machine_place p ON p.machine = m.id WHERE m.unit_path = $1 GROUP BY m.id, m.role
        ON CONFLICT (machine, from_at) DO UPDATE SET unit = excluded.unit, role = excluded.role,
            cause = excluded.cause";
    const MACHINES: &str = "UPDATE machine SET unit = $2, unit_path = $3 WHERE unit_path = $1";
    const JOINED: &str = "UPDATE machine SET joined_unit = $2 WHERE joined_unit = $1";
    const WORK: &str = "UPDATE work SET unit = $2 WHERE unit = $1 AND confirmed_at IS NULL";
    const CODES: &str = "UPDATE join_code SET unit = $2 WHERE unit = $1 AND uses_left > 0";
    const COUNT: &str = "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM seat WHERE unit = $1";
    const SEATS: &str = "INSERT INTO seat (unit, role, norm_group, regime, count)
        SELECT $2, s.role, s.norm_group, s.regime, s.count FROM seat s WHERE s.unit = $1
        ON CONFLICT (unit, role, norm_group, regime) DO UPDATE SET count = seat.count + excluded.count";
    const GONE: &str = "DELETE FROM seat WHERE unit = $1";
    sql!(tx, |c| {
        sqlx::query(PLACES).bind(&from.path).bind(at.as_millisecond()).bind(&to.id).execute(&mut *c).await?;
        let moved =
            sqlx::query(MACHINES).bind(&from.path).bind(&to.id).bind(&to.path).execute(&mut *c).await?;
        sqlx::query(JOINED).bind(&from.id).bind(&to.id).execute(&mut *c).await?;
        sqlx::query(WORK).bind(&from.id).bind(&to.id).execute(&mut *c).await?;
        let codes = sqlx::query(CODES).bind(&from.id).bind(&to.id).execute(&mut *c).await?;
        let seats: i64 = sqlx::query_scalar(COUNT).bind(&from.id).fetch_one(&mut *c).await?;
        sqlx::query(SEATS).bind(&from.id).bind(&to.id).execute(&mut *c).await?;
        sqlx::query(GONE).bind(&from.id).execute(&mut *c).await?;
        Ok(Followed { machines: moved.rows_affected(), seats, join_codes: codes.rows_affected() })
    })
}

/// The role of a machine's seat.
///
/// # Errors
/// When there is no such machine, or the database cannot.
pub async fn role(tx: &mut Tx, id: &str) -> Result<String> {
    const SQL: &str = "SELECT role FROM machine WHERE id = $1";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).bind(id).fetch_one(c).await?))
}

/// The machines of these units: id and name in the network, in the order of ids.
///
/// # Errors
/// When the database cannot.
pub async fn names(tx: &mut Tx, scope: &Scope) -> Result<Vec<(String, String)>> {
    const SQL: &str = "SELECT id, hostname FROM machine WHERE unit_path >= $1 AND unit_path < $2 ORDER BY id";
    Ok(sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?))
}

/// What lists show of a machine's latest report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Portrait {
    /// Name in the network; none when the PC did not say.
    pub hostname: Option<String>,
    /// Version of the agent.
    pub agent: String,
    /// Label of the operating system, empty when unknown.
    pub os: String,
    /// Maker of the PC, empty when unknown.
    pub maker: String,
    /// Model of the PC, empty when unknown.
    pub model: String,
    /// Host name, maker, model, system and addresses, folded for search.
    pub search: String,
}

/// What was judged of a report, in columns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mark {
    /// The grade.
    pub grade: String,
    /// The score, if anything was decided.
    pub score: Option<i64>,
    /// The coverage.
    pub coverage: i64,
    /// The rule that decided.
    pub decided_by: Option<String>,
    /// Id of the set that judged; empty when none was in force.
    pub ruleset: String,
    /// The rules that judged; empty when none were in force.
    pub rules_digest: String,
    /// Verdicts that an exception holds for.
    pub waived: i64,
    /// Verdicts of which the machine has what is asked, switched off.
    pub switched_off: i64,
    /// Critical rules of which nobody knows what they say.
    pub unsure: i64,
    /// How what Windows says of its upgrade stands to what the rules say; empty where Windows said nothing.
    pub opinion: String,
    /// Both, as JSON; empty where Windows said nothing.
    pub opinion_why: String,
    /// The verdicts in short, which whoever judges knows to read; empty where nothing judged.
    pub verdicts: String,
}

/// Puts a report in the place of the latest.
///
/// # Errors
/// When the database cannot.
pub async fn portray(
    tx: &mut Tx,
    id: &str,
    report: &str,
    taken_at: Timestamp,
    portrait: &Portrait,
    at: Timestamp,
) -> Result<()> {
    const SQL: &str = "UPDATE machine SET seen_at = $2, taken_at = $3, report = $4, agent = $5, os = $6,
            maker = $7, model = $8, search = $9, hostname = COALESCE($10, hostname)
        WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(id)
        .bind(at.as_millisecond())
        .bind(taken_at.as_millisecond())
        .bind(report)
        .bind(&portrait.agent)
        .bind(&portrait.os)
        .bind(&portrait.maker)
        .bind(&portrait.model)
        .bind(&portrait.search)
        .bind(&portrait.hostname)
        .execute(c)
        .await?);
    Ok(())
}

/// What takes the place of a machine's latest judgement. Without an assessment, no rules were in force.
#[derive(Debug, Clone, Copy)]
pub struct Graded<'a> {
    /// Id of the machine.
    pub machine: &'a str,
    /// Id of the assessment.
    pub assessment: Option<&'a str>,
    /// The grade and the rest of it.
    pub mark: &'a Mark,
}

/// Puts judgements in the place of the latest.
///
/// # Errors
/// When the database cannot.
pub async fn grade(tx: &mut Tx, all: &[Graded<'_>]) -> Result<()> {
    for together in all.chunks(TOGETHER) {
        sql!(tx, |c| {
            let mut update = sqlx::QueryBuilder::new(
                "UPDATE machine SET assessment = now.column2, grade = now.column3, score = now.column4,
                    coverage = now.column5, decided_by = now.column6, rules_digest = now.column7,
                    waived = now.column8, switched_off = now.column9, opinion = now.column10,
                    opinion_why = now.column11, verdicts = now.column12, unsure = now.column13,
                    ruleset = now.column14
                FROM (",
            );
            update.push_values(together, |mut row, Graded { machine, assessment, mark }| {
                row.push_bind(*machine).push_bind(*assessment).push_bind(&mark.grade).push_bind(mark.score);
                row.push_bind(mark.coverage).push_bind(&mark.decided_by).push_bind(&mark.rules_digest);
                row.push_bind(mark.waived).push_bind(mark.switched_off).push_bind(&mark.opinion);
                row.push_bind(&mark.opinion_why).push_bind(&mark.verdicts).push_bind(mark.unsure);
                row.push_bind(&mark.ruleset);
            });
            update
                .push(") AS now WHERE machine.id = now.column1")
                .build()
                .persistent(is_usual(together.len()))
                .execute(c)
                .await?
        });
    }
    Ok(())
}

/// A machine that has a report and how it was judged last, as rescoring needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Id of the machine.
    pub machine: String,
    /// The path of its unit.
    pub unit_path: String,
    /// The role of its seat.
    pub role: String,
    /// Id of the latest report.
    pub report: String,
    /// When it was taken, in milliseconds since 1970.
    pub taken_at: i64,
    /// Id of the latest assessment.
    pub assessment: Option<String>,
    /// What was judged last.
    pub mark: Mark,
}

/// Which machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among<'a> {
    /// All.
    All,
    /// Those whose unit's path begins so.
    Below(&'a str),
    /// The one of this id.
    One(&'a str),
}

/// The next machines after this id that have a report, in the order of their ids, with their evidence.
///
/// # Errors
/// When the database cannot.
pub async fn evidence(tx: &mut Tx, among: Among<'_>, after: &str, count: u32) -> Result<Vec<Evidence>> {
    macro_rules! evidence_where {
        ($which:literal) => {
            concat!(
                "SELECT id, unit_path, role, report, taken_at, assessment, grade, score, coverage, decided_by,
                    ruleset, rules_digest, waived, switched_off, unsure, opinion, opinion_why, verdicts
                FROM machine
                WHERE id > $1 AND report IS NOT NULL AND ",
                $which,
                " ORDER BY id LIMIT $2"
            )
        };
    }
    const BELOW: &str = evidence_where!("substr(unit_path, 1, length($3)) = $3");
    const ONE: &str = evidence_where!("id = $3");
    let (sql, which) = match among {
        Among::All => (BELOW, ""),
        Among::Below(path) => (BELOW, path),
        Among::One(machine) => (ONE, machine),
    };
    sql!(tx, |c| {
        let rows = sqlx::query(sql).bind(after).bind(i64::from(count)).bind(which).fetch_all(c).await?;
        let evidence = |row: &sqlx::sqlite::SqliteRow| {
            Ok(Evidence {
                machine: row.try_get(0)?,
                unit_path: row.try_get(1)?,
                role: row.try_get(2)?,
                report: row.try_get(3)?,
                taken_at: row.try_get(4)?,
                assessment: row.try_get(5)?,
                mark: Mark {
                    grade: row.try_get(6)?,
                    score: row.try_get(7)?,
                    coverage: row.try_get(8)?,
                    decided_by: row.try_get(9)?,
                    ruleset: row.try_get(10)?,
                    rules_digest: row.try_get(11)?,
                    waived: row.try_get(12)?,
                    switched_off: row.try_get(13)?,
                    unsure: row.try_get(14)?,
                    opinion: row.try_get(15)?,
                    opinion_why: row.try_get(16)?,
                    verdicts: row.try_get(17)?,
                },
            })
        };
        rows.iter().map(evidence).collect()
    })
}

/// How many machines have a report.
///
/// # Errors
/// When the database cannot.
pub async fn reported(tx: &mut Tx) -> Result<u64> {
    const SQL: &str = "SELECT COUNT(*) FROM machine WHERE report IS NOT NULL";
    let count: i64 = sql!(tx, |c| sqlx::query_scalar(SQL).fetch_one(c).await?);
    Ok(u64::try_from(count)?)
}

/// The unit that a machine belongs to.
///
/// # Errors
/// When there is no such machine, or the database cannot.
pub async fn unit(tx: &mut Tx, id: &str) -> Result<Unit> {
    const SQL: &str = "SELECT unit FROM machine WHERE id = $1";
    let unit: String = sql!(tx, |c| sqlx::query_scalar(SQL).bind(id).fetch_one(c).await?);
    super::unit::by_id(tx, &unit).await
}

/// Remembers that the rules of this digest judged these machines and it came out the same, where a machine still stands
/// as its evidence says. Gives those that do not.
///
/// # Errors
/// When the database cannot.
pub async fn judged_by<'e>(
    tx: &mut Tx,
    all: &[&'e Evidence],
    rules_digest: &str,
) -> Result<Vec<&'e Evidence>> {
    let mut moved = Vec::new();
    for together in all.chunks(TOGETHER) {
        let marked = sql!(tx, |c| {
            // Joined, so that each is found by its id: a list of such rows after IN walks through all machines.
            let mut update = sqlx::QueryBuilder::new("UPDATE machine SET rules_digest = ");
            update.push_bind(rules_digest);
            update.push(" FROM (");
            update.push_values(together, |mut row, one| {
                row.push_bind(&one.machine).push_bind(&one.report).push_bind(&one.mark.rules_digest);
                row.push_bind(&one.role).push_bind(&one.unit_path);
            });
            update.push(") AS stood WHERE ").push(STANDS);
            update.build().persistent(is_usual(together.len())).execute(c).await?.rows_affected()
        });
        if marked < together.len() as u64 {
            moved.extend(moved_from(tx, together, Some(rules_digest)).await?);
        }
    }
    Ok(moved)
}

/// Whether a machine stands as a row of evidence says: its id, report, digest of rules, role and path of its unit.
const STANDS: &str = "machine.id = stood.column1 AND machine.report = stood.column2
    AND machine.rules_digest = stood.column3 AND machine.role = stood.column4
    AND machine.unit_path = stood.column5";

/// Those of these machines that do not stand any more as their evidence says.
///
/// # Errors
/// When the database cannot.
pub async fn moved<'e>(tx: &mut Tx, all: &[&'e Evidence]) -> Result<Vec<&'e Evidence>> {
    let mut moved = Vec::new();
    for together in all.chunks(TOGETHER) {
        moved.extend(moved_from(tx, together, None).await?);
    }
    Ok(moved)
}

/// The same, where rules of this digest judged them since, if one is given.
async fn moved_from<'e>(
    tx: &mut Tx,
    together: &[&'e Evidence],
    rules_digest: Option<&str>,
) -> Result<Vec<&'e Evidence>> {
    let standing: Vec<String> = sql!(tx, |c| {
        let mut select = sqlx::QueryBuilder::new("SELECT machine.id FROM (");
        select.push_values(together, |mut row, one| {
            row.push_bind(&one.machine).push_bind(&one.report);
            row.push_bind(rules_digest.unwrap_or(&one.mark.rules_digest));
            row.push_bind(&one.role).push_bind(&one.unit_path);
        });
        select.push(") AS stood JOIN machine ON ").push(STANDS);
        select.build_query_scalar().persistent(is_usual(together.len())).fetch_all(c).await?
    });
    let standing: BTreeSet<&str> = standing.iter().map(String::as_str).collect();
    Ok(together.iter().copied().filter(|one| !standing.contains(one.machine.as_str())).collect())
}

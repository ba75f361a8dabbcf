//! What pages read: lists, counts and one machine, always within the units that the reader may see.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use data_encoding::BASE64URL_NOPAD;
use jiff::Timestamp;
use rules::assess::{Grade, Role};
use serde::{Deserialize, Serialize};
use sqlx::Row;

use super::unit::in_sight;
use super::{Tx, sql};
use stretch::{Bound, Sql};

/// The units that somebody sees: a subtree, as a range of `unit_path`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    prefix: String,
}

impl Scope {
    /// Every unit.
    pub fn everything() -> Scope {
        Scope { prefix: String::new() }
    }

    /// The subtree of the unit at this path.
    pub fn subtree(path: &str) -> Scope {
        Scope { prefix: path.to_owned() }
    }

    /// Whether a unit or machine at this path is within.
    pub fn holds(&self, path: &str) -> bool {
        path.starts_with(&self.prefix)
    }

    /// Whether this is every unit.
    pub fn is_everything(&self) -> bool {
        self.prefix.is_empty()
    }

    /// The first path of the range.
    pub fn first(&self) -> &str {
        &self.prefix
    }

    /// The end of the range: paths are hexadecimal digits and slashes, and a tilde is after all of them.
    pub fn end(&self) -> String {
        format!("{}~", self.prefix)
    }
}

/// Which machines are asked for.
#[derive(Debug, Clone)]
pub struct Filter {
    /// In which units.
    pub scope: Scope,
    /// Of which grade.
    pub grade: Option<Grade>,
    /// Of which role.
    pub role: Option<Role>,
    /// Which fail this rule.
    pub rule: Option<String>,
    /// Which were not heard of since.
    pub silent_since: Option<Timestamp>,
    /// Whose key another PC uses too.
    pub conflict: bool,
    /// Which have something that is asked, switched off: of the rule, where one is given.
    pub switched_off: bool,
    /// Which an exception holds for: from the rule, where one is given.
    pub waived: bool,
    /// Of which nobody knows what a critical rule says.
    pub unsure: bool,
    /// Of which Windows and the rules say so, as a word.
    pub opinion: Option<&'static str>,
    /// What must all be found in what is searched of a machine, or in the names and codes of its unit and those above
    /// it; those after [`TERMS_MAX`] are ignored.
    pub terms: Vec<Term>,
    /// Ids of units: of one of which, or of one below it; none for any.
    pub units: Option<Vec<String>>,
}

/// Terms that are searched for at most.
pub const TERMS_MAX: usize = 8;

/// What is searched for, folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// Stands anywhere.
    Anywhere(String),
    /// Stands where a word begins.
    Beginning(String),
    /// Is a word.
    Whole(String),
    /// A word that begins so, and behind it a word that is this number: a system and its version.
    Version(String, String),
}

impl Term {
    /// As a person would write it.
    pub fn told(&self) -> String {
        match self {
            Term::Anywhere(text) | Term::Beginning(text) | Term::Whole(text) => text.clone(),
            Term::Version(name, version) => format!("{name} {version}"),
        }
    }

    /// The pattern of a text that holds it, with a space before and behind the text.
    fn pattern(&self) -> String {
        match self {
            Term::Anywhere(text) => format!("%{}%", escaped(text)),
            Term::Beginning(text) => format!("% {}%", escaped(text)),
            Term::Whole(text) => format!("% {} %", escaped(text)),
            Term::Version(name, version) => format!("% {}% {} %", escaped(name), escaped(version)),
        }
    }
}

impl Filter {
    /// Every machine of these units.
    pub fn all(scope: Scope) -> Filter {
        Filter {
            scope,
            grade: None,
            role: None,
            rule: None,
            silent_since: None,
            conflict: false,
            switched_off: false,
            waived: false,
            unsure: false,
            opinion: None,
            terms: Vec::new(),
            units: None,
        }
    }

    /// Whether nothing but the grade is filtered.
    fn is_everything(&self) -> bool {
        self.scope.is_everything()
            && self.role.is_none()
            && self.rule.is_none()
            && self.silent_since.is_none()
            && !self.conflict
            && !self.switched_off
            && !self.waived
            && !self.unsure
            && self.opinion.is_none()
            && self.terms.is_empty()
            && self.units.is_none()
    }

    /// The pattern of a term; empty where there is none.
    fn pattern(&self, index: usize) -> String {
        self.terms.get(index).map(Term::pattern).unwrap_or_default()
    }

    /// The ids of the units in one text; empty for any unit, and what is no id where there is none.
    fn unit_ids(&self) -> String {
        match self.units.as_deref() {
            None => String::new(),
            Some([]) => "-".to_owned(),
            Some(ids) => ids.join(" "),
        }
    }

    fn silent_before(&self) -> i64 {
        self.silent_since.map_or(i64::MAX, Timestamp::as_millisecond)
    }
}

/// A text as it stands in a pattern.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// In which order machines are listed. Every order ends in the id, so that it has no ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// By host name.
    Name,
    /// By unit, then host name.
    Unit,
    /// The grade that needs a person most first, then host name.
    Grade,
    /// The lowest score first, those without one last.
    Score,
    /// The one not heard of for longest first.
    Seen,
}

/// Forward or backward.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As [`Sort`] says.
    Up,
    /// The other way round.
    Down,
}

/// What a list shows of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineRow {
    /// Id.
    pub id: String,
    /// Name in the network.
    pub hostname: String,
    /// Id of its unit.
    pub unit: String,
    /// Path of its unit.
    pub unit_path: String,
    /// Name of its unit.
    pub unit_name: String,
    /// Role of its seat, as a word.
    pub role: String,
    /// Label of the operating system, empty when unknown.
    pub os: String,
    /// Maker, empty when unknown.
    pub maker: String,
    /// Model, empty when unknown.
    pub model: String,
    /// How ready it is.
    pub grade: Grade,
    /// Score 0 to 100, if anything was decided.
    pub score: Option<i64>,
    /// Coverage 0 to 100.
    pub coverage: i64,
    /// The rule that decided the grade.
    pub decided_by: Option<String>,
    /// The last contact.
    pub seen_at: Timestamp,
    /// When the latest report was taken; none before the first.
    pub taken_at: Option<Timestamp>,
    /// The latest report.
    pub report: Option<String>,
    /// The latest assessment.
    pub assessment: Option<String>,
    /// Version of the agent.
    pub agent: String,
    /// When it joined.
    pub joined_at: Timestamp,
    /// Verdicts that an exception holds for.
    pub waived: i64,
    /// Verdicts of which it has what is asked, switched off.
    pub switched_off: i64,
    /// How what Windows says of its upgrade stands to what the rules say; empty where Windows said nothing.
    pub opinion: String,
    /// Both, as JSON.
    pub opinion_why: String,
}

/// Where a list was left: the machine that was shown last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    grade: Grade,
    score: Option<i64>,
    seen_at: i64,
    unit_path: String,
    hostname: String,
    id: String,
}

impl Cursor {
    /// Behind this machine.
    pub fn behind(row: &MachineRow) -> Cursor {
        Cursor {
            grade: row.grade,
            score: row.score,
            seen_at: row.seen_at.as_millisecond(),
            unit_path: row.unit_path.clone(),
            hostname: row.hostname.clone(),
            id: row.id.clone(),
        }
    }

    /// The cursor as it stands in an address.
    pub fn text(&self) -> String {
        BASE64URL_NOPAD.encode(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    /// The cursor of this text; none when the text is not one.
    pub fn parse(text: &str) -> Option<Cursor> {
        serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()
    }
}

macro_rules! columns {
    () => {
        "m.id, m.hostname, m.unit, m.unit_path, u.name AS unit_name, m.role, m.os, m.maker, m.model, m.grade,
        m.score, m.coverage, m.decided_by, m.seen_at, m.taken_at, m.report, m.assessment, m.agent, m.joined_at,
        m.waived, m.switched_off, m.opinion, m.opinion_why
        FROM machine m JOIN unit u ON u.id = m.unit "
    };
}

/// What every list is filtered by. Within everything the range is no help, and an index of the order is: joining an
/// empty text keeps both databases from using the index of the path.
macro_rules! filter {
    (everything) => {
        concat!("WHERE m.unit_path || '' >= $1 AND m.unit_path || '' < $2 ", filter!(rest), filter!(terms))
    };
    (subtree) => {
        concat!("WHERE m.unit_path >= $1 AND m.unit_path < $2 ", filter!(rest), filter!(terms))
    };
    (rest) => {
        "AND ($3 = '' OR m.role = $3)
        AND ($4 = '' OR EXISTS (SELECT 1 FROM finding f WHERE f.machine = m.id AND f.rule = $4
            AND (f.outcome = 'waived' OR $16 = 0) AND (f.switched_off OR $15 = 0)
            AND (f.outcome = 'fail' OR $15 + $16 > 0)))
        AND m.seen_at + 0 < $5 AND m.conflicts >= $14
        AND m.switched_off >= $15 AND m.waived >= $16 AND ($17 = '' OR m.opinion = $17)
        AND m.unsure >= $19
        AND ($18 = '' OR m.unit IN (SELECT d.id FROM unit a CROSS JOIN unit d
            WHERE $18 LIKE '%' || a.id || '%' AND d.path >= a.path AND d.path < a.path || '~')) "
    };
    // The names of units are looked for at the beginnings of words only: a syllable stands in too many others. The units
    // of a term do not depend on the machine, so they are found once for the whole list.
    (term $at:literal) => {
        concat!(
            "AND ($", $at, " = '' OR ' ' || m.search || ' ' LIKE $", $at, " ESCAPE '\\'
            OR m.unit IN (SELECT d.id FROM unit a CROSS JOIN unit d
                WHERE ' ' || a.search || ' ' LIKE '% ' || LTRIM(SUBSTR($", $at, ", 2)) ESCAPE '\\'
                AND d.path >= a.path AND d.path < a.path || '~')) "
        )
    };
    (terms) => {
        concat!(
            filter!(term 6), filter!(term 7), filter!(term 8), filter!(term 9),
            filter!(term 10), filter!(term 11), filter!(term 12), filter!(term 13)
        )
    };
}

mod stretch;

macro_rules! machine_row {
    ($row:expr) => {{
        let row = $row;
        let grade: String = row.try_get("grade")?;
        let taken_at: Option<i64> = row.try_get("taken_at")?;
        MachineRow {
            id: row.try_get("id")?,
            hostname: row.try_get("hostname")?,
            unit: row.try_get("unit")?,
            unit_path: row.try_get("unit_path")?,
            unit_name: row.try_get("unit_name")?,
            role: row.try_get("role")?,
            os: row.try_get("os")?,
            maker: row.try_get("maker")?,
            model: row.try_get("model")?,
            grade: grade_of(&grade)?,
            score: row.try_get("score")?,
            coverage: row.try_get("coverage")?,
            decided_by: row.try_get("decided_by")?,
            seen_at: Timestamp::from_millisecond(row.try_get("seen_at")?)?,
            taken_at: taken_at.map(Timestamp::from_millisecond).transpose()?,
            report: row.try_get("report")?,
            assessment: row.try_get("assessment")?,
            agent: row.try_get("agent")?,
            joined_at: Timestamp::from_millisecond(row.try_get("joined_at")?)?,
            waived: row.try_get("waived")?,
            switched_off: row.try_get("switched_off")?,
            opinion: row.try_get("opinion")?,
            opinion_why: row.try_get("opinion_why")?,
        }
    }};
}

fn grade_of(word: &str) -> Result<Grade> {
    Grade::parse(word).with_context(|| format!("a machine has the unknown grade {word}"))
}

/// At most `limit` machines in this order, from the first or from behind a cursor.
///
/// # Errors
/// When the database fails.
pub async fn machines(
    tx: &mut Tx,
    filter: &Filter,
    sort: Sort,
    direction: Direction,
    behind: Option<&Cursor>,
    limit: usize,
) -> Result<Vec<MachineRow>> {
    let mut rows = Vec::new();
    let mut behind = behind;
    for bound in Bound::stretches(filter, sort, direction) {
        if rows.len() >= limit {
            break;
        }
        if behind.is_some_and(|cursor| !bound.holds(cursor)) {
            continue;
        }
        let wanted = i64::try_from(limit - rows.len())?;
        rows.extend(stretch(tx, filter, bound, direction, behind.take(), wanted).await?);
    }
    Ok(rows)
}

async fn stretch(
    tx: &mut Tx,
    filter: &Filter,
    bound: Bound,
    direction: Direction,
    behind: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<MachineRow>> {
    let Sql { everything, subtree } = bound.sql(direction);
    let (from_first, from_cursor) = if filter.scope.is_everything() { everything } else { subtree };
    let sql = if behind.is_some() { from_cursor } else { from_first };
    sql!(tx, |c| {
        let mut query = sqlx::query(sql)
            .bind(filter.scope.first())
            .bind(filter.scope.end())
            .bind(filter.role.map_or("", Role::word))
            .bind(filter.rule.as_deref().unwrap_or_default())
            .bind(filter.silent_before());
        for index in 0..TERMS_MAX {
            query = query.bind(filter.pattern(index));
        }
        query = query
            .bind(i64::from(filter.conflict))
            .bind(i64::from(filter.switched_off))
            .bind(i64::from(filter.waived))
            .bind(filter.opinion.unwrap_or_default())
            .bind(filter.unit_ids())
            .bind(i64::from(filter.unsure))
            .bind(limit);
        query = query.bind(match bound {
            Bound::Grade(grade) => grade.word(),
            Bound::Name | Bound::Unit | Bound::Score | Bound::NoScore | Bound::Seen => {
                filter.grade.map_or("", Grade::word)
            }
        });
        if let Some(cursor) = behind {
            query = match bound {
                Bound::Name | Bound::Grade(_) => query.bind(&cursor.hostname).bind(&cursor.id),
                Bound::Unit => query.bind(&cursor.unit_path).bind(&cursor.hostname).bind(&cursor.id),
                Bound::Score => query.bind(cursor.score).bind(&cursor.id),
                Bound::NoScore => query.bind(&cursor.id),
                Bound::Seen => query.bind(cursor.seen_at).bind(&cursor.id),
            };
        }
        query.fetch_all(c).await?.into_iter().map(|row| Ok(machine_row!(row))).collect()
    })
}

/// How many machines there are of each grade. The grade of the filter does not count, so that a reader sees what
/// another choice would show.
///
/// # Errors
/// When the database fails.
pub async fn grades(tx: &mut Tx, filter: &Filter) -> Result<Grades> {
    const SQL: &str =
        concat!("SELECT m.grade, COUNT(*) AS machines FROM machine m ", filter!(subtree), "GROUP BY m.grade");
    const ALL: &str = "SELECT grade, COUNT(*) AS machines FROM machine GROUP BY grade";
    sql!(tx, |c| {
        let query = if filter.is_everything() {
            sqlx::query(ALL)
        } else {
            let mut query = sqlx::query(SQL)
                .bind(filter.scope.first())
                .bind(filter.scope.end())
                .bind(filter.role.map_or("", Role::word))
                .bind(filter.rule.as_deref().unwrap_or_default())
                .bind(filter.silent_before());
            for index in 0..TERMS_MAX {
                query = query.bind(filter.pattern(index));
            }
            query
                .bind(i64::from(filter.conflict))
                .bind(i64::from(filter.switched_off))
                .bind(i64::from(filter.waived))
                .bind(filter.opinion.unwrap_or_default())
                .bind(filter.unit_ids())
                .bind(i64::from(filter.unsure))
        };
        let rows = query.fetch_all(c).await?;
        let mut grades = Grades::default();
        for row in rows {
            let grade: String = row.try_get("grade")?;
            grades.add(grade_of(&grade)?, row.try_get("machines")?);
        }
        Ok(grades)
    })
}

/// How many machines there are of each grade.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Grades {
    counts: [i64; 4],
}

impl Grades {
    /// Machines of this grade.
    pub fn of(&self, grade: Grade) -> i64 {
        self.counts[place(grade)]
    }

    /// Machines of any grade.
    pub fn all(&self) -> i64 {
        self.counts.iter().sum()
    }

    /// Counts machines of this grade.
    pub fn add(&mut self, grade: Grade, machines: i64) {
        self.counts[place(grade)] += machines;
    }

    /// Counts all machines of another count.
    pub fn add_all(&mut self, other: &Grades) {
        for grade in Grade::ALL {
            self.add(*grade, other.of(*grade));
        }
    }
}

fn place(grade: Grade) -> usize {
    match grade {
        Grade::Ready => 0,
        Grade::NeedsWork => 1,
        Grade::NotReady => 2,
        Grade::NoData => 3,
    }
}

/// How many machines of each grade stand in each unit itself, without those below it.
///
/// # Errors
/// When the database fails.
pub async fn grades_by_unit(tx: &mut Tx, scope: &Scope) -> Result<BTreeMap<String, Grades>> {
    const SQL: &str = "SELECT unit, grade, COUNT(*) AS machines FROM machine
        WHERE unit_path >= $1 AND unit_path < $2 GROUP BY unit, grade";
    sql!(tx, |c| {
        let rows = sqlx::query(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?;
        let mut units: BTreeMap<String, Grades> = BTreeMap::new();
        for row in rows {
            let grade: String = row.try_get("grade")?;
            units.entry(row.try_get("unit")?).or_default().add(grade_of(&grade)?, row.try_get("machines")?);
        }
        Ok(units)
    })
}

/// A unit as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRow {
    /// Id.
    pub id: String,
    /// The unit above; none at the root.
    pub parent: Option<String>,
    /// The ids from the root to this unit.
    pub path: String,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The first day on which it no longer worked; none while it does.
    pub closed_on: Option<String>,
}

/// The unit that all others of these hang below; none where there are several such.
pub fn root(units: &[UnitRow]) -> Option<&UnitRow> {
    let highest = units.iter().min_by_key(|unit| unit.path.len())?;
    units.iter().all(|unit| unit.path.starts_with(&highest.path)).then_some(highest)
}

macro_rules! unit_row {
    ($row:ident) => {
        UnitRow {
            id: $row.try_get("id")?,
            parent: $row.try_get("parent")?,
            path: $row.try_get("path")?,
            code: $row.try_get("code")?,
            name: $row.try_get("name")?,
            closed_on: $row.try_get("closed_on")?,
        }
    };
}

/// Every unit of a scope, in the order of Vietnamese readers. Closed ones are left out, unless machines or seats still
/// hang there.
///
/// # Errors
/// When the database fails.
pub async fn units(tx: &mut Tx, scope: &Scope) -> Result<Vec<UnitRow>> {
    const SQL: &str = concat!(
        "SELECT u.id, u.parent, u.path, u.code, u.name, u.closed_on FROM unit u
        WHERE u.path >= $1 AND u.path < $2 AND ",
        in_sight!(),
        " ORDER BY u.sort, u.id"
    );
    sql!(tx, |c| {
        let rows = sqlx::query(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?;
        rows.into_iter().map(|row| Ok(unit_row!(row))).collect()
    })
}

/// The unit of this id, if it is within the scope and not left out as in [`units`]; before it those above it within the
/// scope, from the first.
///
/// # Errors
/// When the database fails.
pub async fn lineage(tx: &mut Tx, scope: &Scope, id: &str) -> Result<Vec<UnitRow>> {
    const SQL: &str = concat!(
        "SELECT above.id, above.parent, above.path, above.code, above.name, above.closed_on
        FROM unit u JOIN unit above ON substr(u.path, 1, length(above.path)) = above.path
        WHERE u.id = $1 AND above.path >= $2 AND above.path < $3 AND ",
        in_sight!(),
        " ORDER BY length(above.path)"
    );
    sql!(tx, |c| {
        let rows = sqlx::query(SQL).bind(id).bind(scope.first()).bind(scope.end()).fetch_all(c).await?;
        rows.into_iter().map(|row| Ok(unit_row!(row))).collect()
    })
}

/// One machine, if it is within the scope.
///
/// # Errors
/// When the database fails.
pub async fn machine(tx: &mut Tx, scope: &Scope, id: &str) -> Result<Option<MachineRow>> {
    const SQL: &str =
        concat!("SELECT ", columns!(), "WHERE m.id = $1 AND m.unit_path >= $2 AND m.unit_path < $3");
    sql!(tx, |c| {
        let query = sqlx::query(SQL).bind(id).bind(scope.first()).bind(scope.end());
        query.fetch_optional(c).await?.map(|row| Ok(machine_row!(row))).transpose()
    })
}

/// A kept report, as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The envelope.
    pub envelope: Vec<u8>,
    /// The envelope that it builds on, where it is not full.
    pub base: Option<Vec<u8>>,
    /// The key that it is signed with.
    pub public_key: Vec<u8>,
    /// When it came.
    pub received_at: Timestamp,
    /// `https` or `import`.
    pub via: String,
    /// SHA-256 of the envelope.
    pub digest: String,
}

/// The evidence of a report.
///
/// # Errors
/// When the database fails.
pub async fn evidence(tx: &mut Tx, report: &str) -> Result<Option<Evidence>> {
    const SQL: &str = "SELECT r.envelope, b.envelope AS base, k.public_key, r.received_at, r.via, r.digest
        FROM report r JOIN machine_key k ON k.key = r.key
            LEFT JOIN report b ON b.key = r.key AND b.sequence = r.base
        WHERE r.id = $1";
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(report)
            .fetch_optional(c)
            .await?
            .map(|row| {
                Ok(Evidence {
                    envelope: row.try_get("envelope")?,
                    base: row.try_get("base")?,
                    public_key: row.try_get("public_key")?,
                    received_at: Timestamp::from_millisecond(row.try_get("received_at")?)?,
                    via: row.try_get("via")?,
                    digest: row.try_get("digest")?,
                })
            })
            .transpose()
    })
}

/// One judgement of a machine's past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Id of the assessment.
    pub id: String,
    /// Id of the report that was judged.
    pub report: String,
    /// `report`: the PC said something; `rules`: the rules changed.
    pub cause: String,
    /// When the report that was judged was taken.
    pub taken_at: Timestamp,
    /// When it was judged.
    pub judged_at: Timestamp,
    /// The rule set.
    pub ruleset: String,
    /// Digest of its text, in hexadecimal; none where it was not kept.
    pub text: Option<String>,
    /// The grade.
    pub grade: Grade,
    /// The score.
    pub score: Option<i64>,
    /// The coverage.
    pub coverage: i64,
    /// The rule that decided.
    pub decided_by: Option<String>,
}

/// The newest judgements of a machine, newest first.
///
/// # Errors
/// When the database fails.
pub async fn turns(tx: &mut Tx, machine: &str, limit: i64) -> Result<Vec<Turn>> {
    const SQL: &str =
        "SELECT a.id, a.report, a.cause, r.taken_at, a.judged_at, a.ruleset, p.ruleset AS text, a.grade, a.score,
            a.coverage, a.decided_by
        FROM assessment a JOIN report r ON r.id = a.report LEFT JOIN rules_pair p ON p.digest = a.digest
        WHERE a.machine = $1 ORDER BY a.judged_at DESC, a.id DESC LIMIT $2";
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(machine)
            .bind(limit)
            .fetch_all(c)
            .await?
            .into_iter()
            .map(|row| {
                let grade: String = row.try_get("grade")?;
                Ok(Turn {
                    id: row.try_get("id")?,
                    report: row.try_get("report")?,
                    text: row.try_get("text")?,
                    cause: row.try_get("cause")?,
                    taken_at: Timestamp::from_millisecond(row.try_get("taken_at")?)?,
                    judged_at: Timestamp::from_millisecond(row.try_get("judged_at")?)?,
                    ruleset: row.try_get("ruleset")?,
                    grade: grade_of(&grade)?,
                    score: row.try_get("score")?,
                    coverage: row.try_get("coverage")?,
                    decided_by: row.try_get("decided_by")?,
                })
            })
            .collect()
    })
}

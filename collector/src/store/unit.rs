//! Units: the organisation tree, of any depth. The table `unit` is what they are today; `unit_naming` is what each was
//! called, of what kind it was and where it hung on any day, and `unit_event` says what happened.

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::listing::Scope;
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
    /// The first day on which it no longer worked; none while it does.
    pub closed_on: Option<String>,
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

type Row = (String, Option<String>, String, String, String, String, Option<String>);

fn unit((id, parent, path, code, name, kind, closed_on): Row) -> Unit {
    Unit { id, parent, path, code, name, kind, closed_on }
}

/// The civil day in Vietnam.
fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(Offset::constant(7))).date()
}

/// Adds a unit below another, or a root, from today on.
///
/// # Errors
/// When the database cannot.
pub async fn add(tx: &mut Tx, parent: Option<&Unit>, naming: &Naming, at: Timestamp) -> Result<Unit> {
    add_on(tx, parent, naming, day(at), at).await
}

/// Adds a unit below another, or a root, from a day on.
///
/// # Errors
/// When the database cannot.
pub async fn add_on(
    tx: &mut Tx,
    parent: Option<&Unit>,
    naming: &Naming,
    day: Date,
    at: Timestamp,
) -> Result<Unit> {
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
    put_naming(tx, &id, parent.as_deref(), naming, day).await?;
    let Naming { code, name, kind, .. } = naming.clone();
    Ok(Unit { id, parent, path, code, name, kind, closed_on: None })
}

async fn put_naming(tx: &mut Tx, id: &str, parent: Option<&str>, naming: &Naming, from: Date) -> Result<()> {
    const SQL: &str = "INSERT INTO unit_naming (unit, from_day, to_day, code, name, kind, parent, sort)
        VALUES ($1, $2, NULL, $3, $4, $5, $6, $7)
        ON CONFLICT (unit, from_day) DO UPDATE SET to_day = NULL, code = excluded.code, name = excluded.name,
            kind = excluded.kind, parent = excluded.parent, sort = excluded.sort";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(id)
        .bind(from.to_string())
        .bind(&naming.code)
        .bind(&naming.name)
        .bind(&naming.kind)
        .bind(parent)
        .bind(sort_key(&naming.short))
        .execute(c)
        .await?);
    Ok(())
}

/// Gives a unit another code, name, kind or place in the tree from a day on; what it was before stays known. A change
/// on the day of the one before takes its place. Its machines go with it.
///
/// # Errors
/// When something of the unit was changed after that day, it would hang below itself, or the database cannot.
pub async fn alter(tx: &mut Tx, id: &str, parent: Option<&str>, naming: &Naming, day: Date) -> Result<()> {
    let before = end_naming(tx, id, day).await?;
    put_naming(tx, id, parent, naming, day).await?;
    const SQL: &str = "UPDATE unit SET code = $2, name = $3, kind = $4, search = $5, sort = $6 WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(id)
        .bind(&naming.code)
        .bind(&naming.name)
        .bind(&naming.kind)
        .bind(naming.search())
        .bind(sort_key(&naming.short))
        .execute(c)
        .await?);
    if before.as_deref() == parent { Ok(()) } else { hang(tx, id, parent).await }
}

/// Ends what a unit is called on a day. Gives the unit above it until then.
async fn end_naming(tx: &mut Tx, id: &str, day: Date) -> Result<Option<String>> {
    const SQL: &str =
        "UPDATE unit_naming SET to_day = $2 WHERE unit = $1 AND to_day IS NULL AND from_day <= $2
        RETURNING parent";
    let ended: Option<(Option<String>,)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(id).bind(day.to_string()).fetch_optional(c).await?);
    let (parent,) = ended.with_context(|| format!("the unit {id} is closed, or was changed after {day}"))?;
    Ok(parent)
}

/// Writes the name of a unit otherwise: a slip of the pen is no event, so what it was called before is not kept.
///
/// # Errors
/// When the database cannot.
pub async fn respell(tx: &mut Tx, id: &str, naming: &Naming) -> Result<()> {
    const UNIT: &str = "UPDATE unit SET name = $2, search = $3, sort = $4 WHERE id = $1";
    const NAMING: &str = "UPDATE unit_naming SET name = $2, sort = $3 WHERE unit = $1 AND to_day IS NULL";
    let sort = sort_key(&naming.short);
    sql!(tx, |c| sqlx::query(UNIT)
        .bind(id)
        .bind(&naming.name)
        .bind(naming.search())
        .bind(&sort)
        .execute(c)
        .await?);
    sql!(tx, |c| sqlx::query(NAMING).bind(id).bind(&naming.name).bind(&sort).execute(c).await?);
    Ok(())
}

/// Dates a unit back: it was there, and called so, from an earlier day on.
///
/// # Errors
/// When the database cannot.
pub async fn date_back(tx: &mut Tx, id: &str, day: Date) -> Result<()> {
    const SQL: &str = "UPDATE unit_naming SET from_day = $2 WHERE unit = $1 AND from_day > $2
        AND from_day = (SELECT MIN(n.from_day) FROM unit_naming n WHERE n.unit = $1)";
    sql!(tx, |c| sqlx::query(SQL).bind(id).bind(day.to_string()).execute(c).await?);
    Ok(())
}

/// Closes a unit: from this day on it works no longer. Machines that hang there stay, and so stay visible.
///
/// # Errors
/// When it is closed already, was changed after that day, or the database cannot.
pub async fn close(tx: &mut Tx, id: &str, day: Date) -> Result<()> {
    end_naming(tx, id, day).await?;
    const SQL: &str = "UPDATE unit SET closed_on = $2 WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(id).bind(day.to_string()).execute(c).await?);
    Ok(())
}

/// Hangs a unit with all below it under another, or makes it a root. Its machines and the plans kept for it go with it.
///
/// # Errors
/// When the unit would hang below itself, or the database cannot.
async fn hang(tx: &mut Tx, id: &str, parent: Option<&str>) -> Result<()> {
    let unit = by_id(tx, id).await?;
    let above = match parent {
        Some(parent) => by_id(tx, parent).await?.path,
        None => String::new(),
    };
    ensure!(!above.starts_with(&unit.path), "the unit {} would hang below itself", unit.code);
    let path = format!("{above}{}/", unit.id);
    const PARENT: &str = "UPDATE unit SET parent = $2 WHERE id = $1";
    sql!(tx, |c| sqlx::query(PARENT).bind(&unit.id).bind(parent).execute(c).await?);
    let (first, end) = subtree(&unit.path);
    let kept = i64::try_from(unit.path.chars().count())? + 1;
    const PATHS: &str =
        "UPDATE unit SET path = $1 || substr(path, CAST($2 AS INTEGER)) WHERE path >= $3 AND path < $4";
    const MACHINES: &str = "UPDATE machine SET unit_path = $1 || substr(unit_path, CAST($2 AS INTEGER))
        WHERE unit_path >= $3 AND unit_path < $4";
    const SCENARIOS: &str = "UPDATE scenario SET unit_path = $1 || substr(unit_path, CAST($2 AS INTEGER))
        WHERE unit_path >= $3 AND unit_path < $4";
    for sql in [PATHS, MACHINES, SCENARIOS] {
        sql!(tx, |c| sqlx::query(sql).bind(&path).bind(kept).bind(&first).bind(&end).execute(c).await?);
    }
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
    const SQL: &str = "SELECT id, parent, path, code, name, kind, closed_on FROM unit WHERE id = $1";
    let row: Option<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(id).fetch_optional(c).await?);
    row.map(unit).with_context(|| format!("there is no unit with the id {id}"))
}

/// The units that have this code today, the oldest first. One that is closed has it no more.
///
/// # Errors
/// When the database cannot.
pub async fn by_code(tx: &mut Tx, code: &str) -> Result<Vec<Unit>> {
    const SQL: &str = "SELECT id, parent, path, code, name, kind, closed_on FROM unit
        WHERE code = $1 AND closed_on IS NULL ORDER BY created_at, id";
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(SQL).bind(code).fetch_all(c).await?);
    Ok(rows.into_iter().map(unit).collect())
}

/// Which units stand in lists: those that work, and closed ones at or below which machines, seats or working units still
/// hang, so that nothing is lost from sight. A tilde is after every character of a path.
macro_rules! in_sight {
    () => {
        "(u.closed_on IS NULL
        OR EXISTS (SELECT 1 FROM machine x WHERE x.unit_path >= u.path AND x.unit_path < u.path || '~')
        OR EXISTS (SELECT 1 FROM unit o WHERE o.path >= u.path AND o.path < u.path || '~'
            AND (o.closed_on IS NULL OR EXISTS (SELECT 1 FROM seat s WHERE s.unit = o.id))))"
    };
}
pub(super) use in_sight;

macro_rules! tree_where {
    ($which:literal) => {
        concat!(
            "SELECT u.id, u.parent, u.path, u.code, u.name, u.kind, u.closed_on FROM unit u WHERE ",
            $which,
            " AND ",
            in_sight!(),
            " ORDER BY u.sort, u.code, u.id"
        )
    };
}

/// Every unit, parents before children, those of one parent in the order of Vietnamese readers. Closed ones are left
/// out, unless machines or seats still hang there.
///
/// # Errors
/// When the database cannot.
pub async fn tree(tx: &mut Tx) -> Result<Vec<Unit>> {
    tree_in(tx, &Scope::everything()).await
}

/// The units of a scope, as [`tree`].
///
/// # Errors
/// When the database cannot.
pub async fn tree_in(tx: &mut Tx, scope: &Scope) -> Result<Vec<Unit>> {
    const SQL: &str = tree_where!("u.path >= $1 AND u.path < $2");
    tree_of(tx, SQL, scope).await
}

/// The units of a scope with those above it, as [`tree`].
///
/// # Errors
/// When the database cannot.
pub async fn tree_around(tx: &mut Tx, scope: &Scope) -> Result<Vec<Unit>> {
    const SQL: &str = tree_where!("(u.path >= $1 AND u.path < $2 OR substr($1, 1, length(u.path)) = u.path)");
    tree_of(tx, SQL, scope).await
}

async fn tree_of(tx: &mut Tx, sql: &'static str, scope: &Scope) -> Result<Vec<Unit>> {
    let (first, end) = (scope.first(), scope.end());
    let rows: Vec<Row> = sql!(tx, |c| sqlx::query_as(sql).bind(first).bind(end).fetch_all(c).await?);
    Ok(in_order(rows.into_iter().map(unit).collect()))
}

/// How many units that are not left out as in [`tree`] have none above them.
///
/// # Errors
/// When the database cannot.
pub async fn roots(tx: &mut Tx) -> Result<i64> {
    const SQL: &str = concat!("SELECT COUNT(*) FROM unit u WHERE u.parent IS NULL AND ", in_sight!());
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).fetch_one(c).await?))
}

/// Units with their parents before them, those of one parent in the order given. A unit whose parent is not among them
/// is a root.
pub(super) fn in_order(units: Vec<Unit>) -> Vec<Unit> {
    let known: std::collections::BTreeSet<String> = units.iter().map(|unit| unit.id.clone()).collect();
    let mut below = std::collections::BTreeMap::<Option<String>, Vec<Unit>>::new();
    for unit in units {
        let parent = unit.parent.clone().filter(|parent| known.contains(parent));
        below.entry(parent).or_default().push(unit);
    }
    let mut waiting = below.remove(&None).unwrap_or_default();
    waiting.reverse();
    let mut tree = Vec::new();
    while let Some(unit) = waiting.pop() {
        let children = below.remove(&Some(unit.id.clone())).unwrap_or_default();
        waiting.extend(children.into_iter().rev());
        tree.push(unit);
    }
    tree
}

/// A unit that works today, as changes are reckoned against it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The unit.
    pub unit: Unit,
    /// Its points in a plan.
    pub points: u32,
    /// The day from which it is called so and hangs there.
    pub since: String,
    /// The day from which it is known at all.
    pub known_since: String,
}

/// Every unit that works today, in the order of codes.
///
/// # Errors
/// When the database cannot.
pub async fn standing(tx: &mut Tx) -> Result<Vec<Standing>> {
    const SQL: &str = "SELECT u.id, u.parent, u.path, u.code, u.name, u.kind, u.points, n.from_day,
            (SELECT MIN(f.from_day) FROM unit_naming f WHERE f.unit = u.id)
        FROM unit u JOIN unit_naming n ON n.unit = u.id AND n.to_day IS NULL
        WHERE u.closed_on IS NULL ORDER BY u.code, u.id";
    type Line = (String, Option<String>, String, String, String, String, i64, String, String);
    let rows: Vec<Line> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    let standing = |(id, parent, path, code, name, kind, points, since, known_since): Line| Standing {
        unit: unit((id, parent, path, code, name, kind, None)),
        points: u32::try_from(points).unwrap_or(0),
        since,
        known_since,
    };
    Ok(rows.into_iter().map(standing).collect())
}

/// The last day before which each code belonged to a unit that has it no more.
///
/// # Errors
/// When the database cannot.
pub async fn spent_codes(tx: &mut Tx) -> Result<std::collections::BTreeMap<String, String>> {
    const SQL: &str = "SELECT code, MAX(to_day) FROM unit_naming WHERE to_day IS NOT NULL GROUP BY code";
    let rows: Vec<(String, String)> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    Ok(rows.into_iter().collect())
}

/// What can happen to units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// It was made.
    Create,
    /// It ended.
    Close,
    /// It got another name.
    Rename,
    /// It became of another kind: a commune became a ward.
    Retype,
    /// It got another code.
    Recode,
    /// It hangs below another unit.
    Move,
    /// Several became one.
    Merge,
    /// One was divided among several.
    Split,
}

impl EventKind {
    const ALL: &[EventKind] = &[
        EventKind::Create,
        EventKind::Close,
        EventKind::Rename,
        EventKind::Retype,
        EventKind::Recode,
        EventKind::Move,
        EventKind::Merge,
        EventKind::Split,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            EventKind::Create => "create",
            EventKind::Close => "close",
            EventKind::Rename => "rename",
            EventKind::Retype => "retype",
            EventKind::Recode => "recode",
            EventKind::Move => "move",
            EventKind::Merge => "merge",
            EventKind::Split => "split",
        }
    }
}

/// On which side of an event a unit stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// It was before.
    From,
    /// It is afterwards.
    To,
}

impl Side {
    fn word(self) -> &'static str {
        match self {
            Side::From => "from",
            Side::To => "to",
        }
    }
}

/// A unit in an event.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Id of the unit.
    pub unit: String,
    /// Before or afterwards.
    pub side: Side,
    /// Whether only a part of it is meant.
    pub is_part: bool,
    /// Which share of it, 0 to 1; none when nobody knows.
    pub share: Option<f64>,
}

impl Part {
    /// The whole of a unit.
    pub fn whole(unit: &str, side: Side) -> Part {
        Part { unit: unit.to_owned(), side, is_part: false, share: None }
    }
}

/// By which decision units change, who says so, and from which day on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The day from which it holds.
    pub day: Date,
    /// Such as "Nghị quyết 1686/NQ-UBTVQH15"; empty when nobody said.
    pub legal_ref: &'a str,
    /// The account's name, or the program.
    pub actor: &'a str,
    /// When it was written down.
    pub at: Timestamp,
}

/// Writes down what happened to units.
///
/// # Errors
/// When the database cannot.
pub async fn record(tx: &mut Tx, by: Decision<'_>, kind: EventKind, parts: &[Part]) -> Result<()> {
    const EVENT: &str =
        "INSERT INTO unit_event (id, day, kind, legal_ref, actor, at) VALUES ($1, $2, $3, $4, $5, $6)";
    const PART: &str =
        "INSERT INTO unit_event_part (event, unit, side, is_part, share) VALUES ($1, $2, $3, $4, $5)";
    let id = new_id(by.at);
    sql!(tx, |c| sqlx::query(EVENT)
        .bind(&id)
        .bind(by.day.to_string())
        .bind(kind.word())
        .bind(by.legal_ref)
        .bind(by.actor)
        .bind(by.at.as_millisecond())
        .execute(c)
        .await?);
    for part in parts {
        sql!(tx, |c| sqlx::query(PART)
            .bind(&id)
            .bind(&part.unit)
            .bind(part.side.word())
            .bind(part.is_part)
            .bind(part.share)
            .execute(c)
            .await?);
    }
    Ok(())
}

/// What happened to a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: String,
    /// The day from which it holds.
    pub day: String,
    /// What it was.
    pub kind: EventKind,
    /// By which decision.
    pub legal_ref: String,
    /// Who wrote it down.
    pub actor: String,
    /// The units, with the names that they have or had last.
    pub parts: Vec<(Part, String)>,
}

/// What happened to a unit, the latest first.
///
/// # Errors
/// When the database cannot.
pub async fn events(tx: &mut Tx, id: &str) -> Result<Vec<Event>> {
    const SQL: &str =
        "SELECT e.id, e.day, e.kind, e.legal_ref, e.actor, p.unit, p.side, p.is_part, p.share, u.name
        FROM unit_event e JOIN unit_event_part p ON p.event = e.id JOIN unit u ON u.id = p.unit
        WHERE e.id IN (SELECT x.event FROM unit_event_part x WHERE x.unit = $1)
        ORDER BY e.day DESC, e.at DESC, e.kind, e.id, p.side, u.sort, u.id";
    type Line = (String, String, String, String, String, String, String, bool, Option<f64>, String);
    let rows: Vec<Line> = sql!(tx, |c| sqlx::query_as(SQL).bind(id).fetch_all(c).await?);
    let mut events: Vec<Event> = Vec::new();
    for (id, day, kind, legal_ref, actor, unit, side, is_part, share, name) in rows {
        let side = if side == Side::From.word() { Side::From } else { Side::To };
        let part = (Part { unit, side, is_part, share }, name);
        match events.last_mut().filter(|event| event.id == id) {
            Some(event) => event.parts.push(part),
            None => {
                let known = EventKind::ALL.iter().find(|known| known.word() == kind);
                let kind =
                    *known.with_context(|| format!("an event of units is of the unknown kind {kind}"))?;
                events.push(Event { id, day, kind, legal_ref, actor, parts: vec![part] });
            }
        }
    }
    Ok(events)
}

/// What a unit was called, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// From which day on.
    pub from: String,
    /// The first day on which it no longer was so; none while it is.
    pub to: Option<String>,
    /// Its code.
    pub code: String,
    /// Its full name.
    pub name: String,
    /// The name that the unit above it has, or had last; none for a root.
    pub above: Option<String>,
}

/// All that a unit was called, the latest first.
///
/// # Errors
/// When the database cannot.
pub async fn namings(tx: &mut Tx, id: &str) -> Result<Vec<Past>> {
    const SQL: &str = "SELECT n.from_day, n.to_day, n.code, n.name, u.name
        FROM unit_naming n LEFT JOIN unit u ON u.id = n.parent WHERE n.unit = $1 ORDER BY n.from_day DESC";
    type Line = (String, Option<String>, String, String, Option<String>);
    let rows: Vec<Line> = sql!(tx, |c| sqlx::query_as(SQL).bind(id).fetch_all(c).await?);
    Ok(rows.into_iter().map(|(from, to, code, name, above)| Past { from, to, code, name, above }).collect())
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

//! Units from a CSV file: the national list, or one's own.
//!
//! Own: the columns `code`, `name`, `parent_code`, and `kind` where one likes. National: `code`, `name`, `full_name`,
//! `type`, `level`, `parent_code`. Importing again changes only what differs; units that are not in the file stay.

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;

use crate::sheet::{self, Column};
use crate::store::Tx;
use crate::store::unit::{self, Naming, Unit};
use crate::vietnamese::fold;

/// Longest code and name, in characters.
const CHARS_MAX: usize = 200;
/// Most units in one file.
const UNITS_MAX: usize = 100_000;
/// Most points of a unit in a plan.
const POINTS_MAX: u32 = 10;
const COLUMNS: &[Column] = &[
    ("code", &["ma"]),
    ("name", &["ten"]),
    ("full_name", &["ten day du"]),
    ("type", &["kind", "loai"]),
    ("level", &["cap"]),
    ("parent_code", &["parent", "ma cap tren"]),
    ("points", &["diem uu tien"]),
];

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line, from 1.
    pub line: u64,
    /// What the unit is called.
    pub naming: Naming,
    /// The code of the unit above it; none for a root.
    pub parent: Option<String>,
    /// Its points in a plan; none to leave them as they are.
    pub points: Option<u32>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    /// Units that were added.
    pub added: usize,
    /// Units that got another name, kind or place.
    pub changed: usize,
    /// Units that were so before.
    pub same: usize,
}

/// Which column holds what.
struct Columns {
    code: usize,
    name: Option<usize>,
    full_name: Option<usize>,
    kind: Option<usize>,
    level: Option<usize>,
    parent: Option<usize>,
    points: Option<usize>,
}

/// Reads a CSV file of units. `file` only stands in the complaints.
///
/// # Errors
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: &str, bytes: &[u8]) -> Result<Vec<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, UNITS_MAX)?;
    let columns = columns(file, &sheet.header)?;
    let mut complaints = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut lines = BTreeMap::<String, u64>::new();
    for (line, record) in &sheet.rows {
        match row(*line, record, &columns) {
            Ok(row) => {
                if let Some(first) = lines.insert(row.naming.code.clone(), *line) {
                    complaints.push(format!(
                        "{file}:{line}:1: the code {} stands in line {first} too",
                        row.naming.code
                    ));
                }
                rows.push(row);
            }
            Err(text) => complaints.push(format!("{file}:{line}:1: {text}")),
        }
    }
    if complaints.is_empty() { Ok(rows) } else { Err(complaints) }
}

fn columns(file: &str, header: &csv::StringRecord) -> Result<Columns, Vec<String>> {
    let found = sheet::columns(file, header, COLUMNS)?;
    let name = found.get("name").or(found.get("full_name"));
    match found.get("code") {
        Some(code) if name.is_some() => Ok(Columns {
            code: *code,
            name: found.get("name").copied(),
            full_name: found.get("full_name").copied(),
            kind: found.get("type").copied(),
            level: found.get("level").copied(),
            parent: found.get("parent_code").copied(),
            points: found.get("points").copied(),
        }),
        _ => Err(vec![format!("{file}:1:1: the first line must name the columns code and name")]),
    }
}

fn row(line: u64, record: &csv::StringRecord, columns: &Columns) -> Result<Row, String> {
    let field = |column: Option<usize>| column.and_then(|at| record.get(at)).unwrap_or_default();
    let code = field(Some(columns.code));
    let (name, full_name) = (field(columns.name), field(columns.full_name));
    let full_name = if full_name.is_empty() { name } else { full_name };
    if code.is_empty() || full_name.is_empty() {
        return Err("a unit needs a code and a name".to_owned());
    }
    if [code, full_name, name].iter().any(|text| text.chars().count() > CHARS_MAX) {
        return Err(format!("a code or name is longer than {CHARS_MAX} characters"));
    }
    let (kind, level) = (field(columns.kind), field(columns.level));
    let kind = kind_of(kind, level).ok_or_else(|| {
        format!("the kind “{kind}” (level “{level}”) is not known: province, district, commune, ward, department, office, other")
    })?;
    let short = if name.is_empty() { strip_kind(full_name) } else { strip_kind(name) };
    let naming = Naming {
        code: code.to_owned(),
        name: full_name.to_owned(),
        short: short.to_owned(),
        kind: kind.to_owned(),
    };
    let parent = Some(field(columns.parent)).filter(|parent| !parent.is_empty()).map(str::to_owned);
    let points = match field(columns.points) {
        "" => None,
        points => {
            Some(points.parse::<u32>().ok().filter(|points| *points <= POINTS_MAX).ok_or_else(|| {
                format!("“{points}” are no points of a unit: they are from 0 to {POINTS_MAX}")
            })?)
        }
    };
    Ok(Row { line, naming, parent, points })
}

/// The kind of a unit, from the word for it and its level; none when neither is known.
fn kind_of(kind: &str, level: &str) -> Option<&'static str> {
    Some(match (fold(kind).as_str(), fold(level).as_str()) {
        ("province" | "tinh", _) | ("thanh pho", "province") => "province",
        ("district" | "huyen" | "quan" | "thi xa", _) | ("thanh pho", _) => "district",
        ("ward" | "phuong", _) => "ward",
        ("commune" | "xa" | "thi tran" | "dac khu", _) => "commune",
        ("department" | "so" | "phong" | "ban", _) => "department",
        ("office" | "van phong" | "trung tam", _) => "office",
        ("other" | "khac", _) | ("", "" | "other") => "other",
        ("", "province") => "province",
        ("", "district") => "district",
        ("", "commune") => "commune",
        _ => return None,
    })
}

/// The name without the word for its kind, by which readers look for it.
fn strip_kind(name: &str) -> &str {
    const KINDS: &[&str] =
        &["Thành phố ", "Tỉnh ", "Huyện ", "Quận ", "Thị xã ", "Thị trấn ", "Phường ", "Xã ", "Đặc khu "];
    KINDS.iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name)
}

/// Brings the tree to what the file says.
///
/// # Errors
/// What does not fit, each complaint beginning with `FILE:LINE:COLUMN:`; or that the database cannot. Then the
/// transaction must not be committed.
pub async fn import(
    tx: &mut Tx,
    file: &str,
    rows: &[Row],
    now: Timestamp,
) -> Result<Result<Imported, Vec<String>>> {
    let mut imported = Imported::default();
    let mut complaints = Vec::new();
    let mut waiting: Vec<&Row> = rows.iter().collect();
    let mut left: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.naming.code.as_str(), row)).collect();
    // Parents first, in whatever order the file has them.
    while !waiting.is_empty() {
        let (ready, later): (Vec<&Row>, Vec<&Row>) = waiting
            .into_iter()
            .partition(|row| row.parent.as_deref().is_none_or(|parent| !left.contains_key(parent)));
        if ready.is_empty() {
            complaints.extend(
                later.iter().map(|row| {
                    format!("{file}:{}:1: the unit {} is below itself", row.line, row.naming.code)
                }),
            );
            break;
        }
        for row in ready {
            left.remove(row.naming.code.as_str());
            if let Err(text) = place(tx, row, now, &mut imported).await? {
                complaints.push(format!("{file}:{}:1: {text}", row.line));
            }
        }
        waiting = later;
    }
    Ok(if complaints.is_empty() { Ok(imported) } else { Err(complaints) })
}

async fn place(
    tx: &mut Tx,
    row: &Row,
    now: Timestamp,
    imported: &mut Imported,
) -> Result<Result<(), String>> {
    let code = &row.naming.code;
    let parent = match &row.parent {
        None => None,
        Some(parent) => match only(unit::by_code(tx, parent).await?) {
            Ok(unit) => Some(unit),
            Err(0) => {
                return Ok(Err(format!("the unit above it, {parent}, is neither in the file nor known")));
            }
            Err(count) => {
                return Ok(Err(format!("{count} units have the code {parent} of the unit above it")));
            }
        },
    };
    let known = match only(unit::by_code(tx, code).await?) {
        Ok(unit) => unit,
        Err(0) => {
            let unit = unit::add(tx, parent.as_ref(), &row.naming, now).await?;
            if let Some(points) = row.points {
                unit::set_points(tx, &unit.id, points).await?;
            }
            imported.added += 1;
            return Ok(Ok(()));
        }
        Err(count) => return Ok(Err(format!("{count} units have the code {code}"))),
    };
    let mut changed = false;
    if known.parent != parent.as_ref().map(|parent| parent.id.clone()) {
        if parent.as_ref().is_some_and(|parent| parent.path.starts_with(&known.path)) {
            return Ok(Err(format!("the unit {code} would hang below itself")));
        }
        unit::hang(tx, &known, parent.as_ref()).await?;
        changed = true;
    }
    if (&known.name, &known.kind) != (&row.naming.name, &row.naming.kind) {
        unit::rename(tx, &known.id, &row.naming).await?;
        changed = true;
    }
    if let Some(wished) = row.points {
        let points = unit::points(tx).await?.get(&known.id).copied().unwrap_or(0);
        if wished != points {
            unit::set_points(tx, &known.id, wished).await?;
            changed = true;
        }
    }
    if changed {
        imported.changed += 1;
    } else {
        imported.same += 1;
    }
    Ok(Ok(()))
}

fn only(units: Vec<Unit>) -> Result<Unit, usize> {
    let count = units.len();
    let mut units = units.into_iter();
    match (units.next(), count) {
        (Some(unit), 1) => Ok(unit),
        _ => Err(count),
    }
}

#[cfg(test)]
mod tests;

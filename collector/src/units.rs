//! Units from a CSV file: the national list, or one's own.
//!
//! Own: the columns `code`, `name`, `parent_code`, and `kind` where one likes. National: `code`, `name`, `full_name`,
//! `type`, `level`, `parent_code`. What a file would change is reckoned first (`change`), shown, and then done. Whole
//! reforms are replayed from a map of old and new codes (`reform`), and what nobody may guess waits for a person
//! (`reassign`).

use std::collections::BTreeMap;

use anyhow::Result;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::judge::day;
use crate::lang::Lang;
use crate::sheet::{self, Column, File};
use crate::store::Tx;
use crate::store::unit::{self, Decision, Naming};
use crate::units::change::{Done, Missing, Reckoned, Wish};
use crate::vietnamese::fold;

pub mod change;
pub mod export;
pub mod reassign;
pub mod reform;

/// Who did it in the audit trail, where the program did it.
const ACTOR: &str = "sansang-collector";

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
    ("parent_code", &["parent", "ma cap tren", "ma cha", "ma don vi cha"]),
    ("points", &["diem uu tien"]),
];

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line, from 1.
    pub line: u64,
    /// What the unit is called.
    pub naming: Naming,
    /// Whether the file says of which kind it is; otherwise it is `other`, or stays what it was.
    pub says_kind: bool,
    /// Whether the file says where it hangs; otherwise it stays where it was.
    pub says_parent: bool,
    /// The code of the unit above it; none for a root.
    pub parent: Option<String>,
    /// Its points in a plan; none to leave them as they are.
    pub points: Option<u32>,
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

/// Reads a CSV file of units.
///
/// # Errors
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: File<'_>, bytes: &[u8]) -> Result<Vec<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, UNITS_MAX)?;
    let columns = columns(file, &sheet.header)?;
    let mut complaints = Vec::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut lines = BTreeMap::<String, u64>::new();
    for (line, record) in &sheet.rows {
        match row(file.lang, *line, record, &columns) {
            Ok(row) => {
                if let Some(first) = lines.insert(row.naming.code.clone(), *line) {
                    let code = &row.naming.code;
                    let text = file.lang.pick(
                        format!("mã {code} đã có ở dòng {first}"),
                        format!("the code {code} stands in line {first} too"),
                    );
                    complaints.push(file.complaint(*line, 1, &text));
                }
                rows.push(row);
            }
            Err(text) => complaints.push(file.complaint(*line, 1, &text)),
        }
    }
    if complaints.is_empty() { Ok(rows) } else { Err(complaints) }
}

fn columns(file: File<'_>, header: &csv::StringRecord) -> Result<Columns, Vec<String>> {
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
        _ => Err(file.header_complaint(
            "dòng đầu phải nêu tên các cột code và name",
            "the first line must name the columns code and name",
        )),
    }
}

fn row(lang: Lang, line: u64, record: &csv::StringRecord, columns: &Columns) -> Result<Row, String> {
    let field = |column: Option<usize>| column.and_then(|at| record.get(at)).unwrap_or_default();
    let code = field(Some(columns.code));
    let (name, full_name) = (field(columns.name), field(columns.full_name));
    let full_name = if full_name.is_empty() { name } else { full_name };
    if code.is_empty() || full_name.is_empty() {
        return Err(lang.pick("đơn vị phải có mã và tên", "a unit needs a code and a name").to_owned());
    }
    if [code, full_name, name].iter().any(|text| text.chars().count() > CHARS_MAX) {
        return Err(lang.pick(
            format!("mã hoặc tên dài hơn {CHARS_MAX} ký tự"),
            format!("a code or name is longer than {CHARS_MAX} characters"),
        ));
    }
    let (kind, level) = (field(columns.kind), field(columns.level));
    let kind = kind_of(kind, level).ok_or_else(|| {
        lang.pick(
            format!(
                "không có loại đơn vị “{kind}” (cấp “{level}”): hãy ghi tỉnh, huyện, xã, phường, sở, phòng, ban, văn phòng, \
                 trung tâm hoặc khác"
            ),
            format!("the kind “{kind}” (level “{level}”) is not known: province, district, commune, ward, department, office, other"),
        )
    })?;
    let is_number = code.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(digits) = digits_of(level).filter(|digits| is_number && code.len() < *digits) {
        return Err(lang.pick(
            format!(
                "mã {code} đã mất số 0 ở đầu: mã của cấp này có {digits} chữ số. Hãy định dạng cột này là văn bản trước \
                 khi mở tệp bằng bảng tính"
            ),
            format!(
                "the code {code} has lost its leading zeros: codes of this level have {digits} digits. Format the \
                 column as text before the file is opened in a spreadsheet"
            ),
        ));
    }
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
                lang.pick(
                    format!("“{points}” không phải điểm ưu tiên: hãy ghi số nguyên từ 0 đến {POINTS_MAX}"),
                    format!("“{points}” are no points of a unit: they are from 0 to {POINTS_MAX}"),
                )
            })?)
        }
    };
    let says_kind = columns.kind.is_some() || columns.level.is_some();
    Ok(Row { line, naming, says_kind, says_parent: columns.parent.is_some(), parent, points })
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

/// How many digits the codes of a level of the national list have: Decision 19/2025/QĐ-TTg, Article 3.
fn digits_of(level: &str) -> Option<usize> {
    match level {
        "province" => Some(2),
        "commune" => Some(5),
        _ => None,
    }
}

/// The words for kinds of territories, and the kinds.
const KINDS: &[(&str, &str)] = &[
    ("Thành phố ", "district"),
    ("Tỉnh ", "province"),
    ("Huyện ", "district"),
    ("Quận ", "district"),
    ("Thị xã ", "district"),
    ("Thị trấn ", "commune"),
    ("Phường ", "ward"),
    ("Xã ", "commune"),
    ("Đặc khu ", "commune"),
];

/// The name without the word for its kind, by which readers look for it, and that word.
fn part_kind(name: &str) -> (Option<&'static str>, &str) {
    let parted = KINDS.iter().find_map(|(word, _)| {
        let (first, rest) = (name.get(..word.len())?, name.get(word.len()..)?);
        (first.to_lowercase() == word.to_lowercase()).then_some((Some(*word), rest))
    });
    parted.unwrap_or((None, name))
}

/// The name without the word for its kind.
pub fn strip_kind(name: &str) -> &str {
    part_kind(name).1
}

/// The kind that the name of a commune tells; none where it tells none, or that of something larger.
fn kind_of_name(name: &str) -> Option<&'static str> {
    let (word, _) = part_kind(name);
    let kind = KINDS.iter().find(|(known, _)| Some(*known) == word).map(|(_, kind)| *kind);
    kind.filter(|kind| matches!(*kind, "commune" | "ward"))
}

/// What the file would change, from a day on.
///
/// # Errors
/// What does not fit, each complaint beginning with `FILE:LINE:COLUMN:`; or that the database cannot.
pub async fn reckon(
    tx: &mut Tx,
    file: File<'_>,
    rows: &[Row],
    (on, missing): (Date, Missing),
) -> Result<Result<Reckoned, Vec<String>>> {
    let (standing, spent) = (unit::standing(tx).await?, unit::spent_codes(tx).await?);
    Ok(change::reckon(&standing, &spent, Wish { file, rows, day: on, missing }))
}

/// Brings the tree to what the file says, from today on; units that are not in the file stay.
///
/// # Errors
/// What does not fit, each complaint beginning with `FILE:LINE:COLUMN:`; or that the database cannot. Then the
/// transaction must not be committed.
pub async fn import(
    tx: &mut Tx,
    file: File<'_>,
    rows: &[Row],
    now: Timestamp,
) -> Result<Result<Done, Vec<String>>> {
    let reckoned = match reckon(tx, file, rows, (day(now), Missing::Stays)).await? {
        Ok(reckoned) => reckoned,
        Err(complaints) => return Ok(Err(complaints)),
    };
    let by = Decision { day: day(now), legal_ref: "", actor: ACTOR, at: now };
    change::apply(tx, &reckoned, by).await.map(Ok)
}

/// What an import did, for the audit trail.
pub fn detail(done: &Done, by: Decision<'_>) -> String {
    let (day, legal_ref) = (by.day.to_string(), by.legal_ref);
    let Done { added, changed, closed, .. } = done;
    serde_json::json!({ "day": day, "ref": legal_ref, "added": added, "changed": changed, "closed": closed })
        .to_string()
}

#[cfg(test)]
mod tests;

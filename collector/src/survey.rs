//! The survey: what units declare of themselves, from the form of one unit or from a CSV file of many.
//!
//! Every declaration is kept, with its day, who made it and a note; of each fact the latest holds. What a unit declares
//! holds for the offices of the same agency too, which share its house, its lines and its people; it says nothing of
//! other agencies: that the province has a firewall does not give its communes one.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use rules::facts::unit::{DECLARED, Unit};
use rules::facts::{Group, Kind, Term};
use rules::ruleset::RuleSet;
use serde_json::{Map, Value as Json, json};

use crate::app::{App, Judge};
use crate::days;
use crate::judge::day;
use crate::lang::Lang;
use crate::money;
use crate::named::{self, Change, Part};
use crate::parameters;
use crate::rescore::judge_again;
use crate::sheet::{self, Column, File};
use crate::store::assessment::Cause;
use crate::store::declaration::{self, Declaration, Declared, Sheet};
use crate::store::listing::Scope;
use crate::store::machine::Among;
use crate::store::{Tx, audit, parameter, unit};
use crate::vietnamese::fold;

/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 500;
/// A declaration of which the day is further back is told to be old, in months.
pub const OLD_MONTHS: i32 = 12;
/// The highest bandwidth, in Mb/s: more is a slip of the hand.
const MBPS_MAX: i64 = 1_000_000;
/// Most rows in one file.
const ROWS_MAX: usize = 200_000;
/// The fact that frees leaders' PCs from what a token needs, and the parameter of rule sets that does it.
const SIGN_REMOTELY: (&str, &str) = ("leaders_sign_remotely", "leaders-sign-remotely");

const COLUMNS: &[Column] = &[
    ("unit_code", &["ma don vi", "don vi", "code"]),
    ("declared_on", &["ngay khao sat", "ngay khai bao", "ngay"]),
    ("note", &["ghi chu"]),
    ("internet_mbps", &["bang thong internet", "bang thong internet (mb/s)", "kenh internet"]),
    ("tslcd", &["duong tslcd", "co duong tslcd cap ii", "tslcd cap ii", "co tslcd", "kenh tslcd"]),
    ("tslcd_mbps", &["bang thong tslcd", "bang thong tslcd (mb/s)"]),
    ("managed_switch", &["switch", "switch quan ly duoc", "co switch quan ly duoc"]),
    ("wifi", &["wi-fi", "co wi-fi phuc vu cong viec"]),
    ("firewall", &["tuong lua", "thiet bi bao mat", "co thiet bi tuong lua"]),
    ("video_conference", &["bo vcs", "vcs", "hoi nghi truyen hinh", "co bo hoi nghi truyen hinh"]),
    ("dossier_approved_on", &["ngay phe duyet ho so cap do", "ho so cap do"]),
    ("cyber_contact", &["dau moi an ninh mang", "dau moi"]),
    ("cyber_deputy", &["nguoi du phong", "du phong"]),
    ("restore_tested_on", &["ngay thu phuc hoi", "thu phuc hoi du lieu"]),
    ("leaders_sign_remotely", &["lanh dao ky so tu xa", "ky so tu xa"]),
];

/// The answers of one unit: fact and value as JSON.
pub type Answers = BTreeMap<&'static str, Json>;

/// One row of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The line, from 1.
    pub line: u64,
    /// The code of the unit.
    pub unit: String,
    /// The day for which it is said; none for today.
    pub declared_on: Option<Date>,
    /// What else there is to say.
    pub note: String,
    /// What is said; what is left empty is not.
    pub answers: Answers,
}

/// What a file of declarations comes to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reckoned {
    /// Units in the file.
    pub units: usize,
    /// Facts that are declared.
    pub facts: usize,
    /// What would hold otherwise than today, unit by unit.
    pub changes: Vec<Change>,
    /// The units of the rows, and the rows.
    sheets: Vec<(unit::Unit, Row)>,
}

/// The terms that are declared, in the order of the form.
pub fn terms() -> impl Iterator<Item = &'static Term> {
    DECLARED.iter().filter_map(|name| Unit::TERMS.iter().find(|term| term.name == *name))
}

/// An answer that takes back what was declared: nobody knows it any more.
pub fn taken_back() -> Json {
    json!({ "unknown": "not_asked" })
}

/// What a person wrote for a fact, as JSON: yes and no in both languages, whole numbers, days as 31/12/2026 or
/// 2026-12-31, `chưa` for a day that has not come, `không rõ` to take back what was declared before.
///
/// # Errors
/// What can be written, in this language.
pub fn read(lang: Lang, term: &Term, text: &str, today: Date) -> Result<Json, String> {
    let word = fold(text.trim());
    if matches!(word.as_str(), "khong ro" | "?" | "unknown") {
        return Ok(taken_back());
    }
    match term.kind {
        Kind::Flag => match word.as_str() {
            "co" | "yes" | "true" | "x" | "1" => Ok(json!(true)),
            "khong" | "no" | "false" | "0" | "chua" => Ok(json!(false)),
            _ => Err(lang.pick(
                format!("“{text}” không phải có hay không: hãy ghi có, không hoặc không rõ"),
                format!("“{text}” is neither có nor không"),
            )),
        },
        Kind::Date => match word.as_str() {
            "chua" | "chua co" | "khong" | "no" | "none" => Ok(Json::Null),
            _ => match days::read(text) {
                Some(day) if day <= today => Ok(json!(day.to_string())),
                Some(day) => Err(in_the_future(lang, day)),
                None => Err(lang.pick(
                    format!("“{text}” không phải ngày: hãy ghi như 31/12/2026, hoặc chưa"),
                    format!("“{text}” is no day: write it as 31/12/2026, or chưa"),
                )),
            },
        },
        _ => match text.trim().parse::<i64>() {
            Ok(number) if (0..=MBPS_MAX).contains(&number) => Ok(json!(number)),
            Ok(_) | Err(_) => {
                let most = money::told(lang, MBPS_MAX);
                Err(lang.pick(
                    format!(
                        "“{text}” không phải băng thông tính bằng Mb/s: hãy ghi số nguyên từ 0 đến {most}"
                    ),
                    format!("“{text}” is no bandwidth in Mb/s: it is a whole number from 0 to {most}"),
                ))
            }
        },
    }
}

fn in_the_future(lang: Lang, day: Date) -> String {
    let day = days::told(lang, day);
    lang.pick(format!("ngày {day} chưa đến"), format!("{day} is in the future"))
}

/// Whether a declaration of this day is to be made again.
pub fn is_old(declared_on: Date, today: Date) -> bool {
    today.checked_sub(Span::new().months(OLD_MONTHS)).is_ok_and(|limit| declared_on < limit)
}

/// Reads a CSV file of declarations.
///
/// # Errors
/// What keeps it from being read at all, each complaint beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: File<'_>, bytes: &[u8], today: Date) -> Result<sheet::Read<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let Some(unit) = columns.get("unit_code").copied().filter(|_| columns.len() > 1) else {
        let declared = DECLARED.join(", ");
        return Err(file.header_complaint(
            &format!("dòng đầu phải nêu tên cột unit_code và các cột được khai báo: {declared}"),
            &format!("the first line must name the column unit_code, and what is declared: {declared}"),
        ));
    };
    let lang = file.lang;
    let mut file_read = sheet::Read::of(file);
    let mut lines: BTreeMap<(String, Option<Date>), u64> = BTreeMap::new();
    for (line, record) in &sheet.rows {
        let before = file_read.complaints.len();
        let code = record.get(unit).unwrap_or_default();
        file_read.name(*line, unit, code);
        let mut wrong = |at: usize, text: String| file_read.complaints.add(*line, at, text);
        let written = |name: &str| {
            let at = columns.get(name).copied()?;
            Some((at, record.get(at).unwrap_or_default())).filter(|(_, text)| !text.is_empty())
        };
        if code.is_empty() {
            wrong(unit, named::code_missing(lang).to_owned());
        }
        let mut declared_on = None;
        if let Some((at, text)) = written("declared_on") {
            match days::read(text) {
                Some(day) if day <= today => declared_on = Some(day),
                Some(day) => wrong(at, in_the_future(lang, day)),
                None => {
                    let told = lang.pick(
                        format!("“{text}” không phải ngày: hãy ghi như 31/12/2026"),
                        format!("“{text}” is no day: write it as 31/12/2026"),
                    );
                    wrong(at, told);
                }
            }
        }
        let note = written("note").unwrap_or_default();
        if note.1.chars().count() > NOTE_CHARS_MAX {
            let told = lang.pick(
                format!("ghi chú dài hơn {NOTE_CHARS_MAX} ký tự"),
                format!("the note has more than {NOTE_CHARS_MAX} characters"),
            );
            wrong(note.0, told);
        }
        let mut answers = Answers::new();
        for term in terms() {
            let Some((at, text)) = written(term.name) else { continue };
            match read(lang, term, text, today) {
                Ok(value) => drop(answers.insert(term.name, value)),
                Err(text) => wrong(at, text),
            }
        }
        if file_read.complaints.len() == before {
            if let Some(first) = lines.insert((code.to_owned(), declared_on), *line) {
                let text = lang.pick(
                    format!("đơn vị và ngày này đã có ở dòng {first}"),
                    format!("the same unit and day stand in line {first} too"),
                );
                file_read.complaints.add(*line, unit, text);
            }
            let (unit, note) = (code.to_owned(), note.1.to_owned());
            file_read.rows.push(Row { line: *line, unit, declared_on, note, answers });
        }
    }
    Ok(file_read.check_rows(&sheet))
}

/// What the rows of a file declare, beside what holds. Writes nothing.
///
/// # Errors
/// Everything that is wrong with the file, each complaint beginning with `FILE:LINE:COLUMN:`; or that the database cannot.
pub async fn reckon(
    tx: &mut Tx,
    scope: &Scope,
    read: &sheet::Read<Row>,
    today: Date,
) -> Result<Result<Reckoned, Vec<String>>> {
    let mut complaints = read.complaints.clone();
    let units = named::units(tx, scope, &read.named, &mut complaints).await?;
    if !complaints.is_empty() {
        return Ok(Err(complaints.told(&read.file)));
    }
    let held = declaration::latest(tx, scope).await?;
    let mut reckoned = Reckoned { units: units.len(), ..Reckoned::default() };
    // What rows say of one fact, the latest day last: that is what will hold.
    let mut said: BTreeMap<&str, BTreeMap<&str, (Date, &Json)>> = BTreeMap::new();
    for row in &read.rows {
        let Some(unit) = units.get(&row.unit) else { continue };
        reckoned.facts += row.answers.len();
        reckoned.sheets.push((unit.clone(), row.clone()));
        let on = row.declared_on.unwrap_or(today);
        for (fact, value) in &row.answers {
            let before = said.entry(&row.unit).or_default().entry(*fact).or_insert((on, value));
            if before.0 <= on {
                *before = (on, value);
            }
        }
    }
    for (code, facts) in said {
        let Some(unit) = units.get(code) else { continue };
        let part = |(fact, (on, value)): (&str, (Date, &Json))| {
            let before = held.get(&unit.id).and_then(|facts| facts.get(fact));
            // A sheet of an earlier day than what holds becomes history.
            let is_history = before.is_some_and(|before| before.declared_on > on);
            let was = before.map(|before| before.value.clone()).unwrap_or_default();
            (!is_history).then(|| Part::of(vec![fact.to_owned()], was, value.to_string())).flatten()
        };
        let parts: Vec<Part> = facts.into_iter().filter_map(part).collect();
        if !parts.is_empty() {
            reckoned.changes.push(Change { of: code.to_owned(), name: unit.name.clone(), parts });
        }
    }
    Ok(Ok(reckoned))
}

/// Writes down what a file declares, as it was reckoned in the same transaction. Gives the paths of the units whose
/// leaders sign otherwise than before, so that their PCs are judged again.
///
/// # Errors
/// When the database cannot.
pub async fn apply(
    tx: &mut Tx,
    judge: &Judge,
    file: &str,
    reckoned: &Reckoned,
    (by, now): (&str, Timestamp),
) -> Result<Vec<String>> {
    let mut turned = Vec::new();
    for (unit, row) in &reckoned.sheets {
        let sheet = Sheet {
            unit: &unit.id,
            declared_on: row.declared_on.unwrap_or(day(now)),
            declared_by: by,
            note: &row.note,
        };
        if write(tx, judge, unit, (sheet, &row.answers), now).await? {
            turned.push(unit.path.clone());
        }
    }
    let changes: Vec<String> = reckoned.changes.iter().map(Change::told).collect();
    let detail = json!({ "units": reckoned.units, "facts": reckoned.facts, "changes": changes });
    audit::add(tx, now, by, "survey-import", file, &detail.to_string()).await?;
    Ok(turned)
}

/// Writes down what somebody declares of one unit, and judges the PCs that it concerns.
///
/// # Errors
/// When the database cannot.
pub async fn declare(app: &App, unit: &unit::Unit, sheet: Sheet<'_>, answers: &Answers) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let turned = write(&mut tx, &app.judge(), unit, (sheet, answers), now).await?;
    let detail = json!({
        "declared_on": sheet.declared_on.to_string(), "facts": answers, "note": sheet.note,
    });
    audit::add(&mut tx, now, sheet.declared_by, "survey-declare", &unit.code, &detail.to_string()).await?;
    tx.commit().await?;
    if turned {
        judge_again(app, Among::Below(&unit.path), Cause::Parameter).await?;
    }
    Ok(())
}

/// Writes declarations down. Gives whether leaders sign otherwise than before.
async fn write(
    tx: &mut Tx,
    judge: &Judge,
    unit: &unit::Unit,
    (sheet, answers): (Sheet<'_>, &Answers),
    now: Timestamp,
) -> Result<bool> {
    for (fact, value) in answers {
        declaration::add(tx, sheet, fact, &value.to_string(), now).await?;
    }
    if !answers.contains_key(SIGN_REMOTELY.0) || has_agencies_below(tx, unit).await? {
        return Ok(false);
    }
    // A sheet of a day gone by may be history by now, so what holds is read again.
    let declared = declaration::latest(tx, &Scope::subtree(&unit.path)).await?;
    let value = declared.get(&unit.id).and_then(|facts| facts.get(SIGN_REMOTELY.0)).map(|one| &one.value);
    let value = value.map(|text| serde_json::from_str::<Json>(text)).transpose()?;
    let mut turned = false;
    for set in signing_sets(judge) {
        turned |= match value.as_ref().and_then(Json::as_bool) {
            Some(remotely) => {
                let reason = if sheet.note.is_empty() { "Phiếu khảo sát" } else { sheet.note };
                let wish = parameter::Wish {
                    unit: &unit.id,
                    ruleset: &set.id,
                    name: SIGN_REMOTELY.1,
                    value: if remotely { "true" } else { "false" },
                    reason,
                    by: sheet.declared_by,
                };
                parameter::set(tx, wish, now).await?;
                true
            }
            None => parameter::remove(tx, &unit.id, &set.id, SIGN_REMOTELY.1).await?,
        };
    }
    Ok(turned)
}

/// The rule sets that ask whether leaders sign remotely.
fn signing_sets(judge: &Judge) -> impl Iterator<Item = &RuleSet> {
    parameters::sets(judge).into_iter().filter(|set| {
        set.parameters.iter().any(|one| one.id == SIGN_REMOTELY.1 && matches!(one.kind, Kind::Flag))
    })
}

/// Whether other agencies hang below this unit: a parameter would hold for their PCs too, so a declaration sets none
/// there, and a person who means them all sets the parameter by hand.
///
/// # Errors
/// When the database cannot.
pub async fn has_agencies_below(tx: &mut Tx, unit: &unit::Unit) -> Result<bool> {
    let (units, ids) = crate::planning::units(tx, &Scope::everything()).await?;
    let mut below = units.iter().enumerate().filter(|(_, other)| other.path.starts_with(&unit.path));
    Ok(below.any(|(index, other)| ids[index] != unit.id && other.agency == index))
}

/// The ids of a unit and of those above it up to its agency, the unit first, from the paths of both.
pub fn lineage<'p>(path: &'p str, agency: &str) -> Vec<&'p str> {
    let own: Vec<&str> = path.split_terminator('/').collect();
    let above = agency.split_terminator('/').count().saturating_sub(1);
    own.into_iter().skip(above).rev().collect()
}

/// What holds of a unit, as the facts that rules ask; what nobody declared is unknown.
///
/// # Errors
/// When a declaration is no answer to its fact.
pub fn facts(holding: &BTreeMap<&str, (&Declaration, bool)>) -> Result<Unit> {
    let answers: Map<String, Json> = holding
        .iter()
        .map(|(fact, (one, _))| Ok(((*fact).to_owned(), serde_json::from_str(&one.value)?)))
        .collect::<Result<_, serde_json::Error>>()
        .context("reading a declaration")?;
    serde_json::from_value(Json::Object(answers)).context("reading what a unit declared")
}

/// What holds of a unit: what it declared, and of what it did not declare what those above it in the same agency did, the
/// nearest first. `lineage` are the ids of the unit and of those above it up to its agency, the unit first.
pub fn holding<'d>(declared: &'d Declared, lineage: &[&str]) -> BTreeMap<&'d str, (&'d Declaration, bool)> {
    let mut holding = BTreeMap::new();
    for (index, id) in lineage.iter().enumerate() {
        for (fact, one) in declared.get(*id).into_iter().flatten() {
            holding.entry(fact.as_str()).or_insert((one, index == 0));
        }
    }
    holding
}

#[cfg(test)]
pub(crate) mod tests;

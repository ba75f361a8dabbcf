//! A reform from a map of old and new codes: which unit became which, wholly or in part.
//!
//! A unit that is all of a new one goes on as it; where several become one, a new unit begins and the old ones close.
//! What belonged to a unit follows it only where the whole unit went to one place. What belonged to a divided unit stays
//! with it, closed, until a person says where it goes.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::change::differences;
use super::{kind_of_name, strip_kind};
use crate::days;
use crate::lang::Lang;
use crate::named;
use crate::sheet::{self, Column, File};
use crate::store::estate::{self, Kind, Left};
use crate::store::listing::Scope;
use crate::store::machine::{self, Followed};
use crate::store::past;
use crate::store::unit::{self, Decision, EventKind, Naming, Part, Side, Standing, Unit};
use crate::store::{Tx, audit};
use crate::vietnamese::{fold, is_same_name};

/// Most rows in one file.
const ROWS_MAX: usize = 100_000;
const COLUMNS: &[Column] = &[
    ("old_code", &["ma cu"]),
    ("new_code", &["ma moi"]),
    ("old_full_name", &["ten cu"]),
    ("new_full_name", &["ten moi"]),
    ("portion", &["phan"]),
    ("share", &["ty le"]),
    ("new_parent_code", &["ma cap tren moi"]),
    ("old_district_code", &[]),
    ("old_district", &[]),
    ("relation", &[]),
    ("code_kept", &[]),
    ("resolved_by", &[]),
];

/// One line of the map.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The line, from 1.
    pub line: u64,
    /// The code before.
    pub old_code: String,
    /// The name before, to be compared with the tree; none when the map does not say.
    pub old_name: Option<String>,
    /// The code afterwards; none where nobody knows what the unit became.
    pub new_code: Option<String>,
    /// The name afterwards; none when the map does not say.
    pub new_name: Option<String>,
    /// Whether only a part of the old unit goes there.
    pub is_part: bool,
    /// Which share of it, 0 to 1; none when nobody knows.
    pub share: Option<f64>,
    /// The code of the unit above the new one; none to find it in the tree.
    pub parent: Option<String>,
}

/// What becomes of the districts of the units in the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Districts {
    /// They close, and the new units hang where the districts hung.
    Close,
    /// They stay, and the new units hang where the old ones hung.
    Stay,
}

/// Reads a map.
///
/// # Errors
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn parse(file: File<'_>, bytes: &[u8]) -> Result<Vec<Row>, Vec<String>> {
    let sheet = sheet::read(file, bytes, ROWS_MAX)?;
    let columns = sheet::columns(file, &sheet.header, COLUMNS)?;
    let [Some(old), Some(new)] = ["old_code", "new_code"].map(|name| columns.get(name).copied()) else {
        return Err(file.header_complaint(
            "dòng đầu phải nêu tên các cột old_code và new_code",
            "the first line must name the columns old_code and new_code",
        ));
    };
    let lang = file.lang;
    let (mut rows, mut complaints) = (Vec::new(), Vec::new());
    let mut lines: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (line, record) in &sheet.rows {
        let field = |at: usize| record.get(at).unwrap_or_default();
        let optional = |name: &str| columns.get(name).map(|at| field(*at)).filter(|text| !text.is_empty());
        let mut wrong = |text: String| complaints.push(file.complaint(*line, 1, &text));
        let is_part = match optional("portion").map(fold).as_deref() {
            None | Some("whole" | "toan bo") => false,
            Some("part" | "mot phan") => true,
            Some(other) => {
                wrong(lang.pick(
                    format!("không có phần “{other}”: hãy ghi toàn bộ hoặc một phần"),
                    format!("the portion “{other}” is not known: whole or part"),
                ));
                continue;
            }
        };
        let share = match optional("share").map(|text| text.replace(',', ".").parse::<f64>()) {
            None => None,
            Some(Ok(share)) if share > 0.0 && share <= 1.0 => Some(share),
            Some(_) => {
                let text = lang.pick(
                    "tỷ lệ phải lớn hơn 0 và không quá 1, hoặc để trống nếu không ai biết",
                    "the share is from 0 to 1, or empty where nobody knows it",
                );
                wrong(text.to_owned());
                continue;
            }
        };
        if field(old).is_empty() {
            wrong(lang.pick("thiếu mã cũ", "the code before is missing").to_owned());
            continue;
        }
        if let Some(first) = lines.insert((field(old).to_owned(), field(new).to_owned()), *line) {
            wrong(lang.pick(
                format!("cặp mã cũ và mã mới này đã có ở dòng {first}"),
                format!("the same two codes stand in line {first} too"),
            ));
        }
        rows.push(Row {
            line: *line,
            old_code: field(old).to_owned(),
            old_name: optional("old_full_name").map(str::to_owned),
            new_code: Some(field(new)).filter(|code| !code.is_empty()).map(str::to_owned),
            new_name: optional("new_full_name").map(str::to_owned),
            is_part,
            share,
            parent: optional("new_parent_code").map(str::to_owned),
        });
    }
    if complaints.is_empty() { Ok(rows) } else { Err(complaints) }
}

/// A new unit and what it is made from.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// What it is called.
    pub naming: Naming,
    /// Id of the unit above it; none for a root.
    pub parent: Option<String>,
    /// Ids of the units that it is made from, whether only a part, and which share.
    pub sources: Vec<(String, bool, Option<f64>)>,
}

/// A unit that goes on under the new code and name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Goes {
    /// The unit before.
    pub unit: Unit,
    /// What it is called afterwards.
    pub naming: Naming,
    /// Id of the unit above it afterwards.
    pub parent: Option<String>,
    /// What of it differs.
    pub kinds: Vec<EventKind>,
}

/// All that a reform does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reform {
    /// Units that go on.
    pub goes: Vec<Goes>,
    /// Units that begin, in the order of codes.
    pub made: Vec<Made>,
    /// Units that are wholly part of a new one: the unit, and the new code.
    pub follows: Vec<(Unit, String)>,
    /// Units that are divided, or of which nobody knows what they became: the unit, and the new codes.
    pub divided: Vec<(Unit, Vec<String>)>,
    /// Units below those that follow, which go with them: the unit, and the new code.
    pub children: Vec<(Unit, String)>,
    /// Districts that close.
    pub districts: Vec<Unit>,
}

struct Work<'a> {
    file: File<'a>,
    day: String,
    districts: Districts,
    by_code: BTreeMap<&'a str, Vec<&'a Standing>>,
    by_id: BTreeMap<&'a str, &'a Standing>,
    spent: &'a BTreeMap<String, String>,
    /// What does not fit, with the line.
    complaints: Vec<(u64, String)>,
}

/// What a map would do to the tree.
///
/// # Errors
/// All that does not fit, each complaint beginning with `FILE:LINE:COLUMN:`.
pub fn reckon(
    standing: &[Standing],
    spent: &BTreeMap<String, String>,
    (file, rows): (File<'_>, &[Row]),
    (day, districts): (Date, Districts),
) -> Result<Reform, Vec<String>> {
    let mut work = Work {
        file,
        day: day.to_string(),
        districts,
        by_code: BTreeMap::new(),
        by_id: standing.iter().map(|one| (one.unit.id.as_str(), one)).collect(),
        spent,
        complaints: Vec::new(),
    };
    for one in standing {
        work.by_code.entry(one.unit.code.as_str()).or_default().push(one);
    }
    let pairs: Vec<(&Row, &Standing)> = rows.iter().filter_map(|row| Some((row, work.old(row)?))).collect();
    let mut by_old: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
    let mut by_new: BTreeMap<&str, Vec<(&Row, &Standing)>> = BTreeMap::new();
    for (row, one) in &pairs {
        by_old.entry(one.unit.id.as_str()).or_default().push(row);
        if let Some(code) = &row.new_code {
            by_new.entry(code).or_default().push((*row, *one));
        }
    }
    work.check_portions(&by_old);
    let mut reform = Reform::default();
    for (code, sources) in &by_new {
        work.place(code, sources, &mut reform);
    }
    work.check_codes(&reform);
    let going: BTreeSet<String> = reform.goes.iter().map(|goes| goes.unit.id.clone()).collect();
    for (id, rows) in &by_old {
        let Some(one) = work.by_id.get(id) else { continue };
        let targets: Vec<String> = rows.iter().filter_map(|row| row.new_code.clone()).collect();
        match targets.as_slice() {
            [_] if going.contains(*id) => {}
            [code] => reform.follows.push((one.unit.clone(), code.clone())),
            _ => reform.divided.push((one.unit.clone(), targets)),
        }
    }
    work.close_districts(standing, &by_old, &mut reform);
    let follows: BTreeMap<&str, &str> =
        reform.follows.iter().map(|(unit, code)| (unit.id.as_str(), code.as_str())).collect();
    reform.children = standing
        .iter()
        .filter(|one| !by_old.contains_key(one.unit.id.as_str()))
        .filter_map(|one| {
            let code = follows.get(one.unit.parent.as_deref()?)?;
            Some((one.unit.clone(), (*code).to_owned()))
        })
        .collect();
    if work.complaints.is_empty() {
        return Ok(reform);
    }
    work.complaints.sort_by_key(|(line, _)| *line);
    Err(work.complaints.into_iter().map(|(_, text)| text).collect())
}

impl<'a> Work<'a> {
    fn complain(&mut self, line: u64, text: &str) {
        self.complaints.push((line, self.file.complaint(line, 1, text)));
    }

    /// The language of the complaints.
    fn lang(&self) -> Lang {
        self.file.lang
    }

    /// The unit that a line begins with.
    fn old(&mut self, row: &Row) -> Option<&'a Standing> {
        let lang = self.lang();
        let found = self.by_code.get(row.old_code.as_str()).map_or(&[][..], Vec::as_slice);
        let one = match found {
            [one] => *one,
            [] => {
                self.complain(row.line, &named::no_unit(self.lang(), &row.old_code));
                return None;
            }
            many => {
                self.complain(row.line, &named::many_units(self.lang(), many.len(), &row.old_code));
                return None;
            }
        };
        if let Some(name) = row.old_name.as_ref().filter(|name| !is_same_name(name, &one.unit.name)) {
            let (code, known) = (&row.old_code, &one.unit.name);
            let text = lang.pick(
                format!(
                    "đơn vị {code} có tên {known}, trong tệp là {name}: cây đơn vị có đúng là cây trước khi sắp xếp không?"
                ),
                format!(
                    "the unit {code} is called {known}, and {name} in the file: is the tree the one from before the reform?"
                ),
            );
            self.complain(row.line, &text);
        }
        if one.since > self.day {
            let code = &row.old_code;
            let [since, day] = [&one.since, &self.day].map(|day| days::kept(lang, day));
            let text = lang.pick(
                format!(
                    "đơn vị {code} có thay đổi gần nhất ngày {since}, nên việc sắp xếp ngày {day} sẽ rơi vào trước mốc \
                     đó: hãy kiểm tra lại ngày có hiệu lực"
                ),
                format!("the unit {code} stands as it is since {since}, so a reform on {day} would come before that"),
            );
            self.complain(row.line, &text);
        }
        Some(one)
    }

    /// A unit goes wholly to one place, or in parts to several.
    fn check_portions(&mut self, by_old: &BTreeMap<&str, Vec<&Row>>) {
        let lang = self.lang();
        let mut wrong = Vec::new();
        for rows in by_old.values() {
            let Some(first) = rows.first() else { continue };
            let code = &first.old_code;
            if rows.len() > 1 {
                if let Some(row) = rows.iter().find(|row| !row.is_part) {
                    let text = lang.pick(
                        format!("đơn vị {code} nhập vào nhiều nơi nên mỗi nơi chỉ nhận một phần: hãy ghi một phần (part)"),
                        format!("the unit {code} goes to several, so each gets a part of it: write part"),
                    );
                    wrong.push((row.line, text));
                }
                let shares: Vec<f64> = rows.iter().filter_map(|row| row.share).collect();
                if shares.iter().sum::<f64>() > 1.0 + 1e-9 {
                    let text = lang.pick(
                        format!("các tỷ lệ của đơn vị {code} cộng lại lớn hơn 1"),
                        format!("the shares of the unit {code} are more than all of it"),
                    );
                    wrong.push((first.line, text));
                }
            } else if first.is_part && first.new_code.is_some() {
                let text = lang.pick(
                    format!(
                        "chỉ một phần của đơn vị {code} có nơi đến: hãy thêm dòng cho phần còn lại, ghi chính mã của đơn vị \
                         nếu phần đó ở lại"
                    ),
                    format!(
                        "only a part of the unit {code} has a place: add a line for the rest, with its own code where that \
                         stays"
                    ),
                );
                wrong.push((first.line, text));
            }
        }
        for (line, text) in wrong {
            self.complain(line, &text);
        }
    }

    /// What becomes of a new code: one old unit goes on under it, or a new unit begins.
    fn place(&mut self, code: &str, sources: &[(&Row, &Standing)], reform: &mut Reform) {
        // A district's own machines may be told to follow into a commune; that does not make it a part of it.
        let (above, sources): (Vec<_>, Vec<_>) =
            sources.iter().copied().partition(|(_, one)| one.unit.kind == "district");
        let of: &[(&Row, &Standing)] = if sources.is_empty() { &above } else { &sources };
        let Some((naming, parent)) = self.naming(code, of) else { return };
        match of {
            [(row, one)] if !row.is_part && one.unit.kind != "district" => {
                let kinds = differences(&one.unit, &naming, one.unit.parent != parent);
                reform.goes.push(Goes { unit: one.unit.clone(), naming, parent, kinds });
            }
            many => {
                let sources = many.iter().map(|(row, one)| (one.unit.id.clone(), row.is_part, row.share));
                reform.made.push(Made { naming, parent, sources: sources.collect() });
            }
        }
    }

    /// What a new unit is called, and the id of the unit above it.
    fn naming(&mut self, code: &str, sources: &[(&Row, &Standing)]) -> Option<(Naming, Option<String>)> {
        let (first, one) = sources.first()?;
        let mut names: Vec<&str> = Vec::new();
        for (row, _) in sources {
            let name = row.new_name.as_deref();
            if let Some(name) = name.filter(|name| !names.iter().any(|known| is_same_name(known, name))) {
                names.push(name);
            }
        }
        let (name, kind) = match (names.as_slice(), sources.len()) {
            ([name], _) => {
                let kept = (is_same_name(name, &one.unit.name) && sources.len() == 1)
                    .then_some(one.unit.kind.as_str());
                match kept.or_else(|| kind_of_name(name)) {
                    Some(kind) => ((*name).to_owned(), kind.to_owned()),
                    None => {
                        let text = self.lang().pick(
                            format!("tên “{name}” không cho biết là xã hay phường: hãy ghi cả chữ Xã, Phường hoặc Đặc khu"),
                            format!("the name “{name}” does not say whether it is a commune or a ward"),
                        );
                        self.complain(first.line, &text);
                        return None;
                    }
                }
            }
            ([], 1) if one.unit.code == code => (one.unit.name.clone(), one.unit.kind.clone()),
            ([], _) => {
                let text = self.lang().pick(
                    format!(
                        "không có chỗ nào cho biết tên của đơn vị mới {code}: hãy ghi vào cột new_full_name"
                    ),
                    format!("nothing says what the new unit {code} is called"),
                );
                self.complain(first.line, &text);
                return None;
            }
            (several, _) => {
                let names = several.join(", ");
                let text = self.lang().pick(
                    format!("đơn vị mới {code} có nhiều tên: {names}"),
                    format!("the new unit {code} has several names: {names}"),
                );
                self.complain(first.line, &text);
                return None;
            }
        };
        let parent = self.parent(code, sources)?;
        let short = strip_kind(&name).to_owned();
        Some((Naming { code: code.to_owned(), name, short, kind }, parent))
    }

    /// The id of the unit above a new one: what the map says, or what is above its sources when all agree.
    fn parent(&mut self, code: &str, sources: &[(&Row, &Standing)]) -> Option<Option<String>> {
        let mut parents: BTreeSet<Option<String>> = BTreeSet::new();
        for (row, one) in sources {
            match row.parent.as_deref() {
                Some(wished) => match self.by_code.get(wished).map(Vec::as_slice) {
                    Some([above]) => drop(parents.insert(Some(above.unit.id.clone()))),
                    _ => {
                        let text = self.lang().pick(
                            format!("không có hoặc có nhiều đơn vị mang mã {wished}"),
                            format!("there is no one unit with the code {wished}"),
                        );
                        self.complain(row.line, &text);
                        return None;
                    }
                },
                None => drop(parents.insert(self.above(&one.unit))),
            }
        }
        let line = sources.first().map_or(1, |(row, _)| row.line);
        let mut parents = parents.into_iter();
        match (parents.next(), parents.next()) {
            (Some(parent), None) => Some(parent),
            _ => {
                let text = self.lang().pick(
                    format!("các đơn vị hợp thành {code} trực thuộc nhiều nơi: hãy thêm cột new_parent_code"),
                    format!("the units that {code} is made from hang in several places: add new_parent_code"),
                );
                self.complain(line, &text);
                None
            }
        }
    }

    fn above(&self, unit: &Unit) -> Option<String> {
        let above = self.by_id.get(unit.parent.as_deref()?)?;
        let closes = self.districts == Districts::Close && above.unit.kind == "district";
        if closes { above.unit.parent.clone() } else { Some(above.unit.id.clone()) }
    }

    /// A new code is free, or becomes so by the same map.
    fn check_codes(&mut self, reform: &Reform) {
        let lang = self.lang();
        let mut wrong = Vec::new();
        let ending: BTreeSet<&str> =
            reform.made.iter().flat_map(|made| made.sources.iter()).map(|(id, ..)| id.as_str()).collect();
        let going: BTreeSet<&str> = reform.goes.iter().map(|goes| goes.unit.id.as_str()).collect();
        let made = reform.made.iter().map(|made| &made.naming.code);
        let recoded = reform.goes.iter().filter(|goes| goes.kinds.contains(&EventKind::Recode));
        for code in made.chain(recoded.map(|goes| &goes.naming.code)) {
            for one in self.by_code.get(code.as_str()).into_iter().flatten() {
                let id = one.unit.id.as_str();
                if !ending.contains(id) && !going.contains(id) {
                    let name = &one.unit.name;
                    wrong.push(lang.pick(
                        format!("mã mới {code} đang thuộc về {name}, mà bảng sắp xếp không nêu đơn vị đó"),
                        format!("the new code {code} belongs to {name}, which the map does not name"),
                    ));
                }
            }
            if let Some(until) = self.spent.get(code).filter(|until| **until > self.day) {
                let until = days::kept(lang, until);
                wrong.push(lang.pick(
                    format!("mã mới {code} thuộc về đơn vị khác đến {until}"),
                    format!("the new code {code} belonged to another unit until {until}"),
                ));
            }
        }
        for text in wrong {
            self.complain(1, &text);
        }
    }

    fn close_districts(
        &mut self,
        standing: &'a [Standing],
        by_old: &BTreeMap<&str, Vec<&Row>>,
        reform: &mut Reform,
    ) {
        if self.districts == Districts::Stay {
            return;
        }
        let mut closing: BTreeMap<&str, &Unit> = BTreeMap::new();
        for id in by_old.keys() {
            let above = self.by_id.get(id).and_then(|one| self.by_id.get(one.unit.parent.as_deref()?));
            if let Some(above) = above.filter(|above| above.unit.kind == "district") {
                closing.insert(above.unit.id.as_str(), &above.unit);
            }
        }
        for one in standing {
            let unit = &one.unit;
            let Some(above) = unit.parent.as_deref().and_then(|parent| closing.get(parent)) else { continue };
            if matches!(unit.kind.as_str(), "commune" | "ward") && !by_old.contains_key(unit.id.as_str()) {
                let (name, code, above) = (&unit.name, &unit.code, &above.name);
                let text = self.lang().pick(
                    format!("{name} ({code}) trực thuộc {above}, đơn vị này kết thúc hoạt động, mà bảng sắp xếp không nêu"),
                    format!("{name} ({code}) hangs below {above}, which closes, and the map does not name it"),
                );
                self.complain(1, &text);
            }
        }
        for (id, unit) in closing {
            if self.by_id.get(id).is_some_and(|one| one.since > self.day) {
                let (name, day) = (&unit.name, days::kept(self.lang(), &self.day));
                let text = self.lang().pick(
                    format!(
                        "{name} thay đổi lần cuối sau ngày {day}, nên không thể kết thúc hoạt động ngày đó"
                    ),
                    format!("{name} stands as it is since after {day}"),
                );
                self.complain(1, &text);
            }
            // One that the map names closes as the map says.
            if !by_old.contains_key(id) {
                reform.districts.push(unit.clone());
            }
        }
    }
}

/// What a reform did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Units that went on.
    pub went: usize,
    /// Units that began.
    pub began: usize,
    /// Units that closed, districts among them.
    pub closed: usize,
    /// What followed into new units.
    pub followed: Followed,
    /// Units below, such as offices, that went along.
    pub children: usize,
    /// Machines that wait for a person to say where they go.
    pub waiting: usize,
    /// What else followed whole units: exceptions, people, targets, parameters and the like.
    pub passed: usize,
    /// What closed units left, which waits for a person beside the machines.
    pub left: Vec<Left>,
    /// Whether machines may have other exceptions and parameters.
    pub judges: bool,
}

/// What a unit of a reform has beside its machines, and where that goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Estate {
    /// The unit that closes.
    pub unit: Unit,
    /// The code of the unit that it follows into; none where it waits for a person.
    pub to: Option<String>,
    /// What it has.
    pub left: Vec<Left>,
}

/// What the units of a reform that close have beside their machines, and where that would go.
///
/// # Errors
/// When the database cannot.
pub async fn estates(tx: &mut Tx, reform: &Reform) -> Result<Vec<Estate>> {
    let mut all = estate::all(tx).await?;
    let follows = reform.follows.iter().map(|(unit, code)| (unit, Some(code.clone())));
    let waits = reform.divided.iter().map(|(unit, _)| unit).chain(&reform.districts);
    let mut estates = Vec::new();
    for (unit, to) in follows.chain(waits.map(|unit| (unit, None))) {
        if let Some(left) = all.remove(&unit.id) {
            estates.push(Estate { unit: unit.clone(), to, left });
        }
    }
    Ok(estates)
}

/// Does what a reform does.
///
/// # Errors
/// When the tree is no longer what it was reckoned from, or the database cannot. Then the transaction must not be
/// committed.
pub async fn apply(tx: &mut Tx, reform: &Reform, by: Decision<'_>) -> Result<Outcome> {
    let units = begin(tx, reform, by).await?;
    for (child, code) in &reform.children {
        let above = new(&units, code)?;
        let Unit { code, name, kind, .. } = child.clone();
        let short = strip_kind(&name).to_owned();
        let naming = Naming { code, name, short, kind };
        unit::alter(tx, &child.id, Some(&above.id), &naming, by.day).await?;
        unit::record(tx, by, EventKind::Move, &[Part::whole(&child.id, Side::To)]).await?;
    }
    let (followed, passed) = take_along(tx, reform, &units, by).await?;
    for (old, codes) in &reform.divided {
        let mut parts = vec![Part::whole(&old.id, Side::From)];
        for code in codes {
            parts.push(Part { is_part: true, ..Part::whole(&new(&units, code)?.id, Side::To) });
        }
        let kind = if codes.is_empty() { EventKind::Close } else { EventKind::Split };
        unit::close(tx, &old.id, by.day).await?;
        unit::record(tx, by, kind, &parts).await?;
    }
    for district in &reform.districts {
        unit::close(tx, &district.id, by.day).await?;
        unit::record(tx, by, EventKind::Close, &[Part::whole(&district.id, Side::From)]).await?;
    }
    let left = estate::left(tx, &Scope::everything()).await?;
    let judges = |one: &Left| matches!(one.kind, Kind::Waiver | Kind::Parameter);
    Ok(Outcome {
        went: reform.goes.len(),
        began: reform.made.len(),
        closed: reform.follows.len() + reform.divided.len() + reform.districts.len(),
        followed,
        children: reform.children.len(),
        waiting: past::stranded(tx, &Scope::everything()).await?.len(),
        judges: passed.iter().chain(&left).any(judges),
        passed: passed.len(),
        left,
    })
}

/// The units after a reform, by their codes: those that go on, and those that begin.
async fn begin(tx: &mut Tx, reform: &Reform, by: Decision<'_>) -> Result<BTreeMap<String, Unit>> {
    let mut units: BTreeMap<String, Unit> = BTreeMap::new();
    for goes in &reform.goes {
        if !goes.kinds.is_empty() {
            unit::alter(tx, &goes.unit.id, goes.parent.as_deref(), &goes.naming, by.day).await?;
        } else if goes.naming.name != goes.unit.name {
            unit::respell(tx, &goes.unit.id, &goes.naming).await?;
        }
        for kind in &goes.kinds {
            unit::record(tx, by, *kind, &[Part::whole(&goes.unit.id, Side::To)]).await?;
        }
        units.insert(goes.naming.code.clone(), unit::by_id(tx, &goes.unit.id).await?);
    }
    for made in &reform.made {
        let parent = match &made.parent {
            Some(parent) => Some(unit::by_id(tx, parent).await?),
            None => None,
        };
        let unit = unit::add_on(tx, parent.as_ref(), &made.naming, by.day, by.at).await?;
        let from = made.sources.iter().map(|(id, is_part, share)| Part {
            unit: id.clone(),
            side: Side::From,
            is_part: *is_part,
            share: *share,
        });
        let parts: Vec<Part> = from.chain([Part::whole(&unit.id, Side::To)]).collect();
        unit::record(tx, by, EventKind::Merge, &parts).await?;
        units.insert(made.naming.code.clone(), unit);
    }
    Ok(units)
}

/// Takes what belonged to whole units into the ones that they became, and closes them. Gives what beside machines, seats
/// and join codes went along; what a new unit has of its own stays, and then that of the old one waits.
async fn take_along(
    tx: &mut Tx,
    reform: &Reform,
    units: &BTreeMap<String, Unit>,
    by: Decision<'_>,
) -> Result<(Followed, Vec<Left>)> {
    let begins = by.day.to_zoned(TimeZone::fixed(Offset::constant(7))).context("the day of the reform")?;
    let (mut all, mut passed) = (Followed::default(), Vec::new());
    let mut estates = estate::all(tx).await?;
    for (old, code) in &reform.follows {
        // Its path may have changed with a unit above it.
        let old = unit::by_id(tx, &old.id).await?;
        let followed = machine::follow(tx, &old, new(units, code)?, begins.timestamp()).await?;
        all.machines += followed.machines;
        all.seats += followed.seats;
        all.join_codes += followed.join_codes;
        let to = new(units, code)?;
        for one in estates.remove(&old.id).unwrap_or_default() {
            if one.kind != Kind::Seats && pass_on(tx, (&one, &old.code), (&to.id, code), by).await? {
                passed.push(one);
            }
        }
        unit::close(tx, &old.id, by.day).await?;
        // A commune that closes stands in the merger; a district is no part of one.
        if old.kind == "district" {
            unit::record(tx, by, EventKind::Close, &[Part::whole(&old.id, Side::From)]).await?;
        }
    }
    Ok((all, passed))
}

/// Gives what a unit left to another one, and writes that down. Gives whether it went.
async fn pass_on(
    tx: &mut Tx,
    (one, from): (&Left, &str),
    (to, code): (&str, &str),
    by: Decision<'_>,
) -> Result<bool> {
    let went = estate::pass(tx, one, to, by.actor, by.at).await?;
    if went {
        let detail = serde_json::json!({
            "what": one.kind.word(), "which": one.told, "to": code, "day": by.day.to_string(), "ref": by.legal_ref
        });
        audit::add(tx, by.at, by.actor, "unit-estate", from, &detail.to_string()).await?;
    }
    Ok(went)
}

fn new<'a>(units: &'a BTreeMap<String, Unit>, code: &str) -> Result<&'a Unit> {
    units.get(code).with_context(|| format!("the reform makes no unit with the code {code}"))
}

/// What a reform did, for the audit trail.
pub fn detail(outcome: &Outcome, by: Decision<'_>) -> String {
    let (day, legal_ref) = (by.day.to_string(), by.legal_ref);
    let Outcome { began, went, closed, waiting, followed, passed, left, .. } = outcome;
    serde_json::json!({
        "day": day, "ref": legal_ref, "began": began, "went": went, "closed": closed,
        "machines": followed.machines, "waiting": waiting, "passed": passed, "left": left.len()
    })
    .to_string()
}

#[cfg(test)]
mod tests;

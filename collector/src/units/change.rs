//! What a file of units would change: reckoned as a pure function of the tree and the file, shown, and then done.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result};
use jiff::civil::Date;

use super::{Row, part_kind, strip_kind};
use crate::days;
use crate::lang::Lang;
use crate::named;
use crate::sheet::File;
use crate::store::Tx;
use crate::store::unit::{self, Decision, EventKind, Naming, Part, Side, Standing};
use crate::vietnamese::{is_same_name, sort_key};

/// What becomes of units that are not in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// They stay as they are.
    Stays,
    /// Those of a kind that the file has, below units that the file has, are closed.
    Closes,
}

/// What is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'a> {
    /// The file, for complaints.
    pub file: File<'a>,
    /// Its rows.
    pub rows: &'a [Row],
    /// From which day on it holds.
    pub day: Date,
    /// What becomes of units that are not in it.
    pub missing: Missing,
}

/// One change of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The line that asks for it; none for a unit that is not in the file.
    pub line: Option<u64>,
    /// The unit's code, before it.
    pub code: String,
    /// The unit's full name, before it.
    pub name: String,
    /// What it is.
    pub deed: Deed,
}

/// What happens to a unit. Units above are named by the codes that they have afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deed {
    /// It is made.
    Add {
        /// What it is called.
        naming: Naming,
        /// The code of the unit above it; none for a root.
        parent: Option<String>,
    },
    /// It gets another code, name, kind or place in the tree.
    Alter {
        /// Its id.
        unit: String,
        /// What of these.
        kinds: Vec<EventKind>,
        /// What it is called afterwards.
        naming: Naming,
        /// The codes of the unit above it, before and afterwards; none for a root.
        parents: (Option<String>, Option<String>),
    },
    /// Its name is written otherwise.
    Respell {
        /// Its id.
        unit: String,
        /// How it is written.
        naming: Naming,
    },
    /// It gets other points in a plan.
    Points {
        /// Its code afterwards.
        unit: String,
        /// The points before and afterwards.
        points: (u32, u32),
    },
    /// It was there before it was written down.
    DateBack {
        /// Its id.
        unit: String,
        /// The day from which it was known until now.
        since: String,
    },
    /// It is closed.
    Close {
        /// Its id.
        unit: String,
    },
}

/// All that a file would change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reckoned {
    /// The changes, units above before those below.
    pub changes: Vec<Change>,
    /// Units of the file that stay as they are.
    pub same: usize,
    /// The ids of the units that are there already, by the codes that they have afterwards.
    ids: BTreeMap<String, String>,
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Units that were added.
    pub added: usize,
    /// Units that were changed.
    pub changed: usize,
    /// Units that were closed.
    pub closed: usize,
    /// Units of the file that were so before.
    pub same: usize,
}

/// The tree with what the file says of it.
struct Work<'a> {
    wish: Wish<'a>,
    standing: &'a [Standing],
    /// The last day before which a code belonged to a unit that has it no more.
    spent: &'a BTreeMap<String, String>,
    by_id: BTreeMap<&'a str, &'a Standing>,
    by_code: BTreeMap<&'a str, Vec<&'a Standing>>,
    /// The row that each unit has, by its id.
    row_of_unit: BTreeMap<&'a str, usize>,
    /// The unit that each row is of, by the row's place; none for a new one.
    of_row: Vec<Option<&'a Standing>>,
    /// The rows by their codes.
    row_of: BTreeMap<&'a str, usize>,
    closing: BTreeSet<&'a str>,
    /// What does not fit, with the line.
    complaints: Vec<(u64, String)>,
}

/// What a file would change.
///
/// # Errors
/// All that does not fit, each complaint beginning with `FILE:LINE:COLUMN:`.
pub fn reckon(
    standing: &[Standing],
    spent: &BTreeMap<String, String>,
    wish: Wish<'_>,
) -> Result<Reckoned, Vec<String>> {
    let rows = placed(standing, wish)?;
    let wish = Wish { rows: &rows, ..wish };
    let mut work = Work {
        wish,
        standing,
        spent,
        by_id: standing.iter().map(|one| (one.unit.id.as_str(), one)).collect(),
        by_code: BTreeMap::new(),
        row_of_unit: BTreeMap::new(),
        of_row: Vec::new(),
        row_of: wish.rows.iter().enumerate().map(|(at, row)| (row.naming.code.as_str(), at)).collect(),
        closing: BTreeSet::new(),
        complaints: Vec::new(),
    };
    work.match_codes();
    if wish.missing == Missing::Closes {
        work.close_missing();
    }
    work.check_parents();
    let mut changes: Vec<(usize, Change)> = Vec::new();
    let mut same = 0;
    for at in 0..wish.rows.len() {
        let of_row = work.changes_of(at);
        same += usize::from(of_row.is_empty());
        let depth = work.depth(at);
        changes.extend(of_row.into_iter().map(|change| (depth, change)));
    }
    changes.sort_by_key(|(depth, change)| (*depth, change.line));
    let mut changes: Vec<Change> = changes.into_iter().map(|(_, change)| change).collect();
    changes.extend(work.closes());
    if !work.complaints.is_empty() {
        work.complaints.sort_by_key(|(line, _)| *line);
        return Err(work.complaints.into_iter().map(|(_, text)| text).collect());
    }
    Ok(Reckoned { changes, same, ids: work.ids() })
}

/// The rows, each with the unit above it. A file that does not say where its units hang leaves them where they are, and
/// can bring no new ones into a tree that there is: each would be another root.
fn placed(standing: &[Standing], wish: Wish<'_>) -> Result<Vec<Row>, Vec<String>> {
    let code_of: BTreeMap<&str, &str> =
        standing.iter().map(|one| (one.unit.id.as_str(), one.unit.code.as_str())).collect();
    let by_code: BTreeMap<&str, &Standing> =
        standing.iter().map(|one| (one.unit.code.as_str(), one)).collect();
    let mut complaints = Vec::new();
    let mut rows = wish.rows.to_vec();
    for row in rows.iter_mut().filter(|row| !row.says_parent) {
        let code = &row.naming.code;
        match by_code.get(code.as_str()) {
            Some(one) => {
                let above = one.unit.parent.as_deref().and_then(|id| code_of.get(id));
                row.parent = above.map(|code| (*code).to_owned());
            }
            None if standing.is_empty() => {}
            None => {
                let text = wish.file.lang.pick(
                    format!(
                        "đơn vị mới {code} trực thuộc đơn vị nào? Hãy thêm cột parent_code ghi mã đơn vị cấp trên, để trống \
                         nếu là cấp cao nhất"
                    ),
                    format!(
                        "where does the new unit {code} hang? Add the column parent_code with the code of the unit above \
                         it, empty for one at the top"
                    ),
                );
                complaints.push(wish.file.complaint(row.line, 1, &text));
            }
        }
    }
    if complaints.is_empty() { Ok(rows) } else { Err(complaints) }
}

impl<'a> Work<'a> {
    fn complain(&mut self, line: u64, text: &str) {
        self.complaints.push((line, self.wish.file.complaint(line, 1, text)));
    }

    /// The language of the complaints.
    fn lang(&self) -> Lang {
        self.wish.file.lang
    }

    fn match_codes(&mut self) {
        let mut by_number: BTreeMap<&str, &str> = BTreeMap::new();
        for one in self.standing {
            let code = one.unit.code.as_str();
            self.by_code.entry(code).or_default().push(one);
            if code.starts_with('0') {
                by_number.insert(code.trim_start_matches('0'), code);
            }
        }
        let lang = self.lang();
        for (at, row) in self.wish.rows.iter().enumerate() {
            let code = row.naming.code.as_str();
            let known = self.by_code.get(code).cloned().unwrap_or_default();
            if let Some(one) = known.first() {
                self.row_of_unit.insert(one.unit.id.as_str(), at);
            }
            match known.as_slice() {
                [] => {
                    if let Some(whole) = by_number.get(code) {
                        let text = lang.pick(
                            format!(
                                "không có đơn vị {code} nhưng có đơn vị mã {whole}: mã đã mất số 0 ở đầu. Hãy định dạng \
                                 cột này là văn bản trước khi mở tệp bằng bảng tính"
                            ),
                            format!(
                                "there is no unit {code}, but one with the code {whole}: the code has lost its leading \
                                 zeros. Format the column as text before the file is opened in a spreadsheet"
                            ),
                        );
                        self.complain(row.line, &text);
                    }
                    self.of_row.push(None);
                }
                [one] => self.of_row.push(Some(*one)),
                many => {
                    self.complain(row.line, &named::many_units(lang, many.len(), code));
                    self.of_row.push(many.first().copied());
                }
            }
        }
    }

    /// Finds the units that the file leaves out, and among them those that it names under another code.
    fn close_missing(&mut self) {
        let named_above: BTreeSet<&str> =
            self.wish.rows.iter().filter_map(|row| row.parent.as_deref()).collect();
        let kinds: BTreeSet<&str> = self.wish.rows.iter().map(|row| family(&row.naming.kind)).collect();
        // Below roots of the file, and below units that are above some in the file without being in it.
        let covered: Vec<&str> = self
            .standing
            .iter()
            .filter(|one| {
                self.row_of_unit.contains_key(one.unit.id.as_str())
                    || named_above.contains(one.unit.code.as_str())
            })
            .map(|one| one.unit.path.as_str())
            .collect();
        let covers: BTreeSet<&str> = covered.into_iter().collect();
        let is_covered = |path: &str| {
            path.match_indices('/').any(|(at, _)| {
                at + 1 < path.len() && path.get(..=at).is_some_and(|above| covers.contains(above))
            })
        };
        let missing: Vec<&Standing> = self
            .standing
            .iter()
            .filter(|one| {
                !self.row_of_unit.contains_key(one.unit.id.as_str())
                    && !named_above.contains(one.unit.code.as_str())
                    && kinds.contains(family(&one.unit.kind))
                    && is_covered(&one.unit.path)
            })
            .collect();
        self.closing = missing.iter().map(|one| one.unit.id.as_str()).collect();
        for whole_name in [true, false] {
            self.recode(&missing, whole_name);
        }
    }

    /// A unit of the same name below the same unit, missing under its code and new under another, has another code; as
    /// long as there is one of each only.
    fn recode(&mut self, missing: &[&'a Standing], whole_name: bool) {
        let key = |parent: Option<&str>, name: &str| {
            (parent.map(str::to_owned), sort_key(if whole_name { name } else { strip_kind(name) }))
        };
        let mut gone: BTreeMap<_, Vec<&Standing>> = BTreeMap::new();
        for one in missing.iter().filter(|one| self.closing.contains(one.unit.id.as_str())) {
            gone.entry(key(one.unit.parent.as_deref(), &one.unit.name)).or_default().push(*one);
        }
        let mut come: BTreeMap<_, Vec<usize>> = BTreeMap::new();
        for (at, row) in self.wish.rows.iter().enumerate().filter(|(at, _)| self.of_row[*at].is_none()) {
            let above = row.parent.as_deref().and_then(|code| self.known_above(code));
            if row.parent.is_some() && above.is_none() {
                continue;
            }
            come.entry(key(above.map(|one| one.unit.id.as_str()), &row.naming.name)).or_default().push(at);
        }
        for (key, rows) in come {
            if let ([at], Some([one])) = (rows.as_slice(), gone.get(&key).map(Vec::as_slice)) {
                self.of_row[*at] = Some(*one);
                self.row_of_unit.insert(one.unit.id.as_str(), *at);
                self.closing.remove(one.unit.id.as_str());
            }
        }
    }

    /// The unit that stands under this code today and afterwards; none for a new one.
    fn known_above(&self, code: &str) -> Option<&'a Standing> {
        match self.row_of.get(code) {
            Some(at) => self.of_row[*at],
            None => self.by_code.get(code)?.iter().copied().find(|one| self.stays(one)),
        }
    }

    /// Whether a unit is left as it is: neither in the file nor closed.
    fn stays(&self, one: &Standing) -> bool {
        let id = one.unit.id.as_str();
        !self.closing.contains(id) && !self.row_of_unit.contains_key(id)
    }

    fn check_parents(&mut self) {
        for at in 0..self.wish.rows.len() {
            let row = &self.wish.rows[at];
            let Some(parent) = row.parent.as_deref() else { continue };
            if !self.row_of.contains_key(parent) {
                let known = self.by_code.get(parent).map_or(&[][..], Vec::as_slice);
                match known.iter().filter(|one| self.stays(one)).count() {
                    1 => {}
                    0 => {
                        let text = self.lang().pick(
                            format!("đơn vị cấp trên {parent} không có trong tệp và cũng không có trong cây đơn vị"),
                            format!("the unit above it, {parent}, is neither in the file nor known"),
                        );
                        self.complain(row.line, &text);
                    }
                    count => {
                        let text = self.lang().pick(
                            format!("có {count} đơn vị cùng mang mã {parent} của đơn vị cấp trên"),
                            format!("{count} units have the code {parent} of the unit above it"),
                        );
                        self.complain(row.line, &text);
                    }
                }
            }
        }
        for at in 0..self.wish.rows.len() {
            if self.is_below_itself(at) {
                let row = &self.wish.rows[at];
                let code = &row.naming.code;
                let text = self.lang().pick(
                    format!("đơn vị {code} sẽ trực thuộc chính nó: hãy sửa cột parent_code"),
                    format!("the unit {code} would hang below itself"),
                );
                self.complain(row.line, &text);
            }
        }
    }

    /// The code of the unit above this one afterwards.
    fn above(&self, code: &str) -> Option<&'a str> {
        match self.row_of.get(code) {
            Some(at) => self.wish.rows[*at].parent.as_deref(),
            None => {
                let one = self.by_code.get(code)?.first()?;
                self.code_afterwards(one.unit.parent.as_deref()?)
            }
        }
    }

    fn code_afterwards(&self, id: &str) -> Option<&'a str> {
        match self.row_of_unit.get(id) {
            Some(at) => Some(self.wish.rows[*at].naming.code.as_str()),
            None => self.by_id.get(id).map(|one| one.unit.code.as_str()),
        }
    }

    fn is_below_itself(&self, at: usize) -> bool {
        let first = self.wish.rows[at].naming.code.as_str();
        let mut seen = BTreeSet::from([first]);
        let mut code = first;
        while let Some(above) = self.above(code) {
            if above == first {
                return true;
            }
            if !seen.insert(above) {
                return false;
            }
            code = above;
        }
        false
    }

    /// How many units are above this one afterwards.
    fn depth(&self, at: usize) -> usize {
        let mut seen = BTreeSet::new();
        let mut code = self.wish.rows[at].naming.code.as_str();
        while let Some(above) = self.above(code) {
            if !seen.insert(above) {
                break;
            }
            code = above;
        }
        seen.len()
    }

    fn changes_of(&mut self, at: usize) -> Vec<Change> {
        let row = &self.wish.rows[at];
        match self.of_row[at] {
            None => {
                self.check_code(row.line, &row.naming.code);
                let (code, name) = (row.naming.code.clone(), row.naming.name.clone());
                let add = Deed::Add { naming: row.naming.clone(), parent: row.parent.clone() };
                let mut changes = vec![Change { line: Some(row.line), code, name, deed: add }];
                changes.extend(points(row, 0));
                changes
            }
            Some(one) => self.differences(row, one),
        }
    }

    /// A code belongs to one unit at a time.
    fn check_code(&mut self, line: u64, code: &str) {
        let day = self.wish.day.to_string();
        if let Some(until) = self.spent.get(code).filter(|until| **until > day) {
            let lang = self.lang();
            let [until, day] = [until.as_str(), &day].map(|day| days::kept(lang, day));
            let text = lang.pick(
                format!("mã {code} thuộc về đơn vị khác đến {until}, nên không thể dùng cho đơn vị này từ {day}"),
                format!(
                    "the code {code} belonged to another unit until {until}, so it can be no other's from {day} on"
                ),
            );
            self.complain(line, &text);
        }
    }

    fn differences(&mut self, row: &Row, one: &Standing) -> Vec<Change> {
        let before = &one.unit;
        let mut naming = row.naming.clone();
        if !row.says_kind {
            naming.kind.clone_from(&before.kind);
        }
        let was_above = before.parent.as_deref().and_then(|id| self.code_afterwards(id)).map(str::to_owned);
        let kinds = differences(before, &naming, was_above != row.parent);
        let change = |deed| Change {
            line: Some(row.line),
            code: before.code.clone(),
            name: before.name.clone(),
            deed,
        };
        let day = self.wish.day.to_string();
        let unit = before.id.clone();
        let mut changes = Vec::new();
        if !kinds.is_empty() {
            if one.since > day {
                let (lang, code) = (self.lang(), &before.code);
                let [since, day] = [&one.since, &day].map(|day| days::kept(lang, day));
                let text = lang.pick(
                    format!(
                        "đơn vị {code} có thay đổi gần nhất ngày {since}, nên thay đổi từ {day} sẽ rơi vào trước mốc \
                         đó: hãy chọn ngày muộn hơn, hoặc nhập trước cây đơn vị đúng như ở ngày sớm hơn đó"
                    ),
                    format!(
                        "the unit {code} stands as it is since {since}, so a change from {day} on would come before that: \
                         give a later day, or import the tree as it was on that earlier day first, to date it back"
                    ),
                );
                self.complain(row.line, &text);
            }
            if kinds.contains(&EventKind::Recode) {
                self.check_code(row.line, &naming.code);
            }
            let parents = (was_above, row.parent.clone());
            changes.push(change(Deed::Alter { unit, kinds, naming, parents }));
        } else {
            if naming.name != before.name {
                changes.push(change(Deed::Respell { unit: unit.clone(), naming }));
            }
            if one.known_since > day && one.since == one.known_since {
                self.check_code(row.line, &before.code);
                changes.push(change(Deed::DateBack { unit, since: one.since.clone() }));
            }
        }
        changes.extend(points(row, one.points));
        changes
    }

    fn closes(&mut self) -> Vec<Change> {
        let day = self.wish.day.to_string();
        let mut closes = Vec::new();
        let closing = self.closing.clone();
        for one in self.standing.iter().filter(|one| closing.contains(one.unit.id.as_str())) {
            let unit = &one.unit;
            if one.since > day {
                let (lang, code) = (self.lang(), &unit.code);
                let [since, day] = [&one.since, &day].map(|day| days::kept(lang, day));
                let text = lang.pick(
                    format!(
                        "đơn vị {code} không có trong tệp, có thay đổi gần nhất ngày {since}, nên không thể kết thúc \
                         hoạt động ngày {day}"
                    ),
                    format!(
                        "the unit {code}, which is not in the file, stands as it is since {since}, so it cannot close on \
                         {day}"
                    ),
                );
                self.complain(1, &text);
            }
            closes.push(Change {
                line: None,
                code: unit.code.clone(),
                name: unit.name.clone(),
                deed: Deed::Close { unit: unit.id.clone() },
            });
        }
        closes
    }

    fn ids(&self) -> BTreeMap<String, String> {
        let code = |one: &&Standing| self.code_afterwards(&one.unit.id).map(str::to_owned);
        let open = self.standing.iter().filter(|one| !self.closing.contains(one.unit.id.as_str()));
        open.filter_map(|one| Some((code(&one)?, one.unit.id.clone()))).collect()
    }
}

fn points(row: &Row, before: u32) -> Option<Change> {
    let points = row.points.filter(|points| *points != before)?;
    Some(Change {
        line: Some(row.line),
        code: row.naming.code.clone(),
        name: row.naming.name.clone(),
        deed: Deed::Points { unit: row.naming.code.clone(), points: (before, points) },
    })
}

/// What of a unit differs; nothing where a name is only written otherwise.
pub(super) fn differences(before: &unit::Unit, after: &Naming, is_moved: bool) -> Vec<EventKind> {
    let ((word, short), (new_word, new_short)) = (part_kind(&before.name), part_kind(&after.name));
    let is_named = !is_same_name(short, new_short);
    let is_of_kind = before.kind != after.kind || word != new_word;
    let mut kinds = Vec::new();
    for (kind, differs) in [
        (EventKind::Recode, before.code != after.code),
        (EventKind::Rename, is_named),
        (EventKind::Retype, is_of_kind),
        (EventKind::Move, is_moved),
    ] {
        if differs {
            kinds.push(kind);
        }
    }
    kinds
}

/// Communes and wards are of one level.
fn family(kind: &str) -> &str {
    if kind == "ward" { "commune" } else { kind }
}

/// Does what was reckoned.
///
/// # Errors
/// When the tree is no longer what it was reckoned from, or the database cannot. Then the transaction must not be
/// committed.
pub async fn apply(tx: &mut Tx, reckoned: &Reckoned, by: Decision<'_>) -> Result<Done> {
    let mut ids = reckoned.ids.clone();
    let mut done = Done { same: reckoned.same, ..Done::default() };
    let mut changed: BTreeSet<&str> = BTreeSet::new();
    for change in &reckoned.changes {
        match &change.deed {
            Deed::Add { naming, parent } => {
                let parent = match parent {
                    Some(code) => Some(unit::by_id(tx, id_of(&ids, code)?).await?),
                    None => None,
                };
                let made = unit::add_on(tx, parent.as_ref(), naming, by.day, by.at).await?;
                unit::record(tx, by, EventKind::Create, &[Part::whole(&made.id, Side::To)]).await?;
                ids.insert(naming.code.clone(), made.id);
                done.added += 1;
            }
            Deed::Alter { unit, kinds, naming, parents } => {
                let parent = parents.1.as_deref().map(|code| id_of(&ids, code)).transpose()?;
                unit::alter(tx, unit, parent, naming, by.day).await?;
                for kind in kinds {
                    unit::record(tx, by, *kind, &[Part::whole(unit, Side::To)]).await?;
                }
                changed.insert(&change.code);
            }
            Deed::Respell { unit, naming } => {
                unit::respell(tx, unit, naming).await?;
                changed.insert(&change.code);
            }
            Deed::DateBack { unit, .. } => {
                unit::date_back(tx, unit, by.day).await?;
                changed.insert(&change.code);
            }
            Deed::Points { unit, points } => {
                unit::set_points(tx, id_of(&ids, unit)?, points.1).await?;
                if reckoned.ids.contains_key(unit) {
                    changed.insert(&change.code);
                }
            }
            Deed::Close { unit } => {
                unit::close(tx, unit, by.day).await?;
                unit::record(tx, by, EventKind::Close, &[Part::whole(unit, Side::From)]).await?;
                done.closed += 1;
            }
        }
    }
    done.changed = changed.len();
    Ok(done)
}

fn id_of<'a>(ids: &'a BTreeMap<String, String>, code: &str) -> Result<&'a str> {
    ids.get(code).map(String::as_str).with_context(|| format!("there is no unit with the code {code}"))
}

//! The list of machines: search, filter, sort, walk, export.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rules::assess::{Grade, Role};

use crate::app::Judge;
use crate::error::Failure;
use crate::lang::Lang;
use crate::opinion::Accord;
use crate::store::Tx;
use crate::store::listing::{
    self, Cursor, Direction, Filter, Grades, MachineRow, Scope, Sort, TERMS_MAX, UnitRow,
};
use crate::store::{register, unit};
use crate::table::Csv;
use crate::vietnamese::fold;
use crate::web::format::{self, fill, number};
use crate::web::label::{self, Label};
use crate::web::layout::{Layout, Place};
use crate::web::overview::{SILENT_DAYS, silent_since};
use crate::web::reader::Reader;
use crate::web::units::{Node, tree};
use crate::web::words::Words;
use crate::web::{CSV, Fields, Query, Site, Visitor, attachment, page};

/// Machines on one page.
const ROWS: usize = 50;
/// Machines read at one time for an export.
const EXPORT_ROWS: usize = 1000;
/// A menu of more units than this is no help; the tree is.
const MENU_MAX: usize = 400;

mod search;

/// Units that a sentence names.
const NAMED_MAX: usize = 5;

/// What the address asks for, in the words of the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    search: String,
    /// Name or code of units, as somebody wrote it.
    place: String,
    grade: Option<Grade>,
    role: Option<Role>,
    unit: String,
    rule: String,
    silent: bool,
    conflict: bool,
    switched_off: bool,
    waived: bool,
    unsure: bool,
    opinion: Option<Accord>,
    sort: Sort,
    direction: Direction,
}

const SORTS: &[(Sort, &str)] = &[
    (Sort::Name, "name"),
    (Sort::Unit, "unit"),
    (Sort::Grade, "grade"),
    (Sort::Score, "score"),
    (Sort::Seen, "seen"),
];

impl Asked {
    /// What these fields ask for. What is not understood is not asked.
    pub fn of(fields: &Fields) -> Asked {
        let sort = SORTS.iter().find(|(_, word)| *word == fields.text("sort"));
        Asked {
            search: fields.text("q").trim().to_owned(),
            place: fields.text("place").trim().to_owned(),
            grade: Grade::parse(fields.text("grade")),
            role: Role::parse(fields.text("role")),
            unit: fields.text("unit").to_owned(),
            rule: fields.text("rule").to_owned(),
            silent: fields.text("seen") == "silent",
            conflict: fields.text("conflict") == "open",
            switched_off: fields.text("off") == "yes",
            waived: fields.text("waived") == "yes",
            unsure: fields.text("unsure") == "yes",
            opinion: Accord::parse(fields.text("opinion")),
            sort: sort.map_or(Sort::Grade, |(sort, _)| *sort),
            direction: if fields.text("order") == "down" { Direction::Down } else { Direction::Up },
        }
    }

    /// The address that asks this.
    fn url(&self, path: &str, more: &[(&str, &str)]) -> String {
        let sort = SORTS.iter().find(|(sort, _)| *sort == self.sort && self.sort != Sort::Grade);
        let mut fields = vec![
            ("q", self.search.as_str()),
            ("place", self.place.as_str()),
            ("grade", self.grade.map_or("", Grade::word)),
            ("role", self.role.map_or("", Role::word)),
            ("unit", self.unit.as_str()),
            ("rule", self.rule.as_str()),
            ("seen", if self.silent { "silent" } else { "" }),
            ("conflict", if self.conflict { "open" } else { "" }),
            ("off", if self.switched_off { "yes" } else { "" }),
            ("waived", if self.waived { "yes" } else { "" }),
            ("unsure", if self.unsure { "yes" } else { "" }),
            ("opinion", self.opinion.map_or("", Accord::word)),
            ("sort", sort.map_or("", |(_, word)| *word)),
            ("order", if self.direction == Direction::Down { "down" } else { "" }),
        ];
        fields.extend_from_slice(more);
        format::url(path, &fields)
    }

    /// The filter, within what the reader sees. `unit` is the unit asked for, if it is among those; `places` are those
    /// that what was written stands for, if anything was.
    fn filter(
        &self,
        reader: &Reader,
        scope: &Scope,
        unit: Option<&UnitRow>,
        places: Option<&[&UnitRow]>,
    ) -> Filter {
        Filter {
            scope: unit.map_or_else(|| scope.clone(), |unit| Scope::subtree(&unit.path)),
            grade: self.grade,
            role: self.role,
            rule: (!self.rule.is_empty()).then(|| self.rule.clone()),
            silent_since: self.silent.then(|| silent_since(reader.now)),
            conflict: self.conflict,
            switched_off: self.switched_off,
            waived: self.waived,
            unsure: self.unsure,
            opinion: self.opinion.map(Accord::word),
            terms: search::read(&self.search).terms,
            units: places.map(|places| places.iter().map(|unit| unit.id.clone()).collect()),
        }
    }
}

#[derive(Template)]
#[template(path = "machines.html")]
struct MachinesPage {
    l: Layout,
    w: &'static Words,
    search: String,
    hidden: Vec<(&'static str, String)>,
    chips: Vec<Chip>,
    others: Vec<Chip>,
    /// The menu of units; none where there are too many, so that a name is written.
    units: Option<Vec<Choice>>,
    place: String,
    /// What was not searched, and which units what was written stands for.
    told: Vec<String>,
    roles: Vec<Choice>,
    heads: Vec<Head>,
    lines: Vec<Line>,
    count: String,
    is_filtered: bool,
    all_href: String,
    first_href: Option<String>,
    next_href: Option<String>,
    csv_semicolon: String,
    csv_comma: String,
}

struct Chip {
    label: Option<Label>,
    text: String,
    count: Option<String>,
    href: String,
    chosen: bool,
}

struct Choice {
    value: String,
    text: String,
    chosen: bool,
}

struct Head {
    text: &'static str,
    href: Option<String>,
    arrow: &'static str,
    aria: &'static str,
    class: &'static str,
}

struct Line {
    href: String,
    hostname: String,
    unit: String,
    unit_href: String,
    role: String,
    os: String,
    grade: Label,
    score: String,
    coverage: String,
    why: String,
    seen: String,
    seen_at: String,
    is_silent: bool,
    /// How many exceptions hold for it, in words.
    waived: Option<String>,
}

impl MachinesPage {
    fn of(
        reader: &Reader,
        judge: &Judge,
        asked: &Asked,
        nodes: &[Node],
        told: Vec<String>,
        (grades, rows): (&Grades, &[MachineRow]),
        walked: bool,
    ) -> MachinesPage {
        let (lang, w) = (reader.lang, reader.words());
        let shown = rows.get(..ROWS).unwrap_or(rows);
        let next = shown.last().filter(|_| rows.len() > ROWS).map(|last| Cursor::behind(last).text());
        let total = asked.grade.map_or_else(|| grades.all(), |grade| grades.of(grade));
        let plain = Asked::of(&Fields::parse(b""));
        let is_filtered = Asked { sort: plain.sort, direction: plain.direction, ..asked.clone() } != plain;
        MachinesPage {
            l: Layout::new(reader, Place::Machines, &w.nav_machines),
            w,
            search: asked.search.clone(),
            hidden: hidden(asked),
            chips: grade_chips(reader, asked, grades),
            others: other_chips(reader, judge, asked),
            units: (nodes.len() <= MENU_MAX).then(|| unit_choices(asked, nodes)),
            place: match nodes.iter().find(|node| node.unit.id == asked.unit) {
                Some(node) if asked.place.is_empty() => node.unit.name.clone(),
                _ => asked.place.clone(),
            },
            told,
            roles: role_choices(w, asked),
            heads: heads(w, asked),
            lines: shown.iter().map(|row| Line::of(reader, judge, row)).collect(),
            count: fill(&w.machines_count, &[("n", &number(lang, total))]),
            is_filtered,
            all_href: "/machines".to_owned(),
            first_href: walked.then(|| asked.url("/machines", &[])),
            next_href: next.map(|next| asked.url("/machines", &[("after", &next)])),
            csv_semicolon: asked.url("/machines.csv", &[("separator", "semicolon")]),
            csv_comma: asked.url("/machines.csv", &[("separator", "comma")]),
        }
    }
}

/// What the form of the search must keep.
fn hidden(asked: &Asked) -> Vec<(&'static str, String)> {
    let sort = SORTS.iter().find(|(sort, _)| *sort == asked.sort).map_or("", |(_, word)| *word);
    let fields = [
        ("grade", asked.grade.map_or("", Grade::word)),
        ("rule", asked.rule.as_str()),
        ("seen", if asked.silent { "silent" } else { "" }),
        ("conflict", if asked.conflict { "open" } else { "" }),
        ("off", if asked.switched_off { "yes" } else { "" }),
        ("waived", if asked.waived { "yes" } else { "" }),
        ("unsure", if asked.unsure { "yes" } else { "" }),
        ("opinion", asked.opinion.map_or("", Accord::word)),
        ("sort", sort),
        ("order", if asked.direction == Direction::Down { "down" } else { "" }),
    ];
    fields
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name, value.to_owned()))
        .collect()
}

fn grade_chips(reader: &Reader, asked: &Asked, grades: &Grades) -> Vec<Chip> {
    let (lang, w) = (reader.lang, reader.words());
    let chip = |grade: Option<Grade>, count: i64| Chip {
        label: grade.map(|grade| label::grade(w, grade)),
        text: grade.map_or_else(|| w.machines_all.clone(), |one| label::grade(w, one).text.to_owned()),
        count: Some(number(lang, count)),
        href: Asked { grade, ..asked.clone() }.url("/machines", &[]),
        chosen: asked.grade == grade,
    };
    let all = std::iter::once(chip(None, grades.all()));
    all.chain(Grade::ALL.iter().map(|grade| chip(Some(*grade), grades.of(*grade)))).collect()
}

/// Filters that other pages lead to, each with the way out of it.
fn other_chips(reader: &Reader, judge: &Judge, asked: &Asked) -> Vec<Chip> {
    let w = reader.words();
    let chip = |text: String, href: String| Chip { label: None, text, count: None, href, chosen: true };
    let mut chips = Vec::new();
    if !asked.rule.is_empty() {
        let title = label::rule_title(reader.lang, judge, &asked.rule);
        let without = Asked { rule: String::new(), switched_off: false, waived: false, ..asked.clone() };
        let text = match (asked.switched_off, asked.waived) {
            (true, _) => &w.machines_switched_off_rule,
            (false, true) => &w.machines_waived_rule,
            (false, false) => &w.machines_failing,
        };
        chips.push(chip(fill(text, &[("rule", &title)]), without.url("/machines", &[])));
    } else {
        if asked.switched_off {
            let without = Asked { switched_off: false, ..asked.clone() };
            chips.push(chip(w.machines_switched_off.clone(), without.url("/machines", &[])));
        }
        if asked.waived {
            let without = Asked { waived: false, ..asked.clone() };
            chips.push(chip(w.machines_waived.clone(), without.url("/machines", &[])));
        }
    }
    if asked.unsure {
        let without = Asked { unsure: false, ..asked.clone() };
        chips.push(chip(w.machines_unsure.clone(), without.url("/machines", &[])));
    }
    if let Some(accord) = asked.opinion {
        let without = Asked { opinion: None, ..asked.clone() };
        chips.push(chip(opinion(w, accord).to_owned(), without.url("/machines", &[])));
    }
    if asked.silent {
        let without = Asked { silent: false, ..asked.clone() };
        let text = fill(&w.todo_silent, &[("days", &SILENT_DAYS.to_string())]);
        chips.push(chip(text, without.url("/machines", &[])));
    }
    if asked.conflict {
        let without = Asked { conflict: false, ..asked.clone() };
        chips.push(chip(w.todo_conflict.clone(), without.url("/machines", &[])));
    }
    chips
}

/// What Windows says beside the rules, in few words.
fn opinion(w: &'static Words, accord: Accord) -> &'static str {
    match accord {
        Accord::Same => &w.opinion_same,
        Accord::Undecided => &w.opinion_undecided,
        Accord::OnlyRules => &w.opinion_only_rules_chip,
        Accord::OnlyWindows => &w.opinion_only_windows_chip,
    }
}

fn unit_choices(asked: &Asked, nodes: &[Node]) -> Vec<Choice> {
    nodes.iter().map(|node| unit_choice(asked, node, node.depth)).collect()
}

fn unit_choice(asked: &Asked, node: &Node, depth: usize) -> Choice {
    Choice {
        value: node.unit.id.clone(),
        text: format!("{}{}", "\u{a0}\u{a0}\u{a0}".repeat(depth), node.unit.name),
        chosen: node.unit.id == asked.unit,
    }
}

fn role_choices(w: &'static Words, asked: &Asked) -> Vec<Choice> {
    let choice = |role: &Role| Choice {
        value: role.word().to_owned(),
        text: label::role(w, *role).to_owned(),
        chosen: asked.role == Some(*role),
    };
    Role::ALL.iter().map(choice).collect()
}

fn heads(w: &'static Words, asked: &Asked) -> Vec<Head> {
    let head = |sort: Sort, text, class| {
        let is_sorted = asked.sort == sort;
        let is_up = asked.direction == Direction::Up;
        let direction = if is_sorted && is_up { Direction::Down } else { Direction::Up };
        Head {
            text,
            href: Some(Asked { sort, direction, ..asked.clone() }.url("/machines", &[])),
            arrow: match (is_sorted, is_up) {
                (false, _) => "",
                (true, true) => "↑",
                (true, false) => "↓",
            },
            aria: match (is_sorted, is_up) {
                (false, _) => "none",
                (true, true) => "ascending",
                (true, false) => "descending",
            },
            class,
        }
    };
    let plain = |text, class| Head { text, href: None, arrow: "", aria: "", class };
    vec![
        head(Sort::Grade, w.column_grade.as_str(), "tight"),
        head(Sort::Name, w.column_machine.as_str(), ""),
        head(Sort::Unit, w.column_unit.as_str(), ""),
        plain(w.column_role.as_str(), "tight"),
        plain(w.column_os.as_str(), ""),
        head(Sort::Score, w.column_score.as_str(), "n tight"),
        plain(w.column_coverage.as_str(), "n tight"),
        plain(w.column_why.as_str(), ""),
        head(Sort::Seen, w.column_seen.as_str(), "tight"),
    ]
}

impl Line {
    fn of(reader: &Reader, judge: &Judge, row: &MachineRow) -> Line {
        let (lang, w) = (reader.lang, reader.words());
        Line {
            href: format!("/machines/{}", row.id),
            hostname: row.hostname.clone(),
            unit: row.unit_name.clone(),
            unit_href: format!("/units/{}", row.unit),
            role: label::role_of(w, &row.role),
            os: row.os.clone(),
            grade: label::grade(w, row.grade),
            score: row.score.map_or_else(|| "—".to_owned(), |score| number(lang, score)),
            coverage: format::percent(lang, row.coverage),
            why: match &row.decided_by {
                Some(rule) => label::decided(lang, w, judge, row.grade, rule, &row.role),
                None if row.report.is_none() => w.never_reported.clone(),
                None => String::new(),
            },
            seen: format::ago(w, row.seen_at, reader.now),
            seen_at: format::moment(row.seen_at),
            is_silent: row.seen_at < silent_since(reader.now),
            waived: waived(lang, w, row),
        }
    }
}

/// How many exceptions hold for a machine, in words.
pub fn waived(lang: Lang, w: &'static Words, row: &MachineRow) -> Option<String> {
    (row.waived > 0).then(|| fill(&w.machines_waived_count, &[("n", &number(lang, row.waived))]))
}

/// The units that a name or a code stands for, without those below others of them: those that are called exactly so, or
/// those in which every word begins a word of the name or the code. None where nothing was written.
fn places<'u>(units: &'u [UnitRow], text: &str) -> Option<Vec<&'u UnitRow>> {
    let text = fold(text);
    if text.is_empty() {
        return None;
    }
    let is_called = |unit: &&UnitRow| fold(&unit.name) == text || fold(&unit.code) == text;
    let is_like = |unit: &&UnitRow| {
        let words = fold(&format!("{} {}", unit.name, unit.code));
        text.split(' ').all(|wanted| words.split(' ').any(|word| word.starts_with(wanted)))
    };
    let mut found: Vec<&UnitRow> = units.iter().filter(is_called).collect();
    if found.is_empty() {
        found = units.iter().filter(is_like).collect();
    }
    let paths: Vec<&str> = found.iter().map(|unit| unit.path.as_str()).collect();
    let is_below =
        |unit: &UnitRow| paths.iter().any(|path| unit.path.len() > path.len() && unit.path.starts_with(path));
    Some(found.iter().copied().filter(|unit| !is_below(unit)).collect())
}

/// What of the search was left out, and which units a name stood for.
fn told(reader: &Reader, asked: &Asked, places: Option<&[&UnitRow]>) -> Vec<String> {
    let w = reader.words();
    let mut told = Vec::new();
    let left_out = search::read(&asked.search).left_out;
    if !left_out.is_empty() {
        let most = number(reader.lang, i64::try_from(TERMS_MAX).unwrap_or(i64::MAX));
        told.push(fill(&w.machines_left_out, &[("n", &most), ("words", &left_out.join(" "))]));
    }
    match places {
        None => {}
        Some([]) => told.push(fill(&w.machines_no_place, &[("text", &asked.place)])),
        Some(units) => {
            let named: Vec<&str> = units.iter().take(NAMED_MAX).map(|unit| unit.name.as_str()).collect();
            let named = named.join("; ");
            let more = units.len().saturating_sub(NAMED_MAX);
            let text = if more > 0 { &w.machines_places_more } else { &w.machines_places };
            let more = number(reader.lang, i64::try_from(more).unwrap_or(i64::MAX));
            told.push(fill(text, &[("units", &named), ("n", &more)]));
        }
    }
    told
}

/// What both the page and the export read first: the units that are seen, the filter, and what there is to say of it.
async fn prepare(
    tx: &mut Tx,
    visitor: &Visitor,
    asked: &Asked,
) -> Result<(Vec<UnitRow>, Filter, Vec<String>), Failure> {
    let scope = &visitor.person.scope;
    let units = listing::units(tx, scope).await?;
    let unit = units.iter().find(|unit| unit.id == asked.unit);
    if !asked.unit.is_empty() && unit.is_none() {
        return Err(Failure::NotFound);
    }
    let places = places(&units, &asked.place);
    let filter = asked.filter(&visitor.reader, scope, unit, places.as_deref());
    let told = told(&visitor.reader, asked, places.as_deref());
    Ok((units, filter, told))
}

/// Shows the list.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the reader does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let asked = Asked::of(&fields);
    let mut tx = site.app.store.read().await?;
    let (units, filter, told) = prepare(&mut tx, &visitor, &asked).await?;
    let behind = Cursor::parse(fields.text("after"));
    let grades = listing::grades(&mut tx, &filter).await?;
    // Looking for none takes as long as looking at all.
    let rows = if asked.grade.map_or_else(|| grades.all(), |grade| grades.of(grade)) == 0 {
        Vec::new()
    } else {
        listing::machines(&mut tx, &filter, asked.sort, asked.direction, behind.as_ref(), ROWS + 1).await?
    };
    let nodes = tree(units, &BTreeMap::new());
    let judge = site.app.judge();
    page(&MachinesPage::of(&visitor.reader, &judge, &asked, &nodes, told, (&grades, &rows), behind.is_some()))
}

/// Exports what the list shows, all of it, as CSV.
///
/// # Errors
/// As [`show`].
pub async fn export(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let asked = Asked::of(&fields);
    let mut tx = site.app.store.read().await?;
    let (units, filter, _) = prepare(&mut tx, &visitor, &asked).await?;
    let kinds: BTreeMap<String, String> =
        unit::tree(&mut tx).await?.into_iter().map(|unit| (unit.id, unit.kind)).collect();
    let rooms = register::all(&mut tx, &filter.scope).await?;
    let judge = site.app.judge();
    let by_id: BTreeMap<&str, &UnitRow> = units.iter().map(|unit| (unit.id.as_str(), unit)).collect();
    let mut csv = Csv::new(fields.separator());
    csv.line(&titles(visitor.words()));
    let mut behind: Option<Cursor> = None;
    loop {
        let rows =
            listing::machines(&mut tx, &filter, asked.sort, asked.direction, behind.as_ref(), EXPORT_ROWS)
                .await?;
        for row in &rows {
            let beside = Beside {
                code: by_id.get(row.unit.as_str()).map(|unit| unit.code.clone()).unwrap_or_default(),
                commune: commune(&by_id, &kinds, &row.unit),
                room: rooms.get(&row.id).map(|(room, _)| room.clone()).unwrap_or_default(),
            };
            csv.line(&cells(visitor.lang(), visitor.words(), &judge, row, beside));
        }
        behind = rows.last().map(Cursor::behind);
        if rows.len() < EXPORT_ROWS {
            break;
        }
    }
    let day = format::day(visitor.reader.now);
    Ok(attachment(CSV, &format!("may-{day}.csv"), csv.text))
}

/// What the list does not show of a machine.
struct Beside {
    code: String,
    commune: String,
    room: String,
}

/// The name of the commune or ward in which a unit is; empty where it is in none.
fn commune(units: &BTreeMap<&str, &UnitRow>, kinds: &BTreeMap<String, String>, id: &str) -> String {
    let mut here = units.get(id);
    while let Some(unit) = here {
        if kinds.get(&unit.id).is_some_and(|kind| kind == "commune" || kind == "ward") {
            return unit.name.clone();
        }
        here = unit.parent.as_deref().and_then(|parent| units.get(parent));
    }
    String::new()
}

fn titles(w: &'static Words) -> Vec<String> {
    [
        &w.column_machine,
        &w.column_unit,
        &w.league_code,
        &w.column_commune,
        &w.work_room,
        &w.column_role,
        &w.column_grade,
        &w.column_score,
        &w.column_coverage,
        &w.column_why,
        &w.column_os,
        &w.column_maker,
        &w.column_model,
        &w.column_seen,
        &w.column_waived,
        &w.column_switched_off,
        &w.opinion_column,
        &w.machines_id,
    ]
    .map(Clone::clone)
    .to_vec()
}

fn cells(lang: Lang, w: &'static Words, judge: &Judge, row: &MachineRow, beside: Beside) -> Vec<String> {
    vec![
        row.hostname.clone(),
        row.unit_name.clone(),
        beside.code,
        beside.commune,
        beside.room,
        label::role_of(w, &row.role),
        label::grade(w, row.grade).text.to_owned(),
        row.score.map(|score| score.to_string()).unwrap_or_default(),
        row.coverage.to_string(),
        row.decided_by
            .as_ref()
            .map(|rule| label::decided(lang, w, judge, row.grade, rule, &row.role))
            .unwrap_or_default(),
        row.os.clone(),
        row.maker.clone(),
        row.model.clone(),
        format::iso_moment(row.seen_at),
        row.waived.to_string(),
        row.switched_off.to_string(),
        Accord::parse(&row.opinion).map_or("", |accord| opinion(w, accord)).to_owned(),
        row.id.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_units() {
        let unit = |path: &str, code: &str, name: &str| UnitRow {
            id: path.to_owned(),
            parent: None,
            path: format!("{path}/"),
            code: code.to_owned(),
            name: name.to_owned(),
            closed_on: None,
        };
        let units = [
            unit("1", "38", "Tỉnh Thanh Hóa"),
            unit("1/2", "14923", "Xã Bá Thước"),
            unit("1/2/3", "14923-VP", "Văn phòng xã Bá Thước"),
            unit("1/4", "14812", "Phường Bỉm Sơn"),
            unit("1/5", "15001", "Xã Quan Sơn"),
        ];
        let told = ["bá thước", "Xã Ba Thuoc", "14923-vp", "sơn", "149", "thai binh", " "].map(|text| {
            let names = places(&units, text)
                .map(|found| found.iter().map(|unit| unit.code.as_str()).collect::<Vec<_>>().join(" "));
            format!("{text}: {names:?}")
        });
        expect_test::expect![[r#"
            bá thước: Some("14923")
            Xã Ba Thuoc: Some("14923")
            14923-vp: Some("14923-VP")
            sơn: Some("14812 15001")
            149: Some("14923")
            thai binh: Some("")
             : None"#]]
        .assert_eq(&told.join("\n"));
    }

    #[test]
    fn an_address_keeps_what_it_asks() {
        for query in [
            "",
            "q=xa%20a&grade=ready&role=clerk&unit=1&rule=r&seen=silent&sort=name&order=down",
            "rule=r&off=yes&waived=yes&opinion=only_rules&conflict=open&place=b%C3%A1",
        ] {
            let asked = Asked::of(&Fields::parse(query.as_bytes()));
            let url = asked.url("/machines", &[]);
            let again =
                Asked::of(&Fields::parse(url.split_once('?').map_or("", |(_, query)| query).as_bytes()));
            assert_eq!(again, asked, "{url}");
        }
    }
}

//! One unit: the units below it, what fails there, its machines.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use rules::assess::{Grade, Outcome, Role};

use crate::app::Judge;
use crate::error::Failure;
use crate::store::listing::{self, Direction, Filter, MachineRow, Scope, Sort};
use crate::store::seat::{self, Seats};
use crate::web::format::{self, fill, number, share};
use crate::web::label::{self, Label, Stretch, grades_bar, grades_text};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::units::{Node, UnitLine, shown_name, tree};
use crate::web::words::Words;
use crate::web::{Site, Visitor, page};

/// Machines shown; the list shows the rest.
const MACHINES_MAX: usize = 30;
/// Rules shown.
const WHY_MAX: usize = 6;

#[derive(Template)]
#[template(path = "unit.html")]
struct UnitPage {
    l: Layout,
    w: &'static Words,
    name: String,
    code_label: String,
    code: String,
    history_href: String,
    crumbs: Vec<(String, String)>,
    is_empty: bool,
    ready: String,
    of_all: String,
    bar: Vec<Stretch>,
    bar_text: String,
    legend: Vec<Legend>,
    children: Vec<UnitLine>,
    why: Vec<Why>,
    seats: Vec<SeatsView>,
    has_seats: bool,
    plan_href: String,
    machines: Vec<Machine>,
    has_more: bool,
    list_href: String,
}

/// The seats of one role.
struct SeatsView {
    role: String,
    count: String,
    machines: String,
    ready: String,
    balance: String,
    is_short: bool,
}

/// What the page is made from, beside the tree.
struct Rows<'a> {
    findings: &'a BTreeMap<(String, String), i64>,
    machines: &'a [MachineRow],
    seats: &'a [Seats],
    by_role: &'a BTreeMap<String, (i64, i64)>,
}

struct Legend {
    grade: Label,
    count: String,
    share: String,
    href: String,
}

struct Why {
    title: String,
    severity: Option<Label>,
    machines: String,
    share: String,
    href: String,
}

struct Machine {
    href: String,
    hostname: String,
    unit: String,
    role: String,
    grade: Label,
    score: String,
    why: String,
    seen: String,
}

impl UnitPage {
    fn of(reader: &Reader, judge: &Judge, nodes: &[Node], at: usize, rows: &Rows<'_>) -> UnitPage {
        let (lang, w) = (reader.lang, reader.words());
        let node = &nodes[at];
        let (all, ready) = (node.all.all(), node.all.of(Grade::Ready));
        let below = nodes.iter().skip(at + 1).take_while(|other| other.depth > node.depth);
        let children = below.filter(|other| other.depth == node.depth + 1);
        UnitPage {
            l: Layout::new(reader, Place::Units, &node.unit.name),
            w,
            name: shown_name(w, &node.unit),
            code_label: fill(&w.unit_code, &[("code", &node.unit.code)]),
            code: node.unit.code.clone(),
            history_href: format!("/units/{}/history", node.unit.id),
            crumbs: crumbs(nodes, node),
            is_empty: all == 0,
            ready: number(lang, ready),
            of_all: fill(&w.overview_of, &[("all", &number(lang, all)), ("share", &share(lang, ready, all))]),
            bar: grades_bar(&node.all),
            bar_text: grades_text(lang, w, &node.all),
            legend: Grade::ALL
                .iter()
                .map(|grade| Legend {
                    grade: label::grade(w, *grade),
                    count: number(lang, node.all.of(*grade)),
                    share: share(lang, node.all.of(*grade), all),
                    href: format::url("/machines", &[("unit", &node.unit.id), ("grade", grade.word())]),
                })
                .collect(),
            children: children.map(|child| UnitLine::of(lang, w, child)).collect(),
            why: why(reader, judge, node, rows.findings),
            seats: seats(reader, rows),
            has_seats: !rows.seats.is_empty(),
            plan_href: format::url("/plan", &[("unit", &node.unit.id)]),
            machines: rows
                .machines
                .iter()
                .take(MACHINES_MAX)
                .map(|row| machine(reader, judge, row))
                .collect(),
            has_more: rows.machines.len() > MACHINES_MAX,
            list_href: format::url("/machines", &[("unit", &node.unit.id)]),
        }
    }
}

/// Seats beside machines, role by role.
fn seats(reader: &Reader, rows: &Rows<'_>) -> Vec<SeatsView> {
    let (lang, w) = (reader.lang, reader.words());
    let view = |role: &Role| {
        let count: i64 = rows.seats.iter().filter(|one| one.role == role.word()).map(|one| one.count).sum();
        let (machines, ready) = rows.by_role.get(role.word()).copied().unwrap_or_default();
        if count == 0 && machines == 0 {
            return None;
        }
        let balance = match machines - count {
            0 => w.unit_seats_even.clone(),
            over @ 1.. => fill(&w.unit_seats_over, &[("n", &number(lang, over))]),
            short => fill(&w.unit_seats_short, &[("n", &number(lang, -short))]),
        };
        Some(SeatsView {
            role: label::role(w, *role).to_owned(),
            count: number(lang, count),
            machines: number(lang, machines),
            ready: number(lang, ready),
            balance,
            is_short: machines < count,
        })
    };
    Role::ALL.iter().filter_map(view).collect()
}

/// The way from the first unit that the reader sees to the one above this.
fn crumbs(nodes: &[Node], node: &Node) -> Vec<(String, String)> {
    let mut crumbs: Vec<&Node> = nodes
        .iter()
        .filter(|other| other.unit.id != node.unit.id && node.unit.path.starts_with(&other.unit.path))
        .collect();
    crumbs.sort_by_key(|other| other.depth);
    crumbs.into_iter().map(|other| (format!("/units/{}", other.unit.id), other.unit.name.clone())).collect()
}

fn why(reader: &Reader, judge: &Judge, node: &Node, findings: &BTreeMap<(String, String), i64>) -> Vec<Why> {
    let (lang, w) = (reader.lang, reader.words());
    let mut failed: Vec<(&str, i64)> = findings
        .iter()
        .filter(|((_, outcome), _)| outcome == Outcome::Fail.word())
        .map(|((rule, _), machines)| (rule.as_str(), *machines))
        .collect();
    failed.sort_by_key(|(rule, machines)| {
        let points = label::rule(judge, None, rule).map(|(_, rule)| rule.severity.points());
        (points == Some(0), std::cmp::Reverse(*machines), std::cmp::Reverse(points), *rule)
    });
    let all = node.all.all();
    let lines = failed.into_iter().take(WHY_MAX).map(|(rule, machines)| Why {
        title: label::rule_title(lang, judge, rule),
        severity: label::rule(judge, None, rule).map(|(_, rule)| label::severity(w, rule.severity)),
        machines: number(lang, machines),
        share: share(lang, machines, all),
        href: format::url("/machines", &[("unit", &node.unit.id), ("rule", rule)]),
    });
    lines.collect()
}

fn machine(reader: &Reader, judge: &Judge, row: &MachineRow) -> Machine {
    let (lang, w) = (reader.lang, reader.words());
    Machine {
        href: format!("/machines/{}", row.id),
        hostname: row.hostname.clone(),
        unit: row.unit_name.clone(),
        role: label::role_of(w, &row.role),
        grade: label::grade(w, row.grade),
        score: row.score.map_or_else(|| "—".to_owned(), |score| number(lang, score)),
        why: match &row.decided_by {
            Some(rule) => label::rule_title(lang, judge, rule),
            None if row.report.is_none() => w.never_reported.clone(),
            None => String::new(),
        },
        seen: format::ago(w, row.seen_at, reader.now),
    }
}

/// Shows one unit.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the reader does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let scope = &visitor.person.scope;
    let units = listing::units(&mut tx, scope).await?;
    let unit = units.iter().find(|unit| unit.id == id).ok_or(Failure::NotFound)?;
    let subtree = Scope::subtree(&unit.path);
    let own = listing::grades_by_unit(&mut tx, &subtree).await?;
    let findings = listing::findings(&mut tx, &subtree).await?;
    let seats = seat::all(&mut tx, &subtree).await?;
    let by_role = listing::ready_by_role(&mut tx, &subtree).await?;
    let filter = Filter::all(subtree);
    let rows =
        listing::machines(&mut tx, &filter, Sort::Grade, Direction::Up, None, MACHINES_MAX + 1).await?;
    let nodes = tree(units, &own);
    let at = nodes.iter().position(|node| node.unit.id == id).ok_or(Failure::NotFound)?;
    let rows = Rows { findings: &findings, machines: &rows, seats: &seats, by_role: &by_role };
    page(&UnitPage::of(&visitor.reader, &site.app.judge(), &nodes, at, &rows))
}

//! One unit: the units below it, what fails there, its machines.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Span;
use rules::assess::{Grade, Outcome, Role};

use crate::app::Judge;
use crate::error::Failure;
use crate::figures;
use crate::lang::Lang;
use crate::part::{self, Part};
use crate::store::counts::Noted;
use crate::store::listing::{self, Direction, Filter, MachineRow, Scope, Sort, UnitRow};
use crate::store::seat::{self, Filled, Seats};
use crate::store::tally::{self, Count};
use crate::store::target::{self, Target};
use crate::store::{goods, unit, work};
use crate::web::format::{self, fill, money, number, share};
use crate::web::label::{self, Label, Stretch, grades_bar, grades_text};
use crate::web::layout::{Layout, Place};
use crate::web::league::SETS_TARGETS;
use crate::web::machines::waived;
use crate::web::parameters::SETS_PARAMETERS;
use crate::web::reader::Reader;
use crate::web::trend::{self, TREND_DAYS, Trend};
use crate::web::units::{Node, UnitLine, shown_name, tree};
use crate::web::words::Words;
use crate::web::{Site, Visitor, page_with};

/// Machines shown; the list shows the rest.
const MACHINES_MAX: usize = 30;
/// Rules shown.
const WHY_MAX: usize = 6;

#[derive(Template)]
#[template(path = "unit.html")]
struct UnitPage {
    l: Layout,
    w: &'static Words,
    id: String,
    name: String,
    code_label: String,
    code: String,
    history_href: String,
    crumbs: Vec<(String, String)>,
    is_empty: bool,
    ready: String,
    of_all: String,
    /// How many machines an exception holds for, and where they are listed.
    waived: Option<(String, String)>,
    bar: Vec<Stretch>,
    bar_text: String,
    legend: Vec<Legend>,
    children: Vec<ChildView>,
    why: Vec<Why>,
    seats: Vec<SeatsView>,
    has_seats: bool,
    untold: Option<String>,
    part: PartView,
    plan_href: String,
    rules_told: Option<String>,
    parameters_href: Option<String>,
    machines: Vec<Machine>,
    has_more: bool,
    list_href: String,
    trend: Trend,
    errors: Vec<String>,
    target: TargetView,
    work: WorkView,
}

/// The work that there is here, and who does it.
struct WorkView {
    counts: String,
    href: String,
    team: String,
    own_team: String,
}

/// What the unit is to reach, and the form to say so.
struct TargetView {
    told: Option<String>,
    whose: String,
    may: bool,
    share: String,
    day: String,
    first_day: String,
}

/// The seats of one role.
struct SeatsView {
    role: String,
    count: String,
    machines: String,
    ready: String,
    short: String,
    over: String,
    is_short: bool,
}

/// A unit right below, with what is short and over there.
struct ChildView {
    line: UnitLine,
    short: String,
    over: String,
    is_short: bool,
}

/// What the plan means here.
struct PartView {
    cost: Option<String>,
    sentences: Vec<String>,
    at: String,
}

/// What the page is made from, beside the tree.
struct Rows<'a> {
    /// The units above that the reader sees, from the first.
    above: &'a [UnitRow],
    findings: &'a BTreeMap<(String, String), i64>,
    machines: &'a [MachineRow],
    seats: &'a [Seats],
    filled: &'a Filled,
    part: Option<Part>,
    work: (i64, i64, i64),
    teams: &'a BTreeMap<String, String>,
    counts: &'a [Count],
    /// The unit whose target holds here, by its id, and the target.
    target: Option<(String, Target)>,
    errors: Vec<String>,
    noted: Noted,
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
    waived: Option<String>,
}

impl UnitPage {
    /// `nodes` is the unit with all units below it.
    fn of(reader: &Reader, judge: &Judge, nodes: &[Node], rows: &Rows<'_>) -> UnitPage {
        let (lang, w) = (reader.lang, reader.words());
        let node = &nodes[0];
        let (all, ready) = (node.all.all(), node.all.of(Grade::Ready));
        let (balances, untold) = balances(rows.seats, rows.filled);
        UnitPage {
            l: Layout::new(reader, Place::Units, &node.unit.name),
            w,
            id: node.unit.id.clone(),
            name: shown_name(w, &node.unit),
            code_label: fill(&w.unit_code, &[("code", &node.unit.code)]),
            code: node.unit.code.clone(),
            history_href: format!("/units/{}/history", node.unit.id),
            crumbs: rows.above.iter().map(|one| (format!("/units/{}", one.id), one.name.clone())).collect(),
            is_empty: all == 0,
            ready: number(lang, ready),
            of_all: fill(&w.overview_of, &[("all", &number(lang, all)), ("share", &share(lang, ready, all))]),
            waived: (rows.noted.waived > 0).then(|| {
                let text = fill(&w.machines_waived_among, &[("n", &number(lang, rows.noted.waived))]);
                (
                    text,
                    format::url(
                        "/machines",
                        &[("unit", &node.unit.id), ("grade", Grade::Ready.word()), ("waived", "yes")],
                    ),
                )
            }),
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
            children: children(reader, nodes, &balances),
            why: why(reader, judge, node, rows.findings),
            seats: seats(reader, &balances, rows.filled),
            has_seats: !rows.seats.is_empty(),
            untold: (untold > 0).then(|| fill(&w.unit_seats_untold, &[("n", &number(lang, untold))])),
            part: part_told(reader, rows.part),
            plan_href: format::url("/plan", &[("unit", &node.unit.id)]),
            rules_told: rows.part.and_then(|part| part.rules).map(|counts| rules_told(reader, counts)),
            parameters_href: reader
                .person
                .as_ref()
                .filter(|person| SETS_PARAMETERS.contains(&person.standing))
                .map(|_| format!("/units/{}/parameters", node.unit.id)),
            machines: rows
                .machines
                .iter()
                .take(MACHINES_MAX)
                .map(|row| machine(reader, judge, row))
                .collect(),
            has_more: rows.machines.len() > MACHINES_MAX,
            list_href: format::url("/machines", &[("unit", &node.unit.id)]),
            trend: Trend::of(reader, rows.counts, rows.target.as_ref().map(|(_, target)| *target)),
            errors: rows.errors.clone(),
            target: target_view(reader, node, rows),
            work: work_view(reader, node, rows),
        }
    }
}

/// What is to be reached here, and for which unit that was said.
fn target_view(reader: &Reader, node: &Node, rows: &Rows<'_>) -> TargetView {
    let (w, target) = (reader.words(), rows.target.as_ref());
    let own = target.filter(|(unit, _)| *unit == node.unit.id).map(|(_, target)| target);
    let whose = match target {
        None => w.target_none.clone(),
        Some((unit, _)) if *unit == node.unit.id => w.target_own.clone(),
        Some((unit, _)) => {
            // A unit above that the reader does not see has no name here.
            let above = rows.above.iter().find(|above| above.id == *unit);
            fill(&w.target_of, &[("unit", above.map_or("…", |above| &above.name))])
        }
    };
    TargetView {
        told: target.map(|(_, target)| trend::told(reader, *target)),
        whose,
        may: reader.person.as_ref().is_some_and(|person| SETS_TARGETS.contains(&person.standing)),
        share: own.map(|target| target.share_percent.to_string()).unwrap_or_default(),
        day: own.map(|target| target.day.to_string()).unwrap_or_default(),
        first_day: format::day(reader.now).to_string(),
    }
}

fn work_view(reader: &Reader, node: &Node, rows: &Rows<'_>) -> WorkView {
    let (lang, w) = (reader.lang, reader.words());
    let (open, done, confirmed) = rows.work;
    let [open, done, confirmed] = [open, done, confirmed].map(|count| number(lang, count));
    let team = work::team_at(rows.teams, &node.unit.path);
    WorkView {
        counts: fill(&w.work_counts, &[("open", &open), ("done", &done), ("confirmed", &confirmed)]),
        href: format::url("/work", &[("unit", &node.unit.id)]),
        team: team.map_or_else(|| w.work_team_none.clone(), |team| format!("{}: {team}.", w.work_team)),
        own_team: rows.teams.get(&node.unit.id).cloned().unwrap_or_default(),
    }
}

/// What is short and what is over, unit by unit.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Balance {
    /// Working places, and the machines of the units where they were counted.
    seats: i64,
    machines: i64,
    ready: i64,
    short: i64,
    over: i64,
}

impl Balance {
    fn add(&mut self, other: Balance) {
        self.seats += other.seats;
        self.machines += other.machines;
        self.ready += other.ready;
        self.short += other.short;
        self.over += other.over;
    }
}

/// The balance of each unit and role of which seats were counted in the unit, and the machines of the other units.
fn balances<'a>(seats: &'a [Seats], filled: &'a Filled) -> (BTreeMap<(&'a str, &'a str), Balance>, i64) {
    let told: BTreeSet<&str> = seats.iter().map(|one| one.unit.as_str()).collect();
    let mut balances: BTreeMap<(&str, &str), Balance> = BTreeMap::new();
    for one in seats {
        balances.entry((&one.unit, &one.role)).or_default().seats += one.count;
    }
    let mut untold = 0;
    for ((unit, role), (machines, ready)) in filled {
        if told.contains(unit.as_str()) {
            let balance = balances.entry((unit, role)).or_default();
            (balance.machines, balance.ready) = (*machines, *ready);
        } else {
            untold += machines;
        }
    }
    for balance in balances.values_mut() {
        balance.short = (balance.seats - balance.machines).max(0);
        balance.over = (balance.machines - balance.seats).max(0);
    }
    (balances, untold)
}

fn summed<'a>(balances: impl Iterator<Item = &'a Balance>) -> Option<Balance> {
    let mut sum = None;
    for balance in balances {
        sum.get_or_insert_with(Balance::default).add(*balance);
    }
    sum
}

/// How many are short and over; a stroke where nobody counted seats.
fn short_and_over(lang: Lang, balance: Option<Balance>) -> (String, String) {
    let text = |count: Option<i64>| count.map_or_else(|| "—".to_owned(), |count| number(lang, count));
    (text(balance.map(|balance| balance.short)), text(balance.map(|balance| balance.over)))
}

/// Seats beside machines, role by role.
fn seats(reader: &Reader, balances: &BTreeMap<(&str, &str), Balance>, filled: &Filled) -> Vec<SeatsView> {
    let (lang, w) = (reader.lang, reader.words());
    let view = |role: &Role| {
        let here = balances.iter().filter(|((_, of), _)| *of == role.word()).map(|(_, balance)| balance);
        let balance = summed(here);
        let of = filled.iter().filter(|((_, of), _)| of == role.word()).map(|(_, counts)| counts);
        let (machines, ready) = of.fold((0, 0), |sum, counts| (sum.0 + counts.0, sum.1 + counts.1));
        if balance.is_none() && machines == 0 {
            return None;
        }
        let (short, over) = short_and_over(lang, balance);
        Some(SeatsView {
            role: label::role(w, *role).to_owned(),
            count: balance.map_or_else(|| "—".to_owned(), |balance| number(lang, balance.seats)),
            machines: number(lang, machines),
            ready: number(lang, ready),
            short,
            over,
            is_short: balance.is_some_and(|balance| balance.short > 0),
        })
    };
    Role::ALL.iter().filter_map(view).collect()
}

/// The units right below, each with what is short and over there and below; before them the unit itself, where it has
/// machines or seats of its own beside those.
fn children(reader: &Reader, nodes: &[Node], balances: &BTreeMap<(&str, &str), Balance>) -> Vec<ChildView> {
    let (lang, w, node, below) = (reader.lang, reader.words(), &nodes[0], &nodes[1..]);
    // The unit right below the page's, of each unit in the subtree.
    let mut of_child: BTreeMap<&str, Option<Balance>> = BTreeMap::new();
    let mut child = None;
    for other in below {
        if other.depth == node.depth + 1 {
            child = Some(other.unit.id.as_str());
        }
        let Some(child) = child else { continue };
        let id = other.unit.id.as_str();
        let here =
            summed(balances.range((id, "")..).take_while(|((unit, _), _)| *unit == id).map(|(_, one)| one));
        let sum = of_child.entry(child).or_default();
        if let Some(here) = here {
            sum.get_or_insert_with(Balance::default).add(here);
        }
    }
    let view = |line: UnitLine, balance: Option<Balance>| {
        let (short, over) = short_and_over(lang, balance);
        ChildView { line, short, over, is_short: balance.is_some_and(|balance| balance.short > 0) }
    };
    let mut views = Vec::new();
    let own =
        summed(balances.iter().filter(|((unit, _), _)| *unit == node.unit.id).map(|(_, balance)| balance));
    if !below.is_empty() && (own.is_some() || node.own.all() > 0) {
        let itself = Node { all: node.own, ..node.clone() };
        let line = UnitLine { name: w.unit_here.clone(), ..UnitLine::of(lang, w, &itself) };
        views.push(view(line, own));
    }
    for child in below.iter().filter(|other| other.depth == node.depth + 1) {
        let balance = of_child.get(child.unit.id.as_str()).copied().flatten();
        views.push(view(UnitLine::of(lang, w, child), balance));
    }
    views
}

/// What the plan means here, in sentences.
fn part_told(reader: &Reader, part: Option<Part>) -> PartView {
    let (lang, w) = (reader.lang, reader.words());
    let Some(part) = part else {
        return PartView { cost: None, sentences: vec![w.unit_part_none.clone()], at: String::new() };
    };
    let [lines, free, ready, seats, then] =
        [part.lines, part.free, part.ready, part.seats, part.ready + part.more]
            .map(|count| number(lang, count));
    let places =
        [("lines", lines.as_str()), ("free", &free), ("ready", &ready), ("seats", &seats), ("then", &then)];
    let sentences = std::iter::once(fill(&w.unit_part_lines, &places)).chain(part_unknown(reader, &part));
    PartView { cost: Some(money(lang, part.cost)), sentences: sentences.collect(), at: part_made(w, &part) }
}

/// What the plan does not know, in sentences.
pub(super) fn part_unknown(reader: &Reader, part: &Part) -> impl Iterator<Item = String> {
    let (lang, w) = (reader.lang, reader.words());
    let unknown = [(&w.unit_part_unpriced, part.unpriced), (&w.unit_part_missing, part.missing)];
    let unknown = unknown.into_iter().filter(|(_, count)| *count > 0);
    unknown.map(move |(text, count)| fill(text, &[("n", &number(lang, count))]))
}

/// When the plan was made.
pub(super) fn part_made(w: &Words, part: &Part) -> String {
    fill(&w.unit_part_at, &[("at", &format::moment(part.made_at))])
}

/// What the rules about whole units say, in one sentence.
fn rules_told(reader: &Reader, counts: [i64; 4]) -> String {
    let [pass, partial, fail, unknown] = counts.map(|count| number(reader.lang, count));
    let places = [("pass", pass.as_str()), ("partial", &partial), ("fail", &fail), ("unknown", &unknown)];
    fill(&reader.words().unit_rule_counts, &places)
}

fn why(reader: &Reader, judge: &Judge, node: &Node, findings: &BTreeMap<(String, String), i64>) -> Vec<Why> {
    let (lang, w) = (reader.lang, reader.words());
    let mut failed: Vec<(&str, i64)> = findings
        .iter()
        .filter(|((_, outcome), _)| outcome == Outcome::Fail.word())
        .map(|((rule, _), machines)| (rule.as_str(), *machines))
        .collect();
    failed.sort_by_cached_key(|(rule, machines)| {
        let points = label::rule(judge, None, rule).map(|(_, rule)| rule.severity.points());
        (points == Some(0), std::cmp::Reverse(*machines), std::cmp::Reverse(points), *rule)
    });
    let all = node.all.all();
    let lines = failed.into_iter().take(WHY_MAX).map(|(rule, machines)| Why {
        title: label::rule_fails(lang, judge, rule, None),
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
            Some(rule) => label::decided(lang, w, judge, row.grade, rule, &row.role),
            None if row.report.is_none() => w.never_reported.clone(),
            None => String::new(),
        },
        seen: format::ago(w, row.seen_at, reader.now),
        waived: waived(lang, w, row),
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
    answer(&site, &visitor, &id, Vec::new()).await
}

/// The page of a unit, with what was wrong with a form.
pub(super) async fn answer(
    site: &Site,
    visitor: &Visitor,
    id: &str,
    errors: Vec<String>,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let scope = &visitor.person.scope;
    let lineage = listing::lineage(&mut tx, scope, id).await?;
    let (unit, above) = lineage.split_last().ok_or(Failure::NotFound)?;
    let units = listing::units(&mut tx, &Scope::subtree(&unit.path)).await?;
    // The only root is everything, which is counted faster.
    let is_all = scope.is_everything() && unit.parent.is_none() && unit::roots(&mut tx).await? == 1;
    let subtree = if is_all { Scope::everything() } else { Scope::subtree(&unit.path) };
    let figures = figures::of(&site.app, &mut tx, &subtree).await?;
    let seats = seat::all(&mut tx, &subtree).await?;
    let (at_machines, goods) =
        (work::counts(&mut tx, &subtree).await?, goods::counts(&mut tx, &subtree).await?);
    let counted = (at_machines.0 + goods.0, at_machines.1 + goods.1, at_machines.2 + goods.2);
    let teams = work::teams(&mut tx).await?;
    let filter = Filter::all(subtree);
    let rows =
        listing::machines(&mut tx, &filter, Sort::Grade, Direction::Up, None, MACHINES_MAX + 1).await?;
    let nodes = tree(units, &figures.grades);
    let node = nodes.first().ok_or(Failure::NotFound)?;
    let since = format::day(visitor.reader.now).saturating_sub(Span::new().days(TREND_DAYS));
    let counts = tally::of(&mut tx, id, since).await?;
    let targets = target::all(&mut tx).await?;
    let target = target::at(&targets, &unit.path).map(|(unit, target)| (unit.to_owned(), target));
    drop(tx);
    let part = part::of(&site.app, &unit.path, node.all.all()).await?;
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let rows = Rows {
        above,
        findings: &figures.findings,
        machines: &rows,
        seats: &seats,
        filled: &figures.filled,
        part,
        work: counted,
        teams: &teams,
        counts: &counts,
        target,
        errors,
        noted: figures.noted,
    };
    page_with(status, &UnitPage::of(&visitor.reader, &site.app.judge(), &nodes, &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_here_does_not_fill_what_is_short_there() {
        let seats = |unit: &str, role: &str, count| Seats {
            unit: unit.into(),
            role: role.into(),
            group: "specialist".into(),
            regime: "A/B".into(),
            count,
        };
        let told = [seats("a", "clerk", 2), seats("b", "clerk", 2), seats("b", "leader", 1)];
        let filled: Filled = [
            (("a", "clerk"), (5, 1)),
            (("b", "clerk"), (1, 1)),
            (("b", "officer"), (2, 0)),
            (("c", "clerk"), (7, 0)),
        ]
        .into_iter()
        .map(|((unit, role), counts)| ((String::from(unit), String::from(role)), counts))
        .collect();
        let (balances, untold) = balances(&told, &filled);
        assert_eq!(untold, 7, "nobody counted the seats of c");
        let sum = summed(balances.values()).unwrap();
        assert_eq!(sum, Balance { seats: 5, machines: 8, ready: 2, short: 2, over: 5 });
        assert_eq!(summed([].iter()), None);
    }
}

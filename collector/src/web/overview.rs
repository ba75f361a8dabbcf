//! How ready everything is, and what needs a person today.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp};
use rules::assess::{Grade, Outcome};

use crate::app::Judge;
use crate::error::Failure;
use crate::figures;
use crate::part::{self, Part};
use crate::store::counts::{self, Noted};
use crate::store::listing::{self, Direction, Filter, Grades, MachineRow, Sort};
use crate::store::tally::{self, Count};
use crate::store::target::{self, Target};
use crate::web::format::{self, fill, money, number, share};
use crate::web::label::{self, Label, Stretch, grades_bar, grades_text};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::trend::{TREND_DAYS, Trend};
use crate::web::unit::{part_made, part_unknown};
use crate::web::units::{Node, UnitLine, tree};
use crate::web::words::Words;
use crate::web::{Site, Visitor, page};

/// After how many days without a word a machine needs a person.
pub const SILENT_DAYS: i64 = 3;
/// Rules shown.
const WHY_MAX: usize = 8;
/// Units shown.
const UNITS_MAX: usize = 10;
/// Reports shown.
const RECENT_MAX: usize = 8;

/// What the page is made from.
pub struct Rows {
    /// Machines of each grade.
    pub grades: Grades,
    /// Machines not heard of, and machines that never reported.
    pub silent: (i64, i64),
    /// Machines whose key another PC uses too.
    pub conflicts: i64,
    /// What is to be known beside the grades.
    pub noted: Noted,
    /// Whether the folder of rules is not what is in force.
    pub rules_wrong: bool,
    /// Machines by rule and outcome.
    pub findings: BTreeMap<(String, String), i64>,
    /// The tree of units.
    pub nodes: Vec<Node>,
    /// The machines heard of last.
    pub recent: Vec<MachineRow>,
    /// Machines of each grade on the days that have gone by.
    pub counts: Vec<Count>,
    /// What is to be reached.
    pub target: Option<Target>,
    /// What the plan means here; none where it was not made yet, or where there is more than one first unit.
    pub part: Option<Part>,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    l: Layout,
    w: &'static Words,
    place: String,
    today: String,
    empty: bool,
    code: String,
    ready: String,
    of_all: String,
    /// What is to be known beside the grades, and where the machines are listed.
    noted: Vec<(String, String)>,
    bar: Vec<Stretch>,
    bar_text: String,
    legend: Vec<Legend>,
    todo: Vec<Todo>,
    why: Vec<Why>,
    units: Vec<UnitLine>,
    recent: Vec<Recent>,
    trend: Trend,
    plan: Option<PlanBand>,
    /// Whether the folder of rules is not what is in force.
    rules_wrong: bool,
}

/// What the plan comes to, in sentences.
struct PlanBand {
    text: String,
    rest: Vec<String>,
    at: String,
}

struct Legend {
    grade: Label,
    count: String,
    share: String,
    href: String,
}

struct Todo {
    count: String,
    is_zero: bool,
    text: String,
    href: String,
}

struct Why {
    title: String,
    severity: Option<Label>,
    machines: String,
    share: String,
    bar: Vec<Stretch>,
    href: String,
}

struct Recent {
    href: String,
    hostname: String,
    unit: String,
    grade: Label,
    seen: String,
}

impl OverviewPage {
    fn of(reader: &Reader, judge: &Judge, rows: &Rows) -> OverviewPage {
        let (lang, w) = (reader.lang, reader.words());
        let all = rows.grades.all();
        let root = rows.nodes.first();
        let ready = rows.grades.of(Grade::Ready);
        OverviewPage {
            l: Layout::new(reader, Place::Overview, &w.nav_overview),
            w,
            place: root.map_or_else(|| w.nav_overview.clone(), |node| node.unit.name.clone()),
            today: format::date(format::day(reader.now)),
            empty: all == 0,
            code: root.map_or_else(|| "CODE".to_owned(), |node| node.unit.code.clone()),
            ready: number(lang, ready),
            of_all: fill(&w.overview_of, &[("all", &number(lang, all)), ("share", &share(lang, ready, all))]),
            noted: noted(reader, rows.noted),
            rules_wrong: rows.rules_wrong,
            bar: grades_bar(&rows.grades),
            bar_text: grades_text(lang, w, &rows.grades),
            legend: Grade::ALL
                .iter()
                .map(|grade| Legend {
                    grade: label::grade(w, *grade),
                    count: number(lang, rows.grades.of(*grade)),
                    share: share(lang, rows.grades.of(*grade), all),
                    href: format::url("/machines", &[("grade", grade.word())]),
                })
                .collect(),
            todo: todo(reader, rows),
            why: why(reader, judge, rows),
            units: units(reader, &rows.nodes),
            recent: rows.recent.iter().map(|row| recent(reader, row)).collect(),
            trend: Trend::of(reader, &rows.counts, rows.target),
            plan: rows.part.map(|part| plan(reader, &part)),
        }
    }
}

/// How many machines an exception holds for, and of how many ready ones nobody knows what a critical rule says.
fn noted(reader: &Reader, noted: Noted) -> Vec<(String, String)> {
    let (lang, w) = (reader.lang, reader.words());
    let link = |count: i64, text: &str, fields: &[(&str, &str)]| {
        (count > 0).then(|| (fill(text, &[("n", &number(lang, count))]), format::url("/machines", fields)))
    };
    let unsure = [("grade", Grade::Ready.word()), ("unsure", "yes")];
    let links = [
        link(noted.waived, &w.machines_waived_among, &[("grade", Grade::Ready.word()), ("waived", "yes")]),
        link(noted.unsure, &w.overview_unsure, &unsure),
    ];
    links.into_iter().flatten().collect()
}

fn todo(reader: &Reader, rows: &Rows) -> Vec<Todo> {
    let (lang, w) = (reader.lang, reader.words());
    let line = |count: i64, text: String, href: String| Todo {
        count: number(lang, count),
        is_zero: count == 0,
        text,
        href,
    };
    let grade = |grade: Grade| format::url("/machines", &[("grade", grade.word())]);
    let (silent, never) = rows.silent;
    vec![
        line(rows.grades.of(Grade::NotReady), w.todo_not_ready.clone(), grade(Grade::NotReady)),
        line(
            silent,
            fill(&w.todo_silent, &[("days", &SILENT_DAYS.to_string())]),
            format::url("/machines", &[("seen", "silent"), ("sort", "seen")]),
        ),
        line(never, w.todo_never.clone(), grade(Grade::NoData)),
        line(rows.conflicts, w.todo_conflict.clone(), format::url("/machines", &[("conflict", "open")])),
    ]
}

fn why(reader: &Reader, judge: &Judge, rows: &Rows) -> Vec<Why> {
    let (lang, w) = (reader.lang, reader.words());
    let judged = rows.grades.all() - rows.silent.1;
    let mut failed: Vec<(&str, i64)> = rows
        .findings
        .iter()
        .filter(|((_, outcome), _)| outcome == Outcome::Fail.word())
        .map(|((rule, _), machines)| (rule.as_str(), *machines))
        .collect();
    failed.sort_by_cached_key(|(rule, machines)| {
        let severity = label::rule(judge, None, rule).map(|(_, rule)| rule.severity.points());
        // What weighs nothing stands behind everything else.
        (severity == Some(0), std::cmp::Reverse(*machines), std::cmp::Reverse(severity), *rule)
    });
    let most = failed.iter().take(WHY_MAX).map(|(_, machines)| *machines).max().unwrap_or(1);
    failed
        .into_iter()
        .take(WHY_MAX)
        .map(|(rule, machines)| Why {
            title: label::rule_fails(lang, judge, rule, None),
            severity: label::rule(judge, None, rule).map(|(_, rule)| label::severity(w, rule.severity)),
            machines: number(lang, machines),
            share: share(lang, machines, judged),
            bar: label::stacked(&[("fail", machines), ("ground", most - machines)]),
            href: format::url("/machines", &[("rule", rule)]),
        })
        .collect()
}

/// What the plan does for how much, and what it does not know.
fn plan(reader: &Reader, part: &Part) -> PlanBand {
    let (lang, w) = (reader.lang, reader.words());
    let [more, ready, seats] = [part.more, part.ready, part.seats].map(|count| number(lang, count));
    let cost = money(lang, part.cost);
    let places = [("cost", cost.as_str()), ("more", &more), ("ready", &ready), ("seats", &seats)];
    PlanBand {
        text: fill(&w.overview_plan, &places),
        rest: part_unknown(reader, part).collect(),
        at: part_made(w, part),
    }
}

/// The units right below the first, the least ready first; the first itself, where all machines are its own.
fn units(reader: &Reader, nodes: &[Node]) -> Vec<UnitLine> {
    let at_depth = |depth| nodes.iter().filter(move |node| node.depth == depth && node.all.all() > 0);
    let wanted = if at_depth(0).count() == 1 && at_depth(1).next().is_some() { 1 } else { 0 };
    let mut units: Vec<&Node> = at_depth(wanted).collect();
    units.sort_by_cached_key(|node| {
        let all = node.all.all();
        (node.all.of(Grade::Ready) * 1000 / all, std::cmp::Reverse(all))
    });
    let lines = units.into_iter().take(UNITS_MAX);
    lines.map(|node| UnitLine::of(reader.lang, reader.words(), node)).collect()
}

fn recent(reader: &Reader, row: &MachineRow) -> Recent {
    Recent {
        href: format!("/machines/{}", row.id),
        hostname: row.hostname.clone(),
        unit: row.unit_name.clone(),
        grade: label::grade(reader.words(), row.grade),
        seen: format::ago(reader.words(), row.seen_at, reader.now),
    }
}

/// Since when a machine that was not heard of is silent.
pub fn silent_since(now: Timestamp) -> Timestamp {
    now - SignedDuration::from_hours(SILENT_DAYS * 24)
}

/// Shows the overview.
///
/// # Errors
/// When the database fails.
pub async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let (reader, scope) = (&visitor.reader, &visitor.person.scope);
    let filter = Filter::all(scope.clone());
    let units = listing::units(&mut tx, scope).await?;
    let figures = figures::of(&site.app, &mut tx, scope).await?;
    let mut grades = Grades::default();
    figures.grades.values().for_each(|unit| grades.add_all(unit));
    let nodes = tree(units, &figures.grades);
    let since = format::day(reader.now).saturating_sub(Span::new().days(TREND_DAYS));
    let roots: Vec<&Node> = nodes.iter().filter(|node| node.depth == 0).collect();
    let mut counts: BTreeMap<Date, Grades> = BTreeMap::new();
    for root in &roots {
        for (day, grades) in tally::of(&mut tx, &root.unit.id, since).await? {
            counts.entry(day).or_default().add_all(&grades);
        }
    }
    let target = match roots.as_slice() {
        [root] => target::at(&target::all(&mut tx).await?, &root.unit.path).map(|(_, target)| target),
        _ => None,
    };
    let silent = counts::silent(&mut tx, scope, silent_since(reader.now)).await?;
    let conflicts = counts::conflicts(&mut tx, scope).await?;
    let recent = listing::machines(&mut tx, &filter, Sort::Seen, Direction::Down, None, RECENT_MAX).await?;
    drop(tx);
    let part = match roots.as_slice() {
        [root] if grades.all() > 0 => part::of(&site.app, &root.unit.path, grades.all()).await?,
        _ => None,
    };
    let rows = Rows {
        rules_wrong: !site.app.rules.wrong().is_empty(),
        grades,
        silent,
        conflicts,
        noted: figures.noted,
        findings: figures.findings.clone(),
        nodes,
        counts: counts.into_iter().collect(),
        target,
        part,
        recent,
    };
    page(&OverviewPage::of(reader, &site.app.judge(), &rows))
}

//! The plan: what to do, by which means, what it costs, and how far a budget goes.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use indicatif::ProgressBar;
use rules::plan::limits::{self, Need};
use rules::plan::{Line, Means, Why, Year, marginal};
use serde::Serialize;

use crate::error::Failure;
use crate::inventory;
use crate::planning::{self, Planned, Wish};
use crate::store::listing::{self, Scope, UnitRow};
use crate::web::annex;
use crate::web::csv::Csv;
use crate::web::format::{self, fill, money, number};
use crate::web::label::{self, pick, rule_title};
use crate::web::layout::{Layout, Place};
use crate::web::reader::{Lang, Reader};
use crate::web::scenarios::PLANS;
use crate::web::words::Words;
use crate::web::{CSV, Fields, Query, Site, Visitor, attachment, page_with};

/// The media type of a workbook.
pub(super) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
/// How long a page waits for machines that are not diagnosed yet.
const PATIENCE: Duration = Duration::from_secs(8);
/// Lines and units on a page, and units in one sentence.
const LINES_MAX: usize = 200;
const UNITS_MAX: usize = 40;
const NAMED_MAX: usize = 4;
/// Years that are planned at most, and the greatest budget of one, in million đồng.
const YEARS_MAX: usize = 5;
const MILLIONS_MAX: i64 = 100_000_000;
const MILLION: i64 = 1_000_000;
/// Longest name of a fund, in characters.
const FUND_CHARS_MAX: usize = 120;
/// What a little more money is, in đồng.
const MORE: i64 = 100 * MILLION;

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    l: Layout,
    w: &'static Words,
    errors: Vec<String>,
    may_keep: bool,
    asked: Asked,
    form: FormView,
    result: Option<ResultView>,
}

struct FormView {
    units: Vec<Choice>,
    norms: Vec<Choice>,
    budget: String,
    years: Vec<Choice>,
    fund: String,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct ResultView {
    place: String,
    norm: String,
    seats: String,
    need: Sum,
    funded: Sum,
    left: Sum,
    is_limited: bool,
    best: Vec<String>,
    marginal: Option<String>,
    notes: Vec<String>,
    means: Vec<Row>,
    items: Vec<ItemRow>,
    units: Vec<Row>,
    years: Vec<Row>,
    lines: Vec<LineView>,
    first_lines: Option<String>,
    excel: String,
    state: String,
    report: String,
    csv: String,
    json: String,
}

struct Sum {
    cost: String,
    lines: String,
}

struct Row {
    name: String,
    href: String,
    count: String,
    cost: String,
    left: String,
}

struct ItemRow {
    name: String,
    unit: String,
    count: String,
    price: String,
    amount: String,
    basis: String,
}

/// A line in the reader's words.
pub struct LineView {
    /// Name of the unit.
    pub unit: String,
    /// Its code.
    pub unit_code: String,
    /// Name of the machine; empty where there is none.
    pub machine: String,
    /// Address of the machine's page; empty where there is none.
    pub href: String,
    /// The role of the seat.
    pub role: String,
    /// The means.
    pub means: &'static str,
    /// What to do.
    pub what: String,
    /// Why.
    pub why: String,
    /// The points, and what they come from.
    pub points: String,
    /// What they come from.
    pub points_parts: String,
    /// What it costs.
    pub cost: String,
    /// When.
    pub when: String,
    /// Whether no budget pays for it.
    pub is_left: bool,
}

/// The word for a means.
pub fn means(w: &'static Words, means: Means) -> &'static str {
    match means {
        Means::Reassign => &w.means_reassign,
        Means::Enable => &w.means_enable,
        Means::Upgrade => &w.means_upgrade,
        Means::Licence => &w.means_licence,
        Means::Buy => &w.means_buy,
        Means::Rent => &w.means_rent,
    }
}

/// The name of an item of the price book; its id when the book does not have it.
pub fn item(lang: Lang, planned: &Planned, id: &str) -> String {
    planned
        .judge
        .prices
        .items
        .get(id)
        .map_or_else(|| id.to_owned(), |item| pick(lang, &item.title).to_owned())
}

/// What to do, in one phrase.
pub fn what(lang: Lang, w: &'static Words, planned: &Planned, line: &Line) -> String {
    let items: Vec<String> = line.purchases.iter().map(|one| item(lang, planned, &one.item)).collect();
    let items = items.join(" + ");
    let machine = line.machine.and_then(|index| planned.machines.get(index));
    match line.means {
        Means::Reassign => moving(w, planned, line),
        Means::Buy if machine.is_some() => fill(&w.plan_do_replace, &[("items", &items)]),
        Means::Buy => fill(&w.plan_do_buy, &[("items", &items)]),
        Means::Rent => fill(&w.plan_do_rent, &[("items", &items)]),
        Means::Licence if machine.is_none() => fill(&w.plan_do_buy, &[("items", &items)]),
        Means::Enable | Means::Upgrade | Means::Licence => {
            let set = planning::set(planned);
            let title = |id: &String| {
                let remedy = set.and_then(|set| set.remedies.get(id));
                remedy.map_or_else(|| id.clone(), |remedy| pick(lang, &remedy.title).to_owned())
            };
            let comes = machine.is_some_and(|machine| machine.unit != line.unit) || line.replaces.is_some();
            let moved = comes.then(|| moving(w, planned, line));
            moved.into_iter().chain(line.remedies.iter().map(title)).collect::<Vec<_>>().join(" + ")
        }
    }
}

/// That a machine is moved, and which one leaves the seat.
fn moving(w: &'static Words, planned: &Planned, line: &Line) -> String {
    let name = |index: Option<usize>| {
        index.and_then(|index| planned.machines.get(index)).map(|machine| machine.name.as_str())
    };
    let machine = name(line.machine).unwrap_or_default();
    match name(line.replaces) {
        Some(replaced) => fill(&w.plan_do_swap, &[("machine", machine), ("replaced", replaced)]),
        None => fill(&w.plan_do_reassign, &[("machine", machine)]),
    }
}

/// Why, in one phrase.
pub fn why(lang: Lang, w: &'static Words, planned: &Planned, line: &Line) -> String {
    let rules = |ids: &[String]| {
        let titles = ids.iter().take(NAMED_MAX).map(|id| rule_title(lang, &planned.judge, id));
        titles.collect::<Vec<_>>().join("; ")
    };
    match &line.why {
        Why::Fails(lacks) => fill(&w.plan_why_fails, &[("rules", &rules(&lacks.rules))]),
        Why::Beyond(lacks) => fill(&w.plan_why_beyond, &[("rules", &rules(&lacks.rules))]),
        Why::Empty { seats, machines } => {
            let (seats, machines) = (seats.to_string(), machines.to_string());
            fill(&w.plan_why_empty, &[("seats", &seats), ("machines", &machines)])
        }
        Why::Short { needed, have, clause } => {
            let (needed, have) = (needed.to_string(), have.to_string());
            let clause = format!("{}, {clause}", pick(lang, &planned.norm.title));
            fill(&w.plan_why_short, &[("needed", &needed), ("have", &have), ("clause", &clause)])
        }
        Why::Wished { needed, .. } if line.means == Means::Rent => {
            fill(&w.plan_why_rented, &[("needed", &needed.to_string())])
        }
        Why::Wished { needed, have } => {
            fill(&w.plan_why_wished, &[("needed", &needed.to_string()), ("have", &have.to_string())])
        }
    }
}

/// When a line is paid for.
pub fn when(w: &'static Words, line: &Line) -> String {
    match line.year {
        Some(year) => fill(&w.plan_year, &[("n", &(year + 1).to_string())]),
        None => w.plan_not_funded.clone(),
    }
}

/// What the points of a line come from.
pub fn points_parts(w: &'static Words, line: &Line) -> String {
    let part = |number: u32| number.to_string();
    let points = line.points;
    let parts = [part(points.role), part(points.failure), part(points.age), part(points.unit)];
    let [role, failure, age, unit] = &parts;
    fill(&w.plan_points_parts, &[("role", role), ("failure", failure), ("age", age), ("unit", unit)])
}

impl LineView {
    fn of(lang: Lang, w: &'static Words, planned: &Planned, line: &Line) -> LineView {
        let machine = line.machine.and_then(|index| planned.machines.get(index));
        let unit = planned.units.get(line.unit);
        LineView {
            unit: unit.map(|unit| unit.name.clone()).unwrap_or_default(),
            unit_code: unit.map(|unit| unit.code.clone()).unwrap_or_default(),
            machine: machine.map(|machine| machine.name.clone()).unwrap_or_default(),
            href: machine.map(|machine| format!("/machines/{}", machine.id)).unwrap_or_default(),
            role: line.role.map_or(&*w.plan_shared, |role| label::role(w, role)).to_owned(),
            means: means(w, line.means),
            what: what(lang, w, planned, line),
            why: why(lang, w, planned, line),
            points: line.points.sum().to_string(),
            points_parts: points_parts(w, line),
            cost: line.cost.map_or_else(|| w.plan_no_price.clone(), |cost| number(lang, cost)),
            when: when(w, line),
            is_left: line.year.is_none(),
        }
    }
}

/// What lines come to: how many, and what they cost.
#[derive(Default, Clone, Copy)]
struct Total {
    lines: i64,
    cost: i64,
    left: i64,
}

impl Total {
    fn add(&mut self, line: &Line) {
        self.lines += 1;
        let cost = line.cost.unwrap_or(0);
        if line.year.is_some() {
            self.cost += cost;
        } else {
            self.left += cost;
        }
    }

    fn row(&self, lang: Lang, name: String, href: String) -> Row {
        let left = if self.left == 0 { "—".to_owned() } else { number(lang, self.left) };
        Row { name, href, count: number(lang, self.lines), cost: number(lang, self.cost), left }
    }
}

fn result(reader: &Reader, planned: &Planned, place: String, query: &[(&str, &str)]) -> ResultView {
    let (lang, w) = (reader.lang, reader.words());
    let lines = &planned.plan.lines;
    let (mut funded, mut left) = (Total::default(), Total::default());
    let mut means_totals: BTreeMap<Means, Total> = BTreeMap::new();
    let mut unit_totals: BTreeMap<usize, Total> = BTreeMap::new();
    let mut year_totals: BTreeMap<usize, Total> = BTreeMap::new();
    let mut more = 0;
    for line in lines {
        means_totals.entry(line.means).or_default().add(line);
        let agency = planned.units.get(line.unit).map_or(line.unit, |unit| unit.agency);
        unit_totals.entry(agency).or_default().add(line);
        match line.year {
            Some(year) => {
                funded.add(line);
                more += i64::from(line.seats);
                year_totals.entry(year).or_default().add(line);
            }
            None => left.add(line),
        }
    }
    let sum = |lines: i64, cost: i64| Sum {
        cost: money(lang, cost),
        lines: fill(&w.plan_lines, &[("n", &number(lang, lines))]),
    };
    let counts = planned.plan.counts;
    let seats = [counts.ready, counts.seats].map(|count| number(lang, i64::from(count)));
    let is_limited = planned.plan.years.iter().any(|year| year.budget.is_some());
    let mut by_unit: Vec<(usize, Total)> = unit_totals.into_iter().collect();
    by_unit.sort_by_key(|(unit, total)| (std::cmp::Reverse(total.cost + total.left), *unit));
    let unit_row = |(unit, total): (usize, Total)| {
        let name = planned.units.get(unit).map(|unit| unit.name.clone()).unwrap_or_default();
        let id = planned.unit_ids.get(unit).map(|id| format!("/units/{id}")).unwrap_or_default();
        total.row(lang, name, id)
    };
    let year_row = |(year, total): (&usize, &Total)| {
        let name = fill(&w.plan_year, &[("n", &(year + 1).to_string())]);
        let budget = planned.plan.years.get(*year).and_then(|year| year.budget);
        let mut row = total.row(lang, name, String::new());
        row.left = budget.map_or_else(|| "—".to_owned(), |budget| number(lang, budget));
        row
    };
    let first_lines =
        (lines.len() > LINES_MAX).then(|| fill(&w.plan_all_lines, &[("n", &LINES_MAX.to_string())]));
    ResultView {
        place,
        norm: pick(lang, &planned.norm.title).to_owned(),
        seats: fill(
            &w.plan_seats,
            &[("ready", &seats[0]), ("seats", &seats[1]), ("more", &number(lang, more))],
        ),
        need: sum(funded.lines + left.lines, funded.cost + left.left),
        funded: sum(funded.lines, funded.cost),
        left: sum(left.lines, left.left),
        is_limited,
        best: if is_limited {
            planned.plan.years.iter().map(|year| best(lang, w, year)).collect()
        } else {
            Vec::new()
        },
        marginal: is_limited.then(|| more_money(lang, w, planned)),
        notes: notes(lang, w, planned),
        means: means_totals
            .iter()
            .map(|(one, total)| total.row(lang, means(w, *one).to_owned(), String::new()))
            .collect(),
        items: items(lang, w, planned),
        units: by_unit.into_iter().take(UNITS_MAX).map(unit_row).collect(),
        years: if planned.plan.years.len() > 1 {
            year_totals.iter().map(year_row).collect()
        } else {
            Vec::new()
        },
        lines: lines.iter().take(LINES_MAX).map(|line| LineView::of(lang, w, planned, line)).collect(),
        first_lines,
        excel: format::url("/plan.xlsx", query),
        state: format::url("/plan/state.xlsx", query),
        report: format::url("/plan/report", query),
        csv: format::url("/plan.csv", query),
        json: format::url("/plan.json", query),
    }
}

fn best(lang: Lang, w: &'static Words, year: &Year) -> String {
    let number = |points: u64| number(lang, i64::try_from(points).unwrap_or(i64::MAX));
    let (points, bound) = (number(year.points), number(year.points_bound));
    if year.points == year.points_bound {
        fill(&w.plan_best, &[("points", &points)])
    } else {
        fill(&w.plan_near, &[("points", &points), ("bound", &bound)])
    }
}

fn more_money(lang: Lang, w: &'static Words, planned: &Planned) -> String {
    let extra = money(lang, MORE);
    let gain = marginal(&planned.plan, MORE);
    let all: i64 = gain.values().sum();
    if all <= 0 {
        return fill(&w.plan_marginal_none, &[("extra", &extra)]);
    }
    let mut by_agency: BTreeMap<usize, i64> = BTreeMap::new();
    for (unit, seats) in gain {
        *by_agency.entry(planned.units.get(unit).map_or(unit, |unit| unit.agency)).or_default() += seats;
    }
    let mut gains: Vec<(usize, i64)> = by_agency.into_iter().filter(|(_, seats)| *seats > 0).collect();
    gains.sort_by_key(|(unit, seats)| (std::cmp::Reverse(*seats), *unit));
    let more = gains.len().saturating_sub(NAMED_MAX);
    let mut places: Vec<String> = gains
        .iter()
        .take(NAMED_MAX)
        .filter_map(|(unit, seats)| Some(format!("{} ({seats})", planned.units.get(*unit)?.name)))
        .collect();
    if more > 0 {
        places.push(fill(&w.plan_marginal_more, &[("n", &more.to_string())]));
    }
    fill(&w.plan_marginal, &[("extra", &extra), ("n", &number(lang, all)), ("where", &places.join(", "))])
}

pub(super) fn notes(lang: Lang, w: &'static Words, planned: &Planned) -> Vec<String> {
    let (lines, counts) = (&planned.plan.lines, planned.plan.counts);
    let over = lines.iter().filter(|line| line.purchases.iter().any(rules::plan::Purchased::is_over_ceiling));
    let unpriced = lines.iter().filter(|line| line.cost.is_none());
    let bought = lines.iter().flat_map(|line| &line.purchases).map(|one| one.item.as_str());
    let mut notes = Vec::new();
    let mut note = |text: &str, count: i64| {
        if count > 0 {
            notes.push(fill(text, &[("n", &number(lang, count))]));
        }
    };
    note(&w.plan_note_missing, i64::try_from(planned.missing).unwrap_or(i64::MAX));
    note(&w.plan_note_assumed, i64::from(counts.seats_assumed));
    note(&w.plan_note_unknown, i64::from(counts.unknown));
    note(&w.plan_note_surplus, i64::from(counts.surplus));
    note(&w.plan_note_ceiling, i64::try_from(over.count()).unwrap_or(i64::MAX));
    note(&w.plan_note_unpriced, i64::try_from(unpriced.count()).unwrap_or(i64::MAX));
    note(&w.plan_note_over_norm, i64::from(counts.over_norm));
    notes.extend(before_it_is_handed_in(lang, w, planned));
    let prices = &planned.judge.prices;
    if !planned.norm.calculator && !prices.are_verified(bought) {
        notes.push(fill(&w.plan_note_estimate, &[("day", &format::date(prices.dated))]));
    }
    notes
}

/// What finance will ask: the share of cyber security, the limits of packages, and what comes again each year.
fn before_it_is_handed_in(lang: Lang, w: &'static Words, planned: &Planned) -> Vec<String> {
    let mut notes = Vec::new();
    let (security, all) = limits::security(&planned.plan, &planned.judge.prices);
    let least = all.saturating_mul(limits::SECURITY_PERCENT_MIN) / 100;
    if security < least {
        let places = [
            ("share", format::share(lang, security, all)),
            ("sum", money(lang, security)),
            ("least", format::percent(lang, limits::SECURITY_PERCENT_MIN)),
            ("short", money(lang, least - security)),
        ];
        notes
            .push(fill(&w.plan_note_security, &places.each_ref().map(|(name, text)| (*name, text.as_str()))));
    }
    let needs = limits::needs(&planned.plan, |unit| planned.units.get(unit).map_or(unit, |unit| unit.agency));
    let mut named = |text: &str, is_meant: &dyn Fn(&Need) -> bool| {
        let name =
            |need: &Need| format!("{} ({})", item(lang, planned, &need.item), money(lang, need.amount));
        let items: Vec<String> =
            needs.iter().filter(|need| is_meant(need)).take(NAMED_MAX).map(name).collect();
        if !items.is_empty() {
            notes.push(fill(text, &[("items", &items.join(", "))]));
        }
    };
    named(&w.plan_note_cut, &Need::is_cut);
    named(&w.plan_note_tender, &Need::is_tendered);
    let rented = planned.plan.lines.iter().filter(|line| line.means == Means::Rent && line.year.is_some());
    let rent: i64 = rented.filter_map(|line| line.cost).sum();
    if rent > 0 {
        notes.push(fill(&w.plan_note_rent, &[("sum", &money(lang, rent))]));
    }
    notes
}

/// What funded lines buy: item, how many, price of one, amount, basis.
pub struct Bought {
    /// Id of the item.
    pub item: String,
    /// How many.
    pub count: i64,
    /// The price of one, in đồng.
    pub price: Option<i64>,
    /// Why it may be bought.
    pub basis: Basis,
}

/// Why something may be bought.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// The norm allows it, in this clause.
    Norm(String),
    /// A unit declares that it needs it.
    Declared,
    /// A machine fails rules.
    Rules,
}

impl Basis {
    /// In words.
    pub fn told(&self, lang: Lang, planned: &Planned) -> String {
        let w = Words::of(lang);
        match self {
            Basis::Norm(clause) => format!("{}, {clause}", pick(lang, &planned.norm.title)),
            Basis::Declared => w.plan_item_declared.clone(),
            Basis::Rules => w.plan_item_market.clone(),
        }
    }
}

/// What funded lines buy, the largest amount first.
pub fn bought<'a>(lines: impl Iterator<Item = &'a Line>) -> Vec<Bought> {
    let mut bought: BTreeMap<(&str, Option<i64>, Basis), i64> = BTreeMap::new();
    for line in lines {
        for one in &line.purchases {
            let basis = match (&one.clause, &line.why) {
                (Some(clause), _) => Basis::Norm(clause.clone()),
                (None, Why::Wished { .. }) => Basis::Declared,
                (None, _) => Basis::Rules,
            };
            *bought.entry((&one.item, one.price, basis)).or_default() += i64::from(one.count);
        }
    }
    let mut bought: Vec<Bought> = bought
        .into_iter()
        .map(|((item, price, basis), count)| Bought { item: item.to_owned(), count, price, basis })
        .collect();
    bought.sort_by_key(|one| std::cmp::Reverse(one.price.unwrap_or(0) * one.count));
    bought
}

fn items(lang: Lang, w: &'static Words, planned: &Planned) -> Vec<ItemRow> {
    let funded = planned.plan.lines.iter().filter(|line| line.year.is_some());
    let row = |one: Bought| ItemRow {
        name: item(lang, planned, &one.item),
        unit: planned.judge.prices.items.get(&one.item).map_or("", |item| pick(lang, &item.unit)).to_owned(),
        count: number(lang, one.count),
        price: one.price.map_or_else(|| w.plan_no_price.clone(), |price| number(lang, price)),
        amount: one.price.map_or_else(|| "—".to_owned(), |price| number(lang, price * one.count)),
        basis: one.basis.told(lang, planned),
    };
    bought(funded).into_iter().map(row).collect()
}

/// What the address asks.
pub(super) struct Asked {
    /// Id of the unit; empty for everything that the person sees.
    pub(super) unit: String,
    budget: String,
    years: usize,
    /// Id of the norm; empty for the one in force.
    pub(super) norm: String,
    /// Where the money comes from.
    pub(super) fund: String,
}

impl Asked {
    /// What these fields ask.
    pub(super) fn of(fields: &Fields) -> Asked {
        let budget = fields.text("budget").trim();
        let years = match budget.split(';').count() {
            1 => fields.text("years").parse().unwrap_or(1),
            each => each,
        };
        Asked {
            unit: fields.text("unit").to_owned(),
            budget: budget.to_owned(),
            years: years.clamp(1, YEARS_MAX),
            norm: fields.text("norm").to_owned(),
            fund: fields.text("fund").trim().chars().take(FUND_CHARS_MAX).collect(),
        }
    }

    /// The budget of each year in đồng, such as `500` or `500; 300; 0` in million; none without a limit, an error where it cannot be read.
    pub(super) fn budgets(&self) -> Result<Vec<i64>, ()> {
        if self.budget.is_empty() {
            return Ok(Vec::new());
        }
        let one = |text: &str| {
            let plain: String =
                text.chars().filter(|letter| !matches!(letter, '.' | ',' | ' ' | '\u{a0}')).collect();
            match plain.parse::<i64>() {
                Ok(millions) if (0..=MILLIONS_MAX).contains(&millions) => Ok(millions * MILLION),
                Ok(_) | Err(_) => Err(()),
            }
        };
        // One number is that of every year; several are those of the years, the first first.
        match self.budget.split(';').collect::<Vec<_>>().as_slice() {
            [every] => Ok(vec![one(every)?; self.years]),
            each if each.len() <= YEARS_MAX => each.iter().map(|year| one(year)).collect(),
            _ => Err(()),
        }
    }
}

/// The units that may be chosen, and the plan that is asked for; or what is wrong.
async fn prepare(
    site: &Site,
    visitor: &Visitor,
    asked: &Asked,
) -> Result<(Vec<UnitRow>, Result<(String, Planned), Vec<String>>), Failure> {
    let w = visitor.words();
    let mut tx = site.app.store.read().await?;
    let units = listing::units(&mut tx, &visitor.person.scope).await?;
    drop(tx);
    let (place, scope) = match asked.unit.as_str() {
        "" => (root(&units).unwrap_or(&w.plan_everything).to_owned(), visitor.person.scope.clone()),
        id => {
            let unit = units.iter().find(|unit| unit.id == id).ok_or(Failure::NotFound)?;
            (unit.name.clone(), Scope::subtree(&unit.path))
        }
    };
    let Ok(budgets) = asked.budgets() else {
        return Ok((units, Err(vec![fill(&w.plan_wrong_budget, &[("text", &asked.budget)])])));
    };
    let norm = Some(asked.norm.clone()).filter(|norm| !norm.is_empty());
    let judge = site.app.judge();
    let is_known = match &norm {
        Some(id) => judge.norms.find(id).is_some(),
        None => judge.norms.on(format::day(visitor.reader.now)).is_some(),
    };
    if !is_known {
        return Ok((units, Err(vec![fill(&w.plan_wrong_norm, &[("text", &asked.norm)])])));
    }
    planning::diagnose(&site.app, &scope, Some(PATIENCE), &ProgressBar::hidden()).await?;
    let fund = asked.fund.clone();
    let planned = planning::plan(&site.app, &Wish { scope, norm, fund, budgets }).await?;
    Ok((units, Ok((place, planned))))
}

/// The name of the unit that all others hang below; none where there are several.
fn root(units: &[UnitRow]) -> Option<&str> {
    let highest = units.iter().min_by_key(|unit| unit.path.len())?;
    units.iter().all(|unit| unit.path.starts_with(&highest.path)).then_some(highest.name.as_str())
}

/// Shows the plan: `?unit=`, `?budget=` in million đồng a year, or one for each with semicolons between, `?years=` and
/// `?norm=`.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let asked = Asked::of(&fields);
    let (units, planned) = prepare(&site, &visitor, &asked).await?;
    let (reader, w) = (&visitor.reader, visitor.words());
    let judge = site.app.judge();
    let today =
        Choice { value: String::new(), label: w.plan_norm_today.clone(), chosen: asked.norm.is_empty() };
    let norms = judge.norms.norms.iter().map(|norm| Choice {
        value: norm.id.clone(),
        label: pick(reader.lang, &norm.title).to_owned(),
        chosen: asked.norm == norm.id,
    });
    let everything =
        Choice { value: String::new(), label: w.plan_everything.clone(), chosen: asked.unit.is_empty() };
    let choices = units.iter().map(|unit| Choice {
        value: unit.id.clone(),
        label: format!("{} ({})", unit.name, unit.code),
        chosen: asked.unit == unit.id,
    });
    let form = FormView {
        units: std::iter::once(everything).chain(choices).collect(),
        norms: std::iter::once(today).chain(norms).collect(),
        budget: asked.budget.clone(),
        fund: asked.fund.clone(),
        years: (1..=YEARS_MAX)
            .map(|year| Choice {
                value: year.to_string(),
                label: year.to_string(),
                chosen: year == asked.years,
            })
            .collect(),
    };
    let years = asked.years.to_string();
    let query: Vec<(&str, &str)> = [
        ("unit", asked.unit.as_str()),
        ("budget", &asked.budget),
        ("years", &years),
        ("norm", &asked.norm),
        ("fund", &asked.fund),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .collect();
    let (status, result, errors) = match &planned {
        Ok((place, planned)) => {
            (StatusCode::OK, Some(result(reader, planned, place.clone(), &query)), Vec::new())
        }
        Err(errors) => (StatusCode::UNPROCESSABLE_ENTITY, None, errors.clone()),
    };
    page_with(
        status,
        &PlanPage {
            l: Layout::new(reader, Place::Plan, &w.nav_plan),
            w,
            errors,
            may_keep: PLANS.contains(&visitor.person.standing),
            asked,
            form,
            result,
        },
    )
}

/// The plan of a file; an address that asks for none is one that does not exist.
pub(super) async fn file(
    site: &Site,
    visitor: &Visitor,
    fields: &Fields,
) -> Result<(String, Planned), Failure> {
    let (_, planned) = prepare(site, visitor, &Asked::of(fields)).await?;
    planned.map_err(|_| Failure::NotFound)
}

/// The annexes as a workbook.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see, or a budget that cannot be read; when the database
/// fails.
pub async fn workbook(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (place, planned) = file(&site, &visitor, &fields).await?;
    let name = format!("ke-hoach-{}.xlsx", planned.day);
    let bytes = tokio::task::spawn_blocking(move || annex::workbook(&place, &planned))
        .await
        .map_err(|error| Failure::from(anyhow::Error::from(error)))??;
    Ok(attachment(XLSX, &name, bytes))
}

/// The present state as a workbook: the survey form, the self-assessment, the assets.
///
/// # Errors
/// As [`workbook`].
pub async fn state(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (place, planned) = file(&site, &visitor, &fields).await?;
    let scope = planned.scope.clone();
    let inventory = inventory::take(&site.app, &scope, &ProgressBar::hidden()).await?;
    let name = format!("hien-trang-{}.xlsx", planned.day);
    let bytes =
        tokio::task::spawn_blocking(move || annex::state(&place, &planned, &inventory, annex::Part::ALL))
            .await
            .map_err(|error| Failure::from(anyhow::Error::from(error)))??;
    Ok(attachment(XLSX, &name, bytes))
}

/// The lines as CSV.
///
/// # Errors
/// As [`workbook`].
pub async fn list(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (_, planned) = file(&site, &visitor, &fields).await?;
    let separator = fields.separator();
    let text = table(visitor.lang(), &planned, separator);
    Ok(attachment(CSV, &format!("ke-hoach-{}.csv", planned.day), text))
}

/// The lines as the text of a CSV file.
pub fn table(lang: Lang, planned: &Planned, separator: char) -> String {
    let w = Words::of(lang);
    let mut csv = Csv::new(separator);
    let titles = [
        &w.plan_when,
        &w.column_unit_code,
        &w.column_unit,
        &w.column_machine,
        &w.column_role,
        &w.plan_means,
        &w.plan_what,
        &w.plan_cost,
        &w.plan_points,
        &w.plan_why,
    ];
    csv.line(&titles.map(Clone::clone));
    for line in &planned.plan.lines {
        let view = LineView::of(lang, w, planned, line);
        let cost = line.cost.map(|cost| cost.to_string()).unwrap_or_default();
        let cells = [
            view.when,
            view.unit_code,
            view.unit,
            view.machine,
            view.role,
            view.means.to_owned(),
            view.what,
            cost,
            view.points,
            view.why,
        ];
        csv.line(&cells);
    }
    csv.text
}

/// A plan for programs.
#[derive(Serialize)]
struct Document<'a> {
    day: String,
    norm: &'a str,
    prices_dated: String,
    years: &'a [Year],
    counts: rules::plan::Counts,
    lines: Vec<DocumentLine<'a>>,
}

#[derive(Serialize)]
struct DocumentLine<'a> {
    unit_code: &'a str,
    unit_name: &'a str,
    machine_id: Option<&'a str>,
    machine_name: Option<&'a str>,
    replaced_id: Option<&'a str>,
    replaced_name: Option<&'a str>,
    #[serde(flatten)]
    line: &'a Line,
}

/// The plan as JSON text.
///
/// # Errors
/// When it cannot be written.
pub fn document(planned: &Planned) -> anyhow::Result<String> {
    let lines = planned
        .plan
        .lines
        .iter()
        .filter_map(|one| {
            let unit = planned.units.get(one.unit)?;
            let machine = |index: Option<usize>| index.and_then(|index| planned.machines.get(index));
            let (machine, replaced) = (machine(one.machine), machine(one.replaces));
            Some(DocumentLine {
                unit_code: &unit.code,
                unit_name: &unit.name,
                machine_id: machine.map(|machine| machine.id.as_str()),
                machine_name: machine.map(|machine| machine.name.as_str()),
                replaced_id: replaced.map(|machine| machine.id.as_str()),
                replaced_name: replaced.map(|machine| machine.name.as_str()),
                line: one,
            })
        })
        .collect();
    let document = Document {
        day: planned.day.to_string(),
        norm: &planned.norm.id,
        prices_dated: planned.judge.prices.dated.to_string(),
        years: &planned.plan.years,
        counts: planned.plan.counts,
        lines,
    };
    Ok(serde_json::to_string_pretty(&document)?)
}

/// The plan as JSON.
///
/// # Errors
/// As [`workbook`].
pub async fn json(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (_, planned) = file(&site, &visitor, &fields).await?;
    let body = document(&planned)?.into_bytes();
    Ok(attachment("application/json", &format!("ke-hoach-{}.json", planned.day), body))
}

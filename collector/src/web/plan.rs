//! The plan: what to do, by which means, what it costs, and how far a budget goes.

use std::collections::BTreeMap;
use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{HeaderValue, REFRESH};
use axum::response::{IntoResponse, Redirect, Response};
use rules::plan::{Line, Means, Plan, Year, marginal};

use crate::app::App;
use crate::error::Failure;
use crate::judge::Wrong;
use crate::lang::Lang;
use crate::planning::{Planned, YEARS_MAX};
use crate::store::listing::UnitRow;
use crate::store::rules_text::{self, Kind, Named};
use crate::terms::{self, Tried};
use crate::web::format::{self, fill, money, number};
use crate::web::label::pick;
use crate::web::layout::{Layout, Place};
use crate::web::plan::asked::{Answer, Asked, answer, may_try};
use crate::web::plan::line::{Bought, LineView, bought_in_all, item, means};
use crate::web::plan::note::notes;
use crate::web::reader::Reader;
use crate::web::scenarios::PLANS;
use crate::web::words::Words;
use crate::web::{Form, Query, Site, Visitor, page_with};

pub(in crate::web) mod asked;
pub mod file;
pub mod line;
pub(in crate::web) mod note;

/// Lines and units on a page, and units in one sentence.
const LINES_MAX: usize = 200;
const UNITS_MAX: usize = 40;
const NAMED_MAX: usize = 4;
/// What a little more money is, in đồng.
const MORE: i64 = 100_000_000;
/// How long the page waits for machines that are diagnosed by other prices and rules.
const PATIENCE: Duration = Duration::from_secs(3);
/// After how many seconds it looks again.
pub(super) const REFRESH_SECONDS: HeaderValue = HeaderValue::from_static("3");
/// What a text gives that is not UTF-8.
const BROKEN_CHARACTER: char = '\u{fffd}';
/// What a text is called in complaints where the browser says no name.
const FILE: &str = "text.toml";
/// Complaints about a text on the page.
const COMPLAINTS_MAX: usize = 20;
/// Characters of a digest that are shown.
const DIGEST_CHARS: usize = 12;

#[derive(Template)]
#[template(path = "plan.html")]
struct PlanPage {
    l: Layout,
    w: &'static Words,
    errors: Vec<String>,
    may_keep: bool,
    asked: Asked,
    form: FormView,
    waiting: Option<WaitingView>,
    result: Option<ResultView>,
    report_href: String,
}

/// How far the machines of a trial are diagnosed.
struct WaitingView {
    text: String,
    done: u64,
    all: u64,
}

struct FormView {
    units: Vec<Choice>,
    norms: Vec<Choice>,
    budget: String,
    years: Vec<Choice>,
    fund: String,
    prices: Vec<Choice>,
    percent: String,
    rules: Vec<Choice>,
    tries: bool,
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
    left_first: Option<String>,
    marginal: Option<String>,
    notes: Vec<String>,
    means: Vec<Row>,
    items: Vec<ItemRow>,
    units: Vec<Row>,
    first_units: Option<String>,
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

/// What lines come to: how many, and what they cost.
#[derive(Default, Clone, Copy)]
struct Total {
    lines: i64,
    cost: i64,
    left: i64,
}

impl Total {
    fn add(&mut self, plan: &Plan, line: &Line) {
        self.lines += 1;
        if line.year.is_some() {
            self.cost += plan.cost_of(line);
        } else {
            self.left += plan.cost_left(line);
        }
    }

    fn row(&self, lang: Lang, name: String, href: String) -> Row {
        let left = if self.left == 0 { "—".to_owned() } else { number(lang, self.left) };
        Row { name, href, count: number(lang, self.lines), cost: number(lang, self.cost), left }
    }
}

fn result(reader: &Reader, planned: &Planned, place: String, asked: &Asked) -> ResultView {
    let (lang, w) = (reader.lang, reader.words());
    let plan = &planned.plan;
    let lines = &plan.lines;
    let (mut funded, mut left) = (Total::default(), Total::default());
    let mut means_totals: BTreeMap<Means, Total> = BTreeMap::new();
    let mut unit_totals: BTreeMap<usize, Total> = BTreeMap::new();
    let mut more = 0;
    for line in lines {
        means_totals.entry(line.means).or_default().add(plan, line);
        let agency = planned.units.get(line.unit).map_or(line.unit, |unit| unit.agency);
        unit_totals.entry(agency).or_default().add(plan, line);
        match line.year {
            Some(_) => {
                funded.add(plan, line);
                more += i64::from(line.seats);
            }
            None => left.add(plan, line),
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
    let year_row = |(place, year): (usize, &Year)| Row {
        name: fill(&w.plan_year, &[("n", &(place + 1).to_string())]),
        href: String::new(),
        count: number(lang, i64::try_from(plan.paid_in(place).count()).unwrap_or(i64::MAX)),
        cost: number(lang, year.spent),
        left: year.budget.map_or_else(|| "—".to_owned(), |budget| number(lang, budget)),
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
            let years = &planned.plan.years;
            let told = |(place, year): (usize, &Year)| {
                let said = best(lang, w, year);
                let when = fill(&w.plan_year, &[("n", &(place + 1).to_string())]);
                if years.len() > 1 { format!("{when}: {said}") } else { said }
            };
            years.iter().enumerate().map(told).collect()
        } else {
            Vec::new()
        },
        left_first: is_limited.then(|| left_first(lang, w, planned)).flatten(),
        marginal: is_limited.then(|| more_money(lang, w, planned)),
        notes: notes(lang, w, planned),
        means: means_totals
            .iter()
            .map(|(one, total)| total.row(lang, means(w, *one).to_owned(), String::new()))
            .collect(),
        items: items(lang, w, planned),
        first_units: (by_unit.len() > UNITS_MAX).then(|| {
            let [shown, all] = [UNITS_MAX, by_unit.len()].map(|count| counted(lang, count as u64));
            fill(&w.plan_first_units, &[("n", &shown), ("all", &all)])
        }),
        units: by_unit.into_iter().take(UNITS_MAX).map(unit_row).collect(),
        years: if planned.plan.years.len() > 1 {
            plan.years.iter().enumerate().map(year_row).collect()
        } else {
            Vec::new()
        },
        lines: lines.iter().take(LINES_MAX).map(|line| LineView::of(lang, w, planned, line)).collect(),
        first_lines,
        excel: asked.url("/plan.xlsx"),
        state: asked.url("/plan/state.xlsx"),
        report: asked.url("/plan/report"),
        csv: asked.url("/plan.csv"),
        json: asked.url("/plan.json"),
    }
}

/// The line with the most points that no budget pays for.
fn left_first(lang: Lang, w: &'static Words, planned: &Planned) -> Option<String> {
    let mut left = planned.plan.lines.iter().filter(|line| line.year.is_none());
    let (line, cost) = left.find_map(|line| Some((line, line.cost?)))?;
    let one = LineView::of(lang, w, planned, line);
    let cost = money(lang, cost);
    let what = if one.machine.is_empty() { one.what } else { format!("{} ({})", one.what, one.machine) };
    let places = [("what", what.as_str()), ("unit", &one.unit), ("cost", &cost), ("points", &one.points)];
    Some(fill(&w.plan_left_first, &places))
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
    // Of several years that in which it does most.
    let years = planned.plan.years.len();
    let gains = (0..years).map(|year| (year, marginal(&planned.plan, MORE, year)));
    let sum = |gain: &BTreeMap<usize, i64>| gain.values().sum::<i64>();
    let best = gains.max_by_key(|(year, gain)| (sum(gain), std::cmp::Reverse(*year)));
    let Some((year, gain)) = best.filter(|(_, gain)| sum(gain) > 0) else {
        return fill(&w.plan_marginal_none, &[("extra", &extra)]);
    };
    let all = sum(&gain);
    let when = fill(&w.plan_year, &[("n", &(year + 1).to_string())]);
    let extra = if years > 1 { format!("{extra} ({when})") } else { extra };
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

fn items(lang: Lang, w: &'static Words, planned: &Planned) -> Vec<ItemRow> {
    let has_years = planned.plan.years.len() > 1;
    let unit = |id: &str| {
        let Some(item) = planned.judge.prices.items.get(id) else { return String::new() };
        let unit = pick(lang, &item.unit);
        if has_years && item.yearly { fill(&w.plan_unit_years, &[("unit", unit)]) } else { unit.to_owned() }
    };
    let row = |one: Bought| ItemRow {
        name: item(lang, planned, &one.item),
        unit: unit(&one.item),
        count: number(lang, one.count),
        price: one.price.map_or_else(|| w.plan_no_price.clone(), |price| number(lang, price)),
        amount: one.price.map_or_else(|| "—".to_owned(), |price| number(lang, price * one.count)),
        basis: one.basis.told(lang, planned),
    };
    bought_in_all(&planned.plan).into_iter().map(row).collect()
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
    show_asked(&site, &visitor, Asked::of(&fields), Vec::new()).await
}

async fn show_asked(
    site: &Site,
    visitor: &Visitor,
    asked: Asked,
    mut errors: Vec<String>,
) -> Result<Response, Failure> {
    may_try(visitor, &asked)?;
    let (units, answer) = answer(site, visitor, &asked, PATIENCE).await?;
    let (reader, w) = (&visitor.reader, visitor.words());
    let may_keep = PLANS.contains(&visitor.person.standing);
    let form = form(site, reader, &asked, (&units, may_keep)).await?;
    let (mut shown, mut waiting) = (None, None);
    match answer {
        Answer::Made(place, planned) => shown = Some(result(reader, &planned, place, &asked)),
        Answer::Wrong(wrong) => errors.extend(wrong),
        Answer::Waiting(progress) => {
            let [done, all] = [progress.done, progress.all].map(|count| counted(reader.lang, count));
            let text = fill(&w.plan_waiting, &[("done", &done), ("all", &all)]);
            waiting = Some(WaitingView { text, done: progress.done, all: progress.all });
        }
    }
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let is_waiting = waiting.is_some();
    let l = Layout::new(reader, Place::Plan, &w.nav_plan);
    let report_href = asked.url("/plan/report");
    let page = PlanPage { l, w, errors, may_keep, asked, form, waiting, result: shown, report_href };
    let mut response = page_with(status, &page)?;
    if is_waiting {
        response.headers_mut().insert(REFRESH, REFRESH_SECONDS);
    }
    Ok(response)
}

pub(super) fn counted(lang: Lang, count: u64) -> String {
    number(lang, i64::try_from(count).unwrap_or(i64::MAX))
}

async fn form(
    site: &Site,
    reader: &Reader,
    asked: &Asked,
    (units, may_try): (&[UnitRow], bool),
) -> Result<FormView, Failure> {
    let (lang, w) = (reader.lang, reader.words());
    let judge = site.app.judge();
    let choice = |value: &str, label: String, asked: &str| Choice {
        value: value.to_owned(),
        label,
        chosen: value == asked,
    };
    let in_force = |asked: &str| choice("", w.plan_norm_today.clone(), asked);
    let kept = if may_try { rules_text::named(&mut site.app.store.read().await?).await? } else { Vec::new() };
    let named = |one: &Named| {
        let at = format::moment(one.first_used_at);
        let named = match one.kind {
            Kind::Set => {
                let set = judge.sets.iter().find(|set| set.id == one.id);
                format!("{} · {at}", set.map_or(one.id.as_str(), |set| pick(lang, &set.title)))
            }
            Kind::Prices | Kind::Norms | Kind::Lifecycle => at,
        };
        // Where two came within one minute, only the digest tells them apart.
        let is_twin = |other: &Named| {
            other.digest != one.digest
                && (other.kind, &other.id) == (one.kind, &one.id)
                && format::moment(other.first_used_at) == format::moment(one.first_used_at)
        };
        if kept.iter().any(is_twin) {
            let short: String = one.digest.chars().take(DIGEST_CHARS).collect();
            format!("{named} · {short}")
        } else {
            named
        }
    };
    let texts = |kind: Kind, asked: &str| {
        let of = kept.iter().filter(|one| one.kind == kind);
        std::iter::once(in_force(asked)).chain(of.map(|one| choice(&one.digest, named(one), asked))).collect()
    };
    let everything = choice("", w.plan_everything.clone(), &asked.unit);
    let places =
        units.iter().map(|unit| choice(&unit.id, format!("{} ({})", unit.name, unit.code), &asked.unit));
    let norms = judge.norms.norms.iter();
    let norms = norms.map(|norm| choice(&norm.id, pick(lang, &norm.title).to_owned(), &asked.norm));
    let year = |year: usize| choice(&year.to_string(), year.to_string(), &asked.years.to_string());
    Ok(FormView {
        units: std::iter::once(everything).chain(places).collect(),
        norms: std::iter::once(in_force(&asked.norm)).chain(norms).collect(),
        budget: asked.budget.clone(),
        fund: asked.fund.clone(),
        years: (1..=YEARS_MAX).map(year).collect(),
        prices: texts(Kind::Prices, &asked.prices),
        percent: asked.percent.clone(),
        rules: texts(Kind::Set, &asked.rules),
        tries: asked.is_trial(),
    })
}

/// Takes in a price book or a rule set, as a file or pasted, and makes the plan of the form by it.
///
/// # Errors
/// As [`show`].
pub async fn try_text(
    State(site): State<Site>,
    visitor: Visitor,
    Form(form): Form,
) -> Result<Response, Failure> {
    let mut asked = Asked::of(&form);
    let file = form.text("file");
    let text = if file.trim().is_empty() { form.text("text") } else { file };
    // Browsers end lines in their own way.
    let text = text.replace("\r\n", "\n");
    let name = form.file_name("file", FILE);
    match keep_text(&site.app, &visitor, (&name, &text)).await? {
        Ok(Tried::Prices(digest)) => asked.prices = digest,
        Ok(Tried::Rules(digest)) => asked.rules = digest,
        Err(wrong) => return show_asked(&site, &visitor, asked, wrong).await,
    }
    Ok(Redirect::to(&asked.url("/plan")).into_response())
}

async fn keep_text(
    app: &App,
    visitor: &Visitor,
    (name, text): (&str, &str),
) -> Result<Result<Tried, Vec<String>>, Failure> {
    if text.trim().is_empty() {
        return Ok(Err(vec![visitor.words().trial_empty.clone()]));
    }
    if text.contains(BROKEN_CHARACTER) {
        return Ok(Err(vec![visitor.words().trial_not_utf8.clone()]));
    }
    let lang = visitor.lang();
    let told = |wrong: Vec<Wrong>| wrong.iter().take(COMPLAINTS_MAX).map(|one| one.told(lang)).collect();
    Ok(terms::keep_text(app, name, text, &visitor.person.name).await?.map_err(told))
}

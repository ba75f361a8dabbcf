//! One plan that was kept: a draft beside what it comes to today, to be submitted or thrown away; and one that was
//! submitted, as it was then.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::header::REFRESH;
use axum::response::{IntoResponse, Redirect, Response};
use rules::plan::Means;
use serde::Deserialize;
use serde_json::Value;

use crate::app::{App, Judge};
use crate::digest::sha256;
use crate::error::Failure;
use crate::lang::Lang;
use crate::planning::beside::Progress;
use crate::planning::{self, Planned, Wish};
use crate::store::audit;
use crate::store::listing::Scope;
use crate::store::scenario::{self, Scenario};
use crate::web::format::{self, fill, money, number};
use crate::web::label::{self, pick};
use crate::web::layout::{Layout, Place};
use crate::web::plan::asked::{Diagnosed, diagnosed};
use crate::web::plan::{self, file, line};
use crate::web::reader::Reader;
use crate::web::scenarios::{Asking, Beside, Outcome, PLANS, at, compare, outcome};
use crate::web::words::Words;
use crate::web::{Form, Site, Visitor, annex, attachment, page};

/// Lines on a page; the JSON file has all.
const LINES_MAX: usize = 500;
/// How long the page waits for machines that are diagnosed by other prices and rules.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Template)]
#[template(path = "scenario.html")]
struct ScenarioPage {
    l: Layout,
    w: &'static Words,
    id: String,
    name: String,
    place: String,
    kept: String,
    note: Option<String>,
    draft: Option<DraftView>,
    submitted: Option<SubmittedView>,
}

/// A draft beside what it comes to today.
struct DraftView {
    verdict: String,
    beside: Beside,
    /// Whether what it comes to today is not known yet.
    is_waiting: bool,
    /// The digest of what was seen, to be submitted; none for who may not.
    seen: Option<String>,
}

/// What was submitted.
struct SubmittedView {
    by: String,
    facts: Vec<(String, String)>,
    years: Vec<[String; 3]>,
    lines: Vec<LineView>,
    first_lines: Option<String>,
}

struct LineView {
    means: String,
    what: String,
    machine: String,
    unit: String,
    why: String,
    points: String,
    cost: String,
    when: String,
    is_left: bool,
}

/// A plan as it was kept in JSON. What an older program left out is empty.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Document {
    norm: String,
    years: Vec<Year>,
    lines: Vec<Line>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Year {
    budget: Option<i64>,
    spent: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Line {
    unit_name: String,
    unit_code: String,
    machine_name: Option<String>,
    role: Option<String>,
    means: String,
    remedies: Vec<String>,
    purchases: Vec<Purchase>,
    cost: Option<i64>,
    cost_all: Option<i64>,
    years_paid: usize,
    why: Value,
    points: Value,
    year: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Purchase {
    item: String,
    count: i64,
}

/// A plan that was kept, if the person sees it.
async fn find(site: &Site, visitor: &Visitor, id: &str) -> Result<Scenario, Failure> {
    let mut tx = site.app.store.read().await?;
    let kept = scenario::all(&mut tx, &visitor.person.scope).await?;
    kept.into_iter().find(|one| one.id == id).ok_or(Failure::NotFound)
}

/// What a draft comes to today.
enum Today {
    Made(Box<Planned>),
    /// Its norm is gone.
    NoNorm,
    /// What it is made by is not in the archive.
    NoTerms,
    /// Machines are being diagnosed by its prices and rules.
    Waiting(Progress),
}

async fn today(app: &App, one: &Scenario) -> anyhow::Result<Today> {
    let asking: Asking = serde_json::from_str(&one.wish)?;
    let judge = app.judge();
    let is_known = match &asking.norm {
        Some(id) => judge.norms.find(id).is_some(),
        None => judge.norms.on(format::day(app.clock.now())).is_some(),
    };
    if !is_known {
        return Ok(Today::NoNorm);
    }
    let Asking { norm, fund, budgets, years, terms } = asking;
    let wish = Wish { scope: Scope::subtree(&one.unit_path), norm, fund, budgets, years, terms };
    match diagnosed(app, &wish, PATIENCE).await? {
        Diagnosed::Done => Ok(Today::Made(Box::new(planning::plan(app, &wish).await?))),
        Diagnosed::Waiting(progress) => Ok(Today::Waiting(progress)),
        Diagnosed::Unknown => Ok(Today::NoTerms),
    }
}

/// Shows a plan: a draft beside what it comes to today, a submitted one as it was.
///
/// # Errors
/// [`Failure::NotFound`] for a plan that the person does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let one = find(&site, &visitor, &id).await?;
    answer(&site, &visitor, &one, None).await
}

async fn answer(
    site: &Site,
    visitor: &Visitor,
    one: &Scenario,
    note: Option<String>,
) -> Result<Response, Failure> {
    let (reader, w) = (&visitor.reader, visitor.words());
    let (draft, submitted) = match &one.submitted {
        None => (Some(draft(site, visitor, one).await?), None),
        Some(by) => {
            let mut tx = site.app.store.read().await?;
            let document = scenario::document(&mut tx, &one.id).await?.ok_or(Failure::NotFound)?;
            drop(tx);
            (None, Some(submitted(reader, &site.app.judge(), one, by, &document)?))
        }
    };
    let is_waiting = draft.as_ref().is_some_and(|draft| draft.is_waiting);
    let mut response = page(&ScenarioPage {
        l: Layout::new(reader, Place::Plan, &one.name),
        w,
        id: one.id.clone(),
        name: one.name.clone(),
        place: one.place.clone(),
        kept: format!("{}, {}", one.kept_by, at(one.kept_at)),
        note,
        draft,
        submitted,
    })?;
    if is_waiting {
        response.headers_mut().insert(REFRESH, plan::REFRESH_SECONDS);
    }
    Ok(response)
}

async fn draft(site: &Site, visitor: &Visitor, one: &Scenario) -> Result<DraftView, Failure> {
    let (reader, w) = (&visitor.reader, visitor.words());
    let kept = outcome(one)?;
    let without = |verdict: String, is_waiting: bool| {
        let beside = compare(reader, (&one.place, &kept), (&one.place, &kept));
        Ok(DraftView { verdict, is_waiting, beside, seen: None })
    };
    let planned = match today(&site.app, one).await? {
        Today::Made(planned) => planned,
        Today::NoNorm => return without(w.scenario_no_norm.clone(), false),
        Today::NoTerms => return without(w.scenario_no_terms.clone(), false),
        Today::Waiting(Progress { done, all }) => {
            let [done, all] = [done, all].map(|count| plan::counted(reader.lang, count));
            return without(fill(&w.scenario_waiting, &[("done", &done), ("all", &all)]), true);
        }
    };
    let beside = compare(reader, (&one.place, &kept), (&one.place, &Outcome::of(&planned)));
    // That another day has come is no difference by itself.
    let differs = beside.rows.iter().any(|(what, _, _, differs)| *differs && *what != w.scenario_day);
    let differs = differs || !beside.items.is_empty() || !beside.units.is_empty();
    let verdict = if differs { &w.scenario_differs } else { &w.scenario_same };
    let may = PLANS.contains(&visitor.person.standing);
    // What somebody looks at and what is submitted are the same, or are not.
    let seen = if may { Some(sha256(file::document(&planned)?)) } else { None };
    Ok(DraftView { verdict: verdict.clone(), is_waiting: false, beside, seen })
}

fn submitted(
    reader: &Reader,
    judge: &Judge,
    one: &Scenario,
    (by, when): &(String, i64),
    document: &str,
) -> anyhow::Result<SubmittedView> {
    let (lang, w) = (reader.lang, reader.words());
    let kept: Document = serde_json::from_str(document)?;
    let came_to = outcome(one)?;
    // The facts of the plan itself: one side of the comparison with itself.
    let rows = compare(reader, (&one.place, &came_to), (&one.place, &came_to)).rows;
    let mut facts: Vec<(String, String)> =
        rows.into_iter().map(|(what, value, _, _)| (what, value)).collect();
    facts.retain(|(_, value)| !value.is_empty());
    let years = kept.years.iter().enumerate().map(|(place, year)| {
        let budget = year.budget.map_or_else(|| "—".to_owned(), |budget| money(lang, budget));
        [fill(&w.plan_year, &[("n", &(place + 1).to_string())]), budget, money(lang, year.spent)]
    });
    let most = LINES_MAX.to_string();
    let lines = kept.lines.iter().take(LINES_MAX).map(|line| line_view(reader, judge, &kept.norm, line));
    Ok(SubmittedView {
        by: format!("{by}, {}", at(*when)),
        facts,
        years: years.collect(),
        lines: lines.collect(),
        first_lines: (kept.lines.len() > LINES_MAX).then(|| fill(&w.plan_all_lines, &[("n", &most)])),
    })
}

fn line_view(reader: &Reader, judge: &Judge, norm: &str, line: &Line) -> LineView {
    let (lang, w) = (reader.lang, reader.words());
    let means = Means::ALL.iter().find(|means| means.word() == line.means);
    let count = |name: &str| line.points.get(name).and_then(Value::as_i64).unwrap_or(0);
    LineView {
        means: means.map_or_else(|| line.means.clone(), |known| line::means(w, *known).to_owned()),
        what: what(lang, w, judge, line),
        machine: match (&line.machine_name, &line.role) {
            (Some(machine), _) => machine.clone(),
            (None, Some(role)) => label::role_of(w, role),
            (None, None) => w.plan_shared.clone(),
        },
        unit: format!("{} ({})", line.unit_name, line.unit_code),
        why: why(lang, w, judge, (norm, line)),
        points: (count("role") * count("failure") + count("age") + count("unit")).to_string(),
        cost: line.cost_all.or(line.cost).map_or_else(|| w.plan_no_price.clone(), |cost| number(lang, cost)),
        when: match line.year {
            Some(year) if line.years_paid > 1 => fill(&w.plan_year_on, &[("n", &(year + 1).to_string())]),
            Some(year) => fill(&w.plan_year, &[("n", &(year + 1).to_string())]),
            None => w.plan_not_funded.clone(),
        },
        is_left: line.year.is_none(),
    }
}

fn what(lang: Lang, w: &'static Words, judge: &Judge, line: &Line) -> String {
    let item = |one: &Purchase| {
        let known = judge.prices.items.get(&one.item);
        let name = known.map_or(one.item.as_str(), |item| pick(lang, &item.title));
        if one.count > 1 { format!("{} × {name}", number(lang, one.count)) } else { name.to_owned() }
    };
    let items = line.purchases.iter().map(item).collect::<Vec<_>>().join(" + ");
    let title = |id: &String| {
        let mut sets = judge.sets.iter().rev();
        let remedy = sets.find_map(|set| set.remedies.get(id));
        remedy.map_or_else(|| id.clone(), |remedy| pick(lang, &remedy.title).to_owned())
    };
    let machine = line.machine_name.as_deref();
    match (line.means.as_str(), line.remedies.as_slice()) {
        (word, remedies) if word == Means::Reassign.word() => {
            let moved = fill(&w.plan_do_reassign, &[("machine", machine.unwrap_or_default())]);
            std::iter::once(moved).chain(remedies.iter().map(title)).collect::<Vec<_>>().join(" + ")
        }
        (_, []) if machine.is_some() => fill(&w.plan_do_replace, &[("items", &items)]),
        (_, []) => fill(&w.plan_do_buy, &[("items", &items)]),
        (_, remedies) => remedies.iter().map(title).collect::<Vec<_>>().join(" + "),
    }
}

/// Why, from its JSON; what this program does not know stands as it is.
fn why(lang: Lang, w: &'static Words, judge: &Judge, (norm, line): (&str, &Line)) -> String {
    let title = judge.norms.find(norm).map_or(norm, |norm| pick(lang, &norm.title));
    let is_rented = line.means == Means::Rent.word();
    match serde_json::from_value(line.why.clone()) {
        Ok(why) => line::why_of(lang, w, (judge, title), is_rented, &why),
        Err(_) => line.why.to_string(),
    }
}

/// Submits a draft as it comes out today, if that is what the person saw, or throws it away: `act` is `submit`, with the
/// digest that was `seen`, or `remove`.
///
/// # Errors
/// [`Failure::NotFound`] for a plan that the person does not see; when the database fails.
pub async fn act(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let one = find(&site, &visitor, &id).await?;
    let (now, by) = (site.app.clock.now(), visitor.person.name.as_str());
    match form.text("act") {
        "remove" => {
            let mut tx = site.app.store.begin().await?;
            if scenario::remove(&mut tx, &one.id).await? {
                audit::add(&mut tx, now, by, "plan-remove", &one.place, &one.name).await?;
            }
            tx.commit().await?;
            Ok(Redirect::to("/plan/scenarios").into_response())
        }
        "submit" if one.submitted.is_none() => {
            let note = visitor.words().scenario_changed.clone();
            match today(&site.app, &one).await? {
                Today::Made(planned) if sha256(file::document(&planned)?) == form.text("seen") => {
                    submit_plan(&site.app, &one, *planned, by).await?;
                    Ok(Redirect::to("/plan/scenarios").into_response())
                }
                Today::Made(_) | Today::NoNorm | Today::NoTerms | Today::Waiting(_) => {
                    answer(&site, &visitor, &one, Some(note)).await
                }
            }
        }
        _ => Ok(Redirect::to("/plan/scenarios").into_response()),
    }
}

/// Submits a draft as this plan.
pub(crate) async fn submit_plan(app: &App, one: &Scenario, planned: Planned, by: &str) -> anyhow::Result<()> {
    let now = app.clock.now();
    let outcome = serde_json::to_string(&Outcome::of(&planned))?;
    let document = file::document(&planned)?;
    let place = one.place.clone();
    let workbook = tokio::task::spawn_blocking(move || annex::workbook(&place, &planned)).await??;
    let mut tx = app.store.begin().await?;
    if scenario::submit(&mut tx, &one.id, (&outcome, &document, &workbook), by, now).await? {
        audit::add(&mut tx, now, by, "plan-submit", &one.place, &one.name).await?;
    }
    tx.commit().await
}

/// The annexes of a plan as they were submitted.
///
/// # Errors
/// [`Failure::NotFound`] for a plan that the person does not see, and for a draft; when the database fails.
pub async fn workbook(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let one = find(&site, &visitor, &id).await?;
    let mut tx = site.app.store.read().await?;
    let bytes = scenario::workbook(&mut tx, &one.id).await?.ok_or(Failure::NotFound)?;
    Ok(attachment(file::XLSX, "ke-hoach-da-trinh.xlsx", bytes))
}

/// The plan as it was submitted, as JSON.
///
/// # Errors
/// As [`workbook`].
pub async fn json(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let one = find(&site, &visitor, &id).await?;
    let mut tx = site.app.store.read().await?;
    let document = scenario::document(&mut tx, &one.id).await?.ok_or(Failure::NotFound)?;
    Ok(attachment("application/json", "ke-hoach-da-trinh.json", document.into_bytes()))
}

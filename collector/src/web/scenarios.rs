//! Plans that were kept under a name: two side by side, and one that is submitted and stays as it is.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

use crate::error::Failure;
use crate::planning::{self, Planned, Wish};
use crate::store::account::Standing;
use crate::store::listing::Scope;
use crate::store::scenario::{self, Draft, Scenario};
use crate::store::{audit, unit};
use crate::web::annex;
use crate::web::format::{self, fill, money, number};
use crate::web::layout::{Layout, Place};
use crate::web::plan::{self, Asked};
use crate::web::reader::{Lang, Reader};
use crate::web::words::Words;
use crate::web::{Form, Query, Site, Visitor, page};

/// Who keeps plans and submits them.
pub const PLANS: &[Standing] = &[Standing::Administrator, Standing::Analyst];
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 120;

/// What was asked.
#[derive(Serialize, Deserialize)]
struct Asking {
    norm: Option<String>,
    budgets: Vec<i64>,
    /// Where the money comes from; those that were kept before anybody asked have none.
    #[serde(default)]
    fund: String,
}

/// What a plan came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Outcome {
    day: String,
    norm: String,
    prices_dated: String,
    rules: String,
    budget: Option<i64>,
    years: usize,
    seats: i64,
    ready: i64,
    more: i64,
    cost: i64,
    left: i64,
    lines: i64,
    left_lines: i64,
    points: u64,
    items: Vec<(String, i64)>,
}

impl Outcome {
    fn of(planned: &Planned) -> Outcome {
        let plan = &planned.plan;
        let funded = || plan.lines.iter().filter(|line| line.year.is_some());
        let left = || plan.lines.iter().filter(|line| line.year.is_none());
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let budgets: Option<Vec<i64>> = plan.years.iter().map(|year| year.budget).collect();
        Outcome {
            day: planned.day.to_string(),
            norm: planned.norm.title.vi.clone(),
            prices_dated: planned.judge.prices.dated.to_string(),
            rules: planning::set(planned).map(|set| set.id.clone()).unwrap_or_default(),
            budget: budgets.map(|budgets| budgets.iter().sum()),
            years: plan.years.len(),
            seats: i64::from(plan.counts.seats),
            ready: i64::from(plan.counts.ready),
            more: funded().map(|line| i64::from(line.seats)).sum(),
            cost: funded().filter_map(|line| line.cost).sum(),
            left: left().filter_map(|line| line.cost).sum(),
            lines: count(funded().count()),
            left_lines: count(left().count()),
            points: plan.years.iter().map(|year| year.points).sum(),
            items: plan::bought(funded())
                .into_iter()
                .map(|one| (plan::item(Lang::Vi, planned, &one.item), one.count))
                .collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "scenarios.html")]
struct ScenariosPage {
    l: Layout,
    w: &'static Words,
    may: bool,
    scenarios: Vec<ScenarioView>,
    compared: Option<Compared>,
}

struct ScenarioView {
    id: String,
    name: String,
    place: String,
    kept: String,
    submitted: Option<String>,
    cost: String,
    seats: String,
    is_first: bool,
    is_second: bool,
}

/// Two plans side by side.
struct Compared {
    names: (String, String),
    rows: Vec<(String, String, String, bool)>,
}

fn outcome(one: &Scenario) -> anyhow::Result<Outcome> {
    Ok(serde_json::from_str(&one.outcome)?)
}

fn compare(reader: &Reader, a: &Scenario, b: &Scenario) -> anyhow::Result<Compared> {
    let (lang, w) = (reader.lang, reader.words());
    let (one, other) = (outcome(a)?, outcome(b)?);
    let amount = |sum: i64| money(lang, sum);
    let budget = |budget: Option<i64>| budget.map_or_else(|| w.plan_budget_hint.clone(), amount);
    let mut rows: Vec<(String, String, String)> = vec![
        (w.column_unit.clone(), a.place.clone(), b.place.clone()),
        (w.scenario_day.clone(), date(&one.day), date(&other.day)),
        (w.plan_norm.clone(), one.norm.clone(), other.norm.clone()),
        (w.scenario_prices.clone(), date(&one.prices_dated), date(&other.prices_dated)),
        (w.scenario_rules.clone(), one.rules.clone(), other.rules.clone()),
        (w.scenario_budget.clone(), budget(one.budget), budget(other.budget)),
        (w.plan_years.clone(), one.years.to_string(), other.years.to_string()),
        (w.scenario_seats.clone(), number(lang, one.seats), number(lang, other.seats)),
        (w.scenario_ready.clone(), number(lang, one.ready), number(lang, other.ready)),
        (w.scenario_more.clone(), number(lang, one.more), number(lang, other.more)),
        (w.plan_funded.clone(), amount(one.cost), amount(other.cost)),
        (w.plan_left.clone(), amount(one.left), amount(other.left)),
    ];
    let mut items: Vec<&String> = one.items.iter().chain(&other.items).map(|(name, _)| name).collect();
    items.sort();
    items.dedup();
    for item in items {
        let count = |outcome: &Outcome| {
            let of = outcome.items.iter().filter(|(name, _)| name == item).map(|(_, count)| *count);
            number(lang, of.sum())
        };
        rows.push((item.clone(), count(&one), count(&other)));
    }
    let rows = rows.into_iter().map(|(name, a, b)| {
        let differs = a != b;
        (name, a, b, differs)
    });
    Ok(Compared { names: (a.name.clone(), b.name.clone()), rows: rows.collect() })
}

fn date(day: &str) -> String {
    day.parse().map_or_else(|_| day.to_owned(), format::date)
}

fn at(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), format::moment)
}

fn view(reader: &Reader, one: &Scenario, chosen: [&str; 2]) -> anyhow::Result<ScenarioView> {
    let (lang, w) = (reader.lang, reader.words());
    let came_to = outcome(one)?;
    let seats = [came_to.ready, came_to.seats, came_to.more].map(|count| number(lang, count));
    Ok(ScenarioView {
        id: one.id.clone(),
        name: one.name.clone(),
        place: one.place.clone(),
        kept: format!("{}, {}", one.kept_by, at(one.kept_at)),
        submitted: one.submitted.as_ref().map(|(by, when)| format!("{by}, {}", at(*when))),
        cost: money(lang, came_to.cost),
        seats: fill(&w.plan_seats, &[("ready", &seats[0]), ("seats", &seats[1]), ("more", &seats[2])]),
        is_first: one.id == chosen[0],
        is_second: one.id == chosen[1],
    })
}

/// Shows the plans that were kept: `?a=` and `?b=` put two side by side.
///
/// # Errors
/// When the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (reader, w) = (&visitor.reader, visitor.words());
    let mut tx = site.app.store.read().await?;
    let kept = scenario::all(&mut tx, &visitor.person.scope).await?;
    drop(tx);
    let mut chosen = [fields.text("a"), fields.text("b")];
    if let ([newest, before, ..], ["", ""]) = (kept.as_slice(), chosen) {
        chosen = [&before.id, &newest.id];
    }
    let find = |id: &str| kept.iter().find(|one| one.id == id);
    let compared = match chosen.map(find) {
        [Some(a), Some(b)] => Some(compare(reader, a, b)?),
        _ => None,
    };
    let scenarios = kept.iter().map(|one| view(reader, one, chosen)).collect::<anyhow::Result<_>>()?;
    page(&ScenariosPage {
        l: Layout::new(reader, Place::Plan, &w.scenario_title),
        w,
        may: PLANS.contains(&visitor.person.standing),
        scenarios,
        compared,
    })
}

/// Keeps a plan under a name.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see, or a budget that cannot be read; when the database
/// fails.
pub async fn keep(State(site): State<Site>, visitor: Visitor, Form(form): Form) -> Result<Response, Failure> {
    let asked = Asked::of(&form);
    let (place, planned) = plan::file(&site, &visitor, &form).await?;
    let name: String = form.text("name").trim().chars().take(NAME_CHARS_MAX).collect();
    let name = if name.is_empty() { format!("{place}, {}", format::date(planned.day)) } else { name };
    let budgets = asked.budgets().map_err(|()| Failure::NotFound)?;
    let norm = Some(asked.norm.clone()).filter(|norm| !norm.is_empty());
    let wish = serde_json::to_string(&Asking { norm, budgets, fund: asked.fund.clone() })
        .map_err(anyhow::Error::from)?;
    let outcome = serde_json::to_string(&Outcome::of(&planned)).map_err(anyhow::Error::from)?;
    let mut tx = site.app.store.begin().await?;
    let unit_path = match asked.unit.as_str() {
        "" => visitor.person.scope.first().to_owned(),
        id => unit::by_id(&mut tx, id).await?.path,
    };
    let by = visitor.person.name.as_str();
    let draft =
        Draft { name: &name, unit_path: &unit_path, place: &place, wish: &wish, outcome: &outcome, by };
    scenario::add(&mut tx, draft, site.app.clock.now()).await?;
    tx.commit().await?;
    Ok(Redirect::to("/plan/scenarios").into_response())
}

async fn find(site: &Site, visitor: &Visitor, id: &str) -> Result<Scenario, Failure> {
    let mut tx = site.app.store.read().await?;
    let kept = scenario::all(&mut tx, &visitor.person.scope).await?;
    kept.into_iter().find(|one| one.id == id).ok_or(Failure::NotFound)
}

/// Submits a draft as it comes out today, or throws it away: `act` is `submit` or `remove`.
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
    let back = Redirect::to("/plan/scenarios").into_response();
    if form.text("act") == "remove" {
        let mut tx = site.app.store.begin().await?;
        scenario::remove(&mut tx, &one.id).await?;
        tx.commit().await?;
        return Ok(back);
    }
    let asking: Asking = serde_json::from_str(&one.wish).map_err(anyhow::Error::from)?;
    let scope = Scope::subtree(&one.unit_path);
    planning::diagnose(&site.app, &scope, None, &indicatif::ProgressBar::hidden()).await?;
    let wish = Wish { scope, norm: asking.norm, fund: asking.fund, budgets: asking.budgets };
    let planned = planning::plan(&site.app, &wish).await?;
    let outcome = serde_json::to_string(&Outcome::of(&planned)).map_err(anyhow::Error::from)?;
    let document = plan::document(&planned)?;
    let place = one.place.clone();
    let workbook = tokio::task::spawn_blocking(move || annex::workbook(&place, &planned))
        .await
        .map_err(anyhow::Error::from)??;
    let mut tx = site.app.store.begin().await?;
    if scenario::submit(&mut tx, &one.id, (&outcome, &document, &workbook), by, now).await? {
        audit::add(&mut tx, now, by, "plan-submit", &one.place, &one.name).await?;
    }
    tx.commit().await?;
    Ok(back)
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
    let headers = [
        (header::CONTENT_TYPE, plan::XLSX.to_owned()),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"ke-hoach-da-trinh.xlsx\"".to_owned()),
    ];
    Ok((StatusCode::OK, headers, bytes).into_response())
}

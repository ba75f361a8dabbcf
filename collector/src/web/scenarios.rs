//! Plans that were kept under a name: the list, two side by side, and keeping one.

use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use rules::assess::judge_digest;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Failure;
use crate::lang::Lang;
use crate::planning::{self, Planned};
use crate::store::account::Standing;
use crate::store::scenario::{self, Draft, Scenario};
use crate::store::{audit, unit};
use crate::terms::Terms;
use crate::web::format::{self, fill, money, number};
use crate::web::layout::{Layout, Place};
use crate::web::plan::asked::{Asked, planned};
use crate::web::plan::line::{self, Bought};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Form, Query, Site, Visitor, page};

/// Who keeps plans and submits them.
pub const PLANS: &[Standing] = &[Standing::Administrator, Standing::Analyst];
/// Longest name, in characters.
const NAME_CHARS_MAX: usize = 120;
/// Characters of a digest that are shown.
const DIGEST_CHARS: usize = 12;
/// Agencies in a comparison.
const UNITS_MAX: usize = 60;

/// What was asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Asking {
    /// Id of the norm; none for the one in force.
    pub(crate) norm: Option<String>,
    /// The budgets of the years, in đồng.
    pub(crate) budgets: Vec<i64>,
    /// Over how many years it is planned; those that were kept before anybody asked and have no budget are of one.
    #[serde(default = "one_year")]
    pub(crate) years: usize,
    /// Where the money comes from; those that were kept before anybody asked have none.
    #[serde(default)]
    pub(crate) fund: String,
    /// By what it is made beside what is in force; those that were kept before are made by what is in force.
    #[serde(default)]
    pub(crate) terms: Terms,
}

fn one_year() -> usize {
    1
}

/// What a plan came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Outcome {
    day: String,
    norm: String,
    prices_dated: String,
    rules: String,
    // Plans that were kept before digests were have none.
    #[serde(default)]
    norms_digest: String,
    #[serde(default)]
    prices_digest: String,
    /// The digest of set and lifecycle table.
    #[serde(default)]
    rules_digest: String,
    /// By how many percent all prices differ from those of the book.
    #[serde(default)]
    prices_percent: i64,
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
    /// What each item costs together, in đồng, as `items` name them; earlier plans were kept without.
    #[serde(default)]
    amounts: Vec<(String, i64)>,
    /// What it does in each agency.
    #[serde(default)]
    units: Vec<UnitSum>,
}

/// What a plan does in one agency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct UnitSum {
    code: String,
    name: String,
    /// What its funded lines cost, in đồng.
    cost: i64,
    /// Seats that they make ready.
    more: i64,
    /// What is not funded, in đồng.
    left: i64,
}

/// What a plan does in each agency, in the order of the tree.
fn unit_sums(planned: &Planned) -> Vec<UnitSum> {
    let mut sums: BTreeMap<usize, UnitSum> = BTreeMap::new();
    for line in &planned.plan.lines {
        let agency = planned.units.get(line.unit).map_or(line.unit, |unit| unit.agency);
        let Some(unit) = planned.units.get(agency) else { continue };
        let new = || {
            let (code, name) = (unit.code.clone(), unit.name.clone());
            UnitSum { code, name, cost: 0, more: 0, left: 0 }
        };
        let sum = sums.entry(agency).or_insert_with(new);
        if line.year.is_some() {
            sum.cost += planned.plan.cost_of(line);
            sum.more += i64::from(line.seats);
        } else {
            sum.left += planned.plan.cost_left(line);
        }
    }
    sums.into_values().collect()
}

impl Outcome {
    /// What this plan comes to.
    pub(super) fn of(planned: &Planned) -> Outcome {
        let plan = &planned.plan;
        let funded = || plan.lines.iter().filter(|line| line.year.is_some());
        let left = || plan.lines.iter().filter(|line| line.year.is_none());
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let bought = line::bought_in_all(plan);
        let name = |one: &Bought| line::item(Lang::Vi, planned, &one.item);
        let amount = |one: &Bought| one.price.unwrap_or(0) * one.count;
        let budgets: Option<Vec<i64>> = plan.years.iter().map(|year| year.budget).collect();
        Outcome {
            day: planned.day.to_string(),
            norm: planned.norm.title.vi.clone(),
            prices_dated: planned.judge.prices.dated.to_string(),
            rules: planning::set(planned).map(|set| set.id.clone()).unwrap_or_default(),
            norms_digest: planned.judge.norms.digest.clone(),
            prices_digest: planned.judge.prices.digest.clone(),
            prices_percent: planned.judge.prices.percent,
            rules_digest: planning::set(planned)
                .map(|set| judge_digest(set, &planned.judge.lifecycle))
                .unwrap_or_default(),
            budget: budgets.map(|budgets| budgets.iter().sum()),
            years: plan.years.len(),
            seats: i64::from(plan.counts.seats),
            ready: i64::from(plan.counts.ready),
            more: funded().map(|line| i64::from(line.seats)).sum(),
            cost: plan.lines.iter().map(|line| plan.cost_of(line)).sum(),
            left: left().map(|line| plan.cost_left(line)).sum(),
            lines: count(funded().count()),
            left_lines: count(left().count()),
            points: plan.years.iter().map(|year| year.points).sum(),
            items: bought.iter().map(|one| (name(one), one.count)).collect(),
            amounts: bought.iter().map(|one| (name(one), amount(one))).collect(),
            units: unit_sums(planned),
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
    beside: Beside,
}

/// What a plan came to when it was kept, or submitted.
pub(super) fn outcome(one: &Scenario) -> anyhow::Result<Outcome> {
    Ok(serde_json::from_str(&one.outcome)?)
}

/// Two plans beside each other.
pub(super) struct Beside {
    /// Row by row: what, the one, the other, and whether they differ.
    pub(super) rows: Vec<(String, String, String, bool)>,
    /// Items that differ: how many in each, what they cost in each, and by how much they differ.
    pub(super) items: Vec<[String; 6]>,
    /// Agencies that differ, the greatest difference first: what it costs in each, by how much it differs, and how many
    /// seats each makes ready.
    pub(super) units: Vec<[String; 6]>,
    /// How many more agencies differ.
    pub(super) units_more: Option<String>,
}

/// Puts two outcomes side by side, each with the place that it is for.
pub(super) fn compare(reader: &Reader, a: (&str, &Outcome), b: (&str, &Outcome)) -> Beside {
    let (lang, w) = (reader.lang, reader.words());
    let ((place, one), (other_place, other)) = (a, b);
    let amount = |sum: i64| money(lang, sum);
    let percent = |percent: i64| if percent == 0 { "—".to_owned() } else { format!("{percent:+} %") };
    let budget = |budget: Option<i64>| budget.map_or_else(|| w.plan_unlimited.clone(), amount);
    let rows: Vec<(String, String, String)> = vec![
        (w.column_unit.clone(), place.to_owned(), other_place.to_owned()),
        (w.scenario_day.clone(), date(&one.day), date(&other.day)),
        (w.plan_norm.clone(), marked(&one.norm, &one.norms_digest), marked(&other.norm, &other.norms_digest)),
        (
            w.scenario_prices.clone(),
            marked(&date(&one.prices_dated), &one.prices_digest),
            marked(&date(&other.prices_dated), &other.prices_digest),
        ),
        (
            w.scenario_rules.clone(),
            marked(&one.rules, &one.rules_digest),
            marked(&other.rules, &other.rules_digest),
        ),
        (w.scenario_percent.clone(), percent(one.prices_percent), percent(other.prices_percent)),
        (w.scenario_budget.clone(), budget(one.budget), budget(other.budget)),
        (w.plan_years.clone(), one.years.to_string(), other.years.to_string()),
        (w.scenario_seats.clone(), number(lang, one.seats), number(lang, other.seats)),
        (w.scenario_ready.clone(), number(lang, one.ready), number(lang, other.ready)),
        (w.scenario_more.clone(), number(lang, one.more), number(lang, other.more)),
        (w.plan_funded.clone(), amount(one.cost), amount(other.cost)),
        (w.plan_left.clone(), amount(one.left), amount(other.left)),
    ];
    let rows = rows.into_iter().map(|(name, a, b)| {
        let differs = a != b;
        (name, a, b, differs)
    });
    let (units, units_more) = compare_units(reader, one, other);
    Beside { rows: rows.collect(), items: compare_items(lang, one, other), units, units_more }
}

fn compare_items(lang: Lang, one: &Outcome, other: &Outcome) -> Vec<[String; 6]> {
    let names: BTreeSet<&String> = one.items.iter().chain(&other.items).map(|(name, _)| name).collect();
    let sum = |of: &[(String, i64)], name: &String| -> i64 {
        of.iter().filter(|(other, _)| other == name).map(|(_, sum)| *sum).sum()
    };
    let mut rows = Vec::new();
    for name in names {
        let counts = [&one.items, &other.items].map(|items| sum(items, name));
        let amounts = [&one.amounts, &other.amounts].map(|amounts| sum(amounts, name));
        if counts[0] == counts[1] && amounts[0] == amounts[1] {
            continue;
        }
        let [count, count_other] = counts.map(|count| number(lang, count));
        let [amount, amount_other] = amounts.map(|amount| number(lang, amount));
        let change = format::signed(lang, amounts[1] - amounts[0]);
        rows.push([name.clone(), count, count_other, amount, amount_other, change]);
    }
    rows
}

fn compare_units(reader: &Reader, one: &Outcome, other: &Outcome) -> (Vec<[String; 6]>, Option<String>) {
    let (lang, w) = (reader.lang, reader.words());
    let mut pairs: BTreeMap<&str, [Option<&UnitSum>; 2]> = BTreeMap::new();
    for (side, outcome) in [one, other].into_iter().enumerate() {
        for unit in &outcome.units {
            pairs.entry(&unit.code).or_default()[side] = Some(unit);
        }
    }
    let cost = |of: Option<&UnitSum>| of.map_or(0, |unit| unit.cost);
    let more = |of: Option<&UnitSum>| of.map_or(0, |unit| unit.more);
    let mut differing: Vec<[Option<&UnitSum>; 2]> =
        pairs.into_values().filter(|[a, b]| cost(*a) != cost(*b) || more(*a) != more(*b)).collect();
    // The sort is stable: of alike differences the lower code stands first.
    differing.sort_by_key(|[a, b]| std::cmp::Reverse((cost(*b) - cost(*a)).abs()));
    let beyond = differing.len().saturating_sub(UNITS_MAX);
    let row = |[a, b]: &[Option<&UnitSum>; 2]| {
        let name = a.or(*b).map(|unit| unit.name.clone()).unwrap_or_default();
        let [cost_a, cost_b] = [*a, *b].map(|of| number(lang, cost(of)));
        let [more_a, more_b] = [*a, *b].map(|of| number(lang, more(of)));
        [name, cost_a, cost_b, format::signed(lang, cost(*b) - cost(*a)), more_a, more_b]
    };
    let rows = differing.iter().take(UNITS_MAX).map(row).collect();
    let beyond = i64::try_from(beyond).unwrap_or(i64::MAX);
    (rows, (beyond > 0).then(|| fill(&w.scenario_units_more, &[("n", &number(lang, beyond))])))
}

/// A text with the beginning of the digest of what it stands for.
fn marked(text: &str, digest: &str) -> String {
    if digest.is_empty() {
        return text.to_owned();
    }
    format!("{text} · {}", digest.chars().take(DIGEST_CHARS).collect::<String>())
}

/// A day as it stands in JSON, as people write it.
pub(super) fn date(day: &str) -> String {
    day.parse().map_or_else(|_| day.to_owned(), format::date)
}

/// A time in milliseconds, as people write it.
pub(super) fn at(millis: i64) -> String {
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
        [Some(a), Some(b)] => {
            let (one, other) = (outcome(a)?, outcome(b)?);
            let beside = compare(reader, (&a.place, &one), (&b.place, &other));
            Some(Compared { names: (a.name.clone(), b.name.clone()), beside })
        }
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
    let (place, plan) = planned(&site, &visitor, &form).await?;
    let name: String = form.text("name").trim().chars().take(NAME_CHARS_MAX).collect();
    let name = if name.is_empty() { format!("{place}, {}", format::date(plan.day)) } else { name };
    let budgets = asked.budgets().map_err(|_| Failure::NotFound)?;
    let terms = asked.terms().map_err(|()| Failure::NotFound)?;
    let norm = Some(asked.norm.clone()).filter(|norm| !norm.is_empty());
    let mut tx = site.app.store.read().await?;
    let unit_path = match asked.unit.as_str() {
        "" => visitor.person.scope.first().to_owned(),
        id => unit::by_id(&mut tx, id).await?.path,
    };
    drop(tx);
    let place = (unit_path.as_str(), place.as_str());
    let asking = Asking { norm, budgets, years: asked.years, fund: asked.fund.clone(), terms };
    keep_plan(&site.app, &name, place, &asking, &plan, &visitor.person.name).await?;
    Ok(Redirect::to("/plan/scenarios").into_response())
}

/// Keeps a plan for the unit of this path and name. Gives its id.
pub(crate) async fn keep_plan(
    app: &App,
    name: &str,
    (unit_path, place): (&str, &str),
    asking: &Asking,
    planned: &Planned,
    by: &str,
) -> anyhow::Result<String> {
    let wish = serde_json::to_string(asking)?;
    let outcome = serde_json::to_string(&Outcome::of(planned))?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    let draft = Draft { name, unit_path, place, wish: &wish, outcome: &outcome, by };
    let id = scenario::add(&mut tx, draft, now).await?;
    audit::add(&mut tx, now, by, "plan-keep", place, name).await?;
    tx.commit().await?;
    Ok(id)
}

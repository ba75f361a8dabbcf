//! Lines of a plan in words, and what lines buy together.

use std::collections::BTreeMap;

use rules::plan::{Lacks, Line, Means, Plan, Purchased, Why};

use crate::app::Judge;
use crate::lang::Lang;
use crate::planning::{self, Planned};
use crate::web::format::{fill, number};
use crate::web::label::{self, pick, rule_fails};
use crate::web::words::Words;

/// Rules in one sentence.
const NAMED_MAX: usize = 4;

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
        Means::Buy if machine.is_some() => fill(&w.plan_do_replace, &[("items", &items)]),
        Means::Buy => fill(&w.plan_do_buy, &[("items", &items)]),
        Means::Rent => fill(&w.plan_do_rent, &[("items", &items)]),
        Means::Licence if machine.is_none() => fill(&w.plan_do_buy, &[("items", &items)]),
        Means::Reassign | Means::Enable | Means::Upgrade | Means::Licence => {
            let set = planning::set(planned);
            let title = |id: &String| {
                let remedy = set.and_then(|set| set.remedies.get(id));
                remedy.map_or_else(|| id.clone(), |remedy| pick(lang, &remedy.title).to_owned())
            };
            let moved = (line.means == Means::Reassign).then(|| moving(w, planned, line));
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
    why_of(lang, w, (&planned.judge, pick(lang, &planned.norm.title)), line.means == Means::Rent, &line.why)
}

/// Why, in one phrase, by these rules and the norm of this title, of a line that is rented or not.
pub fn why_of(
    lang: Lang,
    w: &'static Words,
    (judge, norm): (&Judge, &str),
    is_rented: bool,
    why: &Why,
) -> String {
    let counted = |text: &str, titles: String, n: usize| {
        if n == 0 { titles } else { fill(text, &[("rules", &titles), ("n", &n.to_string())]) }
    };
    let rules = |lacks: &Lacks, more: usize| {
        let named = lacks.rules.iter().take(NAMED_MAX).map(|id| rule_fails(lang, judge, id, None));
        let titles = named.collect::<Vec<_>>().join("; ");
        counted(&w.plan_why_more, titles, lacks.rules.len().saturating_sub(NAMED_MAX) + more)
    };
    match why {
        // What the line mends is told apart from what else the machine fails.
        Why::Fails(lacks) => counted(&w.plan_why_others, rules(lacks, 0), lacks.others as usize),
        Why::Beyond(lacks) => fill(&w.plan_why_beyond, &[("rules", &rules(lacks, lacks.others as usize))]),
        Why::Empty { seats, machines } => {
            let (seats, machines) = (seats.to_string(), machines.to_string());
            fill(&w.plan_why_empty, &[("seats", &seats), ("machines", &machines)])
        }
        Why::Short { needed, have, clause } => {
            let (needed, have) = (needed.to_string(), have.to_string());
            let clause = format!("{norm}, {clause}");
            fill(&w.plan_why_short, &[("needed", &needed), ("have", &have), ("clause", &clause)])
        }
        Why::Wished { needed, .. } if is_rented => {
            fill(&w.plan_why_rented, &[("needed", &needed.to_string())])
        }
        Why::Wished { needed, have } => {
            fill(&w.plan_why_wished, &[("needed", &needed.to_string()), ("have", &have.to_string())])
        }
    }
}

/// What a line costs, in đồng, in all its years together, where no budget pays for it in all of the plan; none when a
/// price is missing.
pub fn cost(planned: &Planned, line: &Line) -> Option<i64> {
    line.cost.map(|_| planned.plan.cost_of(line) + planned.plan.cost_left(line))
}

/// When a line is paid for.
pub fn when(w: &'static Words, planned: &Planned, line: &Line) -> String {
    match line.year {
        Some(year) if line.years_paid(planned.plan.years.len()) > 1 => {
            fill(&w.plan_year_on, &[("n", &(year + 1).to_string())])
        }
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
    /// This line of this plan.
    pub fn of(lang: Lang, w: &'static Words, planned: &Planned, line: &Line) -> LineView {
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
            cost: cost(planned, line).map_or_else(|| w.plan_no_price.clone(), |cost| number(lang, cost)),
            when: when(w, planned, line),
            is_left: line.year.is_none(),
        }
    }
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

/// What a plan buys in one year, the largest amount first.
pub fn bought_in(plan: &Plan, year: usize) -> Vec<Bought> {
    bought(plan.bought_in(year).map(|(line, one)| (line, one, 1)))
}

/// What a plan buys in all its years, the largest amount first; of what comes again the months or licences of all.
pub fn bought_in_all(plan: &Plan) -> Vec<Bought> {
    bought(plan.bought())
}

/// What is bought for these lines, each so many times.
fn bought<'a>(purchases: impl Iterator<Item = (&'a Line, &'a Purchased, i64)>) -> Vec<Bought> {
    let mut bought: BTreeMap<(&str, Option<i64>, Basis), i64> = BTreeMap::new();
    for (line, one, times) in purchases {
        let basis = match (&one.clause, &line.why) {
            (Some(clause), _) => Basis::Norm(clause.clone()),
            (None, Why::Wished { .. }) => Basis::Declared,
            (None, _) => Basis::Rules,
        };
        *bought.entry((&one.item, one.price, basis)).or_default() += i64::from(one.count) * times;
    }
    let mut bought: Vec<Bought> = bought
        .into_iter()
        .map(|((item, price, basis), count)| Bought { item: item.to_owned(), count, price, basis })
        .collect();
    bought.sort_by_key(|one| std::cmp::Reverse(one.price.unwrap_or(0) * one.count));
    bought
}

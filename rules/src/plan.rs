//! The provisioning plan: what seats lack, by which means they get it, what it costs, and what a budget pays for.
//!
//! Pure: the same office gives the same plan to the đồng. Machines are judged and mended elsewhere (`assess`, `mend`);
//! here they are fit, can be mended, must be replaced, or are not known.
//!
//! Means come in this order: a machine that another seat has over is moved, what is switched off is switched on, what
//! can be mended is mended, licences are bought, the rest is bought new, lines are rented. What is not funded is listed,
//! never dropped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assess::{Role, Severity};
use crate::mend::Step;
use crate::norms::{Entitlement, Group, Norm};
use crate::prices::Prices;
pub use agency::{Devices, devices};
use optimum::{Offer, choose_coming_again};

mod agency;
mod calculator;
pub mod limits;
pub mod optimum;
mod seating;
mod spares;
mod wishes;

/// The item that a PC is, and that a small server is.
pub const PC: &str = "pc";
/// What a seat of the role server gets.
pub const SERVER: &str = "server";
/// The items that machines can see, so that what is there can be counted.
pub const PRINTER: &str = "printer";
/// As [`PRINTER`].
pub const SCANNER: &str = "scanner";
/// What a year of rent has, in months.
const MONTHS: u32 = 12;
/// Age in years from which a machine gains points, and the most that it gains.
const AGE_FREE: u32 = 5;
const AGE_POINTS_MAX: u32 = 5;

/// Everything that a plan is made from.
#[derive(Debug, Clone)]
pub struct Office<'a> {
    /// What seats may have.
    pub norm: &'a Norm,
    /// What things cost.
    pub prices: &'a Prices,
    /// The units, in the order of the tree.
    pub units: Vec<Unit>,
    /// The seats. A unit without any is planned as if each of its machines had a seat.
    pub seats: Vec<Seats>,
    /// The machines.
    pub machines: Vec<Machine>,
    /// What units declare that they need beside their seats.
    pub wishes: Vec<Wish>,
    /// What units declare that they do not have, as far as the rules about units say what to buy then.
    pub missing: Vec<Missing>,
    /// For how many years it is planned, at least 1: what comes again each year makes mending dearer than a new machine
    /// the longer the plan.
    pub years: u32,
}

/// What a unit declares that it needs: what no norm counts and no machine sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The unit, by its place among the units.
    pub unit: usize,
    /// What, as the price book names it.
    pub item: String,
    /// How many there should be; of what is rented how many are paid for.
    pub count: u32,
    /// How many there are.
    pub have: u32,
    /// The price of one that it expects, in đồng, for a month where the item is rented; none for that of the book.
    pub price: Option<i64>,
}

/// What a unit lacks by its own declaration and a rule about units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The unit, by its place among the units.
    pub unit: usize,
    /// What mends it, as the price book names it.
    pub item: String,
    /// The rule that it fails.
    pub lacks: Lacks,
}

/// A unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The ids from the root to this unit, each followed by a slash: a longer common part is nearer.
    pub path: String,
    /// The unit that shares printers and scanners with it, by its place among the units: itself, or one above.
    pub agency: usize,
    /// Points for where it lies (mountain, border, island, newly merged), 0 to 10.
    pub points: u32,
}

/// How equipment for a seat is bought (Decision 10/2026/QĐ-TTg, article 4 and annexes A, B and C).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Regime {
    /// Annexes A and B: up to the ceilings.
    #[serde(rename = "A/B")]
    Ceilings,
    /// Annex C: for regular work in the digital environment, at market prices.
    #[serde(rename = "C")]
    Market,
}

impl Regime {
    /// As it stands in files.
    pub fn word(self) -> &'static str {
        match self {
            Regime::Ceilings => "A/B",
            Regime::Market => "C",
        }
    }

    /// The regime of this word.
    pub fn parse(word: &str) -> Option<Regime> {
        match word {
            "A/B" | "A" | "B" => Some(Regime::Ceilings),
            "C" => Some(Regime::Market),
            _ => None,
        }
    }
}

/// Working places of one kind in one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seats {
    /// The unit, by its place among the units.
    pub unit: usize,
    /// What they are for.
    pub role: Role,
    /// The group of positions.
    pub group: Group,
    /// How their equipment is bought.
    pub regime: Regime,
    /// How many.
    pub count: u32,
}

/// A machine.
#[derive(Debug, Clone, PartialEq)]
pub struct Machine {
    /// Its id.
    pub id: String,
    /// Its name in the network.
    pub name: String,
    /// The unit, by its place among the units.
    pub unit: usize,
    /// The role of its seat.
    pub role: Role,
    /// Whether it is fit.
    pub state: State,
    /// The roles for which it is ready as it is.
    pub ready_for: Vec<Role>,
    /// Its age in whole years; none when nobody knows.
    pub age_years: Option<u32>,
    /// Printers that it sees: the model, and whether others may see the same one.
    pub printers: Vec<Device>,
    /// Scanners that it sees.
    pub scanners: Vec<Device>,
}

/// A device that a machine sees.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Device {
    /// The model.
    pub model: String,
    /// Whether it is in the network, so that two machines may see the same one.
    pub shared: bool,
}

/// Whether a machine is fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It is ready.
    Ready,
    /// These steps make it ready.
    Mendable {
        /// What to do.
        steps: Vec<Step>,
        /// The rules that it fails.
        lacks: Lacks,
    },
    /// Nothing in the rule set makes it ready.
    Beyond(Lacks),
    /// Too little is known of it.
    Unknown,
}

/// What a machine is worth to its seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fitness {
    /// It is ready.
    Ready,
    /// It is worth making ready.
    Mendable,
    /// It is to be replaced: nothing makes it ready, or nothing that costs less than it is worth.
    Spent,
    /// Too little is known of it.
    Unknown,
}

impl<'a> Office<'a> {
    /// An office of which nothing is known but by what machines are mended and replaced.
    pub fn of_one_machine(norm: &'a Norm, prices: &'a Prices) -> Office<'a> {
        let (units, seats, machines) = (Vec::new(), Vec::new(), Vec::new());
        Office { norm, prices, units, seats, machines, wishes: Vec::new(), missing: Vec::new(), years: 1 }
    }

    /// What this machine is worth to its seat, at the prices of this office.
    pub fn fitness(&self, machine: &Machine) -> Fitness {
        match &machine.state {
            State::Ready => Fitness::Ready,
            State::Mendable { steps, .. } if seating::is_worth(self, machine, steps) => Fitness::Mendable,
            State::Mendable { .. } | State::Beyond(_) => Fitness::Spent,
            State::Unknown => Fitness::Unknown,
        }
    }
}

/// What a machine or a unit lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacks {
    /// The ids of the rules that it fails and what is to be done mends, what costs most first; where nothing mends it, of
    /// those that it fails.
    pub rules: Vec<String>,
    /// How many others it fails.
    #[serde(default)]
    pub others: u32,
    /// The weight of the worst.
    pub severity: Severity,
}

/// By which means a seat gets what it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// A machine is moved here (điều chuyển), and mended where it must be.
    Reassign,
    /// Only settings change.
    Enable,
    /// Parts are bought.
    Upgrade,
    /// Licences are bought.
    Licence,
    /// A device is bought.
    Buy,
    /// A line is rented, by the month.
    Rent,
}

impl Means {
    /// Every means, in the order in which they are tried.
    pub const ALL: &'static [Means] =
        &[Means::Reassign, Means::Enable, Means::Upgrade, Means::Licence, Means::Buy, Means::Rent];

    /// As it stands in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Means::Reassign => "reassign",
            Means::Enable => "enable",
            Means::Upgrade => "upgrade",
            Means::Licence => "licence",
            Means::Buy => "buy",
            Means::Rent => "rent",
        }
    }
}

/// Something bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Purchased {
    /// What, as the price book names it.
    pub item: String,
    /// How many; of what is rented, months.
    pub count: u32,
    /// The price of one, in đồng; none when the price is missing.
    pub price: Option<i64>,
    /// The most that may be paid for one, in đồng, where there is a ceiling.
    pub ceiling: Option<i64>,
    /// Where the norm allows it; none where no norm speaks of it.
    pub clause: Option<String>,
    /// Whether it is paid for again in each later year: what is rented, and a licence for a year.
    pub yearly: bool,
}

impl Purchased {
    /// What all of them cost, in đồng; none when the price is missing.
    pub fn amount(&self) -> Option<i64> {
        self.price.map(|price| price.saturating_mul(i64::from(self.count)))
    }

    /// Whether one costs more than it may.
    pub fn is_over_ceiling(&self) -> bool {
        matches!((self.price, self.ceiling), (Some(price), Some(ceiling)) if price > ceiling)
    }
}

/// Why a line stands in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The machine, or the unit, fails these rules.
    Fails(Lacks),
    /// The machine fails these rules and cannot be mended, or not for less than it is worth.
    Beyond(Lacks),
    /// A seat has no machine.
    Empty {
        /// Seats of this role in the unit.
        seats: u32,
        /// Machines that have them.
        machines: u32,
    },
    /// An agency has fewer devices than its seats make.
    Short {
        /// How many the norm demands.
        needed: u32,
        /// How many its machines see.
        have: u32,
        /// Where in the norm.
        clause: String,
    },
    /// The unit declares that it needs it.
    Wished {
        /// How many there should be.
        needed: u32,
        /// How many there are.
        have: u32,
    },
}

/// What the priority of a line comes from (shown, so that a person can contest it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Points {
    /// What the role weighs: counter and clerk 5, leader and server 4, officer 2.
    pub role: u32,
    /// What the worst failure weighs: critical 4, major 2, else 1; a seat without a machine 4.
    pub failure: u32,
    /// One for each year above five, at most 5.
    pub age: u32,
    /// What the place weighs.
    pub unit: u32,
}

impl Points {
    /// Role × failure + age + place.
    pub fn sum(&self) -> u32 {
        self.role * self.failure + self.age + self.unit
    }
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The unit, by its place among the units.
    pub unit: usize,
    /// The role of the seat; none of a device that seats share.
    pub role: Option<Role>,
    /// The machine that is mended, replaced or moved, by its place among the machines.
    pub machine: Option<usize>,
    /// The machine that leaves the seat because another comes, by its place among the machines.
    pub replaces: Option<usize>,
    /// By which means.
    pub means: Means,
    /// The steps, as remedies of the rule set.
    pub remedies: Vec<String>,
    /// What is bought.
    pub purchases: Vec<Purchased>,
    /// What it costs in the year in which it begins, in đồng; none when a price is missing.
    pub cost: Option<i64>,
    /// Why.
    pub why: Why,
    /// How urgent it is.
    pub points: Points,
    /// Seats that it makes ready: 1, or 0 of a device that seats share.
    pub seats: u32,
    /// The year of the budget that pays for it, from 0; none when none does. What comes again is paid in that year and in
    /// each after it.
    pub year: Option<usize>,
}

impl Line {
    /// What of it comes again in each later year, in đồng.
    pub fn yearly(&self) -> i64 {
        self.purchases.iter().filter(|one| one.yearly).filter_map(Purchased::amount).sum()
    }

    /// Whether something of it comes again in each later year.
    fn comes_again(&self) -> bool {
        self.purchases.iter().any(|one| one.yearly)
    }

    /// Whether what comes again, or does not, is paid for in this year.
    fn is_paid_in(&self, year: usize, comes_again: bool) -> bool {
        self.year.is_some_and(|begun| begun == year || (comes_again && begun < year))
    }

    /// In how many of so many years something of it is paid for.
    pub fn years_paid(&self, years: usize) -> usize {
        match self.year {
            None => 0,
            Some(year) if self.comes_again() => years.saturating_sub(year),
            Some(_) => 1,
        }
    }

    /// What it costs in so many years, at least 1, in đồng; nothing where its price is missing.
    fn cost_over(&self, years: usize) -> i64 {
        let later = i64::try_from(years.saturating_sub(1)).unwrap_or(i64::MAX);
        self.cost.map_or(0, |cost| cost.saturating_add(self.yearly().saturating_mul(later)))
    }
}

/// A plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What to do, most urgent first; of the same urgency older machines first, then in the order of units.
    pub lines: Vec<Line>,
    /// What each year's budget was, in đồng, and what its lines cost together. Without a budget all is in the first.
    pub years: Vec<Year>,
    /// Seats and machines.
    pub counts: Counts,
}

impl Plan {
    /// The lines that a budget pays for.
    pub fn funded(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.year.is_some())
    }

    /// What the funded lines buy, each with its line and in how many years it is paid for.
    pub fn bought(&self) -> impl Iterator<Item = (&Line, &Purchased, i64)> {
        let times = |line: &Line, one: &Purchased| {
            if one.yearly { i64::try_from(line.years_paid(self.years.len())).unwrap_or(i64::MAX) } else { 1 }
        };
        self.funded()
            .flat_map(|line| line.purchases.iter().map(move |one| (line, one)))
            .map(move |(line, one)| (line, one, times(line, one)))
    }

    /// What is paid for in this year, each with its line: what begins in it, and what began before and comes again.
    pub fn bought_in(&self, year: usize) -> impl Iterator<Item = (&Line, &Purchased)> {
        self.lines
            .iter()
            .flat_map(|line| line.purchases.iter().map(move |one| (line, one)))
            .filter(move |(line, one)| line.is_paid_in(year, one.yearly))
    }

    /// The lines of which something is paid for in this year, and those that begin in it and cost nothing.
    pub fn paid_in(&self, year: usize) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(move |line| line.is_paid_in(year, line.comes_again()))
    }

    /// What a line costs in all years together, in đồng: nothing where no budget pays for it or its price is missing.
    pub fn cost_of(&self, line: &Line) -> i64 {
        if line.year.is_some() { line.cost_over(line.years_paid(self.years.len())) } else { 0 }
    }

    /// What a line that no budget pays for would cost over all years, in đồng; nothing where a budget does or its price is
    /// missing.
    pub fn cost_left(&self, line: &Line) -> i64 {
        if line.year.is_none() { line.cost_over(self.years.len()) } else { 0 }
    }
}

/// One year of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Year {
    /// What may be spent, in đồng; none for whatever it takes.
    pub budget: Option<i64>,
    /// What its lines cost, with what began before and comes again.
    pub spent: i64,
    /// The sum of the points of lines that begin in it, of those that cost something.
    pub points: u64,
    /// No choice of lines for this money has a greater sum.
    pub points_bound: u64,
}

/// Seats and machines of a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Seats.
    pub seats: u32,
    /// Seats of units for which nobody said how many there are: one for each machine.
    pub seats_assumed: u32,
    /// Seats with a machine that is ready.
    pub ready: u32,
    /// Seats with a machine of which too little is known.
    pub unknown: u32,
    /// Machines that no seat needs once machines have been moved.
    pub surplus: u32,
    /// Devices that units declare above the number that the norm allows.
    pub over_norm: u32,
}

/// Makes the plan. `budgets` are those of the years of the office, in đồng, the first first; none for whatever it takes:
/// then all begins in the first year.
pub fn plan(office: &Office<'_>, budgets: &[i64]) -> Plan {
    let (mut lines, counts) = lines(office);
    lines.sort_by_cached_key(|line| {
        let unit = office.units.get(line.unit).map(|unit| unit.code.clone());
        let machine = |index: Option<usize>| index.and_then(|index| office.machines.get(index));
        // The seat's own machine is the one that is old; points count five years of its age, the order all.
        let age = machine(line.replaces.or(line.machine)).and_then(|machine| machine.age_years);
        let name = machine(line.machine).map(|machine| machine.name.clone());
        (std::cmp::Reverse(line.points.sum()), std::cmp::Reverse(age), unit, name)
    });
    let years = match budgets {
        [] => open_years(&mut lines, office.years),
        budgets => fund(&mut lines, budgets),
    };
    Plan { lines, years, counts }
}

/// What more money in one year would do, from 0: the seats that become ready for `extra` đồng more, in any of the years, by
/// unit.
pub fn marginal(plan: &Plan, extra: i64, year: usize) -> BTreeMap<usize, i64> {
    let budgets: Option<Vec<i64>> = plan.years.iter().map(|year| year.budget).collect();
    let Some(mut budgets) = budgets else { return BTreeMap::new() };
    if let Some(budget) = budgets.get_mut(year) {
        *budget = budget.saturating_add(extra);
    }
    let mut lines = plan.lines.clone();
    lines.iter_mut().for_each(|line| line.year = None);
    fund(&mut lines, &budgets);
    let mut gain: BTreeMap<usize, i64> = BTreeMap::new();
    for (before, after) in plan.lines.iter().zip(&lines) {
        let change = i64::from(after.year.is_some()) - i64::from(before.year.is_some());
        *gain.entry(after.unit).or_default() += change * i64::from(after.seats);
    }
    gain.retain(|_, gained| *gained != 0);
    gain
}

/// Gives each line its year: what is free at once, then in each year the lines whose points together are the most. What
/// comes again in each later year begins only where those can pay for it too.
fn fund(lines: &mut [Line], budgets: &[i64]) -> Vec<Year> {
    lines.iter_mut().filter(|line| line.cost == Some(0)).for_each(|line| line.year = Some(0));
    let money = |sum: i64| u64::try_from(sum).unwrap_or(0);
    let mut left = budgets.to_vec();
    let mut years = Vec::with_capacity(budgets.len());
    for (year, budget) in budgets.iter().enumerate() {
        let waiting: Vec<usize> = (0..lines.len())
            .filter(|index| lines[*index].year.is_none() && lines[*index].cost.is_some())
            .collect();
        let offer = |index: &usize| {
            let line = &lines[*index];
            Offer { cost: money(line.cost.unwrap_or(0)), points: line.points.sum() }
        };
        let offers: Vec<Offer> = waiting.iter().map(offer).collect();
        let yearly: Vec<u64> = waiting.iter().map(|index| money(lines[*index].yearly())).collect();
        let poorest = left[year + 1..].iter().copied().min().map_or(u64::MAX, money);
        let chosen = choose_coming_again(&offers, &yearly, money(left[year]), poorest);
        for (index, _) in waiting.iter().zip(&chosen.taken).filter(|(_, taken)| **taken) {
            lines[*index].year = Some(year);
            let cost = lines[*index].cost.unwrap_or(0);
            left[year] -= cost;
            let yearly = lines[*index].yearly();
            left[year + 1..].iter_mut().for_each(|left| *left -= yearly);
        }
        let spent = budget - left[year];
        let (points, points_bound) = (chosen.points, chosen.points_bound);
        years.push(Year { budget: Some(*budget), spent, points, points_bound });
    }
    years
}

/// Without a budget every line that has a price begins in the first year; the later ones pay what comes again.
fn open_years(lines: &mut [Line], years: u32) -> Vec<Year> {
    let (mut spent, mut again, mut points) = (0, 0, 0);
    for line in lines.iter_mut() {
        let Some(cost) = line.cost else { continue };
        line.year = Some(0);
        spent += cost;
        again += line.yearly();
        points += if cost > 0 { u64::from(line.points.sum()) } else { 0 };
    }
    let first = Year { budget: None, spent, points, points_bound: points };
    let later = Year { budget: None, spent: again, points: 0, points_bound: 0 };
    std::iter::once(first).chain((1..years).map(|_| later)).collect()
}

fn lines(office: &Office<'_>) -> (Vec<Line>, Counts) {
    let mut counts = Counts::default();
    let seats = seating::seats_of(office, &mut counts);
    let mut lines = if office.norm.calculator {
        calculator::lines(office, &seats, &mut counts)
    } else {
        let mut lines = seating::lines(office, &seats, &mut counts);
        lines.extend(agency::lines(office, &seats));
        lines.extend(wishes::missing(office));
        lines
    };
    lines.extend(wishes::lines(office, &seats, &mut counts));
    (lines, counts)
}

/// What a role weighs, the worst failure, the age of the machine and the place of the unit.
fn points(
    office: &Office<'_>,
    unit: usize,
    role: Option<Role>,
    machine: Option<usize>,
    severity: Severity,
) -> Points {
    let age = machine.and_then(|index| office.machines[index].age_years).unwrap_or(0);
    Points {
        role: match role {
            Some(Role::Counter | Role::Clerk) => 5,
            Some(Role::Leader | Role::Server) => 4,
            Some(Role::Officer) | None => 2,
        },
        failure: match severity {
            Severity::Critical => 4,
            Severity::Major => 2,
            Severity::Minor | Severity::Info => 1,
        },
        age: age.saturating_sub(AGE_FREE).min(AGE_POINTS_MAX),
        unit: office.units[unit].points,
    }
}

/// One device that the norm allows, bought by this regime.
fn purchased(office: &Office<'_>, entitled: &Entitlement, regime: Regime) -> Purchased {
    let clause = match (regime, &office.norm.market_clause) {
        (Regime::Market, Some(clause)) => clause,
        (Regime::Market, None) | (Regime::Ceilings, _) => &entitled.clause,
    };
    Purchased {
        item: entitled.item.clone(),
        count: 1,
        price: entitled.price.or_else(|| office.prices.of(&entitled.item)),
        ceiling: entitled.ceiling.filter(|_| regime == Regime::Ceilings),
        clause: Some(clause.clone()),
        yearly: office.prices.comes_again(&entitled.item),
    }
}

#[cfg(test)]
mod tests;

//! The provisioning plan: what seats lack, by which means they get it, what it costs, and what a budget pays for.
//!
//! Pure: the same office gives the same plan to the đồng. Machines are judged and mended elsewhere (`assess`, `mend`);
//! here they are fit, can be mended, must be replaced, or are not known.
//!
//! Means come in this order: a machine that another seat has over is moved, what is switched off is switched on, what
//! can be mended is mended, licences are bought, the rest is bought new. What is not funded is listed, never dropped.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assess::{Role, Severity};
use crate::mend::Step;
use crate::norms::{Entitlement, Group, Norm};
use crate::prices::{Prices, Purchase};
use optimum::{Offer, choose};

pub mod optimum;

/// The item that a PC is, and that a small server is.
const PC: &str = "pc";
const SERVER: &str = "server";
/// The items that machines can see, so that what is there can be counted.
const PRINTER: &str = "printer";
const SCANNER: &str = "scanner";
/// Above this share of the price of a new PC, in percent, mending is dearer than it is worth.
const MEND_PERCENT_MAX: i64 = 60;
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

/// What a machine lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacks {
    /// The ids of the rules that it fails, what costs most first.
    pub rules: Vec<String>,
    /// The weight of the worst.
    pub severity: Severity,
}

/// By which means a seat gets what it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Means {
    /// A machine is moved here (điều chuyển).
    Reassign,
    /// Only settings change.
    Enable,
    /// Parts are bought.
    Upgrade,
    /// Licences are bought.
    Licence,
    /// A device is bought.
    Buy,
}

impl Means {
    /// Every means, in the order in which they are tried.
    pub const ALL: &'static [Means] =
        &[Means::Reassign, Means::Enable, Means::Upgrade, Means::Licence, Means::Buy];

    /// As it stands in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Means::Reassign => "reassign",
            Means::Enable => "enable",
            Means::Upgrade => "upgrade",
            Means::Licence => "licence",
            Means::Buy => "buy",
        }
    }
}

/// Something bought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Purchased {
    /// What, as the price book names it.
    pub item: String,
    /// How many.
    pub count: u32,
    /// The price of one, in đồng; none when the price is missing.
    pub price: Option<i64>,
    /// The most that may be paid for one, in đồng, where there is a ceiling.
    pub ceiling: Option<i64>,
}

impl Purchased {
    /// Whether one costs more than it may.
    pub fn is_over_ceiling(&self) -> bool {
        matches!((self.price, self.ceiling), (Some(price), Some(ceiling)) if price > ceiling)
    }
}

/// Why a line stands in the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The machine fails these rules.
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
    /// By which means.
    pub means: Means,
    /// The steps, as remedies of the rule set.
    pub remedies: Vec<String>,
    /// What is bought.
    pub purchases: Vec<Purchased>,
    /// What it costs, in đồng; none when a price is missing.
    pub cost: Option<i64>,
    /// Why.
    pub why: Why,
    /// How urgent it is.
    pub points: Points,
    /// Seats that it makes ready: 1, or 0 of a device that seats share.
    pub seats: u32,
    /// The year of the budget that pays for it, from 0; none when none does.
    pub year: Option<usize>,
}

impl Line {
    fn age_first(&self) -> std::cmp::Reverse<u32> {
        std::cmp::Reverse(self.points.age)
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

/// One year of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Year {
    /// What may be spent, in đồng; none for whatever it takes.
    pub budget: Option<i64>,
    /// What its lines cost.
    pub spent: i64,
    /// The sum of its lines' points, of those that cost something.
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
    /// Machines that no seat needs.
    pub surplus: u32,
}

/// Makes the plan. `budgets` are those of the years to come, in đồng, the first first; none for whatever it takes.
pub fn plan(office: &Office<'_>, budgets: &[i64]) -> Plan {
    let (mut lines, counts) = lines(office);
    lines.sort_by_cached_key(|line| {
        let unit = office.units.get(line.unit).map(|unit| unit.code.clone());
        let name =
            line.machine.and_then(|index| office.machines.get(index)).map(|machine| machine.name.clone());
        (std::cmp::Reverse(line.points.sum()), line.age_first(), unit, name)
    });
    let years = fund(&mut lines, budgets);
    Plan { lines, years, counts }
}

/// What more money in the first year would do: the seats that become ready for `extra` đồng more, by unit.
pub fn marginal(plan: &Plan, extra: i64) -> BTreeMap<usize, i64> {
    let Some(Year { budget: Some(budget), .. }) = plan.years.first().copied() else { return BTreeMap::new() };
    let mut lines = plan.lines.clone();
    lines.iter_mut().for_each(|line| line.year = None);
    fund(&mut lines, &[budget.saturating_add(extra)]);
    let mut gain: BTreeMap<usize, i64> = BTreeMap::new();
    for (before, after) in plan.lines.iter().zip(&lines) {
        let change = i64::from(after.year == Some(0)) - i64::from(before.year == Some(0));
        *gain.entry(after.unit).or_default() += change * i64::from(after.seats);
    }
    gain.retain(|_, gained| *gained != 0);
    gain
}

/// Gives each line its year: what is free at once, then in each year the lines whose points together are the most.
fn fund(lines: &mut [Line], budgets: &[i64]) -> Vec<Year> {
    for line in
        lines.iter_mut().filter(|line| line.cost == Some(0) || (budgets.is_empty() && line.cost.is_some()))
    {
        line.year = Some(0);
    }
    if budgets.is_empty() {
        let spent = lines.iter().filter_map(|line| line.cost).sum();
        let priced = lines.iter().filter(|line| line.cost.is_some_and(|cost| cost > 0));
        let points = priced.map(|line| u64::from(line.points.sum())).sum();
        return vec![Year { budget: None, spent, points, points_bound: points }];
    }
    let mut years = Vec::with_capacity(budgets.len());
    for (year, budget) in budgets.iter().enumerate() {
        let waiting: Vec<usize> = (0..lines.len())
            .filter(|index| lines[*index].year.is_none() && lines[*index].cost.is_some())
            .collect();
        let offer = |index: &usize| {
            let line = &lines[*index];
            Offer { cost: u64::try_from(line.cost.unwrap_or(0)).unwrap_or(0), points: line.points.sum() }
        };
        let offers: Vec<Offer> = waiting.iter().map(offer).collect();
        let chosen = choose(&offers, u64::try_from(*budget).unwrap_or(0));
        let mut spent = 0;
        for (index, _) in waiting.iter().zip(&chosen.taken).filter(|(_, taken)| **taken) {
            lines[*index].year = Some(year);
            spent += lines[*index].cost.unwrap_or(0);
        }
        let (points, points_bound) = (chosen.points, chosen.points_bound);
        years.push(Year { budget: Some(*budget), spent, points, points_bound });
    }
    years
}

/// A seat without a machine that is fit, or could be.
struct Open {
    unit: usize,
    role: Role,
    group: Group,
    regime: Regime,
    /// The machine that is there.
    machine: Option<usize>,
    why: Why,
    points: Points,
}

fn lines(office: &Office<'_>) -> (Vec<Line>, Counts) {
    let mut lines = Vec::new();
    let mut counts = Counts::default();
    let mut open = Vec::new();
    let mut spare: Vec<usize> = Vec::new();
    let seats = seats_of(office, &mut counts);
    let mut machines: BTreeMap<(usize, Role), Vec<usize>> = BTreeMap::new();
    for (index, machine) in office.machines.iter().enumerate() {
        machines.entry((machine.unit, machine.role)).or_default().push(index);
    }
    let places: std::collections::BTreeSet<(usize, Role)> =
        seats.keys().chain(machines.keys()).copied().collect();
    for place in places {
        let here = seats.get(&place).map(Vec::as_slice).unwrap_or_default();
        let mut there = machines.remove(&place).unwrap_or_default();
        there.sort_by_key(|index| (worth(office, *index), office.machines[*index].name.clone()));
        let total: u32 = here.iter().map(|seats| seats.count).sum();
        counts.seats += total;
        let each = here.iter().flat_map(|seats| std::iter::repeat_n(*seats, seats.count as usize));
        let mut sitting = there.iter().copied();
        let machine_count = u32::try_from(there.len()).unwrap_or(u32::MAX).min(total);
        for seat in each {
            let empty = Why::Empty { seats: total, machines: machine_count };
            match sitting.next() {
                None => open.push(vacancy(office, seat, None, empty)),
                Some(index) => sit(office, seat, index, &mut lines, &mut open, &mut counts),
            }
        }
        let over: Vec<usize> = sitting.collect();
        counts.surplus += u32::try_from(over.len()).unwrap_or(u32::MAX);
        spare.extend(over.into_iter().filter(|index| matches!(office.machines[*index].state, State::Ready)));
    }
    fill(office, open, spare, &mut lines);
    share(office, &seats, &mut lines);
    (lines, counts)
}

/// The seats of each place; where nobody said how many, one for each machine.
fn seats_of(office: &Office<'_>, counts: &mut Counts) -> BTreeMap<(usize, Role), Vec<Seats>> {
    let mut seats: BTreeMap<(usize, Role), Vec<Seats>> = BTreeMap::new();
    let mut told: std::collections::BTreeSet<usize> = std::collections::BTreeSet::new();
    for one in &office.seats {
        told.insert(one.unit);
        seats.entry((one.unit, one.role)).or_default().push(*one);
    }
    for machine in office.machines.iter().filter(|machine| !told.contains(&machine.unit)) {
        let group = if machine.role == Role::Leader { Group::Leader } else { Group::Specialist };
        let one = Seats { unit: machine.unit, role: machine.role, group, regime: Regime::Ceilings, count: 1 };
        counts.seats_assumed += 1;
        let known = seats.entry((machine.unit, machine.role)).or_default();
        match known.first_mut() {
            Some(first) => first.count += 1,
            None => known.push(one),
        }
    }
    seats
}

/// In which order machines get the seats of their place: the fit, those that mend for least, the unknown, the rest.
fn worth(office: &Office<'_>, index: usize) -> (u8, i64) {
    match &office.machines[index].state {
        State::Ready => (0, 0),
        State::Mendable { steps, .. } => (1, cost_of(office, steps).unwrap_or(i64::MAX)),
        State::Unknown => (2, 0),
        State::Beyond(_) => (3, 0),
    }
}

/// What steps cost. What seats share comes with the unit and costs a machine nothing.
fn cost_of(office: &Office<'_>, steps: &[Step]) -> Option<i64> {
    let bought =
        steps.iter().filter(|step| step.item.as_deref().is_some_and(|item| !is_shared(office, item)));
    bought.map(|step| step.cost).sum()
}

fn is_shared(office: &Office<'_>, item: &str) -> bool {
    office.norm.shared.iter().any(|one| one.needed && one.item == item)
}

fn sit(
    office: &Office<'_>,
    seat: Seats,
    index: usize,
    lines: &mut Vec<Line>,
    open: &mut Vec<Open>,
    counts: &mut Counts,
) {
    let machine = &office.machines[index];
    match &machine.state {
        State::Ready => counts.ready += 1,
        State::Unknown => counts.unknown += 1,
        State::Mendable { .. } if office.norm.calculator => counts.ready += 1,
        State::Beyond(lacks) => open.push(vacancy(office, seat, Some(index), Why::Beyond(lacks.clone()))),
        State::Mendable { steps, lacks } => {
            let cost = cost_of(office, steps);
            let new = new_pc(office, seat).map(|one| one.price);
            let dear = matches!((cost, new), (Some(cost), Some(Some(new)))
                if cost.saturating_mul(100) > new.saturating_mul(MEND_PERCENT_MAX));
            let replaces = steps.iter().any(|step| step.item.as_deref() == Some(PC));
            if dear || replaces {
                open.push(vacancy(office, seat, Some(index), Why::Beyond(lacks.clone())));
            } else {
                lines.push(mending(office, seat, index, steps, lacks, cost));
            }
        }
    }
}

fn mending(
    office: &Office<'_>,
    seat: Seats,
    index: usize,
    steps: &[Step],
    lacks: &Lacks,
    cost: Option<i64>,
) -> Line {
    let bought: Vec<&str> = steps
        .iter()
        .filter_map(|step| step.item.as_deref())
        .filter(|item| !is_shared(office, item))
        .collect();
    let is_licence =
        |item: &&str| office.prices.items.get(*item).is_some_and(|item| item.purchase == Purchase::Licence);
    let means = if bought.is_empty() {
        Means::Enable
    } else if bought.iter().all(is_licence) {
        Means::Licence
    } else {
        Means::Upgrade
    };
    let purchase = |item: &&str| {
        let known = office.prices.items.get(*item);
        Purchased {
            item: (*item).to_owned(),
            count: 1,
            price: known.map(|item| item.price),
            ceiling: known.and_then(|item| item.ceiling).filter(|_| seat.regime == Regime::Ceilings),
        }
    };
    Line {
        unit: seat.unit,
        role: Some(seat.role),
        machine: Some(index),
        means,
        remedies: steps.iter().map(|step| step.remedy.clone()).collect(),
        purchases: bought.iter().map(purchase).collect(),
        cost,
        why: Why::Fails(lacks.clone()),
        points: points(office, seat.unit, Some(seat.role), Some(index), lacks.severity),
        seats: 1,
        year: None,
    }
}

fn vacancy(office: &Office<'_>, seat: Seats, machine: Option<usize>, why: Why) -> Open {
    let severity = match &why {
        Why::Beyond(lacks) | Why::Fails(lacks) => lacks.severity,
        Why::Empty { .. } | Why::Short { .. } => Severity::Critical,
    };
    let points = points(office, seat.unit, Some(seat.role), machine, severity);
    let Seats { unit, role, group, regime, .. } = seat;
    Open { unit, role, group, regime, machine, why, points }
}

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

/// Fills the seats that are open, the most urgent first: with a machine that another seat has over, from as near as
/// can be, else with a new one.
fn fill(office: &Office<'_>, mut open: Vec<Open>, spare: Vec<usize>, lines: &mut Vec<Line>) {
    let urgency = |open: &Open| {
        let name = open.machine.map(|index| office.machines[index].name.clone());
        (std::cmp::Reverse(open.points.sum()), office.units[open.unit].code.clone(), open.role, name)
    };
    open.sort_by_cached_key(urgency);
    let mut near = Near::of(office, spare);
    for seat in open {
        let moved = if office.norm.calculator { None } else { near.take(office, seat.unit, seat.role) };
        let Open { unit, role, group, regime, machine, why, points } = seat;
        let line = |machine, means, purchases: Vec<Purchased>, cost| Line {
            unit,
            role: Some(role),
            machine,
            means,
            remedies: Vec::new(),
            purchases,
            cost,
            why,
            points,
            seats: 1,
            year: None,
        };
        lines.push(match moved {
            Some(index) => line(Some(index), Means::Reassign, Vec::new(), Some(0)),
            None => {
                let seats = Seats { unit, role, group, regime, count: 1 };
                let bought = new_pc(office, seats);
                let cost = bought.as_ref().and_then(|one| one.price);
                line(machine, Means::Buy, bought.into_iter().collect(), cost)
            }
        });
    }
}

/// A new PC for a seat; none when its group may have none.
fn new_pc(office: &Office<'_>, seat: Seats) -> Option<Purchased> {
    // Norms for seats say nothing of servers.
    if seat.role == Role::Server {
        let price = office.prices.of(SERVER);
        return Some(Purchased { item: SERVER.to_owned(), count: 1, price, ceiling: None });
    }
    let entitled = office.norm.each.iter().find(|one| one.item == PC && one.groups.contains(&seat.group))?;
    Some(purchased(office, entitled, seat.regime))
}

fn purchased(office: &Office<'_>, entitled: &Entitlement, regime: Regime) -> Purchased {
    Purchased {
        item: entitled.item.clone(),
        count: 1,
        price: entitled.price.or_else(|| office.prices.of(&entitled.item)),
        ceiling: entitled.ceiling.filter(|_| regime == Regime::Ceilings),
    }
}

/// Spare machines by the units above them.
struct Near {
    by_path: BTreeMap<String, Vec<usize>>,
    gone: std::collections::BTreeSet<usize>,
}

impl Near {
    fn of(office: &Office<'_>, mut spare: Vec<usize>) -> Near {
        spare.sort_by_key(|index| {
            let machine = &office.machines[*index];
            (office.units[machine.unit].code.clone(), machine.name.clone())
        });
        let mut by_path: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for index in spare {
            for path in upwards(&office.units[office.machines[index].unit].path) {
                by_path.entry(path.to_owned()).or_default().push(index);
            }
        }
        Near { by_path, gone: std::collections::BTreeSet::new() }
    }

    /// The nearest machine that is ready for this role.
    fn take(&mut self, office: &Office<'_>, unit: usize, role: Role) -> Option<usize> {
        for path in upwards(&office.units[unit].path) {
            let Some(spare) = self.by_path.get_mut(path) else { continue };
            spare.retain(|index| !self.gone.contains(index));
            let fits = |index: &&usize| office.machines[**index].ready_for.contains(&role);
            if let Some(index) = spare.iter().find(fits).copied() {
                self.gone.insert(index);
                return Some(index);
            }
        }
        None
    }
}

/// The path of a unit, of the one above it, and so on to the root.
fn upwards(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path).filter(|path| !path.is_empty()), |path| {
        let above = path.trim_end_matches('/').rsplit_once('/').map(|(above, _)| above.len() + 1)?;
        path.get(..above)
    })
}

/// What agencies lack of the devices that seats share.
fn share(office: &Office<'_>, seats: &BTreeMap<(usize, Role), Vec<Seats>>, lines: &mut Vec<Line>) {
    let mut agencies: BTreeMap<usize, Vec<Seats>> = BTreeMap::new();
    for one in seats.values().flatten() {
        agencies.entry(office.units[one.unit].agency).or_default().push(*one);
    }
    let mut seen: BTreeMap<usize, [Vec<&Device>; 2]> = BTreeMap::new();
    for machine in &office.machines {
        let [printers, scanners] = seen.entry(office.units[machine.unit].agency).or_default();
        printers.extend(&machine.printers);
        scanners.extend(&machine.scanners);
    }
    for (agency, seats) in agencies {
        let busy = seats.iter().map(|one| one.role).find(|role| matches!(role, Role::Counter | Role::Clerk));
        for one in office.norm.shared.iter().filter(|one| one.needed) {
            let sharing = seats.iter().filter(|seats| one.groups.contains(&seats.group));
            let needed = one.count(sharing.map(|seats| seats.count).sum());
            let none = [Vec::new(), Vec::new()];
            let [printers, scanners] = seen.get(&agency).unwrap_or(&none);
            let have = match one.item.as_str() {
                PRINTER => distinct(printers),
                SCANNER => distinct(scanners),
                // No machine tells of others: what is there is not known, so nothing is demanded.
                _ => needed,
            };
            let purchase = purchased(office, one, Regime::Ceilings);
            for _ in have..needed {
                lines.push(Line {
                    unit: agency,
                    role: None,
                    machine: None,
                    means: Means::Buy,
                    remedies: Vec::new(),
                    cost: purchase.price,
                    purchases: vec![purchase.clone()],
                    why: Why::Short { needed, have, clause: one.clause.clone() },
                    points: points(office, agency, busy, None, Severity::Major),
                    seats: 0,
                    year: None,
                });
            }
        }
    }
}

/// How many devices these are: each that hangs on one machine, and of those in the network one for each model.
fn distinct(devices: &[&Device]) -> u32 {
    let own = devices.iter().filter(|device| !device.shared).count();
    let shared: std::collections::BTreeSet<&str> =
        devices.iter().filter(|device| device.shared).map(|device| device.model.as_str()).collect();
    u32::try_from(own + shared.len()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;

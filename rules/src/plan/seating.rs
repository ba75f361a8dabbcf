//! Who sits where: machines get the seats of their unit and role, the fit first; seats that stay open, or whose machine
//! costs money to mend, get a machine that another seat has over, and what then is missing is mended or bought.

use std::collections::{BTreeMap, BTreeSet};

use super::spares::Spares;
use super::{
    Counts, Fitness, Lacks, Line, Machine, Means, Office, PC, Points, Purchased, Regime, SERVER, Seats,
    State, Why, points, purchased,
};
use crate::assess::{Role, Severity};
use crate::mend::Step;
use crate::norms::Group;
use crate::prices::{Item, Purchase};

/// Above this share of the price of a new PC, in percent, mending is dearer than it is worth.
const MEND_PERCENT_MAX: i64 = 60;

/// The seats of each place: a unit and a role.
pub(super) type Places = BTreeMap<(usize, Role), Vec<Seats>>;

/// A seat that has no machine that is fit, or could be without money.
struct Open {
    seat: Seats,
    /// The machine that is there.
    machine: Option<usize>,
    why: Why,
    points: Points,
    /// The line that mends the machine that is there; none where it must be replaced, or there is none.
    mending: Option<Line>,
}

/// The seats of each place; where nobody said how many, one for each machine.
pub(super) fn seats_of(office: &Office<'_>, counts: &mut Counts) -> Places {
    let mut seats = Places::new();
    let mut told: BTreeSet<usize> = BTreeSet::new();
    for one in &office.seats {
        told.insert(one.unit);
        seats.entry((one.unit, one.role)).or_default().push(*one);
    }
    for machine in office.machines.iter().filter(|machine| !told.contains(&machine.unit)) {
        let one = assumed(machine);
        counts.seats_assumed += 1;
        let known = seats.entry((machine.unit, machine.role)).or_default();
        match known.first_mut() {
            Some(first) => first.count += 1,
            None => known.push(one),
        }
    }
    seats
}

/// The seat that a machine has where nobody said which there are.
fn assumed(machine: &Machine) -> Seats {
    let group = if machine.role == Role::Leader { Group::Leader } else { Group::Specialist };
    Seats { unit: machine.unit, role: machine.role, group, regime: Regime::Ceilings, count: 1 }
}

/// What seats lack, and by which means they get it.
pub(super) fn lines(office: &Office<'_>, seats: &Places, counts: &mut Counts) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open = Vec::new();
    let mut over: Vec<usize> = Vec::new();
    let mut machines: BTreeMap<(usize, Role), Vec<usize>> = BTreeMap::new();
    for (index, machine) in office.machines.iter().enumerate() {
        machines.entry((machine.unit, machine.role)).or_default().push(index);
    }
    let places: BTreeSet<(usize, Role)> = seats.keys().chain(machines.keys()).copied().collect();
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
                Some(index) => sit(office, seat, index, &mut lines, &mut open, counts),
            }
        }
        over.extend(sitting);
    }
    counts.surplus = u32::try_from(over.len()).unwrap_or(u32::MAX);
    fill(office, open, over, &mut lines, counts);
    lines
}

/// In which order machines get the seats of their place: the fit, those that mend for least, the unknown, the rest.
fn worth(office: &Office<'_>, index: usize) -> (u8, i64) {
    match &office.machines[index].state {
        State::Ready => (0, 0),
        State::Mendable { steps, .. } => (1, cost_over_years(office, steps).unwrap_or(i64::MAX)),
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

/// What steps cost in all years of the plan.
fn cost_over_years(office: &Office<'_>, steps: &[Step]) -> Option<i64> {
    let comes_again = |step: &&Step| {
        step.item.as_deref().is_some_and(|item| !is_shared(office, item) && office.prices.comes_again(item))
    };
    let again: i64 = steps.iter().filter(comes_again).filter_map(|step| step.cost).sum();
    let later = i64::from(office.years.saturating_sub(1));
    Some(cost_of(office, steps)?.saturating_add(again.saturating_mul(later)))
}

fn is_shared(office: &Office<'_>, item: &str) -> bool {
    office.norm.shared.iter().any(|one| one.needed && one.item == item)
}

/// Whether these steps are worth taking for this machine, whatever its seat.
pub(super) fn is_worth(office: &Office<'_>, machine: &Machine, steps: &[Step]) -> bool {
    !is_beyond_worth(office, assumed(machine), steps)
}

/// Whether mending by these steps is no mending: they buy a PC, or cost more in the years of the plan than the machine is
/// worth.
fn is_beyond_worth(office: &Office<'_>, seat: Seats, steps: &[Step]) -> bool {
    let (cost, new) = (cost_over_years(office, steps), new_pc(office, seat).and_then(|one| one.price));
    let is_dear = matches!((cost, new), (Some(cost), Some(new))
        if cost.saturating_mul(100) > new.saturating_mul(MEND_PERCENT_MAX));
    is_dear || steps.iter().any(|step| step.item.as_deref() == Some(PC))
}

fn sit(
    office: &Office<'_>,
    seat: Seats,
    index: usize,
    lines: &mut Vec<Line>,
    open: &mut Vec<Open>,
    counts: &mut Counts,
) {
    match &office.machines[index].state {
        State::Ready => counts.ready += 1,
        State::Unknown => counts.unknown += 1,
        State::Beyond(lacks) => open.push(vacancy(office, seat, Some(index), Why::Beyond(lacks.clone()))),
        State::Mendable { steps, lacks } if is_beyond_worth(office, seat, steps) => {
            open.push(vacancy(office, seat, Some(index), Why::Beyond(lacks.clone())));
        }
        State::Mendable { steps, lacks } => {
            let points = points(office, seat.unit, Some(seat.role), Some(index), lacks.severity);
            let line = mending(office, seat, index, (steps, lacks), points);
            if line.means == Means::Enable {
                lines.push(line);
            } else {
                let why = line.why.clone();
                open.push(Open { seat, machine: Some(index), why, points, mending: Some(line) });
            }
        }
    }
}

fn mending(
    office: &Office<'_>,
    seat: Seats,
    index: usize,
    (steps, lacks): (&[Step], &Lacks),
    points: Points,
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
            clause: None,
            yearly: known.is_some_and(Item::comes_again),
        }
    };
    Line {
        unit: seat.unit,
        role: Some(seat.role),
        machine: Some(index),
        replaces: None,
        means,
        remedies: steps.iter().map(|step| step.remedy.clone()).collect(),
        purchases: bought.iter().map(purchase).collect(),
        cost: cost_of(office, steps),
        why: Why::Fails(lacks.clone()),
        points,
        seats: 1,
        year: None,
    }
}

fn vacancy(office: &Office<'_>, seat: Seats, machine: Option<usize>, why: Why) -> Open {
    let severity = match &why {
        Why::Beyond(lacks) | Why::Fails(lacks) => lacks.severity,
        Why::Empty { .. } | Why::Short { .. } | Why::Wished { .. } => Severity::Critical,
    };
    let points = points(office, seat.unit, Some(seat.role), machine, severity);
    Open { seat, machine, why, points, mending: None }
}

/// Fills the seats that are open, the most urgent first, and after them those whose machine costs money to mend: with
/// a machine that another seat has over, from as near as can be; else it is mended, or a new one bought.
fn fill(
    office: &Office<'_>,
    mut open: Vec<Open>,
    over: Vec<usize>,
    lines: &mut Vec<Line>,
    counts: &mut Counts,
) {
    open.sort_by_cached_key(|open| {
        let name = open.machine.map(|index| office.machines[index].name.clone());
        let code = office.units[open.seat.unit].code.clone();
        (open.mending.is_some(), std::cmp::Reverse(open.points.sum()), code, open.seat.role, name)
    });
    let is_mendable = |index: usize| office.fitness(&office.machines[index]) == Fitness::Mendable;
    let mut spares = Spares::of(office, over, is_mendable);
    for open in open {
        let Seats { unit, role, .. } = open.seat;
        if let Some(index) = spares.take_ready(office, unit, role) {
            moved(open.machine, counts);
            lines.push(moving(open, index));
        } else if open.mending.is_none()
            && let Some((index, line)) = mended_spare(office, &open, &mut spares)
        {
            moved(open.machine, counts);
            let (replaces, why) = (open.machine, open.why);
            lines.push(Line { machine: Some(index), replaces, why, means: Means::Reassign, ..line });
        } else {
            lines.push(match open.mending {
                Some(line) => line,
                None => buying(office, open),
            });
        }
    }
}

/// One machine that was over has a seat; the one that it replaces has none.
fn moved(replaced: Option<usize>, counts: &mut Counts) {
    if replaced.is_none() {
        counts.surplus -= 1;
    }
}

/// A line that moves this machine to the seat as it is.
fn moving(open: Open, index: usize) -> Line {
    Line {
        unit: open.seat.unit,
        role: Some(open.seat.role),
        machine: Some(index),
        replaces: open.machine,
        means: Means::Reassign,
        remedies: Vec::new(),
        purchases: Vec::new(),
        cost: Some(0),
        why: open.why,
        points: open.points,
        seats: 1,
        year: None,
    }
}

/// A machine that is over and is worth mending for this seat, with the line that mends it.
fn mended_spare(office: &Office<'_>, open: &Open, spares: &mut Spares) -> Option<(usize, Line)> {
    let Seats { unit, role, .. } = open.seat;
    let index = spares.take_mendable(office, unit, role)?;
    let State::Mendable { steps, lacks } = &office.machines[index].state else { return None };
    Some((index, mending(office, open.seat, index, (steps, lacks), open.points)))
}

fn buying(office: &Office<'_>, open: Open) -> Line {
    let bought = new_pc(office, open.seat);
    let cost = bought.as_ref().and_then(|one| one.price);
    Line {
        unit: open.seat.unit,
        role: Some(open.seat.role),
        machine: open.machine,
        replaces: open.machine,
        means: Means::Buy,
        remedies: Vec::new(),
        purchases: bought.into_iter().collect(),
        cost,
        why: open.why,
        points: open.points,
        seats: 1,
        year: None,
    }
}

/// A new PC for a seat; none when its group may have none.
fn new_pc(office: &Office<'_>, seat: Seats) -> Option<Purchased> {
    // Norms for seats say nothing of servers.
    if seat.role == Role::Server {
        let price = office.prices.of(SERVER);
        let (item, yearly) = (SERVER.to_owned(), false);
        return Some(Purchased { item, count: 1, price, ceiling: None, clause: None, yearly });
    }
    let entitled = office.norm.each.iter().find(|one| one.item == PC && one.groups.contains(&seat.group))?;
    Some(purchased(office, entitled, seat.regime))
}

//! The public calculator for communes: it counts per agency, and knows neither upgrades nor transfers.
//!
//! Computers that lack = posts − usable; printers = posts ÷ 3, rounded up, − printers there; scanners = posts ÷ 15,
//! rounded up, − scanners there; at the prices that the norm fixes. A server is no post, and no computer of a post.

use std::collections::BTreeMap;

use super::agency::{busiest, by_agency, declared, device, devices};
use super::seating::Places;
use super::{Counts, Fitness, Line, Office, PC, Regime, Seats, Why, points, purchased};
use crate::assess::{Role, Severity};

/// Machines of one agency that a post could use.
#[derive(Debug, Clone, Copy, Default)]
struct Usable {
    /// Fit, or to be made fit.
    fit: u32,
    /// There, and too little is known of them to say that they are not usable.
    unknown: u32,
}

/// The lines of what agencies lack.
pub(super) fn lines(office: &Office<'_>, seats: &Places, counts: &mut Counts) -> Vec<Line> {
    let (usable, seen, declared) =
        (usable(office), devices(&office.units, &office.machines), declared(office));
    let mut lines = Vec::new();
    for (agency, mut seats) in by_agency(office, seats) {
        seats.retain(|seats| seats.role != Role::Server);
        let Usable { fit, unknown } = usable.get(&agency).copied().unwrap_or_default();
        let posts = posts(&seats);
        counts.seats += posts;
        counts.ready += fit.min(posts);
        counts.unknown += unknown.min(posts - fit.min(posts));
        counts.surplus += (fit + unknown).saturating_sub(posts);
        let urgent = points(office, agency, busiest(&seats), None, Severity::Critical);
        for one in office.norm.each.iter().filter(|one| one.needed && one.item == PC) {
            let why = Why::Short { needed: posts, have: fit + unknown, clause: one.clause.clone() };
            let line = device(agency, purchased(office, one, Regime::Ceilings), &why, urgent);
            lines.extend((fit + unknown..posts).map(|_| Line { seats: 1, ..line.clone() }));
        }
        let seen = seen.get(&agency).copied().unwrap_or_default();
        let usual = points(office, agency, busiest(&seats), None, Severity::Major);
        for one in office.norm.shared.iter().filter(|one| one.needed) {
            let Some(have) = seen.have(&one.item, declared.get(&(agency, one.item.as_str())).copied()) else {
                continue;
            };
            let needed = one.count(posts);
            let why = Why::Short { needed, have, clause: one.clause.clone() };
            let line = device(agency, purchased(office, one, Regime::Ceilings), &why, usual);
            lines.extend((have..needed).map(|_| line.clone()));
        }
    }
    lines
}

fn posts(seats: &[Seats]) -> u32 {
    seats.iter().map(|seats| seats.count).sum()
}

fn usable(office: &Office<'_>) -> BTreeMap<usize, Usable> {
    let mut by_agency: BTreeMap<usize, Usable> = BTreeMap::new();
    for machine in office.machines.iter().filter(|machine| machine.role != Role::Server) {
        let usable = by_agency.entry(office.units[machine.unit].agency).or_default();
        match office.fitness(machine) {
            Fitness::Ready | Fitness::Mendable => usable.fit += 1,
            Fitness::Unknown => usable.unknown += 1,
            Fitness::Spent => {}
        }
    }
    by_agency
}

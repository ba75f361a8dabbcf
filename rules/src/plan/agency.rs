//! What agencies lack of the devices that seats share: printers, scanners.

use std::collections::{BTreeMap, BTreeSet};

use super::seating::Places;
use super::{
    Device, Line, Machine, Means, Office, PRINTER, Points, Purchased, Regime, SCANNER, Seats, Unit, Why,
    points, purchased,
};
use crate::assess::{Role, Severity};
use crate::norms::Entitlement;

/// Words in the names of models that print and scan: Brother MFC and DCP, Canon MF, HP and others MFP.
const BOTH: &[&str] = &["MFP", "MFC", "DCP", "AIO", "ALL-IN-ONE", "MULTIFUNCTION"];

/// What an agency has of the devices that machines see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Devices {
    /// Printers.
    pub printers: u32,
    /// Scanners.
    pub scanners: u32,
}

/// The lines of what agencies lack.
pub(super) fn lines(office: &Office<'_>, seats: &Places) -> Vec<Line> {
    let seen = devices(&office.units, &office.machines);
    let declared = declared(office);
    let mut lines = Vec::new();
    for (agency, seats) in by_agency(office, seats) {
        let seen = seen.get(&agency).copied().unwrap_or_default();
        for one in office.norm.shared.iter().filter(|one| one.needed) {
            let declared = declared.get(&(agency, one.item.as_str())).copied();
            // No machine tells of others: what is there is not known, so nothing is demanded.
            let Some(have) = seen.have(&one.item, declared) else { continue };
            lines.extend(short(office, agency, &seats, one, have));
        }
    }
    lines
}

/// The seats of each agency.
pub(super) fn by_agency(office: &Office<'_>, seats: &Places) -> BTreeMap<usize, Vec<Seats>> {
    let mut agencies: BTreeMap<usize, Vec<Seats>> = BTreeMap::new();
    for one in seats.values().flatten() {
        agencies.entry(office.units[one.unit].agency).or_default().push(*one);
    }
    agencies
}

/// How many of each item units say that an agency has.
pub(super) fn declared<'a>(office: &'a Office<'_>) -> BTreeMap<(usize, &'a str), u32> {
    let mut declared = BTreeMap::new();
    for wish in &office.wishes {
        let agency = office.units[wish.unit].agency;
        *declared.entry((agency, wish.item.as_str())).or_default() += wish.have;
    }
    declared
}

impl Devices {
    /// How many of this item there are: those that machines see, or that somebody counted where these are more. None
    /// of what nobody sees.
    pub(super) fn have(self, item: &str, declared: Option<u32>) -> Option<u32> {
        let seen = match item {
            PRINTER => self.printers,
            SCANNER => self.scanners,
            _ => return None,
        };
        Some(seen.max(declared.unwrap_or(0)))
    }
}

/// The role that the points of an agency's devices come from: a counter or clerk that shares them.
pub(super) fn busiest(seats: &[Seats]) -> Option<Role> {
    seats.iter().map(|one| one.role).find(|role| matches!(role, Role::Counter | Role::Clerk))
}

/// What an agency lacks of one device, a line for each. What seats of annex C make more is bought by annex C: a seat
/// counts once, and the seats of annexes A and B come first to what is there.
fn short(office: &Office<'_>, agency: usize, seats: &[Seats], one: &Entitlement, have: u32) -> Vec<Line> {
    let count = |regimes: &[Regime]| {
        let sharing =
            seats.iter().filter(|seats| one.groups.contains(&seats.group) && regimes.contains(&seats.regime));
        one.count(sharing.map(|seats| seats.count).sum())
    };
    let needed = count(&[Regime::Ceilings, Regime::Market]);
    let by_ceilings = count(&[Regime::Ceilings]);
    let points = points(office, agency, busiest(seats), None, Severity::Major);
    let why = Why::Short { needed, have, clause: one.clause.clone() };
    let regime = |index: u32| if index < by_ceilings { Regime::Ceilings } else { Regime::Market };
    (have..needed).map(|index| device(agency, purchased(office, one, regime(index)), &why, points)).collect()
}

/// The line of one device that seats share.
pub(super) fn device(agency: usize, purchase: Purchased, why: &Why, points: Points) -> Line {
    Line {
        unit: agency,
        role: None,
        machine: None,
        replaces: None,
        means: Means::Buy,
        remedies: Vec::new(),
        cost: purchase.amount(),
        purchases: vec![purchase],
        why: why.clone(),
        points,
        seats: 0,
        year: None,
    }
}

/// The devices of each agency, by its place among the units. A device that prints and scans is one of each, whichever of the two machines see.
pub fn devices(units: &[Unit], machines: &[Machine]) -> BTreeMap<usize, Devices> {
    let mut by_agency: BTreeMap<usize, [Vec<&Device>; 2]> = BTreeMap::new();
    for machine in machines {
        let [printers, scanners] = by_agency.entry(units[machine.unit].agency).or_default();
        printers.extend(&machine.printers);
        scanners.extend(&machine.scanners);
        // Windows shows the scanner of such a device only where its driver is installed, and the other way round.
        let unseen = |device: &&Device, known: &[Device]| {
            prints_and_scans(&device.model) && !known.iter().any(|other| is_same(&device.model, &other.model))
        };
        scanners.extend(machine.printers.iter().filter(|device| unseen(device, &machine.scanners)));
        printers.extend(machine.scanners.iter().filter(|device| unseen(device, &machine.printers)));
    }
    let seen = |[printers, scanners]: [Vec<&Device>; 2]| Devices {
        printers: distinct(&printers),
        scanners: distinct(&scanners),
    };
    by_agency.into_iter().map(|(agency, devices)| (agency, seen(devices))).collect()
}

/// How many devices these are: each that hangs on one machine, and of those in the network one for each model, unless
/// a machine has that model on its own cable and shares it.
fn distinct(devices: &[&Device]) -> u32 {
    let model = |device: &&&Device| device.model.trim().to_uppercase();
    let own: Vec<String> =
        devices.iter().filter(|device| !device.shared).map(|device| model(&device)).collect();
    let known: BTreeSet<&String> = own.iter().collect();
    let shared: BTreeSet<String> = devices
        .iter()
        .filter(|device| device.shared)
        .map(|device| model(&device))
        .filter(|model| !known.contains(model))
        .collect();
    u32::try_from(own.len() + shared.len()).unwrap_or(u32::MAX)
}

/// Whether this model prints and scans, by its name.
fn prints_and_scans(model: &str) -> bool {
    let model = model.to_uppercase();
    let mut words = model.split([' ', '/', '_', '(', ')', ',']);
    words.any(|word| {
        let canon = word
            .strip_prefix("MF")
            .is_some_and(|rest| rest.starts_with(|digit: char| digit.is_ascii_digit()));
        canon || BOTH.iter().any(|both| word == *both || word.starts_with(&format!("{both}-")))
    })
}

/// Whether two names are of one model: the word with the model's number is in both.
fn is_same(one: &str, other: &str) -> bool {
    let numbers = |model: &str| -> BTreeSet<String> {
        let words = model.split([' ', '/', '_', '(', ')', ',']).map(str::to_uppercase);
        words.filter(|word| word.chars().filter(char::is_ascii_digit).count() >= 3).collect()
    };
    !numbers(one).is_disjoint(&numbers(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(model: &str, shared: bool) -> Device {
        Device { model: model.to_owned(), shared }
    }

    #[test]
    fn models_that_print_and_scan() {
        for both in
            ["Canon MF3010", "HP LaserJet MFP M130", "Brother MFC-L2700D", "Brother DCP-T310", "HP M1132 MFP"]
        {
            assert!(prints_and_scans(both), "{both}");
        }
        for printer in ["Canon LBP 2900", "HP LaserJet P1102", "EPSON LQ-310", "MFGX", ""] {
            assert!(!prints_and_scans(printer), "{printer}");
        }
        assert!(is_same("Canon MF3010 UFRII LT", "Canon MF3010"));
        assert!(!is_same("Canon MF3010", "Canon LBP2900") && !is_same("Canon", "Canon"));
    }

    /// One printer in the network that two machines see is one; so is one on a cable that its machine shares.
    #[test]
    fn devices_are_counted_once() {
        let count = |devices: &[Device]| distinct(&devices.iter().collect::<Vec<_>>());
        let network = device("HP LaserJet M402", true);
        let (own, through) = (device("Canon LBP 2900", false), device("CANON LBP 2900 ", true));
        assert_eq!(count(&[network.clone(), network.clone()]), 1);
        assert_eq!(count(&[own.clone(), own.clone()]), 2);
        assert_eq!(count(&[own, through, network]), 2);
        assert_eq!(count(&[]), 0);
    }
}

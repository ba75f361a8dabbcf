//! What units declare that they need, or that they do not have: what no norm counts and no machine sees, such as a line,
//! a firewall, a set for video conferences.

use std::collections::{BTreeMap, BTreeSet};

use super::agency::by_agency;
use super::seating::Places;
use super::{Counts, Line, MONTHS, Means, Missing, Office, Purchased, Regime, Why, Wish, points};
use crate::assess::Severity;
use crate::norms::Entitlement;
use crate::prices::{Item, Purchase};

/// A line for each wish: what is rented is paid for twelve months, the rest is bought as far as it is not there.
pub(super) fn lines(office: &Office<'_>, seats: &Places, counts: &mut Counts) -> Vec<Line> {
    let agencies = by_agency(office, seats);
    let mut declared: BTreeMap<(usize, &str), u32> = BTreeMap::new();
    let mut lines = Vec::new();
    for wish in &office.wishes {
        let agency = office.units[wish.unit].agency;
        let norm = office.norm.shared.iter().find(|one| one.item == wish.item);
        if norm.is_some_and(|one| one.needed) {
            // The norm demands it by itself; only how many there are is asked of the unit.
            continue;
        }
        if let Some(norm) = norm {
            let seats = agencies.get(&agency).map(Vec::as_slice).unwrap_or_default();
            let sharing = seats.iter().filter(|seats| norm.groups.contains(&seats.group));
            let most = norm.count(sharing.map(|seats| seats.count).sum());
            let sum = declared.entry((agency, &wish.item)).or_default();
            counts.over_norm += wish.count.min((*sum + wish.count).saturating_sub(most));
            *sum += wish.count;
        }
        lines.extend(line(office, wish, norm));
    }
    lines
}

fn line(office: &Office<'_>, wish: &Wish, norm: Option<&Entitlement>) -> Option<Line> {
    let item = office.prices.items.get(&wish.item);
    let purchase = item.map_or(Purchase::Device, |item| item.purchase);
    let lacks = wish.count.saturating_sub(wish.have);
    let (means, count) = match purchase {
        // A line that is there is rented all the same.
        Purchase::Rent => (Means::Rent, wish.count.saturating_mul(MONTHS)),
        Purchase::Licence => (Means::Licence, lacks),
        Purchase::Device | Purchase::Part => (Means::Buy, lacks),
    };
    if count == 0 {
        return None;
    }
    let one = norm.map(|norm| super::purchased(office, norm, Regime::Ceilings));
    let ceiling = match &one {
        Some(one) => one.ceiling,
        None => item.and_then(|item| item.ceiling),
    };
    let price = wish.price.or(item.map(|item| item.price));
    let purchased = Purchased {
        item: wish.item.clone(),
        count,
        price,
        ceiling,
        clause: one.and_then(|one| one.clause),
        yearly: item.is_some_and(Item::comes_again),
    };
    Some(Line {
        unit: wish.unit,
        role: None,
        machine: None,
        replaces: None,
        means,
        remedies: Vec::new(),
        cost: purchased.amount(),
        purchases: vec![purchased],
        why: Why::Wished { needed: wish.count, have: wish.have },
        points: points(office, wish.unit, None, None, Severity::Major),
        seats: 0,
        year: None,
    })
}

/// A line for what units declare that they do not have. What somebody of the same agency asked for is theirs to say;
/// what the norm demands is counted; and an office shares what its agency is to get.
pub(super) fn missing(office: &Office<'_>) -> Vec<Line> {
    let agency = |unit: usize| office.units[unit].agency;
    let asked: BTreeSet<(usize, &str)> =
        office.wishes.iter().map(|wish| (agency(wish.unit), wish.item.as_str())).collect();
    let of_agencies: BTreeSet<(usize, &str)> = office
        .missing
        .iter()
        .filter(|one| agency(one.unit) == one.unit)
        .map(|one| (one.unit, one.item.as_str()))
        .collect();
    let is_bought = |one: &&Missing| {
        let (agency, item) = (agency(one.unit), one.item.as_str());
        let is_counted = office.norm.shared.iter().any(|norm| norm.needed && norm.item == item);
        let is_shared = agency != one.unit && of_agencies.contains(&(agency, item));
        !is_counted && !is_shared && !asked.contains(&(agency, item))
    };
    office.missing.iter().filter(is_bought).filter_map(|one| bought(office, one)).collect()
}

fn bought(office: &Office<'_>, missing: &Missing) -> Option<Line> {
    let Missing { unit, item, lacks } = missing;
    let wish = Wish { unit: *unit, item: item.clone(), count: 1, have: 0, price: None };
    let norm = office.norm.shared.iter().find(|one| one.item == *item);
    let line = line(office, &wish, norm)?;
    let points = points(office, *unit, None, None, lacks.severity);
    Some(Line { why: Why::Fails(lacks.clone()), points, ..line })
}

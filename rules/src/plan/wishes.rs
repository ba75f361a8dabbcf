//! What units declare that they need: what no norm counts and no machine sees, such as a line, a firewall, a set for
//! video conferences.

use std::collections::BTreeMap;

use super::agency::by_agency;
use super::seating::Places;
use super::{Counts, Line, MONTHS, Means, Office, Purchased, Regime, Why, Wish, points};
use crate::assess::Severity;
use crate::norms::Entitlement;
use crate::prices::Purchase;

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
    let purchased =
        Purchased { item: wish.item.clone(), count, price, ceiling, clause: one.and_then(|one| one.clause) };
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

//! What a plan must be held against before it is handed in: the share of cyber security, and the limits of packages.
//!
//! The limits come from notes on Decree 214/2025/NĐ-CP as amended by Decree 349/2026/NĐ-CP, and are unverified.

use std::collections::BTreeMap;

use super::Plan;
use crate::prices::Prices;

/// The least share of the money that cyber security gets, in percent (Law on Cybersecurity 116/2025/QH15).
pub const SECURITY_PERCENT_MIN: i64 = 15;
/// Up to this sum, in đồng, the head of an agency decides on a purchase.
pub const HEAD_DECIDES_MAX: i64 = 100_000_000;
/// Up to this sum, in đồng, a contractor may be appointed for a purchase outside projects.
pub const APPOINTED_MAX: i64 = 1_000_000_000;

/// What funded lines pay for cyber security, and in all, in đồng.
pub fn security(plan: &Plan, prices: &Prices) -> (i64, i64) {
    let is_security = |item: &str| prices.items.get(item).is_some_and(|item| item.security);
    let (mut security, mut all) = (0, 0);
    for (_, one, times) in plan.bought() {
        let amount = one.amount().unwrap_or(0).saturating_mul(times);
        all += amount;
        security += if is_security(&one.item) { amount } else { 0 };
    }
    (security, all)
}

/// One need of one year: all that is bought of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The item.
    pub item: String,
    /// The year, from 0.
    pub year: usize,
    /// What it costs in all, in đồng.
    pub amount: i64,
    /// Agencies that it is for.
    pub agencies: usize,
    /// What the largest part of one agency costs, in đồng.
    pub largest: i64,
}

impl Need {
    /// Whether agencies that buy each for itself stay below a limit that the whole need is above.
    pub fn is_cut(&self) -> bool {
        let cuts = |limit: i64| self.largest <= limit && self.amount > limit;
        self.agencies > 1 && (cuts(HEAD_DECIDES_MAX) || cuts(APPOINTED_MAX))
    }

    /// Whether no contractor may be appointed for the whole.
    pub fn is_tendered(&self) -> bool {
        self.amount > APPOINTED_MAX
    }
}

/// The needs of each year that are above what the head of an agency decides, the dearest first. `agency` tells the
/// agency of a unit.
pub fn needs(plan: &Plan, agency: impl Fn(usize) -> usize) -> Vec<Need> {
    let mut parts: BTreeMap<(usize, &str), BTreeMap<usize, i64>> = BTreeMap::new();
    for year in 0..plan.years.len() {
        for (line, one) in plan.bought_in(year) {
            let part = parts.entry((year, &one.item)).or_default();
            *part.entry(agency(line.unit)).or_default() += one.amount().unwrap_or(0);
        }
    }
    let need = |((year, item), parts): ((usize, &str), BTreeMap<usize, i64>)| Need {
        item: item.to_owned(),
        year,
        amount: parts.values().sum(),
        agencies: parts.len(),
        largest: parts.values().copied().max().unwrap_or(0),
    };
    let mut needs: Vec<Need> = parts.into_iter().map(need).collect();
    needs.retain(|need| need.amount > HEAD_DECIDES_MAX);
    needs.sort_by_key(|need| std::cmp::Reverse(need.amount));
    needs
}

//! What somebody should know before a plan is handed in.

use rules::plan::Line;
use rules::plan::limits::{self, Need};

use super::line::item;
use crate::lang::Lang;
use crate::planning::{self, Planned};
use crate::web::format::{self, fill, money, number};
use crate::web::label::pick;
use crate::web::words::Words;

/// Items in one sentence.
const NAMED_MAX: usize = 4;
/// Characters of a digest that are shown.
const DIGEST_CHARS: usize = 12;

pub(in crate::web) fn notes(lang: Lang, w: &'static Words, planned: &Planned) -> Vec<String> {
    let (lines, counts) = (&planned.plan.lines, planned.plan.counts);
    let over = lines.iter().filter(|line| line.purchases.iter().any(rules::plan::Purchased::is_over_ceiling));
    let unpriced = lines.iter().filter(|line| line.cost.is_none());
    let bought = lines.iter().flat_map(|line| &line.purchases).map(|one| one.item.as_str());
    let mut notes = Vec::new();
    notes.extend(tried(lang, w, planned));
    let mut note = |text: &str, count: i64| {
        if count > 0 {
            notes.push(fill(text, &[("n", &number(lang, count))]));
        }
    };
    note(&w.plan_note_missing, i64::try_from(planned.missing).unwrap_or(i64::MAX));
    note(&w.plan_note_unsure, planned.unsure);
    note(&w.plan_note_waived, planned.waived);
    let waits = |line: &&Line| line.year.is_none() && line.yearly() > 0;
    let waiting = if planned.plan.years.len() > 1 { lines.iter().filter(waits).count() } else { 0 };
    note(&w.plan_note_waiting_again, i64::try_from(waiting).unwrap_or(i64::MAX));
    note(&w.plan_note_assumed, i64::from(counts.seats_assumed));
    note(&w.plan_note_unknown, i64::from(counts.unknown));
    note(&w.plan_note_surplus, i64::from(counts.surplus));
    note(&w.plan_note_ceiling, i64::try_from(over.count()).unwrap_or(i64::MAX));
    note(&w.plan_note_unpriced, i64::try_from(unpriced.count()).unwrap_or(i64::MAX));
    note(&w.plan_note_over_norm, i64::from(counts.over_norm));
    notes.extend(before_it_is_handed_in(lang, w, planned));
    let prices = &planned.judge.prices;
    if !planned.norm.calculator && !prices.are_verified(bought) {
        notes.push(fill(&w.plan_note_estimate, &[("day", &format::date(prices.dated))]));
    }
    notes
}

/// By which prices and rules a plan is made that are not those in force; none where they are.
pub(in crate::web) fn tried(lang: Lang, w: &'static Words, planned: &Planned) -> Option<String> {
    let terms = &planned.terms;
    let mut parts = Vec::new();
    let short = |digest: &str| digest.chars().take(DIGEST_CHARS).collect::<String>();
    if let Some(digest) = &terms.prices {
        let day = format::date(planned.judge.prices.dated);
        parts.push(fill(&w.plan_tried_prices, &[("day", &day), ("digest", &short(digest))]));
    }
    if terms.percent != 0 {
        parts.push(fill(&w.plan_tried_percent, &[("percent", &format!("{:+}", terms.percent))]));
    }
    if let Some(digest) = &terms.rules {
        let set = planning::set(planned);
        let title = set.map_or(digest.as_str(), |set| pick(lang, &set.title));
        parts.push(fill(&w.plan_tried_rules, &[("set", title), ("digest", &short(digest))]));
    }
    (!parts.is_empty()).then(|| fill(&w.plan_tried, &[("what", &parts.join("; "))]))
}

/// What finance will ask: the share of cyber security, the limits of packages, and what comes again each year.
fn before_it_is_handed_in(lang: Lang, w: &'static Words, planned: &Planned) -> Vec<String> {
    let mut notes = Vec::new();
    let (security, all) = limits::security(&planned.plan, &planned.judge.prices);
    let least = all.saturating_mul(limits::SECURITY_PERCENT_MIN) / 100;
    if security < least {
        let places = [
            ("share", format::share(lang, security, all)),
            ("sum", money(lang, security)),
            ("least", format::percent(lang, limits::SECURITY_PERCENT_MIN)),
            ("short", money(lang, least - security)),
        ];
        notes
            .push(fill(&w.plan_note_security, &places.each_ref().map(|(name, text)| (*name, text.as_str()))));
    }
    let needs = limits::needs(&planned.plan, |unit| planned.units.get(unit).map_or(unit, |unit| unit.agency));
    let mut named = |text: &str, is_meant: &dyn Fn(&Need) -> bool| {
        let has_years = planned.plan.years.len() > 1;
        let name = |need: &Need| {
            let (item, sum) = (item(lang, planned, &need.item), money(lang, need.amount));
            let year = fill(&w.plan_year, &[("n", &(need.year + 1).to_string())]);
            if has_years { format!("{item} ({year}: {sum})") } else { format!("{item} ({sum})") }
        };
        let items: Vec<String> =
            needs.iter().filter(|need| is_meant(need)).take(NAMED_MAX).map(name).collect();
        if !items.is_empty() {
            notes.push(fill(text, &[("items", &items.join(", "))]));
        }
    };
    named(&w.plan_note_cut, &Need::is_cut);
    named(&w.plan_note_tender, &Need::is_tendered);
    let again: i64 = planned.plan.funded().map(Line::yearly).sum();
    if again > 0 {
        notes.push(fill(&w.plan_note_rent, &[("sum", &money(lang, again))]));
    }
    notes
}

//! What would make a machine ready, as one sentence, and what its prices are worth.

use rules::assess::{Assessment, Grade, Role};
use rules::mend::{Mend, Patient, Remedies, Step, mend};
use rules::report::Report;
use rules::ruleset::{RuleSet, Settings};

use crate::app::Judge;
use crate::web::format::{self, fill};
use crate::web::label::{pick, rule_fails};
use crate::web::reader::Reader;

/// Steps and rules that are named; the rest is counted.
const NAMED_MAX: usize = 4;

/// What would make a machine ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The sentence.
    pub text: String,
    /// What the prices are worth; none where nothing is bought.
    pub prices: Option<String>,
}

/// The cheapest way to make a machine ready that is not; none for one that is, or of which too little is known.
pub fn advice(
    reader: &Reader,
    judge: &Judge,
    set: &RuleSet,
    report: &Report,
    assessment: &Assessment,
    settings: &Settings,
) -> Option<Advice> {
    let (lang, w) = (reader.lang, reader.words());
    if matches!(assessment.grade, Grade::Ready | Grade::NoData) {
        return None;
    }
    let role: Role = assessment.role;
    let patient = Patient { facts: &report.facts, set, role, day: assessment.day.into(), settings };
    match mend(patient, &judge.lifecycle, &|item| judge.prices.of(item)) {
        Mend::Ready => None,
        Mend::Remedies(remedies) => Some(ways(reader, judge, set, &remedies)),
        Mend::Cannot { blocking, .. } => {
            let rules = blocking.iter().map(|rule| rule_fails(lang, judge, rule, Some(role))).collect();
            Some(Advice {
                text: fill(&w.mend_cannot, &[("rules", &named(reader, rules, "; "))]),
                prices: None,
            })
        }
    }
}

fn ways(reader: &Reader, judge: &Judge, set: &RuleSet, remedies: &Remedies) -> Advice {
    let (lang, w) = (reader.lang, reader.words());
    // What is bought stands first: it is what somebody has to decide on.
    let (bought, free): (Vec<&Step>, Vec<&Step>) =
        remedies.steps.iter().partition(|step| step.item.is_some());
    let title = |step: &&Step| {
        let remedy = set.remedies.get(&step.remedy);
        remedy.map_or_else(|| step.remedy.clone(), |remedy| pick(lang, &remedy.title).to_owned())
    };
    let steps = bought.iter().chain(&free).map(title).collect::<Vec<_>>().join(" + ");
    if bought.is_empty() {
        return Advice { text: fill(&w.mend_free, &[("steps", &steps)]), prices: None };
    }
    let text = match remedies.cost {
        Some(cost) => fill(&w.mend_cheapest, &[("steps", &steps), ("cost", &format::money(lang, cost))]),
        None => fill(&w.mend_unpriced, &[("steps", &steps)]),
    };
    let again =
        bought.iter().filter(|step| step.item.as_deref().is_some_and(|item| judge.prices.comes_again(item)));
    let again: i64 = again.filter_map(|step| step.cost).sum();
    let text = match again {
        0 => text,
        again => format!("{text} {}", fill(&w.mend_yearly, &[("cost", &format::money(lang, again))])),
    };
    let day = format::date(judge.prices.dated);
    let prices = if judge.prices.are_verified(bought.iter().filter_map(|step| step.item.as_deref())) {
        fill(&w.mend_priced, &[("day", &day), ("source", &judge.prices.source)])
    } else {
        fill(&w.mend_estimate, &[("day", &day)])
    };
    Advice { text, prices: Some(prices) }
}

fn named(reader: &Reader, mut names: Vec<String>, joint: &str) -> String {
    let more = names.len().saturating_sub(NAMED_MAX);
    names.truncate(NAMED_MAX);
    if more > 0 {
        names.push(fill(&reader.words().mend_more, &[("n", &more.to_string())]));
    }
    names.join(joint)
}

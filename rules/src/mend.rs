//! What would make a PC ready: the cheapest remedies of its rule set.
//!
//! A remedy says what the facts would be afterwards. They are laid over those of the PC, and the same rules are asked
//! again: what-if is not a second engine. Prices are the caller's business.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::assess::{Grade, Judgement, Outcome, Role, When, judge};
use crate::condition::overlay::{Overlay, changed};
use crate::condition::{Scene, Truth};
use crate::facts::Facts;
use crate::facts::support::Support;
use crate::lifecycle::Lifecycle;
use crate::ruleset::{Remedy, Rule, RuleSet, Settings};

/// Most remedies with a price among which the cheapest are looked for: each doubles the work.
const PRICED_MAX: usize = 12;

/// What would make a PC ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// It is ready.
    Ready,
    /// These remedies make it ready; no cheaper ones of the set do.
    Remedies(Remedies),
    /// No remedies of the set make it ready.
    Cannot {
        /// The grade that they would bring.
        grade: Grade,
        /// The rules that would still stand against it, by id, what costs most first.
        blocking: Vec<String>,
    },
}

/// Remedies that make a PC ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedies {
    /// What to do, in this order.
    pub steps: Vec<Step>,
    /// What they cost together, in the caller's money; none when a price is missing.
    pub cost: Option<i64>,
    /// The score afterwards.
    pub score: Option<u8>,
    /// The rules that the PC fails, or passes in part, and passes afterwards, by id, what costs most first.
    pub mends: Vec<String>,
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Id of the remedy.
    pub remedy: String,
    /// What it buys, as the price book names it; none when it costs no purchase.
    pub item: Option<String>,
    /// What that costs; none when the price is missing.
    pub cost: Option<i64>,
}

/// A PC that is to be mended, as it is judged.
#[derive(Clone, Copy)]
pub struct Patient<'a> {
    /// What it answered.
    pub facts: &'a Facts,
    /// The rules.
    pub set: &'a RuleSet,
    /// The role of its seat.
    pub role: Role,
    /// The day, and that of the report.
    pub day: When,
    /// What its unit set; [`RuleSet::defaults`] where it set nothing.
    pub settings: &'a Settings,
}

/// Finds the cheapest remedies that make a PC ready. `price` tells the price of an item, if the price book has it.
///
/// A remedy that costs no purchase is free. One without a price is taken only where nothing else helps.
pub fn mend(patient: Patient<'_>, lifecycle: &Lifecycle, price: &dyn Fn(&str) -> Option<i64>) -> Mend {
    let support = lifecycle.support_of(patient.facts, patient.day.judged);
    let bed = Bed::new(patient, &support);
    if bed.before.grade == Grade::Ready {
        return Mend::Ready;
    }
    let candidates = candidates(&bed.before, patient.set, price);
    let everything: Vec<&Candidate<'_>> = candidates.iter().collect();
    let (overlay, _) = bed.treated(&everything);
    let best = bed.judge(&overlay);
    if best.grade != Grade::Ready {
        return Mend::Cannot { grade: best.grade, blocking: blocking(&best, patient.set) };
    }
    let chosen = bed.necessary(bed.cheapest(&candidates));
    let (overlay, order) = bed.treated(&chosen);
    let steps: Vec<Step> = order
        .iter()
        .map(|one| Step { remedy: one.id.to_owned(), item: one.remedy.item.clone(), cost: one.price })
        .collect();
    let cost = steps.iter().map(|step| step.cost).sum();
    let after = bed.judge(&overlay);
    let mends = passing(&bed.before, &after, patient.set);
    Mend::Remedies(Remedies { steps, cost, score: after.score, mends })
}

/// What a PC would be graded after these remedies, as far as they can be applied, and its score.
pub fn what_if(patient: Patient<'_>, lifecycle: &Lifecycle, remedies: &[&str]) -> (Grade, Option<u8>) {
    let support = lifecycle.support_of(patient.facts, patient.day.judged);
    let bed = Bed::new(patient, &support);
    let candidates: Vec<Candidate<'_>> = remedies
        .iter()
        .filter_map(|id| patient.set.remedies.get_key_value(*id))
        .map(|(id, remedy)| Candidate { id, remedy, price: None })
        .collect();
    let (overlay, _) = bed.treated(&candidates.iter().collect::<Vec<_>>());
    let after = bed.judge(&overlay);
    (after.grade, after.score)
}

/// The remedies that may help a PC, by the rule that it fails or passes in part, by ids, in the order of the rule. One is
/// left out where the PC is known not to have what it needs, or it would change nothing of what the rule asks: who has
/// memory enough and lacks a TPM is not told to add memory.
pub fn helpful(patient: Patient<'_>, lifecycle: &Lifecycle) -> BTreeMap<String, Vec<String>> {
    let support = lifecycle.support_of(patient.facts, patient.day.judged);
    let bed = Bed::new(patient, &support);
    let lacking = bed
        .before
        .rulings
        .iter()
        .enumerate()
        .filter(|(_, ruling)| matches!(ruling.outcome, Outcome::Fail | Outcome::Partial));
    let mut helpful = BTreeMap::new();
    for (at, _) in lacking {
        let Some(rule) = patient.set.rules.get(at) else { continue };
        let known = rule.remedies.iter().filter_map(|id| patient.set.remedies.get_key_value(id));
        let helps =
            |(id, remedy): &(&String, &Remedy)| bed.helps(&Candidate { id, remedy, price: None }, at, rule);
        helpful.insert(rule.id.clone(), known.filter(helps).map(|(id, _)| id.clone()).collect());
    }
    helpful
}

/// A remedy that may help.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    id: &'a str,
    remedy: &'a Remedy,
    /// Nothing to pay is 0; none when the price is missing.
    price: Option<i64>,
}

/// The remedies that rules which do not pass name, those of what costs most first.
fn candidates<'a>(
    before: &Judgement,
    set: &'a RuleSet,
    price: &dyn Fn(&str) -> Option<i64>,
) -> Vec<Candidate<'a>> {
    let mut lacking: Vec<_> = before
        .rulings
        .iter()
        .zip(&set.rules)
        .filter(|(verdict, _)| verdict.lost_halves().is_some())
        .collect();
    lacking.sort_by_key(|(verdict, _)| Reverse(verdict.lost_halves()));
    let mut candidates: Vec<Candidate<'a>> = Vec::new();
    let mut priced = 0;
    for id in lacking.iter().flat_map(|(_, rule)| &rule.remedies) {
        let Some((id, remedy)) = set.remedies.get_key_value(id) else { continue };
        if !remedy.can_be_tried() || candidates.iter().any(|known| known.id == id) {
            continue;
        }
        let price = remedy.item.as_deref().map_or(Some(0), price);
        if price != Some(0) {
            priced += 1;
            if priced > PRICED_MAX {
                continue;
            }
        }
        candidates.push(Candidate { id, remedy, price });
    }
    candidates
}

/// The rules that a PC lacked before and passes after, what costs most first.
fn passing(before: &Judgement, after: &Judgement, set: &RuleSet) -> Vec<String> {
    let mut passing: Vec<(u32, &str)> = before
        .rulings
        .iter()
        .zip(&after.rulings)
        .zip(&set.rules)
        .filter(|((_, after), _)| after.outcome == Outcome::Pass)
        .filter_map(|((before, _), rule)| Some((before.lost_halves()?, rule.id.as_str())))
        .collect();
    passing.sort_by_key(|(lost, _)| Reverse(*lost));
    passing.into_iter().map(|(_, rule)| rule.to_owned()).collect()
}

/// The rules that still stand against a PC, what costs most first.
fn blocking(judgement: &Judgement, set: &RuleSet) -> Vec<String> {
    let no_data = judgement.grade == Grade::NoData;
    let mut standing: Vec<(u32, &str)> = judgement
        .rulings
        .iter()
        .zip(&set.rules)
        .filter_map(|(ruling, rule)| match ruling.outcome {
            Outcome::Unknown if no_data => Some((2 * ruling.severity.points(), rule.id.as_str())),
            _ if no_data => None,
            _ => Some((ruling.lost_halves()?, rule.id.as_str())),
        })
        .filter(|(lost, _)| *lost > 0)
        .collect();
    standing.sort_by_key(|(lost, _)| Reverse(*lost));
    standing.into_iter().map(|(_, rule)| rule.to_owned()).collect()
}

/// Where a PC is tried.
struct Bed<'a> {
    patient: Patient<'a>,
    support: &'a Support,
    /// What the rules say of it as it is.
    before: Judgement,
}

impl<'a> Bed<'a> {
    fn new(patient: Patient<'a>, support: &'a Support) -> Bed<'a> {
        let Patient { facts, set, role, day, settings } = patient;
        let scene = Scene::new(facts, support, day.judged, settings, &set.scans).told(day.told);
        Bed { patient, support, before: judge(&scene, set, role, day.judged, settings) }
    }

    fn scene(&self) -> Scene<'a> {
        let Patient { facts, set, day, settings, .. } = self.patient;
        Scene::new(facts, self.support, day.judged, settings, &set.scans).told(day.told)
    }

    /// What the rules say of the PC as it would be. A rule that does not pass before is not mended by nobody knowing
    /// whether it passes afterwards: it stays as it was.
    fn judge(&self, overlay: &Overlay) -> Judgement {
        let Patient { set, role, day, settings, .. } = self.patient;
        let mut after = judge(&self.scene().over(overlay), set, role, day.judged, settings);
        let mut stayed = false;
        for (ruling, before) in after.rulings.iter_mut().zip(&self.before.rulings) {
            let lacked = matches!(before.outcome, Outcome::Fail | Outcome::Partial);
            if lacked && ruling.outcome == Outcome::Unknown {
                *ruling = *before;
                stayed = true;
            }
        }
        if stayed { Judgement::of(after.rulings, set) } else { after }
    }

    /// The PC after these remedies, in the order in which they could be applied: one may need what another gives.
    fn treated<'c>(&self, remedies: &[&'c Candidate<'c>]) -> (Overlay, Vec<&'c Candidate<'c>>) {
        let mut overlay = Overlay::default();
        let mut waiting = remedies.to_vec();
        let mut order = Vec::new();
        loop {
            let mut still = Vec::new();
            let before = order.len();
            for one in waiting {
                let scene = self.scene();
                let can = one.remedy.needs.as_ref().is_none_or(|needs| {
                    let scene = scene.over(&overlay);
                    needs.holds(&scene.context()) == Truth::True
                });
                if !can {
                    still.push(one);
                    continue;
                }
                for gift in &one.remedy.gives {
                    if let Some(answer) = changed(&self.scene().over(&overlay), gift) {
                        overlay.lay(gift.place, answer);
                    }
                }
                order.push(one);
            }
            if still.is_empty() || order.len() == before {
                return (overlay, order);
            }
            waiting = still;
        }
    }

    /// Whether this may help the rule at this place.
    fn helps(&self, one: &Candidate<'_>, at: usize, rule: &Rule) -> bool {
        let scene = self.scene();
        let context = scene.context();
        match one.remedy.needs.as_ref().map_or(Truth::True, |needs| needs.holds(&context)) {
            Truth::False => return false,
            // Nobody can try it: it may help.
            Truth::Unknown => return true,
            Truth::True => {}
        }
        let (overlay, _) = self.treated(&[one]);
        let after = self.scene().over(&overlay);
        let role = self.patient.role;
        let asked = [Some(rule.pass_for(role)), rule.partial_for(role)];
        !one.remedy.can_be_tried()
            || rule.each.is_some()
            || self.judge(&overlay).rulings.get(at) != self.before.rulings.get(at)
            || asked.into_iter().flatten().any(|asked| asked.is_helped(&context, &after.context()))
    }

    fn is_ready(&self, remedies: &[&Candidate<'_>]) -> bool {
        let (overlay, _) = self.treated(remedies);
        self.judge(&overlay).grade == Grade::Ready
    }

    /// All free remedies and the cheapest priced ones that make the PC ready; all of them make it ready for certain.
    fn cheapest<'c>(&self, candidates: &'c [Candidate<'c>]) -> Vec<&'c Candidate<'c>> {
        let (free, priced): (Vec<_>, Vec<_>) =
            candidates.iter().partition(|candidate| candidate.price == Some(0));
        let chosen = |choice: u32| -> Vec<&'c Candidate<'c>> {
            let picked = priced.iter().enumerate().filter(|(bit, _)| choice & (1 << bit) != 0);
            free.iter().copied().chain(picked.map(|(_, one)| *one)).collect()
        };
        let mut choices: Vec<(usize, i64, u32, u32)> = (0..1_u32 << priced.len())
            .map(|choice| {
                let picked = || priced.iter().enumerate().filter(move |(bit, _)| choice & (1 << bit) != 0);
                let missing = picked().filter(|(_, one)| one.price.is_none()).count();
                let cost = picked().filter_map(|(_, one)| one.price).sum();
                (missing, cost, choice.count_ones(), choice)
            })
            .collect();
        choices.sort_unstable();
        let found =
            choices.into_iter().map(|(.., choice)| chosen(choice)).find(|chosen| self.is_ready(chosen));
        found.unwrap_or_else(|| candidates.iter().collect())
    }

    /// Leaves out what is not needed, what mends least first.
    fn necessary<'c>(&self, mut chosen: Vec<&'c Candidate<'c>>) -> Vec<&'c Candidate<'c>> {
        for index in (0..chosen.len()).rev() {
            let mut fewer = chosen.clone();
            fewer.remove(index);
            if self.is_ready(&fewer) {
                chosen = fewer;
            }
        }
        chosen
    }
}

#[cfg(test)]
mod tests;

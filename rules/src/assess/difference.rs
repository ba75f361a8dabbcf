//! What two texts of one rule set may say differently of a PC.
//!
//! Of a set that changes, words change most, and judge nothing; then a threshold, which is one rule of a hundred. Who
//! knows which rules differ, and what the others said, need not ask those again; and needs no rule to find the grade by
//! other thresholds.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Assessment, Judgement, Role, Ruling, judge_digest, ruling, verdict};
use crate::condition::Scene;
use crate::facts::{AREAS, Facts, Origin};
use crate::lifecycle::Lifecycle;
use crate::ruleset::{Rule, RuleSet};

/// The rules about PCs of which two texts of a set may say different things, and what grades need; everything else that
/// judges is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Their places, the same in both sets.
    rules: Vec<usize>,
    areas: BTreeSet<&'static str>,
    /// Whether grades need the same.
    grades_alike: bool,
}

impl Difference {
    /// What these two differ in. None where more than what single rules ask and what grades need differs: which rules
    /// there are, whom they concern, or what a unit may set.
    pub fn between(before: &RuleSet, after: &RuleSet) -> Option<Difference> {
        let alike = before.id == after.id
            && before.parameters.len() == after.parameters.len()
            && before.parameters.iter().zip(&after.parameters).all(|(one, two)| one.stands_for(two))
            && before.rules.len() == after.rules.len()
            && before
                .rules
                .iter()
                .zip(&after.rules)
                .all(|(one, two)| (&one.id, &one.roles) == (&two.id, &two.roles));
        if !alike {
            return None;
        }
        let (mut rules, mut areas) = (Vec::new(), BTreeSet::new());
        let pairs = before.rules.iter().zip(&after.rules).enumerate();
        for (at, (one, two)) in pairs.filter(|(_, (one, two))| !one.judges_as(two)) {
            rules.push(at);
            for rule in [one, two] {
                rule.places(&mut |place| {
                    let area = &AREAS[place.area];
                    match area.origin {
                        Origin::Asked => areas.extend([area.name]),
                        // It is made from the others.
                        Origin::Derived | Origin::Unit => areas.extend(AREAS.iter().map(|area| area.name)),
                    }
                });
            }
        }
        Some(Difference { rules, areas, grades_alike: before.grades == after.grades })
    }

    /// The places of the rules that differ, the same in both sets.
    pub fn rules(&self) -> &[usize] {
        &self.rules
    }

    /// Whether every PC is judged alike by both: only words differ.
    pub fn is_nothing(&self) -> bool {
        self.rules.is_empty() && self.grades_alike
    }

    /// Whether grades need the same by both.
    pub fn grades_alike(&self) -> bool {
        self.grades_alike
    }

    /// The areas of facts that the rules that differ look at, by name.
    pub fn areas(&self) -> &BTreeSet<&'static str> {
        &self.areas
    }

    /// What the set after says of a PC of which the set before said this, rule by rule, where no unit set anything and
    /// nothing is waived. None where that is the same. Of the facts only these areas are looked at.
    pub fn judge(
        &self,
        before: &[Ruling],
        facts: &Facts,
        after: &RuleSet,
        lifecycle: &Lifecycle,
        role: Role,
        day: Date,
    ) -> Option<Judgement> {
        let ask = |rule: &Rule, scene: &Scene<'_>| ruling(rule, scene, role, day, after.defaults(), None);
        let asked = self.ask(facts, after, lifecycle, day, ask);
        let differs = |(at, asked): (&usize, &Ruling)| before.get(*at) != Some(asked);
        if self.grades_alike && !self.rules.iter().zip(&asked).any(differs) {
            return None;
        }
        let mut rulings = before.to_vec();
        for (at, asked) in self.rules.iter().zip(asked) {
            if let Some(ruling) = rulings.get_mut(*at) {
                *ruling = asked;
            }
        }
        Some(Judgement::of(rulings, after))
    }

    /// That judgement with the verdicts of the rules that differ, and what they saw: what amends the assessment by the set
    /// before ([`Assessment::amended`]).
    pub fn amendment(
        &self,
        judgement: &Judgement,
        facts: &Facts,
        after: &RuleSet,
        lifecycle: &Lifecycle,
        role: Role,
        day: Date,
    ) -> Assessment {
        let ask = |rule: &Rule, scene: &Scene<'_>| verdict(rule, scene, role, day, after.defaults());
        let verdicts = self.ask(facts, after, lifecycle, day, ask);
        Assessment { digest: judge_digest(after, lifecycle), verdicts, ..judgement.told(after, role, day) }
    }

    fn ask<T>(
        &self,
        facts: &Facts,
        after: &RuleSet,
        lifecycle: &Lifecycle,
        day: Date,
        ask: impl Fn(&Rule, &Scene<'_>) -> T,
    ) -> Vec<T> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let support = lifecycle.support_of(facts, day);
        let scene = Scene::new(facts, &support, day, after.defaults(), &after.scans);
        let rules = self.rules.iter().filter_map(|at| after.rules.get(*at));
        rules.map(|rule| ask(rule, &scene)).collect()
    }
}

#[cfg(test)]
mod tests;

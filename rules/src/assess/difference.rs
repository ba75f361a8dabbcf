//! What two texts of one rule set may say differently of a PC.
//!
//! Of a set that changes, words change most, and judge nothing; then a threshold, which is one rule of a hundred. Who
//! knows which rules differ need not ask the others again, and who knows score and coverage needs no rule to find the
//! grade by other thresholds.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Grade, Role, ruling};
use crate::condition::Scene;
use crate::facts::{AREAS, Facts, Origin};
use crate::lifecycle::Lifecycle;
use crate::ruleset::{Grades, RuleSet};

/// The rules about PCs of which two texts of a set may say different things, and what grades need; everything else that
/// judges is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Their places, the same in both sets.
    rules: Vec<usize>,
    areas: BTreeSet<&'static str>,
    /// What grades need before and after, where that differs.
    grades: Option<(Grades, Grades)>,
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
        let grades = (before.grades != after.grades).then_some((before.grades, after.grades));
        Some(Difference { rules, areas, grades })
    }

    /// The places of the rules that differ, the same in both sets.
    pub fn rules(&self) -> &[usize] {
        &self.rules
    }

    /// Whether every PC is judged alike by both: only words differ.
    pub fn is_nothing(&self) -> bool {
        self.rules.is_empty() && self.grades.is_none()
    }

    /// Whether grades need the same by both.
    pub fn grades_alike(&self) -> bool {
        self.grades.is_none()
    }

    /// Whether a PC of this grade, score and coverage before may have another grade after, though its rules say the same.
    /// Where that is for want of points, and a critical rule fails too, it has not.
    pub fn turns(&self, grade: Grade, score: Option<u8>, coverage: u8) -> bool {
        self.grades.is_some_and(|(before, after)| {
            let by_points = before.of(score, coverage);
            // Where the points say something else than the grade, a critical rule fails, and that asks for no points.
            grade == by_points && by_points != after.of(score, coverage)
        })
    }

    /// The areas of facts that [`Difference::shows`] looks at, by name.
    pub fn areas(&self) -> &BTreeSet<&'static str> {
        &self.areas
    }

    /// Whether rules of the two sets of which this is the difference say different things of this PC, where no unit set
    /// anything and nothing is waived.
    pub fn shows(
        &self,
        facts: &Facts,
        (before, after): (&RuleSet, &RuleSet),
        lifecycle: &Lifecycle,
        role: Role,
        day: Date,
    ) -> bool {
        let support = lifecycle.support_of(facts, day);
        let say = |set: &RuleSet| {
            let settings = set.defaults();
            let scene = Scene::new(facts, &support, day, settings, &set.scans);
            let rules = self.rules.iter().filter_map(|at| set.rules.get(*at));
            rules.map(|rule| ruling(rule, &scene, role, day, settings, None)).collect::<Vec<_>>()
        };
        say(before) != say(after)
    }
}

#[cfg(test)]
mod tests;

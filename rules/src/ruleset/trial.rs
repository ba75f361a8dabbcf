//! The tests that a rule set carries, run.

use super::{RuleSet, RuleTest};
use crate::assess::{Outcome, assess_in, assess_unit};
use crate::lifecycle::Lifecycle;

/// What became of one test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestResult {
    /// Name of the test.
    pub name: String,
    /// The rules that said something else than expected; none when the test passed.
    pub wrong: Vec<Wrong>,
}

/// A rule that said something else than expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Id of the rule.
    pub rule: String,
    /// What the test expects.
    pub expected: Outcome,
    /// What the rule said.
    pub actual: Outcome,
}

impl RuleSet {
    /// Runs the tests that the set carries.
    pub fn run_tests(&self, lifecycle: &Lifecycle) -> Vec<TestResult> {
        self.tests.iter().map(|test| self.run_test(test, lifecycle)).collect()
    }

    fn run_test(&self, test: &RuleTest, lifecycle: &Lifecycle) -> TestResult {
        let facts = test.facts.read();
        let mut verdicts = assess_in(&facts, self, lifecycle, test.role, test.day, &test.settings).verdicts;
        verdicts.extend(assess_unit(&facts.unit, self, test.day, &test.settings));
        let wrong = test.expect.iter().filter_map(|(rule, expected)| {
            let verdict = verdicts.iter().find(|verdict| verdict.rule == *rule)?;
            let (expected, actual) = (*expected, verdict.outcome);
            (expected != actual).then(|| Wrong { rule: rule.clone(), expected, actual })
        });
        TestResult { name: test.name.clone(), wrong: wrong.collect() }
    }

    /// The outcomes that no test of the set shows, rule by rule: pass, fail, unknown, and partial where it can be. A rule
    /// that stands as it is in the set that this one extends is tested there.
    pub fn untested(&self) -> Vec<(&str, Outcome)> {
        let mut untested = Vec::new();
        for rule in self.every_rule().filter(|rule| !self.inherited.contains(&rule.id)) {
            for outcome in [Outcome::Pass, Outcome::Partial, Outcome::Fail, Outcome::Unknown] {
                let possible = outcome != Outcome::Partial || rule.has_partial();
                let shown = |test: &RuleTest| {
                    test.expect.iter().any(|(id, shown)| *id == rule.id && *shown == outcome)
                };
                if possible && !self.tests.iter().any(shown) {
                    untested.push((rule.id.as_str(), outcome));
                }
            }
        }
        untested
    }
}

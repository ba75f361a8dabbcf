//! Rule sets: what a person wrote, checked.
//!
//! Two steps, as in cargo-deny: `raw` is what may be written, with the place of every word; [`RuleSet`] is what is
//! known to be right. A rule set carries its own tests.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::assess::{Outcome, Role, Severity};
use crate::complaint::Complaint;
use crate::condition::Condition;
use crate::facts::support::Support;
use crate::facts::{Facts, Place};

pub(crate) mod raw;
mod read;
mod trial;

pub use trial::{TestResult, Wrong};

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Both {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

/// A rule set that is known to be right.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// Its id, such as `vn-office-2026`.
    pub id: String,
    /// Its title.
    pub title: Both,
    /// The days on which it is in force: from the first to the last, without end when none.
    pub in_force: (Date, Option<Date>),
    /// Whether every report is judged by it, or only who asks for it.
    pub judges: Judges,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// What a PC needs for each grade.
    pub grades: Grades,
    /// The groups of rules, in the order in which they are shown: id and title.
    pub groups: Vec<(String, Both)>,
    /// Its rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// What would mend a failing rule, by id.
    pub remedies: BTreeMap<String, Remedy>,
    /// The tests that it carries.
    pub tests: Vec<RuleTest>,
}

/// What a rule set is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judges {
    /// Every report of a day on which it is in force.
    Reports,
    /// Only what somebody asks it about by its name.
    OnRequest,
}

/// What a PC needs for each grade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grades {
    /// Least score of a ready PC, 0 to 100.
    pub ready_score: u8,
    /// Least coverage of any grade that goes by the score, 0 to 100.
    pub ready_coverage: u8,
    /// Least score of a PC that needs work, 0 to 100; less is not ready.
    pub needs_work_score: u8,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Its id, unique in the set, such as `memory-size`.
    pub id: String,
    /// The group in which it is shown.
    pub group: String,
    /// What is asked, in one phrase.
    pub title: Both,
    /// Why it is asked, for people who must defend it.
    pub why: Option<Both>,
    /// The roles that it concerns.
    pub roles: Vec<Role>,
    /// How much it weighs.
    pub severity: Severity,
    /// The list of records that it goes over; the worst record gives the verdict.
    pub each: Option<Place>,
    /// When it applies; always when none.
    pub when: Option<Condition>,
    /// When it passes.
    pub pass: Condition,
    /// When it passes in part.
    pub partial: Option<Condition>,
    /// When a failure means that the PC has what is asked, switched off: a setting mends it, no purchase.
    pub switched_off: Option<Condition>,
    /// What would mend it, best first: ids of remedies.
    pub remedies: Vec<String>,
    /// Where it comes from: document and clause.
    pub source: Source,
}

/// Where a rule comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The document.
    pub doc: String,
    /// The clause.
    #[serde(default)]
    pub clause: String,
}

/// What would mend a failing rule.
#[derive(Debug, Clone)]
pub struct Remedy {
    /// What to do, in one phrase.
    pub title: Both,
}

/// A test that a rule set carries: facts, and what its rules say of them.
#[derive(Debug, Clone)]
pub struct RuleTest {
    /// Its name.
    pub name: String,
    /// What the PC answered; facts that are not given were not asked.
    pub facts: TestFacts,
    /// The role of the seat.
    pub role: Role,
    /// The day of the report.
    pub day: Date,
    /// The outcome that each named rule must have: id and outcome.
    pub expect: Vec<(String, Outcome)>,
}

/// The facts of a test, as the JSON of a report. Who only judges never reads them, and a program that never reads
/// facts is smaller by the code that does.
#[derive(Debug, Clone)]
pub struct TestFacts {
    areas: Value,
    /// The derived area, which is no part of a report.
    support: Value,
}

impl Default for TestFacts {
    fn default() -> TestFacts {
        TestFacts { areas: json!({}), support: json!({}) }
    }
}

impl TestFacts {
    /// The facts. Names and kinds were checked when the rule set was read; what still does not fit makes no fact known,
    /// so that the test fails.
    pub fn read(&self) -> Facts {
        let facts = || {
            let mut facts = Facts::deserialize(&self.areas).ok()?;
            facts.support = Support::deserialize(&self.support).ok()?;
            Some(facts)
        };
        facts().unwrap_or_default()
    }
}

impl RuleSet {
    /// Reads a rule set. `file` only stands in the complaints.
    ///
    /// # Errors
    /// All complaints at once, in the order of the text.
    pub fn parse(file: &str, text: &str) -> Result<RuleSet, Vec<Complaint>> {
        read::ruleset(file, text)
    }

    /// The rule of this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }

    /// The rules of this group, in the order of the file.
    pub fn rules_of<'a>(&'a self, group: &'a str) -> impl Iterator<Item = &'a Rule> {
        self.rules.iter().filter(move |rule| rule.group == group)
    }
}

impl Rule {
    /// What is asked, in a form that needs no language: `memory.installed ≥ 8 GiB`, or, for each record of a list,
    /// `disk.drives: each (health = ok)`.
    pub fn describe(&self) -> String {
        match self.each {
            Some(list) => format!("{}: each ({})", list.name(), self.pass.describe()),
            None => self.pass.describe(),
        }
    }
}

/// The rule sets that ship: file name and text.
pub const SHIPPED: &[(&str, &str)] = &[
    ("vn-office-2026.toml", include_str!("../sets/vn-office-2026.toml")),
    ("windows-11.toml", include_str!("../sets/windows-11.toml")),
];

/// The rule sets that ship, read.
pub fn shipped() -> Vec<RuleSet> {
    let read = |(file, text): &(&str, &str)| {
        RuleSet::parse(file, text).expect("the test `shipped_sets_are_right` reads every one of them")
    };
    SHIPPED.iter().map(read).collect()
}

/// The rule set that judges the reports of this day: of those in force, the one that came into force last.
pub fn in_force(sets: &[RuleSet], day: Date) -> Option<&RuleSet> {
    sets.iter()
        .filter(|set| set.judges == Judges::Reports)
        .filter(|set| set.in_force.0 <= day && set.in_force.1.is_none_or(|last| day <= last))
        .max_by_key(|set| set.in_force.0)
}

#[cfg(test)]
mod tests;

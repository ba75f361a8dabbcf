//! Rule sets: what a person wrote, checked.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::assess::{Role, Severity};
use crate::complaint::Complaint;
use crate::condition::Condition;

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
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
    /// The groups of rules, in the order in which they are shown: id and title.
    pub groups: Vec<(String, Both)>,
    /// Its rules, in the order of the file.
    pub rules: Vec<Rule>,
    /// What would mend a failing rule, by id.
    pub remedies: BTreeMap<String, Remedy>,
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
    /// When it applies; always when none.
    pub when: Option<Condition>,
    /// When it passes.
    pub pass: Condition,
    /// When it passes in part.
    pub partial: Option<Condition>,
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

impl RuleSet {
    /// Reads a rule set. `file` only stands in the complaints.
    ///
    /// # Errors
    /// All complaints at once, in the order of the text.
    pub fn parse(file: &str, text: &str) -> Result<RuleSet, Vec<Complaint>> {
        todo!()
    }

    /// The rule of this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.id == id)
    }
}

/// The rule sets that ship: file name and text.
pub const SHIPPED: &[(&str, &str)] = &[("vn-office-2026.toml", include_str!("../sets/vn-office-2026.toml"))];

/// The rule set in force on this day: of those in force, the one that came into force last.
pub fn in_force(sets: &[RuleSet], day: Date) -> Option<&RuleSet> {
    sets.iter()
        .filter(|set| set.in_force.0 <= day && set.in_force.1.is_none_or(|last| day <= last))
        .max_by_key(|set| set.in_force.0)
}

//! What Windows says of its own upgrade, beside what the rules say of the same PC.
//!
//! Knows no database and no pages.

use jiff::civil::Date;
use rules::assess::{Outcome, Role, assess_lean};
use rules::facts::Facts;
use serde::{Deserialize, Serialize};

use crate::app::Judge;

/// The rule set that says whether a PC can take Windows 11.
pub const RULESET: &str = "windows-11";

/// Two answers to one question: whether the PC can take Windows 11.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    /// What Windows says, in its own word: Green, Yellow, Orange, Red.
    pub rating: String,
    /// What stands against the upgrade, as Windows names it.
    pub blockers: Vec<String>,
    /// The rules that the PC does not meet, by id.
    pub failing: Vec<String>,
    /// The rules that nobody could decide, by id.
    pub unknown: Vec<String>,
}

/// How two answers stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accord {
    /// Both say that it can, or both that it cannot.
    Same,
    /// One of them does not know, or Windows asks for something first.
    Undecided,
    /// The rules say that it can, Windows that it cannot.
    OnlyRules,
    /// Windows says that it can, the rules that it cannot.
    OnlyWindows,
}

impl Accord {
    /// As it stands in the database and in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Accord::Same => "same",
            Accord::Undecided => "undecided",
            Accord::OnlyRules => "only_rules",
            Accord::OnlyWindows => "only_windows",
        }
    }

    /// The accord of this word.
    pub fn parse(word: &str) -> Option<Accord> {
        const ALL: [Accord; 4] = [Accord::Same, Accord::Undecided, Accord::OnlyRules, Accord::OnlyWindows];
        ALL.into_iter().find(|accord| accord.word() == word)
    }
}

impl Opinion {
    /// Both answers; none where Windows said nothing, or there is no set to ask.
    pub fn of(judge: &Judge, facts: &Facts, role: Role, day: Date) -> Option<Opinion> {
        let rating = facts.os.upgrade_rating.known()?.clone();
        let set = judge.sets.iter().find(|set| set.id == RULESET)?;
        let judged = assess_lean(facts, set, &judge.lifecycle, role, day, set.defaults());
        let say = |outcome: Outcome| {
            let said = judged.rulings.iter().zip(&set.rules).filter(|(ruling, _)| ruling.outcome == outcome);
            said.map(|(_, rule)| rule.id.clone()).collect()
        };
        let blockers = facts.os.upgrade_blockers.known().cloned().unwrap_or_default();
        Some(Opinion { rating, blockers, failing: say(Outcome::Fail), unknown: say(Outcome::Unknown) })
    }

    /// Whether Windows lets the PC upgrade; none where it asks for something first (Yellow, Orange), or says a word
    /// that nobody knows.
    pub fn windows(&self) -> Option<bool> {
        match self.rating.to_ascii_lowercase().as_str() {
            "green" => Some(true),
            "red" => Some(false),
            _ => None,
        }
    }

    /// Whether the rules let it; none where something that nobody could find out decides.
    pub fn rules(&self) -> Option<bool> {
        match (self.failing.is_empty(), self.unknown.is_empty()) {
            (false, _) => Some(false),
            (true, true) => Some(true),
            (true, false) => None,
        }
    }

    /// How the two stand to each other.
    pub fn accord(&self) -> Accord {
        match (self.rules(), self.windows()) {
            (Some(true), Some(false)) => Accord::OnlyRules,
            (Some(false), Some(true)) => Accord::OnlyWindows,
            (Some(_), Some(_)) => Accord::Same,
            (None, _) | (_, None) => Accord::Undecided,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_answers_and_how_they_stand() {
        let check = |rating: &str, failing: &[&str], unknown: &[&str]| {
            let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
            let opinion = Opinion {
                rating: rating.to_owned(),
                blockers: vec![],
                failing: ids(failing),
                unknown: ids(unknown),
            };
            let accord = opinion.accord();
            assert_eq!(Accord::parse(accord.word()), Some(accord));
            accord
        };
        assert_eq!(check("Green", &[], &[]), Accord::Same);
        assert_eq!(check("red", &["win11-tpm"], &["win11-memory"]), Accord::Same);
        assert_eq!(check("Red", &[], &[]), Accord::OnlyRules);
        assert_eq!(check("Green", &["win11-tpm"], &[]), Accord::OnlyWindows);
        assert_eq!(check("Green", &[], &["win11-tpm"]), Accord::Undecided);
        assert_eq!(check("Orange", &[], &[]), Accord::Undecided);
        assert_eq!(Accord::parse(""), None);
    }
}

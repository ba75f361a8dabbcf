//! What rules said of a machine in short: of which rules, day and role it is, and one letter for what each rule says.
//!
//! It is kept with the machine. Who has it knows without a report whether rules say the same as before, and what the rules
//! say that need not be asked again.

use jiff::civil::Date;
use rules::assess::{Role, Ruling};
use rules::ruleset::RuleSet;

/// Two judgements of one report that have this in common say the same of it, but for the grade.
pub(crate) fn of(set: &RuleSet, day: Date, role: Role, rulings: &[Ruling]) -> String {
    let mut text = head(set, day, role);
    text.extend(rulings.iter().map(|ruling| ruling.letter()));
    text
}

/// What each rule of this set said; none where that is of other rules, another day or another role.
pub(crate) fn rulings(short: &str, set: &RuleSet, day: Date, role: Role) -> Option<Vec<Ruling>> {
    let letters = short.strip_prefix(&head(set, day, role))?;
    let rulings: Vec<Ruling> = letters.chars().map(Ruling::of_letter).collect::<Option<_>>()?;
    (rulings.len() == set.rules.len()).then_some(rulings)
}

fn head(set: &RuleSet, day: Date, role: Role) -> String {
    format!("{} {day} {} ", set.roll(), role.word())
}

#[cfg(test)]
mod tests {
    use rules::assess::{Outcome, Severity};

    use super::*;
    use crate::judge::OWN_SET;

    #[test]
    fn it_is_read_as_it_was_written_and_as_nothing_else() {
        let set = RuleSet::parse("own.toml", OWN_SET).unwrap();
        let day = jiff::civil::date(2026, 11, 22);
        let (outcome, severity) = (Outcome::Fail, Severity::Major);
        let said = vec![Ruling { outcome, severity, switched_off: true, waived: false }];
        let text = of(&set, day, Role::Clerk, &said);
        assert_eq!(rulings(&text, &set, day, Role::Clerk), Some(said));
        assert_eq!(rulings(&text, &set, day, Role::Officer), None);
        assert_eq!(rulings(&text, &set, day.tomorrow().unwrap(), Role::Clerk), None);
        let other = OWN_SET.replace("id = \"memory-size\"", "id = \"memory\"");
        let other = RuleSet::parse("own.toml", &other).unwrap();
        assert_eq!(rulings(&text, &other, day, Role::Clerk), None);
        let head = head(&set, day, Role::Clerk);
        for wrong in [format!("{text}!"), text.replace(' ', ""), format!("{head}~"), head] {
            assert_eq!(rulings(&wrong, &set, day, Role::Clerk), None, "{wrong}");
        }
    }
}

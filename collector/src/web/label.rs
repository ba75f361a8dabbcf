//! Grades, outcomes, severities and roles in the reader's words, with the shapes that go with them.

use rules::assess::{Grade, Outcome, Role, Severity, Verdict};
use rules::ruleset::{Both, Judges, Rule, RuleSet};

use crate::app::Judge;
use crate::archive;
use crate::judge::WAIVED;
use crate::lang::Lang;
use crate::store::listing::Grades;
use crate::waivers;
use crate::web::format;
use crate::web::words::Words;

/// A word with its stable code, which names its shape and colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The code, such as `not_ready`.
    pub code: &'static str,
    /// The word, such as "Chưa sẵn sàng".
    pub text: &'static str,
}

/// A grade.
pub fn grade(w: &'static Words, grade: Grade) -> Label {
    let text = match grade {
        Grade::Ready => &w.grade_ready,
        Grade::NeedsWork => &w.grade_needs_work,
        Grade::NotReady => &w.grade_not_ready,
        Grade::NoData => &w.grade_no_data,
    };
    Label { code: grade.word(), text }
}

/// An outcome.
pub fn outcome(w: &'static Words, outcome: Outcome) -> Label {
    let text = match outcome {
        Outcome::Pass => &w.outcome_pass,
        Outcome::Partial => &w.outcome_partial,
        Outcome::Fail => &w.outcome_fail,
        Outcome::Unknown => &w.outcome_unknown,
        Outcome::NotApplicable => &w.outcome_not_applicable,
    };
    Label { code: outcome.word(), text }
}

/// What a verdict says: its outcome, unless an exception holds, or what is asked is only switched off.
pub fn verdict(w: &'static Words, verdict: &Verdict) -> Label {
    match verdict {
        Verdict { waived: true, .. } => waived(w),
        Verdict { switched_off: true, .. } => switched_off(w),
        Verdict { outcome: said, .. } => outcome(w, *said),
    }
}

/// What is asked is there, switched off: a setting mends it.
pub fn switched_off(w: &'static Words) -> Label {
    Label { code: "switched_off", text: &w.outcome_switched_off }
}

/// An exception that holds.
pub fn waived(w: &'static Words) -> Label {
    Label { code: WAIVED, text: &w.outcome_waived }
}

/// A severity.
pub fn severity(w: &'static Words, severity: Severity) -> Label {
    let text = match severity {
        Severity::Info => &w.severity_info,
        Severity::Minor => &w.severity_minor,
        Severity::Major => &w.severity_major,
        Severity::Critical => &w.severity_critical,
    };
    Label { code: severity.word(), text }
}

/// A role of a seat.
pub fn role(w: &'static Words, role: Role) -> &'static str {
    match role {
        Role::Counter => &w.role_counter,
        Role::Clerk => &w.role_clerk,
        Role::Leader => &w.role_leader,
        Role::Officer => &w.role_officer,
        Role::Server => &w.role_server,
    }
}

/// A role by its code; a code that this program does not know stands for itself.
pub fn role_of(w: &'static Words, code: &str) -> String {
    Role::parse(code).map_or_else(|| code.to_owned(), |known| role(w, known).to_owned())
}

/// The text of the reader's language.
pub fn pick(lang: Lang, both: &Both) -> &str {
    lang.pick(&both.vi, &both.en)
}

/// The rule of this id, in the set that judged if it is still there, else in the latest set that has one.
pub fn rule<'a>(judge: &'a Judge, set: Option<&str>, id: &str) -> Option<(&'a RuleSet, &'a Rule)> {
    let first = judge.sets.iter().filter(|one| Some(one.id.as_str()) == set);
    let mut others: Vec<&RuleSet> =
        judge.sets.iter().rev().filter(|one| Some(one.id.as_str()) != set).collect();
    others.sort_by_key(|one| (one.judges != Judges::Reports, std::cmp::Reverse(one.in_force.0)));
    first.chain(others).find_map(|set| set.rule(id).map(|rule| (set, rule)))
}

/// Who did something: the account's name, or what the program did it for.
pub fn actor<'a>(w: &'a Words, actor: &'a str) -> &'a str {
    match actor {
        archive::FOLDER => &w.actor_folder,
        waivers::BY_CALENDAR => &w.actor_calendar,
        name => name,
    }
}

/// Why something was done, in the words of who did it, or why the program did.
pub fn reason<'a>(w: &'a Words, reason: &'a str) -> &'a str {
    match reason {
        archive::LAID => &w.reason_laid,
        archive::TAKEN => &w.reason_taken,
        words => words,
    }
}

/// What a rule asks, in one phrase; its id when no set has it.
pub fn rule_title(lang: Lang, judge: &Judge, id: &str) -> String {
    rule(judge, None, id).map_or_else(|| id.to_owned(), |(_, rule)| pick(lang, &rule.title).to_owned())
}

/// What is wrong with who does not pass a rule, in one short phrase; its title in quotation marks where it does not say,
/// its id when no set has it.
pub fn rule_fails(lang: Lang, judge: &Judge, id: &str, role: Option<Role>) -> String {
    rule(judge, None, id).map_or_else(|| id.to_owned(), |(_, rule)| fails(lang, rule, role))
}

/// The same of a rule at hand. `role` is the role of the machine, where it is about one.
pub fn fails(lang: Lang, rule: &Rule, role: Option<Role>) -> String {
    let said = role.map_or(rule.fails.as_ref(), |role| rule.fails_for(role));
    said.map_or_else(|| quoted_title(lang, rule, role), |fails| pick(lang, fails).to_owned())
}

/// What a rule asks, in quotation marks.
fn quoted_title(lang: Lang, rule: &Rule, role: Option<Role>) -> String {
    let title = role.map_or(&rule.title, |role| rule.title_for(role));
    format!("“{}”", pick(lang, title))
}

/// Why a machine of this role has its grade, by the rule that decided it: what is wrong, or, where too little is known,
/// what would have to be known.
pub fn decided(lang: Lang, w: &'static Words, judge: &Judge, grade: Grade, id: &str, role: &str) -> String {
    let role = Role::parse(role);
    match (grade, rule(judge, None, id)) {
        (Grade::NoData, Some((_, rule))) => {
            format::fill(&w.why_unknown, &[("rule", &quoted_title(lang, rule, role))])
        }
        (Grade::Ready | Grade::NeedsWork | Grade::NotReady, Some((_, rule))) => fails(lang, rule, role),
        (_, None) => id.to_owned(),
    }
}

/// One stretch of a stacked bar that is 1000 wide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    /// The code that gives its colour.
    pub code: &'static str,
    /// Where it begins.
    pub x: i64,
    /// How wide it is.
    pub width: i64,
}

/// A stacked bar of these counts; what is counted at all is seen.
pub fn stacked(counts: &[(&'static str, i64)]) -> Vec<Stretch> {
    const LEAST: i64 = 6;
    let all: i64 = counts.iter().map(|(_, count)| count).sum();
    let shown = counts.iter().filter(|(_, count)| *count > 0);
    let spare = 1000 - LEAST * i64::try_from(shown.clone().count()).unwrap_or(0);
    let (mut x, mut counted) = (0, 0);
    let mut stretches = Vec::new();
    let mut smallest = 0;
    for (code, count) in shown {
        counted += count;
        smallest += LEAST;
        // Ends are rounded, not widths, so that the last stretch ends at the end.
        let end = spare * counted / all + smallest;
        stretches.push(Stretch { code, x, width: end - x });
        x = end;
    }
    stretches
}

/// What a rule says by two sets, in words; where it says the same, it weighs otherwise.
pub fn becomes(lang: Lang, w: &'static Words, from: Option<Outcome>, to: Option<Outcome>) -> String {
    let word = |said: Option<Outcome>| said.map_or(w.trial_not_in_set.as_str(), |said| outcome(w, said).text);
    match from == to {
        true => format!("{}, {}", word(to), lang.pick("tính điểm khác", "weighed otherwise")),
        false => format!("{} → {}", word(from), word(to)),
    }
}

/// A stacked bar of grades.
pub fn grades_bar(grades: &Grades) -> Vec<Stretch> {
    let counts: Vec<(&'static str, i64)> =
        rules::assess::Grade::ALL.iter().map(|grade| (grade.word(), grades.of(*grade))).collect();
    stacked(&counts)
}

/// Counts of grades in words, for who does not see the bar.
pub fn grades_text(lang: Lang, w: &'static Words, grades: &Grades) -> String {
    let parts: Vec<String> = Grade::ALL
        .iter()
        .map(|one| format!("{}: {}", grade(w, *one).text, format::number(lang, grades.of(*one))))
        .collect();
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_filled_to_its_end() {
        let check = |counts: &[(&'static str, i64)]| {
            let bar = stacked(counts);
            let mut x = 0;
            for stretch in &bar {
                assert_eq!(stretch.x, x, "no gaps");
                assert!(stretch.width >= 6, "{} is seen", stretch.code);
                x += stretch.width;
            }
            assert_eq!(x, 1000);
            assert_eq!(bar.len(), counts.iter().filter(|(_, count)| *count > 0).count());
        };
        check(&[("a", 1), ("b", 30_000)]);
        check(&[("a", 2), ("b", 0), ("c", 1), ("d", 4)]);
        assert_eq!(stacked(&[("a", 0)]), []);
    }
}

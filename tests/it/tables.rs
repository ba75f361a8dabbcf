//! The rule sets over every recorded PC, as tables that a person can read: a rule that turns on one PC shows here.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use expect_test::expect_file;
use jiff::civil::{Date, date};
use rules::assess::{Assessment, Grade, Outcome, Role, Verdict, assess};
use rules::lifecycle::Lifecycle;
use rules::ruleset::{Rule, RuleSet, shipped};
use tests::recordings::{self, Pc};

fn sign(verdict: &Verdict) -> &'static str {
    match verdict.outcome {
        Outcome::Pass => "+",
        Outcome::Partial if verdict.switched_off => "o",
        Outcome::Fail if verdict.switched_off => "O",
        Outcome::Partial => "~",
        Outcome::Fail => "X",
        Outcome::Unknown => "?",
        Outcome::NotApplicable => ".",
    }
}

fn grade(assessment: &Assessment) -> &'static str {
    match assessment.grade {
        Grade::Ready => "R",
        Grade::NeedsWork => "W",
        Grade::NotReady => "N",
        Grade::NoData => "?",
    }
}

/// A rule is asked of an officer's PC, or of the first role that it concerns.
fn asked_of(rule: &Rule) -> Role {
    if rule.roles.contains(&Role::Officer) { Role::Officer } else { rule.roles[0] }
}

fn table(set: &RuleSet, pcs: &[Pc], day: Date) -> String {
    let lifecycle = Lifecycle::shipped();
    let mut text = format!("{} on {day}, as shipped\n\n", set.id);
    text.push_str(
        "+ pass   ~ partial   X fail   o, O the same, but only switched off   ? unknown   . not applicable\n",
    );
    text.push_str("grade of an officer's PC: R ready   W needs work   N not ready   ? not enough data\n\n");
    for (index, pc) in pcs.iter().enumerate() {
        let origin = if pc.real { "real" } else { "made up" };
        writeln!(text, "{:>4} {} ({origin})", index + 1, pc.name).unwrap();
    }
    let head: String = (1..=pcs.len()).map(|number| format!("{number:>4}")).collect();
    writeln!(text, "\n{:<34}{head}", "").unwrap();
    let judged: BTreeMap<Role, Vec<Assessment>> = Role::ALL
        .iter()
        .map(|role| (*role, pcs.iter().map(|pc| assess(&pc.facts, set, &lifecycle, *role, day)).collect()))
        .collect();
    let mut row = |name: &str, cell: &dyn Fn(&Assessment) -> String, role: Role| {
        let cells: String = judged[&role].iter().map(|one| format!("{:>4}", cell(one))).collect();
        writeln!(text, "{name:<34}{cells}").unwrap();
    };
    row("grade", &|one| grade(one).to_owned(), Role::Officer);
    row("score", &|one| one.score.map_or("?".to_owned(), |score| score.to_string()), Role::Officer);
    row("coverage", &|one| one.coverage.to_string(), Role::Officer);
    for (index, rule) in set.rules.iter().enumerate() {
        let role = asked_of(rule);
        let name =
            if role == Role::Officer { rule.id.clone() } else { format!("{} ({})", rule.id, role.word()) };
        row(&name, &|one| sign(&one.verdicts[index]).to_owned(), role);
    }
    text
}

#[test]
fn every_set_over_every_recording() {
    let pcs = recordings::all();
    assert!(pcs.len() >= 14, "{} recordings", pcs.len());
    assert!(pcs.iter().filter(|pc| pc.real).count() >= 4, "those of real PCs");
    for set in shipped() {
        // A set is shown on a day on which it is in force.
        let day = if set.in_force.1.is_some() { date(2020, 12, 1) } else { date(2026, 11, 22) };
        expect_file![format!("tables/{}.txt", set.id)].assert_eq(&table(&set, &pcs, day));
    }
}

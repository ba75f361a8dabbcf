//! What differs between two texts of a set, and what does not.

use expect_test::{Expect, expect};

use super::Difference;
use crate::assess::tests::{SET, set};
use crate::ruleset::RuleSet;

/// What became of the set where one text stands for another.
fn check(from: &str, to: &str, expected: &Expect) {
    assert!(SET.contains(from), "{from}");
    let other = RuleSet::parse("test.toml", &SET.replacen(from, to, 1)).unwrap();
    let told = match Difference::between(&set(), &other) {
        None => "more than single rules".to_owned(),
        Some(difference) => {
            let before = set();
            let rules: Vec<&str> = difference.rules.iter().map(|at| before.rules[*at].id.as_str()).collect();
            let grades = if difference.grades_alike { "" } else { ", grades" };
            format!("rules {rules:?}, areas {:?}{grades}", difference.areas)
        }
    };
    expected.assert_eq(&told);
}

#[test]
fn words_differ_in_nothing() {
    let nothing = &expect![[r#"rules [], areas {}"#]];
    check(r#"en = "Memory""#, r#"en = "Main memory""#, nothing);
    check(r#"en = "Test""#, r#"en = "Another title""#, nothing);
    check(r#"source = { doc = "D" }"#, r#"source = { doc = "E", clause = "1" }"#, nothing);
}

#[test]
fn a_threshold_is_one_rule() {
    check(
        r#"at_least = "8 GiB""#,
        r#"at_least = "16 GiB""#,
        &expect![[r#"rules ["memory-size"], areas {"board", "memory"}"#]],
    );
    check(
        r#"equals = "warning""#,
        r#"one_of = ["warning"]"#,
        &expect![[r#"rules ["disk-health"], areas {"disk"}"#]],
    );
    check("at_least = 10", "at_least = 11", &expect![[r#"rules ["space"], areas {"disk"}"#]]);
    check(
        r#"severity = "minor""#,
        r#"severity = "major""#,
        &expect![[r#"rules ["disk-health"], areas {"disk"}"#]],
    );
}

#[test]
fn what_is_derived_needs_everything() {
    let other = SET.replacen("at_least = 0", "at_least = 30", 1);
    let difference = Difference::between(&set(), &RuleSet::parse("test.toml", &other).unwrap()).unwrap();
    assert!(difference.areas.contains("os") && difference.areas.contains("office"), "{difference:?}");
}

#[test]
fn thresholds_of_grades_ask_no_rule() {
    check("score = 85", "score = 99", &expect!["rules [], areas {}, grades"]);
}

#[test]
fn more_than_single_rules() {
    let more = &expect!["more than single rules"];
    check(r#"roles = ["counter"]"#, r#"roles = ["counter", "clerk"]"#, more);
    check(r#"id = "space""#, r#"id = "room""#, more);
}

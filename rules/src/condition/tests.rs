//! What each comparison says of what is known, absent and unknown.

use expect_test::{Expect, expect};
use jiff::civil::date;

use super::*;
use crate::ruleset::RuleSet;

/// Whether a condition holds of these facts on this day.
pub(crate) fn holds(condition: &str, facts: &Facts, day: Date) -> Truth {
    holds_unless_refused(condition, facts, day).unwrap_or_else(|| panic!("{condition} never holds"))
}

/// The codes of conditions that say the same of every PC.
const REFUSALS: &[&str] = &["always-holds", "never-holds"];

/// The same; none where the condition is refused because it can never hold.
pub(crate) fn holds_unless_refused(condition: &str, facts: &Facts, day: Date) -> Option<Truth> {
    let set = match RuleSet::parse("a.toml", &passing(condition)) {
        Ok(set) => set,
        Err(complaints) if complaints.iter().all(|one| REFUSALS.contains(&one.code)) => return None,
        Err(complaints) => panic!("{condition}: {complaints:?}"),
    };
    let scene = Scene::new(facts, &facts.support, day, set.defaults(), &set.scans);
    Some(set.rules[0].pass.holds(&scene.context()))
}

/// A rule set whose one rule passes so.
pub(crate) fn passing(condition: &str) -> String {
    format!(
        r#"[ruleset]
id = "a"
title = {{ vi = "Bộ", en = "Set" }}
in_force = {{ from = 2026-07-01 }}
[grades]
ready = {{ score = 85, coverage = 70 }}
needs_work = {{ score = 65 }}
[[group]]
id = "g"
title = {{ vi = "Nhóm", en = "Group" }}
[[rule]]
id = "r"
group = "g"
title = {{ vi = "Luật", en = "Rule" }}
severity = "major"
source = {{ doc = "D" }}
pass = {condition}
"#
    )
}

/// The truth of a condition about these facts, on 22 November 2026: `+` true, `-` false, `?` unknown.
fn truth(condition: &str, facts: &str) -> char {
    let facts: Facts = serde_json::from_str(facts).unwrap();
    match holds(&format!("{{ {condition} }}"), &facts, date(2026, 11, 22)) {
        Truth::True => '+',
        Truth::False => '-',
        Truth::Unknown => '?',
    }
}

/// Each condition about each answer of one fact.
fn check(fact: &str, answers: &[&str], comparisons: &[&str], expected: Expect) {
    let (area, term) = fact.split_once('.').unwrap();
    let mut told = String::new();
    for comparison in comparisons {
        let truths = answers.iter().map(|answer| {
            let facts = format!(r#"{{"{area}":{{"{term}":{answer}}}}}"#);
            truth(&format!("\"{fact}\" = {{ {comparison} }}"), &facts)
        });
        told.push_str(&format!("{} {comparison}\n", truths.collect::<String>()));
    }
    expected.assert_eq(&told);
}

#[test]
fn there_is_one_derived_area() {
    let derived: Vec<usize> = AREAS
        .iter()
        .enumerate()
        .filter(|(_, area)| area.origin == Origin::Derived)
        .map(|(index, _)| index)
        .collect();
    assert_eq!(derived, [SUPPORT_AREA]);
    assert_eq!(AREAS[SUPPORT_AREA].name, "support");
}

#[test]
fn numbers() {
    check(
        "cpu.cores",
        &["3", "4", "5", "null", r#"{"unknown":"denied"}"#],
        &[
            "equals = 4",
            "not_equals = 4",
            "one_of = [3, 5]",
            "none_of = [3, 5]",
            "at_least = 4",
            "at_most = 4",
            "more_than = 4",
            "less_than = 4",
            "at_least = 4, at_most = 4",
            "absent = true",
            "absent = false",
        ],
        expect![[r#"
            -+--? equals = 4
            +-++? not_equals = 4
            +-+-? one_of = [3, 5]
            -+-+? none_of = [3, 5]
            -++-? at_least = 4
            ++--? at_most = 4
            --+-? more_than = 4
            +---? less_than = 4
            -+--? at_least = 4, at_most = 4
            ---+? absent = true
            +++-? absent = false
        "#]],
    );
}

#[test]
fn texts_and_words() {
    check(
        "os.edition",
        &[r#""Professional""#, r#""Core""#, "null", r#"{"unknown":"denied"}"#],
        &[
            "equals = \"Core\"",
            "not_equals = \"Core\"",
            "contains = \"Pro\"",
            "matches = '(?i)^pro'",
            "one_of = [\"Core\", \"Home\"]",
        ],
        expect![[r#"
            -+-? equals = "Core"
            +-+? not_equals = "Core"
            +--? contains = "Pro"
            +--? matches = '(?i)^pro'
            -+-? one_of = ["Core", "Home"]
        "#]],
    );
    check(
        "os.architecture",
        &[r#""x86_64""#, r#""x86""#, "null"],
        &["equals = \"x86\"", "none_of = [\"x86\"]"],
        expect![[r#"
            -+- equals = "x86"
            +-+ none_of = ["x86"]
        "#]],
    );
}

#[test]
fn versions() {
    check(
        "os.version",
        &[r#""10.0.9200""#, r#""10.0.19045""#, r#""10.0.19045.0""#, r#""11""#, "null"],
        &[
            "equals = \"10.0.19045\"",
            "at_least = \"10.0.19045\"",
            "less_than = \"10.0.19045\"",
            "matches = '^10\\.'",
        ],
        expect![[r#"
            -++-- equals = "10.0.19045"
            -+++- at_least = "10.0.19045"
            +---- less_than = "10.0.19045"
            +++-- matches = '^10\.'
        "#]],
    );
}

#[test]
fn ages_count_whole_days_from_the_day_of_the_report() {
    check(
        "updates.installed_at",
        &[
            r#""2026-11-22T23:59:59Z""#,
            r#""2026-10-18T23:00:00Z""#,
            r#""2026-10-18T00:00:00Z""#,
            r#""2026-10-17T23:59:59Z""#,
            r#""2027-01-01T00:00:00Z""#,
            "null",
            r#"{"unknown":"denied"}"#,
        ],
        &["newer_than = \"35 days\"", "older_than = \"35 days\"", "newer_than = \"0 days\""],
        expect![[r#"
            +++-+-? newer_than = "35 days"
            ---+--? older_than = "35 days"
            +---+-? newer_than = "0 days"
        "#]],
    );
    check(
        "board.firmware_date",
        &[r#""2026-10-18""#, r#""2026-10-17""#],
        &["newer_than = \"35 days\""],
        expect![[r#"
        +- newer_than = "35 days"
    "#]],
    );
}

#[test]
fn lists_of_texts() {
    check(
        "software.sources",
        &[r#"["dpkg","rpm"]"#, "[]", "null", r#"{"unknown":"denied"}"#],
        &[
            "contains = \"rpm\"",
            "contains = \"rp\"",
            "matches = '^dp'",
            "count = { at_least = 1 }",
            "count = { equals = 0 }",
            "absent = true",
        ],
        expect![[r#"
            +--? contains = "rpm"
            ---? contains = "rp"
            +--? matches = '^dp'
            +--? count = { at_least = 1 }
            -++? count = { equals = 0 }
            --+? absent = true
        "#]],
    );
}

#[test]
fn lists_of_records() {
    let none = "[]";
    let good = r#"[{"free_percent":40},{"free_percent":50}]"#;
    let mixed = r#"[{"free_percent":40},{"free_percent":5}]"#;
    let bad = r#"[{"free_percent":5}]"#;
    let unsure = r#"[{"free_percent":40},{"free_percent":{"unknown":"denied"}}]"#;
    let dark = r#"{"unknown":"denied"}"#;
    check(
        "disk.volumes",
        &[none, good, mixed, bad, unsure, "null", dark],
        &[
            "every = { free_percent = { at_least = 10 } }",
            "some = { free_percent = { at_least = 10 } }",
            "none = { free_percent = { at_least = 10 } }",
            "count = { at_least = 1 }",
            "count = { where = { free_percent = { at_least = 10 } }, equals = 1 }",
            "count = { where = { free_percent = { at_least = 10 } }, at_least = 2 }",
            "count = { where = { free_percent = { at_least = 10 } }, at_most = 1 }",
            "count = { where = { free_percent = { at_least = 10 } }, more_than = 0, less_than = 3 }",
            "absent = false",
        ],
        expect![[r#"
            ++--?+? every = { free_percent = { at_least = 10 } }
            -++-+-? some = { free_percent = { at_least = 10 } }
            +--+-+? none = { free_percent = { at_least = 10 } }
            -++++-? count = { at_least = 1 }
            --+-?-? count = { where = { free_percent = { at_least = 10 } }, equals = 1 }
            -+--?-? count = { where = { free_percent = { at_least = 10 } }, at_least = 2 }
            +-++?+? count = { where = { free_percent = { at_least = 10 } }, at_most = 1 }
            -++-+-? count = { where = { free_percent = { at_least = 10 } }, more_than = 0, less_than = 3 }
            +++++-? absent = false
        "#]],
    );
}

#[test]
fn a_count_that_may_lie_between_is_unknown() {
    let volumes = r#"{"disk":{"volumes":[{},{},{}]}}"#;
    assert_eq!(
        truth(
            r#""disk.volumes" = { count = { where = { system = { equals = true } }, equals = 2 } }"#,
            volumes
        ),
        '?'
    );
    assert_eq!(
        truth(
            r#""disk.volumes" = { count = { where = { system = { equals = true } }, equals = 4 } }"#,
            volumes
        ),
        '-'
    );
}

#[test]
fn kleene_over_conditions() {
    let facts = r#"{"cpu":{"cores":4}}"#;
    let (yes, no, dark) = (
        r#"{ "cpu.cores" = { equals = 4 } }"#,
        r#"{ "cpu.cores" = { equals = 5 } }"#,
        r#"{ "os.build" = { equals = 1 } }"#,
    );
    let holds = |condition: String| truth(&condition, facts);
    assert_eq!(holds(format!("all = [{yes}, {dark}]")), '?');
    assert_eq!(holds(format!("all = [{dark}, {no}]")), '-');
    assert_eq!(holds(format!("any = [{dark}, {yes}]")), '+');
    assert_eq!(holds(format!("any = [{no}, {dark}]")), '?');
    assert_eq!(holds(format!("not = {dark}")), '?');
    assert_eq!(holds(format!("not = {yes}")), '-');
    assert_eq!(holds(r#""cpu.cores" = { equals = 4 }, "os.build" = { equals = 1 }"#.to_owned()), '?');
}

#[test]
fn a_dotted_name_within_a_record_is_a_fact_of_the_pc() {
    let facts = r#"{"cpu":{"cores":4},"disk":{"drives":[{"name":"a","kind":"ssd"}]}}"#;
    let some = |inner: &str| truth(&format!(r#""disk.drives" = {{ some = {{ {inner} }} }}"#), facts);
    assert_eq!(some(r#"kind = { equals = "ssd" }, "cpu.cores" = { equals = 4 }"#), '+');
    assert_eq!(some(r#"kind = { equals = "ssd" }, "cpu.cores" = { equals = 5 }"#), '-');
}

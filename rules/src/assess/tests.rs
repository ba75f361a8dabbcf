//! Verdicts, points, grades.

use expect_test::{Expect, expect};
use jiff::civil::date;

use super::*;

/// Rules with the whole of what a rule can say. Severities: critical, major with partial, minor over drives, info.
pub(crate) const SET: &str = r#"
[ruleset]
id = "test"
title = { vi = "Thử", en = "Test" }
in_force = { from = 2026-07-01 }
[grades]
ready = { score = 85, coverage = 70 }
needs_work = { score = 50 }
[[group]]
id = "g"
title = { vi = "Nhóm", en = "Group" }
[[rule]]
id = "os-supported"
group = "g"
title = { vi = "Còn hỗ trợ", en = "Supported" }
severity = "critical"
pass = { "support.days_left" = { at_least = 0 } }
source = { doc = "D" }
[[rule]]
id = "memory-size"
group = "g"
title = { vi = "RAM", en = "Memory" }
severity = "major"
when = { "board.virtual_machine" = { equals = false } }
pass = { "memory.installed" = { at_least = "8 GiB" } }
partial = { "memory.installed" = { at_least = "4 GiB" }, "memory.slots_free" = { at_least = 1 } }
source = { doc = "D" }
[[rule]]
id = "disk-health"
group = "g"
title = { vi = "Ổ đĩa", en = "Drives" }
severity = "minor"
each = "disk.drives"
when = { fixed = { equals = true } }
pass = { health = { equals = "ok" } }
partial = { health = { equals = "warning" } }
source = { doc = "D" }
[[rule]]
id = "space"
group = "g"
title = { vi = "Chỗ trống", en = "Space" }
severity = "major"
pass = { "disk.volumes" = { every = { free_percent = { at_least = 10 } } } }
source = { doc = "D" }
[[rule]]
id = "counter-only"
group = "g"
title = { vi = "Một cửa", en = "Counter" }
roles = ["counter"]
severity = "critical"
pass = { "cpu.cores" = { at_least = 4 } }
source = { doc = "D" }
[[rule]]
id = "note"
group = "g"
title = { vi = "Ghi chú", en = "Note" }
severity = "info"
pass = { "updates.installed_at" = { newer_than = "35 days" } }
source = { doc = "D" }
"#;

/// A PC that passes everything.
pub(crate) const GOOD: &str = r#"{
    "os": {"platform":"linux","id":"debian","version":"13"},
    "board": {"virtual_machine":false},
    "memory": {"installed":8589934592,"slots_free":0},
    "disk": {
        "drives": [{"name":"sda","fixed":true,"health":"ok"},{"name":"usb","fixed":false,"health":"failing"}],
        "volumes": [{"mount":"/","free_percent":40},{"mount":"/home","free_percent":12}]
    },
    "updates": {"installed_at":"2026-11-01T00:00:00Z"}
}"#;

const TABLE: &str = r#"
dated  = 2026-08-22
source = "a test"
[[product]]
name  = "Debian 13"
match = { platform = "linux", id = "debian", version = "13" }
ends  = 2028-08-09
[[product]]
name  = "Debian 10"
match = { platform = "linux", id = "debian", version = "10" }
ends  = 2022-09-10
"#;

pub(crate) fn set() -> RuleSet {
    RuleSet::parse("test.toml", SET).unwrap()
}

pub(crate) fn table() -> Lifecycle {
    Lifecycle::parse("lifecycle.toml", TABLE).unwrap()
}

fn judged(facts: &str) -> Assessment {
    let facts: Facts = serde_json::from_str(facts).unwrap();
    assess(&facts, &set(), &table(), Role::Officer, date(2026, 11, 22))
}

fn check(facts: &str, expected: Expect) {
    let assessment = judged(facts);
    let mut text = format!(
        "{} score {:?} coverage {} decided by {:?}\n",
        assessment.grade.word(),
        assessment.score,
        assessment.coverage,
        assessment.decided_by
    );
    for verdict in &assessment.verdicts {
        text.push_str(&format!("{} {}", verdict.rule, verdict.outcome.word()));
        for seen in &verdict.seen {
            let record = seen.record.as_ref().map(|record| format!("[{record}]")).unwrap_or_default();
            text.push_str(&format!(" {}{record}={}", seen.fact, seen.value));
        }
        text.push('\n');
    }
    expected.assert_eq(&text);
}

/// The good PC with other answers in some areas.
fn with(changes: &str) -> String {
    let mut facts: serde_json::Value = serde_json::from_str(GOOD).unwrap();
    let changes: serde_json::Value = serde_json::from_str(changes).unwrap();
    for (area, terms) in changes.as_object().unwrap() {
        for (term, value) in terms.as_object().unwrap() {
            facts[area][term] = value.clone();
        }
    }
    facts.to_string()
}

#[test]
fn a_good_pc_is_ready() {
    check(
        GOOD,
        expect![[r#"
        ready score Some(100) coverage 100 decided by None
        os-supported pass support.days_left=626
        memory-size pass memory.installed=8589934592
        disk-health pass disk.drives.health[sda]="ok"
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
}

#[test]
fn nothing_known_is_no_data_never_bad() {
    check(
        "{}",
        expect![[r#"
        no_data score None coverage 0 decided by Some("os-supported")
        os-supported unknown support.days_left={"unknown":"not_asked"}
        memory-size unknown board.virtual_machine={"unknown":"not_asked"}
        disk-health unknown disk.drives={"unknown":"not_asked"}
        space unknown disk.volumes={"unknown":"not_asked"}
        counter-only not_applicable
        note unknown updates.installed_at={"unknown":"not_asked"}
    "#]],
    );
}

#[test]
fn a_failed_critical_rule_decides_alone() {
    check(
        &with(r#"{"os":{"version":"10"}}"#),
        expect![[r#"
        not_ready score Some(54) coverage 100 decided by Some("os-supported")
        os-supported fail support.days_left=-1534
        memory-size pass memory.installed=8589934592
        disk-health pass disk.drives.health[sda]="ok"
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
    check(
        r#"{"os": {"platform":"linux","id":"debian","version":"10"}}"#,
        expect![[r#"
        not_ready score Some(0) coverage 45 decided by Some("os-supported")
        os-supported fail support.days_left=-1534
        memory-size unknown board.virtual_machine={"unknown":"not_asked"}
        disk-health unknown disk.drives={"unknown":"not_asked"}
        space unknown disk.volumes={"unknown":"not_asked"}
        counter-only not_applicable
        note unknown updates.installed_at={"unknown":"not_asked"}
    "#]],
    );
}

#[test]
fn partial_earns_half() {
    check(
        &with(r#"{"memory":{"installed":4294967296,"slots_free":2}}"#),
        expect![[r#"
        ready score Some(88) coverage 100 decided by None
        os-supported pass support.days_left=626
        memory-size partial memory.installed=4294967296 memory.slots_free=2
        disk-health pass disk.drives.health[sda]="ok"
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
}

#[test]
fn partial_that_is_unknown_is_unknown() {
    check(
        &with(r#"{"memory":{"installed":4294967296,"slots_free":{"unknown":"denied"}}}"#),
        expect![[r#"
        ready score Some(100) coverage 77 decided by None
        os-supported pass support.days_left=626
        memory-size unknown memory.installed=4294967296 memory.slots_free={"unknown":"denied"}
        disk-health pass disk.drives.health[sda]="ok"
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
}

#[test]
fn when_decides_whether_a_rule_applies() {
    check(
        &with(r#"{"board":{"virtual_machine":true}}"#),
        expect![[r#"
        ready score Some(100) coverage 100 decided by None
        os-supported pass support.days_left=626
        memory-size not_applicable board.virtual_machine=true
        disk-health pass disk.drives.health[sda]="ok"
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
    check(
        &with(r#"{"board":{"virtual_machine":{"unknown":"timed_out"}}}"#),
        expect![[r#"
        ready score Some(100) coverage 77 decided by None
        os-supported pass support.days_left=626
        memory-size unknown board.virtual_machine={"unknown":"timed_out"}
        disk-health pass disk.drives.health[sda]="ok"
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
}

#[test]
fn the_worst_record_of_a_list_decides() {
    let drives = |list: &str| with(&format!(r#"{{"disk":{{"drives":{list}}}}}"#));
    check(
        &drives(
            r#"[{"name":"a","fixed":true,"health":"ok"},{"name":"b","fixed":true,"health":"failing"},{"name":"c","fixed":true,"health":"warning"}]"#,
        ),
        expect![[r#"
            ready score Some(90) coverage 100 decided by None
            os-supported pass support.days_left=626
            memory-size pass memory.installed=8589934592
            disk-health fail disk.drives.health[b]="failing"
            space pass disk.volumes=2
            counter-only not_applicable
            note pass updates.installed_at="2026-11-01T00:00:00Z"
        "#]],
    );
    check(
        &drives(
            r#"[{"name":"a","fixed":true,"health":"warning"},{"name":"b","fixed":true,"health":{"unknown":"denied"}}]"#,
        ),
        expect![[r#"
            ready score Some(100) coverage 90 decided by None
            os-supported pass support.days_left=626
            memory-size pass memory.installed=8589934592
            disk-health unknown disk.drives.health[b]={"unknown":"denied"}
            space pass disk.volumes=2
            counter-only not_applicable
            note pass updates.installed_at="2026-11-01T00:00:00Z"
        "#]],
    );
    check(
        &drives(r#"[{"name":"usb","fixed":false}]"#),
        expect![[r#"
        ready score Some(100) coverage 100 decided by None
        os-supported pass support.days_left=626
        memory-size pass memory.installed=8589934592
        disk-health not_applicable disk.drives=1
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
    check(
        &drives("[]"),
        expect![[r#"
        ready score Some(100) coverage 100 decided by None
        os-supported pass support.days_left=626
        memory-size pass memory.installed=8589934592
        disk-health not_applicable disk.drives=0
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
    check(
        &drives("null"),
        expect![[r#"
        ready score Some(100) coverage 100 decided by None
        os-supported pass support.days_left=626
        memory-size pass memory.installed=8589934592
        disk-health not_applicable disk.drives=null
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
    check(
        &drives(r#"{"unknown":"denied"}"#),
        expect![[r#"
        ready score Some(100) coverage 90 decided by None
        os-supported pass support.days_left=626
        memory-size pass memory.installed=8589934592
        disk-health unknown disk.drives={"unknown":"denied"}
        space pass disk.volumes=2
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
}

#[test]
fn a_quantifier_shows_the_record_that_decided() {
    let volumes = |list: &str| with(&format!(r#"{{"disk":{{"volumes":{list}}}}}"#));
    check(
        &volumes(r#"[{"mount":"/","free_percent":40},{"mount":"/home","free_percent":3}]"#),
        expect![[r#"
        needs_work score Some(77) coverage 100 decided by Some("space")
        os-supported pass support.days_left=626
        memory-size pass memory.installed=8589934592
        disk-health pass disk.drives.health[sda]="ok"
        space fail disk.volumes.free_percent[/home]=3
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
    check(
        &volumes(r#"[{"mount":"/","free_percent":40},{"mount":"/home"}]"#),
        expect![[r#"
        ready score Some(100) coverage 77 decided by None
        os-supported pass support.days_left=626
        memory-size pass memory.installed=8589934592
        disk-health pass disk.drives.health[sda]="ok"
        space unknown disk.volumes.free_percent[/home]={"unknown":"not_asked"}
        counter-only not_applicable
        note pass updates.installed_at="2026-11-01T00:00:00Z"
    "#]],
    );
}

#[test]
fn the_grade_names_what_costs_most() {
    // Space and memory cost the same: the first in the order of the set.
    check(
        &with(r#"{"memory":{"installed":1},"disk":{"volumes":[{"mount":"/","free_percent":3}]}}"#),
        expect![[r#"
            needs_work score Some(54) coverage 100 decided by Some("memory-size")
            os-supported pass support.days_left=626
            memory-size fail memory.installed=1 memory.slots_free=0
            disk-health pass disk.drives.health[sda]="ok"
            space fail disk.volumes.free_percent[/]=3
            counter-only not_applicable
            note pass updates.installed_at="2026-11-01T00:00:00Z"
        "#]],
    );
}

#[test]
fn counts_and_what_to_mend_first() {
    let assessment = judged(&with(
        r#"{"memory":{"installed":4294967296,"slots_free":2},"disk":{"drives":[{"name":"a","fixed":true,"health":"failing"}],"volumes":[{"mount":"/","free_percent":3}]},"updates":{"installed_at":"2020-01-01T00:00:00Z"}}"#,
    ));
    let top: Vec<&str> = assessment.top_failures(9).iter().map(|verdict| verdict.rule.as_str()).collect();
    expect![[r#"Counts { pass: 1, partial: 1, fail: 3, unknown: 0, not_applicable: 1, waived: 0 } ["space", "memory-size", "disk-health", "note"]"#]].assert_eq(&format!("{:?} {top:?}", assessment.counts()));
    assert_eq!(assessment.top_failures(1).len(), 1);
}

#[test]
fn support_dates_that_are_given_are_kept() {
    let mut facts: Facts = serde_json::from_str(GOOD).unwrap();
    facts.support.days_left = Fact::Known(crate::quantity::Days(-1));
    let assessment = assess(&facts, &set(), &table(), Role::Officer, date(2026, 11, 22));
    assert_eq!(assessment.decided_by.as_deref(), Some("os-supported"));
}

#[test]
fn the_digest_changes_with_the_rules_and_with_the_table() {
    let (set, table) = (set(), table());
    let digest = judge_digest(&set, &table);
    assert_eq!(digest.len(), 64);
    let other = RuleSet::parse("test.toml", &SET.replace("8 GiB", "9 GiB")).unwrap();
    assert_ne!(judge_digest(&other, &table), digest);
    // Comments and tests judge nothing.
    let tested = format!("{SET}# more\n[[test]]\nname = \"a\"\nexpect = {{ note = \"unknown\" }}\n");
    assert_eq!(judge_digest(&RuleSet::parse("test.toml", &tested).unwrap(), &table), digest);
    assert_ne!(judge_digest(&set, &Lifecycle::shipped()), digest);
}

#[test]
fn an_assessment_survives_json() {
    let assessment = judged(GOOD);
    let json = serde_json::to_string(&assessment).unwrap();
    assert_eq!(serde_json::from_str::<Assessment>(&json).unwrap(), assessment);
}

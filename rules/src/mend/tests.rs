//! What the cheapest remedies are.

use expect_test::{Expect, expect};
use jiff::civil::date;

use super::*;

const SET: &str = r#"
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
id = "memory-size"
group = "g"
title = { vi = "RAM", en = "Memory" }
severity = "major"
pass = { "memory.installed" = { at_least = "8 GiB" } }
remedies = ["add-memory", "replace-pc"]
source = { doc = "D" }
[[rule]]
id = "system-disk"
group = "g"
title = { vi = "SSD", en = "SSD" }
severity = "major"
pass = { "disk.system_kind" = { equals = "ssd" } }
remedies = ["add-ssd", "replace-pc"]
source = { doc = "D" }
[[rule]]
id = "tpm"
group = "g"
title = { vi = "TPM", en = "TPM" }
severity = "major"
pass = { "board.tpm" = { equals = "on" }, "board.firmware_mode" = { equals = "uefi" } }
switched_off = { "board.tpm" = { equals = "off" } }
remedies = ["enable-tpm", "replace-pc"]
source = { doc = "D" }
[[rule]]
id = "uefi"
group = "g"
title = { vi = "UEFI", en = "UEFI" }
severity = "minor"
pass = { "board.firmware_mode" = { equals = "uefi" } }
remedies = ["switch-to-uefi"]
source = { doc = "D" }
[[rule]]
id = "no-remote"
group = "g"
title = { vi = "Điều khiển từ xa", en = "Remote control" }
severity = "critical"
pass = { "exposure.remote_tools" = { none = { running = { equals = true } } } }
remedies = ["stop-remote"]
source = { doc = "D" }
[remedy.add-memory]
title = { vi = "RAM", en = "Memory" }
needs = { "memory.slots_free" = { at_least = 1 } }
gives = { "memory.installed" = { add = "8 GiB" } }
item = "ram-8g"
[remedy.add-ssd]
title = { vi = "SSD", en = "SSD" }
gives = { "disk.system_kind" = "ssd" }
item = "ssd"
[remedy.enable-tpm]
title = { vi = "TPM", en = "TPM" }
needs = { "board.tpm" = { equals = "off" }, "board.firmware_mode" = { equals = "uefi" } }
gives = { "board.tpm" = "on" }
[remedy.switch-to-uefi]
title = { vi = "UEFI", en = "UEFI" }
needs = { "board.uefi_capable" = { equals = true } }
gives = { "board.firmware_mode" = "uefi" }
[remedy.stop-remote]
title = { vi = "Gỡ", en = "Remove" }
gives = { "exposure.remote_tools" = { where = { running = { equals = true } }, set = { running = false } } }
[remedy.replace-pc]
title = { vi = "Thay", en = "Replace" }
gives = { "memory.installed" = { at_least = "16 GiB" }, "disk.system_kind" = "ssd", "board.tpm" = "on", "board.firmware_mode" = "uefi" }
item = "pc"
"#;

const GOOD: &str = r#"{
    "board": {"tpm":"on","firmware_mode":"uefi","uefi_capable":true},
    "memory": {"installed":8589934592,"slots_free":1},
    "disk": {"system_kind":"ssd"},
    "exposure": {"remote_tools":[]}
}"#;

/// The good PC with these changes.
fn changed(changes: &str) -> Facts {
    let mut facts: serde_json::Value = serde_json::from_str(GOOD).unwrap();
    let changes: serde_json::Value = serde_json::from_str(changes).unwrap();
    for (area, answers) in changes.as_object().unwrap() {
        for (name, answer) in answers.as_object().unwrap() {
            facts[area][name] = answer.clone();
        }
    }
    serde_json::from_value(facts).unwrap()
}

fn patient<'a>(facts: &'a Facts, set: &'a RuleSet) -> Patient<'a> {
    let day = date(2026, 11, 22).into();
    Patient { facts, set, role: Role::Officer, day, settings: set.defaults() }
}

/// What would mend the good PC with these changes, where a module costs 9, a drive 10, a PC 15.
fn check(changes: &str, expected: Expect) {
    let facts = changed(changes);
    let set = RuleSet::parse("test.toml", SET).unwrap();
    let patient = patient(&facts, &set);
    let price = |item: &str| match item {
        "ram-8g" => Some(9),
        "ssd" => Some(10),
        "pc" => Some(15),
        _ => None,
    };
    let told = match mend(patient, &crate::assess::tests::table(), &price) {
        Mend::Ready => "ready".to_owned(),
        Mend::Cannot { grade, blocking } => format!("cannot: {} because of {blocking:?}", grade.word()),
        Mend::Remedies(found) => {
            let steps: Vec<&str> = found.steps.iter().map(|step| step.remedy.as_str()).collect();
            let (grade, score) = what_if(patient, &crate::assess::tests::table(), &steps);
            assert_eq!((grade, score), (Grade::Ready, found.score));
            format!("{} for {:?}, score {:?}", steps.join(" + "), found.cost, found.score)
        }
    };
    expected.assert_eq(&told);
}

#[test]
fn a_ready_pc_needs_nothing() {
    check("{}", expect!["ready"]);
}

#[test]
fn the_cheapest_remedies_are_found() {
    check(r#"{"memory":{"installed":4294967296}}"#, expect!["add-memory for Some(9), score Some(100)"]);
    check(r#"{"disk":{"system_kind":"hdd"}}"#, expect!["add-ssd for Some(10), score Some(100)"]);
    // A module and a drive together cost more than another PC.
    check(
        r#"{"memory":{"installed":4294967296},"disk":{"system_kind":"hdd"}}"#,
        expect!["replace-pc for Some(15), score Some(100)"],
    );
}

#[test]
fn a_remedy_that_cannot_be_done_is_not_offered() {
    check(
        r#"{"memory":{"installed":4294967296,"slots_free":0}}"#,
        expect!["replace-pc for Some(15), score Some(100)"],
    );
    check(
        r#"{"memory":{"installed":4294967296,"slots_free":{"unknown":"denied"}}}"#,
        expect!["replace-pc for Some(15), score Some(100)"],
    );
}

#[test]
fn one_remedy_opens_the_way_for_another() {
    check(
        r#"{"board":{"tpm":"off","firmware_mode":"bios"}}"#,
        expect!["switch-to-uefi + enable-tpm for Some(0), score Some(100)"],
    );
}

#[test]
fn what_is_switched_off_costs_nothing() {
    check(r#"{"board":{"tpm":"off"}}"#, expect!["enable-tpm for Some(0), score Some(100)"]);
    check(r#"{"board":{"tpm":"absent"}}"#, expect!["replace-pc for Some(15), score Some(100)"]);
}

#[test]
fn a_list_is_changed_where_it_must() {
    check(
        r#"{"exposure":{"remote_tools":[{"name":"a","running":false},{"name":"b","running":true}]}}"#,
        expect!["stop-remote for Some(0), score Some(100)"],
    );
}

#[test]
fn some_pcs_cannot_be_made_ready() {
    check(
        r#"{"exposure":{"remote_tools":{"unknown":"denied"}},"memory":{"installed":{"unknown":"denied"}}}"#,
        expect![[r#"cannot: no_data because of ["no-remote", "memory-size"]"#]],
    );
    check(
        r#"{"exposure":{"remote_tools":[{"name":"a"},{"name":"b","running":true}]}}"#,
        expect![[r#"cannot: not_ready because of ["no-remote"]"#]],
    );
}

#[test]
fn what_is_done_today_is_dated_today() {
    let text = SET.replace(
        "[remedy.add-memory]",
        r#"[[rule]]
id = "patched"
group = "g"
title = { vi = "Bản vá", en = "Patches" }
severity = "critical"
pass = { "updates.installed_at" = { newer_than = "35 days" }, "board.firmware_date" = { newer_than = "90 days" } }
remedies = ["patch"]
source = { doc = "D" }
[remedy.patch]
title = { vi = "Cài bản vá", en = "Patch" }
gives = { "updates.installed_at" = { today = true }, "board.firmware_date" = { today = true } }
[remedy.add-memory]"#,
    );
    let set = RuleSet::parse("test.toml", &text).unwrap();
    let facts: Facts = serde_json::from_str(
        r#"{"memory":{"installed":8589934592},"disk":{"system_kind":"ssd"},"exposure":{"remote_tools":[]},
            "board":{"tpm":"on","firmware_mode":"uefi","firmware_date":"2020-01-01"},
            "updates":{"installed_at":"2026-01-01T00:00:00Z"}}"#,
    )
    .unwrap();
    let patient = Patient {
        facts: &facts,
        set: &set,
        role: Role::Officer,
        day: date(2026, 11, 23).into(),
        settings: set.defaults(),
    };
    let Mend::Remedies(remedies) = mend(patient, &Lifecycle::shipped(), &|_| None) else { panic!() };
    assert_eq!(remedies.steps.iter().map(|step| step.remedy.as_str()).collect::<Vec<_>>(), ["patch"]);
    assert_eq!((remedies.cost, remedies.score), (Some(0), Some(100)));
}

#[test]
fn what_nobody_knows_afterwards_is_not_mended() {
    let text = SET.replace(
        "[remedy.add-memory]",
        r#"[[rule]]
id = "supported"
group = "g"
title = { vi = "Hỗ trợ", en = "Support" }
severity = "critical"
pass = { "updates.installed_at" = { newer_than = "35 days" }, "os.extended_updates" = { equals = true } }
remedies = ["patch", "replace-pc"]
source = { doc = "D" }
[remedy.patch]
title = { vi = "Cài bản vá", en = "Patch" }
gives = { "updates.installed_at" = { today = true } }
[remedy.add-memory]"#,
    );
    let text = text.replace(
        r#"gives = { "memory.installed" = { at_least = "16 GiB" }"#,
        r#"gives = { "updates.installed_at" = { today = true }, "os.extended_updates" = true, "memory.installed" = { at_least = "16 GiB" }"#,
    );
    let set = RuleSet::parse("test.toml", &text).unwrap();
    let mended = |extended_updates: &str| {
        let facts: Facts = serde_json::from_str(&format!(
            r#"{{"memory":{{"installed":8589934592}},"disk":{{"system_kind":"ssd"}},"exposure":{{"remote_tools":[]}},
                "board":{{"tpm":"on","firmware_mode":"uefi"}},"os":{{"extended_updates":{extended_updates}}},
                "updates":{{"installed_at":"2026-01-01T00:00:00Z"}}}}"#
        ))
        .unwrap();
        let (role, day, settings) = (Role::Officer, date(2026, 11, 23), set.defaults());
        let patient = Patient { facts: &facts, set: &set, role, day: day.into(), settings };
        let Mend::Remedies(remedies) = mend(patient, &Lifecycle::shipped(), &|_| Some(15)) else { panic!() };
        remedies.steps.into_iter().map(|step| step.remedy).collect::<Vec<_>>()
    };
    assert_eq!(mended("true"), ["patch"]);
    assert_eq!(mended(r#"{"unknown":"denied"}"#), ["replace-pc"], "patches alone leave it unknown");
}

/// What may help the good PC with these changes, rule by rule.
fn check_helpful(set: &str, changes: &str, expected: Expect) {
    let facts = changed(changes);
    let set = RuleSet::parse("test.toml", set).unwrap();
    let told: Vec<String> = helpful(patient(&facts, &set), &crate::assess::tests::table())
        .into_iter()
        .map(|(rule, remedies)| format!("{rule}: {}", remedies.join(", ")))
        .collect();
    expected.assert_eq(&told.join("\n"));
}

#[test]
fn who_lacks_something_else_is_not_told_to_add_memory() {
    const BOTH: &str = r#"pass = { "memory.installed" = { at_least = "8 GiB" } }"#;
    const ALL: &str = r#"pass = { all = [{ "memory.installed" = { at_least = "8 GiB" } }, { not = { "board.tpm" = { equals = "absent" } } }] }"#;
    let set = SET.replacen(BOTH, ALL, 1);
    check_helpful(
        &set,
        r#"{"memory":{"installed":4294967296}}"#,
        expect!["memory-size: add-memory, replace-pc"],
    );
    check_helpful(
        &set,
        r#"{"board":{"tpm":"absent"}}"#,
        expect![[r#"
        memory-size: replace-pc
        tpm: replace-pc"#]],
    );
    // Both are lacking: each helps a part of it.
    check_helpful(
        &set,
        r#"{"board":{"tpm":"absent"},"memory":{"installed":4294967296}}"#,
        expect![[r#"
        memory-size: add-memory, replace-pc
        tpm: replace-pc"#]],
    );
    // No slot is free; and where nobody knows, it may.
    let small = |slots: &str| format!(r#"{{"memory":{{"installed":4294967296,"slots_free":{slots}}}}}"#);
    check_helpful(SET, &small("0"), expect!["memory-size: replace-pc"]);
    check_helpful(SET, &small(r#"{"unknown":"denied"}"#), expect!["memory-size: add-memory, replace-pc"]);
}

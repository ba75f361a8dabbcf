//! What may be written in a rule set, and what is said of everything else.

use expect_test::{Expect, expect};

use super::*;
use crate::condition::words::Tongue;
use crate::lifecycle::Lifecycle;

mod language;
mod slips;

/// A whole rule set around these lines: a head, a group, and a remedy that a rule may name.
fn around(lines: &str) -> String {
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
{lines}"#
    )
}

/// A rule with these conditions, from line 11 of its file.
fn rule(conditions: &str) -> String {
    around(&format!(
        r#"[[rule]]
id = "r"
group = "g"
title = {{ vi = "Luật", en = "Rule" }}
severity = "major"
source = {{ doc = "D" }}
{conditions}
"#
    ))
}

fn told(text: &str) -> String {
    match RuleSet::parse("a.toml", text) {
        Ok(_) => "right\n".to_owned(),
        Err(complaints) => complaints
            .iter()
            .map(|complaint| {
                let (said, help) = complaint.told(Tongue::Vietnamese);
                assert_ne!(said, complaint.text, "it is said in Vietnamese too");
                assert_eq!(help.is_some(), complaint.suggestion.is_some());
                if let (Some(help), Some(suggestion)) = (&help, &complaint.suggestion) {
                    assert_ne!(help, suggestion, "it is said in Vietnamese too");
                }
                format!("{complaint}\n")
            })
            .collect(),
    }
}

/// What is said of a rule with these conditions.
fn check(conditions: &str, expected: Expect) {
    expected.assert_eq(&told(&rule(conditions)));
}

/// How the condition of a rule is described.
fn check_described(conditions: &str, expected: Expect) {
    let set = RuleSet::parse("a.toml", &rule(conditions)).unwrap();
    expected.assert_eq(&set.rules[0].describe());
}

#[test]
fn one_missing_bracket_is_told_once() {
    let shipped = include_str!("../../sets/vn-office-2026.toml");
    let broken = shipped.replacen("needs_work = { score = 65 }", "needs_work = { score = 65", 1);
    assert_ne!(broken, shipped);
    let complaints = RuleSet::parse("a.toml", &broken).unwrap_err();
    let (last, first) = complaints.split_last().unwrap();
    let told: String = first.iter().map(|complaint| format!("{complaint}\n")).collect();
    expect![[r#"
        a.toml:27:26: error[syntax]: the `{` of this line is not closed
          help: write the `}` that is missing
    "#]]
    .assert_eq(&told);
    // How many there are goes by the length of the set.
    assert_eq!((last.code, last.line), (complaint::MORE_WRONG, 30));
    // Two slips in two tables: the second is not told apart from what follows from the first.
    let twice = "[a]\nb = 1 1\nc = 2 2\nd = 3 3\ne = 4 4\n[f]\ng = 5 5\n";
    expect![[r#"
        a.toml:2:5: error[syntax]: string values must be quoted, expected literal string
        a.toml:3:5: error[syntax]: string values must be quoted, expected literal string
        a.toml:4:5: error[syntax]: string values must be quoted, expected literal string
        a.toml:5:5: error[more-wrong]: and 2 more that follow from it
          help: mend the first, then look again
    "#]]
    .assert_eq(&self::told(twice));
}

#[test]
fn shipped_sets_are_right() {
    let lifecycle = Lifecycle::shipped();
    let written = [
        include_str!("../../sets/vn-office-2026.toml"),
        include_str!("../../sets/vn-office-2020.toml"),
        include_str!("../../sets/windows-11.toml"),
        include_str!("../../sets/acceptance.toml"),
    ];
    assert_eq!(written.len(), SHIPPED.len());
    for ((file, judging), text) in SHIPPED.iter().zip(written) {
        let set = match RuleSet::parse(file, text) {
            Ok(set) => set,
            Err(complaints) => {
                let drawn: Vec<String> =
                    complaints.iter().map(|complaint| complaint.draw(text, Tongue::English)).collect();
                panic!("{}", drawn.join("\n"));
            }
        };
        assert_eq!(format!("{}.toml", set.id), *file, "a set is found by the name of its file");
        assert_eq!(set.warnings, [], "{file}: nothing stands out");
        assert!(!set.tests.is_empty(), "{file} carries tests");
        for result in set.run_tests(&lifecycle) {
            assert_eq!(result.wrong, [], "{file}: the test \"{}\"", result.name);
        }
        assert_eq!(set.untested(), [], "{file}: every rule shows every outcome");
        for rule in set.every_rule() {
            let fails =
                rule.fails.as_ref().unwrap_or_else(|| panic!("{file}: {} says who fails it", rule.id));
            let of_roles = rule.variants.iter().filter_map(|variant| variant.fails.as_ref());
            for said in std::iter::once(fails).chain(of_roles) {
                assert_ne!(said.vi, rule.title.vi, "{file}: {} says the opposite of its title", rule.id);
                for text in [&said.vi, &said.en] {
                    assert!(!text.ends_with('.'), "{file}: {}: “{text}” is a phrase", rule.id);
                }
            }
        }
        let without_tests = RuleSet::parse(file, judging).unwrap();
        assert_eq!(without_tests.digest, set.digest, "{file}: comments and tests judge nothing");
        assert!(without_tests.tests.is_empty());
    }
    assert_eq!(shipped().len(), SHIPPED.len());
}

#[test]
fn every_comparison_that_is_right() {
    check_described(
        r#"pass = { "memory.installed" = { at_least = "8 GiB" } }"#,
        expect!["memory.installed ≥ 8 GiB"],
    );
    check_described(
        r#"pass = { "memory.installed" = { more_than = "500 MB", less_than = "1.5 TiB" } }"#,
        expect!["memory.installed > 476.8 MiB and memory.installed < 1.5 TiB"],
    );
    check_described(r#"pass = { "cpu.speed" = { at_least = "2.4 GHz" } }"#, expect!["cpu.speed ≥ 2.4 GHz"]);
    check_described(
        r#"pass = { "cpu.cores" = { one_of = [2, 4] }, "cpu.threads" = { none_of = [1] } }"#,
        expect!["cpu.cores ∈ {2, 4} and cpu.threads ∉ {1}"],
    );
    check_described(
        r#"pass = { "os.version" = { at_least = "10.0.19045", matches = '^10\.' } }"#,
        expect![[r#"os.version ≥ 10.0.19045 and os.version ~ /^10\./"#]],
    );
    check_described(
        r#"pass = { "board.secure_boot" = { equals = true } }"#,
        expect!["board.secure_boot = true"],
    );
    check_described(
        r#"pass = { "os.architecture" = { one_of = ["x86_64", "arm64"] } }"#,
        expect!["os.architecture ∈ {x86_64, arm64}"],
    );
    check_described(
        r#"pass = { "os.edition" = { not_equals = "Core", contains = "Pro" } }"#,
        expect![[r#"os.edition ≠ "Core" and os.edition ∋ "Pro""#]],
    );
    check_described(
        r#"pass = { "board.tpm_version" = { absent = false } }"#,
        expect!["board.tpm_version present"],
    );
    check_described(
        r#"pass = { "updates.installed_at" = { newer_than = "35 days" } }"#,
        expect!["age(updates.installed_at) ≤ 35 days"],
    );
    check_described(
        r#"pass = { "board.firmware_date" = { older_than = "5 years", at_least = 2015-01-01 } }"#,
        expect!["age(board.firmware_date) > 1825 days and board.firmware_date ≥ 2015-01-01"],
    );
    check_described(
        r#"pass = { "updates.checked_at" = { at_least = 2026-01-01T07:00:00+07:00 } }"#,
        expect!["updates.checked_at ≥ 2026-01-01T00:00:00Z"],
    );
    check_described(
        r#"pass = { "support.days_left" = { more_than = "-180 days" } }"#,
        expect!["support.days_left > -180 days"],
    );
    check_described(
        r#"pass = { "clock.offset" = { at_most = "5 minutes" } }"#,
        expect!["clock.offset ≤ 5 minutes"],
    );
    check_described(
        r#"pass = { "software.sources" = { contains = "dpkg", count = { at_least = 1 } } }"#,
        expect![[r#"software.sources ∋ "dpkg" and count(software.sources) ≥ 1"#]],
    );
    check_described(
        r#"pass = { "disk.volumes" = { every = { free_percent = { at_least = 10 } } } }"#,
        expect!["disk.volumes: every (free_percent ≥ 10 %)"],
    );
    check_described(
        r#"pass = { "disk.drives" = { count = { where = { kind = { equals = "ssd" }, size = { at_least = "240 GB" } }, at_least = 1, at_most = 3 } } }"#,
        expect![
            "count(disk.drives where kind = ssd and size ≥ 223.5 GiB) ≥ 1 and count(disk.drives where kind = ssd and size ≥ 223.5 GiB) ≤ 3"
        ],
    );
    check_described(
        r#"pass = { any = [ { "board.secure_boot" = { equals = true } }, { all = [ { "cpu.cores" = { at_least = 4 } }, { not = { "os.build" = { less_than = 7601 } } } ] } ] }"#,
        expect!["board.secure_boot = true or (cpu.cores ≥ 4 and not (os.build < 7601))"],
    );
    check_described(
        "each = \"disk.drives\"\nwhen = { fixed = { equals = true }, \"board.virtual_machine\" = { equals = false } }\npass = { health = { equals = \"ok\" } }",
        expect!["disk.drives: each (health = ok)"],
    );
}

#[test]
fn names_that_are_wrong() {
    check(
        r#"pass = { "memory.instaled" = { at_least = "8 GiB" } }"#,
        expect![[r#"
        a.toml:17:10: error[unknown-fact]: there is no fact `memory.instaled`
          help: did you mean `memory.installed`?
    "#]],
    );
    check(
        r#"pass = { "memroy.installed" = { at_least = "8 GiB" } }"#,
        expect![[r#"
        a.toml:17:10: error[unknown-fact]: there is no fact `memroy.installed`
          help: did you mean `memory.installed`?
    "#]],
    );
    check(
        r#"pass = { "memory.colour" = { equals = "red" } }"#,
        expect![[r#"
            a.toml:17:10: error[unknown-fact]: there is no fact `memory.colour`
              help: `memory` has `installed`, `visible`, `slots`, `slots_free`, `maximum`, `swap`, `modules`
        "#]],
    );
    check(
        r#"pass = { "colour" = { equals = "red" } }"#,
        expect![[r#"
            a.toml:17:10: error[unknown-fact]: there is no fact `colour`
              help: a fact is `area.name`; the areas are `os`, `board`, `cpu`, `memory`, `disk`, `display`, `battery`, `network`, `reach`, `software`, `office`, `signing`, `peripherals`, `updates`, `antivirus`, `firewall`, `encryption`, `accounts`, `exposure`, `backup`, `clock`, `identity`, `support`, `unit`
        "#]],
    );
    check(
        r#"pass = { installed = { at_least = "8 GiB" } }"#,
        expect![[r#"
        a.toml:17:10: error[unknown-fact]: there is no fact `installed`
          help: did you mean `"memory.installed"`?
    "#]],
    );
    check(
        r#"pass = { memory.installed = { at_least = "8 GiB" } }"#,
        expect![[r#"
        a.toml:17:10: error[unknown-fact]: `memory` is an area, not a fact
          help: put the whole name in quotes: `"memory.installed" = { … }`
    "#]],
    );
    check(
        r#"pass = { "disk.drives.health" = { equals = "ok" } }"#,
        expect![[r#"
        a.toml:17:10: error[unknown-fact]: there is no fact `disk.drives.health`
          help: ask its records: `"disk.drives" = { every = { … } }`, or `each = "disk.drives"`
    "#]],
    );
    check(
        "each = \"disk.drives\"\npass = { helth = { equals = \"ok\" } }",
        expect![[r#"
        a.toml:18:10: error[unknown-fact]: a record of `disk.drives` has no field `helth`
          help: did you mean `health`?
    "#]],
    );
    check(
        "each = \"disk.drive\"\npass = { health = { equals = \"ok\" } }",
        expect![[r#"
        a.toml:17:8: error[unknown-fact]: there is no fact `disk.drive`
          help: did you mean `disk.drives`?
    "#]],
    );
    check(
        "each = \"memory.installed\"\npass = { health = { equals = \"ok\" } }",
        expect![[r#"
            a.toml:17:8: error[not-a-list-of-records]: `memory.installed` is not a list of records
              help: the lists are `memory.modules`, `disk.drives`, `disk.volumes`, `display.monitors`, `display.graphics`, `network.adapters`, `reach.services`, `software.packages`, `office.suites`, `office.browsers`, `signing.tokens`, `signing.certificates`, `peripherals.printers`, `peripherals.scanners`, `antivirus.products`, `firewall.profiles`, `encryption.volumes`, `accounts.users`, `exposure.listening`, `exposure.autostarts`, `exposure.remote_tools`, `identity.evidence`, `support.suites`, `support.browsers`
        "#]],
    );
    check(
        r#"pass = { "disk.volumes" = { every = { free_percnt = { at_least = 10 } } } }"#,
        expect![[r#"
        a.toml:17:39: error[unknown-fact]: a record of `disk.volumes` has no field `free_percnt`
          help: did you mean `free_percent`?
    "#]],
    );
    check(
        r#"pass = { "disk.volumes" = { some = { colour = { at_least = 10 } } } }"#,
        expect![[r#"
        a.toml:17:38: error[unknown-fact]: a record of `disk.volumes` has no field `colour`
          help: its fields are `mount`, `filesystem`, `size`, `free`, `free_percent`, `system`
    "#]],
    );
}

#[test]
fn comparisons_that_are_wrong() {
    check(
        r#"pass = { "memory.installed" = { atleast = "8 GiB" } }"#,
        expect![[r#"
        a.toml:17:33: error[unknown-comparison]: there is no comparison `atleast`
          help: did you mean `at_least`?
    "#]],
    );
    check(
        r#"pass = { "memory.installed" = { is = "8 GiB" } }"#,
        expect![[r#"
        a.toml:17:33: error[unknown-comparison]: there is no comparison `is`
          help: a size is compared with `equals`, `not_equals`, `one_of`, `none_of`, `at_least`, `at_most`, `more_than`, `less_than`, `absent`
    "#]],
    );
    check(
        r#"pass = { "board.secure_boot" = { at_least = 1 } }"#,
        expect![[r#"
        a.toml:17:34: error[comparison-not-for-kind]: `at_least` does not compare true or false, which `board.secure_boot` is
          help: for it there are `equals`, `not_equals`, `absent`
    "#]],
    );
    check(
        r#"pass = { "memory.installed" = { newer_than = "35 days" } }"#,
        expect![[r#"
        a.toml:17:33: error[comparison-not-for-kind]: `newer_than` does not compare a size, which `memory.installed` is
          help: for it there are `equals`, `not_equals`, `one_of`, `none_of`, `at_least`, `at_most`, `more_than`, `less_than`, `absent`
    "#]],
    );
    check(
        r#"pass = { "disk.drives" = { equals = "ok" } }"#,
        expect![[r#"
        a.toml:17:28: error[comparison-not-for-kind]: `equals` does not compare a list of records, which `disk.drives` is
          help: for it there are `every`, `some`, `none`, `count`, `absent`
    "#]],
    );
    check(
        r#"pass = { "memory.installed" = "8 GiB" }"#,
        expect![[r#"
        a.toml:17:31: error[wrong-type]: `memory.installed` must be a comparison, this is a text
          help: write `{ equals = … }`
    "#]],
    );
    check(
        r#"pass = { "memory.installed" = {} }"#,
        expect![[r#"
        a.toml:17:31: error[empty-condition]: nothing is asked of `memory.installed`
          help: a size is compared with `equals`, `not_equals`, `one_of`, `none_of`, `at_least`, `at_most`, `more_than`, `less_than`, `absent`
    "#]],
    );
    check(
        "pass = {}",
        expect![[r#"
        a.toml:17:8: error[empty-condition]: `pass` asks nothing, so it would always hold
          help: write `{ "memory.installed" = { at_least = "8 GiB" } }`
    "#]],
    );
    check(
        "pass = { any = [] }",
        expect![[r#"
        a.toml:17:16: error[empty-condition]: `any` is an empty list: it asks nothing
    "#]],
    );
    check(
        "pass = true",
        expect![[r#"
        a.toml:17:8: error[wrong-type]: `pass` must be a table { … }, this is true or false
    "#]],
    );
    check(
        r#"pass = { "software.sources" = { count = { where = { name = { equals = "a" } }, at_least = 1 } } }"#,
        expect![[r#"
        a.toml:17:43: error[comparison-not-for-kind]: `where` asks records, and `software.sources` is a list of texts
    "#]],
    );
    check(
        r#"pass = { "disk.drives" = { count = { atleast = 1 } } }"#,
        expect![[r#"
        a.toml:17:36: error[empty-condition]: `count` of `disk.drives` has no bound
          help: bounds are `equals`, `at_least`, `at_most`, `more_than`, `less_than`
        a.toml:17:38: error[unknown-key]: `count` has no key `atleast`
          help: did you mean `at_least`?
    "#]],
    );
}

#[test]
fn values_that_are_wrong() {
    check(
        r#"pass = { "memory.installed" = { at_least = "8 GiX" } }"#,
        expect![[r#"
        a.toml:17:44: error[bad-value]: `GiX` is no unit of size
          help: did you mean "8 GiB"? Units are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB
    "#]],
    );
    check(
        r#"pass = { "memory.installed" = { at_least = 8 } }"#,
        expect![[r#"
        a.toml:17:44: error[bad-value]: `at_least` must be a size, this is a whole number
          help: write it as "8 GiB"
    "#]],
    );
    check(
        r#"pass = { "cpu.cores" = { at_least = "4" } }"#,
        expect![[r#"
        a.toml:17:37: error[bad-value]: `at_least` must be a number, this is a text
          help: write it as 4
    "#]],
    );
    check(
        r#"pass = { "cpu.cores" = { at_least = 4.5 } }"#,
        expect![[r#"
        a.toml:17:37: error[bad-value]: `at_least` must be a number, this is a number with a fraction
          help: write it as 4
    "#]],
    );
    check(
        r#"pass = { "cpu.cores" = { at_least = 99999999999999999999 } }"#,
        expect![[r#"
            a.toml:17:37: error[bad-value]: `at_least` is too large a number
              help: write it as 4
        "#]],
    );
    check(
        r#"pass = { "disk.volumes" = { every = { free_percent = { at_least = 110 } } } }"#,
        expect![[r#"
        a.toml:17:67: error[bad-value]: 110 is no share
          help: a share is 0 to 100 %
    "#]],
    );
    check(
        r#"pass = { "board.firmware_date" = { at_least = "2015-01-01" } }"#,
        expect![[r#"
        a.toml:17:47: error[bad-value]: `at_least` must be a date, this is a text
          help: write it as 2026-07-01, without quotes
    "#]],
    );
    check(
        r#"pass = { "updates.checked_at" = { newer_than = "12 hours" } }"#,
        expect![[r#"
        a.toml:17:48: error[bad-value]: "12 hours" is not a whole number of days
          help: write it as "35 days"
    "#]],
    );
    check(
        r#"pass = { "os.version" = { at_least = 10.0 } }"#,
        expect![[r#"
            a.toml:17:38: error[bad-value]: `at_least` must be a version, this is a number with a fraction
              help: write it as "10.0"
        "#]],
    );
    check(
        r#"pass = { "board.secure_boot" = { equals = "yes" } }"#,
        expect![[r#"
        a.toml:17:43: error[bad-value]: `equals` must be true or false, this is a text
          help: write it as true
    "#]],
    );
    check(
        r#"pass = { "board.tpm" = { equals = "On" } }"#,
        expect![[r#"
        a.toml:17:35: error[unknown-word]: `equals` cannot be "On"
          help: did you mean "on"? it is one of "absent", "off", "on"
    "#]],
    );
    check(
        r#"pass = { "os.name" = { matches = "(Win" } }"#,
        expect![[r#"
            a.toml:17:34: error[bad-pattern]: "(Win" is not a regular expression: found open group without closing ')'
              help: a bracket that means itself stands behind a backslash: 'a\(b'
        "#]],
    );
    check(
        r#"pass = { "os.name" = { one_of = [1, "b"] } }"#,
        expect![[r#"
        a.toml:17:34: error[bad-value]: `one_of` must be a text, this is a whole number
          help: write it as a text in quotes
    "#]],
    );
    check(
        r#"pass = { "os.name" = { absent = "yes" } }"#,
        expect![[r#"
        a.toml:17:33: error[wrong-type]: `absent` must be true or false, this is a text
    "#]],
    );
}

#[test]
fn all_complaints_at_once_each_at_its_place() {
    let text = r#"[ruleset]
id = "a"
title = { vi = "", en = "Set" }
in_force = { from = 2026-07-01, to = 2026-06-30 }
colour = "red"
[grades]
ready = { score = 65, coverage = 170 }
needs_work = { scor = 65 }
[[group]]
id = "g"
title = { vi = "Nhóm", en = "Group" }
[[group]]
id = "g"
title = { vi = "Nhóm", en = "Group" }
[[group]]
id = "empty"
title = { vi = "Trống", en = "Empty" }
[[rule]]
id = "r"
group = "h"
title = { vi = "Luật", en = "  " }
roles = ["officer", "boss"]
severity = "majr"
pass = { "memory.installed" = { at_least = "8 GiB" } }
partial = { "memory.installed" = { at_least = "8192 MiB" } }
remedies = ["add-memori", "pray"]
source = { clause = "1" }
[[rule]]
id = "r"
group = "g"
severity = "info"
pas = { "cpu.cores" = { at_least = 4 } }
[remedy.add-memory]
title = { vi = "Lắp RAM", en = "Add memory" }
[remedy.replace-pc]
title = { vi = "Thay máy" }
[[test]]
name = "t"
facts = { "memory.instaled" = "4 GiB", "memory.visible" = "4 Gib", "disk.drives" = [ { helth = "ok", kind = "sdd" } ], "os.edition" = { unknown = "refused" }, "os.name" = { absent = false }, "os.build" = {} }
role = "ofificer"
expect = { "rr" = "pass", "r" = "passes" }
[[test]]
name = "t"
expect = {}
[extra]
"#;
    expect![[r#"
        a.toml:3:16: error[empty-text]: `vi` is empty
        a.toml:4:38: error[ends-before-start]: the last day, 2026-06-30, is before the first, 2026-07-01
        a.toml:5:1: error[unknown-key]: `ruleset` has no key `colour`
          help: its keys are `id`, `title`, `in_force`, `judges`, `extends`, `remove`
        a.toml:7:34: error[out-of-range]: `coverage` is 170
          help: it is 0 to 100
        a.toml:8:14: error[missing-key]: `needs_work` lacks `score`
        a.toml:8:16: error[unknown-key]: `needs_work` has no key `scor`
          help: did you mean `score`?
        a.toml:13:6: error[duplicate-id]: there is another group `g` before this one
        a.toml:16:6: error[empty-group]: no rule is in the group `empty`
        a.toml:20:9: error[unknown-group]: there is no group `h`
          help: did you mean `g`?
        a.toml:21:29: error[empty-text]: `en` is empty
        a.toml:22:21: error[unknown-word]: `roles` cannot be "boss"
          help: it is one of "counter", "clerk", "leader", "officer", "server"
        a.toml:23:12: error[unknown-word]: `severity` cannot be "majr"
          help: did you mean "major"? it is one of "critical", "major", "minor", "info"
        a.toml:25:1: error[partial-same-as-pass]: `partial` asks the same as `pass`
          help: ask for less, or leave `partial` out
        a.toml:26:13: error[unknown-remedy]: there is no remedy `add-memori`
          help: did you mean `add-memory`?
        a.toml:26:27: error[unknown-remedy]: there is no remedy `pray`
          help: there are `add-memory`, `replace-pc`
        a.toml:27:10: error[missing-key]: `source` lacks `doc`
        a.toml:28:1: error[missing-key]: `rule` lacks `title`
        a.toml:28:1: error[missing-key]: `rule` lacks `pass`
        a.toml:28:1: error[missing-key]: `rule` lacks `source`
        a.toml:29:6: error[duplicate-id]: there is another rule `r` before this one
        a.toml:32:1: error[unknown-key]: `rule` has no key `pas`
          help: did you mean `pass`?
        a.toml:33:9: error[unused-remedy]: no rule names the remedy `add-memory`
        a.toml:35:9: error[unused-remedy]: no rule names the remedy `replace-pc`
        a.toml:36:9: error[missing-key]: `title` lacks `en`
        a.toml:39:11: error[unknown-fact]: there is no fact `memory.instaled`
          help: did you mean `memory.installed`?
        a.toml:39:59: error[bad-value]: `Gib` is no unit of size
          help: did you mean "4 GiB"? Units are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB
        a.toml:39:88: error[unknown-fact]: a record of `disk.drives` has no field `helth`
          help: did you mean `health`?
        a.toml:39:109: error[unknown-word]: `kind` cannot be "sdd"
          help: did you mean "ssd"? it is one of "ssd", "hdd", "virtual"
        a.toml:39:147: error[unknown-word]: `unknown` cannot be "refused"
          help: it is one of "not_asked", "not_supported", "denied", "timed_out", "failed"
        a.toml:39:172: error[bad-value]: `os.name` has no answer
          help: write a value, `{ unknown = "denied" }` or `{ absent = true }`
        a.toml:39:205: error[bad-value]: `os.build` has no answer
          help: write a value, `{ unknown = "denied" }` or `{ absent = true }`
        a.toml:40:8: error[unknown-word]: `role` cannot be "ofificer"
          help: did you mean "officer"? it is one of "counter", "clerk", "leader", "officer", "server"
        a.toml:41:12: error[unknown-rule]: there is no rule `rr`
          help: did you mean `r`?
        a.toml:41:33: error[unknown-word]: `r` cannot be "passes"
          help: did you mean "pass"? it is one of "pass", "partial", "fail", "unknown", "not_applicable"
        a.toml:44:10: error[empty-condition]: the test expects nothing
        a.toml:45:2: error[unknown-key]: the file has no key `extra`
          help: its keys are `ruleset`, `parameters`, `grades`, `group`, `remedy`, `rule`, `test`
    "#]]
    .assert_eq(&told(text));
}

#[test]
fn an_empty_file_lacks_everything() {
    expect![[r#"
        a.toml:1:1: error[missing-key]: the file lacks `ruleset`
        a.toml:1:1: error[missing-key]: the file lacks `grades`
        a.toml:1:1: error[missing-key]: the file lacks `group`
        a.toml:1:1: error[missing-key]: the file lacks `rule`
    "#]]
    .assert_eq(&told(""));
}

#[test]
fn what_is_not_toml() {
    expect![[r#"
        a.toml:2:6: error[syntax]: string values must be quoted, expected literal string
        a.toml:3:10: error[syntax]: invalid basic string, expected `"`
        a.toml:4:8: error[more-wrong]: and 1 more that follows from it
          help: mend the first, then look again
    "#]]
    .assert_eq(&told("[ruleset]\nid = \nname = \"x\n[[rule]\na.b = 1\na = 2\n"));
    expect![[r#"
        a.toml:1:18: error[syntax]: unexpected key or value, expected newline, `#`
    "#]]
    .assert_eq(&told("title = 'Bộ nhớ' x\n"));
    expect![[r#"
        a.toml:2:1: error[syntax]: duplicate key
    "#]]
    .assert_eq(&told("a = 1\r\na = 2\r\n"));
}

#[test]
fn a_place_counts_characters() {
    let text = rule(
        "why = { vi = \"Bộ nhớ đủ\", en = \"x\", fr = \"y\" }\npass = { \"cpu.cores\" = { at_least = 4 } }",
    );
    expect![[r#"
        a.toml:17:37: error[unknown-key]: `why` has no key `fr`
          help: its keys are `vi`, `en`
    "#]]
    .assert_eq(&told(&text));
}

#[test]
fn a_rule_set_carries_its_own_tests() {
    let text = rule(
        r#"pass = { "memory.installed" = { at_least = "8 GiB" } }
partial = { "memory.installed" = { at_least = "4 GiB" } }
[[test]]
name = "half"
facts = { "memory.installed" = "4 GiB" }
expect = { r = "partial" }
[[test]]
name = "wrong on purpose"
facts = { "memory.installed" = { unknown = "denied" } }
expect = { r = "fail" }
"#,
    );
    let set = RuleSet::parse("a.toml", &text).unwrap();
    expect![[r#"
        [
            TestResult {
                name: "half",
                wrong: [],
            },
            TestResult {
                name: "wrong on purpose",
                wrong: [
                    Wrong {
                        rule: "r",
                        expected: Fail,
                        actual: Unknown,
                    },
                ],
            },
        ]
        [("r", Pass), ("r", Unknown)]
    "#]]
    .assert_eq(&format!("{:#?}\n{:?}\n", set.run_tests(&Lifecycle::shipped()), set.untested()));
}

#[test]
fn a_test_expects_partial_only_where_there_is_partial() {
    check(
        "pass = { \"cpu.cores\" = { at_least = 4 } }\n[[test]]\nname = \"t\"\nexpect = { r = \"partial\" }",
        expect![[r#"
            a.toml:20:16: error[bad-value]: the rule `r` has no `partial`
        "#]],
    );
}

#[test]
fn the_facts_of_a_test_are_those_of_a_report() {
    let text = rule(
        r#"pass = { "cpu.cores" = { at_least = 4 } }
[[test]]
name = "everything"
day = 2026-11-22
role = "clerk"
expect = { r = "unknown" }
[test.facts]
"board.secure_boot" = true
"board.tpm" = "off"
"board.tpm_version" = { absent = true }
"board.firmware_date" = 2019-03-01
"os.version" = "12.7"
"os.edition" = { unknown = "failed: no such key" }
"memory.installed" = "8 GiB"
"cpu.speed" = "2.4 GHz"
"cpu.features" = ["aes"]
"updates.checked_at" = 2026-11-20
"updates.installed_at" = 2026-11-20T07:00:00+07:00
"clock.offset" = "2 s"
"disk.volumes" = [ { mount = "/", free_percent = "12 %", size = "100 GB", system = { unknown = "denied" } } ]
"support.days_left" = "-12 days"
"#,
    );
    let set = RuleSet::parse("a.toml", &text).unwrap();
    let test = &set.tests[0];
    let areas = serde_json::to_value(test.facts.read()).unwrap();
    let asked: serde_json::Map<String, serde_json::Value> = areas
        .as_object()
        .unwrap()
        .clone()
        .into_iter()
        .filter(|(_, area)| area != &serde_json::json!({}))
        .collect();
    expect![[r#"
        2026-11-22 Clerk {"days_left":-12}
        {
          "board": {
            "firmware_date": "2019-03-01",
            "secure_boot": true,
            "tpm": "off",
            "tpm_version": null
          },
          "clock": {
            "offset": 2000
          },
          "cpu": {
            "features": [
              "aes"
            ],
            "speed": 2400
          },
          "disk": {
            "volumes": [
              {
                "free_percent": 12,
                "mount": "/",
                "size": 100000000000,
                "system": {
                  "unknown": "denied"
                }
              }
            ]
          },
          "memory": {
            "installed": 8589934592
          },
          "os": {
            "edition": {
              "unknown": "failed: no such key"
            },
            "version": "12.7"
          },
          "updates": {
            "checked_at": "2026-11-20T00:00:00Z",
            "installed_at": "2026-11-20T00:00:00Z"
          }
        }
    "#]]
    .assert_eq(&format!(
        "{} {:?} {}\n{:#}\n",
        test.day,
        test.role,
        serde_json::to_string(&test.facts.read().support).unwrap(),
        serde_json::Value::Object(asked)
    ));
}

#[test]
fn a_file_that_is_too_large_or_too_deep() {
    let large = "#".repeat(crate::limits::RULESET_BYTES_MAX + 1);
    expect![[r#"
        a.toml:1:1: error[too-large]: the file has 1048577 bytes, the most is 1048576
    "#]]
    .assert_eq(&told(&large));
    let not = |depth: usize| {
        rule(&format!(
            "pass = {}{{ \"cpu.cores\" = {{ at_least = 4 }} }}{}",
            "{ not = ".repeat(depth),
            " }".repeat(depth)
        ))
    };
    assert_eq!(told(&not(30)), "right\n");
    assert!(told(&not(40)).contains("[too-deep]"), "{}", told(&not(40)));
    assert!(told(&not(100_000)).contains("[too-deep]"));
}

#[test]
fn hostile_nesting_does_not_end_the_program() {
    let dotted = vec!["a"; 79].join(".");
    let open = format!("{{ {dotted} = ");
    for text in [
        format!("x = {}1{}", open.repeat(75), " }".repeat(75)),
        format!("x = {}", "[".repeat(500_000)),
        format!("x = {}", "{a=".repeat(300_000)),
        format!("{} = 1", "a.".repeat(500_000)),
        format!("[{}]", vec!["a"; 400_000].join(".")),
        "[[a.b]]\n".repeat(100_000),
        "[a]\n".repeat(200_000),
        "]}".repeat(500_000),
    ] {
        assert!(RuleSet::parse("a.toml", &text).is_err());
    }
}

#[test]
fn the_set_in_force_is_the_latest_that_has_begun() {
    let set = |id: &str, in_force: &str| {
        let text = rule("pass = { \"cpu.cores\" = { at_least = 4 } }")
            .replace("id = \"a\"", &format!("id = \"{id}\""))
            .replace("{ from = 2026-07-01 }", in_force);
        RuleSet::parse("a.toml", &text).unwrap()
    };
    let sets = [set("old", "{ from = 2025-01-01, to = 2026-12-31 }"), set("new", "{ from = 2026-07-01 }")];
    let on =
        |year, month, day| in_force(&sets, jiff::civil::date(year, month, day)).map(|set| set.id.as_str());
    assert_eq!(on(2024, 12, 31), None);
    assert_eq!(on(2025, 1, 1), Some("old"));
    assert_eq!(on(2026, 6, 30), Some("old"));
    assert_eq!(on(2026, 7, 1), Some("new"));
}

//! Parameters, roles with thresholds of their own, stages, sets that build on others, and what remedies give.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use jiff::civil::date;
use serde_json::json;

use super::super::*;
use super::{around, rule, told};
use crate::assess::{When, assess, assess_in, assess_lean};
use crate::condition::words::Tongue;
use crate::lifecycle::Lifecycle;

fn judged(set: &RuleSet, facts: &str, role: Role, day: Date, settings: &Settings) -> Vec<Outcome> {
    let facts: Facts = serde_json::from_str(facts).unwrap();
    let assessment = assess_in(&facts, set, &Lifecycle::shipped(), role, day, settings);
    assessment.verdicts.iter().map(|verdict| verdict.outcome).collect()
}

const TODAY: Date = date(2026, 11, 22);
const EIGHT: &str = r#"{"memory":{"installed":8589934592}}"#;

const PARAMETERS: &str = r#"
[parameters.memory]
type = "size"
title = { vi = "RAM", en = "Memory" }
default = "8 GiB"
[parameters.resolvers]
type = "texts"
title = { vi = "DNS", en = "Resolvers" }
[parameters.age]
type = "days"
title = { vi = "Tuổi", en = "Age" }
default = 35
[[rule]]
id = "memory"
group = "g"
title = { vi = "RAM", en = "Memory" }
severity = "major"
pass = { "memory.installed" = { at_least = { parameter = "memory" } } }
source = { doc = "D" }
[[rule]]
id = "resolvers"
group = "g"
title = { vi = "DNS", en = "Resolvers" }
severity = "minor"
when = { "parameter.resolvers" = { absent = false } }
pass = { "network.resolvers" = { only = { parameter = "resolvers" } } }
source = { doc = "D" }
[[rule]]
id = "patched"
group = "g"
title = { vi = "Vá", en = "Patched" }
severity = "minor"
pass = { "updates.installed_at" = { newer_than = { parameter = "age" } } }
source = { doc = "D" }
"#;

#[test]
fn a_unit_sets_parameters() {
    let set = RuleSet::parse("a.toml", &around(PARAMETERS)).unwrap();
    let facts = r#"{"memory":{"installed":8589934592},"network":{"resolvers":["10.0.0.1","8.8.8.8"]},
        "updates":{"installed_at":"2026-11-01T00:00:00Z"}}"#;
    let outcomes = |values: serde_json::Value| {
        let values: BTreeMap<String, serde_json::Value> = serde_json::from_value(values).unwrap();
        let settings = set.settings(&values).unwrap();
        judged(&set, facts, Role::Officer, TODAY, &settings)
    };
    use Outcome::{Fail, NotApplicable, Pass};
    assert_eq!(outcomes(json!({})), [Pass, NotApplicable, Pass]);
    assert_eq!(outcomes(json!({ "memory": "16 GiB", "age": 20 })), [Fail, NotApplicable, Fail]);
    assert_eq!(outcomes(json!({ "resolvers": ["10.0.0.1"] })), [Pass, Fail, Pass]);
    assert_eq!(outcomes(json!({ "resolvers": ["10.0.0.1", "8.8.8.8"] })), [Pass, Pass, Pass]);
    let described: Vec<String> = set.rules.iter().map(Rule::describe).collect();
    expect![[r#"
        memory.installed ≥ 8 GiB
        network.resolvers ⊆ {‹resolvers›}
        age(updates.installed_at) ≤ 35 days"#]]
    .assert_eq(&described.join("\n"));
}

#[test]
fn what_a_unit_set_shows_in_the_digest() {
    let set = RuleSet::parse("a.toml", &around(PARAMETERS)).unwrap();
    let table = Lifecycle::shipped();
    let facts = Facts::default();
    let digest = |values: serde_json::Value| {
        let values: BTreeMap<String, serde_json::Value> = serde_json::from_value(values).unwrap();
        let settings = set.settings(&values).unwrap();
        assess_in(&facts, &set, &table, Role::Officer, TODAY, &settings).digest
    };
    let default = assess(&facts, &set, &table, Role::Officer, TODAY).digest;
    assert_eq!(digest(json!({})), default);
    assert_eq!(digest(json!({ "memory": "8 GiB" })), default, "the default again is no change");
    assert_ne!(digest(json!({ "memory": "16 GiB" })), default);
}

#[test]
fn what_a_unit_cannot_set() {
    let set = RuleSet::parse("a.toml", &around(PARAMETERS)).unwrap();
    let values = BTreeMap::from([
        ("memory".to_owned(), json!("8 Gib")),
        ("resolvers".to_owned(), json!("10.0.0.1")),
        ("colour".to_owned(), json!(1)),
    ]);
    expect![[r#"
        the rule set a has no parameter `colour`
        parameter `memory`: `Gib` is no unit of size; did you mean "8 GiB"? Units are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB
        parameter `resolvers`: "10.0.0.1" is of another kind; write it as ["a", "b"]"#]]
    .assert_eq(&set.settings(&values).unwrap_err().join("\n"));
}

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&told(text));
}

#[test]
fn parameters_that_are_wrong() {
    check(
        &around(
            r#"[parameters.memory]
type = "sizes"
[parameters.unused]
type = "size"
title = { vi = "A", en = "A" }
default = 8
[parameters.cores]
type = "number"
title = { vi = "A", en = "A" }
[[rule]]
id = "r"
group = "g"
title = { vi = "Luật", en = "Rule" }
severity = "major"
source = { doc = "D" }
pass = { "memory.installed" = { at_least = { parameter = "memori" } }, "cpu.speed" = { at_least = { parameter = "cores" } }, "parameter.cors" = { absent = false } }
[[test]]
name = "a"
parameters = { core = 4, cores = "many" }
expect = { r = "pass" }
"#,
        ),
        expect![[r#"
            a.toml:11:1: error[missing-key]: `memory` lacks `title`
            a.toml:12:8: error[unknown-word]: `type` cannot be "sizes"
              help: did you mean "size"? it is one of "flag", "number", "size", "frequency", "share", "days", "span", "date", "version", "text", "texts"
            a.toml:13:13: error[unused-parameter]: no rule names the parameter `unused`
            a.toml:16:11: error[bad-value]: `default` must be a size, this is a whole number
              help: write it as "8 GiB"
            a.toml:26:58: error[unknown-parameter]: there is no parameter `memori`
              help: there are `unused`, `cores`
            a.toml:26:113: error[parameter-kind]: the parameter `cores` is a number, here is a frequency
            a.toml:26:126: error[unknown-parameter]: there is no parameter `cors`
              help: did you mean `cores`?
            a.toml:29:16: error[unknown-parameter]: there is no parameter `core`
              help: did you mean `cores`?
            a.toml:29:34: error[bad-value]: `cores` must be a number, this is a text
              help: write it as 4
        "#]],
    );
}

const ROLES: &str = r#"
[[rule]]
id = "memory"
group = "g"
title = { vi = "RAM", en = "Memory" }
severity = "major"
pass = { "memory.installed" = { at_least = "8 GiB" } }
source = { doc = "D" }
[[rule.for]]
roles = ["server"]
severity = "critical"
pass = { "memory.installed" = { at_least = "16 GiB" } }
[[rule.for]]
roles = ["leader", "officer"]
partial = { "memory.installed" = { at_least = "4 GiB" } }
"#;

#[test]
fn a_role_has_thresholds_of_its_own() {
    let set = RuleSet::parse("a.toml", &around(ROLES)).unwrap();
    let on = |role, facts| judged(&set, facts, role, TODAY, set.defaults());
    let four = r#"{"memory":{"installed":4294967296}}"#;
    assert_eq!(on(Role::Server, EIGHT), [Outcome::Fail]);
    assert_eq!(on(Role::Officer, EIGHT), [Outcome::Pass]);
    assert_eq!(on(Role::Officer, four), [Outcome::Partial]);
    assert_eq!(on(Role::Clerk, four), [Outcome::Fail]);
    let rule = &set.rules[0];
    assert_eq!(rule.severity_on(Role::Server, TODAY), Severity::Critical);
    assert_eq!(rule.severity_on(Role::Officer, TODAY), Severity::Major);
    assert_eq!(rule.describe_for(Role::Server), "memory.installed ≥ 16 GiB");
}

const DISPLAY: &str = r#"
[[rule]]
id = "display"
group = "g"
title = { vi = "Màn hình đủ rộng", en = "A wide display" }
fails = { vi = "Màn hình hẹp", en = "Screen too narrow" }
why = { vi = "Để đọc", en = "To read" }
severity = "minor"
pass = { "display.width" = { at_least = 1920 } }
source = { doc = { vi = "Quyết định 1", en = "Decision 1" }, clause = { vi = "Điều 2", en = "Article 2" } }
[[rule.for]]
roles = ["leader"]
title = { vi = "Màn hình từ 1366", en = "A display of 1366" }
fails = { vi = "Màn hình dưới 1366", en = "Screen below 1366" }
why = { vi = "Để duyệt", en = "To approve" }
pass = { "display.width" = { at_least = 1366 } }
"#;

#[test]
fn a_role_is_told_what_is_asked_of_it() {
    let set = RuleSet::parse("a.toml", &around(DISPLAY)).unwrap();
    let rule = &set.rules[0];
    let told = |role| {
        let [title, fails, why] =
            [Some(rule.title_for(role)), rule.fails_for(role), rule.why_for(role)].map(Option::unwrap);
        format!("{} | {} | {}", title.vi, fails.en, why.vi)
    };
    assert_eq!(told(Role::Officer), "Màn hình đủ rộng | Screen too narrow | Để đọc");
    assert_eq!(told(Role::Leader), "Màn hình từ 1366 | Screen below 1366 | Để duyệt");
    assert_eq!(
        (rule.source.doc.as_str(), rule.source.doc_en.as_deref()),
        ("Quyết định 1", Some("Decision 1"))
    );
    assert_eq!(rule.source.clause_en.as_deref(), Some("Article 2"));
    let plain = RuleSet::parse("a.toml", &around(ROLES)).unwrap();
    assert_eq!(plain.rules[0].fails_for(Role::Server), None, "it is optional");
}

#[test]
fn what_is_said_of_who_fails_is_short() {
    check(
        &around(&DISPLAY.replace("Màn hình hẹp", "Màn hình hẹp quá, không đủ chỗ để đọc văn bản và hồ sơ")),
        expect![[r#"
            a.toml:16:9: error[too-long]: "Màn hình hẹp quá, không đủ chỗ để đọc văn bản và hồ sơ" has 54 characters, the most is 48
              help: name the thing first, then what is wrong with it
        "#]],
    );
    check(
        &around(&DISPLAY.replace(", en = \"Screen below 1366\"", "")),
        expect![[r#"
            a.toml:24:9: error[missing-key]: `fails` lacks `en`
        "#]],
    );
}

#[test]
fn roles_that_are_wrong() {
    let rule = ROLES.replace("severity = \"major\"", "severity = \"major\"\nroles = [\"server\", \"clerk\"]");
    check(
        &around(
            &rule
                .replace("4 GiB", "8 GiB")
                .replace("pass = { \"memory.installed\" = { at_least = \"16 GiB\" } }", "pas = 1"),
        ),
        expect![[r#"
        a.toml:23:1: error[unknown-key]: `for` has no key `pas`
          help: did you mean `pass`?
        a.toml:24:1: error[unknown-word]: the rule does not concern the role "leader"
          help: add it to `roles` of the rule
        a.toml:26:1: error[partial-same-as-pass]: `partial` asks the same as `pass`
          help: ask for less, or leave `partial` out
    "#]],
    );
}

#[test]
fn severity_rises_by_stages() {
    let text = rule("pass = { \"cpu.cores\" = { at_least = 4 } }").replace(
        "severity = \"major\"",
        r#"severity = [{ until = 2026-12-31, level = "minor" }, { until = 2027-06-30, level = "major" }, { level = "critical" }]"#,
    );
    let set = RuleSet::parse("a.toml", &text).unwrap();
    let on = |year, month, day| set.rules[0].severity_on(Role::Officer, date(year, month, day)).word();
    assert_eq!(on(2026, 11, 22), "minor");
    assert_eq!(on(2026, 12, 31), "minor");
    assert_eq!(on(2027, 1, 1), "major");
    assert_eq!(on(2027, 7, 1), "critical");
    assert_eq!(set.rules[0].severity, Severity::Critical);
}

#[test]
fn stages_that_are_wrong() {
    let stages = |stages: &str| {
        rule("pass = { \"cpu.cores\" = { at_least = 4 } }")
            .replace("severity = \"major\"", &format!("severity = {stages}"))
    };
    check(
        &stages("[]"),
        expect![[r#"
        a.toml:15:12: error[empty-condition]: `severity` is an empty list
    "#]],
    );
    check(
        &stages(
            r#"[{ until = 2027-01-01, level = "minor" }, { until = 2026-01-01, level = "major" }, { level = "critical" }]"#,
        ),
        expect![[r#"
            a.toml:15:64: error[out-of-order]: 2026-01-01 is not after the stage before
        "#]],
    );
    check(
        &stages(r#"[{ level = "minor" }, { until = 2027-01-01, level = "majr" }]"#),
        expect![[r#"
        a.toml:15:13: error[out-of-order]: a stage before the last needs `until`, its last day
        a.toml:15:36: error[out-of-order]: the last stage has no `until`: it stays
        a.toml:15:64: error[unknown-word]: `level` cannot be "majr"
          help: did you mean "major"? it is one of "critical", "major", "minor", "info"
    "#]],
    );
}

#[test]
fn a_set_builds_on_another() {
    let parent = RuleSet::parse(
        "a.toml",
        &around(&format!("{PARAMETERS}{}", ROLES.replace("\"memory\"", "\"roles\""))),
    )
    .unwrap();
    let text = r#"
[ruleset]
id = "b"
title = { vi = "Tỉnh", en = "Province" }
in_force = { from = 2026-08-01 }
extends = "a"
remove = ["roles"]
[parameters.memory]
default = "16 GiB"
[[group]]
id = "h"
title = { vi = "Thêm", en = "More" }
[[rule]]
id = "patched"
group = "g"
title = { vi = "Vá", en = "Patched" }
severity = "critical"
pass = { "updates.installed_at" = { newer_than = "7 days" } }
source = { doc = "E" }
[[rule]]
id = "cores"
group = "h"
title = { vi = "Nhân", en = "Cores" }
severity = "major"
pass = { "cpu.cores" = { at_least = 4 } }
source = { doc = "E" }
"#;
    let set = RuleSet::parse_among("b.toml", text, std::slice::from_ref(&parent)).unwrap();
    let rules: Vec<String> =
        set.rules.iter().map(|rule| format!("{}: {}", rule.id, rule.describe())).collect();
    expect![[r#"
        memory: memory.installed ≥ 8 GiB
        resolvers: network.resolvers ⊆ {‹resolvers›}
        patched: age(updates.installed_at) ≤ 7 days
        cores: cpu.cores ≥ 4"#]]
    .assert_eq(&rules.join("\n"));
    assert_eq!(judged(&set, EIGHT, Role::Officer, TODAY, set.defaults())[0], Outcome::Fail);
    assert_ne!(set.digest, parent.digest);
    let groups: Vec<&str> = set.groups.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(groups, ["g", "h"]);

    // In any order, all at once.
    let files = [
        ("b.toml".to_owned(), text.to_owned()),
        ("a.toml".to_owned(), around(&format!("{PARAMETERS}{}", ROLES.replace("\"memory\"", "\"roles\"")))),
    ];
    let ids: Vec<String> = parse_all(&files).unwrap().into_iter().map(|set| set.id).collect();
    assert_eq!(ids, ["a", "b"]);
}

#[test]
fn sets_that_build_on_nothing() {
    let head = |lines: &str| {
        format!(
            "[ruleset]\nid = \"b\"\ntitle = {{ vi = \"B\", en = \"B\" }}\nin_force = {{ from = 2026-08-01 }}\n{lines}\n"
        )
    };
    check(
        &head("extends = \"vn-ofice-2026\""),
        expect![[r#"
        a.toml:5:11: error[unknown-ruleset]: there is no rule set `vn-ofice-2026`
          help: did you mean `vn-office-2026`?
    "#]],
    );
    check(
        &head("extends = \"b\""),
        expect![[r#"
        a.toml:5:11: error[circle]: the rule set `b` names this one in turn
    "#]],
    );
    check(
        &head("extends = \"windows-11\"\nremove = [\"win11-tmp\"]"),
        expect![[r#"
        a.toml:6:11: error[unknown-rule]: there is no rule `win11-tmp`
          help: did you mean `win11-tpm`?
    "#]],
    );
    check(
        &around("").replace(
            "in_force = { from = 2026-07-01 }",
            "in_force = { from = 2026-07-01 }\nremove = [\"a\"]",
        ),
        expect![[r#"
        a.toml:1:1: error[missing-key]: the file lacks `rule`
        a.toml:5:1: error[unknown-rule]: `remove` takes rules from the set that is extended, and this one extends none
        a.toml:10:6: error[empty-group]: no rule is in the group `g`
    "#]],
    );
}

#[test]
fn a_rule_asks_another_set_as_a_whole() {
    let text = around(
        r#"[[rule]]
id = "r"
group = "g"
title = { vi = "Luật", en = "Rule" }
severity = "major"
source = { doc = "D" }
meets = "windows-11"
"#,
    );
    let set = RuleSet::parse("a.toml", &text).unwrap();
    assert_eq!(set.rules[0].describe(), "windows-11");
    let pc = r#"{"os":{"platform":"windows"},"board":{"tpm":"on","tpm_version":"2.0","secure_boot_capable":true,"firmware_mode":"uefi"},
        "cpu":{"architecture":"x86_64","maker":"GenuineIntel","family":6,"model":158,"stepping":10,"speed":3000,"threads":6,"features":["sse4_2","popcnt"]},
        "memory":{"installed":8589934592},"disk":{"system_size":256000000000}}"#;
    let table = Lifecycle::shipped();
    let verdict = |facts: &str| {
        let facts: Facts = serde_json::from_str(facts).unwrap();
        let verdict = assess(&facts, &set, &table, Role::Officer, TODAY).verdicts.remove(0);
        (verdict.outcome, verdict.switched_off)
    };
    assert_eq!(verdict(pc), (Outcome::Pass, false));
    assert_eq!(verdict(&pc.replace("\"tpm\":\"on\"", "\"tpm\":\"off\"")), (Outcome::Fail, true));
    assert_eq!(verdict(&pc.replace("\"tpm\":\"on\"", "\"tpm\":\"absent\"")), (Outcome::Fail, false));
    assert_eq!(verdict(&pc.replace("\"model\":158,", "")), (Outcome::Unknown, false));
    check(
        &text.replace("windows-11", "windows-12"),
        expect![[r#"
        a.toml:17:9: error[unknown-ruleset]: there is no rule set `windows-12`
          help: did you mean `windows-11`?
    "#]],
    );
    check(
        &text.replace("meets =", "pass = { \"cpu.cores\" = { at_least = 4 } }\nmeets ="),
        expect![[r#"
        a.toml:17:1: error[bad-value]: the rule has `meets` and `pass`
          help: `meets` is what it asks; leave `pass` out
    "#]],
    );
}

#[test]
fn conditions_that_never_hold() {
    check(
        &rule("pass = { \"cpu.cores\" = { at_least = 8, at_most = 4 } }"),
        expect![[r#"
        a.toml:17:24: error[never-holds]: no value of `cpu.cores` is all of this at once
    "#]],
    );
    check(
        &rule("pass = { \"cpu.cores\" = { equals = 3, more_than = 3 } }"),
        expect![[r#"
        a.toml:17:24: error[never-holds]: no value of `cpu.cores` is all of this at once
    "#]],
    );
}

#[test]
fn more_that_never_holds() {
    for (conditions, wrong) in [
        (r#"pass = { "os.version" = { at_least = "11", less_than = "10.9" } }"#, true),
        (r#"pass = { "os.version" = { more_than = "10.0", at_most = "10" } }"#, true),
        (r#"pass = { "os.version" = { at_least = "10.0", at_most = "10" } }"#, false),
        (r#"pass = { "board.firmware_date" = { at_least = 2024-01-02, at_most = 2024-01-01 } }"#, true),
        (r#"pass = { "board.firmware_date" = { more_than = 2024-01-01, less_than = 2024-01-02 } }"#, true),
        (r#"pass = { "board.firmware_date" = { newer_than = "5 years", older_than = "5 years" } }"#, true),
        (r#"pass = { "board.firmware_date" = { newer_than = "5 years", older_than = "4 years" } }"#, false),
        (r#"pass = { "updates.checked_at" = { further_than = "1 day", older_than = "1 day" } }"#, true),
        (r#"pass = { "updates.checked_at" = { at_least = 2026-01-02, less_than = 2026-01-01 } }"#, true),
        (r#"pass = { "cpu.cores" = { one_of = [2, 4], none_of = [4, 2, 8] } }"#, true),
        (r#"pass = { "cpu.cores" = { one_of = [2, 4], at_least = 8 } }"#, true),
        (r#"pass = { "cpu.cores" = { one_of = [2, 4], at_least = 4 } }"#, false),
        (r#"pass = { "os.edition" = { equals = "Core", not_equals = "Core" } }"#, true),
        (r#"pass = { "os.edition" = { one_of = ["Core", "CoreN"], matches = "^Pro" } }"#, true),
        (r#"pass = { "os.edition" = { absent = true, contains = "Pro" } }"#, true),
        (r#"pass = { "os.edition" = { absent = true, not_equals = "Core" } }"#, false),
        (r#"pass = { "software.sources" = { contains = "rpm", only = ["dpkg"] } }"#, true),
        (r#"pass = { "software.sources" = { count = { less_than = 0 } } }"#, true),
        (r#"pass = { "disk.drives" = { count = { at_least = 2, at_most = 1 } } }"#, true),
        (
            r#"pass = { "disk.drives" = { count = { where = { kind = { equals = "ssd" } }, less_than = 0 } } }"#,
            true,
        ),
        (
            r#"pass = { "disk.drives" = { some = { kind = { equals = "ssd" } }, none = { kind = { equals = "ssd" } } } }"#,
            true,
        ),
        (r#"pass = { all = [{ "cpu.cores" = { at_least = 8 } }, { "cpu.cores" = { at_most = 4 } }] }"#, true),
        (
            r#"pass = { any = [{ "cpu.cores" = { at_least = 8 } }, { "cpu.cores" = { at_most = 4 } }] }"#,
            false,
        ),
        (
            r#"pass = { "cpu.cores" = { at_most = 2 }, any = [{ "cpu.cores" = { at_least = 8 } }, { "cpu.cores" = { equals = 4 } }] }"#,
            true,
        ),
        (
            r#"pass = { "cpu.cores" = { at_most = 4 }, any = [{ "cpu.cores" = { at_least = 8 } }, { "cpu.cores" = { equals = 4 } }] }"#,
            false,
        ),
        (
            "when = { \"os.platform\" = { equals = \"linux\" } }\npass = { \"os.platform\" = { equals = \"windows\" }, \"os.build\" = { at_least = 1 } }",
            true,
        ),
        (
            "when = { \"cpu.cores\" = { at_least = 2 } }\npass = { \"cpu.cores\" = { at_least = 4 } }\npartial = { \"cpu.cores\" = { less_than = 2 } }",
            true,
        ),
        ("when = { \"cpu.cores\" = { at_least = 2 } }\npass = { \"cpu.cores\" = { at_least = 4 } }", false),
        (
            "each = \"disk.drives\"\nwhen = { fixed = { equals = true } }\npass = { fixed = { equals = false }, health = { equals = \"ok\" } }",
            true,
        ),
        // What is denied.
        (
            r#"pass = { all = [{ "memory.installed" = { at_least = "8 GiB" } }, { not = { "memory.installed" = { at_least = "4 GiB" } } }] }"#,
            true,
        ),
        (
            r#"pass = { "memory.installed" = { at_least = "8 GiB" }, not = { "memory.installed" = { at_least = "16 GiB" } } }"#,
            false,
        ),
        (
            r#"pass = { "os.edition" = { absent = true }, not = { "os.edition" = { equals = "Core" } } }"#,
            false,
        ),
        (
            r#"pass = { "os.edition" = { equals = "Core" }, not = { "os.edition" = { equals = "Core" } } }"#,
            true,
        ),
        (
            r#"pass = { "os.edition" = { equals = "Core" }, not = { "os.edition" = { one_of = ["Core", "CoreN"] } } }"#,
            true,
        ),
        (
            r#"pass = { "os.edition" = { matches = "^Pro" }, not = { "os.edition" = { matches = "^Pro" } } }"#,
            true,
        ),
        (
            r#"pass = { "os.edition" = { matches = "^Pro" }, not = { "os.edition" = { matches = "^ProN" } } }"#,
            false,
        ),
        (
            r#"pass = { "cpu.cores" = { at_least = 8 }, not = { any = [{ "cpu.threads" = { at_least = 4 } }, { "cpu.cores" = { at_least = 4 } }] } }"#,
            true,
        ),
        (
            r#"pass = { "cpu.cores" = { at_least = 8 }, not = { "cpu.threads" = { at_least = 4 }, "cpu.cores" = { at_least = 4 } } }"#,
            false,
        ),
        (
            r#"pass = { "board.firmware_date" = { newer_than = "5 years" }, not = { "board.firmware_date" = { newer_than = "6 years" } } }"#,
            true,
        ),
        (
            r#"pass = { "disk.drives" = { some = { kind = { equals = "ssd" } } }, not = { "disk.drives" = { some = { kind = { equals = "ssd" } } } } }"#,
            true,
        ),
        // What no value can be.
        (r#"pass = { "cpu.cores" = { less_than = 0 } }"#, true),
        (r#"pass = { "cpu.cores" = { equals = -1 } }"#, true),
        (r#"pass = { "memory.installed" = { at_most = "-1 GiB" } }"#, true),
        (r#"pass = { "disk.volumes" = { some = { free_percent = { more_than = 100 } } } }"#, true),
        (r#"pass = { "clock.utc_offset_minutes" = { less_than = 0 } }"#, false),
        (r#"pass = { "support.days_left" = { less_than = 0 } }"#, false),
        (r#"pass = { "clock.offset" = { less_than = "0 s" } }"#, false),
        (r#"pass = { "board.tpm" = { none_of = ["absent", "off", "on"] } }"#, false),
        (r#"pass = { "board.tpm" = { none_of = ["absent", "off", "on"], absent = false } }"#, true),
        (
            r#"pass = { "board.secure_boot" = { equals = true }, not = { "board.secure_boot" = { not_equals = false } } }"#,
            true,
        ),
    ] {
        let codes: Vec<&str> = match RuleSet::parse("a.toml", &rule(conditions)) {
            Ok(_) => Vec::new(),
            Err(complaints) => complaints.iter().map(|complaint| complaint.code).collect(),
        };
        let expected: &[&str] = if wrong { &["never-holds"] } else { &[] };
        assert_eq!(codes, expected, "{conditions}");
    }
}

#[test]
fn conditions_that_always_hold() {
    check(
        &rule(r#"pass = { "memory.installed" = { at_least = "-8 GiB" } }"#),
        expect![[r#"
        a.toml:17:44: error[always-holds]: every value of `memory.installed` is so
          help: ask for what can fail; where it is enough that there is one, write `{ absent = false }`
    "#]],
    );
    check(
        &rule(
            r#"pass = { any = [{ "memory.installed" = { at_least = "8 GiB" } }, { "memory.installed" = { less_than = "8 GiB" } }] }"#,
        ),
        expect![[r#"
            a.toml:17:16: error[always-holds]: one of what `any` asks always holds
              help: ask for what can fail, or leave it out
        "#]],
    );
    for (conditions, wrong) in [
        (r#"pass = { "cpu.cores" = { at_least = 0 } }"#, true),
        (r#"pass = { "cpu.cores" = { at_least = 1 } }"#, false),
        (r#"pass = { "cpu.cores" = { at_least = -4, at_most = 8 } }"#, true),
        (r#"pass = { "software.sources" = { count = { at_least = 0 } } }"#, true),
        (r#"pass = { "disk.volumes" = { every = { free_percent = { at_most = 100 } } } }"#, true),
        (r#"pass = { "board.tpm" = { one_of = ["absent", "off", "on"] } }"#, true),
        (r#"pass = { "board.tpm" = { one_of = ["off", "on"] } }"#, false),
        (
            r#"pass = { any = [{ "board.secure_boot" = { equals = true } }, { "board.secure_boot" = { equals = false } }] }"#,
            true,
        ),
        (r#"pass = { "os.edition" = { absent = false } }"#, false),
        (
            r#"pass = { any = [{ "os.edition" = { absent = false } }, { "os.edition" = { absent = true } }] }"#,
            true,
        ),
        (
            r#"pass = { any = [{ "os.edition" = { absent = true } }, { "os.edition" = { equals = "Pro" } }] }"#,
            false,
        ),
        (
            r#"pass = { any = [{ "cpu.cores" = { at_least = 8 } }, { not = { "cpu.cores" = { at_least = 8 } } }] }"#,
            true,
        ),
        (
            r#"pass = { any = [{ "cpu.cores" = { at_least = 8 } }, { "cpu.threads" = { less_than = 8 } }] }"#,
            false,
        ),
        (
            r#"pass = { any = [{ "cpu.cores" = { at_least = 8 }, "cpu.threads" = { at_least = 8 } }, { "cpu.cores" = { less_than = 8 } }] }"#,
            false,
        ),
    ] {
        let codes: Vec<&str> = match RuleSet::parse("a.toml", &rule(conditions)) {
            Ok(_) => Vec::new(),
            Err(complaints) => complaints.iter().map(|complaint| complaint.code).collect(),
        };
        let expected: &[&str] = if wrong { &["always-holds"] } else { &[] };
        assert_eq!(codes, expected, "{conditions}");
    }
}

#[test]
fn a_partial_that_never_comes() {
    let partial = |when: &str, pass: &str, partial: &str| {
        told(&rule(&format!("{when}pass = {{ {pass} }}\npartial = {{ {partial} }}")))
    };
    let memory = |size: &str| format!(r#""memory.installed" = {{ at_least = "{size} GiB" }}"#);
    let cores = |count: &str| format!(r#""cpu.cores" = {{ at_least = {count} }}"#);
    expect![[r#"
        a.toml:18:1: error[partial-within-pass]: `partial` never comes: whoever is so passes already
          help: ask for less, or leave `partial` out
    "#]]
    .assert_eq(&partial("", &memory("8"), &memory("16")));
    let both = |size: &str, count: &str| format!("{}, {}", memory(size), cores(count));
    for (pass, stricter, wrong) in [
        (memory("8"), memory("4"), false),
        (both("8", "4"), both("16", "4"), true),
        (both("8", "4"), memory("16"), false),
        (both("8", "4"), both("16", "2"), false),
        (memory("8"), both("16", "4"), true),
        (format!("any = [{{ {} }}, {{ {} }}]", memory("8"), cores("4")), cores("8"), true),
        (
            r#""os.edition" = { equals = "Pro" }"#.to_owned(),
            r#""os.edition" = { matches = "Pro" }"#.to_owned(),
            false,
        ),
        (
            r#""os.edition" = { one_of = ["Pro", "ProN"] }"#.to_owned(),
            r#""os.edition" = { equals = "Pro" }"#.to_owned(),
            true,
        ),
    ] {
        assert_eq!(partial("", &pass, &stricter) != "right\n", wrong, "{pass}, then {stricter}");
    }
    let when = "when = { \"cpu.cores\" = { at_least = 4 } }\n";
    assert_ne!(partial(when, &both("8", "4"), &memory("8")), "right\n", "where it applies, it is the same");
    let variant = format!("[[rule.for]]\nroles = [\"clerk\"]\npartial = {{ {} }}\n", memory("16"));
    expect![[r#"
        a.toml:20:1: error[partial-within-pass]: `partial` never comes: whoever is so passes already
          help: ask for less, or leave `partial` out
    "#]]
    .assert_eq(&told(&format!("{}{variant}", rule(&format!("pass = {{ {} }}", memory("8"))))));
}

#[test]
fn a_source_that_is_not_in_force_is_noted() {
    let warned = |source: &str| -> Vec<String> {
        let text = rule(r#"pass = { "cpu.cores" = { at_least = 4 } }"#).replace("{ doc = \"D\" }", source);
        let text = text.replace("from = 2026-07-01", "from = 2026-07-01, to = 2027-06-30");
        let set = RuleSet::parse("a.toml", &text).unwrap();
        set.warnings.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        warned("{ doc = \"D\", from = 2017-01-01, to = 2026-06-30 }"),
        [
            r#"a.toml:16:10: warning[source-not-in-force]: "D" ended on 2026-06-30, the set begins on 2026-07-01"#
        ]
    );
    assert_eq!(
        warned("{ doc = \"D\", from = 2027-07-01 }"),
        [
            r#"a.toml:16:10: warning[source-not-in-force]: "D" begins on 2027-07-01, the set ends on 2027-06-30"#
        ]
    );
    assert_eq!(warned("{ doc = \"D\", from = 2026-08-19 }"), [""; 0]);
    assert_eq!(warned("{ doc = \"D\", to = 2026-07-01 }"), [""; 0]);
}

#[test]
fn two_files_with_one_set_are_a_complaint() {
    let text = rule(r#"pass = { "cpu.cores" = { at_least = 4 } }"#);
    let files = [("a.toml".to_owned(), text.clone()), ("b.toml".to_owned(), text)];
    let complaints: Vec<String> = parse_all(&files).unwrap_err().iter().map(ToString::to_string).collect();
    expect![[r#"
        b.toml:2:6: error[duplicate-id]: the rule set `a` is also in a.toml
          help: give it another id, or remove one of both files"#]]
    .assert_eq(&complaints.join("\n"));
}

#[test]
fn rules_of_the_set_that_is_extended_are_tested_there() {
    let extending = "[ruleset]\nid = \"mine\"\nextends = \"windows-11\"\ntitle = { vi = \"Bộ\", en = \"Set\" }\n\
                     in_force = { from = 2026-07-01 }\n";
    let set = RuleSet::parse("mine.toml", extending).unwrap();
    assert!(!set.rules.is_empty());
    assert_eq!(set.untested(), []);
}

#[test]
fn a_day_after_another() {
    let text = |pass: &str| {
        format!(
            "{}[parameters.delivered]\ntype = \"date\"\ntitle = {{ vi = \"Ngày\", en = \"Day\" }}\n",
            rule(pass)
        )
    };
    let pass =
        r#"pass = { "board.firmware_date" = { at_least = { parameter = "delivered", plus = "-30 days" } } }"#;
    let set = RuleSet::parse("a.toml", &text(pass)).unwrap();
    assert_eq!(set.rules[0].describe(), "board.firmware_date ≥ ‹delivered› + -30 days");
    let told = |date: &str, pairs: &[&str]| {
        let mut facts = Facts::default();
        facts.board.firmware_date = crate::fact::Fact::Known(date.parse().unwrap());
        let pairs: Vec<String> = pairs.iter().map(|pair| (*pair).to_owned()).collect();
        let settings = set.settings_of(&pairs).unwrap();
        let day = jiff::civil::date(2026, 11, 22);
        crate::assess::assess_in(&facts, &set, &Lifecycle::shipped(), Role::Officer, day, &settings).verdicts
            [0]
        .outcome
    };
    assert_eq!(told("2026-10-20", &["delivered=2026-11-19"]), Outcome::Pass);
    assert_eq!(told("2026-10-19", &["delivered=2026-11-19"]), Outcome::Fail);
    assert_eq!(told("2026-10-19", &[]), Outcome::Unknown);
    assert_eq!(
        set.settings_of(&["colour=red".to_owned(), "delivered".to_owned()]).unwrap_err(),
        ["“delivered” sets nothing; write it as NAME=VALUE", "the rule set a has no parameter `colour`"]
    );
    check(
        &text(&pass.replace("at_least", "equals")),
        expect![[r#"
            a.toml:17:45: error[bad-value]: `equals` asks for one value, and `plus` makes a bound
              help: use `at_least` or `at_most`
        "#]],
    );
}

#[test]
fn of_millions_of_slips_the_first_are_told() {
    let text = format!("rule=[{}]", "{},".repeat(300_000));
    let complaints = RuleSet::parse("a.toml", &text).unwrap_err();
    assert_eq!(complaints.len(), 201);
    let last = complaints.last().unwrap();
    assert_eq!(last.code, "more-wrong");
    assert!(complaints.iter().all(|complaint| complaint.draw(&text, Tongue::English).len() < 1_000));
}

#[test]
fn patterns_and_lists_are_bounded() {
    let pattern = |pattern: &str| rule(&format!("pass = {{ \"os.name\" = {{ matches = '{pattern}' }} }}"));
    assert!(RuleSet::parse("a.toml", &pattern("(abc|def){20}")).is_ok());
    assert_eq!(RuleSet::parse("a.toml", &pattern("(.{90}){90}")).unwrap_err()[0].code, "bad-pattern");
    let many: Vec<String> =
        (0..501).map(|number| format!("{{ \"os.name\" = {{ matches = 'a{number}' }} }}")).collect();
    let complaints =
        RuleSet::parse("a.toml", &rule(&format!("pass = {{ any = [{}] }}", many.join(", ")))).unwrap_err();
    assert_eq!(complaints[0].code, "too-many");
    let groups: String = (0..101)
        .map(|number| format!("[[group]]\nid = \"g{number}\"\ntitle = {{ vi = \"N\", en = \"G\" }}\n"))
        .collect();
    let told: Vec<&str> =
        RuleSet::parse("a.toml", &around(&groups)).unwrap_err().iter().map(|one| one.code).collect();
    assert!(told.contains(&"too-many"), "{told:?}");
}

#[test]
fn remedies_that_are_wrong() {
    check(
        &around(
            r#"[[rule]]
id = "r"
group = "g"
title = { vi = "Luật", en = "Rule" }
severity = "major"
source = { doc = "D" }
pass = { "memory.installed" = { at_least = "8 GiB" }, "disk.drives" = { every = { health = { equals = "ok" } } } }
remedies = ["add"]
[remedy.add]
title = { vi = "Lắp", en = "Add" }
needs = { "memory.slots_fre" = { at_least = 1 } }
gives = { "memory.installed" = { ad = "8 GiB" }, "disk.drives" = { set = { helth = "ok" } }, "cpu.cores" = 4 }
item = ""
"#,
        ),
        expect![[r#"
            a.toml:21:11: error[unknown-fact]: there is no fact `memory.slots_fre`
              help: did you mean `memory.slots_free`?
            a.toml:22:32: error[bad-value]: `memory.installed` becomes nothing
              help: write a value, or `add`, `at_least`, `absent`
            a.toml:22:34: error[unknown-key]: `memory.installed` has no key `ad`
              help: did you mean `add`?
            a.toml:22:76: error[unknown-fact]: a record has no field `helth`
              help: did you mean `health`?
            a.toml:23:8: error[empty-text]: `item` is empty
        "#]],
    );
    check(
        &around(
            r#"[[rule]]
id = "r"
group = "g"
title = { vi = "Luật", en = "Rule" }
severity = "major"
source = { doc = "D" }
pass = { "memory.installed" = { at_least = "8 GiB" } }
remedies = ["add"]
[remedy.add]
title = { vi = "Lắp", en = "Add" }
gives = { "cpu.cores" = 4, "memory.installed" = "8 GiB" }
"#,
        ),
        expect![[r#"
            a.toml:21:11: error[gives-unasked]: no rule asks `cpu.cores`
        "#]],
    );
}

const UNIT: &str = r#"
[[rule]]
id = "computers"
about = "unit"
group = "g"
title = { vi = "Máy", en = "Computers" }
severity = "major"
when = { "unit.posts" = { at_least = 1 } }
pass = { "unit.fit_share" = { at_least = 100 } }
partial = { "unit.fit_share" = { at_least = 80 } }
source = { doc = "D" }
"#;

#[test]
fn rules_about_units_judge_no_pc() {
    let text = rule(r#"pass = { "cpu.cores" = { at_least = 4 } }"#);
    let alone = RuleSet::parse("a.toml", &text).unwrap();
    let set = RuleSet::parse("a.toml", &format!("{text}{UNIT}")).unwrap();
    assert_eq!(set.rules.len(), 1);
    assert_eq!(set.rule("computers").unwrap().about, About::Unit);
    let facts: Facts = serde_json::from_str(r#"{"cpu":{"cores":4}}"#).unwrap();
    let assessment = |set: &RuleSet| assess(&facts, set, &Lifecycle::shipped(), Role::Officer, TODAY);
    assert_eq!(assessment(&set).verdicts, assessment(&alone).verdicts);

    let unit = |json: &str| -> Unit { serde_json::from_str(json).unwrap() };
    let told = |json: &str| crate::assess::assess_unit(&unit(json), &set, TODAY, set.defaults())[0].clone();
    assert_eq!(told(r#"{"posts":30,"fit_share":100}"#).outcome, Outcome::Pass);
    assert_eq!(told(r#"{"posts":30,"fit_share":82}"#).outcome, Outcome::Partial);
    assert_eq!(told(r#"{"posts":30,"fit_share":79}"#).outcome, Outcome::Fail);
    assert_eq!(told(r#"{"posts":30}"#).outcome, Outcome::Unknown);
    assert_eq!(told("{}").outcome, Outcome::Unknown, "nobody counted the posts");
    assert_eq!(told(r#"{"posts":0}"#).outcome, Outcome::NotApplicable);
    let waived = set.defaults().clone().waiving(["computers".to_owned()]);
    let (poor, good) = (unit(r#"{"posts":30,"fit_share":50}"#), unit(r#"{"posts":30,"fit_share":100}"#));
    let verdict = &crate::assess::assess_unit(&poor, &set, TODAY, &waived)[0];
    assert!(verdict.waived && verdict.seen.len() == 1, "{verdict:?}");
    let between = |worst: &Unit, best: &Unit| {
        crate::assess::assess_unit_between((worst, best), &set, TODAY, set.defaults())[0].outcome
    };
    assert_eq!(between(&poor, &good), Outcome::Unknown, "it may be either");
    assert_eq!(between(&poor, &unit(r#"{"posts":30,"fit_share":79}"#)), Outcome::Fail, "whatever it is");

    // A set that extends takes them over, and removes them.
    let more = |head: &str| {
        let head = format!(
            "[ruleset]\nid = \"b\"\nextends = \"a\"\n{head}\ntitle = {{ vi = \"B\", en = \"B\" }}\n\
             in_force = {{ from = 2026-08-01 }}\n"
        );
        RuleSet::parse_among("b.toml", &head, std::slice::from_ref(&set)).unwrap().unit_rules.len()
    };
    assert_eq!((more(""), more("remove = [\"computers\"]")), (1, 0));
}

#[test]
fn what_rules_about_units_cannot_ask() {
    check(
        &rule(r#"pass = { "unit.posts" = { at_least = 4 } }"#),
        expect![[r#"
            a.toml:17:10: error[other-subject]: `unit.posts` is about a whole unit, and the rule is about a PC
              help: say `about = "unit"` where the rule is about units; a rule about PCs may ask a parameter that units set
        "#]],
    );
    let unit = |from: &str, to: &str| around(&UNIT.replace(from, to));
    check(
        &unit(r#"pass = { "unit.fit_share""#, r#"pass = { "cpu.cores" = { at_least = 4 }, "unit.fit_share""#),
        expect![[r#"
            a.toml:19:10: error[other-subject]: `cpu.cores` is about a PC, and the rule is about units
              help: leave `about` out where the rule is about PCs; what units have stands under `unit.`
        "#]],
    );
    check(
        &unit("severity", "roles = [\"clerk\"]\nseverity"),
        expect![[r#"
            a.toml:17:1: error[not-for-units]: `roles` means nothing in a rule about units
              help: leave `roles` out
        "#]],
    );
    check(
        &unit("about = \"unit\"", "about = \"units\""),
        expect![[r#"
            a.toml:14:9: error[unknown-word]: `about` cannot be "units"
              help: did you mean "unit"? it is one of "pc", "unit"
        "#]],
    );
}

#[test]
fn what_a_rule_was_called_before() {
    let second = UNIT.replace("computers", "machines");
    let former = |first: &str, other: &str| {
        let with = |rule: &str, ids: &str| match ids {
            "" => rule.to_owned(),
            ids => rule.replace("about =", &format!("formerly = [{ids}]\nabout =")),
        };
        around(&format!("{}{}", with(UNIT, first), with(&second, other)))
    };
    let set = RuleSet::parse("a.toml", &former("\"pcs\", \"desks\"", "")).unwrap();
    assert_eq!(set.rule("desks").unwrap().id, "computers");
    assert!(set.rule("chairs").is_none());
    check(
        &former("\"machines\"", ""),
        expect![[r#"
            a.toml:14:13: error[former-clash]: there is a rule `machines`, so it did not become part of this one
        "#]],
    );
    check(
        &former("\"pcs\"", "\"pcs\""),
        expect![[r#"
            a.toml:26:13: error[former-clash]: another rule was called `pcs` before too
        "#]],
    );
    let own = UNIT.replace("computers", "desks");
    let head = "[ruleset]\nid = \"b\"\nextends = \"a\"\ntitle = { vi = \"B\", en = \"B\" }\nin_force = { from = 2026-08-01 }\n";
    let told = RuleSet::parse_among("b.toml", &format!("{head}{own}"), &[set]).unwrap_err();
    expect![[r#"
        b.toml:8:6: error[former-clash]: `desks` became part of the rule `computers` of the set that is extended
          help: give the rule another id"#]]
    .assert_eq(&told[0].to_string());
}

#[test]
fn a_rule_may_apply_to_a_role_by_a_condition_of_its_own() {
    let text = format!(
        "{}[[rule.for]]\nroles = [\"leader\"]\nwhen = {{ \"parameter.remote\" = {{ not_equals = true }} }}\n\
         [parameters.remote]\ntype = \"flag\"\ntitle = {{ vi = \"Từ xa\", en = \"Remote\" }}\ndefault = false\n",
        rule(r#"pass = { "cpu.cores" = { at_least = 4 } }"#)
    );
    let set = RuleSet::parse("a.toml", &text).unwrap();
    let remote = set.settings_of(&["remote=true".to_owned()]).unwrap();
    let facts = r#"{"cpu":{"cores":2}}"#;
    assert_eq!(judged(&set, facts, Role::Leader, TODAY, set.defaults()), [Outcome::Fail]);
    assert_eq!(judged(&set, facts, Role::Leader, TODAY, &remote), [Outcome::NotApplicable]);
    assert_eq!(judged(&set, facts, Role::Clerk, TODAY, &remote), [Outcome::Fail]);
}

#[test]
fn what_a_pc_did_is_as_old_as_on_its_own_day() {
    let set = RuleSet::parse("a.toml", &around(PARAMETERS)).unwrap();
    let facts: Facts =
        serde_json::from_str(r#"{"updates":{"installed_at":"2026-11-10T01:00:00Z"}}"#).unwrap();
    let at = set.rules.iter().position(|rule| rule.id == "patched").unwrap();
    let judged = |when: When| {
        let judgement = assess_lean(&facts, &set, &Lifecycle::shipped(), Role::Officer, when, set.defaults());
        judgement.rulings[at].outcome
    };
    let later = date(2027, 3, 1);
    assert_eq!(judged(TODAY.into()), Outcome::Pass);
    assert_eq!(judged(later.into()), Outcome::Fail);
    assert_eq!(judged(When { judged: later, told: TODAY }), Outcome::Pass);
}

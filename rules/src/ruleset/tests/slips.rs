//! Slips of people who write rules: what they are told, and what would be right.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use serde_json::json;

use super::super::*;
use super::{around, rule, told};
use crate::condition::words::Tongue;

/// What is said of a rule that passes so, without its place.
fn said(pass: &str) -> String {
    told(&rule(&format!("pass = {pass}"))).replace("a.toml:17:", "")
}

/// What is said of each of these.
fn check(passes: &[&str], expected: Expect) {
    let line = |pass: &&str| format!("{pass}\n{}", said(pass));
    expected.assert_eq(&passes.iter().map(line).collect::<String>());
}

#[test]
fn a_version_begins_with_a_digit() {
    check(
        &[
            r#"{ "os.dotnet" = { at_least = "mới nhất" } }"#,
            r#"{ "os.dotnet" = { at_least = "v4.8" } }"#,
            r#"{ "os.dotnet" = { at_least = "Windows 10" } }"#,
            r#"{ "os.dotnet" = { at_least = "bốn chấm tám" } }"#,
            r#"{ "os.dotnet" = { one_of = ["4,8", "4.x", "-4.8", "4..8", "4.8 "] } }"#,
            r#"{ "os.dotnet" = { at_least = "" } }"#,
            r#"{ "os.dotnet" = { at_least = 4.8 } }"#,
            r#"{ "os.version" = { at_least = 10 } }"#,
            r#"{ "os.version" = { at_least = true } }"#,
        ],
        expect![[r#"
            { "os.dotnet" = { at_least = "mới nhất" } }
            37: error[bad-value]: "mới nhất" is no version
              help: a version is digits with points between: write "4.8"
            { "os.dotnet" = { at_least = "v4.8" } }
            37: error[bad-value]: "v4.8" is no version
              help: a version is digits with points between: write "4.8"
            { "os.dotnet" = { at_least = "Windows 10" } }
            37: error[bad-value]: "Windows 10" is no version
              help: a version is digits with points between: write "10"
            { "os.dotnet" = { at_least = "bốn chấm tám" } }
            37: error[bad-value]: "bốn chấm tám" is no version
              help: a version is digits with points between: write "4.8"
            { "os.dotnet" = { one_of = ["4,8", "4.x", "-4.8", "4..8", "4.8 "] } }
            36: error[bad-value]: "4,8" is no version
              help: a version is digits with points between: write "4.8"
            43: error[bad-value]: "4.x" is no version
              help: a version is digits with points between: write "4"
            50: error[bad-value]: "-4.8" is no version
              help: a version is digits with points between: write "4.8"
            58: error[bad-value]: "4..8" is no version
              help: a version is digits with points between: write "4.8"
            66: error[bad-value]: "4.8 " is no version
              help: a version is digits with points between: write "4.8"
            { "os.dotnet" = { at_least = "" } }
            37: error[bad-value]: "" is no version
              help: a version is digits with points between: write "4.8"
            { "os.dotnet" = { at_least = 4.8 } }
            37: error[bad-value]: `at_least` must be a version, this is a number with a fraction
              help: write it as "4.8"
            { "os.version" = { at_least = 10 } }
            38: error[bad-value]: `at_least` must be a version, this is a whole number
              help: write it as "10"
            { "os.version" = { at_least = true } }
            38: error[bad-value]: `at_least` must be a version, this is true or false
              help: write it as "4.8"
        "#]],
    );
    for right in ["1.1.1w", "24.2.1-0ubuntu", "6.1.7601", "22H2", "1:2.36-9+deb12u4~bpo1", "4", "8.0_301"] {
        assert_eq!(
            said(&format!("{{ \"os.version\" = {{ at_least = \"{right}\" }} }}")),
            "right\n",
            "{right}"
        );
    }
    // What a PC reports stays as it is.
    let text = rule(
        "pass = { \"os.version\" = { at_least = \"10\" } }\n[[test]]\nname = \"t\"\n\
         facts = { \"os.version\" = \"rolling\" }\nexpect = { r = \"fail\" }",
    );
    let set = RuleSet::parse("a.toml", &text).unwrap();
    assert_eq!(set.run_tests(&crate::lifecycle::Lifecycle::shipped())[0].wrong, []);
}

#[test]
fn a_version_that_a_remedy_gives_or_a_unit_sets_is_one() {
    let text = |default: &str| {
        format!(
            "{}remedies = [\"m\"]\n[remedy.m]\ntitle = {{ vi = \"A\", en = \"A\" }}\n\
             gives = {{ \"os.dotnet\" = \"mới\" }}\n[parameters.dotnet]\ntype = \"version\"\n\
             title = {{ vi = \"A\", en = \"A\" }}\ndefault = {default}\n",
            rule(r#"pass = { "os.dotnet" = { at_least = { parameter = "dotnet" } } }"#)
        )
    };
    expect![[r#"
        a.toml:21:25: error[bad-value]: "mới" is no version
          help: a version is digits with points between: write "4.8"
        a.toml:25:11: error[bad-value]: "v4" is no version
          help: a version is digits with points between: write "4"
    "#]]
    .assert_eq(&told(&text("\"v4\"")));
    let set = RuleSet::parse("a.toml", &text("\"4.8\"").replace("mới", "4.8.1")).unwrap();
    let set_to = |value: serde_json::Value| {
        set.settings(&BTreeMap::from([("dotnet".to_owned(), value)])).err().unwrap_or_default().join("\n")
    };
    assert_eq!(set_to(json!("4.7.2")), "");
    expect![[r#"parameter `dotnet`: "mới nhất" is no version; a version is digits with points between: write "4.8""#]].assert_eq(&set_to(json!("mới nhất")));
    expect![[r#"parameter `dotnet`: 4.8 is of another kind; write it as "4.8""#]]
        .assert_eq(&set_to(json!(4.8)));
}

#[test]
fn a_decimal_comma() {
    check(
        &[
            r#"{ "memory.installed" = { at_least = "7,5 GiB" } }"#,
            r#"{ "memory.installed" = { at_least = "1.024,5 MB" } }"#,
            r#"{ "memory.installed" = { at_least = "7,5" } }"#,
            r#"{ "memory.installed" = { at_least = "7,x GiB" } }"#,
        ],
        expect![[r#"
            { "memory.installed" = { at_least = "7,5 GiB" } }
            44: error[bad-value]: "7,5 GiB" has a comma before its fraction
              help: write a point: "7.5 GiB"
            { "memory.installed" = { at_least = "1.024,5 MB" } }
            44: error[bad-value]: "1.024,5 MB" has a comma before its fraction
              help: write a point: "1024.5 MB"
            { "memory.installed" = { at_least = "7,5" } }
            44: error[bad-value]: "7,5" has a comma before its fraction
              help: write it as "8 GiB"; units are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB
            { "memory.installed" = { at_least = "7,x GiB" } }
            44: error[bad-value]: `,x GiB` is no unit of size
              help: write it as "8 GiB"; units are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB
        "#]],
    );
}

#[test]
fn letters_in_pieces_are_the_same_letters() {
    let pieces = "Co\u{302}\u{301}c Co\u{302}\u{301}c";
    let text = rule(&format!(
        r#"pass = {{ "office.browsers" = {{ some = {{ name = {{ equals = "{pieces}", matches = "(?i){pieces}" }} }} }} }}
[[test]]
name = "t"
facts = {{ "office.browsers" = [{{ name = "Cốc Cốc" }}] }}
expect = {{ r = "pass" }}
"#
    ));
    let set = RuleSet::parse("a.toml", &text).unwrap();
    assert_eq!(set.run_tests(&crate::lifecycle::Lifecycle::shipped())[0].wrong, []);
    let whole = text.replace(pieces, "Cốc Cốc");
    assert_eq!(RuleSet::parse("a.toml", &whole).unwrap().digest, set.digest, "they judge the same");
    // A column counts letters, as people see them.
    expect![[r#"
        a.toml:17:80: error[bad-pattern]: "(?i)(Cốc Cốc" is not a regular expression: found open group without closing ')'
          help: a bracket that means itself stands behind a backslash: 'a\(b'
    "#]].assert_eq(&told(&text.replace("(?i)", "(?i)(")));
    let parameter = format!(
        "{}[parameters.p]\ntype = \"texts\"\ntitle = {{ vi = \"A\", en = \"A\" }}\n",
        rule(r#"pass = { "os.name" = { one_of = { parameter = "p" } } }"#)
    );
    let set = RuleSet::parse("a.toml", &parameter).unwrap();
    let of = |text: &str| set.settings_of(&[format!("p={text}")]).unwrap().given;
    assert_eq!(of(pieces), of("Cốc Cốc"));
}

#[test]
fn one_role_in_two_variants() {
    let twice = "[[rule.for]]\nroles = [\"leader\", \"clerk\"]\nseverity = \"info\"\n";
    let text = rule(r#"pass = { "cpu.cores" = { at_least = 4 } }"#);
    expect![[r#"
        a.toml:22:9: error[duplicate-role]: the role "leader" stands in a `[[rule.for]]` before this one
          help: ask everything of one role in one `[[rule.for]]`
    "#]]
    .assert_eq(&told(&format!("{text}{twice}{}", twice.replace("\"clerk\"", "\"counter\""))));
}

#[test]
fn how_ids_are_written() {
    let text = rule(r#"pass = { "cpu.cores" = { at_least = { parameter = "Số nhân" } } }"#);
    let text = text.replace("id = \"a\"", "id = \"Bộ A\"").replace("id = \"r\"", "id = \"bộ-nhớ\"");
    let text = text.replace("\"g\"", "\"Phần_cứng\"");
    let more = "remedies = [\"__\"]\n[remedy.__]\ntitle = { vi = \"A\", en = \"A\" }\n\
                [parameters.\"Số nhân\"]\ntype = \"number\"\ntitle = { vi = \"A\", en = \"A\" }\n";
    expect![[r#"
        a.toml:2:6: error[bad-id]: `Bộ A` is no id
          help: an id has small letters, digits and hyphens: write `bo-a`
        a.toml:9:6: error[bad-id]: `Phần_cứng` is no id
          help: an id has small letters, digits and hyphens: write `phan-cung`
        a.toml:12:6: error[bad-id]: `bộ-nhớ` is no id
          help: an id has small letters, digits and hyphens: write `bo-nho`
        a.toml:19:9: error[bad-id]: `__` is no id
          help: an id has small letters, digits and hyphens: write `memory-size`
        a.toml:21:13: error[bad-id]: `Số nhân` is no id
          help: an id has small letters, digits and hyphens: write `so-nhan`
    "#]]
    .assert_eq(&told(&format!("{text}{more}")));
    // What a rule was called before stays as it was.
    let former = rule("pass = { \"cpu.cores\" = { at_least = 4 } }\nformerly = [\"Bộ nhớ\"]");
    assert_eq!(told(&former), "right\n");
}

#[test]
fn ids_that_look_alike() {
    let one = "[[rule]]\nid = \"bộ\"\ngroup = \"g\"\ntitle = { vi = \"A\", en = \"A\" }\nseverity = \"info\"\n\
               source = { doc = \"D\" }\npass = { \"cpu.cores\" = { at_least = 4 } }\n";
    let text = around(&format!("{one}{}", one.replace("bộ", "bo\u{323}\u{302}")));
    assert!(told(&text).contains("[duplicate-id]"), "{}", told(&text));
}

#[test]
fn remedies_that_mend_something_else() {
    let warned = |gives: &str, more: &str| -> Vec<String> {
        let text = format!(
            "{}remedies = [\"m\"{more}]\n{}[remedy.m]\ntitle = {{ vi = \"A\", en = \"A\" }}\ngives = {{ {gives} }}\n\
             [remedy.n]\ntitle = {{ vi = \"A\", en = \"A\" }}\n",
            rule(r#"pass = { "cpu.cores" = { at_least = 4 } }"#),
            "[[rule]]\nid = \"s\"\ngroup = \"g\"\ntitle = { vi = \"A\", en = \"A\" }\nseverity = \"info\"\n\
             source = { doc = \"D\" }\npass = { \"memory.installed\" = { at_least = \"8 GiB\" } }\nremedies = [\"n\"]\n",
        );
        let set = RuleSet::parse("a.toml", &text).unwrap_or_else(|wrong| panic!("{wrong:?}"));
        set.warnings.iter().map(ToString::to_string).collect()
    };
    expect![[r#"
        a.toml:18:12: warning[remedies-elsewhere]: no remedy of the rule `r` gives anything that it asks
          help: it asks `cpu.cores`; given are `memory.installed`"#]]
    .assert_eq(&warned(r#""memory.installed" = "8 GiB""#, "").join("\n"));
    assert_eq!(warned(r#""cpu.cores" = 4"#, ""), [""; 0]);
    assert_eq!(warned(r#""memory.installed" = "8 GiB""#, ", \"n\""), [""; 0], "what gives nothing is advice");
}

#[test]
fn one_bracket_too_few() {
    let text = rule(r#"pass = { "cpu.cores" = { at_least = 4 } }"#);
    expect![[r#"
        a.toml:11:1: error[wrong-type]: `rule` must be a list [ … ], this is a table
          help: write two brackets each time: `[[rule]]`
    "#]]
    .assert_eq(&told(&text.replace("[[rule]]", "[rule]")));
    let complaints = RuleSet::parse("a.toml", &text.replace("[[rule]]", "[rule]")).unwrap_err();
    let suggestion = complaints[0].told(Tongue::Vietnamese).1.unwrap();
    assert_eq!(suggestion, "lần nào cũng ghi hai dấu ngoặc vuông: `[[rule]]`");
    let second = text.split_once("[[rule]]").unwrap().1.replace("\"r\"", "\"s\"");
    let twice = format!("{text}[rule]{second}").replace("[[rule]]", "[rule]");
    expect![[r#"
        a.toml:18:2: error[syntax]: duplicate key
          help: write two brackets each time: `[[rule]]`
        a.toml:19:1: error[more-wrong]: and 6 more that follow from it
          help: mend the first, then look again
    "#]]
    .assert_eq(&told(&twice));
    expect![[r#"
        a.toml:18:1: error[wrong-type]: `for` must be a list [ … ], this is a table
          help: write two brackets each time: `[[rule.for]]`
    "#]]
    .assert_eq(&told(&format!("{text}[rule.for]\nroles = [\"clerk\"]\n")));
}

#[test]
fn a_comparison_in_a_text() {
    check(
        &[
            r#"{ "memory.installed" = ">= 8 GiB" }"#,
            r#"{ "memory.installed" = "≤8 GiB" }"#,
            r#"{ "cpu.cores" = "> 4" }"#,
            r#"{ "os.dotnet" = "<4.8" }"#,
            r#"{ "board.firmware_date" = ">= 2020-01-01" }"#,
            r#"{ "support.days_left" = "> 35" }"#,
            r#"{ "support.days_left" = "> 35 days" }"#,
            r#"{ "os.edition" = "!= Core" }"#,
            r#"{ "os.edition" = ">= Core" }"#,
            r#"{ "memory.installed" = "8 GiB" }"#,
        ],
        expect![[r#"
            { "memory.installed" = ">= 8 GiB" }
            31: error[wrong-type]: `memory.installed` must be a comparison, this is a text
              help: write `{ at_least = "8 GiB" }`
            { "memory.installed" = "≤8 GiB" }
            31: error[wrong-type]: `memory.installed` must be a comparison, this is a text
              help: write `{ at_most = "8 GiB" }`
            { "cpu.cores" = "> 4" }
            24: error[wrong-type]: `cpu.cores` must be a comparison, this is a text
              help: write `{ more_than = 4 }`
            { "os.dotnet" = "<4.8" }
            24: error[wrong-type]: `os.dotnet` must be a comparison, this is a text
              help: write `{ less_than = "4.8" }`
            { "board.firmware_date" = ">= 2020-01-01" }
            34: error[wrong-type]: `board.firmware_date` must be a comparison, this is a text
              help: write `{ at_least = 2020-01-01 }`
            { "support.days_left" = "> 35" }
            32: error[wrong-type]: `support.days_left` must be a comparison, this is a text
              help: write `{ more_than = 35 }`
            { "support.days_left" = "> 35 days" }
            32: error[wrong-type]: `support.days_left` must be a comparison, this is a text
              help: write `{ more_than = "35 days" }`
            { "os.edition" = "!= Core" }
            25: error[wrong-type]: `os.edition` must be a comparison, this is a text
              help: write `{ not_equals = "Core" }`
            { "os.edition" = ">= Core" }
            25: error[wrong-type]: `os.edition` must be a comparison, this is a text
              help: write `{ equals = … }`
            { "memory.installed" = "8 GiB" }
            31: error[wrong-type]: `memory.installed` must be a comparison, this is a text
              help: write `{ equals = … }`
        "#]],
    );
}

#[test]
fn patterns_that_are_none() {
    check(
        &[
            r#"{ "cpu.name" = { matches = "(i7" } }"#,
            r#"{ "cpu.name" = { matches = "((((a{1000}){1000}){1000}){1000})" } }"#,
            r#"{ "cpu.name" = { matches = "(?=x)y" } }"#,
            r#"{ "cpu.name" = { matches = '(a)\1' } }"#,
            r#"{ "cpu.name" = { matches = "*.exe" } }"#,
            r#"{ "cpu.name" = { matches = "[a" } }"#,
            r#"{ "cpu.name" = { matches = '\q' } }"#,
        ],
        expect![[r#"
            { "cpu.name" = { matches = "(i7" } }
            35: error[bad-pattern]: "(i7" is not a regular expression: found open group without closing ')'
              help: a bracket that means itself stands behind a backslash: 'a\(b'
            { "cpu.name" = { matches = "((((a{1000}){1000}){1000}){1000})" } }
            35: error[bad-pattern]: "((((a{1000}){1000}){1000}){1000})" is not a regular expression: compiled regex exceeded size limit
              help: repeat less, as with {1000}, or write several patterns under `any`
            { "cpu.name" = { matches = "(?=x)y" } }
            35: error[bad-pattern]: "(?=x)y" is not a regular expression: look-around is not supported
              help: say what must not stand there in a condition of its own: `not = { … }`
            { "cpu.name" = { matches = '(a)\1' } }
            35: error[bad-pattern]: "(a)\1" is not a regular expression: backreferences are not supported
              help: write out what may stand there: 'aa|bb'
            { "cpu.name" = { matches = "*.exe" } }
            35: error[bad-pattern]: "*.exe" is not a regular expression: uncounted repetition operator must be applied to a sub-expression
              help: a sign that repeats stands behind what it repeats: any text is '.*'
            { "cpu.name" = { matches = "[a" } }
            35: error[bad-pattern]: "[a" is not a regular expression: non-empty character class has no closing bracket
              help: a bracket that means itself stands behind a backslash: 'a\[b'
            { "cpu.name" = { matches = '\q' } }
            35: error[bad-pattern]: "\q" is not a regular expression: unrecognized escape sequence
              help: in TOML, a pattern stands best in single quotes: 'a\.b'
        "#]],
    );
}

#[test]
fn texts_in_place_of_tables() {
    let text = rule(r#"pass = { "cpu.cores" = { at_least = 4 } }"#);
    let text =
        text.replace("{ doc = \"D\" }", "\"CV 12\"").replace("{ vi = \"Luật\", en = \"Rule\" }", "\"RAM 8\"");
    let text = text.replace("{ from = 2026-07-01 }", "2026-07-01").replace("{ score = 65 }", "65");
    let text = text.replace("{ vi = \"Nhóm\", en = \"Group\" }", "'a \"b\"'");
    expect![[r#"
        a.toml:4:12: error[wrong-type]: `in_force` must be a table { … }, this is a date or time
          help: write `{ from = 2026-07-01 }`
        a.toml:6:9: error[wrong-type]: `ready` must be a table { … }, this is a whole number
          help: write `{ score = 85, coverage = 70 }`
        a.toml:7:14: error[wrong-type]: `needs_work` must be a table { … }, this is a whole number
          help: write `{ score = 65 }`
        a.toml:10:9: error[wrong-type]: `title` must be a table { … }, this is a text
          help: write `{ vi = "…", en = "…" }`
        a.toml:14:9: error[wrong-type]: `title` must be a table { … }, this is a text
          help: write `{ vi = "RAM 8", en = "…" }`
        a.toml:16:10: error[wrong-type]: `source` must be a table { … }, this is a text
          help: write `{ doc = "CV 12" }`
    "#]]
    .assert_eq(&told(&text.replace("{ score = 85, coverage = 70 }", "85")));
}

#[test]
fn a_bracket_that_is_not_closed() {
    let of = |pass: &str| told(&rule(pass));
    expect![[r#"
        a.toml:17:40: error[syntax]: the `{` of this line is not closed
          help: write the `}` that is missing
    "#]]
    .assert_eq(&of("pass = { \"cpu.cores\" = { at_least = 4 }\nremedies = []"));
    expect![[r#"
        a.toml:17:40: error[syntax]: the `{` of this line is not closed
          help: write the `}` that is missing
    "#]]
    .assert_eq(&of("pass = { \"cpu.cores\" = { at_least = 4 } # bốn\n\n# tám\n[remedy.m]"));
    expect![[r#"
        a.toml:17:27: error[syntax]: the `[` of this line is not closed
          help: write the `]` that is missing
    "#]]
    .assert_eq(&of("roles = [\"clerk\", \"leader\"\npass = { \"cpu.cores\" = { at_least = 4 } }"));
    expect![[r#"
        a.toml:18:37: error[syntax]: the `[` of line 17 is open here, and no comma follows
          help: write `,` where more belongs to it, `]` where it ends
    "#]].assert_eq(&of("pass = { all = [\n  { \"cpu.cores\" = { at_least = 4 } }\n  { \"cpu.threads\" = { at_least = 4 } },\n] }"));
    expect![[r#"
        a.toml:19:2: error[syntax]: the `{` of line 17 is open here, and no comma follows
          help: write `,` where more belongs to it, `}` where it ends
    "#]]
    .assert_eq(&of("pass = { all = [\n  { \"cpu.cores\" = { at_least = 4 } },\n]"));
    // A string that is not closed is another slip.
    expect![[r#"
        a.toml:17:45: error[syntax]: invalid basic string, expected `"`
        a.toml:18:1: error[syntax]: missing comma between key-value pairs, expected `,`
    "#]]
    .assert_eq(&of("pass = { \"os.name\" = { equals = \"Windows } }\nremedies = []"));
    expect![[r#"
        a.toml:17:37: error[syntax]: missing comma between key-value pairs, expected `,`
    "#]]
    .assert_eq(&of("pass = { \"os.name\" = { equals = \"a\" \"b\" } }"));
    expect![[r#"
        a.toml:17:33: error[syntax]: invalid literal string, expected `'`
    "#]]
    .assert_eq(&of("pass = { \"os.name\" = { equals = } }"));
    expect![[r#"
        a.toml:17:43: error[syntax]: unexpected key or value, expected newline, `#`
    "#]]
    .assert_eq(&of("pass = { \"cpu.cores\" = { at_least = 4 } } }"));
    expect![[r#"
        a.toml:17:39: error[syntax]: invalid inline table element, expected `,`
        a.toml:18:1: error[syntax]: missing comma between key-value pairs, expected `,`
    "#]]
    .assert_eq(&of("pass = { \"cpu.cores\" = { at_least = 4 ] }\nremedies = []"));
    expect![[r#"
        a.toml:17:40: error[syntax]: the `{` of this line is not closed
          help: write the `}` that is missing
    "#]]
    .assert_eq(&of("pass = { \"cpu.cores\" = { at_least = 4 }"));
    let lines = "pass = { all = [\n  { \"cpu.cores\" = { at_least = 4 } }, # a\n  { \"cpu.threads\" = {\n    at_least = 4\n  } }\n\n  ,\n] }";
    assert_eq!(of(lines), "right\n");
}

#[test]
fn a_rule_that_replaces_another_is_whole() {
    let text = "[ruleset]\nid = \"b\"\ntitle = { vi = \"B\", en = \"B\" }\nin_force = { from = 2026-08-01 }\n\
                extends = \"windows-11\"\n[[rule]]\nid = \"win11-tpm\"\npass = { \"board.tpm\" = { equals = \"on\" } }\n";
    expect![[r#"
        a.toml:6:1: error[missing-key]: `rule` lacks `group`
          help: it replaces `win11-tpm` of `windows-11` and takes nothing over: write it whole
        a.toml:6:1: error[missing-key]: `rule` lacks `title`
        a.toml:6:1: error[missing-key]: `rule` lacks `severity`
        a.toml:6:1: error[missing-key]: `rule` lacks `source`
    "#]]
    .assert_eq(&told(text));
    assert!(!told(&text.replace("win11-tpm", "own")).contains("help"));
}

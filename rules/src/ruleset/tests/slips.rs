//! Slips of people who write rules: what they are told, and what would be right.

use std::collections::BTreeMap;

use expect_test::{Expect, expect};
use serde_json::json;

use super::super::*;
use super::{rule, told};

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
          help: in TOML, a pattern stands best in single quotes: 'a\.b'
    "#]].assert_eq(&told(&text.replace("(?i)", "(?i)(")));
    let parameter = format!(
        "{}[parameters.p]\ntype = \"texts\"\ntitle = {{ vi = \"A\", en = \"A\" }}\n",
        rule(r#"pass = { "os.name" = { one_of = { parameter = "p" } } }"#)
    );
    let set = RuleSet::parse("a.toml", &parameter).unwrap();
    let of = |text: &str| set.settings_of(&[format!("p={text}")]).unwrap().given;
    assert_eq!(of(pieces), of("Cốc Cốc"));
}

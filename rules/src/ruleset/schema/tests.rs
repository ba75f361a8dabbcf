//! The schema says what the reader says.

use std::collections::BTreeSet;

use expect_test::expect_file;
use regex_lite::Regex;

use super::*;
use crate::ruleset::RuleSet;

#[test]
fn the_committed_schema_is_the_one_that_is_made() {
    expect_file!["../../../sets/ruleset.schema.json"].assert_eq(&text());
    assert_eq!(serde_json::from_str::<Json>(&text()).unwrap(), schema());
}

/// A text as JSON, days and times as texts.
fn as_json(text: &str) -> Json {
    fn plain(value: toml::Value) -> Json {
        match value {
            toml::Value::Datetime(at) => json!(at.to_string()),
            toml::Value::Array(elements) => elements.into_iter().map(plain).collect(),
            toml::Value::Table(table) => {
                Json::Object(table.into_iter().map(|(key, value)| (key, plain(value))).collect())
            }
            toml::Value::String(text) => json!(text),
            toml::Value::Integer(number) => json!(number),
            toml::Value::Float(number) => json!(number),
            toml::Value::Boolean(flag) => json!(flag),
        }
    }
    plain(toml::Value::Table(toml::from_str(text).unwrap()))
}

/// What a schema of draft 7 has against a value, for the words that [`schema`] uses; none when it has nothing.
struct Checker<'s> {
    whole: &'s Json,
}

/// Words that say nothing about a value.
const SILENT: &[&str] = &["$schema", "title", "description", "definitions", "format", "then", "else"];

impl Checker<'_> {
    fn fault(&self, schema: &Json, value: &Json, at: &str) -> Option<String> {
        if let Some(reference) = schema.get("$ref") {
            let name = reference.as_str().unwrap().strip_prefix("#/definitions/").unwrap();
            let meant = self.whole["definitions"].get(name).unwrap_or_else(|| panic!("no definition {name}"));
            return self.fault(meant, value, at);
        }
        let words = schema.as_object().unwrap();
        words.iter().find_map(|(word, asked)| self.word(schema, word, asked, value, at))
    }

    fn word(&self, schema: &Json, word: &str, asked: &Json, value: &Json, at: &str) -> Option<String> {
        let wrong = |is: bool| (!is).then(|| format!("{at}: {word} {asked}"));
        let holds = |schema: &Json| self.fault(schema, value, at).is_none();
        match word {
            "type" => wrong(match asked.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_i64(),
                "boolean" => value.is_boolean(),
                other => panic!("the type {other}"),
            }),
            "const" => wrong(value == asked),
            "enum" => wrong(asked.as_array().unwrap().contains(value)),
            "minLength" => wrong(value.as_str().is_none_or(|text| !text.is_empty())),
            "maxLength" => {
                let most = usize::try_from(asked.as_u64().unwrap()).unwrap();
                wrong(value.as_str().is_none_or(|text| text.chars().count() <= most))
            }
            "minimum" => wrong(value.as_i64().is_none_or(|number| number >= asked.as_i64().unwrap())),
            "maximum" => wrong(value.as_i64().is_none_or(|number| number <= asked.as_i64().unwrap())),
            "pattern" => {
                let pattern = Regex::new(asked.as_str().unwrap()).unwrap();
                wrong(value.as_str().is_none_or(|text| pattern.is_match(text)))
            }
            "minProperties" => wrong(value.as_object().is_none_or(|it| !it.is_empty())),
            "maxProperties" => wrong(value.as_object().is_none_or(|it| it.len() < 2)),
            "minItems" => wrong(value.as_array().is_none_or(|it| !it.is_empty())),
            "contains" => wrong(
                value.as_array().is_none_or(|it| it.iter().any(|one| self.fault(asked, one, at).is_none())),
            ),
            "not" => wrong(!holds(asked)),
            "propertyNames" => value
                .as_object()?
                .keys()
                .find_map(|key| self.fault(asked, &json!(key), &format!("{at}.{key}"))),
            "required" => {
                let has = |key: &Json| value.get(key.as_str().unwrap()).is_some();
                wrong(!value.is_object() || asked.as_array().unwrap().iter().all(has))
            }
            "anyOf" => wrong(asked.as_array().unwrap().iter().any(holds)),
            "allOf" => asked.as_array().unwrap().iter().find_map(|one| self.fault(one, value, at)),
            "if" => self.fault(schema.get(if holds(asked) { "then" } else { "else" })?, value, at),
            "items" => value.as_array()?.iter().find_map(|one| self.fault(asked, one, &format!("{at}[]"))),
            "properties" => asked
                .as_object()
                .unwrap()
                .iter()
                .find_map(|(key, schema)| self.fault(schema, value.get(key)?, &format!("{at}.{key}"))),
            "patternProperties" => asked.as_object().unwrap().iter().find_map(|(pattern, schema)| {
                let pattern = Regex::new(pattern).unwrap();
                let mut fields = value.as_object()?.iter().filter(|(key, _)| pattern.is_match(key));
                fields.find_map(|(key, field)| self.fault(schema, field, &format!("{at}.{key}")))
            }),
            "additionalProperties" => value.as_object()?.iter().find_map(|(key, field)| {
                let known = schema.get("properties").is_some_and(|it| it.get(key).is_some());
                let patterns = schema.get("patternProperties").and_then(Json::as_object);
                let fits = |pattern: &String| Regex::new(pattern).unwrap().is_match(key);
                match asked {
                    _ if known || patterns.is_some_and(|it| it.keys().any(fits)) => None,
                    Json::Bool(false) => Some(format!("{at} has no key {key}")),
                    schema => self.fault(schema, field, &format!("{at}.{key}")),
                }
            }),
            silent if SILENT.contains(&silent) => None,
            other => panic!("the word {other} is not known here"),
        }
    }
}

fn check(text: &str) -> Option<String> {
    let whole = schema();
    Checker { whole: &whole }.fault(&whole, &as_json(text), "")
}

#[test]
fn every_shipped_set_keeps_the_schema() {
    for text in [
        include_str!("../../../sets/vn-office-2026.toml"),
        include_str!("../../../sets/vn-office-2020.toml"),
        include_str!("../../../sets/windows-11.toml"),
        include_str!("../../../sets/acceptance.toml"),
    ] {
        assert_eq!(check(text), None);
    }
}

/// A set in which every table stands that can, around these lines of its one rule.
fn whole(rule: &str) -> String {
    format!(
        r#"
[ruleset]
id = "a"
title = {{ vi = "Bộ", en = "Set" }}
in_force = {{ from = 2026-07-01 }}
[grades]
ready = {{ score = 85, coverage = 70 }}
needs_work = {{ score = 65 }}
[parameters.p]
type = "size"
title = {{ vi = "Bộ", en = "Set" }}
[[group]]
id = "g"
title = {{ vi = "Nhóm", en = "Group" }}
[remedy.m]
title = {{ vi = "Nhóm", en = "Group" }}
gives = {{ "memory.installed" = {{ add = "8 GiB" }} }}
[[rule]]
id = "r"
group = "g"
title = {{ vi = "Luật", en = "Rule" }}
fails = {{ vi = "Thiếu", en = "Missing" }}
severity = [{{ until = 2026-12-31, level = "minor" }}, {{ level = "major" }}]
source = {{ doc = {{ vi = "D", en = "E" }}, clause = "1" }}
remedies = ["m"]
{rule}
[[rule.for]]
roles = ["clerk"]
severity = "minor"
[[test]]
name = "t"
facts = {{ "memory.installed" = {{ unknown = "denied" }} }}
expect = {{ r = "unknown" }}
"#
    )
}

const PASS: &str = r#"pass = { "memory.installed" = { at_least = { parameter = "p" } } }"#;

#[test]
fn what_the_reader_refuses_the_schema_refuses() {
    let right = whole(PASS);
    assert_eq!(check(&right), None);
    assert!(RuleSet::parse("a.toml", &right).is_ok());
    for (from, to) in [
        ("in_force =", "in_farce ="),
        ("major", "huge"),
        ("clerk", "clerc"),
        ("at_least", "at_lest"),
        ("memory.installed\" = { at", "memory.instaled\" = { at"),
        ("add = \"8 GiB\"", "add = \"8 GiBs\""),
        ("add = \"8 GiB\"", "append = \"8 GiB\""),
        ("denied", "bored"),
        ("r = \"unknown\"", "r = \"maybe\""),
        ("type = \"size\"", "type = \"sizes\""),
        ("score = 85", "score = 185"),
        ("source = { doc", "source = { dok"),
        ("vi = \"Thiếu\"", "vi = \"Thiếu mọi thứ mà một danh sách máy không còn chỗ để nói\""),
        ("fails =", "fail ="),
        ("pass = ", "passes = "),
        ("parameter = \"p\"", "param = \"p\""),
    ] {
        let text = right.replacen(from, to, 1);
        assert_ne!(text, right, "{from} stands in it");
        assert!(RuleSet::parse("a.toml", &text).is_err(), "{to}: the reader");
        assert!(check(&text).is_some(), "{to}: the schema");
    }
}

#[test]
fn values_that_the_reader_refuses_the_schema_refuses() {
    let pc = |pass: &str| {
        whole(&format!(
            "{pass}\nwhen = {{ \"memory.installed\" = {{ at_least = {{ parameter = \"p\" }} }} }}"
        ))
    };
    let refused = [
        r#"pass = { "cpu.cores" = { one_of = [] } }"#,
        r#"pass = { "software.sources" = { only = [] } }"#,
        r#"pass = { any = [] }"#,
        r#"pass = { "battery.health" = { at_least = "150 %" } }"#,
        r#"pass = { "battery.health" = { at_least = 101 } }"#,
        r#"pass = { "board.firmware_date" = { at_least = "2020" } }"#,
        r#"pass = { "board.firmware_date" = { at_least = "35 days" } }"#,
        r#"pass = { "updates.checked_at" = { at_least = "35 days" } }"#,
        r#"pass = { "updates.checked_at" = { at_least = 2026-07-01T10:00:00 } }"#,
        r#"pass = { "os.dotnet" = { at_least = "mới nhất" } }"#,
        r#"pass = { "os.dotnet" = { at_least = "v4.8" } }"#,
        r#"pass = { "disk.drives" = { every = { "disk.drives.health" = { equals = "ok" } } } }"#,
    ];
    for pass in refused {
        assert!(RuleSet::parse("a.toml", &pc(pass)).is_err(), "{pass}: the reader");
        assert!(check(&pc(pass)).is_some(), "{pass}: the schema");
    }
    for pass in [
        r#"pass = { "cpu.cores" = { one_of = [2] } }"#,
        r#"pass = { "battery.health" = { one_of = ["100 %", "85%", "7", " 087.5 % ", 0] } }"#,
        r#"pass = { "board.firmware_date" = { at_least = 2020-01-01 } }"#,
        r#"pass = { "updates.checked_at" = { one_of = [2020-01-01, 2026-01-01T07:00:00+07:00, 2026-01-01T00:00:00.5Z] } }"#,
        r#"pass = { "os.dotnet" = { one_of = ["4.8", "4", "1.1.1w", "1:2.36-9+deb12u4~bpo1"] } }"#,
        r#"pass = { "disk.drives" = { every = { "cpu.cores" = { at_least = 4 } } } }"#,
    ] {
        assert_eq!(RuleSet::parse("a.toml", &pc(pass)).err(), None, "{pass}: the reader");
        assert_eq!(check(&pc(pass)), None, "{pass}: the schema");
    }
}

#[test]
fn tables_that_the_reader_refuses_the_schema_refuses() {
    let right = whole(PASS);
    for (from, to) in [
        ("roles = [\"clerk\"]", "roles = []"),
        ("{ level = \"major\" }]", "{ until = 2027-12-31, level = \"major\" }]"),
        ("[{ until = 2026-12-31, level = \"minor\" }, { level = \"major\" }]", "[]"),
        ("id = \"r\"", "id = \"bộ nhớ\""),
        ("id = \"a\"", "id = \"A\""),
        ("[remedy.m]", "[remedy.\"m 1\"]"),
        ("[parameters.p]", "[parameters.P]"),
    ] {
        let text = right.replacen(from, to, 1);
        assert_ne!(text, right, "{from} stands in it");
        assert!(RuleSet::parse("a.toml", &text).is_err(), "{to}: the reader");
        assert!(check(&text).is_some(), "{to}: the schema");
    }
    // What a PC reports is taken as it is.
    let reported = right
        .replace("{ \"memory.installed\" = { unknown = \"denied\" } }", "{ \"os.version\" = \"rolling\" }");
    assert_ne!(reported, right);
    assert!(RuleSet::parse("a.toml", &reported).is_ok());
    assert_eq!(check(&reported), None);
}

#[test]
fn rules_about_units_keep_the_schema() {
    let about = r#"about = "unit"
pass = { "unit.fit_share" = { at_least = 80 }, "unit.restore_tested_on" = { newer_than = "365 days" } }"#;
    // What a PC is asked is not asked of a unit.
    let right = whole(about)
        .replace("[[rule.for]]\nroles = [\"clerk\"]\nseverity = \"minor\"\n", "")
        .replace("gives = { \"memory.installed\" = { add = \"8 GiB\" } }\n", "")
        .replace("[parameters.p]\ntype = \"size\"\ntitle = { vi = \"Bộ\", en = \"Set\" }\n", "");
    assert_eq!(check(&right), None);
    assert_eq!(RuleSet::parse("a.toml", &right).unwrap().unit_rules.len(), 1);
    for (from, to) in [("\"unit\"", "\"units\""), ("unit.fit_share", "unit.fit"), ("365 days", "365 moons")] {
        let text = right.replacen(from, to, 1);
        assert!(RuleSet::parse("a.toml", &text).is_err(), "{to}: the reader");
        assert!(check(&text).is_some(), "{to}: the schema");
    }
}

/// The keys that the reader would have taken instead of this one, as its complaint lists them.
fn keys_of(text: &str) -> BTreeSet<String> {
    let complaints = RuleSet::parse("a.toml", text).expect_err(text);
    let about = complaints.iter().find(|complaint| complaint.text.contains("zzzzzz"));
    let told = about.and_then(|complaint| complaint.suggestion.clone()).expect(text);
    let mut keys = told.split('`').skip(1).step_by(2);
    keys.by_ref().map(str::to_owned).collect()
}

#[test]
fn each_table_has_the_keys_of_the_reader() {
    let schema = schema();
    let properties = |path: &str| -> BTreeSet<String> {
        let mut found = &schema;
        for part in path.split('/') {
            found = match found.get("$ref").and_then(Json::as_str) {
                Some(reference) => &schema["definitions"][reference.strip_prefix("#/definitions/").unwrap()],
                None => found,
            };
            found = match part.parse::<usize>() {
                Ok(index) => &found[index],
                Err(_) => &found[part],
            };
        }
        found["properties"].as_object().unwrap_or_else(|| panic!("{path}")).keys().cloned().collect()
    };
    let right = whole(PASS);
    let zzz = "zzzzzz = 1";
    for (from, to, path) in [
        ("[ruleset]", format!("{zzz}\n[ruleset]"), "."),
        ("[ruleset]", format!("[ruleset]\n{zzz}"), "properties/ruleset"),
        ("{ from", format!("{{ {zzz}, from"), "properties/ruleset/properties/in_force"),
        ("[grades]", format!("[grades]\n{zzz}"), "properties/grades"),
        ("ready = {", format!("ready = {{ {zzz},"), "properties/grades/properties/ready"),
        ("needs_work = {", format!("needs_work = {{ {zzz},"), "properties/grades/properties/needs_work"),
        ("[parameters.p]", format!("[parameters.p]\n{zzz}"), "definitions/parameter"),
        ("[[group]]", format!("[[group]]\n{zzz}"), "properties/group/items"),
        ("[remedy.m]", format!("[remedy.m]\n{zzz}"), "definitions/remedy"),
        ("[[rule]]", format!("[[rule]]\n{zzz}"), "definitions/rule"),
        ("[[rule.for]]", format!("[[rule.for]]\n{zzz}"), "definitions/rule/properties/for/items"),
        ("[[test]]", format!("[[test]]\n{zzz}"), "definitions/test"),
        ("title = {", format!("title = {{ {zzz},"), "definitions/both"),
        ("fails = {", format!("fails = {{ {zzz},"), "definitions/fails"),
        ("source = {", format!("source = {{ {zzz},"), "definitions/source"),
        ("{ until", format!("{{ {zzz}, until"), "definitions/severity/anyOf/1/items"),
        ("{ add", format!("{{ {zzz}, add"), "definitions/gives/properties/memory.installed/anyOf/1"),
        ("{ unknown", format!("{{ {zzz}, unknown"), "definitions/no_answer"),
        ("{ parameter", format!("{{ {zzz}, parameter"), "definitions/parameter_name"),
    ] {
        let text = right.replacen(from, &to, 1);
        assert_ne!(text, right, "{from} stands in it");
        let own = if path == "." {
            schema["properties"].as_object().unwrap().keys().cloned().collect()
        } else {
            properties(path)
        };
        assert_eq!(keys_of(&text), own, "{path}");
    }
    // What is asked of each kind, how it is counted, and what it becomes.
    let of_pcs = |(name, _): &(String, &Term)| !name.starts_with("unit.");
    for (name, term) in facts().filter(of_pcs) {
        let asked = whole(&format!("pass = {{ \"{name}\" = {{ zzzzzz = 1 }} }}"));
        let (path, given) = (
            format!("definitions/condition/properties/{name}"),
            format!("definitions/gives/properties/{name}/anyOf/1"),
        );
        let own = match schema["definitions"]["condition"]["properties"][&name].get("$ref") {
            Some(reference) => properties(reference.as_str().unwrap().strip_prefix("#/").unwrap()),
            None => properties(&path),
        };
        assert_eq!(keys_of(&asked), own, "{name}");
        let gives = right.replacen(
            "\"memory.installed\" = { add = \"8 GiB\" }",
            &format!("\"{name}\" = {{ zzzzzz = 1, absent = true }}"),
            1,
        );
        assert_eq!(keys_of(&gives), properties(&given), "{name}");
        if let Kind::Records(_) | Kind::Texts = term.kind {
            let counted = whole(&format!("pass = {{ \"{name}\" = {{ count = {{ zzzzzz = 1 }} }} }}"));
            let own = match term.kind {
                Kind::Texts => properties("definitions/bounds"),
                _ => properties(&format!("{path}/properties/count")),
            };
            let mut keys = keys_of(&counted);
            // The reader says of a list of texts by itself that `where` is not for it.
            if matches!(term.kind, Kind::Texts) {
                assert!(keys.remove("where"));
            }
            assert_eq!(keys, own, "{name}");
        }
    }
}

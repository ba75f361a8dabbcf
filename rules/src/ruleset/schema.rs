//! What may be written in a rule set, as a JSON Schema: editors complete names and underline slips while one writes.
//!
//! Draft 7, which the usual editors for TOML read. Made from what the reader itself goes by, the vocabulary and the
//! lists of words; the keys of each table are held by a test against what the reader says of a wrong one. A schema knows
//! less than the reader: not which ids exist, nor whether bounds exclude each other.

use serde_json::{Map, Value as Json, json};

use super::read::{ABOUTS, FAILS_CHARS_MAX, JUDGES, OUTCOMES, PARAMETER_TYPES, REASONS, ROLES, SEVERITIES};
use crate::condition::comparisons;
use crate::facts::{AREAS, Kind, Term};
use crate::quantity;

/// The schema of rule sets.
pub fn schema() -> Json {
    let mut definitions = Map::new();
    let mut define = |name: String, schema: Json| drop(definitions.insert(name, schema));
    define("text".to_owned(), json!({ "type": "string", "minLength": 1 }));
    define("id".to_owned(), json!({ "type": "string", "pattern": "^[a-z0-9-]+$" }));
    define("day".to_owned(), json!({ "type": "string", "format": "date", "pattern": format!("^{DAY}$") }));
    define("both".to_owned(), table(&["vi", "en"], [("vi", said()), ("en", said())]));
    define("fails".to_owned(), fails());
    define("role".to_owned(), words(ROLES.iter().map(|(word, _)| *word)));
    define("roles".to_owned(), full_list(reference("role")));
    define("severity".to_owned(), severity());
    define("source".to_owned(), source());
    define("parameter".to_owned(), parameter());
    define("remedy".to_owned(), remedy());
    define("rule".to_owned(), rule());
    define("test".to_owned(), test());
    define("condition".to_owned(), condition(None));
    define("gives".to_owned(), by_name(|name, kind| gift(Some(name), kind)));
    define("facts".to_owned(), by_name(|name, kind| answer(kind, Some(name))));
    define("no_answer".to_owned(), no_answer());
    define("parameter_name".to_owned(), table(&["parameter"], [("parameter", said())]));
    define("later".to_owned(), later());
    define("bounds".to_owned(), count(None));
    for kind in SIMPLE_KINDS {
        define(format!("a_{}", name_of(*kind)), operand(*kind));
        define(format!("asked_{}", name_of(*kind)), comparison(*kind, None));
    }
    for (name, terms) in lists() {
        define(format!("record:{name}"), condition(Some(terms)));
        define(format!("answers:{name}"), answers(terms));
        define(format!("values:{name}"), values(terms));
    }
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Sẵn Sàng: rule set",
        "description": "Rules by which PCs are judged.",
        "type": "object",
        "required": ["ruleset"],
        "additionalProperties": false,
        "properties": {
            "ruleset": ruleset(),
            "parameters": map(reference("id"), reference("parameter")),
            "grades": grades(),
            "group": list(table(&["id", "title"], [("id", reference("id")), ("title", reference("both"))])),
            "remedy": map(reference("id"), reference("remedy")),
            "rule": list(reference("rule")),
            "test": list(reference("test")),
        },
        "definitions": definitions,
    })
}

/// The schema as text, one line for each thing that may be written.
pub fn text() -> String {
    let mut text = String::new();
    write(&schema(), 0, &mut text);
    text.push('\n');
    text
}

/// How deep tables stand one key to a line.
const SPREAD_DEPTH: usize = 4;

fn write(schema: &Json, depth: usize, text: &mut String) {
    let indent = |depth: usize| format!("\n{}", "  ".repeat(depth));
    match schema {
        Json::Object(properties) if depth < SPREAD_DEPTH && !properties.is_empty() => {
            text.push('{');
            for (index, (key, value)) in properties.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                text.push_str(&format!("{}{}: ", indent(depth + 1), json!(key)));
                write(value, depth + 1, text);
            }
            text.push_str(&format!("{}}}", indent(depth)));
        }
        other => text.push_str(&other.to_string()),
    }
}

/// The kinds whose comparisons are the same wherever they stand.
const SIMPLE_KINDS: &[Kind] = &[
    Kind::Flag,
    Kind::Number,
    Kind::Bytes,
    Kind::Mhz,
    Kind::Percent,
    Kind::Days,
    Kind::Milliseconds,
    Kind::Date,
    Kind::Moment,
    Kind::Version,
    Kind::Text,
    Kind::Texts,
];

fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Flag => "flag",
        Kind::Number => "number",
        Kind::Bytes => "size",
        Kind::Mhz => "frequency",
        Kind::Percent => "share",
        Kind::Days => "days",
        Kind::Milliseconds => "span",
        Kind::Date => "date",
        Kind::Moment => "moment",
        Kind::Version => "version",
        Kind::Text => "text",
        Kind::Word(_) => "word",
        Kind::Texts => "texts",
        Kind::Records(_) => "records",
    }
}

fn ruleset() -> Json {
    table(
        &["id", "title", "in_force"],
        [
            ("id", reference("id")),
            ("title", reference("both")),
            ("in_force", table(&["from"], [("from", reference("day")), ("to", reference("day"))])),
            ("judges", words(JUDGES.iter().map(|(word, _)| *word))),
            ("extends", said()),
            ("remove", list(json!({ "type": "string" }))),
        ],
    )
}

fn grades() -> Json {
    let share = || json!({ "type": "integer", "minimum": 0, "maximum": 100 });
    table(
        &["ready", "needs_work"],
        [
            ("ready", table(&["score", "coverage"], [("score", share()), ("coverage", share())])),
            ("needs_work", table(&["score"], [("score", share())])),
        ],
    )
}

fn parameter() -> Json {
    let mut parameter = table(
        &[],
        [
            ("type", words(PARAMETER_TYPES.iter().map(|(word, _)| *word))),
            ("title", reference("both")),
            ("default", json!({})),
        ],
    );
    let of_type = |(word, kind): &(&str, Kind)| {
        json!({
            "if": { "properties": { "type": { "const": word } }, "required": ["type"] },
            "then": { "properties": { "default": value(*kind, None) } },
        })
    };
    parameter["allOf"] = PARAMETER_TYPES.iter().map(of_type).collect();
    parameter
}

fn severity() -> Json {
    let level = || words(SEVERITIES.iter().map(|(word, _)| *word));
    let stage = table(&["level"], [("until", reference("day")), ("level", level())]);
    let mut stages = full_list(stage);
    // The last one stays; that it is the last, a schema cannot say.
    stages["contains"] = json!({ "not": { "required": ["until"] } });
    json!({ "anyOf": [level(), stages] })
}

/// What a rule says of who does not pass it.
fn fails() -> Json {
    let said = || json!({ "type": "string", "minLength": 1, "maxLength": FAILS_CHARS_MAX });
    let mut schema = table(&["vi", "en"], [("vi", said()), ("en", said())]);
    schema["description"] = json!(
        "What is wrong with who does not pass, in part or at all: a short phrase that names the thing first, so that a cut keeps the meaning. Lists of machines, reports and the PC itself show it in place of the title, which says what passes."
    );
    schema
}

fn source() -> Json {
    table(
        &["doc"],
        [
            ("doc", json!({ "anyOf": [said(), reference("both")] })),
            ("clause", json!({ "anyOf": [json!({ "type": "string" }), reference("both")] })),
            ("from", reference("day")),
            ("to", reference("day")),
        ],
    )
}

fn remedy() -> Json {
    table(
        &["title"],
        [
            ("title", reference("both")),
            ("needs", reference("condition")),
            ("meets", said()),
            ("gives", reference("gives")),
            ("item", said()),
        ],
    )
}

/// The keys of a rule under which a condition stands: of the whole PC, or of one record of the list under `each`.
const CONDITIONS: &[&str] = &["when", "pass", "partial", "switched_off"];

fn rule() -> Json {
    let variant = table(
        &["roles"],
        [
            ("roles", reference("roles")),
            ("title", reference("both")),
            ("fails", reference("fails")),
            ("why", reference("both")),
            ("when", json!({})),
            ("severity", reference("severity")),
            ("pass", json!({})),
            ("partial", json!({})),
        ],
    );
    let mut rule = table(
        &["id", "group", "title", "severity", "source"],
        [
            ("id", reference("id")),
            ("formerly", list(said())),
            ("about", words(ABOUTS.iter().map(|(word, _)| *word))),
            ("group", said()),
            ("title", reference("both")),
            ("fails", reference("fails")),
            ("why", reference("both")),
            ("roles", reference("roles")),
            ("severity", reference("severity")),
            ("each", words(lists().map(|(name, _)| name))),
            ("meets", said()),
            ("for", list(variant)),
            ("remedies", list(said())),
            ("source", reference("source")),
        ]
        .into_iter()
        .chain(CONDITIONS.iter().map(|key| (*key, json!({})))),
    );
    let asks = |condition: Json| {
        let own = CONDITIONS.iter().map(|key| ((*key).to_owned(), condition.clone()));
        let variant = json!({
            "items": { "properties": { "when": condition, "pass": condition, "partial": condition } },
        });
        let properties: Map<String, Json> = own.chain([("for".to_owned(), variant)]).collect();
        json!({ "properties": properties })
    };
    let mut rules = vec![json!({
        "if": { "required": ["each"] }, "then": {}, "else": asks(reference("condition")),
    })];
    rules.extend(lists().map(|(name, _)| {
        json!({
            "if": { "properties": { "each": { "const": name } }, "required": ["each"] },
            "then": asks(reference(&format!("record:{name}"))),
        })
    }));
    rules.push(json!({ "anyOf": [{ "required": ["pass"] }, { "required": ["meets"] }] }));
    rule["allOf"] = Json::Array(rules);
    rule
}

fn test() -> Json {
    let outcome = words(OUTCOMES.iter().map(|(word, _)| *word));
    table(
        &["name", "expect"],
        [
            ("name", said()),
            ("facts", reference("facts")),
            ("role", reference("role")),
            ("day", reference("day")),
            ("parameters", json!({ "type": "object" })),
            ("expect", json!({ "type": "object", "minProperties": 1, "additionalProperties": outcome })),
        ],
    )
}

/// A condition about the whole PC, or about one record, whose fields may stand there by their bare names.
fn condition(record: Option<&'static [Term]>) -> Json {
    let own = record.map_or_else(
        || reference("condition"),
        |_| {
            // Within a record everything is asked of the same record.
            json!({ "type": "object" })
        },
    );
    let mut properties = Map::new();
    for (key, schema) in [("all", full_list(own.clone())), ("any", full_list(own.clone())), ("not", own)] {
        properties.insert(key.to_owned(), schema);
    }
    for term in record.into_iter().flatten() {
        properties.insert(term.name.to_owned(), described(term, asked(term.kind, None)));
    }
    let mut patterns = Map::new();
    patterns.insert("^parameter\\.".to_owned(), json!({ "type": "object" }));
    if record.is_none() {
        for (name, term) in facts() {
            properties.insert(name.clone(), described(term, asked(term.kind, Some(&name))));
        }
    } else {
        patterns.insert(format!("^({})\\.[a-z0-9_]+$", areas()), json!({ "type": "object" }));
    }
    json!({
        "type": "object",
        "minProperties": 1,
        "properties": properties,
        "patternProperties": patterns,
        "additionalProperties": false,
    })
}

fn areas() -> String {
    AREAS.iter().map(|area| area.name).collect::<Vec<_>>().join("|")
}

fn described(term: &Term, mut schema: Json) -> Json {
    // Beside a reference nothing else counts in draft 7, but editors show it all the same.
    schema["description"] = json!(format!("{} / {}", term.sentence().trim_end_matches('.'), term.vi));
    schema
}

/// What may be asked of a fact. `name` is its full name; none for a field of a record.
fn asked(kind: Kind, name: Option<&str>) -> Json {
    match kind {
        Kind::Word(_) | Kind::Records(_) => comparison(kind, name),
        _ => reference(&format!("asked_{}", name_of(kind))),
    }
}

fn comparison(kind: Kind, name: Option<&str>) -> Json {
    let one = || json!({ "anyOf": [operand_or_reference(kind), reference("parameter_name")] });
    let bound = || match kind {
        Kind::Date => {
            json!({ "anyOf": [operand_or_reference(kind), reference("parameter_name"), reference("later")] })
        }
        _ => one(),
    };
    let several = |element: Json| json!({ "anyOf": [full_list(element), reference("parameter_name")] });
    let days = || json!({ "anyOf": [reference("a_days"), reference("parameter_name")] });
    let record = || name.map_or(json!({ "type": "object" }), |name| reference(&format!("record:{name}")));
    let schema = |comparison: &str| match comparison {
        "equals" | "not_equals" => one(),
        "one_of" | "none_of" => several(one()),
        "at_least" | "at_most" | "more_than" | "less_than" => bound(),
        "contains" => json!({ "anyOf": [said(), reference("parameter_name")] }),
        "only" => several(json!({ "anyOf": [json!({ "type": "string" }), reference("parameter_name")] })),
        "matches" => json!({ "type": "string", "format": "regex", "minLength": 1 }),
        "newer_than" | "older_than" | "further_than" => days(),
        "absent" => json!({ "type": "boolean" }),
        "every" | "some" | "none" => record(),
        _ if matches!(kind, Kind::Records(_)) => count(name),
        _ => reference("bounds"),
    };
    let properties: Map<String, Json> =
        comparisons(kind).iter().map(|word| ((*word).to_owned(), schema(word))).collect();
    json!({
        "type": "object",
        "minProperties": 1,
        "properties": properties,
        "additionalProperties": false,
    })
}

/// How many records or texts: all, or those that are so.
fn count(list: Option<&str>) -> Json {
    let limit = json!({ "anyOf": [json!({ "type": "integer" }), reference("parameter_name")] });
    let bounds = ["equals", "at_least", "at_most", "more_than", "less_than"];
    let wanted = list.map(|name| ("where", reference(&format!("record:{name}"))));
    table(&[], bounds.map(|word| (word, limit.clone())).into_iter().chain(wanted))
}

/// A day that depends on a parameter, and on a number of days that may.
fn later() -> Json {
    let days = json!({ "anyOf": [reference("a_days"), reference("parameter_name")] });
    table(&["parameter", "plus"], [("parameter", said()), ("plus", days)])
}

fn operand_or_reference(kind: Kind) -> Json {
    match kind {
        Kind::Word(_) => operand(kind),
        _ => reference(&format!("a_{}", name_of(kind))),
    }
}

/// A value of this kind.
fn operand(kind: Kind) -> Json {
    let [sizes, rates, shares, spans] = quantity::unit_names();
    let quantity = |units: &[&str]| {
        let pattern = format!(r"^\s*-?[0-9]+(\.[0-9]+)?\s*({})\s*$", units.join("|"));
        json!({ "type": "string", "pattern": pattern })
    };
    match kind {
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number => json!({ "type": "integer" }),
        Kind::Bytes => quantity(&sizes),
        Kind::Mhz => quantity(&rates),
        Kind::Percent => json!({ "anyOf": [
            json!({ "type": "integer", "minimum": 0, "maximum": 100 }),
            json!({ "type": "string", "pattern": share(&shares) }),
        ] }),
        Kind::Days => json!({ "anyOf": [json!({ "type": "integer" }), quantity(&spans)] }),
        Kind::Milliseconds => quantity(&spans),
        Kind::Date => reference("day"),
        // A day, or a point in time with its zone.
        Kind::Moment => json!({ "type": "string", "pattern": format!("^{DAY}({TIME})?$") }),
        Kind::Version => {
            json!({ "type": "string", "pattern": r"^[0-9]([0-9A-Za-z._+~:-]*[0-9A-Za-z])?$" })
        }
        Kind::Text => json!({ "type": "string" }),
        Kind::Word(list) => words(list.iter().map(|word| word.word)),
        Kind::Texts => list(json!({ "type": "string" })),
        Kind::Records(_) => json!({ "type": "array" }),
    }
}

/// How days are written, and times of a day with their zone.
const DAY: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const TIME: &str = "[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?([Zz]|[+-][0-9]{2}:[0-9]{2})";

/// How shares are written: up to a hundred, with a fraction where the unit stands behind.
fn share(units: &[&str]) -> String {
    let unit = units.join("|");
    format!(r"^\s*0*(100|[0-9]{{1,2}})(\s*|([.][0-9]+)?\s*({unit})\s*)$")
}

/// A whole value: of a list, all its records.
fn value(kind: Kind, name: Option<&str>) -> Json {
    match (kind, name) {
        (Kind::Records(_), Some(name)) => list(reference(&format!("values:{name}"))),
        (Kind::Records(terms), None) => list(values(terms)),
        (Kind::Word(_), _) => operand(kind),
        _ => reference(&format!("a_{}", name_of(kind))),
    }
}

fn values(terms: &'static [Term]) -> Json {
    table(&[], terms.iter().map(|term| (term.name, value(term.kind, None))))
}

/// What a PC answered, in a test.
fn answer(kind: Kind, name: Option<&str>) -> Json {
    let known = match (kind, name) {
        (Kind::Records(_), Some(name)) => list(reference(&format!("answers:{name}"))),
        (Kind::Records(terms), None) => list(answers(terms)),
        (Kind::Word(_), _) => operand(kind),
        // A PC may report any text.
        (Kind::Version, _) => json!({ "type": "string" }),
        _ => reference(&format!("a_{}", name_of(kind))),
    };
    json!({ "anyOf": [known, reference("no_answer")] })
}

fn answers(terms: &'static [Term]) -> Json {
    table(&[], terms.iter().map(|term| (term.name, answer(term.kind, None))))
}

fn no_answer() -> Json {
    let reasons = words(REASONS.iter().map(|(word, ())| *word));
    let reason = json!({ "anyOf": [reasons, json!({ "type": "string", "pattern": "^failed: " })] });
    let mut schema = table(&[], [("unknown", reason), ("absent", json!({ "const": true }))]);
    schema["minProperties"] = json!(1);
    schema["maxProperties"] = json!(1);
    schema
}

/// What a fact becomes.
fn gift(name: Option<&str>, kind: Kind) -> Json {
    let becomes = |properties: Vec<(&'static str, Json)>| {
        let mut schema = table(&[], properties.into_iter().chain([("absent", json!({ "const": true }))]));
        schema["minProperties"] = json!(1);
        json!({ "anyOf": [value(kind, name), schema] })
    };
    match kind {
        Kind::Number | Kind::Bytes | Kind::Mhz | Kind::Percent | Kind::Days | Kind::Milliseconds => {
            becomes(vec![("add", value(kind, None)), ("at_least", value(kind, None))])
        }
        Kind::Date | Kind::Moment => {
            becomes(vec![("at_least", value(kind, None)), ("today", json!({ "const": true }))])
        }
        Kind::Version => becomes(vec![("at_least", value(kind, None))]),
        Kind::Texts => becomes(vec![("append", value(kind, None))]),
        Kind::Records(terms) => {
            let record =
                name.map_or(json!({ "type": "object" }), |name| reference(&format!("record:{name}")));
            becomes(vec![
                ("append", value(kind, name)),
                ("remove", record.clone()),
                ("where", record),
                ("set", values(terms)),
            ])
        }
        Kind::Flag | Kind::Text | Kind::Word(_) => becomes(Vec::new()),
    }
}

/// A table with all facts of the vocabulary, each with what `schema` makes of its name and kind.
fn by_name(schema: fn(&str, Kind) -> Json) -> Json {
    let properties: Map<String, Json> = facts()
        .map(|(name, term)| {
            let schema = schema(&name, term.kind);
            (name, schema)
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// Every fact with its full name.
fn facts() -> impl Iterator<Item = (String, &'static Term)> {
    AREAS
        .iter()
        .flat_map(|area| area.terms.iter().map(move |term| (format!("{}.{}", area.name, term.name), term)))
}

/// Every list of records with its full name.
fn lists() -> impl Iterator<Item = (String, &'static [Term])> {
    facts().filter_map(|(name, term)| match term.kind {
        Kind::Records(terms) => Some((name, terms)),
        _ => None,
    })
}

fn said() -> Json {
    reference("text")
}

fn reference(name: &str) -> Json {
    json!({ "$ref": format!("#/definitions/{name}") })
}

fn list(element: Json) -> Json {
    json!({ "type": "array", "items": element })
}

/// A list of at least one.
fn full_list(element: Json) -> Json {
    json!({ "type": "array", "minItems": 1, "items": element })
}

fn map(key: Json, element: Json) -> Json {
    json!({ "type": "object", "propertyNames": key, "additionalProperties": element })
}

fn words(words: impl Iterator<Item = impl Into<String>>) -> Json {
    json!({ "enum": words.map(Into::into).collect::<Vec<String>>() })
}

/// A table with these keys and no other, of which these must be there.
fn table<'k>(needed: &[&str], properties: impl IntoIterator<Item = (&'k str, Json)>) -> Json {
    let properties: Map<String, Json> =
        properties.into_iter().map(|(key, schema)| (key.to_owned(), schema)).collect();
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !needed.is_empty() {
        schema["required"] = json!(needed);
    }
    schema
}

#[cfg(test)]
mod tests;

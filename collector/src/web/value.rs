//! Facts in the reader's words: values with their units, and why there is none.

use rules::assess::SeenFact;
use rules::fact::{Fact, Reason};
use rules::facts::{self, AREAS, Kind, Seen, Term, Value};
use rules::ruleset::RuleSet;

use crate::lang::Lang;
use crate::web::format;
use crate::web::words::Words;

/// The dictionary entry of a full name: `memory.installed`, or `disk.drives.health` within a list.
pub fn term(name: &str) -> Option<&'static Term> {
    if let Some(place) = facts::find(name) {
        return Some(place.term());
    }
    let (list, field) = name.rsplit_once('.')?;
    match facts::find(list)?.term().kind {
        Kind::Records(terms) => terms.iter().find(|term| term.name == field),
        _ => None,
    }
}

/// What a fact is called.
pub fn label(lang: Lang, term: &'static Term) -> &'static str {
    lang.pick(term.vi, term.en)
}

/// What a fact that a rule saw is called, and what it said: a term of the vocabulary, or a parameter of the set.
pub fn seen(lang: Lang, w: &'static Words, set: Option<&RuleSet>, seen: &SeenFact) -> (String, String) {
    if let Some(term) = term(&seen.fact) {
        return (label(lang, term).to_owned(), kept(lang, w, term.kind, &seen.value));
    }
    let parameter = seen.fact.strip_prefix("parameter.").zip(set);
    match parameter.and_then(|(id, set)| set.parameters.iter().find(|parameter| parameter.id == id)) {
        Some(parameter) => {
            let title = lang.pick(&parameter.title.vi, &parameter.title.en).clone();
            (title, kept(lang, w, parameter.kind, &seen.value))
        }
        None => (seen.fact.clone(), seen.value.to_string()),
    }
}

/// What an area is called, and whether there is such an area.
pub fn area(lang: Lang, name: &str) -> Option<&'static str> {
    AREAS.iter().find(|area| area.name == name).map(|area| lang.pick(area.vi, area.en))
}

/// What a kind of value is called.
pub fn kind(w: &'static Words, kind: Kind) -> &'static str {
    match kind {
        Kind::Flag => &w.kind_flag,
        Kind::Number => &w.kind_number,
        Kind::Bytes => &w.kind_bytes,
        Kind::Mhz => "MHz",
        Kind::Percent => "%",
        Kind::Days => &w.kind_days,
        Kind::Milliseconds => &w.kind_milliseconds,
        Kind::Date => &w.kind_date,
        Kind::Moment => &w.kind_moment,
        Kind::Version => &w.kind_version,
        Kind::Text => &w.kind_text,
        Kind::Word(_) => &w.kind_word,
        Kind::Texts => &w.kind_texts,
        Kind::Records(_) => &w.kind_records,
    }
}

/// Why there is no answer, in words.
pub fn reason(w: &'static Words, reason: &Reason) -> &'static str {
    match reason {
        Reason::NotAsked => &w.reason_not_asked,
        Reason::NotSupported => &w.reason_not_supported,
        Reason::Denied => &w.reason_denied,
        Reason::TimedOut => &w.reason_timed_out,
        Reason::Failed(_) => &w.reason_failed,
    }
}

/// A known value with its unit. Lists of records give their number.
pub fn known(lang: Lang, w: &'static Words, kind: Kind, value: &Value<'_>) -> String {
    match value {
        Value::Flag(true) => w.yes.clone(),
        Value::Flag(false) => w.no.clone(),
        Value::Number(number) => quantity(lang, w, kind, *number),
        Value::Date(date) => format::date(*date),
        Value::Moment(at) => format::moment(*at),
        Value::Version(version) => version.0.clone(),
        Value::Text(text) => word(lang, kind, text),
        Value::Texts([]) => w.none.clone(),
        Value::Texts(texts) => texts.join(", "),
        Value::Records(records) => count(lang, w, records.count()),
    }
}

fn quantity(lang: Lang, w: &'static Words, kind: Kind, number: i64) -> String {
    match kind {
        Kind::Bytes => format::bytes(lang, number),
        Kind::Mhz => format!("{}\u{a0}MHz", format::number(lang, number)),
        Kind::Percent => format::percent(lang, number),
        Kind::Days => format::fill(&w.days, &[("n", &format::number(lang, number))]),
        Kind::Milliseconds => format::milliseconds(lang, number),
        Kind::Records(_) => count(lang, w, usize::try_from(number).unwrap_or_default()),
        // Ports and build numbers are names more than numbers.
        Kind::Number if (0..100_000).contains(&number) => number.to_string(),
        Kind::Flag
        | Kind::Number
        | Kind::Date
        | Kind::Moment
        | Kind::Version
        | Kind::Text
        | Kind::Word(_)
        | Kind::Texts => format::number(lang, number),
    }
}

fn count(lang: Lang, w: &'static Words, records: usize) -> String {
    let records = format::number(lang, i64::try_from(records).unwrap_or(i64::MAX));
    format::fill(&w.records_count, &[("n", &records)])
}

fn word(lang: Lang, kind: Kind, text: &str) -> String {
    let Kind::Word(words) = kind else { return text.to_owned() };
    let known = words.iter().find(|word| word.word == text);
    known.map_or_else(|| text.to_owned(), |word| lang.pick(word.vi, word.en).to_owned())
}

/// An answer in words, whatever it is.
pub fn answer(lang: Lang, w: &'static Words, kind: Kind, seen: &Seen<'_>) -> String {
    match seen {
        Fact::Known(value) => known(lang, w, kind, value),
        Fact::Absent => w.absent.clone(),
        Fact::Unknown(why) => format::fill(&w.unknown_because, &[("reason", reason(w, why))]),
    }
}

/// An answer as an assessment keeps it, in words.
pub fn kept(lang: Lang, w: &'static Words, kind: Kind, value: &serde_json::Value) -> String {
    use serde_json::Value as Json;

    match value {
        Json::Null => w.absent.clone(),
        Json::Bool(flag) => known(lang, w, kind, &Value::Flag(*flag)),
        Json::Number(number) => {
            number.as_i64().map_or_else(|| number.to_string(), |number| quantity(lang, w, kind, number))
        }
        Json::String(text) => kept_text(lang, w, kind, text),
        Json::Array(texts) if texts.is_empty() => w.none.clone(),
        Json::Array(texts) => {
            let texts: Vec<&str> = texts.iter().filter_map(Json::as_str).collect();
            texts.join(", ")
        }
        Json::Object(_) => {
            let fact: Fact<String> = serde_json::from_value(value.clone()).unwrap_or_default();
            match fact {
                Fact::Unknown(why) => format::fill(&w.unknown_because, &[("reason", reason(w, &why))]),
                Fact::Known(_) | Fact::Absent => value.to_string(),
            }
        }
    }
}

fn kept_text(lang: Lang, w: &'static Words, kind: Kind, text: &str) -> String {
    match kind {
        Kind::Date => text.parse().map_or_else(|_| text.to_owned(), format::date),
        Kind::Moment => text.parse().map_or_else(|_| text.to_owned(), format::moment),
        _ => known(lang, w, kind, &Value::Text(text)),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::json;

    use super::*;

    fn check(name: &str, value: serde_json::Value, expected: Expect) {
        let kind = term(name).unwrap().kind;
        let show = |lang| kept(lang, Words::of(lang), kind, &value);
        expected.assert_eq(&format!("{} | {}", show(Lang::Vi), show(Lang::En)));
    }

    #[test]
    fn values_with_their_units() {
        check("memory.installed", json!(8_589_934_592_i64), expect!["8\u{a0}GiB | 8\u{a0}GiB"]);
        check("board.secure_boot", json!(false), expect!["không | no"]);
        check("board.tpm", json!("off"), expect!["Có nhưng đang tắt | Switched off"]);
        check("disk.drives.health", json!("failing"), expect!["Sắp hỏng | Failing"]);
        check("disk.drives", json!(2), expect!["2 mục | 2 records"]);
        check("support.ends_on", json!("2025-10-14"), expect!["14/10/2025 | 14/10/2025"]);
        check("support.days_left", json!(-404), expect!["−404 ngày | −404 days"]);
        check(
            "updates.checked_at",
            json!("2026-11-21T18:05:00Z"),
            expect!["22/11/2026 01:05 | 22/11/2026 01:05"],
        );
        check("cpu.speed", json!(3400), expect!["3.400\u{a0}MHz | 3,400\u{a0}MHz"]);
        check("os.build", json!(26_200), expect!["26200 | 26200"]);
        check("cpu.features", json!([]), expect!["không có mục nào | none"]);
    }

    #[test]
    fn no_answer_is_said_with_its_reason() {
        check("board.tpm", json!(null), expect!["không có | absent"]);
        check(
            "board.tpm",
            json!({"unknown": "denied"}),
            expect!["chưa rõ (thiếu quyền đọc) | unknown (no right to look)"],
        );
        check(
            "board.tpm",
            json!({"unknown": "failed: no such device"}),
            expect!["chưa rõ (đọc bị lỗi) | unknown (the question failed)"],
        );
    }

    #[test]
    fn names_that_nobody_declared() {
        assert!(term("memory.colour").is_none());
        assert!(term("disk.drives.colour").is_none());
    }
}

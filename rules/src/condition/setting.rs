//! What stands for the parameters of a rule set: their defaults, or what a unit chose; and the exceptions that hold.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;

use super::Operand;
use crate::fact::Fact;
use crate::facts::{Kind, Seen, Value};
use crate::quantity::{Bytes, Days, Malformed, Mhz, Milliseconds, Percent, Version};
use crate::ruleset::letters;

/// What stands for each parameter of a set, in the order of the set.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub(crate) given: Vec<Option<Setting>>,
    /// What differs from the defaults, by name: part of the digest of an assessment.
    pub(crate) changed: BTreeMap<String, Json>,
    /// Rules that are waived, by id: part of the digest too.
    pub(crate) waived: BTreeSet<String>,
}

/// One value, or several of a list of texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Setting {
    pub(crate) operands: Vec<Operand>,
    /// The texts, where the parameter is a list of texts.
    pub(crate) texts: Option<Vec<String>>,
}

impl Settings {
    /// The same settings with exceptions (Vietnamese: ngoại lệ) from these rules: where one of them fails, in whole or
    /// in part, that is told and counts for nothing.
    #[must_use]
    pub fn waiving(mut self, rules: impl IntoIterator<Item = String>) -> Settings {
        self.waived.extend(rules);
        self
    }

    /// What differs from the defaults of the set, by name.
    pub fn changed(&self) -> &BTreeMap<String, Json> {
        &self.changed
    }

    /// The rules that are waived, by id.
    pub fn waived(&self) -> &BTreeSet<String> {
        &self.waived
    }

    /// The values of this parameter; none when nothing stands for it.
    pub(super) fn given(&self, parameter: usize) -> Option<&[Operand]> {
        self.given.get(parameter)?.as_ref().map(|setting| setting.operands.as_slice())
    }

    /// The parameter as conditions see it: absent when nothing stands for it.
    pub(super) fn answer(&self, parameter: usize) -> Seen<'_> {
        let Some(setting) = self.given.get(parameter).and_then(Option::as_ref) else { return Fact::Absent };
        match &setting.texts {
            Some(texts) => Fact::Known(Value::Texts(texts)),
            None => Fact::known_or_absent(setting.operands.first().and_then(Operand::value)),
        }
    }
}

impl Setting {
    pub(crate) fn one(operand: Operand) -> Setting {
        Setting { operands: vec![operand], texts: None }
    }

    pub(crate) fn texts(texts: Vec<String>) -> Setting {
        Setting { operands: texts.iter().cloned().map(Operand::Text).collect(), texts: Some(texts) }
    }

    /// Reads what a unit chose: sizes and spans as text with their unit, days as `2026-07-01`.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub(crate) fn read(kind: Kind, value: &Json) -> Result<Setting, Malformed> {
        if let (Kind::Texts, Json::Array(elements)) = (kind, value) {
            let whole = |element: &Json| element.as_str().map(|text| letters::whole(text).into_owned());
            let texts: Option<Vec<String>> = elements.iter().map(whole).collect();
            return texts.map(Setting::texts).ok_or_else(|| malformed(value, "[\"a\", \"b\"]"));
        }
        let text = value.as_str();
        let number = value.as_i64();
        let quantity = |read: Result<i64, Malformed>| read.map(Operand::Number);
        let operand = match (kind, text, number) {
            (Kind::Flag, _, _) => value.as_bool().map(Operand::Flag).ok_or_else(|| malformed(value, "true")),
            (Kind::Number, _, Some(number)) | (Kind::Days, _, Some(number)) => Ok(Operand::Number(number)),
            (Kind::Percent, _, Some(number)) => quantity(Percent::new(number).map(|share| share.0)),
            (Kind::Bytes, Some(text), _) => quantity(Bytes::parse(text).map(|bytes| bytes.0)),
            (Kind::Mhz, Some(text), _) => quantity(Mhz::parse(text).map(|rate| rate.0)),
            (Kind::Percent, Some(text), _) => quantity(Percent::parse(text).map(|share| share.0)),
            (Kind::Days, Some(text), _) => quantity(Days::parse(text).map(|days| days.0)),
            (Kind::Milliseconds, Some(text), _) => quantity(Milliseconds::parse(text).map(|span| span.0)),
            (Kind::Date, Some(text), _) => {
                text.parse::<Date>().map(Operand::Date).map_err(|_| malformed(value, "\"2026-07-01\""))
            }
            (Kind::Moment, Some(text), _) => text
                .parse::<Timestamp>()
                .map(Operand::Moment)
                .map_err(|_| malformed(value, "\"2026-07-01T00:00:00Z\"")),
            (Kind::Version, Some(text), _) => Version::written(text).map(Operand::Version),
            (Kind::Version, None, _) if value.is_number() => Err(malformed(value, &format!("\"{value}\""))),
            (Kind::Text, Some(text), _) => Ok(Operand::Text(letters::whole(text).into_owned())),
            (kind, _, _) => Err(malformed(value, example(kind))),
        };
        operand.map(Setting::one)
    }
}

fn malformed(value: &Json, example: &str) -> Malformed {
    Malformed { text: format!("{value} is of another kind"), suggestion: format!("write it as {example}") }
}

/// How a value of this kind is written.
pub(crate) fn example(kind: Kind) -> &'static str {
    match kind {
        Kind::Flag => "true",
        Kind::Number => "4",
        Kind::Bytes => "\"8 GiB\"",
        Kind::Mhz => "\"2 GHz\"",
        Kind::Percent => "85",
        Kind::Days => "35",
        Kind::Milliseconds => "\"5 minutes\"",
        Kind::Date => "\"2026-07-01\"",
        Kind::Moment => "\"2026-07-01T00:00:00Z\"",
        Kind::Version => "\"10.0.19045\"",
        Kind::Text | Kind::Word(_) => "a text",
        Kind::Texts | Kind::Records(_) => "[\"a\", \"b\"]",
    }
}

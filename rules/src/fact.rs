//! One answer about a PC: known, absent, or unknown with a reason.
//!
//! On the wire a fact is as small as it can be: `1000` is known, `null` is absent, `{"unknown": "denied"}` is
//! unknown, and a missing key is `not_asked`. A report of an older agent therefore loads in a newer
//! collector, and the other way round.

use std::borrow::{Borrow, Cow};
use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserialize, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// One answer. Where a value is only looked at, its reason is borrowed as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fact<T, R = Reason> {
    /// The PC answered with this value.
    Known(T),
    /// The PC was asked and has no such thing.
    Absent,
    /// Nobody could find out. This is never the same as "no".
    Unknown(R),
}

/// Why a fact is unknown.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// No probe asked.
    NotAsked,
    /// The platform has no way to answer.
    NotSupported,
    /// The agent lacks the right to look.
    Denied,
    /// The answer did not come in time.
    TimedOut,
    /// The question was asked and something went wrong, told in English.
    Failed(String),
}

impl Reason {
    /// The stable code, without the text of a failure.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::NotAsked => "not_asked",
            Reason::NotSupported => "not_supported",
            Reason::Denied => "denied",
            Reason::TimedOut => "timed_out",
            Reason::Failed(_) => "failed",
        }
    }

    fn parse(text: &str) -> Reason {
        match text {
            "not_asked" => Reason::NotAsked,
            "not_supported" => Reason::NotSupported,
            "denied" => Reason::Denied,
            "timed_out" => Reason::TimedOut,
            other => Reason::Failed(other.strip_prefix("failed: ").unwrap_or(other).to_owned()),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Failed(text) => write!(f, "failed: {text}"),
            Reason::NotAsked | Reason::NotSupported | Reason::Denied | Reason::TimedOut => {
                f.write_str(self.code())
            }
        }
    }
}

impl<T> Default for Fact<T> {
    fn default() -> Fact<T> {
        Fact::Unknown(Reason::NotAsked)
    }
}

impl<T> From<T> for Fact<T> {
    fn from(value: T) -> Fact<T> {
        Fact::Known(value)
    }
}

impl<T> Fact<T> {
    /// An answer that failed with this text.
    pub fn failed(text: impl Into<String>) -> Fact<T> {
        Fact::Unknown(Reason::Failed(text.into()))
    }
}

impl<T, R: Borrow<Reason>> Fact<T, R> {
    /// Whether no probe asked: such a fact is left out on the wire.
    pub fn is_not_asked(&self) -> bool {
        matches!(self, Fact::Unknown(reason) if *reason.borrow() == Reason::NotAsked)
    }
}

impl<T> Fact<T, &Reason> {
    /// The same answer, with a reason of its own.
    pub fn owned(self) -> Fact<T> {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(reason) => Fact::Unknown(reason.clone()),
        }
    }
}

impl<T, R> Fact<T, R> {
    /// Known when there is a value, absent when there is none.
    pub fn known_or_absent(value: Option<T>) -> Fact<T, R> {
        value.map_or(Fact::Absent, Fact::Known)
    }

    /// The value, if it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Fact::Known(value) => Some(value),
            Fact::Absent | Fact::Unknown(_) => None,
        }
    }

    /// The same answer about another value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Fact<U, R> {
        match self {
            Fact::Known(value) => Fact::Known(f(value)),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(reason) => Fact::Unknown(reason),
        }
    }

    /// The same answer to look at: value and reason are borrowed.
    pub fn peek(&self) -> Fact<&T, &R> {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(reason) => Fact::Unknown(reason),
        }
    }

    /// The next answer, which depends on this one.
    pub fn and_then<U>(self, f: impl FnOnce(T) -> Fact<U, R>) -> Fact<U, R> {
        match self {
            Fact::Known(value) => f(value),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(reason) => Fact::Unknown(reason),
        }
    }

    /// The same answer, borrowed.
    pub fn as_ref(&self) -> Fact<&T, R>
    where
        R: Clone,
    {
        match self {
            Fact::Known(value) => Fact::Known(value),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(reason) => Fact::Unknown(reason.clone()),
        }
    }
}

impl<T: Serialize> Serialize for Fact<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Fact::Known(value) => value.serialize(serializer),
            Fact::Absent => serializer.serialize_unit(),
            Fact::Unknown(reason) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("unknown", &reason.to_string())?;
                map.end()
            }
        }
    }
}

/// A leaf that does not read as its type becomes `failed`; it never spoils the rest of the report.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fact<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Fact<T>, D::Error> {
        deserializer.deserialize_any(FactVisitor(std::marker::PhantomData))
    }
}

struct FactVisitor<T>(std::marker::PhantomData<T>);

fn scalar<'de, T: Deserialize<'de>, E: de::Error>(value: impl IntoDeserializer<'de, E>) -> Fact<T> {
    match T::deserialize(value.into_deserializer()) {
        Ok(value) => Fact::Known(value),
        Err(error) => Fact::failed(error.to_string()),
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for FactVisitor<T> {
    type Value = Fact<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, null, or {\"unknown\": reason}")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Fact<T>, E> {
        Ok(Fact::Absent)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Fact<T>, E> {
        Ok(scalar::<T, E>(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Fact<T>, E> {
        Ok(scalar::<T, E>(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Fact<T>, E> {
        Ok(scalar::<T, E>(value))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Fact<T>, E> {
        Ok(scalar::<T, E>(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Fact<T>, E> {
        Ok(scalar::<T, E>(value))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Fact<T>, E> {
        Ok(scalar::<T, E>(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Fact<T>, A::Error> {
        T::deserialize(SeqAccessDeserializer::new(seq)).map(Fact::Known)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fact<T>, A::Error> {
        #[derive(serde::Deserialize)]
        struct Unknown<'a> {
            #[serde(borrow)]
            unknown: Cow<'a, str>,
        }
        let read = Unknown::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Fact::Unknown(Reason::parse(&read.unknown)))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    #[derive(Debug, Default, serde::Serialize, serde::Deserialize)]
    #[serde(default)]
    struct Box {
        #[serde(skip_serializing_if = "Fact::is_not_asked")]
        free: Fact<u64>,
        #[serde(skip_serializing_if = "Fact::is_not_asked")]
        tags: Fact<Vec<String>>,
    }

    fn check(json: &str, expected: Expect) {
        let read: Box = serde_json::from_str(json).unwrap();
        let written = serde_json::to_string(&read).unwrap();
        expected.assert_eq(&format!("{:?} | {:?} -> {written}", read.free, read.tags));
    }

    #[test]
    fn three_answers() {
        check(
            r#"{"free":1000,"tags":["a"]}"#,
            expect![[r#"Known(1000) | Known(["a"]) -> {"free":1000,"tags":["a"]}"#]],
        );
        check(r#"{"free":null}"#, expect![[r#"Absent | Unknown(NotAsked) -> {"free":null}"#]]);
        check(
            r#"{"free":{"unknown":"denied"},"tags":{"unknown":"failed: no disk"}}"#,
            expect![[
                r#"Unknown(Denied) | Unknown(Failed("no disk")) -> {"free":{"unknown":"denied"},"tags":{"unknown":"failed: no disk"}}"#
            ]],
        );
    }

    #[test]
    fn a_malformed_leaf_spoils_only_itself() {
        check(
            r#"{"free":"many","tags":["a"]}"#,
            expect![[
                r#"Unknown(Failed("invalid type: string \"many\", expected u64")) | Known(["a"]) -> {"free":{"unknown":"failed: invalid type: string \"many\", expected u64"},"tags":["a"]}"#
            ]],
        );
    }

    #[test]
    fn words_of_a_newer_agent_are_ignored() {
        check(r#"{"free":1,"colour":"green"}"#, expect!["Known(1) | Unknown(NotAsked) -> {\"free\":1}"]);
    }
}

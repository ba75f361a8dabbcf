//! Some areas of a report, read from its text without the others: most of a report is lists of programs and devices,
//! and who asks for the memory only need not build them.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor};

use crate::facts::Facts;

/// The facts of these areas, by name, in the text of a report; those of others stay as if they had not been asked.
///
/// # Errors
/// When the text is none of a report.
pub fn facts_of(text: &str, areas: &BTreeSet<&str>) -> serde_json::Result<Facts> {
    serde_json::Deserializer::from_str(text).deserialize_map(OfReport(areas))
}

struct OfReport<'a>(&'a BTreeSet<&'a str>);

impl<'de> Visitor<'de> for OfReport<'_> {
    type Value = Facts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut report: A) -> Result<Facts, A::Error> {
        let mut facts = None;
        while let Some(key) = report.next_key::<String>()? {
            match key.as_str() {
                "facts" => facts = Some(report.next_value_seed(OfFacts(self.0))?),
                _ => drop(report.next_value::<IgnoredAny>()?),
            }
        }
        facts.ok_or_else(|| A::Error::missing_field("facts"))
    }
}

struct OfFacts<'a>(&'a BTreeSet<&'a str>);

impl<'de> DeserializeSeed<'de> for OfFacts<'_> {
    type Value = Facts;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Facts, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OfFacts<'_> {
    type Value = Facts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the areas of a PC")
    }

    fn visit_map<A: MapAccess<'de>>(self, all: A) -> Result<Facts, A::Error> {
        Facts::deserialize(MapAccessDeserializer::new(Sieve { all, areas: self.0 }))
    }
}

/// Gives on what is asked for.
struct Sieve<'a, A> {
    all: A,
    areas: &'a BTreeSet<&'a str>,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Sieve<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while let Some(area) = self.all.next_key::<String>()? {
            if self.areas.contains(area.as_str()) {
                let area: StringDeserializer<A::Error> = area.into_deserializer();
                return seed.deserialize(area).map(Some);
            }
            self.all.next_value::<IgnoredAny>()?;
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.all.next_value_seed(seed)
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::fact::Fact;
    use crate::quantity::Bytes;
    use crate::report::{Report, WIRE};

    #[test]
    fn only_what_is_asked_for_is_read() {
        let mut facts = Facts::default();
        facts.memory.installed = Fact::Known(Bytes(8 << 30));
        facts.os.hostname = Fact::Known("PC-1".to_owned());
        facts.cpu.cores = Fact::Known(4);
        let report = Report {
            wire: WIRE,
            taken_at: Timestamp::UNIX_EPOCH,
            agent: String::new(),
            survey_ms: 0,
            facts,
            notes: vec![],
        };
        let text = serde_json::to_string(&report).unwrap();
        let mut wanted = Facts::default();
        assert_eq!(facts_of(&text, &BTreeSet::new()).unwrap(), wanted);
        wanted.memory.installed = Fact::Known(Bytes(8 << 30));
        wanted.cpu.cores = Fact::Known(4);
        assert_eq!(facts_of(&text, &BTreeSet::from(["cpu", "memory"])).unwrap(), wanted);
        let broken = [text.as_str().trim_end_matches('}'), "{}", "[]", r#"{"facts": 7}"#];
        for broken in broken {
            assert!(facts_of(broken, &BTreeSet::from(["memory"])).is_err(), "{broken}");
        }
    }
}

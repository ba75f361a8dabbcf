//! Some areas of a report, read from its text without the others: most of a report is lists of programs and devices,
//! and who asks for the memory only need not build them.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, StringDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor};

use crate::facts::Facts;

/// The facts of these areas, by name, in the text of a report; those of others stay as if they had not been asked. What
/// stands behind the last of them is not looked at.
///
/// # Errors
/// When the text until there is none of a report.
pub fn facts_of(text: &str, areas: &BTreeSet<&str>) -> serde_json::Result<Facts> {
    let mut facts = None;
    let whole =
        serde_json::Deserializer::from_str(text).deserialize_map(OfReport { areas, facts: &mut facts });
    match (facts, whole) {
        (Some(facts), _) => Ok(facts),
        (None, Err(error)) => Err(error),
        (None, Ok(())) => Err(serde_json::Error::missing_field("facts")),
    }
}

struct OfReport<'a> {
    areas: &'a BTreeSet<&'a str>,
    facts: &'a mut Option<Facts>,
}

impl<'de> Visitor<'de> for OfReport<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut report: A) -> Result<(), A::Error> {
        while let Some(key) = report.next_key::<String>()? {
            if key == "facts" {
                return report.next_value_seed(OfFacts(self));
            }
            report.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}

struct OfFacts<'a>(OfReport<'a>);

impl<'de> DeserializeSeed<'de> for OfFacts<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for OfFacts<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the areas of a PC")
    }

    fn visit_map<A: MapAccess<'de>>(self, all: A) -> Result<(), A::Error> {
        let OfReport { areas, facts } = self.0;
        *facts =
            Some(Facts::deserialize(MapAccessDeserializer::new(Sieve { all, areas, left: areas.len() }))?);
        Ok(())
    }
}

/// Gives on what is asked for, and ends when that is all.
struct Sieve<'a, A> {
    all: A,
    areas: &'a BTreeSet<&'a str>,
    left: usize,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Sieve<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, A::Error> {
        while self.left > 0
            && let Some(area) = self.all.next_key::<String>()?
        {
            if self.areas.contains(area.as_str()) {
                self.left -= 1;
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
        let until_memory = text.split_once(r#""memory""#).unwrap().0;
        let behind_memory = text.split_once(r#""disk""#).unwrap().0;
        assert_eq!(facts_of(behind_memory, &BTreeSet::from(["cpu", "memory"])).unwrap(), wanted);
        let broken = [until_memory, "{}", "[]", r#"{"facts": 7}"#, r#"{"facts": {"memory": 7}}"#];
        for broken in broken {
            assert!(facts_of(broken, &BTreeSet::from(["memory"])).is_err(), "{broken}");
        }
    }
}

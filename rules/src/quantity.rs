//! Quantities: one type and one unit for each kind, and how people write them.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! quantity {
    ($($(#[doc = $doc:literal])+ $name:ident;)+) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);
    )+};
}

quantity! {
    /// A size in bytes.
    Bytes;
    /// A frequency in MHz.
    Mhz;
    /// A share, 0 to 100.
    Percent;
    /// A number of days; negative is past.
    Days;
    /// A time span in milliseconds; negative is behind.
    Milliseconds;
}

/// One KiB in bytes.
pub const KIB: i64 = 1024;
/// One MiB in bytes.
pub const MIB: i64 = 1024 * KIB;
/// One GiB in bytes.
pub const GIB: i64 = 1024 * MIB;
/// One TiB in bytes.
pub const TIB: i64 = 1024 * GIB;

/// A version, compared part by part: numbers as numbers, words as words, a number after a word.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub String);

impl Version {
    /// A version from its text.
    pub fn new(text: impl Into<String>) -> Version {
        Version(text.into())
    }

    fn parts(&self) -> impl Iterator<Item = Part<'_>> {
        let bytes = self.0.as_bytes();
        let mut at = 0;
        std::iter::from_fn(move || {
            while at < bytes.len() && !bytes[at].is_ascii_alphanumeric() {
                at += 1;
            }
            let start = at;
            let digit = bytes.get(at)?.is_ascii_digit();
            while at < bytes.len() && bytes[at].is_ascii_alphanumeric() && bytes[at].is_ascii_digit() == digit
            {
                at += 1;
            }
            let text = self.0.get(start..at)?;
            Some(if digit { Part::Number(text.trim_start_matches('0')) } else { Part::Word(text) })
        })
    }
}

/// One part of a version. A number is its digits without leading zeros, so that no size overflows.
#[derive(PartialEq, Eq)]
enum Part<'a> {
    Word(&'a str),
    Number(&'a str),
}

impl Ord for Part<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Part::Word(a), Part::Word(b)) => a.cmp(b),
            (Part::Number(a), Part::Number(b)) => a.len().cmp(&b.len()).then_with(|| a.cmp(b)),
            (Part::Word(_), Part::Number(_)) => Ordering::Less,
            (Part::Number(_), Part::Word(_)) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Part<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Version) -> Ordering {
        let (mut left, mut right) = (self.parts(), other.parts());
        loop {
            match (left.next(), right.next()) {
                (None, None) => return Ordering::Equal,
                // 1.2 and 1.2.0 are the same, 1.2-rc1 is before 1.2.
                (None, Some(Part::Number(""))) | (Some(Part::Number("")), None) => continue,
                (None, Some(Part::Word(_))) | (Some(Part::Number(_)), None) => return Ordering::Greater,
                (Some(Part::Word(_)), None) | (None, Some(Part::Number(_))) => return Ordering::Less,
                (Some(a), Some(b)) => match a.cmp(&b) {
                    Ordering::Equal => continue,
                    unequal => return unequal,
                },
            }
        }
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Version) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Version) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(smaller: &str, larger: &str) {
        assert_eq!(Version::new(smaller).cmp(&Version::new(larger)), Ordering::Less, "{smaller} < {larger}");
        assert_eq!(
            Version::new(larger).cmp(&Version::new(smaller)),
            Ordering::Greater,
            "{larger} > {smaller}"
        );
    }

    #[test]
    fn versions_in_order() {
        check("9", "10");
        check("10.0.9200", "10.0.19045");
        check("10.0.19045.3803", "10.0.19045.4000");
        check("1.2-rc1", "1.2");
        check("1.2", "1.2.1");
        check("2.36-9+deb12u4", "2.36-9+deb12u10");
        check("", "1");
        check("99999999999999999998", "99999999999999999999");
    }

    #[test]
    fn equal_versions() {
        assert_eq!(Version::new("2.0"), Version::new("2"));
        assert_eq!(Version::new("22.04"), Version::new("22.4"));
        assert_eq!(Version::new(""), Version::new("..."));
    }
}

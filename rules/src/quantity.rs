//! Quantities: one type and one unit for each kind, and how people write them.

use std::cmp::Ordering;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::complaint::nearest;

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

/// A quantity that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// What is wrong.
    pub text: String,
    /// What would be right.
    pub suggestion: String,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.text, self.suggestion)
    }
}

impl std::error::Error for Malformed {}

/// A unit: its name and how many of the smallest unit it is.
type Unit = (&'static str, i64);

const SIZE_UNITS: &[Unit] = &[
    ("B", 1),
    ("KiB", KIB),
    ("MiB", MIB),
    ("GiB", GIB),
    ("TiB", TIB),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
];
const RATE_UNITS: &[Unit] = &[("MHz", 1), ("GHz", 1_000)];
const SHARE_UNITS: &[Unit] = &[("%", 1)];
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const TIME_UNITS: &[Unit] = &[
    ("ms", 1),
    ("s", 1_000),
    ("seconds", 1_000),
    ("second", 1_000),
    ("minutes", MINUTE),
    ("minute", MINUTE),
    ("hours", 60 * MINUTE),
    ("hour", 60 * MINUTE),
    ("days", DAY),
    ("day", DAY),
    ("weeks", 7 * DAY),
    ("week", 7 * DAY),
    ("months", 30 * DAY),
    ("month", 30 * DAY),
    ("years", 365 * DAY),
    ("year", 365 * DAY),
];

/// The names of the units of sizes, frequencies, shares and time spans.
pub(crate) fn unit_names() -> [Vec<&'static str>; 4] {
    [SIZE_UNITS, RATE_UNITS, SHARE_UNITS, TIME_UNITS]
        .map(|units| units.iter().map(|(name, _)| *name).collect())
}

/// Reads a number, with a fraction if need be, and a unit behind it. Rounds towards zero to the smallest unit.
fn read(text: &str, what: &str, example: &str, units: &[Unit]) -> Result<i64, Malformed> {
    let malformed = |text: String, suggestion: String| Malformed { text, suggestion };
    let names = || units.iter().map(|(name, _)| *name);
    let written = text.trim();
    let (negative, digits) = match written.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, written),
    };
    let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
    let (number, unit) = digits.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let unit = unit.trim();
    if let Some(rest) = unit.strip_prefix(',').filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        // As Vietnamese readers write it: dots between thousands, a comma before the fraction.
        let sign = if negative { "-" } else { "" };
        let pointed = format!("{sign}{}.{rest}", number.replace('.', ""));
        let right = read(&pointed, what, example, units).map(|_| format!("write a point: \"{pointed}\""));
        let suggestion = right.unwrap_or_else(|malformed| malformed.suggestion);
        return Err(malformed(format!("\"{text}\" has a comma before its fraction"), suggestion));
    }
    if whole.is_empty() || fraction.is_empty() || fraction.contains('.') {
        return Err(malformed(format!("\"{text}\" is no {what}"), format!("write it as \"{example}\"")));
    }
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        let known = names().collect::<Vec<_>>().join(", ");
        return Err(match (unit, nearest(unit, names())) {
            ("", _) => malformed(
                format!("\"{text}\" lacks a unit of {what}"),
                format!("write it as \"{example}\"; units are {known}"),
            ),
            (_, Some(near)) => malformed(
                format!("`{unit}` is no unit of {what}"),
                format!("did you mean \"{number} {near}\"? Units are {known}"),
            ),
            (_, None) => malformed(
                format!("`{unit}` is no unit of {what}"),
                format!("write it as \"{example}\"; units are {known}"),
            ),
        });
    };
    let total = || -> Option<i64> {
        let whole = whole.parse::<i64>().ok()?.checked_mul(*factor)?;
        // Nine digits of a fraction are more than anybody needs, and never overflow.
        let fraction: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
        let part = i128::from(fraction.parse::<i64>().ok()?) * i128::from(*factor) / 1_000_000_000;
        whole.checked_add(i64::try_from(part).ok()?)
    };
    match total() {
        Some(total) => Ok(if negative { -total } else { total }),
        None => {
            Err(malformed(format!("\"{text}\" is too large a {what}"), format!("write it as \"{example}\"")))
        }
    }
}

/// Writes tenths without a zero behind the point: 80 is `8`, 4769 is `476.9`.
fn write_tenths(f: &mut fmt::Formatter<'_>, tenths: i64, unit: &str) -> fmt::Result {
    let (whole, rest) = (tenths / 10, tenths.abs() % 10);
    let sign = if tenths < 0 && whole == 0 { "-" } else { "" };
    match rest {
        0 => write!(f, "{whole} {unit}"),
        rest => write!(f, "{sign}{whole}.{rest} {unit}"),
    }
}

/// How many tenths of `unit` this is, rounded to the nearest.
fn tenths_of(value: i64, unit: i64) -> i64 {
    let doubled = i128::from(value) * 20 / i128::from(unit);
    let tenths = (doubled + doubled.signum()) / 2;
    i64::try_from(tenths).unwrap_or(i64::MAX)
}

impl Bytes {
    /// Reads "8 GiB", "500 MB", "0 B".
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Bytes, Malformed> {
        read(text, "size", "8 GiB", SIZE_UNITS).map(Bytes)
    }
}

/// In the largest unit of 1024 that fits, with at most one digit of fraction: `8 GiB`, `476.9 GiB`.
impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("KiB", KIB), ("MiB", MIB), ("GiB", GIB), ("TiB", TIB)];
        let fitting = units.iter().rev().find(|(_, unit)| tenths_of(self.0, *unit).abs() >= 10);
        match fitting {
            Some((name, unit)) => write_tenths(f, tenths_of(self.0, *unit), name),
            None => write!(f, "{} B", self.0),
        }
    }
}

impl Mhz {
    /// Reads "2 GHz", "800 MHz".
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Mhz, Malformed> {
        read(text, "frequency", "2 GHz", RATE_UNITS).map(Mhz)
    }
}

/// `2.4 GHz` when that is exact, else `2394 MHz`.
impl fmt::Display for Mhz {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.unsigned_abs() >= 1_000 && self.0 % 100 == 0 {
            write_tenths(f, self.0 / 100, "GHz")
        } else {
            write!(f, "{} MHz", self.0)
        }
    }
}

impl Percent {
    /// Reads "85 %", "85".
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Percent, Malformed> {
        let bare = text.trim().bytes().all(|byte| byte.is_ascii_digit());
        let value = if bare {
            read(&format!("{text}%"), "share", "85 %", SHARE_UNITS)
        } else {
            read(text, "share", "85 %", SHARE_UNITS)
        }?;
        Percent::new(value)
    }

    /// A share, which is 0 to 100.
    ///
    /// # Errors
    /// Any other number.
    pub fn new(value: i64) -> Result<Percent, Malformed> {
        if (0..=100).contains(&value) {
            return Ok(Percent(value));
        }
        Err(Malformed {
            text: format!("{value} is no share"),
            suggestion: "a share is 0 to 100 %".to_owned(),
        })
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
    }
}

impl Days {
    /// Reads "35 days", "3 weeks", "6 months" (of 30 days), "5 years" (of 365 days), "48 hours", "-180 days".
    ///
    /// # Errors
    /// What is wrong, and what would be right; a span that is not whole days is wrong.
    pub fn parse(text: &str) -> Result<Days, Malformed> {
        let milliseconds = read(text, "time span", "35 days", TIME_UNITS)?;
        if milliseconds % DAY != 0 {
            return Err(Malformed {
                text: format!("\"{text}\" is not a whole number of days"),
                suggestion: "write it as \"35 days\"".to_owned(),
            });
        }
        Ok(Days(milliseconds / DAY))
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, if self.0.unsigned_abs() == 1 { "day" } else { "days" })
    }
}

impl Milliseconds {
    /// Reads "500 ms", "2 s", "5 minutes", "12 hours", "35 days".
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn parse(text: &str) -> Result<Milliseconds, Malformed> {
        read(text, "time span", "5 minutes", TIME_UNITS).map(Milliseconds)
    }
}

/// `500 ms`, `1.5 s`, `5 minutes`.
impl fmt::Display for Milliseconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => write!(f, "0 ms"),
            value if value % DAY == 0 => Days(value / DAY).fmt(f),
            value if value % MINUTE == 0 => {
                let minutes = value / MINUTE;
                write!(f, "{minutes} {}", if minutes.unsigned_abs() == 1 { "minute" } else { "minutes" })
            }
            value if value.unsigned_abs() >= 1_000 => write_tenths(f, tenths_of(value, 1_000), "s"),
            value => write!(f, "{value} ms"),
        }
    }
}

/// A version, compared part by part: numbers as numbers, words as words, a number after a word.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Version(pub String);

impl Version {
    /// A version from its text.
    pub fn new(text: impl Into<String>) -> Version {
        Version(text.into())
    }

    /// A version that a person wrote: a digit first, then digits, letters and signs without a gap. What PCs report is
    /// taken as it is; a word in a rule would be below every version, so that every PC had it.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn written(text: &str) -> Result<Version, Malformed> {
        if is_version(text) {
            return Ok(Version::new(text));
        }
        let pointed = text.replace(',', ".");
        let from_digit = pointed.trim_start_matches(|c: char| !c.is_ascii_digit());
        let run = from_digit.split(|c| !is_in_version(c)).next().unwrap_or_default();
        let meant = run.trim_end_matches(".x").trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let meant = if is_version(meant) { meant } else { VERSION_EXAMPLE };
        Err(Malformed {
            text: format!("\"{text}\" is no version"),
            suggestion: format!("a version is digits with points between: write \"{meant}\""),
        })
    }

    /// Whether this version begins with all parts of the other: 12.7 begins with 12, 120 does not.
    pub fn starts_with(&self, beginning: &Version) -> bool {
        let mut parts = self.parts();
        beginning.parts().all(|part| parts.next().is_some_and(|own| own == part))
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

/// A version to show how one is written.
const VERSION_EXAMPLE: &str = "4.8";

/// Whether this is how versions are written: 4.8, 1.1.1w, 6.1.7601, 1:2.36-9+deb12u4.
fn is_version(text: &str) -> bool {
    let is_part = |part: &str| !part.is_empty() && !part.eq_ignore_ascii_case("x");
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(is_in_version)
        && text.split('.').all(is_part)
}

fn is_in_version(c: char) -> bool {
    c.is_ascii_alphanumeric() || ".-_+~:".contains(c)
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
    use expect_test::{Expect, expect};

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

    #[test]
    fn a_version_begins_with_another() {
        let begins =
            |version: &str, beginning: &str| Version::new(version).starts_with(&Version::new(beginning));
        assert!(begins("12.7", "12") && begins("12", "12") && begins("22.04.3", "22.04"));
        assert!(!begins("120", "12") && !begins("12", "12.7") && !begins("1.2", "12"));
    }

    fn check_read<T: fmt::Display>(
        parse: fn(&str) -> Result<T, Malformed>,
        texts: &[&str],
        expected: Expect,
    ) {
        let line = |text: &&str| match parse(text) {
            Ok(value) => format!("{text} -> {value}\n"),
            Err(malformed) => format!("{text} -> ERROR {malformed}\n"),
        };
        expected.assert_eq(&texts.iter().map(line).collect::<String>());
    }

    #[test]
    fn sizes() {
        check_read(
            Bytes::parse,
            &[
                "8 GiB",
                "8GiB",
                "0 B",
                "500 MB",
                "1.5 TiB",
                "512110190592 B",
                "1023.99 GiB",
                "-3 KiB",
                "8 GiX",
                "8 gib",
                "8",
                "",
                "GiB",
                "1.2.3 GiB",
                "9999999999 TiB",
                "8 parsecs",
                "1. GiB",
            ],
            expect![[r#"
                8 GiB -> 8 GiB
                8GiB -> 8 GiB
                0 B -> 0 B
                500 MB -> 476.8 MiB
                1.5 TiB -> 1.5 TiB
                512110190592 B -> 476.9 GiB
                1023.99 GiB -> 1 TiB
                -3 KiB -> -3 KiB
                8 GiX -> ERROR `GiX` is no unit of size; did you mean "8 GiB"? Units are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB
                8 gib -> ERROR `gib` is no unit of size; did you mean "8 GiB"? Units are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB
                8 -> ERROR "8" lacks a unit of size; write it as "8 GiB"; units are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB
                 -> ERROR "" is no size; write it as "8 GiB"
                GiB -> ERROR "GiB" is no size; write it as "8 GiB"
                1.2.3 GiB -> ERROR "1.2.3 GiB" is no size; write it as "8 GiB"
                9999999999 TiB -> ERROR "9999999999 TiB" is too large a size; write it as "8 GiB"
                8 parsecs -> ERROR `parsecs` is no unit of size; write it as "8 GiB"; units are B, KiB, MiB, GiB, TiB, KB, MB, GB, TB
                1. GiB -> ERROR "1. GiB" is no size; write it as "8 GiB"
            "#]],
        );
    }

    #[test]
    fn rates_and_shares() {
        check_read(
            Mhz::parse,
            &["2 GHz", "2.4 GHz", "2394 MHz", "800 MHz", "2", "2 Ghz", "2 THz"],
            expect![[r#"
                2 GHz -> 2 GHz
                2.4 GHz -> 2.4 GHz
                2394 MHz -> 2394 MHz
                800 MHz -> 800 MHz
                2 -> ERROR "2" lacks a unit of frequency; write it as "2 GHz"; units are MHz, GHz
                2 Ghz -> ERROR `Ghz` is no unit of frequency; did you mean "2 GHz"? Units are MHz, GHz
                2 THz -> ERROR `THz` is no unit of frequency; did you mean "2 MHz"? Units are MHz, GHz
            "#]],
        );
        check_read(
            Percent::parse,
            &["85 %", "85%", "85", "0", "101", "-1 %", "85 percent", "many"],
            expect![[r#"
                85 % -> 85 %
                85% -> 85 %
                85 -> 85 %
                0 -> 0 %
                101 -> ERROR 101 is no share; a share is 0 to 100 %
                -1 % -> ERROR -1 is no share; a share is 0 to 100 %
                85 percent -> ERROR `percent` is no unit of share; write it as "85 %"; units are %
                many -> ERROR "many" is no share; write it as "85 %"
            "#]],
        );
    }

    #[test]
    fn time_spans() {
        check_read(
            Days::parse,
            &[
                "35 days",
                "1 day",
                "3 weeks",
                "6 months",
                "5 years",
                "48 hours",
                "12 hours",
                "-180 days",
                "35",
                "35 dayz",
                "soon",
            ],
            expect![[r#"
                35 days -> 35 days
                1 day -> 1 day
                3 weeks -> 21 days
                6 months -> 180 days
                5 years -> 1825 days
                48 hours -> 2 days
                12 hours -> ERROR "12 hours" is not a whole number of days; write it as "35 days"
                -180 days -> -180 days
                35 -> ERROR "35" lacks a unit of time span; write it as "35 days"; units are ms, s, seconds, second, minutes, minute, hours, hour, days, day, weeks, week, months, month, years, year
                35 dayz -> ERROR `dayz` is no unit of time span; did you mean "35 days"? Units are ms, s, seconds, second, minutes, minute, hours, hour, days, day, weeks, week, months, month, years, year
                soon -> ERROR "soon" is no time span; write it as "35 days"
            "#]],
        );
        check_read(
            Milliseconds::parse,
            &["500 ms", "2 s", "1500 ms", "5 minutes", "1 minute", "12 hours", "2 days", "0 s"],
            expect![[r#"
                500 ms -> 500 ms
                2 s -> 2 s
                1500 ms -> 1.5 s
                5 minutes -> 5 minutes
                1 minute -> 1 minute
                12 hours -> 720 minutes
                2 days -> 2 days
                0 s -> 0 ms
            "#]],
        );
    }

    #[test]
    fn small_negatives_keep_their_sign() {
        assert_eq!(Milliseconds(-1_500).to_string(), "-1.5 s");
        assert_eq!(Bytes(-KIB * 3 / 2).to_string(), "-1.5 KiB");
        assert_eq!(Bytes(i64::MAX).to_string(), "8388608 TiB");
        assert_eq!(Bytes(i64::MIN).to_string(), "-8388608 TiB");
        assert_eq!(Milliseconds(i64::MIN).to_string(), "-9223372036854775.8 s");
    }
}

//! The forms in which Windows keeps moments: dates of WMI, and tenths of microseconds since 1601.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

/// From 1601-01-01 to 1970-01-01.
const SECONDS_TO_EPOCH: i64 = 11_644_473_600;
const TICKS_A_SECOND: u64 = 10_000_000;

/// A date of WMI, to the second: `yyyymmddHHMMSS.mmmmmm+UUU`, the distance from UTC in minutes ("Date and time format"
/// of the WMI documents). None for anything else, and for dates that leave a part open with stars.
pub(super) fn dmtf(text: &str) -> Option<Timestamp> {
    let number = |from: usize, to: usize| -> Option<i16> {
        text.get(from..to).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
    };
    let small = |from, to| number(from, to).and_then(|number| i8::try_from(number).ok());
    let sign = match text.get(21..22)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let minutes = i32::from(number(22, 25)?);
    if text.len() != 25 || text.get(14..15) != Some(".") {
        return None;
    }
    let civil = DateTime::new(
        number(0, 4)?,
        small(4, 6)?,
        small(6, 8)?,
        small(8, 10)?,
        small(10, 12)?,
        small(12, 14)?,
        0,
    )
    .ok()?;
    let offset = Offset::from_seconds(sign * minutes * 60).ok()?;
    TimeZone::fixed(offset).to_timestamp(civil).ok()
}

/// Tenths of microseconds since 1601, UTC, to the second (FILETIME). None for 0, which is "never", and for what no
/// calendar holds.
pub(super) fn filetime(ticks: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(ticks / TICKS_A_SECOND).ok()?.checked_sub(SECONDS_TO_EPOCH)?;
    (ticks > 0).then(|| Timestamp::from_duration(SignedDuration::from_secs(seconds)).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(dmtf(text).map(|at| at.to_string()).as_deref(), expected, "{text}");
    }

    #[test]
    fn dates_of_wmi() {
        check("20261121091500.000000+000", Some("2026-11-21T09:15:00Z"));
        check("20261121161500.123456+420", Some("2026-11-21T09:15:00Z"));
        check("20261121051500.000000-240", Some("2026-11-21T09:15:00Z"));
        check("20261121******.000000+***", None);
        check("20261341091500.000000+000", None);
        check("20261121091500.000000 000", None);
        check("20261121091500.000000+00", None);
        check("11/21/2026", None);
        check("Thứ bảy, 21 tháng 11", None);
        check("", None);
    }

    #[test]
    fn ticks_since_1601() {
        assert_eq!(filetime(134_079_129_000_000_000).unwrap().to_string(), "2025-11-18T04:15:00Z");
        assert_eq!(filetime(0), None);
        assert_eq!(filetime(u64::MAX), None);
    }
}

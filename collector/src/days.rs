//! Days as people write them, on pages, in files and on the command line, and as readers read them.

use jiff::civil::Date;

use crate::lang::Lang;

/// The years that a day can be of: in no other does a unit begin, a machine stand or a decision come into force, and a
/// year of two digits is none.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2200;

/// The day that somebody wrote: 2026-12-31, or with day and month first 31/12/2026, 31-12-2026 and 31.12.2026; none when
/// it is none.
pub fn read(text: &str) -> Option<Date> {
    let text = text.trim();
    let day = match text.parse() {
        Ok(day) => day,
        Err(_) => {
            let parts: Vec<&str> = text.split(['/', '-', '.']).map(str::trim).collect();
            let [day, month, year] = parts.as_slice() else { return None };
            Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?
        }
    };
    Some(day).filter(|day| YEARS.contains(&day.year()))
}

/// A day as Vietnamese readers write it: 31/12/2026.
pub fn written(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year())
}

/// A day within a complaint: 31/12/2026 in Vietnamese, 2026-12-31 in English.
pub fn told(lang: Lang, day: Date) -> String {
    lang.pick(written(day), day.to_string())
}

/// A kept day, such as 2026-12-31, within a complaint; any other text as it is.
pub fn kept(lang: Lang, day: &str) -> String {
    day.parse().map_or_else(|_| day.to_owned(), |day| told(lang, day))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_as_people_write_them() {
        for text in ["2024-12-31", "31/12/2024", " 31-12-2024 ", "31.12.2024", "31 / 12 / 2024"] {
            assert_eq!(read(text), Some(date(2024, 12, 31)), "{text}");
        }
        assert_eq!(read("1/7/2025"), Some(date(2025, 7, 1)));
        for text in [
            "",
            "31/12",
            "2024-13-01",
            "12/31/2024",
            "31/02/2026",
            "1/1/24",
            "0024-01-01",
            "1/2/3/2024",
            "mai",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn days_as_readers_read_them() {
        assert_eq!(told(Lang::Vi, date(2025, 7, 1)), "01/07/2025");
        assert_eq!(told(Lang::En, date(2025, 7, 1)), "2025-07-01");
        assert_eq!(kept(Lang::Vi, "2025-07-01"), "01/07/2025");
        assert_eq!(kept(Lang::Vi, "?"), "?");
    }
}

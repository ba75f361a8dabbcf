//! Numbers, sizes, dates and addresses as people write them. Vietnam time is UTC+7 without exception.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use rules::quantity::{GIB, KIB, MIB, TIB};

use crate::days;
use crate::lang::Lang;
use crate::money::grouped;
use crate::web::words::Words;

/// Indochina time.
const VIETNAM: Offset = Offset::constant(7);

/// A text with its places in braces filled.
pub fn fill(text: &str, places: &[(&str, &str)]) -> String {
    places.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// A whole number: 13.020 in Vietnamese, 13,020 in English.
pub fn number(lang: Lang, number: i64) -> String {
    grouped(number, lang.pick('.', ','))
}

/// A change, with its sign.
pub fn signed(lang: Lang, change: i64) -> String {
    let sign = if change > 0 { "+" } else { "" };
    format!("{sign}{}", number(lang, change))
}

/// A change in tenths, with its sign.
pub fn signed_tenths(lang: Lang, tenths: i64) -> String {
    let sign = if tenths > 0 { "+" } else { "" };
    #[expect(clippy::cast_precision_loss, reason = "tenths of a percent are few")]
    let points = decimal(lang, tenths as f64 / 10.0, 1);
    format!("{sign}{points}")
}

/// A number with at most this many digits after the comma; zeros at the end are left out.
pub fn decimal(lang: Lang, value: f64, places: usize) -> String {
    let text = format!("{:.places$}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), |whole| number(lang, whole));
    let rest = rest.trim_end_matches('0');
    let sign = if value < 0.0 { "−" } else { "" };
    if rest.is_empty() {
        format!("{sign}{whole}")
    } else {
        format!("{sign}{whole}{}{rest}", lang.pick(',', '.'))
    }
}

/// A sum of money: 1.900.000 đồng.
pub fn money(lang: Lang, sum: i64) -> String {
    format!("{}\u{a0}{}", number(lang, sum), lang.pick("đồng", "VND"))
}

/// A share that is known already: 16 % in Vietnamese, 16% in English.
pub fn percent(lang: Lang, share: i64) -> String {
    format!("{}{}", number(lang, share), lang.pick("\u{a0}%", "%"))
}

/// A share of a whole, rounded to the nearest, except that some is never 0 % and not all is never 100 %; none of nothing.
pub fn share(lang: Lang, part: i64, whole: i64) -> String {
    match (part, whole) {
        (_, 0) => "—".to_owned(),
        (0, _) => percent(lang, 0),
        (part, whole) if part * 100 < whole => format!("<\u{a0}{}", percent(lang, 1)),
        (part, whole) if part >= whole => percent(lang, part * 100 / whole),
        (part, whole) => percent(lang, ((part * 200 + whole) / (whole * 2)).clamp(1, 99)),
    }
}

/// A size in binary units.
pub fn bytes(lang: Lang, bytes: i64) -> String {
    let (unit, name, places) = match bytes.abs() {
        size if size >= TIB => (TIB, "TiB", 2),
        size if size >= GIB => (GIB, "GiB", 1),
        size if size >= MIB => (MIB, "MiB", 0),
        size if size >= KIB => (KIB, "KiB", 0),
        _ => (1, "B", 0),
    };
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let value = bytes as f64 / unit as f64;
    format!("{}\u{a0}{name}", decimal(lang, value, places))
}

/// A time span in milliseconds.
pub fn milliseconds(lang: Lang, span: i64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let seconds = span as f64 / 1000.0;
    if span.abs() < 1000 {
        format!("{}\u{a0}ms", number(lang, span))
    } else {
        format!("{}\u{a0}s", decimal(lang, seconds, 1))
    }
}

/// A calendar day: 22/11/2026.
pub fn date(date: Date) -> String {
    days::written(date)
}

/// A point in time in Vietnam: 22/11/2026 07:41.
pub fn moment(at: Timestamp) -> String {
    let local = local(at);
    format!("{} {}", date(local.date()), time(at))
}

/// A point in time in Vietnam as programs read it: 2026-11-22 07:41.
pub fn iso_moment(at: Timestamp) -> String {
    format!("{} {}", local(at).date(), time(at))
}

/// The time of the day in Vietnam: 07:41.
pub fn time(at: Timestamp) -> String {
    let local = local(at);
    format!("{:02}:{:02}", local.hour(), local.minute())
}

/// The day in Vietnam.
pub fn day(at: Timestamp) -> Date {
    local(at).date()
}

fn local(at: Timestamp) -> DateTime {
    VIETNAM.to_datetime(at)
}

/// How long ago: the time today and yesterday, days for a month, then the date.
pub fn ago(w: &Words, at: Timestamp, now: Timestamp) -> String {
    let minutes = now.duration_since(at).as_mins();
    let days = day(at).until(day(now)).map_or(0, |span| span.get_days());
    let of = |text: &str, number: i64| fill(text, &[("n", &number.to_string())]);
    match (days, minutes) {
        (_, i64::MIN..0) => moment(at),
        (_, 0..2) => w.ago_now.clone(),
        (_, 2..60) => of(&w.ago_minutes, minutes),
        (0, _) => fill(&w.ago_today, &[("time", &time(at))]),
        (1, _) => fill(&w.ago_yesterday, &[("time", &time(at))]),
        (2..=30, _) => of(&w.ago_days, i64::from(days)),
        _ => date(day(at)),
    }
}

/// An address with these fields; empty ones are left out.
pub fn url(path: &str, fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = fields
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", encode(value)))
        .collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// A value as it stands in an address (RFC 3986, section 2.3: all but unreserved letters is escaped).
pub fn encode(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                encoded.push(char::from(byte))
            }
            byte => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A field of an address or a form, as a person wrote it. What is not UTF-8 becomes replacement characters.
pub fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match (byte, escaped(rest.clone())) {
            (b'+', _) => bytes.push(b' '),
            (b'%', Some(value)) => {
                bytes.push(value);
                rest.nth(1);
            }
            (byte, _) => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The byte that the next two hexadecimal digits spell.
fn escaped(mut ahead: std::str::Bytes<'_>) -> Option<u8> {
    let mut digit = || ahead.next().and_then(|byte| char::from(byte).to_digit(16));
    let (high, low) = (digit()?, digit()?);
    u8::try_from(high * 16 + low).ok()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn both(show: impl Fn(Lang) -> String, expected: Expect) {
        expected.assert_eq(&format!("{} | {}", show(Lang::Vi), show(Lang::En)));
    }

    #[test]
    fn numbers() {
        both(|lang| number(lang, 13_020), expect!["13.020 | 13,020"]);
        both(|lang| number(lang, 1_234_567), expect!["1.234.567 | 1,234,567"]);
        both(|lang| number(lang, -39), expect!["−39 | −39"]);
        both(|lang| decimal(lang, 1234.5, 1), expect!["1.234,5 | 1,234.5"]);
        both(|lang| decimal(lang, 8.0, 1), expect!["8 | 8"]);
        both(|lang| percent(lang, 94), expect!["94\u{a0}% | 94%"]);
        both(|lang| share(lang, 1, 13_020), expect!["<\u{a0}1\u{a0}% | <\u{a0}1%"]);
        both(|lang| share(lang, 2_114, 13_020), expect!["16\u{a0}% | 16%"]);
        both(|lang| share(lang, 0, 0), expect!["— | —"]);
        let told = |part, whole| share(Lang::En, part, whole);
        let shares = [(199, 300), (1, 3), (999, 1000), (10, 1000), (9, 1000), (5, 5), (7, 5), (-1, 5)];
        let shares = shares.map(|(part, whole)| told(part, whole));
        assert_eq!(shares, ["66%", "33%", "99%", "1%", "<\u{a0}1%", "100%", "140%", "<\u{a0}1%"]);
    }

    #[test]
    fn sizes() {
        both(|lang| bytes(lang, 8 * GIB), expect!["8\u{a0}GiB | 8\u{a0}GiB"]);
        both(|lang| bytes(lang, 256_060_514_304), expect!["238,5\u{a0}GiB | 238.5\u{a0}GiB"]);
        both(|lang| bytes(lang, 2 * TIB), expect!["2\u{a0}TiB | 2\u{a0}TiB"]);
        both(|lang| bytes(lang, 0), expect!["0\u{a0}B | 0\u{a0}B"]);
        both(|lang| milliseconds(lang, -1500), expect!["−1,5\u{a0}s | −1.5\u{a0}s"]);
    }

    #[test]
    fn times_are_those_of_vietnam() {
        let at: Timestamp = "2026-11-21T18:05:00Z".parse().unwrap();
        assert_eq!(moment(at), "22/11/2026 01:05");
        assert_eq!(iso_moment(at), "2026-11-22 01:05");
        assert_eq!(date(day(at)), "22/11/2026");
    }

    #[test]
    fn how_long_ago() {
        let now: Timestamp = "2026-11-22T02:00:00Z".parse().unwrap();
        let check = |at: &str, expected: Expect| {
            let at: Timestamp = at.parse().unwrap();
            both(|lang| ago(Words::of(lang), at, now), expected);
        };
        check("2026-11-22T01:59:30Z", expect!["vừa xong | just now"]);
        check("2026-11-22T01:41:00Z", expect!["19 phút trước | 19 minutes ago"]);
        check("2026-11-21T17:30:00Z", expect!["00:30 hôm nay | today 00:30"]);
        check("2026-11-21T16:30:00Z", expect!["23:30 hôm qua | yesterday 23:30"]);
        check("2026-11-13T16:30:00Z", expect!["9 ngày trước | 9 days ago"]);
        check("2026-01-13T16:30:00Z", expect!["13/01/2026 | 13/01/2026"]);
        check("2026-11-23T02:00:00Z", expect!["23/11/2026 09:00 | 23/11/2026 09:00"]);
    }

    #[test]
    fn fields_there_and_back() {
        for text in ["xã Nga Thắng", "a&b=c%d+e", "", "%zz", "100 %"] {
            assert_eq!(decode(&encode(text)), text);
        }
        assert_eq!(decode("a+b%20c%"), "a b c%");
        assert_eq!(url("/m", &[("q", "à"), ("g", "")]), "/m?q=%C3%A0");
    }
}

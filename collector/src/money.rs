//! Sums of money as people write them, for every field and every option: whole numbers, their digits in groups of three
//! if one likes.
//!
//! A separator is only taken for one between groups of three digits. Whatever else a point or a comma could be meant
//! for, such as a decimal sign, would make another sum of it, so it is refused.

use std::str::FromStr;

use crate::lang::Lang;

/// A number that is not written so that it can be meant in one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unclear;

/// The most that a year's budget can be, in million đồng: more is a sum in đồng, written into a field of millions.
pub const MILLIONS_MAX: i64 = 1_000_000;
/// The most that a year's budget can be, in đồng.
pub const DONG_MAX: i64 = MILLIONS_MAX * MILLION;
/// Đồng in a million.
pub const MILLION: i64 = 1_000_000;

/// A whole number that is not negative: `5000`, `5.000`, `5,000` and `5 000` are one; `5,5`, `4,82` and `1.500,5` are
/// none.
///
/// # Errors
/// Where a separator stands anywhere but between groups of three digits, or it is no number.
pub fn whole(text: &str) -> Result<i64, Unclear> {
    const SEPARATORS: [char; 4] = ['.', ',', ' ', '\u{a0}'];
    let text = text.trim();
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let Some(separator) = text.chars().find(|letter| SEPARATORS.contains(letter)) else {
        return if digits(text) { text.parse().map_err(|_| Unclear) } else { Err(Unclear) };
    };
    let mut groups = text.split(separator);
    let first = groups.next().unwrap_or_default();
    let is_first = digits(first) && first.len() <= 3 && !first.starts_with('0');
    let mut plain = first.to_owned();
    for group in groups {
        if !(digits(group) && group.len() == 3) {
            return Err(Unclear);
        }
        plain.push_str(group);
    }
    if is_first { plain.parse().map_err(|_| Unclear) } else { Err(Unclear) }
}

/// A whole number with its digits in groups of three.
pub fn grouped(number: i64, separator: char) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    if number < 0 { format!("−{text}") } else { text }
}

/// A whole number within a complaint: 10.000 in Vietnamese, 10000 in English.
pub(crate) fn told(lang: Lang, number: i64) -> String {
    lang.pick(grouped(number, '.'), number.to_string())
}

/// Why a budget in million đồng is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// It cannot be read.
    Unclear,
    /// It is surely meant in đồng, and comes to so many millions.
    Dong(i64),
}

/// A budget that was written in million đồng, in đồng.
///
/// # Errors
/// Why it is refused.
pub fn of_millions(text: &str) -> Result<i64, Refused> {
    let millions = whole(text).map_err(|Unclear| Refused::Unclear)?;
    if millions > MILLIONS_MAX {
        return Err(Refused::Dong((millions / MILLION).max(1)));
    }
    Ok(millions * MILLION)
}

/// A sum in đồng, as an option of a command has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dong(pub i64);

impl FromStr for Dong {
    type Err = String;

    fn from_str(text: &str) -> Result<Dong, String> {
        match whole(text) {
            Ok(sum) if sum <= DONG_MAX => Ok(Dong(sum)),
            Ok(_) => Err(format!("it is more than {DONG_MAX} đồng")),
            Err(Unclear) => Err("write whole đồng, such as 5000000000 or 5.000.000.000".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn only_groups_of_three_are_separated() {
        let written = [
            "5000",
            "5.000",
            "5,000",
            "5 000",
            "5\u{a0}000",
            " 12 ",
            "0",
            "1.234.567",
            "5,5",
            "5.5",
            "4,82",
            "1.500,5",
            "1.500,500",
            "0.500",
            "5.0000",
            ".500",
            "5.",
            "5..000",
            "-5",
            "+5",
            "5e3",
            "",
            "năm",
            "99999999999999999999",
        ];
        let told = written.map(|text| format!("{text}: {:?}", whole(text).ok()));
        expect![[r#"
            5000: Some(5000)
            5.000: Some(5000)
            5,000: Some(5000)
            5 000: Some(5000)
            5 000: Some(5000)
             12 : Some(12)
            0: Some(0)
            1.234.567: Some(1234567)
            5,5: None
            5.5: None
            4,82: None
            1.500,5: None
            1.500,500: None
            0.500: None
            5.0000: None
            .500: None
            5.: None
            5..000: None
            -5: None
            +5: None
            5e3: None
            : None
            năm: None
            99999999999999999999: None"#]]
        .assert_eq(&told.join("\n").replace('\u{a0}', " "));
    }

    #[test]
    fn a_budget_in_dong_is_told_from_one_in_millions() {
        assert_eq!(of_millions("5.500"), Ok(5_500_000_000));
        assert_eq!(of_millions("1.000.000"), Ok(1_000_000_000_000));
        assert_eq!(of_millions("5000000000"), Err(Refused::Dong(5_000)));
        assert_eq!(of_millions("5.000.000.000"), Err(Refused::Dong(5_000)));
        assert_eq!(of_millions("5,5"), Err(Refused::Unclear));
        assert_eq!("5.000.000.000".parse(), Ok(Dong(5_000_000_000)));
        assert!("5,5".parse::<Dong>().unwrap_err().contains("whole đồng"));
        assert!("1000000000001".parse::<Dong>().unwrap_err().contains("more than 1000000000000"));
    }
}

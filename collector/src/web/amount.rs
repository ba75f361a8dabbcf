//! Sums of money in Vietnamese words, as finance writes them below a table.

const DIGITS: [&str; 10] = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"];
/// What each group of three digits is called, from the right; after a billion they come again.
const GROUPS: [&str; 3] = ["", "nghìn", "triệu"];
const BILLION: u64 = 1_000_000_000;

/// A sum in đồng in words, with a capital: 38.300.000 is “Ba mươi tám triệu ba trăm nghìn đồng”.
pub fn in_words(sum: i64) -> String {
    let mut words = Vec::new();
    if sum < 0 {
        words.push("âm");
    }
    number(sum.unsigned_abs(), false, &mut words);
    words.push("đồng");
    let text = words.join(" ");
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The words of a number. One that `follows` another says its hundreds even where there are none.
fn number(number: u64, follows: bool, words: &mut Vec<&'static str>) {
    if number == 0 && !follows {
        words.push(DIGITS[0]);
        return;
    }
    let mut follows = follows;
    if number >= BILLION {
        self::number(number / BILLION, follows, words);
        words.push("tỷ");
        follows = true;
    }
    let below = number % BILLION;
    for (index, name) in GROUPS.iter().enumerate().rev() {
        let group = below / 1_000_u64.pow(u32::try_from(index).unwrap_or(0)) % 1_000;
        if group == 0 {
            continue;
        }
        three_digits(group, follows, words);
        if !name.is_empty() {
            words.push(name);
        }
        follows = true;
    }
}

fn three_digits(group: u64, follows: bool, words: &mut Vec<&'static str>) {
    let digit = |number: u64| usize::try_from(number % 10).unwrap_or(0);
    let (hundreds, tens, ones) = (digit(group / 100), digit(group / 10), digit(group));
    if hundreds > 0 || follows {
        words.extend([DIGITS[hundreds], "trăm"]);
    }
    match (tens, ones) {
        (0, 0) => {}
        (0, _) if hundreds > 0 || follows => words.push("lẻ"),
        (0, _) => {}
        (1, _) => words.push("mười"),
        _ => words.extend([DIGITS[tens], "mươi"]),
    }
    // Said otherwise behind tens: 21 is “mốt”, 15 is “lăm”.
    match (tens, ones) {
        (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (1.., 5) => words.push("lăm"),
        _ => words.push(DIGITS[ones]),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn sums_in_words() {
        let sums = [
            0,
            5,
            10,
            15,
            21,
            24,
            55,
            101,
            110,
            1_000,
            1_005,
            10_050,
            38_300_000,
            256_000_000,
            1_000_000_000,
            5_000_000_001,
            4_997_350_000,
            1_234_567_891_115,
            2_000_000_000_000_000_000,
            -1_500,
        ];
        let told: Vec<String> = sums.iter().map(|sum| format!("{sum}: {}", in_words(*sum))).collect();
        expect![[r#"
            0: Không đồng
            5: Năm đồng
            10: Mười đồng
            15: Mười lăm đồng
            21: Hai mươi mốt đồng
            24: Hai mươi bốn đồng
            55: Năm mươi lăm đồng
            101: Một trăm lẻ một đồng
            110: Một trăm mười đồng
            1000: Một nghìn đồng
            1005: Một nghìn không trăm lẻ năm đồng
            10050: Mười nghìn không trăm năm mươi đồng
            38300000: Ba mươi tám triệu ba trăm nghìn đồng
            256000000: Hai trăm năm mươi sáu triệu đồng
            1000000000: Một tỷ đồng
            5000000001: Năm tỷ không trăm lẻ một đồng
            4997350000: Bốn tỷ chín trăm chín mươi bảy triệu ba trăm năm mươi nghìn đồng
            1234567891115: Một nghìn hai trăm ba mươi bốn tỷ năm trăm sáu mươi bảy triệu tám trăm chín mươi mốt nghìn một trăm mười lăm đồng
            2000000000000000000: Hai tỷ tỷ đồng
            -1500: Âm một nghìn năm trăm đồng"#]].assert_eq(&told.join("\n"));
    }
}

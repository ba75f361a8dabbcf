//! Vietnamese text: folded for search, and put in the order of Vietnamese readers.
//!
//! The keys are plain ASCII, so every database orders them alike. Knows no locale of the system.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::lang::Lang;

/// The text for a search without accents: "Thanh Hóa" and "thanh hoá" both become "thanh hoa".
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded
            .extend(word.nfd().map(plain_d).flat_map(char::to_lowercase).filter(|c| !is_combining_mark(*c)));
    }
    folded
}

/// A key whose byte order is the order of Vietnamese readers: a ă â b c d đ e ê … o ô ơ … u ư …; tones (level,
/// falling, hooked, broken, rising, heavy) only break ties, wherever in the syllable they are written.
pub fn sort_key(text: &str) -> String {
    let mut letters = String::with_capacity(text.len() * 2);
    let mut tones = String::new();
    for word in text.split(|c: char| !(c.is_alphanumeric() || is_combining_mark(c))).filter(|w| !w.is_empty())
    {
        if !letters.is_empty() {
            letters.push('-');
        }
        tones.push(sort_word(word, &mut letters));
    }
    letters.push('!');
    letters + &tones
}

/// Writes the letters of one word and gives its tone.
fn sort_word(word: &str, letters: &mut String) -> char {
    let mut tone = '0';
    for character in word.nfd().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' => letters.extend([character, '0']),
            'đ' | 'ð' | 'ɖ' => letters.push_str("d1"),
            '0'..='9' => letters.extend(['0', character]),
            // Breve, circumflex and horn make another letter of the one before: ă, â, ê, ô, ơ, ư.
            '\u{306}' => raise(letters, '1'),
            '\u{302}' => raise(letters, if letters.ends_with("a0") { '2' } else { '1' }),
            '\u{31B}' => raise(letters, '2'),
            '\u{300}' => tone = '1',
            '\u{309}' => tone = '2',
            '\u{303}' => tone = '3',
            '\u{301}' => tone = '4',
            '\u{323}' => tone = '5',
            other if is_combining_mark(other) => {}
            other => letters.push_str(&format!("~{:05x}", u32::from(other))),
        }
    }
    tone
}

fn raise(letters: &mut String, rank: char) {
    if letters.ends_with('0') {
        letters.pop();
        letters.push(rank);
    }
}

/// Whether two names are one, but for spelling: capitals, spaces, and where the tone stands. "Thị Trấn Thanh Hoá" and
/// "Thị trấn Thanh Hóa" are one name; "Hóa" and "Hoa" are two.
pub fn is_same_name(one: &str, other: &str) -> bool {
    one == other || sort_key(one) == sort_key(other)
}

/// An encoding from before Unicode, as old machines and old documents still have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Legacy {
    /// Vietnamese of Windows: letters, and tones as characters of their own.
    Windows1258,
    /// TCVN 5712, also called ABC: fonts such as .VnTime.
    Tcvn3,
    /// VNI for Windows: fonts such as VNI-Times.
    Vni,
    /// UTF-8 that was read as if it were Windows-1252, and saved again.
    Twice,
}

impl Legacy {
    /// What it is and what to do, as the end of a complaint.
    pub fn advice(self, lang: Lang) -> &'static str {
        match self {
            Legacy::Windows1258 => lang.pick(
                "tệp dùng bảng mã Windows-1258, không phải UTF-8: hãy mở bằng chương trình đã tạo ra tệp, lưu lại dạng \
                 “CSV UTF-8” rồi thử lại",
                "the file is Windows-1258, not UTF-8: open it in the program that it comes from, save it as “CSV \
                 UTF-8” and try again",
            ),
            Legacy::Tcvn3 => lang.pick(
                "nội dung dùng bảng mã TCVN3 (ABC, phông chữ như .VnTime), không phải Unicode: hãy chuyển mã bằng bộ \
                 công cụ của UniKey (Ctrl + Shift + F6, từ TCVN3 sang Unicode), lưu lại dạng “CSV UTF-8” rồi thử lại",
                "the text is TCVN3 (ABC, fonts such as .VnTime), not Unicode: convert it with UniKey's toolkit (Ctrl + \
                 Shift + F6, from TCVN3 to Unicode), save it as “CSV UTF-8” and try again",
            ),
            Legacy::Vni => lang.pick(
                "nội dung dùng bảng mã VNI (phông chữ như VNI-Times), không phải Unicode: hãy chuyển mã bằng bộ công cụ \
                 của UniKey (Ctrl + Shift + F6, từ VNI Windows sang Unicode), lưu lại dạng “CSV UTF-8” rồi thử lại",
                "the text is VNI (fonts such as VNI-Times), not Unicode: convert it with UniKey's toolkit (Ctrl + Shift \
                 + F6, from VNI Windows to Unicode), save it as “CSV UTF-8” and try again",
            ),
            Legacy::Twice => lang.pick(
                "nội dung là UTF-8 nhưng đã bị mở như Windows-1252 rồi lưu lại: hãy lấy tệp trước lần lưu đó, mở dưới \
                 dạng UTF-8, lưu lại dạng “CSV UTF-8” rồi thử lại",
                "the text is UTF-8 that was read as Windows-1252 and saved again: go back to the file before that, open \
                 it as UTF-8, save it as “CSV UTF-8” and try again",
            ),
        }
    }

    /// Which of them these bytes are, that are not UTF-8; none when it cannot be told.
    pub fn of_bytes(bytes: &[u8]) -> Option<Legacy> {
        let (mut windows, mut tcvn3, mut vni) = (0_u32, 0_u32, 0_u32);
        for pair in bytes.windows(2) {
            let [before, here] = pair else { continue };
            // A tone is a character after its vowel: grave, hook, tilde, acute, dot.
            let vowel = is_ascii_vowel(*before)
                || matches!(
                    before,
                    0xC2 | 0xC3 | 0xCA | 0xD4 | 0xD5 | 0xDD | 0xE2 | 0xE3 | 0xEA | 0xF4 | 0xF5 | 0xFD
                );
            windows += u32::from(vowel && matches!(here, 0xCC | 0xD2 | 0xDE | 0xEC | 0xF2));
            // á, à, ả, ã, ạ, ă, â, ê, ô, ơ, ư, đ, Đ: among punctuation in every other encoding.
            tcvn3 += u32::from(
                before.is_ascii_alphabetic() && matches!(here, 0xA7..=0xAE | 0xB5..=0xB9 | 0xBB..=0xBE),
            );
            // Tones and marks after the plain vowel, as other letters.
            vni += u32::from(
                is_ascii_vowel(*before)
                    && matches!(
                        here,
                        0xD5 | 0xD8 | 0xD9 | 0xDB | 0xCF | 0xF5 | 0xF8 | 0xF9 | 0xFB | 0xEF | 0xE5 | 0xE4
                    ),
            );
        }
        let most = windows.max(tcvn3).max(vni);
        match most {
            0 => None,
            _ if windows == most => Some(Legacy::Windows1258),
            _ if tcvn3 == most => Some(Legacy::Tcvn3),
            _ => Some(Legacy::Vni),
        }
    }

    /// Which of them this text was before somebody saved it as Unicode, and the first line that says so.
    pub fn of_text(text: &str) -> Option<(Legacy, usize)> {
        text.lines().zip(1..).find_map(|(line, number)| Some((Legacy::of_line(line)?, number)))
    }

    fn of_line(line: &str) -> Option<Legacy> {
        let letters: Vec<char> = line.chars().collect();
        let at = |place: usize| letters.get(place).copied().unwrap_or(' ');
        let mut vni = 0;
        let mut before = ' ';
        for (place, here) in letters.iter().copied().enumerate() {
            let after = at(place + 1);
            let in_word =
                before.is_ascii_alphabetic() || (before.is_alphabetic() && after.is_ascii_alphabetic());
            // What UTF-8 begins with, followed by what it goes on with, each read as a character.
            let goes_on = matches!(after, '\u{80}'..='\u{BF}');
            let three = here == 'á' && matches!(after, '»' | 'º') && !matches!(at(place + 2), ' '..='~');
            if goes_on && matches!(here, 'Ã' | 'Ä' | 'Æ') || three {
                return Some(Legacy::Twice);
            }
            let tone =
                matches!(here, '¸' | 'µ' | '¶' | '·' | '¹' | '¨' | '©' | '¬' | '\u{AD}' | '¼' | '½' | '¾');
            let begins = matches!(here, '§' | '®') && after.is_alphabetic();
            let quotes = matches!(here, '«' | '»') && after.is_alphabetic();
            if in_word && (tone || quotes) || begins {
                return Some(Legacy::Tcvn3);
            }
            // None of these is a letter of Vietnamese, but for õ and ù, which stand after other vowels there.
            let marked = before.is_ascii() && u8::try_from(before).is_ok_and(is_ascii_vowel);
            let is_odd = matches!(
                here,
                'ø' | 'Ø' | 'û' | 'Û' | 'ï' | 'Ï' | 'ñ' | 'Ñ' | 'ö' | 'Ö' | 'å' | 'Å' | 'ä' | 'ë'
            );
            vni += usize::from(is_odd && (marked || before.is_ascii_alphabetic() || after.is_alphabetic()));
            before = here;
        }
        // One such letter may be a foreign name.
        (vni >= 2).then_some(Legacy::Vni)
    }
}

fn is_ascii_vowel(byte: u8) -> bool {
    matches!(byte.to_ascii_lowercase(), b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Đ does not decompose. People also type the Icelandic Ð and the African Ɖ, which look the same.
fn plain_d(character: char) -> char {
    match character {
        'đ' | 'Đ' | 'ð' | 'Ð' | 'ɖ' | 'Ɖ' => 'd',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_needs_no_accents() {
        for (text, folded) in [
            ("Thanh Hóa", "thanh hoa"),
            ("Thanh  Hoá\n", "thanh hoa"),
            ("Phường Văn Miếu - Quốc Tử Giám", "phuong van mieu - quoc tu giam"),
            ("Xã Ứng Hòa", "xa ung hoa"),
            ("Nguyễn Thị Ngọc Ẩn", "nguyen thi ngoc an"),
            ("ĐẮK LẮK, Ðà Nẵng, Ɖồng", "dak lak, da nang, dong"),
            ("", ""),
        ] {
            assert_eq!(fold(text), folded);
            let decomposed: String = text.nfd().collect();
            assert_eq!(fold(&decomposed), folded, "decomposed");
        }
    }

    #[test]
    fn readers_find_their_order() {
        let ordered = [
            "2 tháng 9",
            "An",
            "Ăn",
            "Ân",
            "Ba",
            "Bà",
            "Bả",
            "Bã",
            "Bá",
            "Bạ",
            "Ba Đình",
            "Bà Triệu",
            "Băng",
            "Cầu",
            "Dân",
            "Đan",
            "Đông",
            "Em",
            "Êm",
            "Hoa",
            "Hóa",
            "Hoàn Kiếm",
            "Ông",
            "Ơn",
            "Tu",
            "Tư",
            "Từ",
            "Vinh",
        ];
        let mut keys: Vec<(String, &str)> = ordered.iter().map(|name| (sort_key(name), *name)).collect();
        keys.reverse();
        keys.sort();
        assert_eq!(keys.into_iter().map(|(_, name)| name).collect::<Vec<_>>(), ordered);
    }

    #[test]
    fn both_tone_placements_are_one() {
        assert_eq!(sort_key("Thanh Hóa"), sort_key("Thanh Hoá"));
        assert_eq!(sort_key("Thủy"), sort_key("Thuỷ"));
        assert_ne!(sort_key("Thanh Hóa"), sort_key("Thanh Hoa"));
    }

    #[test]
    fn keys_are_plain() {
        assert_eq!(sort_key("Đỗ Ước 1"), "d1o1-u2o2c0-01!340");
        assert!(sort_key("日本 Ω").is_ascii());
    }
}

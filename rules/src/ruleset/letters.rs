//! Vietnamese letters: whole ones from pieces, and plain ones for names.
//!
//! A text that was copied from the name of a file or from a PDF may have each letter and its marks one after the other
//! (Unicode NFD). It looks the same, but PCs report whole letters (NFC), and no comparison would ever hold. Vietnamese has
//! so few letters that they stand here: the tables of all of Unicode would make the agent larger than its rules.

use std::borrow::Cow;

/// Each vowel without a tone, then with each of [`TONES`].
const VOWELS: [&str; 12] = [
    "aàảãáạ",
    "ăằẳẵắặ",
    "âầẩẫấậ",
    "eèẻẽéẹ",
    "êềểễếệ",
    "iìỉĩíị",
    "oòỏõóọ",
    "ôồổỗốộ",
    "ơờởỡớợ",
    "uùủũúụ",
    "ưừửữứự",
    "yỳỷỹýỵ",
];

/// The marks of the tones: huyền, hỏi, ngã, sắc, nặng.
const TONES: [char; 5] = ['\u{300}', '\u{309}', '\u{303}', '\u{301}', '\u{323}'];

/// The marks that make another vowel, and of which one which.
const SHAPES: [(char, char, char); 6] = [
    ('\u{306}', 'a', 'ă'),
    ('\u{302}', 'a', 'â'),
    ('\u{302}', 'e', 'ê'),
    ('\u{302}', 'o', 'ô'),
    ('\u{31b}', 'o', 'ơ'),
    ('\u{31b}', 'u', 'ư'),
];

/// The text with whole letters. Pieces that make no Vietnamese letter stay.
pub(crate) fn whole(text: &str) -> Cow<'_, str> {
    let is_mark = |c: char| TONES.contains(&c) || SHAPES.iter().any(|(mark, ..)| *mark == c);
    // All of these signs begin with one of two bytes, which other letters of Vietnamese do not have.
    let may_have_marks = text.bytes().any(|byte| byte == 0xCC || byte == 0xCD);
    if !may_have_marks || !text.contains(is_mark) {
        return Cow::Borrowed(text);
    }
    let mut whole = String::with_capacity(text.len());
    for c in text.chars() {
        let joined = whole.chars().next_back().filter(|_| is_mark(c)).and_then(|last| joined(last, c));
        if joined.is_some() {
            whole.pop();
        }
        whole.push(joined.unwrap_or(c));
    }
    Cow::Owned(whole)
}

/// The letter with this mark on it; none where there is no such letter.
fn joined(letter: char, mark: char) -> Option<char> {
    let (row, tone) = place(letter)?;
    let (row, tone) = match TONES.iter().position(|one| *one == mark) {
        Some(given) if tone == 0 => (row, given + 1),
        Some(_) => return None,
        None => {
            let of = |(_, from, _): &&(char, char, char)| row.starts_with(*from);
            let (.., into) = SHAPES.iter().filter(|(shape, ..)| *shape == mark).find(of)?;
            (place(*into)?.0, tone)
        }
    };
    let joined = row.chars().nth(tone)?;
    if letter.is_uppercase() { joined.to_uppercase().next() } else { Some(joined) }
}

/// The vowel that a letter is, and its tone.
fn place(letter: char) -> Option<(&'static str, usize)> {
    let letter = letter.to_lowercase().next()?;
    VOWELS.iter().find_map(|row| Some((*row, row.chars().position(|one| one == letter)?)))
}

/// The letter without marks, in lower case.
pub(super) fn plain(letter: char) -> char {
    let vowel = place(letter).and_then(|(row, _)| row.chars().next());
    match vowel.or_else(|| letter.to_lowercase().next()) {
        Some('ă' | 'â') => 'a',
        Some('ê') => 'e',
        Some('ô' | 'ơ') => 'o',
        Some('ư') => 'u',
        Some('đ') => 'd',
        Some(other) => other,
        None => letter,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In pieces, the marks below before those above, as Unicode orders them; or tone last, as people type.
    const PIECES: &[(&str, &str)] = &[
        ("Co\u{302}\u{301}c", "Cốc"),
        ("bo\u{323}\u{302}", "bộ"),
        ("bo\u{302}\u{323}", "bộ"),
        ("bô\u{323}", "bộ"),
        ("NHO\u{31b}\u{301}", "NHỚ"),
        ("du\u{31b}\u{323}", "dự"),
        ("A\u{323}\u{306}", "Ặ"),
        ("y\u{309}", "ỷ"),
        ("ứ", "ứ"),
        ("a\u{301}\u{301}", "á\u{301}"),
        ("\u{301}a", "\u{301}a"),
        ("m\u{306}", "m\u{306}"),
        ("u\u{308}", "u\u{308}"),
        ("", ""),
    ];

    #[test]
    fn pieces_become_letters() {
        for (pieces, letters) in PIECES {
            assert_eq!(whole(pieces), *letters, "{pieces:?}");
            assert_eq!(whole(letters), *letters, "twice is once");
        }
        assert!(matches!(whole("tiếng Việt"), Cow::Borrowed(_)));
    }

    #[test]
    fn every_letter_has_a_plain_one() {
        let plain: String = "Bộ nhớ ĐỦ ẵ ỷ ư 8".chars().map(plain).collect();
        assert_eq!(plain, "bo nho du a y u 8");
    }

    #[test]
    fn every_vowel_has_every_tone_once() {
        let mut all: Vec<char> = VOWELS.iter().flat_map(|row| row.chars()).collect();
        assert_eq!(all.len(), 12 * 6);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 12 * 6);
    }
}

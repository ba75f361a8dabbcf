//! A regular expression that says "no" quickly.
//!
//! A PC has hundreds of programs, and a rule asks for a few names among them. `regex-lite` needs about a microsecond
//! a name, so most names are sent away earlier: a pattern that can only match where one of some literal texts
//! stands ("winrar", "kmspico") is not tried on a text that has none of them. The texts are looked for with the
//! shifts of Wu and Manber, "A Fast Algorithm for Multi-Pattern Searching" (1994), ASCII case ignored.

use std::fmt;
use std::iter::Peekable;
use std::str::Chars;

use regex_lite::{Regex, RegexBuilder};

/// Most memory that a compiled pattern may take, in bytes: the steps for each character of a text are in proportion. The
/// largest of those that ship takes a fifth.
const COMPILED_BYTES_MAX: usize = 64 * 1024;

/// A compiled regular expression.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    regex: Regex,
    needles: Option<Needles>,
    enough: Enough,
}

/// What a needle in the text comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Enough {
    /// A match, wherever it stands.
    Anywhere,
    /// A match where the text begins with it.
    AtTheStart,
    /// The pattern has to be tried.
    Never,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Pattern) -> bool {
        self.text() == other.text()
    }
}

impl Pattern {
    /// As it was written.
    pub(super) fn text(&self) -> &str {
        self.regex.as_str()
    }

    /// Texts of which one stands in every match, ASCII case ignored; none when there are no such.
    pub(super) fn needles(&self) -> Option<&[String]> {
        self.needles.as_ref().map(|needles| needles.needles.as_slice())
    }

    /// Compiles a pattern.
    ///
    /// # Errors
    /// What `regex-lite` has against it.
    pub(crate) fn new(text: &str) -> Result<Pattern, regex_lite::Error> {
        let regex = RegexBuilder::new(text).size_limit(COMPILED_BYTES_MAX).build()?;
        if let Some((enough, literals)) = literals_of(text)
            && let Some(needles) = Needles::new(literals)
        {
            return Ok(Pattern { regex, needles: Some(needles), enough });
        }
        Ok(Pattern { regex, needles: needles_of(text).and_then(Needles::new), enough: Enough::Never })
    }

    /// Whether it matches somewhere in the text.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        let Some(needles) = &self.needles else { return self.regex.is_match(text) };
        match self.enough {
            Enough::Anywhere => needles.stand_in(text.as_bytes()),
            Enough::AtTheStart => needles.begin(text.as_bytes()),
            Enough::Never => needles.stand_in(text.as_bytes()) && self.regex.is_match(text),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.regex.fmt(f)
    }
}

/// Texts of which at least one stands in every match.
#[derive(Debug, Clone)]
pub(super) struct Needles {
    needles: Vec<String>,
    /// Length of the shortest, in bytes.
    shortest: usize,
    /// How far the window may move on when it ends in this pair of bytes.
    shifts: Vec<u8>,
    /// Where the window ends in this pair and may not move on: the first needle to compare, one more; 0 for none.
    heads: Vec<u16>,
    /// The next needle to compare, likewise.
    nexts: Vec<u16>,
}

/// Fewer bytes than this are in almost every text.
const SHORTEST_MIN: usize = 2;

impl Needles {
    pub(super) fn new(needles: Vec<String>) -> Option<Needles> {
        let shortest = needles.iter().map(String::len).min()?;
        if shortest < SHORTEST_MIN {
            return None;
        }
        let furthest = u8::try_from(shortest - 1).unwrap_or(u8::MAX);
        let mut shifts = vec![furthest; 1024];
        for needle in &needles {
            for (index, pair) in needle.as_bytes().windows(2).take(shortest - 1).enumerate() {
                let shift = &mut shifts[pair_index(pair[0], pair[1])];
                *shift = (*shift).min(u8::try_from(shortest - 2 - index).unwrap_or(u8::MAX));
            }
        }
        let mut heads = vec![0; 1024];
        let mut nexts = vec![0; needles.len()];
        for (index, needle) in needles.iter().enumerate() {
            let end = needle.as_bytes().get(shortest - 2..shortest)?;
            let head: &mut u16 = &mut heads[pair_index(end[0], end[1])];
            nexts[index] = *head;
            *head = u16::try_from(index + 1).ok()?;
        }
        Some(Needles { needles, shortest, shifts, heads, nexts })
    }

    /// Whether one of them stands in the text.
    fn stand_in(&self, text: &[u8]) -> bool {
        self.walk(text, |_| true)
    }

    /// Whether the text begins with one of them.
    fn begin(&self, text: &[u8]) -> bool {
        self.needles.iter().any(|needle| {
            text.get(..needle.len()).is_some_and(|start| start.eq_ignore_ascii_case(needle.as_bytes()))
        })
    }

    /// Tells every needle that stands in the text, as often as it does.
    pub(super) fn each_in(&self, text: &[u8], mut found: impl FnMut(usize)) {
        self.walk(text, |needle| {
            found(needle);
            false
        });
    }

    /// Tells each needle that stands in the text, until `found` has enough.
    fn walk(&self, text: &[u8], mut found: impl FnMut(usize) -> bool) -> bool {
        let mut end = self.shortest;
        while let Some([first, second]) = text.get(end - 2..end) {
            let pair = pair_index(*first, *second);
            let shift = self.shifts[pair];
            if shift == 0 {
                let rest = &text[end - self.shortest..];
                let mut at = usize::from(self.heads[pair]);
                while let Some(index) = at.checked_sub(1) {
                    let needle = self.needles[index].as_bytes();
                    let part = rest.get(..needle.len());
                    if part.is_some_and(|part| part.eq_ignore_ascii_case(needle)) && found(index) {
                        return true;
                    }
                    at = usize::from(self.nexts[index]);
                }
            }
            end += usize::from(shift.max(1));
        }
        false
    }
}

/// The five low bits of both bytes: the same for both cases of a letter.
fn pair_index(first: u8, second: u8) -> usize {
    usize::from(first & 31) << 5 | usize::from(second & 31)
}

/// The texts that this pattern, which compiles, is a plain choice of, with letters of either case, and where they may
/// stand; none when it is anything else.
fn literals_of(pattern: &str) -> Option<(Enough, Vec<String>)> {
    let body = pattern.strip_prefix("(?i)")?;
    let (enough, body) = match body.strip_prefix('^') {
        Some(body) => (Enough::AtTheStart, body),
        None => (Enough::Anywhere, body),
    };
    let choice = body.strip_prefix('(').and_then(|body| body.strip_suffix(')'));
    // The sign for the start belongs to the first branch only, where no brackets stand around all of them.
    if choice.is_none() && enough == Enough::AtTheStart && body.contains('|') {
        return None;
    }
    let is_plain = |part: &str| !part.is_empty() && !part.contains(|c| r"\.+*?()[]{}^$".contains(c));
    let parts = choice.unwrap_or(body).split('|').map(|part| is_plain(part).then(|| part.to_owned()));
    Some((enough, parts.collect::<Option<_>>()?))
}

/// Texts of which at least one stands in every match of this pattern, which compiles; none when there are no such,
/// or when that cannot be told.
fn needles_of(pattern: &str) -> Option<Vec<String>> {
    let body = pattern.strip_prefix("(?i)").unwrap_or(pattern);
    let mut parser = Parser { chars: body.chars().peekable() };
    let needles = parser.alternation()?;
    // A parenthesis too many would mean that the pattern was not understood.
    if parser.chars.next().is_some() { None } else { needles }
}

/// Reads as much of a pattern as is needed to find literal texts. `None` means "not understood".
struct Parser<'a> {
    chars: Peekable<Chars<'a>>,
}

enum Atom {
    Literal(char),
    /// A group, with the texts of which one stands in it.
    Group(Option<Vec<String>>),
    /// Something that matches one of several characters, or none.
    Other,
}

#[derive(PartialEq, Eq)]
enum Repeat {
    Once,
    AtLeastOnce,
    PerhapsNever,
}

impl Parser<'_> {
    fn alternation(&mut self) -> Option<Option<Vec<String>>> {
        let mut union = Some(Vec::new());
        loop {
            let branch = self.sequence()?;
            union = union.zip(branch).map(|(mut union, branch)| {
                union.extend(branch);
                union
            });
            if self.chars.next_if_eq(&'|').is_none() {
                return Some(union);
            }
        }
    }

    /// One branch: of all its parts that must be there, the one with the longest texts.
    fn sequence(&mut self) -> Option<Option<Vec<String>>> {
        let mut best: Option<Vec<String>> = None;
        let mut offer = |needles: Vec<String>| {
            let length = |needles: &Vec<String>| needles.iter().map(String::len).min().unwrap_or(0);
            if length(&needles) > best.as_ref().map_or(0, length) {
                best = Some(needles);
            }
        };
        let mut run = String::new();
        while let Some(next) = self.chars.peek().copied() {
            if next == '|' || next == ')' {
                break;
            }
            let atom = self.atom()?;
            let repeat = self.repeat()?;
            match atom {
                Atom::Literal(c) if repeat != Repeat::PerhapsNever => run.push(c),
                Atom::Literal(_) | Atom::Group(_) | Atom::Other => offer(vec![std::mem::take(&mut run)]),
            }
            if repeat != Repeat::Once {
                offer(vec![std::mem::take(&mut run)]);
            }
            if let Atom::Group(Some(needles)) = atom
                && repeat != Repeat::PerhapsNever
            {
                offer(needles);
            }
        }
        offer(vec![run]);
        Some(best)
    }

    fn atom(&mut self) -> Option<Atom> {
        match self.chars.next()? {
            '(' => {
                if self.chars.next_if_eq(&'?').is_some() {
                    self.chars.next_if_eq(&':')?;
                }
                let needles = self.alternation()?;
                self.chars.next_if_eq(&')')?;
                Some(Atom::Group(needles))
            }
            '[' => self.class(),
            '.' | '^' | '$' => Some(Atom::Other),
            '\\' => match self.chars.next()? {
                '<' | '>' => Some(Atom::Other),
                c if c.is_ascii_punctuation() => Some(Atom::Literal(c)),
                'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'b' | 'B' | 'A' | 'z' => Some(Atom::Other),
                _ => None,
            },
            c if c.is_ascii() => Some(Atom::Literal(c)),
            _ => Some(Atom::Other),
        }
    }

    /// The rest of a class in brackets. Classes within classes are not understood.
    fn class(&mut self) -> Option<Atom> {
        self.chars.next_if_eq(&'^');
        self.chars.next_if_eq(&']');
        loop {
            match self.chars.next()? {
                ']' => return Some(Atom::Other),
                '[' => return None,
                '\\' => {
                    self.chars.next()?;
                }
                _ => {}
            }
        }
    }

    fn repeat(&mut self) -> Option<Repeat> {
        let mut repeat = Repeat::Once;
        while let Some(sign) = self.chars.next_if(|c| matches!(c, '?' | '*' | '+' | '{')) {
            if sign == '{' {
                while self.chars.next()? != '}' {}
            }
            // A lone `+` keeps its atom; anything behind it, and anything else, is taken for "perhaps never".
            repeat = if sign == '+' && repeat == Repeat::Once {
                Repeat::AtLeastOnce
            } else {
                Repeat::PerhapsNever
            };
        }
        Some(repeat)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;

    fn check(patterns: &[&str], expected: Expect) {
        let told = patterns.iter().map(|text| {
            Regex::new(text).unwrap();
            format!("{text} -> {:?}\n", needles_of(text))
        });
        expected.assert_eq(&told.collect::<String>());
    }

    #[test]
    fn the_texts_that_must_stand_in_a_match() {
        check(
            &[
                "(?i)(kmspico|kms[ _-]?auto|autokms)",
                "(?i)^winrar",
                "(?i)(flash ?player|^java([(]tm[)])? [67] |j2se)",
                "a+bc",
                "abc+d",
                "ab*c",
                "(ab)?cde",
                "(?:ab|cd)+e",
                "x{2,3}yz",
                r"10\.0\.\d+",
                r"\<ab",
                "[abc]",
                ".*",
                "",
                "a|",
                "cốc",
                "(?s)a.b",
                r"\x41bc",
                "[[:alpha:]]abc",
                "[^]]abc",
            ],
            expect![[r#"
                (?i)(kmspico|kms[ _-]?auto|autokms) -> Some(["kmspico", "auto", "autokms"])
                (?i)^winrar -> Some(["winrar"])
                (?i)(flash ?player|^java([(]tm[)])? [67] |j2se) -> Some(["player", "java", "j2se"])
                a+bc -> Some(["bc"])
                abc+d -> Some(["abc"])
                ab*c -> Some(["a"])
                (ab)?cde -> Some(["cde"])
                (?:ab|cd)+e -> Some(["ab", "cd"])
                x{2,3}yz -> Some(["yz"])
                10\.0\.\d+ -> Some(["10.0."])
                \<ab -> Some(["ab"])
                [abc] -> None
                .* -> None
                 -> None
                a| -> None
                cốc -> Some(["c"])
                (?s)a.b -> None
                \x41bc -> None
                [[:alpha:]]abc -> None
                [^]]abc -> Some(["abc"])
            "#]],
        );
    }

    #[test]
    fn needles_are_found_wherever_they_stand() {
        let needles = Needles::new(vec!["winrar".to_owned(), "7zip".to_owned()]).unwrap();
        for text in ["winrar", "the WinRAR 7.0", "7zip", "xx7ZIP", "wwinrar", "winra7zip"] {
            assert!(needles.stand_in(text.as_bytes()), "{text}");
        }
        for text in ["", "win", "winra", "7-zip", "bộ gõ tiếng Việt"] {
            assert!(!needles.stand_in(text.as_bytes()), "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_pattern_says_what_its_regular_expression_says(
            pattern in "(\\(\\?i\\))?([abAB(|)?+*^. ]|ab|\\(a|b\\)|\\[ab\\]|\\[\\^a\\]|\\{1,2\\}|\\\\.|ố|K){0,12}",
            text in "[abABcKkố. \u{212a}]{0,12}"
        ) {
            if let Ok(compiled) = Pattern::new(&pattern) {
                prop_assert_eq!(compiled.is_match(&text), compiled.regex.is_match(&text), "{:?}", compiled.needles);
            }
        }

        #[test]
        fn a_list_of_names_says_what_its_regular_expression_says(
            start in prop::sample::select(vec!["", "^"]),
            names in prop::collection::vec("[ab]{1,4}", 1..5),
            text in "[abAB]{0,16}"
        ) {
            let compiled = Pattern::new(&format!("(?i){start}({})", names.join("|"))).unwrap();
            prop_assert_eq!(compiled.is_match(&text), compiled.regex.is_match(&text));
        }
    }
}

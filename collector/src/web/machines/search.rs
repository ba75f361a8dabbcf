//! What somebody writes into the search of machines, as terms that all must be found.

use crate::store::listing::{TERMS_MAX, Term};
use crate::vietnamese::fold;

/// Digits that are a version, and not a number of a model: up to so many.
const VERSION_DIGITS_MAX: usize = 2;

/// What is searched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Search {
    /// What must be found.
    pub terms: Vec<Term>,
    /// What was written beyond that, and is not searched.
    pub left_out: Vec<String>,
}

/// The terms of a text: words in any order, and phrases in quotation marks. Accents and case do not count.
///
/// A word is looked for anywhere, as in names of machines; digits alone would be found in every address, so they are
/// looked for where words begin. A short number goes with the word before it: `windows 7` is not every Windows with a 7
/// somewhere.
pub(super) fn read(text: &str) -> Search {
    let mut terms = Vec::new();
    for (index, part) in text.split(['"', '“', '”', '„', '«', '»']).enumerate() {
        let part = fold(part);
        if index % 2 == 1 {
            terms.extend((!part.is_empty()).then_some(Term::Beginning(part)));
        } else {
            terms.append(&mut words(&part));
        }
    }
    let left_out = terms.split_off(terms.len().min(TERMS_MAX));
    Search { terms, left_out: left_out.iter().map(Term::told).collect() }
}

fn words(text: &str) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let is_version = is_number(word) && word.len() <= VERSION_DIGITS_MAX;
        match terms.last_mut() {
            Some(last) if is_version && matches!(last, Term::Anywhere(_)) => {
                let Term::Anywhere(before) = last else { continue };
                *last = Term::Version(std::mem::take(before), word.to_owned());
            }
            _ if is_version => terms.push(Term::Whole(word.to_owned())),
            _ if is_number(word) => terms.push(Term::Beginning(word.to_owned())),
            _ => terms.push(nickname(word).unwrap_or_else(|| Term::Anywhere(word.to_owned()))),
        }
    }
    terms
}

/// `win7`, `windows10`.
fn nickname(word: &str) -> Option<Term> {
    let rest = word.strip_prefix("win")?;
    let version = rest.strip_prefix("dows").unwrap_or(rest);
    let is_version = is_number(version) && version.len() <= VERSION_DIGITS_MAX;
    is_version.then(|| Term::Version("win".to_owned(), version.to_owned()))
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn words_numbers_and_phrases() {
        let written = [
            "windows 7",
            "win7 Bỉm Sơn",
            "10.0.17",
            "7",
            "optiplex 7010",
            "“xã bá thước” \"Dell inc",
            "\"\"",
            "1 2 a b c d e f g h",
        ];
        let told = written.map(|text| {
            let Search { terms, left_out } = read(text);
            let terms: Vec<String> = terms.iter().map(|term| format!("{term:?}")).collect();
            format!("{text} => {}; left out: {}", terms.join(" "), left_out.join(" "))
        });
        expect![[r#"
            windows 7 => Version("windows", "7"); left out: 
            win7 Bỉm Sơn => Version("win", "7") Anywhere("bim") Anywhere("son"); left out: 
            10.0.17 => Anywhere("10.0.17"); left out: 
            7 => Whole("7"); left out: 
            optiplex 7010 => Anywhere("optiplex") Beginning("7010"); left out: 
            “xã bá thước” "Dell inc => Beginning("xa ba thuoc") Beginning("dell inc"); left out: 
            "" => ; left out: 
            1 2 a b c d e f g h => Whole("1") Whole("2") Anywhere("a") Anywhere("b") Anywhere("c") Anywhere("d") Anywhere("e") Anywhere("f"); left out: g h"#]]
        .assert_eq(&told.join("\n"));
    }
}

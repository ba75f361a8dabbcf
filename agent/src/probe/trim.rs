//! Cuts facts to the limits that the collector keeps, and says so in notes.

use std::collections::BTreeSet;

use rules::facts::{Cut, Facts};
use rules::limits::{LIST_COUNT_MAX, SOFTWARE_COUNT_MAX, TEXT_CHARS_MAX};
use rules::report::Note;

/// Cuts texts, lists and the notes themselves. Control characters are taken out of texts without a word.
pub(super) fn trim(facts: &mut Facts, notes: &mut Vec<Note>, notes_count_max: usize) {
    let mut knife = Knife { area: "", said: BTreeSet::new(), notes };
    facts.trim(&mut knife);
    for note in &mut *notes {
        clean(&mut note.text);
        cut_text(&mut note.text);
    }
    if notes.len() > notes_count_max {
        let lost = notes.len() - (notes_count_max - 1);
        notes.truncate(notes_count_max - 1);
        notes.push(Note { area: "survey".to_owned(), text: format!("{lost} more notes were left out") });
    }
}

struct Knife<'a> {
    area: &'static str,
    /// Facts of which the notes speak already, with how.
    said: BTreeSet<(&'static str, &'static str, bool)>,
    notes: &'a mut Vec<Note>,
}

impl Cut for Knife<'_> {
    fn area(&mut self, area: &'static str) {
        self.area = area;
    }

    fn text(&mut self, field: &'static str, text: &mut String) {
        clean(text);
        if cut_text(text) && self.said.insert((self.area, field, false)) {
            let text = format!("a text in {field} was cut to {TEXT_CHARS_MAX} characters");
            self.notes.push(Note { area: self.area.to_owned(), text });
        }
    }

    fn keep(&mut self, field: &'static str, count: usize) -> usize {
        let most = match (self.area, field) {
            ("software", "packages") => SOFTWARE_COUNT_MAX,
            _ => LIST_COUNT_MAX,
        };
        if count > most && self.said.insert((self.area, field, true)) {
            let text = format!("{field} was cut from {count} to {most} entries");
            self.notes.push(Note { area: self.area.to_owned(), text });
        }
        most
    }
}

fn clean(text: &mut String) {
    if text.contains(char::is_control) {
        text.retain(|c| !c.is_control());
    }
}

/// Whether anything was cut.
fn cut_text(text: &mut String) -> bool {
    // A character is at least one byte.
    if text.len() <= TEXT_CHARS_MAX {
        return false;
    }
    match text.char_indices().nth(TEXT_CHARS_MAX) {
        Some((at, _)) => {
            text.truncate(at);
            true
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use rules::fact::Fact;
    use rules::facts::software::Package;
    use rules::quantity::Version;

    use super::*;

    #[test]
    fn what_is_too_large_is_cut_with_a_note() {
        let mut facts = Facts::default();
        facts.os.name = Fact::Known("đ".repeat(TEXT_CHARS_MAX + 1));
        facts.os.hostname = Fact::Known("pc\u{7}\n1".to_owned());
        facts.os.id = Fact::failed("x".repeat(TEXT_CHARS_MAX + 1));
        facts.network.resolvers = Fact::Known(vec!["192.0.2.1".to_owned(); LIST_COUNT_MAX + 1]);
        let package =
            Package { name: "p".to_owned().into(), version: Version::new("1").into(), ..Default::default() };
        facts.software.packages = Fact::Known(vec![package; SOFTWARE_COUNT_MAX + 3]);
        let mut notes = Vec::new();
        trim(&mut facts, &mut notes, 64);
        let told: Vec<String> = notes.iter().map(|note| format!("{}: {}", note.area, note.text)).collect();
        expect_test::expect![[r#"
            os: a text in id was cut to 512 characters
            os: a text in name was cut to 512 characters
            network: resolvers was cut from 513 to 512 entries
            software: packages was cut from 5003 to 5000 entries"#]]
        .assert_eq(&told.join("\n"));
        assert_eq!(facts.os.hostname, Fact::Known("pc1".to_owned()));
        assert_eq!(facts.os.name, Fact::Known("đ".repeat(TEXT_CHARS_MAX)));
        assert_eq!(facts.software.packages.known().map(Vec::len), Some(SOFTWARE_COUNT_MAX));
    }

    #[test]
    fn too_many_notes_are_cut_too() {
        let note = Note { area: "os".to_owned(), text: "x".repeat(600) };
        let mut notes = vec![note; 70];
        trim(&mut Facts::default(), &mut notes, 64);
        assert_eq!(notes.len(), 64);
        assert_eq!(notes.first().map(|note| note.text.len()), Some(TEXT_CHARS_MAX));
        assert_eq!(notes.last().map(|note| note.text.as_str()), Some("7 more notes were left out"));
    }
}

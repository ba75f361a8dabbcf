//! What may be written in a rule set, and what is said of everything else.

use expect_test::{Expect, expect};

use super::*;
use crate::lifecycle::Lifecycle;

fn told(file: &str, text: &str) -> String {
    match RuleSet::parse(file, text) {
        Ok(_) => "right\n".to_owned(),
        Err(complaints) => complaints.iter().map(|complaint| format!("{complaint}\n")).collect(),
    }
}

#[test]
fn shipped_sets_are_right() {
    let lifecycle = Lifecycle::shipped();
    assert!(!SHIPPED.is_empty());
    for (file, text) in SHIPPED {
        let set = match RuleSet::parse(file, text) {
            Ok(set) => set,
            Err(complaints) => {
                let drawn: Vec<String> = complaints.iter().map(|complaint| complaint.draw(text)).collect();
                panic!("{}", drawn.join("\n"));
            }
        };
        assert!(!set.tests.is_empty(), "{file} carries tests");
        for result in set.run_tests(&lifecycle) {
            assert_eq!(result.wrong, [], "{file}: the test \"{}\"", result.name);
        }
    }
    assert_eq!(shipped().len(), SHIPPED.len());
}

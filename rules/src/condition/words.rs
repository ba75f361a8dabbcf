//! A condition in words, for people who must live with it: labels of the vocabulary, thresholds as they were written.

use super::{Bound, Check, Condition, Node, Operand, Order, Subject, Test, Walk};
use crate::facts::{AREAS, Kind, Term};

/// A language of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// Vietnamese.
    Vietnamese,
    /// English.
    English,
}

impl Tongue {
    fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Tongue::Vietnamese => vi,
            Tongue::English => en,
        }
    }
}

impl Condition {
    /// What is asked, as one phrase for each thing, all of which must hold.
    pub fn in_words(&self, tongue: Tongue) -> Vec<String> {
        match &self.node {
            Node::All(nodes) => nodes.iter().map(|one| node(one, tongue)).collect(),
            one => vec![node(one, tongue)],
        }
    }
}

fn node(asked: &Node, tongue: Tongue) -> String {
    let several = |nodes: &[Node], joint: &str| {
        let parts: Vec<String> = nodes
            .iter()
            .map(|one| match one {
                Node::All(inner) | Node::Any(inner) if inner.len() > 1 => format!("({})", node(one, tongue)),
                _ => node(one, tongue),
            })
            .collect();
        parts.join(joint)
    };
    match asked {
        Node::All(nodes) => several(nodes, tongue.pick(" và ", " and ")),
        Node::Any(nodes) => several(nodes, tongue.pick(" hoặc ", " or ")),
        Node::Not(inner) => format!("{} ({})", tongue.pick("không phải", "not"), node(inner, tongue)),
        Node::Test(asked) => test(asked, tongue),
        Node::Meets(set, _) => format!("{} {set}", tongue.pick("đạt bộ tiêu chí", "meets the rule set")),
    }
}

fn test(asked: &Test, tongue: Tongue) -> String {
    let label = label(asked, tongue);
    let checks: Vec<String> = asked.checks.iter().map(|one| check(one, asked.kind, tongue)).collect();
    format!("{label}: {}", checks.join(tongue.pick(" và ", " and ")))
}

/// What the fact is called; its name where the vocabulary has none, as of a parameter.
fn label(asked: &Test, tongue: Tongue) -> String {
    // What follows a semicolon explains, and does not name.
    let said = |term: &Term| {
        let sentence = tongue.pick(term.vi, term.english().trim_end_matches('.'));
        sentence.split(';').next().unwrap_or(sentence).to_owned()
    };
    match asked.subject {
        Subject::Fact(place) => said(place.term()),
        Subject::Field(_) => field(&asked.name).map_or_else(|| asked.name.clone(), said),
        Subject::Parameter(_) => asked.name.clone(),
    }
}

/// The term of a field of a list: `disk.drives.health`.
fn field(name: &str) -> Option<&'static Term> {
    let mut parts = name.split('.');
    let (area, list, field) = (parts.next()?, parts.next()?, parts.next()?);
    let area = AREAS.iter().find(|one| one.name == area)?;
    match area.terms.iter().find(|term| term.name == list)?.kind {
        Kind::Records(terms) => terms.iter().find(|term| term.name == field),
        _ => None,
    }
}

fn check(asked: &Check, kind: Kind, tongue: Tongue) -> String {
    let one = |operand: &Operand, kind: Kind| match operand {
        Operand::Flag(flag) => {
            if *flag { tongue.pick("có", "yes") } else { tongue.pick("không", "no") }.to_owned()
        }
        Operand::Number(days) if matches!(kind, Kind::Days) => {
            tongue.pick(format!("{days} ngày"), format!("{days} days"))
        }
        other => other.describe(kind),
    };
    let list = |operands: &[Operand]| {
        operands.iter().map(|operand| one(operand, kind)).collect::<Vec<_>>().join(", ")
    };
    let walk = |walk: &Walk| format!("({})", node(&walk.node, tongue));
    let said = |vi: &str, en: &str, what: String| format!("{} {what}", tongue.pick(vi, en));
    match asked {
        Check::Equals(operand @ Operand::Flag(_)) => one(operand, kind),
        Check::Equals(operand) => said("là", "is", one(operand, kind)),
        Check::NotEquals(operand) => said("không là", "is not", one(operand, kind)),
        Check::OneOf(operands) => said("là một trong", "is one of", list(operands)),
        Check::NoneOf(operands) => said("không là", "is none of", list(operands)),
        Check::Order(bound, operand) => order(*bound, &one(operand, kind), tongue),
        Check::Contains(operand) => said("có", "contains", one(operand, kind)),
        Check::Only(operands) => said("chỉ gồm", "has only", list(operands)),
        Check::Matches(pattern) => said("khớp mẫu", "matches", pattern.text().to_owned()),
        Check::NewerThan(days) => {
            let days = one(days, Kind::Days);
            tongue.pick(format!("trong vòng {days} trở lại"), format!("at most {days} ago"))
        }
        Check::OlderThan(days) => {
            let days = one(days, Kind::Days);
            tongue.pick(format!("đã quá {days}"), format!("more than {days} ago"))
        }
        Check::FurtherThan(days) => said("còn hơn", "ahead by more than", one(days, Kind::Days)),
        Check::Absent(true) => tongue.pick("không có", "is absent").to_owned(),
        Check::Absent(false) => tongue.pick("có", "is there").to_owned(),
        Check::Every(inner) => said("mọi mục đều", "each of them", walk(inner)),
        Check::Some(inner) => said("có mục", "one of them", walk(inner)),
        Check::None(inner) => said("không mục nào", "none of them", walk(inner)),
        Check::Count(inner, bounds) => {
            let which = inner.as_ref().map(|inner| format!(" ({})", node(inner, tongue))).unwrap_or_default();
            let bounds: Vec<String> = bounds
                .iter()
                .map(|(bound, operand)| {
                    let count = one(operand, Kind::Number);
                    match bound {
                        Bound::Equals => said("là", "is", count),
                        Bound::Order(bound) => order(*bound, &count, tongue),
                    }
                })
                .collect();
            format!(
                "{}{which} {}",
                tongue.pick("số mục", "their count"),
                bounds.join(tongue.pick(" và ", " and "))
            )
        }
    }
}

fn order(bound: Order, what: &str, tongue: Tongue) -> String {
    match bound {
        Order::AtLeast => tongue.pick(format!("từ {what} trở lên"), format!("at least {what}")),
        Order::AtMost => tongue.pick(format!("không quá {what}"), format!("at most {what}")),
        Order::MoreThan => tongue.pick(format!("trên {what}"), format!("more than {what}")),
        Order::LessThan => tongue.pick(format!("dưới {what}"), format!("less than {what}")),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::ruleset::shipped;

    fn check(rule: &str, expected: Expect) {
        let sets = shipped();
        let rule = sets[0].rule(rule).unwrap();
        let said = |tongue| rule.pass.in_words(tongue).join("\n");
        expected.assert_eq(&format!("{}\n{}", said(Tongue::Vietnamese), said(Tongue::English)));
    }

    #[test]
    fn thresholds_in_both_languages() {
        check(
            "memory-size",
            expect![[r#"
                Bộ nhớ hệ điều hành thấy: từ 7 GiB trở lên hoặc (Bộ nhớ lắp trong máy: từ 8 GiB trở lên và Bộ nhớ hệ điều hành thấy: từ 4 GiB trở lên)
                Memory that the operating system sees: at least 7 GiB or (Installed memory, the sum of all modules: at least 8 GiB and Memory that the operating system sees: at least 4 GiB)"#]],
        );
        check(
            "antivirus",
            expect![[r#"
                Bảo vệ thời gian thực: có
                Mẫu nhận diện mới nhất: trong vòng 3 ngày trở lại
                Whether any product checks files as they are used: yes
                Newest signatures among the products that run: at most 3 days ago"#]],
        );
        check(
            "office-supported",
            expect![[r#"
                Thời hạn bộ ứng dụng văn phòng: có mục (Ngày hết hỗ trợ an ninh: không có hoặc Số ngày còn hỗ trợ: từ 0 ngày trở lên)
                Office suites: one of them (Last day of security updates: is absent or Days until then, negative when past: at least 0 days)"#]],
        );
    }

    #[test]
    fn every_shipped_condition_can_be_said() {
        for set in shipped() {
            for rule in set.every_rule() {
                let conditions = [Some(&rule.pass), rule.partial.as_ref(), rule.when.as_ref()];
                for condition in conditions.into_iter().flatten() {
                    for tongue in [Tongue::Vietnamese, Tongue::English] {
                        let said = condition.in_words(tongue);
                        assert!(
                            !said.is_empty() && said.iter().all(|part| part.contains(' ')),
                            "{}: {said:?}",
                            rule.id
                        );
                    }
                }
            }
        }
    }
}

//! A condition in words, for people who must live with it: labels of the vocabulary, thresholds as they were written.

use jiff::tz::Offset;

use super::{Bound, Check, Condition, Node, Operand, Order, Settings, Subject, Test, Walk};
use crate::facts::{AREAS, Kind, Term};
use crate::ruleset::{Parameter, RuleSet};

/// A language of people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tongue {
    /// Vietnamese.
    Vietnamese,
    /// English.
    English,
}

impl Tongue {
    pub(crate) fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Tongue::Vietnamese => vi,
            Tongue::English => en,
        }
    }
}

impl Condition {
    /// What is asked, as one phrase for each thing, all of which must hold; by a rule of this set, where these settings
    /// stand for its parameters.
    pub fn in_words(&self, tongue: Tongue, set: &RuleSet, settings: &Settings) -> Vec<String> {
        let speaker = Speaker { tongue, parameters: &set.parameters, settings };
        match &self.node {
            Node::All(nodes) => nodes.iter().map(|one| speaker.node(one)).collect(),
            one => vec![speaker.node(one)],
        }
    }
}

impl Parameter {
    /// What stands for it where no unit says otherwise; none where nothing does.
    pub fn default_in_words(&self, tongue: Tongue) -> Option<String> {
        let kind = if matches!(self.kind, Kind::Texts) { Kind::Text } else { self.kind };
        let speaker = Speaker { tongue, parameters: &[], settings: &Settings::default() };
        let default = self.default.as_ref().filter(|default| !default.operands.is_empty())?;
        let said: Vec<String> = default.operands.iter().map(|one| speaker.operand(one, kind)).collect();
        Some(said.join(", "))
    }
}

/// Who says it: in which language, of which set.
struct Speaker<'a> {
    tongue: Tongue,
    parameters: &'a [Parameter],
    settings: &'a Settings,
}

impl Speaker<'_> {
    fn pick<T>(&self, vi: T, en: T) -> T {
        self.tongue.pick(vi, en)
    }

    fn node(&self, asked: &Node) -> String {
        let several = |nodes: &[Node], joint: &str| {
            let parts: Vec<String> = nodes
                .iter()
                .map(|one| match one {
                    Node::All(inner) | Node::Any(inner) if inner.len() > 1 => format!("({})", self.node(one)),
                    _ => self.node(one),
                })
                .collect();
            parts.join(joint)
        };
        match asked {
            Node::All(nodes) => several(nodes, self.pick(" và ", " and ")),
            Node::Any(nodes) => several(nodes, self.pick(" hoặc ", " or ")),
            Node::Not(inner) => format!("{} ({})", self.pick("không phải", "not"), self.node(inner)),
            Node::Test(asked) => self.test(asked),
            Node::Meets(set, _) => {
                format!("{} {set}", self.pick("máy đạt bộ tiêu chí", "it meets the rule set"))
            }
        }
    }

    fn test(&self, asked: &Test) -> String {
        let checks: Vec<String> = asked.checks.iter().map(|one| self.check(one, asked.kind)).collect();
        format!("{}: {}", self.label(asked), checks.join(self.pick(" và ", " and ")))
    }

    /// What the fact is called; its name where nobody called it anything.
    fn label(&self, asked: &Test) -> String {
        let said = |term: &Term| self.pick(term.vi, term.en).to_owned();
        match asked.subject {
            Subject::Fact(place) => said(place.term()),
            Subject::Field(_) => field(&asked.name).map_or_else(|| asked.name.clone(), said),
            Subject::Parameter(index) => self.parameter(index).unwrap_or_else(|| asked.name.clone()),
        }
    }

    /// What a parameter is for.
    fn parameter(&self, index: usize) -> Option<String> {
        let parameter = self.parameters.get(index)?;
        Some(self.pick(&parameter.title.vi, &parameter.title.en).clone())
    }

    fn check(&self, asked: &Check, kind: Kind) -> String {
        let one = |operand: &Operand| self.operand(operand, kind);
        let days = |operand: &Operand| self.operand(operand, Kind::Days);
        let list = |operands: &[Operand]| operands.iter().map(one).collect::<Vec<_>>().join(", ");
        let walk = |walk: &Walk| format!("({})", self.node(&walk.node));
        let said = |vi: &str, en: &str, what: String| format!("{} {what}", self.pick(vi, en));
        match asked {
            Check::Equals(operand @ Operand::Flag(_)) => one(operand),
            Check::Equals(operand) => said("là", "is", one(operand)),
            Check::NotEquals(Operand::Flag(flag)) => one(&Operand::Flag(!*flag)),
            Check::NotEquals(operand) => said("không là", "is not", one(operand)),
            Check::OneOf(operands) => said("là một trong", "is one of", list(operands)),
            Check::NoneOf(operands) => said("không là", "is none of", list(operands)),
            Check::Order(bound, operand) => self.order(*bound, &one(operand)),
            Check::Contains(operand) => said("có", "contains", one(operand)),
            Check::Only(operands) => said("chỉ gồm", "has only", list(operands)),
            Check::Matches(pattern) => said("khớp mẫu", "matches", pattern.text().to_owned()),
            Check::NewerThan(age) => {
                let age = days(age);
                self.pick(format!("trong vòng {age} trở lại"), format!("at most {age} ago"))
            }
            Check::OlderThan(age) => {
                let age = days(age);
                self.pick(format!("đã quá {age}"), format!("more than {age} ago"))
            }
            Check::FurtherThan(ahead) => said("còn hơn", "ahead by more than", days(ahead)),
            Check::Absent(true) => self.pick("không có", "is absent").to_owned(),
            Check::Absent(false) => self.pick("có", "is there").to_owned(),
            Check::Every(inner) => said("mọi mục đều", "each of them", walk(inner)),
            Check::Some(inner) => said("có mục", "one of them", walk(inner)),
            Check::None(inner) => said("không mục nào", "none of them", walk(inner)),
            Check::Count(inner, bounds) => self.count(inner.as_ref(), bounds),
        }
    }

    fn count(&self, inner: Option<&Node>, bounds: &[(Bound, Operand)]) -> String {
        let which = inner.map(|inner| format!(" ({})", self.node(inner))).unwrap_or_default();
        let bound = |(bound, operand): &(Bound, Operand)| {
            let count = self.operand(operand, Kind::Number);
            match bound {
                Bound::Equals => format!("{} {count}", self.pick("là", "is")),
                Bound::Order(bound) => self.order(*bound, &count),
            }
        };
        let bounds: Vec<String> = bounds.iter().map(bound).collect();
        format!("{}{which} {}", self.pick("số mục", "their count"), bounds.join(self.pick(" và ", " and ")))
    }

    /// A value as people read it: words by their labels, days in the order of the language.
    fn operand(&self, operand: &Operand, kind: Kind) -> String {
        match operand {
            Operand::Flag(flag) => self.pick(["không", "có"], ["no", "yes"])[usize::from(*flag)].to_owned(),
            Operand::Number(days) if matches!(kind, Kind::Days) => {
                let days = days.to_string().replace('-', "−");
                self.pick(format!("{days} ngày"), format!("{days} days"))
            }
            Operand::Number(_) | Operand::Version(_) => operand.describe(kind),
            Operand::Date(date) => self.day(*date),
            Operand::Moment(at) => self.day(Offset::constant(VIETNAM_HOURS).to_datetime(*at).date()),
            Operand::Text(text) => match kind {
                Kind::Word(words) => words
                    .iter()
                    .find(|word| word.word == text)
                    .map_or_else(|| text.clone(), |word| self.pick(word.vi, word.en).to_owned()),
                _ => operand.describe(kind),
            },
            Operand::Parameter(index, name) => {
                let title = self.parameter(*index).unwrap_or_else(|| name.clone());
                match self.settings.given(*index) {
                    // What nobody set has no value to show.
                    None | Some([]) => format!("‹{title}›"),
                    Some(given) => {
                        let given: Vec<String> = given.iter().map(|one| self.operand(one, kind)).collect();
                        format!("{} ‹{title}›", given.join(", "))
                    }
                }
            }
            Operand::Later(day, days) => {
                let (day, days) = (self.operand(day, kind), self.operand(days, Kind::Days));
                self.pick(format!("{day} cộng {days}"), format!("{day} plus {days}"))
            }
        }
    }

    fn day(&self, day: jiff::civil::Date) -> String {
        self.pick(format!("{:02}/{:02}/{:04}", day.day(), day.month(), day.year()), day.to_string())
    }

    fn order(&self, bound: Order, what: &str) -> String {
        match bound {
            Order::AtLeast => self.pick(format!("từ {what} trở lên"), format!("at least {what}")),
            Order::AtMost => self.pick(format!("không quá {what}"), format!("at most {what}")),
            Order::MoreThan => self.pick(format!("trên {what}"), format!("more than {what}")),
            Order::LessThan => self.pick(format!("dưới {what}"), format!("less than {what}")),
        }
    }
}

/// Vietnam's distance from UTC, the whole year.
const VIETNAM_HOURS: i8 = 7;

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

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::ruleset::shipped;

    fn check(rule: &str, expected: Expect) {
        let sets = shipped();
        let rule = sets[0].rule(rule).unwrap();
        let said = |tongue| rule.pass.in_words(tongue, &sets[0], sets[0].defaults()).join("\n");
        expected.assert_eq(&format!("{}\n{}", said(Tongue::Vietnamese), said(Tongue::English)));
    }

    #[test]
    fn thresholds_in_both_languages() {
        check(
            "memory-size",
            expect![[r#"
                Bộ nhớ hệ điều hành thấy: từ 7 GiB trở lên hoặc (Bộ nhớ lắp trong máy: từ 8 GiB trở lên và Bộ nhớ hệ điều hành thấy: từ 4 GiB trở lên)
                Memory the system sees: at least 7 GiB or (Installed memory: at least 8 GiB and Memory the system sees: at least 4 GiB)"#]],
        );
        check(
            "antivirus",
            expect![[r#"
                Diệt vi-rút thời gian thực: có
                Mẫu nhận diện vi-rút mới nhất: trong vòng 3 ngày trở lại
                Antivirus in real time: yes
                Newest antivirus signatures: at most 3 days ago"#]],
        );
        check(
            "office-supported",
            expect![[r#"
                Thời hạn bộ ứng dụng văn phòng: có mục (Ngày hết hỗ trợ an ninh: không có hoặc Số ngày còn hỗ trợ: từ 0 ngày trở lên)
                Support of office suites: one of them (Security support ends on: is absent or Days of support left: at least 0 days)"#]],
        );
    }

    #[test]
    fn values_are_said_in_the_language() {
        check(
            "os-long-unsupported",
            expect![[r#"
            Số ngày hệ điều hành còn hỗ trợ: từ −180 ngày trở lên hoặc (Số ngày hệ điều hành còn hỗ trợ mở rộng: từ 0 ngày trở lên và Cài cập nhật lần cuối: trong vòng 45 ngày trở lại và (Họ hệ điều hành: không là Windows hoặc (Công cụ bẻ khóa bản quyền: là Không thấy và Kích hoạt Windows: là Đã kích hoạt và Có giấy phép cập nhật mở rộng (ESU): có)))
            Days of operating system support left: at least −180 days or (Days of extended system support left: at least 0 days and Last update installed: at most 45 days ago and (Family of operating system: is not Windows or (Licence-cracking tools: is Nothing found and Windows activation: is Activated and Extended security updates (ESU) licensed: yes)))"#]],
        );
        check(
            "system-disk",
            expect![[r#"
            Loại ổ hệ thống: là SSD
            Kind of the system drive: is SSD"#]],
        );
        check(
            "approved-resolvers",
            expect![[r#"
            Máy chủ tên miền (DNS): chỉ gồm ‹Máy chủ tên miền được phép›
            Name servers (DNS): has only ‹Approved name servers›"#]],
        );
        check(
            "disk-health",
            expect![[r#"
            Tình trạng ổ đĩa: là Tốt
            Health: is Good"#]],
        );
    }

    #[test]
    fn what_a_unit_set_is_told_with_its_name() {
        let sets = shipped();
        let set = &sets[0];
        let settings = set.settings_of(&["resolvers=10.0.0.1, 10.0.0.2".to_owned()]).unwrap();
        let asked = set.rule("approved-resolvers").unwrap().pass.in_words(Tongue::English, set, &settings);
        assert_eq!(
            asked,
            ["Name servers (DNS): has only \"10.0.0.1\", \"10.0.0.2\" ‹Approved name servers›"]
        );
    }

    #[test]
    fn every_shipped_condition_can_be_said() {
        for set in shipped() {
            for rule in set.every_rule() {
                let conditions = [Some(&rule.pass), rule.partial.as_ref(), rule.when.as_ref()];
                for condition in conditions.into_iter().flatten() {
                    for tongue in [Tongue::Vietnamese, Tongue::English] {
                        let said = condition.in_words(tongue, &set, set.defaults());
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

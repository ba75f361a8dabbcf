//! When a rule applies, passes, or passes in part: conditions over facts, with three truth values.
//!
//! A [`Condition`] exists only when it is known to be right: names are places in the vocabulary, values are of the
//! kind of their fact, patterns are compiled. It cannot fail, and it knows neither rules nor files.

use std::cell::RefCell;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use crate::assess::SeenFact;
use crate::fact::Fact;
use crate::facts::support::Support;
use crate::facts::{AREAS, Facts, Group, Kind, Place, Records, Seen, Term, Value};
use crate::quantity::{Bytes, Days, Mhz, Milliseconds, Percent, Version};
use pattern::Pattern;

mod pattern;
mod read;

pub(crate) use read::{Scope, operand, read, resolve};

/// What is known of a question: the three values of Kleene.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// No.
    False,
    /// Nobody could find out.
    Unknown,
    /// Yes.
    True,
}

impl Truth {
    /// False as soon as one is false, whatever the other.
    #[must_use]
    pub fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    /// True as soon as one is true, whatever the other.
    #[must_use]
    pub fn or(self, other: Truth) -> Truth {
        self.max(other)
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }
}

impl From<bool> for Truth {
    fn from(known: bool) -> Truth {
        if known { Truth::True } else { Truth::False }
    }
}

/// A condition that is known to be right.
#[derive(Debug, Clone)]
pub struct Condition {
    node: Node,
}

/// What a condition is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) facts: &'a Facts,
    /// Stands in for the derived area of the facts.
    pub(crate) support: &'a Support,
    /// The day of the report.
    pub(crate) day: Date,
    /// The record that bare names are fields of.
    pub(crate) record: Option<Record<'a>>,
    /// What was found out on the way, so that looking need not ask again.
    pub(crate) memo: &'a Memo,
}

/// The record that decided each question about a list, while one rule is judged. A long list is walked once.
#[derive(Default)]
pub(crate) struct Memo(RefCell<Vec<(*const Check, Option<usize>)>>);

impl Memo {
    /// Forgets everything: before each rule.
    pub(crate) fn clear(&self) {
        self.0.borrow_mut().clear();
    }

    fn keep(&self, check: &Check, decider: Option<usize>) {
        self.0.borrow_mut().push((std::ptr::from_ref(check), decider));
    }

    fn recall(&self, check: &Check) -> Option<Option<usize>> {
        self.0.borrow().iter().find(|(kept, _)| std::ptr::eq(*kept, check)).map(|(_, decider)| *decider)
    }
}

/// One record of a list.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) records: &'a dyn Records,
    pub(crate) index: usize,
    pub(crate) terms: &'static [Term],
}

/// The place of the derived area in [`AREAS`].
const SUPPORT_AREA: usize = AREAS.len() - 1;

impl<'a> Context<'a> {
    /// The answer at this place.
    pub(crate) fn at(&self, place: Place) -> Seen<'a> {
        if place.area == SUPPORT_AREA { self.support.nth(place.field) } else { self.facts.at(place) }
    }

    /// The same question about one record of a list.
    pub(crate) fn with(self, records: &'a dyn Records, index: usize, terms: &'static [Term]) -> Context<'a> {
        Context { record: Some(Record { records, index, terms }), ..self }
    }

    fn answer(&self, subject: Subject) -> Seen<'a> {
        match (subject, &self.record) {
            (Subject::Fact(place), _) => self.at(place),
            (Subject::Field(field), Some(record)) => record.records.nth(record.index, field),
            // A condition with fields is only ever asked about a record; nobody asked here.
            (Subject::Field(_), None) => Fact::default(),
        }
    }
}

impl Record<'_> {
    /// The record's own name: the first text in it.
    fn name(&self) -> Option<String> {
        let field = self.terms.iter().position(|term| matches!(term.kind, Kind::Text))?;
        match self.records.nth(self.index, field) {
            Fact::Known(Value::Text(text)) => Some(text.to_owned()),
            Fact::Known(_) | Fact::Absent | Fact::Unknown(_) => None,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Box<Test>),
}

/// One fact and everything that is asked of it: all must hold.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    subject: Subject,
    kind: Kind,
    /// Full name, such as `disk.drives.health`.
    name: String,
    checks: Vec<Check>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Subject {
    /// A fact of the PC.
    Fact(Place),
    /// A field of the record at hand.
    Field(usize),
}

#[derive(Debug, Clone)]
pub(crate) enum Check {
    Equals(Operand),
    NotEquals(Operand),
    OneOf(Vec<Operand>),
    NoneOf(Vec<Operand>),
    Order(Order, Operand),
    Contains(String),
    Matches(Pattern),
    /// At most this many days old.
    NewerThan(i64),
    /// More than this many days old.
    OlderThan(i64),
    Absent(bool),
    Every(Node),
    Some(Node),
    None(Node),
    Count(Option<Node>, Vec<(Bound, i64)>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    AtLeast,
    AtMost,
    MoreThan,
    LessThan,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bound {
    Equals,
    Order(Order),
}

/// A value that a person wrote, of the kind of its fact.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Operand {
    Flag(bool),
    Number(i64),
    Date(Date),
    Moment(Timestamp),
    Version(Version),
    Text(String),
}

impl Condition {
    pub(crate) fn new(node: Node) -> Condition {
        Condition { node }
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, context: &Context<'_>) -> Truth {
        self.node.holds(context)
    }

    /// Adds the facts that it looks at to `seen`, each once. Of a list, the record that decides.
    pub(crate) fn look(&self, context: &Context<'_>, seen: &mut Vec<SeenFact>) {
        self.node.look(context, seen);
    }

    /// The condition in a form that needs no language: `memory.installed ≥ 8 GiB`,
    /// `disk.volumes: every (free_percent ≥ 10 %)`.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        self.node.describe(&mut text, false);
        text
    }
}

impl Node {
    fn holds(&self, context: &Context<'_>) -> Truth {
        match self {
            Node::All(nodes) => all(nodes.iter().map(|node| node.holds(context))),
            Node::Any(nodes) => any(nodes.iter().map(|node| node.holds(context))),
            Node::Not(node) => !node.holds(context),
            Node::Test(test) => {
                let answer = context.answer(test.subject);
                all(test.checks.iter().map(|check| check.holds(&answer, test.kind, context)))
            }
        }
    }

    fn look(&self, context: &Context<'_>, seen: &mut Vec<SeenFact>) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| node.look(context, seen)),
            Node::Not(node) => node.look(context, seen),
            Node::Test(test) => test.look(context, seen),
        }
    }
}

/// False at the first false, without asking further.
fn all(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut sum = Truth::True;
    for truth in truths {
        sum = sum.and(truth);
        if sum == Truth::False {
            break;
        }
    }
    sum
}

/// True at the first true, without asking further.
fn any(truths: impl Iterator<Item = Truth>) -> Truth {
    let mut sum = Truth::False;
    for truth in truths {
        sum = sum.or(truth);
        if sum == Truth::True {
            break;
        }
    }
    sum
}

impl Test {
    fn look(&self, context: &Context<'_>, seen: &mut Vec<SeenFact>) {
        let answer = context.answer(self.subject);
        if let (Fact::Known(Value::Records(records)), Kind::Records(terms)) = (&answer, self.kind) {
            let decider = self.checks.iter().find_map(|check| check.decider(*records, terms, context));
            if let Some((node, index)) = decider {
                return node.look(&context.with(*records, index, terms), seen);
            }
        }
        let record = match self.subject {
            Subject::Fact(_) => None,
            Subject::Field(_) => context.record.as_ref().and_then(Record::name),
        };
        note(seen, &self.name, record, &answer);
    }
}

/// Adds a fact to those seen, unless it is there. A list of records is told by its length.
pub(crate) fn note(seen: &mut Vec<SeenFact>, name: &str, record: Option<String>, answer: &Seen<'_>) {
    if seen.iter().any(|one| one.fact == name && one.record == record) {
        return;
    }
    let value = match answer {
        Fact::Known(value) => match value {
            Value::Flag(flag) => json!(flag),
            Value::Number(number) => json!(number),
            Value::Date(date) => json!(date.to_string()),
            Value::Moment(moment) => json!(moment.to_string()),
            Value::Version(version) => json!(version.0),
            Value::Text(text) => json!(text),
            Value::Texts(texts) => json!(texts),
            Value::Records(records) => json!(records.count()),
        },
        Fact::Absent => serde_json::Value::Null,
        Fact::Unknown(reason) => json!({ "unknown": reason.to_string() }),
    };
    seen.push(SeenFact { fact: name.to_owned(), record, value });
}

impl Check {
    fn holds(&self, answer: &Seen<'_>, kind: Kind, context: &Context<'_>) -> Truth {
        let value = match answer {
            Fact::Known(value) => value,
            Fact::Absent => return self.holds_of_absent(),
            Fact::Unknown(_) => return Truth::Unknown,
        };
        match self {
            Check::Equals(operand) => Truth::from(operand.equals(value)),
            Check::NotEquals(operand) => Truth::from(!operand.equals(value)),
            Check::OneOf(operands) => Truth::from(operands.iter().any(|operand| operand.equals(value))),
            Check::NoneOf(operands) => Truth::from(!operands.iter().any(|operand| operand.equals(value))),
            Check::Order(order, operand) => Truth::from(operand.orders(*order, value)),
            Check::Contains(part) => Truth::from(match value {
                Value::Texts(texts) => texts.iter().any(|text| text == part),
                other => text_of(other).is_some_and(|text| text.contains(part.as_str())),
            }),
            Check::Matches(pattern) => Truth::from(match value {
                Value::Texts(texts) => texts.iter().any(|text| pattern.is_match(text)),
                other => text_of(other).is_some_and(|text| pattern.is_match(text)),
            }),
            Check::NewerThan(days) => Truth::from(age(value, context.day).is_some_and(|age| age <= *days)),
            Check::OlderThan(days) => Truth::from(age(value, context.day).is_some_and(|age| age > *days)),
            Check::Absent(absent) => Truth::from(!absent),
            Check::Every(node) => self.walk(node, Truth::False, value, kind, context),
            Check::Some(node) => self.walk(node, Truth::True, value, kind, context),
            Check::None(node) => !self.walk(node, Truth::True, value, kind, context),
            Check::Count(node, bounds) => {
                let (sure, possible) = match (node, value) {
                    (Some(node), _) => {
                        each_record(value, kind, node, context).fold((0, 0), |(sure, possible), truth| {
                            match truth {
                                Truth::True => (sure + 1, possible + 1),
                                Truth::Unknown => (sure, possible + 1),
                                Truth::False => (sure, possible),
                            }
                        })
                    }
                    (None, Value::Texts(texts)) => (texts.len(), texts.len()),
                    (None, Value::Records(records)) => (records.count(), records.count()),
                    (None, _) => (0, 0),
                };
                count_holds(bounds, sure, possible)
            }
        }
    }

    /// Of what is not there, every comparison is false, except that it is absent and that it is no such value;
    /// an absent list is an empty one.
    fn holds_of_absent(&self) -> Truth {
        match self {
            Check::NotEquals(_) | Check::NoneOf(_) | Check::Every(_) | Check::None(_) => Truth::True,
            Check::Absent(absent) => Truth::from(*absent),
            Check::Count(_, bounds) => count_holds(bounds, 0, 0),
            Check::Equals(_)
            | Check::OneOf(_)
            | Check::Order(..)
            | Check::Contains(_)
            | Check::Matches(_)
            | Check::NewerThan(_)
            | Check::OlderThan(_)
            | Check::Some(_) => Truth::False,
        }
    }

    /// Asks each record until one gives the deciding answer; unknown when one did not know.
    fn walk(
        &self,
        node: &Node,
        deciding: Truth,
        value: &Value<'_>,
        kind: Kind,
        context: &Context<'_>,
    ) -> Truth {
        let (Value::Records(records), Kind::Records(terms)) = (value, kind) else { return !deciding };
        let (truth, decider) = first_decider(node, deciding, *records, terms, context);
        // Within a record the same question is asked of several lists.
        if context.record.is_none() {
            context.memo.keep(self, decider);
        }
        truth
    }

    /// The record that decides a question about a list, and the question that it was asked.
    fn decider(
        &self,
        records: &dyn Records,
        terms: &'static [Term],
        context: &Context<'_>,
    ) -> Option<(&Node, usize)> {
        let (node, deciding) = match self {
            Check::Every(node) => (node, Truth::False),
            Check::Some(node) | Check::None(node) => (node, Truth::True),
            Check::Equals(_)
            | Check::NotEquals(_)
            | Check::OneOf(_)
            | Check::NoneOf(_)
            | Check::Order(..)
            | Check::Contains(_)
            | Check::Matches(_)
            | Check::NewerThan(_)
            | Check::OlderThan(_)
            | Check::Absent(_)
            | Check::Count(..) => return None,
        };
        let recalled = if context.record.is_none() { context.memo.recall(self) } else { None };
        let decider = recalled.unwrap_or_else(|| first_decider(node, deciding, records, terms, context).1);
        decider.map(|index| (node, index))
    }
}

/// What a walk through a list comes to, and the record that decided it: the first that gives the deciding answer,
/// else the first that does not know.
fn first_decider(
    node: &Node,
    deciding: Truth,
    records: &dyn Records,
    terms: &'static [Term],
    context: &Context<'_>,
) -> (Truth, Option<usize>) {
    let mut unknown = None;
    for index in 0..records.count() {
        match node.holds(&context.with(records, index, terms)) {
            truth if truth == deciding => return (deciding, Some(index)),
            Truth::Unknown => unknown = unknown.or(Some(index)),
            Truth::True | Truth::False => {}
        }
    }
    (if unknown.is_some() { Truth::Unknown } else { !deciding }, unknown)
}

/// What a question says of each record of a list, in order.
fn each_record<'a>(
    value: &Value<'a>,
    kind: Kind,
    node: &'a Node,
    context: &Context<'a>,
) -> impl Iterator<Item = Truth> {
    let list = match (value, kind) {
        (Value::Records(records), Kind::Records(terms)) => Some((*records, terms)),
        _ => None,
    };
    let context = *context;
    list.into_iter().flat_map(move |(records, terms)| {
        (0..records.count()).map(move |index| node.holds(&context.with(records, index, terms)))
    })
}

/// Whether a count between `sure` and `possible` keeps all bounds.
fn count_holds(bounds: &[(Bound, i64)], sure: usize, possible: usize) -> Truth {
    let keeps = |bound: Bound, count: i64, limit: i64| match bound {
        Bound::Equals => count == limit,
        Bound::Order(Order::AtLeast) => count >= limit,
        Bound::Order(Order::AtMost) => count <= limit,
        Bound::Order(Order::MoreThan) => count > limit,
        Bound::Order(Order::LessThan) => count < limit,
    };
    let possible = i64::try_from(possible).unwrap_or(i64::MAX);
    let sure = i64::try_from(sure).unwrap_or(i64::MAX);
    all(bounds.iter().map(|(bound, limit)| match bound {
        Bound::Equals if sure < *limit && *limit < possible => Truth::Unknown,
        Bound::Equals | Bound::Order(_) => {
            match (keeps(*bound, sure, *limit), keeps(*bound, possible, *limit)) {
                (true, true) => Truth::True,
                (false, false) => Truth::False,
                (true, false) | (false, true) => Truth::Unknown,
            }
        }
    }))
}

/// The text of what can be searched.
fn text_of<'a>(value: &Value<'a>) -> Option<&'a str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Version(version) => Some(&version.0),
        Value::Flag(_)
        | Value::Number(_)
        | Value::Date(_)
        | Value::Moment(_)
        | Value::Texts(_)
        | Value::Records(_) => None,
    }
}

/// Age in whole days, seen from this day; negative when it lies ahead. A moment counts by its day in UTC.
fn age(value: &Value<'_>, day: Date) -> Option<i64> {
    match value {
        Value::Date(date) => Some(days_between(*date, day)),
        Value::Moment(moment) => Some(days_between(moment.to_zoned(TimeZone::UTC).date(), day)),
        Value::Flag(_)
        | Value::Number(_)
        | Value::Version(_)
        | Value::Text(_)
        | Value::Texts(_)
        | Value::Records(_) => None,
    }
}

/// Whole days from the first day to the second; negative when the second is earlier.
pub(crate) fn days_between(first: Date, second: Date) -> i64 {
    first.duration_until(second).as_hours() / 24
}

impl Operand {
    fn equals(&self, value: &Value<'_>) -> bool {
        match (self, value) {
            (Operand::Flag(wanted), Value::Flag(flag)) => wanted == flag,
            (Operand::Text(wanted), Value::Text(text)) => wanted == text,
            _ => self.compare(value) == Some(std::cmp::Ordering::Equal),
        }
    }

    /// How the value stands to this operand.
    fn compare(&self, value: &Value<'_>) -> Option<std::cmp::Ordering> {
        match (self, value) {
            (Operand::Number(wanted), Value::Number(number)) => Some(number.cmp(wanted)),
            (Operand::Date(wanted), Value::Date(date)) => Some(date.cmp(wanted)),
            (Operand::Moment(wanted), Value::Moment(moment)) => Some(moment.cmp(wanted)),
            (Operand::Version(wanted), Value::Version(version)) => Some(version.cmp(&wanted)),
            _ => None,
        }
    }

    fn orders(&self, order: Order, value: &Value<'_>) -> bool {
        self.compare(value).is_some_and(|ordering| match order {
            Order::AtLeast => ordering.is_ge(),
            Order::AtMost => ordering.is_le(),
            Order::MoreThan => ordering.is_gt(),
            Order::LessThan => ordering.is_lt(),
        })
    }

    fn describe(&self, kind: Kind) -> String {
        match self {
            Operand::Flag(flag) => flag.to_string(),
            Operand::Number(number) => match kind {
                Kind::Bytes => Bytes(*number).to_string(),
                Kind::Mhz => Mhz(*number).to_string(),
                Kind::Percent => Percent(*number).to_string(),
                Kind::Days => Days(*number).to_string(),
                Kind::Milliseconds => Milliseconds(*number).to_string(),
                Kind::Flag
                | Kind::Number
                | Kind::Date
                | Kind::Moment
                | Kind::Version
                | Kind::Text
                | Kind::Word(_)
                | Kind::Texts
                | Kind::Records(_) => number.to_string(),
            },
            Operand::Date(date) => date.to_string(),
            Operand::Moment(moment) => moment.to_string(),
            Operand::Version(version) => version.to_string(),
            Operand::Text(text) => match kind {
                Kind::Word(_) => text.clone(),
                _ => format!("\"{text}\""),
            },
        }
    }

    /// As it stands in the JSON of a report.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        match self {
            Operand::Flag(flag) => json!(flag),
            Operand::Number(number) => json!(number),
            Operand::Date(date) => json!(date.to_string()),
            Operand::Moment(moment) => json!(moment.to_string()),
            Operand::Version(version) => json!(version.0),
            Operand::Text(text) => json!(text),
        }
    }
}

impl Node {
    fn describe(&self, text: &mut String, within: bool) {
        match self {
            Node::All(nodes) => join(nodes, " and ", text, within),
            Node::Any(nodes) => join(nodes, " or ", text, within),
            Node::Not(node) => {
                text.push_str("not (");
                node.describe(text, false);
                text.push(')');
            }
            Node::Test(test) => {
                let name = match test.subject {
                    Subject::Fact(_) => test.name.as_str(),
                    Subject::Field(_) => test.name.rsplit('.').next().unwrap_or(&test.name),
                };
                let brackets = within && test.checks.len() > 1;
                text.push_str(if brackets { "(" } else { "" });
                for (index, check) in test.checks.iter().enumerate() {
                    text.push_str(if index > 0 { " and " } else { "" });
                    check.describe(name, test.kind, text);
                }
                text.push_str(if brackets { ")" } else { "" });
            }
        }
    }
}

fn join(nodes: &[Node], between: &str, text: &mut String, within: bool) {
    let brackets = within && nodes.len() > 1;
    text.push_str(if brackets { "(" } else { "" });
    for (index, node) in nodes.iter().enumerate() {
        text.push_str(if index > 0 { between } else { "" });
        node.describe(text, nodes.len() > 1);
    }
    text.push_str(if brackets { ")" } else { "" });
}

impl Check {
    fn describe(&self, name: &str, kind: Kind, text: &mut String) {
        let list = |operands: &[Operand]| {
            operands.iter().map(|operand| operand.describe(kind)).collect::<Vec<_>>().join(", ")
        };
        let inner = |node: &Node| {
            let mut text = String::new();
            node.describe(&mut text, false);
            text
        };
        text.push_str(&match self {
            Check::Equals(operand) => format!("{name} = {}", operand.describe(kind)),
            Check::NotEquals(operand) => format!("{name} ≠ {}", operand.describe(kind)),
            Check::OneOf(operands) => format!("{name} ∈ {{{}}}", list(operands)),
            Check::NoneOf(operands) => format!("{name} ∉ {{{}}}", list(operands)),
            Check::Order(order, operand) => format!("{name} {} {}", order.sign(), operand.describe(kind)),
            Check::Contains(part) => format!("{name} ∋ \"{part}\""),
            Check::Matches(pattern) => format!("{name} ~ /{pattern}/"),
            Check::NewerThan(days) => format!("age({name}) ≤ {}", Days(*days)),
            Check::OlderThan(days) => format!("age({name}) > {}", Days(*days)),
            Check::Absent(true) => format!("{name} absent"),
            Check::Absent(false) => format!("{name} present"),
            Check::Every(node) => format!("{name}: every ({})", inner(node)),
            Check::Some(node) => format!("{name}: some ({})", inner(node)),
            Check::None(node) => format!("{name}: none ({})", inner(node)),
            Check::Count(node, bounds) => {
                let counted = match node {
                    Some(node) => format!("count({name} where {})", inner(node)),
                    None => format!("count({name})"),
                };
                let bound = |(bound, limit): &(Bound, i64)| match bound {
                    Bound::Equals => format!("{counted} = {limit}"),
                    Bound::Order(order) => format!("{counted} {} {limit}", order.sign()),
                };
                bounds.iter().map(bound).collect::<Vec<_>>().join(" and ")
            }
        });
    }
}

impl Order {
    fn sign(self) -> &'static str {
        match self {
            Order::AtLeast => "≥",
            Order::AtMost => "≤",
            Order::MoreThan => ">",
            Order::LessThan => "<",
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;

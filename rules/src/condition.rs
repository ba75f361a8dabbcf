//! When a rule applies, passes, or passes in part: conditions over facts, with three truth values.
//!
//! A [`Condition`] exists only when it is known to be right: names are places in the vocabulary, values are of the
//! kind of their fact, patterns are compiled. It cannot fail, and it knows neither rules nor files.

use std::cell::RefCell;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;

use crate::assess::SeenFact;
use crate::fact::{Fact, Reason};
use crate::facts::support::Support;
use crate::facts::{AREAS, Facts, Group, Kind, Origin, Place, Records, Seen, Term, Value};
use crate::quantity::{Bytes, Days, Mhz, Milliseconds, Percent, Version};
use overlay::Overlay;
use pattern::Pattern;
use scan::{Scan, Scanned};
use setting::Settings;

pub(crate) mod contradiction;
pub(crate) mod overlay;
mod pattern;
mod read;
pub(crate) mod scan;
pub(crate) mod setting;
pub mod words;

pub(crate) use read::{Parameters, Scope, comparisons, operand, read, resolve};

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

/// A condition that is known to be right. Two are equal that ask the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    node: Node,
}

/// A PC on the day on which it is judged.
pub(crate) struct Scene<'a> {
    pub(crate) facts: &'a Facts,
    /// Stands in for the derived area of the facts.
    pub(crate) support: &'a Support,
    /// The day for which it is judged, counted from 1 January 1970.
    day: i64,
    /// The day on which it told its facts, counted in the same way: their ages are of that day.
    told: i64,
    /// What stands for the parameters of the set.
    settings: &'a Settings,
    /// Facts as they would be.
    overlay: Option<&'a Overlay>,
    /// The texts that patterns of the set look for in long lists.
    scans: &'a [Scan],
    memo: Memo,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(
        facts: &'a Facts,
        support: &'a Support,
        day: Date,
        settings: &'a Settings,
        scans: &'a [Scan],
    ) -> Scene<'a> {
        let day = day_number(day);
        let (overlay, memo) = (None, Memo::default());
        Scene { facts, support, day, told: day, settings, overlay, scans, memo }
    }

    /// The same PC, which told its facts on this day: their ages are counted from it.
    pub(crate) fn told(self, day: Date) -> Scene<'a> {
        Scene { told: day_number(day), ..self }
    }

    /// The same PC as it would be.
    pub(crate) fn over(self, overlay: &'a Overlay) -> Scene<'a> {
        Scene { overlay: Some(overlay), ..self }
    }

    /// The day from which ages are counted; none beyond the calendar.
    pub(crate) fn today(&self) -> Option<Date> {
        Date::new(1970, 1, 1).ok()?.checked_add(jiff::Span::new().try_days(self.told).ok()?).ok()
    }

    /// Forgets which record decided: before each rule.
    pub(crate) fn next_rule(&self) {
        self.memo.deciders.borrow_mut().clear();
    }

    /// What conditions about the whole PC are asked about.
    pub(crate) fn context(&self) -> Context<'_> {
        Context { scene: self, record: None }
    }

    /// The answer at this place.
    pub(crate) fn at(&self, place: Place) -> Seen<'_> {
        if let Some(overlay) = self.overlay
            && let Some(given) = overlay.at(place)
        {
            return given;
        }
        if place.area == SUPPORT_AREA { self.support.nth(place.field) } else { self.facts.at(place) }
    }

    fn is_overlaid(&self, place: Place) -> bool {
        self.overlay.is_some_and(|overlay| overlay.at(place).is_some())
    }
}

/// What a condition is asked about.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) scene: &'a Scene<'a>,
    /// The record that bare names are fields of.
    pub(crate) record: Option<Record<'a>>,
}

/// What was found out on the way, so that nobody asks twice.
#[derive(Default)]
struct Memo {
    /// The record that decided each question about a list, while one rule is judged.
    deciders: RefCell<Vec<(*const Check, Option<usize>)>>,
    /// What each scan found. A long list is walked once.
    scanned: RefCell<Vec<(usize, Scanned)>>,
}

impl Memo {
    fn keep(&self, check: &Check, decider: Option<usize>) {
        self.deciders.borrow_mut().push((std::ptr::from_ref(check), decider));
    }

    fn recall(&self, check: &Check) -> Option<Option<usize>> {
        let deciders = self.deciders.borrow();
        deciders.iter().find(|(kept, _)| std::ptr::eq(*kept, check)).map(|(_, decider)| *decider)
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
const SUPPORT_AREA: usize = {
    let mut area = 0;
    while !matches!(AREAS[area].origin, Origin::Derived) {
        area += 1;
    }
    area
};

impl<'a> Context<'a> {
    /// The answer at this place.
    pub(crate) fn at(&self, place: Place) -> Seen<'a> {
        self.scene.at(place)
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
            (Subject::Field(_), None) => Fact::Unknown(&Reason::NotAsked),
            (Subject::Parameter(parameter), _) => self.scene.settings.answer(parameter),
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

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Box<Test>),
    /// Everything that another rule set asks: its id, and its rules in one.
    Meets(String, Box<Node>),
}

/// One fact and everything that is asked of it: all must hold.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    subject: Subject,
    kind: Kind,
    /// Full name, such as `disk.drives.health`.
    name: String,
    checks: Vec<Check>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    /// A fact of the PC.
    Fact(Place),
    /// A field of the record at hand.
    Field(usize),
    /// A parameter of the set.
    Parameter(usize),
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Check {
    Equals(Operand),
    NotEquals(Operand),
    OneOf(Vec<Operand>),
    NoneOf(Vec<Operand>),
    Order(Order, Operand),
    Contains(Operand),
    /// Of a list of texts: nothing else is in it.
    Only(Vec<Operand>),
    Matches(Pattern),
    /// At most this many days old.
    NewerThan(Operand),
    /// More than this many days old.
    OlderThan(Operand),
    /// More than this many days ahead.
    FurtherThan(Operand),
    Absent(bool),
    Every(Walk),
    Some(Walk),
    None(Walk),
    Count(Option<Node>, Vec<(Bound, Operand)>),
}

/// A question about each record of a list.
#[derive(Debug, Clone)]
pub(crate) struct Walk {
    node: Node,
    /// The scan that tells the records of which it may hold, and the bit of this question in it.
    guard: Option<(usize, u64)>,
}

/// How the records are found that it may hold of changes no answer.
impl PartialEq for Walk {
    fn eq(&self, other: &Walk) -> bool {
        self.node == other.node
    }
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
    /// What stands for this parameter of the set, and how that is told: its default, or its name.
    Parameter(usize, String),
    /// So many days after a day: both may be parameters.
    Later(Box<Operand>, Box<Operand>),
}

impl Condition {
    pub(crate) fn new(node: Node) -> Condition {
        Condition { node }
    }

    pub(crate) fn node(&self) -> &Node {
        &self.node
    }

    pub(crate) fn node_mut(&mut self) -> &mut Node {
        &mut self.node
    }

    /// Whether it holds.
    pub(crate) fn holds(&self, context: &Context<'_>) -> Truth {
        self.node.holds(context)
    }

    /// Every fact of the PC that it may ask.
    pub(crate) fn places(&self, visit: &mut dyn FnMut(Place)) {
        self.node.places(visit);
    }

    /// Adds the facts that it looks at to `seen`, each once. Of a list, the record that decides.
    pub(crate) fn look(&self, context: &Context<'_>, seen: &mut Vec<SeenFact>) {
        self.node.look(context, seen);
    }

    /// Whether something in it helps it to be true after a change that did not before.
    pub(crate) fn is_helped(&self, before: &Context<'_>, after: &Context<'_>) -> bool {
        let helps = |context| {
            let mut all = Vec::new();
            self.node.helps(context, Truth::True, &mut all);
            all
        };
        helps(before).iter().zip(helps(after)).any(|(before, after)| after && !before)
    }

    /// The id of the rule set of which it asks whether it is met, if that is what it asks.
    pub fn met_set(&self) -> Option<&str> {
        match &self.node {
            Node::Meets(set, _) => Some(set),
            Node::All(_) | Node::Any(_) | Node::Not(_) | Node::Test(_) => None,
        }
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
    /// A question about each record of this list, and all must be true.
    pub(crate) fn every(list: Place, node: Node) -> Node {
        let check = Check::Every(Walk { node, guard: None });
        let test = Test {
            subject: Subject::Fact(list),
            kind: list.term().kind,
            name: list.name(),
            checks: vec![check],
        };
        Node::Test(Box::new(test))
    }

    pub(crate) fn holds(&self, context: &Context<'_>) -> Truth {
        match self {
            Node::Meets(_, node) => node.holds(context),
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
            Node::Meets(_, node) => node.look_at_deciders(context, seen),
            Node::Test(test) => test.look(context, seen),
        }
    }

    /// Of rules that are all asked, looks at those that decide: where one fails, at all that fail.
    fn look_at_deciders(&self, context: &Context<'_>, seen: &mut Vec<SeenFact>) {
        let Node::All(nodes) = self else { return self.look(context, seen) };
        let sum = self.holds(context);
        nodes.iter().filter(|node| node.holds(context) == sum).for_each(|node| node.look(context, seen));
    }

    /// Whether each comparison in it says what helps the whole to be true, in their order.
    fn helps(&self, context: &Context<'_>, wanted: Truth, all: &mut Vec<bool>) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => {
                nodes.iter().for_each(|node| node.helps(context, wanted, all));
            }
            Node::Not(node) => node.helps(context, !wanted, all),
            Node::Meets(_, node) => node.helps(context, wanted, all),
            Node::Test(_) => all.push(self.holds(context) == wanted),
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
            Subject::Fact(_) | Subject::Parameter(_) => None,
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
            Fact::Absent => return self.holds_of_absent(context.scene.settings),
            Fact::Unknown(_) => return Truth::Unknown,
        };
        let settings = context.scene.settings;
        match self {
            Check::Equals(operand) => operand.equals(value, settings),
            Check::NotEquals(operand) => !operand.equals(value, settings),
            Check::OneOf(operands) => any(operands.iter().map(|operand| operand.equals(value, settings))),
            Check::NoneOf(operands) => !any(operands.iter().map(|operand| operand.equals(value, settings))),
            Check::Order(order, operand) => operand.orders(*order, value, settings),
            Check::Contains(part) => match part.text(settings) {
                None => Truth::Unknown,
                Some(part) => Truth::from(match value {
                    Value::Texts(texts) => texts.iter().any(|text| text == part),
                    other => text_of(other).is_some_and(|text| text.contains(part)),
                }),
            },
            Check::Only(operands) => match value {
                Value::Texts(texts) => all(texts.iter().map(|text| {
                    any(operands.iter().map(|operand| operand.equals(&Value::Text(text), settings)))
                })),
                _ => Truth::Unknown,
            },
            Check::Matches(pattern) => Truth::from(match value {
                Value::Texts(texts) => texts.iter().any(|text| pattern.is_match(text)),
                other => text_of(other).is_some_and(|text| pattern.is_match(text)),
            }),
            Check::NewerThan(days) => match days.number(settings) {
                Some(days) => Truth::from(age(value, context.scene.told).is_some_and(|age| age <= days)),
                None => Truth::Unknown,
            },
            Check::OlderThan(days) => match days.number(settings) {
                Some(days) => Truth::from(age(value, context.scene.told).is_some_and(|age| age > days)),
                None => Truth::Unknown,
            },
            Check::FurtherThan(days) => match days.number(settings) {
                Some(days) => Truth::from(age(value, context.scene.day).is_some_and(|age| -age > days)),
                None => Truth::Unknown,
            },
            Check::Absent(absent) => Truth::from(!absent),
            Check::Every(walk) => self.walk(walk, Truth::False, value, kind, context),
            Check::Some(walk) => self.walk(walk, Truth::True, value, kind, context),
            Check::None(walk) => !self.walk(walk, Truth::True, value, kind, context),
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
                count_holds(bounds, sure, possible, settings)
            }
        }
    }

    /// Of what is not there, every comparison is false, except that it is absent and that it is no such value;
    /// an absent list is an empty one.
    fn holds_of_absent(&self, settings: &Settings) -> Truth {
        match self {
            Check::NotEquals(_) | Check::NoneOf(_) | Check::Only(_) | Check::Every(_) | Check::None(_) => {
                Truth::True
            }
            Check::Absent(absent) => Truth::from(*absent),
            Check::Count(_, bounds) => count_holds(bounds, 0, 0, settings),
            Check::Equals(_)
            | Check::OneOf(_)
            | Check::Order(..)
            | Check::Contains(_)
            | Check::Matches(_)
            | Check::NewerThan(_)
            | Check::OlderThan(_)
            | Check::FurtherThan(_)
            | Check::Some(_) => Truth::False,
        }
    }

    /// Asks each record until one gives the deciding answer; unknown when one did not know.
    fn walk(
        &self,
        walk: &Walk,
        deciding: Truth,
        value: &Value<'_>,
        kind: Kind,
        context: &Context<'_>,
    ) -> Truth {
        let (Value::Records(records), Kind::Records(terms)) = (value, kind) else { return !deciding };
        let (truth, decider) = first_decider(walk, deciding, *records, terms, context);
        // Within a record the same question is asked of several lists.
        if context.record.is_none() {
            context.scene.memo.keep(self, decider);
        }
        truth
    }

    /// What is asked of each record of a list.
    fn within(&self) -> Option<&Node> {
        if let Check::Count(node, _) = self {
            return node.as_ref();
        }
        self.walked().map(|(walk, _)| &walk.node)
    }

    /// The question about each record of a list that one record can decide, and the answer that decides it.
    fn walked(&self) -> Option<(&Walk, Truth)> {
        match self {
            Check::Every(walk) => Some((walk, Truth::False)),
            Check::Some(walk) | Check::None(walk) => Some((walk, Truth::True)),
            Check::Equals(_)
            | Check::NotEquals(_)
            | Check::OneOf(_)
            | Check::NoneOf(_)
            | Check::Order(..)
            | Check::Contains(_)
            | Check::Only(_)
            | Check::Matches(_)
            | Check::NewerThan(_)
            | Check::OlderThan(_)
            | Check::FurtherThan(_)
            | Check::Absent(_)
            | Check::Count(..) => None,
        }
    }

    /// The record that decides a question about a list, and the question that it was asked.
    fn decider(
        &self,
        records: &dyn Records,
        terms: &'static [Term],
        context: &Context<'_>,
    ) -> Option<(&Node, usize)> {
        let (walk, deciding) = self.walked()?;
        let recalled = if context.record.is_none() { context.scene.memo.recall(self) } else { None };
        let decider = recalled.unwrap_or_else(|| first_decider(walk, deciding, records, terms, context).1);
        decider.map(|index| (&walk.node, index))
    }
}

/// What a walk through a list comes to, and the record that decided it: the first that gives the deciding answer,
/// else the first that does not know.
fn first_decider(
    walk: &Walk,
    deciding: Truth,
    records: &dyn Records,
    terms: &'static [Term],
    context: &Context<'_>,
) -> (Truth, Option<usize>) {
    let mut unknown = None;
    let mut ask = |index: usize| match walk.node.holds(&context.with(records, index, terms)) {
        truth if truth == deciding => Some((deciding, Some(index))),
        Truth::Unknown => {
            unknown = unknown.or(Some(index));
            None
        }
        Truth::True | Truth::False => None,
    };
    let decided = match walk.guard {
        Some((scan, bit)) if deciding == Truth::True && context.record.is_none() => {
            with_scanned(scan, records, context, |scanned| scanned.may_hold(bit).find_map(&mut ask))
        }
        Some(_) | None => (0..records.count()).find_map(&mut ask),
    };
    decided.unwrap_or((if unknown.is_some() { Truth::Unknown } else { !deciding }, unknown))
}

/// Does something with what a scan of the set found in this list; the list is walked at the first time.
fn with_scanned<T>(
    scan: usize,
    records: &dyn Records,
    context: &Context<'_>,
    f: impl FnOnce(&Scanned) -> T,
) -> T {
    let scene = context.scene;
    let cached = scene.memo.scanned.borrow().iter().position(|(kept, _)| *kept == scan);
    let at = cached.unwrap_or_else(|| {
        let scanned = match scene.scans.get(scan) {
            Some(scan) if !scene.is_overlaid(scan.list) => scan.of(records),
            Some(_) | None => Scanned::everything(records.count()),
        };
        let mut kept = scene.memo.scanned.borrow_mut();
        kept.push((scan, scanned));
        kept.len() - 1
    });
    f(&scene.memo.scanned.borrow()[at].1)
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
fn count_holds(bounds: &[(Bound, Operand)], sure: usize, possible: usize, settings: &Settings) -> Truth {
    let keeps = |bound: Bound, count: i64, limit: i64| match bound {
        Bound::Equals => count == limit,
        Bound::Order(Order::AtLeast) => count >= limit,
        Bound::Order(Order::AtMost) => count <= limit,
        Bound::Order(Order::MoreThan) => count > limit,
        Bound::Order(Order::LessThan) => count < limit,
    };
    let possible = i64::try_from(possible).unwrap_or(i64::MAX);
    let sure = i64::try_from(sure).unwrap_or(i64::MAX);
    all(bounds.iter().map(|(bound, limit)| {
        let Some(limit) = limit.number(settings) else { return Truth::Unknown };
        if *bound == Bound::Equals && sure < limit && limit < possible {
            return Truth::Unknown;
        }
        match (keeps(*bound, sure, limit), keeps(*bound, possible, limit)) {
            (true, true) => Truth::True,
            (false, false) => Truth::False,
            (true, false) | (false, true) => Truth::Unknown,
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
fn age(value: &Value<'_>, day: i64) -> Option<i64> {
    match value {
        Value::Date(date) => Some(day - day_number(*date)),
        Value::Moment(moment) => Some(day - moment.as_second().div_euclid(86_400)),
        Value::Flag(_)
        | Value::Number(_)
        | Value::Version(_)
        | Value::Text(_)
        | Value::Texts(_)
        | Value::Records(_) => None,
    }
}

/// Days since 1 January 1970 (Hinnant, "chrono-Compatible Low-Level Date Algorithms", `days_from_civil`).
fn day_number(date: Date) -> i64 {
    let (month, day) = (i64::from(date.month()), i64::from(date.day()));
    let year = i64::from(date.year()) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Whole days from the first day to the second; negative when the second is earlier.
pub(crate) fn days_between(first: Date, second: Date) -> i64 {
    day_number(second) - day_number(first)
}

impl Operand {
    /// Whether the value is this one; of a parameter with several values, whether it is one of them.
    fn equals(&self, value: &Value<'_>, settings: &Settings) -> Truth {
        match self {
            Operand::Parameter(parameter, _) => match settings.given(*parameter) {
                Some(given) => any(given.iter().map(|operand| Truth::from(operand.is(value)))),
                None => Truth::Unknown,
            },
            _ => Truth::from(self.is(value)),
        }
    }

    fn is(&self, value: &Value<'_>) -> bool {
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
            (Operand::Version(wanted), Value::Version(version)) => Some((*version).cmp(wanted)),
            _ => None,
        }
    }

    fn orders(&self, order: Order, value: &Value<'_>, settings: &Settings) -> Truth {
        let later;
        let operand = match self {
            Operand::Later(day, days) => {
                later = day.later(days, settings);
                later.as_ref()
            }
            _ => self.one(settings),
        };
        let Some(operand) = operand else { return Truth::Unknown };
        Truth::from(operand.compare(value).is_some_and(|ordering| match order {
            Order::AtLeast => ordering.is_ge(),
            Order::AtMost => ordering.is_le(),
            Order::MoreThan => ordering.is_gt(),
            Order::LessThan => ordering.is_lt(),
        }))
    }

    /// The day that is so many days later; none when nothing stands for one of both, or beyond the calendar.
    fn later(&self, days: &Operand, settings: &Settings) -> Option<Operand> {
        let Some(Operand::Date(day)) = self.one(settings) else { return None };
        let span = jiff::Span::new().try_days(days.number(settings)?).ok()?;
        day.checked_add(span).ok().map(Operand::Date)
    }

    /// This value, or the one that stands for the parameter; none when nothing does.
    fn one<'a>(&'a self, settings: &'a Settings) -> Option<&'a Operand> {
        match self {
            Operand::Parameter(parameter, _) => settings.given(*parameter)?.first(),
            _ => Some(self),
        }
    }

    fn number(&self, settings: &Settings) -> Option<i64> {
        match self.one(settings)? {
            Operand::Number(number) => Some(*number),
            _ => None,
        }
    }

    fn text<'a>(&'a self, settings: &'a Settings) -> Option<&'a str> {
        match self.one(settings)? {
            Operand::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value as conditions see it; none for a parameter.
    fn value(&self) -> Option<Value<'_>> {
        match self {
            Operand::Flag(flag) => Some(Value::Flag(*flag)),
            Operand::Number(number) => Some(Value::Number(*number)),
            Operand::Date(date) => Some(Value::Date(*date)),
            Operand::Moment(moment) => Some(Value::Moment(*moment)),
            Operand::Version(version) => Some(Value::Version(version)),
            Operand::Text(text) => Some(Value::Text(text)),
            Operand::Parameter(..) | Operand::Later(..) => None,
        }
    }

    pub(crate) fn describe(&self, kind: Kind) -> String {
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
            Operand::Parameter(_, shown) => shown.clone(),
            Operand::Later(day, days) => {
                format!("{} + {}", day.describe(kind), days.describe(Kind::Days))
            }
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
            Operand::Parameter(..) | Operand::Later(..) => serde_json::Value::Null,
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
            Node::Meets(set, _) => text.push_str(set),
            Node::Test(test) => {
                let name = match test.subject {
                    Subject::Fact(_) | Subject::Parameter(_) => test.name.as_str(),
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

impl Node {
    /// Every test in it, those within lists included.
    pub(crate) fn tests<'n>(&'n self, visit: &mut dyn FnMut(&'n Test)) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| node.tests(visit)),
            Node::Not(node) | Node::Meets(_, node) => node.tests(visit),
            Node::Test(test) => {
                visit(test);
                for check in &test.checks {
                    match check {
                        Check::Every(walk) | Check::Some(walk) | Check::None(walk) => walk.node.tests(visit),
                        Check::Count(Some(node), _) => node.tests(visit),
                        _ => {}
                    }
                }
            }
        }
    }

    /// Every fact of the PC that it may ask.
    fn places(&self, visit: &mut dyn FnMut(Place)) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter().for_each(|node| node.places(visit)),
            Node::Not(node) | Node::Meets(_, node) => node.places(visit),
            Node::Test(test) => {
                test.place().into_iter().for_each(&mut *visit);
                test.checks.iter().filter_map(Check::within).for_each(|node| node.places(visit));
            }
        }
    }

    /// Every question about each record of a list of the PC, with that list.
    fn walks(&mut self, visit: &mut dyn FnMut(Place, &mut Walk)) {
        match self {
            Node::All(nodes) | Node::Any(nodes) => nodes.iter_mut().for_each(|node| node.walks(visit)),
            Node::Not(node) | Node::Meets(_, node) => node.walks(visit),
            Node::Test(test) => {
                let Subject::Fact(list) = test.subject else { return };
                for check in &mut test.checks {
                    if let Check::Some(walk) | Check::None(walk) = check {
                        visit(list, walk);
                    }
                }
            }
        }
    }
}

impl Test {
    /// The fact of the PC that it asks; none for a field of a record.
    pub(crate) fn place(&self) -> Option<Place> {
        match self.subject {
            Subject::Fact(place) => Some(place),
            Subject::Field(_) | Subject::Parameter(_) => None,
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
        let days = |days: &Operand| days.describe(Kind::Days);
        text.push_str(&match self {
            Check::Equals(operand) => format!("{name} = {}", operand.describe(kind)),
            Check::NotEquals(operand) => format!("{name} ≠ {}", operand.describe(kind)),
            Check::OneOf(operands) => format!("{name} ∈ {{{}}}", list(operands)),
            Check::NoneOf(operands) => format!("{name} ∉ {{{}}}", list(operands)),
            Check::Order(order, operand) => format!("{name} {} {}", order.sign(), operand.describe(kind)),
            Check::Contains(part) => format!("{name} ∋ {}", part.describe(Kind::Text)),
            Check::Only(operands) => format!("{name} ⊆ {{{}}}", list(operands)),
            Check::Matches(pattern) => format!("{name} ~ /{pattern}/"),
            Check::NewerThan(age) => format!("age({name}) ≤ {}", days(age)),
            Check::OlderThan(age) => format!("age({name}) > {}", days(age)),
            Check::FurtherThan(ahead) => format!("days to {name} > {}", days(ahead)),
            Check::Absent(true) => format!("{name} absent"),
            Check::Absent(false) => format!("{name} present"),
            Check::Every(walk) => format!("{name}: every ({})", inner(&walk.node)),
            Check::Some(walk) => format!("{name}: some ({})", inner(&walk.node)),
            Check::None(walk) => format!("{name}: none ({})", inner(&walk.node)),
            Check::Count(node, bounds) => {
                let counted = match node {
                    Some(node) => format!("count({name} where {})", inner(node)),
                    None => format!("count({name})"),
                };
                let bound = |(bound, limit): &(Bound, Operand)| {
                    let limit = limit.describe(Kind::Number);
                    match bound {
                        Bound::Equals => format!("{counted} = {limit}"),
                        Bound::Order(order) => format!("{counted} {} {limit}", order.sign()),
                    }
                };
                bounds.iter().map(bound).collect::<Vec<_>>().join(" and ")
            }
        });
    }
}

impl Order {
    /// What holds of a value exactly where this does not.
    fn opposite(self) -> Order {
        match self {
            Order::AtLeast => Order::LessThan,
            Order::AtMost => Order::MoreThan,
            Order::MoreThan => Order::AtMost,
            Order::LessThan => Order::AtLeast,
        }
    }

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

//! Facts as they would be after a remedy: laid over those that a PC reported, which stay as they are.
//!
//! So what-if is the same engine: it asks the same conditions, of a PC that differs in a few answers.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use super::{Context, Node, Operand, Scene, Truth};
use crate::fact::Fact;
use crate::facts::{Kind, Place, Records, Seen, Term, Value};

/// Facts as they would be.
#[derive(Debug, Default)]
pub(crate) struct Overlay {
    answers: BTreeMap<Place, Fact<Owned>>,
}

/// A value that no PC reported.
#[derive(Debug, Clone)]
pub(crate) enum Owned {
    /// One value.
    One(Operand),
    /// A list of texts.
    Texts(Vec<String>),
    /// A list of records.
    Records(Table),
}

/// The records of a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Table(pub(crate) Vec<Vec<Fact<Owned>>>);

/// What a remedy gives: one fact, and how it becomes another.
#[derive(Debug, Clone)]
pub(crate) struct Gift {
    pub(crate) place: Place,
    pub(crate) change: Change,
}

/// How a fact becomes another.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// It is this.
    Is(Fact<Owned>),
    /// It is this, unless it is more already.
    AtLeast(Operand),
    /// It is the day that is judged, unless it is later already.
    Today,
    /// It grows by this.
    Add(i64),
    /// These are in the list too.
    Append(Owned),
    /// Records of which this holds leave the list.
    Remove(Node),
    /// Records of which the condition holds have these fields.
    Fields(Option<Node>, Vec<(usize, Fact<Owned>)>),
}

impl Overlay {
    /// What lies over this place.
    pub(super) fn at(&self, place: Place) -> Option<Seen<'_>> {
        Some(seen(self.answers.get(&place)?))
    }

    /// Lays an answer over this place.
    pub(crate) fn lay(&mut self, place: Place, answer: Fact<Owned>) {
        self.answers.insert(place, answer);
    }
}

/// The fact after the gift; none when it stays as it is, or when nobody knows what it is.
pub(crate) fn changed(scene: &Scene<'_>, gift: &Gift) -> Option<Fact<Owned>> {
    let current = scene.at(gift.place);
    let kind = gift.place.term().kind;
    match (&gift.change, &current) {
        (Change::Is(answer), _) => Some(answer.clone()),
        (Change::AtLeast(least), Fact::Known(value)) if least.compare(value)?.is_ge() => None,
        (Change::AtLeast(least), _) => Some(Fact::Known(Owned::One(least.clone()))),
        (Change::Today, _) => {
            let today = match kind {
                Kind::Moment => Operand::Moment(scene.today()?.to_zoned(TimeZone::UTC).ok()?.timestamp()),
                _ => Operand::Date(scene.today()?),
            };
            match &current {
                Fact::Known(value) if today.compare(value)?.is_ge() => None,
                _ => Some(Fact::Known(Owned::One(today))),
            }
        }
        (Change::Add(more), Fact::Known(Value::Number(number))) => {
            Some(Fact::Known(Owned::One(Operand::Number(number.saturating_add(*more)))))
        }
        (Change::Append(Owned::Texts(more)), Fact::Known(Value::Texts(texts))) => {
            Some(Fact::Known(Owned::Texts(texts.iter().chain(more).cloned().collect())))
        }
        (Change::Append(Owned::Records(more)), Fact::Known(Value::Records(records))) => {
            let mut table = owned_table(*records, terms(kind)?);
            table.0.extend(more.0.iter().cloned());
            Some(Fact::Known(Owned::Records(table)))
        }
        (Change::Append(more), Fact::Absent) => Some(Fact::Known(more.clone())),
        (Change::Remove(node), Fact::Known(Value::Records(records))) => {
            let kept = kept(scene, *records, terms(kind)?, |context| node.holds(context) != Truth::True);
            Some(Fact::Known(Owned::Records(kept)))
        }
        (Change::Fields(node, fields), Fact::Known(Value::Records(records))) => {
            let terms = terms(kind)?;
            let mut table = owned_table(*records, terms);
            for (index, record) in table.0.iter_mut().enumerate() {
                let context = scene.context().with(*records, index, terms);
                if node.as_ref().is_none_or(|node| node.holds(&context) == Truth::True) {
                    for (field, answer) in fields {
                        if let Some(slot) = record.get_mut(*field) {
                            *slot = answer.clone();
                        }
                    }
                }
            }
            Some(Fact::Known(Owned::Records(table)))
        }
        (Change::Add(_) | Change::Append(_) | Change::Remove(_) | Change::Fields(..), _) => None,
    }
}

fn terms(kind: Kind) -> Option<&'static [Term]> {
    match kind {
        Kind::Records(terms) => Some(terms),
        _ => None,
    }
}

fn kept<'a>(
    scene: &'a Scene<'a>,
    records: &'a dyn Records,
    terms: &'static [Term],
    stays: impl Fn(&Context<'a>) -> bool,
) -> Table {
    let stays = |index: &usize| stays(&scene.context().with(records, *index, terms));
    Table((0..records.count()).filter(stays).map(|index| owned_record(records, index, terms)).collect())
}

fn owned_table(records: &dyn Records, terms: &'static [Term]) -> Table {
    Table((0..records.count()).map(|index| owned_record(records, index, terms)).collect())
}

fn owned_record(records: &dyn Records, index: usize, terms: &'static [Term]) -> Vec<Fact<Owned>> {
    let field = |(field, term): (usize, &Term)| owned(records.nth(index, field), term.kind);
    terms.iter().enumerate().map(field).collect()
}

fn owned(answer: Seen<'_>, kind: Kind) -> Fact<Owned> {
    let answer = answer.map(|value| match value {
        Value::Flag(flag) => Owned::One(Operand::Flag(flag)),
        Value::Number(number) => Owned::One(Operand::Number(number)),
        Value::Date(date) => Owned::One(Operand::Date(date)),
        Value::Moment(moment) => Owned::One(Operand::Moment(moment)),
        Value::Version(version) => Owned::One(Operand::Version(version.clone())),
        Value::Text(text) => Owned::One(Operand::Text(text.to_owned())),
        Value::Texts(texts) => Owned::Texts(texts.to_vec()),
        Value::Records(records) => {
            Owned::Records(terms(kind).map(|terms| owned_table(records, terms)).unwrap_or_default())
        }
    });
    answer.owned()
}

fn seen(answer: &Fact<Owned>) -> Seen<'_> {
    match answer {
        Fact::Known(Owned::One(operand)) => Fact::known_or_absent(operand.value()),
        Fact::Known(Owned::Texts(texts)) => Fact::Known(Value::Texts(texts)),
        Fact::Known(Owned::Records(table)) => Fact::Known(Value::Records(table)),
        Fact::Absent => Fact::Absent,
        Fact::Unknown(reason) => Fact::Unknown(reason),
    }
}

impl Records for Table {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn nth(&self, record: usize, field: usize) -> Seen<'_> {
        seen(&self.0[record][field])
    }
}

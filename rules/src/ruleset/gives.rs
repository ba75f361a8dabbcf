//! What a remedy gives, from the words that a person wrote.

use super::raw::{Field, Reader, quoted};
use crate::complaint;
use crate::condition::overlay::{Change, Gift, Owned, Table};
use crate::condition::{self, Operand, Scope, Subject};
use crate::fact::Fact;
use crate::facts::{Kind, Term};

/// Reads what a remedy gives; what is wrong is complained of and left out.
pub(super) fn read(reader: &mut Reader<'_>, field: Field<'_>, scope: Scope<'_>) -> Vec<(usize, Gift)> {
    let Some(mut table) = reader.table(field) else { return Vec::new() };
    let fields = table.rest();
    if fields.is_empty() {
        reader.complain(field.value_at(), complaint::EMPTY_CONDITION, "the remedy gives nothing", None);
    }
    let one = |field: Field<'_>| {
        let (subject, kind, _) = condition::resolve(reader, field, scope)?;
        let Subject::Fact(place) = subject else {
            let text = format!("a remedy gives facts, and `{}` is none", field.name);
            reader.complain(field.at, complaint::UNKNOWN_FACT, text, None);
            return None;
        };
        Some((field.at, Gift { place, change: change(reader, field, kind, scope)? }))
    };
    fields.into_iter().filter_map(one).collect()
}

fn change(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind, scope: Scope<'_>) -> Option<Change> {
    if !field.value.get_ref().is_table() {
        return value(reader, field, kind).map(Change::Is);
    }
    let mut table = reader.table(field)?;
    let record = match kind {
        Kind::Records(terms) => Some(Scope { record: Some((field.name, terms)), ..scope }),
        _ => None,
    };
    let change = match kind {
        Kind::Number | Kind::Bytes | Kind::Mhz | Kind::Percent | Kind::Days | Kind::Milliseconds => {
            let add = table.take("add").map(|inner| match condition::operand(reader, inner, kind) {
                Some(Operand::Number(more)) => Some(Change::Add(more)),
                _ => None,
            });
            let least = table
                .take("at_least")
                .map(|inner| condition::operand(reader, inner, kind).map(Change::AtLeast));
            add.or(least)
        }
        Kind::Date | Kind::Moment => {
            let least = table
                .take("at_least")
                .map(|inner| condition::operand(reader, inner, kind).map(Change::AtLeast));
            let today = table
                .take("today")
                .map(|inner| reader.flag(inner).filter(|today| *today).map(|_| Change::Today));
            least.or(today)
        }
        Kind::Version => {
            table.take("at_least").map(|inner| condition::operand(reader, inner, kind).map(Change::AtLeast))
        }
        Kind::Texts => table.take("append").map(|inner| append(reader, inner, kind)),
        Kind::Records(terms) => {
            let append = table.take("append").map(|inner| append(reader, inner, kind));
            let remove = table
                .take("remove")
                .map(|inner| condition::read(reader, inner, record.unwrap_or(scope)).map(Change::Remove));
            let wanted =
                table.take("where").map(|inner| condition::read(reader, inner, record.unwrap_or(scope)));
            let set = table.take("set").map(|inner| {
                let mut fields = reader.table(inner)?;
                let read = |inner: Field<'_>| one_field(reader, inner, terms);
                let fields: Vec<(usize, Fact<Owned>)> = fields.rest().into_iter().filter_map(read).collect();
                Some(Change::Fields(None, fields))
            });
            let set = match (wanted, set) {
                (None, set) => set,
                (Some(node), Some(Some(Change::Fields(_, fields)))) => {
                    Some(node.map(|node| Change::Fields(Some(node), fields)))
                }
                (Some(_), _) => Some(None),
            };
            append.or(remove).or(set)
        }
        Kind::Flag | Kind::Text | Kind::Word(_) => None,
    };
    let absent = table
        .take("absent")
        .map(|inner| reader.flag(inner).filter(|absent| *absent).map(|_| Change::Is(Fact::Absent)));
    table.finish(reader);
    match change.or(absent) {
        Some(change) => change,
        None => {
            let text = format!("`{}` becomes nothing", field.name);
            let words: &[&str] = match kind {
                Kind::Texts => &["append", "absent"],
                Kind::Records(_) => &["append", "remove", "set", "absent"],
                Kind::Date | Kind::Moment => &["at_least", "today", "absent"],
                Kind::Version => &["at_least", "absent"],
                Kind::Flag | Kind::Text | Kind::Word(_) => &["absent"],
                _ => &["add", "at_least", "absent"],
            };
            let suggestion = format!("write a value, or {}", quoted(words.iter().copied()));
            reader.complain(field.value_at(), complaint::BAD_VALUE, text, Some(suggestion));
            None
        }
    }
}

fn append(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind) -> Option<Change> {
    match value(reader, field, kind)? {
        Fact::Known(owned) => Some(Change::Append(owned)),
        Fact::Absent | Fact::Unknown(_) => None,
    }
}

/// Reads one value of this kind.
fn value(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind) -> Option<Fact<Owned>> {
    let owned = match kind {
        Kind::Texts => {
            let texts = reader.texts(field)?;
            Owned::Texts(texts.into_iter().map(|(_, text)| text.to_owned()).collect())
        }
        Kind::Records(terms) => {
            let records = reader.list(field)?;
            Owned::Records(Table(records.into_iter().filter_map(|one| record(reader, one, terms)).collect()))
        }
        _ => Owned::One(condition::operand(reader, field, kind)?),
    };
    Some(Fact::Known(owned))
}

/// Reads one record; fields that are not given were not asked.
fn record(reader: &mut Reader<'_>, field: Field<'_>, terms: &'static [Term]) -> Option<Vec<Fact<Owned>>> {
    let mut table = reader.table(field)?;
    let mut record: Vec<Fact<Owned>> = terms.iter().map(|_| Fact::default()).collect();
    for inner in table.rest() {
        if let Some((index, answer)) = one_field(reader, inner, terms)
            && let Some(slot) = record.get_mut(index)
        {
            *slot = answer;
        }
    }
    Some(record)
}

fn one_field(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    terms: &'static [Term],
) -> Option<(usize, Fact<Owned>)> {
    let Some(index) = terms.iter().position(|term| term.name == field.name) else {
        if reader.is_full() {
            return None;
        }
        let text = format!("a record has no field `{}`", field.name);
        let names = terms.iter().map(|term| term.name);
        let suggestion = match complaint::nearest(field.name, names.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its fields are {}", quoted(names)),
        };
        reader.complain(field.at, complaint::UNKNOWN_FACT, text, Some(suggestion));
        return None;
    };
    Some((index, value(reader, field, terms.get(index)?.kind)?))
}

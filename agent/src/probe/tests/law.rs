//! A law: what cannot be read never makes another answer.
//!
//! Of every recorded Windows PC each column of WMI is taken away in turn, from all rows and from one, or gets another
//! type; the type of each value of the registry is changed in turn; and each question about WMI, the registry, a service
//! or Security Center is denied in turn. An answer, known or absent, may become unknown by that; it may not
//! become another answer, and a list may not lose or gain a record unless one of its records says what is unknown.
//! Exceptions say why they are honest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Mutex;

use rules::facts::{AREAS, Facts, Kind, Place, Records, Seen, Term, Value};

use super::doors::{Otherwise, Pc};
use super::*;
use crate::host::answers::{
    Cell, Guardian, Health, ImageScanner, Key, Method, Query, RegistryValue, Row, Service,
};
use crate::host::recorded::Recorded;
use crate::host::{Answer, Trouble};

mod linux;

/// What is bent.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Bend {
    /// A column of a question to WMI.
    Column { question: String, column: String, how: How },
    /// A column of what a method of WMI answers is missing.
    Called { object: String, column: String },
    /// A value of the registry has another type.
    Value { key: String, name: String },
    /// A question is not answered.
    Door { question: String },
}

/// What happens to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// It is missing in the first row.
    First,
    /// It is missing in all rows.
    All,
    /// It has another type in all rows.
    Odd,
}

impl Bend {
    /// Where it is, as an exception names it: class or key, and column or value.
    fn place(&self) -> (&str, &str) {
        match self {
            Bend::Column { question, column, .. } => {
                (question.split(" FROM ").nth(1).unwrap_or_default(), column)
            }
            Bend::Called { object, column } => (object, column),
            Bend::Value { key, name } => (key, name),
            Bend::Door { question } => (question, "denied"),
        }
    }
}

/// Notes what is asked, and bends one answer.
#[derive(Default)]
struct Bent {
    bend: Option<Bend>,
    /// A Windows of 32 bit, whose two views of the registry are one.
    narrow: bool,
    asked: Mutex<BTreeSet<Bend>>,
}

impl Bent {
    fn note(&self, bends: impl IntoIterator<Item = Bend>) {
        self.asked.lock().unwrap().extend(bends);
    }

    /// Denies this question when it is its turn.
    fn knock(&self, question: String) -> Result<(), Trouble> {
        let bend = Bend::Door { question };
        if self.bend.as_ref() == Some(&bend) {
            return Err(Trouble::Denied);
        }
        self.note([bend]);
        Ok(())
    }

    fn hits(&self, key: Key<'_>, name: &str) -> bool {
        let is_bent = |bent: &str| match self.narrow {
            true => bent.trim_end_matches(" (32)") == key.path,
            false => bent == key.to_string(),
        };
        matches!(&self.bend, Some(Bend::Value { key: bent, name: its }) if is_bent(bent) && its == name)
    }
}

/// A value of another type.
fn other(value: &RegistryValue) -> RegistryValue {
    match value {
        RegistryValue::Bytes(_) => RegistryValue::Text("?".to_owned()),
        RegistryValue::Text(_)
        | RegistryValue::Expand(_)
        | RegistryValue::Texts(_)
        | RegistryValue::U32(_)
        | RegistryValue::U64(_) => RegistryValue::Bytes(vec![0xff; 9]),
    }
}

impl Otherwise for Bent {
    fn wmi(&self, pc: &Recorded, query: &Query<'_>) -> Answer<Vec<Row>> {
        let question = query.to_string();
        self.knock(question.clone())?;
        let mut rows = pc.wmi(query)?;
        for (at, row) in rows.iter_mut().flatten().enumerate() {
            let bend = |column: &String, how| Bend::Column {
                question: question.clone(),
                column: column.clone(),
                how,
            };
            let bends =
                row.keys().flat_map(|column| [How::First, How::All, How::Odd].map(|how| bend(column, how)));
            self.note(bends.collect::<Vec<_>>());
            let Some(Bend::Column { question: bent, column, how }) = &self.bend else { continue };
            if *bent == question {
                match how {
                    How::First if at > 0 => {}
                    How::First | How::All => drop(row.remove(column)),
                    How::Odd => drop(row.insert(column.clone(), Cell::List(vec![Cell::Number(0xd800)]))),
                }
            }
        }
        Ok(rows)
    }

    fn wmi_call(&self, pc: &Recorded, method: Method, object: &str) -> Answer<Row> {
        let object_of = format!("{} of {object}", method.name());
        self.knock(object_of.clone())?;
        let mut row = pc.wmi_call(method, object)?;
        for row in row.iter_mut() {
            let bend = |column: &String| Bend::Called { object: object_of.clone(), column: column.clone() };
            self.note(row.keys().map(bend).collect::<Vec<_>>());
            if let Some(Bend::Called { object: bent, column }) = &self.bend
                && *bent == object_of
            {
                row.remove(column);
            }
        }
        Ok(row)
    }

    fn registry_value(&self, pc: &Recorded, key: Key<'_>, name: &str) -> Answer<RegistryValue> {
        self.knock(format!("{key}: {name}"))?;
        let value = pc.registry_value(key, name)?;
        if value.is_some() {
            self.note([Bend::Value { key: key.to_string(), name: name.to_owned() }]);
        }
        Ok(value.map(|value| if self.hits(key, name) { other(&value) } else { value }))
    }

    fn registry_values(&self, pc: &Recorded, key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        self.knock(format!("values of {key}"))?;
        let values = pc.registry_values(key)?;
        let names = values.iter().flatten().map(|(name, _)| name);
        self.note(names.map(|name| Bend::Value { key: key.to_string(), name: name.clone() }));
        let bent = |(name, value): (String, RegistryValue)| {
            let value = if self.hits(key, &name) { other(&value) } else { value };
            (name, value)
        };
        Ok(values.map(|values| values.into_iter().map(bent).collect()))
    }

    fn registry_keys(&self, pc: &Recorded, key: Key<'_>) -> Answer<Vec<String>> {
        self.knock(format!("keys of {key}"))?;
        pc.registry_keys(key)
    }

    fn service(&self, pc: &Recorded, name: &str) -> Answer<Service> {
        self.knock(format!("service {name}"))?;
        pc.service(name)
    }

    fn image_scanners(&self, pc: &Recorded) -> Answer<Vec<ImageScanner>> {
        self.knock("image scanners".to_owned())?;
        pc.image_scanners()
    }

    fn security_health(&self, pc: &Recorded, guardian: Guardian) -> Answer<Health> {
        self.knock(format!("health of {guardian:?}"))?;
        pc.security_health(guardian)
    }
}

/// What may become another answer, and why that is honest: the fact (or all of an area), a part of the class or
/// key, the column or value, the reason.
const EXCEPTIONS: &[(&str, &str, &str, &str)] = &[
    (
        "antivirus.products",
        "AntiVirusProduct",
        "denied",
        "without the centre products are known by their services, under other names",
    ),
    (
        "exposure.activator_traces",
        "",
        "*",
        "what was found counts, whatever could not be looked at beside it",
    ),
    (
        "software.",
        "Uninstall",
        "SystemComponent",
        "the page of Windows that this list is hides by a number alone, so another type hides nothing",
    ),
    (
        "software.count",
        r"Uninstall\Office16.STANDARD",
        "DisplayVersion",
        "one program with two entries, which are one while names and versions are known to be the same",
    ),
    ("software.count", r"Uninstall\{90160000-0012-0000", "DisplayVersion", "the other of the two entries"),
];

fn is_excepted(fact: &str, bend: &Bend) -> bool {
    let (place, name) = bend.place();
    EXCEPTIONS.iter().any(|(its, part, value, _)| {
        fact.starts_with(its) && place.contains(part) && (*value == name || *value == "*")
    })
}

/// What an answer may become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum May {
    /// Unknown.
    BecomeUnknown,
    /// Unknown or absent: what it came from is not there.
    BecomeAbsent,
}

/// The answers that became other answers.
fn turned(before: &Facts, after: &Facts, may: May) -> Vec<(String, String)> {
    let mut turned = Vec::new();
    for (index, area) in AREAS.iter().enumerate().filter(|(_, area)| area.is_sent()) {
        for (field, term) in area.terms.iter().enumerate() {
            let place = Place { area: index, field };
            let name = format!("{}.{}", area.name, term.name);
            compare(&mut turned, &name, term, (&before.at(place), &after.at(place)), may);
        }
    }
    turned
}

fn compare(
    turned: &mut Vec<(String, String)>,
    name: &str,
    term: &Term,
    (before, after): (&Seen<'_>, &Seen<'_>),
    may: May,
) {
    match (before, after, term.kind) {
        (Fact::Known(Value::Records(before)), Fact::Known(Value::Records(after)), Kind::Records(terms)) => {
            compare_records(turned, name, terms, (*before, *after), may);
        }
        (Fact::Unknown(_), _, _) | (_, Fact::Unknown(_), _) => {}
        (_, Fact::Absent, _) if may == May::BecomeAbsent => {}
        (before, after, _) if said(before) != said(after) => {
            turned.push((name.to_owned(), format!("{} -> {}", said(before), said(after))));
        }
        (Fact::Known(_) | Fact::Absent, _, _) => {}
    }
}

fn compare_records(
    turned: &mut Vec<(String, String)>,
    name: &str,
    terms: &[Term],
    (before, after): (&dyn Records, &dyn Records),
    may: May,
) {
    let open = |records: &dyn Records| {
        let is_open =
            |(at, field)| matches!(records.nth(at, field), Fact::Unknown(Reason::Failed(_) | Reason::Denied));
        let cells = (0..records.count()).flat_map(|at| (0..terms.len()).map(move |field| (at, field)));
        cells.filter(|cell| is_open(*cell)).count()
    };
    if before.count() != after.count() && open(after) <= open(before) {
        let text = format!("{} records -> {} records", before.count(), after.count());
        turned.push((name.to_owned(), text));
        return;
    }
    if before.count() != after.count() {
        return;
    }
    // A record whose name is unknown may stand elsewhere in the list: each line must fit one that was there.
    let line = |records: &dyn Records, at: usize, may: May| -> Vec<Option<String>> {
        (0..terms.len())
            .map(|field| {
                let seen = records.nth(at, field);
                let open = matches!(seen, Fact::Unknown(_))
                    || (may == May::BecomeAbsent && matches!(seen, Fact::Absent));
                (!open).then(|| said(&seen))
            })
            .collect()
    };
    let before = (0..before.count()).map(|at| line(before, at, May::BecomeUnknown));
    let mut left: Vec<Vec<Option<String>>> = before.collect();
    let mut lines: Vec<Vec<Option<String>>> = (0..after.count()).map(|at| line(after, at, may)).collect();
    lines.sort_by_key(|line| line.iter().filter(|cell| cell.is_none()).count());
    for line in lines {
        let fits = |old: &Vec<Option<String>>| {
            old.iter().zip(&line).all(|(old, new)| old.is_none() || new.is_none() || old == new)
        };
        match left.iter().position(fits) {
            Some(at) => drop(left.remove(at)),
            None => turned.push((name.to_owned(), format!("a record is {line:?}"))),
        }
    }
}

fn is_narrow(pc: &Recorded) -> bool {
    let environment = Key::wide(r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment");
    pc.registry_value(environment, "PROCESSOR_ARCHITECTURE")
        == Ok(Some(RegistryValue::Text("x86".to_owned())))
}

#[test]
fn what_cannot_be_read_makes_no_other_answer() {
    let mut faults = BTreeMap::new();
    let mut tried = 0;
    for (path, recorded) in recordings() {
        if recorded.recording.platform != "windows" {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let now = recorded.recording.taken_at;
        let narrow = is_narrow(&recorded);
        let mut pc = Pc { recorded, doors: Bent::default() };
        for probe in windows::TABLE {
            pc.doors = Bent { narrow, ..Bent::default() };
            let mut before = Facts::default();
            (probe.run)(&pc, now)(&mut before);
            let asked = std::mem::take(&mut *pc.doors.asked.lock().unwrap());
            for bend in asked {
                tried += 1;
                pc.doors = Bent { bend: Some(bend.clone()), narrow, ..Bent::default() };
                let mut after = Facts::default();
                (probe.run)(&pc, now)(&mut after);
                for (fact, text) in turned(&before, &after, May::BecomeUnknown) {
                    if !is_excepted(&fact, &bend) {
                        let (place, value) = bend.place();
                        faults
                            .entry(format!("{fact}: {place}: {value}"))
                            .or_insert_with(|| format!("{text} ({name})"));
                    }
                }
            }
        }
    }
    none_turned(tried, &faults);
}

/// Fails where a bent answer made another answer: each fault with what turned.
fn none_turned(tried: usize, faults: &BTreeMap<String, String>) {
    assert!(tried > 1_000, "only {tried} answers were bent");
    let mut text = String::new();
    for (fault, turned) in faults {
        writeln!(text, "{fault}: {turned}").unwrap();
    }
    assert!(faults.is_empty(), "{} of {tried} bent answers made another answer:\n{text}", faults.len());
}

//! Whom the lines of a file name: units by their codes, machines by what people call them; within what the person who
//! brings the file sees. And what a file changes of each, as people look at it before it is done.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use crate::lang::Lang;
use crate::sheet::{Complaints, Named};
use crate::store::listing::Scope;
use crate::store::unit::{self, Unit};
use crate::store::{Tx, machine};

/// The units that lines name, by code. Each code that names none, or several, is complained of where it first stands.
///
/// # Errors
/// When the database cannot.
pub(crate) async fn units(
    tx: &mut Tx,
    scope: &Scope,
    named: &[Named],
    complaints: &mut Complaints,
) -> Result<BTreeMap<String, Unit>> {
    let lang = complaints.lang;
    let (mut units, mut asked) = (BTreeMap::new(), BTreeSet::new());
    for Named { line, at, name } in named {
        if name.is_empty() || !asked.insert(name) {
            continue;
        }
        let mut found = unit::by_code(tx, name).await?;
        found.retain(|unit| scope.holds(&unit.path));
        match found.len() {
            1 => units.extend(found.into_iter().map(|unit| (name.clone(), unit))),
            0 => complaints.add(*line, *at, no_unit(lang, name)),
            many => complaints.add(*line, *at, many_units(lang, many, name)),
        }
    }
    Ok(units)
}

/// A line says no code of a unit.
pub(crate) fn code_missing(lang: Lang) -> &'static str {
    lang.pick("thiếu mã đơn vị", "the code of the unit is missing")
}

/// A line names no machine.
pub(crate) fn machine_missing(lang: Lang) -> &'static str {
    lang.pick("thiếu tên máy", "the machine is missing")
}

/// No unit has this code.
pub(crate) fn no_unit(lang: Lang, code: &str) -> String {
    lang.pick(format!("không có đơn vị nào mang mã {code}"), format!("there is no unit with the code {code}"))
}

/// Several units have this code.
pub(crate) fn many_units(lang: Lang, count: usize, code: &str) -> String {
    lang.pick(format!("có {count} đơn vị cùng mang mã {code}"), format!("{count} units have the code {code}"))
}

/// The ids of the machines that lines name, by line. A name that is that of none, or of several, is complained of, and so
/// is a machine that two lines name.
///
/// # Errors
/// When the database cannot.
pub(crate) async fn machines(
    tx: &mut Tx,
    scope: &Scope,
    named: &[Named],
    complaints: &mut Complaints,
) -> Result<BTreeMap<u64, String>> {
    let lang = complaints.lang;
    let names = Names::of(machine::names(tx, scope).await?);
    let (mut ids, mut seen) = (BTreeMap::new(), BTreeMap::new());
    for Named { line, at, name } in named.iter().filter(|named| !named.name.is_empty()) {
        let found = names.called(name);
        let key = match found {
            [id] => id.clone(),
            _ => name.to_lowercase(),
        };
        if let Some(first) = seen.insert(key, *line) {
            let text = lang.pick(
                format!("máy này đã có ở dòng {first}"),
                format!("the machine stands in line {first} too"),
            );
            complaints.add(*line, *at, text);
            continue;
        }
        match found {
            [id] => drop(ids.insert(*line, id.clone())),
            [] => {
                let text = lang.pick(
                    format!("không có máy nào tên {name}"),
                    format!("there is no machine called {name}"),
                );
                complaints.add(*line, *at, text);
            }
            many => {
                let count = many.len();
                let text = lang.pick(
                    format!("có {count} máy cùng tên {name}: hãy ghi mã máy thay cho tên"),
                    format!("{count} machines are called {name}: name them by their ids"),
                );
                complaints.add(*line, *at, text);
            }
        }
    }
    Ok(ids)
}

/// Machines by what people call them: names in the network, ASCII case ignored, and ids.
struct Names {
    ids: BTreeMap<String, Vec<String>>,
}

impl Names {
    /// From the id and the name of each machine.
    fn of(machines: Vec<(String, String)>) -> Names {
        let mut ids: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, hostname) in &machines {
            ids.entry(hostname.to_ascii_lowercase()).or_default().push(id.clone());
        }
        // An id is one unless some machine is called so.
        for (id, _) in machines {
            ids.entry(id.clone()).or_insert_with(|| vec![id]);
        }
        Names { ids }
    }

    /// The ids of the machines that are called so.
    fn called(&self, name: &str) -> &[String] {
        self.ids.get(&name.to_ascii_lowercase()).map_or(&[], Vec::as_slice)
    }
}

/// What a file changes of one unit or machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The code of the unit, or the name or id of the machine as the file has it.
    pub of: String,
    /// The name of the unit; empty for a machine.
    pub name: String,
    /// What becomes of it, thing by thing.
    pub parts: Vec<Part>,
}

/// What becomes of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it is: a word of the file, and words that tell it from others of that kind.
    pub what: Vec<String>,
    /// What stood there; empty for nothing.
    pub was: String,
    /// What is to stand there; empty for nothing.
    pub is: String,
}

impl Change {
    /// In one line: `15766-HCC: clerk 2 → 3; gains leader 1; loses counter 4, officer 13`.
    pub fn told(&self) -> String {
        let what = |part: &Part| part.what_told(&|word| word.to_owned());
        format!("{}: {}", self.of, self.sentence(("gains", "loses"), &what, &|_, value| value.to_owned()))
    }

    /// What becomes of it, by these words for what is new and for what goes. `what` and `value` say a thing and what
    /// stands there.
    pub fn sentence(
        &self,
        (gains, loses): (&str, &str),
        what: &dyn Fn(&Part) -> String,
        value: &dyn Fn(&Part, &str) -> String,
    ) -> String {
        let (mut told, mut new, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for part in &self.parts {
            match (part.was.as_str(), part.is.as_str()) {
                ("", is) => new.push(format!("{} {}", what(part), value(part, is))),
                (was, "") => gone.push(format!("{} {}", what(part), value(part, was))),
                (was, is) => told.push(format!("{} {} → {}", what(part), value(part, was), value(part, is))),
            }
        }
        for (word, parts) in [(gains, new), (loses, gone)] {
            if !parts.is_empty() {
                told.push(format!("{word} {}", parts.join(", ")));
            }
        }
        told.join("; ")
    }
}

impl Part {
    /// What becomes of a thing; none where it stays as it is.
    pub fn of(what: Vec<String>, was: impl Into<String>, is: impl Into<String>) -> Option<Part> {
        let (was, is) = (was.into(), is.into());
        (was != is).then_some(Part { what, was, is })
    }

    /// What it is, each word said so: `clerk (manager, C)`.
    pub fn what_told(&self, say: &dyn Fn(&str) -> String) -> String {
        let mut words = self.what.iter().map(|word| say(word));
        let first = words.next().unwrap_or_default();
        let more: Vec<String> = words.collect();
        if more.is_empty() { first } else { format!("{first} ({})", more.join(", ")) }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn a_change_is_one_line() {
        let part = |what: &[&str], was: &str, is: &str| {
            Part::of(what.iter().map(|word| (*word).to_owned()).collect(), was, is)
        };
        let parts = [
            part(&["clerk"], "2", "3"),
            part(&["leader"], "1", "1"),
            part(&["counter"], "4", ""),
            part(&["officer", "manager", "C"], "13", ""),
            part(&["server"], "", "1"),
        ];
        let change = Change {
            of: "15766-HCC".to_owned(),
            name: String::new(),
            parts: parts.into_iter().flatten().collect(),
        };
        expect!["15766-HCC: clerk 2 → 3; gains server 1; loses counter 4, officer (manager, C) 13"]
            .assert_eq(&change.told());
    }
}

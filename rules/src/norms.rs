//! Norms: what a seat and an agency may be equipped with, with the days between which each is in force.
//!
//! It knows no prices but those that a norm itself fixes, and no plan.

use jiff::civil::Date;

use crate::complaint::{self, Complaint};
use crate::ruleset::Both;
use crate::ruleset::raw::{Field, Reader, Table};
use crate::shipped;

/// Most seats that share one device, and the highest ceiling in đồng: more is a slip of the hand.
const PER_MAX: i64 = 1_000;
const MONEY_MAX: i64 = 100_000_000_000;

/// The norms that ship.
const SHIPPED: &str = "norms.toml";

/// What groups of positions norms tell apart (Decision 10/2026/QĐ-TTg, annex A).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Leaders, groups II to VI.
    Leader,
    /// Lower leadership grades, senior and principal specialists: group VII.
    Manager,
    /// Specialists and equivalent, contract staff: group VIII.
    Specialist,
}

impl Group {
    /// Every group.
    pub const ALL: &'static [Group] = &[Group::Leader, Group::Manager, Group::Specialist];

    /// As it stands in files.
    pub fn word(self) -> &'static str {
        match self {
            Group::Leader => "leader",
            Group::Manager => "manager",
            Group::Specialist => "specialist",
        }
    }

    /// The group of this word.
    pub fn parse(word: &str) -> Option<Group> {
        Group::ALL.iter().copied().find(|group| group.word() == word)
    }
}

/// All norms of a file.
#[derive(Debug, Clone)]
pub struct Norms {
    /// The day for which they were looked up.
    pub dated: Date,
    /// SHA-256 of the text, in hexadecimal.
    pub digest: String,
    /// The norms, in the order of the file.
    pub norms: Vec<Norm>,
}

/// One norm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Norm {
    /// Its id, such as `qd-10-2026`.
    pub id: String,
    /// Its title.
    pub title: Both,
    /// Where it stands.
    pub source: String,
    /// The days on which it is in force: from the first to the last, without end when none.
    pub in_force: (Date, Option<Date>),
    /// Whether it only counts devices: no upgrades, no transfers.
    pub calculator: bool,
    /// Where it allows devices at market prices, without a ceiling; none where it does not.
    pub market_clause: Option<String>,
    /// What each seat may have.
    pub each: Vec<Entitlement>,
    /// What seats share.
    pub shared: Vec<Entitlement>,
}

/// A device that seats may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entitlement {
    /// What it is, as the price book names it.
    pub item: String,
    /// The seats that count.
    pub groups: Vec<Group>,
    /// One for so many seats, rounded up; 1 for what each seat has.
    pub per: u32,
    /// The most that may be paid for one, in đồng.
    pub ceiling: Option<i64>,
    /// What one costs whatever the price book says, in đồng.
    pub price: Option<i64>,
    /// Whether a plan demands it; else it is only allowed.
    pub needed: bool,
    /// Where in the source.
    pub clause: String,
}

impl Entitlement {
    /// How many devices so many seats make, rounded up.
    pub fn count(&self, seats: u32) -> u32 {
        seats.div_ceil(self.per.max(1))
    }
}

impl Norms {
    /// Reads norms. `file` only stands in the complaints.
    ///
    /// # Errors
    /// All complaints at once, in the order of the text.
    pub fn parse(file: &str, text: &str) -> Result<Norms, Vec<Complaint>> {
        let mut reader = Reader::new(file, text);
        let norms = read(&mut reader, text);
        match norms {
            Some(norms) if reader.is_content() => Ok(norms),
            Some(_) | None => Err(reader.finish()),
        }
    }

    /// The norms that ship.
    pub fn shipped() -> Norms {
        Norms::parse(SHIPPED, Norms::shipped_text())
            .expect("the test `the_shipped_norms_are_read` reads them")
    }

    /// The text of the norms that ship.
    pub fn shipped_text() -> &'static str {
        shipped::text(SHIPPED)
    }

    /// The norm of this id.
    pub fn find(&self, id: &str) -> Option<&Norm> {
        self.norms.iter().find(|norm| norm.id == id)
    }

    /// The norm in force on this day that is no calculator; the latest where several are.
    pub fn on(&self, day: Date) -> Option<&Norm> {
        let holds = |norm: &&Norm| {
            !norm.calculator && norm.in_force.0 <= day && norm.in_force.1.is_none_or(|to| day <= to)
        };
        self.norms.iter().filter(holds).max_by_key(|norm| norm.in_force.0)
    }
}

fn read(reader: &mut Reader<'_>, text: &str) -> Option<Norms> {
    let document = reader.document()?;
    let mut table = Table::new(document.get_ref(), 0, "");
    let dated = table.need(reader, "dated").and_then(|field| reader.date(field));
    let fields = table.need(reader, "norm").and_then(|field| reader.list(field)).unwrap_or_default();
    let mut norms: Vec<Norm> = Vec::new();
    for field in fields {
        let Some((at, norm)) = norm(reader, field) else { continue };
        if norms.iter().any(|known| known.id == norm.id) {
            let text = format!("there is a norm `{}` already", norm.id);
            reader.complain(at, complaint::DUPLICATE_ID, text, None);
        } else {
            norms.push(norm);
        }
    }
    table.finish(reader);
    Some(Norms { dated: dated?, digest: crate::assess::digest(text), norms })
}

fn norm(reader: &mut Reader<'_>, field: Field<'_>) -> Option<(usize, Norm)> {
    let mut table = reader.table(field)?;
    let id_field = table.need(reader, "id");
    let id = id_field.and_then(|field| reader.full_text(field));
    let title = table.need(reader, "title").and_then(|field| Both::read(reader, field));
    let source = table.need(reader, "source").and_then(|field| reader.full_text(field));
    let in_force = table.need(reader, "in_force").and_then(|field| days(reader, field));
    let calculator = table.take("calculator").is_some_and(|field| reader.flag(field) == Some(true));
    let market_clause =
        table.take("market_clause").and_then(|field| reader.full_text(field)).map(str::to_owned);
    let list = |reader: &mut Reader<'_>, field: Option<Field<'_>>, shared: bool| -> Vec<Entitlement> {
        let fields = field.and_then(|field| reader.list(field)).unwrap_or_default();
        fields.into_iter().filter_map(|field| entitlement(reader, field, shared)).collect()
    };
    let (each, shared) = (table.take("each"), table.take("shared"));
    let (each, shared) = (list(reader, each, false), list(reader, shared, true));
    table.finish(reader);
    let norm = Norm {
        id: id?.to_owned(),
        title: title?,
        source: source?.to_owned(),
        in_force: in_force?,
        calculator,
        market_clause,
        each,
        shared,
    };
    Some((id_field?.value_at(), norm))
}

fn days(reader: &mut Reader<'_>, field: Field<'_>) -> Option<(Date, Option<Date>)> {
    let mut table = reader.table(field)?;
    let from = table.need(reader, "from").and_then(|field| reader.date(field));
    let to_field = table.take("to");
    let to = to_field.and_then(|field| reader.date(field));
    table.finish(reader);
    if let (Some(from), Some(to), Some(field)) = (from, to, to_field)
        && to < from
    {
        reader.complain(field.value_at(), complaint::OUT_OF_RANGE, "it ends before it begins", None);
    }
    Some((from?, to))
}

fn entitlement(reader: &mut Reader<'_>, field: Field<'_>, shared: bool) -> Option<Entitlement> {
    let mut table = reader.table(field)?;
    let item = table.need(reader, "item").and_then(|field| reader.full_text(field));
    let known: Vec<(&'static str, Group)> = Group::ALL.iter().map(|group| (group.word(), *group)).collect();
    let groups = table.need(reader, "groups").and_then(|field| reader.list(field)).map(|fields| {
        fields.into_iter().filter_map(|field| reader.word(field, &known)).collect::<Vec<Group>>()
    });
    let per = if shared {
        table.need(reader, "per").and_then(|field| bounded(reader, field, PER_MAX))
    } else {
        Some(1)
    };
    let ceiling = table.take("ceiling").and_then(|field| bounded(reader, field, MONEY_MAX));
    let price = table.take("price").and_then(|field| bounded(reader, field, MONEY_MAX));
    let needed = table.take("needed").is_none_or(|field| reader.flag(field) != Some(false));
    let clause = table.need(reader, "clause").and_then(|field| reader.full_text(field));
    table.finish(reader);
    Some(Entitlement {
        item: item?.to_owned(),
        groups: groups?,
        per: u32::try_from(per?).ok()?,
        ceiling,
        price,
        needed,
        clause: clause?.to_owned(),
    })
}

fn bounded(reader: &mut Reader<'_>, field: Field<'_>, most: i64) -> Option<i64> {
    let number = reader.integer(field)?;
    if (1..=most).contains(&number) {
        return Some(number);
    }
    let text = format!("`{}` is {number}: it is from 1 to {most}", field.name);
    reader.complain(field.value_at(), complaint::OUT_OF_RANGE, text, None);
    None
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use jiff::civil::date;

    use super::*;
    use crate::prices::Prices;

    #[test]
    fn the_shipped_norms_are_read() {
        let norms = Norms::shipped();
        let on = |year, month, day| norms.on(date(year, month, day)).map(|norm| norm.id.as_str());
        assert_eq!(on(2026, 11, 22), Some("qd-10-2026"));
        assert_eq!(on(2026, 3, 8), Some("qd-15-2025"));
        assert_eq!(on(2020, 6, 1), Some("qd-50-2017"));
        assert_eq!(on(2017, 1, 1), None);
        assert!(norms.find("du-tru-cap-xa").is_some_and(|norm| norm.calculator));
        let prices = Prices::shipped();
        for norm in &norms.norms {
            for one in norm.each.iter().chain(&norm.shared) {
                assert!(one.price.or(prices.of(&one.item)).is_some(), "{} of {}", one.item, norm.id);
            }
        }
    }

    /// The examples of Decision 10/2026: 0.21 makes 1, 9.68 makes 10.
    #[test]
    fn shares_are_rounded_up() {
        let norms = Norms::shipped();
        let printer = &norms.find("qd-10-2026").unwrap().shared[0];
        assert_eq!([0, 1, 3, 4, 29].map(|seats| printer.count(seats)), [0, 1, 1, 2, 10]);
    }

    #[test]
    fn complaints_all_at_once() {
        let text = r#"dated = 2026-11-23
[[norm]]
id = "a"
title = { vi = "A", en = "A" }
source = "a test"
in_force = { from = 2026-01-01, to = 2025-01-01 }
[[norm.each]]
item = "pc"
groups = ["leder"]
ceiling = 0
clause = "1"
[[norm.shared]]
item = "printer"
groups = []
clause = "2"
"#;
        let told: Vec<String> =
            Norms::parse("norms.toml", text).unwrap_err().iter().map(ToString::to_string).collect();
        expect![[r#"
            norms.toml:6:38: error[out-of-range]: it ends before it begins
            norms.toml:9:11: error[unknown-word]: `groups` cannot be "leder"
              help: did you mean "leader"? it is one of "leader", "manager", "specialist"
            norms.toml:10:11: error[out-of-range]: `ceiling` is 0: it is from 1 to 100000000000
            norms.toml:12:1: error[missing-key]: `shared` lacks `per`"#]]
        .assert_eq(&told.join("\n"));
    }
}

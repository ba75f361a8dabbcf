//! All areas of one PC, and the vocabulary.
//!
//! An area is declared once, with the macro `area!`. From that one declaration come the struct, its JSON, the names and
//! kinds that rules may use, the vocabulary page (which is also the privacy statement: what is not in the
//! vocabulary cannot be sent) and the labels on the machine page.
//!
//! What stands under `unit` is about a whole unit: no PC sends it, and the vocabulary shows it apart.
//!
//! A new fact: a field with its sentence and its two labels in `facts/AREA.rs`, filled in each platform's `probe/…/AREA.rs`.
//! A new area: a file in `facts/`, a line in [`Facts`], a file and a line in each platform's table of probes.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fact::{Fact, Reason};
use crate::quantity::{Bytes, Days, Mhz, Milliseconds, Percent, Version};

pub mod accounts;
pub mod antivirus;
pub mod backup;
pub mod battery;
pub mod board;
pub mod clock;
pub mod cpu;
pub mod disk;
pub mod display;
pub mod encryption;
pub mod exposure;
pub mod firewall;
pub mod identity;
pub mod memory;
pub mod network;
pub mod office;
pub mod os;
pub mod peripherals;
pub mod reach;
pub mod signing;
pub mod software;
pub mod support;
pub mod unit;
pub mod updates;

/// What sort of value a fact holds. Each kind has one type and one unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// True or false.
    Flag,
    /// A plain count or number.
    Number,
    /// A size in bytes.
    Bytes,
    /// A frequency in MHz.
    Mhz,
    /// A share, 0 to 100.
    Percent,
    /// A number of days.
    Days,
    /// A time span in milliseconds.
    Milliseconds,
    /// A calendar day.
    Date,
    /// A point in time, UTC.
    Moment,
    /// A version, compared part by part.
    Version,
    /// Free text.
    Text,
    /// One of a fixed list of words.
    Word(&'static [Word]),
    /// A list of texts.
    Texts,
    /// A list of records with these terms.
    Records(&'static [Term]),
}

/// One word of a fixed list, with its label in both languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// As it stands in JSON and in rules.
    pub word: &'static str,
    /// Vietnamese label.
    pub vi: &'static str,
    /// English label.
    pub en: &'static str,
}

/// The dictionary entry of one fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Term {
    /// The name within its area: `installed` in `memory.installed`.
    pub name: &'static str,
    /// What sort of value it holds.
    pub kind: Kind,
    /// The Vietnamese label: a short phrase that is understood without the title of its area.
    pub vi: &'static str,
    /// The English label.
    pub en: &'static str,
    /// The sentence that explains it, in English, as it stands in the declaration; [`Term::sentence`] trims it.
    pub doc: &'static str,
}

impl Term {
    /// The sentence that explains it, in English.
    pub fn sentence(&self) -> &'static str {
        self.doc.trim()
    }
}

/// A known value, as conditions and pages see it.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Of kind Flag.
    Flag(bool),
    /// Of kinds Number, Bytes, Mhz, Percent, Days, Milliseconds, in the unit of the kind.
    Number(i64),
    /// Of kind Date.
    Date(Date),
    /// Of kind Moment.
    Moment(Timestamp),
    /// Of kind Version.
    Version(&'a Version),
    /// Of kinds Text and Word.
    Text(&'a str),
    /// Of kind Texts.
    Texts(&'a [String]),
    /// Of kind Records.
    Records(&'a dyn Records),
}

/// One answer about a value, whatever its type.
pub type Seen<'a> = Fact<Value<'a>, &'a Reason>;

/// What cuts texts and lists to size before they are sent.
pub trait Cut {
    /// What follows belongs to this area.
    fn area(&mut self, area: &'static str);
    /// Cuts one text. `field` is the name of the fact that holds it.
    fn text(&mut self, field: &'static str, text: &mut String);
    /// How many of `count` records or texts to keep. `field` is the name of the fact that holds them.
    fn keep(&mut self, field: &'static str, count: usize) -> usize;
}

/// A type that a fact can hold.
pub trait Leaf {
    /// What sort of value this is.
    const KIND: Kind;
    /// The value as conditions see it.
    fn value(&self) -> Value<'_>;
    /// Cuts the texts and lists in it to size.
    fn trim(&mut self, _field: &'static str, _cut: &mut dyn Cut) {}
}

impl<T: Leaf> Fact<T> {
    /// This answer, whatever its type.
    pub fn seen(&self) -> Seen<'_> {
        match self {
            Fact::Known(value) => Fact::Known(value.value()),
            Fact::Absent => Fact::Absent,
            Fact::Unknown(reason) => Fact::Unknown(reason),
        }
    }

    /// Cuts the texts and lists in this answer to size, the text of a failure included.
    pub fn trim(&mut self, field: &'static str, cut: &mut dyn Cut) {
        match self {
            Fact::Known(value) => value.trim(field, cut),
            Fact::Unknown(Reason::Failed(text)) => cut.text(field, text),
            Fact::Absent | Fact::Unknown(_) => {}
        }
    }
}

/// Facts that belong together: an area, or one record of a list.
pub trait Group {
    /// The dictionary of this group, in the order of declaration.
    const TERMS: &'static [Term];
    /// The answer at this place of [`Group::TERMS`]. Panics when there is no such place.
    fn nth(&self, field: usize) -> Seen<'_>;
    /// Cuts every text and list in it to size.
    fn trim(&mut self, cut: &mut dyn Cut);
}

/// A list of records, whatever their type.
pub trait Records {
    /// How many records there are.
    fn count(&self) -> usize;
    /// One answer of one record. Panics when there is no such record or field.
    fn nth(&self, record: usize, field: usize) -> Seen<'_>;
}

impl<T: Group> Records for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn nth(&self, record: usize, field: usize) -> Seen<'_> {
        self[record].nth(field)
    }
}

impl<T: Group> Leaf for Vec<T> {
    const KIND: Kind = Kind::Records(T::TERMS);

    fn value(&self) -> Value<'_> {
        Value::Records(self)
    }

    fn trim(&mut self, field: &'static str, cut: &mut dyn Cut) {
        self.truncate(cut.keep(field, self.len()));
        for record in self {
            record.trim(cut);
        }
    }
}

macro_rules! leaf {
    ($type:ty, $kind:ident, $self:ident => $value:expr $(, $this:ident, $field:ident, $cut:ident => $trim:expr)?) => {
        impl Leaf for $type {
            const KIND: Kind = Kind::$kind;

            fn value(&$self) -> Value<'_> {
                $value
            }

            $(fn trim(&mut $this, $field: &'static str, $cut: &mut dyn Cut) {
                $trim
            })?
        }
    };
}

leaf!(bool, Flag, self => Value::Flag(*self));
leaf!(i64, Number, self => Value::Number(*self));
leaf!(Bytes, Bytes, self => Value::Number(self.0));
leaf!(Mhz, Mhz, self => Value::Number(self.0));
leaf!(Percent, Percent, self => Value::Number(self.0));
leaf!(Days, Days, self => Value::Number(self.0));
leaf!(Milliseconds, Milliseconds, self => Value::Number(self.0));
leaf!(Date, Date, self => Value::Date(*self));
leaf!(Timestamp, Moment, self => Value::Moment(*self));
leaf!(Version, Version, self => Value::Version(self), self, field, cut => cut.text(field, &mut self.0));
leaf!(String, Text, self => Value::Text(self), self, field, cut => cut.text(field, self));
leaf!(Vec<String>, Texts, self => Value::Texts(self), self, field, cut => {
    self.truncate(cut.keep(field, self.len()));
    for text in self {
        cut.text(field, text);
    }
});

/// Declares a group of facts: the struct, its JSON and its dictionary.
///
/// The doc comment of a field is the sentence that explains it; behind `=` stand its labels, Vietnamese and English.
macro_rules! area {
    ($(#[doc = $doc:literal])+ $group:ident { $($(#[doc = $said:literal])+ $field:ident : $type:ty = $vi:literal, $en:literal,)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        pub struct $group {
            $(
                $(#[doc = $said])+
                #[serde(skip_serializing_if = "crate::fact::Fact::is_not_asked")]
                pub $field: crate::fact::Fact<$type>,
            )+
        }

        impl crate::facts::Group for $group {
            const TERMS: &'static [crate::facts::Term] = &[$(
                crate::facts::Term {
                    name: stringify!($field),
                    kind: <$type as crate::facts::Leaf>::KIND,
                    vi: $vi,
                    en: $en,
                    doc: concat!($($said),+),
                },
            )+];

            fn nth(&self, field: usize) -> crate::facts::Seen<'_> {
                type Reader = fn(&$group) -> crate::facts::Seen<'_>;
                const READERS: &[Reader] = &[$(|group| group.$field.seen(),)+];
                READERS[field](self)
            }

            fn trim(&mut self, cut: &mut dyn crate::facts::Cut) {
                $(self.$field.trim(stringify!($field), cut);)+
            }
        }

        impl $group {
            /// Every fact of this group unknown for the same reason.
            pub fn all_unknown(reason: &crate::fact::Reason) -> $group {
                $group { $($field: crate::fact::Fact::Unknown(reason.clone()),)+ }
            }
        }
    };
}
use area;

/// Declares a fixed list of words: the enum, its JSON and its labels.
macro_rules! words {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $en_doc:literal])+ $case:ident = $word:literal, $vi:literal, $en:literal;)+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[doc = $en_doc])+ #[serde(rename = $word)] $case,)+
        }

        impl $name {
            /// Every case, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$case,)+];

            /// As it stands in JSON and in rules.
            pub fn word(self) -> &'static str {
                match self { $($name::$case => $word,)+ }
            }
        }

        impl crate::facts::Leaf for $name {
            const KIND: crate::facts::Kind =
                crate::facts::Kind::Word(&[$(crate::facts::Word { word: $word, vi: $vi, en: $en },)+]);

            fn value(&self) -> crate::facts::Value<'_> {
                crate::facts::Value::Text(self.word())
            }
        }
    };
}
use words;

/// One area of the vocabulary.
#[derive(Debug, Clone, Copy)]
pub struct Area {
    /// The first word of its facts: `memory` in `memory.installed`.
    pub name: &'static str,
    /// Vietnamese title.
    pub vi: &'static str,
    /// English title.
    pub en: &'static str,
    /// Its dictionary.
    pub terms: &'static [Term],
    /// Who knows it.
    pub origin: Origin,
}

/// Who knows the facts of an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A probe asks the PC. Nothing else is ever sent.
    Asked,
    /// The judgement works it out from what the PC said.
    Derived,
    /// It is about a whole unit: counted over its machines and posts, or declared by a person. No PC says it.
    Unit,
}

impl Area {
    /// Whether it is part of a PC's report.
    pub fn is_sent(&self) -> bool {
        self.origin == Origin::Asked
    }
}

/// Where a fact stands: the place of its area in [`AREAS`], and of its term within.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index into [`AREAS`].
    pub area: usize,
    /// Index into the terms of that area.
    pub field: usize,
}

impl Place {
    /// The dictionary entry at this place.
    pub fn term(self) -> &'static Term {
        &AREAS[self.area].terms[self.field]
    }

    /// The full name, such as `memory.installed`.
    pub fn name(self) -> String {
        format!("{}.{}", AREAS[self.area].name, self.term().name)
    }
}

/// The place of a full name such as `memory.installed`.
pub fn find(name: &str) -> Option<Place> {
    let (area_name, field_name) = name.split_once('.')?;
    let area = AREAS.iter().position(|area| area.name == area_name)?;
    let field = AREAS[area].terms.iter().position(|term| term.name == field_name)?;
    Some(Place { area, field })
}

macro_rules! facts {
    (
        $($(#[doc = $doc:literal])+ $area:ident : $type:ty = $vi:literal, $en:literal;)+
        derived { $($(#[doc = $derived_doc:literal])+ $derived:ident : $derived_type:ty = $derived_vi:literal, $derived_en:literal;)+ }
        unit { $($(#[doc = $unit_doc:literal])+ $unit:ident : $unit_type:ty = $unit_vi:literal, $unit_en:literal;)+ }
    ) => {
        /// All areas of one PC; or of one unit, where only what units have is filled in.
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default)]
        pub struct Facts {
            $($(#[doc = $doc])+ pub $area: $type,)+
            $($(#[doc = $derived_doc])+ #[serde(skip)] pub $derived: $derived_type,)+
            $($(#[doc = $unit_doc])+ #[serde(skip)] pub $unit: $unit_type,)+
        }

        /// The vocabulary: every area, in the order of [`Facts`].
        pub const AREAS: &[Area] = &[
            $(Area { name: stringify!($area), vi: $vi, en: $en, terms: <$type as Group>::TERMS, origin: Origin::Asked },)+
            $(Area { name: stringify!($derived), vi: $derived_vi, en: $derived_en, terms: <$derived_type as Group>::TERMS, origin: Origin::Derived },)+
            $(Area { name: stringify!($unit), vi: $unit_vi, en: $unit_en, terms: <$unit_type as Group>::TERMS, origin: Origin::Unit },)+
        ];

        impl Facts {
            /// The answer at this place.
            pub fn at(&self, place: Place) -> Seen<'_> {
                type Reader = fn(&Facts, usize) -> Seen<'_>;
                const READERS: &[Reader] = &[
                    $(|facts, field| facts.$area.nth(field),)+
                    $(|facts, field| facts.$derived.nth(field),)+
                    $(|facts, field| facts.$unit.nth(field),)+
                ];
                READERS[place.area](self, place.field)
            }

            /// Every fact of every area unknown for the same reason; what no PC sends stays not asked.
            pub fn all_unknown(reason: &Reason) -> Facts {
                Facts { $($area: <$type>::all_unknown(reason),)+ ..Facts::default() }
            }

            /// Cuts every text and list to size.
            pub fn trim(&mut self, cut: &mut dyn Cut) {
                $(
                    cut.area(stringify!($area));
                    self.$area.trim(cut);
                )+
            }
        }
    };
}

facts! {
    /// The operating system.
    os: os::Os = "Hệ điều hành", "Operating system";
    /// The board, the case, the firmware and the TPM.
    board: board::Board = "Máy và bo mạch", "Machine and board";
    /// The processor.
    cpu: cpu::Cpu = "Bộ xử lý", "Processor";
    /// The memory.
    memory: memory::Memory = "Bộ nhớ trong", "Memory";
    /// Drives and volumes.
    disk: disk::Disk = "Ổ đĩa", "Disks";
    /// Screens and graphics.
    display: display::Display = "Màn hình", "Display";
    /// The battery.
    battery: battery::Battery = "Pin", "Battery";
    /// Adapters, addresses and resolvers.
    network: network::Network = "Mạng", "Network";
    /// Services of the province that this PC must reach.
    reach: reach::Reach = "Kết nối dịch vụ", "Services reached";
    /// Installed software.
    software: software::Software = "Phần mềm", "Software";
    /// What an officer works with.
    office: office::Office = "Ứng dụng văn phòng", "Office work";
    /// What digital signing needs.
    signing: signing::Signing = "Ký số", "Digital signing";
    /// Printers, scanners and what else stands on the table.
    peripherals: peripherals::Peripherals = "Thiết bị ngoại vi", "Peripherals";
    /// The state of updates.
    updates: updates::Updates = "Cập nhật", "Updates";
    /// Antivirus products.
    antivirus: antivirus::Antivirus = "Phần mềm diệt vi-rút", "Antivirus";
    /// The firewall.
    firewall: firewall::Firewall = "Tường lửa", "Firewall";
    /// Disk encryption.
    encryption: encryption::Encryption = "Mã hóa ổ đĩa", "Disk encryption";
    /// Local accounts and sign-in policy.
    accounts: accounts::Accounts = "Tài khoản", "Accounts";
    /// What an attacker could use.
    exposure: exposure::Exposure = "Bề mặt tấn công", "Exposure";
    /// Copies of the data.
    backup: backup::Backup = "Sao lưu", "Backup";
    /// The clock.
    clock: clock::Clock = "Đồng hồ", "Clock";
    /// What tells this PC from others.
    identity: identity::Identity = "Nhận dạng máy", "Identity";
    derived {
        /// Until when the operating system and programs are supported, worked out from the lifecycle table.
        support: support::Support = "Thời hạn hỗ trợ", "Support dates";
    }
    unit {
        /// A whole unit, which no PC says anything of.
        unit: unit::Unit = "Đơn vị", "Unit";
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Walks through every term of the vocabulary, records included.
    fn each_term(check: &mut dyn FnMut(&str, &Term)) {
        fn walk(prefix: &str, terms: &[Term], check: &mut dyn FnMut(&str, &Term)) {
            for term in terms {
                let name = format!("{prefix}.{}", term.name);
                check(&name, term);
                if let Kind::Records(inner) = term.kind {
                    walk(&name, inner, check);
                }
            }
        }
        for area in AREAS {
            walk(area.name, area.terms, check);
        }
    }

    /// Longest label: more does not stand before a value in one line.
    const LABEL_CHARS_MAX: usize = 48;

    #[test]
    fn every_term_has_a_sentence_and_short_labels_in_both_languages() {
        let mut names = BTreeSet::new();
        each_term(&mut |name, term| {
            assert!(names.insert(name.to_owned()), "{name} is declared twice");
            assert!(term.sentence().ends_with('.'), "{name}: the sentence ends with a full stop");
            for label in [term.vi, term.en] {
                assert_eq!(label.trim(), label, "{name}: “{label}” stands between blanks");
                assert!(!label.is_empty() && !label.ends_with('.'), "{name}: “{label}” is a phrase");
                assert!(!label.contains([';', ':']), "{name}: “{label}” names and does not explain");
                assert!(!label.starts_with("Whether"), "{name}: “{label}” is a label, no question");
                assert!(label.chars().count() <= LABEL_CHARS_MAX, "{name}: “{label}” is too long");
            }
        });
        assert!(names.len() > 100, "the vocabulary has {} terms", names.len());
    }

    #[test]
    fn no_two_facts_of_an_area_have_one_label() {
        for area in AREAS {
            for label in [|term: &Term| term.vi, |term: &Term| term.en] {
                let mut seen = BTreeSet::new();
                for term in area.terms {
                    assert!(
                        seen.insert(label(term)),
                        "{}.{}: “{}” is another's label",
                        area.name,
                        term.name,
                        label(term)
                    );
                }
            }
        }
    }

    #[test]
    fn every_name_is_found_at_its_place() {
        let facts = Facts::default();
        for area in AREAS {
            for term in area.terms {
                let name = format!("{}.{}", area.name, term.name);
                let place = find(&name).unwrap();
                assert_eq!(place.name(), name);
                assert!(facts.at(place).is_not_asked(), "{name} of an unasked PC is not asked");
            }
        }
        assert_eq!(find("memory.colour"), None);
        assert_eq!(find("memory"), None);
    }

    #[test]
    fn an_empty_report_is_empty_areas() {
        let json = serde_json::to_value(Facts::default()).unwrap();
        for area in AREAS.iter().filter(|area| area.is_sent()) {
            assert_eq!(json[area.name], serde_json::json!({}), "{}", area.name);
        }
        assert!(json.get("support").is_none(), "derived areas are never sent");
        assert!(json.get("unit").is_none(), "no PC says anything of its unit");
    }
}

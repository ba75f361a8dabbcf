//! From what a person wrote to a condition that is known to be right.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use toml::de::DeValue;

use super::contradiction::{always_holds, always_so, never_hold};
use super::pattern::Pattern;
use super::{Bound, Check, Node, Operand, Order, Subject, Test, Walk};
use crate::complaint::{self, nearest};
use crate::facts::{self, AREAS, Kind, Origin, Place, Term};
use crate::quantity::{Bytes, Days, Malformed, Mhz, Milliseconds, Percent, Version};
use crate::ruleset::raw::{self, Field, Reader, quoted, type_name};
use crate::ruleset::{About, Parameter};

/// Deepest nesting of conditions.
const DEPTH_MAX: usize = 32;
/// Most characters of a wrong pattern that a complaint repeats.
const PATTERN_CHARS_SHOWN: usize = 100;
/// Most patterns in one set. Each may take some 64 KiB.
const PATTERNS_COUNT_MAX: usize = 500;

/// What bare names mean.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The list whose record is at hand: its name and its dictionary.
    pub(crate) record: Option<(&'a str, &'static [Term])>,
    /// The parameters of the set.
    pub(crate) parameters: &'a Parameters,
    /// What the facts may be about; anything when none.
    pub(crate) about: Option<About>,
}

/// The parameters that conditions may name, and those that they did name.
#[derive(Default)]
pub(crate) struct Parameters {
    pub(crate) list: Vec<Parameter>,
    pub(crate) used: RefCell<BTreeSet<String>>,
    /// How many patterns were compiled on the way.
    pub(crate) patterns: Cell<usize>,
}

impl Parameters {
    /// The parameter of this name; none, with a complaint, when there is no such.
    fn named(&self, reader: &mut Reader<'_>, at: usize, name: &str) -> Option<(usize, &Parameter)> {
        let found = self.list.iter().enumerate().find(|(_, parameter)| parameter.id == name);
        if found.is_none() {
            let names = self.list.iter().map(|parameter| parameter.id.as_str());
            let suggestion = match nearest(name, names.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if self.list.is_empty() => format!("declare it: `[parameters.{name}]`"),
                None => format!("there are {}", quoted(names)),
            };
            let text = format!("there is no parameter `{name}`");
            reader.complain(at, complaint::UNKNOWN_PARAMETER, text, Some(suggestion));
        }
        self.used.borrow_mut().insert(name.to_owned());
        found
    }
}

/// Every comparison, as it is written.
const COMPARISONS: &[&str] = &[
    "equals",
    "not_equals",
    "one_of",
    "none_of",
    "at_least",
    "at_most",
    "more_than",
    "less_than",
    "contains",
    "only",
    "matches",
    "newer_than",
    "older_than",
    "further_than",
    "absent",
    "every",
    "some",
    "none",
    "count",
];

/// The comparisons that mean something for this kind.
pub(crate) fn comparisons(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Flag => &["equals", "not_equals", "absent"],
        Kind::Number | Kind::Bytes | Kind::Mhz | Kind::Percent | Kind::Days | Kind::Milliseconds => &[
            "equals",
            "not_equals",
            "one_of",
            "none_of",
            "at_least",
            "at_most",
            "more_than",
            "less_than",
            "absent",
        ],
        Kind::Date | Kind::Moment => &[
            "equals",
            "not_equals",
            "one_of",
            "none_of",
            "at_least",
            "at_most",
            "more_than",
            "less_than",
            "newer_than",
            "older_than",
            "further_than",
            "absent",
        ],
        Kind::Version => &[
            "equals",
            "not_equals",
            "one_of",
            "none_of",
            "at_least",
            "at_most",
            "more_than",
            "less_than",
            "contains",
            "matches",
            "absent",
        ],
        Kind::Text => &["equals", "not_equals", "one_of", "none_of", "contains", "matches", "absent"],
        Kind::Word(_) => &["equals", "not_equals", "one_of", "none_of", "absent"],
        Kind::Texts => &["contains", "only", "matches", "count", "absent"],
        Kind::Records(_) => &["every", "some", "none", "count", "absent"],
    }
}

/// What a kind is called in complaints.
fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Flag => "true or false",
        Kind::Number => "a number",
        Kind::Bytes => "a size",
        Kind::Mhz => "a frequency",
        Kind::Percent => "a share",
        Kind::Days => "a number of days",
        Kind::Milliseconds => "a time span",
        Kind::Date => "a date",
        Kind::Moment => "a point in time",
        Kind::Version => "a version",
        Kind::Text => "a text",
        Kind::Word(_) => "one of a list of words",
        Kind::Texts => "a list of texts",
        Kind::Records(_) => "a list of records",
    }
}

/// Reads a condition; none, with complaints, when it is wrong.
pub(crate) fn read(reader: &mut Reader<'_>, field: Field<'_>, scope: Scope<'_>) -> Option<Node> {
    read_table(reader, field, scope, 0)
}

fn read_table(reader: &mut Reader<'_>, field: Field<'_>, scope: Scope<'_>, depth: usize) -> Option<Node> {
    if depth > DEPTH_MAX {
        let text = format!("conditions stand more than {DEPTH_MAX} deep within each other");
        reader.complain(field.value_at(), complaint::TOO_DEEP, text, None);
        return None;
    }
    let mut table = reader.table(field)?;
    let fields = table.rest();
    if fields.is_empty() {
        let text = format!("`{}` asks nothing, so it would always hold", field.name);
        let suggestion = Some("write `{ \"memory.installed\" = { at_least = \"8 GiB\" } }`".to_owned());
        reader.complain(field.value_at(), complaint::EMPTY_CONDITION, text, suggestion);
        return None;
    }
    let count = fields.len();
    let mut nodes: Vec<Node> =
        fields.into_iter().filter_map(|field| read_part(reader, field, scope, depth)).collect();
    if nodes.len() < count {
        return None;
    }
    // The parts were looked at one by one.
    let together: Vec<&Node> = nodes.iter().collect();
    let is_list = |node: &Node| matches!(node, Node::All(_) | Node::Any(_) | Node::Not(_));
    if (nodes.len() > 1 || nodes.iter().any(is_list)) && never_hold(&together) {
        let text = format!("what `{}` asks can never all hold at once", field.name);
        reader.complain(field.value_at(), complaint::NEVER_HOLDS, text, None);
        return None;
    }
    if nodes.len() == 1 { nodes.pop() } else { Some(Node::All(nodes)) }
}

fn read_part(reader: &mut Reader<'_>, field: Field<'_>, scope: Scope<'_>, depth: usize) -> Option<Node> {
    if reader.is_full() {
        return None;
    }
    match field.name {
        "all" => read_list(reader, field, scope, depth).map(Node::All),
        "any" => {
            let node = read_list(reader, field, scope, depth).map(Node::Any)?;
            if always_holds(&node) {
                let text = "one of what `any` asks always holds";
                let suggestion = Some("ask for what can fail, or leave it out".to_owned());
                reader.complain(field.value_at(), complaint::ALWAYS_HOLDS, text, suggestion);
                return None;
            }
            Some(node)
        }
        "not" => read_table(reader, field, scope, depth + 1).map(|node| Node::Not(Box::new(node))),
        _ => read_test(reader, field, scope, depth),
    }
}

fn read_list(reader: &mut Reader<'_>, field: Field<'_>, scope: Scope<'_>, depth: usize) -> Option<Vec<Node>> {
    let elements = reader.list(field)?;
    if elements.is_empty() {
        let text = format!("`{}` is an empty list: it asks nothing", field.name);
        reader.complain(field.value_at(), complaint::EMPTY_CONDITION, text, None);
        return None;
    }
    let count = elements.len();
    let nodes: Vec<Node> =
        elements.into_iter().filter_map(|one| read_table(reader, one, scope, depth + 1)).collect();
    (nodes.len() == count).then_some(nodes)
}

/// Where a name stands; none, with a complaint, when there is no such fact.
pub(crate) fn resolve(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    scope: Scope<'_>,
) -> Option<(Subject, Kind, String)> {
    let name = field.name;
    if let Some((list, terms)) = scope.record
        && let Some(index) = terms.iter().position(|term| term.name == name)
    {
        let term = terms.get(index)?;
        return Some((Subject::Field(index), term.kind, format!("{list}.{name}")));
    }
    if let Some(parameter) = name.strip_prefix("parameter.") {
        let (index, parameter) = scope.parameters.named(reader, field.at, parameter)?;
        return Some((Subject::Parameter(index), parameter.kind, name.to_owned()));
    }
    if let Some(place) = facts::find(name) {
        if scope.about.is_some_and(|about| about != About::of(place)) {
            other_subject(reader, field, place);
            return None;
        }
        return Some((Subject::Fact(place), place.term().kind, name.to_owned()));
    }
    if reader.is_full() {
        return None;
    }
    let (text, suggestion) = unknown_fact(field, scope);
    reader.complain(field.at, complaint::UNKNOWN_FACT, text, Some(suggestion));
    None
}

/// Complains of a fact of a PC in a rule about units, and the other way round.
fn other_subject(reader: &mut Reader<'_>, field: Field<'_>, place: Place) {
    let (text, suggestion) = match About::of(place) {
        About::Unit => (
            format!("`{}` is about a whole unit, and the rule is about a PC", field.name),
            "say `about = \"unit\"` where the rule is about units; a rule about PCs may ask a parameter that units set",
        ),
        About::Pc => (
            format!("`{}` is about a PC, and the rule is about units", field.name),
            "leave `about` out where the rule is about PCs; what units have stands under `unit.`",
        ),
    };
    reader.complain(field.at, complaint::OTHER_SUBJECT, text, Some(suggestion.to_owned()));
}

impl About {
    /// What the fact at this place is about.
    pub(crate) fn of(place: Place) -> About {
        match AREAS[place.area].origin {
            Origin::Asked | Origin::Derived => About::Pc,
            Origin::Unit => About::Unit,
        }
    }
}

fn unknown_fact(field: Field<'_>, scope: Scope<'_>) -> (String, String) {
    let name = field.name;
    let names = every_name();
    let near = |names: &[String]| nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    if name.contains('.') {
        // `disk.drives.health` is right as a thought, but a record is asked through its list.
        let within = facts::AREAS
            .iter()
            .flat_map(|area| area.terms.iter().map(move |term| (area, term)))
            .find(|(area, term)| {
                name.strip_prefix(&format!("{}.{}.", area.name, term.name)).is_some()
                    && matches!(term.kind, Kind::Records(_))
            });
        let text = format!("there is no fact `{name}`");
        // Within an area that exists, only its own names can be meant.
        let of_area: Vec<String> = match name.split_once('.') {
            Some((written, _)) if AREAS.iter().any(|area| area.name == written) => {
                names.iter().filter(|full| full.split('.').next() == Some(written)).cloned().collect()
            }
            Some(_) | None => names,
        };
        let field = |full: &str| full.split_once('.').map_or("", |(_, field)| field).to_owned();
        let meant = near(&of_area).filter(|full| nearest(&field(name), [field(full).as_str()]).is_some());
        return match (within, meant) {
            (Some((area, term)), _) => {
                let list = format!("{}.{}", area.name, term.name);
                (
                    text,
                    format!("ask its records: `\"{list}\" = {{ every = {{ … }} }}`, or `each = \"{list}\"`"),
                )
            }
            (None, Some(near)) => (text, format!("did you mean `{near}`?")),
            (None, None) => (text, same_area(name)),
        };
    }
    if let Some(area) = AREAS.iter().find(|area| area.name == name)
        && field.value.get_ref().is_table()
    {
        let example = area.terms.first().map_or("name", |term| term.name);
        return (
            format!("`{name}` is an area, not a fact"),
            format!("put the whole name in quotes: `\"{name}.{example}\" = {{ … }}`"),
        );
    }
    match scope.record {
        Some((list, terms)) => {
            let text = format!("a record of `{list}` has no field `{name}`");
            match nearest(name, terms.iter().map(|term| term.name)) {
                Some(near) => (text, format!("did you mean `{near}`?")),
                None => (text, format!("its fields are {}", quoted(terms.iter().map(|term| term.name)))),
            }
        }
        None => {
            let text = format!("there is no fact `{name}`");
            let field_of = |full: &&String| full.split_once('.').is_some_and(|(_, field)| field == name);
            match names.iter().find(field_of).cloned().or_else(|| near(&names)) {
                Some(near) => (text, format!("did you mean `\"{near}\"`?")),
                None => (text, same_area(name)),
            }
        }
    }
}

/// Every full name of the vocabulary.
fn every_name() -> Vec<String> {
    AREAS
        .iter()
        .flat_map(|area| area.terms.iter().map(move |term| format!("{}.{}", area.name, term.name)))
        .collect()
}

/// The names of the area that was meant, or the areas.
fn same_area(name: &str) -> String {
    let written = name.split('.').next().unwrap_or(name);
    match AREAS.iter().find(|area| area.name == written) {
        Some(area) => {
            let terms = quoted(area.terms.iter().map(|term| term.name));
            format!("`{written}` has {terms}")
        }
        None => {
            let areas = AREAS.iter().map(|area| area.name);
            match nearest(written, areas.clone()) {
                Some(near) if name.contains('.') => format!("did you mean the area `{near}`?"),
                Some(_) | None => format!("a fact is `area.name`; the areas are {}", quoted(areas)),
            }
        }
    }
}

fn read_test(reader: &mut Reader<'_>, field: Field<'_>, scope: Scope<'_>, depth: usize) -> Option<Node> {
    let (subject, kind, name) = resolve(reader, field, scope)?;
    if !field.value.get_ref().is_table() {
        let text =
            format!("`{}` must be a comparison, this is {}", field.name, type_name(field.value.get_ref()));
        let first = comparisons(kind).first().copied().unwrap_or("equals");
        let meant = field.value.get_ref().as_str().and_then(|text| signed(text, kind));
        let suggestion = Some(format!("write `{{ {} }}`", meant.unwrap_or_else(|| format!("{first} = …"))));
        reader.complain(field.value_at(), complaint::WRONG_TYPE, text, suggestion);
        return None;
    }
    let mut table = reader.table(field)?;
    let fields = table.rest();
    if fields.is_empty() {
        let text = format!("nothing is asked of `{}`", field.name);
        let suggestion = Some(format!(
            "{} is compared with {}",
            kind_name(kind),
            quoted(comparisons(kind).iter().copied())
        ));
        reader.complain(field.value_at(), complaint::EMPTY_CONDITION, text, suggestion);
        return None;
    }
    let read = |comparison: &Field<'_>| read_check(reader, *comparison, &name, kind, scope, depth);
    let checks: Vec<Check> = fields.iter().filter_map(read).collect();
    if checks.len() < fields.len() {
        return None;
    }
    let test = Test { subject, kind, name, checks };
    if let Some(index) = always_so(&test) {
        let text = format!("every value of `{}` is so", test.name);
        let suggestion =
            "ask for what can fail; where it is enough that there is one, write `{ absent = false }`";
        let at = fields.get(index).map_or(field.value_at(), Field::value_at);
        reader.complain(at, complaint::ALWAYS_HOLDS, text, Some(suggestion.to_owned()));
        return None;
    }
    let text = format!("no value of `{}` is all of this at once", test.name);
    let node = Node::Test(Box::new(test));
    if never_hold(&[&node]) {
        reader.complain(field.value_at(), complaint::NEVER_HOLDS, text, None);
        return None;
    }
    Some(node)
}

/// The comparison that was meant with a sign before the value: `at_least = "8 GiB"` of ">= 8 GiB".
fn signed(text: &str, kind: Kind) -> Option<String> {
    let (word, rest) =
        SIGNS.iter().find_map(|(sign, word)| Some((*word, text.trim().strip_prefix(sign)?)))?;
    let value = rest.trim();
    if !comparisons(kind).contains(&word) || value.contains(['"', '\\', '`', '\n']) {
        return None;
    }
    let is_bare = match kind {
        Kind::Flag | Kind::Number | Kind::Date | Kind::Moment => true,
        Kind::Percent | Kind::Days => value.parse::<i64>().is_ok(),
        Kind::Bytes
        | Kind::Mhz
        | Kind::Milliseconds
        | Kind::Version
        | Kind::Text
        | Kind::Word(_)
        | Kind::Texts
        | Kind::Records(_) => false,
    };
    Some(if is_bare { format!("{word} = {value}") } else { format!("{word} = \"{value}\"") })
}

/// How people write comparisons elsewhere; the longer before the shorter.
const SIGNS: &[(&str, &str)] = &[
    (">=", "at_least"),
    ("=>", "at_least"),
    ("≥", "at_least"),
    ("<=", "at_most"),
    ("=<", "at_most"),
    ("≤", "at_most"),
    ("!=", "not_equals"),
    ("<>", "not_equals"),
    ("≠", "not_equals"),
    (">", "more_than"),
    ("<", "less_than"),
    ("==", "equals"),
    ("=", "equals"),
];

fn read_check(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    name: &str,
    kind: Kind,
    scope: Scope<'_>,
    depth: usize,
) -> Option<Check> {
    let allowed = comparisons(kind);
    if !COMPARISONS.contains(&field.name) {
        let text = format!("there is no comparison `{}`", field.name);
        let suggestion = match nearest(field.name, allowed.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{} is compared with {}", kind_name(kind), quoted(allowed.iter().copied())),
        };
        reader.complain(field.at, complaint::UNKNOWN_COMPARISON, text, Some(suggestion));
        return None;
    }
    if !allowed.contains(&field.name) {
        let text = format!("`{}` does not compare {}, which `{name}` is", field.name, kind_name(kind));
        let suggestion = format!("for it there are {}", quoted(allowed.iter().copied()));
        reader.complain(field.at, complaint::COMPARISON_NOT_FOR_KIND, text, Some(suggestion));
        return None;
    }
    let order = |reader: &mut Reader<'_>, order: Order| {
        given(reader, field, kind, scope).map(|operand| Check::Order(order, operand))
    };
    let inner = |reader: &mut Reader<'_>| match kind {
        Kind::Records(terms) => {
            let scope = Scope { record: Some((name, terms)), ..scope };
            read_table(reader, field, scope, depth + 1).map(|node| Walk { node, guard: None })
        }
        _ => None,
    };
    match field.name {
        "equals" => exact(reader, field, kind, scope).map(Check::Equals),
        "not_equals" => exact(reader, field, kind, scope).map(Check::NotEquals),
        "one_of" => operands(reader, field, kind, scope).map(Check::OneOf),
        "none_of" => operands(reader, field, kind, scope).map(Check::NoneOf),
        "at_least" => order(reader, Order::AtLeast),
        "at_most" => order(reader, Order::AtMost),
        "more_than" => order(reader, Order::MoreThan),
        "less_than" => order(reader, Order::LessThan),
        "contains" if field.value.get_ref().is_table() => {
            given(reader, field, Kind::Text, scope).map(Check::Contains)
        }
        "contains" => reader.full_text(field).map(|text| Check::Contains(Operand::Text(text.to_owned()))),
        "only" => operands(reader, field, Kind::Text, scope).map(Check::Only),
        "matches" => pattern(reader, field, scope).map(Check::Matches),
        "newer_than" => given(reader, field, Kind::Days, scope).map(Check::NewerThan),
        "older_than" => given(reader, field, Kind::Days, scope).map(Check::OlderThan),
        "further_than" => given(reader, field, Kind::Days, scope).map(Check::FurtherThan),
        "absent" => reader.flag(field).map(Check::Absent),
        "every" => inner(reader).map(Check::Every),
        "some" => inner(reader).map(Check::Some),
        "none" => inner(reader).map(Check::None),
        _ => read_count(reader, field, name, kind, scope, depth),
    }
}

fn pattern(reader: &mut Reader<'_>, field: Field<'_>, scope: Scope<'_>) -> Option<Pattern> {
    let text = reader.full_text(field)?;
    let compiled = &scope.parameters.patterns;
    compiled.set(compiled.get() + 1);
    if compiled.get() > PATTERNS_COUNT_MAX {
        let wrong = format!("this is the {}th pattern, the most is {PATTERNS_COUNT_MAX}", compiled.get());
        let suggestion = Some("one pattern can stand for many texts: 'a|b|c'".to_owned());
        reader.complain(field.value_at(), complaint::TOO_MANY, wrong, suggestion);
        return None;
    }
    match Pattern::new(text) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let shown: String = text.chars().take(PATTERN_CHARS_SHOWN).collect();
            let reason = error.to_string();
            let wrong = format!("\"{shown}\" is not a regular expression: {reason}");
            let suggestion = Some(pattern_hint(&reason).to_owned());
            reader.complain(field.value_at(), complaint::BAD_PATTERN, wrong, suggestion);
            None
        }
    }
}

/// What helps against this reason why something is no pattern.
fn pattern_hint(reason: &str) -> &'static str {
    let hint = PATTERN_HINTS.iter().find(|(part, _)| reason.contains(part)).map(|(_, hint)| *hint);
    hint.unwrap_or("in TOML, a pattern stands best in single quotes: 'a\\.b'")
}

/// Parts of what `regex-lite` says, and what helps then.
const PATTERN_HINTS: &[(&str, &str)] = &[
    ("size limit", "repeat less, as with {1000}, or write several patterns under `any`"),
    ("too many states", "repeat less, as with {1000}, or write several patterns under `any`"),
    ("too much nesting", "repeat less, as with {1000}, or write several patterns under `any`"),
    ("look-around", "say what must not stand there in a condition of its own: `not = { … }`"),
    ("backreferences", "write out what may stand there: 'aa|bb'"),
    ("must be applied to", "a sign that repeats stands behind what it repeats: any text is '.*'"),
    ("')'", "a bracket that means itself stands behind a backslash: 'a\\(b'"),
    ("bracket", "a bracket that means itself stands behind a backslash: 'a\\[b'"),
    ("unclosed character class", "a bracket that means itself stands behind a backslash: 'a\\[b'"),
];

/// Reads a value of this kind, or `{ parameter = "NAME" }` that stands for one.
fn given(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind, scope: Scope<'_>) -> Option<Operand> {
    if field.value.get_ref().is_table() {
        parameter(reader, field, kind, scope)
    } else {
        operand(reader, field, kind)
    }
}

/// As [`given`], where a value is meant and no bound.
fn exact(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind, scope: Scope<'_>) -> Option<Operand> {
    match given(reader, field, kind, scope)? {
        Operand::Later(..) => {
            let text = format!("`{}` asks for one value, and `plus` makes a bound", field.name);
            let suggestion = Some("use `at_least` or `at_most`".to_owned());
            reader.complain(field.value_at(), complaint::BAD_VALUE, text, suggestion);
            None
        }
        operand => Some(operand),
    }
}

fn parameter(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind, scope: Scope<'_>) -> Option<Operand> {
    let mut table = reader.table(field)?;
    let inner = table.need(reader, "parameter");
    let plus = match kind {
        Kind::Date => table.take("plus"),
        _ => None,
    };
    table.finish(reader);
    let inner = inner?;
    let name = reader.full_text(inner)?;
    let (index, parameter) = scope.parameters.named(reader, inner.value_at(), name)?;
    if std::mem::discriminant(&parameter.kind) != std::mem::discriminant(&kind) {
        let text =
            format!("the parameter `{name}` is {}, here is {}", kind_name(parameter.kind), kind_name(kind));
        reader.complain(inner.value_at(), complaint::PARAMETER_KIND, text, None);
        return None;
    }
    let operand = Operand::Parameter(index, parameter.shown());
    match plus {
        None => Some(operand),
        Some(plus) => {
            let days = given(reader, plus, Kind::Days, scope)?;
            Some(Operand::Later(Box::new(operand), Box::new(days)))
        }
    }
}

fn read_count(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    name: &str,
    kind: Kind,
    scope: Scope<'_>,
    depth: usize,
) -> Option<Check> {
    let mut table = reader.table(field)?;
    let wanted = match (table.take("where"), kind) {
        (Some(inner), Kind::Records(terms)) => {
            Some(read_table(reader, inner, Scope { record: Some((name, terms)), ..scope }, depth + 1)?)
        }
        (Some(inner), _) => {
            let text = format!("`where` asks records, and `{name}` is {}", kind_name(kind));
            reader.complain(inner.at, complaint::COMPARISON_NOT_FOR_KIND, text, None);
            return None;
        }
        (None, _) => None,
    };
    let known = [
        ("equals", Bound::Equals),
        ("at_least", Bound::Order(Order::AtLeast)),
        ("at_most", Bound::Order(Order::AtMost)),
        ("more_than", Bound::Order(Order::MoreThan)),
        ("less_than", Bound::Order(Order::LessThan)),
    ];
    let mut bounds = Vec::new();
    let mut right = true;
    for (word, bound) in known {
        let Some(limit) = table.take(word) else { continue };
        let read = if limit.value.get_ref().is_table() {
            parameter(reader, limit, Kind::Number, scope)
        } else {
            reader.integer(limit).map(Operand::Number)
        };
        match read {
            Some(number) => bounds.push((bound, number)),
            None => right = false,
        }
    }
    if bounds.is_empty() && right {
        let text = format!("`count` of `{name}` has no bound");
        let suggestion = Some(format!("bounds are {}", quoted(known.iter().map(|(word, _)| *word))));
        reader.complain(table.at(), complaint::EMPTY_CONDITION, text, suggestion);
        right = false;
    }
    table.finish(reader);
    right.then_some(Check::Count(wanted, bounds))
}

fn operands(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind, scope: Scope<'_>) -> Option<Vec<Operand>> {
    if field.value.get_ref().is_table() {
        return parameter(reader, field, Kind::Texts, scope).map(|operand| vec![operand]);
    }
    let elements = reader.list(field)?;
    if elements.is_empty() {
        let text = format!("`{}` is an empty list", field.name);
        reader.complain(field.value_at(), complaint::EMPTY_CONDITION, text, None);
        return None;
    }
    let count = elements.len();
    let read: Vec<Operand> = elements.into_iter().filter_map(|one| exact(reader, one, kind, scope)).collect();
    (read.len() == count).then_some(read)
}

/// Reads a value of this kind; none, with a complaint, when it is of another.
pub(crate) fn operand(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind) -> Option<Operand> {
    let value = field.value.get_ref();
    let quantity = |read: Result<i64, Malformed>| read.map(Operand::Number);
    let number = raw::integer(value);
    let text = value.as_str();
    let read: Result<Operand, Malformed> = match kind {
        Kind::Flag => value.as_bool().map(Operand::Flag).ok_or_else(|| wrong_kind(field, kind, "true")),
        Kind::Number => number.map(Operand::Number).ok_or_else(|| wrong_kind(field, kind, "4")),
        Kind::Bytes => match text {
            Some(text) => quantity(Bytes::parse(text).map(|bytes| bytes.0)),
            None => Err(wrong_kind(field, kind, "\"8 GiB\"")),
        },
        Kind::Mhz => match text {
            Some(text) => quantity(Mhz::parse(text).map(|rate| rate.0)),
            None => Err(wrong_kind(field, kind, "\"2 GHz\"")),
        },
        Kind::Percent => match (text, number) {
            (Some(text), _) => quantity(Percent::parse(text).map(|share| share.0)),
            (None, Some(number)) => quantity(Percent::new(number).map(|share| share.0)),
            (None, None) => Err(wrong_kind(field, kind, "\"85 %\"")),
        },
        Kind::Days => match (text, number) {
            (Some(text), _) => quantity(Days::parse(text).map(|days| days.0)),
            (None, Some(number)) => Ok(Operand::Number(number)),
            (None, None) => Err(wrong_kind(field, kind, "\"35 days\"")),
        },
        Kind::Milliseconds => match text {
            Some(text) => quantity(Milliseconds::parse(text).map(|span| span.0)),
            None => Err(wrong_kind(field, kind, "\"5 minutes\"")),
        },
        Kind::Date => raw::date(value)
            .map(Operand::Date)
            .ok_or_else(|| wrong_kind(field, kind, "2026-07-01, without quotes")),
        Kind::Moment => moment(value)
            .map(Operand::Moment)
            .ok_or_else(|| wrong_kind(field, kind, "2026-07-01T00:00:00Z or 2026-07-01, without quotes")),
        Kind::Version => match text {
            Some(text) => Version::written(text).map(Operand::Version),
            None => {
                let number = raw::number(value).and_then(|number| Version::written(number).ok());
                let example = number.map_or("4.8".to_owned(), |version| version.0);
                Err(wrong_kind(field, kind, &format!("\"{example}\"")))
            }
        },
        Kind::Text => text
            .map(|text| Operand::Text(text.to_owned()))
            .ok_or_else(|| wrong_kind(field, kind, "a text in quotes")),
        Kind::Word(words) => match text {
            Some(text) if words.iter().any(|word| word.word == text) => Ok(Operand::Text(text.to_owned())),
            Some(text) => {
                reader.unknown_word(field.value_at(), field.name, text, words.iter().map(|word| word.word));
                return None;
            }
            None => {
                let example = words.first().map_or("", |word| word.word);
                Err(wrong_kind(field, kind, &format!("\"{example}\"")))
            }
        },
        Kind::Texts | Kind::Records(_) => Err(wrong_kind(field, kind, "a list")),
    };
    match read {
        Ok(operand) => Some(operand),
        Err(malformed) => {
            reader.complain(
                field.value_at(),
                complaint::BAD_VALUE,
                malformed.text,
                Some(malformed.suggestion),
            );
            None
        }
    }
}

fn wrong_kind(field: Field<'_>, kind: Kind, example: &str) -> Malformed {
    let too_large = field.value.get_ref().is_integer() && raw::integer(field.value.get_ref()).is_none();
    if too_large {
        return Malformed {
            text: format!("`{}` is too large a number", field.name),
            suggestion: format!("write it as {example}"),
        };
    }
    Malformed {
        text: format!(
            "`{}` must be {}, this is {}",
            field.name,
            kind_name(kind),
            type_name(field.value.get_ref())
        ),
        suggestion: format!("write it as {example}"),
    }
}

/// A point in time with its zone, or the first moment of a day in UTC.
fn moment(value: &DeValue<'_>) -> Option<Timestamp> {
    if let Some(date) = raw::date(value) {
        return Some(date.to_zoned(TimeZone::UTC).ok()?.timestamp());
    }
    value.as_datetime()?.to_string().parse().ok()
}

//! From the text of a rule set to a rule set that is known to be right.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::DeTable;

use super::raw::{self, Field, Reader, Table, quoted};
use super::{
    About, Both, Found, Grades, Judges, Library, Parameter, Remedy, Rule, RuleSet, RuleTest, Source,
    TestFacts, Variant, gives, letters,
};
use crate::assess::{Outcome, Role, Severity};
use crate::complaint::{self, Complaint, nearest};
use crate::condition::contradiction::{is_within, never_hold};
use crate::condition::overlay::Gift;
use crate::condition::scan;
use crate::condition::setting::{Setting, Settings};
use crate::condition::{self, Condition, Node, Parameters, Scope};
use crate::facts::{self, AREAS, Kind, Origin, Place, Term};

/// Reads a rule set; all complaints at once.
pub(super) fn ruleset(file: &str, text: &str, library: Library<'_>) -> Result<RuleSet, Vec<Complaint>> {
    let text = &letters::whole(text);
    let mut reader = Reader::new(file, text);
    let set = reader.document().and_then(|document| read(&mut reader, &document, text, library));
    match set {
        Some(set) if reader.is_content() => Ok(set),
        Some(_) | None => Err(reader.finish()),
    }
}

/// The id of a set, with its place.
pub(super) fn id_of(text: &str) -> Option<(usize, String)> {
    let text = &letters::whole(text);
    let mut reader = Reader::new("", text);
    let document = reader.document()?;
    let mut file = Table::new(document.get_ref(), 0, "");
    let mut head = reader.table(file.take("ruleset")?)?;
    let id = head.take("id")?;
    Some((id.value_at(), reader.text(id)?.to_owned()))
}

/// What rules may name, and what they did name.
struct Names<'a> {
    groups: Vec<String>,
    remedies: Vec<String>,
    groups_used: BTreeSet<String>,
    remedies_used: BTreeSet<String>,
    parameters: Parameters,
    library: Library<'a>,
    /// Digests of the sets that rules ask for.
    digests: Vec<String>,
    met: AllMet,
    /// The days on which the set is in force.
    in_force: Option<(Date, Option<Date>)>,
    /// The set that is extended.
    parent: Option<&'a RuleSet>,
}

impl Names<'_> {
    /// Why a rule of this id must be whole, where it replaces one.
    fn why_whole(&self, id: &str) -> Option<String> {
        let parent = self.parent.filter(|set| set.every_rule().any(|rule| rule.id == id))?;
        Some(format!("it replaces `{id}` of `{}` and takes nothing over: write it whole", parent.id))
    }
}

fn read(
    reader: &mut Reader<'_>,
    document: &Spanned<DeTable<'_>>,
    text: &str,
    library: Library<'_>,
) -> Option<RuleSet> {
    let mut file = Table::new(document.get_ref(), 0, "");
    let mut parent: Option<RuleSet> = None;
    let head_field = file.need(reader, "ruleset");
    // A set that extends another has from it what it does not write, even when that one cannot be read.
    let extends = head_field.is_some_and(|field| {
        field.value.get_ref().as_table().is_some_and(|table| table.contains_key("extends"))
    });
    let head = head_field.and_then(|field| head(reader, field, library, &mut parent));
    let own_id = head.as_ref().map(|head| head.id.clone()).unwrap_or_default();
    let reading: Vec<&str> = library.reading.iter().copied().chain([own_id.as_str()]).collect();
    let library = Library { reading: &reading, ..library };

    let parameters = own_parameters(reader, file.take("parameters"), parent.as_ref());
    let grades = match (need(reader, &mut file, !extends, "grades"), &parent) {
        (Some(field), _) => grades(reader, field),
        (None, Some(parent)) => Some(parent.grades),
        (None, None) => None,
    };
    let group_fields = need(reader, &mut file, !extends, "group")
        .map(|field| list(reader, field, GROUPS_COUNT_MAX))
        .unwrap_or_default();
    let groups: Vec<(usize, String, Both)> =
        group_fields.into_iter().filter_map(|field| group(reader, field)).collect();
    unique(reader, "group", groups.iter().map(|(at, id, _)| (*at, id.as_str())));

    let mut names = Names {
        groups: groups.iter().map(|(_, id, _)| id.clone()).collect(),
        remedies: Vec::new(),
        groups_used: BTreeSet::new(),
        remedies_used: BTreeSet::new(),
        parameters: Parameters { list: parameters.all, ..Parameters::default() },
        library,
        digests: Vec::new(),
        met: AllMet::new(),
        in_force: head.as_ref().map(|head| head.in_force),
        parent: parent.as_ref(),
    };
    let remedies = file.take("remedy").map(|field| remedies(reader, field, &mut names)).unwrap_or_default();
    names.remedies = remedies.iter().map(|(_, id, ..)| id.clone()).collect();
    if let Some(parent) = &parent {
        names.groups.extend(parent.groups.iter().map(|(id, _)| id.clone()));
        names.remedies.extend(parent.remedies.keys().cloned());
        names.groups_used.extend(parent.every_rule().map(|rule| rule.group.clone()));
        names.remedies_used.extend(parent.every_rule().flat_map(|rule| rule.remedies.clone()));
    }

    let rule_fields = need(reader, &mut file, !extends, "rule")
        .map(|field| list(reader, field, RULES_COUNT_MAX))
        .unwrap_or_default();
    let mut rules = Vec::new();
    let mut ids: Vec<(usize, String)> = Vec::new();
    let mut former: Vec<(usize, String)> = Vec::new();
    let mut mended: Vec<(usize, String)> = Vec::new();
    for field in rule_fields {
        if reader.is_full() {
            break;
        }
        let ReadRule { id, formerly, remedies_at, rule } = rule(reader, field, &mut names);
        ids.extend(id);
        former.extend(formerly);
        mended.extend(remedies_at.zip(rule.as_ref().map(|rule| rule.id.clone())));
        rules.extend(rule);
    }
    unique(reader, "rule", ids.iter().map(|(at, id)| (*at, id.as_str())));

    for (at, id, _) in groups.iter().filter(|(_, id, _)| !names.groups_used.contains(id)) {
        reader.complain(*at, complaint::EMPTY_GROUP, format!("no rule is in the group `{id}`"), None);
    }
    for (at, id, ..) in remedies.iter().filter(|(_, id, ..)| !names.remedies_used.contains(id)) {
        reader.complain(*at, complaint::UNUSED_REMEDY, format!("no rule names the remedy `{id}`"), None);
    }
    for (at, id) in &parameters.places {
        if !names.parameters.used.borrow().contains(id) {
            let text = format!("no rule names the parameter `{id}`");
            reader.complain(*at, complaint::UNUSED_PARAMETER, text, None);
        }
    }

    let removed = head.as_ref().map(|head| head.remove.as_slice()).unwrap_or_default();
    let own: BTreeSet<&str> = ids.iter().map(|(_, id)| id.as_str()).collect();
    let inherited = parent.iter().flat_map(RuleSet::every_rule).map(|rule| rule.id.clone());
    let inherited: Vec<String> = inherited.filter(|id| !own.contains(id.as_str())).collect();
    let mut all = merged(parent.as_ref(), rules, removed);
    let own_ids = ids.clone();
    ids.extend(parent.iter().flat_map(RuleSet::every_rule).map(|rule| (0, rule.id.clone())));
    ids.retain(|(_, id)| !removed.contains(id));
    former_clashes(reader, &former, &ids);
    inherited_clashes(reader, &own_ids, all.iter().filter(|rule| inherited.contains(&rule.id)));

    let asked: BTreeSet<Place> = all.iter().flat_map(asked).collect();
    let mut kept = parent.as_ref().map(|set| set.remedies.clone()).unwrap_or_default();
    // A rule that could not be read may be the one that asks.
    let all_read = reader.is_content();
    for (_, id, remedy, places) in remedies {
        for (at, place) in places.into_iter().filter(|(_, place)| all_read && !asked.contains(place)) {
            let text = format!("no rule asks `{}`", place.name());
            reader.complain(at, complaint::GIVES_UNASKED, text, None);
        }
        kept.insert(id, remedy);
    }
    for (at, id) in mended.iter().filter(|_| all_read) {
        if let Some(rule) = all.iter().find(|rule| rule.id == *id) {
            remedies_elsewhere(reader, *at, rule, &kept);
        }
    }

    let defaults = Settings {
        given: names.parameters.list.iter().map(|parameter| parameter.default.clone()).collect(),
        ..Settings::default()
    };
    let first_day = head.as_ref().map(|head| head.in_force.0);
    let test_fields = file.take("test").map(|field| list(reader, field, TESTS_COUNT_MAX)).unwrap_or_default();
    let known = Known { ids: &ids, rules: &all, parameters: &names.parameters, defaults: &defaults };
    let tests: Vec<(usize, RuleTest)> =
        test_fields.into_iter().filter_map(|field| test(reader, field, first_day, &known)).collect();
    unique(reader, "test", tests.iter().map(|(at, test)| (*at, test.name.as_str())));

    file.finish(reader);
    let head = head?;
    let mut all_groups: Vec<(String, Both)> = parent.iter().flat_map(|set| set.groups.clone()).collect();
    for (_, id, title) in groups {
        match all_groups.iter_mut().find(|(known, _)| *known == id) {
            Some((_, inherited)) => *inherited = title,
            None => all_groups.push((id, title)),
        }
    }
    let digests = names.digests.iter().chain(parent.iter().map(|set| &set.digest));
    let digest = digests.fold(essence(text), |sum, digest| format!("{sum}\n{digest}"));
    let needs = kept.values_mut().filter_map(|remedy| remedy.needs.as_mut());
    let scans = scan::gather(all.iter_mut().flat_map(Rule::conditions_mut).chain(needs));
    let (unit_rules, rules) = all.into_iter().partition(|rule| rule.about == About::Unit);
    Some(RuleSet {
        id: head.id,
        title: head.title,
        in_force: head.in_force,
        judges: head.judges,
        digest: crate::assess::digest(&digest),
        grades: grades?,
        parameters: names.parameters.list,
        groups: all_groups,
        rules,
        unit_rules,
        remedies: kept,
        tests: tests.into_iter().map(|(_, test)| test).collect(),
        warnings: reader.warnings(),
        defaults,
        inherited,
        scans,
        judged_with: Default::default(),
        roll: Default::default(),
    })
}

/// The field of this name, which may be left out where it is not needed.
fn need<'d>(
    reader: &mut Reader<'_>,
    table: &mut Table<'d>,
    needed: bool,
    name: &'static str,
) -> Option<Field<'d>> {
    if needed { table.need(reader, name) } else { table.take(name) }
}

/// What of a text can change a verdict: neither its comments nor its tests.
fn essence(text: &str) -> String {
    // Within a text of several lines anything may stand.
    if text.contains("\"\"\"") || text.contains("'''") {
        return text.to_owned();
    }
    let mut in_test = false;
    let mut essence = String::with_capacity(text.len());
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') && !line.starts_with("[ ") {
            in_test = line.starts_with("[[test]]") || line.starts_with("[test.");
        }
        if !in_test && !line.is_empty() && !line.starts_with('#') {
            essence.push_str(line);
            essence.push('\n');
        }
    }
    essence
}

/// The rules of the set that is extended, without those removed, with those replaced, and the added ones behind.
fn merged(parent: Option<&RuleSet>, own: Vec<Rule>, removed: &[String]) -> Vec<Rule> {
    let mut rules: Vec<Rule> = parent.map(|set| set.every_rule().cloned().collect()).unwrap_or_default();
    rules.retain(|rule| !removed.contains(&rule.id));
    let inherited = rules.len();
    for rule in own {
        match rules.iter_mut().take(inherited).find(|other| other.id == rule.id) {
            Some(other) => *other = rule,
            None => rules.push(rule),
        }
    }
    rules
}

/// The facts of the PC that a rule asks.
fn asked(rule: &Rule) -> Vec<Place> {
    let mut places: Vec<Place> = rule.each.into_iter().collect();
    for condition in rule.conditions() {
        condition.node().tests(&mut |test| places.extend(test.place()));
    }
    places
}

/// Notes a rule none of whose remedies gives what it asks. What gives nothing is advice, which nobody can weigh; and what
/// is worked out from other facts changes with them.
fn remedies_elsewhere(reader: &mut Reader<'_>, at: usize, rule: &Rule, known: &BTreeMap<String, Remedy>) {
    let asked: BTreeSet<Place> = asked(rule).into_iter().collect();
    let is_derived = |place: &Place| AREAS.get(place.area).is_some_and(|area| area.origin != Origin::Asked);
    let remedies: Vec<&Remedy> = rule.remedies.iter().filter_map(|id| known.get(id)).collect();
    let gives: BTreeSet<Place> =
        remedies.iter().flat_map(|remedy| remedy.gives.iter().map(|gift| gift.place)).collect();
    let may_mend = remedies.iter().any(|remedy| remedy.gives.is_empty()) || !asked.is_disjoint(&gives);
    if gives.is_empty() || may_mend || asked.iter().any(is_derived) {
        return;
    }
    let named = |places: &BTreeSet<Place>| {
        let mut names: Vec<String> = places.iter().map(|place| place.name()).collect();
        if names.len() > NAMES_COUNT_MAX {
            names.truncate(NAMES_COUNT_MAX);
            names.push("…".to_owned());
        }
        quoted(names.iter().map(String::as_str))
    };
    let text = format!("no remedy of the rule `{}` gives anything that it asks", rule.id);
    let suggestion = format!("it asks {}; given are {}", named(&asked), named(&gives));
    reader.warn(at, complaint::REMEDIES_ELSEWHERE, text, Some(suggestion));
}

/// Most facts that a suggestion lists.
const NAMES_COUNT_MAX: usize = 6;

/// Most groups, rules, remedies, parameters and tests of one set: twice and more what the largest that ships has. Each is
/// held against all others of its sort.
const GROUPS_COUNT_MAX: usize = 100;
const RULES_COUNT_MAX: usize = 1_000;
const REMEDIES_COUNT_MAX: usize = 1_000;
const PARAMETERS_COUNT_MAX: usize = 200;
const TESTS_COUNT_MAX: usize = 5_000;

/// The tables of a `[[list]]`.
fn list<'d>(reader: &mut Reader<'_>, field: Field<'d>, most: usize) -> Vec<Field<'d>> {
    let fields = reader.tables(field, field.name).unwrap_or_default();
    at_most(reader, field.name, fields, most)
}

/// The first of these, with a complaint where there are more.
fn at_most<'d>(
    reader: &mut Reader<'_>,
    what: &str,
    mut fields: Vec<Field<'d>>,
    most: usize,
) -> Vec<Field<'d>> {
    if let Some(more) = fields.get(most) {
        let text = format!("there are {} times `{what}`, the most is {most}", fields.len());
        reader.complain(more.at, complaint::TOO_MANY, text, None);
        fields.truncate(most);
    }
    fields
}

/// Complains of every name that stands a second time.
fn unique<'a>(reader: &mut Reader<'_>, what: &str, names: impl Iterator<Item = (usize, &'a str)>) {
    let mut seen = BTreeSet::new();
    for (at, name) in names {
        if !seen.insert(name) {
            let text = format!("there is another {what} `{name}` before this one");
            reader.complain(at, complaint::DUPLICATE_ID, text, None);
        }
    }
}

struct Head {
    id: String,
    title: Both,
    in_force: (Date, Option<Date>),
    judges: Judges,
    remove: Vec<String>,
}

pub(super) const JUDGES: &[(&str, Judges)] =
    &[("reports", Judges::Reports), ("on_request", Judges::OnRequest)];

fn head(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    library: Library<'_>,
    parent: &mut Option<RuleSet>,
) -> Option<Head> {
    let mut table = reader.table(field)?;
    let id = table.need(reader, "id").and_then(|field| id(reader, field));
    let title = table.need(reader, "title").and_then(|field| Both::read(reader, field));
    let in_force = table.need(reader, "in_force").and_then(|field| in_force(reader, field));
    let judges = match table.take("judges") {
        Some(field) => reader.word(field, JUDGES),
        None => Some(Judges::Reports),
    };
    let extends = table.take("extends");
    if let Some(field) = extends {
        let reading: Vec<&str> = library.reading.iter().copied().chain(id).collect();
        *parent = named_set(reader, field, Library { reading: &reading, ..library });
    }
    let remove_field = table.take("remove");
    let remove = remove_field.and_then(|field| reader.texts(field)).unwrap_or_default();
    table.finish(reader);
    if let (Some(field), None) = (remove_field, extends) {
        let text = "`remove` takes rules from the set that is extended, and this one extends none";
        reader.complain(field.at, complaint::UNKNOWN_RULE, text, None);
    }
    if let Some(parent) = parent {
        for (at, rule) in remove.iter().filter(|(_, rule)| !parent.every_rule().any(|one| one.id == *rule)) {
            let known: Vec<&str> = parent.every_rule().map(|rule| rule.id.as_str()).collect();
            unknown_id(reader, *at, complaint::UNKNOWN_RULE, "rule", rule, known.iter().copied());
        }
    }
    Some(Head {
        id: id?.to_owned(),
        title: title?,
        in_force: in_force?,
        judges: judges?,
        remove: remove.into_iter().map(|(_, rule)| rule.to_owned()).collect(),
    })
}

/// The rule set that is named here.
fn named_set(reader: &mut Reader<'_>, field: Field<'_>, library: Library<'_>) -> Option<RuleSet> {
    let id = reader.full_text(field)?;
    match library.find(id) {
        Found::Set(set) => Some(*set),
        Found::Circle => {
            let text = format!("the rule set `{id}` names this one in turn");
            reader.complain(field.value_at(), complaint::CIRCLE, text, None);
            None
        }
        Found::Nothing => {
            let ids = library.ids();
            let known = ids.iter().map(String::as_str);
            unknown_id(reader, field.value_at(), complaint::UNKNOWN_RULESET, "rule set", id, known);
            None
        }
    }
}

/// The parameters of the set, those of the set that it extends before, and where its own stand.
struct OwnParameters {
    all: Vec<Parameter>,
    places: Vec<(usize, String)>,
}

/// The sorts of values that a parameter may have.
pub(super) const PARAMETER_TYPES: &[(&str, Kind)] = &[
    ("flag", Kind::Flag),
    ("number", Kind::Number),
    ("size", Kind::Bytes),
    ("frequency", Kind::Mhz),
    ("share", Kind::Percent),
    ("days", Kind::Days),
    ("span", Kind::Milliseconds),
    ("date", Kind::Date),
    ("version", Kind::Version),
    ("text", Kind::Text),
    ("texts", Kind::Texts),
];

fn own_parameters(
    reader: &mut Reader<'_>,
    field: Option<Field<'_>>,
    parent: Option<&RuleSet>,
) -> OwnParameters {
    let all = parent.map(|set| set.parameters.clone()).unwrap_or_default();
    let mut own = OwnParameters { all, places: Vec::new() };
    let Some(mut table) = field.and_then(|field| reader.table(field)) else { return own };
    let fields = table.rest();
    for field in at_most(reader, "parameters", fields, PARAMETERS_COUNT_MAX) {
        let inherited = own.all.iter().position(|parameter| parameter.id == field.name);
        let known = inherited.and_then(|index| own.all.get(index).cloned());
        if inherited.is_none() {
            well_written(reader, field.at, field.name);
        }
        let Some(parameter) = parameter(reader, field, known) else { continue };
        match inherited.and_then(|index| own.all.get_mut(index)) {
            Some(inherited) => *inherited = parameter,
            None => {
                own.places.push((field.at, field.name.to_owned()));
                own.all.push(parameter);
            }
        }
    }
    own
}

/// Reads a parameter; of one that is inherited, what is not written stays.
fn parameter(reader: &mut Reader<'_>, field: Field<'_>, inherited: Option<Parameter>) -> Option<Parameter> {
    let mut table = reader.table(field)?;
    let (kind_field, title_field) = match &inherited {
        Some(_) => (table.take("type"), table.take("title")),
        None => (table.need(reader, "type"), table.need(reader, "title")),
    };
    let default_field = table.take("default");
    table.finish(reader);
    let kind = match (kind_field, &inherited) {
        (Some(field), _) => reader.word(field, PARAMETER_TYPES),
        (None, inherited) => inherited.as_ref().map(|inherited| inherited.kind),
    };
    let title = match (title_field, &inherited) {
        (Some(field), _) => Both::read(reader, field),
        (None, inherited) => inherited.as_ref().map(|inherited| inherited.title.clone()),
    };
    let kind = kind?;
    let default = match (default_field, inherited) {
        // With a wrong default it is a parameter all the same, which rules may name.
        (Some(field), _) => setting(reader, field, kind),
        (None, inherited) => inherited.and_then(|inherited| inherited.default),
    };
    Some(Parameter { id: field.name.to_owned(), title: title?, kind, default })
}

fn setting(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind) -> Option<Setting> {
    match kind {
        Kind::Texts => {
            let texts = reader.texts(field)?;
            Some(Setting::texts(texts.into_iter().map(|(_, text)| text.to_owned()).collect()))
        }
        _ => condition::operand(reader, field, kind).map(Setting::one),
    }
}

fn in_force(reader: &mut Reader<'_>, field: Field<'_>) -> Option<(Date, Option<Date>)> {
    let first = raw::date(field.value.get_ref()).map_or("2026-07-01".to_owned(), |day| day.to_string());
    let mut table = reader.table_such_as(field, Some(format!("{{ from = {first} }}")))?;
    let from = table.need(reader, "from").and_then(|field| reader.date(field));
    let to_field = table.take("to");
    let to = to_field.and_then(|field| reader.date(field));
    table.finish(reader);
    if let (Some(from), Some(to), Some(field)) = (from, to, to_field)
        && to < from
    {
        let text = format!("the last day, {to}, is before the first, {from}");
        reader.complain(field.value_at(), complaint::ENDS_BEFORE_START, text, None);
    }
    Some((from?, to))
}

/// Reads a text in both languages.
impl Both {
    /// Reads a text in both languages; neither may be empty.
    pub(crate) fn read(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Both> {
        let example = format!("{{ vi = \"{}\", en = \"…\" }}", shown(field));
        let mut table = reader.table_such_as(field, Some(example))?;
        let vi = table.need(reader, "vi").and_then(|field| reader.full_text(field));
        let en = table.need(reader, "en").and_then(|field| reader.full_text(field));
        table.finish(reader);
        Some(Both { vi: vi?.to_owned(), en: en?.to_owned() })
    }
}

/// The text that stands here, for an example of how it would be right.
fn shown<'d>(field: Field<'d>) -> &'d str {
    let is_plain = |text: &&str| text.len() <= SHOWN_BYTES_MAX && !text.contains(['"', '\\', '`', '\n']);
    field.value.get_ref().as_str().filter(is_plain).unwrap_or("…")
}

/// Longest text that an example repeats.
const SHOWN_BYTES_MAX: usize = 80;

fn share(reader: &mut Reader<'_>, table: &mut Table<'_>, name: &'static str) -> Option<u8> {
    let field = table.need(reader, name)?;
    let number = reader.integer(field)?;
    match u8::try_from(number) {
        Ok(share) if share <= 100 => Some(share),
        Ok(_) | Err(_) => {
            let text = format!("`{name}` is {number}");
            let suggestion = Some("it is 0 to 100".to_owned());
            reader.complain(field.value_at(), complaint::OUT_OF_RANGE, text, suggestion);
            None
        }
    }
}

fn grades(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Grades> {
    let mut table = reader.table(field)?;
    let ready = table.need(reader, "ready").and_then(|field| {
        let example = "{ score = 85, coverage = 70 }".to_owned();
        let mut table = reader.table_such_as(field, Some(example))?;
        let read = (share(reader, &mut table, "score"), share(reader, &mut table, "coverage"));
        table.finish(reader);
        Some((read.0?, read.1?))
    });
    let needs_work = table.need(reader, "needs_work").and_then(|field| {
        let mut table = reader.table_such_as(field, Some("{ score = 65 }".to_owned()))?;
        let score = share(reader, &mut table, "score");
        table.finish(reader);
        Some((field.value_at(), score?))
    });
    table.finish(reader);
    let ((ready_score, ready_coverage), (at, needs_work_score)) = (ready?, needs_work?);
    if needs_work_score >= ready_score {
        let text = format!("`needs_work` begins at {needs_work_score}, `ready` at {ready_score}");
        let suggestion = Some("the score of `needs_work` is below that of `ready`".to_owned());
        reader.complain(at, complaint::OUT_OF_RANGE, text, suggestion);
    }
    Some(Grades { ready_score, ready_coverage, needs_work_score })
}

fn group(reader: &mut Reader<'_>, field: Field<'_>) -> Option<(usize, String, Both)> {
    let mut table = reader.table(field)?;
    let id = table.need(reader, "id").and_then(|field| Some((field.value_at(), id(reader, field)?)));
    let title = table.need(reader, "title").and_then(|field| Both::read(reader, field));
    table.finish(reader);
    let (at, id) = id?;
    // A group with a broken title is still one that rules may name.
    let title = title.unwrap_or_else(|| Both { vi: String::new(), en: String::new() });
    Some((at, id.to_owned(), title))
}

/// A remedy with its place and its id, and the facts that it gives, each with its place.
type ReadRemedy = (usize, String, Remedy, Vec<(usize, Place)>);

fn remedies(reader: &mut Reader<'_>, field: Field<'_>, names: &mut Names<'_>) -> Vec<ReadRemedy> {
    let Some(mut table) = reader.table(field) else { return Vec::new() };
    let scope = Scope { record: None, parameters: &names.parameters, about: Some(About::Pc) };
    let (library, digests, met) = (names.library, &mut names.digests, &mut names.met);
    let mut read = |reader: &mut Reader<'_>, field: Field<'_>| {
        well_written(reader, field.at, field.name);
        let mut table = reader.table(field)?;
        let title = table.need(reader, "title").and_then(|field| Both::read(reader, field));
        let needs = table.take("needs").and_then(|field| condition::read(reader, field, scope));
        let met = table.take("meets").and_then(|field| meets(reader, field, library, met));
        let needs = match (needs, met) {
            (needs, None) => needs,
            (needs, Some(met)) => {
                digests.push(met.digest);
                Some(Node::All(needs.into_iter().chain([met.whole]).collect()))
            }
        };
        let gives = table.take("gives").map(|field| gives::read(reader, field, scope)).unwrap_or_default();
        let item = table.take("item").and_then(|field| reader.full_text(field)).map(str::to_owned);
        table.finish(reader);
        let title = title.unwrap_or_else(|| Both { vi: String::new(), en: String::new() });
        let places = gives.iter().map(|(at, gift)| (*at, gift.place)).collect();
        let gives: Vec<Gift> = gives.into_iter().map(|(_, gift)| gift).collect();
        let remedy = Remedy { title, needs: needs.map(Condition::new), gives, item };
        Some((field.at, field.name.to_owned(), remedy, places))
    };
    let fields = table.rest();
    let fields = at_most(reader, "remedy", fields, REMEDIES_COUNT_MAX);
    fields.into_iter().filter_map(|field| read(reader, field)).collect()
}

pub(super) const SEVERITIES: &[(&str, Severity)] = &[
    ("critical", Severity::Critical),
    ("major", Severity::Major),
    ("minor", Severity::Minor),
    ("info", Severity::Info),
];

pub(super) const OUTCOMES: &[(&str, Outcome)] = &[
    ("pass", Outcome::Pass),
    ("partial", Outcome::Partial),
    ("fail", Outcome::Fail),
    ("unknown", Outcome::Unknown),
    ("not_applicable", Outcome::NotApplicable),
];

pub(super) const ROLES: &[(&str, Role)] = &[
    ("counter", Role::Counter),
    ("clerk", Role::Clerk),
    ("leader", Role::Leader),
    ("officer", Role::Officer),
    ("server", Role::Server),
];

/// Reads an id that something gets.
fn id<'d>(reader: &mut Reader<'_>, field: Field<'d>) -> Option<&'d str> {
    let id = reader.full_text(field)?;
    well_written(reader, field.value_at(), id);
    Some(id)
}

/// Complains of an id that is not written as ids are: it stands in addresses, on command lines and in names of files.
fn well_written(reader: &mut Reader<'_>, at: usize, id: &str) {
    if reader.is_full() || id.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')) {
        return;
    }
    let plain: String = id.chars().map(letters::plain).collect();
    let words = plain.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let example = if words.is_empty() { "memory-size".to_owned() } else { words.join("-") };
    let suggestion = format!("an id has small letters, digits and hyphens: write `{example}`");
    reader.complain(at, complaint::BAD_ID, format!("`{id}` is no id"), Some(suggestion));
}

/// Complains of an id that nothing has.
fn unknown_id<'a>(
    reader: &mut Reader<'_>,
    at: usize,
    code: &'static str,
    what: &str,
    id: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) {
    if reader.is_full() {
        return;
    }
    let suggestion = match nearest(id, known.clone()) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if known.clone().nth(12).is_some() => None,
        None => known.clone().next().map(|_| format!("there are {}", quoted(known))),
    };
    reader.complain(at, code, format!("there is no {what} `{id}`"), suggestion);
}

pub(super) const ABOUTS: &[(&str, About)] = &[("pc", About::Pc), ("unit", About::Unit)];

/// The keys of a rule that mean nothing in one about units.
const NOT_FOR_UNITS: &[&str] = &["roles", "each", "meets", "switched_off", "for"];

/// A rule: its id and what it was called before, with their places, even when the rule is wrong; and the rule.
#[derive(Default)]
struct ReadRule {
    id: Option<(usize, String)>,
    formerly: Vec<(usize, String)>,
    /// Where its remedies are named.
    remedies_at: Option<usize>,
    rule: Option<Rule>,
}

/// What the rule is about. Complains of keys that mean nothing then.
fn about(reader: &mut Reader<'_>, table: &mut Table<'_>) -> Option<About> {
    let about = match table.take("about") {
        Some(field) => reader.word(field, ABOUTS),
        None => Some(About::Pc),
    };
    if about == Some(About::Unit) {
        for key in NOT_FOR_UNITS {
            let Some(field) = table.take(key) else { continue };
            let text = format!("`{key}` means nothing in a rule about units");
            reader.complain(field.at, complaint::NOT_FOR_UNITS, text, Some(format!("leave `{key}` out")));
        }
    }
    about
}

/// Complains of former ids that are the name of a rule, or that stand twice.
fn former_clashes(reader: &mut Reader<'_>, former: &[(usize, String)], ids: &[(usize, String)]) {
    let mut seen = BTreeSet::new();
    for (at, id) in former {
        let text = if ids.iter().any(|(_, known)| known == id) {
            format!("there is a rule `{id}`, so it did not become part of this one")
        } else if seen.insert(id) {
            continue;
        } else {
            format!("another rule was called `{id}` before too")
        };
        reader.complain(*at, complaint::FORMER_CLASH, text, None);
    }
}

/// Complains of own rules that have an id which became part of a rule of the set that is extended.
fn inherited_clashes<'a>(
    reader: &mut Reader<'_>,
    own: &[(usize, String)],
    inherited: impl Iterator<Item = &'a Rule>,
) {
    for rule in inherited {
        for (at, id) in own.iter().filter(|(_, id)| rule.formerly.contains(id)) {
            let text = format!("`{id}` became part of the rule `{}` of the set that is extended", rule.id);
            let suggestion = Some("give the rule another id".to_owned());
            reader.complain(*at, complaint::FORMER_CLASH, text, suggestion);
        }
    }
}

fn rule(reader: &mut Reader<'_>, field: Field<'_>, names: &mut Names<'_>) -> ReadRule {
    let Some(mut table) = reader.table(field) else { return ReadRule::default() };
    let about = about(reader, &mut table);
    let id = table
        .need(reader, "id")
        .and_then(|field| Some((field.value_at(), self::id(reader, field)?.to_owned())));
    if let Some(whole) = id.as_ref().and_then(|(_, id)| names.why_whole(id)) {
        table.be_whole(whole);
    }
    let formerly: Vec<(usize, String)> = table
        .take("formerly")
        .and_then(|field| reader.texts(field))
        .unwrap_or_default()
        .into_iter()
        .map(|(at, id)| (at, id.to_owned()))
        .collect();
    let group = table.need(reader, "group").and_then(|field| {
        let group = reader.full_text(field)?.to_owned();
        if !names.groups.contains(&group) {
            let known = names.groups.iter().map(String::as_str);
            unknown_id(reader, field.value_at(), complaint::UNKNOWN_GROUP, "group", &group, known);
        }
        names.groups_used.insert(group.clone());
        Some(group)
    });
    let title = table.need(reader, "title").and_then(|field| Both::read(reader, field));
    let fails = table.take("fails").and_then(|field| fails(reader, field));
    let why = table.take("why").and_then(|field| Both::read(reader, field));
    let roles = match table.take("roles") {
        Some(field) => roles(reader, field),
        None => Some(Role::ALL.to_vec()),
    };
    let severity = table.need(reader, "severity").and_then(|field| severity(reader, field));

    let each_field = table.take("each");
    let each = each_field.and_then(|field| each(reader, field));
    // What a bare name means is not known, so the conditions of such a rule cannot be read.
    let readable = each_field.is_none() == each.is_none();
    let list = each.map(|(place, terms)| (place.name(), terms));
    let parameters = &names.parameters;
    let record = list.as_ref().map(|(name, terms)| (name.as_str(), *terms));
    let scope = Scope { record, parameters, about };
    let condition = |reader: &mut Reader<'_>, field: Option<Field<'_>>| {
        let field = field.filter(|_| readable)?;
        condition::read(reader, field, scope).map(Condition::new)
    };
    let when_field = table.take("when");
    let when = condition(reader, when_field);
    let meets_field = table.take("meets");
    let pass_field = if meets_field.is_some() { table.take("pass") } else { table.need(reader, "pass") };
    let met = meets_field.and_then(|field| meets(reader, field, names.library, &mut names.met));
    let pass = match &met {
        Some(met) => Some(Condition::new(met.whole.clone())),
        None => condition(reader, pass_field),
    };
    if let (Some(_), Some(field)) = (meets_field, pass_field) {
        let suggestion = Some("`meets` is what it asks; leave `pass` out".to_owned());
        reader.complain(field.at, complaint::BAD_VALUE, "the rule has `meets` and `pass`", suggestion);
    }
    let partial_field = table.take("partial");
    let partial = condition(reader, partial_field);
    never_with(reader, pass_field, when.as_ref(), pass.as_ref());
    if !never_with(reader, partial_field, when.as_ref(), partial.as_ref()) {
        partial_never_comes(reader, partial_field, when.as_ref(), pass.as_ref(), partial.as_ref());
    }

    let switched_off = match (table.take("switched_off"), &met) {
        (None, Some(met)) => Some(Condition::new(met.but_switched_off.clone())),
        (field, _) => condition(reader, field),
    };
    let variant_fields =
        table.take("for").and_then(|field| reader.tables(field, "rule.for")).unwrap_or_default();
    let mut variants = Vec::new();
    for field in variant_fields {
        let Some(mut table) = reader.table(field) else { continue };
        let roles_field = table.need(reader, "roles");
        let own_roles = roles_field.and_then(|field| self::roles(reader, field));
        if let (Some(field), Some(own)) = (roles_field, &own_roles) {
            taken_roles(reader, field, own, &variants);
        }
        let stranger = own_roles.iter().flatten().find(|role| roles.iter().any(|all| !all.contains(role)));
        if let Some(role) = stranger {
            let text = format!("the rule does not concern the role \"{}\"", role.word());
            let suggestion = Some("add it to `roles` of the rule".to_owned());
            reader.complain(table.at(), complaint::UNKNOWN_WORD, text, suggestion);
        }
        let own_title = table.take("title").and_then(|field| Both::read(reader, field));
        let own_fails = table.take("fails").and_then(|field| self::fails(reader, field));
        let own_why = table.take("why").and_then(|field| Both::read(reader, field));
        let severity = table.take("severity").and_then(|field| self::severity(reader, field));
        let own_when = condition(reader, table.take("when"));
        let when = own_when.as_ref().or(when.as_ref());
        let own_pass_field = table.take("pass");
        let own_pass = condition(reader, own_pass_field);
        let own_partial_field = table.take("partial");
        let own_partial = condition(reader, own_partial_field);
        never_with(reader, own_pass_field, when, own_pass.as_ref());
        if !never_with(reader, own_partial_field, when, own_partial.as_ref()) {
            let pass = own_pass.as_ref().or(pass.as_ref());
            partial_never_comes(reader, own_partial_field, when, pass, own_partial.as_ref());
        }
        table.finish(reader);
        variants.extend(own_roles.map(|roles| Variant {
            roles,
            title: own_title,
            fails: own_fails,
            why: own_why,
            when: own_when,
            severity,
            pass: own_pass,
            partial: own_partial,
        }));
    }
    names.digests.extend(met.map(|met| met.digest));

    let remedies_field = table.take("remedies");
    let remedies = remedies_field.and_then(|field| reader.texts(field)).unwrap_or_default();
    for (at, id) in &remedies {
        if !names.remedies.iter().any(|known| known == id) {
            let known = names.remedies.iter().map(String::as_str);
            unknown_id(reader, *at, complaint::UNKNOWN_REMEDY, "remedy", id, known);
        }
        names.remedies_used.insert((*id).to_owned());
    }
    let source = table.need(reader, "source").and_then(|field| source(reader, field, names.in_force));
    table.finish(reader);

    let (severity, stages) = severity.unzip();
    let complete = |id: String| {
        Some(Rule {
            id,
            formerly: formerly.iter().map(|(_, id)| id.clone()).collect(),
            about: about?,
            group: group?,
            title: title?,
            fails,
            why,
            roles: roles?,
            severity: severity?,
            stages: stages?,
            each: each.map(|(place, _)| place),
            when,
            pass: pass?,
            partial,
            variants,
            switched_off,
            remedies: remedies.into_iter().map(|(_, id)| id.to_owned()).collect(),
            source: source?,
        })
    };
    let rule = id.clone().and_then(|(_, id)| complete(id));
    ReadRule { id, formerly, remedies_at: remedies_field.map(|field| field.value_at()), rule }
}

/// Complains of roles that a variant before has already: only that one would count.
fn taken_roles(reader: &mut Reader<'_>, field: Field<'_>, roles: &[Role], before: &[Variant]) {
    for role in roles.iter().filter(|role| before.iter().any(|variant| variant.roles.contains(role))) {
        let text = format!("the role \"{}\" stands in a `[[rule.for]]` before this one", role.word());
        let suggestion = Some("ask everything of one role in one `[[rule.for]]`".to_owned());
        reader.complain(field.value_at(), complaint::DUPLICATE_ROLE, text, suggestion);
    }
}

/// Most characters of what a rule says of who fails: a line of a list of machines has room for no more.
pub(super) const FAILS_CHARS_MAX: usize = 48;

/// Reads what is wrong with who does not pass.
fn fails(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Both> {
    let said = Both::read(reader, field)?;
    for text in [&said.vi, &said.en] {
        let length = text.chars().count();
        if length > FAILS_CHARS_MAX {
            let text = format!("\"{text}\" has {length} characters, the most is {FAILS_CHARS_MAX}");
            let suggestion = Some("name the thing first, then what is wrong with it".to_owned());
            reader.complain(field.value_at(), complaint::TOO_LONG, text, suggestion);
        }
    }
    Some(said)
}

/// Complains of a `partial` that can never be reached.
fn partial_never_comes(
    reader: &mut Reader<'_>,
    field: Option<Field<'_>>,
    when: Option<&Condition>,
    pass: Option<&Condition>,
    partial: Option<&Condition>,
) {
    let (Some(pass), Some(partial), Some(field)) = (pass, partial, field) else { return };
    let (code, text) = if pass.describe() == partial.describe() {
        (complaint::PARTIAL_SAME_AS_PASS, "`partial` asks the same as `pass`")
    } else if is_within(partial.node(), pass.node(), when.map(Condition::node)) {
        (complaint::PARTIAL_WITHIN_PASS, "`partial` never comes: whoever is so passes already")
    } else {
        return;
    };
    reader.complain(field.at, code, text, Some("ask for less, or leave `partial` out".to_owned()));
}

/// Whether this can never hold where the rule applies; that is complained of.
fn never_with(
    reader: &mut Reader<'_>,
    field: Option<Field<'_>>,
    when: Option<&Condition>,
    asked: Option<&Condition>,
) -> bool {
    let (Some(when), Some(asked), Some(field)) = (when, asked, field) else { return false };
    let never = never_hold(&[when.node(), asked.node()]);
    if never {
        let text = format!("`{}` can never hold where `when` does", field.name);
        reader.complain(field.at, complaint::NEVER_HOLDS, text, None);
    }
    never
}

/// Everything that another set asks, as one question.
#[derive(Clone)]
struct Met {
    digest: String,
    whole: Node,
    /// The same where it is enough to have it switched off.
    but_switched_off: Node,
}

/// Those that were asked already, by id: a set is often asked by a rule and by what mends it.
type AllMet = BTreeMap<String, Met>;

fn meets(reader: &mut Reader<'_>, field: Field<'_>, library: Library<'_>, known: &mut AllMet) -> Option<Met> {
    if let Some(met) = field.value.get_ref().as_str().and_then(|id| known.get(id)) {
        return Some(met.clone());
    }
    let set = named_set(reader, field, library)?;
    if !set.parameters.is_empty() {
        let text = format!("`{}` has parameters, which nobody could set here", set.id);
        reader.complain(field.value_at(), complaint::BAD_VALUE, text, None);
        return None;
    }
    let met = Met { digest: set.digest.clone(), whole: set.whole(false), but_switched_off: set.whole(true) };
    known.insert(set.id, met.clone());
    Some(met)
}

/// Reads a severity: a word, or stages of which each but the last has its last day.
fn severity(reader: &mut Reader<'_>, field: Field<'_>) -> Option<(Severity, Vec<(Date, Severity)>)> {
    if !field.value.get_ref().is_array() {
        return Some((reader.word(field, SEVERITIES)?, Vec::new()));
    }
    let fields = reader.list(field)?;
    let Some(last) = fields.len().checked_sub(1) else {
        reader.complain(field.value_at(), complaint::EMPTY_CONDITION, "`severity` is an empty list", None);
        return None;
    };
    let mut stages: Vec<(Date, Severity)> = Vec::new();
    let mut final_level = None;
    for (index, field) in fields.into_iter().enumerate() {
        let mut table = reader.table(field)?;
        let until = table.take("until");
        let level = table.need(reader, "level").and_then(|field| reader.word(field, SEVERITIES));
        table.finish(reader);
        match until {
            None if index == last => final_level = level,
            Some(until) if index < last => {
                let day = reader.date(until)?;
                if stages.last().is_some_and(|(before, _)| *before >= day) {
                    let text = format!("{day} is not after the stage before");
                    reader.complain(until.value_at(), complaint::OUT_OF_ORDER, text, None);
                }
                stages.push((day, level?));
            }
            Some(until) => {
                let text = "the last stage has no `until`: it stays";
                reader.complain(until.at, complaint::OUT_OF_ORDER, text, None);
            }
            None => {
                let text = "a stage before the last needs `until`, its last day";
                reader.complain(field.value_at(), complaint::OUT_OF_ORDER, text, None);
            }
        }
    }
    Some((final_level?, stages))
}

fn roles(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Vec<Role>> {
    let elements = reader.list(field)?;
    if elements.is_empty() {
        let suggestion = Some("leave `roles` out when the rule concerns every role".to_owned());
        reader.complain(
            field.value_at(),
            complaint::EMPTY_CONDITION,
            "the rule concerns no role",
            suggestion,
        );
        return None;
    }
    let count = elements.len();
    let roles: Vec<Role> = elements.into_iter().filter_map(|one| reader.word(one, ROLES)).collect();
    (roles.len() == count).then_some(roles)
}

fn each(reader: &mut Reader<'_>, field: Field<'_>) -> Option<(Place, &'static [Term])> {
    let name = reader.full_text(field)?;
    let lists: Vec<String> = AREAS
        .iter()
        .flat_map(|area| area.terms.iter().map(move |term| (area, term)))
        .filter(|(_, term)| matches!(term.kind, Kind::Records(_)))
        .map(|(area, term)| format!("{}.{}", area.name, term.name))
        .collect();
    let suggestion = || match nearest(name, lists.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the lists are {}", quoted(lists.iter().map(String::as_str))),
    };
    match facts::find(name).map(|place| (place, place.term().kind)) {
        Some((place, Kind::Records(terms))) => Some((place, terms)),
        Some(_) => {
            let text = format!("`{name}` is not a list of records");
            reader.complain(field.value_at(), complaint::NOT_A_LIST_OF_RECORDS, text, Some(suggestion()));
            None
        }
        None => {
            let text = format!("there is no fact `{name}`");
            reader.complain(field.value_at(), complaint::UNKNOWN_FACT, text, Some(suggestion()));
            None
        }
    }
}

/// A name that is the same in both languages, or not.
#[derive(Default)]
struct Named {
    vi: String,
    /// None where it is the same.
    en: Option<String>,
}

/// Reads a name: one text, or `{ vi = "…", en = "…" }`.
fn named(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Named> {
    if field.value.get_ref().is_table() {
        let Both { vi, en } = Both::read(reader, field)?;
        return Some(Named { vi, en: Some(en) });
    }
    Some(Named { vi: reader.full_text(field)?.to_owned(), en: None })
}

fn source(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    in_force: Option<(Date, Option<Date>)>,
) -> Option<Source> {
    let example = format!("{{ doc = \"{}\" }}", shown(field));
    let mut table = reader.table_such_as(field, Some(example))?;
    let doc = table.need(reader, "doc").and_then(|field| named(reader, field));
    let clause = match table.take("clause") {
        Some(field) if field.value.get_ref().as_str() != Some("") => named(reader, field),
        Some(_) | None => Some(Named::default()),
    };
    let from = table.take("from").and_then(|field| reader.date(field));
    let to_field = table.take("to");
    let to = to_field.and_then(|field| reader.date(field));
    table.finish(reader);
    if let (Some(from), Some(to), Some(field)) = (from, to, to_field)
        && to < from
    {
        let text = format!("the last day, {to}, is before the first, {from}");
        reader.complain(field.value_at(), complaint::ENDS_BEFORE_START, text, None);
    }
    let (doc, clause) = (doc?, clause?);
    let source = Source { doc: doc.vi, doc_en: doc.en, clause: clause.vi, clause_en: clause.en, from, to };
    if let Some((first, last)) = in_force {
        let ended = to.filter(|to| *to < first).map(|to| format!("ended on {to}, the set begins on {first}"));
        let begins = from.zip(last).filter(|(from, last)| from > last);
        let begins = begins.map(|(from, last)| format!("begins on {from}, the set ends on {last}"));
        if let Some(text) = ended.or(begins) {
            let text = format!("\"{}\" {text}", source.doc);
            reader.warn(field.value_at(), complaint::SOURCE_NOT_IN_FORCE, text, None);
        }
    }
    Some(source)
}

/// What tests may name.
struct Known<'a> {
    ids: &'a [(usize, String)],
    rules: &'a [Rule],
    parameters: &'a Parameters,
    defaults: &'a Settings,
}

fn test(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    first_day: Option<Date>,
    known: &Known<'_>,
) -> Option<(usize, RuleTest)> {
    let mut table = reader.table(field)?;
    let name =
        table.need(reader, "name").and_then(|field| Some((field.value_at(), reader.full_text(field)?)));
    let facts = match table.take("facts") {
        Some(field) => read_facts(reader, field),
        None => Some(TestFacts::default()),
    };
    let role = match table.take("role") {
        Some(field) => reader.word(field, ROLES),
        None => Some(Role::Officer),
    };
    let day = match table.take("day") {
        Some(field) => reader.date(field),
        None => first_day,
    };
    let settings = match table.take("parameters") {
        Some(field) => settings(reader, field, known),
        None => Some(known.defaults.clone()),
    };
    let expect = table.need(reader, "expect").and_then(|field| expectations(reader, field, known));
    table.finish(reader);
    let (at, name) = name?;
    let name = name.to_owned();
    let test = RuleTest { name, facts: facts?, role: role?, day: day?, settings: settings?, expect: expect? };
    Some((at, test))
}

/// Reads what a unit would have set.
fn settings(reader: &mut Reader<'_>, field: Field<'_>, known: &Known<'_>) -> Option<Settings> {
    let mut table = reader.table(field)?;
    let mut settings = known.defaults.clone();
    for field in table.rest() {
        let list = &known.parameters.list;
        let Some(index) = list.iter().position(|parameter| parameter.id == field.name) else {
            let names = list.iter().map(|parameter| parameter.id.as_str());
            unknown_id(reader, field.at, complaint::UNKNOWN_PARAMETER, "parameter", field.name, names);
            continue;
        };
        let read = setting(reader, field, list.get(index)?.kind);
        *settings.given.get_mut(index)? = Some(read?);
    }
    Some(settings)
}

fn expectations(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    known: &Known<'_>,
) -> Option<Vec<(String, Outcome)>> {
    let mut table = reader.table(field)?;
    let fields = table.rest();
    if fields.is_empty() {
        reader.complain(field.value_at(), complaint::EMPTY_CONDITION, "the test expects nothing", None);
        return None;
    }
    let mut expected = Vec::new();
    for field in fields {
        if !known.ids.iter().any(|(_, id)| id == field.name) {
            let known = known.ids.iter().map(|(_, id)| id.as_str());
            unknown_id(reader, field.at, complaint::UNKNOWN_RULE, "rule", field.name, known);
        }
        let Some(outcome) = reader.word(field, OUTCOMES) else { continue };
        let rule = known.rules.iter().find(|rule| rule.id == field.name);
        let whole = rule.filter(|rule| !rule.has_partial());
        if whole.is_some() && outcome == Outcome::Partial {
            let text = format!("the rule `{}` has no `partial`", field.name);
            reader.complain(field.value_at(), complaint::BAD_VALUE, text, None);
        }
        expected.push((field.name.to_owned(), outcome));
    }
    Some(expected)
}

/// Reads the facts of a test: to the JSON of a report.
fn read_facts(reader: &mut Reader<'_>, field: Field<'_>) -> Option<TestFacts> {
    let mut table = reader.table(field)?;
    let mut areas: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for field in table.rest() {
        let scope = Scope { record: None, parameters: &Parameters::default(), about: None };
        let Some((condition::Subject::Fact(place), kind, _)) = condition::resolve(reader, field, scope)
        else {
            continue;
        };
        let Some(area) = AREAS.get(place.area) else { continue };
        if let Some(value) = answer(reader, field, kind) {
            areas.entry(area.name).or_default().insert(place.term().name.to_owned(), value);
        }
    }
    let mut beside = |area: &str| areas.remove(area).map(Value::Object).unwrap_or_else(|| json!({}));
    let (support, unit) = (beside("support"), beside("unit"));
    Some(TestFacts { areas: json!(areas), support, unit })
}

/// Reads one answer of a test: a value, `{ unknown = "denied" }` or `{ absent = true }`.
fn answer(reader: &mut Reader<'_>, field: Field<'_>, kind: Kind) -> Option<Value> {
    if field.value.get_ref().is_table() {
        return no_value(reader, field);
    }
    match kind {
        Kind::Texts => {
            let texts = reader.texts(field)?;
            Some(json!(texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>()))
        }
        Kind::Records(terms) => {
            let records = reader.list(field)?;
            Some(Value::Array(records.into_iter().filter_map(|one| record(reader, one, terms)).collect()))
        }
        // A PC may report any text.
        Kind::Version => match field.value.get_ref().as_str() {
            Some(text) => Some(json!(text)),
            None => condition::operand(reader, field, kind).map(|operand| operand.to_json()),
        },
        Kind::Flag
        | Kind::Number
        | Kind::Bytes
        | Kind::Mhz
        | Kind::Percent
        | Kind::Days
        | Kind::Milliseconds
        | Kind::Date
        | Kind::Moment
        | Kind::Text
        | Kind::Word(_) => condition::operand(reader, field, kind).map(|operand| operand.to_json()),
    }
}

fn record(reader: &mut Reader<'_>, field: Field<'_>, terms: &'static [Term]) -> Option<Value> {
    let mut table = reader.table(field)?;
    let mut record = Map::new();
    for inner in table.rest() {
        let Some(term) = terms.iter().find(|term| term.name == inner.name) else {
            if reader.is_full() {
                return None;
            }
            let text = format!("a record of `{}` has no field `{}`", field.name, inner.name);
            let names = terms.iter().map(|term| term.name);
            let suggestion = match nearest(inner.name, names.clone()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("its fields are {}", quoted(names)),
            };
            reader.complain(inner.at, complaint::UNKNOWN_FACT, text, Some(suggestion));
            continue;
        };
        if let Some(value) = answer(reader, inner, term.kind) {
            record.insert(term.name.to_owned(), value);
        }
    }
    Some(Value::Object(record))
}

pub(super) const REASONS: &[(&str, ())] =
    &[("not_asked", ()), ("not_supported", ()), ("denied", ()), ("timed_out", ()), ("failed", ())];

fn no_value(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Value> {
    let mut table = reader.table(field)?;
    let unknown = table.take("unknown");
    let absent = table.take("absent");
    table.finish(reader);
    match (unknown, absent) {
        (Some(reason), None) => {
            let text = reader.text(reason)?;
            if !text.starts_with("failed: ") {
                reader.word(reason, REASONS)?;
            }
            Some(json!({ "unknown": text }))
        }
        (None, Some(absent)) if reader.flag(absent)? => Some(Value::Null),
        (None, _) | (Some(_), Some(_)) => {
            let text = format!("`{}` has no answer", field.name);
            let suggestion =
                Some("write a value, `{ unknown = \"denied\" }` or `{ absent = true }`".to_owned());
            reader.complain(field.value_at(), complaint::BAD_VALUE, text, suggestion);
            None
        }
    }
}

//! From the text of a rule set to a rule set that is known to be right.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::{Map, Value, json};
use toml::Spanned;
use toml::de::DeTable;

use super::raw::{Field, Reader, Table, quoted};
use super::{Both, Grades, Judges, Remedy, Rule, RuleSet, RuleTest, Source, TestFacts};
use crate::assess::{Outcome, Role, Severity};
use crate::complaint::{self, Complaint, nearest};
use crate::condition::{self, Condition, Scope};
use crate::facts::{self, AREAS, Kind, Place, Term};

/// Reads a rule set; all complaints at once.
pub(super) fn ruleset(file: &str, text: &str) -> Result<RuleSet, Vec<Complaint>> {
    let mut reader = Reader::new(file, text);
    let set =
        reader.document().and_then(|document| read(&mut reader, &document, crate::assess::digest(text)));
    match set {
        Some(set) if reader.is_content() => Ok(set),
        Some(_) | None => Err(reader.finish()),
    }
}

/// What rules may name, and what they did name.
struct Names {
    groups: Vec<String>,
    remedies: Vec<String>,
    groups_used: BTreeSet<String>,
    remedies_used: BTreeSet<String>,
}

fn read(reader: &mut Reader<'_>, document: &Spanned<DeTable<'_>>, digest: String) -> Option<RuleSet> {
    let mut file = Table::new(document.get_ref(), 0, "");
    let head = file.need(reader, "ruleset").and_then(|field| head(reader, field));
    let grades = file.need(reader, "grades").and_then(|field| grades(reader, field));

    let group_fields = file.need(reader, "group").map(|field| list(reader, field)).unwrap_or_default();
    let groups: Vec<(usize, String, Both)> =
        group_fields.into_iter().filter_map(|field| group(reader, field)).collect();
    unique(reader, "group", groups.iter().map(|(at, id, _)| (*at, id.as_str())));

    let remedies = file.take("remedy").map(|field| remedies(reader, field)).unwrap_or_default();
    let mut names = Names {
        groups: groups.iter().map(|(_, id, _)| id.clone()).collect(),
        remedies: remedies.iter().map(|(_, id, _)| id.clone()).collect(),
        groups_used: BTreeSet::new(),
        remedies_used: BTreeSet::new(),
    };

    let rule_fields = file.need(reader, "rule").map(|field| list(reader, field)).unwrap_or_default();
    let mut rules = Vec::new();
    let mut ids: Vec<(usize, String)> = Vec::new();
    for field in rule_fields {
        let (id, rule) = rule(reader, field, &mut names);
        ids.extend(id);
        rules.extend(rule);
    }
    unique(reader, "rule", ids.iter().map(|(at, id)| (*at, id.as_str())));

    for (at, id, _) in groups.iter().filter(|(_, id, _)| !names.groups_used.contains(id)) {
        reader.complain(*at, complaint::EMPTY_GROUP, format!("no rule is in the group `{id}`"), None);
    }
    for (at, id, _) in remedies.iter().filter(|(_, id, _)| !names.remedies_used.contains(id)) {
        reader.complain(*at, complaint::UNUSED_REMEDY, format!("no rule names the remedy `{id}`"), None);
    }

    let first_day = head.as_ref().map(|head| head.in_force.0);
    let test_fields = file.take("test").map(|field| list(reader, field)).unwrap_or_default();
    let tests: Vec<(usize, RuleTest)> =
        test_fields.into_iter().filter_map(|field| test(reader, field, first_day, &ids, &rules)).collect();
    unique(reader, "test", tests.iter().map(|(at, test)| (*at, test.name.as_str())));

    file.finish(reader);
    let head = head?;
    Some(RuleSet {
        id: head.id,
        title: head.title,
        in_force: head.in_force,
        judges: head.judges,
        digest,
        grades: grades?,
        groups: groups.into_iter().map(|(_, id, title)| (id, title)).collect(),
        rules,
        remedies: remedies.into_iter().map(|(_, id, remedy)| (id, remedy)).collect(),
        tests: tests.into_iter().map(|(_, test)| test).collect(),
    })
}

/// The tables of a `[[list]]`.
fn list<'d>(reader: &mut Reader<'_>, field: Field<'d>) -> Vec<Field<'d>> {
    reader.list(field).unwrap_or_default()
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
}

const JUDGES: &[(&str, Judges)] = &[("reports", Judges::Reports), ("on_request", Judges::OnRequest)];

fn head(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Head> {
    let mut table = reader.table(field)?;
    let id = table.need(reader, "id").and_then(|field| reader.full_text(field));
    let title = table.need(reader, "title").and_then(|field| both(reader, field));
    let in_force = table.need(reader, "in_force").and_then(|field| in_force(reader, field));
    let judges = match table.take("judges") {
        Some(field) => reader.word(field, JUDGES),
        None => Some(Judges::Reports),
    };
    table.finish(reader);
    Some(Head { id: id?.to_owned(), title: title?, in_force: in_force?, judges: judges? })
}

fn in_force(reader: &mut Reader<'_>, field: Field<'_>) -> Option<(Date, Option<Date>)> {
    let mut table = reader.table(field)?;
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
fn both(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Both> {
    let mut table = reader.table(field)?;
    let vi = table.need(reader, "vi").and_then(|field| reader.full_text(field));
    let en = table.need(reader, "en").and_then(|field| reader.full_text(field));
    table.finish(reader);
    Some(Both { vi: vi?.to_owned(), en: en?.to_owned() })
}

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
        let mut table = reader.table(field)?;
        let read = (share(reader, &mut table, "score"), share(reader, &mut table, "coverage"));
        table.finish(reader);
        Some((read.0?, read.1?))
    });
    let needs_work = table.need(reader, "needs_work").and_then(|field| {
        let mut table = reader.table(field)?;
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
    let id = table.need(reader, "id").and_then(|field| Some((field.value_at(), reader.full_text(field)?)));
    let title = table.need(reader, "title").and_then(|field| both(reader, field));
    table.finish(reader);
    let (at, id) = id?;
    // A group with a broken title is still one that rules may name.
    let title = title.unwrap_or_else(|| Both { vi: String::new(), en: String::new() });
    Some((at, id.to_owned(), title))
}

fn remedies(reader: &mut Reader<'_>, field: Field<'_>) -> Vec<(usize, String, Remedy)> {
    let Some(mut table) = reader.table(field) else { return Vec::new() };
    let read = |field: Field<'_>| {
        let mut table = reader.table(field)?;
        let title = table.need(reader, "title").and_then(|field| both(reader, field));
        table.finish(reader);
        let title = title.unwrap_or_else(|| Both { vi: String::new(), en: String::new() });
        Some((field.at, field.name.to_owned(), Remedy { title }))
    };
    table.rest().into_iter().filter_map(read).collect()
}

const SEVERITIES: &[(&str, Severity)] = &[
    ("critical", Severity::Critical),
    ("major", Severity::Major),
    ("minor", Severity::Minor),
    ("info", Severity::Info),
];

const OUTCOMES: &[(&str, Outcome)] = &[
    ("pass", Outcome::Pass),
    ("partial", Outcome::Partial),
    ("fail", Outcome::Fail),
    ("unknown", Outcome::Unknown),
    ("not_applicable", Outcome::NotApplicable),
];

const ROLES: &[(&str, Role)] = &[
    ("counter", Role::Counter),
    ("clerk", Role::Clerk),
    ("leader", Role::Leader),
    ("officer", Role::Officer),
    ("server", Role::Server),
];

/// Complains of an id that nothing has.
fn unknown_id<'a>(
    reader: &mut Reader<'_>,
    at: usize,
    code: &'static str,
    what: &str,
    id: &str,
    known: impl Iterator<Item = &'a str> + Clone,
) {
    let suggestion = match nearest(id, known.clone()) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if known.clone().count() > 12 => None,
        None => known.clone().next().map(|_| format!("there are {}", quoted(known))),
    };
    reader.complain(at, code, format!("there is no {what} `{id}`"), suggestion);
}

/// Reads a rule: its id with its place, even when the rule is wrong, and the rule.
fn rule(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    names: &mut Names,
) -> (Option<(usize, String)>, Option<Rule>) {
    let Some(mut table) = reader.table(field) else { return (None, None) };
    let id = table
        .need(reader, "id")
        .and_then(|field| Some((field.value_at(), reader.full_text(field)?.to_owned())));
    let group = table.need(reader, "group").and_then(|field| {
        let group = reader.full_text(field)?.to_owned();
        if !names.groups.contains(&group) {
            let known = names.groups.iter().map(String::as_str);
            unknown_id(reader, field.value_at(), complaint::UNKNOWN_GROUP, "group", &group, known);
        }
        names.groups_used.insert(group.clone());
        Some(group)
    });
    let title = table.need(reader, "title").and_then(|field| both(reader, field));
    let why = table.take("why").and_then(|field| both(reader, field));
    let roles = match table.take("roles") {
        Some(field) => roles(reader, field),
        None => Some(Role::ALL.to_vec()),
    };
    let severity = table.need(reader, "severity").and_then(|field| reader.word(field, SEVERITIES));

    let each_field = table.take("each");
    let each = each_field.and_then(|field| each(reader, field));
    // What a bare name means is not known, so the conditions of such a rule cannot be read.
    let readable = each_field.is_none() == each.is_none();
    let list = each.map(|(place, terms)| (place.name(), terms));
    let scope = Scope { record: list.as_ref().map(|(name, terms)| (name.as_str(), *terms)) };
    let condition = |reader: &mut Reader<'_>, field: Option<Field<'_>>| {
        let field = field.filter(|_| readable)?;
        condition::read(reader, field, scope).map(Condition::new)
    };
    let when_field = table.take("when");
    let when = condition(reader, when_field);
    let pass_field = table.need(reader, "pass");
    let pass = condition(reader, pass_field);
    let partial_field = table.take("partial");
    let partial = condition(reader, partial_field);
    if let (Some(pass), Some(partial), Some(field)) = (&pass, &partial, partial_field)
        && pass.describe() == partial.describe()
    {
        let text = "`partial` asks the same as `pass`";
        let suggestion = Some("ask for less, or leave `partial` out".to_owned());
        reader.complain(field.at, complaint::PARTIAL_SAME_AS_PASS, text, suggestion);
    }
    let switched_off_field = table.take("switched_off");
    let switched_off = condition(reader, switched_off_field);

    let remedies = match table.take("remedies") {
        Some(field) => reader.texts(field).unwrap_or_default(),
        None => Vec::new(),
    };
    for (at, id) in &remedies {
        if !names.remedies.iter().any(|known| known == id) {
            let known = names.remedies.iter().map(String::as_str);
            unknown_id(reader, *at, complaint::UNKNOWN_REMEDY, "remedy", id, known);
        }
        names.remedies_used.insert((*id).to_owned());
    }
    let source = table.need(reader, "source").and_then(|field| source(reader, field));
    table.finish(reader);

    let complete = |id: String| {
        Some(Rule {
            id,
            group: group?,
            title: title?,
            why,
            roles: roles?,
            severity: severity?,
            each: each.map(|(place, _)| place),
            when,
            pass: pass?,
            partial,
            switched_off,
            remedies: remedies.into_iter().map(|(_, id)| id.to_owned()).collect(),
            source: source?,
        })
    };
    let rule = id.clone().and_then(|(_, id)| complete(id));
    (id, rule)
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

fn source(reader: &mut Reader<'_>, field: Field<'_>) -> Option<Source> {
    let mut table = reader.table(field)?;
    let doc = table.need(reader, "doc").and_then(|field| reader.full_text(field));
    let clause = table.take("clause").map_or(Some(""), |field| reader.text(field));
    table.finish(reader);
    Some(Source { doc: doc?.to_owned(), clause: clause?.to_owned() })
}

fn test(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    first_day: Option<Date>,
    ids: &[(usize, String)],
    rules: &[Rule],
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
    let expect = table.need(reader, "expect").and_then(|field| expectations(reader, field, ids, rules));
    table.finish(reader);
    let (at, name) = name?;
    Some((at, RuleTest { name: name.to_owned(), facts: facts?, role: role?, day: day?, expect: expect? }))
}

fn expectations(
    reader: &mut Reader<'_>,
    field: Field<'_>,
    ids: &[(usize, String)],
    rules: &[Rule],
) -> Option<Vec<(String, Outcome)>> {
    let mut table = reader.table(field)?;
    let fields = table.rest();
    if fields.is_empty() {
        reader.complain(field.value_at(), complaint::EMPTY_CONDITION, "the test expects nothing", None);
        return None;
    }
    let mut expected = Vec::new();
    for field in fields {
        if !ids.iter().any(|(_, id)| id == field.name) {
            let known = ids.iter().map(|(_, id)| id.as_str());
            unknown_id(reader, field.at, complaint::UNKNOWN_RULE, "rule", field.name, known);
        }
        let Some(outcome) = reader.word(field, OUTCOMES) else { continue };
        let whole = rules.iter().find(|rule| rule.id == field.name).filter(|rule| rule.partial.is_none());
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
        let Some((condition::Subject::Fact(place), term, _)) =
            condition::resolve(reader, field, Scope { record: None })
        else {
            continue;
        };
        let Some(area) = AREAS.get(place.area) else { continue };
        if let Some(value) = answer(reader, field, term.kind) {
            areas.entry(area.name).or_default().insert(term.name.to_owned(), value);
        }
    }
    let support = areas.remove("support").map(Value::Object).unwrap_or_else(|| json!({}));
    Some(TestFacts { areas: json!(areas), support })
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
        Kind::Flag
        | Kind::Number
        | Kind::Bytes
        | Kind::Mhz
        | Kind::Percent
        | Kind::Days
        | Kind::Milliseconds
        | Kind::Date
        | Kind::Moment
        | Kind::Version
        | Kind::Text
        | Kind::Word(_) => condition::operand(reader, field, kind).map(|operand| operand.to_json()),
    }
}

fn record(reader: &mut Reader<'_>, field: Field<'_>, terms: &'static [Term]) -> Option<Value> {
    let mut table = reader.table(field)?;
    let mut record = Map::new();
    for inner in table.rest() {
        let Some(term) = terms.iter().find(|term| term.name == inner.name) else {
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

const REASONS: &[(&str, ())] =
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

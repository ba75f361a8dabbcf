//! The rule set in force: what is asked, where it comes from, and how the machines answer.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rules::assess::{Outcome, Role};
use rules::condition::Condition;
use rules::ruleset::{About, Judges, Parameter, Rule, RuleSet, SHIPPED, in_force};

use crate::app::Judge;
use crate::error::Failure;
use crate::figures;
use crate::judge::{WAIVED, Wrong};
use crate::lang::Lang;
use crate::store::counts::Noted;
use crate::store::rules_text::{self, Activation, Archived};
use crate::web::format::{self, fill, number};
use crate::web::label::{self, Label, Stretch, pick};
use crate::web::layout::{Layout, Place};
use crate::web::opinions;
use crate::web::reader::Reader;
use crate::web::trial::{TRIES, table_title};
use crate::web::words::Words;
use crate::web::{Query, Site, Visitor, page, value};

/// Texts of the archive on the page.
const ARCHIVE_ROWS: usize = 60;
/// Complaints about the folder of rules that are shown.
const WRONG_MAX: usize = 20;
/// Activations among which the one of each text is looked for.
const ACTIVATIONS_MAX: i64 = 500;

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage {
    l: Layout,
    w: &'static Words,
    set: Option<SetView>,
    others: Vec<(String, String)>,
    lifecycle: String,
    lifecycle_source: String,
    is_stale: bool,
    groups: Vec<GroupView>,
    parameters: Vec<(String, String)>,
    done: Option<String>,
    /// What is wrong in the folder of rules; then what was read before stays in force.
    wrong: Vec<String>,
    may_try: bool,
    archive: Vec<ArchivedView>,
    /// Of how many machines Windows says something else than the rules; none where it said nothing of any.
    opinion: Option<String>,
}

/// A text that judged, with who put it in force last.
struct ArchivedView {
    id: String,
    short: String,
    digest: String,
    /// Whether it is in force, and in which sense.
    used: Option<String>,
    /// Where a set of one's own is taken out again.
    without: Option<String>,
    first_used: String,
    machines: String,
    who: String,
    reason: String,
}

/// What the page is made from.
struct Rows<'a> {
    judge: &'a Judge,
    findings: &'a BTreeMap<(String, String), i64>,
    aside: &'a BTreeMap<(String, String), i64>,
    switched_off: &'a BTreeMap<String, i64>,
    noted: Noted,
    judged: &'a BTreeMap<(String, String), i64>,
    wrong: &'a [Wrong],
    archive: &'a [Archived],
    activations: &'a [Activation],
    /// The set that was put in force just before; empty when none was.
    done: &'a str,
}

struct SetView {
    id: String,
    title: String,
    dates: String,
    digest: String,
    count: String,
}

struct GroupView {
    id: String,
    title: String,
    count: String,
    rules: Vec<RuleView>,
}

struct RuleView {
    id: String,
    title: String,
    why: Option<String>,
    severity: Label,
    roles: Option<String>,
    source: String,
    counts: Vec<Count>,
    /// Machines of a class of its own: that have it switched off, that are waived; and where they are listed.
    notes: Vec<(String, String)>,
    bar: Vec<Stretch>,
    bar_text: String,
    href: String,
    asks: Vec<String>,
    /// How it weighs until which day, where that changes.
    stages: Vec<String>,
    remedies: Vec<String>,
    /// Whether nobody could decide it for any of the machines that it asks.
    is_dead: bool,
}

struct Count {
    label: Label,
    count: String,
    is_zero: bool,
}

impl RulesPage {
    fn of(visitor: &Visitor, rows: &Rows<'_>) -> RulesPage {
        let judge = rows.judge;
        let reader = &visitor.reader;
        let (lang, w) = (reader.lang, reader.words());
        let person = &visitor.person;
        let today = format::day(reader.now);
        let set = in_force(&judge.sets, today);
        let others = judge.sets.iter().filter(|other| set.is_none_or(|set| set.id != other.id));
        RulesPage {
            l: Layout::new(reader, Place::Rules, &w.nav_rules),
            w,
            set: set.map(|set| SetView {
                id: set.id.clone(),
                title: pick(lang, &set.title).to_owned(),
                dates: dates(w, set),
                digest: set.digest.chars().take(12).collect(),
                count: fill(&w.rules_count, &[("n", &number(lang, count(set.every_rule().count())))]),
            }),
            others: others
                .map(|set| (format!("{} ({})", pick(lang, &set.title), set.id), dates(w, set)))
                .collect(),
            lifecycle: fill(&w.rules_lifecycle_dated, &[("date", &format::date(judge.lifecycle.dated))]),
            lifecycle_source: judge.lifecycle.source.clone(),
            is_stale: judge.lifecycle.is_stale(today),
            groups: set.map(|set| groups(reader, set, rows)).unwrap_or_default(),
            parameters: set.map(|set| parameters(reader, set)).unwrap_or_default(),
            done: Some(rows.done).filter(|id| !id.is_empty()).map(|id| fill(&w.rules_done, &[("id", id)])),
            wrong: rows.wrong.iter().take(WRONG_MAX).map(|wrong| wrong.told(lang)).collect(),
            may_try: TRIES.contains(&person.standing),
            opinion: (rows.noted.same + rows.noted.only_rules + rows.noted.only_windows > 0)
                .then(|| opinions::counted(reader, &rows.noted)),
            archive: rows
                .archive
                .iter()
                .take(ARCHIVE_ROWS)
                .map(|text| archived(reader, rows, text))
                .collect(),
        }
    }
}

fn parameters(reader: &Reader, set: &RuleSet) -> Vec<(String, String)> {
    let (lang, w) = (reader.lang, reader.words());
    let shown = |parameter: &Parameter| {
        let value = parameter.default_in_words(lang.tongue());
        (pick(lang, &parameter.title).to_owned(), value.unwrap_or_else(|| w.parameter_unset.clone()))
    };
    set.parameters.iter().map(shown).collect()
}

fn archived(reader: &Reader, rows: &Rows<'_>, text: &Archived) -> ArchivedView {
    let (lang, w) = (reader.lang, reader.words());
    let short: String = text.digest.chars().take(12).collect();
    // The newest activation stands first; what came with the data folder has none.
    let deed = rows.activations.iter().find(|deed| deed.after.as_ref() == Some(&text.digest));
    let who = deed.map_or_else(
        || w.rules_archive_first.clone(),
        |deed| format!("{}, {}", label::actor(w, &deed.actor), format::moment(deed.at)),
    );
    let tables = [&rows.judge.lifecycle.digest, &rows.judge.prices.digest, &rows.judge.norms.digest];
    let loaded = rows.judge.sets.iter().find(|set| set.digest == text.digest);
    let judging = in_force(&rows.judge.sets, format::day(reader.now)).map(|set| &set.digest);
    let used = match loaded {
        Some(set) if set.judges == Judges::OnRequest => Some(w.rules_used_on_request.clone()),
        Some(set) if judging == Some(&set.digest) => Some(w.rules_used_judging.clone()),
        // It begins later, or another one that began later judges.
        Some(set) => Some(fill(&w.rules_used_loaded, &[("from", &format::date(set.in_force.0))])),
        None => tables.contains(&&text.digest).then(|| w.rules_used.clone()),
    };
    ArchivedView {
        id: table_title(w, &text.id).unwrap_or(&text.id).clone(),
        short,
        digest: text.digest.clone(),
        used,
        without: loaded
            .filter(|set| !SHIPPED.iter().any(|(file, _)| file.strip_suffix(".toml") == Some(&set.id)))
            .map(|set| format::url("/rules/try", &[("without", &set.id)])),
        first_used: format::moment(text.first_used_at),
        machines: number(lang, text.machines),
        who,
        reason: deed.map(|deed| label::reason(w, &deed.reason).to_owned()).unwrap_or_default(),
    }
}

/// How a rule judges, in words: of everybody, then of those roles that are asked something else.
fn asks(reader: &Reader, set: &RuleSet, rule: &Rule) -> Vec<String> {
    let (lang, w) = (reader.lang, reader.words());
    let tongue = lang.tongue();
    let said = |text: &str, condition: Option<&Condition>| {
        let condition = condition?.in_words(tongue, set, set.defaults()).join(lang.pick(" và ", " and "));
        Some(fill(text, &[("what", &condition)]))
    };
    let each = rule.each.map(|list| fill(&w.rules_asks_each, &[("list", value::label(lang, list.term()))]));
    let own = [
        each,
        said(&w.rules_asks_when, rule.when.as_ref()),
        said(&w.rules_asks_pass, Some(&rule.pass)),
        said(&w.rules_asks_partial, rule.partial.as_ref()),
    ];
    let of_roles = rule.variants.iter().filter_map(|variant| {
        let parts = [
            said(&w.rules_asks_when, variant.when.as_ref()),
            said(&w.rules_asks_pass, variant.pass.as_ref()),
            said(&w.rules_asks_partial, variant.partial.as_ref()),
            variant.severity.as_ref().map(|(severity, _)| {
                fill(&w.rules_asks_severity, &[("severity", label::severity(w, *severity).text)])
            }),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let roles: Vec<&str> = variant.roles.iter().map(|role| label::role(w, *role)).collect();
        (!parts.is_empty()).then(|| format!("{}: {}", roles.join(", "), parts.join(" ")))
    });
    own.into_iter().flatten().chain(of_roles).collect()
}

/// How a rule weighs until which day; nothing where it always weighs the same.
fn stages(w: &'static Words, rule: &Rule) -> Vec<String> {
    if rule.stages.is_empty() {
        return Vec::new();
    }
    let word = |severity| label::severity(w, severity).text;
    let until = |(day, severity): &(_, _)| {
        fill(&w.rules_until, &[("severity", word(*severity)), ("day", &format::date(*day))])
    };
    let last = fill(&w.rules_afterwards, &[("severity", word(rule.severity))]);
    rule.stages.iter().map(until).chain([last]).collect()
}

fn remedies(reader: &Reader, set: &RuleSet, rule: &Rule) -> Vec<String> {
    let known = rule.remedies.iter().filter_map(|id| set.remedies.get(id));
    known.map(|remedy| pick(reader.lang, &remedy.title).to_owned()).collect()
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn dates(w: &'static Words, set: &RuleSet) -> String {
    let from = format::date(set.in_force.0);
    match set.in_force.1 {
        None => fill(&w.rules_from, &[("from", &from)]),
        Some(to) => fill(&w.rules_from_to, &[("from", &from), ("to", &format::date(to))]),
    }
}

fn groups(reader: &Reader, set: &RuleSet, rows: &Rows<'_>) -> Vec<GroupView> {
    let lang = reader.lang;
    let views = set.groups.iter().map(|(id, title)| {
        let rules: Vec<RuleView> = set
            .every_rule()
            .filter(|rule| rule.group == *id)
            .map(|rule| rule_view(reader, set, rule, rows))
            .collect();
        GroupView {
            id: id.clone(),
            title: pick(lang, title).to_owned(),
            count: fill(&reader.words().rules_count, &[("n", &number(lang, count(rules.len())))]),
            rules,
        }
    });
    views.collect()
}

fn rule_view(reader: &Reader, set: &RuleSet, rule: &Rule, rows: &Rows<'_>) -> RuleView {
    let (lang, w) = (reader.lang, reader.words());
    // Another set may have a rule of this id, which asks something else.
    let said = |word: &str| {
        let key = (rule.id.clone(), word.to_owned());
        let of = |counts: &BTreeMap<(String, String), i64>| counts.get(&key).copied().unwrap_or(0);
        of(rows.findings) - of(rows.aside)
    };
    let of = |outcome: Outcome| said(outcome.word());
    // Machines are counted, and a rule about units asks none.
    let of_units = rule.about == About::Unit;
    let roles_asked = rule.roles.iter().filter(|_| !of_units);
    let judged =
        |role: &Role| rows.judged.get(&(set.id.clone(), role.word().to_owned())).copied().unwrap_or(0);
    let asked: i64 = roles_asked.map(judged).sum();
    let (partial, fail, unknown) = (of(Outcome::Partial), of(Outcome::Fail), of(Outcome::Unknown));
    // A pass is not kept with a machine's findings: it is what is left.
    let waived = said(WAIVED);
    let pass = (asked - partial - fail - unknown - waived - of(Outcome::NotApplicable)).max(0);
    let counts = Outcome::ALL.iter().map(|outcome| {
        let machines = if *outcome == Outcome::Pass { pass } else { of(*outcome) };
        let told = if of_units { "—".to_owned() } else { number(lang, machines) };
        Count { label: label::outcome(w, *outcome), count: told, is_zero: machines == 0 }
    });
    let off = rows.switched_off.get(&rule.id).copied().unwrap_or(0);
    let note = |machines: i64, text: &str, word: &str| {
        let text = fill(text, &[("n", &number(lang, machines))]);
        (machines > 0).then(|| (text, format::url("/machines", &[("rule", &rule.id), (word, "yes")])))
    };
    let notes = [note(off, &w.rules_switched_off, "off"), note(waived, &w.rules_waived, "waived")];
    let roles: Vec<&str> = rule.roles.iter().map(|role| label::role(w, *role)).collect();
    RuleView {
        id: rule.id.clone(),
        title: pick(lang, &rule.title).to_owned(),
        why: rule.why.as_ref().map(|why| pick(lang, why).to_owned()),
        severity: label::severity(w, rule.severity),
        roles: match of_units {
            true => Some(w.waiver_unit_rule.clone()),
            false => (rule.roles.len() < Role::ALL.len())
                .then(|| fill(&w.rules_roles, &[("roles", &roles.join(", "))])),
        },
        source: source(lang, rule),
        bar_text: format!(
            "{}: {}, {}: {}, {}: {}, {}: {}",
            w.outcome_fail,
            number(lang, fail),
            w.outcome_partial,
            number(lang, partial),
            w.outcome_unknown,
            number(lang, unknown),
            w.outcome_pass,
            number(lang, pass)
        ),
        bar: label::stacked(&[("fail", fail), ("partial", partial), ("unknown", unknown), ("pass", pass)]),
        counts: counts.collect(),
        notes: notes.into_iter().flatten().collect(),
        href: match of_units {
            true => "/units".to_owned(),
            false => format::url("/machines", &[("rule", &rule.id)]),
        },
        asks: asks(reader, set, rule),
        stages: stages(w, rule),
        remedies: remedies(reader, set, rule),
        // Where all are excepted, or none is such a PC, the rule was decided.
        is_dead: unknown > 0 && pass + partial + fail + waived == 0,
    }
}

/// Document and clause in one line, with the days on which the document is in force, where they are known.
pub fn source(lang: Lang, rule: &Rule) -> String {
    let source = &rule.source;
    let named = |vi: &String, en: &Option<String>| lang.pick(vi, en.as_ref().unwrap_or(vi)).clone();
    let mut text = named(&source.doc, &source.doc_en);
    let clause = named(&source.clause, &source.clause_en);
    if !clause.is_empty() {
        text.push_str(&format!(", {clause}"));
    }
    let day = |day: Option<jiff::civil::Date>| day.map(format::date).unwrap_or_else(|| "…".to_owned());
    if source.from.is_some() || source.to.is_some() {
        text.push_str(&format!(" ({} – {})", day(source.from), day(source.to)));
    }
    text
}

/// Shows the rules.
///
/// # Errors
/// When the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let scope = &visitor.person.scope;
    let figures = figures::of(&site.app, &mut tx, scope).await?;
    let archive = rules_text::list(&mut tx).await?;
    let activations = rules_text::activations(&mut tx, ACTIVATIONS_MAX).await?;
    let rows = Rows {
        judge: &site.app.judge(),
        findings: &figures.findings,
        aside: &figures.aside,
        switched_off: &figures.switched_off,
        noted: figures.noted,
        judged: &figures.judged,
        wrong: &site.app.rules.wrong(),
        archive: &archive,
        activations: &activations,
        done: query.text("done"),
    };
    page(&RulesPage::of(&visitor, &rows))
}

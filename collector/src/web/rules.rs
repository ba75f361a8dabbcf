//! The rule set in force: what is asked, where it comes from, and how the machines answer.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use rules::assess::{Outcome, Role};
use rules::ruleset::{Rule, RuleSet, in_force};

use crate::app::Judge;
use crate::error::Failure;
use crate::judge::WAIVED;
use crate::store::listing;
use crate::web::format::{self, fill, number};
use crate::web::label::{self, Label, Stretch, pick};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Site, Visitor, page};

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
    bar: Vec<Stretch>,
    bar_text: String,
    href: String,
}

struct Count {
    label: Label,
    count: String,
    is_zero: bool,
}

impl RulesPage {
    fn of(
        reader: &Reader,
        judge: &Judge,
        findings: &BTreeMap<(String, String), i64>,
        judged: &BTreeMap<String, i64>,
    ) -> RulesPage {
        let (lang, w) = (reader.lang, reader.words());
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
                count: fill(&w.rules_count, &[("n", &number(lang, count(set.rules.len())))]),
            }),
            others: others.map(|set| (pick(lang, &set.title).to_owned(), dates(w, set))).collect(),
            lifecycle: fill(&w.rules_lifecycle_dated, &[("date", &format::date(judge.lifecycle.dated))]),
            lifecycle_source: judge.lifecycle.source.clone(),
            is_stale: judge.lifecycle.is_stale(today),
            groups: set.map(|set| groups(reader, set, findings, judged)).unwrap_or_default(),
        }
    }
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

fn groups(
    reader: &Reader,
    set: &RuleSet,
    findings: &BTreeMap<(String, String), i64>,
    judged: &BTreeMap<String, i64>,
) -> Vec<GroupView> {
    let lang = reader.lang;
    let views = set.groups.iter().map(|(id, title)| {
        let rules: Vec<RuleView> = set
            .rules
            .iter()
            .filter(|rule| rule.group == *id)
            .map(|rule| rule_view(reader, rule, findings, judged))
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

fn rule_view(
    reader: &Reader,
    rule: &Rule,
    findings: &BTreeMap<(String, String), i64>,
    judged: &BTreeMap<String, i64>,
) -> RuleView {
    let (lang, w) = (reader.lang, reader.words());
    let of =
        |outcome: Outcome| findings.get(&(rule.id.clone(), outcome.word().to_owned())).copied().unwrap_or(0);
    let asked: i64 = rule.roles.iter().map(|role| judged.get(role.word()).copied().unwrap_or(0)).sum();
    let (partial, fail, unknown) = (of(Outcome::Partial), of(Outcome::Fail), of(Outcome::Unknown));
    // A pass is not kept with a machine's findings: it is what is left.
    let waived = findings.get(&(rule.id.clone(), WAIVED.to_owned())).copied().unwrap_or(0);
    let pass = (asked - partial - fail - unknown - waived - of(Outcome::NotApplicable)).max(0);
    let counts = Outcome::ALL.iter().map(|outcome| {
        let machines = if *outcome == Outcome::Pass { pass } else { of(*outcome) };
        Count { label: label::outcome(w, *outcome), count: number(lang, machines), is_zero: machines == 0 }
    });
    let by_exception = Count { label: label::waived(w), count: number(lang, waived), is_zero: waived == 0 };
    let counts = counts.chain(Some(by_exception).filter(|count| !count.is_zero));
    let roles: Vec<&str> = rule.roles.iter().map(|role| label::role(w, *role)).collect();
    RuleView {
        id: rule.id.clone(),
        title: pick(lang, &rule.title).to_owned(),
        why: rule.why.as_ref().map(|why| pick(lang, why).to_owned()),
        severity: label::severity(w, rule.severity),
        roles: (rule.roles.len() < Role::ALL.len())
            .then(|| fill(&w.rules_roles, &[("roles", &roles.join(", "))])),
        source: source(rule),
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
        href: format::url("/machines", &[("rule", &rule.id)]),
    }
}

/// Document and clause in one line.
pub fn source(rule: &Rule) -> String {
    if rule.source.clause.is_empty() {
        rule.source.doc.clone()
    } else {
        format!("{}, {}", rule.source.doc, rule.source.clause)
    }
}

/// Shows the rules.
///
/// # Errors
/// When the database fails.
pub async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let scope = &visitor.person.scope;
    let findings = listing::findings(&mut tx, scope).await?;
    let judged = listing::judged_by_role(&mut tx, scope).await?;
    page(&RulesPage::of(&visitor.reader, &site.app.judge(), &findings, &judged))
}

//! What the rules about whole units say of one unit and of the agencies below it: what was seen, what is asked, the source.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use rules::assess::{Outcome, Verdict};
use rules::ruleset::{Rule, RuleSet, Settings, in_force};

use crate::error::Failure;
use crate::store::listing::{self, Scope};
use crate::unit_facts;
use crate::web::format::{self, fill, number};
use crate::web::label::{self, Label, pick};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::rules::source;
use crate::web::words::Words;
use crate::web::{Site, Visitor, page, value};

#[derive(Template)]
#[template(path = "unit_rules.html")]
struct UnitRulesPage {
    l: Layout,
    w: &'static Words,
    id: String,
    name: String,
    judged: String,
    missing: Option<String>,
    rules: Vec<RuleView>,
    agencies: Vec<AgencyView>,
}

struct RuleView {
    id: String,
    title: String,
    outcome: Label,
    severity: Label,
    is_bad: bool,
    seen: String,
    asked: String,
    partly: String,
    why: Option<String>,
    source: String,
    remedies: String,
    waive_href: Option<String>,
}

struct AgencyView {
    href: String,
    name: String,
    counts: Vec<String>,
    failing: String,
}

fn view(
    reader: &Reader,
    (set, settings): (&RuleSet, &Settings),
    (rule, verdict): (&Rule, &Verdict),
    unit: &str,
) -> RuleView {
    let (lang, w) = (reader.lang, reader.words());
    let tongue = lang.tongue();
    let seen = verdict.seen.iter().map(|seen| {
        let (label, text) = value::seen(lang, w, Some(set), seen);
        format!("{label}: {text}")
    });
    let is_bad = matches!(verdict.outcome, Outcome::Fail | Outcome::Partial);
    let remedies = rule.remedies.iter().filter(|_| is_bad).filter_map(|id| set.remedies.get(id));
    let may_waive = reader
        .person
        .as_ref()
        .is_some_and(|person| super::waivers::GRANTS.contains(&person.standing) && is_bad && !verdict.waived);
    RuleView {
        id: rule.id.clone(),
        title: pick(lang, &rule.title).to_owned(),
        outcome: label::verdict(w, verdict),
        severity: label::severity(w, verdict.severity),
        is_bad: is_bad && !verdict.waived,
        seen: seen.collect::<Vec<_>>().join(" · "),
        asked: rule.pass.in_words(tongue, set, settings).join("; "),
        partly: rule
            .partial
            .as_ref()
            .map(|one| one.in_words(tongue, set, settings).join("; "))
            .unwrap_or_default(),
        why: rule.why.as_ref().map(|why| pick(lang, why).to_owned()),
        source: source(lang, rule),
        remedies: remedies.map(|one| pick(lang, &one.title)).collect::<Vec<_>>().join(" · "),
        waive_href: may_waive
            .then(|| format!("{}#grant", format::url("/waivers", &[("unit", unit), ("rule", &rule.id)]))),
    }
}

fn agency(reader: &Reader, set: &RuleSet, (id, name): (&str, &str), verdicts: &[Verdict]) -> AgencyView {
    let lang = reader.lang;
    let failing = verdicts.iter().filter(|one| one.outcome == Outcome::Fail && !one.waived);
    let titles = failing.filter_map(|one| set.rule(&one.rule)).map(|rule| label::fails(lang, rule, None));
    AgencyView {
        href: format!("/units/{id}/rules"),
        name: name.to_owned(),
        counts: unit_facts::counts(verdicts).iter().map(|count| number(lang, *count)).collect(),
        failing: titles.collect::<Vec<_>>().join("; "),
    }
}

/// Shows what the rules say of a unit.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the reader does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (reader, w) = (&visitor.reader, visitor.words());
    let (judge, today) = (site.app.judge(), format::day(reader.now));
    let mut tx = site.app.store.read().await?;
    let units = listing::units(&mut tx, &visitor.person.scope).await?;
    let unit = units.iter().find(|unit| unit.id == id).ok_or(Failure::NotFound)?;
    let set = in_force(&judge.sets, today);
    let (mut rules, mut agencies, mut missing) = (Vec::new(), Vec::new(), None);
    if let Some(set) = set {
        let scope = Scope::subtree(&unit.path);
        let gathered = unit_facts::gather(&mut tx, &judge, &scope, today).await?;
        let waiting = crate::planning::undiagnosed(&mut tx, &scope, &judge).await?;
        let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
        missing = (waiting > 0).then(|| fill(&w.unit_part_missing, &[("n", &number(reader.lang, waiting))]));
        let (verdicts, settings) = (gathered.verdicts(set, &id)?, gathered.settings(set, &id)?);
        for (rule, verdict) in set.unit_rules.iter().zip(&verdicts) {
            rules.push(view(reader, (set, &settings), (rule, verdict), &id));
        }
        let below = gathered.agencies(&scope).into_iter().filter(|agency| *agency != id);
        for below in below {
            let Some(row) = units.iter().find(|row| row.id == below) else { continue };
            let verdicts = gathered.verdicts(set, below)?;
            agencies.push(agency(reader, set, (below, &row.name), &verdicts));
        }
    }
    drop(tx);
    let judged = set.map(|set| {
        let places = [("set", pick(reader.lang, &set.title)), ("day", &format::date(today))];
        fill(&w.unit_rule_judged, &places)
    });
    page(&UnitRulesPage {
        l: Layout::new(reader, Place::Units, &w.unit_rule_title),
        w,
        id: unit.id.clone(),
        name: unit.name.clone(),
        judged: judged.unwrap_or_default(),
        missing,
        rules,
        agencies,
    })
}

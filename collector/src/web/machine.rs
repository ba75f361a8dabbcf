//! One PC: grade, verdicts, facts by area, history.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use rules::assess::{Assessment, Grade, Outcome, Role, Severity, Verdict};
use rules::envelope;
use rules::fact::{Fact, Reason};
use rules::facts::{AREAS, Facts, Kind, Origin, Place as FactPlace, Records, Term, Value};
use rules::mend::{Patient, helpful};
use rules::report::Report;
use rules::ruleset::{Rule, RuleSet, Settings};

use crate::app::Judge;
use crate::error::Failure;
use crate::inventory;
use crate::judge::{settings, unmet};
use crate::lang::Lang;
use crate::local::Local;
use crate::store::account::Standing;
use crate::store::conflict::{self, Cause, Conflict};
use crate::store::listing::{self, Evidence, MachineRow, Turn, UnitRow};
use crate::store::rules_text::{self, Activation};
use crate::store::waiver::{self, Reach, Waiver};
use crate::store::{audit, sign, work};
use crate::web::format::{self, fill, number};
use crate::web::label::{self, Label, Stretch, pick};
use crate::web::layout::{Layout, Place};
use crate::web::opinions;
use crate::web::overview::SILENT_DAYS;
use crate::web::reader::Reader;
use crate::web::remedy::{self, Advice};
use crate::web::seat::GIVES_SEATS;
use crate::web::waivers::GRANTS;
use crate::web::words::Words;
use crate::web::{Form, Site, Visitor, page, page_with, value};
use past::{Past, PastView};

pub(super) mod past;

/// Who ends conflicts.
pub const ENDS_CONFLICTS: &[Standing] = &[Standing::Administrator, Standing::Security];
/// Judgements read for the history.
const TURNS_MAX: i64 = 200;
/// Activations of rules that are looked through for the reasons of a history.
const DEEDS_MAX: i64 = 500;
/// Lists with more records than this are closed at first.
const OPEN_RECORDS_MAX: usize = 8;
/// Facts that stand beside a verdict; the rest stands below it.
const SEEN_MAX: usize = 2;

/// What the page is made from.
pub struct Rows {
    /// The machine.
    pub machine: MachineRow,
    /// The units above it and its own, from the top.
    pub units: Vec<UnitRow>,
    /// The latest assessment.
    pub assessment: Option<Assessment>,
    /// The latest report, opened, and how it came.
    pub report: Option<(Report, Evidence)>,
    /// The judgements, newest first.
    pub turns: Vec<Turn>,
    /// The conflicts that nobody has ended, newest first.
    pub conflicts: Vec<Conflict>,
    /// The waivers that hold for it.
    pub waivers: Vec<Waiver>,
    /// What stands for the parameters of the set that judged.
    settings: Settings,
    /// The remedies that may help the machine, by the rules that it fails.
    helpful: BTreeMap<String, Vec<String>>,
    /// Who put rules in force, and why, newest first.
    deeds: Vec<Activation>,
    /// The judgement of the past that is shown, if it is not the latest.
    past: Option<Past>,
    /// The room that it stands in; empty when nobody said.
    pub room: String,
}

#[derive(Template)]
#[template(path = "machine.html")]
struct MachinePage {
    l: Layout,
    w: &'static Words,
    hostname: String,
    crumbs: Vec<(String, String)>,
    about: Vec<String>,
    grade: Label,
    score: Option<String>,
    coverage: String,
    because: String,
    silent: Option<String>,
    never: bool,
    tally: Vec<Tally>,
    bar: Vec<Stretch>,
    bar_text: String,
    advice: Option<Advice>,
    /// What Windows says beside the rules, and whether they differ.
    opinion: Option<(String, bool)>,
    set: String,
    groups: Vec<GroupView>,
    rule_count: String,
    areas: Vec<AreaView>,
    notes: Vec<(String, String)>,
    turns: Vec<TurnView>,
    evidence: Option<String>,
    id: String,
    conflicts: Vec<String>,
    may_end: bool,
    may_seat: bool,
    past: Option<PastView>,
    room: String,
    errors: Vec<String>,
}

struct Tally {
    label: Label,
    count: String,
}

struct GroupView {
    title: String,
    passed: String,
    rules: Vec<RuleView>,
    not_applicable: Vec<String>,
}

struct RuleView {
    id: String,
    title: String,
    outcome: Label,
    severity: Label,
    is_bad: bool,
    seen: String,
    rest: Vec<String>,
    /// What would pass, where it does not.
    asks: Option<String>,
    why: Option<String>,
    source: Option<String>,
    remedies: Vec<String>,
    /// Until when and why an exception holds.
    waived: Option<String>,
    /// Where to grant one.
    waive_href: Option<String>,
}

struct AreaView {
    name: &'static str,
    title: &'static str,
    is_full: bool,
    known: Vec<Known>,
    missing: Vec<(String, String)>,
    tables: Vec<TableView>,
}

struct Known {
    label: &'static str,
    value: String,
    is_absent: bool,
}

struct TableView {
    title: &'static str,
    count: String,
    is_open: bool,
    heads: Vec<(&'static str, bool)>,
    rows: Vec<Vec<Cell>>,
}

struct Cell {
    head: &'static str,
    text: String,
    is_number: bool,
    why: Option<&'static str>,
}

struct TurnView {
    at: String,
    cause: String,
    /// Where it is shown; none of the one that is.
    href: Option<String>,
    /// The beginning of the digest of the rules that judged, and where their text is.
    rules: Option<(String, String)>,
    /// Who put these rules in force and why, where they changed.
    deed: Option<String>,
    grade: Label,
    score: String,
    coverage: String,
    why: String,
}

impl MachinePage {
    /// `judge` are the rules that judged what is shown, `present` those in force.
    fn of(reader: &Reader, (judge, present): (&Judge, &Judge), rows: &Rows) -> MachinePage {
        let (lang, w) = (reader.lang, reader.words());
        let machine = &rows.machine;
        let is_present = rows.past.is_none();
        let assessment = rows.assessment.as_ref();
        let set = assessment.and_then(|one| judge.sets.iter().find(|set| set.id == one.set));
        let groups = assessment.map(|one| groups(reader, judge, set, one, rows)).unwrap_or_default();
        let tally = |outcome: Outcome| {
            let verdicts = assessment.map(|one| one.verdicts.as_slice()).unwrap_or_default();
            let count = verdicts.iter().filter(|one| one.outcome == outcome && is_plain(one)).count();
            i64::try_from(count).unwrap_or(i64::MAX)
        };
        let verdicts = assessment.map(|one| one.verdicts.as_slice()).unwrap_or_default();
        let waived = i64::try_from(verdicts.iter().filter(|one| one.waived).count()).unwrap_or(i64::MAX);
        let off = verdicts.iter().filter(|one| one.switched_off && !one.waived).count();
        let off = i64::try_from(off).unwrap_or(i64::MAX);
        const COUNTED: [Outcome; 4] = [Outcome::Fail, Outcome::Partial, Outcome::Unknown, Outcome::Pass];
        let asked: i64 = COUNTED.iter().map(|outcome| tally(*outcome)).sum::<i64>() + waived + off;
        let facts = rows.report.as_ref().map(|(report, _)| {
            let mut facts = report.facts.clone();
            facts.support = judge.lifecycle.support(&facts.os, format::day(report.taken_at));
            facts
        });
        let quiet = reader.now.duration_since(machine.seen_at) > SignedDuration::from_hours(SILENT_DAYS * 24);
        let mut bar = COUNTED.map(|one| (one.word(), tally(one))).to_vec();
        bar.insert(1, ("switched_off", off));
        MachinePage {
            l: Layout::new(reader, Place::Machines, &machine.hostname),
            w,
            hostname: machine.hostname.clone(),
            crumbs: rows
                .units
                .iter()
                .map(|unit| (format!("/units/{}", unit.id), unit.name.clone()))
                .collect(),
            about: about(reader, rows),
            room: rows.room.clone(),
            errors: Vec::new(),
            grade: label::grade(w, machine.grade),
            score: machine.score.map(|score| fill(&w.machine_score, &[("score", &number(lang, score))])),
            coverage: fill(&w.machine_coverage, &[("coverage", &format::percent(lang, machine.coverage))]),
            because: because(reader, judge, rows),
            silent: (quiet && is_present)
                .then(|| fill(&w.machine_silent, &[("seen", &format::ago(w, machine.seen_at, reader.now))])),
            never: machine.report.is_none(),
            tally: COUNTED
                .iter()
                .map(|one| Tally { label: label::outcome(w, *one), count: number(lang, tally(*one)) })
                .chain((off > 0).then(|| Tally { label: label::switched_off(w), count: number(lang, off) }))
                .chain((waived > 0).then(|| Tally { label: label::waived(w), count: number(lang, waived) }))
                .collect(),
            bar: label::stacked(&bar),
            bar_text: COUNTED
                .map(|one| format!("{}: {}", label::outcome(w, one).text, number(lang, tally(one))))
                .join(", "),
            advice: match (set, &rows.report, assessment) {
                (Some(set), Some((report, _)), Some(assessment)) if is_present => {
                    remedy::advice(reader, judge, set, report, assessment, &rows.settings)
                }
                _ => None,
            },
            opinion: opinions::sentence(reader, judge, machine).filter(|_| is_present),
            set: assessment.map(|one| judged_by(reader, set, one)).unwrap_or_default(),
            groups,
            rule_count: number(lang, asked),
            areas: facts.as_ref().map(|facts| areas(lang, w, facts)).unwrap_or_default(),
            notes: notes(reader, rows),
            turns: turns(
                reader,
                present,
                &History {
                    machine: &machine.id,
                    role: &machine.role,
                    shown: machine.assessment.as_deref(),
                    turns: &rows.turns,
                    deeds: &rows.deeds,
                },
            ),
            evidence: rows.report.as_ref().map(|(report, evidence)| proof(reader, report, evidence)),
            id: machine.id.clone(),
            conflicts: rows.conflicts.iter().map(|conflict| told(reader, conflict)).collect(),
            past: rows.past.as_ref().map(|past| past.view(reader, judge, present)),
            may_seat: is_present
                && reader.person.as_ref().is_some_and(|person| GIVES_SEATS.contains(&person.standing)),
            may_end: reader.person.as_ref().is_some_and(|person| ENDS_CONFLICTS.contains(&person.standing)),
        }
    }
}

/// Whether a verdict is what its outcome says: no exception holds, and nothing is only switched off.
fn is_plain(verdict: &Verdict) -> bool {
    !verdict.waived && !verdict.switched_off
}

/// A conflict as a sentence.
fn told(reader: &Reader, conflict: &Conflict) -> String {
    let (lang, w) = (reader.lang, reader.words());
    let text = match conflict.cause {
        Cause::Evidence => &w.conflict_evidence,
        Cause::Sequence => &w.conflict_sequence,
    };
    let name = if conflict.hostname.is_empty() { "—" } else { conflict.hostname.as_str() };
    fill(
        text,
        &[
            ("name", name),
            ("reports", &number(lang, conflict.reports)),
            ("found", &format::moment(conflict.found_at)),
            ("seen", &format::ago(w, conflict.seen_at, reader.now)),
        ],
    )
}

/// What stands below the name: role, room, maker and model, system, last report.
fn about(reader: &Reader, rows: &Rows) -> Vec<String> {
    let (w, machine) = (reader.words(), &rows.machine);
    let model = inventory::maker_and_model(&machine.maker, &machine.model);
    let reported = match machine.taken_at {
        Some(at) => fill(&w.machine_reported, &[("at", &format::ago(w, at, reader.now))]),
        None => w.never_reported.clone(),
    };
    let room = match rows.room.as_str() {
        "" => String::new(),
        room => fill(&w.room_of, &[("room", room)]),
    };
    [label::role_of(w, &machine.role), room, model, machine.os.clone(), reported]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect()
}

/// The verdict as a sentence.
fn because(reader: &Reader, judge: &Judge, rows: &Rows) -> String {
    let (lang, w) = (reader.lang, reader.words());
    let machine = &rows.machine;
    if machine.report.is_none() {
        return w.because_never.clone();
    }
    let Some(assessment) = &rows.assessment else { return w.because_unjudged.clone() };
    let decided = assessment.decided_by.as_deref().and_then(|id| {
        let (set, rule) = label::rule(judge, Some(&assessment.set), id)?;
        let verdict = assessment.verdicts.iter().find(|verdict| verdict.rule == id)?;
        Some((label::fails(lang, rule, Some(assessment.role)), seen(lang, w, Some(set), verdict).join("; ")))
    });
    let text = match (machine.grade, &decided) {
        (Grade::Ready, _) => {
            let is_open = |verdict: &&Verdict| {
                verdict.severity == Severity::Critical && verdict.outcome == Outcome::Unknown
            };
            let unknown = assessment.verdicts.iter().filter(is_open).count();
            return match (waived(reader, judge, rows, assessment), unknown) {
                (Some(waived), _) => waived,
                (None, 0) => w.because_ready.clone(),
                (None, open) => fill(&w.because_ready_unknown, &[("n", &open.to_string())]),
            };
        }
        (Grade::NoData, _) => {
            let coverage = format::percent(lang, machine.coverage);
            return fill(&w.because_no_data, &[("coverage", &coverage)]);
        }
        (Grade::NeedsWork, Some(_)) => &w.because_needs_work,
        (Grade::NotReady, Some(_)) => &w.because_not_ready,
        (Grade::NeedsWork | Grade::NotReady, None) => return w.because_score.clone(),
    };
    let (rule, seen) = decided.unwrap_or_default();
    let seen = if seen.is_empty() { seen } else { fill(&w.because_seen, &[("seen", &seen)]) };
    fill(text, &[("rule", &rule), ("seen", &seen)])
}

fn judged_by(reader: &Reader, set: Option<&RuleSet>, assessment: &Assessment) -> String {
    let title = set.map_or_else(|| assessment.set.clone(), |set| pick(reader.lang, &set.title).to_owned());
    let short: String = assessment.digest.chars().take(12).collect();
    fill(
        &reader.words().machine_judged,
        &[("set", &title), ("day", &format::date(assessment.day)), ("digest", &short)],
    )
}

/// The facts that a rule looked at, each in words.
fn seen(lang: Lang, w: &'static Words, set: Option<&RuleSet>, verdict: &Verdict) -> Vec<String> {
    let texts = verdict.seen.iter().map(|seen| {
        let (label, text) = value::seen(lang, w, set, seen);
        match &seen.record {
            Some(record) => format!("{record} – {label}: {text}"),
            None => format!("{label}: {text}"),
        }
    });
    texts.collect()
}

fn groups(
    reader: &Reader,
    judge: &Judge,
    set: Option<&RuleSet>,
    assessment: &Assessment,
    rows: &Rows,
) -> Vec<GroupView> {
    let (lang, w) = (reader.lang, reader.words());
    let rule =
        |verdict: &Verdict| label::rule(judge, Some(&assessment.set), &verdict.rule).map(|(_, rule)| rule);
    let mut titles: Vec<(Option<&str>, String)> = Vec::new();
    for (id, title) in set.map(|set| set.groups.as_slice()).unwrap_or_default() {
        titles.push((Some(id), pick(lang, title).to_owned()));
    }
    // A set that is not here any more has lost its groups; its verdicts are still shown.
    titles.push((None, w.machine_other_rules.clone()));
    let known: Vec<&str> = titles.iter().filter_map(|(id, _)| *id).collect();
    let mut views = Vec::new();
    for (id, title) in &titles {
        let mut verdicts: Vec<(&Verdict, Option<&Rule>)> = assessment
            .verdicts
            .iter()
            .map(|verdict| (verdict, rule(verdict)))
            .filter(|(_, rule)| {
                let group = rule.map(|rule| rule.group.as_str()).filter(|group| known.contains(group));
                group == *id
            })
            .collect();
        verdicts.sort_by_key(|(verdict, _)| {
            (rank(verdict.outcome), verdict.waived, std::cmp::Reverse(verdict.severity))
        });
        let (aside, asked): (Vec<_>, Vec<_>) =
            verdicts.into_iter().partition(|(verdict, _)| verdict.outcome == Outcome::NotApplicable);
        if aside.is_empty() && asked.is_empty() {
            continue;
        }
        let passed = asked.iter().filter(|(verdict, _)| verdict.outcome == Outcome::Pass).count();
        let count = |length: usize| number(lang, i64::try_from(length).unwrap_or(i64::MAX));
        views.push(GroupView {
            title: title.clone(),
            passed: fill(&w.machine_passed, &[("n", &count(passed)), ("all", &count(asked.len()))]),
            rules: asked
                .iter()
                .map(|(verdict, rule)| {
                    let lacks = lacks(lang, judge, rows, (verdict, *rule), assessment);
                    rule_view(reader, set, (verdict, *rule, lacks), assessment.role, rows)
                })
                .collect(),
            not_applicable: aside
                .iter()
                .map(|(verdict, rule)| {
                    let title = |rule: &Rule| pick(lang, rule.title_for(assessment.role)).to_owned();
                    rule.map_or_else(|| verdict.rule.clone(), title)
                })
                .collect(),
        });
    }
    views
}

/// What needs a person first.
fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Fail => 0,
        Outcome::Partial => 1,
        Outcome::Unknown => 2,
        Outcome::Pass => 3,
        Outcome::NotApplicable => 4,
    }
}

/// The exception that holds longest for a rule; it may have been granted while the rule had another id.
fn waiver_of<'r>(rows: &'r Rows, id: &str, rule: Option<&Rule>) -> Option<&'r Waiver> {
    let is_of = |one: &&Waiver| one.rule == id || rule.is_some_and(|rule| rule.formerly.contains(&one.rule));
    rows.waivers.iter().filter(is_of).max_by_key(|one| one.ends_on)
}

/// The same as a sentence.
fn exception(reader: &Reader, rows: &Rows, id: &str, rule: Option<&Rule>) -> Option<String> {
    let waiver = waiver_of(rows, id, rule)?;
    let (day, reason, by) = (format::date(waiver.ends_on), &waiver.reason, &waiver.granted_by);
    Some(fill(&reader.words().machine_waived, &[("day", &day), ("reason", reason), ("by", by)]))
}

/// That a machine is ready only by exceptions, and until when; none where it is by itself.
fn waived(reader: &Reader, judge: &Judge, rows: &Rows, assessment: &Assessment) -> Option<String> {
    let is_so = |verdict: &&Verdict| verdict.severity == Severity::Critical && verdict.waived;
    let waived: Vec<&Verdict> = assessment.verdicts.iter().filter(is_so).collect();
    let until = waived.iter().filter_map(|verdict| {
        let rule = label::rule(judge, Some(&assessment.set), &verdict.rule).map(|(_, rule)| rule);
        Some(waiver_of(rows, &verdict.rule, rule)?.ends_on)
    });
    let day = format::date(until.min()?);
    let n = number(reader.lang, i64::try_from(waived.len()).unwrap_or(i64::MAX));
    Some(fill(&reader.words().because_ready_waived, &[("n", &n), ("day", &day)]))
}

/// What of another set keeps the machine from passing a rule that asks for the whole of it, in words.
fn lacks(
    lang: Lang,
    judge: &Judge,
    rows: &Rows,
    (verdict, rule): (&Verdict, Option<&Rule>),
    Assessment { role, day, .. }: &Assessment,
) -> Vec<String> {
    let (Some(rule), Some((report, _))) = (rule, &rows.report) else { return Vec::new() };
    let unmet = unmet(judge, &report.facts, (rule, verdict.outcome), *role, *day);
    let said = |rule: &Rule| match verdict.outcome {
        Outcome::Unknown => pick(lang, rule.title_for(*role)).to_owned(),
        _ => pick(lang, rule.fails_for(*role).unwrap_or_else(|| rule.title_for(*role))).to_owned(),
    };
    unmet.into_iter().map(said).collect()
}

fn rule_view(
    reader: &Reader,
    set: Option<&RuleSet>,
    (verdict, rule, lacks): (&Verdict, Option<&Rule>, Vec<String>),
    role: Role,
    rows: &Rows,
) -> RuleView {
    let (lang, w) = (reader.lang, reader.words());
    let may_waive =
        rows.past.is_none() && reader.person.as_ref().is_some_and(|person| GRANTS.contains(&person.standing));
    let seen = seen(lang, w, set, verdict);
    let mut line = lacks.join(" · ");
    // What is lacking says more than the first facts of it.
    if lacks.is_empty() {
        line = seen.iter().take(SEEN_MAX).map(String::as_str).collect::<Vec<_>>().join(" · ");
        if seen.len() > SEEN_MAX {
            line.push_str(&fill(&w.and_more, &[("n", &(seen.len() - SEEN_MAX).to_string())]));
        }
    }
    let rest = if seen.len() > SEEN_MAX { seen } else { Vec::new() };
    let is_bad = matches!(verdict.outcome, Outcome::Fail | Outcome::Partial);
    let remedy = |id: &String| {
        let remedy = set?.remedies.get(id)?;
        Some(pick(lang, &remedy.title).to_owned())
    };
    RuleView {
        id: verdict.rule.clone(),
        title: rule.map_or_else(|| verdict.rule.clone(), |rule| pick(lang, rule.title_for(role)).to_owned()),
        outcome: label::verdict(w, verdict),
        severity: label::severity(w, verdict.severity),
        is_bad: is_bad && !verdict.waived && verdict.severity > Severity::Info,
        seen: line,
        rest,
        asks: set.zip(rule).filter(|_| is_bad).map(|(set, rule)| {
            let asked = rule.pass_for(role).in_words(lang.tongue(), set, &rows.settings);
            fill(&w.rules_asks_pass, &[("what", &asked.join(lang.pick(" và ", " and ")))])
        }),
        why: rule.and_then(|rule| rule.why_for(role)).map(|why| pick(lang, why).to_owned()),
        source: rule.map(|rule| super::rules::source(lang, rule)),
        remedies: rows.helpful.get(&verdict.rule).into_iter().flatten().filter_map(remedy).collect(),
        waived: Some(())
            .filter(|()| verdict.waived)
            .and_then(|()| exception(reader, rows, &verdict.rule, rule)),
        waive_href: (is_bad && !verdict.waived && may_waive).then(|| {
            let fields = [("machine", rows.machine.id.as_str()), ("rule", verdict.rule.as_str())];
            format!("{}#grant", format::url("/waivers", &fields))
        }),
    }
}

fn areas(lang: Lang, w: &'static Words, facts: &Facts) -> Vec<AreaView> {
    let of_pcs = AREAS.iter().enumerate().filter(|(_, area)| area.origin != Origin::Unit);
    let views = of_pcs.map(|(area, declared)| {
        let mut view = AreaView {
            name: declared.name,
            title: lang.pick(declared.vi, declared.en),
            is_full: false,
            known: Vec::new(),
            missing: Vec::new(),
            tables: Vec::new(),
        };
        let mut missing: Vec<(&Reason, Vec<&'static str>)> = Vec::new();
        for (field, term) in declared.terms.iter().enumerate() {
            let label = value::label(lang, term);
            let known = |value, is_absent| Known { label, value, is_absent };
            match (facts.at(FactPlace { area, field }), term.kind) {
                (Fact::Known(Value::Records(records)), Kind::Records(terms)) => {
                    if records.count() == 0 {
                        view.known.push(known(w.none.clone(), true));
                    } else {
                        view.tables.push(table(lang, w, label, records, terms));
                    }
                }
                (Fact::Known(value), kind) => {
                    view.known.push(known(value::known(lang, w, kind, &value), false));
                }
                (Fact::Absent, _) => view.known.push(known(w.absent.clone(), true)),
                (Fact::Unknown(reason), _) => {
                    match missing.iter_mut().find(|(other, _)| other.code() == reason.code()) {
                        Some((_, labels)) => labels.push(label),
                        None => missing.push((reason, vec![label])),
                    }
                }
            }
        }
        view.missing = missing
            .into_iter()
            .map(|(reason, labels)| (value::reason(w, reason).to_owned(), labels.join(", ")))
            .collect();
        view.is_full = view.tables.iter().any(|table| table.heads.len() > 4);
        view
    });
    let mut views: Vec<AreaView> = views.collect();
    // Wide areas stand below the two columns, so that these have no holes.
    views.sort_by_key(|view| view.is_full);
    views
}

fn table(
    lang: Lang,
    w: &'static Words,
    title: &'static str,
    records: &dyn Records,
    terms: &'static [Term],
) -> TableView {
    let count = records.count();
    let answers = |field| (0..count).map(move |record| records.nth(record, field));
    // A column that nobody answered says nothing.
    let columns: Vec<(usize, &'static Term)> = terms
        .iter()
        .enumerate()
        .filter(|(field, _)| answers(*field).any(|answer| matches!(answer, Fact::Known(_))))
        .collect();
    let is_number = |term: &Term| {
        matches!(term.kind, Kind::Number | Kind::Bytes | Kind::Mhz | Kind::Percent | Kind::Days)
    };
    let cell = |record, field, term: &'static Term| {
        let head = value::label(lang, term);
        let (text, why) = match records.nth(record, field) {
            Fact::Known(value) => (value::known(lang, w, term.kind, &value), None),
            Fact::Absent => ("—".to_owned(), None),
            Fact::Unknown(reason) => ("?".to_owned(), Some(value::reason(w, reason))),
        };
        Cell { head, text, is_number: is_number(term), why }
    };
    TableView {
        title,
        count: number(lang, i64::try_from(count).unwrap_or(i64::MAX)),
        is_open: count <= OPEN_RECORDS_MAX,
        heads: columns.iter().map(|(_, term)| (value::label(lang, term), is_number(term))).collect(),
        rows: (0..count)
            .map(|record| columns.iter().map(|(field, term)| cell(record, *field, term)).collect())
            .collect(),
    }
}

fn notes(reader: &Reader, rows: &Rows) -> Vec<(String, String)> {
    let notes = rows.report.as_ref().map(|(report, _)| report.notes.as_slice()).unwrap_or_default();
    let area = |name: &str| value::area(reader.lang, name).map_or_else(|| name.to_owned(), str::to_owned);
    notes.iter().map(|note| (area(&note.area), note.text.clone())).collect()
}

/// What the history of a machine is made from.
#[derive(Clone, Copy)]
struct History<'a> {
    /// Its id.
    machine: &'a str,
    /// The role of its seat.
    role: &'a str,
    /// Id of the assessment that the page shows.
    shown: Option<&'a str>,
    turns: &'a [Turn],
    deeds: &'a [Activation],
}

/// The judgements at which something changed, newest first.
fn turns(reader: &Reader, judge: &Judge, history: &History<'_>) -> Vec<TurnView> {
    let (lang, w) = (reader.lang, reader.words());
    let History { machine, role, shown, turns, .. } = *history;
    let is_whole = i64::try_from(turns.len()).is_ok_and(|length| length < TURNS_MAX);
    let mut views: Vec<TurnView> = Vec::new();
    let mut before: Option<&Turn> = None;
    for Event { at, is_late, turn } in in_order(turns) {
        let said = |turn: &Turn| (turn.grade, turn.score, turn.coverage, turn.decided_by.clone());
        let is_report = turn.cause == "report";
        let cause = match before {
            None if is_late => late(w, turn),
            None if is_whole => w.turn_first.clone(),
            None => w.turn_earlier.clone(),
            Some(_) if turn.cause == "seat" => w.turn_seat.clone(),
            Some(_) if turn.cause == "waiver" => w.turn_waiver.clone(),
            Some(_) if turn.cause == "parameter" => w.turn_parameter.clone(),
            Some(before) if !is_report && before.ruleset == turn.ruleset => w.turn_rules.clone(),
            // Which text of a set judged is no matter here: when it changes, every machine is judged again for it.
            Some(before) if before.ruleset == turn.ruleset && said(before) == said(turn) => continue,
            Some(_) if is_late => late(w, turn),
            Some(before) if before.ruleset != turn.ruleset => {
                fill(&w.turn_other_set, &[("set", set_title(lang, judge, &turn.ruleset))])
            }
            Some(_) => w.turn_machine.clone(),
        };
        views.push(TurnView {
            at: format::moment(at),
            cause,
            href: (shown != Some(turn.id.as_str()))
                .then(|| format!("/machines/{machine}/judgements/{}", turn.id)),
            rules: turn.text.as_ref().map(|digest| {
                let short: String = digest.chars().take(12).collect();
                (fill(&w.turn_rules_text, &[("digest", &short)]), format!("/rules/texts/{digest}"))
            }),
            deed: before.filter(|before| before.text != turn.text).and_then(|_| deed(w, history, turn)),
            grade: label::grade(w, turn.grade),
            score: turn.score.map_or_else(|| "—".to_owned(), |score| number(lang, score)),
            coverage: format::percent(lang, turn.coverage),
            why: turn
                .decided_by
                .as_ref()
                .map(|rule| label::decided(lang, w, judge, turn.grade, rule, role))
                .unwrap_or_default(),
        });
        before = Some(turn);
    }
    views.reverse();
    views
}

/// Who put the rules of a judgement in force, and why; none where the program or nobody did.
fn deed(w: &Words, history: &History<'_>, turn: &Turn) -> Option<String> {
    let is_of = |deed: &&Activation| deed.after == turn.text && deed.at <= turn.judged_at;
    let deed = history.deeds.iter().find(is_of)?;
    Some(format!("{}: {}", label::actor(w, &deed.actor), label::reason(w, &deed.reason)))
}

/// A judgement in its place among the others.
struct Event<'a> {
    /// When it happened to the PC.
    at: Timestamp,
    /// Whether its report came after one that was taken later.
    is_late: bool,
    turn: &'a Turn,
}

/// These judgements, which are in the order of judging with the newest first, as things happened: a report that was
/// late on its way stands where it was taken, everything else where it was judged.
fn in_order(turns: &[Turn]) -> Vec<Event<'_>> {
    let mut latest = Timestamp::MIN;
    let mut events: Vec<Event<'_>> = Vec::with_capacity(turns.len());
    for turn in turns.iter().rev() {
        let is_late = turn.cause == "report" && turn.taken_at < latest;
        latest = latest.max(turn.taken_at);
        events.push(Event { at: if is_late { turn.taken_at } else { turn.judged_at }, is_late, turn });
    }
    events.sort_by_key(|event| event.at);
    events
}

/// What is told of a report that came after one that was taken later.
fn late(w: &Words, turn: &Turn) -> String {
    fill(&w.turn_late, &[("day", &format::date(format::day(turn.judged_at)))])
}

fn set_title<'a>(lang: Lang, judge: &'a Judge, id: &'a str) -> &'a str {
    judge.sets.iter().find(|set| set.id == id).map_or(id, |set| pick(lang, &set.title))
}

/// How the report came, for who must defend it.
fn proof(reader: &Reader, report: &Report, evidence: &Evidence) -> String {
    let (lang, w) = (reader.lang, reader.words());
    let via = if evidence.via == "import" { &w.via_import } else { &w.via_https };
    let short: String = evidence.digest.chars().take(16).collect();
    fill(
        &w.machine_proof,
        &[
            ("agent", &report.agent),
            ("taken", &format::moment(report.taken_at)),
            ("received", &format::moment(evidence.received_at)),
            ("via", via),
            ("survey", &format::milliseconds(lang, i64::try_from(report.survey_ms).unwrap_or(i64::MAX))),
            ("digest", &short),
        ],
    )
}

/// Shows one machine.
///
/// # Errors
/// [`Failure::NotFound`] for a machine that the reader does not see; when the database fails or the kept evidence
/// cannot be read.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    page(&made(&site, &visitor, Asked { machine: &id, judgement: None }).await?)
}

/// Shows one machine with what is wrong with the room that was written for it.
///
/// # Errors
/// As [`show`].
pub(super) async fn refuse_room(
    site: &Site,
    visitor: &Visitor,
    id: &str,
    (room, error): (&str, String),
) -> Result<Response, Failure> {
    let page = made(site, visitor, Asked { machine: id, judgement: None }).await?;
    let page = MachinePage { room: room.to_owned(), errors: vec![error], ..page };
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// What somebody wants to see.
struct Asked<'a> {
    /// Id of the machine.
    machine: &'a str,
    /// Id of an assessment; none for the latest.
    judgement: Option<&'a str>,
}

async fn made(site: &Site, visitor: &Visitor, asked: Asked<'_>) -> Result<MachinePage, Failure> {
    let present = site.app.judge();
    let mut tx = site.app.store.read().await?;
    let scope = &visitor.person.scope;
    let mut machine = listing::machine(&mut tx, scope, asked.machine).await?.ok_or(Failure::NotFound)?;
    let turns = listing::turns(&mut tx, &machine.id, TURNS_MAX).await?;
    let latest = machine.assessment.clone();
    let past = match asked.judgement.filter(|id| latest.as_deref() != Some(*id)) {
        Some(id) => Some(Past::read(&mut tx, &turns, id).await?.ok_or(Failure::NotFound)?),
        None => None,
    };
    if let Some(Past { turn, .. }) = &past {
        machine.report = Some(turn.report.clone());
        machine.assessment = Some(turn.id.clone());
        (machine.grade, machine.score, machine.coverage) = (turn.grade, turn.score, turn.coverage);
        machine.taken_at = Some(turn.taken_at);
    }
    let units = listing::units(&mut tx, scope).await?;
    let mut units: Vec<UnitRow> =
        units.into_iter().filter(|unit| machine.unit_path.starts_with(&unit.path)).collect();
    units.sort_by_key(|unit| unit.path.chars().count());
    let assessment = match (&past, &machine.assessment) {
        (Some(past), _) => Some(past.assessment.clone()),
        (None, Some(id)) => past::body(&mut tx, id).await?,
        (None, None) => None,
    };
    let evidence = match &machine.report {
        Some(id) => listing::evidence(&mut tx, id).await?,
        None => None,
    };
    let conflicts = match &past {
        Some(_) => Vec::new(),
        None => conflict::open(&mut tx, &machine.id).await?,
    };
    let deeds = rules_text::activations(&mut tx, DEEDS_MAX).await?;
    let waivers = waiver::all(&mut tx, "").await?;
    let concerns = |waiver: &Waiver| match waiver.reach() {
        Reach::Machine(id) => id == machine.id,
        Reach::Unit(_) => machine.unit_path.starts_with(&waiver.unit.2),
    };
    let waivers = waivers.into_iter().filter(|one| one.ended.is_none() && concerns(one)).collect();
    let today = format::day(visitor.reader.now);
    let local = Local::of(&mut tx, &machine.id, &machine.unit_path, today).await?;
    let room = work::room(&mut tx, &machine.id).await?;
    drop(tx);
    let report = evidence.map(open).transpose()?;
    let judge = past.as_ref().map_or_else(|| Arc::clone(&present), |past| past.judge(&present));
    let set = assessment.as_ref().and_then(|one| judge.sets.iter().find(|set| set.id == one.set));
    let settings = match (&past, set) {
        (Some(past), _) => past.settings(),
        (None, Some(set)) => settings(set, &local),
        (None, None) => Settings::default(),
    };
    let helpful = match (set, &report, &assessment) {
        (Some(set), Some((report, _)), Some(one)) => {
            let patient = Patient {
                facts: &report.facts,
                set,
                role: one.role,
                day: one.day.into(),
                settings: &settings,
            };
            helpful(patient, &judge.lifecycle)
        }
        _ => BTreeMap::new(),
    };
    let rows = Rows {
        machine,
        units,
        assessment,
        report,
        turns,
        conflicts,
        waivers,
        settings,
        helpful,
        deeds,
        past,
        room,
    };
    Ok(MachinePage::of(&visitor.reader, (&judge, &present), &rows))
}

/// Ends the conflicts of one machine: `replaced` takes the other hardware for the machine's own, `end` only closes
/// them. A PC that goes on contradicting opens another.
///
/// # Errors
/// [`Failure::NotFound`] for a machine that the person does not see; when the database fails.
pub async fn end_conflicts(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let now = site.app.clock.now();
    let person = &visitor.person;
    let mut tx = site.app.store.begin().await?;
    let machine = listing::machine(&mut tx, &person.scope, &id).await?.ok_or(Failure::NotFound)?;
    let replaced = form.text("act") == "replaced";
    for (at, conflict) in conflict::open(&mut tx, &machine.id).await?.iter().enumerate() {
        // The newest is what the PC says today.
        if replaced && at == 0 && conflict.cause == Cause::Evidence {
            sign::set(&mut tx, &machine.id, &conflict.signs).await?;
        }
        conflict::end(&mut tx, conflict, &person.name, now).await?;
        let action = if replaced { "conflict-replaced" } else { "conflict-end" };
        audit::add(&mut tx, now, &person.name, action, &machine.hostname, &conflict.hostname).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/machines/{}", machine.id)).into_response())
}

fn open(evidence: Evidence) -> anyhow::Result<(Report, Evidence)> {
    let told = |fault| anyhow::anyhow!("opening a kept envelope: it {fault}");
    let sealed = envelope::read(&evidence.envelope).map_err(told)?;
    let report = sealed.open_on(&evidence.public_key, evidence.base.as_deref()).map_err(told)?;
    Ok((report, evidence))
}

#[cfg(test)]
mod tests;

//! Rules tried on the whole fleet before they count, and put in force: a text goes in, complaints or what it would
//! change come out, and with a reason it is put in force.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use indicatif::ProgressBar;
use rules::assess::Grade;
use rules::complaint::explain;
use rules::ruleset::in_force;

use crate::activate::{self, Proposal, REASON_CHARS_MAX, propose, withdraw};
use crate::app::{App, Judge};
use crate::archive::{Deed, LIFECYCLE, NORMS, PRICES};
use crate::digest::sha256;
use crate::error::Failure;
use crate::judge::Wrong;
use crate::lang::Lang;
use crate::store::account::Standing;
use crate::store::{listing, rules_text};
use crate::web::format::{self, decimal, fill, money, number};
use crate::web::label::{self, Label, Stretch, pick};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Form, Query, Site, Visitor, attachment, page_with};
use crate::whatif::{Changed, PlanChange, RuleEffect, THRESHOLDS, Trial, Turn, Turns, WhatIf, what_if};

/// Who tries rules.
pub const TRIES: &[Standing] = &[Standing::Administrator, Standing::Analyst];
/// How long machines are diagnosed for the change of plan: somebody waits for the page.
const PATIENCE: Duration = Duration::from_secs(10);
/// Rules and units on the page.
const ROWS: usize = 30;
/// Machines on the page.
const MACHINES: usize = 100;
/// What a text is called in complaints where the browser says no name.
const FILE: &str = "rules.toml";
/// Complaints on the page.
const COMPLAINTS: usize = 50;
/// Steps in which scores are counted, as signs: they need no language.
const SHIFTS: [&str; 7] = ["≤ −20", "−19…−10", "−9…−1", "0", "+1…+9", "+10…+19", "≥ +20"];
/// What a text gives that is not UTF-8.
const BROKEN_CHARACTER: char = '\u{fffd}';

#[derive(Template)]
#[template(path = "trial.html")]
struct TrialPage {
    l: Layout,
    w: &'static Words,
    /// What is wrong with the form itself.
    error: Option<String>,
    text: String,
    /// The id of a set that is taken out of the folder instead; empty where a text is tried.
    without: String,
    /// What the file is called that it came from.
    file_name: String,
    /// Digest of the text that the result is of; empty when there is none.
    tried: String,
    reason: String,
    reason_max: usize,
    may_activate: bool,
    complaints: Vec<ComplaintView>,
    complaints_note: String,
    result: Option<ResultView>,
}

struct ComplaintView {
    place: String,
    text: String,
    drawn: String,
    help: Option<String>,
    /// What the code means.
    why: Option<&'static str>,
}

struct ResultView {
    title: String,
    digests: String,
    lead: String,
    notes: Vec<String>,
    grades: Vec<Label>,
    rows: Vec<(Label, Vec<Cell>)>,
    rules: Vec<EffectView>,
    rules_more: Option<String>,
    scores: Option<(String, Vec<(&'static str, String)>)>,
    units: Vec<UnitView>,
    units_more: Option<String>,
    machines: Vec<MachineView>,
    machines_note: String,
}

struct Cell {
    count: String,
    stays: bool,
    is_zero: bool,
}

struct EffectView {
    title: String,
    id: String,
    alone: String,
    together: String,
    differs: String,
    bar: Vec<Stretch>,
    bar_text: String,
    outcomes: String,
}

struct UnitView {
    name: String,
    href: String,
    better: String,
    worse: String,
    unclear: String,
    machines: String,
}

struct MachineView {
    name: String,
    href: String,
    unit: String,
    turn: &'static str,
    from: Label,
    to: Label,
    scores: String,
    because: String,
}

/// What stands on the page when somebody has sent a text.
#[derive(Default)]
struct Said {
    error: Option<String>,
    text: String,
    /// The id of a set that is taken out of the folder instead; empty where a text is tried.
    without: String,
    /// What complaints call it.
    file_name: String,
    reason: String,
    wrong: Vec<Wrong>,
    result: Option<ResultView>,
}

impl Said {
    /// Names what was tried: only that is put in force.
    fn digest(&self) -> String {
        sha256(format!("{}\n{}", self.without, self.text))
    }
}

impl TrialPage {
    fn of(visitor: &Visitor, said: Said) -> TrialPage {
        let (reader, w) = (&visitor.reader, visitor.words());
        let tried = if said.result.is_some() { said.digest() } else { String::new() };
        let shown = said.wrong.len().min(COMPLAINTS);
        let note = fill(
            &w.trial_complaints_note,
            &[
                ("n", &number(reader.lang, count(said.wrong.len()))),
                ("shown", &number(reader.lang, count(shown))),
            ],
        );
        TrialPage {
            l: Layout::new(reader, Place::Rules, &w.trial_title),
            w,
            error: said.error,
            tried,
            text: said.text,
            without: said.without,
            file_name: said.file_name,
            reason: said.reason,
            reason_max: REASON_CHARS_MAX,
            may_activate: may_activate(visitor),
            complaints: said
                .wrong
                .iter()
                .take(COMPLAINTS)
                .map(|wrong| complaint(reader.lang, wrong))
                .collect(),
            complaints_note: note,
            result: said.result,
        }
    }
}

/// Rules judge everybody, so only who sees everybody puts them in force.
fn may_activate(visitor: &Visitor) -> bool {
    visitor.person.standing == Standing::Administrator && visitor.person.scope.is_everything()
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn complaint(lang: Lang, wrong: &Wrong) -> ComplaintView {
    let tongue = lang.tongue();
    match wrong {
        Wrong::Unreadable(_) | Wrong::NotForPlans => ComplaintView {
            place: String::new(),
            text: wrong.told(lang),
            drawn: String::new(),
            help: None,
            why: None,
        },
        Wrong::Complaint(complaint, text) => {
            let (said, help) = complaint.told(tongue);
            ComplaintView {
                place: format!(
                    "{}:{}:{} [{}]",
                    complaint.file, complaint.line, complaint.column, complaint.code
                ),
                text: said,
                drawn: complaint.excerpt(text).trim_end().to_owned(),
                help,
                why: explain(complaint.code, tongue),
            }
        }
    }
}

/// Shows the empty form, or what a text of the archive would change.
///
/// # Errors
/// [`Failure::NotFound`] for a text that is not in the archive; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, Failure> {
    let (digest, without) = (query.text("digest"), query.text("without"));
    if !without.is_empty() {
        return tried(&site.app, &visitor, Said { without: without.to_owned(), ..Said::default() }).await;
    }
    if digest.is_empty() {
        return page_with(StatusCode::OK, &TrialPage::of(&visitor, Said::default()));
    }
    let text = archived(&site.app, digest).await?;
    tried(&site.app, &visitor, Said { text, file_name: FILE.to_owned(), ..Said::default() }).await
}

async fn archived(app: &App, digest: &str) -> Result<String, Failure> {
    let mut tx = app.store.read().await?;
    Ok(rules_text::find(&mut tx, digest).await?.ok_or(Failure::NotFound)?.text)
}

/// Tries the text of a form.
///
/// # Errors
/// When the database fails.
pub async fn try_text(
    State(site): State<Site>,
    visitor: Visitor,
    Form(form): Form,
) -> Result<Response, Failure> {
    let reason = form.text("reason").trim().to_owned();
    let said = Said { text: sent(&form), file_name: form.file_name("file", FILE), reason, ..Said::default() };
    tried(&site.app, &visitor, said).await
}

/// The file that was sent, else what was pasted. Browsers end lines in their own way.
fn sent(form: &crate::web::Fields) -> String {
    let file = form.text("file");
    let text = if file.is_empty() { form.text("text") } else { file };
    text.replace("\r\n", "\n")
}

async fn tried(app: &App, visitor: &Visitor, mut said: Said) -> Result<Response, Failure> {
    let w = visitor.words();
    if !said.without.is_empty() {
        // Its text is in the folder.
    } else if said.text.trim().is_empty() {
        said.error = Some(w.trial_empty.clone());
    } else if said.text.contains(BROKEN_CHARACTER) {
        said.error = Some(w.trial_not_utf8.clone());
    }
    if said.error.is_some() {
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &TrialPage::of(visitor, said));
    }
    match proposed(app, &said).await? {
        Err(wrong) => {
            said.wrong = wrong;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &TrialPage::of(visitor, said))
        }
        Ok(proposal) => {
            said.result = Some(result(app, visitor, proposal).await?);
            page_with(StatusCode::OK, &TrialPage::of(visitor, said))
        }
    }
}

/// What would be in force.
///
/// # Errors
/// [`Failure::NotFound`] where a set is to be taken out that is not in the folder.
async fn proposed(app: &App, said: &Said) -> Result<Result<Proposal, Vec<Wrong>>, Failure> {
    let folder =
        app.rules.path.clone().ok_or_else(|| anyhow::anyhow!("this collector has no folder of rules"))?;
    let (name, text, without) = (said.file_name.clone(), said.text.clone(), said.without.clone());
    // Reading rules takes files and some milliseconds, and is no work for an asynchronous thread.
    let work = move || {
        if without.is_empty() {
            propose(&folder, &name, &text).map(Some)
        } else {
            withdraw(&folder, &without)
        }
    };
    let proposed = tokio::task::spawn_blocking(work).await;
    match proposed.map_err(|error| anyhow::anyhow!("reading rules: {error}"))? {
        Ok(Some(proposal)) => Ok(Ok(proposal)),
        Ok(None) => Err(Failure::NotFound),
        Err(wrong) => Ok(Err(wrong)),
    }
}

async fn result(app: &App, visitor: &Visitor, proposal: Proposal) -> Result<ResultView, Failure> {
    let trial = Trial {
        now: app.judge(),
        then: Arc::new(proposal.judge),
        id: proposal.id,
        scope: visitor.person.scope.clone(),
        today: format::day(visitor.reader.now),
        patience: PATIENCE,
    };
    let _turn = app.trial.lock().await;
    let result = what_if(&app.store, &trial, &ProgressBar::hidden()).await?;
    let mut tx = app.store.read().await?;
    let units = listing::units(&mut tx, &visitor.person.scope).await?;
    let names = units.into_iter().map(|unit| (unit.id, unit.name)).collect();
    Ok(view(&visitor.reader, &trial.then, &result, &names))
}

fn view(reader: &Reader, judge: &Judge, result: &WhatIf, names: &BTreeMap<String, String>) -> ResultView {
    let (lang, w) = (reader.lang, reader.words());
    let n = |count: u64| number(lang, signed(count));
    let short = |digest: &Option<String>| match digest {
        Some(digest) => digest.chars().take(12).collect(),
        None => w.trial_none.clone(),
    };
    let title = match &result.title {
        Some(title) => pick(lang, title).to_owned(),
        // A table has its own name; what is neither is a set that is taken out.
        None => table_title(w, &result.id).unwrap_or(&result.id).clone(),
    };
    let counts = [("n", n(result.changed)), ("all", n(result.machines)), ("concerned", n(result.concerned))];
    let places: Vec<(&str, &str)> = counts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let lead = match (result.title.is_some(), result.changed) {
        (true, 0) => &w.trial_lead_none,
        (true, _) => &w.trial_lead,
        // A table judges nobody by itself.
        (false, 0) => &w.trial_lead_table_none,
        (false, _) => &w.trial_lead_table,
    };
    let more = |all: usize, shown: usize| {
        (all > shown).then(|| fill(&w.trial_more, &[("n", &number(lang, count(all - shown)))]))
    };
    let most = result.rules.iter().map(|rule| rule.alone.all() + rule.together.all()).max().unwrap_or(0);
    ResultView {
        title,
        digests: fill(
            &w.trial_digests,
            &[("id", &result.id), ("before", &short(&result.before)), ("after", &short(&result.after))],
        ),
        lead: fill(lead, &places),
        notes: notes(reader, judge, result),
        grades: Grade::ALL.iter().map(|grade| label::grade(w, *grade)).collect(),
        rows: matrix(reader, result),
        rules: result.rules.iter().take(ROWS).map(|rule| effect(reader, rule, most)).collect(),
        rules_more: more(result.rules.len(), ROWS),
        scores: result.scores.means().map(|(before, after)| {
            let means = [decimal(lang, before, 1), decimal(lang, after, 1)];
            let text = fill(&w.trial_scores_note, &[("before", &means[0]), ("after", &means[1])]);
            (
                text,
                SHIFTS
                    .iter()
                    .zip(result.scores.shifts)
                    .map(|(step, machines)| (*step, n(machines)))
                    .collect(),
            )
        }),
        units: result.units.iter().take(ROWS).map(|unit| unit_view(reader, names, unit)).collect(),
        units_more: more(result.units.len(), ROWS),
        machines: result.list.iter().take(MACHINES).map(|one| machine(reader, judge, names, one)).collect(),
        machines_note: fill(
            &w.trial_machines_note,
            &[("shown", &number(lang, count(result.list.len().min(MACHINES)))), ("n", &n(result.changed))],
        ),
    }
}

fn notes(reader: &Reader, judge: &Judge, result: &WhatIf) -> Vec<String> {
    let (lang, w) = (reader.lang, reader.words());
    let mut notes = Vec::new();
    let judging = in_force(&judge.sets, result.as_of.unwrap_or_else(|| format::day(reader.now)));
    if let Some(other) = judging.filter(|other| other.id != result.id)
        && result.title.is_some()
        && !result.on_request
        && result.concerned == 0
    {
        let day = format::date(other.in_force.0);
        notes.push(fill(&w.trial_shadowed, &[("other", &other.id), ("day", &day)]));
    }
    if let Some(day) = result.as_of {
        notes.push(fill(&w.trial_as_of, &[("day", &format::date(day))]));
    }
    if result.on_request {
        notes.push(w.trial_on_request.clone());
    } else if result.before == result.after {
        notes.push(w.trial_same.clone());
    }
    if let Some(plan) = &result.plan {
        notes.extend(plan_notes(reader, plan));
    }
    if result.unreadable > 0 {
        notes.push(fill(&w.trial_unreadable, &[("n", &number(lang, signed(result.unreadable)))]));
    }
    notes
}

/// What the change of plan costs, and how far that can be trusted.
fn plan_notes(reader: &Reader, plan: &PlanChange) -> Vec<String> {
    let (lang, w) = (reader.lang, reader.words());
    let PlanChange { before, after, cut, .. } = plan;
    // A sum over half of the machines would look like the answer.
    if *cut > 0 {
        return vec![fill(&w.trial_plan_cut, &[("cut", &number(lang, signed(*cut)))])];
    }
    let change = after.cost - before.cost;
    let sign = if change > 0 { "+" } else { "" };
    let places = [
        ("before", money(lang, before.cost)),
        ("after", money(lang, after.cost)),
        ("change", format!("{sign}{}", money(lang, change))),
        ("seats_before", number(lang, signed(before.seats))),
        ("seats_after", number(lang, signed(after.seats))),
    ];
    let places: Vec<(&str, &str)> = places.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let mut notes = vec![fill(if before == after { &w.trial_plan_same } else { &w.trial_plan }, &places)];
    if after.unpriced > 0 {
        notes.push(fill(&w.trial_plan_unpriced, &[("n", &number(lang, signed(after.unpriced)))]));
    }
    notes
}

/// What a table is called; none where the id is of no table.
pub fn table_title(w: &'static Words, id: &str) -> Option<&'static String> {
    match id {
        LIFECYCLE => Some(&w.rules_lifecycle),
        PRICES => Some(&w.rules_prices),
        NORMS => Some(&w.rules_norms),
        _ => None,
    }
}

fn matrix(reader: &Reader, result: &WhatIf) -> Vec<(Label, Vec<Cell>)> {
    let (lang, w) = (reader.lang, reader.words());
    let cell = |from: Grade, to: Grade| {
        let of = result.moves.iter().find(|one| one.from == from && one.to == to);
        let machines = of.map_or(0, |one| one.machines);
        Cell { count: number(lang, signed(machines)), stays: from == to, is_zero: machines == 0 }
    };
    let row = |from: &Grade| (label::grade(w, *from), Grade::ALL.iter().map(|to| cell(*from, *to)).collect());
    Grade::ALL.iter().map(row).collect()
}

fn effect(reader: &Reader, rule: &RuleEffect, most: u64) -> EffectView {
    let (lang, w) = (reader.lang, reader.words());
    let n = |count: u64| number(lang, signed(count));
    let outcomes: Vec<String> = rule
        .outcomes
        .iter()
        .map(|(from, to, machines)| format!("{}: {}", label::becomes(lang, w, *from, *to), n(*machines)))
        .collect();
    let (alone, together) = (rule.alone.all(), rule.together.all());
    let both = Turns {
        better: rule.alone.better + rule.together.better,
        worse: rule.alone.worse + rule.together.worse,
        unclear: rule.alone.unclear + rule.together.unclear,
    };
    let turns = fill(
        &w.trial_turns,
        &[("better", &n(both.better)), ("worse", &n(both.worse)), ("unclear", &n(both.unclear))],
    );
    let rest = signed(most.saturating_sub(both.all()));
    let title = rule.title.as_ref().map(|title| pick(lang, title).to_owned());
    EffectView {
        title: title.unwrap_or_else(|| {
            if rule.rule == THRESHOLDS { w.trial_thresholds.clone() } else { rule.rule.clone() }
        }),
        id: rule.rule.clone(),
        alone: n(alone),
        together: n(together),
        differs: n(rule.differs),
        bar_text: turns,
        bar: label::stacked(&[
            ("fail", signed(both.worse)),
            ("pass", signed(both.better)),
            ("unknown", signed(both.unclear)),
            ("ground", rest),
        ]),
        outcomes: outcomes.join(" · "),
    }
}

fn unit_view(
    reader: &Reader,
    names: &BTreeMap<String, String>,
    unit: &crate::whatif::UnitEffect,
) -> UnitView {
    let n = |count: u64| number(reader.lang, signed(count));
    UnitView {
        name: names.get(&unit.unit).cloned().unwrap_or_else(|| unit.unit.clone()),
        href: format!("/units/{}", unit.unit),
        better: n(unit.turns.better),
        worse: n(unit.turns.worse),
        unclear: n(unit.turns.unclear),
        machines: n(unit.machines),
    }
}

fn machine(reader: &Reader, judge: &Judge, names: &BTreeMap<String, String>, one: &Changed) -> MachineView {
    let (lang, w) = (reader.lang, reader.words());
    let score =
        |score: Option<u8>| score.map_or_else(|| "—".to_owned(), |score| number(lang, i64::from(score)));
    let rule = |id: &String| match id.as_str() {
        THRESHOLDS => w.trial_thresholds.clone(),
        id if one.turn == Turn::Worse => label::rule_fails(lang, judge, id, None),
        id => format!("“{}”", label::rule_title(lang, judge, id)),
    };
    MachineView {
        name: one.hostname.clone(),
        href: format!("/machines/{}", one.machine),
        unit: names.get(&one.unit).cloned().unwrap_or_default(),
        turn: match one.turn {
            Turn::Better => &w.trial_better,
            Turn::Worse => &w.trial_worse,
            Turn::Unclear => &w.trial_unclear,
        },
        from: label::grade(w, one.grades.0),
        to: label::grade(w, one.grades.1),
        scores: format!("{} → {}", score(one.scores.0), score(one.scores.1)),
        because: if one.because.is_empty() {
            w.trial_other_set.clone()
        } else {
            one.because.iter().map(rule).collect::<Vec<_>>().join("; ")
        },
    }
}

/// Puts rules in force: the text of the form when it is the one that was tried, or a text of the archive.
///
/// # Errors
/// [`Failure::Forbidden`] for who does not see everything; when the file or the database fails.
pub async fn activate(
    State(site): State<Site>,
    visitor: Visitor,
    Form(form): Form,
) -> Result<Response, Failure> {
    if !may_activate(&visitor) {
        return Err(Failure::Forbidden);
    }
    let w = visitor.words();
    let digest = form.text("digest");
    let text = if digest.is_empty() { sent(&form) } else { archived(&site.app, digest).await? };
    let reason = form.text("reason").trim().to_owned();
    let (without, file_name) = (form.text("without").to_owned(), form.file_name("file", FILE));
    let mut said = Said { text, without, file_name, reason, ..Said::default() };
    if digest.is_empty() && form.text("tried") != said.digest() {
        // What was not seen before is shown first.
        return tried(&site.app, &visitor, said).await;
    }
    if said.reason.is_empty() || said.reason.chars().count() > REASON_CHARS_MAX {
        said.error = Some(fill(&w.trial_reason_missing, &[("most", &REASON_CHARS_MAX.to_string())]));
        if let Ok(proposal) = proposed(&site.app, &said).await? {
            said.result = Some(result(&site.app, &visitor, proposal).await?);
        }
        return page_with(StatusCode::UNPROCESSABLE_ENTITY, &TrialPage::of(&visitor, said));
    }
    // What was begun is finished, even when the browser goes away.
    let (app, name) = (site.app.clone(), visitor.person.name.clone());
    let doing = tokio::spawn(async move { (put_in_force(&app, &said, &name).await, said) });
    let (done, mut said) = doing.await.map_err(|error| anyhow::anyhow!("putting rules in force: {error}"))?;
    match done? {
        Ok(id) => Ok(Redirect::to(&format::url("/rules", &[("done", &id)])).into_response()),
        Err(wrong) => {
            said.wrong = wrong;
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &TrialPage::of(&visitor, said))
        }
    }
}

async fn put_in_force(app: &App, said: &Said, actor: &str) -> Result<Result<String, Vec<Wrong>>, Failure> {
    let deed = Deed { actor, reason: &said.reason };
    let mut seen = app.rules.seen.lock().await;
    let proposal = match proposed(app, said).await? {
        Ok(proposal) => proposal,
        Err(wrong) => return Ok(Err(wrong)),
    };
    let done = activate::activate(app, &mut seen, proposal, deed, &ProgressBar::hidden()).await?;
    Ok(Ok(done.id))
}

/// A text of the archive, as a file.
///
/// # Errors
/// [`Failure::NotFound`] for a text that is not in the archive; when the database fails.
pub async fn download(
    State(site): State<Site>,
    _visitor: Visitor,
    Path(digest): Path<String>,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let text = rules_text::find(&mut tx, &digest).await?.ok_or(Failure::NotFound)?;
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let name: String = text.id.chars().take(80).map(plain).collect();
    let short: String = digest.chars().take(12).filter(char::is_ascii_hexdigit).collect();
    Ok(attachment("application/toml; charset=utf-8", &format!("{name}-{short}.toml"), text.text))
}

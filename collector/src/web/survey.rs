//! The survey of one unit: a form for what no machine sees, what holds of it, and everything that was ever declared.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rules::facts::{Kind, Term};
use serde_json::Value as Json;

use crate::days;
use crate::error::Failure;
use crate::store::account::Standing;
use crate::store::declaration::{self, Declaration, Sheet};
use crate::store::listing::Scope;
use crate::store::unit;
use crate::survey::{self, Answers, NOTE_CHARS_MAX};
use crate::unit_facts;
use crate::web::format::{self, fill, number};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Fields, Form, Site, Visitor, page_with, value};

/// Who declares for a unit.
pub const DECLARES: &[Standing] = &[Standing::Administrator, Standing::Analyst];

/// What the choices of the form stand for, and how a day that is known is told from them.
const YES: &str = "yes";
const NO: &str = "no";
const KNOWN: &str = "known";

#[derive(Template)]
#[template(path = "survey.html")]
struct SurveyPage {
    l: Layout,
    w: &'static Words,
    id: String,
    name: String,
    errors: Vec<String>,
    may: bool,
    facts: Vec<FactView>,
    declared_on: String,
    today: String,
    note: String,
    note_max: usize,
    agencies_hint: bool,
    history: Vec<HistoryView>,
}

#[derive(PartialEq, Eq)]
enum Field {
    Flag,
    Number,
    Day,
}

struct FactView {
    name: &'static str,
    title: String,
    held: String,
    from: String,
    is_old: bool,
    field: Field,
    /// The choice and what is written beside it, as the form has them.
    choice: String,
    written: String,
}

struct HistoryView {
    day: String,
    title: String,
    value: String,
    who: String,
    note: String,
}

/// What the page is made from.
struct Rows<'a> {
    unit: &'a unit::Unit,
    held: BTreeMap<&'a str, (&'a Declaration, bool)>,
    history: &'a [Declaration],
    has_agencies: bool,
    fields: &'a Fields,
    errors: Vec<String>,
}

fn shown(reader: &Reader, term: &Term, json: &str) -> String {
    match serde_json::from_str::<Json>(json) {
        Ok(Json::Object(_)) | Err(_) => reader.words().survey_unknown.clone(),
        Ok(json) => value::kept(reader.lang, reader.words(), term.kind, &json),
    }
}

fn fact_view(reader: &Reader, term: &'static Term, rows: &Rows<'_>) -> FactView {
    let (lang, w) = (reader.lang, reader.words());
    let held = rows.held.get(term.name);
    let own = held.filter(|(_, is_own)| *is_own).map(|(one, _)| one.value.as_str());
    let own: Json = own.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_else(survey::taken_back);
    let sent = !rows.fields.text("declared_on").is_empty();
    let (choice, written) = match (&own, term.kind) {
        _ if sent => (
            rows.fields.text(term.name).to_owned(),
            rows.fields.text(&format!("{}_value", term.name)).to_owned(),
        ),
        (Json::Bool(flag), _) => ((if *flag { YES } else { NO }).to_owned(), String::new()),
        (Json::Null, _) => (NO.to_owned(), String::new()),
        (Json::String(day), _) => (KNOWN.to_owned(), day.clone()),
        (Json::Number(number), _) => (number.to_string(), String::new()),
        _ => (String::new(), String::new()),
    };
    FactView {
        name: term.name,
        title: value::label(lang, term).to_owned(),
        held: held.map_or_else(|| w.survey_unknown.clone(), |(one, _)| shown(reader, term, &one.value)),
        from: held.map_or_else(String::new, |(one, is_own)| {
            let text = if *is_own { &w.survey_from } else { &w.survey_from_agency };
            fill(text, &[("day", &format::date(one.declared_on)), ("who", &one.declared_by)])
        }),
        is_old: held.is_some_and(|(one, _)| survey::is_old(one.declared_on, format::day(reader.now))),
        field: match term.kind {
            Kind::Flag => Field::Flag,
            Kind::Date => Field::Day,
            _ => Field::Number,
        },
        choice,
        written,
    }
}

fn history_view(reader: &Reader, one: &Declaration) -> Option<HistoryView> {
    let term = survey::terms().find(|term| term.name == one.fact)?;
    let at = jiff::Timestamp::from_millisecond(one.made_at).map_or_else(|_| String::new(), format::moment);
    Some(HistoryView {
        day: format::date(one.declared_on),
        title: value::label(reader.lang, term).to_owned(),
        value: shown(reader, term, &one.value),
        who: format!("{}, {at}", one.declared_by),
        note: one.note.clone(),
    })
}

impl SurveyPage {
    fn of(reader: &Reader, rows: Rows<'_>) -> SurveyPage {
        let w = reader.words();
        let today = format::day(reader.now).to_string();
        let sent = rows.fields.text("declared_on");
        SurveyPage {
            l: Layout::new(reader, Place::Units, &w.survey_title),
            w,
            id: rows.unit.id.clone(),
            name: rows.unit.name.clone(),
            may: reader.person.as_ref().is_some_and(|person| DECLARES.contains(&person.standing)),
            facts: survey::terms().map(|term| fact_view(reader, term, &rows)).collect(),
            declared_on: if sent.is_empty() { today.clone() } else { sent.to_owned() },
            today,
            note: rows.fields.text("note").to_owned(),
            note_max: NOTE_CHARS_MAX,
            agencies_hint: rows.has_agencies,
            history: rows.history.iter().filter_map(|one| history_view(reader, one)).collect(),
            errors: rows.errors,
        }
    }
}

async fn answer(
    site: &Site,
    visitor: &Visitor,
    unit: &unit::Unit,
    fields: &Fields,
    errors: Vec<String>,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let today = format::day(visitor.reader.now);
    let gathered = unit_facts::gather(&mut tx, &site.app.judge(), &Scope::subtree(&unit.path), today).await?;
    let history = declaration::history(&mut tx, &unit.id).await?;
    let has_agencies = survey::has_agencies_below(&mut tx, unit).await?;
    drop(tx);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let held = gathered.declared(&unit.id)?;
    let rows = Rows { unit, held, history: &history, has_agencies, fields, errors };
    page_with(status, &SurveyPage::of(&visitor.reader, rows))
}

/// Shows the survey of a unit.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let unit = visitor.unit(&site, &id).await?;
    answer(&site, &visitor, &unit, &Fields::parse(b""), Vec::new()).await
}

/// Takes the form of a unit in. What is left open takes back what the unit declared itself, and says nothing where it
/// declared nothing.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see; when the database fails.
pub async fn send(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let (unit, w) = (visitor.unit(&site, &id).await?, visitor.words());
    let today = format::day(visitor.reader.now);
    let mut errors = Vec::new();
    let declared_on = days::read(form.text("declared_on")).filter(|day| *day <= today);
    if declared_on.is_none() {
        errors.push(fill(&w.survey_wrong_day, &[("day", &format::date(today))]));
    }
    let note = form.text("note").trim();
    if note.chars().count() > NOTE_CHARS_MAX {
        let most = number(visitor.lang(), i64::try_from(NOTE_CHARS_MAX).unwrap_or(i64::MAX));
        errors.push(fill(&w.survey_wrong_note, &[("most", &most)]));
    }
    let mut tx = site.app.store.read().await?;
    let own = declaration::latest(&mut tx, &Scope::subtree(&unit.path)).await?.remove(&unit.id);
    drop(tx);
    let own = own.unwrap_or_default();
    let mut answers = Answers::new();
    for term in survey::terms() {
        let text = match (term.kind, form.text(term.name)) {
            (Kind::Date, KNOWN) => form.text(&format!("{}_value", term.name)),
            (_, text) => text,
        };
        let was = own.get(term.name).and_then(|one| serde_json::from_str::<Json>(&one.value).ok());
        if text.trim().is_empty() {
            if was.is_some_and(|was| was != survey::taken_back()) {
                answers.insert(term.name, survey::taken_back());
            }
            continue;
        }
        match survey::read(visitor.lang(), term, text, today) {
            Ok(json) => drop(answers.insert(term.name, json)),
            Err(_) => {
                let title = value::label(visitor.lang(), term);
                errors.push(fill(&w.survey_wrong, &[("title", title), ("value", text)]));
            }
        }
    }
    if answers.is_empty() && errors.is_empty() {
        errors.push(w.survey_wrong_empty.clone());
    }
    let Some(declared_on) = declared_on.filter(|_| errors.is_empty()) else {
        return answer(&site, &visitor, &unit, &form, errors).await;
    };
    let sheet = Sheet { unit: &unit.id, declared_on, declared_by: &visitor.person.name, note };
    survey::declare(&site.app, &unit, sheet, &answers).await?;
    Ok(Redirect::to(&format!("/units/{}/survey", unit.id)).into_response())
}

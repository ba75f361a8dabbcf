//! What one unit sets for itself in the rule sets: which value holds, where it comes from, and a form for another.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use rules::facts::Kind;
use rules::ruleset::{Parameter, RuleSet};

use crate::app::Judge;
use crate::error::Failure;
use crate::parameters::{self, Objection, REASON_CHARS_MAX, TEXT_CHARS_MAX, TEXTS_MAX};
use crate::store::account::Standing;
use crate::store::parameter::{self, Parameter as Given, Wish};
use crate::store::unit;
use crate::web::format::{self, fill, number};
use crate::web::label::pick;
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Fields, Form, Site, Visitor, page_with};

/// Who sets parameters for a unit.
pub const SETS_PARAMETERS: &[Standing] = &[Standing::Administrator, Standing::Analyst];

#[derive(Template)]
#[template(path = "parameters.html")]
struct ParametersPage {
    l: Layout,
    w: &'static Words,
    id: String,
    name: String,
    errors: Vec<String>,
    reason_max: usize,
    sets: Vec<SetView>,
    below: Vec<BelowView>,
    dead: Vec<DeadView>,
}

struct SetView {
    id: String,
    title: String,
    parameters: Vec<ParameterView>,
}

struct ParameterView {
    name: String,
    title: String,
    value: String,
    from: String,
    why: Option<String>,
    is_own: bool,
    /// What stands in the form, and in which kind of field.
    written: String,
    reason: String,
    field: Field,
    hint: String,
    is_open: bool,
}

#[derive(PartialEq, Eq)]
enum Field {
    Lines,
    Flag,
    Line,
}

struct BelowView {
    href: String,
    unit: String,
    title: String,
    value: String,
    why: String,
}

struct DeadView {
    set_title: String,
    ruleset: String,
    name: String,
    value: String,
    why: String,
}

/// What the page is made from.
struct Rows<'a> {
    unit: &'a unit::Unit,
    above: &'a [Given],
    below: &'a [Given],
    /// What was sent and cannot be set, and why; nothing where nobody sent anything.
    fields: &'a Fields,
    errors: Vec<String>,
}

impl ParametersPage {
    fn of(reader: &Reader, judge: &Judge, rows: Rows<'_>) -> ParametersPage {
        let (lang, w) = (reader.lang, reader.words());
        let sets = parameters::sets(judge);
        let view = |set: &&RuleSet| SetView {
            id: set.id.clone(),
            title: pick(lang, &set.title).to_owned(),
            parameters: set.parameters.iter().map(|one| parameter_view(reader, set, one, &rows)).collect(),
        };
        let dead = rows.above.iter().filter(|one| one.unit.0 == rows.unit.id);
        let dead = dead.filter(|one| {
            parameters::find(judge, &one.ruleset, &one.name)
                .is_none_or(|(set, _)| !parameters::fits(set, &one.name, &one.value))
        });
        ParametersPage {
            l: Layout::new(reader, Place::Units, &w.parameter_title),
            w,
            id: rows.unit.id.clone(),
            name: rows.unit.name.clone(),
            reason_max: REASON_CHARS_MAX,
            sets: sets.iter().map(view).collect(),
            below: rows.below.iter().map(|one| below_view(reader, judge, one)).collect(),
            dead: dead
                .map(|one| DeadView {
                    set_title: judge
                        .sets
                        .iter()
                        .find(|set| set.id == one.ruleset)
                        .map_or_else(|| one.ruleset.clone(), |set| pick(lang, &set.title).to_owned()),
                    ruleset: one.ruleset.clone(),
                    name: one.name.clone(),
                    value: shown(w, &one.value),
                    why: why(one),
                })
                .collect(),
            errors: rows.errors,
        }
    }
}

fn parameter_view(reader: &Reader, set: &RuleSet, parameter: &Parameter, rows: &Rows<'_>) -> ParameterView {
    let (lang, w, fields) = (reader.lang, reader.words(), rows.fields);
    let given = |one: &&Given| {
        one.ruleset == set.id && one.name == parameter.id && parameters::fits(set, &one.name, &one.value)
    };
    // What comes last is nearest.
    let holds = rows.above.iter().rfind(given);
    let is_own = holds.is_some_and(|one| one.unit.0 == rows.unit.id);
    let is_sent = fields.text("ruleset") == set.id && fields.text("name") == parameter.id;
    ParameterView {
        name: parameter.id.clone(),
        title: pick(lang, &parameter.title).to_owned(),
        value: match holds {
            Some(one) => shown(w, &one.value),
            None if parameter.has_default() && matches!(parameter.kind, Kind::Flag) => {
                shown(w, &parameter.shown())
            }
            None if parameter.has_default() => or_dash(parameter.shown().replace('"', "")),
            None => w.parameter_nothing.clone(),
        },
        from: match holds {
            Some(_) if is_own => w.parameter_here.clone(),
            Some(one) => one.unit.1.clone(),
            None => w.parameter_default.clone(),
        },
        why: holds.map(why),
        is_own,
        written: if is_sent {
            fields.text("value").to_owned()
        } else {
            let default =
                if matches!(parameter.kind, Kind::Flag) { parameter.shown() } else { String::new() };
            holds.map_or(default, |one| parameters::written(&one.value))
        },
        reason: if is_sent { fields.text("reason").to_owned() } else { String::new() },
        field: match parameter.kind {
            Kind::Texts => Field::Lines,
            Kind::Flag => Field::Flag,
            _ => Field::Line,
        },
        hint: match parameter.kind {
            Kind::Texts => w.parameter_lines.clone(),
            Kind::Flag => String::new(),
            _ => fill(&w.parameter_example, &[("example", parameter.example().trim_matches('"'))]),
        },
        is_open: is_sent,
    }
}

fn below_view(reader: &Reader, judge: &Judge, one: &Given) -> BelowView {
    let parameter = parameters::find(judge, &one.ruleset, &one.name);
    BelowView {
        href: format!("/units/{}/parameters", one.unit.0),
        unit: one.unit.1.clone(),
        title: parameter.map_or_else(
            || one.name.clone(),
            |(_, parameter)| pick(reader.lang, &parameter.title).to_owned(),
        ),
        value: shown(reader.words(), &one.value),
        why: why(one),
    }
}

/// A value on one line; yes and no in words.
fn shown(w: &Words, value: &str) -> String {
    match value {
        "true" => w.yes.clone(),
        "false" => w.no.clone(),
        value => or_dash(parameters::written(value).replace('\n', ", ")),
    }
}

/// An empty list is told as such.
fn or_dash(value: String) -> String {
    if value.is_empty() { "—".to_owned() } else { value }
}

/// Who set a value, when and why.
fn why(one: &Given) -> String {
    let at = Timestamp::from_millisecond(one.set_at).map_or_else(|_| String::new(), format::moment);
    format!("{}, {at}: {}", one.set_by, one.reason)
}

async fn answer(
    site: &Site,
    visitor: &Visitor,
    unit: &unit::Unit,
    fields: &Fields,
    errors: Vec<String>,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let above = parameter::above(&mut tx, &unit.path).await?;
    let below = parameter::below(&mut tx, &unit.path).await?;
    drop(tx);
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let rows = Rows { unit, above: &above, below: &below, fields, errors };
    page_with(status, &ParametersPage::of(&visitor.reader, &site.app.judge(), rows))
}

/// Shows what holds for a unit.
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

/// Sets a value for a unit, or takes its own away.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see; when the database fails.
pub async fn set(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let unit = visitor.unit(&site, &id).await?;
    let judge = site.app.judge();
    let (ruleset, name) = (form.text("ruleset"), form.text("name"));
    let kind = parameters::find(&judge, ruleset, name).map(|(_, parameter)| parameter.kind);
    let value = parameters::read(kind.unwrap_or(Kind::Text), form.text("value")).to_string();
    let (reason, by) = (form.text("reason").trim(), visitor.person.name.as_str());
    let wish = Wish { unit: &unit.id, ruleset, name, value: &value, reason, by };
    let removes = form.text("act") == "remove";
    let objections = match parameters::check(&judge, &wish) {
        Ok(()) => Vec::new(),
        // What is taken away may be of a kind, or for a parameter, that the set has no more.
        Err(objections) if removes => {
            objections.into_iter().filter(|one| *one == Objection::Reason).collect()
        }
        Err(objections) => objections,
    };
    if !objections.is_empty() {
        let errors = objections.iter().map(|one| told(&visitor, &judge, &wish, one)).collect();
        return answer(&site, &visitor, &unit, &form, errors).await;
    }
    if removes {
        parameters::remove(&site.app, &unit, wish).await?;
    } else {
        parameters::set(&site.app, &unit, wish).await?;
    }
    Ok(Redirect::to(&format!("/units/{}/parameters#{}", unit.id, format::encode(name))).into_response())
}

/// What stands against a value, as a sentence.
fn told(visitor: &Visitor, judge: &Judge, wish: &Wish<'_>, objection: &Objection) -> String {
    let (lang, w) = (visitor.lang(), visitor.words());
    let count = |most: usize| number(lang, i64::try_from(most).unwrap_or(i64::MAX));
    let found = parameters::find(judge, wish.ruleset, wish.name);
    match (objection, found) {
        (Objection::Reason, _) => fill(&w.waiver_wrong_reason, &[("most", &count(REASON_CHARS_MAX))]),
        (Objection::Value, Some((_, parameter))) if matches!(parameter.kind, Kind::Texts) => fill(
            &w.parameter_wrong_texts,
            &[
                ("title", pick(lang, &parameter.title)),
                ("most", &count(TEXTS_MAX)),
                ("chars", &count(TEXT_CHARS_MAX)),
            ],
        ),
        (Objection::Value, Some((_, parameter))) => fill(
            &w.parameter_wrong_value,
            &[
                ("title", pick(lang, &parameter.title)),
                ("value", &shown(w, wish.value)),
                ("example", parameter.example().trim_matches('"')),
            ],
        ),
        (Objection::Name | Objection::Value, _) => fill(&w.parameter_wrong_name, &[("name", wish.name)]),
    }
}

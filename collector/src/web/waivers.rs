//! Waivers: which exceptions hold, until when and why; granting one and ending one.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use rules::ruleset::{About, Rule, RuleSet, in_force};

use crate::app::Judge;
use crate::days;
use crate::error::Failure;
use crate::store::account::Standing;
use crate::store::listing::{self, UnitRow};
use crate::store::waiver::{self, Grant, Reach, Waiver};
use crate::waivers::{self, BY_CALENDAR, Objection, REASON_CHARS_MAX};
use crate::web::format::{self, fill, number};
use crate::web::label::{pick, rule_title};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Fields, Form, Query, Site, Visitor, page_with};

/// Who grants exceptions and ends them.
pub const GRANTS: &[Standing] = &[Standing::Administrator, Standing::Security];
/// Ended waivers that are still listed.
const ENDED_MAX: usize = 100;
/// Within so many days the end of a waiver is told apart.
const SOON_DAYS: i32 = 30;

#[derive(Template)]
#[template(path = "waivers.html")]
struct WaiversPage {
    l: Layout,
    w: &'static Words,
    errors: Vec<String>,
    form: Option<FormView>,
    holding: Vec<WaiverView>,
    ended: Vec<WaiverView>,
}

/// The form as it stands: what was chosen stays chosen.
struct FormView {
    machine: Option<(String, String)>,
    units: Vec<Choice>,
    rules: Vec<Choice>,
    reason: String,
    reason_max: usize,
    first_day: String,
    last_day: String,
    ends_on: String,
    hint: String,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct WaiverView {
    id: String,
    rule: String,
    rule_href: String,
    is_dead_rule: bool,
    whom: String,
    href: String,
    reason: String,
    until: String,
    is_soon: bool,
    granted: String,
    matches: String,
    matches_none: bool,
    ended: String,
}

/// What the page is made from.
struct Rows<'a> {
    waivers: &'a [Waiver],
    units: &'a [UnitRow],
    machine: Option<(String, String)>,
    fields: &'a Fields,
    errors: Vec<String>,
}

impl WaiversPage {
    fn of(reader: &Reader, judge: &Judge, rows: Rows<'_>) -> WaiversPage {
        let w = reader.words();
        let may = reader.person.as_ref().is_some_and(|person| GRANTS.contains(&person.standing));
        let view = |waiver: &Waiver| view(reader, judge, waiver);
        WaiversPage {
            l: Layout::new(reader, Place::Waivers, &w.nav_waivers),
            w,
            form: may.then(|| form(reader, judge, &rows)),
            holding: rows.waivers.iter().filter(|one| one.ended.is_none()).map(view).collect(),
            ended: rows.waivers.iter().filter(|one| one.ended.is_some()).take(ENDED_MAX).map(view).collect(),
            errors: rows.errors,
        }
    }
}

fn form(reader: &Reader, judge: &Judge, rows: &Rows<'_>) -> FormView {
    let (lang, w, fields) = (reader.lang, reader.words(), rows.fields);
    let chosen = |field: &str, value: &str| fields.text(field) == value;
    let set = in_force(&judge.sets, format::day(reader.now));
    // A waiver for one machine is from a rule about machines.
    let fits = |rule: &&Rule| rule.about == About::Pc || rows.machine.is_none();
    let asked = set.into_iter().flat_map(RuleSet::every_rule).filter(fits);
    let last_day = waivers::last_day(reader.now);
    FormView {
        machine: rows.machine.clone(),
        units: rows
            .units
            .iter()
            .map(|unit| Choice {
                value: unit.id.clone(),
                label: format!("{} ({})", unit.name, unit.code),
                chosen: chosen("unit", &unit.id),
            })
            .collect(),
        rules: asked
            .map(|rule| Choice {
                value: rule.id.clone(),
                label: pick(lang, &rule.title).to_owned(),
                chosen: chosen("rule", &rule.id),
            })
            .collect(),
        reason: fields.text("reason").to_owned(),
        reason_max: REASON_CHARS_MAX,
        first_day: format::day(reader.now).to_string(),
        last_day: last_day.to_string(),
        ends_on: fields.text("ends_on").to_owned(),
        hint: fill(&w.waiver_until_hint, &[("day", &format::date(last_day))]),
    }
}

fn view(reader: &Reader, judge: &Judge, waiver: &Waiver) -> WaiverView {
    let (lang, w) = (reader.lang, reader.words());
    let (whom, href) = match &waiver.machine {
        Some((id, hostname)) => (hostname.clone(), format!("/machines/{id}")),
        None => (fill(&w.waiver_subtree, &[("unit", &waiver.unit.1)]), format!("/units/{}", waiver.unit.0)),
    };
    let at = |millis: i64| {
        jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), format::moment)
    };
    let soon = format::day(reader.now).saturating_add(jiff::Span::new().days(SOON_DAYS));
    let holds = waiver.ended.is_none();
    let rule = waivers::rule(judge, &waiver.rule);
    // Machines are counted, and a rule about units asks none.
    let is_of_unit = rule.is_some_and(|rule| rule.about == About::Unit);
    WaiverView {
        id: waiver.id.clone(),
        rule: rule_title(lang, judge, &waiver.rule),
        rule_href: match rule {
            Some(rule) if is_of_unit => format!("/units/{}/rules#{}", waiver.unit.0, rule.id),
            Some(rule) => format!("/rules#{}", rule.id),
            None => "/rules".to_owned(),
        },
        is_dead_rule: rule.is_none(),
        whom,
        href,
        reason: waiver.reason.clone(),
        until: format::date(waiver.ends_on),
        is_soon: holds && waiver.ends_on <= soon,
        granted: format!("{}, {}", waiver.granted_by, at(waiver.granted_at)),
        matches: match is_of_unit {
            true => w.waiver_unit_rule.clone(),
            false => fill(&w.waiver_matches, &[("n", &number(lang, waiver.matches))]),
        },
        matches_none: holds && waiver.matches == 0 && !is_of_unit,
        ended: match &waiver.ended {
            Some((millis, by)) if by == BY_CALENDAR => format!("{}, {}", w.waiver_by_calendar, at(*millis)),
            Some((millis, by)) => format!("{by}, {}", at(*millis)),
            None => String::new(),
        },
    }
}

async fn answer(
    site: &Site,
    visitor: &Visitor,
    fields: &Fields,
    status: StatusCode,
    errors: Vec<String>,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let scope = &visitor.person.scope;
    let mut waivers = waiver::all(&mut tx, scope.first()).await?;
    for one in waivers.iter_mut().filter(|one| one.ended.is_none()) {
        let rule = waivers::rule(&site.app.judge(), &one.rule).map(|rule| rule.id.clone());
        if let Some(rule) = rule.filter(|rule| *rule != one.rule) {
            one.matches = waiver::matches(&mut tx, &one.id, &rule).await?;
        }
    }
    let units = listing::units(&mut tx, scope).await?;
    let machine = match fields.text("machine") {
        "" => None,
        id => Some(listing::machine(&mut tx, scope, id).await?.ok_or(Failure::NotFound)?),
    };
    drop(tx);
    let machine = machine.map(|machine| (machine.id, machine.hostname));
    let rows = Rows { waivers: &waivers, units: &units, machine, fields, errors };
    page_with(status, &WaiversPage::of(&visitor.reader, &site.app.judge(), rows))
}

/// Shows the waivers, and the form to grant one: `?machine=`, `?unit=` and `?rule=` choose for whom and from what.
///
/// # Errors
/// [`Failure::NotFound`] for a machine that the person does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    answer(&site, &visitor, &fields, StatusCode::OK, Vec::new()).await
}

/// Grants a waiver.
///
/// # Errors
/// [`Failure::NotFound`] for a machine or unit that the person does not see; when the database fails.
pub async fn grant(
    State(site): State<Site>,
    visitor: Visitor,
    Form(form): Form,
) -> Result<Response, Failure> {
    let w = visitor.words();
    let scope = &visitor.person.scope;
    let (machine, unit) = (form.text("machine"), form.text("unit"));
    let mut tx = site.app.store.read().await?;
    let reach = if machine.is_empty() {
        let units = listing::units(&mut tx, scope).await?;
        if !units.iter().any(|one| one.id == unit) {
            return Err(Failure::NotFound);
        }
        Reach::Unit(unit)
    } else {
        listing::machine(&mut tx, scope, machine).await?.ok_or(Failure::NotFound)?;
        Reach::Machine(machine)
    };
    drop(tx);
    let now = site.app.clock.now();
    // A day that cannot be read is one that has gone by.
    let ends_on = days::read(form.text("ends_on")).unwrap_or(jiff::civil::Date::MIN);
    let reason = form.text("reason").trim();
    let wish = Grant { reach, rule: form.text("rule"), reason, by: &visitor.person.name, ends_on };
    if let Err(objections) = waivers::check(&site.app.judge(), &wish, now) {
        let last = format::date(waivers::last_day(now));
        let errors = objections.into_iter().map(|objection| match objection {
            Objection::Rule => w.waiver_wrong_rule.clone(),
            Objection::Reach => w.waiver_wrong_reach.clone(),
            Objection::Reason => {
                fill(&w.waiver_wrong_reason, &[("most", &number(visitor.lang(), chars(REASON_CHARS_MAX)))])
            }
            Objection::Day => fill(&w.waiver_wrong_day, &[("day", &last)]),
        });
        return answer(&site, &visitor, &form, StatusCode::UNPROCESSABLE_ENTITY, errors.collect()).await;
    }
    waivers::grant(&site.app, wish).await?;
    let back = match reach {
        Reach::Machine(machine) => format!("/machines/{machine}#{}", wish.rule),
        Reach::Unit(_) => "/waivers".to_owned(),
    };
    Ok(Redirect::to(&back).into_response())
}

fn chars(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Ends a waiver.
///
/// # Errors
/// [`Failure::NotFound`] for a waiver that the person does not see; when the database fails.
pub async fn end(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let seen = waiver::all(&mut tx, visitor.person.scope.first()).await?;
    drop(tx);
    let waiver = seen.into_iter().find(|waiver| waiver.id == id).ok_or(Failure::NotFound)?;
    waivers::end(&site.app, &waiver, &visitor.person.name).await?;
    Ok(Redirect::to("/waivers").into_response())
}

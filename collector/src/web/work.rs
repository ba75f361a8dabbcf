//! Work lists for technicians: which PC, in which room, what to do, which parts; ticked off by hand, confirmed by the
//! next report. And the room of a machine, and the team of a unit.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use rules::plan::Means;
use rules::ruleset::in_force;

use crate::app::Judge;
use crate::error::Failure;
use crate::rooms::is_room;
use crate::store::account::Standing;
use crate::store::listing::{self, Scope};
use crate::store::work::{self, Work};
use crate::store::{Tx, audit};
use crate::web::csv::Csv;
use crate::web::format::{self, fill, number};
use crate::web::label::{self, pick};
use crate::web::layout::{Layout, Place};
use crate::web::plan;
use crate::web::reader::{Lang, Reader};
use crate::web::scenarios::PLANS;
use crate::web::words::Words;
use crate::web::{CSV, Fields, Form, Query, Site, Visitor, attachment, page};
use crate::work::{make, rule_id};

/// Who ticks work off. Who makes plans makes work lists.
pub const TICKS: &[Standing] = &[Standing::Administrator, Standing::Analyst, Standing::Security];
/// Work on one page; the CSV file has all.
const ROWS_MAX: usize = 1000;
/// Longest name of a team, in characters.
const TEAM_CHARS_MAX: usize = 60;

/// How far work has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Open,
    Done,
    Confirmed,
}

impl Stage {
    const ALL: &'static [Stage] = &[Stage::Open, Stage::Done, Stage::Confirmed];

    fn of(work: &Work) -> Stage {
        match (work.confirmed_at, &work.ticked) {
            (Some(_), _) => Stage::Confirmed,
            (None, Some(_)) => Stage::Done,
            (None, None) => Stage::Open,
        }
    }

    /// As it stands in the address.
    fn word(self) -> &'static str {
        match self {
            Stage::Open => "open",
            Stage::Done => "done",
            Stage::Confirmed => "confirmed",
        }
    }

    fn label(self, w: &'static Words) -> &'static str {
        match self {
            Stage::Open => &w.work_open,
            Stage::Done => &w.work_done,
            Stage::Confirmed => &w.work_confirmed,
        }
    }
}

#[derive(Template)]
#[template(path = "work.html")]
struct WorkPage {
    l: Layout,
    w: &'static Words,
    made: Option<String>,
    may: bool,
    unit: String,
    team: String,
    stage: &'static str,
    units: Vec<Choice>,
    teams: Vec<Choice>,
    stages: Vec<StageView>,
    groups: Vec<Group>,
    first_rows: Option<String>,
    csv: String,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct StageView {
    label: &'static str,
    count: String,
    href: String,
    is_here: bool,
}

/// The work of one unit.
struct Group {
    unit: String,
    team: String,
    rows: Vec<RowView>,
}

struct RowView {
    id: String,
    href: String,
    machine: String,
    room: String,
    what: String,
    parts: String,
    /// How far it has come, and since when.
    state: String,
    /// What a later report still says against it.
    failing: Option<String>,
    is_open: bool,
    is_done: bool,
}

/// What is to be done, in one phrase.
fn what(lang: Lang, w: &'static Words, judge: &Judge, work: &Work, now: jiff::civil::Date) -> String {
    let wanted = &work.wanted;
    let parts = || parts(lang, judge, work);
    match wanted.means.as_str() {
        word if word == Means::Reassign.word() => fill(&w.plan_do_reassign, &[("machine", &work.hostname)]),
        word if word == Means::Buy.word() => fill(&w.plan_do_replace, &[("items", &parts())]),
        _ => {
            let set = in_force(&judge.sets, now);
            let title = |id: &String| {
                let remedy = set.and_then(|set| set.remedies.get(id));
                remedy.map_or_else(|| id.clone(), |remedy| pick(lang, &remedy.title).to_owned())
            };
            wanted.remedies.iter().map(title).collect::<Vec<_>>().join(" + ")
        }
    }
}

fn parts(lang: Lang, judge: &Judge, work: &Work) -> String {
    let title = |id: &String| {
        let item = judge.prices.items.get(id);
        item.map_or_else(|| id.clone(), |item| pick(lang, &item.title).to_owned())
    };
    work.wanted.parts.iter().map(title).collect::<Vec<_>>().join(" + ")
}

fn state(w: &'static Words, work: &Work) -> String {
    let at = |millis: i64| {
        jiff::Timestamp::from_millisecond(millis).map_or_else(|_| String::new(), format::moment)
    };
    match (work.confirmed_at, &work.ticked) {
        (Some(when), Some((by, ticked))) => {
            let places = [("by", by.as_str()), ("at", &at(*ticked)), ("report", &at(when))];
            fill(&w.work_state_confirmed, &places)
        }
        (Some(when), None) => fill(&w.work_state_confirmed_alone, &[("report", &at(when))]),
        (None, Some((by, ticked))) => fill(&w.work_state_done, &[("by", by), ("at", &at(*ticked))]),
        (None, None) => fill(&w.work_state_open, &[("by", &work.made_by), ("at", &at(work.made_at))]),
    }
}

/// What a report after the tick says, where it does not confirm.
fn failing(lang: Lang, w: &'static Words, judge: &Judge, work: &Work) -> Option<String> {
    if Stage::of(work) != Stage::Done || !work.is_checked {
        return None;
    }
    if work.failing.is_empty() {
        return Some(w.work_unclear.clone());
    }
    let titles = work.failing.iter().map(|rule| label::rule_title(lang, judge, rule_id(rule)));
    Some(fill(&w.work_failing, &[("rules", &titles.collect::<Vec<_>>().join("; "))]))
}

fn view(reader: &Reader, judge: &Judge, work: &Work) -> RowView {
    let (lang, w) = (reader.lang, reader.words());
    let stage = Stage::of(work);
    RowView {
        id: work.id.clone(),
        href: format!("/machines/{}", work.wanted.machine),
        machine: work.hostname.clone(),
        room: if work.room.is_empty() { "—".to_owned() } else { work.room.clone() },
        what: what(lang, w, judge, work, format::day(reader.now)),
        parts: parts(lang, judge, work),
        state: state(w, work),
        failing: failing(lang, w, judge, work),
        is_open: stage == Stage::Open,
        is_done: stage == Stage::Done,
    }
}

/// What the address asks.
struct Asked {
    unit: String,
    team: String,
    stage: Stage,
}

impl Asked {
    fn of(fields: &Fields) -> Asked {
        let stage = Stage::ALL.iter().find(|stage| stage.word() == fields.text("stage"));
        Asked {
            unit: fields.text("unit").to_owned(),
            team: fields.text("team").to_owned(),
            stage: stage.copied().unwrap_or(Stage::Open),
        }
    }

    fn url(&self, path: &str, stage: Stage) -> String {
        format::url(path, &[("unit", &self.unit), ("team", &self.team), ("stage", stage.word())])
    }
}

/// Work with the team that does it.
type Listed = Vec<(Work, String)>;

/// All work of a unit and a team.
async fn listed(tx: &mut Tx, visitor: &Visitor, asked: &Asked) -> Result<Listed, Failure> {
    let scope = match asked.unit.as_str() {
        "" => visitor.person.scope.clone(),
        id => {
            let units = listing::units(tx, &visitor.person.scope).await?;
            let unit = units.iter().find(|unit| unit.id == id).ok_or(Failure::NotFound)?;
            Scope::subtree(&unit.path)
        }
    };
    let teams = work::teams(tx).await?;
    let all = work::all(tx, &scope).await?.into_iter().map(|work| {
        let team = work::team_at(&teams, &work.unit_path).unwrap_or_default().to_owned();
        (work, team)
    });
    Ok(all.filter(|(_, team)| asked.team.is_empty() || *team == asked.team).collect())
}

/// Shows a work list: `?unit=`, `?team=` and `?stage=`, which is open, done or confirmed.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let asked = Asked::of(&fields);
    let (reader, w) = (&visitor.reader, visitor.words());
    let mut tx = site.app.store.read().await?;
    let units = listing::units(&mut tx, &visitor.person.scope).await?;
    let seen: BTreeSet<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
    let teams = work::teams(&mut tx).await?;
    let teams: BTreeSet<String> =
        teams.into_iter().filter(|(unit, _)| seen.contains(unit.as_str())).map(|(_, team)| team).collect();
    let all = listed(&mut tx, &visitor, &asked).await?;
    drop(tx);
    let stages = Stage::ALL.iter().map(|stage| {
        let count = all.iter().filter(|(work, _)| Stage::of(work) == *stage).count();
        StageView {
            label: stage.label(w),
            count: number(reader.lang, i64::try_from(count).unwrap_or(i64::MAX)),
            href: asked.url("/work", *stage),
            is_here: *stage == asked.stage,
        }
    });
    let here: Listed = all.iter().filter(|(work, _)| Stage::of(work) == asked.stage).cloned().collect();
    let everywhere =
        Choice { value: String::new(), label: w.plan_everything.clone(), chosen: asked.unit.is_empty() };
    let choices = units.iter().map(|unit| Choice {
        value: unit.id.clone(),
        label: format!("{} ({})", unit.name, unit.code),
        chosen: unit.id == asked.unit,
    });
    let any = Choice { value: String::new(), label: w.work_any_team.clone(), chosen: asked.team.is_empty() };
    let named = teams.iter().map(|team| Choice {
        value: team.clone(),
        label: team.clone(),
        chosen: *team == asked.team,
    });
    let most = number(reader.lang, i64::try_from(ROWS_MAX).unwrap_or(i64::MAX));
    page(&WorkPage {
        l: Layout::new(reader, Place::Work, &w.work_title),
        w,
        made: made_told(reader, &fields),
        may: TICKS.contains(&visitor.person.standing),
        units: std::iter::once(everywhere).chain(choices).collect(),
        teams: std::iter::once(any).chain(named).collect(),
        stages: stages.collect(),
        groups: groups(reader, &site.app.judge(), &here),
        first_rows: (here.len() > ROWS_MAX).then(|| fill(&w.work_first, &[("n", &most)])),
        csv: asked.url("/work.csv", asked.stage),
        unit: asked.unit,
        team: asked.team,
        stage: asked.stage.word(),
    })
}

/// What making a list came to, where the address tells it.
fn made_told(reader: &Reader, fields: &Fields) -> Option<String> {
    let count = |name: &str| fields.text(name).parse::<i64>().ok();
    let (made, kept, without) = (count("made")?, count("kept")?, count("without")?);
    let [made, kept, without] = [made, kept, without].map(|count| number(reader.lang, count));
    Some(fill(&reader.words().work_made, &[("made", &made), ("kept", &kept), ("without", &without)]))
}

fn groups(reader: &Reader, judge: &Judge, listed: &Listed) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut here = None;
    for (work, team) in listed.iter().take(ROWS_MAX) {
        if here != Some(&work.wanted.unit) {
            here = Some(&work.wanted.unit);
            let (unit, team) = (work.unit_name.clone(), team.clone());
            groups.push(Group { unit, team, rows: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(view(reader, judge, work));
        }
    }
    groups
}

/// A work list as CSV: all of it, with the stage that is asked for.
///
/// # Errors
/// As [`show`].
pub async fn export(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let asked = Asked::of(&fields);
    let (reader, w) = (&visitor.reader, visitor.words());
    let mut tx = site.app.store.read().await?;
    let all = listed(&mut tx, &visitor, &asked).await?;
    drop(tx);
    let judge = site.app.judge();
    let mut csv = Csv::new(fields.separator());
    let titles = [
        &w.column_unit,
        &w.work_team,
        &w.column_machine,
        &w.work_room,
        &w.plan_what,
        &w.work_parts,
        &w.work_state,
        &w.work_not_confirmed,
    ];
    csv.line(&titles.map(Clone::clone));
    for (work, team) in all.iter().filter(|(work, _)| Stage::of(work) == asked.stage) {
        let RowView { machine, what, parts, state, failing, .. } = view(reader, &judge, work);
        let (unit, room) = (work.unit_name.clone(), work.room.clone());
        csv.line(&[unit, team.clone(), machine, room, what, parts, state, failing.unwrap_or_default()]);
    }
    let name = format!("viec-{}.csv", format::day(reader.now));
    Ok(attachment(CSV, &name, csv.text))
}

/// Makes a work list from a plan (`act=make`, with what the plan is asked), ticks work off (`tick`), takes the tick
/// away (`untick`), or throws work away that nobody has done (`remove`).
///
/// # Errors
/// [`Failure::Forbidden`] for who makes no plans; [`Failure::NotFound`] for work and units that the person does not see;
/// when the database fails.
pub async fn act(State(site): State<Site>, visitor: Visitor, Form(form): Form) -> Result<Response, Failure> {
    let asked = Asked::of(&form);
    if form.text("act") == "make" {
        return make_list(&site, &visitor, &form).await;
    }
    let (now, by) = (site.app.clock.now(), visitor.person.name.as_str());
    let mut tx = site.app.store.begin().await?;
    let everywhere = Asked { unit: String::new(), team: String::new(), stage: asked.stage };
    let all = listed(&mut tx, &visitor, &everywhere).await?;
    let (one, _) = all.iter().find(|(work, _)| work.id == form.text("id")).ok_or(Failure::NotFound)?;
    let (done, action) = match form.text("act") {
        "tick" => (work::tick(&mut tx, &one.id, Some((by, now))).await?, "work-tick"),
        "untick" => (work::tick(&mut tx, &one.id, None).await?, "work-untick"),
        "remove" if PLANS.contains(&visitor.person.standing) => {
            (work::remove(&mut tx, &one.id).await?, "work-remove")
        }
        "remove" => return Err(Failure::Forbidden),
        _ => return Err(Failure::NotFound),
    };
    if done {
        let detail = serde_json::json!({
            "machine": one.hostname, "means": one.wanted.means, "remedies": one.wanted.remedies,
            "parts": one.wanted.parts
        });
        audit::add(&mut tx, now, by, action, &one.wanted.machine, &detail.to_string()).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&asked.url("/work", asked.stage)).into_response())
}

async fn make_list(site: &Site, visitor: &Visitor, form: &Fields) -> Result<Response, Failure> {
    if !PLANS.contains(&visitor.person.standing) {
        return Err(Failure::Forbidden);
    }
    let (place, planned) = plan::file(site, visitor, form).await?;
    let done = make(&site.app, &planned, &place, &visitor.person.name).await?;
    let [made, kept, without] = [done.made, done.kept, done.without_machine].map(|count| count.to_string());
    let fields = [("unit", form.text("unit")), ("made", &made), ("kept", &kept), ("without", &without)];
    Ok(Redirect::to(&format::url("/work", &fields)).into_response())
}

/// Says in which room a machine stands.
///
/// # Errors
/// [`Failure::NotFound`] for a machine that the person does not see, and for what cannot be a room; when the database
/// fails.
pub async fn set_room(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let room = form.text("room").trim();
    if !is_room(room) {
        return Err(Failure::NotFound);
    }
    let mut tx = site.app.store.begin().await?;
    let machine = listing::machine(&mut tx, &visitor.person.scope, &id).await?.ok_or(Failure::NotFound)?;
    if work::set_room(&mut tx, &machine.id, room).await? {
        let detail = serde_json::json!({ "room": room }).to_string();
        let by = &visitor.person.name;
        audit::add(&mut tx, site.app.clock.now(), by, "machine-room", &machine.id, &detail).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/machines/{}", machine.id)).into_response())
}

/// Says which team looks after a unit.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see, and for what cannot be a team; when the database
/// fails.
pub async fn set_team(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let team = form.text("team").trim();
    if team.chars().count() > TEAM_CHARS_MAX || team.chars().any(char::is_control) {
        return Err(Failure::NotFound);
    }
    let mut tx = site.app.store.begin().await?;
    let units = listing::units(&mut tx, &visitor.person.scope).await?;
    let unit = units.iter().find(|unit| unit.id == id).ok_or(Failure::NotFound)?;
    work::set_team(&mut tx, &unit.id, team).await?;
    let detail = serde_json::json!({ "team": team }).to_string();
    audit::add(&mut tx, site.app.clock.now(), &visitor.person.name, "unit-team", &unit.code, &detail).await?;
    tx.commit().await?;
    Ok(Redirect::to(&format!("/units/{id}")).into_response())
}

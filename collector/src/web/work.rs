//! Work lists for technicians: which PC, in which room, what to do, which parts; ticked off by hand, confirmed by the
//! next report. And the room of a machine, and the team of a unit.

use std::collections::BTreeSet;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

use crate::app::Judge;
use crate::error::Failure;
use crate::rooms::{ROOM_CHARS_MAX, is_room};
use crate::store::account::Standing;
use crate::store::listing::{self, Scope};
use crate::store::{Tx, audit, goods, work};
use crate::table::Csv;
use crate::web::format::{self, fill, number};
use crate::web::layout::{Layout, Place};
use crate::web::plan::asked::planned;
use crate::web::reader::Reader;
use crate::web::scenarios::PLANS;
use crate::web::words::Words;
use crate::web::{CSV, Fields, Form, Query, Site, Visitor, attachment, machine, page, unit};
use crate::work::make;

mod task;

use task::{RowView, Stage, Task};

/// Who ticks work off. Who makes plans makes work lists.
pub const TICKS: &[Standing] = &[Standing::Administrator, Standing::Analyst, Standing::Security];
/// Work on one page; the CSV file has all.
const ROWS_MAX: usize = 1000;
/// Longest name of a team, in characters.
const TEAM_CHARS_MAX: usize = 60;

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

/// What is to be done, with the team that does it.
type Listed = Vec<(Task, String)>;

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
    let works = work::all(tx, &scope).await?.into_iter().map(Task::Work);
    let goods = goods::all(tx, &scope).await?.into_iter().map(Task::Goods);
    let mut tasks: Vec<Task> = works.chain(goods).collect();
    // Unit by unit; the sort is stable, so what is bought stands after the machines.
    tasks.sort_by(|a, b| a.unit().1.cmp(b.unit().1));
    let all = tasks.into_iter().map(|task| {
        let team = work::team_at(&teams, task.unit().1).unwrap_or_default().to_owned();
        (task, team)
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
        let count = all.iter().filter(|(task, _)| task.stage() == *stage).count();
        StageView {
            label: stage.label(w),
            count: number(reader.lang, i64::try_from(count).unwrap_or(i64::MAX)),
            href: asked.url("/work", *stage),
            is_here: *stage == asked.stage,
        }
    });
    let here: Listed = all.iter().filter(|(task, _)| task.stage() == asked.stage).cloned().collect();
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
    let [made, kept] = [count("made")?, count("kept")?].map(|count| number(reader.lang, count));
    Some(fill(&reader.words().work_made, &[("made", &made), ("kept", &kept)]))
}

fn groups(reader: &Reader, judge: &Judge, listed: &Listed) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut here = None;
    for (task, team) in listed.iter().take(ROWS_MAX) {
        let (id, _, name) = task.unit();
        if here != Some(id) {
            here = Some(id);
            groups.push(Group { unit: name.to_owned(), team: team.clone(), rows: Vec::new() });
        }
        if let Some(group) = groups.last_mut() {
            group.rows.push(task.view(reader, judge));
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
        &w.work_made_by,
        &w.work_made_at,
        &w.work_ticked_by,
        &w.work_ticked_at,
        &w.work_confirmed_at,
        &w.work_not_confirmed,
    ];
    csv.line(&titles.map(Clone::clone));
    for (task, team) in all.iter().filter(|(task, _)| task.stage() == asked.stage) {
        let RowView { machine, room, what, parts, failing, .. } = task.view(reader, &judge);
        let unit = task.unit().2.to_owned();
        let mut cells =
            vec![unit, team.clone(), machine, room, what, parts, task.stage().label(w).to_owned()];
        cells.extend(task.course());
        cells.push(failing.unwrap_or_default());
        csv.line(&cells);
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
    let (one, _) = all.iter().find(|(task, _)| task.id() == form.text("id")).ok_or(Failure::NotFound)?;
    let may_remove = PLANS.contains(&visitor.person.standing);
    let (tick, action) = match form.text("act") {
        "tick" => (Some(Some((by, now))), "work-tick"),
        "untick" => (Some(None), "work-untick"),
        "remove" if may_remove => (None, "work-remove"),
        "remove" => return Err(Failure::Forbidden),
        _ => return Err(Failure::NotFound),
    };
    let done = match (one, tick) {
        (Task::Work(one), Some(tick)) => work::tick(&mut tx, &one.id, tick).await?,
        (Task::Work(one), None) => work::remove(&mut tx, &one.id).await?,
        (Task::Goods(one), Some(tick)) => goods::tick(&mut tx, &one.id, tick).await?,
        (Task::Goods(one), None) => goods::remove(&mut tx, &one.id).await?,
    };
    if done {
        let (object, detail) = told(one);
        audit::add(&mut tx, now, by, action, &object, &detail.to_string()).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&asked.url("/work", asked.stage)).into_response())
}

/// What the audit trail says of it.
fn told(task: &Task) -> (String, serde_json::Value) {
    match task {
        Task::Work(one) => {
            let wanted = &one.wanted;
            let detail = serde_json::json!({
                "machine": one.hostname, "means": wanted.means, "remedies": wanted.remedies, "parts": wanted.parts
            });
            (wanted.machine.clone(), detail)
        }
        Task::Goods(one) => {
            let wanted = &one.wanted;
            let detail = serde_json::json!({
                "means": wanted.means, "item": wanted.item, "role": wanted.role, "count": wanted.count
            });
            (one.unit_name.clone(), detail)
        }
    }
}

async fn make_list(site: &Site, visitor: &Visitor, form: &Fields) -> Result<Response, Failure> {
    if !PLANS.contains(&visitor.person.standing) {
        return Err(Failure::Forbidden);
    }
    let (place, plan) = planned(site, visitor, form).await?;
    let done = make(&site.app, &plan, &place, &visitor.person.name).await?;
    let [made, kept] = [done.made, done.kept].map(|count| count.to_string());
    let fields = [("unit", form.text("unit")), ("made", &made), ("kept", &kept)];
    Ok(Redirect::to(&format::url("/work", &fields)).into_response())
}

/// Says in which room a machine stands.
///
/// # Errors
/// [`Failure::NotFound`] for a machine that the person does not see; when the database fails.
pub async fn set_room(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let room = form.text("room").trim();
    if !is_room(room) {
        let w = visitor.words();
        let error = fill(&w.room_wrong, &[("n", &ROOM_CHARS_MAX.to_string())]);
        return machine::refuse_room(&site, &visitor, &id, (room, error)).await;
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
/// [`Failure::NotFound`] for a unit that the person does not see; when the database fails.
pub async fn set_team(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let team = form.text("team").trim();
    if team.chars().count() > TEAM_CHARS_MAX || team.chars().any(char::is_control) {
        let w = visitor.words();
        let error = fill(&w.team_wrong, &[("n", &TEAM_CHARS_MAX.to_string())]);
        return unit::answer(&site, &visitor, &id, vec![error]).await;
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

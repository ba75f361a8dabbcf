//! Machines of closed units, which wait for a person to say where they go: one by one, or by a file of rules.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::error::Failure;
use crate::sheet;
use crate::store::past::{self, Stranded};
use crate::store::unit::Unit;
use crate::store::{Tx, audit, seat};
use crate::units::reassign::{self, Rule};
use crate::web::format::{fill, number};
use crate::web::label;
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::units::shown_day;
use crate::web::words::Words;
use crate::web::{CSV, Form, Query, Site, Visitor, attachment, page_with};

/// What the file is called in complaints.
const FILE: &str = "rules.csv";
/// Machines of one unit, and complaints, on the page; the list to download has all.
const LINES: usize = 100;

#[derive(Template)]
#[template(path = "waiting.html")]
struct WaitingPage {
    l: Layout,
    w: &'static Words,
    count: String,
    groups: Vec<Group>,
    said: Said,
}

/// What stands above the list when somebody has sent something.
#[derive(Default)]
struct Said {
    notes: Vec<String>,
    error: Option<String>,
    complaints: Vec<String>,
    /// The rules that were looked at.
    text: String,
    may_apply: bool,
}

/// The machines of one closed unit.
struct Group {
    id: String,
    name: String,
    code: String,
    closed: String,
    successors: Option<String>,
    seats: Option<String>,
    machines: Vec<MachineView>,
    more: Option<String>,
}

struct MachineView {
    href: String,
    hostname: String,
    role: String,
    unit: String,
}

/// What the page is made from.
struct Rows {
    machines: Vec<Stranded>,
    closed: BTreeMap<String, (String, String, String)>,
    successors: BTreeMap<String, Vec<Unit>>,
    seats: Vec<(String, i64)>,
}

async fn rows(tx: &mut Tx, visitor: &Visitor) -> Result<Rows, Failure> {
    let scope = &visitor.person.scope;
    Ok(Rows {
        machines: past::stranded(tx, scope).await?,
        closed: past::closed(tx).await?,
        successors: past::successors(tx).await?,
        seats: past::stranded_seats(tx, scope).await?,
    })
}

impl WaitingPage {
    fn of(reader: &Reader, rows: &Rows, said: Said) -> WaitingPage {
        let (lang, w) = (reader.lang, reader.words());
        let n = |count: usize| number(lang, i64::try_from(count).unwrap_or(i64::MAX));
        let mut below: BTreeMap<&str, Vec<&Stranded>> = BTreeMap::new();
        for one in &rows.machines {
            // Under the lowest closed unit: that one was divided.
            let ids: Vec<&str> = one.path.split_terminator('/').collect();
            if let Some(id) = ids.into_iter().rev().find(|id| rows.closed.contains_key(*id)) {
                below.entry(id).or_default().push(one);
            }
        }
        for (id, _) in &rows.seats {
            below.entry(id).or_default();
        }
        let group = |(id, machines): (&str, Vec<&Stranded>)| {
            let (code, name, day) = rows.closed.get(id)?;
            let names: Vec<&str> =
                rows.successors.get(id).into_iter().flatten().map(|unit| unit.name.as_str()).collect();
            let seats = rows.seats.iter().find(|(unit, _)| unit == id).map(|(_, count)| *count);
            Some(Group {
                id: id.to_owned(),
                name: name.clone(),
                code: code.clone(),
                closed: fill(&w.units_closed, &[("day", &shown_day(day))]),
                successors: (!names.is_empty())
                    .then(|| fill(&w.units_waiting_maybe, &[("units", &names.join(", "))])),
                seats: seats.map(|count| fill(&w.units_waiting_seats, &[("n", &number(lang, count))])),
                more: (machines.len() > LINES)
                    .then(|| fill(&w.units_import_more, &[("n", &n(machines.len() - LINES))])),
                machines: machines
                    .into_iter()
                    .take(LINES)
                    .map(|one| MachineView {
                        href: format!("/machines/{}/seat", one.id),
                        hostname: one.hostname.clone(),
                        role: label::role_of(w, &one.role),
                        unit: one.named.1.clone(),
                    })
                    .collect(),
            })
        };
        WaitingPage {
            l: Layout::new(reader, Place::Units, &w.units_waiting),
            w,
            count: fill(&w.units_waiting_count, &[("n", &n(rows.machines.len()))]),
            groups: below.into_iter().filter_map(group).collect(),
            said,
        }
    }
}

async fn shown(site: &Site, visitor: &Visitor, status: StatusCode, said: Said) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let rows = rows(&mut tx, visitor).await?;
    page_with(status, &WaitingPage::of(&visitor.reader, &rows, said))
}

/// Shows who waits.
///
/// # Errors
/// When the database fails.
pub async fn show(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    shown(&site, &visitor, StatusCode::OK, Said::default()).await
}

/// The list of who waits, to be filled in for `seats assign`.
///
/// # Errors
/// When the database fails.
pub async fn export(
    State(site): State<Site>,
    visitor: Visitor,
    Query(query): Query,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let separator = query.separator();
    let text = reassign::csv(&past::stranded(&mut tx, &visitor.person.scope).await?, separator);
    Ok(attachment(CSV, "may-cho-phan-cong.csv", text))
}

/// Sends machines on by a file of rules: `act` is `look` or `apply`; `drop` drops the seats of the closed unit `unit`.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see; when the database fails.
pub async fn send_on(
    State(site): State<Site>,
    visitor: Visitor,
    Form(form): Form,
) -> Result<Response, Failure> {
    if form.text("act") == "drop" {
        return drop_seats(&site, &visitor, form.text("unit")).await;
    }
    let w = visitor.words();
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let read = match form.file("file") {
        Some(bytes) => sheet::text(FILE, bytes),
        None => Ok(form.text("text").to_owned()),
    };
    let text = match read {
        Ok(text) => text.replace("\r\n", "\n"),
        Err(complaints) => {
            return shown(&site, &visitor, refused, Said { complaints, ..Said::default() }).await;
        }
    };
    if text.trim().is_empty() {
        let error = Some(w.units_import_empty.clone());
        return shown(&site, &visitor, refused, Said { error, ..Said::default() }).await;
    }
    let said = match reassign::parse(FILE, text.as_bytes()) {
        Ok(rules) if form.text("act") == "apply" => applied(&site, &visitor, &rules).await?,
        Ok(rules) => looked_at(&site, &visitor, &rules).await?,
        Err(complaints) => Err(complaints),
    };
    match said {
        Ok(said) => {
            let text = if said.may_apply { text } else { String::new() };
            shown(&site, &visitor, StatusCode::OK, Said { text, ..said }).await
        }
        Err(complaints) => {
            let complaints = complaints.into_iter().take(LINES).collect();
            shown(&site, &visitor, refused, Said { complaints, text, ..Said::default() }).await
        }
    }
}

/// Sends machines on, and says how many went.
async fn applied(
    site: &Site,
    visitor: &Visitor,
    rules: &[Rule],
) -> Result<Result<Said, Vec<String>>, Failure> {
    let person = &visitor.person;
    let done = reassign::apply(&site.app, &person.scope, (FILE, rules), &person.name).await?;
    Ok(done.map(|(moved, left)| Said {
        notes: vec![counted(visitor, &visitor.words().units_waiting_went, moved, left)],
        ..Said::default()
    }))
}

/// Says how many machines would go.
async fn looked_at(
    site: &Site,
    visitor: &Visitor,
    rules: &[Rule],
) -> Result<Result<Said, Vec<String>>, Failure> {
    let w = visitor.words();
    let mut tx = site.app.store.read().await?;
    let listed = reassign::list(&mut tx, &visitor.person.scope, (FILE, rules)).await?;
    Ok(listed.map(|(_, reckoned)| {
        let moves = reckoned.moves.len();
        let mut notes = vec![counted(visitor, &w.units_waiting_would, moves, reckoned.left)];
        if !reckoned.idle.is_empty() {
            let lines: Vec<String> = reckoned.idle.iter().map(u64::to_string).collect();
            notes.push(fill(&w.units_waiting_idle, &[("lines", &lines.join(", "))]));
        }
        Said { notes, may_apply: moves > 0, ..Said::default() }
    }))
}

fn counted(visitor: &Visitor, text: &str, moved: usize, left: usize) -> String {
    let n = |count: usize| number(visitor.lang(), i64::try_from(count).unwrap_or(i64::MAX));
    fill(text, &[("n", &n(moved)), ("left", &n(left))])
}

/// Drops the seats of a closed unit: its machines have gone, and those who came after it count their own.
async fn drop_seats(site: &Site, visitor: &Visitor, id: &str) -> Result<Response, Failure> {
    let mut tx = site.app.store.begin().await?;
    let counted = past::stranded_seats(&mut tx, &visitor.person.scope).await?;
    let (unit, count) = counted.into_iter().find(|(unit, _)| unit == id).ok_or(Failure::NotFound)?;
    let code = past::closed(&mut tx).await?.remove(&unit).map(|(code, ..)| code).unwrap_or_default();
    seat::set(&mut tx, &unit, &[]).await?;
    let now = site.app.clock.now();
    let detail = serde_json::json!({ "seats": count }).to_string();
    audit::add(&mut tx, now, &visitor.person.name, "seats-drop", &code, &detail).await?;
    tx.commit().await?;
    shown(site, visitor, StatusCode::OK, Said::default()).await
}

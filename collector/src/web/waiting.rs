//! Machines of closed units, which wait for a person to say where they go: one by one, or by a file of rules.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::error::Failure;
use crate::guard::Person;
use crate::rescore::judge_again;
use crate::sheet::{self, File};
use crate::store::account::Standing;
use crate::store::assessment::Cause;
use crate::store::estate::{self, Kind, Left};
use crate::store::machine::Among;
use crate::store::past::{self, Stranded};
use crate::store::unit::{self, Unit};
use crate::store::{Tx, audit};
use crate::units::reassign::{self, Rule};
use crate::web::format::{fill, number};
use crate::web::label;
use crate::web::layout::{Layout, Place};
use crate::web::parameters::SETS_PARAMETERS;
use crate::web::unit_import::left_kind;
use crate::web::units::shown_day;
use crate::web::waivers::GRANTS;
use crate::web::words::Words;
use crate::web::{CSV, Fields, Form, Query, Site, Visitor, attachment, page_with};

/// What the file is called in the audit trail, and in complaints where the browser says no name.
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
    /// What the file is called that they came from.
    file_name: String,
    may_apply: bool,
}

/// The machines of one closed unit.
struct Group {
    id: String,
    name: String,
    code: String,
    closed: String,
    successors: Option<String>,
    left: Vec<LeftView>,
    targets: Vec<(String, String)>,
    machines: Vec<MachineView>,
    more: Option<String>,
}

/// Something that a closed unit left.
struct LeftView {
    kind: &'static str,
    word: &'static str,
    key: String,
    told: String,
    may: bool,
    may_drop: bool,
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
    left: Vec<Left>,
    /// The units that work: id and name.
    open: Vec<(String, String)>,
}

async fn rows(tx: &mut Tx, visitor: &Visitor) -> Result<Rows, Failure> {
    let scope = &visitor.person.scope;
    Ok(Rows {
        machines: past::stranded(tx, scope).await?,
        closed: past::closed(tx).await?,
        successors: past::successors(tx).await?,
        left: estate::left(tx, scope).await?,
        open: unit::standing(tx)
            .await?
            .into_iter()
            .filter(|one| scope.holds(&one.unit.path))
            .map(|one| (one.unit.id, format!("{} ({})", one.unit.name, one.unit.code)))
            .collect(),
    })
}

impl WaitingPage {
    fn of(visitor: &Visitor, rows: &Rows, said: Said) -> WaitingPage {
        let (reader, person) = (&visitor.reader, &visitor.person);
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
        for one in &rows.left {
            below.entry(&one.unit).or_default();
        }
        let group = |(id, machines): (&str, Vec<&Stranded>)| {
            let (code, name, day) = rows.closed.get(id)?;
            let names: Vec<&str> =
                rows.successors.get(id).into_iter().flatten().map(|unit| unit.name.as_str()).collect();
            let left = rows.left.iter().filter(|one| one.unit == id).map(|one| LeftView {
                kind: left_kind(w, one.kind),
                word: one.kind.word(),
                key: one.key.clone(),
                told: one.told.clone(),
                may: may_pass(person, one.kind),
                may_drop: one.kind != Kind::Account,
            });
            // Where it may go: to those that came after; where nobody knows them, to any.
            let after: Vec<(String, String)> = rows
                .successors
                .get(id)
                .into_iter()
                .flatten()
                .map(|unit| (unit.id.clone(), format!("{} ({})", unit.name, unit.code)))
                .collect();
            Some(Group {
                id: id.to_owned(),
                name: name.clone(),
                code: code.clone(),
                closed: fill(&w.units_closed, &[("day", &shown_day(day))]),
                successors: (!names.is_empty())
                    .then(|| fill(&w.units_waiting_maybe, &[("units", &names.join(", "))])),
                left: left.collect(),
                targets: if after.is_empty() { rows.open.clone() } else { after },
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
    page_with(status, &WaitingPage::of(visitor, &rows, said))
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

/// Sends machines on by a file of rules: `act` is `look` or `apply`. Or gives what the closed unit `unit` left, of this
/// `kind` and `key`, to the unit `to` (`pass`), or drops it (`drop`).
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see; when the database fails.
pub async fn send_on(
    State(site): State<Site>,
    visitor: Visitor,
    Form(form): Form,
) -> Result<Response, Failure> {
    if matches!(form.text("act"), "pass" | "drop") {
        return decide(&site, &visitor, &form).await;
    }
    let w = visitor.words();
    let refused = StatusCode::UNPROCESSABLE_ENTITY;
    let file_name = form.file_name("file", FILE);
    let file = File::new(&file_name, visitor.lang());
    let read = match form.file("file") {
        Some(bytes) => sheet::text(file, bytes),
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
    let said = match reassign::parse(file, text.as_bytes()) {
        Ok(rules) if form.text("act") == "apply" => applied(&site, &visitor, (file, &rules)).await?,
        Ok(rules) => looked_at(&site, &visitor, (file, &rules)).await?,
        Err(complaints) => Err(complaints),
    };
    match said {
        Ok(said) => {
            let kept = if said.may_apply { Said { text, file_name, ..said } } else { said };
            shown(&site, &visitor, StatusCode::OK, kept).await
        }
        Err(complaints) => {
            let complaints = complaints.into_iter().take(LINES).collect();
            shown(&site, &visitor, refused, Said { complaints, text, file_name, ..Said::default() }).await
        }
    }
}

/// Sends machines on, and says how many went.
async fn applied(
    site: &Site,
    visitor: &Visitor,
    (file, rules): (File<'_>, &[Rule]),
) -> Result<Result<Said, Vec<String>>, Failure> {
    let person = &visitor.person;
    let done = reassign::apply(&site.app, &person.scope, (file, rules), (&person.name, FILE)).await?;
    Ok(done.map(|(moved, left)| Said {
        notes: vec![counted(visitor, &visitor.words().units_waiting_went, moved, left)],
        ..Said::default()
    }))
}

/// Says how many machines would go.
async fn looked_at(
    site: &Site,
    visitor: &Visitor,
    (file, rules): (File<'_>, &[Rule]),
) -> Result<Result<Said, Vec<String>>, Failure> {
    let w = visitor.words();
    let mut tx = site.app.store.read().await?;
    let listed = reassign::list(&mut tx, &visitor.person.scope, (file, rules)).await?;
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

/// Who decides what becomes of something that a unit left: who may give it to a unit in the first place.
fn may_pass(person: &Person, kind: Kind) -> bool {
    let standing = person.standing;
    match kind {
        // Who sees another unit sees more than before.
        Kind::Account => standing == Standing::Administrator && person.scope.is_everything(),
        Kind::Waiver => GRANTS.contains(&standing),
        Kind::Parameter => SETS_PARAMETERS.contains(&standing),
        Kind::Seats | Kind::Wish | Kind::Target | Kind::Team | Kind::Goods => true,
    }
}

/// Gives something that a closed unit left to another one, or drops it.
async fn decide(site: &Site, visitor: &Visitor, form: &Fields) -> Result<Response, Failure> {
    let (app, person, w) = (&site.app, &visitor.person, visitor.words());
    let kind = Kind::parse(form.text("kind")).ok_or(Failure::NotFound)?;
    if !may_pass(person, kind) {
        return Err(Failure::Forbidden);
    }
    let (now, by) = (app.clock.now(), person.name.as_str());
    let mut tx = app.store.begin().await?;
    let left = estate::left(&mut tx, &person.scope).await?;
    let is_it = |one: &Left| {
        (one.unit.as_str(), one.kind, one.key.as_str()) == (form.text("unit"), kind, form.text("key"))
    };
    let one = left.into_iter().find(is_it).ok_or(Failure::NotFound)?;
    let from = unit::by_id(&mut tx, &one.unit).await?;
    let (to, done) = if form.text("act") == "pass" {
        let standing = unit::standing(&mut tx).await?;
        let mut open = standing.into_iter().map(|one| one.unit);
        let is_meant = |unit: &Unit| unit.id == form.text("to") && person.scope.holds(&unit.path);
        let to = open.find(is_meant).ok_or(Failure::NotFound)?;
        let done = estate::pass(&mut tx, &one, &to.id, by, now).await?;
        (Some(to), done)
    } else {
        (None, estate::drop_left(&mut tx, &one, by, now).await?)
    };
    if !done {
        drop(tx);
        let said = Said { error: Some(w.units_estate_stays.clone()), ..Said::default() };
        return shown(site, visitor, StatusCode::UNPROCESSABLE_ENTITY, said).await;
    }
    let code = to.as_ref().map(|unit| unit.code.as_str());
    let detail = serde_json::json!({ "what": kind.word(), "which": one.told, "to": code });
    audit::add(&mut tx, now, by, "unit-estate", &from.code, &detail.to_string()).await?;
    tx.commit().await?;
    if matches!(kind, Kind::Waiver | Kind::Parameter) {
        judge_again(app, Among::All, Cause::Waiver).await?;
    }
    let note = match &to {
        Some(to) => fill(&w.units_estate_went, &[("what", &one.told), ("unit", &to.name)]),
        None => fill(&w.units_estate_dropped, &[("what", &one.told)]),
    };
    shown(site, visitor, StatusCode::OK, Said { notes: vec![note], ..Said::default() }).await
}

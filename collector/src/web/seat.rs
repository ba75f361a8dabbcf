//! Where a machine sits: giving it another unit or role by hand.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Timestamp;
use rules::assess::Role;

use crate::error::Failure;
use crate::seats;
use crate::store::account::Standing;
use crate::store::{listing, past, unit};
use crate::web::layout::{Layout, Place};
use crate::web::units::shown_name;
use crate::web::words::Words;
use crate::web::{Form, Site, Visitor, format, label, page};

/// Who gives machines other seats.
pub const GIVES_SEATS: &[Standing] = &[Standing::Administrator, Standing::Analyst];

#[derive(Template)]
#[template(path = "seat.html")]
struct SeatPage {
    l: Layout,
    w: &'static Words,
    id: String,
    hostname: String,
    units: Vec<Choice>,
    roles: Vec<Choice>,
    places: Vec<PlaceView>,
}

/// Where the machine stood, from when and why.
struct PlaceView {
    from: String,
    unit: String,
    role: String,
    why: String,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

/// Shows where a machine sits, to be changed.
///
/// # Errors
/// [`Failure::NotFound`] for a machine that the person does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let (w, scope) = (visitor.words(), &visitor.person.scope);
    let mut tx = site.app.store.read().await?;
    let machine = listing::machine(&mut tx, scope, &id).await?.ok_or(Failure::NotFound)?;
    let units = listing::units(&mut tx, scope).await?;
    // Into a closed unit nobody moves; the one where the machine waits is shown as what it is.
    let units = units.into_iter().filter(|unit| unit.closed_on.is_none() || unit.path == machine.unit_path);
    let units = units.map(|unit| Choice {
        label: format!("{} ({})", shown_name(w, &unit), unit.code),
        chosen: unit.path == machine.unit_path,
        value: unit.id,
    });
    let roles = Role::ALL.iter().map(|role| Choice {
        value: role.word().to_owned(),
        label: label::role(w, *role).to_owned(),
        chosen: role.word() == machine.role,
    });
    let places = past::places(&mut tx, &machine.id, format::day).await?;
    let places = places.into_iter().map(|one| PlaceView {
        from: Timestamp::from_millisecond(one.from_at).map_or_else(|_| String::new(), format::moment),
        unit: one.name,
        role: label::role_of(w, &one.role),
        why: match one.cause.as_str() {
            "join" => w.seat_place_join.clone(),
            "hand" => w.seat_place_hand.clone(),
            "reform" => w.seat_place_reform.clone(),
            _ => w.seat_place_start.clone(),
        },
    });
    page(&SeatPage {
        places: places.collect(),
        l: Layout::new(&visitor.reader, Place::Machines, &w.seat_move),
        w,
        units: units.collect(),
        roles: roles.collect(),
        id: machine.id,
        hostname: machine.hostname,
    })
}

/// Gives a machine another seat: unit and role.
///
/// # Errors
/// [`Failure::NotFound`] for a machine or unit that the person does not see; when the database fails.
pub async fn give(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let person = &visitor.person;
    let mut tx = site.app.store.read().await?;
    let machine = listing::machine(&mut tx, &person.scope, &id).await?.ok_or(Failure::NotFound)?;
    let units = listing::units(&mut tx, &person.scope).await?;
    let mut units = units.iter().filter(|unit| unit.closed_on.is_none() || unit.id == machine.unit);
    let wished = units.find(|unit| unit.id == form.text("unit")).ok_or(Failure::NotFound)?;
    let role = Role::parse(form.text("role")).ok_or(Failure::NotFound)?;
    let unit = unit::by_id(&mut tx, &wished.id).await?;
    drop(tx);
    seats::reseat(&site.app, &machine.id, &unit, role, &person.name).await?;
    Ok(Redirect::to(&format!("/machines/{}", machine.id)).into_response())
}

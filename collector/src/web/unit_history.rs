//! What a unit was called, and what happened to it.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use crate::error::Failure;
use crate::store::unit::{self, Event, EventKind, Past, Side, Unit};
use crate::web::format::{self, fill};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::units::shown_day;
use crate::web::words::Words;
use crate::web::{Site, Visitor, page};

#[derive(Template)]
#[template(path = "unit_history.html")]
struct HistoryPage {
    l: Layout,
    w: &'static Words,
    name: String,
    closed: Option<String>,
    names: Vec<NameView>,
    events: Vec<EventView>,
}

struct NameView {
    from: String,
    to: String,
    code: String,
    name: String,
    above: String,
}

struct EventView {
    day: String,
    what: &'static str,
    before: Vec<PartView>,
    after: Vec<PartView>,
    legal_ref: String,
}

struct PartView {
    href: String,
    name: String,
}

impl HistoryPage {
    fn of(reader: &Reader, unit: &Unit, names: &[Past], events: &[Event]) -> HistoryPage {
        let w = reader.words();
        HistoryPage {
            l: Layout::new(reader, Place::Units, &unit.name),
            w,
            name: unit.name.clone(),
            closed: unit.closed_on.as_deref().map(|day| fill(&w.units_closed, &[("day", &shown_day(day))])),
            names: names.iter().map(name).collect(),
            events: events.iter().map(|one| event(w, one)).collect(),
        }
    }
}

fn name(past: &Past) -> NameView {
    // The last day is the one before it no longer held.
    let last = past.to.as_deref().map(|day| {
        let before = day.parse::<jiff::civil::Date>().ok().and_then(|day| day.yesterday().ok());
        before.map_or_else(|| day.to_owned(), format::date)
    });
    NameView {
        from: shown_day(&past.from),
        to: last.unwrap_or_else(|| "—".to_owned()),
        code: past.code.clone(),
        name: past.name.clone(),
        above: past.above.clone().unwrap_or_else(|| "—".to_owned()),
    }
}

fn event(w: &'static Words, one: &Event) -> EventView {
    let on = |side: Side| {
        let parts = one.parts.iter().filter(|(part, _)| part.side == side);
        let view = |(part, name): &(unit::Part, String)| PartView {
            href: format!("/units/{}/history", part.unit),
            name: if part.is_part { fill(&w.unit_history_part, &[("unit", name)]) } else { name.clone() },
        };
        parts.map(view).collect()
    };
    EventView {
        day: shown_day(&one.day),
        what: what(w, one.kind),
        before: on(Side::From),
        after: on(Side::To),
        legal_ref: one.legal_ref.clone(),
    }
}

fn what(w: &'static Words, kind: EventKind) -> &'static str {
    match kind {
        EventKind::Create => &w.unit_event_create,
        EventKind::Close => &w.unit_event_close,
        EventKind::Rename => &w.unit_event_rename,
        EventKind::Retype => &w.unit_event_retype,
        EventKind::Recode => &w.unit_event_recode,
        EventKind::Move => &w.unit_event_move,
        EventKind::Merge => &w.unit_event_merge,
        EventKind::Split => &w.unit_event_split,
    }
}

/// Shows the history of a unit, of one that is closed too.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the reader does not see; when the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let unit = unit::by_id(&mut tx, &id).await.map_err(|_| Failure::NotFound)?;
    if !visitor.person.scope.holds(&unit.path) {
        return Err(Failure::NotFound);
    }
    let names = unit::namings(&mut tx, &id).await?;
    let events = unit::events(&mut tx, &id).await?;
    page(&HistoryPage::of(&visitor.reader, &unit, &names, &events))
}

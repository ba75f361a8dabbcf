//! Who did what, newest first.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use crate::error::Failure;
use crate::store::audit::{self, Entry};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Query, Site, Visitor, format, page};

/// Entries on one page.
const ROWS: usize = 100;

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    l: Layout,
    w: &'static Words,
    entries: Vec<EntryView>,
    next_href: Option<String>,
}

struct EntryView {
    at: String,
    actor: String,
    action: String,
    subject: String,
    detail: String,
}

impl AuditPage {
    fn of(reader: &Reader, entries: &[Entry]) -> AuditPage {
        let w = reader.words();
        let shown = entries.get(..ROWS).unwrap_or(entries);
        let last = shown.last().filter(|_| entries.len() > ROWS);
        AuditPage {
            l: Layout::new(reader, Place::Audit, &w.nav_audit),
            w,
            entries: shown.iter().map(|entry| view(w, entry)).collect(),
            next_href: last.map(|entry| format::url("/audit", &[("before", &entry.id)])),
        }
    }
}

fn view(w: &'static Words, entry: &Entry) -> EntryView {
    let action = match entry.action.as_str() {
        "sign-in" => &w.action_sign_in,
        "sign-in-failed" => &w.action_sign_in_failed,
        "sign-out" => &w.action_sign_out,
        "password-change" => &w.action_password_change,
        "password-change-failed" => &w.action_password_change_failed,
        "machine-join-again" => &w.action_machine_join_again,
        "conflict-end" => &w.action_conflict_end,
        "rules-activate" => &w.action_rules_activate,
        "rules-rescored" => &w.action_rules_rescored,
        "conflict-replaced" => &w.action_conflict_replaced,
        "plan-keep" => &w.action_plan_keep,
        "plan-remove" => &w.action_plan_remove,
        "plan-text" => &w.action_plan_text,
        "unit-estate" => &w.action_unit_estate,
        "plan-submit" => &w.action_plan_submit,
        "target-set" => &w.action_target_set,
        "work-make" => &w.action_work_make,
        "work-tick" => &w.action_work_tick,
        "work-untick" => &w.action_work_untick,
        "work-remove" => &w.action_work_remove,
        "machine-room" => &w.action_machine_room,
        "rooms-import" => &w.action_rooms_import,
        "unit-team" => &w.action_unit_team,
        "machine-seat" => &w.action_machine_seat,
        "units-import" => &w.action_units_import,
        "units-reform" => &w.action_units_reform,
        "units-reassign" => &w.action_units_reassign,
        "seats-drop" => &w.action_seats_drop,
        "seats-import" => &w.action_seats_import,
        "wishes-import" => &w.action_wishes_import,
        "waiver-grant" => &w.action_waiver_grant,
        "waiver-end" => &w.action_waiver_end,
        "parameter-set" => &w.action_parameter_set,
        "parameter-remove" => &w.action_parameter_remove,
        "survey-declare" => &w.action_survey_declare,
        "survey-import" => &w.action_survey_import,
        other => other,
    };
    EntryView {
        at: format::moment(entry.at),
        actor: entry.actor.clone(),
        action: action.to_owned(),
        subject: entry.subject.clone(),
        detail: entry.detail.clone(),
    }
}

/// Shows the audit trail.
///
/// # Errors
/// When the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.read().await?;
    let before = Some(fields.text("before")).filter(|before| !before.is_empty());
    let entries = audit::newest(&mut tx, before, i64::try_from(ROWS + 1).unwrap_or(i64::MAX)).await?;
    page(&AuditPage::of(&visitor.reader, &entries))
}

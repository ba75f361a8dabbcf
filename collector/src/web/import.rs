//! Files of seats, wishes, declarations, rooms and places of machines: sent, shown as what they change, and then done. The
//! readers are those of the commands; nobody changes what they do not see.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use rules::assess::Role;
use rules::prices::Prices;
use serde_json::Value as Json;

use crate::app::App;
use crate::digest::sha256;
use crate::error::Failure;
use crate::lang::Lang;
use crate::named::{Change, Part};
use crate::rescore::judge_again;
use crate::sheet::{self, File};
use crate::store::assessment::Cause;
use crate::store::machine::Among;
use crate::survey;
use crate::web::format::{self, fill, number};
use crate::web::label::{self, pick};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Fields, Form, Site, Visitor, page, page_with, value};
use crate::{rooms, seats, wishes};

/// Complaints, and units or machines that change, on the page.
const LINES: usize = 200;

/// What a file is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The seats of units.
    Seats,
    /// What units wish for.
    Wishes,
    /// What units declare of themselves.
    Survey,
    /// Rooms of machines, and what the register says of them.
    Rooms,
    /// The seats that machines get.
    Machines,
}

impl Kind {
    const ALL: [Kind; 5] = [Kind::Seats, Kind::Wishes, Kind::Survey, Kind::Rooms, Kind::Machines];

    /// As it stands in the address.
    fn word(self) -> &'static str {
        match self {
            Kind::Seats => "seats",
            Kind::Wishes => "wishes",
            Kind::Survey => "survey",
            Kind::Rooms => "rooms",
            Kind::Machines => "machines",
        }
    }

    /// What its file is called in the audit trail, and in complaints where the browser says no name.
    fn file(self) -> String {
        format!("{}.csv", self.word())
    }

    fn title(self, w: &'static Words) -> &'static str {
        match self {
            Kind::Seats => &w.action_seats_import,
            Kind::Wishes => &w.action_wishes_import,
            Kind::Survey => &w.action_survey_import,
            Kind::Rooms => &w.action_rooms_import,
            Kind::Machines => &w.import_machines,
        }
    }

    /// What the file says, and what becomes of what it does not say.
    fn lead(self, w: &'static Words) -> &'static str {
        match self {
            Kind::Seats => &w.import_seats_lead,
            Kind::Wishes => &w.import_wishes_lead,
            Kind::Survey => &w.import_survey_lead,
            Kind::Rooms => &w.import_rooms_lead,
            Kind::Machines => &w.import_machines_lead,
        }
    }

    /// The columns that a file may have.
    fn columns(self) -> &'static str {
        match self {
            Kind::Seats => "unit_code, role, count, group, regime",
            Kind::Wishes => "unit_code, item, count, have, price",
            Kind::Survey => {
                "unit_code, declared_on, note, internet_mbps, tslcd, tslcd_mbps, managed_switch, wifi, firewall, \
                 video_conference, dossier_approved_on, cyber_contact, cyber_deputy, restore_tested_on, \
                 leaders_sign_remotely"
            }
            Kind::Rooms => {
                "machine, room, responsible, purpose, register_number, register_date, warranty_end"
            }
            Kind::Machines => "machine, unit_code, role",
        }
    }
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    l: Layout,
    w: &'static Words,
    word: &'static str,
    title: &'static str,
    lead: &'static str,
    columns: &'static str,
    /// The other files: where, what, and whether this is it.
    kinds: Vec<(String, &'static str, bool)>,
    error: Option<String>,
    complaints: Vec<String>,
    complaints_note: String,
    count: Option<String>,
    is_done: bool,
    lines: Vec<Line>,
    more: Option<String>,
    may_apply: bool,
    text: String,
    /// What the file is called that the text came from.
    file_name: String,
    tried: String,
}

/// What was sent.
struct Asked {
    kind: Kind,
    /// What complaints call it.
    name: String,
    text: String,
}

struct Line {
    of: String,
    name: String,
    text: String,
}

impl ImportPage {
    fn of(reader: &Reader, asked: Asked) -> ImportPage {
        let w = reader.words();
        let Asked { kind, name, text } = asked;
        ImportPage {
            l: Layout::new(reader, Place::Units, kind.title(w)),
            w,
            word: kind.word(),
            title: kind.title(w),
            lead: kind.lead(w),
            columns: kind.columns(),
            kinds: Kind::ALL.map(|one| (format!("/import/{}", one.word()), one.title(w), one == kind)).into(),
            error: None,
            complaints: Vec::new(),
            complaints_note: String::new(),
            count: None,
            is_done: false,
            lines: Vec::new(),
            more: None,
            may_apply: false,
            text,
            file_name: name,
            tried: String::new(),
        }
    }

    fn complain(self, reader: &Reader, complaints: Vec<String>) -> ImportPage {
        let count = number(reader.lang, i64::try_from(complaints.len()).unwrap_or(i64::MAX));
        ImportPage {
            complaints_note: fill(&self.w.units_import_wrong_note, &[("n", &count)]),
            complaints: complaints.into_iter().take(LINES).collect(),
            ..self
        }
    }
}

/// Shows the empty form.
///
/// # Errors
/// [`Failure::NotFound`] for what there is no file of.
pub async fn show(visitor: Visitor, Path(id): Path<String>) -> Result<Response, Failure> {
    page(&ImportPage::of(&visitor.reader, Asked::nothing(kind(&id)?)))
}

fn kind(word: &str) -> Result<Kind, Failure> {
    Kind::ALL.into_iter().find(|kind| kind.word() == word).ok_or(Failure::NotFound)
}

/// Shows what a file would change; `act` is `apply`: does it, when it is what was looked at.
///
/// # Errors
/// [`Failure::NotFound`] for what there is no file of; when the database fails.
pub async fn send(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let (kind, reader, w) = (kind(&id)?, &visitor.reader, visitor.words());
    let refused = |page: &ImportPage| page_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    let asked = match Asked::of(reader, kind, &form) {
        Ok(asked) => asked,
        Err(complaints) => {
            return refused(&ImportPage::of(reader, Asked::nothing(kind)).complain(reader, complaints));
        }
    };
    if asked.text.trim().is_empty() {
        let page = ImportPage::of(reader, asked);
        return refused(&ImportPage { error: Some(w.units_import_empty.clone()), ..page });
    }
    let tried = (form.text("act") == "apply").then(|| form.text("tried"));
    let taken = match take(&site.app, &visitor, &asked, tried).await? {
        Ok(taken) => taken,
        Err(complaints) => return refused(&ImportPage::of(reader, asked).complain(reader, complaints)),
    };
    let n = |count: usize| number(reader.lang, i64::try_from(count).unwrap_or(i64::MAX));
    let changed = taken.changes.len();
    let count = match (changed, taken.is_done) {
        (0, _) => w.import_none.clone(),
        (_, true) => fill(&w.import_done, &[("n", &n(changed))]),
        (_, false) => fill(&w.import_count, &[("n", &n(changed))]),
    };
    let judge = site.app.judge();
    let teller = Teller { lang: reader.lang, kind, prices: Some(&judge.prices) };
    let page = ImportPage {
        count: Some(count),
        is_done: taken.is_done,
        lines: taken.changes.iter().take(LINES).map(|change| teller.line(change)).collect(),
        more: (changed > LINES).then(|| fill(&w.units_import_more, &[("n", &n(changed - LINES))])),
        may_apply: changed > 0 && !taken.is_done,
        tried: taken.digest,
        ..ImportPage::of(reader, if taken.is_done { Asked::nothing(kind) } else { asked })
    };
    page_with(StatusCode::OK, &page).map(IntoResponse::into_response)
}

impl Asked {
    /// As a file or pasted.
    fn of(reader: &Reader, kind: Kind, form: &Fields) -> Result<Asked, Vec<String>> {
        let name = form.file_name("file", &kind.file());
        let text = match form.file("file") {
            Some(bytes) => sheet::text(File::new(&name, reader.lang), bytes)?,
            None => form.text("text").to_owned(),
        };
        // Browsers end lines in their own way.
        Ok(Asked { kind, name, text: text.replace("\r\n", "\n") })
    }

    fn nothing(kind: Kind) -> Asked {
        Asked { kind, name: String::new(), text: String::new() }
    }
}

/// What became of a file.
struct Taken {
    changes: Vec<Change>,
    /// Of the file and of what it changes, so that nothing is done but what was looked at.
    digest: String,
    is_done: bool,
}

impl Taken {
    fn of(text: &str, changes: &[Change]) -> Taken {
        let told: Vec<String> = changes.iter().map(Change::told).collect();
        let all = format!("{}\n{text}", told.join("\n"));
        Taken { changes: changes.to_vec(), digest: sha256(all), is_done: false }
    }
}

/// Reads a file and tells what it changes; does that where it is what was `tried`.
async fn take(
    app: &App,
    visitor: &Visitor,
    asked: &Asked,
    tried: Option<&str>,
) -> Result<Result<Taken, Vec<String>>, Failure> {
    let Asked { kind, name, text } = asked;
    let (scope, by) = (&visitor.person.scope, (visitor.person.name.as_str(), app.clock.now()));
    let (file, bytes, today) = (File::new(name, visitor.lang()), text.as_bytes(), format::day(by.1));
    // Its name on the person's PC is not kept.
    let about = kind.file();
    let judge = app.judge();
    let mut tx = if tried.is_some() { app.store.begin().await? } else { app.store.read().await? };
    // Goes on with what is right; gives back what is wrong.
    macro_rules! or_complain {
        ($result:expr) => {
            match $result {
                Ok(right) => right,
                Err(complaints) => return Ok(Err(complaints)),
            }
        };
    }
    let is_tried = |taken: &Taken| tried == Some(taken.digest.as_str());
    let mut turned: Vec<String> = Vec::new();
    let mut taken = match kind {
        Kind::Seats => {
            let read = or_complain!(seats::parse(file, bytes));
            let reckoned = or_complain!(seats::reckon(&mut tx, scope, &read).await?);
            let taken = Taken::of(text, &reckoned.changes);
            if is_tried(&taken) {
                seats::apply(&mut tx, &about, &reckoned, by).await?;
            }
            taken
        }
        Kind::Wishes => {
            let read = or_complain!(wishes::parse(file, bytes, &judge.prices));
            let reckoned = or_complain!(wishes::reckon(&mut tx, scope, &read).await?);
            let taken = Taken::of(text, &reckoned.changes);
            if is_tried(&taken) {
                wishes::apply(&mut tx, &about, &reckoned, by).await?;
            }
            taken
        }
        Kind::Survey => {
            let read = or_complain!(survey::parse(file, bytes, today));
            let reckoned = or_complain!(survey::reckon(&mut tx, scope, &read, today).await?);
            let taken = Taken::of(text, &reckoned.changes);
            if is_tried(&taken) {
                turned = survey::apply(&mut tx, &judge, &about, &reckoned, by).await?;
            }
            taken
        }
        Kind::Rooms => {
            let read = or_complain!(rooms::parse(file, bytes));
            let reckoned = or_complain!(rooms::reckon(&mut tx, scope, &read).await?);
            let taken = Taken::of(text, &reckoned.changes);
            if is_tried(&taken) {
                rooms::apply(&mut tx, &about, &reckoned, by).await?;
            }
            taken
        }
        Kind::Machines => {
            let read = or_complain!(seats::parse_moves(file, bytes));
            let moves = or_complain!(seats::reckon_moves(&mut tx, scope, &read).await?);
            let taken = Taken::of(text, &moves.changes);
            if is_tried(&taken) {
                // It opens a transaction of its own, since machines are judged behind it.
                drop(tx);
                or_complain!(seats::assign(app, scope, &read, by.0).await?);
                return Ok(Ok(Taken { is_done: true, ..taken }));
            }
            taken
        }
    };
    taken.is_done = is_tried(&taken);
    if taken.is_done {
        tx.commit().await?;
        for path in &turned {
            judge_again(app, Among::Below(path), Cause::Parameter).await?;
        }
    }
    Ok(Ok(taken))
}

/// Says in the words of the reader what a file changes.
pub(crate) struct Teller<'a> {
    /// The language of the reader.
    pub(crate) lang: Lang,
    /// What the file is about.
    pub(crate) kind: Kind,
    /// What items are called; none where the file names no items.
    pub(crate) prices: Option<&'a Prices>,
}

impl Teller<'_> {
    fn line(&self, change: &Change) -> Line {
        Line { of: change.of.clone(), name: change.name.clone(), text: self.sentence(change) }
    }

    /// What becomes of a unit or a machine.
    pub(crate) fn sentence(&self, change: &Change) -> String {
        let w = Words::of(self.lang);
        let what = |part: &Part| part.what_told(&|word| self.word(word));
        let value = |part: &Part, value: &str| self.value(part, value);
        change.sentence((&w.import_gains, &w.import_loses), &what, &value)
    }

    fn word(&self, word: &str) -> String {
        let (lang, w) = (self.lang, Words::of(self.lang));
        let column = match word {
            "unit_code" => &w.column_unit,
            "role" => &w.column_role,
            "room" => &w.work_room,
            "responsible" => &w.import_responsible,
            "purpose" => &w.import_purpose,
            "register_number" => &w.import_register_number,
            "register_date" => &w.import_register_date,
            "warranty_end" => &w.import_warranty_end,
            "manager" => &w.import_group_manager,
            "specialist" => &w.import_group_specialist,
            _ => {
                let items = self.prices.filter(|_| self.kind == Kind::Wishes).map(|prices| &prices.items);
                if let Some(item) = items.and_then(|items| items.get(word)) {
                    return pick(lang, &item.title).to_owned();
                }
                if let Some(term) = survey::terms().find(|term| term.name == word) {
                    return value::label(lang, term).to_owned();
                }
                return label::role_of(w, word);
            }
        };
        column.clone()
    }

    fn value(&self, part: &Part, text: &str) -> String {
        let (lang, w) = (self.lang, Words::of(self.lang));
        let what = part.what.first().map(String::as_str).unwrap_or_default();
        match self.kind {
            Kind::Machines if what == "role" && Role::parse(text).is_some() => label::role_of(w, text),
            Kind::Rooms if what == "register_date" || what == "warranty_end" => {
                text.parse().map_or_else(|_| text.to_owned(), format::date)
            }
            Kind::Survey => {
                let kept = serde_json::from_str::<Json>(text).ok();
                let term = survey::terms().find(|term| term.name == what);
                match (term, kept) {
                    (Some(_), Some(kept)) if kept == survey::taken_back() => w.survey_unknown.clone(),
                    (Some(term), Some(kept)) => value::kept(lang, w, term.kind, &kept),
                    _ => text.to_owned(),
                }
            }
            Kind::Seats | Kind::Wishes | Kind::Rooms | Kind::Machines => text.to_owned(),
        }
    }
}

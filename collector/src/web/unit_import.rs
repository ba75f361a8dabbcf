//! A file of units, or the map of a reform: sent, shown as changes, and then done.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;

use crate::app::App;
use crate::days;
use crate::digest::sha256;
use crate::error::Failure;
use crate::lang::Lang;
use crate::rescore::judge_again;
use crate::sheet::{self, File};
use crate::store::assessment::Cause;
use crate::store::estate::{self, Kind, Left};
use crate::store::machine::Among;
use crate::store::unit::{self, Decision, EventKind};
use crate::store::{Tx, audit};
use crate::units::change::{self, Change, Deed, Missing, Reckoned};
use crate::units::reform::{self, Districts, Estate, Reform};
use crate::units::{self as files};
use crate::web::format::{self, fill, number};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Fields, Form, Site, Visitor, page, page_with};

/// Lines of one kind on the page, and complaints.
const LINES: usize = 200;
/// Longest legal reference, in characters.
const REFERENCE_CHARS_MAX: usize = 300;
/// What the file is called in the audit trail, and in complaints where the browser says no name.
const FILE: &str = "units.csv";

#[derive(Template)]
#[template(path = "unit_import.html")]
struct ImportPage {
    l: Layout,
    w: &'static Words,
    error: Option<String>,
    complaints: Vec<String>,
    complaints_note: String,
    count: Option<String>,
    groups: Vec<Group>,
    may_apply: bool,
    asked: Asked,
    day: String,
    reference_max: usize,
}

/// Changes of one kind.
struct Group {
    title: &'static str,
    count: String,
    lines: Vec<Line>,
    more: Option<String>,
}

struct Line {
    code: String,
    name: String,
    text: String,
}

/// What the form says.
struct Asked {
    text: String,
    /// What complaints call the file.
    file_name: String,
    is_map: bool,
    day: String,
    legal_ref: String,
    closes_missing: bool,
    keeps_districts: bool,
    tried: String,
}

impl Asked {
    fn of(lang: Lang, form: &Fields) -> Result<Asked, Vec<String>> {
        let file_name = form.file_name("file", FILE);
        let text = match form.file("file") {
            Some(bytes) => sheet::text(File::new(&file_name, lang), bytes)?,
            None => form.text("text").to_owned(),
        };
        Ok(Asked {
            // Browsers end lines in their own way.
            text: text.replace("\r\n", "\n"),
            file_name,
            is_map: form.text("what") == "map",
            day: form.text("day").trim().to_owned(),
            legal_ref: form.text("ref").trim().chars().take(REFERENCE_CHARS_MAX).collect(),
            closes_missing: !form.text("missing").is_empty(),
            keeps_districts: !form.text("districts").is_empty(),
            tried: form.text("tried").to_owned(),
        })
    }

    fn empty() -> Asked {
        let (text, file_name, day, legal_ref, tried) = Default::default();
        let (is_map, closes_missing, keeps_districts) = (false, false, false);
        Asked { text, file_name, is_map, day, legal_ref, closes_missing, keeps_districts, tried }
    }

    /// What was looked at, so that nothing else is done.
    fn digest(&self) -> String {
        let all = format!(
            "{} {} {} {}\n{}",
            self.is_map, self.day, self.closes_missing, self.keeps_districts, self.text
        );
        sha256(all)
    }
}

/// What a file comes to.
enum Came {
    List(Reckoned),
    Map(Reform),
}

async fn reckon(
    tx: &mut Tx,
    lang: Lang,
    asked: &Asked,
    on: Date,
) -> Result<Result<Came, Vec<String>>, Failure> {
    let file = File::new(&asked.file_name, lang);
    if asked.is_map {
        let rows = match reform::parse(file, asked.text.as_bytes()) {
            Ok(rows) => rows,
            Err(complaints) => return Ok(Err(complaints)),
        };
        let districts = if asked.keeps_districts { Districts::Stay } else { Districts::Close };
        let (standing, spent) = (unit::standing(tx).await?, unit::spent_codes(tx).await?);
        return Ok(reform::reckon(&standing, &spent, (file, &rows), (on, districts)).map(Came::Map));
    }
    let rows = match files::parse(file, asked.text.as_bytes()) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(Err(complaints)),
    };
    let missing = if asked.closes_missing { Missing::Closes } else { Missing::Stays };
    Ok(files::reckon(tx, file, &rows, (on, missing)).await?.map(Came::List))
}

impl ImportPage {
    fn of(reader: &Reader, asked: Asked, on: Date) -> ImportPage {
        let w = reader.words();
        ImportPage {
            l: Layout::new(reader, Place::Units, &w.units_import),
            w,
            error: None,
            complaints: Vec::new(),
            complaints_note: String::new(),
            count: None,
            groups: Vec::new(),
            may_apply: false,
            asked,
            day: on.to_string(),
            reference_max: REFERENCE_CHARS_MAX,
        }
    }

    fn complain(mut self, reader: &Reader, complaints: Vec<String>) -> ImportPage {
        let count = number(reader.lang, i64::try_from(complaints.len()).unwrap_or(i64::MAX));
        self.complaints_note = fill(&self.w.units_import_wrong_note, &[("n", &count)]);
        self.complaints = complaints.into_iter().take(LINES).collect();
        self.asked.tried.clear();
        self
    }
}

/// Shows the empty form.
///
/// # Errors
/// [`Failure::Forbidden`] for who does not see everything.
pub async fn show(visitor: Visitor) -> Result<Response, Failure> {
    check(&visitor)?;
    page(&ImportPage::of(&visitor.reader, Asked::empty(), format::day(visitor.reader.now)))
}

/// The tree is everybody's, so only who sees everything changes it.
fn check(visitor: &Visitor) -> Result<(), Failure> {
    if visitor.person.scope.is_everything() { Ok(()) } else { Err(Failure::Forbidden) }
}

/// Shows what a file would change; `act` is `apply`: does it, when it is what was looked at.
///
/// # Errors
/// [`Failure::Forbidden`] for who does not see everything; when the database fails.
pub async fn send(State(site): State<Site>, visitor: Visitor, Form(form): Form) -> Result<Response, Failure> {
    check(&visitor)?;
    let (reader, w) = (&visitor.reader, visitor.words());
    let today = format::day(reader.now);
    let refused = |page: &ImportPage| page_with(StatusCode::UNPROCESSABLE_ENTITY, page);
    let asked = match Asked::of(reader.lang, &form) {
        Ok(asked) => asked,
        Err(complaints) => {
            return refused(&ImportPage::of(reader, Asked::empty(), today).complain(reader, complaints));
        }
    };
    let Some(on) = (if asked.day.is_empty() { Some(today) } else { days::read(&asked.day) }) else {
        let error = fill(&w.units_wrong_day, &[("day", &asked.day)]);
        return refused(&ImportPage { error: Some(error), ..ImportPage::of(reader, asked, today) });
    };
    if asked.text.trim().is_empty() {
        let error = Some(w.units_import_empty.clone());
        return refused(&ImportPage { error, ..ImportPage::of(reader, asked, on) });
    }
    let is_looked_at = asked.tried == asked.digest();
    if form.text("act") == "apply" && is_looked_at && on <= today {
        return apply(&site.app, &visitor, asked, on).await;
    }
    let mut tx = site.app.store.read().await?;
    let came = reckon(&mut tx, reader.lang, &asked, on).await?;
    let estates = match &came {
        Ok(came) => estates(&mut tx, came).await?,
        Err(_) => Vec::new(),
    };
    drop(tx);
    match came {
        Err(complaints) => refused(&ImportPage::of(reader, asked, on).complain(reader, complaints)),
        Ok(came) => {
            let (groups, count) = shown(reader, &came, &estates);
            let tried = asked.digest();
            let future = (on > today).then(|| fill(&w.units_import_future, &[("day", &format::date(on))]));
            let may_apply = on <= today && !groups.is_empty();
            let asked = Asked { tried, ..asked };
            let page = ImportPage::of(reader, asked, on);
            page_with(
                StatusCode::OK,
                &ImportPage { error: future, groups, count: Some(count), may_apply, ..page },
            )
        }
    }
}

async fn apply(app: &App, visitor: &Visitor, asked: Asked, on: Date) -> Result<Response, Failure> {
    let reader = &visitor.reader;
    let mut tx = app.store.begin().await?;
    let came = match reckon(&mut tx, reader.lang, &asked, on).await? {
        Ok(came) => came,
        Err(complaints) => {
            drop(tx);
            let page = ImportPage::of(reader, asked, on).complain(reader, complaints);
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let actor = visitor.person.name.as_str();
    let by = Decision { day: on, legal_ref: &asked.legal_ref, actor, at: app.clock.now() };
    let (added, changed, closed, judges) = match &came {
        Came::List(reckoned) => {
            let done = change::apply(&mut tx, reckoned, by).await?;
            audit::add(&mut tx, by.at, actor, "units-import", FILE, &files::detail(&done, by)).await?;
            (done.added, done.changed, done.closed, false)
        }
        Came::Map(reform) => {
            let outcome = reform::apply(&mut tx, reform, by).await?;
            audit::add(&mut tx, by.at, actor, "units-reform", FILE, &reform::detail(&outcome, by)).await?;
            (outcome.began, outcome.went, outcome.closed, outcome.judges)
        }
    };
    tx.commit().await?;
    if judges {
        judge_again(app, Among::All, Cause::Waiver).await?;
    }
    let [added, changed, closed] = [added, changed, closed].map(|count| count.to_string());
    let done = [("added", added.as_str()), ("changed", &changed), ("closed", &closed)];
    Ok(Redirect::to(&format::url("/units", &done)).into_response())
}

fn shown(reader: &Reader, came: &Came, estates: &[Estate]) -> (Vec<Group>, String) {
    let w = reader.words();
    let n = |count: usize| number(reader.lang, i64::try_from(count).unwrap_or(i64::MAX));
    let (lines, same) = match came {
        Came::List(reckoned) => {
            (reckoned.changes.iter().map(|change| line(w, change)).collect::<Vec<_>>(), reckoned.same)
        }
        Came::Map(reform) => {
            (reform_lines(w, reform), reform.goes.iter().filter(|goes| goes.kinds.is_empty()).count())
        }
    };
    let count = if lines.is_empty() {
        w.units_import_none.clone()
    } else {
        fill(&w.units_import_count, &[("n", &n(lines.len())), ("same", &n(same))])
    };
    let mut groups: Vec<Group> = Vec::new();
    let mut counts: Vec<usize> = Vec::new();
    for (title, line) in lines.into_iter().chain(estates.iter().flat_map(|one| estate_lines(w, one))) {
        let at = groups.iter().position(|group| group.title == title).unwrap_or_else(|| {
            groups.push(Group { title, count: String::new(), lines: Vec::new(), more: None });
            counts.push(0);
            groups.len() - 1
        });
        counts[at] += 1;
        if groups[at].lines.len() < LINES {
            groups[at].lines.push(line);
        }
    }
    for (group, count) in groups.iter_mut().zip(counts) {
        group.count = n(count);
        group.more = (count > LINES).then(|| fill(&w.units_import_more, &[("n", &n(count - LINES))]));
    }
    (groups, count)
}

/// What units that close have beside their machines, and where it goes.
async fn estates(tx: &mut Tx, came: &Came) -> anyhow::Result<Vec<Estate>> {
    let reckoned = match came {
        Came::Map(reform) => return reform::estates(tx, reform).await,
        Came::List(reckoned) => reckoned,
    };
    let closes = reckoned.changes.iter().filter_map(|change| match &change.deed {
        Deed::Close { unit } => Some(unit),
        _ => None,
    });
    let (mut all, mut estates) = (estate::all(tx).await?, Vec::new());
    for id in closes {
        if let Some(left) = all.remove(id) {
            estates.push(Estate { unit: unit::by_id(tx, id).await?, to: None, left });
        }
    }
    Ok(estates)
}

fn estate_lines(w: &'static Words, estate: &Estate) -> Vec<(&'static str, Line)> {
    let line = |one: &Left| {
        let what = format!("{}: {}", left_kind(w, one.kind), one.told);
        let (title, text): (&'static str, String) = match &estate.to {
            Some(code) => (&w.units_estate_follows, format!("{what} → {code}")),
            None => (&w.units_estate_waits, what),
        };
        (title, Line { code: estate.unit.code.clone(), name: estate.unit.name.clone(), text })
    };
    estate.left.iter().map(line).collect()
}

/// What a sort of thing is called that a unit leaves.
pub(crate) fn left_kind(w: &'static Words, kind: Kind) -> &'static str {
    match kind {
        Kind::Seats => &w.units_estate_seats,
        Kind::Wish => &w.units_estate_wish,
        Kind::Waiver => &w.units_estate_waiver,
        Kind::Account => &w.units_estate_account,
        Kind::Target => &w.units_estate_target,
        Kind::Parameter => &w.units_estate_parameter,
        Kind::Team => &w.units_estate_team,
        Kind::Goods => &w.units_estate_goods,
    }
}

/// What becomes of one unit, in one line.
pub(crate) fn told(w: &'static Words, change: &Change) -> String {
    in_one_line(line(w, change))
}

fn in_one_line((title, Line { code, name, text }): (&'static str, Line)) -> String {
    format!("{title}: {code} {name} {text}").trim_end().to_owned()
}

/// What becomes of the units of a reform, a line for each.
pub(crate) fn reform_told(w: &'static Words, reform: &Reform, estates: &[Estate]) -> Vec<String> {
    let left = estates.iter().flat_map(|one| estate_lines(w, one));
    reform_lines(w, reform).into_iter().chain(left).map(in_one_line).collect()
}

fn line(w: &'static Words, change: &Change) -> (&'static str, Line) {
    let below =
        |code: &Option<String>| fill(&w.units_change_below, &[("code", code.as_deref().unwrap_or("—"))]);
    let (title, text): (&'static str, String) = match &change.deed {
        Deed::Add { parent, .. } => (&w.units_change_add, below(parent)),
        Deed::Alter { kinds, naming, parents, .. } => {
            let first = kinds.first().copied().unwrap_or(EventKind::Rename);
            let mut text = Vec::new();
            if (&naming.code, &naming.name) != (&change.code, &change.name) {
                text.push(format!("→ {} {}", naming.code, naming.name));
            }
            if parents.0 != parents.1 {
                text.push(format!("{} → {}", below(&parents.0), below(&parents.1)));
            }
            (kind(w, first), text.join("; "))
        }
        Deed::Respell { naming, .. } => (&w.units_change_respell, format!("→ {}", naming.name)),
        Deed::Points { points, .. } => (&w.units_change_points, format!("{} → {}", points.0, points.1)),
        Deed::DateBack { since, .. } => {
            (&w.units_change_back, since.parse().map_or_else(|_| since.clone(), format::date))
        }
        Deed::Close { .. } => (&w.units_change_close, String::new()),
    };
    (title, Line { code: change.code.clone(), name: change.name.clone(), text })
}

fn kind(w: &'static Words, kind: EventKind) -> &'static str {
    match kind {
        EventKind::Create => &w.units_change_add,
        EventKind::Close => &w.units_change_close,
        EventKind::Rename => &w.units_change_rename,
        EventKind::Retype => &w.units_change_retype,
        EventKind::Recode => &w.units_change_recode,
        EventKind::Move => &w.units_change_move,
        EventKind::Merge => &w.units_change_merge,
        EventKind::Split => &w.units_change_split,
    }
}

fn reform_lines(w: &'static Words, reform: &Reform) -> Vec<(&'static str, Line)> {
    let mut lines = Vec::new();
    for made in &reform.made {
        let part = made.sources.iter().filter(|(_, is_part, _)| *is_part).count();
        let whole = (made.sources.len() - part).to_string();
        let text = match (made.sources.len() - part, part) {
            (_, 0) => &w.units_change_from,
            (0, _) => &w.units_change_from_parts,
            (_, _) => &w.units_change_from_both,
        };
        let text = fill(text, &[("whole", &whole), ("part", &part.to_string())]);
        let (code, name) = (made.naming.code.clone(), made.naming.name.clone());
        lines.push((kind(w, EventKind::Merge), Line { code, name, text }));
    }
    for goes in &reform.goes {
        if let Some(first) = goes.kinds.first() {
            let (code, name) = (goes.unit.code.clone(), goes.unit.name.clone());
            let text = format!("→ {} {}", goes.naming.code, goes.naming.name);
            lines.push((kind(w, *first), Line { code, name, text }));
        }
    }
    for (unit, codes) in &reform.divided {
        let text = if codes.is_empty() { "→ ?".to_owned() } else { format!("→ {}", codes.join(", ")) };
        let (code, name) = (unit.code.clone(), unit.name.clone());
        lines.push((kind(w, EventKind::Split), Line { code, name, text }));
    }
    let follows = reform.follows.iter().map(|(unit, code)| (unit, format!("→ {code}")));
    let districts = reform.districts.iter().map(|unit| (unit, String::new()));
    for (unit, text) in follows.chain(districts) {
        let (code, name) = (unit.code.clone(), unit.name.clone());
        lines.push((kind(w, EventKind::Close), Line { code, name, text }));
    }
    lines
}

//! The league table: units of one kind, the readiest first, with their targets and when they reach them at this pace.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::Span;
use jiff::civil::Date;
use rules::assess::Grade;

use crate::days;
use crate::error::Failure;
use crate::figures;
use crate::forecast::{Forecast, change, forecast};
use crate::lang::Lang;
use crate::store::account::Standing;
use crate::store::listing::{self, Grades, Scope, UnitRow};
use crate::store::tally::{self, Count};
use crate::store::target::{self, Target};
use crate::store::{audit, unit};
use crate::table::Csv;
use crate::web::format::{self, fill, number, share};
use crate::web::label::{Stretch, grades_bar, grades_text};
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::trend;
use crate::web::units::{Node, tree};
use crate::web::words::Words;
use crate::web::{CSV, Fields, Form, Query, Site, Visitor, attachment, page, unit as unit_page};

/// Who sets targets.
pub const SETS_TARGETS: &[Standing] = &[Standing::Administrator, Standing::Analyst];
/// Units with fewer machines are not ranked: one PC more or less would be a fifth of them.
const RANKED_MIN: i64 = 5;
/// The days whose pace may be asked for, the shortest first; where nothing is asked, the longest that is known is taken.
const PACES: &[i32] = &[30, 90];
/// How far ahead a target may lie, in days.
const AHEAD_DAYS_MAX: i32 = 3660;
/// The choices of kinds, in the order in which they are offered: what stands in the address, and the kinds of units.
const KINDS: &[(&str, &[&str])] = &[
    ("commune-ward", &["commune", "ward"]),
    ("commune", &["commune"]),
    ("ward", &["ward"]),
    ("district", &["district"]),
    ("department", &["department"]),
    ("office", &["office"]),
    ("province", &["province"]),
    ("other", &["other"]),
];

#[derive(Template)]
#[template(path = "league.html")]
struct LeaguePage {
    l: Layout,
    w: &'static Words,
    kinds: Vec<Choice>,
    paces: Vec<Choice>,
    sums: Vec<String>,
    rows: Vec<RowView>,
    small: Vec<RowView>,
    small_note: String,
    pace_note: String,
    change_title: String,
    csv: String,
}

struct Choice {
    value: String,
    label: String,
    chosen: bool,
}

struct RowView {
    rank: String,
    href: String,
    name: String,
    bar: Vec<Stretch>,
    bar_text: String,
    machines: String,
    ready: String,
    share: String,
    change: String,
    target: String,
    forecast: String,
    is_behind: bool,
}

/// One unit of the table.
struct Row {
    unit: UnitRow,
    grades: Grades,
    change: Option<(i64, i64)>,
    target: Option<Target>,
    forecast: Option<Forecast>,
    /// The place, and whether others share it; none of a unit that is too small to be ranked.
    rank: Option<(usize, bool)>,
}

impl Row {
    /// Whether it misses its target at this pace; none where that is not known.
    fn is_behind(&self) -> Option<bool> {
        let target = self.target?;
        match self.forecast? {
            Forecast::Reached => Some(false),
            Forecast::On(day) => Some(day > target.day),
            Forecast::Never => Some(true),
            Forecast::TooLittle(_) => None,
        }
    }
}

/// The readier first; the same share is a tie, however many machines it is of.
fn readier(a: &Grades, b: &Grades) -> Ordering {
    (b.of(Grade::Ready) * a.all()).cmp(&(a.of(Grade::Ready) * b.all()))
}

/// Sorts and ranks: ties share their place, and those that are too small stand behind without one.
fn rank(rows: &mut [Row]) {
    let is_small = |row: &Row| row.grades.all() < RANKED_MIN;
    // The order of Vietnamese readers stays within a tie.
    rows.sort_by(|a, b| is_small(a).cmp(&is_small(b)).then(readier(&a.grades, &b.grades)));
    let ties = |a: &Grades, b: &Grades| readier(a, b) == Ordering::Equal;
    let ranked: Vec<Grades> = rows.iter().filter(|row| !is_small(row)).map(|row| row.grades).collect();
    for (place, row) in rows.iter_mut().enumerate().take(ranked.len()) {
        let first = ranked.iter().position(|other| ties(other, &row.grades)).unwrap_or(place);
        let shared = ranked.iter().filter(|other| ties(other, &row.grades)).count() > 1;
        row.rank = Some((first + 1, shared));
    }
}

fn kind_label(w: &'static Words, choice: &str) -> String {
    match choice {
        "commune-ward" => &w.league_kind_commune_ward,
        "commune" => &w.league_kind_commune,
        "ward" => &w.league_kind_ward,
        "district" => &w.league_kind_district,
        "department" => &w.league_kind_department,
        "office" => &w.league_kind_office,
        "province" => &w.league_kind_province,
        _ => &w.league_kind_other,
    }
    .clone()
}

fn forecast_told(w: &'static Words, row: &Row) -> String {
    match (row.forecast, row.target) {
        (None, _) | (_, None) => "—".to_owned(),
        (Some(Forecast::Reached), _) => w.league_reached.clone(),
        (Some(Forecast::Never), _) => w.league_never.clone(),
        (Some(Forecast::TooLittle(counted)), _) => fill(&w.league_too_little, &[("n", &counted.to_string())]),
        (Some(Forecast::On(day)), Some(target)) => {
            let text = if day > target.day { &w.league_late } else { &w.league_on };
            fill(text, &[("day", &format::date(day))])
        }
    }
}

/// A change: machines, and points of the share.
fn change_told(lang: Lang, w: &'static Words, change: Option<(i64, i64)>) -> String {
    let Some((machines, tenths)) = change else { return "—".to_owned() };
    let (points, machines) = (format::signed_tenths(lang, tenths), format::signed(lang, machines));
    fill(&w.league_change_of, &[("points", &points), ("n", &machines)])
}

fn view(reader: &Reader, row: &Row) -> RowView {
    let (lang, w) = (reader.lang, reader.words());
    let (ready, all) = (row.grades.of(Grade::Ready), row.grades.all());
    RowView {
        rank: match row.rank {
            Some((place, true)) => format!("{place}="),
            Some((place, false)) => place.to_string(),
            None => "—".to_owned(),
        },
        href: format!("/units/{}", row.unit.id),
        name: row.unit.name.clone(),
        bar: grades_bar(&row.grades),
        bar_text: grades_text(lang, w, &row.grades),
        machines: number(lang, all),
        ready: number(lang, ready),
        share: share(lang, ready, all),
        change: change_told(lang, w, row.change),
        target: row.target.map_or_else(|| "—".to_owned(), |target| trend::told(reader, target)),
        forecast: forecast_told(w, row),
        is_behind: row.is_behind() == Some(true),
    }
}

/// What the address asks, as far as it is known.
struct Asked {
    choice: &'static str,
    choices: Vec<&'static str>,
    pace_days: i32,
}

/// The table that is asked for: `?kind=` and `?days=`.
async fn table(site: &Site, visitor: &Visitor, fields: &Fields) -> Result<(Asked, Vec<Row>, i64), Failure> {
    let scope = &visitor.person.scope;
    let mut tx = site.app.store.read().await?;
    let units = listing::units(&mut tx, scope).await?;
    let own = figures::of(&site.app, &mut tx, scope).await?;
    let kind_of: BTreeMap<String, String> =
        unit::tree(&mut tx).await?.into_iter().map(|unit| (unit.id, unit.kind)).collect();
    let nodes = tree(units, &own.grades);
    let kind = |node: &Node| kind_of.get(&node.unit.id).map_or("other", String::as_str);
    let there: BTreeSet<&str> = nodes.iter().filter(|node| node.all.all() > 0).map(kind).collect();
    let choices: Vec<&(&str, &[&str])> =
        KINDS.iter().filter(|(_, kinds)| kinds.iter().all(|kind| there.contains(kind))).collect();
    let chosen = choices.iter().find(|(choice, _)| *choice == fields.text("kind")).or(choices.first());
    let (choice, kinds) =
        chosen.map_or(("other", &["other"] as &[&str]), |(choice, kinds)| (*choice, *kinds));
    let today = format::day(visitor.reader.now);
    let counted = counts(&mut tx, scope, kinds, today).await?;
    let asked = fields.text("days").parse().ok().filter(|days| PACES.contains(days));
    let pace_days = asked.unwrap_or_else(|| usual_pace(&counted, today));
    let targets = target::all(&mut tx).await?;
    let chosen: Vec<Node> = nodes.iter().filter(|node| kinds.contains(&kind(node))).cloned().collect();
    let empty = chosen.iter().filter(|node| node.all.all() == 0).count();
    let mut rows: Vec<Row> = chosen
        .into_iter()
        .filter(|node| node.all.all() > 0)
        .map(|node| row(node, &counted, &targets, today, pace_days))
        .collect();
    rank(&mut rows);
    let choices = choices.into_iter().map(|(choice, _)| *choice).collect();
    Ok((Asked { choice, choices, pace_days }, rows, i64::try_from(empty).unwrap_or(i64::MAX)))
}

/// The longest pace that the figures of any unit go back for; the shortest where none do.
fn usual_pace(counted: &BTreeMap<String, Vec<Count>>, today: Date) -> i32 {
    let first = counted.values().filter_map(|counts| Some(counts.first()?.0)).min();
    let is_known =
        |pace: &&i32| first.is_some_and(|first| first <= today.saturating_sub(Span::new().days(**pace)));
    PACES.iter().rev().find(is_known).or(PACES.first()).copied().unwrap_or_default()
}

/// What was counted of the units of these kinds, as far back as anything here looks.
async fn counts(
    tx: &mut crate::store::Tx,
    scope: &Scope,
    kinds: &[&str],
    today: Date,
) -> Result<BTreeMap<String, Vec<Count>>, Failure> {
    let most = PACES.iter().copied().max().unwrap_or_default();
    // A week more, since of older days only one a week is kept.
    let since = today.saturating_sub(Span::new().days(most + 7));
    let mut counted = BTreeMap::new();
    for kind in kinds {
        counted.append(&mut tally::of_kind(tx, scope, kind, since).await?);
    }
    Ok(counted)
}

fn row(
    node: Node,
    counted: &BTreeMap<String, Vec<Count>>,
    targets: &BTreeMap<String, Target>,
    today: Date,
    pace_days: i32,
) -> Row {
    let before = counted.get(&node.unit.id).map(Vec::as_slice).unwrap_or_default();
    // Today is as it is, not as it was when it was counted last.
    let mut counts: Vec<Count> = before.iter().filter(|(day, _)| *day < today).copied().collect();
    counts.push((today, node.all));
    let target = target::at(targets, &node.unit.path).map(|(_, target)| target);
    Row {
        change: change(&counts, today, pace_days),
        forecast: target.map(|target| forecast(&counts, today, pace_days, target.share_percent)),
        target,
        grades: node.all,
        unit: node.unit,
        rank: None,
    }
}

/// How many units stand how with their targets.
fn sums(reader: &Reader, rows: &[Row], empty: i64) -> Vec<String> {
    let (lang, w) = (reader.lang, reader.words());
    let of = |wanted: fn(&Row) -> bool| {
        number(lang, i64::try_from(rows.iter().filter(|row| wanted(row)).count()).unwrap_or(i64::MAX))
    };
    let mut sums = Vec::new();
    let mut sum = |text: &str, count: String| {
        if count != "0" {
            sums.push(fill(text, &[("n", &count)]));
        }
    };
    sum(&w.league_sum_reached, of(|row| row.forecast == Some(Forecast::Reached)));
    sum(
        &w.league_sum_in_time,
        of(|row| matches!(row.forecast, Some(Forecast::On(_))) && row.is_behind() == Some(false)),
    );
    sum(&w.league_sum_behind, of(|row| row.is_behind() == Some(true)));
    sum(&w.league_sum_too_little, of(|row| matches!(row.forecast, Some(Forecast::TooLittle(_)))));
    sum(&w.league_sum_without, of(|row| row.target.is_none()));
    sum(&w.league_sum_empty, number(lang, empty));
    sums
}

/// Shows the table: `?kind=` of units and `?days=` of the pace.
///
/// # Errors
/// When the database fails.
pub async fn show(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (asked, rows, empty) = table(&site, &visitor, &fields).await?;
    let (reader, w) = (&visitor.reader, visitor.words());
    let days = asked.pace_days.to_string();
    let kinds = asked.choices.iter().map(|choice| Choice {
        value: (*choice).to_owned(),
        label: kind_label(w, choice),
        chosen: *choice == asked.choice,
    });
    let paces = PACES.iter().map(|pace| Choice {
        value: pace.to_string(),
        label: fill(&w.league_pace_days, &[("n", &pace.to_string())]),
        chosen: *pace == asked.pace_days,
    });
    page(&LeaguePage {
        l: Layout::new(reader, Place::Units, &w.league_title),
        w,
        kinds: kinds.collect(),
        paces: paces.collect(),
        sums: sums(reader, &rows, empty),
        rows: rows.iter().filter(|row| row.rank.is_some()).map(|row| view(reader, row)).collect(),
        small: rows.iter().filter(|row| row.rank.is_none()).map(|row| view(reader, row)).collect(),
        small_note: fill(&w.league_small_note, &[("n", &RANKED_MIN.to_string())]),
        pace_note: fill(&w.league_pace_note, &[("n", &days)]),
        change_title: fill(&w.league_change, &[("n", &days)]),
        csv: format::url("/league.csv", &[("kind", asked.choice), ("days", &days)]),
    })
}

/// The table as CSV.
///
/// # Errors
/// When the database fails.
pub async fn export(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (asked, rows, _) = table(&site, &visitor, &fields).await?;
    let (reader, w) = (&visitor.reader, visitor.words());
    let of_days = |text: &str| fill(text, &[("n", &asked.pace_days.to_string())]);
    let change_titles = [of_days(&w.league_change_machines), of_days(&w.league_change_points)];
    let mut csv = Csv::new(fields.separator());
    let titles = [
        &w.league_rank,
        &w.column_unit,
        &w.league_code,
        &w.column_machines,
        &w.column_ready,
        &w.league_share_percent,
        &change_titles[0],
        &change_titles[1],
        &w.league_target_percent,
        &w.league_target_day,
        &w.league_forecast_day,
        &w.league_forecast,
    ];
    csv.line(&titles.map(Clone::clone));
    for row in &rows {
        let (ready, all) = (row.grades.of(Grade::Ready), row.grades.all());
        let (machines, points) = row.change.unzip();
        let forecast_day = match row.forecast {
            Some(Forecast::On(day)) => day.to_string(),
            Some(Forecast::Reached | Forecast::Never | Forecast::TooLittle(_)) | None => String::new(),
        };
        csv.line(&[
            row.rank.map(|(place, _)| place.to_string()).unwrap_or_default(),
            row.unit.name.clone(),
            row.unit.code.clone(),
            all.to_string(),
            ready.to_string(),
            csv.tenths((ready * 2000 + all) / (all * 2).max(1)),
            machines.map(|machines| machines.to_string()).unwrap_or_default(),
            points.map(|tenths| csv.tenths(tenths)).unwrap_or_default(),
            row.target.map(|target| target.share_percent.to_string()).unwrap_or_default(),
            row.target.map(|target| target.day.to_string()).unwrap_or_default(),
            forecast_day,
            forecast_told(w, row),
        ]);
    }
    let name = format!("xep-hang-{}.csv", format::day(reader.now));
    Ok(attachment(CSV, &name, csv.text))
}

/// Gives a unit a target, or takes it away where the share is left empty.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see; when the database fails.
pub async fn set_target(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<String>,
    Form(form): Form,
) -> Result<Response, Failure> {
    let mut tx = site.app.store.begin().await?;
    let units = listing::units(&mut tx, &visitor.person.scope).await?;
    let unit = units.into_iter().find(|unit| unit.id == id).ok_or(Failure::NotFound)?;
    let (now, by, w) = (site.app.clock.now(), visitor.person.name.clone(), visitor.words());
    let wanted = form.text("share").trim();
    let detail = if wanted.is_empty() {
        target::remove(&mut tx, &unit.id).await?.then(|| serde_json::json!({ "share": null }))
    } else {
        let today = format::day(now);
        let last = today.saturating_add(Span::new().days(AHEAD_DAYS_MAX));
        let share = wanted.parse::<i64>().ok().filter(|share| (1..=100).contains(share));
        let day = days::read(form.text("day")).filter(|day| (today..=last).contains(day));
        let (Some(share_percent), Some(day)) = (share, day) else {
            drop(tx);
            return unit_page::answer(&site, &visitor, &id, vec![w.league_wrong_target.clone()]).await;
        };
        target::set(&mut tx, &unit.id, Target { share_percent, day }, &by, now).await?;
        Some(serde_json::json!({ "share": share_percent, "day": day.to_string() }))
    };
    if let Some(detail) = detail {
        audit::add(&mut tx, now, &by, "target-set", &unit.code, &detail.to_string()).await?;
    }
    tx.commit().await?;
    Ok(Redirect::to(&format!("/units/{id}")).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_place_and_small_ones_have_none() {
        let row = |name: &str, ready: i64, all: i64| {
            let mut grades = Grades::default();
            grades.add(Grade::Ready, ready);
            grades.add(Grade::NotReady, all - ready);
            let unit = UnitRow {
                id: name.into(),
                parent: None,
                path: format!("{name}/"),
                code: String::new(),
                name: name.into(),
                closed_on: None,
            };
            Row { unit, grades, change: None, target: None, forecast: None, rank: None }
        };
        let mut rows = [
            row("a", 5, 10),
            row("small", 4, 4),
            row("b", 30, 60),
            row("best", 9, 10),
            row("none", 0, 7),
            row("c", 4, 10),
        ];
        rank(&mut rows);
        let told: Vec<String> = rows
            .iter()
            .map(|row| match row.rank {
                Some((place, shared)) => {
                    format!("{} {place}{}", row.unit.name, if shared { "=" } else { "" })
                }
                None => row.unit.name.clone(),
            })
            .collect();
        assert_eq!(told, ["best 1", "a 2=", "b 2=", "c 4", "none 5", "small"]);
    }
}

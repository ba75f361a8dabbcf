//! A plan as a file: the annexes, the present state, the lines as CSV, everything as JSON.

use axum::extract::State;
use axum::response::Response;
use indicatif::ProgressBar;
use rules::plan::{Line, Year};
use serde::Serialize;

use super::asked::planned;
use super::line::{LineView, cost};
use crate::error::Failure;
use crate::inventory;
use crate::lang::Lang;
use crate::planning::Planned;
use crate::table::Csv;
use crate::web::annex;
use crate::web::words::Words;
use crate::web::{CSV, Query, Site, Visitor, attachment};

/// The media type of a workbook.
pub const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The annexes as a workbook.
///
/// # Errors
/// [`Failure::NotFound`] for a unit that the person does not see, or a budget that cannot be read; when the database
/// fails.
pub async fn workbook(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (place, planned) = planned(&site, &visitor, &fields).await?;
    let name = format!("ke-hoach-{}.xlsx", planned.day);
    book(name, move || annex::workbook(&place, &planned)).await
}

/// The present state as a workbook: the survey form, the self-assessment, the assets.
///
/// # Errors
/// As [`workbook`].
pub async fn state(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (place, planned) = planned(&site, &visitor, &fields).await?;
    let inventory = inventory::take(&site.app, &planned.scope, &ProgressBar::hidden()).await?;
    let name = format!("hien-trang-{}.xlsx", planned.day);
    book(name, move || annex::state(&place, &planned, &inventory, annex::Part::ALL)).await
}

/// A workbook under this name. Writing it takes a processor, and is no work for an asynchronous thread.
async fn book(
    name: String,
    write: impl FnOnce() -> anyhow::Result<Vec<u8>> + Send + 'static,
) -> Result<Response, Failure> {
    let written = tokio::task::spawn_blocking(write).await;
    let bytes = written.map_err(|error| anyhow::anyhow!("writing a workbook: {error}"))??;
    Ok(attachment(XLSX, &name, bytes))
}

/// The lines as CSV.
///
/// # Errors
/// As [`workbook`].
pub async fn list(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (_, planned) = planned(&site, &visitor, &fields).await?;
    let separator = fields.separator();
    let text = table(visitor.lang(), &planned, separator);
    Ok(attachment(CSV, &format!("ke-hoach-{}.csv", planned.day), text))
}

/// The lines as the text of a CSV file.
pub fn table(lang: Lang, planned: &Planned, separator: char) -> String {
    let w = Words::of(lang);
    let mut csv = Csv::new(separator);
    let titles = [
        &w.plan_when,
        &w.column_unit_code,
        &w.column_unit,
        &w.column_machine,
        &w.column_role,
        &w.plan_means,
        &w.plan_what,
        &w.plan_cost,
        &w.plan_points,
        &w.plan_why,
    ];
    csv.line(&titles.map(Clone::clone));
    for line in &planned.plan.lines {
        let view = LineView::of(lang, w, planned, line);
        let cost = cost(planned, line).map(|cost| cost.to_string()).unwrap_or_default();
        let cells = [
            view.when,
            view.unit_code,
            view.unit,
            view.machine,
            view.role,
            view.means.to_owned(),
            view.what,
            cost,
            view.points,
            view.why,
        ];
        csv.line(&cells);
    }
    csv.text
}

/// A plan for programs.
#[derive(Serialize)]
struct Document<'a> {
    day: String,
    norm: &'a str,
    prices_dated: String,
    years: &'a [Year],
    counts: rules::plan::Counts,
    lines: Vec<DocumentLine<'a>>,
}

#[derive(Serialize)]
struct DocumentLine<'a> {
    unit_code: &'a str,
    unit_name: &'a str,
    machine_id: Option<&'a str>,
    machine_name: Option<&'a str>,
    replaced_id: Option<&'a str>,
    replaced_name: Option<&'a str>,
    /// In how many of the years of the plan it is paid for, and what it costs in all of them, in đồng.
    years_paid: usize,
    cost_all: Option<i64>,
    #[serde(flatten)]
    line: &'a Line,
}

/// The plan as JSON text.
///
/// # Errors
/// When it cannot be written.
pub fn document(planned: &Planned) -> anyhow::Result<String> {
    let lines = planned
        .plan
        .lines
        .iter()
        .filter_map(|one| {
            let unit = planned.units.get(one.unit)?;
            let machine = |index: Option<usize>| index.and_then(|index| planned.machines.get(index));
            let (machine, replaced) = (machine(one.machine), machine(one.replaces));
            Some(DocumentLine {
                unit_code: &unit.code,
                unit_name: &unit.name,
                machine_id: machine.map(|machine| machine.id.as_str()),
                machine_name: machine.map(|machine| machine.name.as_str()),
                replaced_id: replaced.map(|machine| machine.id.as_str()),
                replaced_name: replaced.map(|machine| machine.name.as_str()),
                years_paid: one.years_paid(planned.plan.years.len()),
                cost_all: cost(planned, one),
                line: one,
            })
        })
        .collect();
    let document = Document {
        day: planned.day.to_string(),
        norm: &planned.norm.id,
        prices_dated: planned.judge.prices.dated.to_string(),
        years: &planned.plan.years,
        counts: planned.plan.counts,
        lines,
    };
    Ok(serde_json::to_string_pretty(&document)?)
}

/// The plan as JSON.
///
/// # Errors
/// As [`workbook`].
pub async fn json(
    State(site): State<Site>,
    visitor: Visitor,
    Query(fields): Query,
) -> Result<Response, Failure> {
    let (_, planned) = planned(&site, &visitor, &fields).await?;
    let body = document(&planned)?.into_bytes();
    Ok(attachment("application/json", &format!("ke-hoach-{}.json", planned.day), body))
}

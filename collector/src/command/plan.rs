//! `plan`: the provisioning plan of a part of the tree, as a workbook, CSV lines or JSON.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::{ACTOR, place, print, progress, rules_files};
use crate::app::App;
use crate::clock::Clock;
use crate::data::Data;
use crate::judge::Wrong;
use crate::lang::Lang;
use crate::money::Dong;
use crate::planning::{self, Planned, Wish, YEARS_MAX};
use crate::server::open_app;
use crate::terms::{PERCENT, Terms, Tried, keep_text};
use crate::web::annex;
use crate::web::format::{money, number};
use crate::web::label::pick;
use crate::web::plan::file;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Only this unit and what is below it
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// What may be spent in a year, in đồng; once for each year, the first first. Without it, whatever it takes
    #[arg(long, value_name = "DONG", allow_hyphen_values = true)]
    budget: Vec<Dong>,
    /// Over how many years: one budget is that of each of them, and without any what comes again is counted in each
    #[arg(long, value_name = "N", default_value_t = 1, allow_hyphen_values = true, value_parser = years)]
    years: usize,
    /// The norm, by its id in norms.toml; else the one in force
    #[arg(long, value_name = "ID")]
    norm: Option<String>,
    /// Tries this price book, as a TOML file, instead of the one in force
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Tries all prices so many percent higher, or lower
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true, value_parser = percent)]
    percent: i64,
    /// Tries this rule set, as a TOML file, instead of those in force
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Where the money comes from, for the annex of purchases
    #[arg(long, value_name = "TEXT", default_value = "")]
    fund: String,
    /// Writes the annexes (.xlsx), the lines (.csv) or the whole plan (.json), by the ending of the file's name
    #[arg(long, value_name = "FILE", value_parser = output)]
    out: Option<Output>,
    /// Prints the plan as JSON
    #[arg(long)]
    json: bool,
    /// The language of what is printed: vi, en
    #[arg(long, default_value = "en", value_parser = super::lang)]
    lang: Lang,
}

fn years(text: &str) -> Result<usize, String> {
    super::whole(text, (1, i64::try_from(YEARS_MAX).unwrap_or(i64::MAX)))
}

fn percent(text: &str) -> Result<i64, String> {
    super::whole(text, PERCENT)
}

/// A file to write, in the form that its name says.
#[derive(Debug, Clone)]
struct Output {
    path: PathBuf,
    form: Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Workbook,
    Table,
    Json,
}

fn output(name: &str) -> Result<Output, String> {
    let path = PathBuf::from(name);
    let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let form = match ending.as_str() {
        "xlsx" => Form::Workbook,
        "csv" => Form::Table,
        "json" => Form::Json,
        _ => return Err("the name must end in .xlsx, .csv or .json".to_owned()),
    };
    Ok(Output { path, form })
}

fn write(output: &Output, place: &str, planned: &Planned) -> Result<()> {
    let writing = |path: &Path| format!("writing the plan {}", path.display());
    let bytes = match output.form {
        Form::Workbook => annex::workbook(place, planned),
        Form::Table => Ok(file::table(Lang::Vi, planned, ';').into_bytes()),
        Form::Json => file::document(planned).map(String::into_bytes),
    };
    let bytes = bytes.with_context(|| writing(&output.path))?;
    std::fs::write(&output.path, bytes).with_context(|| writing(&output.path))
}

pub(super) async fn run(data: &Data, options: Options) -> Result<ExitCode> {
    let config = data.config()?;
    let app = open_app(data, &config, &data.path(&config.rules.folder), Clock::System).await?;
    let (scope, place) = place(&app.store, "planning", options.unit.as_deref()).await?;
    let terms = match terms(&app, &options).await? {
        Ok(terms) => terms,
        Err(wrong) => {
            rules_files::tell_wrong(&wrong, options.lang);
            return Ok(ExitCode::FAILURE);
        }
    };
    let bar = progress("Diagnosing machines");
    planning::diagnose_on(&app, &terms, &scope, &bar).await?;
    let mut budgets: Vec<i64> = options.budget.iter().map(|sum| sum.0).collect();
    match (budgets.as_slice(), options.years) {
        ([every], years) => budgets = vec![*every; years],
        (each, years) if years > 1 && !each.is_empty() && each.len() != years => bail!(
            "planning {years} years with {} budgets: give one for each year, or one for all of them",
            each.len()
        ),
        _ => {}
    }
    let (norm, fund, years) = (options.norm, options.fund, options.years);
    let wish = Wish { scope, norm, fund, budgets, years, terms };
    let planned = planning::plan(&app, &wish).await?;
    app.store.close().await;
    if let Some(out) = &options.out {
        write(out, &place, &planned)?;
    }
    if options.json {
        print(&file::document(&planned)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let lines = &planned.plan.lines;
    let funded = || planned.plan.funded();
    let cost: i64 = lines.iter().map(|line| planned.plan.cost_of(line)).sum();
    let left: Vec<_> = lines.iter().filter(|line| line.year.is_none()).collect();
    let counts = planned.plan.counts;
    let more: u32 = funded().map(|line| line.seats).sum();
    let lang = options.lang;
    let count = |count: usize| number(lang, i64::try_from(count).unwrap_or(i64::MAX));
    let norm = pick(lang, &planned.norm.title);
    let [ready, seats, more] = [counts.ready, counts.seats, more].map(|count| number(lang, i64::from(count)));
    let (lines, lines_left) = (count(funded().count()), count(left.len()));
    let cost = money(lang, cost);
    let cost_left = money(lang, left.iter().map(|line| planned.plan.cost_left(line)).sum());
    print(&match lang {
        Lang::Vi => format!(
            "{place}, theo {norm}: {ready} / {seats} chỗ làm việc sẵn sàng, kế hoạch thêm {more}.\n\
             Bố trí được: {lines} việc, {cost}. Chưa bố trí được: {lines_left} việc, {cost_left}."
        ),
        Lang::En => format!(
            "{place}, by {norm}: {ready} of {seats} seats are ready, the plan adds {more}.\n\
             Funded: {lines} lines, {cost}. Not funded: {lines_left} lines, {cost_left}."
        ),
    })?;
    for (index, year) in planned.plan.years.iter().enumerate() {
        let (n, spent, points) = (index + 1, money(lang, year.spent), year.points);
        let is_best = year.points == year.points_bound;
        let Some(budget) = year.budget.map(|budget| money(lang, budget)) else {
            if options.years > 1 {
                print(&format!("{} {n}: {spent}.", lang.pick("Năm", "Year")))?;
            }
            continue;
        };
        print(&match lang {
            Lang::Vi => {
                let proof = if is_best { "không cách nào hơn" } else { "chưa chứng minh" };
                format!("Năm {n}: {spent} trong {budget}, {points} điểm ({proof}).")
            }
            Lang::En => {
                let proof = if is_best { "no choice is better" } else { "not proven" };
                format!("Year {n}: {spent} of {budget}, {points} points ({proof}).")
            }
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What the options try, or what is wrong with it. A text is kept in the archive, so that the plan names what it was
/// made by.
async fn terms(app: &App, options: &Options) -> Result<Result<Terms, Vec<Wrong>>> {
    let mut terms = Terms { percent: options.percent, ..Terms::default() };
    for path in [&options.prices, &options.rules].into_iter().flatten() {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).with_context(|| format!("reading {name}"))?;
        match keep_text(app, &name, &text, ACTOR).await? {
            Ok(Tried::Prices(digest)) if options.prices.as_ref() == Some(path) => terms.prices = Some(digest),
            Ok(Tried::Rules(digest)) if options.rules.as_ref() == Some(path) => terms.rules = Some(digest),
            Ok(Tried::Prices(_)) => bail!("planning: {name} is a price book; try it with --prices"),
            Ok(Tried::Rules(_)) => bail!("planning: {name} is a rule set; try it with --rules"),
            Err(wrong) => return Ok(Err(wrong)),
        }
    }
    Ok(Ok(terms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_says_its_form() {
        let form = |name: &str| output(name).map(|output| output.form);
        assert_eq!(form("a/plan.xlsx"), Ok(Form::Workbook));
        assert_eq!(form("PLAN.CSV"), Ok(Form::Table));
        assert_eq!(form("plan.json"), Ok(Form::Json));
        for wrong in ["plan", "plan.xls", "plan.pdf", ".csv"] {
            assert!(form(wrong).is_err(), "{wrong}");
        }
    }
}

//! `plan`: the provisioning plan of a part of the tree, as a workbook, CSV lines or JSON.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;

use super::{print, progress};
use crate::clock::Clock;
use crate::data::Data;
use crate::planning::{self, Wish};
use crate::server::open_app;
use crate::store::listing::Scope;
use crate::store::unit;
use crate::web::format::{money, number};
use crate::web::reader::Lang;
use crate::web::{annex, plan};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Only this unit and what is below it
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// What may be spent in a year, in đồng; once for each year, the first first. Without it, whatever it takes
    #[arg(long, value_name = "DONG", value_parser = clap::value_parser!(i64).range(0..=100_000_000_000_000))]
    budget: Vec<i64>,
    /// The norm, by its id in norms.toml; else the one in force
    #[arg(long, value_name = "ID")]
    norm: Option<String>,
    /// Writes the annexes as an XLSX file, or the plan as JSON, by the name of the file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Prints the plan as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(data: &Data, options: Options) -> Result<()> {
    let config = data.config()?;
    let app = open_app(data, &config, &data.path(&config.rules.folder), Clock::System).await?;
    let (scope, place) = match &options.unit {
        None => (Scope::everything(), "Toàn bộ".to_owned()),
        Some(code) => {
            let found = unit::by_code(&mut app.store.read().await?, code).await?;
            match found.as_slice() {
                [unit] => (Scope::subtree(&unit.path), unit.name.clone()),
                [] => bail!("planning: there is no unit with the code {code}; look with units list"),
                many => bail!("planning: {} units have the code {code}", many.len()),
            }
        }
    };
    let bar = progress("Diagnosing machines");
    planning::diagnose(&app, &scope, None, &bar).await?;
    let wish = Wish { scope, norm: options.norm, budgets: options.budget };
    let planned = planning::plan(&app, &wish).await?;
    app.store.close().await;
    if let Some(out) = &options.out {
        let is_json = out.extension().is_some_and(|extension| extension == "json");
        let bytes =
            if is_json { plan::document(&planned)?.into_bytes() } else { annex::workbook(&place, &planned)? };
        std::fs::write(out, bytes).with_context(|| format!("writing the plan {}", out.display()))?;
    }
    if options.json {
        return print(&plan::document(&planned)?);
    }
    let lines = &planned.plan.lines;
    let funded = lines.iter().filter(|line| line.year.is_some());
    let cost: i64 = funded.clone().filter_map(|line| line.cost).sum();
    let left: Vec<_> = lines.iter().filter(|line| line.year.is_none()).collect();
    let counts = planned.plan.counts;
    let more: u32 = funded.clone().map(|line| line.seats).sum();
    let count = |count: usize| number(Lang::En, i64::try_from(count).unwrap_or(i64::MAX));
    print(&format!(
        "{place}, by {}: {} of {} seats are ready, the plan adds {more}.\nFunded: {} lines, {}. Not funded: {} lines, {}.",
        planned.norm.title.en,
        counts.ready,
        counts.seats,
        count(funded.count()),
        money(Lang::En, cost),
        count(left.len()),
        money(Lang::En, left.iter().filter_map(|line| line.cost).sum()),
    ))?;
    for (index, year) in planned.plan.years.iter().enumerate().filter(|(_, year)| year.budget.is_some()) {
        let proof = if year.points == year.points_bound { "no choice is better" } else { "not proven" };
        let budget = money(Lang::En, year.budget.unwrap_or(0));
        let spent = money(Lang::En, year.spent);
        print(&format!("Year {}: {spent} of {budget}, {} points ({proof}).", index + 1, year.points))?;
    }
    Ok(())
}

//! `export assets|survey|checklist`: the present state as a workbook.

use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::{machines_counted, open, place, print, progress};
use crate::data::Data;
use crate::inventory;
use crate::planning::{self, Wish};
use crate::terms::Terms;
use crate::web::annex::{self, Part};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The assets, hardware and software (P5)
    #[command(after_help = "Example: sansang-collector export assets --unit 38 --out tai-san.xlsx")]
    Assets(Options),
    /// The survey form of the present state, an agency in a row (P2)
    #[command(after_help = "Example: sansang-collector export survey --out khao-sat.xlsx")]
    Survey(Options),
    /// The self-assessment of level 2 by TCVN 14423 (P4)
    #[command(after_help = "Example: sansang-collector export checklist --out cap-do-2.xlsx")]
    Checklist(Options),
}

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Only this unit and what is below it
    #[arg(long, value_name = "CODE")]
    unit: Option<String>,
    /// The XLSX file to write
    #[arg(long, value_name = "FILE", value_parser = workbook)]
    out: PathBuf,
}

fn workbook(name: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(name);
    let is_workbook = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("xlsx"));
    if is_workbook { Ok(path) } else { Err("the name must end in .xlsx".to_owned()) }
}

pub(super) async fn run(data: &Data, command: Command) -> Result<()> {
    let (part, options) = match command {
        Command::Assets(options) => (Part::Assets, options),
        Command::Survey(options) => (Part::Survey, options),
        Command::Checklist(options) => (Part::Checklist, options),
    };
    let (app, _) = open(data).await?;
    let (scope, place) = place(&app.store, "exporting", options.unit.as_deref()).await?;
    // Whether machines are usable is what their diagnosis says.
    planning::diagnose(&app, &scope, None, &progress("Diagnosing machines")).await?;
    let wish = Wish {
        scope: scope.clone(),
        norm: None,
        fund: String::new(),
        budgets: Vec::new(),
        years: 1,
        terms: Terms::default(),
    };
    let planned = planning::plan(&app, &wish).await?;
    let inventory = inventory::take(&app, &scope, &progress("Going through reports")).await?;
    app.store.close().await;
    let bytes = annex::state(&place, &planned, &inventory, &[part])?;
    let out = options.out.display();
    std::fs::write(&options.out, bytes).with_context(|| format!("writing the workbook {out}"))?;
    print(&format!("{} of {place}: {out}", machines_counted(inventory.hardware.len())))
}

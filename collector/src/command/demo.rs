//! `demo`: fills an empty data folder with a province to look at.

use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;
use indicatif::ProgressBar;

use super::{print, progress};
use crate::clock::Clock;
use crate::data::Data;
use crate::demo::{self, Demo, Filled, MACHINES_MAX, Tree};
use crate::intake::{Intake, Settings};
use crate::server::open_app;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// How many PCs
    #[arg(long, value_name = "N", default_value_t = 500, allow_hyphen_values = true, value_parser = machines)]
    machines: u32,
    /// The organisation of which year
    #[arg(long, value_enum, default_value_t = Tree::Two)]
    tree: Tree,
    /// What everything is drawn from: the same number makes the same province
    #[arg(long, value_name = "NUMBER", default_value_t = 38)]
    seed: u64,
}

/// How many PCs a demonstration may have.
pub(super) fn machines(text: &str) -> Result<u32, String> {
    super::whole(text, (1, i64::from(MACHINES_MAX)))
}

pub(super) async fn run(folder: &Path, options: Options) -> Result<()> {
    let (data, _) = Data::make(folder)?;
    let bar = progress("Making the province");
    let Options { machines, tree, seed } = options;
    let filled = fill(&data, Demo { machines, tree, seed }, &bar).await?;
    let Filled { units, machines, reports } = filled;
    print(&format!(
        "{units} units, {machines} PCs, {reports} reports. All of them are invented; the hardware is real."
    ))
}

/// Fills the data folder, which must have no units.
pub(super) async fn fill(data: &Data, demo: Demo, bar: &ProgressBar) -> Result<Filled> {
    let _lock = data.lock()?;
    let config = data.config()?;
    let now = Clock::System.now();
    let app = open_app(data, &config, &data.path(&config.rules.folder), Clock::fixed(now)).await?;
    let settings = Settings {
        report_seconds: config.agents.report_seconds,
        sealing_key: data.sealing_key()?.public,
        services: config.reach.services.clone(),
    };
    let (intake, writer) = Intake::new(app.clone(), settings)?;
    let writer = tokio::spawn(writer.run());
    let filled = demo::fill(&app, &intake, demo, now, bar).await;
    drop(intake);
    writer.await.context("waiting for the writer")?;
    app.store.close().await;
    filled
}

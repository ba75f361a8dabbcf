//! `units import FILE.csv`, `units list`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;

use super::{ACTOR, print, tell};
use crate::clock::Clock;
use crate::data::Data;
use crate::store::{audit, unit};
use crate::units;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds and changes units from a CSV file with the columns code, name, parent_code
    #[command(after_help = "Example: sansang-collector units import thanh-hoa_2025-07.csv")]
    Import {
        /// The file: UTF-8, first line names the columns
        file: PathBuf,
    },
    /// Prints the tree
    #[command(after_help = "Example: sansang-collector units list")]
    List,
}

pub(super) async fn run(data: &Data, command: Command) -> Result<ExitCode> {
    match command {
        Command::Import { file } => import(data, &file).await,
        Command::List => list(data).await,
    }
}

async fn import(data: &Data, file: &std::path::Path) -> Result<ExitCode> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("reading the units {name}"))?;
    let rows = match units::parse(&name, &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let (store, clock) = (data.store().await?, Clock::System);
    let mut tx = store.begin().await?;
    let imported = match units::import(&mut tx, &name, &rows, clock.now()).await? {
        Ok(imported) => imported,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let detail = serde_json::json!({ "added": imported.added, "changed": imported.changed }).to_string();
    audit::add(&mut tx, clock.now(), ACTOR, "units-import", &name, &detail).await?;
    tx.commit().await?;
    store.close().await;
    print(&format!(
        "{} units added, {} changed, {} as before.",
        imported.added, imported.changed, imported.same
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Tells what keeps a file from being imported.
pub(super) fn complain(complaints: &[String]) -> ExitCode {
    complaints.iter().for_each(|complaint| tell(complaint));
    tell(&format!("{} things are wrong; nothing was imported.", complaints.len()));
    ExitCode::FAILURE
}

async fn list(data: &Data) -> Result<ExitCode> {
    let store = data.store().await?;
    let tree = unit::tree(&mut store.read().await?).await?;
    for unit in tree {
        let depth = unit.path.matches('/').count().saturating_sub(1);
        print(&format!("{}{} {} ({})", "  ".repeat(depth), unit.code, unit.name, unit.kind))?;
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

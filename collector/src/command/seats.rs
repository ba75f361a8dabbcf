//! `seats import FILE.csv`, `seats list`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;

use super::units::complain;
use super::{ACTOR, print};
use crate::clock::Clock;
use crate::data::Data;
use crate::rooms;
use crate::seats;
use crate::server::open_app;
use crate::store::listing::Scope;
use crate::store::{audit, seat, unit};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Gives units their seats from a CSV file with the columns unit_code, role, count, and group, regime
    #[command(after_help = "Example: sansang-collector seats import seats.csv")]
    Import {
        /// The file: UTF-8, first line names the columns
        file: PathBuf,
    },
    /// Gives machines other seats from a CSV file with the columns machine, unit_code, role
    #[command(after_help = "Example: sansang-collector seats assign machines.csv")]
    Assign {
        /// The file: UTF-8, first line names the columns
        file: PathBuf,
    },
    /// Says in which rooms machines stand and what the asset register says of them, from a CSV file with the columns
    /// machine and any of room, responsible, purpose, register_number, register_date, warranty_end
    #[command(after_help = "Example: sansang-collector seats rooms rooms.csv")]
    Rooms {
        /// The file: UTF-8, first line names the columns
        file: PathBuf,
    },
    /// Prints the seats as such a file
    #[command(after_help = "Example: sansang-collector seats list > seats.csv")]
    List,
}

pub(super) async fn run(data: &Data, command: Command) -> Result<ExitCode> {
    match command {
        Command::Import { file } => import(data, &file).await,
        Command::Assign { file } => assign(data, &file).await,
        Command::Rooms { file } => place(data, &file).await,
        Command::List => list(data).await,
    }
}

async fn import(data: &Data, file: &std::path::Path) -> Result<ExitCode> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("reading the seats {name}"))?;
    let rows = match seats::parse(&name, &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let (store, clock) = (data.store().await?, Clock::System);
    let mut tx = store.begin().await?;
    let imported = match seats::import(&mut tx, &name, &rows).await? {
        Ok(imported) => imported,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let detail = serde_json::json!({ "units": imported.units, "seats": imported.seats }).to_string();
    audit::add(&mut tx, clock.now(), ACTOR, "seats-import", &name, &detail).await?;
    tx.commit().await?;
    store.close().await;
    print(&format!(
        "{} seats in {} units; {} units changed.",
        imported.seats, imported.units, imported.changed
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn assign(data: &Data, file: &std::path::Path) -> Result<ExitCode> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("reading where machines sit, {name}"))?;
    let moves = match seats::parse_moves(&name, &bytes) {
        Ok(moves) => moves,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let config = data.config()?;
    let app = open_app(data, &config, &data.path(&config.rules.folder), Clock::System).await?;
    let assigned = seats::assign(&app, &name, &moves, ACTOR).await?;
    app.store.close().await;
    match assigned {
        Ok(moved) => print(&format!("{moved} machines moved, {} sit there already.", moves.len() - moved))?,
        Err(complaints) => return Ok(complain(&complaints)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn place(data: &Data, file: &std::path::Path) -> Result<ExitCode> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("reading the rooms {name}"))?;
    let rows = match rooms::parse(&name, &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let config = data.config()?;
    let app = open_app(data, &config, &data.path(&config.rules.folder), Clock::System).await?;
    let imported = rooms::import(&app, &name, &rows, ACTOR).await?;
    app.store.close().await;
    match imported {
        Ok(changed) => {
            print(&format!(
                "{changed} machines have other rooms or entries in the register, {} had these.",
                rows.len() - changed
            ))?;
        }
        Err(complaints) => return Ok(complain(&complaints)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(data: &Data) -> Result<ExitCode> {
    let store = data.store().await?;
    let mut tx = store.read().await?;
    print("unit_code,role,count,group,regime")?;
    for one in seat::all(&mut tx, &Scope::everything()).await? {
        let code = unit::by_id(&mut tx, &one.unit).await?.code;
        print(&format!("{code},{},{},{},{}", one.role, one.count, one.group, one.regime))?;
    }
    drop(tx);
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

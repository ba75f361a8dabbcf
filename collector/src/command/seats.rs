//! `seats import FILE.csv`, `assign`, `rooms`, `list`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};

use super::units::complain;
use super::{ACTOR, counted, machines_counted, print, units_counted};
use crate::clock::Clock;
use crate::data::Data;
use crate::named::Change;
use crate::rooms;
use crate::seats;
use crate::server::open_app;
use crate::store::listing::Scope;
use crate::store::{seat, unit};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Gives units their seats from a CSV file with the columns unit_code, role, count, and group, regime: a unit that the
    /// file names has the seats of the file and no others, so roles that are missing there are gone
    #[command(after_help = "Example: sansang-collector seats import seats.csv --dry-run")]
    Import(Taken),
    /// Gives machines other seats from a CSV file with the columns machine, unit_code, role
    #[command(after_help = "Example: sansang-collector seats assign machines.csv")]
    Assign(Taken),
    /// Says in which rooms machines stand and what the asset register says of them, from a CSV file with the columns
    /// machine and any of room, responsible, purpose, register_number, register_date, warranty_end
    #[command(after_help = "Example: sansang-collector seats rooms rooms.csv")]
    Rooms(Taken),
    /// Prints the seats as such a file
    #[command(after_help = "Example: sansang-collector seats list > seats.csv")]
    List,
}

/// A file to take in.
#[derive(Debug, Args)]
pub(super) struct Taken {
    /// The file: UTF-8, first line names the columns
    file: PathBuf,
    /// Says what would change, and changes nothing
    #[arg(long)]
    dry_run: bool,
}

impl Taken {
    /// The file's name and bytes.
    fn read(&self, what: &str) -> Result<(String, Vec<u8>)> {
        let name = self.file.display().to_string();
        let bytes = std::fs::read(&self.file).with_context(|| format!("reading {what} {name}"))?;
        Ok((name, bytes))
    }
}

pub(super) async fn run(data: &Data, command: Command) -> Result<ExitCode> {
    match command {
        Command::Import(taken) => import(data, &taken).await,
        Command::Assign(taken) => assign(data, &taken).await,
        Command::Rooms(taken) => place(data, &taken).await,
        Command::List => list(data).await,
    }
}

async fn import(data: &Data, taken: &Taken) -> Result<ExitCode> {
    let (name, bytes) = taken.read("the seats")?;
    let rows = match seats::parse(&name, &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let (store, clock) = (data.store().await?, Clock::System);
    let mut tx = store.begin().await?;
    let reckoned = match seats::reckon(&mut tx, &Scope::everything(), &rows).await? {
        Ok(reckoned) => reckoned,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    if !taken.dry_run {
        seats::apply(&mut tx, &name, &reckoned, (ACTOR, clock.now())).await?;
        tx.commit().await?;
        store.close().await;
    }
    tell_changes(&reckoned.changes)?;
    print(&format!(
        "{} in {}; {}.",
        counted(reckoned.seats, "seat", "seats"),
        units_counted(reckoned.units),
        outcome(units_counted(reckoned.changes.len()), taken.dry_run)
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// What becomes of each unit or machine, a line for each.
pub(super) fn tell_changes(changes: &[Change]) -> Result<()> {
    changes.iter().try_for_each(|change| print(&change.told()))
}

/// What happened to so many, or would.
pub(super) fn outcome(counted: String, dry_run: bool) -> String {
    if dry_run { format!("{counted} would change") } else { format!("{counted} changed") }
}

async fn assign(data: &Data, taken: &Taken) -> Result<ExitCode> {
    let (name, bytes) = taken.read("where machines sit,")?;
    let rows = match seats::parse_moves(&name, &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let config = data.config()?;
    let app = open_app(data, &config, &data.path(&config.rules.folder), Clock::System).await?;
    let everything = Scope::everything();
    let moves = if taken.dry_run {
        seats::reckon_moves(&mut app.store.read().await?, &everything, &rows).await?
    } else {
        seats::assign(&app, &everything, &rows, ACTOR).await?
    };
    app.store.close().await;
    let moves = match moves {
        Ok(moves) => moves,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    tell_changes(&moves.changes)?;
    let moved = machines_counted(moves.changes.len());
    let told = if taken.dry_run { "would move" } else { "moved" };
    print(&format!("{moved} {told}, {} there already.", counted(moves.same, "sits", "sit")))?;
    Ok(ExitCode::SUCCESS)
}

async fn place(data: &Data, taken: &Taken) -> Result<ExitCode> {
    let (name, bytes) = taken.read("the rooms")?;
    let rows = match rooms::parse(&name, &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let (store, clock) = (data.store().await?, Clock::System);
    let mut tx = store.begin().await?;
    let reckoned = match rooms::reckon(&mut tx, &Scope::everything(), &rows).await? {
        Ok(reckoned) => reckoned,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    if !taken.dry_run {
        rooms::apply(&mut tx, &name, &reckoned, (ACTOR, clock.now())).await?;
        tx.commit().await?;
        store.close().await;
    }
    tell_changes(&reckoned.changes)?;
    print(&format!(
        "{} in room or register, {} as before.",
        outcome(machines_counted(reckoned.changes.len()), taken.dry_run),
        reckoned.same
    ))?;
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

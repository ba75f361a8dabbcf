//! `wishes import FILE.csv`, `wishes list`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;

use super::seats::{outcome, tell_changes};
use super::units::complain;
use super::{ACTOR, counted, open, print, units_counted};
use crate::data::Data;
use crate::store::listing::Scope;
use crate::store::{unit, wish};
use crate::wishes;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Gives units their wishes from a CSV file with the columns unit_code, item, count, and have, price: a unit that the
    /// file names has the wishes of the file and no others
    #[command(after_help = "Example: sansang-collector wishes import wishes.csv")]
    Import {
        /// The file: UTF-8, first line names the columns; items as in prices.toml, prices in đồng, of lines by the month
        file: PathBuf,
        /// Says what would change, and changes nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Prints the wishes as such a file
    #[command(after_help = "Example: sansang-collector wishes list > wishes.csv")]
    List,
}

pub(super) async fn run(data: &Data, command: Command) -> Result<ExitCode> {
    match command {
        Command::Import { file, dry_run } => import(data, &file, dry_run).await,
        Command::List => list(data).await,
    }
}

async fn import(data: &Data, file: &std::path::Path, dry_run: bool) -> Result<ExitCode> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("reading the wishes {name}"))?;
    let (app, _) = open(data).await?;
    let rows = match wishes::parse(&name, &bytes, &app.judge().prices) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let mut tx = app.store.begin().await?;
    let reckoned = match wishes::reckon(&mut tx, &Scope::everything(), &rows).await? {
        Ok(reckoned) => reckoned,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    if !dry_run {
        wishes::apply(&mut tx, &name, &reckoned, (ACTOR, app.clock.now())).await?;
        tx.commit().await?;
        app.store.close().await;
    }
    tell_changes(&reckoned.changes)?;
    print(&format!(
        "{} of {}; {}.",
        counted(reckoned.wishes, "wish", "wishes"),
        units_counted(reckoned.units),
        outcome(units_counted(reckoned.changes.len()), dry_run)
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn list(data: &Data) -> Result<ExitCode> {
    let store = data.store().await?;
    let mut tx = store.read().await?;
    print("unit_code,item,count,have,price")?;
    for one in wish::all(&mut tx, &Scope::everything()).await? {
        let code = unit::by_id(&mut tx, &one.unit).await?.code;
        let price = one.price.map(|price| price.to_string()).unwrap_or_default();
        print(&format!("{code},{},{},{},{price}", one.item, one.count, one.have))?;
    }
    drop(tx);
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

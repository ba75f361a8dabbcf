//! `wishes import FILE.csv`, `wishes list`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Subcommand;

use super::units::complain;
use super::{ACTOR, open, print};
use crate::data::Data;
use crate::store::listing::Scope;
use crate::store::{audit, unit, wish};
use crate::wishes;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Gives units their wishes from a CSV file with the columns unit_code, item, count, and have, price
    #[command(after_help = "Example: sansang-collector wishes import wishes.csv")]
    Import {
        /// The file: UTF-8, first line names the columns; items as in prices.toml, prices in đồng, of lines by the month
        file: PathBuf,
    },
    /// Prints the wishes as such a file
    #[command(after_help = "Example: sansang-collector wishes list > wishes.csv")]
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
    let bytes = std::fs::read(file).with_context(|| format!("reading the wishes {name}"))?;
    let (app, _) = open(data).await?;
    let rows = match wishes::parse(&name, &bytes, &app.judge().prices) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let mut tx = app.store.begin().await?;
    let imported = match wishes::import(&mut tx, &name, &rows).await? {
        Ok(imported) => imported,
        Err(complaints) => return Ok(complain(&complaints)),
    };
    let detail = serde_json::json!({ "units": imported.units, "wishes": imported.wishes }).to_string();
    audit::add(&mut tx, app.clock.now(), ACTOR, "wishes-import", &name, &detail).await?;
    tx.commit().await?;
    app.store.close().await;
    print(&format!("{} wishes of {} units.", imported.wishes, imported.units))?;
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

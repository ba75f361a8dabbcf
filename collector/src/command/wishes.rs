//! `wishes import FILE.csv`, `wishes list`.

use std::process::ExitCode;

use anyhow::Result;
use clap::Subcommand;

use super::seats::Taken;
use super::{ACTOR, complain, counted, open, print, units_counted};
use crate::data::Data;
use crate::sheet::File;
use crate::store::listing::Scope;
use crate::store::{unit, wish};
use crate::web::import::Kind;
use crate::wishes;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Gives units their wishes from a CSV file with the columns unit_code, item, count, and have, price: a unit that the
    /// file names has the wishes of the file and no others; items as in prices.toml, prices in đồng, of lines by the month
    #[command(after_help = "Example: sansang-collector wishes import wishes.csv")]
    Import(Taken),
    /// Prints the wishes as such a file
    #[command(after_help = "Example: sansang-collector wishes list > wishes.csv")]
    List,
}

pub(super) async fn run(data: &Data, command: Command) -> Result<ExitCode> {
    match command {
        Command::Import(taken) => import(data, &taken).await,
        Command::List => list(data).await,
    }
}

async fn import(data: &Data, taken: &Taken) -> Result<ExitCode> {
    let (name, bytes) = taken.read("the wishes")?;
    let lang = taken.lang;
    let (app, _) = open(data).await?;
    let judge = app.judge();
    let rows = match wishes::parse(File::new(&name, lang), &bytes, &judge.prices) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    let mut tx = app.store.begin().await?;
    let reckoned = match wishes::reckon(&mut tx, &Scope::everything(), &rows).await? {
        Ok(reckoned) => reckoned,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    if !taken.dry_run {
        wishes::apply(&mut tx, &name, &reckoned, (ACTOR, app.clock.now())).await?;
        tx.commit().await?;
        app.store.close().await;
    }
    taken.tell_changes(Kind::Wishes, Some(&judge.prices), &reckoned.changes)?;
    let (wishes, units, outcome) = (reckoned.wishes, reckoned.units, taken.outcome(reckoned.changes.len()));
    print(&lang.pick(
        format!("{wishes} nhu cầu của {units} đơn vị; {outcome}."),
        format!("{} of {}; {outcome}.", counted(wishes, "wish", "wishes"), units_counted(units)),
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

//! `seats import FILE.csv`, `assign`, `rooms`, `list`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use rules::prices::Prices;

use super::{ACTOR, complain, counted, machines_counted, print, units_counted};
use crate::clock::Clock;
use crate::data::Data;
use crate::lang::Lang;
use crate::named::Change;
use crate::rooms;
use crate::seats;
use crate::server::open_app;
use crate::sheet::File;
use crate::store::listing::Scope;
use crate::store::{seat, unit};
use crate::web::import::{Kind, Teller};

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
    pub(super) dry_run: bool,
    /// The language of what is printed: vi, en
    #[arg(long, default_value = "en", value_parser = super::lang)]
    pub(super) lang: Lang,
}

impl Taken {
    /// The file's name and bytes.
    pub(super) fn read(&self, what: &str) -> Result<(String, Vec<u8>)> {
        let name = self.file.display().to_string();
        let bytes = std::fs::read(&self.file).with_context(|| format!("reading {what} {name}"))?;
        Ok((name, bytes))
    }

    /// What becomes of each unit or machine, a line for each.
    pub(super) fn tell_changes(&self, kind: Kind, prices: Option<&Prices>, changes: &[Change]) -> Result<()> {
        let teller = Teller { lang: self.lang, kind, prices };
        let told = |change: &Change| match self.lang {
            Lang::Vi => {
                let who = format!("{} {}", change.of, change.name);
                format!("{}: {}", who.trim_end(), teller.sentence(change))
            }
            Lang::En => change.told(),
        };
        changes.iter().try_for_each(|change| print(&told(change)))
    }

    /// What happened to so many units, or would.
    pub(super) fn outcome(&self, units: usize) -> String {
        let change = self.change();
        self.lang.pick(format!("{units} đơn vị {change}"), format!("{} {change}", units_counted(units)))
    }

    /// That something changed, or would.
    fn change(&self) -> &'static str {
        let (vi, en) =
            if self.dry_run { ("sẽ thay đổi", "would change") } else { ("đã thay đổi", "changed") };
        self.lang.pick(vi, en)
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
    let lang = taken.lang;
    let rows = match seats::parse(File::new(&name, lang), &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    let (store, clock) = (data.store().await?, Clock::System);
    let mut tx = store.begin().await?;
    let reckoned = match seats::reckon(&mut tx, &Scope::everything(), &rows).await? {
        Ok(reckoned) => reckoned,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    if !taken.dry_run {
        seats::apply(&mut tx, &name, &reckoned, (ACTOR, clock.now())).await?;
        tx.commit().await?;
        store.close().await;
    }
    taken.tell_changes(Kind::Seats, None, &reckoned.changes)?;
    let (seats, units, outcome) = (reckoned.seats, reckoned.units, taken.outcome(reckoned.changes.len()));
    print(&lang.pick(
        format!("{seats} chỗ làm việc ở {units} đơn vị; {outcome}."),
        format!("{} in {}; {outcome}.", counted(seats, "seat", "seats"), units_counted(units)),
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn assign(data: &Data, taken: &Taken) -> Result<ExitCode> {
    let (name, bytes) = taken.read("where machines sit,")?;
    let lang = taken.lang;
    let rows = match seats::parse_moves(File::new(&name, lang), &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(lang, &complaints)),
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
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    taken.tell_changes(Kind::Machines, None, &moves.changes)?;
    let (moved, same) = (moves.changes.len(), moves.same);
    let (vi, en) = if taken.dry_run { ("sẽ chuyển", "would move") } else { ("đã chuyển", "moved") };
    print(&lang.pick(
        format!("{moved} máy {vi}, {same} máy đã ở đúng chỗ."),
        format!("{} {en}, {} there already.", machines_counted(moved), counted(same, "sits", "sit")),
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn place(data: &Data, taken: &Taken) -> Result<ExitCode> {
    let (name, bytes) = taken.read("the rooms")?;
    let lang = taken.lang;
    let rows = match rooms::parse(File::new(&name, lang), &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    let (store, clock) = (data.store().await?, Clock::System);
    let mut tx = store.begin().await?;
    let reckoned = match rooms::reckon(&mut tx, &Scope::everything(), &rows).await? {
        Ok(reckoned) => reckoned,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    if !taken.dry_run {
        rooms::apply(&mut tx, &name, &reckoned, (ACTOR, clock.now())).await?;
        tx.commit().await?;
        store.close().await;
    }
    taken.tell_changes(Kind::Rooms, None, &reckoned.changes)?;
    let (changed, same) = (reckoned.changes.len(), reckoned.same);
    let change = taken.change();
    print(&lang.pick(
        format!("{changed} máy {change} phòng hoặc sổ tài sản, {same} máy giữ nguyên."),
        format!("{} {change} in room or register, {same} as before.", machines_counted(changed)),
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

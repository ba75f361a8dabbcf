//! The command line. Each command works on one data folder.
//!
//! What a program would read goes to stdout; everything else, and every error, to stderr.

use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::civil::Date;
use jiff::{SignedDuration, Span, SpanRelativeTo};
use rules::assess::Role;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use crate::app::App;
use crate::certificate;
use crate::clock::Clock;
use crate::config::Config;
use crate::data::Data;
use crate::days;
use crate::lang::Lang;
use crate::rescore;
use crate::server::{self, Issuer, Running, Terms};
use crate::store::listing::{self, Scope};
use crate::store::unit::{self, Naming, Unit};
use crate::store::{Store, Tx, audit, machine};
use crate::web::words::Words;

mod activate;
mod demo;
mod explain;
mod export;
mod import;
mod parameters;
mod plan;
mod quickstart;
mod rules_files;
mod seats;
mod units;
mod user;
mod whatif;
mod wishes;

/// Who makes what is made on the command line, as the audit trail tells it.
const ACTOR: &str = crate::archive::PROGRAM;

/// Sẵn Sàng collector: takes the reports of office PCs in, judges them and shows what is missing.
#[derive(Debug, Parser)]
#[command(name = "sansang-collector", version, after_help = "Example: sansang-collector quickstart")]
pub struct Cli {
    /// The data folder: settings, keys, certificate and database
    #[arg(long, global = true, value_name = "DIR", default_value = "sansang-data")]
    data: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Makes the data folder with its settings, keys and certificate
    #[command(after_help = "Example: sansang-collector --data /var/lib/sansang init")]
    Init,
    /// Serves agents and people until it is stopped (SIGTERM, Ctrl-C); SIGHUP reads the rules again
    #[command(after_help = "Example: sansang-collector --data /var/lib/sansang serve")]
    Serve,
    /// First run: makes everything, audits this PC over TLS, prints its score and the dashboard's address
    #[command(after_help = "Example: sansang-collector quickstart --lang en")]
    Quickstart(quickstart::Options),
    /// Fills an empty data folder with an invented province on real hardware, with a history
    #[command(after_help = "Example: sansang-collector --data demo demo --machines 13000")]
    Demo(demo::Options),
    /// Makes a join code, which lets PCs into a unit
    #[command(
        after_help = "Example: sansang-collector join-code --unit 14863 --role clerk --uses 20 --expires 30d"
    )]
    JoinCode(JoinCode),
    /// Takes in what came on USB sticks
    #[command(after_help = "Example: sansang-collector import /media/usb/*.sansang")]
    Import(import::Options),
    /// Units: the organisation tree
    #[command(subcommand)]
    Units(units::Command),
    /// Seats: how many working places of which role each unit has
    #[command(subcommand)]
    Seats(seats::Command),
    /// Wishes: what units declare that they need beside their seats, such as lines, firewalls, cameras
    #[command(subcommand)]
    Wishes(wishes::Command),
    /// The provisioning plan: what seats lack, by which means they get it, and how far a budget goes
    #[command(after_help = "Example: sansang-collector plan --unit 38 --budget 5000000000 --out plan.xlsx")]
    Plan(plan::Options),
    /// The present state as a workbook: assets, survey form, self-assessment
    #[command(subcommand)]
    Export(export::Command),
    /// Judges the latest report of every machine again
    #[command(after_help = "Example: sansang-collector rescore")]
    Rescore,
    /// Rule sets: check them, run their tests, try them on the fleet, put them in force
    #[command(subcommand)]
    Rules(Rules),
    /// People who may sign in
    #[command(subcommand)]
    User(user::Command),
}

#[derive(Debug, Subcommand)]
enum Rules {
    #[command(flatten)]
    Files(rules_files::Command),
    /// Tries a rule set on every machine's latest report: who would change grade, because of which rule
    #[command(after_help = "Example: sansang-collector rules what-if new.toml --unit 38 --list")]
    WhatIf(whatif::Options),
    /// Why each verdict: what was seen, what is asked, from which source, and what would mend it
    #[command(
        after_help = "Example: sansang-collector rules explain vn-office-2026 --report report.json --role clerk\n         \
                      sansang-collector rules explain acceptance --report new.json --set memory=\"16 GiB\" --set delivered=2026-11-20\n         \
                      sansang-collector rules explain vn-office-2026 --machine VT-07\n         \
                      sansang-collector rules explain vn-office-2026 --unit 14797"
    )]
    Explain(explain::Options),
    /// What units set for themselves in a rule set: shows it, sets a value, takes one away
    #[command(
        after_help = "Example: sansang-collector rules parameters --unit 38 --set resolvers=10.38.0.53,10.38.0.54 --reason \"Công văn 12\""
    )]
    Parameters(parameters::Options),
    /// Puts a rule set in force and judges every machine by it; who and why is written down
    #[command(after_help = "Example: sansang-collector rules activate new.toml --reason \"QĐ 12/2026\"")]
    Activate(activate::Options),
}

#[derive(Debug, Args)]
struct JoinCode {
    /// Code of the unit that the PCs will belong to
    #[arg(long, value_name = "CODE")]
    unit: String,
    /// Name of the unit, to make it where it does not exist
    #[arg(long, value_name = "NAME")]
    unit_name: Option<String>,
    /// Role of the PCs' seats: counter, clerk, leader, officer, server
    #[arg(long, default_value = "officer", value_parser = role)]
    role: Role,
    /// How many PCs may use it
    #[arg(long, value_name = "N", default_value_t = 1, allow_hyphen_values = true, value_parser = uses)]
    uses: u32,
    /// For how long, such as 12h or 30d
    #[arg(long, value_name = "TIME", default_value = "30d", allow_hyphen_values = true, value_parser = lasting)]
    expires: SignedDuration,
}

fn role(word: &str) -> Result<Role, String> {
    let words: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
    Role::parse(word).ok_or_else(|| format!("there is no such role; there are {}", words.join(", ")))
}

/// A day, as people or programs write it.
fn day_of(text: &str) -> Result<Date, String> {
    days::read(text).ok_or_else(|| "it is no day; write it as 31/12/2026 or 2026-12-31".to_owned())
}

/// A whole number between these two, which stand for themselves in the error.
fn whole<T: TryFrom<i64>>(text: &str, (least, most): (i64, i64)) -> Result<T, String> {
    let number = text.trim().parse::<i64>().ok().filter(|number| (least..=most).contains(number));
    let number = number.and_then(|number| T::try_from(number).ok());
    number.ok_or_else(|| format!("write a whole number from {least} to {most}"))
}

fn uses(text: &str) -> Result<u32, String> {
    whole(text, (1, 1_000_000))
}

fn lasting(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "write a time such as 12h, 30d or 8w".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let lasts = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if lasts.is_positive() { Ok(lasts) } else { Err(wrong()) }
}

impl Cli {
    /// How much of the log is shown when nobody says otherwise.
    pub fn log_level(&self) -> &'static str {
        match self.command {
            Command::Serve => "info",
            Command::Quickstart(_) => "error",
            Command::Init
            | Command::Demo(_)
            | Command::JoinCode(_)
            | Command::Import(_)
            | Command::Units(_)
            | Command::Seats(_)
            | Command::Wishes(_)
            | Command::Plan(_)
            | Command::Export(_)
            | Command::Rescore
            | Command::Rules(_)
            | Command::User(_) => "warn",
        }
    }

    /// Does what the command line says.
    ///
    /// # Errors
    /// What was tried, what is wrong, and what to do.
    pub async fn run(self) -> Result<ExitCode> {
        let Cli { data, command } = self;
        match command {
            Command::Init => init(&data)?,
            Command::Serve => serve(&Data::open(&data)?).await?,
            Command::Quickstart(options) => quickstart::run(&data, options).await?,
            Command::Demo(options) => demo::run(&data, options).await?,
            Command::JoinCode(options) => join_code(&Data::open(&data)?, options).await?,
            Command::Import(options) => return import::run(&Data::open(&data)?, options).await,
            Command::Units(command) => return units::run(&Data::open(&data)?, command).await,
            Command::Seats(command) => return seats::run(&Data::open(&data)?, command).await,
            Command::Wishes(command) => return wishes::run(&Data::open(&data)?, command).await,
            Command::Plan(options) => return plan::run(&Data::open(&data)?, options).await,
            Command::Export(command) => export::run(&Data::open(&data)?, command).await?,
            Command::Rescore => rescore_all(&Data::open(&data)?).await?,
            Command::Rules(Rules::Files(command)) => return rules_files::run(command),
            Command::Rules(Rules::Explain(options)) => match (&options.unit, &options.machine) {
                (Some(unit), _) => return explain::run_unit(&Data::open(&data)?, &options, unit).await,
                (None, Some(name)) => return explain::run_machine(&Data::open(&data)?, &options, name).await,
                (None, None) => return explain::run(&options),
            },
            Command::Rules(Rules::WhatIf(options)) => return whatif::run(&Data::open(&data)?, options).await,
            Command::Rules(Rules::Parameters(options)) => {
                return parameters::run(&Data::open(&data)?, options).await;
            }
            Command::Rules(Rules::Activate(options)) => {
                return activate::run(&Data::open(&data)?, options).await;
            }
            Command::User(command) => user::run(&Data::open(&data)?, command).await?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn init(folder: &std::path::Path) -> Result<()> {
    let (data, fresh) = Data::make(folder)?;
    certificate::load_or_make(&data, &data.config()?, &server::hostname(), Clock::System.now())?;
    let said = if fresh { "made" } else { "was there; what was missing was made" };
    tell(&format!("The data folder {} {said}.", folder.display()));
    tell(&format!("Look through {}, then: serve", data.path("collector.toml").display()));
    Ok(())
}

async fn serve(data: &Data) -> Result<()> {
    let bar = progress("Judging again by rules that changed");
    let running = server::serve_with(data, &data.config()?, Clock::System, &bar).await?;
    bar.finish_and_clear();
    until_stopped(running).await
}

/// Serves until somebody stops this program.
async fn until_stopped(running: Running) -> Result<()> {
    let listening = "listening to signals";
    let mut terminate = signal(SignalKind::terminate()).context(listening)?;
    let mut interrupt = signal(SignalKind::interrupt()).context(listening)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    info!("The collector stops.");
    running.stop().await
}

async fn join_code(data: &Data, options: JoinCode) -> Result<()> {
    let (config, clock) = (data.config()?, Clock::System);
    if config.agents.address.is_none() && config.agents.listen.ip().is_loopback() {
        tell(&format!(
            "note: agents.listen is {}, so only this PC can use the code; set agents.listen and agents.address in {}",
            config.agents.listen,
            data.path("collector.toml").display()
        ));
    }
    let certificate = certificate::load_or_make(data, &config, &server::hostname(), clock.now())?;
    let issuer = Issuer::new(&config, config.agents.listen, &certificate);
    let store = data.store().await?;
    let mut tx = store.begin().await?;
    let unit = unit_for(&mut tx, &options, &clock).await?;
    let JoinCode { role, uses, expires: lasts, .. } = options;
    let code = issuer.issue(&mut tx, &unit, Terms { role, uses, lasts, by: ACTOR }, &clock).await?;
    let detail = serde_json::json!({ "role": role.word(), "uses": uses }).to_string();
    audit::add(&mut tx, clock.now(), ACTOR, "join-code", &unit.code, &detail).await?;
    tx.commit().await?;
    store.close().await;
    tell(&format!("{} ({}), {}, {uses} PC:", unit.name, unit.code, role.word()));
    print(&code.to_string())
}

async fn unit_for(tx: &mut Tx, options: &JoinCode, clock: &Clock) -> Result<Unit> {
    let mut known = unit::by_code(tx, &options.unit).await?;
    match (known.len(), &options.unit_name) {
        (1, _) => known.pop().context("there is one"),
        (0, Some(name)) => {
            let tree = unit::tree(tx).await?;
            let roots: Vec<&Unit> = tree.iter().filter(|unit| unit.parent.is_none()).collect();
            let parent = match roots.as_slice() {
                [] => None,
                [root] => Some(*root),
                [_, _, ..] => bail!(
                    "making the unit {}: the tree has {} roots, so its place is not clear; add it with units import",
                    options.unit,
                    roots.len()
                ),
            };
            let (code, kind) = (options.unit.clone(), "other".to_owned());
            let naming = Naming { code, name: name.clone(), short: name.clone(), kind };
            unit::add(tx, parent, &naming, clock.now()).await
        }
        (0, None) => bail!(
            "making a join code: there is no unit with the code {}; look with units list, or make it with --unit-name",
            options.unit
        ),
        (count, _) => bail!("making a join code: {count} units have the code {}", options.unit),
    }
}

async fn rescore_all(data: &Data) -> Result<()> {
    let (app, _) = open(data).await?;
    let bar = progress("Judging again");
    let rescored = rescore::rescore(&app, &bar).await?;
    app.store.close().await;
    print(&format!(
        "{} judged again, {} came out otherwise.",
        counted(rescored.machines, "machine", "machines"),
        rescored.changed
    ))
}

/// The app of a data folder, without serving it.
async fn open(data: &Data) -> Result<(App, Config)> {
    let config = data.config()?;
    let app = server::open_app(data, &config, &data.path(&config.rules.folder), Clock::System).await?;
    Ok((app, config))
}

/// A progress bar on a terminal, nothing in a pipe.
fn progress(title: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style).with_message(title)
}

/// The units that something is done for, and their name: the unit of this code with all below it, or everything.
async fn place(store: &Store, doing: &str, code: Option<&str>) -> Result<(Scope, String)> {
    let mut tx = store.read().await?;
    let Some(code) = code else {
        let units = listing::units(&mut tx, &Scope::everything()).await?;
        let name = listing::root(&units)
            .map_or_else(|| Words::of(Lang::Vi).plan_everything.clone(), |root| root.name.clone());
        return Ok((Scope::everything(), name));
    };
    let unit = find_unit(&mut tx, code).await.with_context(|| doing.to_owned())?;
    Ok((Scope::subtree(&unit.path), unit.name))
}

/// The one unit of this code.
async fn find_unit(tx: &mut Tx, code: &str) -> Result<Unit> {
    let mut found = unit::by_code(tx, code).await?;
    match found.len() {
        1 => found.pop().context("there is one"),
        0 => bail!("there is no unit with the code {code}; look with units list"),
        many => bail!("{many} units have the code {code}"),
    }
}

/// The id of the one machine of this id or name in the network.
async fn find_machine(tx: &mut Tx, name: &str) -> Result<String> {
    let is_named =
        |(id, hostname): &(String, String)| id == name || hostname.to_lowercase() == name.to_lowercase();
    let all = machine::names(tx, &Scope::everything()).await?;
    let mut found: Vec<String> = all.into_iter().filter(is_named).map(|(id, _)| id).collect();
    match found.len() {
        1 => found.pop().context("there is one"),
        0 => bail!("there is no machine of this name or id; look with export machines"),
        many => bail!("{many} machines have this name; name one by its id: {}", found.join(", ")),
    }
}

/// Writes a line for whoever or whatever reads stdout.
fn print(line: &str) -> Result<()> {
    match writeln!(std::io::stdout(), "{line}") {
        // A reader that hung up, such as `head`, is no fault.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.context("writing to stdout"),
    }
}

/// How many there are of what: `1 unit`, `2 units`.
fn counted(count: impl TryInto<i64>, one: &str, many: &str) -> String {
    let count = count.try_into().unwrap_or(i64::MAX);
    format!("{count} {}", if count == 1 { one } else { many })
}

/// How many units there are.
fn units_counted(count: usize) -> String {
    counted(count, "unit", "units")
}

/// How many machines there are.
fn machines_counted(count: usize) -> String {
    counted(count, "machine", "machines")
}

/// Tells what keeps a file from being imported, and how much that is.
fn complain(lang: Lang, complaints: &[String]) -> ExitCode {
    complaints.iter().for_each(|complaint| tell(complaint));
    let count = complaints.len();
    tell(&lang.pick(
        format!("{count} chỗ sai; không có gì được ghi."),
        format!("{}; nothing was imported.", things_wrong(count)),
    ));
    ExitCode::FAILURE
}

/// The language of this code.
fn lang(code: &str) -> Result<Lang, String> {
    Lang::parse(code).ok_or_else(|| "there are vi and en".to_owned())
}

fn things_wrong(count: usize) -> String {
    counted(count, "thing is wrong", "things are wrong")
}

/// Tells people something on stderr.
fn tell(line: &str) {
    // When even stderr is gone there is nobody left to tell.
    writeln!(std::io::stderr(), "{line}").ok();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    /// What a command says of a value that it does not take.
    fn refused(words: &[&str]) -> String {
        let tried = Cli::try_parse_from(["sansang-collector"].iter().chain(words));
        tried.unwrap_err().to_string().lines().next().unwrap_or_default().to_owned()
    }

    #[test]
    fn a_value_that_is_not_taken_is_told_with_what_to_write() {
        let told = [
            refused(&["plan", "--budget", "-5"]),
            refused(&["plan", "--budget", "-5.000.000"]),
            refused(&["plan", "--budget", "5,5 tỷ"]),
            refused(&["plan", "--percent", "10%"]),
            refused(&["plan", "--percent", "-91"]),
            refused(&["units", "import", "u.csv", "--date", "31/02/2025"]),
            refused(&["units", "list", "--day", "-1"]),
            refused(&["units", "import", "u.csv", "--lang", "fr"]),
            refused(&["join-code", "--unit", "1", "--uses", "-3"]),
            refused(&["join-code", "--unit", "1", "--expires", "-1d"]),
            refused(&["demo", "--machines", "0"]),
            refused(&["demo", "--machines", "-3"]),
        ];
        expect![[r#"
            error: invalid value '-5' for '--budget <DONG>': write whole đồng, such as 5000000000 or 5.000.000.000
            error: invalid value '-5.000.000' for '--budget <DONG>': write whole đồng, such as 5000000000 or 5.000.000.000
            error: invalid value '5,5 tỷ' for '--budget <DONG>': write whole đồng, such as 5000000000 or 5.000.000.000
            error: invalid value '10%' for '--percent <N>': write a whole number from -90 to 400
            error: invalid value '-91' for '--percent <N>': write a whole number from -90 to 400
            error: invalid value '31/02/2025' for '--date <DAY>': it is no day; write it as 31/12/2026 or 2026-12-31
            error: invalid value '-1' for '--day <DAY>': it is no day; write it as 31/12/2026 or 2026-12-31
            error: invalid value 'fr' for '--lang <LANG>': there are vi and en
            error: invalid value '-3' for '--uses <N>': write a whole number from 1 to 1000000
            error: invalid value '-1d' for '--expires <TIME>': write a time such as 12h, 30d or 8w
            error: invalid value '0' for '--machines <N>': write a whole number from 1 to 400000
            error: invalid value '-3' for '--machines <N>': write a whole number from 1 to 400000"#]].assert_eq(&told.join("\n"));
        for day in ["01/07/2025", "2025-07-01", "1-7-2025"] {
            Cli::try_parse_from(["sansang-collector", "units", "import", "u.csv", "--date", day]).unwrap();
            Cli::try_parse_from(["sansang-collector", "units", "list", "--day", day]).unwrap();
        }
        Cli::try_parse_from(["sansang-collector", "plan", "--percent", "+10", "--budget", "5.000"]).unwrap();
    }

    #[test]
    fn times_as_people_write_them() {
        assert_eq!(lasting("30d"), Ok(SignedDuration::from_hours(720)));
        assert_eq!(lasting("12h"), Ok(SignedDuration::from_hours(12)));
        assert_eq!(lasting("2w"), Ok(SignedDuration::from_hours(14 * 24)));
        for wrong in ["", "30", "-1d", "0d", "soon", "1mo"] {
            assert!(lasting(wrong).is_err(), "{wrong}");
        }
    }
}

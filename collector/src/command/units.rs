//! `units import`, `export`, `reform`, `reassign`, `waiting`, `survey`, `list`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail, ensure};
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::seats::Taken;
use super::{ACTOR, complain, counted, machines_counted, open, print, tell, units_counted};
use crate::clock::Clock;
use crate::data::Data;
use crate::judge::day;
use crate::lang::Lang;
use crate::rescore::judge_again;
use crate::server::open_app;
use crate::sheet::File;
use crate::store::assessment::Cause;
use crate::store::listing::Scope;
use crate::store::machine::{Among, Followed};
use crate::store::unit::Decision;
use crate::store::{audit, past, unit};
use crate::survey;
use crate::units;
use crate::units::change::{self, Change, Deed, Missing, Reckoned};
use crate::units::reform::{self, Districts, Estate, Outcome, Reform};
use crate::units::{export, reassign};
use crate::web::import::Kind;
use crate::web::unit_import;
use crate::web::words::Words;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Adds and changes units from a CSV file with the columns code, name, parent_code
    #[command(
        after_help = "Example: sansang-collector units import thanh-hoa_2021-11.csv --date 2021-11-01 \
                      --close-missing --dry-run"
    )]
    Import(Import),
    /// Prints the units as a CSV file that can be imported again
    #[command(after_help = "Example: sansang-collector units export --day 2024-12-31 > units.csv")]
    Export {
        /// As they were on this day
        #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = super::day_of)]
        day: Option<Date>,
        /// With semicolons between, as Excel expects in Vietnam
        #[arg(long)]
        semicolon: bool,
    },
    /// Replays a reform from a CSV map with the columns old_code, new_code, new_full_name, portion
    #[command(
        after_help = "Example: sansang-collector units reform map.csv --date 2025-07-01 --ref \"Nghị quyết \
                      1686/NQ-UBTVQH15\""
    )]
    Reform {
        #[command(flatten)]
        dated: Dated,
        /// Districts stay, and the new units hang below them; otherwise they close
        #[arg(long)]
        keep_districts: bool,
    },
    /// Sends machines of closed units on, by a CSV file with the columns old_unit_code, new_unit_code, and where one
    /// likes hostname_prefix, role
    #[command(after_help = "Example: sansang-collector units reassign rules.csv --dry-run")]
    Reassign {
        /// The file: of several rules that name a machine the first counts
        file: PathBuf,
        /// Says what would happen, and does nothing
        #[arg(long)]
        dry_run: bool,
        /// The language of what is printed: vi, en
        #[arg(long, default_value = "en", value_parser = super::lang)]
        lang: Lang,
    },
    /// Prints the machines that wait in closed units, as a file for `seats assign`: fill in unit_code
    #[command(after_help = "Example: sansang-collector units waiting > machines.csv")]
    Waiting,
    /// Takes in what units declare of themselves, from a CSV file with the columns unit_code and, where one likes,
    /// declared_on, note, internet_mbps, tslcd, tslcd_mbps, managed_switch, wifi, firewall, video_conference,
    /// dossier_approved_on, cyber_contact, cyber_deputy, restore_tested_on, leaders_sign_remotely
    #[command(after_help = "Example: sansang-collector units survey survey.csv")]
    ///
    /// Its fields are có or không, days as 31/12/2026, chưa where a thing was not done yet; an empty field says nothing
    Survey(Taken),
    /// Prints the tree
    #[command(after_help = "Example: sansang-collector units list --day 2024-12-31")]
    List {
        /// As it was on this day
        #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = super::day_of)]
        day: Option<Date>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Import {
    #[command(flatten)]
    dated: Dated,
    /// Closes units that are not in the file, of the kinds and below the units that it has
    #[arg(long)]
    close_missing: bool,
}

/// A file that holds from a day on.
#[derive(Debug, Args)]
pub(super) struct Dated {
    /// The file: CSV, the first line names the columns
    file: PathBuf,
    /// The day from which it holds, as 01/07/2025 or 2025-07-01; otherwise today
    #[arg(long, value_name = "DAY", allow_hyphen_values = true, value_parser = super::day_of)]
    date: Option<Date>,
    /// The decision that says so
    #[arg(long = "ref", value_name = "TEXT", default_value = "")]
    legal_ref: String,
    /// Says what would happen, and does nothing
    #[arg(long)]
    dry_run: bool,
    /// The language of what is printed: vi, en
    #[arg(long, default_value = "en", value_parser = super::lang)]
    lang: Lang,
}

impl Dated {
    /// The day, and the file's name and bytes.
    fn read(&self, clock: &Clock) -> Result<(Date, String, Vec<u8>)> {
        let today = day(clock.now());
        let on = self.date.unwrap_or(today);
        ensure!(
            on <= today || self.dry_run,
            "changing units: {on} is in the future; units change on the day itself, so come back then, or look with \
             --dry-run"
        );
        let (name, bytes) = read(&self.file)?;
        Ok((on, name, bytes))
    }
}

fn read(file: &Path) -> Result<(String, Vec<u8>)> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("reading {name}"))?;
    Ok((name, bytes))
}

pub(super) async fn run(data: &Data, command: Command) -> Result<ExitCode> {
    match command {
        Command::Import(options) => import(data, &options).await,
        Command::Export { day, semicolon } => {
            let store = data.store().await?;
            let separator = if semicolon { ';' } else { ',' };
            let text = export::csv(&mut store.read().await?, day, separator).await?;
            store.close().await;
            print(text.trim_end())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Reform { dated, keep_districts } => {
            let districts = if keep_districts { Districts::Stay } else { Districts::Close };
            replay(data, &dated, districts).await
        }
        Command::Reassign { file, dry_run, lang } => send_on(data, &file, dry_run, lang).await,
        Command::Waiting => waiting(data).await,
        Command::Survey(taken) => take_survey(data, &taken).await,
        Command::List { day } => list(data, day).await,
    }
}

async fn import(data: &Data, options: &Import) -> Result<ExitCode> {
    let (store, clock) = (data.store().await?, Clock::System);
    let (on, name, bytes) = options.dated.read(&clock)?;
    let lang = options.dated.lang;
    let file = File::new(&name, lang);
    let rows = match units::parse(file, &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    let missing = if options.close_missing { Missing::Closes } else { Missing::Stays };
    let mut tx = store.begin().await?;
    let reckoned = match units::reckon(&mut tx, file, &rows, (on, missing)).await? {
        Ok(reckoned) => reckoned,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    if options.dated.dry_run {
        for change in &reckoned.changes {
            print(&match lang {
                Lang::Vi => unit_import::told(Words::of(lang), change),
                Lang::En => sentence(change),
            })?;
        }
        let (changes, same) = (reckoned.changes.len(), reckoned.same);
        print(&lang.pick(
            format!("{changes} thay đổi, {same} đơn vị giữ nguyên."),
            format!("{}, {} as before.", counted(changes, "change", "changes"), units_counted(same)),
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let legal_ref = options.dated.legal_ref.as_str();
    let done =
        imported(&mut tx, &reckoned, Decision { day: on, legal_ref, actor: ACTOR, at: clock.now() }, &name);
    let done = done.await?;
    tx.commit().await?;
    store.close().await;
    let change::Done { added, changed, closed, same } = done;
    print(&lang.pick(
        format!("Thêm {added} đơn vị, thay đổi {changed}, kết thúc hoạt động {closed}, giữ nguyên {same}."),
        format!("{} added, {changed} changed, {closed} closed, {same} as before.", units_counted(added)),
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// Writes down what a file declares, and judges the machines that it concerns.
async fn take_survey(data: &Data, taken: &Taken) -> Result<ExitCode> {
    let (name, bytes) = taken.read("what units declare,")?;
    let lang = taken.lang;
    let (app, _) = open(data).await?;
    let now = app.clock.now();
    let rows = match survey::parse(File::new(&name, lang), &bytes, day(now)) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    let mut tx = app.store.begin().await?;
    let reckoned = match survey::reckon(&mut tx, &Scope::everything(), &rows, day(now)).await? {
        Ok(reckoned) => reckoned,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    taken.tell_changes(Kind::Survey, None, &reckoned.changes)?;
    let (facts, units) = (reckoned.facts, reckoned.units);
    let told = lang.pick(
        format!("{facts} nội dung của {units} đơn vị"),
        format!("{} of {}", counted(facts, "fact", "facts"), units_counted(units)),
    );
    if taken.dry_run {
        print(&lang.pick(format!("{told} sẽ được khai báo."), format!("{told} would be declared.")))?;
        return Ok(ExitCode::SUCCESS);
    }
    let turned = survey::apply(&mut tx, &app.judge(), &name, &reckoned, (ACTOR, now)).await?;
    tx.commit().await?;
    for path in &turned {
        judge_again(&app, Among::Below(path), Cause::Parameter).await?;
    }
    app.store.close().await;
    print(&lang.pick(format!("{told} đã được khai báo."), format!("{told} declared.")))?;
    Ok(ExitCode::SUCCESS)
}

/// Does what was reckoned, and writes down who did.
async fn imported(
    tx: &mut crate::store::Tx,
    reckoned: &Reckoned,
    by: Decision<'_>,
    file: &str,
) -> Result<change::Done> {
    let done = change::apply(tx, reckoned, by).await?;
    audit::add(tx, by.at, by.actor, "units-import", file, &units::detail(&done, by)).await?;
    Ok(done)
}

/// A change as a line for people.
fn sentence(change: &Change) -> String {
    let Change { code, name, deed, .. } = change;
    let or_top = |code: &Option<String>| code.clone().unwrap_or_else(|| "the top".to_owned());
    match deed {
        Deed::Add { parent, .. } => format!("+ {code} {name}: added below {}", or_top(parent)),
        Deed::Alter { kinds, naming, parents, .. } => {
            let words: Vec<&str> = kinds.iter().map(|kind| kind.word()).collect();
            let mut line = format!("~ {code} {name}: {}", words.join(", "));
            if (&naming.code, &naming.name) != (code, name) {
                line.push_str(&format!(" → {} {}", naming.code, naming.name));
            }
            if parents.0 != parents.1 {
                line.push_str(&format!(
                    ", from below {} to below {}",
                    or_top(&parents.0),
                    or_top(&parents.1)
                ));
            }
            line
        }
        Deed::Respell { naming, .. } => format!("~ {code} {name}: written {}", naming.name),
        Deed::Points { points, .. } => format!("~ {code} {name}: {} → {} points", points.0, points.1),
        Deed::DateBack { since, .. } => format!("~ {code} {name}: was there before {since}"),
        Deed::Close { .. } => format!("- {code} {name}: closed"),
    }
}

async fn replay(data: &Data, dated: &Dated, districts: Districts) -> Result<ExitCode> {
    let clock = Clock::System;
    let (on, name, bytes) = dated.read(&clock)?;
    let lang = dated.lang;
    let file = File::new(&name, lang);
    let rows = match reform::parse(file, &bytes) {
        Ok(rows) => rows,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    let config = data.config()?;
    let app = open_app(data, &config, &data.path(&config.rules.folder), clock.clone()).await?;
    let mut tx = app.store.begin().await?;
    let (standing, spent) = (unit::standing(&mut tx).await?, unit::spent_codes(&mut tx).await?);
    let reform = match reform::reckon(&standing, &spent, (file, &rows), (on, districts)) {
        Ok(reform) => reform,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    let estates = reform::estates(&mut tx, &reform).await?;
    match lang {
        Lang::Vi => {
            let lines = unit_import::reform_told(Words::of(lang), &reform, &estates);
            lines.iter().try_for_each(|line| print(line))?;
        }
        Lang::En => tell_reform(&reform, &estates)?,
    }
    if dated.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let by = Decision { day: on, legal_ref: &dated.legal_ref, actor: ACTOR, at: clock.now() };
    let outcome = reform::apply(&mut tx, &reform, by).await?;
    audit::add(&mut tx, by.at, ACTOR, "units-reform", &name, &reform::detail(&outcome, by)).await?;
    tx.commit().await?;
    if outcome.judges {
        // Machines that left a unit left its exceptions and parameters too.
        judge_again(&app, Among::All, Cause::Waiver).await?;
    }
    app.store.close().await;
    tell_outcome(&outcome, lang)?;
    Ok(ExitCode::SUCCESS)
}

fn tell_reform(reform: &Reform, estates: &[Estate]) -> Result<()> {
    for made in &reform.made {
        let parts = made.sources.iter().filter(|(_, is_part, _)| *is_part).count();
        let (code, name, sources) = (&made.naming.code, &made.naming.name, made.sources.len());
        let whole = counted(sources - parts, "whole unit", "whole units");
        let from = match (sources - parts, parts) {
            (_, 0) => whole,
            (0, parts) => format!("parts of {parts}"),
            (_, parts) => format!("{whole} and parts of {parts}"),
        };
        print(&format!("+ {code} {name}: from {from}"))?;
    }
    for goes in reform.goes.iter().filter(|goes| !goes.kinds.is_empty()) {
        let words: Vec<&str> = goes.kinds.iter().map(|kind| kind.word()).collect();
        let (before, after) = (&goes.unit, &goes.naming);
        print(&format!(
            "~ {} {}: {} → {} {}",
            before.code,
            before.name,
            words.join(", "),
            after.code,
            after.name
        ))?;
    }
    for (unit, codes) in &reform.divided {
        let where_to = if codes.is_empty() { "nobody knows where".to_owned() } else { codes.join(", ") };
        print(&format!("/ {} {}: divided, {where_to}; its machines wait", unit.code, unit.name))?;
    }
    for unit in reform.follows.iter().map(|(unit, _)| unit).chain(&reform.districts) {
        print(&format!("- {} {}: closed", unit.code, unit.name))?;
    }
    for estate in estates {
        let where_to =
            estate.to.as_ref().map_or_else(|| "waits".to_owned(), |code| format!("goes to {code}"));
        for one in &estate.left {
            let (code, name) = (&estate.unit.code, &estate.unit.name);
            print(&format!("  {code} {name}: {} {} {where_to}", one.kind.word(), one.told))?;
        }
    }
    Ok(())
}

fn tell_outcome(outcome: &Outcome, lang: Lang) -> Result<()> {
    let Outcome { began, went, closed, waiting, passed, .. } = outcome;
    let Followed { machines, seats, join_codes } = outcome.followed;
    print(&lang.pick(
        format!(
            "{began} đơn vị bắt đầu hoạt động, {went} đơn vị tiếp tục, {closed} đơn vị kết thúc hoạt động. {machines} máy, \
             {seats} chỗ làm việc và {join_codes} mã tham gia chuyển theo; {waiting} máy chờ phân công: xem bằng units waiting."
        ),
        format!(
            "{}, {went} go on, {closed} closed. {}, {} and {} followed; {}: look with units waiting.",
            counted(*began, "unit begins", "units begin"),
            counted(machines, "machine", "machines"),
            counted(seats, "seat", "seats"),
            counted(join_codes, "join code", "join codes"),
            counted(*waiting, "machine waits", "machines wait"),
        ),
    ))?;
    if *passed > 0 {
        print(&lang.pick(
            format!("{passed} nội dung khác như ngoại lệ, người dùng, mục tiêu cũng chuyển theo."),
            format!(
                "{}, such as exceptions, people and targets, followed.",
                counted(*passed, "other thing", "other things")
            ),
        ))?;
    }
    for one in &outcome.left {
        let what = unit_import::left_kind(Words::of(Lang::Vi), one.kind);
        tell(&lang.pick(
            format!(
                "{what} “{}” của đơn vị đã kết thúc hoạt động chờ quyết định chuyển về đâu, trên trang máy chờ phân công.",
                one.told
            ),
            format!(
                "The {} “{}” of a closed unit waits until somebody says where it goes, on the page of what waits.",
                one.kind.word(),
                one.told
            ),
        ));
    }
    Ok(())
}

async fn send_on(data: &Data, file: &Path, dry_run: bool, lang: Lang) -> Result<ExitCode> {
    let (name, bytes) = read(file)?;
    let file = File::new(&name, lang);
    let rules = match reassign::parse(file, &bytes) {
        Ok(rules) => rules,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    let config = data.config()?;
    let app = open_app(data, &config, &data.path(&config.rules.folder), Clock::System).await?;
    let everything = Scope::everything();
    let mut tx = app.store.read().await?;
    let (list, reckoned) = match reassign::list(&mut tx, &everything, (file, &rules)).await? {
        Ok(listed) => listed,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    };
    drop(tx);
    for line in &reckoned.idle {
        let text =
            lang.pick("quy tắc này không ứng với máy nào đang chờ", "this rule names no machine that waits");
        tell(&file.complaint(*line, 1, text));
    }
    if dry_run {
        for (at, unit) in &reckoned.moves {
            if let Some(one) = list.get(*at) {
                let from = &one.named;
                print(&format!("{}: {} {} → {} {}", one.hostname, from.0, from.1, unit.code, unit.name))?;
            }
        }
        let (moves, left) = (reckoned.moves.len(), reckoned.left);
        print(&lang.pick(
            format!("{moves} máy sẽ chuyển, {left} máy còn chờ."),
            format!("{} would go, {left} wait.", machines_counted(moves)),
        ))?;
        return Ok(ExitCode::SUCCESS);
    }
    let applied = reassign::apply(&app, &everything, (file, &rules), (ACTOR, &name)).await?;
    app.store.close().await;
    match applied {
        Ok((moved, left)) => print(&lang.pick(
            format!("{moved} máy đã chuyển, {left} máy còn chờ."),
            format!("{} went, {left} wait.", machines_counted(moved)),
        ))?,
        Err(complaints) => return Ok(complain(lang, &complaints)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn waiting(data: &Data) -> Result<ExitCode> {
    let store = data.store().await?;
    let text = reassign::csv(&past::stranded(&mut store.read().await?, &Scope::everything()).await?, ',');
    store.close().await;
    print(text.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

async fn list(data: &Data, day: Option<Date>) -> Result<ExitCode> {
    let store = data.store().await?;
    let mut tx = store.read().await?;
    let tree = match day {
        Some(day) => past::tree_on(&mut tx, day).await?,
        None => unit::tree(&mut tx).await?,
    };
    drop(tx);
    if let (Some(day), true) = (day, tree.is_empty()) {
        bail!(
            "listing units: none is known as of {day}; units that were there earlier are dated back by importing them with --date"
        );
    }
    for unit in tree {
        let depth = unit.path.matches('/').count().saturating_sub(1);
        let closed = unit.closed_on.map(|day| format!(", closed on {day}")).unwrap_or_default();
        print(&format!("{}{} {} ({}{closed})", "  ".repeat(depth), unit.code, unit.name, unit.kind))?;
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

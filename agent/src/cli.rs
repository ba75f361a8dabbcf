//! The command line: arguments to duties, answers to text and an exit code.
//!
//! The only place that prints. Text for people is in `words`; errors go to the error stream and say what was tried, what
//! is wrong and what to do. `collect`, `check`, `status` and `record` start neither a runtime nor TLS.

#![expect(
    clippy::disallowed_methods,
    reason = "this is where a person's files and environment are read, not the PC's answers"
)]

use std::cell::RefCell;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Error, Result, anyhow, bail};
use clap::{Args, Parser, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use rules::assess::Role;
use rules::fact::Fact;
use rules::join::JoinCode;
use rules::quantity::Milliseconds;
use rules::report::Report;
use rules::ruleset::{self, RuleSet};
use rules::wire::NamedService;

use crate::clock;
use crate::config::Config;
use crate::courier::{Patience, Trouble};
use crate::desk::{Delivery, Desk, Standing};
use crate::folder::{OnDisk, put};
use crate::host::recorder::Recorder;
use crate::install::Hand;
use crate::service::{self, Task};
use crate::verdict::{self, Judged, Look};
use crate::words::{self, Lang};
use crate::{host, probe};

mod duty;
mod install;

/// The width of a page that is no terminal.
const COLUMNS: usize = 100;

/// Tells whether this PC is ready for paperless work, and reports it to the IT department.
#[derive(Debug, Parser)]
#[command(name = "sansang-agent", version, after_help = "Example: sansang-agent check")]
struct Cli {
    /// The language of what is said to people.
    #[arg(long, global = true, value_enum, default_value_t)]
    lang: Lang,
    /// The folder of the agent's own state [default: /var/lib/sansang-agent for root, ~/.local/state/sansang-agent;
    /// on Windows %ProgramData%\SanSang for an administrator, %LOCALAPPDATA%\SanSang].
    #[arg(long, global = true, value_name = "DIR")]
    state: Option<PathBuf>,
    /// The settings [default: /etc/sansang-agent.toml, on Windows %ProgramData%\SanSang\agent.toml, where it is there].
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Ask this PC and print the report as JSON, or write it for a USB stick.
    #[command(after_help = "Example: sansang-agent collect --out /media/usb/pc-17.sansang")]
    Collect(Collect),
    /// Judge this PC and print a verdict to read; needs no collector.
    #[command(after_help = "Example: sansang-agent check --role clerk --lang en")]
    Check(Check),
    /// Join a collector, then report to it at once.
    #[command(after_help = "Example: sansang-agent join 04G2-...")]
    Join {
        /// The join code, as the IT department sent it.
        code: String,
    },
    /// Ask this PC and report to the collector, once.
    #[command(after_help = "Example: sansang-agent once")]
    Once,
    /// Report to the collector again and again, until it is told to stop.
    #[command(after_help = "Example: sansang-agent run")]
    Run,
    /// Install the agent as a service of this PC, or remove it.
    #[command(after_help = "Example: sansang-agent service install 04G2-...")]
    Service {
        #[command(subcommand)]
        command: ServiceCommand,
    },
    /// Do one task of `run`.
    #[command(hide = true, after_help = "Example: sansang-agent duty survey")]
    Duty {
        /// The task.
        task: Task,
    },
    /// Tell where this PC belongs and when it last reported.
    #[command(after_help = "Example: sansang-agent status --json")]
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write down what this PC answers, scrubbed, for a report of a fault.
    #[command(
        after_help = "Example: sansang-agent record my-pc.json --about \"laptop that shows no battery\""
    )]
    Record {
        /// The file to write.
        file: PathBuf,
        /// A sentence about the PC.
        #[arg(long, default_value = "")]
        about: String,
    },
    /// Answer questions of the survey that are read from standard input; the agent starts this itself.
    #[command(hide = true, after_help = "Example: sansang-agent answer < question.json")]
    Answer,
}

#[derive(Debug, Subcommand)]
enum ServiceCommand {
    /// Put the program in its place and start it with the PC; with a join code, join and report at once.
    #[command(after_help = "Example: sansang-agent service install 04G2-...")]
    Install {
        /// The join code, as the IT department sent it.
        code: Option<String>,
        /// Write the result as a page that every user of this PC can read.
        #[arg(long)]
        page: bool,
        /// A package put the program in its place: only set the service up; it joins by itself.
        #[arg(long, conflicts_with = "page")]
        packaged: bool,
    },
    /// Remove the service, the program and everything that it kept on this PC.
    #[command(after_help = "Example: sansang-agent service remove")]
    Remove {
        /// Ask for an administrator's consent, and tell the result, in windows of the desktop.
        #[arg(long)]
        window: bool,
        /// A package removes the program and the service: only remove what they kept.
        #[arg(long, conflicts_with = "window")]
        packaged: bool,
    },
}

#[derive(Debug, Args)]
struct Collect {
    /// Write a file for `sansang-collector import`.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Ask the collector of this join code to admit this PC.
    #[arg(long, value_name = "CODE", requires = "out")]
    join: Option<String>,
    /// Print the JSON on several lines.
    #[arg(long, conflicts_with = "out")]
    pretty: bool,
}

#[derive(Debug, Args)]
struct Check {
    /// Judge by this rule set.
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// What stands for a parameter of that rule set; lists with commas between.
    #[arg(long = "set", value_name = "NAME=VALUE", requires = "rules")]
    settings: Vec<String>,
    /// Judge for this seat [default: the one that this PC joined with, or officer].
    #[arg(long, value_parser = ["counter", "clerk", "leader", "officer", "server"])]
    role: Option<String>,
    /// Print the assessment as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs the program.
pub fn main() -> ExitCode {
    if let Some(code) = install::visit() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let failed = error.use_stderr();
            // Nobody is left to tell when this fails.
            error.print().ok();
            return if failed { ExitCode::from(2) } else { ExitCode::SUCCESS };
        }
    };
    match execute(&cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("{}: {}", words::ERROR.say(cli.lang), explain(&error, cli.lang)));
            ExitCode::FAILURE
        }
    }
}

fn execute(cli: &Cli) -> Result<()> {
    if !matches!(cli.command, Command::Answer) {
        host::offer_answers();
    }
    match &cli.command {
        Command::Collect(collect) => self::collect(cli, collect),
        Command::Check(check) => self::check(cli, check),
        Command::Join { code } => block_on(join(cli, code)),
        Command::Once => block_on(once(cli)),
        Command::Run => duty::run(cli),
        Command::Duty { task } => block_on(duty::work(cli, *task)),
        Command::Service { command: ServiceCommand::Install { code, packaged: true, .. } } => {
            install::install_packaged(cli, code.as_deref())
        }
        Command::Service { command: ServiceCommand::Install { code, page, .. } } => {
            install::install(cli, code.as_deref(), *page)
        }
        Command::Service { command: ServiceCommand::Remove { window: true, .. } } => {
            install::remove_in_window(cli.lang)
        }
        Command::Service { command: ServiceCommand::Remove { packaged, .. } } => {
            install::remove(cli.lang, if *packaged { Hand::Package } else { Hand::Own })
        }
        Command::Status { json } => status(cli, *json),
        Command::Record { file, about } => record(cli, file, about),
        Command::Answer => host::answer(io::stdin().lock(), io::stdout().lock()),
    }
}

fn collect(cli: &Cli, collect: &Collect) -> Result<()> {
    let Some(out) = &collect.out else {
        let report = survey(clock::now(), standing_if_readable(cli).diary.services);
        let json = serde_json::to_string(&report).context("cannot write the report as JSON")?;
        return say(&if collect.pretty { indented(&json) } else { json });
    };
    let code = collect.join.as_deref().map(|code| join_code(code, cli.lang)).transpose()?;
    let mut desk = open_desk(cli)?;
    let now = clock::now();
    let report = survey(now, desk.diary().services.clone());
    let hostname = hostname(&report);
    let bundled = desk.bundle(report, code.as_ref(), &hostname, now)?;
    write_file(out, &bundled.bytes)?;
    let phrase = if bundled.sealed { words::SEALED } else { words::PLAIN };
    say(&phrase.fill(cli.lang, &[("file", &out.display().to_string())]))?;
    if !bundled.sealed && bundled.joins {
        say(words::PLAIN_JOINS.say(cli.lang))?;
    }
    Ok(())
}

fn check(cli: &Cli, check: &Check) -> Result<()> {
    let lang = cli.lang;
    let standing = standing_if_readable(cli);
    let now = clock::now();
    let day = day(now);
    let sets = match &check.rules {
        Some(file) => vec![read_set(file)?],
        None => ruleset::shipped(),
    };
    let set = match &check.rules {
        Some(_) => sets.first(),
        None => ruleset::in_force(&sets, day),
    };
    let set = set.ok_or_else(|| {
        anyhow!("no rule set that ships is in force on {day}; check the clock, or name one with --rules FILE")
    })?;
    let role =
        check.role.as_deref().or(standing.membership.as_ref().map(|membership| membership.role.as_str()));
    let role = role.and_then(Role::parse).unwrap_or(Role::Officer);
    let spinner = Spinner::start();
    spinner.tell(words::ASKING.say(lang));
    let mut report = survey(now, standing.diary.services.clone());
    spinner.stop();
    if let Some(offset) = standing.clock_offset() {
        report.facts.clock.offset = Fact::Known(offset);
    }
    let settings = set
        .settings_of(&check.settings)
        .map_err(|wrong| anyhow!("cannot set the parameters of {}: {}", set.id, wrong.join("; ")))?;
    let judged = Judged::new(&report.facts, set.clone(), role, day, &settings);
    if check.json {
        let json = serde_json::to_string_pretty(&judged.assessment)
            .context("cannot write the assessment as JSON")?;
        return say(&json);
    }
    let terminal = console::Term::stdout();
    let columns = terminal.size_checked().map_or(COLUMNS, |(_, columns)| usize::from(columns));
    let colours = terminal.is_term() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    say(verdict::text(&judged, &Look { lang, columns, colours }).trim_end())
}

async fn join(cli: &Cli, code: &str) -> Result<()> {
    let lang = cli.lang;
    let code = join_code(code, lang)?;
    let mut desk = open_desk(cli)?;
    let spinner = Spinner::start();
    spinner.tell(words::ASKING.say(lang));
    let now = clock::now();
    let mut report = survey(now, desk.diary().services.clone());
    spinner.tell(&words::JOINING.fill(lang, &[("address", &code.address)]));
    let joined =
        desk.join_as(&code, &hostname(&report), &report.facts.identity, now).await.map_err(|error| {
            match error.downcast::<Trouble>() {
                Ok(trouble) => failed_at(words::NOT_JOINED_NOW, &code.address, &trouble, lang),
                Err(error) => error,
            }
        })?;
    reach(&mut report, desk.diary().services.clone());
    spinner.stop();
    let role = Role::parse(&joined.role).map_or(joined.role.as_str(), |role| words::role(role, lang));
    say(&words::JOINED.fill(lang, &[("unit", &joined.unit), ("role", role)]))?;
    send(&mut desk, report, lang).await
}

async fn once(cli: &Cli) -> Result<()> {
    let mut desk = open_desk(cli)?;
    if desk.membership().is_none() {
        bail!("{}", words::NOT_JOINED.say(cli.lang));
    }
    let spinner = Spinner::start();
    spinner.tell(words::ASKING.say(cli.lang));
    let report = survey(clock::now(), desk.diary().services.clone());
    spinner.stop();
    send(&mut desk, report, cli.lang).await
}

/// Keeps the report, delivers what waits, and tells what came of it.
async fn send(desk: &mut Desk, report: Report, lang: Lang) -> Result<()> {
    desk.keep_own(report, clock::now())?;
    let spinner = Spinner::start();
    spinner.tell(words::SENDING.say(lang));
    let Delivery { accepted, receipt, dropped, left, trouble, .. } = desk.deliver(clock::now()).await?;
    spinner.stop();
    if accepted > 0 {
        say(&words::SENT.fill(lang, &[("count", &accepted.to_string())]))?;
    }
    if let Some(grade) = receipt.as_ref().and_then(|receipt| receipt.grade) {
        let score = receipt.and_then(|receipt| receipt.score);
        say(&words::RESULT.fill(lang, &[("grade", &words::graded(grade, score, lang))]))?;
    }
    for note in &dropped {
        complain(&words::DROPPED.fill(lang, &[("note", note)]));
    }
    if left > 0 {
        complain(&words::KEPT.fill(lang, &[("count", &left.to_string())]));
    }
    let address = desk.membership().map(|membership| membership.address.clone()).unwrap_or_default();
    match trouble {
        Some(trouble) => Err(failed_at(words::NOT_SENT, &address, &trouble, lang)),
        None if accepted == 0 => Err(anyhow!("the collector {address} took none of the reports; see above")),
        None => Ok(()),
    }
}

fn status(cli: &Cli, json: bool) -> Result<()> {
    let lang = cli.lang;
    let standing = Standing::read(&state_folder(cli)?)?;
    if json {
        let json = serde_json::to_string_pretty(&standing).context("cannot write the status as JSON")?;
        return say(&json);
    }
    let diary = &standing.diary;
    let when = |at: Option<Timestamp>| match at {
        Some(at) => words::moment(at, lang),
        None => words::NEVER.say(lang).to_owned(),
    };
    let mut lines = Vec::new();
    match &standing.membership {
        Some(membership) => {
            let role = Role::parse(&membership.role)
                .map_or(membership.role.as_str(), |role| words::role(role, lang));
            lines.push(words::STATUS_JOINED.fill(
                lang,
                &[
                    ("unit", &membership.unit),
                    ("role", role),
                    ("address", &membership.address),
                    ("when", &words::moment(membership.joined_at, lang)),
                ],
            ));
        }
        None => lines.push(words::STATUS_NOT_JOINED.say(lang).to_owned()),
    }
    if let Some(grade) = diary.grade {
        lines.push(words::RESULT.fill(lang, &[("grade", &words::graded(grade, diary.score, lang))]));
    }
    lines.push(words::STATUS_SURVEYED.fill(lang, &[("when", &when(diary.surveyed_at))]));
    lines.push(words::STATUS_DELIVERED.fill(lang, &[("when", &when(diary.delivered_at))]));
    lines.push(words::STATUS_WAITING.fill(lang, &[("count", &standing.waiting.to_string())]));
    if let Some(Milliseconds(offset)) = standing.clock_offset() {
        let offset = words::SECONDS.fill(lang, &[("count", &words::tenths(offset / 100, lang))]);
        lines.push(words::STATUS_CLOCK.fill(lang, &[("offset", &offset)]));
    }
    if let Some(trouble) = &diary.trouble {
        let values =
            [("failures", &*diary.failures.to_string()), ("trouble", &*words::trouble(trouble, lang))];
        lines.push(words::STATUS_TROUBLE.fill(lang, &values));
    }
    say(&lines.join("\n"))
}

fn record(cli: &Cli, file: &Path, about: &str) -> Result<()> {
    let now = clock::now();
    let recorder = Arc::new(Recorder::new(host::live(), host::PLATFORM, now));
    probe::survey_live(recorder.clone(), now);
    let json = recorder.to_json(about).context("cannot write the recording as JSON")?;
    write_file(file, json.as_bytes())?;
    say(&words::RECORDED.fill(cli.lang, &[("file", &file.display().to_string())]))
}

/// JSON on several lines. What serde makes of all facts in one more form would be a hundredth of the program.
fn indented(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if quoted {
            text.push(character);
            quoted = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            '[' | '{' => {
                text.push(character);
                // An empty one stays on its line.
                if let Some(end) = characters.next_if(|next| matches!(next, ']' | '}')) {
                    text.push(end);
                } else {
                    depth += 1;
                    begin_line(&mut text, depth);
                }
            }
            ']' | '}' => {
                depth = depth.saturating_sub(1);
                begin_line(&mut text, depth);
                text.push(character);
            }
            ',' => {
                text.push(character);
                begin_line(&mut text, depth);
            }
            ':' => text += ": ",
            other => {
                quoted = other == '"';
                text.push(other);
            }
        }
    }
    text
}

fn begin_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n("  ", depth));
}

/// Vietnam's day: the dates of rule sets and lifecycle tables are its days.
fn day(now: Timestamp) -> Date {
    Offset::constant(7).to_datetime(now).date()
}

/// Asks this PC, and for the services that its collector names.
fn survey(now: Timestamp, services: Option<Vec<NamedService>>) -> Report {
    probe::survey_live(Arc::new(host::live_reaching(services)), now)
}

/// Asks for the services that the collector named when it let this PC in: the survey before could not know them.
fn reach(report: &mut Report, services: Option<Vec<NamedService>>) {
    if services.is_some() {
        let host = Arc::new(host::live_reaching(services));
        report.facts.reach = probe::reach_live(host, report.taken_at);
    }
}

/// The name of the PC in the network, empty where it is not known.
fn hostname(report: &Report) -> String {
    report.facts.os.hostname.known().cloned().unwrap_or_default()
}

fn join_code(text: &str, lang: Lang) -> Result<JoinCode> {
    JoinCode::parse(text)
        .map_err(|why| anyhow!("{}", words::BAD_CODE.fill(lang, &[("why", &words::bad_code(&why, lang))])))
}

fn read_set(file: &Path) -> Result<RuleSet> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read the rule set {name}"))?;
    RuleSet::parse(&name, &text).map_err(|complaints| {
        let drawn: Vec<String> = complaints.iter().map(ToString::to_string).collect();
        anyhow!(
            "the rule set {name} has {} faults; correct them and try again\n{}",
            drawn.len(),
            drawn.join("\n")
        )
    })
}

fn state_folder(cli: &Cli) -> Result<PathBuf> {
    cli.state.clone().map_or_else(service::state_folder, Ok)
}

/// The state folder is of no use to a person who may not read it; a verdict does not need it.
fn standing_if_readable(cli: &Cli) -> Standing {
    state_folder(cli).and_then(|folder| Standing::read(&folder)).unwrap_or_default()
}

fn open_desk(cli: &Cli) -> Result<Desk> {
    Desk::open_with(&state_folder(cli)?, config(cli)?.bounds(), Patience::default())
}

fn config(cli: &Cli) -> Result<Config> {
    let (file, named) = match &cli.config {
        Some(file) => (file.clone(), true),
        None => (service::config_file()?, false),
    };
    match std::fs::read_to_string(&file) {
        Ok(text) => Config::parse(&file.display().to_string(), &text),
        Err(error) if !named && error.kind() == ErrorKind::NotFound => Ok(Config::default()),
        Err(error) => Err(error).with_context(|| format!("cannot read the settings {}", file.display())),
    }
}

/// Writes a file that a person asked for, whole or not at all.
fn write_file(file: &Path, bytes: &[u8]) -> Result<()> {
    let name = file.file_name().and_then(|name| name.to_str());
    let name = name.with_context(|| format!("{} is not the name of a file", file.display()))?;
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    put(&OnDisk::existing(folder), name, bytes).with_context(|| format!("cannot write {}", file.display()))
}

fn failed_at(phrase: words::Phrase, address: &str, trouble: &Trouble, lang: Lang) -> Error {
    let trouble = words::trouble(trouble, lang);
    anyhow!("{}", phrase.fill(lang, &[("address", address), ("trouble", &trouble)]))
}

/// The whole chain of causes, with the collector's troubles in the reader's language.
fn explain(error: &Error, lang: Lang) -> String {
    error
        .downcast_ref::<Trouble>()
        .map_or_else(|| format!("{error:#}"), |trouble| words::trouble(trouble, lang))
}

fn block_on<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(work)
}

/// Prints for the reader. A reader that hung up, such as `head`, is no fault.
fn say(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Prints on the error stream; when that is gone there is nobody to tell.
fn complain(text: &str) {
    writeln!(io::stderr().lock(), "{text}").ok();
}

/// A spinner on a terminal, nothing in a pipe.
struct Spinner {
    bar: RefCell<Option<ProgressBar>>,
}

impl Spinner {
    fn start() -> Spinner {
        let bar = io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        Spinner { bar: RefCell::new(bar) }
    }

    fn tell(&self, text: &str) {
        if let Some(bar) = &*self.bar.borrow() {
            bar.set_message(text.to_owned());
        }
    }

    fn stop(&self) {
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.stop();
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn every_command_has_an_example() {
        let mut command = Cli::command();
        command.build();
        command.clone().debug_assert();
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            let example = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
            let start = format!("Example: sansang-agent {}", sub.get_name());
            assert!(example.starts_with(&start), "{}: {example}", sub.get_name());
        }
    }

    #[test]
    fn indented_as_serde_does() {
        let value = serde_json::json!({
            "a": [], "b": {}, "c": [1, {"d\"{,:[": "e\\"}], "f\\\"": null, "g": "x\\\\\"", "h": [[true]]
        });
        let compact = serde_json::to_string(&value).unwrap();
        assert_eq!(indented(&compact), serde_json::to_string_pretty(&value).unwrap());
    }

    #[test]
    fn arguments() {
        let parse = |line: &str| Cli::try_parse_from(line.split(' ')).map_err(|error| error.kind());
        assert!(parse("sansang-agent check --role clerk --lang en").is_ok());
        assert!(parse("sansang-agent collect --out a.bin --join CODE --state /tmp/x").is_ok());
        assert!(parse("sansang-agent collect --join CODE").is_err(), "a code goes into a file");
        assert!(parse("sansang-agent check --role king").is_err());
        assert!(parse("sansang-agent service install").is_ok());
        assert!(parse("sansang-agent service install CODE --page --lang en").is_ok());
        assert!(parse("sansang-agent service remove --window").is_ok());
        assert!(parse("sansang-agent service install --packaged CODE").is_ok());
        assert!(parse("sansang-agent service remove --packaged").is_ok());
        assert!(parse("sansang-agent service").is_err());
        assert!(parse("sansang-agent duty join").is_ok());
        assert!(parse("sansang-agent").is_err());
    }
}

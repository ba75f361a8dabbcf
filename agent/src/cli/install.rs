//! `service install` and `service remove`, and the double-click that ends with a page.
//!
//! A program that was double-clicked is not an administrator's. It asks for consent, starts itself again with it, waits,
//! and opens the page that the other one wrote: the browser then runs as the person who sits there.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use anyhow::{Context, Result, anyhow, bail};
use rules::assess::Role;
use rules::fact::Fact;
use rules::join::JoinCode;
use rules::report::Report;
use rules::ruleset;
use rules::wire::Refusal;

use super::{
    Cli, Spinner, block_on, complain, config, day, explain, hostname, join_code, reach, say, survey,
};
use crate::clock;
use crate::config::Config;
use crate::courier::{Patience, Trouble};
use crate::desk::{Desk, Standing};
use crate::install::page::{self, Seat, Stage, Told};
use crate::install::visit::{self, Start, Visit};
use crate::install::{self, Hand, INSTALL, INSTALL_PACKAGED, Left, START, invitation};
use crate::service::window::{self, Consent};
use crate::service::{self, Setup};
use crate::spool::Bounds;
use crate::verdict::Judged;
use crate::words::{self, Lang};

const TITLE: &str = "Sẵn Sàng";

/// Does what a double-click means; none when the command line is to be read. A person who double-clicks reads
/// Vietnamese.
pub(super) fn visit() -> Option<ExitCode> {
    let lang = Lang::Vi;
    let program = std::env::current_exe().unwrap_or_default();
    let name = program.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let arguments = std::env::args_os().count().saturating_sub(1);
    if arguments > 0 {
        return None;
    }
    let by_hand = window::started_by_hand();
    let start = Start { arguments, name: &name, by_hand, administrator: service::is_administrator() };
    let visit = visit::meaning(start);
    if by_hand && visit != Visit::CommandLine {
        window::leave_console();
    }
    match visit {
        Visit::CommandLine => None,
        Visit::Explain => {
            tell(words::ABOUT.say(lang), lang);
            Some(ExitCode::SUCCESS)
        }
        Visit::BadCode(why) => {
            tell(&words::BAD_NAME.fill(lang, &[("why", &words::bad_code(&why, lang))]), lang);
            Some(ExitCode::FAILURE)
        }
        Visit::AskThenInstall(code) => Some(ask_then_install(&program, &code, lang)),
        Visit::Install(code) => {
            let mut shown = Shown::new();
            let options = Options { lang, config: Config::default(), state: None, page: true };
            let well = match attempt(&options, Some(&code), &mut || shown.look()) {
                Ok(stage) => is_good(&stage),
                Err(error) => {
                    complain(&explain(&error, lang));
                    false
                }
            };
            Some(finish(well, &mut shown, lang))
        }
    }
}

fn ask_then_install(program: &Path, code: &JoinCode, lang: Lang) -> ExitCode {
    let mut shown = Shown::new();
    let code = code.to_string();
    let arguments = ["--lang", lang.word(), "service", "install", &code, "--page"];
    match window::ask_and_run(program, &arguments, &mut || shown.look()) {
        Ok(Consent::Ran(well)) => finish(well, &mut shown, lang),
        Ok(Consent::Refused) => {
            tell(words::NO_CONSENT.say(lang), lang);
            ExitCode::FAILURE
        }
        Err(error) => {
            tell(&words::CANNOT_ASK.fill(lang, &[("error", &format!("{error:#}"))]), lang);
            ExitCode::FAILURE
        }
    }
}

/// Sees to it that the result is on the screen.
fn finish(well: bool, shown: &mut Shown, lang: Lang) -> ExitCode {
    shown.look();
    match &shown.opened {
        Some(Ok(page)) if shown.is_unfinished() => {
            complain(&page.display().to_string());
            tell(words::BROKE_OFF.say(lang), lang);
        }
        None => tell(words::BROKE_OFF.say(lang), lang),
        Some(Ok(_)) => {}
        Some(Err(page)) => {
            tell(&words::NO_BROWSER.fill(lang, &[("file", &page.display().to_string())]), lang)
        }
    }
    if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The page of an installation, opened as soon as it is there.
struct Shown {
    page: Option<PathBuf>,
    /// When the page of an earlier installation was written.
    former: Option<SystemTime>,
    seen: Option<SystemTime>,
    /// Where it was opened, or where it is when nothing opens it.
    opened: Option<Result<PathBuf, PathBuf>>,
}

impl Shown {
    fn new() -> Shown {
        let page = window::page_folder().ok().map(|folder| folder.join(page::FILE));
        let former = page.as_ref().and_then(written_at);
        Shown { page, former, seen: former, opened: None }
    }

    /// Opens the page when it is there; brings what the browser sees up to date when it has changed.
    fn look(&mut self) {
        let Some(page) = &self.page else { return };
        let at = written_at(page);
        if at.is_none() || at == self.former || at == self.seen {
            return;
        }
        self.seen = at;
        let reachable = window::reachable(page);
        if self.opened.is_none() {
            let outcome = window::open(&reachable);
            self.opened = Some(match outcome {
                Ok(()) => Ok(reachable),
                Err(error) => {
                    complain(&format!("{error:#}"));
                    Err(reachable)
                }
            });
        }
    }

    /// Whether what was shown last is not the end.
    fn is_unfinished(&self) -> bool {
        let text = self.page.as_ref().and_then(|page| std::fs::read_to_string(page).ok());
        text.is_none_or(|text| text.contains(page::UNFINISHED))
    }
}

fn written_at(page: &PathBuf) -> Option<SystemTime> {
    std::fs::metadata(page).and_then(|about| about.modified()).ok()
}

/// Tells a person at a desktop something, and whoever reads the error stream.
fn tell(text: &str, lang: Lang) {
    if window::message(TITLE, text) {
        return;
    }
    complain(text);
    if window::started_by_hand() {
        // Where there is no box for a message, a page is one. When nothing opens it, the text was told already.
        let file = std::env::temp_dir().join(format!("sansang-{}.html", std::process::id()));
        if std::fs::write(&file, page::note(text, lang)).is_ok() {
            window::open(&window::reachable(&file)).ok();
        }
    }
}

/// What an installation is told beside the join code.
struct Options<'a> {
    lang: Lang,
    config: Config,
    state: Option<&'a PathBuf>,
    page: bool,
}

pub(super) fn install(cli: &Cli, code: Option<&str>, page: bool) -> Result<()> {
    let lang = cli.lang;
    let code = code.map(|code| join_code(code, lang)).transpose()?;
    let options = Options { lang, config: config(cli)?, state: cli.state.as_ref(), page };
    let stage = attempt(&options, code.as_ref(), &mut || {})?;
    let program = Setup::here(Hand::Own)?.map(|setup| setup.home().display().to_string()).unwrap_or_default();
    say(&words::INSTALLED.fill(lang, &[("program", &program)]))?;
    match stage {
        None => return Ok(()),
        Some(Stage::Reported { seat, official }) => {
            say(&words::JOINED.fill(lang, &[("unit", &seat.unit), ("role", &seat.role)]))?;
            if let Some((grade, score)) = official {
                say(&words::RESULT.fill(lang, &[("grade", &words::graded(grade, score, lang))]))?;
            }
        }
        Some(Stage::Kept { seat, trouble }) => {
            say(&words::JOINED.fill(lang, &[("unit", &seat.unit), ("role", &seat.role)]))?;
            complain(&words::INSTALLED_KEPT.fill(lang, &[("trouble", &trouble)]));
        }
        Some(Stage::Waiting { trouble }) => {
            complain(&words::INSTALLED_WAITS.fill(lang, &[("trouble", &trouble)]));
        }
        Some(Stage::Refused { trouble } | Stage::Failed { error: trouble }) => bail!("{trouble}"),
        Some(Stage::Working) => {}
    }
    Ok(())
}

fn is_good(stage: &Option<Stage>) -> bool {
    !matches!(stage, Some(Stage::Refused { .. } | Stage::Failed { .. }))
}

/// Installs, and writes the page where one is wanted, whatever came of it. `tick` is called when the page changed.
fn attempt(options: &Options<'_>, code: Option<&JoinCode>, tick: &mut dyn FnMut()) -> Result<Option<Stage>> {
    let lang = options.lang;
    let mut setup = this_pc(lang, Hand::Own)?;
    if let Some(state) = options.state {
        bail!(
            "the service keeps its state in {}; leave out --state {}",
            setup.state().display(),
            state.display()
        );
    }
    let mut publish = |setup: &Setup, stage: &Stage, seen: Option<&Seen>| -> Result<()> {
        if options.page {
            let told = Told {
                lang,
                now: clock::now(),
                hostname: seen.map_or("", |seen| &seen.hostname),
                stage,
                judged: seen.and_then(|seen| seen.judged.as_ref()),
            };
            setup.publish(page::FILE, &page::page(&told))?;
            tick();
        }
        Ok(())
    };
    publish(&setup, &Stage::Working, None)?;
    match put_in_place(&mut setup, options, code) {
        Ok(None) => Ok(None),
        Ok(Some((stage, seen))) => {
            publish(&setup, &stage, Some(&seen))?;
            Ok(Some(stage))
        }
        Err(error) => {
            let error = error.context("cannot install");
            publish(&setup, &Stage::Failed { error: explain(&error, lang) }, None)?;
            Err(error)
        }
    }
}

/// This PC for an administrator; otherwise what is missing.
fn this_pc(lang: Lang, hand: Hand) -> Result<Setup> {
    if !service::is_administrator() {
        bail!("{}", words::NOT_ADMINISTRATOR.say(lang));
    }
    Setup::here(hand)?.ok_or_else(|| anyhow!("{}", words::NO_SYSTEMD.say(lang)))
}

/// What a page shows of a survey.
struct Seen {
    hostname: String,
    judged: Option<Judged>,
}

impl Seen {
    fn new(report: &Report, role: Role) -> Seen {
        let day = day(report.taken_at);
        let set = ruleset::in_force(&ruleset::shipped(), day).cloned();
        let judged = set.map(|set| {
            let settings = set.defaults().clone();
            Judged::new(&report.facts, set, role, day, &settings)
        });
        Seen { hostname: hostname(report), judged }
    }
}

fn put_in_place(
    setup: &mut Setup,
    options: &Options<'_>,
    code: Option<&JoinCode>,
) -> Result<Option<(Stage, Seen)>> {
    let lang = options.lang;
    let state = setup.state();
    let outcome = install::walk(setup, INSTALL).and_then(|()| {
        code.map(|code| block_on(join_and_report(&state, options.config.bounds(), code, lang))).transpose()
    });
    // Whatever went wrong: a service that was there before works on.
    let started = start(setup);
    let outcome = outcome?;
    if !started? && code.is_none() {
        complain(words::INSTALLED_ALONE.say(lang));
    }
    Ok(outcome)
}

async fn join_and_report(state: &Path, bounds: Bounds, code: &JoinCode, lang: Lang) -> Result<(Stage, Seen)> {
    let mut desk = Desk::open_with(state, bounds, Patience::default())?;
    let spinner = Spinner::start();
    spinner.tell(words::ASKING.say(lang));
    let now = clock::now();
    let mut report = survey(now, desk.diary().services.clone());
    spinner.tell(&words::JOINING.fill(lang, &[("address", &code.address)]));
    let trouble = match desk.join(code, &hostname(&report), now).await {
        Ok(_) => None,
        Err(error) => Some(error.downcast::<Trouble>().map_err(|error| error.context("cannot join"))?),
    };
    if trouble.is_none() {
        reach(&mut report, desk.diary().services.clone());
    }
    let role =
        |desk: &Desk| desk.membership().and_then(|member| Role::parse(&member.role)).unwrap_or(Role::Officer);
    if let Some(offset) = desk.clock_offset() {
        report.facts.clock.offset = Fact::Known(offset);
    }
    let seen = Seen::new(&report, role(&desk));
    if let Some(trouble) = trouble {
        // A code that was used up by this very PC: it is a member already, and reports as one.
        let member = desk.membership().is_some_and(|member| member.address == code.address);
        let refused =
            matches!(trouble, Trouble::Refused { refusal: Refusal::NotAdmitted | Refusal::UnitClosed, .. });
        let told = words::trouble(&trouble, lang);
        if refused && !member {
            return Ok((Stage::Refused { trouble: told }, seen));
        }
        if !member {
            invitation::keep(state, code)?;
            return Ok((Stage::Waiting { trouble: told }, seen));
        }
    }
    invitation::forget(state)?;
    desk.keep_own(report, now)?;
    spinner.tell(words::SENDING.say(lang));
    let delivery = desk.deliver(clock::now()).await?;
    spinner.stop();
    let member = desk.membership().context("the membership is gone")?;
    let seat = Seat { unit: member.unit.clone(), role: words::role(role(&desk), lang).to_owned() };
    let stage = match delivery.trouble {
        Some(Trouble::Refused { refusal: Refusal::NotAdmitted, message, .. }) => {
            Stage::Refused { trouble: message }
        }
        Some(trouble) => Stage::Kept { seat, trouble: words::trouble(&trouble, lang) },
        None => {
            let official = delivery.receipt.and_then(|receipt| Some((receipt.grade?, receipt.score)));
            Stage::Reported { seat, official }
        }
    };
    Ok((stage, seen))
}

/// Sets up what a package put in place. The code waits for the service: a package is often installed before there is
/// a network. A PC that has joined stays where it is.
pub(super) fn install_packaged(cli: &Cli, code: Option<&str>) -> Result<()> {
    let lang = cli.lang;
    let code = code.map(|code| join_code(code, lang)).transpose()?;
    let mut setup = this_pc(lang, Hand::Package)?;
    install::walk(&mut setup, INSTALL_PACKAGED).context("cannot install")?;
    let state = setup.state();
    let joined = Standing::read(&state)?.membership.is_some();
    if let Some(code) = code.filter(|_| !joined) {
        invitation::keep(&state, &code)?;
    }
    if !start(&mut setup)? {
        complain(words::INSTALLED_ALONE.say(lang));
    }
    Ok(())
}

/// Starts the service where there is somebody to report to. False: there is not.
fn start(setup: &mut Setup) -> Result<bool> {
    let state = setup.state();
    let needed = Standing::read(&state)?.membership.is_some() || invitation::waiting(&state)?.is_some();
    if needed {
        install::walk(setup, START)?;
    }
    Ok(needed)
}

pub(super) fn remove(lang: Lang, hand: Hand) -> Result<()> {
    let mut setup = this_pc(lang, hand)?;
    let removed = install::remove(&mut setup, hand);
    for left in &removed.left {
        say(&left_text(left, lang))?;
    }
    if !removed.failed.is_empty() {
        let errors: Vec<String> = removed.failed.iter().map(|error| format!("{error:#}")).collect();
        bail!("{}", words::NOT_REMOVED.fill(lang, &[("errors", &errors.join("; "))]));
    }
    say(words::REMOVED.say(lang))
}

pub(super) fn remove_in_window(lang: Lang) -> Result<()> {
    if window::started_by_hand() {
        window::leave_console();
    }
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let arguments = ["--lang", lang.word(), "service", "remove"];
    let failed = match window::ask_and_run(&program, &arguments, &mut || {})? {
        Consent::Ran(true) => {
            tell(words::REMOVED.say(lang), lang);
            return Ok(());
        }
        Consent::Ran(false) => words::REMOVAL_FAILED.say(lang),
        Consent::Refused => words::NOT_ADMINISTRATOR.say(lang),
    };
    tell(failed, lang);
    bail!("{failed}")
}

fn left_text(left: &Left, lang: Lang) -> String {
    let (phrase, file) = match left {
        Left::UntilRestart(file) => (words::LEFT_UNTIL_RESTART, file),
        Left::NotOurs(file) => (words::LEFT_NOT_OURS, file),
        Left::Settings(file) => (words::LEFT_SETTINGS, file),
    };
    phrase.fill(lang, &[("file", &file.display().to_string())])
}

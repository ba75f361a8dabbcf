//! The duties of a service: survey and deliver when the schedule says so, rest in between; and what the agent needs of
//! the operating system for itself.
//!
//! With `host.rs` the only file that knows the platform. It does not know how a PC is asked. The service itself only
//! looks at the schedule: each task is done by whom [`Duties::work`] names, which is another process, so that what
//! rests between two tasks stays small and a task that dies does not take the service with it.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use rules::report::Report;
use rules::wire::NamedService;

use crate::courier::Patience;
use crate::desk::{Delivery, Desk, Standing};
use crate::install::invitation;
use crate::schedule::{self, Duty, Pace};
use crate::spool::Bounds;

#[cfg(unix)]
#[path = "service/linux.rs"]
mod live;
#[cfg(windows)]
#[path = "service/windows.rs"]
mod live;

pub use live::{
    Setup, Stop, be_quiet, config_file, is_administrator, log_file, make_private_folder, private, rest,
    run_as_service, state_folder, sync_folder, window,
};

/// What the service does, from start to stop.
pub type ServiceWork = fn(Stop) -> Result<()>;
/// A task at work.
pub type Work<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

/// Pause after a task that this PC itself could not do, such as on a full disk.
const FAULT_PAUSE: Duration = Duration::from_secs(300);
/// Pause after the first try to join that failed; it doubles with each further one.
const JOIN_PAUSE_MIN: Duration = Duration::from_secs(60);
/// Longest pause between two tries to join.
const JOIN_PAUSE_MAX: Duration = Duration::from_secs(2 * 3600);

/// What is to be done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Task {
    /// Join with the code that waits, survey and deliver.
    Join,
    /// Survey, and deliver what there is.
    Survey,
    /// Only deliver what waits.
    Deliver,
}

impl Task {
    /// As it stands on a command line.
    pub fn word(self) -> &'static str {
        match self {
            Task::Join => "join",
            Task::Survey => "survey",
            Task::Deliver => "deliver",
        }
    }
}

/// What a service works with.
pub struct Duties<'a> {
    /// The state folder.
    pub folder: &'a Path,
    /// How often to work.
    pub pace: Pace,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// Does a task. Dropped before its end, it ends at once; nothing is lost by that.
    pub work: &'a dyn Fn(Task) -> Work<'a>,
    /// Tells an administrator in one line what happened.
    pub log: &'a dyn Fn(&str),
}

/// Works until `stop` comes. A stop falls between two steps of the spool, so nothing is lost.
///
/// # Errors
/// When this PC has neither joined nor a join code that waits, or the state folder cannot be read.
pub async fn run(duties: &Duties<'_>, stop: impl Future<Output = ()>) -> Result<()> {
    let mut stop = std::pin::pin!(stop);
    let started_at = (duties.clock)();
    let mut failures = 0;
    loop {
        let now = (duties.clock)();
        let (due, task) = next(duties, started_at, now)?;
        let pause = if due > now {
            Duration::try_from(due - now).unwrap_or_default()
        } else {
            let worked = tokio::select! {
                () = &mut stop => return Ok(()),
                worked = (duties.work)(task) => worked,
            };
            match (worked, task) {
                (Ok(()), _) => {
                    failures = 0;
                    continue;
                }
                (Err(error), Task::Join) => {
                    (duties.log)(&format!("{error:#}"));
                    failures += 1;
                    join_pause(failures)
                }
                (Err(error), Task::Survey | Task::Deliver) => {
                    (duties.log)(&format!("{error:#}"));
                    FAULT_PAUSE
                }
            }
        };
        tokio::select! {
            () = &mut stop => return Ok(()),
            () = rest(pause) => {}
        }
    }
}

fn next(duties: &Duties<'_>, started_at: Timestamp, now: Timestamp) -> Result<(Timestamp, Task)> {
    let standing = Standing::read(duties.folder)?;
    if standing.membership.is_some() {
        let (due, duty) = schedule::next(now, &standing.past(started_at), &duties.pace, standing.seed());
        return Ok(match duty {
            Duty::Survey => (due, Task::Survey),
            Duty::Deliver => (due, Task::Deliver),
        });
    }
    if invitation::waiting(duties.folder)?.is_none() {
        bail!(
            "this PC has not joined a collector; ask the IT department for a join code, then: sansang-agent join CODE"
        );
    }
    Ok((now, Task::Join))
}

fn join_pause(failures: u32) -> Duration {
    JOIN_PAUSE_MIN.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(JOIN_PAUSE_MAX)
}

/// Where and with what a task is done.
pub struct Bench<'a> {
    /// The state folder.
    pub folder: &'a Path,
    /// What the spool keeps.
    pub bounds: Bounds,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// Asks this PC.
    pub survey: &'a dyn Fn(Timestamp, Option<Vec<NamedService>>) -> Report,
    /// Asks for these services only, and puts the answers into the report.
    pub reach: &'a dyn Fn(&mut Report, Option<Vec<NamedService>>),
    /// Tells an administrator in one line what happened.
    pub log: &'a dyn Fn(&str),
}

/// Does one task.
///
/// # Errors
/// When this PC itself could not do it, or did not join. A collector that was not reached is told in the log, and the
/// schedule knows of it.
pub async fn work(bench: &Bench<'_>, task: Task) -> Result<()> {
    let mut desk = Desk::open_with(bench.folder, bench.bounds, Patience::default())?;
    let now = (bench.clock)();
    match task {
        Task::Join => join(bench, &mut desk, now).await?,
        Task::Survey => desk.keep_own((bench.survey)(now, desk.diary().services.clone()), now)?,
        Task::Deliver => {}
    }
    let now = (bench.clock)();
    if schedule::is_welcome(now, &Standing::read(bench.folder)?.past(now)) {
        let delivery = desk.deliver(now).await?;
        (bench.log)(&delivered(&delivery));
    }
    Ok(())
}

async fn join(bench: &Bench<'_>, desk: &mut Desk, now: Timestamp) -> Result<()> {
    if let Some(code) = invitation::waiting(bench.folder)? {
        let mut report = (bench.survey)(now, None);
        let hostname = report.facts.os.hostname.known().cloned().unwrap_or_default();
        desk.join_as(&code, &hostname, &report.facts.identity, now).await.context("cannot join yet")?;
        invitation::forget(bench.folder)?;
        // The collector named its services only now.
        (bench.reach)(&mut report, desk.diary().services.clone());
        desk.keep_own(report, now)?;
    }
    Ok(())
}

fn delivered(delivery: &Delivery) -> String {
    let mut line = format!("Delivered {}, {} wait.", delivery.accepted, delivery.left);
    for note in &delivery.dropped {
        line += &format!(" {note}");
    }
    if let Some(trouble) = &delivery.trouble {
        line += &format!(" Trouble: {trouble}.");
    }
    line
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use data_encoding::HEXLOWER;
    use rules::envelope;
    use rules::facts::Facts;
    use rules::join::JoinCode;
    use rules::report::WIRE;
    use tokio::sync::Notify;

    use super::*;
    use crate::courier::tests::{Reply, Server, now};
    use crate::desk::BOUNDS;
    use crate::desk::tests::{Room, code, collector, receipt, refusal};

    fn survey(now: Timestamp, _services: Option<Vec<NamedService>>) -> Report {
        Report {
            wire: WIRE,
            taken_at: now,
            agent: "0.1.0".to_owned(),
            survey_ms: 1,
            facts: Facts::default(),
            notes: Vec::new(),
        }
    }

    fn reach(report: &mut Report, services: Option<Vec<NamedService>>) {
        report.survey_ms = services.map_or(0, |services| services.len() as u64);
    }

    const PROMPT: Pace = Pace { interval_seconds: 86_400, start_spread_seconds: 0 };

    /// Runs until the service has told what it did.
    async fn run_once(room: &Room) -> Result<String> {
        let told = Notify::new();
        let lines = RefCell::new(Vec::new());
        let log = |line: &str| {
            lines.borrow_mut().push(line.to_owned());
            told.notify_one();
        };
        let bench =
            Bench { folder: &room.0, bounds: BOUNDS, clock: now, survey: &survey, reach: &reach, log: &log };
        let work = |task| -> Work<'_> { Box::pin(work(&bench, task)) };
        let duties = Duties { folder: &room.0, pace: PROMPT, clock: now, work: &work, log: &log };
        run(&duties, told.notified()).await?;
        Ok(lines.into_inner().join("\n"))
    }

    #[tokio::test]
    async fn surveys_delivers_and_stops() {
        let room = Room::new("service");
        let server = collector(vec![refusal("401 Unauthorized", "not-admitted")]).await;
        room.desk().join(&code(&server), "pc", now()).await.unwrap();
        let line = run_once(&room).await.unwrap();
        assert!(line.starts_with("Delivered 0, 1 wait. Trouble: the collector does not admit"), "{line}");
        // The service starts again: the survey stands, what waits is delivered.
        std::fs::write(room.0.join("diary.json"), "{}").unwrap();
        assert_eq!(run_once(&room).await.unwrap(), "Delivered 2, 0 wait.");
        assert_eq!(server.seen.lock().unwrap().len(), 4, "a join, a refusal, two reports");
    }

    #[tokio::test]
    async fn a_stranger_has_nothing_to_do() {
        let room = Room::new("stranger-service");
        drop(room.desk());
        let error = run_once(&room).await.unwrap_err().to_string();
        assert!(error.contains("sansang-agent join CODE"), "{error}");
    }

    #[tokio::test]
    async fn a_fault_of_this_pc_is_told_and_the_service_goes_on() {
        let room = Room::new("fault-service");
        let server = collector(vec![]).await;
        let mut desk = room.desk();
        desk.join(&code(&server), "pc", now()).await.unwrap();
        // Somebody else works in the folder.
        let line = run_once(&room).await.unwrap();
        assert!(line.starts_with("another sansang-agent is at work"), "{line}");
        drop(desk);
        assert_eq!(run_once(&room).await.unwrap(), "Delivered 1, 0 wait.");
    }

    #[tokio::test]
    async fn a_code_that_waits_is_used_as_soon_as_it_can_be() {
        let room = Room::new("waiting-service");
        let server = collector(vec![]).await;
        let nobody = JoinCode { address: "127.0.0.1:1".to_owned(), ..code(&server) };
        invitation::keep(&room.0, &nobody).unwrap();
        let line = run_once(&room).await.unwrap();
        assert!(line.starts_with("cannot join yet: nobody listens at 127.0.0.1:1"), "{line}");
        assert_eq!(invitation::waiting(&room.0).unwrap(), Some(nobody), "the code waits on");
        invitation::keep(&room.0, &code(&server)).unwrap();
        assert_eq!(run_once(&room).await.unwrap(), "Delivered 1, 0 wait.");
        assert_eq!(invitation::waiting(&room.0).unwrap(), None, "it is used");
        assert!(room.desk().membership().is_some());
    }

    #[tokio::test]
    async fn the_first_report_tells_which_services_were_reached() {
        let room = Room::new("first-report");
        let server = Server::start(|seen| {
            if !seen.head.starts_with("POST /v1/join ") {
                return receipt(seen);
            }
            let service = r#"{"name":"Cổng","address":"https://a.example.vn"}"#;
            let key = "09".repeat(32);
            let body = format!(
                r#"{{"machine":"m-1","unit":"Xã","role":"clerk","sealing_key":"{key}","services":[{service}]}}"#
            );
            Reply::json("200 OK", "", &body)
        })
        .await;
        invitation::keep(&room.0, &code(&server)).unwrap();
        assert_eq!(run_once(&room).await.unwrap(), "Delivered 1, 0 wait.");
        let seen = server.seen.lock().unwrap();
        let sealed = envelope::read(&seen[1].body).unwrap();
        let key = envelope::open_join(&seen[0].body).unwrap().0.public_key;
        let report = sealed.open(&HEXLOWER.decode(key.as_bytes()).unwrap()).unwrap();
        assert_eq!(report.survey_ms, 1, "the one service that the collector named was asked for");
    }

    #[test]
    fn tries_to_join_become_rarer() {
        let pauses: Vec<u64> = [1, 2, 3, 7, 8, 9, 1000].map(|failures| join_pause(failures).as_secs()).into();
        assert_eq!(pauses, [60, 120, 240, 3840, 7200, 7200, 7200]);
    }

    #[tokio::test]
    async fn a_rest_ends() {
        let started = std::time::Instant::now();
        rest(Duration::from_millis(30)).await;
        assert!(started.elapsed() >= Duration::from_millis(30));
    }
}

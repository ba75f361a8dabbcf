//! The duties of a service: survey and deliver when the schedule says so, rest in between; and what the agent needs of
//! the operating system for itself.
//!
//! With `host.rs` the only file that knows the platform. It does not know how a PC is asked.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use jiff::Timestamp;
use rules::report::Report;
use rules::wire::NamedService;

use crate::config::Config;
use crate::courier::Patience;
use crate::desk::{Delivery, Desk, Standing};
use crate::schedule::{self, Duty, Past};

#[cfg(unix)]
#[path = "service/linux.rs"]
mod live;
#[cfg(windows)]
#[path = "service/windows.rs"]
mod live;

pub use live::{Stop, make_private_folder, private, state_folder, sync_folder};
#[cfg(windows)]
pub use live::{Work, be_quiet, install, remove, run_as_service};

/// Timers stand still while a PC sleeps. After at most this time the clock is looked at, so that a PC that slept does
/// its duty soon after it wakes.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(3600);
/// Pause after a duty that this PC itself could not do, such as on a full disk.
const FAULT_PAUSE: Duration = Duration::from_secs(300);

/// What a service works with.
pub struct Duties<'a> {
    /// The state folder.
    pub folder: &'a Path,
    /// The settings.
    pub config: &'a Config,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// Asks this PC.
    pub survey: &'a dyn Fn(Timestamp, Option<Vec<NamedService>>) -> Report,
    /// Tells an administrator in one line what happened.
    pub log: &'a dyn Fn(&str),
}

/// Works until `stop` comes. A stop falls between two steps of the spool, so nothing is lost.
///
/// # Errors
/// When this PC has not joined, or the state folder cannot be read.
pub async fn run(duties: &Duties<'_>, stop: impl Future<Output = ()>) -> Result<()> {
    let mut stop = std::pin::pin!(stop);
    let started_at = (duties.clock)();
    loop {
        let standing = Standing::read(duties.folder)?;
        if standing.membership.is_none() {
            bail!(
                "this PC has not joined a collector; ask the IT department for a join code, then: sansang-agent join \
                 CODE"
            );
        }
        let now = (duties.clock)();
        let past = standing.past(started_at);
        let (due, duty) = schedule::next(now, &past, &duties.config.pace(), standing.seed());
        let pause = if due > now {
            Duration::try_from(due - now).unwrap_or_default().min(LOOK_AT_CLOCK)
        } else {
            let worked = tokio::select! {
                () = &mut stop => return Ok(()),
                worked = work(duties, duty, &past) => worked,
            };
            match worked {
                Ok(()) => continue,
                Err(error) => {
                    (duties.log)(&format!("{error:#}"));
                    FAULT_PAUSE
                }
            }
        };
        tokio::select! {
            () = &mut stop => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn work(duties: &Duties<'_>, duty: Duty, past: &Past) -> Result<()> {
    let mut desk = Desk::open_with(duties.folder, duties.config.bounds(), Patience::default())?;
    if duty == Duty::Survey {
        let now = (duties.clock)();
        desk.keep_own((duties.survey)(now, desk.diary().services.clone()), now)?;
    }
    let now = (duties.clock)();
    if schedule::is_welcome(now, past) {
        let delivery = desk.deliver(now).await?;
        (duties.log)(&delivered(&delivery));
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

    use rules::facts::Facts;
    use rules::report::WIRE;
    use tokio::sync::Notify;

    use super::*;
    use crate::config;
    use crate::courier::tests::now;
    use crate::desk::tests::{Room, code, collector, refusal};

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

    fn prompt() -> Config {
        let schedule = config::Schedule { start_spread_minutes: 0, ..config::Schedule::default() };
        Config { schedule, ..Config::default() }
    }

    /// Runs until the service has told what it did.
    async fn run_once(room: &Room) -> Result<String> {
        let told = Notify::new();
        let lines = RefCell::new(Vec::new());
        let log = |line: &str| {
            lines.borrow_mut().push(line.to_owned());
            told.notify_one();
        };
        let config = prompt();
        let duties = Duties { folder: &room.0, config: &config, clock: now, survey: &survey, log: &log };
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
}

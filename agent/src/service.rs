//! The duties of a service: survey and deliver when the schedule says so, rest in between; and what the agent needs of
//! the operating system for itself.
//!
//! With `host.rs` the only file that knows the platform. It does not know how a PC is asked.

use std::path::Path;
use std::time::Duration;

use anyhow::{Result, bail};
use jiff::Timestamp;
use rules::report::Report;

use crate::config::Config;
use crate::courier::Patience;
use crate::desk::{Delivery, Desk, Standing};
use crate::schedule::{self, Duty};

#[cfg(unix)]
#[path = "service/linux.rs"]
mod live;

pub use live::{Stop, make_private_folder, private, state_folder, sync_folder};

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
    pub survey: &'a dyn Fn(Timestamp) -> Report,
    /// Tells an administrator in one line what happened.
    pub log: &'a dyn Fn(&str),
}

/// Works until it is told to stop.
///
/// # Errors
/// When this PC has not joined, or the state folder cannot be read.
pub async fn run(duties: &Duties<'_>, mut stop: Stop) -> Result<()> {
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
                () = stop.told() => return Ok(()),
                worked = work(duties, duty, schedule::is_welcome(now, &past)) => worked,
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
            () = stop.told() => return Ok(()),
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn work(duties: &Duties<'_>, duty: Duty, welcome: Welcome) -> Result<()> {
    let mut desk = Desk::open_with(duties.folder, duties.config.bounds(), Patience::default())?;
    if duty == Duty::Survey {
        let now = (duties.clock)();
        desk.keep(&(duties.survey)(now), now)?;
    }
    if welcome {
        let delivery = desk.deliver((duties.clock)()).await?;
        (duties.log)(&delivered(&delivery));
    }
    Ok(())
}

type Welcome = bool;

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

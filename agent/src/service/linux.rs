//! Under Linux: XDG folders, file modes, signals, timers.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the agent's own files and environment, not the PC's answers"
)]

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::ServiceWork;

#[path = "linux/setup.rs"]
mod setup;
#[path = "linux/window.rs"]
pub mod window;

pub use setup::Setup;

/// Where the kernel gives no timer: after at most this time the clock is looked at.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(3600);
/// A moment that never comes (the year 2255), in seconds of 1970; the kernel's clock ends in 2262.
const NEVER_SECONDS: i64 = 9_000_000_000;

/// Where the agent keeps its state when nobody says otherwise: `/var/lib/sansang-agent` for the administrator,
/// `$XDG_STATE_HOME/sansang-agent` or `~/.local/state/sansang-agent` for anybody else.
///
/// # Errors
/// When there is neither a home nor a state folder.
pub fn state_folder() -> Result<PathBuf> {
    if is_administrator() {
        return Ok(PathBuf::from("/var/lib/sansang-agent"));
    }
    if let Ok(state) = std::env::var("XDG_STATE_HOME")
        && Path::new(&state).is_absolute()
    {
        return Ok(Path::new(&state).join("sansang-agent"));
    }
    let home = std::env::var("HOME")
        .context("there is no home folder to keep the agent's state in; name a folder with --state DIR")?;
    Ok(Path::new(&home).join(".local/state/sansang-agent"))
}

/// Where the settings are looked for.
///
/// # Errors
/// None on this platform.
pub fn config_file() -> Result<PathBuf> {
    Ok(PathBuf::from("/etc/sansang-agent.toml"))
}

/// Where the service writes down what it did; none, because systemd's journal takes what it prints.
pub fn log_file(_state: &Path) -> Option<PathBuf> {
    None
}

/// Whether this program runs with all rights. The owner of `/proc/self` is the effective user.
pub fn is_administrator() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}

/// Makes a folder that only its owner may look into; tightens one that is there.
///
/// # Errors
/// When it cannot be made or tightened.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if std::fs::metadata(path)?.mode() & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Files opened with these options are made for their owner only.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// Makes the names in a folder durable.
///
/// # Errors
/// When the file system refuses.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Does the work as a service, if a service manager asks for an answer. False: nothing was done, for systemd asks for
/// none.
///
/// # Errors
/// None on this platform.
pub fn run_as_service(_work: ServiceWork) -> Result<bool> {
    Ok(false)
}

/// Lets every other program go first: the unit of systemd says so.
pub fn be_quiet() {}

/// Rests for this long, or until somebody sets the clock. The time that the PC sleeps counts, so that a PC that slept
/// does its duty as soon as it wakes; nothing wakes up in between.
pub async fn rest(pause: Duration) {
    match (timer_of(pause), timer_of_the_clock()) {
        (Ok(pause), Ok(clock)) => {
            // An error of a timer that was set means that it will not ring: then the clock is looked at once more.
            tokio::select! {
                rung = pause.readable() => drop(rung),
                set = clock.readable() => drop(set),
            }
        }
        _ => tokio::time::sleep(pause.min(LOOK_AT_CLOCK)).await,
    }
}

fn timer_of(pause: Duration) -> io::Result<AsyncFd<OwnedFd>> {
    let seconds = i64::try_from(pause.as_secs()).unwrap_or(NEVER_SECONDS).min(NEVER_SECONDS);
    // Zero would mean: no timer.
    let at = Timespec { tv_sec: seconds, tv_nsec: i64::from(pause.subsec_nanos().max(1)) };
    timer(TimerfdClockId::Boottime, TimerfdTimerFlags::empty(), at)
}

/// Rings when the clock is set.
fn timer_of_the_clock() -> io::Result<AsyncFd<OwnedFd>> {
    let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
    timer(TimerfdClockId::Realtime, flags, Timespec { tv_sec: NEVER_SECONDS, tv_nsec: 0 })
}

fn timer(clock: TimerfdClockId, flags: TimerfdTimerFlags, at: Timespec) -> io::Result<AsyncFd<OwnedFd>> {
    let timer = timerfd_create(clock, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
    let once = Timespec { tv_sec: 0, tv_nsec: 0 };
    timerfd_settime(&timer, flags, &Itimerspec { it_interval: once, it_value: at })?;
    #[expect(
        deprecated,
        reason = "its successor is `unsafe` for types that change their descriptor; an OwnedFd never does"
    )]
    AsyncFd::with_interest(timer, Interest::READABLE)
}

/// Hears when the service is told to stop.
#[derive(Debug)]
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Begins to listen. Needs a tokio runtime with its io driver.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> Result<Stop> {
        let on = |kind| signal(kind).context("cannot listen for the signal to stop");
        Ok(Stop { terminate: on(SignalKind::terminate())?, interrupt: on(SignalKind::interrupt())? })
    }

    /// Comes back when the service is told to stop.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

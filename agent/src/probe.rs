//! The survey: every probe of a platform asked in turn, whatever happens to one of them.
//!
//! A probe asks a [`Host`] and answers one area of facts. One that panics or hangs loses only its own area: the facts
//! of the area are unknown with the reason, and the report carries a note. A probe knows nothing of rules, of the
//! network, or of what is done with its answers.
//!
//! A new probe: a file `probe/PLATFORM/AREA.rs` with `pub(super) fn ask(host, now) -> Area`, and a line in the table
//! of `probe/PLATFORM.rs`. Its head comment says where the answers come from and what right they need.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rules::fact::Reason;
use rules::facts::Facts;
use rules::facts::os::Platform;
use rules::facts::reach::Reach;
use rules::limits::NOTES_COUNT_MAX;
use rules::report::{Note, Report, WIRE};

use crate::host::{self, Host, PROBE_DEADLINE, SURVEY_DEADLINE};

mod ask;
mod built;
pub mod decode;
mod drive;
mod firmware;
mod hash;
mod hosts_file;
mod identity;
mod linux;
mod pack;
mod reached;
mod screens;
mod signatures;
mod trim;
mod usb;
mod windows;

/// Writes the answers of one area.
type Write = Box<dyn FnOnce(&mut Facts) + Send>;

/// One area of one platform.
struct Probe {
    /// The area that it answers.
    area: &'static str,
    /// Asks the host.
    run: fn(&dyn Host, Timestamp) -> Write,
    /// Makes the whole area unknown.
    lost: fn(&mut Facts, &Reason),
}

/// A line of a platform's table: the area `$area`, answered by `$area::ask`. An area that is read off another follows it
/// on the same line, and `ask` is given the other's answers.
macro_rules! probe {
    ($area:ident : $group:ty) => {
        crate::probe::Probe {
            area: stringify!($area),
            run: |host, now| {
                let answer: $group = $area::ask(host, now);
                Box::new(move |facts| facts.$area = answer)
            },
            lost: |facts, reason| facts.$area = <$group>::all_unknown(reason),
        }
    };
    ($area:ident : $group:ty, $next:ident : $next_group:ty) => {
        crate::probe::Probe {
            area: stringify!($area),
            run: |host, now| {
                let answer: $group = $area::ask(host, now);
                let next: $next_group = $next::ask(host, now, &answer);
                Box::new(move |facts| {
                    facts.$area = answer;
                    facts.$next = next;
                })
            },
            lost: |facts, reason| {
                facts.$area = <$group>::all_unknown(reason);
                facts.$next = <$next_group>::all_unknown(reason);
            },
        }
    };
}
use probe;

/// How long to wait.
#[derive(Debug, Clone, Copy)]
struct Deadlines {
    probe: Duration,
    survey: Duration,
}

/// The platform of the live host.
pub fn live_platform() -> Platform {
    Platform::ALL
        .iter()
        .copied()
        .find(|platform| platform.word() == host::PLATFORM)
        .unwrap_or(Platform::Linux)
}

/// Asks everything that the probes of the live host's platform know to ask. A program that calls only this one does
/// not carry the probes of other platforms.
pub fn survey_live(host: Arc<dyn Host>, now: Timestamp) -> Report {
    const TABLE: &[Probe] = if host::IS_WINDOWS { windows::TABLE } else { linux::TABLE };

    run(host, TABLE, now, Deadlines { probe: PROBE_DEADLINE, survey: SURVEY_DEADLINE })
}

/// Asks only which of the services that the collector named can be reached: a PC that joins learns of them after its
/// survey.
pub fn reach_live(host: Arc<dyn Host>, now: Timestamp) -> Reach {
    const TABLE: &[Probe] = if host::IS_WINDOWS { windows::TABLE } else { linux::TABLE };

    let at = TABLE.iter().position(|probe| probe.area == "reach").unwrap_or(TABLE.len());
    let only = TABLE.get(at..).and_then(|rest| rest.get(..1)).unwrap_or_default();
    run(host, only, now, Deadlines { probe: PROBE_DEADLINE, survey: SURVEY_DEADLINE }).facts.reach
}

/// Asks everything that this platform's probes know to ask. Always answers, with all areas in shape and the notes
/// telling what went wrong. `now` is the time that the report carries.
///
/// The host is shared because a probe that hangs is left behind on its thread, host and all.
pub fn survey(host: Arc<dyn Host>, platform: Platform, now: Timestamp) -> Report {
    let table: &'static [Probe] = match platform {
        Platform::Linux => linux::TABLE,
        Platform::Windows => windows::TABLE,
    };
    run(host, table, now, Deadlines { probe: PROBE_DEADLINE, survey: SURVEY_DEADLINE })
}

fn run(host: Arc<dyn Host>, table: &'static [Probe], now: Timestamp, deadlines: Deadlines) -> Report {
    let started = Instant::now();
    // An area without a probe on this platform stays so.
    let mut facts = Facts::all_unknown(&Reason::NotSupported);
    let mut notes = Vec::new();
    let mut answers = None;
    for (at, probe) in table.iter().enumerate() {
        let patience = deadlines.probe.min(deadlines.survey.saturating_sub(started.elapsed()));
        let outcome = match answers.take().map_or_else(|| start(&host, table, at, now), Ok) {
            Ok(receiver) => {
                let outcome = wait(&receiver, patience);
                // After a time-out the thread is left behind, and the next probe gets another one.
                if !matches!(outcome, Err(Lost { over: true, .. })) {
                    answers = Some(receiver);
                }
                outcome
            }
            Err(error) => Err(Lost {
                reason: Reason::Failed("the probe was not started".to_owned()),
                text: format!("cannot start a thread for the probe: {error}"),
                over: true,
            }),
        };
        match outcome {
            Ok(write) => write(&mut facts),
            Err(lost) => {
                (probe.lost)(&mut facts, &lost.reason);
                notes.push(Note { area: probe.area.to_owned(), text: lost.text });
            }
        }
    }
    trim::trim(&mut facts, &mut notes, NOTES_COUNT_MAX);
    Report {
        wire: WIRE,
        taken_at: now,
        agent: env!("CARGO_PKG_VERSION").to_owned(),
        survey_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        facts,
        notes,
    }
}

/// Why a probe gave no answer.
struct Lost {
    reason: Reason,
    text: String,
    /// Whether its thread must be left behind.
    over: bool,
}

/// Runs the rest of the table on a thread of its own, which sends one outcome for each probe.
fn start(
    host: &Arc<dyn Host>,
    table: &'static [Probe],
    from: usize,
    now: Timestamp,
) -> std::io::Result<Receiver<std::thread::Result<Write>>> {
    let (sender, receiver) = mpsc::channel();
    let host = Arc::clone(host);
    std::thread::Builder::new().name("probe".to_owned()).spawn(move || {
        for probe in table.iter().skip(from) {
            let outcome = catch_unwind(AssertUnwindSafe(|| (probe.run)(host.as_ref(), now)));
            if sender.send(outcome).is_err() {
                // The survey has gone on without this thread.
                return;
            }
        }
    })?;
    Ok(receiver)
}

fn wait(answers: &Receiver<std::thread::Result<Write>>, patience: Duration) -> Result<Write, Lost> {
    match answers.recv_timeout(patience) {
        Ok(Ok(write)) => Ok(write),
        Ok(Err(panic)) => {
            let text = format!("the probe panicked: {}", panic_text(panic.as_ref()));
            Err(Lost { reason: Reason::Failed(text.clone()), text, over: false })
        }
        Err(RecvTimeoutError::Timeout) => Err(Lost {
            reason: Reason::TimedOut,
            text: format!("the probe did not answer within {} s", patience.as_secs()),
            over: true,
        }),
        Err(RecvTimeoutError::Disconnected) => {
            let text = "the probe's thread ended without an answer".to_owned();
            Err(Lost { reason: Reason::Failed(text.clone()), text, over: true })
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "without a text",
    }
}

#[cfg(test)]
mod tests;

//! When to survey and when to try again: a pure function of what happened.
//!
//! PCs of one province are switched on within minutes of each other, so each waits a while of its own after the start,
//! and each interval is shortened by a little of its own: stretched, a daily survey would drift out of office hours. A delivery that failed is tried again after a pause that
//! doubles. A clock that was set back never makes an agent silent. Nothing here sleeps or asks what time it is.

use jiff::{SignedDuration, Timestamp};

/// Shortest interval between surveys that a collector can ask for, in seconds.
pub const INTERVAL_SECONDS_MIN: u64 = 15 * 60;
/// Longest interval between surveys that a collector can ask for, in seconds.
pub const INTERVAL_SECONDS_MAX: u64 = 7 * 86_400;
/// Pause after the first failed delivery, in seconds; it doubles with each further one.
pub const RETRY_SECONDS_MIN: u64 = 60;
/// Longest pause between two tries, in seconds.
pub const RETRY_SECONDS_MAX: u64 = 2 * 3600;
/// Longest pause that `Retry-After` can ask for, in seconds.
const NOT_BEFORE_SECONDS_MAX: i64 = 86_400;
/// An interval is shortened by at most this part of itself.
const SHORTENED: u64 = 10;

/// How often this agent is meant to work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Seconds between two surveys, unless the collector asks for another interval.
    pub interval_seconds: u64,
    /// Within how many seconds after the start the first duty falls.
    pub start_spread_seconds: u64,
}

/// What happened so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// When the service started.
    pub started_at: Timestamp,
    /// When the last survey was taken.
    pub surveyed_at: Option<Timestamp>,
    /// When the collector was last spoken to, or it was tried.
    pub tried_at: Option<Timestamp>,
    /// How often in a row delivery failed.
    pub failures: u32,
    /// Before this time the collector does not want to see us.
    pub not_before: Option<Timestamp>,
    /// The interval that the collector asked for, in seconds.
    pub asked_seconds: Option<u64>,
    /// Whether reports wait for delivery.
    pub waiting: bool,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// Survey, and deliver what there is.
    Survey,
    /// Only deliver what waits.
    Deliver,
}

/// The next duty and when it is due; never before `now`. `seed` is a number of this PC alone.
pub fn next(now: Timestamp, past: &Past, pace: &Pace, seed: u64) -> (Timestamp, Duty) {
    let survey = (survey_at(now, past, pace, seed).max(now), Duty::Survey);
    let deliver = past.waiting.then(|| (deliver_at(now, past, pace, seed).max(now), Duty::Deliver));
    // A survey delivers too, so that it wins when both are due.
    deliver.map_or(survey, |deliver| survey.min(deliver))
}

/// Whether the collector wants to see us at this time.
pub fn is_welcome(now: Timestamp, past: &Past) -> bool {
    not_before(now, past).is_none_or(|not_before| not_before <= now)
}

fn survey_at(now: Timestamp, past: &Past, pace: &Pace, seed: u64) -> Timestamp {
    let start = start_at(now, past, pace, seed);
    // A survey in the future: the clock was set back since. It counts as none.
    let Some(surveyed_at) = past.surveyed_at.filter(|at| *at <= now) else { return start };
    let interval =
        past.asked_seconds.unwrap_or(pace.interval_seconds).clamp(INTERVAL_SECONDS_MIN, INTERVAL_SECONDS_MAX);
    let shortened = share(seed, surveyed_at.as_second(), interval / SHORTENED);
    later(surveyed_at, interval - shortened).max(start)
}

fn deliver_at(now: Timestamp, past: &Past, pace: &Pace, seed: u64) -> Timestamp {
    let tried_at = past.tried_at.filter(|at| *at <= now);
    let due = match (past.failures, tried_at) {
        (0, _) | (_, None) => start_at(now, past, pace, seed),
        (failures, Some(tried_at)) => {
            let doublings = (failures - 1).min(16);
            let pause = (RETRY_SECONDS_MIN << doublings).min(RETRY_SECONDS_MAX);
            // Between half of the pause and all of it.
            later(tried_at, pause / 2 + share(seed, tried_at.as_second(), pause / 2))
        }
    };
    not_before(now, past).map_or(due, |not_before| due.max(not_before))
}

/// A while of this PC's own after the service started. A start in the future counts as long ago.
fn start_at(now: Timestamp, past: &Past, pace: &Pace, seed: u64) -> Timestamp {
    if past.started_at > now {
        now
    } else {
        later(past.started_at, share(seed, 0, pace.start_spread_seconds))
    }
}

/// One that lies too far ahead was written by a clock that was set back since.
fn not_before(now: Timestamp, past: &Past) -> Option<Timestamp> {
    past.not_before.filter(|at| at.as_second() - now.as_second() <= NOT_BEFORE_SECONDS_MAX)
}

fn later(at: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// A number from 0 to `most`, the same for the same seed and occasion (SplitMix64).
fn share(seed: u64, occasion: i64, most: u64) -> u64 {
    let mut mixed = seed ^ occasion.cast_unsigned().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = mixed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed ^ (mixed >> 31)) % (most + 1)
}

#[cfg(test)]
mod tests;

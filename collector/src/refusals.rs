//! Refusals, counted; and told to the log once a minute for each address and code, with no word of what came.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use rules::wire::Refusal;
use tracing::warn;

/// How long an address and code are not told again, in milliseconds.
const QUIET_MS: i64 = 60_000;
/// Most addresses and codes that are remembered; what comes on top is counted and not told.
const TOLD_MAX: usize = 4096;

/// Refusals, counted.
#[derive(Debug, Default)]
pub struct Refusals {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    counts: BTreeMap<Refusal, u64>,
    told: BTreeMap<(IpAddr, Refusal), Told>,
}

#[derive(Debug)]
struct Told {
    at_ms: i64,
    since: u64,
}

impl Refusals {
    /// Counts a refusal, and tells it to the log unless that was done within the minute.
    pub fn note(&self, address: IpAddr, refusal: Refusal, now: Timestamp) {
        if let Some(before) = self.count(address, refusal, now.as_millisecond()) {
            warn!(%address, code = ?refusal, before, "Refused.");
        }
    }

    /// How many of each there were since the start.
    pub fn counts(&self) -> BTreeMap<Refusal, u64> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).counts.clone()
    }

    /// Counts; gives how many were not told before, when this one is to be told.
    fn count(&self, address: IpAddr, refusal: Refusal, now_ms: i64) -> Option<u64> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        *inner.counts.entry(refusal).or_default() += 1;
        if let Some(told) = inner.told.get_mut(&(address, refusal)) {
            if now_ms - told.at_ms < QUIET_MS {
                told.since += 1;
                return None;
            }
            told.at_ms = now_ms;
            return Some(std::mem::take(&mut told.since));
        }
        if inner.told.len() >= TOLD_MAX {
            inner.told.retain(|_, told| now_ms - told.at_ms < QUIET_MS);
            if inner.told.len() >= TOLD_MAX {
                return None;
            }
        }
        inner.told.insert((address, refusal), Told { at_ms: now_ms, since: 0 });
        Some(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_a_minute_for_each_address_and_code() {
        let refusals = Refusals::default();
        let (here, there) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        assert_eq!(refusals.count(here, Refusal::NotAdmitted, 0), Some(0));
        assert_eq!(refusals.count(here, Refusal::NotAdmitted, 59_999), None);
        assert_eq!(refusals.count(here, Refusal::Malformed, 59_999), Some(0));
        assert_eq!(refusals.count(there, Refusal::NotAdmitted, 59_999), Some(0));
        assert_eq!(refusals.count(here, Refusal::NotAdmitted, 60_000), Some(1));
        assert_eq!(refusals.counts()[&Refusal::NotAdmitted], 4);
    }

    #[test]
    fn many_addresses_do_not_fill_the_memory() {
        let refusals = Refusals::default();
        for number in 0..10_000_u32 {
            refusals.count(IpAddr::from(number.to_be_bytes()), Refusal::NotAdmitted, 0);
        }
        assert_eq!(refusals.inner.lock().unwrap().told.len(), TOLD_MAX);
        assert_eq!(refusals.counts()[&Refusal::NotAdmitted], 10_000);
        assert_eq!(refusals.count(IpAddr::from([1, 1, 1, 1]), Refusal::NotAdmitted, QUIET_MS), Some(0));
    }
}

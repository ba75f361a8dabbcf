//! Envelopes that the collector has not accepted: whole files, bounded, the oldest dropped with a note.
//!
//! A file is called `SEQUENCE-SECONDS.cose`: the sequence number in twenty digits, and when it was kept, in seconds
//! since 1970. Only a receipt or a bound removes one. Sending twice is harmless, so a file that could not be removed is
//! sent again. This file does not know what is in an envelope.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use jiff::Timestamp;

use crate::folder::{Folder, PART, put};

const ENVELOPE: &str = ".cose";
/// A file that is damaged is set aside under this name, for a technician to look at.
const BAD: &str = ".bad";
const BAD_COUNT_MAX: usize = 4;

/// How much the spool keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most envelopes.
    pub reports_max: usize,
    /// Most bytes in all.
    pub bytes_max: u64,
    /// How long an envelope is kept, in days.
    pub age_days_max: u32,
}

/// Envelopes that wait.
pub struct Spool {
    folder: Arc<dyn Folder>,
    bounds: Bounds,
    waiting: BTreeMap<u64, Waiting>,
}

struct Waiting {
    name: String,
    bytes: u64,
    kept_at: i64,
}

/// What happens to a file of the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is whole.
    Whole(Vec<u8>),
    /// It was damaged and is set aside, with a note.
    Damaged(String),
}

impl Spool {
    /// Opens the spool in this folder and removes what was never finished.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn open(folder: Arc<dyn Folder>, bounds: Bounds) -> Result<Spool> {
        let mut waiting = BTreeMap::new();
        let mut bad = Vec::new();
        for (name, bytes) in folder.files().context("cannot list the spool")? {
            if name.ends_with(PART) {
                folder.remove(&name).with_context(|| format!("cannot remove the unfinished {name}"))?;
            } else if name.ends_with(BAD) {
                bad.push(name);
            } else if let Some((sequence, kept_at)) = parse(&name) {
                waiting.insert(sequence, Waiting { name, bytes, kept_at });
            }
        }
        for name in bad.iter().rev().skip(BAD_COUNT_MAX) {
            folder.remove(name).with_context(|| format!("cannot remove the damaged {name}"))?;
        }
        Ok(Spool { folder, bounds, waiting })
    }

    /// Whether a file of this name is an envelope that waits.
    pub fn is_envelope(name: &str) -> bool {
        parse(name).is_some()
    }

    /// The sequence numbers that wait, oldest first.
    pub fn sequences(&self) -> Vec<u64> {
        self.waiting.keys().copied().collect()
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.waiting.len()
    }

    /// The highest sequence number that waits; 0 when none.
    pub fn highest(&self) -> u64 {
        self.waiting.last_key_value().map_or(0, |(sequence, _)| *sequence)
    }

    /// Keeps an envelope. Gives notes about older ones that had to go.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn keep(&mut self, sequence: u64, envelope: &[u8], now: Timestamp) -> Result<Vec<String>> {
        let kept_at = now.as_second();
        let name = format!("{sequence:020}-{kept_at}{ENVELOPE}");
        put(&*self.folder, &name, envelope).with_context(|| format!("cannot write {name} into the spool"))?;
        self.waiting.insert(sequence, Waiting { name, bytes: envelope.len() as u64, kept_at });
        self.bound(now)
    }

    /// Drops the oldest until the bounds hold; the newest always stays.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn bound(&mut self, now: Timestamp) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        let oldest_second = now.as_second() - i64::from(self.bounds.age_days_max) * 86_400;
        while self.waiting.len() > 1 {
            let Some((&sequence, oldest)) = self.waiting.first_key_value() else { break };
            let bytes: u64 = self.waiting.values().map(|waiting| waiting.bytes).sum();
            let why = if oldest.kept_at < oldest_second {
                format!("it waited for more than {} days", self.bounds.age_days_max)
            } else if self.waiting.len() > self.bounds.reports_max {
                format!("more than {} reports waited", self.bounds.reports_max)
            } else if bytes > self.bounds.bytes_max {
                format!("more than {} bytes waited", self.bounds.bytes_max)
            } else {
                break;
            };
            self.remove(sequence)?;
            notes.push(format!("Report {sequence} was dropped unsent: {why}."));
        }
        Ok(notes)
    }

    /// Reads an envelope. One that is not `whole` is set aside.
    ///
    /// # Errors
    /// When it cannot be read or set aside.
    pub fn take(&mut self, sequence: u64, whole: &dyn Fn(&[u8]) -> bool) -> Result<Taken> {
        let Some(waiting) = self.waiting.get(&sequence) else {
            anyhow::bail!("there is no report {sequence} in the spool");
        };
        let name = waiting.name.clone();
        let bytes = self.folder.read(&name).with_context(|| format!("cannot read {name} in the spool"))?;
        if whole(&bytes) {
            return Ok(Taken::Whole(bytes));
        }
        let aside = format!("{}{BAD}", name.trim_end_matches(ENVELOPE));
        self.folder.rename(&name, &aside).with_context(|| format!("cannot set {name} aside"))?;
        self.folder.settle().context("cannot sync the spool")?;
        self.waiting.remove(&sequence);
        Ok(Taken::Damaged(format!("Report {sequence} was damaged in the spool and is set aside as {aside}.")))
    }

    /// Removes an envelope, for which there is a receipt.
    ///
    /// # Errors
    /// When it cannot be removed; it is then sent again.
    pub fn remove(&mut self, sequence: u64) -> Result<()> {
        if let Some(waiting) = self.waiting.remove(&sequence) {
            let name = &waiting.name;
            self.folder.remove(name).with_context(|| format!("cannot remove {name} from the spool"))?;
            self.folder.settle().context("cannot sync the spool")?;
        }
        Ok(())
    }
}

fn parse(name: &str) -> Option<(u64, i64)> {
    let (sequence, kept_at) = name.strip_suffix(ENVELOPE)?.split_once('-')?;
    Some((sequence.parse().ok()?, kept_at.parse().ok()?))
}

#[cfg(test)]
mod tests;

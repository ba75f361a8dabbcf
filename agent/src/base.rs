//! The full report that later ones build on: the envelope that the collector gave a receipt for, and its JSON.
//!
//! There are two files. `base.next` is a full report on its way; with its receipt it becomes `base`. A file holds the
//! SHA-256 of all that follows, the length of the envelope in four bytes, the envelope and the JSON; one that is not
//! whole counts as none, and the next report is a full one. The JSON stands beside the envelope so that the agent
//! needs no decompressor. How many reports build on a base is told by their sequence numbers alone.
//!
//! This file does not know how anything is sent.

use std::io;
use std::sync::Arc;

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use rules::envelope::{self, Base, BaseName};
use rules::limits::REPORTS_ON_BASE_MAX;

use crate::folder::{Folder, find, put};

const BASE: &str = "base";
const NEXT: &str = "base.next";
const DIGEST_BYTES: usize = 32;

/// What later reports build on.
pub struct Bases {
    folder: Arc<dyn Folder>,
    base: Option<Kept>,
}

/// A full report, as its file holds it.
struct Kept {
    name: BaseName,
    envelope: Vec<u8>,
    json: Vec<u8>,
}

impl Bases {
    /// Reads the base in this folder, if there is one.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn open(folder: Arc<dyn Folder>) -> Result<Bases> {
        let base = read(&*folder, BASE)?;
        Ok(Bases { folder, base })
    }

    /// What the report of this sequence number builds on: a base of the same key, not used too often.
    pub fn base_for(&self, sequence: u64, public_key: &[u8]) -> Option<Base<'_>> {
        let kept = self.base.as_ref()?;
        let near = |distance| (1..=REPORTS_ON_BASE_MAX).contains(&distance);
        let own = || envelope::read(&kept.envelope).is_ok_and(|sealed| sealed.verify(public_key).is_ok());
        let fits = sequence.checked_sub(kept.name.sequence).is_some_and(near) && own();
        fits.then(|| Base { name: kept.name, json: &kept.json })
    }

    /// Remembers a full report that is on its way; it becomes the base when its receipt comes.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn propose(&self, envelope: &[u8], json: &[u8]) -> Result<()> {
        put(&*self.folder, NEXT, &written(envelope, json)).with_context(|| format!("cannot write {NEXT}"))
    }

    /// The collector has the full report of this sequence number and digest, and keeps it as a base. It becomes ours,
    /// unless another was proposed in the meantime, or a report still waits that may build on the one before.
    ///
    /// # Errors
    /// When the folder fails.
    pub fn accept(&mut self, sequence: u64, digest: &str, waiting: &[u64]) -> Result<()> {
        let Some(next) = read(&*self.folder, NEXT)? else { return Ok(()) };
        if next.name.sequence != sequence || HEXLOWER.encode(&next.name.digest) != digest {
            return Ok(());
        }
        if let Some(before) = &self.base {
            let builds_on = |waiting: &u64| {
                waiting.checked_sub(before.name.sequence).is_some_and(|past| past <= REPORTS_ON_BASE_MAX)
            };
            if waiting.iter().any(builds_on) {
                return Ok(());
            }
        }
        self.folder.rename(NEXT, BASE).and_then(|()| self.folder.settle()).context("cannot keep the base")?;
        self.base = Some(next);
        Ok(())
    }

    /// The full report that this envelope builds on, if it is at hand.
    pub fn under(&self, envelope: &[u8]) -> Option<Vec<u8>> {
        let name = envelope::read(envelope).ok()?.base?;
        self.base.as_ref().filter(|kept| kept.name == name).map(|kept| kept.envelope.clone())
    }

    /// Nothing builds on the base any more.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn forget(&mut self) -> Result<()> {
        if self.base.take().is_some() {
            match self.folder.remove(BASE).and_then(|()| self.folder.settle()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).context("cannot remove the base");
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

fn written(envelope: &[u8], json: &[u8]) -> Vec<u8> {
    let length = u32::try_from(envelope.len()).unwrap_or(u32::MAX).to_be_bytes();
    let body = [length.as_slice(), envelope, json].concat();
    [digest(&SHA256, &body).as_ref(), &body].concat()
}

/// A file that is not whole is as good as none: it only saves bytes on the wire.
fn read(folder: &dyn Folder, name: &str) -> Result<Option<Kept>> {
    let bytes = find(folder, name).with_context(|| format!("cannot read {name} in the state folder"))?;
    Ok(bytes.as_deref().and_then(parse))
}

fn parse(bytes: &[u8]) -> Option<Kept> {
    let (sum, body) = bytes.split_at_checked(DIGEST_BYTES)?;
    if digest(&SHA256, body).as_ref() != sum {
        return None;
    }
    let (length, rest) = body.split_first_chunk::<4>()?;
    let (envelope, json) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    Some(Kept { name: BaseName::of(envelope).ok()?, envelope: envelope.to_vec(), json: json.to_vec() })
}

#[cfg(test)]
mod tests;

//! Who this agent is: its key, where it belongs, and the sequence number of its reports.
//!
//! Everything stands in the state folder, readable by its owner only. A sequence number is durable before it is used,
//! so that it is never used twice. This file does not know how anything is sent.

use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use data_encoding::HEXLOWER;
use jiff::Timestamp;
use rules::envelope::SigningKey;
use rules::join::JoinCode;
use rules::wire::Joined;
use serde::{Deserialize, Serialize};

use crate::folder::{Folder, find, put};

const KEY: &str = "key.pk8";
const MEMBERSHIP: &str = "membership.json";
const SEQUENCE: &str = "sequence";

/// What joining gave: where this PC belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Membership {
    /// Host name or address and port of the collector.
    pub address: String,
    /// The pin of the collector's certificate in hexadecimal; none when the system's roots decide.
    pub pin: Option<String>,
    /// The collector's name for this PC.
    pub machine: String,
    /// Full name of the unit that the PC belongs to.
    pub unit: String,
    /// The role of its seat.
    pub role: String,
    /// The collector's public key for sealing, in hexadecimal.
    pub sealing_key: String,
    /// When the PC joined, by its own clock.
    pub joined_at: Timestamp,
}

impl Membership {
    /// What a join code and the answer to it give together.
    pub fn new(code: &JoinCode, joined: &Joined, now: Timestamp) -> Membership {
        Membership {
            address: code.address.clone(),
            pin: code.pin.map(|pin| HEXLOWER.encode(&pin)),
            machine: joined.machine.clone(),
            unit: joined.unit.clone(),
            role: joined.role.clone(),
            sealing_key: joined.sealing_key.clone(),
            joined_at: now,
        }
    }

    /// The membership kept in this folder, if the PC has joined.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn read(folder: &dyn Folder) -> Result<Option<Membership>> {
        let Some(bytes) = find(folder, MEMBERSHIP).with_context(|| format!("cannot read {MEMBERSHIP}"))?
        else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes).map(Some).with_context(|| {
            format!("{MEMBERSHIP} in the state folder is damaged; join again with a join code")
        })
    }

    /// Keeps the membership.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, folder: &dyn Folder) -> Result<()> {
        let bytes = serde_json::to_vec_pretty(self).context("cannot write the membership")?;
        put(folder, MEMBERSHIP, &bytes).with_context(|| format!("cannot write {MEMBERSHIP}"))
    }

    /// The pin of the collector's certificate.
    ///
    /// # Errors
    /// When the file was changed by hand.
    pub fn pin_bytes(&self) -> Result<Option<[u8; 16]>> {
        let Some(pin) = &self.pin else { return Ok(None) };
        HEXLOWER
            .decode(pin.as_bytes())
            .ok()
            .and_then(|bytes| <[u8; 16]>::try_from(bytes).ok())
            .map(Some)
            .ok_or_else(|| anyhow!("the pin in {MEMBERSHIP} is damaged; join again with a join code"))
    }

    /// The collector's public key for sealing.
    ///
    /// # Errors
    /// When the file was changed by hand.
    pub fn sealing_key_bytes(&self) -> Result<Vec<u8>> {
        HEXLOWER
            .decode(self.sealing_key.as_bytes())
            .map_err(|_| anyhow!("the sealing key in {MEMBERSHIP} is damaged; join again with a join code"))
    }
}

/// This agent's key and the sequence number of its reports.
pub struct Identity {
    folder: Arc<dyn Folder>,
    key: SigningKey,
    sequence: Option<u64>,
}

impl Identity {
    /// Opens the identity in this folder; makes a key where there is none.
    ///
    /// # Errors
    /// When the folder cannot be read or written, or the key is damaged.
    pub fn open(folder: Arc<dyn Folder>) -> Result<Identity> {
        let bytes = match find(&*folder, KEY).with_context(|| format!("cannot read {KEY}"))? {
            Some(bytes) => bytes,
            None => {
                let bytes = SigningKey::generate(&ring::rand::SystemRandom::new())
                    .context("cannot make the agent's key")?;
                put(&*folder, KEY, &bytes).with_context(|| format!("cannot write {KEY}"))?;
                bytes
            }
        };
        let key = SigningKey::from_pkcs8(&bytes).with_context(|| {
            format!("the agent's key {KEY} in the state folder is damaged; remove that file and join again")
        })?;
        // A damaged number is as good as none: `next` then begins at the clock, far above any count.
        let sequence = find(&*folder, SEQUENCE)
            .with_context(|| format!("cannot read {SEQUENCE}"))?
            .map(|bytes| String::from_utf8(bytes).ok().and_then(|text| text.trim().parse().ok()));
        let sequence = match sequence {
            None => Some(0),
            Some(kept) => kept,
        };
        Ok(Identity { folder, key, sequence })
    }

    /// The key that signs.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Makes another key in the place of this one: another PC uses it too. Sequence numbers go on.
    ///
    /// # Errors
    /// When it cannot be made durable; then the old key stays.
    pub fn renew(&mut self) -> Result<()> {
        let bytes =
            SigningKey::generate(&ring::rand::SystemRandom::new()).context("cannot make the agent's key")?;
        let key = SigningKey::from_pkcs8(&bytes).context("cannot read the key that was just made")?;
        put(&*self.folder, KEY, &bytes).with_context(|| format!("cannot write {KEY}"))?;
        self.key = key;
        Ok(())
    }

    /// The next sequence number, above `floor`, durable before it is given.
    ///
    /// # Errors
    /// When it cannot be made durable; it is then not used.
    pub fn next(&mut self, floor: u64, now: Timestamp) -> Result<u64> {
        let last = self.sequence.unwrap_or_else(|| seconds(now));
        self.raise(last.max(floor).saturating_add(1))
    }

    /// Jumps over numbers that another holder of this key used: a state folder that came back from a backup or a
    /// frozen disk. The clock in seconds is above any count of reports.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn jump(&mut self, now: Timestamp) -> Result<u64> {
        let last = self.sequence.unwrap_or_default();
        self.raise(last.saturating_add(1).max(seconds(now)))
    }

    fn raise(&mut self, sequence: u64) -> Result<u64> {
        put(&*self.folder, SEQUENCE, sequence.to_string().as_bytes())
            .with_context(|| format!("cannot write {SEQUENCE} in the state folder"))?;
        self.sequence = Some(sequence);
        Ok(sequence)
    }
}

fn seconds(now: Timestamp) -> u64 {
    u64::try_from(now.as_second()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folder::paper::Papers;

    fn now() -> Timestamp {
        "2026-11-22T07:30:00Z".parse().unwrap()
    }

    #[test]
    fn the_key_stays_the_same() {
        let papers = Papers::default();
        let id = Identity::open(Arc::new(papers.clone())).unwrap().key().id();
        assert_eq!(Identity::open(Arc::new(papers.clone())).unwrap().key().id(), id);
        put(&papers, KEY, b"no key").unwrap();
        let error = format!("{:#}", Identity::open(Arc::new(papers)).err().unwrap());
        assert!(error.contains("remove that file and join again"), "{error}");
    }

    #[test]
    fn sequence_numbers_rise() {
        let papers = Papers::default();
        let mut identity = Identity::open(Arc::new(papers.clone())).unwrap();
        assert_eq!(identity.next(0, now()).unwrap(), 1);
        assert_eq!(identity.next(0, now()).unwrap(), 2);
        assert_eq!(identity.next(10, now()).unwrap(), 11, "the spool knows a higher one");
        let mut identity = Identity::open(Arc::new(papers.clone())).unwrap();
        assert_eq!(identity.next(0, now()).unwrap(), 12);
        assert_eq!(identity.jump(now()).unwrap(), 1_795_332_600);
        put(&papers, SEQUENCE, b"\0\0").unwrap();
        let mut identity = Identity::open(Arc::new(papers)).unwrap();
        assert_eq!(identity.next(0, now()).unwrap(), 1_795_332_601, "a damaged number begins at the clock");
    }
}

//! The one object that lives in a state folder: an agent's identity, its membership, its spool and its diary.
//!
//! A desk is opened for a duty and closed after it; while it is open no other agent works in the folder. It does not
//! survey and does not know when it will be called again.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use ring::digest::{SHA256, digest};
use rules::assess::Grade;
use rules::envelope::{self, Bundle, DICTIONARY, Ground};
use rules::fact::Fact;
use rules::facts::identity::{Identity, Piece, Worth};
use rules::join::JoinCode;
use rules::limits::{NOTES_COUNT_MAX, SERVICES_COUNT_MAX};
use rules::quantity::Milliseconds;
use rules::report::{Note, Report};
use rules::wire::{JoinRequest, Joined, NamedService, Receipt, Refusal};
use serde::{Deserialize, Serialize};

use crate::base::Bases;
use crate::courier::{Answer, Courier, Patience, Trouble};
use crate::folder::{Folder, Lock, OnDisk, find, put};
use crate::identity::{self, Membership};
use crate::schedule::Past;
use crate::spool::{Bounds, Spool, Taken};

const DIARY: &str = "diary.json";
const SPOOL: &str = "spool";

/// What the spool keeps when nobody says otherwise.
pub const BOUNDS: Bounds = Bounds { reports_max: 64, bytes_max: 8 * 1024 * 1024, age_days_max: 60 };

/// What an agent remembers between duties, and shows in `status`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Diary {
    /// When the last survey was kept.
    pub surveyed_at: Option<Timestamp>,
    /// When the collector was last spoken to, or it was tried.
    pub tried_at: Option<Timestamp>,
    /// When the collector last accepted a report.
    pub delivered_at: Option<Timestamp>,
    /// How often in a row delivery failed.
    pub failures: u32,
    /// Before this time the collector does not want to see us.
    pub not_before: Option<Timestamp>,
    /// How many seconds the collector wants between two reports.
    pub interval_seconds: Option<u64>,
    /// How far this PC's clock was from the collector's, in milliseconds; positive is ahead.
    pub clock_offset_ms: Option<i64>,
    /// The grade that the collector gave last.
    pub grade: Option<Grade>,
    /// The score that the collector gave last.
    pub score: Option<u8>,
    /// Why the last delivery failed.
    pub trouble: Option<Trouble>,
    /// The newest dictionary that the collector has; 0 when it did not say.
    pub dictionary: u32,
    /// What the next report has to say of this agent itself.
    pub notes: Vec<String>,
    /// The services that this PC must reach; none when no collector named any.
    pub services: Option<Vec<NamedService>>,
}

/// What came of a delivery.
#[derive(Debug, Default)]
pub struct Delivery {
    /// How many reports the collector accepted.
    pub accepted: usize,
    /// The receipt of the newest of them.
    pub receipt: Option<Receipt>,
    /// Reports that will never be accepted, each with its reason.
    pub dropped: Vec<String>,
    /// How many reports still wait.
    pub left: usize,
    /// Why they still wait.
    pub trouble: Option<Trouble>,
    /// When to come back, if the collector said so.
    pub retry_after_seconds: Option<u64>,
}

/// How a report is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// On a base, where there is one.
    Small,
    /// Standing alone.
    Full,
}

/// A report, signed.
struct Packed {
    sequence: u64,
    envelope: Vec<u8>,
    json: Vec<u8>,
    full: bool,
}

/// A file for a USB stick.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundled {
    /// Its content.
    pub bytes: Vec<u8>,
    /// Whether only the collector can read it.
    pub sealed: bool,
    /// Whether it asks the collector to admit this PC.
    pub joins: bool,
}

/// What a state folder says, read without disturbing an agent at work.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Where the PC belongs; none when it has not joined.
    pub membership: Option<Membership>,
    /// What the agent remembers.
    pub diary: Diary,
    /// How many reports wait.
    pub waiting: usize,
}

impl Standing {
    /// Reads a state folder; one that is not there is an agent that never worked.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(path: &Path) -> Result<Standing> {
        let folder = OnDisk::existing(path);
        let context = || {
            format!(
                "cannot read the state folder {}; the agent's own user or root can read it",
                path.display()
            )
        };
        let membership = Membership::read(&folder).with_context(context)?;
        let diary = read_diary(&folder).with_context(context)?;
        let waiting = match OnDisk::existing(&path.join(SPOOL)).files() {
            Ok(files) => files.iter().filter(|(name, _)| Spool::is_envelope(name)).count(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error).with_context(context),
        };
        Ok(Standing { membership, diary, waiting })
    }

    /// How far this PC's clock was from the collector's at the last contact; positive is ahead.
    pub fn clock_offset(&self) -> Option<Milliseconds> {
        self.diary.clock_offset_ms.map(Milliseconds)
    }

    /// What the schedule needs to know, for a service that started then.
    pub fn past(&self, started_at: Timestamp) -> Past {
        Past {
            started_at,
            surveyed_at: self.diary.surveyed_at,
            tried_at: self.diary.tried_at,
            failures: self.diary.failures,
            not_before: self.diary.not_before,
            asked_seconds: self.diary.interval_seconds,
            waiting: self.waiting > 0,
        }
    }

    /// A number of this PC alone, to spread PCs over time; 0 when it has not joined.
    pub fn seed(&self) -> u64 {
        let Some(membership) = &self.membership else { return 0 };
        let digest = digest(&SHA256, membership.machine.as_bytes());
        digest.as_ref().first_chunk::<8>().map_or(0, |first| u64::from_be_bytes(*first))
    }
}

/// An agent's desk.
pub struct Desk {
    folder: Arc<dyn Folder>,
    key: identity::Identity,
    membership: Option<Membership>,
    spool: Spool,
    bases: Bases,
    diary: Diary,
    patience: Patience,
    _lock: Lock,
}

impl Desk {
    /// Opens the desk in this state folder; makes the folder and the key where they are missing.
    ///
    /// # Errors
    /// When the folder cannot be used, or another agent is at work in it.
    pub fn open(path: &Path) -> Result<Desk> {
        Desk::open_with(path, BOUNDS, Patience::default())
    }

    /// As [`Desk::open`], with other bounds of the spool and another patience with the collector.
    ///
    /// # Errors
    /// As [`Desk::open`].
    pub fn open_with(path: &Path, bounds: Bounds, patience: Patience) -> Result<Desk> {
        let on_disk = OnDisk::open(path)?;
        let lock = on_disk.lock()?;
        let spool = OnDisk::open(&path.join(SPOOL))?;
        let folder: Arc<dyn Folder> = Arc::new(on_disk);
        let context = || format!("cannot use the state folder {}", path.display());
        Ok(Desk {
            key: identity::Identity::open(folder.clone()).with_context(context)?,
            membership: Membership::read(&*folder).with_context(context)?,
            spool: Spool::open(Arc::new(spool), bounds).with_context(context)?,
            bases: Bases::open(folder.clone()).with_context(context)?,
            diary: read_diary(&*folder).with_context(context)?,
            folder,
            patience,
            _lock: lock,
        })
    }

    /// Where this PC belongs; none when it has not joined.
    pub fn membership(&self) -> Option<&Membership> {
        self.membership.as_ref()
    }

    /// What the agent remembers.
    pub fn diary(&self) -> &Diary {
        &self.diary
    }

    /// How many reports wait.
    pub fn waiting(&self) -> usize {
        self.spool.count()
    }

    /// The id of this agent's key.
    pub fn key_id(&self) -> envelope::KeyId {
        self.key.key().id()
    }

    /// How far this PC's clock was from the collector's at the last contact; positive is ahead.
    pub fn clock_offset(&self) -> Option<Milliseconds> {
        self.diary.clock_offset_ms.map(Milliseconds)
    }

    /// Joins the collector of this code. Joining again with the same key gives the same machine.
    ///
    /// # Errors
    /// A [`Trouble`] when the collector was not reached or refused; what was joined before is then still joined.
    pub async fn join(&mut self, code: &JoinCode, hostname: &str, now: Timestamp) -> Result<Joined> {
        self.join_as(code, hostname, &Identity::default(), now).await
    }

    /// As [`Desk::join`], with what tells this PC from others: a PC that was installed again continues the history of
    /// its hardware. When another PC uses the key of this one, as after an image was copied, a new key is made.
    ///
    /// # Errors
    /// As [`Desk::join`].
    pub async fn join_as(
        &mut self,
        code: &JoinCode,
        hostname: &str,
        identity: &Identity,
        now: Timestamp,
    ) -> Result<Joined> {
        let courier = Courier::new(&code.address, code.pin, self.patience)?;
        let mut answer = courier.join(self.join_request(code, hostname, identity)?, now).await;
        if let Err(Trouble::Refused { refusal: Refusal::KeyShared, .. }) = &answer {
            self.key.renew()?;
            answer = courier.join(self.join_request(code, hostname, identity)?, now).await;
        }
        self.remember_clock(&answer);
        let joined = match answer {
            Ok(answer) => answer.body,
            Err(trouble) => {
                self.write_diary()?;
                return Err(trouble.into());
            }
        };
        let membership = Membership::new(code, &joined, now);
        if membership.sealing_key_bytes().ok().is_none_or(|key| key.len() != 32) {
            bail!(
                "the collector {} joined this PC and gave no usable sealing key; report this to its operator",
                code.address
            );
        }
        membership.write(&*self.folder)?;
        self.membership = Some(membership);
        self.diary.dictionary = joined.dictionary;
        // A new membership begins without the old one's troubles.
        self.diary.failures = 0;
        self.diary.not_before = None;
        self.diary.trouble = None;
        self.remember_services(joined.services.as_deref());
        self.write_diary()?;
        Ok(joined)
    }

    /// Signs a report and keeps it until the collector has it. What the agent has to say of itself goes with it.
    ///
    /// # Errors
    /// When it cannot be made durable.
    pub fn keep(&mut self, report: &Report, now: Timestamp) -> Result<()> {
        self.keep_own(report.clone(), now)
    }

    /// As [`Desk::keep`], for who needs the report no more. The program uses only this one: the code that copies all
    /// facts is a fiftieth of it.
    ///
    /// # Errors
    /// As [`Desk::keep`].
    pub fn keep_own(&mut self, report: Report, now: Timestamp) -> Result<()> {
        let Packed { sequence, envelope, json, full } = self.pack(report, Form::Small, now)?;
        self.diary.notes = self.spool.keep(sequence, &envelope, now)?;
        if full {
            self.bases.propose(&envelope, &json)?;
        }
        self.diary.surveyed_at = Some(now);
        self.write_diary()
    }

    /// Sends what waits, the oldest first. Only a receipt, or a refusal that is final, takes a report off the spool.
    /// A collector that was not reached is not an error of this function: see [`Delivery::trouble`].
    ///
    /// # Errors
    /// When this PC has not joined, or its own files fail.
    pub async fn deliver(&mut self, now: Timestamp) -> Result<Delivery> {
        let Some(membership) = &self.membership else {
            bail!(
                "this PC has not joined a collector; ask the IT department for a join code, then: sansang-agent join CODE"
            );
        };
        let courier = Courier::new(&membership.address, membership.pin_bytes()?, self.patience)?;
        let mut delivery = Delivery::default();
        let aged = self.spool.bound(now)?;
        self.diary.notes.extend(aged);
        let mut internal_count = 0;
        for sequence in self.spool.sequences() {
            let Some(envelope) = self.take(sequence)? else { continue };
            let sent = HEXLOWER.encode(digest(&SHA256, &envelope).as_ref());
            let mut answer = courier.deliver(envelope.clone(), now).await;
            // The collector lacks what this one builds on: it gets that first. The same bytes twice are harmless.
            if let Err(Trouble::Refused { refusal: Refusal::BaseMissing, .. }) = &answer
                && let Some(base) = self.bases.under(&envelope)
            {
                answer = match courier.deliver(base, now).await {
                    Ok(_) => courier.deliver(envelope, now).await,
                    Err(trouble) => Err(trouble),
                };
            }
            self.diary.tried_at = Some(now);
            self.remember_clock(&answer);
            let trouble = match answer {
                Ok(answer) if answer.body.envelope == sent => {
                    self.accepted(sequence, answer.body, now, &mut delivery)?;
                    continue;
                }
                Ok(answer) => Trouble::Garbage {
                    address: membership_address(&self.membership),
                    text: format!("the receipt is for {} and {sent} was sent", answer.body.envelope),
                },
                Err(trouble) => trouble,
            };
            let refusal = match &trouble {
                Trouble::Refused { refusal, .. } => Some(*refusal),
                Trouble::NoContact { .. }
                | Trouble::WrongPin { .. }
                | Trouble::NotTrusted { .. }
                | Trouble::Garbage { .. } => None,
            };
            match refusal {
                Some(refusal) if refusal.is_final() => {
                    self.refused_for_good(sequence, refusal, &trouble, now, &mut delivery)?;
                    continue;
                }
                // What it builds on is lost on both sides: a full report comes next.
                Some(Refusal::BaseMissing) => {
                    self.refused_for_good(sequence, Refusal::BaseMissing, &trouble, now, &mut delivery)?;
                    continue;
                }
                // One report may be the reason; it must not keep the others waiting.
                Some(Refusal::FromTheFuture) => {}
                Some(Refusal::Internal) if internal_count == 0 => internal_count += 1,
                _ => {
                    delivery.trouble = Some(trouble);
                    break;
                }
            }
            delivery.trouble = Some(trouble);
        }
        self.close(&mut delivery, now)?;
        Ok(delivery)
    }

    /// A report as a file for a USB stick: sealed to the collector where this PC has joined, plain where it has not.
    /// With a join code it asks the collector to admit this PC.
    ///
    /// # Errors
    /// When the report is over the limits, or the sequence number cannot be made durable.
    pub fn bundle(
        &mut self,
        report: Report,
        code: Option<&JoinCode>,
        hostname: &str,
        now: Timestamp,
    ) -> Result<Bundled> {
        let join = code.map(|code| self.join_request(code, hostname, &report.facts.identity)).transpose()?;
        // What leaves on a stick stands alone: nobody knows which reports went before it.
        let envelope = self.pack(report, Form::Full, now)?.envelope;
        let bundle = Bundle { join, envelope };
        let bytes = match &self.membership {
            Some(membership) => envelope::seal(&bundle, &membership.sealing_key_bytes()?),
            None => envelope::write_plain(&bundle),
        };
        let bytes = bytes.context("cannot write the report as a file for a USB stick")?;
        self.diary.surveyed_at = Some(now);
        self.write_diary()?;
        Ok(Bundled { bytes, sealed: self.membership.is_some(), joins: bundle.join.is_some() })
    }

    fn join_request(&self, code: &JoinCode, hostname: &str, identity: &Identity) -> Result<Vec<u8>> {
        // Only what is trustworthy speaks, and the request stays small.
        let trustworthy = |piece: &&Piece| piece.worth == Fact::Known(Worth::Trustworthy);
        let evidence = identity.evidence.known().map(Vec::as_slice).unwrap_or_default();
        let request = JoinRequest {
            secret: HEXLOWER.encode(&code.secret),
            public_key: HEXLOWER.encode(self.key.key().public_key()),
            hostname: hostname.to_owned(),
            agent: env!("CARGO_PKG_VERSION").to_owned(),
            evidence: evidence.iter().filter(trustworthy).cloned().collect(),
        };
        envelope::pack_join(&request, self.key.key()).context("cannot write the request to join")
    }

    /// Adds what this agent knows of itself, then signs.
    fn pack(&mut self, mut report: Report, form: Form, now: Timestamp) -> Result<Packed> {
        if let Some(offset) = self.clock_offset()
            && report.facts.clock.offset.known().is_none()
        {
            report.facts.clock.offset = Fact::Known(offset);
        }
        let notes = self.diary.notes.iter().map(|text| Note { area: "agent".to_owned(), text: text.clone() });
        report.notes.extend(notes);
        report.notes.truncate(NOTES_COUNT_MAX);
        let sequence = self.key.next(self.spool.highest(), now)?;
        let key = self.key.key();
        let ground = match (form, self.bases.base_for(sequence, key.public_key())) {
            (Form::Full, _) => Ground::Nothing,
            (Form::Small, Some(base)) => Ground::Report(base),
            // A collector that never said which dictionary it has gets none.
            (Form::Small, None) => match self.diary.dictionary.min(DICTIONARY) {
                0 => Ground::Nothing,
                number => Ground::Dictionary(number),
            },
        };
        let json = envelope::json(&report);
        let envelope = json.and_then(|json| Ok((envelope::pack_json(&json, key, sequence, ground)?, json)));
        let (envelope, json) = envelope.with_context(|| format!("cannot pack the report {sequence}"))?;
        Ok(Packed { sequence, envelope, json, full: !matches!(ground, Ground::Report(_)) })
    }

    /// An envelope that is whole and signed by this agent's key, or none when it had to be set aside.
    fn take(&mut self, sequence: u64) -> Result<Option<Vec<u8>>> {
        let public_key = self.key.key().public_key();
        let whole = |bytes: &[u8]| {
            envelope::read(bytes)
                .is_ok_and(|sealed| sealed.sequence == sequence && sealed.verify(public_key).is_ok())
        };
        match self.spool.take(sequence, &whole)? {
            Taken::Whole(bytes) => Ok(Some(bytes)),
            Taken::Damaged(note) => {
                self.diary.notes.push(note);
                Ok(None)
            }
        }
    }

    fn accepted(
        &mut self,
        sequence: u64,
        receipt: Receipt,
        now: Timestamp,
        delivery: &mut Delivery,
    ) -> Result<()> {
        self.spool.remove(sequence)?;
        if receipt.base {
            self.bases.accept(sequence, &receipt.envelope, &self.spool.sequences())?;
        }
        self.diary.dictionary = receipt.dictionary;
        self.diary.delivered_at = Some(now);
        self.diary.interval_seconds = Some(receipt.next_seconds);
        self.diary.grade = receipt.grade;
        self.diary.score = receipt.score;
        self.remember_services(receipt.services.as_deref());
        delivery.accepted += 1;
        delivery.receipt = Some(receipt);
        Ok(())
    }

    fn refused_for_good(
        &mut self,
        sequence: u64,
        refusal: Refusal,
        trouble: &Trouble,
        now: Timestamp,
        delivery: &mut Delivery,
    ) -> Result<()> {
        self.spool.remove(sequence)?;
        if matches!(refusal, Refusal::SequenceUsed | Refusal::SequenceTooOld) {
            self.key.jump(now)?;
        }
        // The next report stands alone: a collector that lacks the base, or knows no bases, gets along with that.
        if matches!(refusal, Refusal::BaseMissing | Refusal::Malformed) {
            self.bases.forget()?;
        }
        let note = format!("Report {sequence} was dropped: {trouble}.");
        self.diary.notes.push(note.clone());
        delivery.dropped.push(note);
        Ok(())
    }

    fn close(&mut self, delivery: &mut Delivery, now: Timestamp) -> Result<()> {
        delivery.left = self.spool.count();
        delivery.retry_after_seconds = delivery.trouble.as_ref().and_then(Trouble::retry_after_seconds);
        self.diary.trouble = delivery.trouble.clone();
        self.diary.failures =
            if delivery.trouble.is_some() { self.diary.failures.saturating_add(1) } else { 0 };
        self.diary.not_before = delivery
            .retry_after_seconds
            .and_then(|seconds| i64::try_from(seconds).ok())
            .and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
        self.write_diary()
    }

    fn remember_clock<T>(&mut self, answer: &Result<Answer<T>, Trouble>) {
        let offset = match answer {
            Ok(answer) => answer.clock_offset,
            Err(Trouble::Refused { clock_offset, .. }) => *clock_offset,
            Err(
                Trouble::NoContact { .. }
                | Trouble::WrongPin { .. }
                | Trouble::NotTrusted { .. }
                | Trouble::Garbage { .. },
            ) => None,
        };
        if let Some(Milliseconds(offset)) = offset {
            self.diary.clock_offset_ms = Some(offset);
        }
    }

    /// A collector that names none takes back what another one named.
    fn remember_services(&mut self, services: Option<&[NamedService]>) {
        self.diary.services =
            services.map(|services| services.iter().take(SERVICES_COUNT_MAX).cloned().collect());
    }

    fn write_diary(&mut self) -> Result<()> {
        let excess = self.diary.notes.len().saturating_sub(NOTES_COUNT_MAX);
        self.diary.notes.drain(..excess);
        let bytes = serde_json::to_vec_pretty(&self.diary).context("cannot write the diary")?;
        put(&*self.folder, DIARY, &bytes).with_context(|| format!("cannot write {DIARY} in the state folder"))
    }
}

fn membership_address(membership: &Option<Membership>) -> String {
    membership.as_ref().map(|membership| membership.address.clone()).unwrap_or_default()
}

/// A damaged diary begins anew: it only saves work.
fn read_diary(folder: &dyn Folder) -> Result<Diary> {
    let bytes = find(folder, DIARY).map_err(|error| anyhow!(error)).context("cannot read the diary")?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

#[cfg(test)]
pub(crate) mod tests;

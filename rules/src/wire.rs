//! What else crosses the wire between agent and collector: joining, receipts, refusals.
//!
//! `POST /v1/join` takes a COSE_Sign1 over a [`JoinRequest`], signed by the key that it carries, and answers
//! [`Joined`]. `POST /v1/reports` takes an envelope and answers a [`Receipt`]. Anything else is a [`Refused`].

use serde::{Deserialize, Serialize};

/// The media type of envelopes and join requests (RFC 9052, section 11.3).
pub const COSE: &str = "application/cose; cose-type=\"cose-sign1\"";

/// A request to join, signed by the key that it carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// The enrolment secret of the join code, in hexadecimal.
    pub secret: String,
    /// The agent's public key (Ed25519, 32 bytes), in hexadecimal.
    pub public_key: String,
    /// Name of the PC in the network.
    pub hostname: String,
    /// The version of the agent.
    pub agent: String,
}

/// The answer to a join that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The collector's name for this PC.
    pub machine: String,
    /// Full name of the unit that the PC now belongs to.
    pub unit: String,
    /// The role of its seat.
    pub role: String,
    /// The collector's public key for sealing (X25519, 32 bytes), in hexadecimal.
    pub sealing_key: String,
}

/// The answer to a report that was accepted. It is given only after the commit is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// SHA-256 of the envelope as it came, in hexadecimal.
    pub envelope: String,
    /// Whether the collector had it before.
    pub again: bool,
    /// Seconds until the collector wants the next report.
    pub next_seconds: u64,
    /// The verdict in short, to show on the PC.
    pub grade: Option<crate::assess::Grade>,
    /// Score 0 to 100, if anything was decided.
    pub score: Option<u8>,
    /// Whether later reports may build on this envelope: it is full and the collector keeps it. A collector that does
    /// not know bases does not say so, and gets full reports.
    #[serde(default)]
    pub base: bool,
}

/// Why the collector does not take something. The agent acts on the code; people read the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The error.
    pub error: RefusedError,
}

/// The inner part of [`Refused`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedError {
    /// The stable code.
    pub code: Refusal,
    /// A sentence in English.
    pub message: String,
}

/// Why the collector does not take something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Unknown machine, withdrawn key, wrong signature, wrong, used up or ended join secret: from outside they all
    /// look alike. Keep the report and join again.
    NotAdmitted,
    /// This sequence number came before with another body: two PCs use one key, or somebody replays.
    SequenceUsed,
    /// The sequence number is too far behind the newest. Drop the report.
    SequenceTooOld,
    /// The body is over the limit, before or after decompression. Drop the report.
    TooLarge,
    /// The body cannot be read. Drop the report.
    Malformed,
    /// The report is of a newer form than this collector knows. Keep the report.
    WireTooNew,
    /// The report builds on a full one that the collector lacks. Send that one, then this one again.
    BaseMissing,
    /// The report lies in the future by more than the limit: the PC's clock is wrong. Keep the report.
    FromTheFuture,
    /// The collector has too much to do. Keep the report and come back after `Retry-After`.
    Busy,
    /// Something went wrong in the collector. Keep the report.
    Internal,
}

impl Refusal {
    /// Whether sending the same bytes again can never succeed, so that the agent drops them.
    pub fn is_final(self) -> bool {
        match self {
            Refusal::SequenceUsed | Refusal::SequenceTooOld | Refusal::TooLarge | Refusal::Malformed => true,
            Refusal::NotAdmitted
            | Refusal::WireTooNew
            | Refusal::BaseMissing
            | Refusal::FromTheFuture
            | Refusal::Busy
            | Refusal::Internal => false,
        }
    }
}

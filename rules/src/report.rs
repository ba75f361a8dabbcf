//! What an agent says of one PC at one time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::facts::Facts;

pub mod areas;

/// The version of the report's form. A collector takes in its own and older ones.
pub const WIRE: u32 = 1;

/// What an agent says of one PC at one time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of this form; see [`WIRE`].
    pub wire: u32,
    /// When the survey was taken, by the PC's own clock, UTC.
    pub taken_at: Timestamp,
    /// The version of the agent.
    pub agent: String,
    /// How long the survey took, in milliseconds.
    pub survey_ms: u64,
    /// What the PC answered.
    pub facts: Facts,
    /// What went wrong while asking, and what was trimmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// Something that went wrong while asking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The area that it concerns.
    pub area: String,
    /// What happened, in English, for a technician.
    pub text: String,
}

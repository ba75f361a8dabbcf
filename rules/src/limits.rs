//! Every limit that both sides keep, unit last. The agent trims with a note; the collector refuses.

/// Largest envelope, as it travels, in bytes.
pub const ENVELOPE_BYTES_MAX: usize = 256 * 1024;
/// Largest report after decompression, in bytes.
pub const REPORT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most reports that build on one full report: a full one comes at least every fourteenth time.
pub const REPORTS_ON_BASE_MAX: u64 = 13;
/// Most pieces of identity evidence.
pub const IDENTITY_COUNT_MAX: usize = 32;
/// Largest request to join, in bytes.
pub const JOIN_BYTES_MAX: usize = 8 * 1024;
/// Largest bundle carried on a USB stick, in bytes.
pub const BUNDLE_BYTES_MAX: usize = ENVELOPE_BYTES_MAX + JOIN_BYTES_MAX + 1024;
/// Longest text of one fact, in characters.
pub const TEXT_CHARS_MAX: usize = 512;
/// Most installed programs in a report.
pub const SOFTWARE_COUNT_MAX: usize = 5_000;
/// Most records in any other list.
pub const LIST_COUNT_MAX: usize = 512;
/// Most services that a PC is told to reach.
pub const SERVICES_COUNT_MAX: usize = 16;
/// Most notes in a report.
pub const NOTES_COUNT_MAX: usize = 64;
/// How far behind the newest accepted sequence number an envelope may be (as the anti-replay window of RFC 4303).
pub const SEQUENCE_WINDOW: u64 = 1024;
/// How far ahead of the collector's clock a report may be taken, in hours.
pub const FUTURE_HOURS_MAX: i64 = 24;
/// Largest rule set, in bytes.
pub const RULESET_BYTES_MAX: usize = 1024 * 1024;

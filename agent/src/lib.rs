//! Asks one PC, and sends what it learned.
//!
//! - [`host`]: the doors to the PC; with `service` the only platform code.
//! - [`probe`]: the survey, one probe an area, which asks nothing but the doors.
//! - [`desk`]: the one object that lives in a state folder; the rest of the house speaks with it.
//! - [`identity`]: the key, the membership, the sequence number.
//! - [`spool`]: envelopes that the collector has not accepted.
//! - [`courier`]: one HTTPS exchange; with [`desk`] and `service` the only place that knows the network.
//! - [`folder`]: files that survive a power cut.
//! - [`service`]: what the agent needs of the operating system for itself.

pub mod courier;
pub mod desk;
pub mod folder;
pub mod host;
pub mod identity;
pub mod probe;
pub mod service;
pub mod spool;

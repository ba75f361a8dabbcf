//! Asks one PC, and sends what it learned.
//!
//! - [`desk`]: the one object that lives in a state folder; the rest of the house speaks with it.
//! - [`identity`]: the key, the membership, the sequence number.
//! - [`spool`]: envelopes that the collector has not accepted.
//! - [`courier`]: one HTTPS exchange; with [`desk`] and `service` the only place that knows the network.
//! - [`folder`]: files that survive a power cut.
//! - [`service`]: what the agent needs of the operating system for itself.

pub mod config;
pub mod courier;
pub mod desk;
pub mod folder;
pub mod identity;
pub mod schedule;
pub mod service;
pub mod spool;

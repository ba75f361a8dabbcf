//! Asks one PC, and sends what it learned.
//!
//! - [`host`]: the doors to a PC; [`probe`]: what is asked through them.
//! - [`desk`]: the one object that lives in a state folder; the rest of the house speaks with it.
//! - [`identity`]: the key, the membership, the sequence number.
//! - [`spool`]: envelopes that the collector has not accepted; [`base`]: the full one that later ones build on.
//! - [`courier`]: one HTTPS exchange; with [`service`] the only place that knows the network.
//! - [`folder`]: files that survive a power cut.
//! - [`schedule`]: when to survey and when to try again, as a pure function; [`config`]: what may be set.
//! - [`service`]: the duties of a service, and what the agent needs of the operating system for itself.
//! - [`verdict`]: an assessment as text; [`words`]: everything that is said to people, in both languages.
//! - [`install`]: what is put on a PC and taken away again, what a double-click means, and the page that it ends with.
//! - [`cli`]: the command line; [`clock`]: the one clock.

pub mod base;
pub mod cli;
pub mod clock;
pub mod config;
pub mod courier;
pub mod desk;
pub mod folder;
pub mod host;
pub mod identity;
pub mod install;
pub mod probe;
pub mod schedule;
pub mod service;
pub mod spool;
pub mod verdict;
pub mod words;

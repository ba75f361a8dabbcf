//! Takes reports in, remembers, judges, shows.
//!
//! [`server::serve`] is the whole collector in one call, so that tests and `quickstart` have a real one.

pub mod activate;
pub mod api;
pub mod app;
pub mod archive;
pub mod certificate;
pub mod clock;
pub mod command;
pub mod config;
pub mod data;
pub mod demo;
pub mod error;
pub mod figures;
pub mod forecast;
pub mod guard;
pub mod intake;
pub mod inventory;
pub mod judge;
pub mod local;
pub mod memory;
pub mod opinion;
pub mod parameters;
pub mod part;
pub mod planning;
pub mod refusals;
pub mod rescore;
pub mod rooms;
pub mod seats;
pub mod server;
pub mod sheet;
pub mod store;
pub mod tally;
pub mod throttle;
pub mod units;
pub mod vietnamese;
pub mod waivers;
pub mod watch;
pub mod web;
pub mod whatif;
pub mod wishes;
pub mod work;

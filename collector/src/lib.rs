//! Takes reports in, remembers, judges, shows.

pub mod app;
pub mod certificate;
pub mod clock;
pub mod config;
pub mod data;
pub mod intake;
pub mod judge;
pub mod store;
pub mod vietnamese;

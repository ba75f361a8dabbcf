//! Takes reports in, remembers, judges, shows.

pub mod app;
pub mod clock;
pub mod store;

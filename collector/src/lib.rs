//! Takes reports in, remembers, judges, shows.
pub mod store;

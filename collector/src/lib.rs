//! Takes reports in, remembers, judges, shows.

pub mod app;
pub mod clock;
pub mod error;
pub mod fold;
pub mod guard;
pub mod store;
pub mod web;

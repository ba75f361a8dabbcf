//! Agent.
pub mod host;
pub mod probe;

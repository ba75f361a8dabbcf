//! The whole office, end to end, and the house itself.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "these are tests")]

mod copied;
mod corpus;
mod first_day;
mod fuzz;
mod hostile;
mod outage;
mod packages;
mod processors;
mod programs;
mod small;
mod strangers;
mod tables;
mod tidy;
mod windows;
mod wine;

//! The harness of the stories, and how to use it.
//!
//! An [`office::Office`] is a collector on free ports with its own data folder and a clock that the story sets; it can
//! close and open again. A [`desk::Worker`] is an agent in a folder of its own, over a recorded PC. A
//! [`visitor::Visitor`] is a person with a browser's cookies, a [`browser::Browser`] a real one. [`recordings`] are all the recorded PCs. [`programs`] are the
//! two real programs, started as a user would; [`wine::Wine`] starts the one for Windows.

pub mod browser;
pub mod desk;
pub mod dump;
pub mod fuzz;
pub mod office;
pub mod programs;
pub mod recordings;
pub mod visitor;
pub mod wine;

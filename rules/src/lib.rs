//! What can be said of an office PC, and how it is judged.
//!
//! Pure: data in, data out. No files, clock, network, environment or threads; time and random bytes are
//! arguments. Both programs are built on this crate, so that `check` on the PC itself and the collector
//! can never disagree.
//!
//! From the bottom up:
//! - [`fact`]: one answer, which is known, absent, or unknown with a reason.
//! - [`facts`]: the areas of one PC, and the vocabulary that is made from the same declaration.
//! - [`report`], [`envelope`], [`wire`], [`join`]: what crosses the wire; [`limits`]: what both sides keep.
//! - [`quantity`]: "8 GiB", "35 days", "10.0.19045".
//! - [`ruleset`], [`complaint`], [`condition`]: what a person wrote, checked.
//! - [`lifecycle`]: until when a product is supported.
//! - [`identity`]: whether two sets of evidence are of one PC.
//! - [`assess`]: a PC and a rule set to verdicts, a grade, a score and a coverage.
//! - [`mend`]: what would make a PC ready, at the least cost; [`prices`]: what that is.

pub mod assess;
pub mod complaint;
pub mod condition;
pub mod envelope;
pub mod fact;
pub mod facts;
pub mod identity;
pub mod join;
#[cfg(test)]
mod laws;
pub mod lifecycle;
pub mod limits;
pub mod mend;
pub mod norms;
pub mod plan;
pub mod prices;
pub mod quantity;
pub mod report;
pub mod ruleset;
mod shipped;
pub mod wire;

//! The probes of Windows, in the order in which they run.

use super::{Probe, probe};

mod board;
mod cpu;
mod memory;
mod os;
mod registry;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
];

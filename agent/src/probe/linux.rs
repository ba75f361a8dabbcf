//! The probes of Linux, in the order in which they run.

use super::{Probe, probe};

mod block;
mod cpu;
mod disk;
mod memory;
mod os;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(disk: rules::facts::disk::Disk),
];

//! The probes of Windows, in the order in which they run.

use super::{Probe, probe};

mod board;
mod clock;
mod cpu;
mod firewall;
mod licence;
mod memory;
mod office;
mod os;
mod registry;
mod software;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(software: rules::facts::software::Software, office: rules::facts::office::Office),
    probe!(firewall: rules::facts::firewall::Firewall),
    probe!(clock: rules::facts::clock::Clock),
];

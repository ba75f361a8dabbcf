//! The probes of Windows, in the order in which they run.

use super::{Probe, probe};

mod battery;
mod board;
mod clock;
mod cpu;
mod disk;
mod encryption;
mod firewall;
mod memory;
mod os;
mod registry;
mod volumes;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(disk: rules::facts::disk::Disk),
    probe!(battery: rules::facts::battery::Battery),
    probe!(firewall: rules::facts::firewall::Firewall),
    probe!(encryption: rules::facts::encryption::Encryption),
    probe!(clock: rules::facts::clock::Clock),
];

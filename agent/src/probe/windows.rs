//! The probes of Windows, in the order in which they run.

use super::{Probe, probe};

mod accounts;
mod antivirus;
mod battery;
mod board;
mod clock;
mod cpu;
mod disk;
mod encryption;
mod exclusions;
mod firewall;
mod memory;
mod moments;
mod os;
mod paths;
mod people;
mod registry;
mod services;
mod volumes;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(disk: rules::facts::disk::Disk),
    probe!(battery: rules::facts::battery::Battery),
    probe!(antivirus: rules::facts::antivirus::Antivirus),
    probe!(firewall: rules::facts::firewall::Firewall),
    probe!(encryption: rules::facts::encryption::Encryption),
    probe!(accounts: rules::facts::accounts::Accounts),
    probe!(clock: rules::facts::clock::Clock),
];

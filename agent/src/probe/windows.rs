//! The probes of Windows, in the order in which they run.

use super::{Probe, probe};

mod accounts;
mod antivirus;
mod board;
mod clock;
mod cpu;
mod exclusions;
mod firewall;
mod memory;
mod moments;
mod os;
mod paths;
mod people;
mod registry;
mod services;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(antivirus: rules::facts::antivirus::Antivirus),
    probe!(firewall: rules::facts::firewall::Firewall),
    probe!(accounts: rules::facts::accounts::Accounts),
    probe!(clock: rules::facts::clock::Clock),
];

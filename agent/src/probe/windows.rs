//! The probes of Windows, in the order in which they run.

use super::{Probe, probe};

mod accounts;
mod activators;
mod antivirus;
mod autostarts;
mod board;
mod clock;
mod cpu;
mod exclusions;
mod exposure;
mod firewall;
mod memory;
mod moments;
mod os;
mod paths;
mod people;
mod registry;
mod remote;
mod roots;
mod services;
mod shares;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(antivirus: rules::facts::antivirus::Antivirus),
    probe!(firewall: rules::facts::firewall::Firewall),
    probe!(accounts: rules::facts::accounts::Accounts),
    probe!(exposure: rules::facts::exposure::Exposure),
    probe!(clock: rules::facts::clock::Clock),
];

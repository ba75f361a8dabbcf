//! The probes of Linux, in the order in which they run.

use super::{Probe, probe};

mod accounts;
mod antivirus;
mod battery;
mod block;
mod board;
mod clock;
mod cpu;
mod disk;
mod encryption;
mod exposure;
mod firewall;
mod memory;
mod network;
mod office;
mod os;
mod services;
mod software;
mod sshd;
mod updates;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(disk: rules::facts::disk::Disk),
    probe!(battery: rules::facts::battery::Battery),
    probe!(network: rules::facts::network::Network),
    probe!(software: rules::facts::software::Software, office: rules::facts::office::Office),
    probe!(updates: rules::facts::updates::Updates),
    probe!(antivirus: rules::facts::antivirus::Antivirus),
    probe!(firewall: rules::facts::firewall::Firewall),
    probe!(encryption: rules::facts::encryption::Encryption),
    probe!(accounts: rules::facts::accounts::Accounts),
    probe!(exposure: rules::facts::exposure::Exposure),
    probe!(clock: rules::facts::clock::Clock),
];

//! The probes of Linux, in the order in which they run.

use super::{Probe, probe};

mod accounts;
mod antivirus;
mod apt;
mod backup;
mod battery;
mod block;
mod board;
mod clock;
mod cpu;
mod disk;
mod display;
mod encryption;
mod exposure;
mod firewall;
mod identity;
mod memory;
mod network;
mod office;
mod os;
mod peripherals;
mod reach;
mod services;
mod signing;
mod software;
mod sshd;
mod updates;
mod usb;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(disk: rules::facts::disk::Disk),
    probe!(display: rules::facts::display::Display),
    probe!(battery: rules::facts::battery::Battery),
    probe!(network: rules::facts::network::Network),
    probe!(reach: rules::facts::reach::Reach),
    probe!(software: rules::facts::software::Software, office: rules::facts::office::Office),
    probe!(signing: rules::facts::signing::Signing),
    probe!(peripherals: rules::facts::peripherals::Peripherals),
    probe!(updates: rules::facts::updates::Updates),
    probe!(antivirus: rules::facts::antivirus::Antivirus),
    probe!(firewall: rules::facts::firewall::Firewall),
    probe!(encryption: rules::facts::encryption::Encryption),
    probe!(accounts: rules::facts::accounts::Accounts),
    probe!(exposure: rules::facts::exposure::Exposure),
    probe!(backup: rules::facts::backup::Backup),
    probe!(clock: rules::facts::clock::Clock),
    probe!(identity: rules::facts::identity::Identity),
];

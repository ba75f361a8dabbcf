//! The probes of Windows, in the order in which they run.

use super::{Probe, probe};

mod accounts;
mod antivirus;
mod backup;
mod battery;
mod board;
mod clock;
mod cpu;
mod devices;
mod disk;
mod display;
mod encryption;
mod exclusions;
mod firewall;
mod identity;
mod memory;
mod moments;
mod os;
mod paths;
mod people;
mod peripherals;
mod reach;
mod registry;
mod services;
mod signing;
mod volumes;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(disk: rules::facts::disk::Disk),
    probe!(display: rules::facts::display::Display),
    probe!(battery: rules::facts::battery::Battery),
    probe!(reach: rules::facts::reach::Reach),
    probe!(signing: rules::facts::signing::Signing),
    probe!(peripherals: rules::facts::peripherals::Peripherals),
    probe!(antivirus: rules::facts::antivirus::Antivirus),
    probe!(firewall: rules::facts::firewall::Firewall),
    probe!(encryption: rules::facts::encryption::Encryption),
    probe!(accounts: rules::facts::accounts::Accounts),
    probe!(backup: rules::facts::backup::Backup),
    probe!(clock: rules::facts::clock::Clock),
    probe!(identity: rules::facts::identity::Identity),
];

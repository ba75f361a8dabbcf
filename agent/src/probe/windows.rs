//! The probes of Windows, in the order in which they run.

use super::{Probe, probe};

mod accounts;
mod activators;
mod antivirus;
mod autostarts;
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
mod exposure;
mod firewall;
mod identity;
mod licence;
mod memory;
mod moments;
mod network;
mod office;
mod os;
mod paths;
mod people;
mod peripherals;
mod reach;
mod registry;
mod remote;
mod roots;
mod rows;
mod services;
mod shares;
mod signing;
mod software;
mod updates;
mod volumes;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(network: rules::facts::network::Network),
    probe!(disk: rules::facts::disk::Disk),
    probe!(display: rules::facts::display::Display),
    probe!(battery: rules::facts::battery::Battery),
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

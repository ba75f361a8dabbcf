//! The probes of Windows, in the order in which they run.

use super::{Probe, probe};

mod backup;
mod board;
mod clock;
mod cpu;
mod devices;
mod display;
mod firewall;
mod memory;
mod os;
mod peripherals;
mod reach;
mod registry;
mod signing;
mod users;

pub(super) const TABLE: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(board: rules::facts::board::Board),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(memory: rules::facts::memory::Memory),
    probe!(display: rules::facts::display::Display),
    probe!(reach: rules::facts::reach::Reach),
    probe!(signing: rules::facts::signing::Signing),
    probe!(peripherals: rules::facts::peripherals::Peripherals),
    probe!(firewall: rules::facts::firewall::Firewall),
    probe!(backup: rules::facts::backup::Backup),
    probe!(clock: rules::facts::clock::Clock),
];

//! The battery.
//!
//! From /sys/class/power_supply (the kernel's Documentation/ABI/testing/sysfs-class-power); nothing needs root. A battery
//! counts microwatt-hours, or microampere-hours, which its design voltage turns into energy. Batteries of mice and the
//! like say that they are a device's. What laptops answer is known from that document and from made-up recordings.

use jiff::Timestamp;
use rules::facts::battery::Battery;

use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{line, number};
use crate::probe::pack::{self, Pack};

const SUPPLIES: &str = "/sys/class/power_supply";

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Battery {
    match packs(host) {
        Ok(packs) => pack::together(&packs),
        Err(trouble) => Battery::all_unknown(&trouble.into()),
    }
}

fn packs(host: &dyn Host) -> Result<Vec<Pack>, Trouble> {
    // A kernel without power supplies is one of a PC without any.
    let names = host.folder(SUPPLIES)?.unwrap_or_default();
    let mut packs = Vec::new();
    for name in names {
        let of = |file: &str| format!("{SUPPLIES}/{name}/{file}");
        let is_battery = line(host, &of("type"))?.as_deref() == Some("Battery");
        let of_device = is_battery && line(host, &of("scope"))?.as_deref() == Some("Device");
        // An empty bay says that nothing is in it.
        if is_battery && !of_device && number(host, &of("present"))? != Some(0) {
            packs.push(pack(host, &name));
        }
    }
    Ok(packs)
}

fn pack(host: &dyn Host, name: &str) -> Pack {
    // What the driver does not tell, or tells wrongly, is not known; it does not make the other numbers wrong.
    let of = |file: &str| -> Answer<i64> { number(host, &format!("{SUPPLIES}/{name}/{file}")) };
    let told = |file: &str| of(file).ok().flatten();
    let cycles = told("cycle_count");
    let milli = |micro: Option<i64>| micro.map(|micro| micro / 1_000);
    if let Some(design) = told("energy_full_design") {
        return Pack {
            design: milli(Some(design)),
            full: milli(told("energy_full")),
            in_energy: true,
            cycles,
        };
    }
    let (design, full) = (told("charge_full_design"), told("charge_full"));
    let volts = told("voltage_min_design").filter(|microvolts| *microvolts > 0);
    match volts {
        Some(microvolts) => {
            let energy = |charge: Option<i64>| {
                // Microampere-hours times microvolts are a billionth of a milliwatt-hour.
                let energy = i128::from(charge?) * i128::from(microvolts) / 1_000_000_000;
                i64::try_from(energy).ok()
            };
            Pack { design: energy(design), full: energy(full), in_energy: true, cycles }
        }
        None => Pack { design, full, in_energy: false, cycles },
    }
}

#[cfg(test)]
mod tests;

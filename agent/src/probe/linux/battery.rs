//! The battery.
//!
//! From /sys/class/power_supply (the kernel's Documentation/ABI/testing/sysfs-class-power); nothing needs root. A battery
//! counts microwatt-hours, or microampere-hours, which its design voltage turns into energy. Batteries of mice and the
//! like say that they are a device's. What laptops answer is known from that document and from made-up recordings.

use jiff::Timestamp;
use rules::fact::Reason;
use rules::facts::battery::Battery;

use crate::host::{Answer, Host};
use crate::probe::ask::{line, number};
use crate::probe::pack::{self, Pack};

const SUPPLIES: &str = "/sys/class/power_supply";

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Battery {
    match packs(host) {
        Ok(Some(packs)) => pack::together(&packs),
        Ok(None) => Battery::all_unknown(&Reason::NotSupported),
        Err(trouble) => Battery::all_unknown(&trouble.into()),
    }
}

/// Not there: a kernel that knows of no power supplies, which says nothing of the PC.
fn packs(host: &dyn Host) -> Answer<Vec<Pack>> {
    let Some(names) = host.folder(SUPPLIES)? else { return Ok(None) };
    let mut packs = Vec::new();
    for name in names {
        let of = |file: &str| format!("{SUPPLIES}/{name}/{file}");
        // Every supply says what it is.
        let Some(kind) = line(host, &of("type"))? else { return Ok(None) };
        let is_battery = kind == "Battery";
        let of_device = is_battery && line(host, &of("scope"))?.as_deref() == Some("Device");
        // An empty bay says that nothing is in it.
        if is_battery && !of_device && number(host, &of("present"))? != Some(0) {
            packs.push(pack(host, &name));
        }
    }
    Ok(Some(packs))
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

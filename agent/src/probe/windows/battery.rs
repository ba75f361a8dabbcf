//! The battery.
//!
//! From the driver's classes in WMI (BatteryStaticData and its sisters), which mostly answer everybody. Some versions of
//! Windows fail to answer them; Win32_Battery then tells at least whether there is one. An uninterruptible power supply
//! on USB looks like a battery, and says that it lasts for a short time only.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::battery::Battery;

use crate::host::answers::{Cell, Query, Row};
use crate::host::{Answer, Host, Trouble};
use crate::probe::pack::{self, Pack};

const DRIVER: &str = r"ROOT\WMI";
/// BATTERY_INFORMATION.Capabilities (poclass.h): what it counts is no milliwatt-hours; it lasts for a short time only.
const RELATIVE: u64 = 0x4000_0000;
const SHORT_TERM: u64 = 0x2000_0000;
/// BATTERY_UNKNOWN_CAPACITY.
const UNKNOWN: u64 = 0xffff_ffff;

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Battery {
    let designed = rows(host, "BatteryStaticData", &["Capabilities", "DesignedCapacity", "InstanceName"]);
    match designed {
        Ok(Some(rows)) if !rows.is_empty() => pack::together(&packs(host, &rows)),
        Ok(_) => presence(host, &Reason::NotSupported),
        // WMI hangs for every class.
        Err(Trouble::TimedOut) => Battery::all_unknown(&Reason::TimedOut),
        Err(trouble) => presence(host, &trouble.into()),
    }
}

fn rows(host: &dyn Host, class: &str, columns: &[&str]) -> Answer<Vec<Row>> {
    host.wmi(&Query { namespace: DRIVER, class, columns, filter: "" })
}

fn packs(host: &dyn Host, designed: &[Row]) -> Vec<Pack> {
    let full = rows(host, "BatteryFullChargedCapacity", &["FullChargedCapacity", "InstanceName"]);
    let cycles = rows(host, "BatteryCycleCount", &["CycleCount", "InstanceName"]);
    designed
        .iter()
        .filter(|row| number(row, "Capabilities").unwrap_or(0) & SHORT_TERM == 0)
        .map(|row| Pack {
            design: capacity(row, "DesignedCapacity"),
            full: sister(&full, row).and_then(|row| capacity(row, "FullChargedCapacity")),
            in_energy: number(row, "Capabilities").unwrap_or(0) & RELATIVE == 0,
            cycles: sister(&cycles, row).and_then(|row| capacity(row, "CycleCount")),
        })
        .collect()
}

/// The row about the same battery.
fn sister<'a>(rows: &'a Answer<Vec<Row>>, of: &Row) -> Option<&'a Row> {
    let rows = rows.as_ref().ok()?.as_ref()?;
    rows.iter().find(|row| row.get("InstanceName") == of.get("InstanceName"))
}

fn number(row: &Row, name: &str) -> Option<u64> {
    match row.get(name) {
        Some(Cell::Number(number)) => Some(*number),
        _ => None,
    }
}

fn capacity(row: &Row, name: &str) -> Option<i64> {
    number(row, name).filter(|number| *number < UNKNOWN).and_then(|number| i64::try_from(number).ok())
}

/// Whether there is one, when its driver does not tell what it holds.
fn presence(host: &dyn Host, reason: &Reason) -> Battery {
    let query =
        Query { namespace: r"ROOT\CIMV2", class: "Win32_Battery", columns: &["DeviceID"], filter: "" };
    match host.wmi(&query) {
        Ok(Some(rows)) if rows.is_empty() => pack::without(),
        Ok(Some(_)) => Battery { present: true.into(), ..Battery::all_unknown(reason) },
        Ok(None) => Battery::all_unknown(&Reason::NotSupported),
        Err(trouble) => Battery { present: unknown(trouble), ..Battery::all_unknown(reason) },
    }
}

fn unknown(trouble: Trouble) -> Fact<bool> {
    Fact::Unknown(trouble.into())
}

#[cfg(test)]
mod tests;

//! What tells this PC from others.
//!
//! Serial numbers and the UUID from the firmware table, which everybody reads. Drives and adapters from WMI: the
//! classes that Windows 7 has too, so that a PC which gets a newer Windows stays the same PC. What hangs on USB
//! travels from PC to PC and is left out, and so is what is no device at all.

use jiff::Timestamp;
use rules::fact::Fact;
use rules::facts::identity::Identity;

use super::rows::text;
use crate::host::answers::{Query, Row};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::fact_or_unsupported;
use crate::probe::firmware::table;
use crate::probe::identity::{Signs, identity};

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Identity {
    let (serial, board_serial, uuid) = match table(host).and_then(|smbios| smbios.signs()) {
        Ok(signs) => {
            let fact = Fact::known_or_absent;
            (fact(signs.serial), fact(signs.board_serial), fact(signs.uuid))
        }
        Err(reason) => {
            let unknown = || Fact::Unknown(reason.clone());
            (unknown(), unknown(), unknown())
        }
    };
    let drives = fact_or_unsupported(drives(host));
    let macs = fact_or_unsupported(macs(host));
    identity(Signs { serial, board_serial, uuid, drives, macs })
}

/// The serial numbers of the drives that stay in the PC; an empty one for a drive that tells none.
fn drives(host: &dyn Host) -> Answer<Vec<String>> {
    let query = Query {
        namespace: r"ROOT\CIMV2",
        class: "Win32_DiskDrive",
        columns: &["InterfaceType", "PNPDeviceID", "SerialNumber"],
        filter: "",
    };
    let Some(rows) = host.wmi(&query)? else { return Ok(None) };
    let mut serials = Vec::new();
    for row in &rows {
        let on_usb = text(row, "InterfaceType")?.is_some_and(|kind| kind.eq_ignore_ascii_case("USB"))
            || device(row)?.starts_with("USB");
        if !on_usb {
            serials.push(text(row, "SerialNumber")?.unwrap_or_default().to_owned());
        }
    }
    Ok(Some(serials))
}

/// The addresses of the adapters that stay in the PC: those on the board and on its slots.
fn macs(host: &dyn Host) -> Answer<Vec<String>> {
    let query = Query {
        namespace: r"ROOT\CIMV2",
        class: "Win32_NetworkAdapter",
        columns: &["MACAddress", "PNPDeviceID"],
        filter: "PhysicalAdapter = TRUE",
    };
    let Some(rows) = host.wmi(&query)? else { return Ok(None) };
    let mut macs = Vec::new();
    for row in &rows {
        if device(row)?.starts_with(r"PCI\") {
            macs.extend(text(row, "MACAddress")?.map(str::to_owned));
        }
    }
    Ok(Some(macs))
}

fn device(row: &Row) -> Result<String, Trouble> {
    Ok(text(row, "PNPDeviceID")?.unwrap_or_default().to_uppercase())
}

//! What tells this PC from others.
//!
//! Serial numbers and the UUID from the firmware table, which everybody reads. Drives and adapters from WMI: the
//! classes that Windows 7 has too, so that a PC which gets a newer Windows stays the same PC. What hangs on USB
//! travels from PC to PC and is left out, and so is what is no device at all.

use jiff::Timestamp;
use rules::fact::Fact;
use rules::facts::identity::Identity;

use crate::host::answers::{Cell, Query, Row};
use crate::host::{Answer, Host};
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
    let on_usb =
        |row: &Row| cell(row, "InterfaceType").eq_ignore_ascii_case("USB") || device(row).starts_with("USB");
    let fixed = rows.iter().filter(|row| !on_usb(row));
    Ok(Some(fixed.map(|row| cell(row, "SerialNumber").to_owned()).collect()))
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
    let built_in = rows.iter().filter(|row| device(row).starts_with(r"PCI\"));
    let macs = built_in.map(|row| cell(row, "MACAddress")).filter(|mac| !mac.is_empty());
    Ok(Some(macs.map(str::to_owned).collect()))
}

fn device(row: &Row) -> String {
    cell(row, "PNPDeviceID").to_uppercase()
}

fn cell<'a>(row: &'a Row, column: &str) -> &'a str {
    match row.get(column) {
        Some(Cell::Text(text)) => text,
        Some(
            Cell::Null | Cell::Flag(_) | Cell::Number(_) | Cell::Negative(_) | Cell::Real(_) | Cell::List(_),
        )
        | None => "",
    }
}

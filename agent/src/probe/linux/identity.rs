//! What tells this PC from others.
//!
//! Serial numbers and the UUID from the firmware table, which only root reads; without root /sys/class/dmi/id keeps
//! them closed, so they are unknown. Serial numbers of drives and addresses of adapters from /sys, which everybody
//! reads. What hangs on USB travels from PC to PC and is left out, and so is what is no device at all. Seen on Debian
//! 12 (virtio); what other drives answer is known from the kernel's documents.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::identity::Identity;

use super::block;
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported, line, present};
use crate::probe::firmware::table;
use crate::probe::identity::{Signs, identity};

const DMI: &str = "/sys/class/dmi/id";
/// Bytes before the serial number in the page of a SCSI drive (SPC-5, 7.7.15).
const PAGE_HEADER_BYTES: usize = 4;

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Identity {
    let (serial, board_serial, uuid) = match table(host).and_then(|smbios| smbios.signs()) {
        Ok(signs) => {
            let fact = Fact::known_or_absent;
            (fact(signs.serial), fact(signs.board_serial), fact(signs.uuid))
        }
        Err(reason) => {
            let read = |name| in_file(host, name, &reason);
            (read("product_serial"), read("board_serial"), read("product_uuid"))
        }
    };
    identity(Signs { serial, board_serial, uuid, drives: fact(drives(host)), macs: fact(macs(host)) })
}

fn in_file(host: &dyn Host, name: &str, reason: &Reason) -> Fact<String> {
    match present(host, DMI) {
        Ok(true) => fact(line(host, &format!("{DMI}/{name}"))),
        Ok(false) => Fact::Unknown(reason.clone()),
        Err(trouble) => fact_or_unsupported(Err(trouble)),
    }
}

/// The serial numbers of the drives that stay in the PC; an empty one for a drive that tells none.
fn drives(host: &dyn Host) -> Answer<Vec<String>> {
    let names = host.folder("/sys/block")?.ok_or(Trouble::NotSupported)?;
    let mut serials = Vec::new();
    for name in names.into_iter().filter(|name| block::is_drive(name)) {
        if block::is_fixed(host, &name)? {
            serials.push(serial(host, &name)?.unwrap_or_default());
        }
    }
    Ok(Some(serials))
}

/// NVMe and eMMC drives have a file for it, virtio drives one elsewhere, SCSI and ATA drives a page in binary.
fn serial(host: &dyn Host, drive: &str) -> Answer<String> {
    if drive.starts_with("nvme") || drive.starts_with("mmcblk") {
        return line(host, &format!("/sys/block/{drive}/device/serial"));
    }
    if drive.starts_with("vd") {
        return line(host, &format!("/sys/block/{drive}/serial"));
    }
    let page = host.file(&format!("/sys/block/{drive}/device/vpd_pg80"))?;
    let text = page.and_then(|page| String::from_utf8(page.get(PAGE_HEADER_BYTES..)?.to_vec()).ok());
    Ok(text.map(|text| text.trim_matches(|c: char| c.is_whitespace() || c == '\0').to_owned()))
}

/// The addresses of the adapters that stay in the PC.
fn macs(host: &dyn Host) -> Answer<Vec<String>> {
    let names = host.folder("/sys/class/net")?.ok_or(Trouble::NotSupported)?;
    let mut macs = Vec::new();
    for name in names.into_iter().filter(|name| name != "lo" && name != "bonding_masters") {
        // An adapter without a device is a bridge, a tunnel, a container's; its link leads to /sys/devices/virtual.
        let place = host.link(&format!("/sys/class/net/{name}"))?.unwrap_or_default();
        if place.is_empty() || place.contains("/virtual/") || place.contains("/usb") {
            continue;
        }
        macs.extend(line(host, &format!("/sys/class/net/{name}/address"))?);
    }
    Ok(Some(macs))
}

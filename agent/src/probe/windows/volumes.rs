//! Which drives there are and which letter stands on which. Used by the probes of disks and of encryption.
//!
//! From the drives' own drivers, which answer everybody on Windows 7 and later. Where they do not, WMI tells less of them.

use crate::host::answers::{Cell, PhysicalDrive, Query, Row};
use crate::host::{Answer, Host, Trouble};

use super::registry::text;

/// STORAGE_BUS_TYPE (ntddstor.h), which MSFT_PhysicalDisk.BusType counts alike.
pub(super) const BUS_SCSI: u32 = 1;
pub(super) const BUS_ATAPI: u32 = 2;
pub(super) const BUS_ATA: u32 = 3;
pub(super) const BUS_1394: u32 = 4;
pub(super) const BUS_USB: u32 = 7;
pub(super) const BUS_ISCSI: u32 = 9;
pub(super) const BUS_SAS: u32 = 10;
pub(super) const BUS_SATA: u32 = 11;
pub(super) const BUS_SD: u32 = 12;
pub(super) const BUS_MMC: u32 = 13;
pub(super) const BUS_VIRTUAL: u32 = 14;
pub(super) const BUS_FILE: u32 = 15;
pub(super) const BUS_NVME: u32 = 17;
pub(super) const BUS_UFS: u32 = 19;

/// The letter of the volume that Windows is on, such as `C:`.
pub(super) fn system(host: &dyn Host) -> Result<String, Trouble> {
    let root = text(host, r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion", "SystemRoot")?;
    let letter: Option<String> = root.as_deref().map(|root| root.chars().take(2).collect());
    match letter {
        Some(letter) if letter.ends_with(':') => Ok(letter.to_ascii_uppercase()),
        Some(_) | None => Err(Trouble::Failed(format!("SystemRoot names no volume: {root:?}"))),
    }
}

/// The drives. An image in a file is none, unless Windows is on it.
pub(super) fn drives(host: &dyn Host) -> Result<Vec<PhysicalDrive>, Trouble> {
    let system = system(host);
    let carries = |drive: &PhysicalDrive| system.as_ref().is_ok_and(|system| drive.letters.contains(system));
    let drives = match host.drives() {
        Ok(Some(drives)) if !drives.is_empty() => drives,
        // What hangs there hangs in WMI too, and longer.
        Err(Trouble::TimedOut) => return Err(Trouble::TimedOut),
        answer => match by_wmi(host) {
            Ok(Some(drives)) if !drives.is_empty() => drives,
            other => return Err(answer.and(other).err().unwrap_or(Trouble::NotSupported)),
        },
    };
    Ok(drives.into_iter().filter(|drive| drive.bus != BUS_FILE || carries(drive)).collect())
}

/// Whether a drive stays in the PC.
pub(super) fn is_fixed(drive: &PhysicalDrive) -> bool {
    !drive.removable && !matches!(drive.bus, BUS_USB | BUS_1394 | BUS_SD | BUS_ISCSI)
}

/// Whether this letter is on drives that stay in the PC. A letter that no drive knows may be.
pub(super) fn stays(drives: &[PhysicalDrive], letter: &str) -> bool {
    drives.iter().filter(|drive| drive.letters.iter().any(|its| its == letter)).all(is_fixed)
}

/// Win32_DiskDrive, whose media type is translated and whose size is rounded to cylinders.
fn by_wmi(host: &dyn Host) -> Answer<Vec<PhysicalDrive>> {
    let query = Query {
        namespace: r"ROOT\CIMV2",
        class: "Win32_DiskDrive",
        columns: &["Index", "InterfaceType", "Model", "Size"],
        filter: "",
    };
    let Some(rows) = host.wmi(&query)? else { return Ok(None) };
    Ok(Some(rows.iter().filter_map(drive).collect()))
}

fn drive(row: &Row) -> Option<PhysicalDrive> {
    let words = |name: &str| match row.get(name) {
        Some(Cell::Text(text)) => text.trim(),
        _ => "",
    };
    Some(PhysicalDrive {
        number: number(row, "Index")?,
        model: words("Model").to_owned(),
        // Whatever is not one of the others is called SCSI.
        bus: match words("InterfaceType") {
            "IDE" => BUS_ATA,
            "USB" => BUS_USB,
            "1394" => BUS_1394,
            _ => 0,
        },
        removable: false,
        size: match row.get("Size") {
            Some(Cell::Number(size)) => Some(*size),
            _ => None,
        },
        seek_penalty: None,
        rotation: None,
        partitions: None,
        letters: Vec::new(),
    })
}

/// A number, which some classes tell as text.
pub(super) fn number(row: &Row, name: &str) -> Option<u32> {
    match row.get(name)? {
        Cell::Number(number) => u32::try_from(*number).ok(),
        Cell::Text(text) => text.trim().parse().ok(),
        Cell::Null | Cell::Flag(_) | Cell::Negative(_) | Cell::Real(_) | Cell::List(_) => None,
    }
}

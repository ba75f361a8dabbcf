//! Drives and volumes.
//!
//! Drives from /sys/block, space from sysinfo (statvfs), the way from a volume to its drives through links
//! under /sys. Nothing needs root. What a drive says of its own health does: SMART and NVMe logs are read
//! through device controls that have no file, so it stays `not_supported`; an eMMC tells its wear in a file.
//! The volumes of boot loaders and of removable drives are left out. Seen on Debian 12 (virtio). What other
//! systems answer is known from their documents and from made-up recordings.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::disk::{Bus, Disk, Drive, DriveKind, Health, Volume};
use rules::quantity::{Bytes, Percent};

use super::block;
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported, line, number};

/// Bytes of a sector, in which the kernel counts sizes whatever the drive does.
const SECTOR_BYTES: i64 = 512;

/// Parts of the models that hypervisors give their drives, in lower case.
const VIRTUAL_MODELS: &[&str] = &[
    "qemu",
    "vbox",
    "vmware",
    "virtual disk",
    "virtual_disk",
    "msft virtual",
    "amazon elastic block",
    "googlepersistentdisk",
    "persistentdisk",
];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Disk {
    let system = block::system(host);
    let drives = drives(host, system.as_ref().map(|stack| &stack.drives).map_err(Clone::clone));
    let system_drive = match (&system, &drives) {
        (Ok(stack), Ok(drives)) => system_drive(&stack.drives, drives),
        (Err(trouble), _) | (_, Err(trouble)) => Err(Reason::from(trouble.clone())),
    };
    Disk {
        system_kind: match &system_drive {
            Ok(drive) => drive.kind.clone(),
            Err(reason) => Fact::Unknown(reason.clone()),
        },
        system_size: match &system_drive {
            Ok(drive) => drive.size.clone(),
            Err(reason) => Fact::Unknown(reason.clone()),
        },
        drives: fact(drives.map(Some)),
        volumes: fact(volumes(host).map(Some)),
        ..Disk::all_unknown(&Reason::NotSupported)
    }
}

fn system_drive(under: &BTreeSet<String>, drives: &[Drive]) -> Result<Drive, Reason> {
    let mut found = drives.iter().filter(|drive| drive.name.known().is_some_and(|name| under.contains(name)));
    match (found.next(), found.next()) {
        (Some(drive), None) => Ok(drive.clone()),
        (Some(_), Some(_)) => Err(Reason::Failed(format!("the system stands on {} drives", under.len()))),
        (None, _) => Err(Reason::Failed("the drive under / is not among the drives".to_owned())),
    }
}

fn drives(host: &dyn Host, system: Result<&BTreeSet<String>, Trouble>) -> Result<Vec<Drive>, Trouble> {
    let names = host.folder("/sys/block")?.ok_or(Trouble::NotSupported)?;
    let mut drives = Vec::new();
    for name in names.into_iter().filter(|name| block::is_drive(name)) {
        // The second path to the same NVMe drive is hidden; a card reader without a card has no sectors.
        let hidden =
            name.starts_with("nvme") && number(host, &format!("/sys/block/{name}/hidden"))? == Some(1);
        let sectors = number(host, &format!("/sys/block/{name}/size"))?.unwrap_or(0);
        if !hidden && sectors > 0 {
            drives.push(drive(host, name, sectors, &system));
        }
    }
    Ok(drives)
}

fn drive(host: &dyn Host, name: String, sectors: i64, system: &Result<&BTreeSet<String>, Trouble>) -> Drive {
    let model = match line(host, &format!("/sys/block/{name}/device/model")) {
        Ok(None) if name.starts_with("mmcblk") => line(host, &format!("/sys/block/{name}/device/name")),
        model => model,
    };
    let bus = block::bus(host, &name);
    let (health, wear) = emmc(host, &name);
    Drive {
        kind: fact_or_unsupported(kind(host, &name, bus.as_ref(), model.as_ref())),
        bus: fact_or_unsupported(bus),
        model: fact(model),
        size: Bytes(sectors.saturating_mul(SECTOR_BYTES)).into(),
        fixed: fact(block::is_fixed(host, &name).map(Some)),
        system: match system {
            Ok(drives) => drives.contains(&name).into(),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        health,
        wear,
        reallocated: Fact::Unknown(Reason::NotSupported),
        name: name.into(),
        ..Drive::all_unknown(&Reason::NotSupported)
    }
}

fn kind(
    host: &dyn Host,
    name: &str,
    bus: Result<&Option<Bus>, &Trouble>,
    model: Result<&Option<String>, &Trouble>,
) -> Answer<DriveKind> {
    let bus = bus.map_err(Clone::clone)?;
    let model = model.map_err(Clone::clone)?.as_deref().unwrap_or_default().to_lowercase();
    if *bus == Some(Bus::Virtual)
        || name.starts_with("xvd")
        || VIRTUAL_MODELS.iter().any(|part| model.contains(part))
    {
        return Ok(Some(DriveKind::Virtual));
    }
    match (number(host, &format!("/sys/block/{name}/queue/rotational"))?, bus) {
        (Some(0), _) => Ok(Some(DriveKind::Ssd)),
        // Flash sticks say that they rotate too: whoever makes them does not answer the question.
        (Some(_), Some(Bus::Usb)) | (None, _) => Ok(None),
        (Some(_), _) => Ok(Some(DriveKind::Hdd)),
    }
}

/// Health and wear of an eMMC (JESD84-B51, EXT_CSD 267 to 269): 1 normal, 2 warning, 3 urgent; two estimates of its
/// life in tenths.
fn emmc(host: &dyn Host, name: &str) -> (Fact<Health>, Fact<Percent>) {
    if !name.starts_with("mmcblk") {
        return (Fact::Unknown(Reason::NotSupported), Fact::Unknown(Reason::NotSupported));
    }
    let health = line(host, &format!("/sys/block/{name}/device/pre_eol_info")).map(|level| {
        match level.as_deref().and_then(hex) {
            Some(1) => Some(Health::Ok),
            Some(2) => Some(Health::Warning),
            Some(3) => Some(Health::Failing),
            Some(_) | None => None,
        }
    });
    let wear = line(host, &format!("/sys/block/{name}/device/life_time")).map(|estimates| {
        let worst = estimates?.split_whitespace().filter_map(hex).max()?;
        (1..=11).contains(&worst).then(|| Percent((worst * 10).min(100)))
    });
    (fact_or_unsupported(health), fact_or_unsupported(wear))
}

fn hex(text: &str) -> Option<i64> {
    i64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

fn volumes(host: &dyn Host) -> Result<Vec<Volume>, Trouble> {
    Ok(block::volumes(host)?.into_iter().map(|standing| volume(standing.volume)).collect())
}

fn volume(volume: crate::host::Volume) -> Volume {
    let share = u128::from(volume.free) * 100 / u128::from(volume.size.max(1));
    Volume {
        system: (volume.mount == "/").into(),
        mount: volume.mount.into(),
        filesystem: volume.filesystem.into(),
        size: Bytes(i64::try_from(volume.size).unwrap_or(i64::MAX)).into(),
        free: Bytes(i64::try_from(volume.free).unwrap_or(i64::MAX)).into(),
        free_percent: Percent(i64::try_from(share.min(100)).unwrap_or(100)).into(),
    }
}

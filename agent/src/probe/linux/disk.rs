//! Drives and volumes.
//!
//! Drives from /sys/block, space from sysinfo (statvfs), the way from a volume to its drives through links
//! under /sys, the form of the partition table from what udev found out. Nothing of this needs root. What a drive says
//! of its own health does: SMART and NVMe logs are read through device controls that have no file, by smartctl where it
//! is installed; an eMMC tells its wear in a file. Without smartctl an NVMe drive shows in files only what is wrong: its
//! controller's state (nvme_sysfs_show_state of drivers/nvme/host/sysfs.c) and the alarm of its temperature (temp1_alarm
//! of Documentation/hwmon/sysfs-interface.rst; drivers/nvme/host/hwmon.c takes it from the critical warning of the
//! drive's own log). A controller that lives and is cool says nothing of the health of its memory: that stays unknown.
//! The volumes of boot loaders and of removable drives are left out. Seen on Debian 12 (virtio). What other
//! systems answer is known from their documents and from made-up recordings.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::disk::{Bus, Disk, Drive, DriveKind, Health, Partitions, Volume};
use rules::quantity::{Bytes, Percent};

use super::block;
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported, known_or_unsupported, line, number, text};
use crate::probe::decode::smart::Told;
use crate::probe::drive;

/// Bytes of a sector, in which the kernel counts sizes whatever the drive does.
const SECTOR_BYTES: i64 = 512;

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
        system_partitions: match &system_drive {
            Ok(drive) => partitions(host, drive),
            Err(reason) => Fact::Unknown(reason.clone()),
        },
        drives: fact(drives.map(Some)),
        volumes: fact(volumes(host).map(Some)),
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

/// How a drive is divided, as udev noted it (ID_PART_TABLE_TYPE).
fn partitions(host: &dyn Host, drive: &Drive) -> Fact<Partitions> {
    let noted = || -> Answer<Partitions> {
        let name = drive.name.known().map_or("", String::as_str);
        let Some(device) = line(host, &format!("/sys/block/{name}/dev"))? else { return Ok(None) };
        let notes = text(host, &format!("/run/udev/data/b{device}"))?.unwrap_or_default();
        let kind = notes.lines().find_map(|line| line.strip_prefix("E:ID_PART_TABLE_TYPE="));
        Ok(match kind.map(str::trim) {
            Some("gpt") => Some(Partitions::Gpt),
            Some("dos") => Some(Partitions::Mbr),
            Some(_) | None => None,
        })
    };
    fact_or_unsupported(noted())
}

fn drives(host: &dyn Host, system: Result<&BTreeSet<String>, Trouble>) -> Result<Vec<Drive>, Trouble> {
    let names = host.folder("/sys/block")?.ok_or(Trouble::NotSupported)?;
    let mut drives: Vec<Drive> = Vec::new();
    for name in names.into_iter().filter(|name| block::is_drive(name)) {
        // The second path to the same NVMe drive is hidden; a card reader without a card has no sectors.
        let hidden =
            name.starts_with("nvme") && number(host, &format!("/sys/block/{name}/hidden"))? == Some(1);
        let sectors = number(host, &format!("/sys/block/{name}/size"))?;
        // The kernel takes all sectors from a drive whose controller died.
        let dead = sectors == Some(0)
            && name.starts_with("nvme")
            && line(host, &format!("/sys/block/{name}/device/state"))?.as_deref() == Some("dead");
        if !hidden && (sectors != Some(0) || dead) {
            let sectors = sectors.filter(|sectors| *sectors > 0);
            // A drive that never answers must not use up the time of the others.
            let hangs = drives.iter().any(|drive| drive.health == Fact::Unknown(Reason::TimedOut));
            drives.push(drive(host, name, sectors, &system, hangs));
        }
    }
    Ok(drives)
}

fn drive(
    host: &dyn Host,
    name: String,
    sectors: Option<i64>,
    system: &Result<&BTreeSet<String>, Trouble>,
    hangs: bool,
) -> Drive {
    let model = match line(host, &format!("/sys/block/{name}/device/model")) {
        Ok(None) if name.starts_with("mmcblk") => line(host, &format!("/sys/block/{name}/device/name")),
        model => model,
    };
    let bus = block::bus(host, &name);
    let kind = fact_or_unsupported(kind(host, &name, bus.as_ref(), model.as_ref()));
    let fixed = fact(block::is_fixed(host, &name).map(Some));
    let told = if name.starts_with("mmcblk") {
        emmc(host, &name)
    } else if fixed != Fact::Known(true) || kind == Fact::Known(DriveKind::Virtual) {
        Told::nothing(&Reason::NotSupported)
    } else if hangs {
        Told::nothing(&Reason::TimedOut)
    } else {
        let model = model.as_ref().ok().and_then(Option::as_deref);
        drive::health(host, &name, model.unwrap_or_default())
    };
    let told = match told.health {
        Fact::Unknown(_) if name.starts_with("nvme") => with_signs(host, &name, told),
        Fact::Known(_) | Fact::Absent | Fact::Unknown(_) => told,
    };
    Drive {
        kind,
        bus: fact_or_unsupported(bus),
        model: fact(model),
        size: known_or_unsupported(sectors.map(|sectors| Bytes(sectors.saturating_mul(SECTOR_BYTES)))),
        fixed,
        system: match system {
            Ok(drives) => drives.contains(&name).into(),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        health: told.health,
        wear: told.wear,
        reallocated: told.reallocated,
        hours: told.hours,
        name: name.into(),
    }
}

fn kind(
    host: &dyn Host,
    name: &str,
    bus: Result<&Option<Bus>, &Trouble>,
    model: Result<&Option<String>, &Trouble>,
) -> Answer<DriveKind> {
    let bus = bus.map_err(Clone::clone)?;
    let model = model.map_err(Clone::clone)?.as_deref().unwrap_or_default();
    if *bus == Some(Bus::Virtual) || name.starts_with("xvd") || drive::is_virtual(model) {
        return Ok(Some(DriveKind::Virtual));
    }
    match (number(host, &format!("/sys/block/{name}/queue/rotational"))?, bus) {
        (Some(0), _) => Ok(Some(DriveKind::Ssd)),
        // Flash sticks say that they rotate too: whoever makes them does not answer the question.
        (Some(_), Some(Bus::Usb)) | (None, _) => Ok(None),
        (Some(_), _) => Ok(Some(DriveKind::Hdd)),
    }
}

/// What the files of an NVMe drive show that is wrong, where it told nothing itself.
fn with_signs(host: &dyn Host, name: &str, told: Told) -> Told {
    let device = format!("/sys/block/{name}/device");
    // A closed or odd file shows nothing, and the reason why the drive told nothing stays.
    let state = line(host, &format!("{device}/state")).ok().flatten();
    let health = match state.as_deref() {
        Some("dead") => Some(Health::Failing),
        // At work on itself: one that is well does this for a moment after it slept.
        Some("resetting") => Some(Health::Warning),
        Some(_) | None => is_alarmed(host, &device).then_some(Health::Warning),
    };
    Told { health: health.map_or(told.health, Fact::Known), ..told }
}

/// Whether the controller is too hot or too cold by its own limits. Its sensor hangs on the controller, or with older
/// kernels on the PCI device below it.
fn is_alarmed(host: &dyn Host, device: &str) -> bool {
    [device.to_owned(), format!("{device}/device/hwmon")].iter().any(|folder| {
        let names = host.folder(folder).ok().flatten().unwrap_or_default();
        let mut sensors = names.iter().filter(|name| name.starts_with("hwmon"));
        sensors.any(|name| number(host, &format!("{folder}/{name}/temp1_alarm")) == Ok(Some(1)))
    })
}

/// Health and wear of an eMMC (JESD84-B51, EXT_CSD 267 to 269): 1 normal, 2 warning, 3 urgent; two estimates of its
/// life in tenths.
fn emmc(host: &dyn Host, name: &str) -> Told {
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
    Told {
        health: fact_or_unsupported(health),
        wear: fact_or_unsupported(wear),
        ..Told::nothing(&Reason::NotSupported)
    }
}

fn hex(text: &str) -> Option<i64> {
    i64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
}

fn volumes(host: &dyn Host) -> Result<Vec<Volume>, Trouble> {
    let volumes = block::volumes(host)?.into_iter();
    Ok(volumes
        .map(|standing| {
            let system = standing.volume.mount == "/";
            drive::volume(standing.volume, system.into())
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::recorded::Recording;

    /// A drive of 1 TB with these files, on a PC without smartctl.
    fn check(sectors: i64, files: Value, folders: Value, health: Option<Health>) {
        let mut all = json!({
            "/sys/block/nvme0n1/hidden": null,
            "/sys/block/nvme0n1/size": sectors.to_string(),
            "/sys/block/nvme0n1/removable": "0",
            "/sys/block/nvme0n1/queue/rotational": "0",
            "/sys/block/nvme0n1/device/model": "KINGSTON SNV2S1000G",
            "/sys/block/nvme0n1/device/state": null,
        });
        all.as_object_mut().unwrap().extend(files.as_object().unwrap().clone());
        let recording = json!({
            "origin": "made up", "about": "", "platform": "linux", "taken_at": "2026-11-22T00:00:00Z",
            "files": all,
            "folders": {"/sys/block": ["nvme0n1"], "/sys/block/nvme0n1/device": folders["device"],
                "/sys/block/nvme0n1/device/device/hwmon": folders["older"]},
            "links": {"/sys/block/nvme0n1": "../devices/pci0000:00/0000:01:00.0/nvme/nvme0/nvme0n1"},
            "asked": {"drive health nvme0n1": null},
        });
        let host = Recording::load(&recording.to_string()).unwrap();
        let drives = drives(&host, Ok(&BTreeSet::new())).unwrap();
        let told: Vec<_> = drives.iter().map(|drive| drive.health.clone()).collect();
        assert_eq!(told, [health.map_or(Fact::Unknown(Reason::NotSupported), Fact::Known)], "{files}");
    }

    #[test]
    fn what_the_files_of_an_nvme_drive_show() {
        let state = |state: &str| json!({"/sys/block/nvme0n1/device/state": state});
        let none = json!({"device": ["state"]});
        check(2_000_000, state("live"), none.clone(), None);
        check(2_000_000, json!({}), none.clone(), None);
        check(0, state("dead"), none.clone(), Some(Health::Failing));
        check(2_000_000, state("resetting"), none, Some(Health::Warning));
        for (alarm, health) in [("1", Some(Health::Warning)), ("0", None), ("odd", None)] {
            let of = |path: &str| json!({format!("/sys/block/nvme0n1/device/{path}/temp1_alarm"): alarm});
            check(2_000_000, of("hwmon3"), json!({"device": ["hwmon3", "state"]}), health);
            let older = json!({"device": ["state"], "older": ["hwmon3"]});
            check(2_000_000, of("device/hwmon/hwmon3"), older, health);
        }
    }
}

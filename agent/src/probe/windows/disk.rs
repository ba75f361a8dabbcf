//! Drives and volumes.
//!
//! From the drives' drivers, which tell everybody what a drive is, whether it has platters, how it is divided and which
//! letters are on it, on Windows 7 as on 11. What a drive says of its own health is told to everybody for NVMe
//! (Windows 10 and later), and for ATA drives as far as the drive's verdict and its attributes go; where the driver tells
//! nothing, an administrator may ask the drive. The storage management of Windows 8 and later (MSFT_PhysicalDisk) has an
//! opinion of its own, which counts where nothing better is known. Nothing of this was seen on a real Windows.

use std::cell::Cell as Slot;
use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::disk::{Bus, Disk, Drive, DriveKind, Health, Partitions};

use super::volumes::{self, number};
use crate::host::answers::{PhysicalDrive, Query};
use crate::host::{Host, Trouble};
use crate::probe::ask::fact;
use crate::probe::decode::smart::Told;
use crate::probe::drive;

/// PARTITION_STYLE (winioctl.h).
const STYLE_MBR: u32 = 0;
const STYLE_GPT: u32 = 1;
/// Turns a minute of a drive without platters (ATA8-ACS, word 217 of IDENTIFY).
const ROTATION_NONE: u16 = 1;

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Disk {
    let system = volumes::system(host);
    let found = volumes::drives(host);
    let drives = found.as_deref().map(|found| drives(host, found, &system)).map_err(Clone::clone);
    let system_drive = match (&found, &drives) {
        (Ok(found), Ok(drives)) => system_drive(found, drives),
        (Err(trouble), _) | (_, Err(trouble)) => Err(Reason::from(trouble.clone())),
    };
    let (system_kind, system_size, system_partitions) = match system_drive {
        Ok((found, drive)) => (drive.kind.clone(), drive.size.clone(), partitions(found)),
        Err(reason) => (Fact::Unknown(reason.clone()), Fact::Unknown(reason.clone()), Fact::Unknown(reason)),
    };
    let volumes = volumes(host, found.as_deref().unwrap_or_default(), &system);
    Disk {
        system_kind,
        system_size,
        system_partitions,
        drives: fact(drives.map(Some)),
        volumes: fact(volumes.map(Some)),
    }
}

fn system_drive<'a>(
    found: &'a [PhysicalDrive],
    drives: &'a [Drive],
) -> Result<(&'a PhysicalDrive, &'a Drive), Reason> {
    let mut under = found.iter().zip(drives).filter(|(_, drive)| drive.system == Fact::Known(true));
    match (under.next(), under.next()) {
        (Some(drive), None) => Ok(drive),
        (Some(_), Some(_)) => Err(Reason::Failed("the system stands on several drives".to_owned())),
        (None, _) => Err(Reason::Failed("no drive tells that the system is on it".to_owned())),
    }
}

fn partitions(drive: &PhysicalDrive) -> Fact<Partitions> {
    match drive.partitions {
        Some(STYLE_MBR) => Partitions::Mbr.into(),
        Some(STYLE_GPT) => Partitions::Gpt.into(),
        Some(_) | None => Fact::Unknown(Reason::NotSupported),
    }
}

fn drives(host: &dyn Host, found: &[PhysicalDrive], system: &Result<String, Trouble>) -> Vec<Drive> {
    // A drive that never answers must not use up the time of the others, and hangs in WMI too, and longer.
    let hangs = Slot::new(false);
    let placed = found.iter().any(|drive| !drive.letters.is_empty());
    let mut drives: Vec<Drive> = found
        .iter()
        .map(|found| {
            let name = format!("PhysicalDrive{}", found.number);
            let kind = kind(found);
            let told = match (kind.known(), volumes::is_fixed(found), hangs.get()) {
                (Some(DriveKind::Virtual), _, _) | (_, false, _) => Told::nothing(&Reason::NotSupported),
                (_, true, true) => Told::nothing(&Reason::TimedOut),
                (_, true, false) => drive::health(host, &name, &found.model),
            };
            hangs.set(hangs.get() || told.health == Fact::Unknown(Reason::TimedOut));
            Drive {
                name: name.into(),
                model: Fact::known_or_absent(Some(found.model.clone()).filter(|model| !model.is_empty())),
                kind,
                bus: bus(found.bus),
                size: found
                    .size
                    .map_or(Fact::Unknown(Reason::NotSupported), |size| drive::bytes(size).into()),
                fixed: volumes::is_fixed(found).into(),
                system: match system {
                    Ok(letter) if placed => found.letters.contains(letter).into(),
                    Ok(_) => Fact::Unknown(Reason::NotSupported),
                    Err(trouble) => Fact::Unknown(trouble.clone().into()),
                },
                health: told.health,
                wear: told.wear,
                reallocated: told.reallocated,
                hours: told.hours,
            }
        })
        .collect();
    if !hangs.get() {
        second_opinion(host, found, &mut drives);
    }
    drives
}

fn kind(drive: &PhysicalDrive) -> Fact<DriveKind> {
    let is_virtual =
        matches!(drive.bus, volumes::BUS_VIRTUAL | volumes::BUS_FILE) || drive::is_virtual(&drive.model);
    match (drive.seek_penalty, drive.rotation, drive.bus) {
        _ if is_virtual => DriveKind::Virtual.into(),
        (_, _, volumes::BUS_NVME | volumes::BUS_SD | volumes::BUS_MMC | volumes::BUS_UFS) => {
            DriveKind::Ssd.into()
        }
        (Some(false), _, _) | (None, Some(ROTATION_NONE), _) => DriveKind::Ssd.into(),
        // Flash sticks say that they rotate too: whoever makes them does not answer the question.
        (_, _, volumes::BUS_USB) | (None, None, _) => Fact::Unknown(Reason::NotSupported),
        (Some(true), _, _) | (None, Some(_), _) => DriveKind::Hdd.into(),
    }
}

fn bus(number: u32) -> Fact<Bus> {
    match number {
        volumes::BUS_NVME => Bus::Nvme.into(),
        volumes::BUS_ATA | volumes::BUS_ATAPI | volumes::BUS_SATA => Bus::Sata.into(),
        volumes::BUS_USB => Bus::Usb.into(),
        volumes::BUS_SCSI | volumes::BUS_SAS | volumes::BUS_ISCSI => Bus::Scsi.into(),
        volumes::BUS_SD | volumes::BUS_MMC => Bus::Mmc.into(),
        volumes::BUS_VIRTUAL | volumes::BUS_FILE => Bus::Virtual.into(),
        // Controllers that put drives together hide what is behind them.
        _ => Fact::Unknown(Reason::NotSupported),
    }
}

/// What the storage management of Windows thinks of drives about which something is unknown.
fn second_opinion(host: &dyn Host, found: &[PhysicalDrive], drives: &mut [Drive]) {
    let lacks = |drive: &Drive| {
        let known = drive.kind.known().is_some() && drive.health.known().is_some();
        drive.fixed == Fact::Known(true) && drive.kind != Fact::Known(DriveKind::Virtual) && !known
    };
    if !drives.iter().any(lacks) {
        return;
    }
    let query = Query {
        namespace: r"ROOT\Microsoft\Windows\Storage",
        class: "MSFT_PhysicalDisk",
        columns: &["BusType", "DeviceId", "HealthStatus", "MediaType"],
        filter: "",
    };
    // Windows 7 has no such thing, and what is unknown stays unknown for the reason that it has.
    let Ok(Some(rows)) = host.wmi(&query) else { return };
    let rows: BTreeMap<u32, _> =
        rows.iter().filter_map(|row| Some((number(row, "DeviceId")?, row))).collect();
    for (found, drive) in found.iter().zip(drives).filter(|(_, drive)| lacks(drive)) {
        let Some(row) = rows.get(&found.number) else { continue };
        if drive.bus.known().is_none() {
            drive.bus = number(row, "BusType").map_or(drive.bus.clone(), bus);
        }
        if drive.kind.known().is_none() {
            match number(row, "MediaType") {
                Some(3) => drive.kind = DriveKind::Hdd.into(),
                Some(4 | 5) => drive.kind = DriveKind::Ssd.into(),
                Some(_) | None => {}
            }
        }
        if drive.health.known().is_none() {
            match number(row, "HealthStatus") {
                Some(0) => drive.health = Health::Ok.into(),
                Some(1) => drive.health = Health::Warning.into(),
                Some(2) => drive.health = Health::Failing.into(),
                Some(_) | None => {}
            }
        }
    }
}

fn volumes(
    host: &dyn Host,
    drives: &[PhysicalDrive],
    system: &Result<String, Trouble>,
) -> Result<Vec<rules::facts::disk::Volume>, Trouble> {
    let volumes = host.volumes()?.ok_or(Trouble::NotSupported)?;
    Ok(volumes
        .into_iter()
        .filter(|volume| volumes::stays(drives, &volume.mount))
        .map(|volume| {
            let is_system = match system {
                Ok(letter) => (volume.mount == *letter).into(),
                Err(trouble) => Fact::Unknown(trouble.clone().into()),
            };
            drive::volume(volume, is_system)
        })
        .collect())
}

#[cfg(test)]
mod tests;

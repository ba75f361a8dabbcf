//! Drives: what they are, which volumes are on them, what they tell of their health. Through device controls, since WMI
//! is slower, hangs, and knows less on Windows 7.
//!
//! A drive that is opened without any right answers most questions to everybody. ATA commands need an administrator.
//! Only commands that read are sent. The layouts are those of winioctl.h, ntddstor.h, ntdddisk.h and ntddscsi.h.
#![expect(unsafe_code, reason = "drives are asked through functions of Windows")]

use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;

use windows::Win32::Foundation::HANDLE;
use windows::Win32::Storage::FileSystem::{GetDriveTypeW, GetLogicalDrives};
use windows::Win32::System::IO::DeviceIoControl;
use windows::core::HSTRING;

use super::super::answers::{HealthLog, PhysicalDrive};
use super::{Answer, Trouble};

/// Numbers that are tried: drives that were taken out leave gaps.
const NUMBERS: std::ops::Range<u32> = 0..32;
/// What GetDriveTypeW answers for a drive that is built in, and for a stick (winbase.h).
const DRIVE_REMOVABLE: u32 = 2;
const DRIVE_FIXED: u32 = 3;
/// Others may go on reading and writing (winnt.h).
const SHARE_ALL: u32 = 3;
const GENERIC_READ_WRITE: u32 = 0xc000_0000;

const IOCTL_STORAGE_QUERY_PROPERTY: u32 = 0x002d_1400;
const IOCTL_STORAGE_PREDICT_FAILURE: u32 = 0x002d_1100;
const IOCTL_DISK_GET_DRIVE_GEOMETRY_EX: u32 = 0x0007_00a0;
const IOCTL_DISK_GET_DRIVE_LAYOUT_EX: u32 = 0x0007_0050;
const IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS: u32 = 0x0056_0000;
const IOCTL_ATA_PASS_THROUGH: u32 = 0x0004_d02c;

/// STORAGE_PROPERTY_ID.
const DEVICE_PROPERTY: u32 = 0;
const SEEK_PENALTY_PROPERTY: u32 = 7;
const PROTOCOL_SPECIFIC_PROPERTY: u32 = 50;
/// STORAGE_BUS_TYPE.
const BUS_ATAPI: u32 = 2;
const BUS_ATA: u32 = 3;
const BUS_RAID: u32 = 8;
const BUS_SATA: u32 = 11;
const BUS_NVME: u32 = 17;

/// Bytes of a sector, which is what ATA commands answer, and of a log of NVMe.
const SECTOR_BYTES: usize = 512;
/// Bytes before the data in STORAGE_PROTOCOL_DATA_DESCRIPTOR: two numbers, then ten.
const PROTOCOL_HEAD_BYTES: usize = 8;
const PROTOCOL_BYTES: u32 = 40;
/// Room for answers whose length is not known before.
const ROOM_BYTES: usize = 16 * 1024;
/// How long a drive may take for one command, in seconds.
const COMMAND_SECONDS: u32 = 3;

/// A command of ATA that reads one sector (ATA8-ACS).
struct AtaCommand {
    /// Its 48-bit form.
    wide: bool,
    features: u8,
    low: u8,
    mid: u8,
    high: u8,
    command: u8,
}

const IDENTIFY: AtaCommand = AtaCommand { wide: false, features: 0, low: 0, mid: 0, high: 0, command: 0xec };
/// SMART takes this signature in place of an address.
const SMART_DATA: AtaCommand =
    AtaCommand { wide: false, features: 0xd0, low: 0, mid: 0x4f, high: 0xc2, command: 0xb0 };
const SMART_THRESHOLDS: AtaCommand = AtaCommand { features: 0xd1, low: 1, ..SMART_DATA };
/// READ LOG EXT: the directory, and page 7 of log 4, which is the statistics.
const LOG_DIRECTORY: AtaCommand =
    AtaCommand { wide: true, features: 0, low: 0, mid: 0, high: 0, command: 0x2f };
const FLASH_STATISTICS: AtaCommand = AtaCommand { low: 4, mid: 7, ..LOG_DIRECTORY };

pub(super) fn drives() -> Answer<Vec<PhysicalDrive>> {
    let (mut drives, mut denied) = (Vec::new(), false);
    let letters = letters();
    for number in NUMBERS {
        match open(&path(number), 0) {
            Ok(Some(file)) => drives.extend(drive(number, &file, &letters)),
            Ok(None) => {}
            Err(Trouble::Denied) => denied = true,
            Err(trouble) => return Err(trouble),
        }
    }
    if drives.is_empty() && denied { Err(Trouble::Denied) } else { Ok(Some(drives)) }
}

/// `name` is such as `PhysicalDrive0`.
pub(super) fn health(name: &str) -> Answer<HealthLog> {
    let number = name.strip_prefix("PhysicalDrive").and_then(|number| number.parse::<u32>().ok());
    let Some(number) = number.filter(|number| NUMBERS.contains(number)) else {
        return Err(Trouble::Failed(format!("{name} is no name of a drive")));
    };
    let Some(file) = open(&path(number), 0)? else { return Ok(None) };
    let bus = property(&file, DEVICE_PROPERTY).and_then(|told| word(&told, 28));
    if matches!(bus, Some(BUS_NVME | BUS_RAID))
        && let Some(log) = nvme_log(&file)
    {
        return Ok(Some(HealthLog::Nvme(log)));
    }
    let (failing, mut data) = predicted(&file);
    let (mut thresholds, mut flash) = (Vec::new(), Vec::new());
    let mut denied = false;
    let is_flash = seek_penalty(&file) == Some(false);
    if matches!(bus, Some(BUS_ATA | BUS_ATAPI | BUS_SATA | BUS_RAID)) && (data.is_empty() || is_flash) {
        match open(&path(number), GENERIC_READ_WRITE) {
            Ok(Some(file)) => {
                if data.is_empty() {
                    data = ata(&file, &SMART_DATA).unwrap_or_default();
                }
                thresholds = ata(&file, &SMART_THRESHOLDS).unwrap_or_default();
                // Number of pages of log 4: a drive without it is not asked for one.
                let pages =
                    if is_flash { ata(&file, &LOG_DIRECTORY).and_then(|told| half(&told, 8)) } else { None };
                if pages.is_some_and(|pages| pages > 7) {
                    flash = ata(&file, &FLASH_STATISTICS).unwrap_or_default();
                }
            }
            Ok(None) => {}
            Err(trouble) => denied = trouble == Trouble::Denied,
        }
    }
    match (failing, data.is_empty() && thresholds.is_empty()) {
        (None, true) if denied => Err(Trouble::Denied),
        (None, true) => Err(Trouble::NotSupported),
        _ => Ok(Some(HealthLog::Smart { failing, data, thresholds, flash })),
    }
}

fn path(number: u32) -> String {
    format!(r"\\.\PhysicalDrive{number}")
}

/// A drive or a volume, opened with these rights; none when there is no such one.
fn open(path: &str, access: u32) -> Answer<File> {
    match OpenOptions::new().access_mode(access).share_mode(SHARE_ALL).open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) => match error.kind() {
            ErrorKind::NotFound => Ok(None),
            ErrorKind::PermissionDenied => Err(Trouble::Denied),
            _ => match error.raw_os_error() {
                Some(code) => Err(Trouble::Failed(format!("cannot open {path}: error {code} of Windows"))),
                None => Err(Trouble::Failed(format!("cannot open {path}: {error}"))),
            },
        },
    }
}

/// What the driver answers; none when it refuses.
fn control(file: &File, code: u32, input: &[u8], room: usize) -> Option<Vec<u8>> {
    let mut answer = vec![0; room];
    let mut written = 0;
    // SAFETY: both rooms and the count live through the call, and Windows is told how large they are. None of the codes
    // waits for another call.
    unsafe {
        DeviceIoControl(
            HANDLE(file.as_raw_handle()),
            code,
            Some(input.as_ptr().cast()),
            u32::try_from(input.len()).ok()?,
            Some(answer.as_mut_ptr().cast()),
            u32::try_from(room).ok()?,
            Some(&raw mut written),
            None,
        )
    }
    .ok()?;
    answer.truncate(usize::try_from(written).ok()?);
    Some(answer)
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))
}

/// STORAGE_PROPERTY_QUERY, asking for the property itself.
fn property(file: &File, property: u32) -> Option<Vec<u8>> {
    let query = [property.to_le_bytes(), [0; 4], [0; 4]].concat();
    control(file, IOCTL_STORAGE_QUERY_PROPERTY, &query, ROOM_BYTES)
}

/// The letters of volumes on drives of this PC, each with the numbers of its drives.
fn letters() -> Vec<(String, Vec<u32>)> {
    // SAFETY: takes nothing and answers a number.
    let there = unsafe { GetLogicalDrives() };
    let letters = ('A'..='Z').enumerate().filter(|(bit, _)| there & (1 << bit) != 0);
    letters
        .filter_map(|(_, letter)| {
            let root = HSTRING::from(format!("{letter}:\\"));
            // SAFETY: the path lives through the call and ends with a zero.
            let kind = unsafe { GetDriveTypeW(&root) };
            if !matches!(kind, DRIVE_FIXED | DRIVE_REMOVABLE) {
                return None;
            }
            let volume = open(&format!(r"\\.\{letter}:"), 0).ok()??;
            // VOLUME_DISK_EXTENTS: a count, then from byte 8 on a number of a drive in every 24 bytes.
            let told = control(&volume, IOCTL_VOLUME_GET_VOLUME_DISK_EXTENTS, &[], ROOM_BYTES)?;
            let count = usize::try_from(word(&told, 0)?).ok()?.min(ROOM_BYTES / 24);
            Some((format!("{letter}:"), (0..count).filter_map(|at| word(&told, 8 + at * 24)).collect()))
        })
        .collect()
}

/// None when the driver does not even say what the drive is: the empty slot of a card reader.
fn drive(number: u32, file: &File, letters: &[(String, Vec<u32>)]) -> Option<PhysicalDrive> {
    let told = property(file, DEVICE_PROPERTY)?;
    // STORAGE_DEVICE_DESCRIPTOR: texts are at the offsets that it gives, 0 for none.
    let text = |at: usize| -> Option<String> {
        let start = usize::try_from(word(&told, at)?).ok().filter(|start| *start > 0)?;
        let bytes = told.get(start..)?.split(|byte| *byte == 0).next()?;
        Some(String::from_utf8_lossy(bytes).trim().to_owned())
    };
    // Some drivers put what the drive speaks where its maker should be.
    let maker =
        text(12).filter(|maker| !matches!(maker.as_str(), "" | "ATA" | "NVMe" | "(Standard disk drives)"));
    let model = [maker, text(16)].into_iter().flatten().collect::<Vec<String>>().join(" ");
    let bus = word(&told, 28)?;
    let geometry = control(file, IOCTL_DISK_GET_DRIVE_GEOMETRY_EX, &[], ROOM_BYTES);
    let layout = control(file, IOCTL_DISK_GET_DRIVE_LAYOUT_EX, &[], ROOM_BYTES);
    let seek_penalty = seek_penalty(file);
    Some(PhysicalDrive {
        number,
        model: model.trim().to_owned(),
        bus,
        removable: told.get(10).is_some_and(|flag| *flag != 0),
        // DISK_GEOMETRY has 24 bytes.
        size: geometry.and_then(|told| long(&told, 24)).filter(|size| *size > 0),
        seek_penalty,
        rotation: match (seek_penalty, bus) {
            (None, BUS_ATA | BUS_ATAPI | BUS_SATA | BUS_RAID) => rotation(number),
            _ => None,
        },
        partitions: layout.and_then(|told| word(&told, 0)),
        letters: letters
            .iter()
            .filter(|(_, on)| on.contains(&number))
            .map(|(letter, _)| letter.clone())
            .collect(),
    })
}

/// DEVICE_SEEK_PENALTY_DESCRIPTOR: version, size, flag.
fn seek_penalty(file: &File) -> Option<bool> {
    property(file, SEEK_PENALTY_PROPERTY)?.get(8).map(|flag| *flag != 0)
}

/// Word 217 of IDENTIFY; 0 says nothing.
fn rotation(number: u32) -> Option<u16> {
    let file = open(&path(number), GENERIC_READ_WRITE).ok()??;
    half(&ata(&file, &IDENTIFY)?, 217 * 2).filter(|rotation| *rotation != 0)
}

/// The drive's own verdict, and the data of SMART where its driver hands them out (STORAGE_PREDICT_FAILURE).
fn predicted(file: &File) -> (Option<bool>, Vec<u8>) {
    let Some(told) = control(file, IOCTL_STORAGE_PREDICT_FAILURE, &[], 4 + SECTOR_BYTES) else {
        return (None, Vec::new());
    };
    let data = told.get(4..4 + SECTOR_BYTES).filter(|data| data.iter().any(|byte| *byte != 0));
    (word(&told, 0).map(|failing| failing != 0), data.unwrap_or_default().to_vec())
}

/// The health log, which Windows 10 and later hand out.
fn nvme_log(file: &File) -> Option<Vec<u8>> {
    let sector = u32::try_from(SECTOR_BYTES).ok()?;
    // The protocol NVMe, a log page, the number of the page, none below it, where the data stand, their length.
    let asked = [3, 2, 2, 0, PROTOCOL_BYTES, sector, 0, 0, 0, 0];
    let mut query = [PROTOCOL_SPECIFIC_PROPERTY.to_le_bytes(), [0; 4]].concat();
    query.extend(asked.iter().copied().flat_map(u32::to_le_bytes));
    query.resize(query.len() + SECTOR_BYTES, 0);
    let told = control(file, IOCTL_STORAGE_QUERY_PROPERTY, &query, query.len())?;
    let start = PROTOCOL_HEAD_BYTES + usize::try_from(word(&told, PROTOCOL_HEAD_BYTES + 16)?).ok()?;
    told.get(start..start.checked_add(SECTOR_BYTES)?).map(<[u8]>::to_vec)
}

/// The sector that a command answers; none when the drive or its driver refuses.
fn ata(file: &File, command: &AtaCommand) -> Option<Vec<u8>> {
    /// Flags of ATA_PASS_THROUGH_EX: wait until the drive is ready, data come in, 48-bit form.
    const DRDY_REQUIRED: u16 = 1;
    const DATA_IN: u16 = 2;
    const WIDE: u16 = 8;
    /// In the status: the command failed.
    const FAILED: u8 = 1;
    // The offset of the data is as wide as an address, and stands at a multiple of that.
    let width = size_of::<usize>();
    let head = if width == 8 { 24 } else { 20 };
    let size = head + width + 16;
    let data = size.next_multiple_of(8);
    let flags = DRDY_REQUIRED | DATA_IN | if command.wide { WIDE } else { 0 };
    let mut asked = Vec::with_capacity(data + SECTOR_BYTES);
    asked.extend(u16::try_from(size).ok()?.to_le_bytes());
    asked.extend(flags.to_le_bytes());
    asked.extend([0; 4]);
    asked.extend(u32::try_from(SECTOR_BYTES).ok()?.to_le_bytes());
    asked.extend(COMMAND_SECONDS.to_le_bytes());
    asked.resize(head, 0);
    asked.extend(data.to_le_bytes());
    // The registers: first the upper halves of 48-bit commands, which are all 0.
    asked.extend([0; 8]);
    asked.extend([command.features, 1, command.low, command.mid, command.high, 0xa0, command.command, 0]);
    asked.resize(data + SECTOR_BYTES, 0);
    let told = control(file, IOCTL_ATA_PASS_THROUGH, &asked, asked.len())?;
    let status = told.get(head + width + 8 + 6)?;
    let sector = told.get(data..data + SECTOR_BYTES).filter(|sector| sector.iter().any(|byte| *byte != 0))?;
    (status & FAILED == 0).then(|| sector.to_vec())
}

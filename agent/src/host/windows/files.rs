//! Files, folders and volumes of a Windows PC.
#![expect(unsafe_code, reason = "volumes are listed through functions of Windows")]

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::PathBuf;

use jiff::Timestamp;
use windows::Win32::Storage::FileSystem::{
    GetDiskFreeSpaceExW, GetDriveTypeW, GetLogicalDrives, GetVolumeInformationW,
};
use windows::core::HSTRING;

use super::super::{FILE_BYTES_MAX, FOLDER_COUNT_MAX};
use super::{Answer, Trouble, Volume};

/// What GetDriveTypeW answers for a drive that is built in (winbase.h).
const DRIVE_FIXED: u32 = 3;
/// Longest name of a file system, in UTF-16.
const NAME_UNITS_MAX: usize = 64;

pub(super) fn file(path: &str) -> Answer<Vec<u8>> {
    let place = expand(path)?;
    let metadata = match std::fs::metadata(&place) {
        Ok(metadata) => metadata,
        Err(error) => return failed(path, &error),
    };
    // A pipe or a device would hold the reader for ever.
    if !metadata.is_file() {
        return Err(Trouble::Failed(format!("{path} is not a regular file")));
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(FILE_BYTES_MAX + 1).unwrap_or(u64::MAX);
    match File::open(&place).and_then(|file| file.take(limit).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() > FILE_BYTES_MAX => {
            Err(Trouble::Failed(format!("{path} is larger than {FILE_BYTES_MAX} bytes")))
        }
        Ok(_) => Ok(Some(bytes)),
        Err(error) => failed(path, &error),
    }
}

pub(super) fn folder(path: &str) -> Answer<Vec<String>> {
    let entries = match std::fs::read_dir(expand(path)?) {
        Ok(entries) => entries,
        Err(error) => return failed(path, &error),
    };
    let mut names = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => names.push(entry.file_name().to_string_lossy().into_owned()),
            Err(error) => return failed(path, &error),
        }
        if names.len() > FOLDER_COUNT_MAX {
            return Err(Trouble::Failed(format!("{path} has more than {FOLDER_COUNT_MAX} entries")));
        }
    }
    names.sort_unstable();
    Ok(Some(names))
}

pub(super) fn link(path: &str) -> Answer<String> {
    /// The file is not a link.
    const NOT_A_REPARSE_POINT: i32 = 4390;
    match std::fs::read_link(expand(path)?) {
        Ok(target) => Ok(Some(target.to_string_lossy().into_owned())),
        Err(error) if error.raw_os_error() == Some(NOT_A_REPARSE_POINT) => Ok(None),
        Err(error) => failed(path, &error),
    }
}

pub(super) fn modified(path: &str) -> Answer<Timestamp> {
    let modified = match std::fs::metadata(expand(path)?).and_then(|metadata| metadata.modified()) {
        Ok(modified) => modified,
        Err(error) => return failed(path, &error),
    };
    Timestamp::try_from(modified)
        .and_then(|modified| Timestamp::from_second(modified.as_second()))
        .map(Some)
        .map_err(|error| Trouble::Failed(format!("{path} was changed at an impossible time: {error}")))
}

/// Puts the values of the environment into a path. A 32-bit agent on a 64-bit Windows is led to the folders that
/// 64-bit programs see.
fn expand(path: &str) -> Result<PathBuf, Trouble> {
    let mut expanded = String::new();
    for (at, part) in path.split('%').enumerate() {
        if at % 2 == 0 {
            expanded.push_str(part);
            continue;
        }
        let wide = if part == "ProgramFiles" { std::env::var("ProgramW6432").ok() } else { None };
        match wide.map_or_else(|| std::env::var(part), Ok) {
            Ok(value) => expanded.push_str(&value),
            Err(_) => {
                return Err(Trouble::Failed(format!("{path} names {part}, which the environment lacks")));
            }
        }
    }
    if std::env::var("PROCESSOR_ARCHITEW6432").is_ok() && path.starts_with(r"%SystemRoot%\System32\") {
        expanded = expanded.replacen(r"\System32\", r"\Sysnative\", 1);
    }
    Ok(PathBuf::from(expanded))
}

/// What an error of the file system means.
fn failed<T>(path: &str, error: &std::io::Error) -> Answer<T> {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
        ErrorKind::PermissionDenied => Err(Trouble::Denied),
        ErrorKind::Unsupported => Err(Trouble::NotSupported),
        _ => match error.raw_os_error() {
            Some(code) => Err(Trouble::Failed(format!("cannot read {path}: error {code} of Windows"))),
            None => Err(Trouble::Failed(format!("cannot read {path}: {error}"))),
        },
    }
}

/// The volumes with a letter on built-in drives. Network drives, sticks and discs are not asked.
pub(super) fn volumes() -> Answer<Vec<Volume>> {
    // SAFETY: takes nothing and answers a number.
    let letters = unsafe { GetLogicalDrives() };
    if letters == 0 {
        return Err(Trouble::Failed("Windows lists no volumes".to_owned()));
    }
    let volumes = ('A'..='Z').enumerate().filter(|(bit, _)| letters & (1 << bit) != 0);
    Ok(Some(volumes.filter_map(|(_, letter)| volume(letter)).collect()))
}

/// The volume of this letter; none when it is not built in. One that cannot be read, as one that is locked by BitLocker,
/// is there all the same.
fn volume(letter: char) -> Option<Volume> {
    let root = HSTRING::from(format!("{letter}:\\"));
    // SAFETY: the path lives through the call and ends with a zero.
    if unsafe { GetDriveTypeW(&root) } != DRIVE_FIXED {
        return None;
    }
    let (mut free, mut size) = (0, 0);
    // SAFETY: the path and both numbers live through the call.
    let told = unsafe { GetDiskFreeSpaceExW(&root, Some(&raw mut free), Some(&raw mut size), None) };
    let read = told.is_ok();
    let mut name = [0; NAME_UNITS_MAX];
    // SAFETY: the path and the room for the name live through the call, and Windows is told how much room it is.
    let named = unsafe { GetVolumeInformationW(&root, None, None, None, None, Some(&mut name)) };
    let units = name.split(|unit| *unit == 0).next().unwrap_or_default();
    let filesystem =
        if named.is_ok() { String::from_utf16(units).unwrap_or_default() } else { String::new() };
    let device = format!("{letter}:");
    Some(Volume {
        mount: device.clone(),
        device,
        filesystem,
        size: read.then_some(size),
        free: read.then_some(free),
    })
}

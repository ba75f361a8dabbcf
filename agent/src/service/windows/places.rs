//! Where Windows keeps what: asked of Windows itself.
//!
//! The environment is not asked. Whoever starts a program can write into its environment, and a service may get
//! another one than a person (seen under Wine 8.0, where `ProgramData` is another folder for services).

#![expect(unsafe_code, reason = "folders that Windows knows are asked through a function of it")]

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use windows::Win32::Foundation::MAX_PATH;
use windows::Win32::System::SystemInformation::GetSystemWindowsDirectoryW;
use windows::Win32::UI::Shell::{
    CSIDL_COMMON_APPDATA, CSIDL_LOCAL_APPDATA, CSIDL_PROGRAM_FILES, CSIDL_WINDOWS, SHGFP_TYPE_CURRENT,
    SHGetFolderPathW,
};
use windows_registry::LOCAL_MACHINE;

/// A folder that every Windows has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// What programs keep for all users: `C:\\ProgramData`.
    AllUsers,
    /// What programs keep for this user.
    OneUser,
    /// Programs: `C:\\Program Files`, also for a 32-bit program on 64-bit Windows.
    Programs,
    /// Windows itself.
    Windows,
}

/// Where the folder is.
pub(super) fn folder(place: Place) -> Result<PathBuf> {
    let id = match place {
        Place::AllUsers => {
            // Every task asks for it, and the function below brings the desktop into a program that shows nothing.
            if let Some(folder) = all_users() {
                return Ok(folder);
            }
            CSIDL_COMMON_APPDATA
        }
        Place::OneUser => CSIDL_LOCAL_APPDATA,
        Place::Programs => {
            // A 32-bit program is told another folder; there is one place for this program. Where the value is not
            // there, Windows has only one such folder.
            let wide = LOCAL_MACHINE
                .open(r"SOFTWARE\Microsoft\Windows\CurrentVersion")
                .and_then(|key| key.get_string("ProgramW6432Dir"));
            if let Ok(wide) = wide {
                return Ok(PathBuf::from(wide));
            }
            CSIDL_PROGRAM_FILES
        }
        Place::Windows => CSIDL_WINDOWS,
    };
    let number = i32::try_from(id).context("the number of a folder is too large")?;
    let kind = SHGFP_TYPE_CURRENT.0.cast_unsigned();
    let mut path = [0; MAX_PATH as usize];
    // What its successor gives has to be freed, by a function that Windows 7 keeps in another library.
    // SAFETY: the room is as long as the function asks for.
    unsafe { SHGetFolderPathW(None, number, None, kind, &mut path) }
        .with_context(|| format!("Windows does not know its own folder {place:?}"))?;
    let text = path.split(|unit| *unit == 0).next().unwrap_or_default();
    Ok(PathBuf::from(String::from_utf16(text).context("a folder of Windows has a broken name")?))
}

/// Where Windows writes down that it keeps what programs keep for all users. None where it stands in other words.
fn all_users() -> Option<PathBuf> {
    const WRITTEN: &[(&str, &str)] = &[
        (r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList", "ProgramData"),
        // Wine has no such value, but the one that Windows keeps for older programs.
        (r"SOFTWARE\Microsoft\Windows\CurrentVersion\Explorer\Shell Folders", "Common AppData"),
    ];
    let read = |(key, name): &(&str, &str)| LOCAL_MACHINE.open(key)?.get_string(name);
    let text = WRITTEN.iter().find_map(|place| read(place).ok())?;
    let path = match text.strip_prefix("%SystemDrive%") {
        Some(rest) => format!("{}{rest}", system_drive()?),
        None => text,
    };
    (!path.contains('%') && Path::new(&path).is_absolute()).then(|| PathBuf::from(path))
}

/// The drive that Windows is on, as in `C:`.
fn system_drive() -> Option<String> {
    let mut folder = [0; MAX_PATH as usize];
    // SAFETY: Windows is told how much room there is.
    let length = usize::try_from(unsafe { GetSystemWindowsDirectoryW(Some(&mut folder)) }).ok()?;
    let folder = String::from_utf16(folder.get(..length)?).ok()?;
    Some(folder.split_once('\\')?.0.to_owned())
}

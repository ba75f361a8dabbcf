//! Where Windows keeps what: asked of Windows itself.
//!
//! The environment is not asked. Whoever starts a program can write into its environment, and a service may get
//! another one than a person (seen under Wine 8.0, where `ProgramData` is another folder for services).

#![expect(unsafe_code, reason = "folders that Windows knows are asked through a function of it")]

use std::ffi::OsString;
use std::os::windows::ffi::OsStringExt;
use std::path::PathBuf;

use anyhow::{Context, Result};
use windows::Win32::System::Com::CoTaskMemFree;
use windows::Win32::UI::Shell::{
    FOLDERID_LocalAppData, FOLDERID_ProgramData, FOLDERID_ProgramFiles, FOLDERID_Windows, KF_FLAG_DEFAULT,
    SHGetKnownFolderPath,
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
        Place::AllUsers => FOLDERID_ProgramData,
        Place::OneUser => FOLDERID_LocalAppData,
        Place::Programs => {
            // A 32-bit program is told another folder; there is one place for this program. Where the value is not
            // there, Windows has only one such folder.
            let wide = LOCAL_MACHINE
                .open(r"SOFTWARE\Microsoft\Windows\CurrentVersion")
                .and_then(|key| key.get_string("ProgramW6432Dir"));
            if let Ok(wide) = wide {
                return Ok(PathBuf::from(wide));
            }
            FOLDERID_ProgramFiles
        }
        Place::Windows => FOLDERID_Windows,
    };
    // SAFETY: the id lives through the call.
    let text = unsafe { SHGetKnownFolderPath(&raw const id, KF_FLAG_DEFAULT, None) }
        .with_context(|| format!("Windows does not know its own folder {place:?}"))?;
    // SAFETY: Windows ended the text with a zero.
    let path = OsString::from_wide(unsafe { text.as_wide() });
    // SAFETY: allocated by Windows for the caller to free, and not used after this.
    unsafe { CoTaskMemFree(Some(text.as_ptr().cast())) };
    Ok(PathBuf::from(path))
}

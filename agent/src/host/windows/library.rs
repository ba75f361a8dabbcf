//! Functions that some versions of Windows lack, looked up at run time.
#![expect(unsafe_code, reason = "libraries are loaded through functions of Windows")]

use std::ffi::c_void;

use windows::Win32::Foundation::{FreeLibrary, HMODULE};
use windows::Win32::System::LibraryLoader::{GetProcAddress, LOAD_LIBRARY_FLAGS, LoadLibraryExW};
use windows::Win32::System::SystemInformation::GetSystemDirectoryW;
use windows::core::{HSTRING, PCSTR};

/// Longest path of the system's folder, in UTF-16.
const PATH_UNITS_MAX: usize = 260;

/// A library of the system, unloaded at the end.
pub(super) struct Library(HMODULE);

impl Library {
    /// Loads a library from the folder of the system and from nowhere else; none when it is not there.
    pub(super) fn load(name: &str) -> Option<Library> {
        let mut folder = [0; PATH_UNITS_MAX];
        // SAFETY: Windows is told how much room there is.
        let length = usize::try_from(unsafe { GetSystemDirectoryW(Some(&mut folder)) }).ok()?;
        let folder = String::from_utf16_lossy(folder.get(..length).filter(|folder| !folder.is_empty())?);
        let path = HSTRING::from(format!("{folder}\\{name}"));
        // SAFETY: the path lives through the call; a library of the system does nothing odd when loaded.
        unsafe { LoadLibraryExW(&path, None, LOAD_LIBRARY_FLAGS(0)) }.ok().map(Library)
    }

    /// The address of a function; none when this version of the library has none of this name. It is good for as
    /// long as the library is.
    pub(super) fn function(&self, name: &std::ffi::CStr) -> Option<*const c_void> {
        // SAFETY: the name lives through the call and ends with a zero.
        let function = unsafe { GetProcAddress(self.0, PCSTR(name.as_ptr().cast())) }?;
        Some(function as *const c_void)
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        // SAFETY: loaded by this file and freed once. That freeing fails changes nothing here.
        drop(unsafe { FreeLibrary(self.0) });
    }
}

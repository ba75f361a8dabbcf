//! The programs that run: where their files are.
#![expect(unsafe_code, reason = "programs are asked through functions of Windows")]

use std::collections::{BTreeMap, BTreeSet};

use windows::Win32::Foundation::{CloseHandle, E_ACCESSDENIED, HANDLE};
use windows::Win32::System::Threading::{
    OpenProcess, PROCESS_NAME_WIN32, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};
use windows::core::PWSTR;

use super::{Answer, Trouble};

/// Longest path, in UTF-16.
const PATH_UNITS_MAX: usize = 32_768;

/// A process that was opened, closed at the end.
struct Process(HANDLE);

impl Drop for Process {
    fn drop(&mut self) {
        // SAFETY: opened by this file and closed once. That closing fails changes nothing here.
        drop(unsafe { CloseHandle(self.0) });
    }
}

pub(super) fn paths(programs: &BTreeMap<u32, String>, program: &str) -> Answer<Vec<String>> {
    let mut paths = BTreeSet::new();
    let mut denied = false;
    for (process, _) in programs.iter().filter(|(_, name)| name.eq_ignore_ascii_case(program)) {
        // SAFETY: takes numbers and answers a handle, which its guard closes.
        let opened = unsafe { OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, false, *process) };
        match opened.map(Process).and_then(|process| path(&process)) {
            Ok(path) => drop(paths.insert(path)),
            Err(error) if error.code() == E_ACCESSDENIED => denied = true,
            // It has ended meanwhile.
            Err(_) => {}
        }
    }
    match denied && paths.is_empty() {
        true => Err(Trouble::Denied),
        false => Ok(Some(paths.into_iter().collect())),
    }
}

fn path(process: &Process) -> windows::core::Result<String> {
    let mut room = vec![0_u16; PATH_UNITS_MAX];
    let mut units = u32::try_from(PATH_UNITS_MAX).unwrap_or(0);
    // SAFETY: the process is open, and the room lives through the call and is as large as said.
    unsafe {
        QueryFullProcessImageNameW(process.0, PROCESS_NAME_WIN32, PWSTR(room.as_mut_ptr()), &raw mut units)
    }?;
    let path = room.get(..usize::try_from(units).unwrap_or(0)).unwrap_or_default();
    Ok(String::from_utf16_lossy(path))
}

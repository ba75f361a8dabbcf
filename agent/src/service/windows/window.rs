//! What a person at the desktop sees of a program that was double-clicked: the question for an administrator's
//! consent, a page in the browser, a box with a message. No console.

#![expect(unsafe_code, reason = "consoles, boxes and the desktop's shell are functions of Windows")]

use std::ffi::c_void;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use windows::Win32::Foundation::{CloseHandle, ERROR_CANCELLED, HANDLE, WAIT_TIMEOUT};
use windows::Win32::System::Com::{COINIT_APARTMENTTHREADED, CoInitializeEx};
use windows::Win32::System::Console::{FreeConsole, GetConsoleProcessList};
use windows::Win32::System::Threading::{GetExitCodeProcess, WaitForSingleObject};
use windows::Win32::UI::Shell::{
    SEE_MASK_NOASYNC, SEE_MASK_NOCLOSEPROCESS, SHELLEXECUTEINFOW, ShellExecuteExW, ShellExecuteW,
};
use windows::Win32::UI::WindowsAndMessaging::{
    IDOK, MB_ICONINFORMATION, MB_OK, MB_SETFOREGROUND, MessageBoxW, SW_HIDE, SW_SHOWNORMAL,
};
use windows::core::{HRESULT, HSTRING, PCWSTR, w};

use super::places::{self, Place};

/// How often to look whether the program that was asked for has ended, in milliseconds.
const PAUSE_MS: u32 = 200;
/// What ShellExecuteW answers at least when it worked.
const SHELL_WORKED: usize = 33;

/// What became of a program that an administrator had to agree to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// It ran; whether it ended well.
    Ran(bool),
    /// Nobody agreed.
    Refused,
}

/// Whether the desktop started this program, and not a command line or a script: then no other program is in its
/// console.
pub fn started_by_hand() -> bool {
    let mut programs = [0; 4];
    // SAFETY: the list is as long as the slice says.
    unsafe { GetConsoleProcessList(&mut programs) == 1 }
}

/// Leaves the console; one of this program's own closes.
pub fn leave_console() {
    // SAFETY: no handle of the console is used after this. Without a console there is nothing to leave.
    drop(unsafe { FreeConsole() });
}

/// Shows a message until it is read. False: there is no desktop to show it on.
pub fn message(title: &str, text: &str) -> bool {
    let (title, text) = (HSTRING::from(title), HSTRING::from(text));
    // SAFETY: both texts live through the call.
    unsafe { MessageBoxW(None, &text, &title, MB_OK | MB_ICONINFORMATION | MB_SETFOREGROUND) == IDOK }
}

/// Starts a program once an administrator has agreed, and waits for its end; `tick` is called now and then. The
/// arguments have neither spaces nor quotes.
///
/// # Errors
/// When an administrator cannot be asked.
pub fn ask_and_run(program: &Path, arguments: &[&str], tick: &mut dyn FnMut()) -> Result<Consent> {
    prepare_shell();
    let file = HSTRING::from(program.as_os_str());
    let arguments = HSTRING::from(arguments.join(" "));
    let mut asked = SHELLEXECUTEINFOW {
        cbSize: u32::try_from(size_of::<SHELLEXECUTEINFOW>()).unwrap_or(0),
        fMask: SEE_MASK_NOCLOSEPROCESS | SEE_MASK_NOASYNC,
        lpVerb: w!("runas"),
        lpFile: PCWSTR(file.as_ptr()),
        lpParameters: PCWSTR(arguments.as_ptr()),
        // Its console stays out of sight.
        nShow: SW_HIDE.0,
        ..SHELLEXECUTEINFOW::default()
    };
    // SAFETY: the structure is whole, and its texts live through the call.
    match unsafe { ShellExecuteExW(&raw mut asked) } {
        Ok(()) => {}
        Err(error) if error.code() == HRESULT::from_win32(ERROR_CANCELLED.0) => return Ok(Consent::Refused),
        Err(error) => return Err(error).context("Windows does not start the program as an administrator"),
    }
    // The structure is packed on 32 bits: its fields are copied, not lent.
    let handle = asked.hProcess;
    if handle.is_invalid() {
        bail!("Windows started the program and does not say which one it is");
    }
    let process = Process(handle);
    // SAFETY: the handle is open until the end of this function.
    while unsafe { WaitForSingleObject(process.0, PAUSE_MS) } == WAIT_TIMEOUT {
        tick();
    }
    let mut code = 0;
    // SAFETY: as above; `code` is written before it is read.
    unsafe { GetExitCodeProcess(process.0, &raw mut code) }.context("cannot tell how the program ended")?;
    Ok(Consent::Ran(code == 0))
}

/// Where every user can read the page of an installation.
///
/// # Errors
/// When Windows does not know the folder.
pub fn page_folder() -> Result<PathBuf> {
    Ok(places::folder(Place::AllUsers)?.join(super::FOLDER).join(super::PAGES))
}

/// A page as a browser can open it: where it is.
pub fn reachable(page: &Path) -> PathBuf {
    page.to_owned()
}

/// Opens a file with what the person uses for it.
///
/// # Errors
/// When nothing opens it.
pub fn open(file: &Path) -> Result<()> {
    prepare_shell();
    let name = HSTRING::from(file.as_os_str());
    // SAFETY: the texts live through the call.
    let answer =
        unsafe { ShellExecuteW(None, w!("open"), &name, PCWSTR::null(), PCWSTR::null(), SW_SHOWNORMAL) };
    // The answer is a number that looks like a handle.
    let answer = answer.0 as *const c_void as usize;
    if answer < SHELL_WORKED {
        bail!("Windows does not open {} (error {answer})", file.display());
    }
    Ok(())
}

/// The shell may hand its work to components that need COM.
fn prepare_shell() {
    // SAFETY: called on the main thread, which uses COM for nothing else. A second time changes nothing.
    drop(unsafe { CoInitializeEx(None, COINIT_APARTMENTTHREADED) }.ok());
}

/// A program that was started; its handle is closed at the end.
struct Process(HANDLE);

impl Drop for Process {
    fn drop(&mut self) {
        // SAFETY: given by Windows to this file and closed once. That closing fails changes nothing here.
        drop(unsafe { CloseHandle(self.0) });
    }
}

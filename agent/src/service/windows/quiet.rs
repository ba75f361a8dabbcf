//! Standing back: the person in front of the PC comes first.

#![expect(unsafe_code, reason = "the priority of this program is set through a function of Windows")]

use windows::Win32::Foundation::ERROR_PROCESS_MODE_ALREADY_BACKGROUND;
use windows::Win32::System::Threading::{
    BELOW_NORMAL_PRIORITY_CLASS, GetCurrentProcess, PROCESS_MODE_BACKGROUND_BEGIN, SetPriorityClass,
};

/// Lets every other program go first, at the processor and at the disk, for as long as this program runs.
pub fn be_quiet() {
    // SAFETY: the pseudo handle of this process is always good.
    let quiet = unsafe { SetPriorityClass(GetCurrentProcess(), PROCESS_MODE_BACKGROUND_BEGIN) };
    // Whoever is quiet already needs nothing more.
    if quiet.is_err_and(|error| error.code() != ERROR_PROCESS_MODE_ALREADY_BACKGROUND.to_hresult()) {
        // SAFETY: as above. When this is refused too, the agent works on at its ordinary priority.
        drop(unsafe { SetPriorityClass(GetCurrentProcess(), BELOW_NORMAL_PRIORITY_CLASS) });
    }
}

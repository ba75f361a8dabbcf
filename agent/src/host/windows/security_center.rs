//! Windows Security Center, which Windows Server does not have.
#![expect(unsafe_code, reason = "the centre is asked through a function of Windows")]

use std::ffi::c_void;

use super::super::answers::{Guardian, Health};
use super::library::Library;
use super::{Answer, Trouble};

/// The service of the centre is switched off (S_FALSE).
const NOT_RUNNING: i32 = 1;

pub(super) fn health(guardian: Guardian) -> Answer<Health> {
    type GetHealth = unsafe extern "system" fn(u32, *mut i32) -> i32;
    let Some(library) = Library::load("wscapi.dll") else { return Ok(None) };
    let Some(function) = library.function(c"WscGetSecurityProviderHealth") else { return Ok(None) };
    // WSC_SECURITY_PROVIDER of wscapi.h.
    let provider = match guardian {
        Guardian::Firewall => 1,
        Guardian::Updates => 2,
        Guardian::Antivirus => 4,
        Guardian::AccountControl => 64,
    };
    // SAFETY: wscapi.h declares the function so.
    let ask = unsafe { std::mem::transmute::<*const c_void, GetHealth>(function) };
    let mut health = -1;
    // SAFETY: the place lives through the call; the library is loaded.
    match (unsafe { ask(provider, &raw mut health) }, health) {
        (0, 0) => Ok(Some(Health::Good)),
        (0, 1) => Ok(Some(Health::NotMonitored)),
        (0, 2) => Ok(Some(Health::Poor)),
        (0, 3) => Ok(Some(Health::Snoozed)),
        (NOT_RUNNING, _) => {
            Err(Trouble::Failed("the service of Windows Security Center does not run".to_owned()))
        }
        (code, _) => Err(Trouble::Failed(format!("cannot ask Windows Security Center: error 0x{code:08x}"))),
    }
}

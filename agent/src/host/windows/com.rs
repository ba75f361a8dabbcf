//! COM on one thread: started before the first object is made, ended after the last one is gone.
#![expect(unsafe_code, reason = "COM is started through functions of Windows")]

use std::marker::PhantomData;

use windows::Win32::Foundation::{REGDB_E_CLASSNOTREG, RPC_E_TOO_LATE};
use windows::Win32::System::Com::{
    CLSCTX_ALL, COINIT_MULTITHREADED, CoCreateInstance, CoInitializeEx, CoInitializeSecurity, CoUninitialize,
    EOAC_NONE, RPC_C_AUTHN_LEVEL_DEFAULT, RPC_C_IMP_LEVEL_IMPERSONATE,
};
use windows::core::{GUID, Interface};

use super::{Trouble, trouble};

/// Held while this thread speaks COM. Objects must be dropped before it, so it is the first thing a function makes.
pub(super) struct Com {
    /// Ends on the thread that it was started on.
    _here: PhantomData<*const ()>,
}

impl Com {
    pub(super) fn start() -> Result<Com, Trouble> {
        // SAFETY: each start that succeeds is ended once, by the guard.
        unsafe { CoInitializeEx(None, COINIT_MULTITHREADED) }
            .ok()
            .map_err(|error| trouble("start COM", &error))?;
        let com = Com { _here: PhantomData };
        // Once in a program, and by whoever comes first; WMI refuses to answer a program that never did.
        // SAFETY: no list and no names are handed over.
        let secured = unsafe {
            CoInitializeSecurity(
                None,
                -1,
                None,
                None,
                RPC_C_AUTHN_LEVEL_DEFAULT,
                RPC_C_IMP_LEVEL_IMPERSONATE,
                None,
                EOAC_NONE,
                None,
            )
        };
        match secured {
            Err(error) if error.code() != RPC_E_TOO_LATE => {
                Err(trouble("set how COM proves who asks", &error))
            }
            Ok(()) | Err(_) => Ok(com),
        }
    }

    /// Makes an object; none when this Windows has no such class.
    pub(super) fn make<T: Interface>(&self, class: &GUID) -> Result<Option<T>, Trouble> {
        // SAFETY: COM is started on this thread, and the interface is asked for by its own id.
        match unsafe { CoCreateInstance(class, None, CLSCTX_ALL) } {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.code() == REGDB_E_CLASSNOTREG => Ok(None),
            Err(error) => Err(trouble("make an object of COM", &error)),
        }
    }
}

impl Drop for Com {
    fn drop(&mut self) {
        // SAFETY: started on this thread, ended once.
        unsafe { CoUninitialize() };
    }
}

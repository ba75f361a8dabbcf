//! Libraries of Windows that are loaded when a function of theirs is first called.
//!
//! `agent/packaging/dlltool-later.sh` names them. In place of each of their functions stands a few instructions that call
//! the loader here, which finds the function and puts its address where the next call finds it (the "delay-load import
//! tables" of Microsoft's PE format). Each is part of every Windows since 7 and comes from the folder of the system; a
//! program that imports it in the ordinary way would not start without it, and this one ends when it asks for it.
#![expect(unsafe_code, reason = "the tables of the program are read where the linker put them")]

use std::ffi::{CStr, c_char, c_void};
use std::sync::atomic::{AtomicPtr, Ordering};

use windows::Win32::Foundation::{GetLastError, SetLastError};
use windows::Win32::System::LibraryLoader::GetModuleHandleW;

use super::library::Library;

/// The beginning of what the linker says of a library (ImgDelayDescr of delayimp.h). Places are counted from the
/// beginning of the program.
#[repr(C)]
struct Delayed {
    _attributes: u32,
    /// Its name.
    library: u32,
    _module: u32,
    /// The addresses of its functions.
    addresses: u32,
    /// The places of their names.
    names: u32,
}

/// What the linker calls: the function whose address belongs into `place`, one of the addresses of the library.
///
/// # Safety
/// Only the linker's own instructions call it.
#[unsafe(no_mangle)]
unsafe extern "system" fn __delayLoadHelper2(delayed: &Delayed, place: &AtomicPtr<c_void>) -> *mut c_void {
    // The function may be one that tells the error of the call before it.
    // SAFETY: the thread's own number is read.
    let error = unsafe { GetLastError() };
    // SAFETY: the linker's tables are whole, live as long as the program and lie where they say. Names and addresses of
    // a library stand in one order; a name comes after a hint of two bytes.
    let (library, function) = unsafe {
        let program = GetModuleHandleW(None).unwrap_or_default().0.cast::<u8>();
        let at = |place: u32| program.add(usize::try_from(place).unwrap_or(0));
        let number = std::ptr::from_ref(place).offset_from(at(delayed.addresses).cast());
        let name = *at(delayed.names).cast::<usize>().offset(number);
        let library = CStr::from_ptr(at(delayed.library).cast::<c_char>());
        (library, CStr::from_ptr(program.add(name + 2).cast::<c_char>()))
    };
    let loaded = library.to_str().ok().and_then(Library::load);
    let Some(address) = loaded.as_ref().and_then(|loaded| loaded.function(function)) else {
        panic!("{library:?} of Windows has no {function:?}")
    };
    // It is there until the program ends.
    std::mem::forget(loaded);
    place.store(address.cast_mut(), Ordering::Relaxed);
    // SAFETY: the thread's own number is written.
    unsafe { SetLastError(error) };
    address.cast_mut()
}

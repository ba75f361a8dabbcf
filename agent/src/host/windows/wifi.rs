//! What Wi-Fi adapters are connected to. Windows Server may lack the library, so it is looked up at run time.
#![expect(unsafe_code, reason = "Wi-Fi is asked through functions of Windows")]

use std::ffi::c_void;

use windows::Win32::Foundation::{HANDLE, WIN32_ERROR};
use windows::Win32::NetworkManagement::WiFi::{
    WLAN_CONNECTION_ATTRIBUTES, WLAN_INTERFACE_INFO, WLAN_INTERFACE_INFO_LIST, wlan_interface_state_connected,
};
use windows::core::GUID;

use super::super::answers::WifiLink;
use super::library::Library;
use super::{Answer, trouble_of};

/// The second form of these functions, since Windows Vista.
const VERSION: u32 = 2;
/// What may be asked of an adapter (WLAN_INTF_OPCODE of wlanapi.h).
const CURRENT_CONNECTION: i32 = 7;
const RSSI: i32 = 0x1000_0102;
/// The service of Wi-Fi does not run, or there is none.
const SERVICE_NOT_ACTIVE: u32 = 1062;
const SERVICE_DOES_NOT_EXIST: u32 = 1060;

type Open = unsafe extern "system" fn(u32, *const c_void, *mut u32, *mut HANDLE) -> u32;
type Close = unsafe extern "system" fn(HANDLE, *const c_void) -> u32;
type Enumerate = unsafe extern "system" fn(HANDLE, *const c_void, *mut *mut WLAN_INTERFACE_INFO_LIST) -> u32;
type Query = unsafe extern "system" fn(
    HANDLE,
    *const GUID,
    i32,
    *const c_void,
    *mut u32,
    *mut *mut c_void,
    *mut i32,
) -> u32;
type Free = unsafe extern "system" fn(*const c_void);

/// The library, open, closed at the end.
struct Wlan {
    handle: HANDLE,
    close: Close,
    enumerate: Enumerate,
    query: Query,
    free: Free,
    /// Holds the functions; goes last.
    _library: Library,
}

impl Drop for Wlan {
    fn drop(&mut self) {
        // SAFETY: opened by this file and closed once, while the library is loaded.
        unsafe { (self.close)(self.handle, std::ptr::null()) };
    }
}

pub(super) fn links() -> Answer<Vec<WifiLink>> {
    let Some(wlan) = open()? else { return Ok(None) };
    let mut list: *mut WLAN_INTERFACE_INFO_LIST = std::ptr::null_mut();
    // SAFETY: the place lives through the call; what Windows allocates is freed below.
    let code = unsafe { (wlan.enumerate)(wlan.handle, std::ptr::null(), &raw mut list) };
    if code != 0 || list.is_null() {
        return Err(trouble_of("list the Wi-Fi adapters", WIN32_ERROR(code)));
    }
    // SAFETY: the list has as many entries as it says, one after the other.
    let mut links: Vec<WifiLink> = unsafe {
        let count = usize::try_from((*list).dwNumberOfItems).unwrap_or(0);
        let entries: &[WLAN_INTERFACE_INFO] =
            std::slice::from_raw_parts((&raw const (*list).InterfaceInfo).cast(), count);
        let connected = entries.iter().filter(|entry| entry.isState == wlan_interface_state_connected);
        connected.map(|entry| link(&wlan, &entry.InterfaceGuid)).collect()
    };
    // SAFETY: Windows allocated it, and it is freed once.
    unsafe { (wlan.free)(list.cast_const().cast()) };
    links.sort_unstable();
    Ok(Some(links))
}

fn open() -> Answer<Wlan> {
    let Some(library) = Library::load("wlanapi.dll") else { return Ok(None) };
    let functions = (
        library.function(c"WlanOpenHandle"),
        library.function(c"WlanCloseHandle"),
        library.function(c"WlanEnumInterfaces"),
        library.function(c"WlanQueryInterface"),
        library.function(c"WlanFreeMemory"),
    );
    let (Some(open), Some(close), Some(enumerate), Some(query), Some(free)) = functions else {
        return Ok(None);
    };
    // SAFETY: wlanapi.h declares the functions so.
    let (open, close, enumerate, query, free) = unsafe {
        (
            std::mem::transmute::<*const c_void, Open>(open),
            std::mem::transmute::<*const c_void, Close>(close),
            std::mem::transmute::<*const c_void, Enumerate>(enumerate),
            std::mem::transmute::<*const c_void, Query>(query),
            std::mem::transmute::<*const c_void, Free>(free),
        )
    };
    let (mut version, mut handle) = (0, HANDLE::default());
    // SAFETY: both places live through the call.
    match unsafe { open(VERSION, std::ptr::null(), &raw mut version, &raw mut handle) } {
        0 => Ok(Some(Wlan { handle, close, enumerate, query, free, _library: library })),
        SERVICE_NOT_ACTIVE | SERVICE_DOES_NOT_EXIST => Ok(None),
        code => Err(trouble_of("ask for Wi-Fi", WIN32_ERROR(code))),
    }
}

fn link(wlan: &Wlan, adapter: &GUID) -> WifiLink {
    let connection = asked(wlan, adapter, CURRENT_CONNECTION, |attributes: &WLAN_CONNECTION_ATTRIBUTES| {
        let security = &attributes.wlanSecurityAttributes;
        let protection =
            (security.dot11AuthAlgorithm.0.cast_unsigned(), security.dot11CipherAlgorithm.0.cast_unsigned());
        (attributes.wlanAssociationAttributes.wlanSignalQuality, protection)
    });
    // -100 dBm is 0 and -50 dBm is 100, as wlanapi.h explains the quality.
    let by_rssi = || {
        asked(wlan, adapter, RSSI, |dbm: &i32| {
            u32::try_from((dbm.saturating_add(100) * 2).clamp(0, 100)).ok()
        })
    };
    WifiLink {
        adapter: format!("{{{adapter:?}}}"),
        signal: connection.map(|(quality, _)| quality).or_else(|| by_rssi().flatten()),
        protection: connection.map(|(_, protection)| protection),
    }
}

/// What Windows answers, read as a `T`; none when it refuses or answers less than that.
fn asked<T, U>(wlan: &Wlan, adapter: &GUID, opcode: i32, read: impl FnOnce(&T) -> U) -> Option<U> {
    let (mut size, mut kind) = (0, 0);
    let mut answer: *mut c_void = std::ptr::null_mut();
    // SAFETY: all places live through the call; what Windows allocates is freed below.
    let code = unsafe {
        (wlan.query)(
            wlan.handle,
            adapter,
            opcode,
            std::ptr::null(),
            &raw mut size,
            &raw mut answer,
            &raw mut kind,
        )
    };
    if code != 0 || answer.is_null() {
        return None;
    }
    let whole = usize::try_from(size).is_ok_and(|size| size >= size_of::<T>());
    // SAFETY: Windows answers this question in this form, and there is enough of it.
    let read = whole.then(|| read(unsafe { &*answer.cast::<T>() }));
    // SAFETY: Windows allocated it, and it is freed once.
    unsafe { (wlan.free)(answer.cast_const()) };
    read
}

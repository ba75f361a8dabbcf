//! The oldest events of a log, and the newest of one number. The log of security opens to administrators only.
#![expect(unsafe_code, reason = "logs are read through functions of Windows")]

use std::ffi::c_void;

use windows::Win32::Foundation::{FILETIME, GetLastError, WIN32_ERROR};
use windows::core::{HSTRING, PCWSTR, w};

use super::super::EVENTS_COUNT_MAX;
use super::super::answers::Event;
use super::library::Library;
use super::{Answer, Trouble, moment, trouble_of};

/// EvtQueryChannelPath, EvtQueryForwardDirection and EvtQueryReverseDirection (winevt.h).
const CHANNEL_PATH: u32 = 0x1;
const FORWARD: u32 = 0x100;
const REVERSE: u32 = 0x200;
/// Kinds of rendered values (EVT_VARIANT_TYPE of winevt.h).
const STRING: u32 = 1;
const U16: u32 = 6;
const FILETIME: u32 = 17;
/// There is no such log; there is nothing more; it does not fit.
const CHANNEL_NOT_FOUND: u32 = 15_007;
const NO_MORE_ITEMS: u32 = 259;
const INSUFFICIENT_BUFFER: u32 = 122;
/// How long one step may take, in milliseconds.
const STEP_PATIENCE: u32 = 2_000;
/// Largest rendered event, in units of 64 bit.
const ROOM_UNITS_MAX: usize = 1_024;

type Handle = *mut c_void;
type Query = unsafe extern "system" fn(Handle, *const u16, *const u16, u32) -> Handle;
type Next = unsafe extern "system" fn(Handle, u32, *mut Handle, u32, u32, *mut u32) -> i32;
type Context = unsafe extern "system" fn(u32, *const *const u16, u32) -> Handle;
type Render = unsafe extern "system" fn(Handle, Handle, u32, u32, *mut c_void, *mut u32, *mut u32) -> i32;
type Close = unsafe extern "system" fn(Handle) -> i32;

/// EVT_VARIANT.
#[repr(C)]
#[derive(Clone, Copy)]
struct Variant {
    value: u64,
    count: u32,
    kind: u32,
}

/// What is opened, closed at the end.
struct Opened {
    handle: Handle,
    close: Close,
}

impl Drop for Opened {
    fn drop(&mut self) {
        // SAFETY: opened by this file and closed once. That closing fails changes nothing here.
        let _closed = unsafe { (self.close)(self.handle) };
    }
}

/// The functions of wevtapi.dll, looked up because Wine has only some of them.
struct Functions {
    query: Query,
    next: Next,
    context: Context,
    render: Render,
    close: Close,
}

impl Functions {
    fn find(library: &Library) -> Option<Functions> {
        // SAFETY: winevt.h declares the functions so.
        unsafe {
            Some(Functions {
                query: std::mem::transmute::<*const c_void, Query>(library.function(c"EvtQuery")?),
                next: std::mem::transmute::<*const c_void, Next>(library.function(c"EvtNext")?),
                context: std::mem::transmute::<*const c_void, Context>(
                    library.function(c"EvtCreateRenderContext")?,
                ),
                render: std::mem::transmute::<*const c_void, Render>(library.function(c"EvtRender")?),
                close: std::mem::transmute::<*const c_void, Close>(library.function(c"EvtClose")?),
            })
        }
    }

    fn opened(&self, handle: Handle) -> Option<Opened> {
        (!handle.is_null()).then_some(Opened { handle, close: self.close })
    }
}

pub(super) fn oldest(log: &str) -> Answer<Vec<Event>> {
    first(log, w!("*"), FORWARD)
}

pub(super) fn newest(log: &str, id: u16) -> Answer<Vec<Event>> {
    let wanted = HSTRING::from(format!("*[System[(EventID={id})]]"));
    first(log, PCWSTR(wanted.as_ptr()), REVERSE)
}

/// The first events of a log in this direction. `wanted` is an XPath that lives through the call.
fn first(log: &str, wanted: PCWSTR, direction: u32) -> Answer<Vec<Event>> {
    let library = Library::load("wevtapi.dll").ok_or(Trouble::NotSupported)?;
    let functions = Functions::find(&library).ok_or(Trouble::NotSupported)?;
    let name = HSTRING::from(log);
    // SAFETY: all texts live through the call and end with a zero.
    let events =
        unsafe { (functions.query)(std::ptr::null_mut(), name.as_ptr(), wanted.0, CHANNEL_PATH | direction) };
    let Some(events) = functions.opened(events) else {
        return match last_error() {
            WIN32_ERROR(CHANNEL_NOT_FOUND) => Ok(None),
            // Wine fails without a reason.
            WIN32_ERROR(0 | 120) => Err(Trouble::NotSupported),
            code => Err(trouble_of("open a log of events", code)),
        };
    };
    let paths = [
        w!("Event/System/Provider/@Name").0,
        w!("Event/System/EventID").0,
        w!("Event/System/TimeCreated/@SystemTime").0,
    ];
    // SAFETY: all texts live through the call and end with a zero.
    let context = unsafe { (functions.context)(3, paths.as_ptr(), 0) };
    let Some(context) = functions.opened(context) else {
        return Err(trouble_of("read a log of events", last_error()));
    };
    let mut read = Vec::new();
    while read.len() < EVENTS_COUNT_MAX {
        let (mut event, mut count) = (std::ptr::null_mut(), 0);
        // SAFETY: room for one event and its count, both living through the call.
        let found =
            unsafe { (functions.next)(events.handle, 1, &raw mut event, STEP_PATIENCE, 0, &raw mut count) };
        match (found, functions.opened(event)) {
            (0, _) => match last_error() {
                WIN32_ERROR(NO_MORE_ITEMS) => break,
                code => return Err(trouble_of("read a log of events", code)),
            },
            (_, Some(event)) if count == 1 => read.push(rendered(&functions, &context, &event)?),
            (_, _) => return Err(Trouble::Failed("the log of events answers no event".to_owned())),
        }
    }
    Ok(Some(read))
}

fn last_error() -> WIN32_ERROR {
    // SAFETY: takes nothing and answers a number.
    unsafe { GetLastError() }
}

fn rendered(functions: &Functions, context: &Opened, event: &Opened) -> Result<Event, Trouble> {
    let odd = || Trouble::Failed("an event has an unknown form".to_owned());
    // u64 gives the alignment that the values ask for.
    let mut room = vec![0_u64; 64];
    let (mut used, mut count) = (0_u32, 0_u32);
    loop {
        let size = u32::try_from(size_of_val(room.as_slice())).unwrap_or(0);
        // SAFETY: the room is as large as said and lives through the call, as do both places.
        let done = unsafe {
            (functions.render)(
                context.handle,
                event.handle,
                0,
                size,
                room.as_mut_ptr().cast(),
                &raw mut used,
                &raw mut count,
            )
        };
        if done != 0 {
            break;
        }
        let wanted = usize::try_from(used).unwrap_or(usize::MAX).div_ceil(size_of::<u64>());
        match last_error() {
            WIN32_ERROR(INSUFFICIENT_BUFFER) if wanted > room.len() && wanted <= ROOM_UNITS_MAX => {
                room = vec![0; wanted];
            }
            code => return Err(trouble_of("read an event", code)),
        }
    }
    if count != 3 {
        return Err(odd());
    }
    // SAFETY: Windows says that three values stand at the beginning of the room, which is large enough for them.
    let [provider, id, at] = unsafe { *room.as_ptr().cast::<[Variant; 3]>() };
    if (provider.kind, id.kind, at.kind) != (STRING, U16, FILETIME) {
        return Err(odd());
    }
    // The address of the text, in as many bits as this program has.
    let start =
        usize::try_from(provider.value & u64::try_from(usize::MAX).unwrap_or(u64::MAX)).map_err(|_| odd())?;
    // SAFETY: the kind says that the value is a text that ends with a zero; it lies in the room, which still lives.
    let provider = unsafe { PCWSTR(start as *const u16).to_hstring() }.to_string_lossy();
    let id = u16::try_from(id.value & 0xffff).map_err(|_| odd())?;
    let half = |shift: u32| u32::try_from(at.value >> shift & 0xffff_ffff).map_err(|_| odd());
    let at = moment(FILETIME { dwLowDateTime: half(0)?, dwHighDateTime: half(32)? })?;
    Ok(Event { at, id, provider })
}

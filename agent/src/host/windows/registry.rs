//! The registry, read in one of its two views.
#![expect(unsafe_code, reason = "when a key was changed is told by a function of Windows")]

use std::collections::BTreeMap;

use jiff::Timestamp;
use windows::Win32::Foundation::FILETIME;
use windows::Win32::System::Registry::{HKEY, RegQueryInfoKeyW};
use windows_registry::{CURRENT_USER, LOCAL_MACHINE, USERS};

use super::super::answers::{Key, RegistryValue, View};
use super::{Answer, Trouble, moment, trouble, trouble_of};

/// The right to read, and the views (winnt.h).
const KEY_READ: u32 = 0x2_0019;
const KEY_WOW64_64KEY: u32 = 0x0100;
const KEY_WOW64_32KEY: u32 = 0x0200;

/// Not there: a key or value, or a key that is being removed (0x8007nnnn for 2, 3, 1018).
const ABSENT: [u32; 3] = [0x8007_0002, 0x8007_0003, 0x8007_03fa];

pub(super) fn value(key: Key<'_>, name: &str) -> Answer<RegistryValue> {
    let Some(opened) = open(key)? else { return Ok(None) };
    match opened.get_value(name) {
        Ok(value) => Ok(Some(RegistryValue::read(value.ty().into(), &value))),
        Err(error) => failed(key, &error),
    }
}

pub(super) fn values(key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
    let Some(opened) = open(key)? else { return Ok(None) };
    match opened.values() {
        Ok(values) => Ok(Some(
            values.map(|(name, value)| (name, RegistryValue::read(value.ty().into(), &value))).collect(),
        )),
        Err(error) => failed(key, &error),
    }
}

pub(super) fn keys(key: Key<'_>) -> Answer<Vec<String>> {
    let Some(opened) = open(key)? else { return Ok(None) };
    match opened.keys() {
        Ok(keys) => {
            let mut keys: Vec<String> = keys.collect();
            keys.sort_unstable();
            Ok(Some(keys))
        }
        Err(error) => failed(key, &error),
    }
}

fn open(key: Key<'_>) -> Answer<windows_registry::Key> {
    let (root, path) = match key.path.split_once('\\') {
        Some(("HKLM", path)) => (LOCAL_MACHINE, path),
        Some(("HKU", path)) => (USERS, path),
        Some(("HKCU", path)) => (CURRENT_USER, path),
        Some(_) | None => {
            return Err(Trouble::Failed(format!("{key} begins with none of HKLM, HKU and HKCU")));
        }
    };
    let view = match key.view {
        View::Wide => KEY_WOW64_64KEY,
        View::Narrow => KEY_WOW64_32KEY,
    };
    match root.options().access(KEY_READ | view).open(path) {
        Ok(opened) => Ok(Some(opened)),
        Err(error) => failed(key, &error),
    }
}

fn failed<T>(key: Key<'_>, error: &windows::core::Error) -> Answer<T> {
    if ABSENT.contains(&error.code().0.cast_unsigned()) {
        return Ok(None);
    }
    Err(trouble(&format!("read {key} of the registry"), error))
}

pub(super) fn changed(key: Key<'_>) -> Answer<Timestamp> {
    let Some(opened) = open(key)? else { return Ok(None) };
    let mut at = FILETIME::default();
    // SAFETY: the key is open, and the place lives through the call.
    let code = unsafe {
        RegQueryInfoKeyW(
            HKEY(opened.as_raw()),
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            None,
            Some(&raw mut at),
        )
    };
    if code.0 != 0 {
        return Err(trouble_of(&format!("ask when {key} was changed"), code));
    }
    moment(at).map(Some)
}

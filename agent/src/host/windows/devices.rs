//! The devices that Windows knows, those that are there and those that once were.
//!
//! The last part of a device's path is left out: it is often a serial number.
#![expect(unsafe_code, reason = "devices are listed through functions of Windows")]

use std::collections::BTreeSet;

use jiff::Timestamp;
use windows::Win32::Devices::DeviceAndDriverInstallation::{
    DIGCF_ALLCLASSES, DIGCF_PRESENT, HDEVINFO, SETUP_DI_GET_CLASS_DEVS_FLAGS, SETUP_DI_REGISTRY_PROPERTY,
    SP_DEVINFO_DATA, SPDRP_CLASSGUID, SPDRP_DEVICEDESC, SPDRP_DRIVER, SPDRP_FRIENDLYNAME, SPDRP_SERVICE,
    SetupDiDestroyDeviceInfoList, SetupDiEnumDeviceInfo, SetupDiGetClassDevsW, SetupDiGetDeviceInstanceIdW,
    SetupDiGetDevicePropertyW, SetupDiGetDeviceRegistryPropertyW,
};
use windows::Win32::Devices::Properties::{
    DEVPKEY_Device_LastArrivalDate, DEVPKEY_Device_LastRemovalDate, DEVPROP_TYPE_FILETIME, DEVPROPTYPE,
};
use windows::Win32::Foundation::{DEVPROPKEY, ERROR_NO_MORE_ITEMS, FILETIME};
use windows::core::{GUID, HRESULT, HSTRING, PCWSTR};

use super::super::answers::{Among, Device};
use super::{Answer, Trouble, moment, trouble};

/// Most devices of one question.
const DEVICES_COUNT_MAX: u32 = 10_000;
/// Longest path of a device, in UTF-16 (MAX_DEVICE_ID_LEN).
const PATH_UNITS_MAX: usize = 200;
/// Longest text about a device, in bytes.
const TEXT_BYTES_MAX: usize = 1024;

/// A question that another thread can ask.
pub(super) enum Asked {
    Class(GUID),
    Enumerator(HSTRING),
}

impl Asked {
    pub(super) fn new(among: Among<'_>) -> Result<Asked, Trouble> {
        match among {
            Among::Class(class) => {
                let digits: String = class.chars().filter(char::is_ascii_hexdigit).collect();
                let number = u128::from_str_radix(&digits, 16)
                    .map_err(|_| Trouble::Failed(format!("{class} is no class of devices")))?;
                Ok(Asked::Class(GUID::from_u128(number)))
            }
            Among::Enumerator(name) => Ok(Asked::Enumerator(HSTRING::from(name))),
        }
    }

    fn list(&self, flags: SETUP_DI_GET_CLASS_DEVS_FLAGS) -> Result<List, Trouble> {
        // SAFETY: class and name live through the call; the list is ended by its guard.
        let list = unsafe {
            match self {
                Asked::Class(class) => SetupDiGetClassDevsW(Some(class), PCWSTR::null(), None, flags),
                Asked::Enumerator(name) => SetupDiGetClassDevsW(None, name, None, flags | DIGCF_ALLCLASSES),
            }
        };
        list.map(List).map_err(|error| trouble("list the devices", &error))
    }
}

pub(super) fn devices(asked: &Asked) -> Answer<Vec<Device>> {
    let mut present = BTreeSet::new();
    asked.list(DIGCF_PRESENT)?.each(|list, data| {
        present.extend(list.path(data));
    })?;
    let mut devices = Vec::new();
    asked.list(SETUP_DI_GET_CLASS_DEVS_FLAGS(0))?.each(|list, data| {
        let Some(path) = list.path(data) else { return };
        let text = |property| list.text(data, property);
        devices.push(Device {
            present: present.contains(&path),
            id: path.rsplit_once('\\').map_or(path.as_str(), |(id, _)| id).to_owned(),
            name: text(SPDRP_FRIENDLYNAME).or_else(|| text(SPDRP_DEVICEDESC)),
            class: text(SPDRP_CLASSGUID).map(|class| class.to_ascii_lowercase()),
            service: text(SPDRP_SERVICE),
            driver: text(SPDRP_DRIVER),
            arrived_at: list.time(data, &DEVPKEY_Device_LastArrivalDate),
            removed_at: list.time(data, &DEVPKEY_Device_LastRemovalDate),
        });
    })?;
    devices.sort_unstable();
    Ok(Some(devices))
}

/// A list of devices.
struct List(HDEVINFO);

impl Drop for List {
    fn drop(&mut self) {
        // SAFETY: made by this file and ended once. That ending fails changes nothing here.
        drop(unsafe { SetupDiDestroyDeviceInfoList(self.0) });
    }
}

impl List {
    fn each(&self, mut look: impl FnMut(&List, &SP_DEVINFO_DATA)) -> Result<(), Trouble> {
        for index in 0..DEVICES_COUNT_MAX {
            let size = u32::try_from(size_of::<SP_DEVINFO_DATA>()).unwrap_or(0);
            let mut data = SP_DEVINFO_DATA { cbSize: size, ..Default::default() };
            // SAFETY: the list is open, and the place for the answer says how large it is.
            match unsafe { SetupDiEnumDeviceInfo(self.0, index, &raw mut data) } {
                Ok(()) => look(self, &data),
                Err(error) if error.code() == HRESULT::from_win32(ERROR_NO_MORE_ITEMS.0) => return Ok(()),
                Err(error) => return Err(trouble("list the devices", &error)),
            }
        }
        Err(Trouble::Failed(format!("Windows knows more than {DEVICES_COUNT_MAX} devices of a kind")))
    }

    fn path(&self, data: &SP_DEVINFO_DATA) -> Option<String> {
        let mut room = [0; PATH_UNITS_MAX];
        // SAFETY: the device is of this list, and Windows is told how much room there is.
        unsafe { SetupDiGetDeviceInstanceIdW(self.0, data, Some(&mut room), None) }.ok()?;
        until_zero(room.iter().copied())
    }

    fn text(&self, data: &SP_DEVINFO_DATA, property: SETUP_DI_REGISTRY_PROPERTY) -> Option<String> {
        let mut room = [0; TEXT_BYTES_MAX];
        // SAFETY: the device is of this list, and Windows is told how much room there is.
        unsafe { SetupDiGetDeviceRegistryPropertyW(self.0, data, property, None, Some(&mut room), None) }
            .ok()?;
        let text = until_zero(room.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair)))?;
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// Windows 7 keeps no such times.
    fn time(&self, data: &SP_DEVINFO_DATA, key: &DEVPROPKEY) -> Option<Timestamp> {
        let mut room = [0; 8];
        let mut kind = DEVPROPTYPE(0);
        // SAFETY: the device is of this list, and Windows is told how much room there is.
        unsafe { SetupDiGetDevicePropertyW(self.0, data, key, &raw mut kind, Some(&mut room), None, 0) }
            .ok()?;
        let [low, high] = *room.as_chunks::<4>().0 else { return None };
        let time =
            FILETIME { dwLowDateTime: u32::from_le_bytes(low), dwHighDateTime: u32::from_le_bytes(high) };
        (kind == DEVPROP_TYPE_FILETIME).then(|| moment(time).ok()).flatten()
    }
}

/// None for a text with half a character.
fn until_zero(units: impl Iterator<Item = u16>) -> Option<String> {
    let units: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    String::from_utf16(&units).ok()
}

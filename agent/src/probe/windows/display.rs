//! Screens and graphics.
//!
//! Which screens and adapters are there is told by the list of devices, and what a screen says of itself lies in the
//! registry, where it stays after the screen has gone; nothing needs an administrator, and nothing asks WMI, whose
//! number for an adapter's memory ends at 4 GiB.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::display::{Display, Graphics};
use rules::quantity::{Bytes, Version};

use super::devices::present;
use super::registry::text;
use crate::host::answers::{Among, Device, Key, RegistryValue};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact_or_unsupported, known_or_unsupported};
use crate::probe::screens::{Screen, display};

/// Classes of devices (devguid.h).
const MONITORS: Among<'_> = Among::Class("{4d36e96e-e325-11ce-bfc1-08002be10318}");
const ADAPTERS: Among<'_> = Among::Class("{4d36e968-e325-11ce-bfc1-08002be10318}");
const ENUM: &str = r"HKLM\SYSTEM\CurrentControlSet\Enum";
const CLASS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Class";

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Display {
    display(screens(host), fact_or_unsupported(graphics(host)))
}

fn screens(host: &dyn Host) -> Result<Vec<Screen>, Trouble> {
    let devices = present(host, MONITORS)?.ok_or(Trouble::NotSupported)?;
    Ok(devices.iter().map(|device| Screen { edid: edid(host, device), mode: None }).collect())
}

/// Screens of one kind have a key each, told apart by their driver's key.
fn edid(host: &dyn Host, device: &Device) -> Answer<Vec<u8>> {
    let path = format!(r"{ENUM}\{}", device.id);
    for instance in host.registry_keys(Key::wide(&path))?.unwrap_or_default() {
        let path = format!(r"{path}\{instance}");
        if text(host, &path, "Driver")? != device.driver {
            continue;
        }
        let path = format!(r"{path}\Device Parameters");
        return match host.registry_value(Key::wide(&path), "EDID")? {
            Some(RegistryValue::Bytes(bytes)) => Ok(Some(bytes)),
            Some(_) => Err(Trouble::Failed("the registry holds an EDID that is none".to_owned())),
            None => Ok(None),
        };
    }
    Ok(None)
}

fn graphics(host: &dyn Host) -> Answer<Vec<Graphics>> {
    let Some(devices) = present(host, ADAPTERS)? else { return Ok(None) };
    let adapter = |device: Device| {
        let key = device.driver.map(|driver| format!(r"{CLASS}\{driver}"));
        Graphics {
            name: known_or_unsupported(device.name),
            memory: fact_or_unsupported(key.as_deref().map_or(Ok(None), |key| memory(host, key))).map(Bytes),
            driver: match &key {
                Some(key) => fact_or_unsupported(text(host, key, "DriverVersion")).map(Version),
                None => Fact::Unknown(Reason::NotSupported),
            },
        }
    };
    Ok(Some(devices.into_iter().map(adapter).collect()))
}

/// Older drivers know only a number of 32 bits, or write their number as bytes.
fn memory(host: &dyn Host, key: &str) -> Answer<i64> {
    for name in ["HardwareInformation.qwMemorySize", "HardwareInformation.MemorySize"] {
        let size = match host.registry_value(Key::wide(key), name)? {
            Some(RegistryValue::U32(size)) => Some(u64::from(size)),
            Some(RegistryValue::U64(size)) => Some(size),
            Some(RegistryValue::Bytes(bytes)) if bytes.len() <= 8 => {
                Some(bytes.iter().rev().fold(0, |size, byte| size << 8 | u64::from(*byte)))
            }
            Some(_) => return Err(Trouble::Failed(format!("{key}: {name} is not a number"))),
            None => None,
        };
        if let Some(size) = size.and_then(|size| i64::try_from(size).ok()).filter(|size| *size > 0) {
            return Ok(Some(size));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::recorded::Recording;

    const DRIVER: &str = r"{4d36e96e-e325-11ce-bfc1-08002be10318}\0001";

    /// What is told of one screen whose EDID is this in the registry.
    fn model(edid: &Value) -> Fact<String> {
        let device = json!({
            "id": r"DISPLAY\DELA0D9", "name": null, "class": null, "service": null, "driver": DRIVER, "present": true,
            "arrived_at": null, "removed_at": null,
        });
        let recording = json!({
            "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T00:00:00Z",
            "asked": {
                "devices {4d36e96e-e325-11ce-bfc1-08002be10318}": [device],
                "devices {4d36e968-e325-11ce-bfc1-08002be10318}": null,
                r"registry keys HKLM\SYSTEM\CurrentControlSet\Enum\DISPLAY\DELA0D9": ["1"],
                r"registry value HKLM\SYSTEM\CurrentControlSet\Enum\DISPLAY\DELA0D9\1: Driver": {"text": DRIVER},
                r"registry value HKLM\SYSTEM\CurrentControlSet\Enum\DISPLAY\DELA0D9\1\Device Parameters: EDID": edid,
            },
        });
        let host = Recording::load(&recording.to_string()).unwrap();
        let display = ask(&host, Timestamp::UNIX_EPOCH);
        assert_eq!(display.screens, Fact::Known(1), "it is there, whatever it says of itself");
        assert_eq!(display.graphics, Fact::Unknown(Reason::NotSupported));
        display.monitors.known().unwrap()[0].model.clone()
    }

    #[test]
    fn a_screen_is_there_whatever_it_says_of_itself() {
        assert_eq!(model(&Value::Null), Fact::Unknown(Reason::NotSupported));
        assert_eq!(model(&json!({"u32": 7})), Fact::failed("the registry holds an EDID that is none"));
        assert_eq!(
            model(&json!({"bytes": "AP///w=="})),
            Fact::failed("the screen's description has 4 bytes instead of 128")
        );
        assert_eq!(model(&json!({"trouble": "denied"})), Fact::Unknown(Reason::Denied));
    }
}

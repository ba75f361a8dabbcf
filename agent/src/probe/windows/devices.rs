//! Devices that Windows knows, as several probes ask for them.

use crate::host::answers::{Among, Device};
use crate::host::{Answer, Host};

/// Those of these devices that are there.
pub(super) fn present(host: &dyn Host, among: Among<'_>) -> Answer<Vec<Device>> {
    let devices = host.devices(among)?;
    Ok(devices.map(|devices| devices.into_iter().filter(|device| device.present).collect()))
}

/// Maker and product of a USB device, such as `USB\VID_0529&PID_0620` or one of its interfaces.
pub(super) fn usb_numbers(id: &str) -> Option<(u16, u16)> {
    let (maker, rest) = id.strip_prefix(r"USB\VID_")?.split_once("&PID_")?;
    let product = rest.split('&').next()?;
    let number = |text: &str| {
        // A sign before a number is a number to Rust.
        let good = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        good.then(|| u16::from_str_radix(text, 16).ok()).flatten()
    };
    Some((number(maker)?, number(product)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_usb_devices() {
        assert_eq!(usb_numbers(r"USB\VID_25DD&PID_2371"), Some((0x25dd, 0x2371)));
        assert_eq!(usb_numbers(r"USB\VID_0529&PID_0620&MI_00"), Some((0x0529, 0x0620)));
        for odd in
            [r"USB\ROOT_HUB30", r"USB\VID_&PID_", r"PCI\VEN_8086&DEV_5917", "", r"USB\VID_+5DD&PID_2371"]
        {
            assert_eq!(usb_numbers(odd), None, "{odd}");
        }
    }
}

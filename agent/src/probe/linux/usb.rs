//! The devices on the USB. Used by several probes.
//!
//! From /sys/bus/usb/devices; nothing needs root. A folder without a colon in its name is a device, one with a colon
//! one of its interfaces. Serial numbers are not read.

use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::line;

const FOLDER: &str = "/sys/bus/usb/devices";

/// Classes of interfaces (usb.org, Defined Class Codes).
pub(super) const CLASS_PRINTER: u8 = 0x07;
pub(super) const CLASS_SMART_CARD: u8 = 0x0b;
pub(super) const CLASS_VIDEO: u8 = 0x0e;

/// A device on the USB.
pub(super) struct Device {
    /// Its folder.
    pub(super) path: String,
    /// Number of its maker.
    pub(super) maker: u16,
    /// Its maker's number for it.
    pub(super) product: u16,
    /// What it calls itself.
    pub(super) name: Option<String>,
    /// Classes of its interfaces.
    pub(super) classes: Vec<u8>,
}

/// All of them, hubs too. Not there: a kernel without USB, which says nothing of what is plugged in.
pub(super) fn devices(host: &dyn Host) -> Answer<Vec<Device>> {
    let Some(entries) = host.folder(FOLDER)? else { return Ok(None) };
    let mut devices = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.contains(':')) {
        let of = |name: &str| line(host, &format!("{FOLDER}/{entry}/{name}"));
        // Unplugged meanwhile.
        let (Some(maker), Some(product)) = (of("idVendor")?, of("idProduct")?) else { continue };
        let number = |text: &str| {
            u16::from_str_radix(text, 16)
                .map_err(|_| Trouble::Failed(format!("the USB device {entry} has the odd number {text:?}")))
        };
        let interfaces = entries
            .iter()
            .filter(|other| other.strip_prefix(entry.as_str()).is_some_and(|rest| rest.starts_with(':')));
        let mut classes = Vec::new();
        for interface in interfaces {
            let class = line(host, &format!("{FOLDER}/{interface}/bInterfaceClass"))?;
            classes.extend(class.and_then(|class| u8::from_str_radix(&class, 16).ok()));
        }
        devices.push(Device {
            path: format!("{FOLDER}/{entry}"),
            maker: number(&maker)?,
            product: number(&product)?,
            // Only asked for what may be shown.
            name: match classes.contains(&CLASS_SMART_CARD) {
                true => of("product")?,
                false => None,
            },
            classes,
        });
    }
    Ok(Some(devices))
}

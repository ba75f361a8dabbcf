//! Printers, scanners and what else stands on the table.
//!
//! Printers from the file of CUPS, which only root may read; without CUPS, those on the USB by the class of their
//! interface, and none there is not "no". Scanners by the mark that SANE's rules leave in udev's notes on a USB device:
//! no class of the USB means a scanner, and one in the network would have to be called for, which is not done. So a
//! scanner is seen or unknown, never "none". Whether it feeds sheets, in which colours and how finely it scans, SANE's
//! backends and eSCL tell only to whoever opens the scanner, over the network or the USB: `scanimage -A` prints texts
//! that are translated, and a scanner that is asked wakes and may be in use. So all of that stays `not_supported`.
//! Cameras and microphones from what the kernel lists, unknown without its drivers for them; a sound card's socket
//! counts as a microphone, plugged in or not. A power supply is known when it is on the USB or looked after by NUT or
//! apcupsd; one without a cable is not seen, and neither is a reader of codes that poses as a keyboard, so none of them
//! is never "no".

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::peripherals::{Connection, Peripherals, Printer, Scanner};

use super::usb::{self, CLASS_PRINTER, CLASS_VIDEO, Device};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{any_running, fact_or_unsupported, first_present, line, number, text};
use crate::probe::usb::{Use, known, written};

const PRINTERS: &str = "/etc/cups/printers.conf";
/// The server of CUPS, as packages and snaps bring it.
const CUPS: &[&str] = &["/usr/sbin/cupsd", "/usr/bin/cupsd", "/snap/cups/current"];
const VIDEO: &str = "/sys/class/video4linux";
const POWER: &str = "/sys/class/power_supply";
/// Programs that look after a power supply.
const POWER_PROGRAMS: &[&str] = &["apcupsd", "upsd", "upsmon"];
/// Ways to a printer that end in a file.
const VIRTUAL: &[&str] = &["cups-pdf", "cups-brf", "file", "null"];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Peripherals {
    let devices = usb::devices(host).and_then(|devices| devices.ok_or(Trouble::NotSupported));
    Peripherals {
        printers: fact_or_unsupported(set_up(host, &devices)),
        scanners: fact_or_unsupported(match &devices {
            Ok(devices) => scanners(host, devices),
            Err(trouble) => Err(trouble.clone()),
        }),
        ups: match &devices {
            Ok(devices) => power_supply(host, devices),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        cameras: fact_or_unsupported(cameras(host, &devices)),
        microphones: fact_or_unsupported(
            text(host, "/proc/asound/pcm").map(|text| text.as_deref().map(microphones)),
        ),
        id_readers: match &devices {
            Ok(devices) => id_readers(devices),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
    }
}

/// The printers that are set up in CUPS. Without CUPS only those on the USB are seen, whoever else prints.
fn set_up(host: &dyn Host, devices: &Result<Vec<Device>, Trouble>) -> Answer<Vec<Printer>> {
    if let Some(text) = text(host, PRINTERS)? {
        return Ok(Some(printers(&text)));
    }
    // CUPS makes the file with the first printer.
    if first_present(host, CUPS)?.is_some() {
        return Ok(Some(Vec::new()));
    }
    let plugged = |device: &&Device| device.classes.contains(&CLASS_PRINTER);
    let found: Vec<Printer> = devices
        .as_ref()
        .map_err(Clone::clone)?
        .iter()
        .filter(plugged)
        .map(|_| Printer {
            driver: Fact::Absent,
            connection: Connection::Usb.into(),
            default: Fact::Unknown(Reason::NotSupported),
        })
        .collect();
    Ok(Some(found).filter(|found| !found.is_empty()))
}

/// The queues of printers.conf(5) that end on paper.
fn printers(text: &str) -> Vec<Printer> {
    let mut printers = Vec::new();
    let mut queue: Option<(bool, Option<&str>, Option<&str>)> = None;
    for line in text.lines().map(str::trim) {
        if line.starts_with("<Printer ") || line.starts_with("<DefaultPrinter ") {
            queue = Some((line.starts_with("<Default"), None, None));
        } else if let Some((default, driver, way)) = &mut queue {
            if line == "</Printer>" || line == "</DefaultPrinter>" {
                let connection = way.map_or(Some(Fact::Unknown(Reason::NotSupported)), connection);
                printers.extend(connection.map(|connection| Printer {
                    driver: driver.map_or(Fact::Absent, |driver| driver.to_owned().into()),
                    connection,
                    default: (*default).into(),
                }));
                queue = None;
            } else if let Some(model) = line.strip_prefix("MakeModel ") {
                *driver = Some(model.trim());
            } else if let Some(uri) = line.strip_prefix("DeviceURI ") {
                *way = Some(uri.trim());
            }
        }
    }
    printers
}

/// How a printer is connected, by the address that CUPS has for it; none when it is none.
fn connection(uri: &str) -> Option<Fact<Connection>> {
    let (scheme, rest) = uri.split_once(':').unwrap_or((uri, ""));
    if VIRTUAL.contains(&scheme) || scheme.starts_with('/') {
        return None;
    }
    // ipp-usb makes a printer on the USB look like one in the network of this PC.
    let here = rest.starts_with("//localhost") || rest.starts_with("//127.") || rest.contains("._usb");
    Some(match scheme {
        "usb" => Connection::Usb.into(),
        "hp" | "hpfax" if rest.starts_with("/usb") => Connection::Usb.into(),
        "ipp" | "ipps" | "dnssd" if here => Connection::Usb.into(),
        "parallel" | "serial" => Connection::Other.into(),
        "ipp" | "ipps" | "http" | "https" | "socket" | "lpd" | "smb" | "dnssd" | "hp" | "implicitclass" => {
            Connection::Network.into()
        }
        _ => Fact::Unknown(Reason::NotSupported),
    })
}

/// Devices that udev's notes call a scanner; not there: none of them, which says nothing of others. The notes of a
/// device bear the number of its node (sd-device's database).
fn scanners(host: &dyn Host, devices: &[Device]) -> Answer<Vec<Scanner>> {
    let mut scanners = Vec::new();
    for device in devices {
        let Some(node) = line(host, &format!("{}/dev", device.path))? else { continue };
        let notes = text(host, &format!("/run/udev/data/c{node}"))?.unwrap_or_default();
        if notes.lines().any(|line| line == "E:libsane_matched=yes") {
            let model = line(host, &format!("{}/product", device.path))?;
            scanners.push(Scanner {
                model: model.unwrap_or_else(|| written(device.maker, device.product)).into(),
                connection: Connection::Usb.into(),
                ..Scanner::all_unknown(&Reason::NotSupported)
            });
        }
    }
    Ok(Some(scanners).filter(|scanners| !scanners.is_empty()))
}

fn power_supply(host: &dyn Host, devices: &[Device]) -> Fact<bool> {
    let plugged = devices
        .iter()
        .any(|device| matches!(known(device.maker, device.product), Some((Use::PowerSupply, _))));
    let listed = || -> Result<bool, Trouble> {
        for name in host.folder(POWER)?.unwrap_or_default() {
            if line(host, &format!("{POWER}/{name}/type"))?.as_deref() == Some("UPS") {
                return Ok(true);
            }
        }
        any_running(host, POWER_PROGRAMS)
    };
    match if plugged { Ok(true) } else { listed() } {
        Ok(true) => true.into(),
        Ok(false) => Fact::Unknown(Reason::NotSupported),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

/// One camera has several nodes: pictures, notes on them, infrared. They share the device above their interface.
///
/// The kernel lists cameras once the driver of one is loaded. Before that, those on the USB show themselves by their
/// class; one that a laptop has inside need not be on the USB, so none is not "no".
fn cameras(host: &dyn Host, devices: &Result<Vec<Device>, Trouble>) -> Answer<i64> {
    let Some(names) = host.folder(VIDEO)? else {
        let devices = devices.as_ref().map_err(Clone::clone)?;
        let plugged = devices.iter().filter(|device| device.classes.contains(&CLASS_VIDEO)).count();
        return Ok(i64::try_from(plugged).ok().filter(|count| *count > 0));
    };
    let mut cameras = BTreeSet::new();
    for name in names {
        let Some(path) = host.link(&format!("{VIDEO}/{name}"))? else { continue };
        if path.contains("/virtual/") || number(host, &format!("{VIDEO}/{name}/index"))?.unwrap_or(0) != 0 {
            continue;
        }
        let path = path.split("/video4linux/").next().unwrap_or_default();
        let device = match path.rsplit_once('/') {
            Some((device, interface)) if interface.contains(':') && path.contains("/usb") => device,
            Some(_) | None => path,
        };
        cameras.insert(device.to_owned());
    }
    Ok(i64::try_from(cameras.len()).ok())
}

/// Lines such as `00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1`.
fn microphones(text: &str) -> i64 {
    let captures = |line: &&str| {
        line.split(" : ").any(|part| part.starts_with("capture ")) && !line.contains("Loopback")
    };
    i64::try_from(text.lines().filter(captures).count()).unwrap_or(i64::MAX)
}

fn id_readers(devices: &[Device]) -> Fact<Vec<String>> {
    let readers: BTreeSet<String> = devices
        .iter()
        .filter_map(|device| match known(device.maker, device.product) {
            Some((Use::IdReader, name)) => Some(name.to_owned()),
            Some(_) | None => None,
        })
        .collect();
    match readers.is_empty() {
        true => Fact::Unknown(Reason::NotSupported),
        false => readers.into_iter().collect::<Vec<_>>().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_of_cups() {
        let text = "# Printer configuration file for CUPS\n<DefaultPrinter Van-thu>\nInfo HP\nMakeModel HP LaserJet M404, hpcups\n\
            DeviceURI hp:/usb/HP_LaserJet?serial=X\n</DefaultPrinter>\n<Printer PDF>\nMakeModel Generic CUPS-PDF Printer\n\
            DeviceURI cups-pdf:/\n</Printer>\n<Printer Net>\nDeviceURI socket://192.0.2.7:9100\n</Printer>\n<Printer cut";
        let told: Vec<_> = printers(text)
            .into_iter()
            .map(|printer| (printer.driver, printer.connection, printer.default))
            .collect();
        let laser = "HP LaserJet M404, hpcups".to_owned();
        assert_eq!(
            told,
            [
                (Fact::Known(laser), Fact::Known(Connection::Usb), Fact::Known(true)),
                (Fact::Absent, Fact::Known(Connection::Network), Fact::Known(false)),
            ]
        );
        assert_eq!(printers(""), []);
    }

    #[test]
    fn ways_to_a_printer() {
        assert_eq!(connection("ipp://localhost:60000/ipp/print"), Some(Connection::Usb.into()));
        assert_eq!(connection("ipp://192.0.2.7/ipp/print"), Some(Connection::Network.into()));
        assert_eq!(connection("parallel:/dev/lp0"), Some(Connection::Other.into()));
        assert_eq!(connection("beh:/1/3/5/x"), Some(Fact::Unknown(Reason::NotSupported)));
        assert_eq!(connection("file:///dev/null"), None);
        assert_eq!(connection("/dev/null"), None);
    }

    #[test]
    fn sound_cards() {
        let text = "00-00: ALC257 Analog : ALC257 Analog : playback 1 : capture 1\n00-03: HDMI 0 : HDMI 0 : playback 1\n\
            02-00: Loopback PCM : Loopback PCM : playback 8 : capture 8\n";
        assert_eq!(microphones(text), 1);
        assert_eq!(microphones(""), 0);
    }
}

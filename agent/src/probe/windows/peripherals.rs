//! Printers, scanners and what else stands on the table.
//!
//! Printers from the registry, where drivers and ports have names that are not translated; those that another PC shares
//! from the settings of everybody who is signed in. Scanners, cameras and power supplies from the list of devices,
//! microphones from the list of sound. Nothing needs an administrator, except other people's settings. Whether a scanner
//! feeds sheets, scans in colour and how finely, it tells Windows Image Acquisition itself, unless it is off or in use;
//! the two lists know a scanner by its driver's key. A power supply without a cable is not seen, and neither is a reader of
//! codes that poses as a keyboard, so none of them is never "no".

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::peripherals::{Connection, Peripherals, Printer, Scanner};

use super::devices::{present, usb_numbers};
use super::people;
use super::registry::{number, text};
use crate::host::answers::{Among, Device, ImageScanner, Key, ScannerItem, ScannerProperties};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact_or_unsupported, known_or_unsupported};
use crate::probe::usb::{Use, known};

const PRINTERS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Print\Printers";
const NETWORK_PORTS: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\Print\Monitors\Standard TCP/IP Port\Ports";
const CONNECTIONS: &str = r"Printers\Connections";
const DEFAULT: &str = r"Software\Microsoft\Windows NT\CurrentVersion\Windows";
const CAPTURE: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\MMDevices\Audio\Capture";
/// PKEY_AudioEndpoint_FormFactor (mmdeviceapi.h), and which of its values are microphones: microphone, headset, handset.
const FORM_FACTOR: &str = "{1da5d803-d492-4edd-8c23-e0c0ffee7f0e},0";
const MICROPHONES: std::ops::RangeInclusive<i64> = 4..=6;
/// DEVICE_STATE_ACTIVE and the states that there are (mmdeviceapi.h).
const STATE_ACTIVE: i64 = 1;
const STATES: i64 = 0xf;

/// Classes of devices (devguid.h).
const IMAGES: Among<'_> = Among::Class("{6bdd1fc6-810f-11d0-bec7-08002be2092f}");
const CAMERAS: Among<'_> = Among::Class("{ca3e7ab9-b4c3-4ae6-8251-579ef933890f}");
const BATTERIES: Among<'_> = Among::Class("{72631e54-78a4-11d0-bcf7-00aa00b7b32a}");
/// The driver of cameras on the USB: before Windows 10 they were images like scanners.
const CAMERA_SERVICE: &str = "usbvideo";
/// The driver of batteries that come by cable.
const POWER_SERVICE: &str = "HidBatt";

/// A sheet feeder among the ways to take paper (WIA_DPS_DOCUMENT_HANDLING_CAPABILITIES), and as a thing to scan from
/// (WIA_CATEGORY_FEEDER).
const HANDLING_FEEDER: i64 = 1;
const CATEGORY_FEEDER: &str = "fe131934-f84c-42ad-8da4-6129cddd7288";
/// Colours among what may be scanned (WIA_IPA_DATATYPE): WIA_DATA_COLOR, and raw forms of it from WIA_DATA_RAW_RGB on.
const COLOURS: &[i64] = &[3, 6, 7, 8, 9, 10, 11];

/// Parts of names of drivers that print into a file, a note or another PC, in small letters.
const VIRTUAL_DRIVERS: &[&str] = &[
    "anydesk",
    "document converter",
    "document image writer",
    "easy print",
    "fax",
    "microsoft software printer",
    "onenote",
    "pdf",
    "snagit",
    "teamviewer",
    "ultraviewer",
    "xps document",
];
/// Beginnings of names of ports that lead there, in small letters.
const VIRTUAL_PORTS: &[&str] =
    &["ad_port", "cpw", "file:", "foxit", "nul", "portprompt:", "shrfax:", "xpsport:"];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Peripherals {
    let images = present(host, IMAGES);
    let usb = present(host, Among::Enumerator("USB"));
    Peripherals {
        printers: fact_or_unsupported(printers(host)),
        cameras: fact_or_unsupported(cameras(host, &images)),
        scanners: fact_or_unsupported(images.map(|images| images.map(|images| scanners(host, images)))),
        ups: power_supply(host, &usb),
        microphones: fact_or_unsupported(microphones(host)),
        id_readers: id_readers(usb),
    }
}

fn printers(host: &dyn Host) -> Answer<Vec<Printer>> {
    let Some(queues) = host.registry_keys(Key::wide(PRINTERS))? else { return Ok(None) };
    let people = settings(host)?;
    let network = host.registry_keys(Key::wide(NETWORK_PORTS))?.unwrap_or_default();
    let mut printers = Vec::new();
    for queue in queues {
        let path = format!(r"{PRINTERS}\{queue}");
        let (driver, port) = (text(host, &path, "Printer Driver"), text(host, &path, "Port"));
        let (driver, port) = (driver?, port?.unwrap_or_default());
        if is_virtual(driver.as_deref().unwrap_or_default(), &port) {
            continue;
        }
        printers.push(Printer {
            driver: Fact::known_or_absent(driver),
            connection: known_or_unsupported(connection(&port, &network)),
            default: people.is_default(&queue),
        });
    }
    for shared in &people.connections {
        printers.push(Printer {
            driver: Fact::Unknown(Reason::NotSupported),
            connection: Connection::Network.into(),
            default: people.is_default(shared),
        });
    }
    Ok(Some(printers))
}

/// What people have set for themselves.
struct People {
    /// Printers of other PCs, such as `\\PC\Printer`.
    connections: BTreeSet<String>,
    /// The printers that are used unless another is chosen; none when nobody's settings could be read.
    defaults: Option<BTreeSet<String>>,
}

impl People {
    fn is_default(&self, queue: &str) -> Fact<bool> {
        known_or_unsupported(self.defaults.as_ref().map(|defaults| defaults.contains(queue)))
    }
}

/// Settings that the agent may not read are left out, unless none can be read.
fn settings(host: &dyn Host) -> Result<People, Trouble> {
    let mut people = People { connections: BTreeSet::new(), defaults: None };
    let mut denied = false;
    for sid in people::signed_in(host)? {
        let key = format!(r"HKU\{sid}\{CONNECTIONS}");
        match host.registry_keys(Key::wide(&key)) {
            // A backslash cannot stand in the name of a key, so commas stand for them.
            Ok(names) => people
                .connections
                .extend(names.unwrap_or_default().iter().map(|name| name.replace(',', r"\"))),
            Err(Trouble::Denied) => {
                denied = true;
                continue;
            }
            Err(trouble) => return Err(trouble),
        }
        // Its name, the word "winspool" and its port.
        let device = text(host, &format!(r"HKU\{sid}\{DEFAULT}"), "Device")?;
        let name = device.and_then(|device| device.rsplitn(3, ',').nth(2).map(str::to_owned));
        people.defaults.get_or_insert_default().extend(name);
    }
    if denied && people.defaults.is_none() { Err(Trouble::Denied) } else { Ok(people) }
}

fn is_virtual(driver: &str, port: &str) -> bool {
    let (driver, port) = (driver.to_lowercase(), port.to_lowercase());
    VIRTUAL_DRIVERS.iter().any(|part| driver.contains(part))
        || VIRTUAL_PORTS.iter().any(|start| port.starts_with(start))
        || port.ends_with(".pdf")
}

/// How a printer is connected, by the name of its port.
fn connection(port: &str, network: &[String]) -> Option<Connection> {
    // Several may share the work.
    let port = port.split(',').next().unwrap_or_default();
    let upper = port.to_uppercase();
    let starts = |starts: &[&str]| starts.iter().any(|start| upper.starts_with(start));
    if starts(&["USB", "DOT4_"]) {
        Some(Connection::Usb)
    } else if starts(&["LPT", "COM"]) {
        Some(Connection::Other)
    } else if starts(&["IP_", "WSD", r"\\", "HTTP", "CNBJNP"])
        || port.parse::<std::net::IpAddr>().is_ok()
        || network.iter().any(|name| name == port)
    {
        Some(Connection::Network)
    } else {
        None
    }
}

fn scanners(host: &dyn Host, images: Vec<Device>) -> Vec<Scanner> {
    let devices: Vec<Device> = images.into_iter().filter(|device| !is_camera(device)).collect();
    if devices.is_empty() {
        // Nobody is asked, and no service started, where there is none.
        return Vec::new();
    }
    let told = host.image_scanners();
    devices.into_iter().map(|device| scanner(device, &told)).collect()
}

fn scanner(device: Device, told: &Answer<Vec<ImageScanner>>) -> Scanner {
    let starts = |start| device.id.starts_with(start);
    let known = properties(&device, told);
    let of = |property: &dyn Fn(&ScannerProperties) -> Option<i64>| match &known {
        Ok(properties) => known_or_unsupported(property(properties)),
        Err(trouble) => Fact::Unknown(trouble.clone().into()),
    };
    Scanner {
        connection: if starts(r"USB\") {
            Connection::Usb.into()
        } else if starts(r"SWD\") || starts(r"UMB\") {
            // Found in the network by Windows itself.
            Connection::Network.into()
        } else {
            Fact::Unknown(Reason::NotSupported)
        },
        feeder: of(&|properties| feeds(properties).map(i64::from)).map(|feeds| feeds != 0),
        colour: of(&|properties| colours(properties).map(i64::from)).map(|colours| colours != 0),
        resolution_dpi: of(&finest),
        model: known_or_unsupported(device.name),
    }
}

/// What the scanner that is this device said of itself.
fn properties(device: &Device, told: &Answer<Vec<ImageScanner>>) -> Result<ScannerProperties, Trouble> {
    let scanners = told.as_ref().map_err(Clone::clone)?.as_deref().ok_or(Trouble::NotSupported)?;
    let driver = device.driver.as_deref().ok_or(Trouble::NotSupported)?;
    let scanner = scanners.iter().find(|scanner| scanner.id.eq_ignore_ascii_case(driver));
    scanner.ok_or(Trouble::NotSupported)?.told.clone()
}

/// Whether it draws sheets in. A driver that does not say how it takes paper says nothing by having no feeder.
fn feeds(properties: &ScannerProperties) -> Option<bool> {
    let is_feeder = |item: &ScannerItem| item.category.as_deref() == Some(CATEGORY_FEEDER);
    match properties.handling {
        _ if properties.items.iter().any(is_feeder) => Some(true),
        Some(handling) => Some(handling & HANDLING_FEEDER != 0),
        None => None,
    }
}

/// Whether anything of it scans in colour: no only when all of it told.
fn colours(properties: &ScannerProperties) -> Option<bool> {
    let has = |item: &ScannerItem| {
        item.data_types.as_ref().map(|types| types.iter().any(|kind| COLOURS.contains(kind)))
    };
    let answers: Vec<Option<bool>> = properties.items.iter().map(has).collect();
    if answers.contains(&Some(true)) {
        return Some(true);
    }
    let told = !answers.is_empty() && answers.iter().all(Option::is_some);
    told.then_some(false)
}

/// The finest that anything of it scans, both ways.
fn finest(properties: &ScannerProperties) -> Option<i64> {
    let most = |values: &Option<Vec<i64>>| values.as_ref()?.iter().copied().max();
    let of = |item: &ScannerItem| Some(most(&item.across_dpi)?.min(most(&item.along_dpi)?));
    properties.items.iter().filter_map(of).max().filter(|dpi| *dpi > 0)
}

fn is_camera(device: &Device) -> bool {
    device.service.as_deref().is_some_and(|service| service.eq_ignore_ascii_case(CAMERA_SERVICE))
}

/// One camera may be several devices: pictures and infrared. They share the numbers of its maker.
fn cameras(host: &dyn Host, images: &Answer<Vec<Device>>) -> Answer<i64> {
    let older = images.clone()?.unwrap_or_default().into_iter().filter(is_camera);
    let Some(cameras) = present(host, CAMERAS)? else { return Ok(None) };
    let cameras: BTreeSet<String> = cameras
        .into_iter()
        .chain(older)
        // What only exists in the PC's memory is no camera.
        .filter(|device| !device.id.starts_with(r"ROOT\") && !device.id.starts_with(r"SWD\"))
        .map(|device| device.id.split("&MI_").next().unwrap_or_default().to_owned())
        .collect();
    Ok(i64::try_from(cameras.len()).ok())
}

fn power_supply(host: &dyn Host, usb: &Answer<Vec<Device>>) -> Fact<bool> {
    let by_cable = present(host, BATTERIES).map(|batteries| {
        batteries.unwrap_or_default().iter().any(|battery| battery.service.as_deref() == Some(POWER_SERVICE))
    });
    let by_number = usb.as_ref().is_ok_and(|devices| {
        devices.iter().flatten().any(|device| matches!(of(device), Some((Use::PowerSupply, _))))
    });
    match by_cable {
        Ok(by_cable) if by_cable || by_number => true.into(),
        Ok(_) => Fact::Unknown(Reason::NotSupported),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

/// What is known of a device by its numbers.
fn of(device: &Device) -> Option<(Use, &'static str)> {
    let (maker, product) = usb_numbers(&device.id)?;
    known(maker, product)
}

fn id_readers(usb: Answer<Vec<Device>>) -> Fact<Vec<String>> {
    let readers = usb.map(|devices| {
        let readers: BTreeSet<&str> = devices
            .iter()
            .flatten()
            .filter_map(|device| match of(device) {
                Some((Use::IdReader, name)) => Some(name),
                Some(_) | None => None,
            })
            .collect();
        (!readers.is_empty()).then(|| readers.into_iter().map(str::to_owned).collect())
    });
    fact_or_unsupported(readers)
}

/// Those that can be spoken into: a socket without a plug is not active.
fn microphones(host: &dyn Host) -> Answer<i64> {
    let Some(devices) = host.registry_keys(Key::wide(CAPTURE))? else { return Ok(None) };
    let mut microphones = 0;
    for device in devices {
        let path = format!(r"{CAPTURE}\{device}");
        let active = number(host, &path, "DeviceState")?.is_some_and(|state| state & STATES == STATE_ACTIVE);
        let path = format!(r"{path}\Properties");
        if active && number(host, &path, FORM_FACTOR)?.is_some_and(|form| MICROPHONES.contains(&form)) {
            microphones += 1;
        }
    }
    Ok(Some(microphones))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_scanner_says_of_itself() {
        let item = |category: &str, types: &[i64], dpi: &[i64]| ScannerItem {
            category: Some(category.to_owned()),
            data_types: Some(types.to_vec()),
            across_dpi: Some(dpi.to_vec()),
            along_dpi: Some(dpi.to_vec()),
        };
        let plate = item("fb607b1f-43f3-488b-855b-fb703ec342a6", &[0, 2, 3], &[75, 150, 300, 600]);
        let feeder = item(CATEGORY_FEEDER, &[0, 2], &[100, 300]);
        let check = |handling, items: &[&ScannerItem], expected| {
            let items = items.iter().map(|item| (*item).clone()).collect();
            let properties = ScannerProperties { handling, items };
            assert_eq!((feeds(&properties), colours(&properties), finest(&properties)), expected);
        };
        check(Some(3), &[&plate, &feeder], (Some(true), Some(true), Some(600)));
        check(Some(2), &[&plate], (Some(false), Some(true), Some(600)));
        check(None, &[&feeder], (Some(true), Some(false), Some(300)));
        check(None, &[&plate], (None, Some(true), Some(600)));
        let silent = ScannerItem { along_dpi: Some(vec![600]), ..ScannerItem::default() };
        check(Some(1), &[&silent, &feeder], (Some(true), None, Some(300)));
        check(None, &[&silent], (None, None, None));
        check(None, &[], (None, None, None));
    }

    #[test]
    fn a_scanner_is_known_by_the_key_of_its_driver() {
        let device = Device {
            id: r"USB\VID_04A9&PID_190F".to_owned(),
            name: None,
            class: None,
            service: None,
            driver: Some(r"{6bdd1fc6-810f-11d0-bec7-08002be2092f}\0001".to_owned()),
            present: true,
            arrived_at: None,
            removed_at: None,
        };
        let off = Trouble::Failed("the scanner is off or out of reach".to_owned());
        let scanner = |number: u8, told| ImageScanner {
            id: format!(r"{{6BDD1FC6-810F-11D0-BEC7-08002BE2092F}}\{number:04}"),
            told,
        };
        let feeder = ScannerProperties { handling: Some(1), items: Vec::new() };
        let both = Ok(Some(vec![scanner(0, Err(off.clone())), scanner(1, Ok(feeder.clone()))]));
        assert_eq!(properties(&device, &both), Ok(feeder));
        assert_eq!(properties(&device, &Ok(Some(vec![scanner(1, Err(off.clone()))]))), Err(off));
        assert_eq!(properties(&device, &Ok(Some(Vec::new()))), Err(Trouble::NotSupported));
        assert_eq!(properties(&device, &Err(Trouble::TimedOut)), Err(Trouble::TimedOut));
    }

    #[test]
    fn what_prints_on_paper() {
        for (driver, port) in [
            ("Microsoft Print To PDF", "PORTPROMPT:"),
            ("Microsoft XPS Document Writer v4", "PORTPROMPT:"),
            ("Send to Microsoft OneNote 16 Driver", "nul:"),
            ("Microsoft Shared Fax Driver", "SHRFAX:"),
            ("Foxit Reader PDF Printer Driver", "FOXIT_Reader:"),
            ("Adobe PDF Converter", r"Documents\*.pdf"),
            ("Remote Desktop Easy Print", "TS001"),
        ] {
            assert!(is_virtual(driver, port), "{driver}");
        }
        for (driver, port) in [
            ("HP LaserJet Pro M404 PCL 6", "USB001"),
            ("Canon LBP2900", "USB002"),
            ("Brother HL-L2360D series", "192.0.2.7"),
            ("EPSON LQ-310 ESC/P2", "LPT1:"),
        ] {
            assert!(!is_virtual(driver, port), "{driver}");
        }
    }

    #[test]
    fn ways_to_a_printer() {
        let network = vec!["Phong Ke toan".to_owned()];
        let check = |port, expected| assert_eq!(connection(port, &network), expected, "{port}");
        check("USB001", Some(Connection::Usb));
        check("DOT4_001,USB002", Some(Connection::Usb));
        check("LPT1:", Some(Connection::Other));
        check("IP_192.0.2.7", Some(Connection::Network));
        check("192.0.2.7", Some(Connection::Network));
        check("WSD-8f9b7a2e.0032", Some(Connection::Network));
        check("Phong Ke toan", Some(Connection::Network));
        check("EP0001:WF-C5790", None);
        check("", None);
    }
}

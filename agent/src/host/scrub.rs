//! Takes people, serial numbers and addresses out of a recording, each replaced by the same stand-in everywhere.
//!
//! Whatever the probes of today ask for is known here by its path. A file that holds more than they need is cut down
//! to what they need.

use std::collections::BTreeMap;

use super::recorded::{Bytes, Recording, Said};

mod asked;
mod printers;

/// The name of every PC in a recording.
const HOSTNAME: &str = "pc-1";
/// The machine-id of every PC in a recording.
const MACHINE_ID: &str = "00000000000000000000000000000001";
/// Files whose words are never names of people or of the PC, or whose form a stand-in would break.
const WITHOUT_NAMES: &[&str] =
    &["/var/lib/dpkg/status", "/etc/os-release", "/usr/lib/os-release", "/proc/", "/sys/", "/snap/"];
/// Files under those that have such names all the same.
const WITH_NAMES: &[&str] = &["/proc/sys/kernel/hostname", "/proc/self/mountinfo"];
/// Fields of a package that the probe of software reads.
const DPKG_FIELDS: &[&str] = &["Package:", "Status:", "Version:"];
/// Bytes of a record of wtmp; what the probe of accounts reads: type, user, time.
const WTMP_BYTES: usize = 384;
const WTMP_KEPT: &[std::ops::Range<usize>] = &[0..2, 44..76, 340..344];
/// Bytes of a record of lastlog, of which the first four are the time.
const LASTLOG_BYTES: usize = 292;
/// Serial numbers, asset tags and free texts of makers in SMBIOS, as the number of the string (DSP0134): type of the
/// structure, offset.
const SMBIOS_STRINGS: &[(u8, usize)] = &[
    (1, 0x07),
    (2, 0x07),
    (2, 0x08),
    (3, 0x07),
    (3, 0x08),
    (4, 0x20),
    (4, 0x21),
    (17, 0x18),
    (17, 0x19),
    (22, 0x07),
    (39, 0x08),
    (39, 0x09),
];
/// Structures whose every string may be a serial number: OEM strings, options, and what makers add.
const SMBIOS_FREE: std::ops::RangeInclusive<u8> = 128..=255;

/// What stands for what.
#[derive(Default)]
struct StandIns {
    words: BTreeMap<String, String>,
    ipv4: BTreeMap<String, String>,
    ipv6: BTreeMap<String, String>,
}

pub(super) fn scrub(recording: &mut Recording) {
    let mut stand_ins = StandIns::default();
    stand_ins.know_words(recording);
    stand_ins.know_addresses(recording);
    let mut adapters = 0;
    for (path, said) in &mut recording.files {
        let Said::Answered(Some(bytes)) = said else { continue };
        let Ok(read) = bytes.read() else { continue };
        if path.starts_with("/sys/class/net/") && path.ends_with("/address") {
            adapters += 1;
        }
        *bytes = Bytes::new(&stand_ins.file(path, read, adapters));
    }
    for (path, said) in &mut recording.folders {
        // The names of certificates tell who added them.
        if path.contains("ca-certificates") || path.contains("ca-trust") {
            let Said::Answered(Some(names)) = said else { continue };
            for (at, name) in names.iter_mut().enumerate() {
                if let Some((_, end)) = name.rsplit_once('.') {
                    *name = format!("certificate-{}.{end}", at + 1);
                }
            }
        }
    }
    for said in recording.links.values_mut() {
        if let Said::Answered(Some(target)) = said {
            *target = stand_ins.named(target);
        }
    }
    if let Said::Answered(Some(volumes)) = &mut recording.volumes {
        // Volumes of Windows are called by their letter alone.
        volumes.retain(|volume| {
            volume.device.starts_with("/dev/") || volume.filesystem == "zfs" || volume.device.ends_with(':')
        });
        for volume in volumes {
            volume.mount = stand_ins.named(&volume.mount);
            volume.device = stand_ins.named(&volume.device);
        }
    }
    if let Said::Answered(Some(addresses)) = &mut recording.addresses {
        for address in addresses {
            address.address = stand_ins.addressed(&address.address);
        }
    }
    printers::scrub(recording);
    asked::scrub(recording, HOSTNAME, &mut |address| stand_ins.addressed(address));
    if let Said::Answered(Some(table)) = &mut recording.firmware
        && let Ok(mut bytes) = table.table.read()
    {
        smbios(&mut bytes);
        table.table = Bytes::new(&bytes);
    }
}

fn text_of(recording: &Recording, path: &str) -> Option<String> {
    match recording.files.get(path)? {
        Said::Answered(Some(bytes)) => String::from_utf8(bytes.read().ok()?).ok(),
        Said::Answered(None) | Said::Trouble { .. } => None,
    }
}

impl StandIns {
    fn know_words(&mut self, recording: &Recording) {
        if let Some(hostname) = text_of(recording, "/proc/sys/kernel/hostname") {
            self.words.insert(hostname.trim().to_owned(), HOSTNAME.to_owned());
        }
        if let Some(machine) = text_of(recording, "/etc/machine-id") {
            self.words.insert(machine.trim().to_owned(), MACHINE_ID.to_owned());
        }
        let passwd = text_of(recording, "/etc/passwd").unwrap_or_default();
        let people = passwd.lines().filter_map(|line| {
            let mut fields = line.split(':');
            let (name, uid) = (fields.next()?, fields.nth(1)?.parse::<u32>().ok()?);
            (uid >= 1_000 && name != "nobody").then(|| name.to_owned())
        });
        for (at, name) in people.enumerate() {
            self.words.insert(name, format!("user{}", at + 1));
        }
        self.words.remove("");
    }

    fn know_addresses(&mut self, recording: &Recording) {
        if let Said::Answered(Some(addresses)) = &recording.addresses {
            for address in addresses {
                self.addressed(&address.address);
            }
        }
    }

    fn file(&mut self, path: &str, bytes: Vec<u8>, adapter: usize) -> Vec<u8> {
        match path {
            "/var/log/wtmp" | "/var/log/wtmp.1" => return self.wtmp(&bytes),
            "/var/log/lastlog" => return lastlog(bytes),
            "/etc/localtime" => return bytes,
            // Certificates of makers of firmware.
            _ if path.starts_with("/sys/firmware/efi/efivars/db-") => return bytes,
            path if path.starts_with("/sys/class/drm/") && path.ends_with("/edid") => return edid(bytes),
            // The header stays, the serial number goes.
            path if path.starts_with("/sys/block/") && path.ends_with("/vpd_pg80") => {
                let header = bytes.split_at_checked(4).map_or_else(Vec::new, |(header, _)| header.to_vec());
                return [header, b"SCRUBBED1".to_vec()].concat();
            }
            _ => {}
        }
        let Ok(text) = String::from_utf8(bytes) else {
            // Nothing that is asked for holds a name in a form of its own, except what is listed above.
            return Vec::new();
        };
        let lines = |keep: &mut dyn FnMut(&str) -> Option<String>| -> String {
            text.split_inclusive('\n').filter_map(keep).collect()
        };
        let text = match path {
            "/etc/passwd" => lines(&mut |line| Some(without_field(line, 4, ""))),
            "/etc/shadow" => lines(&mut |line| Some(without_hash(line))),
            "/proc/self/mountinfo" => lines(&mut |line| {
                line.contains(" - ").then(|| line.to_owned()).filter(|line| line.contains(" /dev/"))
            }),
            "/var/lib/dpkg/status" => lines(&mut |line| {
                (line == "\n" || DPKG_FIELDS.iter().any(|field| line.starts_with(field)))
                    .then(|| line.to_owned())
            }),
            "/var/log/apt/history.log" => lines(&mut |line| match line {
                "\n" => Some(line.to_owned()),
                line if line.starts_with("End-Date:") => Some(line.to_owned()),
                line if line.starts_with("Upgrade:") => Some("Upgrade: x\n".to_owned()),
                _ => None,
            }),
            "/etc/environment" => lines(&mut |line| {
                line.to_lowercase()
                    .contains("_proxy=")
                    .then(|| "https_proxy=http://proxy.example:3128\n".to_owned())
            }),
            "/proc/net/tcp" | "/proc/net/tcp6" => lines(&mut |line| self.waiting(line, " 0A ")),
            "/proc/net/udp" | "/proc/net/udp6" => lines(&mut |line| self.waiting(line, " 07 ")),
            "/proc/net/route" => lines(&mut |line| Some(self.route(line))),
            "/proc/net/ipv6_route" => lines(&mut |line| {
                line.starts_with("00000000000000000000000000000000 00 ").then(|| line.to_owned())
            }),
            "/etc/resolv.conf"
            | "/run/systemd/resolve/resolv.conf"
            | "/run/NetworkManager/no-stub-resolv.conf" => lines(&mut |line| {
                let server = line.strip_prefix("nameserver")?;
                Some(format!("nameserver {}\n", self.addressed(server.trim())))
            }),
            "/etc/hosts" => lines(&mut |line| {
                let line = line.trim();
                let (address, names) = line.split_once(char::is_whitespace)?;
                let kept = |name: &&str| name.ends_with("gov.vn") || *name == "localhost";
                let names: Vec<&str> = names.split_whitespace().filter(kept).collect();
                (!names.is_empty()).then(|| format!("{} {}\n", self.addressed(address), names.join(" ")))
            }),
            path if path.starts_with("/run/udev/data/b") => {
                lines(&mut |line| line.starts_with("E:ID_PART_TABLE_TYPE=").then(|| line.to_owned()))
            }
            "/etc/sudoers" => lines(&mut |line| (!line.starts_with('#')).then(|| line.to_owned())),
            "/sys/class/dmi/id/product_serial"
            | "/sys/class/dmi/id/board_serial"
            | "/sys/class/dmi/id/chassis_serial"
            | "/sys/class/dmi/id/chassis_asset_tag" => match is_placeholder(text.as_bytes()) {
                true => text,
                false => "SCRUBBED1\n".to_owned(),
            },
            path if path.starts_with("/sys/block/") && path.ends_with("/serial") => "SCRUBBED1\n".to_owned(),
            "/sys/class/dmi/id/product_uuid" => "00000000-0000-4000-8000-000000000001\n".to_owned(),
            "/etc/cups/printers.conf" => lines(&mut printers()),
            path if path.starts_with("/run/udev/data/") => {
                lines(&mut |line| line.starts_with("E:libsane_matched").then(|| line.to_owned()))
            }
            path if path.starts_with("/sys/class/net/") && path.ends_with("/address") => {
                format!("02:00:00:00:00:{adapter:02x}\n")
            }
            // That of Windows, wherever it lies.
            path if path.to_ascii_lowercase().ends_with(r"\etc\hosts") => lines(&mut |line| {
                let (address, names) = line.split('#').next()?.trim().split_once(char::is_whitespace)?;
                let kept: Vec<&str> = names
                    .split_whitespace()
                    .filter(|name| name.to_ascii_lowercase().ends_with("gov.vn"))
                    .collect();
                (!kept.is_empty()).then(|| format!("{} {}\n", self.addressed(address), kept.join(" ")))
            }),
            path if path.ends_with(r"\ssh\sshd_config") => lines(&mut |line| {
                let lower = line.trim().to_lowercase();
                (lower.starts_with("passwordauthentication") || lower.starts_with("match"))
                    .then(|| lower.split_whitespace().take(2).collect::<Vec<&str>>().join(" ") + "\n")
            }),
            _ => text,
        };
        let starts = |starts: &[&str]| starts.iter().any(|start| path.starts_with(start));
        match starts(WITHOUT_NAMES) && !starts(WITH_NAMES) {
            true => text.into_bytes(),
            false => self.named(&text).into_bytes(),
        }
    }

    /// The text with the names in it replaced, whole words only.
    fn named(&self, text: &str) -> String {
        let mut named = String::with_capacity(text.len());
        let mut word = String::new();
        for c in text.chars() {
            if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
                word.push(c);
            } else {
                named.push_str(self.words.get(&word).unwrap_or(&word));
                word.clear();
                named.push(c);
            }
        }
        named.push_str(self.words.get(&word).unwrap_or(&word));
        named
    }

    /// The stand-in for an address; what says nothing of this PC stays.
    fn addressed(&mut self, address: &str) -> String {
        match address.parse() {
            Ok(std::net::IpAddr::V4(ip)) if !ip.is_loopback() && !ip.is_unspecified() => {
                let next = self.ipv4.len() + 1;
                self.ipv4.entry(address.to_owned()).or_insert_with(|| format!("192.0.2.{next}")).clone()
            }
            Ok(std::net::IpAddr::V6(ip)) if !ip.is_loopback() && !ip.is_unspecified() => {
                let next = self.ipv6.len() + 1;
                // Link-local, unique local and global stay what they are.
                let prefix = match ip.segments().first().map_or(0, |first| first >> 9) {
                    0x7f => "fe80::",
                    0x7e => "fd00::",
                    _ => "2001:db8::",
                };
                self.ipv6.entry(address.to_owned()).or_insert_with(|| format!("{prefix}{next}")).clone()
            }
            Ok(_) | Err(_) => address.to_owned(),
        }
    }

    /// A line of a list of sockets, if it is the title or waits for others; without what it is bound to.
    fn waiting(&self, line: &str, state: &str) -> Option<String> {
        if !line.contains(state) {
            return line.contains("local_address").then(|| line.to_owned());
        }
        let (at, rest) = line.split_once(": ")?;
        let (address, rest) = rest.split_once(':')?;
        let loopback = address.ends_with("7F") || address.ends_with("01000000");
        let any = address.bytes().all(|byte| byte == b'0');
        let stand_in = match (loopback || any, address.len()) {
            (true, _) => address,
            (false, 8) => "010200C0",
            (false, _) => "B80D0120000000000000000001000000",
        };
        Some(format!("{at}: {stand_in}:{rest}"))
    }

    /// A line of the routes, its gateway replaced.
    fn route(&mut self, line: &str) -> String {
        let fields: Vec<&str> = line.split('\t').collect();
        let gateway = fields.get(2).and_then(|hex| u32::from_str_radix(hex.trim(), 16).ok());
        match gateway {
            Some(gateway) if gateway != 0 => {
                let stand_in = self.addressed(&std::net::Ipv4Addr::from(gateway.swap_bytes()).to_string());
                let ip = stand_in.parse::<std::net::Ipv4Addr>().map_or(0, u32::from).swap_bytes();
                let mut fields: Vec<String> = fields.iter().map(|field| (*field).to_owned()).collect();
                if let Some(field) = fields.get_mut(2) {
                    *field = format!("{ip:08X}");
                }
                fields.join("\t")
            }
            Some(_) | None => line.to_owned(),
        }
    }

    fn wtmp(&self, bytes: &[u8]) -> Vec<u8> {
        let mut kept = vec![0; bytes.len()];
        for (from, to) in bytes.chunks_exact(WTMP_BYTES).zip(kept.chunks_exact_mut(WTMP_BYTES)) {
            for range in WTMP_KEPT {
                if let (Some(from), Some(to)) = (from.get(range.clone()), to.get_mut(range.clone())) {
                    to.copy_from_slice(from);
                }
            }
            let Some(user) = to.get_mut(44..76) else { continue };
            let name: Vec<u8> = user.iter().copied().take_while(|byte| *byte != 0).collect();
            let name = self.named(&String::from_utf8_lossy(&name));
            user.fill(0);
            for (to, from) in user.iter_mut().zip(name.bytes()) {
                *to = from;
            }
        }
        kept
    }
}

fn lastlog(mut bytes: Vec<u8>) -> Vec<u8> {
    for record in bytes.chunks_mut(LASTLOG_BYTES) {
        record.iter_mut().skip(4).for_each(|byte| *byte = 0);
    }
    bytes
}

/// A line of colon-separated fields with one of them replaced.
fn without_field(line: &str, field: usize, stand_in: &str) -> String {
    let fields = line.split(':').enumerate().map(|(at, text)| if at == field { stand_in } else { text });
    fields.collect::<Vec<&str>>().join(":")
}

/// A line of /etc/shadow with nothing of the hash but what kind of thing it is.
fn without_hash(line: &str) -> String {
    let hash = line.split(':').nth(1).unwrap_or_default();
    let stand_in = match (hash.starts_with('!'), hash.contains('$')) {
        (true, true) => "!$x$",
        (false, true) => "$x$",
        (_, false) => hash,
    };
    without_field(line, 1, stand_in)
}

/// Overwrites serial numbers and the UUID in an SMBIOS table, each with as many characters.
fn smbios(table: &mut [u8]) {
    let mut at = 0;
    loop {
        let Some(&[kind, length, ..]) = table.get(at..at + 4) else { return };
        let strings = at + usize::from(length);
        let area = table.get(strings..).unwrap_or_default();
        let Some(size) = area.windows(2).position(|pair| pair == [0, 0]) else { return };
        if length < 4 {
            return;
        }
        let numbers: Vec<usize> = SMBIOS_STRINGS
            .iter()
            .filter(|(its, offset)| *its == kind && *offset < usize::from(length))
            .filter_map(|(_, offset)| table.get(at + offset).map(|number| usize::from(*number)))
            .collect();
        let free = kind == 11 || kind == 12 || SMBIOS_FREE.contains(&kind);
        if let Some(area) = table.get_mut(strings..strings + size) {
            for (index, string) in area.split_mut(|byte| *byte == 0).enumerate() {
                // A placeholder is worth keeping: it is what the decoder must know.
                if free || (numbers.contains(&(index + 1)) && !is_placeholder(string)) {
                    for (at, byte) in string.iter_mut().enumerate() {
                        *byte = if at % 2 == 0 { b'S' } else { b'0' + u8::try_from(at % 10).unwrap_or(0) };
                    }
                }
            }
        }
        if kind == 1
            && let Some(uuid) = table.get_mut(at + 0x08..at + 0x18)
            && uuid.iter().any(|byte| *byte != 0 && *byte != 0xff)
        {
            uuid.copy_from_slice(&[0, 1, 2, 3, 4, 5, 6, 0x47, 0x88, 9, 10, 11, 12, 13, 14, 15]);
        }
        at = strings + size + 2;
        if kind == 127 {
            return;
        }
    }
}

/// The first block of a screen's description, its serial numbers taken out (VESA E-EDID, 3.4 and 3.10.3).
fn edid(mut bytes: Vec<u8>) -> Vec<u8> {
    const BLOCK_BYTES: usize = 128;
    bytes.truncate(BLOCK_BYTES);
    let whole = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) == 0;
    if let Some(number) = bytes.get_mut(12..16) {
        number.fill(0);
    }
    for at in [54, 72, 90, 108] {
        if let Some([0, 0, 0, 0xff, 0, text @ ..]) = bytes.get_mut(at..at + 18) {
            text.copy_from_slice(b"SCRUBBED\n    ");
        }
    }
    if let Some([extensions, sum]) = bytes.get_mut(126..BLOCK_BYTES) {
        (*extensions, *sum) = (0, 0);
    }
    let sum = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    if let Some(last) = bytes.get_mut(127) {
        // One that came over damaged stays so.
        *last = if whole { sum.wrapping_neg() } else { sum.wrapping_neg().wrapping_add(1) };
    }
    bytes
}

/// A line of CUPS' list of printers with what says how each is connected: names tell rooms and people, addresses
/// serial numbers.
fn printers() -> impl FnMut(&str) -> Option<String> {
    let mut number = 0;
    move |line| {
        let line = line.trim();
        if line.starts_with("</") || line.starts_with("MakeModel ") {
            return Some(format!("{line}\n"));
        }
        if let Some((start, _)) = line.strip_suffix('>').and_then(|line| line.split_once("Printer ")) {
            number += 1;
            return Some(format!("{start}Printer printer-{number}>\n"));
        }
        let (scheme, rest) = line.strip_prefix("DeviceURI ")?.split_once(':')?;
        let rest = match rest {
            rest if rest.starts_with("/usb") => "/usb",
            rest if rest.starts_with("//localhost") => "//localhost",
            _ => "//scrubbed",
        };
        Some(format!("DeviceURI {scheme}:{rest}\n"))
    }
}

fn is_placeholder(string: &[u8]) -> bool {
    let text = String::from_utf8_lossy(string).to_lowercase();
    let text = text.trim();
    text.contains("o.e.m")
        || text.contains("default")
        || text.contains("specified")
        || text.contains("serial")
        || text.contains("none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_person_stays() {
        let recording = serde_json::json!({
            "origin": "real", "about": "", "platform": "linux", "taken_at": "2026-11-22T00:00:00Z",
            "files": {
                "/proc/sys/kernel/hostname": "ubnd-xa-an\n",
                "/etc/machine-id": "7e5020fc47c54ad57e5020fc47c54ad5\n",
                "/etc/hosts": ["127.0.0.1 localhost", "127.0.1.1 ubnd-xa-an", "10.1.2.3 dichvucong.gov.vn", "10.0.0.9 secret.lan"],
                "/etc/passwd": ["root:x:0:0:root:/root:/bin/bash", "nguyenan:x:1000:1000:Nguyen An,0912345678:/home/nguyenan:/bin/bash"],
                "/etc/shadow": ["root:!:1::::::", "nguyenan:$y$j9T$secret$hash:1:0:99999:7:::"],
                "/etc/group": ["sudo:x:27:nguyenan"],
                "/sys/class/net/eth0/address": "8c:16:45:aa:bb:cc\n",
                "/proc/net/tcp": ["  sl  local_address rem_address   st", "   0: 0302010A:0016 00000000:0000 0A 0 0 0 0 0 9", "   1: 0302010A:0016 0908070A:1234 01 0 0 0 0 0 9"],
                "/etc/resolv.conf": ["search lan.nguyenan.vn", "nameserver 10.1.2.3"],
                "/proc/net/route": ["Iface\tDestination\tGateway", "eth0\t00000000\t0302010A\t0003"],
            },
            "volumes": [{"mount": "/media/nguyenan/USB", "device": "/dev/sdb1", "filesystem": "vfat", "size": 1, "free": 1}],
            "addresses": [{"adapter": "eth0", "address": "10.1.2.3"}, {"adapter": "eth0", "address": "fe80::8e16:45ff:feaa:bbcc"}],
        });
        let mut recording: Recording = serde_json::from_value(recording).unwrap();
        scrub(&mut recording);
        let text = serde_json::to_string_pretty(&recording).unwrap();
        for secret in [
            "ubnd", "7e50", "nguyen", "Nguyen", "0912", "secret", "8c:16", "10.1.2.3", "10.0.0", "0302010A",
            "0908", "8e16",
        ] {
            assert!(!text.contains(secret), "{secret} stays in {text}");
        }
        for kept in [
            "user1:$x$",
            "/home/user1",
            "sudo:x:27:user1",
            "/media/user1/USB",
            "dichvucong.gov.vn",
            "192.0.2.1",
            "010200C0",
        ] {
            assert!(text.contains(kept), "{kept} is lost in {text}");
        }
    }

    #[test]
    fn serial_numbers_of_the_firmware() {
        let mut table = vec![1, 0x1b, 0, 1, 1, 2, 3, 4];
        table.extend([0xaa; 16]);
        table.extend([6, 0, 0]);
        table.extend(b"LENOVO\x0020L5\0T480\0PF1ABCDE\0\0");
        table.extend([127, 4, 0, 2, 0, 0]);
        smbios(&mut table);
        let text = String::from_utf8_lossy(&table).into_owned();
        assert!(text.contains("LENOVO\x0020L5\0T480\0S1S3S5S7\0\0"), "{text:?}");
        assert!(!table.contains(&0xaa));
        smbios(&mut [1, 2, 3]);
        smbios(&mut []);
    }

    #[test]
    fn serial_numbers_of_screens() {
        let mut screen = vec![7; 256];
        screen[12..16].copy_from_slice(b"1234");
        screen[72..90].copy_from_slice(b"\0\0\0\xff\0CN0ABCDEF1234");
        let sum = |bytes: &[u8]| bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        let rest = sum(&screen[..127]);
        screen[127] = rest.wrapping_neg();
        let scrubbed = edid(screen.clone());
        assert_eq!((scrubbed.len(), sum(&scrubbed), &scrubbed[12..16]), (128, 0, &[0; 4][..]));
        assert_eq!(&scrubbed[72..90], b"\0\0\0\xff\0SCRUBBED\n    ");
        screen[60] = 8;
        assert_ne!(sum(&edid(screen)), 0, "a damaged one stays damaged");
        assert_eq!(edid(vec![1, 2, 3]), [1, 2, 3]);
    }
}

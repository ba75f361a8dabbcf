//! The answers of the doors that only Windows has: names of the PC and of people, SIDs, hardware addresses, serial
//! numbers of USB drives, product keys, arguments of commands, what rules of the firewall are called.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::Value;

use super::super::command_line;
use super::super::recorded::{Recording, Said};

/// Values of the registry that name the PC.
const NAMES: &[&str] = &[": Hostname", ": NV Hostname", ": ComputerName", ": DhcpDomain", ": Domain"];
/// Values of the registry that name a person, an organisation or a licence. They are left out.
const PERSONAL: &[&str] = &[
    "DefaultDomainName",
    "DefaultPassword",
    "DefaultUserName",
    "DigitalProductId",
    "DigitalProductId4",
    "LastLoggedOnUserSID",
    "LastUsedUsername",
    "MachineGuid",
    "ProductId",
    "RegisteredOrganization",
    "RegisteredOwner",
];

/// Keys of the registry of which a few values are needed: a part of the question, and those values.
const NEEDED: &[(&str, &[&str])] = &[
    (
        r"\CurrentVersion\Uninstall\",
        &[
            "DisplayName",
            "DisplayVersion",
            "InstallDate",
            "ParentKeyName",
            "Publisher",
            "ReleaseType",
            "SystemComponent",
        ],
    ),
    (r"\ClickToRun\Configuration", &["ProductReleaseIds", "VersionToReport"]),
    (r"\Clients\{", &["pv"]),
];
/// Folders of users that are no person's, in small letters.
const NOT_PEOPLE: &[&str] = &["public", "default", "all users", "default user", "*"];
/// Fields of a rule of the firewall that are written by hand or name a person.
const RULE_TEXTS: &[&str] = &["Name=", "Desc=", "EmbedCtxt=", "LUOwn=", "LUAuth=", "AppPkgId="];
/// Fields of a rule of the firewall that name networks.
const RULE_NETWORKS: &[&str] = &["LA4=", "LA6=", "RA4=", "RA6="];
/// Columns of WMI that hold a serial number.
const SERIALS: &[&str] = &["SerialNumber", "IdentifyingNumber"];

/// What stands for what.
#[derive(Default)]
struct StandIns {
    names: Vec<String>,
    people: BTreeMap<String, usize>,
    domains: BTreeMap<String, usize>,
    addresses: BTreeMap<String, usize>,
    serials: BTreeMap<String, usize>,
}

pub(super) fn scrub(recording: &mut Recording, hostname: &str, addressed: &mut dyn FnMut(&str) -> String) {
    let mut stand_ins = StandIns::default();
    for (question, said) in &recording.asked {
        if let Said::Answered(Some(value)) = said
            && NAMES.iter().any(|name| question.ends_with(name))
            && let Some(name) = value.get("text").and_then(Value::as_str)
            && !name.is_empty()
        {
            stand_ins.names.push(name.to_owned());
        }
    }
    recording.asked = std::mem::take(&mut recording.asked)
        .into_iter()
        .map(|(question, mut said)| {
            if let Said::Answered(Some(value)) = &mut said {
                cut(&question, value);
                if PERSONAL.iter().any(|name| question.ends_with(&format!(": {name}"))) {
                    *value = serde_json::json!({ "text": "scrubbed" });
                }
                if question.ends_with(r"\User Shell Folders: Personal") {
                    documents(value);
                }
                if let (Some((_, needed)), Value::Object(fields)) =
                    (NEEDED.iter().find(|(part, _)| question.contains(part)), &mut *value)
                    && question.starts_with("registry values ")
                {
                    fields.retain(|name, _| needed.contains(&name.as_str()));
                }
                if question.ends_with(": EDID") {
                    screen(value);
                }
                if question.starts_with("certificates ") && question.ends_with("MY") {
                    issuers(value);
                }
                if question == "adapters" || question == "listeners" {
                    addresses(value, addressed);
                }
                if question.starts_with("drive health ") {
                    health(value);
                }
                stand_ins.value(value, hostname);
            }
            (stand_ins.text(&question, hostname), said)
        })
        .collect();
    // Folders of Windows are named by the people whose they are, and are asked by the stand-ins in a replay.
    recording.folders = std::mem::take(&mut recording.folders)
        .into_iter()
        .map(|(path, said)| match path.contains('\\') {
            true => (stand_ins.text(&path, hostname), said),
            false => (path, said),
        })
        .collect();
}

/// A screen's description without its serial numbers.
fn screen(value: &mut Value) {
    if let Some(Value::String(text)) = value.get_mut("bytes") {
        let bytes = BASE64.decode(text.as_bytes()).unwrap_or_default();
        *text = BASE64.encode(&super::edid(bytes));
    }
}

/// Where a person's documents lie: the path has his name, or that of his organisation.
fn documents(value: &mut Value) {
    let in_cloud = value.to_string().contains("OneDrive");
    let folder = if in_cloud { r"%USERPROFILE%\OneDrive\Documents" } else { r"%USERPROFILE%\Documents" };
    *value = serde_json::json!({ "expand": folder });
}

/// Who issues a certificate to himself is a person or a PC.
fn issuers(value: &mut Value) {
    for certificate in value.as_array_mut().into_iter().flatten() {
        if certificate.get("self_issued") == Some(&Value::Bool(true)) {
            for name in ["issuer", "issuer_organisation"] {
                if let Some(text) = certificate.get_mut(name) {
                    *text = Value::from("scrubbed");
                }
            }
        }
    }
}

/// Every network address in an answer replaced. Those that Windows makes up for itself name nobody.
fn addresses(value: &mut Value, addressed: &mut dyn FnMut(&str) -> String) {
    match value {
        Value::String(text) if text.starts_with("fec0:0:0:ffff:") => {}
        Value::String(text) => *text = addressed(text),
        Value::Array(values) => values.iter_mut().for_each(|value| addresses(value, addressed)),
        Value::Object(fields) => fields.values_mut().for_each(|value| addresses(value, addressed)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What the probe of disks reads of what smartctl prints, which names the drive's serial number too.
const SMARTCTL_KEPT: &[&str] = &[
    "ata_device_statistics",
    "ata_smart_attributes",
    "endurance_used",
    "model_name",
    "nvme_smart_health_information_log",
    "power_on_time",
    "scsi_grown_defect_list",
    "scsi_percentage_used_endurance_indicator",
    "smart_status",
    "smartctl",
];
/// What makers keep in the data of SMART for themselves (ATA8-ACS).
const SMART_PRIVATE: std::ops::Range<usize> = 386..511;

/// The log of a drive without what could name it.
fn health(log: &mut Value) {
    if let Some(text) = log.get_mut("smartctl") {
        let json = text.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
        let kept = match json {
            Some(Value::Object(mut fields)) => {
                fields.retain(|name, _| SMARTCTL_KEPT.contains(&name.as_str()));
                Value::Object(fields).to_string()
            }
            Some(_) | None => String::new(),
        };
        *text = Value::String(kept);
    }
    if let Some(data) = log.pointer_mut("/smart/data")
        && let Some(mut bytes) = data.as_str().and_then(|text| BASE64.decode(text.as_bytes()).ok())
    {
        if let Some(private) = bytes.get_mut(SMART_PRIVATE) {
            private.fill(0);
        }
        *data = Value::String(BASE64.encode(&bytes));
    }
}

impl StandIns {
    fn value(&mut self, value: &mut Value, hostname: &str) {
        match value {
            Value::String(text) => *text = self.text(text, hostname),
            Value::Array(values) => values.iter_mut().for_each(|value| self.value(value, hostname)),
            Value::Object(fields) => {
                fields.retain(|name, _| !PERSONAL.contains(&name.as_str()));
                for name in SERIALS {
                    if let Some(Value::String(serial)) = fields.get_mut(*name) {
                        let next = self.serials.len() + 1;
                        let number = *self.serials.entry(serial.clone()).or_insert(next);
                        *serial = format!("SCRUBBED{number}");
                    }
                }
                // Values of the registry may be named by paths.
                *fields = std::mem::take(fields)
                    .into_iter()
                    .map(|(name, mut value)| {
                        self.value(&mut value, hostname);
                        (self.text(&name, hostname), value)
                    })
                    .collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn text(&mut self, text: &str, hostname: &str) -> String {
        let mut scrubbed = text.to_owned();
        for name in &self.names {
            scrubbed = replaced(&scrubbed, name, hostname);
        }
        let mut words: Vec<String> = scrubbed.split('\\').map(|word| self.sid(word)).collect();
        for at in 1..words.len() {
            let (before, rest) = words.split_at_mut(at);
            if let (Some(folder), Some(name)) = (before.last(), rest.first_mut())
                && (folder.eq_ignore_ascii_case("users")
                    || folder.eq_ignore_ascii_case("documents and settings"))
            {
                *name = self.person(name);
            }
        }
        self.address(&words.join("\\"))
    }

    /// The name of a folder of users, up to what cannot stand in a name.
    fn person(&mut self, text: &str) -> String {
        let end = text.find(['"', '|', ';', ',']).unwrap_or(text.len());
        let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
        let lower = name.to_lowercase();
        if name.is_empty() || NOT_PEOPLE.contains(&lower.as_str()) {
            return text.to_owned();
        }
        let next = self.people.len() + 1;
        let number = *self.people.entry(lower).or_insert(next);
        format!("user{number}{rest}")
    }

    /// The SID of an account of this PC or its domain, with the domain's part replaced.
    fn sid(&mut self, text: &str) -> String {
        let Some((start, rest)) = text.split_once("S-1-5-21-") else { return self.entra_sid(text) };
        let mut numbers: Vec<&str> = rest.splitn(4, '-').collect();
        let account = if numbers.len() == 4 { numbers.pop() } else { None };
        let next = self.domains.len() + 1;
        let domain = *self.domains.entry(numbers.join("-")).or_insert(next);
        match account {
            Some(account) => format!("{start}S-1-5-21-{domain}-{domain}-{domain}-{account}"),
            None => format!("{start}S-1-5-21-{domain}-{domain}-{domain}"),
        }
    }

    /// The SID of an account of Entra ID: four numbers that are the account's own.
    fn entra_sid(&mut self, text: &str) -> String {
        let Some((start, rest)) = text.split_once("S-1-12-1-") else { return text.to_owned() };
        let (numbers, end) = rest.split_once('_').map_or((rest, ""), |(numbers, _)| (numbers, "_Classes"));
        let next = self.people.len() + 1;
        let person = *self.people.entry(numbers.to_owned()).or_insert(next);
        format!("{start}S-1-12-1-{person}-{person}-{person}-{person}{end}")
    }

    /// A hardware address, when the text is one and nothing else.
    fn address(&mut self, text: &str) -> String {
        let parts: Vec<&str> = text.split([':', '-']).collect();
        let is_address = parts.len() == 6
            && parts.iter().all(|part| part.len() == 2 && part.chars().all(|c| c.is_ascii_hexdigit()));
        if !is_address {
            return text.to_owned();
        }
        let next = self.addresses.len() + 1;
        let number = *self.addresses.entry(text.to_ascii_uppercase()).or_insert(next);
        format!("02:00:00:00:00:{number:02X}")
    }
}

/// Leaves out of an answer what no probe needs and what may tell of a person.
fn cut(question: &str, value: &mut Value) {
    let drives = r"HKLM\SYSTEM\CurrentControlSet\Enum\USBSTOR\";
    if question.starts_with(&format!("registry keys {drives}")) {
        for (at, name) in value.as_array_mut().into_iter().flatten().enumerate() {
            // One that Windows made up itself has an ampersand in second place.
            if name.as_str().is_some_and(|name| name.chars().nth(1) != Some('&')) {
                *name = Value::String(format!("SCRUBBED{at}&0"));
            }
        }
    } else if question.ends_with(r"\FirewallRules") {
        let Some(rules) = value.as_object_mut() else { return };
        // Rules for what goes out are asked by nobody.
        rules.retain(|_, rule| rule_text(rule).is_some_and(|rule| rule.contains("|Dir=In|")));
        *rules = std::mem::take(rules)
            .into_iter()
            .enumerate()
            .map(|(at, (_, mut rule))| {
                if let Some(text) = rule.get_mut("text")
                    && let Some(scrubbed) = text.as_str().map(rule_without_texts)
                {
                    *text = Value::String(scrubbed);
                }
                (format!("rule-{:04}", at + 1), rule)
            })
            .collect();
    } else if question.ends_with(r"\LanmanServer\Shares\Security") {
        let Some(shares) = value.as_object_mut() else { return };
        *shares = std::mem::take(shares)
            .into_iter()
            .enumerate()
            .map(|(at, (_, descriptor))| (format!("share-{}", at + 1), descriptor))
            .collect();
    } else if question.ends_with(r"\Run") || question.ends_with(r"\RunOnce") {
        for command in value.as_object_mut().into_iter().flat_map(|values| values.values_mut()) {
            for kind in ["text", "expand"] {
                if let Some(text) = command.get_mut(kind) {
                    *text = Value::String(without_arguments(text.as_str().unwrap_or_default()));
                }
            }
        }
    } else if question.ends_with(": ImagePath") {
        for kind in ["text", "expand"] {
            if let Some(text) = value.get_mut(kind) {
                *text = Value::String(without_arguments(text.as_str().unwrap_or_default()));
            }
        }
    }
}

fn rule_text(rule: &Value) -> Option<&str> {
    rule.get("text")?.as_str()
}

fn rule_without_texts(rule: &str) -> String {
    let is_text = |field: &&str| RULE_TEXTS.iter().any(|text| field.starts_with(text));
    let fields = rule.split('|').filter(|field| !is_text(field)).map(|field| {
        match RULE_NETWORKS.iter().find(|network| field.starts_with(**network)) {
            Some(network) if !field.ends_with("LocalSubnet") => format!("{network}192.0.2.1"),
            Some(_) | None => field.to_owned(),
        }
    });
    fields.collect::<Vec<String>>().join("|")
}

/// The files that a command line names, each in quotes.
fn without_arguments(command: &str) -> String {
    command_line::files(command).iter().map(|file| format!("\"{file}\"")).collect::<Vec<String>>().join(" ")
}

/// The text with every mention of a name replaced, capitals and small letters alike.
fn replaced(text: &str, name: &str, by: &str) -> String {
    let (lower, name) = (text.to_ascii_lowercase(), name.to_ascii_lowercase());
    let mut replaced = String::new();
    let mut kept = 0;
    for (at, found) in lower.match_indices(&name) {
        // Both have the same length, since only ASCII letters change.
        replaced.push_str(text.get(kept..at).unwrap_or_default());
        replaced.push_str(by);
        kept = at + found.len();
    }
    replaced.push_str(text.get(kept..).unwrap_or_default());
    replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Origin;

    #[test]
    fn nothing_leads_back_to_a_pc_or_a_person() {
        let asked = serde_json::json!({
            r"registry value HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters: Hostname": {"text": "KETOAN-01"},
            r"registry value HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion: RegisteredOwner": {"text": "Nguyen Van A"},
            r"registry values HKLM\SOFTWARE\A": {"ProductId": {"text": "00371-OEM"}, "Path": {"text": r"\\ketoan-01\x"}},
            r"registry keys HKU\S-1-5-21-11-22-33-1001\Software": ["S-1-5-21-11-22-33-1001", "S-1-5-21-7-8-9", "S-1-5-18"],
            r"registry keys HKU\": ["S-1-12-1-71-72-73-74", "S-1-12-1-71-72-73-74_Classes"],
            r"registry values HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\Zalo": {
                "DisplayName": {"text": "Zalo"}, "InstallLocation": {"text": r"C:\Users\an\Zalo"}},
            "adapters": [{"mac": "00:1A:2B:3C:4D:5E", "addresses": ["10.1.2.3"], "resolvers": ["fec0:0:0:ffff::1"]}],
            "program paths UniKeyNT.exe": [r"C:\Users\nguyenan\Downloads\UniKeyNT.exe", r"C:\Users\Public\x.exe"],
            r"registry values HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Run": {
                "Zalo": {"text": r#""C:\Users\Nguyen An\AppData\Local\Zalo.exe" --token=secret"#},
            },
            r"registry keys HKLM\SYSTEM\CurrentControlSet\Enum\USBSTOR\Disk&Ven_A": ["E0D55EA5&0", "7&1a2b&0"],
            r"registry values HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy\FirewallRules": {
                "{1}": {"text": r"v2.10|Action=Allow|Dir=In|RA4=10.1.2.3|App=C:\Users\Nguyen An\a.exe|Name=An's program|"},
                "{2}": {"text": "v2.10|Action=Allow|Dir=Out|Name=x|"},
            },
            r"registry values HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\Paths": {r"C:\Users\nguyen an\x": {"u32": 0}},
            "tasks": [{"path": r"\Update-S-1-5-21-11-22-33-1001", "programs": [r"C:\Users\Public\a.exe", r"c:\users\Lan"]}],
            "certificates User: MY": [{"issuer": "Nguyen Van A", "self_issued": true}, {"issuer": "CA", "self_issued": false}],
            r"registry value HKLM\SYSTEM\Enum\DISPLAY\A\1\Device Parameters: EDID": {"bytes": "AQIDBAUGBwgJCgsMDQ4PEBESEw=="},
            "wmi a": [{"MACAddress": "00:1A:2B:3C:4D:5E", "Time": "20261122070000.000000+420", "Size": 5}, {"SerialNumber": " WD-1"}, {"SerialNumber": " WD-1"}],
            "drive health sda": {"smartctl": "{\"serial_number\": \"WD-WMC1\", \"smart_status\": {\"passed\": true}}"},
        });
        let mut recording = Recording {
            origin: Origin::Real,
            partial: false,
            about: String::new(),
            platform: "windows".to_owned(),
            taken_at: jiff::Timestamp::UNIX_EPOCH,
            files: BTreeMap::new(),
            folders: BTreeMap::new(),
            links: BTreeMap::new(),
            modified: BTreeMap::new(),
            memory: Said::default(),
            volumes: Said::default(),
            addresses: Said::default(),
            running: BTreeMap::new(),
            owners: Said::default(),
            runs: BTreeMap::new(),
            firmware: Said::default(),
            asked: serde_json::from_value(asked).unwrap(),
        };
        scrub(&mut recording, "pc-1", &mut |address| address.replace("10.1.2.3", "192.0.2.1"));
        expect_test::expect![[r#"
            {
              "adapters": [
                {
                  "addresses": [
                    "192.0.2.1"
                  ],
                  "mac": "02:00:00:00:00:01",
                  "resolvers": [
                    "fec0:0:0:ffff::1"
                  ]
                }
              ],
              "certificates User: MY": [
                {
                  "issuer": "scrubbed",
                  "self_issued": true
                },
                {
                  "issuer": "CA",
                  "self_issued": false
                }
              ],
              "drive health sda": {
                "smartctl": "{\"smart_status\":{\"passed\":true}}"
              },
              "program paths UniKeyNT.exe": [
                "C:\\Users\\user1\\Downloads\\UniKeyNT.exe",
                "C:\\Users\\Public\\x.exe"
              ],
              "registry keys HKLM\\SYSTEM\\CurrentControlSet\\Enum\\USBSTOR\\Disk&Ven_A": [
                "SCRUBBED0&0",
                "7&1a2b&0"
              ],
              "registry keys HKU\\": [
                "S-1-12-1-2-2-2-2",
                "S-1-12-1-2-2-2-2_Classes"
              ],
              "registry keys HKU\\S-1-5-21-1-1-1-1001\\Software": [
                "S-1-5-21-1-1-1-1001",
                "S-1-5-21-2-2-2",
                "S-1-5-18"
              ],
              "registry value HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion: RegisteredOwner": {
                "text": "scrubbed"
              },
              "registry value HKLM\\SYSTEM\\CurrentControlSet\\Services\\Tcpip\\Parameters: Hostname": {
                "text": "pc-1"
              },
              "registry value HKLM\\SYSTEM\\Enum\\DISPLAY\\A\\1\\Device Parameters: EDID": {
                "bytes": "AQIDBAUGBwgJCgsMAAAAABESEw=="
              },
              "registry values HKLM\\SOFTWARE\\A": {
                "Path": {
                  "text": "\\\\pc-1\\x"
                }
              },
              "registry values HKLM\\SOFTWARE\\Microsoft\\Windows Defender\\Exclusions\\Paths": {
                "C:\\Users\\user3\\x": {
                  "u32": 0
                }
              },
              "registry values HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run": {
                "Zalo": {
                  "text": "\"C:\\Users\\user3\\AppData\\Local\\Zalo.exe\""
                }
              },
              "registry values HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\Zalo": {
                "DisplayName": {
                  "text": "Zalo"
                }
              },
              "registry values HKLM\\SYSTEM\\CurrentControlSet\\Services\\SharedAccess\\Parameters\\FirewallPolicy\\FirewallRules": {
                "rule-0001": {
                  "text": "v2.10|Action=Allow|Dir=In|RA4=192.0.2.1|App=C:\\Users\\user3\\a.exe|"
                }
              },
              "tasks": [
                {
                  "path": "\\Update-S-1-5-21-1-1-1-1001",
                  "programs": [
                    "C:\\Users\\Public\\a.exe",
                    "c:\\users\\user4"
                  ]
                }
              ],
              "wmi a": [
                {
                  "MACAddress": "02:00:00:00:00:01",
                  "Size": 5,
                  "Time": "20261122070000.000000+420"
                },
                {
                  "SerialNumber": "SCRUBBED1"
                },
                {
                  "SerialNumber": "SCRUBBED1"
                }
              ]
            }"#]]
        .assert_eq(&serde_json::to_string_pretty(&recording.asked).unwrap());
    }
}

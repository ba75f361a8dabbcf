//! The forms of the answers that mostly Windows gives: registry values, rows of WMI, drives, accounts, sockets,
//! certificates.
//!
//! They compile everywhere, so that a recording of a Windows PC can be played on any other. They know no facts.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Trouble;

/// One of the two views that a 64-bit Windows has of its registry. A 32-bit Windows has one, and both name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum View {
    /// What 64-bit programs see.
    Wide,
    /// What 32-bit programs see.
    Narrow,
}

/// A key of the registry in one view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key<'a> {
    /// The view.
    pub view: View,
    /// The path, beginning with `HKLM\`, `HKU\` or `HKCU\`.
    pub path: &'a str,
}

impl<'a> Key<'a> {
    /// A key as 64-bit programs see it.
    pub fn wide(path: &'a str) -> Key<'a> {
        Key { view: View::Wide, path }
    }

    /// A key as 32-bit programs see it.
    pub fn narrow(path: &'a str) -> Key<'a> {
        Key { view: View::Narrow, path }
    }
}

/// The path, and for the narrow view ` (32)` after it.
impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.view {
            View::Wide => f.write_str(self.path),
            View::Narrow => write!(f, "{} (32)", self.path),
        }
    }
}

/// A value of the registry, with the type that it has there. A text with half a character of UTF-16 is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistryValue {
    /// REG_SZ.
    Text(String),
    /// REG_EXPAND_SZ, not expanded.
    Expand(String),
    /// REG_MULTI_SZ.
    Texts(Vec<String>),
    /// REG_DWORD.
    U32(u32),
    /// REG_QWORD.
    U64(u64),
    /// Any other type, or one of those above whose bytes do not fit it, in base64.
    #[serde(with = "base64")]
    Bytes(Vec<u8>),
}

/// Bytes as base64.
mod base64 {
    use data_encoding::BASE64;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map_err(D::Error::custom)
    }
}

/// Types of registry values, as numbers (winnt.h).
const REG_SZ: u32 = 1;
const REG_EXPAND_SZ: u32 = 2;
const REG_DWORD: u32 = 4;
const REG_MULTI_SZ: u32 = 7;
const REG_QWORD: u32 = 11;

impl RegistryValue {
    /// The value that these bytes are, by the number of their type. Never fails: what does not fit its type stays
    /// bytes.
    pub fn read(kind: u32, bytes: &[u8]) -> RegistryValue {
        let whole = bytes.len().is_multiple_of(2);
        let odd = || RegistryValue::Bytes(bytes.to_vec());
        match kind {
            REG_SZ if whole => until_zero(bytes).map_or_else(odd, RegistryValue::Text),
            REG_EXPAND_SZ if whole => until_zero(bytes).map_or_else(odd, RegistryValue::Expand),
            REG_MULTI_SZ if whole => {
                let units: Vec<u16> = units(bytes).collect();
                let texts: Result<Vec<String>, _> =
                    units.split(|unit| *unit == 0).map(String::from_utf16).collect();
                texts.map_or_else(
                    |_| odd(),
                    |mut texts| {
                        texts.retain(|text| !text.is_empty());
                        RegistryValue::Texts(texts)
                    },
                )
            }
            REG_DWORD => match bytes.try_into() {
                Ok(bytes) => RegistryValue::U32(u32::from_le_bytes(bytes)),
                Err(_) => RegistryValue::Bytes(bytes.to_vec()),
            },
            REG_QWORD => match bytes.try_into() {
                Ok(bytes) => RegistryValue::U64(u64::from_le_bytes(bytes)),
                Err(_) => RegistryValue::Bytes(bytes.to_vec()),
            },
            _ => RegistryValue::Bytes(bytes.to_vec()),
        }
    }
}

fn units(bytes: &[u8]) -> impl Iterator<Item = u16> {
    bytes.as_chunks::<2>().0.iter().map(|pair| u16::from_le_bytes(*pair))
}

/// What lies after the first zero was there before the value was. None for a text with half a character.
fn until_zero(bytes: &[u8]) -> Option<String> {
    let units: Vec<u16> = units(bytes).take_while(|unit| *unit != 0).collect();
    String::from_utf16(&units).ok()
}

/// A question to WMI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query<'a> {
    /// The namespace, such as `ROOT\CIMV2`.
    pub namespace: &'a str,
    /// The class.
    pub class: &'a str,
    /// The columns to answer. One that the class does not have is left out of the rows.
    pub columns: &'a [&'a str],
    /// The condition in WQL, without WHERE; empty for all rows.
    pub filter: &'a str,
}

impl Query<'_> {
    /// The question in WQL, asking for these columns.
    pub fn wql(&self, columns: &str) -> String {
        let filter = if self.filter.is_empty() { String::new() } else { format!(" WHERE {}", self.filter) };
        format!("SELECT {columns} FROM {}{filter}", self.class)
    }
}

/// The namespace and the question.
impl fmt::Display for Query<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.namespace, self.wql(&self.columns.join(", ")))
    }
}

/// A row that WMI answered: the columns that were asked for and are there.
pub type Row = BTreeMap<String, Cell>;

/// One column of a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// The column is there and has no value.
    Null,
    /// A flag.
    Flag(bool),
    /// A number from 0 on.
    Number(u64),
    /// A number below 0.
    Negative(i64),
    /// A number with a fraction.
    Real(f64),
    /// A text, a date in the form of DMTF, a reference.
    Text(String),
    /// An array; the units of UTF-16 of a text that has half a character.
    List(Vec<Cell>),
}

/// A method of WMI that may be called: nothing else can be. None of them changes anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// `Win32_EncryptableVolume.GetProtectionStatus`: `ProtectionStatus`. The property of this name is stale.
    ProtectionStatus,
    /// `Win32_EncryptableVolume.GetConversionStatus`: `ConversionStatus`, `EncryptionPercentage`.
    ConversionStatus,
    /// `Win32_EncryptableVolume.GetEncryptionMethod`: `EncryptionMethod`.
    EncryptionMethod,
    /// `Win32_EncryptableVolume.GetLockStatus`: `LockStatus`.
    LockStatus,
}

impl Method {
    /// Its name in WMI.
    pub fn name(self) -> &'static str {
        match self {
            Method::ProtectionStatus => "GetProtectionStatus",
            Method::ConversionStatus => "GetConversionStatus",
            Method::EncryptionMethod => "GetEncryptionMethod",
            Method::LockStatus => "GetLockStatus",
        }
    }

    /// The class that has it.
    pub fn class(self) -> &'static str {
        "Win32_EncryptableVolume"
    }

    /// The namespace of that class. It takes encrypted connections and administrators only.
    pub fn namespace(self) -> &'static str {
        r"ROOT\CIMV2\Security\MicrosoftVolumeEncryption"
    }

    /// What it answers.
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Method::ProtectionStatus => &["ProtectionStatus", "ReturnValue"],
            Method::ConversionStatus => &["ConversionStatus", "EncryptionPercentage", "ReturnValue"],
            Method::EncryptionMethod => &["EncryptionMethod", "ReturnValue"],
            Method::LockStatus => &["LockStatus", "ReturnValue"],
        }
    }
}

/// What the operating system knows of the TPM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tpm {
    /// Version of the specification: 1 for 1.2, 2 for 2.0.
    pub version: u32,
    /// How it is built in, by TPM_DEVICE_INFO: 1 discrete on the old bus, 3 in the firmware of the CPU and so on.
    pub interface: u32,
    /// Revision of its implementation.
    pub revision: u32,
}

/// What the firmware says of Secure Boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecureBoot {
    /// It is on.
    pub enabled: bool,
    /// The firmware can do it.
    pub capable: bool,
}

/// How the PC was started.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FirmwareKind {
    /// As a BIOS.
    Bios,
    /// As UEFI.
    Uefi,
}

/// A service of Windows. Drivers are services too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// It runs, or is about to.
    pub running: bool,
    /// When it starts.
    pub start: ServiceStart,
}

/// When a service starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceStart {
    /// With the kernel.
    Boot,
    /// With the operating system.
    System,
    /// By itself.
    Automatic,
    /// When somebody asks for it.
    Manual,
    /// Never.
    Disabled,
}

/// A socket that takes what comes from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Listener {
    /// TCP, or else UDP.
    pub tcp: bool,
    /// The address that it listens on.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// Name of the program that holds it, such as `svchost.exe`; none when it ended meanwhile or is out of sight.
    pub program: Option<String>,
}

/// A network adapter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NetAdapter {
    /// What its driver calls it; empty when that cannot be read. The name that people see may have been given by one of them.
    pub description: String,
    /// Its GUID, in braces.
    pub id: String,
    /// Type of interface, as IANA numbers them (ifType): 6 Ethernet, 23 PPP, 24 loopback, 71 Wi-Fi, 131 tunnel.
    pub kind: u32,
    /// Whether it is a piece of hardware.
    pub hardware: Option<bool>,
    /// Hardware address.
    pub mac: Option<String>,
    /// It is connected.
    pub up: bool,
    /// Speed of what it receives, in bits a second.
    pub receive_speed: Option<u64>,
    /// Its addresses.
    pub addresses: Vec<IpAddr>,
    /// Name servers that it asks, in their order.
    pub resolvers: Vec<IpAddr>,
    /// Gateways of its default routes; the unspecified address where a route has none.
    pub default_routes: Vec<IpAddr>,
}

/// What a Wi-Fi adapter is connected to. The network's name stays on the PC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WifiLink {
    /// GUID of the adapter, in braces.
    pub adapter: String,
    /// Strength of the signal, 0 to 100; none where Windows does not tell.
    pub signal: Option<u32>,
    /// DOT11_AUTH_ALGORITHM and DOT11_CIPHER_ALGORITHM; none where Windows does not tell. Windows 11 24H2 tells only
    /// those who may know the place of the PC.
    pub protection: Option<(u32, u32)>,
}

/// A local account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalUser {
    /// Last part of its SID: 500 is the administrator that Windows made, 501 the guest.
    pub rid: u32,
    /// Its SID.
    pub sid: String,
    /// It is closed.
    pub disabled: bool,
    /// It is locked after wrong passwords.
    pub locked: bool,
    /// It needs no password.
    pub password_not_required: bool,
    /// Age of the password in seconds; none when it must be changed at the next sign-in.
    pub password_age_seconds: Option<u32>,
    /// Last sign-in; none when never.
    pub last_sign_in: Option<Timestamp>,
}

/// The rules for passwords of local accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordPolicy {
    /// Shortest password, in characters.
    pub length_min: u32,
    /// Longest life of a password in seconds; none for ever.
    pub age_max_seconds: Option<u32>,
    /// How many former passwords may not come back.
    pub remembered: u32,
    /// Wrong passwords until an account is locked; 0 for never.
    pub lockout_tries: u32,
    /// How long it stays locked, in seconds; none until an administrator opens it.
    pub lockout_seconds: Option<u32>,
}

/// Which devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Among<'a> {
    /// Those of a class, by its GUID in braces and small letters.
    Class(&'a str),
    /// Those that an enumerator found, such as `USB`.
    Enumerator(&'a str),
}

/// The class, or the name of the enumerator.
impl fmt::Display for Among<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Among::Class(name) | Among::Enumerator(name) => f.write_str(name),
        }
    }
}

/// A device that Windows knows. Which one of its kind it is stays on the PC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Device {
    /// Enumerator and kind, such as `USB\VID_0529&PID_0620`.
    pub id: String,
    /// Its name, perhaps translated.
    pub name: Option<String>,
    /// GUID of its class, in braces and small letters.
    pub class: Option<String>,
    /// The service that drives it, such as `usbscan`.
    pub service: Option<String>,
    /// Its key under `HKLM\SYSTEM\CurrentControlSet\Control\Class`.
    pub driver: Option<String>,
    /// It is there.
    pub present: bool,
    /// When it last came; Windows 7 does not keep it.
    pub arrived_at: Option<Timestamp>,
    /// When it last went; Windows 7 does not keep it.
    pub removed_at: Option<Timestamp>,
}

/// How a service was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// How the best attempt ended.
    pub how: Reaching,
    /// How long its name took, in milliseconds; none when it has none, or the name is not known.
    pub name_ms: Option<u64>,
    /// How long each answer took, in milliseconds, sorted.
    pub answers_ms: Vec<u64>,
    /// How often it was tried.
    pub attempts: u32,
}

/// How an attempt to reach a service ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reaching {
    /// It answered.
    Answered,
    /// Its name is not known, or nobody told it in time.
    NoName,
    /// It refused.
    Refused,
    /// It did not answer in time.
    TimedOut,
    /// It answered with a certificate that the system does not trust.
    NotTrusted,
    /// There is no way there, or what answered does not speak TLS.
    Broken,
}

/// Where a certificate store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StorePlace {
    /// The PC.
    Machine,
    /// The user that the agent runs as.
    User,
    /// All users: the store's name begins with the SID of one, as in `S-1-5-…\MY`. Needs an administrator.
    Users,
}

/// A certificate of a store. Whose it is stays on the PC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Certificate {
    /// SHA-1 of the certificate, in hexadecimal: what Windows calls its thumbprint.
    pub thumbprint: String,
    /// Hash of issuer and serial number: the first 16 bytes of their SHA-256, in hexadecimal.
    #[serde(default)]
    pub id: String,
    /// Common name of who issued it.
    pub issuer: String,
    /// Organisation of who issued it; empty when it is not told.
    #[serde(default)]
    pub issuer_organisation: String,
    /// Length of its public key, in bits.
    #[serde(default)]
    pub key_bits: Option<u32>,
    /// First moment of its life.
    pub not_before: Timestamp,
    /// Last moment of its life.
    pub not_after: Timestamp,
    /// It names itself as issuer.
    pub self_issued: bool,
    /// What keeps its private key, such as the name of a token's driver; none when there is no private key.
    pub key_provider: Option<String>,
}

/// A scanner, as Windows Image Acquisition knows it (wiadef.h, "Properties for WIA Scanner Minidrivers").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageScanner {
    /// What WIA calls it (WIA_DIP_DEV_ID): its key under `HKLM\SYSTEM\CurrentControlSet\Control\Class`.
    pub id: String,
    /// What it says of itself, or why it did not: one that is off or busy cannot be opened.
    pub told: Result<ScannerProperties, Trouble>,
}

/// What a scanner says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannerProperties {
    /// How it takes paper (WIA_DPS_DOCUMENT_HANDLING_CAPABILITIES): bit 0 a sheet feeder, bit 1 a plate, bit 2 both sides.
    pub handling: Option<i64>,
    /// What it scans from: its plate, its feeder.
    pub items: Vec<ScannerItem>,
}

/// One thing that a scanner scans from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScannerItem {
    /// GUID of what it is (WIA_IPA_ITEM_CATEGORY), without braces, in small letters.
    pub category: Option<String>,
    /// The colours that it may be set to (WIA_IPA_DATATYPE): 0 black and white, 2 grey, 3 colour.
    pub data_types: Option<Vec<i64>>,
    /// The dots per inch that it may be set to across (WIA_IPS_XRES); of a range its ends.
    pub across_dpi: Option<Vec<i64>>,
    /// The same along (WIA_IPS_YRES).
    pub along_dpi: Option<Vec<i64>>,
}

/// When Windows Update was last successful.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Updates {
    /// Last successful search.
    pub searched_at: Option<Timestamp>,
    /// Last successful installation.
    pub installed_at: Option<Timestamp>,
    /// An installed update waits for a restart.
    pub restart_required: bool,
}

/// An update that waits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct WaitingUpdate {
    /// Numbers of its articles, such as `5034441`.
    pub articles: Vec<String>,
    /// `Critical`, `Important`, `Moderate` or `Low`, which is not translated; empty when it mends no flaw.
    pub severity: String,
    /// It is a driver.
    pub driver: bool,
    /// GUIDs of the categories that it belongs to, in small letters, sorted.
    pub categories: Vec<String>,
    /// When it was published.
    pub published_at: Option<Timestamp>,
}

/// What Windows Security Center watches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guardian {
    /// The firewall.
    Firewall,
    /// Windows Update set to work by itself.
    Updates,
    /// The antivirus.
    Antivirus,
    /// The question before a program gets all rights.
    AccountControl,
}

/// How Windows Security Center finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It works.
    Good,
    /// Nobody watches.
    NotMonitored,
    /// It does not work.
    Poor,
    /// It is put off.
    Snoozed,
}

/// A drive, as Windows and its driver tell it. Numbers are those of Windows' own lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhysicalDrive {
    /// Its number: 0 for `PhysicalDrive0`.
    pub number: u32,
    /// Maker and model, as far as the drive tells them.
    pub model: String,
    /// How it is connected (STORAGE_BUS_TYPE of ntddstor.h); 0 is unknown.
    pub bus: u32,
    /// Its medium can be taken out.
    pub removable: bool,
    /// Size in bytes.
    pub size: Option<u64>,
    /// Reaching another place takes time: it has platters.
    pub seek_penalty: Option<bool>,
    /// Turns a minute (word 217 of ATA's IDENTIFY): 1 for flash. Asked only where the driver knows no seek penalty.
    pub rotation: Option<u16>,
    /// How it is divided (PARTITION_STYLE of winioctl.h): 0 for MBR, 1 for GPT.
    pub partitions: Option<u32>,
    /// The letters of the volumes on it, such as `C:`.
    pub letters: Vec<String>,
}

/// What a drive tells of its own health, as it tells it. Without serial numbers on Windows; smartctl prints them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HealthLog {
    /// SMART, mostly of an ATA drive.
    Smart {
        /// The drive foretells its own failure.
        failing: Option<bool>,
        /// SMART READ DATA, 512 bytes; empty when it does not tell.
        #[serde(default, with = "base64", skip_serializing_if = "Vec::is_empty")]
        data: Vec<u8>,
        /// SMART READ THRESHOLDS, 512 bytes; empty when it does not tell.
        #[serde(default, with = "base64", skip_serializing_if = "Vec::is_empty")]
        thresholds: Vec<u8>,
        /// Page 7 of the statistics of a drive of flash, 512 bytes; empty when it does not tell.
        #[serde(default, with = "base64", skip_serializing_if = "Vec::is_empty")]
        flash: Vec<u8>,
    },
    /// Log page 02h of an NVMe drive, 512 bytes.
    Nvme(#[serde(with = "base64")] Vec<u8>),
    /// What smartctl printed, as JSON.
    Smartctl(String),
}

/// How a recording names the questions of the doors that have no place of their own in it.
/// A shared folder, printer or pipe. Its name stays on the PC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share {
    /// What is shared: 0 a folder, 1 a printer, 2 a device, 3 pipes (STYPE of lmshare.h without its marks).
    pub kind: u32,
    /// Windows made it for itself.
    pub built_in: bool,
    /// Who may use it, in the order in which Windows looks; none when it does not tell.
    pub access: Option<Vec<Ace>>,
}

/// One entry of a list of who may use a thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ace {
    /// It allows; otherwise it refuses.
    pub allows: bool,
    /// Whom it is about.
    pub sid: String,
    /// What it is about, as an access mask (MS-DTYP 2.4.3).
    pub mask: u32,
}

/// A scheduled task.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Task {
    /// Its path among the tasks, such as `\Microsoft\Windows\Defrag\ScheduledDefrag`; empty when it cannot be read.
    pub path: String,
    /// The programs that it starts and those that their arguments name; none when that has an unknown form.
    pub programs: Option<Vec<String>>,
}

/// An event of a log of Windows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Event {
    /// When it happened.
    pub at: Timestamp,
    /// Its number, which means something only together with its provider.
    pub id: u16,
    /// Who wrote it, such as `Microsoft-Windows-Eventlog`.
    pub provider: String,
}

/// How a recording names the questions of the doors that only Windows has.
pub(super) mod question {
    use rules::wire::Place;

    use super::{Among, Guardian, Key, Method, Query, StorePlace};

    pub(in crate::host) fn devices(among: Among<'_>) -> String {
        format!("devices {among}")
    }

    pub(in crate::host) fn reach(place: &Place) -> String {
        let tls = if place.tls { " TLS" } else { "" };
        format!("reach {place}{tls}")
    }

    pub(in crate::host) fn registry_value(key: Key<'_>, name: &str) -> String {
        format!("registry value {key}: {name}")
    }

    pub(in crate::host) fn program_paths(program: &str) -> String {
        format!("program paths {program}")
    }

    pub(in crate::host) fn registry_values(key: Key<'_>) -> String {
        format!("registry values {key}")
    }

    pub(in crate::host) fn registry_changed(key: Key<'_>) -> String {
        format!("registry changed {key}")
    }

    pub(in crate::host) fn registry_keys(key: Key<'_>) -> String {
        format!("registry keys {key}")
    }

    pub(in crate::host) fn wmi(query: &Query<'_>) -> String {
        format!("wmi {query}")
    }

    pub(in crate::host) fn wmi_call(method: Method, object: &str) -> String {
        format!("wmi call {}: {object}", method.name())
    }

    pub(in crate::host) fn cpuid(leaf: u32) -> String {
        format!("cpuid 0x{leaf:08x}")
    }

    pub(in crate::host) fn service(name: &str) -> String {
        format!("service {name}")
    }

    pub(in crate::host) fn group_members(group: &str) -> String {
        format!("group members {group}")
    }

    pub(in crate::host) fn certificates(place: StorePlace, store: &str) -> String {
        format!("certificates {place:?}: {store}")
    }

    pub(in crate::host) fn drive_health(name: &str) -> String {
        format!("drive health {name}")
    }
    pub(in crate::host) fn oldest_events(log: &str) -> String {
        format!("oldest events {log}")
    }

    pub(in crate::host) fn newest_events(log: &str, id: u16) -> String {
        format!("newest events {log}: {id}")
    }

    pub(in crate::host) fn security_health(guardian: Guardian) -> String {
        format!("security health {guardian:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_type_or_stay_bytes() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        assert_eq!(RegistryValue::read(1, &wide("Máy\0")), RegistryValue::Text("Máy".to_owned()));
        assert_eq!(RegistryValue::read(1, &wide("a\0left over")), RegistryValue::Text("a".to_owned()));
        assert_eq!(RegistryValue::read(1, &wide("no end")), RegistryValue::Text("no end".to_owned()));
        assert_eq!(RegistryValue::read(1, b"odd"), RegistryValue::Bytes(b"odd".to_vec()));
        for kind in [1, 2, 7] {
            let half = [&wide("a")[..], &[0, 0xd8], &wide("b\0\0")[..]].concat();
            assert_eq!(RegistryValue::read(kind, &half), RegistryValue::Bytes(half), "half a character");
        }
        assert_eq!(RegistryValue::read(2, &wide("%a%\0")), RegistryValue::Expand("%a%".to_owned()));
        assert_eq!(
            RegistryValue::read(7, &wide("a\0b\0\0")),
            RegistryValue::Texts(vec!["a".to_owned(), "b".to_owned()])
        );
        assert_eq!(RegistryValue::read(4, &[1, 0, 0, 0]), RegistryValue::U32(1));
        assert_eq!(
            RegistryValue::read(4, &[1]),
            RegistryValue::Bytes(vec![1]),
            "a short number is no number"
        );
        assert_eq!(RegistryValue::read(11, &[1; 8]), RegistryValue::U64(0x0101_0101_0101_0101));
        assert_eq!(RegistryValue::read(99, &[1]), RegistryValue::Bytes(vec![1]));
    }

    #[test]
    fn cells_survive_json() {
        for cell in [
            Cell::Null,
            Cell::Flag(true),
            Cell::Number(u64::MAX),
            Cell::Negative(-1),
            Cell::Real(0.5),
            Cell::Real(5.0),
            Cell::Text("20261122070000.000000+420".to_owned()),
            Cell::List(vec![Cell::Number(1), Cell::Null]),
        ] {
            let json = serde_json::to_string(&cell).unwrap();
            assert_eq!(serde_json::from_str::<Cell>(&json).unwrap(), cell, "{json}");
        }
    }

    #[test]
    fn a_question_in_wql() {
        let query = Query {
            namespace: r"ROOT\CIMV2",
            class: "Win32_DiskDrive",
            columns: &["Index", "Size"],
            filter: "Index = 0",
        };
        assert_eq!(query.to_string(), r"ROOT\CIMV2: SELECT Index, Size FROM Win32_DiskDrive WHERE Index = 0");
        assert_eq!(query.wql("*"), "SELECT * FROM Win32_DiskDrive WHERE Index = 0");
    }
}

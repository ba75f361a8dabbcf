//! The doors to one PC: file, folder, link, volume, program, firmware table.
//!
//! A probe asks through them and through nothing else, so it runs on a recording as it runs on a PC. The doors know
//! no facts and judge nothing. What is behind them is the live host of the platform, which is the only platform
//! code of the agent, or a recording of one.
//!
//! A live host remembers what is costly to find out (which programs run, the firmware table): make one for each
//! survey.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use jiff::Timestamp;
use rules::wire::{NamedService, Place};
use serde::{Deserialize, Serialize};

use answers::{
    Among, Certificate, Device, Event, FirmwareKind, Guardian, Health, HealthLog, ImageScanner, Key,
    Listener, LocalUser, Method, NetAdapter, PasswordPolicy, PhysicalDrive, Query, Reached, RegistryValue,
    Row, SecureBoot, Service, Share, StorePlace, Task, Tpm, Updates, WaitingUpdate, WifiLink,
};

pub mod answers;
pub mod cim;
pub mod command_line;
pub mod descriptor;
pub mod fuse;
#[cfg(target_os = "linux")]
#[path = "host/linux.rs"]
mod live;
#[cfg(windows)]
#[path = "host/windows.rs"]
mod live;
mod reach;
pub mod recorded;
pub mod recorder;
mod scrub;
pub mod shortcut;
pub mod task;

/// Largest file that the file door hands out, in bytes.
pub const FILE_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Most entries of a folder.
pub const FOLDER_COUNT_MAX: usize = 20_000;
/// Longest time to ask for the space of all volumes: a dead network mount never answers.
pub const VOLUMES_DEADLINE: Duration = Duration::from_secs(5);
/// Longest time that one drive, or the list of drives, may take: a drive that dies may never answer.
pub const DRIVE_DEADLINE: Duration = Duration::from_secs(5);
/// Longest time that a started program may take.
pub const RUN_DEADLINE: Duration = Duration::from_secs(15);
/// Longest time for one question to WMI.
pub const WMI_DEADLINE: Duration = Duration::from_secs(15);
/// Longest time for Windows Update to tell when it was last successful.
pub const UPDATES_DEADLINE: Duration = Duration::from_secs(5);
/// Longest time for Windows Update to tell what waits.
pub const WAITING_DEADLINE: Duration = Duration::from_secs(13);
/// Longest time for all scanners to tell what they are able to: one that is off is noticed after a while.
pub const SCANNERS_DEADLINE: Duration = Duration::from_secs(8);
/// Longest time for the log of events to tell its oldest ones.
pub const EVENTS_DEADLINE: Duration = Duration::from_secs(5);
/// Longest time for the certificates of one store.
pub const CERTIFICATES_DEADLINE: Duration = Duration::from_secs(5);
/// How many of its oldest events a log tells.
pub const EVENTS_COUNT_MAX: usize = 8;
/// Longest time to list devices: one that starts badly holds up the list.
pub const DEVICES_DEADLINE: Duration = Duration::from_secs(10);
/// Longest time to reach services, all of them together.
pub const REACH_DEADLINE: Duration = Duration::from_secs(8);
/// Most rows that WMI may answer.
pub const ROWS_COUNT_MAX: usize = 5_000;
/// Longest time for one probe. Files of the PC itself have no deadline of their own: they are bounded in size, only
/// regular ones are read, and this one stands behind them.
pub const PROBE_DEADLINE: Duration = Duration::from_secs(20);
/// Longest time for all probes together.
pub const SURVEY_DEADLINE: Duration = Duration::from_secs(60);

/// What a door answers. `Ok(None)` means: looked, and it is not there.
pub type Answer<T> = Result<Option<T>, Trouble>;

/// Why a door has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// The agent lacks the right to look.
    Denied,
    /// The answer did not come in time.
    TimedOut,
    /// The platform has no such door.
    NotSupported,
    /// Something went wrong, told in English.
    Failed(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Denied => f.write_str("the agent lacks the right to look"),
            Trouble::TimedOut => f.write_str("the answer did not come in time"),
            Trouble::NotSupported => f.write_str("the platform has no such door"),
            Trouble::Failed(text) => f.write_str(text),
        }
    }
}

/// A program that may be started: nothing else can be. Each has its full path and fixed arguments, and none of them
/// prints text that is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Names and versions of all installed RPM packages, a tab between them.
    RpmPackages,
    /// All rules of nftables as JSON. Needs root.
    NftRules,
    /// How chrony keeps the clock, as one line of CSV.
    ChronyTracking,
}

impl Command {
    /// Every command.
    pub const ALL: &'static [Command] = &[Command::RpmPackages, Command::NftRules, Command::ChronyTracking];

    /// Where the program stands; the first that is there is started.
    pub fn paths(self) -> &'static [&'static str] {
        match self {
            Command::RpmPackages => &["/usr/bin/rpm"],
            Command::NftRules => &["/usr/sbin/nft"],
            Command::ChronyTracking => &["/usr/bin/chronyc"],
        }
    }

    /// Its arguments.
    pub fn arguments(self) -> &'static [&'static str] {
        match self {
            Command::RpmPackages => &["-qa", "--qf", "%{NAME}\\t%{EVR}\\n"],
            Command::NftRules => &["--json", "list", "ruleset"],
            Command::ChronyTracking => &["-c", "-n", "tracking"],
        }
    }
}

/// What a started program printed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
}

/// The memory, as the operating system counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemoryTotals {
    /// Memory that the operating system manages, in bytes.
    pub visible: u64,
    /// Swap space, in bytes.
    pub swap: u64,
}

/// One mounted file system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Where it is mounted.
    pub mount: String,
    /// What is mounted, such as /dev/sda1.
    pub device: String,
    /// File system.
    pub filesystem: String,
    /// Size in bytes; none of a volume that cannot be read, as one that BitLocker has locked.
    pub size: Option<u64>,
    /// Space left for an ordinary user, in bytes; none as for the size.
    pub free: Option<u64>,
}

/// One address of one network adapter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Address {
    /// Name of the adapter in the system.
    pub adapter: String,
    /// IPv4 or IPv6 address.
    pub address: String,
}

/// Which programs hold sockets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owners {
    /// Number of the socket (inode on Linux) and name of the program.
    pub found: Vec<(u64, String)>,
    /// Whether all programs could be looked at.
    pub complete: bool,
}

/// The SMBIOS table (DSP0134), without its entry point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Firmware {
    /// Major version of SMBIOS.
    pub major: u8,
    /// Minor version of SMBIOS.
    pub minor: u8,
    /// The structures.
    pub table: Vec<u8>,
}

/// The doors to one PC.
pub trait Host: Send + Sync {
    /// The bytes of a regular file, up to [`FILE_BYTES_MAX`].
    fn file(&self, path: &str) -> Answer<Vec<u8>>;
    /// The names in a folder, sorted.
    fn folder(&self, path: &str) -> Answer<Vec<String>>;
    /// Where a symbolic link points, as it is written in it.
    fn link(&self, path: &str) -> Answer<String>;
    /// When a file or folder was last changed, to the second. Follows links, so it also tells whether it is there.
    fn modified(&self, path: &str) -> Answer<Timestamp>;
    /// The memory, as the operating system counts it.
    fn memory(&self) -> Answer<MemoryTotals>;
    /// The mounted file systems of this PC's own drives, sorted by mount.
    fn volumes(&self) -> Answer<Vec<Volume>>;
    /// The addresses of all adapters, sorted.
    fn addresses(&self) -> Answer<Vec<Address>>;
    /// Whether a program of this name runs. One question for each name: the list of what else runs stays on the PC.
    fn running(&self, program: &str) -> Answer<bool>;
    /// Which programs hold these sockets.
    fn owners(&self, sockets: &[u64]) -> Answer<Owners>;
    /// Starts a program of the list and waits for its end.
    fn run(&self, command: Command) -> Answer<Output>;
    /// The firmware's table about the hardware.
    fn firmware(&self) -> Answer<Firmware>;

    /// The services that the collector wants this PC to reach. Not there: no collector named any.
    fn named_services(&self) -> Answer<Vec<NamedService>> {
        Ok(None)
    }
    /// Tries to reach these places, all at once, within [`REACH_DEADLINE`]. One answer for each.
    fn reach(&self, places: &[Place]) -> Vec<Answer<Reached>> {
        places.iter().map(|_| Err(Trouble::NotSupported)).collect()
    }
    /// What the drive of this name in the system (`sda`, `PhysicalDrive0`) tells of its own health, within
    /// [`DRIVE_DEADLINE`]. Not there: the drive, or the program that would ask it.
    fn drive_health(&self, _name: &str) -> Answer<HealthLog> {
        Err(Trouble::NotSupported)
    }

    // The doors that only Windows has. Elsewhere they answer `NotSupported`.

    /// The devices among these that Windows knows, there or not, sorted, within [`DEVICES_DEADLINE`].
    fn devices(&self, _among: Among<'_>) -> Answer<Vec<Device>> {
        Err(Trouble::NotSupported)
    }

    /// A value of a registry key; the empty name is the key's own value.
    fn registry_value(&self, _key: Key<'_>, _name: &str) -> Answer<RegistryValue> {
        Err(Trouble::NotSupported)
    }
    /// All values of a registry key, by name.
    fn registry_values(&self, _key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        Err(Trouble::NotSupported)
    }
    /// The names of the keys in a registry key, sorted.
    fn registry_keys(&self, _key: Key<'_>) -> Answer<Vec<String>> {
        Err(Trouble::NotSupported)
    }
    /// What WMI answers, in its order, up to [`ROWS_COUNT_MAX`] rows, within [`WMI_DEADLINE`]. Not there: the
    /// namespace or the class.
    fn wmi(&self, _query: &Query<'_>) -> Answer<Vec<Row>> {
        Err(Trouble::NotSupported)
    }
    /// What a method of WMI answers for one object, named by its column `__RELPATH`, within [`WMI_DEADLINE`].
    fn wmi_call(&self, _method: Method, _object: &str) -> Answer<Row> {
        Err(Trouble::NotSupported)
    }
    /// The drives, by number, within [`DRIVE_DEADLINE`]. Needs no administrator.
    fn drives(&self) -> Answer<Vec<PhysicalDrive>> {
        Err(Trouble::NotSupported)
    }
    /// The TPM that the operating system can use. Not there: none, or one that is off in the firmware.
    fn tpm(&self) -> Answer<Tpm> {
        Err(Trouble::NotSupported)
    }
    /// What the firmware says of Secure Boot. Windows 7 does not know it.
    fn secure_boot(&self) -> Answer<SecureBoot> {
        Err(Trouble::NotSupported)
    }
    /// How the PC was started.
    fn firmware_kind(&self) -> Answer<FirmwareKind> {
        Err(Trouble::NotSupported)
    }
    /// The names of the firmware's ACPI tables, sorted, each once.
    fn acpi_tables(&self) -> Answer<Vec<String>> {
        Err(Trouble::NotSupported)
    }
    /// What the processor's instruction CPUID answers in EAX, EBX, ECX, EDX. Not there: the processor has no such leaf.
    fn cpuid(&self, _leaf: u32) -> Answer<[u32; 4]> {
        Err(Trouble::NotSupported)
    }
    /// For how long the operating system runs.
    fn uptime(&self) -> Answer<Duration> {
        Err(Trouble::NotSupported)
    }
    /// Where the running programs of this name were started from, sorted, each once; without those that may not be asked.
    fn program_paths(&self, _program: &str) -> Answer<Vec<String>> {
        Err(Trouble::NotSupported)
    }
    /// A service by its name, which is not translated.
    fn service(&self, _name: &str) -> Answer<Service> {
        Err(Trouble::NotSupported)
    }
    /// The network adapters, sorted, without loopback.
    fn adapters(&self) -> Answer<Vec<NetAdapter>> {
        Err(Trouble::NotSupported)
    }
    /// The Wi-Fi adapters that are connected, sorted. Not there: this Windows has no Wi-Fi, or its service does not run.
    fn wifi(&self) -> Answer<Vec<WifiLink>> {
        Err(Trouble::NotSupported)
    }
    /// Whether the PC is a member of a domain.
    fn domain_joined(&self) -> Answer<bool> {
        Err(Trouble::NotSupported)
    }
    /// When a registry key was last changed, to the second.
    fn registry_changed(&self, _key: Key<'_>) -> Answer<Timestamp> {
        Err(Trouble::NotSupported)
    }
    /// The sockets that take what comes from elsewhere, sorted.
    fn listeners(&self) -> Answer<Vec<Listener>> {
        Err(Trouble::NotSupported)
    }
    /// The local accounts, by the last part of their SID. A domain controller is not asked: it would count the
    /// whole domain.
    fn local_users(&self) -> Answer<Vec<LocalUser>> {
        Err(Trouble::NotSupported)
    }
    /// The SIDs of the members of a local group, sorted. The group is named by its SID.
    fn group_members(&self, _group: &str) -> Answer<Vec<String>> {
        Err(Trouble::NotSupported)
    }
    /// The rules for passwords of local accounts.
    fn password_policy(&self) -> Answer<PasswordPolicy> {
        Err(Trouble::NotSupported)
    }
    /// The certificates of a store, such as `MY` or `ROOT`, sorted, within [`CERTIFICATES_DEADLINE`].
    fn certificates(&self, _place: StorePlace, _store: &str) -> Answer<Vec<Certificate>> {
        Err(Trouble::NotSupported)
    }
    /// When Windows Update was last successful, within [`UPDATES_DEADLINE`].
    fn windows_updates(&self) -> Answer<Updates> {
        Err(Trouble::NotSupported)
    }
    /// The updates that wait, sorted, as Windows Update knows them without asking its server, within
    /// [`WAITING_DEADLINE`].
    fn waiting_updates(&self) -> Answer<Vec<WaitingUpdate>> {
        Err(Trouble::NotSupported)
    }
    /// What scanners say of themselves through Windows Image Acquisition, by id, within [`SCANNERS_DEADLINE`]. Nothing
    /// is scanned. Not there: this Windows has no such service.
    fn image_scanners(&self) -> Answer<Vec<ImageScanner>> {
        Err(Trouble::NotSupported)
    }
    /// The shared folders, printers and pipes, sorted.
    fn shares(&self) -> Answer<Vec<Share>> {
        Err(Trouble::NotSupported)
    }
    /// The scheduled tasks, sorted.
    fn tasks(&self) -> Answer<Vec<Task>> {
        Err(Trouble::NotSupported)
    }
    /// The oldest events of a log, such as `Security`, up to [`EVENTS_COUNT_MAX`], within [`EVENTS_DEADLINE`].
    fn oldest_events(&self, _log: &str) -> Answer<Vec<Event>> {
        Err(Trouble::NotSupported)
    }
    /// The newest events of a log with this number, the newest first, up to [`EVENTS_COUNT_MAX`], within
    /// [`EVENTS_DEADLINE`]. Not there: the log.
    fn newest_events(&self, _log: &str, _id: u16) -> Answer<Vec<Event>> {
        Err(Trouble::NotSupported)
    }
    /// How Windows Security Center finds a guardian of the PC. Windows Server has no such centre.
    fn security_health(&self, _guardian: Guardian) -> Answer<Health> {
        Err(Trouble::NotSupported)
    }
}

/// A question that a program of its own asks, since what is behind it may hang, or fall down and take the agent along,
/// or fills a memory that is not given back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Question {
    /// [`Host::certificates`].
    Certificates {
        /// Where the store is.
        place: StorePlace,
        /// The store.
        store: String,
    },
    /// [`Host::image_scanners`].
    ImageScanners,
    /// [`Host::waiting_updates`].
    WaitingUpdates,
    /// [`Host::windows_updates`].
    WindowsUpdates,
    /// [`Host::wmi`].
    Wmi {
        /// The namespace.
        namespace: String,
        /// The class.
        class: String,
        /// The columns to answer.
        columns: Vec<String>,
        /// The condition, or nothing.
        filter: String,
    },
    /// [`Host::wmi_call`].
    WmiCall {
        /// The method.
        method: Method,
        /// The object.
        object: String,
    },
}

impl Question {
    /// The question that asks WMI this.
    pub fn wmi(query: &Query<'_>) -> Question {
        Question::Wmi {
            namespace: query.namespace.to_owned(),
            class: query.class.to_owned(),
            columns: query.columns.iter().map(|name| (*name).to_owned()).collect(),
            filter: query.filter.to_owned(),
        }
    }

    /// How long the answer may take.
    pub fn deadline(&self) -> Duration {
        match self {
            Question::Certificates { .. } => CERTIFICATES_DEADLINE,
            Question::ImageScanners => SCANNERS_DEADLINE,
            Question::WaitingUpdates => WAITING_DEADLINE,
            Question::WindowsUpdates => UPDATES_DEADLINE,
            Question::Wmi { .. } | Question::WmiCall { .. } => WMI_DEADLINE,
        }
    }

    /// What the host answers, as JSON on one line.
    fn put(&self, host: &impl Host) -> serde_json::Result<String> {
        match self {
            Question::Certificates { place, store } => {
                serde_json::to_string(&host.certificates(*place, store))
            }
            Question::ImageScanners => serde_json::to_string(&host.image_scanners()),
            Question::WaitingUpdates => serde_json::to_string(&host.waiting_updates()),
            Question::WindowsUpdates => serde_json::to_string(&host.windows_updates()),
            Question::Wmi { namespace, class, columns, filter } => {
                let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
                serde_json::to_string(&host.wmi(&Query { namespace, class, columns: &columns, filter }))
            }
            Question::WmiCall { method, object } => serde_json::to_string(&host.wmi_call(*method, object)),
        }
    }
}

/// The first argument of a program that answers questions until there are no more.
pub const ANSWER: &str = "answer";

/// Whether this program may be started with [`ANSWER`].
static HAS_ANSWERS: AtomicBool = AtomicBool::new(false);

/// Reads questions, a [`Question`] as JSON on each line, and answers each on a line: an [`Answer`] as JSON.
///
/// # Errors
/// What was read is no question, or the answer cannot be written.
pub fn answer(questions: impl BufRead, mut answers: impl Write) -> anyhow::Result<()> {
    let host = live();
    for line in questions.lines() {
        let line = line.context("cannot read a question")?;
        let question: Question = serde_json::from_str(&line)
            .with_context(|| format!("{line} is no question that a program of its own asks"))?;
        let answer = question.put(&host).context("cannot write the answer as JSON")?;
        writeln!(answers, "{answer}").and_then(|()| answers.flush()).context("cannot hand out the answer")?;
    }
    Ok(())
}

/// Says that this program answers questions where it is started with [`ANSWER`]: the live host may start it so.
pub fn offer_answers() {
    HAS_ANSWERS.store(true, Ordering::Relaxed);
}

/// Whether the live host is that of Windows.
pub const IS_WINDOWS: bool = cfg!(windows);

/// The platform of the live host, as recordings and reports call it.
pub const PLATFORM: &str = if IS_WINDOWS { "windows" } else { "linux" };

/// The live host of this platform, which no collector told of services.
pub fn live() -> impl Host {
    live_reaching(None)
}

/// The live host of this platform, with the services that the collector names.
#[cfg(target_os = "linux")]
pub fn live_reaching(services: Option<Vec<NamedService>>) -> impl Host {
    live::Linux::new(services)
}

/// The live host of this platform, with the services that the collector names.
#[cfg(windows)]
pub fn live_reaching(services: Option<Vec<NamedService>>) -> impl Host {
    live::Windows::new(services)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a program of its own answers to these lines.
    fn answers(questions: &str) -> anyhow::Result<String> {
        let mut said = Vec::new();
        answer(questions.as_bytes(), &mut said)?;
        Ok(String::from_utf8(said)?)
    }

    #[test]
    fn questions_travel_as_lines() {
        let query = Query {
            namespace: r"ROOT\CIMV2",
            class: "Win32_Processor",
            columns: &["Name", "NumberOfCores"],
            filter: "DeviceID='CPU0'",
        };
        let questions = [
            Question::Certificates { place: StorePlace::Users, store: r"S-1-5-21-7\MY".to_owned() },
            Question::ImageScanners,
            Question::WaitingUpdates,
            Question::WindowsUpdates,
            Question::wmi(&query),
            Question::WmiCall { method: Method::LockStatus, object: "Win32_EncryptableVolume=@".to_owned() },
        ];
        let mut lines = String::new();
        for question in &questions {
            let line = serde_json::to_string(question).unwrap();
            assert!(!line.contains('\n'), "{line}");
            assert_eq!(&serde_json::from_str::<Question>(&line).unwrap(), question);
            assert!(question.deadline() < PROBE_DEADLINE, "{line}: a probe survives one silence");
            lines.push_str(&line);
            lines.push('\n');
        }
        expect_test::expect![[r#"
            {"certificates":{"place":"users","store":"S-1-5-21-7\\MY"}}
            "image_scanners"
            "waiting_updates"
            "windows_updates"
            {"wmi":{"namespace":"ROOT\\CIMV2","class":"Win32_Processor","columns":["Name","NumberOfCores"],"filter":"DeviceID='CPU0'"}}
            {"wmi_call":{"method":"lock_status","object":"Win32_EncryptableVolume=@"}}
        "#]]
        .assert_eq(&lines);
        let said = answers(&lines).unwrap();
        assert_eq!(said.lines().count(), questions.len(), "one answer on each line: {said}");
        if !IS_WINDOWS {
            assert!(said.lines().all(|line| line == r#"{"Err":"not_supported"}"#), "{said}");
        }
    }

    #[test]
    fn what_is_no_question_is_told() {
        assert_eq!(answers("").unwrap(), "");
        let told = format!("{:#}", answers("\"windows_updates\"\nformat c:\n").unwrap_err());
        assert!(told.starts_with("format c: is no question"), "{told}");
    }
}

//! The live Windows host: files, registry, WMI, and the functions of Windows that answer in numbers.
//!
//! Texts of Windows' own errors are translated, so an error is told by its number. Functions that Windows 7 lacks are
//! looked up at run time. Without the rights of an administrator some doors answer `Denied`.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the live host is where probes' questions reach files and programs"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rules::wire::{NamedService, Place};
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate};
use windows::Win32::Foundation::{E_ACCESSDENIED, FILETIME, WIN32_ERROR};

use super::answers::{
    Among, Certificate, Device, Event, FirmwareKind, Guardian, Health, HealthLog, ImageScanner, Key,
    Listener, LocalUser, Method, NetAdapter, PasswordPolicy, PhysicalDrive, Query, Reached, RegistryValue,
    Row, SecureBoot, Service, Share, StorePlace, Task, Tpm, Updates, WaitingUpdate, WifiLink,
};
use super::fuse::Fuse;
use super::{
    Address, Answer, Command, DEVICES_DEADLINE, DRIVE_DEADLINE, EVENTS_DEADLINE, Firmware, Host,
    MemoryTotals, Output, Owners, Question, REACH_DEADLINE, Trouble, VOLUMES_DEADLINE, Volume, reach,
};

#[path = "windows/accounts.rs"]
mod accounts;
#[path = "windows/adapters.rs"]
mod adapters;
#[path = "windows/aside.rs"]
mod aside;
#[path = "windows/certificates.rs"]
mod certificates;
#[path = "windows/child.rs"]
mod child;
#[path = "windows/com.rs"]
mod com;
#[path = "windows/delayed.rs"]
mod delayed;
#[path = "windows/devices.rs"]
mod devices;
#[path = "windows/drives.rs"]
mod drives;
#[path = "windows/events.rs"]
mod events;
#[path = "windows/files.rs"]
mod files;
#[path = "windows/firmware.rs"]
mod firmware;
#[path = "windows/library.rs"]
mod library;
#[path = "windows/programs.rs"]
mod programs;
#[path = "windows/registry.rs"]
mod registry;
#[path = "windows/scanners.rs"]
mod scanners;
#[path = "windows/security_center.rs"]
mod security_center;
#[path = "windows/services.rs"]
mod services;
#[path = "windows/shares.rs"]
mod shares;
#[path = "windows/sockets.rs"]
mod sockets;
#[path = "windows/tasks.rs"]
mod tasks;
#[path = "windows/updates.rs"]
mod updates;
#[path = "windows/wifi.rs"]
mod wifi;
#[path = "windows/wmi.rs"]
mod wmi;

/// This PC.
pub(super) struct Windows {
    programs: OnceLock<Result<BTreeMap<u32, String>, Trouble>>,
    firmware: OnceLock<Answer<Firmware>>,
    services: Option<Vec<NamedService>>,
    witness: child::Witness,
    wmi: Fuse,
    drives: OnceLock<Answer<Vec<PhysicalDrive>>>,
}

impl Windows {
    pub(super) fn new(services: Option<Vec<NamedService>>) -> Windows {
        Windows {
            programs: OnceLock::new(),
            firmware: OnceLock::new(),
            services,
            witness: child::Witness::default(),
            wmi: Fuse::new(),
            drives: OnceLock::new(),
        }
    }

    /// The names of all running programs by their process.
    fn programs(&self) -> Result<&BTreeMap<u32, String>, Trouble> {
        self.programs.get_or_init(programs).as_ref().map_err(Clone::clone)
    }
}

impl Host for Windows {
    /// The path may name variables of the environment, such as `%SystemRoot%`.
    fn file(&self, path: &str) -> Answer<Vec<u8>> {
        files::file(path)
    }

    fn folder(&self, path: &str) -> Answer<Vec<String>> {
        files::folder(path)
    }

    fn link(&self, path: &str) -> Answer<String> {
        files::link(path)
    }

    fn modified(&self, path: &str) -> Answer<Timestamp> {
        files::modified(path)
    }

    fn memory(&self) -> Answer<MemoryTotals> {
        let refresh = sysinfo::MemoryRefreshKind::nothing().with_ram().with_swap();
        let system =
            sysinfo::System::new_with_specifics(sysinfo::RefreshKind::nothing().with_memory(refresh))
                .map_err(|error| Trouble::Failed(format!("cannot read the memory totals: {error}")))?;
        // sysinfo says 0 when it could not read.
        match system.total_memory() {
            0 => Err(Trouble::Failed("Windows does not tell the memory".to_owned())),
            visible => Ok(Some(MemoryTotals { visible, swap: system.total_swap() })),
        }
    }

    fn volumes(&self) -> Answer<Vec<Volume>> {
        aside::within(VOLUMES_DEADLINE, files::volumes)
    }

    fn addresses(&self) -> Answer<Vec<Address>> {
        let networks = sysinfo::Networks::new_with_refreshed_list()
            .map_err(|error| Trouble::Failed(format!("cannot list the network adapters: {error}")))?;
        let addresses: BTreeSet<Address> = networks
            .iter()
            .flat_map(|(name, network)| {
                network.ip_networks().iter().map(|network| Address {
                    adapter: name.to_string_lossy().into_owned(),
                    address: network.addr.to_string(),
                })
            })
            .collect();
        Ok(Some(addresses.into_iter().collect()))
    }

    /// Names are compared as Windows does, capitals and small letters alike.
    fn running(&self, program: &str) -> Answer<bool> {
        Ok(Some(self.programs()?.values().any(|name| name.eq_ignore_ascii_case(program))))
    }

    /// Sockets of Windows have no number of their own: see [`Host::listeners`].
    fn owners(&self, _sockets: &[u64]) -> Answer<Owners> {
        Err(Trouble::NotSupported)
    }

    /// Every program of the list belongs to another system.
    fn run(&self, _command: Command) -> Answer<Output> {
        Err(Trouble::NotSupported)
    }

    fn firmware(&self) -> Answer<Firmware> {
        self.firmware.get_or_init(firmware::table).clone()
    }

    fn named_services(&self) -> Answer<Vec<NamedService>> {
        Ok(self.services.clone())
    }

    fn reach(&self, places: &[Place]) -> Vec<Answer<Reached>> {
        reach::reach(places, REACH_DEADLINE)
    }

    fn devices(&self, among: Among<'_>) -> Answer<Vec<Device>> {
        let asked = devices::Asked::new(among)?;
        aside::within(DEVICES_DEADLINE, move || devices::devices(&asked))
    }
    fn drive_health(&self, name: &str) -> Answer<HealthLog> {
        let name = name.to_owned();
        aside::within(DRIVE_DEADLINE, move || drives::health(&name))
    }

    fn registry_value(&self, key: Key<'_>, name: &str) -> Answer<RegistryValue> {
        registry::value(key, name)
    }

    fn registry_values(&self, key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        registry::values(key)
    }

    fn registry_keys(&self, key: Key<'_>) -> Answer<Vec<String>> {
        registry::keys(key)
    }

    fn wmi(&self, query: &Query<'_>) -> Answer<Vec<Row>> {
        let asked = wmi::Asked::new(query);
        let question = Question::wmi(query);
        self.wmi.ask(query.namespace, || self.witness.ask(&question, move || wmi::query(&asked)))
    }

    fn wmi_call(&self, method: Method, object: &str) -> Answer<Row> {
        let question = Question::WmiCall { method, object: object.to_owned() };
        let object = object.to_owned();
        self.wmi.ask(method.namespace(), || self.witness.ask(&question, move || wmi::call(method, &object)))
    }

    fn drives(&self) -> Answer<Vec<PhysicalDrive>> {
        self.drives.get_or_init(|| aside::within(DRIVE_DEADLINE, drives::drives)).clone()
    }

    fn tpm(&self) -> Answer<Tpm> {
        firmware::tpm()
    }

    fn secure_boot(&self) -> Answer<SecureBoot> {
        firmware::secure_boot()
    }

    fn firmware_kind(&self) -> Answer<FirmwareKind> {
        firmware::kind()
    }

    fn acpi_tables(&self) -> Answer<Vec<String>> {
        firmware::acpi_tables()
    }

    fn cpuid(&self, leaf: u32) -> Answer<[u32; 4]> {
        firmware::cpuid(leaf)
    }

    fn uptime(&self) -> Answer<Duration> {
        Ok(Some(firmware::uptime()))
    }

    fn program_paths(&self, program: &str) -> Answer<Vec<String>> {
        programs::paths(self.programs()?, program)
    }

    fn service(&self, name: &str) -> Answer<Service> {
        services::service(name)
    }

    fn adapters(&self) -> Answer<Vec<NetAdapter>> {
        adapters::adapters()
    }

    fn wifi(&self) -> Answer<Vec<WifiLink>> {
        wifi::links()
    }

    fn domain_joined(&self) -> Answer<bool> {
        accounts::domain_joined()
    }

    fn registry_changed(&self, key: Key<'_>) -> Answer<Timestamp> {
        registry::changed(key)
    }

    fn listeners(&self) -> Answer<Vec<Listener>> {
        sockets::listeners(self.programs()?)
    }

    fn local_users(&self) -> Answer<Vec<LocalUser>> {
        accounts::users()
    }

    fn group_members(&self, group: &str) -> Answer<Vec<String>> {
        accounts::members(group)
    }

    fn password_policy(&self) -> Answer<PasswordPolicy> {
        accounts::policy()
    }

    fn certificates(&self, place: StorePlace, store: &str) -> Answer<Vec<Certificate>> {
        let question = Question::Certificates { place, store: store.to_owned() };
        let store = store.to_owned();
        self.witness.ask(&question, move || certificates::certificates(place, &store))
    }

    fn windows_updates(&self) -> Answer<Updates> {
        self.witness.ask(&Question::WindowsUpdates, updates::updates)
    }

    fn waiting_updates(&self) -> Answer<Vec<WaitingUpdate>> {
        self.witness.ask(&Question::WaitingUpdates, updates::waiting)
    }

    fn image_scanners(&self) -> Answer<Vec<ImageScanner>> {
        self.witness.ask(&Question::ImageScanners, scanners::scanners)
    }

    fn shares(&self) -> Answer<Vec<Share>> {
        shares::shares()
    }

    fn tasks(&self) -> Answer<Vec<Task>> {
        tasks::tasks()
    }

    fn oldest_events(&self, log: &str) -> Answer<Vec<Event>> {
        let log = log.to_owned();
        aside::within(EVENTS_DEADLINE, move || events::oldest(&log))
    }

    fn newest_events(&self, log: &str, id: u16) -> Answer<Vec<Event>> {
        let log = log.to_owned();
        aside::within(EVENTS_DEADLINE, move || events::newest(&log, id))
    }

    fn security_health(&self, guardian: Guardian) -> Answer<Health> {
        security_center::health(guardian)
    }
}

fn programs() -> Result<BTreeMap<u32, String>, Trouble> {
    let mut system = sysinfo::System::new()
        .map_err(|error| Trouble::Failed(format!("cannot list the running programs: {error}")))?;
    system.refresh_processes_specifics(ProcessesToUpdate::All, false, ProcessRefreshKind::nothing());
    let programs: BTreeMap<u32, String> = system
        .processes()
        .iter()
        .map(|(pid, process)| (Pid::as_u32(*pid), process.name().to_string_lossy().into_owned()))
        .collect();
    // The agent itself runs, so an empty list is a failure.
    if programs.is_empty() {
        return Err(Trouble::Failed("Windows lists no running programs".to_owned()));
    }
    Ok(programs)
}

/// The number of Windows for "the agent lacks the right to look".
const ACCESS_DENIED: u32 = 5;

/// What an error number of Windows means.
fn trouble_of(doing: &str, code: WIN32_ERROR) -> Trouble {
    match code.0 {
        ACCESS_DENIED => Trouble::Denied,
        code => Trouble::Failed(format!("cannot {doing}: error {code} of Windows")),
    }
}

/// What an error of a COM call means.
fn trouble(doing: &str, error: &windows::core::Error) -> Trouble {
    match error.code() {
        code if code == E_ACCESSDENIED => Trouble::Denied,
        code => Trouble::Failed(format!("cannot {doing}: error 0x{:08x} of Windows", code.0)),
    }
}

/// Windows counts tenths of microseconds from the year 1601.
fn moment(time: FILETIME) -> Result<Timestamp, Trouble> {
    /// From 1601-01-01 to 1970-01-01.
    const SECONDS_TO_EPOCH: i64 = 11_644_473_600;
    const TICKS_A_SECOND: u64 = 10_000_000;
    let ticks = u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    let seconds = i64::try_from(ticks / TICKS_A_SECOND).unwrap_or(i64::MAX).saturating_sub(SECONDS_TO_EPOCH);
    Timestamp::from_duration(SignedDuration::from_secs(seconds))
        .map_err(|_| Trouble::Failed("Windows names an impossible time".to_owned()))
}

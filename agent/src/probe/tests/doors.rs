//! A recorded PC, some of whose doors answer otherwise.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use rules::wire::{NamedService, Place};

use crate::host::answers::{
    Among, Certificate, Device, Event, FirmwareKind, Guardian, Health, HealthLog, ImageScanner, Key,
    Listener, LocalUser, Method, NetAdapter, PasswordPolicy, PhysicalDrive, Query, Reached, RegistryValue,
    Row, SecureBoot, Service, Share, StorePlace, Task, Tpm, Updates, WaitingUpdate, WifiLink,
};
use crate::host::recorded::Recorded;
use crate::host::{Address, Answer, Command, Firmware, Host, MemoryTotals, Output, Owners, Volume};

/// How some doors answer; the others answer as they were recorded.
pub(super) trait Otherwise: Send + Sync {
    fn wmi(&self, pc: &Recorded, query: &Query<'_>) -> Answer<Vec<Row>> {
        pc.wmi(query)
    }
    fn wmi_call(&self, pc: &Recorded, method: Method, object: &str) -> Answer<Row> {
        pc.wmi_call(method, object)
    }
    fn registry_value(&self, pc: &Recorded, key: Key<'_>, name: &str) -> Answer<RegistryValue> {
        pc.registry_value(key, name)
    }
    fn registry_values(&self, pc: &Recorded, key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        pc.registry_values(key)
    }
    fn registry_keys(&self, pc: &Recorded, key: Key<'_>) -> Answer<Vec<String>> {
        pc.registry_keys(key)
    }
    fn service(&self, pc: &Recorded, name: &str) -> Answer<Service> {
        pc.service(name)
    }
    fn security_health(&self, pc: &Recorded, guardian: Guardian) -> Answer<Health> {
        pc.security_health(guardian)
    }
    fn file(&self, pc: &Recorded, path: &str) -> Answer<Vec<u8>> {
        pc.file(path)
    }
    fn folder(&self, pc: &Recorded, path: &str) -> Answer<Vec<String>> {
        pc.folder(path)
    }
    fn link(&self, pc: &Recorded, path: &str) -> Answer<String> {
        pc.link(path)
    }
    fn modified(&self, pc: &Recorded, path: &str) -> Answer<Timestamp> {
        pc.modified(path)
    }
    fn running(&self, pc: &Recorded, program: &str) -> Answer<bool> {
        pc.running(program)
    }
    fn run(&self, pc: &Recorded, command: Command) -> Answer<Output> {
        pc.run(command)
    }
    fn drive_health(&self, pc: &Recorded, name: &str) -> Answer<HealthLog> {
        pc.drive_health(name)
    }
    fn image_scanners(&self, pc: &Recorded) -> Answer<Vec<ImageScanner>> {
        pc.image_scanners()
    }
}

/// The PC.
pub(super) struct Pc<T> {
    pub(super) recorded: Recorded,
    pub(super) doors: T,
}

impl<T: Otherwise> Host for Pc<T> {
    fn wmi(&self, query: &Query<'_>) -> Answer<Vec<Row>> {
        self.doors.wmi(&self.recorded, query)
    }
    fn wmi_call(&self, method: Method, object: &str) -> Answer<Row> {
        self.doors.wmi_call(&self.recorded, method, object)
    }
    fn registry_value(&self, key: Key<'_>, name: &str) -> Answer<RegistryValue> {
        self.doors.registry_value(&self.recorded, key, name)
    }
    fn registry_values(&self, key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        self.doors.registry_values(&self.recorded, key)
    }

    fn file(&self, path: &str) -> Answer<Vec<u8>> {
        self.doors.file(&self.recorded, path)
    }
    fn folder(&self, path: &str) -> Answer<Vec<String>> {
        self.doors.folder(&self.recorded, path)
    }
    fn link(&self, path: &str) -> Answer<String> {
        self.doors.link(&self.recorded, path)
    }
    fn modified(&self, path: &str) -> Answer<Timestamp> {
        self.doors.modified(&self.recorded, path)
    }
    fn memory(&self) -> Answer<MemoryTotals> {
        self.recorded.memory()
    }
    fn volumes(&self) -> Answer<Vec<Volume>> {
        self.recorded.volumes()
    }
    fn addresses(&self) -> Answer<Vec<Address>> {
        self.recorded.addresses()
    }
    fn running(&self, program: &str) -> Answer<bool> {
        self.doors.running(&self.recorded, program)
    }
    fn owners(&self, sockets: &[u64]) -> Answer<Owners> {
        self.recorded.owners(sockets)
    }
    fn run(&self, command: Command) -> Answer<Output> {
        self.doors.run(&self.recorded, command)
    }
    fn firmware(&self) -> Answer<Firmware> {
        self.recorded.firmware()
    }
    fn named_services(&self) -> Answer<Vec<NamedService>> {
        self.recorded.named_services()
    }
    fn reach(&self, places: &[Place]) -> Vec<Answer<Reached>> {
        self.recorded.reach(places)
    }
    fn drive_health(&self, name: &str) -> Answer<HealthLog> {
        self.doors.drive_health(&self.recorded, name)
    }
    fn devices(&self, among: Among<'_>) -> Answer<Vec<Device>> {
        self.recorded.devices(among)
    }
    fn registry_keys(&self, key: Key<'_>) -> Answer<Vec<String>> {
        self.doors.registry_keys(&self.recorded, key)
    }
    fn drives(&self) -> Answer<Vec<PhysicalDrive>> {
        self.recorded.drives()
    }
    fn tpm(&self) -> Answer<Tpm> {
        self.recorded.tpm()
    }
    fn secure_boot(&self) -> Answer<SecureBoot> {
        self.recorded.secure_boot()
    }
    fn firmware_kind(&self) -> Answer<FirmwareKind> {
        self.recorded.firmware_kind()
    }
    fn acpi_tables(&self) -> Answer<Vec<String>> {
        self.recorded.acpi_tables()
    }
    fn cpuid(&self, leaf: u32) -> Answer<[u32; 4]> {
        self.recorded.cpuid(leaf)
    }
    fn uptime(&self) -> Answer<Duration> {
        self.recorded.uptime()
    }
    fn program_paths(&self, program: &str) -> Answer<Vec<String>> {
        self.recorded.program_paths(program)
    }
    fn service(&self, name: &str) -> Answer<Service> {
        self.doors.service(&self.recorded, name)
    }
    fn adapters(&self) -> Answer<Vec<NetAdapter>> {
        self.recorded.adapters()
    }
    fn wifi(&self) -> Answer<Vec<WifiLink>> {
        self.recorded.wifi()
    }
    fn domain_joined(&self) -> Answer<bool> {
        self.recorded.domain_joined()
    }
    fn registry_changed(&self, key: Key<'_>) -> Answer<Timestamp> {
        self.recorded.registry_changed(key)
    }
    fn listeners(&self) -> Answer<Vec<Listener>> {
        self.recorded.listeners()
    }
    fn local_users(&self) -> Answer<Vec<LocalUser>> {
        self.recorded.local_users()
    }
    fn group_members(&self, group: &str) -> Answer<Vec<String>> {
        self.recorded.group_members(group)
    }
    fn password_policy(&self) -> Answer<PasswordPolicy> {
        self.recorded.password_policy()
    }
    fn certificates(&self, place: StorePlace, store: &str) -> Answer<Vec<Certificate>> {
        self.recorded.certificates(place, store)
    }
    fn windows_updates(&self) -> Answer<Updates> {
        self.recorded.windows_updates()
    }
    fn waiting_updates(&self) -> Answer<Vec<WaitingUpdate>> {
        self.recorded.waiting_updates()
    }
    fn image_scanners(&self) -> Answer<Vec<ImageScanner>> {
        self.doors.image_scanners(&self.recorded)
    }
    fn shares(&self) -> Answer<Vec<Share>> {
        self.recorded.shares()
    }
    fn tasks(&self) -> Answer<Vec<Task>> {
        self.recorded.tasks()
    }
    fn oldest_events(&self, log: &str) -> Answer<Vec<Event>> {
        self.recorded.oldest_events(log)
    }
    fn newest_events(&self, log: &str, id: u16) -> Answer<Vec<Event>> {
        self.recorded.newest_events(log, id)
    }
    fn security_health(&self, guardian: Guardian) -> Answer<Health> {
        self.doors.security_health(&self.recorded, guardian)
    }
}

//! Writes down what a host answers, so that a survey can be played again elsewhere.
//!
//! What leaves the PC is scrubbed: names of people and of the PC, serial numbers, hardware and network addresses are
//! replaced by stable stand-ins.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rules::wire::{NamedService, Place};
use serde::Serialize;

use super::answers::{
    Among, Certificate, Device, Event, FirmwareKind, Guardian, Health, HealthLog, ImageScanner, Key,
    Listener, LocalUser, Method, NetAdapter, PasswordPolicy, PhysicalDrive, Query, Reached, RegistryValue,
    Row, SecureBoot, Service, Share, StorePlace, Task, Tpm, Updates, WaitingUpdate, WifiLink, question,
};
use super::recorded::{Bytes, Origin, Recording, Said, Table};
use super::scrub::scrub;
use super::{Address, Answer, Command, Firmware, Host, MemoryTotals, Output, Owners, Trouble, Volume};

/// A host that writes down what another one answers.
pub struct Recorder<H> {
    host: H,
    recording: Mutex<Recording>,
}

impl<H: Host> Recorder<H> {
    /// Listens to this host, at this time.
    pub fn new(host: H, platform: &str, now: Timestamp) -> Recorder<H> {
        let recording = Recording {
            origin: Origin::Real,
            partial: false,
            about: String::new(),
            platform: platform.to_owned(),
            taken_at: now,
            files: Default::default(),
            folders: Default::default(),
            links: Default::default(),
            modified: Default::default(),
            memory: Said::default(),
            volumes: Said::default(),
            addresses: Said::default(),
            running: Default::default(),
            owners: Said::default(),
            runs: Default::default(),
            firmware: Said::default(),
            asked: Default::default(),
        };
        Recorder { host, recording: Mutex::new(recording) }
    }

    /// The scrubbed recording as JSON, with a sentence about the PC.
    pub fn to_json(&self, about: &str) -> anyhow::Result<String> {
        let mut recording = self.recording().clone();
        recording.about = about.to_owned();
        scrub(&mut recording);
        let mut text = serde_json::to_string_pretty(&recording)?;
        text.push('\n');
        Ok(text)
    }

    fn recording(&self) -> MutexGuard<'_, Recording> {
        // A probe that panicked elsewhere leaves whole answers behind.
        self.recording.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<H: Host> Recorder<H> {
    /// Writes down the answer of a door without a place of its own.
    fn asked<T: Serialize>(&self, question: String, answer: Answer<T>) -> Answer<T> {
        let written = match &answer {
            Ok(value) => value.as_ref().map(serde_json::to_value).transpose(),
            Err(trouble) => {
                self.recording().asked.insert(question, Said::Trouble { trouble: trouble.clone() });
                return answer;
            }
        };
        let said = match written {
            Ok(value) => Said::Answered(value),
            Err(error) => {
                Said::Trouble { trouble: Trouble::Failed(format!("cannot be written down: {error}")) }
            }
        };
        self.recording().asked.insert(question, said);
        answer
    }
}

fn same<T>(value: T) -> T {
    value
}

impl<H: Host> Host for Recorder<H> {
    fn file(&self, path: &str) -> Answer<Vec<u8>> {
        let answer = self.host.file(path);
        let said = Said::from_answer(answer.clone(), |bytes| Bytes::new(&bytes));
        self.recording().files.insert(path.to_owned(), said);
        answer
    }

    fn folder(&self, path: &str) -> Answer<Vec<String>> {
        let answer = self.host.folder(path);
        self.recording().folders.insert(path.to_owned(), Said::from_answer(answer.clone(), same));
        answer
    }

    fn link(&self, path: &str) -> Answer<String> {
        let answer = self.host.link(path);
        self.recording().links.insert(path.to_owned(), Said::from_answer(answer.clone(), same));
        answer
    }

    fn modified(&self, path: &str) -> Answer<Timestamp> {
        let answer = self.host.modified(path);
        self.recording().modified.insert(path.to_owned(), Said::from_answer(answer.clone(), same));
        answer
    }

    fn memory(&self) -> Answer<MemoryTotals> {
        let answer = self.host.memory();
        self.recording().memory = Said::from_answer(answer.clone(), same);
        answer
    }

    fn volumes(&self) -> Answer<Vec<Volume>> {
        let answer = self.host.volumes();
        self.recording().volumes = Said::from_answer(answer.clone(), same);
        answer
    }

    fn addresses(&self) -> Answer<Vec<Address>> {
        let answer = self.host.addresses();
        self.recording().addresses = Said::from_answer(answer.clone(), same);
        answer
    }

    fn running(&self, program: &str) -> Answer<bool> {
        let answer = self.host.running(program);
        self.recording().running.insert(program.to_owned(), Said::from_answer(answer.clone(), same));
        answer
    }

    fn owners(&self, sockets: &[u64]) -> Answer<Owners> {
        let answer = self.host.owners(sockets);
        self.recording().owners = Said::from_answer(answer.clone(), same);
        answer
    }

    fn run(&self, command: Command) -> Answer<Output> {
        let answer = self.host.run(command);
        self.recording().runs.insert(command, Said::from_answer(answer.clone(), same));
        answer
    }

    fn firmware(&self) -> Answer<Firmware> {
        let answer = self.host.firmware();
        let write = |firmware: Firmware| Table {
            major: firmware.major,
            minor: firmware.minor,
            table: Bytes::new(&firmware.table),
        };
        self.recording().firmware = Said::from_answer(answer.clone(), write);
        answer
    }

    fn named_services(&self) -> Answer<Vec<NamedService>> {
        match self.host.named_services() {
            Ok(None) => Ok(None),
            answer => self.asked("named services".to_owned(), answer),
        }
    }

    fn reach(&self, places: &[Place]) -> Vec<Answer<Reached>> {
        let answers = self.host.reach(places).into_iter();
        answers.zip(places).map(|(answer, place)| self.asked(question::reach(place), answer)).collect()
    }

    fn devices(&self, among: Among<'_>) -> Answer<Vec<Device>> {
        self.asked(question::devices(among), self.host.devices(among))
    }
    fn drive_health(&self, name: &str) -> Answer<HealthLog> {
        self.asked(question::drive_health(name), self.host.drive_health(name))
    }

    fn registry_value(&self, key: Key<'_>, name: &str) -> Answer<RegistryValue> {
        self.asked(question::registry_value(key, name), self.host.registry_value(key, name))
    }

    fn registry_values(&self, key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        self.asked(question::registry_values(key), self.host.registry_values(key))
    }

    fn registry_keys(&self, key: Key<'_>) -> Answer<Vec<String>> {
        self.asked(question::registry_keys(key), self.host.registry_keys(key))
    }

    fn wmi(&self, query: &Query<'_>) -> Answer<Vec<Row>> {
        self.asked(question::wmi(query), self.host.wmi(query))
    }

    fn wmi_call(&self, method: Method, object: &str) -> Answer<Row> {
        self.asked(question::wmi_call(method, object), self.host.wmi_call(method, object))
    }

    fn drives(&self) -> Answer<Vec<PhysicalDrive>> {
        self.asked("drives".to_owned(), self.host.drives())
    }

    fn tpm(&self) -> Answer<Tpm> {
        self.asked("tpm".to_owned(), self.host.tpm())
    }

    fn secure_boot(&self) -> Answer<SecureBoot> {
        self.asked("secure boot".to_owned(), self.host.secure_boot())
    }

    fn firmware_kind(&self) -> Answer<FirmwareKind> {
        self.asked("firmware kind".to_owned(), self.host.firmware_kind())
    }

    fn acpi_tables(&self) -> Answer<Vec<String>> {
        self.asked("acpi tables".to_owned(), self.host.acpi_tables())
    }

    fn cpuid(&self, leaf: u32) -> Answer<[u32; 4]> {
        self.asked(question::cpuid(leaf), self.host.cpuid(leaf))
    }

    fn uptime(&self) -> Answer<Duration> {
        self.asked("uptime".to_owned(), self.host.uptime())
    }

    fn program_paths(&self, program: &str) -> Answer<Vec<String>> {
        self.asked(question::program_paths(program), self.host.program_paths(program))
    }

    fn service(&self, name: &str) -> Answer<Service> {
        self.asked(question::service(name), self.host.service(name))
    }

    fn adapters(&self) -> Answer<Vec<NetAdapter>> {
        self.asked("adapters".to_owned(), self.host.adapters())
    }

    fn wifi(&self) -> Answer<Vec<WifiLink>> {
        self.asked("wifi".to_owned(), self.host.wifi())
    }

    fn domain_joined(&self) -> Answer<bool> {
        self.asked("domain joined".to_owned(), self.host.domain_joined())
    }

    fn registry_changed(&self, key: Key<'_>) -> Answer<Timestamp> {
        self.asked(question::registry_changed(key), self.host.registry_changed(key))
    }

    fn listeners(&self) -> Answer<Vec<Listener>> {
        self.asked("listeners".to_owned(), self.host.listeners())
    }

    fn local_users(&self) -> Answer<Vec<LocalUser>> {
        self.asked("local users".to_owned(), self.host.local_users())
    }

    fn group_members(&self, group: &str) -> Answer<Vec<String>> {
        self.asked(question::group_members(group), self.host.group_members(group))
    }

    fn password_policy(&self) -> Answer<PasswordPolicy> {
        self.asked("password policy".to_owned(), self.host.password_policy())
    }

    fn certificates(&self, place: StorePlace, store: &str) -> Answer<Vec<Certificate>> {
        self.asked(question::certificates(place, store), self.host.certificates(place, store))
    }

    fn windows_updates(&self) -> Answer<Updates> {
        self.asked("windows updates".to_owned(), self.host.windows_updates())
    }

    fn waiting_updates(&self) -> Answer<Vec<WaitingUpdate>> {
        self.asked("waiting updates".to_owned(), self.host.waiting_updates())
    }

    fn image_scanners(&self) -> Answer<Vec<ImageScanner>> {
        self.asked("image scanners".to_owned(), self.host.image_scanners())
    }

    fn shares(&self) -> Answer<Vec<Share>> {
        self.asked("shares".to_owned(), self.host.shares())
    }

    fn tasks(&self) -> Answer<Vec<Task>> {
        self.asked("tasks".to_owned(), self.host.tasks())
    }

    fn oldest_events(&self, log: &str) -> Answer<Vec<Event>> {
        self.asked(question::oldest_events(log), self.host.oldest_events(log))
    }

    fn newest_events(&self, log: &str, id: u16) -> Answer<Vec<Event>> {
        self.asked(question::newest_events(log, id), self.host.newest_events(log, id))
    }

    fn security_health(&self, guardian: Guardian) -> Answer<Health> {
        self.asked(question::security_health(guardian), self.host.security_health(guardian))
    }
}

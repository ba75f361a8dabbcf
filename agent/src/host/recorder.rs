//! Writes down what a host answers, so that a survey can be played again elsewhere.
//!
//! What leaves the PC is scrubbed: names of people and of the PC, serial numbers, hardware and network addresses are
//! replaced by stable stand-ins.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::recorded::{Bytes, Origin, Recording, Said, Table};
use super::scrub::scrub;
use super::{Address, Answer, Command, Firmware, Host, MemoryTotals, Output, Owners, Volume};

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
}

//! A recording: the answers that one PC gave through its doors, and a host that gives them again.
//!
//! A question that is not in the recording fails: it never looks like "not there".

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use data_encoding::BASE64;
use jiff::Timestamp;
use rules::wire::{NamedService, Place};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::answers::{
    Among, Certificate, Device, Event, FirmwareKind, Guardian, Health, HealthLog, ImageScanner, Key,
    Listener, LocalUser, Method, NetAdapter, PasswordPolicy, PhysicalDrive, Query, Reached, RegistryValue,
    Row, SecureBoot, Service, Share, StorePlace, Task, Tpm, Updates, WaitingUpdate, WifiLink, question,
};
use super::{Address, Answer, Command, Firmware, Host, MemoryTotals, Output, Owners, Trouble, Volume};

/// Runs of zeros from this length on are left out of recorded bytes.
const ZEROS_COUNT_MIN: usize = 64;

/// Where a recording comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Origin {
    /// A real PC answered; names, serial numbers and addresses are replaced.
    #[serde(rename = "real")]
    Real,
    /// Somebody wrote it, to show a case that no recorded PC shows.
    #[serde(rename = "made up")]
    MadeUp,
}

/// The answers that one PC gave through its doors.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recording {
    /// Where it comes from.
    pub origin: Origin,
    /// What PC it is, what it shows, and whose data is in it.
    pub about: String,
    /// Whether only some of its answers are known, as those that another program printed: every other question fails.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// The platform: `linux` or `windows`.
    pub platform: String,
    /// When it was taken, UTC.
    pub taken_at: Timestamp,
    /// Files by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub files: BTreeMap<String, Said<Bytes>>,
    /// Folders by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub folders: BTreeMap<String, Said<Vec<String>>>,
    /// Symbolic links by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, Said<String>>,
    /// Times of change by path.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modified: BTreeMap<String, Said<Timestamp>>,
    /// The memory.
    #[serde(default, skip_serializing_if = "Said::is_missing")]
    pub memory: Said<MemoryTotals>,
    /// The volumes.
    #[serde(default, skip_serializing_if = "Said::is_missing")]
    pub volumes: Said<Vec<Volume>>,
    /// The addresses.
    #[serde(default, skip_serializing_if = "Said::is_missing")]
    pub addresses: Said<Vec<Address>>,
    /// Whether programs run, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub running: BTreeMap<String, Said<bool>>,
    /// The owners of sockets.
    #[serde(default, skip_serializing_if = "Said::is_missing")]
    pub owners: Said<Owners>,
    /// What started programs printed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runs: BTreeMap<Command, Said<Output>>,
    /// The firmware's table.
    #[serde(default, skip_serializing_if = "Said::is_missing")]
    pub firmware: Said<Table>,
    /// Answers of all other doors, by question. Most of these only Windows has.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub asked: BTreeMap<String, Said<serde_json::Value>>,
}

/// One recorded answer: the value, `null`, or `{"trouble": …}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Said<T> {
    /// There was no answer.
    Trouble {
        /// Why.
        trouble: Trouble,
    },
    /// There was an answer; `None` is: not there.
    Answered(Option<T>),
}

impl<T> Default for Said<T> {
    fn default() -> Said<T> {
        Said::Trouble { trouble: Trouble::Failed("not in the recording".to_owned()) }
    }
}

impl<T> Said<T> {
    /// The recorded form of an answer.
    pub fn from_answer<U>(answer: Answer<U>, write: impl FnOnce(U) -> T) -> Said<T> {
        match answer {
            Ok(value) => Said::Answered(value.map(write)),
            Err(trouble) => Said::Trouble { trouble },
        }
    }

    fn is_missing(&self) -> bool {
        matches!(self, Said::Trouble { trouble: Trouble::Failed(text) } if text == "not in the recording")
    }

    fn answer<U>(&self, read: impl FnOnce(&T) -> Result<U, Trouble>) -> Answer<U> {
        match self {
            Said::Answered(value) => value.as_ref().map(read).transpose(),
            Said::Trouble { trouble } => Err(trouble.clone()),
        }
    }
}

/// Recorded bytes, as readable as they can be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Bytes {
    /// Text whose every line ends with a line feed.
    Lines(Vec<String>),
    /// Any other text.
    Text(String),
    /// Anything else: parts in base64, zeros between them.
    Parts {
        /// Length in bytes.
        size: usize,
        /// Offset of each part, and the part in base64.
        parts: Vec<(usize, String)>,
    },
}

impl Bytes {
    /// The recorded form of these bytes.
    pub fn new(bytes: &[u8]) -> Bytes {
        let readable = |text: &&str| !text.contains(|c: char| c.is_control() && c != '\n' && c != '\t');
        match std::str::from_utf8(bytes).ok().filter(readable) {
            Some(text) => match text.strip_suffix('\n') {
                Some(lines) => Bytes::Lines(lines.split('\n').map(str::to_owned).collect()),
                None => Bytes::Text(text.to_owned()),
            },
            None => Bytes::Parts { size: bytes.len(), parts: parts(bytes) },
        }
    }

    /// The bytes.
    pub fn read(&self) -> Result<Vec<u8>, Trouble> {
        match self {
            Bytes::Lines(lines) => {
                let mut text = lines.join("\n");
                text.push('\n');
                Ok(text.into_bytes())
            }
            Bytes::Text(text) => Ok(text.clone().into_bytes()),
            Bytes::Parts { size, parts } => {
                let mut bytes = vec![0; *size];
                for (offset, part) in parts {
                    let part = BASE64.decode(part.as_bytes()).map_err(|error| {
                        Trouble::Failed(format!("the recording has bad base64 at {offset}: {error}"))
                    })?;
                    offset
                        .checked_add(part.len())
                        .and_then(|end| bytes.get_mut(*offset..end))
                        .ok_or_else(|| Trouble::Failed(format!("the recorded part at {offset} is too long")))?
                        .copy_from_slice(&part);
                }
                Ok(bytes)
            }
        }
    }
}

/// The parts between long runs of zeros, each with its offset.
fn parts(bytes: &[u8]) -> Vec<(usize, String)> {
    let mut parts = Vec::new();
    let (mut start, mut zeros) = (0, 0);
    let mut close = |start: usize, end: usize| {
        if let Some(part) = bytes.get(start..end).filter(|part| part.iter().any(|byte| *byte != 0)) {
            parts.push((start, BASE64.encode(part)));
        }
    };
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == 0 {
            zeros += 1;
        } else {
            if zeros >= ZEROS_COUNT_MIN {
                close(start, at - zeros);
                start = at;
            }
            zeros = 0;
        }
    }
    close(start, bytes.len() - zeros);
    parts
}

/// The recorded form of [`Firmware`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Major version of SMBIOS.
    pub major: u8,
    /// Minor version of SMBIOS.
    pub minor: u8,
    /// The structures.
    pub table: Bytes,
}

impl Recording {
    /// Reads a recording from its JSON.
    pub fn load(text: &str) -> anyhow::Result<Recorded> {
        use anyhow::Context as _;
        let recording: Recording = serde_json::from_str(text).context("reading a recording")?;
        Ok(Recorded { recording, unanswered: Unanswered::default() })
    }
}

/// A host that answers from a recording.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// What it answers.
    pub recording: Recording,
    unanswered: Unanswered,
}

/// Questions that a recording could not answer, shared by all clones of a host.
#[derive(Debug, Clone, Default)]
struct Unanswered(Arc<Mutex<BTreeSet<String>>>);

impl Unanswered {
    /// Remembers a question; what it fails with.
    fn note(&self, part: &str, question: &str) -> Trouble {
        let told = if question.is_empty() { part.to_owned() } else { format!("{part}: {question}") };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(told);
        Trouble::Failed(if question.is_empty() {
            "not in the recording".to_owned()
        } else {
            format!("{question} is not in the recording")
        })
    }
}

fn same<T: Clone>(value: &T) -> Result<T, Trouble> {
    Ok(value.clone())
}

impl Recorded {
    /// The questions that were asked so far and are not in the recording, each with the part where its answer belongs.
    pub fn unanswered(&self) -> Vec<String> {
        self.unanswered.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn told<T, U>(
        &self,
        part: &str,
        answers: &BTreeMap<String, Said<T>>,
        question: &str,
        read: impl FnOnce(&T) -> Result<U, Trouble>,
    ) -> Answer<U> {
        match answers.get(question) {
            Some(said) => said.answer(read),
            None => Err(self.unanswered.note(part, question)),
        }
    }

    /// The answer of a door that is asked without a word.
    fn single<T, U>(
        &self,
        part: &str,
        said: &Said<T>,
        read: impl FnOnce(&T) -> Result<U, Trouble>,
    ) -> Answer<U> {
        if said.is_missing() {
            return Err(self.unanswered.note(part, ""));
        }
        said.answer(read)
    }

    /// The answer to a question of the doors without a place of their own.
    fn asked<T: DeserializeOwned>(&self, question: &str) -> Answer<T> {
        self.told("asked", &self.recording.asked, question, |value| {
            T::deserialize(value).map_err(|error| {
                Trouble::Failed(format!("the recorded answer to {question} is odd: {error}"))
            })
        })
    }
}

impl Host for Recorded {
    fn file(&self, path: &str) -> Answer<Vec<u8>> {
        self.told("files", &self.recording.files, path, Bytes::read)
    }

    fn folder(&self, path: &str) -> Answer<Vec<String>> {
        self.told("folders", &self.recording.folders, path, same)
    }

    fn link(&self, path: &str) -> Answer<String> {
        self.told("links", &self.recording.links, path, same)
    }

    fn modified(&self, path: &str) -> Answer<Timestamp> {
        self.told("modified", &self.recording.modified, path, same)
    }

    fn memory(&self) -> Answer<MemoryTotals> {
        self.single("memory", &self.recording.memory, same)
    }

    fn volumes(&self) -> Answer<Vec<Volume>> {
        self.single("volumes", &self.recording.volumes, same)
    }

    fn addresses(&self) -> Answer<Vec<Address>> {
        self.single("addresses", &self.recording.addresses, same)
    }

    fn running(&self, program: &str) -> Answer<bool> {
        self.told("running", &self.recording.running, program, same)
    }

    fn owners(&self, _sockets: &[u64]) -> Answer<Owners> {
        self.single("owners", &self.recording.owners, same)
    }

    fn run(&self, command: Command) -> Answer<Output> {
        match self.recording.runs.get(&command) {
            Some(said) => said.answer(same),
            None => Err(self.unanswered.note("runs", &format!("{command:?}"))),
        }
    }

    fn firmware(&self) -> Answer<Firmware> {
        self.single("firmware", &self.recording.firmware, |table| {
            Ok(Firmware { major: table.major, minor: table.minor, table: table.table.read()? })
        })
    }

    /// A recording that says nothing of services was taken by an agent that no collector told of any.
    fn named_services(&self) -> Answer<Vec<NamedService>> {
        match self.recording.asked.contains_key("named services") {
            true => self.asked("named services"),
            false => Ok(None),
        }
    }

    fn reach(&self, places: &[Place]) -> Vec<Answer<Reached>> {
        places.iter().map(|place| self.asked(&question::reach(place))).collect()
    }

    fn devices(&self, among: Among<'_>) -> Answer<Vec<Device>> {
        self.asked(&question::devices(among))
    }
    fn drive_health(&self, name: &str) -> Answer<HealthLog> {
        self.asked(&question::drive_health(name))
    }

    fn registry_value(&self, key: Key<'_>, name: &str) -> Answer<RegistryValue> {
        self.asked(&question::registry_value(key, name))
    }

    fn registry_values(&self, key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        self.asked(&question::registry_values(key))
    }

    fn registry_keys(&self, key: Key<'_>) -> Answer<Vec<String>> {
        self.asked(&question::registry_keys(key))
    }

    fn wmi(&self, query: &Query<'_>) -> Answer<Vec<Row>> {
        self.asked(&question::wmi(query))
    }

    fn wmi_call(&self, method: Method, object: &str) -> Answer<Row> {
        self.asked(&question::wmi_call(method, object))
    }

    fn drives(&self) -> Answer<Vec<PhysicalDrive>> {
        self.asked("drives")
    }

    fn tpm(&self) -> Answer<Tpm> {
        self.asked("tpm")
    }

    fn secure_boot(&self) -> Answer<SecureBoot> {
        self.asked("secure boot")
    }

    fn firmware_kind(&self) -> Answer<FirmwareKind> {
        self.asked("firmware kind")
    }

    fn acpi_tables(&self) -> Answer<Vec<String>> {
        self.asked("acpi tables")
    }

    fn cpuid(&self, leaf: u32) -> Answer<[u32; 4]> {
        self.asked(&question::cpuid(leaf))
    }

    fn uptime(&self) -> Answer<Duration> {
        self.asked("uptime")
    }

    fn program_paths(&self, program: &str) -> Answer<Vec<String>> {
        self.asked(&question::program_paths(program))
    }

    fn service(&self, name: &str) -> Answer<Service> {
        self.asked(&question::service(name))
    }

    fn adapters(&self) -> Answer<Vec<NetAdapter>> {
        self.asked("adapters")
    }

    fn wifi(&self) -> Answer<Vec<WifiLink>> {
        self.asked("wifi")
    }

    fn domain_joined(&self) -> Answer<bool> {
        self.asked("domain joined")
    }

    fn registry_changed(&self, key: Key<'_>) -> Answer<Timestamp> {
        self.asked(&question::registry_changed(key))
    }

    fn listeners(&self) -> Answer<Vec<Listener>> {
        self.asked("listeners")
    }

    fn local_users(&self) -> Answer<Vec<LocalUser>> {
        self.asked("local users")
    }

    fn group_members(&self, group: &str) -> Answer<Vec<String>> {
        self.asked(&question::group_members(group))
    }

    fn password_policy(&self) -> Answer<PasswordPolicy> {
        self.asked("password policy")
    }

    fn certificates(&self, place: StorePlace, store: &str) -> Answer<Vec<Certificate>> {
        self.asked(&question::certificates(place, store))
    }

    fn windows_updates(&self) -> Answer<Updates> {
        self.asked("windows updates")
    }

    fn waiting_updates(&self) -> Answer<Vec<WaitingUpdate>> {
        self.asked("waiting updates")
    }

    /// A recording that says nothing of them was taken by an agent that did not ask scanners.
    fn image_scanners(&self) -> Answer<Vec<ImageScanner>> {
        match self.recording.asked.contains_key("image scanners") {
            true => self.asked("image scanners"),
            false => Err(Trouble::Failed("image scanners is not in the recording".to_owned())),
        }
    }

    fn shares(&self) -> Answer<Vec<Share>> {
        self.asked("shares")
    }

    fn tasks(&self) -> Answer<Vec<Task>> {
        self.asked("tasks")
    }

    fn oldest_events(&self, log: &str) -> Answer<Vec<Event>> {
        self.asked(&question::oldest_events(log))
    }

    fn newest_events(&self, log: &str, id: u16) -> Answer<Vec<Event>> {
        self.asked(&question::newest_events(log, id))
    }

    fn security_health(&self, guardian: Guardian) -> Answer<Health> {
        self.asked(&question::security_health(guardian))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive() {
        let mut sparse = vec![0_u8; 300_000];
        sparse[292_000] = 7;
        sparse[292_100] = 9;
        for bytes in [&b""[..], b"\n", b"a\nb\n", b"a\nb", b"\0\0a", b"\r\n", &[0; 100], b"\xff\xfe", &sparse]
        {
            let json = serde_json::to_string(&Bytes::new(bytes)).unwrap();
            assert!(json.len() < 200, "{json}");
            let read: Bytes = serde_json::from_str(&json).unwrap();
            assert_eq!(read.read().unwrap(), bytes);
        }
    }

    #[test]
    fn a_question_that_was_not_asked_fails() {
        let text = r#"{"origin": "made up", "about": "", "platform": "linux", "taken_at": "2026-11-22T00:00:00Z",
            "files": {"/a": ["x"], "/b": null, "/c": {"trouble": "denied"}, "/d": {"trouble": {"failed": "why"}}}}"#;
        let host = Recording::load(text).unwrap();
        assert_eq!(host.file("/a"), Ok(Some(b"x\n".to_vec())));
        assert_eq!(host.file("/b"), Ok(None));
        assert_eq!(host.file("/c"), Err(Trouble::Denied));
        assert_eq!(host.file("/d"), Err(Trouble::Failed("why".to_owned())));
        assert_eq!(host.file("/e"), Err(Trouble::Failed("/e is not in the recording".to_owned())));
        assert_eq!(host.memory(), Err(Trouble::Failed("not in the recording".to_owned())));
        assert_eq!(host.unanswered(), ["files: /e", "memory"]);
    }

    #[test]
    fn a_recording_with_an_unknown_key_is_refused() {
        let text = r#"{"origin": "real", "about": "", "platform": "linux", "taken_at": "2026-11-22T00:00:00Z", "filez": {}}"#;
        let error = Recording::load(text).unwrap_err();
        assert!(format!("{error:#}").contains("unknown field `filez`"), "{error:#}");
    }
}

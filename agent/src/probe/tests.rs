//! Surveys of recordings, of this PC and of hosts that misbehave.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rules::fact::Fact;
use rules::facts::{AREAS, Kind, Place, Records, Seen, Term, Value};
use rules::wire::NamedService;

use super::*;
use crate::host::answers::{Among, Device, Key, Method, Query, RegistryValue, Row, Service};
use crate::host::fuse::Fuse;
use crate::host::{Address, Answer, Command, Firmware, MemoryTotals, Output, Owners, Trouble, Volume};

mod doors;
mod law;

/// Every fact of a report, one on a line.
pub(super) fn printed(report: &Report) -> String {
    let mut text = String::new();
    for (index, area) in AREAS.iter().enumerate().filter(|(_, area)| !area.derived) {
        for (field, term) in area.terms.iter().enumerate() {
            let seen = report.facts.at(Place { area: index, field });
            print(&mut text, &format!("{}.{}", area.name, term.name), term, &seen);
        }
    }
    for note in &report.notes {
        writeln!(text, "note: {}: {}", note.area, note.text).unwrap();
    }
    text
}

fn print(text: &mut String, name: &str, term: &Term, seen: &Seen<'_>) {
    match (seen, term.kind) {
        (Fact::Known(Value::Records(records)), Kind::Records(terms)) => {
            writeln!(text, "{name} = {} records", records.count()).unwrap();
            for record in 0..records.count() {
                writeln!(text, "    {}", record_line(*records, terms, record)).unwrap();
            }
        }
        (seen, _) => writeln!(text, "{name} = {}", said(seen)).unwrap(),
    }
}

fn record_line(records: &dyn Records, terms: &[Term], record: usize) -> String {
    let fields = terms.iter().enumerate().map(|(field, term)| (term.name, records.nth(record, field)));
    // What nobody asks of a record is told once, by its absence.
    let asked = fields.filter(|(_, seen)| !seen.is_not_asked());
    asked.map(|(name, seen)| format!("{name}={}", said(&seen))).collect::<Vec<_>>().join(" ")
}

fn said(seen: &Seen<'_>) -> String {
    match seen {
        Fact::Absent => "absent".to_owned(),
        Fact::Unknown(reason) => format!("unknown ({reason})"),
        Fact::Known(value) => match value {
            Value::Flag(flag) => flag.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Date(date) => date.to_string(),
            Value::Moment(moment) => moment.to_string(),
            Value::Version(version) => format!("{:?}", version.0),
            Value::Text(text) => format!("{text:?}"),
            Value::Texts(texts) => format!("{texts:?}"),
            Value::Records(records) => format!("{} records", records.count()),
        },
    }
}

#[test]
fn this_pc_answers() {
    let report = survey(Arc::new(host::live()), live_platform(), Timestamp::UNIX_EPOCH);
    println!("{}", printed(&report));
    assert_eq!(report.facts.os.platform, Fact::Known(Platform::Linux));
    assert!(report.facts.memory.visible.known().is_some(), "{:?}", report.facts.memory.visible);
    assert!(report.facts.cpu.threads.known().is_some_and(|threads| *threads > 0));
    assert_eq!(report.notes, []);
}

#[test]
fn a_platform_without_probes_is_not_supported() {
    let report = run(Arc::new(host::live()), &[], Timestamp::UNIX_EPOCH, SOON);
    for (index, area) in AREAS.iter().enumerate().filter(|(_, area)| !area.derived) {
        for field in 0..area.terms.len() {
            let seen = report.facts.at(Place { area: index, field });
            assert!(matches!(seen, Fact::Unknown(Reason::NotSupported)), "{}", area.name);
        }
    }
}

const SOON: Deadlines = Deadlines { probe: Duration::from_millis(50), survey: Duration::from_secs(30) };

/// A host whose every door hangs until it is dropped.
struct Hanging {
    door: Mutex<Receiver<()>>,
}

impl Hanging {
    fn hang<T>(&self) -> Answer<T> {
        assert!(self.door.lock().unwrap().recv().is_err(), "nothing is ever sent");
        Err(Trouble::TimedOut)
    }
}

impl Host for Hanging {
    fn file(&self, _path: &str) -> Answer<Vec<u8>> {
        self.hang()
    }
    fn folder(&self, _path: &str) -> Answer<Vec<String>> {
        self.hang()
    }
    fn link(&self, _path: &str) -> Answer<String> {
        self.hang()
    }
    fn modified(&self, _path: &str) -> Answer<Timestamp> {
        self.hang()
    }
    fn memory(&self) -> Answer<MemoryTotals> {
        self.hang()
    }
    fn volumes(&self) -> Answer<Vec<Volume>> {
        self.hang()
    }
    fn addresses(&self) -> Answer<Vec<Address>> {
        self.hang()
    }
    fn running(&self, _program: &str) -> Answer<bool> {
        self.hang()
    }
    fn owners(&self, _sockets: &[u64]) -> Answer<Owners> {
        self.hang()
    }
    fn run(&self, _command: Command) -> Answer<Output> {
        self.hang()
    }
    fn firmware(&self) -> Answer<Firmware> {
        self.hang()
    }
    fn named_services(&self) -> Answer<Vec<NamedService>> {
        self.hang()
    }
    fn devices(&self, _among: Among<'_>) -> Answer<Vec<Device>> {
        self.hang()
    }
    fn registry_value(&self, _key: Key<'_>, _name: &str) -> Answer<RegistryValue> {
        self.hang()
    }
    fn registry_values(&self, _key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        self.hang()
    }
    fn registry_keys(&self, _key: Key<'_>) -> Answer<Vec<String>> {
        self.hang()
    }
    fn wmi(&self, _query: &Query<'_>) -> Answer<Vec<Row>> {
        self.hang()
    }
    fn wmi_call(&self, _method: Method, _object: &str) -> Answer<Row> {
        self.hang()
    }
    fn cpuid(&self, _leaf: u32) -> Answer<[u32; 4]> {
        self.hang()
    }
    fn service(&self, _name: &str) -> Answer<Service> {
        self.hang()
    }
}

mod os {
    use rules::facts::os::Os;

    use super::*;

    pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Os {
        drop(host.file("/etc/os-release"));
        Os::all_unknown(&Reason::Denied)
    }
}

mod cpu {
    use rules::facts::cpu::Cpu;

    use super::*;

    pub(super) fn ask(_host: &dyn Host, _now: Timestamp) -> Cpu {
        panic!("division by {}", "zero");
    }
}

mod clock {
    use rules::facts::clock::Clock;

    use super::*;

    pub(super) fn ask(_host: &dyn Host, _now: Timestamp) -> Clock {
        Clock { zone: Fact::Known("Asia/Ho_Chi_Minh".to_owned()), ..Clock::default() }
    }
}

const UNRULY: &[Probe] = &[
    probe!(os: rules::facts::os::Os),
    probe!(cpu: rules::facts::cpu::Cpu),
    probe!(clock: rules::facts::clock::Clock),
];

#[test]
fn a_probe_that_hangs_or_panics_loses_only_its_own_area() {
    let (_keep_shut, door) = mpsc::channel();
    let host = Arc::new(Hanging { door: Mutex::new(door) });
    // Long enough for a panic to be told with a backtrace on a busy PC.
    let deadlines = Deadlines { probe: Duration::from_secs(2), ..SOON };
    let report = run(host, UNRULY, Timestamp::UNIX_EPOCH, deadlines);
    assert_eq!(report.facts.os.name, Fact::Unknown(Reason::TimedOut));
    assert_eq!(report.facts.cpu.name, Fact::failed("the probe panicked: division by zero"));
    assert_eq!(report.facts.clock.zone, Fact::Known("Asia/Ho_Chi_Minh".to_owned()));
    let notes: Vec<String> =
        report.notes.iter().map(|note| format!("{}: {}", note.area, note.text)).collect();
    expect_test::expect![[r#"
        os: the probe did not answer within 2 s
        cpu: the probe panicked: division by zero"#]]
    .assert_eq(&notes.join("\n"));
}

#[test]
fn a_survey_ends_when_its_own_time_is_over() {
    let (_keep_shut, door) = mpsc::channel();
    let host = Arc::new(Hanging { door: Mutex::new(door) });
    let deadlines = Deadlines { probe: Duration::from_secs(3600), survey: Duration::from_millis(50) };
    let report = run(host, linux::TABLE, Timestamp::UNIX_EPOCH, deadlines);
    assert_eq!(report.notes.len(), linux::TABLE.len(), "every probe was cut off");
    assert_eq!(report.facts.memory.installed, Fact::Unknown(Reason::TimedOut));
}

/// A second of a PC whose WMI hangs, in this test.
const SECOND: Duration = Duration::from_millis(10);

/// A recorded PC whose WMI answers nothing: each question takes its whole deadline.
struct WithoutWmi {
    pc: host::recorded::Recorded,
    fuse: Fuse,
    /// Nobody sends; only the deadline ends the waiting.
    silence: Mutex<Receiver<()>>,
    asked: AtomicUsize,
}

impl WithoutWmi {
    fn wait<T>(&self, namespace: &str) -> Answer<T> {
        self.fuse.ask(namespace, || {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let patience = SECOND * u32::try_from(host::WMI_DEADLINE.as_secs()).unwrap();
            assert!(self.silence.lock().unwrap().recv_timeout(patience).is_err(), "nothing is ever sent");
            Err(Trouble::TimedOut)
        })
    }
}

impl Host for WithoutWmi {
    fn file(&self, path: &str) -> Answer<Vec<u8>> {
        self.pc.file(path)
    }
    fn folder(&self, path: &str) -> Answer<Vec<String>> {
        self.pc.folder(path)
    }
    fn link(&self, path: &str) -> Answer<String> {
        self.pc.link(path)
    }
    fn modified(&self, path: &str) -> Answer<Timestamp> {
        self.pc.modified(path)
    }
    fn memory(&self) -> Answer<MemoryTotals> {
        self.pc.memory()
    }
    fn volumes(&self) -> Answer<Vec<Volume>> {
        self.pc.volumes()
    }
    fn addresses(&self) -> Answer<Vec<Address>> {
        self.pc.addresses()
    }
    fn running(&self, program: &str) -> Answer<bool> {
        self.pc.running(program)
    }
    fn owners(&self, sockets: &[u64]) -> Answer<Owners> {
        self.pc.owners(sockets)
    }
    fn run(&self, command: Command) -> Answer<Output> {
        self.pc.run(command)
    }
    fn firmware(&self) -> Answer<Firmware> {
        self.pc.firmware()
    }
    fn registry_value(&self, key: Key<'_>, name: &str) -> Answer<RegistryValue> {
        self.pc.registry_value(key, name)
    }
    fn registry_values(&self, key: Key<'_>) -> Answer<BTreeMap<String, RegistryValue>> {
        self.pc.registry_values(key)
    }
    fn registry_keys(&self, key: Key<'_>) -> Answer<Vec<String>> {
        self.pc.registry_keys(key)
    }
    fn cpuid(&self, leaf: u32) -> Answer<[u32; 4]> {
        self.pc.cpuid(leaf)
    }
    fn wmi(&self, query: &Query<'_>) -> Answer<Vec<Row>> {
        self.wait(query.namespace)
    }
    fn wmi_call(&self, method: Method, _object: &str) -> Answer<Row> {
        self.wait(method.namespace())
    }
}

/// How long each answer may take in the survey of a PC on which a second is [`SECOND`].
fn scaled(real: Duration) -> Duration {
    SECOND * u32::try_from(real.as_secs()).unwrap()
}

#[test]
fn a_hanging_wmi_costs_its_own_facts_and_little_time() {
    let recording = include_str!("../../recordings/windows-11-laptop.json");
    let (_keep_shut, silence) = mpsc::channel();
    let host = Arc::new(WithoutWmi {
        pc: host::recorded::Recording::load(recording).unwrap(),
        fuse: Fuse::new(),
        silence: Mutex::new(silence),
        asked: AtomicUsize::new(0),
    });
    let deadlines = Deadlines { probe: scaled(PROBE_DEADLINE), survey: scaled(SURVEY_DEADLINE) };
    let started = Instant::now();
    let report = run(host.clone(), windows::TABLE, Timestamp::UNIX_EPOCH, deadlines);
    assert!(started.elapsed() < deadlines.survey, "{:?}", started.elapsed());
    assert!(
        (1..=2).contains(&host.asked.load(Ordering::Relaxed)),
        "it hung once in each of two places at most"
    );
    assert_eq!(report.facts.cpu.cores, Fact::Unknown(Reason::TimedOut));
    assert!(report.facts.cpu.threads.known().is_some(), "what the registry says is known all the same");
    assert!(report.facts.os.build.known().is_some(), "{:?}", report.facts.os.build);
}

#[test]
fn a_pc_on_which_everything_hangs_is_given_up_in_time() {
    let (_keep_shut, door) = mpsc::channel();
    let host = Arc::new(Hanging { door: Mutex::new(door) });
    let deadlines = Deadlines { probe: scaled(PROBE_DEADLINE), survey: scaled(SURVEY_DEADLINE) };
    let started = Instant::now();
    let report = run(host, windows::TABLE, Timestamp::UNIX_EPOCH, deadlines);
    // Twice the time: other tests work beside this one.
    assert!(started.elapsed() < deadlines.survey * 2, "{:?}", started.elapsed());
    for probe in windows::TABLE {
        assert!(report.notes.iter().any(|note| note.area == probe.area), "{} was cut off", probe.area);
        let area = AREAS.iter().position(|area| area.name == probe.area).unwrap();
        for field in 0..AREAS[area].terms.len() {
            let seen = report.facts.at(Place { area, field });
            // What only the collector's answer tells, nobody asked.
            assert!(
                matches!(seen, Fact::Unknown(Reason::TimedOut | Reason::NotAsked)),
                "{}.{}: {}",
                probe.area,
                AREAS[area].terms[field].name,
                said(&seen)
            );
        }
    }
}

/// What the probes make of a recording, beside which it stands.
///
/// With `SANSANG_UNANSWERED` set, the questions that a recording does not answer are only listed: so it is seen what a
/// recording lacks after a probe asks more.
#[expect(clippy::disallowed_methods, reason = "a test that reads the recordings, however many there are")]
#[test]
fn every_recording_answers_its_probes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings");
    let lenient = std::env::var_os("SANSANG_UNANSWERED").is_some();
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    names.sort();
    assert!(names.len() >= 6, "{} recordings", names.len());
    let mut faults = String::new();
    for path in names {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let host = host::recorded::Recording::load(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let now = host.recording.taken_at;
        let word = host.recording.platform.clone();
        let platform = Platform::ALL.iter().copied().find(|platform| platform.word() == word).unwrap();
        let report = survey(Arc::new(host.clone()), platform, now);
        for question in host.unanswered().into_iter().filter(|_| !host.recording.partial) {
            writeln!(faults, "{name} does not answer {question}").unwrap();
        }
        if !lenient {
            expect_test::expect_file![path.with_extension("txt")].assert_eq(&printed(&report));
        }
    }
    if lenient {
        println!("{faults}");
    } else {
        assert!(faults.is_empty(), "\n{faults}");
    }
}

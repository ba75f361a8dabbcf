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
use crate::host::recorded::Recorded;
use crate::host::{Address, Answer, Command, Firmware, MemoryTotals, Output, Owners, Trouble, Volume};
use doors::{Otherwise, Pc};

mod doors;
mod law;

/// Every fact of a report, one on a line.
pub(super) fn printed(report: &Report) -> String {
    let mut text = String::new();
    for (index, area) in AREAS.iter().enumerate().filter(|(_, area)| area.is_sent()) {
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
    for (index, area) in AREAS.iter().enumerate().filter(|(_, area)| area.is_sent()) {
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

/// WMI answers nothing: each question takes its whole deadline.
struct WithoutWmi {
    fuse: Fuse,
    /// Nobody sends; only the deadline ends the waiting.
    silence: Mutex<Receiver<()>>,
    second: Duration,
    asked: AtomicUsize,
}

impl WithoutWmi {
    fn wait<T>(&self, namespace: &str) -> Answer<T> {
        self.fuse.ask(namespace, || {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let patience = self.second * u32::try_from(host::WMI_DEADLINE.as_secs()).unwrap();
            assert!(self.silence.lock().unwrap().recv_timeout(patience).is_err(), "nothing is ever sent");
            Err(Trouble::TimedOut)
        })
    }
}

impl Otherwise for WithoutWmi {
    fn wmi(&self, _pc: &Recorded, query: &Query<'_>) -> Answer<Vec<Row>> {
        self.wait(query.namespace)
    }
    fn wmi_call(&self, _pc: &Recorded, method: Method, _object: &str) -> Answer<Row> {
        self.wait(method.namespace())
    }
}

/// How long each answer may take in the survey of a PC on which a second is [`SECOND`].
fn scaled(real: Duration) -> Duration {
    SECOND * u32::try_from(real.as_secs()).unwrap()
}

/// Surveys a recorded PC whose WMI hangs, on which a second is so long. Answers the report, how long it took and how
/// often WMI was asked.
fn without_wmi(second: Duration, deadlines: Deadlines) -> (Report, Duration, usize) {
    let recording = include_str!("../../recordings/windows-11-laptop.json");
    let (_keep_shut, silence) = mpsc::channel();
    let doors =
        WithoutWmi { fuse: Fuse::new(), silence: Mutex::new(silence), second, asked: AtomicUsize::new(0) };
    let host = Arc::new(Pc { recorded: host::recorded::Recording::load(recording).unwrap(), doors });
    let started = Instant::now();
    let report = run(host.clone(), windows::TABLE, Timestamp::UNIX_EPOCH, deadlines);
    (report, started.elapsed(), host.doors.asked.load(Ordering::Relaxed))
}

/// Only what WMI tells is lost.
fn lost_without_wmi(report: &Report) {
    assert_eq!(report.facts.cpu.cores, Fact::Unknown(Reason::TimedOut));
    assert_eq!(report.facts.encryption.volumes, Fact::Unknown(Reason::TimedOut));
    assert_eq!(report.facts.os.activation, Fact::Unknown(Reason::TimedOut));
    assert!(report.facts.cpu.threads.known().is_some(), "what the registry says is known all the same");
    assert!(report.facts.os.build.known().is_some(), "{:?}", report.facts.os.build);
    assert!(report.facts.signing.card_service.known().is_some(), "the other doors are open");
    assert!(report.facts.network.gateways.known().is_some(), "{:?}", report.facts.network.gateways);
    assert!(report.facts.display.screens.known().is_some(), "{:?}", report.facts.display.screens);
    assert_eq!(report.notes, [], "no probe was cut off");
}

#[test]
fn a_hanging_wmi_costs_its_own_facts_and_little_time() {
    let deadlines = Deadlines { probe: scaled(PROBE_DEADLINE), survey: scaled(SURVEY_DEADLINE) };
    let (report, took, asked) = without_wmi(SECOND, deadlines);
    assert!(took < deadlines.survey, "{took:?}");
    assert!((1..=2).contains(&asked), "it hung once in each of two places at most: {asked}");
    lost_without_wmi(&report);
}

/// At real length: it sleeps for half a minute, so only CI has the patience.
#[test]
fn a_hanging_wmi_takes_a_minute_at_most() {
    if std::env::var_os("CI").is_none_or(|ci| ci != "true") {
        println!("skipped: a hanging WMI at real length takes half a minute; set CI=true");
        return;
    }
    let deadlines = Deadlines { probe: PROBE_DEADLINE, survey: SURVEY_DEADLINE };
    let (report, took, asked) = without_wmi(Duration::from_secs(1), deadlines);
    println!("a survey whose WMI hangs took {} s, WMI was asked {asked} times", took.as_secs());
    assert!(took >= host::WMI_DEADLINE, "it did not hang: {took:?}");
    assert!(took <= SURVEY_DEADLINE, "{took:?}");
    lost_without_wmi(&report);
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

/// Every door at real length.
#[test]
fn a_pc_on_which_everything_hangs_takes_a_minute_at_most() {
    if std::env::var_os("CI").is_none_or(|ci| ci != "true") {
        println!("skipped: a PC that hangs at real length takes a minute; set CI=true");
        return;
    }
    let (_keep_shut, door) = mpsc::channel();
    let host = Arc::new(Hanging { door: Mutex::new(door) });
    let deadlines = Deadlines { probe: PROBE_DEADLINE, survey: SURVEY_DEADLINE };
    let started = Instant::now();
    let report = run(host, windows::TABLE, Timestamp::UNIX_EPOCH, deadlines);
    let took = started.elapsed();
    println!("a survey on which everything hangs took {} s", took.as_secs());
    // A second for a busy machine to notice that the time is over.
    assert!(took <= SURVEY_DEADLINE + Duration::from_secs(1), "{took:?}");
    assert_eq!(report.notes.len(), windows::TABLE.len(), "every probe was cut off");
}

/// All recordings and where they lie, sorted.
#[expect(clippy::disallowed_methods, reason = "a test that reads the recordings, however many there are")]
fn recordings() -> Vec<(std::path::PathBuf, Recorded)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("recordings");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.sort();
    let load = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        (path, host::recorded::Recording::load(&text).unwrap())
    };
    paths.into_iter().map(load).collect()
}

/// What the probes make of a recording, beside which it stands.
///
/// With `SANSANG_UNANSWERED` set, the questions that a recording does not answer are only listed: so it is seen what a
/// recording lacks after a probe asks more.
#[test]
fn every_recording_answers_its_probes() {
    let lenient = std::env::var_os("SANSANG_UNANSWERED").is_some();
    let recordings = recordings();
    assert!(recordings.len() >= 6, "{} recordings", recordings.len());
    let mut faults = String::new();
    for (path, host) in recordings {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
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

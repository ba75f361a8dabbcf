//! Surveys of recordings, of this PC and of hosts that misbehave.

use std::fmt::Write as _;
use std::sync::Mutex;

use rules::fact::Fact;
use rules::facts::{AREAS, Kind, Place, Records, Seen, Term, Value};
use rules::wire::NamedService;

use super::*;
use crate::host::{Address, Answer, Command, Firmware, MemoryTotals, Output, Owners, Trouble, Volume};

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

/// What the probes make of a recording. The answer stands beside it.
fn check(recording: &str, expected: expect_test::ExpectFile) {
    let host = host::recorded::Recording::load(recording).unwrap();
    let now = host.recording.taken_at;
    let platform = Platform::ALL.iter().copied().find(|platform| platform.word() == host.recording.platform);
    let report = survey(Arc::new(host), platform.unwrap(), now);
    let text = printed(&report);
    assert!(
        !text.contains("not in the recording"),
        "a probe asks what the recording does not answer:\n{text}"
    );
    expected.assert_eq(&text);
}

macro_rules! recording {
    ($test:ident, $name:literal) => {
        #[test]
        fn $test() {
            check(
                include_str!(concat!("../../recordings/", $name, ".json")),
                expect_test::expect_file![concat!("../../recordings/", $name, ".txt")],
            );
        }
    };
}

recording!(a_virtual_machine_without_firmware, "debian-12-virtual-machine");
recording!(an_encrypted_laptop, "ubuntu-22.04-laptop");
recording!(an_office_pc_asked_without_rights, "debian-12-denied");
recording!(a_fedora_workstation, "fedora-40-desktop");
recording!(a_laptop_with_windows_11, "windows-11-laptop");
recording!(an_old_pc_with_windows_7_and_a_hanging_wmi, "windows-7-desktop");

//! The same law for Linux: a door that is closed, or a file or folder that is not there, never makes another answer.
//!
//! Of every recorded PC each question about a file, folder, link, time of change, program or drive is denied in turn,
//! and each file, folder and program's output that is there is taken away in turn, unless a folder that was asked lists
//! it. What is not there may be absent, but neither "no" nor less of something. Where taking away makes another PC, not
//! another view of the same one, an exception says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use jiff::Timestamp;
use rules::facts::Facts;

use super::super::doors::{Otherwise, Pc};
use super::super::{linux, recordings};
use super::{May, none_turned, turned};
use crate::host::answers::HealthLog;
use crate::host::recorded::Recorded;
use crate::host::{Answer, Command, Host, Output, Trouble};

/// What happens to the answer of a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum How {
    /// The agent may not look.
    Denied,
    /// It is not there.
    Gone,
}

/// Notes what is asked, and bends one answer.
#[derive(Default)]
struct Bent {
    bend: Option<(String, How)>,
    asked: Mutex<BTreeSet<(String, How)>>,
    /// All that the folders list which were asked, by path.
    listed: Mutex<BTreeSet<String>>,
}

impl Bent {
    /// What can be bent: what a folder lists is there.
    fn bends(&self) -> Vec<(String, How)> {
        let listed = self.listed.lock().unwrap();
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        let path = |question: &str| question.split_once(' ').map_or("", |(_, path)| path).to_owned();
        asked.into_iter().filter(|(what, how)| *how == How::Denied || !listed.contains(&path(what))).collect()
    }

    /// The answer to this question: as it was recorded, or bent. What is not there cannot be taken away.
    fn knock<T>(&self, question: String, gone: bool, answer: impl FnOnce() -> Answer<T>) -> Answer<T> {
        match &self.bend {
            Some((bent, How::Denied)) if *bent == question => return Err(Trouble::Denied),
            Some((bent, How::Gone)) if *bent == question => return Ok(None),
            Some(_) | None => {}
        }
        let answer = answer();
        let mut asked = self.asked.lock().unwrap();
        if gone && matches!(answer, Ok(Some(_))) {
            asked.insert((question.clone(), How::Gone));
        }
        asked.insert((question, How::Denied));
        answer
    }
}

impl Otherwise for Bent {
    fn file(&self, pc: &Recorded, path: &str) -> Answer<Vec<u8>> {
        self.knock(format!("file {path}"), true, || pc.file(path))
    }
    fn folder(&self, pc: &Recorded, path: &str) -> Answer<Vec<String>> {
        let names = self.knock(format!("folder {path}"), true, || pc.folder(path))?;
        let paths = names.iter().flatten().map(|name| format!("{path}/{name}"));
        self.listed.lock().unwrap().extend(paths);
        Ok(names)
    }
    fn link(&self, pc: &Recorded, path: &str) -> Answer<String> {
        self.knock(format!("link {path}"), false, || pc.link(path))
    }
    fn modified(&self, pc: &Recorded, path: &str) -> Answer<Timestamp> {
        self.knock(format!("modified {path}"), false, || pc.modified(path))
    }
    fn running(&self, pc: &Recorded, program: &str) -> Answer<bool> {
        self.knock(format!("running {program}"), false, || pc.running(program))
    }
    fn run(&self, pc: &Recorded, command: Command) -> Answer<Output> {
        self.knock(format!("run {command:?}"), true, || pc.run(command))
    }
    fn drive_health(&self, pc: &Recorded, name: &str) -> Answer<HealthLog> {
        self.knock(format!("drive health {name}"), true, || pc.drive_health(name))
    }
}

/// What may become another answer, and why that is honest: the fact (or all of an area), a part of the question, what
/// happens, the reason.
const EXCEPTIONS: &[(&str, &str, How, &str)] = &[
    (
        "accounts.auto_sign_in",
        "/etc/gdm3/custom.conf",
        How::Gone,
        "without settings nobody is let in by itself",
    ),
    (
        "accounts.lockout_tries",
        "/etc/security/faillock.conf",
        How::Gone,
        "the module has a number of its own",
    ),
    (
        "accounts.password_length_min",
        "/etc/security/pwquality.conf",
        How::Gone,
        "the module has a number of its own",
    ),
    ("backup.products", "/etc/rsnapshot.conf", How::Gone, "without its settings rsnapshot copies nothing"),
    ("cpu.speed", "cpufreq/cpuinfo_max_freq", How::Gone, "the next best source, as the probe says"),
    ("display.graphics", "/device/", How::Gone, "the same adapter, told by its driver alone"),
    ("exposure.listening", "/proc/net/tcp6", How::Gone, "a kernel without IPv6"),
    ("exposure.open_ports", "/proc/net/tcp6", How::Gone, "a kernel without IPv6"),
    (
        "exposure.ssh_root_sign_in",
        "/etc/ssh/sshd_config.d",
        How::Gone,
        "the server itself leaves out what it is to include and is not there",
    ),
    ("network.gateways", "/proc/net/ipv6_route", How::Gone, "a kernel without IPv6"),
    (
        "identity.evidence",
        "/sys/",
        How::Gone,
        "evidence that is not there is no evidence, and none is needed",
    ),
    ("office.", "/var/lib/snapd/snaps", How::Gone, "a PC without snaps"),
    ("software.", "/var/lib/snapd/snaps", How::Gone, "a PC without snaps"),
    ("software.", "/var/lib/flatpak/app", How::Gone, "a PC without flatpaks"),
    ("peripherals.scanners", "/product", How::Gone, "the same scanner, told by its numbers"),
    ("signing.", "/sys/bus/usb/devices/", How::Gone, "unplugged while it was looked at"),
    ("signing.middleware", "/modules", How::Gone, "the other folder lists what there is"),
];

fn is_excepted(fact: &str, (question, how): &(String, How)) -> bool {
    EXCEPTIONS
        .iter()
        .any(|(its, part, when, _)| fact.starts_with(its) && question.contains(part) && when == how)
}

#[test]
fn what_is_closed_or_missing_makes_no_other_answer() {
    let mut faults = BTreeMap::new();
    let mut tried = 0;
    for (path, recorded) in recordings() {
        if recorded.recording.platform != "linux" {
            continue;
        }
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let now = recorded.recording.taken_at;
        let mut pc = Pc { recorded, doors: Bent::default() };
        for probe in linux::TABLE {
            pc.doors = Bent::default();
            let mut before = Facts::default();
            (probe.run)(&pc, now)(&mut before);
            for bend in pc.doors.bends() {
                tried += 1;
                pc.doors = Bent { bend: Some(bend.clone()), ..Bent::default() };
                let mut after = Facts::default();
                (probe.run)(&pc, now)(&mut after);
                let may = if bend.1 == How::Gone { May::BecomeAbsent } else { May::BecomeUnknown };
                for (fact, text) in turned(&before, &after, may) {
                    if !is_excepted(&fact, &bend) {
                        let (question, how) = &bend;
                        faults
                            .entry(format!("{fact}: {question} {how:?}"))
                            .or_insert_with(|| format!("{text} ({name})"));
                    }
                }
            }
        }
    }
    none_turned(tried, &faults);
}

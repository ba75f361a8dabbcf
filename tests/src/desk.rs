//! An agent in a folder of its own, over a recorded PC.

use std::sync::Arc;

use agent::desk::{Delivery, Desk};
use agent::host::recorded::Recording;
use agent::probe::survey;
use jiff::Timestamp;
use rules::facts::os::Platform;
use rules::join::JoinCode;
use rules::report::Report;
use rules::wire::Joined;
use tempfile::TempDir;

/// A recorded PC, for stories that need any.
pub const LAPTOP: &str = include_str!("../../agent/recordings/ubuntu-22.04-laptop.json");

/// An agent in a folder of its own.
pub struct Worker {
    folder: TempDir,
    recording: &'static str,
    desk: Option<Desk>,
}

impl Worker {
    /// An agent that never worked, on this recorded PC.
    pub fn new(recording: &'static str) -> Worker {
        Worker { folder: TempDir::new().expect("a folder for the agent"), recording, desk: None }
    }

    /// The state folder.
    pub fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("agent")
    }

    /// The desk, opened when it is first needed.
    pub fn desk(&mut self) -> &mut Desk {
        let path = self.path();
        self.desk.get_or_insert_with(|| Desk::open(&path).expect("a desk"))
    }

    /// The power fails: what was only in memory is gone.
    pub fn power_cut(&mut self) {
        self.desk = None;
    }

    /// What the PC says of itself, with what the agent knows of its clock.
    pub fn report(&mut self, now: Timestamp) -> Report {
        let host = Arc::new(Recording::load(self.recording).expect("a recording"));
        let mut report = survey(host, Platform::Linux, now);
        if let Some(offset) = self.desk().clock_offset() {
            report.facts.clock.offset = offset.into();
        }
        report
    }

    /// Joins with this code.
    pub async fn join(&mut self, code: &JoinCode, now: Timestamp) -> anyhow::Result<Joined> {
        self.desk().join(code, "pc-01", now).await
    }

    /// Surveys and keeps the report.
    pub fn survey(&mut self, now: Timestamp) {
        let report = self.report(now);
        self.desk().keep(&report, now).expect("the report is kept");
    }

    /// Copies the state folder to another agent that never worked, as copying a disk does. Nobody works meanwhile.
    pub fn copy_to(&self, other: &Worker) {
        for (from, to) in
            [("", ""), ("spool", "spool")].map(|(a, b)| (self.path().join(a), other.path().join(b)))
        {
            std::fs::create_dir_all(&to).expect("a folder");
            for entry in std::fs::read_dir(from).expect("a folder") {
                let entry = entry.expect("an entry");
                if entry.path().is_file() {
                    std::fs::copy(entry.path(), to.join(entry.file_name())).expect("a copy");
                }
            }
        }
    }

    /// How many bytes wait in the spool.
    pub fn spooled_bytes(&mut self) -> u64 {
        let spool = std::fs::read_dir(self.path().join("spool")).expect("a spool");
        spool.map(|entry| entry.and_then(|entry| entry.metadata()).expect("a file").len()).sum()
    }

    /// Sends what waits.
    pub async fn deliver(&mut self, now: Timestamp) -> Delivery {
        self.desk().deliver(now).await.expect("the agent's own files work")
    }
}

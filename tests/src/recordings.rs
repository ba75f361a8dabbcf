//! The recorded PCs that the agent ships with, as their agents would report them.

use std::path::Path;
use std::sync::Arc;

use agent::host::recorded::{Origin, Recording};
use agent::probe::survey;
use rules::facts::Facts;
use rules::facts::os::Platform;

/// A recorded PC.
#[derive(Debug, Clone)]
pub struct Pc {
    /// The name of its file, without the ending.
    pub name: String,
    /// Whether a PC gave these answers, and no person made them up.
    pub real: bool,
    /// What the probes made of them.
    pub facts: Facts,
}

/// All of them, by name.
///
/// # Panics
/// Where one cannot be read.
pub fn all() -> Vec<Pc> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../agent/recordings");
    let entries = std::fs::read_dir(folder).expect("the folder of recordings");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("the folder of recordings").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let read = |file: &std::path::PathBuf| {
        let host =
            Recording::load(&std::fs::read_to_string(file).expect("a recording")).expect("a recording");
        let Recording { origin, platform, taken_at, .. } = host.recording.clone();
        let platform = if platform == "windows" { Platform::Windows } else { Platform::Linux };
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let facts = survey(Arc::new(host), platform, taken_at).facts;
        Pc { name, real: origin == Origin::Real, facts }
    };
    files.iter().map(read).collect()
}

/// What the probes made of all of them, by name.
///
/// # Panics
/// As [`all`].
pub fn facts() -> Vec<Facts> {
    all().into_iter().map(|pc| pc.facts).collect()
}

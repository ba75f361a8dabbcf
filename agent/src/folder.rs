//! A folder that only this program reads, and files in it that survive a power cut.
//!
//! Everything the agent remembers goes through [`Folder`]: it is written beside, synced, renamed, and the names are
//! synced ([`put`]). A test gives a folder that loses its power at any step. This file does not know what is kept.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "this is the one place that writes and reads the agent's own files"
)]

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::service;

/// What a file is called until it is whole.
pub const PART: &str = ".part";

/// A folder and what can be done in it. Names are names of files directly in the folder.
pub trait Folder: Send + Sync {
    /// The files in it and their sizes in bytes, in the order of their names.
    fn files(&self) -> io::Result<Vec<(String, u64)>>;
    /// The content of a file.
    fn read(&self, name: &str) -> io::Result<Vec<u8>>;
    /// Writes a file anew, readable by its owner only. Not durable before [`Folder::sync`] and [`Folder::settle`].
    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Makes the content of a file durable.
    fn sync(&self, name: &str) -> io::Result<()>;
    /// Gives a file another name; what had that name is gone.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, name: &str) -> io::Result<()>;
    /// Makes the names durable.
    fn settle(&self) -> io::Result<()>;
}

/// Puts a file in place, whole or not at all.
///
/// # Errors
/// When a step fails; what had the name before is then still there.
pub fn put(folder: &dyn Folder, name: &str, bytes: &[u8]) -> io::Result<()> {
    let part = format!("{name}{PART}");
    folder.write(&part, bytes)?;
    folder.sync(&part)?;
    folder.rename(&part, name)?;
    folder.settle()
}

/// The content of a file, or none when there is no such file.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn find(folder: &dyn Folder, name: &str) -> io::Result<Option<Vec<u8>>> {
    match folder.read(name) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A folder of the file system.
#[derive(Debug)]
pub struct OnDisk {
    path: PathBuf,
}

impl OnDisk {
    /// Opens a folder and makes it where it is missing; only its owner may look into it.
    ///
    /// # Errors
    /// When it cannot be made, or belongs to somebody else.
    pub fn open(path: &Path) -> Result<OnDisk> {
        service::make_private_folder(path).with_context(|| {
            format!("cannot make the folder {} readable by its owner only", path.display())
        })?;
        Ok(OnDisk { path: path.to_owned() })
    }

    /// A folder as it is; nothing is made or changed.
    pub fn existing(path: &Path) -> OnDisk {
        OnDisk { path: path.to_owned() }
    }

    /// Keeps other agents out of this folder until the lock is dropped.
    ///
    /// # Errors
    /// At once when another agent is at work in it.
    pub fn lock(&self) -> Result<Lock> {
        let path = self.path.join("lock");
        let file = service::private(OpenOptions::new().create(true).truncate(false).write(true))
            .open(&path)
            .with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another sansang-agent is at work in {}; wait until it has finished, then try again",
                self.path.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }
}

/// Held while one agent works in a folder.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Folder for OnDisk {
    fn files(&self) -> io::Result<Vec<(String, u64)>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if let Some(name) = entry.file_name().to_str()
                && about.is_file()
            {
                files.push((name.to_owned(), about.len()));
            }
        }
        files.sort();
        Ok(files)
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(self.path.join(name))?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        // What lies there may be of another owner's making: never write through it.
        match std::fs::remove_file(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        service::private(OpenOptions::new().create_new(true).write(true)).open(path)?.write_all(bytes)
    }

    fn sync(&self, name: &str) -> io::Result<()> {
        OpenOptions::new().write(true).open(self.path.join(name))?.sync_all()
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        std::fs::rename(self.path.join(from), self.path.join(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        std::fs::remove_file(self.path.join(name))
    }

    fn settle(&self) -> io::Result<()> {
        service::sync_folder(&self.path)
    }
}

/// A folder in memory whose power can be cut at any step.
#[cfg(test)]
pub(crate) mod paper {
    use std::collections::BTreeMap;
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::Folder;

    /// What is left after the cut.
    #[derive(Debug, Clone, Copy)]
    pub(crate) enum Cut {
        /// The program was killed: the system still writes everything.
        Killed,
        /// The power went: only what was synced is there, under the names that were settled.
        Lost,
        /// The power went: the last names are there, files that were not synced are torn in half.
        Torn,
    }

    impl Cut {
        pub(crate) const ALL: [Cut; 3] = [Cut::Killed, Cut::Lost, Cut::Torn];
    }

    #[derive(Debug, Clone)]
    struct Paper {
        bytes: Vec<u8>,
        synced: bool,
    }

    #[derive(Debug, Default)]
    struct State {
        seen: BTreeMap<String, Paper>,
        settled: BTreeMap<String, Paper>,
        steps: usize,
        steps_max: Option<usize>,
    }

    /// The folder. Clones are the same folder.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Papers(Arc<Mutex<State>>);

    impl Papers {
        /// From this step on, counted from here, every step fails.
        pub(crate) fn cut_after(&self, steps: usize) {
            let mut state = self.0.lock().unwrap();
            state.steps = 0;
            state.steps_max = Some(steps);
        }

        /// How many changing steps were done since the last [`Papers::cut_after`].
        pub(crate) fn steps(&self) -> usize {
            self.0.lock().unwrap().steps
        }

        /// What is there when the PC starts again.
        pub(crate) fn after(&self, cut: Cut) -> Papers {
            let state = self.0.lock().unwrap();
            let files = match cut {
                Cut::Killed | Cut::Torn => &state.seen,
                Cut::Lost => &state.settled,
            };
            let mut left = BTreeMap::new();
            for (name, paper) in files {
                let mut bytes = paper.bytes.clone();
                if !paper.synced && !matches!(cut, Cut::Killed) {
                    bytes.truncate(bytes.len() / 2);
                }
                left.insert(name.clone(), Paper { bytes, synced: true });
            }
            Papers(Arc::new(Mutex::new(State { seen: left.clone(), settled: left, ..State::default() })))
        }

        fn step(&self, work: impl FnOnce(&mut State, bool) -> io::Result<()>) -> io::Result<()> {
            let mut state = self.0.lock().unwrap();
            let spent = state.steps_max.is_some_and(|max| state.steps >= max);
            let last = state.steps_max.is_some_and(|max| state.steps == max);
            if spent {
                // The cut falls into the middle of this step: a write may leave half of the file.
                if last {
                    state.steps += 1;
                    work(&mut state, true)?;
                }
                return Err(io::Error::other("the power was cut"));
            }
            state.steps += 1;
            work(&mut state, false)
        }
    }

    fn missing() -> io::Error {
        io::Error::from(io::ErrorKind::NotFound)
    }

    impl Folder for Papers {
        fn files(&self) -> io::Result<Vec<(String, u64)>> {
            let state = self.0.lock().unwrap();
            Ok(state.seen.iter().map(|(name, paper)| (name.clone(), paper.bytes.len() as u64)).collect())
        }

        fn read(&self, name: &str) -> io::Result<Vec<u8>> {
            self.0.lock().unwrap().seen.get(name).map(|paper| paper.bytes.clone()).ok_or_else(missing)
        }

        fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
            self.step(|state, half| {
                let (first, _) = bytes.split_at(if half { bytes.len() / 2 } else { bytes.len() });
                state.seen.insert(name.to_owned(), Paper { bytes: first.to_vec(), synced: false });
                Ok(())
            })
        }

        fn sync(&self, name: &str) -> io::Result<()> {
            self.step(|state, half| {
                let paper = state.seen.get_mut(name).ok_or_else(missing)?;
                paper.synced = !half;
                Ok(())
            })
        }

        fn rename(&self, from: &str, to: &str) -> io::Result<()> {
            self.step(|state, half| {
                if !half {
                    let paper = state.seen.remove(from).ok_or_else(missing)?;
                    state.seen.insert(to.to_owned(), paper);
                }
                Ok(())
            })
        }

        fn remove(&self, name: &str) -> io::Result<()> {
            self.step(|state, half| {
                if !half {
                    state.seen.remove(name).ok_or_else(missing)?;
                }
                Ok(())
            })
        }

        fn settle(&self) -> io::Result<()> {
            self.step(|state, half| {
                if !half {
                    state.settled = state.seen.clone();
                }
                Ok(())
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn fresh(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("sansang-folder-{name}-{}", std::process::id()));
        drop(std::fs::remove_dir_all(&path));
        path
    }

    #[test]
    fn only_the_owner_may_look() {
        use std::os::unix::fs::PermissionsExt;

        let path = fresh("modes");
        std::fs::create_dir(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        let folder = OnDisk::open(&path).unwrap();
        put(&folder, "key", b"secret").unwrap();
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("key")), 0o600);
        assert_eq!(folder.files().unwrap(), [("key".to_owned(), 6)]);
        assert_eq!(find(&folder, "key").unwrap(), Some(b"secret".to_vec()));
        assert_eq!(find(&folder, "other").unwrap(), None);
        std::fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn one_agent_at_a_time() {
        let path = fresh("lock");
        let folder = OnDisk::open(&path).unwrap();
        let held = folder.lock().unwrap();
        let error = OnDisk::open(&path).unwrap().lock().unwrap_err().to_string();
        assert!(error.starts_with("another sansang-agent is at work in"), "{error}");
        drop(held);
        folder.lock().unwrap();
        std::fs::remove_dir_all(path).unwrap();
    }
}

//! The data folder: settings, keys, certificate and database of one collector, readable by its owner only.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use data_encoding::HEXLOWER;

use crate::config::{COMMENTED, Config};
use crate::store::Store;

/// One data folder.
#[derive(Debug, Clone)]
pub struct Data {
    folder: PathBuf,
}

/// The collector's key pair for what lies on USB sticks.
#[derive(Clone)]
pub struct SealingKey {
    /// The private half, 32 bytes.
    pub private: Vec<u8>,
    /// The public half, 32 bytes.
    pub public: Vec<u8>,
}

/// As long as this is held, no other collector serves this folder.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Data {
    /// The data folder at this path; it must be there.
    ///
    /// # Errors
    /// When it is not there or holds no settings.
    pub fn open(folder: &Path) -> Result<Data> {
        let data = Data { folder: folder.to_owned() };
        if !data.settings().is_file() {
            bail!(
                "opening the data folder {}: it holds no collector.toml; make it with: sansang-collector --data {} init",
                folder.display(),
                folder.display()
            );
        }
        Ok(data)
    }

    /// The data folder at this path, made where it is not there. Gives whether it was made.
    ///
    /// # Errors
    /// When the folder or its files cannot be made.
    pub fn make(folder: &Path) -> Result<(Data, bool)> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .with_context(|| format!("making the data folder {}", folder.display()))?;
        let data = Data { folder: folder.to_owned() };
        let fresh = !data.settings().exists();
        if fresh {
            write_private(&data.settings(), COMMENTED.as_bytes())?;
        }
        if !data.sealing_file().exists() {
            let (private, public) = rules::envelope::generate_sealing_key();
            let text = format!("{}\n{}\n", HEXLOWER.encode(&private), HEXLOWER.encode(&public));
            write_private(&data.sealing_file(), text.as_bytes())?;
        }
        Ok((data, fresh))
    }

    /// The path of the folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A path in this folder; an absolute path stays as it is.
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.join(name)
    }

    /// The settings of this folder.
    ///
    /// # Errors
    /// When they cannot be read, or what is wrong in them.
    pub fn config(&self) -> Result<Config> {
        Config::load(&self.settings())
    }

    /// Opens the database of this folder, and makes it where it is not there.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn store(&self) -> Result<Store> {
        let path = self.path("collector.db");
        // SQLite gives its companions (-wal, -shm) the mode of the database.
        OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("opening the database {}", path.display()))?;
        Store::open(&path).await
    }

    /// Opens the database of this folder to look at it only.
    ///
    /// # Errors
    /// When there is none, or it is not of this version of the program.
    pub async fn store_to_read(&self) -> Result<Store> {
        Store::open_to_read(&self.path("collector.db")).await
    }

    /// The key pair for what lies on USB sticks.
    ///
    /// # Errors
    /// When the file cannot be read or is damaged.
    pub fn sealing_key(&self) -> Result<SealingKey> {
        let path = self.sealing_file();
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("reading the key {}", path.display()))?;
        let mut halves = text.lines().filter_map(|line| HEXLOWER.decode(line.as_bytes()).ok());
        match (halves.next(), halves.next()) {
            (Some(private), Some(public)) if private.len() == 32 && public.len() == 32 => {
                Ok(SealingKey { private, public })
            }
            _ => bail!(
                "reading the key {}: it is damaged; restore it from a backup (agents hold its public half)",
                path.display()
            ),
        }
    }

    /// Takes the folder for one serving collector.
    ///
    /// # Errors
    /// When another collector serves it.
    pub fn lock(&self) -> Result<Lock> {
        let path = self.path("collector.lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)
            .with_context(|| format!("opening the lock {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another collector already serves the data folder {}: stop it first, or give this one its own \
                 folder with --data DIR",
                self.folder.display()
            ),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("locking {}", path.display()))
            }
        }
    }

    fn settings(&self) -> PathBuf {
        self.path("collector.toml")
    }

    fn sealing_file(&self) -> PathBuf {
        self.path("sealing.key")
    }
}

/// Writes a file that only its owner reads, whole or not at all. An existing file is replaced.
///
/// # Errors
/// When it cannot be written.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".part");
    let beside = PathBuf::from(beside);
    let write = || -> std::io::Result<()> {
        let mut file =
            OpenOptions::new().create(true).truncate(true).write(true).mode(0o600).open(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)
    };
    write().with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// A folder that is gone when the test ends.
    pub(crate) struct Folder(pub(crate) PathBuf);

    impl Folder {
        pub(crate) fn new() -> Folder {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let name =
                format!("sansang-test-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = std::env::temp_dir().join(name);
            std::fs::create_dir_all(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).ok();
        }
    }

    #[test]
    fn made_once_and_private() {
        let folder = Folder::new();
        let path = folder.0.join("data");
        assert!(Data::open(&path).unwrap_err().to_string().contains("init"));
        let (data, fresh) = Data::make(&path).unwrap();
        assert!(fresh);
        let key = data.sealing_key().unwrap();
        let (data, fresh) = Data::make(&path).unwrap();
        assert!(!fresh);
        assert_eq!(data.sealing_key().unwrap().private, key.private);
        assert_eq!(data.config().unwrap(), Config::default());
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("sealing.key")), 0o600);
        assert_eq!(mode(&path.join("collector.toml")), 0o600);
    }

    #[test]
    fn one_collector_serves_a_folder() {
        let folder = Folder::new();
        let (data, _) = Data::make(&folder.0).unwrap();
        let lock = data.lock().unwrap();
        assert!(data.lock().unwrap_err().to_string().contains("another collector already serves"));
        drop(lock);
        assert!(data.lock().is_ok());
    }

    #[test]
    fn a_damaged_sealing_key_is_told() {
        let folder = Folder::new();
        let (data, _) = Data::make(&folder.0).unwrap();
        std::fs::write(data.path("sealing.key"), "abc").unwrap();
        assert!(data.sealing_key().err().unwrap().to_string().contains("damaged"));
    }
}

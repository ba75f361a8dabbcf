//! Under Linux: XDG folders, file modes, signals.

#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "the agent's own files and environment, not the PC's answers"
)]

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Where the agent keeps its state when nobody says otherwise: `/var/lib/sansang-agent` for the administrator,
/// `$XDG_STATE_HOME/sansang-agent` or `~/.local/state/sansang-agent` for anybody else.
///
/// # Errors
/// When there is neither a home nor a state folder.
pub fn state_folder() -> Result<PathBuf> {
    if is_administrator() {
        return Ok(PathBuf::from("/var/lib/sansang-agent"));
    }
    if let Ok(state) = std::env::var("XDG_STATE_HOME")
        && Path::new(&state).is_absolute()
    {
        return Ok(Path::new(&state).join("sansang-agent"));
    }
    let home = std::env::var("HOME")
        .context("there is no home folder to keep the agent's state in; name a folder with --state DIR")?;
    Ok(Path::new(&home).join(".local/state/sansang-agent"))
}

/// Whether this program runs with all rights. The owner of `/proc/self` is the effective user.
fn is_administrator() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|about| about.uid() == 0)
}

/// Makes a folder that only its owner may look into; tightens one that is there.
///
/// # Errors
/// When it cannot be made or tightened.
pub fn make_private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    if std::fs::metadata(path)?.mode() & 0o077 != 0 {
        std::fs::set_permissions(path, Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Files opened with these options are made for their owner only.
pub fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options.mode(0o600)
}

/// Makes the names in a folder durable.
///
/// # Errors
/// When the file system refuses.
pub fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Hears when the service is told to stop.
#[derive(Debug)]
pub struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    /// Begins to listen. Needs a tokio runtime with its io driver.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn listen() -> Result<Stop> {
        let on = |kind| signal(kind).context("cannot listen for the signal to stop");
        Ok(Stop { terminate: on(SignalKind::terminate())?, interrupt: on(SignalKind::interrupt())? })
    }

    /// Comes back when the service is told to stop.
    pub async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

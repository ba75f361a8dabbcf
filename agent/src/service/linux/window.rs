//! What a person at a desktop sees of a program that was double-clicked: nothing but a page in the browser.
//!
//! There is no box for a message here; who wants to tell something writes a page.

#![expect(
    clippy::disallowed_methods,
    reason = "programs of the desktop are started here, not asked about the PC"
)]

use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

const PKEXEC: &str = "/usr/bin/pkexec";
const XDG_OPEN: &str = "/usr/bin/xdg-open";
/// How often to look whether the program that was asked for has ended.
const PAUSE: Duration = Duration::from_millis(200);

/// What became of a program that an administrator had to agree to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent {
    /// It ran; whether it ended well.
    Ran(bool),
    /// Nobody agreed.
    Refused,
}

/// Whether a desktop started this program, and not a command line or a script.
pub fn started_by_hand() -> bool {
    let desktop = ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some());
    desktop && !io::stdin().is_terminal() && !io::stdout().is_terminal() && !io::stderr().is_terminal()
}

/// Leaves the console, where there is one of this program's own.
pub fn leave_console() {}

/// Shows a message until it is read. False: there is nothing to show it with.
pub fn message(_title: &str, _text: &str) -> bool {
    false
}

/// Starts a program once an administrator has agreed, and waits for its end; `tick` is called now and then.
///
/// # Errors
/// When an administrator cannot be asked.
pub fn ask_and_run(program: &Path, arguments: &[&str], tick: &mut dyn FnMut()) -> Result<Consent> {
    if !Path::new(PKEXEC).exists() {
        bail!("{PKEXEC} is not there; run it again with sudo");
    }
    let mut child = Command::new(PKEXEC)
        .arg(program)
        .args(arguments)
        .stdin(Stdio::null())
        .spawn()
        .with_context(|| format!("cannot start {PKEXEC}"))?;
    loop {
        if let Some(status) = child.try_wait().with_context(|| format!("cannot wait for {PKEXEC}"))? {
            // pkexec(1): 126, the dialogue was dismissed; 127, not authorised.
            return Ok(match status.code() {
                Some(126 | 127) => Consent::Refused,
                _ => Consent::Ran(status.success()),
            });
        }
        tick();
        std::thread::park_timeout(PAUSE);
    }
}

/// Where every user can read the page of an installation.
pub fn page_folder() -> Result<PathBuf> {
    Ok(PathBuf::from("/run/sansang-agent"))
}

/// A page as a browser of this desktop can open it: those that come as snaps read only what lies in a person's home,
/// so the page is put beside the program that was double-clicked.
pub fn reachable(page: &Path) -> PathBuf {
    let beside = || {
        let beside = std::env::current_exe().ok()?.parent()?.join(page.file_name()?);
        // Copying a file onto itself empties it.
        if beside == page {
            return None;
        }
        std::fs::copy(page, &beside).ok().map(|_| beside)
    };
    beside().unwrap_or_else(|| page.to_owned())
}

/// Opens a file with what the person uses for it.
///
/// # Errors
/// When nothing opens it.
pub fn open(file: &Path) -> Result<()> {
    let status = Command::new(XDG_OPEN)
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .with_context(|| format!("cannot start {XDG_OPEN}"))?;
    if !status.success() {
        bail!("{XDG_OPEN} cannot open {}", file.display());
    }
    Ok(())
}

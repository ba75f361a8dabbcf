//! The steps of an installation under Windows: program folder, state folder, service, list of programs.

#![expect(unsafe_code, reason = "a program that is running is removed through functions of Windows")]
#![expect(clippy::disallowed_methods, reason = "the agent's own program and folders are written here")]

use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use windows::Win32::Storage::FileSystem::{MOVEFILE_DELAY_UNTIL_REBOOT, MoveFileExW};
use windows::core::{HSTRING, PCWSTR};
use windows_registry::LOCAL_MACHINE;

use super::places::{self, Place};
use super::{FOLDER, PAGES, TITLE, access};
use crate::install::{Hand, Left, Step, System};

/// The file of the installed program.
const PROGRAM: &str = "sansang-agent.exe";
/// The list of programs that "Apps" and "Programs and Features" show.
const LIST: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
/// The numbers of Windows for a file or folder that is not there.
const NOT_THERE: [i32; 2] = [2, 3];

/// This PC, for an installation.
pub struct Setup {
    /// The program that is running.
    program: PathBuf,
    /// `%ProgramFiles%\SanSang`, or where a package put the program.
    folder: PathBuf,
    state: PathBuf,
}

impl Setup {
    /// This PC; every Windows has a service manager.
    ///
    /// # Errors
    /// When Windows does not know its own folders.
    pub fn here(hand: Hand) -> Result<Option<Setup>> {
        let program = std::env::current_exe().context("cannot find this program's own file")?;
        let state = places::folder(Place::AllUsers)?.join(FOLDER);
        if let (Hand::Package, Some(folder)) = (hand, program.parent()) {
            let folder = folder.to_owned();
            return Ok(Some(Setup { program, folder, state }));
        }
        let folder = places::folder(Place::Programs)?.join(FOLDER);
        Ok(Some(Setup { program, folder, state }))
    }

    /// The state folder of the service.
    pub fn state(&self) -> PathBuf {
        self.state.clone()
    }

    /// Where the program is, or will be.
    pub fn home(&self) -> PathBuf {
        self.folder.join(PROGRAM)
    }

    /// Puts a page where every user of this PC can read it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn publish(&self, name: &str, page: &str) -> Result<PathBuf> {
        let folder = self.state.join(PAGES);
        let failed = || format!("cannot write {name} into {}", folder.display());
        access::make_private(&self.state).with_context(failed)?;
        access::make_readable(&folder).with_context(failed)?;
        let file = folder.join(name);
        write(&file, page.as_bytes()).with_context(failed)?;
        Ok(file)
    }

    fn copy_program(&self) -> Result<()> {
        let home = self.home();
        if same_file(&self.program, &home) {
            return Ok(());
        }
        let failed = || format!("cannot copy this program to {}", home.display());
        std::fs::create_dir_all(&self.folder).with_context(failed)?;
        // Reading and writing leaves behind the mark that browsers put on what was downloaded.
        let bytes = std::fs::read(&self.program).with_context(failed)?;
        match write(&home, &bytes) {
            Ok(()) => Ok(()),
            // Somebody runs the former program: it may be moved away, and not be written to.
            Err(_) => {
                self.set_aside(&home).with_context(failed)?;
                write(&home, &bytes).with_context(failed)
            }
        }
    }

    /// Moves a program that may be running out of its folder; Windows removes it when the PC starts again.
    fn set_aside(&self, program: &Path) -> io::Result<PathBuf> {
        let name = format!("sansang-agent-{}.old", std::process::id());
        let aside = places::folder(Place::Windows)
            .map(|windows| windows.join("Temp").join(&name))
            .ok()
            .filter(|aside| std::fs::rename(program, aside).is_ok());
        let aside = match aside {
            Some(aside) => aside,
            // Another drive, or no such folder.
            None => {
                let aside = self.folder.join(name);
                std::fs::rename(program, &aside)?;
                aside
            }
        };
        remove_at_restart(&aside)?;
        Ok(aside)
    }

    fn list(&self) -> Result<()> {
        let size = std::fs::metadata(self.home()).map_or(0, |about| about.len() / 1024);
        let home = self.home().display().to_string();
        let write = || -> windows::core::Result<()> {
            let entry = LOCAL_MACHINE.create(format!("{LIST}\\{FOLDER}"))?;
            entry.set_string("DisplayName", TITLE)?;
            entry.set_string("DisplayVersion", env!("CARGO_PKG_VERSION"))?;
            entry.set_string("Publisher", TITLE)?;
            entry.set_string("DisplayIcon", &home)?;
            entry.set_string("InstallLocation", self.folder.display().to_string())?;
            entry.set_string("UninstallString", format!("\"{home}\" service remove --window"))?;
            entry.set_string("QuietUninstallString", format!("\"{home}\" service remove"))?;
            entry.set_u32("EstimatedSize", u32::try_from(size).unwrap_or(u32::MAX))?;
            entry.set_u32("NoModify", 1)?;
            entry.set_u32("NoRepair", 1)
        };
        write().context("cannot put the program on the list of installed programs")
    }

    fn unlist(&self) -> Result<()> {
        match LOCAL_MACHINE.create(LIST).and_then(|list| list.remove_tree(FOLDER)) {
            // 0x80070002: it is not on the list.
            Err(error) if error.code().0.cast_unsigned() != 0x8007_0002 => {
                Err(error).context("cannot take the program off the list of installed programs")
            }
            _ => Ok(()),
        }
    }

    fn remove_program(&self) -> Result<Option<Left>> {
        let home = self.home();
        let failed = || format!("cannot remove {}", self.folder.display());
        let mut left = None;
        if gone(std::fs::remove_file(&home)).is_err() {
            let aside = self.set_aside(&home).with_context(failed)?;
            if aside.starts_with(&self.folder) {
                // In its turn after the file.
                remove_at_restart(&self.folder).with_context(failed)?;
                return Ok(Some(Left::UntilRestart(aside)));
            }
            left = Some(Left::UntilRestart(aside));
        }
        gone(std::fs::remove_dir_all(&self.folder)).with_context(failed)?;
        Ok(left)
    }
}

impl System for Setup {
    fn take(&mut self, step: Step) -> Result<Option<Left>> {
        match step {
            Step::StopService => super::stop_service()?,
            Step::CopyProgram => self.copy_program()?,
            Step::MakeState => access::make_private(&self.state)
                .with_context(|| format!("cannot make the state folder {}", self.state.display()))?,
            Step::RegisterService => super::install(&self.home(), &["run"])?,
            Step::ListProgram => self.list()?,
            Step::StartService => super::start()?,
            Step::RemoveService => super::remove()?,
            Step::RemovePages => remove_folder(&self.state.join(PAGES))?,
            Step::RemoveState => remove_folder(&self.state)?,
            Step::UnlistProgram => self.unlist()?,
            Step::RemoveProgram => return self.remove_program(),
        }
        Ok(None)
    }
}

/// Writes a file beside, syncs it, and puts it in place.
fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut part = file.as_os_str().to_owned();
    part.push(".part");
    gone(std::fs::remove_file(&part))?;
    let mut open = std::fs::OpenOptions::new().create_new(true).write(true).open(&part)?;
    open.write_all(bytes)?;
    open.sync_all()?;
    drop(open);
    std::fs::rename(&part, file).inspect_err(|_| {
        std::fs::remove_file(&part).ok();
    })
}

fn remove_at_restart(path: &Path) -> io::Result<()> {
    let name = HSTRING::from(path.as_os_str());
    // SAFETY: the name lives through the call; no new name means that it is to be removed.
    unsafe { MoveFileExW(&name, PCWSTR::null(), MOVEFILE_DELAY_UNTIL_REBOOT) }
        .map_err(|error| access::plain(&error))
}

fn same_file(one: &Path, other: &Path) -> bool {
    matches!((one.canonicalize(), other.canonicalize()), (Ok(one), Ok(other)) if one == other)
}

fn remove_folder(folder: &Path) -> Result<()> {
    gone(std::fs::remove_dir_all(folder)).with_context(|| format!("cannot remove {}", folder.display()))
}

fn gone(outcome: io::Result<()>) -> io::Result<()> {
    match outcome {
        Err(error)
            if error.kind() == ErrorKind::NotFound
                || error.raw_os_error().is_some_and(|number| NOT_THERE.contains(&number)) =>
        {
            Ok(())
        }
        other => other,
    }
}

//! Programs that start by themselves: at sign-in (Run keys and start-up folders of the PC and of those who are signed
//! in), as services, as scheduled tasks.
//!
//! Only those count that lie where people may write without being administrators. No path leaves the PC: a hash of it
//! does, the same on every PC, so that what is on many PCs can be told from what is on one. Tasks are shown to
//! administrators only. What a service loads into a common program is not seen.

use std::collections::BTreeSet;

use rules::fact::Fact;
use rules::facts::exposure::{Autostart, StartedBy};

use super::registry::{command, text};
use super::services::SERVICES;
use super::{paths, people};
use crate::host::answers::{Key, ServiceStart, Task, View};
use crate::host::{Host, Trouble, command_line, shortcut};
use crate::probe::hash;

/// What is started at sign-in, under HKLM and under the hive of a person.
const RUN: &[&str] = &[
    r"Microsoft\Windows\CurrentVersion\Policies\Explorer\Run",
    r"Microsoft\Windows\CurrentVersion\Run",
    r"Microsoft\Windows\CurrentVersion\RunOnce",
];

/// Folders whose content starts at sign-in, of the PC and below the profile of a person.
const START_UP: &str = r"%ProgramData%\Microsoft\Windows\Start Menu\Programs\StartUp";
const START_UP_OF_PERSON: &str = r"AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup";
const PROFILES: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";

/// The files that commands at sign-in name, as they are written, and those in the start-up folders.
pub(super) fn at_sign_in(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    let mut files = Vec::new();
    let mut read = |view: View, path: &str| -> Result<(), Trouble> {
        let values = host.registry_values(Key { view, path })?.unwrap_or_default();
        for (name, value) in &values {
            if let Some(command) = command(name, value)? {
                files.extend(command_line::files(command));
            }
        }
        Ok(())
    };
    for run in RUN {
        for view in [View::Wide, View::Narrow] {
            read(view, &format!(r"HKLM\SOFTWARE\{run}"))?;
        }
    }
    for sid in people::signed_in(host)? {
        for run in RUN {
            read(View::Wide, &format!(r"HKU\{sid}\Software\{run}"))?;
        }
    }
    // Only administrators write into the folder of the PC: what lies there counts for where it leads.
    files.extend(in_folder(host, START_UP)?.into_iter().filter(|file| !file.starts_with(START_UP)));
    for sid in people::signed_in(host)? {
        if let Some(profile) = text(host, &format!(r"{PROFILES}\{sid}"), "ProfileImagePath")? {
            files.extend(in_folder(host, &format!(r"{profile}\{START_UP_OF_PERSON}"))?);
        }
    }
    Ok(files)
}

/// What starts from a start-up folder: files in it, and what its shortcuts lead to.
fn in_folder(host: &dyn Host, folder: &str) -> Result<Vec<String>, Trouble> {
    let mut files = Vec::new();
    for name in host.folder(folder)?.unwrap_or_default() {
        let path = format!(r"{folder}\{name}");
        let lower = name.to_lowercase();
        if lower == "desktop.ini" {
            continue;
        }
        if !lower.ends_with(".lnk") {
            files.push(path);
            continue;
        }
        // One that was removed since it was listed starts nothing.
        let Some(bytes) = host.file(&path)? else { continue };
        let odd = || Trouble::Failed("a shortcut in a start-up folder has an unknown form".to_owned());
        files.extend(shortcut::programs(&bytes).ok_or_else(odd)?);
    }
    Ok(files)
}

pub(super) fn found(
    host: &dyn Host,
    services: &Result<Vec<String>, Trouble>,
    at_sign_in: &Result<Vec<String>, Trouble>,
    tasks: &Result<Vec<Task>, Trouble>,
) -> Result<Vec<Autostart>, Trouble> {
    let mut found = BTreeSet::new();
    let mut add = |by: StartedBy, file: &str| {
        let path = paths::expanded(file);
        if paths::is_writable(&path) {
            found.insert((by, hash::plain(&paths::everywhere(&path))));
        }
    };
    for file in at_sign_in.as_ref().map_err(Clone::clone)? {
        add(StartedBy::SignIn, file);
    }
    for service in services.as_ref().map_err(Clone::clone)? {
        for file in of_service(host, service)? {
            add(StartedBy::Service, &file);
        }
    }
    let mut closed = 0;
    for task in tasks.as_ref().map_err(Clone::clone)? {
        for file in task.programs.iter().flatten() {
            add(StartedBy::Task, file);
        }
        closed += usize::from(task.programs.is_none());
    }
    let mut found: Vec<Autostart> =
        found.into_iter().map(|(by, id)| Autostart { id: Fact::Known(id), started_by: by.into() }).collect();
    if closed > 0 {
        // It may start anything.
        let id = Fact::failed(format!("{closed} tasks have an unknown form"));
        found.push(Autostart { id, started_by: StartedBy::Task.into() });
    }
    Ok(found)
}

/// The files of a service that starts by itself, when they may count.
fn of_service(host: &dyn Host, name: &str) -> Result<Vec<String>, Trouble> {
    let key = format!(r"{SERVICES}\{name}");
    // Drivers and leftovers have none.
    let Some(command) = text(host, &key, "ImagePath")? else { return Ok(Vec::new()) };
    let files = command_line::files(&command);
    if !files.iter().any(|file| paths::is_writable(&paths::expanded(file))) {
        return Ok(Vec::new());
    }
    let starts = host.service(name)?.is_some_and(|service| match service.start {
        ServiceStart::Boot | ServiceStart::System | ServiceStart::Automatic => true,
        ServiceStart::Manual | ServiceStart::Disabled => false,
    });
    Ok(if starts { files } else { Vec::new() })
}

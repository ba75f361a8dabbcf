//! Programs that start by themselves: at sign-in (Run keys of the PC and of those who are signed in), as services, as
//! scheduled tasks.
//!
//! Only those count that lie where people may write without being administrators. No path leaves the PC: a hash of it
//! does, the same on every PC, so that what is on many PCs can be told from what is on one. Tasks are shown to
//! administrators only. What a service loads into a common program is not seen, nor shortcuts in the start-up folder.

use std::collections::BTreeSet;

use rules::fact::Fact;
use rules::facts::exposure::{Autostart, StartedBy};

use super::registry::{command, text};
use super::services::SERVICES;
use super::{paths, people};
use crate::host::answers::{Key, ServiceStart, Task, View};
use crate::host::{Host, Trouble, command_line};
use crate::probe::hash;

/// What is started at sign-in, under HKLM and under the hive of a person.
const RUN: &[&str] = &[
    r"Microsoft\Windows\CurrentVersion\Policies\Explorer\Run",
    r"Microsoft\Windows\CurrentVersion\Run",
    r"Microsoft\Windows\CurrentVersion\RunOnce",
];

/// The files that commands at sign-in name, as they are written.
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
    for task in tasks.as_ref().map_err(Clone::clone)? {
        for file in task.programs.iter().flatten() {
            add(StartedBy::Task, file);
        }
    }
    Ok(found.into_iter().map(|(by, id)| Autostart { id: Fact::Known(id), started_by: by.into() }).collect())
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

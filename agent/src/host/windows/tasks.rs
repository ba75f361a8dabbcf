//! The scheduled tasks, as the task scheduler keeps them in the registry. Only an administrator may look.

use super::super::answers::{Key, RegistryValue, Task};
use super::super::task;
use super::{Answer, Trouble, registry};

const TASKS: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Schedule\TaskCache\Tasks";
/// Most tasks of one PC.
const TASKS_COUNT_MAX: usize = 5_000;

pub(super) fn tasks() -> Answer<Vec<Task>> {
    let Some(names) = registry::keys(Key::wide(TASKS))? else { return Ok(None) };
    if names.len() > TASKS_COUNT_MAX {
        return Err(Trouble::Failed(format!("this PC has more than {TASKS_COUNT_MAX} tasks")));
    }
    let mut tasks = Vec::new();
    for name in names {
        let path = format!(r"{TASKS}\{name}");
        let key = Key::wide(&path);
        let task = match registry::value(key, "Path")? {
            Some(RegistryValue::Text(task)) => task,
            Some(_) => String::new(),
            // It was removed since it was listed.
            None => continue,
        };
        let programs = match registry::value(key, "Actions")? {
            Some(RegistryValue::Bytes(actions)) => task::programs(&actions),
            Some(_) => None,
            // It does nothing.
            None => Some(Vec::new()),
        };
        tasks.push(Task { path: task, programs });
    }
    tasks.sort_unstable();
    Ok(Some(tasks))
}

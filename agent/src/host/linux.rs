//! The live Linux host: files, sysinfo and a few programs.
//!
//! Seen on Debian 12 and Ubuntu 22.04. Without root, some doors answer `Denied`: the firmware table, /etc/shadow,
//! the sockets of other people's programs.
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "the live host is where probes' questions reach files and programs"
)]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::process::Stdio;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rules::wire::{NamedService, Place};

use super::answers::{HealthLog, Reached};
use super::{
    Address, Answer, Command, DRIVE_DEADLINE, FILE_BYTES_MAX, FOLDER_COUNT_MAX, Firmware, Host, MemoryTotals,
    Output, Owners, REACH_DEADLINE, RUN_DEADLINE, Trouble, VOLUMES_DEADLINE, Volume, reach,
};

/// Names of programs are cut to this many bytes by the kernel (TASK_COMM_LEN less one).
const COMM_BYTES_MAX: usize = 15;
/// Most links under /proc/PID/fd that are read to find the owners of sockets.
const OWNER_LINKS_MAX: usize = 4_000;
/// Asks a drive for its identity, verdict, attributes and statistics; wakes it where it sleeps.
const SMARTCTL_PATHS: &[&str] = &["/usr/sbin/smartctl", "/usr/bin/smartctl"];
const SMARTCTL_ARGUMENTS: &[&str] = &["--json=c", "--info", "--health", "--attributes", "--log=devstat"];
/// How long to wait between two looks at a program that closed its output but has not ended.
const EXIT_PAUSE: Duration = Duration::from_millis(2);

/// This PC.
pub(super) struct Linux {
    programs: OnceLock<Result<BTreeSet<String>, Trouble>>,
    firmware: OnceLock<Answer<Firmware>>,
    services: Option<Vec<NamedService>>,
}

impl Linux {
    pub(super) fn new(services: Option<Vec<NamedService>>) -> Linux {
        Linux { programs: OnceLock::new(), firmware: OnceLock::new(), services }
    }
}

impl Host for Linux {
    fn file(&self, path: &str) -> Answer<Vec<u8>> {
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return trouble(path, &error),
        };
        // A pipe or a device would hold the reader for ever.
        if !metadata.is_file() {
            return Err(Trouble::Failed(format!("{path} is not a regular file")));
        }
        // Files of /proc say 0 and files of /sys say 4096, whatever they hold.
        // Room for more than they hold spares reads, and each read of /proc/net walks the kernel's tables again.
        let expected = usize::try_from(metadata.len()).unwrap_or(FILE_BYTES_MAX);
        let mut bytes = Vec::with_capacity(expected.clamp(ROOM_BYTES, FILE_BYTES_MAX) + 1);
        let read = File::open(path).and_then(|file| {
            let limit = u64::try_from(FILE_BYTES_MAX + 1).unwrap_or(u64::MAX);
            file.take(limit).read_to_end(&mut bytes)
        });
        match read {
            Ok(_) if bytes.len() > FILE_BYTES_MAX => {
                Err(Trouble::Failed(format!("{path} is larger than {FILE_BYTES_MAX} bytes")))
            }
            Ok(_) => Ok(Some(bytes)),
            Err(error) => trouble(path, &error),
        }
    }

    fn folder(&self, path: &str) -> Answer<Vec<String>> {
        let entries = match std::fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return trouble(path, &error),
        };
        let mut names = Vec::new();
        for entry in entries {
            match entry {
                Ok(entry) => names.push(entry.file_name().to_string_lossy().into_owned()),
                Err(error) => return trouble(path, &error),
            }
            if names.len() > FOLDER_COUNT_MAX {
                return Err(Trouble::Failed(format!("{path} has more than {FOLDER_COUNT_MAX} entries")));
            }
        }
        names.sort_unstable();
        Ok(Some(names))
    }

    fn link(&self, path: &str) -> Answer<String> {
        match std::fs::read_link(path) {
            Ok(target) => Ok(Some(target.to_string_lossy().into_owned())),
            // Not a link, which is how a plain file answers.
            Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(None),
            Err(error) => trouble(path, &error),
        }
    }

    fn modified(&self, path: &str) -> Answer<Timestamp> {
        let modified = match std::fs::metadata(path).and_then(|metadata| metadata.modified()) {
            Ok(modified) => modified,
            Err(error) => return trouble(path, &error),
        };
        Timestamp::try_from(modified)
            .and_then(|modified| Timestamp::from_second(modified.as_second()))
            .map(Some)
            .map_err(|error| Trouble::Failed(format!("{path} was changed at an impossible time: {error}")))
    }

    fn memory(&self) -> Answer<MemoryTotals> {
        let refresh = sysinfo::MemoryRefreshKind::nothing().with_ram().with_swap();
        let system =
            sysinfo::System::new_with_specifics(sysinfo::RefreshKind::nothing().with_memory(refresh))
                .map_err(|error| Trouble::Failed(format!("cannot read the memory totals: {error}")))?;
        // sysinfo says 0 when it could not read.
        match system.total_memory() {
            0 => Err(Trouble::Failed("/proc/meminfo does not tell the memory".to_owned())),
            visible => Ok(Some(MemoryTotals { visible, swap: system.total_swap() })),
        }
    }

    fn volumes(&self) -> Answer<Vec<Volume>> {
        let (sender, receiver) = mpsc::channel();
        std::thread::Builder::new()
            .name("volumes".to_owned())
            .spawn(move || {
                // Nobody listens any more when this was too slow.
                drop(sender.send(volumes()));
            })
            .map_err(|error| Trouble::Failed(format!("cannot start a thread: {error}")))?;
        match receiver.recv_timeout(VOLUMES_DEADLINE) {
            Ok(volumes) => volumes,
            Err(mpsc::RecvTimeoutError::Timeout) => Err(Trouble::TimedOut),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                Err(Trouble::Failed("the look at the volumes ended without an answer".to_owned()))
            }
        }
    }

    fn addresses(&self) -> Answer<Vec<Address>> {
        let networks = sysinfo::Networks::new_with_refreshed_list()
            .map_err(|error| Trouble::Failed(format!("cannot list the network adapters: {error}")))?;
        let mut addresses: Vec<Address> = networks
            .iter()
            .flat_map(|(name, network)| {
                network.ip_networks().iter().map(|network| Address {
                    adapter: name.to_string_lossy().into_owned(),
                    address: network.addr.to_string(),
                })
            })
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        Ok(Some(addresses))
    }

    fn running(&self, program: &str) -> Answer<bool> {
        let cut = program.get(..COMM_BYTES_MAX).unwrap_or(program);
        match self.programs.get_or_init(programs) {
            Ok(programs) => Ok(Some(programs.contains(cut))),
            Err(trouble) => Err(trouble.clone()),
        }
    }

    fn owners(&self, sockets: &[u64]) -> Answer<Owners> {
        let mut wanted: BTreeSet<u64> = sockets.iter().copied().collect();
        let mut owners = Owners { found: Vec::new(), complete: true };
        let mut links = 0;
        let processes = std::fs::read_dir("/proc")
            .map_err(|error| Trouble::Failed(format!("cannot list /proc: {error}")))?;
        for process in processes.flatten() {
            if wanted.is_empty() {
                break;
            }
            let name = process.file_name();
            if !name.as_encoded_bytes().first().is_some_and(u8::is_ascii_digit) {
                continue;
            }
            let path = process.path();
            let descriptors = match std::fs::read_dir(path.join("fd")) {
                Ok(descriptors) => descriptors,
                // It ended meanwhile.
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                Err(_) => {
                    owners.complete = false;
                    continue;
                }
            };
            let mut program = None;
            for descriptor in descriptors.flatten() {
                links += 1;
                if links > OWNER_LINKS_MAX {
                    owners.complete = false;
                    return Ok(Some(owners));
                }
                let Ok(target) = std::fs::read_link(descriptor.path()) else { continue };
                let Some(socket) = target
                    .to_str()
                    .and_then(|target| target.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok())
                else {
                    continue;
                };
                if wanted.remove(&socket) {
                    let program = program.get_or_insert_with(|| {
                        std::fs::read_to_string(path.join("comm")).unwrap_or_default().trim().to_owned()
                    });
                    owners.found.push((socket, program.clone()));
                }
            }
        }
        owners.found.sort_unstable();
        Ok(Some(owners))
    }

    fn run(&self, command: Command) -> Answer<Output> {
        started(command.paths(), command.arguments(), RUN_DEADLINE)
    }

    fn firmware(&self) -> Answer<Firmware> {
        self.firmware.get_or_init(|| firmware(self)).clone()
    }

    fn named_services(&self) -> Answer<Vec<NamedService>> {
        Ok(self.services.clone())
    }

    fn reach(&self, places: &[Place]) -> Vec<Answer<Reached>> {
        reach::reach(places, REACH_DEADLINE)
    }
    /// smartctl exits with bits that tell what it found, and prints what it can.
    fn drive_health(&self, name: &str) -> Answer<HealthLog> {
        // Nothing but the kernel's name of a drive reaches a command line.
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            return Err(Trouble::Failed(format!("{name} is no name of a drive")));
        }
        let device = format!("/dev/{name}");
        let mut arguments = SMARTCTL_ARGUMENTS.to_vec();
        arguments.push(&device);
        let output = started(SMARTCTL_PATHS, &arguments, DRIVE_DEADLINE)?;
        Ok(output.map(|output| HealthLog::Smartctl(output.stdout)))
    }
}

/// Starts the first of these programs that is there, and waits for its end.
fn started(paths: &[&str], arguments: &[&str], patience: Duration) -> Answer<Output> {
    let Some(path) = paths.iter().find(|path| std::fs::exists(path).unwrap_or(false)) else {
        return Ok(None);
    };
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::PermissionDenied => Trouble::Denied,
        _ => Trouble::Failed(format!("cannot run {path}: {error}")),
    };
    let mut child = std::process::Command::new(path)
        .args(arguments)
        .env_clear()
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    let deadline = Instant::now() + patience;
    let result = child
        .stdout
        .take()
        .ok_or_else(|| Trouble::Failed(format!("{path} has no output")))
        .and_then(|stdout| read_until(stdout, deadline))
        .and_then(|stdout| Ok((exit_code(&mut child, deadline)?, stdout)));
    let (code, stdout) = match result {
        Ok(ended) => ended,
        Err(trouble) => {
            // It may have ended by itself; either way it must not stay. One that hangs in a dying drive ends late.
            drop(child.kill());
            drop(std::thread::Builder::new().name("reaper".to_owned()).spawn(move || child.wait()));
            return Err(trouble);
        }
    };
    Ok(Some(Output { code, stdout: String::from_utf8_lossy(&stdout).into_owned() }))
}

/// What an error of the file system means.
fn trouble<T>(path: &str, error: &std::io::Error) -> Answer<T> {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Ok(None),
        ErrorKind::PermissionDenied => Err(Trouble::Denied),
        ErrorKind::Unsupported => Err(Trouble::NotSupported),
        // Drivers answer EINVAL when a value does not apply, such as the speed of an adapter that is down.
        ErrorKind::InvalidInput if path.starts_with("/sys/") => Ok(None),
        _ => Err(Trouble::Failed(format!("cannot read {path}: {error}"))),
    }
}

fn volumes() -> Answer<Vec<Volume>> {
    let refresh = sysinfo::DiskRefreshKind::nothing().with_storage();
    let disks = sysinfo::Disks::new_with_refreshed_list_specifics(refresh)
        .map_err(|error| Trouble::Failed(format!("cannot list the volumes: {error}")))?;
    let mut volumes: Vec<Volume> = disks
        .iter()
        .map(|disk| Volume {
            mount: disk.mount_point().to_string_lossy().into_owned(),
            device: disk.name().to_string_lossy().into_owned(),
            filesystem: disk.file_system().to_string_lossy().into_owned(),
            // A size of 0 is how sysinfo says that it could not look.
            size: Some(disk.total_space()).filter(|size| *size > 0),
            free: Some(disk.available_space()).filter(|_| disk.total_space() > 0),
        })
        // Pseudo file systems have no device.
        .filter(|volume| volume.device.starts_with('/') || volume.filesystem == "zfs")
        .collect();
    volumes.sort_by(|a, b| a.mount.cmp(&b.mount));
    Ok(Some(volumes))
}

/// Room to begin reading a file with.
const ROOM_BYTES: usize = 16 * 1024;

fn programs() -> Result<BTreeSet<String>, Trouble> {
    let mut system = sysinfo::System::new()
        .map_err(|error| Trouble::Failed(format!("cannot list the running programs: {error}")))?;
    // Even a refresh of nothing walks through the threads of every process unless told not to.
    let refresh = sysinfo::ProcessRefreshKind::nothing().without_tasks();
    system.refresh_processes_specifics(sysinfo::ProcessesToUpdate::All, false, refresh);
    let programs: BTreeSet<String> =
        system.processes().values().map(|process| process.name().to_string_lossy().into_owned()).collect();
    // The agent itself runs, so an empty list is a failure. With /proc mounted so that people see only their own
    // programs (hidepid), process 1 is not among them, and "not running" would be a lie.
    if programs.is_empty() || system.process(sysinfo::Pid::from_u32(1)).is_none() {
        return Err(Trouble::Denied);
    }
    Ok(programs)
}

fn read_until(mut stdout: impl Read + Send + 'static, deadline: Instant) -> Result<Vec<u8>, Trouble> {
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new()
        .name("output".to_owned())
        .spawn(move || {
            let mut bytes = Vec::new();
            let limit = u64::try_from(FILE_BYTES_MAX).unwrap_or(u64::MAX);
            let read = stdout.by_ref().take(limit).read_to_end(&mut bytes).map(|_| bytes);
            // Nobody listens any more when this was too slow.
            drop(sender.send(read));
        })
        .map_err(|error| Trouble::Failed(format!("cannot start a thread: {error}")))?;
    match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => Err(Trouble::Failed(format!("cannot read what the program printed: {error}"))),
        Err(_) => Err(Trouble::TimedOut),
    }
}

fn exit_code(child: &mut std::process::Child, deadline: Instant) -> Result<i32, Trouble> {
    // Nothing is ever sent: waiting for it is how to pause.
    let (_sender, pause) = mpsc::channel::<()>();
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(status.code().unwrap_or(-1)),
            Ok(None) if Instant::now() >= deadline => return Err(Trouble::TimedOut),
            Ok(None) => drop(pause.recv_timeout(EXIT_PAUSE)),
            Err(error) => return Err(Trouble::Failed(format!("cannot wait for the program: {error}"))),
        }
    }
}

/// The version of SMBIOS is in its entry point, in one of two forms (DSP0134, 5.2).
fn firmware(host: &Linux) -> Answer<Firmware> {
    let Some(entry) = host.file("/sys/firmware/dmi/tables/smbios_entry_point")? else { return Ok(None) };
    let Some(table) = host.file("/sys/firmware/dmi/tables/DMI")? else { return Ok(None) };
    let version = if entry.starts_with(b"_SM3_") {
        entry.get(7..9)
    } else if entry.starts_with(b"_SM_") {
        entry.get(6..8)
    } else {
        None
    };
    match version {
        Some(&[major, minor]) => Ok(Some(Firmware { major, minor, table })),
        Some(_) | None => Err(Trouble::Failed("the entry point of SMBIOS has an unknown form".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_absent_and_what_is_no_file_fails() {
        let host = Linux::new(None);
        assert_eq!(host.file("/proc/no-such-file"), Ok(None));
        assert_eq!(host.folder("/proc/no-such-folder"), Ok(None));
        assert_eq!(host.link("/proc/version"), Ok(None));
        assert_eq!(host.modified("/proc/no-such-file"), Ok(None));
        assert!(matches!(host.file("/dev/null"), Err(Trouble::Failed(_))), "a device is not read");
        assert!(matches!(host.file("/proc"), Err(Trouble::Failed(_))), "a folder is not a file");
    }

    #[test]
    fn files_of_proc_have_content_although_they_say_zero() {
        let version = Linux::new(None).file("/proc/version").unwrap().unwrap();
        assert!(version.starts_with(b"Linux version "));
    }

    #[test]
    fn only_the_name_of_a_drive_reaches_a_command_line() {
        for name in ["", "../sda", "sda -l", "SDA", "--scan", "sda\0", "ổ"] {
            assert!(matches!(Linux::new(None).drive_health(name), Err(Trouble::Failed(_))), "{name:?}");
        }
    }

    #[test]
    fn a_program_that_prints_for_ever_is_cut_off() {
        let read = read_until(std::io::repeat(b'x'), Instant::now() + Duration::from_secs(60)).unwrap();
        assert_eq!(read.len(), FILE_BYTES_MAX);
    }

    #[test]
    fn a_program_that_prints_nothing_times_out() {
        let (reader, _writer) = std::io::pipe().unwrap();
        assert_eq!(read_until(reader, Instant::now()), Err(Trouble::TimedOut));
    }
}

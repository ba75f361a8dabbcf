//! What an attacker could use.
//!
//! From the table of sockets, the service manager, the registry, shares and scheduled tasks. UDP sockets in the range of
//! ports that programs get for their own questions are left out: they come and go. Shares, tasks and the log of
//! security open to administrators only; without those rights they are denied, not empty. Version 1 of SMB is off
//! where its drivers are not installed, as on Windows 10 since 2017. Written after Microsoft's documents; seen on no
//! Windows PC yet.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::exposure::{Autorun, Exposure, Listener, Reach, Transport};
use rules::quantity::Bytes;

use super::registry::{number, text};
use super::services::{names, runs};
use super::{activators, autostarts, people, remote, roots, shares};
use crate::host::answers::{Event, Key, ServiceStart};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported, text as file_text};
use crate::probe::hash::{keyed, plain};
use crate::probe::hosts_file;

const FILE_SERVER: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Parameters";
const EXPLORER_POLICY: &str = r"Microsoft\Windows\CurrentVersion\Policies\Explorer";
const AUTORUN_FILE: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\IniFileMapping\Autorun.inf";
const NETWORK: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
const HOSTS: &str = r"%SystemRoot%\System32\drivers\etc";
const CRYPTOGRAPHY: &str = r"HKLM\SOFTWARE\Microsoft\Cryptography";
const USB_DRIVES: &str = r"HKLM\SYSTEM\CurrentControlSet\Enum\USBSTOR";
const LOG_POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\EventLog\Security";
const LOG: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Security";
const SSH_SETTINGS: &str = r"%ProgramData%\ssh\sshd_config";

/// First port that programs get without asking for one (Windows Vista and later).
const EPHEMERAL_PORT_MIN: u16 = 49_152;
/// The event that stands first in a log of security that somebody cleared, and who writes it.
const CLEARED: u16 = 1102;
/// The event in the log of the system that tells that somebody cleared another log. Everybody may read that log.
const OTHER_CLEARED: u16 = 104;
const EVENT_LOG: &str = "Microsoft-Windows-Eventlog";
/// Ports of VNC.
const VNC_PORTS: &[i64] = &[5900, 5901, 5902, 5903];
/// Kinds of drives that a program may start from by itself, as bits of NoDriveTypeAutoRun: all of them.
const ALL_DRIVES: i64 = 0xff;

/// Services that send passwords unprotected: name, ports, services.
const CLEARTEXT: &[(&str, &[i64], &[&str])] = &[
    ("ftp", &[21], &["FTPSVC", "MSFTPSVC", "FileZilla Server", "filezilla-server"]),
    ("rsh", &[512, 513, 514], &[]),
    ("telnet", &[23], &["TlntSvr"]),
];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Exposure {
    let listening = listening(host);
    let services = names(host);
    let at_sign_in = autostarts::at_sign_in(host);
    let tasks = host.tasks().and_then(|tasks| tasks.ok_or(Trouble::NotSupported));
    let servers = activators::servers(host);
    let desktop = remote::desktop(host);
    let tools = remote::tools(host, &services, &at_sign_in);
    let shares = shares::open(host);
    let roots = roots::added(host);
    let events = host.oldest_events("Security");
    let others_cleared = host.newest_events("System", OTHER_CLEARED);
    let ssh = runs(host, "sshd");
    let smb1 = smb1(host);
    let smb1_client = driver_starts(host, "mrxsmb10");
    let cleartext = cleartext(host, &listening);
    let autostarts = autostarts::found(host, &services, &at_sign_in, &tasks);
    let others = (autorun(host), usb_drives(host), log_size_max(host), hosts_overrides(host));
    let passwords = ssh_passwords(host, &ssh);
    // What asks WMI comes last: when it hangs, nothing else waits for it.
    let activator = activators::found(host, &services, &tasks, &servers);
    Exposure {
        open_ports: fact(listening.as_ref().map_err(Clone::clone).map(|listeners| {
            let mut open: Vec<(Option<&Transport>, Option<&i64>)> = listeners
                .iter()
                .filter(|listener| listener.reach == Fact::Known(Reach::Network))
                .map(|listener| (listener.transport.known(), listener.port.known()))
                .collect();
            open.dedup();
            i64::try_from(open.len()).ok()
        })),
        remote_desktop: remote_desktop(&desktop.on, &tools, &listening),
        remote_desktop_nla: desktop.nla,
        remote_desktop_public: desktop.public,
        cleartext_services: known(cleartext),
        listening: known(listening),
        // Windows gives administrators no account of their own that could be kept out.
        ssh_root_sign_in: match &ssh {
            Ok(false) => Fact::Absent,
            Ok(true) => Fact::Unknown(Reason::NotSupported),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        ssh_passwords: fact(passwords),
        ssh_server: known(ssh),
        smb1: known(smb1),
        smb1_client: known(smb1_client),
        open_shares: known(shares.as_ref().map(|open| open.writable).map_err(Clone::clone)),
        readable_shares: known(shares.map(|open| open.readable)),
        autorun: known(others.0),
        autostarts: known(autostarts),
        activator: activator.suspicion,
        activator_traces: activator.traces,
        kms_host: fact(servers.map(|servers| servers.into_iter().next())),
        usb_drives: known(others.1),
        log_oldest_at: fact(
            events
                .as_ref()
                .map(|events| events.iter().flatten().map(|event| event.at).min())
                .map_err(Clone::clone),
        ),
        log_cleared_at: cleared_at(&events, &others_cleared),
        log_size_max: fact_or_unsupported(others.2),
        remote_tools: known(tools),
        hosts_overrides: fact(others.3),
        roots_added: known(
            roots.as_ref().map_err(Clone::clone).map(|roots| i64::try_from(roots.len()).unwrap_or(i64::MAX)),
        ),
        roots_added_ids: known(roots),
    }
}

/// The last time that is known counts, even where one of the logs could not be read.
fn cleared_at(security: &Answer<Vec<Event>>, system: &Answer<Vec<Event>>) -> Fact<Timestamp> {
    let by = |events: &Answer<Vec<Event>>, id: u16| -> Answer<Timestamp> {
        let is_clearing = |event: &&Event| event.id == id && event.provider.eq_ignore_ascii_case(EVENT_LOG);
        let events = events.clone()?.unwrap_or_default();
        Ok(events.iter().filter(is_clearing).map(|event| event.at).max())
    };
    match (by(security, CLEARED), by(system, OTHER_CLEARED)) {
        (Ok(security), Ok(system)) => Fact::known_or_absent(security.max(system)),
        (Ok(Some(at)), Err(_)) | (Err(_), Ok(Some(at))) => Fact::Known(at),
        (Err(trouble), _) | (_, Err(trouble)) => Fact::Unknown(trouble.into()),
    }
}

fn known<T>(answer: Result<T, Trouble>) -> Fact<T> {
    fact(answer.map(Some))
}

/// Sorted by transport and port; the same port on both versions of IP is one.
fn listening(host: &dyn Host) -> Result<Vec<Listener>, Trouble> {
    let sockets = host.listeners()?.ok_or(Trouble::NotSupported)?;
    let mut found = BTreeMap::new();
    for socket in sockets {
        let transport = if socket.tcp { Transport::Tcp } else { Transport::Udp };
        if transport == Transport::Udp && socket.port >= EPHEMERAL_PORT_MIN {
            continue;
        }
        let address = match socket.address {
            IpAddr::V6(address) => address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4),
            IpAddr::V4(_) => socket.address,
        };
        let reach = if address.is_loopback() { Reach::Local } else { Reach::Network };
        let program = found.entry((transport, socket.port, reach)).or_insert(None);
        if program.is_none() {
            *program = socket.program;
        }
    }
    let listeners = found.into_iter().map(|((transport, port, reach), program)| Listener {
        transport: transport.into(),
        port: i64::from(port).into(),
        reach: reach.into(),
        // It ended meanwhile, or is out of sight.
        program: program.map_or(Fact::Unknown(Reason::NotSupported), Fact::Known),
    });
    Ok(listeners.collect())
}

/// Whether anything listens on one of these TCP ports, reachable from the network.
fn open(listening: &Result<Vec<Listener>, Trouble>, ports: &[i64]) -> Result<bool, Trouble> {
    let listeners = listening.as_ref().map_err(Clone::clone)?;
    Ok(listeners.iter().any(|listener| {
        listener.transport == Fact::Known(Transport::Tcp)
            && listener.reach == Fact::Known(Reach::Network)
            && listener.port.known().is_some_and(|port| ports.contains(port))
    }))
}

/// Windows' own, or VNC.
fn remote_desktop(
    own: &Fact<bool>,
    tools: &Result<Vec<rules::facts::exposure::RemoteTool>, Trouble>,
    listening: &Result<Vec<Listener>, Trouble>,
) -> Fact<bool> {
    let vnc = open(listening, VNC_PORTS).and_then(|open| match tools {
        _ if open => Ok(true),
        Ok(tools) => Ok(remote::vnc_runs(tools)),
        Err(trouble) => Err(trouble.clone()),
    });
    match (own, vnc) {
        (Fact::Known(true), _) | (_, Ok(true)) => true.into(),
        (own, Ok(false)) => own.clone(),
        (_, Err(trouble)) => Fact::Unknown(trouble.into()),
    }
}

fn cleartext(host: &dyn Host, listening: &Result<Vec<Listener>, Trouble>) -> Result<Vec<String>, Trouble> {
    let mut found = Vec::new();
    for (name, ports, services) in CLEARTEXT {
        let mut there = open(listening, ports)?;
        for service in *services {
            there = there || runs(host, service)?;
        }
        if there {
            found.push((*name).to_owned());
        }
    }
    Ok(found)
}

/// Whether the driver is installed and may start.
fn driver_starts(host: &dyn Host, name: &str) -> Result<bool, Trouble> {
    Ok(host.service(name)?.is_some_and(|service| service.start != ServiceStart::Disabled))
}

/// The setting, then the driver of version 1, then the file server itself ("How to detect, enable and disable SMBv1").
fn smb1(host: &dyn Host) -> Result<bool, Trouble> {
    if number(host, FILE_SERVER, "SMB1")? == Some(0) || !driver_starts(host, "srv")? {
        return Ok(false);
    }
    driver_starts(host, "LanmanServer")
}

/// Of the PC first, then the worst of those who are signed in. As Windows comes, it is off for some kinds of drives.
fn autorun(host: &dyn Host) -> Result<Autorun, Trouble> {
    // Everything that asks for this file is sent elsewhere.
    if text(host, AUTORUN_FILE, "")?.is_some_and(|place| place.starts_with("@SYS:")) {
        return Ok(Autorun::Off);
    }
    if let Some(set) = autorun_under(host, r"HKLM\SOFTWARE")? {
        return Ok(set);
    }
    let mut worst = None;
    for sid in people::signed_in(host)? {
        let own = autorun_under(host, &format!(r"HKU\{sid}\Software"))?.unwrap_or(Autorun::Partial);
        worst = Some(worst.map_or(own, |worst: Autorun| worst.max(own)));
    }
    Ok(worst.unwrap_or(Autorun::Partial))
}

fn autorun_under(host: &dyn Host, root: &str) -> Answer<Autorun> {
    let key = format!(r"{root}\{EXPLORER_POLICY}");
    if number(host, &key, "NoAutorun")? == Some(1) {
        return Ok(Some(Autorun::Off));
    }
    Ok(number(host, &key, "NoDriveTypeAutoRun")?.map(|kinds| match kinds & ALL_DRIVES {
        ALL_DRIVES => Autorun::Off,
        0 => Autorun::On,
        _ => Autorun::Partial,
    }))
}

/// Windows keeps every drive that ever was plugged in under its serial number. One without a number gets one that only
/// means something on this PC (its second character is `&`).
fn usb_drives(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    let mut found = Vec::new();
    let devices = host.registry_keys(Key::wide(USB_DRIVES))?.unwrap_or_default();
    if devices.is_empty() {
        return Ok(found);
    }
    let machine = text(host, CRYPTOGRAPHY, "MachineGuid")?.unwrap_or_default();
    for device in devices.iter().filter(|device| device.starts_with("Disk&")) {
        for serial in host.registry_keys(Key::wide(&format!(r"{USB_DRIVES}\{device}")))?.unwrap_or_default() {
            let drive = format!(r"{device}\{serial}").to_lowercase();
            found.push(match serial.chars().nth(1) {
                Some('&') => keyed(&machine, &drive),
                Some(_) | None => plain(&drive),
            });
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// A policy counts in kibibytes, the log itself in bytes.
fn log_size_max(host: &dyn Host) -> Answer<Bytes> {
    if let Some(size) = number(host, LOG_POLICY, "MaxSize")? {
        return Ok(size.checked_mul(1024).map(Bytes));
    }
    Ok(number(host, LOG, "MaxSize")?.map(Bytes))
}

/// The file lies where the settings of the network say.
fn hosts_overrides(host: &dyn Host) -> Answer<Vec<String>> {
    let folder = text(host, NETWORK, "DataBasePath")?.unwrap_or_else(|| HOSTS.to_owned());
    hosts_file::overrides(host, &format!(r"{}\hosts", folder.trim_end_matches('\\')))
}

/// OpenSSH takes passwords unless told otherwise; the first word counts, and what stands under Match is left out.
fn ssh_passwords(host: &dyn Host, ssh: &Result<bool, Trouble>) -> Answer<bool> {
    if !*ssh.as_ref().map_err(Clone::clone)? {
        return Ok(None);
    }
    let text = file_text(host, SSH_SETTINGS)?.unwrap_or_default().to_lowercase();
    let words =
        text.lines().map(str::split_whitespace).take_while(|words| words.clone().next() != Some("match"));
    let said =
        words.filter_map(|mut words| (words.next() == Some("passwordauthentication")).then(|| words.next()));
    Ok(Some(said.flatten().next() != Some("no")))
}

#[cfg(test)]
mod tests;

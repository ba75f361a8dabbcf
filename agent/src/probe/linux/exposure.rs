//! What an attacker could use.
//!
//! Listening sockets from /proc/net; their programs from /proc/*/fd (root sees all, others their own). UDP
//! sockets in the range of ports that programs get for their own questions are left out: they come and go.
//! Services and tools by the names of programs, by their folders and by their settings. The file server is
//! Samba, which since 4.11 speaks version 1 only when told to. Nothing else needs root, except the settings
//! of sshd on Fedora. Seen on Debian 12. What other systems answer is known from their documents and from
//! made-up recordings.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::exposure::{Exposure, Listener, Reach, RemoteTool, Transport};

use super::{services, sshd};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{any_running, fact, first_present, running, text};
use crate::probe::hosts_file;

/// The lists of sockets, and whether every kernel has them: those of IPv6 may be missing.
const SOCKETS: &[(&str, Transport, bool)] = &[
    ("/proc/net/tcp", Transport::Tcp, true),
    ("/proc/net/tcp6", Transport::Tcp, false),
    ("/proc/net/udp", Transport::Udp, true),
    ("/proc/net/udp6", Transport::Udp, false),
];
/// First port that programs get without asking for one (ip_local_port_range).
const EPHEMERAL_PORT_MIN: u16 = 32_768;
/// States of a socket (net/tcp_states.h): TCP that listens, UDP without a peer.
const TCP_LISTEN: &str = "0A";
const UDP_OPEN: &str = "07";

/// Servers of remote desktops, and the ports they are found on.
const DESKTOP_PROGRAMS: &[&str] = &[
    "xrdp",
    "Xvnc",
    "Xtigervnc",
    "x11vnc",
    "x0vncserver",
    "vino-server",
    "krfb",
    "gnome-remote-desktop-daemon",
];
const DESKTOP_PORTS: &[i64] = &[3389, 5900, 5901, 5902, 5903];

/// Services that send passwords unprotected: name, port, programs.
const CLEARTEXT: &[(&str, &[i64], &[&str])] = &[
    ("ftp", &[21], &["vsftpd", "proftpd", "pure-ftpd", "in.ftpd"]),
    ("rsh", &[512, 513, 514], &["in.rshd", "in.rlogind", "in.rexecd"]),
    ("telnet", &[23], &["in.telnetd", "telnetd"]),
];

/// How a tool for remote control is known.
struct Tool {
    name: &'static str,
    paths: &'static [&'static str],
    programs: &'static [&'static str],
    units: &'static [&'static str],
}

const TOOLS: &[Tool] = &[
    Tool {
        name: "AnyDesk",
        paths: &["/usr/bin/anydesk"],
        programs: &["anydesk"],
        units: &["anydesk.service"],
    },
    Tool {
        name: "Chrome Remote Desktop",
        paths: &["/opt/google/chrome-remote-desktop"],
        programs: &["chrome-remote-desktop-host"],
        units: &["chrome-remote-desktop@.service"],
    },
    Tool {
        name: "NoMachine",
        paths: &["/usr/NX/bin"],
        programs: &["nxserver.bin", "nxd"],
        units: &["nxserver.service"],
    },
    Tool {
        name: "RealVNC Server",
        paths: &["/usr/bin/vncserver-x11"],
        programs: &["vncserver-x11-core"],
        units: &["vncserver-x11-serviced.service"],
    },
    Tool {
        name: "RustDesk",
        paths: &["/usr/bin/rustdesk", "/usr/share/rustdesk"],
        programs: &["rustdesk"],
        units: &["rustdesk.service"],
    },
    Tool {
        name: "Splashtop",
        paths: &["/opt/splashtop-streamer"],
        programs: &["SRStreamer"],
        units: &["SRStreamer.service"],
    },
    Tool {
        name: "TeamViewer",
        paths: &["/opt/teamviewer"],
        programs: &["teamviewerd"],
        units: &["teamviewerd.service"],
    },
    Tool {
        name: "UltraViewer",
        paths: &["/opt/ultraviewer"],
        programs: &["ultraviewer"],
        units: &["ultraviewer.service"],
    },
];

/// Where Samba keeps the folders that people share, and how it writes that everybody may write (`net usershare`).
const USER_SHARES: &str = "/var/lib/samba/usershares";
const EVERYBODY_WRITES: &str = "S-1-1-0:F";
/// The hosts file.
const HOSTS: &str = "/etc/hosts";
/// Folders whose certificates somebody adds to those of the system: Debian, Fedora, Arch.
const ROOT_FOLDERS: &[&str] = &[
    "/usr/local/share/ca-certificates",
    "/etc/pki/ca-trust/source/anchors",
    "/etc/ca-certificates/trust-source/anchors",
];

/// A socket that waits for others.
#[derive(Debug, PartialEq, Eq)]
struct Socket {
    port: u16,
    reach: Reach,
    inode: u64,
}

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Exposure {
    let listening = listening(host);
    let ssh = ssh_server(host, &listening);
    let shares = open_shares(host);
    let allowed = match &ssh {
        Ok(true) => sshd::allowed(host).map(Some),
        Ok(false) => Ok(None),
        Err(trouble) => Err(trouble.clone()),
    };
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
        remote_desktop: fact(remote_desktop(host, &listening).map(Some)),
        cleartext_services: fact(cleartext(host, &listening).map(Some)),
        listening: fact(listening.map(Some)),
        ssh_server: fact(ssh.map(Some)),
        ssh_root_sign_in: fact(
            allowed
                .as_ref()
                .map_err(Clone::clone)
                .map(|allowed| allowed.as_ref().map(|allowed| allowed.root)),
        ),
        ssh_passwords: fact(allowed.map(|allowed| allowed.map(|allowed| allowed.passwords))),
        smb1: fact(smb1(host).map(Some)),
        open_shares: fact(shares.as_ref().map(|(writable, _)| Some(*writable)).map_err(Clone::clone)),
        readable_shares: fact(shares.map(|(_, readable)| Some(readable))),
        remote_tools: fact(remote_tools(host).map(Some)),
        hosts_overrides: fact(hosts_file::overrides(host, HOSTS)),
        roots_added: roots_added(host),
        ..Exposure::all_unknown(&Reason::NotSupported)
    }
}

/// Sorted by transport and port; the same port on both versions of IP is one.
fn listening(host: &dyn Host) -> Result<Vec<Listener>, Trouble> {
    let mut sockets = BTreeMap::new();
    for (path, transport, everywhere) in SOCKETS {
        let text = match text(host, path)? {
            Some(text) => text,
            None if *everywhere => return Err(Trouble::NotSupported),
            None => continue,
        };
        for socket in text.lines().filter_map(|line| socket(line, *transport)) {
            let key = (*transport, socket.port, socket.reach);
            sockets.entry(key).or_insert(socket.inode);
        }
    }
    // Number 0 belongs to the kernel.
    let inodes: Vec<u64> = sockets.values().copied().filter(|inode| *inode != 0).collect();
    let owners = match inodes.is_empty() {
        true => Ok(None),
        false => host.owners(&inodes),
    };
    let program = |inode: u64| match &owners {
        Ok(Some(owners)) => match owners.found.iter().find(|(socket, _)| *socket == inode) {
            Some((_, program)) => Fact::Known(program.clone()),
            None if owners.complete => Fact::Absent,
            None => Fact::Unknown(Reason::Denied),
        },
        Ok(None) => Fact::Absent,
        Err(trouble) => Fact::Unknown(trouble.clone().into()),
    };
    let listeners = sockets.iter().map(|((transport, port, reach), inode)| Listener {
        transport: (*transport).into(),
        port: i64::from(*port).into(),
        reach: (*reach).into(),
        program: program(*inode),
    });
    Ok(listeners.collect())
}

/// sl local_address rem_address st tx:rx tr:when retrnsmt uid timeout inode …
fn socket(line: &str, transport: Transport) -> Option<Socket> {
    let mut fields = line.split_whitespace();
    let (address, port) = fields.nth(1)?.split_once(':')?;
    let state = fields.nth(1)?;
    let inode = fields.nth(5)?.parse().ok()?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let waits = match transport {
        Transport::Tcp => state == TCP_LISTEN,
        Transport::Udp => state == UDP_OPEN && port < EPHEMERAL_PORT_MIN,
    };
    let reach = if ip(address)?.is_loopback() { Reach::Local } else { Reach::Network };
    (waits && port > 0).then_some(Socket { port, reach, inode })
}

/// Words of 32 bits, each byte-swapped.
fn ip(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.swap_bytes());
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?))),
        32 => {
            let mut bits = 0_u128;
            for at in [0, 8, 16, 24] {
                bits = bits << 32 | u128::from(word(at)?);
            }
            let address = Ipv6Addr::from(bits);
            // ::ffff:127.0.0.1 is this PC too.
            Some(address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4))
        }
        _ => None,
    }
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

/// sshd runs, or systemd listens in its place and starts it when somebody comes.
fn ssh_server(host: &dyn Host, listening: &Result<Vec<Listener>, Trouble>) -> Result<bool, Trouble> {
    if running(host, "sshd")? {
        return Ok(true);
    }
    let enabled = services::enabled(host)?.unwrap_or_default();
    Ok((enabled.contains("ssh.socket") || enabled.contains("sshd.socket")) && open(listening, &[22])?)
}

fn remote_desktop(host: &dyn Host, listening: &Result<Vec<Listener>, Trouble>) -> Result<bool, Trouble> {
    Ok(any_running(host, DESKTOP_PROGRAMS)? || open(listening, DESKTOP_PORTS)?)
}

fn cleartext(host: &dyn Host, listening: &Result<Vec<Listener>, Trouble>) -> Result<Vec<String>, Trouble> {
    let mut found = Vec::new();
    for (name, ports, programs) in CLEARTEXT {
        if any_running(host, programs)? || open(listening, ports)? {
            found.push((*name).to_owned());
        }
    }
    Ok(found)
}

/// The lines of smb.conf that count, as section, key and value in lower case.
fn samba(host: &dyn Host) -> Result<Vec<(String, String, String)>, Trouble> {
    if !running(host, "smbd")? {
        return Ok(Vec::new());
    }
    let text = text(host, "/etc/samba/smb.conf")?.ok_or(Trouble::NotSupported)?.to_lowercase();
    let mut section = String::new();
    let mut settings = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            section = name.trim().to_owned();
        } else if let Some((key, value)) = line.split_once('=') {
            settings.push((section.clone(), key.trim().to_owned(), value.trim().to_owned()));
        }
    }
    // Other files, and Samba's own registry, hold settings that are not read.
    match settings.iter().any(|(_, key, _)| matches!(key.as_str(), "include" | "config backend")) {
        true => Err(Trouble::NotSupported),
        false => Ok(settings),
    }
}

fn smb1(host: &dyn Host) -> Result<bool, Trouble> {
    let settings = samba(host)?;
    let lowest = settings.iter().rev().find(|(section, key, _)| {
        section == "global" && (key == "server min protocol" || key == "min protocol")
    });
    Ok(lowest.is_some_and(|(_, _, value)| {
        matches!(value.as_str(), "core" | "coreplus" | "lanman1" | "lanman2" | "nt1")
    }))
}

/// Shares of Samba that guests may use, and exports of NFS that anybody may: how many to write to, how many to read.
fn open_shares(host: &dyn Host) -> Result<(i64, i64), Trouble> {
    let mut shares: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    let settings = samba(host)?;
    let by_people = shared_by_people(host, &settings)?;
    for (section, key, value) in settings {
        if section == "global" {
            continue;
        }
        let yes = matches!(value.as_str(), "yes" | "true" | "1");
        let (guests, writable) = shares.entry(section).or_default();
        match key.as_str() {
            "guest ok" | "public" => *guests = yes,
            "writable" | "writeable" | "write ok" => *writable = yes,
            "read only" => *writable = !yes,
            _ => {}
        }
    }
    let exports = match running(host, "nfsd")? {
        true => text(host, "/etc/exports")?.unwrap_or_default(),
        false => String::new(),
    };
    let exports = exports.lines().filter(|line| !line.trim_start().starts_with('#')).filter_map(|line| {
        let mut anybody =
            line.split_whitespace().skip(1).filter(|client| client.starts_with("*(")).peekable();
        anybody.peek()?;
        Some(anybody.any(|client| client.contains("rw")))
    });
    let by_settings = shares.values().filter(|(guests, _)| *guests).map(|(_, writable)| *writable);
    let open: Vec<bool> = by_settings.chain(by_people).chain(exports).collect();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    Ok((count(open.iter().filter(|writable| **writable).count()), count(open.len())))
}

/// The folders that people share from their desktop (`net usershare`) and guests may use: whether to write to. One file
/// for each, closed to all but root and whoever may share.
fn shared_by_people(host: &dyn Host, settings: &[(String, String, String)]) -> Result<Vec<bool>, Trouble> {
    let global = |wanted: &str| {
        let mut values =
            settings.iter().rev().filter(|(section, key, _)| section == "global" && key == wanted);
        values.next().map(|(_, _, value)| value.as_str())
    };
    if !matches!(global("usershare allow guests"), Some("yes" | "true" | "1")) {
        return Ok(Vec::new());
    }
    // The settings were made small, so another path is not known as it is written.
    if global("usershare path").is_some_and(|path| path.trim_end_matches('/') != USER_SHARES) {
        return Err(Trouble::NotSupported);
    }
    let mut open = Vec::new();
    for name in host.folder(USER_SHARES)?.unwrap_or_default() {
        let share = text(host, &format!("{USER_SHARES}/{name}"))?.unwrap_or_default();
        if share.lines().any(|line| line.trim() == "guest_ok=y") {
            let access = share.lines().find_map(|line| line.strip_prefix("usershare_acl="));
            open.push(
                access.is_some_and(|access| access.split(',').any(|one| one.trim() == EVERYBODY_WRITES)),
            );
        }
    }
    Ok(open)
}

fn remote_tools(host: &dyn Host) -> Result<Vec<RemoteTool>, Trouble> {
    let mut tools = Vec::new();
    let mut enabled = None;
    for tool in TOOLS {
        if first_present(host, tool.paths)?.is_none() {
            continue;
        }
        let units = match enabled.take() {
            Some(units) => units,
            None => services::enabled(host),
        };
        tools.push(RemoteTool {
            name: tool.name.to_owned().into(),
            running: fact(any_running(host, tool.programs).map(Some)),
            starts_by_itself: match &units {
                Ok(Some(units)) => tool.units.iter().any(|unit| units.contains(*unit)).into(),
                Ok(None) => Fact::Unknown(Reason::NotSupported),
                Err(trouble) => Fact::Unknown(trouble.clone().into()),
            },
        });
        enabled = Some(units);
    }
    Ok(tools)
}

fn roots_added(host: &dyn Host) -> Fact<i64> {
    let look = || -> Answer<i64> {
        let mut count = None;
        for folder in ROOT_FOLDERS {
            let Some(names) = host.folder(folder)? else { continue };
            let mut found = certificates(&names);
            // Debian looks one folder deeper too.
            for name in names.iter().filter(|name| !name.contains('.')) {
                found += certificates(&host.folder(&format!("{folder}/{name}"))?.unwrap_or_default());
            }
            count = Some(count.unwrap_or(0) + found);
        }
        Ok(count)
    };
    crate::probe::ask::fact_or_unsupported(look())
}

fn certificates(names: &[String]) -> i64 {
    let is =
        |name: &&String| [".crt", ".pem", ".cer", ".der", ".p11-kit"].iter().any(|end| name.ends_with(end));
    i64::try_from(names.iter().filter(is).count()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::recorded::Recording;

    #[test]
    fn folders_that_people_share_from_their_desktop() {
        let check = |settings: &str, shares: Value, expected: Result<(i64, i64), Trouble>| {
            let names: Vec<String> = shares
                .as_object()
                .unwrap()
                .keys()
                .map(|path| path.rsplit('/').next().unwrap().to_owned())
                .collect();
            let mut files = shares;
            files["/etc/samba/smb.conf"] = format!("[global]\n{settings}\n").into();
            let recording = json!({
                "origin": "made up", "about": "", "platform": "linux", "taken_at": "2026-11-22T00:00:00Z",
                "running": {"smbd": true, "nfsd": false}, "files": files, "folders": {USER_SHARES: names},
            });
            let host = Recording::load(&recording.to_string()).unwrap();
            assert_eq!(open_shares(&host), expected, "{settings}");
        };
        let share =
            |access: &str, guests: &str| format!("#VERSION 2\nusershare_acl={access},\nguest_ok={guests}\n");
        let shares = json!({
            "/var/lib/samba/usershares/chung": share("S-1-1-0:F", "y"),
            "/var/lib/samba/usershares/doc": share("S-1-1-0:R", "y"),
            "/var/lib/samba/usershares/rieng": share("S-1-1-0:F", "n"),
        });
        check("usershare allow guests = yes", shares.clone(), Ok((1, 2)));
        check("usershare allow guests = no", shares.clone(), Ok((0, 0)));
        check("workgroup = SO", shares.clone(), Ok((0, 0)));
        check(
            "usershare path = /srv\nusershare allow guests = yes",
            shares.clone(),
            Err(Trouble::NotSupported),
        );
        check("include = /etc/samba/more.conf", shares, Err(Trouble::NotSupported));
    }

    #[test]
    fn sockets_that_wait() {
        let tcp = "   0: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 475 1 0";
        assert_eq!(socket(tcp, Transport::Tcp), Some(Socket { port: 22, reach: Reach::Local, inode: 475 }));
        let connected = tcp.replace(" 0A ", " 01 ");
        assert_eq!(socket(&connected, Transport::Tcp), None);
        let all = "   1: 00000000000000000000000000000000:0050 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 9 1";
        assert_eq!(socket(all, Transport::Tcp), Some(Socket { port: 80, reach: Reach::Network, inode: 9 }));
        let mapped = all.replacen("00000000000000000000000000000000", "0000000000000000FFFF00000100007F", 1);
        assert_eq!(socket(&mapped, Transport::Tcp).map(|socket| socket.reach), Some(Reach::Local));
        let six = all.replacen("00000000000000000000000000000000", "00000000000000000000000001000000", 1);
        assert_eq!(socket(&six, Transport::Tcp).map(|socket| socket.reach), Some(Reach::Local));
        let asked = "  2: 00000000:A000 00000000:0000 07 00000000:00000000 00:00000000 00000000 0 0 5 2 0 0";
        assert_eq!(socket(asked, Transport::Udp), None, "a port that a program got for its own question");
        let dhcp = asked.replace(":A000", ":0044");
        assert_eq!(socket(&dhcp, Transport::Udp), Some(Socket { port: 68, reach: Reach::Network, inode: 5 }));
        assert_eq!(socket("  sl  local_address rem_address   st", Transport::Tcp), None);
        assert_eq!(socket("", Transport::Tcp), None);
    }
}

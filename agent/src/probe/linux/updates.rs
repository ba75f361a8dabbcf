//! The state of updates.
//!
//! apt and dnf, by the marks they leave in files. Nothing needs root. How many updates wait is not in any
//! file that is not translated: asking apt or dnf takes longer than the rest of the survey together, so it
//! stays `not_supported`. Times in apt's history are local times. Seen on Debian 12. What other systems
//! answer is known from their documents and from made-up recordings.

use jiff::Timestamp;
use jiff::civil::DateTime;
use rules::fact::{Fact, Reason};
use rules::facts::updates::Updates;
use rules::quantity::Version;

use super::{apt, clock, os, services};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported, first_present, line, present, text};

/// Who brings updates.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manager {
    Apt,
    Dnf,
}

/// Databases of rpm, which every installation changes.
const RPM_DATABASES: &[&str] =
    &["/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages"];
/// Programs that write /run/reboot-required when a restart is due.
const RESTART_TELLERS: &[&str] =
    &["/usr/share/update-notifier/notify-reboot-required", "/etc/kernel/postinst.d/unattended-upgrades"];
/// Timers that look for updates.
const APT_LOOKS: &[&str] = &["apt-daily.timer"];
const DNF_LOOKS: &[&str] = &["dnf-makecache.timer", "dnf5-makecache.timer"];
/// Timers that install updates with dnf.
const DNF_TIMERS: &[&str] = &["dnf-automatic.timer", "dnf-automatic-install.timer", "dnf5-automatic.timer"];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Updates {
    let manager = match manager(host) {
        Ok(Some(manager)) => manager,
        Ok(None) => return Updates::all_unknown(&Reason::NotSupported),
        Err(trouble) => return Updates::all_unknown(&trouble.into()),
    };
    let restart = restart(host);
    let apt = manager == Manager::Apt;
    Updates {
        manager: if apt { "apt" } else { "dnf" }.to_owned().into(),
        checked_at: fact(if apt { apt_checked(host) } else { dnf_checked(host) }),
        installed_at: fact_or_unsupported(if apt {
            apt_installed(host)
        } else {
            newest(host, RPM_DATABASES)
        }),
        waiting: Fact::Unknown(Reason::NotSupported),
        waiting_security: Fact::Unknown(Reason::NotSupported),
        restart_pending: fact_or_unsupported(restart.as_ref().map_err(Clone::clone).map(|restart| {
            match restart {
                Restart::Since(_) => Some(true),
                Restart::No => Some(false),
                Restart::Untold => None,
            }
        })),
        restart_pending_since: match restart {
            Ok(Restart::Since(at)) => at.into(),
            Ok(Restart::No) => Fact::Absent,
            Ok(Restart::Untold) => Fact::Unknown(Reason::NotSupported),
            Err(trouble) => Fact::Unknown(trouble.into()),
        },
        automatic: fact_or_unsupported(if apt { apt_automatic(host) } else { dnf_automatic(host) }),
        service: fact_or_unsupported(looks(host, if apt { APT_LOOKS } else { DNF_LOOKS })),
        ..Updates::all_unknown(&Reason::NotSupported)
    }
}

/// Whether a timer looks for updates, and nobody masked it.
fn looks(host: &dyn Host, timers: &[&str]) -> Answer<bool> {
    let Some(enabled) = services::enabled(host)? else { return Ok(None) };
    // `systemctl mask` puts a link of the same name above all others.
    let masks = host.folder("/etc/systemd/system")?.unwrap_or_default();
    let looks = |timer: &&str| enabled.contains(*timer) && !masks.iter().any(|mask| mask == timer);
    Ok(Some(timers.iter().any(looks)))
}

fn manager(host: &dyn Host) -> Answer<Manager> {
    Ok(if present(host, "/usr/bin/apt-get")? {
        Some(Manager::Apt)
    } else if first_present(host, &["/usr/bin/dnf", "/usr/bin/dnf5"])?.is_some() {
        Some(Manager::Dnf)
    } else {
        None
    })
}

fn newest(host: &dyn Host, paths: &[&str]) -> Answer<Timestamp> {
    let mut newest = None;
    for path in paths {
        newest = newest.max(host.modified(path)?);
    }
    Ok(newest)
}

/// The daily job leaves a mark when it succeeds. A look by hand only changes the folders of the lists; the lists
/// themselves carry the times of the server.
fn apt_checked(host: &dyn Host) -> Answer<Timestamp> {
    match host.modified("/var/lib/apt/periodic/update-success-stamp")? {
        Some(at) => Ok(Some(at)),
        None => {
            let lists = host.folder("/var/lib/apt/lists")?.ok_or(Trouble::NotSupported)?;
            // Without a single list nobody ever looked.
            match lists.iter().any(|name| name.ends_with("Release")) {
                true => newest(host, &["/var/lib/apt/lists", "/var/lib/apt/lists/partial"]),
                false => Ok(None),
            }
        }
    }
}

fn dnf_checked(host: &dyn Host) -> Answer<Timestamp> {
    newest(host, &["/var/cache/dnf/last_makecache", "/var/cache/dnf", "/var/cache/libdnf5"])
}

/// The end of the last run of apt that upgraded something. The history starts afresh every month; then the last
/// change of dpkg's status is the nearest that is known.
fn apt_installed(host: &dyn Host) -> Answer<Timestamp> {
    let history = text(host, "/var/log/apt/history.log")?.unwrap_or_default();
    let upgrades = history.split("\n\n").filter(|run| run.lines().any(|line| line.starts_with("Upgrade: ")));
    let ended =
        upgrades.filter_map(|run| run.lines().find_map(|line| line.strip_prefix("End-Date: "))).last();
    let Some(ended) = ended else { return host.modified("/var/lib/dpkg/status") };
    let ended: DateTime = ended
        .split_whitespace()
        .collect::<Vec<&str>>()
        .join("T")
        .parse()
        .map_err(|error| Trouble::Failed(format!("cannot read a date in apt's history: {error}")))?;
    let Some(zone) = clock::zone(host)? else { return Ok(None) };
    let ended = ended
        .to_zoned(zone)
        .map_err(|error| Trouble::Failed(format!("a date in apt's history is impossible: {error}")))?;
    Ok(Some(ended.timestamp()))
}

/// Whether a restart is due.
enum Restart {
    Since(Timestamp),
    No,
    /// Nothing on this PC would tell.
    Untold,
}

/// Debian's tools leave a mark. Elsewhere a kernel that was installed after the last start and is not the one that
/// runs tells the same.
fn restart(host: &dyn Host) -> Result<Restart, Trouble> {
    if let Some(since) = host.modified("/run/reboot-required")? {
        return Ok(Restart::Since(since));
    }
    let kernels = host.folder("/boot")?.unwrap_or_default();
    let newest = kernels
        .iter()
        .filter_map(|name| name.strip_prefix("vmlinuz-"))
        .max_by_key(|name| Version::new(*name));
    let told = first_present(host, RESTART_TELLERS)?.is_some();
    let Some(newest) = newest else { return Ok(if told { Restart::No } else { Restart::Untold }) };
    let running = line(host, "/proc/sys/kernel/osrelease")?.ok_or(Trouble::NotSupported)?;
    if newest == running || newest.contains("rescue") {
        return Ok(Restart::No);
    }
    let installed = host.modified(&format!("/boot/vmlinuz-{newest}"))?;
    let started = os::started_at(host)?;
    match (installed, started) {
        (Some(installed), Some(started)) if installed > started => Ok(Restart::Since(installed)),
        (Some(_), Some(_)) => Ok(Restart::No),
        (None, _) | (_, None) => Ok(Restart::Untold),
    }
}

/// `APT::Periodic::Unattended-Upgrade "1";`, unless all that comes by itself is switched off.
fn apt_automatic(host: &dyn Host) -> Answer<bool> {
    if !present(host, "/usr/bin/unattended-upgrade")? {
        return Ok(Some(false));
    }
    let settings = apt::settings(host)?;
    let set = |name: &str| settings.get(&format!("apt::periodic::{name}")).map(String::as_str);
    let is_off = |value: &str| matches!(value, "0" | "");
    let upgrades = set("unattended-upgrade").is_some_and(|often| !is_off(often));
    Ok(Some(upgrades && !set("enable").is_some_and(is_off)))
}

fn dnf_automatic(host: &dyn Host) -> Answer<bool> {
    let Some(enabled) = services::enabled(host)? else { return Ok(None) };
    if !DNF_TIMERS.iter().any(|timer| enabled.contains(*timer)) {
        return Ok(Some(false));
    }
    // This timer installs whatever the file says.
    if enabled.contains("dnf-automatic-install.timer") {
        return Ok(Some(true));
    }
    let text = match text(host, "/etc/dnf/automatic.conf")? {
        Some(text) => text,
        None => text_of_vendor(host)?,
    };
    let applies = text.lines().filter_map(|line| line.split_once('=')).any(|(key, value)| {
        key.trim() == "apply_updates" && matches!(value.trim().to_lowercase().as_str(), "yes" | "true" | "1")
    });
    Ok(Some(applies))
}

fn text_of_vendor(host: &dyn Host) -> Result<String, Trouble> {
    Ok(text(host, "/usr/share/dnf5/dnf5-plugins/automatic.conf")?.unwrap_or_default())
}

//! The operating system.
//!
//! From os-release, /proc/sys/kernel, /proc/stat, the configured locale and the times of files that the
//! installer or the first start leaves. Nothing needs root. Seen on Debian 12. What other systems answer is
//! known from their documents and from made-up recordings.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rules::fact::{Fact, Reason};
use rules::facts::os::{Architecture, Os, Platform};
use rules::quantity::Version;

use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{assigned, fact, line, present, text};

/// Loaders of 64-bit and 32-bit programs: the one that is there tells what the system is built for, whatever kernel
/// runs under it.
const LOADERS: &[(&str, Architecture)] = &[
    ("/lib64/ld-linux-x86-64.so.2", Architecture::X86_64),
    ("/lib/ld-linux-aarch64.so.1", Architecture::Arm64),
    ("/lib/ld-musl-x86_64.so.1", Architecture::X86_64),
    ("/lib/ld-linux.so.2", Architecture::X86),
];

/// Files that the installer or the first start wrote and nobody writes again, best first. A cloned PC gets its
/// machine-id at its first start.
const INSTALLED: &[&str] = &["/var/log/installer", "/root/anaconda-ks.cfg", "/etc/machine-id"];

/// Where the language of the system is set: Debian and Ubuntu, then systemd.
const LOCALES: &[&str] = &["/etc/default/locale", "/etc/locale.conf"];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Os {
    let release = fact(release(host));
    let of_release = |key: &str| -> Fact<String> {
        release.as_ref().and_then(|release| Fact::known_or_absent(assigned(release, key)))
    };
    Os {
        platform: Platform::Linux.into(),
        id: of_release("ID"),
        name: of_release("PRETTY_NAME"),
        version: of_release("VERSION_ID").map(Version),
        edition: of_release("VARIANT"),
        installation_type: Fact::Unknown(Reason::NotSupported),
        build: Fact::Unknown(Reason::NotSupported),
        architecture: fact(architecture(host)),
        kernel: fact(line(host, "/proc/sys/kernel/osrelease")).map(Version),
        hostname: fact(line(host, "/proc/sys/kernel/hostname")),
        installed_on: fact(installed_on(host)),
        started_at: fact(started_at(host)),
        language: fact(language(host)),
        ..Os::all_unknown(&Reason::NotSupported)
    }
}

fn release(host: &dyn Host) -> Answer<String> {
    match text(host, "/etc/os-release")? {
        Some(release) => Ok(Some(release)),
        None => text(host, "/usr/lib/os-release"),
    }
}

fn architecture(host: &dyn Host) -> Answer<Architecture> {
    for (loader, architecture) in LOADERS {
        if present(host, loader)? {
            return Ok(Some(*architecture));
        }
    }
    Ok(Some(Architecture::Other))
}

fn installed_on(host: &dyn Host) -> Answer<Date> {
    for path in INSTALLED {
        match host.modified(path) {
            Ok(Some(at)) => return Ok(Some(at.to_zoned(TimeZone::UTC).date())),
            // Root's own folder is closed to others; the next file will do.
            Ok(None) | Err(Trouble::Denied) => {}
            Err(trouble) => return Err(trouble),
        }
    }
    Err(Trouble::NotSupported)
}

/// When the system was started.
pub(super) fn started_at(host: &dyn Host) -> Answer<Timestamp> {
    let Some(stat) = text(host, "/proc/stat")? else { return Ok(None) };
    let seconds = stat
        .lines()
        .find_map(|line| line.strip_prefix("btime "))
        .and_then(|seconds| seconds.trim().parse().ok())
        .ok_or_else(|| Trouble::Failed("/proc/stat has no btime".to_owned()))?;
    let at = Timestamp::from_second(seconds)
        .map_err(|error| Trouble::Failed(format!("/proc/stat has an impossible btime: {error}")))?;
    Ok(Some(at))
}

fn language(host: &dyn Host) -> Answer<String> {
    for path in LOCALES {
        let Some(text) = text(host, path)? else { continue };
        if let Some(locale) = assigned(&text, "LANG") {
            // vi_VN.UTF-8 is vi-VN.
            let name = locale.split(['.', '@']).next().unwrap_or_default();
            return Ok(Some(name.replace('_', "-")));
        }
    }
    Ok(None)
}

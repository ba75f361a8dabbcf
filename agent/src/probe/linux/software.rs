//! Installed software.
//!
//! Packages of dpkg from /var/lib/dpkg/status, of rpm from rpm itself (its database needs a reader of its
//! own), snaps and flatpaks from their folders. Nothing needs root. What people unpack into their homes is
//! not seen. Publisher and day of installation are not asked for each package: dpkg keeps neither, and a list
//! of a thousand packages must stay small. Seen on Debian 12. What other systems answer is known from their
//! documents and from made-up recordings.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::software::{Package, Software};
use rules::quantity::Version;

use crate::host::{Command, Host, Trouble};
use crate::probe::ask::{fact, first_present, text};

/// Where rpm keeps its database: before and since Fedora 36.
const RPM_DATABASES: &[&str] =
    &["/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages"];

/// Packages that an office PC should not have, sorted, with the name that people know.
const UNWANTED: &[(&str, &str)] = &[
    ("cgminer", "cgminer"),
    ("com.transmissionbt.Transmission", "Transmission"),
    ("com.valvesoftware.Steam", "Steam"),
    ("cpuminer", "cpuminer"),
    ("deluge", "Deluge"),
    ("deluge-gtk", "Deluge"),
    ("gnome-2048", "GNOME 2048"),
    ("heroic", "Heroic Games Launcher"),
    ("ktorrent", "KTorrent"),
    ("lutris", "Lutris"),
    ("minecraft-launcher", "Minecraft"),
    ("net.lutris.Lutris", "Lutris"),
    ("org.qbittorrent.qBittorrent", "qBittorrent"),
    ("playonlinux", "PlayOnLinux"),
    ("qbittorrent", "qBittorrent"),
    ("rtorrent", "rTorrent"),
    ("steam", "Steam"),
    ("steam-installer", "Steam"),
    ("steam-launcher", "Steam"),
    ("transmission-gtk", "Transmission"),
    ("transmission-qt", "Transmission"),
    ("xmrig", "XMRig"),
];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Software {
    match packages(host) {
        // Snaps and flatpaks stand beside what the system itself brings.
        Ok((sources, packages)) if sources.iter().any(|source| source == "dpkg" || source == "rpm") => {
            listed(sources, packages)
        }
        Ok(_) => Software::all_unknown(&Reason::NotSupported),
        Err(trouble) => Software::all_unknown(&trouble.into()),
    }
}

fn listed(sources: Vec<String>, packages: Vec<Package>) -> Software {
    let unwanted: BTreeSet<&str> =
        packages.iter().filter_map(|package| unwanted(package.name.known()?)).collect();
    Software {
        sources: sources.into(),
        count: i64::try_from(packages.len()).unwrap_or(i64::MAX).into(),
        unwanted: unwanted.into_iter().map(str::to_owned).collect::<Vec<_>>().into(),
        packages: packages.into(),
    }
}

fn unwanted(package: &str) -> Option<&'static str> {
    let at = UNWANTED.binary_search_by_key(&package, |(name, _)| name).ok()?;
    UNWANTED.get(at).map(|(_, name)| *name)
}

/// Who keeps lists, and everything on them, sorted by name.
fn packages(host: &dyn Host) -> Result<(Vec<String>, Vec<Package>), Trouble> {
    let mut sources = Vec::new();
    let mut packages = Vec::new();
    if let Some(status) = host.file("/var/lib/dpkg/status")? {
        sources.push("dpkg".to_owned());
        dpkg(&status, &mut packages);
    }
    if first_present(host, RPM_DATABASES)?.is_some() {
        let output = host.run(Command::RpmPackages)?.ok_or(Trouble::NotSupported)?;
        if output.code != 0 {
            return Err(Trouble::Failed(format!("rpm ended with code {}", output.code)));
        }
        sources.push("rpm".to_owned());
        packages.extend(output.stdout.lines().filter_map(|line| {
            let (name, version) = line.split_once('\t')?;
            Some(package(name, Fact::Known(Version::new(version))))
        }));
    }
    if let Some(files) = host.folder("/var/lib/snapd/snaps")?.filter(|files| !files.is_empty()) {
        sources.push("snap".to_owned());
        // name_revision.snap; old revisions stay for a while.
        let mut names: Vec<&str> = files
            .iter()
            .filter_map(|file| file.strip_suffix(".snap")?.rsplit_once('_'))
            .map(|(name, _)| name)
            .collect();
        names.dedup();
        for name in names {
            packages.push(package(name, snap_version(host, name)));
        }
    }
    if let Some(names) = host.folder("/var/lib/flatpak/app")?.filter(|names| !names.is_empty()) {
        sources.push("flatpak".to_owned());
        packages.extend(names.iter().map(|name| package(name, Fact::Unknown(Reason::NotSupported))));
    }
    packages.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.version.cmp(&b.version)));
    // The same package for two architectures.
    packages.dedup();
    Ok((sources, packages))
}

fn package(name: &str, version: Fact<Version>) -> Package {
    Package { name: name.to_owned().into(), version, ..Package::default() }
}

fn snap_version(host: &dyn Host, name: &str) -> Fact<Version> {
    let yaml = fact(text(host, &format!("/snap/{name}/current/meta/snap.yaml")));
    yaml.and_then(|yaml| {
        let version = yaml.lines().find_map(|line| line.strip_prefix("version:"));
        Fact::known_or_absent(version.map(|version| Version::new(version.trim().trim_matches(['\'', '"']))))
    })
}

/// The paragraphs of dpkg's status file (deb822(5)) whose package is installed.
fn dpkg(status: &[u8], packages: &mut Vec<Package>) {
    let (mut name, mut version, mut installed) = (None, None, false);
    let mut close = |name: Option<&[u8]>, version: Option<&[u8]>, installed: bool| {
        if let (Some(name), Some(version), true) = (name, version, installed) {
            let version = Version(String::from_utf8_lossy(version).into_owned());
            packages.push(package(&String::from_utf8_lossy(name), version.into()));
        }
    };
    for line in status.split(|byte| *byte == b'\n') {
        match line.first() {
            None => {
                close(name.take(), version.take(), installed);
                installed = false;
            }
            Some(b'P') if name.is_none() => name = line.strip_prefix(b"Package: "),
            Some(b'V') if version.is_none() => version = line.strip_prefix(b"Version: "),
            // Want, flag, state: the state is what counts.
            Some(b'S') => {
                if let Some(state) = line.strip_prefix(b"Status: ") {
                    installed = state.ends_with(b" installed");
                }
            }
            Some(_) => {}
        }
    }
    close(name, version, installed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(UNWANTED.is_sorted_by(|(a, _), (b, _)| a < b));
        assert_eq!(unwanted("xmrig"), Some("XMRig"));
        assert_eq!(unwanted("bash"), None);
    }

    #[test]
    fn only_installed_packages_of_dpkg_count() {
        let status =
            b"Package: a\nStatus: install ok installed\nVersion: 1:2\nDescription: x\n Package: no\n\n\
            Package: b\nStatus: deinstall ok config-files\nVersion: 1\n\n\
            Package: c\nStatus: hold ok installed\nVersion: 3-\xff\n";
        let mut packages = Vec::new();
        dpkg(status, &mut packages);
        let told: Vec<String> = packages
            .iter()
            .map(|package| format!("{} {}", package.name.known().unwrap(), package.version.known().unwrap()))
            .collect();
        assert_eq!(told, ["a 1:2", "c 3-\u{fffd}"]);
        for broken in [&b""[..], b"\n\n\n", b"Package: a", b"Status: install ok installed\n\nVersion: 1\n"] {
            let mut packages = Vec::new();
            dpkg(broken, &mut packages);
            assert!(packages.is_empty());
        }
    }
}

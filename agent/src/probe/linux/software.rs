//! Installed software.
//!
//! Packages of dpkg from /var/lib/dpkg/status, of rpm from rpm itself (its database needs a reader of its
//! own), snaps and flatpaks from their folders. Nothing needs root. What people unpack into their homes is
//! not seen. Publisher and day of installation are not asked for each package: dpkg keeps neither, and a list
//! of a thousand packages must stay small. Seen on Debian 12. What other systems answer is known from their
//! documents and from made-up recordings.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::software::{Package, Software};
use rules::quantity::Version;

use crate::host::{Command, Host, Trouble};
use crate::probe::ask::{fact, first_present, text};

/// Where rpm keeps its database: before and since Fedora 36.
const RPM_DATABASES: &[&str] =
    &["/usr/lib/sysimage/rpm/rpmdb.sqlite", "/var/lib/rpm/rpmdb.sqlite", "/var/lib/rpm/Packages"];

/// What a program is for, as far as rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Browser,
    Office,
    VietnameseInput,
    PdfReader,
    Unwanted,
}

use Use::{Browser, Office, PdfReader, Unwanted, VietnameseInput};

/// Packages by which programs are known, sorted, with the name that people know.
const KNOWN: &[(&str, Use, &str)] = &[
    ("abrowser", Browser, "Abrowser"),
    ("atril", PdfReader, "Atril"),
    ("brave", Browser, "Brave"),
    ("brave-browser", Browser, "Brave"),
    ("browser360-cn-stable", Browser, "360 Browser"),
    ("calligra", Office, "Calligra"),
    ("cgminer", Unwanted, "cgminer"),
    ("chromium", Browser, "Chromium"),
    ("chromium-browser", Browser, "Chromium"),
    ("coccoc-browser", Browser, "Cốc Cốc"),
    ("coccoc-browser-stable", Browser, "Cốc Cốc"),
    ("collaboraoffice", Office, "Collabora Office"),
    ("com.brave.Browser", Browser, "Brave"),
    ("com.google.Chrome", Browser, "Google Chrome"),
    ("com.microsoft.Edge", Browser, "Microsoft Edge"),
    ("com.opera.Opera", Browser, "Opera"),
    ("com.transmissionbt.Transmission", Unwanted, "Transmission"),
    ("com.valvesoftware.Steam", Unwanted, "Steam"),
    ("com.vivaldi.Vivaldi", Browser, "Vivaldi"),
    ("com.wps.Office", Office, "WPS Office"),
    ("cpuminer", Unwanted, "cpuminer"),
    ("deluge", Unwanted, "Deluge"),
    ("deluge-gtk", Unwanted, "Deluge"),
    ("epiphany-browser", Browser, "GNOME Web"),
    ("evince", PdfReader, "Evince"),
    ("falkon", Browser, "Falkon"),
    ("fcitx-bamboo", VietnameseInput, "Bamboo"),
    ("fcitx-unikey", VietnameseInput, "Unikey"),
    ("fcitx5-bamboo", VietnameseInput, "Bamboo"),
    ("fcitx5-lotus", VietnameseInput, "Lotus"),
    ("fcitx5-unikey", VietnameseInput, "Unikey"),
    ("firefox", Browser, "Firefox"),
    ("firefox-esr", Browser, "Firefox ESR"),
    ("foxitreader", PdfReader, "Foxit Reader"),
    ("gnome-2048", Unwanted, "GNOME 2048"),
    ("google-chrome-beta", Browser, "Google Chrome"),
    ("google-chrome-stable", Browser, "Google Chrome"),
    ("heroic", Unwanted, "Heroic Games Launcher"),
    ("ibus-bamboo", VietnameseInput, "Bamboo"),
    ("ibus-unikey", VietnameseInput, "Unikey"),
    ("io.gitlab.librewolf-community", Browser, "LibreWolf"),
    ("ktorrent", Unwanted, "KTorrent"),
    ("libreoffice", Office, "LibreOffice"),
    ("libreoffice-core", Office, "LibreOffice"),
    ("libreoffice-core-nogui", Office, "LibreOffice"),
    ("librewolf", Browser, "LibreWolf"),
    ("lutris", Unwanted, "Lutris"),
    ("microsoft-edge-stable", Browser, "Microsoft Edge"),
    ("minecraft-launcher", Unwanted, "Minecraft"),
    ("mupdf", PdfReader, "MuPDF"),
    ("net.lutris.Lutris", Unwanted, "Lutris"),
    ("okular", PdfReader, "Okular"),
    ("onlyoffice-desktopeditors", Office, "ONLYOFFICE"),
    ("openoffice", Office, "Apache OpenOffice"),
    ("opera-stable", Browser, "Opera"),
    ("org.chromium.Chromium", Browser, "Chromium"),
    ("org.gnome.Epiphany", Browser, "GNOME Web"),
    ("org.gnome.Evince", PdfReader, "Evince"),
    ("org.gnome.Papers", PdfReader, "Papers"),
    ("org.kde.okular", PdfReader, "Okular"),
    ("org.libreoffice.LibreOffice", Office, "LibreOffice"),
    ("org.mozilla.firefox", Browser, "Firefox"),
    ("org.onlyoffice.desktopeditors", Office, "ONLYOFFICE"),
    ("org.qbittorrent.qBittorrent", Unwanted, "qBittorrent"),
    ("papers", PdfReader, "Papers"),
    ("playonlinux", Unwanted, "PlayOnLinux"),
    ("qbittorrent", Unwanted, "qBittorrent"),
    ("qpdfview", PdfReader, "qpdfview"),
    ("rtorrent", Unwanted, "rTorrent"),
    ("scim-unikey", VietnameseInput, "Unikey"),
    ("softmaker-freeoffice-2021", Office, "FreeOffice"),
    ("softmaker-freeoffice-2024", Office, "FreeOffice"),
    ("steam", Unwanted, "Steam"),
    ("steam-installer", Unwanted, "Steam"),
    ("steam-launcher", Unwanted, "Steam"),
    ("transmission-gtk", Unwanted, "Transmission"),
    ("transmission-qt", Unwanted, "Transmission"),
    ("vivaldi-stable", Browser, "Vivaldi"),
    ("wps-office", Office, "WPS Office"),
    ("xmrig", Unwanted, "XMRig"),
    ("xpdf", PdfReader, "Xpdf"),
    ("xreader", PdfReader, "Xreader"),
    ("zathura", PdfReader, "zathura"),
];

/// LibreOffice from its own site has its version in every name: libreoffice24.8-writer.
const LIBREOFFICE_WRITER: (&str, &str) = ("libreoffice", "-writer");

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Software {
    match packages(host) {
        Ok((sources, packages)) if !sources.is_empty() => listed(sources, packages),
        Ok(_) => Software::all_unknown(&Reason::NotSupported),
        Err(trouble) => Software::all_unknown(&trouble.into()),
    }
}

fn listed(sources: Vec<String>, packages: Vec<Package>) -> Software {
    let mut by_use: BTreeMap<(u8, &str), Package> = BTreeMap::new();
    for package in &packages {
        if let Some((program, name)) = package.name.known().and_then(|name| known(name)) {
            by_use.entry((program as u8, name)).or_insert_with(|| Package {
                name: name.to_owned().into(),
                version: package.version.clone().map(|version| Version(upstream(&version.0).to_owned())),
                ..Package::default()
            });
        }
    }
    let of = |program: Use| -> Vec<Package> {
        let found = by_use.iter().filter(|((its, _), _)| *its == program as u8);
        found.map(|(_, package)| package.clone()).collect()
    };
    let names = |packages: Vec<Package>| -> Vec<String> {
        packages.into_iter().filter_map(|package| package.name.known().cloned()).collect()
    };
    Software {
        sources: sources.into(),
        count: i64::try_from(packages.len()).unwrap_or(i64::MAX).into(),
        browsers: of(Browser).into(),
        office: of(Office).into(),
        vietnamese_input: names(of(VietnameseInput)).into(),
        pdf_readers: names(of(PdfReader)).into(),
        unwanted: names(of(Unwanted)).into(),
        packages: packages.into(),
    }
}

fn known(package: &str) -> Option<(Use, &'static str)> {
    if let Ok(at) = KNOWN.binary_search_by_key(&package, |(name, _, _)| name) {
        return KNOWN.get(at).map(|(_, program, name)| (*program, *name));
    }
    let (start, end) = LIBREOFFICE_WRITER;
    let version = package.strip_prefix(start)?.strip_suffix(end)?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some((Office, "LibreOffice"))
}

/// A package's version without the epoch, which no program shows.
fn upstream(version: &str) -> &str {
    match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        Some(_) | None => version,
    }
}

/// Who keeps lists, and everything on them, sorted by name.
fn packages(host: &dyn Host) -> Result<(Vec<String>, Vec<Package>), Trouble> {
    let mut sources = Vec::new();
    let mut packages = Vec::new();
    if let Some(status) = host.file("/var/lib/dpkg/status")? {
        sources.push("dpkg".to_owned());
        dpkg(&status, &mut packages);
    }
    if first_present(host, RPM_DATABASES)?.is_some()
        && let Some(output) = host.run(Command::RpmPackages)?
    {
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
        assert!(KNOWN.is_sorted_by(|(a, _, _), (b, _, _)| a < b));
    }

    #[test]
    fn programs_behind_packages() {
        assert_eq!(known("firefox-esr"), Some((Browser, "Firefox ESR")));
        assert_eq!(known("libreoffice24.8-writer"), Some((Office, "LibreOffice")));
        assert_eq!(known("libreoffice-writer"), None, "counted by its core");
        assert_eq!(known("libreoffice24.8-calc"), None);
        assert_eq!(known("bash"), None);
        assert_eq!(upstream("4:7.4.7-1+deb12u5"), "7.4.7-1+deb12u5");
        assert_eq!(upstream("7.4"), "7.4");
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

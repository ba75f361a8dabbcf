//! What an officer works with, as far as the list of packages tells.
//!
//! Fonts by the names of their files in the folders of the system, the program for PDF by the lists of the desktop;
//! nothing needs root. Fonts and choices of one person are not seen. There is no Office of Microsoft on Linux.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::office::Office;
use rules::facts::software::{Package, Software};
use rules::quantity::Version;

use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, text};
use crate::probe::built::{Trace, built_on};

/// What a program is for, as far as rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Use {
    Browser,
    Suite,
    VietnameseInput,
    PdfReader,
}

use Use::{Browser, PdfReader, Suite, VietnameseInput};

/// Packages by which programs are known, sorted, with the name that people know.
const KNOWN: &[(&str, Use, &str)] = &[
    ("abrowser", Browser, "Abrowser"),
    ("atril", PdfReader, "Atril"),
    ("brave", Browser, "Brave"),
    ("brave-browser", Browser, "Brave"),
    ("browser360-cn-stable", Browser, "360 Browser"),
    ("calligra", Suite, "Calligra"),
    ("chromium", Browser, "Chromium"),
    ("chromium-browser", Browser, "Chromium"),
    ("coccoc-browser", Browser, "Cốc Cốc"),
    ("coccoc-browser-stable", Browser, "Cốc Cốc"),
    ("collaboraoffice", Suite, "Collabora Office"),
    ("com.brave.Browser", Browser, "Brave"),
    ("com.google.Chrome", Browser, "Google Chrome"),
    ("com.microsoft.Edge", Browser, "Microsoft Edge"),
    ("com.opera.Opera", Browser, "Opera"),
    ("com.vivaldi.Vivaldi", Browser, "Vivaldi"),
    ("com.wps.Office", Suite, "WPS Office"),
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
    ("google-chrome-beta", Browser, "Google Chrome"),
    ("google-chrome-stable", Browser, "Google Chrome"),
    ("ibus-bamboo", VietnameseInput, "Bamboo"),
    ("ibus-unikey", VietnameseInput, "Unikey"),
    ("io.gitlab.librewolf-community", Browser, "LibreWolf"),
    ("libreoffice", Suite, "LibreOffice"),
    ("libreoffice-core", Suite, "LibreOffice"),
    ("libreoffice-core-nogui", Suite, "LibreOffice"),
    ("librewolf", Browser, "LibreWolf"),
    ("microsoft-edge-stable", Browser, "Microsoft Edge"),
    ("mupdf", PdfReader, "MuPDF"),
    ("okular", PdfReader, "Okular"),
    ("onlyoffice-desktopeditors", Suite, "ONLYOFFICE"),
    ("openoffice", Suite, "Apache OpenOffice"),
    ("opera-stable", Browser, "Opera"),
    ("org.chromium.Chromium", Browser, "Chromium"),
    ("org.gnome.Epiphany", Browser, "GNOME Web"),
    ("org.gnome.Evince", PdfReader, "Evince"),
    ("org.gnome.Papers", PdfReader, "Papers"),
    ("org.kde.okular", PdfReader, "Okular"),
    ("org.libreoffice.LibreOffice", Suite, "LibreOffice"),
    ("org.mozilla.firefox", Browser, "Firefox"),
    ("org.onlyoffice.desktopeditors", Suite, "ONLYOFFICE"),
    ("papers", PdfReader, "Papers"),
    ("qpdfview", PdfReader, "qpdfview"),
    ("scim-unikey", VietnameseInput, "Unikey"),
    ("softmaker-freeoffice-2021", Suite, "FreeOffice"),
    ("softmaker-freeoffice-2024", Suite, "FreeOffice"),
    ("vivaldi-stable", Browser, "Vivaldi"),
    ("wps-office", Suite, "WPS Office"),
    ("xpdf", PdfReader, "Xpdf"),
    ("xreader", PdfReader, "Xreader"),
    ("zathura", PdfReader, "zathura"),
];

/// Where browsers tell when they were built, by the name that people know.
const BUILT: &[(&str, &[Trace])] = &[
    ("Brave", &[Trace::Program("/opt/brave.com/brave/brave")]),
    (
        "Chromium",
        &[
            Trace::Program("/usr/lib/chromium/chromium"),
            Trace::Program("/usr/lib64/chromium-browser/chromium-browser"),
        ],
    ),
    ("Cốc Cốc", &[Trace::Program("/opt/coccoc/browser/browser")]),
    (
        "Firefox",
        &[
            Trace::BuildId("/usr/lib/firefox/application.ini"),
            Trace::BuildId("/usr/lib64/firefox/application.ini"),
            Trace::BuildId("/snap/firefox/current/usr/lib/firefox/application.ini"),
        ],
    ),
    ("Firefox ESR", &[Trace::BuildId("/usr/lib/firefox-esr/application.ini")]),
    ("Google Chrome", &[Trace::Program("/opt/google/chrome/chrome")]),
    ("Microsoft Edge", &[Trace::Program("/opt/microsoft/msedge/msedge")]),
    ("Opera", &[Trace::Program("/usr/lib/x86_64-linux-gnu/opera/opera")]),
    ("Vivaldi", &[Trace::Program("/opt/vivaldi/vivaldi-bin")]),
];

/// LibreOffice from its own site has its version in every name: libreoffice24.8-writer.
const LIBREOFFICE_WRITER: (&str, &str) = ("libreoffice", "-writer");

/// Where fonts are, as deep as makers put them.
const FONTS: &[&str] = &["/usr/share/fonts", "/usr/local/share/fonts"];
const FONT_DEPTH_MAX: usize = 3;
/// Most folders of fonts that are looked into.
const FONT_FOLDERS_MAX: usize = 256;
/// Times New Roman, as Microsoft and the packages of its core fonts call the file.
const TIMES_NEW_ROMAN: &[&str] =
    &["times.ttf", "times_new_roman.ttf", "times new roman.ttf", "timesnewroman.ttf"];
/// Beginnings of the names of fonts in encodings from before Unicode.
const LEGACY: &[&str] = &[".vn", "vni-", "vnarial", "vntime"];

/// Which program opens what ("Association between MIME types and applications", freedesktop.org), what an administrator
/// sets before what the desktop does.
const ASSOCIATIONS: &[&str] = &[
    "/etc/xdg/mimeapps.list",
    "/usr/share/applications/gnome-mimeapps.list",
    "/usr/share/applications/mimeapps.list",
    "/usr/share/applications/defaults.list",
    "/usr/share/applications/mimeinfo.cache",
];

pub(super) fn ask(host: &dyn Host, now: Timestamp, software: &Software) -> Office {
    let mut office = Office::all_unknown(&Reason::NotSupported);
    let fonts = fonts(host);
    let font = |wanted: &dyn Fn(&str) -> bool| -> Fact<i64> {
        let count =
            |fonts: &Vec<String>| i64::try_from(fonts.iter().filter(|name| wanted(name)).count()).ok();
        fact(fonts.as_ref().map(count).map_err(Clone::clone))
    };
    office.times_new_roman = font(&|name| TIMES_NEW_ROMAN.contains(&name)).map(|count| count > 0);
    office.legacy_fonts = font(&|name| LEGACY.iter().any(|beginning| name.starts_with(beginning)));
    office.pdf_default = fact(pdf_default(host));
    office.activation = Fact::Absent;
    office.licence_channel = Fact::Absent;
    office.macros_blocked = Fact::Absent;
    let by_use = software.packages.clone().map(|packages| sorted(&packages));
    let of = |program: Use| -> Fact<Vec<Package>> {
        by_use.clone().map(|found| {
            let found = found.into_iter().filter(|((its, _), _)| *its == program);
            found.map(|(_, package)| package).collect()
        })
    };
    let names = |program: Use| -> Fact<Vec<String>> {
        of(program)
            .map(|found| found.into_iter().filter_map(|package| package.name.known().cloned()).collect())
    };
    office.suites = of(Suite);
    office.browsers = of(Browser).map(|found| found.into_iter().map(|one| dated(host, one, now)).collect());
    office.vietnamese_input = names(VietnameseInput);
    // What a package brought runs from the folders of the system.
    office.vietnamese_input_risky =
        office.vietnamese_input.as_ref().and_then(|inputs| match inputs.is_empty() {
            true => Fact::Absent,
            false => false.into(),
        });
    office.pdf_readers = names(PdfReader);
    office
}

fn dated(host: &dyn Host, mut browser: Package, now: Timestamp) -> Package {
    let known = BUILT.iter().find(|(name, _)| browser.name.known().is_some_and(|known| known == name));
    browser.built_on = built_on(host, known.map_or(&[], |(_, traces)| traces), now);
    browser
}

/// The names of all files of fonts, in small letters.
fn fonts(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    let mut folders: Vec<(String, usize)> = FONTS.iter().map(|folder| ((*folder).to_owned(), 0)).collect();
    let mut files = Vec::new();
    let mut at = 0;
    while let Some((folder, depth)) = folders.get(at).cloned() {
        at += 1;
        let names = match host.folder(&folder)? {
            Some(names) => names,
            // A system that keeps its fonts elsewhere does not tell.
            None if at == 1 => return Err(Trouble::NotSupported),
            None => continue,
        };
        for name in names {
            if name.contains('.') {
                files.push(name.to_lowercase());
            } else if depth < FONT_DEPTH_MAX && folders.len() < FONT_FOLDERS_MAX {
                folders.push((format!("{folder}/{name}"), depth + 1));
            }
        }
    }
    Ok(files)
}

/// The program that opens PDF, by the name of its file for the desktop.
fn pdf_default(host: &dyn Host) -> Answer<String> {
    let mut told = false;
    for path in ASSOCIATIONS {
        let Some(list) = text(host, path)? else { continue };
        told = true;
        if let Some(program) = list.lines().find_map(|line| line.trim().strip_prefix("application/pdf=")) {
            let first = program.split(';').next().unwrap_or_default().trim();
            if !first.is_empty() {
                return Ok(Some(first.to_owned()));
            }
        }
    }
    // A desktop without a list decides by itself.
    if told { Ok(None) } else { Err(Trouble::NotSupported) }
}

fn sorted(packages: &[Package]) -> BTreeMap<(Use, &'static str), Package> {
    let mut by_use = BTreeMap::new();
    for package in packages {
        if let Some((program, name)) = package.name.known().and_then(|name| known(name)) {
            by_use.entry((program, name)).or_insert_with(|| Package {
                name: name.to_owned().into(),
                version: package.version.clone().map(|version| Version(upstream(&version.0).to_owned())),
                ..Package::default()
            });
        }
    }
    by_use
}

fn known(package: &str) -> Option<(Use, &'static str)> {
    if let Ok(at) = KNOWN.binary_search_by_key(&package, |(name, _, _)| name) {
        return KNOWN.get(at).map(|(_, program, name)| (*program, *name));
    }
    let (start, end) = LIBREOFFICE_WRITER;
    let version = package.strip_prefix(start)?.strip_suffix(end)?;
    version.starts_with(|c: char| c.is_ascii_digit()).then_some((Suite, "LibreOffice"))
}

/// A package's version without the epoch, which no program shows.
fn upstream(version: &str) -> &str {
    match version.split_once(':') {
        Some((epoch, rest)) if epoch.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        Some(_) | None => version,
    }
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
        assert_eq!(known("libreoffice24.8-writer"), Some((Suite, "LibreOffice")));
        assert_eq!(known("libreoffice-writer"), None, "counted by its core");
        assert_eq!(known("libreoffice24.8-calc"), None);
        assert_eq!(known("bash"), None);
        assert_eq!(upstream("4:7.4.7-1+deb12u5"), "7.4.7-1+deb12u5");
        assert_eq!(upstream("7.4"), "7.4");
    }
}

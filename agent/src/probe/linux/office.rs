//! What an officer works with, as far as the list of packages tells.
//!
//! Fonts, licences and file types are not asked yet.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::office::Office;
use rules::facts::software::{Package, Software};
use rules::quantity::Version;

use crate::host::Host;

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

/// LibreOffice from its own site has its version in every name: libreoffice24.8-writer.
const LIBREOFFICE_WRITER: (&str, &str) = ("libreoffice", "-writer");

pub(super) fn ask(_host: &dyn Host, _now: Timestamp, software: &Software) -> Office {
    let mut office = Office::all_unknown(&Reason::NotSupported);
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
    office.browsers = of(Browser);
    office.vietnamese_input = names(VietnameseInput);
    office.pdf_readers = names(PdfReader);
    office
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

//! What an officer works with: office suites, browsers, PDF readers, Vietnamese input, fonts.
//!
//! From the list of installed software and from the registry, of the PC and of each person who is signed in; nothing
//! needs an administrator. Suites of Microsoft are known by the identifiers of their releases, since their names are
//! translated. UniKey and its like are mostly not installed but put somewhere, so what runs and what starts by itself
//! counts too. Whether a licence is good is asked at last, from WMI.
//!
//! What people do not tell by this: a program that waits on a stick, or that an absent person starts.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::office::Office;
use rules::facts::os::Activation;
use rules::facts::software::{Package, Software};
use rules::quantity::Version;

use super::licence::{self, licences, together};
use super::people;
use super::registry::{command, number, said, text};
use super::rows;
use super::software::{UNINSTALL, begins};
use crate::host::answers::{Key, RegistryValue};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{any_running, fact};
use crate::probe::built::{Trace, built_on};

/// What the installer of today keeps, since Office 2016 and in Office 2013.
const CLICK_TO_RUN: &[(&str, &str)] = &[
    (r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun\Configuration", "2016"),
    (r"HKLM\SOFTWARE\Microsoft\Office\15.0\ClickToRun\Configuration", "2013"),
];
/// Releases that are one program and no suite.
const NO_SUITES: &[&str] = &[
    "Access",
    "InfoPath",
    "Language",
    "Lync",
    "OneNote",
    "Outlook",
    "Project",
    "Proof",
    "Publisher",
    "SPD",
    "SharePoint",
    "Skype",
    "Teams",
    "Visio",
];
/// Suites in the product codes of Windows Installer (KB2186281, "numbering scheme for product code GUIDs in Office 2010",
/// and its fellows for 2007, 2013 and 2016).
const SUITES: &[(&str, &str)] = &[
    ("0011", "Professional Plus"),
    ("0012", "Standard"),
    ("0013", "Basic"),
    ("0014", "Professional"),
    ("001B", "Word"),
    ("002E", "Ultimate"),
    ("002F", "Home and Student"),
    ("0030", "Enterprise"),
    ("0031", "Professional Hybrid"),
    ("0033", "Personal"),
    ("0035", "Professional Hybrid"),
    ("003D", "Home and Business"),
    ("008B", "Small Business Basics"),
    ("00CA", "Small Business"),
];
/// Years of the major versions that Windows Installer brought.
const YEARS: &[(&str, &str)] = &[("12", "2007"), ("14", "2010"), ("15", "2013"), ("16", "2016")];
/// Suites of others, by the beginning of their name in small letters.
const OTHER_SUITES: &[(&str, &str)] = &[
    ("apache openoffice", "Apache OpenOffice"),
    ("collabora office", "Collabora Office"),
    ("freeoffice", "FreeOffice"),
    ("kingsoft office", "WPS Office"),
    ("libreoffice", "LibreOffice"),
    ("onlyoffice", "ONLYOFFICE"),
    ("openoffice", "Apache OpenOffice"),
    ("openoffice.org", "OpenOffice.org"),
    ("softmaker freeoffice", "FreeOffice"),
    ("softmaker office", "SoftMaker Office"),
    ("wps office", "WPS Office"),
];
/// Parts that are listed on their own.
const PARTS: &[&str] = &["help pack", "language pack", "sdk"];

/// The identifiers of Office among licences (OSPP.VBS): Office 2010, and all later ones.
const OFFICE_2010: &str = "59a52881-a989-479d-af46-f275c6370663";
const OFFICE_LATER: &str = "0ff1ce15-a989-479d-af46-f275c6370663";
/// The first build of Windows that keeps the licences of Office itself: Windows 8.
const BUILD_OF_8: i64 = 9_200;
const CURRENT: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

/// Office from this version on blocks macros from the Internet unless somebody allows them ("Macros from the internet
/// will be blocked by default in Office": version 2206).
const MACROS_BLOCKED_SINCE: &str = "16.0.15330";
const WITH_MACROS: &[&str] = &["excel", "powerpoint", "word"];

/// A browser, and where it tells its version.
struct Browser {
    name: &'static str,
    /// Beginnings of its name in small letters; one without more words after it where `whole`.
    listed: &'static [&'static str],
    whole: bool,
    /// The key of its updater, and the one that it writes itself, below `SOFTWARE`.
    updater: Option<&'static str>,
    beacon: Option<&'static str>,
    /// Where a browser that was installed for everybody tells when it was built.
    traces: &'static [Trace],
}

const BROWSERS: &[Browser] = &[
    Browser {
        name: "Brave",
        listed: &["brave"],
        whole: true,
        updater: Some(r"BraveSoftware\Update\Clients\{AFE6A462-C574-4B8A-AF43-4CC60DF4563B}"),
        beacon: None,
        traces: &[Trace::Program(r"%ProgramFiles%\BraveSoftware\Brave-Browser\Application\brave.exe")],
    },
    Browser {
        name: "Chromium",
        listed: &["chromium"],
        whole: true,
        updater: None,
        beacon: None,
        traces: &[],
    },
    Browser {
        name: "Cốc Cốc",
        listed: &["cốc cốc", "coc coc", "coccoc"],
        whole: false,
        updater: None,
        beacon: Some(r"CocCoc\Browser\BLBeacon"),
        traces: &[
            Trace::Program(r"%ProgramFiles%\CocCoc\Browser\Application\browser.exe"),
            Trace::Program(r"%SystemDrive%\Program Files (x86)\CocCoc\Browser\Application\browser.exe"),
        ],
    },
    Browser {
        name: "Firefox",
        listed: &["mozilla firefox"],
        whole: false,
        updater: None,
        beacon: None,
        traces: &[
            Trace::BuildId(r"%ProgramFiles%\Mozilla Firefox\application.ini"),
            Trace::BuildId(r"%SystemDrive%\Program Files (x86)\Mozilla Firefox\application.ini"),
        ],
    },
    Browser {
        name: "Google Chrome",
        listed: &["google chrome"],
        whole: true,
        updater: Some(r"Google\Update\Clients\{8A69D345-D564-463C-AFF1-A69D9E530F96}"),
        beacon: Some(r"Google\Chrome\BLBeacon"),
        traces: &[
            Trace::Program(r"%ProgramFiles%\Google\Chrome\Application\chrome.exe"),
            Trace::Program(r"%SystemDrive%\Program Files (x86)\Google\Chrome\Application\chrome.exe"),
        ],
    },
    Browser {
        name: "Microsoft Edge",
        listed: &["microsoft edge"],
        whole: true,
        updater: Some(r"Microsoft\EdgeUpdate\Clients\{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}"),
        beacon: Some(r"Microsoft\Edge\BLBeacon"),
        traces: &[
            Trace::Program(r"%SystemDrive%\Program Files (x86)\Microsoft\Edge\Application\msedge.exe"),
            Trace::Program(r"%ProgramFiles%\Microsoft\Edge\Application\msedge.exe"),
        ],
    },
    Browser {
        name: "Opera",
        listed: &["opera"],
        whole: false,
        updater: None,
        beacon: None,
        traces: &[Trace::Program(r"%ProgramFiles%\Opera\opera.exe")],
    },
    Browser {
        name: "Vivaldi",
        listed: &["vivaldi"],
        whole: true,
        updater: None,
        beacon: None,
        traces: &[Trace::Program(r"%ProgramFiles%\Vivaldi\Application\vivaldi.exe")],
    },
];
const INTERNET_EXPLORER: &str = r"HKLM\SOFTWARE\Microsoft\Internet Explorer";
/// The first build of Windows 11, which has no Internet Explorer but leaves its key.
const BUILD_OF_11: i64 = 22_000;

/// PDF readers, by the beginning of their name in small letters.
const PDF_READERS: &[(&str, &str)] = &[
    ("adobe acrobat", "Adobe Acrobat"),
    ("adobe acrobat reader", "Adobe Acrobat Reader"),
    ("adobe reader", "Adobe Reader"),
    ("foxit pdf editor", "Foxit PDF Editor"),
    ("foxit pdf reader", "Foxit PDF Reader"),
    ("foxit phantompdf", "Foxit PhantomPDF"),
    ("foxit reader", "Foxit Reader"),
    ("nitro pdf", "Nitro PDF"),
    ("nitro pro", "Nitro PDF"),
    ("nitro reader", "Nitro PDF"),
    ("pdf24 creator", "PDF24"),
    ("pdf-xchange editor", "PDF-XChange Editor"),
    ("pdf-xchange viewer", "PDF-XChange Viewer"),
    ("soda pdf", "Soda PDF"),
    ("stdu viewer", "STDU Viewer"),
    ("sumatrapdf", "SumatraPDF"),
    ("wondershare pdfelement", "PDFelement"),
];

/// Vietnamese input methods: the beginning of their name in small letters, and their programs.
const INPUTS: &[(&str, &str, &[&str])] = &[
    ("evkey", "EVKey", &["EVKey64.exe", "EVKey32.exe", "EVKey.exe"]),
    ("gotiengviet", "GoTiengViet", &["GoTiengViet.exe"]),
    ("openkey", "OpenKey", &["OpenKey64.exe", "OpenKey32.exe", "OpenKey.exe"]),
    ("unikey", "UniKey", &["UniKeyNT.exe", "UniKey.exe"]),
    ("vietkey", "Vietkey", &["VKNT.exe"]),
    ("winvnkey", "WinVNKey", &["WinVNKey.exe"]),
];
const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
/// Input methods of Windows itself ("Default input profiles in Windows"), as they stand in the list of languages.
const OWN_INPUTS: &[(&str, &str)] = &[
    ("042A:{C2CB2CF0-AF47-413E-9780-8BC3A3C16068}{5FB02EC5-0A77-4684-B4FA-DEF8A2195628}", "Windows (Telex)"),
    ("042A:{C2CB2CF0-AF47-413E-9780-8BC3A3C16068}{591AE943-56BE-48F6-8966-06B43915CC5A}", "Windows (VNI)"),
    ("042A:0000042A", "Windows (TCVN)"),
];
/// Parts of a path where what was downloaded or unpacked lies, in small letters.
const RISKY: &[&str] =
    &[r"\temp\", r"\tmp\", r"%temp%\", r"%tmp%\", r"\downloads\", r"\temporary internet files\"];

const FONTS: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion\Fonts";

pub(super) fn ask(host: &dyn Host, now: Timestamp, software: &Software) -> Office {
    let listed = match &software.packages {
        // One whose name cannot be read might be any of those that are looked for.
        Fact::Known(packages) => match packages.iter().find_map(nameless) {
            Some(reason) => Err(reason),
            None => Ok(packages.as_slice()),
        },
        Fact::Absent => Ok(&[][..]),
        Fact::Unknown(reason) => Err(reason.clone()),
    };
    let own = microsoft(host);
    let (vietnamese_input, vietnamese_input_risky) = input(host, &listed);
    let fonts = fonts(host);
    Office {
        suites: with_list(&listed, |packages| Ok(suites(own.clone()?, packages))),
        browsers: with_list(&listed, |packages| browsers(host, packages, now)),
        pdf_readers: with_list(&listed, |packages| Ok(named(packages, PDF_READERS))),
        pdf_default: fact(pdf_default(host)),
        vietnamese_input,
        vietnamese_input_risky,
        times_new_roman: match &fonts {
            Ok(Fonts { times_new_roman: false, odd: Some(trouble), .. }) | Err(trouble) => {
                Fact::Unknown(trouble.clone().into())
            }
            Ok(fonts) => fonts.times_new_roman.into(),
        },
        legacy_fonts: fact(fonts.map(|fonts| i64::try_from(fonts.legacy.len()).ok())),
        macros_blocked: match &own {
            Ok(own) => macros_blocked(host, own),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        ..match &own {
            Ok(own) => licensed(host, own),
            Err(trouble) => Office::all_unknown(&trouble.clone().into()),
        }
    }
}

fn nameless(package: &Package) -> Option<Reason> {
    match &package.name {
        Fact::Unknown(reason) => Some(reason.clone()),
        Fact::Known(_) | Fact::Absent => None,
    }
}

/// A fact that needs the list of installed software.
fn with_list<T>(
    listed: &Result<&[Package], Reason>,
    read: impl FnOnce(&[Package]) -> Result<T, Trouble>,
) -> Fact<T> {
    match listed {
        Ok(packages) => fact(read(packages).map(Some)),
        Err(reason) => Fact::Unknown(reason.clone()),
    }
}

fn package(name: &str, version: Fact<Version>) -> Package {
    Package { name: name.to_owned().into(), version, ..Package::default() }
}

/// The names that people know, of the programs whose names begin so. The longest beginning counts.
fn named(packages: &[Package], table: &[(&str, &str)]) -> Vec<String> {
    let names: BTreeSet<&str> = packages.iter().filter_map(|package| known(package, table)).collect();
    names.into_iter().map(str::to_owned).collect()
}

fn known<'a>(package: &Package, table: &[(&str, &'a str)]) -> Option<&'a str> {
    let name = package.name.known()?.to_lowercase();
    let found = table.iter().filter(|(beginning, _)| begins(&name, beginning));
    found.max_by_key(|(beginning, _)| beginning.len()).map(|(_, known)| *known)
}

/// A suite of Microsoft.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Suite {
    name: String,
    version: Fact<Version>,
}

impl Suite {
    /// The number before the first dot.
    fn major(&self) -> Option<u32> {
        self.version.known()?.0.split('.').next()?.parse().ok()
    }
}

/// The largest major version; none when no suite tells one.
fn major(own: &[Suite]) -> Result<Option<u32>, Reason> {
    for suite in own {
        if let Fact::Unknown(reason) = &suite.version {
            return Err(reason.clone());
        }
    }
    Ok(own.iter().filter_map(Suite::major).max())
}

fn suites(own: Vec<Suite>, packages: &[Package]) -> Vec<Package> {
    let own = own.into_iter().map(|suite| package(&suite.name, suite.version));
    let others = packages.iter().filter_map(|other| {
        let name = other.name.known()?.to_lowercase();
        let part = PARTS.iter().any(|part| name.contains(part));
        let known = known(other, OTHER_SUITES).filter(|_| !part)?;
        Some(package(known, other.version.clone()))
    });
    let mut suites: Vec<Package> = own.chain(others).collect();
    suites.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.version.cmp(&b.version)));
    suites.dedup();
    suites
}

/// The suites of Microsoft, sorted.
fn microsoft(host: &dyn Host) -> Result<Vec<Suite>, Trouble> {
    let mut suites = BTreeSet::new();
    for (path, year) in CLICK_TO_RUN {
        for key in [Key::wide(path), Key::narrow(path)] {
            let values = host.registry_values(key)?.unwrap_or_default();
            let version = version(&values, "VersionToReport");
            let releases = said(&values, "ProductReleaseIds")?.unwrap_or_default();
            for release in releases.split(',').map(str::trim).filter(|release| !release.is_empty()) {
                if let Some(name) = click_to_run(release, year) {
                    suites.insert(Suite { name, version: version.clone() });
                }
            }
        }
    }
    for key in [Key::wide(UNINSTALL), Key::narrow(UNINSTALL)] {
        for code in host.registry_keys(key)?.unwrap_or_default() {
            if let Some(name) = installed(&code) {
                let path = format!(r"{UNINSTALL}\{code}");
                let values = host.registry_values(Key { view: key.view, path: &path })?.unwrap_or_default();
                suites.insert(Suite { name, version: version(&values, "DisplayVersion") });
            }
        }
    }
    Ok(suites.into_iter().collect())
}

fn version(values: &BTreeMap<String, RegistryValue>, name: &str) -> Fact<Version> {
    fact(said(values, name).map(|version| version.map(Version::new)))
}

/// The name of a release: the first identifiers had no year.
fn click_to_run(release: &str, year: &str) -> Option<String> {
    if NO_SUITES.iter().any(|program| release.starts_with(program)) {
        return None;
    }
    if release.starts_with("O365") {
        return Some(format!("Microsoft 365 ({release})"));
    }
    let year =
        ["2019", "2021", "2024", "2027"].into_iter().find(|year| release.contains(year)).unwrap_or(year);
    Some(format!("Microsoft Office {year} ({release})"))
}

/// The name of the suite that a product code means: `{BRMMmmmm-PPPP-LLLL-bDDD-D000000FF1CE}`.
fn installed(code: &str) -> Option<String> {
    let code = code.to_ascii_uppercase();
    let parts: Vec<&str> = code.strip_prefix('{')?.strip_suffix("000000FF1CE}")?.split('-').collect();
    // With a language it is one language of a program.
    let &[release, product, "0000", ..] = parts.as_slice() else { return None };
    let major = release.get(2..4)?;
    let (_, year) = YEARS.iter().find(|(number, _)| *number == major)?;
    let (_, product) = SUITES.iter().find(|(number, _)| *number == product)?;
    Some(format!("Microsoft Office {year} ({product})"))
}

/// How the suite of Microsoft stands with its licence; the rest is not supported.
fn licensed(host: &dyn Host, own: &[Suite]) -> Office {
    let mut office = Office::all_unknown(&Reason::NotSupported);
    let major = match major(own) {
        Ok(Some(major)) => major,
        Ok(None) if own.is_empty() => {
            office.activation = Fact::Absent;
            office.licence_channel = Fact::Absent;
            return office;
        }
        Ok(None) => return office,
        Err(reason) => return Office::all_unknown(&reason),
    };
    // Office 2007 keeps its licence in a form of its own.
    if major < 14 {
        return office;
    }
    let (class, application) = if major == 14 {
        (licence::OFFICE, OFFICE_2010)
    } else {
        match number(host, CURRENT, "CurrentBuild") {
            Ok(Some(build)) if build < BUILD_OF_8 => (licence::OFFICE, OFFICE_LATER),
            Ok(_) => (licence::WINDOWS, OFFICE_LATER),
            Err(trouble) => return Office::all_unknown(&trouble.into()),
        }
    };
    let told = licences(host, class, application).and_then(|rows| rows.ok_or(Trouble::NotSupported));
    let rows = match told {
        Ok(rows) => rows,
        Err(trouble) => return Office::all_unknown(&trouble.into()),
    };
    let mut of_suite = Vec::new();
    for row in &rows {
        match rows::text(row, "Name") {
            Ok(name) if ["Visio", "Project"].iter().any(|no| name.unwrap_or_default().contains(no)) => {}
            Ok(_) => of_suite.push(row),
            // Nobody knows what it is a licence for.
            Err(trouble) => return Office::all_unknown(&trouble.into()),
        }
    }
    match together(of_suite.into_iter()) {
        Some((activation, channel)) => {
            office.activation = activation;
            office.licence_channel = channel;
        }
        // A subscription may keep its licence with the person who signed in.
        None if own.iter().any(|suite| suite.name.contains("365")) => {}
        None => {
            office.activation = Activation::Unlicensed.into();
            office.licence_channel = Fact::Absent;
        }
    }
    office
}

/// Whether macros of documents from the Internet are blocked, for everybody who is signed in.
fn macros_blocked(host: &dyn Host, own: &[Suite]) -> Fact<bool> {
    let major = match major(own) {
        Ok(Some(major)) => major,
        Ok(None) if own.is_empty() => return Fact::Absent,
        Ok(None) => return Fact::Unknown(Reason::NotSupported),
        Err(reason) => return Fact::Unknown(reason),
    };
    let versions = own.iter().filter_map(|suite| suite.version.known());
    let since = Version::new(MACROS_BLOCKED_SINCE);
    let by_itself = versions.max().is_some_and(|version| *version >= since);
    let people = people::of_each(host, |person| {
        let mut blocked = true;
        for program in WITH_MACROS {
            let path = format!(r"{person}\Software\Policies\Microsoft\Office\{major}.0\{program}\Security");
            let set = number(host, &path, "blockcontentexecutionfrominternet")?;
            blocked &= set.map_or(by_itself, |set| set != 0);
        }
        Ok(blocked)
    });
    match people {
        // The policy is one of people, and nobody is there.
        Ok(people) if people.is_empty() => Fact::Unknown(Reason::NotSupported),
        Ok(people) => people.into_iter().all(|blocked| blocked).into(),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

fn browsers(host: &dyn Host, packages: &[Package], now: Timestamp) -> Result<Vec<Package>, Trouble> {
    let mut found = BTreeSet::new();
    for browser in BROWSERS {
        for (name, version) in installed_versions(host, browser, packages)? {
            found.insert((name, version));
        }
    }
    let build = number(host, CURRENT, "CurrentBuild")?.unwrap_or(0);
    if build < BUILD_OF_11 {
        // Internet Explorer 10 and later leave the old name at 9.
        let version = match text(host, INTERNET_EXPLORER, "svcVersion")? {
            Some(version) => Some(version),
            None => text(host, INTERNET_EXPLORER, "Version")?,
        };
        if version.is_some() {
            found.insert(("Internet Explorer".to_owned(), known_or_absent(version)));
        }
    }
    let dated = |(name, version): (String, Fact<Version>)| {
        let mut browser = package(&name, version);
        if let Some(known) = BROWSERS.iter().find(|known| begins(&name, known.name)) {
            browser.built_on = built_on(host, known.traces, now);
        }
        browser
    };
    Ok(found.into_iter().map(dated).collect())
}

/// Each version of a browser that is installed. Its updater knows best: the list keeps the version of the first
/// installation where it came as a package.
fn installed_versions(
    host: &dyn Host,
    browser: &Browser,
    packages: &[Package],
) -> Result<Vec<(String, Fact<Version>)>, Trouble> {
    let name = || browser.name.to_owned();
    let mut found: Vec<(String, Fact<Version>)> = Vec::new();
    if let Some(updater) = browser.updater {
        let path = format!(r"HKLM\SOFTWARE\{updater}");
        for key in [Key::wide(&path), Key::narrow(&path)] {
            let values = host.registry_values(key)?.unwrap_or_default();
            if values.contains_key("pv") {
                found.push((name(), version(&values, "pv")));
            }
        }
        let own = people::of_each(host, |person| text(host, &format!(r"{person}\Software\{updater}"), "pv"))?;
        found.extend(own.into_iter().flatten().map(|version| (name(), known_or_absent(Some(version)))));
    }
    if found.is_empty() {
        found = packages.iter().filter_map(|package| in_list(package, browser)).collect();
    }
    if let (true, Some(beacon)) = (found.is_empty(), browser.beacon) {
        let own =
            people::of_each(host, |person| text(host, &format!(r"{person}\Software\{beacon}"), "version"))?;
        found.extend(own.into_iter().flatten().map(|version| (name(), known_or_absent(Some(version)))));
    }
    Ok(found)
}

fn known_or_absent(version: Option<String>) -> Fact<Version> {
    Fact::known_or_absent(version.map(|version| Version::new(&version)))
}

fn in_list(package: &Package, browser: &Browser) -> Option<(String, Fact<Version>)> {
    let lower = package.name.known()?.to_lowercase();
    let listed = browser.listed.iter().any(|name| match browser.whole {
        true => lower == *name,
        false => begins(&lower, name),
    });
    let version = package.version.clone();
    let name = if browser.name == "Firefox" && lower.contains(" esr") { "Firefox ESR" } else { browser.name };
    listed.then(|| (name.to_owned(), version))
}

/// What the first person who chose has chosen; otherwise what the PC does for everybody.
fn pdf_default(host: &dyn Host) -> Answer<String> {
    const CHOICE: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\FileExts\.pdf";
    let chosen = people::of_each(host, |person| {
        match text(host, &format!(r"{person}\{CHOICE}\UserChoiceLatest\ProgId"), "ProgId")? {
            Some(chosen) => Ok(Some(chosen)),
            None => text(host, &format!(r"{person}\{CHOICE}\UserChoice"), "ProgId"),
        }
    })?;
    match chosen.into_iter().flatten().next() {
        Some(chosen) => Ok(Some(chosen)),
        None => text(host, r"HKLM\SOFTWARE\Classes\.pdf", ""),
    }
}

/// The Vietnamese input methods, and whether one runs from where it should not.
fn input(host: &dyn Host, listed: &Result<&[Package], Reason>) -> (Fact<Vec<String>>, Fact<bool>) {
    let packages = match listed {
        Ok(packages) => *packages,
        Err(reason) => return (Fact::Unknown(reason.clone()), Fact::Unknown(reason.clone())),
    };
    let found = inputs(host, packages).and_then(|found| Ok((windows_inputs(host)?, found)));
    match found {
        Ok((own, found)) => {
            let risky = match found.is_empty() {
                true => Fact::Absent,
                false => risky(&found),
            };
            let names: BTreeSet<&str> = own.into_iter().chain(found.keys().copied()).collect();
            (names.into_iter().map(str::to_owned).collect::<Vec<_>>().into(), risky)
        }
        Err(trouble) => {
            let reason = Reason::from(trouble);
            (Fact::Unknown(reason.clone()), Fact::Unknown(reason))
        }
    }
}

/// Where the programs of an input method are started from, in small letters, or why that is not known.
type Places = BTreeSet<Result<String, Reason>>;

fn inputs(host: &dyn Host, packages: &[Package]) -> Result<BTreeMap<&'static str, Places>, Trouble> {
    let mut found: BTreeMap<&'static str, Places> = BTreeMap::new();
    let started = started(host)?;
    for (beginning, name, programs) in INPUTS {
        let mut places = Places::new();
        let mut listed = packages.iter().filter_map(|package| package.name.known());
        let is_listed = listed.any(|listed| begins(&listed.to_lowercase(), beginning));
        for path in &started {
            let file = path.rsplit('\\').next().unwrap_or_default();
            if programs.iter().any(|program| program.eq_ignore_ascii_case(file)) {
                places.insert(Ok(path.clone()));
            }
        }
        for program in *programs {
            if any_running(host, &[program])? {
                match host.program_paths(program) {
                    // It has ended meanwhile.
                    Ok(None) => drop(places.insert(Err(Reason::NotSupported))),
                    Ok(Some(paths)) => places.extend(paths.into_iter().map(|path| Ok(path.to_lowercase()))),
                    Err(trouble) => drop(places.insert(Err(trouble.into()))),
                }
            }
        }
        if is_listed || !places.is_empty() {
            found.insert(name, places);
        }
    }
    Ok(found)
}

fn risky(found: &BTreeMap<&'static str, Places>) -> Fact<bool> {
    let places = || found.values().flatten();
    if places().flatten().any(|path| RISKY.iter().any(|part| path.contains(part))) {
        return true.into();
    }
    match places().find_map(|place| place.as_ref().err()) {
        Some(reason) => Fact::Unknown(reason.clone()),
        None => false.into(),
    }
}

/// The programs that start with each sign-in, in small letters.
fn started(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    let path = format!(r"HKLM\{RUN}");
    let mut commands = Vec::new();
    for key in [Key::wide(&path), Key::narrow(&path)] {
        commands.extend(host.registry_values(key)?.unwrap_or_default());
    }
    let own = people::of_each(host, |person| host.registry_values(Key::wide(&format!(r"{person}\{RUN}"))))?;
    commands.extend(own.into_iter().flatten().flatten());
    let mut programs = Vec::new();
    for (name, value) in &commands {
        programs.extend(command(name, value)?.and_then(program));
    }
    Ok(programs)
}

/// The program of a command line.
fn program(command: &str) -> Option<String> {
    let command = command.trim().to_lowercase();
    if let Some(quoted) = command.strip_prefix('"') {
        return quoted.split('"').next().map(str::to_owned);
    }
    match command.split_once(".exe") {
        Some((path, _)) => Some(format!("{path}.exe")),
        None => Some(command),
    }
}

/// Input methods of Windows that somebody added to the list of languages, or, on Windows 7, to the keyboards.
fn windows_inputs(host: &dyn Host) -> Result<Vec<&'static str>, Trouble> {
    const LANGUAGES: &str = r"Control Panel\International\User Profile";
    let found = people::of_each(host, |person| {
        let mut found = Vec::new();
        let languages = host.registry_keys(Key::wide(&format!(r"{person}\{LANGUAGES}")))?;
        let with_list = languages.is_some();
        for language in languages.unwrap_or_default() {
            let path = format!(r"{person}\{LANGUAGES}\{language}");
            for name in host.registry_values(Key::wide(&path))?.unwrap_or_default().keys() {
                let own = OWN_INPUTS.iter().find(|(id, _)| id.eq_ignore_ascii_case(name));
                found.extend(own.map(|(_, name)| *name));
            }
        }
        if with_list {
            return Ok(found);
        }
        let keyboards = host.registry_values(Key::wide(&format!(r"{person}\Keyboard Layout\Preload")))?;
        let keyboards = keyboards.unwrap_or_default();
        for name in keyboards.keys() {
            if said(&keyboards, name)?.is_some_and(|keyboard| keyboard.eq_ignore_ascii_case("0000042a")) {
                found.push("Windows (TCVN)");
            }
        }
        Ok(found)
    })?;
    let found: BTreeSet<&'static str> = found.into_iter().flatten().collect();
    Ok(found.into_iter().collect())
}

/// What the fonts tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Fonts {
    times_new_roman: bool,
    /// Why the file of one is not known.
    odd: Option<Trouble>,
    /// Names of fonts in encodings from before Unicode.
    legacy: BTreeSet<String>,
}

fn fonts(host: &dyn Host) -> Result<Fonts, Trouble> {
    let machine = host.registry_values(Key::wide(&format!(r"HKLM\{FONTS}")))?.ok_or(Trouble::NotSupported)?;
    let own = people::of_each(host, |person| host.registry_values(Key::wide(&format!(r"{person}\{FONTS}"))))?;
    let mut fonts = Fonts::default();
    for (name, file) in machine.into_iter().chain(own.into_iter().flatten().flatten()) {
        let name = name.to_lowercase();
        let file = match file {
            RegistryValue::Text(file) | RegistryValue::Expand(file) => file.to_lowercase(),
            RegistryValue::Texts(_)
            | RegistryValue::U32(_)
            | RegistryValue::U64(_)
            | RegistryValue::Bytes(_) => {
                fonts.odd = Some(Trouble::Failed(format!("the file of the font {name} is not a text")));
                String::new()
            }
        };
        // Names may be translated, names of files are not.
        let file = file.rsplit('\\').next().unwrap_or_default();
        fonts.times_new_roman |=
            begins(&name, "times new roman") || matches!(file, "times.ttf" | "times.ttc");
        if name.starts_with(".vn") || name.starts_with("vni-") {
            fonts.legacy.insert(name);
        }
    }
    Ok(fonts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_of_office() {
        let check = |release, year| click_to_run(release, year).unwrap_or_default();
        assert_eq!(check("ProPlus2021Volume", "2016"), "Microsoft Office 2021 (ProPlus2021Volume)");
        assert_eq!(check("O365ProPlusRetail", "2016"), "Microsoft 365 (O365ProPlusRetail)");
        assert_eq!(check("HomeStudentRetail", "2013"), "Microsoft Office 2013 (HomeStudentRetail)");
        assert_eq!(check("VisioPro2021Volume", "2016"), "");
    }

    #[test]
    fn product_codes_of_office() {
        let check = |code| installed(code).unwrap_or_default();
        assert_eq!(
            check("{90140000-0011-0000-0000-0000000FF1CE}"),
            "Microsoft Office 2010 (Professional Plus)"
        );
        assert_eq!(check("{90160000-0012-0000-1000-0000000ff1ce}"), "Microsoft Office 2016 (Standard)");
        for none in [
            "{90160000-008C-0000-1000-0000000FF1CE}",
            "{90140000-001B-0409-0000-0000000FF1CF}",
            "{90140000-001B-0409-0000-0000000FF1CE}",
            "{90110000-0011-0000-0000-0000000FF1CE}",
            "{0000000FF1CE}",
            "{9ớ140000-0011-0000-0000-0000000FF1CE}",
            "",
        ] {
            assert_eq!(check(none), "", "{none}");
        }
    }

    #[test]
    fn programs_of_command_lines() {
        let check = |command: &str| program(command).unwrap_or_default();
        assert_eq!(check(r#""D:\Bo go\UniKeyNT.exe" /tray"#), r"d:\bo go\unikeynt.exe");
        assert_eq!(check(r"C:\EVKey64.exe -min"), r"c:\evkey64.exe");
        assert_eq!(check(""), "");
        assert_eq!(command("x", &RegistryValue::U32(1)), Ok(None));
        assert_eq!(command("x", &RegistryValue::Bytes(Vec::new())), Ok(None));
        assert!(command("x", &RegistryValue::Bytes(vec![0, 0xd8])).is_err());
    }

    #[test]
    fn where_an_input_method_runs_from() {
        let of = |paths: &[Result<&str, Reason>]| {
            let places = paths.iter().map(|path| path.clone().map(str::to_owned)).collect();
            risky(&BTreeMap::from([("UniKey", places)]))
        };
        assert_eq!(of(&[Ok(r"c:\users\an\appdata\local\temp\rar$exa1\unikeynt.exe")]), true.into());
        assert_eq!(of(&[Ok(r"c:\users\an\downloads\unikeynt.exe"), Err(Reason::Denied)]), true.into());
        assert_eq!(of(&[Ok(r"c:\unikey\unikeynt.exe")]), false.into());
        assert_eq!(of(&[Err(Reason::Denied)]), Fact::Unknown(Reason::Denied));
        assert_eq!(of(&[]), false.into());
    }
}

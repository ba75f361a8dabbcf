//! Tools that make Windows or Office look licensed.
//!
//! Known by the names of their services, tasks and files, by the server that a volume licence is activated by, and by
//! licences that run longer than any server of volume licences gives (180 days) or without an end, and by licences for
//! extended updates that nobody sold. A trace that has no other reason
//! confirms; one that has harmless reasons too makes suspect. The digital licence that some tools obtain leaves no
//! trace here. Names of traces are a fixed list; no file of a person is looked at.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use rules::fact::{Fact, Reason};
use rules::facts::exposure::Suspicion;

use super::registry::text;
use super::rows;
use super::services::matching;
use crate::host::answers::{Key, Query, Row, Task};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::present;

/// Settings of volume licences: of Windows, and of Office 2010 and of Windows 7's Office.
const PLATFORM: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\SoftwareProtectionPlatform";
const OFFICE_PLATFORM: &str = r"HKLM\SOFTWARE\Microsoft\OfficeSoftwareProtectionPlatform";
/// The products that keep settings of their own under those: Windows, Office 2013 and later, Office 2010.
const PRODUCTS: &[(&str, &str)] = &[
    (PLATFORM, "55c92734-d682-4d71-983e-d6ec3f16059f"),
    (PLATFORM, "0ff1ce15-a989-479d-af46-f275c6370663"),
    (OFFICE_PLATFORM, "0ff1ce15-a989-479d-af46-f275c6370663"),
    (OFFICE_PLATFORM, "59a52881-a989-479d-af46-f275c6370663"),
];
const NETWORK: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";

/// 180 days in minutes: the longest that a server of volume licences gives.
const KMS_MINUTES_MAX: u64 = 180 * 24 * 60;
/// LicenseStatus of SoftwareLicensingProduct: licensed.
const LICENSED: u64 = 1;
/// Years of extended updates that Microsoft never sold for Windows 7: the programme ended after the third.
const UNSOLD: &[&str] = &["7, Client-ESU-Year4", "7, Client-ESU-Year5", "7, Client-ESU-Year6"];
/// What the description of a product says when its licence comes from a server of volume licences. Not translated.
const KMS_CLIENT: &str = "VOLUME_KMSCLIENT";

/// How a tool is known.
struct Known {
    /// The name of its trace.
    trace: &'static str,
    /// Patterns of services' names.
    services: &'static [&'static str],
    /// Parts of tasks' paths, in small letters.
    tasks: &'static [&'static str],
    /// Files and folders.
    paths: &'static [&'static str],
}

const KNOWN: &[Known] = &[
    Known {
        trace: "aact",
        services: &[],
        tasks: &[r"\aact"],
        paths: &[r"%SystemRoot%\AAct_Tools", r"%ProgramData%\AAct_Tools"],
    },
    Known {
        trace: "autokms",
        services: &[],
        tasks: &[r"\autokms"],
        paths: &[r"%SystemRoot%\AutoKMS", r"%SystemRoot%\AutoKMS.exe", r"%SystemRoot%\KMSEmulator.exe"],
    },
    Known {
        trace: "heu_kms",
        services: &["HEU_KMS*", "HEUKMS*"],
        tasks: &[r"\heu_kms", r"\heu kms"],
        paths: &[r"%ProgramData%\HEU_KMS_Activator", r"%SystemRoot%\HEU_KMS"],
    },
    Known {
        trace: "kms_r@1n",
        services: &["KMS-R@1n*"],
        tasks: &["kms-r@1n", "r@1n-kms"],
        paths: &[r"%SystemRoot%\KMS-R@1n.exe", r"%SystemRoot%\KMS-R@1nHook.exe"],
    },
    Known {
        trace: "kms_vl_all",
        services: &[],
        tasks: &["kms_vl_all", r"\svctrigger"],
        paths: &[
            r"%SystemRoot%\System32\SppExtComObjHook.dll",
            r"%SystemRoot%\System32\SppExtComObjPatcher.dll",
            r"%SystemRoot%\System32\SppExtComObjPatcher.exe",
        ],
    },
    Known {
        trace: "kmsauto",
        services: &["KMSAuto*"],
        tasks: &[r"\kmsauto"],
        paths: &[
            r"%ProgramData%\KMSAuto",
            r"%ProgramData%\KMSAutoS",
            r"%SystemRoot%\KMSAuto",
            r"%SystemRoot%\KMSAutoS",
        ],
    },
    Known {
        trace: "kmspico",
        services: &["KMSELDI", "Service KMSELDI"],
        tasks: &[r"\kmspico", r"\autopico"],
        paths: &[r"%ProgramFiles%\KMSpico", r"%SystemRoot%\SECOH-QAD.exe", r"%SystemRoot%\SECOH-QAD.dll"],
    },
    Known {
        trace: "mas_renewal",
        services: &[],
        tasks: &[r"\activation-renewal", r"\activation-run_once", r"\online_kms_activation"],
        paths: &[
            r"%ProgramFiles%\Activation-Renewal",
            r"%ProgramData%\Activation-Renewal",
            r"%ProgramData%\Online_KMS_Activation",
        ],
    },
    Known {
        trace: "microsoft_toolkit",
        services: &["KMServerService", "KMSServerService"],
        tasks: &[r"\kmservice"],
        paths: &[r"%SystemRoot%\KMService.exe", r"%SystemRoot%\SysWOW64\srvany-kms.exe"],
    },
    Known {
        // The library beside Office that stands in for the one of Windows; the link to the latter has this name only
        // there.
        trace: "ohook",
        services: &[],
        tasks: &[],
        paths: &[
            r"%ProgramFiles%\Microsoft Office\root\vfs\System\sppcs.dll",
            r"%ProgramFiles%\Microsoft Office\root\vfs\SystemX86\sppcs.dll",
            r"%SystemDrive%\Program Files (x86)\Microsoft Office\root\vfs\System\sppcs.dll",
            r"%SystemDrive%\Program Files (x86)\Microsoft Office\root\vfs\SystemX86\sppcs.dll",
            r"%ProgramFiles%\Microsoft Office\Office15\sppcs.dll",
            r"%ProgramFiles%\Microsoft Office\Office16\sppcs.dll",
            r"%SystemDrive%\Program Files (x86)\Microsoft Office\Office15\sppcs.dll",
            r"%SystemDrive%\Program Files (x86)\Microsoft Office\Office16\sppcs.dll",
        ],
    },
];

/// Servers on the internet that give volume licences to anybody, and the domains that hold them.
const PUBLIC_SERVERS: &[&str] = &[
    "03k.org",
    "cangshui.net",
    "chinancce.com",
    "digiboy.ir",
    "f3322.org",
    "kmscloud.org",
    "loli.beer",
    "loli.best",
    "lotro.cc",
    "moeclub.org",
    "mc06.net",
    "msguides.com",
    "ms.ddns.net",
    "shuax.com",
    "srv.crsoo.com",
    "teevee.asia",
    "uk.to",
    "us.to",
    "v0v.bid",
    "wxlost.com",
    "xspace.in",
    "zhang.yt",
];

/// What was found.
pub(super) struct Found {
    pub(super) suspicion: Fact<Suspicion>,
    pub(super) traces: Fact<Vec<String>>,
}

pub(super) fn found(
    host: &dyn Host,
    services: &Result<Vec<String>, Trouble>,
    tasks: &Result<Vec<Task>, Trouble>,
    servers: &Result<Vec<String>, Trouble>,
) -> Found {
    let mut confirmed: BTreeSet<&str> = BTreeSet::new();
    let mut suspect: BTreeSet<&str> = BTreeSet::new();
    // Why something could not be looked at.
    let mut missed: Option<Trouble> = None;
    let mut note = |trouble: &Trouble| missed = missed.take().or_else(|| Some(trouble.clone()));
    for known in KNOWN {
        match named(host, known, services, tasks) {
            Ok(true) => drop(confirmed.insert(known.trace)),
            Ok(false) => {}
            Err(trouble) => note(&trouble),
        }
    }
    match servers {
        Ok(servers) => confirmed.extend(servers.iter().filter_map(|server| of_server(server))),
        Err(trouble) => note(trouble),
    }
    match licences(host) {
        Ok(Licences { minutes: licences, extended, extended_unsold, windows, odd }) => {
            if let Some(odd) = odd {
                note(&odd);
            }
            if licences.iter().any(|minutes| *minutes > KMS_MINUTES_MAX) {
                confirmed.insert("kms_beyond_180_days");
            }
            // A server gives no licence without an end; a tool that forges the store of licences does.
            if licences.contains(&0) {
                suspect.insert("kms_without_end");
            }
            if extended_unsold {
                suspect.insert("extended_updates_unsold");
            }
            if extended && windows == Some(false) {
                suspect.insert("extended_updates_without_licence");
            }
            let no_server = servers.as_ref().is_ok_and(Vec::is_empty);
            match in_domain(host) {
                Ok(false) if no_server && !licences.is_empty() => drop(suspect.insert("kms_without_server")),
                Ok(_) => {}
                Err(trouble) => note(&trouble),
            }
        }
        Err(trouble) => note(&trouble),
    }
    let suspicion = match (confirmed.is_empty(), suspect.is_empty(), missed) {
        (false, _, _) => Suspicion::Confirmed.into(),
        (true, false, _) => Suspicion::Suspect.into(),
        (true, true, Some(trouble)) => Fact::Unknown(Reason::from(trouble)),
        (true, true, None) => Suspicion::None.into(),
    };
    Found {
        traces: match &suspicion {
            Fact::Unknown(reason) => Fact::Unknown(reason.clone()),
            Fact::Known(_) | Fact::Absent => {
                Fact::Known(confirmed.into_iter().chain(suspect).map(str::to_owned).collect())
            }
        },
        suspicion,
    }
}

/// Whether anything of a tool is there. What was found counts, even when something else could not be looked at.
fn named(
    host: &dyn Host,
    known: &Known,
    services: &Result<Vec<String>, Trouble>,
    tasks: &Result<Vec<Task>, Trouble>,
) -> Result<bool, Trouble> {
    let mut missed = None;
    match services {
        Ok(names) if !matching(names, known.services).is_empty() => return Ok(true),
        Ok(_) => {}
        Err(trouble) => missed = Some(trouble.clone()),
    }
    for path in known.paths {
        match present(host, path) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(trouble) => missed = Some(trouble),
        }
    }
    match tasks {
        Ok(tasks) => {
            let is_of = |task: &Task| {
                let path = task.path.to_lowercase();
                known.tasks.iter().any(|part| path.contains(part))
            };
            if tasks.iter().any(is_of) {
                return Ok(true);
            }
            if tasks.iter().any(|task| task.path.is_empty()) {
                missed = Some(Trouble::Failed("the name of a task cannot be read".to_owned()));
            }
        }
        Err(trouble) => missed = Some(trouble.clone()),
    }
    missed.map_or(Ok(false), Err)
}

/// The servers that volume licences are activated by, as they are set on this PC, that of Windows first.
pub(super) fn servers(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    let mut servers = Vec::new();
    let mut ask = |key: &str| -> Result<(), Trouble> {
        if let Some(server) = text(host, key, "KeyManagementServiceName")? {
            let server = server.to_lowercase();
            if !servers.contains(&server) {
                servers.push(server);
            }
        }
        Ok(())
    };
    ask(PLATFORM)?;
    ask(OFFICE_PLATFORM)?;
    for (platform, product) in PRODUCTS {
        let key = format!(r"{platform}\{product}");
        ask(&key)?;
        // One for each edition.
        for edition in host.registry_keys(Key::wide(&key))?.unwrap_or_default() {
            ask(&format!(r"{key}\{edition}"))?;
        }
    }
    Ok(servers)
}

/// The trace that the name of a server is.
fn of_server(server: &str) -> Option<&'static str> {
    let server = server.trim_end_matches('.');
    let is_here = match server.parse::<Ipv4Addr>() {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => server == "localhost" || server == "::1",
    };
    let is_public = PUBLIC_SERVERS
        .iter()
        .any(|known| server.strip_suffix(known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    match (is_here, is_public) {
        (true, _) => Some("kms_on_this_pc"),
        (false, true) => Some("kms_public"),
        (false, false) => None,
    }
}

/// What the licences that have a key tell.
#[derive(Default)]
struct Licences {
    /// Minutes that are left of each volume licence that is activated by a server.
    minutes: Vec<u64>,
    /// Whether one for extended updates is active, and whether that was never sold.
    extended: bool,
    extended_unsold: bool,
    /// Whether one of Windows itself is active; none when there is no key at all.
    windows: Option<bool>,
    /// Why one could not be read.
    odd: Option<Trouble>,
}

fn licences(host: &dyn Host) -> Result<Licences, Trouble> {
    let query = Query {
        namespace: r"ROOT\CIMV2",
        class: "SoftwareLicensingProduct",
        columns: &["Description", "GracePeriodRemaining", "LicenseStatus", "Name"],
        filter: "PartialProductKey IS NOT NULL",
    };
    let rows = host.wmi(&query)?.ok_or(Trouble::NotSupported)?;
    let mut told = Licences::default();
    for row in &rows {
        if let Err(trouble) = note_licence(row, &mut told) {
            told.odd = Some(trouble);
        }
    }
    Ok(told)
}

fn note_licence(row: &Row, told: &mut Licences) -> Result<(), Trouble> {
    let name = rows::text(row, "Name")?.unwrap_or_default();
    let active = rows::number(row, "LicenseStatus")? == Some(LICENSED);
    if name.contains("-ESU-") {
        told.extended |= active;
        told.extended_unsold |= active && UNSOLD.iter().any(|unsold| name.contains(unsold));
    } else if name.starts_with("Windows(R)") {
        told.windows = Some(told.windows.unwrap_or(false) || active);
    }
    told.minutes.extend(minutes_left(row)?);
    Ok(())
}

/// None for a licence of another kind, and for one that is not activated.
fn minutes_left(row: &Row) -> Answer<u64> {
    let is_kms = rows::text(row, "Description")?.is_some_and(|text| text.contains(KMS_CLIENT));
    if !is_kms || rows::number(row, "LicenseStatus")? != Some(LICENSED) {
        return Ok(None);
    }
    let silent = || Trouble::Failed("a volume licence does not tell how long it lasts".to_owned());
    rows::number(row, "GracePeriodRemaining")?.ok_or_else(silent).map(Some)
}

/// A PC of a domain finds its server by the name service, or is activated by the domain itself.
fn in_domain(host: &dyn Host) -> Result<bool, Trouble> {
    let found: Answer<String> = text(host, NETWORK, "Domain");
    Ok(found?.is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::recorded::Recording;

    const LICENCES: &str = r"wmi ROOT\CIMV2: SELECT Description, GracePeriodRemaining, LicenseStatus, Name FROM SoftwareLicensingProduct WHERE PartialProductKey IS NOT NULL";

    fn check(
        services: &[&str],
        tasks: Result<&[&str], Trouble>,
        file: &str,
        server: Option<&str>,
        licence: Value,
        expected: (Fact<Suspicion>, &[&str]),
    ) {
        let mut modified = serde_json::Map::new();
        for path in KNOWN.iter().flat_map(|known| known.paths) {
            let answer = if *path == file { json!("2024-01-01T00:00:00Z") } else { Value::Null };
            modified.insert((*path).to_owned(), answer);
        }
        let recording = json!({
            "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T02:30:00Z",
            "modified": modified,
            "asked": {LICENCES: licence, format!("registry value {NETWORK}: Domain"): null},
        });
        let host = Recording::load(&recording.to_string()).unwrap();
        let services = Ok(services.iter().map(|name| (*name).to_owned()).collect());
        let task = |path: &&str| Task { path: (*path).to_owned(), programs: None };
        let tasks = tasks.map(|tasks| tasks.iter().map(task).collect());
        let servers = Ok(server.iter().map(|server| (*server).to_owned()).collect());
        let found = found(&host, &services, &tasks, &servers);
        assert_eq!(found.suspicion, expected.0);
        assert_eq!(found.traces.known().cloned().unwrap_or_default(), expected.1);
    }

    fn kms(minutes: u64) -> Value {
        json!([{"Description": "Windows(R) Operating System, VOLUME_KMSCLIENT channel", "GracePeriodRemaining": minutes, "LicenseStatus": 1, "Name": "Windows(R), Professional edition"}])
    }

    #[test]
    fn traces() {
        let confirmed = || Fact::Known(Suspicion::Confirmed);
        let retail = json!([{"Description": "Windows(R) Operating System, RETAIL channel", "GracePeriodRemaining": 0, "LicenseStatus": 1, "Name": "Windows(R), Professional edition"}]);
        check(&["Dhcp"], Ok(&[r"\Zalo"]), "", None, retail.clone(), (Suspicion::None.into(), &[]));
        check(&["Service KMSELDI"], Ok(&[]), "", None, retail.clone(), (confirmed(), &["kmspico"]));
        check(&[], Ok(&[r"\AutoKMS"]), "", None, retail.clone(), (confirmed(), &["autokms"]));
        let ohook = r"%ProgramFiles%\Microsoft Office\root\vfs\System\sppcs.dll";
        check(&[], Ok(&[]), ohook, None, retail.clone(), (confirmed(), &["ohook"]));
        check(&[], Ok(&[]), "", Some("127.0.0.2"), kms(200_000), (confirmed(), &["kms_on_this_pc"]));
        check(&[], Ok(&[]), "", Some("kms8.msguides.com"), kms(200_000), (confirmed(), &["kms_public"]));
        check(&[], Ok(&[]), "", Some("kms.tinh.gov.vn"), kms(200_000), (Suspicion::None.into(), &[]));
        check(&[], Ok(&[]), "", None, kms(200_000), (Suspicion::Suspect.into(), &["kms_without_server"]));
        let both: &[&str] = &["kms_beyond_180_days", "kms_without_server"];
        check(&[], Ok(&[]), "", None, kms(5_900_000), (confirmed(), both));
        // Nothing found where not everything was looked at is unknown.
        check(&[], Err(Trouble::Denied), "", None, retail.clone(), (Fact::Unknown(Reason::Denied), &[]));
        check(&["KMSELDI"], Err(Trouble::Denied), "", None, retail, (confirmed(), &["kmspico"]));
        // A licence of a server has an end, and licences for extended updates need one of Windows and somebody who sold them.
        let suspect = || Fact::Known(Suspicion::Suspect);
        check(&[], Ok(&[]), "", Some("kms.tinh.gov.vn"), kms(0), (suspect(), &["kms_without_end"]));
        let extended = |windows: u64, year: u32| {
            json!([
                {"Description": "RETAIL channel", "GracePeriodRemaining": 0, "LicenseStatus": windows, "Name": "Windows(R) 7, Professional edition"},
                {"Description": "VOLUME_MAK channel", "GracePeriodRemaining": 0, "LicenseStatus": 1, "Name": format!("Windows(R) 7, Client-ESU-Year{year}")},
            ])
        };
        check(&[], Ok(&[]), "", None, extended(1, 3), (Suspicion::None.into(), &[]));
        check(&[], Ok(&[]), "", None, extended(1, 5), (suspect(), &["extended_updates_unsold"]));
        check(&[], Ok(&[]), "", None, extended(5, 1), (suspect(), &["extended_updates_without_licence"]));
        // A licence that cannot be read might be the one that lasts too long.
        for column in ["Description", "GracePeriodRemaining", "LicenseStatus", "Name"] {
            let mut silent = kms(5_900_000);
            silent[0].as_object_mut().unwrap().remove(column);
            let unknown = Fact::failed(format!("WMI tells no {column}"));
            check(&[], Ok(&[]), "", Some("kms.tinh.gov.vn"), silent, (unknown, &[]));
        }
        let hangs = json!({"trouble": "timed_out"});
        check(&[], Ok(&[]), "", None, hangs, (Fact::Unknown(Reason::TimedOut), &[]));
        assert_eq!(of_server("notmsguides.com"), None);
    }
}

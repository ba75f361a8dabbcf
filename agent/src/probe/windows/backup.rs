//! Copies of the data.
//!
//! Windows Backup (from Windows 7 on) and File History from what they note in the registry; Windows Server Backup, and
//! images that Windows makes of its drives, from the log of events, by number; OneDrive by where a person's documents
//! lie; other makers' programs by their services, whose last success only they know. Restore points from WMI, which
//! needs an administrator. Shadow copies are not counted: restore points are made of them. Settings of people who are
//! not signed in are not seen.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::backup::{Backup, Target};

use super::moments::{dmtf, filetime};
use super::registry::text;
use super::{people, services, volumes};
use crate::host::answers::{Cell, Key, Query, RegistryValue, ServiceStart};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{known_or_unsupported, present};

const WINDOWS_BACKUP: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsBackup\Status";
const FILE_HISTORY: &str = r"Software\Microsoft\Windows\CurrentVersion\FileHistory";
const FOLDERS: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\User Shell Folders";

/// The program that makes images; a server has it with Windows Server Backup only.
const IMAGES: &str = r"%SystemRoot%\System32\wbadmin.exe";
/// Where it tells how it went, and the event that tells of success ("Windows Server Backup events", Microsoft).
const IMAGES_LOG: &str = "Microsoft-Windows-Backup";
const IMAGE_MADE: u16 = 4;
const CURRENT: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";

/// Services of programs that make copies.
const SERVICES: &[(&str, &str)] = &[
    ("AcrSch2Svc", "Acronis"),
    ("AcronisAgent", "Acronis"),
    ("BackupExecAgentAccelerator", "Backup Exec"),
    ("Backupper Service", "AOMEI Backupper"),
    ("Bacula-fd", "Bacula"),
    ("CASAD2DWebSvc", "Arcserve UDP"),
    ("CarboniteService", "Carbonite"),
    ("CobianBackup11", "Cobian Backup"),
    ("CrashPlanService", "CrashPlan"),
    ("DPMRA", "Microsoft Data Protection Manager"),
    ("Duplicati", "Duplicati"),
    ("EaseUS Agent", "EaseUS Todo Backup"),
    ("GxCVD*", "Commvault"),
    ("MMS", "Acronis"),
    ("MTAgentService", "MiniTool ShadowMaker"),
    ("MacriumService", "Macrium Reflect"),
    ("OBEngine", "Microsoft Azure Recovery Services"),
    ("ReflectService", "Macrium Reflect"),
    ("ShadowProtectSvc", "ShadowProtect"),
    ("Synology Active Backup for Business Service", "Synology Active Backup"),
    ("UrBackupClientBackend", "UrBackup"),
    ("VeeamBackupSvc", "Veeam Backup & Replication"),
    ("VeeamEndpointBackupSvc", "Veeam Agent"),
    ("bzserv", "Backblaze"),
];

/// What is known of the copies that were found.
#[derive(Default)]
struct Copies {
    products: BTreeSet<&'static str>,
    /// The last success that is known, and where that copy lies.
    last: Option<(Timestamp, Option<Target>)>,
    /// Whether a program keeps its last success to itself.
    silent: bool,
    /// Whether documents lie in a cloud.
    cloud: bool,
    /// Why it could not be looked whether something makes copies.
    missed: Option<Trouble>,
}

impl Copies {
    fn made(&mut self, product: &'static str, at: Option<Timestamp>, target: Option<Target>) {
        self.products.insert(product);
        match at {
            Some(at) if self.last.is_none_or(|(last, _)| last < at) => self.last = Some((at, target)),
            Some(_) => {}
            None => self.silent = true,
        }
    }
}

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Backup {
    let (restore_points, restore_point_at) = match restore_points(host) {
        Ok(Some(points)) => (
            i64::try_from(points.len()).map_or(Fact::Absent, Fact::Known),
            Fact::known_or_absent(points.into_iter().max()),
        ),
        // Windows Server makes none.
        Ok(None) => (unknown(), unknown()),
        Err(trouble) => (Fact::Unknown(trouble.clone().into()), Fact::Unknown(trouble.into())),
    };
    let base = match copies(host) {
        Ok(copies) => {
            let (last_at, target) = told(&copies);
            let products: Vec<String> = copies.products.into_iter().map(str::to_owned).collect();
            let products = match copies.missed {
                Some(trouble) => Fact::Unknown(trouble.into()),
                None => products.into(),
            };
            Backup { products, last_at, target, ..Backup::default() }
        }
        Err(trouble) => Backup::all_unknown(&trouble.into()),
    };
    Backup { restore_points, restore_point_at, ..base }
}

fn told(copies: &Copies) -> (Fact<Timestamp>, Fact<Target>) {
    if let Some(trouble) = &copies.missed {
        // What could not be looked at may have made a copy, or the newest.
        let reason = Reason::from(trouble.clone());
        return (Fact::Unknown(reason.clone()), Fact::Unknown(reason));
    }
    if copies.products.is_empty() {
        return (Fact::Absent, Fact::Absent);
    }
    // A program that keeps its time to itself may have made a newer copy.
    let last_at = match copies.last {
        Some((at, _)) if !copies.silent => at.into(),
        Some(_) | None => unknown(),
    };
    let target = match copies.last {
        Some((_, target)) if !copies.silent => known_or_unsupported(target),
        None if !copies.silent && copies.cloud => Target::Cloud.into(),
        Some(_) | None => unknown(),
    };
    (last_at, target)
}

fn unknown<T>() -> Fact<T> {
    Fact::Unknown(Reason::NotSupported)
}

fn copies(host: &dyn Host) -> Result<Copies, Trouble> {
    let mut copies = Copies::default();
    if let Some(values) = host.registry_values(Key::wide(WINDOWS_BACKUP))?
        && values.contains_key("LastResultTime")
    {
        // A first copy that failed has no success.
        let at = values.get("LastSuccess").and_then(moment);
        let place = match values.get("LastResultTargetPresentableName") {
            Some(RegistryValue::Text(place)) if place.starts_with(r"\\") => Some(Target::Network),
            Some(RegistryValue::Text(place)) => drive(host, place),
            Some(_) | None => None,
        };
        copies.made("Windows Backup", at, place);
    }
    match image(host) {
        Ok(Some((product, at))) => copies.made(product, Some(at), None),
        Ok(None) => {}
        Err(trouble) => copies.missed = Some(trouble),
    }
    let (mut opened, mut denied) = (false, false);
    for sid in people::signed_in(host)? {
        let key = format!(r"HKU\{sid}\{FILE_HISTORY}");
        match host.registry_value(Key::wide(&key), "ProtectedUpToTime") {
            // Windows writes 0 while a copy is being made.
            Ok(Some(value)) => copies.made("File History", moment(&value), None),
            Ok(None) => {}
            Err(Trouble::Denied) => {
                denied = true;
                continue;
            }
            Err(trouble) => return Err(trouble),
        }
        opened = true;
        let documents = text(host, &format!(r"HKU\{sid}\{FOLDERS}"), "Personal")?.unwrap_or_default();
        if documents.split('\\').any(|folder| folder == "OneDrive" || folder.starts_with("OneDrive - ")) {
            copies.products.insert("OneDrive");
            copies.cloud = true;
        }
    }
    // Others' settings may stay closed, but not everybody's.
    if denied && !opened {
        copies.missed = Some(Trouble::Denied);
    }
    let names = services::names(host)?;
    for (service, product) in SERVICES {
        for state in services::states(host, &services::matching(&names, &[service]))? {
            if state.start != ServiceStart::Disabled {
                copies.made(product, None, None);
            }
        }
    }
    Ok(copies)
}

/// The last image of drives that was made with success, and by which part of Windows; none when it makes none.
fn image(host: &dyn Host) -> Answer<(&'static str, Timestamp)> {
    if !present(host, IMAGES)? {
        return Ok(None);
    }
    let made = host.newest_events(IMAGES_LOG, IMAGE_MADE)?.unwrap_or_default();
    let Some(at) = made.iter().map(|event| event.at).max() else { return Ok(None) };
    let server = text(host, CURRENT, "InstallationType")?.is_some_and(|kind| kind.contains("Server"));
    Ok(Some((if server { "Windows Server Backup" } else { "Windows image backup" }, at)))
}

/// Whether this place, such as `E:\`, is on the drive that Windows is on, where the work is kept.
fn drive(host: &dyn Host, place: &str) -> Option<Target> {
    let letter = place.get(..2)?.to_ascii_uppercase();
    let system = volumes::system(host).ok()?;
    let drives = volumes::drives(host).ok()?;
    let drive = drives.iter().find(|drive| drive.letters.contains(&letter))?;
    Some(if drive.letters.contains(&system) { Target::SameDrive } else { Target::OtherDrive })
}

/// A time, as number or as bytes; none for what is no time, such as 0.
fn moment(value: &RegistryValue) -> Option<Timestamp> {
    match value {
        RegistryValue::U64(ticks) => filetime(*ticks),
        RegistryValue::Bytes(bytes) => filetime(u64::from_le_bytes(bytes.as_slice().try_into().ok()?)),
        RegistryValue::Text(_)
        | RegistryValue::Expand(_)
        | RegistryValue::Texts(_)
        | RegistryValue::U32(_) => None,
    }
}

/// When each of the restore points was made. Not there: this Windows makes none.
fn restore_points(host: &dyn Host) -> Result<Option<Vec<Timestamp>>, Trouble> {
    let query =
        Query { namespace: r"ROOT\DEFAULT", class: "SystemRestore", columns: &["CreationTime"], filter: "" };
    let Some(rows) = host.wmi(&query)? else { return Ok(None) };
    let times = rows.iter().map(|row| match row.get("CreationTime") {
        Some(Cell::Text(text)) => {
            dmtf(text).ok_or_else(|| Trouble::Failed(format!("a restore point was made at {text:?}")))
        }
        _ => Err(Trouble::Failed("a restore point has no time".to_owned())),
    });
    Ok(Some(times.collect::<Result<_, _>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_the_registry() {
        let at = Some("2026-11-20T02:15:00Z".parse().unwrap());
        let ticks = 134_396_145_000_000_000_u64;
        assert_eq!(moment(&RegistryValue::U64(ticks)), at);
        assert_eq!(moment(&RegistryValue::Bytes(ticks.to_le_bytes().to_vec())), at);
        assert_eq!(moment(&RegistryValue::U64(0)), None);
        assert_eq!(moment(&RegistryValue::U64(u64::MAX)), None);
        assert_eq!(moment(&RegistryValue::Bytes(vec![1, 2])), None);
    }

    #[test]
    fn a_silent_program_may_have_made_the_newest_copy() {
        let at: Timestamp = "2026-11-20T02:15:00Z".parse().unwrap();
        let mut copies = Copies::default();
        assert_eq!(told(&copies), (Fact::Absent, Fact::Absent));
        copies.made("Windows Backup", Some(at), Some(Target::Network));
        assert_eq!(told(&copies), (at.into(), Target::Network.into()));
        copies.made("Veeam Agent", None, None);
        assert_eq!(told(&copies), (unknown(), unknown()));
        let missed = Copies { missed: Some(Trouble::Denied), ..Copies::default() };
        let denied = (Fact::Unknown(Reason::Denied), Fact::Unknown(Reason::Denied));
        assert_eq!(told(&missed), denied, "what could not be looked at is no proof that there is no copy");
        let cloud = Copies { products: ["OneDrive"].into(), cloud: true, ..Copies::default() };
        assert_eq!(told(&cloud), (unknown(), Target::Cloud.into()));
    }
    #[test]
    fn images_of_a_server() {
        let check = |program: serde_json::Value, events: serde_json::Value| {
            let recording = serde_json::json!({
                "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T02:30:00Z",
                "modified": {IMAGES: program},
                "asked": {
                    "newest events Microsoft-Windows-Backup: 4": events,
                    format!("registry value {CURRENT}: InstallationType"): {"text": "Server Core"},
                },
            });
            image(&crate::host::recorded::Recording::load(&recording.to_string()).unwrap())
        };
        let there = serde_json::json!("2024-01-01T00:00:00Z");
        let denied = serde_json::json!({"trouble": "denied"});
        let made = serde_json::json!([{"at": "2026-11-21T14:03:00Z", "id": 4, "provider": "Microsoft-Windows-Backup"}]);
        let at: Timestamp = "2026-11-21T14:03:00Z".parse().unwrap();
        assert_eq!(check(there.clone(), made), Ok(Some(("Windows Server Backup", at))));
        assert_eq!(check(there.clone(), serde_json::json!([])), Ok(None));
        assert_eq!(check(there.clone(), serde_json::Value::Null), Ok(None), "there is no such log");
        assert_eq!(check(there, denied.clone()), Err(Trouble::Denied));
        assert_eq!(check(serde_json::Value::Null, denied.clone()), Ok(None), "nothing makes images");
        assert_eq!(check(denied.clone(), denied), Err(Trouble::Denied));
    }
}

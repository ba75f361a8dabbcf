//! The state of updates.
//!
//! When an update was last installed is told by the packages of Windows itself (component based servicing), in numbers
//! and without asking anybody: Windows Update also counts the signatures that an antivirus gets every day, and its list
//! of hotfixes has dates in the way of some country. What waits is told by Windows Update, out of what it learned when
//! it last looked; it answers in a program of its own and is asked at last. Policies, the service and a pending restart
//! stand in the registry. Nothing needs an administrator.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rules::fact::Fact;
use rules::facts::updates::Updates;

use super::moments::filetime;
use super::registry::{number, text};
use crate::host::answers::{Key, RegistryValue, ServiceStart, WaitingUpdate};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

const PACKAGES: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\Packages";
/// Packages of monthly updates since Windows 8.1, and of single ones before.
const MONTHLY: &str = "Package_for_RollupFix~";
const SINGLE: &str = "Package_for_KB";
/// A package that is installed (CbsInstallState).
const INSTALLED: i64 = 0x70;

const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\WindowsUpdate";
const AUTO_UPDATE: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
const SETTINGS: &str = r"HKLM\SOFTWARE\Microsoft\WindowsUpdate\UX\Settings";
const CURRENT: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
/// Windows 10, where people cannot switch updates off.
const BUILD_OF_10: i64 = 10_240;
/// Updates are downloaded and installed at a time that somebody set (AUOptions).
const SCHEDULED: i64 = 4;

/// Keys that are there while a restart is due: for Windows Update, and for packages of Windows.
const RESTARTS: &[&str] = &[
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired",
    r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending",
];
const SESSION_MANAGER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager";

/// Categories of Windows Update ("Obtaining the category of an update", WUA documents): security updates, and signatures
/// of an antivirus, of which some always wait.
const SECURITY: &str = "0fa1201d-4330-4fa8-8ae9-b877473b6441";
const DEFINITIONS: &str = "e0789628-ce08-4437-be74-2495b842f43b";

pub(super) fn ask(host: &dyn Host, now: Timestamp) -> Updates {
    let service = host.service("wuauserv").map(|service| {
        // Somebody who takes the service away has switched it off.
        Some(service.is_some_and(|service| service.start != ServiceStart::Disabled))
    });
    let own = host.windows_updates();
    let wanted = own.clone().map(|own| own.is_some_and(|own| own.restart_required));
    let restart = restart(host, wanted);
    let installed_at = match installed_at(host) {
        Ok(None) => own.clone().map(|own| own.and_then(|own| own.installed_at)),
        answer => answer,
    };
    let checked_at = match own {
        Ok(own) => Ok(own.and_then(|own| own.searched_at)),
        // Up to Windows 8.1 the registry knows too.
        Err(trouble) => {
            last_success(host, "Detect").and_then(|at| at.map_or(Err(trouble), |at| Ok(Some(at))))
        }
    };
    // What takes longest comes last.
    let waiting = host.waiting_updates();
    Updates {
        manager: "windows_update".to_owned().into(),
        checked_at: fact(checked_at),
        installed_at: fact_or_unsupported(installed_at),
        waiting: count(&waiting, |_| true),
        waiting_security: count(&waiting, is_security),
        restart_pending: fact(restart.as_ref().map(|restart| Some(restart.pending)).map_err(Clone::clone)),
        restart_pending_since: fact(restart.map(|restart| restart.since)),
        automatic: fact_or_unsupported(automatic(host, &service, now)),
        service: fact(service),
        server: fact(server(host)),
    }
}

fn count(waiting: &Answer<Vec<WaitingUpdate>>, counts: impl Fn(&WaitingUpdate) -> bool) -> Fact<i64> {
    fact_or_unsupported(waiting.as_ref().map_err(Clone::clone).map(|waiting| {
        let waiting = waiting.as_ref()?;
        let real = waiting.iter().filter(|update| !update.driver && !is_in(update, DEFINITIONS));
        i64::try_from(real.filter(|update| counts(update)).count()).ok()
    }))
}

fn is_in(update: &WaitingUpdate, category: &str) -> bool {
    update.categories.iter().any(|its| its == category)
}

/// Monthly updates are security updates that often have no severity.
fn is_security(update: &WaitingUpdate) -> bool {
    !update.severity.is_empty() || is_in(update, SECURITY)
}

/// When the newest update of Windows was installed.
fn installed_at(host: &dyn Host) -> Answer<Timestamp> {
    let packages = match host.registry_keys(Key::wide(PACKAGES)) {
        Ok(packages) => packages.unwrap_or_default(),
        // Some Windows shows its packages to administrators only.
        Err(Trouble::Denied) => return last_success(host, "Install"),
        Err(trouble) => return Err(trouble),
    };
    let monthly: Vec<&String> = packages.iter().filter(|name| name.starts_with(MONTHLY)).collect();
    let chosen = match monthly.is_empty() {
        true => packages.iter().filter(|name| name.starts_with(SINGLE)).collect(),
        false => monthly,
    };
    let mut newest = None;
    for name in chosen {
        newest = newest.max(package_at(host, &format!(r"{PACKAGES}\{name}"))?);
    }
    match newest {
        Some(newest) => Ok(Some(newest)),
        None => last_success(host, "Install"),
    }
}

fn package_at(host: &dyn Host, path: &str) -> Answer<Timestamp> {
    if number(host, path, "CurrentState")? != Some(INSTALLED) {
        return Ok(None);
    }
    let part = |name| -> Answer<u64> {
        Ok(number(host, path, name)?.and_then(|part| u32::try_from(part).ok()).map(u64::from))
    };
    match (part("InstallTimeHigh")?, part("InstallTimeLow")?) {
        (Some(high), Some(low)) => Ok(filetime(high << 32 | low)),
        _ => Ok(None),
    }
}

/// `2019-12-10 03:21:08`, UTC, which Windows kept up to 8.1.
fn last_success(host: &dyn Host, of: &str) -> Answer<Timestamp> {
    let path = format!(r"{AUTO_UPDATE}\Results\{of}");
    let Some(at) = text(host, &path, "LastSuccessTime")? else { return Ok(None) };
    let civil: DateTime = at
        .replace(' ', "T")
        .parse()
        .map_err(|_| Trouble::Failed(format!("{path}: LastSuccessTime is no time: {at:?}")))?;
    let at = civil.to_zoned(TimeZone::UTC).map(|at| at.timestamp());
    at.map(Some).map_err(|_| Trouble::Failed(format!("{path}: LastSuccessTime is an impossible time")))
}

/// Whether a restart is due, and since when; since when is not known of files that wait to be replaced.
struct Restart {
    pending: bool,
    since: Option<Timestamp>,
}

/// `wanted`: Windows Update wants one. It notes that in the registry too, so where it does not answer the registry does.
fn restart(host: &dyn Host, wanted: Result<bool, Trouble>) -> Result<Restart, Trouble> {
    let mut since: Option<Timestamp> = None;
    for path in RESTARTS {
        if let Some(at) = host.registry_changed(Key::wide(path))? {
            since = Some(since.map_or(at, |since| since.min(at)));
        }
    }
    let pending = since.is_some() || wanted.unwrap_or(false) || replaces_system_files(host)?;
    Ok(Restart { pending, since })
}

/// Programs leave their rubbish to the next start every day; files of Windows tell of an update.
fn replaces_system_files(host: &dyn Host) -> Result<bool, Trouble> {
    let waiting = host.registry_value(Key::wide(SESSION_MANAGER), "PendingFileRenameOperations")?;
    let paths = match waiting {
        Some(RegistryValue::Texts(paths)) => paths,
        Some(_) => return Err(Trouble::Failed("PendingFileRenameOperations are no texts".to_owned())),
        None => return Ok(false),
    };
    Ok(paths.iter().any(|path| {
        let path = path.to_lowercase();
        path.contains(r"\windows\") && !path.contains(r"\temp\")
    }))
}

/// Whether updates install by themselves. A policy goes before what is set on the PC.
fn automatic(host: &dyn Host, service: &Answer<bool>, now: Timestamp) -> Answer<bool> {
    if *service == Ok(Some(false)) {
        return Ok(Some(false));
    }
    let policy = format!(r"{POLICY}\AU");
    if number(host, &policy, "NoAutoUpdate")?.is_some_and(|never| never != 0) {
        return Ok(Some(false));
    }
    match number(host, &policy, "AUOptions")? {
        // 5 leaves it to the administrators of the PC.
        Some(5) | None => {}
        Some(option) => return Ok(Some(option == SCHEDULED)),
    }
    let build = number(host, CURRENT, "CurrentBuild")?;
    if build.is_none_or(|build| build < BUILD_OF_10) {
        return Ok(number(host, AUTO_UPDATE, "AUOptions")?.map(|option| option == SCHEDULED));
    }
    // People may put updates off for some weeks.
    let paused_until = text(host, SETTINGS, "PauseUpdatesExpiryTime")?.and_then(|until| until.parse().ok());
    Ok(Some(paused_until.is_none_or(|until: Timestamp| until <= now)))
}

/// The name of the server that a policy sets.
fn server(host: &dyn Host) -> Answer<String> {
    if number(host, &format!(r"{POLICY}\AU"), "UseWUServer")? != Some(1) {
        return Ok(None);
    }
    Ok(text(host, POLICY, "WUServer")?.map(|server| {
        let rest = server.split_once("://").map_or(server.as_str(), |(_, rest)| rest);
        let authority = rest.split('/').next().unwrap_or_default();
        authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::{Recorded, Recording};

    fn pc(asked: &serde_json::Value) -> Recorded {
        let recording = serde_json::json!({ "origin": "made up", "about": "", "platform": "windows",
            "taken_at": "2026-11-22T00:00:00Z", "asked": asked });
        Recording::load(&recording.to_string()).unwrap()
    }

    #[test]
    fn the_newest_package_that_is_installed_counts() {
        let key = |name: &str, value: &str| format!(r"registry value {PACKAGES}\{MONTHLY}{name}: {value}");
        let check = |state: u32, high: serde_json::Value| {
            let asked = serde_json::json!({
                format!("registry keys {PACKAGES}"): ["Package_1_for_KB1", format!("{MONTHLY}a"), "Package_for_KB2~"],
                key("a", "CurrentState"): { "u32": state },
                key("a", "InstallTimeHigh"): high,
                key("a", "InstallTimeLow"): { "u32": 3_000_000_000_u32 },
                format!(r"registry value {AUTO_UPDATE}\Results\Install: LastSuccessTime"): { "text": "2019-12-10 03:21:08" },
            });
            installed_at(&pc(&asked)).map(|at| at.map(|at| at.to_string()).unwrap_or_default())
        };
        assert_eq!(check(112, serde_json::json!({"u32": 31_218_000})).unwrap(), "2025-11-19T12:33:24Z");
        assert_eq!(
            check(80, serde_json::json!({"u32": 31_218_000})).unwrap(),
            "2019-12-10T03:21:08Z",
            "superseded"
        );
        assert_eq!(check(112, serde_json::Value::Null).unwrap(), "2019-12-10T03:21:08Z");
        assert!(check(112, serde_json::json!({"bytes": "AA=="})).is_err(), "an odd type is told");
    }

    #[test]
    fn files_that_wait_for_a_restart() {
        let check = |paths: serde_json::Value| {
            let question = format!("registry value {SESSION_MANAGER}: PendingFileRenameOperations");
            replaces_system_files(&pc(&serde_json::json!({ question: paths })))
        };
        assert_eq!(
            check(
                serde_json::json!({"texts": [r"\??\C:\Windows\System32\new.dll", r"!\??\C:\Windows\System32\a.dll"]})
            ),
            Ok(true)
        );
        let rubbish = [r"\??\C:\Users\user1\AppData\Local\Temp\x.tmp", r"\??\C:\Windows\Temp\x.tmp"];
        assert_eq!(check(serde_json::json!({"texts": rubbish})), Ok(false));
        assert!(check(serde_json::json!({"u32": 1})).is_err(), "an odd type is told");
        assert_eq!(check(serde_json::Value::Null), Ok(false));
    }

    #[test]
    fn what_policies_say_of_updates() {
        let check = |policy: serde_json::Value, build: &str, own: serde_json::Value| {
            let asked = serde_json::json!({
                format!(r"registry value {POLICY}\AU: NoAutoUpdate"): null,
                format!(r"registry value {POLICY}\AU: AUOptions"): policy,
                format!("registry value {CURRENT}: CurrentBuild"): { "text": build },
                format!("registry value {AUTO_UPDATE}: AUOptions"): own,
                format!("registry value {SETTINGS}: PauseUpdatesExpiryTime"): own,
            });
            automatic(&pc(&asked), &Ok(Some(true)), "2026-11-22T00:00:00Z".parse().unwrap())
        };
        let number = |number: u32| serde_json::json!({ "u32": number });
        let null = serde_json::Value::Null;
        assert_eq!(check(number(4), "26100", null.clone()), Ok(Some(true)));
        assert_eq!(check(number(2), "26100", null.clone()), Ok(Some(false)));
        assert_eq!(check(null.clone(), "26100", null.clone()), Ok(Some(true)));
        let until = |until: &str| serde_json::json!({ "text": until });
        assert_eq!(check(null.clone(), "26100", until("2026-12-01T00:00:00Z")), Ok(Some(false)));
        assert_eq!(check(null.clone(), "26100", until("2026-11-01T00:00:00Z")), Ok(Some(true)));
        assert_eq!(check(number(5), "7601", number(4)), Ok(Some(true)));
        assert_eq!(check(null.clone(), "7601", number(1)), Ok(Some(false)));
        assert_eq!(check(null.clone(), "7601", null), Ok(None));
    }

    #[test]
    fn updates_that_count() {
        let update = |severity: &str, driver, categories: &[&str]| WaitingUpdate {
            articles: Vec::new(),
            severity: severity.to_owned(),
            driver,
            categories: categories.iter().map(|category| (*category).to_owned()).collect(),
            published_at: None,
        };
        let waiting = Ok(Some(vec![
            update("", false, &[SECURITY]),
            update("Critical", false, &[]),
            update("", true, &[]),
            update("", false, &[DEFINITIONS]),
            update("", false, &[]),
        ]));
        assert_eq!(count(&waiting, |_| true), 3.into());
        assert_eq!(count(&waiting, is_security), 2.into());
        assert_eq!(count(&Err(Trouble::TimedOut), is_security), Fact::Unknown(rules::fact::Reason::TimedOut));
    }
}

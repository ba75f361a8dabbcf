//! The operating system.
//!
//! From the registry; nothing needs an administrator. `ProductName` says Windows 10 on Windows 11 too, so the build
//! decides. Windows 7 has no numbers of its version but the text `CurrentVersion`, which says 6.3 on everything later
//! than Windows 8.1. The day of installation is that of the last feature update.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};
use rules::fact::{Fact, Reason};
use rules::facts::os::{Architecture, Os, Platform};
use rules::quantity::Version;

use super::registry::{number, text};
use crate::host::answers::Key;
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

const CURRENT: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const ENVIRONMENT: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment";
const NETWORK: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
const NAME: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName";
/// Languages that Windows shows before anybody signs in, and those that are installed.
const LANGUAGE: &str = r"HKU\.DEFAULT\Control Panel\Desktop\MuiCached";
const LANGUAGES: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\MUI\UILanguages";

/// The first build of Windows 11.
const BUILD_OF_11: i64 = 22_000;

pub(super) fn ask(host: &dyn Host, now: Timestamp) -> Os {
    let of = |name| fact(text(host, CURRENT, name));
    let build = fact_or_unsupported(number(host, CURRENT, "CurrentBuild"));
    Os {
        platform: Platform::Windows.into(),
        id: Fact::Known("windows".to_owned()),
        name: of("ProductName").map(|name| renamed(name, &build)),
        version: fact_or_unsupported(version(host)).map(Version),
        edition: of("EditionID"),
        installation_type: of("InstallationType"),
        build,
        architecture: fact_or_unsupported(architecture(host)),
        kernel: fact_or_unsupported(kernel(host)).map(Version),
        hostname: fact_or_unsupported(hostname(host)),
        installed_on: fact_or_unsupported(installed_on(host)),
        started_at: fact_or_unsupported(started_at(host, now)),
        language: fact_or_unsupported(language(host)),
        ..Os::all_unknown(&Reason::NotSupported)
    }
}

fn renamed(name: String, build: &Fact<i64>) -> String {
    match build {
        // Windows Server never was called so.
        Fact::Known(build) if *build >= BUILD_OF_11 => name.replacen("Windows 10", "Windows 11", 1),
        Fact::Known(_) | Fact::Absent | Fact::Unknown(_) => name,
    }
}

fn version(host: &dyn Host) -> Answer<String> {
    let Some(build) = number(host, CURRENT, "CurrentBuild")? else { return Ok(None) };
    let numbers = (
        number(host, CURRENT, "CurrentMajorVersionNumber")?,
        number(host, CURRENT, "CurrentMinorVersionNumber")?,
    );
    if let (Some(major), Some(minor)) = numbers {
        return Ok(Some(format!("{major}.{minor}.{build}")));
    }
    Ok(text(host, CURRENT, "CurrentVersion")?.map(|version| format!("{version}.{build}")))
}

/// The version with the number of the last monthly update, which Windows 7 does not have.
fn kernel(host: &dyn Host) -> Answer<String> {
    let Some(version) = version(host)? else { return Ok(None) };
    Ok(Some(match number(host, CURRENT, "UBR")? {
        Some(update) => format!("{version}.{update}"),
        None => version,
    }))
}

fn architecture(host: &dyn Host) -> Answer<Architecture> {
    let Some(name) = text(host, ENVIRONMENT, "PROCESSOR_ARCHITECTURE")? else { return Ok(None) };
    Ok(Some(match name.to_ascii_uppercase().as_str() {
        "AMD64" => Architecture::X86_64,
        "X86" => Architecture::X86,
        "ARM64" => Architecture::Arm64,
        _ => Architecture::Other,
    }))
}

fn hostname(host: &dyn Host) -> Answer<String> {
    match text(host, NETWORK, "Hostname")? {
        Some(name) => Ok(Some(name)),
        None => text(host, NAME, "ComputerName"),
    }
}

fn installed_on(host: &dyn Host) -> Answer<Date> {
    let Some(seconds) = number(host, CURRENT, "InstallDate")?.filter(|seconds| *seconds > 0) else {
        return Ok(None);
    };
    let at = Timestamp::from_second(seconds)
        .map_err(|error| Trouble::Failed(format!("InstallDate is an impossible time: {error}")))?;
    Ok(Some(at.to_zoned(TimeZone::UTC).date()))
}

/// A PC that was shut down with fast start-up goes on counting: it was never started anew.
fn started_at(host: &dyn Host, now: Timestamp) -> Answer<Timestamp> {
    let Some(uptime) = host.uptime()? else { return Ok(None) };
    let at = SignedDuration::try_from(uptime)
        .and_then(|uptime| now.checked_sub(uptime))
        .and_then(|at| at.round(Unit::Second))
        .map_err(|error| Trouble::Failed(format!("the PC runs for an impossible time: {error}")))?;
    Ok(Some(at))
}

fn language(host: &dyn Host) -> Answer<String> {
    if let Some(language) = text(host, LANGUAGE, "MachinePreferredUILanguages")? {
        return Ok(Some(language));
    }
    // With one language installed there is nothing to choose.
    let languages = host.registry_keys(Key::wide(LANGUAGES))?.unwrap_or_default();
    Ok(match <[String; 1]>::try_from(languages) {
        Ok([language]) => Some(language),
        Err(_) => None,
    })
}

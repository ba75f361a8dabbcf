//! The operating system.
//!
//! From the registry; nothing needs an administrator. `ProductName` says Windows 10 on Windows 11 too, so the build
//! decides. Windows 7 has no numbers of its version but the text `CurrentVersion`, which says 6.3 on everything later
//! than Windows 8.1. The day of installation is that of the last feature update.
//!
//! How Windows stands with its licence is asked at last, from WMI. Its own opinion of an upgrade is that of the
//! compatibility appraiser, which runs now and then; a new PC or one that sends no telemetry has none.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Unit};
use rules::fact::{Fact, Reason};
use rules::facts::os::{Activation, Architecture, Os, Platform};
use rules::quantity::Version;

use super::licence::{self, activation, licences, together};
use super::registry::{number, said, text};
use super::rows;
use crate::host::answers::{Key, RegistryValue, Row};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

const CURRENT: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const ENVIRONMENT: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Session Manager\Environment";
const NETWORK: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\Tcpip\Parameters";
const NAME: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\ComputerName\ComputerName";
/// Languages that Windows shows before anybody signs in, and those that are installed.
const LANGUAGE: &str = r"HKU\.DEFAULT\Control Panel\Desktop\MuiCached";
const LANGUAGES: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\MUI\UILanguages";

/// Windows among licences (slmgr.vbs).
const WINDOWS: &str = "55c92734-d682-4d71-983e-d6ec3f16059f";
/// Licences for extended security updates, for each year, of Windows 7, Windows Server 2008, Windows Server 2012 and
/// Windows 10 ("Enable Extended Security Updates", Microsoft Learn, and its fellows).
const EXTENDED: &[&str] = &[
    "77db037b-95c3-48d7-a3ab-a9c6d41093e0",
    "0e00c25d-8795-4fb7-9572-3803d91b6880",
    "4220f546-f522-46df-8202-4d07afd26454",
    "553673ed-6ddf-419c-a153-b760283472fd",
    "04fa0286-fa74-401e-bbe9-fbfbb158010d",
    "16c08c85-0c8b-4009-9b2b-f1f7319e45f9",
    "c0a2ea62-12ad-435b-ab4f-c9bfab48dbc4",
    "e3e2690b-931c-4c80-b1ff-dffba8a81988",
    "55b1dd2d-2209-4ea0-a805-06298bad25b3",
    "f520e45e-7413-4a34-a497-d2765967d094",
    "1043add5-23b1-4afb-9a0f-64343c8f3f8d",
    "83d49986-add3-41d7-ba33-87c7bfb5c0fb",
];
const DOTNET: &str = r"HKLM\SOFTWARE\Microsoft\NET Framework Setup\NDP";
/// Releases of .NET Framework, from the number on ("How to determine which .NET Framework versions are installed",
/// Microsoft Learn).
const DOTNET_RELEASES: &[(i64, &str)] = &[
    (533_320, "4.8.1"),
    (528_040, "4.8"),
    (461_808, "4.7.2"),
    (461_308, "4.7.1"),
    (460_798, "4.7"),
    (394_802, "4.6.2"),
    (394_254, "4.6.1"),
    (393_295, "4.6"),
    (379_893, "4.5.2"),
    (378_675, "4.5.1"),
    (378_389, "4.5"),
];
const UPGRADES: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\AppCompatFlags\TargetVersionUpgradeExperienceIndicators";

/// The first build of Windows 11.
const BUILD_OF_11: i64 = 22_000;

pub(super) fn ask(host: &dyn Host, now: Timestamp) -> Os {
    let of = |name| fact(text(host, CURRENT, name));
    let build = fact_or_unsupported(number(host, CURRENT, "CurrentBuild"));
    let (upgrade_rating, upgrade_blockers) = upgrade(host);
    Os {
        platform: Platform::Windows.into(),
        id: Fact::Known("windows".to_owned()),
        name: of("ProductName").and_then(|name| renamed(name, &build)),
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
        domain_joined: fact(host.domain_joined()),
        dotnet: fact(dotnet(host)).map(Version::new),
        upgrade_rating,
        upgrade_blockers,
        // What takes longest comes last.
        ..licensed(host)
    }
}

fn renamed(name: String, build: &Fact<i64>) -> Fact<String> {
    match build {
        // Windows Server never was called so.
        Fact::Known(build) if *build >= BUILD_OF_11 => name.replacen("Windows 10", "Windows 11", 1).into(),
        // Without the build nobody knows which of the two it is.
        Fact::Unknown(reason) if name.contains("Windows 10") => Fact::Unknown(reason.clone()),
        Fact::Known(_) | Fact::Absent | Fact::Unknown(_) => name.into(),
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

/// How Windows stands with its licence, and whether one for extended updates is active; the rest is not supported.
fn licensed(host: &dyn Host) -> Os {
    let told = licences(host, licence::WINDOWS, WINDOWS).and_then(|rows| rows.ok_or(Trouble::NotSupported));
    let rows = match told {
        Ok(rows) => rows,
        Err(trouble) => return Os::all_unknown(&trouble.into()),
    };
    let kinds: Result<Vec<Kind>, Trouble> = rows.iter().map(kind).collect();
    let kinds = match kinds {
        Ok(kinds) => kinds,
        // One that is of no kind might be any of them.
        Err(trouble) => return Os::all_unknown(&trouble.into()),
    };
    let of = |wanted| rows.iter().zip(&kinds).filter(move |(_, kind)| **kind == wanted).map(|(row, _)| row);
    // Nobody put a key in.
    let (activation, licence_channel) =
        together(of(Kind::Windows)).unwrap_or((Activation::Unlicensed.into(), Fact::Absent));
    Os {
        extended_updates: extended_updates(of(Kind::Extended)),
        activation,
        licence_channel,
        ..Os::all_unknown(&Reason::NotSupported)
    }
}

/// What a licence is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Windows,
    Extended,
    Addon,
}

fn kind(row: &Row) -> Result<Kind, Trouble> {
    let id = rows::text(row, "ID")?.unwrap_or_default().to_ascii_lowercase();
    let name = rows::text(row, "Name")?.unwrap_or_default();
    if EXTENDED.contains(&id.as_str()) || name.contains("-ESU-") {
        return Ok(Kind::Extended);
    }
    Ok(if rows::flag(row, "LicenseIsAddon")? == Some(true) { Kind::Addon } else { Kind::Windows })
}

fn extended_updates<'a>(rows: impl Iterator<Item = &'a Row>) -> Fact<bool> {
    let mut extended = Fact::Known(false);
    for row in rows {
        match activation(row) {
            Ok(Activation::Licensed) => return true.into(),
            Ok(Activation::Grace | Activation::Unlicensed) => {}
            Err(trouble) => extended = Fact::Unknown(trouble.into()),
        }
    }
    extended
}

/// The newest .NET Framework. Version 4 and what follows replace each other, 3.5 stands beside them.
fn dotnet(host: &dyn Host) -> Answer<String> {
    let full = format!(r"{DOTNET}\v4\Full");
    if let Some(release) = number(host, &full, "Release")? {
        let known = DOTNET_RELEASES.iter().find(|(first, _)| release >= *first);
        return Ok(known.map(|(_, version)| (*version).to_owned()));
    }
    // 4.0 had no number.
    for (path, version) in [(full, "4.0"), (format!(r"{DOTNET}\v3.5"), "3.5")] {
        if number(host, &path, "Install")? == Some(1) {
            return Ok(Some(version.to_owned()));
        }
    }
    Ok(None)
}

/// What Windows thinks of its upgrade to the newest release that it knows: a colour, and what stands against it.
fn upgrade(host: &dyn Host) -> (Fact<String>, Fact<Vec<String>>) {
    match opinion(host) {
        Ok(Some((colour, blockers))) => (Fact::Known(colour), Fact::Known(blockers)),
        Ok(None) => (Fact::Unknown(Reason::NotSupported), Fact::Unknown(Reason::NotSupported)),
        Err(trouble) => {
            let reason = Reason::from(trouble);
            (Fact::Unknown(reason.clone()), Fact::Unknown(reason))
        }
    }
}

fn opinion(host: &dyn Host) -> Answer<(String, Vec<String>)> {
    let releases = host.registry_keys(Key::wide(UPGRADES))?.unwrap_or_default();
    let newest = releases.iter().filter_map(|name| Some((half_year(name)?, name))).max();
    let Some((_, newest)) = newest else { return Ok(None) };
    let values = host.registry_values(Key::wide(&format!(r"{UPGRADES}\{newest}")))?.unwrap_or_default();
    let Some(colour) = said(&values, "UpgEx")? else { return Ok(None) };
    let reasons = match values.get("RedReason") {
        Some(RegistryValue::Text(reasons) | RegistryValue::Expand(reasons)) => vec![reasons.clone()],
        Some(RegistryValue::Texts(reasons)) => reasons.clone(),
        Some(RegistryValue::U32(_) | RegistryValue::U64(_) | RegistryValue::Bytes(_)) => {
            return Err(Trouble::Failed("RedReason is not a text".to_owned()));
        }
        None => Vec::new(),
    };
    let reasons = reasons.iter().flat_map(|reasons| reasons.split([',', ';'])).map(str::trim);
    let blockers = reasons.filter(|reason| !reason.is_empty() && !reason.eq_ignore_ascii_case("none"));
    Ok(Some((colour.to_owned(), blockers.map(str::to_owned).collect())))
}

/// The year and half of a release such as `GE24H2`; `UNV` is no release.
fn half_year(name: &str) -> Option<(u32, u32)> {
    let (start, half) = name.rsplit_once('H')?;
    let digits = start.trim_start_matches(|c: char| !c.is_ascii_digit());
    Some((digits.parse().ok()?, half.parse().ok()?))
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
    fn releases_of_dotnet() {
        let full = format!(r"registry value {DOTNET}\v4\Full");
        let check = |release: serde_json::Value, install: serde_json::Value, old: serde_json::Value| {
            dotnet(&pc(&serde_json::json!({
                format!("{full}: Release"): release,
                format!("{full}: Install"): install,
                format!(r"registry value {DOTNET}\v3.5: Install"): old,
            })))
        };
        let number = |number: u32| serde_json::json!({ "u32": number });
        let null = serde_json::Value::Null;
        let said = |text: &str| Ok(Some(text.to_owned()));
        assert_eq!(check(number(533_509), null.clone(), null.clone()), said("4.8.1"));
        assert_eq!(check(number(528_049), null.clone(), null.clone()), said("4.8"));
        assert_eq!(check(number(1), null.clone(), null.clone()), Ok(None));
        assert_eq!(check(null.clone(), number(1), null.clone()), said("4.0"));
        assert_eq!(check(null.clone(), null.clone(), number(1)), said("3.5"));
        assert_eq!(check(null.clone(), null.clone(), null.clone()), Ok(None));
        assert!(check(serde_json::json!({ "bytes": "AA==" }), null.clone(), null).is_err());
    }

    #[test]
    fn the_opinion_about_the_newest_release_counts() {
        let check = |releases: &[&str], reasons: serde_json::Value| {
            opinion(&pc(&serde_json::json!({
                format!("registry keys {UPGRADES}"): releases,
                format!(r"registry values {UPGRADES}\GE24H2"): { "UpgEx": { "text": "Red" }, "RedReason": reasons },
                format!(r"registry values {UPGRADES}\21H2"): null,
            })))
        };
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let red = |reasons: &[&str]| Ok(Some(("Red".to_owned(), names(reasons))));
        let all = &["CO21H2", "GE24H2", "NI23H2", "UNV"];
        assert_eq!(check(all, serde_json::json!({ "texts": ["Tpm", "CpuFms"] })), red(&["Tpm", "CpuFms"]));
        assert_eq!(
            check(all, serde_json::json!({ "text": "Tpm, UEFISecureBoot" })),
            red(&["Tpm", "UEFISecureBoot"])
        );
        assert_eq!(check(all, serde_json::json!({ "text": "None" })), red(&[]));
        let odd = Trouble::Failed("RedReason is not a text".to_owned());
        assert_eq!(check(all, serde_json::json!({ "u32": 5 })), Err(odd));
        assert_eq!(check(&["21H2", "UNV"], serde_json::Value::Null), Ok(None));
        assert_eq!(check(&["UNV", "H", "xHy"], serde_json::Value::Null), Ok(None));
    }

    #[test]
    fn licences_of_windows() {
        let check = |rows: serde_json::Value| {
            let question = format!(
                r"wmi ROOT\CIMV2: SELECT ID, Name, Description, LicenseStatus, LicenseIsAddon, ProductKeyChannel FROM SoftwareLicensingProduct WHERE ApplicationId = '{WINDOWS}' AND PartialProductKey IS NOT NULL"
            );
            let os = licensed(&pc(&serde_json::json!({ question: rows })));
            format!("{:?} {:?} {:?}", os.activation, os.licence_channel, os.extended_updates)
        };
        let row = |id: &str, name: &str, status: u64, channel: &str, is_addon: bool| {
            serde_json::json!({ "ID": id, "Name": name, "Description": null, "LicenseStatus": status,
                "LicenseIsAddon": is_addon, "ProductKeyChannel": channel })
        };
        let extended = EXTENDED.last().unwrap().to_uppercase();
        expect_test::expect!["Known(Licensed) Known(\"OEM:DM\") Known(true)"].assert_eq(&check(
            serde_json::json!([
                row("4de7cb65", "Windows(R), Professional edition", 1, "OEM:DM", false),
                row(&extended, "", 1, "Volume:MAK", true),
            ]),
        ));
        expect_test::expect!["Known(Unlicensed) Known(\"Volume:GVLK\") Known(false)"].assert_eq(&check(
            serde_json::json!([
                row("3f1afc82", "Windows(R), Professional edition", 5, "Volume:GVLK", false),
                row("", "Windows(R), Client-ESU-Year1", 0, "Volume:MAK", true),
            ]),
        ));
        // A row without its status, and one of which nobody knows what it is for.
        let mut silent = row("4de7cb65", "Windows(R), Professional edition", 1, "OEM:DM", false);
        silent.as_object_mut().unwrap().remove("LicenseStatus");
        expect_test::expect![[r#"Unknown(Failed("WMI tells no LicenseStatus")) Unknown(Failed("WMI tells no LicenseStatus")) Known(false)"#]]
            .assert_eq(&check(serde_json::json!([silent])));
        let mut nameless = row(&extended, "", 0, "Volume:MAK", true);
        nameless.as_object_mut().unwrap().remove("ID");
        expect_test::expect![[r#"Unknown(Failed("WMI tells no ID")) Unknown(Failed("WMI tells no ID")) Unknown(Failed("WMI tells no ID"))"#]]
            .assert_eq(&check(serde_json::json!([nameless])));
        expect_test::expect!["Known(Unlicensed) Absent Known(false)"]
            .assert_eq(&check(serde_json::json!([])));
        expect_test::expect!["Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported)"]
            .assert_eq(&check(serde_json::Value::Null));
        expect_test::expect!["Unknown(TimedOut) Unknown(TimedOut) Unknown(TimedOut)"]
            .assert_eq(&check(serde_json::json!({ "trouble": "timed_out" })));
    }
}

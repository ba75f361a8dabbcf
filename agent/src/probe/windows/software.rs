//! Installed software.
//!
//! What installers leave in the registry for "Programs and Features", in both views, and for each person who is signed
//! in; nothing needs an administrator. Left out is what that page leaves out: parts of other programs and updates.
//! Programs that are only unpacked, and programs of the Store, are not seen.
//!
//! A list must stay small on the wire. A publisher is told where the name does not begin with it, and the day of
//! installation of programs that an office PC should not have: that is the day somebody will ask for.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rules::fact::{Fact, Reason};
use rules::facts::software::{Package, Software};
use rules::quantity::Version;

use super::people;
use super::registry::said;
use crate::host::answers::{Key, RegistryValue};
use crate::host::{Host, Trouble};
use crate::probe::ask::fact;

pub(super) const UNINSTALL: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
const OF_PERSON: &str = r"Software\Microsoft\Windows\CurrentVersion\Uninstall";

/// Windows' own installers call an update so.
const UPDATES: &[&str] =
    &["Hotfix", "Security Update", "Service Pack", "ServicePack", "Update", "Update Rollup"];

/// Programs that an office PC should not have, sorted, by the beginning of their name in small letters. Names of
/// products are not translated.
const UNWANTED: &[(&str, &str)] = &[
    ("bittorrent", "BitTorrent"),
    ("bitcomet", "BitComet"),
    ("bluestacks", "BlueStacks"),
    ("call of duty", "Call of Duty"),
    ("cgminer", "cgminer"),
    ("counter-strike", "Counter-Strike"),
    ("cpuminer", "cpuminer"),
    ("crossfire", "CrossFire"),
    ("cudo miner", "Cudo Miner"),
    ("deluge", "Deluge"),
    ("dota 2", "Dota 2"),
    ("ea sports fc online", "FC Online"),
    ("epic games launcher", "Epic Games Launcher"),
    ("fc online", "FC Online"),
    ("fifa online", "FC Online"),
    ("frostwire", "FrostWire"),
    ("gameloop", "GameLoop"),
    ("garena", "Garena"),
    ("genshin impact", "Genshin Impact"),
    ("gog galaxy", "GOG Galaxy"),
    ("honeyminer", "HoneyMiner"),
    ("kryptex", "Kryptex miner"),
    ("ldplayer", "LDPlayer"),
    ("league of legends", "League of Legends"),
    ("memu", "MEmu"),
    ("minecraft", "Minecraft"),
    ("minergate", "MinerGate"),
    ("nbminer", "NBMiner"),
    ("nicehash", "NiceHash"),
    ("noxplayer", "NoxPlayer"),
    ("phoenixminer", "PhoenixMiner"),
    ("playerunknown's battlegrounds", "PUBG"),
    ("pubg", "PUBG"),
    ("qbittorrent", "qBittorrent"),
    ("riot client", "Riot Client"),
    ("roblox", "Roblox"),
    ("rockstar games launcher", "Rockstar Games Launcher"),
    ("steam", "Steam"),
    ("tixati", "Tixati"),
    ("transmission", "Transmission"),
    ("ubisoft connect", "Ubisoft Connect"),
    ("unmineable", "unMineable miner"),
    ("utorrent", "µTorrent"),
    ("valorant", "VALORANT"),
    ("vuze", "Vuze"),
    ("wargaming.net game center", "Wargaming.net Game Center"),
    ("xmrig", "XMRig"),
    ("zingplay", "ZingPlay"),
    ("µtorrent", "µTorrent"),
];

/// The day on which such lists began with Windows 95: no PC has a program from before this day.
const FIRST_DAY: Date = Date::constant(1995, 8, 24);

pub(super) fn ask(host: &dyn Host, now: Timestamp) -> Software {
    match programs(host, now) {
        Ok(packages) => listed(packages),
        Err(trouble) => Software::all_unknown(&trouble.into()),
    }
}

fn listed(packages: Vec<Package>) -> Software {
    let unwanted: BTreeSet<&str> =
        packages.iter().filter_map(|package| unwanted(package.name.known()?)).collect();
    let nameless = packages.iter().find_map(|package| match &package.name {
        Fact::Unknown(reason) => Some(reason.clone()),
        Fact::Known(_) | Fact::Absent => None,
    });
    Software {
        sources: vec!["windows".to_owned()].into(),
        // What has no name that can be read may be a part of something, or be there twice.
        count: match &nameless {
            Some(reason) => Fact::Unknown(reason.clone()),
            None => i64::try_from(packages.len()).unwrap_or(i64::MAX).into(),
        },
        unwanted: match nameless {
            Some(reason) => Fact::Unknown(reason),
            None => unwanted.into_iter().map(str::to_owned).collect::<Vec<_>>().into(),
        },
        packages: packages.into(),
    }
}

fn unwanted(program: &str) -> Option<&'static str> {
    let program = program.to_lowercase();
    UNWANTED.iter().find(|(beginning, _)| begins(&program, beginning)).map(|(_, name)| *name)
}

/// Whether a program's name begins with these words, both in small letters.
pub(super) fn begins(program: &str, words: &str) -> bool {
    program.strip_prefix(words).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
}

/// Everything that installers told, sorted by name and version, each once: the two views of a 32-bit Windows are the
/// same, and several people may have installed the same program.
fn programs(host: &dyn Host, now: Timestamp) -> Result<Vec<Package>, Trouble> {
    let today = now.to_zoned(TimeZone::UTC).date();
    let mut programs = of_key(host, Key::wide(UNINSTALL), today)?;
    programs.extend(of_key(host, Key::narrow(UNINSTALL), today)?);
    // Every Windows has some; no key at all is no Windows that we know.
    if programs.is_empty() && host.registry_keys(Key::wide(UNINSTALL))?.is_none() {
        return Err(Trouble::NotSupported);
    }
    let own =
        people::of_each(host, |person| of_key(host, Key::wide(&format!(r"{person}\{OF_PERSON}")), today))?;
    programs.extend(own.into_iter().flatten());
    programs.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.version.cmp(&b.version)));
    programs.dedup_by(|a, b| a.name == b.name && a.version == b.version);
    Ok(programs)
}

fn of_key(host: &dyn Host, key: Key<'_>, today: Date) -> Result<Vec<Package>, Trouble> {
    let mut programs = Vec::new();
    for name in host.registry_keys(key)?.unwrap_or_default() {
        let path = format!(r"{}\{name}", key.path);
        let values = match host.registry_values(Key { view: key.view, path: &path }) {
            // Half a character in the name of the key was replaced, and no key has that name.
            Ok(None) if name.contains('\u{fffd}') => {
                Err(Trouble::Failed("the name of a key of the registry is no text".to_owned()))
            }
            values => values,
        };
        match values {
            Ok(values) => programs.extend(program(&values.unwrap_or_default(), today)),
            // Something is installed, and nobody may read what.
            Err(trouble) => programs.push(Package {
                name: Fact::Unknown(trouble.clone().into()),
                version: Fact::Unknown(trouble.into()),
                ..Package::default()
            }),
        }
    }
    Ok(programs)
}

/// The program of one key; none when it is a part or an update of another one. One whose name cannot be read is listed
/// without it.
fn program(values: &BTreeMap<String, RegistryValue>, today: Date) -> Option<Package> {
    let name = match said(values, "DisplayName") {
        Ok(name) => Ok(name?),
        Err(trouble) => Err(Reason::from(trouble)),
    };
    let part = match values.get("SystemComponent") {
        Some(RegistryValue::U32(flag)) => *flag != 0,
        Some(RegistryValue::Text(flag)) => flag.trim() == "1",
        _ => false,
    };
    let says = |value: &str| said(values, value).ok().flatten();
    let update = says("ReleaseType").is_some_and(|kind| UPDATES.contains(&kind));
    if part || update || says("ParentKeyName").is_some() {
        return None;
    }
    Some(Package {
        version: fact(said(values, "DisplayVersion").map(|version| version.map(Version::new))),
        publisher: match (said(values, "Publisher"), &name) {
            (Ok(Some(publisher)), Ok(name)) if is_in_name(publisher, name) => Fact::default(),
            (Ok(Some(publisher)), _) => publisher.to_owned().into(),
            (Ok(None), _) => Fact::default(),
            (Err(trouble), _) => Fact::Unknown(trouble.into()),
        },
        installed_on: match &name {
            Ok(name) if unwanted(name).is_none() => Fact::default(),
            Ok(_) | Err(_) => installed_on(values, today),
        },
        name: match name {
            Ok(name) => name.to_owned().into(),
            Err(reason) => Fact::Unknown(reason),
        },
        ..Package::default()
    })
}

/// Whether the first word of the publisher begins the name: Microsoft Visual C++ is by Microsoft Corporation.
fn is_in_name(publisher: &str, name: &str) -> bool {
    let first = publisher.split([' ', ',']).next().unwrap_or_default().to_lowercase();
    begins(&name.to_lowercase(), &first)
}

/// `20240311`. Some installers write the day as people of some country do, which may be read in two ways.
fn installed_on(values: &BTreeMap<String, RegistryValue>, today: Date) -> Fact<Date> {
    if !values.contains_key("InstallDate") {
        return Fact::Absent;
    }
    let date = said(values, "InstallDate").ok().flatten().and_then(day);
    match date.filter(|date| (FIRST_DAY..=today.tomorrow().unwrap_or(today)).contains(date)) {
        Some(date) => date.into(),
        None => Fact::Unknown(Reason::Failed("InstallDate is no day".to_owned())),
    }
}

fn day(text: &str) -> Option<Date> {
    let digits = text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u32 = text.parse().ok().filter(|_| digits)?;
    let part = |divisor: u32, modulus: u32| i8::try_from(number / divisor % modulus).ok();
    Date::new(i16::try_from(number / 10_000).ok()?, part(100, 100)?, part(1, 100)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(values: &[(&str, RegistryValue)]) -> BTreeMap<String, RegistryValue> {
        values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
    }

    fn text(text: &str) -> RegistryValue {
        RegistryValue::Text(text.to_owned())
    }

    #[test]
    fn what_is_no_program_of_its_own() {
        let today = Date::constant(2026, 11, 22);
        let name = ("DisplayName", text("Zalo"));
        let check = |more: (&str, RegistryValue)| program(&values(&[name.clone(), more]), today).is_some();
        assert!(check(("SystemComponent", RegistryValue::U32(0))));
        assert!(check(("SystemComponent", RegistryValue::Bytes(vec![1]))), "an odd type says nothing");
        assert!(check(("ReleaseType", text("Release"))));
        for part in [
            ("SystemComponent", RegistryValue::U32(1)),
            ("SystemComponent", text("1")),
            ("ParentKeyName", text("Office14.PROPLUS")),
            ("ReleaseType", text("Security Update")),
            ("DisplayName", text("  ")),
        ] {
            assert!(!check(part.clone()), "{part:?}");
        }
        assert_eq!(program(&values(&[]), today), None);

        // Something is there, and its name cannot be read.
        let nameless = program(&values(&[("DisplayName", RegistryValue::Bytes(vec![0, 0xd8]))]), today);
        assert_eq!(nameless.as_ref().unwrap().name, Fact::failed("DisplayName is not a text"));
        let listed = listed(vec![nameless.unwrap()]);
        assert_eq!(listed.count, Fact::failed("DisplayName is not a text"));
        assert_eq!(listed.unwanted, Fact::failed("DisplayName is not a text"));
    }

    #[test]
    fn days_of_installation() {
        let check =
            |day: RegistryValue| installed_on(&values(&[("InstallDate", day)]), Date::constant(2026, 11, 22));
        assert_eq!(check(text("20240229")), Date::constant(2024, 2, 29).into());
        for odd in ["20230229", "2/9/2024", "20261231", "19700101", "", "đđđđ", "+2024029"] {
            assert_eq!(check(text(odd)), Fact::failed("InstallDate is no day"), "{odd}");
        }
        assert_eq!(check(RegistryValue::U32(20_240_229)), Fact::failed("InstallDate is no day"));
        assert_eq!(installed_on(&values(&[]), Date::constant(2026, 11, 22)), Fact::Absent);
    }

    #[test]
    fn names_and_their_beginnings() {
        assert_eq!(unwanted("Steam"), Some("Steam"));
        assert_eq!(unwanted("µTorrent"), Some("µTorrent"));
        assert_eq!(unwanted("Garena - Liên Quân"), Some("Garena"));
        assert_eq!(unwanted("SteamVR Tools for Office"), None);
        assert_eq!(unwanted("Transmissions of forms"), None);
        assert!(is_in_name("Microsoft Corporation", "Microsoft Visual C++ 2015"));
        assert!(is_in_name("Adobe, Inc.", "Adobe Reader"));
        assert!(!is_in_name("VNG Corp.", "Zalo"));
    }
}

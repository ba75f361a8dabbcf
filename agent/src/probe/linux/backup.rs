//! Copies of the data.
//!
//! Snapshots of Timeshift and snapper count as restore points: they keep the system, not the work. Without a folder of
//! either none is not "no": Timeshift puts its own away on drives that it mounts only while it works. What copies the work
//! is known by rsnapshot's own folders, by the notes of Déjà Dup in people's homes, and by services that start by
//! themselves; when the last of those succeeded they keep to themselves. Homes and the folders of snapshots are open to
//! root only.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::DateTime;
use rules::fact::{Fact, Reason};
use rules::facts::backup::Backup;

use super::{clock, services};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{present, text};

const TIMESHIFT: &[&str] = &["/timeshift/snapshots", "/run/timeshift/backup/timeshift/snapshots"];
const SNAPPER: &str = "/.snapshots";
const RSNAPSHOT: &str = "/etc/rsnapshot.conf";
/// Beginnings of names of services and timers that make copies, with the name that people know.
const UNITS: &[(&str, &str)] = &[
    ("bacula-fd", "Bacula"),
    ("bareos-fd", "Bareos"),
    ("borgmatic", "borgmatic"),
    ("duplicati", "Duplicati"),
    ("restic", "restic"),
    ("synosnap", "Synology Active Backup"),
    ("urbackupclient", "UrBackup"),
    ("veeamservice", "Veeam Agent"),
];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Backup {
    let (restore_points, restore_point_at) = match restore_points(host) {
        Ok(None) => (Fact::Unknown(Reason::NotSupported), Fact::Unknown(Reason::NotSupported)),
        Ok(Some(points)) => (
            i64::try_from(points.len()).map_or(Fact::Absent, Fact::Known),
            Fact::known_or_absent(points.into_iter().max()),
        ),
        Err(trouble) => (Fact::Unknown(trouble.clone().into()), Fact::Unknown(trouble.into())),
    };
    let base = match copies(host) {
        // What starts by itself without systemd is not seen, nor are homes that are elsewhere.
        Ok((products, _)) if products.is_empty() && !is_seen(host) => {
            Backup::all_unknown(&Reason::NotSupported)
        }
        Ok((products, _)) if products.is_empty() => Backup {
            products: Vec::new().into(),
            last_at: Fact::Absent,
            target: Fact::Absent,
            ..Backup::default()
        },
        // One that keeps its time to itself may have made a newer copy.
        Ok((products, last)) if products.len() == 1 => Backup {
            last_at: last.map_or(Fact::Unknown(Reason::NotSupported), Fact::Known),
            target: Fact::Unknown(Reason::NotSupported),
            products: named(products),
            ..Backup::default()
        },
        Ok((products, _)) => {
            Backup { products: named(products), ..Backup::all_unknown(&Reason::NotSupported) }
        }
        Err(trouble) => Backup::all_unknown(&trouble.into()),
    };
    Backup { restore_points, restore_point_at, ..base }
}

/// Whether the places are there in which this probe looks.
fn is_seen(host: &dyn Host) -> bool {
    matches!(services::enabled(host), Ok(Some(_))) && matches!(host.folder("/home"), Ok(Some(_)))
}

fn named(products: BTreeSet<&'static str>) -> Fact<Vec<String>> {
    products.into_iter().map(str::to_owned).collect::<Vec<_>>().into()
}

/// What makes copies, and the last success that is known.
fn copies(host: &dyn Host) -> Result<(BTreeSet<&'static str>, Option<Timestamp>), Trouble> {
    let mut products = BTreeSet::new();
    let units = services::enabled(host)?.unwrap_or_default();
    for (start, name) in UNITS {
        if units.iter().any(|unit| unit.starts_with(start)) {
            products.insert(*name);
        }
    }
    for home in host.folder("/home")?.unwrap_or_default() {
        if present(host, &format!("/home/{home}/.cache/deja-dup"))? {
            products.insert("Déjà Dup");
        }
    }
    let mut last = None;
    if let Some(newest) = text(host, RSNAPSHOT)?.as_deref().and_then(rsnapshot) {
        last = host.modified(&newest)?;
        // The file comes with the package, a first copy with the first run.
        if last.is_some() {
            products.insert("rsnapshot");
        }
    }
    Ok((products, last))
}

/// Where rsnapshot keeps its newest copy, whose folder bears the time of it (rsnapshot(1)).
fn rsnapshot(text: &str) -> Option<String> {
    let value = |names: &[&str]| {
        text.lines().find_map(|line| {
            let mut words = line.split('\t').filter(|word| !word.is_empty());
            names.contains(&words.next()?).then(|| words.next()).flatten()
        })
    };
    let root = value(&["snapshot_root"])?.trim_end_matches('/');
    Some(format!("{root}/{}.0", value(&["retain", "interval"])?))
}

/// When each of the snapshots was made.
fn restore_points(host: &dyn Host) -> Answer<Vec<Timestamp>> {
    let mut points = Vec::new();
    let mut kept = false;
    for folder in TIMESHIFT {
        let Some(names) = host.folder(folder)? else { continue };
        kept = true;
        if names.is_empty() {
            continue;
        }
        // A name is a time of the PC's own zone: 2026-11-20_08-00-01.
        let zone = clock::zone(host)?.ok_or(Trouble::NotSupported)?;
        points.extend(names.iter().filter_map(|name| {
            let (date, time) = name.split_once('_')?;
            let civil: DateTime = format!("{date}T{}", time.replace('-', ":")).parse().ok()?;
            zone.to_timestamp(civil).ok()
        }));
        break;
    }
    if let Some(names) = host.folder(SNAPPER)? {
        kept = true;
        for name in names.iter().filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())) {
            points.extend(host.modified(&format!("{SNAPPER}/{name}/info.xml"))?);
        }
    }
    Ok(kept.then_some(points))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_rsnapshot_keeps_its_newest_copy() {
        let text =
            "# comment\nsnapshot_root\t/media/backup/rsnapshot/\nretain\t\talpha\t6\nretain\tbeta\t7\n";
        assert_eq!(rsnapshot(text).as_deref(), Some("/media/backup/rsnapshot/alpha.0"));
        assert_eq!(rsnapshot("snapshot_root /a\n"), None, "words stand apart by tabs");
        assert_eq!(rsnapshot(""), None);
    }
}

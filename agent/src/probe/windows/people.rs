//! People whose settings are open: everybody who is signed in has a hive of the registry under HKU.
//!
//! Accounts of Windows itself and of services are no people. Nobody's settings are seen when nobody is signed in.

use crate::host::answers::Key;
use crate::host::{Host, Trouble};

/// All open hives.
const HIVES: &str = r"HKU\";

/// The SIDs of the people who are signed in, sorted.
pub(super) fn signed_in(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    let hives = host
        .registry_keys(Key::wide(HIVES))?
        .ok_or_else(|| Trouble::Failed("the registry lists nobody's settings".to_owned()))?;
    Ok(hives.into_iter().filter(|name| is_person(name)).collect())
}

/// What `ask` finds in the hive of each person who is signed in, such as `HKU\S-1-5-21-…-1001`. Who is no administrator may open the own key alone; the others' are
/// left out then, unless none opens.
pub(super) fn of_each<T>(
    host: &dyn Host,
    ask: impl Fn(&str) -> Result<T, Trouble>,
) -> Result<Vec<T>, Trouble> {
    let mut found = Vec::new();
    let mut denied = false;
    for person in signed_in(host)? {
        match ask(&format!(r"HKU\{person}")) {
            Ok(answer) => found.push(answer),
            Err(Trouble::Denied) => denied = true,
            Err(trouble) => return Err(trouble),
        }
    }
    if denied && found.is_empty() { Err(Trouble::Denied) } else { Ok(found) }
}

/// Whether this is the SID of a person: of this PC, of a domain (21) or of Entra ID (12-1).
fn is_person(sid: &str) -> bool {
    (sid.starts_with("S-1-5-21-") || sid.starts_with("S-1-12-1-")) && !sid.ends_with("_Classes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hives_of_people() {
        assert!(is_person("S-1-5-21-1-2-3-1001"));
        assert!(is_person("S-1-12-1-1778064242-1251273316-772277320-2482684374"));
        for other in [".DEFAULT", "S-1-5-18", "S-1-5-80-1-2-3-4-5", "S-1-5-21-1-2-3-1001_Classes"] {
            assert!(!is_person(other), "{other}");
        }
    }

    #[test]
    fn hives_that_stay_closed() {
        let check = |hives: &[&str]| {
            let hives = serde_json::json!({ "origin": "made up", "about": "", "platform": "windows",
                "taken_at": "2026-11-22T00:00:00Z", "asked": { r"registry keys HKU\": hives } });
            let host = crate::host::recorded::Recording::load(&hives.to_string()).unwrap();
            of_each(&host, |hive| match hive.ends_with("-1001") {
                true => Ok(hive.to_owned()),
                false => Err(Trouble::Denied),
            })
        };
        assert_eq!(
            check(&["S-1-5-18", "S-1-5-21-1-1-1-1001", "S-1-5-21-1-1-1-1002"]),
            Ok(vec![r"HKU\S-1-5-21-1-1-1-1001".to_owned()])
        );
        assert_eq!(check(&["S-1-5-18", "S-1-5-21-1-1-1-1002"]), Err(Trouble::Denied));
        assert_eq!(check(&["S-1-5-18"]), Ok(Vec::new()));
    }
}

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
}

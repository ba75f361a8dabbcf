//! The people whose settings Windows has loaded: who is signed in, or whose service runs. Used by several probes.
//!
//! From the names of the keys under HKU; nothing needs an administrator. Settings of people who are not signed in stay
//! in their files, which are not opened.

use crate::host::answers::Key;
use crate::host::{Host, Trouble};

/// Accounts of a PC or a domain, and of Microsoft Entra ID (MS-DTYP, 2.4.2.4).
const PEOPLE: &[&str] = &["S-1-5-21-", "S-1-12-1-"];

/// Their SIDs, sorted.
pub(super) fn loaded(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    let keys = host.registry_keys(Key::wide(r"HKU\"))?.ok_or(Trouble::NotSupported)?;
    let is_person = |sid: &String| {
        // Beside each stands a key for what programs registered for him alone.
        PEOPLE.iter().any(|start| sid.starts_with(start)) && !sid.ends_with("_Classes")
    };
    Ok(keys.into_iter().filter(is_person).collect())
}

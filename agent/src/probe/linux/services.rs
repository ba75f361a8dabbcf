//! Which services start by themselves. Used by several probes.
//!
//! From the links under /etc/systemd/system/*.wants, which are what `systemctl enable` makes. Nothing needs root.
//! Services that a package pulls in under /usr/lib/systemd are not among them; the probes ask for none of those.

use std::collections::BTreeSet;

use crate::host::{Answer, Host};

/// Names of enabled units, such as `ssh.service`. Not there: this system does not use systemd.
pub(super) fn enabled(host: &dyn Host) -> Answer<BTreeSet<String>> {
    let Some(entries) = host.folder("/etc/systemd/system")? else { return Ok(None) };
    let mut units = BTreeSet::new();
    for entry in entries.iter().filter(|entry| entry.ends_with(".wants")) {
        units.extend(host.folder(&format!("/etc/systemd/system/{entry}"))?.unwrap_or_default());
    }
    Ok(Some(units))
}

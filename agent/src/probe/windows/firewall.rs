//! The firewall.
//!
//! From the registry, where group policy goes before what is set on the PC, and from the service manager; nothing needs
//! an administrator. Another product may filter in place of Windows: Windows Security Center knows, where there is
//! one.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::firewall::{Firewall, Profile};

use super::registry::number;
use crate::host::answers::{Cell, Guardian, Health, Query};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::fact_or_unsupported;

pub(super) const LOCAL: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
pub(super) const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall";
/// Names of the profiles, on the PC and in a policy. Private networks have kept an older name.
const PROFILES: &[(&str, &str)] =
    &[("domain", "DomainProfile"), ("private", "StandardProfile"), ("public", "PublicProfile")];

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Firewall {
    let service = match host.service("MpsSvc") {
        Ok(Some(service)) => Ok(service.running),
        Ok(None) => Ok(false),
        Err(trouble) => Err(Reason::from(trouble)),
    };
    let profiles: Vec<Profile> = PROFILES
        .iter()
        .map(|(name, key)| Profile {
            name: Fact::Known((*name).to_owned()),
            enabled: match &service {
                Ok(true) => fact_or_unsupported(set(host, key, "EnableFirewall")).map(|value| value != 0),
                Ok(false) => false.into(),
                Err(reason) => Fact::Unknown(reason.clone()),
            },
        })
        .collect();
    let own = all(profiles.iter().map(|profile| profile.enabled.clone()));
    let other = if own == Fact::Known(true) { Ok(None) } else { other_product(host) };
    Firewall {
        blocks_incoming: match (&other, &own) {
            (Ok(Some(_)), _) => Fact::Unknown(Reason::NotSupported),
            (Ok(None), Fact::Known(true)) => all(PROFILES.iter().map(|(_, key)| blocks(host, key))),
            (Ok(None), own) => own.clone(),
            (Err(trouble), _) => Fact::Unknown(trouble.clone().into()),
        },
        enabled: match &other {
            Ok(Some(_)) => true.into(),
            Ok(None) => own,
            // Another one may filter in its place.
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        product: match other {
            Ok(Some(name)) => name,
            Ok(None) => Fact::Known("windows".to_owned()),
            Err(trouble) => Fact::Unknown(trouble.into()),
        },
        profiles: Fact::Known(profiles),
    }
}

/// One that is false makes it false; otherwise one that is unknown makes it unknown.
fn all(mut facts: impl Iterator<Item = Fact<bool>>) -> Fact<bool> {
    let mut sum = Fact::Known(true);
    loop {
        match facts.next() {
            Some(Fact::Known(true)) => {}
            Some(Fact::Known(false)) => return false.into(),
            Some(other) => sum = other,
            None => return sum,
        }
    }
}

/// A setting of a profile.
pub(super) fn set(host: &dyn Host, profile: &str, name: &str) -> Answer<i64> {
    match number(host, &format!(r"{POLICY}\{profile}"), name)? {
        Some(value) => Ok(Some(value)),
        None => number(host, &format!(r"{LOCAL}\{profile}"), name),
    }
}

/// What nobody allowed is refused, unless somebody turned that round: 0 allows.
fn blocks(host: &dyn Host, profile: &str) -> Fact<bool> {
    match set(host, profile, "DefaultInboundAction") {
        Ok(action) => (action != Some(0)).into(),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

/// The name of another firewall that works, if the centre knows of one. A Windows without a centre has none.
fn other_product(host: &dyn Host) -> Answer<Fact<String>> {
    match host.security_health(Guardian::Firewall) {
        Ok(Some(Health::Good)) => {}
        Ok(_) | Err(Trouble::NotSupported) => return Ok(None),
        Err(trouble) => return Err(trouble),
    }
    let query = Query {
        namespace: r"ROOT\SecurityCenter2",
        class: "FirewallProduct",
        columns: &["displayName"],
        filter: "",
    };
    let name = host.wmi(&query).map(|rows| {
        rows.unwrap_or_default().iter().find_map(|row| match row.get("displayName") {
            Some(Cell::Text(name)) => Some(name.trim().to_owned()),
            _ => None,
        })
    });
    Ok(Some(fact_or_unsupported(name)))
}

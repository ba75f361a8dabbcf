//! The names of all services, which are not translated: by them many products are known.

use crate::host::answers::{Key, Service};
use crate::host::{Answer, Host, Trouble};

/// Where the service manager keeps its services.
pub(super) const SERVICES: &str = r"HKLM\SYSTEM\CurrentControlSet\Services";

/// The names of all services and drivers, sorted.
pub(super) fn names(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    host.registry_keys(Key::wide(SERVICES))?
        .ok_or_else(|| Trouble::Failed("the registry has no list of services".to_owned()))
}

/// The services that these patterns name. A star at the end stands for anything; capitals and small letters are alike.
pub(super) fn matching<'a>(names: &'a [String], patterns: &[&str]) -> Vec<&'a str> {
    let fits = |name: &str| patterns.iter().any(|pattern| named(name, pattern));
    names.iter().map(String::as_str).filter(|name| fits(name)).collect()
}

fn named(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start)),
        None => name.eq_ignore_ascii_case(pattern),
    }
}

/// What the service manager knows of these services. One that is gone since it was listed is left out.
pub(super) fn states(host: &dyn Host, names: &[&str]) -> Result<Vec<Service>, Trouble> {
    let states: Result<Vec<Option<Service>>, Trouble> = names.iter().map(|name| host.service(name)).collect();
    Ok(states?.into_iter().flatten().collect())
}

/// Whether a service runs; one that is not there does not.
pub(super) fn runs(host: &dyn Host, name: &str) -> Result<bool, Trouble> {
    let service: Answer<Service> = host.service(name);
    Ok(service?.is_some_and(|service| service.running))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        let names = ["AVP.KES.21.9", "avpsus", "ekrn", "ScreenConnect Client (0a1b)"].map(str::to_owned);
        assert_eq!(matching(&names, &["avp.*"]), ["AVP.KES.21.9"]);
        assert_eq!(
            matching(&names, &["EKRN", "screenconnect client*"]),
            ["ekrn", "ScreenConnect Client (0a1b)"]
        );
        assert_eq!(matching(&names, &["ekr"]), [""; 0]);
    }
}

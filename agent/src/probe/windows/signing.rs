//! What digital signing needs.
//!
//! Tokens and readers from the list of devices, which also knows when an unplugged one was last there (not on Windows
//! 7). Programs for tokens by the drivers for keys that they register, since only those make a certificate usable: the
//! Government Cipher Committee's older tokens (SafeNet) come with "eToken Base Cryptographic Provider", the newer
//! (Bit4id) with "Bit4id Universal Middleware Provider". Its signing service for web pages, VGCASignService.exe, runs
//! for whoever is signed in and takes TLS connections at 127.0.0.1:8987; whether browsers trust its certificate is
//! told by a handshake and nothing after it. Certificates from the stores of the PC and of everybody who is signed in,
//! for which others' an administrator is needed. No session with a token is opened, and no PIN is ever asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::signing::{Signing, Standing, Token};
use rules::wire::Place;

use super::registry::said;
use super::{devices, people};
use crate::host::answers::{Among, Certificate, Device, Key, Reaching, ServiceStart, StorePlace};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported, running};
use crate::probe::signatures;
use crate::probe::usb::{Use, known, written};

/// Class of smart-card readers (devguid.h).
const READERS: &str = "{50dd5230-ba8a-11d1-bf5d-0000f805f530}";
/// Drivers for keys, of the older kind (CSP) and the newer (KSP).
const OLD_PROVIDERS: &str = r"HKLM\SOFTWARE\Microsoft\Cryptography\Defaults\Provider";
const PROVIDERS: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Cryptography\Providers";
/// Drivers for keys that come with Windows.
const OWN_PROVIDERS: &[&str] = &["Microsoft ", "Windows "];
const UNINSTALL: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall";
/// The signing service: its program, the beginning of its name in small letters, its port.
const SIGN_PROGRAM: &str = "VGCASignService.exe";
const SIGN_NAMES: &[&str] = &["vgca sign service", "vgcasignservice", "vgca signservice"];
const SIGN_PORT: u16 = 8987;

pub(super) fn ask(host: &dyn Host, now: Timestamp) -> Signing {
    let tokens = tokens(host, now);
    let readers = readers(host);
    let certificates = certificates(host, "MY").map(signatures::usable);
    let sign_service = sign_service(host);
    Signing {
        token_present: token_present(&tokens, &readers),
        token_seen_at: token_seen_at(&tokens),
        readers: fact_or_unsupported(readers.map(|readers| readers.map(names))),
        middleware: fact(middleware(host)),
        card_service: fact(card_service(host)),
        sign_service_trusted: trusted(host, &sign_service),
        sign_service: fact(sign_service),
        government_roots: fact(government_roots(host)),
        expires_on: match &certificates {
            Ok(certificates) => Fact::known_or_absent(signatures::expires_on(certificates, now)),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        certificates: fact(
            certificates.map(|certificates| Some(certificates.iter().map(signatures::fact).collect())),
        ),
        tokens: fact_or_unsupported(tokens),
    }
}

/// Every known token that was ever plugged in, by its numbers.
fn tokens(host: &dyn Host, now: Timestamp) -> Answer<Vec<Token>> {
    let Some(devices) = host.devices(Among::Enumerator("USB"))? else { return Ok(None) };
    let mut tokens: BTreeMap<(u16, u16), (&str, bool, Option<Timestamp>)> = BTreeMap::new();
    for device in &devices {
        let Some((maker, product)) = devices::usb_numbers(&device.id) else { continue };
        let Some((Use::Token, name)) = known(maker, product) else { continue };
        let seen_at = if device.present { Some(now) } else { device.removed_at.max(device.arrived_at) };
        let token = tokens.entry((maker, product)).or_insert((name, false, None));
        token.1 |= device.present;
        token.2 = token.2.max(seen_at);
    }
    let token = |((maker, product), (name, present, seen_at)): (_, (&str, bool, Option<Timestamp>))| Token {
        usb_id: written(maker, product).into(),
        model: name.to_owned().into(),
        present: present.into(),
        seen_at: seen_at.map_or(Fact::Unknown(Reason::NotSupported), Fact::Known),
    };
    Ok(Some(tokens.into_iter().map(token).collect()))
}

/// Readers that are plugged in. Windows itself makes some that only exist in its memory.
fn readers(host: &dyn Host) -> Answer<Vec<Device>> {
    let real = |device: &Device| {
        device.present && !device.id.starts_with(r"ROOT\") && !device.id.starts_with(r"SWD\")
    };
    let devices = host.devices(Among::Class(READERS))?;
    Ok(devices.map(|devices| devices.into_iter().filter(real).collect()))
}

fn names(devices: Vec<Device>) -> Vec<String> {
    let names: BTreeSet<String> =
        devices.into_iter().map(|device| device.name.unwrap_or(device.id)).collect();
    names.into_iter().collect()
}

/// A reader that is not known to be something else may be a token of another maker.
fn token_present(tokens: &Answer<Vec<Token>>, readers: &Answer<Vec<Device>>) -> Fact<bool> {
    match (tokens, readers) {
        (Ok(Some(tokens)), _) if tokens.iter().any(|token| token.present == Fact::Known(true)) => true.into(),
        (Ok(Some(_)), Ok(Some(readers))) if readers.is_empty() => false.into(),
        (Ok(_), Ok(_)) => Fact::Unknown(Reason::NotSupported),
        (Err(trouble), _) | (_, Err(trouble)) => Fact::Unknown(trouble.clone().into()),
    }
}

fn token_seen_at(tokens: &Answer<Vec<Token>>) -> Fact<Timestamp> {
    match tokens {
        Ok(Some(tokens)) => match tokens.iter().filter_map(|token| token.seen_at.known()).max() {
            Some(seen_at) => (*seen_at).into(),
            None if tokens.is_empty() => Fact::Absent,
            None => Fact::Unknown(Reason::NotSupported),
        },
        Ok(None) => Fact::Unknown(Reason::NotSupported),
        Err(trouble) => Fact::Unknown(trouble.clone().into()),
    }
}

/// A program of 32 bit registers in its own view.
fn middleware(host: &dyn Host) -> Answer<Vec<String>> {
    let mut names = BTreeSet::new();
    for key in [Key::wide(OLD_PROVIDERS), Key::narrow(OLD_PROVIDERS), Key::wide(PROVIDERS)] {
        names.extend(host.registry_keys(key)?.unwrap_or_default());
    }
    let foreign = |name: &String| !OWN_PROVIDERS.iter().any(|own| name.starts_with(own));
    Ok(Some(names.into_iter().filter(foreign).collect()))
}

/// From Windows 8 on it runs only while there is a reader.
fn card_service(host: &dyn Host) -> Answer<Standing> {
    Ok(Some(match host.service("SCardSvr")? {
        None => Standing::Missing,
        Some(service) if service.running => Standing::Running,
        Some(service) if service.start == ServiceStart::Disabled => Standing::Disabled,
        Some(_) => Standing::Stopped,
    }))
}

fn sign_service(host: &dyn Host) -> Answer<Standing> {
    if running(host, SIGN_PROGRAM)? {
        return Ok(Some(Standing::Running));
    }
    let mut odd = None;
    for key in [Key::wide(UNINSTALL), Key::narrow(UNINSTALL)] {
        for name in host.registry_keys(key)?.unwrap_or_default() {
            let path = format!(r"{UNINSTALL}\{name}");
            let values = host.registry_values(Key { view: key.view, path: &path })?.unwrap_or_default();
            match said(&values, "DisplayName") {
                Ok(Some(name)) if SIGN_NAMES.iter().any(|known| name.to_lowercase().starts_with(known)) => {
                    return Ok(Some(Standing::Stopped));
                }
                Ok(_) => {}
                Err(trouble) => odd = Some(trouble),
            }
        }
    }
    // One whose name cannot be read might be it.
    odd.map_or(Ok(Some(Standing::Missing)), Err)
}

/// Only what this PC alone can reach is tried, and only while something listens there.
fn trusted(host: &dyn Host, sign_service: &Answer<Standing>) -> Fact<bool> {
    match sign_service {
        Ok(Some(Standing::Missing)) => return Fact::Absent,
        Ok(_) => {}
        Err(trouble) => return Fact::Unknown(trouble.clone().into()),
    }
    let listens = host.listeners().map(|listeners| {
        let ours = |ip: &IpAddr| ip.is_loopback() || ip.is_unspecified();
        listeners.is_some_and(|listeners| {
            listeners
                .iter()
                .any(|listener| listener.tcp && listener.port == SIGN_PORT && ours(&listener.address))
        })
    });
    match listens {
        Ok(true) => {}
        Ok(false) => return Fact::Unknown(Reason::NotSupported),
        Err(trouble) => return Fact::Unknown(trouble.into()),
    }
    let place = Place { host: "127.0.0.1".to_owned(), port: SIGN_PORT, tls: true };
    let reached = host.reach(std::slice::from_ref(&place)).into_iter().next().unwrap_or(Ok(None));
    match reached.map(|reached| reached.map(|reached| reached.how)) {
        Ok(Some(Reaching::Answered)) => true.into(),
        // The agent may run as the PC itself, which does not trust what one person trusts.
        Ok(Some(Reaching::NotTrusted)) => match certificates(host, "ROOT") {
            Ok(roots) => roots.iter().any(|root| root.self_issued && is_of_sign_service(root)).into(),
            Err(trouble) => Fact::Unknown(trouble.into()),
        },
        Ok(_) => Fact::Unknown(Reason::NotSupported),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

/// A root that was made for a service on this PC.
fn is_of_sign_service(root: &Certificate) -> bool {
    let issuer = root.issuer.to_lowercase();
    issuer.contains("vgca") || issuer == "localhost" || issuer == "127.0.0.1"
}

/// The certificates of a store of the PC, and of everybody who is signed in. Who is no administrator sees the own ones.
fn certificates(host: &dyn Host, store: &str) -> Result<Vec<Certificate>, Trouble> {
    let mut found = host.certificates(StorePlace::Machine, store)?.unwrap_or_default();
    for sid in people::signed_in(host)? {
        match host.certificates(StorePlace::Users, &format!(r"{sid}\{store}")) {
            Ok(certificates) => found.extend(certificates.unwrap_or_default()),
            Err(Trouble::Denied) => {
                found.extend(host.certificates(StorePlace::User, store)?.unwrap_or_default());
            }
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(found)
}

/// Whether the Committee's roots are among those that the PC trusts.
fn government_roots(host: &dyn Host) -> Answer<bool> {
    let roots = certificates(host, "ROOT")?;
    Ok(Some(roots.iter().any(|root| root.self_issued && signatures::is_of_committee(root))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::recorded::Recording;

    fn device(id: &str, present: bool, removed_at: Option<&str>) -> Value {
        json!({
            "id": id, "name": "Reader", "class": null, "service": null, "driver": null, "present": present,
            "arrived_at": null, "removed_at": removed_at,
        })
    }

    fn asked(asked: &Value) -> Signing {
        let recording = json!({
            "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T00:00:00Z", "asked": asked,
        });
        ask(&Recording::load(&recording.to_string()).unwrap(), "2026-11-22T00:00:00Z".parse().unwrap())
    }

    /// Whether a token is there and when one was last seen, with these devices on the USB and these readers.
    fn token(usb: &[Value], readers: &[Value]) -> (Fact<bool>, Fact<Timestamp>) {
        let signing = asked(&json!({"devices USB": usb, format!("devices {READERS}"): readers}));
        (signing.token_present, signing.token_seen_at)
    }

    #[test]
    fn a_reader_that_is_not_known_may_be_a_token() {
        fn unknown<T>() -> Fact<T> {
            Fact::Unknown(Reason::NotSupported)
        }
        assert_eq!(token(&[], &[]), (false.into(), Fact::Absent));
        let odd = [device(r"USB\VID_XYZ&PID_", true, None), device("", true, None)];
        assert_eq!(token(&odd, &[]), (false.into(), Fact::Absent));
        assert_eq!(token(&[], &[device(r"USB\VID_17EF&PID_1003", true, None)]), (unknown(), Fact::Absent));
        assert_eq!(token(&[], &[device(r"ROOT\SMARTCARDREADER", true, None)]), (false.into(), Fact::Absent));
        let gone = device(r"USB\VID_25DD&PID_2371", false, Some("2026-11-01T00:00:00Z"));
        let seen = "2026-11-01T00:00:00Z".parse::<Timestamp>().unwrap();
        assert_eq!(token(std::slice::from_ref(&gone), &[]), (false.into(), seen.into()));
        let there = device(r"USB\VID_0529&PID_0620&MI_00", true, None);
        let now = "2026-11-22T00:00:00Z".parse::<Timestamp>().unwrap();
        assert_eq!(token(&[gone, there], &[]), (true.into(), now.into()));
        // Windows 7 does not keep when one went.
        assert_eq!(token(&[device(r"USB\VID_0529&PID_0600", false, None)], &[]), (false.into(), unknown()));
    }

    #[test]
    fn what_could_not_be_asked_is_unknown() {
        let signing = asked(&json!({
            "devices USB": {"trouble": "timed_out"},
            format!("devices {READERS}"): {"trouble": "timed_out"},
            "service SCardSvr": {"trouble": "denied"},
        }));
        assert_eq!(signing.token_present, Fact::Unknown(Reason::TimedOut));
        assert_eq!(signing.tokens, Fact::Unknown(Reason::TimedOut));
        assert_eq!(signing.card_service, Fact::Unknown(Reason::Denied));
        assert!(matches!(signing.certificates, Fact::Unknown(Reason::Failed(_))));
        assert!(matches!(signing.sign_service_trusted, Fact::Unknown(Reason::Failed(_))));
    }
}

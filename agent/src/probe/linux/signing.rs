//! What digital signing needs.
//!
//! Tokens and readers from the USB, the smart-card service (pcscd) from its files and the running programs, programs
//! for tokens from the modules that p11-kit knows; nothing needs root. When an unplugged token was last there nobody
//! keeps. The Government Cipher Committee's signing service is made for Windows, and certificates lie in people's
//! browsers, which are not opened: both stay `not_supported`. No session with a token is opened.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::signing::{Signing, Standing, Token};

use super::usb::{self, CLASS_SMART_CARD, Device};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported, first_present, running};
use crate::probe::usb::{Use, known, written};

/// Modules that the administrator or a package gave to p11-kit (pkcs11.conf(5)).
const MODULES: &[&str] = &["/etc/pkcs11/modules", "/usr/share/p11-kit/modules"];
/// The store of trusted certificates and the remote caller, which are no tokens.
const OWN_MODULES: &[&str] = &["p11-kit-trust", "p11-kit-client", "gnome-keyring"];
const CARD_SERVICE: &[&str] = &["/usr/sbin/pcscd", "/usr/bin/pcscd"];
/// A service that is masked is a link to nothing.
const CARD_UNIT: &str = "/etc/systemd/system/pcscd.service";

pub(super) fn ask(host: &dyn Host, now: Timestamp) -> Signing {
    let devices = usb::devices(host);
    let seen = |of: &dyn Fn(&[Device]) -> Signing| match &devices {
        Ok(Some(devices)) => of(devices),
        Ok(None) => Signing::all_unknown(&Reason::NotSupported),
        Err(trouble) => Signing::all_unknown(&trouble.clone().into()),
    };
    Signing {
        middleware: fact_or_unsupported(middleware(host)),
        card_service: fact(card_service(host)),
        sign_service: Fact::Unknown(Reason::NotSupported),
        sign_service_trusted: Fact::Unknown(Reason::NotSupported),
        government_roots: Fact::Unknown(Reason::NotSupported),
        certificates: Fact::Unknown(Reason::NotSupported),
        expires_on: Fact::Unknown(Reason::NotSupported),
        ..seen(&|devices| plugged(devices, now))
    }
}

/// What the devices on the USB tell.
fn plugged(devices: &[Device], now: Timestamp) -> Signing {
    let mut tokens = BTreeMap::new();
    let mut readers = BTreeSet::new();
    for device in devices {
        let id = written(device.maker, device.product);
        let token = match known(device.maker, device.product) {
            Some((Use::Token, name)) => tokens.insert(id.clone(), name).or(Some(name)),
            Some(_) | None => None,
        };
        if token.is_some() || device.classes.contains(&CLASS_SMART_CARD) {
            readers.insert(device.name.clone().or(token.map(str::to_owned)).unwrap_or(id));
        }
    }
    let present = match (tokens.is_empty(), readers.is_empty()) {
        (false, _) => true.into(),
        (true, true) => false.into(),
        // A reader that is not known may be a token of another maker.
        (true, false) => Fact::Unknown(Reason::NotSupported),
    };
    let token = |(id, name): (String, &str)| Token {
        usb_id: id.into(),
        model: name.to_owned().into(),
        present: true.into(),
        seen_at: now.into(),
    };
    Signing {
        readers: readers.into_iter().collect::<Vec<_>>().into(),
        token_seen_at: match tokens.is_empty() {
            true => Fact::Unknown(Reason::NotSupported),
            false => now.into(),
        },
        token_present: present,
        tokens: tokens.into_iter().map(token).collect::<Vec<_>>().into(),
        ..Signing::default()
    }
}

/// Not there: no p11-kit, and programs for tokens that nobody told of.
fn middleware(host: &dyn Host) -> Answer<Vec<String>> {
    let mut names = BTreeSet::new();
    let mut told = false;
    for folder in MODULES {
        let Some(files) = host.folder(folder)? else { continue };
        told = true;
        names.extend(files.iter().filter_map(|file| Some(file.strip_suffix(".module")?.to_owned())));
    }
    let others = names.into_iter().filter(|name| !OWN_MODULES.contains(&name.as_str()));
    Ok(told.then(|| others.collect()))
}

fn card_service(host: &dyn Host) -> Result<Option<Standing>, Trouble> {
    let runs = running(host, "pcscd");
    let is_installed = first_present(host, CARD_SERVICE)?.is_some();
    Ok(Some(match (runs, is_installed) {
        (Ok(true), _) => Standing::Running,
        (Ok(false) | Err(_), false) => Standing::Missing,
        (Err(trouble), true) => return Err(trouble),
        (Ok(false), true) => match host.link(CARD_UNIT)?.as_deref() == Some("/dev/null") {
            true => Standing::Disabled,
            false => Standing::Stopped,
        },
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_and_readers() {
        let now = Timestamp::UNIX_EPOCH;
        let device = |maker, product, name: Option<&str>, classes: &[u8]| Device {
            path: String::new(),
            maker,
            product,
            name: name.map(str::to_owned),
            classes: classes.to_vec(),
        };
        let mouse = || device(0x046d, 0xc077, None, &[3]);
        let reader = || device(0x17ef, 0x1003, Some("Integrated Smart Card Reader"), &[CLASS_SMART_CARD]);
        let token = || device(0x25dd, 0x2371, None, &[CLASS_SMART_CARD]);
        let told = |devices: &[Device]| {
            let signing = plugged(devices, now);
            (signing.token_present, signing.readers, signing.tokens.known().map_or(0, Vec::len))
        };
        let readers = |names: &[&str]| Fact::Known(names.iter().map(|name| (*name).to_owned()).collect());
        assert_eq!(told(&[mouse()]), (Fact::Known(false), readers(&[]), 0));
        assert_eq!(
            told(&[mouse(), reader()]),
            (Fact::Unknown(Reason::NotSupported), readers(&["Integrated Smart Card Reader"]), 0)
        );
        assert_eq!(
            told(&[reader(), token()]),
            (Fact::Known(true), readers(&["Bit4id TokenME EVO v2", "Integrated Smart Card Reader"]), 1)
        );
    }
}

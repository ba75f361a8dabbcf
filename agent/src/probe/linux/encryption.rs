//! Disk encryption.
//!
//! A volume is protected when a mapped device of dm-crypt is anywhere between it and its drive; its
//! identifier says how (`CRYPT-LUKS2-…`). From /sys/block/dm-*/dm/uuid; nothing needs root. Encryption above
//! the block layer (fscrypt, eCryptfs, ZFS) and inside a drive (OPAL) is not seen, so a volume on ZFS stays
//! unknown. Seen on Debian 12 without encryption. What other systems answer is known from their documents and
//! from made-up recordings.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::encryption::{Encryption, State, Volume};

use super::block::{self, Stack};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported, line};

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Encryption {
    let system = block::system(host).and_then(|stack| match stack.drives.is_empty() {
        true => Err(Trouble::NotSupported),
        false => method(host, &stack),
    });
    Encryption {
        system_protected: fact(system.map(|method| Some(method.is_some()))),
        volumes: fact(volumes(host).map(Some)),
    }
}

fn volumes(host: &dyn Host) -> Result<Vec<Volume>, Trouble> {
    let mut volumes = Vec::new();
    for standing in block::volumes(host)? {
        let method = method(host, &standing.stack);
        let seen = !standing.stack.drives.is_empty();
        volumes.push(Volume {
            mount: standing.volume.mount.into(),
            protected: match &method {
                Ok(method) if seen => method.is_some().into(),
                Ok(_) => Fact::Unknown(Reason::NotSupported),
                Err(trouble) => Fact::Unknown(trouble.clone().into()),
            },
            state: match &method {
                // What is mounted is open; whether it is being encrypted just now only root could see.
                Ok(method) if seen => if method.is_some() { State::On } else { State::Off }.into(),
                Ok(_) => Fact::Unknown(Reason::NotSupported),
                Err(trouble) => Fact::Unknown(trouble.clone().into()),
            },
            method: if seen { fact(method) } else { fact_or_unsupported(Ok(None)) },
        });
    }
    Ok(volumes)
}

/// How the stack is encrypted; not there: it is not.
fn method(host: &dyn Host, stack: &Stack) -> Answer<String> {
    for device in stack.devices.iter().filter(|device| device.starts_with("dm-")) {
        // A mapping that somebody made by hand need not say what it is.
        let uuid = line(host, &format!("/sys/block/{device}/dm/uuid"))?.ok_or(Trouble::NotSupported)?;
        // CRYPT-LUKS2-<uuid>-<name>
        if let Some(kind) = uuid.strip_prefix("CRYPT-") {
            return Ok(kind.split('-').next().map(str::to_owned));
        }
    }
    Ok(None)
}

//! Disk encryption: BitLocker, which the Home editions call device encryption.
//!
//! From the methods of Win32_EncryptableVolume: its properties are stale, and only an administrator may ask. A Windows
//! whose kernel lacks the driver of BitLocker, as a server without that feature, has no encrypted volume; a missing class
//! alone says nothing. Encryption by others is not seen, so where VeraCrypt starts with the kernel, "off" is not said.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::encryption::{Encryption, State, Volume};

use super::rows::text;
use super::volumes;
use crate::host::answers::{Cell, Method, Query, Row, ServiceStart};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

/// The driver of BitLocker.
const DRIVER: &str = "fvevol";
/// Drivers of other makers that encrypt the volume that Windows starts from.
const OTHERS: &[&str] = &["veracrypt", "truecrypt"];
/// VolumeType of a drive that can be taken out.
const REMOVABLE: u32 = 2;

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Encryption {
    let volumes = match encryptable(host) {
        Ok(Some(rows)) => encrypted(host, &rows),
        Ok(None) => without(host),
        Err(trouble) => Err(trouble),
    };
    let system_protected = match (volumes::system(host), &volumes) {
        (Ok(letter), Ok(volumes)) => volumes
            .iter()
            .find(|volume| volume.mount.known() == Some(&letter))
            .map_or(Fact::Unknown(Reason::NotSupported), |volume| volume.protected.clone()),
        (Err(trouble), Ok(_)) => Fact::Unknown(trouble.into()),
        (_, Err(trouble)) => Fact::Unknown(trouble.clone().into()),
    };
    Encryption { system_protected, volumes: fact(volumes.map(Some)) }
}

fn encryptable(host: &dyn Host) -> Answer<Vec<Row>> {
    host.wmi(&Query {
        namespace: Method::ProtectionStatus.namespace(),
        class: Method::ProtectionStatus.class(),
        columns: &["DriveLetter", "VolumeType", "__RELPATH"],
        filter: "",
    })
}

/// The volumes of a Windows that cannot encrypt them.
fn without(host: &dyn Host) -> Result<Vec<Volume>, Trouble> {
    if host.service(DRIVER)?.is_some() {
        return Err(Trouble::NotSupported);
    }
    let drives = volumes::drives(host).unwrap_or_default();
    let there = host.volumes()?.ok_or(Trouble::NotSupported)?;
    let fixed = there.into_iter().filter(|volume| volumes::stays(&drives, &volume.mount));
    Ok(fixed.map(|volume| off(host, volume.mount)).collect())
}

fn off(host: &dyn Host, mount: String) -> Volume {
    match other(host) {
        Ok(false) => Volume {
            mount: mount.into(),
            protected: false.into(),
            state: State::Off.into(),
            method: Fact::Absent,
        },
        Ok(true) => unknown(mount, &Reason::NotSupported),
        Err(trouble) => unknown(mount, &trouble.into()),
    }
}

fn unknown(mount: String, reason: &Reason) -> Volume {
    Volume { mount: mount.into(), ..Volume::all_unknown(reason) }
}

/// Whether another product may have encrypted what BitLocker finds plain.
fn other(host: &dyn Host) -> Result<bool, Trouble> {
    for driver in OTHERS {
        let starts = host.service(driver)?.map(|service| service.start);
        if matches!(starts, Some(ServiceStart::Boot)) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn encrypted(host: &dyn Host, rows: &[Row]) -> Result<Vec<Volume>, Trouble> {
    let drives = volumes::drives(host).unwrap_or_default();
    let mut volumes = Vec::new();
    for row in rows {
        // Without a letter: the volumes of boot loader and recovery.
        let Some(letter) = text(row, "DriveLetter")? else { continue };
        if volumes::number(row, "VolumeType") != Some(REMOVABLE) && volumes::stays(&drives, letter) {
            volumes.push(match text(row, "__RELPATH")? {
                Some(object) => volume(host, letter, object),
                None => unknown(letter.to_owned(), &Reason::NotSupported),
            });
        }
    }
    volumes.sort_by(|a, b| a.mount.cmp(&b.mount));
    Ok(volumes)
}

fn volume(host: &dyn Host, letter: &str, object: &str) -> Volume {
    let protection = told(host, Method::ProtectionStatus, "ProtectionStatus", object);
    // A locked volume does not tell how far it is encrypted.
    let state = match &protection {
        Ok(Some(2)) => Ok(Some(State::Locked)),
        Ok(Some(protection)) => told(host, Method::ConversionStatus, "ConversionStatus", object).map(|far| {
            match (far?, protection) {
                (0, _) => Some(State::Off),
                (1, 1) => Some(State::On),
                (1, 0) => Some(State::Suspended),
                (2..=5, _) => Some(State::Changing),
                _ => None,
            }
        }),
        Ok(None) => Ok(None),
        Err(trouble) => Err(trouble.clone()),
    };
    if state == Ok(Some(State::Off)) {
        return off(host, letter.to_owned());
    }
    let method = match state {
        Ok(Some(State::On | State::Suspended | State::Changing)) => fact_or_unsupported(
            told(host, Method::EncryptionMethod, "EncryptionMethod", object).map(|kind| name(kind?)),
        ),
        Ok(_) => Fact::Unknown(Reason::NotSupported),
        Err(ref trouble) => Fact::Unknown(trouble.clone().into()),
    };
    Volume {
        mount: Fact::Known(letter.to_owned()),
        // 0: whoever takes the drive out can read it; 1 and 2: nobody can.
        protected: fact_or_unsupported(protection.map(|status| match status? {
            0 => Some(false),
            1 | 2 => Some(true),
            _ => None,
        })),
        state: fact_or_unsupported(state),
        method,
    }
}

/// The number that a method answers.
fn told(host: &dyn Host, method: Method, column: &str, object: &str) -> Answer<u32> {
    let Some(row) = host.wmi_call(method, object)? else { return Ok(None) };
    match row.get("ReturnValue") {
        None | Some(Cell::Null | Cell::Number(0)) => Ok(volumes::number(&row, column)),
        Some(Cell::Number(code)) => {
            Err(Trouble::Failed(format!("{} answers error 0x{code:08x}", method.name())))
        }
        Some(_) => Err(Trouble::Failed(format!("{} answers no number", method.name()))),
    }
}

/// Win32_EncryptableVolume.GetEncryptionMethod.
fn name(method: u32) -> Option<String> {
    let name = match method {
        1 => "AES-CBC 128, diffuser",
        2 => "AES-CBC 256, diffuser",
        3 => "AES-CBC 128",
        4 => "AES-CBC 256",
        5 => "hardware",
        6 => "XTS-AES 128",
        7 => "XTS-AES 256",
        _ => return None,
    };
    Some(name.to_owned())
}

#[cfg(test)]
mod tests;

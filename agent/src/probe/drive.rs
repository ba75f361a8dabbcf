//! What both platforms know of drives: which models hypervisors make, and what a drive tells of its own health.

use rules::fact::{Fact, Reason};
use rules::facts::disk::Volume;
use rules::quantity::{Bytes, Percent};

use super::decode::smart::{self, Told};
use crate::host::answers::HealthLog;
use crate::host::{self, Host};

/// Parts of the models that hypervisors give their drives, in lower case.
const VIRTUAL_MODELS: &[&str] = &[
    "qemu",
    "vbox",
    "vmware",
    "virtio",
    "virtual disk",
    "virtual_disk",
    "virtual hd",
    "msft virtual",
    "xensrc",
    "pvdisk",
    "amazon elastic b",
    "googlepersistentdisk",
    "persistentdisk",
];

/// Whether a hypervisor provides a drive of this model.
pub(super) fn is_virtual(model: &str) -> bool {
    let model = model.to_lowercase();
    VIRTUAL_MODELS.iter().any(|part| model.contains(part))
}

/// What the drive of this name tells of its own health.
pub(super) fn health(host: &dyn Host, name: &str, model: &str) -> Told {
    match host.drive_health(name) {
        Ok(Some(HealthLog::Smart { failing, data, thresholds, flash })) => {
            smart::ata(failing, &data, &thresholds, &flash, model)
        }
        Ok(Some(HealthLog::Nvme(log))) => smart::nvme(&log),
        Ok(Some(HealthLog::Smartctl(text))) => smart::smartctl(&text),
        Ok(None) => Told::nothing(&Reason::NotSupported),
        Err(trouble) => Told::nothing(&trouble.into()),
    }
}

/// The facts of a volume.
pub(super) fn volume(volume: host::Volume, system: Fact<bool>) -> Volume {
    let unread = || Reason::Failed("the system cannot read this volume".to_owned());
    let share = volume.size.zip(volume.free).map(|(size, free)| {
        let share = u128::from(free) * 100 / u128::from(size.max(1));
        Percent(i64::try_from(share.min(100)).unwrap_or(100))
    });
    let filesystem = match volume.size {
        Some(_) => Fact::known_or_absent(Some(volume.filesystem).filter(|name| !name.is_empty())),
        None => Fact::Unknown(unread()),
    };
    Volume {
        system,
        mount: volume.mount.into(),
        filesystem,
        size: volume.size.map_or_else(|| Fact::Unknown(unread()), |size| bytes(size).into()),
        free: volume.free.map_or_else(|| Fact::Unknown(unread()), |free| bytes(free).into()),
        free_percent: share.map_or_else(|| Fact::Unknown(unread()), Fact::Known),
    }
}

/// A size.
pub(super) fn bytes(count: u64) -> Bytes {
    Bytes(i64::try_from(count).unwrap_or(i64::MAX))
}

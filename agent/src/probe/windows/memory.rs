//! The memory.
//!
//! What is in which slot is told by the firmware table, which Windows hands out to everybody; what the system sees
//! comes from sysinfo. Built-in graphics take some of what is installed, so the two differ.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::memory::Memory;
use rules::quantity::Bytes;

use crate::host::Host;
use crate::probe::ask::fact;
use crate::probe::decode::smbios::{self, Smbios};

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Memory {
    let totals = fact(host.memory());
    let of_firmware = of_firmware(host);
    Memory {
        installed: of_firmware.installed,
        visible: totals.as_ref().map(|totals| bytes(totals.visible)),
        slots: of_firmware.slots,
        slots_free: of_firmware.slots_free,
        maximum: of_firmware.maximum,
        swap: totals.map(|totals| bytes(totals.swap)),
        modules: of_firmware.modules,
    }
}

fn bytes(count: u64) -> Bytes {
    Bytes(i64::try_from(count).unwrap_or(i64::MAX))
}

fn of_firmware(host: &dyn Host) -> smbios::Memory {
    let reason = match host.firmware() {
        Ok(Some(firmware)) => match Smbios::read(firmware) {
            Ok(smbios) => return smbios.memory(),
            Err(text) => Reason::Failed(text),
        },
        Ok(None) => Reason::NotSupported,
        Err(trouble) => trouble.into(),
    };
    smbios::Memory {
        installed: Fact::Unknown(reason.clone()),
        slots: Fact::Unknown(reason.clone()),
        slots_free: Fact::Unknown(reason.clone()),
        maximum: Fact::Unknown(reason.clone()),
        modules: Fact::Unknown(reason),
    }
}

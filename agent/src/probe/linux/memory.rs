//! The memory.
//!
//! What is in which slot is told by the firmware table, which only root reads. Without it, the memory blocks
//! that the kernel lists give the sum: the firmware's map of memory in blocks of 128 MiB or more, graphics
//! memory included. What the system sees comes from sysinfo. Seen on Debian 12. What other systems answer is
//! known from their documents and from made-up recordings.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::memory::Memory;
use rules::quantity::Bytes;

use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, line};
use crate::probe::decode::smbios::{self, Smbios};

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Memory {
    let totals = fact(host.memory());
    let of_firmware = of_firmware(host);
    Memory {
        installed: match of_firmware.installed {
            Fact::Known(installed) => installed.into(),
            Fact::Absent | Fact::Unknown(_) => match blocks(host) {
                Ok(Some(sum)) => sum.into(),
                Ok(None) | Err(_) => of_firmware.installed,
            },
        },
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

fn blocks(host: &dyn Host) -> Answer<Bytes> {
    let Some(size) = line(host, "/sys/devices/system/memory/block_size_bytes")? else { return Ok(None) };
    let size = i64::from_str_radix(&size, 16)
        .map_err(|_| Trouble::Failed(format!("the size of a memory block is no number: {size:?}")))?;
    let Some(names) = host.folder("/sys/devices/system/memory")? else { return Ok(None) };
    let is_block =
        |name: &&String| name.strip_prefix("memory").is_some_and(|number| number.parse::<u32>().is_ok());
    let count = i64::try_from(names.iter().filter(is_block).count()).unwrap_or(i64::MAX);
    Ok((count > 0).then(|| Bytes(count.saturating_mul(size))))
}

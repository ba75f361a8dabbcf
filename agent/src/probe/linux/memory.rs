//! The memory.
//!
//! What is in which slot is told by the firmware table, which only root reads. Without it, the memory blocks
//! that the kernel lists give the sum: the firmware's map of memory in blocks of 128 MiB or more, graphics
//! memory included. What the system sees comes from sysinfo. Seen on Debian 12. What other systems answer is
//! known from their documents and from made-up recordings.

use jiff::Timestamp;
use rules::facts::memory::Memory;
use rules::quantity::Bytes;

use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::line;
use crate::probe::firmware;

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Memory {
    let mut memory = firmware::memory(host);
    if memory.installed.known().is_none()
        && let Ok(Some(sum)) = blocks(host)
    {
        memory.installed = sum.into();
    }
    memory
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

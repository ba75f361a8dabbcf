//! The memory.
//!
//! What is in which slot is told by the firmware table, which Windows hands out to everybody; what the system sees
//! comes from sysinfo. Built-in graphics take some of what is installed, so the two differ.

use jiff::Timestamp;
use rules::facts::memory::Memory;

use crate::host::Host;
use crate::probe::firmware;

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Memory {
    firmware::memory(host)
}

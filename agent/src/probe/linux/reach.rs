//! Services of the province that this PC must reach.
//!
//! The agent tries them itself; nothing needs root. Whether the PC uses a proxy is read where the probe of the network
//! reads it.

use jiff::Timestamp;
use rules::facts::reach::Reach;

use super::network;
use crate::host::Host;
use crate::probe::reached;

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Reach {
    reached::ask(host, &|| Ok(network::proxy(host)?.is_some()))
}

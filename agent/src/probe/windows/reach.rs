//! Services of the province that this PC must reach.
//!
//! The agent tries them itself. Whether the PC uses a proxy is told by the settings of WinHTTP and of everybody who is
//! signed in, in the registry. Nothing needs an administrator, except other people's settings.

use jiff::Timestamp;
use rules::facts::reach::Reach;

use super::people;
use super::registry::{number, text};
use crate::host::answers::{Key, RegistryValue};
use crate::host::{Host, Trouble};
use crate::probe::reached;

const WINHTTP: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Internet Settings\Connections";
const OF_PERSON: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";
/// Where the flags stand in the settings of WinHTTP, and the one that says: through a proxy.
const FLAGS_OFFSET: usize = 8;
const FLAG_PROXY: u8 = 2;

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Reach {
    reached::ask(host, &|| proxied(host))
}

fn proxied(host: &dyn Host) -> Result<bool, Trouble> {
    match host.registry_value(Key::wide(WINHTTP), "WinHttpSettings")? {
        Some(RegistryValue::Bytes(bytes))
            if bytes.get(FLAGS_OFFSET).is_some_and(|flags| flags & FLAG_PROXY != 0) =>
        {
            return Ok(true);
        }
        Some(RegistryValue::Bytes(_)) | None => {}
        Some(_) => return Err(Trouble::Failed("WinHttpSettings is of a wrong type".to_owned())),
    }
    for sid in people::signed_in(host)? {
        let key = format!(r"HKU\{sid}\{OF_PERSON}");
        let by_hand = number(host, &key, "ProxyEnable")?.is_some_and(|enabled| enabled != 0);
        if by_hand || text(host, &key, "AutoConfigURL")?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

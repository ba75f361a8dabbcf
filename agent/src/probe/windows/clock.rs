//! The clock.
//!
//! Time zone and time service from the registry and the service manager; nothing needs an administrator. Windows 7 in
//! a workgroup starts its time service only now and then, so what counts is whether it is allowed to start and to ask.
//! Whether the last question had an answer is told by a program in the language of the PC, so nobody reads it.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::clock::Clock;

use super::registry::{number, text};
use crate::host::answers::ServiceStart;
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

const ZONE: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation";
const SERVICE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Parameters";

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Clock {
    Clock {
        zone: fact_or_unsupported(text(host, ZONE, "TimeZoneKeyName")),
        utc_offset_minutes: fact_or_unsupported(offset_minutes(host)),
        service: fact(service(host)),
        synchronised: Fact::Unknown(Reason::NotSupported),
        ..Clock::default()
    }
}

/// Windows keeps what must be added to local time to get UTC, as a number with a sign in one without.
fn offset_minutes(host: &dyn Host) -> Answer<i64> {
    let Some(bias) = number(host, ZONE, "ActiveTimeBias")? else { return Ok(None) };
    match u32::try_from(bias) {
        Ok(bias) => Ok(Some(-i64::from(bias.cast_signed()))),
        Err(_) => Err(Trouble::Failed(format!("ActiveTimeBias is an impossible number: {bias}"))),
    }
}

fn service(host: &dyn Host) -> Answer<bool> {
    let Some(service) = host.service("W32Time")? else { return Ok(None) };
    let kind = text(host, SERVICE, "Type")?.unwrap_or_default();
    Ok(Some(service.start != ServiceStart::Disabled && !kind.eq_ignore_ascii_case("NoSync")))
}

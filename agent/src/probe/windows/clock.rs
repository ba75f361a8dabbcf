//! The clock.
//!
//! Time zone and time service from the registry and the service manager; nothing needs an administrator. Windows 7 in
//! a workgroup starts its time service only now and then, so what counts is whether it is allowed to start and to ask.
//! When the last question had an answer is kept beside the settings of the service by Windows 10 and later; the program
//! that would tell it on others speaks the language of the PC, so nobody reads it.

use jiff::{SignedDuration, Timestamp};
use rules::facts::clock::Clock;

use super::moments;
use super::registry::{number, text};
use crate::host::answers::ServiceStart;
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

const ZONE: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\TimeZoneInformation";
const SERVICE: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Parameters";
const STATUS: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\W32Time\Config\Status";
/// How old the last answer may be. A PC in a workgroup asks once a week unless told otherwise.
const ANSWER_AGE_MAX: SignedDuration = SignedDuration::from_hours(8 * 24);

pub(super) fn ask(host: &dyn Host, now: Timestamp) -> Clock {
    Clock {
        zone: fact_or_unsupported(text(host, ZONE, "TimeZoneKeyName")),
        utc_offset_minutes: fact_or_unsupported(offset_minutes(host)),
        service: fact(service(host)),
        synchronised: fact_or_unsupported(synchronised(host, now)),
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

/// The last good answer stands as its time (FILETIME in digits) and, after a semicolon, who gave it.
fn synchronised(host: &dyn Host, now: Timestamp) -> Answer<bool> {
    let Some(sample) = text(host, STATUS, "LastGoodSampleInfo")? else { return Ok(None) };
    let at = sample.split(';').next().and_then(|ticks| moments::filetime(ticks.trim().parse().ok()?));
    match at {
        Some(at) => Ok(Some(now.duration_since(at) <= ANSWER_AGE_MAX)),
        None => Err(Trouble::Failed(format!("LastGoodSampleInfo has an unknown form: {sample:?}"))),
    }
}

fn service(host: &dyn Host) -> Answer<bool> {
    let Some(service) = host.service("W32Time")? else { return Ok(None) };
    let kind = text(host, SERVICE, "Type")?.unwrap_or_default();
    Ok(Some(service.start != ServiceStart::Disabled && !kind.eq_ignore_ascii_case("NoSync")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Recording;

    #[test]
    fn the_last_good_answer() {
        let check = |sample: serde_json::Value, expected: Answer<bool>| {
            let recording = serde_json::json!({
                "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T02:30:00Z",
                "asked": {format!("registry value {STATUS}: LastGoodSampleInfo"): sample},
            });
            let host = Recording::load(&recording.to_string()).unwrap();
            assert_eq!(synchronised(&host, host.recording.taken_at), expected);
        };
        let text = |text: &str| serde_json::json!({"text": text});
        // 2026-11-20 and 2026-10-01, both 00:00 UTC.
        check(
            text("134396064000000000;time.windows.com,0x9 (ntp.m|0x9|0.0.0.0:123->40.119.6.228:123)"),
            Ok(Some(true)),
        );
        check(text("134352864000000000;time.windows.com,0x9"), Ok(Some(false)));
        check(serde_json::Value::Null, Ok(None));
        let odd = Trouble::Failed("LastGoodSampleInfo has an unknown form: \"hôm qua\"".to_owned());
        check(text("hôm qua"), Err(odd));
    }
}

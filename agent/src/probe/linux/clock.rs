//! The clock.
//!
//! The zone from the link /etc/localtime and the rules in the file behind it. Whether a service keeps the
//! clock from systemd's links and the running programs; whether it succeeded from the mark of
//! systemd-timesyncd or from chrony itself. Other services keep that to themselves, so it stays
//! `not_supported`. Nothing needs root. The distance from the collector's clock is known only to whoever
//! talks with the collector. Seen on Debian 12. What other systems answer is known from their documents and
//! from made-up recordings.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rules::fact::Fact;
use rules::facts::clock::Clock;

use super::services;
use crate::host::{Answer, Command, Host, Trouble};
use crate::probe::ask::{any_running, fact, fact_or_unsupported, line, present, running};

/// Units and programs that keep the clock.
const UNITS: &[&str] = &[
    "systemd-timesyncd.service",
    "chrony.service",
    "chronyd.service",
    "ntp.service",
    "ntpd.service",
    "ntpsec.service",
    "openntpd.service",
];
const PROGRAMS: &[&str] = &["systemd-timesyncd", "chronyd", "ntpd"];

pub(super) fn ask(host: &dyn Host, now: Timestamp) -> Clock {
    Clock {
        zone: fact_or_unsupported(zone_name(host)),
        utc_offset_minutes: fact_or_unsupported(
            zone(host).map(|zone| zone.map(|zone| i64::from(zone.to_offset(now).seconds() / 60))),
        ),
        service: fact(service(host)),
        synchronised: fact_or_unsupported(synchronised(host)),
        offset: Fact::default(),
    }
}

/// The zone's name in the zone database, such as Asia/Ho_Chi_Minh.
fn zone_name(host: &dyn Host) -> Answer<String> {
    let link = host.link("/etc/localtime")?;
    match link.as_deref().and_then(|target| target.split_once("zoneinfo/")) {
        Some((_, name)) => Ok(Some(name.to_owned())),
        // A copy instead of a link: Debian writes the name beside it.
        None => line(host, "/etc/timezone"),
    }
}

/// The rules of the local zone.
pub(super) fn zone(host: &dyn Host) -> Answer<TimeZone> {
    let Some(bytes) = host.file("/etc/localtime")? else { return Ok(None) };
    let zone = TimeZone::tzif("local", &bytes)
        .map_err(|error| Trouble::Failed(format!("cannot read the rules of the time zone: {error}")))?;
    Ok(Some(zone))
}

fn service(host: &dyn Host) -> Answer<bool> {
    let enabled = services::enabled(host)?.unwrap_or_default();
    if UNITS.iter().any(|unit| enabled.contains(*unit)) {
        return Ok(Some(true));
    }
    Ok(Some(any_running(host, PROGRAMS)?))
}

fn synchronised(host: &dyn Host) -> Answer<bool> {
    if present(host, "/run/systemd/timesync/synchronized")? {
        return Ok(Some(true));
    }
    if running(host, "systemd-timesyncd")? {
        return Ok(Some(false));
    }
    if !running(host, "chronyd")? {
        return Ok(None);
    }
    match host.run(Command::ChronyTracking)? {
        // The second field is the number of the source's address, the third its stratum; 0 is: none.
        Some(output) if output.code == 0 => {
            match output.stdout.trim().split(',').nth(2).map(str::parse::<i64>) {
                Some(Ok(stratum)) => Ok(Some(stratum > 0)),
                Some(Err(_)) | None => Err(Trouble::Failed(format!("chronyc printed {:?}", output.stdout))),
            }
        }
        Some(output) => Err(Trouble::Failed(format!("chronyc ended with code {}", output.code))),
        None => Ok(None),
    }
}

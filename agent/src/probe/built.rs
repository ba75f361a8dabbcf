//! The day on which the maker of a program built it: how old it really is, whoever installed it when.
//!
//! Firefox writes the day into a file of its own. Of others the time of the program's file is taken, which packages and
//! installers keep as the maker packed it; it is the day of a copy where somebody copied the program by hand. Where neither
//! is there, nobody knows.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};
use rules::fact::{Fact, Reason};

use super::ask::text;
use crate::host::{Answer, Host};

/// Where a program tells when it was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trace {
    /// The program's own file.
    Program(&'static str),
    /// A file with a line `BuildID=20261104174354` ("application.ini", Mozilla).
    BuildId(&'static str),
}

/// No browser of today was built before this day; clocks that start from nothing say so.
const FIRST_DAY: Date = Date::constant(2010, 1, 1);

/// The day of the first trace that is there.
pub(super) fn built_on(host: &dyn Host, traces: &[Trace], now: Timestamp) -> Fact<Date> {
    for trace in traces {
        let day = match trace {
            Trace::Program(path) => host.modified(path).map(|at| at.map(day)),
            Trace::BuildId(path) => build_id(host, path),
        };
        match day {
            Ok(Some(day)) if (FIRST_DAY..=tomorrow(now)).contains(&day) => return Fact::Known(day),
            Ok(Some(day)) => return Fact::failed(format!("the program is of {day}, which cannot be")),
            Ok(None) => {}
            Err(trouble) => return Fact::Unknown(trouble.into()),
        }
    }
    Fact::Unknown(Reason::NotSupported)
}

fn build_id(host: &dyn Host, path: &str) -> Answer<Date> {
    let file = text(host, path)?;
    let line = file.as_deref().and_then(|file| file.lines().find_map(|line| line.strip_prefix("BuildID=")));
    Ok(line.and_then(|id| Date::strptime("%Y%m%d", id.trim().get(..8)?).ok()))
}

fn day(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

/// East of Greenwich a day begins before that of the maker.
fn tomorrow(now: Timestamp) -> Date {
    day(now).saturating_add(Span::new().days(1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Recording;

    #[test]
    fn the_first_trace_that_is_there_counts() {
        let host = Recording::load(
            r#"{"origin":"made up","about":"Browsers.","platform":"linux","taken_at":"2026-11-22T01:00:00Z",
            "files":{"/a.ini":["[App]","Vendor=Mozilla","BuildID=20261104174354"],"/b.ini":["BuildID=soon"],"/c.ini":null},
            "modified":{"/a":"2026-10-01T23:30:00Z","/gone":null,"/epoch":"1970-01-01T00:00:00Z",
            "/late":"2026-12-24T00:00:00Z","/denied":{"trouble":"denied"}}}"#,
        )
        .unwrap();
        let now: Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
        let check = |traces: &[Trace]| match built_on(&host, traces, now) {
            Fact::Known(day) => day.to_string(),
            Fact::Absent => "absent".to_owned(),
            Fact::Unknown(reason) => reason.to_string(),
        };
        assert_eq!(check(&[Trace::BuildId("/a.ini")]), "2026-11-04");
        assert_eq!(
            check(&[Trace::BuildId("/c.ini"), Trace::Program("/gone"), Trace::Program("/a")]),
            "2026-10-01"
        );
        assert_eq!(check(&[Trace::BuildId("/b.ini"), Trace::Program("/gone")]), "not_supported");
        assert_eq!(
            check(&[Trace::Program("/epoch")]),
            "failed: the program is of 1970-01-01, which cannot be"
        );
        assert_eq!(
            check(&[Trace::Program("/late")]),
            "failed: the program is of 2026-12-24, which cannot be"
        );
        assert_eq!(check(&[Trace::Program("/denied"), Trace::Program("/a")]), "denied");
        assert_eq!(check(&[]), "not_supported");
    }
}

//! Whether the services that the collector names answer from this PC, for all platforms.
//!
//! The collector names them; no other address is tried. A service that is only to be reached through a proxy does not
//! answer here, so where the PC uses a proxy, no answer is unknown and not a failure.

use rules::fact::{Fact, Reason};
use rules::facts::reach::{Outcome, Reach, Service};
use rules::limits::SERVICES_COUNT_MAX;
use rules::quantity::{Milliseconds, Percent};
use rules::wire::{NamedService, Place};

use crate::host::answers::{Reached, Reaching};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::known_or_unsupported;

/// Asks for all of them. `proxied` tells whether this PC uses a proxy.
pub(super) fn ask(host: &dyn Host, proxied: &dyn Fn() -> Result<bool, Trouble>) -> Reach {
    let named = match host.named_services() {
        Ok(Some(named)) => named,
        Ok(None) => return Reach::default(),
        Err(trouble) => return Reach::all_unknown(&trouble.into()),
    };
    // What an agent does not understand, it does not try.
    let named: Vec<(NamedService, Place)> = named
        .into_iter()
        .take(SERVICES_COUNT_MAX)
        .filter_map(|service| {
            let place = service.place()?;
            Some((service, place))
        })
        .collect();
    let places: Vec<Place> = named.iter().map(|(_, place)| place.clone()).collect();
    let answers = if places.is_empty() { Vec::new() } else { host.reach(&places) };
    let silent = answers.iter().any(|answer| !matches!(answer, Ok(Some(reached)) if answered(reached)));
    let doubt = match silent.then(proxied) {
        Some(Ok(true) | Err(_)) => Some(Reason::NotSupported),
        Some(Ok(false)) | None => None,
    };
    let services: Vec<Service> = named
        .into_iter()
        .zip(answers)
        .map(|((service, place), answer)| told(service.name, &place, answer, doubt.as_ref()))
        .collect();
    Reach {
        failed: failed(&services),
        slowest: match services.iter().filter_map(|service| service.answer_time.known()).max() {
            Some(slowest) => (*slowest).into(),
            None => Fact::Absent,
        },
        services: services.into(),
    }
}

fn answered(reached: &Reached) -> bool {
    reached.how == Reaching::Answered
}

fn told(name: String, place: &Place, answer: Answer<Reached>, doubt: Option<&Reason>) -> Service {
    let base = Service { name: name.into(), address: place.to_string().into(), ..Service::default() };
    let unknown = |reason: Reason| Service {
        outcome: Fact::Unknown(reason.clone()),
        name_time: Fact::Unknown(reason.clone()),
        answer_time: Fact::Unknown(reason.clone()),
        loss: Fact::Unknown(reason),
        ..base.clone()
    };
    let reached = match (answer, doubt) {
        (Ok(Some(reached)), Some(doubt)) if !answered(&reached) => return unknown(doubt.clone()),
        (Ok(Some(reached)), _) => reached,
        (Ok(None), _) => return unknown(Reason::NotSupported),
        (Err(trouble), _) => return unknown(trouble.into()),
    };
    let milliseconds = |time: u64| i64::try_from(time).ok().map(Milliseconds);
    let median = reached.answers_ms.get(reached.answers_ms.len() / 2).copied();
    let lost = usize::try_from(reached.attempts).ok().and_then(|attempts| {
        let lost = attempts.checked_sub(reached.answers_ms.len())?;
        i64::try_from(lost * 100).ok()?.checked_div(i64::from(reached.attempts))
    });
    Service {
        outcome: match reached.how {
            Reaching::Answered => Outcome::Answered,
            Reaching::NoName => Outcome::NoName,
            Reaching::Refused => Outcome::Refused,
            Reaching::TimedOut => Outcome::TimedOut,
            Reaching::NotTrusted => Outcome::NotTrusted,
            Reaching::Broken => Outcome::Broken,
        }
        .into(),
        name_time: Fact::known_or_absent(reached.name_ms.and_then(milliseconds)),
        answer_time: Fact::known_or_absent(median.and_then(milliseconds)),
        loss: match reached.attempts {
            // Without an address there was nothing to try.
            0 => Fact::Absent,
            _ => known_or_unsupported(lost.map(Percent)),
        },
        ..base
    }
}

/// Those that could not be reached; unknown when one is unknown.
fn failed(services: &[Service]) -> Fact<i64> {
    let mut failed = 0;
    for service in services {
        match &service.outcome {
            Fact::Known(Outcome::Answered) => {}
            Fact::Known(_) => failed += 1,
            Fact::Absent => {}
            Fact::Unknown(reason) => return Fact::Unknown(reason.clone()),
        }
    }
    failed.into()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use serde_json::{Value, json};

    use super::*;
    use crate::host::recorded::Recording;

    fn check(asked: Value, proxied: Result<bool, Trouble>, expected: Expect) {
        let recording = json!({
            "origin": "made up", "about": "", "platform": "linux", "taken_at": "2026-11-22T00:00:00Z", "asked": asked,
        });
        let host = Recording::load(&recording.to_string()).unwrap();
        let reach = ask(&host, &|| proxied.clone());
        expected.assert_eq(&serde_json::to_string_pretty(&reach).unwrap());
    }

    fn services() -> Value {
        json!({
            "named services": [
                {"name": "Cổng Dịch vụ công quốc gia", "address": "https://dichvucong.gov.vn"},
                {"name": "Một cửa", "address": "10.1.2.3:8080"},
                {"name": "of a newer collector", "address": "quic://a", "more": 1},
            ],
            "reach dichvucong.gov.vn:443 TLS": {"how": "answered", "name_ms": 12, "answers_ms": [31, 35, 400], "attempts": 3},
            "reach 10.1.2.3:8080": {"how": "refused", "name_ms": null, "answers_ms": [], "attempts": 3},
        })
    }

    #[test]
    fn nobody_named_any() {
        check(json!({}), Ok(false), expect!["{}"]);
        check(
            json!({"named services": []}),
            Ok(false),
            expect![[r#"
            {
              "services": [],
              "failed": 0,
              "slowest": null
            }"#]],
        );
    }

    #[test]
    fn one_answers_and_one_does_not() {
        check(
            services(),
            Ok(false),
            expect![[r#"
            {
              "services": [
                {
                  "name": "Cổng Dịch vụ công quốc gia",
                  "address": "dichvucong.gov.vn:443",
                  "outcome": "answered",
                  "name_time": 12,
                  "answer_time": 35,
                  "loss": 0
                },
                {
                  "name": "Một cửa",
                  "address": "10.1.2.3:8080",
                  "outcome": "refused",
                  "name_time": null,
                  "answer_time": null,
                  "loss": 100
                }
              ],
              "failed": 1,
              "slowest": 35
            }"#]],
        );
    }

    #[test]
    fn through_a_proxy_no_answer_says_nothing() {
        check(
            services(),
            Ok(true),
            expect![[r#"
            {
              "services": [
                {
                  "name": "Cổng Dịch vụ công quốc gia",
                  "address": "dichvucong.gov.vn:443",
                  "outcome": "answered",
                  "name_time": 12,
                  "answer_time": 35,
                  "loss": 0
                },
                {
                  "name": "Một cửa",
                  "address": "10.1.2.3:8080",
                  "outcome": {
                    "unknown": "not_supported"
                  },
                  "name_time": {
                    "unknown": "not_supported"
                  },
                  "answer_time": {
                    "unknown": "not_supported"
                  },
                  "loss": {
                    "unknown": "not_supported"
                  }
                }
              ],
              "failed": {
                "unknown": "not_supported"
              },
              "slowest": 35
            }"#]],
        );
    }
}

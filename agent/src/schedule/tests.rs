//! The schedule as a table, and what holds whatever happened.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const PACE: Pace = Pace { interval_seconds: 86_400, start_spread_seconds: 900 };

/// Seconds after this moment are negative before it.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn quiet() -> Past {
    Past {
        started_at: at(-100_000),
        surveyed_at: None,
        tried_at: None,
        failures: 0,
        not_before: None,
        asked_seconds: None,
        waiting: false,
    }
}

fn check(past: Past, expected: Expect) {
    let mut text = String::new();
    for seed in [1, 2, 3] {
        let (due, duty) = next(at(0), &past, &PACE, seed);
        text += &format!("{duty:?} in {} s; ", due.as_second() - at(0).as_second());
    }
    expected.assert_eq(text.trim_end());
}

#[test]
fn surveys() {
    // A fresh start, each PC a while of its own; long after it, at once.
    check(
        Past { started_at: at(0), ..quiet() },
        expect!["Survey in 605 s; Survey in 373 s; Survey in 599 s;"],
    );
    check(quiet(), expect!["Survey in 0 s; Survey in 0 s; Survey in 0 s;"]);
    // Surveyed an hour ago; the interval of a day, shortened.
    check(
        Past { surveyed_at: Some(at(-3600)), ..quiet() },
        expect!["Survey in 75117 s; Survey in 80812 s; Survey in 82549 s;"],
    );
    // The collector asks for another interval, within bounds.
    check(
        Past { surveyed_at: Some(at(-60)), asked_seconds: Some(3600), ..quiet() },
        expect!["Survey in 3234 s; Survey in 3429 s; Survey in 3243 s;"],
    );
    check(
        Past { surveyed_at: Some(at(-60)), asked_seconds: Some(1), ..quiet() },
        expect!["Survey in 829 s; Survey in 774 s; Survey in 807 s;"],
    );
    check(
        Past { surveyed_at: Some(at(-60)), asked_seconds: Some(u64::MAX), ..quiet() },
        expect!["Survey in 555010 s; Survey in 596594 s; Survey in 547523 s;"],
    );
    // The PC was off when the survey was due, and is switched on.
    check(
        Past { started_at: at(0), surveyed_at: Some(at(-200_000)), ..quiet() },
        expect!["Survey in 605 s; Survey in 373 s; Survey in 599 s;"],
    );
    // The clock was set back.
    check(
        Past { started_at: at(50_000), surveyed_at: Some(at(90_000)), ..quiet() },
        expect!["Survey in 0 s; Survey in 0 s; Survey in 0 s;"],
    );
}

#[test]
fn deliveries() {
    let surveyed = Past { surveyed_at: Some(at(-60)), waiting: true, ..quiet() };
    // Never tried, then a pause that doubles up to its ceiling.
    check(surveyed, expect!["Deliver in 0 s; Deliver in 0 s; Deliver in 0 s;"]);
    check(
        Past { tried_at: Some(at(0)), failures: 1, ..surveyed },
        expect!["Deliver in 57 s; Deliver in 43 s; Deliver in 47 s;"],
    );
    check(
        Past { tried_at: Some(at(0)), failures: 2, ..surveyed },
        expect!["Deliver in 72 s; Deliver in 104 s; Deliver in 118 s;"],
    );
    check(
        Past { tried_at: Some(at(0)), failures: 5, ..surveyed },
        expect!["Deliver in 527 s; Deliver in 755 s; Deliver in 540 s;"],
    );
    check(
        Past { tried_at: Some(at(0)), failures: u32::MAX, ..surveyed },
        expect!["Deliver in 4791 s; Deliver in 4863 s; Deliver in 6975 s;"],
    );
    // Retry-After; one that lies too far ahead is not believed.
    check(
        Past { tried_at: Some(at(0)), failures: 1, not_before: Some(at(300)), ..surveyed },
        expect!["Deliver in 300 s; Deliver in 300 s; Deliver in 300 s;"],
    );
    check(
        Past { tried_at: Some(at(0)), failures: 1, not_before: Some(at(900_000)), ..surveyed },
        expect!["Deliver in 57 s; Deliver in 43 s; Deliver in 47 s;"],
    );
    // The clock was set back.
    check(
        Past { tried_at: Some(at(90_000)), failures: 3, ..surveyed },
        expect!["Deliver in 0 s; Deliver in 0 s; Deliver in 0 s;"],
    );
}

#[test]
fn a_province_that_switches_on_is_spread() {
    let past = Past { started_at: at(0), ..quiet() };
    let mut minutes = [0; 16];
    for pc in 0..30_000_u64 {
        // Keys are random; so are their seeds.
        let seed = pc.wrapping_mul(0x2545_f491_4f6c_dd1d);
        let (due, _) = next(at(0), &past, &PACE, seed);
        minutes[usize::try_from((due.as_second() - at(0).as_second()) / 60).unwrap()] += 1;
    }
    let most = minutes.iter().max().unwrap();
    assert!(*most < 2_200, "2,000 a minute would be even: {minutes:?}");
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (-2_000_000_i64..2_000_000).prop_map(at)
}

fn past() -> impl Strategy<Value = Past> {
    (
        moment(),
        proptest::option::of(moment()),
        proptest::option::of(moment()),
        0_u32..40,
        proptest::option::of(moment()),
        proptest::option::of(any::<u64>()),
        any::<bool>(),
    )
        .prop_map(|(started_at, surveyed_at, tried_at, failures, not_before, asked_seconds, waiting)| {
            Past { started_at, surveyed_at, tried_at, failures, not_before, asked_seconds, waiting }
        })
}

proptest! {
    #[test]
    fn never_in_the_past_and_never_too_late(past in past(), seed in any::<u64>()) {
        let (due, _) = next(at(0), &past, &PACE, seed);
        let seconds = due.as_second() - at(0).as_second();
        prop_assert!(seconds >= 0);
        let interval = past.asked_seconds.unwrap_or(PACE.interval_seconds)
            .clamp(INTERVAL_SECONDS_MIN, INTERVAL_SECONDS_MAX);
        let latest = interval.max(PACE.start_spread_seconds);
        prop_assert!(seconds <= i64::try_from(latest).unwrap(), "{seconds} s is later than {latest} s");
    }

    /// An agent that looks at the clock in between, as it does after every sleep, comes to the same time.
    #[test]
    fn looking_again_changes_nothing(past in past(), seed in any::<u64>(), part in 0_i64..100) {
        let (due, duty) = next(at(0), &past, &PACE, seed);
        let between = at((due.as_second() - at(0).as_second()) * part / 100);
        // A time in the future becomes one in the past on the way, and is then believed; that may only bring the
        // duty forward or keep it.
        let future = [Some(past.started_at), past.surveyed_at, past.tried_at, past.not_before]
            .into_iter().flatten().any(|time| time > at(0));
        if !future {
            prop_assert_eq!(next(between, &past, &PACE, seed), (due, duty));
        }
    }

    #[test]
    fn what_waits_is_tried_within_a_day(past in past(), seed in any::<u64>()) {
        let past = Past { waiting: true, ..past };
        let (due, _) = next(at(0), &past, &PACE, seed);
        prop_assert!(due.as_second() - at(0).as_second() <= NOT_BEFORE_SECONDS_MAX);
    }
}

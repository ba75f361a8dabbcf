//! What both platforms learn of the batteries, put together to what the PC has.

use rules::fact::{Fact, Reason};
use rules::facts::battery::Battery;
use rules::quantity::Percent;

/// More than this of what a battery held when it was new is a number that means something else.
const HEALTH_MAX: i64 = 150;

/// One battery. What it does not tell is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pack {
    /// What it held when it was new.
    pub(super) design: Option<i64>,
    /// What it holds when it is full, in the same unit.
    pub(super) full: Option<i64>,
    /// The unit is milliwatt-hours.
    pub(super) in_energy: bool,
    /// How many times it was charged.
    pub(super) cycles: Option<i64>,
}

/// A PC without a battery.
pub(super) fn without() -> Battery {
    Battery {
        present: false.into(),
        design: Fact::Absent,
        full: Fact::Absent,
        health: Fact::Absent,
        cycles: Fact::Absent,
    }
}

/// A PC with these batteries; one that does not tell a number leaves the sum unknown.
pub(super) fn together(packs: &[Pack]) -> Battery {
    if packs.is_empty() {
        return without();
    }
    // A battery that tells 0 does not know.
    let sum = |of: fn(&Pack) -> Option<i64>| -> Option<i64> {
        packs.iter().try_fold(0_i64, |sum, pack| sum.checked_add(of(pack).filter(|number| *number > 0)?))
    };
    let (design, full) = (sum(|pack| pack.design), sum(|pack| pack.full));
    let in_energy = packs.iter().all(|pack| pack.in_energy);
    let comparable = in_energy || packs.iter().all(|pack| !pack.in_energy);
    let health = match (design, full) {
        (Some(design), Some(full)) if comparable => {
            let share = i128::from(full) * 100 / i128::from(design);
            i64::try_from(share).ok().filter(|share| *share <= HEALTH_MAX)
        }
        _ => None,
    };
    let told = |number: Option<i64>| known(number.filter(|_| in_energy));
    Battery {
        present: true.into(),
        design: told(design),
        full: told(full),
        // One fresh from the factory may hold more than it promises.
        health: known(health.map(|share| Percent(share.min(100)))),
        cycles: known(packs.iter().map(|pack| pack.cycles.filter(|cycles| *cycles > 0)).max().flatten()),
    }
}

fn known<T>(value: Option<T>) -> Fact<T> {
    value.map_or(Fact::Unknown(Reason::NotSupported), Fact::Known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(design: i64, full: i64, cycles: i64) -> Pack {
        Pack { design: Some(design), full: Some(full), in_energy: true, cycles: Some(cycles) }
    }

    fn check(packs: &[Pack], expected: expect_test::Expect) {
        let Battery { present, design, full, health, cycles } = together(packs);
        expected.assert_eq(&format!("{present:?} {design:?} {full:?} {health:?} {cycles:?}"));
    }

    #[test]
    fn batteries_together_and_batteries_that_lie() {
        check(&[], expect_test::expect!["Known(false) Absent Absent Absent Absent"]);
        check(
            &[pack(50_000, 40_000, 210)],
            expect_test::expect!["Known(true) Known(50000) Known(40000) Known(Percent(80)) Known(210)"],
        );
        check(
            &[pack(24_000, 12_000, 300), pack(24_000, 24_000, 10)],
            expect_test::expect!["Known(true) Known(48000) Known(36000) Known(Percent(75)) Known(300)"],
        );
        check(
            &[pack(50_000, 52_000, 0)],
            expect_test::expect![
                "Known(true) Known(50000) Known(52000) Known(Percent(100)) Unknown(NotSupported)"
            ],
        );
        check(
            &[pack(0, 40_000, 1)],
            expect_test::expect![
                "Known(true) Unknown(NotSupported) Known(40000) Unknown(NotSupported) Known(1)"
            ],
        );
        check(
            &[pack(50_000, 0, 1)],
            expect_test::expect![
                "Known(true) Known(50000) Unknown(NotSupported) Unknown(NotSupported) Known(1)"
            ],
        );
        check(
            &[pack(4_400, 48_000, 1)],
            expect_test::expect!["Known(true) Known(4400) Known(48000) Unknown(NotSupported) Known(1)"],
        );
        check(
            &[pack(-1, i64::MAX, -1)],
            expect_test::expect![
                "Known(true) Unknown(NotSupported) Known(9223372036854775807) Unknown(NotSupported) Unknown(NotSupported)"
            ],
        );
        check(
            &[Pack { in_energy: false, ..pack(100, 61, 5) }],
            expect_test::expect![
                "Known(true) Unknown(NotSupported) Unknown(NotSupported) Known(Percent(61)) Known(5)"
            ],
        );
        check(
            &[pack(i64::MAX, i64::MAX, 1)],
            expect_test::expect![
                "Known(true) Known(9223372036854775807) Known(9223372036854775807) Known(Percent(100)) Known(1)"
            ],
        );
        check(
            &[pack(50_000, 40_000, 1), Pack::default()],
            expect_test::expect![
                "Known(true) Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported) Known(1)"
            ],
        );
    }
}

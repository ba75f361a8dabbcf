//! When a unit reaches its target if it goes on as it did: a straight line from the first of the days that were counted
//! through the last.
//!
//! Pure: the same days give the same forecast. Shares are in millionths, so that nothing is rounded on the way.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use rules::assess::Grade;

use crate::store::tally::Count;

/// A share in millionths.
const WHOLE: i64 = 1_000_000;
/// The shortest time, and the fewest days counted, that say anything.
const DAYS_MIN: i32 = 14;
const COUNTS_MIN: usize = 4;
/// What lies further ahead is no forecast.
const AHEAD_DAYS_MAX: i64 = 3 * 365;

/// When a unit reaches its target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forecast {
    /// It has reached it.
    Reached,
    /// On this day, at the pace of the days that were looked at.
    On(Date),
    /// Not at that pace.
    Never,
    /// Too few days were counted; so many.
    TooLittle(usize),
}

/// When the share of ready machines reaches `share_percent`, by the figures of the last `days` days, the oldest first.
pub fn forecast(counts: &[Count], today: Date, days: i32, share_percent: i64) -> Forecast {
    let since = today.saturating_sub(Span::new().days(days));
    let looked_at: Vec<(i64, i64)> = counts
        .iter()
        .filter(|(day, grades)| (since..=today).contains(day) && grades.all() > 0)
        .map(|(day, grades)| (i64::from(day.since(since).map_or(0, |age| age.get_days())), share(grades)))
        .collect();
    let Some((_, latest)) = looked_at.last().copied() else { return Forecast::TooLittle(0) };
    let wanted = share_percent * (WHOLE / 100);
    if latest >= wanted {
        return Forecast::Reached;
    }
    let span = looked_at.last().map_or(0, |(day, _)| *day) - looked_at.first().map_or(0, |(day, _)| *day);
    if looked_at.len() < COUNTS_MIN || span < i64::from(DAYS_MIN) {
        return Forecast::TooLittle(looked_at.len());
    }
    // The pace is the change that stands beside it, where that is known, else from the first of these days.
    let (run, from) = match last_by(counts, since) {
        Some((day, grades)) => (i64::from(today.since(*day).map_or(0, |age| age.get_days())), share(grades)),
        None => (span, looked_at.first().map_or(latest, |(_, share)| *share)),
    };
    let (rise, run) = (i128::from(latest - from), i128::from(run));
    if rise <= 0 {
        return Forecast::Never;
    }
    // From where it stands, not from the line: what is reached is reached.
    let missing = i128::from(wanted - latest);
    let ahead = (missing * run + rise - 1) / rise;
    match i64::try_from(ahead) {
        Ok(ahead) if ahead <= AHEAD_DAYS_MAX => {
            today.checked_add(ahead.days()).map_or(Forecast::Never, Forecast::On)
        }
        Ok(_) | Err(_) => Forecast::Never,
    }
}

/// The last count of any machines on this day or before.
fn last_by(counts: &[Count], day: Date) -> Option<&Count> {
    counts.iter().rev().find(|(counted, grades)| *counted <= day && grades.all() > 0)
}

/// The share of ready machines in millionths.
fn share(grades: &crate::store::listing::Grades) -> i64 {
    grades.of(Grade::Ready) * WHOLE / grades.all().max(1)
}

/// What changed in the last `days` days: ready machines, and the share in tenths of a percent. None when nothing was
/// counted so long ago.
pub fn change(counts: &[Count], today: Date, days: i32) -> Option<(i64, i64)> {
    let since = today.saturating_sub(Span::new().days(days));
    let ((_, before), (_, latest)) = (last_by(counts, since)?, last_by(counts, today)?);
    let tenths = |grades| (share(grades) + 500) / 1000;
    Some((latest.of(Grade::Ready) - before.of(Grade::Ready), tenths(latest) - tenths(before)))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::store::listing::Grades;

    const TODAY: Date = date(2026, 11, 22);

    /// So many of a hundred machines are ready on each of these days before today.
    fn counts(days: &[(i32, i64)]) -> Vec<Count> {
        let count = |(age, ready): &(i32, i64)| {
            let mut grades = Grades::default();
            grades.add(Grade::Ready, *ready);
            grades.add(Grade::NotReady, 100 - *ready);
            (TODAY.saturating_sub(Span::new().days(*age)), grades)
        };
        days.iter().map(count).collect()
    }

    #[test]
    fn a_steady_pace_reaches_its_target_on_its_day() {
        // One in a hundred every three days.
        let steady: Vec<(i32, i64)> =
            (0..=30).rev().step_by(3).map(|age| (age, 50 - i64::from(age) / 3)).collect();
        assert_eq!(forecast(&counts(&steady), TODAY, 30, 60), Forecast::On(TODAY.saturating_add(30.days())));
        assert_eq!(forecast(&counts(&steady), TODAY, 30, 50), Forecast::Reached);
        // At the target of 80 % it takes thrice as long.
        assert_eq!(forecast(&counts(&steady), TODAY, 30, 80), Forecast::On(TODAY.saturating_add(90.days())));
    }

    #[test]
    fn standing_still_falling_and_too_slow_is_never() {
        for days in [[(30, 40), (20, 40), (10, 40), (0, 40)], [(30, 50), (20, 45), (10, 44), (0, 40)]] {
            assert_eq!(forecast(&counts(&days), TODAY, 90, 60), Forecast::Never);
        }
        let mut slow = counts(&[(90, 0), (60, 0), (30, 0), (0, 0)]);
        slow[3].1.add(Grade::Ready, 1);
        slow[3].1.add(Grade::NotReady, 9_999);
        assert_eq!(forecast(&slow, TODAY, 90, 100), Forecast::Never, "in thousands of years");
    }

    #[test]
    fn too_little_is_said() {
        assert_eq!(forecast(&[], TODAY, 30, 60), Forecast::TooLittle(0));
        assert_eq!(forecast(&counts(&[(30, 40), (20, 41), (0, 42)]), TODAY, 30, 60), Forecast::TooLittle(3));
        let week = counts(&[(6, 40), (4, 41), (2, 42), (1, 43), (0, 44)]);
        assert_eq!(forecast(&week, TODAY, 30, 60), Forecast::TooLittle(5), "a week is too short");
        // What is older than the window does not count.
        let old = counts(&[(80, 10), (70, 20), (60, 30), (0, 40)]);
        assert_eq!(forecast(&old, TODAY, 30, 60), Forecast::TooLittle(1));
    }

    #[test]
    fn what_changed() {
        let month = counts(&[(40, 10), (31, 20), (29, 25), (0, 33)]);
        assert_eq!(change(&month, TODAY, 30), Some((13, 130)), "since the last day before");
        assert_eq!(change(&month, TODAY, 90), None);
        assert_eq!(change(&[], TODAY, 30), None);
    }
}

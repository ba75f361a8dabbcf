//! Counting the known office, day by day.

use jiff::SignedDuration;
use jiff::civil::date;

use super::*;
use crate::web::office::{self, Office};

async fn told(office: &Office, code: &str) -> Vec<String> {
    let mut tx = office.app.store.read().await.unwrap();
    let counts = tally::of(&mut tx, &office::unit_id(code), Date::MIN).await.unwrap();
    let line = |(day, grades): (Date, Grades)| {
        let counts = Grade::ALL.iter().map(|grade| grades.of(*grade).to_string()).collect::<Vec<_>>();
        format!("{day} {}", counts.join(" "))
    };
    counts.into_iter().map(line).collect()
}

#[tokio::test]
async fn the_past_is_counted_once_and_today_as_often_as_one_likes() {
    let office = office::known().await;
    count(&office.app).await.unwrap();
    let first = told(&office, "38").await;
    assert_eq!(first.last().unwrap().split(' ').next(), Some("2026-11-22"));
    // Sixty days: every machine joined then, and nobody had heard of any.
    assert_eq!(first.len(), 61, "{first:?}");
    assert_eq!(first[0], "2026-09-23 0 0 0 61");
    assert_eq!(told(&office, "16093").await[0], "2026-09-23 0 0 0 12");
    // Each day adds up to all machines, and the day before today is what the judgements until then say.
    for line in &first {
        let sum: i64 = line.split(' ').skip(1).map(|count| count.parse::<i64>().unwrap()).sum();
        assert_eq!(sum, 61, "{line}");
    }
    count(&office.app).await.unwrap();
    assert_eq!(told(&office, "38").await, first);

    // Tomorrow is another day; the figures of today stay.
    office.app.clock.set(office::now() + SignedDuration::from_hours(24));
    count(&office.app).await.unwrap();
    let next = told(&office, "38").await;
    assert_eq!((next.len(), &next[..61]), (62, first.as_slice()));
}

#[tokio::test]
async fn old_days_are_thinned_out_and_go() {
    let office = office::known().await;
    let unit = office::unit_id("38");
    let mut tx = office.app.store.begin().await.unwrap();
    for age in 0..1200 {
        let day = date(2026, 11, 22).saturating_sub(Span::new().days(age));
        tally::put(&mut tx, &unit, day, &Grades::default()).await.unwrap();
    }
    tx.commit().await.unwrap();
    count(&office.app).await.unwrap();
    let left = told(&office, "38").await.len();
    // Each of the last 92 days and today, and 143 Sundays before.
    assert_eq!(left, 93 + 143);
}

#[tokio::test]
async fn a_unit_without_machines_any_more_has_none() {
    let office = office::known().await;
    count(&office.app).await.unwrap();
    assert_ne!(told(&office, "16093-VP").await.last().unwrap(), "2026-11-22 0 0 0 0");
    let mut tx = office.app.store.begin().await.unwrap();
    let elsewhere = unit::by_id(&mut tx, &office::unit_id("15001")).await.unwrap();
    for number in 0..office::MACHINES {
        let id = office::machine_id(number);
        crate::store::machine::seat(
            &mut tx,
            &id,
            &elsewhere,
            "clerk",
            (crate::store::machine::Because::Hand, office::now()),
        )
        .await
        .unwrap();
    }
    tx.commit().await.unwrap();
    count(&office.app).await.unwrap();
    assert_eq!(told(&office, "16093-VP").await.last().unwrap(), "2026-11-22 0 0 0 0");
    let mut tx = office.app.store.read().await.unwrap();
    let all = tally::of(&mut tx, &elsewhere.id, date(2026, 11, 22)).await.unwrap();
    assert_eq!(all[0].1.all(), i64::try_from(office::MACHINES).unwrap());
}

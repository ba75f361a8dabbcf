//! What a machine's history tells: the PC changed, or the rules did.

use std::path::Path as FilePath;

use axum::body::Body;
use axum::http::Request;
use expect_test::{Expect, expect};
use indicatif::ProgressBar;
use rules::envelope::{SigningKey, pack};
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::quantity::Bytes;

use super::*;
use crate::intake::Via;
use crate::intake::tests::{NOW, Office, signing_key, survey};
use crate::judge::{OWN_SET, load};
use crate::rescore::rescore_if_changed;
use crate::store::key;

fn own(text: &str) -> Judge {
    Judge {
        sets: vec![RuleSet::parse("own.toml", text).unwrap()],
        lifecycle: Lifecycle::shipped(),
        prices: Prices::shipped(),
        norms: Norms::shipped(),
    }
}

/// A report of a PC with this much memory, `minutes` after [`NOW`]; the clock goes to that minute.
async fn send(office: &Office, key: &SigningKey, minutes: i64, gibibytes: i64) {
    let mut report = survey(NOW);
    report.taken_at += SignedDuration::from_mins(minutes);
    office.app.clock.set(report.taken_at);
    report.facts.memory.installed = Fact::Known(Bytes(gibibytes << 30));
    let sequence = 1_000 + u64::try_from(minutes).unwrap();
    assert_eq!(office.send(pack(&report, key, sequence).unwrap()).await, "taken");
}

async fn check(office: &Office, key: &SigningKey, expected: Expect) {
    let mut tx = office.app.store.read().await.unwrap();
    let machine = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap().machine;
    let found = listing::turns(&mut tx, &machine, TURNS_MAX).await.unwrap();
    let request = Request::builder().uri("/?lang=en").body(Body::empty()).unwrap();
    let history = History { machine: &machine, role: "officer", shown: None, turns: &found, deeds: &[] };
    let views = turns(&Reader::meet(&request, office.app.clock.now()), &office.app.judge(), &history);
    let line = |view: &TurnView| format!("{} | {} | {}\n", view.at, view.cause, view.grade.text);
    expected.assert_eq(&views.iter().map(line).collect::<String>());
}

#[tokio::test]
async fn a_pc_that_changed_after_the_rules_were_reworded_is_told_as_that() {
    let office = Office::open().await;
    let key = signing_key();
    office.app.set_judge(own(OWN_SET));
    office.join(&key, b"open").await.unwrap();
    send(&office, &key, 0, 8).await;
    // The same verdicts under another digest: the history gets no line.
    office.app.set_judge(own(&OWN_SET.replace("of memory", "of main memory")));
    rescore_if_changed(&office.app, &ProgressBar::hidden()).await.unwrap();
    send(&office, &key, 1, 4).await;
    // Nothing changed.
    send(&office, &key, 2, 4).await;
    // Softer rules.
    office.app.clock.set(office.app.clock.now() + SignedDuration::from_mins(1));
    office.app.set_judge(own(&OWN_SET.replace("8 GiB", "4 GiB")));
    rescore_if_changed(&office.app, &ProgressBar::hidden()).await.unwrap();
    check(
        &office,
        &key,
        expect![[r#"
            22/11/2026 08:03 | The rules changed | Ready
            22/11/2026 08:01 | The PC changed | Not ready
            22/11/2026 08:00 | First report | Ready
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_report_of_2020_is_judged_by_its_own_rules_and_stands_in_its_own_year() {
    let office = Office::open().await;
    let key = signing_key();
    office.app.set_judge(load(FilePath::new("no such folder")).unwrap());
    office.join(&key, b"open").await.unwrap();
    send(&office, &key, 0, 8).await;
    let old = survey("2020-06-15T01:00:00Z");
    office.app.clock.set(office.app.clock.now() + SignedDuration::from_hours(30));
    office.intake.take_in(pack(&old, &key, 1).unwrap(), Via::Import).await.unwrap();
    let mut tx = office.app.store.read().await.unwrap();
    let machine = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap().machine;
    let found = listing::turns(&mut tx, &machine, TURNS_MAX).await.unwrap();
    let sets: Vec<&str> = found.iter().map(|turn| turn.ruleset.as_str()).collect();
    assert_eq!(sets, ["vn-office-2020", "vn-office-2026"]);
    check(
        &office,
        &key,
        expect![[r#"
            22/11/2026 08:00 | Another rule set applies: Government office PC, 2026 | Not enough data
            15/06/2020 08:00 | Report that came late, on 23/11/2026 | Not enough data
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_late_report_that_says_nothing_else_is_no_turn() {
    let office = Office::open().await;
    let key = signing_key();
    office.app.set_judge(own(OWN_SET));
    office.join(&key, b"open").await.unwrap();
    send(&office, &key, 0, 8).await;
    send(&office, &key, 20, 4).await;
    let late = |minutes: i64, gibibytes: i64| {
        let mut report = survey(NOW);
        report.taken_at += SignedDuration::from_mins(minutes);
        report.facts.memory.installed = Fact::Known(Bytes(gibibytes << 30));
        pack(&report, &key, 500 + u64::try_from(minutes).unwrap()).unwrap()
    };
    for (minutes, gibibytes) in [(5, 8), (10, 4)] {
        office.app.clock.set(office.app.clock.now() + SignedDuration::from_mins(1));
        assert_eq!(office.send(late(minutes, gibibytes)).await, "taken");
    }
    // What came on time is told as before; what it says since minute 10 is nothing that the PC did at minute 20.
    check(
        &office,
        &key,
        expect![[r#"
            22/11/2026 08:10 | Report that came late, on 22/11/2026 | Not ready
            22/11/2026 08:00 | First report | Ready
        "#]],
    )
    .await;
}

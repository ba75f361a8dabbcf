//! A failure, an exception from it, and its end.

use indicatif::ProgressBar;
use jiff::civil::date;
use rules::envelope::pack;
use rules::fact::Fact;
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::quantity::Bytes;
use rules::ruleset::RuleSet;

use super::*;
use crate::intake::tests::{NOW, Office, signing_key, survey};
use crate::judge::OWN_SET;
use crate::rescore::rescore_if_changed;
use crate::store::{assessment, key};

fn rules() -> Judge {
    Judge {
        sets: vec![RuleSet::parse("own.toml", OWN_SET).unwrap()],
        lifecycle: Lifecycle::shipped(),
        prices: Prices::shipped(),
        norms: Norms::shipped(),
    }
}

async fn standing(office: &Office, key: &rules::envelope::SigningKey) -> String {
    let mut tx = office.app.store.read().await.unwrap();
    let standing = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap();
    let findings = assessment::findings(&mut tx, &standing.machine).await.unwrap();
    let history = assessment::count(&mut tx, &standing.machine).await.unwrap();
    let findings: Vec<String> =
        findings.into_iter().map(|finding| format!("{} {}", finding.rule, finding.outcome)).collect();
    format!("{} after {history}: {}", standing.grade, findings.join(", "))
}

#[tokio::test]
async fn an_exception_holds_until_its_last_day() {
    let office = Office::open().await;
    office.app.set_judge(rules());
    let key = signing_key();
    office.join(&key, b"open").await.unwrap();
    let mut report = survey(NOW);
    report.facts.memory.installed = Fact::Known(Bytes(4 << 30));
    assert_eq!(office.send(pack(&report, &key, 1).unwrap()).await, "taken");
    assert_eq!(standing(&office, &key).await, "not_ready after 1: memory-size fail");

    let mut tx = office.app.store.read().await.unwrap();
    let machine = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap().machine;
    let unit = machine::unit(&mut tx, &machine).await.unwrap();
    drop(tx);
    let today = day(office.app.clock.now());
    let wish = Grant {
        reach: Reach::Unit(&unit.id),
        rule: "memory-size",
        reason: "Chờ đợt mua sắm quý I",
        by: "an",
        ends_on: today.tomorrow().unwrap(),
    };
    grant(&office.app, wish).await.unwrap();
    // What is waived is told, and counts for nothing: with nothing else decided, too little is known.
    assert_eq!(standing(&office, &key).await, "no_data after 2: memory-size waived");
    // A new report is judged with it, and rescoring finds nothing to change.
    report.facts.memory.installed = Fact::Known(Bytes(3 << 30));
    assert_eq!(office.send(pack(&report, &key, 2).unwrap()).await, "taken");
    assert_eq!(standing(&office, &key).await, "no_data after 3: memory-size waived");
    rescore_if_changed(&office.app, &ProgressBar::hidden()).await.unwrap();
    assert_eq!(standing(&office, &key).await, "no_data after 3: memory-size waived");

    // Granted again with another reason: that one stands for it, and ends as it says.
    grant(&office.app, Grant { reason: "Chờ đợt mua sắm quý II", ..wish }).await.unwrap();
    let mut tx = office.app.store.read().await.unwrap();
    let told: Vec<(String, bool)> = waiver::all(&mut tx, "")
        .await
        .unwrap()
        .into_iter()
        .map(|one| (one.reason, one.ended.is_none()))
        .collect();
    drop(tx);
    let (first, second) = ("Chờ đợt mua sắm quý I".to_owned(), "Chờ đợt mua sắm quý II".to_owned());
    assert_eq!(std::collections::BTreeSet::from_iter(told), [(first, false), (second, true)].into());

    // Its last day goes by.
    assert_eq!(end_run_out(&office.app).await.unwrap(), 0);
    office.app.clock.set(office.app.clock.now() + jiff::SignedDuration::from_hours(48));
    assert_eq!(end_run_out(&office.app).await.unwrap(), 1);
    assert_eq!(standing(&office, &key).await, "not_ready after 4: memory-size fail");
    assert_eq!(end_run_out(&office.app).await.unwrap(), 0, "it ends once");
    let mut tx = office.app.store.read().await.unwrap();
    let ended = waiver::all(&mut tx, "").await.unwrap();
    let by: std::collections::BTreeSet<&str> =
        ended.iter().map(|one| one.ended.as_ref().unwrap().1.as_str()).collect();
    assert_eq!(by, ["an", BY_CALENDAR].into());
}

#[test]
fn what_stands_against_a_waiver() {
    let judge = rules();
    let now: Timestamp = "2026-11-23T05:00:00Z".parse().unwrap();
    let check = |rule, reason, ends_on| {
        check(&judge, &Grant { reach: Reach::Machine("m"), rule, reason, by: "an", ends_on }, now)
    };
    assert_eq!(check("memory-size", "vì", date(2026, 11, 23)), Ok(()), "today is its last day");
    assert_eq!(check("memory-size", "vì", date(2027, 11, 24)), Ok(()));
    let all = [Objection::Rule, Objection::Reason, Objection::Day];
    assert_eq!(check("memory-sise", "  ", date(2026, 11, 22)), Err(all.to_vec()));
    assert_eq!(check("memory-size", &"x".repeat(501), date(2027, 11, 25)), Err(all[1..].to_vec()));
}

#[tokio::test]
async fn an_exception_follows_its_rule_into_another() {
    let office = Office::open().await;
    office.app.set_judge(rules());
    let key = signing_key();
    office.join(&key, b"open").await.unwrap();
    let mut report = survey(NOW);
    report.facts.memory.installed = Fact::Known(Bytes(4 << 30));
    assert_eq!(office.send(pack(&report, &key, 1).unwrap()).await, "taken");
    let mut tx = office.app.store.begin().await.unwrap();
    let machine = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap().machine;
    let wish = Grant {
        reach: Reach::Machine(&machine),
        // Granted while there was a rule of this name.
        rule: "memory-old",
        reason: "Chờ đợt mua sắm quý I",
        by: "an",
        ends_on: day(office.app.clock.now()),
    };
    let id = waiver::grant(&mut tx, wish, office.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
    rescore_if_changed(&office.app, &ProgressBar::hidden()).await.unwrap();
    assert_eq!(standing(&office, &key).await, "not_ready after 1: memory-size fail", "it matches nothing");
    let text =
        OWN_SET.replacen("id = \"memory-size\"", "id = \"memory-size\"\nformerly = [\"memory-old\"]", 1);
    assert_ne!(text, OWN_SET);
    let judge = Judge { sets: vec![RuleSet::parse("own.toml", &text).unwrap()], ..rules() };
    assert_eq!(rule(&judge, "memory-old").unwrap().id, "memory-size");
    office.app.set_judge(judge);
    rescore_if_changed(&office.app, &ProgressBar::hidden()).await.unwrap();
    assert_eq!(standing(&office, &key).await, "no_data after 2: memory-size waived");
    let mut tx = office.app.store.read().await.unwrap();
    assert_eq!(waiver::matches(&mut tx, &id, "memory-size").await.unwrap(), 1);
}

//! Work at machines of the known office.

use indicatif::ProgressBar;
use jiff::SignedDuration;

use super::*;
use crate::planning::Wish;
use crate::store::listing::Scope;
use crate::store::machine;
use crate::terms::Terms;
use crate::web::office::{self, Office};

async fn planned(office: &Office) -> Planned {
    planning::diagnose(&office.app, &Scope::everything(), None, &ProgressBar::hidden()).await.unwrap();
    let wish = Wish {
        scope: Scope::everything(),
        norm: None,
        fund: String::new(),
        budgets: Vec::new(),
        years: 1,
        terms: Terms::default(),
    };
    planning::plan(&office.app, &wish).await.unwrap()
}

async fn all(office: &Office) -> Vec<work::Work> {
    let mut tx = office.app.store.read().await.unwrap();
    work::all(&mut tx, &Scope::everything()).await.unwrap()
}

/// The machine reports once more, and its findings are these.
async fn reports(office: &Office, machine: &str, findings: &[(&str, &str)]) {
    let at = office.app.clock.now();
    let mut tx = office.app.store.begin().await.unwrap();
    let arrived = crate::store::report::Arrived {
        machine,
        key: machine,
        sequence: at.as_millisecond(),
        digest: "digest",
        taken_at: at,
        via: "https",
        envelope: b"bytes",
        base: None,
    };
    let report = crate::store::report::add(&mut tx, arrived, at).await.unwrap();
    let portrait = machine::Portrait::default();
    machine::portray(&mut tx, machine, &report, at, &portrait, at).await.unwrap();
    let mut findings: Vec<Finding> = findings
        .iter()
        .map(|(rule, outcome)| Finding {
            rule: (*rule).to_owned(),
            outcome: (*outcome).to_owned(),
            severity: "major".to_owned(),
            switched_off: false,
        })
        .collect();
    findings.sort();
    assessment::set_findings(&mut tx, machine, &findings).await.unwrap();
    tx.commit().await.unwrap();
}

fn passes(office: &Office, hours: i64) {
    office.app.clock.set(office::now() + SignedDuration::from_hours(hours));
}

#[tokio::test]
async fn work_is_made_once_and_gives_way_to_other_work() {
    let office = office::known().await;
    let mut planned = planned(&office).await;
    let machines = planned.plan.lines.iter().filter(|line| line.machine.is_some()).count();
    let done = make(&office.app, &planned, "Tỉnh", "an").await.unwrap();
    let mut tx = office.app.store.read().await.unwrap();
    let goods = crate::store::goods::all(&mut tx, &Scope::everything()).await.unwrap();
    drop(tx);
    assert_eq!((done.made, done.kept, done.replaced), (machines + goods.len(), 0, 0));
    let bought: i64 = goods.iter().map(|one| one.wanted.count).sum();
    let without = planned.plan.lines.iter().filter(|line| line.machine.is_none());
    let wanted: i64 = without.flat_map(|line| &line.purchases).map(|one| i64::from(one.count)).sum();
    assert!(bought > 0 && bought == wanted, "what no machine gets is asked for: {bought} of {wanted}");
    let again = make(&office.app, &planned, "Tỉnh", "an").await.unwrap();
    assert_eq!((again.made, again.kept, again.replaced), (0, machines + goods.len(), 0));
    let mended =
        all(&office).await.into_iter().filter(|one| !one.wanted.remedies.is_empty()).collect::<Vec<_>>();
    assert!(mended.iter().all(|one| !one.wanted.rules.is_empty()), "work is for rules: {mended:?}");

    // What nobody has done gives way to other work at the same machine; what is ticked off stays.
    let changed: Vec<usize> = (0..planned.plan.lines.len())
        .filter(|index| planned.plan.lines[*index].machine.is_some())
        .take(2)
        .collect();
    let of = |index: usize| planned.machines[planned.plan.lines[index].machine.unwrap()].id.clone();
    let ticked = mended_or_any(&all(&office).await, &of(changed[0]));
    let mut tx = office.app.store.begin().await.unwrap();
    assert!(work::tick(&mut tx, &ticked, Some(("an", office::now()))).await.unwrap());
    tx.commit().await.unwrap();
    for index in &changed {
        planned.plan.lines[*index].remedies = vec!["replace-pc".to_owned()];
    }
    let other = make(&office.app, &planned, "Tỉnh", "an").await.unwrap();
    assert_eq!((other.made, other.kept, other.replaced), (2, machines - 2 + goods.len(), 1));
}

fn mended_or_any(all: &[work::Work], machine: &str) -> String {
    all.iter().find(|one| one.wanted.machine == machine).unwrap().id.clone()
}

#[tokio::test]
async fn a_later_report_confirms_or_says_what_still_fails() {
    let office = office::known().await;
    let planned = planned(&office).await;
    make(&office.app, &planned, "Tỉnh", "an").await.unwrap();
    assert_eq!(confirm(&office.app).await.unwrap(), 0, "nobody has reported since");
    let failed = |one: &&work::Work| one.wanted.rules.iter().any(|rule| !rule.ends_with(PARTIAL));
    let works: Vec<work::Work> = all(&office).await.into_iter().filter(|one| failed(&one)).take(5).collect();
    let [open, done, bad, unclear, lost] = works.as_slice() else { panic!("{works:?}") };
    passes(&office, 1);
    let mut tx = office.app.store.begin().await.unwrap();
    for one in [done, bad, unclear, lost] {
        assert!(work::tick(&mut tx, &one.id, Some(("an", office.app.clock.now()))).await.unwrap());
    }
    tx.commit().await.unwrap();
    passes(&office, 2);
    let rule = |one: &work::Work| rule_id(&one.wanted.rules[0]).to_owned();
    reports(&office, &open.wanted.machine, &[]).await;
    reports(&office, &done.wanted.machine, &[("another-rule", "fail")]).await;
    reports(&office, &bad.wanted.machine, &[(&rule(bad), "fail")]).await;
    reports(&office, &unclear.wanted.machine, &[(&rule(unclear), "unknown")]).await;
    reports(&office, &lost.wanted.machine, &[(&rule(lost), "waived")]).await;
    assert_eq!(confirm(&office.app).await.unwrap(), 2, "ticked off or not");
    let told = async |one: &work::Work| {
        let all = all(&office).await;
        let one = all.into_iter().find(|other| other.id == one.id).unwrap();
        (one.confirmed_at.is_some(), one.is_checked, one.failing)
    };
    assert_eq!(told(open).await, (true, true, vec![]));
    assert_eq!(told(done).await, (true, true, vec![]));
    assert_eq!(told(bad).await, (false, true, vec![rule(bad)]));
    assert_eq!(told(unclear).await, (false, true, vec![]), "what is not known confirms nothing");
    assert_eq!(told(lost).await, (false, true, vec![]), "and an exception mends nothing");
    assert_eq!(confirm(&office.app).await.unwrap(), 0, "each report is compared once");

    // The next one confirms; what is confirmed stays, whatever comes later.
    passes(&office, 3);
    reports(&office, &bad.wanted.machine, &[]).await;
    assert_eq!(confirm(&office.app).await.unwrap(), 1);
    passes(&office, 4);
    reports(&office, &bad.wanted.machine, &[(&rule(bad), "fail")]).await;
    assert_eq!(confirm(&office.app).await.unwrap(), 0);
    assert_eq!(told(bad).await, (true, true, vec![]));
    let mut tx = office.app.store.begin().await.unwrap();
    assert!(!work::tick(&mut tx, &bad.id, None).await.unwrap(), "confirmed work stays ticked off");
}

#[tokio::test]
async fn a_rule_that_is_asked_no_longer_confirms_nothing() {
    let office = office::known().await;
    let judge = office.app.judge();
    let at = office::now().as_millisecond();
    let one = |means: &str, rules: &[&str], is_there| Reported {
        id: "1".to_owned(),
        machine: "m".to_owned(),
        means: means.to_owned(),
        rules: rules.iter().map(|rule| (*rule).to_owned()).collect(),
        is_there,
        report: "r".to_owned(),
        taken_at: at,
    };
    assert_eq!(compared(&judge, &one("upgrade", &["memory-size"], true), &[]), (vec![], true));
    assert_eq!(compared(&judge, &one("upgrade", &["rule-of-old"], true), &[]), (vec![], false));
    let partial = Finding {
        rule: "memory-size".to_owned(),
        outcome: "partial".to_owned(),
        severity: "major".to_owned(),
        switched_off: false,
    };
    let findings = std::slice::from_ref(&partial);
    assert_eq!(compared(&judge, &one("upgrade", &["memory-size"], true), findings), (vec![], true));
    let still = (vec!["memory-size".to_owned()], false);
    assert_eq!(compared(&judge, &one("upgrade", &["memory-size/partial"], true), findings), still);
    // A machine that is to be moved is moved when it stands there.
    for is_there in [false, true] {
        assert_eq!(compared(&judge, &one("reassign", &[], is_there), &[]), (vec![], is_there));
        let mended = one("reassign", &["memory-size"], is_there);
        assert_eq!(compared(&judge, &mended, &[]), (vec![], is_there));
        let fails = Finding { outcome: "fail".to_owned(), ..partial.clone() };
        let (_, is_confirmed) = compared(&judge, &mended, &[fails]);
        assert!(!is_confirmed, "moved, and not mended yet");
    }
}

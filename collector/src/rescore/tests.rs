//! Rules change; history stays true.

use rules::envelope::pack;
use rules::fact::Fact;
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::quantity::Bytes;
use rules::report::Report;
use rules::ruleset::RuleSet;

use super::*;
use crate::archive;
use crate::intake::tests::{NOW, Office, signing_key, survey};
use crate::judge::OWN_SET;
use crate::store::assessment;
use crate::store::key;
use crate::store::rules_text::{Kind, Text};

fn rules(text: &str) -> Judge {
    Judge {
        sets: vec![RuleSet::parse("own.toml", text).unwrap()],
        lifecycle: Lifecycle::shipped(),
        prices: Prices::shipped(),
        norms: Norms::shipped(),
    }
}

async fn standing(office: &Office, key: &rules::envelope::SigningKey) -> (String, Vec<String>) {
    let mut tx = office.app.store.read().await.unwrap();
    let standing = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap();
    let findings = assessment::findings(&mut tx, &standing.machine).await.unwrap();
    let history = assessment::count(&mut tx, &standing.machine).await.unwrap();
    let findings = findings.into_iter().map(|finding| format!("{} {}", finding.rule, finding.outcome));
    (format!("{} after {history}", standing.grade), findings.collect())
}

#[tokio::test]
async fn rules_change_and_history_stays() {
    let office = Office::open().await;
    let bar = ProgressBar::hidden();
    office.app.set_judge(rules(OWN_SET));
    let key = signing_key();
    office.join(&key, b"open").await.unwrap();
    let mut report = survey(NOW);
    report.facts.memory.installed = Fact::Known(Bytes(8 << 30));
    assert_eq!(office.send(pack(&report, &key, 1).unwrap()).await, "taken");
    assert_eq!(standing(&office, &key).await, ("ready after 1".to_owned(), vec![]));

    // The same rules: looked at once, then not again.
    let same = Rescored { machines: 1, changed: 0 };
    assert_eq!(rescore_if_changed(&office.app, &bar).await.unwrap(), Some(same));
    assert_eq!(rescore_if_changed(&office.app, &bar).await.unwrap(), None);

    // Stricter rules: another verdict, one more line of history.
    office.app.set_judge(rules(&OWN_SET.replace("8 GiB", "16 GiB")));
    let changed = Rescored { machines: 1, changed: 1 };
    assert_eq!(rescore_if_changed(&office.app, &bar).await.unwrap(), Some(changed));
    assert_eq!(
        standing(&office, &key).await,
        ("not_ready after 2".to_owned(), vec!["memory-size fail".to_owned()])
    );

    // Other words, the same verdict: no change of the machine.
    let words = OWN_SET.replace("8 GiB", "16 GiB").replace("of memory", "of main memory");
    office.app.set_judge(rules(&words));
    assert_eq!(rescore_if_changed(&office.app, &bar).await.unwrap(), Some(same));
    assert_eq!(rescore_if_changed(&office.app, &bar).await.unwrap(), None);
    assert_eq!(standing(&office, &key).await.0, "not_ready after 2");

    // No rules for that day: no grade, and history is kept.
    office.app.set_judge(rules(&OWN_SET.replace("2026-10-01", "2027-01-01")));
    assert_eq!(rescore_if_changed(&office.app, &bar).await.unwrap(), Some(changed));
    assert_eq!(standing(&office, &key).await, ("no_data after 2".to_owned(), vec![]));
}

/// How the office's only machine is judged again: by nobody, by the rules that differ, or by all.
async fn way(office: &Office) -> (&'static str, Vec<Said>) {
    let rules = office.app.judge();
    let mut tx = office.app.store.read().await.unwrap();
    let mut earlier = Earlier::new(&mut tx, &rules).await.unwrap();
    drop(tx);
    let among = (Among::All, Cause::Rules);
    let batch = Batch::read(&office.app, &rules, among, &mut earlier, "").await.unwrap();
    let (machines, settled) = (batch.waiting.len(), batch.settled.len());
    let way = match batch.waiting.first() {
        None => "by nobody",
        Some((waiting, _)) if waiting.step.is_some() => "by the rules that differ",
        Some(_) => "by all",
    };
    assert_eq!(machines + settled, 1);
    let judged = judge_share(&rules, batch.waiting).into_iter().chain(batch.settled);
    (way, judged.map(|(_, said)| said).collect())
}

async fn set_kept(office: &Office, text: &str) {
    let judge = rules(text);
    let set = &judge.sets[0];
    let kept = |digest: &str, kind, id: &str, text: &str| Text {
        digest: digest.to_owned(),
        kind,
        id: id.to_owned(),
        text: text.to_owned(),
        beside: vec![],
    };
    let texts = [
        kept(&set.digest, Kind::Set, &set.id, text),
        kept(&judge.lifecycle.digest, Kind::Lifecycle, "lifecycle", Lifecycle::shipped_text()),
    ];
    archive::keep(&office.app.store, &judge, &texts, office.app.clock.now()).await.unwrap();
    office.app.set_judge(judge);
}

/// What is kept of the office's only machine is, letter by letter, what all rules say of it.
async fn is_kept_whole(office: &Office, report: &Report, key: &rules::envelope::SigningKey) {
    let local = Local::default();
    let role = "clerk";
    let whole = judge(&office.app.judge(), Case { report, role, local: &local }).unwrap();
    let mut tx = office.app.store.read().await.unwrap();
    let machine = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap().machine;
    let kept = assessment::latest(&mut tx, &machine).await.unwrap();
    assert_eq!(kept, whole.assessment);
    assert_eq!(assessment::findings(&mut tx, &machine).await.unwrap(), whole.findings);
    let evidence = machine::evidence(&mut tx, Among::One(&machine), "", 1).await.unwrap().remove(0);
    assert_eq!(evidence.mark, whole.mark);
}

#[tokio::test]
async fn only_what_differs_is_asked() {
    let office = Office::open().await;
    let bar = ProgressBar::hidden();
    set_kept(&office, OWN_SET).await;
    let key = signing_key();
    office.join(&key, b"open").await.unwrap();
    let mut report = survey(NOW);
    report.facts.memory.installed = Fact::Known(Bytes(8 << 30));
    assert_eq!(office.send(pack(&report, &key, 1).unwrap()).await, "taken");

    let words = OWN_SET.replace("of memory", "of main memory");
    set_kept(&office, &words).await;
    assert_eq!(way(&office).await.0, "by all", "nobody knows what made the opinions");
    rescore(&office.app, &bar).await.unwrap();
    assert_eq!(standing(&office, &key).await, ("ready after 1".to_owned(), vec![]));

    set_kept(&office, OWN_SET).await;
    let (way_of_words, said) = way(&office).await;
    assert!(way_of_words == "by nobody" && matches!(said[..], [Said::Same(_)]), "{said:?}");
    rescore(&office.app, &bar).await.unwrap();

    set_kept(&office, &OWN_SET.replace("8 GiB", "6 GiB")).await;
    let (way_of_less, said) = way(&office).await;
    assert_eq!(way_of_less, "by the rules that differ");
    assert!(matches!(said[..], [Said::Same(_)]), "it has enough either way: {said:?}");
    rescore(&office.app, &bar).await.unwrap();

    set_kept(&office, &OWN_SET.replace("8 GiB", "16 GiB")).await;
    let (way_of_more, said) = way(&office).await;
    assert_eq!(way_of_more, "by the rules that differ");
    assert!(matches!(said[..], [Said::Amended(_)]), "{said:?}");
    let changed = rescore(&office.app, &bar).await.unwrap();
    assert_eq!(changed, Rescored { machines: 1, changed: 1 });
    let failing = ("not_ready after 2".to_owned(), vec!["memory-size fail".to_owned()]);
    assert_eq!(standing(&office, &key).await, failing);
    is_kept_whole(&office, &report, &key).await;

    // Grades that need other points: no points are too few either way, until they are enough.
    let sixteen = OWN_SET.replace("8 GiB", "16 GiB");
    set_kept(&office, &sixteen.replace("score = 85", "score = 99")).await;
    let (way_of_more, said) = way(&office).await;
    assert!(way_of_more == "by nobody" && matches!(said[..], [Said::Same(_)]), "{said:?}");
    rescore(&office.app, &bar).await.unwrap();
    set_kept(&office, &sixteen.replace("score = 65", "score = 0")).await;
    let (_, said) = way(&office).await;
    assert!(matches!(said[..], [Said::Amended(_)]), "{said:?}");
    rescore(&office.app, &bar).await.unwrap();
    assert_eq!(standing(&office, &key).await.0, "needs_work after 3");
    // An amendment of an amendment.
    is_kept_whole(&office, &report, &key).await;

    // The next report stands on the whole, and on no amendment.
    report.taken_at += jiff::SignedDuration::from_secs(60);
    assert_eq!(office.send(pack(&report, &key, 2).unwrap()).await, "taken");
    assert_eq!(standing(&office, &key).await.0, "needs_work after 4");
    is_kept_whole(&office, &report, &key).await;

    // Rules that nobody kept judged it: all are asked.
    office.app.set_judge(rules(&OWN_SET.replace("of memory", "of RAM")));
    rescore(&office.app, &bar).await.unwrap();
    set_kept(&office, OWN_SET).await;
    assert_eq!(way(&office).await.0, "by all");
}

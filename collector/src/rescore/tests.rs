//! Rules change; history stays true.

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
use crate::store::key;

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

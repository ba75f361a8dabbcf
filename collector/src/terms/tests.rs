//! Plans by other prices and rules, in the known office.

use indicatif::ProgressBar;
use rules::assess::judge_digest;

use super::*;
use crate::data::tests::Folder as Temporary;
use crate::judge::OWN_SET;
use crate::planning::{self, Planned, Wish};
use crate::store::listing::Scope;
use crate::web::office::{self, Office};

/// The known office with a folder of rules, where texts are read.
async fn office() -> (Office, Temporary) {
    let folder = Temporary::new();
    let mut office = office::known().await;
    office.app = office.app.clone().with_rules(folder.0.join("rules"));
    (office, folder)
}

async fn plan(app: &App, terms: &Terms) -> Planned {
    let everything = Scope::everything();
    assert_eq!(planning::diagnose_on(app, terms, &everything, &ProgressBar::hidden()).await.unwrap(), 0);
    let (norm, fund, budgets) = (None, String::new(), Vec::new());
    planning::plan(app, &Wish { scope: everything, norm, fund, budgets, years: 1, terms: terms.clone() })
        .await
        .unwrap()
}

#[tokio::test]
async fn a_plan_by_other_prices_stands_beside_the_one_in_force() {
    let (office, _folder) = office().await;
    let app = &office.app;
    let before = plan(app, &Terms::default()).await;
    let dearer = plan(app, &Terms { percent: 10, ..Terms::default() }).await;
    let price = |planned: &Planned| planned.judge.prices.of("pc").unwrap();
    assert_eq!(price(&dearer), price(&before) / 10 * 11);
    assert!(dearer.plan.years[0].spent > before.plan.years[0].spent);
    assert_eq!(before.plan, plan(app, &Terms::default()).await.plan, "what is in force stays as it was");

    let text = Prices::shipped_text().replace("verified = false", "verified = true");
    let Tried::Prices(digest) = keep_text(app, "p.toml", &text, "an").await.unwrap().unwrap() else {
        panic!("it is a price book")
    };
    let terms = Terms { prices: Some(digest.clone()), percent: -50, rules: None };
    let cheaper = plan(app, &terms).await;
    assert_eq!(cheaper.judge.prices.digest, digest);
    assert!(cheaper.plan.years[0].spent < before.plan.years[0].spent);
    assert_eq!(cheaper.plan, plan(app, &terms).await.plan, "the same terms give the same plan");
    let unknown = Terms { prices: Some("0".repeat(64)), ..Terms::default() };
    assert!(unknown.judge(app).await.unwrap().is_none());
}

#[tokio::test]
async fn a_plan_by_another_rule_set_judges_every_machine_by_it() {
    let (office, _folder) = office().await;
    let app = &office.app;
    let before = plan(app, &Terms::default()).await;
    let tried = keep_text(app, "own.toml", OWN_SET, "an").await.unwrap().unwrap();
    let Tried::Rules(digest) = tried else { panic!("it is a rule set: {tried:?}") };
    let terms = Terms { rules: Some(digest.clone()), ..Terms::default() };
    let planned = plan(app, &terms).await;
    let set = planning::set(&planned).unwrap();
    assert_eq!((set.id.as_str(), set.digest.as_str()), ("own", digest.as_str()));
    assert_ne!(judge_digest(set, &planned.judge.lifecycle), "");
    assert!(planned.plan.counts.ready > before.plan.counts.ready, "it asks for nothing but memory");
    let rules = planned.plan.lines.iter().filter_map(|line| match &line.why {
        rules::plan::Why::Fails(lacks) | rules::plan::Why::Beyond(lacks) => Some(lacks.rules.clone()),
        _ => None,
    });
    let named: Vec<String> = rules.flatten().collect();
    assert!(!named.is_empty() && named.iter().all(|rule| rule == "memory-size"), "{named:?}");
    let mut tx = app.store.read().await.unwrap();
    let kept = archive::set(&mut tx, &digest).await.unwrap();
    assert!(kept.is_some(), "what a plan was made by can be shown");
    drop(tx);
    // Nobody keeps a plan by these terms: what was diagnosed for it goes, and nothing else.
    planning::forget_trials(app).await.unwrap();
    let mut tx = app.store.read().await.unwrap();
    assert!(crate::store::diagnosis::trials(&mut tx).await.unwrap().is_empty());
    drop(tx);
    assert_eq!(plan(app, &Terms::default()).await.plan, before.plan);
}

#[tokio::test]
async fn what_is_wrong_or_no_price_is_kept_nowhere() {
    let (office, _folder) = office().await;
    let broken = Prices::shipped_text().replacen("\nprice", "\nprize", 1);
    let wrong = keep_text(&office.app, "p.toml", &broken, "an").await.unwrap().unwrap_err();
    assert!(wrong[0].to_string().starts_with("p.toml:"), "{}", wrong[0]);
    let norms = rules::norms::Norms::shipped_text();
    let wrong = keep_text(&office.app, "n.toml", norms, "an").await.unwrap().unwrap_err();
    assert!(wrong[0].to_string().contains("neither"), "{}", wrong[0]);
    let mut tx = office.app.store.read().await.unwrap();
    assert!(rules_text::named(&mut tx).await.unwrap().is_empty());
}

//! Counts of a small office, and declarations in the tree.

use expect_test::expect;
use indicatif::ProgressBar;
use jiff::civil::date;
use rules::facts::Group as _;
use rules::facts::unit::Unit as Facts;
use rules::ruleset::in_force;
use serde_json::json;

use super::*;
use crate::judge::day;
use crate::seats;
use crate::sheet::english;
use crate::store::declaration::Sheet;
use crate::store::unit;
use crate::web::office;

fn told(facts: &Facts) -> String {
    let json = serde_json::to_value(facts).unwrap();
    let known = Facts::TERMS.iter().filter_map(|term| Some((term.name, json.get(term.name)?)));
    known.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
}

async fn gathered(office: &office::Office, scope: &Scope) -> Gathered {
    let mut tx = office.app.store.read().await.unwrap();
    gather(&mut tx, &office.app.judge(), scope, day(office::now())).await.unwrap()
}

#[tokio::test]
async fn what_nobody_counted_is_not_known() {
    let office = office::known().await;
    let commune = office::unit_id("16093");
    let scope = {
        let mut tx = office.app.store.read().await.unwrap();
        Scope::subtree(&unit::by_id(&mut tx, &commune).await.unwrap().path)
    };
    let before = gathered(&office, &scope).await.count(&commune).unwrap();
    for unknown in [&before.worst.posts, &before.worst.counters] {
        assert_eq!(unknown, &Fact::default(), "nobody counted the seats: {}", told(&before.worst));
    }
    assert_ne!(before.worst, before.best, "the machines are not diagnosed yet");

    let csv = "unit_code,role,count\n16093-VP,officer,40\n16093-HCC,counter,5\n";
    let read = seats::parse(english("seats.csv"), csv.as_bytes()).unwrap();
    let mut tx = office.app.store.begin().await.unwrap();
    let reckoned = seats::reckon(&mut tx, &Scope::everything(), &read).await.unwrap().unwrap();
    seats::apply(&mut tx, "seats.csv", &reckoned, ("an", office::now())).await.unwrap();
    tx.commit().await.unwrap();
    planning::diagnose(&office.app, &Scope::everything(), None, &ProgressBar::hidden()).await.unwrap();
    let after = gathered(&office, &scope).await.count(&commune).unwrap();
    expect!["posts=45 specialists=45 counters=5 computers=10 fit_computers=3 fit_share=6 printers=0 printer_share=0 scanners=0 scanner_share=0 agencies_without_scanner=1 licensed_share=0 kit_share=0"].assert_eq(&told(&after.worst));
    expect!["posts=45 specialists=45 counters=5 computers=10 fit_computers=9 fit_share=20 printers=15 printer_share=100 scanners=3 scanner_share=100 agencies_without_scanner=0 licensed_share=100 kit_share=80"].assert_eq(&told(&after.best));
    // Nothing of another unit is counted.
    let other = gathered(&office, &Scope::everything()).await;
    assert_eq!(other.count(&commune).unwrap(), after, "whatever else was read");
    assert!(other.count("nowhere").is_err());
}

#[tokio::test]
async fn a_declaration_holds_within_the_agency() {
    let office = office::empty().await;
    let app = &office.app;
    let units = crate::survey::tests::tree(app).await;
    let mut tx = app.store.begin().await.unwrap();
    let naming = unit::Naming {
        code: "14812".to_owned(),
        name: "Phường Ba Đình".to_owned(),
        short: "Ba Đình".to_owned(),
        kind: "ward".to_owned(),
    };
    let other = unit::add(&mut tx, Some(&units[0]), &naming, office::now()).await.unwrap();
    tx.commit().await.unwrap();
    let day = date(2026, 11, 1);
    let answers: survey::Answers = [("firewall", json!(true)), ("dossier_approved_on", json!(null))].into();
    for one in &units[..2] {
        let sheet = Sheet { unit: &one.id, declared_on: day, declared_by: "an", note: "" };
        survey::declare(app, one, sheet, &answers).await.unwrap();
    }
    let judge = app.judge();
    let set = in_force(&judge.sets, day).unwrap();
    let gathered = gathered(&office, &Scope::everything()).await;
    let said = |unit: &str, rule: &str| {
        let verdicts = gathered.verdicts(set, unit).unwrap();
        verdicts.into_iter().find(|verdict| verdict.rule == rule).unwrap().outcome.word()
    };
    let [province, commune, inside] = &units.map(|unit| unit.id);
    assert_eq!((said(commune, "org-firewall"), said(inside, "org-firewall")), ("pass", "pass"));
    assert_eq!(said(inside, "org-level-dossier"), "fail", "it is declared that there is none");
    assert_eq!(said(commune, "tslcd-line"), "unknown", "nobody said it");
    assert_eq!((said(province, "org-firewall"), said(&other.id, "org-firewall")), ("pass", "unknown"));
    assert!(!gathered.declared(inside).unwrap()["firewall"].1, "it is the agency's");
    assert!(gathered.declared(commune).unwrap()["firewall"].1);
    let agencies = gathered.agencies(&Scope::everything());
    assert_eq!(agencies, [province.as_str(), commune.as_str()], "those that said something");
}

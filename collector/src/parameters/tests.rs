//! A parameter of a unit judges at every place where machines are judged.

use std::sync::Arc;

use expect_test::{Expect, expect};
use indicatif::ProgressBar;
use jiff::civil::date;
use rules::envelope::pack;
use rules::fact::Fact;
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;

use super::*;
use crate::archive;
use crate::intake::tests::{NOW, Office, signing_key, survey};
use crate::judge::OWN_SET;
use crate::local::Local;
use crate::planning;
use crate::rescore::{Rescored, rescore, rescore_if_changed};
use crate::store::listing::{self, Scope};
use crate::store::rules_text::{Kind as TextKind, Text};
use crate::store::{assessment, diagnosis, key, machine, parameter, rules_text, unit};
use crate::whatif::{Trial, what_if};

/// One rule that asks what the province says.
fn text() -> String {
    let (head, remedy) = OWN_SET.split_once("[[rule]]").unwrap();
    let (_, remedy) = remedy.split_once("[remedy").unwrap();
    format!(
        r#"{head}
[parameters.resolvers]
title = {{ vi = "Máy chủ tên miền của tỉnh", en = "Name servers of the province" }}
type = "texts"
[parameters.floor]
title = {{ vi = "Bộ nhớ ít nhất", en = "Least memory" }}
type = "size"
default = "4 GiB"
[[rule]]
id = "resolvers"
group = "hardware"
title = {{ vi = "Dùng máy chủ tên miền của tỉnh", en = "Uses the name servers of the province" }}
severity = "critical"
when = {{ "parameter.resolvers" = {{ absent = false }} }}
pass = {{ "network.resolvers" = {{ only = {{ parameter = "resolvers" }} }} }}
remedies = ["add-memory"]
source = {{ doc = "House", clause = "1" }}
[[rule]]
id = "memory-size"
group = "hardware"
title = {{ vi = "Bộ nhớ", en = "Memory" }}
severity = "major"
pass = {{ "memory.installed" = {{ at_least = {{ parameter = "floor" }} }} }}
remedies = ["add-memory"]
source = {{ doc = "House", clause = "2" }}
[remedy{remedy}"#
    )
}

fn rules(text: &str) -> Judge {
    Judge {
        sets: vec![RuleSet::parse("own.toml", text).unwrap()],
        lifecycle: Lifecycle::shipped(),
        prices: Prices::shipped(),
        norms: Norms::shipped(),
    }
}

fn report() -> rules::report::Report {
    let mut report = survey(NOW);
    report.facts.network.resolvers = Fact::Known(vec!["8.8.8.8".to_owned()]);
    report.facts.memory.installed = Fact::Known(rules::quantity::Bytes(8 << 30));
    report
}

fn wish<'a>(unit: &'a Unit, name: &'a str, value: &'a str) -> Wish<'a> {
    Wish { unit: &unit.id, ruleset: "own", name, value, reason: "Công văn 12", by: "an" }
}

async fn told(office: &Office, machine: &str) -> String {
    let mut tx = office.app.store.read().await.unwrap();
    let row = listing::machine(&mut tx, &Scope::everything(), machine).await.unwrap().unwrap();
    let findings = assessment::findings(&mut tx, machine).await.unwrap();
    let findings: Vec<String> =
        findings.into_iter().map(|finding| format!("{} {}", finding.rule, finding.outcome)).collect();
    let count = assessment::count(&mut tx, machine).await.unwrap();
    let turn = listing::turns(&mut tx, machine, 1).await.unwrap().remove(0);
    format!("{} {} after {count} ({})", row.grade.word(), findings.join(", "), turn.cause)
}

/// A moment later: what is judged in one moment has no order.
fn later(office: &Office) {
    office.app.clock.set(office.app.clock.now() + jiff::SignedDuration::from_secs(1));
}

async fn check(office: &Office, machine: &str, expected: Expect) {
    let before = told(office, machine).await;
    expected.assert_eq(&before);
    // Everybody who judges says the same: who judges all again, who tries the same rules, and who plans.
    let same = Rescored { machines: 1, changed: 0 };
    assert_eq!(rescore(&office.app, &ProgressBar::hidden()).await.unwrap(), same);
    assert_eq!(told(office, machine).await, before);
    let grade = before.split_once(' ').unwrap().0.to_owned();
    let trial = Trial {
        now: office.app.judge(),
        then: office.app.judge(),
        id: "own".to_owned(),
        scope: Scope::everything(),
        today: date(2026, 11, 22),
        patience: std::time::Duration::from_secs(60),
    };
    let tried = what_if(&office.app.store, &trial, &ProgressBar::hidden()).await.unwrap();
    let moves: Vec<String> =
        tried.moves.iter().map(|one| format!("{} {}", one.from.word(), one.to.word())).collect();
    assert_eq!(moves, [format!("{grade} {grade}")]);
    planning::diagnose(&office.app, &Scope::everything(), None, &ProgressBar::hidden()).await.unwrap();
    let mut tx = office.app.store.read().await.unwrap();
    let diagnosed = diagnosis::all(&mut tx, &Scope::everything(), "").await.unwrap();
    let body = diagnosed[0].body.clone().unwrap();
    assert_eq!(body.contains("\"resolvers\""), before.contains("resolvers fail"), "{body}");
}

#[tokio::test]
async fn a_parameter_of_a_unit_judges_everywhere() {
    let office = Office::open().await;
    let text = text();
    office.app.set_judge(rules(&text));
    let judge = office.app.judge();
    let texts = [Text {
        digest: judge.sets[0].digest.clone(),
        kind: TextKind::Set,
        id: "own".to_owned(),
        text: text.clone(),
        beside: vec![],
    }];
    let lifecycle = crate::judge::shipped_texts(&[]);
    let texts: Vec<Text> = texts.into_iter().chain(lifecycle).collect();
    archive::keep(&office.app.store, &judge, &texts, office.app.clock.now()).await.unwrap();
    let key = signing_key();
    office.join(&key, b"open").await.unwrap();
    assert_eq!(office.send(pack(&report(), &key, 1).unwrap()).await, "taken");
    let mut tx = office.app.store.read().await.unwrap();
    let machine = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap().machine;
    let own = machine::unit(&mut tx, &machine).await.unwrap();
    drop(tx);
    check(&office, &machine, expect!["ready resolvers not_applicable after 1 (report)"]).await;

    // The unit says which: the rule wakes up, in every place.
    later(&office);
    set(&office.app, &own, wish(&own, "resolvers", r#"["10.38.0.53"]"#)).await.unwrap();
    check(&office, &machine, expect!["not_ready resolvers fail after 2 (parameter)"]).await;

    // A report that comes is judged with it, and what judged can be read again.
    later(&office);
    assert_eq!(office.send(pack(&report(), &key, 2).unwrap()).await, "taken");
    check(&office, &machine, expect!["not_ready resolvers fail after 3 (report)"]).await;
    let mut tx = office.app.store.read().await.unwrap();
    let evidence = machine::evidence(&mut tx, Among::One(&machine), "", 1).await.unwrap().remove(0);
    let digest = evidence.mark.rules_digest;
    let past = archive::past(&mut tx, &digest).await.unwrap().unwrap();
    assert_eq!(past.settings.changed()["resolvers"], json!(["10.38.0.53"]));
    assert_ne!(digest, rules::assess::judge_digest(&judge.sets[0], &judge.lifecycle));
    drop(tx);

    // A stricter default of another parameter is tried where the unit's own value stands.
    later(&office);
    set(&office.app, &own, wish(&own, "resolvers", r#"["8.8.8.8","10.38.0.53"]"#)).await.unwrap();
    later(&office);
    set(&office.app, &own, wish(&own, "floor", "\"2 GiB\"")).await.unwrap();
    check(&office, &machine, expect!["ready  after 4 (parameter)"]).await;
    let trial = Trial {
        now: office.app.judge(),
        then: Arc::new(rules(&text.replace("4 GiB", "64 GiB"))),
        id: "own".to_owned(),
        scope: Scope::everything(),
        today: date(2026, 11, 22),
        patience: std::time::Duration::from_secs(60),
    };
    assert_eq!(what_if(&office.app.store, &trial, &ProgressBar::hidden()).await.unwrap().changed, 0);

    // A text without the parameter: the value matches nothing, and machines are judged all the same.
    later(&office);
    office.app.set_judge(rules(OWN_SET));
    let judged = rescore_if_changed(&office.app, &ProgressBar::hidden()).await.unwrap().unwrap();
    assert_eq!(judged.machines, 1);
    assert!(told(&office, &machine).await.starts_with("ready "));
    office.app.set_judge(rules(&text));
    rescore_if_changed(&office.app, &ProgressBar::hidden()).await.unwrap();

    assert!(remove(&office.app, &own, wish(&own, "resolvers", "")).await.unwrap());
    assert!(!remove(&office.app, &own, wish(&own, "resolvers", "")).await.unwrap());
    assert!(told(&office, &machine).await.starts_with("ready resolvers not_applicable"));
    let mut tx = office.app.store.read().await.unwrap();
    assert!(rules_text::pair(&mut tx, &digest).await.unwrap().is_some(), "history keeps what judged then");
}

#[tokio::test]
async fn the_nearest_unit_speaks() {
    let office = Office::open().await;
    let key = signing_key();
    office.join(&key, b"open").await.unwrap();
    let mut tx = office.app.store.begin().await.unwrap();
    let machine = key::standing(&mut tx, &key.id().0).await.unwrap().unwrap().machine;
    let above = machine::unit(&mut tx, &machine).await.unwrap();
    let naming = unit::Naming {
        code: "P1".to_owned(),
        name: "Phòng 1".to_owned(),
        short: "Phòng 1".to_owned(),
        kind: "office".to_owned(),
    };
    let below = unit::add(&mut tx, Some(&above), &naming, office.app.clock.now()).await.unwrap();
    let now = office.app.clock.now();
    parameter::set(&mut tx, wish(&above, "floor", "\"2 GiB\""), now).await.unwrap();
    parameter::set(&mut tx, wish(&above, "resolvers", "[\"a\"]"), now).await.unwrap();
    parameter::set(&mut tx, wish(&below, "floor", "\"16 GiB\""), now).await.unwrap();
    let all = parameter::all_holding(&mut tx).await.unwrap();
    let mut of = async |path: &str| {
        let values = parameter::holding(&mut tx, path).await.unwrap();
        assert_eq!(all.of(path), values);
        values.get("own").map(|own| own.values().cloned().collect::<Vec<_>>().join(" ")).unwrap_or_default()
    };
    assert_eq!(of(&above.path).await, "\"2 GiB\" [\"a\"]");
    assert_eq!(of(&below.path).await, "\"16 GiB\" [\"a\"]");
    assert_eq!(of("elsewhere/").await, "");
}

#[test]
fn what_stands_against_a_value() {
    let judge = rules(&text());
    let check = |name: &str, text: &str, reason: &str| {
        let kind = find(&judge, "own", name).map_or(Kind::Text, |(_, parameter)| parameter.kind);
        let value = read(kind, text).to_string();
        let wish = Wish { unit: "u", ruleset: "own", name, value: &value, reason, by: "an" };
        super::check(&judge, &wish)
    };
    assert_eq!(check("floor", " 8 GiB ", "vì"), Ok(()));
    assert_eq!(check("resolvers", "10.0.0.1\r\n\r\n 10.0.0.2 ", "vì"), Ok(()));
    assert_eq!(check("floor", "eight", "vì"), Err(vec![Objection::Value]));
    assert_eq!(check("floor", "", ""), Err(vec![Objection::Value, Objection::Reason]));
    assert_eq!(check("resolvers", " \n ", "vì"), Err(vec![Objection::Value]), "an empty list says nothing");
    assert_eq!(check("resolvers", &"x\n".repeat(201), "vì"), Err(vec![Objection::Value]));
    assert_eq!(check("resolvers", &"x".repeat(301), "vì"), Err(vec![Objection::Value]));
    assert_eq!(check("resolver", "x", &"x".repeat(501)), Err(vec![Objection::Name, Objection::Reason]));
    assert_eq!(written(r#"["a","b"]"#), "a\nb");
    assert_eq!(written("\"8 GiB\""), "8 GiB");
    // What was set for a text of the set that is no more in force changes nothing.
    let mut local = Local::default();
    local.parameters.entry("own".to_owned()).or_default().insert("floor".to_owned(), "true".to_owned());
    local.parameters.entry("own".to_owned()).or_default().insert("gone".to_owned(), "true".to_owned());
    assert!(crate::judge::settings(&judge.sets[0], &local).changed().is_empty());
}

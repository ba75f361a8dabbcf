//! Other rules on a small fleet: who would change, and why.

use expect_test::{Expect, expect};
use jiff::civil::date;
use rules::envelope::pack;
use rules::fact::Fact;
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::quantity::Bytes;
use rules::ruleset::{RuleSet, SHIPPED, parse_all};

use super::*;
use crate::app::App;
use crate::demo::Tree;
use crate::demo::tests::province;
use crate::intake::tests::{NOW, Office, signing_key, survey};
use crate::judge::OWN_SET;
use crate::rescore::rescore;
use crate::terms::Terms;

fn rules(text: &str) -> Judge {
    Judge {
        sets: vec![RuleSet::parse("own.toml", text).unwrap()],
        lifecycle: Lifecycle::shipped(),
        prices: Prices::shipped(),
        norms: Norms::shipped(),
    }
}

/// A PC with 4 GiB and one with 12 GiB.
async fn office() -> Office {
    let office = Office::open().await;
    office.app.set_judge(rules(OWN_SET));
    for (name, gibibytes) in [("PC-A", 4), ("PC-B", 12)] {
        let key = signing_key();
        office.join(&key, b"open").await.unwrap();
        let mut report = survey(NOW);
        report.facts.os.hostname = Fact::Known(name.to_owned());
        report.facts.memory.installed = Fact::Known(Bytes(gibibytes << 30));
        assert_eq!(office.send(pack(&report, &key, 1).unwrap()).await, "taken");
    }
    office
}

async fn check(then: Judge, expected: Expect) {
    let office = office().await;
    let trial = Trial {
        now: office.app.judge(),
        then: Arc::new(then),
        id: "own".to_owned(),
        scope: Scope::everything(),
        today: date(2026, 11, 22),
        patience: std::time::Duration::from_secs(60),
    };
    let result = what_if(&office.app.store, &trial, &ProgressBar::hidden()).await.unwrap();
    let mut told = format!(
        "{} machines, {} concerned, {} changed, as of {:?}\n",
        result.machines, result.concerned, result.changed, result.as_of
    );
    for Move { from, to, machines } in &result.moves {
        told.push_str(&format!("{} → {}: {machines}\n", from.word(), to.word()));
    }
    for rule in &result.rules {
        let RuleEffect { rule, alone, together, differs, .. } = rule;
        told.push_str(&format!(
            "{rule}: {} alone, {} together, {differs} differ\n",
            alone.all(),
            together.all()
        ));
    }
    for machine in &result.list {
        told.push_str(&format!(
            "{} {:?} {:?} because of {}\n",
            machine.hostname,
            machine.turn,
            machine.scores,
            machine.because.join(", ")
        ));
    }
    told.push_str(&format!("shifts {:?}, {} units", result.scores.shifts, result.units.len()));
    expected.assert_eq(&told);
}

#[tokio::test]
async fn the_same_rules_change_nothing() {
    check(
        rules(&format!("# Another comment.\n{OWN_SET}")),
        expect![[r#"
        2 machines, 2 concerned, 0 changed, as of None
        ready → ready: 1
        not_ready → not_ready: 1
        shifts [0, 0, 0, 2, 0, 0, 0], 0 units"#]],
    )
    .await;
}

#[tokio::test]
async fn a_stricter_rule_turns_grades_alone() {
    check(
        rules(&OWN_SET.replace("8 GiB", "16 GiB")),
        expect![[r#"
        2 machines, 2 concerned, 1 changed, as of None
        ready → not_ready: 1
        not_ready → not_ready: 1
        memory-size: 1 alone, 0 together, 1 differ
        PC-B Worse (Some(100), Some(0)) because of memory-size
        shifts [1, 0, 0, 1, 0, 0, 0], 1 units"#]],
    )
    .await;
}

#[tokio::test]
async fn thresholds_turn_grades_too() {
    let softer =
        OWN_SET.replace("ready = { score = 85", "ready = { score = 1").replace("score = 65", "score = 0");
    check(
        rules(&softer),
        expect![[r#"
        2 machines, 2 concerned, 1 changed, as of None
        ready → ready: 1
        not_ready → needs_work: 1
        [grades]: 1 alone, 0 together, 0 differ
        PC-A Better (Some(0), Some(0)) because of [grades]
        shifts [0, 0, 0, 2, 0, 0, 0], 1 units"#]],
    )
    .await;
}

#[tokio::test]
async fn rules_turn_a_grade_together() {
    let second = |id: &str| {
        format!(
            r#"[[rule]]
            id = "{id}"
            group = "hardware"
            title = {{ vi = "Bộ nhớ", en = "Memory" }}
            severity = "critical"
            pass = {{ "memory.installed" = {{ at_least = "16 GiB" }} }}
            source = {{ doc = "House", clause = "2" }}
"#
        )
    };
    let (head, remedy) = OWN_SET.split_once("[remedy").unwrap();
    let text = format!("{head}{}{}[remedy{remedy}", second("one"), second("two"));
    check(
        rules(&text),
        expect![[r#"
        2 machines, 2 concerned, 1 changed, as of None
        ready → not_ready: 1
        not_ready → not_ready: 1
        one: 0 alone, 1 together, 2 differ
        two: 0 alone, 1 together, 2 differ
        PC-B Worse (Some(100), Some(20)) because of one, two
        shifts [1, 0, 0, 1, 0, 0, 0], 1 units"#]],
    )
    .await;
}

#[tokio::test]
async fn a_set_of_next_year_is_tried_as_of_its_day() {
    let next = OWN_SET.replace("8 GiB", "16 GiB").replace("2026-10-01", "2027-01-01");
    let next = next.replace("id = \"own\"", "id = \"next\"");
    let judge = |files: &[(&str, &str)]| {
        let files: Vec<_> =
            files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        Judge {
            sets: parse_all(&files).unwrap(),
            lifecycle: Lifecycle::shipped(),
            prices: Prices::shipped(),
            norms: Norms::shipped(),
        }
    };
    let office = office().await;
    let trial = Trial {
        now: office.app.judge(),
        then: Arc::new(judge(&[("own.toml", OWN_SET), ("next.toml", &next)])),
        id: "next".to_owned(),
        scope: Scope::everything(),
        today: date(2026, 11, 22),
        patience: std::time::Duration::from_secs(60),
    };
    let result = what_if(&office.app.store, &trial, &ProgressBar::hidden()).await.unwrap();
    assert_eq!((result.as_of, result.concerned, result.changed), (Some(date(2027, 1, 1)), 2, 1));
    assert_eq!(result.before, None, "there is no such set yet");
    let elsewhere = Trial { scope: Scope::subtree("elsewhere/"), ..trial };
    let nothing = what_if(&office.app.store, &elsewhere, &ProgressBar::hidden()).await.unwrap();
    assert_eq!((nothing.machines, nothing.changed), (0, 0));
}

#[tokio::test]
async fn the_change_of_plan_is_what_the_machines_that_differ_cost() {
    let office = office().await;
    let everything = Scope::everything();
    crate::planning::diagnose(&office.app, &everything, None, &ProgressBar::hidden()).await.unwrap();
    let trial = |then: Judge, patience: u64| Trial {
        now: office.app.judge(),
        then: Arc::new(then),
        id: "own".to_owned(),
        scope: Scope::everything(),
        today: date(2026, 11, 22),
        patience: Duration::from_secs(patience),
    };
    let plan = async |trial: Trial| {
        let result = what_if(&office.app.store, &trial, &ProgressBar::hidden()).await.unwrap();
        result.plan.unwrap()
    };
    let price = Prices::shipped().of("pc").unwrap();
    // PC-A cannot be mended as it is; with 16 GiB asked, PC-B cannot either.
    let stricter = || rules(&OWN_SET.replace("8 GiB", "16 GiB"));
    let change = plan(trial(stricter(), 60)).await;
    assert_eq!((change.machines, change.cut), (2, 0));
    assert_eq!(change.after.cost - change.before.cost, price);
    assert_eq!(change.after.seats - change.before.seats, 1);
    assert!(change.before.cost >= price, "the machine that stays as it is stands in both: {change:?}");
    // Without time, that is told, and nothing is invented.
    let cut = plan(trial(stricter(), 0)).await;
    assert_eq!((cut.machines, cut.cut, cut.after), (0, 2, cut.before));
    // The same rules: nobody is diagnosed.
    let same = plan(trial(rules(OWN_SET), 60)).await;
    assert_eq!((same.machines, same.before), (0, same.after));
    assert_eq!(same.before, change.before);
    // A remedy that helps now: the rule says the same, and the plan is another one.
    let helped = OWN_SET.replace("[remedy.add-memory]", "[remedy.add-memory]\nitem = \"ram-8g\"");
    let helped = format!("{helped}gives = {{ \"memory.installed\" = \"16 GiB\" }}\n");
    let cheaper = plan(trial(rules(&helped), 60)).await;
    assert_eq!(cheaper.machines, 2);
    assert!(cheaper.after.cost < cheaper.before.cost, "{cheaper:?}");
    // Dearer PCs: every machine is looked at.
    let mut dearer = rules(OWN_SET);
    let text = Prices::shipped_text().replace("16_000_000", "17_000_000").replace("16000000", "17000000");
    dearer.prices = Prices::parse("prices.toml", &text).unwrap();
    let change = plan(Trial { id: "prices".to_owned(), ..trial(dearer, 60) }).await;
    assert_eq!((change.machines, change.after.cost - change.before.cost), (2, 1_000_000));
}

/// What the plan of everything costs by the rules in force, and how many seats it makes ready.
async fn plan_in_force(app: &App) -> (i64, u64) {
    let scope = Scope::everything();
    crate::planning::diagnose(app, &scope, None, &ProgressBar::hidden()).await.unwrap();
    let (norm, fund, budgets, years) = (None, String::new(), Vec::new(), 1);
    let wish = crate::planning::Wish { scope, norm, fund, budgets, years, terms: Terms::default() };
    let lines = crate::planning::plan(app, &wish).await.unwrap().plan.lines;
    let seats = lines.iter().filter(|line| line.cost.is_some()).map(|line| u64::from(line.seats)).sum();
    (lines.iter().filter_map(|line| line.cost).sum(), seats)
}

#[tokio::test]
async fn what_a_trial_says_of_the_plan_comes_true() {
    let (_folder, app) = province(7, Tree::Two).await;
    let (file, text) = SHIPPED.iter().find(|(file, _)| file.starts_with("vn-office-2026")).unwrap();
    let judge = |text: &str| {
        let mut judge = (*app.judge()).clone();
        let set = RuleSet::parse(file, text).unwrap();
        judge.sets.retain(|other| other.id != set.id);
        judge.sets.push(set);
        judge
    };
    let memory =
        text.find("id       = \"memory-size\"").or_else(|| text.find("id = \"memory-size\"")).unwrap();
    let (before, after) = text.split_at(memory);
    let critical = format!("{before}{}", after.replacen("\"major\"", "\"critical\"", 1));
    let edits = [
        text.replacen("score = 85", "score = 95", 1),
        text.replacen("coverage = 70", "coverage = 95", 1),
        critical,
        text.replacen("\"8 GiB\"", "\"16 GiB\"", 1),
        text.replacen("score = 85", "score = 70", 1),
        (*text).to_owned(),
    ];
    let today = date(2026, 11, 22);
    let mut in_force = plan_in_force(&app).await;
    let (mut different, mut first) = (0, true);
    for edit in edits {
        let then = Arc::new(judge(&edit));
        let trial = Trial {
            now: app.judge(),
            then: Arc::clone(&then),
            id: "vn-office-2026".to_owned(),
            scope: Scope::everything(),
            today,
            patience: Duration::from_secs(600),
        };
        let told = what_if(&app.store, &trial, &ProgressBar::hidden()).await.unwrap().plan.unwrap();
        assert_eq!((told.before.cost, told.before.seats, told.cut), (in_force.0, in_force.1, 0));
        app.set_judge((*then).clone());
        rescore(&app, &ProgressBar::hidden()).await.unwrap();
        // Nobody has diagnosed anything since: the next trial knows that, but for the first.
        let comes_true = (told.after.cost, told.after.seats);
        if first {
            in_force = plan_in_force(&app).await;
            assert_eq!(comes_true, in_force);
        }
        (different, first) = (different + u32::from(comes_true != in_force), false);
        in_force = comes_true;
    }
    assert!(different > 1, "the edits make no difference");
    assert_eq!(plan_in_force(&app).await, in_force);
}

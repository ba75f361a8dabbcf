//! The same seed makes the same province, and every page of it has something to show.

use std::collections::BTreeMap;

use rules::ruleset::shipped;

use super::*;
use crate::app::Judge;
use crate::clock::Clock;
use crate::data::tests::Folder;
use crate::intake::Settings;
use crate::planning::{self, Wish};
use crate::store::listing::{Filter, Scope, grades};
use crate::store::{Store, scenario, target, waiver, work};
use crate::terms::Terms;

fn now() -> Timestamp {
    "2026-11-22T01:12:00Z".parse().unwrap()
}

/// An invented province of 60 PCs.
pub(crate) async fn province(seed: u64, tree: Tree) -> (Folder, App) {
    let folder = Folder::new();
    let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
    let judge = Judge {
        sets: shipped(),
        lifecycle: rules::lifecycle::Lifecycle::shipped(),
        prices: rules::prices::Prices::shipped(),
        norms: rules::norms::Norms::shipped(),
    };
    let app = App::new(store, Clock::fixed(now()), judge, false);
    let settings = Settings { report_seconds: 3600, sealing_key: vec![0; 32], services: Vec::new() };
    let (intake, writer) = Intake::new(app.clone(), settings).unwrap();
    let writer = tokio::spawn(writer.run());
    let demo = Demo { machines: 60, tree, seed };
    let filled = fill(&app, &intake, demo, now(), &ProgressBar::hidden()).await.unwrap();
    assert_eq!(filled.machines, 60);
    drop(intake);
    writer.await.unwrap();
    (folder, app)
}

/// The plan of everything as JSON, without the ids, which differ from run to run.
async fn plan_of(app: &App) -> serde_json::Value {
    let everything = Scope::everything();
    planning::diagnose(app, &everything, None, &ProgressBar::hidden()).await.unwrap();
    let wish = Wish {
        scope: everything,
        norm: None,
        fund: String::new(),
        budgets: vec![100_000_000, 50_000_000],
        years: 1,
        terms: Terms::default(),
    };
    let planned = planning::plan(app, &wish).await.unwrap();
    let document = crate::web::plan::file::document(&planned).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&document).unwrap();
    for line in document["lines"].as_array_mut().unwrap() {
        let line = line.as_object_mut().unwrap();
        line.remove("machine_id");
        line.remove("replaced_id");
        // Places among machines and units are those of their ids too.
        line.remove("machine");
        line.remove("replaces");
        line.remove("unit");
    }
    document
}

#[tokio::test]
async fn the_same_seed_makes_the_same_province() {
    let (_first, one) = province(38, Tree::Two).await;
    let (_second, other) = province(38, Tree::Two).await;
    let plan = plan_of(&one).await;
    assert!(plan["lines"].as_array().unwrap().len() > 20, "{plan:#}");
    assert!(plan == plan_of(&other).await, "the same seed made another plan");
    let (_third, another) = province(39, Tree::Two).await;
    assert!(plan != plan_of(&another).await, "another seed made the same plan");
}

#[tokio::test]
async fn every_page_has_something_true_to_show() {
    for tree in [Tree::Two, Tree::Three] {
        let (_folder, app) = province(38, tree).await;
        let mut tx = app.store.read().await.unwrap();
        let units = unit::tree(&mut tx).await.unwrap();
        let roots: Vec<&Unit> = units.iter().filter(|unit| unit.parent.is_none()).collect();
        assert_eq!(roots.iter().map(|unit| unit.code.as_str()).collect::<Vec<_>>(), ["38"]);
        // Six districts at the border and beside it with 81 communes, and 47 communes since the districts are gone.
        let points = unit::points(&mut tx).await.unwrap().len();
        assert_eq!(points, if matches!(tree, Tree::Two) { 47 } else { 6 + 81 });

        let everything = Scope::everything();
        let counts = tally_of(&mut tx, &roots[0].id).await;
        assert!(counts.len() > 80, "{} days", counts.len());
        let today = grades(&mut tx, &Filter::all(everything.clone())).await.unwrap();
        assert_eq!(counts.values().last(), Some(&today.all()));

        assert_eq!(target::all(&mut tx).await.unwrap().len(), 2);
        assert!(!waiver::all(&mut tx, "").await.unwrap().is_empty());
        let works = work::all(&mut tx, &everything).await.unwrap();
        let of = |wanted: fn(&work::Work) -> bool| works.iter().filter(|one| wanted(one)).count();
        let confirmed = of(|one| one.confirmed_at.is_some());
        let failing = of(|one| one.ticked.is_some() && !one.failing.is_empty());
        let open = of(|one| one.ticked.is_none() && one.confirmed_at.is_none());
        assert!(confirmed > 0 && failing > 0 && open > 0, "{confirmed} {failing} {open} of {}", works.len());
        assert!(works.iter().all(|one| !one.room.is_empty()));
        let plans = scenario::all(&mut tx, &everything).await.unwrap();
        assert_eq!(plans.iter().map(|plan| plan.submitted.is_some()).filter(|is| *is).count(), 1);
        assert_eq!(plans.len(), 2);
    }
}

async fn tally_of(tx: &mut Tx, unit: &str) -> BTreeMap<jiff::civil::Date, i64> {
    let counts = crate::store::tally::of(tx, unit, jiff::civil::Date::MIN).await.unwrap();
    counts.into_iter().map(|(day, grades)| (day, grades.all())).collect()
}

//! How long pages take with 30,000 machines: requests over loopback to a collector in this process, one after the other;
//! the time from the request to the last byte of the answer.
//!
//! `cargo bench -p sansang-tests --bench pages`. It makes a province in a folder for temporary files, which takes some
//! minutes; `SANSANG_PROVINCE=FOLDER` takes one that `sansang-collector --data FOLDER demo --machines 30000` has made.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark says what it measured, or where it is wrong"
)]

use std::path::Path;
use std::time::{Duration, Instant};

use collector::clock::Clock;
use collector::config::Config;
use collector::data::Data;
use collector::demo::{self, Demo, Tree};
use collector::guard::hash_password;
use collector::intake::{Intake, Settings};
use collector::server::{open_app, serve};
use collector::store::account::{self, Standing};
use collector::store::listing::{self, Scope};
use collector::store::{machine, unit};
use collector::{part, planning, tally};
use indicatif::ProgressBar;
use tests::visitor::Visitor;

const MACHINES: u32 = 30_000;
const NAME: &str = "bench";
const PASSWORD: &str = "một câu ngắn dễ nhớ";
/// Units whose pages are asked for, evenly over the tree, and how often a page of which there is one is.
const UNITS: usize = 200;
const TIMES: usize = 100;

fn main() {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(measure());
}

async fn measure() {
    let temporary = tempfile::TempDir::new().unwrap();
    let given = std::env::var_os("SANSANG_PROVINCE");
    let folder = given.as_ref().map_or_else(|| temporary.path().join("province"), |folder| folder.into());
    let (data, _) = Data::make(&folder).unwrap();
    if given.is_none() {
        fill(&data).await;
    }
    let any_port = "127.0.0.1:0".parse().unwrap();
    let mut config = data.config().unwrap();
    (config.agents.listen, config.people.listen) = (any_port, any_port);
    let running = serve(&data, &config, Clock::System).await.unwrap();
    let app = &running.app;
    let mut tx = app.store.begin().await.unwrap();
    let hash = hash_password(PASSWORD).unwrap();
    if account::of_name(&mut tx, NAME).await.unwrap().is_none() {
        account::add(&mut tx, app.clock.now(), NAME, &hash, Standing::Administrator, None).await.unwrap();
    }
    let reported = machine::reported(&mut tx).await.unwrap();
    let own = listing::grades_by_unit(&mut tx, &Scope::everything()).await.unwrap();
    let tree = unit::tree(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let began = Instant::now();
    planning::diagnose(app, &Scope::everything(), None, &ProgressBar::hidden()).await.unwrap();
    println!("{reported} machines in {} units; diagnosed in {:.1?}", tree.len(), began.elapsed());
    let began = Instant::now();
    tally::count(app).await.unwrap();
    println!("counted in {:.1?}", began.elapsed());
    part::warm(app).await.unwrap();
    let root = tree.iter().find(|unit| unit.parent.is_none()).unwrap();
    let all = i64::try_from(reported).unwrap();
    while part::of(app, &root.path, all).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }

    let mut visitor = Visitor::new(running.people);
    visitor.sign_in(NAME, PASSWORD).await;
    let with_machines = tree.iter().filter(|unit| own.contains_key(&unit.id) || unit.kind == "commune");
    let paths: Vec<String> = with_machines.map(|unit| format!("/units/{}", unit.id)).collect();
    let step = (paths.len() / UNITS).max(1);
    let units: Vec<String> = paths.into_iter().step_by(step).take(UNITS).collect();
    let mut machines = Vec::new();
    for unit in units.iter().step_by(4) {
        let id = unit.trim_start_matches("/units/");
        machines.extend(links(&visitor.get(&format!("/machines?unit={id}")).await.body));
    }
    machines.truncate(TIMES);
    let often = |path: &str| vec![path.to_owned(); TIMES];
    println!("page: pages asked for, p50, p95, the longest, size of the last");
    for (name, paths) in [
        ("a unit, each for the first time", units.clone()),
        ("a unit", units.clone()),
        ("the province", often(&format!("/units/{}", root.id))),
        ("a machine", machines),
        ("overview", often("/")),
        ("machines", often("/machines")),
        ("machines, searched", often("/machines?q=may")),
        ("machines that are not ready", often("/machines?grade=not_ready")),
        ("rules", often("/rules")),
        ("plan", often("/plan")),
        ("plan under 5 billion", often("/plan?budget=5000")),
        ("league table", often("/league")),
        ("tree of units", often("/units")),
        ("work of the province", often("/work")),
    ] {
        let mut times = Vec::with_capacity(paths.len());
        let mut bytes = 0;
        for path in &paths {
            let began = Instant::now();
            let shown = visitor.get(path).await;
            times.push(began.elapsed());
            bytes = shown.body.len();
            assert!(shown.status.is_success() && shown.body.contains("</html>"), "{path}: {}", shown.status);
        }
        times.sort();
        let at = |percent: usize| times[(times.len() * percent / 100).min(times.len() - 1)];
        println!(
            "{name}: {}, {:.1?}, {:.1?}, {:.1?}, {} KB",
            times.len(),
            at(50),
            at(95),
            at(100),
            bytes / 1000
        );
    }
    running.stop().await.unwrap();
}

/// The pages of machines that a list leads to.
fn links(body: &str) -> Vec<String> {
    let ids = body.split("href=\"/machines/").skip(1).filter_map(|rest| rest.split(['"', '/', '?']).next());
    ids.map(|id| format!("/machines/{id}")).collect()
}

async fn fill(data: &Data) {
    let config: Config = data.config().unwrap();
    let now = Clock::System.now();
    let rules = data.path(&config.rules.folder);
    let app = open_app(data, &config, Path::new(&rules), Clock::fixed(now)).await.unwrap();
    let sealing_key = data.sealing_key().unwrap().public;
    let settings = Settings { report_seconds: 3600, sealing_key, services: Vec::new() };
    let (intake, writer) = Intake::new(app.clone(), settings).unwrap();
    let writer = tokio::spawn(writer.run());
    let began = Instant::now();
    let demo = Demo { machines: MACHINES, tree: Tree::Two, seed: 38 };
    demo::fill(&app, &intake, demo, now, &ProgressBar::hidden()).await.unwrap();
    drop(intake);
    writer.await.unwrap();
    app.store.close().await;
    let bytes: u64 =
        std::fs::read_dir(data.folder()).unwrap().map(|file| file.unwrap().metadata().unwrap().len()).sum();
    println!("made in {:.1?}, {} MB", began.elapsed(), bytes / 1_000_000);
}

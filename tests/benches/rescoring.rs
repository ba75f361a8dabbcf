//! How long judging a whole fleet again takes, from the database and back: the store is filled with machines from the
//! recorded PCs through the intake, then the rules change. The PCs join one after another, as in a province, and report in
//! another order.
//!
//! `cargo bench -p sansang-tests --bench rescoring`; `SANSANG_MACHINES` says how many (30,000). Filling takes minutes:
//! `SANSANG_FILLED` names a file that keeps the filled store for the next run.
#![expect(clippy::unwrap_used, reason = "a benchmark ends where it is wrong")]
#![expect(clippy::print_stdout, reason = "a benchmark tells what it found")]

use std::sync::Arc;
use std::time::Instant;

use collector::app::{App, Judge};
use collector::archive;
use collector::clock::Clock;
use collector::intake::{Intake, Settings, Via};
use collector::rescore::rescore;
use collector::store::machine::Newcomer;
use collector::store::rules_text::{Kind, Text};
use collector::store::unit::Naming;
use collector::store::{Store, key, machine, unit};
use indicatif::ProgressBar;
use jiff::SignedDuration;
use ring::rand::SystemRandom;
use rules::envelope::{SigningKey, pack};
use rules::fact::Fact;
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::quantity::Bytes;
use rules::report::{Report, WIRE};
use rules::ruleset::{RuleSet, SHIPPED};
use tests::recordings;

const NOW: &str = "2026-11-22T01:00:00Z";
const OFFICE: &str = "vn-office-2026";
const LIFECYCLE: &str = "lifecycle.toml";
/// One more rule for the set, before the one that it had there.
const ANOTHER_RULE: &str = r#"[[rule]]
id       = "memory-for-browsers"
group    = "hardware"
title    = { vi = "Bộ nhớ trong từ 16 GiB", en = "At least 16 GiB of memory" }
severity = "minor"
pass     = { "memory.installed" = { at_least = "16 GiB" } }
source   = { doc = "House" }

[[rule]]
id       = "memory-size-server""#;
const ROLES: [&str; 4] = ["officer", "clerk", "counter", "leader"];
/// Arrivals that are on their way at the same time.
const TOGETHER: usize = 64;
/// How far from one another the PCs stand that report one after another: a prime number, so that each comes once.
const STRIDE: usize = 7919;

/// Texts of a shipped file, and what stands in their place.
type Changes = [(&'static str, &'static str, &'static str)];

/// A shipped file with these changes.
fn changed(file: &str, text: &str, changes: &Changes) -> String {
    let mut text = text.to_owned();
    for (_, from, to) in changes.iter().filter(|(name, ..)| file.starts_with(name)) {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

/// The shipped rules with these changes.
fn rules(changes: &Changes) -> Judge {
    let read = |(file, text): &(&str, &str)| RuleSet::parse(file, &changed(file, text, changes)).unwrap();
    Judge {
        sets: SHIPPED.iter().map(read).collect(),
        lifecycle: Lifecycle::parse(LIFECYCLE, &changed(LIFECYCLE, Lifecycle::shipped_text(), changes))
            .unwrap(),
        prices: Prices::shipped(),
        norms: Norms::shipped(),
    }
}

/// Puts these rules in force, and into the archive as every start does: what judged before must be known.
async fn put_in_force(app: &App, changes: &Changes) {
    let judge = rules(changes);
    let text = |id: &str, digest: &str, kind, text: String| Text {
        digest: digest.to_owned(),
        kind,
        id: id.to_owned(),
        text,
        beside: judge.sets.iter().map(|set| set.digest.clone()).collect(),
    };
    let mut texts = vec![text(
        "lifecycle",
        &judge.lifecycle.digest,
        Kind::Lifecycle,
        changed(LIFECYCLE, Lifecycle::shipped_text(), changes),
    )];
    for (set, (file, shipped)) in judge.sets.iter().zip(SHIPPED.iter()) {
        texts.push(text(&set.id, &set.digest, Kind::Set, changed(file, shipped, changes)));
    }
    archive::keep(&app.store, &judge, &texts, app.clock.now()).await.unwrap();
    app.set_judge(judge);
}

/// Peak memory of this program, in MiB, as Linux tells it.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

async fn fill(app: &App, count: usize) {
    let settings = Settings { report_seconds: 3600, sealing_key: vec![1; 32], services: vec![] };
    let (intake, writer) = Intake::new(app.clone(), settings).unwrap();
    let writer = tokio::spawn(writer.run());
    let naming = |code: &str, kind: &str| Naming {
        code: code.to_owned(),
        name: code.to_owned(),
        short: code.to_owned(),
        kind: kind.to_owned(),
    };
    let now = app.clock.now();
    let pcs = Arc::new(recordings::facts());
    let mut tx = app.store.begin().await.unwrap();
    let province = unit::add(&mut tx, None, &naming("38", "province"), now).await.unwrap();
    let mut units = Vec::new();
    for number in 0..200 {
        units.push(
            unit::add(&mut tx, Some(&province), &naming(&format!("c{number}"), "commune"), now)
                .await
                .unwrap(),
        );
    }
    let mut keys = Vec::with_capacity(count);
    for number in 0..count {
        app.clock.set(now + SignedDuration::from_millis(i64::try_from(number).unwrap() - 60_000_000));
        let now = app.clock.now();
        let key = SigningKey::from_pkcs8(&SigningKey::generate(&SystemRandom::new()).unwrap()).unwrap();
        let hostname = format!("PC-{number:06}");
        let newcomer = Newcomer { hostname: &hostname, agent: "0.1.0", role: ROLES[number % ROLES.len()] };
        let id = machine::add(&mut tx, &units[number % units.len()], newcomer, now).await.unwrap();
        key::add(&mut tx, &key.id().0, &id, key.public_key(), now).await.unwrap();
        keys.push(Some((hostname, key)));
    }
    tx.commit().await.unwrap();
    let waiting = Arc::new(tokio::sync::Semaphore::new(TOGETHER));
    let mut sent = tokio::task::JoinSet::new();
    for turn in 0..count {
        let number = turn * STRIDE % count;
        let (hostname, key) = keys[number].take().unwrap();
        app.clock.set(now + SignedDuration::from_millis(i64::try_from(turn).unwrap()));
        let permit = Arc::clone(&waiting).acquire_owned().await.unwrap();
        let (intake, pcs) = (intake.clone(), Arc::clone(&pcs));
        sent.spawn(async move {
            let mut facts = pcs[number % pcs.len()].clone();
            facts.os.hostname = Fact::Known(hostname);
            // Firmware and graphics keep some of it.
            let memory = [4, 8, 16][number % 3] << 30;
            facts.memory.installed = Fact::Known(Bytes(memory));
            facts.memory.visible = Fact::Known(Bytes(memory - (300 << 20)));
            let taken_at = NOW.parse().unwrap();
            let report = Report {
                wire: WIRE,
                taken_at,
                agent: "0.1.0".to_owned(),
                survey_ms: 40,
                facts,
                notes: vec![],
            };
            let bytes = pack(&report, &key, 1).unwrap();
            intake.take_in(bytes, Via::Https).await.map_err(|trouble| format!("{trouble:?}")).unwrap();
            drop(permit);
        });
    }
    while let Some(one) = sent.join_next().await {
        one.unwrap();
    }
    drop(intake);
    writer.await.unwrap();
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let count = std::env::var("SANSANG_MACHINES").map_or(30_000, |count| count.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let file = std::env::var_os("SANSANG_FILLED")
        .map_or_else(|| folder.path().join("collector.db"), std::path::PathBuf::from);
    let is_filled = file.exists();
    let store = Store::open(&file).await.unwrap();
    let app = App::new(store, Clock::fixed(NOW.parse().unwrap()), rules(&[]), false);
    put_in_force(&app, &[]).await;
    let began = Instant::now();
    if !is_filled {
        fill(&app, count).await;
    }
    let size = std::fs::metadata(&file).unwrap().len() >> 20;
    println!(
        "{count} machines taken in within {:.1?}; the database has {size} MiB, the peak is {} MiB",
        began.elapsed(),
        peak()
    );
    rescore(&app, &ProgressBar::hidden()).await.unwrap();
    let title = (OFFICE, "At least 8 GiB of memory", "Eight GiB of memory or more");
    let memory = [(OFFICE, "\"7 GiB\"", "\"15 GiB\""), (OFFICE, "\"8 GiB\"", "\"16 GiB\"")];
    let another = (OFFICE, "[[rule]]\nid       = \"memory-size-server\"", ANOTHER_RULE);
    let support = (LIFECYCLE, "2025-10-14", "2026-10-13");
    let steps: [(&str, &Changes); 11] = [
        ("the same rules", &[]),
        ("a title is written otherwise", &[title]),
        (
            "a threshold that none feels: 8 GiB of memory, of which 7 are visible, to 16 of which 7 are",
            &memory[1..],
        ),
        ("and back", &[]),
        ("a threshold that many feel: 8 GiB of memory to 16", &memory),
        ("and back", &[]),
        ("every threshold of grades", &[(OFFICE, "score = 85", "score = 99")]),
        ("and back, with a rule more", &[another]),
        ("and back", &[]),
        ("a year more of support for Windows 10", &[support]),
        ("and back", &[]),
    ];
    for (what, changes) in steps {
        put_in_force(&app, changes).await;
        let began = Instant::now();
        let rescored = rescore(&app, &ProgressBar::hidden()).await.unwrap();
        let took = began.elapsed();
        println!(
            "{what}: {} machines in {took:.2?} ({:.0} µs each), {} came out otherwise; the peak is {} MiB",
            rescored.machines,
            took.as_secs_f64() * 1e6 / count as f64,
            rescored.changed,
            peak()
        );
    }
    app.store.close().await;
}

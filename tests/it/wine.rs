//! The real program for Windows, started under Wine against a real collector over TLS.
//!
//! What it says of the PC is Wine's invention. Looked at is that every command comes to its end, that every fact has an
//! answer, and that what it sends is taken.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;

use agent::host::recorded::Recording;
use agent::probe::survey;
use rules::assess::Role;
use rules::fact::Fact;
use rules::facts::os::Platform;
use rules::report::Report;
use serde_json::Value;
use tempfile::TempDir;
use tests::office::{ADMINISTRATOR, Office, PASSWORD};
use tests::programs::{collector, run, text};
use tests::visitor::Visitor;
use tests::wine::{Wine, path};

/// Wine, or the word that the test was skipped.
fn wine(test: &str) -> Option<&'static Wine> {
    let wine = Wine::ready();
    if wine.is_none() {
        println!("skipped: {test} needs Wine, and agent/packaging/build-windows.sh to have run");
    }
    wine
}

/// Runs the agent in a state folder of its own.
fn agent<S: AsRef<OsStr>>(wine: &Wine, state: &Path, arguments: &[S]) -> Output {
    run(wine.agent().args(["--lang", "en", "--state"]).arg(path(state)).args(arguments))
}

/// What it printed, after it came to a good end.
fn said(output: &Output) -> String {
    let told = text(&output.stderr);
    assert!(output.status.success(), "{}: {told}", output.status);
    text(&output.stdout)
}

/// A probe that panicked or hung leaves a note.
fn assert_no_probe_was_lost(report: &Report) {
    let lost: Vec<&str> = report
        .notes
        .iter()
        .map(|note| note.text.as_str())
        .filter(|text| text.contains("panicked") || text.contains("did not answer"))
        .collect();
    assert!(lost.is_empty(), "{lost:?}");
}

#[test]
fn it_starts_and_says_its_version() {
    let Some(wine) = wine("it_starts_and_says_its_version") else { return };
    let said = said(&run(wine.agent().arg("--version")));
    assert_eq!(said.trim(), concat!("sansang-agent ", env!("CARGO_PKG_VERSION")));
    let help = run(wine.agent().arg("no-such-command"));
    assert_eq!(help.status.code(), Some(2), "a wrong command ends with an exit code");
}

#[test]
fn its_survey_answers_every_fact() {
    let Some(wine) = wine("its_survey_answers_every_fact") else { return };
    let folder = TempDir::new().unwrap();
    let said = said(&agent(wine, folder.path(), &["collect", "--pretty"]));
    let report: Report = serde_json::from_str(&said).unwrap();
    assert_eq!(report.facts.os.platform, Fact::Known(Platform::Windows));
    assert!(report.facts.os.build.known().is_some(), "{:?}", report.facts.os.build);
    assert!(report.facts.memory.visible.known().is_some(), "{:?}", report.facts.memory.visible);
    assert_no_probe_was_lost(&report);
    let json: Value = serde_json::from_str(&said).unwrap();
    for area in rules::facts::AREAS.iter().filter(|area| !area.derived) {
        for term in area.terms {
            // How far the clock is off is known after a contact with the collector; there was none.
            let asked = (area.name, term.name) != ("clock", "offset");
            let answered = json["facts"][area.name].get(term.name).is_some();
            assert_eq!(answered, asked, "{}.{}: every fact has an answer", area.name, term.name);
        }
    }
}

#[test]
fn it_judges_without_a_collector() {
    let Some(wine) = wine("it_judges_without_a_collector") else { return };
    let folder = TempDir::new().unwrap();
    let vietnamese = said(&agent(wine, folder.path(), &["check", "--lang", "vi"]));
    let grades = ["ẵn sàng", "Cần bổ sung", "Chưa đủ dữ liệu"];
    assert!(grades.iter().any(|grade| vietnamese.contains(grade)), "{vietnamese}");
    let english = said(&agent(wine, folder.path(), &["check", "--json"]));
    let answer: Value = serde_json::from_str(&english).unwrap();
    assert!(answer["verdicts"].as_array().unwrap().len() >= 30);
}

#[tokio::test]
async fn it_joins_and_reports_over_tls() {
    let Some(wine) = wine("it_joins_and_reports_over_tls") else { return };
    let now = agent::clock::now();
    let office = Office::open_at(now).await;
    let folder = TempDir::new().unwrap();
    let state = folder.path().join("agent");
    let told = async |arguments: &[&str]| {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        let state = state.clone();
        // The collector works on this thread meanwhile.
        tokio::task::spawn_blocking(move || self::agent(wine, &state, &arguments)).await.unwrap()
    };

    let early = told(&["once"]).await;
    assert!(!early.status.success(), "who has not joined has nobody to report to");

    let code = office.join_code(Role::Clerk, 1).await;
    let mut another = code.clone();
    another.pin = another.pin.map(|pin| pin.map(|byte| !byte));
    assert!(another.pin.is_some(), "the join code pins the certificate");
    let refused = told(&["join", &another.to_string()]).await;
    assert!(!refused.status.success(), "another certificate than the pinned one is refused");
    assert_eq!(office.reports().await, 0);

    let joined = said(&told(&["join", &code.to_string()]).await);
    assert!(joined.contains("Phường Hạc Thành"), "{joined}");
    assert_eq!(office.reports().await, 1, "joining reports at once");
    let once = said(&told(&["once"]).await);
    assert!(once.contains('/'), "the answer has a score: {once}");
    assert_eq!(office.reports().await, 2);
    let status: Value = serde_json::from_str(&said(&told(&["status", "--json"]).await)).unwrap();
    assert_eq!(status["waiting"], 0, "{status}");

    let mut visitor = Visitor::new(office.running().people);
    visitor.sign_in(ADMINISTRATOR, PASSWORD).await;
    let list = visitor.get("/machines").await.body;
    assert!(list.contains("/machines/"), "the machine is on the list");
}

#[tokio::test]
async fn what_it_writes_for_a_stick_is_imported() {
    let Some(wine) = wine("what_it_writes_for_a_stick_is_imported") else { return };
    let mut office = Office::open_at(agent::clock::now()).await;
    let code = office.join_code(Role::Officer, 1).await;
    office.close().await;
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("pc 17 – phòng họp.sansang");
    let arguments = ["collect", "--out", &path(&file), "--join", &code.to_string()];
    let told = said(&agent(wine, &folder.path().join("agent"), &arguments));
    assert!(told.contains("phòng họp"), "{told}");
    let import = |file: &Path| run(collector().arg("--data").arg(office.path()).arg("import").arg(file));
    let first = said(&import(&file));
    assert!(first.contains("imported"), "{first}");
    let again = said(&import(&file));
    assert!(again.contains("was known"), "the same stick again is harmless: {again}");
    office.start().await;
    assert_eq!(office.reports().await, 1);
}

#[test]
fn its_recording_plays_anywhere() {
    let Some(wine) = wine("its_recording_plays_anywhere") else { return };
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("wine.json");
    said(&agent(wine, folder.path(), &["record", &path(&file), "--about", "Wine"]));
    let host = Recording::load(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(host.recording.platform, "windows");
    let now = host.recording.taken_at;
    let report = survey(Arc::new(host), Platform::Windows, now);
    assert_no_probe_was_lost(&report);
    let facts = serde_json::to_string(&report.facts).unwrap();
    assert!(!facts.contains("not in the recording"), "every question that was asked was recorded: {facts}");
    assert!(report.facts.memory.visible.known().is_some());
}

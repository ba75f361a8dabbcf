//! The real program for Windows, started under Wine against a real collector over TLS.
//!
//! What it says of the PC is Wine's invention. Looked at is that every command comes to its end, that every fact has an
//! answer, and that what it sends is taken.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use agent::host::SURVEY_DEADLINE;
use agent::host::recorded::Recording;
use agent::probe::survey;
use rules::assess::Role;
use rules::fact::Fact;
use rules::facts::os::Platform;
use rules::report::Report;
use serde_json::Value;
use tempfile::TempDir;
use tests::office::{ADMINISTRATOR, Office, PASSWORD};
use tests::programs::{self, collector, text};
use tests::visitor::Visitor;
use tests::wine::{Held, Wine, ended, has_loaded, path, pause, peak_kib, run, started_as};

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
    for area in rules::facts::AREAS.iter().filter(|area| area.is_sent()) {
        for term in area.terms {
            // How far the clock is off, and which services to reach, is known after a contact with the collector.
            let asked = area.name != "reach" && (area.name, term.name) != ("clock", "offset");
            let answered = json["facts"][area.name].get(term.name).is_some();
            assert!(answered || !asked, "{}.{}: every fact has an answer", area.name, term.name);
        }
    }
}

/// The program under a name of its own, so that what it starts can be told from what other tests start.
fn copied(wine: &Wine, folder: &Path) -> PathBuf {
    let name = format!("{}.exe", folder.file_name().unwrap().to_str().unwrap().trim_start_matches('.'));
    let program = folder.join(name);
    std::fs::copy(wine.program(), &program).unwrap();
    program
}

/// Starts a survey and watches what was started as this program, until the survey ends. Wine starts a program by way of
/// another process of the same name: only who has Windows in it is the program.
fn watched(wine: &Wine, program: &Path, mut watch: impl FnMut(u32, &str)) -> Report {
    let file = program.with_extension("json");
    let mut command = wine.start(program);
    command.arg("collect").stdout(std::fs::File::create(&file).unwrap()).stderr(Stdio::null());
    let mut survey = command.spawn().unwrap();
    let status = ended(&mut survey, || {
        for (process, arguments) in started_as(program) {
            if has_loaded(process, "kernel32") {
                watch(process, &arguments);
            }
        }
    });
    assert!(status.success(), "{status}");
    serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap()
}

/// Most memory of the process that surveys, in KiB.
const SURVEY_KIB_MAX: u64 = 24 * 1024;
/// Most memory of the process that it asks, in KiB: any program that asks Wine's WMI needs 25 MiB, since Wine loads
/// printers and graphics into it, and this one opens stores of certificates too. On Windows WMI is a process of Windows.
const ASKED_KIB_MAX: u64 = 34 * 1024;

#[test]
fn its_survey_needs_little_memory() {
    let Some(wine) = wine("its_survey_needs_little_memory") else { return };
    let folder = TempDir::new().unwrap();
    let program = copied(wine, folder.path());
    let mut peaks: BTreeMap<String, BTreeMap<u32, u64>> = BTreeMap::new();
    let report = watched(wine, &program, |process, arguments| {
        if let Some(peak) = peak_kib(process) {
            let most = peaks.entry(arguments.to_owned()).or_default().entry(process).or_default();
            *most = peak.max(*most);
        }
    });
    assert_no_probe_was_lost(&report);
    assert!(report.facts.os.build.known().is_some(), "{:?}", report.facts.os.build);
    println!("the most memory of each process, in KiB: {peaks:?}");
    assert!(peaks.keys().map(String::as_str).eq(["answer", "collect"]), "{peaks:?}");
    assert_eq!(peaks["answer"].len(), 1, "one process is asked everything: {peaks:?}");
    assert!(peaks["collect"].values().all(|peak| *peak <= SURVEY_KIB_MAX), "{peaks:?}");
    assert!(peaks["answer"].values().all(|peak| *peak <= ASKED_KIB_MAX), "{peaks:?}");
}

/// Wine's library for WMI.
const WMI: &str = "wbemprox";
/// How long Wine may take to start, beside what is surveyed.
const START: Duration = Duration::from_secs(60);

/// The process that is asked is held, as WMI holds it when it hangs. Takes as long as WMI may take.
#[test]
fn what_hangs_is_ended_and_the_rest_is_asked() {
    if std::env::var_os("CI").is_none_or(|ci| ci != "true") {
        println!("skipped: what hangs is waited for; set CI=true");
        return;
    }
    let Some(wine) = wine("what_hangs_is_ended_and_the_rest_is_asked") else { return };
    let folder = TempDir::new().unwrap();
    let program = copied(wine, folder.path());
    let (mut held, mut asked) = (None, BTreeSet::new());
    let started = Instant::now();
    let report = watched(wine, &program, |process, arguments| {
        if arguments == "answer" {
            asked.insert(process);
            // One that is held while it starts would hold who starts it.
            if held.is_none() && has_loaded(process, WMI) {
                held = Some(Held::hold(process));
            }
        }
    });
    assert!(held.is_some(), "nobody was asked through WMI: {asked:?}");
    assert!(started.elapsed() < SURVEY_DEADLINE + START, "{:?}", started.elapsed());
    assert_no_probe_was_lost(&report);
    let facts = serde_json::to_string(&report.facts).unwrap();
    assert!(facts.contains("timed_out"), "the first answer did not come: {facts}");
    assert!(asked.len() > 1, "another process was asked the rest: {asked:?}");
    // Ending takes a moment.
    let nothing_runs = (0..2000).any(|_| {
        pause();
        started_as(&program).is_empty()
    });
    assert!(nothing_runs, "nothing is left behind: {:?}", started_as(&program));
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
    let import =
        |file: &Path| programs::run(collector().arg("--data").arg(office.path()).arg("import").arg(file));
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

/// Everything in the prefix that carries the agent's name.
fn left_behind(wine: &Wine) -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_name().to_string_lossy().to_lowercase().contains("sansang") {
                found.push(entry.path());
            } else if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), found);
            }
        }
    }
    let mut found = Vec::new();
    walk(&wine.drive(), &mut found);
    found
}

/// What the registry holds below a key, and whether the key is there.
fn registry(wine: &Wine, key: &str) -> (bool, String) {
    let output = run(wine.start(Path::new("reg")).args(["query", key, "/s"]));
    // Wine prints in its own code page.
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

const SERVICE: &str = r"HKLM\System\CurrentControlSet\Services\sansang-agent";
const LISTED: &str = r"HKLM\Software\Microsoft\Windows\CurrentVersion\Uninstall";

fn assert_nothing_is_left(wine: &Wine) {
    assert_eq!(left_behind(wine), Vec::<PathBuf>::new());
    assert!(!registry(wine, SERVICE).0, "the service manager knows nothing of it");
    let (_, listed) = registry(wine, LISTED);
    assert!(!listed.to_lowercase().contains("sansang"), "it is off the list of programs: {listed}");
}

/// Waits until the office has this many reports, for at most a minute.
async fn reports(office: &Office, count: u64) {
    for _ in 0..600 {
        if office.reports().await >= count {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("the office has {} reports, not {count}", office.reports().await);
}

/// What an officer does: the program with the code in its name is started with nothing else, and again another day.
/// Everybody is an administrator under Wine, so nobody is asked for consent; and there is no browser, so the page is
/// read where it lies.
async fn double_click(wine: &Wine, office: &Office, code: &str) {
    let folder = TempDir::new().unwrap();
    // As a browser names a second download.
    let program = folder.path().join(format!("sansang-agent_{code} (1).exe"));
    std::fs::copy(wine.program(), &program).unwrap();
    let page = wine.drive().join("ProgramData/SanSang/public/ket-qua.html");
    for visit in 1..=2 {
        let before = office.reports().await;
        let mut command = wine.start(&program);
        said(&tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap());
        let shown =
            std::fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
        assert!(
            shown.contains("lang=\"vi\"") && shown.contains("Phường Hạc Thành"),
            "visit {visit}: {shown}"
        );
        assert!(office.reports().await > before, "visit {visit} reports");
        assert!(registry(wine, SERVICE).0, "the service is there after visit {visit}");
    }
}

/// One test, because there is one service: by its own command, then by its package.
#[tokio::test]
async fn its_service_joins_reports_and_leaves_nothing() {
    let Some(wine) = wine("its_service_joins_reports_and_leaves_nothing") else { return };
    let aside =
        async |mut command: Command| tokio::task::spawn_blocking(move || run(&mut command)).await.unwrap();
    let own = |arguments: &[&str]| {
        let mut command = wine.agent();
        command.args(["--lang", "en", "service"]).args(arguments);
        command
    };
    // A run that was killed may have left its service.
    aside(own(&["remove"])).await;
    let office = Office::open_at(agent::clock::now()).await;
    let code = office.join_code(Role::Clerk, 5).await.to_string();

    let alone = said(&aside(own(&["install"])).await);
    assert!(alone.contains("is installed"), "{alone}");
    let (known, service) = registry(wine, SERVICE);
    // Wine's service manager keeps no actions for a failure; that of Windows does.
    assert!(known && service.contains(r"SanSang\sansang-agent.exe"), "{service}");
    let joined = said(&aside(own(&["install", &code])).await);
    assert!(joined.contains("Phường Hạc Thành"), "{joined}");
    reports(&office, 1).await;
    let twice = said(&aside(own(&["install", &code])).await);
    assert!(twice.contains("is installed") || twice.contains("Phường Hạc Thành"), "{twice}");
    said(&aside(own(&["remove"])).await);
    assert_nothing_is_left(wine);
    said(&aside(own(&["remove"])).await);
    double_click(wine, &office, &code).await;
    said(&aside(own(&["remove"])).await);
    assert_nothing_is_left(wine);

    if Command::new("wixl").arg("--version").output().is_err() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs wixl");
        println!("skipped: the package for Windows needs wixl and msitools");
        return;
    }
    let folder = TempDir::new().unwrap();
    let package = tests::programs::build_package("build-msi.sh", folder.path(), &[]);
    let package = path(&package);
    let msiexec = |action: &str, more: &[&str]| {
        let mut command = wine.start(Path::new("msiexec"));
        command.args([action, &package, "/qn"]).args(more);
        command
    };
    let before = office.reports().await;
    said(&aside(msiexec("/i", &[&format!("JOINCODE={code}")])).await);
    assert!(registry(wine, SERVICE).0, "the service manager knows it");
    let (_, listed) = registry(wine, LISTED);
    assert_eq!(listed.matches("DisplayIcon").count(), 0, "only the package stands on the list: {listed}");
    // The service joins by itself, and reports.
    reports(&office, before + 1).await;
    said(&aside(msiexec("/x", &[])).await);
    assert_nothing_is_left(wine);
}

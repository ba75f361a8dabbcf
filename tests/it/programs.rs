//! The two real programs, started as a user would.

use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;

use fantoccini::Locator;
use rules::join::JoinCode;
use serde_json::Value;
use tempfile::TempDir;
use tests::browser::Browser;
use tests::programs::{Beside, agent, collector, run, text};

fn quickstart(folder: &TempDir, more: &[&str]) -> std::process::Command {
    let mut command = collector();
    command.current_dir(folder.path()).arg("quickstart").args(more);
    command
}

#[test]
fn quickstart_audits_this_pc_and_prints_one_object() {
    let folder = TempDir::new().unwrap();
    let first = run(&mut quickstart(&folder, &["--exit", "--json"]));
    assert!(first.status.success(), "{}", text(&first.stderr));
    let answer: Value = serde_json::from_slice(&first.stdout).unwrap();
    let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["coverage", "dashboard", "grade", "machine", "rules", "score"]);
    assert!(
        ["ready", "needs_work", "not_ready", "no_data"].contains(&answer["grade"].as_str().unwrap()),
        "{answer}"
    );
    let rules = answer["rules"].as_object().unwrap();
    let judged: u64 = rules.values().map(|count| count.as_u64().unwrap()).sum();
    assert!(judged >= 30, "{judged} rules judged");
    assert!(rules["pass"].as_u64().unwrap() > 0, "this PC passes something: {answer}");
    assert!(folder.path().join("sansang-data").is_dir());

    // A second run reuses what is there.
    let second = run(&mut quickstart(&folder, &["--exit", "--json"]));
    assert!(second.status.success(), "{}", text(&second.stderr));
    let again: Value = serde_json::from_slice(&second.stdout).unwrap();
    assert_eq!(again["machine"], answer["machine"]);

    // What the collector says of it is explained.
    let explain = |machine: &str| {
        let mut command = collector();
        command.current_dir(folder.path()).args(["rules", "explain", "vn-office-2026", "--machine", machine]);
        run(command.args(["--lang", "en", "--json"]))
    };
    let told = explain(answer["machine"].as_str().unwrap());
    assert!(told.status.success(), "{}", text(&told.stderr));
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    assert_eq!((&told["grade"], &told["score"]), (&again["grade"], &again["score"]));
    let nobody = explain("nobody");
    assert!(!nobody.status.success());
    let said = text(&nobody.stderr);
    assert!(said.contains("explaining the machine nobody: there is no machine of this name or id"), "{said}");
}

#[test]
fn check_judges_this_pc_without_a_collector() {
    let vietnamese = run(agent().arg("check"));
    assert!(vietnamese.status.success(), "{}", text(&vietnamese.stderr));
    assert!(text(&vietnamese.stdout).contains("ẵn sàng") || text(&vietnamese.stdout).contains("Cần bổ sung"));
    let english = run(agent().args(["check", "--lang", "en", "--json"]));
    let answer: Value = serde_json::from_slice(&english.stdout).unwrap();
    assert!(answer["verdicts"].as_array().unwrap().len() >= 30);
}

#[test]
fn collect_prints_every_area() {
    let output = run(agent().args(["collect", "--pretty"]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    for area in rules::facts::AREAS.iter().filter(|area| area.is_sent()) {
        for term in area.terms {
            // How far the clock is off, and which services to reach, is known after a contact with the collector; there
            // was none.
            let asked = (area.name, term.name) != ("clock", "offset") && area.name != "reach";
            let said = report["facts"][area.name].get(term.name).is_some();
            assert_eq!(
                said, asked,
                "{}.{}: every fact has an answer, if only a reason",
                area.name, term.name
            );
        }
    }
}

#[test]
fn every_verdict_is_explained() {
    let folder = TempDir::new().unwrap();
    let report = folder.path().join("report.json");
    std::fs::write(&report, run(agent().arg("collect")).stdout).unwrap();
    let explain = |more: &[&str]| {
        run(collector().args(["rules", "explain", "vn-office-2026", "--report"]).arg(&report).args(more))
    };
    let told = explain(&["--rule", "memory-size"]);
    assert!(told.status.success(), "{}", text(&told.stderr));
    let told = text(&told.stdout);
    for part in [
        "memory-size",
        "đã thấy: Bộ nhớ hệ điều hành thấy: ",
        "đòi hỏi: Bộ nhớ hệ điều hành thấy: từ 7 GiB",
        "nguồn: ",
    ] {
        assert!(told.contains(part), "{part} in:\n{told}");
    }
    let whole: Value = serde_json::from_slice(&explain(&["--lang", "en", "--json"]).stdout).unwrap();
    let verdicts = whole["verdicts"].as_array().unwrap();
    assert!(verdicts.len() >= 100, "{} verdicts", verdicts.len());
    assert!(verdicts.iter().all(|verdict| !verdict["pass"].as_array().unwrap().is_empty()));
    let unknown = explain(&["--rule", "memory-sise"]);
    assert!(!unknown.status.success());
    assert!(text(&unknown.stderr).contains("has none of this id"), "{}", text(&unknown.stderr));
}

/// Nobody in particular; a test that runs as root steps down to it.
const NOBODY: u32 = 65_534;

/// A copy of the agent under this name, started without any right.
fn by_nobody(folder: &TempDir, name: &str) -> std::process::Command {
    let program = folder.path().join(name);
    std::fs::copy(agent().get_program(), &program).unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let mut command = std::process::Command::new(program);
    if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        command.uid(NOBODY).gid(NOBODY);
    }
    command.current_dir("/").env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

#[test]
fn only_an_administrator_installs_and_removes() {
    let folder = TempDir::new().unwrap();
    for verb in ["install", "remove"] {
        let output = run(by_nobody(&folder, "sansang-agent").args(["service", verb, "--lang", "en"]));
        assert_eq!(output.status.code(), Some(1));
        let told = text(&output.stderr);
        assert!(told.starts_with("Error: this needs an administrator."), "{verb}: {told}");
    }
    let broken = run(by_nobody(&folder, "sansang-agent").args(["service", "install", "ABC"]));
    assert_eq!(broken.status.code(), Some(1));
    assert!(text(&broken.stderr).contains("mã tham gia không đúng"), "{}", text(&broken.stderr));
}

#[test]
fn a_code_in_the_name_asks_for_consent() {
    let folder = TempDir::new().unwrap();
    let code = JoinCode { address: "127.0.0.1:1".to_owned(), pin: None, secret: [7; 10] };
    let output = run(&mut by_nobody(&folder, &format!("sansang-agent_{code} (1)")));
    assert_eq!(output.status.code(), Some(1));
    // There is nobody to consent, or nothing to ask with.
    assert!(text(&output.stderr).contains("Chưa cài đặt gì, vì "), "{}", text(&output.stderr));
}

#[test]
fn a_broken_rule_set_gets_every_complaint_at_once() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("broken.toml");
    let text_of_set =
        rules::ruleset::SHIPPED[0].1.replacen("severity = \"major\"", "severity = \"mayor\"", 2);
    std::fs::write(&file, text_of_set).unwrap();
    let output = run(collector().args(["rules", "check"]).arg(&file));
    assert!(!output.status.success());
    let told = text(&output.stderr) + &text(&output.stdout);
    let complaints = told.lines().filter(|line| line.starts_with(&format!("{}:", file.display()))).count();
    assert_eq!(complaints, 2, "{told}");
}

#[test]
fn where_no_rule_set_is_nothing_is_right() {
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("province.tml"), rules::ruleset::SHIPPED[0].1).unwrap();
    for verb in ["check", "test"] {
        let output = run(collector().args(["rules", verb, "--lang", "vi"]).arg(folder.path()));
        assert!(!output.status.success());
        let told = text(&output.stderr);
        assert!(told.contains("không có bộ tiêu chí nào") && told.contains(".toml"), "{told}");
    }
}

#[test]
fn a_killed_collector_loses_nothing_that_it_promised() {
    let folder = TempDir::new().unwrap();
    let first = run(&mut quickstart(&folder, &["--exit", "--json"]));
    assert!(first.status.success(), "{}", text(&first.stderr));
    for _ in 0..3 {
        let mut serving =
            Beside::start(quickstart(&folder, &["--json"]).stdout(std::process::Stdio::piped()));
        // It prints its object after the receipt, so at this moment the report is promised.
        let answer: Value = {
            let output = serving.0.stdout.take().unwrap();
            serde_json::Deserializer::from_reader(output).into_iter().next().unwrap().unwrap()
        };
        assert!(answer["grade"].is_string());
        serving.kill();
    }
    let data = collector::data::Data::open(&folder.path().join("sansang-data")).unwrap();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let reports = runtime.block_on(async {
        let store = data.store().await.unwrap();
        let mut tx = store.read().await.unwrap();
        collector::store::report::count(&mut tx).await.unwrap()
    });
    assert_eq!(reports, 4, "one report for each receipt");
}

#[tokio::test]
async fn a_browser_finds_the_grade_of_this_pc() {
    let Some(browser) = Browser::start().await else {
        assert!(std::env::var("CI").is_err(), "CI has Chromium and chromedriver");
        println!("skipped: a_browser_finds_the_grade_of_this_pc needs Chromium and chromedriver");
        return;
    };
    let folder = TempDir::new().unwrap();
    let log = folder.path().join("printed");
    let mut command = quickstart(&folder, &["--lang", "en"]);
    command.stdout(std::fs::File::create(&log).unwrap());
    let mut serving = Beside::start(&mut command);
    let mut printed = String::new();
    for _ in 0..600 {
        printed = std::fs::read_to_string(&log).unwrap();
        if printed.contains("http://") && printed.to_lowercase().contains("password") {
            break;
        }
        assert!(serving.0.try_wait().unwrap().is_none(), "quickstart ended: {printed}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let after = |mark: &str| {
        let (_, rest) = printed.split_once(mark).unwrap_or_else(|| panic!("no {mark} in:\n{printed}"));
        rest.split_whitespace().next().unwrap().to_owned()
    };
    let dashboard = format!("http://{}", after("http://"));
    let password = after("Password:");
    browser.client.goto(&dashboard).await.unwrap();
    let form = browser.client.form(Locator::Css("form[action='/sign-in']")).await.unwrap();
    form.set_by_name("name", "admin").await.unwrap();
    form.set_by_name("password", &password).await.unwrap();
    browser.client.find(Locator::Css("form[action='/sign-in'] button")).await.unwrap().click().await.unwrap();
    browser.client.goto(&format!("{dashboard}machines?lang=en")).await.unwrap();
    let link = browser.client.wait().for_element(Locator::Css("a[href^='/machines/']")).await.unwrap();
    link.click().await.unwrap();
    let grade = browser.client.wait().for_element(Locator::Css(".grade")).await.unwrap();
    let shown = grade.text().await.unwrap();
    let mut words = ["Ready", "Needs work", "Not ready", "Not enough data"].into_iter();
    let word = words.find(|word| shown.contains(word) && printed.contains(&word.to_uppercase()));
    assert!(word.is_some(), "the page says “{shown}”, the terminal said:\n{printed}");
    browser.client.close().await.unwrap();
}

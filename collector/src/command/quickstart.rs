//! `quickstart`: from nothing to the score of this PC on a dashboard, everything real.
//!
//! The agent's own library joins, surveys and delivers, over TLS, to the listener that every other PC will use.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use agent::desk::Desk;
use agent::{host, probe};
use anyhow::{Context, Result, bail};
use clap::Args;
use data_encoding::HEXLOWER;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::SignedDuration;
use rules::assess::{Assessment, Counts, Grade, Outcome, Role, Severity};
use rules::facts::Facts;
use rules::join::JoinCode;
use rules::mend::{Patient, helpful};
use rules::ruleset::{Rule, RuleSet};
use serde::Serialize;

use super::user::new_password;
use super::{ACTOR, print, tell, until_stopped};
use crate::clock::Clock;
use crate::config::Config;
use crate::data::Data;
use crate::demo::{Demo, Tree};
use crate::lang::Lang;
use crate::server::{self, Running, Terms};
use crate::store::account::{self, Standing};
use crate::store::unit::{self, Naming, Unit};
use crate::store::{assessment, audit, key};
use crate::web::label::pick;

/// The administrator's name.
const ADMINISTRATOR: &str = "admin";
/// How many failures are told.
const FAILURES_TOLD: usize = 3;
/// How long the join code for this PC may be used: it is used at once.
const JOIN_MINUTES: i64 = 10;
/// What is done, for the progress bar.
const STEPS: u64 = 5;
/// What a demonstration is drawn from.
const SEED: u64 = 38;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Fill a new data folder with an invented province of so many PCs first
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = super::demo::machines)]
    demo: Option<u32>,
    /// End after the first report
    #[arg(long)]
    exit: bool,
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    /// The language of what is printed: vi, en
    #[arg(long, default_value = "vi", value_parser = super::lang)]
    lang: Lang,
}

pub(super) async fn run(folder: &Path, options: Options) -> Result<()> {
    let lang = options.lang;
    let bar = steps(&options);
    bar.set_message(lang.pick("Chuẩn bị thư mục dữ liệu", "Preparing the data folder").to_owned());
    let (data, _) = Data::make(folder)?;
    // Somebody who starts twice is told so, and not of ports that the first one has.
    drop(data.lock()?);
    if let Some(machines) = options.demo {
        let title = lang.pick("Dựng tỉnh minh họa", "Making the demonstration");
        let demo = Demo { machines, tree: Tree::Two, seed: SEED };
        super::demo::fill(&data, demo, &super::progress(title)).await?;
    }
    let config = with_free_ports(data.config()?, lang, &bar);
    bar.inc(1);
    let running = server::serve(&data, &config, Clock::System).await?;
    let password = administrator(&running).await?;
    let audited = audit_this_pc(&data, &running, lang, &bar).await;
    bar.finish_and_clear();
    let (machine, assessment, facts) = match audited {
        Ok(audited) => audited,
        Err(error) => {
            running.stop().await?;
            return Err(error);
        }
    };
    if options.json {
        if let Some(password) = &password {
            tell(&format!("{ADMINISTRATOR}: {password}"));
        }
        print(&as_json(&machine, &assessment, &running.dashboard)?)?;
    } else {
        let judge = running.app.judge();
        let set = judge.sets.iter().find(|set| set.id == assessment.set);
        let helpful = set.map(|set| {
            let (role, day, settings) = (assessment.role, assessment.day.into(), set.defaults());
            helpful(Patient { facts: &facts, set, role, day, settings }, &judge.lifecycle)
        });
        print(&verdict(&assessment, set, &helpful.unwrap_or_default(), lang))?;
        print(&address(&running.dashboard, password.as_deref(), folder, lang))?;
    }
    if options.exit {
        return running.stop().await;
    }
    tell(lang.pick("Máy chủ đang chạy. Nhấn Ctrl-C để dừng.", "The collector is running. Ctrl-C stops it."));
    until_stopped(running).await
}

/// A bar of steps on a terminal, nothing in a pipe.
fn steps(options: &Options) -> ProgressBar {
    if options.json {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:20} {pos}/{len} {msg}…")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(STEPS).with_style(style)
}

/// A default port that another program has gives way to a free one; a port that somebody wrote down does not.
fn with_free_ports(mut config: Config, lang: Lang, bar: &ProgressBar) -> Config {
    let default = Config::default();
    for (listen, default) in [
        (&mut config.agents.listen, default.agents.listen),
        (&mut config.people.listen, default.people.listen),
    ] {
        if *listen == default && is_taken(*listen) {
            let taken = listen.port();
            let note = match lang {
                Lang::Vi => format!("Cổng {taken} đang được chương trình khác dùng; lấy một cổng còn trống."),
                Lang::En => format!("Port {taken} is used by another program; a free one is taken."),
            };
            bar.suspend(|| tell(&note));
            listen.set_port(0);
        }
    }
    config
}

fn is_taken(address: SocketAddr) -> bool {
    std::net::TcpListener::bind(address).is_err_and(|error| error.kind() == std::io::ErrorKind::AddrInUse)
}

/// Makes the first administrator; gives the password when one was made.
async fn administrator(running: &Running) -> Result<Option<String>> {
    let app = &running.app;
    let mut tx = app.store.read().await?;
    let count = account::count(&mut tx).await?;
    drop(tx);
    if count > 0 {
        return Ok(None);
    }
    let (password, hash) = new_password()?;
    let now = app.clock.now();
    let mut tx = app.store.begin().await?;
    account::add(&mut tx, now, ADMINISTRATOR, &hash, Standing::Administrator, None).await?;
    audit::add(&mut tx, now, ACTOR, "user-add", ADMINISTRATOR, r#"{"role":"administrator"}"#).await?;
    tx.commit().await?;
    Ok(Some(password))
}

/// Joins, surveys and delivers as any PC would. Gives the machine's id, its assessment, and
/// what it answered.
async fn audit_this_pc(
    data: &Data,
    running: &Running,
    lang: Lang,
    bar: &ProgressBar,
) -> Result<(String, Assessment, Facts)> {
    let clock = &running.app.clock;
    let mut desk = Desk::open(&data.path("agent")).context("opening the agent's folder for this PC")?;
    bar.set_message(lang.pick("Đăng ký máy này", "Joining").to_owned());
    if !is_joined(&desk, running).await? {
        let code = running.code_for_this_pc().await?;
        let hostname = server::hostname();
        desk.join(&code, &hostname, clock.now()).await.context("joining this PC to the collector")?;
    }
    bar.inc(1);
    bar.set_message(lang.pick("Khảo sát máy này", "Surveying this PC").to_owned());
    let now = clock.now();
    let report = tokio::task::spawn_blocking(move || probe::survey_live(Arc::new(host::live()), now))
        .await
        .context("surveying this PC")?;
    desk.keep(&report, now)?;
    bar.inc(1);
    bar.set_message(lang.pick("Gửi báo cáo qua TLS", "Delivering over TLS").to_owned());
    let delivery = desk.deliver(clock.now()).await.context("delivering the report of this PC")?;
    if delivery.receipt.is_none() {
        let why = delivery.trouble.map_or_else(|| delivery.dropped.join("; "), |trouble| trouble.to_string());
        bail!("delivering the report of this PC: {why}");
    }
    bar.inc(1);
    let machine =
        desk.membership().map(|membership| membership.machine.clone()).context("this PC has joined")?;
    let mut tx = running.app.store.read().await?;
    let body = assessment::latest(&mut tx, &machine)
        .await?
        .context("reading the assessment of this PC: no rule set is in force today")?;
    bar.inc(1);
    let assessment = serde_json::from_str(&body).context("reading the assessment of this PC")?;
    Ok((machine, assessment, report.facts))
}

/// Whether this PC has joined this very collector: its folder may be older than the collector's, or the port another.
async fn is_joined(desk: &Desk, running: &Running) -> Result<bool> {
    let (here, pin) = (running.here().to_string(), HEXLOWER.encode(&running.pin));
    let Some(membership) = desk.membership() else { return Ok(false) };
    let standing = key::standing(&mut running.app.store.read().await?, &desk.key_id().0).await?;
    Ok(standing.is_some() && membership.address == here && membership.pin.as_ref() == Some(&pin))
}

impl Running {
    /// Where the agent of this PC reaches the collector.
    fn here(&self) -> SocketAddr {
        let mut here = self.agents;
        if here.ip().is_unspecified() {
            here.set_ip(if here.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
        }
        here
    }

    /// A join code for the PC that the collector runs on, in the first unit of the tree; makes the unit where there
    /// is none.
    async fn code_for_this_pc(&self) -> Result<JoinCode> {
        let now = self.app.clock.now();
        let mut tx = self.app.store.begin().await?;
        let root: Option<Unit> = unit::tree(&mut tx).await?.into_iter().next();
        let unit = match root {
            Some(unit) => unit,
            None => {
                let name = "Cơ quan này".to_owned();
                let (code, kind) = ("CQ".to_owned(), "office".to_owned());
                unit::add(&mut tx, None, &Naming { code, short: name.clone(), name, kind }, now).await?
            }
        };
        let lasts = SignedDuration::from_mins(JOIN_MINUTES);
        let terms = Terms { role: Role::Officer, uses: 1, lasts, by: ACTOR };
        let code = self.join_code(&mut tx, &unit, terms).await?;
        tx.commit().await?;
        // The own address is in no given certificate, but the key is known.
        Ok(JoinCode { address: self.here().to_string(), pin: Some(self.pin), ..code })
    }
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Summary<'a> {
    machine: &'a str,
    grade: Grade,
    score: Option<u8>,
    coverage: u8,
    rules: RuleCounts,
    dashboard: &'a str,
}

#[derive(Debug, Serialize)]
struct RuleCounts {
    pass: usize,
    partial: usize,
    fail: usize,
    unknown: usize,
    not_applicable: usize,
}

fn as_json(machine: &str, assessment: &Assessment, dashboard: &str) -> Result<String> {
    // Nothing is waived for a PC that has just joined an office of its own.
    let Counts { pass, partial, fail, unknown, not_applicable, waived: _ } = assessment.counts();
    let &Assessment { grade, score, coverage, .. } = assessment;
    let rules = RuleCounts { pass, partial, fail, unknown, not_applicable };
    Ok(serde_json::to_string(&Summary { machine, grade, score, coverage, rules, dashboard })?)
}

/// The verdict on this PC, for people.
fn verdict(
    assessment: &Assessment,
    set: Option<&RuleSet>,
    helpful: &BTreeMap<String, Vec<String>>,
    lang: Lang,
) -> String {
    let grade = match assessment.grade {
        Grade::Ready => lang.pick("SẴN SÀNG", "READY"),
        Grade::NeedsWork => lang.pick("CẦN BỔ SUNG", "NEEDS WORK"),
        Grade::NotReady => lang.pick("CHƯA SẴN SÀNG", "NOT READY"),
        Grade::NoData => lang.pick("CHƯA ĐỦ DỮ LIỆU", "NOT ENOUGH DATA"),
    };
    let score = assessment.score.map_or_else(|| "–".to_owned(), |score| format!("{score}/100"));
    let counts = assessment.counts();
    let mut text = match lang {
        Lang::Vi => format!(
            "Máy tính này: {grade}\n  Điểm sẵn sàng {score}, đã biết {}% số điểm\n  \
             {} đạt, {} đạt một phần, {} chưa đạt, {} không rõ, {} không áp dụng\n",
            assessment.coverage,
            counts.pass,
            counts.partial,
            counts.fail,
            counts.unknown,
            counts.not_applicable
        ),
        Lang::En => format!(
            "This PC: {grade}\n  Readiness score {score}, {}% of the points are known\n  \
             {} pass, {} partial, {} fail, {} unknown, {} not applicable\n",
            assessment.coverage,
            counts.pass,
            counts.partial,
            counts.fail,
            counts.unknown,
            counts.not_applicable
        ),
    };
    let failures = assessment.top_failures(FAILURES_TOLD);
    if !failures.is_empty() {
        text.push_str(lang.pick("\nViệc cần làm trước:\n", "\nTo mend first:\n"));
    }
    for (number, failure) in failures.into_iter().enumerate() {
        let rule = set.and_then(|set| set.rule(&failure.rule));
        let wrong =
            |rule: &Rule| pick(lang, rule.fails_for(assessment.role).unwrap_or(&rule.title)).to_owned();
        let wrong = rule.map_or_else(|| failure.rule.clone(), wrong);
        let outcome = match failure.outcome {
            Outcome::Partial => lang.pick("đạt một phần", "partial"),
            Outcome::Fail | Outcome::Pass | Outcome::Unknown | Outcome::NotApplicable => {
                lang.pick("chưa đạt", "fails")
            }
        };
        let severity = match failure.severity {
            Severity::Critical => lang.pick("bắt buộc", "critical"),
            Severity::Major => lang.pick("quan trọng", "major"),
            Severity::Minor => lang.pick("nên có", "minor"),
            Severity::Info => lang.pick("tham khảo", "info"),
        };
        text.push_str(&format!("  {}. {wrong} ({outcome}, {severity})\n", number + 1));
        let first = helpful.get(&failure.rule).and_then(|ids| ids.first());
        let remedy = first.and_then(|id| set?.remedies.get(id));
        if let Some(remedy) = remedy {
            text.push_str(&format!("     → {}\n", pick(lang, &remedy.title)));
        }
    }
    text
}

fn address(dashboard: &str, password: Option<&str>, folder: &Path, lang: Lang) -> String {
    let folder = folder.display();
    let mut text = format!("{} {dashboard}\n", lang.pick("Bảng điều khiển:", "Dashboard:"));
    match (password, lang) {
        (Some(password), Lang::Vi) => text.push_str(&format!(
            "  Tên đăng nhập: {ADMINISTRATOR}\n  Mật khẩu:      {password}   (chỉ hiện một lần này)"
        )),
        (Some(password), Lang::En) => {
            text.push_str(&format!(
                "  Name:     {ADMINISTRATOR}\n  Password: {password}   (shown this once)"
            ));
        }
        (None, Lang::Vi) => text.push_str(&format!(
            "  Quên mật khẩu: sansang-collector --data {folder} user password {ADMINISTRATOR}"
        )),
        (None, Lang::En) => text.push_str(&format!(
            "  Forgot the password: sansang-collector --data {folder} user password {ADMINISTRATOR}"
        )),
    }
    text
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use rules::assess::Verdict;

    use super::*;
    use crate::judge::OWN_SET;

    fn assessment(outcomes: &[(&str, Outcome)]) -> Assessment {
        let verdict = |(rule, outcome): &(&str, Outcome)| Verdict {
            rule: (*rule).to_owned(),
            outcome: *outcome,
            severity: Severity::Major,
            switched_off: false,
            waived: false,
            seen: vec![],
        };
        Assessment {
            set: "own".to_owned(),
            digest: String::new(),
            day: jiff::civil::date(2026, 11, 22),
            role: Role::Officer,
            grade: Grade::NeedsWork,
            score: Some(70),
            coverage: 90,
            decided_by: None,
            verdicts: outcomes.iter().map(verdict).collect(),
        }
    }

    #[test]
    fn the_verdict_in_both_languages() {
        let set = RuleSet::parse("own.toml", OWN_SET).unwrap();
        let assessment = assessment(&[("memory-size", Outcome::Fail), ("other", Outcome::Unknown)]);
        let helpful = BTreeMap::from([("memory-size".to_owned(), vec!["add-memory".to_owned()])]);
        expect![[r#"
            Máy tính này: CẦN BỔ SUNG
              Điểm sẵn sàng 70/100, đã biết 90% số điểm
              0 đạt, 0 đạt một phần, 1 chưa đạt, 1 không rõ, 0 không áp dụng

            Việc cần làm trước:
              1. Bộ nhớ trong từ 8 GiB (chưa đạt, quan trọng)
                 → Lắp thêm RAM
        "#]]
        .assert_eq(&verdict(&assessment, Some(&set), &helpful, Lang::Vi));
        expect![[r#"
            This PC: NEEDS WORK
              Readiness score 70/100, 90% of the points are known
              0 pass, 0 partial, 1 fail, 1 unknown, 0 not applicable

            To mend first:
              1. At least 8 GiB of memory (fails, major)
                 → Add memory
        "#]]
        .assert_eq(&verdict(&assessment, Some(&set), &helpful, Lang::En));
    }

    #[test]
    fn the_json_object() {
        let assessment = assessment(&[("memory-size", Outcome::Pass), ("other", Outcome::NotApplicable)]);
        expect![[r#"{"machine":"m1","grade":"needs_work","score":70,"coverage":90,"rules":{"pass":1,"partial":0,"fail":0,"unknown":0,"not_applicable":1},"dashboard":"http://127.0.0.1:8380/"}"#]].assert_eq(&as_json("m1", &assessment, "http://127.0.0.1:8380/").unwrap());
    }

    #[test]
    fn a_written_port_is_not_changed() {
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut config = Config::default();
        config.agents.listen = taken;
        assert_eq!(with_free_ports(config, Lang::En, &ProgressBar::hidden()).agents.listen, taken);
    }
}

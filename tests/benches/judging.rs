//! How long judging takes: every shipped set over every recorded PC, the reading of the sets, and a part of the set
//! for offices beside the same checks written in Rust by hand.
//!
//! `cargo bench -p sansang-tests --bench judging`
#![expect(clippy::unwrap_used, reason = "a benchmark ends where it is wrong")]
#![expect(clippy::print_stderr, reason = "a benchmark says what it skips")]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::civil::{Date, date};
use rules::assess::{Outcome, Role, assess, assess_lean};
use rules::condition::Truth;
use rules::fact::Fact;
use rules::facts::Facts;
use rules::facts::board::{FirmwareMode, TpmState};
use rules::facts::disk::{Drive, DriveKind, Health, Volume};
use rules::facts::os::{Architecture, Platform};
use rules::lifecycle::Lifecycle;
use rules::quantity::{Bytes, Percent, Version};
use rules::ruleset::{RuleSet, shipped};
use serde_json::{Value, json};
use tests::recordings;

const DAY: Date = date(2026, 11, 22);

/// A share of what an officer's PC is asked, of every sort: numbers, dates, lists of records and of texts, patterns over
/// all programs, and the whole set for Windows 11.
const BY_HAND: &[&str] = &[
    "processor",
    "memory-size",
    "system-disk",
    "free-space",
    "disk-health",
    "pc-age",
    "windows-11-ready",
    "tpm",
    "uefi-start",
    "secure-boot",
    "serial-number",
    "display",
    "printer",
    "browser",
    "vietnamese-input",
    "unwanted-software",
    "no-miner",
    "legacy-plugins",
    "archive-tool",
    "remote-tools",
];

fn truth<T>(fact: &Fact<T>, holds: impl FnOnce(&T) -> bool) -> Truth {
    match fact {
        Fact::Known(value) => Truth::from(holds(value)),
        Fact::Absent => Truth::False,
        Fact::Unknown(_) => Truth::Unknown,
    }
}

/// As [`truth`], where what is not there is no such value.
fn truth_or_absent<T>(fact: &Fact<T>, holds: impl FnOnce(&T) -> bool) -> Truth {
    if matches!(fact, Fact::Absent) { Truth::True } else { truth(fact, holds) }
}

fn outcome(when: Truth, pass: Truth, partial: Option<Truth>) -> Outcome {
    match (when, pass, partial) {
        (Truth::False, ..) => Outcome::NotApplicable,
        (Truth::Unknown, ..) | (_, Truth::Unknown, _) => Outcome::Unknown,
        (_, Truth::True, _) => Outcome::Pass,
        (_, Truth::False, Some(Truth::True)) => Outcome::Partial,
        (_, Truth::False, Some(Truth::Unknown)) => Outcome::Unknown,
        (_, Truth::False, Some(Truth::False) | None) => Outcome::Fail,
    }
}

fn worst(outcomes: impl Iterator<Item = Outcome>) -> Outcome {
    let badness = |outcome: &Outcome| match outcome {
        Outcome::NotApplicable => 0,
        Outcome::Pass => 1,
        Outcome::Partial => 2,
        Outcome::Unknown => 3,
        Outcome::Fail => 4,
    };
    outcomes.max_by_key(badness).unwrap_or(Outcome::NotApplicable)
}

fn of_list<T>(list: &Fact<Vec<T>>, one: impl Fn(&T) -> Outcome) -> Outcome {
    match list {
        Fact::Known(records) => worst(records.iter().map(one)),
        Fact::Absent => Outcome::NotApplicable,
        Fact::Unknown(_) => Outcome::Unknown,
    }
}

fn gib(count: i64) -> Bytes {
    Bytes(count << 30)
}

fn volume(volume: &Volume) -> Outcome {
    let when = truth(&volume.system, |system| *system).or(truth(&volume.size, |size| *size >= gib(64)));
    let asks = |percent: i64, free: i64| {
        truth(&volume.free_percent, |it| *it >= Percent(percent))
            .and(truth(&volume.free, |it| *it >= gib(free)))
    };
    outcome(when, asks(20, 30), Some(asks(10, 15)))
}

fn drive(drive: &Drive) -> Outcome {
    let when = truth(&drive.fixed, |fixed| *fixed)
        .and(truth_or_absent(&drive.kind, |kind| *kind != DriveKind::Virtual))
        .and(truth(&drive.health, |_| true));
    let is = |health: Health| truth(&drive.health, |it| *it == health);
    outcome(when, is(Health::Ok), Some(is(Health::Warning)))
}

/// Whether one of these texts stands in the name, whatever the case of its letters.
fn names(name: &Fact<String>, wanted: &[&str]) -> Truth {
    truth(name, |name| {
        let name = name.to_lowercase();
        wanted.iter().any(|wanted| name.contains(wanted))
    })
}

/// True as soon as it is true of one; what is not there is an empty list.
fn any<T>(list: &Fact<Vec<T>>, one: impl Fn(&T) -> Truth) -> Truth {
    match list {
        Fact::Known(records) => {
            let mut sum = Truth::False;
            for record in records {
                sum = sum.or(one(record));
                if sum == Truth::True {
                    break;
                }
            }
            sum
        }
        Fact::Absent => Truth::False,
        Fact::Unknown(_) => Truth::Unknown,
    }
}

/// How many are in a list, of which one that is not there is empty.
fn is_empty<T>(list: &Fact<Vec<T>>) -> Truth {
    truth_or_absent(list, |records| records.is_empty())
}

/// Everything that the set for Windows 11 asks of a PC with Windows.
fn windows_11(facts: &Facts, two: &Version) -> Truth {
    let Facts { cpu, memory, disk, board, .. } = facts;
    let maker = |wanted: &str| truth(&cpu.maker, |maker| maker == wanted);
    let family = |holds: fn(i64) -> bool| truth(&cpu.family, |family| holds(*family));
    let model = |holds: fn(i64) -> bool| truth(&cpu.model, |model| holds(*model));
    let stepping_9 = || truth(&cpu.stepping, |stepping| *stepping == 9);
    let not_platform = |wanted: i64| truth_or_absent(&cpu.platform, |platform| *platform != wanted);
    let feature = |wanted: &str| truth(&cpu.features, |all| all.iter().any(|one| one == wanted));
    let arm = || truth(&cpu.architecture, |it| *it == Architecture::Arm64);
    let refused_intel = family(|it| it >= 6)
        .and(model(|it| it <= 95 && it != 85))
        .or(family(|it| it > 6).and(model(|it| it == 85)))
        .or(family(|it| it == 6).and(model(|it| it == 142)).and(stepping_9()).and(not_platform(16)))
        .or(family(|it| it == 6).and(model(|it| it == 158)).and(stepping_9()).and(not_platform(8)));
    let refused_amd = family(|it| it < 23).or(family(|it| it == 23).and(model(|it| it == 1 || it == 17)));
    let processor = maker("GenuineIntel")
        .and(!refused_intel)
        .or(maker("AuthenticAMD").and(!refused_amd))
        .or(arm().and(names(&cpu.maker, &["qualcomm"])).and(feature("atomics")))
        .or(maker("GenuineIntel")
            .and(model(|it| it == 158))
            .and(names(&cpu.name, &["i7-7820hq"]))
            .and(names(&board.model, &["surface studio 2", "precision 5520"])));
    let wide = truth(&cpu.architecture, |it| matches!(it, Architecture::X86_64 | Architecture::Arm64));
    wide.and(truth(&cpu.speed, |speed| speed.0 > 1_000))
        .and(truth(&cpu.threads, |threads| *threads >= 2))
        .and(processor)
        .and(feature("sse4_2").and(feature("popcnt")).or(arm()))
        .and(truth(&memory.installed, |it| it.0 >= 7 << 29))
        .and(truth(&disk.system_size, |it| it.0 >= 127 << 29))
        .and(truth(&board.tpm, |tpm| *tpm == TpmState::On).and(truth(&board.tpm_version, |it| it >= two)))
        .and(truth(&board.secure_boot_capable, |capable| *capable))
}

fn by_hand(facts: &Facts, two: &Version, rar: &Version, day: Date) -> [Outcome; 20] {
    let Facts { cpu, memory, disk, board, display, peripherals, os, software, office, exposure, .. } = facts;
    let always = Truth::True;
    let wide = truth(&cpu.architecture, |it| matches!(it, Architecture::X86_64 | Architecture::Arm64))
        .and(truth(&cpu.cores, |cores| *cores >= 2));
    let sees = |visible: i64| truth(&memory.visible, |it| *it >= gib(visible));
    let has = |installed: i64| truth(&memory.installed, |it| *it >= gib(installed));
    let is_real = truth(&board.virtual_machine, |virtual_machine| !virtual_machine);
    let kind = |kind: DriveKind| truth(&disk.system_kind, |it| *it == kind);
    let newer = |years: i32| truth(&board.firmware_date, |date| (day - *date).get_days() <= years * 365);
    let off = truth(&board.tpm, |tpm| *tpm == TpmState::Off);
    let large = |width: i64, height: i64| {
        truth(&display.width, |it| *it >= width).and(truth(&display.height, |it| *it >= height))
    };
    [
        outcome(always, wide.and(truth(&cpu.threads, |threads| *threads >= 4)), Some(wide)),
        outcome(always, sees(7).or(has(8).and(sees(4))), Some(sees(3).or(has(4).and(sees(2))))),
        outcome(
            truth_or_absent(&disk.system_kind, |kind| *kind != DriveKind::Virtual),
            kind(DriveKind::Ssd),
            Some(kind(DriveKind::Hdd)),
        ),
        of_list(&disk.volumes, volume),
        of_list(&disk.drives, drive),
        outcome(is_real, newer(5), Some(newer(8))),
        outcome(
            truth(&os.platform, |it| *it == Platform::Windows)
                .and(truth(&os.installation_type, |it| it == "Client"))
                .and(truth(&os.build, |build| *build < 22_000))
                .and(is_real),
            windows_11(facts, two),
            None,
        ),
        outcome(
            is_real,
            truth(&board.tpm, |tpm| *tpm == TpmState::On).and(truth(&board.tpm_version, |it| it >= two)),
            Some(off),
        ),
        outcome(
            is_real,
            truth(&board.firmware_mode, |mode| *mode == FirmwareMode::Uefi),
            Some(truth(&board.uefi_capable, |capable| *capable)),
        ),
        outcome(
            is_real,
            truth(&board.secure_boot, |on| *on),
            Some(truth(&board.secure_boot_capable, |capable| *capable)),
        ),
        outcome(is_real, truth(&board.serial, |_| true), None),
        outcome(always, large(1366, 768), Some(large(1024, 768))),
        outcome(always, truth(&peripherals.printers, |printers| !printers.is_empty()), None),
        outcome(always, any(&office.browsers, |one| names(&one.name, BROWSERS)), None),
        outcome(always, !is_empty(&office.vietnamese_input), None),
        outcome(always, is_empty(&software.unwanted), None),
        outcome(
            always,
            match &software.unwanted {
                Fact::Known(unwanted) => Truth::from(!unwanted.iter().any(|one| {
                    let one = one.to_lowercase();
                    MINERS.iter().any(|miner| one.contains(miner))
                })),
                Fact::Absent => Truth::True,
                Fact::Unknown(_) => Truth::Unknown,
            },
            None,
        ),
        outcome(
            always,
            !any(&software.packages, |one| names(&one.name, PLUGINS).or(names(&one.name, OLD_JAVA))),
            Some(!any(&software.packages, |one| names(&one.name, PLUGINS))),
        ),
        outcome(
            any(&software.packages, |one| is_winrar(&one.name)),
            !any(&software.packages, |one| is_winrar(&one.name).and(truth(&one.version, |it| it < rar))),
            None,
        ),
        outcome(
            always,
            is_empty(&exposure.remote_tools),
            Some(!any(&exposure.remote_tools, |one| truth(&one.starts_by_itself, |starts| *starts))),
        ),
    ]
}

const BROWSERS: &[&str] =
    &["edge", "chrome", "chromium", "firefox", "brave", "opera", "cốc cốc", "coc coc", "cốccốc", "coccoc"];
const MINERS: &[&str] = &["miner", "xmrig", "nicehash"];
const PLUGINS: &[&str] = &["flash player", "flashplayer", "flashplugin", "silverlight"];
const OLD_JAVA: &[&str] = &["java 6 ", "java 7 ", "java(tm) 6", "java(tm) 7", "j2se runtime"];

fn is_winrar(name: &Fact<String>) -> Truth {
    truth(name, |name| name.get(..6).is_some_and(|start| start.eq_ignore_ascii_case("winrar")))
}

fn judging(criterion: &mut Criterion) {
    let pcs = recordings::facts();
    let lifecycle = Lifecycle::shipped();
    for set in shipped() {
        let defaults = set.defaults();
        criterion.bench_function(&format!("{} over {} recordings: outcomes", set.id, pcs.len()), |bencher| {
            bencher.iter(|| {
                for facts in &pcs {
                    black_box(assess_lean(facts, &set, &lifecycle, Role::Officer, DAY, defaults));
                }
            });
        });
        criterion.bench_function(
            &format!("{} over {} recordings: with evidence", set.id, pcs.len()),
            |bencher| {
                bencher.iter(|| {
                    for facts in &pcs {
                        black_box(assess(facts, &set, &lifecycle, Role::Officer, DAY));
                    }
                });
            },
        );
    }
}

fn against_hand(criterion: &mut Criterion) {
    let pcs = recordings::facts();
    let lifecycle = Lifecycle::shipped();
    let mut set = shipped().into_iter().find(|set| set.id == "vn-office-2026").unwrap();
    set.rules.retain(|rule| BY_HAND.contains(&rule.id.as_str()));
    assert_eq!(set.rules.iter().map(|rule| rule.id.as_str()).collect::<Vec<_>>(), BY_HAND);
    let (two, rar) = (Version("2.0".to_owned()), Version("7.13".to_owned()));
    for (index, facts) in pcs.iter().enumerate() {
        let judged = assess_lean(facts, &set, &lifecycle, Role::Officer, DAY, set.defaults());
        let outcomes: Vec<Outcome> = judged.rulings.iter().map(|ruling| ruling.outcome).collect();
        assert_eq!(outcomes, by_hand(facts, &two, &rar, DAY), "recording {index}: the same checks");
    }
    let name = format!("{} rules over {} recordings", BY_HAND.len(), pcs.len());
    criterion.bench_function(&format!("{name}: from TOML"), |bencher| {
        bencher.iter(|| {
            for facts in &pcs {
                black_box(assess_lean(facts, &set, &lifecycle, Role::Officer, DAY, set.defaults()));
            }
        });
    });
    criterion.bench_function(&format!("{name}: by hand"), |bencher| {
        bencher.iter(|| {
            for facts in &pcs {
                black_box(by_hand(facts, &two, &rar, DAY));
            }
        });
    });
}

fn reading(criterion: &mut Criterion) {
    criterion.bench_function("all shipped sets: read", |bencher| bencher.iter(|| black_box(shipped())));
    // As a person keeps it: with its comments and tests.
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules/sets/vn-office-2026.toml");
    let text = std::fs::read_to_string(file).unwrap();
    criterion.bench_function("vn-office-2026 as text: read", |bencher| {
        bencher.iter(|| black_box(RuleSet::parse("vn-office-2026.toml", &text).unwrap()));
    });
}

/// The office PCs of the corpus, as far as it knows them; none where `SANSANG_CORPUS` does not name its folder.
fn of_corpus() -> Vec<Facts> {
    let Ok(corpus) = std::env::var("SANSANG_CORPUS") else { return Vec::new() };
    let lines = std::fs::read_to_string(format!("{corpus}/office-pcs.jsonl")).unwrap();
    lines.lines().map(|line| office_pc(&serde_json::from_str(line).unwrap())).collect()
}

fn office_pc(pc: &Value) -> Facts {
    let cpu = &pc["cpu"];
    let maker = match cpu["vendor"].as_str().unwrap_or_default() {
        vendor if vendor.contains("Intel") => "GenuineIntel",
        _ => "AuthenticAMD",
    };
    let facts = json!({
        "os": { "platform": "windows", "installation_type": "Client", "build": 19045, "edition": "Professional" },
        "board": { "model": pc["product"].as_str().unwrap_or_default(), "virtual_machine": false },
        "cpu": {
            "architecture": "x86_64", "name": cpu["name"], "maker": maker,
            "family": cpu["family"], "model": cpu["model"], "stepping": cpu["stepping"], "platform": null,
        },
    });
    serde_json::from_value(facts).unwrap()
}

fn over_the_corpus(criterion: &mut Criterion) {
    let pcs = of_corpus();
    if pcs.is_empty() {
        eprintln!("skipped: SANSANG_CORPUS does not name the folder of the corpus");
        return;
    }
    let lifecycle = Lifecycle::shipped();
    for set in shipped().iter().filter(|set| ["vn-office-2026", "windows-11"].contains(&set.id.as_str())) {
        let defaults = set.defaults();
        let name = format!("{} over {} PCs of the corpus: outcomes", set.id, pcs.len());
        criterion.bench_function(&name, |bencher| {
            bencher.iter(|| {
                for facts in &pcs {
                    black_box(assess_lean(facts, set, &lifecycle, Role::Officer, DAY, defaults));
                }
            });
        });
    }
}

criterion_group!(benches, judging, over_the_corpus, against_hand, reading);
criterion_main!(benches);

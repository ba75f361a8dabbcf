//! How long judging takes: every shipped set over every recorded PC, the reading of the sets, and a part of the set
//! for offices beside the same checks written in Rust by hand.
//!
//! `cargo bench -p sansang-tests --bench judging`
#![expect(clippy::unwrap_used, reason = "a benchmark ends where it is wrong")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use jiff::civil::{Date, date};
use rules::assess::{Outcome, Role, assess, assess_lean};
use rules::condition::Truth;
use rules::fact::Fact;
use rules::facts::Facts;
use rules::facts::board::{FirmwareMode, TpmState};
use rules::facts::disk::{Drive, DriveKind, Health, Volume};
use rules::facts::os::Architecture;
use rules::lifecycle::Lifecycle;
use rules::quantity::{Bytes, Percent, Version};
use rules::ruleset::shipped;
use tests::recordings;

const DAY: Date = date(2026, 11, 22);

/// The rules about hardware that an officer's PC is asked, but the one that asks another set.
const BY_HAND: &[&str] = &[
    "processor",
    "memory-size",
    "system-disk",
    "free-space",
    "disk-health",
    "pc-age",
    "tpm",
    "uefi-start",
    "secure-boot",
    "serial-number",
    "display",
    "printer",
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

fn by_hand(facts: &Facts, two: &Version, day: Date) -> [Outcome; 12] {
    let Facts { cpu, memory, disk, board, display, peripherals, .. } = facts;
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
    ]
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
    let two = Version("2.0".to_owned());
    for (index, facts) in pcs.iter().enumerate() {
        let judged = assess_lean(facts, &set, &lifecycle, Role::Officer, DAY, set.defaults());
        let outcomes: Vec<Outcome> = judged.rulings.iter().map(|ruling| ruling.outcome).collect();
        assert_eq!(outcomes, by_hand(facts, &two, DAY), "recording {index}: the same checks");
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
                black_box(by_hand(facts, &two, DAY));
            }
        });
    });
}

fn reading(criterion: &mut Criterion) {
    criterion.bench_function("all shipped sets: read", |bencher| bencher.iter(|| black_box(shipped())));
}

criterion_group!(benches, judging, against_hand, reading);
criterion_main!(benches);

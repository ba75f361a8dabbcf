//! How long planning takes: a province of 13,000 machines in 600 units, the country with 350,000, and the workbook of
//! the annexes with 13,000 lines.
//!
//! `cargo bench -p sansang-tests --bench planning`
#![expect(clippy::unwrap_used, reason = "a benchmark ends where it is wrong")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use collector::app::Judge;
use collector::planning::Planned;
use collector::store::listing::Scope;
use collector::terms::Terms;
use collector::web::annex;
use criterion::{Criterion, criterion_group, criterion_main};
use jiff::civil::date;
use rules::assess::{Role, Severity};
use rules::lifecycle::Lifecycle;
use rules::mend::Step;
use rules::norms::{Group, Norms};
use rules::plan::{Device, Lacks, Machine, Office, Regime, Seats, State, Unit, plan};
use rules::prices::Prices;
use rules::ruleset::shipped;

/// Items that mend a machine, one bit each.
const ITEMS: &[&str] = &["ram-8g", "ssd-480g", "windows-11", "monitor", "ups", "webcam"];

/// So many machines in so many communes of provinces with 600 communes each: a third fit, a tenth over.
fn office<'a>(norms: &'a Norms, prices: &'a Prices, machines: usize, units: usize) -> Office<'a> {
    let unit = |index: usize| Unit {
        code: format!("{index:06}"),
        name: format!("Xã {index}"),
        path: format!("vn/{}/{index}/", index / 600),
        agency: index,
        points: u32::from(index.is_multiple_of(7)) * 2,
    };
    // Nine of ten machines have a seat, so that there is something to move.
    let seats = |index: usize| Seats {
        unit: index % units,
        role: Role::ALL[index / units % 4],
        group: Group::Specialist,
        regime: if index.is_multiple_of(3) { Regime::Market } else { Regime::Ceilings },
        count: u32::try_from(machines * 9 / 10 / units / 4).unwrap(),
    };
    Office {
        norm: norms.find("qd-10-2026").unwrap(),
        prices,
        units: (0..units).map(unit).collect(),
        seats: (0..units * 4).map(seats).collect(),
        machines: (0..machines).map(|index| machine(prices, index, units)).collect(),
        wishes: Vec::new(),
        missing: Vec::new(),
        years: 1,
    }
}

fn machine(prices: &Prices, index: usize, units: usize) -> Machine {
    let severity = [Severity::Critical, Severity::Major, Severity::Minor][index % 3];
    let lacks = |rule: &str| Lacks { rules: vec![rule.to_owned()], others: 0, severity };
    let step =
        |item: &str| Step { remedy: "mend".to_owned(), item: Some(item.to_owned()), cost: prices.of(item) };
    let bought = ITEMS.iter().enumerate().filter(|(bit, _)| (index / 3) & (1 << bit) != 0);
    let state = match index % 6 {
        0 | 1 => State::Ready,
        2 => State::Beyond(lacks("processor")),
        _ => State::Mendable {
            steps: bought.map(|(_, item)| step(item)).collect(),
            lacks: lacks("memory-size"),
        },
    };
    let fit = state == State::Ready;
    Machine {
        id: format!("{index:08x}"),
        name: format!("PC-{index:06}"),
        unit: index % units,
        role: Role::ALL[index / units % 4],
        state,
        ready_for: if fit { Role::ALL.to_vec() } else { Vec::new() },
        age_years: Some(u32::try_from(index % 13).unwrap()),
        printers: vec![Device {
            model: format!("Canon LBP {}", index % 5),
            shared: !index.is_multiple_of(4),
        }],
        scanners: Vec::new(),
    }
}

fn planning(criterion: &mut Criterion) {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut group = criterion.benchmark_group("planning");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    let billion = 1_000_000_000_i64;
    for (machines, units, budget) in [(13_000, 600, 5 * billion), (350_000, 3_600, 130 * billion)] {
        let office = office(&norms, &prices, machines, units);
        let (open, capped) = (plan(&office, &[]), plan(&office, &[budget]));
        assert!(open.lines.iter().any(|line| line.replaces.is_some()), "machines are moved");
        assert!(capped.years[0].spent <= budget && capped.lines.len() == open.lines.len());
        group.bench_function(format!("{machines} machines in {units} units, no limit"), |bencher| {
            bencher.iter(|| black_box(plan(&office, &[])));
        });
        group.bench_function(
            format!("{machines} machines in {units} units, 3 years under a budget"),
            |bencher| {
                bencher.iter(|| black_box(plan(&office, &[budget, budget, budget])));
            },
        );
    }
    group.finish();
}

fn workbook(criterion: &mut Criterion) {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    // As many machines as make 13,000 lines.
    let mut machines = 13_000;
    let (office, made) = loop {
        let office = office(&norms, &prices, machines, 600);
        let made = plan(&office, &[5_000_000_000]);
        if made.lines.len() >= 13_000 {
            break (office, made);
        }
        machines += 1_000;
    };
    let (lines, norm) = (made.lines.len(), office.norm.clone());
    let fitness = office.machines.iter().map(|machine| office.fitness(machine)).collect();
    let Office { units, seats, machines, wishes, .. } = office;
    let planned = Planned {
        plan: made,
        unit_ids: units.iter().map(|unit| unit.code.clone()).collect(),
        units,
        machines,
        fitness,
        seats,
        wishes,
        norm,
        judge: Arc::new(Judge {
            sets: shipped(),
            lifecycle: Lifecycle::shipped(),
            prices,
            norms: norms.clone(),
        }),
        day: date(2026, 11, 28),
        unsure: 0,
        waived: 0,
        scope: Scope::everything(),
        fund: "Ngân sách tỉnh".to_owned(),
        terms: Terms::default(),
        missing: 0,
    };
    let mut group = criterion.benchmark_group("annexes");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function(format!("XLSX with {lines} lines"), |bencher| {
        bencher.iter(|| black_box(annex::workbook("Tỉnh Thanh Hóa", &planned).unwrap()));
    });
    group.finish();
}

criterion_group!(benches, planning, workbook);
criterion_main!(benches);

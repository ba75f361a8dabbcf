//! Plans of small offices, line by line.

use std::fmt::Write as _;

use expect_test::{Expect, expect};

use super::*;
use crate::norms::Norms;

/// A commune (0) with two offices (1 and 2), and a commune far away (3).
fn office<'a>(norms: &'a Norms, norm: &str, prices: &'a Prices) -> Office<'a> {
    let unit = |code: &str, path: &str, agency, points| Unit {
        code: code.to_owned(),
        name: format!("Đơn vị {code}"),
        path: path.to_owned(),
        agency,
        points,
    };
    Office {
        norm: norms.find(norm).unwrap(),
        prices,
        units: vec![
            unit("X", "38/X/", 0, 0),
            unit("X1", "38/X/1/", 0, 0),
            unit("X2", "38/X/2/", 0, 0),
            unit("Y", "38/Y/", 3, 2),
        ],
        seats: Vec::new(),
        machines: Vec::new(),
    }
}

fn seats(unit: usize, role: Role, count: u32) -> Seats {
    Seats { unit, role, group: Group::Specialist, regime: Regime::Ceilings, count }
}

fn machine(name: &str, unit: usize, role: Role, state: State) -> Machine {
    let ready_for = if matches!(state, State::Ready) { Role::ALL.to_vec() } else { Vec::new() };
    let printer = Device { model: "Canon LBP 2900".to_owned(), shared: false };
    let scanner = Device { model: "Canon DR-C225".to_owned(), shared: true };
    Machine {
        id: name.to_owned(),
        name: name.to_owned(),
        unit,
        role,
        state,
        ready_for,
        age_years: Some(7),
        printers: vec![printer],
        scanners: vec![scanner],
    }
}

fn lacks(rule: &str, severity: Severity) -> Lacks {
    Lacks { rules: vec![rule.to_owned()], severity }
}

fn step(remedy: &str, item: Option<&str>, prices: &Prices) -> Step {
    let cost = item.map_or(Some(0), |item| prices.of(item));
    Step { remedy: remedy.to_owned(), item: item.map(str::to_owned), cost }
}

fn told(office: &Office<'_>, plan: &Plan) -> String {
    let mut text = String::new();
    for line in &plan.lines {
        let unit = &office.units[line.unit].code;
        let role = line.role.map_or("shared", Role::word);
        let machine = line.machine.map_or("-", |index| office.machines[index].name.as_str());
        let items: Vec<&str> = line.purchases.iter().map(|one| one.item.as_str()).collect();
        let cost = line.cost.map_or("?".to_owned(), |cost| (cost / 1_000).to_string());
        let year = line.year.map_or("not funded".to_owned(), |year| format!("year {}", year + 1));
        let points = line.points.sum();
        let means = line.means.word();
        writeln!(text, "{points:>3} {unit} {role} {machine}: {means} {items:?} {cost}k, {year}").unwrap();
    }
    for year in &plan.years {
        let best = if year.points == year.points_bound { "best" } else { "not proven" };
        writeln!(
            text,
            "budget {:?}: spent {}k, {} points, {best}",
            year.budget,
            year.spent / 1_000,
            year.points
        )
        .unwrap();
    }
    write!(text, "{:?}", plan.counts).unwrap();
    text
}

fn check(office: &Office<'_>, budgets: &[i64], expect: Expect) {
    let plan = plan(office, budgets);
    expect.assert_eq(&told(office, &plan));
    assert_eq!(plan, super::plan(office, budgets), "the same office gives the same plan");
    for year in &plan.years {
        assert!(year.budget.is_none_or(|budget| year.spent <= budget));
    }
}

fn mixed<'a>(norms: &'a Norms, prices: &'a Prices) -> Office<'a> {
    let mut office = office(norms, "qd-10-2026", prices);
    office.seats = vec![
        seats(0, Role::Counter, 2),
        seats(1, Role::Officer, 3),
        seats(2, Role::Officer, 1),
        seats(3, Role::Clerk, 2),
    ];
    let ram = vec![step("add-memory", Some("ram-8g"), prices), step("add-ssd", Some("ssd-480g"), prices)];
    let windows = vec![step("upgrade-os", Some("windows-11"), prices)];
    let setting = vec![step("enable-firewall", None, prices)];
    let mend = |steps: Vec<Step>, rule, severity| State::Mendable { steps, lacks: lacks(rule, severity) };
    office.machines = vec![
        machine("counter-1", 0, Role::Counter, mend(ram, "memory-size", Severity::Major)),
        machine("officer-1", 1, Role::Officer, State::Ready),
        machine("officer-2", 1, Role::Officer, mend(windows, "os-supported", Severity::Critical)),
        machine("officer-3", 1, Role::Officer, mend(setting, "firewall", Severity::Major)),
        machine("spare", 2, Role::Officer, State::Ready),
        machine("officer-4", 2, Role::Officer, State::Ready),
        machine("clerk-1", 3, Role::Clerk, State::Beyond(lacks("os-64-bit", Severity::Critical))),
    ];
    office
}

#[test]
fn each_means_in_its_order() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    check(
        &mixed(&norms, &prices),
        &[],
        expect![[r#"
         24 Y clerk spare: reassign [] 0k, year 1
         22 Y clerk -: buy ["pc"] 16000k, year 1
         20 X counter -: buy ["pc"] 16000k, year 1
         12 X counter counter-1: upgrade ["ram-8g", "ssd-480g"] 2100k, year 1
         10 X1 officer officer-2: licence ["windows-11"] 4200k, year 1
          6 X1 officer officer-3: enable [] 0k, year 1
        budget None: spent 38300k, 64 points, best
        Counts { seats: 8, seats_assumed: 0, ready: 2, unknown: 0, surplus: 1 }"#]],
    );
}

#[test]
fn a_budget_over_years_drops_nothing() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let office = mixed(&norms, &prices);
    check(
        &office,
        &[7_000_000, 16_000_000],
        expect![[r#"
         24 Y clerk spare: reassign [] 0k, year 1
         22 Y clerk -: buy ["pc"] 16000k, year 2
         20 X counter -: buy ["pc"] 16000k, not funded
         12 X counter counter-1: upgrade ["ram-8g", "ssd-480g"] 2100k, year 1
         10 X1 officer officer-2: licence ["windows-11"] 4200k, year 1
          6 X1 officer officer-3: enable [] 0k, year 1
        budget Some(7000000): spent 6300k, 22 points, best
        budget Some(16000000): spent 16000k, 22 points, best
        Counts { seats: 8, seats_assumed: 0, ready: 2, unknown: 0, surplus: 1 }"#]],
    );
    let tight = plan(&office, &[7_000_000]);
    let gain = marginal(&tight, 16_000_000);
    assert_eq!(gain, BTreeMap::from([(3, 1)]), "one more seat in Y");
}

/// Posts − usable, ceil(posts / 3) − printers, ceil(posts / 15) − scanners, at 20, 13 and 22 million: 20 posts, 12 of
/// 14 machines usable, 3 printers, no scanner make 8 × 20 + 4 × 13 + 2 × 22 = 256 million.
#[test]
fn the_calculator_of_communes() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "du-tru-cap-xa", &prices);
    office.seats = vec![seats(0, Role::Officer, 20)];
    for index in 0..14 {
        let state = match index {
            0..2 => State::Beyond(lacks("os-64-bit", Severity::Critical)),
            2..5 => State::Mendable {
                steps: vec![step("add-memory", Some("ram-8g"), &prices)],
                lacks: lacks("memory-size", Severity::Major),
            },
            _ => State::Ready,
        };
        let mut machine = machine(&format!("pc-{index:02}"), 0, Role::Officer, state);
        machine.scanners.clear();
        machine.printers.truncate(usize::from(index < 3));
        office.machines.push(machine);
    }
    let plan = plan(&office, &[]);
    let count = |item: &str| plan.lines.iter().filter(|line| line.purchases[0].item == item).count();
    assert_eq!([count("pc"), count("printer"), count("scanner")], [8, 4, 2]);
    assert_eq!(plan.years[0].spent, 256_000_000);
}

#[test]
fn seats_that_nobody_counted_are_those_of_the_machines() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = mixed(&norms, &prices);
    office.seats.clear();
    let plan = plan(&office, &[]);
    assert_eq!((plan.counts.seats, plan.counts.seats_assumed, plan.counts.surplus), (7, 7, 0));
    assert!(!plan.lines.iter().any(|line| matches!(line.why, Why::Empty { .. })));
}

#[test]
fn what_has_no_price_is_listed_and_never_funded() {
    let (norms, mut prices) = (Norms::shipped(), Prices::shipped());
    prices.items.remove("pc");
    let office = mixed(&norms, &prices);
    let plan = plan(&office, &[1_000_000_000]);
    let unpriced: Vec<&Line> = plan.lines.iter().filter(|line| line.cost.is_none()).collect();
    assert!(!unpriced.is_empty() && unpriced.iter().all(|line| line.year.is_none()));
}

#[test]
fn prices_above_the_ceiling_are_told_but_not_in_regime_c() {
    let (norms, mut prices) = (Norms::shipped(), Prices::shipped());
    prices.items.get_mut("pc").unwrap().price = 21_000_000;
    let mut office = office(&norms, "qd-10-2026", &prices);
    office.seats =
        vec![seats(0, Role::Officer, 1), Seats { regime: Regime::Market, ..seats(3, Role::Officer, 1) }];
    let over: Vec<(usize, bool)> = plan(&office, &[])
        .lines
        .iter()
        .filter(|line| line.seats == 1)
        .map(|line| (line.unit, line.purchases[0].is_over_ceiling()))
        .collect();
    assert_eq!(over, [(3, false), (0, true)]);
}

/// 13,000 machines in 600 units, a third each ready, to be mended and beyond: only that it ends, and is proven.
#[test]
fn a_province_is_planned_to_the_proven_best() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    office.units = (0..600)
        .map(|index| Unit {
            code: format!("{index:05}"),
            name: format!("Xã {index}"),
            path: format!("38/{index}/"),
            agency: index,
            points: u32::from(index % 7 == 0) * 2,
        })
        .collect();
    let items = ["ram-8g", "ssd-480g", "windows-11", "monitor", "ups", "webcam"];
    for index in 0..13_000_usize {
        let role = Role::ALL[index * 7 % 4];
        let severity = [Severity::Critical, Severity::Major, Severity::Minor][index % 3];
        let steps = || items.iter().enumerate().filter(|(bit, _)| (index / 3) & (1 << bit) != 0);
        let state = match index % 5 {
            0 => State::Ready,
            1 => State::Beyond(lacks("processor", severity)),
            _ => State::Mendable {
                steps: steps().map(|(_, item)| step("mend", Some(item), &prices)).collect(),
                lacks: lacks("memory-size", severity),
            },
        };
        let mut one = machine(&format!("pc-{index:05}"), index % 600, role, state);
        one.age_years = Some(u32::try_from(index % 13).unwrap());
        office.machines.push(one);
    }
    let plan = plan(&office, &[5_000_000_000, 5_000_000_000, 5_000_000_000]);
    for year in &plan.years {
        assert!(year.spent > 4_990_000_000, "{year:?}");
        assert_eq!(year.points, year.points_bound, "{year:?}");
    }
    assert!(plan.lines.iter().any(|line| line.year.is_none()), "the rest is listed");
}

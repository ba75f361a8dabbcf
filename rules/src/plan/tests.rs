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
        wishes: Vec::new(),
        missing: Vec::new(),
        years: 1,
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
    Lacks { rules: vec![rule.to_owned()], others: 0, severity }
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
        let replaced = line.replaces.filter(|_| line.replaces != line.machine);
        let replaced =
            replaced.map_or(String::new(), |index| format!(" for {}", office.machines[index].name));
        writeln!(text, "{points:>3} {unit} {role} {machine}{replaced}: {means} {items:?} {cost}k, {year}")
            .unwrap();
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
             24 Y clerk spare for clerk-1: reassign [] 0k, year 1
             22 Y clerk -: buy ["pc"] 16000k, year 1
             20 X counter -: buy ["pc"] 16000k, year 1
             12 X counter counter-1: upgrade ["ram-8g", "ssd-480g"] 2100k, year 1
             10 X1 officer officer-2: licence ["windows-11"] 4200k, year 1
              6 X1 officer officer-3: enable [] 0k, year 1
            budget None: spent 38300k, 64 points, best
            Counts { seats: 8, seats_assumed: 0, ready: 2, unknown: 0, surplus: 1, over_norm: 0 }"#]],
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
             24 Y clerk spare for clerk-1: reassign [] 0k, year 1
             22 Y clerk -: buy ["pc"] 16000k, year 2
             20 X counter -: buy ["pc"] 16000k, not funded
             12 X counter counter-1: upgrade ["ram-8g", "ssd-480g"] 2100k, year 1
             10 X1 officer officer-2: licence ["windows-11"] 4200k, year 1
              6 X1 officer officer-3: enable [] 0k, year 1
            budget Some(7000000): spent 6300k, 22 points, best
            budget Some(16000000): spent 16000k, 22 points, best
            Counts { seats: 8, seats_assumed: 0, ready: 2, unknown: 0, surplus: 1, over_norm: 0 }"#]],
    );
    let tight = plan(&office, &[7_000_000]);
    let gain = marginal(&tight, 16_000_000, 0);
    assert_eq!(gain, BTreeMap::from([(3, 1)]), "one more seat in Y");
    // Y's seat is funded in the second year either way.
    let longer = plan(&office, &[7_000_000, 16_000_000]);
    let gain = marginal(&longer, 16_000_000, 0);
    assert_eq!(gain.values().sum::<i64>(), 1, "{gain:?}");
    assert!(!gain.contains_key(&3), "one more seat, and not in Y: {gain:?}");
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
            0 => State::Beyond(lacks("os-64-bit", Severity::Critical)),
            // What only another PC mends is no PC that can be used.
            1 => State::Mendable {
                steps: vec![step("replace-pc", Some("pc"), &prices)],
                lacks: lacks("windows-11-ready", Severity::Major),
            },
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

/// A line is a monthly rent × 12, in the calculator as elsewhere, and once in a plan of one year.
#[test]
fn the_calculator_rents_for_twelve_months() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "du-tru-cap-xa", &prices);
    office.seats = vec![seats(0, Role::Officer, 1)];
    office.machines = vec![machine("pc", 0, Role::Officer, State::Ready)];
    let line =
        |item: &str, price| Wish { unit: 0, item: item.to_owned(), count: 1, have: 1, price: Some(price) };
    office.wishes = vec![line("internet-line", 700_000), line("tslcd-line", 1_300_000)];
    let plan = plan(&office, &[]);
    assert_eq!(plan.years[0].spent, 12 * 2_000_000);
    assert_eq!((plan.years.len(), plan.bought().map(|(_, _, times)| times).sum::<i64>()), (1, 2));
}

/// Rent comes again each year from the one in which it begins, and no year pays more than it has.
#[test]
fn rent_comes_again_each_year() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    office.seats = vec![seats(3, Role::Officer, 2)];
    office.machines = vec![machine("a", 3, Role::Officer, State::Ready)];
    office.machines.push(machine("b", 3, Role::Officer, State::Ready));
    let wish =
        |unit, item: &str, price| Wish { unit, item: item.to_owned(), count: 1, have: 0, price: Some(price) };
    office.wishes = vec![wish(3, "internet-line", 1_000_000), wish(0, "firewall", 10_000_000)];
    let spent = |plan: &Plan| plan.years.iter().map(|year| year.spent).collect::<Vec<_>>();
    let begun = |plan: &Plan, item: &str| {
        let of = |line: &&Line| line.purchases.iter().any(|one| one.item == item);
        plan.lines.iter().find(of).unwrap().year
    };
    // The line weighs more, for where it lies, and takes twelve of the twenty million of each year.
    let even = plan(&office, &[20_000_000; 3]);
    assert_eq!((begun(&even, "internet-line"), begun(&even, "firewall")), (Some(0), None));
    assert_eq!(spent(&even), [12_000_000; 3]);
    let all: i64 = even.lines.iter().map(|line| even.cost_of(line)).sum();
    assert_eq!(all, 36_000_000);
    assert_eq!(even.paid_in(2).count(), 1);
    // Enough for both in the second year only: the rent of the first goes on.
    let growing = plan(&office, &[12_000_000, 22_000_000]);
    assert_eq!((begun(&growing, "internet-line"), begun(&growing, "firewall")), (Some(0), Some(1)));
    assert_eq!(spent(&growing), [12_000_000, 22_000_000]);
    // A last year without money cannot go on paying: the line does not begin, what is bought once is bought.
    let ending = plan(&office, &[22_000_000, 0]);
    assert_eq!((begun(&ending, "internet-line"), begun(&ending, "firewall")), (None, Some(0)));
    assert_eq!(spent(&ending), [10_000_000, 0]);
    assert!(ending.years.iter().all(|year| year.points <= year.points_bound));
    // The next million counts what later years can go on paying too.
    assert!(marginal(&ending, 100_000_000, 0).is_empty());
    let waiting = ending.lines.iter().find(|line| line.year.is_none()).unwrap();
    assert_eq!((ending.cost_left(waiting), ending.cost_of(waiting)), (24_000_000, 0), "both years");
}

/// A licence for a year is paid again in each later year; what is bought with it is paid once.
#[test]
fn a_licence_for_a_year_comes_again() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    let (support, memory) = (prices.of("extended-support").unwrap(), prices.of("ram-8g").unwrap());
    office.seats = vec![seats(0, Role::Officer, 1)];
    office.machines = vec![machine(
        "a",
        0,
        Role::Officer,
        State::Mendable {
            steps: ["extended-support", "ram-8g"].map(|item| step(item, Some(item), &prices)).to_vec(),
            lacks: lacks("supported", Severity::Major),
        },
    )];
    let of = |budgets: &[i64]| {
        let plan = plan(&office, budgets);
        let line = plan.lines.iter().find(|line| line.machine == Some(0)).unwrap();
        let spent: Vec<i64> = plan.years.iter().map(|year| year.spent).collect();
        (line.year, spent, plan.cost_of(line))
    };
    let once = support + memory;
    assert_eq!(of(&[]), (Some(0), vec![once], once));
    let rich = [once, support, support];
    assert_eq!(of(&rich), (Some(0), rich.to_vec(), once + 2 * support));
    // A last year that cannot pay for it keeps it from beginning.
    assert_eq!(of(&[once, support, support - 1]).0, None);
    let plan = plan(&office, &rich);
    let bought = plan.bought().map(|(_, one, times)| (one.item.as_str(), times)).collect::<Vec<_>>();
    assert_eq!(bought, [("extended-support", 3), ("ram-8g", 1)]);
    let second: Vec<&str> = plan.bought_in(1).map(|(_, one)| one.item.as_str()).collect();
    assert_eq!(second, ["extended-support"]);
    // Over enough years a new machine is cheaper than paying again and again.
    let means = |years: u32| {
        let office = Office { years, ..office.clone() };
        super::plan(&office, &[]).lines.iter().find(|line| line.role.is_some()).unwrap().means
    };
    assert_eq!((means(1), means(5)), (Means::Upgrade, Means::Buy));
    // Whatever it takes, over two years: what comes again is paid twice.
    let twice = super::plan(&Office { years: 2, ..office.clone() }, &[]);
    let spent: Vec<i64> = twice.years.iter().map(|year| year.spent).collect();
    assert_eq!((spent, twice.cost_of(&twice.lines[0])), (vec![once, support], once + support));
}

/// What a unit says it does not have is bought once for the agency, unless somebody of it said how many it wants.
#[test]
fn what_is_declared_missing_is_bought() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    let missing = |unit, item: &str| Missing {
        unit,
        item: item.to_owned(),
        lacks: lacks(&format!("org-{item}"), Severity::Minor),
    };
    // The commune and one of its offices; an office whose commune has one; a printer, which is counted by the norm.
    office.missing = vec![
        missing(0, "firewall"),
        missing(1, "firewall"),
        missing(2, "switch"),
        missing(3, "printer"),
        missing(3, "wifi"),
    ];
    let told = |office: &Office<'_>| -> Vec<(usize, String, bool)> {
        let lines = plan(office, &[]).lines;
        let told = lines
            .iter()
            .map(|line| (line.unit, line.purchases[0].item.clone(), matches!(line.why, Why::Fails(_))));
        told.collect()
    };
    let of = |unit, item: &str| (unit, item.to_owned(), true);
    assert_eq!(told(&office), [of(3, "wifi"), of(0, "firewall"), of(2, "switch")]);
    let wish = Wish { unit: 2, item: "firewall".to_owned(), count: 2, have: 0, price: None };
    office.wishes = vec![wish];
    assert_eq!(
        told(&office),
        [(2, "firewall".to_owned(), false), of(3, "wifi"), of(2, "switch")],
        "two that they asked for, not three"
    );
    // The public calculator counts what it is told, and nothing else.
    let calculator = Office { norm: norms.find("du-tru-cap-xa").unwrap(), ..office };
    assert_eq!(told(&calculator), [(2, "firewall".to_owned(), false)]);
}

/// The calculator counts an agency: 12 PCs of officers serve 10 posts of officers and 2 of clerks, in whichever office
/// they stand. A server is no post, and no PC of one.
#[test]
fn the_calculator_counts_agencies() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "du-tru-cap-xa", &prices);
    office.seats = vec![seats(1, Role::Officer, 10), seats(2, Role::Clerk, 2), seats(2, Role::Server, 1)];
    office.machines = (0..12)
        .map(|index| machine(&format!("pc-{index:02}"), 1 + index % 2, Role::Officer, State::Ready))
        .collect();
    office.machines.push(machine("server", 2, Role::Server, State::Ready));
    let bought = |office: &Office<'_>| {
        let plan = plan(office, &[]);
        let count = |item: &str| plan.lines.iter().filter(|line| line.purchases[0].item == item).count();
        assert!(plan.lines.iter().all(|line| line.unit == 0), "the commune buys");
        [count("pc"), count("printer"), count("scanner")]
    };
    assert_eq!(bought(&office), [0, 0, 0]);
    office.machines.truncate(9);
    office.machines[0].state = State::Beyond(lacks("os-64-bit", Severity::Critical));
    office.machines[1].state = State::Unknown;
    office.machines.iter_mut().for_each(|machine| machine.printers.clear());
    assert_eq!(
        bought(&office),
        [4, 4, 0],
        "12 posts, 8 that can be used; 12 / 3 printers, one scanner for all"
    );
    // Somebody counted printers that no machine sees.
    office.wishes = vec![Wish { unit: 1, item: "printer".to_owned(), count: 0, have: 3, price: None }];
    assert_eq!(bought(&office), [4, 1, 0]);
}

/// A machine that is over goes to a seat before an upgrade is paid for; the machine that it replaces is named, and is
/// over then. Where machines that are over want mending, they are mended for a seat that has none.
#[test]
fn what_is_over_is_moved_before_anything_is_paid_for() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    office.seats = vec![seats(1, Role::Officer, 2), seats(2, Role::Officer, 1), seats(3, Role::Officer, 1)];
    let ram = State::Mendable {
        steps: vec![step("add-memory", Some("ram-8g"), &prices)],
        lacks: lacks("memory-size", Severity::Major),
    };
    office.machines = vec![
        machine("slow-1", 1, Role::Officer, ram.clone()),
        machine("slow-2", 1, Role::Officer, ram.clone()),
        machine("fit", 2, Role::Officer, State::Ready),
        machine("spare", 2, Role::Officer, State::Ready),
        machine("spare-slow", 2, Role::Officer, ram),
    ];
    check(
        &office,
        &[],
        expect![[r#"
             10 Y officer spare: reassign [] 0k, year 1
              6 X1 officer slow-1: upgrade ["ram-8g"] 900k, year 1
              6 X1 officer slow-2: upgrade ["ram-8g"] 900k, year 1
              6 Y shared -: buy ["printer"] 6000k, year 1
              6 Y shared -: buy ["scanner"] 12000k, year 1
            budget None: spent 19800k, 24 points, best
            Counts { seats: 4, seats_assumed: 0, ready: 1, unknown: 0, surplus: 1, over_norm: 0 }"#]],
    );
    office.seats[2].count = 2;
    check(
        &office,
        &[],
        expect![[r#"
             10 Y officer spare: reassign [] 0k, year 1
             10 Y officer spare-slow: reassign ["ram-8g"] 900k, year 1
              6 X1 officer slow-1: upgrade ["ram-8g"] 900k, year 1
              6 X1 officer slow-2: upgrade ["ram-8g"] 900k, year 1
              6 Y shared -: buy ["printer"] 6000k, year 1
              6 Y shared -: buy ["scanner"] 12000k, year 1
            budget None: spent 20700k, 34 points, best
            Counts { seats: 5, seats_assumed: 0, ready: 1, unknown: 0, surplus: 0, over_norm: 0 }"#]],
    );
    office.seats.truncate(2);
    check(
        &office,
        &[],
        expect![[r#"
          6 X1 officer slow-2: upgrade ["ram-8g"] 900k, year 1
          6 X1 officer spare for slow-1: reassign [] 0k, year 1
        budget None: spent 900k, 6 points, best
        Counts { seats: 3, seats_assumed: 0, ready: 1, unknown: 0, surplus: 2, over_norm: 0 }"#]],
    );
}

#[test]
fn of_the_same_points_the_older_machine_comes_first_whatever_its_age() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    let beyond = || State::Beyond(lacks("os-64-bit", Severity::Critical));
    office.machines = vec![
        Machine { age_years: Some(12), ..machine("a", 0, Role::Officer, beyond()) },
        Machine { age_years: Some(15), ..machine("b", 0, Role::Officer, beyond()) },
        Machine { age_years: None, ..machine("c", 0, Role::Officer, beyond()) },
    ];
    let plan = plan(&office, &[]);
    let order: Vec<&str> = plan
        .lines
        .iter()
        .filter_map(|line| line.machine)
        .map(|index| office.machines[index].name.as_str())
        .collect();
    assert_eq!(order, ["b", "a", "c"]);
}

/// Seats of annex C count once: what they make more is bought without a ceiling.
#[test]
fn seats_of_annex_c_are_not_equipped_again() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    office.seats =
        vec![seats(1, Role::Officer, 6), Seats { regime: Regime::Market, ..seats(1, Role::Officer, 6) }];
    let plan = plan(&office, &[]);
    let bought = |item: &str| -> Vec<(Option<&str>, bool)> {
        let of = plan.lines.iter().flat_map(|line| &line.purchases).filter(|one| one.item == item);
        of.map(|one| (one.clause.as_deref(), one.ceiling.is_some())).collect()
    };
    let (shared, market) = ((Some("Phụ lục B.2"), true), (Some("Điều 4, Phụ lục C"), false));
    assert_eq!(bought("printer"), [shared, shared, market, market], "12 / 3, not 6 / 3 twice and more");
    assert_eq!(bought("scanner"), [(Some("Phụ lục B.3"), true)]);
    assert_eq!(bought("pc").iter().filter(|one| **one == market).count(), 6);
}

/// A device that prints and scans is one of each, though a machine shows one of both only.
#[test]
fn devices_that_print_and_scan_are_both() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    office.seats = vec![seats(0, Role::Officer, 3)];
    let device = |model: &str| Device { model: model.to_owned(), shared: false };
    let mut one = machine("pc", 0, Role::Officer, State::Ready);
    let mut short = |printers: &[&str], scanners: &[&str]| {
        one.printers = printers.iter().map(|model| device(model)).collect();
        one.scanners = scanners.iter().map(|model| device(model)).collect();
        office.machines = vec![one.clone()];
        let plan = plan(&office, &[]);
        let of = |item: &str| plan.lines.iter().any(|line| line.purchases.iter().any(|one| one.item == item));
        (of("printer"), of("scanner"))
    };
    assert_eq!(short(&["Canon LBP 2900"], &[]), (false, true));
    assert_eq!(short(&["Canon MF3010"], &[]), (false, false));
    assert_eq!(short(&[], &["Canon MF3010"]), (false, false));
    assert_eq!(short(&["Canon MF3010 UFRII LT"], &["Canon MF3010"]), (false, false));
}

#[test]
fn what_units_declare_is_bought_rented_and_held_against_the_norm() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    let wish = |item: &str, count, have, price| Wish { unit: 0, item: item.to_owned(), count, have, price };
    office.wishes = vec![
        wish("firewall", 2, 1, Some(40_000_000)),
        wish("internet-line", 1, 1, None),
        wish("software-suite", 3, 0, None),
        wish("switch", 1, 1, None),
        wish("shredder", 2, 0, None),
        wish("something-else", 1, 0, None),
    ];
    office.seats = vec![seats(0, Role::Officer, 1)];
    office.machines = vec![machine("pc", 0, Role::Officer, State::Ready)];
    check(
        &office,
        &[],
        expect![[r#"
          4 X shared -: buy ["firewall"] 40000k, year 1
          4 X shared -: rent ["internet-line"] 18000k, year 1
          4 X shared -: licence ["software-suite"] 13500k, year 1
          4 X shared -: buy ["shredder"] 10000k, year 1
          4 X shared -: buy ["something-else"] ?k, not funded
        budget None: spent 81500k, 16 points, best
        Counts { seats: 1, seats_assumed: 0, ready: 1, unknown: 0, surplus: 0, over_norm: 1 }"#]],
    );
    let plan = plan(&office, &[]);
    assert_eq!(limits::security(&plan, &prices), (40_000_000, 81_500_000));
}

#[test]
fn needs_that_are_cut_into_packages() {
    let (norms, prices) = (Norms::shipped(), Prices::shipped());
    let mut office = office(&norms, "qd-10-2026", &prices);
    office.seats = vec![seats(0, Role::Officer, 6), seats(3, Role::Officer, 6)];
    let agency = |unit: usize| office.units[unit].agency;
    let told = |budgets: &[i64]| -> Vec<(String, usize, i64, bool, bool)> {
        let needs = limits::needs(&plan(&office, budgets), agency);
        needs
            .iter()
            .map(|need| (need.item.clone(), need.year, need.amount, need.is_cut(), need.is_tendered()))
            .collect()
    };
    assert_eq!(told(&[]), [("pc".to_owned(), 0, 192_000_000, true, false)]);
    assert_eq!(told(&[96_000_000, 96_000_000]), [], "each year is below what the head decides");
    let mut office = office.clone();
    office.seats = vec![seats(0, Role::Officer, 60), seats(3, Role::Officer, 10)];
    let needs = limits::needs(&plan(&office, &[]), |unit| office.units[unit].agency);
    let pc = needs.iter().find(|need| need.item == "pc").unwrap();
    assert_eq!((pc.largest, pc.agencies, pc.is_cut(), pc.is_tendered()), (960_000_000, 2, true, true));
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

//! Reports are small on the wire, and smaller when the collector has an earlier one to build on.
//!
//! The PC is a real recorded one; its list of packages is filled up with names and versions made from its own, since
//! no recorded PC has as many as the promise speaks of.

use std::path::Path;
use std::sync::Arc;

use agent::host::recorded::Recording;
use agent::probe::survey;
use jiff::SignedDuration;
use rules::assess::Role;
use rules::envelope::{self, Base, BaseName, DICTIONARY, Ground, SigningKey};
use rules::fact::Fact;
use rules::facts::os::Platform;
use rules::facts::software::Package;
use rules::quantity::{Bytes, Milliseconds, Version};
use rules::report::Report;
use tests::desk::{LAPTOP, Worker};
use tests::office::{ADMINISTRATOR, Office, PASSWORD};
use tests::visitor::Visitor;

const WINDOWS: &str = include_str!("../../agent/recordings/windows-11-laptop.json");
const REAL: &str = include_str!("../../agent/recordings/debian-12-virtual-machine.json");

/// The recorded PC with so many packages: its own, then others whose names are joined from parts of its own and whose
/// versions differ as those of a distribution do.
fn office_pc(packages: usize) -> Report {
    let now = "2026-11-22T01:00:00Z".parse().unwrap();
    let mut report = Worker::new(REAL).report(now);
    let mut list = report.facts.software.packages.known().unwrap().clone();
    assert!(list.len() > 100, "the recorded PC has a list of packages");
    let names: Vec<String> = list.iter().filter_map(|package| package.name.known().cloned()).collect();
    let own: Vec<Package> = list.clone();
    let parts: Vec<&str> = names.iter().flat_map(|name| name.split('-')).collect();
    // A fixed generator: the same list every time (Knuth, MMIX).
    let mut state = 20_261_122_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    while list.len() < packages {
        let like = own[next(own.len())].clone();
        let name = format!("{}-{}", parts[next(parts.len())], parts[next(parts.len())]);
        let version = match next(3) {
            0 => like.version,
            1 => Fact::Known(Version::new(format!("{}.{}.{}-{}", next(9), next(30), next(20), next(6)))),
            _ => {
                Fact::Known(Version::new(format!("{}.{}-{}+deb12u{}", next(20), next(100), next(4), next(9))))
            }
        };
        list.push(Package { name: Fact::Known(name), version, ..like });
    }
    list.truncate(packages);
    list.sort_by(|a, b| a.name.known().cmp(&b.name.known()));
    report.facts.software.count = Fact::Known(i64::try_from(list.len()).unwrap());
    report.facts.software.packages = Fact::Known(list);
    report
}

/// Makers, and words that their programs are named with.
const MAKERS: &[(&str, &[&str])] = &[
    (
        "Microsoft Corporation",
        &["Microsoft Visual C++ 2015-2022", "Microsoft .NET Host", "Windows SDK", "Microsoft Edge"],
    ),
    ("Autodesk, Inc.", &["AutoCAD 2021", "Autodesk Material Library", "ACA & MEP 2021 Object Enabler"]),
    ("Python Software Foundation", &["Python 3.11.5"]),
    ("CÔNG TY CỔ PHẦN MISA", &["MISA Mimosa.NET", "MISA QLTS"]),
    ("HP Inc.", &["HP LaserJet Pro", "HP Scan", "HP Update"]),
    ("Intel Corporation", &["Intel(R) Chipset Device Software", "Intel(R) Serial IO", "Intel(R) ME"]),
    ("The Document Foundation", &["LibreOffice"]),
    ("Oracle Corporation", &["Java 8 Update"]),
];
const PARTS: &[&str] = &[
    "Redistributable",
    "Minimum Runtime",
    "Additional Runtime",
    "Development Libraries",
    "Documentation",
    "Language Pack",
    "Add to Path",
    "Core Interpreter",
    "Tools",
    "Headers",
    "Templating Engine",
    "Test Suite",
    "Driver",
    "Help",
    "Update",
    "Service Pack",
    "Content",
    "Shared Components",
];
const ENDS: &[&str] = &["", " (x64)", " (x86)", " - vi-vn", " - en-us", " (64-bit)", " x64 en-US"];

/// A recorded PC with Windows and so many programs: parts of large suites, of which three in five share the version of
/// their suite, as on the PCs of developers and draughtsmen that have lists so long.
fn drawing_pc(programs: usize) -> Report {
    let host = Recording::load(WINDOWS).unwrap();
    let now = host.recording.taken_at;
    let mut report = survey(Arc::new(host), Platform::Windows, now);
    let mut list = report.facts.software.packages.known().unwrap().clone();
    let mut state = 20_261_122_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    while list.len() < programs {
        let maker = next(MAKERS.len());
        let (publisher, products) = MAKERS[maker];
        let product = next(products.len());
        let name = format!("{} {}{}", products[product], PARTS[next(PARTS.len())], ENDS[next(ENDS.len())]);
        let version = match next(5) {
            0..3 => format!("{}.{}.{}.0", maker + 8, product, 22_621 + maker * 31 + product),
            _ => format!("{}.{}.{}.{}", next(30), next(10), next(40_000), next(100)),
        };
        let is_in_name = name.starts_with(publisher.split([' ', ',']).next().unwrap());
        list.push(Package {
            name: Fact::Known(name),
            version: Fact::Known(Version::new(version)),
            publisher: if is_in_name { Fact::default() } else { Fact::Known(publisher.to_owned()) },
            installed_on: Fact::default(),
            built_on: Fact::default(),
        });
    }
    list.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.version.cmp(&b.version)));
    report.facts.software.count = Fact::Known(i64::try_from(list.len()).unwrap());
    report.facts.software.packages = Fact::Known(list);
    report
}

/// The same PC a day later: another time, other free space, a few milliseconds.
fn ordinary_day(report: &Report) -> Report {
    let mut report = report.clone();
    report.taken_at += SignedDuration::from_secs(86_400 + 317);
    report.survey_ms += 23;
    report.facts.clock.offset = Fact::Known(Milliseconds(-412));
    let Fact::Known(volumes) = &mut report.facts.disk.volumes else { panic!("the recorded PC has volumes") };
    for volume in volumes {
        if let Fact::Known(Bytes(free)) = &mut volume.free {
            *free -= 734_003_200;
        }
    }
    report
}

#[test]
fn the_promised_sizes() {
    let pkcs8 = SigningKey::generate(&ring::rand::SystemRandom::new()).unwrap();
    let key = SigningKey::from_pkcs8(&pkcs8).unwrap();
    let promised = [
        (700, 8 * 1024, office_pc(700)),
        (1_500, 14 * 1024, office_pc(1_500)),
        (1_500, 14 * 1024, drawing_pc(1_500)),
    ];
    for (packages, bytes_max, report) in promised {
        let platform = report.facts.os.platform.known().unwrap().word();
        let json = envelope::json(&report).unwrap();
        let alone = envelope::pack_json(&json, &key, 1, Ground::Nothing).unwrap().len();
        let full = envelope::pack_json(&json, &key, 1, Ground::Dictionary(DICTIONARY)).unwrap();
        let base = Base { name: BaseName::of(&full).unwrap(), json: &json };
        let on_base = |report: &Report| {
            envelope::pack_json(&envelope::json(report).unwrap(), &key, 2, Ground::Report(base))
                .unwrap()
                .len()
        };
        let (unchanged, day) = (on_base(&report), on_base(&ordinary_day(&report)));
        println!(
            "{platform}, {packages} packages: {} B of JSON, full {} B ({alone} B without the dictionary), unchanged {unchanged} B, an ordinary day {day} B",
            json.len(),
            full.len()
        );
        assert!(full.len() <= bytes_max, "{packages} packages: {} B, promised {bytes_max}", full.len());
        assert!(unchanged * 20 <= full.len(), "{packages} packages unchanged: {unchanged} B");
        assert!(day * 10 <= full.len(), "{packages} packages on an ordinary day: {day} B");
    }
}

#[tokio::test]
async fn the_second_report_is_small_and_the_page_shows_it_whole() {
    let office = Office::open().await;
    let code = office.join_code(Role::Officer, 1).await;
    let mut worker = Worker::new(REAL);
    let joined = worker.join(&code, office.clock.now()).await.unwrap();
    let mut sizes = Vec::new();
    for _ in 0..16 {
        office.wait(SignedDuration::from_hours(24));
        worker.survey(office.clock.now());
        sizes.push(worker.spooled_bytes());
        let delivery = worker.deliver(office.clock.now()).await;
        assert_eq!((delivery.accepted, delivery.left), (1, 0), "{:?}", delivery.trouble);
    }
    let full = sizes[0];
    for (day, bytes) in sizes.iter().enumerate() {
        match day {
            0 | 14 => assert!(*bytes * 2 > full, "day {day}: {bytes} B of {full}"),
            _ => assert!(*bytes * 4 < full, "day {day}: {bytes} B of {full}"),
        }
    }
    // What was sent small is judged and shown as whole as what was sent in full.
    let mut visitor = Visitor::new(office.running().people);
    visitor.sign_in(ADMINISTRATOR, PASSWORD).await;
    let page = visitor.get(&format!("/machines/{}", joined.machine)).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Debian GNU/Linux 12"), "the facts of the newest report are shown");
    assert_eq!(office.reports().await, 16);
}

#[tokio::test]
async fn a_collector_that_came_back_from_a_backup_asks_for_the_base() {
    let mut office = Office::open().await;
    let code = office.join_code(Role::Officer, 1).await;
    let mut worker = Worker::new(LAPTOP);
    worker.join(&code, office.clock.now()).await.unwrap();
    office.close().await;
    let backup = tempfile::TempDir::new().unwrap();
    copy(&office.path(), backup.path());
    office.start().await;
    worker.survey(office.clock.now());
    assert_eq!(worker.deliver(office.clock.now()).await.accepted, 1);
    // The disk of the collector dies, and the backup knows of no report.
    office.close().await;
    std::fs::remove_dir_all(office.path()).unwrap();
    copy(backup.path(), &office.path());
    office.start().await;
    assert_eq!(office.reports().await, 0);
    office.wait(SignedDuration::from_hours(24));
    worker.survey(office.clock.now());
    let delivery = worker.deliver(office.clock.now()).await;
    assert_eq!((delivery.accepted, delivery.left), (1, 0), "{:?}", delivery.trouble);
    assert_eq!(office.reports().await, 2, "the base came again, then what builds on it");
}

/// A data folder is flat.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

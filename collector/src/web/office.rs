//! An office to look at: units, machines and people, the same each time. For tests only.

#![expect(clippy::disallowed_methods, reason = "an office is laid straight into the tables")]

use std::path::PathBuf;

use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use rules::assess::{Assessment, Role, Ruling, Verdict, assess, judge_digest};
use rules::envelope::{self, SigningKey};
use rules::fact::Fact::Known;
use rules::fact::{Fact, Reason};
use rules::facts::Facts;
use rules::facts::accounts::{Account, Password};
use rules::facts::antivirus;
use rules::facts::board::{Chassis, FirmwareMode, TpmState};
use rules::facts::disk::{Bus, Drive, DriveKind, Health, Volume};
use rules::facts::exposure::{Listener, Reach, Transport};
use rules::facts::memory::Module;
use rules::facts::network::{Adapter, AdapterKind, Duplex};
use rules::facts::os::{Architecture, Platform};
use rules::facts::software::Package;
use rules::lifecycle::Lifecycle;
use rules::norms::Norms;
use rules::prices::Prices;
use rules::quantity::{Bytes, GIB, Mhz, Percent, Version};
use rules::report::{Note, Report, WIRE};
use rules::ruleset::{RuleSet, SHIPPED};
use sqlx::SqliteConnection;

use crate::app::{App, Judge};
use crate::clock::Clock;
use crate::guard::hash_password;
use crate::opinion::Opinion;
use crate::store::account::{self, Standing};
use crate::store::{Store, audit};
use crate::vietnamese::{fold, sort_key};

/// The password of everybody.
pub(crate) const PASSWORD: &str = "một câu ngắn dễ nhớ";

/// Machines in the office.
pub(crate) const MACHINES: usize = 61;
/// The machine whose name is an attack.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>";

/// When it is: 22/11/2026 08:12 in Vietnam.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T01:12:00Z".parse().unwrap()
}

/// A database of its own in the folder for temporary files, removed when the office closes.
pub(crate) struct Office {
    pub(crate) app: App,
    folder: PathBuf,
}

impl Drop for Office {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.folder).expect("the folder of an office can be removed");
    }
}

/// The rules that ship.
pub(crate) fn shipped() -> Judge {
    let sets = SHIPPED.iter().map(|(file, text)| RuleSet::parse(file, text).unwrap()).collect();
    Judge { sets, lifecycle: Lifecycle::shipped(), prices: Prices::shipped(), norms: Norms::shipped() }
}

/// An office without units and machines. `admin` and `viewer` see everything.
pub(crate) async fn empty() -> Office {
    let folder =
        std::env::temp_dir().join(format!("sansang-office-{}", crate::guard::random_token().unwrap()));
    std::fs::create_dir_all(&folder).unwrap();
    let store = Store::open(&folder.join("sansang.db")).await.unwrap();
    let app = App::new(store, Clock::fixed(now()), shipped(), false);
    let mut tx = app.store.begin().await.unwrap();
    let hash = hash_password(PASSWORD).unwrap();
    account::add(&mut tx, now(), "admin", &hash, Standing::Administrator, None).await.unwrap();
    account::add(&mut tx, now(), "viewer", &hash, Standing::Viewer, None).await.unwrap();
    tx.commit().await.unwrap();
    Office { app, folder }
}

/// Code, parent's code, name.
const UNITS: &[(&str, &str, &str)] = &[
    ("38", "", "Tỉnh Thanh Hóa"),
    ("38-SKHCN", "38", "Sở Khoa học và Công nghệ"),
    ("38-SKHCN-VP", "38-SKHCN", "Văn phòng Sở"),
    ("38-SKHCN-CDS", "38-SKHCN", "Trung tâm Chuyển đổi số"),
    ("38-STC", "38", "Sở Tài chính"),
    ("16093", "38", "Xã Nga Thắng"),
    ("16093-VP", "16093", "Văn phòng HĐND và UBND xã Nga Thắng"),
    ("16093-HCC", "16093", "Trung tâm Phục vụ hành chính công xã Nga Thắng"),
    ("16021", "38", "Xã Hà Trung"),
    ("14758", "38", "Phường Hạc Thành"),
    ("14758-HCC", "14758", "Trung tâm Phục vụ hành chính công phường Hạc Thành"),
    ("14923", "38", "Xã Mường Lát"),
    ("15001", "38", "Xã Quan Sơn"),
];

/// The unit of this code.
pub(crate) fn unit_id(code: &str) -> String {
    let place = UNITS.iter().position(|(one, _, _)| *one == code).unwrap();
    format!("{:032x}", place + 1)
}

/// The machine of this number.
pub(crate) fn machine_id(number: usize) -> String {
    format!("{:032x}", 0x1000 + number)
}

/// A known office: thirteen units, machines old and new, some silent, one hostile. `nga-thang` sees one commune.
pub(crate) async fn known() -> Office {
    let office = empty().await;
    let Store::Sqlite(embedded) = &office.app.store;
    // One commit for all: each alone would wait for the disk.
    let mut laid = embedded.pool.begin().await.unwrap();
    units(&mut laid).await;
    let judge = office.app.judge();
    let pkcs8 = SigningKey::generate(&SystemRandom::new()).unwrap();
    let key = SigningKey::from_pkcs8(&pkcs8).unwrap();
    for number in 0..MACHINES {
        machine(&mut laid, &judge, &key, number).await;
    }
    laid.commit().await.unwrap();
    let mut tx = office.app.store.begin().await.unwrap();
    let hash = hash_password(PASSWORD).unwrap();
    let unit = unit_id("16093");
    account::add(&mut tx, now(), "nga-thang", &hash, Standing::Analyst, Some(&unit)).await.unwrap();
    audit::add(&mut tx, now(), "sansang-collector", "join-code", "16093", "30 lượt").await.unwrap();
    tx.commit().await.unwrap();
    office
}

fn path(code: &str) -> String {
    let (_, parent, _) = UNITS.iter().find(|(one, _, _)| *one == code).unwrap();
    let above = if parent.is_empty() { String::new() } else { path(parent) };
    format!("{above}{}/", unit_id(code))
}

async fn units(pool: &mut SqliteConnection) {
    for (code, parent, name) in UNITS {
        const SQL: &str = "INSERT INTO unit (id, parent, path, code, name, kind, search, sort, created_at)
            VALUES ($1, $2, $3, $4, $5, 'other', $6, $7, 0)";
        sqlx::query(SQL)
            .bind(unit_id(code))
            .bind((!parent.is_empty()).then(|| unit_id(parent)))
            .bind(path(code))
            .bind(code)
            .bind(name)
            .bind(fold(name))
            .bind(sort_key(name))
            .execute(&mut *pool)
            .await
            .unwrap();
        const NAMING: &str =
            "INSERT INTO unit_naming (unit, from_day, to_day, code, name, kind, parent, sort)
            VALUES ($1, '2020-01-01', NULL, $2, $3, 'other', $4, $5)";
        sqlx::query(NAMING)
            .bind(unit_id(code))
            .bind(code)
            .bind(name)
            .bind((!parent.is_empty()).then(|| unit_id(parent)))
            .bind(sort_key(name))
            .execute(&mut *pool)
            .await
            .unwrap();
    }
}

/// A number that looks random and is the same each time, 0 to `most` - 1.
fn dice(number: usize, salt: usize, most: usize) -> usize {
    let mut state = (number * 7919 + salt * 104_729 + 17) as u64;
    for _ in 0..3 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^= state >> 29;
    }
    usize::try_from(state % most as u64).unwrap()
}

const PLACES: &[(&str, Role, &str)] = &[
    ("16093-HCC", Role::Counter, "MOTCUA"),
    ("16093-VP", Role::Clerk, "VANTHU"),
    ("38-SKHCN-VP", Role::Officer, "SKHCN"),
    ("38-SKHCN-CDS", Role::Officer, "CDS"),
    ("38-STC", Role::Officer, "STC"),
    ("14758-HCC", Role::Counter, "MOTCUA"),
    ("14758", Role::Leader, "CHUTICH"),
    ("16021", Role::Clerk, "VANTHU"),
    ("14923", Role::Officer, "CHUYENVIEN"),
    ("15001", Role::Clerk, "VANTHU"),
    ("38-SKHCN-CDS", Role::Server, "MAYCHU"),
];

async fn machine(pool: &mut SqliteConnection, judge: &Judge, key: &SigningKey, number: usize) {
    let (code, role, stem) = PLACES[number % PLACES.len()];
    let id = machine_id(number);
    let hostname =
        if number == 9 { HOSTILE.to_owned() } else { format!("PC-{stem}-{:02}", number / PLACES.len() + 1) };
    let age = match dice(number, 1, 12) {
        0 => SignedDuration::from_hours(24 * 9 + i64::try_from(number).unwrap()),
        1 => SignedDuration::from_hours(30),
        _ => SignedDuration::from_mins(i64::try_from(dice(number, 2, 120)).unwrap()),
    };
    let taken_at = now() - age;
    let never = number % 23 == 22;
    const MACHINE: &str =
        "INSERT INTO machine (id, unit, unit_path, role, hostname, joined_at, seen_at, agent,
            os, maker, model, search, grade, coverage, rules_digest)
        VALUES ($1, $2, $3, $4, $5, $6, $7, '0.1.0', '', '', '', $8, 'no_data', 0, '')";
    sqlx::query(MACHINE)
        .bind(&id)
        .bind(unit_id(code))
        .bind(path(code))
        .bind(role.word())
        .bind(&hostname)
        .bind((now() - SignedDuration::from_hours(24 * 60)).as_millisecond())
        .bind(taken_at.as_millisecond())
        .bind(fold(&hostname))
        .execute(&mut *pool)
        .await
        .unwrap();
    const PLACE: &str = "INSERT INTO machine_place (machine, from_at, unit, role, cause)
        VALUES ($1, $2, $3, $4, 'join')";
    sqlx::query(PLACE)
        .bind(&id)
        .bind((now() - SignedDuration::from_hours(24 * 60)).as_millisecond())
        .bind(unit_id(code))
        .bind(role.word())
        .execute(&mut *pool)
        .await
        .unwrap();
    const KEY: &str = "INSERT INTO machine_key (key, machine, public_key, joined_at, withdrawn_at, sequence)
        VALUES ($1, $2, $3, 0, NULL, 0)";
    // One key for all: only its public half matters to the pages.
    let key_id = format!("{}-{number}", key.id());
    sqlx::query(KEY).bind(&key_id).bind(&id).bind(key.public_key()).execute(&mut *pool).await.unwrap();
    if never {
        return;
    }
    // Three weeks ago, last week with other rules, and the latest.
    for (turn, (age_days, cause)) in [(21, "report"), (7, "rules"), (0, "report")].into_iter().enumerate() {
        let at = taken_at - SignedDuration::from_hours(24 * age_days);
        let mut facts = facts(number, &hostname, at);
        if turn < 2 {
            facts.updates.waiting_security = Known(14);
            facts.clock.synchronised = Known(false);
            facts.accounts.guest_enabled = Known(true);
        }
        report(pool, judge, key, &key_id, &id, role, Taken { turn, at, cause, facts }).await;
    }
}

struct Taken {
    turn: usize,
    at: Timestamp,
    cause: &'static str,
    facts: Facts,
}

async fn report(
    pool: &mut SqliteConnection,
    judge: &Judge,
    key: &SigningKey,
    key_id: &str,
    machine: &str,
    role: Role,
    taken: Taken,
) {
    let report = Report {
        wire: WIRE,
        taken_at: taken.at,
        agent: "0.1.0".to_owned(),
        survey_ms: 38,
        facts: taken.facts,
        notes: vec![Note {
            area: "disk".to_owned(),
            text: "nvme0: the health log could not be read".to_owned(),
        }],
    };
    let bytes = envelope::pack(&report, key, taken.turn as u64 + 1).unwrap();
    let set = rules::ruleset::in_force(&judge.sets, date(2026, 11, 22)).unwrap();
    let day = super::format::day(taken.at);
    let mut assessment = assess(&report.facts, set, &judge.lifecycle, role, day);
    if taken.turn == 0 {
        assessment.digest = "0".repeat(64);
    }
    let (report_id, assessment_id) =
        (format!("{machine}{}", taken.turn), format!("{machine}a{}", taken.turn));
    const REPORT: &str =
        "INSERT INTO report (id, machine, key, sequence, digest, taken_at, received_at, via, envelope)
        VALUES ($1, $2, $3, $4, $5, $6, $6, 'https', $7)";
    sqlx::query(REPORT)
        .bind(&report_id)
        .bind(machine)
        .bind(key_id)
        .bind(i64::try_from(taken.turn).unwrap() + 1)
        .bind(envelope::digest(&bytes))
        .bind(taken.at.as_millisecond())
        .bind(&bytes)
        .execute(&mut *pool)
        .await
        .unwrap();
    judged(pool, machine, &report_id, &assessment_id, &assessment, taken.at, taken.cause).await;
    const LATEST: &str = "UPDATE machine SET taken_at = $2, report = $3, assessment = $4, os = $5, maker = $6,
            model = $7, search = $8, grade = $9, score = $10, coverage = $11, decided_by = $12, rules_digest = $13,
            switched_off = $14, opinion = $15, opinion_why = $16, ruleset = $17
        WHERE id = $1";
    let text = |fact: &Fact<String>| fact.known().cloned().unwrap_or_default();
    let facts = &report.facts;
    let opinion = Opinion::of(judge, facts, role, day);
    let (os, maker, model) = (text(&facts.os.name), text(&facts.board.maker), text(&facts.board.model));
    sqlx::query(LATEST)
        .bind(machine)
        .bind(taken.at.as_millisecond())
        .bind(&report_id)
        .bind(&assessment_id)
        .bind(&os)
        .bind(&maker)
        .bind(&model)
        .bind(fold(&format!("{} {maker} {model} {os} xã Nga Thắng", text(&facts.os.hostname))))
        .bind(assessment.grade.word())
        .bind(assessment.score.map(i64::from))
        .bind(i64::from(assessment.coverage))
        .bind(&assessment.decided_by)
        .bind(judge_digest(set, &judge.lifecycle))
        .bind(i64::try_from(assessment.verdicts.iter().filter(|one| one.switched_off).count()).unwrap())
        .bind(opinion.as_ref().map_or("", |opinion| opinion.accord().word()))
        .bind(opinion.as_ref().map(|opinion| serde_json::to_string(opinion).unwrap()).unwrap_or_default())
        .bind(&set.id)
        .execute(&mut *pool)
        .await
        .unwrap();
}

async fn judged(
    pool: &mut SqliteConnection,
    machine: &str,
    report: &str,
    id: &str,
    assessment: &Assessment,
    at: Timestamp,
    cause: &str,
) {
    const ASSESSMENT: &str =
        "INSERT INTO assessment (id, machine, report, cause, ruleset, digest, day, judged_at,
            grade, score, coverage, decided_by, body)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    sqlx::query(ASSESSMENT)
        .bind(id)
        .bind(machine)
        .bind(report)
        .bind(cause)
        .bind(&assessment.set)
        .bind(&assessment.digest)
        .bind(assessment.day.to_string())
        .bind(at.as_millisecond())
        .bind(assessment.grade.word())
        .bind(assessment.score.map(i64::from))
        .bind(i64::from(assessment.coverage))
        .bind(&assessment.decided_by)
        .bind(serde_json::to_string(assessment).unwrap())
        .execute(&mut *pool)
        .await
        .unwrap();
    sqlx::query("DELETE FROM finding WHERE machine = $1").bind(machine).execute(&mut *pool).await.unwrap();
    let rules = shipped();
    let set = rules.sets.iter().find(|set| set.id == assessment.set).unwrap();
    let rulings: Vec<Ruling> = assessment.verdicts.iter().map(Verdict::ruling).collect();
    for finding in crate::judge::findings(set, assessment.role, &rulings) {
        sqlx::query(
            "INSERT INTO finding (machine, rule, outcome, severity, switched_off) VALUES ($1, $2, $3, $4, $5)",
        )
            .bind(machine)
            .bind(&finding.rule)
            .bind(&finding.outcome)
            .bind(&finding.severity)
            .bind(finding.switched_off)
            .execute(&mut *pool)
            .await
            .unwrap();
    }
}

/// A PC as it could stand in an office. The number decides how old it is and what is wrong with it.
fn facts(number: usize, hostname: &str, at: Timestamp) -> Facts {
    let quality = dice(number, 3, 10);
    let mut facts = Facts::default();
    system(&mut facts, number, hostname, at, quality);
    hardware(&mut facts, number, quality);
    security(&mut facts, number, at, quality);
    facts.software.sources = Known(vec!["windows".to_owned()]);
    let package = |name: &str, version: &str, publisher: &str| Package {
        name: Known(name.to_owned()),
        version: Known(Version::new(version)),
        publisher: Known(publisher.to_owned()),
        installed_on: Known(date(2025, 3, 4)),
        ..Package::default()
    };
    let mut packages: Vec<Package> = (0..40 + dice(number, 5, 60))
        .map(|index| package(&format!("Gói phần mềm {index:03}"), &format!("1.{index}"), "Nhà cung cấp"))
        .collect();
    let browser =
        package("Google Chrome", if quality > 3 { "142.0.7444.60" } else { "109.0.5414.120" }, "Google LLC");
    let office = package("LibreOffice 25.8", "25.8.2.1", "The Document Foundation");
    packages.extend([browser.clone(), office.clone()]);
    facts.software.count = Known(i64::try_from(packages.len()).unwrap());
    facts.software.packages = Known(packages);
    facts.office.browsers = Known(vec![browser]);
    facts.office.suites = Known(vec![office]);
    facts.office.vietnamese_input = Known(vec!["UniKey 4.6".to_owned()]);
    facts.office.pdf_readers = Known(vec!["Foxit PDF Reader".to_owned()]);
    facts.software.unwanted = Known(if quality < 2 { vec!["uTorrent".to_owned()] } else { Vec::new() });
    facts
}

fn system(facts: &mut Facts, number: usize, hostname: &str, at: Timestamp, quality: usize) {
    let (name, version, build) = match quality {
        0 => ("Windows 7 Professional", "6.1.7601", 7601),
        1..=4 => ("Windows 10 Pro", "10.0.19045", 19_045),
        _ => ("Windows 11 Pro", "10.0.26200", 26_200),
    };
    facts.os.platform = Known(Platform::Windows);
    facts.os.id = Known("windows".to_owned());
    facts.os.name = Known(name.to_owned());
    facts.os.version = Known(Version::new(version));
    facts.os.edition = Known("Professional".to_owned());
    facts.os.installation_type = Known("Client".to_owned());
    facts.os.build = Known(build);
    facts.os.architecture = Known(Architecture::X86_64);
    facts.os.kernel = Known(Version::new(version));
    // Windows has its own opinion of itself; of the oldest it says nothing.
    if quality > 0 {
        let (rating, blockers) =
            if number % 7 == 3 { ("Red", vec!["Tpm".to_owned()]) } else { ("Green", vec![]) };
        facts.os.upgrade_rating = Known(rating.to_owned());
        facts.os.upgrade_blockers = Known(blockers);
    }
    facts.os.hostname = Known(hostname.to_owned());
    facts.os.installed_on = Known(date(2024, 2, 19));
    facts.os.started_at = Known(at - SignedDuration::from_mins(43));
    facts.os.language = Known("vi-VN".to_owned());
    facts.clock.zone = Known("SE Asia Standard Time".to_owned());
    facts.clock.utc_offset_minutes = Known(420);
    facts.clock.service = Known(true);
    facts.clock.synchronised = Known(quality != 4);
    facts.network.adapters = Known(vec![Adapter {
        name: Known("Ethernet".to_owned()),
        kind: Known(AdapterKind::Ethernet),
        mac: Known(format!("3c:52:82:00:10:{number:02x}")),
        up: Known(true),
        speed: Known(if quality == 3 { 100 } else { 1000 }),
        duplex: Known(Duplex::Full),
        ipv4: Known(vec![format!("10.38.93.{}", number + 10)]),
        ipv6: Fact::Absent,
        ..Adapter::default()
    }]);
    facts.network.default_routes = Known(1);
    facts.network.gateways = Known(vec!["10.38.93.1".to_owned()]);
    facts.network.resolvers = Known(vec!["10.38.0.53".to_owned(), "10.38.0.54".to_owned()]);
    facts.network.ipv6 = Known(false);
    facts.network.proxy = Fact::Absent;
}

fn hardware(facts: &mut Facts, number: usize, quality: usize) {
    const MODELS: &[(&str, &str)] = &[
        ("Dell Inc.", "OptiPlex 3060"),
        ("HP", "ProDesk 400 G6"),
        ("LENOVO", "ThinkCentre M70s"),
        ("FPT ELEAD", "FPT T8400i"),
    ];
    let (maker, model) = MODELS[dice(number, 7, MODELS.len())];
    facts.board.maker = Known(maker.to_owned());
    facts.board.model = Known(model.to_owned());
    facts.board.serial = Known(format!("VN{:06}", 310_000 + number * 37));
    facts.board.chassis = Known(Chassis::Desktop);
    facts.board.firmware_maker = Known("American Megatrends Inc.".to_owned());
    facts.board.firmware_version = Known("1.21.0".to_owned());
    facts.board.firmware_date = Known(date(2023, 6, 12));
    facts.board.firmware_mode = Known(if quality < 2 { FirmwareMode::Bios } else { FirmwareMode::Uefi });
    facts.board.uefi_capable = Known(true);
    facts.board.secure_boot_capable = Known(quality > 0);
    facts.board.secure_boot = Known(quality > 4);
    facts.board.tpm = if quality == 6 {
        Fact::Unknown(Reason::Denied)
    } else {
        Known(if quality < 2 {
            TpmState::Missing
        } else if quality < 4 {
            TpmState::Off
        } else {
            TpmState::On
        })
    };
    facts.board.tpm_version = if quality < 2 { Fact::Absent } else { Known(Version::new("2.0")) };
    facts.board.virtual_machine = Known(false);
    facts.cpu.name = Known("Intel(R) Core(TM) i3-8100 CPU @ 3.60GHz".to_owned());
    facts.cpu.maker = Known("GenuineIntel".to_owned());
    facts.cpu.architecture = Known(Architecture::X86_64);
    facts.cpu.packages = Known(1);
    facts.cpu.cores = Known(4);
    facts.cpu.threads = Known(4);
    facts.cpu.speed = Known(Mhz(3600));
    facts.cpu.family = Known(6);
    facts.cpu.model = Known(if quality < 2 { 58 } else { 158 });
    facts.cpu.stepping = Known(11);
    facts.cpu.features = Known(["sse4_2", "popcnt", "aes", "avx2"].map(str::to_owned).to_vec());
    let installed = [4, 4, 8, 8, 8, 16, 16, 8, 16, 16][quality] * GIB;
    facts.memory.installed = Known(Bytes(installed));
    facts.memory.visible = Known(Bytes(installed - 200 * 1024 * 1024));
    facts.memory.slots = Known(2);
    facts.memory.slots_free = Known(1);
    facts.memory.maximum = Known(Bytes(64 * GIB));
    facts.memory.modules = Known(vec![Module {
        slot: Known("DIMM1".to_owned()),
        size: Known(Bytes(installed)),
        kind: Known("DDR4".to_owned()),
        speed: Known(2666),
        maker: Known("Kingston".to_owned()),
        part: Fact::Absent,
    }]);
    let kind = if quality < 3 { DriveKind::Hdd } else { DriveKind::Ssd };
    let size = Bytes(if kind == DriveKind::Hdd { 500_107_862_016 } else { 256_060_514_304 });
    facts.disk.system_kind = Known(kind);
    facts.disk.system_size = Known(size);
    facts.disk.drives = Known(vec![Drive {
        name: Known("PhysicalDrive0".to_owned()),
        model: Known(if kind == DriveKind::Hdd { "ST500DM009" } else { "KINGSTON SNV2S250G" }.to_owned()),
        kind: Known(kind),
        bus: Known(if kind == DriveKind::Hdd { Bus::Sata } else { Bus::Nvme }),
        size: Known(size),
        fixed: Known(true),
        system: Known(true),
        health: if number % 9 == 4 {
            Fact::Unknown(Reason::NotSupported)
        } else {
            Known(if quality == 1 { Health::Failing } else { Health::Ok })
        },
        wear: Fact::Unknown(Reason::NotSupported),
        reallocated: Known(if quality == 1 { 184 } else { 0 }),
        ..Drive::default()
    }]);
    let free = Bytes(size.0 / 100 * i64::try_from(8 + quality * 7).unwrap());
    facts.disk.volumes = Known(vec![Volume {
        mount: Known("C:".to_owned()),
        filesystem: Known("NTFS".to_owned()),
        size: Known(size),
        free: Known(free),
        free_percent: Known(Percent(i64::try_from(8 + quality * 7).unwrap())),
        system: Known(true),
    }]);
}

fn security(facts: &mut Facts, number: usize, at: Timestamp, quality: usize) {
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let stale = if quality < 3 { 190 } else { 4 };
    facts.updates.manager = Known("windows_update".to_owned());
    facts.updates.checked_at = Known(at - days(stale / 4));
    facts.updates.installed_at = Known(at - days(stale));
    facts.updates.waiting = Known(if quality < 3 { 21 } else { 0 });
    facts.updates.waiting_security = Known(if quality < 3 { 9 } else { 0 });
    facts.updates.restart_pending = Known(number.is_multiple_of(6));
    facts.updates.automatic = Known(quality > 1);
    facts.antivirus.present = Known(true);
    facts.antivirus.real_time = Known(quality != 2);
    facts.antivirus.signatures_at = Known(at - days(if quality < 2 { 60 } else { 1 }));
    facts.antivirus.products = Known(vec![antivirus::Product {
        name: Known("Microsoft Defender Antivirus".to_owned()),
        version: Known(Version::new("4.18.25090.3009")),
        running: Known(true),
        real_time: Known(quality != 2),
        signatures_at: Known(at - days(1)),
        signatures_current: Known(quality > 1),
    }]);
    facts.firewall.product = Known("windows".to_owned());
    facts.firewall.enabled = Known(quality > 1);
    facts.firewall.blocks_incoming = Known(quality > 1);
    facts.firewall.profiles = Known(
        ["domain", "private", "public"]
            .map(|name| rules::facts::firewall::Profile {
                name: Known(name.to_owned()),
                enabled: Known(quality > 1 || name == "public"),
            })
            .to_vec(),
    );
    facts.encryption.system_protected =
        if quality == 8 { Fact::Unknown(Reason::Denied) } else { Known(quality > 6) };
    facts.encryption.volumes = Fact::Unknown(Reason::Denied);
    facts.accounts.users = Known(vec![Account {
        id: Known("9f2c51d0e7ab".to_owned()),
        built_in: Known(false),
        administrator: Known(quality < 5),
        enabled: Known(true),
        password: Known(Password::Set),
        last_sign_in: Known(super::format::day(at)),
    }]);
    facts.accounts.administrators = Known(if quality < 5 { 2 } else { 1 });
    facts.accounts.empty_passwords = Known(i64::from(quality == 0));
    facts.accounts.auto_sign_in = Known(quality == 1);
    facts.accounts.guest_enabled = Known(false);
    facts.accounts.password_length_min = Known(if quality < 6 { 0 } else { 8 });
    facts.accounts.lockout_tries = if quality < 5 { Fact::Absent } else { Known(5) };
    facts.accounts.screen_lock_minutes = if quality < 3 { Fact::Absent } else { Known(10) };
    facts.accounts.elevation_prompt = Known(true);
    let listener = |port, program: &str| Listener {
        transport: Known(Transport::Tcp),
        port: Known(port),
        reach: Known(Reach::Network),
        program: Known(program.to_owned()),
    };
    facts.exposure.listening = Known(vec![listener(135, "svchost.exe"), listener(445, "System")]);
    facts.exposure.open_ports = Known(2);
    facts.exposure.ssh_server = Known(false);
    facts.exposure.remote_desktop = Known(quality < 3);
    facts.exposure.smb1 = Known(quality == 0);
    facts.exposure.cleartext_services = Known(Vec::new());
    facts.exposure.open_shares = Known(i64::from(quality == 3));
    facts.exposure.remote_tools = Known(Vec::new());
    facts.exposure.hosts_overrides = Known(Vec::new());
    facts.exposure.roots_added = Known(0);
}

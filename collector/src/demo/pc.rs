//! One invented PC on real hardware: what it would answer on any day of its life.
//!
//! Everything about it is drawn once from its seed; a day only decides how far things have come. So its history is one
//! story, told again the same way.

use std::sync::LazyLock;

use fastrand::Rng;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use rules::assess::Role;
use rules::fact::Fact::{Absent, Known, Unknown};
use rules::fact::Reason;
use rules::facts::Facts;
use rules::facts::accounts::{Account, Elevation, Password};
use rules::facts::antivirus::Product;
use rules::facts::battery::Battery;
use rules::facts::board::{Chassis, FirmwareMode, TpmState};
use rules::facts::disk::{Bus, Drive, DriveKind, Health, Volume};
use rules::facts::display::{Display, Monitor};
use rules::facts::exposure::{Listener, Reach, RemoteTool, Transport};
use rules::facts::firewall::Profile;
use rules::facts::memory::Module;
use rules::facts::network::{Adapter, AdapterKind, Duplex};
use rules::facts::os::{Activation, Architecture, Platform};
use rules::facts::peripherals::{Connection, Printer, Scanner};
use rules::facts::software::Package;
use rules::quantity::{Bytes, GIB, Mhz, Percent, Version};
use serde::Deserialize;

/// One line of the table of real hardware.
#[derive(Debug, Deserialize)]
pub(super) struct Hardware {
    form: String,
    maker: String,
    model: String,
    board_maker: String,
    board_model: String,
    firmware_maker: String,
    firmware_version: String,
    firmware_date: Date,
    uefi: u8,
    cpu: String,
    cpu_maker: String,
    cpu_family: i64,
    cpu_model: i64,
    cpu_stepping: i64,
    cores: i64,
    threads: i64,
    mhz: i64,
    x64: u8,
    slots: i64,
    maximum_gib: i64,
    modules: String,
}

/// The table, oldest firmware first.
static HARDWARE: LazyLock<Vec<Hardware>> = LazyLock::new(|| {
    let mut reader = csv::Reader::from_reader(include_bytes!("../../demo/hardware.csv").as_slice());
    reader.deserialize().map(|row| row.expect("the table of hardware is read by a test")).collect()
});

/// What runs on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum System {
    Windows7,
    Windows10,
    Windows10Ltsc,
    Windows11 { build: i64 },
    Ubuntu,
}

/// One PC.
#[derive(Debug, Clone)]
pub(super) struct Pc {
    number: usize,
    /// Its name in the network.
    pub(super) hostname: String,
    role: Role,
    hardware: &'static Hardware,
    modules: Vec<(i64, String, i64)>,
    system: System,
    is_ssd: bool,
    disk: i64,
    free_percent: i64,
    /// How well it is looked after: 0 badly, 9 well.
    care: i64,
    antivirus: usize,
    packages: Vec<Package>,
    /// When another memory module came, if ever, in days before today.
    memory_added: Option<i64>,
    /// Since when its drive reports errors, in days before today.
    disk_fails: Option<i64>,
    /// Since when its antivirus is off, in days before today.
    antivirus_off: Option<i64>,
    is_domain_joined: bool,
    has_activator: bool,
    has_remote_tool: bool,
    has_office_licence: bool,
    /// Since when technicians have done what was asked of them, in days before today, and which remedies.
    tended: Option<(i64, Vec<String>)>,
}

/// Names of antivirus products that offices use.
const ANTIVIRUS: &[&str] = &[
    "Microsoft Defender Antivirus",
    "Kaspersky Endpoint Security",
    "Bkav Endpoint",
    "CMC Malware Detection and Defence",
];

/// Programs of an office PC, with a version and a publisher.
const PROGRAMS: &[(&str, &str, &str)] = &[
    ("7-Zip 24.09 (x64)", "24.09", "Igor Pavlov"),
    ("Adobe Acrobat Reader", "25.001.20756", "Adobe Systems Incorporated"),
    ("Microsoft Edge WebView2 Runtime", "142.0.3595.65", "Microsoft Corporation"),
    ("Microsoft Visual C++ 2015-2022 Redistributable (x64)", "14.44.35211.0", "Microsoft Corporation"),
    ("Microsoft Visual C++ 2013 Redistributable (x86)", "12.0.40664.0", "Microsoft Corporation"),
    ("Microsoft .NET Runtime - 8.0.21 (x64)", "64.84.24413", "Microsoft Corporation"),
    ("VGCA Sign Service", "1.2.0", "Ban Cơ yếu Chính phủ"),
    ("Bit4id - Universal MW", "1.4.10.764", "Bit4id"),
    ("Zalo", "25.10.2", "VNG Corp."),
    ("Foxit PDF Reader", "2025.2.0", "Foxit Software Inc."),
    ("VLC media player", "3.0.21", "VideoLAN"),
    ("Java 8 Update 471", "8.0.4710.9", "Oracle Corporation"),
    ("K-Lite Codec Pack", "19.2.5", "KLCP"),
    ("HP LaserJet Pro MFP", "50.7.4639", "HP Inc."),
    ("Canon LBP2900", "3.30", "Canon Inc."),
    ("MISA Mimosa.NET 2025", "R21", "Công ty cổ phần MISA"),
    ("HTKK", "5.4.6", "Tổng cục Thuế"),
    ("Realtek Audio Driver", "6.0.9652.1", "Realtek Semiconductor Corp."),
];

impl Pc {
    /// The PC of this number. Newer ones are drawn more often where `wealth`, 0 to 100, is high.
    pub(super) fn draw(seed: u64, number: usize, role: Role, wealth: i64, hostname: String) -> Pc {
        let mut rng = Rng::with_seed(seed ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        // Of two draws the newer or the older counts, as the unit is rich or poor.
        let (a, b) = (rng.usize(..HARDWARE.len()), rng.usize(..HARDWARE.len()));
        let hardware = &HARDWARE[if rng.i64(0..100) < wealth { a.max(b) } else { a.min(b) }];
        let modules: Vec<(i64, String, i64)> = hardware.modules.split(';').filter_map(module).collect();
        let year = i64::from(hardware.firmware_date.year());
        let installed: i64 = modules.iter().map(|(mib, _, _)| mib).sum();
        let is_eligible = year >= 2018 && hardware.uefi == 1;
        let system = match rng.i64(0..100) {
            0..=2 => System::Ubuntu,
            luck if year <= 2012 && luck < 45 || installed <= 2048 => System::Windows7,
            luck if is_eligible && luck < 75 => {
                System::Windows11 { build: [22_631, 26_100, 26_200][rng.usize(..3)] }
            }
            luck if luck > 94 => System::Windows10Ltsc,
            _ => System::Windows10,
        };
        let care = (rng.i64(0..10) + i64::from(wealth > 60)).min(9);
        let is_ssd = rng.i64(2008..2024) < year + care / 2 - 1;
        let mut packages: Vec<Package> = Vec::new();
        for (name, version, publisher) in PROGRAMS {
            if rng.i64(0..100) < 55 {
                packages.push(package(name, version, publisher));
            }
        }
        let some =
            |rng: &mut Rng, percent: i64, days: i64| (rng.i64(0..100) < percent).then(|| rng.i64(1..days));
        let mut pc = Pc {
            number,
            hostname,
            role,
            hardware,
            system,
            is_ssd,
            disk: if is_ssd {
                [120, 240, 256, 512][rng.usize(..4)]
            } else {
                [250, 320, 500, 1000][rng.usize(..4)]
            },
            free_percent: 6 + rng.i64(0..70),
            care,
            antivirus: if care > 2 { rng.usize(..ANTIVIRUS.len()) } else { 0 },
            packages,
            memory_added: some(&mut rng, 3, 80).filter(|_| (modules.len() as i64) < hardware.slots),
            disk_fails: if is_ssd { some(&mut rng, 1, 40) } else { some(&mut rng, 6, 60) },
            antivirus_off: some(&mut rng, if care < 3 { 30 } else { 2 }, 60),
            is_domain_joined: rng.i64(0..100) < wealth / 3,
            has_activator: care < 6 && rng.i64(0..100) < 30,
            has_remote_tool: rng.i64(0..100) < 38,
            has_office_licence: rng.i64(0..100) < 20 + wealth / 2,
            tended: None,
            modules,
        };
        pc.install(&mut rng);
        pc
    }

    /// Browser, office suite and what else is chosen by the state of the system.
    fn install(&mut self, rng: &mut Rng) {
        let is_old = self.system == System::Windows7;
        self.packages.push(match (is_old, self.care) {
            (true, _) => package("Google Chrome", "109.0.5414.120", "Google LLC"),
            (false, 0..=2) => package("Google Chrome", "131.0.6778.86", "Google LLC"),
            (false, _) if rng.bool() => package("Cốc Cốc", "140.0.7339.246", "Coc Coc Co., Ltd."),
            (false, _) => package("Google Chrome", "154.0.8037.61", "Google LLC"),
        });
        self.packages.push(match rng.i64(0..10) {
            0..=2 => {
                package("Microsoft Office Professional Plus 2010", "14.0.7015.1000", "Microsoft Corporation")
            }
            3..=5 => {
                package("Microsoft Office Professional Plus 2016", "16.0.4266.1001", "Microsoft Corporation")
            }
            6..=7 => package("Microsoft Office LTSC Standard 2024", "16.0.17932", "Microsoft Corporation"),
            _ => package("LibreOffice 26.2", "26.2.1.2", "The Document Foundation"),
        });
        if self.care < 2 {
            self.packages.push(package("uTorrent", "3.6.0.47134", "BitTorrent Limited"));
        }
        if self.has_remote_tool {
            self.packages.push(package("UltraViewer version 6.6.124", "6.6.124", "DucFabulous Co, Ltd"));
        }
        self.packages.sort_by(|a, b| a.name.cmp(&b.name));
    }

    /// What Windows says of its upgrade: the processor and the TPM as its makers list them, and a full drive.
    fn own_rating(&self) -> (&'static str, &'static [&'static str]) {
        match self.hardware.firmware_date.year() {
            ..2016 => ("Red", &["CpuFms", "TpmVersion"]),
            2016..2018 => ("Red", &["CpuFms"]),
            _ if self.free_percent < 10 => ("Red", &["SystemDriveTooFull"]),
            _ => ("Green", &[]),
        }
    }

    /// Whether it is Linux, which answers less.
    fn is_linux(&self) -> bool {
        self.system == System::Ubuntu
    }

    /// What it answers at this moment, which is so many days before today.
    pub(super) fn facts(&self, at: Timestamp, days_ago: i64) -> Facts {
        match &self.tended {
            Some((since, remedies)) if days_ago <= *since => {
                let mut facts = self.looked_after(*since, remedies).told(at, days_ago);
                facts.updates.restart_pending = Known(false);
                facts.office.legacy_fonts = Known(0);
                facts
            }
            Some(_) | None => self.told(at, days_ago),
        }
    }

    /// Technicians did this, so many days before today.
    pub(super) fn tend(&mut self, days_ago: i64, remedies: &[String]) {
        self.tended = Some((days_ago, remedies.to_vec()));
    }

    /// The same PC, looked after as well as one can, with the parts that were put in.
    fn looked_after(&self, since: i64, remedies: &[String]) -> Pc {
        let has = |remedy: &str| remedies.iter().any(|one| one == remedy);
        let mut pc = Pc { care: 9, antivirus_off: None, has_activator: false, ..self.clone() };
        if has("add-memory") && self.memory_added.is_none() {
            pc.memory_added = Some(since);
        }
        if has("add-ssd") || has("replace-disk") {
            (pc.is_ssd, pc.disk_fails, pc.disk) = (true, None, self.disk.max(240));
        }
        if has("free-space") {
            pc.free_percent = self.free_percent.max(45);
        }
        if has("remove-software") || has("remove-remote-tools") {
            pc.has_remote_tool = false;
            pc.packages.retain(|package| {
                package
                    .name
                    .known()
                    .is_none_or(|name| !name.starts_with("uTorrent") && !name.starts_with("UltraViewer"))
            });
        }
        pc
    }

    fn told(&self, at: Timestamp, days_ago: i64) -> Facts {
        let mut facts = Facts::all_unknown(&Reason::NotSupported);
        self.machine(&mut facts);
        self.system(&mut facts, at, days_ago);
        self.memory(&mut facts, days_ago);
        self.drives(&mut facts, days_ago);
        self.network(&mut facts);
        self.programs(&mut facts, at);
        self.guards(&mut facts, at, days_ago);
        self.people(&mut facts, at);
        self.table(&mut facts);
        facts
    }

    fn machine(&self, facts: &mut Facts) {
        let hardware = self.hardware;
        let text = |text: &str| if text.is_empty() { Absent } else { Known(text.to_owned()) };
        let is_uefi = hardware.uefi == 1 && self.system != System::Windows7;
        let year = hardware.firmware_date.year();
        let board = &mut facts.board;
        board.maker = text(&hardware.maker);
        board.model = text(&hardware.model);
        board.serial = if self.number.is_multiple_of(6) {
            Absent
        } else {
            Known(format!("VN{:07}", 3_100_000 + self.number))
        };
        board.board_maker = text(&hardware.board_maker);
        board.board_model = text(&hardware.board_model);
        board.firmware_maker = text(&hardware.firmware_maker);
        board.firmware_version = text(&hardware.firmware_version);
        board.firmware_date = Known(hardware.firmware_date);
        board.firmware_mode = Known(if is_uefi { FirmwareMode::Uefi } else { FirmwareMode::Bios });
        board.uefi_capable = Known(hardware.uefi == 1);
        board.secure_boot_capable = Known(hardware.uefi == 1 && year >= 2013);
        board.secure_boot = Known(is_uefi && year >= 2018);
        board.secure_boot_2023 = Known(is_uefi && self.care > 6);
        let tpm = match year {
            ..=2015 => TpmState::Missing,
            2016..=2018 if self.care < 6 => TpmState::Off,
            _ => TpmState::On,
        };
        board.tpm = Known(tpm);
        board.tpm_version = if tpm == TpmState::On { Known(Version::new("2.0")) } else { Absent };
        board.virtual_machine = Known(false);
        board.chassis = Known(match hardware.form.as_str() {
            "Notebook" => Chassis::Laptop,
            "All In One" => Chassis::AllInOne,
            "Mini Pc" => Chassis::Mini,
            _ => Chassis::Desktop,
        });
        let cpu = &mut facts.cpu;
        cpu.name = text(&hardware.cpu);
        cpu.maker = text(&hardware.cpu_maker);
        cpu.architecture = Known(if hardware.x64 == 1 { Architecture::X86_64 } else { Architecture::X86 });
        cpu.packages = Known(1);
        cpu.cores = Known(hardware.cores);
        cpu.threads = Known(hardware.threads);
        cpu.speed = Known(Mhz(hardware.mhz));
        cpu.family = Known(hardware.cpu_family);
        cpu.model = Known(hardware.cpu_model);
        cpu.stepping = Known(hardware.cpu_stepping);
        let features: &[&str] =
            if year >= 2011 { &["sse4_2", "popcnt", "aes", "virtualization"] } else { &["virtualization"] };
        cpu.features = Known(features.iter().map(|feature| (*feature).to_owned()).collect());
    }

    fn system(&self, facts: &mut Facts, at: Timestamp, days_ago: i64) {
        let (name, version, build, edition, id) = match self.system {
            System::Windows7 => ("Windows 7 Professional", "6.1.7601", 7601, "Professional", "windows"),
            System::Windows10 => ("Windows 10 Pro", "10.0.19045", 19_045, "Professional", "windows"),
            System::Windows10Ltsc => {
                ("Windows 10 Enterprise LTSC", "10.0.19044", 19_044, "EnterpriseS", "windows")
            }
            System::Windows11 { build: 22_631 } => {
                ("Windows 11 Pro", "10.0.22631", 22_631, "Professional", "windows")
            }
            System::Windows11 { build: 26_100 } => {
                ("Windows 11 Pro", "10.0.26100", 26_100, "Professional", "windows")
            }
            System::Windows11 { .. } => ("Windows 11 Pro", "10.0.26200", 26_200, "Professional", "windows"),
            System::Ubuntu => ("Ubuntu 24.04.3 LTS", "24.04", 0, "", "ubuntu"),
        };
        let os = &mut facts.os;
        os.platform = Known(if self.is_linux() { Platform::Linux } else { Platform::Windows });
        os.id = Known(id.to_owned());
        os.name = Known(name.to_owned());
        os.version = Known(Version::new(version));
        os.hostname = Known(self.hostname.clone());
        os.architecture =
            Known(if self.system == System::Windows7 { Architecture::X86 } else { Architecture::X86_64 });
        os.started_at = Known(at - SignedDuration::from_mins(17 + self.care * 11));
        os.language = Known(if self.number.is_multiple_of(4) { "vi-VN" } else { "en-US" }.to_owned());
        if !self.is_linux() {
            os.edition = Known(edition.to_owned());
            os.installation_type = Known("Client".to_owned());
            os.build = Known(build);
            os.activation = Known(if self.care == 0 { Activation::Unlicensed } else { Activation::Licensed });
            os.domain_joined = Known(self.is_domain_joined);
            // A few agencies pay for the updates after the end.
            let is_paid = self.care > 5 && self.number.is_multiple_of(3);
            os.extended_updates = Known(self.system == System::Windows10 && is_paid);
            // Windows looks at itself in the background, and not everywhere has it come round to it.
            if self.system == System::Windows10 && !self.number.is_multiple_of(4) {
                let (rating, blockers) = self.own_rating();
                os.upgrade_rating = Known(rating.to_owned());
                os.upgrade_blockers = Known(blockers.iter().map(|one| (*one).to_owned()).collect());
            }
            os.dotnet = Known(Version::new(if self.system == System::Windows7 { "4.5.2" } else { "4.8.1" }));
        }
        let clock = &mut facts.clock;
        clock.zone =
            Known(if self.is_linux() { "Asia/Ho_Chi_Minh" } else { "SE Asia Standard Time" }.to_owned());
        clock.utc_offset_minutes = Known(420);
        clock.service = Known(self.care > 0);
        clock.synchronised = Known(self.care > 1);
        // Well-kept PCs follow the monthly updates; the others fall behind further each day.
        let age = if self.care > 4 {
            3 + (at.as_second() / 86_400 + self.number as i64) % 28
        } else {
            400 - days_ago - self.care * 60
        };
        let age = SignedDuration::from_hours(24 * age.max(1));
        let updates = &mut facts.updates;
        updates.manager = Known(if self.is_linux() { "apt" } else { "windows_update" }.to_owned());
        updates.installed_at = Known(at - age);
        updates.checked_at = Known(at - SignedDuration::from_hours(if self.care > 4 { 20 } else { 24 * 40 }));
        updates.waiting = Known(if self.care > 4 { 0 } else { 5 + self.care * 3 });
        updates.waiting_security = Known(if self.care > 4 { 0 } else { 2 + self.care });
        updates.restart_pending = Known(self.number.is_multiple_of(7));
        updates.automatic = Known(self.care > 2);
        updates.service = Known(self.care > 1);
        updates.server = Absent;
    }

    fn memory(&self, facts: &mut Facts, days_ago: i64) {
        let mut modules = self.modules.clone();
        if self.memory_added.is_some_and(|added| days_ago <= added) {
            modules.extend(self.modules.first().cloned());
        }
        let installed = modules.iter().map(|(mib, _, _)| mib * 1024 * 1024).sum::<i64>();
        let memory = &mut facts.memory;
        memory.installed = Known(Bytes(installed));
        memory.visible = Known(Bytes(installed - installed / 32));
        memory.slots = Known(self.hardware.slots);
        memory.slots_free = Known((self.hardware.slots - modules.len() as i64).max(0));
        memory.maximum = if self.hardware.maximum_gib > 0 {
            Known(Bytes(self.hardware.maximum_gib * GIB))
        } else {
            Unknown(Reason::NotSupported)
        };
        let named = modules.iter().enumerate().map(|(slot, (mib, kind, speed))| Module {
            slot: Known(format!("DIMM{}", slot + 1)),
            size: Known(Bytes(mib * 1024 * 1024)),
            kind: Known(kind.clone()),
            speed: if *speed > 0 { Known(*speed) } else { Unknown(Reason::NotSupported) },
            maker: Absent,
            part: Absent,
        });
        memory.modules = Known(named.collect());
    }

    fn drives(&self, facts: &mut Facts, days_ago: i64) {
        let kind = if self.is_ssd { DriveKind::Ssd } else { DriveKind::Hdd };
        let size = Bytes(self.disk * 1_000_000_000);
        let is_failing = self.disk_fails.is_some_and(|since| days_ago <= since);
        let free = (self.free_percent + days_ago / 12).min(90);
        let disk = &mut facts.disk;
        disk.system_kind = Known(kind);
        disk.system_size = Known(size);
        disk.drives = Known(vec![Drive {
            name: Known(if self.is_linux() { "sda" } else { "PhysicalDrive0" }.to_owned()),
            model: Known(if self.is_ssd { "KINGSTON SA400S37" } else { "WDC WD5000AAKX" }.to_owned()),
            kind: Known(kind),
            bus: Known(Bus::Sata),
            size: Known(size),
            fixed: Known(true),
            system: Known(true),
            health: Known(if is_failing { Health::Failing } else { Health::Ok }),
            wear: if self.is_ssd { Known(Percent(self.care * 3)) } else { Absent },
            reallocated: Known(if is_failing { 96 } else { 0 }),
            hours: Known(2_000 + (2026 - i64::from(self.hardware.firmware_date.year())) * 2_100),
        }]);
        disk.volumes = Known(vec![Volume {
            mount: Known(if self.is_linux() { "/" } else { "C:" }.to_owned()),
            filesystem: Known(if self.is_linux() { "ext4" } else { "NTFS" }.to_owned()),
            size: Known(size),
            free: Known(Bytes(size.0 / 100 * free)),
            free_percent: Known(Percent(free)),
            system: Known(true),
        }]);
        facts.encryption.system_protected = Known(self.is_domain_joined && self.hardware.form == "Notebook");
        facts.battery = if self.hardware.form == "Notebook" {
            let health = (100 - (2026 - i64::from(self.hardware.firmware_date.year())) * 7).max(20);
            Battery {
                present: Known(true),
                design: Known(45_000),
                full: Known(450 * health),
                health: Known(Percent(health)),
                cycles: Unknown(Reason::NotSupported),
            }
        } else {
            Battery { present: Known(false), design: Absent, full: Absent, health: Absent, cycles: Absent }
        };
    }

    fn network(&self, facts: &mut Facts) {
        let (high, low) = (self.number / 240 % 250, self.number % 240 + 10);
        let network = &mut facts.network;
        network.adapters = Known(vec![Adapter {
            name: Known(if self.is_linux() { "enp3s0" } else { "Ethernet" }.to_owned()),
            kind: Known(AdapterKind::Ethernet),
            mac: Known(format!(
                "3c:52:82:{:02x}:{:02x}:{:02x}",
                self.number >> 16 & 255,
                self.number >> 8 & 255,
                self.number & 255
            )),
            up: Known(true),
            speed: Known(if self.care < 3 { 100 } else { 1000 }),
            duplex: Known(Duplex::Full),
            wifi_signal: Absent,
            wifi_security: Absent,
            ipv4: Known(vec![format!("10.38.{high}.{low}")]),
            ipv6: Absent,
        }]);
        network.default_routes = Known(if self.care == 1 { 2 } else { 1 });
        network.gateways = Known(vec![format!("10.38.{high}.1")]);
        network.resolvers = Known(vec!["10.38.0.53".to_owned()]);
        network.ipv6 = Known(false);
        network.proxy = Absent;
    }

    fn programs(&self, facts: &mut Facts, at: Timestamp) {
        let of = |names: &[&str]| -> Vec<Package> {
            let has = |package: &&Package| {
                package.name.known().is_some_and(|name| names.iter().any(|start| name.starts_with(start)))
            };
            self.packages.iter().filter(has).cloned().collect()
        };
        let names = |packages: Vec<Package>| -> Vec<String> {
            packages.into_iter().filter_map(|package| package.name.known().cloned()).collect()
        };
        facts.software.sources = Known(vec![if self.is_linux() { "dpkg" } else { "windows" }.to_owned()]);
        facts.software.count = Known(self.packages.len() as i64);
        facts.software.packages = Known(self.packages.clone());
        facts.software.unwanted = Known(names(of(&["uTorrent"])));
        let office = &mut facts.office;
        office.suites = Known(of(&["Microsoft Office", "LibreOffice"]));
        // Who looks after a PC keeps its browser new; the others are as old as the installation.
        let age = if self.care > 2 { 12 + self.number as i64 % 30 } else { 60 + self.number as i64 % 200 };
        let built_on = crate::judge::day(at - SignedDuration::from_hours(24 * age));
        let dated = |browser| Package { built_on: Known(built_on), ..browser };
        office.browsers = Known(of(&["Google Chrome", "Cốc Cốc"]).into_iter().map(dated).collect());
        office.pdf_readers = Known(names(of(&["Adobe Acrobat", "Foxit"])));
        office.vietnamese_input = Known(if self.care > 0 { vec!["UniKey".to_owned()] } else { Vec::new() });
        office.times_new_roman = Known(!self.is_linux());
        office.legacy_fonts = Known(if self.number.is_multiple_of(3) { 42 } else { 0 });
        if !self.is_linux() {
            office.activation =
                Known(if self.has_office_licence { Activation::Licensed } else { Activation::Unlicensed });
        }
    }

    fn guards(&self, facts: &mut Facts, at: Timestamp, days_ago: i64) {
        let is_on = self.antivirus_off.is_none_or(|since| days_ago > since) && !self.is_linux();
        let signatures = at - SignedDuration::from_hours(if self.care > 2 && is_on { 9 } else { 24 * 33 });
        let antivirus = &mut facts.antivirus;
        antivirus.present = Known(!self.is_linux());
        antivirus.real_time = Known(is_on);
        antivirus.signatures_at = if self.is_linux() { Absent } else { Known(signatures) };
        let name = ANTIVIRUS.get(self.antivirus).copied().unwrap_or("Microsoft Defender Antivirus");
        antivirus.products = Known(if self.is_linux() {
            Vec::new()
        } else {
            vec![Product {
                name: Known(name.to_owned()),
                version: Unknown(Reason::NotSupported),
                running: Known(is_on),
                real_time: Known(is_on),
                signatures_at: Known(signatures),
                signatures_current: Known(self.care > 2 && is_on),
            }]
        });
        let firewall = &mut facts.firewall;
        firewall.product = Known(if self.is_linux() { "ufw" } else { "windows" }.to_owned());
        firewall.enabled = Known(self.care > 1);
        firewall.blocks_incoming = Known(self.care > 1);
        firewall.profiles = Known(
            ["domain", "private", "public"]
                .map(|name| Profile {
                    name: Known(name.to_owned()),
                    enabled: Known(self.care > 1 || name == "public"),
                })
                .to_vec(),
        );
        let exposure = &mut facts.exposure;
        let listener = |port, program: &str| Listener {
            transport: Known(Transport::Tcp),
            port: Known(port),
            reach: Known(Reach::Network),
            program: Known(program.to_owned()),
        };
        exposure.listening = Known(vec![listener(135, "svchost.exe"), listener(445, "System")]);
        exposure.open_ports = Known(2);
        exposure.ssh_server = Known(self.is_linux());
        exposure.remote_desktop = Known(self.care < 2);
        exposure.remote_desktop_nla = Known(self.care > 0);
        exposure.remote_desktop_public = Known(self.care == 0);
        exposure.smb1 = Known(self.system == System::Windows7);
        exposure.cleartext_services = Known(Vec::new());
        exposure.open_shares = Known(i64::from(self.care == 3));
        exposure.remote_tools = Known(if self.has_remote_tool {
            vec![RemoteTool {
                name: Known("UltraViewer".to_owned()),
                running: Known(self.number.is_multiple_of(2)),
                starts_by_itself: Known(self.care < 4),
            }]
        } else {
            Vec::new()
        });
        exposure.hosts_overrides = Known(Vec::new());
        exposure.roots_added = Known(0);
        if !self.is_linux() {
            use rules::facts::exposure::{Autorun, Suspicion};
            exposure.autorun = Known(if self.care > 5 { Autorun::Off } else { Autorun::Partial });
            exposure.activator =
                Known(if self.has_activator { Suspicion::Confirmed } else { Suspicion::None });
            exposure.activator_traces =
                Known(if self.has_activator { vec!["kms_host_local".to_owned()] } else { Vec::new() });
            exposure.log_oldest_at = Known(at - SignedDuration::from_hours(24 * (6 + self.care * 9)));
        }
    }

    fn people(&self, facts: &mut Facts, at: Timestamp) {
        let is_administrator = self.care < 5;
        let accounts = &mut facts.accounts;
        accounts.users = Known(vec![Account {
            id: Known(format!("{:016x}", self.number)),
            built_in: Known(false),
            administrator: Known(is_administrator),
            enabled: Known(true),
            password: Known(if self.care == 0 { Password::Empty } else { Password::Set }),
            last_sign_in: Known(crate::judge::day(at)),
        }]);
        accounts.administrators = Known(if is_administrator { 2 } else { 1 });
        accounts.empty_passwords = Known(i64::from(self.care == 0));
        accounts.auto_sign_in = Known(self.care == 0);
        accounts.guest_enabled = Known(false);
        accounts.password_length_min = Known(if self.care > 5 { 8 } else { 0 });
        accounts.lockout_tries = if self.care > 5 { Known(5) } else { Absent };
        accounts.screen_lock_minutes = if self.care > 3 { Known(15) } else { Absent };
        accounts.elevation_prompt = Known(self.care > 0);
        accounts.elevation = Known(if self.care > 1 { Elevation::On } else { Elevation::Weak });
        accounts.user_is_administrator = Known(is_administrator);
    }

    /// What stands on the table.
    fn table(&self, facts: &mut Facts) {
        let is_wide = i64::from(self.hardware.firmware_date.year()) + self.care > 2017;
        let (width, height) = if is_wide { (1920, 1080) } else { (1366, 768) };
        facts.display = Display {
            screens: Known(1),
            width: Known(width),
            height: Known(height),
            monitors: Known(vec![Monitor {
                maker: Known("DEL".to_owned()),
                model: Known(if is_wide { "DELL E2220H" } else { "DELL E1916H" }.to_owned()),
                year: Known(i64::from(self.hardware.firmware_date.year())),
                width: Known(width),
                height: Known(height),
                diagonal: Known(if is_wide { 215 } else { 185 }),
            }]),
            ..Display::all_unknown(&Reason::NotSupported)
        };
        let (printer, scanner) = match self.role {
            Role::Clerk => (self.care > 0, self.care > 2),
            Role::Counter => (self.care > 1, self.care > 3),
            Role::Leader | Role::Officer => (self.number.is_multiple_of(3), false),
            Role::Server => (false, false),
        };
        facts.peripherals.printers = Known(if printer {
            vec![Printer {
                driver: Known("Canon LBP2900".to_owned()),
                connection: Known(Connection::Usb),
                default: Known(true),
            }]
        } else {
            Vec::new()
        });
        facts.peripherals.scanners = Known(if scanner {
            vec![Scanner {
                model: Known("Canon DR-C225".to_owned()),
                connection: Known(Connection::Usb),
                feeder: Known(self.care > 4),
                colour: Known(true),
                resolution_dpi: Known(600),
            }]
        } else {
            Vec::new()
        });
        facts.peripherals.ups = Known(false);
        facts.peripherals.cameras = Known(i64::from(self.hardware.form == "Notebook"));
    }
}

fn module(text: &str) -> Option<(i64, String, i64)> {
    let mut words = text.split(' ');
    let mib = words.next()?.parse().ok()?;
    let kind = words.next()?.to_owned();
    Some((mib, kind, words.next()?.parse().ok()?))
}

fn package(name: &str, version: &str, publisher: &str) -> Package {
    Package {
        name: Known(name.to_owned()),
        version: Known(Version::new(version)),
        publisher: Known(publisher.to_owned()),
        ..Package::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_table_is_read() {
        assert!(HARDWARE.len() > 400, "{}", HARDWARE.len());
        for hardware in HARDWARE.iter() {
            let modules = hardware.modules.split(';').map(module);
            assert!(modules.clone().all(|module| module.is_some()), "{}", hardware.modules);
            assert!(hardware.slots >= 1 && hardware.cores >= 1, "{hardware:?}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_pc_and_its_history_is_one_story() {
        let at: Timestamp = "2026-11-22T01:00:00Z".parse().unwrap();
        let pc = |seed, number| Pc::draw(seed, number, Role::Clerk, 50, format!("PC-{number}"));
        assert_eq!(pc(1, 7).facts(at, 0), pc(1, 7).facts(at, 0));
        assert_ne!(pc(1, 7).facts(at, 0).board, pc(2, 7).facts(at, 0).board);
        for number in 0..300 {
            let pc = pc(1, number);
            let installed = |days| pc.facts(at, days).memory.installed.known().copied().unwrap();
            assert!(installed(90) <= installed(0), "memory is added, never taken: {number}");
            let free =
                |days| pc.facts(at, days).disk.volumes.known().unwrap()[0].free.known().copied().unwrap();
            assert!(free(90) >= free(0), "a drive fills: {number}");
        }
    }
}

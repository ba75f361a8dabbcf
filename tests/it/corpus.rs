//! The probes of Windows on dumps of real PCs, where the corpus is there (`SANSANG_CORPUS` names its folder).
//!
//! The dumps are under a licence that keeps them out of this project: they are read where they lie, and here stands
//! only what should come out, counted and in short words. Each dump holds a part of a PC, so most facts are unknown.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent::host::Host;
use agent::host::answers::{
    Among, Cell, Device, Key, LocalUser, Query, RegistryValue, Row, Service, ServiceStart,
};
use agent::probe::survey;
use expect_test::{Expect, expect};
use jiff::Timestamp;
use rules::fact::Fact;
use rules::facts::Facts;
use rules::facts::identity::Evidence;
use rules::facts::os::Platform;
use rules::report::Report;
use tests::dump::{Dump, decode, rows};

/// The folder of this part of the corpus.
fn corpus(part: &str, test: &str) -> Option<PathBuf> {
    let Ok(corpus) = std::env::var("SANSANG_CORPUS") else {
        println!("skipped: {test} needs SANSANG_CORPUS");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs SANSANG_CORPUS");
        return None;
    };
    Some(Path::new(&corpus).join(part))
}

/// The files of a scenario: `SCENARIO-CLASS.wmi`, `SCENARIO-KEY.reg`, `SCENARIO.reg`.
fn files(folder: &Path, scenario: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for part in ["registry", "wmi"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap().to_owned();
            // A class of WMI has no dash in its name, so 10 is not 10-net.
            let own = match part {
                "wmi" => stem.rsplit_once('-').is_some_and(|(name, _)| name == scenario),
                _ => {
                    stem == scenario || stem.strip_prefix(scenario).is_some_and(|rest| rest.starts_with('-'))
                }
            };
            if own {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Surveys a PC of the corpus, and compares what `told` says of it.
fn check(scenario: &str, told: impl FnOnce(&Facts, &mut String), expected: Expect) {
    check_assuming(scenario, |_| {}, told, expected);
}

/// As [`check`], where the dump lacks what this says.
fn check_assuming(
    scenario: &str,
    assume: impl FnOnce(&mut Dump),
    told: impl FnOnce(&Facts, &mut String),
    expected: Expect,
) {
    let Some(folder) = corpus("windows/glpi-agent", scenario) else { return };
    let files = files(&folder, scenario);
    assert!(!files.is_empty(), "the corpus has nothing of {scenario}");
    let mut dump = Dump::new();
    for file in &files {
        dump.read(file);
    }
    assume(&mut dump);
    let report = survey(Arc::new(dump), Platform::Windows, "2026-11-22T00:00:00Z".parse().unwrap());
    assert_no_panic(&report);
    assert_in_time(&report);
    let mut text = String::new();
    told(&report.facts, &mut text);
    expected.assert_eq(&text);
}

fn assert_no_panic(report: &Report) {
    for note in &report.notes {
        assert!(!note.text.contains("panicked"), "{}: {}", note.area, note.text);
    }
}

/// A machine that stands still for as long as a deadline loses an answer, and is told apart from a wrong answer.
fn assert_in_time(report: &Report) {
    let late = report.notes.iter().find(|note| note.text.contains("did not answer"));
    assert!(late.is_none(), "this machine was too busy for the deadlines of a survey: {late:?}");
}

/// A fact in short: its value, `absent` or `unknown`.
fn short<T: std::fmt::Debug>(fact: &Fact<T>) -> String {
    match fact {
        Fact::Known(value) => format!("{value:?}"),
        Fact::Absent => "absent".to_owned(),
        Fact::Unknown(_) => "unknown".to_owned(),
    }
}

#[test]
fn every_dump_of_the_corpus_is_surveyed_without_a_panic() {
    let Some(folder) = corpus("windows/glpi-agent", "every_dump_of_the_corpus_is_surveyed_without_a_panic")
    else {
        return;
    };
    let mut surveyed = 0;
    for part in ["registry", "wmi"] {
        for entry in std::fs::read_dir(folder.join(part)).unwrap() {
            let mut dump = Dump::new();
            dump.read(&entry.unwrap().path());
            assert_no_panic(&survey(Arc::new(dump), Platform::Windows, Timestamp::UNIX_EPOCH));
            surveyed += 1;
        }
    }
    assert!(surveyed >= 60, "{surveyed} dumps");
}

#[test]
fn an_export_of_the_registry_is_read_with_its_types() {
    let mut dump = Dump::new();
    dump.read_registry(
        "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\A]\r\n@=\"own\"\r\n\
         \"Text\"=\"a \\\"b\\\" c:\\\\d\"\r\n\"Number\"=dword:0000000a\r\n\"Bytes\"=hex:01,02,\\\r\n  03\r\n\
         \"Wide\"=hex(2):25,00,61,00,25,00,00,00\r\n\"Broken\"=hex:0g\r\n\"No end\r\n\r\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\A\\Below]\r\n[HKEY_SOMETHING\\X]\r\n\"Lost\"=\"x\"\r\n\
         [HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432Node\\A]\r\n\"Number\"=dword:00000020\r\n",
    );
    let wide = Key::wide(r"HKLM\Software\a");
    let value = |name: &str| dump.registry_value(wide, name).unwrap();
    assert_eq!(value(""), Some(RegistryValue::Text("own".to_owned())));
    assert_eq!(value("text"), Some(RegistryValue::Text(r#"a "b" c:\d"#.to_owned())));
    assert_eq!(value("Number"), Some(RegistryValue::U32(10)));
    assert_eq!(value("Bytes"), Some(RegistryValue::Bytes(vec![1, 2, 3])));
    assert_eq!(value("Wide"), Some(RegistryValue::Expand("%a%".to_owned())));
    assert_eq!(value("Broken"), None);
    assert_eq!(dump.registry_values(wide).unwrap().unwrap().len(), 5);
    assert_eq!(dump.registry_keys(wide), Ok(Some(vec!["Below".to_owned()])));
    let narrow = dump.registry_value(Key::narrow(r"HKLM\SOFTWARE\A"), "Number");
    assert_eq!(narrow, Ok(Some(RegistryValue::U32(32))), "each view has its own");
    assert_eq!(dump.registry_keys(Key::wide(r"HKLM\SOFTWARE\A\Nothing")), Ok(None));
    assert!(
        dump.registry_keys(Key::wide(r"HKLM\SOFTWARE\Other")).is_err(),
        "what was not exported is not absent"
    );
}

#[test]
fn a_list_of_wmic_is_read_into_rows() {
    let text = "\r\r\nName=C:\r\r\nSize=100\r\r\nOff=\r\r\nOn=TRUE\r\r\nList={\"a\",\"b\"}\r\r\nId={0-1}\r\r\n\r\r\n\r\r\n\
                Name=D:\r\r\nSize=-1\r\r\nBuildNumber=7601\r\r\nText=R&amp;D\r\r\n";
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [
        bytes.clone(),
        [vec![0xff, 0xfe], bytes.clone()].concat(),
        [vec![0xff, 0xfe, 0xff, 0xfe], bytes].concat(),
    ] {
        let rows = rows(&decode(&bytes));
        assert_eq!(rows.len(), 2, "{rows:?}");
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(rows[0]["Size"], Cell::Number(100));
        assert_eq!((&rows[0]["Off"], &rows[0]["On"]), (&Cell::Null, &Cell::Flag(true)));
        assert_eq!(rows[0]["List"], Cell::List(vec![text("a"), text("b")]));
        assert_eq!(rows[0]["Id"], text("{0-1}"));
        assert_eq!(rows[1]["Size"], Cell::Negative(-1));
        assert_eq!(rows[1]["BuildNumber"], text("7601"), "a text may look like a number");
        assert_eq!(rows[1]["Text"], text("R&D"));
    }
}

#[test]
fn a_dump_answers_questions_as_wmi_does() {
    let Some(folder) = corpus("windows/glpi-agent", "a_dump_answers_questions_as_wmi_does") else { return };
    let mut dump = Dump::new();
    dump.read(&folder.join("wmi/7-Win32_PhysicalMemory.wmi"));
    let query =
        |class, filter| Query { namespace: r"ROOT\CIMV2", class, columns: &["Capacity", "Nothing"], filter };
    let all = dump.wmi(&query("Win32_PhysicalMemory", "")).unwrap().unwrap();
    assert_eq!(all.len(), 2);
    assert!(all.iter().all(|row| row.len() == 1 && matches!(row["Capacity"], Cell::Number(_))), "{all:?}");
    assert_eq!(dump.wmi(&query("Win32_PhysicalMemory", "Capacity = 1")), Ok(Some(Vec::new())));
    assert!(dump.wmi(&query("Win32_Battery", "")).is_err(), "what was not listed is not absent");
}

#[test]
fn an_office_pc_with_windows_10_has_its_firewall_on_in_all_profiles() {
    check_assuming(
        "10",
        |dump| {
            dump.assume_service("MpsSvc", Service { running: true, start: ServiceStart::Automatic });
            dump.assume_asked(r"HKLM\SOFTWARE\Policies\Microsoft\WindowsFirewall");
        },
        |facts, text| {
            let firewall = &facts.firewall;
            writeln!(text, "enabled {}", short(&firewall.enabled)).unwrap();
            writeln!(text, "blocks what comes in {}", short(&firewall.blocks_incoming)).unwrap();
            for profile in firewall.profiles.known().unwrap() {
                writeln!(text, "{} {}", short(&profile.name), short(&profile.enabled)).unwrap();
            }
        },
        expect![[r#"
            enabled true
            blocks what comes in true
            "domain" true
            "private" true
            "public" true
        "#]],
    );
}

#[test]
fn a_desktop_with_windows_7_has_one_processor_of_four_cores() {
    check(
        "7",
        |facts, text| {
            let cpu = &facts.cpu;
            writeln!(text, "cores {} threads {}", short(&cpu.cores), short(&cpu.threads)).unwrap();
            writeln!(text, "packages {} at {}", short(&cpu.packages), short(&cpu.speed)).unwrap();
        },
        expect![[r#"
            cores 4 threads 4
            packages 1 at Mhz(2801)
        "#]],
    );
}

#[test]
fn a_server_has_all_its_cores_counted() {
    check(
        "2019-amd-epyc",
        |facts, text| {
            let cpu = &facts.cpu;
            writeln!(text, "cores {} threads {}", short(&cpu.cores), short(&cpu.threads)).unwrap();
            writeln!(text, "packages {}", short(&cpu.packages)).unwrap();
        },
        expect![[r#"
            cores 2 threads 4
            packages 1
        "#]],
    );
}

/// Each drive in short.
fn drives(facts: &Facts, text: &mut String) {
    for drive in facts.disk.drives.known().unwrap() {
        writeln!(
            text,
            "{} {} {} {} fixed {} health {}",
            short(&drive.model),
            short(&drive.kind),
            short(&drive.bus),
            short(&drive.size),
            short(&drive.fixed),
            short(&drive.health)
        )
        .unwrap();
    }
}

/// What the pieces of evidence of one kind are worth.
fn evidence(facts: &Facts, text: &mut String, kind: Evidence) {
    for piece in facts.identity.evidence.known().unwrap() {
        if piece.kind == Fact::Known(kind) {
            writeln!(text, "{} {}", kind.word(), short(&piece.worth)).unwrap();
        }
    }
}

#[test]
fn a_notebook_has_its_fast_drive_told() {
    check(
        "latitude-7480",
        |facts, text| {
            drives(facts, text);
            evidence(facts, text, Evidence::DiskSerial);
        },
        expect![[r#"
            "PC300 NVMe SK hynix 512GB" Ssd Nvme Bytes(512105932800) fixed true health Ok
            disk_serial Trustworthy
        "#]],
    );
}

#[test]
fn a_virtual_machine_with_windows_7_has_virtual_drives() {
    check(
        "win7-sp1-x64",
        |facts, text| {
            drives(facts, text);
            evidence(facts, text, Evidence::DiskSerial);
        },
        expect![[r#"
            "VBOX HARDDISK ATA Device" Virtual Sata Bytes(107372805120) fixed true health unknown
            "Msft Virtual Disk SCSI Disk Device" Virtual unknown Bytes(98703360) fixed true health unknown
            disk_serial Trustworthy
        "#]],
    );
}

#[test]
fn a_server_has_all_its_sixteen_drives_counted() {
    check(
        "2008-Enterprise",
        |facts, text| {
            let drives = facts.disk.drives.known().unwrap();
            let sizes: i64 = drives.iter().filter_map(|drive| drive.size.known()).map(|size| size.0).sum();
            let kinds: std::collections::BTreeSet<String> =
                drives.iter().map(|drive| short(&drive.kind)).collect();
            let worth = facts.identity.evidence.known().unwrap();
            let serials = worth.iter().filter(|piece| piece.kind == Fact::Known(Evidence::DiskSerial));
            writeln!(text, "{} drives of {sizes} bytes, {kinds:?}", drives.len()).unwrap();
            writeln!(text, "{} serial numbers", serials.count()).unwrap();
        },
        expect![[r#"
            16 drives of 209308700250 bytes, {"Virtual"}
            16 serial numbers
        "#]],
    );
}

#[test]
fn a_drive_that_only_the_storage_management_lists_is_not_made_up() {
    check(
        "win10-edu-2020-fr",
        |facts, text| writeln!(text, "drives {}", short(&facts.disk.drives.as_ref().map(Vec::len))).unwrap(),
        expect![[r#"
            drives unknown
        "#]],
    );
}

#[test]
fn addresses_of_adapters_that_stay_in_the_pc() {
    // Of six adapters that call themselves hardware, one is on the board; a line on the USB and a tunnel are not.
    check(
        "10-net",
        |facts, text| evidence(facts, text, Evidence::Mac),
        expect![[r#"
            mac Trustworthy
        "#]],
    );
    // Whoever published this one made its address that of a group.
    check(
        "vpn-down",
        |facts, text| evidence(facts, text, Evidence::Mac),
        expect![[r#"
            mac Junk
        "#]],
    );
}

#[test]
fn an_office_suite_of_2016_is_licensed_by_volume() {
    check_assuming(
        "office_2016_01",
        // The dump has the suite's registration and not the list of programs.
        |dump| {
            for asked in [
                r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun",
                r"HKLM\SOFTWARE\Microsoft\Office\15.0\ClickToRun",
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall",
                r"HKU",
            ] {
                dump.assume_asked(asked);
            }
            dump.read_registry(
                "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall]\r\n\
                 [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{90160000-0011-0000-1000-0000000FF1CE}]\r\n\
                 \"DisplayName\"=\"Microsoft Office Professionnel Plus 2016\"\r\n\"DisplayVersion\"=\"16.0.4266.1001\"\r\n\
                 [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\r\n\"CurrentBuild\"=\"19045\"\r\n\
                 [HKEY_USERS]\r\n[HKEY_USERS\\.DEFAULT]\r\n",
            );
        },
        |facts, text| {
            let office = &facts.office;
            writeln!(text, "{} {}", short(&office.activation), short(&office.licence_channel)).unwrap();
            for suite in office.suites.known().unwrap_or_else(|| panic!("{:?}", office.suites)) {
                writeln!(text, "{} {}", short(&suite.name), short(&suite.version)).unwrap();
            }
        },
        expect![[r#"
            Licensed "Volume:GVLK"
            "Microsoft Office 2016 (Professional Plus)" Version("16.0.4266.1001")
        "#]],
    );
}

#[test]
fn the_list_of_programs_of_a_developer() {
    check_assuming(
        "mssql",
        |dump| {
            dump.assume_asked("HKU");
            dump.read_registry("[HKEY_USERS]\r\n[HKEY_USERS\\.DEFAULT]\r\n");
        },
        |facts, text| {
            let software = &facts.software;
            writeln!(text, "count {} unwanted {}", short(&software.count), short(&software.unwanted))
                .unwrap();
            for package in software.packages.known().unwrap_or_else(|| panic!("{:?}", software.packages)) {
                writeln!(text, "{}", short(&package.name)).unwrap();
            }
        },
        expect![[r#"
            count 7 unwanted []
            "FusionInventory Agent 2.4.x-build-26 (x64 edition)"
            "Git version 2.12.2.2"
            "Microsoft SQL Server 2005"
            "Microsoft SQL Server 2008"
            "Microsoft SQL Server 2017"
            "Mozilla Firefox 57.0.2 (fr)"
            "Strawberry Perl (64-bit)"
        "#]],
    );
}

/// Graphics adapters whose drivers have these keys.
fn graphics(scenario: &str, keys: &[&str], expected: Expect) {
    const CLASS: &str = "{4d36e968-e325-11ce-bfc1-08002be10318}";
    let device = |key: &&str| Device {
        id: r"PCI\VEN".to_owned(),
        name: Some(format!("adapter {key}")),
        class: Some(CLASS.to_owned()),
        service: None,
        driver: Some(format!(r"{CLASS}\{key}")),
        present: true,
        arrived_at: None,
        removed_at: None,
    };
    check_assuming(
        scenario,
        |dump| dump.assume_devices(Among::Class(CLASS), keys.iter().map(device).collect()),
        |facts, text| {
            for adapter in facts.display.graphics.known().unwrap() {
                writeln!(
                    text,
                    "{} {} {}",
                    short(&adapter.name),
                    short(&adapter.memory),
                    short(&adapter.driver)
                )
                .unwrap();
            }
        },
        expected,
    );
}

#[test]
fn the_memory_of_graphics_adapters_in_all_the_forms_of_drivers() {
    // More than 4 GiB have no room in the older number, and an older driver writes its number as bytes.
    graphics(
        "amd-radeon-rx6600xt",
        &["0000", "0001", "0002"],
        expect![[r#"
            "adapter 0000" Bytes(4294967296) Version("27.21.14.5671")
            "adapter 0001" Bytes(8573157376) Version("30.0.21023.1015")
            "adapter 0002" unknown Version("10.0.19041.1865")
        "#]],
    );
    graphics(
        "intel+nvidia",
        &["0000", "0001"],
        expect![[r#"
            "adapter 0000" Bytes(2147483648) Version("30.0.15.1215")
            "adapter 0001" Bytes(1073741824) Version("20.19.15.4624")
        "#]],
    );
}

#[test]
fn a_suite_of_2010_among_the_many_that_it_could_be() {
    // The registration names every edition and trial that the one product could be licensed as.
    let suites = |facts: &Facts, text: &mut String| match facts.office.suites.known() {
        Some(suites) => {
            for suite in suites {
                writeln!(text, "{} {}", short(&suite.name), short(&suite.version)).unwrap();
            }
        }
        None => writeln!(text, "{}", short(&facts.office.suites)).unwrap(),
    };
    check(
        "office_2010_2",
        suites,
        expect![[r#"
            unknown
        "#]],
    );
    check_assuming(
        "office_2010_2",
        |dump| {
            for asked in [
                r"HKLM\SOFTWARE\Microsoft\Office\ClickToRun",
                r"HKLM\SOFTWARE\Microsoft\Office\15.0\ClickToRun",
                r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Office\ClickToRun",
                r"HKLM\SOFTWARE\Wow6432Node\Microsoft\Office\15.0\ClickToRun",
                r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall",
                r"HKU",
            ] {
                dump.assume_asked(asked);
            }
            // The product code of the registration, as the list of programs has it beside it.
            dump.read_registry(
                "[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall]\r\n\
                 [HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall]\r\n\
                 [HKEY_LOCAL_MACHINE\\SOFTWARE\\Wow6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{90140000-003D-0000-0000-0000000FF1CE}]\r\n\
                 \"DisplayName\"=\"Microsoft Office Single Image 2010\"\r\n\"DisplayVersion\"=\"14.0.6029.1000\"\r\n\
                 [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]\r\n\"CurrentBuild\"=\"7601\"\r\n\
                 [HKEY_USERS]\r\n[HKEY_USERS\\.DEFAULT]\r\n",
            );
        },
        suites,
        expect![[r#"
            "Microsoft Office 2010 (Home and Business)" Version("14.0.6029.1000")
        "#]],
    );
}

/// The local accounts that the list of WMI has.
fn listed_users(dump: &Dump) -> Vec<LocalUser> {
    let query = Query {
        namespace: r"ROOT\CIMV2",
        class: "Win32_UserAccount",
        columns: &["SID", "Disabled", "Lockout", "PasswordRequired"],
        filter: "",
    };
    let flag = |row: &Row, column: &str| row[column] == Cell::Flag(true);
    let user = |row: Row| {
        let Cell::Text(sid) = &row["SID"] else { panic!("{row:?}") };
        LocalUser {
            rid: sid.rsplit('-').next().unwrap().parse().unwrap(),
            sid: sid.clone(),
            disabled: flag(&row, "Disabled"),
            locked: flag(&row, "Lockout"),
            password_not_required: !flag(&row, "PasswordRequired"),
            password_age_seconds: None,
            last_sign_in: None,
        }
    };
    dump.wmi(&query).unwrap().unwrap().into_iter().map(user).collect()
}

/// The accounts in short.
fn accounts(facts: &Facts, text: &mut String) {
    let accounts = &facts.accounts;
    for user in accounts.users.known().unwrap_or(&Vec::new()) {
        writeln!(
            text,
            "built in {} administrator {} enabled {} password {}",
            short(&user.built_in),
            short(&user.administrator),
            short(&user.enabled),
            short(&user.password)
        )
        .unwrap();
    }
    writeln!(
        text,
        "administrators {} guest {}",
        short(&accounts.administrators),
        short(&accounts.guest_enabled)
    )
    .unwrap();
    writeln!(text, "who works is an administrator: {}", short(&accounts.user_is_administrator)).unwrap();
}

#[test]
fn accounts_of_a_member_of_a_domain_by_number_and_not_by_name() {
    // "Administrateur" and "Invité"; whoever signed in last is told by name alone, which says nothing.
    check_assuming(
        "7-AD",
        |dump| {
            let users = listed_users(dump);
            assert_eq!(users.len(), 2);
            let administrator = users[0].sid.clone();
            dump.assume_users(users);
            dump.assume_members("S-1-5-32-544", &[&administrator, "S-1-5-21-1-2-3-512"]);
            dump.assume_asked("HKU");
            dump.read_registry(
                "[HKEY_USERS]\r\n[HKEY_USERS\\.DEFAULT]\r\n\
                 [HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Cryptography]\r\n\"MachineGuid\"=\"made-up\"\r\n",
            );
        },
        accounts,
        expect![[r#"
            built in true administrator true enabled true password unknown
            administrators 1 guest false
            who works is an administrator: unknown
        "#]],
    );
}

#[test]
fn who_works_on_a_notebook_of_an_azure_directory() {
    const AN_ACCOUNT: &str = "S-1-12-1-1778064242-1251273316-772277320-2482684374";
    let with = |members: &[&str], expected: Expect| {
        check_assuming(
            "11-AzureAD",
            |dump| {
                dump.assume_members("S-1-5-32-544", members);
                dump.assume_asked("HKU");
                dump.read_registry("[HKEY_USERS]\r\n[HKEY_USERS\\.DEFAULT]\r\n");
            },
            accounts,
            expected,
        );
    };
    // Its own number is in the group, or that of a role of the directory is, whose people the PC does not know.
    with(
        &["S-1-5-21-1-2-3-500", AN_ACCOUNT],
        expect![[r#"
        administrators unknown guest unknown
        who works is an administrator: true
    "#]],
    );
    with(
        &["S-1-5-21-1-2-3-500", "S-1-12-1-1-2-3-4"],
        expect![[r#"
        administrators unknown guest unknown
        who works is an administrator: unknown
    "#]],
    );
}

/// The devices that the registry keeps of the USB, as Windows lists them: those that are started have a key for it.
fn usb_devices(dump: &Dump) -> Vec<Device> {
    const USB: &str = r"HKLM\SYSTEM\CurrentControlSet\Enum\USB";
    let mut devices = Vec::new();
    for kind in dump.registry_keys(Key::wide(USB)).unwrap().unwrap() {
        let folder = format!(r"{USB}\{kind}");
        for instance in dump.registry_keys(Key::wide(&folder)).unwrap().unwrap() {
            let key = format!(r"{folder}\{instance}");
            let text = |name: &str| match dump.registry_value(Key::wide(&key), name).unwrap() {
                Some(RegistryValue::Text(text)) => Some(text),
                Some(_) | None => None,
            };
            devices.push(Device {
                id: format!(r"USB\{}", kind.to_uppercase()),
                // @usb.inf,%text%;Text
                name: text("DeviceDesc").map(|name| name.rsplit(';').next().unwrap().to_owned()),
                class: text("ClassGUID").map(|class| class.to_lowercase()),
                service: text("Service"),
                driver: text("Driver"),
                present: dump.registry_keys(Key::wide(&format!(r"{key}\Control"))).unwrap().is_some(),
                arrived_at: None,
                removed_at: None,
            });
        }
    }
    devices
}

/// What stands on the table, by the USB of a dump alone.
fn table(scenario: &str, expected: Expect) {
    const IMAGES: &str = "{6bdd1fc6-810f-11d0-bec7-08002be2092f}";
    const CAMERAS: &str = "{ca3e7ab9-b4c3-4ae6-8251-579ef933890f}";
    const READERS: &str = "{50dd5230-ba8a-11d1-bf5d-0000f805f530}";
    const BATTERIES: &str = "{72631e54-78a4-11d0-bcf7-00aa00b7b32a}";
    check_assuming(
        scenario,
        |dump| {
            let devices = usb_devices(dump);
            for class in [IMAGES, CAMERAS, READERS, BATTERIES] {
                let own = devices.iter().filter(|device| device.class.as_deref() == Some(class));
                dump.assume_devices(Among::Class(class), own.cloned().collect());
            }
            dump.assume_devices(Among::Enumerator("USB"), devices);
        },
        |facts, text| {
            let (table, signing) = (&facts.peripherals, &facts.signing);
            writeln!(text, "readers of codes {}", short(&table.id_readers)).unwrap();
            writeln!(text, "cameras {} power supply {}", short(&table.cameras), short(&table.ups)).unwrap();
            writeln!(text, "scanners {}", short(&table.scanners.as_ref().map(Vec::len))).unwrap();
            writeln!(text, "tokens {}", short(&signing.tokens.as_ref().map(Vec::len))).unwrap();
            writeln!(text, "card readers {}", short(&signing.readers)).unwrap();
            writeln!(text, "a token is there {}", short(&signing.token_present)).unwrap();
        },
        expected,
    );
}

#[test]
fn what_was_plugged_in_and_what_is() {
    // A camera was on this one once.
    table(
        "7",
        expect![[r#"
        readers of codes unknown
        cameras 0 power supply unknown
        scanners 0
        tokens 0
        card readers []
        a token is there false
    "#]],
    );
    // A counter: a reader of codes is there, and the camera of a notebook was.
    table(
        "7bis",
        expect![[r#"
        readers of codes ["Honeywell / Metrologic"]
        cameras 0 power supply unknown
        scanners 0
        tokens 0
        card readers []
        a token is there false
    "#]],
    );
    // Sticks and printers for labels.
    table(
        "xppro1",
        expect![[r#"
        readers of codes unknown
        cameras 0 power supply unknown
        scanners 0
        tokens 0
        card readers []
        a token is there false
    "#]],
    );
    // Two kinds of card readers and a scanner were there once, and none is.
    table(
        "xppro2",
        expect![[r#"
        readers of codes unknown
        cameras 0 power supply unknown
        scanners 0
        tokens 0
        card readers []
        a token is there false
    "#]],
    );
}

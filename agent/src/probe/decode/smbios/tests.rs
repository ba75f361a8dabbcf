//! Tables made up and real.

use std::path::Path;

use proptest::prelude::{any, proptest};
use serde_json::Value;

use super::*;

/// A structure: type, fields from offset 4 on, strings.
fn structure(kind: u8, fields: &[u8], strings: &[&str]) -> Vec<u8> {
    let length = u8::try_from(fields.len() + 4).unwrap();
    // The handle is the type in its high byte.
    let mut bytes = vec![kind, length, 0, kind];
    bytes.extend(fields);
    for string in strings {
        bytes.extend(string.bytes());
        bytes.push(0);
    }
    bytes.push(0);
    if strings.is_empty() {
        bytes.push(0);
    }
    bytes
}

fn read(structures: &[Vec<u8>]) -> Smbios {
    Smbios::read(Firmware { major: 3, minor: 0, table: structures.concat() })
        .map_err(|text| panic!("{text}"))
        .unwrap()
}

fn end() -> Vec<u8> {
    structure(127, &[], &[])
}

fn array(use_: u8, maximum_kib: u32, slots: u16) -> Vec<u8> {
    let mut fields = vec![3, use_, 3];
    fields.extend(maximum_kib.to_le_bytes());
    fields.extend([0xfe, 0xff]);
    fields.extend(slots.to_le_bytes());
    structure(16, &fields, &[])
}

/// A memory device of the array with handle 16 (0x1000).
fn device(size: u16) -> Vec<u8> {
    let mut fields = vec![0x00, 0x10, 0xfe, 0xff, 64, 0, 64, 0];
    fields.extend(size.to_le_bytes());
    fields.extend([9, 0, 1, 0, 0x1A, 0, 0]);
    fields.extend(2400_u16.to_le_bytes());
    structure(17, &fields, &["DIMM 0"])
}

fn installed(sizes: &[u16], maximum_kib: u32) -> Memory {
    let mut structures = vec![array(3, maximum_kib, u16::try_from(sizes.len()).unwrap())];
    structures.extend(sizes.iter().map(|size| device(*size)));
    structures.push(end());
    read(&structures).memory()
}

#[test]
fn memory_is_the_sum_of_the_modules() {
    let memory = installed(&[8192, 0, 4096, 0], 32 * 1024 * 1024);
    assert_eq!(memory.installed, Fact::Known(Bytes(12 * GIB)));
    assert_eq!((memory.slots, memory.slots_free), (Fact::Known(4), Fact::Known(2)));
    assert_eq!(memory.maximum, Fact::Known(Bytes(32 * GIB)));
    let modules = memory.modules.known().unwrap().clone();
    assert_eq!(modules.len(), 2);
    assert_eq!(modules[0].kind, Fact::Known("DDR4".to_owned()));
    assert_eq!(modules[0].speed, Fact::Known(2400));
}

#[test]
fn a_size_that_the_firmware_does_not_know_spoils_the_sum() {
    let memory = installed(&[8192, 0xffff], 32 * 1024 * 1024);
    assert_eq!(memory.installed, Fact::failed("the firmware does not know the size of a memory module"));
    assert_eq!(memory.slots_free, Fact::Known(0), "something is in the slot");
}

#[test]
fn a_maximum_below_what_is_installed_is_no_maximum() {
    let memory = installed(&[8192, 8192], 8 * 1024 * 1024);
    assert_eq!(memory.installed, Fact::Known(Bytes(16 * GIB)));
    assert!(matches!(memory.maximum, Fact::Unknown(Reason::Failed(_))));
}

#[test]
fn a_table_that_is_cut_short_knows_what_it_has() {
    let system = structure(1, &[1, 2, 0, 3], &["Dell Inc.", "OptiPlex 3070", "5XYZ123"]);
    let mut table = [system, array(3, 1024, 2), device(8192)].concat();
    table.pop();
    let smbios = read(&[table]);
    assert_eq!(smbios.system().model, Fact::Known("OptiPlex 3070".to_owned()));
    assert_eq!(smbios.memory().installed, Fact::failed("the firmware table is cut short"));
    assert_eq!(smbios.case().chassis, Fact::failed("the firmware table is cut short"));
    assert!(Smbios::read(Firmware { major: 3, minor: 0, table: vec![1, 2] }).is_err());
}

#[test]
fn placeholders_are_absent() {
    for junk in [
        "To be filled by O.E.M.",
        "To Be Filled By O.E.M. by more",
        "Default string",
        "System Serial Number",
        "0",
        "00000000",
        "  ",
        "",
        "None",
        "Not Specified",
        "XXXXXXXXXX",
        "........",
        "123456789",
        "0123456789",
        "1111111",
        "INVALID",
    ] {
        assert_eq!(serial(junk), Fact::Absent, "{junk:?}");
    }
    for real in ["PF1ABCDE", "5CG9123ABC", "BN1004GH10075", "/9XYZ123/CNCMC0098200AB/", "1234567891"] {
        assert_eq!(serial(real), Fact::Known(real.to_owned()), "{real:?}");
    }
    assert_eq!(name("System Product Name"), Fact::Absent);
    assert_eq!(name(" OptiPlex 3070\t"), Fact::Known("OptiPlex 3070".to_owned()));
    assert_eq!(name("H61M-DS2"), Fact::Known("H61M-DS2".to_owned()));
}

fn check_uuid(bytes: [u8; 16], expected: Option<&str>) {
    let mut fields = vec![0, 0, 0, 0];
    fields.extend(bytes);
    fields.push(6);
    let smbios = read(&[structure(1, &fields, &[]), end()]);
    assert_eq!(smbios.system().uuid, Fact::known_or_absent(expected.map(str::to_owned)));
}

#[test]
fn uuids_as_the_system_writes_them() {
    check_uuid(
        [0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff],
        Some("00112233-4455-6677-8899-aabbccddeeff"),
    );
    check_uuid([0; 16], None);
    check_uuid([0xff; 16], None);
    check_uuid([0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8, 0, 9], None);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(major in any::<u8>(), minor in any::<u8>(), table in proptest::collection::vec(any::<u8>(), 0..400)) {
        decode(major, minor, table);
    }

    #[test]
    fn no_damage_makes_it_panic(at in 0_usize..120, byte in any::<u8>(), cut in 0_usize..130) {
        let system = structure(1, &[1, 2, 0, 3], &["Dell Inc.", "OptiPlex 3070", "5XYZ123"]);
        let mut table = [system, array(3, 1024, 2), device(8192), end()].concat();
        if let Some(place) = table.get_mut(at) {
            *place = byte;
        }
        table.truncate(cut);
        decode(3, 0, table);
    }
}

/// Asks for everything.
fn decode(major: u8, minor: u8, table: Vec<u8>) {
    if let Ok(smbios) = Smbios::read(Firmware { major, minor, table }) {
        drop((smbios.bios(), smbios.system(), smbios.baseboard(), smbios.case(), smbios.memory()));
        drop(smbios.tpm_version());
    }
}

/// A file of the corpus: the table alone, or a dump with the entry point before it.
fn dump(bytes: &[u8]) -> Firmware {
    let version = match bytes {
        [b'_', b'S', b'M', b'3', b'_', _, _, major, minor, ..] => Some((*major, *minor)),
        [b'_', b'S', b'M', b'_', _, _, major, minor, ..] => Some((*major, *minor)),
        _ => None,
    };
    match version {
        Some((major, minor)) => Firmware { major, minor, table: bytes[32..].to_vec() },
        None => Firmware { major: 2, minor: 8, table: bytes.to_vec() },
    }
}

#[derive(Debug, PartialEq)]
struct Seen {
    maker: Fact<String>,
    model: Fact<String>,
    serial: Fact<String>,
    board: [Fact<String>; 2],
    slots: usize,
    installed_mib: i64,
    maximum_mib: i64,
}

fn seen(smbios: &Smbios) -> Seen {
    let (system, board, memory) = (smbios.system(), smbios.baseboard(), smbios.memory());
    Seen {
        board: [board.maker, board.model],
        maximum_mib: memory.maximum.known().map_or(0, |bytes| bytes.0 / MIB),
        maker: system.maker,
        model: system.model,
        serial: system.serial,
        slots: memory.slots.known().map_or(0, |slots| usize::try_from(*slots).unwrap()),
        installed_mib: memory.installed.known().map_or(0, |bytes| bytes.0 / MIB),
    }
}

/// What dmidecode prints.
fn of_dmidecode(text: &str) -> Seen {
    let blocks = || text.split("\n\n").map(|block| block.lines().map(str::trim).collect::<Vec<_>>());
    let of = |title: &str| blocks().filter(|block| block.get(1) == Some(&title)).collect::<Vec<_>>();
    let value = |block: &[&str], key: &str| {
        block
            .iter()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix(": "))
            .unwrap_or_default()
            .to_owned()
    };
    let system = of("System Information").remove(0);
    let arrays: Vec<String> = of("Physical Memory Array")
        .iter()
        .filter(|array| value(array, "Use") == "System Memory")
        .map(|array| array[0].split(',').next().unwrap().trim_start_matches("Handle ").to_owned())
        .collect();
    let devices: Vec<_> = of("Memory Device")
        .into_iter()
        .filter(|device| arrays.contains(&value(device, "Array Handle")))
        .collect();
    let mib = |device: &[&str]| mib_of(&value(device, "Size"));
    let boards = of("Base Board Information");
    let board = main_board(&boards, &value);
    let maximum: i64 = of("Physical Memory Array")
        .iter()
        .filter(|array| value(array, "Use") == "System Memory")
        .map(|array| mib_of(&value(array, "Maximum Capacity")))
        .sum();
    Seen {
        board: ["Manufacturer", "Product Name"].map(|key| name(&value(board, key))),
        maximum_mib: maximum,
        maker: name(&value(&system, "Manufacturer")),
        model: name(&value(&system, "Product Name")),
        serial: serial(&value(&system, "Serial Number")),
        slots: devices.len(),
        installed_mib: devices.iter().map(|device| mib(device)).sum(),
    }
}

/// The board that says it is the main one, else the first.
fn main_board<'a, 'b>(
    boards: &'b [Vec<&'a str>],
    value: &impl Fn(&[&'a str], &str) -> String,
) -> &'b [&'a str] {
    boards.iter().find(|board| value(board, "Type") == "Motherboard").unwrap_or(&boards[0])
}

/// A size as dmidecode prints it.
fn mib_of(size: &str) -> i64 {
    match size.split_once(' ') {
        Some((count, "TB")) => count.parse::<i64>().unwrap() * 1024 * 1024,
        Some((count, "GB")) => count.parse::<i64>().unwrap() * 1024,
        Some((count, "MB")) => count.parse().unwrap(),
        _ => 0,
    }
}

/// What dmidecode says of firmware and case, which the other decoder does not tell.
fn case_of_dmidecode(text: &str) -> [Option<String>; 4] {
    let of = |title: &str, key: &str| {
        let block = text.split("\n\n").find(|block| block.lines().any(|line| line == title))?;
        let line = block.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": "))?;
        Some(line.trim().to_owned())
    };
    [
        of("BIOS Information", "Vendor"),
        of("BIOS Information", "Version"),
        of("BIOS Information", "Release Date"),
        of("Chassis Information", "Type"),
    ]
}

fn case_of(smbios: &Smbios) -> [Option<String>; 4] {
    let bios = smbios.bios();
    let chassis = smbios.case().chassis.known().map(|chassis| {
        let word = match chassis {
            Chassis::Desktop => "Desktop",
            Chassis::Laptop => "Notebook",
            Chassis::Server => "Main Server Chassis",
            other => other.word(),
        };
        word.to_owned()
    });
    [bios.maker.known().cloned(), bios.version.known().cloned(), bios.date.known().cloned(), chassis]
}

/// What another decoder prints as JSON.
fn of_json(text: &str) -> Seen {
    let json: Value = serde_json::from_str(text).unwrap();
    let system = |key: &str| json["SystemInformation"][key].as_str().unwrap().to_owned();
    let board = |key: &str| json["BaseboardInformation"][key].as_str().unwrap().to_owned();
    let array = &json["PhysicalMemoryArray"];
    let maximum_kib = match array["MaximumCapacity"].as_i64().unwrap() {
        0x8000_0000 => array["ExtendedMaximumCapacity"].as_i64().unwrap() / 1024,
        kib => kib,
    };
    let devices = json["MemoryDevices"].as_array().unwrap();
    let mib = |device: &Value| match device["Size"].as_i64().unwrap() {
        0x7fff => device["ExtendedSize"].as_i64().unwrap(),
        mib => mib,
    };
    Seen {
        board: ["Manufacturer", "Product"].map(|key| name(&board(key))),
        maximum_mib: maximum_kib / 1024,
        maker: name(&system("Manufacturer")),
        model: name(&system("ProductName")),
        serial: serial(&system("SerialNumber")),
        slots: devices.len(),
        installed_mib: devices.iter().map(mib).sum(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a test that reads the corpus, where there is one")]
#[test]
fn tables_of_the_corpus_agree_with_other_decoders() {
    let Ok(corpus) = std::env::var("SANSANG_CORPUS") else {
        println!("skipped: SANSANG_CORPUS is not set");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs SANSANG_CORPUS");
        return;
    };
    let (mut tables, mut compared) = (0, 0);
    for folder in ["go-smbios", "u-root"] {
        for entry in std::fs::read_dir(Path::new(&corpus).join("smbios").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if !matches!(path.extension().and_then(|end| end.to_str()), Some("dmi" | "bin")) {
                continue;
            }
            tables += 1;
            let firmware = dump(&std::fs::read(&path).unwrap());
            decode(firmware.major, firmware.minor, firmware.table.clone());
            let answer = match (path.with_extension("json"), path.with_extension("orig.txt")) {
                (json, _) if json.exists() => of_json(&std::fs::read_to_string(json).unwrap()),
                (_, text) if text.exists() => of_dmidecode(&std::fs::read_to_string(text).unwrap()),
                _ => continue,
            };
            compared += 1;
            let smbios = Smbios::read(firmware).map_err(|text| panic!("{path:?}: {text}")).unwrap();
            assert_eq!(seen(&smbios), answer, "{path:?}");
            if let Ok(text) = std::fs::read_to_string(path.with_extension("orig.txt")) {
                assert_eq!(case_of(&smbios), case_of_dmidecode(&text), "{path:?}");
            }
        }
    }
    assert!(tables >= 9 && compared >= 7, "{tables} tables, {compared} compared");
}

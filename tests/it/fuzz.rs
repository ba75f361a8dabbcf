//! Everything that reads bytes from outside, fed with damaged ones: files and answers of a PC, firmware tables,
//! screens, the health logs of drives, values of WMI, envelopes, join codes, rule sets, lists of units. Nothing may panic.
//!
//! The corpus gives more to damage where it is there. Longer runs: `SANSANG_FUZZ_ROUNDS=100000 cargo test -p
//! sansang-tests --test it fuzz::`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent::host::Firmware;
use agent::host::answers::{Cell, RegistryValue};
use agent::host::cim;
use agent::host::recorded::{Bytes, Recorded, Recording};
use agent::probe::decode::edid::Edid;
use agent::probe::decode::smart;
use agent::probe::decode::smbios::Smbios;
use agent::probe::survey;
use collector::lang::Lang;
use collector::sheet::File;
use jiff::Timestamp;
use ring::rand::SystemRandom;
use rules::condition::words::Tongue;
use rules::envelope::{self, Bundle, SigningKey};
use rules::facts::os::Platform;
use rules::join::JoinCode;
use rules::lifecycle::Lifecycle;
use rules::report::Report;
use rules::ruleset::{self, RuleSet};
use rules::wire::JoinRequest;
use serde_json::{Value, json};
use tests::fuzz::{Luck, damage, damage_text, rounds};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the root").to_owned()
}

/// Files of a folder whose names end so, sorted.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().is_some_and(|path| path.ends_with(ending)))
        .collect();
    files.sort();
    files
}

/// Files of the corpus, where it is there.
fn of_corpus(folder: &str, ending: &str) -> Vec<Vec<u8>> {
    let Ok(corpus) = std::env::var("SANSANG_CORPUS") else { return Vec::new() };
    files(&Path::new(&corpus).join(folder), ending).iter().map(|file| std::fs::read(file).unwrap()).collect()
}

fn recordings() -> Vec<String> {
    let recordings: Vec<String> = files(&root().join("agent/recordings"), ".json")
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap())
        .collect();
    assert!(recordings.len() >= 6, "{} recordings", recordings.len());
    recordings
}

fn play(host: Recorded) -> Report {
    let platform = match host.recording.platform.as_str() {
        "windows" => Platform::Windows,
        _ => Platform::Linux,
    };
    survey(Arc::new(host), platform, Timestamp::UNIX_EPOCH)
}

/// The survey catches panics, and tells of them.
fn assert_no_probe_was_lost(report: &Report) {
    for note in &report.notes {
        let lost = note.text.contains("panicked") || note.text.contains("did not answer");
        assert!(!lost, "{}: {}", note.area, note.text);
    }
}

#[test]
fn files_that_are_damaged_never_cost_an_area() {
    let recordings: Vec<Recorded> = recordings().iter().map(|text| Recording::load(text).unwrap()).collect();
    rounds(150, |luck| {
        let mut host = luck.pick(&recordings).clone();
        for said in host.recording.files.values_mut() {
            let agent::host::recorded::Said::Answered(Some(bytes)) = said else { continue };
            if luck.once_in(3) {
                let mut damaged = bytes.read().unwrap();
                damage(&mut damaged, luck);
                *bytes = Bytes::new(&damaged);
            }
        }
        for said in host.recording.runs.values_mut() {
            if let agent::host::recorded::Said::Answered(Some(output)) = said {
                output.stdout = damage_text(&output.stdout, luck);
            }
        }
        assert_no_probe_was_lost(&play(host));
    });
}

/// Numbers that programs stumble over.
const STONES: &[i128] = &[
    0,
    1,
    -1,
    255,
    65_535,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    i64::MAX as i128,
    u64::MAX as i128,
    i64::MIN as i128,
];

/// Makes one answer odd: another number, another text, another type, something left out, something twice.
fn bend(value: &mut Value, luck: &mut Luck) {
    match value {
        Value::Null if luck.once_in(3) => *value = json!("null"),
        Value::Null => {}
        Value::Bool(flag) => *value = if luck.once_in(4) { Value::Null } else { json!(!*flag) },
        Value::Number(_) => {
            *value = match luck.below(6) {
                0 => Value::Null,
                1 => json!("7"),
                2 => json!(0.5),
                _ => match *luck.pick(STONES) {
                    stone if stone < 0 => json!(i64::try_from(stone).unwrap()),
                    stone => json!(u64::try_from(stone).unwrap()),
                },
            }
        }
        Value::String(text) => {
            *value = match luck.below(8) {
                0 => Value::Null,
                1 => json!(1),
                2 => json!(""),
                3 => json!("\u{fffd}".repeat(3)),
                4 => json!("x".repeat(70_000)),
                _ => json!(damage_text(text, luck)),
            }
        }
        Value::Array(items) => match luck.below(5) {
            0 => items.clear(),
            1 => drop(items.pop()),
            2 if !items.is_empty() => items.push(items[0].clone()),
            _ => {
                for item in items.iter_mut() {
                    if luck.once_in(2) {
                        bend(item, luck);
                    }
                }
            }
        },
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            if names.is_empty() {
                return;
            }
            let name = luck.pick(&names).clone();
            // A value of the registry has its type as its only name.
            if names.len() == 1 && ["text", "expand", "u32", "u64", "bytes"].contains(&name.as_str()) {
                let odd = [
                    json!({"text": damage_text("C:\\Windows", luck)}),
                    json!({"text": ""}),
                    json!({"u32": u32::MAX}),
                    json!({"u64": u64::MAX}),
                    json!({"texts": []}),
                    json!({"expand": "%"}),
                    json!({"bytes": ""}),
                    json!({"bytes": "AP8B"}),
                ];
                *value = luck.pick(&odd).clone();
            } else if luck.once_in(3) {
                fields.remove(&name);
            } else if let Some(inner) = fields.get_mut(&name) {
                bend(inner, luck);
            }
        }
    }
}

#[test]
fn answers_of_the_wrong_kind_never_cost_an_area() {
    let recordings: Vec<Value> =
        recordings().iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    let mut played = 0;
    rounds(400, |luck| {
        let mut recording = luck.pick(&recordings).clone();
        for part in ["asked", "volumes", "addresses", "memory", "owners", "running", "folders", "links"] {
            let Some(answers) = recording.get_mut(part) else { continue };
            match answers {
                Value::Object(answers) => {
                    for answer in answers.values_mut() {
                        if luck.once_in(4) {
                            bend(answer, luck);
                        }
                    }
                }
                answer => bend(answer, luck),
            }
        }
        // What is no recording any more is refused.
        if let Ok(host) = Recording::load(&recording.to_string()) {
            played += 1;
            assert_no_probe_was_lost(&play(host));
        }
    });
    assert!(played > 0, "no damaged recording could be played");
}

#[test]
fn recordings_that_are_damaged_are_refused_or_play() {
    let recordings = recordings();
    rounds(200, |luck| {
        let recording: &String = luck.pick(&recordings);
        let text = damage_text(recording, luck);
        drop(Recording::load(&text));
    });
}

#[test]
fn firmware_tables() {
    let mut tables: Vec<Vec<u8>> = [("go-smbios", ".dmi"), ("u-root", ".bin")]
        .iter()
        .flat_map(|(folder, ending)| of_corpus(&format!("smbios/{folder}"), ending))
        // A dump has the entry point before the table.
        .map(|bytes| if bytes.starts_with(b"_SM") { bytes[32..].to_vec() } else { bytes })
        .collect();
    for text in recordings() {
        if let agent::host::recorded::Said::Answered(Some(table)) =
            Recording::load(&text).unwrap().recording.firmware
        {
            tables.push(table.table.read().unwrap());
        }
    }
    assert!(!tables.is_empty());
    rounds(3_000, |luck| {
        let mut table = luck.pick(&tables).clone();
        damage(&mut table, luck);
        let [major, minor, ..] = luck.number().to_le_bytes();
        if let Ok(smbios) = Smbios::read(Firmware { major: major % 4, minor: minor % 9, table }) {
            drop((smbios.bios(), smbios.system(), smbios.baseboard(), smbios.case(), smbios.memory()));
            drop(smbios.tpm_version());
        }
    });
}

#[test]
fn screens() {
    let mut screens = of_corpus("edid", ".bin");
    // A block with its mark and its checksum, for where there is no corpus.
    let mut block = vec![0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0x10, 0xac, 0x55, 0xa0];
    block.resize(127, 1);
    block.push(block.iter().fold(0_u8, |sum, byte| sum.wrapping_sub(*byte)));
    screens.push(block);
    rounds(3_000, |luck| {
        let mut screen = luck.pick(&screens).clone();
        damage(&mut screen, luck);
        if let Ok(edid) = Edid::read(&screen) {
            drop((edid.resolution(), edid.diagonal(), edid.is_whole()));
        }
    });
}

/// A sector as drives have them: attributes from the second byte on, twelve bytes each.
fn sector(luck: &mut Luck) -> Vec<u8> {
    // Attributes that are weighed: bad sectors, hours, wear, and ends of life of several makers.
    const IDS: &[u8] = &[1, 5, 9, 169, 173, 177, 187, 197, 198, 202, 231, 232, 233, 241];
    let mut sector = vec![0; 512];
    for at in 0..luck.below(30) {
        let entry = &mut sector[2 + at * 12..14 + at * 12];
        entry[0] = *luck.pick(IDS);
        for byte in &mut entry[1..] {
            *byte = u8::try_from(luck.below(256)).unwrap();
        }
    }
    sector
}

#[test]
fn health_logs_of_drives() {
    let mut printed = of_corpus("smart/smartctl_exporter", ".json");
    printed.extend(of_corpus("smart/scrutiny", ".json"));
    printed.push(
        br#"{"device":{"protocol":"ATA"},"smart_status":{"passed":true},"power_on_time":{"hours":7}}"#
            .to_vec(),
    );
    const MODELS: &[&str] = &["", "KINGSTON SA400S37240G", "WDC WD5000AAKX", "Samsung SSD 860 EVO", "MAXTOR"];
    rounds(3_000, |luck| {
        let (mut data, mut limits, mut flash) = (sector(luck), sector(luck), sector(luck));
        for bytes in [&mut data, &mut limits, &mut flash] {
            if luck.once_in(2) {
                damage(bytes, luck);
            }
        }
        let failing = *luck.pick(&[None, Some(false), Some(true)]);
        let model: &&str = luck.pick(MODELS);
        let whole: &Vec<u8> = luck.pick(&printed);
        let text = damage_text(&String::from_utf8_lossy(whole), luck);
        for told in
            [smart::ata(failing, &data, &limits, &flash, model), smart::nvme(&data), smart::smartctl(&text)]
        {
            // Whatever was read, what is said can be true of a drive.
            if let Some(hours) = told.hours.known() {
                assert!((0..=30 * 8_766).contains(hours), "{hours} hours");
            }
            if let Some(sectors) = told.reallocated.known() {
                assert!((0..=1_000_000).contains(sectors), "{sectors} sectors");
            }
        }
    });
}

/// The types of WMI that are told apart, and some that are not.
const CIM_TYPES: &[i32] = &[
    0,
    2,
    3,
    8,
    11,
    13,
    cim::UINT8,
    cim::UINT16,
    cim::UINT32,
    cim::SINT64,
    cim::UINT64,
    101,
    cim::CHAR16,
    i32::MAX,
    i32::MIN,
];

/// A value as COM hands it over: a number of some width, or UTF-16 that may be broken.
fn value_of_wmi(luck: &mut Luck) -> Cell {
    let kind = *luck.pick(CIM_TYPES) | if luck.once_in(3) { cim::ARRAY } else { 0 };
    if luck.once_in(2) {
        let number = i64::try_from(*luck.pick(STONES)).unwrap_or(i64::MAX);
        let cell = cim::number(number, kind);
        if let (Cell::Number(told), true) = (&cell, kind & !cim::ARRAY == cim::UINT16) {
            assert!(*told <= 0xffff, "{told} has no room in 16 bit");
        }
        return cell;
    }
    let texts = ["20261122081200.000000+420", "500107862016", "-1", "Dung lượng", "\\\\.\\PHYSICALDRIVE0"];
    let text: &&str = luck.pick(&texts);
    let mut units: Vec<u16> = text.encode_utf16().collect();
    for unit in &mut units {
        if luck.once_in(9) {
            // Half of a surrogate pair, a null, the mark of byte order.
            *unit = *luck.pick(&[0xd800, 0xdc00, 0, 0xfeff, 0xffff]);
        }
    }
    cim::text(&units, kind)
}

#[test]
fn values_of_wmi() {
    let windows: Vec<Value> = recordings()
        .iter()
        .map(|text| serde_json::from_str::<Value>(text).unwrap())
        .filter(|recording| recording["platform"] == "windows")
        .collect();
    let mut replaced = 0;
    rounds(300, |luck| {
        let mut recording = luck.pick(&windows).clone();
        let asked = recording["asked"].as_object_mut().expect("what a recording was asked");
        for (question, said) in asked {
            let Some(rows) = said.as_array_mut().filter(|_| question.to_lowercase().contains("wmi")) else {
                continue;
            };
            for cell in rows.iter_mut().filter_map(Value::as_object_mut).flat_map(|row| row.values_mut()) {
                if luck.once_in(4) {
                    let value = match luck.below(4) {
                        0 => Cell::Null,
                        1 => Cell::List((0..luck.below(4)).map(|_| value_of_wmi(luck)).collect()),
                        _ => value_of_wmi(luck),
                    };
                    *cell = serde_json::to_value(value).unwrap();
                    replaced += 1;
                }
            }
        }
        assert_no_probe_was_lost(&play(Recording::load(&recording.to_string()).unwrap()));
    });
    assert!(replaced > 100, "only {replaced} values were replaced");
}

#[test]
fn values_of_the_registry() {
    rounds(3_000, |luck| {
        let mut bytes: Vec<u8> = "Windows 10 Pro\0\0".encode_utf16().flat_map(u16::to_le_bytes).collect();
        damage(&mut bytes, luck);
        let kind = u32::try_from(luck.below(13)).unwrap();
        // Never fails: what does not fit its type stays bytes.
        drop(RegistryValue::read(kind, &bytes));
    });
}

fn report() -> Report {
    play(Recording::load(include_str!("../../agent/recordings/ubuntu-22.04-laptop.json")).unwrap())
}

#[test]
fn envelopes_and_bundles() {
    let key = SigningKey::from_pkcs8(&SigningKey::generate(&SystemRandom::new()).unwrap()).unwrap();
    let (private, public) = envelope::generate_sealing_key();
    let packed = envelope::pack(&report(), &key, 7).unwrap();
    let request = JoinRequest {
        secret: "secret".to_owned(),
        public_key: "00".repeat(32),
        hostname: "pc".to_owned(),
        agent: "0.1.0".to_owned(),
        evidence: Vec::new(),
    };
    let join = envelope::pack_join(&request, &key).unwrap();
    let bundle = Bundle { envelope: packed.clone(), join: Some(join.clone()) };
    let sealed = envelope::seal(&bundle, &public).unwrap();
    let plain = envelope::write_plain(&bundle).unwrap();
    let wholes = [&packed, &join, &sealed, &plain];
    rounds(300, |luck| {
        let whole = *luck.pick(&wholes);
        let mut bytes = whole.clone();
        damage(&mut bytes, luck);
        let damaged = bytes != *whole;
        if let Ok(sealed) = envelope::read(&bytes) {
            let opened = sealed.open(key.public_key());
            assert!(!(damaged && whole == &packed) || opened.is_err(), "a damaged envelope was opened");
        }
        drop(envelope::open_join(&bytes));
        drop(envelope::read_any(&bytes, &private));
    });
}

#[test]
fn join_codes() {
    let code =
        JoinCode { address: "10.38.0.5:8443".to_owned(), pin: Some([7; 16]), secret: [9; 10] }.to_string();
    rounds(5_000, |luck| {
        let text = damage_text(&code, luck);
        drop(JoinCode::parse(&text));
        drop(JoinCode::from_file_name(&format!("sansang-agent_{text} (1).exe")));
    });
}

#[test]
fn rule_sets_and_tables_of_lifecycles() {
    let lifecycle = std::fs::read_to_string(root().join("rules/sets/lifecycle.toml")).unwrap();
    rounds(60, |luck| {
        let (name, text) = luck.pick(&*ruleset::SHIPPED);
        if let Err(complaints) = RuleSet::parse(name, &damage_text(text, luck)) {
            assert!(complaints.iter().all(|complaint| complaint.to_string().contains(name)));
        }
        drop(Lifecycle::parse("lifecycle.toml", &damage_text(&lifecycle, luck)));
    });
}

/// How long reading one text and drawing its complaints may take, without optimisation and beside other tests. What is
/// quadratic in a mebibyte takes minutes.
const READING_SECONDS_MAX: u64 = 20;

const HEAD: &str = "[ruleset]\nid = \"x\"\ntitle = { vi = \"x\", en = \"x\" }\nin_force = { from = 2026-01-01 }\n\
    [grades]\nready = { score = 85, coverage = 70 }\nneeds_work = { score = 65 }\n";

/// Something small, again and again until the file is as large as it may be: what stands before, what is repeated with `#`
/// for its number, what stands behind.
const REPEATED: &[(&str, &str, &str)] = &[
    ("rule=[", "{},", "]"),
    ("rule=[", "{id=\"r#\"},", "]"),
    ("", "[[rule]]\nid=\"r#\"\ngroup=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa#\"\n", ""),
    ("", "[[group]]\nid=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa#\"\n", ""),
    (
        "",
        "[[rule]]\nid=\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa#\"\nremedies=[\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab#\"]\n",
        "",
    ),
    ("", "[remedy.aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa#]\ngives={\"os.a#\"=1}\n", ""),
    ("", "[parameters.aaaaaaaaaaaaaaaaaaaaaaaaaaaaa#]\ntype=\"textt\"\n", ""),
    (
        "",
        "[[test]]\nname=\"t#\"\nfacts={\"memory.instaled\"=\"8 GiB\"}\nexpect={aaaaaaaaaaaaaaaaaaaaaaaaaaa#=\"pas\"}\n",
        "",
    ),
    ("[ruleset]\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa#=1\n", ""),
    ("[[rule]]\npass={any=[", "{\"memory.instaled#\"={at_least=\"8 GiB\"}},", "]}\n"),
    ("[[rule]]\npass={any=[", "{\"software.packages\"={some={name={matches=\"(a{30}|b#){30}\"}}}},", "]}\n"),
    ("[[rule]]\npass={any=[", "{\"software.packages\"={some={name={matches=\"ab+c#\"}}}},", "]}\n"),
    ("[[rule]]\npass={\"os.name\"={matches=\"", "(x#+x+)+y|", "\"}}\n"),
    ("[[rule]]\npass={\"os.build\"={one_of=[", "\"a#\",", "]}}\n"),
    ("[[rule]]\npass={\"os.name\"={one_of=[", "\"a#\",", "]}}\n"),
    ("[[rule]]\nroles=[", "\"clerc\",", "]\n"),
    ("[[rule]]\nseverity=[", "{until=2026-01-01,level=\"major\"},", "]\n"),
    ("[[test]]\nfacts={\"disk.drives\"=[", "{kindd=\"ssd\"},", "]}\n"),
    ("[[test]]\nexpect={", "aaaaaaaaaaaaaaaaaaaaa#=\"pass\",", "x=\"pass\"}\n"),
    ("", "=[\n", ""),
    ("", "a=\"\n", ""),
    ("a=", "[", ""),
    ("a=", "{b#=", ""),
    ("a=\"", "ế", ""),
    ("", "[a#.b.c.d.e.f.g]\n", ""),
];

#[test]
fn rule_sets_that_are_wide_deep_and_long_take_bounded_time() {
    // One at a time takes the most; a mixture is like the worst of its parts.
    for (index, (before, repeated, behind)) in REPEATED.iter().enumerate() {
        for head in ["", HEAD] {
            let mut text = format!("{head}{before}");
            let mut number = 0;
            let room = rules::limits::RULESET_BYTES_MAX - 64 - behind.len();
            while text.len() + repeated.len() < room {
                text.push_str(&repeated.replace('#', &number.to_string()));
                number += 1;
            }
            text.push_str(behind);
            let begun = std::time::Instant::now();
            let complaints = RuleSet::parse("x.toml", &text).expect_err("there is something wrong");
            let drawn: usize =
                complaints.iter().map(|complaint| complaint.draw(&text, Tongue::English).len()).sum();
            let seconds = begun.elapsed().as_secs_f64();
            println!("{index:2} {seconds:6.2} s, {} complaints, {drawn} bytes: {repeated}", complaints.len());
            assert!(seconds < READING_SECONDS_MAX as f64, "{repeated}: {seconds} s");
            assert!(complaints.len() <= 201, "{repeated}: {} complaints", complaints.len());
            assert!(drawn < 1 << 20, "{repeated}: {drawn} bytes are drawn");
        }
    }
}

#[test]
fn settings() {
    let agent = include_str!("../../agent/packaging/agent.toml");
    let collector = collector::config::COMMENTED;
    rounds(500, |luck| {
        drop(agent::config::Config::parse("agent.toml", &damage_text(agent, luck)));
        drop(collector::config::Config::parse("collector.toml", &damage_text(collector, luck)));
    });
}

#[test]
fn lists_of_units() {
    let list = "code,name,full_name,type,level,parent_code\n38,Thanh Hóa,Tỉnh Thanh Hóa,tỉnh,province,\n\
                14797,Hạc Thành,Phường Hạc Thành,phường,commune,38\n";
    rounds(2_000, |luck| {
        let mut bytes = list.as_bytes().to_vec();
        damage(&mut bytes, luck);
        let lang = *luck.pick(Lang::ALL);
        drop(collector::units::parse(File::new("units.csv", lang), &bytes));
    });
}

#[test]
fn lists_of_seats_of_machines_and_of_what_units_became() {
    let seats = "unit_code,role,count,group,regime\n14797,văn thư,2,VIII,A/B\n14797,leader,1,,C\n";
    let moves = "Tên máy;Mã đơn vị;Vai trò\nPC-01;14797;clerk\nPC-02;14797;Một cửa\n";
    let map = "old_code,new_code,new_full_name,portion\n14755,14758,Phường Hàm Rồng,whole\n14758,14758,Phường Hàm Rồng,part\n";
    let rules = "old_unit_code,hostname_prefix,role,new_unit_code\n14758,PC-,clerk,14797\n";
    rounds(4_000, |luck| {
        let text = *luck.pick(&[seats, moves, map, rules]);
        let mut bytes = match luck.below(3) {
            0 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
            _ => text.as_bytes().to_vec(),
        };
        damage(&mut bytes, luck);
        let lang = *luck.pick(Lang::ALL);
        drop(collector::seats::parse(File::new("seats.csv", lang), &bytes));
        drop(collector::seats::parse_moves(File::new("machines.csv", lang), &bytes));
        drop(collector::units::reform::parse(File::new("map.csv", lang), &bytes));
        drop(collector::units::reassign::parse(File::new("rules.csv", lang), &bytes));
    });
}

#[test]
fn damage_is_the_same_for_the_same_seed() {
    let once = |seed| {
        let mut bytes = b"the same bytes".to_vec();
        damage(&mut bytes, &mut Luck::new(seed));
        bytes
    };
    assert_eq!(once(5), once(5));
    let odd = (0..100).filter(|seed| once(*seed) != b"the same bytes").count();
    assert!(odd > 90, "{odd} of 100 were damaged");
}

//! Logs made up and real.

use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::{any, proptest};

use super::*;

/// Attributes, or thresholds: id, flags, value, raw value.
fn sector(rows: &[(u8, u16, u8, u64)]) -> Vec<u8> {
    let mut sector = vec![0; 512];
    for (at, (id, flags, value, raw)) in rows.iter().enumerate() {
        let entry = &mut sector[2 + at * 12..14 + at * 12];
        entry[0] = *id;
        entry[1..3].copy_from_slice(&flags.to_le_bytes());
        entry[3] = *value;
        entry[4] = *value;
        entry[5..11].copy_from_slice(&raw.to_le_bytes()[..6]);
    }
    sector
}

/// Thresholds stand where attributes have their flags.
fn thresholds(rows: &[(u8, u8)]) -> Vec<u8> {
    sector(&rows.iter().map(|(id, threshold)| (*id, u16::from(*threshold), 0, 0)).collect::<Vec<_>>())
}

fn log(set: &[(usize, u8)]) -> Vec<u8> {
    let mut log = vec![0; 512];
    // 313 K, all spare sectors left of which 10 % must be.
    log[1..5].copy_from_slice(&[0x39, 0x01, 100, 10]);
    for (at, byte) in set {
        log[*at] = *byte;
    }
    log
}

fn line(told: &Told) -> String {
    fn part<T: std::fmt::Debug>(fact: &Fact<T>) -> String {
        match fact {
            Fact::Known(value) => format!("{value:?}"),
            Fact::Absent => "absent".to_owned(),
            Fact::Unknown(Reason::NotSupported) => "-".to_owned(),
            Fact::Unknown(reason) => reason.to_string(),
        }
    }
    let Told { health, wear, reallocated, hours } = told;
    if let Fact::Unknown(reason @ Reason::Failed(_)) = health {
        return reason.to_string();
    }
    format!("{} {} {} {}", part(health), part(wear), part(reallocated), part(hours))
}

fn check(told: Told, expected: expect_test::Expect) {
    expected.assert_eq(&line(&told));
}

const PLATTERS: &[(u8, u16, u8, u64)] = &[
    (1, 0xf, 117, 0),
    (5, 0x33, 100, 0),
    (9, 0x32, 62, 0x6921_0000_84dd),
    (197, 0x12, 100, 0),
    (198, 0x10, 100, 0),
];

#[test]
fn a_drive_with_platters() {
    let limits = thresholds(&[(1, 6), (5, 10), (9, 0)]);
    let ata =
        |failing, rows: &[(u8, u16, u8, u64)], limits: &[u8]| ata(failing, &sector(rows), limits, &[], "ST1");
    check(ata(None, PLATTERS, &limits), expect_test::expect!["Ok - 0 34013"]);
    check(ata(Some(false), PLATTERS, &[]), expect_test::expect!["Ok - 0 34013"]);
    // Without thresholds and without the drive's verdict nobody knows that it is well.
    check(ata(None, PLATTERS, &[]), expect_test::expect!["- - 0 34013"]);
    check(ata(Some(true), PLATTERS, &limits), expect_test::expect!["Failing - 0 34013"]);
    check(ata(None, &[(5, 0x33, 10, 1975)], &limits), expect_test::expect!["Failing - 1975 -"]);
    check(ata(None, &[(5, 0x33, 99, 8)], &limits), expect_test::expect!["Warning - 8 -"]);
    check(
        ata(Some(false), &[(5, 0x33, 100, 0), (197, 0x12, 100, 3)], &[]),
        expect_test::expect!["Warning - 0 -"],
    );
    check(ata(Some(false), &[(9, 0x32, 100, 0x00ff_ffff)], &[]), expect_test::expect!["Ok - - -"]);
    check(
        super::ata(Some(false), &sector(PLATTERS), &[], &[], "MAXTOR STM3160215AS"),
        expect_test::expect!["Ok - 0 -"],
    );
    check(super::ata(Some(false), &[], &[], &[], ""), expect_test::expect!["Ok - - -"]);
}

#[test]
fn a_drive_of_flash() {
    let ata = |rows: &[(u8, u16, u8, u64)], model: &str| ata(Some(false), &sector(rows), &[], &[], model);
    check(
        ata(&[(177, 0x13, 81, 278)], "Samsung SSD 860 EVO 500GB"),
        expect_test::expect!["Ok Percent(19) - -"],
    );
    check(
        ata(&[(177, 0x13, 19, 2780)], "SAMSUNG MZ7LN256HCHP-000L7"),
        expect_test::expect!["Warning Percent(81) - -"],
    );
    check(ata(&[(177, 0, 1, 0)], "KINGSTON SV300S37A120G"), expect_test::expect!["Ok - - -"]);
    check(ata(&[(202, 0x30, 4, 96)], "CT500MX500SSD1"), expect_test::expect!["Failing Percent(96) - -"]);
    check(ata(&[(202, 0x30, 4, 96)], "ST3200820AS"), expect_test::expect!["Ok - - -"]);
    check(ata(&[(231, 0, 98, 98)], "KINGSTON SA400S37240G"), expect_test::expect!["Ok Percent(2) - -"]);
    check(ata(&[(231, 0, 100, 74)], "KINGSTON SKC400S371T"), expect_test::expect!["Ok - - -"]);
    check(ata(&[(233, 0x32, 66, 0)], "INTEL SSDSC2BB800G4"), expect_test::expect!["Ok Percent(34) - -"]);
    check(ata(&[(169, 0, 100, 96)], "TS32GMTS400"), expect_test::expect!["Ok Percent(4) - -"]);
    let mut flash = vec![0; 512];
    flash[..16].copy_from_slice(&[1, 0, 7, 0, 0, 0, 0, 0, 130, 0, 0, 0, 0, 0, 0, 0xc0]);
    check(
        super::ata(Some(false), &[], &[], &flash, "WDC WDS240G2G0A"),
        expect_test::expect!["Failing Percent(100) - -"],
    );
    flash[15] = 0x80;
    check(super::ata(Some(false), &[], &[], &flash, "WDC WDS240G2G0A"), expect_test::expect!["Ok - - -"]);
}

#[test]
fn a_drive_with_nvme() {
    check(nvme(&log(&[(5, 3), (128, 0x61), (129, 9)])), expect_test::expect!["Ok Percent(3) - 2401"]);
    check(nvme(&log(&[(5, 80)])), expect_test::expect!["Warning Percent(80) - 0"]);
    check(nvme(&log(&[(5, 255)])), expect_test::expect!["Failing Percent(100) - 0"]);
    check(nvme(&log(&[(0, 4)])), expect_test::expect!["Failing Percent(0) - 0"]);
    check(nvme(&log(&[(160, 7)])), expect_test::expect!["Warning Percent(0) - 0"]);
    check(nvme(&log(&[(143, 1), (175, 1)])), expect_test::expect!["Ok Percent(0) - -"]);
    check(nvme(&[0; 512]), expect_test::expect!["failed: the health log makes no sense"]);
    check(nvme(&[0xff; 512]), expect_test::expect!["failed: the health log makes no sense"]);
    check(nvme(&[0; 100]), expect_test::expect!["failed: the health log is cut off"]);
}

#[test]
fn what_bridges_make_up() {
    let twice = sector(&[(5, 0, 100, 0), (5, 0, 100, 9), (9, 0, 1, 5)]);
    check(
        ata(Some(false), &twice, &[], &[], ""),
        expect_test::expect!["failed: the drive's list of attributes makes no sense"],
    );
    check(
        ata(None, &[0xff; 512], &[0xff; 512], &[0xff; 512], ""),
        expect_test::expect!["failed: the drive's list of attributes makes no sense"],
    );
    check(ata(None, &[0; 512], &[0; 512], &[0; 512], ""), expect_test::expect!["- - - -"]);
    check(ata(None, &[1, 2, 3], &[4], &[5], ""), expect_test::expect!["- - - -"]);
}

#[test]
fn what_smartctl_says_when_it_cannot_look() {
    check(smartctl(""), expect_test::expect!["failed: smartctl printed no JSON"]);
    check(smartctl("[]"), expect_test::expect!["- - - -"]);
    let message =
        |text: &str| format!(r#"{{"smartctl": {{"exit_status": 2, "messages": [{{"string": "{text}"}}]}}}}"#);
    check(
        smartctl(&message("Smartctl open device: /dev/sda failed: Permission denied")),
        expect_test::expect!["denied denied denied denied"],
    );
    check(
        smartctl(&message("/dev/sda: Unknown USB bridge [0x152d:0x0578 (0x210)]")),
        expect_test::expect!["- - - -"],
    );
    check(
        smartctl(r#"{"smart_status": {"passed": 5}, "ata_smart_attributes": {"table": [{"id": 999}]}}"#),
        expect_test::expect!["- - - -"],
    );
    check(
        smartctl(r#"{"smart_status": {"passed": true}, "endurance_used": {"current_percent": 83}}"#),
        expect_test::expect!["Warning Percent(83) - -"],
    );
}

proptest! {
    #[test]
    fn no_bytes_make_it_fall(
        data in proptest::collection::vec(any::<u8>(), 0..600),
        limits in proptest::collection::vec(any::<u8>(), 0..600),
        failing in any::<Option<bool>>(),
    ) {
        let told = ata(failing, &data, &limits, &data, "KINGSTON");
        let hours = told.hours.known().copied().unwrap_or(0);
        assert!((0..=HOURS_MAX).contains(&hours), "{hours}");
        nvme(&data);
        smartctl(&String::from_utf8_lossy(&data));
    }
}

#[expect(clippy::disallowed_methods, reason = "a test that reads the corpus, where there is one")]
#[test]
fn drives_of_the_corpus_agree_with_smartctl() {
    let Ok(corpus) = std::env::var("SANSANG_CORPUS") else {
        println!("skipped: SANSANG_CORPUS is not set");
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs SANSANG_CORPUS");
        return;
    };
    let (mut files, mut table) = (0, String::new());
    for folder in ["scrutiny", "smartctl_exporter"] {
        let mut paths: Vec<_> = std::fs::read_dir(Path::new(&corpus).join("smart").join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        for path in paths {
            files += 1;
            let text = std::fs::read_to_string(&path).unwrap();
            let told = smartctl(&text);
            let json: Value = serde_json::from_str(&text).unwrap();
            let passed = json.pointer("/smart_status/passed").and_then(Value::as_bool);
            assert_eq!(passed == Some(false), told.health == Health::Failing.into(), "{path:?}");
            assert_eq!(passed.is_some(), told.health.known().is_some(), "{path:?}");
            let hours = json.pointer("/power_on_time/hours").and_then(Value::as_i64);
            assert_eq!(told.hours.known().copied(), hours, "{path:?}");
            // The same attributes as the drive itself would have told them.
            if let Some(rows) = json.pointer("/ata_smart_attributes/table").and_then(Value::as_array) {
                let number = |row: &Value, path: &str| row.pointer(path).and_then(Value::as_u64).unwrap_or(0);
                let byte = |row: &Value, path: &str| u8::try_from(number(row, path)).unwrap();
                let flags = |row: &Value| u16::try_from(number(row, "/flags/value")).unwrap();
                let data: Vec<_> = rows
                    .iter()
                    .map(|row| (byte(row, "/id"), flags(row), byte(row, "/value"), number(row, "/raw/value")))
                    .collect();
                let limits: Vec<_> =
                    rows.iter().map(|row| (byte(row, "/id"), byte(row, "/thresh"))).collect();
                let model = json.pointer("/model_name").and_then(Value::as_str).unwrap_or_default();
                let failing = passed.map(|passed| !passed);
                let raw = ata(failing, &sector(&data), &thresholds(&limits), &[], model);
                assert_eq!((&raw.health, &raw.reallocated), (&told.health, &told.reallocated), "{path:?}");
                if folder != "scrutiny" {
                    assert_eq!(raw.hours, told.hours, "{path:?}");
                }
                assert!(raw.wear.known().is_none() || raw.wear == told.wear, "{path:?}");
            }
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let told = line(&told);
            // Most are well and tell nothing but their hours.
            if !told.starts_with("Ok - 0 ") {
                writeln!(table, "{name}: {told}").unwrap();
            }
        }
    }
    assert!(files >= 96, "{files}");
    expect_test::expect![[r#"
        smart-ata-date2: Warning - 10 3030
        smart-ata-full: Ok Percent(19) 0 14551
        smart-fail2: Failing - 1975 65592
        smart-megaraid1: Warning - 387 37788
        smart-nvme-failed: Warning Percent(3) - 12798
        smart-nvme: Ok Percent(0) - 2401
        smart-scsi: Warning - 56 43549
        smartctl_info_sata_smart_support_object: - - - -
        smartctl_scan_nvme: - - - -
        smartctl_scan_simple: - - - -
        INTEL_SSDPE2KX080T8_1: Ok Percent(0) - 12164
        INTEL_SSDPE2KX080T8_3: Ok Percent(0) - 12164
        INTEL_SSDPE2KX080T8_5: Ok Percent(0) - 12671
        INTEL_SSDPE2KX080T8_6: Ok Percent(0) - 12671
        INTEL_SSDPE2KX080T8_7: Ok Percent(0) - 12671
        KXG60ZNV512G_TOSHIBA_8: Ok Percent(4) - 12728
        MB0500EBNCR_13: Warning - 0 89214
        MB0500EBNCR_14: Warning - 0 89180
        SAMSUNG_MZ7WD240HAFV-00003_21: Ok Percent(9) 0 84619
        SAMSUNG_MZQLB1T9HAJR-00007_20: Ok Percent(0) - 20701
        SAMSUNG_MZVL21T0HCLR-00B00_24: Ok Percent(16) - 10407
        SEAGATE_ST373453LC_26: Warning - 260 102880
        ST3500418AS_12: Warning - 304 44668
        nvme-null-HUSMR7632BHP301-nvme0: Ok Percent(5) - 482
        nvme-null-INTEL_SSDPE2KE016T8-nvme0: Ok Percent(0) - 4236
        nvme-null-INTEL_SSDPE2KX010T8-nvme1: Ok Percent(73) - 8843
        nvme-null-INTEL_SSDPEDKE020T7-nvme0: Ok Percent(18) - 17259
        nvme-null-INTEL_SSDPF2KE032T1-nvme0: Ok Percent(0) - 4637
        nvme-null-Micron_7300_MTFDHBE1T9TDF-nvme0: Ok Percent(9) - 27233
        nvme-null-Micron_7300_MTFDHBE3T2TDG-nvme0: Ok Percent(0) - 3820
        nvme-null-Micron_7300_MTFDHBE3T8TDF-nvme3: Ok Percent(2) - 8833
        nvme-null-Micron_7300_MTFDHBE960TDF-nvme0: Ok Percent(10) - 26686
        nvme-null-Micron_7400_MTFDKCB1T9TDZ-nvme10: Ok Percent(5) - 9099
        nvme-null-Micron_7400_MTFDKCB3T2TFC-nvme2: Ok Percent(0) - 10346
        nvme-null-Micron_7450_MTFDKCB3T8TFR-nvme6: Ok Percent(0) - 150
        nvme-null-SAMSUNG_MZPLJ6T4HALA-00007-nvme0: Ok Percent(0) - 861
        nvme-null-SAMSUNG_MZPLL3T2HMLS-00003-nvme1: Ok Percent(6) - 50235
        nvme-null-SAMSUNG_MZQL21T9HCJR-00A07-nvme0: Ok Percent(3) - 13113
        nvme-null-SAMSUNG_MZQL23T8HCLS-00A07-nvme9: Ok Percent(3) - 4369
        sat-Intel_730_and_DC_S35x0_3610_3700_Series_SSDs-INTEL_SSDSC2BB800G4-sda: Ok Percent(34) 0 64506
        sat-Intel_S3520_Series_SSDs-INTEL_SSDSC2BB016T7-sdc: Warning Percent(3) 1 43494
        sat-Intel_S4510_S4610_S4500_S4600_Series_SSDs-INTEL_SSDSC2KB019T7-sdq: Ok Percent(15) 0 20904
        sat-Intel_S4510_S4610_S4500_S4600_Series_SSDs-INTEL_SSDSC2KB019T8-sdr: Ok Percent(1) 0 17704
        sat-Intel_S4510_S4610_S4500_S4600_Series_SSDs-INTEL_SSDSC2KB240G8-sdc: Ok Percent(12) 0 40786
        sat-Intel_S4510_S4610_S4500_S4600_Series_SSDs-INTEL_SSDSC2KB480G7-sda: Ok Percent(0) 0 23289
        sat-Intel_S4510_S4610_S4500_S4600_Series_SSDs-INTEL_SSDSC2KB480G8-sdm: Ok Percent(0) 0 13017
        sat-Intel_S4510_S4610_S4500_S4600_Series_SSDs-INTEL_SSDSC2KB960G8-sde: Ok Percent(0) 0 13383
        sat-Micron_5100_Pro___52x0___5300_SSDs-Micron_5300_MTFDDAK240TDS-sda: Ok Percent(0) 0 22926
        sat-Micron_5100_Pro___52x0___5300_SSDs-Micron_5300_MTFDDAK960TDS-sdi: Ok Percent(1) 0 26409
        sat-Micron_5100_Pro___52x0___5300_SSDs-Micron_5300_MTFDDAV480TDS-sda: Ok Percent(0) 0 4111
        sat-Phison_Driven_SSDs-KINGSTON_SA400M8120G-sda: Ok Percent(2) - 4994
        sat-Phison_Driven_SSDs-KINGSTON_SKC400S371T-sda: Warning - 1 54450
        sat-Samsung_based_SSDs-SAMSUNG_MZ7L3240HCHQ-00A07-sda: Ok Percent(2) 0 10106
        sat-Samsung_based_SSDs-SAMSUNG_MZ7LH480HAHQ-00005-sda: Ok Percent(1) 0 7753
        sat-Seagate_Constellation_ES.3-ST3000NM0033-9ZM178-sdc: Warning - 1 57744
        sat-Silicon_Motion_based_SSDs-TS32GMTS400-sda: Ok Percent(4) 0 796
    "#]]
    .assert_eq(&table);
}

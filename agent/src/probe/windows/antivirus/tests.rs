//! The antivirus area of small made-up PCs: who guards when several are there, and what remains when a door fails.

use serde_json::{Value, json};

use super::*;
use crate::host::recorded::Recording;

const CENTRE: &str =
    r"wmi ROOT\SecurityCenter2: SELECT displayName, instanceGuid, productState FROM AntiVirusProduct";
const STATUS: &str = r"wmi ROOT\Microsoft\Windows\Defender: SELECT AMProductVersion, AntivirusEnabled, AntivirusSignatureLastUpdated, IsTamperProtected, RealTimeProtectionEnabled FROM MSFT_MpComputerStatus";
const THREATS: &str = r"wmi ROOT\Microsoft\Windows\Defender: SELECT DetectionID, InitialDetectionTime, ThreatStatusID FROM MSFT_MpThreatDetection";
const SERVICES: &str = r"registry keys HKLM\SYSTEM\CurrentControlSet\Services";

fn of(asked: Value) -> Antivirus {
    let recording = json!({
        "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T02:30:00Z", "asked": asked,
    });
    let host = Recording::load(&recording.to_string()).unwrap();
    ask(&host, host.recording.taken_at)
}

fn defender(state: u64) -> Value {
    json!({"displayName": "Windows Defender", "instanceGuid": "{D68DDC3A-831F-4fae-9E44-DA132C1ACF46}", "productState": state})
}

#[test]
fn product_states() {
    let check = |number: u64, own: bool, on: Option<bool>, current: Option<bool>| {
        let state = state(number);
        assert_eq!(
            (state.own, state.on.known().copied(), state.current.known().copied()),
            (own, on, current),
            "{number}"
        );
    };
    // Defender on, on and old, off, snoozed.
    check(397_568, true, Some(true), Some(true));
    check(397_584, true, Some(true), Some(false));
    check(393_472, true, Some(false), Some(true));
    check(0x06_2100, true, Some(false), Some(true));
    // Others on, on and old, off, expired.
    check(266_240, false, Some(true), Some(true));
    check(266_256, false, Some(true), Some(false));
    check(262_144, false, Some(false), Some(true));
    check(0x04_3010, false, Some(false), Some(false));
    // Nobody has told what these mean.
    check(0x04_7000, false, None, Some(true));
    check(0x04_1023, false, Some(true), None);
    check(u64::MAX, false, None, None);
}

#[test]
fn another_product_makes_defender_stand_by() {
    // WMI of Defender is not in this recording: it must not be asked.
    let area = of(json!({
        CENTRE: [defender(393_472), {"displayName": " Bkav Pro Internet Security ", "productState": 266_240}],
        SERVICES: ["BkavSystemService", "WinDefend"],
        "service BkavSystemService": {"running": true, "start": "automatic"},
        "service MsMpSvc": null,
        "service WinDefend": {"running": false, "start": "manual"},
    }));
    assert_eq!(area.real_time, Fact::Known(true));
    assert_eq!(area.signatures_current, Fact::Known(true));
    assert_eq!(area.signatures_at, Fact::Unknown(Reason::NotSupported));
    assert_eq!(area.exclusions, Fact::Unknown(Reason::NotSupported));
    let products = area.products.known().unwrap();
    let names: Vec<_> = products
        .iter()
        .map(|product| (product.name.known().unwrap().as_str(), product.real_time.known()))
        .collect();
    assert_eq!(names, [("Windows Defender", Some(&false)), ("Bkav Pro Internet Security", Some(&true))]);
}

#[test]
fn a_row_without_its_columns_is_unknown() {
    let area = of(json!({
        CENTRE: [{"productState": "397568"}],
        SERVICES: [],
    }));
    assert_eq!(area.present, Fact::Known(true));
    assert_eq!(area.real_time, Fact::failed("productState is no number: Text(\"397568\")"));
}

#[test]
fn a_server_has_no_centre() {
    let settings =
        |name: &str| format!(r"registry values HKLM\SOFTWARE\Microsoft\Windows Defender\Exclusions\{name}");
    let policies = |name: &str| {
        format!(r"registry values HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Exclusions\{name}")
    };
    let mut asked = json!({
        CENTRE: null,
        SERVICES: ["SepMasterService", "WinDefend"],
        "service SepMasterService": {"running": false, "start": "disabled"},
        "service MsMpSvc": null,
        "service WinDefend": {"running": true, "start": "automatic"},
        r"registry value HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion: CurrentBuild": {"text": "17763"},
        STATUS: {"trouble": {"failed": "cannot ask WMI"}},
        THREATS: [{"DetectionID": "a", "ThreatStatusID": 0}],
        r"registry value HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Real-Time Protection: DisableRealtimeMonitoring": null,
        r"registry value HKLM\SOFTWARE\Microsoft\Windows Defender\Real-Time Protection: DisableRealtimeMonitoring": {"u32": 0},
        r"registry value HKLM\SOFTWARE\Microsoft\Windows Defender: PassiveMode": null,
        r"registry value HKLM\SOFTWARE\Microsoft\Windows Defender\Features: TamperProtection": {"u32": 4},
        r"registry value HKLM\SOFTWARE\Microsoft\Windows Defender\Signature Updates: AVSignatureApplied": {"bytes": "AAAAAA=="},
        r"registry value HKLM\SOFTWARE\Microsoft\Windows Defender\Signature Updates: SignaturesLastUpdated": {"bytes": "gJiEWu5Z3AE="},
        r"registry value HKLM\SOFTWARE\Policies\Microsoft\Windows Defender: DisableLocalAdminMerge": {"u32": 1},
    });
    for (name, managed) in
        [("Paths", "ExcludedPaths"), ("Extensions", "ExcludedExtensions"), ("Processes", "ExcludedProcesses")]
    {
        // What administrators of the PC set does not count, so it is not asked for.
        asked[policies(name)] = Value::Null;
        asked[format!(
            r"registry value HKLM\SOFTWARE\Policies\Microsoft\Windows Defender\Policy Manager: {managed}"
        )] = if name == "Paths" { json!({"text": r"C:\Users|D:\SQL\Data"}) } else { Value::Null };
    }
    let area = of(asked.clone());
    assert_eq!(area.real_time, Fact::Known(true));
    assert_eq!(area.tamper_protection, Fact::Known(false));
    assert_eq!((area.exclusions.clone(), area.exclusions_broad.clone()), (Fact::Known(2), Fact::Known(1)));
    assert_eq!(area.signatures_at.known().unwrap().to_string(), "2025-11-20T07:21:57Z");
    assert_eq!(area.threats_open, Fact::failed("a threat has an unknown ThreatStatusID: Some(Number(0))"));
    let product = &area.products.known().unwrap()[1];
    assert_eq!(product.version, Fact::failed("cannot ask WMI"));

    // Exclusions that only an administrator may read are unknown, not none.
    asked[r"registry value HKLM\SOFTWARE\Policies\Microsoft\Windows Defender: DisableLocalAdminMerge"] =
        Value::Null;
    asked[settings("Paths")] = json!({"trouble": "denied"});
    assert_eq!(of(asked.clone()).exclusions, Fact::Unknown(Reason::Denied));

    // Told to stand by, with nobody else there.
    asked[r"registry value HKLM\SOFTWARE\Microsoft\Windows Defender: PassiveMode"] = json!({"u32": 1});
    assert_eq!(of(asked).real_time, Fact::Known(false));
}

#[test]
fn a_wmi_that_hangs_is_asked_once() {
    let area = of(json!({
        CENTRE: {"trouble": "timed_out"},
        SERVICES: ["ekrn"],
        "service ekrn": {"running": true, "start": "automatic"},
        "service MsMpSvc": null,
        "service WinDefend": {"running": false, "start": "manual"},
        r"registry value HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion: CurrentBuild": {"text": "26100"},
        r"registry value HKLM\SOFTWARE\Microsoft\Windows Defender\Features: TamperProtection": null,
        r"registry value HKLM\SOFTWARE\Microsoft\Windows Defender\Signature Updates: AVSignatureApplied": null,
        r"registry value HKLM\SOFTWARE\Microsoft\Windows Defender\Signature Updates: SignaturesLastUpdated": null,
        "security health Antivirus": "good",
    }));
    assert_eq!(area.real_time, Fact::Known(true), "the centre says so by its other door");
    assert_eq!(area.products.known().unwrap().len(), 2);
}

#[test]
fn nothing_at_all() {
    let area = of(json!({
        CENTRE: [],
        SERVICES: ["Dhcp"],
    }));
    assert_eq!(area.present, Fact::Known(false));
    assert_eq!(area.real_time, Fact::Known(false));
    assert_eq!(area.signatures_current, Fact::Absent);
}

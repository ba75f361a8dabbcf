//! The exposure area of small made-up PCs.

use serde_json::{Value, json};

use super::*;
use crate::host::recorded::{Recorded, Recording};

fn host(asked: Value) -> Recorded {
    let recording = json!({
        "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T02:30:00Z", "asked": asked,
        "files": {SSH_SETTINGS: "# PasswordAuthentication yes\nPasswordAuthentication no\nMatch User a\nPasswordAuthentication yes\n"},
    });
    Recording::load(&recording.to_string()).unwrap()
}

#[test]
fn version_1_of_smb() {
    let check = |setting: Value, driver: Value, server: Value, expected: bool| {
        let host = host(json!({
            format!("registry value {FILE_SERVER}: SMB1"): setting, "service srv": driver, "service LanmanServer": server,
        }));
        assert_eq!(smb1(&host), Ok(expected));
    };
    let service = |start: &str| json!({"running": true, "start": start});
    check(Value::Null, service("manual"), service("automatic"), true);
    check(json!({"u32": 1}), service("manual"), service("automatic"), true);
    check(json!({"u32": 0}), service("manual"), service("automatic"), false);
    check(Value::Null, Value::Null, service("automatic"), false);
    check(Value::Null, service("disabled"), service("automatic"), false);
    check(Value::Null, service("manual"), service("disabled"), false);
}

#[test]
fn programs_on_inserted_media() {
    let check = |pc: [Value; 2], people: &[(&str, Value)], file: Value, expected: Autorun| {
        let hives: Vec<&str> = people.iter().map(|(sid, _)| *sid).collect();
        let mut asked = json!({
            format!("registry value {AUTORUN_FILE}: "): file,
            r"registry keys HKU\": hives,
        });
        let [no_autorun, kinds] = pc;
        asked[format!(r"registry value HKLM\SOFTWARE\{EXPLORER_POLICY}: NoAutorun")] = no_autorun;
        asked[format!(r"registry value HKLM\SOFTWARE\{EXPLORER_POLICY}: NoDriveTypeAutoRun")] = kinds;
        for (sid, kinds) in people {
            asked[format!(r"registry value HKU\{sid}\Software\{EXPLORER_POLICY}: NoAutorun")] = Value::Null;
            asked[format!(r"registry value HKU\{sid}\Software\{EXPLORER_POLICY}: NoDriveTypeAutoRun")] =
                kinds.clone();
        }
        assert_eq!(autorun(&host(asked)), Ok(expected));
    };
    let number = |number: u32| json!({"u32": number});
    let (one, two) = ("S-1-5-21-1-1-1-1001", "S-1-5-21-1-1-1-1002");
    check([Value::Null, number(0xff)], &[], Value::Null, Autorun::Off);
    check([Value::Null, Value::Null], &[], Value::Null, Autorun::Partial);
    check([Value::Null, number(0x91)], &[(one, number(0xff))], Value::Null, Autorun::Partial);
    check([Value::Null, Value::Null], &[(one, number(0xff)), (two, number(0))], Value::Null, Autorun::On);
    check([Value::Null, Value::Null], &[(one, number(0x3ff))], Value::Null, Autorun::Off);
    check([number(1), number(0)], &[], Value::Null, Autorun::Off);
    check([Value::Null, number(0)], &[], json!({"text": "@SYS:DoesNotExist"}), Autorun::Off);
}

#[test]
fn drives_that_were_plugged_in() {
    let kingston = "Disk&Ven_Kingston&Prod_DataTraveler_3.0&Rev_PMAP";
    let asked = |machine: &str| {
        json!({
            format!("registry keys {USB_DRIVES}"): [kingston, "CdRom&Ven_ZTE"],
            format!(r"registry keys {USB_DRIVES}\{kingston}"): ["E0D55EA5&0", "7&1a2b3c4d&0"],
            format!("registry value {CRYPTOGRAPHY}: MachineGuid"): {"text": machine},
        })
    };
    let (here, there) = (usb_drives(&host(asked("a"))).unwrap(), usb_drives(&host(asked("b"))).unwrap());
    assert_eq!(here.len(), 2);
    let same: Vec<&String> = here.iter().filter(|drive| there.contains(drive)).collect();
    assert_eq!(same.len(), 1, "only the drive with a serial number is the same everywhere");
    assert_eq!(usb_drives(&host(json!({format!("registry keys {USB_DRIVES}"): null}))), Ok(Vec::new()));
    let denied = host(json!({format!("registry keys {USB_DRIVES}"): {"trouble": "denied"}}));
    assert_eq!(usb_drives(&denied), Err(Trouble::Denied));
}

#[test]
fn settings_of_ssh_and_of_the_log() {
    assert_eq!(ssh_passwords(&host(json!({})), &Ok(true)), Ok(Some(false)));
    assert_eq!(ssh_passwords(&host(json!({})), &Ok(false)), Ok(None));
    let size = |policy: Value, own: Value| {
        log_size_max(&host(json!({
            format!("registry value {LOG_POLICY}: MaxSize"): policy, format!("registry value {LOG}: MaxSize"): own,
        })))
    };
    assert_eq!(size(json!({"u32": 196_608}), Value::Null), Ok(Some(Bytes(201_326_592))));
    assert_eq!(size(Value::Null, json!({"u32": 20_971_520})), Ok(Some(Bytes(20_971_520))));
    assert_eq!(size(Value::Null, json!({"trouble": "denied"})), Err(Trouble::Denied));
}

#[test]
fn what_starts_from_where_people_may_write() {
    let key =
        |name: &str| format!(r"registry value HKLM\SYSTEM\CurrentControlSet\Services\{name}: ImagePath");
    let host = host(json!({
        key("Good"): {"expand": r"%SystemRoot%\system32\svchost.exe -k netsvcs"},
        key("KMSSS"): {"expand": r#""C:\ProgramData\KMSAutoS\bin\KMSSS.exe" -port 1688"#},
        key("Manual"): {"expand": r"C:\Users\Public\m.exe"},
        key("Driver"): null,
        "service KMSSS": {"running": true, "start": "automatic"},
        "service Manual": {"running": false, "start": "manual"},
    }));
    let services = Ok(["Driver", "Good", "KMSSS", "Manual"].map(str::to_owned).to_vec());
    let files = Ok([
        r"C:\Users\an\AppData\Local\Zalo\Zalo.exe",
        r"%windir%\explorer.exe",
        r"C:\Users\lan\AppData\Local\Zalo\Zalo.exe",
    ]
    .map(str::to_owned)
    .to_vec());
    let task =
        |programs: Option<Vec<String>>| crate::host::answers::Task { path: "\\x".to_owned(), programs };
    let tasks = Ok(vec![task(None), task(Some(vec![r"%LOCALAPPDATA%\Zalo\Zalo.exe".to_owned()]))]);
    let found = autostarts::found(&host, &services, &files, &tasks).unwrap();
    let text: Vec<String> = found
        .iter()
        .map(|start| {
            let id = start.id.known().map_or("unknown", String::as_str);
            format!("{} {id}", start.started_by.known().unwrap().word())
        })
        .collect();
    // The same program of two people is one, and the hash of its path is the same by whatever it is started. A task that
    // cannot be read may start anything.
    expect_test::expect![[r#"
        sign_in 0e35a3c83e3384a1
        service 3ecc88313cc1899c
        task 0e35a3c83e3384a1
        task unknown"#]]
    .assert_eq(&text.join("\n"));
    assert_eq!(autostarts::found(&host, &services, &files, &Err(Trouble::Denied)), Err(Trouble::Denied));
}

#[test]
fn logs_that_somebody_cleared() {
    let event = |id: u16, provider: &str, at: &str| Event {
        at: at.parse().unwrap(),
        id,
        provider: provider.to_owned(),
    };
    let (old, new) = ("2026-10-01T00:00:00Z", "2026-11-01T00:00:00Z");
    let at = |at: &str| Fact::Known(at.parse::<Timestamp>().unwrap());
    let security = Ok(Some(vec![event(CLEARED, EVENT_LOG, old)]));
    let system = Ok(Some(vec![event(OTHER_CLEARED, EVENT_LOG, new)]));
    let quiet = || Ok(Some(vec![event(OTHER_CLEARED, "Other", new)]));
    assert_eq!(cleared_at(&security, &system), at(new));
    assert_eq!(cleared_at(&security, &quiet()), at(old));
    assert_eq!(cleared_at(&quiet(), &quiet()), Fact::Absent, "the number of another provider");
    assert_eq!(cleared_at(&Err(Trouble::Denied), &system), at(new), "what is known counts");
    assert_eq!(cleared_at(&Err(Trouble::Denied), &quiet()), Fact::Unknown(Reason::Denied));
    assert_eq!(cleared_at(&security, &Err(Trouble::TimedOut)), at(old));
}

#[test]
fn what_lies_in_the_folders_of_the_start() {
    let all = r"%ProgramData%\Microsoft\Windows\Start Menu\Programs\StartUp";
    let own = r"C:\Users\An\AppData\Roaming\Microsoft\Windows\Start Menu\Programs\Startup";
    let sid = "S-1-5-21-1-1-1-1001";
    let mut asked = json!({
        r"registry keys HKU\": [sid],
        format!(r"registry value HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList\{sid}: ProfileImagePath"): {"expand": r"C:\Users\An"},
    });
    for run in [r"Policies\Explorer\Run", "Run", "RunOnce"] {
        let key = format!(r"Microsoft\Windows\CurrentVersion\{run}");
        for place in [
            format!(r"HKLM\SOFTWARE\{key}"),
            format!(r"HKLM\SOFTWARE\{key} (32)"),
            format!(r"HKU\{sid}\Software\{key}"),
        ] {
            asked[format!("registry values {place}")] = Value::Null;
        }
    }
    let check = |shortcut: Value| {
        let recording = json!({
            "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T02:30:00Z", "asked": asked,
            "folders": {all: ["desktop.ini", "tool.exe"], own: ["Desktop.ini", "a.lnk", "cap nhat.vbs"]},
            "files": {format!(r"{own}\a.lnk"): shortcut},
        });
        autostarts::at_sign_in(&Recording::load(&recording.to_string()).unwrap())
    };
    assert_eq!(check(Value::Null), Ok(vec![format!(r"{own}\cap nhat.vbs")]));
    assert!(check(json!("no shortcut")).is_err(), "a shortcut that cannot be read may lead anywhere");
}

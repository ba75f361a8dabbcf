//! Volumes in every state, and PCs that cannot tell.

use serde_json::{Value, json};

use super::*;
use crate::host::recorded::Recording;

const ROWS: &str = r"wmi ROOT\CIMV2\Security\MicrosoftVolumeEncryption: SELECT DriveLetter, VolumeType, __RELPATH FROM Win32_EncryptableVolume";

fn check(mut asked: Value, expected: expect_test::Expect) {
    asked[r"registry value HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion: SystemRoot"] =
        json!({"text": "C:\\WINDOWS"});
    if asked.get("drives").is_none() {
        asked["drives"] = json!([{
            "number": 0, "model": "", "bus": 17, "removable": false, "size": null, "seek_penalty": null,
            "rotation": null, "partitions": null, "letters": ["C:", "D:"],
        }]);
    }
    let recording = json!({
        "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T00:00:00Z", "asked": asked,
        "volumes": [{"mount": "C:", "device": "C:", "filesystem": "NTFS", "size": 1000, "free": 250}],
    });
    let host = Recording::load(&recording.to_string()).unwrap();
    let Encryption { system_protected, volumes } = ask(&host, Timestamp::UNIX_EPOCH);
    let mut lines = vec![format!("{system_protected:?}")];
    match volumes {
        Fact::Known(volumes) => lines.extend(volumes.iter().map(|volume| {
            format!("{:?} {:?} {:?} {:?}", volume.mount, volume.protected, volume.state, volume.method)
        })),
        other => lines.push(format!("{other:?}")),
    }
    expected.assert_eq(&lines.join("\n"));
}

/// One volume, C:, of which the methods answer these.
fn methods(protection: Value, conversion: Value, method: Value) -> Value {
    json!({
        ROWS: [{"DriveLetter": "C:", "VolumeType": 0, "__RELPATH": "x"}, {"DriveLetter": null, "__RELPATH": "y"}],
        "wmi call GetProtectionStatus: x": protection,
        "wmi call GetConversionStatus: x": conversion,
        "wmi call GetEncryptionMethod: x": method,
        "service veracrypt": null,
        "service truecrypt": null,
    })
}

#[test]
fn every_state() {
    let of = |protection: u32, conversion: u32, method: u32| {
        methods(
            json!({"ProtectionStatus": protection, "ReturnValue": 0}),
            json!({"ConversionStatus": conversion, "EncryptionPercentage": 50, "ReturnValue": 0}),
            json!({"EncryptionMethod": method, "ReturnValue": 0}),
        )
    };
    check(
        of(1, 1, 6),
        expect_test::expect![[r#"
        Known(true)
        Known("C:") Known(true) Known(On) Known("XTS-AES 128")"#]],
    );
    check(
        of(0, 1, 7),
        expect_test::expect![[r#"
        Known(false)
        Known("C:") Known(false) Known(Suspended) Known("XTS-AES 256")"#]],
    );
    check(
        of(0, 2, 3),
        expect_test::expect![[r#"
        Known(false)
        Known("C:") Known(false) Known(Changing) Known("AES-CBC 128")"#]],
    );
    check(
        of(0, 0, 0),
        expect_test::expect![[r#"
        Known(false)
        Known("C:") Known(false) Known(Off) Absent"#]],
    );
    check(
        of(2, 0, 0),
        expect_test::expect![[r#"
        Known(true)
        Known("C:") Known(true) Known(Locked) Unknown(NotSupported)"#]],
    );
    check(
        of(9, 9, 9),
        expect_test::expect![[r#"
        Unknown(NotSupported)
        Known("C:") Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported)"#]],
    );
}

#[test]
fn methods_that_fail() {
    let failed = || json!({"ReturnValue": 0x8031_0000_u32});
    check(
        methods(failed(), failed(), failed()),
        expect_test::expect![[r#"
        Unknown(Failed("GetProtectionStatus answers error 0x80310000"))
        Known("C:") Unknown(Failed("GetProtectionStatus answers error 0x80310000")) Unknown(Failed("GetProtectionStatus answers error 0x80310000")) Unknown(Failed("GetProtectionStatus answers error 0x80310000"))"#]],
    );
    check(
        methods(json!({}), json!(null), json!({"trouble": "denied"})),
        expect_test::expect![[r#"
        Unknown(NotSupported)
        Known("C:") Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported)"#]],
    );
    check(
        methods(json!({"ProtectionStatus": 1}), json!({"trouble": "timed_out"}), json!(null)),
        expect_test::expect![[r#"
            Known(true)
            Known("C:") Known(true) Unknown(TimedOut) Unknown(TimedOut)"#]],
    );
}

#[test]
fn who_may_not_ask_and_who_has_nothing_to_ask() {
    check(
        json!({ROWS: {"trouble": "denied"}}),
        expect_test::expect![[r#"
        Unknown(Denied)
        Unknown(Denied)"#]],
    );
    // The class is missing although the driver is there.
    check(
        json!({ROWS: null, "service fvevol": {"running": true, "start": "boot"}}),
        expect_test::expect![[r#"
        Unknown(NotSupported)
        Unknown(NotSupported)"#]],
    );
    // A server without BitLocker.
    let server = |veracrypt: Value| json!({ROWS: null, "service fvevol": null, "service veracrypt": veracrypt, "service truecrypt": null});
    check(
        server(json!(null)),
        expect_test::expect![[r#"
        Known(false)
        Known("C:") Known(false) Known(Off) Absent"#]],
    );
    check(
        server(json!({"running": true, "start": "boot"})),
        expect_test::expect![[r#"
        Unknown(NotSupported)
        Known("C:") Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported)"#]],
    );
}

#[test]
fn a_locked_drive_on_usb_is_not_this_pcs() {
    let mut asked = methods(json!({"ProtectionStatus": 2}), json!({}), json!({}));
    asked["drives"] = json!([{
        "number": 1, "model": "", "bus": 7, "removable": false, "size": null, "seek_penalty": null,
        "rotation": null, "partitions": null, "letters": ["C:"],
    }]);
    check(asked, expect_test::expect!["Unknown(NotSupported)"]);
}

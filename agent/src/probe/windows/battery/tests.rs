//! Batteries that answer, batteries that do not, and what only looks like one.

use serde_json::{Value, json};

use super::*;
use crate::host::recorded::Recording;

fn check(told: &[(&str, &str, Value)], expected: expect_test::Expect) {
    let mut asked = serde_json::Map::new();
    for (columns, class, rows) in told {
        let namespace = if *class == "Win32_Battery" { r"ROOT\CIMV2" } else { r"ROOT\WMI" };
        asked.insert(format!("wmi {namespace}: SELECT {columns} FROM {class}"), rows.clone());
    }
    let recording = json!({
        "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T00:00:00Z", "asked": asked,
    });
    let host = Recording::load(&recording.to_string()).unwrap();
    let Battery { present, design, full, health, cycles } = ask(&host, Timestamp::UNIX_EPOCH);
    expected.assert_eq(&format!("{present:?} {design:?} {full:?} {health:?} {cycles:?}"));
}

fn designed(rows: Value) -> (&'static str, &'static str, Value) {
    ("Capabilities, DesignedCapacity, InstanceName", "BatteryStaticData", rows)
}

fn full(rows: Value) -> (&'static str, &'static str, Value) {
    ("FullChargedCapacity, InstanceName", "BatteryFullChargedCapacity", rows)
}

fn cycles(rows: Value) -> (&'static str, &'static str, Value) {
    ("CycleCount, InstanceName", "BatteryCycleCount", rows)
}

fn presence(rows: Value) -> (&'static str, &'static str, Value) {
    ("DeviceID", "Win32_Battery", rows)
}

#[test]
fn two_batteries_of_which_one_is_worn() {
    check(
        &[
            designed(json!([
                {"Capabilities": 0x8000_0001_u32, "DesignedCapacity": 24000, "InstanceName": "A"},
                {"Capabilities": 0x8000_0001_u32, "DesignedCapacity": 24000, "InstanceName": "B"},
            ])),
            full(json!([
                {"FullChargedCapacity": 23000, "InstanceName": "B"},
                {"FullChargedCapacity": 9000, "InstanceName": "A"},
            ])),
            cycles(json!([{"CycleCount": 512, "InstanceName": "A"}, {"CycleCount": 0, "InstanceName": "B"}])),
        ],
        expect_test::expect!["Known(true) Known(48000) Known(32000) Known(Percent(66)) Known(512)"],
    );
}

#[test]
fn a_power_supply_on_usb_is_no_battery() {
    check(
        &[
            designed(
                json!([{"Capabilities": 0xe000_0000_u32, "DesignedCapacity": 100, "InstanceName": "U"}]),
            ),
            full(json!([])),
            cycles(json!([])),
        ],
        expect_test::expect!["Known(false) Absent Absent Absent Absent"],
    );
}

#[test]
fn a_battery_that_counts_in_percent() {
    check(
        &[
            designed(
                json!([{"Capabilities": 0xc000_0000_u32, "DesignedCapacity": 100, "InstanceName": "P"}]),
            ),
            full(json!([{"FullChargedCapacity": 71, "InstanceName": "P"}])),
            cycles(json!({"trouble": "denied"})),
        ],
        expect_test::expect![
            "Known(true) Unknown(NotSupported) Unknown(NotSupported) Known(Percent(71)) Unknown(NotSupported)"
        ],
    );
}

#[test]
fn what_the_driver_does_not_tell() {
    let unknown =
        json!([{"Capabilities": 0x8000_0000_u32, "DesignedCapacity": 0xffff_ffff_u32, "InstanceName": "A"}]);
    let full_too = json!([{"FullChargedCapacity": 0xffff_ffff_u32, "InstanceName": "A"}]);
    check(
        &[designed(unknown), full(full_too), cycles(json!(null))],
        expect_test::expect![
            "Known(true) Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported)"
        ],
    );
    let failed = || json!({"trouble": {"failed": "cannot ask WMI for BatteryStaticData: error 0x80041001 of Windows"}});
    check(
        &[designed(failed()), presence(json!([{"DeviceID": "1234"}]))],
        expect_test::expect![[
            r#"Known(true) Unknown(Failed("cannot ask WMI for BatteryStaticData: error 0x80041001 of Windows")) Unknown(Failed("cannot ask WMI for BatteryStaticData: error 0x80041001 of Windows")) Unknown(Failed("cannot ask WMI for BatteryStaticData: error 0x80041001 of Windows")) Unknown(Failed("cannot ask WMI for BatteryStaticData: error 0x80041001 of Windows"))"#
        ]],
    );
    check(
        &[designed(failed()), presence(json!([]))],
        expect_test::expect!["Known(false) Absent Absent Absent Absent"],
    );
    check(
        &[designed(json!({"trouble": "timed_out"}))],
        expect_test::expect![
            "Unknown(TimedOut) Unknown(TimedOut) Unknown(TimedOut) Unknown(TimedOut) Unknown(TimedOut)"
        ],
    );
    check(
        &[designed(json!([])), presence(json!([]))],
        expect_test::expect!["Known(false) Absent Absent Absent Absent"],
    );
    check(
        &[designed(json!(null)), presence(json!({"trouble": "timed_out"}))],
        expect_test::expect![
            "Unknown(TimedOut) Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported)"
        ],
    );
}

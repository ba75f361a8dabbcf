//! Batteries of laptops, mice and empty bays.

use rules::facts::battery::Battery;
use serde_json::{Map, Value, json};

use super::*;
use crate::host::recorded::Recording;

/// A PC whose power supplies say these, and nothing else.
fn check(supplies: &[(&str, &[(&str, &str)])], expected: expect_test::Expect) {
    const FILES: &[&str] = &[
        "type",
        "scope",
        "present",
        "energy_full_design",
        "energy_full",
        "charge_full_design",
        "charge_full",
        "voltage_min_design",
        "cycle_count",
    ];
    let mut files = Map::new();
    for (name, told) in supplies {
        for file in FILES {
            let value = told.iter().find(|(its, _)| its == file).map(|(_, value)| format!("{value}\n"));
            files.insert(format!("{SUPPLIES}/{name}/{file}"), value.map_or(Value::Null, Value::String));
        }
    }
    let names: Vec<&str> = supplies.iter().map(|(name, _)| *name).collect();
    let recording = json!({
        "origin": "made up", "about": "", "platform": "linux", "taken_at": "2026-11-22T00:00:00Z",
        "folders": {SUPPLIES: names}, "files": files,
    });
    let host = Recording::load(&recording.to_string()).unwrap();
    let Battery { present, design, full, health, cycles } = ask(&host, Timestamp::UNIX_EPOCH);
    expected.assert_eq(&format!("{present:?} {design:?} {full:?} {health:?} {cycles:?}"));
}

#[test]
fn batteries_in_microwatts_and_in_microamperes() {
    let mains = ("AC", &[("type", "Mains")][..]);
    let energy = (
        "BAT0",
        &[
            ("type", "Battery"),
            ("present", "1"),
            ("energy_full_design", "57020000"),
            ("energy_full", "31250000"),
            ("cycle_count", "421"),
        ][..],
    );
    check(
        &[mains, energy],
        expect_test::expect!["Known(true) Known(57020) Known(31250) Known(Percent(54)) Known(421)"],
    );
    let charge = (
        "BAT1",
        &[
            ("type", "Battery"),
            ("charge_full_design", "4400000"),
            ("charge_full", "4100000"),
            ("voltage_min_design", "11100000"),
            ("cycle_count", "0"),
        ][..],
    );
    check(
        &[charge],
        expect_test::expect![
            "Known(true) Known(48840) Known(45510) Known(Percent(93)) Unknown(NotSupported)"
        ],
    );
    check(
        &[energy, charge],
        expect_test::expect!["Known(true) Known(105860) Known(76760) Known(Percent(72)) Known(421)"],
    );
    let without_volts =
        ("BAT1", &[("type", "Battery"), ("charge_full_design", "4400000"), ("charge_full", "4100000")][..]);
    check(
        &[without_volts],
        expect_test::expect![
            "Known(true) Unknown(NotSupported) Unknown(NotSupported) Known(Percent(93)) Unknown(NotSupported)"
        ],
    );
}

#[test]
fn what_is_no_battery_of_this_pc_and_what_says_nothing() {
    let mouse = ("hidpp_battery_0", &[("type", "Battery"), ("scope", "Device")][..]);
    let bay = ("BAT1", &[("type", "Battery"), ("present", "0")][..]);
    check(&[mouse, bay], expect_test::expect!["Known(false) Absent Absent Absent Absent"]);
    check(
        &[("BAT0", &[("type", "Battery"), ("energy_full_design", "0"), ("energy_full", "lots")][..])],
        expect_test::expect![
            "Known(true) Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported) Unknown(NotSupported)"
        ],
    );
}

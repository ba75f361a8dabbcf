//! Drives of PCs that nobody recorded, and drives that hang.

use serde_json::{Value, json};

use super::*;
use crate::host::recorded::{Recorded, Recording};

const SYSTEM_ROOT: &str = r"registry value HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion: SystemRoot";
const BY_WMI: &str = r"wmi ROOT\CIMV2: SELECT Index, InterfaceType, Model, Size FROM Win32_DiskDrive";
const OPINION: &str = r"wmi ROOT\Microsoft\Windows\Storage: SELECT BusType, DeviceId, HealthStatus, MediaType FROM MSFT_PhysicalDisk";

fn host(asked: Value) -> Recorded {
    let volumes = json!([
        {"mount": "C:", "device": "C:", "filesystem": "NTFS", "size": 1000, "free": 250},
        {"mount": "E:", "device": "E:", "filesystem": "NTFS", "size": 1000, "free": 0},
    ]);
    let mut recording = json!({
        "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T00:00:00Z",
        "volumes": volumes, "asked": {},
    });
    recording["asked"] = asked;
    recording["asked"][SYSTEM_ROOT] = json!({"text": "c:\\Windows"});
    Recording::load(&recording.to_string()).unwrap()
}

fn drive(number: u32, model: &str, bus: u32, seek_penalty: Option<bool>, letters: &[&str]) -> Value {
    json!({
        "number": number, "model": model, "bus": bus, "removable": false, "size": 500_107_862_016_u64,
        "seek_penalty": seek_penalty, "rotation": null, "partitions": 1, "letters": letters,
    })
}

fn check(asked: Value, expected: expect_test::Expect) {
    let disk = ask(&host(asked), Timestamp::UNIX_EPOCH);
    expected.assert_eq(&said(&disk));
}

fn said(disk: &Disk) -> String {
    fn part<T: std::fmt::Debug>(fact: &Fact<T>) -> String {
        match fact {
            Fact::Known(value) => format!("{value:?}"),
            Fact::Absent => "absent".to_owned(),
            Fact::Unknown(reason) => reason.to_string(),
        }
    }
    let mut lines = vec![format!(
        "system: {}, {}, {}",
        part(&disk.system_kind),
        part(&disk.system_size),
        part(&disk.system_partitions)
    )];
    match &disk.drives {
        Fact::Known(drives) => lines.extend(drives.iter().map(|drive| {
            format!(
                "{}: {}, {}, fixed {}, system {}, {}, {}",
                part(&drive.name),
                part(&drive.kind),
                part(&drive.bus),
                part(&drive.fixed),
                part(&drive.system),
                part(&drive.health),
                part(&drive.wear)
            )
        })),
        other => lines.push(part(other)),
    }
    let volumes = disk.volumes.known().map(Vec::as_slice).unwrap_or_default();
    lines.extend(volumes.iter().map(|volume| format!("{} {}", part(&volume.mount), part(&volume.system))));
    lines.join("\n")
}

#[test]
fn drives_of_hypervisors_are_virtual_and_not_asked() {
    for (model, bus) in [
        ("VBOX HARDDISK", 11),
        ("Msft Virtual Disk", 10),
        ("VMware Virtual disk", 1),
        ("Red Hat VirtIO", 1),
        ("QEMU HARDDISK", 11),
        ("Virtual HD ATA Device", 3),
    ] {
        let host = host(json!({"drives": [drive(0, model, bus, Some(true), &["C:"])]}));
        let disk = ask(&host, Timestamp::UNIX_EPOCH);
        assert_eq!(disk.system_kind, DriveKind::Virtual.into(), "{model}");
    }
}

#[test]
fn a_drive_on_usb_and_an_image_in_a_file() {
    check(
        json!({
            "drives": [
                drive(0, "KBG40ZNS256G NVMe KIOXIA 256GB", 17, Some(false), &["C:"]),
                drive(1, "WD Elements 2621", 7, Some(true), &["E:"]),
                drive(2, "Microsoft Virtual Disk", 15, Some(true), &[]),
            ],
            "drive health PhysicalDrive0": {"trouble": "denied"},
            OPINION: [{"DeviceId": "0", "BusType": 17, "MediaType": 4, "HealthStatus": 0}],
        }),
        expect_test::expect![[r#"
            system: Ssd, Bytes(500107862016), Gpt
            "PhysicalDrive0": Ssd, Nvme, fixed true, system true, Ok, denied
            "PhysicalDrive1": not_supported, Usb, fixed false, system false, not_supported, not_supported
            "C:" true"#]],
    );
}

#[test]
fn one_drive_that_hangs_spares_the_others() {
    check(
        json!({
            "drives": [
                drive(0, "ST1000DM003-1CH162", 11, Some(true), &["C:"]),
                drive(1, "ST1000DM003-1CH162", 11, Some(true), &["E:"]),
            ],
            "drive health PhysicalDrive0": {"trouble": "timed_out"},
        }),
        expect_test::expect![[r#"
            system: Hdd, Bytes(500107862016), Gpt
            "PhysicalDrive0": Hdd, Sata, fixed true, system true, timed_out, timed_out
            "PhysicalDrive1": Hdd, Sata, fixed true, system false, timed_out, timed_out
            "C:" true
            "E:" false"#]],
    );
}

#[test]
fn behind_a_raid_controller() {
    check(
        json!({
            "drives": [drive(0, "Intel Raid 1 Volume", 8, None, &["C:"])],
            "drive health PhysicalDrive0": {"trouble": "not_supported"},
            OPINION: [{"DeviceId": "0", "BusType": 8, "MediaType": 0, "HealthStatus": 5}],
        }),
        expect_test::expect![[r#"
            system: not_supported, Bytes(500107862016), Gpt
            "PhysicalDrive0": not_supported, not_supported, fixed true, system true, not_supported, not_supported
            "C:" true
            "E:" false"#]],
    );
}

#[test]
fn when_the_drivers_do_not_answer_wmi_does() {
    let rows = json!([
        {"Index": 0, "InterfaceType": "SCSI", "Model": "PC300 NVMe SK hynix 512GB", "Size": 512_105_932_800_u64},
        {"Index": 1, "InterfaceType": "USB", "Model": "Kingston DataTraveler 3.0 USB Device", "Size": null},
        {"Index": null},
    ]);
    check(
        json!({
            "drives": {"trouble": {"failed": "cannot list the drives"}},
            BY_WMI: rows,
            "drive health PhysicalDrive0": {"trouble": {"failed": "cannot ask"}},
            OPINION: [{"DeviceId": "0", "BusType": 17, "MediaType": 4, "HealthStatus": 1}, {"DeviceId": null}],
        }),
        expect_test::expect![[r#"
            system: failed: no drive tells that the system is on it, failed: no drive tells that the system is on it, failed: no drive tells that the system is on it
            "PhysicalDrive0": Ssd, Nvme, fixed true, system not_supported, Warning, failed: cannot ask
            "PhysicalDrive1": not_supported, Usb, fixed false, system not_supported, not_supported, not_supported
            "C:" true
            "E:" false"#]],
    );
    check(
        json!({"drives": {"trouble": "timed_out"}}),
        expect_test::expect![[r#"
            system: timed_out, timed_out, timed_out
            timed_out
            "C:" true
            "E:" false"#]],
    );
    check(
        json!({"drives": {"trouble": "denied"}, BY_WMI: {"trouble": "timed_out"}}),
        expect_test::expect![[r#"
        system: denied, denied, denied
        denied
        "C:" true
        "E:" false"#]],
    );
}

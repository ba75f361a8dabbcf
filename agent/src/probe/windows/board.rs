//! The board, the case, the firmware and the TPM.
//!
//! From the firmware table (SMBIOS), which Windows hands out to everybody, and from functions of Windows that need no
//! administrator. Only the TPM of a Windows 7 needs one: there is no function for it, but WMI.
//!
//! Windows does not see a TPM that is switched off: most firmware hides it altogether. So no TPM without a trace in the
//! ACPI tables or in SMBIOS stays `not_supported`, never `absent`, except in a virtual machine, which has no firmware
//! switch.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::board::{Board, FirmwareMode, TpmState};
use rules::quantity::Version;

use super::cpu;
use super::registry::{number, text};
use crate::host::answers::{Cell, FirmwareKind, Query};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::fact_or_unsupported;
use crate::probe::decode::smbios::{Baseboard, Bios, Case, System};
use crate::probe::firmware::{Firmware, Running, table};

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Board {
    let firmware = match table(host) {
        Ok(smbios) => Firmware::of(&smbios),
        Err(reason) => nothing(&reason),
    };
    let hypervisor = firmware.hypervisor();
    let virtual_machine = virtual_machine(host, &firmware, hypervisor);
    let mode = fact_or_unsupported(mode(host));
    let (secure_boot, secure_boot_capable) = secure_boot(host, &mode, &firmware.bios.uefi);
    let secure_boot_2023 = match &mode {
        Fact::Known(FirmwareMode::Bios) => Fact::Absent,
        Fact::Known(FirmwareMode::Uefi) | Fact::Absent | Fact::Unknown(_) => {
            fact_or_unsupported(secure_boot_2023(host))
        }
    };
    let (tpm, tpm_version) = tpm(host, virtual_machine.known().copied(), firmware.tpm_version.clone());
    firmware.board(Running {
        virtual_machine,
        hypervisor,
        mode,
        secure_boot,
        secure_boot_capable,
        secure_boot_2023,
        tpm,
        tpm_version,
    })
}

/// A firmware that could not be asked.
fn nothing(reason: &Reason) -> Firmware {
    let text = || Fact::Unknown(reason.clone());
    let flag = || Fact::Unknown(reason.clone());
    Firmware {
        bios: Bios { maker: text(), version: text(), date: text(), uefi: flag(), virtual_machine: flag() },
        system: System {
            maker: text(),
            model: text(),
            version: text(),
            serial: text(),
            uuid: text(),
            family: text(),
        },
        baseboard: Baseboard { maker: text(), model: text(), serial: text() },
        case: Case { chassis: Fact::Unknown(reason.clone()), serial: text(), asset_tag: text() },
        tpm_version: None,
    }
}

fn virtual_machine(host: &dyn Host, firmware: &Firmware, by_name: Option<&str>) -> Fact<bool> {
    if by_name.is_some() || firmware.bios.virtual_machine == Fact::Known(true) {
        return true.into();
    }
    match cpu::under_hypervisor(host) {
        Ok(Some(false)) => false.into(),
        // Windows runs on its own hypervisor where it isolates its kernel; the name of a real maker then decides.
        Ok(Some(true) | None) | Err(_) if firmware.system.maker.known().is_some() => false.into(),
        Ok(Some(true) | None) => Fact::Unknown(Reason::NotSupported),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

fn mode(host: &dyn Host) -> Answer<FirmwareMode> {
    Ok(host.firmware_kind()?.map(|kind| match kind {
        FirmwareKind::Bios => FirmwareMode::Bios,
        FirmwareKind::Uefi => FirmwareMode::Uefi,
    }))
}

/// Whether Secure Boot is on, and whether the firmware is able to do it.
fn secure_boot(host: &dyn Host, mode: &Fact<FirmwareMode>, uefi: &Fact<bool>) -> (Fact<bool>, Fact<bool>) {
    match (host.secure_boot(), mode) {
        (_, Fact::Known(FirmwareMode::Bios)) => {
            let capable = match uefi {
                Fact::Known(false) => false.into(),
                // In compatibility mode the firmware hides what else it is able to do.
                Fact::Known(true) | Fact::Absent | Fact::Unknown(_) => Fact::Unknown(Reason::NotSupported),
            };
            (false.into(), capable)
        }
        (Ok(Some(told)), _) => (told.enabled.into(), told.capable.into()),
        // Windows 7 neither asks for Secure Boot nor starts where it is on.
        (Err(Trouble::NotSupported), Fact::Known(FirmwareMode::Uefi)) => {
            (false.into(), Fact::Unknown(Reason::NotSupported))
        }
        (Ok(None), _) => (Fact::Unknown(Reason::NotSupported), Fact::Unknown(Reason::NotSupported)),
        (Err(trouble), _) => {
            let reason = Reason::from(trouble);
            (Fact::Unknown(reason.clone()), Fact::Unknown(reason))
        }
    }
}

/// Whether the firmware trusts Microsoft's certificates of 2023, as Windows found ("Registry key updates for Secure Boot",
/// Microsoft). An older update of Windows did not look.
fn secure_boot_2023(host: &dyn Host) -> Answer<bool> {
    const SERVICING: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\SecureBoot\Servicing";
    if text(host, SERVICING, "UEFICA2023Status")?.is_some_and(|status| status == "Updated") {
        return Ok(Some(true));
    }
    // 0: not in the list of the firmware; 1: in it; 2: in it, and Windows starts with what it signs.
    Ok(number(host, SERVICING, "WindowsUEFICA2023Capable")?.map(|capable| capable > 0))
}

/// The state of the TPM and the version of its specification.
fn tpm(
    host: &dyn Host,
    virtual_machine: Option<bool>,
    in_smbios: Option<String>,
) -> (Fact<TpmState>, Fact<Version>) {
    let told = match host.tpm() {
        Ok(Some(tpm)) => Ok(Some(match tpm.version {
            1 => "1.2".to_owned(),
            2 => "2.0".to_owned(),
            other => other.to_string(),
        })),
        Err(Trouble::NotSupported) => by_wmi(host),
        Ok(None) => Ok(None),
        Err(trouble) => Err(trouble),
    };
    match told {
        Ok(Some(version)) => (TpmState::On.into(), Fact::Known(Version(version))),
        Ok(None) => {
            let table = host.acpi_tables().map(|tables| {
                tables.unwrap_or_default().iter().any(|table| table == "TPM2" || table == "TCPA")
            });
            match (in_smbios, table, virtual_machine) {
                (Some(version), _, _) => (TpmState::Off.into(), Fact::Known(Version(version))),
                (None, Ok(true), _) => (TpmState::Off.into(), Fact::Unknown(Reason::NotSupported)),
                (None, Ok(false), Some(true)) => (TpmState::Missing.into(), Fact::Absent),
                (None, Ok(false), Some(false) | None) => {
                    (Fact::Unknown(Reason::NotSupported), Fact::Unknown(Reason::NotSupported))
                }
                (None, Err(trouble), _) => {
                    let reason = Reason::from(trouble);
                    (Fact::Unknown(reason.clone()), Fact::Unknown(reason))
                }
            }
        }
        Err(trouble) => {
            let reason = Reason::from(trouble);
            (Fact::Unknown(reason.clone()), Fact::Unknown(reason))
        }
    }
}

/// What WMI tells of an enabled TPM on Windows 7: `1.2, 2, 3` is the specification, its level, its revision.
fn by_wmi(host: &dyn Host) -> Answer<String> {
    let query = Query {
        namespace: r"ROOT\CIMV2\Security\MicrosoftTpm",
        class: "Win32_Tpm",
        columns: &["IsEnabled_InitialValue", "SpecVersion"],
        filter: "",
    };
    let rows = host.wmi(&query)?.unwrap_or_default();
    let Some(row) = rows.first() else { return Ok(None) };
    match (row.get("IsEnabled_InitialValue"), row.get("SpecVersion")) {
        (Some(Cell::Flag(false)), _) => Ok(None),
        (Some(Cell::Flag(true)), Some(Cell::Text(version))) => {
            Ok(version.split(',').next().map(|version| version.trim().to_owned()))
        }
        _ => Err(Trouble::Failed("Win32_Tpm does not say whether the TPM is on".to_owned())),
    }
}

//! The board, the case, the firmware and the TPM.
//!
//! From the firmware table (SMBIOS), which only root reads; without root from /sys/class/dmi/id, where serial
//! numbers and the UUID stay closed. Boot mode, Secure Boot and TPM from /sys, which everybody reads. Linux
//! does not see a TPM that is switched off: most firmware then hides it altogether. So no device without a
//! trace in the ACPI tables or in SMBIOS stays `not_supported`, never `absent`, except in a virtual machine,
//! which has no firmware switch. Seen on Debian 12 without SMBIOS; the tables of other PCs are those of the
//! tests. What other systems answer is known from their documents and from made-up recordings.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::board::{Board, FirmwareMode, TpmState};
use rules::quantity::Version;

use super::cpu;
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact_or_unsupported, line, number, present};
use crate::probe::decode::smbios::{self, Baseboard, Bios, Case, System};
use crate::probe::firmware::{Firmware, Running, table};

/// The certificates that the firmware trusts (UEFI 2.10, 32.6.1), and the name of Microsoft's of 2023 in them.
const TRUSTED: &str = "/sys/firmware/efi/efivars/db-d719b2cb-3d3a-4596-a3bc-dad00e67656f";
const OF_2023: &[u8] = b"Windows UEFI CA 2023";
/// The state of Secure Boot: four bytes of attributes and one of value (UEFI 2.10, 3.3).
const SECURE_BOOT: &str = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Board {
    let firmware = firmware(host);
    let hypervisor = firmware.hypervisor();
    let virtual_machine = virtual_machine(host, &firmware, hypervisor);
    let mode = fact_or_unsupported(mode(host, &firmware));
    let (secure_boot, secure_boot_capable) = secure_boot(host, &mode, &firmware.bios.uefi);
    let secure_boot_2023 = match &mode {
        Fact::Known(FirmwareMode::Bios) => Fact::Absent,
        Fact::Known(FirmwareMode::Uefi) | Fact::Absent | Fact::Unknown(_) => {
            fact_or_unsupported(secure_boot_2023(host))
        }
    };
    let tpm = tpm(host, virtual_machine.known().copied(), firmware.tpm_version.is_some());
    let tpm_version = match &tpm {
        Fact::Known(TpmState::On) => fact_or_unsupported(tpm_version(host, firmware.tpm_version.clone())),
        Fact::Known(TpmState::Off) => firmware
            .tpm_version
            .clone()
            .map_or(Fact::Unknown(Reason::NotSupported), |version| Fact::Known(Version(version))),
        Fact::Known(TpmState::Missing) | Fact::Absent => Fact::Absent,
        Fact::Unknown(reason) => Fact::Unknown(reason.clone()),
    };
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

/// Whether the firmware trusts Microsoft's certificates of 2023. Names lie open in certificates.
fn secure_boot_2023(host: &dyn Host) -> Answer<bool> {
    let trusted = host.file(TRUSTED)?;
    Ok(trusted.map(|trusted| trusted.windows(OF_2023.len()).any(|part| part == OF_2023)))
}

fn firmware(host: &dyn Host) -> Firmware {
    match table(host) {
        Ok(smbios) => Firmware::of(&smbios),
        Err(reason) => in_files(host, &reason),
    }
}

/// What the kernel hands out of the table, one value in a file. What it does not is unknown for `reason`.
fn in_files(host: &dyn Host, reason: &Reason) -> Firmware {
    let there = present(host, "/sys/class/dmi/id");
    let read = |name: &str, clean: fn(&str) -> Fact<String>| match &there {
        Ok(true) => match line(host, &format!("/sys/class/dmi/id/{name}")) {
            Ok(Some(text)) => clean(&text),
            Ok(None) => Fact::Absent,
            Err(trouble) => Fact::Unknown(trouble.into()),
        },
        Ok(false) => Fact::Unknown(reason.clone()),
        Err(trouble) => Fact::Unknown(trouble.clone().into()),
    };
    Firmware {
        bios: Bios {
            maker: read("bios_vendor", smbios::name),
            version: read("bios_version", smbios::name),
            date: read("bios_date", smbios::name),
            uefi: Fact::Unknown(reason.clone()),
            virtual_machine: Fact::Unknown(reason.clone()),
        },
        system: System {
            maker: read("sys_vendor", smbios::name),
            model: read("product_name", smbios::name),
            version: read("product_version", smbios::name),
            serial: read("product_serial", smbios::serial),
            uuid: read("product_uuid", smbios::name).map(|uuid| uuid.to_lowercase()),
            family: read("product_family", smbios::name),
        },
        baseboard: Baseboard {
            maker: read("board_vendor", smbios::name),
            model: read("board_name", smbios::name),
            serial: read("board_serial", smbios::serial),
        },
        case: Case {
            chassis: read("chassis_type", smbios::name).and_then(|form| match form.parse() {
                Ok(form) => smbios::chassis(form),
                Err(_) => Fact::failed(format!("the chassis type is no number: {form:?}")),
            }),
            serial: read("chassis_serial", smbios::serial),
            asset_tag: read("chassis_asset_tag", smbios::serial),
        },
        tpm_version: None,
    }
}

fn virtual_machine(host: &dyn Host, firmware: &Firmware, by_name: Option<&str>) -> Fact<bool> {
    if by_name.is_some() || firmware.bios.virtual_machine == Fact::Known(true) {
        return true.into();
    }
    match fact_or_unsupported(cpu::under_hypervisor(host)) {
        // ARM has no such flag; a name of a real maker is the next best proof.
        Fact::Unknown(Reason::NotSupported) if firmware.system.maker.known().is_some() => false.into(),
        answer => answer,
    }
}

fn mode(host: &dyn Host, firmware: &Firmware) -> Answer<FirmwareMode> {
    if present(host, "/sys/firmware/efi")? {
        return Ok(Some(FirmwareMode::Uefi));
    }
    // Without UEFI and without SMBIOS there is no firmware that one could name.
    let described = firmware.bios.version.known().is_some() || firmware.bios.maker.known().is_some();
    Ok(described.then_some(FirmwareMode::Bios))
}

/// Whether Secure Boot is on, and whether the firmware is able to do it.
fn secure_boot(host: &dyn Host, mode: &Fact<FirmwareMode>, uefi: &Fact<bool>) -> (Fact<bool>, Fact<bool>) {
    match mode {
        Fact::Known(FirmwareMode::Bios) => {
            let capable = match uefi {
                Fact::Known(false) => false.into(),
                // In compatibility mode the firmware hides what else it is able to do.
                Fact::Known(true) | Fact::Absent | Fact::Unknown(_) => Fact::Unknown(Reason::NotSupported),
            };
            (false.into(), capable)
        }
        Fact::Known(FirmwareMode::Uefi) => match secure_boot_variable(host) {
            Ok(Some(on)) => (on.into(), true.into()),
            Ok(None) => (false.into(), false.into()),
            Err(trouble) => {
                let reason = Reason::from(trouble);
                (Fact::Unknown(reason.clone()), Fact::Unknown(reason))
            }
        },
        Fact::Absent => (Fact::Absent, Fact::Absent),
        Fact::Unknown(reason) => (Fact::Unknown(reason.clone()), Fact::Unknown(reason.clone())),
    }
}

fn secure_boot_variable(host: &dyn Host) -> Answer<bool> {
    match host.file(SECURE_BOOT)?.as_deref() {
        Some([_, _, _, _, value]) => Ok(Some(*value == 1)),
        Some(bytes) => Err(Trouble::Failed(format!("SecureBoot has {} bytes, not 5", bytes.len()))),
        // The variables of the firmware may not be mounted at all.
        None => match host.folder("/sys/firmware/efi/efivars")? {
            Some(variables) if !variables.is_empty() => Ok(None),
            Some(_) | None => Err(Trouble::NotSupported),
        },
    }
}

fn tpm(host: &dyn Host, virtual_machine: Option<bool>, in_smbios: bool) -> Fact<TpmState> {
    let look = || -> Answer<TpmState> {
        if present(host, "/sys/class/tpm/tpm0")? {
            return Ok(Some(TpmState::On));
        }
        let Some(tables) = host.folder("/sys/firmware/acpi/tables")? else { return Ok(None) };
        if in_smbios || tables.iter().any(|table| table == "TPM2") {
            return Ok(Some(TpmState::Off));
        }
        Ok((virtual_machine == Some(true)).then_some(TpmState::Missing))
    };
    fact_or_unsupported(look())
}

fn tpm_version(host: &dyn Host, in_smbios: Option<String>) -> Answer<Version> {
    // Kernels before 5.6 do not say; the resource manager serves version 2 only.
    let version = match number(host, "/sys/class/tpm/tpm0/tpm_version_major")? {
        Some(2) => Some("2.0".to_owned()),
        Some(1) => Some("1.2".to_owned()),
        Some(other) => Some(other.to_string()),
        None if in_smbios.is_some() => in_smbios,
        None => present(host, "/sys/class/tpmrm/tpmrm0")?.then(|| "2.0".to_owned()),
    };
    Ok(version.map(Version))
}

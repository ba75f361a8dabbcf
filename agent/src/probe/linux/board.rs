//! The board, the case, the firmware and the TPM.
//!
//! From the firmware table (SMBIOS), which only root reads; without root from /sys/class/dmi/id, where serial
//! numbers and the UUID stay closed. Boot mode, Secure Boot and TPM from /sys, which everybody reads. Linux
//! does not see a TPM that is switched off: most firmware then hides it altogether. So no device without a
//! trace in the ACPI tables or in SMBIOS stays `not_supported`, never `absent`, except in a virtual machine,
//! which has no firmware switch. Seen on Debian 12 without SMBIOS; the tables of other PCs are those of the
//! tests. What other systems answer is known from their documents and from made-up recordings.

use jiff::Timestamp;
use jiff::civil::Date;
use rules::fact::{Fact, Reason};
use rules::facts::board::{Board, Chassis, FirmwareMode, TpmState};
use rules::quantity::Version;

use super::cpu;
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact_or_unsupported, line, number, present};
use crate::probe::decode::smbios::{self, Baseboard, Bios, Case, Smbios, System};

/// The state of Secure Boot: four bytes of attributes and one of value (UEFI 2.10, 3.3).
const SECURE_BOOT: &str = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/// Parts of the maker's and model's names, in lower case, by which hypervisors are known.
const HYPERVISORS: &[(&str, &str)] = &[
    ("vmware", "VMware"),
    ("virtualbox", "VirtualBox"),
    ("innotek", "VirtualBox"),
    ("microsoft corporation virtual machine", "Hyper-V"),
    ("xen", "Xen"),
    ("parallels", "Parallels"),
    ("amazon ec2", "KVM"),
    ("google compute engine", "KVM"),
    ("bochs", "QEMU"),
    ("kvm", "KVM"),
    ("qemu", "QEMU"),
    ("openstack", "KVM"),
];

/// What the firmware says, by whichever way it could be asked.
struct Firmware {
    bios: Bios,
    system: System,
    baseboard: Baseboard,
    case: Case,
    tpm_version: Option<String>,
}

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Board {
    let firmware = firmware(host);
    let hypervisor = hypervisor_by_name(&firmware.system);
    let virtual_machine = virtual_machine(host, &firmware, hypervisor);
    let mode = fact_or_unsupported(mode(host, &firmware));
    let (secure_boot, secure_boot_capable) = secure_boot(host, &mode, &firmware.bios.uefi);
    let tpm = tpm(host, virtual_machine.known().copied(), firmware.tpm_version.is_some());
    Board {
        tpm_version: match &tpm {
            Fact::Known(TpmState::On) => fact_or_unsupported(tpm_version(host, firmware.tpm_version)),
            Fact::Known(TpmState::Off) => firmware
                .tpm_version
                .map_or(Fact::Unknown(Reason::NotSupported), |version| Fact::Known(Version(version))),
            Fact::Known(TpmState::Missing) | Fact::Absent => Fact::Absent,
            Fact::Unknown(reason) => Fact::Unknown(reason.clone()),
        },
        tpm,
        chassis: match virtual_machine {
            Fact::Known(true) => Chassis::Virtual.into(),
            Fact::Known(false) | Fact::Absent | Fact::Unknown(_) => firmware.case.chassis,
        },
        hypervisor: match (&virtual_machine, hypervisor) {
            (Fact::Known(true), Some(name)) => Fact::Known(name.to_owned()),
            (Fact::Known(true), None) => Fact::Unknown(Reason::NotSupported),
            (Fact::Known(false) | Fact::Absent, _) => Fact::Absent,
            (Fact::Unknown(reason), _) => Fact::Unknown(reason.clone()),
        },
        virtual_machine,
        model: model(&firmware.system),
        maker: firmware.system.maker,
        family: firmware.system.family,
        serial: firmware.system.serial,
        uuid: firmware.system.uuid,
        asset_tag: firmware.case.asset_tag,
        board_maker: firmware.baseboard.maker,
        board_model: firmware.baseboard.model,
        board_serial: firmware.baseboard.serial,
        firmware_maker: firmware.bios.maker,
        firmware_version: firmware.bios.version,
        firmware_date: firmware.bios.date.and_then(|date| match day(&date) {
            Some(day) => Fact::Known(day),
            None => Fact::failed(format!("the firmware has no date but {date:?}")),
        }),
        uefi_capable: match &mode {
            Fact::Known(FirmwareMode::Uefi) => true.into(),
            Fact::Known(FirmwareMode::Bios) | Fact::Absent | Fact::Unknown(_) => firmware.bios.uefi,
        },
        firmware_mode: mode,
        secure_boot_capable,
        secure_boot,
    }
}

/// Lenovo writes a code into the model and the name into the version.
pub(in crate::probe) fn model(system: &System) -> Fact<String> {
    match (&system.maker, &system.version) {
        (Fact::Known(maker), Fact::Known(version))
            if maker.eq_ignore_ascii_case("lenovo") && version.to_lowercase() != "lenovo product" =>
        {
            Fact::Known(version.clone())
        }
        _ => system.model.clone(),
    }
}

fn firmware(host: &dyn Host) -> Firmware {
    match host.firmware() {
        Ok(Some(firmware)) => match Smbios::read(firmware) {
            Ok(smbios) => Firmware {
                bios: smbios.bios(),
                system: smbios.system(),
                baseboard: smbios.baseboard(),
                case: smbios.case(),
                tpm_version: smbios.tpm_version(),
            },
            Err(text) => in_files(host, &Reason::Failed(text)),
        },
        Ok(None) => in_files(host, &Reason::NotSupported),
        Err(trouble) => in_files(host, &Reason::from(trouble)),
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

/// Month first, with a year of four digits, or of two in tables before 2.3 (7.1).
pub(in crate::probe) fn day(text: &str) -> Option<Date> {
    let mut parts = text.split('/').map(str::trim);
    let (month, day, year) = (parts.next()?, parts.next()?, parts.next()?);
    let short = year.len() == 2;
    let year: i16 = year.parse().ok()?;
    let year = match short {
        true if year < 70 => 2000 + year,
        true => 1900 + year,
        false => year,
    };
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok().filter(|date| date.year() >= 1980)
}

pub(in crate::probe) fn hypervisor_by_name(system: &System) -> Option<&'static str> {
    let known = |fact: &Fact<String>| fact.known().cloned().unwrap_or_default().to_lowercase();
    let names = format!("{} {}", known(&system.maker), known(&system.model));
    HYPERVISORS.iter().find(|(part, _)| names.contains(part)).map(|(_, name)| *name)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_firmware() {
        assert_eq!(day("09/23/2019"), Some(jiff::civil::date(2019, 9, 23)));
        assert_eq!(day("9/3/04"), Some(jiff::civil::date(2004, 9, 3)));
        assert_eq!(day("12/31/99"), Some(jiff::civil::date(1999, 12, 31)));
        for broken in ["", "2019-09-23", "23/09/2019", "09/23", "00/00/0000", "<OUT OF SPEC>"] {
            assert_eq!(day(broken), None, "{broken}");
        }
    }
}

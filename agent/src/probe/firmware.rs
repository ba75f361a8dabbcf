//! What the firmware table says of the board and of the memory: the same table on both platforms, and the same answers
//! from it. How the firmware runs at this moment is asked by each platform in its own way.

use jiff::civil::Date;
use rules::fact::{Fact, Reason};
use rules::facts::board::{Board, Chassis, FirmwareMode, TpmState};
use rules::facts::memory::Memory;
use rules::quantity::{Bytes, Version};

use super::ask::fact;
use super::decode::smbios::{self, Baseboard, Bios, Case, Smbios, System};
use crate::host::Host;

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

/// What the firmware says of itself, by whichever way it could be asked.
pub(super) struct Firmware {
    pub(super) bios: Bios,
    pub(super) system: System,
    pub(super) baseboard: Baseboard,
    pub(super) case: Case,
    pub(super) tpm_version: Option<String>,
}

/// How the firmware runs at this moment, as the platform told it.
pub(super) struct Running {
    pub(super) virtual_machine: Fact<bool>,
    /// The name of the hypervisor, where one is known.
    pub(super) hypervisor: Option<&'static str>,
    pub(super) mode: Fact<FirmwareMode>,
    pub(super) secure_boot: Fact<bool>,
    pub(super) secure_boot_capable: Fact<bool>,
    pub(super) secure_boot_2023: Fact<bool>,
    pub(super) tpm: Fact<TpmState>,
    pub(super) tpm_version: Fact<Version>,
}

/// The firmware table, or why there is none.
pub(super) fn table(host: &dyn Host) -> Result<Smbios, Reason> {
    match host.firmware() {
        Ok(Some(firmware)) => Smbios::read(firmware).map_err(Reason::Failed),
        Ok(None) => Err(Reason::NotSupported),
        Err(trouble) => Err(trouble.into()),
    }
}

/// The memory: what is in which slot by the firmware table, what the system sees by the system.
pub(super) fn memory(host: &dyn Host) -> Memory {
    let totals = fact(host.memory());
    let in_slots = table(host).map_or_else(
        |reason| smbios::Memory {
            installed: Fact::Unknown(reason.clone()),
            slots: Fact::Unknown(reason.clone()),
            slots_free: Fact::Unknown(reason.clone()),
            maximum: Fact::Unknown(reason.clone()),
            modules: Fact::Unknown(reason),
        },
        |smbios| smbios.memory(),
    );
    Memory {
        installed: in_slots.installed,
        visible: totals.as_ref().map(|totals| bytes(totals.visible)),
        slots: in_slots.slots,
        slots_free: in_slots.slots_free,
        maximum: in_slots.maximum,
        swap: totals.map(|totals| bytes(totals.swap)),
        modules: in_slots.modules,
    }
}

fn bytes(count: u64) -> Bytes {
    Bytes(i64::try_from(count).unwrap_or(i64::MAX))
}

impl Firmware {
    /// What the table says.
    pub(super) fn of(smbios: &Smbios) -> Firmware {
        Firmware {
            bios: smbios.bios(),
            system: smbios.system(),
            baseboard: smbios.baseboard(),
            case: smbios.case(),
            tpm_version: smbios.tpm_version(),
        }
    }

    /// The hypervisor, by the names of maker and model.
    pub(super) fn hypervisor(&self) -> Option<&'static str> {
        let known = |fact: &Fact<String>| fact.known().cloned().unwrap_or_default().to_lowercase();
        let names = format!("{} {}", known(&self.system.maker), known(&self.system.model));
        HYPERVISORS.iter().find(|(part, _)| names.contains(part)).map(|(_, name)| *name)
    }

    /// The area of the board.
    pub(super) fn board(self, running: Running) -> Board {
        let Running {
            virtual_machine,
            hypervisor,
            mode,
            secure_boot,
            secure_boot_capable,
            secure_boot_2023,
            tpm,
            tpm_version,
        } = running;
        Board {
            tpm,
            tpm_version,
            chassis: match virtual_machine {
                Fact::Known(true) => Chassis::Virtual.into(),
                Fact::Known(false) | Fact::Absent | Fact::Unknown(_) => self.case.chassis,
            },
            hypervisor: match (&virtual_machine, hypervisor) {
                (Fact::Known(true), Some(name)) => Fact::Known(name.to_owned()),
                (Fact::Known(true), None) => Fact::Unknown(Reason::NotSupported),
                (Fact::Known(false) | Fact::Absent, _) => Fact::Absent,
                (Fact::Unknown(reason), _) => Fact::Unknown(reason.clone()),
            },
            virtual_machine,
            model: model(&self.system),
            maker: self.system.maker,
            family: self.system.family,
            serial: self.system.serial,
            uuid: self.system.uuid,
            asset_tag: self.case.asset_tag,
            board_maker: self.baseboard.maker,
            board_model: self.baseboard.model,
            board_serial: self.baseboard.serial,
            firmware_maker: self.bios.maker,
            firmware_version: self.bios.version,
            firmware_date: self.bios.date.and_then(|date| match day(&date) {
                Some(day) => Fact::Known(day),
                None => Fact::failed(format!("the firmware has no date but {date:?}")),
            }),
            uefi_capable: match &mode {
                Fact::Known(FirmwareMode::Uefi) => true.into(),
                Fact::Known(FirmwareMode::Bios) | Fact::Absent | Fact::Unknown(_) => self.bios.uefi,
            },
            firmware_mode: mode,
            secure_boot_capable,
            secure_boot,
            secure_boot_2023,
        }
    }
}

/// Lenovo writes a code into the model and the name into the version.
fn model(system: &System) -> Fact<String> {
    match (&system.maker, &system.version) {
        (Fact::Known(maker), Fact::Known(version))
            if maker.eq_ignore_ascii_case("lenovo") && version.to_lowercase() != "lenovo product" =>
        {
            Fact::Known(version.clone())
        }
        _ => system.model.clone(),
    }
}

/// Month first, with a year of four digits, or of two in tables before 2.3 (7.1).
fn day(text: &str) -> Option<Date> {
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

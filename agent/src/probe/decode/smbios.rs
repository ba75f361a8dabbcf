//! The firmware's table about the hardware: SMBIOS, DSP0134.
//!
//! Windows and Linux hand out the same bytes. Firmware writers are careless: placeholders count as nothing, a table
//! that is cut short is told as such, and nothing that stands in it can make the reader panic.

use rules::fact::{Fact, Reason};
use rules::facts::board::Chassis;
use rules::facts::memory::Module;
use rules::quantity::{Bytes, GIB, KIB, MIB};
use smbioslib::{
    SMBiosBaseboardInformation, SMBiosData, SMBiosEndOfTable, SMBiosInformation, SMBiosMemoryDevice,
    SMBiosPhysicalMemoryArray, SMBiosString, SMBiosStruct, SMBiosSystemChassisInformation,
    SMBiosSystemInformation, SMBiosTpmDevice, SMBiosVersion,
};

use crate::host::Firmware;

/// Texts that makers leave in place of a name or number, in lower case. Counted in 162,853 published tables.
const PLACEHOLDERS: &[&str] = &[
    "",
    "0",
    "00",
    "-",
    "--",
    ".",
    "n/a",
    "na",
    "none",
    "null",
    "no",
    "oem",
    "o.e.m.",
    "invalid",
    "unknown",
    "undefined",
    "unknow",
    "not available",
    "not applicable",
    "not specified",
    "not specify",
    "not defined",
    "not set",
    "empty",
    "default",
    "default string",
    "type1productconfigid",
    "type1family",
    "type1sku0",
    "sku",
    "to be filled by o.e.m.",
    "to be filled by o.e.m",
    "to be filled by oem",
    "tobefilledbyo.e.m.",
    "to be filled",
    "o.e.m",
    "oem default string",
    "customer defined",
    "asset tag",
    "asset-1234567890",
    "asset tag:",
    "no asset tag",
    "no asset information",
    "chassis asset tag",
    "base board asset tag",
    "system manufacturer",
    "system product name",
    "system version",
    "system serial number",
    "system sku",
    "system name",
    "system model",
    "system family",
    "product name",
    "board serial number",
    "base board serial number",
    "base board product name",
    "base board manufacturer",
    "chassis serial number",
    "chassis manufacture",
    "chassis manufacturer",
    "serial number",
    "manufacturer",
    "mb-1234567890",
    "sn-1234567890",
    "ssn12345678901234567",
    "bss-0123456789",
    "eval",
    "evalution",
    "xxxxxxxx",
    "123456789",
    "1234567890",
    "0123456789",
    "12345678",
    "01234567890123456789ab",
    "family",
    "all series",
    "x.x",
    "1.0.0.0.0",
];

/// One firmware table, read.
pub struct Smbios {
    data: SMBiosData,
    /// Whether it ends with a whole structure.
    complete: bool,
}

/// What is written where the identity of the PC should stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RawSigns {
    /// Serial number of the PC.
    pub serial: Option<String>,
    /// Serial number of the main board.
    pub board_serial: Option<String>,
    /// UUID, in the usual form.
    pub uuid: Option<String>,
}

/// Type 0, the firmware.
pub struct Bios {
    /// Maker.
    pub maker: Fact<String>,
    /// Version.
    pub version: Fact<String>,
    /// Date as it is written, month first.
    pub date: Fact<String>,
    /// Whether it says that it is able to do UEFI.
    pub uefi: Fact<bool>,
    /// Whether it says that it is a virtual machine's.
    pub virtual_machine: Fact<bool>,
}

/// Type 1, the PC.
pub struct System {
    /// Maker.
    pub maker: Fact<String>,
    /// Model. Lenovo writes a code here and the name into `version`.
    pub model: Fact<String>,
    /// Version.
    pub version: Fact<String>,
    /// Serial number.
    pub serial: Fact<String>,
    /// UUID in lower case, as the operating system writes it.
    pub uuid: Fact<String>,
    /// Product family.
    pub family: Fact<String>,
}

/// Type 2, the main board.
pub struct Baseboard {
    /// Maker.
    pub maker: Fact<String>,
    /// Model.
    pub model: Fact<String>,
    /// Serial number.
    pub serial: Fact<String>,
}

/// Type 3, the case.
pub struct Case {
    /// Form.
    pub chassis: Fact<Chassis>,
    /// Serial number.
    pub serial: Fact<String>,
    /// Asset tag.
    pub asset_tag: Fact<String>,
}

/// Types 16 and 17, the memory.
pub struct Memory {
    /// Sum of all modules.
    pub installed: Fact<Bytes>,
    /// Slots on the board.
    pub slots: Fact<i64>,
    /// Slots without a module.
    pub slots_free: Fact<i64>,
    /// The most that the board takes.
    pub maximum: Fact<Bytes>,
    /// Modules.
    pub modules: Fact<Vec<Module>>,
}

impl Smbios {
    /// Reads a table; a text says why it cannot be read.
    pub fn read(firmware: Firmware) -> Result<Smbios, String> {
        let complete = is_complete(&firmware.table);
        let version = SMBiosVersion::new(firmware.major, firmware.minor, 0);
        let data = SMBiosData::from_vec_and_version(firmware.table, Some(version));
        if data.iter().next().is_none() {
            return Err("the firmware table holds no structure".to_owned());
        }
        Ok(Smbios { data, complete })
    }

    /// Why a structure is not there.
    fn missing(&self) -> Reason {
        if self.complete {
            Reason::NotSupported
        } else {
            Reason::Failed("the firmware table is cut short".to_owned())
        }
    }

    /// Type 0, the firmware.
    pub fn bios(&self) -> Bios {
        let Some(bios) = self.data.first::<SMBiosInformation<'_>>() else {
            let missing = self.missing();
            return Bios {
                maker: Fact::Unknown(missing.clone()),
                version: Fact::Unknown(missing.clone()),
                date: Fact::Unknown(missing.clone()),
                uefi: Fact::Unknown(missing.clone()),
                virtual_machine: Fact::Unknown(missing),
            };
        };
        // Extension byte 2 (7.1.2.2): bit 3 is UEFI, bit 4 is a virtual machine.
        let extension = bios.parts().get_field_byte(0x13);
        let bit = |mask: u8| match extension {
            Some(byte) => Fact::Known(byte & mask != 0),
            None => Fact::Unknown(Reason::NotSupported),
        };
        Bios {
            maker: named(&bios.vendor()),
            version: named(&bios.version()),
            date: named(&bios.release_date()),
            uefi: bit(1 << 3),
            virtual_machine: bit(1 << 4),
        }
    }

    /// Type 1, the PC.
    pub fn system(&self) -> System {
        let Some(system) = self.data.first::<SMBiosSystemInformation<'_>>() else {
            let missing = self.missing();
            return System {
                maker: Fact::Unknown(missing.clone()),
                model: Fact::Unknown(missing.clone()),
                version: Fact::Unknown(missing.clone()),
                serial: Fact::Unknown(missing.clone()),
                uuid: Fact::Unknown(missing.clone()),
                family: Fact::Unknown(missing),
            };
        };
        System {
            maker: named(&system.manufacturer()),
            model: named(&system.product_name()),
            version: named(&system.version()),
            serial: numbered(&system.serial_number()),
            uuid: self.uuid(system.parts().get_field_data(0x08, 0x18)),
            family: named(&system.family()),
        }
    }

    fn uuid(&self, bytes: Option<&[u8]>) -> Fact<String> {
        let Some(Ok(bytes)) = bytes.map(<[u8; 16]>::try_from) else {
            return Fact::Unknown(Reason::NotSupported);
        };
        // All ones: could be set, is not; all zeros: none.
        if bytes.iter().all(|byte| *byte == 0) || bytes.iter().all(|byte| *byte == 0xff) {
            return Fact::Absent;
        }
        let text = self.uuid_text(bytes);
        // Boards of one series that were never given a number share these.
        let junk = ["03000200-0400-0500-0006-000700080009", "00020003-0004-0005-0006-000700080009"];
        if junk.contains(&text.as_str()) { Fact::Absent } else { Fact::Known(text) }
    }

    /// From 2.6 on the first three parts are little-endian (7.2.1).
    fn uuid_text(&self, mut bytes: [u8; 16]) -> String {
        let version = self.data.version.map_or((0, 0), |version| (version.major, version.minor));
        if version >= (2, 6) {
            bytes[0..4].reverse();
            bytes[4..6].reverse();
            bytes[6..8].reverse();
        }
        let mut text = String::with_capacity(36);
        for (at, byte) in bytes.iter().enumerate() {
            if matches!(at, 4 | 6 | 8 | 10) {
                text.push('-');
            }
            for digit in [byte >> 4, byte & 0xf] {
                text.extend(char::from_digit(u32::from(digit), 16));
            }
        }
        text
    }

    /// What is written where the identity of the PC should stand, placeholders included: none where nothing is.
    pub fn signs(&self) -> Result<RawSigns, Reason> {
        let Some(system) = self.data.first::<SMBiosSystemInformation<'_>>() else {
            return Err(self.missing());
        };
        let text = |text: SMBiosString| text.to_utf8_lossy().map(|text| text.trim().to_owned());
        let bytes =
            system.parts().get_field_data(0x08, 0x18).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        Ok(RawSigns {
            serial: text(system.serial_number()),
            board_serial: self.main_board().and_then(|board| text(board.serial_number())),
            uuid: bytes.map(|bytes| self.uuid_text(bytes)),
        })
    }

    /// Type 2, the main board: the first that says so, else the first.
    fn main_board(&self) -> Option<SMBiosBaseboardInformation<'_>> {
        let board_type =
            |board: &SMBiosBaseboardInformation<'_>| board.parts().get_field_byte(0x0D) == Some(0x0A);
        self.data
            .find::<SMBiosBaseboardInformation<'_>, _>(board_type)
            .or_else(|| self.data.first::<SMBiosBaseboardInformation<'_>>())
    }

    /// Type 2, the main board.
    pub fn baseboard(&self) -> Baseboard {
        match self.main_board() {
            Some(board) => Baseboard {
                maker: named(&board.manufacturer()),
                model: named(&board.product()),
                serial: numbered(&board.serial_number()),
            },
            // The structure is optional.
            None if self.complete => {
                Baseboard { maker: Fact::Absent, model: Fact::Absent, serial: Fact::Absent }
            }
            None => {
                let missing = self.missing();
                Baseboard {
                    maker: Fact::Unknown(missing.clone()),
                    model: Fact::Unknown(missing.clone()),
                    serial: Fact::Unknown(missing),
                }
            }
        }
    }

    /// Type 3, the case.
    pub fn case(&self) -> Case {
        match self.data.first::<SMBiosSystemChassisInformation<'_>>() {
            Some(case) => Case {
                chassis: match case.parts().get_field_byte(0x05) {
                    Some(form) => chassis(form),
                    None => Fact::Unknown(Reason::NotSupported),
                },
                serial: numbered(&case.serial_number()),
                asset_tag: numbered(&case.asset_tag_number()),
            },
            None => {
                let missing = self.missing();
                Case {
                    chassis: Fact::Unknown(missing.clone()),
                    serial: Fact::Unknown(missing.clone()),
                    asset_tag: Fact::Unknown(missing),
                }
            }
        }
    }

    /// Version of the TPM by type 43, which few tables have: its absence says nothing.
    pub fn tpm_version(&self) -> Option<String> {
        let tpm = self.data.first::<SMBiosTpmDevice<'_>>()?;
        Some(format!("{}.{}", tpm.major_spec_version()?, tpm.minor_spec_version()?))
    }

    /// Types 16 and 17, the memory.
    pub fn memory(&self) -> Memory {
        if !self.complete {
            let cut = self.missing();
            return Memory {
                installed: Fact::Unknown(cut.clone()),
                slots: Fact::Unknown(cut.clone()),
                slots_free: Fact::Unknown(cut.clone()),
                maximum: Fact::Unknown(cut.clone()),
                modules: Fact::Unknown(cut),
            };
        }
        // Use 3 is system memory; others are video memory and the flash of the firmware itself.
        let arrays: Vec<SMBiosPhysicalMemoryArray<'_>> = self
            .data
            .filter(|array: &SMBiosPhysicalMemoryArray<'_>| array.parts().get_field_byte(0x05) == Some(3))
            .collect();
        let owned = |device: &SMBiosMemoryDevice<'_>| {
            let owner = device.parts().get_field_word(0x04);
            // With a single array, a wrong handle is a slip of the firmware.
            arrays.len() == 1 || arrays.iter().any(|array| owner == Some(array.parts().header.handle().0))
        };
        let devices: Vec<SMBiosMemoryDevice<'_>> = self.data.filter(owned).collect();
        if arrays.is_empty() || devices.is_empty() {
            let missing = self.missing();
            return Memory {
                installed: Fact::Unknown(missing.clone()),
                slots: Fact::Unknown(missing.clone()),
                slots_free: Fact::Unknown(missing.clone()),
                maximum: Fact::Unknown(missing.clone()),
                modules: Fact::Unknown(missing),
            };
        }
        let sizes: Vec<Size> = devices.iter().map(size).collect();
        let filled = devices.iter().zip(&sizes).filter(|(_, size)| !matches!(size, Size::Empty));
        let modules: Vec<Module> = filled.map(|(device, size)| module(device, size)).collect();
        let slots = i64::try_from(devices.len()).unwrap_or(i64::MAX);
        let used = i64::try_from(modules.len()).unwrap_or(i64::MAX);
        let installed = installed(&sizes);
        Memory {
            maximum: maximum(&arrays, installed.known().copied()),
            installed,
            slots: slots.into(),
            slots_free: (slots - used).into(),
            modules: modules.into(),
        }
    }
}

/// Whether a table goes on to its end mark (type 127), or at least ends where a structure ends: some firmware forgets
/// the mark (seen on a Beelink EQ12).
fn is_complete(table: &[u8]) -> bool {
    let mut rest = table;
    while let Some(&[kind, length, ..]) = rest.get(..4) {
        let strings = rest.get(usize::from(length)..).unwrap_or_default();
        let Some(end) = strings.windows(2).position(|pair| pair == [0, 0]) else { return false };
        if kind == SMBiosEndOfTable::STRUCT_TYPE {
            return true;
        }
        rest = strings.get(end + 2..).unwrap_or_default();
    }
    rest.is_empty()
}

/// What the size field of a memory device says.
enum Size {
    Empty,
    Unknown,
    Known(Bytes),
}

/// Size (7.18.4): KiB or MiB in a word, or MiB in a double word further on.
fn size(device: &SMBiosMemoryDevice<'_>) -> Size {
    match device.parts().get_field_word(0x0C) {
        None | Some(0xffff) => Size::Unknown,
        Some(0) => Size::Empty,
        Some(0x7fff) => match device.parts().get_field_dword(0x1C) {
            Some(mib) if mib & 0x7fff_ffff != 0 => Size::Known(Bytes(i64::from(mib & 0x7fff_ffff) * MIB)),
            Some(_) | None => Size::Unknown,
        },
        Some(kib) if kib & 0x8000 != 0 => Size::Known(Bytes(i64::from(kib & 0x7fff) * KIB)),
        Some(mib) => Size::Known(Bytes(i64::from(mib) * MIB)),
    }
}

fn installed(sizes: &[Size]) -> Fact<Bytes> {
    let mut sum = 0_i64;
    for size in sizes {
        match size {
            Size::Empty => {}
            Size::Known(bytes) => sum = sum.saturating_add(bytes.0),
            Size::Unknown => return Fact::failed("the firmware does not know the size of a memory module"),
        }
    }
    if sum == 0 { Fact::failed("the firmware lists no memory module") } else { Fact::Known(Bytes(sum)) }
}

/// Maximum capacity (7.17): KiB in a double word, or bytes in a quad word further on. Some firmware writes less than
/// what is installed, which proves that it does not know.
fn maximum(arrays: &[SMBiosPhysicalMemoryArray<'_>], installed: Option<Bytes>) -> Fact<Bytes> {
    let mut sum = 0_i64;
    for array in arrays {
        let bytes = match array.parts().get_field_dword(0x07) {
            Some(0x8000_0000) => {
                array.parts().get_field_qword(0x0F).and_then(|bytes| i64::try_from(bytes).ok())
            }
            Some(kib) => Some(i64::from(kib) * KIB),
            None => None,
        };
        match bytes {
            Some(bytes) if bytes > 0 => sum = sum.saturating_add(bytes),
            Some(_) | None => return Fact::Unknown(Reason::NotSupported),
        }
    }
    match installed {
        Some(installed) if installed.0 > sum => Fact::failed(format!(
            "the firmware says that the board takes {} GiB, but more is installed",
            sum / GIB
        )),
        Some(_) | None => Fact::Known(Bytes(sum)),
    }
}

fn module(device: &SMBiosMemoryDevice<'_>, size: &Size) -> Module {
    Module {
        slot: named(&device.device_locator()),
        size: match size {
            Size::Known(bytes) => Fact::Known(*bytes),
            Size::Empty | Size::Unknown => Fact::failed("the firmware does not know the size of the module"),
        },
        kind: device
            .parts()
            .get_field_byte(0x12)
            .and_then(memory_kind)
            .map_or(Fact::Unknown(Reason::NotSupported), |kind| Fact::Known(kind.to_owned())),
        speed: match device.parts().get_field_word(0x15) {
            Some(0) | None => Fact::Unknown(Reason::NotSupported),
            Some(0xffff) => match device.parts().get_field_dword(0x54) {
                Some(speed) if speed & 0x7fff_ffff != 0 => Fact::Known(i64::from(speed & 0x7fff_ffff)),
                Some(_) | None => Fact::Unknown(Reason::NotSupported),
            },
            Some(speed) => Fact::Known(i64::from(speed)),
        },
        maker: named(&device.manufacturer()),
        part: named(&device.part_number()),
    }
}

/// Memory type (7.18.2); the others are not found in PCs of this century.
fn memory_kind(kind: u8) -> Option<&'static str> {
    Some(match kind {
        0x03 => "DRAM",
        0x07 => "RAM",
        0x0F => "SDRAM",
        0x12 => "DDR",
        0x13 | 0x14 => "DDR2",
        0x18 => "DDR3",
        0x1A => "DDR4",
        0x1B => "LPDDR",
        0x1C => "LPDDR2",
        0x1D => "LPDDR3",
        0x1E => "LPDDR4",
        0x20 => "HBM",
        0x21 => "HBM2",
        0x22 => "DDR5",
        0x23 => "LPDDR5",
        0x24 => "HBM3",
        _ => return None,
    })
}

/// The form of a PC by the type of its chassis (7.4.1). Bit 7 is its lock. 1 is "other", 2 is "unknown".
pub fn chassis(form: u8) -> Fact<Chassis> {
    Fact::Known(match form & 0x7f {
        0x03..=0x07 | 0x0F | 0x10 => Chassis::Desktop,
        0x08..=0x0A | 0x0E | 0x1F => Chassis::Laptop,
        0x0D => Chassis::AllInOne,
        0x22..=0x24 => Chassis::Mini,
        0x0B | 0x1E | 0x20 => Chassis::Tablet,
        0x11 | 0x17 | 0x19 | 0x1C | 0x1D => Chassis::Server,
        0x00 | 0x02 => return Fact::Unknown(Reason::NotSupported),
        _ => Chassis::Other,
    })
}

/// A name from the firmware; a placeholder counts as absent.
pub fn name(text: &str) -> Fact<String> {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
    if is_placeholder(text) { Fact::Absent } else { Fact::Known(text.to_owned()) }
}

/// A serial number or asset tag from the firmware; besides placeholders, one repeated character and a plain count
/// are absent.
pub fn serial(text: &str) -> Fact<String> {
    name(text).and_then(|serial| {
        let mut letters = serial.chars().filter(|c| c.is_alphanumeric());
        let first = letters.next();
        let same = first.is_none_or(|first| letters.all(|c| c.eq_ignore_ascii_case(&first)));
        if same || "0123456789".repeat(3).contains(&serial) { Fact::Absent } else { Fact::Known(serial) }
    })
}

fn named(text: &SMBiosString) -> Fact<String> {
    match text.to_utf8_lossy() {
        Some(text) => name(&text),
        // An old structure without the field, or a number of a string that is not there.
        None => Fact::Absent,
    }
}

fn numbered(text: &SMBiosString) -> Fact<String> {
    match text.to_utf8_lossy() {
        Some(text) => serial(&text),
        None => Fact::Absent,
    }
}

fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    PLACEHOLDERS.contains(&lower.as_str())
        // Left from a template: XXXXXXXX, ........, ????.
        || lower.chars().all(|c| matches!(c, 'x' | '.' | '?' | '*' | '-' | '_' | ' '))
        || lower.starts_with("to be filled")
}

#[cfg(test)]
mod tests;

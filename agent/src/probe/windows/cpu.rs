//! The processor.
//!
//! Name, maker, family, model, stepping and features from CPUID, which every program may ask; threads from the
//! registry; cores and sockets from WMI. The processor's own width is CPUID's too: a 32-bit Windows on a 64-bit
//! processor calls everything x86. On ARM, where there is no CPUID, only the registry answers.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::cpu::Cpu;
use rules::facts::os::Architecture;
use rules::quantity::Mhz;

use super::registry::{number, text};
use crate::host::answers::{Cell, Key, Query, Row};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

const PROCESSORS: &str = r"HKLM\HARDWARE\DESCRIPTION\System\CentralProcessor";
const FIRST: &str = r"HKLM\HARDWARE\DESCRIPTION\System\CentralProcessor\0";

/// Bits of CPUID and what rules call them: leaf, register, bit.
const FEATURES: &[(u32, usize, u32, &str)] = &[
    (1, ECX, 20, "sse4_2"),
    (1, ECX, 23, "popcnt"),
    (1, ECX, 25, "aes"),
    (7, EBX, 5, "avx2"),
    (1, ECX, 5, "virtualization"),
    (0x8000_0001, ECX, 2, "virtualization"),
];
const EBX: usize = 1;
const ECX: usize = 2;
const EDX: usize = 3;

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Cpu {
    let packages = fact_or_unsupported(packages(host));
    let signature = fact_or_unsupported(host.cpuid(1)).map(|[signature, ..]| signature);
    Cpu {
        name: fact(text(host, FIRST, "ProcessorNameString")),
        maker: fact(text(host, FIRST, "VendorIdentifier")),
        architecture: architecture(host),
        cores: packages.as_ref().and_then(|rows| cores(rows)),
        packages: packages.as_ref().map(|rows| i64::try_from(rows.len()).unwrap_or(i64::MAX)),
        threads: fact_or_unsupported(threads(host)),
        speed: speed(host, &packages),
        family: signature.as_ref().map(|signature| i64::from(family(*signature))),
        model: signature.as_ref().map(|signature| i64::from(model(*signature))),
        stepping: signature.map(|signature| i64::from(signature & 0xf)),
        platform: fact(number(host, FIRST, "Platform Specific Field 1")),
        features: fact_or_unsupported(features(host)),
    }
}

/// Whether the processor says that a hypervisor is under it. Windows itself runs on one when it isolates its kernel,
/// so the flag alone proves no virtual machine.
pub(super) fn under_hypervisor(host: &dyn Host) -> Answer<bool> {
    Ok(host.cpuid(1)?.map(|registers| bit(registers, ECX, 31)))
}

fn bit(registers: [u32; 4], register: usize, bit: u32) -> bool {
    registers.get(register).is_some_and(|register| register & (1 << bit) != 0)
}

/// The family with its extension (Intel SDM, CPUID; AMD says the same).
fn family(signature: u32) -> u32 {
    match signature >> 8 & 0xf {
        0xf => 0xf + (signature >> 20 & 0xff),
        family => family,
    }
}

fn model(signature: u32) -> u32 {
    let model = signature >> 4 & 0xf;
    match signature >> 8 & 0xf {
        0x6 | 0xf => (signature >> 16 & 0xf) << 4 | model,
        _ => model,
    }
}

fn architecture(host: &dyn Host) -> Fact<Architecture> {
    // Bit 29 is long mode.
    match host.cpuid(0x8000_0001) {
        Ok(Some(registers)) if bit(registers, EDX, 29) => Architecture::X86_64.into(),
        Ok(Some(_) | None) => Architecture::X86.into(),
        Err(trouble) => match text(host, FIRST, "Identifier") {
            Ok(Some(name)) if name.starts_with("ARMv8") => Architecture::Arm64.into(),
            Ok(Some(_) | None) | Err(_) => Fact::Unknown(trouble.into()),
        },
    }
}

fn features(host: &dyn Host) -> Answer<Vec<String>> {
    let mut features = Vec::new();
    for (leaf, register, at, feature) in FEATURES {
        // A leaf that the processor lacks has none of its features.
        let there = host.cpuid(*leaf)?.is_some_and(|registers| bit(registers, *register, *at));
        if there {
            features.push((*feature).to_owned());
        }
    }
    features.dedup();
    Ok(Some(features))
}

fn threads(host: &dyn Host) -> Answer<i64> {
    let keys = host.registry_keys(Key::wide(PROCESSORS))?;
    Ok(keys.map(|keys| i64::try_from(keys.len()).unwrap_or(i64::MAX)))
}

/// One row for each socket with a processor.
fn packages(host: &dyn Host) -> Answer<Vec<Row>> {
    let query = Query {
        namespace: r"ROOT\CIMV2",
        class: "Win32_Processor",
        columns: &["NumberOfCores", "MaxClockSpeed"],
        filter: "",
    };
    let rows = host.wmi(&query)?;
    Ok(rows.filter(|rows| !rows.is_empty()))
}

fn cores(rows: &[Row]) -> Fact<i64> {
    let mut sum = 0_i64;
    for row in rows {
        match row.get("NumberOfCores") {
            Some(Cell::Number(cores @ 1..=65_536)) => sum += i64::try_from(*cores).unwrap_or(0),
            Some(other) => return Fact::failed(format!("NumberOfCores is no number of cores: {other:?}")),
            None => return Fact::Unknown(Reason::NotSupported),
        }
    }
    sum.into()
}

/// The rate that the processor was sold with. The registry has what was measured at the start, close to it.
fn speed(host: &dyn Host, packages: &Fact<Vec<Row>>) -> Fact<Mhz> {
    let sold = packages.known().into_iter().flatten().find_map(|row| match row.get("MaxClockSpeed") {
        Some(Cell::Number(mhz)) if *mhz > 0 => i64::try_from(*mhz).ok(),
        _ => None,
    });
    match sold {
        Some(mhz) => Mhz(mhz).into(),
        None => fact_or_unsupported(measured(host)),
    }
}

fn measured(host: &dyn Host) -> Answer<Mhz> {
    match number(host, FIRST, "~MHz")? {
        Some(mhz) if mhz > 0 => Ok(Some(Mhz(mhz))),
        Some(mhz) => Err(Trouble::Failed(format!("~MHz is an impossible rate: {mhz}"))),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn family_model_and_stepping_as_tools_print_them() {
        let check = |signature: u32, expected| {
            assert_eq!((family(signature), model(signature), signature & 0xf), expected, "{signature:#x}");
        };
        // Core i5-8500, Core 2 Duo E8400, Ryzen 5 2600, Athlon 64, Pentium 4.
        check(0x0009_06ea, (6, 158, 10));
        check(0x0001_067a, (6, 23, 10));
        check(0x0080_0f82, (23, 8, 2));
        check(0x0004_0fb2, (15, 75, 2));
        check(0x0000_0f29, (15, 2, 9));
    }
}

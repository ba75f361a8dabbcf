//! What the firmware tells: its table of the hardware, how it started the PC, Secure Boot, the TPM.
#![expect(unsafe_code, reason = "the firmware is asked through functions of Windows")]

use std::collections::BTreeSet;
use std::ffi::c_void;
use std::time::Duration;

use windows::Wdk::System::SystemInformation::{NtQuerySystemInformation, SYSTEM_INFORMATION_CLASS};
use windows::Win32::Foundation::{GetLastError, NTSTATUS};
use windows::Win32::System::SystemInformation::{
    ACPI, EnumSystemFirmwareTables, GetSystemFirmwareTable, GetTickCount64, RSMB,
};
use windows::Win32::System::WindowsProgramming::GetFirmwareEnvironmentVariableW;
use windows::core::w;

use super::super::answers::{FirmwareKind, SecureBoot, Tpm};
use super::library::Library;
use super::{Answer, Firmware, Trouble, trouble_of};

/// Largest table that is taken, in bytes: what the 16-bit length of SMBIOS 2 allows, many times over.
const TABLE_BYTES_MAX: usize = 1024 * 1024;
/// Bytes before the structures in Windows' form of the table (RawSMBIOSData).
const HEAD_BYTES: usize = 8;
/// Asks for Secure Boot: two flags (SystemSecureBootInformation).
const SECURE_BOOT_INFORMATION: SYSTEM_INFORMATION_CLASS = SYSTEM_INFORMATION_CLASS(0x91);
/// This version of Windows does not know the question.
const STATUS_INVALID_INFO_CLASS: u32 = 0xc000_0003;
const STATUS_NOT_IMPLEMENTED: u32 = 0xc000_0002;
const STATUS_ACCESS_DENIED: u32 = 0xc000_0022;
/// A PC that was started as a BIOS has no firmware variables, and answers so.
const INVALID_FUNCTION: u32 = 1;
/// A PC that was started as UEFI has no variable of this name, or refuses to say without the privilege to read them.
const VARIABLE_NOT_FOUND: u32 = 203;
const NO_ACCESS: u32 = 998;
const PRIVILEGE_NOT_HELD: u32 = 1314;
/// What the TPM base services answer (tbs.h): there is none, or their service does not run.
const TBS_E_TPM_NOT_FOUND: u32 = 0x8028_400f;
const TBS_E_SERVICE_DISABLED: u32 = 0x8028_4010;
const TBS_E_SERVICE_NOT_RUNNING: u32 = 0x8028_4008;

/// TPM_DEVICE_INFO of tbs.h.
#[repr(C)]
#[derive(Default)]
struct DeviceInfo {
    size: u32,
    version: u32,
    interface: u32,
    revision: u32,
}

pub(super) fn table() -> Answer<Firmware> {
    // SAFETY: without a room Windows only answers how much room it needs.
    let size = unsafe { GetSystemFirmwareTable(RSMB, 0, None) };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size == 0 {
        return Ok(None);
    }
    if size > TABLE_BYTES_MAX {
        return Err(Trouble::Failed(format!(
            "the table of the firmware is larger than {TABLE_BYTES_MAX} bytes"
        )));
    }
    let mut bytes = vec![0; size];
    // SAFETY: Windows is told how much room there is.
    let written = unsafe { GetSystemFirmwareTable(RSMB, 0, Some(&mut bytes)) };
    // More than there was room for: nothing was written.
    let written = usize::try_from(written).unwrap_or(0);
    let told = bytes.get(..written).and_then(|bytes| bytes.split_at_checked(HEAD_BYTES));
    let Some((&[_, major, minor, _, a, b, c, d], structures)) = told else {
        return Err(Trouble::Failed("the table of the firmware is cut off".to_owned()));
    };
    let length = usize::try_from(u32::from_le_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    let table = structures.get(..length).unwrap_or(structures).to_vec();
    Ok(Some(Firmware { major, minor, table }))
}

pub(super) fn acpi_tables() -> Answer<Vec<String>> {
    // SAFETY: without a room Windows only answers how much room it needs.
    let size = unsafe { EnumSystemFirmwareTables(ACPI, None) };
    let size = usize::try_from(size).unwrap_or(usize::MAX);
    if size > TABLE_BYTES_MAX {
        return Err(Trouble::Failed("the firmware lists too many tables".to_owned()));
    }
    let mut bytes = vec![0; size];
    // SAFETY: Windows is told how much room there is.
    let written = unsafe { EnumSystemFirmwareTables(ACPI, Some(&mut bytes)) };
    let names = bytes.get(..usize::try_from(written).unwrap_or(0)).unwrap_or_default().as_chunks::<4>().0;
    let names: BTreeSet<String> =
        names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect();
    // Every PC of this century has some; none is how Windows says that it could not look.
    if names.is_empty() {
        return Err(Trouble::NotSupported);
    }
    Ok(Some(names.into_iter().collect()))
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub(super) fn cpuid(leaf: u32) -> Answer<[u32; 4]> {
    #[cfg(target_arch = "x86")]
    use std::arch::x86::__cpuid;
    #[cfg(target_arch = "x86_64")]
    use std::arch::x86_64::__cpuid;
    /// The leaves of the maker's extensions begin here; each half tells its last leaf in its first.
    const EXTENDED: u32 = 0x8000_0000;
    if leaf > __cpuid(leaf & EXTENDED).eax {
        return Ok(None);
    }
    let told = __cpuid(leaf);
    Ok(Some([told.eax, told.ebx, told.ecx, told.edx]))
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub(super) fn cpuid(_leaf: u32) -> Answer<[u32; 4]> {
    Err(Trouble::NotSupported)
}

pub(super) fn secure_boot() -> Answer<SecureBoot> {
    let mut flags = [0_u8; 2];
    let mut size = 0;
    // SAFETY: both places live through the call, and Windows is told how much room there is.
    let status = unsafe {
        NtQuerySystemInformation(
            SECURE_BOOT_INFORMATION,
            flags.as_mut_ptr().cast::<c_void>(),
            u32::try_from(flags.len()).unwrap_or(0),
            &raw mut size,
        )
    };
    match (status, status.0.cast_unsigned()) {
        (NTSTATUS(0), _) => {
            let [enabled, capable] = flags.map(|flag| flag != 0);
            Ok(Some(SecureBoot { enabled, capable }))
        }
        (_, STATUS_INVALID_INFO_CLASS | STATUS_NOT_IMPLEMENTED) => Err(Trouble::NotSupported),
        (_, STATUS_ACCESS_DENIED) => Err(Trouble::Denied),
        (_, status) => Err(Trouble::Failed(format!("cannot ask for Secure Boot: status 0x{status:08x}"))),
    }
}

pub(super) fn kind() -> Answer<FirmwareKind> {
    // Nobody's variable: the answer tells whether there are variables at all.
    // SAFETY: both texts are constants that end with a zero; there is no room to be written to.
    let code = unsafe {
        GetFirmwareEnvironmentVariableW(w!(""), w!("{00000000-0000-0000-0000-000000000000}"), None, 0);
        GetLastError()
    };
    match code.0 {
        INVALID_FUNCTION => Ok(Some(FirmwareKind::Bios)),
        VARIABLE_NOT_FOUND | NO_ACCESS | PRIVILEGE_NOT_HELD => Ok(Some(FirmwareKind::Uefi)),
        _ => Err(trouble_of("ask how the PC was started", code)),
    }
}

pub(super) fn tpm() -> Answer<Tpm> {
    type GetDeviceInfo = unsafe extern "system" fn(u32, *mut DeviceInfo) -> u32;
    // Windows 7 has the library without this function.
    let Some(library) = Library::load("tbs.dll") else { return Err(Trouble::NotSupported) };
    let Some(function) = library.function(c"Tbsi_GetDeviceInfo") else { return Err(Trouble::NotSupported) };
    // SAFETY: tbs.h declares the function so.
    let ask = unsafe { std::mem::transmute::<*const c_void, GetDeviceInfo>(function) };
    let size = u32::try_from(size_of::<DeviceInfo>()).unwrap_or(0);
    let mut about = DeviceInfo { size, ..DeviceInfo::default() };
    // SAFETY: the room lives through the call and is as large as said; the library is loaded.
    match unsafe { ask(size, &raw mut about) } {
        0 => Ok(Some(Tpm { version: about.version, interface: about.interface, revision: about.revision })),
        TBS_E_TPM_NOT_FOUND => Ok(None),
        code @ (TBS_E_SERVICE_DISABLED | TBS_E_SERVICE_NOT_RUNNING) => {
            Err(Trouble::Failed(format!("the TPM's service does not run: error 0x{code:08x}")))
        }
        code if code & 0xffff_0000 == 0x8007_0000 => {
            Err(trouble_of("ask for the TPM", windows::Win32::Foundation::WIN32_ERROR(code & 0xffff)))
        }
        code => Err(Trouble::Failed(format!("cannot ask for the TPM: error 0x{code:08x}"))),
    }
}

pub(super) fn uptime() -> Duration {
    // SAFETY: takes nothing and answers a number.
    Duration::from_millis(unsafe { GetTickCount64() })
}

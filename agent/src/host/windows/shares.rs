//! What this PC shares, and who may use it. Only an administrator is told.
#![expect(unsafe_code, reason = "shares are listed through a function of Windows")]

use windows::Win32::Foundation::WIN32_ERROR;
use windows::Win32::NetworkManagement::NetManagement::MAX_PREFERRED_LENGTH;
use windows::Win32::Security::{
    GetSecurityDescriptorControl, GetSecurityDescriptorLength, PSECURITY_DESCRIPTOR,
};
use windows::Win32::Storage::FileSystem::{NetShareEnum, SHARE_INFO_502};
use windows::core::PCWSTR;

use super::super::answers::{Ace, Share};
use super::super::descriptor;
use super::accounts::Rows;
use super::{Answer, Trouble, trouble_of};

/// Marks beside the kind of a share (lmshare.h).
const KIND_MASK: u32 = 0x0fff_ffff;
const TEMPORARY: u32 = 0x4000_0000;
const SPECIAL: u32 = 0x8000_0000;
/// The share of printer drivers.
const PRINTERS: &str = "print$";
/// The file server is not there or does not run (winerror.h, lmerr.h).
const NOT_RUNNING: [u32; 2] = [1062, 2114];
/// This Windows, such as Wine, does not know the question.
const NOT_KNOWN: [u32; 3] = [50, 120, 124];
/// There is more than fitted.
const MORE_DATA: u32 = 234;
/// A descriptor is one piece of memory (SE_SELF_RELATIVE).
const SELF_RELATIVE: u16 = 0x8000;
/// Largest descriptor, in bytes.
const DESCRIPTOR_BYTES_MAX: usize = 64 * 1024;

pub(super) fn shares() -> Answer<Vec<Share>> {
    let mut shares = Vec::new();
    let mut resume = 0;
    loop {
        let (mut start, mut count, mut total) = (std::ptr::null_mut(), 0, 0);
        // SAFETY: all places live through the call; what Windows allocates is freed by its guard.
        let code = unsafe {
            NetShareEnum(
                PCWSTR::null(),
                502,
                &raw mut start,
                MAX_PREFERRED_LENGTH,
                &raw mut count,
                &raw mut total,
                Some(&raw mut resume),
            )
        };
        let rows = Rows::<SHARE_INFO_502>::new(start, count);
        match code {
            0 | MORE_DATA => {}
            // Without a file server nothing is shared.
            code if NOT_RUNNING.contains(&code) => return Ok(Some(Vec::new())),
            code if NOT_KNOWN.contains(&code) => return Err(Trouble::NotSupported),
            code => return Err(trouble_of("list the shares", WIN32_ERROR(code))),
        }
        for row in rows.all() {
            let kind = row.shi502_type.0;
            let name = if row.shi502_netname.is_null() {
                String::new()
            } else {
                // SAFETY: Windows answered a text that ends with a zero and lives as long as its row.
                unsafe { row.shi502_netname.to_hstring() }.to_string_lossy()
            };
            shares.push(Share {
                kind: kind & KIND_MASK & !TEMPORARY,
                built_in: kind & SPECIAL != 0 || name.eq_ignore_ascii_case(PRINTERS),
                access: access(row.shi502_security_descriptor),
            });
        }
        if code == 0 {
            break;
        }
    }
    shares.sort_unstable();
    Ok(Some(shares))
}

fn access(start: PSECURITY_DESCRIPTOR) -> Option<Vec<Ace>> {
    if start.0.is_null() {
        return None;
    }
    let (mut control, mut revision) = (0, 0);
    // SAFETY: Windows answered a whole descriptor, and both places live through the call.
    unsafe { GetSecurityDescriptorControl(start, &raw mut control, &raw mut revision) }.ok()?;
    if control & SELF_RELATIVE == 0 {
        return None;
    }
    // SAFETY: as above.
    let size = usize::try_from(unsafe { GetSecurityDescriptorLength(start) }).ok()?;
    if size > DESCRIPTOR_BYTES_MAX {
        return None;
    }
    // SAFETY: the descriptor is one piece of memory of this size and lives as long as its row.
    let bytes = unsafe { std::slice::from_raw_parts(start.0.cast::<u8>().cast_const(), size) };
    descriptor::entries(bytes)
}

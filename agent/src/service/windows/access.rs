//! Folders that only the administrators of the PC, or only one user, may look into.

#![expect(unsafe_code, reason = "access lists are made and read through functions of Windows")]

use std::ffi::c_void;
use std::io::{self, Error, ErrorKind};
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::MetadataExt;
use std::path::Path;

use windows::Win32::Foundation::{CloseHandle, HANDLE, HLOCAL, LocalFree, WIN32_ERROR};
use windows::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, ConvertStringSidToSidW,
    GetNamedSecurityInfoW, SDDL_REVISION_1, SE_FILE_OBJECT, SetNamedSecurityInfoW,
};
use windows::Win32::Security::{
    ACL, CheckTokenMembership, DACL_SECURITY_INFORMATION, GetSecurityDescriptorDacl, GetTokenInformation,
    OWNER_SECURITY_INFORMATION, PROTECTED_DACL_SECURITY_INFORMATION, PSECURITY_DESCRIPTOR, PSID,
    SECURITY_ATTRIBUTES, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows::Win32::Storage::FileSystem::{CreateDirectoryW, FILE_ATTRIBUTE_REPARSE_POINT};
use windows::Win32::System::Threading::{GetCurrentProcess, OpenProcessToken};
use windows::core::{BOOL, HSTRING, PWSTR};

/// The system itself.
const SYSTEM: &str = "S-1-5-18";
/// The group of the PC's administrators.
const ADMINISTRATORS: &str = "S-1-5-32-544";
/// The group of everybody who may use the PC.
const USERS: &str = "S-1-5-32-545";

/// Whether this program runs with the rights of an administrator: not only as a member of the group, but elevated.
pub fn is_administrator() -> bool {
    let Ok(administrators) = Sid::parse(ADMINISTRATORS) else { return false };
    let mut member = BOOL(0);
    // SAFETY: the SID lives until the end of this function; without a token Windows takes that of this thread.
    let asked = unsafe { CheckTokenMembership(None, administrators.0, &mut member) };
    asked.is_ok() && member.as_bool()
}

/// Makes a folder for the administrators and the system, or, for a program without their rights, for its user and
/// the system. Tightens a folder that is there and belongs to one of them.
pub(super) fn make_private(path: &Path) -> io::Result<()> {
    let user = user()?;
    let ours = if is_administrator() { ADMINISTRATORS } else { user.as_str() };
    // Full access for two, for files and folders in it too, and nothing from the folder above.
    make(path, &user, &format!("O:{ours}D:PAI(A;OICI;FA;;;{SYSTEM})(A;OICI;FA;;;{ours})"))
}

/// Makes a folder that every user of the PC may read and only the administrators and the system may change, wherever
/// it lies.
pub(super) fn make_readable(path: &Path) -> io::Result<()> {
    // 0x1200a9 is to read and to look into folders.
    let list = format!(
        "O:{ADMINISTRATORS}D:PAI(A;OICI;FA;;;{SYSTEM})(A;OICI;FA;;;{ADMINISTRATORS})(A;OICI;0x1200a9;;;{USERS})"
    );
    make(path, &user()?, &list)
}

fn make(path: &Path, user: &str, list: &str) -> io::Result<()> {
    let descriptor = Descriptor::parse(list)?;
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let attributes = SECURITY_ATTRIBUTES {
        nLength: u32::try_from(size_of::<SECURITY_ATTRIBUTES>()).unwrap_or(0),
        lpSecurityDescriptor: descriptor.0.0,
        bInheritHandle: BOOL(0),
    };
    let name = HSTRING::from(path.as_os_str());
    // SAFETY: the name and the descriptor live until the end of this function.
    match unsafe { CreateDirectoryW(&name, Some(&raw const attributes)) }.map_err(|error| plain(&error)) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error),
    }
    // Anybody may make folders where ours lies: one of a stranger's making, or a door to elsewhere, is not taken.
    let about = std::fs::symlink_metadata(path)?;
    if !about.is_dir() || about.file_attributes() & FILE_ATTRIBUTE_REPARSE_POINT.0 != 0 {
        return Err(Error::new(ErrorKind::NotADirectory, "it is there and is not a plain folder"));
    }
    let owner = owner(&name)?;
    if ![SYSTEM, ADMINISTRATORS, user].contains(&owner.as_str()) {
        return Err(Error::new(
            ErrorKind::PermissionDenied,
            format!("it belongs to {owner}; remove it as an administrator, then try again"),
        ));
    }
    let mut acl: *mut ACL = std::ptr::null_mut();
    let (mut present, mut defaulted) = (BOOL(0), BOOL(0));
    // SAFETY: the descriptor is whole and outlives `acl`, which points into it.
    unsafe { GetSecurityDescriptorDacl(descriptor.0, &mut present, &mut acl, &mut defaulted) }
        .map_err(|error| plain(&error))?;
    // SAFETY: the name and the list live until the end of this function.
    checked(unsafe {
        SetNamedSecurityInfoW(
            &name,
            SE_FILE_OBJECT,
            DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
            None,
            None,
            Some(acl.cast_const()),
            None,
        )
    })
}

/// Whose a file or folder is.
fn owner(name: &HSTRING) -> io::Result<String> {
    let mut owner = PSID::default();
    let mut descriptor = PSECURITY_DESCRIPTOR::default();
    // SAFETY: all four point to live places; the descriptor is freed by its guard.
    checked(unsafe {
        GetNamedSecurityInfoW(
            name,
            SE_FILE_OBJECT,
            OWNER_SECURITY_INFORMATION,
            Some(&raw mut owner),
            None,
            None,
            None,
            &raw mut descriptor,
        )
    })?;
    let _descriptor = Descriptor(descriptor);
    text(owner)
}

/// The user that this program runs as.
fn user() -> io::Result<String> {
    let mut token = HANDLE::default();
    // SAFETY: the pseudo handle needs no closing; the token is closed by its guard.
    unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) }
        .map_err(|error| plain(&error))?;
    let token = Handle(token);
    // A SID is at most 68 bytes; u64 gives the alignment that the structure asks for.
    let mut room = [0_u64; 32];
    let mut size = 0;
    // SAFETY: the room is as long as said.
    unsafe {
        GetTokenInformation(
            token.0,
            TokenUser,
            Some(room.as_mut_ptr().cast::<c_void>()),
            u32::try_from(size_of_val(&room)).unwrap_or(0),
            &raw mut size,
        )
    }
    .map_err(|error| plain(&error))?;
    // SAFETY: Windows filled the room with this structure, whose SID points into the room.
    let sid = unsafe { room.as_ptr().cast::<TOKEN_USER>().read() }.User.Sid;
    text(sid)
}

/// A SID as text.
fn text(sid: PSID) -> io::Result<String> {
    let mut text = PWSTR::null();
    // SAFETY: the caller's SID is whole; Windows allocates the text, which is freed below.
    unsafe { ConvertSidToStringSidW(sid, &raw mut text) }.map_err(|error| plain(&error))?;
    // SAFETY: Windows ended the text with a zero.
    let owned = unsafe { text.to_hstring() }.to_string_lossy();
    // SAFETY: allocated by Windows for the caller to free, and not used after this.
    unsafe { LocalFree(Some(HLOCAL(text.0.cast()))) };
    Ok(owned)
}

/// A SID that Windows allocated.
struct Sid(PSID);

impl Sid {
    fn parse(text: &str) -> io::Result<Sid> {
        let mut sid = PSID::default();
        // SAFETY: the text lives through the call; the SID is freed by its guard.
        unsafe { ConvertStringSidToSidW(&HSTRING::from(text), &raw mut sid) }
            .map_err(|error| plain(&error))?;
        Ok(Sid(sid))
    }
}

impl Drop for Sid {
    fn drop(&mut self) {
        // SAFETY: allocated by Windows for the caller to free.
        unsafe { LocalFree(Some(HLOCAL(self.0.0))) };
    }
}

/// A security descriptor that Windows allocated.
struct Descriptor(PSECURITY_DESCRIPTOR);

impl Descriptor {
    fn parse(text: &str) -> io::Result<Descriptor> {
        let mut descriptor = PSECURITY_DESCRIPTOR::default();
        // SAFETY: the text lives through the call; the descriptor is freed by its guard.
        unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                &HSTRING::from(text),
                SDDL_REVISION_1,
                &raw mut descriptor,
                None,
            )
        }
        .map_err(|error| plain(&error))?;
        Ok(Descriptor(descriptor))
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        // SAFETY: allocated by Windows for the caller to free.
        unsafe { LocalFree(Some(HLOCAL(self.0.0))) };
    }
}

/// A handle that is closed at the end.
struct Handle(HANDLE);

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: opened by this file and closed once. That closing fails changes nothing here.
        drop(unsafe { CloseHandle(self.0) });
    }
}

fn checked(code: WIN32_ERROR) -> io::Result<()> {
    code.ok().map_err(|error| plain(&error))
}

/// An error of Windows as one of std, with the number that std knows.
pub(super) fn plain(error: &windows::core::Error) -> Error {
    let code = error.code().0;
    // 0x8007nnnn is how a number of Windows looks as an HRESULT.
    let number = if code.cast_unsigned() >> 16 == 0x8007 { code & 0xffff } else { code };
    Error::from_raw_os_error(number)
}

/// Whether a path has a zero in it, where Windows would cut it.
pub(super) fn has_zero(path: &Path) -> bool {
    path.as_os_str().encode_wide().any(|unit| unit == 0)
}

//! Local accounts, groups and the rules for passwords, by number: names of accounts and groups are translated.
#![expect(unsafe_code, reason = "accounts are listed through functions of Windows")]

use std::marker::PhantomData;

use jiff::Timestamp;
use windows::Win32::Foundation::{HLOCAL, LocalFree, WIN32_ERROR};
use windows::Win32::NetworkManagement::NetManagement::{
    FILTER_NORMAL_ACCOUNT, LOCALGROUP_MEMBERS_INFO_0, MAX_PREFERRED_LENGTH, NETSETUP_JOIN_STATUS,
    NetApiBufferFree, NetGetJoinInformation, NetLocalGroupGetMembers, NetSetupDomainName,
    NetSetupUnknownStatus, NetUserEnum, NetUserModalsGet, UF_ACCOUNTDISABLE, UF_LOCKOUT, UF_PASSWD_NOTREQD,
    USER_INFO_3, USER_MODALS_INFO_0, USER_MODALS_INFO_2, USER_MODALS_INFO_3,
};
use windows::Win32::Security::Authorization::{ConvertSidToStringSidW, ConvertStringSidToSidW};
use windows::Win32::Security::{LookupAccountSidW, PSID, SID_NAME_USE};
use windows::core::{HSTRING, PCWSTR, PWSTR};

use super::super::answers::{Key, LocalUser, PasswordPolicy, RegistryValue};
use super::{Answer, Trouble, registry, trouble, trouble_of};

/// For ever (lmaccess.h).
const FOR_EVER: u32 = u32::MAX;
/// There is no such group (lmerr.h, winerror.h).
const GROUP_NOT_FOUND: u32 = 2220;
const NO_SUCH_ALIAS: u32 = 1376;
/// No account has this SID.
const NONE_MAPPED: u32 = 0x8007_0534;
/// This Windows, such as Wine, does not know the question.
const INVALID_LEVEL: u32 = 124;
/// There is more than fitted.
const MORE_DATA: u32 = 234;
/// Longest name of an account or a domain, in UTF-16.
const NAME_UNITS_MAX: u32 = 256;

pub(super) fn users() -> Answer<Vec<LocalUser>> {
    let role =
        registry::value(Key::wide(r"HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions"), "ProductType")?;
    if role == Some(RegistryValue::Text("LanmanNT".to_owned())) {
        return Err(Trouble::NotSupported);
    }
    let machine = modals::<USER_MODALS_INFO_2>(2)?;
    let machine = sid_text(machine.first()?.usrmod2_domain_id)?;
    let mut users = Vec::new();
    let mut resume = 0;
    loop {
        let (mut start, mut count, mut total) = (std::ptr::null_mut(), 0, 0);
        // SAFETY: all places live through the call; what Windows allocates is freed by its guard.
        let code = unsafe {
            NetUserEnum(
                PCWSTR::null(),
                3,
                FILTER_NORMAL_ACCOUNT,
                &raw mut start,
                MAX_PREFERRED_LENGTH,
                &raw mut count,
                &raw mut total,
                Some(&raw mut resume),
            )
        };
        let rows = Rows::<USER_INFO_3>::new(start, count);
        if code == INVALID_LEVEL {
            return Err(Trouble::NotSupported);
        }
        if code != 0 && code != MORE_DATA {
            return Err(trouble_of("list the accounts", WIN32_ERROR(code)));
        }
        for row in rows.all() {
            let rid = row.usri3_user_id;
            users.push(LocalUser {
                rid,
                sid: format!("{machine}-{rid}"),
                disabled: row.usri3_flags.contains(UF_ACCOUNTDISABLE),
                locked: row.usri3_flags.contains(UF_LOCKOUT),
                password_not_required: row.usri3_flags.contains(UF_PASSWD_NOTREQD),
                password_age_seconds: (row.usri3_password_expired == 0).then_some(row.usri3_password_age),
                last_sign_in: (row.usri3_last_logon != 0)
                    .then(|| Timestamp::from_second(i64::from(row.usri3_last_logon)).ok())
                    .flatten(),
            });
        }
        if code == 0 {
            break;
        }
    }
    users.sort_by_key(|user| user.rid);
    Ok(Some(users))
}

pub(super) fn members(group: &str) -> Answer<Vec<String>> {
    let Some(name) = name_of(group)? else { return Ok(None) };
    let mut members = Vec::new();
    let mut resume = 0;
    loop {
        let (mut start, mut count, mut total) = (std::ptr::null_mut(), 0, 0);
        // SAFETY: all places and the name live through the call; what Windows allocates is freed by its guard.
        let code = unsafe {
            NetLocalGroupGetMembers(
                PCWSTR::null(),
                &name,
                0,
                &raw mut start,
                MAX_PREFERRED_LENGTH,
                &raw mut count,
                &raw mut total,
                Some(&raw mut resume),
            )
        };
        let rows = Rows::<LOCALGROUP_MEMBERS_INFO_0>::new(start, count);
        match code {
            0 | MORE_DATA => {}
            GROUP_NOT_FOUND | NO_SUCH_ALIAS => return Ok(None),
            code => return Err(trouble_of("list the members of a group", WIN32_ERROR(code))),
        }
        for row in rows.all() {
            members.push(sid_text(row.lgrmi0_sid)?);
        }
        if code == 0 {
            break;
        }
    }
    members.sort_unstable();
    Ok(Some(members))
}

pub(super) fn policy() -> Answer<PasswordPolicy> {
    let passwords = modals::<USER_MODALS_INFO_0>(0)?;
    let lockout = modals::<USER_MODALS_INFO_3>(3)?;
    let (passwords, lockout) = (passwords.first()?, lockout.first()?);
    let unless_for_ever = |seconds| (seconds != FOR_EVER).then_some(seconds);
    Ok(Some(PasswordPolicy {
        length_min: passwords.usrmod0_min_passwd_len,
        age_max_seconds: unless_for_ever(passwords.usrmod0_max_passwd_age),
        remembered: passwords.usrmod0_password_hist_len,
        lockout_tries: lockout.usrmod3_lockout_threshold,
        lockout_seconds: unless_for_ever(lockout.usrmod3_lockout_duration),
    }))
}

pub(super) fn domain_joined() -> Answer<bool> {
    let (mut name, mut status) = (PWSTR::null(), NETSETUP_JOIN_STATUS::default());
    // SAFETY: both places live through the call; what Windows allocates is freed below.
    let code = unsafe { NetGetJoinInformation(PCWSTR::null(), &raw mut name, &raw mut status) };
    // SAFETY: Windows allocated the name, or left none.
    unsafe { NetApiBufferFree(Some(name.0.cast_const().cast())) };
    match (code, status) {
        (0, status) if status == NetSetupUnknownStatus => {
            Err(Trouble::Failed("Windows does not know of a domain".to_owned()))
        }
        (0, status) => Ok(Some(status == NetSetupDomainName)),
        (code, _) => Err(trouble_of("ask for the domain", WIN32_ERROR(code))),
    }
}

/// The rules of this PC; `T` is the structure of this level.
fn modals<T>(level: u32) -> Result<Rows<T>, Trouble> {
    let mut start = std::ptr::null_mut();
    // SAFETY: the place lives through the call; what Windows allocates is freed by its guard.
    let code = unsafe { NetUserModalsGet(PCWSTR::null(), level, &raw mut start) };
    let rows = Rows::new(start, 1);
    match code {
        0 => Ok(rows),
        code => Err(trouble_of("ask for the rules for passwords", WIN32_ERROR(code))),
    }
}

/// The name of a group in the language of this PC, which is how Windows wants it.
fn name_of(group: &str) -> Answer<HSTRING> {
    let mut sid = PSID::default();
    // SAFETY: the text lives through the call; the SID is freed below.
    unsafe { ConvertStringSidToSidW(&HSTRING::from(group), &raw mut sid) }
        .map_err(|error| trouble("read a SID", &error))?;
    let (mut name, mut domain) = ([0_u16; NAME_UNITS_MAX as usize], [0_u16; NAME_UNITS_MAX as usize]);
    let (mut name_units, mut domain_units) = (NAME_UNITS_MAX, NAME_UNITS_MAX);
    let mut kind = SID_NAME_USE::default();
    // SAFETY: all rooms live through the call and are as large as said.
    let found = unsafe {
        LookupAccountSidW(
            PCWSTR::null(),
            sid,
            Some(PWSTR(name.as_mut_ptr())),
            &raw mut name_units,
            Some(PWSTR(domain.as_mut_ptr())),
            &raw mut domain_units,
            &raw mut kind,
        )
    };
    // SAFETY: allocated by Windows for the caller to free, and not used after this.
    unsafe { LocalFree(Some(HLOCAL(sid.0))) };
    match found {
        Ok(()) => Ok(Some(HSTRING::from_wide(name.split(|unit| *unit == 0).next().unwrap_or_default()))),
        Err(error) if error.code().0.cast_unsigned() == NONE_MAPPED => Ok(None),
        Err(error) => Err(trouble("look up a group", &error)),
    }
}

fn sid_text(sid: PSID) -> Result<String, Trouble> {
    let mut text = PWSTR::null();
    // SAFETY: Windows answered this SID, whole; the text is freed below.
    unsafe { ConvertSidToStringSidW(sid, &raw mut text) }.map_err(|error| trouble("write a SID", &error))?;
    // SAFETY: Windows ended the text with a zero.
    let owned = unsafe { text.to_hstring() }.to_string_lossy();
    // SAFETY: allocated by Windows for the caller to free, and not used after this.
    unsafe { LocalFree(Some(HLOCAL(text.0.cast()))) };
    Ok(owned)
}

/// Rows that Windows allocated, freed at the end.
pub(super) struct Rows<T> {
    start: *mut u8,
    count: usize,
    _rows: PhantomData<T>,
}

impl<T> Rows<T> {
    pub(super) fn new(start: *mut u8, count: u32) -> Rows<T> {
        let count = if start.is_null() { 0 } else { usize::try_from(count).unwrap_or(0) };
        Rows { start, count, _rows: PhantomData }
    }

    pub(super) fn all(&self) -> &[T] {
        if self.count == 0 {
            return &[];
        }
        // SAFETY: Windows answered so many rows of the structure of the level that was asked for, aligned for it.
        unsafe { std::slice::from_raw_parts(self.start.cast::<T>(), self.count) }
    }

    fn first(&self) -> Result<&T, Trouble> {
        self.all().first().ok_or_else(|| Trouble::Failed("Windows answers an empty structure".to_owned()))
    }
}

impl<T> Drop for Rows<T> {
    fn drop(&mut self) {
        if !self.start.is_null() {
            // SAFETY: allocated by Windows for the caller to free, and freed once.
            unsafe { NetApiBufferFree(Some(self.start.cast_const().cast())) };
        }
    }
}

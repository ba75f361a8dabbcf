//! The certificate stores of the PC and of a user.
#![expect(unsafe_code, reason = "stores are read through functions of Windows")]

use std::ffi::c_void;

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use windows::Win32::Foundation::{ERROR_FILE_NOT_FOUND, FILETIME};
use windows::Win32::Security::Cryptography::{
    CERT_CONTEXT, CERT_KEY_PROV_INFO_PROP_ID, CERT_NAME_ISSUER_FLAG, CERT_NAME_SIMPLE_DISPLAY_TYPE,
    CERT_OPEN_STORE_FLAGS, CERT_SHA1_HASH_PROP_ID, CERT_STORE_OPEN_EXISTING_FLAG, CERT_STORE_PROV_SYSTEM_W,
    CERT_STORE_READONLY_FLAG, CERT_SYSTEM_STORE_CURRENT_USER_ID, CERT_SYSTEM_STORE_LOCAL_MACHINE_ID,
    CERT_SYSTEM_STORE_LOCATION_SHIFT, CRYPT_KEY_PROV_INFO, CertCloseStore, CertEnumCertificatesInStore,
    CertFreeCertificateContext, CertGetCertificateContextProperty, CertGetNameStringW, CertOpenStore,
    HCERTSTORE,
};
use windows::core::{HRESULT, HSTRING};

use super::super::answers::{Certificate, StorePlace};
use super::{Answer, Trouble, trouble};

/// Most certificates of one store.
const CERTIFICATES_COUNT_MAX: usize = 5_000;
/// Longest name of an issuer, in UTF-16.
const NAME_UNITS_MAX: usize = 256;
/// Largest answer about a private key, in bytes.
const KEY_BYTES_MAX: u32 = 16 * 1024;

pub(super) fn certificates(place: StorePlace, store: &str) -> Answer<Vec<Certificate>> {
    let location = match place {
        StorePlace::Machine => CERT_SYSTEM_STORE_LOCAL_MACHINE_ID,
        StorePlace::User => CERT_SYSTEM_STORE_CURRENT_USER_ID,
    };
    let name = HSTRING::from(store);
    let flags = CERT_OPEN_STORE_FLAGS(location << CERT_SYSTEM_STORE_LOCATION_SHIFT)
        | CERT_STORE_OPEN_EXISTING_FLAG
        | CERT_STORE_READONLY_FLAG;
    // SAFETY: the name lives through the call; the store is closed by its guard.
    let opened = unsafe {
        CertOpenStore(
            CERT_STORE_PROV_SYSTEM_W,
            Default::default(),
            None,
            flags,
            Some(name.as_ptr().cast::<c_void>()),
        )
    };
    let opened = match opened {
        Ok(opened) => Store(opened),
        Err(error) if error.code() == HRESULT::from_win32(ERROR_FILE_NOT_FOUND.0) => return Ok(None),
        Err(error) => return Err(trouble(&format!("open the certificate store {store}"), &error)),
    };
    let mut found = Vec::new();
    let mut last = Context(std::ptr::null_mut());
    loop {
        // SAFETY: the store is open; the former certificate is given back, which ends it, so its guard forgets it.
        let next = unsafe {
            CertEnumCertificatesInStore(opened.0, (!last.0.is_null()).then_some(last.0.cast_const()))
        };
        std::mem::forget(std::mem::replace(&mut last, Context(next)));
        if next.is_null() {
            break;
        }
        found.push(certificate(&last)?);
        if found.len() > CERTIFICATES_COUNT_MAX {
            let text = format!("the store {store} has more than {CERTIFICATES_COUNT_MAX} certificates");
            return Err(Trouble::Failed(text));
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(Some(found))
}

fn certificate(context: &Context) -> Result<Certificate, Trouble> {
    let mut hash = [0_u8; 20];
    let mut size = 20;
    // SAFETY: the certificate lives through the call, and the room is as large as said.
    unsafe {
        CertGetCertificateContextProperty(
            context.0,
            CERT_SHA1_HASH_PROP_ID,
            Some(hash.as_mut_ptr().cast::<c_void>()),
            &raw mut size,
        )
    }
    .map_err(|error| trouble("read a certificate", &error))?;
    // SAFETY: Windows answered a whole certificate, whose parts live as long as it does.
    let (not_before, not_after, self_issued) = unsafe {
        let about = &*(*context.0).pCertInfo;
        let bytes = |start: *mut u8, count: u32| match usize::try_from(count) {
            Ok(count) if !start.is_null() => std::slice::from_raw_parts(start.cast_const(), count),
            Ok(_) | Err(_) => &[],
        };
        let issuer = bytes(about.Issuer.pbData, about.Issuer.cbData);
        (about.NotBefore, about.NotAfter, issuer == bytes(about.Subject.pbData, about.Subject.cbData))
    };
    let mut name = [0; NAME_UNITS_MAX];
    // SAFETY: the certificate lives through the call, and Windows is told how much room there is.
    unsafe {
        CertGetNameStringW(
            context.0,
            CERT_NAME_SIMPLE_DISPLAY_TYPE,
            CERT_NAME_ISSUER_FLAG,
            None,
            Some(&mut name),
        )
    };
    Ok(Certificate {
        thumbprint: HEXLOWER.encode(&hash),
        issuer: String::from_utf16_lossy(name.split(|unit| *unit == 0).next().unwrap_or_default()),
        not_before: moment(not_before)?,
        not_after: moment(not_after)?,
        self_issued,
        key_provider: key_provider(context),
    })
}

/// What keeps the private key, if there is one.
fn key_provider(context: &Context) -> Option<String> {
    let mut size = 0;
    // SAFETY: without a room Windows only answers how much room it needs.
    unsafe { CertGetCertificateContextProperty(context.0, CERT_KEY_PROV_INFO_PROP_ID, None, &raw mut size) }
        .ok()?;
    if size > KEY_BYTES_MAX {
        return None;
    }
    // u64 gives the alignment that the structure asks for.
    let mut room = vec![0_u64; usize::try_from(size).ok()?.div_ceil(size_of::<u64>())];
    if size_of_val(room.as_slice()) < size_of::<CRYPT_KEY_PROV_INFO>() {
        return None;
    }
    // SAFETY: the room is at least as large as said. Afterwards it holds this structure, whose texts lie in the room
    // too and end with a zero.
    unsafe {
        CertGetCertificateContextProperty(
            context.0,
            CERT_KEY_PROV_INFO_PROP_ID,
            Some(room.as_mut_ptr().cast::<c_void>()),
            &raw mut size,
        )
        .ok()?;
        let name = (*room.as_ptr().cast::<CRYPT_KEY_PROV_INFO>()).pwszProvName;
        (!name.is_null()).then(|| name.to_hstring().to_string_lossy())
    }
}

/// Windows counts tenths of microseconds from the year 1601.
fn moment(time: FILETIME) -> Result<Timestamp, Trouble> {
    /// From 1601-01-01 to 1970-01-01.
    const SECONDS_TO_EPOCH: i64 = 11_644_473_600;
    const TICKS_A_SECOND: u64 = 10_000_000;
    let ticks = u64::from(time.dwHighDateTime) << 32 | u64::from(time.dwLowDateTime);
    let seconds = i64::try_from(ticks / TICKS_A_SECOND).unwrap_or(i64::MAX).saturating_sub(SECONDS_TO_EPOCH);
    Timestamp::from_duration(SignedDuration::from_secs(seconds))
        .map_err(|_| Trouble::Failed("a certificate names an impossible time".to_owned()))
}

/// An open store.
struct Store(HCERTSTORE);

impl Drop for Store {
    fn drop(&mut self) {
        // SAFETY: opened by this file and closed once. That closing fails changes nothing here.
        drop(unsafe { CertCloseStore(Some(self.0), 0) });
    }
}

/// A certificate of a store, or none.
struct Context(*mut CERT_CONTEXT);

impl Drop for Context {
    fn drop(&mut self) {
        if !self.0.is_null() {
            // SAFETY: answered by the store and given back once.
            let _freed = unsafe { CertFreeCertificateContext(Some(self.0.cast_const())) };
        }
    }
}

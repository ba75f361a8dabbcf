//! The certificate stores of the PC and of a user.
#![expect(unsafe_code, reason = "stores are read through functions of Windows")]

use std::ffi::c_void;

use data_encoding::HEXLOWER;
use ring::digest::{Context as Hash, SHA256};
use windows::Win32::Foundation::ERROR_FILE_NOT_FOUND;
use windows::Win32::Security::Cryptography::{
    CERT_CONTEXT, CERT_KEY_PROV_INFO_PROP_ID, CERT_NAME_ATTR_TYPE, CERT_NAME_ISSUER_FLAG,
    CERT_NAME_SIMPLE_DISPLAY_TYPE, CERT_OPEN_STORE_FLAGS, CERT_SHA1_HASH_PROP_ID,
    CERT_STORE_OPEN_EXISTING_FLAG, CERT_STORE_PROV_SYSTEM_W, CERT_STORE_READONLY_FLAG,
    CERT_SYSTEM_STORE_CURRENT_USER_ID, CERT_SYSTEM_STORE_LOCAL_MACHINE_ID, CERT_SYSTEM_STORE_LOCATION_SHIFT,
    CERT_SYSTEM_STORE_USERS_ID, CRYPT_KEY_PROV_INFO, CertCloseStore, CertEnumCertificatesInStore,
    CertFreeCertificateContext, CertGetCertificateContextProperty, CertGetNameStringW,
    CertGetPublicKeyLength, CertOpenStore, HCERTSTORE, X509_ASN_ENCODING,
};
use windows::core::{HRESULT, HSTRING, PCSTR, s};

use super::super::answers::{Certificate, StorePlace};
use super::{Answer, Trouble, moment, trouble};

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
        StorePlace::Users => CERT_SYSTEM_STORE_USERS_ID,
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
    let (about, issuer, subject, serial, key_bits) = unsafe {
        let about = &*(*context.0).pCertInfo;
        let bytes = |start: *mut u8, count: u32| match usize::try_from(count) {
            Ok(count) if !start.is_null() => std::slice::from_raw_parts(start.cast_const(), count),
            Ok(_) | Err(_) => &[],
        };
        (
            about,
            bytes(about.Issuer.pbData, about.Issuer.cbData),
            bytes(about.Subject.pbData, about.Subject.cbData),
            bytes(about.SerialNumber.pbData, about.SerialNumber.cbData),
            CertGetPublicKeyLength(X509_ASN_ENCODING, &raw const about.SubjectPublicKeyInfo),
        )
    };
    Ok(Certificate {
        thumbprint: HEXLOWER.encode(&hash),
        id: id(issuer, serial),
        issuer: issuer_name(context, CERT_NAME_SIMPLE_DISPLAY_TYPE, PCSTR::null()),
        // id-at-organizationName (RFC 5280, appendix A.1).
        issuer_organisation: issuer_name(context, CERT_NAME_ATTR_TYPE, s!("2.5.4.10")),
        // 0 is how Windows says that it does not know such keys.
        key_bits: Some(key_bits).filter(|bits| *bits != 0),
        not_before: moment(about.NotBefore)?,
        not_after: moment(about.NotAfter)?,
        self_issued: issuer == subject,
        key_provider: key_provider(context),
    })
}

fn id(issuer: &[u8], serial: &[u8]) -> String {
    let mut hash = Hash::new(&SHA256);
    hash.update(issuer);
    // Windows keeps the number with its lowest byte first, whatever order a certificate has.
    hash.update(serial);
    HEXLOWER.encode(hash.finish().as_ref().get(..16).unwrap_or_default())
}

/// One of the names of who issued it; empty when there is none that can be read.
fn issuer_name(context: &Context, kind: u32, attribute: PCSTR) -> String {
    let mut name = [0; NAME_UNITS_MAX];
    let attribute = (!attribute.is_null()).then(|| attribute.0.cast::<c_void>());
    // SAFETY: the certificate and the attribute's name live through the call, and Windows is told how much room there
    // is.
    unsafe { CertGetNameStringW(context.0, kind, CERT_NAME_ISSUER_FLAG, attribute, Some(&mut name)) };
    String::from_utf16(name.split(|unit| *unit == 0).next().unwrap_or_default()).unwrap_or_default()
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

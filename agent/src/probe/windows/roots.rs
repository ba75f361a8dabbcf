//! Root certificates that somebody added to those that Windows trusts.
//!
//! Windows keeps the roots of Microsoft's programme in a store of its own (AuthRoot) and fetches them as it needs them.
//! What lies in the store ROOT came with Windows or was put there by somebody; what comes from a policy, from the
//! domain or from a person was put there too.

use std::collections::BTreeSet;

use super::people;
use crate::host::answers::Key;
use crate::host::{Host, Trouble};

/// Stores of the PC that somebody fills, and the one that Microsoft fills.
const STORES: &[&str] = &[
    r"HKLM\SOFTWARE\Microsoft\SystemCertificates\ROOT\Certificates",
    r"HKLM\SOFTWARE\Microsoft\EnterpriseCertificates\Root\Certificates",
    r"HKLM\SOFTWARE\Policies\Microsoft\SystemCertificates\Root\Certificates",
];
const MICROSOFTS: &str = r"HKLM\SOFTWARE\Microsoft\SystemCertificates\AuthRoot\Certificates";
const OF_A_PERSON: &str = r"Software\Microsoft\SystemCertificates\Root\Certificates";

/// Roots that come with Windows, 7 to 11, as SHA-1 in small letters. From Microsoft's page "Required trusted root
/// certificates" and from lists of what lies in ROOT on PCs that nobody changed.
const SHIPPED: &[&str] = &[
    // Microsoft Time Stamp Root Certificate Authority 2014.
    "0119e81be9a14cd8e22f40ac118c687ecba3f4d8",
    // Microsoft ECC Product Root Certificate Authority 2018.
    "06f1aa330b927b753a40e68cdf22e34bcbef3352",
    // VeriSign Time Stamping Service Root, "NO LIABILITY ACCEPTED".
    "18f7c1fcc3090203fd5baa2f861a754976c8dd25",
    // Microsoft Timestamp Root, "Copyright (c) 1997 Microsoft Corp.".
    "245c97df7514e7cf2df8be72ae957b9e04741e85",
    // Microsoft ECC TS Root Certificate Authority 2018.
    "31f9fc8ba3805986b721ea7295c65b3a44534274",
    // Microsoft Root Certificate Authority 2010.
    "3b1efd3a66ea28b16697394703a72ca340a05bd5",
    // VeriSign Class 3 Public Primary Certification Authority.
    "742c3192e607e424eb4549542be1bbc53e6174e2",
    // Microsoft Authenticode(tm) Root Authority.
    "7f88cd7223f3c813818c994614a89c99fa3b5247",
    // Microsoft Root Certificate Authority 2011.
    "8f43288ad272f3103b6fb1428485ea3014c0bcfe",
    // Symantec Enterprise Mobile Root for Microsoft.
    "92b46c76e13054e104f230517e6e504d43ab10b5",
    // Microsoft Root Authority.
    "a43489159a520f0d93d032ccaf37e7fe20a8b419",
    // Thawte Timestamping CA.
    "be36a4562fb2ee05dbb3d32323adf445084ed656",
    // Microsoft Root Certificate Authority.
    "cdd4eeae6000ac7f40c3802c171e30148030c072",
    // Microsoft Identity Verification Root Certificate Authority 2020.
    "f40042e2e5f7e8ef8189fed15519aece42c3bfa2",
];

/// The thumbprints of the roots that somebody added, sorted, in small letters.
pub(super) fn added(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    let mut added = BTreeSet::new();
    let mut stores: Vec<String> = STORES.iter().map(|store| (*store).to_owned()).collect();
    stores.extend(people::signed_in(host)?.iter().map(|sid| format!(r"HKU\{sid}\{OF_A_PERSON}")));
    for store in stores {
        added.extend(thumbprints(host, &store)?);
    }
    for known in thumbprints(host, MICROSOFTS)? {
        added.remove(&known);
    }
    Ok(added.into_iter().filter(|thumbprint| !SHIPPED.contains(&thumbprint.as_str())).collect())
}

fn thumbprints(host: &dyn Host, store: &str) -> Result<Vec<String>, Trouble> {
    let keys = host.registry_keys(Key::wide(store))?.unwrap_or_default();
    Ok(keys.into_iter().map(|key| key.to_ascii_lowercase()).filter(|key| is_thumbprint(key)).collect())
}

fn is_thumbprint(key: &str) -> bool {
    key.len() == 40 && key.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thumbprints_have_one_form() {
        assert!(SHIPPED.iter().all(|known| is_thumbprint(known) && known.to_lowercase() == *known));
        assert!(SHIPPED.is_sorted());
        assert!(!is_thumbprint("ProtectedRoots"));
    }
}

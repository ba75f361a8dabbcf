//! Certificates that sign, and the names by which the signing of the State is known, for all platforms.
//!
//! Only what is public is looked at. It does not know where certificates come from, and never asks a token anything.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use rules::fact::{Fact, Reason};
use rules::facts::signing;

use crate::host::answers::Certificate;
use crate::probe::ask::known_or_unsupported;

/// The organisation in certificates of the Government Cipher Committee, in small letters, as it was and is written:
/// "CN=Co quan chung thuc so Chinh phu, O=Ban Co yeu Chinh phu, C=VN". The name before it differs from one authority
/// of the Committee to the next.
const COMMITTEE: &[&str] = &["ban co yeu chinh phu", "ban cơ yếu chính phủ"];

/// Vietnam's time: the last day of a certificate is told in it.
const OFFSET_HOURS: i8 = 7;

/// Whether the Government Cipher Committee issued it.
pub(super) fn is_of_committee(certificate: &Certificate) -> bool {
    let organisation = certificate.issuer_organisation.to_lowercase();
    COMMITTEE.iter().any(|name| organisation.contains(name))
}

/// Whether what keeps a private key is a token, by the name of its driver. Microsoft's own drivers keep keys in files,
/// except those for smart cards; every other maker's driver is there for its tokens.
pub(super) fn is_of_token(provider: &str) -> bool {
    match provider.strip_prefix("Microsoft ") {
        Some(rest) => rest.contains("Smart Card"),
        None => true,
    }
}

/// The certificates that people can sign with: those with a private key that somebody else vouches for.
pub(super) fn usable(certificates: Vec<Certificate>) -> Vec<Certificate> {
    let mut usable: Vec<Certificate> = certificates
        .into_iter()
        .filter(|certificate| certificate.key_provider.is_some() && !certificate.self_issued)
        .collect();
    usable.sort_unstable();
    // One of a token shows up for everybody who ever plugged it in.
    usable.dedup_by(|a, b| a.thumbprint == b.thumbprint);
    usable
}

/// The facts about one of them.
pub(super) fn fact(certificate: &Certificate) -> signing::Certificate {
    signing::Certificate {
        id: match certificate.id.is_empty() {
            true => Fact::Unknown(Reason::NotSupported),
            false => certificate.id.clone().into(),
        },
        issuer: match certificate.issuer.is_empty() {
            true => Fact::Absent,
            false => certificate.issuer.clone().into(),
        },
        expires_on: last_day(certificate).into(),
        key_bits: known_or_unsupported(certificate.key_bits.map(i64::from)),
        on_token: certificate.key_provider.as_deref().map_or(Fact::Absent, |name| is_of_token(name).into()),
        government: is_of_committee(certificate).into(),
    }
}

/// The last day of the longest-lived government certificate that has begun.
pub(super) fn expires_on(certificates: &[Certificate], now: Timestamp) -> Option<Date> {
    certificates
        .iter()
        .filter(|certificate| is_of_committee(certificate) && certificate.not_before <= now)
        .map(last_day)
        .max()
}

fn last_day(certificate: &Certificate) -> Date {
    Offset::constant(OFFSET_HOURS).to_datetime(certificate.not_after).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(organisation: &str, provider: Option<&str>, from: &str, to: &str) -> Certificate {
        Certificate {
            thumbprint: to.to_owned(),
            id: "00ff".to_owned(),
            issuer: "Co quan chung thuc so Chinh phu".to_owned(),
            issuer_organisation: organisation.to_owned(),
            key_bits: Some(2048),
            not_before: from.parse().unwrap(),
            not_after: to.parse().unwrap(),
            self_issued: false,
            key_provider: provider.map(str::to_owned),
        }
    }

    #[test]
    fn who_issues_and_who_keeps() {
        let of = |organisation| {
            is_of_committee(&certificate(organisation, None, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"))
        };
        assert!(of("Ban Co yeu Chinh phu") && of("BAN CƠ YẾU CHÍNH PHỦ"));
        assert!(!of("VNPT Group") && !of(""));
        for token in [
            "eToken Base Cryptographic Provider",
            "SafeNet Smart Card Key Storage Provider",
            "Bit4id Universal Middleware Provider",
            "Microsoft Base Smart Card Crypto Provider",
            "Microsoft Smart Card Key Storage Provider",
        ] {
            assert!(is_of_token(token), "{token}");
        }
        for file in [
            "Microsoft Enhanced RSA and AES Cryptographic Provider",
            "Microsoft Software Key Storage Provider",
            "Microsoft Platform Crypto Provider",
        ] {
            assert!(!is_of_token(file), "{file}");
        }
    }

    #[test]
    fn the_longest_lived_that_has_begun() {
        let now = "2026-11-22T00:00:00Z".parse().unwrap();
        let of = |from, to| certificate("Ban Co yeu Chinh phu", Some("eToken"), from, to);
        let old = of("2020-01-01T00:00:00Z", "2025-01-01T00:00:00Z");
        let good = of("2025-01-01T00:00:00Z", "2027-03-31T17:00:00Z");
        let next = of("2027-01-01T00:00:00Z", "2030-01-01T00:00:00Z");
        let all = usable(vec![next, old.clone(), good.clone(), good.clone()]);
        assert_eq!(all.len(), 3, "each once");
        assert_eq!(expires_on(&all, now), Some("2027-04-01".parse().unwrap()), "a day of Vietnam");
        assert_eq!(
            expires_on(&[old], now),
            Some("2025-01-01".parse().unwrap()),
            "one that has ended is told"
        );
        assert_eq!(expires_on(&[], now), None);
        let own = Certificate { self_issued: true, ..good.clone() };
        assert_eq!(usable(vec![own, Certificate { key_provider: None, ..good }]), []);
    }
}

//! Envelopes and bundles: there and back, and every way in which they can be wrong.

use jiff::Timestamp;
use proptest::prelude::*;
use ring::rand::SystemRandom;

use super::*;
use crate::fact::Fact;
use crate::facts::Facts;
use crate::facts::software::Package;
use crate::quantity::Version;

fn key() -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate(&SystemRandom::new()).unwrap()).unwrap()
}

fn report(packages: usize) -> Report {
    let mut facts = Facts::default();
    facts.os.name = Fact::Known("Debian GNU/Linux 12 (bookworm)".to_owned());
    let package = |number: usize| Package {
        name: Fact::Known(format!("package-{number}")),
        version: Fact::Known(Version::new(format!("1.{number}"))),
        ..Package::default()
    };
    facts.software.packages = Fact::Known((0..packages).map(package).collect());
    Report {
        wire: WIRE,
        taken_at: Timestamp::UNIX_EPOCH,
        agent: "0.1.0".to_owned(),
        survey_ms: 12,
        facts,
        notes: vec![],
    }
}

#[test]
fn there_and_back() {
    let key = key();
    let bytes = pack(&report(700), &key, 7).unwrap();
    let sealed = read(&bytes).unwrap();
    assert_eq!((sealed.key.clone(), sealed.sequence), (key.id(), 7));
    assert_eq!(sealed.open(key.public_key()).unwrap(), report(700));
}

#[test]
fn another_key_does_not_open_it() {
    let bytes = pack(&report(1), &key(), 1).unwrap();
    assert_eq!(read(&bytes).unwrap().open(key().public_key()), Err(Fault::BadSignature));
}

#[test]
fn every_changed_byte_is_noticed() {
    let key = key();
    let bytes = pack(&report(1), &key, 1).unwrap();
    for at in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        let verified = read(&changed).and_then(|sealed| sealed.verify(key.public_key()));
        assert!(verified.is_err(), "byte {at} of {} may be changed", bytes.len());
        let opened = read(&changed).and_then(|sealed| sealed.open(key.public_key()));
        assert!(opened.is_err(), "byte {at} of {} may be changed", bytes.len());
    }
}

#[test]
fn a_bomb_is_not_unpacked() {
    let key = key();
    let zeros = vec![b' '; REPORT_BYTES_MAX * 8];
    let payload = zstd::bulk::compress(&zeros, 19).unwrap();
    assert!(payload.len() < ENVELOPE_BYTES_MAX);
    let bytes = sign(payload, &key, 1, REPORT_CONTEXT).unwrap();
    assert_eq!(read(&bytes).unwrap().open(key.public_key()), Err(Fault::TooLarge));
}

#[test]
fn a_larger_envelope_is_not_read() {
    assert!(matches!(read(&vec![0; ENVELOPE_BYTES_MAX + 1]), Err(Fault::TooLarge)));
}

#[test]
fn a_newer_form_is_told_apart() {
    let key = key();
    let newer = Report { wire: WIRE + 1, ..report(0) };
    let bytes = pack(&newer, &key, 1).unwrap();
    assert_eq!(read(&bytes).unwrap().open(key.public_key()), Err(Fault::WireTooNew(WIRE + 1)));
}

#[test]
fn joining_proves_possession_of_the_key() {
    let key = key();
    let request = |public_key: &[u8]| JoinRequest {
        secret: "00".to_owned(),
        public_key: HEXLOWER.encode(public_key),
        hostname: "pc".to_owned(),
        agent: "0.1.0".to_owned(),
    };
    let own = request(key.public_key());
    assert_eq!(open_join(&pack_join(&own, &key).unwrap()).unwrap(), (own, key.public_key().to_vec()));
    let stolen = request(self::key().public_key());
    assert_eq!(open_join(&pack_join(&stolen, &key).unwrap()), Err(Fault::BadSignature));
}

#[test]
fn a_join_is_no_report() {
    let key = key();
    let request = JoinRequest {
        secret: String::new(),
        public_key: HEXLOWER.encode(key.public_key()),
        hostname: String::new(),
        agent: String::new(),
    };
    let bytes = pack_join(&request, &key).unwrap();
    assert_eq!(read(&bytes).unwrap().open(key.public_key()), Err(Fault::BadSignature));
}

#[test]
fn bundles_open_only_for_their_collector() {
    let (private, public) = generate_sealing_key();
    let (other, _) = generate_sealing_key();
    for join in [None, Some(b"join".to_vec())] {
        let bundle = Bundle { join, envelope: b"envelope".to_vec() };
        let bytes = seal(&bundle, &public).unwrap();
        assert_eq!(unseal(&bytes, &private), Ok(bundle.clone()));
        assert_eq!(unseal(&bytes, &other), Err(Fault::BadSignature));
        assert_eq!(read_any(&bytes, &private), Ok(bundle.clone()));
        let plain = write_plain(&bundle).unwrap();
        assert_eq!(read_any(&plain, &other), Ok(bundle), "a plain bundle opens anywhere");
        assert!(unseal(&plain, &private).is_err(), "and never passes for a sealed one");
        let short = plain.split_at(BUNDLE_PLAIN_MAGIC.len() + 3).0;
        assert_eq!(read_any(short, &private), Err(Fault::Malformed("it is cut short".to_owned())));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        if let Ok(sealed) = read(&bytes) {
            prop_assert!(sealed.open(&[0; 32]).is_err());
        }
        prop_assert!(open_join(&bytes).is_err());
        prop_assert!(unseal(&bytes, &[1; 32]).is_err());
        let plain = [BUNDLE_PLAIN_MAGIC, &bytes].concat();
        if let Ok(bundle) = read_any(&plain, &[1; 32]) {
            prop_assert!(bundle.envelope.len() <= bytes.len());
        }
    }
}

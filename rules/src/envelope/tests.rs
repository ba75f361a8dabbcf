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
    let bytes = sign(payload, &key, 1, Ground::Nothing, REPORT_CONTEXT).unwrap();
    assert_eq!(read(&bytes).unwrap().open(key.public_key()), Err(Fault::TooLarge));
}

/// A full envelope as a base, and a report on it.
fn on_base(key: &SigningKey, full: &[u8], json: &[u8], report: &Report, sequence: u64) -> Vec<u8> {
    let base = Base { name: BaseName::of(full).unwrap(), json };
    pack_json(&self::json(report).unwrap(), key, sequence, Ground::Report(base)).unwrap()
}

#[test]
fn an_unchanged_report_on_its_base_is_small() {
    let key = key();
    let first = report(700);
    let full = pack(&first, &key, 7).unwrap();
    let next = Report { taken_at: "2026-11-22T07:30:00Z".parse().unwrap(), survey_ms: 13, ..report(700) };
    let small = on_base(&key, &full, &json(&first).unwrap(), &next, 8);
    assert!(small.len() < 220, "{} bytes, and {} in full", small.len(), full.len());
    let sealed = read(&small).unwrap();
    assert_eq!(sealed.base, Some(BaseName::of(&full).unwrap()));
    assert_eq!(sealed.open_on(key.public_key(), Some(&full)).unwrap(), next);
    assert_eq!(sealed.open_on(self::key().public_key(), Some(&full)), Err(Fault::BadSignature));
    // The base of a full one is not looked at.
    assert_eq!(read(&full).unwrap().open_on(key.public_key(), Some(b"rubbish")).unwrap(), first);
}

#[test]
fn a_dictionary_makes_a_full_report_smaller() {
    let key = key();
    let report = Report { facts: Facts::all_unknown(&crate::fact::Reason::NotSupported), ..report(0) };
    let json = json(&report).unwrap();
    let plain = pack(&report, &key, 1).unwrap();
    let with = pack_json(&json, &key, 1, Ground::Dictionary(DICTIONARY)).unwrap();
    assert!(with.len() * 5 < plain.len() * 3, "{} and {}", with.len(), plain.len());
    let sealed = read(&with).unwrap();
    assert_eq!((sealed.base, sealed.dictionary), (None, Some(DICTIONARY)));
    assert_eq!(sealed.open(key.public_key()).unwrap(), report);
    // It is as good a base as any, and one of a newer program is told apart.
    let small = on_base(&key, &with, &json, &report, 2);
    assert_eq!(read(&small).unwrap().open_on(key.public_key(), Some(&with)).unwrap(), report);
    for unknown in [0, DICTIONARY + 1] {
        let newer = Fault::WireTooNew(WIRE + 1);
        assert_eq!(pack_json(&json, &key, 1, Ground::Dictionary(unknown)), Err(newer.clone()));
        let bytes = sign(vec![], &key, 1, Ground::Dictionary(unknown), REPORT_CONTEXT).unwrap();
        assert_eq!(read(&bytes).unwrap().open(key.public_key()), Err(newer));
    }
}

#[test]
fn dictionaries_never_change() {
    let sums: Vec<String> = DICTIONARIES.iter().map(|text| HEXLOWER.encode(&sha256(text))).collect();
    assert_eq!(u32::try_from(sums.len()).unwrap(), DICTIONARY);
    // A sum that differs means that reports on their way, and those that are kept, can no longer be opened.
    expect_test::expect!["579df3e61b0d2973e09eb2bc3c15cbe9b3f7a95dac1aa3c37e2d100b3e26480e"]
        .assert_eq(&sums.join("\n"));
}

#[test]
fn only_the_named_full_envelope_is_a_base() {
    let (key, stranger) = (key(), self::key());
    let first = report(3);
    let full = pack(&first, &key, 7).unwrap();
    let json = json(&first).unwrap();
    let small = on_base(&key, &full, &json, &report(4), 8);
    let opened = |bytes: &[u8], base: Option<&[u8]>| read(bytes).unwrap().open_on(key.public_key(), base);
    assert_eq!(opened(&small, Some(&full)).unwrap(), report(4));
    assert_eq!(opened(&small, None), Err(Fault::BaseMissing));
    // Another envelope, a damaged one, one under another number.
    assert_eq!(opened(&small, Some(&pack(&first, &key, 9).unwrap())), Err(Fault::BaseMissing));
    let mut damaged = full.clone();
    damaged[40] ^= 1;
    assert_eq!(opened(&small, Some(&damaged)), Err(Fault::BaseMissing));
    let other = Base { name: BaseName { sequence: 6, ..BaseName::of(&full).unwrap() }, json: &json };
    let misnamed = pack_json(&json, &key, 8, Ground::Report(other)).unwrap();
    assert_eq!(opened(&misnamed, Some(&full)), Err(Fault::BaseMissing));
    // A stranger's, though it is named rightly.
    let foreign = pack(&first, &stranger, 7).unwrap();
    assert_eq!(opened(&on_base(&key, &foreign, &json, &first, 8), Some(&foreign)), Err(Fault::BaseMissing));
    // No chains: what builds on a base is none.
    assert_eq!(BaseName::of(&small), Err(Fault::BaseMissing));
    let chained = Base { name: BaseName { sequence: 8, digest: sha256(&small) }, json: &json };
    let chain = pack_json(&json, &key, 9, Ground::Report(chained)).unwrap();
    assert_eq!(opened(&chain, Some(&small)), Err(Fault::BaseMissing));
    // Compressed against another text than the base holds: what comes out is no report.
    let mut turned = json.clone();
    turned.rotate_left(10);
    let lying = Base { name: BaseName::of(&full).unwrap(), json: &turned };
    let lie = pack_json(&json, &key, 8, Ground::Report(lying)).unwrap();
    assert!(matches!(opened(&lie, Some(&full)), Err(Fault::Malformed(_))));
    // Its signature covers the name of the base.
    let mut bytes = small.clone();
    let at = bytes.windows(4).rposition(|window| window == b"base").unwrap() + 10;
    bytes[at] ^= 1;
    assert_eq!(opened(&bytes, Some(&full)), Err(Fault::BadSignature));
}

#[test]
fn a_bomb_on_a_base_is_not_unpacked() {
    let key = key();
    let full = pack(&report(1), &key, 1).unwrap();
    let name = BaseName::of(&full).unwrap();
    let bomb = |bytes: &[u8]| {
        let payload = compress(bytes, Some(&json(&report(1)).unwrap())).unwrap();
        let bytes = sign(payload, &key, 2, Ground::Report(Base { name, json: &[] }), REPORT_CONTEXT).unwrap();
        assert!(bytes.len() < ENVELOPE_BYTES_MAX);
        read(&bytes).unwrap().open_on(key.public_key(), Some(&full))
    };
    assert_eq!(bomb(&vec![b' '; REPORT_BYTES_MAX * 8]), Err(Fault::TooLarge));
    assert!(
        matches!(bomb(&vec![b' '; REPORT_BYTES_MAX]), Err(Fault::Malformed(_))),
        "unpacked, and no report"
    );
    // Frames after each other announce little each: no more than the first one announces is unpacked.
    let frame = zstd::bulk::compress(&vec![b' '; REPORT_BYTES_MAX / 2], 3).unwrap();
    let bytes = sign(frame.repeat(3), &key, 2, Ground::Nothing, REPORT_CONTEXT).unwrap();
    assert!(matches!(read(&bytes).unwrap().open(key.public_key()), Err(Fault::Malformed(_))));
}

#[test]
fn the_largest_report_is_wholly_in_reach_of_the_next() {
    // Noise, so that only the base makes it small: the window must reach from the last byte to the base's first.
    let random = SystemRandom::new();
    let noise = |_| {
        let mut bytes = [0_u8; 150];
        random.fill(&mut bytes).unwrap();
        Fact::Known(HEXLOWER.encode(&bytes))
    };
    let mut first = report(0);
    first.facts.software.packages =
        Fact::Known((0..4_000).map(|at| Package { name: noise(at), ..Package::default() }).collect());
    let json = json(&first).unwrap();
    assert!(json.len() > REPORT_BYTES_MAX / 4);
    // In another place in memory: zstd takes overlapping text for overwritten.
    let base = json.clone();
    let payload = compress(&json, Some(&base)).unwrap();
    assert!(payload.len() < 2_000, "{} bytes", payload.len());
    let mut unpacked = Vec::new();
    decompress(&mut DCtx::create(), &payload, &json, &mut unpacked).unwrap();
    assert_eq!(unpacked, json);
}

#[test]
fn one_unpacker_opens_report_after_report() {
    let key = key();
    let full = pack(&report(700), &key, 1).unwrap();
    let next = Report { survey_ms: 13, ..report(20) };
    let small = on_base(&key, &full, &json(&report(700)).unwrap(), &next, 2);
    let alone = pack(&report(3), &key, 3).unwrap();
    let areas = BTreeSet::from(["os", "software"]);
    let mut unpacker = Unpacker::new();
    let mut open = |bytes: &[u8], base: Option<&[u8]>| {
        let sealed = read(bytes).unwrap();
        let areas_by = |unpacker: &mut Unpacker| sealed.unpack_kept(base, unpacker)?.areas(&areas);
        let fresh = areas_by(&mut Unpacker::new());
        assert_eq!(areas_by(&mut unpacker), fresh);
        fresh
    };
    assert_eq!(open(&full, None).unwrap().software, report(700).facts.software);
    assert_eq!(open(&small, Some(&full)).unwrap().software, next.facts.software);
    assert_eq!(open(&alone, None).unwrap().software, report(3).facts.software);
    // What was unpacked before leaves room, and no second frame is let into it.
    let frames = zstd::bulk::compress(&json(&report(3)).unwrap(), 3).unwrap().repeat(2);
    let twice = sign(frames, &key, 4, Ground::Nothing, REPORT_CONTEXT).unwrap();
    assert!(matches!(open(&twice, None), Err(Fault::Malformed(_))));
    assert_eq!(open(&small, None), Err(Fault::BaseMissing));
}

#[test]
fn what_must_be_understood_and_is_not_comes_from_a_newer_agent() {
    let key = key();
    let protected = HeaderBuilder::new()
        .algorithm(iana::Algorithm::EdDSA)
        .key_id(key.id().0.into_bytes())
        .add_critical_label(RegisteredLabelWithPrivate::Text("braid".to_owned()))
        .text_value(SEQUENCE.to_owned(), Value::Integer(1.into()))
        .build();
    let bytes = CoseSign1Builder::new().protected(protected).payload(vec![]).build().to_vec().unwrap();
    assert_eq!(read(&bytes).unwrap_err(), Fault::WireTooNew(WIRE + 1));
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
        evidence: vec![],
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
        evidence: vec![],
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

//! Bases, killed at every step.

use std::collections::BTreeSet;

use rules::envelope::{Ground, SigningKey, pack_json};

use super::*;
use crate::folder::paper::{Cut, Papers};

const JSON: &[u8] = br#"{"wire":1}"#;

fn key() -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate(&ring::rand::SystemRandom::new()).unwrap()).unwrap()
}

fn full(key: &SigningKey, sequence: u64) -> Vec<u8> {
    pack_json(JSON, key, sequence, Ground::Nothing).unwrap()
}

fn hex(envelope: &[u8]) -> String {
    HEXLOWER.encode(digest(&SHA256, envelope).as_ref())
}

/// A base of this sequence number, with its receipt.
fn based(key: &SigningKey, sequence: u64) -> (Papers, Bases) {
    let papers = Papers::default();
    let mut bases = Bases::open(Arc::new(papers.clone())).unwrap();
    let envelope = full(key, sequence);
    bases.propose(&envelope, JSON).unwrap();
    assert!(bases.base_for(sequence + 1, key.public_key()).is_none(), "there is no receipt yet");
    bases.accept(sequence, &hex(&envelope), &[]).unwrap();
    (papers, bases)
}

fn names(bases: &Bases, key: &SigningKey, sequence: u64) -> Option<u64> {
    bases.base_for(sequence, key.public_key()).map(|base| base.name.sequence)
}

#[test]
fn thirteen_reports_build_on_a_base() {
    let key = key();
    let (papers, bases) = based(&key, 7);
    let on: Vec<u64> = (0..40).filter(|at| names(&bases, &key, *at).is_some()).collect();
    assert_eq!(on, (8..=20).collect::<Vec<u64>>());
    let again = Bases::open(Arc::new(papers)).unwrap();
    assert_eq!(names(&again, &key, 8), Some(7), "it is on the disk");
    assert_eq!(names(&again, &self::key(), 8), None, "a new key begins anew");
    let on_it =
        pack_json(JSON, &key, 8, Ground::Report(bases.base_for(8, key.public_key()).unwrap())).unwrap();
    assert_eq!(bases.under(&on_it), Some(full(&key, 7)));
    assert_eq!(bases.under(&full(&key, 8)), None);
}

#[test]
fn a_receipt_for_something_else_makes_no_base() {
    let key = key();
    let (_, mut bases) = based(&key, 7);
    bases.propose(&full(&key, 30), JSON).unwrap();
    bases.accept(30, &hex(b"another"), &[]).unwrap();
    bases.accept(29, &hex(&full(&key, 30)), &[]).unwrap();
    assert_eq!(names(&bases, &key, 31), None);
    // What waits may still need the base before.
    bases.accept(30, &hex(&full(&key, 30)), &[20, 31]).unwrap();
    assert_eq!((names(&bases, &key, 31), names(&bases, &key, 20)), (None, Some(7)));
    bases.accept(30, &hex(&full(&key, 30)), &[21, 31]).unwrap();
    assert_eq!((names(&bases, &key, 31), names(&bases, &key, 20)), (Some(30), None));
}

#[test]
fn a_damaged_base_is_none() {
    let key = key();
    let (papers, mut bases) = based(&key, 7);
    let whole = papers.read(BASE).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        assert!(parse(&damaged).is_none(), "byte {at}");
        assert!(parse(&whole[..at]).is_none(), "cut at {at}");
    }
    bases.forget().unwrap();
    bases.forget().unwrap();
    assert_eq!(Bases::open(Arc::new(papers)).unwrap().base.map(|kept| kept.name), None);
}

/// Sixteen reports, each delivered at once. Gives the digests of those with a receipt.
fn fortnight(papers: &Papers, key: &SigningKey, received: &mut BTreeSet<String>) -> Result<()> {
    for sequence in 1..=16 {
        let mut bases = Bases::open(Arc::new(papers.clone()))?;
        let base = bases.base_for(sequence, key.public_key());
        let envelope = pack_json(JSON, key, sequence, base.map_or(Ground::Nothing, Ground::Report)).unwrap();
        if base.is_none() {
            bases.propose(&envelope, JSON)?;
        }
        received.insert(hex(&envelope));
        bases.accept(sequence, &hex(&envelope), &[])?;
    }
    Ok(())
}

#[test]
fn killed_at_every_step() {
    let key = key();
    let mut cuts = 0;
    for steps in 0.. {
        let papers = Papers::default();
        papers.cut_after(steps);
        let mut received = BTreeSet::new();
        let finished = fortnight(&papers, &key, &mut received).is_ok();
        for cut in Cut::ALL {
            let left = papers.after(cut);
            let bases = Bases::open(Arc::new(left.clone())).unwrap();
            if let Some(kept) = &bases.base {
                let digest = HEXLOWER.encode(&kept.name.digest);
                assert!(received.contains(&digest), "{cut:?} at step {steps}: a base without a receipt");
            }
            fortnight(&left, &key, &mut received).unwrap();
        }
        cuts += 1;
        if finished {
            break;
        }
    }
    assert_eq!(cuts, 13, "every step of two bases was cut");
}

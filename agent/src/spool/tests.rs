//! The spool, killed at every step.

use std::collections::{BTreeMap, BTreeSet};

use expect_test::{Expect, expect};

use super::*;
use crate::folder::paper::{Cut, Papers};
use crate::identity::Identity;

const BOUNDS: Bounds = Bounds { reports_max: 3, bytes_max: 1000, age_days_max: 30 };

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

/// A stand-in for an envelope: it knows whether it is whole.
fn envelope(sequence: u64) -> Vec<u8> {
    format!("[{sequence}:{}]", "x".repeat(20)).into_bytes()
}

fn whole(bytes: &[u8]) -> bool {
    bytes.first() == Some(&b'[') && bytes.last() == Some(&b']')
}

/// What a collector and a spool know of each other, whatever happened to the power.
#[derive(Debug, Default)]
struct Ledger {
    /// Sequence numbers that were given out.
    given: BTreeSet<u64>,
    /// Kept, as the spool said.
    kept: BTreeSet<u64>,
    /// Let go: by receipt, or dropped by a bound.
    let_go: BTreeSet<u64>,
}

/// An ordinary day: two reports, one accepted, three more with one dropped by the bound, one accepted.
fn day(papers: &Papers, spool: &Papers, ledger: &mut Ledger) -> Result<()> {
    let mut identity = Identity::open(Arc::new(papers.clone()))?;
    let mut spool = Spool::open(Arc::new(spool.clone()), BOUNDS)?;
    for step in 0..7 {
        if step == 2 || step == 6 {
            let oldest = spool.sequences()[0];
            let Taken::Whole(bytes) = spool.take(oldest, &whole)? else { panic!("{oldest} is damaged") };
            assert_eq!(bytes, envelope(oldest), "nothing half-written is ever sent");
            ledger.let_go.insert(oldest);
            spool.remove(oldest)?;
        } else {
            let sequence = identity.next(spool.highest(), at(step))?;
            assert!(ledger.given.insert(sequence), "{sequence} was given twice");
            if spool.count() == BOUNDS.reports_max {
                ledger.let_go.insert(spool.sequences()[0]);
            }
            spool.keep(sequence, &envelope(sequence), at(step))?;
            ledger.kept.insert(sequence);
        }
    }
    Ok(())
}

#[test]
fn killed_at_every_step() {
    let mut cuts = 0;
    // The identity and the spool are two folders; the cut falls on either.
    for cut_identity in [true, false] {
        for steps in 0.. {
            let (papers, spool) = (Papers::default(), Papers::default());
            let cut_folder = if cut_identity { &papers } else { &spool };
            cut_folder.cut_after(steps);
            let mut ledger = Ledger::default();
            let finished = day(&papers, &spool, &mut ledger).is_ok();
            for cut in Cut::ALL {
                check_after(
                    &papers.after(cut),
                    &spool.after(cut),
                    &ledger,
                    &format!("{cut:?} at step {steps}"),
                );
            }
            cuts += 1;
            if finished {
                assert!(cut_folder.steps() <= steps);
                break;
            }
        }
    }
    assert_eq!(cuts, 52, "every step of the day was cut");
}

fn check_after(papers: &Papers, spool: &Papers, ledger: &Ledger, when: &str) {
    let mut identity = Identity::open(Arc::new(papers.clone())).unwrap();
    let mut spool = Spool::open(Arc::new(spool.clone()), BOUNDS).unwrap();
    let mut found = BTreeMap::new();
    for sequence in spool.sequences() {
        if let Taken::Whole(bytes) = spool.take(sequence, &whole).unwrap() {
            assert_eq!(bytes, envelope(sequence), "{when}: nothing half-written is ever sent");
            found.insert(sequence, bytes);
        }
    }
    for sequence in ledger.kept.difference(&ledger.let_go) {
        assert!(found.contains_key(sequence), "{when}: report {sequence} was kept and is lost");
    }
    let next = identity.next(spool.highest(), at(100)).unwrap();
    let last = ledger.given.last().copied().unwrap_or_default();
    assert!(next > last, "{when}: {last} was given and {next} follows");
}

fn check(prepare: impl FnOnce(&Papers), then: impl FnOnce(&mut Spool) -> Vec<String>, expected: Expect) {
    let papers = Papers::default();
    prepare(&papers);
    let mut spool = Spool::open(Arc::new(papers.clone()), BOUNDS).unwrap();
    let mut text = then(&mut spool).join("\n");
    for (name, bytes) in papers.files().unwrap() {
        text += &format!("\n{name} {bytes}");
    }
    expected.assert_eq(text.trim_start());
}

#[test]
fn the_oldest_go_first() {
    check(
        |_| {},
        |spool| {
            let mut notes = Vec::new();
            for sequence in 1..=4 {
                notes.extend(spool.keep(sequence, &envelope(sequence), at(0)).unwrap());
            }
            notes.extend(spool.keep(5, &[b'x'; 960], at(0)).unwrap());
            notes.extend(spool.keep(6, &envelope(6), at(40 * 86_400)).unwrap());
            notes
        },
        expect![[r#"
            Report 1 was dropped unsent: more than 3 reports waited.
            Report 2 was dropped unsent: more than 3 reports waited.
            Report 3 was dropped unsent: more than 1000 bytes waited.
            Report 4 was dropped unsent: it waited for more than 30 days.
            Report 5 was dropped unsent: it waited for more than 30 days.
            00000000000000000006-1798456000.cose 24"#]],
    );
}

#[test]
fn what_is_unfinished_or_damaged_is_never_sent() {
    check(
        |papers| {
            papers.write("00000000000000000007-1795000000.cose.part", b"[7:x").unwrap();
            papers.write("00000000000000000008-1795000000.cose", b"[8:xx").unwrap();
            papers.write("00000000000000000009-1795000000.cose", &envelope(9)).unwrap();
            papers.write("notes.txt", b"somebody's own file").unwrap();
        },
        |spool| {
            spool
                .sequences()
                .iter()
                .map(|sequence| match spool.take(*sequence, &whole).unwrap() {
                    Taken::Whole(bytes) => format!("{sequence}: whole, {} bytes", bytes.len()),
                    Taken::Damaged(note) => note,
                })
                .collect()
        },
        expect![[r#"
            Report 8 was damaged in the spool and is set aside as 00000000000000000008-1795000000.bad.
            9: whole, 24 bytes
            00000000000000000008-1795000000.bad 5
            00000000000000000009-1795000000.cose 24
            notes.txt 19"#]],
    );
}

//! Bytes from outside, damaged in many ways: what reads them may refuse, and may not panic.
//!
//! Needs no other compiler and no service: damage comes from a small generator of its own, so the same seed gives the
//! same damage. `SANSANG_FUZZ_ROUNDS` asks for longer runs, `SANSANG_FUZZ_SEED` for other ones; what fails says with
//! which of both it fails again.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// A source of numbers that look random (SplitMix64, Steele and others 2014).
#[derive(Debug, Clone)]
pub struct Luck(u64);

impl Luck {
    /// The same seed gives the same numbers.
    pub fn new(seed: u64) -> Luck {
        Luck(seed)
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// A number below this one; 0 below 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap_or(u64::MAX);
        let number = self.number().checked_rem(end).unwrap_or_default();
        usize::try_from(number).unwrap_or_default()
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        things.get(self.below(things.len())).expect("something to pick from")
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}

/// Bytes that programs stumble over.
const STONES: &[u8] = &[0, 1, 2, 0x7f, 0x80, 0xfe, 0xff, b'\n', b'"', b'\\', b'=', b'%', b'{', b' '];

/// Damages bytes in one to eight places.
pub fn damage(bytes: &mut Vec<u8>, luck: &mut Luck) {
    for _ in 0..=luck.below(8) {
        let at = luck.below(bytes.len());
        let length = 1 + luck.below(16);
        let end = (at + length).min(bytes.len());
        match luck.below(8) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] ^= 1 << luck.below(8),
            2 if !bytes.is_empty() => bytes[at] = *luck.pick(STONES),
            3 => drop(bytes.drain(at..end)),
            4 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            5 => {
                let stone = *luck.pick(STONES);
                bytes.splice(at..at, std::iter::repeat_n(stone, length));
            }
            6 => bytes[at..end].fill(*luck.pick(STONES)),
            _ => {
                let noise: Vec<u8> = (0..length).map(|_| luck.number().to_le_bytes()[0]).collect();
                bytes.splice(at..at, noise);
            }
        }
    }
}

/// Damages a text; what is no text any more is replaced.
pub fn damage_text(text: &str, luck: &mut Luck) -> String {
    let mut bytes = text.as_bytes().to_vec();
    damage(&mut bytes, luck);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn asked(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

/// Tries this many rounds, or as many as the environment asks for. A round that fails says how to have it again.
pub fn rounds(rounds: u64, mut round: impl FnMut(&mut Luck)) {
    let rounds = asked("SANSANG_FUZZ_ROUNDS").unwrap_or(rounds);
    let first = asked("SANSANG_FUZZ_SEED").unwrap_or(1);
    for seed in first..first.saturating_add(rounds) {
        let tried = catch_unwind(AssertUnwindSafe(|| round(&mut Luck::new(seed))));
        // The panic itself was told where it happened.
        assert!(tried.is_ok(), "it happens again with: SANSANG_FUZZ_SEED={seed} SANSANG_FUZZ_ROUNDS=1");
    }
}

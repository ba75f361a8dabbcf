//! A fuse: who did not answer once is not asked again in the same survey.
//!
//! WMI can hang for minutes, as a whole or in one namespace. Each question has a deadline, and many questions with
//! one deadline each would use up the time of the whole survey.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use super::{Answer, Trouble};

/// When so many parts did not answer, no part is asked any more: it is the whole that hangs.
const PARTS_MAX: usize = 2;

/// Remembers which parts did not answer.
#[derive(Debug, Default)]
pub struct Fuse {
    blown: Mutex<BTreeSet<String>>,
}

impl Fuse {
    /// A whole fuse.
    pub fn new() -> Fuse {
        Fuse::default()
    }

    /// Asks this part, or says at once that it does not answer in time.
    ///
    /// # Errors
    /// That of the part.
    pub fn ask<T>(&self, part: &str, ask: impl FnOnce() -> Answer<T>) -> Answer<T> {
        if self.is_blown(part) {
            return Err(Trouble::TimedOut);
        }
        let answer = ask();
        if matches!(answer, Err(Trouble::TimedOut)) {
            self.blown.lock().unwrap_or_else(PoisonError::into_inner).insert(part.to_ascii_lowercase());
        }
        answer
    }

    fn is_blown(&self, part: &str) -> bool {
        let blown = self.blown.lock().unwrap_or_else(PoisonError::into_inner);
        blown.len() >= PARTS_MAX || blown.contains(&part.to_ascii_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_hangs_is_asked_once() {
        let fuse = Fuse::new();
        let asked = std::cell::Cell::new(0);
        let ask = |part: &str, answer: Answer<u32>| {
            fuse.ask(part, || {
                asked.set(asked.get() + 1);
                answer
            })
        };
        assert_eq!(ask(r"ROOT\CIMV2", Ok(Some(1))), Ok(Some(1)));
        assert_eq!(ask(r"ROOT\CIMV2", Err(Trouble::Denied)), Err(Trouble::Denied));
        assert_eq!(ask(r"ROOT\WMI", Err(Trouble::TimedOut)), Err(Trouble::TimedOut));
        assert_eq!(asked.get(), 3);
        assert_eq!(ask(r"root\wmi", Ok(Some(1))), Err(Trouble::TimedOut), "it is not asked again");
        assert_eq!(asked.get(), 3);
        assert_eq!(ask(r"ROOT\CIMV2", Ok(Some(2))), Ok(Some(2)), "its neighbour is");
        assert_eq!(ask(r"ROOT\CIMV2", Err(Trouble::TimedOut)), Err(Trouble::TimedOut));
        assert_eq!(ask(r"ROOT\SecurityCenter2", Ok(Some(1))), Err(Trouble::TimedOut), "the whole hangs");
        assert_eq!(asked.get(), 5);
    }
}

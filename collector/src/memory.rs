//! What took long to find out, remembered under a name, with when it was found out and who is finding it out again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

/// Answers that were kept, by name.
#[derive(Debug)]
pub struct Memory<T> {
    kept: Mutex<Kept<T>>,
}

#[derive(Debug)]
struct Kept<T> {
    answers: BTreeMap<String, (Timestamp, T)>,
    /// What is being found out.
    busy: BTreeSet<String>,
    /// How often everything was forgotten: what was found out before must not be kept after.
    forgotten: u64,
}

/// That something is being found out, since when everything was forgotten last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quest(u64);

impl<T> Default for Memory<T> {
    fn default() -> Memory<T> {
        let (answers, busy, forgotten) = (BTreeMap::new(), BTreeSet::new(), 0);
        Memory { kept: Mutex::new(Kept { answers, busy, forgotten }) }
    }
}

impl<T: Clone> Memory<T> {
    fn kept(&self) -> MutexGuard<'_, Kept<T>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept under this name, and when it was found out.
    pub fn find(&self, name: &str) -> Option<(Timestamp, T)> {
        self.kept().answers.get(name).cloned()
    }

    /// Before something is found out for the first time, or again whoever else does.
    pub fn quest(&self) -> Quest {
        Quest(self.kept().forgotten)
    }

    /// Before something is found out again beside a page; none where somebody else is at it.
    pub fn begin(&self, name: &str) -> Option<Quest> {
        let mut kept = self.kept();
        kept.busy.insert(name.to_owned()).then_some(Quest(kept.forgotten))
    }

    /// After [`Memory::begin`], whatever it came to.
    pub fn end(&self, name: &str) {
        self.kept().busy.remove(name);
    }

    /// Keeps an answer, unless everything was forgotten since it was asked for.
    pub fn keep(&self, name: &str, quest: Quest, found_at: Timestamp, answer: T) {
        let mut kept = self.kept();
        if kept.forgotten == quest.0 {
            kept.answers.insert(name.to_owned(), (found_at, answer));
        }
    }

    /// Forgets everything, as after something was changed on which answers depend.
    pub fn forget(&self) {
        let mut kept = self.kept();
        kept.answers.clear();
        kept.forgotten += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_out_before_everything_was_forgotten_is_not_kept() {
        let (memory, now) = (Memory::default(), Timestamp::UNIX_EPOCH);
        memory.keep("a", memory.quest(), now, 1);
        assert_eq!(memory.find("a"), Some((now, 1)));
        let quest = memory.begin("a").unwrap();
        assert_eq!(memory.begin("a"), None, "somebody is at it");
        memory.forget();
        memory.keep("a", quest, now, 2);
        assert_eq!(memory.find("a"), None);
        memory.end("a");
        assert!(memory.begin("a").is_some_and(|again| again != quest));
    }
}

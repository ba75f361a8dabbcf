//! Questions that may never be answered, asked on a thread of their own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use super::{Answer, Trouble};

/// Most threads that may wait for Windows at one time. A service whose WMI hangs for days leaves this many behind
/// and no more.
const THREADS_MAX: usize = 4;

/// Threads that are at work, and threads that were given up and have not ended.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// One thread, counted until it ends, also by a panic.
struct Counted;

impl Counted {
    fn new() -> Option<Counted> {
        let counted = THREADS.fetch_update(Ordering::AcqRel, Ordering::Acquire, |threads| {
            (threads < THREADS_MAX).then_some(threads + 1)
        });
        counted.ok().map(|_| Counted)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        THREADS.fetch_sub(1, Ordering::AcqRel);
    }
}

/// The answer, or `TimedOut`. What hangs is left behind; too much of it, and nothing is asked any more.
pub(super) fn within<T: Send + 'static>(
    deadline: Duration,
    ask: impl FnOnce() -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let Some(counted) = Counted::new() else { return Err(Trouble::TimedOut) };
    let (sender, receiver) = mpsc::channel();
    std::thread::Builder::new()
        .name("aside".to_owned())
        .spawn(move || {
            let _counted = counted;
            // Nobody listens any more when this was too slow.
            drop(sender.send(ask()));
        })
        .map_err(|error| Trouble::Failed(format!("cannot start a thread: {error}")))?;
    match receiver.recv_timeout(deadline) {
        Ok(answer) => answer,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(Trouble::TimedOut),
        Err(mpsc::RecvTimeoutError::Disconnected) => {
            Err(Trouble::Failed("the question ended without an answer".to_owned()))
        }
    }
}

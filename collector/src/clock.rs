//! The collector's one clock. Tests give it a fixed time.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// What time it is.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system's clock.
    System,
    /// A time that a test sets, in milliseconds since 1970.
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands still until it is set.
    pub fn fixed(now: Timestamp) -> Clock {
        Clock::Fixed(Arc::new(AtomicI64::new(now.as_millisecond())))
    }

    /// What time it is, to the millisecond.
    pub fn now(&self) -> Timestamp {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
            Clock::System => Timestamp::now(),
            Clock::Fixed(millis) => {
                Timestamp::from_millisecond(millis.load(Ordering::Relaxed)).unwrap_or(Timestamp::UNIX_EPOCH)
            }
        }
    }

    /// Sets a fixed clock; the system's clock cannot be set.
    pub fn set(&self, now: Timestamp) {
        if let Clock::Fixed(millis) = self {
            millis.store(now.as_millisecond(), Ordering::Relaxed);
        }
    }
}

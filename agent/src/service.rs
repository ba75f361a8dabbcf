//! What the agent needs of the operating system for itself: where it keeps its state, who may read it, when it is
//! told to stop.
//!
//! With `host.rs` the only file that knows the platform. It does not know what the agent does.

#[cfg(unix)]
#[path = "service/linux.rs"]
mod live;
#[cfg(windows)]
#[path = "service/windows.rs"]
mod live;

pub use live::{Stop, make_private_folder, private, state_folder, sync_folder};
#[cfg(windows)]
pub use live::{Work, be_quiet, install, remove, run_as_service};

//! A join code that could not be used yet, kept until there is a network.
//!
//! It lies in the state folder, which only the system reads, and goes as soon as the PC has joined.

use std::io::ErrorKind;
use std::path::Path;

use anyhow::{Context, Result};
use rules::join::JoinCode;

use crate::folder::{Folder, OnDisk, find, put};

/// The file; the unit of systemd looks for it.
pub const FILE: &str = "join-code";

/// Keeps a join code for later.
///
/// # Errors
/// When it cannot be made durable.
pub fn keep(state: &Path, code: &JoinCode) -> Result<()> {
    let folder = OnDisk::open(state)?;
    put(&folder, FILE, code.to_string().as_bytes())
        .with_context(|| format!("cannot write {FILE} in the state folder {}", state.display()))
}

/// The join code that waits, if one does. A damaged one is none: nobody can join with it.
///
/// # Errors
/// When it is there and cannot be read.
pub fn waiting(state: &Path) -> Result<Option<JoinCode>> {
    let bytes = find(&OnDisk::existing(state), FILE)
        .with_context(|| format!("cannot read {FILE} in the state folder {}", state.display()))?;
    Ok(bytes.and_then(|bytes| String::from_utf8(bytes).ok()).and_then(|text| JoinCode::parse(&text).ok()))
}

/// Forgets the join code, if one waits.
///
/// # Errors
/// When it is there and cannot be removed.
pub fn forget(state: &Path) -> Result<()> {
    match OnDisk::existing(state).remove(FILE) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error)
            .with_context(|| format!("cannot remove {FILE} from the state folder {}", state.display())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::tests::Room;

    #[test]
    fn a_code_waits_until_it_is_forgotten() {
        let room = Room::new("invitation");
        let code = JoinCode { address: "10.0.0.1:8443".to_owned(), pin: None, secret: [3; 10] };
        assert_eq!(waiting(&room.0).unwrap(), None);
        keep(&room.0, &code).unwrap();
        assert_eq!(waiting(&room.0).unwrap(), Some(code));
        std::fs::write(room.0.join(FILE), "not a code").unwrap();
        assert_eq!(waiting(&room.0).unwrap(), None, "a damaged one is none");
        forget(&room.0).unwrap();
        forget(&room.0).unwrap();
        assert!(!room.0.join(FILE).exists());
    }
}

//! Shared folders, and whether everybody may use them.
//!
//! "Everybody" is who needs no account of their own: Everyone, guests, anonymous callers, and the groups that hold all
//! accounts. Rights on the files behind a share may be narrower; they are not looked at.

use crate::host::answers::{Ace, Key, RegistryValue, Share};
use crate::host::{Host, Trouble, descriptor};

/// Descriptors of the shares that somebody made, by name.
const DESCRIPTORS: &str = r"HKLM\SYSTEM\CurrentControlSet\Services\LanmanServer\Shares\Security";
/// Everyone, anonymous, Authenticated Users, Users, Guests (MS-DTYP 2.4.2.4).
const EVERYBODY: &[&str] = &["S-1-1-0", "S-1-5-7", "S-1-5-11", "S-1-5-32-545", "S-1-5-32-546"];
/// The guest and all users of a domain, by the last part of the SID.
const EVERYBODY_ENDS: &[&str] = &["-501", "-513", "-514"];
/// FILE_READ_DATA, GENERIC_ALL, GENERIC_READ.
const READ: u32 = 0x0000_0001 | 0x1000_0000 | 0x8000_0000;
/// FILE_WRITE_DATA, FILE_APPEND_DATA, GENERIC_ALL, GENERIC_WRITE.
const WRITE: u32 = 0x0000_0002 | 0x0000_0004 | 0x1000_0000 | 0x4000_0000;
/// A folder (STYPE_DISKTREE).
const FOLDER: u32 = 0;

/// How many folders everybody may use.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Open {
    /// And write to.
    pub(super) writable: i64,
    /// And read, those that they may write to included.
    pub(super) readable: i64,
}

pub(super) fn open(host: &dyn Host) -> Result<Open, Trouble> {
    let lists = match host.shares() {
        Ok(Some(shares)) => listed(&shares)?,
        Ok(None) => Vec::new(),
        // The registry tells everybody, though only of shares whose rights somebody has set.
        Err(trouble) => match in_registry(host) {
            Ok(Some(lists)) => lists,
            Ok(None) | Err(_) => return Err(trouble),
        },
    };
    let count = |wanted: u32| {
        i64::try_from(lists.iter().filter(|list| allowed(list) & wanted != 0).count()).unwrap_or(i64::MAX)
    };
    Ok(Open { writable: count(WRITE), readable: count(READ) })
}

fn listed(shares: &[Share]) -> Result<Vec<Vec<Ace>>, Trouble> {
    shares
        .iter()
        .filter(|share| share.kind == FOLDER && !share.built_in)
        .map(|share| {
            let silent = || Trouble::Failed("a share does not tell who may use it".to_owned());
            share.access.clone().ok_or_else(silent)
        })
        .collect()
}

fn in_registry(host: &dyn Host) -> Result<Option<Vec<Vec<Ace>>>, Trouble> {
    let Some(values) = host.registry_values(Key::wide(DESCRIPTORS))? else { return Ok(None) };
    let odd = || Trouble::Failed("a share has a descriptor of an unknown form".to_owned());
    let lists: Result<Vec<Vec<Ace>>, Trouble> = values
        .values()
        .map(|value| match value {
            RegistryValue::Bytes(bytes) => descriptor::entries(bytes).ok_or_else(odd),
            _ => Err(odd()),
        })
        .collect();
    Ok(Some(lists?))
}

/// What everybody may do: what is allowed before it is refused.
fn allowed(list: &[Ace]) -> u32 {
    let (mut allowed, mut refused) = (0, 0);
    for ace in list.iter().filter(|ace| is_everybody(&ace.sid)) {
        if ace.allows {
            allowed |= ace.mask & !refused;
        } else {
            refused |= ace.mask;
        }
    }
    allowed
}

fn is_everybody(sid: &str) -> bool {
    EVERYBODY.contains(&sid)
        || (sid.starts_with("S-1-5-21-") && EVERYBODY_ENDS.iter().any(|end| sid.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::host::recorded::Recording;

    fn check(asked: Value, expected: Result<(i64, i64), Trouble>) {
        let recording = json!({
            "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T02:30:00Z", "asked": asked,
        });
        let host = Recording::load(&recording.to_string()).unwrap();
        assert_eq!(open(&host).map(|open| (open.writable, open.readable)), expected);
    }

    fn share(kind: u32, built_in: bool, access: Value) -> Value {
        json!({"kind": kind, "built_in": built_in, "access": access})
    }

    fn ace(allows: bool, sid: &str, mask: u32) -> Value {
        json!({"allows": allows, "sid": sid, "mask": mask})
    }

    #[test]
    fn who_may_use_a_share() {
        let everyone = json!([ace(true, "S-1-1-0", 0x001f_01ff)]);
        let readers = json!([ace(true, "S-1-5-32-544", 0x001f_01ff), ace(true, "S-1-5-11", 0x0012_00a9)]);
        let refused = json!([ace(false, "S-1-1-0", 0x001f_01ff), ace(true, "S-1-1-0", 0x001f_01ff)]);
        let closed = json!([ace(true, "S-1-5-21-1-1-1-1001", 0x001f_01ff)]);
        let shares = json!([
            share(0, false, everyone.clone()),
            share(0, false, readers),
            share(0, false, refused),
            share(0, false, closed),
            share(0, true, everyone.clone()),
            share(1, false, everyone),
        ]);
        check(json!({"shares": shares}), Ok((1, 2)));
        check(json!({"shares": []}), Ok((0, 0)));
        let silent = json!([share(0, false, Value::Null)]);
        let trouble = Trouble::Failed("a share does not tell who may use it".to_owned());
        check(json!({"shares": silent}), Err(trouble));
    }

    #[test]
    fn without_rights_the_registry_tells() {
        let key = format!("registry values {DESCRIPTORS}");
        let denied = json!({"trouble": "denied"});
        check(json!({"shares": denied, key.clone(): {"x": {"bytes": "AA=="}}}), Err(Trouble::Denied));
        check(json!({"shares": denied, key.clone(): null}), Err(Trouble::Denied));
        // Everyone may change (0x001301bf).
        let descriptor = "AQAEgAAAAAAAAAAAAAAAABQAAAACABwAAQAAAAAAFAC/ARMAAQEAAAAAAAEAAAAA";
        check(json!({"shares": denied, key: {"x": {"bytes": descriptor}}}), Ok((1, 1)));
    }
}

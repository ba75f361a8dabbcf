//! Security descriptors of Windows, as bytes (MS-DTYP 2.4.2, 2.4.4 to 2.4.6): who may use a thing.
//!
//! Only what decides about use is read: entries that allow and refuse. Owner, group and audit are left out.

use super::answers::Ace;

/// The list of a descriptor is there (SE_DACL_PRESENT).
const DACL_PRESENT: u16 = 0x0004;
/// An entry is only for what lies within (INHERIT_ONLY_ACE).
const INHERIT_ONLY: u8 = 0x08;
/// Kinds of entries: allowed, refused, and the same with a condition, which is taken as met.
const ALLOWED: &[u8] = &[0x00, 0x09];
const REFUSED: &[u8] = &[0x01, 0x0a];
/// Everybody, and everything that can be done with a file (FILE_ALL_ACCESS).
const EVERYONE: &str = "S-1-1-0";
const EVERYTHING: u32 = 0x001f_01ff;

/// The entries of a self-relative descriptor in their order. Without a list everybody may do everything, so that is
/// answered. None when the bytes are cut off or have an unknown form.
pub fn entries(descriptor: &[u8]) -> Option<Vec<Ace>> {
    if *descriptor.first()? != 1 {
        return None;
    }
    let control = u16_at(descriptor, 2)?;
    let offset = usize::try_from(u32_at(descriptor, 16)?).ok()?;
    if control & DACL_PRESENT == 0 || offset == 0 {
        return Some(vec![Ace { allows: true, sid: EVERYONE.to_owned(), mask: EVERYTHING }]);
    }
    let list = descriptor.get(offset..)?;
    let size = usize::from(u16_at(list, 2)?);
    let count = u16_at(list, 4)?;
    let mut rest = list.get(8..size)?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let (kind, flags) = (*rest.first()?, *rest.get(1)?);
        let size = usize::from(u16_at(rest, 2)?);
        let entry = rest.get(..size).filter(|entry| entry.len() >= 8)?;
        rest = rest.get(size..)?;
        if flags & INHERIT_ONLY != 0 {
            continue;
        }
        let allows = match kind {
            kind if ALLOWED.contains(&kind) => true,
            kind if REFUSED.contains(&kind) => false,
            _ => return None,
        };
        entries.push(Ace { allows, sid: sid(entry.get(8..)?)?, mask: u32_at(entry, 4)? });
    }
    Some(entries)
}

/// A SID as text (MS-DTYP 2.4.2.1).
fn sid(bytes: &[u8]) -> Option<String> {
    let (revision, count) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    if revision != 1 || count > 15 {
        return None;
    }
    let authority = bytes.get(2..8)?.iter().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
    let mut text = format!("S-1-{authority}");
    for at in 0..count {
        text.push_str(&format!("-{}", u32_at(bytes, 8 + 4 * at)?));
    }
    Some(text)
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_le_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_le_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A descriptor with this list.
    fn descriptor(list: &[u8]) -> Vec<u8> {
        let mut bytes = vec![1, 0, 0x04, 0x80];
        bytes.extend([0; 12]);
        bytes.extend(20_u32.to_le_bytes());
        bytes.extend(list);
        bytes
    }

    fn list(entries: &[&[u8]]) -> Vec<u8> {
        let size = 8 + entries.iter().map(|entry| entry.len()).sum::<usize>();
        let mut bytes = vec![2, 0];
        bytes.extend(u16::try_from(size).unwrap().to_le_bytes());
        bytes.extend(u16::try_from(entries.len()).unwrap().to_le_bytes());
        bytes.extend([0, 0]);
        bytes.extend(entries.concat());
        bytes
    }

    /// Everybody may read; an account of a domain may not write.
    fn read_only() -> Vec<u8> {
        let everyone = [0, 0, 20, 0, 0xa9, 0x00, 0x12, 0x00, 1, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
        let mut account = vec![1, 0, 36, 0, 2, 0, 0, 0, 1, 5, 0, 0, 0, 0, 0, 5];
        for part in [21_u32, 7, 8, 9, 1001] {
            account.extend(part.to_le_bytes());
        }
        descriptor(&list(&[&everyone, &account]))
    }

    #[test]
    fn entries_in_their_order() {
        let expected = [
            Ace { allows: true, sid: "S-1-1-0".to_owned(), mask: 0x0012_00a9 },
            Ace { allows: false, sid: "S-1-5-21-7-8-9-1001".to_owned(), mask: 2 },
        ];
        assert_eq!(entries(&read_only()).unwrap(), expected);
    }

    #[test]
    fn without_a_list_everybody_may_do_everything() {
        let mut bytes = descriptor(&[]);
        bytes[16] = 0;
        let everybody = entries(&bytes).unwrap();
        assert_eq!((everybody[0].sid.as_str(), everybody[0].mask), (EVERYONE, EVERYTHING));
        // An empty list is something else: nobody may do anything.
        assert_eq!(entries(&descriptor(&list(&[]))), Some(Vec::new()));
    }

    #[test]
    fn what_is_cut_off_is_unknown() {
        let whole = read_only();
        for length in 0..whole.len() {
            assert_eq!(entries(&whole[..length]), None, "cut at {length}");
        }
        let mut odd = whole.clone();
        odd[28] = 0x77;
        assert_eq!(entries(&odd), None, "an unknown kind of entry");
        let mut endless = whole;
        endless[30] = 0;
        assert_eq!(entries(&endless), None, "an entry without a size");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(entries(&bytes));
        }
    }
}

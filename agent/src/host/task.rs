//! What a scheduled task does, as the task scheduler keeps it in the registry (`TaskCache\Tasks\{GUID}`, `Actions`).
//!
//! Microsoft has no document of these bytes; they are read as researchers described them. What has an unknown form is
//! told as unknown. Of the arguments only the files of programs that they name are kept: they may hold anything,
//! passwords too.

use super::command_line;

/// Kinds of actions.
const RUN: u16 = 0x6666;
const COM: u16 = 0x7777;
const MAIL: u16 = 0x8888;
const MESSAGE: u16 = 0x9999;
/// Most actions of one task (the task scheduler itself takes 32).
const ACTIONS_COUNT_MAX: usize = 64;

/// The programs that a task starts, and those that their arguments name; empty when it does something else. None when the bytes are cut off or have an
/// unknown form.
pub fn programs(actions: &[u8]) -> Option<Vec<String>> {
    let mut reader = Reader { rest: actions };
    let version = reader.u16()?;
    if !(1..=3).contains(&version) {
        return None;
    }
    if version > 1 {
        // As whom it runs.
        reader.text()?;
    }
    let mut programs = Vec::new();
    for _ in 0..ACTIONS_COUNT_MAX {
        if reader.rest.is_empty() {
            return Some(programs);
        }
        let kind = reader.u16()?;
        // Its name.
        reader.text()?;
        match kind {
            RUN => {
                programs.push(reader.text()?);
                programs.extend(command_line::named(&reader.text()?));
                // Working folder and flags.
                reader.text()?;
                if version == 3 {
                    reader.u16()?;
                }
            }
            COM => {
                reader.take(16)?;
                reader.text()?;
            }
            MESSAGE => {
                reader.text()?;
                reader.text()?;
            }
            // Windows 8 and later do not send it; nothing after it is read.
            MAIL => return Some(programs),
            _ => return None,
        }
    }
    None
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.rest.split_at_checked(size)?;
        self.rest = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    /// A text in UTF-16 after its length in bytes.
    fn text(&mut self) -> Option<String> {
        let size = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        let bytes = self.take(usize::try_from(size).ok()?)?;
        let (pairs, []) = bytes.as_chunks::<2>() else { return None };
        let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
        // With half a character it is a text that nobody can read.
        String::from_utf16(&units).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Vec<u8> {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let mut bytes = u32::try_from(units.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend(units);
        bytes
    }

    fn run(program: &str, version: u16) -> Vec<u8> {
        let mut bytes = RUN.to_le_bytes().to_vec();
        for part in ["", program, "--password=secret", ""] {
            bytes.extend(text(part));
        }
        if version == 3 {
            bytes.extend([0, 0]);
        }
        bytes
    }

    fn actions(version: u16, parts: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = version.to_le_bytes().to_vec();
        if version > 1 {
            bytes.extend(text("Author"));
        }
        bytes.extend(parts.concat());
        bytes
    }

    #[test]
    fn programs_of_each_version() {
        let program = r"%LOCALAPPDATA%\Zalo\Zalo.exe";
        for version in 1..=3 {
            let bytes = actions(version, &[run(program, version), run("cmd.exe", version)]);
            assert_eq!(programs(&bytes).unwrap(), [program, "cmd.exe"], "version {version}");
        }
        let mut com = COM.to_le_bytes().to_vec();
        com.extend(text(""));
        com.extend([7; 16]);
        com.extend(text("data"));
        assert_eq!(programs(&actions(3, &[com])), Some(Vec::new()));
        assert_eq!(programs(&actions(3, &[])), Some(Vec::new()));
    }

    #[test]
    fn what_is_cut_off_is_unknown() {
        let whole = actions(3, &[run("a.exe", 3)]);
        let head = actions(3, &[]).len();
        for length in 0..whole.len() {
            let expected = (length == head).then(Vec::new);
            assert_eq!(programs(&whole[..length]), expected, "cut at {length}");
        }
        assert_eq!(programs(&actions(9, &[])), None, "an unknown version");
        assert_eq!(programs(&actions(3, &[vec![0x11, 0x11, 0, 0, 0, 0]])), None, "an unknown kind");
        let mut half = run("a.exe", 1);
        half.splice(6..6, 0xd800_u16.to_le_bytes());
        half[2] = 2;
        assert_eq!(programs(&actions(1, &[half])), None, "half a character");
        let mut huge = actions(1, &[]);
        huge.extend(RUN.to_le_bytes());
        huge.extend([0xff; 8]);
        assert_eq!(programs(&huge), None, "a text longer than the bytes");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(programs(&bytes));
        }
    }
}

//! What a shortcut of Windows starts (MS-SHLLINK): the file that it leads to, and the programs that its arguments name.
//!
//! Only what lies on a drive of the PC is read, and only paths in UTF-16 or in plain ASCII: other letters are in a code
//! page that the file does not name. What has an unknown form is told as unknown.

use super::command_line;

/// Largest shortcut that is read, in bytes.
const BYTES_MAX: usize = 64 * 1024;
/// Size of the header, and the class that stands in it (MS-SHLLINK 2.1).
const HEADER_SIZE: usize = 0x4c;
const CLASS: [u8; 16] = [1, 0x14, 2, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46];
/// Which parts follow (2.1.1).
const HAS_LIST: u32 = 0x1;
const HAS_LINK: u32 = 0x2;
const HAS_NAME: u32 = 0x4;
const HAS_RELATIVE: u32 = 0x8;
const HAS_FOLDER: u32 = 0x10;
const HAS_ARGUMENTS: u32 = 0x20;
const IS_UNICODE: u32 = 0x80;
/// The link leads to a place on a drive (2.3); a header of this size has its paths in UTF-16 too.
const ON_DRIVE: u32 = 0x1;
const WIDE_HEADER_SIZE: u32 = 0x24;

/// The file that a shortcut leads to, then the programs that its arguments name. None when the bytes are cut off, have
/// an unknown form, or lead to no file on a drive.
pub fn programs(bytes: &[u8]) -> Option<Vec<String>> {
    if bytes.len() > BYTES_MAX || bytes.get(4..20)? != CLASS || number(bytes, 0)? != 0x4c {
        return None;
    }
    let flags = number(bytes, 20)?;
    let mut at = HEADER_SIZE;
    if flags & HAS_LIST != 0 {
        at = at.checked_add(2)?.checked_add(usize::from(short(bytes, at)?))?;
    }
    if flags & HAS_LINK == 0 {
        return None;
    }
    let size = usize::try_from(number(bytes, at)?).ok()?;
    let link = bytes.get(at..at.checked_add(size)?)?;
    let mut programs = vec![target(link)?];
    at = at.checked_add(size)?;
    for part in [HAS_NAME, HAS_RELATIVE, HAS_FOLDER, HAS_ARGUMENTS] {
        if flags & part == 0 {
            continue;
        }
        let count = usize::from(short(bytes, at)?);
        let wide = flags & IS_UNICODE != 0;
        let end = at.checked_add(2)?.checked_add(if wide { count * 2 } else { count })?;
        let text = bytes.get(at + 2..end)?;
        at = end;
        if part == HAS_ARGUMENTS {
            let arguments = if wide { utf16(text) } else { ascii(text) };
            programs.extend(command_line::named(&arguments?));
        }
    }
    Some(programs)
}

/// The path in a LinkInfo, whose two parts are put together.
fn target(link: &[u8]) -> Option<String> {
    if number(link, 8)? & ON_DRIVE == 0 {
        return None;
    }
    let part = |offset: usize, wide: bool| -> Option<String> {
        let rest = link.get(usize::try_from(number(link, offset)?).ok()?..)?;
        if wide {
            let (pairs, _) = rest.as_chunks::<2>();
            let length = pairs.iter().position(|pair| *pair == [0, 0])?;
            utf16(rest.get(..length * 2)?)
        } else {
            ascii(rest.split(|byte| *byte == 0).next()?)
        }
    };
    let (base, suffix) = match number(link, 4)? >= WIDE_HEADER_SIZE {
        true => (part(28, true)?, part(32, true)?),
        false => (part(16, false)?, part(24, false)?),
    };
    Some(format!("{base}{suffix}")).filter(|path| !path.is_empty())
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn utf16(bytes: &[u8]) -> Option<String> {
    let (pairs, []) = bytes.as_chunks::<2>() else { return None };
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    String::from_utf16(&units).ok()
}

fn ascii(bytes: &[u8]) -> Option<String> {
    bytes.is_ascii().then(|| String::from_utf8(bytes.to_vec()).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wide(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    /// A shortcut with a list of ids, a link of this kind, a name and arguments.
    fn shortcut(base: &str, unicode: bool, arguments: &str) -> Vec<u8> {
        let mut bytes = vec![0_u8; HEADER_SIZE];
        bytes[0] = 0x4c;
        bytes[4..20].copy_from_slice(&CLASS);
        let flags = HAS_LIST | HAS_LINK | HAS_NAME | HAS_ARGUMENTS | IS_UNICODE;
        bytes[20..24].copy_from_slice(&flags.to_le_bytes());
        bytes.extend([2, 0, 0, 0]);
        let header: u32 = if unicode { WIDE_HEADER_SIZE } else { 0x1c };
        let path = if unicode { [wide(base), vec![0, 0]].concat() } else { [base.as_bytes(), &[0]].concat() };
        let end = header + u32::try_from(path.len()).unwrap();
        let size = end + 2;
        // Size, header, flags, volume, base, network, suffix, and both once more in UTF-16.
        let numbers = [size, header, ON_DRIVE, 0, header, 0, end, header, end];
        for number in &numbers[..usize::try_from(header).unwrap() / 4] {
            bytes.extend(number.to_le_bytes());
        }
        bytes.extend(path);
        bytes.extend([0, 0]);
        for text in ["Tên", arguments] {
            bytes.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
            bytes.extend(wide(text));
        }
        bytes
    }

    #[test]
    fn where_shortcuts_lead() {
        let plain = shortcut(r"C:\UniKey\UniKeyNT.exe", false, "");
        assert_eq!(programs(&plain), Some(vec![r"C:\UniKey\UniKeyNT.exe".to_owned()]));
        let script = shortcut(r"C:\Users\Kế toán\wscript.exe", true, r#"//B "C:\Users\Public\a.vbs""#);
        let expected = [r"C:\Users\Kế toán\wscript.exe", r"C:\Users\Public\a.vbs"].map(str::to_owned);
        assert_eq!(programs(&script), Some(expected.to_vec()));
        assert_eq!(programs(&shortcut("C:\\Ke\u{e9}.exe", false, "")), None, "letters of some code page");
    }

    #[test]
    fn what_is_cut_off_is_unknown() {
        let whole = shortcut(r"C:\a.exe", true, "x");
        for length in 0..whole.len() {
            assert_eq!(programs(&whole[..length]), None, "cut at {length}");
        }
        let mut huge = whole.clone();
        huge.resize(BYTES_MAX + 1, 0);
        assert_eq!(programs(&huge), None);
        let mut away = whole;
        away[20] &= !0x2;
        assert_eq!(programs(&away), None, "it leads to no file");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(change in proptest::collection::vec((0..200_usize, any::<u8>()), 0..20)) {
            let mut bytes = shortcut(r"C:\a.exe", true, "x");
            for (at, byte) in change {
                if let Some(place) = bytes.get_mut(at) {
                    *place = byte;
                }
            }
            drop(programs(&bytes));
        }
    }
}

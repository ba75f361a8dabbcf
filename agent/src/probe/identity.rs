//! What tells this PC from others, graded and hashed: the same on both platforms, so that a PC that changes its system
//! stays the same PC. Each platform tells what it could read; this file knows what is worth nothing.
//!
//! A piece that could not be read is unknown with its reason. A placeholder of the maker is evidence too, graded as
//! junk. What is known as junk comes from published reports of inventory systems, in which whole offices had become
//! one PC, and from 162,853 published firmware tables.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};
use rules::fact::{Fact, Reason};
use rules::facts::identity::{Evidence, Identity, Piece, Worth};
use rules::limits::IDENTITY_COUNT_MAX;

use super::decode::smbios;

/// Bytes of a hash that are sent.
const HASH_BYTES: usize = 16;
/// Shortest serial number that tells a PC from others, in characters.
const SERIAL_CHARS_MIN: usize = 4;
/// Serial numbers of many PCs besides those that [`smbios::serial`] knows, in the form of [`normal`].
const SHARED_SERIALS: &[&str] = &[
    "0123456789ABCDEF",
    "1234567890ABCDEF",
    "123456789ABC",
    "123456789ABCD",
    "A1B2C3D4E5",
    "ABCDEFGHIJKLMNO",
    "BOARD",
    "CHASSIS",
    "DEFAULTSTRING",
    "GB1234567890",
    "MAIN BOARD",
    "NB-1234567890",
    "NOT FILLED",
    "NSN1234567890",
    "OEM_SERIAL",
    "PCSERIAL",
    "SYSTEMSERIALNUMB",
    "TO BE FILLED BY O.E.M.",
];
/// Beginnings of the serial numbers that hypervisors give to every drive: they count from one.
const COUNTED_DRIVES: &[&str] = &["QM0000", "DRIVE-SCSI", "DRIVE-VIRTIO"];
/// UUIDs of many PCs: boards that were never given a number, in both orders of bytes, and Dell's without a service tag.
const SHARED_UUIDS: &[&str] = &[
    "03000200-0400-0500-0006-000700080009",
    "00020003-0004-0005-0006-000700080009",
    "12345678-1234-5678-90ab-cddeefaabbcc",
    "78563412-3412-7856-90ab-cddeefaabbcc",
    "4c4c4544-0000-2010-8020-80c04f202020",
    "44454c4c-0000-1020-8020-80c04f202020",
    "11111111-2222-3333-4444-555555555555",
];
/// First three bytes of addresses that hypervisors make up (IEEE registry of manufacturers): VMware, VirtualBox,
/// Hyper-V, Virtual PC, Xen, Parallels; and TAP-Windows, which nobody registered.
const MADE_UP_MACS: &[&str] =
    &["000569", "000c29", "001c14", "005056", "080027", "00155d", "0003ff", "00163e", "001c42", "00ff00"];
/// Addresses that every PC with some program has: Cisco AnyConnect, Fortinet, the dial-up adapters of old Windows.
const SHARED_MACS: &[&str] = &[
    "00059a3c7a00",
    "00059a3c7800",
    "00090ffe0001",
    "00090faa0001",
    "444553540000",
    "444553544200",
    "444553547777",
    "505054503030",
    "33506f453030",
    "204153594eff",
];

/// What a platform could read, as it is written there.
pub(super) struct Signs {
    /// Serial number of the PC.
    pub(super) serial: Fact<String>,
    /// Serial number of the main board.
    pub(super) board_serial: Fact<String>,
    /// UUID of the system.
    pub(super) uuid: Fact<String>,
    /// Serial numbers of the drives that stay in the PC; empty where a drive has none.
    pub(super) drives: Fact<Vec<String>>,
    /// Addresses of the adapters that stay in the PC.
    pub(super) macs: Fact<Vec<String>>,
}

/// The area of identity.
pub(super) fn identity(signs: Signs) -> Identity {
    let one = |sign: Fact<String>| sign.map(|text| vec![text]);
    let kinds = [
        (Evidence::Serial, one(signs.serial)),
        (Evidence::BoardSerial, one(signs.board_serial)),
        (Evidence::SystemUuid, one(signs.uuid)),
        (Evidence::DiskSerial, signs.drives),
        (Evidence::Mac, signs.macs),
    ];
    let mut evidence: Vec<Piece> = kinds.into_iter().flat_map(|(kind, texts)| pieces(kind, texts)).collect();
    evidence.truncate(IDENTITY_COUNT_MAX);
    Identity { evidence: Fact::Known(evidence) }
}

/// The pieces of one kind; one piece says why there is none.
fn pieces(kind: Evidence, texts: Fact<Vec<String>>) -> Vec<Piece> {
    let missing = || Piece { kind: kind.into(), worth: Worth::Missing.into(), value: Fact::Absent };
    match texts {
        Fact::Known(texts) => {
            let mut texts: Vec<String> = texts.iter().map(|text| normal(kind, text)).collect();
            texts.retain(|text| !text.is_empty());
            texts.sort();
            texts.dedup();
            let graded = |text: &String| Piece {
                kind: kind.into(),
                worth: worth(kind, text).into(),
                value: hash(kind, text).into(),
            };
            if texts.is_empty() { vec![missing()] } else { texts.iter().map(graded).collect() }
        }
        Fact::Absent => vec![missing()],
        Fact::Unknown(reason) => vec![unknown(kind, &reason)],
    }
}

fn unknown(kind: Evidence, reason: &Reason) -> Piece {
    Piece { kind: kind.into(), worth: Fact::Unknown(reason.clone()), value: Fact::Unknown(reason.clone()) }
}

/// One spelling for what different systems spell differently.
fn normal(kind: Evidence, text: &str) -> String {
    let words = || text.split_whitespace().collect::<Vec<&str>>().join(" ");
    match kind {
        Evidence::Mac => text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_lowercase(),
        Evidence::SystemUuid => text.trim().trim_matches(['{', '}']).to_lowercase(),
        Evidence::DiskSerial => swapped_back(&words()).trim_end_matches('.').trim().to_uppercase(),
        Evidence::Serial | Evidence::BoardSerial => words().to_uppercase(),
    }
}

/// Windows 7 gives the serial number of an ATA drive as the hexadecimal digits of its 20 bytes, each pair swapped.
fn swapped_back(text: &str) -> String {
    let Some(bytes) =
        (text.len() == 40).then(|| HEXLOWER.decode(text.to_lowercase().as_bytes()).ok()).flatten()
    else {
        return text.to_owned();
    };
    let plain: Vec<u8> =
        bytes.as_chunks::<2>().0.iter().flat_map(|[first, second]| [*second, *first]).collect();
    match String::from_utf8(plain) {
        Ok(plain) if plain.chars().all(|c| c.is_ascii_graphic() || c == ' ') => plain.trim().to_owned(),
        Ok(_) | Err(_) => text.to_owned(),
    }
}

fn worth(kind: Evidence, text: &str) -> Worth {
    let junk = match kind {
        Evidence::Serial | Evidence::BoardSerial => is_shared_serial(text),
        Evidence::DiskSerial => {
            is_shared_serial(text) || COUNTED_DRIVES.iter().any(|start| text.starts_with(start))
        }
        Evidence::SystemUuid => is_shared_uuid(text),
        Evidence::Mac => is_shared_mac(text),
    };
    if junk { Worth::Junk } else { Worth::Trustworthy }
}

fn is_shared_serial(text: &str) -> bool {
    text.chars().count() < SERIAL_CHARS_MIN
        || SHARED_SERIALS.contains(&text)
        || smbios::serial(text).known().is_none()
        || text.contains("O.E.M")
}

fn is_shared_uuid(text: &str) -> bool {
    let Some(bytes) = hex(&text.replace('-', "")).filter(|bytes| bytes.len() == 16) else { return true };
    let steps = |step: u8| bytes.windows(2).all(|pair| matches!(pair, [a, b] if b.wrapping_sub(*a) == step));
    // All zeros, all ones, one byte throughout; or a plain count.
    steps(0) || steps(1) || SHARED_UUIDS.contains(&text)
}

fn is_shared_mac(text: &str) -> bool {
    let Some(bytes) = hex(text).filter(|bytes| bytes.len() == 6) else { return true };
    // Bit 0 of the first byte is a group, bit 1 an address that software made up (IEEE 802, 8.4).
    bytes.first().is_none_or(|first| first & 0b11 != 0)
        || bytes.iter().all(|byte| *byte == 0)
        || MADE_UP_MACS.iter().any(|start| text.starts_with(start))
        || SHARED_MACS.contains(&text)
}

fn hex(text: &str) -> Option<Vec<u8>> {
    HEXLOWER.decode(text.as_bytes()).ok()
}

/// Only the hash leaves the PC. The kind is in it, so that the same text is another hash under another kind.
fn hash(kind: Evidence, text: &str) -> String {
    let digest = digest(&SHA256, format!("{}:{text}", kind.word()).as_bytes());
    HEXLOWER.encode(digest.as_ref().split_at(HASH_BYTES).0)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use expect_test::{Expect, expect};

    use super::*;

    fn check(kind: Evidence, texts: &[&str], expected: Expect) {
        let mut told = String::new();
        for text in texts {
            let normal = normal(kind, text);
            writeln!(told, "{text:?} {normal:?} {}", worth(kind, &normal).word()).unwrap();
        }
        expected.assert_eq(&told);
    }

    #[test]
    fn serial_numbers() {
        check(
            Evidence::Serial,
            &[
                " pf1abcde ",
                "VMware-56 4d  11 22",
                "To be filled by O.E.M.",
                "Default string",
                "System Serial Number",
                "None",
                "0000000000",
                "00000000-0",
                "123456789",
                "0123456789ABCDEF",
                "xxxxxxxxxx",
                "N/A",
                "7",
            ],
            expect![[r#"
                " pf1abcde " "PF1ABCDE" trustworthy
                "VMware-56 4d  11 22" "VMWARE-56 4D 11 22" trustworthy
                "To be filled by O.E.M." "TO BE FILLED BY O.E.M." junk
                "Default string" "DEFAULT STRING" junk
                "System Serial Number" "SYSTEM SERIAL NUMBER" junk
                "None" "NONE" junk
                "0000000000" "0000000000" junk
                "00000000-0" "00000000-0" junk
                "123456789" "123456789" junk
                "0123456789ABCDEF" "0123456789ABCDEF" junk
                "xxxxxxxxxx" "XXXXXXXXXX" junk
                "N/A" "N/A" junk
                "7" "7" junk
            "#]],
        );
    }

    #[test]
    fn uuids() {
        check(
            Evidence::SystemUuid,
            &[
                "{4C4C4544-0042-3510-8052-B4C04F4D3332}",
                "00000000-0000-0000-0000-000000000000",
                "ffffffff-ffff-ffff-ffff-ffffffffffff",
                "03000200-0400-0500-0006-000700080009",
                "00020003-0004-0005-0006-000700080009",
                "00010203-0405-0607-0809-0a0b0c0d0e0f",
                "4c4c4544-0000-2010-8020-80c04f202020",
                "Not Settable",
            ],
            expect![[r#"
                "{4C4C4544-0042-3510-8052-B4C04F4D3332}" "4c4c4544-0042-3510-8052-b4c04f4d3332" trustworthy
                "00000000-0000-0000-0000-000000000000" "00000000-0000-0000-0000-000000000000" junk
                "ffffffff-ffff-ffff-ffff-ffffffffffff" "ffffffff-ffff-ffff-ffff-ffffffffffff" junk
                "03000200-0400-0500-0006-000700080009" "03000200-0400-0500-0006-000700080009" junk
                "00020003-0004-0005-0006-000700080009" "00020003-0004-0005-0006-000700080009" junk
                "00010203-0405-0607-0809-0a0b0c0d0e0f" "00010203-0405-0607-0809-0a0b0c0d0e0f" junk
                "4c4c4544-0000-2010-8020-80c04f202020" "4c4c4544-0000-2010-8020-80c04f202020" junk
                "Not Settable" "not settable" junk
            "#]],
        );
    }

    #[test]
    fn drives() {
        check(
            Evidence::DiskSerial,
            &[
                "     WD-WCC6Y5ABCDEF",
                "2020202057202d44435736433559424144434645",
                "0025_3885_91B0_1B4C.",
                "QM00001",
                "VB1a2b3c4d-5e6f7a8b",
                "00000000",
                "20202020202020202020202020202020202020",
            ],
            expect![[r#"
                "     WD-WCC6Y5ABCDEF" "WD-WCC6Y5ABCDEF" trustworthy
                "2020202057202d44435736433559424144434645" "WD-WCC6Y5ABCDEF" trustworthy
                "0025_3885_91B0_1B4C." "0025_3885_91B0_1B4C" trustworthy
                "QM00001" "QM00001" junk
                "VB1a2b3c4d-5e6f7a8b" "VB1A2B3C4D-5E6F7A8B" trustworthy
                "00000000" "00000000" junk
                "20202020202020202020202020202020202020" "20202020202020202020202020202020202020" trustworthy
            "#]],
        );
    }

    #[test]
    fn addresses_of_adapters() {
        check(
            Evidence::Mac,
            &[
                "54:BF:64:01:02:03",
                "54-bf-64-01-02-03",
                "00:00:00:00:00:00",
                "ff:ff:ff:ff:ff:ff",
                "02:42:ac:11:00:02",
                "00:50:56:c0:00:08",
                "08:00:27:12:34:56",
                "00:05:9a:3c:7a:00",
                "54:bf:64:01:02",
            ],
            expect![[r#"
                "54:BF:64:01:02:03" "54bf64010203" trustworthy
                "54-bf-64-01-02-03" "54bf64010203" trustworthy
                "00:00:00:00:00:00" "000000000000" junk
                "ff:ff:ff:ff:ff:ff" "ffffffffffff" junk
                "02:42:ac:11:00:02" "0242ac110002" junk
                "00:50:56:c0:00:08" "005056c00008" junk
                "08:00:27:12:34:56" "080027123456" junk
                "00:05:9a:3c:7a:00" "00059a3c7a00" junk
                "54:bf:64:01:02" "54bf640102" junk
            "#]],
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_missing() {
        let identity = identity(Signs {
            serial: Fact::Unknown(Reason::Denied),
            board_serial: Fact::Absent,
            uuid: Fact::Known("00000000-0000-0000-0000-000000000000".to_owned()),
            drives: Fact::Known(vec![
                "B2B2B2".to_owned(),
                "b1b1b1".to_owned(),
                "B1B1B1 ".to_owned(),
                String::new(),
            ]),
            macs: Fact::Known(vec![]),
        });
        let mut told = String::new();
        for piece in identity.evidence.known().unwrap() {
            writeln!(told, "{:?} {:?} {:?}", piece.kind, piece.worth, piece.value).unwrap();
        }
        expect![[r#"
            Known(Serial) Unknown(Denied) Unknown(Denied)
            Known(BoardSerial) Known(Missing) Absent
            Known(SystemUuid) Known(Junk) Known("eb6c1784fdca2641e2737dd420e1f755")
            Known(DiskSerial) Known(Trustworthy) Known("1b3143fb31f76e9465602e3de599ae6a")
            Known(DiskSerial) Known(Trustworthy) Known("b31e5bbed0c87890f5fcbf8c4fc0fce5")
            Known(Mac) Known(Missing) Absent
        "#]]
        .assert_eq(&told);
    }
}

//! What a value of WMI is, told by its type in the Common Information Model: a VARIANT has no room for all of them, so
//! unsigned numbers come as signed ones and numbers of 64 bit as text (Microsoft, "Numbers", WMI SDK).
//!
//! Knows no COM, so that it is tested on every platform.

use super::answers::Cell;

/// Types as `IWbemClassObject::Get` tells them (CIMTYPE_ENUMERATION in wbemcli.h).
pub const UINT8: i32 = 17;
/// An unsigned number of 16 bit.
pub const UINT16: i32 = 18;
/// An unsigned number of 32 bit.
pub const UINT32: i32 = 19;
/// A signed number of 64 bit.
pub const SINT64: i32 = 20;
/// An unsigned number of 64 bit.
pub const UINT64: i32 = 21;
/// A character of UTF-16.
pub const CHAR16: i32 = 103;
/// The type of an element is the type of the array without this bit (CIM_FLAG_ARRAY).
pub const ARRAY: i32 = 0x2000;

/// A text, or the number of 64 bit that it stands for. A text that should be a number and is none stays a text; one with
/// half a character is none, and its units are kept.
pub fn text(units: &[u16], kind: i32) -> Cell {
    let Ok(text) = String::from_utf16(units) else {
        return Cell::List(units.iter().map(|unit| Cell::Number(u64::from(*unit))).collect());
    };
    let number = match kind & !ARRAY {
        UINT64 => text.parse().ok().map(Cell::Number),
        SINT64 => text.parse().ok().map(signed),
        _ => None,
    };
    number.unwrap_or(Cell::Text(text))
}

/// A number of up to 32 bit, unsigned where its type is.
pub fn number(number: i64, kind: i32) -> Cell {
    let mask = match kind & !ARRAY {
        UINT8 => 0xff,
        UINT16 | CHAR16 => 0xffff,
        UINT32 => 0xffff_ffff,
        _ => return signed(number),
    };
    Cell::Number(number.cast_unsigned() & mask)
}

fn signed(number: i64) -> Cell {
    u64::try_from(number).map_or(Cell::Negative(number), Cell::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsigned_numbers_come_as_signed_ones() {
        assert_eq!(number(-1, UINT32), Cell::Number(0xffff_ffff));
        assert_eq!(number(-1, UINT16 | ARRAY), Cell::Number(0xffff));
        assert_eq!(number(-1, UINT8), Cell::Number(0xff));
        assert_eq!(number(-1, 3), Cell::Negative(-1));
        assert_eq!(number(7, 3), Cell::Number(7));
    }

    #[test]
    fn numbers_of_64_bit_come_as_text() {
        let text = |words: &str, kind| text(&words.encode_utf16().collect::<Vec<u16>>(), kind);
        assert_eq!(text("500107862016", UINT64), Cell::Number(500_107_862_016));
        assert_eq!(text("-5", SINT64), Cell::Negative(-5));
        // A maker's driver wrote nonsense: it is kept as it came.
        assert_eq!(text("-5", UINT64), Cell::Text("-5".to_owned()));
        assert_eq!(text("12 GB", SINT64 | ARRAY), Cell::Text("12 GB".to_owned()));
    }

    #[test]
    fn half_a_character_is_no_text() {
        const STRING: i32 = 8;
        assert_eq!(text(&[0x4d, 0xe1, 0x79], STRING), Cell::Text("Máy".to_owned()));
        let units = Cell::List(vec![Cell::Number(0x4d), Cell::Number(0xd800)]);
        assert_eq!(text(&[0x4d, 0xd800], STRING), units);
        assert_eq!(text(&[0xdc00], UINT64), Cell::List(vec![Cell::Number(0xdc00)]));
    }
}

//! What a screen says of itself: the first block of its EDID (VESA E-EDID Standard, Release A, Revision 2).
//!
//! Later blocks are counted and not read. It does not know where the bytes come from. Screens lie and cables break
//! bits: what does not fit is unknown with a reason, and nothing here panics.

use std::ops::Range;

use rules::fact::{Fact, Reason};

/// Bytes of a block.
const BLOCK_BYTES: usize = 128;
/// How an EDID begins.
const HEADER: &[u8] = &[0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0];
/// The four descriptors: timings, or texts and other things.
const DESCRIPTORS: &[Range<usize>] = &[54..72, 72..90, 90..108, 108..126];
/// What a descriptor with a text holds, by its tag (section 3.10.3).
const TAG_NAME: u8 = 0xfc;
const TAG_TEXT: u8 = 0xfe;
const TAG_SERIAL: u8 = 0xff;
/// How far the size in a timing may be from the size of the screen, in millimetres. The latter is given in centimetres.
const SIZE_SLACK_MM: u32 = 15;

/// What a screen says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Edid {
    /// Number of whole blocks, this one among them.
    pub blocks: usize,
    /// Number of blocks that should follow the first.
    pub extensions: usize,
    /// Whether each block has the sum that it should have.
    pub sums: Vec<bool>,
    /// Version and revision.
    pub version: (u8, u8),
    /// Whether the picture comes in digital form.
    pub digital: bool,
    /// The three letters of the maker's PNP id.
    pub maker: Fact<String>,
    /// The maker's number for the model.
    pub product: u16,
    /// Name of the model.
    pub name: Fact<String>,
    /// Other texts of the maker.
    pub texts: Vec<String>,
    /// Whether there is a place for a serial number as text; it may be empty.
    pub serial_text: bool,
    /// Whether there is a serial number as number.
    pub serial_number: bool,
    /// Week of manufacture.
    pub week: Fact<u8>,
    /// Year of manufacture, or of the model.
    pub year: Fact<i16>,
    /// Whether the year is that of the model.
    pub year_of_model: bool,
    /// Width and height in centimetres. A projector has none.
    pub size_cm: Fact<(u8, u8)>,
    /// The first timing.
    pub timing: Fact<Timing>,
    /// Whether the first timing is the one that the screen likes best.
    pub preferred: bool,
}

/// One way to send a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// Pixels across.
    pub width: u16,
    /// Pixels down.
    pub height: u16,
    /// Whether a picture comes in two halves; `height` is that of one.
    pub interlaced: bool,
    /// Pictures a second, in thousandths.
    pub millihertz: u64,
    /// Width and height of the picture in millimetres, if they are told.
    pub size_mm: Option<(u16, u16)>,
}

impl Edid {
    /// Reads an EDID.
    ///
    /// # Errors
    /// A text when it is too short or begins as none does.
    pub fn read(bytes: &[u8]) -> Result<Edid, String> {
        let Some((block, _)) = bytes.split_first_chunk::<BLOCK_BYTES>() else {
            return Err(format!("the screen's description has {} bytes instead of 128", bytes.len()));
        };
        if !block.starts_with(HEADER) {
            return Err("the screen's description does not begin as one".to_owned());
        }
        let texts = |tag| texts(block, tag);
        let name = texts(TAG_NAME).into_iter().next();
        let year_of_model = block[16] == 0xff;
        let timing = Timing::read(&block[54..72]);
        let version = (block[18], block[19]);
        Ok(Edid {
            blocks: bytes.len() / BLOCK_BYTES,
            extensions: usize::from(block[126]),
            sums: bytes.chunks_exact(BLOCK_BYTES).map(sum_is_right).collect(),
            version,
            digital: block[20] & 0x80 != 0,
            maker: maker(u16::from_be_bytes([block[8], block[9]])),
            product: u16::from_le_bytes([block[10], block[11]]),
            name: Fact::known_or_absent(name),
            texts: texts(TAG_TEXT),
            serial_text: DESCRIPTORS
                .iter()
                .any(|range| matches!(block.get(range.clone()), Some([0, 0, 0, TAG_SERIAL, ..]))),
            serial_number: block[12..16] != [0; 4],
            week: match block[16] {
                week @ 1..=54 => week.into(),
                0 | 0xff => Fact::Absent,
                week => Fact::failed(format!("the screen was made in week {week}")),
            },
            // Years count from 1990, and EDID is older than no screen: 0 is how a maker leaves it out.
            year: match block[17] {
                0 if version < (1, 4) && block[16] == 0 => Fact::Absent,
                year => (1990 + i16::from(year)).into(),
            },
            year_of_model,
            size_cm: match (block[21], block[22]) {
                // One of them alone is the form of the picture, not its size.
                (0, _) | (_, 0) => Fact::Absent,
                size => size.into(),
            },
            timing: match timing {
                Some(timing) => timing.into(),
                None => Fact::Absent,
            },
            // From version 1.4 on the first timing always is; the bit then tells that it is the screen's own.
            preferred: timing.is_some() && (block[24] & 2 != 0 || version >= (1, 4)),
        })
    }

    /// Whether the first block came over whole.
    pub fn is_whole(&self) -> bool {
        self.sums.first() == Some(&true)
    }

    /// Pixels across and down of the screen itself.
    pub fn resolution(&self) -> Fact<(u16, u16)> {
        let told = |timing: &Timing| (timing.width, timing.height * if timing.interlaced { 2 } else { 1 });
        match &self.timing {
            Fact::Known(timing) if self.preferred => told(timing).into(),
            Fact::Known(_) | Fact::Absent => Fact::Unknown(Reason::NotSupported),
            Fact::Unknown(reason) => Fact::Unknown(reason.clone()),
        }
    }

    /// Diagonal in tenths of an inch.
    pub fn diagonal(&self) -> Fact<i64> {
        let told = match (&self.size_cm, &self.timing) {
            (Fact::Known(size), timing) => {
                let rough = (u32::from(size.0) * 10, u32::from(size.1) * 10);
                let fine = timing.known().and_then(|timing| timing.size_mm);
                let fine = fine.map(|(width, height)| (u32::from(width), u32::from(height)));
                // Some give centimetres here too, or the form of the picture.
                let near = |fine: &(u32, u32)| {
                    fine.0.abs_diff(rough.0) <= SIZE_SLACK_MM && fine.1.abs_diff(rough.1) <= SIZE_SLACK_MM
                };
                Some(fine.filter(near).unwrap_or(rough))
            }
            _ => None,
        };
        match told {
            // A tenth of an inch is 2.54 mm; rounded to the next one.
            Some((width, height)) => {
                let square = u64::from(width) * u64::from(width) + u64::from(height) * u64::from(height);
                let hundredths = (square * 10_000).isqrt();
                i64::try_from((hundredths + 127) / 254).map_or(Fact::Absent, Fact::Known)
            }
            None => Fact::Unknown(Reason::NotSupported),
        }
    }
}

/// All bytes of a block together are 0, without what goes over.
fn sum_is_right(block: &[u8]) -> bool {
    block.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte)) == 0
}

/// Three letters of five bits each, A being 1.
fn maker(number: u16) -> Fact<String> {
    let letters: Option<String> = [10, 5, 0]
        .iter()
        .map(|shift| u8::try_from(number >> shift & 0x1f).ok().filter(|letter| (1..=26).contains(letter)))
        .map(|letter| letter.map(|letter| char::from(b'A' + letter - 1)))
        .collect();
    match letters {
        Some(letters) if number & 0x8000 == 0 => letters.into(),
        Some(_) | None => Fact::failed(format!("the screen has no maker's id but 0x{number:04x}")),
    }
}

/// The texts of the descriptors with this tag; empty ones are left out.
fn texts(block: &[u8; BLOCK_BYTES], tag: u8) -> Vec<String> {
    DESCRIPTORS
        .iter()
        .filter_map(|range| match block.get(range.clone())? {
            [0, 0, 0, its, 0, text @ ..] if *its == tag => {
                // It ends with a line feed, unless it fills the descriptor; nothing else that is no ASCII belongs in it.
                let text: String = text
                    .iter()
                    .take_while(|byte| (b' '..=b'~').contains(byte))
                    .map(|byte| char::from(*byte))
                    .collect();
                Some(text.trim().to_owned()).filter(|text| !text.is_empty())
            }
            _ => None,
        })
        .collect()
}

impl Timing {
    /// Reads a detailed timing; none when the descriptor is another thing.
    fn read(bytes: &[u8]) -> Option<Timing> {
        let &[
            clock_low,
            clock_high,
            across,
            across_blank,
            across_high,
            down,
            down_blank,
            down_high,
            _,
            _,
            _,
            _,
            width_mm,
            height_mm,
            size_high,
            _,
            _,
            flags,
        ] = bytes
        else {
            return None;
        };
        // Four more bits of two numbers share a byte.
        let upper = |high: u8, low: u8| u16::from(high >> 4) << 8 | u16::from(low);
        let lower = |high: u8, low: u8| u16::from(high & 0xf) << 8 | u16::from(low);
        let (width, height) = (upper(across_high, across), upper(down_high, down));
        let ten_kilohertz = u64::from(u16::from_le_bytes([clock_low, clock_high]));
        if ten_kilohertz == 0 || width == 0 || height == 0 {
            return None;
        }
        let whole_width = u64::from(width) + u64::from(lower(across_high, across_blank));
        let whole_height = u64::from(height) + u64::from(lower(down_high, down_blank));
        let size = (upper(size_high, width_mm), lower(size_high, height_mm));
        Some(Timing {
            width,
            height,
            interlaced: flags & 0x80 != 0,
            millihertz: ten_kilohertz * 10_000_000 / (whole_width * whole_height),
            size_mm: (size.0 != 0 && size.1 != 0).then_some(size),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::{any, proptest};
    use serde_json::{Value, json};

    use super::*;

    /// A description of a common office screen, with room for one text.
    fn screen(tag: u8, text: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; BLOCK_BYTES];
        bytes[..8].copy_from_slice(HEADER);
        // DEL, 0xa0d9, no serial number, week 12 of 2019, version 1.3, digital, 53 × 30 cm, preferred timing.
        bytes[8..18].copy_from_slice(&[0x10, 0xac, 0xd9, 0xa0, 0, 0, 0, 0, 12, 29]);
        bytes[18..25].copy_from_slice(&[1, 3, 0x80, 53, 30, 0x78, 0x0a]);
        // 1920 × 1080 at 60 Hz, 527 × 296 mm (CEA-861, format 16).
        bytes[54..72].copy_from_slice(&[
            0x02, 0x3a, 0x80, 0x18, 0x71, 0x38, 0x2d, 0x40, 0x58, 0x2c, 0x45, 0x00, 0x0f, 0x28, 0x21, 0x00,
            0x00, 0x1e,
        ]);
        bytes[72..77].copy_from_slice(&[0, 0, 0, tag, 0]);
        bytes[77..77 + text.len()].copy_from_slice(text);
        summed(bytes)
    }

    fn summed(mut bytes: Vec<u8>) -> Vec<u8> {
        bytes[127] = 0;
        let sum = bytes.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        bytes[127] = sum.wrapping_neg();
        bytes
    }

    #[test]
    fn an_office_screen() {
        let edid = Edid::read(&screen(TAG_NAME, b"DELL P2419H\n ")).unwrap();
        assert!(edid.is_whole());
        assert_eq!(edid.maker, Fact::Known("DEL".to_owned()));
        assert_eq!(edid.name, Fact::Known("DELL P2419H".to_owned()));
        assert_eq!((&edid.week, &edid.year), (&Fact::Known(12), &Fact::Known(2019)));
        assert_eq!(edid.timing.known().map(|timing| timing.millihertz), Some(60_000));
        assert_eq!(edid.resolution(), Fact::Known((1920, 1080)));
        assert_eq!(edid.diagonal(), Fact::Known(238));
        assert!(!edid.serial_number && !edid.serial_text);
    }

    #[test]
    fn what_does_not_fit() {
        let good = screen(TAG_SERIAL, b"CN0ABCDEF1234");
        assert!(Edid::read(&good).unwrap().serial_text, "a text may fill its descriptor");
        assert_eq!(Edid::read(&[]).unwrap_err(), "the screen's description has 0 bytes instead of 128");
        assert!(Edid::read(&good[..127]).is_err());
        assert_eq!(Edid::read(&[0; 128]).unwrap_err(), "the screen's description does not begin as one");
        let with = |changes: &[(usize, u8)]| {
            let mut bytes = good.clone();
            for (at, byte) in changes {
                bytes[*at] = *byte;
            }
            bytes
        };
        assert!(!Edid::read(&with(&[(60, 7)])).unwrap().is_whole(), "a bit fell over");
        let nobody = Edid::read(&summed(with(&[(8, 0), (9, 0)]))).unwrap();
        assert_eq!(nobody.maker, Fact::failed("the screen has no maker's id but 0x0000"));
        let projector = Edid::read(&summed(with(&[(21, 0), (22, 0)]))).unwrap();
        assert_eq!(projector.diagonal(), Fact::Unknown(Reason::NotSupported));
        let no_timing = Edid::read(&summed(with(&[(54, 0), (55, 0)]))).unwrap();
        assert_eq!((&no_timing.timing, no_timing.preferred), (&Fact::Absent, false));
        assert_eq!(no_timing.resolution(), Fact::Unknown(Reason::NotSupported));
        // A size of 16 × 9 mm is the form of the picture.
        let form = Edid::read(&summed(with(&[(66, 16), (67, 9), (68, 0)]))).unwrap();
        assert_eq!(form.diagonal(), Fact::Known(240));
        let odd_week = Edid::read(&summed(with(&[(16, 99)]))).unwrap();
        assert_eq!(odd_week.week, Fact::failed("the screen was made in week 99"));
    }

    proptest! {
        #[test]
        fn any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 8_usize..128, byte in any::<u8>()) {
            drop(Edid::read(&bytes));
            let mut broken = screen(TAG_NAME, b"\xff\x00\n");
            broken[at] = byte;
            let edid = Edid::read(&broken).unwrap();
            drop((edid.resolution(), edid.diagonal()));
            let mut headed = HEADER.to_vec();
            headed.extend(&bytes);
            if let Ok(edid) = Edid::read(&headed) {
                drop((edid.resolution(), edid.diagonal()));
            }
        }
    }

    /// An answer in the form of the expectations.
    fn told(edid: &Edid) -> Value {
        let timing = edid.timing.known().unwrap();
        json!({
            "blocks": edid.blocks,
            "declared_extensions": edid.extensions,
            "interface": if edid.digital { "digital" } else { "analog" },
            "edid_version": format!("{}.{}", edid.version.0, edid.version.1),
            "manufacturer": edid.maker.known(),
            "model_number": edid.product,
            "monitor_name": edid.name.known(),
            "text_strings": edid.texts,
            "serial_text_present": edid.serial_text,
            "serial_number_present": edid.serial_number,
            "week": edid.week.known(),
            "year": edid.year.known(),
            "year_kind": if edid.year_of_model { "model" } else { "made" },
            "max_image_cm": edid.size_cm.known(),
            "first_timing": {
                "width": timing.width,
                "height": timing.height,
                "interlaced": timing.interlaced,
                "image_mm": timing.size_mm,
            },
            "first_timing_preferred": edid.preferred,
            "checksums_ok": edid.sums,
        })
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the corpus is a folder of files")]
    fn real_screens() {
        let Some(corpus) = std::env::var_os("SANSANG_CORPUS") else {
            println!("skipped: SANSANG_CORPUS does not name the corpus");
            return;
        };
        let folder = Path::new(&corpus).join("edid");
        let text = std::fs::read_to_string(folder.join("expected.jsonl")).unwrap();
        let mut screens = 0;
        for line in text.lines() {
            let mut expected: Value = serde_json::from_str(line).unwrap();
            let fields = expected.as_object_mut().unwrap();
            let file = fields.remove("file").unwrap();
            let bytes = std::fs::read(folder.join(file.as_str().unwrap())).unwrap();
            let edid = Edid::read(&bytes).unwrap();
            for field in ["id", "bytes", "source"] {
                fields.remove(field);
            }
            for texts in ["monitor_name", "text_strings"] {
                // The expectations keep white space at the ends.
                let text = fields.get_mut(texts).unwrap();
                let trimmed = match &*text {
                    // A name of nothing is none.
                    Value::String(text) if text.trim().is_empty() => Value::Null,
                    Value::String(text) => json!(text.trim()),
                    Value::Array(texts) => {
                        texts.iter().map(|text| json!(text.as_str().unwrap().trim())).collect()
                    }
                    other => other.clone(),
                };
                *text = trimmed;
            }
            let timing = fields.get_mut("first_timing").unwrap().as_object_mut().unwrap();
            let hertz = timing.remove("hz").unwrap().as_f64().unwrap();
            let found = u32::try_from(edid.timing.known().unwrap().millihertz).unwrap();
            assert!(
                (f64::from(found) / 1000.0 - hertz).abs() < 0.01,
                "{file}: {found} mHz, expected {hertz}"
            );
            assert_eq!(told(&edid), expected, "{file}");
            screens += 1;
        }
        assert_eq!(screens, 200);
    }
}

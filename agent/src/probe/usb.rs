//! Devices that are known by their USB numbers, on every platform. It does not know whether they are plugged in.
//!
//! Tokens: the list of readers that the CCID driver knows (LudovicRousseau/CCID, readers/supported_readers.txt); the
//! token of the Government Cipher Committee from a measurement of one (25dd:2371, Bit4id TokenME EVO v2). The eToken
//! 5100 and 5110 share a number. Power supplies: what NUT and apcupsd drive (0665:5161 is the converter in many
//! supplies of Voltronic make). Readers of codes: usb.ids. A token that is not listed is a smart-card reader to this
//! agent.

/// What a device is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It keeps the key that signs.
    Token,
    /// An uninterruptible power supply.
    PowerSupply,
    /// It reads codes or chip identity cards at a counter.
    IdReader,
}

use Use::{IdReader, PowerSupply, Token};

/// Maker, first and last product, use, name. Sorted.
const KNOWN: &[(u16, u16, u16, Use, &str)] = &[
    (0x0463, 0x0001, 0x0001, PowerSupply, "Eaton / MGE UPS"),
    (0x0463, 0xffff, 0xffff, PowerSupply, "Eaton / MGE UPS"),
    (0x051d, 0x0002, 0x0003, PowerSupply, "APC UPS"),
    (0x0529, 0x0600, 0x0600, Token, "SafeNet eToken"),
    (0x0529, 0x0602, 0x0602, Token, "SafeNet eToken 7300"),
    (0x0529, 0x0620, 0x0620, Token, "SafeNet eToken 5100 / 5110"),
    (0x05e0, 0x1200, 0x1200, IdReader, "Symbol / Zebra"),
    (0x05f9, 0x0000, 0xffff, IdReader, "Datalogic"),
    (0x0665, 0x5161, 0x5161, PowerSupply, "Voltronic UPS"),
    (0x0764, 0x0005, 0x0005, PowerSupply, "CyberPower UPS"),
    (0x0764, 0x0501, 0x0501, PowerSupply, "CyberPower UPS"),
    (0x0764, 0x0601, 0x0601, PowerSupply, "CyberPower UPS"),
    (0x08e6, 0x3438, 0x3438, Token, "Gemalto USB Shell Token V2"),
    (0x08e6, 0x8141, 0x8141, Token, "Gemalto IDBridge K3000"),
    (0x096e, 0x0807, 0x0807, Token, "Feitian ePass2003"),
    (0x096e, 0x080a, 0x080a, Token, "Feitian ePass2003Auto"),
    (0x096e, 0x080f, 0x080f, Token, "Feitian eJAVA Token"),
    (0x0a89, 0x0030, 0x0030, Token, "Rutoken ECP"),
    (0x0c2e, 0x0000, 0xffff, IdReader, "Honeywell / Metrologic"),
    (0x1059, 0x0017, 0x0017, Token, "Giesecke & Devrient StarSign"),
    (0x163c, 0x0406, 0x0407, Token, "Watchdata USB Key"),
    (0x1a44, 0x0112, 0x0122, Token, "VASCO DIGIPASS KEY"),
    (0x1eab, 0x0000, 0xffff, IdReader, "Newland"),
    (0x24dc, 0x0101, 0x0102, Token, "JaCarta"),
    (0x25dd, 0x1201, 0x1201, Token, "Bit4id cryptokey"),
    (0x25dd, 0x2221, 0x2221, Token, "Bit4id iAM"),
    (0x25dd, 0x2321, 0x2321, Token, "Bit4id CKey4"),
    (0x25dd, 0x2371, 0x2371, Token, "Bit4id TokenME EVO v2"),
];

/// What is known under these numbers.
pub(super) fn known(maker: u16, product: u16) -> Option<(Use, &'static str)> {
    KNOWN
        .iter()
        .find(|(its, first, last, _, _)| *its == maker && (*first..=*last).contains(&product))
        .map(|(_, _, _, its_use, name)| (*its_use, *name))
}

/// The numbers as people write them: 25dd:2371.
pub(super) fn written(maker: u16, product: u16) -> String {
    format!("{maker:04x}:{product:04x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_knows_the_tokens_of_the_state() {
        assert!(KNOWN.is_sorted_by(|a, b| (a.0, a.2) < (b.0, b.1)), "sorted, and no two overlap");
        assert_eq!(known(0x25dd, 0x2371), Some((Token, "Bit4id TokenME EVO v2")));
        assert_eq!(known(0x0529, 0x0620).map(|(its_use, _)| its_use), Some(Token));
        assert_eq!(known(0x0c2e, 0x0b61).map(|(its_use, _)| its_use), Some(IdReader));
        assert_eq!(known(0x046d, 0xc31c), None);
        assert_eq!(written(0x25dd, 0x2371), "25dd:2371");
    }
}

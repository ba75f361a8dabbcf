//! Hashes that stand for what must not leave the PC: accounts, paths, serial numbers.

use data_encoding::HEXLOWER;
use ring::{digest, hmac};

/// Length of a hash, in hexadecimal digits.
const CHARS: usize = 16;

/// A hash that only this PC could have made, and that is the same every day.
pub(super) fn keyed(machine: &str, text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, machine.as_bytes());
    cut(hmac::sign(&key, text.as_bytes()).as_ref())
}

/// A hash that is the same on every PC: the beginning of the SHA-256 of the text.
pub(super) fn plain(text: &str) -> String {
    cut(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn cut(hash: &[u8]) -> String {
    let mut text = HEXLOWER.encode(hash);
    text.truncate(CHARS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyed_hashes_differ_between_pcs() {
        assert_eq!(keyed("a", "1000").len(), CHARS);
        assert_ne!(keyed("a", "1000"), keyed("b", "1000"));
        assert_ne!(keyed("a", "1000"), keyed("a", "1001"));
        // The beginning of what sha256sum prints.
        assert_eq!(plain("abc"), "ba7816bf8f01cfea");
    }
}

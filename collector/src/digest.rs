//! What names a text or a file by what is in it.

use data_encoding::HEXLOWER;
use ring::digest::{SHA256, digest};

/// SHA-256 (FIPS 180-4), in lowercase hexadecimal: 64 letters.
pub(crate) fn sha256(bytes: impl AsRef<[u8]>) -> String {
    HEXLOWER.encode(digest(&SHA256, bytes.as_ref()).as_ref())
}

//! The texts that ship in the program: rule sets and tables without what judges nothing, packed together by `build.rs`.
//! Most of what they say they say again and again, so packed they take a fifth; the agent must stay small.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A JSON object of the texts by the names of their files, compressed with Zstandard.
const PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/sets.json.zst"));
/// Room for the texts, in bytes.
const TEXTS_BYTES_MAX: usize = 4 << 20;

static TEXTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    let json = zstd::bulk::decompress(PACKED, TEXTS_BYTES_MAX).expect("build.rs packed them");
    serde_json::from_slice(&json).expect("build.rs wrote them as JSON")
});

/// The text of a file in `sets/`.
pub(crate) fn text(file: &str) -> &'static str {
    TEXTS
        .get(file)
        .expect("build.rs packs every file of that folder, and a test reads each that is asked for")
}

//! The rule sets that ship, without what judges nothing: their comments and the tests that they carry, two thirds of
//! their text; packed together. The agent, which carries the sets too, must stay small.

use std::collections::BTreeMap;
use std::io::{Error, Result};
use std::path::Path;

/// How hard the compressor tries: nobody waits for it but who builds.
const LEVEL: i32 = 19;

#[expect(clippy::disallowed_methods, reason = "a build script works with files; the crate itself does not")]
fn main() -> Result<()> {
    println!("cargo::rerun-if-changed=sets");
    println!("cargo::rerun-if-changed=build.rs");
    let mut texts = BTreeMap::new();
    for entry in std::fs::read_dir("sets")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml")
            && let Some(name) = path.file_name().and_then(|name| name.to_str())
        {
            let text = std::fs::read_to_string(&path)?;
            texts.insert(name.to_owned(), judging(&text));
        }
    }
    let json = serde_json::to_string(&texts).map_err(Error::other)?;
    let out = std::env::var("OUT_DIR").map_err(Error::other)?;
    let packed = zstd::bulk::compress(json.as_bytes(), LEVEL)?;
    std::fs::write(Path::new(&out).join("sets.json.zst"), packed)
}

/// The lines that judge: a table `[[test]]` ends where the next table of another name begins.
fn judging(text: &str) -> String {
    assert!(!text.contains("\"\"\"") && !text.contains("'''"), "a text of several lines could hold anything");
    let mut in_test = false;
    let mut judging = String::with_capacity(text.len());
    for line in text.lines() {
        if line.starts_with('[') {
            in_test = line.starts_with("[[test]]") || line.starts_with("[test.");
        }
        if !in_test && !line.is_empty() && !line.starts_with('#') {
            judging.push_str(line);
            judging.push('\n');
        }
    }
    judging
}

//! The rule sets that ship, without what judges nothing: their comments and the tests that they carry, two thirds of
//! their text. The agent, which carries the sets too, must stay small.

use std::path::Path;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=sets");
    println!("cargo::rerun-if-changed=build.rs");
    #[expect(
        clippy::disallowed_methods,
        reason = "a build script works with files; the crate itself does not"
    )]
    let out = std::env::var("OUT_DIR").map_err(std::io::Error::other)?;
    for entry in std::fs::read_dir("sets")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml")
            && let Some(name) = path.file_name()
        {
            #[expect(
                clippy::disallowed_methods,
                reason = "a build script works with files; the crate itself does not"
            )]
            std::fs::write(Path::new(&out).join(name), judging(&std::fs::read_to_string(&path)?))?;
        }
    }
    Ok(())
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

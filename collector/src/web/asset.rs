//! Style, script and fonts: embedded, named by their hash, cached for ever.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::digest::sha256;
use crate::error::Failure;

const WOFF2: &str = "font/woff2";

const FONTS: &[(&str, &[u8])] = &[
    ("be-vietnam-pro-latin-400.woff2", include_bytes!("../../assets/be-vietnam-pro-latin-400.woff2")),
    ("be-vietnam-pro-latin-600.woff2", include_bytes!("../../assets/be-vietnam-pro-latin-600.woff2")),
    (
        "be-vietnam-pro-vietnamese-400.woff2",
        include_bytes!("../../assets/be-vietnam-pro-vietnamese-400.woff2"),
    ),
    (
        "be-vietnam-pro-vietnamese-600.woff2",
        include_bytes!("../../assets/be-vietnam-pro-vietnamese-600.woff2"),
    ),
];

const STYLE: &str = include_str!("../../assets/style.css");
const SCRIPT: &str = include_str!("../../assets/page.js");
const ICON: &str = include_str!("../../assets/icon.svg");

/// The files that pages name.
pub struct Assets {
    /// Address of the stylesheet.
    pub style: String,
    /// Address of the script.
    pub script: String,
    /// Address of the icon.
    pub icon: String,
    pub(super) files: BTreeMap<String, (&'static str, Vec<u8>)>,
}

/// All files, with their names worked out once.
pub static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let mut files = BTreeMap::new();
    let mut style = bare(STYLE);
    for (name, bytes) in FONTS {
        let hashed = put(&mut files, name, WOFF2, bytes.to_vec());
        // The stylesheet names fonts plainly; here it learns their hashed names.
        style = style.replace(&format!("url({name})"), &format!("url({hashed})"));
    }
    let address = |name: String| format!("/assets/{name}");
    Assets {
        style: address(put(&mut files, "style.css", "text/css; charset=utf-8", style.into_bytes())),
        script: address(put(&mut files, "page.js", "text/javascript; charset=utf-8", SCRIPT.into())),
        icon: address(put(&mut files, "icon.svg", "image/svg+xml", ICON.into())),
        files,
    }
});

/// A stylesheet without indents, empty lines, and comments that have a line of their own: people on slow lines wait for
/// every byte, and read none of these.
fn bare(style: &str) -> String {
    let is_silent = |line: &&str| line.is_empty() || line.starts_with("/*") && line.ends_with("*/");
    style.lines().map(str::trim).filter(|line| !is_silent(line)).collect::<Vec<_>>().join("\n")
}

fn put(
    files: &mut BTreeMap<String, (&'static str, Vec<u8>)>,
    name: &str,
    media_type: &'static str,
    bytes: Vec<u8>,
) -> String {
    let digest = sha256(&bytes);
    let short: String = digest.chars().take(12).collect();
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let hashed = format!("{stem}-{short}.{ending}");
    files.insert(hashed.clone(), (media_type, bytes));
    hashed
}

/// Shows one file.
///
/// # Errors
/// [`Failure::NotFound`] when there is none of this name.
pub async fn show(Path(name): Path<String>) -> Result<Response, Failure> {
    let (media_type, bytes) = ASSETS.files.get(&name).ok_or(Failure::NotFound)?;
    let headers =
        [(header::CONTENT_TYPE, *media_type), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")];
    Ok((headers, bytes.as_slice()).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_names_fonts_by_their_hash() {
        let (_, style) = &ASSETS.files[ASSETS.style.trim_start_matches("/assets/")];
        let style = std::str::from_utf8(style).unwrap();
        for (name, _) in FONTS {
            assert!(!style.contains(name), "{name} stands in the style without its hash");
        }
        let named = style.matches("url(").count();
        assert_eq!(named, FONTS.len(), "every font is named once, and nothing else is loaded");
    }

    #[test]
    fn the_script_is_short() {
        assert!(SCRIPT.lines().count() < 150);
    }
}

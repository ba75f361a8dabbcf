//! The hosts file, which has the same form on both platforms: names that it takes away from the name servers.

use super::ask::text;
use crate::host::{Answer, Host};

/// The names under gov.vn that this file gives addresses to, sorted, each once.
pub(super) fn overrides(host: &dyn Host, path: &str) -> Answer<Vec<String>> {
    let Some(text) = text(host, path)? else { return Ok(None) };
    let mut names: Vec<String> = text
        .trim_start_matches('\u{feff}')
        .lines()
        .filter_map(|line| line.split('#').next())
        .flat_map(|line| line.split_whitespace().skip(1))
        .map(|name| name.trim_end_matches('.').to_lowercase())
        .filter(|name| name == "gov.vn" || name.ends_with(".gov.vn"))
        .collect();
    names.sort_unstable();
    names.dedup();
    Ok(Some(names))
}

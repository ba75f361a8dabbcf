//! Screens and graphics.
//!
//! From /sys/class/drm, where the kernel lists each connector of each adapter; nothing needs root. The names of
//! adapters would need a table of a megabyte, so an adapter is told by its driver and its PCI numbers. How much memory
//! is its own only the driver amdgpu tells.

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::display::{Display, Graphics};
use rules::quantity::Bytes;

use crate::host::{Host, Trouble};
use crate::probe::ask::{fact_or_unsupported, line, number, text};
use crate::probe::screens::{Screen, display};

const FOLDER: &str = "/sys/class/drm";

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Display {
    let entries = match host.folder(FOLDER) {
        Ok(Some(entries)) => entries,
        Ok(None) => return Display::all_unknown(&Reason::NotSupported),
        Err(trouble) => return Display::all_unknown(&trouble.into()),
    };
    let graphics = graphics(host, &entries);
    display(screens(host, &entries), fact_or_unsupported(graphics.map(Some)))
}

/// The screens of all connectors, such as card0-HDMI-A-1.
fn screens(host: &dyn Host, entries: &[String]) -> Result<Vec<Screen>, Trouble> {
    let mut screens = Vec::new();
    for entry in entries.iter().filter(|entry| entry.starts_with("card") && entry.contains('-')) {
        let path = format!("{FOLDER}/{entry}");
        match line(host, &format!("{path}/status"))?.as_deref() {
            Some("connected") => {
                let modes = text(host, &format!("{path}/modes"))?.unwrap_or_default();
                screens.push(Screen {
                    edid: host.file(&format!("{path}/edid")),
                    mode: modes.lines().next().and_then(mode),
                });
            }
            // A picture that is written into memory has no screen.
            Some("unknown") | None if !entry.contains("Writeback") => return Err(Trouble::NotSupported),
            Some(_) | None => {}
        }
    }
    Ok(screens)
}

/// 1920x1080, or 1920x1080i: the first is the one that the screen likes best.
fn mode(line: &str) -> Option<(i64, i64)> {
    let (width, height) = line.trim().split_once('x')?;
    Some((width.parse().ok()?, height.trim_end_matches('i').parse().ok()?))
}

fn graphics(host: &dyn Host, entries: &[String]) -> Result<Vec<Graphics>, Trouble> {
    let mut graphics = Vec::new();
    for entry in entries.iter().filter(|entry| entry.starts_with("card") && !entry.contains('-')) {
        let path = format!("{FOLDER}/{entry}/device");
        let driver = host.link(&format!("{path}/driver"))?;
        let driver = driver.as_deref().and_then(|driver| driver.rsplit('/').next());
        let hexadecimal = |name: &str| {
            Ok::<_, Trouble>(line(host, &format!("{path}/{name}"))?.map(|id| id.replacen("0x", "", 1)))
        };
        let ids = match (hexadecimal("vendor")?, hexadecimal("device")?) {
            (Some(vendor), Some(device)) => Some(format!("{vendor}:{device}")),
            _ => None,
        };
        let name = match (driver, ids) {
            (Some(driver), Some(ids)) => Some(format!("{driver} ({ids})")),
            (driver, ids) => driver.map(str::to_owned).or(ids),
        };
        graphics.push(Graphics {
            name: fact_or_unsupported(Ok(name)),
            memory: fact_or_unsupported(number(host, &format!("{path}/mem_info_vram_total"))).map(Bytes),
            driver: Fact::Unknown(Reason::NotSupported),
        });
    }
    Ok(graphics)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes() {
        assert_eq!(mode("1920x1080"), Some((1920, 1080)));
        assert_eq!(mode("1920x1080i"), Some((1920, 1080)));
        assert_eq!(mode(""), None);
        assert_eq!(mode("wide"), None);
    }
}

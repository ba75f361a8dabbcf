//! What is known of screens, from their own descriptions, for all platforms. It does not know where those come from.

use rules::fact::{Fact, Reason};
use rules::facts::display::{Display, Graphics, Monitor};

use crate::host::{Answer, Trouble};
use crate::probe::decode::edid::Edid;

/// A screen that is connected.
pub(super) struct Screen {
    /// Its description of itself.
    pub(super) edid: Answer<Vec<u8>>,
    /// Pixels across and down that the system would use, where the description tells none.
    pub(super) mode: Option<(i64, i64)>,
}

/// The facts about these screens and adapters.
pub(super) fn display(screens: Result<Vec<Screen>, Trouble>, graphics: Fact<Vec<Graphics>>) -> Display {
    let screens = match screens {
        Ok(screens) => screens,
        Err(trouble) => return Display { graphics, ..Display::all_unknown(&trouble.into()) },
    };
    let monitors: Vec<Monitor> = screens.into_iter().map(monitor).collect();
    let (width, height) = largest(&monitors);
    Display {
        screens: i64::try_from(monitors.len()).map_or(Fact::Absent, Fact::Known),
        width,
        height,
        monitors: monitors.into(),
        graphics,
    }
}

fn monitor(screen: Screen) -> Monitor {
    let told = |(width, height): (i64, i64)| (Fact::Known(width), Fact::Known(height));
    // Some adapters and switches between PC and screen pass no description on.
    let bytes = screen.edid.map(|bytes| bytes.filter(|bytes| !bytes.is_empty()));
    let edid = match bytes {
        Ok(Some(bytes)) => Edid::read(&bytes).map_err(Reason::Failed),
        Ok(None) => Err(Reason::NotSupported),
        Err(trouble) => Err(trouble.into()),
    };
    let damaged = "the screen's description came over damaged";
    let edid = edid.and_then(|edid| match edid.is_whole() {
        true => Ok(edid),
        false => Err(Reason::Failed(damaged.to_owned())),
    });
    let mut monitor = match edid {
        Ok(edid) => {
            let resolution = edid.resolution();
            Monitor {
                // Without a name, the number that the system calls it by.
                model: match (&edid.name, &edid.maker) {
                    (Fact::Known(name), _) => name.clone().into(),
                    (_, Fact::Known(maker)) => format!("{maker}{:04X}", edid.product).into(),
                    (_, other) => other.clone(),
                },
                year: edid.year.clone().map(i64::from),
                width: resolution.clone().map(|(width, _)| i64::from(width)),
                height: resolution.map(|(_, height)| i64::from(height)),
                diagonal: edid.diagonal(),
                maker: edid.maker,
            }
        }
        Err(reason) => Monitor::all_unknown(&reason),
    };
    if let (Fact::Unknown(_), Some(mode)) = (&monitor.width, screen.mode) {
        (monitor.width, monitor.height) = told(mode);
    }
    monitor
}

/// Pixels of the largest screen. One that is unknown may be the largest.
fn largest(monitors: &[Monitor]) -> (Fact<i64>, Fact<i64>) {
    let mut best = None;
    for monitor in monitors {
        match (&monitor.width, &monitor.height) {
            (Fact::Known(width), Fact::Known(height)) => {
                best = best.max(Some((width.saturating_mul(*height), *width, *height)));
            }
            (Fact::Known(_), other) | (other, _) => return (other.clone(), other.clone()),
        }
    }
    match best {
        Some((_, width, height)) => (width.into(), height.into()),
        None => (Fact::Absent, Fact::Absent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_that_says_nothing_may_be_the_largest() {
        let of = |edid: Answer<Vec<u8>>, mode| Screen { edid, mode };
        let shown = |screens| {
            let display = display(Ok(screens), Fact::Absent);
            (display.screens, display.width, display.height)
        };
        assert_eq!(shown(Vec::new()), (Fact::Known(0), Fact::Absent, Fact::Absent));
        let silent = || of(Ok(None), None);
        let known = || of(Ok(Some(Vec::new())), Some((1366, 768)));
        assert_eq!(shown(vec![known()]), (Fact::Known(1), Fact::Known(1366), Fact::Known(768)));
        let unknown = Fact::Unknown(Reason::NotSupported);
        assert_eq!(shown(vec![known(), silent()]), (Fact::Known(2), unknown.clone(), unknown));
        let broken = monitor(of(Ok(Some(vec![1, 2, 3])), None));
        assert_eq!(broken.maker, Fact::failed("the screen's description has 3 bytes instead of 128"));
        let denied = display(Err(Trouble::Denied), Fact::Absent);
        assert_eq!(denied.screens, Fact::Unknown(Reason::Denied));
    }
}

//! The clock.

use super::area;
use crate::quantity::Milliseconds;

area! {
    /// The clock.
    Clock {
        /// Time zone, by its name in the system.
        zone: String = "Múi giờ",
        /// Distance of local time from UTC, in minutes; Vietnam has 420.
        utc_offset_minutes: i64 = "Lệch so với UTC (phút)",
        /// Whether a time service is set to run.
        service: bool = "Dịch vụ đồng bộ giờ",
        /// Whether the clock is synchronised.
        synchronised: bool = "Đã đồng bộ",
        /// How far the clock was from the collector's at the last contact; positive is ahead.
        offset: Milliseconds = "Sai lệch với máy chủ",
    }
}

//! The clock.

use super::area;
use crate::quantity::Milliseconds;

area! {
    /// The clock.
    Clock {
        /// Time zone, by its name in the system.
        zone: String = "Múi giờ", "Time zone",
        /// Distance of local time from UTC, in minutes; Vietnam has 420.
        utc_offset_minutes: i64 = "Lệch múi giờ so với UTC (phút)", "Distance from UTC (minutes)",
        /// Whether a time service is set to run.
        service: bool = "Dịch vụ đồng bộ giờ", "Time service",
        /// Whether the clock is synchronised.
        synchronised: bool = "Đồng hồ đã đồng bộ", "Clock synchronised",
        /// How far the clock was from the collector's at the last contact; positive is ahead.
        offset: Milliseconds = "Đồng hồ sai lệch với máy chủ", "Clock difference from the collector",
    }
}

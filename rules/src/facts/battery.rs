//! The battery.

use super::area;
use crate::quantity::Percent;

area! {
    /// The battery of a laptop; all batteries together where there are several.
    Battery {
        /// Whether there is one.
        present: bool = "Có pin",
        /// What it held when it was new, in milliwatt-hours.
        design: i64 = "Dung lượng thiết kế (mWh)",
        /// What it holds when it is full, in milliwatt-hours.
        full: i64 = "Dung lượng khi sạc đầy (mWh)",
        /// What it still holds, of what it held when it was new.
        health: Percent = "Dung lượng còn so với thiết kế",
        /// How many times it was charged.
        cycles: i64 = "Số chu kỳ sạc",
    }
}

//! The battery.

use super::area;
use crate::quantity::Percent;

area! {
    /// The battery of a laptop; all batteries together where there are several.
    Battery {
        /// Whether there is one.
        present: bool = "Có pin", "Battery present",
        /// What it held when it was new, in milliwatt-hours.
        design: i64 = "Dung lượng pin thiết kế (mWh)", "Battery capacity when new (mWh)",
        /// What it holds when it is full, in milliwatt-hours.
        full: i64 = "Dung lượng pin khi sạc đầy (mWh)", "Battery capacity when full (mWh)",
        /// What it still holds, of what it held when it was new.
        health: Percent = "Dung lượng pin còn so với thiết kế", "Battery capacity left",
        /// How many times it was charged.
        cycles: i64 = "Số chu kỳ sạc pin", "Battery charge cycles",
    }
}

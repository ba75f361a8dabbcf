//! The memory.

use super::area;
use crate::quantity::Bytes;

area! {
    /// One memory module.
    Module {
        /// Slot that it is in, as the board names it.
        slot: String = "Khe cắm", "Slot",
        /// Size.
        size: Bytes = "Dung lượng", "Size",
        /// Type, such as DDR4.
        kind: String = "Loại", "Type",
        /// Speed in MT/s.
        speed: i64 = "Tốc độ (MT/s)", "Speed (MT/s)",
        /// Maker.
        maker: String = "Hãng", "Maker",
        /// Part number.
        part: String = "Mã linh kiện", "Part number",
    }
}

area! {
    /// The memory.
    Memory {
        /// Installed memory, the sum of all modules.
        installed: Bytes = "Bộ nhớ lắp trong máy", "Installed memory",
        /// Memory that the operating system sees; built-in graphics take some of the installed.
        visible: Bytes = "Bộ nhớ hệ điều hành thấy", "Memory the system sees",
        /// Slots on the board.
        slots: i64 = "Số khe cắm RAM", "Memory slots",
        /// Slots without a module.
        slots_free: i64 = "Số khe RAM còn trống", "Free memory slots",
        /// The most that the board takes.
        maximum: Bytes = "RAM tối đa bo mạch nhận", "Most memory the board takes",
        /// Swap space.
        swap: Bytes = "Bộ nhớ tráo đổi", "Swap space",
        /// Modules.
        modules: Vec<Module> = "Các thanh nhớ", "Memory modules",
    }
}

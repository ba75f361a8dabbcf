//! The memory.

use super::area;
use crate::quantity::Bytes;

area! {
    /// One memory module.
    Module {
        /// Slot that it is in, as the board names it.
        slot: String = "Khe cắm",
        /// Size.
        size: Bytes = "Dung lượng",
        /// Type, such as DDR4.
        kind: String = "Loại",
        /// Speed in MT/s.
        speed: i64 = "Tốc độ (MT/s)",
        /// Maker.
        maker: String = "Hãng",
        /// Part number.
        part: String = "Mã linh kiện",
    }
}

area! {
    /// The memory.
    Memory {
        /// Installed memory, the sum of all modules.
        installed: Bytes = "Bộ nhớ lắp trong máy",
        /// Memory that the operating system sees; built-in graphics take some of the installed.
        visible: Bytes = "Bộ nhớ hệ điều hành thấy",
        /// Slots on the board.
        slots: i64 = "Số khe cắm",
        /// Slots without a module.
        slots_free: i64 = "Số khe còn trống",
        /// The most that the board takes.
        maximum: Bytes = "Dung lượng tối đa bo mạch nhận",
        /// Swap space.
        swap: Bytes = "Bộ nhớ tráo đổi",
        /// Modules.
        modules: Vec<Module> = "Các thanh nhớ",
    }
}

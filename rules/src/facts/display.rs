//! Screens and graphics.

use super::area;
use crate::quantity::{Bytes, Version};

area! {
    /// One screen, as it describes itself (EDID, VESA E-EDID 1.4).
    Monitor {
        /// Maker, by the three letters of its PNP id.
        maker: String = "Hãng (mã PNP)",
        /// Model.
        model: String = "Kiểu màn hình",
        /// Year of manufacture, or of the model.
        year: i64 = "Năm sản xuất",
        /// Pixels across, at its own resolution.
        width: i64 = "Số điểm ảnh ngang",
        /// Pixels down, at its own resolution.
        height: i64 = "Số điểm ảnh dọc",
        /// Diagonal in tenths of an inch.
        diagonal: i64 = "Đường chéo (1/10 inch)",
    }
}

area! {
    /// One graphics adapter.
    Graphics {
        /// Name.
        name: String = "Tên",
        /// Memory of its own.
        memory: Bytes = "Bộ nhớ riêng",
        /// Version of its driver.
        driver: Version = "Phiên bản trình điều khiển",
    }
}

area! {
    /// Screens and graphics.
    Display {
        /// Number of screens that are connected.
        screens: i64 = "Số màn hình",
        /// Pixels across of the largest screen.
        width: i64 = "Số điểm ảnh ngang lớn nhất",
        /// Pixels down of the largest screen.
        height: i64 = "Số điểm ảnh dọc lớn nhất",
        /// Screens that are connected.
        monitors: Vec<Monitor> = "Các màn hình",
        /// Graphics adapters.
        graphics: Vec<Graphics> = "Bộ xử lý đồ họa",
    }
}

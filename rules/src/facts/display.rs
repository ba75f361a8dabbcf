//! Screens and graphics.

use super::area;
use crate::quantity::{Bytes, Version};

area! {
    /// One screen, as it describes itself (EDID, VESA E-EDID 1.4).
    Monitor {
        /// Maker, by the three letters of its PNP id.
        maker: String = "Hãng (mã PNP)", "Maker (PNP code)",
        /// Model.
        model: String = "Kiểu màn hình", "Model of the screen",
        /// Year of manufacture, or of the model.
        year: i64 = "Năm sản xuất", "Year of manufacture",
        /// Pixels across, at its own resolution.
        width: i64 = "Số điểm ảnh ngang", "Pixels across",
        /// Pixels down, at its own resolution.
        height: i64 = "Số điểm ảnh dọc", "Pixels down",
        /// Diagonal in tenths of an inch.
        diagonal: i64 = "Đường chéo (1/10 inch)", "Diagonal (tenths of an inch)",
    }
}

area! {
    /// One graphics adapter.
    Graphics {
        /// Name.
        name: String = "Tên", "Name",
        /// Memory of its own.
        memory: Bytes = "Bộ nhớ riêng", "Own memory",
        /// Version of its driver.
        driver: Version = "Phiên bản trình điều khiển", "Driver version",
    }
}

area! {
    /// Screens and graphics.
    Display {
        /// Number of screens that are connected.
        screens: i64 = "Số màn hình", "Screens connected",
        /// Pixels across of the largest screen.
        width: i64 = "Số điểm ảnh ngang lớn nhất", "Widest screen (pixels across)",
        /// Pixels down of the largest screen.
        height: i64 = "Số điểm ảnh dọc lớn nhất", "Tallest screen (pixels down)",
        /// Screens that are connected.
        monitors: Vec<Monitor> = "Các màn hình", "Screens",
        /// Graphics adapters.
        graphics: Vec<Graphics> = "Bộ xử lý đồ họa", "Graphics adapters",
    }
}

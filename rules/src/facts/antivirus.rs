//! Antivirus products.

use jiff::Timestamp;

use super::area;
use crate::quantity::Version;

area! {
    /// One antivirus product.
    Product {
        /// Name.
        name: String = "Tên",
        /// Version.
        version: Version = "Phiên bản",
        /// Whether its service runs.
        running: bool = "Đang chạy",
        /// Whether it checks files as they are used.
        real_time: bool = "Bảo vệ thời gian thực",
        /// Time of its signatures.
        signatures_at: Timestamp = "Thời điểm mẫu nhận diện",
    }
}

area! {
    /// Antivirus products.
    Antivirus {
        /// Whether any product is installed.
        present: bool = "Có cài đặt",
        /// Whether any product checks files as they are used.
        real_time: bool = "Bảo vệ thời gian thực",
        /// Newest signatures among the products that run.
        signatures_at: Timestamp = "Mẫu nhận diện mới nhất",
        /// Products.
        products: Vec<Product> = "Các sản phẩm",
    }
}

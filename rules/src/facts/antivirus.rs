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
        /// Whether it calls its signatures up to date itself.
        signatures_current: bool = "Mẫu nhận diện còn mới (theo sản phẩm)",
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
        /// Whether the product that checks files calls its signatures up to date itself.
        signatures_current: bool = "Mẫu nhận diện còn mới (theo sản phẩm)",
        /// Whether settings are guarded against change by other programs.
        tamper_protection: bool = "Chống can thiệp",
        /// Places that are left out of the checks.
        exclusions: i64 = "Số ngoại lệ quét",
        /// Left-out places that are too broad: a whole drive, a folder of users, a kind of program.
        exclusions_broad: i64 = "Số ngoại lệ quét quá rộng",
        /// Threats found and not removed.
        threats_open: i64 = "Số mối nguy chưa xử lý",
        /// When a threat was last found.
        threat_found_at: Timestamp = "Phát hiện mối nguy lần cuối",
        /// Products.
        products: Vec<Product> = "Các sản phẩm",
    }
}

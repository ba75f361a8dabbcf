//! Antivirus products.

use jiff::Timestamp;

use super::area;
use crate::quantity::Version;

area! {
    /// One antivirus product.
    Product {
        /// Name.
        name: String = "Tên", "Name",
        /// Version.
        version: Version = "Phiên bản", "Version",
        /// Whether its service runs.
        running: bool = "Đang chạy", "Running",
        /// Whether it checks files as they are used.
        real_time: bool = "Bảo vệ thời gian thực", "Real-time protection",
        /// Time of its signatures.
        signatures_at: Timestamp = "Thời điểm mẫu nhận diện", "Time of the signatures",
        /// Whether it calls its signatures up to date itself.
        signatures_current: bool = "Mẫu nhận diện còn mới (theo sản phẩm)", "Signatures current (by the product itself)",
    }
}

area! {
    /// Antivirus products.
    Antivirus {
        /// Whether any product is installed.
        present: bool = "Có phần mềm diệt vi-rút", "Antivirus installed",
        /// Whether any product checks files as they are used.
        real_time: bool = "Diệt vi-rút thời gian thực", "Antivirus in real time",
        /// Newest signatures among the products that run.
        signatures_at: Timestamp = "Mẫu nhận diện vi-rút mới nhất", "Newest antivirus signatures",
        /// Whether the product that checks files calls its signatures up to date itself.
        signatures_current: bool = "Mẫu nhận diện vi-rút còn mới (theo sản phẩm)", "Antivirus signatures current (by the product)",
        /// Whether settings are guarded against change by other programs.
        tamper_protection: bool = "Chống can thiệp phần mềm diệt vi-rút", "Tamper protection of the antivirus",
        /// Places that are left out of the checks.
        exclusions: i64 = "Số ngoại lệ quét vi-rút", "Places left out of the virus scan",
        /// Left-out places that are too broad: a whole drive, a folder of users, a kind of program.
        exclusions_broad: i64 = "Số ngoại lệ quét vi-rút quá rộng", "Places left out that are too broad",
        /// Threats found and not removed.
        threats_open: i64 = "Số mối nguy chưa xử lý", "Threats left in place",
        /// When a threat was last found.
        threat_found_at: Timestamp = "Phát hiện mối nguy lần cuối", "Last threat found",
        /// Products.
        products: Vec<Product> = "Các phần mềm diệt vi-rút", "Antivirus products",
    }
}

//! Installed software.

use jiff::civil::Date;

use super::area;
use crate::quantity::Version;

area! {
    /// One installed program.
    Package {
        /// Name.
        name: String = "Tên",
        /// Version.
        version: Version = "Phiên bản",
        /// Publisher.
        publisher: String = "Nhà phát hành",
        /// Day of installation.
        installed_on: Date = "Ngày cài",
    }
}

area! {
    /// Installed software.
    Software {
        /// Who keeps the list: dpkg, rpm, windows.
        sources: Vec<String> = "Nguồn danh sách",
        /// Number of installed programs.
        count: i64 = "Số phần mềm",
        /// Installed programs.
        packages: Vec<Package> = "Danh sách phần mềm",
        /// Web browsers among them.
        browsers: Vec<Package> = "Trình duyệt",
        /// Office suites among them.
        office: Vec<Package> = "Bộ ứng dụng văn phòng",
        /// Vietnamese input methods among them.
        vietnamese_input: Vec<String> = "Bộ gõ tiếng Việt",
        /// Programs that only show PDF files among them.
        pdf_readers: Vec<String> = "Trình đọc PDF",
        /// Programs that an office PC should not have among them: games, torrents, miners.
        unwanted: Vec<String> = "Phần mềm ngoài danh mục",
    }
}

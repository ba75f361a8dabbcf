//! Installed software.

use jiff::civil::Date;

use super::area;
use crate::quantity::Version;

area! {
    /// One installed program.
    Package {
        /// Name.
        name: String = "Tên", "Name",
        /// Version.
        version: Version = "Phiên bản", "Version",
        /// Publisher.
        publisher: String = "Nhà phát hành", "Publisher",
        /// Day of installation.
        installed_on: Date = "Ngày cài", "Installed on",
        /// Day on which its maker built it, of browsers.
        built_on: Date = "Ngày hãng phát hành bản này (trình duyệt)", "Released on (browsers)",
    }
}

area! {
    /// Installed software.
    Software {
        /// Who keeps the list: dpkg, rpm, windows.
        sources: Vec<String> = "Nguồn danh sách", "Sources of the list",
        /// Number of installed programs.
        count: i64 = "Số phần mềm", "Installed programs, count",
        /// Installed programs.
        packages: Vec<Package> = "Danh sách phần mềm", "Installed programs",
        /// Programs that an office PC should not have among them: games, torrents, miners.
        unwanted: Vec<String> = "Phần mềm ngoài danh mục", "Software outside the approved list",
    }
}

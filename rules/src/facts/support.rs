//! Until when the operating system and the programs of the office are supported. Derived: worked out from the lifecycle table on the day of the
//! report, never sent.

use jiff::civil::Date;

use super::area;
use crate::quantity::Days;

area! {
    /// Until when one program is supported.
    ProgramSupport {
        /// Name of its package.
        name: String = "Tên", "Program",
        /// Product as the lifecycle table names it.
        product: String = "Sản phẩm trong bảng vòng đời", "Product in the lifecycle table",
        /// Last day of security updates; absent where no end is announced.
        ends_on: Date = "Ngày hết hỗ trợ an ninh", "Security support ends on",
        /// Days until then, negative when past.
        days_left: Days = "Số ngày còn hỗ trợ", "Days of support left",
    }
}

area! {
    /// Support dates.
    Support {
        /// Product as the lifecycle table names it.
        product: String = "Hệ điều hành trong bảng vòng đời", "Operating system in the lifecycle table",
        /// Last day of security updates for everybody.
        ends_on: Date = "Ngày hệ điều hành hết hỗ trợ", "Operating system support ends on",
        /// Days until then, negative when past.
        days_left: Days = "Số ngày hệ điều hành còn hỗ trợ", "Days of operating system support left",
        /// Last day of paid or long-term security updates.
        extended_ends_on: Date = "Ngày hệ điều hành hết hỗ trợ mở rộng", "Extended system support ends on",
        /// Days until then, negative when past.
        extended_days_left: Days = "Số ngày hệ điều hành còn hỗ trợ mở rộng", "Days of extended system support left",
        /// Last day of security updates of the newest .NET Framework; absent where it ends with the system, or there is none.
        dotnet_ends_on: Date = "Ngày hết hỗ trợ .NET Framework", ".NET Framework support ends on",
        /// Days until then, negative when past.
        dotnet_days_left: Days = "Số ngày còn hỗ trợ .NET Framework", "Days of .NET Framework support left",
        /// Office suites.
        suites: Vec<ProgramSupport> = "Thời hạn bộ ứng dụng văn phòng", "Support of office suites",
        /// Web browsers.
        browsers: Vec<ProgramSupport> = "Thời hạn trình duyệt", "Support of browsers",
    }
}

//! Until when the operating system and the programs of the office are supported. Derived: worked out from the lifecycle table on the day of the
//! report, never sent.

use jiff::civil::Date;

use super::area;
use crate::quantity::Days;

area! {
    /// Until when one program is supported.
    ProgramSupport {
        /// Name of its package.
        name: String = "Tên",
        /// Product as the lifecycle table names it.
        product: String = "Sản phẩm trong bảng vòng đời",
        /// Last day of security updates; absent where no end is announced.
        ends_on: Date = "Ngày hết hỗ trợ an ninh",
        /// Days until then, negative when past.
        days_left: Days = "Số ngày còn hỗ trợ",
    }
}

area! {
    /// Support dates.
    Support {
        /// Product as the lifecycle table names it.
        product: String = "Sản phẩm trong bảng vòng đời",
        /// Last day of security updates for everybody.
        ends_on: Date = "Ngày hết hỗ trợ an ninh",
        /// Days until then, negative when past.
        days_left: Days = "Số ngày còn hỗ trợ",
        /// Last day of paid or long-term security updates.
        extended_ends_on: Date = "Ngày hết hỗ trợ mở rộng",
        /// Days until then, negative when past.
        extended_days_left: Days = "Số ngày còn hỗ trợ mở rộng",
        /// Last day of security updates of the newest .NET Framework; absent where it ends with the system, or there is none.
        dotnet_ends_on: Date = "Ngày hết hỗ trợ .NET Framework",
        /// Days until then, negative when past.
        dotnet_days_left: Days = "Số ngày còn hỗ trợ .NET Framework",
        /// Office suites.
        suites: Vec<ProgramSupport> = "Thời hạn bộ ứng dụng văn phòng",
        /// Web browsers.
        browsers: Vec<ProgramSupport> = "Thời hạn trình duyệt",
    }
}

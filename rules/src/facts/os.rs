//! The operating system.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{area, words};
use crate::quantity::Version;

words! {
    /// The family of an operating system.
    Platform {
        /// Microsoft Windows.
        Windows = "windows", "Windows", "Windows";
        /// A Linux distribution.
        Linux = "linux", "Linux", "Linux";
    }
}

words! {
    /// The instruction set that an operating system is built for, or that a processor has.
    Architecture {
        /// 64-bit x86.
        X86_64 = "x86_64", "64 bit (x86-64)", "64-bit (x86-64)";
        /// 32-bit x86.
        X86 = "x86", "32 bit (x86)", "32-bit (x86)";
        /// 64-bit ARM.
        Arm64 = "arm64", "64 bit (ARM)", "64-bit (ARM)";
        /// Anything else.
        Other = "other", "Khác", "Other";
    }
}

words! {
    /// How a Microsoft product stands with its licence (SoftwareLicensingProduct.LicenseStatus).
    Activation {
        /// Activated.
        Licensed = "licensed", "Đã kích hoạt", "Activated";
        /// It works for a while without activation.
        Grace = "grace", "Đang trong thời gian gia hạn", "In its grace period";
        /// Not activated, or found not genuine.
        Unlicensed = "unlicensed", "Chưa kích hoạt", "Not activated";
    }
}

area! {
    /// The operating system.
    Os {
        /// Family of the operating system.
        platform: Platform = "Họ hệ điều hành", "Family of operating system",
        /// Identifier of the product: the ID of os-release, or `windows`.
        id: String = "Mã sản phẩm", "Product identifier",
        /// Full name.
        name: String = "Tên hệ điều hành", "Operating system",
        /// Version, such as 12, 22.04 or 10.0.19045.
        version: Version = "Phiên bản hệ điều hành", "Operating system version",
        /// Edition, such as Professional (EditionID on Windows).
        edition: String = "Ấn bản hệ điều hành", "Operating system edition",
        /// Installation type on Windows: Client, Server or Server Core.
        installation_type: String = "Kiểu cài đặt", "Installation type",
        /// Build number of Windows.
        build: i64 = "Số bản dựng Windows", "Windows build",
        /// Architecture that the operating system is built for.
        architecture: Architecture = "Kiến trúc hệ điều hành", "Architecture of the operating system",
        /// Release of the kernel.
        kernel: Version = "Nhân hệ điều hành", "Kernel",
        /// Name of this PC in the network.
        hostname: String = "Tên máy", "Name of the PC",
        /// Day of installation.
        installed_on: Date = "Ngày cài hệ điều hành", "Operating system installed on",
        /// Time of the last start.
        started_at: Timestamp = "Khởi động lần cuối", "Last start",
        /// Language of the system, such as vi-VN.
        language: String = "Ngôn ngữ hệ thống", "System language",
        /// How Windows stands with its licence.
        activation: Activation = "Kích hoạt Windows", "Windows activation",
        /// How the licence was sold: Retail, OEM:DM, Volume:MAK, Volume:GVLK.
        licence_channel: String = "Kênh giấy phép Windows", "Windows licence channel",
        /// Whether a licence for extended security updates is active.
        extended_updates: bool = "Có giấy phép cập nhật mở rộng (ESU)", "Extended security updates (ESU) licensed",
        /// Whether the PC is a member of a domain.
        domain_joined: bool = "Đã vào miền (domain)", "Domain member",
        /// Newest .NET Framework.
        dotnet: Version = "Phiên bản .NET Framework", ".NET Framework version",
        /// What Windows itself says of its upgrade to the newest release: Green, Yellow, Orange, Red.
        upgrade_rating: String = "Windows tự đánh giá nâng cấp", "Windows' own rating of the upgrade",
        /// What stands against that upgrade, as Windows names it.
        upgrade_blockers: Vec<String> = "Lý do Windows không cho nâng cấp", "Windows' reasons against the upgrade",
    }
}

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

area! {
    /// The operating system.
    Os {
        /// Family of the operating system.
        platform: Platform = "Họ hệ điều hành",
        /// Identifier of the product: the ID of os-release, or `windows`.
        id: String = "Mã sản phẩm",
        /// Full name.
        name: String = "Tên đầy đủ",
        /// Version, such as 12, 22.04 or 10.0.19045.
        version: Version = "Phiên bản",
        /// Edition, such as Professional (EditionID on Windows).
        edition: String = "Ấn bản",
        /// Installation type on Windows: Client, Server or Server Core.
        installation_type: String = "Kiểu cài đặt",
        /// Build number of Windows.
        build: i64 = "Số bản dựng",
        /// Architecture that the operating system is built for.
        architecture: Architecture = "Kiến trúc hệ điều hành",
        /// Release of the kernel.
        kernel: Version = "Nhân hệ điều hành",
        /// Name of this PC in the network.
        hostname: String = "Tên máy",
        /// Day of installation.
        installed_on: Date = "Ngày cài đặt",
        /// Time of the last start.
        started_at: Timestamp = "Khởi động lần cuối",
        /// Language of the system, such as vi-VN.
        language: String = "Ngôn ngữ hệ thống",
    }
}

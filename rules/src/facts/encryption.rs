//! Disk encryption.

use super::area;

area! {
    /// The encryption of one volume.
    Volume {
        /// Where it is mounted.
        mount: String = "Điểm gắn",
        /// Whether it is encrypted and the protection is on.
        protected: bool = "Được bảo vệ",
        /// How, such as LUKS2 or XTS-AES 128.
        method: String = "Phương pháp",
    }
}

area! {
    /// Disk encryption.
    Encryption {
        /// Whether the system volume is protected.
        system_protected: bool = "Ổ hệ thống được mã hóa",
        /// Volumes on fixed drives.
        volumes: Vec<Volume> = "Các phân vùng",
    }
}

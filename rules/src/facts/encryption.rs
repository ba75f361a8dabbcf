//! Disk encryption.

use super::{area, words};

words! {
    /// How far the encryption of a volume is.
    State {
        /// Not encrypted.
        Off = "off", "Không mã hóa", "Off";
        /// Being encrypted or decrypted.
        Changing = "changing", "Đang mã hóa hoặc giải mã", "In progress";
        /// Encrypted, with the key lying open beside it.
        Suspended = "suspended", "Tạm ngừng bảo vệ", "Suspended";
        /// Encrypted and protected.
        On = "on", "Đang bảo vệ", "On";
        /// Encrypted and not opened.
        Locked = "locked", "Đang khóa", "Locked";
    }
}

area! {
    /// The encryption of one volume.
    Volume {
        /// Where it is mounted.
        mount: String = "Điểm gắn", "Mount point",
        /// Whether it is encrypted and the protection is on.
        protected: bool = "Được bảo vệ", "Protected",
        /// How far its encryption is.
        state: State = "Trạng thái mã hóa", "State of the encryption",
        /// How, such as LUKS2 or XTS-AES 128.
        method: String = "Phương pháp", "Method",
    }
}

area! {
    /// Disk encryption.
    Encryption {
        /// Whether the system volume is protected.
        system_protected: bool = "Ổ hệ thống được mã hóa", "System drive encrypted",
        /// Volumes on fixed drives.
        volumes: Vec<Volume> = "Các phân vùng và mã hóa", "Volumes and their encryption",
    }
}

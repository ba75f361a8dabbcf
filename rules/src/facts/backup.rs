//! Copies of the data.

use jiff::Timestamp;

use super::{area, words};

words! {
    /// Where a copy is kept.
    Target {
        /// On the drive that holds the data itself.
        SameDrive = "same_drive", "Cùng ổ đĩa", "The same drive";
        /// On another drive.
        OtherDrive = "other_drive", "Ổ đĩa khác", "Another drive";
        /// On another computer.
        Network = "network", "Máy khác trong mạng", "Another computer";
        /// In a cloud.
        Cloud = "cloud", "Đám mây", "A cloud";
    }
}

area! {
    /// Copies of the data.
    Backup {
        /// Programs that make copies and are set up.
        products: Vec<String> = "Phương thức sao lưu", "Backup programs",
        /// When the last copy was made with success.
        last_at: Timestamp = "Sao lưu thành công lần cuối", "Last successful backup",
        /// Where it is kept.
        target: Target = "Nơi lưu bản sao", "Place of the backup",
        /// Restore points of the system.
        restore_points: i64 = "Số điểm khôi phục", "System restore points",
        /// When the newest of them was made.
        restore_point_at: Timestamp = "Điểm khôi phục mới nhất", "Newest restore point",
    }
}

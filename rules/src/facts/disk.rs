//! Drives and volumes.

use super::{area, words};
use crate::quantity::{Bytes, Percent};

words! {
    /// What a drive is made of.
    DriveKind {
        /// Flash.
        Ssd = "ssd", "SSD", "SSD";
        /// Rotating platters.
        Hdd = "hdd", "HDD", "HDD";
        /// A drive that a hypervisor provides: what is behind it cannot be seen.
        Virtual = "virtual", "Ổ ảo", "Virtual";
    }
}

words! {
    /// How a drive is connected.
    Bus {
        /// NVM Express.
        Nvme = "nvme", "NVMe", "NVMe";
        /// Serial ATA.
        Sata = "sata", "SATA", "SATA";
        /// USB.
        Usb = "usb", "USB", "USB";
        /// SCSI or SAS.
        Scsi = "scsi", "SCSI/SAS", "SCSI/SAS";
        /// eMMC or SD.
        Mmc = "mmc", "eMMC/SD", "eMMC/SD";
        /// A hypervisor's own.
        Virtual = "virtual", "Ảo hóa", "Virtual";
    }
}

words! {
    /// What a drive says of its own health.
    Health {
        /// Nothing found.
        Ok = "ok", "Tốt", "Good";
        /// Wear or reallocated sectors: plan to replace it.
        Warning = "warning", "Có dấu hiệu mòn, lỗi", "Signs of wear";
        /// It predicts its own failure: save the data today.
        Failing = "failing", "Sắp hỏng", "Failing";
    }
}

words! {
    /// How a drive is divided.
    Partitions {
        /// GUID partition table, which UEFI starts from.
        Gpt = "gpt", "GPT", "GPT";
        /// Master boot record.
        Mbr = "mbr", "MBR", "MBR";
    }
}

area! {
    /// One drive.
    Drive {
        /// Name in the system, such as sda.
        name: String = "Tên ổ", "Drive",
        /// Model.
        model: String = "Kiểu ổ", "Model of the drive",
        /// What it is made of.
        kind: DriveKind = "Loại ổ", "Kind of drive",
        /// How it is connected.
        bus: Bus = "Giao tiếp", "Connection",
        /// Size.
        size: Bytes = "Dung lượng", "Size",
        /// Whether it stays in the PC.
        fixed: bool = "Gắn cố định", "Built in",
        /// Whether the system starts from it.
        system: bool = "Chứa hệ điều hành", "Holds the system",
        /// What it says of its own health.
        health: Health = "Tình trạng ổ đĩa", "Health",
        /// Share of its life that is used up.
        wear: Percent = "Độ mòn ổ đĩa", "Wear",
        /// Number of reallocated sectors.
        reallocated: i64 = "Số cung từ đã thay thế", "Reallocated sectors",
        /// Hours that it has run.
        hours: i64 = "Số giờ đã chạy", "Hours run",
    }
}

area! {
    /// One volume.
    Volume {
        /// Where it is mounted.
        mount: String = "Điểm gắn", "Mount point",
        /// File system.
        filesystem: String = "Hệ thống tệp", "File system",
        /// Size.
        size: Bytes = "Dung lượng", "Size",
        /// Space left.
        free: Bytes = "Còn trống", "Free space",
        /// Share of the space that is left.
        free_percent: Percent = "Tỷ lệ còn trống", "Share of free space",
        /// Whether the operating system is on it.
        system: bool = "Chứa hệ điều hành", "Holds the system",
    }
}

area! {
    /// Drives and volumes.
    Disk {
        /// What the system drive is made of.
        system_kind: DriveKind = "Loại ổ hệ thống", "Kind of the system drive",
        /// Size of the system drive.
        system_size: Bytes = "Dung lượng ổ hệ thống", "Size of the system drive",
        /// How the system drive is divided.
        system_partitions: Partitions = "Kiểu phân vùng ổ hệ thống", "Partition style of the system drive",
        /// Drives.
        drives: Vec<Drive> = "Các ổ đĩa", "Drives",
        /// Volumes on fixed drives.
        volumes: Vec<Volume> = "Các phân vùng", "Volumes",
    }
}

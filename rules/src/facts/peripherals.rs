//! Printers, scanners and what else stands on the table.

use super::{area, words};

words! {
    /// How a printer or scanner is connected.
    Connection {
        /// By USB.
        Usb = "usb", "USB", "USB";
        /// Over the network.
        Network = "network", "Mạng", "Network";
        /// By another cable.
        Other = "other", "Khác", "Other";
    }
}

area! {
    /// One printer that prints on paper.
    Printer {
        /// Its driver, which names the model.
        driver: String = "Trình điều khiển",
        /// How it is connected.
        connection: Connection = "Kết nối",
        /// Whether it is the one that is used unless another is chosen.
        default: bool = "Mặc định",
    }
}

area! {
    /// One scanner.
    Scanner {
        /// Name of the model.
        model: String = "Kiểu máy quét",
        /// How it is connected.
        connection: Connection = "Kết nối",
        /// Whether it draws sheets in by itself.
        feeder: bool = "Nạp giấy tự động (ADF)",
        /// Whether it scans in colour.
        colour: bool = "Quét màu",
        /// The finest that it scans, in dots per inch both ways.
        resolution_dpi: i64 = "Độ phân giải (dpi)",
    }
}

area! {
    /// Printers, scanners and what else stands on the table.
    Peripherals {
        /// Printers that print on paper; those that write files are left out.
        printers: Vec<Printer> = "Máy in",
        /// Scanners.
        scanners: Vec<Scanner> = "Máy quét",
        /// Whether an uninterruptible power supply is connected.
        ups: bool = "Có bộ lưu điện (UPS)",
        /// Number of cameras.
        cameras: i64 = "Số camera",
        /// Number of microphones.
        microphones: i64 = "Số micro",
        /// Readers of chip identity cards and codes at a counter.
        id_readers: Vec<String> = "Thiết bị đọc CCCD, mã QR",
    }
}

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
        driver: String = "Trình điều khiển", "Driver",
        /// How it is connected.
        connection: Connection = "Kết nối", "Connection",
        /// Whether it is the one that is used unless another is chosen.
        default: bool = "Mặc định", "Default printer",
    }
}

area! {
    /// One scanner.
    Scanner {
        /// Name of the model.
        model: String = "Kiểu máy quét", "Model of the scanner",
        /// How it is connected.
        connection: Connection = "Kết nối", "Connection",
        /// Whether it draws sheets in by itself.
        feeder: bool = "Nạp giấy tự động (ADF)", "Sheet feeder (ADF)",
        /// Whether it scans in colour.
        colour: bool = "Quét màu", "Colour scans",
        /// The finest that it scans, in dots per inch both ways.
        resolution_dpi: i64 = "Độ phân giải (dpi)", "Resolution (dpi)",
    }
}

area! {
    /// Printers, scanners and what else stands on the table.
    Peripherals {
        /// Printers that print on paper; those that write files are left out.
        printers: Vec<Printer> = "Máy in", "Printers",
        /// Scanners.
        scanners: Vec<Scanner> = "Máy quét", "Scanners",
        /// Whether an uninterruptible power supply is connected.
        ups: bool = "Có bộ lưu điện (UPS)", "UPS connected",
        /// Number of cameras.
        cameras: i64 = "Số camera", "Cameras",
        /// Number of microphones.
        microphones: i64 = "Số micro", "Microphones",
        /// Readers of chip identity cards and codes at a counter.
        id_readers: Vec<String> = "Thiết bị đọc CCCD, mã QR", "Readers of identity cards and QR codes",
    }
}

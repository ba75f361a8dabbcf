//! What an officer works with: office suite, browser, PDF reader, Vietnamese input, fonts.

use super::area;
use super::os::Activation;
use super::software::Package;

area! {
    /// What an officer works with.
    Office {
        /// Office suites.
        suites: Vec<Package> = "Bộ ứng dụng văn phòng",
        /// How the suite of Microsoft stands with its licence.
        activation: Activation = "Kích hoạt Microsoft Office",
        /// How that licence was sold.
        licence_channel: String = "Kênh giấy phép Office",
        /// Whether macros of documents from the Internet are blocked.
        macros_blocked: bool = "Chặn macro từ Internet",
        /// Web browsers.
        browsers: Vec<Package> = "Trình duyệt",
        /// Programs that only show PDF files.
        pdf_readers: Vec<String> = "Trình đọc PDF",
        /// The program that opens PDF files, by the name of its file type in the system.
        pdf_default: String = "Chương trình mở PDF mặc định",
        /// Vietnamese input methods.
        vietnamese_input: Vec<String> = "Bộ gõ tiếng Việt",
        /// Whether an input method runs from a folder of downloads or of temporary files.
        vietnamese_input_risky: bool = "Bộ gõ chạy từ thư mục tạm",
        /// Whether Times New Roman is installed, which official documents are set in.
        times_new_roman: bool = "Có phông Times New Roman",
        /// Fonts in encodings from before Unicode (TCVN3, VNI).
        legacy_fonts: i64 = "Số phông chữ mã cũ (TCVN3, VNI)",
    }
}

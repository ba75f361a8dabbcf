//! What an officer works with: office suite, browser, PDF reader, Vietnamese input, fonts.

use super::area;
use super::os::Activation;
use super::software::Package;

area! {
    /// What an officer works with.
    Office {
        /// Office suites.
        suites: Vec<Package> = "Bộ ứng dụng văn phòng", "Office suites",
        /// How the suite of Microsoft stands with its licence.
        activation: Activation = "Kích hoạt Microsoft Office", "Microsoft Office activation",
        /// How that licence was sold.
        licence_channel: String = "Kênh giấy phép Office", "Office licence channel",
        /// Whether macros of documents from the Internet are blocked.
        macros_blocked: bool = "Chặn macro từ Internet", "Macros from the Internet blocked",
        /// Web browsers.
        browsers: Vec<Package> = "Trình duyệt", "Web browsers",
        /// Programs that only show PDF files.
        pdf_readers: Vec<String> = "Trình đọc PDF", "PDF readers",
        /// The program that opens PDF files, by the name of its file type in the system.
        pdf_default: String = "Chương trình mở PDF mặc định", "Default program for PDF files",
        /// Vietnamese input methods.
        vietnamese_input: Vec<String> = "Bộ gõ tiếng Việt", "Vietnamese input methods",
        /// Whether an input method runs from a folder of downloads or of temporary files.
        vietnamese_input_risky: bool = "Bộ gõ chạy từ thư mục tạm", "Input method runs from a temporary folder",
        /// Whether Times New Roman is installed, which official documents are set in.
        times_new_roman: bool = "Có phông Times New Roman", "Times New Roman installed",
        /// Fonts in encodings from before Unicode (TCVN3, VNI).
        legacy_fonts: i64 = "Số phông chữ mã cũ (TCVN3, VNI)", "Fonts in old encodings (TCVN3, VNI)",
    }
}

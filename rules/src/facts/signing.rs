//! What digital signing needs: readers, tokens, their programs, certificates. Nothing here ever signs in to a token.

use jiff::Timestamp;
use jiff::civil::Date;

use super::{area, words};

words! {
    /// How a service or program stands.
    Standing {
        /// Not installed.
        Missing = "absent", "Không có", "Not installed";
        /// Installed, and nobody may start it.
        Disabled = "disabled", "Bị vô hiệu hóa", "Disabled";
        /// Installed, and not running now.
        Stopped = "stopped", "Có, chưa chạy", "Not running";
        /// Running.
        Running = "running", "Đang chạy", "Running";
    }
}

area! {
    /// One token that this PC has known.
    Token {
        /// Maker and product by their USB numbers, such as 25dd:2371.
        usb_id: String = "Mã USB", "USB number",
        /// What is known under that number.
        model: String = "Loại thiết bị", "Kind of token",
        /// Whether it is plugged in.
        present: bool = "Đang cắm", "Plugged in",
        /// When it was last plugged in.
        seen_at: Timestamp = "Cắm lần cuối", "Last plugged in",
    }
}

area! {
    /// One certificate whose private key this PC can reach.
    Certificate {
        /// Hash of its serial number and issuer.
        id: String = "Mã băm chứng thư", "Hash of the certificate",
        /// Who issued it.
        issuer: String = "Nơi cấp", "Issuer",
        /// Last day of its life.
        expires_on: Date = "Ngày hết hạn", "Expires on",
        /// Length of its key in bits.
        key_bits: i64 = "Độ dài khóa (bit)", "Key length (bits)",
        /// Whether its key lies on a token.
        on_token: bool = "Khóa nằm trong thiết bị", "Key on a token",
        /// Whether the Government Cipher Committee issued it.
        government: bool = "Chứng thư chuyên dùng công vụ", "Government certificate",
    }
}

area! {
    /// What digital signing needs.
    Signing {
        /// Smart-card readers, tokens included, that are plugged in.
        readers: Vec<String> = "Đầu đọc thẻ", "Smart-card readers",
        /// Tokens that this PC has known.
        tokens: Vec<Token> = "Thiết bị lưu khóa bí mật", "Signing tokens",
        /// Whether a token is plugged in.
        token_present: bool = "Đang cắm thiết bị lưu khóa", "Signing token plugged in",
        /// When a token was last seen.
        token_seen_at: Timestamp = "Thấy thiết bị lưu khóa lần cuối", "Signing token last seen",
        /// Programs that tokens need.
        middleware: Vec<String> = "Phần mềm điều khiển thiết bị", "Token programs",
        /// The smart-card service.
        card_service: Standing = "Dịch vụ thẻ thông minh", "Smart-card service",
        /// The service that signs for web pages.
        sign_service: Standing = "Dịch vụ ký số trên web (VGCA)", "Web signing service (VGCA)",
        /// Whether the PC trusts the certificate of that service.
        sign_service_trusted: bool = "Tin cậy chứng thư của dịch vụ ký số", "Certificate of the signing service trusted",
        /// Whether the root certificates of the Government Cipher Committee are installed.
        government_roots: bool = "Có chứng thư gốc Ban Cơ yếu Chính phủ", "Government root certificates installed",
        /// Certificates whose private key this PC can reach.
        certificates: Vec<Certificate> = "Chứng thư ký số", "Signing certificates",
        /// Last day of the longest-lived government certificate that has begun.
        expires_on: Date = "Ngày hết hạn chứng thư ký số", "Signing certificate expires on",
    }
}

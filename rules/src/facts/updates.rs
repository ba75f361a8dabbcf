//! The state of updates.

use jiff::Timestamp;

use super::area;

area! {
    /// The state of updates.
    Updates {
        /// Who brings updates: apt, dnf, windows_update.
        manager: String = "Trình quản lý cập nhật",
        /// When the PC last looked for updates with success.
        checked_at: Timestamp = "Kiểm tra lần cuối",
        /// When an update was last installed.
        installed_at: Timestamp = "Cài cập nhật lần cuối",
        /// Updates that wait, as far as the PC's last look tells.
        waiting: i64 = "Số bản cập nhật đang chờ",
        /// Security updates among those that wait.
        waiting_security: i64 = "Số bản vá an ninh đang chờ",
        /// Whether a restart is pending.
        restart_pending: bool = "Đang chờ khởi động lại",
        /// Since when a restart is pending.
        restart_pending_since: Timestamp = "Chờ khởi động lại từ",
        /// Whether security updates install by themselves.
        automatic: bool = "Tự động cài bản vá",
        /// Whether the update service is able to run: nobody disabled it.
        service: bool = "Dịch vụ cập nhật dùng được",
        /// The update server that a policy sets in place of the maker's.
        server: String = "Máy chủ cập nhật nội bộ",
    }
}

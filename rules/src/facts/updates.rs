//! The state of updates.

use jiff::Timestamp;

use super::area;

area! {
    /// The state of updates.
    Updates {
        /// Who brings updates: apt, dnf, windows_update.
        manager: String = "Trình quản lý cập nhật", "Update manager",
        /// When the PC last looked for updates with success.
        checked_at: Timestamp = "Kiểm tra cập nhật lần cuối", "Last check for updates",
        /// When an update was last installed.
        installed_at: Timestamp = "Cài cập nhật lần cuối", "Last update installed",
        /// Updates that wait, as far as the PC's last look tells.
        waiting: i64 = "Số bản cập nhật đang chờ", "Updates waiting",
        /// Security updates among those that wait.
        waiting_security: i64 = "Số bản vá an ninh đang chờ", "Security updates waiting",
        /// Whether a restart is pending.
        restart_pending: bool = "Đang chờ khởi động lại", "Restart pending",
        /// Since when a restart is pending.
        restart_pending_since: Timestamp = "Chờ khởi động lại từ", "Restart pending since",
        /// Whether security updates install by themselves.
        automatic: bool = "Tự động cài bản vá", "Security updates install themselves",
        /// Whether the update service is able to run: nobody disabled it.
        service: bool = "Dịch vụ cập nhật dùng được", "Update service usable",
        /// The update server that a policy sets in place of the maker's.
        server: String = "Máy chủ cập nhật nội bộ", "Internal update server",
    }
}

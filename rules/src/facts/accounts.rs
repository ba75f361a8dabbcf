//! Local accounts and sign-in policy. Names of people are never sent: an account is known by a hash.

use jiff::civil::Date;

use super::{area, words};

words! {
    /// What protects an account.
    Password {
        /// A password is set.
        Set = "set", "Có mật khẩu", "Set";
        /// No password is needed.
        Empty = "empty", "Mật khẩu trống", "Empty";
        /// Nobody can sign in with a password.
        Locked = "locked", "Khóa mật khẩu", "Locked";
    }
}

words! {
    /// What happens before a program gets the rights of an administrator.
    Elevation {
        /// Nothing: it just gets them.
        Off = "off", "Tắt", "Off";
        /// A question on the ordinary desktop, where other programs can answer it.
        Weak = "weak", "Yếu", "Weak";
        /// A question on a desktop of its own.
        On = "on", "Bật", "On";
    }
}

area! {
    /// One local account that a person can use.
    Account {
        /// Hash of its identifier, keyed by this PC.
        id: String = "Mã băm tài khoản", "Hash of the account",
        /// Whether it is the system's own administrator (root, RID 500).
        built_in: bool = "Tài khoản quản trị gốc", "Built-in administrator",
        /// Whether it has administrator's rights.
        administrator: bool = "Quyền quản trị", "Administrator's rights",
        /// Whether it can be used.
        enabled: bool = "Đang mở", "Account enabled",
        /// What protects it.
        password: Password = "Mật khẩu", "Password",
        /// Day of the last sign-in.
        last_sign_in: Date = "Đăng nhập lần cuối", "Last sign-in",
    }
}

area! {
    /// Local accounts and sign-in policy.
    Accounts {
        /// Local accounts that a person can use.
        users: Vec<Account> = "Các tài khoản", "Local accounts",
        /// Enabled accounts with administrator's rights.
        administrators: i64 = "Số tài khoản quản trị đang mở", "Enabled administrator accounts",
        /// Hashes of everybody who has administrator's rights, people and groups of a domain included.
        administrator_ids: Vec<String> = "Mã băm các tài khoản và nhóm có quyền quản trị", "Hashes of those with administrator's rights",
        /// Enabled accounts without a password.
        empty_passwords: i64 = "Số tài khoản mật khẩu trống", "Accounts with an empty password",
        /// Whether the PC signs somebody in by itself.
        auto_sign_in: bool = "Tự động đăng nhập", "Automatic sign-in",
        /// Whether a guest account is enabled.
        guest_enabled: bool = "Tài khoản khách đang mở", "Guest account enabled",
        /// Shortest password that the policy allows.
        password_length_min: i64 = "Độ dài mật khẩu tối thiểu", "Shortest password allowed",
        /// Wrong tries until an account is locked; absent when it never is.
        lockout_tries: i64 = "Số lần sai trước khi khóa", "Wrong tries until an account is locked",
        /// Minutes until the screen locks; absent when it never does.
        screen_lock_minutes: i64 = "Số phút tự khóa màn hình", "Minutes until the screen locks",
        /// Whether administrators must confirm before a program gets their rights.
        elevation_prompt: bool = "Hỏi trước khi dùng quyền quản trị", "Administrator's rights need a confirmation",
        /// How well that question is guarded.
        elevation: Elevation = "Mức kiểm soát quyền quản trị (UAC)", "Strength of user account control (UAC)",
        /// Whether somebody who works on this PC now is an administrator.
        user_is_administrator: bool = "Người đang dùng có quyền quản trị", "Current user is an administrator",
    }
}

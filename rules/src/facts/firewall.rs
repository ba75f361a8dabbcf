//! The firewall.

use super::area;

area! {
    /// The firewall on one kind of network.
    Profile {
        /// Name: domain, private, public; system on Linux.
        name: String = "Cấu hình",
        /// Whether it is on.
        enabled: bool = "Đang bật",
    }
}

area! {
    /// The firewall.
    Firewall {
        /// Who filters: windows, ufw, firewalld, nftables, iptables.
        product: String = "Phần mềm",
        /// Whether it filters on every kind of network.
        enabled: bool = "Đang bật",
        /// Whether incoming connections are refused unless allowed.
        blocks_incoming: bool = "Chặn kết nối vào",
        /// Profiles.
        profiles: Vec<Profile> = "Các cấu hình",
    }
}

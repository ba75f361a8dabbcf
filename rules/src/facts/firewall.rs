//! The firewall.

use super::area;

area! {
    /// The firewall on one kind of network.
    Profile {
        /// Name: domain, private, public; system on Linux.
        name: String = "Cấu hình", "Kind of network",
        /// Whether it is on.
        enabled: bool = "Đang bật", "On",
    }
}

area! {
    /// The firewall.
    Firewall {
        /// Who filters: windows, ufw, firewalld, nftables, iptables.
        product: String = "Phần mềm tường lửa", "Firewall program",
        /// Whether it filters on every kind of network.
        enabled: bool = "Tường lửa bật trên mọi mạng", "Firewall on for every network",
        /// Whether incoming connections are refused unless allowed.
        blocks_incoming: bool = "Tường lửa chặn kết nối vào", "Firewall blocks incoming connections",
        /// Profiles.
        profiles: Vec<Profile> = "Tường lửa theo loại mạng", "Firewall by kind of network",
    }
}

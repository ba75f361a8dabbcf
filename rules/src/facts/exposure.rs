//! What an attacker could use.

use super::{area, words};

words! {
    /// Where a listening socket can be reached from.
    Reach {
        /// Only from this PC.
        Local = "local", "Chỉ trong máy", "This PC only";
        /// From the network.
        Network = "network", "Từ mạng", "From the network";
    }
}

words! {
    /// The transport of a socket.
    Transport {
        /// TCP.
        Tcp = "tcp", "TCP", "TCP";
        /// UDP.
        Udp = "udp", "UDP", "UDP";
    }
}

words! {
    /// Whether the administrator may sign in over the network.
    RootSignIn {
        /// No.
        No = "no", "Không", "No";
        /// With a key only.
        KeysOnly = "keys_only", "Chỉ bằng khóa", "With a key only";
        /// With a password too.
        Yes = "yes", "Cả bằng mật khẩu", "With a password too";
    }
}

area! {
    /// One listening socket.
    Listener {
        /// Transport.
        transport: Transport = "Giao thức",
        /// Port number.
        port: i64 = "Cổng",
        /// Where it can be reached from.
        reach: Reach = "Truy cập được từ",
        /// Name of the program that listens.
        program: String = "Chương trình",
    }
}

area! {
    /// One tool for remote control.
    RemoteTool {
        /// Name.
        name: String = "Tên",
        /// Whether it runs.
        running: bool = "Đang chạy",
        /// Whether it starts with the PC.
        starts_by_itself: bool = "Tự khởi động",
    }
}

area! {
    /// What an attacker could use.
    Exposure {
        /// Listening sockets.
        listening: Vec<Listener> = "Cổng đang lắng nghe",
        /// Distinct ports that can be reached from the network.
        open_ports: i64 = "Số cổng mở ra mạng",
        /// Whether an SSH server runs.
        ssh_server: bool = "Máy chủ SSH",
        /// Whether the administrator may sign in over SSH.
        ssh_root_sign_in: RootSignIn = "SSH cho quản trị đăng nhập",
        /// Whether SSH accepts passwords.
        ssh_passwords: bool = "SSH chấp nhận mật khẩu",
        /// Whether remote desktop (RDP or VNC) is on.
        remote_desktop: bool = "Màn hình từ xa",
        /// Whether the file server still speaks SMB version 1.
        smb1: bool = "Máy chủ SMBv1",
        /// Services that send passwords unprotected: telnet, ftp, rsh.
        cleartext_services: Vec<String> = "Dịch vụ không mã hóa",
        /// Shared folders that everybody may write to.
        open_shares: i64 = "Số thư mục chia sẻ cho mọi người ghi",
        /// Tools for remote control.
        remote_tools: Vec<RemoteTool> = "Phần mềm điều khiển từ xa",
        /// Names under gov.vn or ca.gov.vn that the hosts file overrides.
        hosts_overrides: Vec<String> = "Tên miền cơ quan bị ghi đè trong tệp hosts",
        /// Root certificates that somebody added to those of the system.
        roots_added: i64 = "Số chứng thư gốc thêm vào",
    }
}

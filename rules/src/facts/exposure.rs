//! What an attacker could use.

use jiff::Timestamp;

use super::{area, words};
use crate::quantity::Bytes;

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

words! {
    /// Whether programs on inserted media start by themselves.
    Autorun {
        /// Never.
        Off = "off", "Tắt hoàn toàn", "Off";
        /// From some kinds of media.
        Partial = "partial", "Tắt một phần", "Partly off";
        /// From media of any kind.
        On = "on", "Đang bật", "On";
    }
}

words! {
    /// How sure a finding is.
    Suspicion {
        /// Looked, and found nothing.
        None = "none", "Không thấy", "Nothing found";
        /// Something that also has harmless reasons.
        Suspect = "suspect", "Nghi ngờ", "Suspect";
        /// Something that has no harmless reason.
        Confirmed = "confirmed", "Xác nhận", "Confirmed";
    }
}

words! {
    /// What starts a program by itself.
    StartedBy {
        /// Signing in.
        SignIn = "sign_in", "Khi đăng nhập", "Sign-in";
        /// The service manager.
        Service = "service", "Dịch vụ", "Service";
        /// A schedule.
        Task = "task", "Tác vụ theo lịch", "Scheduled task";
    }
}

area! {
    /// A program that starts by itself from a place where anybody may write.
    Autostart {
        /// Hash of its path, keyed by nothing: the same on every PC.
        id: String = "Mã băm đường dẫn", "Hash of the path",
        /// What starts it.
        started_by: StartedBy = "Khởi động bởi", "Started by",
    }
}

area! {
    /// One listening socket.
    Listener {
        /// Transport.
        transport: Transport = "Giao thức", "Protocol",
        /// Port number.
        port: i64 = "Cổng", "Port",
        /// Where it can be reached from.
        reach: Reach = "Truy cập được từ", "Reachable from",
        /// Name of the program that listens.
        program: String = "Chương trình", "Program",
    }
}

area! {
    /// One tool for remote control.
    RemoteTool {
        /// Name.
        name: String = "Tên", "Name",
        /// Whether it runs.
        running: bool = "Đang chạy", "Running",
        /// Whether it starts with the PC.
        starts_by_itself: bool = "Tự khởi động", "Starts by itself",
    }
}

area! {
    /// What an attacker could use.
    Exposure {
        /// Listening sockets.
        listening: Vec<Listener> = "Cổng đang lắng nghe", "Listening ports",
        /// Distinct ports that can be reached from the network.
        open_ports: i64 = "Số cổng mở ra mạng", "Ports open to the network",
        /// Whether an SSH server runs.
        ssh_server: bool = "Đang chạy máy chủ SSH", "SSH server running",
        /// Whether the administrator may sign in over SSH.
        ssh_root_sign_in: RootSignIn = "SSH cho quản trị đăng nhập", "Administrator signs in over SSH",
        /// Whether SSH accepts passwords.
        ssh_passwords: bool = "SSH chấp nhận mật khẩu", "SSH accepts passwords",
        /// Whether remote desktop (RDP or VNC) is on.
        remote_desktop: bool = "Màn hình từ xa đang bật", "Remote desktop on",
        /// Whether remote desktop asks who somebody is before it shows anything (network level authentication).
        remote_desktop_nla: bool = "Màn hình từ xa xác thực trước (NLA)", "Remote desktop asks first (NLA)",
        /// Whether the firewall lets public networks reach remote desktop.
        remote_desktop_public: bool = "Màn hình từ xa mở ra mạng công cộng", "Remote desktop open to public networks",
        /// Whether the file server still speaks SMB version 1.
        smb1: bool = "Máy chủ SMBv1 đang bật", "SMBv1 server on",
        /// Whether the PC itself still speaks SMB version 1 to others.
        smb1_client: bool = "Máy khách SMBv1 đang bật", "SMBv1 client on",
        /// Services that send passwords unprotected: telnet, ftp, rsh.
        cleartext_services: Vec<String> = "Dịch vụ không mã hóa", "Services that send unencrypted passwords",
        /// Shared folders that everybody may write to.
        open_shares: i64 = "Số thư mục chia sẻ cho mọi người ghi", "Shared folders that everybody may write",
        /// Shared folders that everybody may read.
        readable_shares: i64 = "Số thư mục chia sẻ cho mọi người đọc", "Shared folders that everybody may read",
        /// Whether programs on inserted media start by themselves.
        autorun: Autorun = "Tự chạy từ USB, đĩa", "Autorun from USB and discs",
        /// Programs that start by themselves from places where anybody may write.
        autostarts: Vec<Autostart> = "Chương trình tự chạy từ nơi ai cũng ghi được", "Autostarts from places anybody may write",
        /// Whether an illegal activator was found.
        activator: Suspicion = "Công cụ bẻ khóa bản quyền", "Licence-cracking tools",
        /// The traces of activators, by their names in this dictionary.
        activator_traces: Vec<String> = "Dấu vết công cụ bẻ khóa", "Traces of licence-cracking tools",
        /// The server that a volume licence is activated by.
        kms_host: String = "Máy chủ kích hoạt (KMS)", "Activation server (KMS)",
        /// Hashes of the USB drives that this PC has known.
        usb_drives: Vec<String> = "Mã băm các ổ USB từng cắm", "Hashes of USB drives seen",
        /// The oldest event in the security log.
        log_oldest_at: Timestamp = "Sự kiện an ninh cũ nhất", "Oldest security event",
        /// When somebody last cleared the security log, or another log of the system.
        log_cleared_at: Timestamp = "Xóa nhật ký sự kiện lần cuối", "Event logs last cleared",
        /// The most that the security log may hold.
        log_size_max: Bytes = "Dung lượng tối đa nhật ký an ninh", "Largest size of the security log",
        /// Tools for remote control.
        remote_tools: Vec<RemoteTool> = "Phần mềm điều khiển từ xa", "Remote-control tools",
        /// Names under gov.vn or ca.gov.vn that the hosts file overrides.
        hosts_overrides: Vec<String> = "Tên miền cơ quan bị ghi đè trong tệp hosts", "Government names overridden in the hosts file",
        /// Root certificates that somebody added to those of the system.
        roots_added: i64 = "Số chứng thư gốc thêm vào", "Root certificates added",
        /// Fingerprints of those certificates.
        roots_added_ids: Vec<String> = "Vân tay các chứng thư gốc thêm vào", "Fingerprints of the root certificates added",
    }
}

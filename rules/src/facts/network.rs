//! Adapters, addresses and resolvers.

use super::{area, words};
use crate::quantity::Percent;

words! {
    /// What sort of line an adapter serves.
    AdapterKind {
        /// A cable.
        Ethernet = "ethernet", "Mạng dây", "Ethernet";
        /// Wi-Fi.
        Wifi = "wifi", "Wi-Fi", "Wi-Fi";
        /// A mobile network.
        Mobile = "mobile", "Di động (3G/4G/5G)", "Mobile";
        /// A bridge, a tunnel, a container's end.
        Virtual = "virtual", "Ảo", "Virtual";
    }
}

words! {
    /// Whether both ends may speak at once.
    Duplex {
        /// Both at once.
        Full = "full", "Song công", "Full";
        /// One at a time.
        Half = "half", "Bán song công", "Half";
    }
}

words! {
    /// How a Wi-Fi network is protected.
    WifiSecurity {
        /// Not at all.
        Open = "open", "Không mã hóa", "Open";
        /// WEP, which is broken.
        Wep = "wep", "WEP", "WEP";
        /// The first WPA, which is weak.
        Wpa = "wpa", "WPA", "WPA";
        /// WPA2.
        Wpa2 = "wpa2", "WPA2", "WPA2";
        /// WPA3.
        Wpa3 = "wpa3", "WPA3", "WPA3";
    }
}

area! {
    /// One network adapter.
    Adapter {
        /// Name in the system.
        name: String = "Tên", "Adapter",
        /// What sort of line it serves.
        kind: AdapterKind = "Loại", "Kind",
        /// Hardware (MAC) address.
        mac: String = "Địa chỉ MAC", "MAC address",
        /// Whether it is connected.
        up: bool = "Đang kết nối", "Connected",
        /// Speed in Mb/s.
        speed: i64 = "Tốc độ (Mb/s)", "Speed (Mb/s)",
        /// Whether both ends may speak at once.
        duplex: Duplex = "Song công", "Duplex",
        /// Strength of the Wi-Fi signal.
        wifi_signal: Percent = "Cường độ Wi-Fi", "Wi-Fi signal",
        /// How the Wi-Fi network is protected.
        wifi_security: WifiSecurity = "Bảo mật Wi-Fi", "Wi-Fi security",
        /// IPv4 addresses.
        ipv4: Vec<String> = "Địa chỉ IPv4", "IPv4 addresses",
        /// IPv6 addresses, link-local ones left out.
        ipv6: Vec<String> = "Địa chỉ IPv6", "IPv6 addresses",
    }
}

area! {
    /// Adapters, addresses and resolvers.
    Network {
        /// Adapters that serve a line; loopback is left out.
        adapters: Vec<Adapter> = "Các cổng mạng", "Network adapters",
        /// Number of adapters with a default route.
        default_routes: i64 = "Số tuyến mặc định", "Default routes",
        /// Gateways of the default routes.
        gateways: Vec<String> = "Cổng ra (gateway)", "Gateways",
        /// Name servers.
        resolvers: Vec<String> = "Máy chủ tên miền (DNS)", "Name servers (DNS)",
        /// Whether the PC has a global IPv6 address.
        ipv6: bool = "Có địa chỉ IPv6", "Global IPv6 address",
        /// Proxy server that the system uses, without user name or password.
        proxy: String = "Máy chủ proxy", "Proxy server",
    }
}

//! Adapters, addresses and resolvers.
//!
//! From functions of Windows and from the registry; nothing needs an administrator. An adapter is called what its driver
//! calls it, since the name on the screen may be anybody's words. It is a line's when it is hardware and stands on a bus
//! of hardware; tunnels, switches of virtual machines and the like count when they have an address. Whether both ends
//! may speak at once is told by WMI since Windows 8 and by nobody before. Windows 11 24H2 tells the protection of a
//! Wi-Fi network only to those who may know the place of the PC.
//!
//! A proxy may be the PC's, a person's, or that of services (WinHTTP); the first that is set is told, without names and
//! passwords.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::network::{Adapter, AdapterKind, Duplex, Network, WifiSecurity};
use rules::quantity::Percent;

use super::people;
use super::registry::{number, text};
use super::rows;
use crate::host::answers::{Key, NetAdapter, Query, RegistryValue, WifiLink};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};

/// Types of interfaces, as IANA numbers them (ifType).
const ETHERNET: u32 = 6;
const WIFI: u32 = 71;
const TUNNEL: u32 = 131;
const MOBILE: &[u32] = &[243, 244];
/// Where Windows keeps how an adapter is plugged in; the GUID is that of the class of adapters.
const CONNECTIONS: &str =
    r"HKLM\SYSTEM\CurrentControlSet\Control\Network\{4D36E972-E325-11CE-BFC1-08002BE10318}";
/// Busses of hardware, at the beginning of what PnP calls an adapter. Those of virtual machines lead to their only line.
const BUSSES: &[&str] = &["PCI\\", "PCMCIA\\", "SD\\", "USB\\", "VMBUS\\", "XENVIF\\", "ACPI\\"];

const SETTINGS: &str = r"Software\Microsoft\Windows\CurrentVersion\Internet Settings";

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Network {
    let proxy = proxy(host);
    let adapters = match host.adapters().and_then(|adapters| adapters.ok_or(Trouble::NotSupported)) {
        Ok(adapters) => adapters,
        Err(trouble) => {
            return Network { proxy, ..Network::all_unknown(&trouble.into()) };
        }
    };
    let up = || adapters.iter().filter(|adapter| adapter.up);
    let gateways: BTreeSet<IpAddr> = up()
        .flat_map(|adapter| adapter.default_routes.iter().copied())
        .filter(|hop| !hop.is_unspecified())
        .collect();
    let mut resolvers: Vec<String> = Vec::new();
    for resolver in up().flat_map(|adapter| &adapter.resolvers).filter(|resolver| !is_placeholder(resolver)) {
        let resolver = resolver.to_string();
        if !resolvers.contains(&resolver) {
            resolvers.push(resolver);
        }
    }
    let routes = up().filter(|adapter| !adapter.default_routes.is_empty()).count();
    Network {
        default_routes: fact(Ok(i64::try_from(routes).ok())),
        gateways: gateways.iter().map(IpAddr::to_string).collect::<Vec<_>>().into(),
        resolvers: resolvers.into(),
        ipv6: up().flat_map(|adapter| &adapter.addresses).any(is_global_ipv6).into(),
        proxy,
        adapters: fact(told(host, &adapters).map(Some)),
    }
}

/// 2000::/3, all that the Internet uses of IPv6.
fn is_global_ipv6(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.segments().first().is_some_and(|first| first >> 13 == 1))
}

/// fec0:0:0:ffff::1 to 3, which Windows asks where it was told of nobody to ask.
fn is_placeholder(resolver: &IpAddr) -> bool {
    matches!(resolver, IpAddr::V6(address) if address.segments().starts_with(&[0xfec0, 0, 0, 0xffff]))
}

fn told(host: &dyn Host, adapters: &[NetAdapter]) -> Result<Vec<Adapter>, Trouble> {
    let kinds: Result<Vec<AdapterKind>, Trouble> =
        adapters.iter().map(|adapter| kind(host, adapter)).collect();
    let kinds = kinds?;
    let wifi = match kinds.contains(&AdapterKind::Wifi) {
        true => host.wifi(),
        false => Ok(None),
    };
    // Nothing but the duplex is lost when WMI hangs.
    let duplex = duplex(host);
    let mut told = Vec::new();
    for (adapter, kind) in adapters.iter().zip(kinds) {
        let idle = !adapter.up || adapter.addresses.is_empty();
        if idle && (adapter.kind == TUNNEL || kind == AdapterKind::Virtual) {
            continue;
        }
        told.push(one(adapter, kind, &wifi, &duplex));
    }
    Ok(told)
}

fn kind(host: &dyn Host, adapter: &NetAdapter) -> Result<AdapterKind, Trouble> {
    let path = format!(r"{CONNECTIONS}\{}\Connection", adapter.id);
    let plugged = text(host, &path, "PnpInstanceID")?.map(|place| place.to_ascii_uppercase());
    let on_bus = plugged.is_none_or(|place| BUSSES.iter().any(|bus| place.starts_with(bus)));
    let hardware = adapter.hardware.unwrap_or(true) && on_bus;
    Ok(match adapter.kind {
        kind if MOBILE.contains(&kind) => AdapterKind::Mobile,
        WIFI if hardware => AdapterKind::Wifi,
        ETHERNET if hardware => AdapterKind::Ethernet,
        _ => AdapterKind::Virtual,
    })
}

fn one(
    adapter: &NetAdapter,
    kind: AdapterKind,
    wifi: &Answer<Vec<WifiLink>>,
    duplex: &Result<BTreeMap<String, Duplex>, Trouble>,
) -> Adapter {
    let addresses = |ipv6: bool| -> Vec<String> {
        let its = adapter.addresses.iter().filter(|address| match address {
            IpAddr::V4(_) => !ipv6,
            IpAddr::V6(address) => ipv6 && !address.is_unicast_link_local(),
        });
        its.map(IpAddr::to_string).collect()
    };
    let (wifi_signal, wifi_security) = match kind {
        AdapterKind::Wifi if adapter.up => connection(adapter, wifi),
        AdapterKind::Ethernet | AdapterKind::Wifi | AdapterKind::Mobile | AdapterKind::Virtual => {
            (Fact::Absent, Fact::Absent)
        }
    };
    Adapter {
        name: match adapter.description.is_empty() {
            true => Fact::failed("the driver's name for it cannot be read"),
            false => adapter.description.clone().into(),
        },
        kind: kind.into(),
        mac: Fact::known_or_absent(adapter.mac.clone()),
        up: adapter.up.into(),
        speed: match (adapter.up, adapter.receive_speed) {
            (false, _) => Fact::Absent,
            (true, Some(speed)) => fact(Ok(i64::try_from(speed / 1_000_000).ok())),
            (true, None) => Fact::Unknown(Reason::NotSupported),
        },
        duplex: match (adapter.up, duplex) {
            (false, _) => Fact::Absent,
            (true, Ok(known)) => match known.get(&adapter.id.to_ascii_uppercase()) {
                Some(duplex) => Fact::Known(*duplex),
                None => Fact::Unknown(Reason::NotSupported),
            },
            (true, Err(trouble)) => Fact::Unknown(trouble.clone().into()),
        },
        wifi_signal,
        wifi_security,
        ipv4: addresses(false).into(),
        ipv6: addresses(true).into(),
    }
}

/// How strong and how well protected the Wi-Fi is that this adapter is connected to.
fn connection(adapter: &NetAdapter, wifi: &Answer<Vec<WifiLink>>) -> (Fact<Percent>, Fact<WifiSecurity>) {
    let links = match wifi {
        Ok(links) => links.as_deref().unwrap_or_default(),
        Err(trouble) => {
            let reason = Reason::from(trouble.clone());
            return (Fact::Unknown(reason.clone()), Fact::Unknown(reason));
        }
    };
    let Some(link) = links.iter().find(|link| link.adapter.eq_ignore_ascii_case(&adapter.id)) else {
        return (Fact::Unknown(Reason::NotSupported), Fact::Unknown(Reason::NotSupported));
    };
    let signal = link.signal.and_then(|signal| Percent::new(i64::from(signal)).ok());
    let security = match link.protection {
        Some((authentication, cipher)) => fact_or_unsupported(Ok(security(authentication, cipher))),
        None => Fact::Unknown(Reason::Denied),
    };
    (fact_or_unsupported(Ok(signal)), security)
}

/// What DOT11_AUTH_ALGORITHM and DOT11_CIPHER_ALGORITHM mean (windot11.h); none for those of later years.
fn security(authentication: u32, cipher: u32) -> Option<WifiSecurity> {
    match (authentication, cipher) {
        // An open door: without a cipher, or with WEP in one of its lengths.
        (1 | 2, 0) => Some(WifiSecurity::Open),
        (1 | 2, 1 | 5 | 0x101) => Some(WifiSecurity::Wep),
        (3..=5, _) => Some(WifiSecurity::Wpa),
        (6 | 7, _) => Some(WifiSecurity::Wpa2),
        // For offices in two forms, with a password, and without one but with a cipher for each guest (RFC 8110).
        (8..=11, _) => Some(WifiSecurity::Wpa3),
        _ => None,
    }
}

/// What WMI knows, by the GUID of the adapter in capital letters.
fn duplex(host: &dyn Host) -> Result<BTreeMap<String, Duplex>, Trouble> {
    let rows = host.wmi(&Query {
        namespace: r"ROOT\StandardCimv2",
        class: "MSFT_NetAdapter",
        columns: &["DeviceID", "MediaDuplexState"],
        filter: "HardwareInterface = TRUE",
    })?;
    let rows = rows.ok_or(Trouble::NotSupported)?;
    let mut known = BTreeMap::new();
    for row in &rows {
        let duplex = match rows::number(row, "MediaDuplexState")? {
            Some(1) => Duplex::Half,
            Some(2) => Duplex::Full,
            Some(_) | None => continue,
        };
        if let Some(id) = rows::text(row, "DeviceID")? {
            known.insert(id.to_ascii_uppercase(), duplex);
        }
    }
    Ok(known)
}

fn proxy(host: &dyn Host) -> Fact<String> {
    match set_proxy(host) {
        Ok(Some(Proxy::Server(server))) => Fact::Known(server),
        Ok(Some(Proxy::Script)) => Fact::failed("a script chooses the proxy"),
        Ok(None) => Fact::Absent,
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Proxy {
    Server(String),
    Script,
}

fn set_proxy(host: &dyn Host) -> Answer<Proxy> {
    const POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Windows\CurrentVersion\Internet Settings";
    // 0: the settings of people do not count, those of the PC do.
    if number(host, POLICY, "ProxySettingsPerUser")? == Some(0) {
        if let Some(proxy) = of_settings(host, &format!(r"HKLM\{SETTINGS}"))? {
            return Ok(Some(proxy));
        }
    } else {
        let own = people::of_each(host, |hive| of_settings(host, &format!(r"{hive}\{SETTINGS}")))?;
        if let Some(proxy) = own.into_iter().flatten().next() {
            return Ok(Some(proxy));
        }
    }
    match host.registry_value(Key::wide(&format!(r"HKLM\{SETTINGS}\Connections")), "WinHttpSettings")? {
        Some(RegistryValue::Bytes(bytes)) => Ok(winhttp(&bytes)?.map(Proxy::Server)),
        Some(_) => Err(Trouble::Failed("WinHttpSettings is of a wrong type".to_owned())),
        None => Ok(None),
    }
}

fn of_settings(host: &dyn Host, path: &str) -> Answer<Proxy> {
    if number(host, path, "ProxyEnable")?.is_some_and(|enabled| enabled != 0)
        && let Some(server) = text(host, path, "ProxyServer")?
    {
        return Ok(server_of(&server).map(Proxy::Server));
    }
    Ok(text(host, path, "AutoConfigURL")?.map(|_| Proxy::Script))
}

/// `server:port`, or a list such as `http=a:80;https=b:443`, of which that for HTTPS counts.
fn server_of(setting: &str) -> Option<String> {
    let entries: Vec<&str> =
        setting.split([';', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).collect();
    let of = |scheme: &str| entries.iter().find_map(|entry| entry.strip_prefix(scheme)?.strip_prefix('='));
    let server = of("https")
        .or_else(|| of("http"))
        .or_else(|| entries.iter().copied().find(|entry| !entry.contains('=')))?;
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    Some(host.to_owned()).filter(|host| !host.is_empty())
}

/// What `netsh winhttp set proxy` leaves: three numbers, of which the last tells whether there is a proxy, then the length
/// of its name and the name.
fn winhttp(bytes: &[u8]) -> Answer<String> {
    /// WINHTTP_ACCESS_TYPE_NAMED_PROXY.
    const NAMED: u32 = 3;
    let number = |at: usize| -> Option<u32> {
        Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
    };
    let name = || -> Option<&str> {
        let length = usize::try_from(number(12)?).ok()?;
        std::str::from_utf8(bytes.get(16..16_usize.checked_add(length)?)?).ok()
    };
    let cut_off = || Trouble::Failed("WinHttpSettings is cut off".to_owned());
    match number(8) {
        Some(NAMED) => Ok(server_of(name().ok_or_else(cut_off)?)),
        Some(_) => Ok(None),
        None => Err(cut_off()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_of_proxies() {
        let check = |setting| server_of(setting).unwrap_or_default();
        assert_eq!(check("10.1.1.9:3128"), "10.1.1.9:3128");
        assert_eq!(check("http=a.vn:80;https=b.vn:443;ftp=c.vn:21"), "b.vn:443");
        assert_eq!(check("http://an:secret@proxy.vn:8080/"), "proxy.vn:8080");
        assert_eq!(check("socks=d.vn:1080"), "");
        assert_eq!(check(" ; "), "");
    }

    #[test]
    fn the_proxy_of_services() {
        let mut bytes = vec![0x28, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 13, 0, 0, 0];
        bytes.extend(b"10.1.1.9:3128");
        bytes.extend([0, 0, 0, 0]);
        assert_eq!(winhttp(&bytes), Ok(Some("10.1.1.9:3128".to_owned())));
        assert_eq!(winhttp(&[0x28, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), Ok(None));
        for broken in [
            &bytes[..20],
            &[][..],
            &[0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 255, 255, 255, 255],
            &[0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 255],
        ] {
            assert_eq!(winhttp(broken), Err(Trouble::Failed("WinHttpSettings is cut off".to_owned())));
        }
    }

    #[test]
    fn protections_of_wifi() {
        assert_eq!(security(1, 0), Some(WifiSecurity::Open));
        assert_eq!(security(1, 0x101), Some(WifiSecurity::Wep));
        assert_eq!(security(4, 2), Some(WifiSecurity::Wpa));
        assert_eq!(security(7, 4), Some(WifiSecurity::Wpa2));
        assert_eq!(security(9, 4), Some(WifiSecurity::Wpa3));
        assert_eq!(security(0x8000_0000, 4), None);
        assert_eq!(security(1, 4), None, "a door that is open and has a cipher is none that we know");
    }

    #[test]
    fn addresses_of_no_use() {
        assert!(is_placeholder(&"fec0:0:0:ffff::2".parse().unwrap()));
        assert!(!is_placeholder(&"2001:db8::53".parse().unwrap()));
        assert!(is_global_ipv6(&"2402:800::1".parse().unwrap()));
        assert!(!is_global_ipv6(&"fd00::1".parse().unwrap()));
    }
}

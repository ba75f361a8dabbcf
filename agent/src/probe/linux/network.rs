//! Adapters, addresses and resolvers.
//!
//! Adapters from /sys/class/net, the strength of Wi-Fi from /proc/net/wireless, addresses from sysinfo, routes from /proc/net, resolvers from resolv.conf
//! (behind the stub of systemd-resolved or NetworkManager, if there is one), the proxy from /etc/environment;
//! the proxy that a person sets in the desktop is not seen. Nothing needs root. Virtual adapters count when
//! they have an address. Seen on Debian 12. What other systems answer is known from their documents and from
//! made-up recordings.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use jiff::Timestamp;
use rules::fact::{Fact, Reason};
use rules::facts::network::{Adapter, AdapterKind, Duplex, Network};
use rules::quantity::Percent;

use crate::host::{Address, Answer, Host, Trouble};
use crate::probe::ask::{assigned, fact, fact_or_unsupported, line, number, present, text};

/// The lists of name servers, real ones before stubs.
const RESOLVER_LISTS: &[&str] =
    &["/run/systemd/resolve/resolv.conf", "/run/NetworkManager/no-stub-resolv.conf", "/etc/resolv.conf"];

/// Flags of a route (linux/route.h, linux/ipv6_route.h): usable, refused.
const ROUTE_UP: u32 = 0x1;
const ROUTE_REJECT: u32 = 0x200;

/// A default route.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Route {
    adapter: String,
    gateway: Option<IpAddr>,
}

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Network {
    let addresses = host.addresses().and_then(|addresses| addresses.ok_or(Trouble::NotSupported));
    let routes = routes(host);
    Network {
        ipv6: match &addresses {
            Ok(addresses) => {
                addresses.iter().filter_map(parsed).any(|address| is_global_ipv6(&address)).into()
            }
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        adapters: fact(adapters(host, &addresses).map(Some)),
        default_routes: fact(routes.as_ref().map_err(Clone::clone).map(|routes| {
            let adapters: BTreeSet<&str> = routes.iter().map(|route| route.adapter.as_str()).collect();
            i64::try_from(adapters.len()).ok()
        })),
        gateways: fact(routes.map(|routes| {
            let gateways: BTreeSet<IpAddr> = routes.iter().filter_map(|route| route.gateway).collect();
            Some(gateways.iter().map(IpAddr::to_string).collect())
        })),
        resolvers: fact(resolvers(host)),
        proxy: fact(proxy(host)),
    }
}

fn parsed(address: &Address) -> Option<IpAddr> {
    address.address.parse().ok()
}

/// 2000::/3, all that the Internet uses of IPv6.
fn is_global_ipv6(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(address) if address.segments().first().is_some_and(|first| first >> 13 == 1))
}

fn adapters(host: &dyn Host, addresses: &Result<Vec<Address>, Trouble>) -> Result<Vec<Adapter>, Trouble> {
    let names = host.folder("/sys/class/net")?.ok_or(Trouble::NotSupported)?;
    let mut signals = None;
    let mut adapters = Vec::new();
    // Besides adapters, the folder may hold the control file of bonding.
    for name in names.into_iter().filter(|name| name != "lo" && name != "bonding_masters") {
        let kind = kind(host, &name)?;
        let its = |ipv6: bool| match addresses {
            Ok(addresses) => Fact::Known(
                addresses
                    .iter()
                    .filter(|address| address.adapter == name)
                    .filter_map(parsed)
                    .filter(|address| match address {
                        IpAddr::V4(_) => !ipv6,
                        IpAddr::V6(address) => ipv6 && !address.is_unicast_link_local(),
                    })
                    .map(|address| address.to_string())
                    .collect::<Vec<String>>(),
            ),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        };
        let (ipv4, ipv6) = (its(false), its(true));
        let idle = |addresses: &Fact<Vec<String>>| addresses.known().is_some_and(Vec::is_empty);
        if kind == AdapterKind::Virtual && idle(&ipv4) && idle(&ipv6) {
            continue;
        }
        let (wifi_signal, wifi_security) = match kind {
            AdapterKind::Wifi => {
                let signals = signals.get_or_insert_with(|| signals_of(host));
                let signal =
                    signals.as_ref().map(|signals| signals.get(&name).copied()).map_err(Clone::clone);
                // Only the kernel's own protocol tells the protection (nl80211).
                (fact(signal), Fact::Unknown(Reason::NotSupported))
            }
            AdapterKind::Ethernet | AdapterKind::Mobile | AdapterKind::Virtual => {
                (Fact::Absent, Fact::Absent)
            }
        };
        let adapter = adapter(host, name, kind, ipv4, ipv6);
        adapters.push(Adapter { wifi_signal, wifi_security, ..adapter });
    }
    Ok(adapters)
}

/// The strength of Wi-Fi by adapter, for those that are connected. Not there: a kernel without the old protocol.
fn signals_of(host: &dyn Host) -> Result<BTreeMap<String, Percent>, Trouble> {
    let text = text(host, "/proc/net/wireless")?.ok_or(Trouble::NotSupported)?;
    Ok(text.lines().filter_map(signal).collect())
}

/// `wlan0: 0000   54.  -56.  -256 …`: status, then the quality of the link, 70 at best (cfg80211, wext-compat.c).
fn signal(line: &str) -> Option<(String, Percent)> {
    const BEST: i64 = 70;
    let (adapter, rest) = line.split_once(':')?;
    let quality: i64 = rest.split_whitespace().nth(1)?.trim_end_matches('.').parse().ok()?;
    Some((adapter.trim().to_owned(), Percent::new(quality.clamp(0, BEST) * 100 / BEST).ok()?))
}

fn adapter(
    host: &dyn Host,
    name: String,
    kind: AdapterKind,
    ipv4: Fact<Vec<String>>,
    ipv6: Fact<Vec<String>>,
) -> Adapter {
    let folder = format!("/sys/class/net/{name}");
    let state = fact_or_unsupported(line(host, &format!("{folder}/operstate")));
    let up = match &state {
        // Drivers that do not tell (point-to-point, some virtual ones) still know the carrier.
        Fact::Known(state) if state == "unknown" => {
            fact_or_unsupported(number(host, &format!("{folder}/carrier"))).map(|carrier| carrier == 1)
        }
        Fact::Known(state) => (state == "up").into(),
        Fact::Absent => Fact::Absent,
        Fact::Unknown(reason) => Fact::Unknown(reason.clone()),
    };
    // An adapter that is not connected has neither; one that does not know says -1 and "unknown".
    let (speed, duplex) = match up {
        Fact::Known(false) => (Fact::Absent, Fact::Absent),
        Fact::Known(true) | Fact::Absent | Fact::Unknown(_) => {
            let speed =
                number(host, &format!("{folder}/speed")).map(|speed| speed.filter(|speed| *speed > 0));
            let duplex = line(host, &format!("{folder}/duplex")).map(|duplex| match duplex.as_deref() {
                Some("full") => Some(Duplex::Full),
                Some("half") => Some(Duplex::Half),
                Some(_) | None => None,
            });
            (fact_or_unsupported(speed), fact_or_unsupported(duplex))
        }
    };
    let mac = line(host, &format!("{folder}/address"))
        .map(|mac| mac.filter(|mac| mac.contains(|c| matches!(c, '1'..='9' | 'a'..='f'))));
    Adapter {
        kind: kind.into(),
        mac: fact(mac),
        up,
        speed,
        duplex,
        ipv4,
        ipv6,
        name: name.into(),
        ..Adapter::default()
    }
}

fn kind(host: &dyn Host, name: &str) -> Result<AdapterKind, Trouble> {
    let path = host.link(&format!("/sys/class/net/{name}"))?.unwrap_or_default();
    Ok(if present(host, &format!("/sys/class/net/{name}/phy80211"))? {
        AdapterKind::Wifi
    } else if name.starts_with("wwan") || name.starts_with("ppp") {
        AdapterKind::Mobile
    } else if path.contains("/virtual/") {
        AdapterKind::Virtual
    } else {
        AdapterKind::Ethernet
    })
}

fn routes(host: &dyn Host) -> Result<BTreeSet<Route>, Trouble> {
    let ipv4 = text(host, "/proc/net/route")?.ok_or(Trouble::NotSupported)?;
    // Without IPv6 in the kernel there is no such file.
    let ipv6 = text(host, "/proc/net/ipv6_route")?.unwrap_or_default();
    Ok(ipv4.lines().filter_map(ipv4_default).chain(ipv6.lines().filter_map(ipv6_default)).collect())
}

/// Iface Destination Gateway Flags RefCnt Use Metric Mask …, numbers in hexadecimal, addresses byte-swapped.
fn ipv4_default(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let &[adapter, "00000000", gateway, flags, _, _, _, "00000000", ..] = fields.as_slice() else {
        return None;
    };
    let flags = u32::from_str_radix(flags, 16).ok()?;
    if flags & ROUTE_UP == 0 || flags & ROUTE_REJECT != 0 {
        return None;
    }
    let gateway = Ipv4Addr::from(u32::from_str_radix(gateway, 16).ok()?.swap_bytes());
    let gateway = (!gateway.is_unspecified()).then_some(IpAddr::V4(gateway));
    Some(Route { adapter: adapter.to_owned(), gateway })
}

/// Destination, its prefix, source, its prefix, next hop, metric, references, uses, flags, device.
fn ipv6_default(line: &str) -> Option<Route> {
    let fields: Vec<&str> = line.split_whitespace().collect();
    let &[destination, "00", _, _, gateway, _, _, _, flags, adapter] = fields.as_slice() else { return None };
    let flags = u32::from_str_radix(flags, 16).ok()?;
    if destination.contains(|c| c != '0')
        || flags & ROUTE_UP == 0
        || flags & ROUTE_REJECT != 0
        || adapter == "lo"
    {
        return None;
    }
    let gateway = Ipv6Addr::from(u128::from_str_radix(gateway, 16).ok()?);
    let gateway = (!gateway.is_unspecified()).then_some(IpAddr::V6(gateway));
    Some(Route { adapter: adapter.to_owned(), gateway })
}

fn resolvers(host: &dyn Host) -> Answer<Vec<String>> {
    let mut best = None;
    for path in RESOLVER_LISTS {
        let Some(text) = text(host, path)? else { continue };
        let servers: Vec<String> = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("nameserver"))
            .filter(|rest| rest.starts_with([' ', '\t']))
            .map(|server| server.trim().to_owned())
            .collect();
        if !servers.is_empty() {
            return Ok(Some(servers));
        }
        best = Some(servers);
    }
    Ok(best)
}

/// Host and port of the proxy that programs are told to use.
pub(super) fn proxy(host: &dyn Host) -> Answer<String> {
    let Some(text) = text(host, "/etc/environment")? else { return Ok(None) };
    let keys = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"];
    let proxy = keys.iter().find_map(|key| assigned(&text, key));
    Ok(proxy.map(|proxy| without_credentials(&proxy)))
}

/// Host and port of a proxy's address.
fn without_credentials(proxy: &str) -> String {
    let rest = proxy.split_once("://").map_or(proxy, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn default_routes() {
        let line = "eth0\t00000000\t0102A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0";
        let gateway = Some(IpAddr::from([192, 168, 2, 1]));
        assert_eq!(ipv4_default(line), Some(Route { adapter: "eth0".to_owned(), gateway }));
        assert_eq!(ipv4_default("eth0\t0002A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0"), None);
        assert_eq!(ipv4_default("Iface\tDestination\tGateway \tFlags"), None);
        let zeros = "00000000000000000000000000000000";
        let reject = format!("{zeros} 00 {zeros} 00 {zeros} ffffffff 00000001 00000000 00200200       lo");
        assert_eq!(ipv6_default(&reject), None);
        let line = format!(
            "{zeros} 00 {zeros} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00450003 wlan0"
        );
        let gateway = Some("fe80::1".parse().unwrap());
        assert_eq!(ipv6_default(&line), Some(Route { adapter: "wlan0".to_owned(), gateway }));
    }

    #[test]
    fn strengths_of_wifi() {
        let check =
            |line| signal(line).map(|(adapter, signal)| format!("{adapter} {signal}")).unwrap_or_default();
        assert_eq!(
            check("wlp3s0: 0000   54.  -56.  -256        0      0      0      0    112        0"),
            "wlp3s0 77 %"
        );
        assert_eq!(check("wlan0: 0000   -1.  -256.  -256"), "wlan0 0 %");
        assert_eq!(check(" face | tus | link level noise |  nwid  crypt   frag"), "");
        assert_eq!(check("Inter-| sta-|   Quality        |   Discarded packets"), "");
        assert_eq!(check("wlan0: 0000   x."), "");
    }

    #[test]
    fn a_proxy_without_its_password() {
        assert_eq!(without_credentials("http://an:secret@proxy.local:3128/"), "proxy.local:3128");
        assert_eq!(without_credentials("proxy.local:3128"), "proxy.local:3128");
    }
}

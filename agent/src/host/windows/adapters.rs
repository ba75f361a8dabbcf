//! Network adapters, their addresses and default routes.
#![expect(unsafe_code, reason = "adapters are listed through functions of Windows")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use windows::Win32::Foundation::{ERROR_BUFFER_OVERFLOW, ERROR_NO_DATA, WIN32_ERROR};
use windows::Win32::NetworkManagement::IpHelper::{
    FreeMibTable, GAA_FLAG_SKIP_ANYCAST, GAA_FLAG_SKIP_FRIENDLY_NAME, GAA_FLAG_SKIP_MULTICAST,
    GetAdaptersAddresses, GetIfEntry2, GetIpForwardTable2, IP_ADAPTER_ADDRESSES_LH, MIB_IF_ROW2,
    MIB_IPFORWARD_TABLE2,
};
use windows::Win32::NetworkManagement::Ndis::{IfOperStatusUp, NET_LUID_LH};
use windows::Win32::Networking::WinSock::{
    AF_INET, AF_INET6, AF_UNSPEC, SOCKADDR_IN, SOCKADDR_IN6, SOCKADDR_INET, SOCKET_ADDRESS,
};

use super::super::answers::NetAdapter;
use super::{Answer, Trouble, trouble_of};

/// Loopback, as IANA numbers it.
const LOOPBACK: u32 = 24;
/// How often the list may grow between the question for its size and the question for it.
const TRIES: usize = 5;
/// What Microsoft advises to begin with, in units of 8 bytes, and the largest list.
const UNITS: usize = 2 * 1024;
const UNITS_MAX: usize = 512 * 1024;
/// Most adapters and addresses of one, should a list run in a circle.
const LIST_COUNT_MAX: usize = 4096;

/// A default route: the adapter and the next hop.
type Route = (u64, IpAddr);

pub(super) fn adapters() -> Answer<Vec<NetAdapter>> {
    let list = read()?;
    let routes = default_routes()?;
    let mut adapters = Vec::new();
    let mut next = list.as_ptr().cast::<IP_ADAPTER_ADDRESSES_LH>();
    while !next.is_null() && !list.is_empty() && adapters.len() < LIST_COUNT_MAX {
        // SAFETY: Windows filled the room with a chain of adapters, which lie in it; the room lives on.
        let adapter = unsafe { &*next };
        if adapter.IfType != LOOPBACK {
            adapters.push(told(adapter, &routes));
        }
        next = adapter.Next;
    }
    adapters.sort_unstable();
    Ok(Some(adapters))
}

/// The room with the chain of adapters; empty when there is none.
fn read() -> Result<Vec<u64>, Trouble> {
    let mut room = vec![0_u64; UNITS];
    for _ in 0..TRIES {
        let mut bytes = u32::try_from(room.len() * size_of::<u64>()).unwrap_or(0);
        let flags = GAA_FLAG_SKIP_ANYCAST | GAA_FLAG_SKIP_MULTICAST | GAA_FLAG_SKIP_FRIENDLY_NAME;
        // SAFETY: the room is as large as said, and aligned as its structures need.
        let code = WIN32_ERROR(unsafe {
            GetAdaptersAddresses(
                u32::from(AF_UNSPEC.0),
                flags,
                None,
                Some(room.as_mut_ptr().cast()),
                &raw mut bytes,
            )
        });
        match code {
            WIN32_ERROR(0) => return Ok(room),
            ERROR_NO_DATA => return Ok(Vec::new()),
            ERROR_BUFFER_OVERFLOW => {
                let units = usize::try_from(bytes).unwrap_or(usize::MAX).div_ceil(size_of::<u64>());
                room = vec![0; units.max(room.len() + UNITS).min(UNITS_MAX)];
            }
            code => return Err(trouble_of("list the network adapters", code)),
        }
    }
    Err(Trouble::Failed("the list of network adapters does not stop growing".to_owned()))
}

fn told(adapter: &IP_ADAPTER_ADDRESSES_LH, routes: &[Route]) -> NetAdapter {
    // SAFETY: both are texts of the chain that end with a zero, or null; a number lies under each name of a LUID.
    let (id, description, luid) = unsafe {
        let id =
            if adapter.AdapterName.is_null() { String::new() } else { text(adapter.AdapterName.as_bytes()) };
        let description = if adapter.Description.is_null() {
            String::new()
        } else {
            String::from_utf16(adapter.Description.as_wide()).unwrap_or_default()
        };
        (id, description, adapter.Luid.Value)
    };
    let length = usize::try_from(adapter.PhysicalAddressLength).unwrap_or(0);
    let mac = adapter.PhysicalAddress.get(..length).filter(|mac| mac.iter().any(|byte| *byte != 0));
    NetAdapter {
        description,
        id,
        kind: adapter.IfType,
        hardware: hardware(adapter.Luid),
        mac: mac.map(|mac| mac.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")),
        up: adapter.OperStatus == IfOperStatusUp,
        receive_speed: Some(adapter.ReceiveLinkSpeed).filter(|speed| *speed != u64::MAX),
        // SAFETY: chains of addresses, which lie in the room that the adapter lies in.
        addresses: unsafe {
            chain(adapter.FirstUnicastAddress, |entry| (&entry.Address, entry.Next.cast_const()))
        },
        // SAFETY: as above.
        resolvers: unsafe {
            chain(adapter.FirstDnsServerAddress, |entry| (&entry.Address, entry.Next.cast_const()))
        },
        default_routes: routes.iter().filter(|(its, _)| *its == luid).map(|(_, hop)| *hop).collect(),
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The addresses of a chain, in its order.
///
/// # Safety
/// `first` and what `read` answers as the next are whole entries, or null.
unsafe fn chain<T>(first: *const T, read: impl Fn(&T) -> (&SOCKET_ADDRESS, *const T)) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    let mut next = first;
    for _ in 0..LIST_COUNT_MAX {
        if next.is_null() {
            break;
        }
        // SAFETY: the caller's chain is whole.
        let (place, after) = read(unsafe { &*next });
        // SAFETY: as above.
        addresses.extend(unsafe { address(place) });
        next = after;
    }
    addresses
}

/// # Safety
/// `place` is empty or leads to an address of the length that it says.
unsafe fn address(place: &SOCKET_ADDRESS) -> Option<IpAddr> {
    let length = usize::try_from(place.iSockaddrLength).ok()?;
    if place.lpSockaddr.is_null() {
        return None;
    }
    // SAFETY: the caller's address is whole, and each form is read only where there is as much of it.
    unsafe {
        match (*place.lpSockaddr).sa_family {
            AF_INET if length >= size_of::<SOCKADDR_IN>() => {
                Some(ipv4(&*place.lpSockaddr.cast::<SOCKADDR_IN>()))
            }
            AF_INET6 if length >= size_of::<SOCKADDR_IN6>() => {
                Some(ipv6(&*place.lpSockaddr.cast::<SOCKADDR_IN6>()))
            }
            _ => None,
        }
    }
}

fn ipv4(address: &SOCKADDR_IN) -> IpAddr {
    // SAFETY: a number lies under each name of the address.
    let number = unsafe { address.sin_addr.S_un.S_addr };
    IpAddr::V4(Ipv4Addr::from(number.to_ne_bytes()))
}

fn ipv6(address: &SOCKADDR_IN6) -> IpAddr {
    // SAFETY: bytes lie under each name of the address.
    IpAddr::V6(Ipv6Addr::from(unsafe { address.sin6_addr.u.Byte }))
}

/// Whether an adapter is a piece of hardware.
fn hardware(luid: NET_LUID_LH) -> Option<bool> {
    /// The first bit of InterfaceAndOperStatusFlags: HardwareInterface.
    const HARDWARE: u8 = 1;
    let mut row = MIB_IF_ROW2 { InterfaceLuid: luid, ..Default::default() };
    // SAFETY: the row lives through the call.
    let code = unsafe { GetIfEntry2(&raw mut row) };
    (code.0 == 0).then_some(row.InterfaceAndOperStatusFlags._bitfield & HARDWARE != 0)
}

fn default_routes() -> Result<Vec<Route>, Trouble> {
    let mut table: *mut MIB_IPFORWARD_TABLE2 = std::ptr::null_mut();
    // SAFETY: the place lives through the call; what Windows allocates is freed below.
    let code = unsafe { GetIpForwardTable2(AF_UNSPEC, &raw mut table) };
    if code.0 != 0 || table.is_null() {
        return Err(trouble_of("list the routes", code));
    }
    // SAFETY: the table has as many rows as it says, one after the other. Numbers lie under each name of a LUID.
    let routes = unsafe {
        let count = usize::try_from((*table).NumEntries).unwrap_or(0);
        let rows = std::slice::from_raw_parts((&raw const (*table).Table).cast(), count);
        let rows =
            rows.iter().filter(|row: &&windows::Win32::NetworkManagement::IpHelper::MIB_IPFORWARD_ROW2| {
                row.DestinationPrefix.PrefixLength == 0
            });
        rows.filter_map(|row| Some((row.InterfaceLuid.Value, hop(&row.NextHop)?))).collect()
    };
    // SAFETY: Windows allocated it, and it is freed once.
    unsafe { FreeMibTable(table.cast_const().cast()) };
    Ok(routes)
}

fn hop(address: &SOCKADDR_INET) -> Option<IpAddr> {
    // SAFETY: the family lies at the same place in every form, and tells the form.
    unsafe {
        match address.si_family {
            AF_INET => Some(ipv4(&address.Ipv4)),
            AF_INET6 => Some(ipv6(&address.Ipv6)),
            _ => None,
        }
    }
}

//! The sockets that take what comes from elsewhere: TCP that listens, UDP that is bound.
#![expect(unsafe_code, reason = "the tables of sockets are read through functions of Windows")]

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use windows::Win32::Foundation::{ERROR_INSUFFICIENT_BUFFER, WIN32_ERROR};
use windows::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, GetExtendedUdpTable, TCP_TABLE_OWNER_PID_LISTENER, UDP_TABLE_OWNER_PID,
};

use super::super::answers::Listener;
use super::{Answer, Trouble, trouble_of};

/// Address families (winsock2.h).
const AF_INET: u32 = 2;
const AF_INET6: u32 = 23;
/// How often a table may grow between the question for its size and the question for it.
const TRIES: usize = 5;
/// Largest table, in bytes.
const TABLE_BYTES_MAX: u32 = 8 * 1024 * 1024;

/// A table: its number of rows, then the rows, all in units of 32 bits.
struct Table {
    tcp: bool,
    family: u32,
    /// Units of a row, and where address, port and process stand in it.
    row: usize,
    address: usize,
    port: usize,
    process: usize,
}

/// MIB_TCPROW_OWNER_PID, MIB_TCP6ROW_OWNER_PID, MIB_UDPROW_OWNER_PID, MIB_UDP6ROW_OWNER_PID of iphlpapi.h.
const TABLES: &[Table] = &[
    Table { tcp: true, family: AF_INET, row: 6, address: 1, port: 2, process: 5 },
    Table { tcp: true, family: AF_INET6, row: 14, address: 0, port: 5, process: 13 },
    Table { tcp: false, family: AF_INET, row: 3, address: 0, port: 1, process: 2 },
    Table { tcp: false, family: AF_INET6, row: 7, address: 0, port: 5, process: 6 },
];

pub(super) fn listeners(programs: &BTreeMap<u32, String>) -> Answer<Vec<Listener>> {
    let mut listeners = Vec::new();
    for table in TABLES {
        let units = read(table)?;
        let (count, rows) = units.split_first().unwrap_or((&0, &[]));
        let count = usize::try_from(*count).unwrap_or(usize::MAX);
        for row in rows.chunks_exact(table.row).take(count) {
            let Some(listener) = listener(table, row, programs) else {
                return Err(Trouble::Failed("a table of sockets has an unknown form".to_owned()));
            };
            listeners.push(listener);
        }
    }
    listeners.sort_unstable();
    listeners.dedup();
    Ok(Some(listeners))
}

fn listener(table: &Table, row: &[u32], programs: &BTreeMap<u32, String>) -> Option<Listener> {
    // Addresses and ports lie in the order of the network, whatever the order of the machine.
    let address = match (table.family, row.get(table.address..)?) {
        (AF_INET, [address, ..]) => IpAddr::V4(Ipv4Addr::from(address.to_ne_bytes())),
        (_, [a, b, c, d, ..]) => {
            let bytes = [a, b, c, d].map(|unit| unit.to_ne_bytes());
            IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(bytes.as_flattened()).ok()?))
        }
        _ => return None,
    };
    let [high, low, ..] = row.get(table.port)?.to_ne_bytes();
    let program = programs.get(row.get(table.process)?).cloned();
    Some(Listener { tcp: table.tcp, address, port: u16::from_be_bytes([high, low]), program })
}

fn read(table: &Table) -> Result<Vec<u32>, Trouble> {
    let mut units: Vec<u32> = Vec::new();
    let mut size = 0;
    for _ in 0..TRIES {
        let room = (!units.is_empty()).then(|| units.as_mut_ptr().cast());
        // SAFETY: the room is as large as `size` says, or there is none and `size` is 0.
        let code = WIN32_ERROR(unsafe {
            if table.tcp {
                GetExtendedTcpTable(room, &raw mut size, false, table.family, TCP_TABLE_OWNER_PID_LISTENER, 0)
            } else {
                GetExtendedUdpTable(room, &raw mut size, false, table.family, UDP_TABLE_OWNER_PID, 0)
            }
        });
        match code {
            ERROR_INSUFFICIENT_BUFFER if size <= TABLE_BYTES_MAX => {
                units = vec![0; usize::try_from(size).unwrap_or(0).div_ceil(size_of::<u32>())];
                size = u32::try_from(size_of_val(units.as_slice())).unwrap_or(0);
            }
            // Without IPv6 there is no table of it.
            WIN32_ERROR(50 | 87) if table.family == AF_INET6 => return Ok(Vec::new()),
            code => {
                code.ok().map_err(|_| trouble_of("read the table of sockets", code))?;
                return Ok(units);
            }
        }
    }
    Err(Trouble::Failed("the table of sockets grew faster than it could be read".to_owned()))
}

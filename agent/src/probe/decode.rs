//! Formats that several platforms speak, from bytes to values. Nothing here asks a host.

pub mod edid;
pub mod smart;
pub mod smbios;

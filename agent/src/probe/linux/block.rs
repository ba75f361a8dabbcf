//! Which drive is under what: partitions, mapped devices, mounts. Used by the probes of disks and of encryption.
//!
//! From the links under /sys/dev/block and /sys/class/block and from /proc/self/mountinfo. Nothing needs root.

use std::collections::BTreeSet;

use rules::facts::disk::Bus;

use crate::host::{Host, Trouble, Volume};
use crate::probe::ask::{line, number, text};

/// Most steps down a stack of block devices; a longer one goes round in circles.
const STEPS_MAX: usize = 32;

/// Beginnings of names of block devices that are no drives: memory, images, optical and floppy drives, and what
/// stands upon drives.
const NO_DRIVES: &[&str] =
    &["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "mtd", "drbd", "bcache", "zd"];

/// Mounts where firmware and boot loader keep their files: too small to say anything of space.
const BOOT_MOUNTS: &[&str] = &["/boot", "/boot/efi", "/boot/firmware", "/efi"];

/// A block device and everything under it.
#[derive(Debug, Default)]
pub(super) struct Stack {
    /// Every block device on the way down.
    pub(super) devices: BTreeSet<String>,
    /// The drives at the bottom.
    pub(super) drives: BTreeSet<String>,
}

/// A volume on fixed drives.
pub(super) struct Standing {
    pub(super) volume: Volume,
    pub(super) stack: Stack,
}

/// One line of mountinfo (proc_pid_mountinfo(5)).
struct Mount {
    point: String,
    device: (u32, u32),
    source: String,
}

/// The mounted volumes that stand on drives which stay in the PC. One of each device: the one with the shortest path.
pub(super) fn volumes(host: &dyn Host) -> Result<Vec<Standing>, Trouble> {
    let mounts = mounts(host)?;
    let mut volumes = host.volumes()?.ok_or(Trouble::NotSupported)?;
    volumes.sort_by(|a, b| (a.mount.len(), &a.mount).cmp(&(b.mount.len(), &b.mount)));
    let mut seen = BTreeSet::new();
    let mut standing = Vec::new();
    for volume in volumes {
        let mount = mounts.iter().rev().find(|mount| mount.point == volume.mount);
        let Some(mount) = mount else { continue };
        if BOOT_MOUNTS.contains(&volume.mount.as_str()) || !seen.insert(mount.source.clone()) {
            continue;
        }
        let stack = under(host, mount)?;
        // A ZFS pool is no block device, but it is on the PC's own drives.
        let mut fixed = !stack.drives.is_empty() || volume.filesystem == "zfs";
        for drive in &stack.drives {
            fixed &= is_drive(drive) && is_fixed(host, drive)?;
        }
        if fixed {
            standing.push(Standing { volume, stack });
        }
    }
    Ok(standing)
}

/// What is under the root of the file system.
pub(super) fn system(host: &dyn Host) -> Result<Stack, Trouble> {
    let mounts = mounts(host)?;
    match mounts.iter().rev().find(|mount| mount.point == "/") {
        Some(root) => under(host, root),
        None => Err(Trouble::Failed("/proc/self/mountinfo does not list /".to_owned())),
    }
}

/// Whether a name under /sys/block is that of a drive.
pub(super) fn is_drive(name: &str) -> bool {
    !NO_DRIVES.iter().any(|start| name.starts_with(start))
        // The boot partitions of an eMMC, which look like drives of their own.
        && !(name.starts_with("mmcblk") && (name.contains("boot") || name.contains("rpmb")))
}

/// Whether a drive stays in the PC.
pub(super) fn is_fixed(host: &dyn Host, drive: &str) -> Result<bool, Trouble> {
    if number(host, &format!("/sys/block/{drive}/removable"))? == Some(1) {
        return Ok(false);
    }
    match bus(host, drive)? {
        Some(Bus::Usb) => Ok(false),
        // A card says "SD", an eMMC on the board "MMC".
        Some(Bus::Mmc) => {
            Ok(line(host, &format!("/sys/block/{drive}/device/type"))?.as_deref() != Some("SD"))
        }
        Some(Bus::Nvme | Bus::Sata | Bus::Scsi | Bus::Virtual) | None => Ok(true),
    }
}

/// How a drive is connected, by the path of its device.
pub(super) fn bus(host: &dyn Host, drive: &str) -> Result<Option<Bus>, Trouble> {
    let Some(path) = host.link(&format!("/sys/block/{drive}"))? else { return Ok(None) };
    let has = |part: &str| path.contains(part);
    // In this order: a USB drive is a SCSI one too, and a virtio disk may be behind SCSI.
    Ok(if has("/usb") {
        Some(Bus::Usb)
    } else if has("/nvme/") {
        Some(Bus::Nvme)
    } else if has("/mmc_host/") {
        Some(Bus::Mmc)
    } else if has("/virtio") || has("/vmbus") || has("/VMBUS") || has("/vbd-") {
        Some(Bus::Virtual)
    } else if has("/ata") {
        Some(Bus::Sata)
    } else if has("/host") {
        Some(Bus::Scsi)
    } else {
        None
    })
}

fn mounts(host: &dyn Host) -> Result<Vec<Mount>, Trouble> {
    let text = text(host, "/proc/self/mountinfo")?.ok_or(Trouble::NotSupported)?;
    Ok(text.lines().filter_map(mount).collect())
}

fn mount(line: &str) -> Option<Mount> {
    let (before, after) = line.split_once(" - ")?;
    let mut before = before.split(' ');
    let (major, minor) = before.nth(2)?.split_once(':')?;
    let point = before.nth(1)?;
    let source = after.split(' ').nth(1)?;
    Some(Mount {
        point: unescaped(point),
        device: (major.parse().ok()?, minor.parse().ok()?),
        source: unescaped(source),
    })
}

/// Blanks and backslashes are written in octal.
fn unescaped(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\012", "\n").replace("\\134", "\\")
}

fn under(host: &dyn Host, mount: &Mount) -> Result<Stack, Trouble> {
    // Major 0 is a device without a number: btrfs, overlay, memory. Then only the source tells.
    let (major, minor) = mount.device;
    let link = if major == 0 {
        match name_of_source(host, &mount.source)? {
            Some(name) => host.link(&format!("/sys/class/block/{name}"))?,
            None => None,
        }
    } else {
        let link = host.link(&format!("/sys/dev/block/{major}:{minor}"))?;
        Some(link.ok_or_else(|| Trouble::Failed(format!("the kernel does not know {major}:{minor}")))?)
    };
    let mut stack = Stack::default();
    let mut steps = 0;
    let mut open: Vec<String> = link.into_iter().collect();
    while let Some(link) = open.pop() {
        steps += 1;
        if steps > STEPS_MAX {
            return Err(Trouble::Failed(format!("too many block devices under {}", mount.source)));
        }
        // …/block/sda/sda1: the drive, then the partition.
        let Some((_, path)) = link.rsplit_once("/block/") else {
            return Err(Trouble::Failed(format!("cannot tell the block device of {link}")));
        };
        let whole = path.split('/').next().unwrap_or_default();
        stack.devices.extend(path.split('/').map(str::to_owned));
        let below = match whole.starts_with("dm-") || whole.starts_with("md") || whole.starts_with("bcache") {
            true => host
                .folder(&format!("/sys/block/{whole}/slaves"))?
                .ok_or_else(|| Trouble::Failed(format!("the kernel does not tell what is under {whole}")))?,
            false => Vec::new(),
        };
        if below.is_empty() {
            stack.drives.insert(whole.to_owned());
        }
        for name in below {
            open.extend(host.link(&format!("/sys/class/block/{name}"))?);
        }
    }
    Ok(stack)
}

/// The kernel's name of /dev/sda1 or /dev/mapper/x, which is a link to ../dm-0.
fn name_of_source(host: &dyn Host, source: &str) -> Result<Option<String>, Trouble> {
    let Some(path) = source.strip_prefix("/dev/") else { return Ok(None) };
    let target = match path.contains('/') {
        true => host.link(source)?,
        false => None,
    };
    let name = target.as_deref().unwrap_or(path).rsplit('/').next().map(str::to_owned);
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_with_and_without_optional_fields() {
        let plain = mount("27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard").unwrap();
        assert_eq!((plain.point.as_str(), plain.device, plain.source.as_str()), ("/", (254, 0), "/dev/vda"));
        let shared =
            mount("36 35 8:5 /a\\040b /my\\040disk rw master:1 shared:2 - vfat /dev/sda5 rw").unwrap();
        assert_eq!((shared.point.as_str(), shared.device), ("/my disk", (8, 5)));
        assert!(mount("").is_none());
        assert!(mount("27 1 254 / / rw - ext4 /dev/vda rw").is_none());
    }

    #[test]
    fn what_is_a_drive() {
        for name in ["sda", "nvme0n1", "vda", "mmcblk0", "xvda"] {
            assert!(is_drive(name), "{name}");
        }
        for name in ["loop0", "zram0", "dm-0", "md127", "sr0", "mmcblk0boot1", "mmcblk0rpmb", "ram0"] {
            assert!(!is_drive(name), "{name}");
        }
    }
}

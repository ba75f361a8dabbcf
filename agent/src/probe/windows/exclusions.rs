//! Places that Microsoft's antivirus leaves out of its checks.
//!
//! Only their number leaves this file. Which are too broad follows Microsoft's page "Common mistakes to avoid when
//! defining exclusions": whole drives, folders that anybody may write to, kinds of programs, interpreters.

use std::collections::BTreeSet;

use super::antivirus::{Own, listed};
use super::paths;
use super::registry::number;
use crate::host::answers::Key;
use crate::host::{Host, Trouble};

/// How many places are left out.
pub(super) struct Found {
    /// All of them.
    pub(super) count: i64,
    /// Those that are too broad.
    pub(super) broad: i64,
}

/// One kind of exclusions.
struct Kind {
    /// Its key.
    key: &'static str,
    /// The value of the policy that device management makes.
    managed: &'static str,
    is_broad: fn(&str) -> bool,
}

const KINDS: &[Kind] = &[
    Kind { key: "Paths", managed: "ExcludedPaths", is_broad: is_broad_path },
    Kind { key: "Extensions", managed: "ExcludedExtensions", is_broad: is_broad_extension },
    Kind { key: "Processes", managed: "ExcludedProcesses", is_broad: is_broad_process },
];

/// Folders under a drive that are too broad, with what lies directly in them where a star says so.
const BROAD_FOLDERS: &[&str] = &[
    "documents and settings",
    "documents and settings/*",
    "inetpub",
    "perflogs",
    "program files",
    "program files (x86)",
    "programdata",
    "programdata/temp",
    "temp",
    "tmp",
    "users",
    "users/*",
    "users/*/appdata",
    "users/*/appdata/local",
    "users/*/appdata/local/temp",
    "users/*/appdata/locallow",
    "users/*/appdata/roaming",
    "users/*/desktop",
    "users/*/documents",
    "users/*/downloads",
    "windows",
    "windows/prefetch",
    "windows/system32",
    "windows/syswow64",
    "windows/system32/spool",
    "windows/temp",
];
/// Kinds of files that can carry a program.
const BROAD_EXTENSIONS: &[&str] = &[
    "*", "bat", "bin", "cab", "cmd", "com", "cpl", "dll", "exe", "hta", "inf", "jar", "js", "jse", "lnk",
    "msi", "ocx", "ps1", "psm1", "py", "rar", "reg", "scr", "sys", "tmp", "vbe", "vbs", "wsf", "wsh", "zip",
];
/// Programs that run what others wrote.
const BROAD_PROCESSES: &[&str] = &[
    "*",
    "bash.exe",
    "bitsadmin.exe",
    "cmd.exe",
    "cscript.exe",
    "dotnet.exe",
    "excel.exe",
    "explorer.exe",
    "java.exe",
    "javaw.exe",
    "msbuild.exe",
    "mshta.exe",
    "outlook.exe",
    "powerpnt.exe",
    "powershell.exe",
    "powershell_ise.exe",
    "psexec.exe",
    "pwsh.exe",
    "python.exe",
    "regsvr32.exe",
    "rundll32.exe",
    "schtasks.exe",
    "svchost.exe",
    "winword.exe",
    "wmic.exe",
    "wscript.exe",
];

pub(super) fn of(host: &dyn Host, own: &Own) -> Result<Found, Trouble> {
    // A policy can say that what administrators of this PC set does not count.
    let only_policy = number(host, own.policy, "DisableLocalAdminMerge")? == Some(1);
    let (mut count, mut broad) = (0, 0);
    for Kind { key, managed, is_broad } in KINDS {
        let mut places = BTreeSet::new();
        let roots = [Some(own.policy), (!only_policy).then_some(own.local)];
        for root in roots.into_iter().flatten() {
            let path = format!(r"{root}\Exclusions\{key}");
            let values = host.registry_values(Key::wide(&path))?.unwrap_or_default();
            places.extend(values.into_keys().map(|name| name.trim().to_lowercase()));
        }
        let policies = format!(r"{}\Policy Manager", own.policy);
        places.extend(listed(host, &policies, managed)?.into_iter().map(|name| name.to_lowercase()));
        places.remove("");
        count += places.len();
        broad += places.iter().filter(|place| is_broad(place)).count();
    }
    Ok(Found {
        count: i64::try_from(count).unwrap_or(i64::MAX),
        broad: i64::try_from(broad).unwrap_or(i64::MAX),
    })
}

/// A folder with everything in it, or files of a broad kind in such a folder.
fn is_broad_path(place: &str) -> bool {
    let place = paths::expanded(place);
    let mut parts: Vec<&str> = place.split('\\').filter(|part| !part.is_empty()).collect();
    // What ends with a star means the folder; with a kind of file, that kind in the folder.
    if let Some(last) = parts.last().copied()
        && last.contains('*')
        && parts.len() > 1
    {
        let kind = last.trim_start_matches(['*', '.']);
        if !(kind.is_empty() || BROAD_EXTENSIONS.contains(&kind)) {
            return false;
        }
        parts.pop();
    }
    match parts.split_first() {
        None => true,
        Some((drive, [])) => drive.ends_with(':') || drive.starts_with('*'),
        Some((drive, folders)) => {
            drive.ends_with(':') && BROAD_FOLDERS.iter().any(|broad| is_folder(folders, broad))
        }
    }
}

fn is_folder(folders: &[&str], pattern: &str) -> bool {
    let pattern: Vec<&str> = pattern.split('/').collect();
    pattern.len() == folders.len()
        && pattern.iter().zip(folders).all(|(expected, name)| *expected == "*" || expected == name)
}

fn is_broad_extension(place: &str) -> bool {
    BROAD_EXTENSIONS.contains(&place.trim_start_matches(['*', '.']))
        || place.trim_start_matches(['*', '.']).is_empty()
}

fn is_broad_process(place: &str) -> bool {
    let name = place.rsplit(['\\', '/']).next().unwrap_or_default();
    // All programs of a broad folder.
    BROAD_PROCESSES.contains(&name) || (name.contains('*') && is_broad_path(place))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_are_too_broad() {
        for broad in [
            r"c:\",
            "c:",
            r"c:\*",
            "*",
            r"d:\",
            r"c:\users",
            r"c:\users\",
            r"c:\users\an",
            r"c:\users\*",
            "%programdata%",
            r"%userprofile%\downloads",
            r"%systemdrive%\temp\*",
            r"c:\users\an\appdata\local\temp",
            r"c:\users\*.exe",
            "%windir%",
            r"%temp%",
            r"c:\program files\*.dll",
        ] {
            assert!(is_broad_path(broad), "{broad}");
        }
        for narrow in [
            r"c:\program files\misa\sme",
            r"c:\programdata\htkk",
            r"c:\users\an\documents\htkk",
            r"d:\ketoan",
            r"c:\users\*.mdb",
            r"c:\windows\softwaredistribution\datastore",
            r"\\server\share\htkk",
        ] {
            assert!(!is_broad_path(narrow), "{narrow}");
        }
        assert!(is_broad_extension(".exe") && is_broad_extension("*.ps1") && is_broad_extension("*"));
        assert!(!is_broad_extension("mdf") && !is_broad_extension(".ldf"));
        assert!(is_broad_process("powershell.exe"));
        assert!(is_broad_process(r"c:\windows\system32\cmd.exe"));
        assert!(is_broad_process(r"c:\users\*"));
        assert!(!is_broad_process(r"c:\program files\misa\sme\misa.exe"));
    }
}

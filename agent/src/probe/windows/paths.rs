//! Paths of Windows as settings and commands name them: variables, quotes, arguments, names of users.
//!
//! A path is read without the PC that it comes from: variables get their usual values.

/// Variables and what they usually mean. That of a user stays a star.
const VARIABLES: &[(&str, &str)] = &[
    ("%allusersprofile%", r"c:\programdata"),
    ("%appdata%", r"c:\users\*\appdata\roaming"),
    ("%commonprogramfiles%", r"c:\program files\common files"),
    ("%commonprogramfiles(x86)%", r"c:\program files (x86)\common files"),
    ("%homedrive%", "c:"),
    ("%homepath%", r"\users\*"),
    ("%localappdata%", r"c:\users\*\appdata\local"),
    ("%programdata%", r"c:\programdata"),
    ("%programfiles%", r"c:\program files"),
    ("%programfiles(x86)%", r"c:\program files (x86)"),
    ("%programw6432%", r"c:\program files"),
    ("%public%", r"c:\users\public"),
    ("%systemdrive%", "c:"),
    ("%systemroot%", r"c:\windows"),
    ("%temp%", r"c:\users\*\appdata\local\temp"),
    ("%tmp%", r"c:\users\*\appdata\local\temp"),
    ("%userprofile%", r"c:\users\*"),
    ("%windir%", r"c:\windows"),
];

/// The path in small letters with variables replaced, quotes and odd prefixes taken off.
pub(super) fn expanded(path: &str) -> String {
    let mut text = path.trim().trim_matches('"').to_lowercase().replace('/', r"\");
    for prefix in [r"\\?\", r"\??\"] {
        text = text.strip_prefix(prefix).map(str::to_owned).unwrap_or(text);
    }
    if let Some(rest) = text.strip_prefix(r"\systemroot\") {
        text = format!(r"c:\windows\{rest}");
    }
    for (variable, value) in VARIABLES {
        if text.contains(variable) {
            text = text.replace(variable, value);
        }
    }
    text
}

/// Folders where people may write without being administrators, under a drive.
const WRITABLE: &[&str] =
    &["$recycle.bin", "perflogs", "programdata", "temp", "tmp", "users", r"windows\temp", r"windows\tasks"];
/// What lies in such a folder and is closed all the same: programs of Microsoft Defender.
const CLOSED: &[&str] = &[r"programdata\microsoft\windows defender\"];

/// Whether an expanded path lies where people may write without being administrators.
pub(super) fn is_writable(path: &str) -> bool {
    let Some((drive, rest)) = path.split_once(r":\") else { return false };
    let within = |folder: &str| rest.strip_prefix(folder).is_some_and(|rest| rest.starts_with('\\'));
    drive.len() == 1
        && WRITABLE.iter().any(|folder| within(folder))
        && !CLOSED.iter().any(|closed| rest.starts_with(closed))
}

/// An expanded path as it is on every PC: without the name of the user, and without numbers of versions, so that an
/// update does not make another path of it.
pub(super) fn everywhere(path: &str) -> String {
    let mut parts: Vec<String> = path.split('\\').map(without_version).collect();
    if let [_, users, user, ..] = parts.as_mut_slice()
        && users == "users"
        && user != "public"
    {
        *user = "*".to_owned();
    }
    parts.join(r"\")
}

/// Digits with dots between them become one sign.
fn without_version(part: &str) -> String {
    let mut kept = String::new();
    let mut number = String::new();
    for c in part.chars().chain([' ']) {
        if c.is_ascii_digit() || (c == '.' && !number.is_empty()) {
            number.push(c);
            continue;
        }
        let dots = number.trim_end_matches('.').len();
        let (version, rest) = number.split_at_checked(dots).unwrap_or((&number, ""));
        kept.push_str(if version.contains('.') { "#" } else { version });
        kept.push_str(rest);
        number.clear();
        kept.push(c);
    }
    kept.pop();
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_people_may_write() {
        for open in [
            r"%LOCALAPPDATA%\Zalo\Zalo.exe",
            r"C:\Users\Public\a.vbs",
            r"\??\C:\ProgramData\KMSAuto\bin\KMSSS.exe",
            r"c:/temp/x.exe",
            r"%SystemRoot%\Temp\x.exe",
        ] {
            assert!(is_writable(&expanded(open)), "{open}");
        }
        for closed in [
            r"%ProgramFiles%\Zalo\Zalo.exe",
            r"C:\ProgramData\Microsoft\Windows Defender\Platform\4.18.1\MsMpEng.exe",
            r"\SystemRoot\System32\svchost.exe",
            r"C:\UsersX\a.exe",
            "cmd.exe",
            "",
        ] {
            assert!(!is_writable(&expanded(closed)), "{closed}");
        }
    }

    #[test]
    fn the_same_path_on_every_pc() {
        let check = |path: &str, expected: &str| assert_eq!(everywhere(&expanded(path)), expected);
        check(r"C:\Users\An\AppData\Local\App\app-1.12.3\A.exe", r"c:\users\*\appdata\local\app\app-#\a.exe");
        check(r"%LOCALAPPDATA%\App\2.0\a.exe", r"c:\users\*\appdata\local\app\#\a.exe");
        check(r"C:\Users\Public\7z.exe", r"c:\users\public\7z.exe");
        check(r"C:\ProgramData\a64.exe", r"c:\programdata\a64.exe");
        check(r"C:\ProgramData\v1.\a.1.exe", r"c:\programdata\v1.\a.1.exe");
    }
}

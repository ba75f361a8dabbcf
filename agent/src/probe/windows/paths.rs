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

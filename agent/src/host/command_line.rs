//! Command lines of Windows: which files they name. Everything else in them stays on the PC.

/// Endings of files that carry a program.
const ENDINGS: &[&str] = &[
    ".bat", ".cmd", ".com", ".cpl", ".dll", ".exe", ".hta", ".jar", ".js", ".jse", ".lnk", ".msi", ".pif",
    ".ps1", ".py", ".scr", ".sys", ".vbe", ".vbs", ".wsf",
];

/// The program of a command line, and the files of programs that its arguments name, as they are written, without
/// quotes. A path with blanks and without quotes ends at the first ending of a program that a blank follows.
pub fn files(command: &str) -> Vec<String> {
    let command = command.trim();
    let (program, arguments) = match command.strip_prefix('"') {
        Some(rest) => rest.split_once('"').unwrap_or((rest, "")),
        None => command.split_at_checked(program_length(command)).unwrap_or((command, "")),
    };
    let mut files: Vec<String> = Vec::new();
    if !program.trim().is_empty() {
        files.push(program.trim().to_owned());
    }
    files.extend(named(arguments));
    files
}

/// The files of programs that arguments name with a folder.
pub fn named(arguments: &str) -> Vec<String> {
    let mut named = Vec::new();
    for (at, part) in arguments.split('"').enumerate() {
        // What stands in quotes is one word.
        let words: Vec<&str> = if at % 2 == 1 { vec![part] } else { part.split_whitespace().collect() };
        for word in words {
            // rundll32 takes "file,function"; options may be joined to a file by a colon or an equals sign.
            let word = word.split(',').next().unwrap_or_default();
            let word = word.rsplit('=').next().unwrap_or_default().trim();
            if word.contains('\\') && has_ending(word) {
                named.push(word.to_owned());
            }
        }
    }
    named
}

fn has_ending(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    ENDINGS.iter().any(|ending| lower.ends_with(ending))
}

/// Bytes of the program at the beginning of a command line without quotes.
fn program_length(command: &str) -> usize {
    let lower = command.to_ascii_lowercase();
    let ends = ENDINGS.iter().flat_map(|ending| {
        lower.match_indices(ending).map(move |(at, found)| at + found.len()).collect::<Vec<usize>>()
    });
    // Only ASCII letters changed, so the places are the same in both.
    let is_end = |end: &usize| {
        command.get(*end..).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
    };
    let first_word = command.find(char::is_whitespace).unwrap_or(command.len());
    let is_rooted = command.starts_with(['\\', '%']) || command.get(1..2) == Some(":");
    if !is_rooted {
        return first_word;
    }
    ends.filter(is_end).min().unwrap_or(first_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(command: &str, expected: &[&str]) {
        assert_eq!(files(command), expected, "{command}");
    }

    #[test]
    fn files_of_command_lines() {
        check(
            r#""C:\Users\an\AppData\Local\Zalo\Zalo.exe" --hidden token=abc"#,
            &[r"C:\Users\an\AppData\Local\Zalo\Zalo.exe"],
        );
        check(r"C:\Program Files\A B\c.exe /x", &[r"C:\Program Files\A B\c.exe"]);
        check(
            r"%windir%\system32\SecurityHealthSystray.exe",
            &[r"%windir%\system32\SecurityHealthSystray.exe"],
        );
        check(
            r#"wscript.exe //B "C:\Users\Public\u p.vbs" secret"#,
            &["wscript.exe", r"C:\Users\Public\u p.vbs"],
        );
        check(r"rundll32.exe C:\ProgramData\x.dll,Start", &["rundll32.exe", r"C:\ProgramData\x.dll"]);
        check(r"powershell -File=C:\Temp\a.ps1", &["powershell", r"C:\Temp\a.ps1"]);
        check(r#""C:\no end"#, &[r"C:\no end"]);
        check("cmd", &["cmd"]);
        check("", &[]);
        check("   ", &[]);
        check(r"C:\Người dùng\ứng dụng.exe -x", &[r"C:\Người dùng\ứng dụng.exe"]);
        check(r"C:\a.exe.bak\b.exe /c", &[r"C:\a.exe.bak\b.exe"]);
    }
}

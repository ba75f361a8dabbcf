//! Settings of apt, as apt.conf(5) says: `A::B "value";` or `A { B "value"; };`, in any depth. Names are the same in
//! capitals and small letters, and the last value counts.

use std::collections::BTreeMap;

use crate::host::{Host, Trouble};
use crate::probe::ask::text;

const FOLDER: &str = "/etc/apt/apt.conf.d";
const FILE: &str = "/etc/apt/apt.conf";

/// Every setting of this PC, by its whole name in small letters.
pub(super) fn settings(host: &dyn Host) -> Result<BTreeMap<String, String>, Trouble> {
    let mut settings = BTreeMap::new();
    // Every package of apt brings this folder.
    let names = host.folder(FOLDER)?.ok_or(Trouble::NotSupported)?;
    let files = names.iter().filter(|name| is_read(name)).map(|name| format!("{FOLDER}/{name}"));
    for path in files.chain([FILE.to_owned()]) {
        read(&text(host, &path)?.unwrap_or_default(), &mut settings);
    }
    Ok(settings)
}

/// Files with another ending than .conf are left out, as what an editor or dpkg leaves.
fn is_read(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().all(good) && name.rsplit_once('.').is_none_or(|(_, ending)| ending == "conf")
}

fn read(text: &str, settings: &mut BTreeMap<String, String>) {
    // The names of the groups that are open, and the words since the last of them began or ended.
    let (mut groups, mut words): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    for token in tokens(text) {
        let closes = matches!(token, Token::Close);
        match token {
            Token::Word(word) => words.push(word),
            Token::Open => groups.push(words.drain(..).next().unwrap_or_default().to_lowercase()),
            Token::End | Token::Close => {
                let mut told = words.drain(..);
                if let (Some(name), Some(value)) = (told.next(), told.next()) {
                    let whole: Vec<String> = groups.iter().cloned().chain([name.to_lowercase()]).collect();
                    settings.insert(whole.join("::"), value);
                }
                drop(told);
                if closes {
                    groups.pop();
                }
            }
        }
    }
}

enum Token {
    Word(String),
    Open,
    Close,
    End,
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skip = |rest: &'_ str, end: &str| rest.find(end).map_or(rest.len(), |at| at + end.len());
        let taken = match first {
            '{' => {
                tokens.push(Token::Open);
                1
            }
            '}' => {
                tokens.push(Token::Close);
                1
            }
            ';' => {
                tokens.push(Token::End);
                1
            }
            '"' => {
                let inner = rest.split('"').nth(1).unwrap_or_default();
                tokens.push(Token::Word(inner.to_owned()));
                (inner.len() + 2).min(rest.len())
            }
            '#' => skip(rest, "\n"),
            _ if rest.starts_with("//") => skip(rest, "\n"),
            _ if rest.starts_with("/*") => skip(rest, "*/"),
            _ if first.is_whitespace() => first.len_utf8(),
            _ => {
                let ends = |c: char| c.is_whitespace() || matches!(c, '{' | '}' | ';' | '"');
                let word = rest.split(ends).next().unwrap_or_default();
                tokens.push(Token::Word(word.to_owned()));
                word.len()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_setting() {
        let check = |text: &str| {
            let mut settings = BTreeMap::new();
            read(text, &mut settings);
            settings.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(check(r#"APT::Periodic::Enable "0";"#), "apt::periodic::enable=0");
        assert_eq!(
            check("APT {\n  Periodic { // how often\n    Enable 0;\n Unattended-Upgrade \"1\"; };\n};\n"),
            "apt::periodic::enable=0 apt::periodic::unattended-upgrade=1"
        );
        assert_eq!(
            check(r#"APT::Periodic { Enable "1"; }; APT::Periodic::Enable "0";"#),
            "apt::periodic::enable=0"
        );
        assert_eq!(check("# A \"1\";\n/* B \"1\";\n*/ C \"d e\";"), "c=d e");
        assert_eq!(check(r#"A { "x"; "y"; }; B"#), "", "lists and ends that are missing are no settings");
        assert_eq!(check("\"ế"), "");
        assert!(is_read("20auto-upgrades") && is_read("a.conf"));
        assert!(!is_read("20auto-upgrades.ucf-dist") && !is_read("50x~"));
    }
}

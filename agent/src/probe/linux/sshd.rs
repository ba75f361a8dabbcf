//! What the configuration of the SSH server allows. Used by the probe of exposure.
//!
//! From /etc/ssh/sshd_config and what it includes (sshd_config(5)): the first value of a keyword counts. Settings
//! under `Match` are for some people or addresses only and are left out. Fedora closes the file to all but root.

use rules::facts::exposure::RootSignIn;

use crate::host::{Host, Trouble};
use crate::probe::ask::text;

/// The settings of the server.
const MAIN: &str = "/etc/ssh/sshd_config";
/// Deepest nesting of `Include`, as in sshd itself.
const INCLUDES_MAX: usize = 16;

/// The settings that matter, as far as they are written down.
#[derive(Debug, Default, PartialEq, Eq)]
struct Settings {
    permit_root_login: Option<String>,
    password_authentication: Option<String>,
    keyboard_interactive: Option<String>,
    use_pam: Option<String>,
}

/// What the server allows.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Allowed {
    pub(super) root: RootSignIn,
    pub(super) passwords: bool,
}

/// What the server allows, with its own defaults for what is not written.
pub(super) fn allowed(host: &dyn Host) -> Result<Allowed, Trouble> {
    let mut settings = Settings::default();
    // Without its file the server does not start: that of this one is elsewhere.
    let main = text(host, MAIN)?.ok_or(Trouble::NotSupported)?;
    apply(host, &main, 0, &mut settings)?;
    Ok(effective(&settings))
}

fn effective(settings: &Settings) -> Allowed {
    let is = |setting: &Option<String>, word: &str| setting.as_deref() == Some(word);
    let asks = !is(&settings.keyboard_interactive, "no") && is(&settings.use_pam, "yes");
    let passwords = !is(&settings.password_authentication, "no") || asks;
    let root = match settings.permit_root_login.as_deref() {
        Some("no") => RootSignIn::No,
        Some("yes") if passwords => RootSignIn::Yes,
        // prohibit-password is the default; forced-commands-only is a key too.
        Some(_) | None => RootSignIn::KeysOnly,
    };
    Allowed { root, passwords }
}

fn read(host: &dyn Host, path: &str, depth: usize, settings: &mut Settings) -> Result<(), Trouble> {
    if depth > INCLUDES_MAX {
        return Err(Trouble::Failed(format!("{path} is included too deeply")));
    }
    let text = text(host, path)?.unwrap_or_default();
    apply(host, &text, depth, settings)
}

fn apply(host: &dyn Host, text: &str, depth: usize, settings: &mut Settings) -> Result<(), Trouble> {
    let mut for_all = true;
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default().trim();
        let Some((keyword, value)) = line.split_once(|c: char| c.is_whitespace() || c == '=') else {
            continue;
        };
        let value = value.trim_matches(|c: char| c.is_whitespace() || c == '=' || c == '"');
        let keyword = keyword.to_lowercase();
        if keyword == "match" {
            for_all = value.eq_ignore_ascii_case("all");
        } else if for_all && keyword == "include" {
            for pattern in value.split_whitespace() {
                for included in matching(host, pattern)? {
                    read(host, &included, depth + 1, settings)?;
                }
            }
        } else if for_all {
            let setting = match keyword.as_str() {
                "permitrootlogin" => &mut settings.permit_root_login,
                "passwordauthentication" => &mut settings.password_authentication,
                "kbdinteractiveauthentication" | "challengeresponseauthentication" => {
                    &mut settings.keyboard_interactive
                }
                "usepam" => &mut settings.use_pam,
                _ => continue,
            };
            setting.get_or_insert_with(|| value.to_lowercase());
        }
    }
    Ok(())
}

/// The files that a pattern names; a star stands in the last part only.
fn matching(host: &dyn Host, pattern: &str) -> Result<Vec<String>, Trouble> {
    let pattern = match pattern.starts_with('/') {
        true => pattern.to_owned(),
        false => format!("/etc/ssh/{pattern}"),
    };
    let Some((folder, name)) = pattern.rsplit_once('/') else { return Ok(Vec::new()) };
    let Some((start, end)) = name.split_once('*') else { return Ok(vec![pattern]) };
    let names = host.folder(folder)?.unwrap_or_default();
    let fits = |name: &&String| {
        name.strip_prefix(start).is_some_and(|rest| rest.ends_with(end))
            && !(start.is_empty() && name.starts_with('.'))
    };
    Ok(names.iter().filter(fits).map(|name| format!("{folder}/{name}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::recorded::Recording;

    fn check(main: &str, included: &str, root: RootSignIn, passwords: bool) {
        let files = serde_json::json!({
            "origin": "made up", "about": "", "platform": "linux", "taken_at": "2026-11-22T00:00:00Z",
            "files": {"/etc/ssh/sshd_config": main, "/etc/ssh/sshd_config.d/50-a.conf": included},
            "folders": {"/etc/ssh/sshd_config.d": ["50-a.conf", "README"]},
        });
        let host = Recording::load(&files.to_string()).unwrap();
        assert_eq!(allowed(&host).unwrap(), Allowed { root, passwords }, "{main} / {included}");
    }

    #[test]
    fn the_first_value_counts() {
        let debian = "Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\n";
        check("", "", RootSignIn::KeysOnly, true);
        check(debian, "", RootSignIn::KeysOnly, true);
        check(debian, "PasswordAuthentication no\n", RootSignIn::KeysOnly, false);
        check(debian, "permitrootlogin yes # oh\n", RootSignIn::Yes, true);
        check(debian, "PermitRootLogin yes\nPasswordAuthentication no", RootSignIn::KeysOnly, false);
        check("PermitRootLogin no\nPermitRootLogin yes\n", "", RootSignIn::No, true);
        check(
            "PermitRootLogin no\nInclude sshd_config.d/*.conf",
            "PermitRootLogin yes",
            RootSignIn::No,
            true,
        );
        check("PasswordAuthentication no\nUsePAM yes\n", "", RootSignIn::KeysOnly, true);
        check("#PermitRootLogin yes\nPermitRootLogin=no\n", "", RootSignIn::No, true);
    }

    #[test]
    fn what_is_under_match_is_left_out() {
        let text = "Match User backup\n  PasswordAuthentication no\nMatch all\nPermitRootLogin no\n";
        check(text, "", RootSignIn::No, true);
    }
}

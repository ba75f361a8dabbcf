//! Local accounts and sign-in policy.
//!
//! Accounts from /etc/passwd and /etc/group, what protects them from /etc/shadow (root only), the last
//! sign-in from lastlog and wtmp (group utmp or everybody, by distribution; systems since 2025 keep them in
//! databases, which stay `not_supported`), the policy from PAM, and the rights of administrators from sudoers
//! (root only). The screen lock is a setting of each person's desktop, not seen from here. No name leaves: an
//! account is a keyed hash of its number. Accounts of a domain or a directory are not local and not listed.
//! Seen on Debian 12. What other systems answer is known from their documents and from made-up recordings.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rules::fact::{Fact, Reason};
use rules::facts::accounts::{Account, Accounts, Password};

use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{assigned, fact, fact_or_unsupported, line, text};
use crate::probe::hash::keyed;

/// Groups whose members may become root.
const ADMINISTRATORS: &[&str] = &["sudo", "wheel", "admin"];
/// Where systemd-logind names those who are signed in.
const SIGNED_IN: &str = "/run/systemd/users";
/// The units of systemd, and the one that lets people in on the screen.
const UNITS: &str = "/etc/systemd/system";
const GREETER: &str = "display-manager.service";
/// Those whose settings are read.
const GREETERS: &[&str] = &["gdm.service", "gdm3.service", "lightdm.service", "sddm.service"];
/// Programs in place of a shell that let nobody in.
const NO_SHELLS: &[&str] = &["nologin", "false", "sync", "shutdown", "halt"];
/// The numbers of people when /etc/login.defs does not say.
const UID_MIN: u32 = 1_000;
const UID_MAX: u32 = 60_000;
/// A record of lastlog: seconds, terminal, host (lastlog(8)).
const LASTLOG_BYTES: usize = 292;
/// A record of wtmp (utmp(5)) on 64-bit Linux, and where its fields begin.
const WTMP_BYTES: usize = 384;
const WTMP_USER: std::ops::Range<usize> = 44..76;
const WTMP_SECONDS: std::ops::Range<usize> = 340..344;
/// The type of a record of wtmp that is somebody's sign-in.
const USER_PROCESS: u8 = 7;
/// pam_pwquality(8), pam_unix(8) and pam_faillock(8) without a setting.
const PWQUALITY_MINLEN: i64 = 8;
const UNIX_MINLEN: i64 = 6;
const FAILLOCK_DENY: i64 = 3;

/// The stacks of PAM that others include: Debian, then Fedora.
const PASSWORD_STACKS: &[&str] = &["/etc/pam.d/common-password", "/etc/pam.d/system-auth"];
const SIGN_IN_STACKS: &[&str] = &["/etc/pam.d/common-auth", "/etc/pam.d/system-auth"];

/// One line of /etc/passwd (passwd(5)).
struct Entry {
    name: String,
    uid: u32,
    gid: u32,
    /// Whether the password field is empty, which lets anybody in.
    open: bool,
}

/// One line of /etc/shadow (shadow(5)).
struct Secret {
    password: Password,
    /// Locked with a password behind the lock: somebody switched the account off.
    switched_off: bool,
    expired: bool,
}

pub(super) fn ask(host: &dyn Host, now: Timestamp) -> Accounts {
    let users = users(host, now);
    Accounts {
        administrators: count(&users, |user| {
            both(user.administrator.as_ref().map(|is| *is), user.enabled.as_ref().map(|is| *is))
        }),
        empty_passwords: count(&users, |user| {
            let empty = user.password.as_ref().map(|password| *password == Password::Empty);
            both(empty, user.enabled.as_ref().map(|is| *is))
        }),
        guest_enabled: fact(guest(host, &users)),
        administrator_ids: administrator_ids(&users),
        user_is_administrator: user_is_administrator(host),
        users: fact(users.map(Some)),
        auto_sign_in: fact_or_unsupported(auto_sign_in(host)),
        password_length_min: fact_or_unsupported(password_length_min(host)),
        lockout_tries: fact(lockout_tries(host)),
        screen_lock_minutes: Fact::Unknown(Reason::NotSupported),
        elevation_prompt: fact_or_unsupported(elevation_prompt(host)),
        // sudo knows no levels.
        elevation: Fact::Unknown(Reason::NotSupported),
    }
}

/// The accounts that may become root, root included.
fn administrator_ids(users: &Result<Vec<Account>, Trouble>) -> Fact<Vec<String>> {
    let users = match users {
        Ok(users) => users,
        Err(trouble) => return Fact::Unknown(trouble.clone().into()),
    };
    let mut ids = Vec::new();
    for user in users {
        match (&user.administrator, &user.id) {
            (Fact::Known(true), Fact::Known(id)) => ids.push(id.clone()),
            (Fact::Known(false), _) => {}
            (Fact::Unknown(reason), _) | (_, Fact::Unknown(reason)) => return Fact::Unknown(reason.clone()),
            (Fact::Absent, _) | (_, Fact::Absent) => {}
        }
    }
    ids.sort_unstable();
    Fact::Known(ids)
}

/// Whether anybody for whom systemd keeps a session (a folder's entry named by the number) may become root.
fn user_is_administrator(host: &dyn Host) -> Fact<bool> {
    let look = || -> Answer<bool> {
        let Some(numbers) = host.folder(SIGNED_IN)? else { return Err(Trouble::NotSupported) };
        let numbers: BTreeSet<u32> = numbers.iter().filter_map(|number| number.parse().ok()).collect();
        let working: Vec<Entry> =
            entries(host)?.into_iter().filter(|entry| numbers.contains(&entry.uid)).collect();
        if working.is_empty() {
            return Err(Trouble::Failed("nobody is signed in".to_owned()));
        }
        let group = text(host, "/etc/group")?.ok_or(Trouble::NotSupported)?;
        Ok(Some(working.iter().any(|entry| entry.uid == 0 || is_administrator(&group, entry))))
    };
    fact(look())
}

fn both(a: Fact<bool>, b: Fact<bool>) -> Fact<bool> {
    match (a, b) {
        (Fact::Known(false), _) | (_, Fact::Known(false)) => Fact::Known(false),
        (Fact::Known(true), b) => b,
        (a, _) => a,
    }
}

/// How many accounts it is true of; unknown as soon as it is unknown of one.
fn count(users: &Result<Vec<Account>, Trouble>, is: impl Fn(&Account) -> Fact<bool>) -> Fact<i64> {
    let users = match users {
        Ok(users) => users,
        Err(trouble) => return Fact::Unknown(trouble.clone().into()),
    };
    let mut count = 0;
    for user in users {
        match is(user) {
            Fact::Known(true) => count += 1,
            Fact::Known(false) | Fact::Absent => {}
            Fact::Unknown(reason) => return Fact::Unknown(reason),
        }
    }
    Fact::Known(count)
}

fn users(host: &dyn Host, now: Timestamp) -> Result<Vec<Account>, Trouble> {
    let entries = entries(host)?;
    let shadow = text(host, "/etc/shadow");
    let group = text(host, "/etc/group");
    let machine = line(host, "/etc/machine-id");
    let lastlog = host.file("/var/log/lastlog");
    let wtmp = [host.file("/var/log/wtmp"), host.file("/var/log/wtmp.1")];
    let users = entries.into_iter().map(|entry| {
        let secret = match &shadow {
            _ if entry.open => {
                Fact::Known(Secret { password: Password::Empty, switched_off: false, expired: false })
            }
            Ok(Some(shadow)) => match secret(shadow, &entry.name, now) {
                Some(secret) => Fact::Known(secret),
                None => Fact::failed("the account has no line in /etc/shadow"),
            },
            Ok(None) => Fact::failed("there is no /etc/shadow"),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        };
        Account {
            id: match &machine {
                Ok(Some(machine)) => keyed(machine, &entry.uid.to_string()).into(),
                Ok(None) => Fact::failed("there is no /etc/machine-id to key the hash with"),
                Err(trouble) => Fact::Unknown(trouble.clone().into()),
            },
            built_in: (entry.uid == 0).into(),
            administrator: match &group {
                _ if entry.uid == 0 => true.into(),
                Ok(Some(group)) => is_administrator(group, &entry).into(),
                Ok(None) => Fact::failed("there is no /etc/group"),
                Err(trouble) => Fact::Unknown(trouble.clone().into()),
            },
            // Without a password people still come in with a key, but root was never meant to.
            enabled: secret.as_ref().map(|secret| {
                let nobody = entry.uid == 0 && secret.password == Password::Locked;
                !(secret.expired || secret.switched_off || nobody)
            }),
            password: secret.map(|secret| secret.password),
            last_sign_in: fact(last_sign_in(&entry, &lastlog, &wtmp)),
        }
    });
    Ok(users.collect())
}

/// The accounts of root and of people who may have a shell.
fn entries(host: &dyn Host) -> Result<Vec<Entry>, Trouble> {
    let passwd = text(host, "/etc/passwd")?.ok_or(Trouble::NotSupported)?;
    let limits = text(host, "/etc/login.defs")?.unwrap_or_default();
    let limit = |key: &str, default| {
        limits
            .lines()
            .filter_map(|line| line.trim().strip_prefix(key))
            .find_map(|rest| rest.starts_with([' ', '\t']).then(|| rest.trim().parse().ok()).flatten())
            .unwrap_or(default)
    };
    let people = limit("UID_MIN", UID_MIN)..=limit("UID_MAX", UID_MAX);
    let entries =
        passwd.lines().filter_map(entry).filter(|entry| entry.uid == 0 || people.contains(&entry.uid));
    Ok(entries.collect())
}

fn entry(line: &str) -> Option<Entry> {
    let fields: Vec<&str> = line.split(':').collect();
    let &[name, password, uid, gid, _, _, shell] = fields.as_slice() else { return None };
    let program = shell.rsplit('/').next().unwrap_or_default();
    if NO_SHELLS.contains(&program) {
        return None;
    }
    Some(Entry {
        name: name.to_owned(),
        uid: uid.parse().ok()?,
        gid: gid.parse().ok()?,
        open: password.is_empty(),
    })
}

fn secret(shadow: &str, name: &str, now: Timestamp) -> Option<Secret> {
    let fields: Vec<&str> = shadow
        .lines()
        .map(|line| line.split(':').collect::<Vec<&str>>())
        .find(|fields| fields.first() == Some(&name))?;
    let hash = fields.get(1)?;
    let expires: Option<i64> = fields.get(7).and_then(|days| days.parse().ok());
    let today = now.as_second().div_euclid(24 * 60 * 60);
    Some(Secret {
        password: match hash.bytes().next() {
            None => Password::Empty,
            Some(b'!' | b'*') => Password::Locked,
            Some(_) => Password::Set,
        },
        switched_off: hash.trim_start_matches('!').starts_with('$') && hash.starts_with('!'),
        expired: expires.is_some_and(|day| day <= today),
    })
}

fn is_administrator(group: &str, entry: &Entry) -> bool {
    let mut groups = group.lines().map(|line| line.split(':').collect::<Vec<&str>>());
    groups.any(|fields| match fields.as_slice() {
        [name, _, gid, members] if ADMINISTRATORS.contains(name) => {
            gid.parse() == Ok(entry.gid) || members.split(',').any(|member| member == entry.name)
        }
        _ => false,
    })
}

/// The later of what lastlog and wtmp say: a graphical sign-in is only in wtmp, which goes back a month or two.
fn last_sign_in(entry: &Entry, lastlog: &Answer<Vec<u8>>, wtmp: &[Answer<Vec<u8>>; 2]) -> Answer<Date> {
    if matches!((lastlog, wtmp), (Ok(None), [Ok(None), Ok(None)])) {
        return Err(Trouble::NotSupported);
    }
    let mut latest = None;
    let mut closed = None;
    match lastlog {
        Ok(Some(bytes)) => latest = latest.max(in_lastlog(bytes, entry.uid)),
        Ok(None) => {}
        Err(trouble) => closed = Some(trouble),
    }
    for file in wtmp {
        match file {
            Ok(Some(bytes)) => latest = latest.max(in_wtmp(bytes, &entry.name)),
            Ok(None) => {}
            Err(trouble) => closed = Some(trouble),
        }
    }
    match (latest, closed) {
        // wtmp is started afresh every month, so without the other file nobody knows of "never".
        (None, None) if matches!(lastlog, Ok(None)) => Err(Trouble::NotSupported),
        (Some(seconds), _) => {
            let at = Timestamp::from_second(i64::from(seconds)).map_err(|error| {
                Trouble::Failed(format!("the last sign-in is at an impossible time: {error}"))
            })?;
            Ok(Some(at.to_zoned(TimeZone::UTC).date()))
        }
        (None, Some(trouble)) => Err(trouble.clone()),
        (None, None) => Ok(None),
    }
}

fn in_lastlog(bytes: &[u8], uid: u32) -> Option<u32> {
    let start = usize::try_from(uid).ok()?.checked_mul(LASTLOG_BYTES)?;
    seconds(bytes.get(start..start.checked_add(4)?)?)
}

fn in_wtmp(bytes: &[u8], name: &str) -> Option<u32> {
    bytes
        .chunks_exact(WTMP_BYTES)
        .filter(|record| record.first() == Some(&USER_PROCESS))
        .filter(|record| {
            let user = record.get(WTMP_USER).unwrap_or_default();
            user.split(|byte| *byte == 0).next() == Some(name.as_bytes())
        })
        .filter_map(|record| seconds(record.get(WTMP_SECONDS)?))
        .max()
}

fn seconds(bytes: &[u8]) -> Option<u32> {
    bytes.try_into().ok().map(u32::from_le_bytes).filter(|seconds| *seconds > 0)
}

/// Linux has no guest account but the one that somebody made, or LightDM's.
fn guest(host: &dyn Host, users: &Result<Vec<Account>, Trouble>) -> Answer<bool> {
    if let Err(trouble) = users {
        return Err(trouble.clone());
    }
    if entries(host)?.iter().any(|entry| entry.name == "guest") {
        return Ok(Some(true));
    }
    let settings = configured(host, &["/etc/lightdm/lightdm.conf"], &["/etc/lightdm/lightdm.conf.d"])?;
    Ok(Some(settings.iter().any(|(_, key, value)| key == "allow-guest" && is_true(value))))
}

fn auto_sign_in(host: &dyn Host) -> Answer<bool> {
    let files = [
        "/etc/gdm3/daemon.conf",
        "/etc/gdm3/custom.conf",
        "/etc/gdm/custom.conf",
        "/etc/lightdm/lightdm.conf",
        "/etc/sddm.conf",
    ];
    let settings = configured(host, &files, &["/etc/lightdm/lightdm.conf.d", "/etc/sddm.conf.d"])?;
    let is_on = settings.iter().any(|(section, key, value)| match (section.as_str(), key.as_str()) {
        (_, "AutomaticLoginEnable" | "TimedLoginEnable") => is_true(value),
        (_, "autologin-user") => !value.is_empty(),
        ("Autologin", "User") => !value.is_empty(),
        _ => false,
    });
    Ok((is_on || greets_as_read(host)?).then_some(is_on))
}

/// Whether whoever lets people in on the screen is one whose settings are read, or nobody.
fn greets_as_read(host: &dyn Host) -> Result<bool, Trouble> {
    let Some(units) = host.folder(UNITS)? else { return Ok(false) };
    if !units.iter().any(|unit| unit == GREETER) {
        return Ok(true);
    }
    let unit = host.link(&format!("{UNITS}/{GREETER}"))?.unwrap_or_default();
    Ok(GREETERS.contains(&unit.rsplit('/').next().unwrap_or_default()))
}

fn is_true(value: &str) -> bool {
    matches!(value.to_lowercase().as_str(), "true" | "yes" | "1")
}

/// Section, key and value of every line of these files and of the files in these folders.
fn configured(
    host: &dyn Host,
    files: &[&str],
    folders: &[&str],
) -> Result<Vec<(String, String, String)>, Trouble> {
    let mut paths: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
    for folder in folders {
        let names = host.folder(folder)?.unwrap_or_default();
        paths.extend(
            names.iter().filter(|name| name.ends_with(".conf")).map(|name| format!("{folder}/{name}")),
        );
    }
    let mut settings = Vec::new();
    for path in paths {
        let text = text(host, &path)?.unwrap_or_default();
        let mut section = String::new();
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = name.to_owned();
            } else if let Some((key, value)) = line.split_once('=') {
                settings.push((section.clone(), key.trim().to_owned(), value.trim().to_owned()));
            }
        }
    }
    Ok(settings)
}

/// The lines of the first of these stacks that is there.
fn stack(host: &dyn Host, paths: &[&str]) -> Answer<Vec<String>> {
    for path in paths {
        if let Some(text) = text(host, path)? {
            let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
            return Ok(Some(lines.map(str::to_owned).collect()));
        }
    }
    Ok(None)
}

/// The number after `key=` on a line of PAM.
fn option(line: &str, key: &str) -> Option<i64> {
    line.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
}

fn password_length_min(host: &dyn Host) -> Answer<i64> {
    let Some(stack) = stack(host, PASSWORD_STACKS)? else { return Ok(None) };
    let module = |name: &str| stack.iter().find(|line| line.starts_with("password") && line.contains(name));
    if let Some(line) = module("pam_pwquality.so") {
        if let Some(length) = option(line, "minlen") {
            return Ok(Some(length));
        }
        let configured =
            configured(host, &["/etc/security/pwquality.conf"], &["/etc/security/pwquality.conf.d"])?;
        let length =
            configured.iter().rev().find(|(_, key, _)| key == "minlen").map(|(_, _, value)| value.parse());
        return match length {
            Some(Ok(length)) => Ok(Some(length)),
            Some(Err(_)) => Err(Trouble::Failed("minlen of pwquality is no number".to_owned())),
            None => Ok(Some(PWQUALITY_MINLEN)),
        };
    }
    Ok(module("pam_unix.so").map(|line| option(line, "minlen").unwrap_or(UNIX_MINLEN)))
}

fn lockout_tries(host: &dyn Host) -> Answer<i64> {
    let Some(stack) = stack(host, SIGN_IN_STACKS)? else { return Err(Trouble::NotSupported) };
    let module =
        |name: &'static str| stack.iter().filter(move |line| line.starts_with("auth") && line.contains(name));
    if module("pam_faillock.so").next().is_some() {
        if let Some(tries) = module("pam_faillock.so").find_map(|line| option(line, "deny")) {
            return Ok((tries > 0).then_some(tries));
        }
        let text = text(host, "/etc/security/faillock.conf")?.unwrap_or_default();
        let tries = assigned(&text, "deny").and_then(|tries| tries.parse().ok()).unwrap_or(FAILLOCK_DENY);
        return Ok((tries > 0).then_some(tries));
    }
    Ok(module("pam_tally2.so").find_map(|line| option(line, "deny")).filter(|tries| *tries > 0))
}

/// Whether sudo asks for a password before it gives all rights to anybody.
fn elevation_prompt(host: &dyn Host) -> Answer<bool> {
    let Some(main) = text(host, "/etc/sudoers")? else { return Ok(None) };
    let mut texts = vec![main];
    for name in host.folder("/etc/sudoers.d")?.unwrap_or_default() {
        // sudo skips names with a dot or a tilde at the end.
        if !name.contains('.') && !name.ends_with('~') {
            texts.extend(text(host, &format!("/etc/sudoers.d/{name}"))?);
        }
    }
    let lines: BTreeSet<&str> = texts.iter().flat_map(|text| text.lines()).map(str::trim).collect();
    let free = lines
        .iter()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once("NOPASSWD:"))
        .any(|(_, commands)| commands.split(',').any(|command| command.trim() == "ALL"));
    let off = lines.iter().any(|line| line.starts_with("Defaults") && line.contains("!authenticate"));
    Ok(Some(!free && !off))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(hash: &str, expires: &str, password: Password, usable: bool) {
        let shadow = format!("root:*:1::::::\nan:{hash}:1:0:99999:7::{expires}:\n");
        let now = Timestamp::from_second(20_000 * 24 * 60 * 60).unwrap();
        let secret = secret(&shadow, "an", now).unwrap();
        assert_eq!(secret.password, password, "{hash}");
        assert_eq!(!secret.switched_off && !secret.expired, usable, "{hash} {expires}");
    }

    #[test]
    fn what_shadow_says() {
        check("$y$j9T$x$y", "", Password::Set, true);
        check("$y$j9T$x$y", "19999", Password::Set, false);
        check("$y$j9T$x$y", "20001", Password::Set, true);
        check("!$y$j9T$x$y", "", Password::Locked, false);
        check("!", "", Password::Locked, true);
        check("*", "", Password::Locked, true);
        check("", "", Password::Empty, true);
    }

    #[test]
    fn records_of_sign_ins() {
        let mut lastlog = vec![0; LASTLOG_BYTES * 2];
        lastlog[LASTLOG_BYTES] = 9;
        assert_eq!(in_lastlog(&lastlog, 1), Some(9));
        assert_eq!(in_lastlog(&lastlog, 0), None, "never");
        assert_eq!(in_lastlog(&lastlog, 70_000), None, "beyond the end");
        let mut wtmp = vec![0; WTMP_BYTES + 5];
        wtmp[0] = USER_PROCESS;
        wtmp[44..46].copy_from_slice(b"an");
        wtmp[340] = 7;
        assert_eq!(in_wtmp(&wtmp, "an"), Some(7));
        assert_eq!(in_wtmp(&wtmp, "a"), None);
    }
}

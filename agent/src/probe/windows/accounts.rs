//! Local accounts and sign-in policy.
//!
//! Accounts, groups and the policy from Windows' own functions, by SID: names are translated, and no name leaves the
//! PC. Sign-in without a question, the screen lock and the question before a program gets all rights from the
//! registry, where group policy goes before what is set on the PC. Nothing needs an administrator, except for the
//! settings of others who are signed in.
//!
//! Whether a password is empty cannot be known without trying one, which would count as an attack. An account that
//! needs a password under a policy that sets a shortest length has one; of any other it is unknown. The stored
//! password of a sign-in without a question is not read. The settings of people are seen while they are signed in.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rules::fact::{Fact, Reason};
use rules::facts::accounts::{Account, Accounts, Elevation, Password};

use super::people;
use super::registry::{number, text};
use crate::host::answers::{Key, LocalUser, PasswordPolicy, RegistryValue};
use crate::host::{Answer, Host, Trouble};
use crate::probe::ask::{fact, fact_or_unsupported};
use crate::probe::hash::keyed;

const WINLOGON: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Winlogon";
const PROFILES: &str = r"HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList";
const CRYPTOGRAPHY: &str = r"HKLM\SOFTWARE\Microsoft\Cryptography";
const SYSTEM_POLICY: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System";
const LAST_SIGN_IN: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Authentication\LogonUI";
const GROUP_POLICY: &str = r"HKLM\SOFTWARE\Microsoft\Windows\CurrentVersion\Group Policy";
const SCHEMES: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Power\User\PowerSchemes";
const POWER: &str = r"HKLM\SYSTEM\CurrentControlSet\Control\Power\PowerSettings";
const POWER_POLICY: &str = r"HKLM\SOFTWARE\Policies\Microsoft\Power\PowerSettings";

/// The group of administrators, and everybody (winnt.h).
const ADMINISTRATORS: &str = "S-1-5-32-544";
/// Whoever is in one of these groups is everybody who signs in: Everyone, Interactive, Authenticated Users, Users.
const EVERYBODY: &[&str] = &["S-1-1-0", "S-1-5-4", "S-1-5-11", "S-1-5-32-545"];
/// All users of a domain (last part of the SID).
const DOMAIN_USERS: &str = "-513";
/// Groups of a domain that are in this group on every PC of it: administrators of the domain and of the forest.
const DOMAIN_ADMINISTRATORS: &[&str] = &["-512", "-519"];
/// Accounts that Windows makes for itself, by the last part of their SID: guest, the key of a domain, the account of
/// set-up, that of Application Guard.
const GUEST: u32 = 501;
const NOT_PEOPLE: &[u32] = &[GUEST, 502, 503, 504];
const ADMINISTRATOR: u32 = 500;

/// Settings of power (powrprof.h): the group without a name, a password after sleep, sleep, sleep after.
const NO_GROUP: &str = "fea3413e-7e05-4911-9a71-700331f1c294";
const CONSOLE_LOCK: &str = "0e796bdb-100d-47d6-a2d5-f7d2daa51f51";
const SLEEP: &str = "238c9fa8-0aad-41ed-83f4-97be242c8f20";
const STANDBY_IDLE: &str = "29f6c1db-86da-48c5-9fdb-f2b67b1f44da";

pub(super) fn ask(host: &dyn Host, _now: Timestamp) -> Accounts {
    let users = host.local_users();
    let members = members(host);
    let policy = host.password_policy();
    let machine = text(host, CRYPTOGRAPHY, "MachineGuid");
    let elevation = fact(elevation(host).map(Some));
    Accounts {
        administrators: administrators(host, &users, &members),
        administrator_ids: match (&members, &machine) {
            (Ok(members), Ok(Some(machine))) => {
                let mut ids: Vec<String> = members.iter().map(|sid| keyed(machine, sid)).collect();
                ids.sort_unstable();
                Fact::Known(ids)
            }
            (Err(trouble), _) | (_, Err(trouble)) => Fact::Unknown(trouble.clone().into()),
            (Ok(_), Ok(None)) => no_key(),
        },
        empty_passwords: empty_passwords(&users, &policy),
        guest_enabled: match &users {
            Ok(Some(users)) => users.iter().any(|user| user.rid == GUEST && !user.disabled).into(),
            Ok(None) => Fact::Unknown(Reason::NotSupported),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        users: match &users {
            Ok(Some(users)) => Fact::Known(accounts(users, &members, &policy, &machine)),
            Ok(None) => Fact::Unknown(Reason::NotSupported),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        auto_sign_in: fact(auto_sign_in(host).map(Some)),
        password_length_min: length_min(&policy),
        lockout_tries: match &policy {
            Ok(Some(policy)) if policy.lockout_tries == 0 => Fact::Absent,
            Ok(Some(policy)) => Fact::Known(i64::from(policy.lockout_tries)),
            Ok(None) => Fact::Unknown(Reason::NotSupported),
            Err(trouble) => Fact::Unknown(trouble.clone().into()),
        },
        screen_lock_minutes: screen_lock_minutes(host),
        elevation_prompt: elevation.as_ref().map(|elevation| *elevation != Elevation::Off),
        elevation,
        user_is_administrator: user_is_administrator(host, &users, &members),
    }
}

fn no_key<T>() -> Fact<T> {
    Fact::failed("there is no MachineGuid to key the hash with")
}

fn length_min(policy: &Answer<PasswordPolicy>) -> Fact<i64> {
    fact_or_unsupported(policy.clone()).map(|policy| i64::from(policy.length_min))
}

fn members(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    host.group_members(ADMINISTRATORS)?
        .ok_or_else(|| Trouble::Failed("this PC has no group of administrators".to_owned()))
}

fn people(users: &[LocalUser]) -> impl Iterator<Item = &LocalUser> {
    users.iter().filter(|user| !NOT_PEOPLE.contains(&user.rid))
}

fn accounts(
    users: &[LocalUser],
    members: &Result<Vec<String>, Trouble>,
    policy: &Answer<PasswordPolicy>,
    machine: &Answer<String>,
) -> Vec<Account> {
    people(users)
        .map(|user| Account {
            id: match machine {
                Ok(Some(machine)) => Fact::Known(keyed(machine, &user.sid)),
                Ok(None) => no_key(),
                Err(trouble) => Fact::Unknown(trouble.clone().into()),
            },
            built_in: (user.rid == ADMINISTRATOR).into(),
            administrator: match members {
                Ok(members) => members.contains(&user.sid).into(),
                Err(trouble) => Fact::Unknown(trouble.clone().into()),
            },
            enabled: (!user.disabled).into(),
            password: password(user, policy),
            last_sign_in: Fact::known_or_absent(
                user.last_sign_in.map(|at| at.to_zoned(TimeZone::UTC).date()),
            ),
        })
        .collect()
}

/// Windows marks accounts that may go without a password, and its own settings page marks many that have one. Without
/// the mark and with a shortest length a password must be there.
fn password(user: &LocalUser, policy: &Answer<PasswordPolicy>) -> Fact<Password> {
    match policy {
        Ok(Some(policy)) if policy.length_min > 0 && !user.password_not_required => Password::Set.into(),
        Ok(_) => Fact::Unknown(Reason::NotSupported),
        Err(trouble) => Fact::Unknown(trouble.clone().into()),
    }
}

/// None, or unknown: an empty password is never seen, only ruled out.
fn empty_passwords(users: &Answer<Vec<LocalUser>>, policy: &Answer<PasswordPolicy>) -> Fact<i64> {
    let users = match users {
        Ok(Some(users)) => users,
        Ok(None) => return Fact::Unknown(Reason::NotSupported),
        Err(trouble) => return Fact::Unknown(trouble.clone().into()),
    };
    for user in people(users).filter(|user| !user.disabled) {
        if let Fact::Unknown(reason) = password(user, policy) {
            return Fact::Unknown(reason);
        }
    }
    Fact::Known(0)
}

/// Accounts of this PC that are open, and accounts of a domain. Its groups of administrators are everywhere and do not
/// count; of Entra ID, which puts roles into the group, only people who have a profile here.
fn administrators(
    host: &dyn Host,
    users: &Answer<Vec<LocalUser>>,
    members: &Result<Vec<String>, Trouble>,
) -> Fact<i64> {
    let (users, members) = match (users, members) {
        (Ok(Some(users)), Ok(members)) => (users, members),
        (Err(trouble), _) | (_, Err(trouble)) => return Fact::Unknown(trouble.clone().into()),
        (Ok(None), Ok(_)) => return Fact::Unknown(Reason::NotSupported),
    };
    let mut count = 0;
    for member in members {
        let counts = match users.iter().find(|user| user.sid == *member) {
            Some(user) => !user.disabled,
            None if member.starts_with("S-1-12-1-") => match has_profile(host, member) {
                Ok(has) => has,
                Err(trouble) => return Fact::Unknown(trouble.into()),
            },
            None => {
                member.starts_with("S-1-5-21-")
                    && !DOMAIN_ADMINISTRATORS.iter().any(|end| member.ends_with(end))
            }
        };
        count += i64::from(counts);
    }
    Fact::Known(count)
}

fn has_profile(host: &dyn Host, sid: &str) -> Result<bool, Trouble> {
    Ok(text(host, &format!(r"{PROFILES}\{sid}"), "ProfileImagePath")?.is_some())
}

/// Whether anybody who is signed in is an administrator; when nobody is, who was last.
fn user_is_administrator(
    host: &dyn Host,
    users: &Answer<Vec<LocalUser>>,
    members: &Result<Vec<String>, Trouble>,
) -> Fact<bool> {
    let members = match members {
        Ok(members) => members,
        Err(trouble) => return Fact::Unknown(trouble.clone().into()),
    };
    let working = people::signed_in(host).and_then(|mut people| {
        if people.is_empty() {
            people.extend(text(host, LAST_SIGN_IN, "LastLoggedOnUserSID")?);
        }
        Ok(people)
    });
    let working = match working {
        Ok(working) => working,
        Err(trouble) => return Fact::Unknown(trouble.into()),
    };
    if working.is_empty() {
        return Fact::failed("nobody is signed in");
    }
    let mut open = None;
    for sid in &working {
        match is_administrator(host, sid, users, members) {
            Ok(Some(true)) => return true.into(),
            Ok(Some(false)) => {}
            Ok(None) => open = Some(Reason::NotSupported),
            Err(trouble) => open = Some(trouble.into()),
        }
    }
    open.map_or(false.into(), Fact::Unknown)
}

/// An account of this PC is in the group or not. One of a domain may be in it through a group of the domain: which
/// groups it has is written down when its policy is applied.
fn is_administrator(
    host: &dyn Host,
    sid: &str,
    users: &Answer<Vec<LocalUser>>,
    members: &[String],
) -> Answer<bool> {
    let everybody = |member: &String| EVERYBODY.contains(&member.as_str()) || member.ends_with(DOMAIN_USERS);
    if members.iter().any(|member| member == sid || everybody(member)) {
        return Ok(Some(true));
    }
    let users = users.as_ref().map_err(Clone::clone)?;
    if users.iter().flatten().any(|user| user.sid == sid) {
        return Ok(Some(false));
    }
    let groups = host.registry_values(Key::wide(&format!(r"{GROUP_POLICY}\{sid}\GroupMembership")))?;
    Ok(groups.map(|groups| {
        groups.values().any(|group| matches!(group, RegistryValue::Text(group) if group == ADMINISTRATORS))
    }))
}

/// Windows takes the mark back when there is no stored password, so the mark is enough.
fn auto_sign_in(host: &dyn Host) -> Result<bool, Trouble> {
    Ok(number(host, WINLOGON, "AutoAdminLogon")?.is_some_and(|mark| mark != 0))
}

/// After "User Account Control: Behavior of the elevation prompt for administrators" and its neighbours in the
/// documents of group policy. What is not set is as Windows comes.
fn elevation(host: &dyn Host) -> Result<Elevation, Trouble> {
    if number(host, SYSTEM_POLICY, "EnableLUA")? == Some(0) {
        return Ok(Elevation::Off);
    }
    let on_its_own_desktop = number(host, SYSTEM_POLICY, "PromptOnSecureDesktop")? != Some(0);
    Ok(match (number(host, SYSTEM_POLICY, "ConsentPromptBehaviorAdmin")?, on_its_own_desktop) {
        (Some(0), _) => Elevation::Off,
        // These two name the desktop of their own themselves.
        (Some(1 | 2), _) | (_, true) => Elevation::On,
        (_, false) => Elevation::Weak,
    })
}

/// The screen locks by the limit of idle time (Windows 8 and later), by the screen saver of each person, or by sleep
/// that asks for a password. Of several ways the soonest counts, of several people the one whose screen stays open
/// longest.
fn screen_lock_minutes(host: &dyn Host) -> Fact<i64> {
    let for_all = match (number(host, SYSTEM_POLICY, "InactivityTimeoutSecs"), by_sleep(host)) {
        (Ok(idle), Ok(sleep)) => [idle.filter(|seconds| *seconds > 0), sleep].into_iter().flatten().min(),
        (Err(trouble), _) | (_, Err(trouble)) => return Fact::Unknown(trouble.into()),
    };
    let people = match people::signed_in(host) {
        Ok(people) => people,
        Err(trouble) => return Fact::Unknown(trouble.into()),
    };
    if people.is_empty() && for_all.is_none() {
        return Fact::failed("nobody is signed in, and the screen saver is a setting of each person");
    }
    let mut longest = if people.is_empty() { for_all } else { Some(0) };
    for sid in people {
        let own = match by_screen_saver(host, &sid) {
            Ok(own) => own,
            Err(trouble) => return Fact::Unknown(trouble.into()),
        };
        let soonest = [own, for_all].into_iter().flatten().min();
        longest = longest.and_then(|longest| soonest.map(|soonest| longest.max(soonest)));
    }
    Fact::known_or_absent(longest.map(|seconds| (seconds + 59) / 60))
}

/// Seconds until the screen saver of this person asks for a password; none when it never does.
fn by_screen_saver(host: &dyn Host, sid: &str) -> Answer<i64> {
    let policy = format!(r"HKU\{sid}\Software\Policies\Microsoft\Windows\Control Panel\Desktop");
    let own = format!(r"HKU\{sid}\Control Panel\Desktop");
    let set = |name: &str| -> Answer<i64> {
        match number(host, &policy, name)? {
            Some(value) => Ok(Some(value)),
            None => number(host, &own, name),
        }
    };
    if set("ScreenSaveActive")? != Some(1) || set("ScreenSaverIsSecure")? != Some(1) {
        return Ok(None);
    }
    // Without a program there is nothing to start.
    let program = match text(host, &policy, "SCRNSAVE.EXE")? {
        Some(program) => Some(program),
        None => text(host, &own, "SCRNSAVE.EXE")?,
    };
    if program.is_none() {
        return Ok(None);
    }
    Ok(set("ScreenSaveTimeOut")?.filter(|seconds| *seconds > 0))
}

/// Seconds until the PC sleeps on mains power and asks for a password afterwards; none when it does not.
fn by_sleep(host: &dyn Host) -> Answer<i64> {
    let Some(scheme) = text(host, SCHEMES, "ActivePowerScheme")? else { return Ok(None) };
    let set = |group: &str, setting: &str| -> Answer<i64> {
        let places = [
            (format!(r"{POWER_POLICY}\{setting}"), "ACSettingIndex"),
            (format!(r"{SCHEMES}\{scheme}\{group}\{setting}"), "ACSettingIndex"),
            (format!(r"{POWER}\{group}\{setting}\DefaultPowerSchemeValues\{scheme}"), "AcSettingIndex"),
        ];
        for (key, name) in places {
            if let Some(value) = number(host, &key, name)? {
                return Ok(Some(value));
            }
        }
        Ok(None)
    };
    if set(NO_GROUP, CONSOLE_LOCK)? != Some(1) {
        return Ok(None);
    }
    Ok(set(SLEEP, STANDBY_IDLE)?.filter(|seconds| *seconds > 0))
}

#[cfg(test)]
mod tests;

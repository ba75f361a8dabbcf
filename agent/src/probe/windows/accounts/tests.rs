//! The accounts area of small made-up PCs.

use serde_json::{Value, json};

use super::*;
use crate::host::recorded::{Recorded, Recording};

fn host(asked: Value) -> Recorded {
    let recording = json!({
        "origin": "made up", "about": "", "platform": "windows", "taken_at": "2026-11-22T02:30:00Z", "asked": asked,
    });
    Recording::load(&recording.to_string()).unwrap()
}

fn user(rid: u32, password_not_required: bool) -> LocalUser {
    LocalUser {
        rid,
        sid: format!("S-1-5-21-1-1-1-{rid}"),
        disabled: false,
        locked: false,
        password_not_required,
        password_age_seconds: Some(0),
        last_sign_in: None,
    }
}

#[test]
fn an_empty_password_is_ruled_out_or_unknown() {
    let policy = |length_min| {
        Ok(Some(PasswordPolicy {
            length_min,
            age_max_seconds: None,
            remembered: 0,
            lockout_tries: 0,
            lockout_seconds: None,
        }))
    };
    let users = |users: Vec<LocalUser>| Ok(Some(users));
    assert_eq!(empty_passwords(&users(vec![user(1001, false)]), &policy(8)), Fact::Known(0));
    assert_eq!(
        empty_passwords(&users(vec![user(1001, false)]), &policy(0)),
        Fact::Unknown(Reason::NotSupported)
    );
    assert_eq!(
        empty_passwords(&users(vec![user(1001, true)]), &policy(8)),
        Fact::Unknown(Reason::NotSupported)
    );
    let closed = LocalUser { disabled: true, ..user(1001, true) };
    assert_eq!(empty_passwords(&users(vec![closed]), &policy(8)), Fact::Known(0));
    assert_eq!(
        empty_passwords(&users(vec![user(501, true)]), &policy(8)),
        Fact::Known(0),
        "the guest is told elsewhere"
    );
    assert_eq!(empty_passwords(&Err(Trouble::Denied), &policy(8)), Fact::Unknown(Reason::Denied));
}

#[test]
fn the_question_before_all_rights() {
    let check = |lua: Value, admin: Value, desktop: Value, expected: Elevation| {
        let value = |name: &str| format!("registry value {SYSTEM_POLICY}: {name}");
        let host = host(json!({
            value("EnableLUA"): lua, value("ConsentPromptBehaviorAdmin"): admin, value("PromptOnSecureDesktop"): desktop,
        }));
        assert_eq!(elevation(&host), Ok(expected));
    };
    let number = |number: u32| json!({"u32": number});
    check(number(1), number(5), number(1), Elevation::On);
    check(Value::Null, Value::Null, Value::Null, Elevation::On);
    check(number(1), number(5), number(0), Elevation::Weak);
    check(number(1), number(2), number(0), Elevation::On);
    check(number(1), number(0), number(1), Elevation::Off);
    check(number(0), number(5), number(1), Elevation::Off);
}

#[test]
fn who_works_may_be_an_administrator_through_a_group() {
    let check = |hives: Value, members: &[&str], groups: Value, expected: Fact<bool>| {
        let sid = "S-1-5-21-2-2-2-1108";
        let host = host(json!({
            r"registry keys HKU\": hives,
            format!("registry value {LAST_SIGN_IN}: LastLoggedOnUserSID"): {"text": sid},
            format!(r"registry values {GROUP_POLICY}\{sid}\GroupMembership"): groups,
        }));
        let members: Vec<String> = members.iter().map(|member| (*member).to_owned()).collect();
        let users = Ok(Some(vec![user(1001, false)]));
        assert_eq!(user_is_administrator(&host, &users, &Ok(members)), expected);
    };
    let domain = json!(["S-1-5-21-2-2-2-1108"]);
    let admins = "S-1-5-21-2-2-2-512";
    check(domain.clone(), &["S-1-5-21-2-2-2-1108"], Value::Null, true.into());
    check(domain.clone(), &["S-1-5-21-2-2-2-513"], Value::Null, true.into());
    check(domain.clone(), &["S-1-5-4"], Value::Null, true.into());
    check(domain.clone(), &[admins], Value::Null, Fact::Unknown(Reason::NotSupported));
    check(
        domain.clone(),
        &[admins],
        json!({"Group0": {"text": "S-1-1-0"}, "Count": {"u32": 1}}),
        false.into(),
    );
    check(domain, &[admins], json!({"Group0": {"text": "S-1-5-32-544"}}), true.into());
    check(json!(["S-1-5-21-1-1-1-1001"]), &[admins], Value::Null, false.into());
    check(json!(["S-1-5-18"]), &["S-1-5-21-2-2-2-1108"], Value::Null, true.into());
}

#[test]
fn roles_of_entra_id_are_no_people() {
    let (role, person) = ("S-1-12-1-1-2-3-4", "S-1-12-1-5-6-7-8");
    let host = host(json!({
        format!(r"registry value {PROFILES}\{role}: ProfileImagePath"): null,
        format!(r"registry value {PROFILES}\{person}: ProfileImagePath"): {"expand": r"C:\Users\user1"},
    }));
    let users = Ok(Some(vec![user(1001, false), LocalUser { disabled: true, ..user(500, false) }]));
    let members = [
        "S-1-5-21-1-1-1-1001",
        "S-1-5-21-1-1-1-500",
        "S-1-5-21-2-2-2-512",
        "S-1-5-21-2-2-2-1108",
        role,
        person,
    ];
    let members = Ok(members.map(str::to_owned).to_vec());
    assert_eq!(administrators(&host, &users, &members), Fact::Known(3));
}

#[test]
fn the_soonest_way_to_lock_counts() {
    let check = |idle: Value, own: &[(&str, Value)], expected: Fact<i64>| {
        let mut asked = json!({
            format!("registry value {SYSTEM_POLICY}: InactivityTimeoutSecs"): idle,
            format!("registry value {SCHEMES}: ActivePowerScheme"): null,
            r"registry keys HKU\": ["S-1-5-21-1-1-1-1001"],
        });
        for name in ["ScreenSaveActive", "ScreenSaverIsSecure", "SCRNSAVE.EXE", "ScreenSaveTimeOut"] {
            let key = r"HKU\S-1-5-21-1-1-1-1001";
            asked[format!(
                r"registry value {key}\Software\Policies\Microsoft\Windows\Control Panel\Desktop: {name}"
            )] = Value::Null;
            let value =
                own.iter().find(|(its, _)| *its == name).map_or(Value::Null, |(_, value)| value.clone());
            asked[format!(r"registry value {key}\Control Panel\Desktop: {name}")] = value;
        }
        assert_eq!(screen_lock_minutes(&host(asked)), expected);
    };
    let text = |text: &str| json!({"text": text});
    let saver = [
        ("ScreenSaveActive", text("1")),
        ("ScreenSaverIsSecure", text("1")),
        ("SCRNSAVE.EXE", text(r"C:\Windows\system32\scrnsave.scr")),
        ("ScreenSaveTimeOut", text("610")),
    ];
    check(Value::Null, &saver, Fact::Known(11));
    check(json!({"u32": 300}), &saver, Fact::Known(5));
    check(json!({"u32": 900}), &[], Fact::Known(15));
    check(json!({"u32": 0}), &saver[..2], Fact::Absent);
    check(Value::Null, &[("ScreenSaveActive", text(""))], Fact::Absent);
    check(
        Value::Null,
        &[("ScreenSaveActive", text("bật"))],
        Fact::failed(
            r#"HKU\S-1-5-21-1-1-1-1001\Control Panel\Desktop: ScreenSaveActive is not a number: "bật""#,
        ),
    );
}

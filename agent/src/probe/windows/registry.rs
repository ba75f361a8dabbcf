//! Values of the registry as texts and numbers. A value of another type than expected is trouble, not "not there".

use std::collections::BTreeMap;

use crate::host::answers::{Key, RegistryValue};
use crate::host::{Answer, Host, Trouble};

/// A text without the white space around it; an empty one counts as not there.
pub(super) fn text(host: &dyn Host, path: &str, name: &str) -> Answer<String> {
    let text = match host.registry_value(Key::wide(path), name)? {
        Some(RegistryValue::Text(text) | RegistryValue::Expand(text)) => Some(text.trim().to_owned()),
        Some(RegistryValue::Texts(texts)) => texts.into_iter().next(),
        Some(RegistryValue::U32(_) | RegistryValue::U64(_) | RegistryValue::Bytes(_)) => {
            return Err(Trouble::Failed(format!("{path}: {name} is not a text")));
        }
        None => None,
    };
    Ok(text.filter(|text| !text.is_empty()))
}

/// A number.
pub(super) fn number(host: &dyn Host, path: &str, name: &str) -> Answer<i64> {
    match host.registry_value(Key::wide(path), name)? {
        Some(RegistryValue::U32(number)) => Ok(Some(i64::from(number))),
        Some(RegistryValue::U64(number)) => match i64::try_from(number) {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Trouble::Failed(format!("{path}: {name} is too large a number: {number}"))),
        },
        Some(RegistryValue::Text(text)) => match text.trim().parse() {
            Ok(number) => Ok(Some(number)),
            Err(_) => Err(Trouble::Failed(format!("{path}: {name} is not a number: {text:?}"))),
        },
        Some(RegistryValue::Expand(_) | RegistryValue::Texts(_) | RegistryValue::Bytes(_)) => {
            Err(Trouble::Failed(format!("{path}: {name} is not a number")))
        }
        None => Ok(None),
    }
}

/// The keys of everybody who is signed in, such as `HKU\S-1-5-21-…-1001`. Accounts of services are left out.
pub(super) fn people(host: &dyn Host) -> Result<Vec<String>, Trouble> {
    let sids = host.registry_keys(Key::wide(r"HKU\"))?.ok_or(Trouble::NotSupported)?;
    // Local and domain accounts, and those of Entra ID.
    let of_person = |sid: &String| sid.starts_with("S-1-5-21-") || sid.starts_with("S-1-12-1-");
    let people = sids.into_iter().filter(|sid| of_person(sid) && !sid.ends_with("_Classes"));
    Ok(people.map(|sid| format!(r"HKU\{sid}")).collect())
}

/// What `ask` finds of each person who is signed in. Who is no administrator may open the own key alone; the others' are
/// left out then, unless none opens.
pub(super) fn of_people<T>(
    host: &dyn Host,
    ask: impl Fn(&str) -> Result<T, Trouble>,
) -> Result<Vec<T>, Trouble> {
    let mut found = Vec::new();
    let mut denied = false;
    for person in people(host)? {
        match ask(&person) {
            Ok(answer) => found.push(answer),
            Err(Trouble::Denied) => denied = true,
            Err(trouble) => return Err(trouble),
        }
    }
    if denied && found.is_empty() { Err(Trouble::Denied) } else { Ok(found) }
}

/// A value that is a text, without the white space around it; none when it is empty or no text.
pub(super) fn said<'a>(values: &'a BTreeMap<String, RegistryValue>, name: &str) -> Option<&'a str> {
    match values.get(name)? {
        RegistryValue::Text(text) | RegistryValue::Expand(text) => {
            Some(text.trim()).filter(|text| !text.is_empty())
        }
        RegistryValue::Texts(_) | RegistryValue::U32(_) | RegistryValue::U64(_) | RegistryValue::Bytes(_) => {
            None
        }
    }
}

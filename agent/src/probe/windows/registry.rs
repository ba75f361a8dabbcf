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
        // As empty as not there.
        Some(RegistryValue::Text(text)) if text.trim().is_empty() => Ok(None),
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

/// A value that is a text, without the white space around it; an empty one counts as not there.
pub(super) fn said<'a>(values: &'a BTreeMap<String, RegistryValue>, name: &str) -> Answer<&'a str> {
    match values.get(name) {
        Some(RegistryValue::Text(text) | RegistryValue::Expand(text)) => {
            Ok(Some(text.trim()).filter(|text| !text.is_empty()))
        }
        Some(
            RegistryValue::Texts(_) | RegistryValue::U32(_) | RegistryValue::U64(_) | RegistryValue::Bytes(_),
        ) => Err(Trouble::Failed(format!("{name} is not a text"))),
        None => Ok(None),
    }
}

/// The command line that a value under a Run key is. Windows starts texts and nothing else; bytes may be a text that
/// cannot be read.
pub(super) fn command<'a>(name: &str, value: &'a RegistryValue) -> Answer<&'a str> {
    match value {
        RegistryValue::Text(command) | RegistryValue::Expand(command) => Ok(Some(command)),
        RegistryValue::Bytes(bytes) if !bytes.is_empty() => {
            Err(Trouble::Failed(format!("the command {name} is not a text")))
        }
        RegistryValue::U32(_) | RegistryValue::U64(_) | RegistryValue::Texts(_) | RegistryValue::Bytes(_) => {
            Ok(None)
        }
    }
}

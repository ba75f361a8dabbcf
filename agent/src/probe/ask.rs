//! How a probe asks: doors' answers turned into texts, numbers and facts.
//!
//! This is the one place where an answer of a door becomes a fact.

use rules::fact::{Fact, Reason};

use crate::host::{Answer, Host, Trouble};

impl From<Trouble> for Reason {
    fn from(trouble: Trouble) -> Reason {
        match trouble {
            Trouble::Denied => Reason::Denied,
            Trouble::TimedOut => Reason::TimedOut,
            Trouble::NotSupported => Reason::NotSupported,
            Trouble::Failed(text) => Reason::Failed(text),
        }
    }
}

/// The fact that an answer is.
pub(super) fn fact<T>(answer: Answer<T>) -> Fact<T> {
    match answer {
        Ok(value) => Fact::known_or_absent(value),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

/// The fact that an answer is, where "not there" means that the platform cannot tell.
pub(super) fn fact_or_unsupported<T>(answer: Answer<T>) -> Fact<T> {
    match answer {
        Ok(Some(value)) => Fact::Known(value),
        Ok(None) => Fact::Unknown(Reason::NotSupported),
        Err(trouble) => Fact::Unknown(trouble.into()),
    }
}

/// What is there, or that the platform cannot tell.
pub(super) fn known_or_unsupported<T>(value: Option<T>) -> Fact<T> {
    value.map_or(Fact::Unknown(Reason::NotSupported), Fact::Known)
}

/// The whole text of a file. Bytes that are not UTF-8 are replaced.
pub(super) fn text(host: &dyn Host, path: &str) -> Answer<String> {
    let bytes = host.file(path)?;
    Ok(bytes.map(|bytes| match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }))
}

/// The text of a small file without the white space around it; an empty file counts as not there.
pub(super) fn line(host: &dyn Host, path: &str) -> Answer<String> {
    Ok(text(host, path)?.map(|text| text.trim().to_owned()).filter(|line| !line.is_empty()))
}

/// The number in a small file.
pub(super) fn number(host: &dyn Host, path: &str) -> Answer<i64> {
    let Some(line) = line(host, path)? else { return Ok(None) };
    let number = line.parse().map_err(|_| Trouble::Failed(format!("{path} holds no number: {line:?}")))?;
    Ok(Some(number))
}

/// Whether a file or folder is there.
pub(super) fn present(host: &dyn Host, path: &str) -> Result<bool, Trouble> {
    Ok(host.modified(path)?.is_some())
}

/// The first of these files or folders that is there.
pub(super) fn first_present<'a>(host: &dyn Host, paths: &[&'a str]) -> Result<Option<&'a str>, Trouble> {
    for path in paths {
        if present(host, path)? {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// Whether a program runs; a door that cannot tell is trouble.
pub(super) fn running(host: &dyn Host, program: &str) -> Result<bool, Trouble> {
    Ok(host.running(program)?.unwrap_or(false))
}

/// Whether any of these programs runs.
pub(super) fn any_running(host: &dyn Host, programs: &[&str]) -> Result<bool, Trouble> {
    for program in programs {
        if running(host, program)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The value of `key=value` in a text of shell assignments, quotes taken off. The last one counts, as in a shell.
pub(super) fn assigned(text: &str, key: &str) -> Option<String> {
    text.lines()
        .filter_map(|line| line.trim().strip_prefix("export ").or(Some(line.trim())))
        .filter_map(|line| line.split_once('='))
        .filter(|(name, _)| name.trim() == key)
        .map(|(_, value)| unquoted(value.trim()))
        .next_back()
        .filter(|value| !value.is_empty())
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|value| value.strip_suffix(quote)) {
            return inner.replace("\\\"", "\"").replace("\\$", "$").replace("\\\\", "\\");
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assignments_as_a_shell_reads_them() {
        let text = "A=1\n# A=2\nB=\"two words\"\n  export C='3'\nD=\nA=4\nEA=5\n";
        assert_eq!(assigned(text, "A").as_deref(), Some("4"));
        assert_eq!(assigned(text, "B").as_deref(), Some("two words"));
        assert_eq!(assigned(text, "C").as_deref(), Some("3"));
        assert_eq!(assigned(text, "D"), None, "an empty value is none");
        assert_eq!(assigned(text, "E"), None);
    }
}

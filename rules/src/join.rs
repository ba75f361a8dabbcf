//! The join code: one short text that carries the collector's address, the pin of its certificate and an
//! enrolment secret.
//!
//! It is made to survive a file name, a text message and being read aloud: letters and digits without I, L, O and U
//! (the alphabet of Crockford's Base32), no case, dashes ignored, four check bytes at the end. A browser's ` (1)`
//! after a file name is dropped before it is read.

use std::fmt;

use data_encoding::{Encoding, Specification};

/// What a join code carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCode {
    /// Host name or address and port of the collector's listener for agents.
    pub address: String,
    /// The first 16 bytes of the SHA-256 of the certificate's public key (its SubjectPublicKeyInfo); none when the
    /// certificate is checked against the roots of the system.
    pub pin: Option<[u8; 16]>,
    /// The enrolment secret.
    pub secret: [u8; 10],
}

/// What is wrong with a join code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadCode {
    /// It has a character that join codes never have.
    Character(char),
    /// The check bytes do not fit: a character was lost or changed.
    Check,
    /// It is not of a form that this program knows.
    Form,
}

impl fmt::Display for BadCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BadCode::Character(character) => write!(f, "join codes have no character “{character}”"),
            BadCode::Check => {
                f.write_str("the join code is incomplete or has a wrong character; copy it again")
            }
            BadCode::Form => f.write_str("the join code is of a form that this program does not know"),
        }
    }
}

impl std::error::Error for BadCode {}

const FORM: u8 = 1;
const PINNED: u8 = 1;
const CHECK_BYTES: usize = 4;
const ADDRESS_BYTES_MAX: usize = 128;

impl JoinCode {
    /// Reads a join code; case, spaces and dashes do not matter.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<JoinCode, BadCode> {
        let mut clean = String::new();
        for character in text.chars().filter(|c| !c.is_whitespace() && *c != '-') {
            match character.to_ascii_uppercase() {
                'I' | 'L' => clean.push('1'),
                'O' => clean.push('0'),
                upper if alphabet().contains(upper) => clean.push(upper),
                _ => return Err(BadCode::Character(character)),
            }
        }
        let bytes = base32().decode(clean.as_bytes()).map_err(|_| BadCode::Check)?;
        let (body, check) =
            bytes.split_at_checked(bytes.len().saturating_sub(CHECK_BYTES)).ok_or(BadCode::Check)?;
        if check != check_bytes(body) {
            return Err(BadCode::Check);
        }
        JoinCode::from_body(body).ok_or(BadCode::Form)
    }

    /// Finds the join code in the name of a downloaded program, such as `sansang-agent_CODE (1).exe`.
    ///
    /// # Errors
    /// None when the name carries no code; otherwise what is wrong with it.
    pub fn from_file_name(name: &str) -> Option<Result<JoinCode, BadCode>> {
        let stem = name.strip_suffix(".exe").or_else(|| name.strip_suffix(".EXE")).unwrap_or(name);
        let (_, code) = stem.rsplit_once('_')?;
        // "(1)" of browsers, " - Copy" of Windows.
        let code = code.split(['(', ' ']).next().unwrap_or(code);
        (!code.is_empty()).then(|| JoinCode::parse(code))
    }

    fn from_body(body: &[u8]) -> Option<JoinCode> {
        let (&[form, flags, address_length], rest) = body.split_first_chunk::<3>()?;
        if form != FORM || flags & !PINNED != 0 {
            return None;
        }
        let (address, rest) = rest.split_at_checked(usize::from(address_length))?;
        let (pin, rest) = if flags & PINNED != 0 {
            let (pin, rest) = rest.split_first_chunk::<16>()?;
            (Some(*pin), rest)
        } else {
            (None, rest)
        };
        Some(JoinCode {
            address: String::from_utf8(address.to_vec()).ok()?,
            pin,
            secret: rest.try_into().ok()?,
        })
    }

    /// Whether the address fits into a join code.
    pub fn fits(address: &str) -> bool {
        !address.is_empty() && address.len() <= ADDRESS_BYTES_MAX
    }
}

impl fmt::Display for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = if self.pin.is_some() { PINNED } else { 0 };
        let address: Vec<u8> = self.address.bytes().take(ADDRESS_BYTES_MAX).collect();
        let mut body = vec![FORM, flags, u8::try_from(address.len()).unwrap_or(u8::MAX)];
        body.extend_from_slice(&address);
        body.extend_from_slice(self.pin.as_ref().map_or(&[], |pin| pin.as_slice()));
        body.extend_from_slice(&self.secret);
        let check = check_bytes(&body);
        body.extend_from_slice(&check);
        f.write_str(&base32().encode(&body))
    }
}

fn check_bytes(body: &[u8]) -> [u8; CHECK_BYTES] {
    let digest = ring::digest::digest(&ring::digest::SHA256, body);
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(digest.as_ref().split_at(CHECK_BYTES).0);
    check
}

fn alphabet() -> &'static str {
    "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
}

fn base32() -> Encoding {
    let mut specification = Specification::new();
    specification.symbols.push_str(alphabet());
    specification.encoding().expect("the alphabet has 32 distinct symbols")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn code() -> JoinCode {
        JoinCode { address: "10.38.0.5:8443".to_owned(), pin: Some([7; 16]), secret: [9; 10] }
    }

    #[test]
    fn there_and_back() {
        for pin in [None, Some([0xAB; 16])] {
            let code = JoinCode { pin, ..code() };
            assert_eq!(JoinCode::parse(&code.to_string()), Ok(code));
        }
    }

    #[test]
    fn people_may_write_it_their_way() {
        let text = code().to_string();
        let dashed: String = text
            .chars()
            .enumerate()
            .flat_map(|(n, c)| (n % 5 == 4).then_some('-').into_iter().chain([c]))
            .collect();
        assert_eq!(JoinCode::parse(&dashed.to_lowercase()), Ok(code()));
        assert_eq!(JoinCode::parse(&format!(" {text}\n")), Ok(code()));
    }

    #[test]
    fn the_name_of_a_file_carries_it() {
        let text = code().to_string();
        for name in [
            format!("sansang-agent_{text}.exe"),
            format!("sansang-agent_{text} (1).exe"),
            format!("sansang-agent_{text}(2).EXE"),
            format!("sansang-agent_{text} - Copy.exe"),
            format!("sansang-agent_{text}"),
        ] {
            assert_eq!(JoinCode::from_file_name(&name), Some(Ok(code())), "{name}");
        }
        assert_eq!(JoinCode::from_file_name("sansang-agent.exe"), None);
    }

    #[test]
    fn broken_codes() {
        fn check(text: &str, expected: Expect) {
            expected.assert_eq(
                &JoinCode::parse(text).map_or_else(|bad| bad.to_string(), |code| format!("{code:?}")),
            );
        }
        let text = code().to_string();
        let lost: String = text.chars().skip(1).collect();
        check("", expect!["the join code is incomplete or has a wrong character; copy it again"]);
        check(&lost, expect!["the join code is incomplete or has a wrong character; copy it again"]);
        check("ABC?", expect!["join codes have no character “?”"]);
        check(
            &text.replace('7', "8"),
            expect!["the join code is incomplete or has a wrong character; copy it again"],
        );
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,200}") {
            JoinCode::parse(&text).ok();
            JoinCode::from_file_name(&text).map(Result::ok);
        }
    }
}

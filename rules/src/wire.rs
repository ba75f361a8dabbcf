//! What else crosses the wire between agent and collector: joining, receipts, refusals.
//!
//! `POST /v1/join` takes a COSE_Sign1 over a [`JoinRequest`], signed by the key that it carries, and answers
//! [`Joined`]. `POST /v1/reports` takes an envelope and answers a [`Receipt`]. Anything else is a [`Refused`].

use serde::{Deserialize, Serialize};

use crate::facts::identity::Piece;

/// The media type of envelopes and join requests (RFC 9052, section 11.3).
pub const COSE: &str = "application/cose; cose-type=\"cose-sign1\"";

/// A request to join, signed by the key that it carries.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JoinRequest {
    /// The enrolment secret of the join code, in hexadecimal.
    pub secret: String,
    /// The agent's public key (Ed25519, 32 bytes), in hexadecimal.
    pub public_key: String,
    /// Name of the PC in the network.
    pub hostname: String,
    /// The version of the agent.
    pub agent: String,
    /// What tells this PC from others. An older agent does not say it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Piece>,
}

/// The answer to a join that was accepted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joined {
    /// The collector's name for this PC.
    pub machine: String,
    /// Full name of the unit that the PC now belongs to.
    pub unit: String,
    /// The role of its seat.
    pub role: String,
    /// The collector's public key for sealing (X25519, 32 bytes), in hexadecimal.
    pub sealing_key: String,
    /// The services that this PC must reach; none from a collector that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<NamedService>>,
    /// The newest dictionary that the collector has; 0 from one that has none.
    #[serde(default)]
    pub dictionary: u32,
}

/// The answer to a report that was accepted. It is given only after the commit is durable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// SHA-256 of the envelope as it came, in hexadecimal.
    pub envelope: String,
    /// Whether the collector had it before.
    pub again: bool,
    /// Seconds until the collector wants the next report.
    pub next_seconds: u64,
    /// The services that this PC must reach; none from a collector that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub services: Option<Vec<NamedService>>,
    /// The verdict in short, to show on the PC.
    pub grade: Option<crate::assess::Grade>,
    /// Score 0 to 100, if anything was decided.
    pub score: Option<u8>,
    /// Whether later reports may build on this envelope: it is full and the collector keeps it. A collector that does
    /// not know bases does not say so, and gets full reports.
    #[serde(default)]
    pub base: bool,
    /// The newest dictionary that the collector has; 0 from one that has none.
    #[serde(default)]
    pub dictionary: u32,
}

/// A service of the province that PCs must reach, as the collector names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedService {
    /// Its name, for people.
    pub name: String,
    /// `https://HOST`, `https://HOST:PORT` or `HOST:PORT`. With `https` its certificate is looked at too.
    pub address: String,
}

/// Where a service is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name or address of the host, without the brackets of IPv6.
    pub host: String,
    /// The port.
    pub port: u16,
    /// Whether it speaks TLS.
    pub tls: bool,
}

impl NamedService {
    /// Where it is; none when the address has another form.
    pub fn place(&self) -> Option<Place> {
        let (rest, tls) = match self.address.strip_prefix("https://") {
            Some(rest) => (rest.strip_suffix('/').unwrap_or(rest), true),
            None => (self.address.as_str(), false),
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']')?;
                host.parse::<core::net::Ipv6Addr>().ok()?;
                (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let port = match port {
            // A sign before a number is a number to Rust.
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => port.parse().ok()?,
            Some(_) => return None,
            None if tls => 443,
            None => return None,
        };
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':');
        let good = port != 0 && !host.is_empty() && host.len() <= 253 && host.chars().all(fits);
        good.then(|| Place { host: host.to_owned(), port, tls })
    }
}

/// Host and port.
impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

/// Why the collector does not take something. The agent acts on the code; people read the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The error.
    pub error: RefusedError,
}

/// The inner part of [`Refused`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedError {
    /// The stable code.
    pub code: Refusal,
    /// A sentence in English.
    pub message: String,
}

/// Why the collector does not take something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Refusal {
    /// Unknown machine, withdrawn key, wrong signature, wrong, used up or ended join secret: from outside they all
    /// look alike. Keep the report and join again.
    NotAdmitted,
    /// Two PCs have signed with this key. Make another, and join again.
    KeyShared,
    /// The join code is good, and of a unit that is closed and was divided: ask for one of the unit that follows.
    UnitClosed,
    /// This sequence number came before with another body: two PCs use one key, or somebody replays.
    SequenceUsed,
    /// The sequence number is too far behind the newest. Drop the report.
    SequenceTooOld,
    /// The body is over the limit, before or after decompression. Drop the report.
    TooLarge,
    /// The body cannot be read. Drop the report.
    Malformed,
    /// The report is of a newer form than this collector knows. Keep the report.
    WireTooNew,
    /// The report builds on a full one that the collector lacks. Send that one, then this one again.
    BaseMissing,
    /// The report lies in the future by more than the limit: the PC's clock is wrong. Keep the report.
    FromTheFuture,
    /// The collector has too much to do. Keep the report and come back after `Retry-After`.
    Busy,
    /// Something went wrong in the collector. Keep the report.
    Internal,
}

impl Refusal {
    /// Whether sending the same bytes again can never succeed, so that the agent drops them.
    pub fn is_final(self) -> bool {
        match self {
            Refusal::SequenceUsed | Refusal::SequenceTooOld | Refusal::TooLarge | Refusal::Malformed => true,
            Refusal::NotAdmitted
            | Refusal::KeyShared
            | Refusal::UnitClosed
            | Refusal::WireTooNew
            | Refusal::BaseMissing
            | Refusal::FromTheFuture
            | Refusal::Busy
            | Refusal::Internal => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_service_is() {
        let check = |address: &str, expected: &str| {
            let service = NamedService { name: String::new(), address: address.to_owned() };
            let place = service.place().map(|place| format!("{place} {}", place.tls));
            assert_eq!(place.as_deref().unwrap_or("none"), expected, "{address}");
        };
        check("https://dichvucong.gov.vn", "dichvucong.gov.vn:443 true");
        check("https://dichvucong.gov.vn/", "dichvucong.gov.vn:443 true");
        check("https://10.0.0.1:8443", "10.0.0.1:8443 true");
        check("ca.gov.vn:80", "ca.gov.vn:80 false");
        check("[2001:db8::1]:443", "[2001:db8::1]:443 false");
        check("https://[2001:db8::1]", "[2001:db8::1]:443 true");
        for broken in [
            "",
            "ca.gov.vn",
            "http://ca.gov.vn",
            "https://",
            "https://a/b",
            ":80",
            "a:0",
            "a:+80",
            "a:65536",
            "a b:80",
            "https://user@a",
            "[::1",
            "[::1]80",
            "a:80:90",
        ] {
            check(broken, "none");
        }
    }

    #[test]
    fn a_receipt_of_an_older_collector_names_no_services() {
        let old = r#"{"envelope":"abc","again":false,"next_seconds":3600,"grade":null,"score":null}"#;
        assert_eq!(serde_json::from_str::<Receipt>(old).unwrap().services, None);
    }
}

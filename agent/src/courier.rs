//! One HTTPS exchange with the collector.
//!
//! TLS is rustls with ring. The collector's certificate is checked against the pin of the join code; without a pin the
//! roots of the system decide. The system's proxy is honoured, except for this PC itself. This file does not know what
//! is in an envelope, nor when to send one.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};
use rules::quantity::Milliseconds;
use rules::wire::{COSE, Joined, Receipt, Refusal, Refused};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms};
use rustls::{CertificateError, DigitallySignedStruct, SignatureScheme};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Longest pause that a collector can ask for with `Retry-After`, in seconds.
const RETRY_AFTER_SECONDS_MAX: u64 = 86_400;
/// Longest piece of a foreign answer that is shown, in characters.
const SHOWN_CHARS_MAX: usize = 120;

/// How long an exchange may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until there is a connection.
    pub connect: Duration,
    /// Until the answer is read.
    pub whole: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { connect: Duration::from_secs(10), whole: Duration::from_secs(60) }
    }
}

/// What the collector answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The answer itself.
    pub body: T,
    /// How far this PC's clock is from the collector's, to the second; positive is ahead.
    pub clock_offset: Option<Milliseconds>,
}

/// Why there was no answer to build on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The collector was not reached.
    NoContact {
        /// Where.
        address: String,
        /// How it failed.
        how: NoContact,
        /// What the system said.
        text: String,
    },
    /// Something answered there with a certificate of another key.
    WrongPin {
        /// Where.
        address: String,
    },
    /// Something answered there with a certificate that this PC's roots do not vouch for.
    NotTrusted {
        /// Where.
        address: String,
        /// What is wrong with it.
        text: String,
    },
    /// The collector refused.
    Refused {
        /// Why.
        refusal: Refusal,
        /// The collector's sentence.
        message: String,
        /// When the collector wants us back, in seconds.
        retry_after_seconds: Option<u64>,
        /// How far this PC's clock is from the collector's.
        clock_offset: Option<Milliseconds>,
    },
    /// Something answered there that is not a collector.
    Garbage {
        /// Where.
        address: String,
        /// What came.
        text: String,
    },
}

/// How contact failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoContact {
    /// The name is not known.
    Name,
    /// Nobody listens there.
    Closed,
    /// No answer in time.
    TimedOut,
    /// The connection broke.
    Broken,
}

impl Trouble {
    /// Whether nothing answered at all: the next try may find a network.
    pub fn is_no_contact(&self) -> bool {
        matches!(self, Trouble::NoContact { .. })
    }

    /// When the collector wants us back, in seconds.
    pub fn retry_after_seconds(&self) -> Option<u64> {
        match self {
            Trouble::Refused { retry_after_seconds, .. } => *retry_after_seconds,
            Trouble::NoContact { .. }
            | Trouble::WrongPin { .. }
            | Trouble::NotTrusted { .. }
            | Trouble::Garbage { .. } => None,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::NoContact { address, how, text } => match how {
                NoContact::Name => write!(
                    f,
                    "the name of the collector {address} is not known here ({text}); check the network and the join \
                     code"
                ),
                NoContact::Closed => write!(
                    f,
                    "nobody listens at {address} ({text}); check that the collector runs and that no firewall stands \
                     between"
                ),
                NoContact::TimedOut => {
                    write!(f, "the collector {address} did not answer in time; check the network")
                }
                NoContact::Broken => {
                    write!(
                        f,
                        "the connection to the collector {address} broke ({text}); check the network and the proxy"
                    )
                }
            },
            Trouble::WrongPin { address } => write!(
                f,
                "{address} showed another key than the one in the join code; nothing was sent. Somebody may stand \
                 between this PC and the collector, or the collector has a new key: ask the IT department for a new \
                 join code"
            ),
            Trouble::NotTrusted { address, text } => write!(
                f,
                "the certificate of {address} is not trusted on this PC ({text}); nothing was sent. Check the PC's \
                 clock, or ask the IT department for a join code with a pin"
            ),
            Trouble::Refused { refusal, message, .. } => match refusal {
                Refusal::NotAdmitted => write!(
                    f,
                    "the collector does not admit this PC ({message}); ask the IT department for a join code and join \
                     again"
                ),
                Refusal::KeyShared => write!(
                    f,
                    "another PC uses the key of this one ({message}); join again with a join code, which makes a new \
                     key"
                ),
                Refusal::UnitClosed => write!(
                    f,
                    "the unit of this join code is closed ({message}); ask the IT department for a join code of the \
                     unit that follows it"
                ),
                Refusal::FromTheFuture => {
                    write!(f, "the collector says that this PC's clock is wrong ({message}); set the clock")
                }
                Refusal::WireTooNew => {
                    write!(
                        f,
                        "the collector is older than this agent ({message}); the report waits for its update"
                    )
                }
                Refusal::BaseMissing => {
                    write!(f, "the collector lacks the full report that this one builds on ({message})")
                }
                Refusal::Busy => write!(f, "the collector has too much to do ({message}); the report waits"),
                Refusal::Internal => {
                    write!(f, "something went wrong in the collector ({message}); the report waits")
                }
                Refusal::SequenceUsed | Refusal::SequenceTooOld | Refusal::TooLarge | Refusal::Malformed => {
                    write!(f, "the collector refuses the report for good: {message}")
                }
            },
            Trouble::Garbage { address, text } => write!(
                f,
                "{address} does not answer like a collector ({text}); check the address, and whether a proxy or a \
                 sign-in page of the network stands between"
            ),
        }
    }
}

impl std::error::Error for Trouble {}

/// Speaks with one collector.
#[derive(Debug)]
pub struct Courier {
    client: Client,
    base: Url,
    address: String,
    pinned: bool,
}

impl Courier {
    /// A courier to the collector at this address (`host:port`), whose certificate has this pin.
    ///
    /// # Errors
    /// When the address is none, or TLS cannot be set up.
    pub fn new(address: &str, pin: Option<[u8; 16]>, patience: Patience) -> Result<Courier> {
        let base = address_url(address)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut builder = Client::builder()
            .http1_only()
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(patience.connect)
            .timeout(patience.whole)
            .user_agent(concat!("sansang-agent/", env!("CARGO_PKG_VERSION")));
        if is_this_pc(&base) {
            builder = builder.no_proxy();
        }
        builder = match pin {
            Some(pin) => builder.tls_backend_preconfigured(pinned_tls(pin, provider)?),
            None => {
                // reqwest checks against the system's roots with the program's provider. Installing fails only
                // when there is one already, which serves as well.
                drop(provider.as_ref().clone().install_default());
                builder
            }
        };
        let client = builder.build().context("cannot set up TLS")?;
        Ok(Courier { client, base, address: address.to_owned(), pinned: pin.is_some() })
    }

    /// Asks to join. `now` is when this was called, by this PC's clock.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn join(&self, request: Vec<u8>, now: Timestamp) -> Result<Answer<Joined>, Trouble> {
        self.post("/v1/join", request, now).await
    }

    /// Sends an envelope.
    ///
    /// # Errors
    /// See [`Trouble`].
    pub async fn deliver(&self, envelope: Vec<u8>, now: Timestamp) -> Result<Answer<Receipt>, Trouble> {
        self.post("/v1/reports", envelope, now).await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Vec<u8>,
        now: Timestamp,
    ) -> Result<Answer<T>, Trouble> {
        let mut url = self.base.clone();
        url.set_path(path);
        let started = Instant::now();
        let mut response = self
            .client
            .post(url)
            .header(CONTENT_TYPE, COSE)
            .body(body)
            .send()
            .await
            .map_err(|error| self.trouble(&error))?;
        let local = now + started.elapsed();
        let clock_offset = clock_offset(response.headers(), local);
        let retry_after_seconds = retry_after(response.headers(), local);
        let status = response.status();
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.trouble(&error))? {
            answer.extend_from_slice(&chunk);
            if answer.len() > ANSWER_BYTES_MAX {
                return Err(self.garbage(format!("the answer is larger than {ANSWER_BYTES_MAX} bytes")));
            }
        }
        if status.is_success() {
            let body = serde_json::from_slice(&answer)
                .map_err(|error| self.garbage(format!("status {status}, {error}: {}", shown(&answer))))?;
            return Ok(Answer { body, clock_offset });
        }
        let (refusal, message) = match serde_json::from_slice::<Refused>(&answer) {
            Ok(refused) => (refused.error.code, refused.error.message),
            // A relay in front of the collector says so without our words.
            Err(_) if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) => {
                (Refusal::Busy, format!("status {status}"))
            }
            Err(_) if status.is_server_error() => (Refusal::Internal, format!("status {status}")),
            Err(_) => return Err(self.garbage(format!("status {status}: {}", shown(&answer)))),
        };
        Err(Trouble::Refused { refusal, message, retry_after_seconds, clock_offset })
    }

    fn garbage(&self, text: String) -> Trouble {
        Trouble::Garbage { address: self.address.clone(), text }
    }

    fn trouble(&self, error: &reqwest::Error) -> Trouble {
        let address = self.address.clone();
        let chain = || std::iter::successors(std::error::Error::source(error), |cause| cause.source());
        let text = chain().last().map_or_else(|| error.to_string(), ToString::to_string);
        if let Some(tls) = chain().find_map(tls_error) {
            return match tls {
                rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure)
                    if self.pinned =>
                {
                    Trouble::WrongPin { address }
                }
                rustls::Error::InvalidCertificate(_) => {
                    Trouble::NotTrusted { address, text: tls.to_string() }
                }
                _ => Trouble::Garbage { address, text: tls.to_string() },
            };
        }
        let closed = chain().any(|cause| {
            cause
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::ConnectionRefused)
        });
        let how = if error.is_timeout() {
            NoContact::TimedOut
        } else if error.is_dns() {
            NoContact::Name
        } else if closed {
            NoContact::Closed
        } else {
            NoContact::Broken
        };
        Trouble::NoContact { address, how, text }
    }
}

/// The pin of a certificate: the first 16 bytes of the SHA-256 of its SubjectPublicKeyInfo (RFC 5280, section 4.1).
///
/// # Errors
/// When the bytes are not a certificate.
pub fn pin_of(certificate: &CertificateDer<'_>) -> Result<[u8; 16], rustls::Error> {
    let certificate = webpki::EndEntityCert::try_from(certificate)
        .map_err(|_| rustls::Error::InvalidCertificate(CertificateError::BadEncoding))?;
    let digest = ring::digest::digest(&ring::digest::SHA256, &certificate.subject_public_key_info());
    let (first, _) = digest
        .as_ref()
        .split_first_chunk::<16>()
        .ok_or_else(|| rustls::Error::General("a SHA-256 is cut short".to_owned()))?;
    Ok(*first)
}

fn pinned_tls(pin: [u8; 16], provider: Arc<CryptoProvider>) -> Result<rustls::ClientConfig> {
    let algorithms = provider.signature_verification_algorithms;
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("cannot set up TLS")?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Pinned { pin, algorithms }))
        .with_no_client_auth())
}

/// Trusts one key, whatever the certificate says of names and dates: the PC's clock may be wrong, the pin is not.
#[derive(Debug)]
struct Pinned {
    pin: [u8; 16],
    algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if pin_of(end_entity)? == self.pin {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn address_url(address: &str) -> Result<Url> {
    let url = Url::parse(&format!("https://{address}/"))
        .with_context(|| format!("“{address}” is not the address of a collector"))?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() || address.contains('/') {
        bail!("“{address}” is not the address of a collector; it is written HOST:PORT");
    }
    Ok(url)
}

fn is_this_pc(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A rustls error hides inside an `io::Error`, whose `source` skips it.
fn tls_error<'a>(cause: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    cause.downcast_ref::<rustls::Error>().or_else(|| {
        let mut inner = cause.downcast_ref::<std::io::Error>()?.get_ref()?;
        loop {
            if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
                return Some(tls);
            }
            inner = inner.downcast_ref::<std::io::Error>()?.get_ref()?;
        }
    })
}

fn header_time(headers: &HeaderMap, name: reqwest::header::HeaderName) -> Option<Timestamp> {
    let text = headers.get(name)?.to_str().ok()?;
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// A `Date` is cut to its second, so its middle is taken.
fn clock_offset(headers: &HeaderMap, local: Timestamp) -> Option<Milliseconds> {
    let date = header_time(headers, DATE)?;
    Some(Milliseconds(local.as_millisecond() - (date.as_millisecond() + 500)))
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, local: Timestamp) -> Option<u64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let seconds = match text.trim().parse::<u64>() {
        Ok(seconds) => seconds,
        Err(_) => {
            let base = header_time(headers, DATE).unwrap_or(local);
            let until = header_time(headers, RETRY_AFTER)?;
            u64::try_from(until.as_second() - base.as_second()).unwrap_or_default()
        }
    };
    Some(seconds.min(RETRY_AFTER_SECONDS_MAX))
}

/// The beginning of a foreign answer, on one line.
fn shown(answer: &[u8]) -> String {
    let text = String::from_utf8_lossy(answer);
    let line: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN_CHARS_MAX).collect();
    format!("“{}”", line.trim())
}

#[cfg(test)]
pub(crate) mod tests;

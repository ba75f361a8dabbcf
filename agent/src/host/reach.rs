//! Whether a service of the province answers: its name, its connection and, where it speaks TLS, its certificate.
//!
//! Nothing is asked of the service itself. The system's roots decide whether its certificate is trusted. No proxy is
//! used: what fails here may still work through one, which this file does not know.

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rules::wire::Place;
use rustls::client::danger::ServerCertVerifier;
use rustls::{ClientConfig, ClientConnection};
use rustls_pki_types::ServerName;

use super::answers::{Reached, Reaching};
use super::{Answer, Trouble};

/// How often a service is tried.
const ATTEMPTS: u32 = 3;
/// Most addresses of one name that are tried.
const ADDRESSES_COUNT_MAX: usize = 4;
/// The shortest time that is worth another attempt.
const ATTEMPT_MIN: Duration = Duration::from_millis(500);

/// Tries all of these at once; each gets an answer within this time. An attempt that hangs is left behind on its
/// thread.
pub(super) fn reach(places: &[Place], patience: Duration) -> Vec<Answer<Reached>> {
    let config = match places.iter().any(|place| place.tls) {
        true => system_roots().map(Some),
        false => Ok(None),
    };
    match config {
        Ok(config) => reach_with(places, config.as_ref(), patience),
        Err(trouble) => places.iter().map(|_| Err(trouble.clone())).collect(),
    }
}

/// TLS with the roots of the system.
fn system_roots() -> Result<Arc<ClientConfig>, Trouble> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    rustls_platform_verifier::Verifier::new(provider)
        .and_then(|verifier| tls(Arc::new(verifier)))
        .map_err(|error| Trouble::Failed(format!("cannot set up TLS: {error}")))
}

fn tls(verifier: Arc<dyn ServerCertVerifier>) -> Result<Arc<ClientConfig>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

fn reach_with(
    places: &[Place],
    config: Option<&Arc<ClientConfig>>,
    patience: Duration,
) -> Vec<Answer<Reached>> {
    let deadline = Instant::now() + patience;
    let waiting: Vec<_> = places.iter().map(|place| start(place, config.cloned(), deadline)).collect();
    waiting
        .into_iter()
        .map(|receiver| {
            // A moment longer than the attempts themselves, which keep to the deadline where the system lets them.
            let left = deadline.saturating_duration_since(Instant::now()) + ATTEMPT_MIN;
            match receiver?.recv_timeout(left) {
                Ok(reached) => Ok(Some(reached)),
                // Only the question for a name can hang so.
                Err(mpsc::RecvTimeoutError::Timeout) => Ok(Some(Reached {
                    how: Reaching::NoName,
                    name_ms: None,
                    answers_ms: Vec::new(),
                    attempts: 1,
                })),
                Err(mpsc::RecvTimeoutError::Disconnected) => {
                    Err(Trouble::Failed("the attempt ended without an answer".to_owned()))
                }
            }
        })
        .collect()
}

fn start(
    place: &Place,
    config: Option<Arc<ClientConfig>>,
    deadline: Instant,
) -> Result<mpsc::Receiver<Reached>, Trouble> {
    let (sender, receiver) = mpsc::channel();
    let place = place.clone();
    std::thread::Builder::new()
        .name("reach".to_owned())
        // Nobody listens any more when this was too slow.
        .spawn(move || drop(sender.send(reached(&place, config, deadline))))
        .map_err(|error| Trouble::Failed(format!("cannot start a thread: {error}")))?;
    Ok(receiver)
}

fn reached(place: &Place, config: Option<Arc<ClientConfig>>, deadline: Instant) -> Reached {
    let started = Instant::now();
    let named = place.host.parse::<IpAddr>().is_err();
    let addresses: Vec<SocketAddr> = match (place.host.as_str(), place.port).to_socket_addrs() {
        Ok(addresses) => addresses.take(ADDRESSES_COUNT_MAX).collect(),
        Err(_) => Vec::new(),
    };
    let mut reached = Reached {
        how: Reaching::NoName,
        name_ms: (named && !addresses.is_empty()).then(|| milliseconds(started)),
        answers_ms: Vec::new(),
        attempts: 0,
    };
    while !addresses.is_empty() && reached.attempts < ATTEMPTS {
        if reached.attempts > 0 && deadline.saturating_duration_since(Instant::now()) < ATTEMPT_MIN {
            break;
        }
        reached.attempts += 1;
        let how = attempt(place, &addresses, config.as_ref(), deadline);
        match how {
            Ok(took) => reached.answers_ms.push(took),
            // What fails in another way next time is told as the first time.
            Err(how) if reached.attempts == 1 => reached.how = how,
            Err(_) => {}
        }
    }
    if !reached.answers_ms.is_empty() {
        reached.how = Reaching::Answered;
        reached.answers_ms.sort_unstable();
    }
    reached
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// One attempt: the first address that answers, and how long that took in milliseconds.
fn attempt(
    place: &Place,
    addresses: &[SocketAddr],
    config: Option<&Arc<ClientConfig>>,
    deadline: Instant,
) -> Result<u64, Reaching> {
    let mut last = Reaching::TimedOut;
    for address in addresses {
        let started = Instant::now();
        let left = deadline.saturating_duration_since(started);
        if left.is_zero() {
            break;
        }
        let done = TcpStream::connect_timeout(address, left).map_err(|error| Broken::from(error).0).and_then(
            |stream| match config.filter(|_| place.tls) {
                Some(config) => handshake(stream, &place.host, config, deadline),
                None => Ok(()),
            },
        );
        match done {
            Ok(()) => return Ok(milliseconds(started)),
            Err(how) => last = how,
        }
    }
    Err(last)
}

/// A TLS handshake, and nothing after it.
fn handshake(
    mut stream: TcpStream,
    host: &str,
    config: &Arc<ClientConfig>,
    deadline: Instant,
) -> Result<(), Reaching> {
    let name = ServerName::try_from(host.to_owned()).map_err(|_| Reaching::NoName)?;
    let mut session = ClientConnection::new(Arc::clone(config), name).map_err(|_| Reaching::Broken)?;
    let mut exchange = || -> Result<(), Broken> {
        while session.is_handshaking() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Broken(Reaching::TimedOut));
            }
            stream.set_read_timeout(Some(left))?;
            stream.set_write_timeout(Some(left))?;
            while session.wants_write() {
                session.write_tls(&mut stream)?;
            }
            if session.is_handshaking() && session.wants_read() {
                if session.read_tls(&mut stream)? == 0 {
                    return Err(Broken(Reaching::Broken));
                }
                session.process_new_packets()?;
            }
        }
        Ok(())
    };
    let done = exchange().map_err(|broken| broken.0);
    // The other side learns that nothing follows; that it has gone by itself changes nothing.
    session.send_close_notify();
    drop(session.write_tls(&mut stream));
    done
}

/// Why an attempt ended.
struct Broken(Reaching);

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Broken {
        Broken(match error.kind() {
            ErrorKind::ConnectionRefused => Reaching::Refused,
            // A read that waits too long says so in one of two ways.
            ErrorKind::TimedOut | ErrorKind::WouldBlock => Reaching::TimedOut,
            _ => Reaching::Broken,
        })
    }
}

impl From<rustls::Error> for Broken {
    fn from(error: rustls::Error) -> Broken {
        Broken(match error {
            rustls::Error::InvalidCertificate(_) => Reaching::NotTrusted,
            _ => Reaching::Broken,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use rcgen::{CertifiedKey, generate_simple_self_signed};
    use rustls::ServerConnection;
    use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    fn place(host: &str, port: u16, tls: bool) -> Place {
        Place { host: host.to_owned(), port, tls }
    }

    /// Answers each connection in this way, for as long as the test runs.
    fn listen(answer: impl Fn(TcpStream) + Send + 'static) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                answer(stream.unwrap());
            }
        });
        port
    }

    /// A service with a certificate of its own making, and the certificate.
    fn secure() -> (u16, CertificateDer<'static>) {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
        let certificate = cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
        let config = Arc::new(config);
        let port = listen(move |mut stream| {
            let mut session = ServerConnection::new(Arc::clone(&config)).unwrap();
            // A client that does not trust the certificate goes away.
            if session.complete_io(&mut stream).is_ok() {
                let mut rest = Vec::new();
                drop(stream.read_to_end(&mut rest));
            }
        });
        (port, certificate)
    }

    fn trusting(certificate: &CertificateDer<'static>) -> Arc<ClientConfig> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let verifier =
            rustls::client::WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        tls(verifier.unwrap()).unwrap()
    }

    fn how(answers: Vec<Answer<Reached>>) -> Vec<Reaching> {
        answers.into_iter().map(|answer| answer.unwrap().unwrap().how).collect()
    }

    #[test]
    fn services_of_every_kind() {
        let open = listen(drop);
        let silent = listen(|stream| {
            // Keeps the connection and never speaks.
            let mut stream = stream;
            drop(stream.read_to_end(&mut Vec::new()));
        });
        let babbling = listen(|mut stream| drop(stream.write_all(b"220 smtp.example ESMTP\r\n")));
        let closed = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            listener.local_addr().unwrap().port()
        };
        let (port, certificate) = secure();
        let places = [
            place("127.0.0.1", open, false),
            place("127.0.0.1", closed, false),
            place("nobody.invalid", 443, true),
            place("127.0.0.1", silent, true),
            place("127.0.0.1", babbling, true),
            place("127.0.0.1", port, true),
            place("localhost", port, true),
        ];
        let answers = reach_with(&places, Some(&trusting(&certificate)), SOON);
        let first = answers[0].clone().unwrap().unwrap();
        assert_eq!((first.attempts, first.answers_ms.len(), first.name_ms), (3, 3, None));
        let silent = answers[3].clone().unwrap().unwrap();
        assert_eq!((silent.attempts, silent.answers_ms.len()), (1, 0), "one attempt takes all the time");
        assert!(answers[6].clone().unwrap().unwrap().name_ms.is_some());
        assert_eq!(
            how(answers),
            [
                Reaching::Answered,
                Reaching::Refused,
                Reaching::NoName,
                Reaching::TimedOut,
                Reaching::Broken,
                Reaching::Answered,
                Reaching::Answered,
            ]
        );
    }

    #[test]
    fn a_certificate_that_the_system_does_not_know() {
        let (port, _) = secure();
        assert_eq!(how(reach(&[place("127.0.0.1", port, true)], SOON)), [Reaching::NotTrusted]);
    }

    #[test]
    fn nothing_to_reach() {
        assert_eq!(reach(&[], SOON), []);
    }
}

//! The courier against a small server over real TLS.

use std::sync::{Arc, Mutex};

use expect_test::{Expect, expect};
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;

/// What the server does with a request.
pub(crate) enum Reply {
    /// Answers with these bytes.
    Raw(String),
    /// Takes the request and never answers.
    Silence,
}

impl Reply {
    /// An answer with a status and a body, the `Date` of [`now`], and perhaps one more header.
    pub(crate) fn json(status: &str, header: &str, body: &str) -> Reply {
        let separator = if header.is_empty() { "" } else { "\r\n" };
        Reply::Raw(format!(
            "HTTP/1.1 {status}\r\nDate: Sun, 22 Nov 2026 07:30:00 GMT\r\nContent-Length: {}\r\n{header}{separator}\r\n{body}",
            body.len()
        ))
    }
}

/// A request as the server saw it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

type Answering = dyn Fn(&Seen) -> Reply + Send + Sync;

/// A server over TLS on this PC.
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) pin: [u8; 16],
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    pub(crate) async fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Server {
        let made = rcgen::generate_simple_self_signed(["collector.test".to_owned()]).unwrap();
        let certificate = made.cert.der().clone();
        let pin = pin_of(&certificate).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
        let config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .unwrap()
                .with_no_client_auth()
                .with_single_cert(vec![certificate], key)
                .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (answer, log) = (Arc::new(answer) as Arc<Answering>, seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, answer, log) = (acceptor.clone(), answer.clone(), log.clone());
                tokio::spawn(async move {
                    // A client that does not trust the certificate hangs up.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, &*answer, &log).await.ok();
                    }
                });
            }
        });
        Server { address, pin, seen }
    }
}

async fn serve(
    mut stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>,
    answer: &Answering,
    log: &Mutex<Vec<Seen>>,
) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        let head = String::from_utf8_lossy(buffer.get(..end).unwrap()).into_owned();
        let length: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |text| text.parse().unwrap());
        while buffer.len() < end + length {
            stream.read_buf(&mut buffer).await?;
        }
        let body = buffer.drain(..end + length).skip(end).collect();
        let seen = Seen { head, body };
        log.lock().unwrap().push(seen.clone());
        match answer(&seen) {
            Reply::Raw(text) => stream.write_all(text.as_bytes()).await?,
            Reply::Silence => std::future::pending().await,
        }
        stream.flush().await?;
    }
}

/// Five seconds ahead of the server's `Date`.
pub(crate) fn now() -> Timestamp {
    "2026-11-22T07:30:05.5Z".parse().unwrap()
}

/// For tests: long enough for a slow machine, and the one that waits for silence sets its own.
pub(crate) const PATIENCE: Patience =
    Patience { connect: Duration::from_secs(10), whole: Duration::from_secs(20) };

const RECEIPT: &str = r#"{"envelope":"abc","again":false,"next_seconds":3600,"grade":"ready","score":90}"#;

async fn check(reply: impl Fn() -> Reply + Send + Sync + 'static, patience: Patience, expected: Expect) {
    let server = Server::start(move |_| reply()).await;
    let courier = Courier::new(&server.address, Some(server.pin), patience).unwrap();
    let answer = courier.deliver(b"envelope".to_vec(), now()).await;
    expected.assert_eq(&text(answer, &server.address));
}

fn text(answer: Result<Answer<Receipt>, Trouble>, address: &str) -> String {
    let text = match answer {
        Ok(answer) => {
            let Milliseconds(offset) = answer.clock_offset.unwrap();
            // The exchange itself takes some milliseconds.
            format!("{:?}, clock ahead by {} s", answer.body, offset / 1000)
        }
        Err(trouble) => {
            format!("{trouble}\nretry after: {:?}", trouble.retry_after_seconds())
        }
    };
    text.replace(address, "COLLECTOR")
}

#[tokio::test]
async fn the_right_pin() {
    check(|| Reply::json("200 OK", "", RECEIPT), PATIENCE, expect![[r#"Receipt { envelope: "abc", again: false, next_seconds: 3600, services: None, grade: Some(Ready), score: Some(90), base: false, dictionary: 0 }, clock ahead by 5 s"#]]).await;
}

#[tokio::test]
async fn what_is_sent() {
    let server = Server::start(|_| Reply::json("200 OK", "", RECEIPT)).await;
    let courier = Courier::new(&server.address, Some(server.pin), PATIENCE).unwrap();
    for _ in 0..2 {
        courier.deliver(b"envelope".to_vec(), now()).await.unwrap();
    }
    let seen = server.seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 2);
    assert_eq!(seen[1].body, b"envelope");
    let head = seen[0].head.replace(&server.address, "COLLECTOR");
    expect![[r#"
        POST /v1/reports HTTP/1.1
        content-type: application/cose; cose-type="cose-sign1"
        accept: */*
        user-agent: sansang-agent/VERSION
        host: COLLECTOR
        content-length: 8

    "#]]
    .assert_eq(&head.replace(env!("CARGO_PKG_VERSION"), "VERSION").replace('\r', ""));
}

#[tokio::test]
async fn the_wrong_pin() {
    let server = Server::start(|_| Reply::json("200 OK", "", RECEIPT)).await;
    let courier = Courier::new(&server.address, Some([7; 16]), PATIENCE).unwrap();
    let answer = courier.deliver(b"envelope".to_vec(), now()).await;
    assert!(matches!(answer, Err(Trouble::WrongPin { .. })));
    expect![[r#"
        COLLECTOR showed another key than the one in the join code; nothing was sent. Somebody may stand between this PC and the collector, or the collector has a new key: ask the IT department for a new join code
        retry after: None"#]].assert_eq(&text(answer, &server.address));
    assert!(server.seen.lock().unwrap().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn no_pin_asks_the_roots_of_the_system() {
    let server = Server::start(|_| Reply::json("200 OK", "", RECEIPT)).await;
    let courier = Courier::new(&server.address, None, PATIENCE).unwrap();
    let answer = courier.deliver(b"envelope".to_vec(), now()).await;
    assert!(matches!(answer, Err(Trouble::NotTrusted { .. })), "{answer:?}");
    assert!(server.seen.lock().unwrap().is_empty(), "nothing was sent");
}

#[tokio::test]
async fn refusals() {
    let busy = r#"{"error":{"code":"busy","message":"too many reports"}}"#;
    check(
        move || Reply::json("503 Service Unavailable", "Retry-After: 30", busy),
        PATIENCE,
        expect![[r#"
        the collector has too much to do (too many reports); the report waits
        retry after: Some(30)"#]],
    )
    .await;
    check(
        || {
            Reply::json(
                "503 Service Unavailable",
                "Retry-After: Sun, 22 Nov 2026 07:32:00 GMT",
                "<h1>nginx</h1>",
            )
        },
        PATIENCE,
        expect![[r#"
            the collector has too much to do (status 503 Service Unavailable); the report waits
            retry after: Some(120)"#]],
    )
    .await;
    check(
        || {
            let body = r#"{"error":{"code":"not-admitted","message":"unknown machine"}}"#;
            Reply::json("401 Unauthorized", "", body)
        },
        PATIENCE,
        expect![[r#"
            the collector does not admit this PC (unknown machine); ask the IT department for a join code and join again
            retry after: None"#]],
    )
    .await;
    check(
        || Reply::json("500 Internal Server Error", "Retry-After: 99999999", "oops"),
        PATIENCE,
        expect![[r#"
            something went wrong in the collector (status 500 Internal Server Error); the report waits
            retry after: Some(86400)"#]],
    )
    .await;
}

#[tokio::test]
async fn what_is_not_a_collector() {
    check(|| Reply::json("200 OK", "", "<html>\r\nSign in to Wi-Fi"), PATIENCE, expect![[r#"
        COLLECTOR does not answer like a collector (status 200 OK, expected value at line 1 column 1: “<html>  Sign in to Wi-Fi”); check the address, and whether a proxy or a sign-in page of the network stands between
        retry after: None"#]]).await;
    check(|| Reply::json("401 Unauthorized", "", "no"), PATIENCE, expect![[r#"
        COLLECTOR does not answer like a collector (status 401 Unauthorized: “no”); check the address, and whether a proxy or a sign-in page of the network stands between
        retry after: None"#]]).await;
    check(|| Reply::json("302 Found", "Location: https://elsewhere/", ""), PATIENCE, expect![[r#"
        COLLECTOR does not answer like a collector (status 302 Found: “”); check the address, and whether a proxy or a sign-in page of the network stands between
        retry after: None"#]]).await;
    check(|| Reply::json("200 OK", "", &"x".repeat(ANSWER_BYTES_MAX + 1)), PATIENCE, expect![[r#"
        COLLECTOR does not answer like a collector (the answer is larger than 65536 bytes); check the address, and whether a proxy or a sign-in page of the network stands between
        retry after: None"#]]).await;
}

#[tokio::test]
async fn silence() {
    let patience = Patience { whole: Duration::from_millis(300), ..PATIENCE };
    check(
        || Reply::Silence,
        patience,
        expect![[r#"
        the collector COLLECTOR did not answer in time; check the network
        retry after: None"#]],
    )
    .await;
}

#[tokio::test]
async fn nobody_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let courier = Courier::new(&address, Some([7; 16]), PATIENCE).unwrap();
    let answer = courier.deliver(Vec::new(), now()).await;
    assert!(matches!(&answer, Err(Trouble::NoContact { how: NoContact::Closed, .. })), "{answer:?}");
    let courier = Courier::new("collector.invalid:8443", Some([7; 16]), PATIENCE).unwrap();
    let answer = courier.deliver(Vec::new(), now()).await;
    assert!(answer.unwrap_err().is_no_contact());
}

#[test]
fn addresses() {
    let check = |address: &str, expected: Result<bool, ()>| {
        let url = address_url(address);
        assert_eq!(url.as_ref().map(is_this_pc).map_err(|_| ()), expected, "{address}: {url:?}");
    };
    check("sansang.example.gov.vn:8443", Ok(false));
    check("10.1.2.3:8443", Ok(false));
    check("127.0.0.1:8443", Ok(true));
    check("[::1]:8443", Ok(true));
    check("localhost:1", Ok(true));
    check("", Err(()));
    check("host/path", Err(()));
    check("user@host:1", Err(()));
    check("host:1?x=1", Err(()));
    check("host:99999", Err(()));
}

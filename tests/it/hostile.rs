//! Too large, malformed, replayed, forged, slow: refused, counted, nothing stored, the office unharmed.

use std::time::{Duration, Instant};

use collector::config::Config;
use jiff::Timestamp;
use reqwest::{Client, Response};
use ring::rand::SystemRandom;
use rules::assess::Role;
use rules::envelope::{SigningKey, pack};
use rules::limits::{ENVELOPE_BYTES_MAX, SEQUENCE_WINDOW};
use rules::report::Report;
use rules::wire::{COSE, Receipt, Refusal, Refused};
use tests::desk::{LAPTOP, Worker};
use tests::office::Office;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Somebody who speaks to the collector without being an agent.
struct Stranger {
    client: Client,
    url: String,
}

impl Stranger {
    fn new(office: &Office) -> Stranger {
        let provider = rustls::crypto::ring::default_provider();
        // A second default is not an error: the first one stays.
        provider.install_default().ok();
        let client = Client::builder().no_proxy().danger_accept_invalid_certs(true).build().unwrap();
        Stranger { client, url: format!("https://{}", office.running().agents) }
    }

    async fn post(&self, path: &str, body: Vec<u8>) -> Response {
        let request = self.client.post(format!("{}{path}", self.url)).header("content-type", COSE).body(body);
        request.send().await.unwrap()
    }

    async fn report(&self, body: Vec<u8>) -> Result<Receipt, (u16, Refusal)> {
        let response = self.post("/v1/reports", body).await;
        let status = response.status().as_u16();
        let bytes = response.bytes().await.unwrap();
        if status == 200 {
            return Ok(serde_json::from_slice(&bytes).unwrap());
        }
        Err((status, serde_json::from_slice::<Refused>(&bytes).unwrap().error.code))
    }
}

/// A machine that joined, and the key it signs with.
async fn admitted(office: &Office) -> (SigningKey, Report) {
    let now = office.clock.now();
    let code = office.join_code(Role::Officer, 1).await;
    let mut worker = Worker::new(LAPTOP);
    worker.join(&code, now).await.unwrap();
    let report = worker.report(now);
    (SigningKey::from_pkcs8(&std::fs::read(worker.path().join("key.pk8")).unwrap()).unwrap(), report)
}

fn stranger_key() -> SigningKey {
    SigningKey::from_pkcs8(&SigningKey::generate(&SystemRandom::new()).unwrap()).unwrap()
}

#[tokio::test]
async fn replayed_and_too_old_sequence_numbers() {
    let office = Office::open().await;
    let (key, report) = admitted(&office).await;
    let stranger = Stranger::new(&office);
    let newest = SEQUENCE_WINDOW + 10;
    let first = pack(&report, &key, newest).unwrap();
    assert!(!stranger.report(first.clone()).await.unwrap().again);
    // The same bytes again get their receipt again; nothing is stored.
    assert!(stranger.report(first).await.unwrap().again);
    // Another body under a used number.
    let other = Report { survey_ms: report.survey_ms + 1, ..report.clone() };
    assert_eq!(
        stranger.report(pack(&other, &key, newest).unwrap()).await.unwrap_err(),
        (409, Refusal::SequenceUsed)
    );
    // A number behind the window.
    assert_eq!(
        stranger.report(pack(&other, &key, 10).unwrap()).await.unwrap_err(),
        (409, Refusal::SequenceTooOld)
    );
    // A number within the window arrives late and is kept.
    assert!(!stranger.report(pack(&other, &key, 11).unwrap()).await.unwrap().again);
    assert_eq!(office.reports().await, 2);
    let counts = office.running().app.refusals.counts();
    assert_eq!((counts[&Refusal::SequenceUsed], counts[&Refusal::SequenceTooOld]), (1, 1));
}

#[tokio::test]
async fn from_outside_all_credential_faults_look_alike() {
    let office = Office::open().await;
    let (key, report) = admitted(&office).await;
    let stranger = Stranger::new(&office);
    let mut forged = pack(&report, &key, 1).unwrap();
    *forged.last_mut().unwrap() ^= 1;
    let unknown = pack(&report, &stranger_key(), 1).unwrap();
    let mut faces = Vec::new();
    for body in [forged, unknown] {
        let response = stranger.post("/v1/reports", body).await;
        let status = response.status();
        let mut headers: Vec<String> = response
            .headers()
            .iter()
            .filter(|(name, _)| *name != "date")
            .map(|(name, value)| format!("{name}: {value:?}"))
            .collect();
        headers.sort();
        faces.push((status, headers, response.text().await.unwrap()));
    }
    assert_eq!(faces[0], faces[1]);
    assert_eq!(faces[0].0, 401);
    assert_eq!(office.reports().await, 0);
    assert_eq!(office.running().app.refusals.counts()[&Refusal::NotAdmitted], 2);
}

#[tokio::test]
async fn bodies_that_are_too_large_or_no_envelopes() {
    let office = Office::open().await;
    let stranger = Stranger::new(&office);
    assert_eq!(stranger.report(vec![0; ENVELOPE_BYTES_MAX + 1]).await.unwrap_err(), (413, Refusal::TooLarge));
    assert_eq!(stranger.report(b"hello".to_vec()).await.unwrap_err(), (400, Refusal::Malformed));
    assert_eq!(stranger.report(Vec::new()).await.unwrap_err(), (400, Refusal::Malformed));
    assert_eq!(office.reports().await, 0);
}

#[tokio::test]
async fn a_report_from_the_future() {
    let office = Office::open().await;
    let (key, report) = admitted(&office).await;
    let taken_at: Timestamp = "2031-01-01T00:00:00Z".parse().unwrap();
    let body = pack(&Report { taken_at, ..report }, &key, 1).unwrap();
    assert_eq!(Stranger::new(&office).report(body).await.unwrap_err(), (422, Refusal::FromTheFuture));
    assert_eq!(office.reports().await, 0);
}

#[tokio::test]
async fn a_slow_sender_is_cut_off_and_holds_up_nobody() {
    let mut config = Config::default();
    config.agents.handshake_seconds = 1;
    config.agents.head_seconds = 1;
    config.agents.body_seconds = 1;
    let office = Office::open_with(config).await;
    let (key, report) = admitted(&office).await;
    // Connected, and never says a word: the handshake has its own limit.
    let mut silent = tokio::net::TcpStream::connect(office.running().agents).await.unwrap();
    silent.write_all(&[0x16]).await.unwrap();
    let begun = Instant::now();
    let receipt = Stranger::new(&office).report(pack(&report, &key, 1).unwrap()).await.unwrap();
    assert!(!receipt.again, "others are served meanwhile");
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(20), silent.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "still connected after {:?}", begun.elapsed());
}

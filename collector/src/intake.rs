//! Takes reports in, and PCs.
//!
//! Reading, checking the signature, decompressing and judging happen beside each other, off the threads that serve
//! requests, and in bounded number. What passed is handed to the one writer, which commits many arrivals at once and
//! answers each only when the commit is durable. A refusal writes nothing. Knows no HTTP.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use rules::assess::Grade;
use rules::envelope::{self, Fault, KeyId, Sealed};
use rules::identity::Signs;
use rules::limits::{FUTURE_HOURS_MAX, IDENTITY_COUNT_MAX, SEQUENCE_WINDOW};
use rules::report::Report;
use rules::wire::{JoinRequest, Joined, NamedService, Receipt, Refusal};
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::app::{App, Judge};
use crate::digest::sha256;
use crate::judge::{Case, Judged, day, judge, portrait};
use crate::local::Local;
use crate::store::assessment::{self, Packed};
use crate::store::key::{self, Standing};
use crate::store::machine::Portrait;
use crate::store::report;

mod writer;

pub use writer::Writer;

/// Most arrivals that wait for the writer; the next one is told to come back.
const QUEUE_MAX: usize = 1024;
/// Longest host name and agent version of a newcomer, in characters.
const NEWCOMER_CHARS_MAX: usize = 255;
/// What separates the hash of a join secret from every other hash.
const SECRET_CONTEXT: &[u8] = b"sansang join secret 1";

/// How an envelope came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Via {
    /// Over the network.
    Https,
    /// From a USB stick.
    Import,
}

impl Via {
    fn word(self) -> &'static str {
        match self {
            Via::Https => "https",
            Via::Import => "import",
        }
    }
}

/// Why nothing was taken in.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// What came is refused.
    Refused(Refusal),
    /// Something went wrong here.
    Failed(Arc<anyhow::Error>),
}

impl From<Refusal> for Trouble {
    fn from(refusal: Refusal) -> Trouble {
        Trouble::Refused(refusal)
    }
}

impl From<anyhow::Error> for Trouble {
    fn from(error: anyhow::Error) -> Trouble {
        Trouble::Failed(Arc::new(error))
    }
}

/// Takes reports in, and PCs. Cloning is cheap; when the last clone is gone, the writer ends.
#[derive(Clone)]
pub struct Intake {
    app: App,
    jobs: mpsc::Sender<Job>,
    hands: Arc<Semaphore>,
    decoy: Arc<Decoy>,
    settings: Arc<Settings>,
}

/// What answers tell the PC.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Seconds until the next report is wanted.
    pub report_seconds: u64,
    /// The collector's public key for sealing, 32 bytes.
    pub sealing_key: Vec<u8>,
    /// The services that PCs must reach.
    pub services: Vec<NamedService>,
}

/// Something for the writer.
enum Job {
    Report(Box<Arrival>, oneshot::Sender<Result<Receipt, Trouble>>),
    Join(Box<Newcomer>, oneshot::Sender<Result<Joined, Trouble>>),
}

/// An envelope that is signed by a known key, read and judged.
struct Arrival {
    bytes: Vec<u8>,
    key: KeyId,
    sequence: i64,
    /// The sequence number of what it builds on.
    base: Option<i64>,
    digest: String,
    taken_at: Timestamp,
    /// What lists show of the PC.
    portrait: Portrait,
    judged: Judged,
    /// Its assessment as it is kept.
    packed: Option<Packed>,
    /// The rules that judged.
    rules: Arc<Judge>,
    /// The role for which it was judged, and what held for it then beside the rules.
    role: String,
    local: Local,
    /// What tells the PC from others.
    signs: Signs,
    via: Via,
}

/// A request to join that is signed by the key that it carries.
struct Newcomer {
    key: KeyId,
    public_key: Vec<u8>,
    secret_hash: String,
    hostname: String,
    agent: String,
    signs: Signs,
}

impl Intake {
    /// The intake of this app, and its writer, which must be run.
    pub fn new(app: App, settings: Settings) -> anyhow::Result<(Intake, Writer)> {
        let (jobs, waiting) = mpsc::channel(QUEUE_MAX);
        let settings = Arc::new(settings);
        let writer = Writer::new(app.clone(), waiting, Arc::clone(&settings));
        let hands = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let hands = Arc::new(Semaphore::new(hands));
        Ok((Intake { app, jobs, hands, decoy: Arc::new(Decoy::new()?), settings }, writer))
    }

    /// Seconds until a PC's next report is wanted.
    pub fn report_seconds(&self) -> u64 {
        self.settings.report_seconds
    }

    /// Takes an envelope in. The receipt is given only when the commit is durable.
    ///
    /// # Errors
    /// Why it was not taken in; then nothing of it is stored.
    pub async fn take_in(&self, bytes: Vec<u8>, via: Via) -> Result<Receipt, Trouble> {
        let arrival = self.check(bytes, via).await?;
        let (answer, receipt) = oneshot::channel();
        self.hand_over(Job::Report(Box::new(arrival), answer))?;
        receipt.await.unwrap_or_else(|_| Err(Refusal::Busy.into()))
    }

    /// Lets a PC in, when its join code may be used; a key that is known gets its machine again.
    ///
    /// # Errors
    /// Why it was not let in; then nothing of it is stored.
    pub async fn join(&self, bytes: Vec<u8>) -> Result<Joined, Trouble> {
        let newcomer = self.greet(bytes).await?;
        let (answer, joined) = oneshot::channel();
        self.hand_over(Job::Join(Box::new(newcomer), answer))?;
        joined.await.unwrap_or_else(|_| Err(Refusal::Busy.into()))
    }

    fn hand_over(&self, job: Job) -> Result<(), Trouble> {
        // A writer that has ended means that the collector stops: the PC comes back later.
        self.jobs.try_send(job).map_err(|_| Refusal::Busy.into())
    }

    async fn check(&self, bytes: Vec<u8>, via: Via) -> Result<Arrival, Trouble> {
        let _hand = self.hands.acquire().await.map_err(|_| Refusal::Busy)?;
        let sealed = envelope::read(&bytes).map_err(refusal)?;
        let sequence = i64::try_from(sealed.sequence).map_err(|_| Refusal::Malformed)?;
        let mut tx = self.app.store.read().await?;
        let standing = key::standing(&mut tx, &sealed.key.0).await?;
        let base = match &sealed.base {
            Some(name) => Some(i64::try_from(name.sequence).map_err(|_| Refusal::Malformed)?),
            None => None,
        };
        let full = match (&standing, base) {
            (Some(_), Some(sequence)) => report::base(&mut tx, &sealed.key.0, sequence).await?,
            (None, _) | (_, None) => None,
        };
        let (decoy, now) = (Arc::clone(&self.decoy), self.app.clock.now());
        let ground = match &standing {
            Some(Standing { machine, .. }) => assessment::ground(&mut tx, machine).await?,
            None => None,
        };
        let local = match &standing {
            Some(Standing { machine, unit_path, .. }) => {
                Local::of(&mut tx, machine, unit_path, day(now)).await?
            }
            None => Local::default(),
        };
        drop(tx);
        let rules = self.app.judge();
        let work = move || -> Result<Arrival, Trouble> {
            let Some(standing) = standing.filter(|standing| !standing.withdrawn) else {
                decoy.check(&bytes);
                return Err(Refusal::NotAdmitted.into());
            };
            let report = open(&sealed, full.as_deref(), &standing, now)?;
            let case = Case { report: &report, role: &standing.role, local: &local };
            let judged = judge(&rules, case)?;
            let body = judged.assessment.as_ref().map(|body| Packed::of(body, ground.as_ref()));
            let packed = body.transpose()?;
            let portrait = portrait(&report);
            let pieces = report.facts.identity.evidence.known().map(Vec::as_slice).unwrap_or_default();
            let signs = Signs::of(pieces);
            let (key, digest) = (sealed.key, envelope::digest(&bytes));
            Ok(Arrival {
                bytes,
                key,
                sequence,
                base,
                digest,
                taken_at: report.taken_at,
                portrait,
                judged,
                packed,
                rules,
                role: standing.role,
                local,
                signs,
                via,
            })
        };
        off_the_threads(work).await
    }

    async fn greet(&self, bytes: Vec<u8>) -> Result<Newcomer, Trouble> {
        let _hand = self.hands.acquire().await.map_err(|_| Refusal::Busy)?;
        off_the_threads(move || {
            let (request, public_key) = envelope::open_join(&bytes).map_err(refusal)?;
            newcomer(request, public_key).ok_or_else(|| Refusal::Malformed.into())
        })
        .await
    }
}

fn open(
    sealed: &Sealed,
    base: Option<&[u8]>,
    standing: &Standing,
    now: Timestamp,
) -> Result<Report, Trouble> {
    let report = sealed.open_on(&standing.public_key, base).map_err(refusal)?;
    if report.taken_at > now + SignedDuration::from_hours(FUTURE_HOURS_MAX) {
        return Err(Refusal::FromTheFuture.into());
    }
    Ok(report)
}

fn newcomer(request: JoinRequest, public_key: Vec<u8>) -> Option<Newcomer> {
    let JoinRequest { secret, hostname, agent, evidence, public_key: _ } = request;
    let fits = |text: &str| text.chars().count() <= NEWCOMER_CHARS_MAX && !text.chars().any(char::is_control);
    let signs = Signs::of(&evidence);
    if !fits(&hostname) || !fits(&agent) || evidence.len() > IDENTITY_COUNT_MAX {
        return None;
    }
    // A secret that is no hexadecimal is as wrong as any other wrong one.
    let secret = HEXLOWER.decode(secret.to_ascii_lowercase().as_bytes()).unwrap_or_default();
    let secret_hash = secret_hash(&secret);
    Some(Newcomer { key: KeyId::of(&public_key), public_key, secret_hash, hostname, agent, signs })
}

/// The hash of a join secret, in hexadecimal: what the store keeps of it. The secret has 80 random bits, so a plain
/// hash is enough.
pub fn secret_hash(secret: &[u8]) -> String {
    sha256([SECRET_CONTEXT, secret].concat())
}

fn refusal(fault: Fault) -> Trouble {
    match fault {
        Fault::TooLarge => Refusal::TooLarge.into(),
        Fault::Malformed(_) => Refusal::Malformed.into(),
        Fault::BadSignature => Refusal::NotAdmitted.into(),
        Fault::WireTooNew(_) => Refusal::WireTooNew.into(),
        Fault::BaseMissing => Refusal::BaseMissing.into(),
        Fault::Crypto(text) => anyhow::anyhow!("opening an envelope: {text}").into(),
    }
}

async fn off_the_threads<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, Trouble> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(anyhow::Error::from(error).context("checking what came").into()),
    }
}

/// Spends as much time on an envelope of an unknown key as its signature would take, so that the time of a refusal
/// does not tell which keys are known.
struct Decoy {
    public_key: Vec<u8>,
    signature: Vec<u8>,
}

impl Decoy {
    fn new() -> anyhow::Result<Decoy> {
        let failed = |_| anyhow::anyhow!("making a key: the random source failed");
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?;
        let pair =
            Ed25519KeyPair::from_pkcs8(document.as_ref()).map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(Decoy {
            public_key: pair.public_key().as_ref().to_vec(),
            signature: pair.sign(b"").as_ref().to_vec(),
        })
    }

    fn check(&self, bytes: &[u8]) {
        let checked = UnparsedPublicKey::new(&ED25519, &self.public_key).verify(bytes, &self.signature);
        std::hint::black_box(checked.is_ok());
    }
}

/// The grade and score that a PC is shown.
fn shown(grade: &str, score: Option<i64>) -> (Option<Grade>, Option<u8>) {
    (Grade::parse(grade), score.and_then(|score| u8::try_from(score).ok()))
}

/// Whether this sequence number is too far behind the highest.
fn too_old(sequence: i64, highest: i64) -> bool {
    let window = i64::try_from(SEQUENCE_WINDOW).unwrap_or(i64::MAX);
    sequence <= highest.saturating_sub(window)
}

#[cfg(test)]
pub(crate) mod tests;

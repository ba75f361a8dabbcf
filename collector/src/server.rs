//! The two listeners: agents over TLS, people over TLS or, on this PC only, plain HTTP.
//!
//! Everything that a stranger can hold on to has a limit: connections, the handshake, the head and the body of a
//! request. Knows no route.

use std::net::SocketAddr;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use indicatif::ProgressBar;
use jiff::SignedDuration;
use ring::rand::{SecureRandom, SystemRandom};
use rules::assess::Role;
use rules::join::JoinCode;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use tracing::{debug, info, warn};

use crate::activate;
use crate::api;
use crate::app::App;
use crate::archive;
use crate::certificate::{self, Certificate};
use crate::clock::Clock;
use crate::config::Config;
use crate::data::{Data, Lock, SealingKey};
use crate::intake::{self, Intake, secret_hash};
use crate::judge;
use crate::rescore::rescore_if_changed;
use crate::store::join_code::NewCode;
use crate::store::unit::Unit;
use crate::store::{Tx, join_code};
use crate::throttle::Throttle;
use crate::watch::Watch;
use crate::web;

/// Most connections to the dashboard at once.
const PEOPLE_CONNECTIONS_MAX: usize = 1024;
/// How long running requests may take to finish when the collector stops.
const STOP_SECONDS: u64 = 10;
/// How long to wait when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Largest head of a request, in bytes.
const HEAD_BYTES_MAX: usize = 64 * 1024;

/// A collector that serves.
pub struct Running {
    /// Where agents reach it.
    pub agents: SocketAddr,
    /// Where people reach it.
    pub people: SocketAddr,
    /// What it works on.
    pub app: App,
    /// Where envelopes go in.
    pub intake: Intake,
    /// The address of the dashboard, for a browser on this PC or, where one is given, from outside.
    pub dashboard: String,
    /// The first 16 bytes of the SHA-256 of the certificate's public key.
    pub pin: [u8; 16],
    issuer: Issuer,
    watch: Watch,
    stop: watch::Sender<bool>,
    tasks: JoinSet<()>,
    writer: JoinHandle<()>,
    _lock: Lock,
}

/// Starts the collector of this data folder. Port 0 takes any free port.
///
/// # Errors
/// When another collector serves the folder, a port is taken, or a file of the folder cannot be used.
pub async fn serve(data: &Data, config: &Config, clock: Clock) -> Result<Running> {
    serve_with(data, config, clock, &ProgressBar::hidden()).await
}

/// As [`serve`], showing the progress of rescoring after a change of rules.
///
/// # Errors
/// As [`serve`].
pub async fn serve_with(
    data: &Data,
    config: &Config,
    clock: Clock,
    progress: &ProgressBar,
) -> Result<Running> {
    let lock = data.lock()?;
    let certificate = certificate::load_or_make(data, config, &hostname(), clock.now())?;
    let agents = bind(config.agents.listen, "agents.listen").await?;
    let people = bind(config.people.listen, "people.listen").await?;
    let (agents_address, people_address) = (agents.local_addr()?, people.local_addr()?);
    let rules = data.path(&config.rules.folder);
    let app = open_app(data, config, &rules, clock).await?;
    if let Some(rescored) =
        rescore_if_changed(&app, progress).await.context("judging again by rules that changed")?
    {
        activate::count(&app, Some(rescored)).await?;
    }
    let SealingKey { public, .. } = data.sealing_key()?;
    let settings = intake::Settings {
        report_seconds: config.agents.report_seconds,
        sealing_key: public,
        services: config.reach.services.clone(),
    };
    let (intake, writer) = Intake::new(app.clone(), settings)?;

    let (stop, stopping) = watch::channel(false);
    let mut tasks = JoinSet::new();
    tasks.spawn(agents_listener(agents, config, &app, &intake, &certificate).listen(stopping.clone()));
    tasks.spawn(people_listener(people, config, &app, &certificate).listen(stopping.clone()));
    let watch = Watch::new(app.clone());
    tasks.spawn(watch.clone().run(stopping));
    let scheme = if config.people.speaks_tls() { "https" } else { "http" };
    info!(agents = %agents_address, people = %people_address, "The collector serves.");
    Ok(Running {
        agents: agents_address,
        people: people_address,
        dashboard: format!("{scheme}://{}/", reachable(people_address)),
        pin: certificate.pin,
        issuer: Issuer::new(config, agents_address, &certificate),
        app,
        intake,
        watch,
        stop,
        tasks,
        writer: tokio::spawn(writer.run()),
        _lock: lock,
    })
}

/// The app of this data folder.
///
/// # Errors
/// When the database cannot be opened; when a rule set is wrong, and no good rules were in force before.
pub async fn open_app(data: &Data, config: &Config, rules: &Path, clock: Clock) -> Result<App> {
    let loaded = judge::load_with_texts(rules);
    let store = data.store().await?;
    let app = |judge| App::new(store.clone(), clock.clone(), judge, config.people.seen_over_tls());
    match loaded {
        Ok((judge, texts)) => {
            archive::keep(&store, &judge, &texts, clock.now()).await?;
            Ok(app(judge).with_rules(rules.to_owned()))
        }
        // Who comes in the morning must find a collector that takes reports in, whatever somebody laid there at night.
        Err(wrong) => {
            let told: Vec<String> = wrong.iter().map(ToString::to_string).collect();
            let told = told.join("\n");
            let last = archive::last(&mut store.read().await?).await.unwrap_or_else(|error| {
                warn!(
                    error = format!("{error:#}"),
                    "The rules that were in force last cannot be read again."
                );
                None
            });
            let last =
                last.with_context(|| format!("the rules cannot be used; mend them and start again\n{told}"))?;
            warn!("What lies in the folder of rules is wrong; those that were in force last judge.\n{told}");
            let app = app(last).with_rules(rules.to_owned());
            app.rules.set_wrong(wrong);
            Ok(app)
        }
    }
}

impl Running {
    /// Stops: nothing more is accepted, what runs is finished, what waits is committed.
    ///
    /// # Errors
    /// When the writer broke.
    pub async fn stop(self) -> Result<()> {
        let Running { app, intake, watch, stop, mut tasks, writer, _lock, .. } = self;
        stop.send_replace(true);
        while tasks.join_next().await.is_some() {}
        // The last clones of the intake go with the listeners and here; then the writer has no more to wait for.
        drop((intake, watch));
        writer.await.context("waiting for the writer")?;
        app.store.close().await;
        info!("The collector stopped.");
        Ok(())
    }

    /// Makes a join code for this unit; commit the transaction before it is given away.
    ///
    /// # Errors
    /// When the address does not fit into a join code, or the database cannot.
    pub async fn join_code(&self, tx: &mut Tx, unit: &Unit, terms: Terms<'_>) -> Result<JoinCode> {
        self.issuer.issue(tx, unit, terms, &self.app.clock).await
    }

    /// Looks at the rules at once, as SIGHUP does. Gives what is wrong with them; then the old ones stay in force.
    ///
    /// # Errors
    /// When the machines cannot be judged again.
    pub async fn reload_rules(&self) -> Result<Vec<judge::Wrong>> {
        self.watch.reload().await
    }
}

/// Where a PC of this network reaches a listener: this PC itself, when it listens everywhere.
fn reachable(address: SocketAddr) -> String {
    match address.ip() {
        ip if !ip.is_unspecified() => address.to_string(),
        _ => format!("{}:{}", hostname(), address.port()),
    }
}

/// The name of this PC, `localhost` when it has none.
pub fn hostname() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() || name == "(none)" { "localhost".to_owned() } else { name.to_owned() }
}

/// Waits until the collector stops.
pub(crate) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // Nobody left to say it means the same.
    stop.wait_for(|stop| *stop).await.ok();
}

async fn bind(address: SocketAddr, key: &str) -> Result<TcpListener> {
    TcpListener::bind(address)
        .await
        .with_context(|| format!("listening on {address} ({key}): is the port taken by another program?"))
}

/// What join codes are made from.
#[derive(Debug, Clone)]
pub struct Issuer {
    address: String,
    pin: Option<[u8; 16]>,
}

/// On what terms a join code lets PCs in.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The role of their seats.
    pub role: Role,
    /// How many PCs may use it.
    pub uses: u32,
    /// For how long.
    pub lasts: SignedDuration,
    /// Who made it.
    pub by: &'a str,
}

impl Issuer {
    /// Makes join codes for a collector that agents reach at this address.
    pub fn new(config: &Config, agents: SocketAddr, certificate: &Certificate) -> Issuer {
        let address = config.agents.address.clone().unwrap_or_else(|| reachable(agents));
        Issuer { address, pin: config.tls.pins().then_some(certificate.pin) }
    }

    /// Makes a join code for this unit.
    ///
    /// # Errors
    /// When the address does not fit into a join code, or the database cannot.
    pub async fn issue(&self, tx: &mut Tx, unit: &Unit, terms: Terms<'_>, clock: &Clock) -> Result<JoinCode> {
        anyhow::ensure!(
            JoinCode::fits(&self.address),
            "the address {} is too long for a join code: set a shorter agents.address",
            self.address
        );
        let mut secret = [0; 10];
        SystemRandom::new().fill(&mut secret).map_err(|_| anyhow::anyhow!("the random source failed"))?;
        let now = clock.now();
        let code = NewCode {
            secret_hash: &secret_hash(&secret),
            unit: &unit.id,
            role: terms.role.word(),
            uses: terms.uses,
            expires_at: now.checked_add(terms.lasts).context("the join code would end too late")?,
            created_by: terms.by,
        };
        join_code::add(tx, code, now).await?;
        Ok(JoinCode { address: self.address.clone(), pin: self.pin, secret })
    }
}

fn agents_listener(
    socket: TcpListener,
    config: &Config,
    app: &App,
    intake: &Intake,
    certificate: &Certificate,
) -> Listener {
    let settings = &config.agents;
    let throttle = Throttle::new(settings.requests_per_second, settings.requests_burst);
    let body = Duration::from_secs(settings.body_seconds);
    Listener {
        socket,
        tls: Some(TlsAcceptor::from(Arc::clone(&certificate.server))),
        router: api::router(api::Agents::new(app.clone(), intake.clone(), throttle, body)),
        places: Arc::new(Semaphore::new(settings.connections_max)),
        handshake: Duration::from_secs(settings.handshake_seconds),
        head: Duration::from_secs(settings.head_seconds),
    }
}

fn people_listener(socket: TcpListener, config: &Config, app: &App, certificate: &Certificate) -> Listener {
    let tls = config.people.speaks_tls().then(|| TlsAcceptor::from(Arc::clone(&certificate.server)));
    Listener {
        socket,
        tls,
        router: web::router(app.clone()),
        places: Arc::new(Semaphore::new(PEOPLE_CONNECTIONS_MAX)),
        handshake: Duration::from_secs(config.agents.handshake_seconds),
        head: Duration::from_secs(config.agents.head_seconds),
    }
}

/// A socket with what is served on it.
struct Listener {
    socket: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    places: Arc<Semaphore>,
    handshake: Duration,
    head: Duration,
}

impl Listener {
    /// Accepts until the collector stops, then lets running requests finish.
    async fn listen(self, mut stop: watch::Receiver<bool>) {
        let mut connections = JoinSet::new();
        loop {
            let accepting = async {
                // A full house lets the next ones wait in the system's queue.
                let place = Arc::clone(&self.places).acquire_owned().await;
                (place, self.socket.accept().await)
            };
            tokio::select! {
                () = stopped(&mut stop) => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                (place, accepted) = accepting => match accepted {
                    Ok((stream, peer)) => {
                        let connection = self.connection(peer, stop.clone());
                        connections.spawn(async move {
                            connection.serve(stream).await;
                            drop(place);
                        });
                    }
                    Err(error) => {
                        warn!(%error, "A connection could not be accepted.");
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                },
            }
        }
        let finish = async { while connections.join_next().await.is_some() {} };
        if tokio::time::timeout(Duration::from_secs(STOP_SECONDS), finish).await.is_err() {
            warn!(connections = connections.len(), "Connections that did not end in time were cut.");
        }
    }

    fn connection(&self, peer: SocketAddr, stop: watch::Receiver<bool>) -> Connection {
        let (tls, router) = (self.tls.clone(), self.router.clone());
        Connection { peer, tls, router, handshake: self.handshake, head: self.head, stop }
    }
}

/// One connection.
struct Connection {
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    router: Router,
    handshake: Duration,
    head: Duration,
    stop: watch::Receiver<bool>,
}

impl Connection {
    async fn serve(mut self, stream: tokio::net::TcpStream) {
        // Answers are small and whole; waiting to fill a packet only delays them.
        stream.set_nodelay(true).ok();
        let Some(tls) = self.tls.take() else { return self.speak(stream).await };
        let shaking = tokio::time::timeout(self.handshake, tls.accept(stream));
        let shaken = tokio::select! {
            () = stopped(&mut self.stop) => return,
            shaken = shaking => shaken,
        };
        match shaken {
            Ok(Ok(stream)) => self.speak(stream).await,
            Ok(Err(error)) => debug!(peer = %self.peer, %error, "A TLS handshake failed."),
            Err(_) => debug!(peer = %self.peer, "A TLS handshake took too long."),
        }
    }

    async fn speak(mut self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let (peer, router) = (self.peer, self.router);
        let service = service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            router.clone().oneshot(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.head)
            .max_buf_size(HEAD_BYTES_MAX)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        let done = tokio::select! {
            done = connection.as_mut() => done,
            () = stopped(&mut self.stop) => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = done {
            debug!(%peer, %error, "A connection broke.");
        }
    }
}

#[cfg(test)]
mod tests;

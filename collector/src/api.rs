//! What agents call: `POST /v1/join`, `POST /v1/reports`, `GET /v1/health`.
//!
//! Limits come before work: rate, size and time are kept here, before a byte is understood. Knows no pages.

use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{get, post};
use rules::wire::{Refusal, Refused, RefusedError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::error;

use crate::app::App;
use crate::intake::{Intake, Trouble};
use crate::store::new_id;
use crate::throttle::Throttle;

mod health;
mod join;
mod reports;

/// How much of bodies may be in memory at once, in KiB.
const BODIES_KIB_MAX: usize = 64 * 1024;
/// What the smallest body counts as, in KiB: its request takes memory too.
const BODY_KIB_MIN: u64 = 8;
/// When an agent that was told Busy comes back, in seconds; it spreads that by itself.
const RETRY_AFTER_SECONDS: &str = "15";

/// What the routes for agents share.
#[derive(Clone)]
pub struct Agents {
    app: App,
    intake: Intake,
    throttle: Arc<Throttle>,
    bodies: Arc<Semaphore>,
    body_patience: Duration,
}

impl Agents {
    /// What the routes for agents share; a body may take this long.
    pub fn new(app: App, intake: Intake, throttle: Throttle, body_patience: Duration) -> Agents {
        let bodies = Arc::new(Semaphore::new(BODIES_KIB_MAX));
        Agents { app, intake, throttle: Arc::new(throttle), bodies, body_patience }
    }
}

/// The routes for agents.
pub fn router(agents: Agents) -> Router {
    Router::new()
        .route("/v1/join", post(join::join))
        .route("/v1/reports", post(reports::take))
        .layer(middleware::from_fn_with_state(agents.clone(), throttle))
        .route("/v1/health", get(health::health))
        .layer(DefaultBodyLimit::disable())
        .with_state(agents)
}

async fn throttle(
    State(agents): State<Agents>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if agents.throttle.admit(peer.ip(), agents.app.clock.now()) {
        next.run(request).await
    } else {
        let mut answer = agents.refuse(peer.ip(), Refusal::Busy.into());
        *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
        answer
    }
}

/// A body that was read, with its place in the memory that bodies may take.
struct Read {
    bytes: Vec<u8>,
    _place: OwnedSemaphorePermit,
}

impl Agents {
    /// Reads a body of at most this many bytes.
    async fn read(&self, body: Body, bytes_max: usize) -> Result<Read, Refusal> {
        let announced = body.size_hint();
        if announced.lower() > bytes_max as u64 {
            return Err(Refusal::TooLarge);
        }
        let expected = announced.upper().unwrap_or(bytes_max as u64).min(bytes_max as u64);
        let kib = u32::try_from(expected.div_ceil(1024).max(BODY_KIB_MIN)).map_err(|_| Refusal::TooLarge)?;
        let place = Arc::clone(&self.bodies).try_acquire_many_owned(kib).map_err(|_| Refusal::Busy)?;
        match tokio::time::timeout(self.body_patience, read_all(body, bytes_max)).await {
            Ok(read) => read.map(|bytes| Read { bytes, _place: place }),
            // A slow line may be quicker next time, so this is not final for the agent.
            Err(_) => Err(Refusal::Busy),
        }
    }

    /// The answer to what was not taken, counted and told.
    fn refuse(&self, address: IpAddr, trouble: Trouble) -> Response {
        let now = self.app.clock.now();
        let (refusal, message) = match trouble {
            Trouble::Refused(refusal) => (refusal, sentence(refusal).to_owned()),
            Trouble::Failed(failure) => {
                let id = new_id(now);
                error!(id, error = format!("{failure:#}"), "Something went wrong while taking in what came.");
                (
                    Refusal::Internal,
                    format!("something went wrong in the collector; its log tells more under {id}"),
                )
            }
        };
        self.app.refusals.note(address, refusal, now);
        let refused = Refused { error: RefusedError { code: refusal, message } };
        let mut answer = (status(refusal), Json(refused)).into_response();
        if refusal == Refusal::Busy {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
        }
        answer
    }
}

async fn read_all(mut body: Body, bytes_max: usize) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        // The connection broke: nobody reads this answer.
        let frame = frame.map_err(|_| Refusal::Malformed)?;
        if let Ok(data) = frame.into_data() {
            if bytes.len() + data.len() > bytes_max {
                return Err(Refusal::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

fn status(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::NotAdmitted => StatusCode::UNAUTHORIZED,
        Refusal::KeyShared
        | Refusal::UnitClosed
        | Refusal::SequenceUsed
        | Refusal::SequenceTooOld
        | Refusal::BaseMissing => StatusCode::CONFLICT,
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Malformed => StatusCode::BAD_REQUEST,
        Refusal::WireTooNew | Refusal::FromTheFuture => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Busy => StatusCode::SERVICE_UNAVAILABLE,
        Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A refusal as a sentence for people. Credential faults share one.
pub fn sentence(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NotAdmitted => "this PC is not admitted: join again with a join code of the collector",
        Refusal::KeyShared => "two PCs have signed with this key: make another and join again",
        Refusal::UnitClosed => "the unit of this join code is closed, and was divided",
        Refusal::SequenceUsed => "another report came under this sequence number",
        Refusal::SequenceTooOld => "the report is too far behind the newest one of this PC",
        Refusal::TooLarge => "the body is over the limit",
        Refusal::Malformed => "the body cannot be read",
        Refusal::WireTooNew => "the report is of a newer form than this collector knows",
        Refusal::BaseMissing => "the report builds on a full one that is not here: send that first",
        Refusal::FromTheFuture => "the report is dated in the future: check the clock of the PC",
        Refusal::Busy => "the collector has too much to do, or the line is too slow: come back later",
        Refusal::Internal => "something went wrong in the collector",
    }
}

#[cfg(test)]
mod tests;

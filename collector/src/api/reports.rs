//! `POST /v1/reports`: a PC sends an envelope.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Json, Response};
use rules::limits::ENVELOPE_BYTES_MAX;
use rules::wire::Receipt;

use super::{Agents, Read};
use crate::intake::{Trouble, Via};

pub(super) async fn take(
    State(agents): State<Agents>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    match take_in(&agents, request).await {
        Ok(receipt) => Json(receipt).into_response(),
        Err(trouble) => agents.refuse(peer.ip(), trouble),
    }
}

async fn take_in(agents: &Agents, request: Request) -> Result<Receipt, Trouble> {
    // The place in memory is kept until the report is stored.
    let Read { bytes, _place } = agents.read(request.into_body(), ENVELOPE_BYTES_MAX).await?;
    agents.intake.take_in(bytes, Via::Https).await
}

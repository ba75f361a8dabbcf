//! `POST /v1/join`: a PC asks to be let in.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Json, Response};
use rules::limits::JOIN_BYTES_MAX;
use rules::wire::Joined;

use super::{Agents, Read};
use crate::intake::Trouble;

pub(super) async fn join(
    State(agents): State<Agents>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    match let_in(&agents, request).await {
        Ok(joined) => Json(joined).into_response(),
        Err(trouble) => agents.refuse(peer.ip(), trouble),
    }
}

async fn let_in(agents: &Agents, request: Request) -> Result<Joined, Trouble> {
    let Read { bytes, _place } = agents.read(request.into_body(), JOIN_BYTES_MAX).await?;
    agents.intake.join(bytes).await
}

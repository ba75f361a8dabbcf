//! `GET /v1/health`: whether the collector is able to read what it remembers.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::response::{IntoResponse, Json, Response};
use serde_json::json;

use super::Agents;
use crate::store::setting;

pub(super) async fn health(
    State(agents): State<Agents>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
) -> Response {
    let asked = async {
        let mut tx = agents.app.store.read().await?;
        setting::find(&mut tx, "rules").await
    };
    match asked.await {
        Ok(_) => Json(json!({ "ready": true })).into_response(),
        Err(error) => agents.refuse(peer.ip(), error.into()),
    }
}

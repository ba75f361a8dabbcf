//! The one answer to a page request that failed: words for people, the cause for the log.
//!
//! A handler gives a [`Failure`]; `web` dresses it as a page in the reader's language.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::HEXLOWER;
use ring::rand::{SecureRandom, SystemRandom};

/// Why a page cannot be shown.
#[derive(Debug, Clone)]
pub enum Failure {
    /// There is no such page or thing, or it lies outside what the person sees.
    NotFound,
    /// The person's standing does not allow it.
    Forbidden,
    /// A form that was not made by this site for this session.
    BadForm,
    /// The address is asked in a way that it does not answer.
    WrongMethod,
    /// The request is over the limit.
    TooLarge,
    /// Something went wrong in the collector. The id stands in the log beside the cause.
    Unexpected(Arc<str>),
}

impl Failure {
    /// The status code of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Failure::NotFound => StatusCode::NOT_FOUND,
            Failure::Forbidden | Failure::BadForm => StatusCode::FORBIDDEN,
            Failure::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Failure::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Failure::Unexpected(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// The cause goes to the log under an id that the reader is told.
impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        let mut bytes = [0_u8; 4];
        // Without random bytes the id is zeros, and the log still tells the cause.
        let id = match SystemRandom::new().fill(&mut bytes) {
            Ok(()) => HEXLOWER.encode(&bytes),
            Err(_) => "00000000".to_owned(),
        };
        tracing::error!(id, error = format!("{error:#}"), "A page failed.");
        Failure::Unexpected(id.into())
    }
}

impl From<askama::Error> for Failure {
    fn from(error: askama::Error) -> Failure {
        anyhow::Error::from(error).context("rendering a page").into()
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

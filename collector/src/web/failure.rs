//! The page of a request that failed.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::error::Failure;
use crate::web::format::fill;
use crate::web::layout::{Layout, Place};
use crate::web::page_with;
use crate::web::reader::Reader;
use crate::web::words::Words;

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage {
    l: Layout,
    w: &'static Words,
    status: u16,
    title: &'static str,
    /// What was tried and what is wrong.
    wrong: String,
    /// What to do.
    remedy: &'static str,
    signed_in: bool,
}

/// The failure in the reader's language.
pub fn page(reader: &Reader, failure: &Failure) -> Response {
    let w = reader.words();
    let (title, wrong, remedy) = match failure {
        Failure::NotFound => {
            (&w.failure_not_found, w.failure_not_found_wrong.clone(), &w.failure_not_found_do)
        }
        Failure::Forbidden => {
            (&w.failure_forbidden, w.failure_forbidden_wrong.clone(), &w.failure_forbidden_do)
        }
        Failure::BadForm => (&w.failure_form, w.failure_form_wrong.clone(), &w.failure_form_do),
        Failure::WrongMethod => (&w.failure_method, w.failure_method_wrong.clone(), &w.failure_not_found_do),
        Failure::TooLarge => (&w.failure_large, w.failure_large_wrong.clone(), &w.failure_form_do),
        Failure::Unexpected(id) => (
            &w.failure_unexpected,
            fill(&w.failure_unexpected_wrong, &[("id", id)]),
            &w.failure_unexpected_do,
        ),
    };
    let status = failure.status();
    let page = FailurePage {
        l: Layout::new(reader, Place::Elsewhere, title),
        w,
        status: status.as_u16(),
        title,
        wrong,
        remedy,
        signed_in: reader.person.is_some(),
    };
    page_with(status, &page).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

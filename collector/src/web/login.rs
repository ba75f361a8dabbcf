//! Signing in and out.

use askama::Template;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use crate::error::Failure;
use crate::guard::{SESSION_DAYS, SignIn, cookie_name};
use crate::web::format::fill;
use crate::web::layout::{Layout, Place};
use crate::web::reader::Reader;
use crate::web::words::Words;
use crate::web::{Form, Peer, Query, Site, Visitor, page_with};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    l: Layout,
    w: &'static Words,
    name: String,
    next: String,
    error: Option<String>,
}

impl LoginPage {
    fn of(reader: &Reader, name: &str, next: &str, error: Option<String>) -> LoginPage {
        let w = reader.words();
        LoginPage {
            l: Layout::new(reader, Place::Elsewhere, &w.login_title),
            w,
            name: name.to_owned(),
            next: own_path(next).to_owned(),
            error,
        }
    }
}

/// Shows the form; who has signed in goes on.
///
/// # Errors
/// When the page cannot be rendered.
pub async fn show(reader: Reader, Query(query): Query) -> Result<Response, Failure> {
    if reader.person.is_some() {
        return Ok(Redirect::to(own_path(query.text("next"))).into_response());
    }
    page_with(StatusCode::OK, &LoginPage::of(&reader, "", query.text("next"), None))
}

/// Tries a name and a password.
///
/// # Errors
/// When the database fails.
pub async fn sign_in(
    State(site): State<Site>,
    reader: Reader,
    Peer(address): Peer,
    Form(form): Form,
) -> Result<Response, Failure> {
    let w = reader.words();
    let (name, next) = (form.text("name"), form.text("next"));
    let outcome = site.guard.sign_in(&site.app, name, form.text("password"), address).await?;
    match outcome {
        SignIn::Welcome(token) => {
            let cookie = session_cookie(&token, SESSION_DAYS * 24 * 3600, site.app.people_tls);
            Ok(([(header::SET_COOKIE, cookie)], Redirect::to(own_path(next))).into_response())
        }
        SignIn::Wrong => {
            let page = LoginPage::of(&reader, name, next, Some(w.login_wrong.clone()));
            page_with(StatusCode::UNAUTHORIZED, &page)
        }
        SignIn::Wait(minutes) => {
            let error = fill(&w.login_wait, &[("minutes", &minutes.to_string())]);
            let page = LoginPage::of(&reader, name, next, Some(error));
            page_with(StatusCode::TOO_MANY_REQUESTS, &page)
        }
    }
}

/// Ends the session.
///
/// # Errors
/// When the database fails.
pub async fn sign_out(State(site): State<Site>, visitor: Visitor) -> Result<Response, Failure> {
    site.guard.sign_out(&site.app, &visitor.person).await?;
    let cookie = session_cookie("", 0, site.app.people_tls);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response())
}

fn session_cookie(token: &str, seconds: i64, tls: bool) -> String {
    let secure = if tls { "; Secure" } else { "" };
    let name = cookie_name(tls);
    format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// A path of this site, so that a link to the sign-in page cannot lead elsewhere afterwards.
fn own_path(path: &str) -> &str {
    let mut letters = path.chars();
    let first_two = (letters.next(), letters.next());
    let plain = path.chars().all(|letter| letter.is_ascii_graphic() && letter != '\\');
    match first_two {
        (Some('/'), Some('/')) => "/",
        (Some('/'), _) if plain => path,
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_paths_are_gone_on_to() {
        let check = |path, expected| assert_eq!(own_path(path), expected, "{path}");
        check("/machines?q=a", "/machines?q=a");
        check("", "/");
        check("//evil.example", "/");
        check("/\\evil.example", "/");
        check("https://evil.example", "/");
        check("/a\r\nset-cookie: x", "/");
    }
}

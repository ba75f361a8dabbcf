//! A person with a browser's cookies, but without a browser.

use std::net::SocketAddr;

use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, StatusCode};

/// A person with a browser's cookies.
pub struct Visitor {
    client: Client,
    base: String,
    cookies: Vec<(String, String)>,
}

/// What the person was shown.
#[derive(Debug)]
pub struct Shown {
    /// The status of the answer.
    pub status: StatusCode,
    /// Where the answer sends the browser, if anywhere.
    pub location: Option<String>,
    /// The page.
    pub body: String,
}

impl Visitor {
    /// Nobody yet.
    pub fn new(people: SocketAddr) -> Visitor {
        let client = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .tls_backend_preconfigured(crate::programs::plain_tls())
            .build()
            .expect("a client");
        Visitor { client, base: format!("http://{people}"), cookies: Vec::new() }
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Shown {
        let request = self.client.get(format!("{}{path}", self.base));
        self.send(request).await
    }

    /// Sends a form. The form token of the page that showed it must be among the fields.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Shown {
        let body = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", encode(value)))
            .collect::<Vec<_>>()
            .join("&");
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header(ORIGIN, &self.base)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.send(request).await
    }

    /// Signs in; panics when the name or the password is wrong.
    pub async fn sign_in(&mut self, name: &str, password: &str) {
        let shown = self.get("/sign-in").await;
        assert_eq!(shown.status, StatusCode::OK);
        let token = shown.form_token();
        let mut fields = vec![("name", name), ("password", password)];
        if let Some(token) = &token {
            fields.push(("form_token", token));
        }
        let shown = self.post("/sign-in", &fields).await;
        assert_eq!(shown.status, StatusCode::SEE_OTHER, "{}", shown.body);
    }

    async fn send(&mut self, request: reqwest::RequestBuilder) -> Shown {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response =
            request.header(COOKIE, cookies.join("; ")).send().await.expect("the dashboard answers");
        for cookie in response.headers().get_all(SET_COOKIE) {
            let cookie = cookie.to_str().expect("a cookie").split(';').next().unwrap_or_default();
            if let Some((name, value)) = cookie.split_once('=') {
                self.cookies.retain(|(known, _)| known != name);
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let status = response.status();
        let location =
            response.headers().get(LOCATION).map(|value| value.to_str().expect("a location").to_owned());
        Shown { status, location, body: response.text().await.expect("a page") }
    }
}

impl Shown {
    /// The form token of the first form on the page.
    pub fn form_token(&self) -> Option<String> {
        let (_, after) = self.body.split_once("name=\"form_token\" value=\"")?;
        after.split_once('"').map(|(token, _)| token.to_owned())
    }
}

fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

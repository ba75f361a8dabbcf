//! Routes for people, in one list; how a page becomes an answer.
//!
//! Every request passes `meet`: it learns who asks and in which language, holds the route's door, checks forms,
//! and dresses failures as pages. A handler reads, builds its page from plain rows, and renders it.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{
    ConnectInfo, FromRef, FromRequest, FromRequestParts, MatchedPath, Multipart, Request, State,
};
use axum::http::header::{self, HeaderValue};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use unicode_normalization::UnicodeNormalization;

use ::rules::limits::RULESET_BYTES_MAX;

use crate::app::App;
use crate::error::Failure;
use crate::guard::{self, Guard, Person};
use crate::lang::Lang;
use crate::store::account::Standing;
use crate::store::listing;
use crate::store::unit::Unit;
use crate::web::reader::Reader;
use crate::web::words::Words;

pub mod account;
pub mod amount;
pub mod annex;
pub mod asset;
pub mod audit;
pub mod failure;
pub mod format;
pub mod import;
pub mod label;
pub mod layout;
pub mod league;
pub mod login;
pub mod machine;
pub mod machines;
pub mod opinions;
pub mod overview;
pub mod parameters;
pub mod plan;
pub mod reader;
pub mod remedy;
pub mod report;
pub mod rules;
pub mod scenario;
pub mod scenarios;
pub mod seat;
pub mod survey;
pub mod trend;
pub mod trial;
pub mod unit;
pub mod unit_history;
pub mod unit_import;
pub mod unit_rules;
pub mod units;
pub mod value;
pub mod vocabulary;
pub mod waiting;
pub mod waivers;
pub mod words;
pub mod work;

/// Largest form, in bytes.
const FORM_BYTES_MAX: usize = 64 * 1024;
/// How hard pages are compressed, 1 to 9: a level more costs more time than it saves on the line.
const GZIP_LEVEL: i32 = 4;

/// Largest form with a rule set in it, in bytes: pasted text may come with three characters for a byte.
const RULES_FORM_BYTES_MAX: usize = 3 * RULESET_BYTES_MAX + FORM_BYTES_MAX;

/// Largest form with a file of units in it, in bytes; larger files go through the command line.
const UNITS_FORM_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Own files only, no inline script or style, no frames.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; font-src 'self'; \
    img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Who may come through a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Anybody, signed in or not.
    Everyone,
    /// People of these standings.
    Standings(&'static [Standing]),
}

impl Access {
    fn admits(self, standing: Standing) -> bool {
        match self {
            Access::Everyone => true,
            Access::Standings(standings) => standings.contains(&standing),
        }
    }
}

const EVERYONE: Access = Access::Everyone;
const ALL: Access = Access::Standings(Standing::ALL);
const TRIES: Access = Access::Standings(trial::TRIES);
const ADMINISTRATORS: Access = Access::Standings(&[Standing::Administrator]);

const CONFLICTS: Access = Access::Standings(machine::ENDS_CONFLICTS);
const PARAMETERS: Access = Access::Standings(parameters::SETS_PARAMETERS);
const PLANS: Access = Access::Standings(scenarios::PLANS);
const SEATS: Access = Access::Standings(seat::GIVES_SEATS);
const SURVEYS: Access = Access::Standings(survey::DECLARES);
const TARGETS: Access = Access::Standings(league::SETS_TARGETS);
const TICKS: Access = Access::Standings(work::TICKS);
const WAIVERS: Access = Access::Standings(waivers::GRANTS);

/// One door.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// `get` or `post`.
    pub method: &'static str,
    /// The path, as axum writes it.
    pub path: &'static str,
    /// Who may come through.
    pub access: Access,
}

/// Makes the list of doors and the router from the same lines.
macro_rules! routes {
    ($($method:ident $path:literal $access:expr => $handler:expr;)+) => {
        /// Every route, with who may come through. A test calls each as nobody and as a stranger.
        pub const ROUTES: &[Route] =
            &[$(Route { method: stringify!($method), path: $path, access: $access },)+];

        fn routes() -> Router<Site> {
            Router::new()$(.route($path, axum::routing::$method($handler)))+
        }
    };
}

routes! {
    get  "/"               ALL      => overview::show;
    get  "/units"          ALL      => units::show;
    get  "/units.csv"      ALL      => units::export;
    get  "/units/import"   ADMINISTRATORS => unit_import::show;
    post "/units/import"   ADMINISTRATORS => unit_import::send;
    get  "/import/{id}"    SEATS    => import::show;
    post "/import/{id}"    SEATS    => import::send;
    get  "/units/waiting"  SEATS    => waiting::show;
    post "/units/waiting"  SEATS    => waiting::send_on;
    get  "/units/waiting.csv" SEATS => waiting::export;
    get  "/units/{id}"     ALL      => unit::show;
    get  "/units/{id}/rules" ALL    => unit_rules::show;
    get  "/units/{id}/survey" ALL   => survey::show;
    post "/units/{id}/survey" SURVEYS => survey::send;
    get  "/units/{id}/parameters" PARAMETERS => parameters::show;
    post "/units/{id}/parameters" PARAMETERS => parameters::set;
    post "/units/{id}/target" TARGETS => league::set_target;
    post "/units/{id}/team" TARGETS => work::set_team;
    get  "/league"         ALL      => league::show;
    get  "/league.csv"     ALL      => league::export;
    get  "/units/{id}/history" ALL  => unit_history::show;
    get  "/machines"       ALL      => machines::show;
    get  "/machines.csv"   ALL      => machines::export;
    get  "/machines/{id}"  ALL      => machine::show;
    get  "/machines/{id}/judgements/{judgement}" ALL => machine::past::show;
    post "/machines/{id}/conflicts" CONFLICTS => machine::end_conflicts;
    get  "/machines/{id}/seat" SEATS => seat::show;
    post "/machines/{id}/seat" SEATS => seat::give;
    post "/machines/{id}/room" SEATS => work::set_room;
    get  "/rules"          ALL      => rules::show;
    get  "/rules/opinions" ALL     => opinions::show;
    get  "/rules/try"      TRIES    => trial::show;
    post "/rules/try"      TRIES    => trial::try_text;
    post "/rules/activate" ADMINISTRATORS => trial::activate;
    get  "/rules/texts/{id}" ALL    => trial::download;
    get  "/waivers"        ALL      => waivers::show;
    post "/waivers"        WAIVERS  => waivers::grant;
    post "/waivers/{id}/end" WAIVERS => waivers::end;
    get  "/plan"           ALL      => plan::show;
    post "/plan/texts"     PLANS    => plan::try_text;
    get  "/plan.xlsx"      ALL      => plan::file::workbook;
    get  "/plan.csv"       ALL      => plan::file::list;
    get  "/plan.json"      ALL      => plan::file::json;
    get  "/plan/state.xlsx" ALL     => plan::file::state;
    get  "/plan/report"    ALL      => report::show;
    get  "/plan/scenarios" ALL      => scenarios::show;
    post "/plan/scenarios" PLANS    => scenarios::keep;
    get  "/plan/scenarios/{id}" ALL => scenario::show;
    post "/plan/scenarios/{id}" PLANS => scenario::act;
    get  "/plan/scenarios/{id}/plan.xlsx" ALL => scenario::workbook;
    get  "/plan/scenarios/{id}/plan.json" ALL => scenario::json;
    get  "/work"           ALL      => work::show;
    post "/work"           TICKS    => work::act;
    get  "/work.csv"       ALL      => work::export;
    get  "/vocabulary"     ALL      => vocabulary::show;
    get  "/audit"          ADMINISTRATORS => audit::show;
    get  "/sign-in"        EVERYONE => login::show;
    post "/sign-in"        EVERYONE => login::sign_in;
    post "/sign-out"       ALL      => login::sign_out;
    get  "/account"        ALL      => account::show;
    post "/account"        ALL      => account::change_password;
    get  "/assets/{name}"  EVERYONE => asset::show;
}

/// What every page handler is given: the app, and what the web remembers.
#[derive(Clone)]
pub struct Site {
    /// The collector's app.
    pub app: App,
    /// Sessions, passwords and tries.
    pub guard: Arc<Guard>,
}

impl FromRef<Site> for App {
    fn from_ref(site: &Site) -> App {
        site.app.clone()
    }
}

/// The dashboard. The server should add [`ConnectInfo`] of the peer, so that tries to sign in are counted by address.
pub fn router(app: App) -> Router {
    let site = Site { app, guard: Arc::new(Guard::default()) };
    routes()
        .fallback(|| async { Failure::NotFound })
        .method_not_allowed_fallback(|| async { Failure::WrongMethod })
        .layer(axum::middleware::from_fn_with_state(site.clone(), meet))
        .layer(compression())
        .with_state(site)
}

/// Pages, styles and lists are small on weak lines; what is compressed already stays as it is.
fn compression() -> CompressionLayer<impl Predicate> {
    let packed = NotForContentType::const_new;
    let worth = DefaultPredicate::new().and(packed("font/")).and(packed("application/vnd.openxml"));
    CompressionLayer::new().quality(CompressionLevel::Precise(GZIP_LEVEL)).compress_when(worth)
}

/// Meets a request at the door and sees its answer off.
async fn meet(State(site): State<Site>, request: Request, next: Next) -> Response {
    let mut reader = Reader::meet(&request, site.app.clock.now());
    let token = guard::cookie(request.headers(), guard::cookie_name(site.app.people_tls)).map(str::to_owned);
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = match admit(&site, &mut reader, token, request).await {
        Ok(request) => next.run(request).await,
        Err(response) => response,
    };
    if changes && !response.status().is_client_error() {
        // Who changed something sees it on the next page.
        site.app.figures.forget();
    }
    if let Some(failure) = response.extensions_mut().remove::<Failure>() {
        let dressed = failure::page(&reader, &failure);
        let headers = std::mem::take(response.headers_mut());
        response = dressed;
        for name in [header::ALLOW, header::RETRY_AFTER] {
            if let Some(value) = headers.get(&name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
    }
    see_off(&site, &reader, response)
}

/// Who asks, whether they may, and whether a form is one of ours.
async fn admit(
    site: &Site,
    reader: &mut Reader,
    token: Option<String>,
    mut request: Request,
) -> Result<Request, Response> {
    if let Some(token) = token {
        let person = site.guard.who(&site.app, &token).await;
        reader.person = person.map_err(|error| Failure::from(error).into_response())?;
    }
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !guard::is_same_origin(request.headers()) {
        return Err(Failure::BadForm.into_response());
    }
    match access(&request) {
        // Unknown paths and methods are answered by the fallbacks, in the reader's language.
        None | Some(Access::Everyone) => {}
        Some(access) => match &reader.person {
            None if changes => return Err(Redirect::to("/sign-in").into_response()),
            None => return Err(Redirect::to(&sign_in_path(request.uri())).into_response()),
            Some(person) if !access.admits(person.standing) => {
                return Err(Failure::Forbidden.into_response());
            }
            Some(person) if changes => {
                let form_token = person.form_token.clone();
                request = check_form(request, &form_token).await.map_err(IntoResponse::into_response)?;
            }
            Some(_) => {}
        },
    }
    request.extensions_mut().insert(reader.clone());
    Ok(request)
}

/// Who may come through the door that this request knocks at; none where there is no such door.
fn access(request: &Request) -> Option<Access> {
    let path = request.extensions().get::<MatchedPath>()?;
    let method = match *request.method() {
        Method::HEAD | Method::GET => "get",
        Method::POST => "post",
        _ => return None,
    };
    let route = ROUTES.iter().find(|route| route.method == method && route.path == path.as_str())?;
    Some(route.access)
}

/// Whether somebody of this standing may open the page at this path of [`ROUTES`].
pub fn may_open(path: &str, standing: Standing) -> bool {
    ROUTES.iter().any(|route| route.method == "get" && route.path == path && route.access.admits(standing))
}

/// Lets a form through when it carries the token of this session.
async fn check_form(request: Request, form_token: &str) -> Result<Request, Failure> {
    let (parts, body) = request.into_parts();
    let most = form_bytes_max(&parts);
    let bytes = axum::body::to_bytes(body, most).await.map_err(|_| Failure::TooLarge)?;
    let fields = Fields::of(&parts, bytes.clone()).await?;
    if !guard::is_form_token(fields.text("form_token"), form_token) {
        return Err(Failure::BadForm);
    }
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

/// Largest form at this door, in bytes.
fn form_bytes_max(parts: &Parts) -> usize {
    match parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str) {
        Some("/rules/try" | "/rules/activate" | "/plan/texts") => RULES_FORM_BYTES_MAX,
        Some("/units/import" | "/units/waiting" | "/import/{id}") => UNITS_FORM_BYTES_MAX,
        Some(_) | None => FORM_BYTES_MAX,
    }
}

/// Puts on what every answer carries.
fn see_off(site: &Site, reader: &Reader, mut response: Response) -> Response {
    let is_page = !response.headers().contains_key(header::CACHE_CONTROL);
    let headers = response.headers_mut();
    let mut put = |name: header::HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    put(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    put(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    put(header::X_FRAME_OPTIONS, "DENY");
    // Forms need their origin, so the address is told to this very site only.
    put(header::REFERRER_POLICY, "same-origin");
    put(header::HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(header::HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(header::HeaderName::from_static("permissions-policy"), "camera=(), geolocation=(), microphone=()");
    if site.app.people_tls {
        put(header::STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if is_page {
        put(header::CACHE_CONTROL, "no-store");
        put(header::VARY, "Cookie, Accept-Language");
    }
    for cookie in reader.cookies(site.app.people_tls) {
        if let Ok(value) = HeaderValue::from_str(&cookie) {
            headers.append(header::SET_COOKIE, value);
        }
    }
    response
}

fn sign_in_path(uri: &Uri) -> String {
    match uri.path_and_query().map_or("/", |path| path.as_str()) {
        "/" => "/sign-in".to_owned(),
        path => format::url("/sign-in", &[("next", path)]),
    }
}

/// A reader who has signed in: what handlers behind a door are given.
pub struct Visitor {
    /// How they read.
    pub reader: Reader,
    /// Who they are.
    pub person: Person,
}

impl Visitor {
    /// Their language.
    pub fn lang(&self) -> Lang {
        self.reader.lang
    }

    /// The words of their language.
    pub fn words(&self) -> &'static Words {
        self.reader.words()
    }

    /// The unit of this id, where they see it in the tree.
    ///
    /// # Errors
    /// [`Failure::NotFound`] where they do not; when the database fails.
    async fn unit(&self, site: &Site, id: &str) -> Result<Unit, Failure> {
        let mut tx = site.app.store.read().await?;
        let units = listing::units(&mut tx, &self.person.scope).await?;
        if !units.iter().any(|one| one.id == id) {
            return Err(Failure::NotFound);
        }
        Ok(crate::store::unit::by_id(&mut tx, id).await?)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Visitor, Failure> {
        let reader = Reader::from_request_parts(parts, state).await?;
        let person = reader.person.clone().ok_or(Failure::Forbidden)?;
        Ok(Visitor { reader, person })
    }
}

/// The fields of the address.
pub struct Query(pub Fields);

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query, Failure> {
        Ok(Query(Fields::parse(parts.uri.query().unwrap_or_default().as_bytes())))
    }
}

/// The fields of a form.
pub struct Form(pub Fields);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Failure;

    async fn from_request(request: Request, _: &S) -> Result<Form, Failure> {
        let (parts, body) = request.into_parts();
        let bytes = axum::body::to_bytes(body, form_bytes_max(&parts)).await;
        Ok(Form(Fields::of(&parts, bytes.map_err(|_| Failure::TooLarge)?).await?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Reader {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Reader, Failure> {
        parts.extensions.get::<Reader>().cloned().ok_or(Failure::Forbidden)
    }
}

/// The address of the peer, where the server told it.
pub struct Peer(pub Option<IpAddr>);

impl<S: Send + Sync> FromRequestParts<S> for Peer {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Peer, Failure> {
        Ok(Peer(parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())))
    }
}

/// The fields of a query or a form. Unknown ones are ignored, of those that come twice the last counts.
pub struct Fields {
    texts: BTreeMap<String, String>,
    files: BTreeMap<String, Sent>,
}

/// A file that was sent, and what it is called on the person's PC.
struct Sent {
    name: String,
    bytes: Bytes,
}

/// Most characters of the name of a file on a page, and how many of these are its end.
const FILE_NAME_CHARS_MAX: usize = 80;
const FILE_NAME_END_CHARS: usize = 20;

/// The media type of a table that spreadsheets read.
const CSV: &str = "text/csv; charset=utf-8";

/// A file to be kept and not shown, under this name; it has neither quotes nor line ends.
fn attachment(kind: &'static str, name: &str, body: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, body.into()).into_response()
}

impl Fields {
    /// What stands between the cells of a table that goes out: a comma where that is asked, or what Excel expects in
    /// Vietnam.
    fn separator(&self) -> char {
        if self.text("separator") == "comma" { ',' } else { ';' }
    }

    /// The fields of this text, `application/x-www-form-urlencoded`.
    pub fn parse(text: &[u8]) -> Fields {
        let text = String::from_utf8_lossy(text);
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let texts = pairs
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(name, value)| (format::decode(name), format::decode(value)));
        Fields { texts: texts.collect(), files: BTreeMap::new() }
    }

    /// The fields of the body of this request: `multipart/form-data`, which carries files, or as [`Fields::parse`].
    /// What is not UTF-8 stands as U+FFFD.
    async fn of(parts: &Parts, bytes: Bytes) -> Result<Fields, Failure> {
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let is_multipart = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
        let Some(kind) = kind.filter(|_| is_multipart) else { return Ok(Fields::parse(&bytes)) };
        let mut request = Request::new(Body::from(bytes));
        request.headers_mut().insert(header::CONTENT_TYPE, kind.clone());
        // What was cut off, or is over the limit of one body, is no form of ours.
        let broken = |_| Failure::BadForm;
        let mut multipart = Multipart::from_request(request, &()).await.map_err(|_| Failure::BadForm)?;
        let (mut texts, mut files) = (BTreeMap::new(), BTreeMap::new());
        while let Some(field) = multipart.next_field().await.map_err(broken)? {
            let name = field.name().unwrap_or_default().to_owned();
            let file = field.file_name().map(str::to_owned);
            let bytes = field.bytes().await.map_err(broken)?;
            texts.insert(name.clone(), String::from_utf8_lossy(&bytes).into_owned());
            if let Some(file) = file.filter(|_| !bytes.is_empty()) {
                files.insert(name, Sent { name: file, bytes });
            }
        }
        Ok(Fields { texts, files })
    }

    /// What stands in this field; an empty text when it is not there.
    pub fn text(&self, name: &str) -> &str {
        self.texts.get(name).map_or("", String::as_str)
    }

    /// The file that was sent in this field, as it came; none when nobody chose one.
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(|sent| &sent.bytes[..])
    }

    /// What complaints call the file in this field: as it is called on the person's PC, so that they know it again; of a
    /// text that stood on the page, as the file was called that it came from (the field `file_name`); `usual` where nobody
    /// says. It is for the eyes of who sent it, and kept nowhere.
    pub fn file_name(&self, name: &str, usual: &str) -> String {
        let sent = self.files.get(name).map_or(self.text("file_name"), |sent| sent.name.as_str());
        plain_name(sent).unwrap_or_else(|| usual.to_owned())
    }
}

/// The last part of the name of a file, in NFC, without signs that do not print or turn the text around, and bounded so
/// that its ending stays; none where nothing is left of it.
fn plain_name(name: &str) -> Option<String> {
    let turns = |c: char| matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FEFF}');
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = last.nfc().filter(|c| !c.is_control() && !turns(*c)).collect();
    let plain: Vec<char> = plain.trim().chars().collect();
    if plain.len() <= FILE_NAME_CHARS_MAX {
        return (!plain.is_empty()).then(|| plain.into_iter().collect());
    }
    let (begin, end) = (FILE_NAME_CHARS_MAX - FILE_NAME_END_CHARS - 1, plain.len() - FILE_NAME_END_CHARS);
    Some(plain[..begin].iter().chain(&['…']).chain(&plain[end..]).collect())
}

/// The answer that a page makes.
///
/// # Errors
/// When the template cannot be rendered.
pub fn page(template: &impl Template) -> Result<Response, Failure> {
    Ok(Html(template.render()?).into_response())
}

/// The answer that a page makes, with a status of its own.
///
/// # Errors
/// When the template cannot be rendered.
pub fn page_with(status: StatusCode, template: &impl Template) -> Result<Response, Failure> {
    Ok((status, Html(template.render()?)).into_response())
}

#[cfg(test)]
pub(crate) mod office;
#[cfg(test)]
mod tests;

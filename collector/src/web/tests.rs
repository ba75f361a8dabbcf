//! People at their browsers: the router in this process, no network.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use jiff::SignedDuration;
use tower::ServiceExt;

use super::office::{self, Office, PASSWORD};
use super::*;
use crate::store::assessment::{self, Finding};

mod files;
mod parameters;
mod survey;
mod trial;
mod units;
mod verdicts;
mod walked;

/// What came back.
struct Answer {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: String,
    /// What went over the line.
    bytes: usize,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A person with a browser's cookies.
struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
    accepts: &'static str,
}

impl Browser {
    fn new(office: &Office) -> Browser {
        Browser { router: router(office.app.clone()), cookies: BTreeMap::new(), accepts: "identity" }
    }

    async fn signed_in(office: &Office, name: &str) -> Browser {
        let mut browser = Browser::new(office);
        let answer = browser.sign_in(name, PASSWORD).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        browser
    }

    async fn sign_in(&mut self, name: &str, password: &str) -> Answer {
        let body = format!("name={}&password={}", format::encode(name), format::encode(password));
        self.send(Method::POST, "/sign-in", &body).await
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, "").await
    }

    async fn send(&mut self, method: Method, path: &str, body: &str) -> Answer {
        self.send_as(method, path, "application/x-www-form-urlencoded", body).await
    }

    async fn send_as(&mut self, method: Method, path: &str, kind: &str, body: &str) -> Answer {
        self.send_bytes(method, path, kind, body.as_bytes().to_vec()).await
    }

    async fn send_bytes(&mut self, method: Method, path: &str, kind: &str, body: Vec<u8>) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookies.join("; "))
            .header(header::CONTENT_TYPE, kind)
            .header(header::ACCEPT_ENCODING, self.accepts)
            .body(Body::from(body))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        for cookie in response.headers().get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 64 << 20).await.unwrap();
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer { status: parts.status, headers: parts.headers, body, bytes: bytes.len() }
    }

    /// The token that forms of this session carry.
    async fn form_token(&mut self) -> String {
        let page = self.get("/account").await.body;
        let (_, rest) = page.split_once("name=\"form_token\" value=\"").unwrap();
        rest.split_once('"').unwrap().0.to_owned()
    }
}

/// The overview and all that it needs, over the line.
#[tokio::test]
async fn the_first_load_is_light() {
    let office = office::known().await;
    let mut browser = Browser::signed_in(&office, "admin").await;
    let plain = browser.get("/").await;
    browser.accepts = "gzip";
    let packed = browser.get("/").await;
    assert_eq!(packed.header(header::CONTENT_ENCODING), "gzip");
    assert!(packed.bytes * 3 < plain.bytes, "{} of {}", packed.bytes, plain.bytes);
    let mut sum = packed.bytes;
    for name in asset::ASSETS.files.keys() {
        let file = browser.get(&format!("/assets/{name}")).await;
        assert_eq!(
            file.header(header::CONTENT_ENCODING) == "gzip",
            !name.ends_with("woff2") && file.bytes > 32,
            "{name}"
        );
        sum += file.bytes;
    }
    assert!(sum < 100 * 1024, "the overview takes {sum} bytes");
}

#[tokio::test]
async fn nobody_comes_through_a_door() {
    let office = office::empty().await;
    let mut nobody = Browser::new(&office);
    for route in ROUTES.iter().filter(|route| route.access != Access::Everyone) {
        let method = Method::from_bytes(route.method.to_uppercase().as_bytes()).unwrap();
        let answer = nobody.send(method, &route.path.replace("{id}", "1"), "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{} {}", route.method, route.path);
        assert!(answer.header(header::LOCATION).starts_with("/sign-in"), "{}", route.path);
        assert_eq!(answer.body, "", "{} tells a stranger nothing", route.path);
    }
}

#[tokio::test]
async fn standings_are_held_at_every_door() {
    let office = office::empty().await;
    let mut viewer = Browser::signed_in(&office, "viewer").await;
    for route in ROUTES.iter().filter(|route| !route.access.admits(Standing::Viewer)) {
        let method = Method::from_bytes(route.method.to_uppercase().as_bytes()).unwrap();
        let answer = viewer.send(method, &route.path.replace("{id}", "1"), "").await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} {}", route.method, route.path);
        assert!(answer.body.contains("Không đủ quyền"), "{}", route.path);
    }
}

#[tokio::test]
async fn every_form_needs_its_token() {
    let office = office::empty().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let posts = ROUTES.iter().filter(|route| route.method == "post" && route.access != Access::Everyone);
    for route in posts {
        for body in ["", "form_token=0000"] {
            let answer = admin.send(Method::POST, route.path, body).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{} with {body:?}", route.path);
            assert!(answer.body.contains("Biểu mẫu không còn hiệu lực"), "{}", route.path);
        }
    }
    assert_eq!(admin.get("/account").await.status, StatusCode::OK, "nobody was signed out");
}

#[tokio::test]
async fn wrong_name_and_wrong_password_look_alike() {
    let office = office::empty().await;
    let mut browser = Browser::new(&office);
    let unknown = browser.sign_in("nobody", PASSWORD).await;
    let wrong = browser.sign_in("admin", "not this one").await;
    assert_eq!((unknown.status, wrong.status), (StatusCode::UNAUTHORIZED, StatusCode::UNAUTHORIZED));
    assert_eq!(unknown.body.replace("nobody", "admin"), wrong.body);
    assert!(browser.cookies.is_empty());
    let right = browser.sign_in(" ADMIN ", PASSWORD).await;
    assert_eq!(right.header(header::LOCATION), "/");
    let cookie = right.header(header::SET_COOKIE);
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
}

#[tokio::test]
async fn too_many_wrong_passwords_must_wait() {
    let office = office::empty().await;
    let mut browser = Browser::new(&office);
    for _ in 0..8 {
        assert_eq!(browser.sign_in("admin", "wrong").await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(browser.sign_in("admin", PASSWORD).await.status, StatusCode::TOO_MANY_REQUESTS);
    office.app.clock.set(office::now() + SignedDuration::from_mins(16));
    assert_eq!(browser.sign_in("admin", PASSWORD).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_session_ends() {
    let office = office::empty().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    assert_eq!(admin.get("/account").await.status, StatusCode::OK);
    office.app.clock.set(office::now() + SignedDuration::from_hours(11));
    assert_eq!(admin.get("/account").await.status, StatusCode::OK, "it was used in time");
    office.app.clock.set(office::now() + SignedDuration::from_hours(22));
    assert_eq!(admin.get("/account").await.status, StatusCode::OK, "and again");
    office.app.clock.set(office::now() + SignedDuration::from_hours(35));
    assert_eq!(admin.get("/account").await.status, StatusCode::SEE_OTHER, "it was idle for too long");

    let mut other = Browser::signed_in(&office, "admin").await;
    let token = other.form_token().await;
    let answer = other.send(Method::POST, "/sign-out", &format!("form_token={token}")).await;
    assert_eq!(answer.header(header::LOCATION), "/sign-in");
    assert_eq!(other.get("/account").await.status, StatusCode::SEE_OTHER, "signed out");
}

#[tokio::test]
async fn a_password_is_changed() {
    let office = office::empty().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let mut elsewhere = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let form = |present: &str, wanted: &str, again: &str| {
        let (present, wanted, again) =
            (format::encode(present), format::encode(wanted), format::encode(again));
        format!("form_token={token}&present={present}&wanted={wanted}&again={again}")
    };
    let wanted = "câu khác dài hơn";
    for (body, expected) in [
        (form(PASSWORD, wanted, "another"), "không giống nhau"),
        (form(PASSWORD, "ngắn", "ngắn"), "ngắn hơn 10"),
        (form("wrong", wanted, wanted), "hiện tại không đúng"),
    ] {
        let answer = admin.send(Method::POST, "/account", &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(expected), "{expected}");
    }
    let answer = admin.send(Method::POST, "/account", &form(PASSWORD, wanted, wanted)).await;
    assert!(answer.body.contains("Đã đổi mật khẩu"));
    assert_eq!(admin.get("/account").await.status, StatusCode::OK);
    assert_eq!(elsewhere.get("/account").await.status, StatusCode::SEE_OTHER, "other sessions are ended");
    assert_eq!(Browser::new(&office).sign_in("admin", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(Browser::new(&office).sign_in("admin", wanted).await.status, StatusCode::SEE_OTHER);

    let mut tx = office.app.store.read().await.unwrap();
    let entries =
        crate::store::audit::newest(&mut tx, crate::store::audit::Filter::default(), None, 20).await.unwrap();
    let mut actions: Vec<String> =
        entries.iter().map(|entry| format!("{} {}", entry.actor, entry.action)).collect();
    actions.sort();
    let expected = [
        "- sign-in-failed",
        "admin password-change",
        "admin password-change-failed",
        "admin sign-in",
        "admin sign-in",
        "admin sign-in",
    ];
    assert_eq!(actions, expected);
}

#[tokio::test]
async fn answers_carry_their_headers() {
    let office = office::empty().await;
    let mut browser = Browser::new(&office);
    let answer = browser.get("/sign-in").await;
    let policy = answer.header(header::CONTENT_SECURITY_POLICY);
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    for word in ["style=\"", "<style", "onclick", "<script>"] {
        assert!(!answer.body.contains(word), "{word} would be refused by the policy");
    }
    let style = browser.get(&asset::ASSETS.style).await;
    assert_eq!(style.header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
    assert_eq!(browser.get("/assets/style.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_language_is_chosen_and_remembered() {
    let office = office::empty().await;
    let mut browser = Browser::new(&office);
    assert!(browser.get("/sign-in").await.body.contains("<html lang=\"vi\""));
    assert!(browser.get("/sign-in?lang=en").await.body.contains("<html lang=\"en\""));
    assert!(browser.get("/sign-in").await.body.contains("Password"), "the cookie keeps it");
    let missing = browser.get("/no-such-page").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(missing.body.contains("Check the address"), "failures speak the reader's language");
}

/// Every page of the known office.
fn pages() -> Vec<String> {
    vec![
        "/".to_owned(),
        "/units".to_owned(),
        format!("/units/{}", office::unit_id("16093")),
        "/machines".to_owned(),
        "/machines?rule=memory-size&sort=score&order=down&q=pc".to_owned(),
        "/machines?seen=silent&sort=seen".to_owned(),
        "/machines?off=yes&opinion=only_rules&waived=yes".to_owned(),
        "/machines?off=yes&rule=tpm".to_owned(),
        "/rules/opinions".to_owned(),
        format!("/units/{}/parameters", office::unit_id("16093")),
        format!("/units/{}/rules", office::unit_id("16093")),
        format!("/units/{}/survey", office::unit_id("16093")),
        format!("/machines/{}", office::machine_id(1)),
        format!("/machines/{}", office::machine_id(9)),
        format!("/machines/{}", office::machine_id(22)),
        "/rules".to_owned(),
        "/waivers".to_owned(),
        format!("/waivers?machine={}&rule=memory-size", office::machine_id(1)),
        "/vocabulary".to_owned(),
        "/work".to_owned(),
        "/work?stage=confirmed".to_owned(),
        "/league".to_owned(),
        "/league?kind=other&days=30".to_owned(),
        "/audit".to_owned(),
        "/account".to_owned(),
    ]
}

#[tokio::test]
async fn every_page_in_both_languages() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    for path in pages() {
        for (lang, word) in [("vi", "Tổng quan"), ("en", "Overview")] {
            let joint = if path.contains('?') { '&' } else { '?' };
            let answer = admin.get(&format!("{path}{joint}lang={lang}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
            assert!(answer.body.contains(word), "{path} in {lang}");
            assert!(answer.body.contains("</html>"), "{path} ends");
            for bad in ["style=\"", "onclick=", "<script>", "href=\"\"", "{n}", "{rule}", "{seen}"] {
                assert!(!answer.body.contains(bad), "{path} in {lang} holds {bad}");
            }
            assert_eq!(
                answer.body.matches("<details").count(),
                answer.body.matches("</details>").count(),
                "{path}: every branch that opens closes"
            );
        }
    }
}

#[tokio::test]
async fn an_empty_office_says_what_to_do() {
    let office = office::empty().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    assert!(admin.get("/").await.body.contains("sansang-collector join-code --unit"));
    assert!(admin.get("/units").await.body.contains("sansang-collector units import"));
    for path in ["/machines", "/rules", "/audit"] {
        assert_eq!(admin.get(path).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_hostile_name_is_text() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let own = format!("/machines/{}", office::machine_id(9));
    for path in ["/machines", own.as_str()] {
        let body = admin.get(path).await.body;
        assert!(body.contains("&#60;script&#62;alert(1)&#60;/script&#62;"), "{path} shows the name");
        assert!(!body.contains(office::HOSTILE), "{path} does not run it");
    }
    let search = admin.get(&format::url("/machines", &[("q", "\"><script>")])).await.body;
    assert!(!search.contains("<script>"), "what is searched is text too");
}

/// The names of the machines on a page of the list, and where the next page is.
fn listed(page: &str) -> (Vec<String>, Option<String>) {
    let links = page.split("<a class=\"row-link\" href=\"").skip(1);
    let ids = links.map(|rest| rest.split_once('"').unwrap().0.to_owned()).collect();
    let next = page
        .split_once("rel=\"next\" href=\"")
        .map(|(_, rest)| rest.split_once('"').unwrap().0.replace("&#38;", "&").replace("&amp;", "&"));
    (ids, next)
}

#[tokio::test]
async fn a_walk_meets_every_machine_once() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let mut orders = std::collections::BTreeSet::new();
    for sort in ["name", "unit", "grade", "score", "seen"] {
        for order in ["", "down"] {
            let mut met = Vec::new();
            let mut path = Some(format::url("/machines", &[("sort", sort), ("order", order)]));
            while let Some(here) = path {
                let (ids, next) = listed(&admin.get(&here).await.body);
                met.extend(ids);
                path = next;
            }
            let distinct: std::collections::BTreeSet<&String> = met.iter().collect();
            assert_eq!((met.len(), distinct.len()), (office::MACHINES, office::MACHINES), "{sort} {order}");
            orders.insert(met);
        }
    }
    assert_eq!(orders.len(), 10, "every order is another one");
}

#[tokio::test]
async fn a_walk_in_small_steps_is_the_same_walk() {
    use crate::store::listing::{Cursor, Direction, Filter, Scope, Sort, machines};

    let office = office::known().await;
    let mut tx = office.app.store.read().await.unwrap();
    for grade in [None, Some(::rules::assess::Grade::NotReady)] {
        let filter = Filter { grade, ..Filter::all(Scope::everything()) };
        for sort in [Sort::Name, Sort::Unit, Sort::Grade, Sort::Score, Sort::Seen] {
            for direction in [Direction::Up, Direction::Down] {
                let whole = machines(&mut tx, &filter, sort, direction, None, 1000).await.unwrap();
                let mut steps = Vec::new();
                let mut behind: Option<Cursor> = None;
                loop {
                    let rows = machines(&mut tx, &filter, sort, direction, behind.as_ref(), 7).await.unwrap();
                    let Some(last) = rows.last() else { break };
                    behind = Cursor::parse(&Cursor::behind(last).text());
                    steps.extend(rows);
                }
                assert!(!whole.is_empty() && steps == whole, "{sort:?} {direction:?} {grade:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_needs_no_accents() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let mut count = async |q: &str| {
        let body = admin.get(&format::url("/machines", &[("q", q)])).await.body;
        body.split_once("<p class=\"soft\">").unwrap().1.split_once('<').unwrap().0.to_owned()
    };
    let all = count("nga thang").await;
    assert_ne!(all, "0 máy");
    assert_eq!(count("Nga Thắng").await, all);
    assert_eq!(count("  NGA   thăng ").await, all);
    assert_eq!(count("100%").await, "0 máy", "a percent sign is no wildcard");
    assert_eq!(count("_").await, "0 máy");
    assert_eq!(count("pc vanthu windows").await, count("windows pc-vanthu").await);
}

#[tokio::test]
async fn a_person_of_one_unit_sees_that_unit() {
    let office = office::known().await;
    let mut person = Browser::signed_in(&office, "nga-thang").await;
    let list = person.get("/machines?sort=name").await.body;
    let (ids, _) = listed(&list);
    assert_eq!(ids.len(), 12);
    assert!(list.contains("Xã Nga Thắng") && !list.contains("Phường Hạc Thành"));
    let overview = person.get("/").await.body;
    assert!(overview.contains("Xã Nga Thắng") && !overview.contains("Sở Tài chính"));
    for path in [
        format!("/machines/{}", office::machine_id(4)),
        format!("/units/{}", office::unit_id("38")),
        format::url("/machines", &[("unit", &office::unit_id("38-STC"))]),
        format::url("/machines.csv", &[("unit", &office::unit_id("38-STC"))]),
    ] {
        assert_eq!(person.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let csv = person.get("/machines.csv").await.body;
    assert_eq!(csv.matches("\r\n").count(), 13, "the titles and twelve machines");
}

#[tokio::test]
async fn an_export_holds_what_is_listed() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let answer = admin.get("/machines.csv?separator=comma&sort=name&lang=en").await;
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/csv; charset=utf-8");
    assert!(answer.body.starts_with("\u{feff}\"Machine\",\"Unit\""));
    assert_eq!(answer.body.matches("\r\n").count(), office::MACHINES + 1);
}

#[tokio::test]
async fn how_a_rule_judges_is_said_in_the_language_of_the_page() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let vietnamese = admin.get("/rules").await.body;
    for said in [
        "Đạt khi Số ngày hệ điều hành còn hỗ trợ: từ −180 ngày trở lên hoặc (",
        "Lãnh đạo, Chuyên viên: Đạt khi Số điểm ảnh ngang lớn nhất: từ 1366 trở lên",
        "Xét từng mục của: Các ổ đĩa.",
        "Bảng dự trù trang thiết bị CNTT cấp xã, cột 8",
    ] {
        assert!(vietnamese.contains(said), "{said}");
    }
    assert!(!vietnamese.contains("days_left ≥") && !vietnamese.contains(" and "), "words, no names of facts");
    let english = admin.get("/rules?lang=en").await.body;
    for said in [
        "Passes when Days of operating system support left: at least −180 days or (",
        "Table of IT equipment planned for communes, column 8",
    ] {
        assert!(english.contains(said), "{said}");
    }
}

#[tokio::test]
async fn lists_say_what_is_wrong_and_not_what_passes() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let sets = ::rules::ruleset::shipped();
    for page in ["/machines?grade=not_ready", "/"] {
        let body = admin.get(page).await.body;
        let says = |text: &str| body.contains(&format!(">{text}<"));
        assert!(
            sets[0].rules.iter().any(|rule| rule.fails.as_ref().is_some_and(|fails| says(&fails.vi))),
            "{page}"
        );
        // Titles stand where a criterion is chosen, and nowhere else on these pages.
        let told: Vec<&str> =
            sets[0].rules.iter().map(|rule| rule.title.vi.as_str()).filter(|title| says(title)).collect();
        assert_eq!(told, [""; 0], "{page}");
    }
}

#[tokio::test]
async fn a_verdict_is_a_sentence() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let body = admin.get(&format!("/machines/{}", office::machine_id(22))).await.body;
    assert!(body.contains("Máy đã tham gia nhưng chưa gửi báo cáo nào"));
    let (ids, _) = listed(&admin.get("/machines?grade=not_ready").await.body);
    let body = admin.get(&ids[0]).await.body;
    // What is wrong is said, not the title of what passes.
    let said = body.split_once("Chưa sẵn sàng: ").expect("the head says why").1;
    let said = said.split_once(" (thấy: ").expect("and what was seen").0;
    let rules = ::rules::ruleset::shipped();
    let decided =
        rules[0].rules.iter().find(|rule| rule.fails.as_ref().is_some_and(|fails| fails.vi == said));
    assert!(decided.is_some(), "{said}");
    for word in ["Máy thay đổi", "Bộ tiêu chí thay đổi", "Báo cáo đầu tiên", "Thấy", "Căn cứ"]
    {
        assert!(body.contains(word), "{word}");
    }
}

#[tokio::test]
async fn an_exception_is_granted_shown_and_ended() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let mut viewer = Browser::signed_in(&office, "viewer").await;
    let machine = format!("/machines/{}", office::machine_id(2));
    let page = admin.get(&machine).await.body;
    // The first rule that fails there.
    let (_, rest) = page.split_once("/waivers?").expect("a failed rule offers an exception");
    let href = rest.split_once('"').unwrap().0.replace("&amp;", "&").replace("&#38;", "&");
    let rule = href.split_once("rule=").unwrap().1.split(['&', '#']).next().unwrap().to_owned();
    assert!(!viewer.get(&machine).await.body.contains("/waivers?machine="), "viewers grant nothing");
    let form = admin.get(&format!("/waivers?{}", href.split_once('#').unwrap().0)).await.body;
    assert!(form.contains(&format!("value=\"{rule}\" selected")), "the rule is chosen");

    let token = admin.form_token().await;
    let id = office::machine_id(2);
    let wish = |day: &str, reason: &str| {
        format!("form_token={token}&machine={id}&rule={rule}&ends_on={day}&reason={reason}")
    };
    let refused = admin.send(Method::POST, "/waivers", &wish("2026-11-21", "")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for word in ["Cần ghi lý do", "Ngày cuối phải từ hôm nay đến 23/11/2027"] {
        assert!(refused.body.contains(word), "{word}");
    }
    let granted =
        admin.send(Method::POST, "/waivers", &wish("2026-12-01", "Ch%E1%BB%9D+mua+%3Cm%C3%A1y%3E")).await;
    assert_eq!(granted.status, StatusCode::SEE_OTHER, "{}", granted.body);

    let page = viewer.get(&machine).await.body;
    assert!(page.contains("Ngoại lệ đến hết 01/12/2026: Chờ mua &#60;máy&#62; (admin)."), "{page}");
    assert!(page.contains("Ngoại lệ thay đổi"), "the history tells why the grade changed");
    let list = admin.get("/waivers").await.body;
    assert!(list.contains("1 máy") && list.contains("sắp hết hạn"), "{list}");
    // Somebody of another commune does not see it, and cannot end it.
    let mut other = Browser::signed_in(&office, "nga-thang").await;
    assert!(!other.get("/waivers").await.body.contains("01/12/2026"));

    let (_, rest) = list.split_once("action=\"/waivers/").unwrap();
    let path = format!("/waivers/{}", rest.split_once('"').unwrap().0);
    let ended = admin.send(Method::POST, &path, &format!("form_token={token}")).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert!(!viewer.get(&machine).await.body.contains("Ngoại lệ đến hết"));
    let audit = admin.get("/audit").await.body;
    assert!(audit.contains("Cho phép ngoại lệ") && audit.contains("Kết thúc ngoại lệ"));
}

#[tokio::test]
async fn a_machine_says_what_would_make_it_ready() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let mut said = std::collections::BTreeMap::<&str, String>::new();
    for number in 0..office::MACHINES {
        let page = admin.get(&format!("/machines/{}", office::machine_id(number))).await.body;
        let Some((_, rest)) = page.split_once("<p class=\"advice\">") else { continue };
        let advice = rest.split_once("</p>").unwrap().0;
        for kind in ["Cách rẻ nhất để sẵn sàng", "không phải mua gì", "Không thể sẵn sàng"]
        {
            if advice.contains(kind) {
                said.entry(kind).or_insert_with(|| {
                    advice.replace("<span class=\"soft small\">", "| ").replace("</span>", "")
                });
            }
        }
    }
    let said: Vec<String> = said.into_values().collect();
    expect_test::expect![[r#"
        Cách rẻ nhất để sẵn sàng: Thay máy tính + Bật bảo vệ thời gian thực và cập nhật mẫu nhận diện + Đặt mật khẩu cho mọi tài khoản + Cài các bản vá đang thiếu · 16.000.000 đồng. | Giá ước tính ngày 23/11/2026, chưa có báo giá.
        Không thể sẵn sàng bằng các cách khắc phục đã biết, vì: Không có máy quét màu 200 dpi có khay nạp; Hệ thống quản lý văn bản chậm hoặc mất kết nối; Chứng thư ký số đã hết hạn; Không có máy in; 27 mục khác."#]].assert_eq(&said.join("\n"));
}

#[tokio::test]
async fn a_plan_is_made_under_a_budget_and_taken_away_as_a_workbook() {
    let office = office::known().await;
    let mut viewer = Browser::signed_in(&office, "viewer").await;
    let free = viewer.get("/plan").await;
    assert_eq!(free.status, StatusCode::OK, "{}", free.body);
    for shown in [
        "lang=\"vi\">Tỉnh Thanh Hóa · ",
        "Kế hoạch",
        "Theo biện pháp",
        "Quyết định 10/2026",
        "chưa có báo giá",
        "đơn vị chưa nhập số chỗ",
    ] {
        assert!(free.body.contains(shown), "{shown}: {}", free.body);
    }
    assert!(!free.body.contains("/import/seats"), "viewers import nothing");
    let overview = viewer.get("/").await.body;
    let band = overview.split("id=\"plan-h\"").nth(1).unwrap_or_default();
    let cost = free.body.split("<p class=\"figure\"><b>").nth(1).unwrap().split("</b>").next().unwrap();
    for shown in [&format!("Kế hoạch {cost} đưa thêm "), "href=\"/plan\""] {
        assert!(band.contains(shown), "{shown}: {band}");
    }
    let mut admin = Browser::signed_in(&office, "admin").await;
    let page = admin.get("/plan").await.body;
    assert!(page.contains("/import/seats"), "who may import is led there: {page}");
    let tight = viewer.get("/plan?budget=10&years=2").await;
    let first = "Việc đầu tiên chưa bố trí được: ";
    assert!(!free.body.contains(first), "without a limit nothing is left: {}", free.body);
    for shown in ["Chưa bố trí", "Năm 2", "không có cách nào hơn", "100.000.000", first] {
        assert!(tight.body.contains(shown), "{shown}: {}", tight.body);
    }
    assert_eq!(viewer.get("/plan?budget=5.000").await.status, StatusCode::OK, "as people write numbers");
    let each = viewer.get("/plan?budget=20;+10;+0").await;
    for shown in ["Năm 2", "20.000.000", "10.000.000", "value=\"20; 10; 0\""] {
        assert!(each.body.contains(shown), "{shown}: {}", each.body);
    }
    for wrong in ["20;;10", "1;2;3;4;5;6", "20;x"] {
        let path = format!("/plan?budget={}", format::encode(wrong));
        assert_eq!(viewer.get(&path).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let wrong = viewer.get("/plan?budget=nhi%E1%BB%81u").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("“nhiều” không đọc được"), "{}", wrong.body);
    assert_eq!(viewer.get("/plan?norm=qd-1-1900").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(viewer.get("/plan?unit=nowhere").await.status, StatusCode::NOT_FOUND);
    let excel = viewer.get("/plan.xlsx?budget=10").await;
    assert!(excel.header(header::CONTENT_TYPE).contains("spreadsheetml"));
    assert!(excel.header(header::CONTENT_DISPOSITION).contains("ke-hoach-2026-11-22.xlsx"));
    let csv = viewer.get("/plan.csv").await.body;
    assert!(csv.starts_with('\u{feff}') && csv.contains("Biện pháp"), "{csv}");
    let json: serde_json::Value =
        serde_json::from_str(&viewer.get("/plan.json?budget=10").await.body).unwrap();
    assert_eq!(json["norm"], "qd-10-2026");
    assert!(json["years"][0]["spent"].as_i64().unwrap() <= 10_000_000);
    let state = viewer.get("/plan/state.xlsx").await;
    assert!(state.header(header::CONTENT_DISPOSITION).contains("hien-trang-2026-11-22.xlsx"));
    let report = viewer.get("/plan/report?budget=10&fund=Ng%C3%A2n%20s%C3%A1ch%20t%E1%BB%89nh").await.body;
    for shown in [
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
        "ngày 22 tháng 11 năm 2026",
        "Nguồn kinh phí: Ngân sách tỉnh",
        "(bằng chữ: ",
        "Xếp hạng đơn vị",
        "Nhu cầu chưa bố trí được",
        "Nơi nhận:",
    ] {
        assert!(report.contains(shown), "{shown}: {report}");
    }

    // Who sees one commune plans one commune.
    let mut analyst = Browser::signed_in(&office, "nga-thang").await;
    let own = analyst.get("/plan").await.body;
    assert!(own.contains("Nga Thắng") && !own.contains("SKHCN"), "{own}");
    let elsewhere = format!("/plan?unit={}", office::unit_id("38-SKHCN"));
    assert_eq!(analyst.get(&elsewhere).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_machine_gets_another_seat_and_is_judged_by_it() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let (unit, id) = (office::unit_id("16093-VP"), office::machine_id(2));
    let path = format!("/machines/{id}/seat");
    assert!(admin.get(&path).await.body.contains("Máy được chấm lại"));
    let before = admin.get(&format!("/machines/{id}")).await.body;
    let wish = |unit: &str, role: &str| format!("form_token={token}&unit={unit}&role={role}");
    let given = admin.send(Method::POST, &path, &wish(&unit, "clerk")).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.body);
    let after = admin.get(&format!("/machines/{id}")).await.body;
    assert!(after.contains("Văn thư") && after.contains("Văn phòng HĐND và UBND xã Nga Thắng"), "{after}");
    assert!(
        after.contains("Chuyển chỗ làm việc") && !before.contains("<td data-label=\"Thay đổi\">Chuyển chỗ")
    );
    assert!(admin.get("/audit").await.body.contains("Chuyển chỗ làm việc của máy"));
    assert_eq!(
        admin.send(Method::POST, &path, &wish("nowhere", "clerk")).await.status,
        StatusCode::NOT_FOUND
    );
    assert_eq!(admin.send(Method::POST, &path, &wish(&unit, "king")).await.status, StatusCode::NOT_FOUND);
    let page = admin.get(&format!("/units/{unit}")).await.body;
    assert!(page.contains("Chưa nhập số chỗ làm việc"), "{page}");

    // Who sees one commune moves nothing out of it, and nothing into it.
    let mut analyst = Browser::signed_in(&office, "nga-thang").await;
    let token = analyst.form_token().await;
    let out = format!("form_token={token}&unit={}&role=clerk", office::unit_id("38-SKHCN"));
    assert_eq!(analyst.send(Method::POST, &path, &out).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn plans_are_kept_compared_and_submitted() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    for (name, budget) in [("Tiết kiệm", "10"), ("Đầy đủ", "")] {
        let body = format!("form_token={token}&budget={budget}&years=1&name={}", format::encode(name));
        let kept = admin.send(Method::POST, "/plan/scenarios", &body).await;
        assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
        // The one that was kept later stands first.
        office.app.clock.set(office::now() + SignedDuration::from_secs(1));
    }
    let list = admin.get("/plan/scenarios").await.body;
    let ids: Vec<&str> =
        list.split("action=\"/plan/scenarios/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let [full, thrifty] = ids.as_slice() else { panic!("{list}") };
    let both = admin.get(&format!("/plan/scenarios?a={thrifty}&b={full}")).await.body;
    for shown in ["So sánh hai phương án", "Tiết kiệm", "Đầy đủ", "10.000.000\u{a0}đồng", "Không giới hạn"]
    {
        assert!(both.contains(shown), "{shown}: {both}");
    }
    let download = format!("/plan/scenarios/{thrifty}/plan.xlsx");
    assert_eq!(admin.get(&download).await.status, StatusCode::NOT_FOUND, "a draft has no annexes yet");
    let act = |act: &str| format!("form_token={token}&act={act}");
    let path = format!("/plan/scenarios/{thrifty}");
    // What is submitted is what was looked at, as it comes out today.
    let looked_at = admin.get(&path).await.body;
    assert!(
        looked_at.contains("vẫn ra đúng như lúc lưu") && looked_at.contains("Trình phương án này?"),
        "{looked_at}"
    );
    let seen =
        looked_at.split_once("name=\"seen\" value=\"").unwrap().1.split_once('"').unwrap().0.to_owned();
    let mut viewer = Browser::signed_in(&office, "viewer").await;
    assert!(!viewer.get(&path).await.body.contains("name=\"seen\""), "viewers submit nothing");
    let unseen = admin.send(Method::POST, &path, &act("submit")).await;
    assert_eq!(unseen.status, StatusCode::OK);
    assert!(unseen.body.contains("nên chưa trình"), "{}", unseen.body);
    let mut dearer = office::shipped();
    dearer.prices.items.values_mut().for_each(|item| item.price += 1_000);
    office.app.set_judge(dearer);
    let stale = admin.send(Method::POST, &path, &format!("{}&seen={seen}", act("submit"))).await;
    assert!(stale.body.contains("nên chưa trình") && stale.body.contains("khác lúc lưu"), "{}", stale.body);
    assert_eq!(admin.get(&download).await.status, StatusCode::NOT_FOUND, "nothing was submitted");
    office.app.set_judge(office::shipped());
    let submit = format!("{}&seen={seen}", act("submit"));
    assert_eq!(admin.send(Method::POST, &path, &submit).await.status, StatusCode::SEE_OTHER);
    assert_eq!(admin.send(Method::POST, &path, &act("remove")).await.status, StatusCode::SEE_OTHER);
    let list = admin.get("/plan/scenarios").await.body;
    assert!(list.contains("Đã trình:") && list.contains("Tiết kiệm"), "{list}");
    assert!(admin.get(&download).await.header(header::CONTENT_TYPE).contains("spreadsheetml"));
    let submitted = admin.get(&path).await.body;
    for shown in ["Nội dung đã trình", "admin, 22/11/2026", "Không sửa được", "Năm 1", "Quyết định 10/2026"]
    {
        assert!(submitted.contains(shown), "{shown}: {submitted}");
    }
    let json = admin.get(&format!("{path}/plan.json")).await.body;
    assert!(json.contains("\"prices_dated\""), "{json}");
    let other = format!("/plan/scenarios/{full}");
    assert_eq!(admin.send(Method::POST, &other, &act("remove")).await.status, StatusCode::SEE_OTHER);
    assert!(!admin.get("/plan/scenarios").await.body.contains("Đầy đủ"));
    let audit = admin.get("/audit").await.body;
    for shown in ["Lưu phương án", "Trình kế hoạch", "Xóa phương án"] {
        assert!(audit.contains(shown), "{shown}");
    }
    // Who sees one commune sees none of the province's plans.
    let mut analyst = Browser::signed_in(&office, "nga-thang").await;
    assert_eq!(analyst.get(&download).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn units_are_ranked_with_targets_and_forecasts() {
    let office = office::known().await;
    crate::tally::count(&office.app).await.unwrap();
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let (province, commune) = (office::unit_id("38"), office::unit_id("16093"));
    let path = format!("/units/{province}/target");
    for wrong in ["share=0&day=2027-07-01", "share=80&day=2026-11-21", "share=x&day=", "share=80&day=1"] {
        let refused = admin.send(Method::POST, &path, &format!("form_token={token}&{wrong}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
        assert!(refused.body.contains("Không đặt được mục tiêu"), "{}", refused.body);
    }
    let set = format!("form_token={token}&share=80&day=2027-07-01");
    assert_eq!(admin.send(Method::POST, &path, &set).await.status, StatusCode::SEE_OTHER);
    // It holds for the units below, and is drawn.
    let page = admin.get(&format!("/units/{commune}")).await.body;
    for shown in ["Mục tiêu 80\u{a0}% đến 01/07/2027", "Theo mục tiêu của Tỉnh Thanh Hóa", "class=\"trend\""]
    {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    assert!(admin.get("/").await.body.contains("class=\"trend\""));
    let league = admin.get("/league?days=30").await.body;
    for shown in ["Đơn vị khác", "Hạng", "Mục tiêu 80", "điểm % ("] {
        assert!(league.contains(shown), "{shown}: {league}");
    }
    assert!(league.contains("không đạt theo nhịp hiện nay") || league.contains("đạt "), "{league}");
    let csv = admin.get("/league.csv?separator=comma&days=30").await;
    assert!(csv.body.contains("\"80\",\"2027-07-01\""), "{}", csv.body);

    // Who sees one commune ranks nothing else, sets its target, and takes it away again.
    let mut analyst = Browser::signed_in(&office, "nga-thang").await;
    let token = analyst.form_token().await;
    assert!(!analyst.get("/league").await.body.contains("Hạc Thành"));
    let set = format!("form_token={token}&share=50&day=2027-01-01");
    assert_eq!(analyst.send(Method::POST, &path, &set).await.status, StatusCode::NOT_FOUND);
    let own = format!("/units/{commune}/target");
    assert_eq!(analyst.send(Method::POST, &own, &set).await.status, StatusCode::SEE_OTHER);
    assert!(analyst.get(&format!("/units/{commune}")).await.body.contains("Đặt cho đơn vị này"));
    let none = format!("form_token={token}&share=&day=");
    assert_eq!(analyst.send(Method::POST, &own, &none).await.status, StatusCode::SEE_OTHER);
    assert!(analyst.get(&format!("/units/{commune}")).await.body.contains("Theo mục tiêu của …"));
    assert!(admin.get("/audit").await.body.contains("Đặt mục tiêu"));
}

#[tokio::test]
async fn a_rule_that_nobody_could_decide_is_told_from_one_that_all_are_excepted_from() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    for (outcome, is_dead) in
        [("unknown", true), ("waived", false), ("not_applicable", false), ("fail", false)]
    {
        let mut tx = office.app.store.begin().await.unwrap();
        for number in 0..office::MACHINES {
            let finding = Finding {
                rule: "serial-number".to_owned(),
                outcome: outcome.to_owned(),
                severity: "minor".to_owned(),
                switched_off: false,
            };
            assessment::set_findings(&mut tx, &office::machine_id(number), &[finding]).await.unwrap();
        }
        tx.commit().await.unwrap();
        let page = admin.get("/rules").await.body;
        let (_, row) = page.split_once("<tr id=\"serial-number\">").unwrap();
        let (row, _) = row.split_once("</tr>").unwrap();
        assert_eq!(row.contains("class=\"dead\""), is_dead, "{outcome}");
    }
}

#[tokio::test]
async fn work_is_made_ticked_off_and_told() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let mut viewer = Browser::signed_in(&office, "viewer").await;
    let token = admin.form_token().await;
    assert!(viewer.get("/work").await.body.contains("Không có việc nào ở đây"));
    // The one PC of the commune that is beyond mending.
    let (unit, id) = (office::unit_id("16093"), office::machine_id(11));
    let room = admin
        .send(Method::POST, &format!("/machines/{id}/room"), &format!("form_token={token}&room=203+A"))
        .await;
    assert_eq!(room.status, StatusCode::SEE_OTHER, "{}", room.body);
    assert!(viewer.get(&format!("/machines/{id}")).await.body.contains("phòng 203 A"));
    let team = format!("form_token={token}&team=T%E1%BB%95+1");
    let given = admin.send(Method::POST, &format!("/units/{unit}/team"), &team).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.body);

    let made = admin.send(Method::POST, "/work", &format!("form_token={token}&act=make&unit={unit}")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let told = admin.get(made.header(header::LOCATION)).await.body;
    for shown in ["Đã lập ", "Xã Nga Thắng", "Tổ kỹ thuật: Tổ 1", "203 A", "Đã làm", "<span class=\"box\">"]
    {
        assert!(told.contains(shown), "{shown}: {told}");
    }
    // A team has its own list, as a page and as a file.
    let mine = format::url("/work", &[("team", "Tổ 1")]);
    assert_eq!(
        admin.get(&mine).await.body.matches("value=\"tick\"").count(),
        told.matches("value=\"tick\"").count()
    );
    assert!(!admin.get("/work?team=nobody").await.body.contains("value=\"tick\""));
    assert!(admin.get("/work.csv?separator=comma").await.body.contains("\"203 A\""));

    let (_, rest) = told.split_once("name=\"id\" value=\"").unwrap();
    let work = rest.split_once('"').unwrap().0.to_owned();
    let act = |token: &str, act: &str, id: &str| format!("form_token={token}&act={act}&id={id}");
    assert_eq!(
        admin.send(Method::POST, "/work", &act(&token, "tick", &work)).await.status,
        StatusCode::SEE_OTHER
    );
    let done = admin.get("/work?stage=done").await.body;
    assert!(done.contains("admin đánh dấu 22/11/2026 08:12") && done.contains("Bỏ đánh dấu"), "{done}");
    let page = admin.get(&format!("/units/{unit}")).await.body;
    assert!(page.contains("1 chờ xác nhận"), "{page}");
    assert_eq!(
        admin.send(Method::POST, "/work", &act(&token, "untick", &work)).await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        admin.send(Method::POST, "/work", &act(&token, "remove", &work)).await.status,
        StatusCode::SEE_OTHER
    );
    for wrong in [act(&token, "tick", &work), act(&token, "burn", &work)] {
        assert_eq!(admin.send(Method::POST, "/work", &wrong).await.status, StatusCode::NOT_FOUND);
    }
    let audit = admin.get("/audit").await.body;
    for shown in [
        "Lập danh sách việc",
        "Đánh dấu việc đã làm",
        "Bỏ việc khỏi danh sách",
        "Ghi phòng của máy",
        "Giao đơn vị cho tổ",
    ] {
        assert!(audit.contains(shown), "{shown}");
    }

    // Who sees one commune sees its work, and ticks off no other.
    let (province, whole) = (office::unit_id("38"), "form_token={token}&act=make");
    let made = admin.send(Method::POST, "/work", &whole.replace("{token}", &token)).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let mut analyst = Browser::signed_in(&office, "nga-thang").await;
    let token = analyst.form_token().await;
    assert!(!analyst.get("/work").await.body.contains("Hạc Thành"));
    assert_eq!(analyst.get(&format!("/work?unit={province}")).await.status, StatusCode::NOT_FOUND);
    let elsewhere = admin.get(&format!("/work?unit={}", office::unit_id("14758"))).await.body;
    let (_, rest) = elsewhere.split_once("name=\"id\" value=\"").unwrap();
    let theirs = act(&token, "tick", rest.split_once('"').unwrap().0);
    assert_eq!(analyst.send(Method::POST, "/work", &theirs).await.status, StatusCode::NOT_FOUND);
}

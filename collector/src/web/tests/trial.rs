//! Rules tried and put in force by people at their browsers.

use std::path::PathBuf;

use super::*;
use crate::archive;
use crate::judge::{OWN_SET, load_with_texts};
use crate::store::{audit, rules_text};

/// The known office, with a folder of its own rules, which is gone when the test ends.
struct Ruled {
    office: Office,
    rules: PathBuf,
}

impl Ruled {
    async fn open() -> Ruled {
        let mut office = office::known().await;
        let name = format!("sansang-rules-{}", crate::guard::random_token().unwrap());
        let rules = std::env::temp_dir().join(name).join("rules");
        std::fs::create_dir_all(&rules).unwrap();
        office.app = office.app.clone().with_rules(rules.clone());
        let (judge, texts) = load_with_texts(&rules).unwrap();
        archive::keep(&office.app.store, &judge, &texts, office::now()).await.unwrap();
        Ruled { office, rules }
    }
}

impl Drop for Ruled {
    fn drop(&mut self) {
        std::fs::remove_dir_all(self.rules.parent().unwrap()).unwrap();
    }
}

/// A province's own set that judges instead of the shipped one, being in force later.
fn own(memory: &str) -> String {
    OWN_SET.replace("8 GiB", memory)
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", format::encode(value))).collect();
    pairs.join("&")
}

/// What stands in a hidden field of a page.
fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

#[tokio::test]
async fn a_text_is_tried_then_put_in_force_then_taken_back() {
    let ruled = Ruled::open().await;
    let app = &ruled.office.app;
    let mut admin = Browser::signed_in(&ruled.office, "admin").await;
    let token = admin.form_token().await;
    let text = own("64 GiB");
    // Browsers end lines in their own way.
    let pasted = text.replace('\n', "\r\n");
    let tried =
        admin.send(Method::POST, "/rules/try", &form(&[("form_token", &token), ("text", &pasted)])).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.body);
    assert!(tried.body.contains("máy sẽ đổi mức"), "{}", tried.body);
    assert!(tried.body.contains("Bộ nhớ trong từ 64 GiB") || tried.body.contains("memory-size"));
    assert!(!ruled.rules.join("own.toml").exists(), "trying changes nothing");

    let digest = hidden(&tried.body, "tried");
    let send = |reason: &'static str, text: String, digest: String, token: String| {
        form(&[("form_token", &token), ("text", &text), ("tried", &digest), ("reason", reason)])
    };
    // Without a reason, or with another text than the one that was tried, nothing happens.
    let body = send(" ", text.clone(), digest.clone(), token.clone());
    let none = admin.send(Method::POST, "/rules/activate", &body).await;
    assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(none.body.contains("ghi lý do"));
    let body = send("Công văn 12", own("32 GiB"), digest.clone(), token.clone());
    let other = admin.send(Method::POST, "/rules/activate", &body).await;
    assert_eq!(other.status, StatusCode::OK, "it is shown first");
    assert!(!ruled.rules.join("own.toml").exists());

    let body = send("Công văn 12", text.clone(), digest, token.clone());
    let done = admin.send(Method::POST, "/rules/activate", &body).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(done.header(header::LOCATION), "/rules?done=own");
    assert_eq!(std::fs::read_to_string(ruled.rules.join("own.toml")).unwrap(), text);
    let first = app.judge().sets.iter().find(|set| set.id == "own").unwrap().digest.clone();
    let page = admin.get("/rules?done=own").await.body;
    for shown in ["Đã đưa “own” vào áp dụng", "Công văn 12", "admin, 22/11/2026", "đang dùng", "Cách chấm"]
    {
        assert!(page.contains(shown), "{shown}");
    }

    // Another text, then back to the first with one click.
    let second = own("2 GiB");
    let tried =
        admin.send(Method::POST, "/rules/try", &form(&[("form_token", &token), ("text", &second)])).await;
    let body = send("Nới lỏng", second, hidden(&tried.body, "tried"), token.clone());
    assert_eq!(admin.send(Method::POST, "/rules/activate", &body).await.status, StatusCode::SEE_OTHER);
    let page = admin.get("/rules").await.body;
    assert!(page.contains(&format!("/rules/try?digest={first}")), "it can be tried again");
    let shown = admin.get(&format!("/rules/try?digest={first}")).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(shown.body.contains("64 GiB"));
    let body = form(&[("form_token", &token), ("digest", &first), ("reason", "Quay lại")]);
    assert_eq!(admin.send(Method::POST, "/rules/activate", &body).await.status, StatusCode::SEE_OTHER);
    assert_eq!(app.judge().sets.iter().find(|set| set.id == "own").unwrap().digest, first);

    let file = admin.get(&format!("/rules/texts/{first}")).await;
    assert_eq!((file.status, file.body.as_str()), (StatusCode::OK, text.as_str()));
    assert!(file.header(header::CONTENT_DISPOSITION).contains("attachment; filename=\"own-"));
    let mut tx = app.store.read().await.unwrap();
    let reasons: Vec<String> =
        rules_text::activations(&mut tx, 9).await.unwrap().into_iter().map(|one| one.reason).collect();
    assert_eq!(reasons.len(), 3);
    let trail = audit::newest(&mut tx, audit::Filter::default(), None, 20).await.unwrap();
    assert_eq!(
        trail.iter().filter(|entry| entry.action == "rules-activate" && entry.actor == "admin").count(),
        3
    );
}

#[tokio::test]
async fn a_file_is_tried_and_what_is_wrong_is_drawn() {
    let ruled = Ruled::open().await;
    let mut admin = Browser::signed_in(&ruled.office, "admin").await;
    let token = admin.form_token().await;
    let broken = own("8 GiB").replace("memory.installed", "memory.instaled");
    let part = |name: &str, more: &str, text: &str| {
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n{text}\r\n")
    };
    let body = |text: &str, token: &str| {
        let file = part("file", "; filename=\"own.toml\"", text);
        format!("{}{}{file}--x--\r\n", part("form_token", "", token), part("text", "", ""))
    };
    let kind = "multipart/form-data; boundary=x";
    let answer = admin.send_as(Method::POST, "/rules/try", kind, &body(&broken, &token)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    for shown in
        ["1 chỗ cần sửa", "own.toml:17:10 [unknown-fact]", "có phải ý là", "không có dữ kiện", "17 | pass ="]
    {
        assert!(answer.body.contains(shown), "{shown}: {}", answer.body);
    }
    let good = admin.send_as(Method::POST, "/rules/try", kind, &body(&own("8 GiB"), &token)).await;
    assert_eq!(good.status, StatusCode::OK, "{}", good.body);
    let stolen = admin.send_as(Method::POST, "/rules/try", kind, &body(&own("8 GiB"), "0000")).await;
    assert_eq!(stolen.status, StatusCode::FORBIDDEN);
    let cut = admin.send_as(Method::POST, "/rules/try", kind, "--x\r\nContent-Disp").await;
    assert_eq!(cut.status, StatusCode::FORBIDDEN);
    let empty = admin.send(Method::POST, "/rules/try", &form(&[("form_token", &token), ("text", " ")])).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let large = format!("form_token={token}&text={}", "x".repeat(4 << 20));
    assert_eq!(admin.send(Method::POST, "/rules/try", &large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn who_sees_one_commune_tries_there_and_changes_nothing() {
    let ruled = Ruled::open().await;
    let mut analyst = Browser::signed_in(&ruled.office, "nga-thang").await;
    let token = analyst.form_token().await;
    let body = form(&[("form_token", &token), ("text", &own("64 GiB"))]);
    let tried = analyst.send(Method::POST, "/rules/try", &body).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.body);
    assert!(!tried.body.contains("formaction"), "no button that would be refused");
    for elsewhere in ["SKHCN", "MAYCHU", "PC-STC"] {
        assert!(!tried.body.contains(elsewhere), "{elsewhere} is not of this commune");
    }
    let body = form(&[("form_token", &token), ("text", &own("64 GiB")), ("reason", "tôi muốn thế")]);
    assert_eq!(analyst.send(Method::POST, "/rules/activate", &body).await.status, StatusCode::FORBIDDEN);
    let page = analyst.get("/rules").await.body;
    assert!(page.contains("href=\"/rules/try\"") && !page.contains("action=\"/rules/activate\""));
}

#[tokio::test]
async fn prices_are_tried_and_put_in_force_like_rules() {
    let ruled = Ruled::open().await;
    let app = &ruled.office.app;
    let everything = crate::store::listing::Scope::everything();
    crate::planning::diagnose(app, &everything, None, &indicatif::ProgressBar::hidden()).await.unwrap();
    let mut admin = Browser::signed_in(&ruled.office, "admin").await;
    let token = admin.form_token().await;
    let text = ::rules::prices::Prices::shipped_text().replacen("16_000_000", "19_000_000", 1);
    let text = text.replacen("16000000", "19000000", 1);
    assert_ne!(text, ::rules::prices::Prices::shipped_text());
    let tried =
        admin.send(Method::POST, "/rules/try", &form(&[("form_token", &token), ("text", &text)])).await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.body);
    assert!(tried.body.contains("Bảng giá"), "the table is named");
    let (_, plan) = tried.body.split_once("Kế hoạch trang bị: ").expect("the plan changes");
    let (plan, _) = plan.split_once("</p>").unwrap();
    assert!(plan.contains("(+"), "a dearer PC makes a dearer plan: {plan}");
    let broken = text.replacen("verified", "verifed", 1);
    let wrong =
        admin.send(Method::POST, "/rules/try", &form(&[("form_token", &token), ("text", &broken)])).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let digest = hidden(&tried.body, "tried");
    let body =
        form(&[("form_token", &token), ("text", &text), ("tried", &digest), ("reason", "Báo giá quý IV")]);
    let done = admin.send(Method::POST, "/rules/activate", &body).await;
    assert_eq!(done.header(header::LOCATION), "/rules?done=prices", "{}", done.body);
    assert_eq!(std::fs::read_to_string(ruled.rules.join("prices.toml")).unwrap(), text);
    assert_eq!(app.judge().prices.of("pc"), Some(19_000_000));
    let page = admin.get("/rules").await.body;
    assert!(page.contains("Báo giá quý IV") && page.contains("Bảng giá") && page.contains("Định mức"));
    let mut tx = app.store.read().await.unwrap();
    let trail = audit::newest(&mut tx, audit::Filter::default(), None, 9).await.unwrap();
    assert!(trail.iter().any(|entry| entry.action == "rules-activate" && entry.subject == "prices"));
    let deeds = rules_text::activations(&mut tx, 9).await.unwrap();
    assert_eq!(deeds.len(), 1, "the first reading of a folder is nobody's deed");
    assert_eq!(deeds[0].before.as_deref(), Some(::rules::prices::Prices::shipped().digest.as_str()));
}

#[tokio::test]
async fn a_plan_by_other_prices_and_rules_is_compared_kept_and_submitted() {
    let ruled = Ruled::open().await;
    let mut admin = Browser::signed_in(&ruled.office, "admin").await;
    let token = admin.form_token().await;
    let mut viewer = Browser::signed_in(&ruled.office, "viewer").await;
    assert_eq!(viewer.get("/plan?percent=10").await.status, StatusCode::FORBIDDEN, "it takes all processors");

    // A change of all prices, and what cannot be one.
    let dearer = admin.get("/plan?percent=%2B10").await;
    assert_eq!(dearer.status, StatusCode::OK, "{}", dearer.body);
    assert!(dearer.body.contains("Phương án thử: mọi giá +10 %"), "{}", dearer.body);
    assert!(!dearer.body.contains("name=\"act\" value=\"make\""), "a trial makes no work");
    for wrong in ["/plan?percent=x", "/plan?percent=-91", "/plan?prices=0000", "/plan?rules=0000"] {
        assert_eq!(admin.get(wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }

    // A price book and a rule set of one's own; what is wrong is told with its line.
    let text = ::rules::prices::Prices::shipped_text().replace("verified = false", "verified = true");
    let send = |text: &str| form(&[("form_token", &token), ("percent", "10"), ("text", text)]);
    let sent = admin.send(Method::POST, "/plan/texts", &send(&text)).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
    let tried = sent.header(header::LOCATION).to_owned();
    assert!(tried.contains("prices=") && tried.contains("percent=10"), "{tried}");
    let page = admin.get(&tried).await.body;
    assert!(page.contains("bảng giá ngày") && page.contains("mọi giá +10 %"), "{page}");
    let wrong = admin.send(Method::POST, "/plan/texts", &send(&text.replacen("\nprice", "\nprize", 1))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains("text.toml:") && wrong.body.contains("prize"), "{}", wrong.body);
    let book = text.replacen("\nprice", "\nprize", 1);
    for (lang, expected) in [("en", "`item` lacks `price`"), ("vi", "`item` thiếu `price`")] {
        let (path, fields) = (format!("/plan/texts?lang={lang}"), [("form_token", token.as_str())]);
        let answer = admin.upload_named(&path, &fields, ("Bảng giá 2026.toml", book.as_bytes())).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for shown in ["Bảng giá 2026.toml:", expected] {
            assert!(answer.body.contains(shown), "{lang}: {shown}: {}", answer.body);
        }
    }
    let sent = admin.send(Method::POST, "/plan/texts", &send(&own("8 GiB"))).await;
    let by_rules = sent.header(header::LOCATION).to_owned();
    assert!(admin.get(&by_rules).await.body.contains("bộ tiêu chí Của tỉnh"), "{by_rules}");

    // Kept beside one by what is in force, and put side by side: what differs stands there by item and by unit.
    let keep = |name: &str, query: &str| {
        let fields = query.split_once('?').map_or("", |(_, fields)| fields);
        format!("form_token={token}&name={}&{fields}", format::encode(name))
    };
    for (name, query) in [("Hiện hành", ""), ("Giá tăng", "?percent=10"), ("Của tỉnh", by_rules.as_str())]
    {
        let kept = admin.send(Method::POST, "/plan/scenarios", &keep(name, query)).await;
        assert_eq!(kept.status, StatusCode::SEE_OTHER, "{name}: {}", kept.body);
        let next = ruled.office.app.clock.now() + SignedDuration::from_secs(1);
        ruled.office.app.clock.set(next);
    }
    let list = admin.get("/plan/scenarios").await.body;
    let ids: Vec<&str> =
        list.split("action=\"/plan/scenarios/").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let [by_own, dearer, now] = ids.as_slice() else { panic!("{list}") };
    let both = admin.get(&format!("/plan/scenarios?a={now}&b={dearer}")).await.body;
    for shown in ["Mọi giá tăng, giảm", "<b>+10 %</b>", "Khác nhau theo mặt hàng", "Khác nhau theo đơn vị"]
    {
        assert!(both.contains(shown), "{shown}: {both}");
    }
    let both = admin.get(&format!("/plan/scenarios?a={now}&b={by_own}")).await.body;
    assert!(both.contains("<b>own · ") && both.contains("<b>vn-office-2026 · "), "{both}");

    // Submitted, it stays, whatever comes into force.
    let path = format!("/plan/scenarios/{dearer}");
    let page = admin.get(&path).await.body;
    assert!(page.contains("vẫn ra đúng như lúc lưu"), "{page}");
    let submit = format!("form_token={token}&act=submit&seen={}", hidden(&page, "seen"));
    assert_eq!(admin.send(Method::POST, &path, &submit).await.status, StatusCode::SEE_OTHER);
    let before = admin.get(&path).await.body;
    assert!(before.contains("Mọi giá tăng, giảm") && before.contains("+10 %"), "{before}");
    let json = admin.get(&format!("{path}/plan.json")).await.body;
    let mut cheaper = office::shipped();
    cheaper.prices.items.values_mut().for_each(|item| item.price /= 2);
    ruled.office.app.set_judge(cheaper);
    assert_eq!(admin.get(&format!("{path}/plan.json")).await.body, json);
    assert!(admin.get("/audit").await.body.contains("Lưu bảng giá hoặc bộ tiêu chí để thử"));
}

#[tokio::test]
async fn an_earlier_judgement_is_shown_by_the_rules_of_its_time() {
    let ruled = Ruled::open().await;
    let app = &ruled.office.app;
    let mut admin = Browser::signed_in(&ruled.office, "admin").await;
    let path = format!("/machines/{}", office::machine_id(1));
    let before = admin.get(&path).await.body;
    let proposal = crate::activate::propose(&ruled.rules, "own.toml", &own("64 GiB")).unwrap();
    let deed = archive::Deed { actor: "admin", reason: "Thử nghiệm của tỉnh" };
    let bar = indicatif::ProgressBar::hidden();
    crate::activate::activate(app, &mut String::new(), proposal, deed, &bar).await.unwrap();
    let present = admin.get(&path).await.body;
    assert!(
        !before.contains("/judgements/")
            || before.matches("/judgements/").count() < present.matches("/judgements/").count()
    );
    assert!(present.contains("admin: Thử nghiệm của tỉnh"), "{present}");
    assert!(present.contains("Áp dụng bộ tiêu chí khác"), "another set took over");
    assert!(present.contains("Bộ nhớ lắp trong máy: từ 64 GiB trở lên"), "what is asked stands there");
    let (_, rest) = present.split_once("/judgements/").unwrap();
    let id = rest.split_once('"').unwrap().0;
    let past = admin.get(&format!("{path}/judgements/{id}")).await;
    assert_eq!(past.status, StatusCode::OK);
    assert!(past.body.contains("theo bộ tiêu chí và báo cáo khi đó"), "{}", past.body);
    assert!(past.body.matches("<details class=\"rule").count() > 20, "the rules of that time");
    assert!(!past.body.contains("/seat\""), "nothing is done to the past");
    let criteria = past.body.split_once("id=\"criteria\"").unwrap().1.split_once("id=\"facts\"").unwrap().0;
    assert!(!criteria.contains("64 GiB"), "{criteria}");
    let (everything, id_of) = (crate::store::listing::Scope::everything(), office::machine_id(1));
    let mut tx = app.store.read().await.unwrap();
    let latest = crate::store::listing::machine(&mut tx, &everything, &id_of).await.unwrap().unwrap();
    drop(tx);
    let latest = latest.assessment.unwrap();
    assert_eq!(admin.get(&format!("{path}/judgements/{latest}")).await.status, StatusCode::OK);
    assert_eq!(admin.get(&format!("{path}/judgements/nothing")).await.status, StatusCode::NOT_FOUND);
    let other = format!("/machines/{}/judgements/{id}", office::machine_id(2));
    assert_eq!(admin.get(&other).await.status, StatusCode::NOT_FOUND, "of another machine");
}

#[tokio::test]
async fn a_rule_passes_only_where_its_set_judged() {
    let ruled = Ruled::open().await;
    let app = &ruled.office.app;
    let text = own("64 GiB").replace("2026-10-01", "2026-11-22");
    let proposal = crate::activate::propose(&ruled.rules, "own.toml", &text).unwrap();
    let deed = archive::Deed { actor: "admin", reason: "Thử" };
    let bar = indicatif::ProgressBar::hidden();
    crate::activate::activate(app, &mut String::new(), proposal, deed, &bar).await.unwrap();
    let mut tx = app.store.read().await.unwrap();
    let judged =
        crate::store::counts::judged(&mut tx, &crate::store::listing::Scope::everything()).await.unwrap();
    drop(tx);
    let of =
        |set: &str| judged.iter().filter(|((one, _), _)| one == set).map(|(_, count)| count).sum::<i64>();
    assert!(of("own") > 0 && of("vn-office-2026") > 0, "{judged:?}");
    // Nobody has 64 GiB, and those that an older set judged were not asked.
    let page = Browser::signed_in(&ruled.office, "admin").await.get("/rules").await.body;
    let row = page.split_once("<tr id=\"memory-size\">").unwrap().1.split_once("</tr>").unwrap().0;
    assert!(row.contains("data-label=\"Đạt\">0</td>"), "{row}");
}

#[tokio::test]
async fn a_broken_folder_is_told_on_the_pages() {
    let ruled = Ruled::open().await;
    std::fs::write(ruled.rules.join("own.toml"), "[ruleset]\nid = 7\n").unwrap();
    let mut admin = Browser::signed_in(&ruled.office, "admin").await;
    assert!(!admin.get("/").await.body.contains("Tệp tiêu chí trên máy chủ có lỗi"));
    crate::watch::Watch::new(ruled.office.app.clone()).reload().await.unwrap();
    assert!(admin.get("/").await.body.contains("Tệp tiêu chí trên máy chủ có lỗi"));
    let rules = admin.get("/rules").await.body;
    assert!(rules.contains("own.toml:2:"), "{rules}");
    std::fs::remove_file(ruled.rules.join("own.toml")).unwrap();
    crate::watch::Watch::new(ruled.office.app.clone()).reload().await.unwrap();
    assert!(!admin.get("/").await.body.contains("Tệp tiêu chí trên máy chủ có lỗi"));
}

#[tokio::test]
async fn a_set_of_ones_own_is_taken_out_of_force() {
    let ruled = Ruled::open().await;
    let mut admin = Browser::signed_in(&ruled.office, "admin").await;
    let token = admin.form_token().await;
    let app = &ruled.office.app;
    let proposal = crate::activate::propose(&ruled.rules, "own.toml", &own("64 GiB")).unwrap();
    let deed = archive::Deed { actor: "admin", reason: "Thử" };
    let bar = indicatif::ProgressBar::hidden();
    crate::activate::activate(app, &mut String::new(), proposal, deed, &bar).await.unwrap();
    assert!(admin.get("/rules").await.body.contains("/rules/try?without=own"));
    let tried = admin.get("/rules/try?without=own").await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.body);
    assert!(tried.body.contains("máy sẽ đổi mức"), "{}", tried.body);
    let seen = hidden(&tried.body, "tried");
    let send = |reason: &'static str, tried: &str| {
        form(&[("form_token", &token), ("without", "own"), ("tried", tried), ("reason", reason)])
    };
    let unseen = admin.send(Method::POST, "/rules/activate", &send("Hết thử nghiệm", "")).await;
    assert_eq!(unseen.status, StatusCode::OK, "it is shown first");
    let silent = admin.send(Method::POST, "/rules/activate", &send("", &seen)).await;
    assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(ruled.rules.join("own.toml").exists());
    let done = admin.send(Method::POST, "/rules/activate", &send("Hết thử nghiệm", &seen)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert!(!ruled.rules.join("own.toml").exists());
    assert!(app.judge().sets.iter().all(|set| set.id != "own"));
    let mut tx = app.store.read().await.unwrap();
    let deeds = rules_text::activations(&mut tx, 5).await.unwrap();
    drop(tx);
    assert!(deeds.iter().any(|deed| deed.after.is_none() && deed.reason == "Hết thử nghiệm"), "{deeds:?}");
    assert_eq!(admin.get("/rules/try?without=own").await.status, StatusCode::NOT_FOUND);
    assert_eq!(admin.get("/rules/try?without=vn-office-2026").await.status, StatusCode::NOT_FOUND);
}

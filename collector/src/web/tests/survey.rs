//! The survey of a unit at a browser, what the rules about units say then, and exceptions from them.

use super::*;
use crate::store::declaration;

#[tokio::test]
async fn a_unit_declares_and_is_judged() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let commune = office::unit_id("16093");
    let (path, rules) = (format!("/units/{commune}/survey"), format!("/units/{commune}/rules"));
    let unit = admin.get(&format!("/units/{commune}")).await.body;
    for href in [&path, &rules] {
        assert!(unit.contains(&format!("href=\"{href}\"")), "the unit's page leads to {href}");
    }
    let outcome = async |browser: &mut Browser, rule: &str| {
        let page = browser.get(&format!("{rules}?lang=en")).await.body;
        let (_, after) =
            page.split_once(&format!("id=\"{rule}\"")).unwrap_or_else(|| panic!("{rule}: {page}"));
        let (head, _) = after.split_once("</summary>").unwrap();
        let words = ["Partial", "Fail", "Pass", "Unknown", "Waived", "Exception"];
        words.into_iter().find(|word| head.contains(word)).unwrap_or("?")
    };
    assert_eq!(outcome(&mut admin, "org-firewall").await, "Unknown", "nobody declared it");
    let form = |more: &[(&str, &str)]| {
        let fields = [("form_token", token.as_str()), ("declared_on", "2026-11-20")];
        let pairs = fields.iter().chain(more);
        let pairs: Vec<String> =
            pairs.map(|(name, value)| format!("{name}={}", format::encode(value))).collect();
        pairs.join("&")
    };
    admin.get("/?lang=vi").await;
    for (fields, said) in [
        (&[("internet_mbps", "-5")][..], "không hợp lệ"),
        (
            &[("dossier_approved_on", "known"), ("dossier_approved_on_value", "2027-01-01")][..],
            "không hợp lệ",
        ),
        (&[][..], "chưa khai báo điều gì"),
    ] {
        let answer = admin.send(Method::POST, &path, &form(fields)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    let late = form(&[("wifi", "yes")]).replace("2026-11-20", "2026-12-20");
    assert_eq!(admin.send(Method::POST, &path, &late).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let mut tx = office.app.store.read().await.unwrap();
    assert!(declaration::history(&mut tx, &commune).await.unwrap().is_empty(), "nothing of that was kept");
    drop(tx);

    let sent = form(&[
        ("firewall", "yes"),
        ("wifi", "no"),
        ("internet_mbps", "100"),
        ("restore_tested_on", "known"),
        ("restore_tested_on_value", "2026-10-01"),
        ("dossier_approved_on", "no"),
        ("note", "phiếu số 3"),
    ]);
    let done = admin.send(Method::POST, &path, &sent).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = admin.get(&path).await.body;
    for said in ["phiếu số 3", "khai báo ngày 20/11/2026, admin", "01/10/2026"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    for (rule, said) in [
        ("org-firewall", "Pass"),
        ("org-wifi", "Fail"),
        ("restore-tested", "Pass"),
        ("org-level-dossier", "Fail"),
        ("tslcd-line", "Unknown"),
    ] {
        assert_eq!(outcome(&mut admin, rule).await, said, "{rule}");
    }
    // What is left open is taken back, and stays in the history.
    office.app.clock.set(office::now() + jiff::SignedDuration::from_mins(1));
    let sent = form(&[("wifi", "no"), ("internet_mbps", "100")]);
    assert_eq!(admin.send(Method::POST, &path, &sent).await.status, StatusCode::SEE_OTHER);
    assert_eq!(outcome(&mut admin, "org-firewall").await, "Unknown");
    assert_eq!(outcome(&mut admin, "org-wifi").await, "Fail");

    // An exception from a rule about units is for a unit, and no machine is concerned.
    admin.get("/?lang=vi").await;
    let machine = office::machine_id(0);
    let waiver = |whom: &str| {
        let fields = [
            ("form_token", token.as_str()),
            ("rule", "org-wifi"),
            ("reason", "Dây mạng đủ"),
            ("ends_on", "2027-01-31"),
        ];
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", format::encode(value))).collect();
        format!("{}&{whom}", pairs.join("&"))
    };
    let refused = admin.send(Method::POST, "/waivers", &waiver(&format!("machine={machine}"))).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("chấm cả đơn vị"), "{}", refused.body);
    let done = admin.send(Method::POST, "/waivers", &waiver(&format!("unit={commune}"))).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert!(admin.get("/waivers").await.body.contains("tiêu chí của cả đơn vị"));
    let page = admin.get(&format!("{rules}?lang=vi")).await.body;
    let (_, wifi) = page.split_once("id=\"org-wifi\"").unwrap();
    assert!(wifi.split_once("</summary>").unwrap().0.contains("Ngoại lệ"), "{page}");
    assert!(admin.get("/audit").await.body.contains("Khai báo khảo sát"));
}

#[tokio::test]
async fn who_declares_and_who_sees() {
    let office = office::known().await;
    let mut viewer = Browser::signed_in(&office, "viewer").await;
    let token = viewer.form_token().await;
    let path = format!("/units/{}/survey", office::unit_id("16093"));
    let page = viewer.get(&path).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("<select"), "who only looks is given no form");
    let sent = format!("form_token={}&declared_on=2026-11-20&wifi=yes", format::encode(&token));
    assert_eq!(viewer.send(Method::POST, &path, &sent).await.status, StatusCode::FORBIDDEN);
    assert_eq!(viewer.get("/units/nowhere/rules").await.status, StatusCode::NOT_FOUND);
    assert_eq!(viewer.get("/units/nowhere/survey").await.status, StatusCode::NOT_FOUND);
    let vocabulary = viewer.get("/vocabulary").await.body;
    assert!(vocabulary.contains("unit.fit_share") && vocabulary.contains("không máy nào gửi"));
    let machine = viewer.get(&format!("/machines/{}", office::machine_id(0))).await.body;
    assert!(!machine.contains("unit.fit_share") && !machine.contains("Tỷ lệ máy tính dùng được"));
}

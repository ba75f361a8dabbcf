//! Parameters of a unit set by people at their browsers.

use super::*;
use crate::store::parameter;

#[tokio::test]
async fn a_unit_sets_its_own_and_takes_it_back() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let (province, commune) = (office::unit_id("38"), office::unit_id("16093"));
    let machine = office::machine_id(0);
    let path = format!("/units/{commune}/parameters");
    let unit = admin.get(&format!("/units/{commune}")).await.body;
    assert!(unit.contains(&format!("href=\"{path}\"")), "the unit's page leads there");
    for lang in ["en", "vi"] {
        let page = admin.get(&format!("{path}?lang={lang}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains("antivirus-products") && !page.body.contains("{example}"));
    }
    let form = |name: &str, value: &str, reason: &str, act: &str| {
        let fields = [
            ("form_token", token.as_str()),
            ("ruleset", "vn-office-2026"),
            ("name", name),
            ("value", value),
            ("reason", reason),
            ("act", act),
        ];
        let pairs: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", format::encode(value))).collect();
        pairs.join("&")
    };
    // What is wrong is told, and what was written stays.
    for (body, said) in [
        (form("antivirus-products", "", "vì", "set"), "cần từ 1 đến 200 dòng"),
        (form("antivirus-product", "x", "vì", "set"), "không có tham số “antivirus-product”"),
        (form("antivirus-products", "Bkav Endpoint", " ", "set"), "Cần ghi lý do"),
    ] {
        let answer = admin.send(Method::POST, &path, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    let says = async |browser: &mut Browser| {
        let page = browser.get(&format!("/machines/{machine}?lang=en")).await.body;
        let (_, rule) = page.split_once("id=\"antivirus-approved\"").unwrap_or(("", ""));
        let (head, _) = rule.split_once("</summary>").unwrap_or(("", ""));
        ["Partial", "Fail", "Pass"].into_iter().find(|word| head.contains(word))
    };
    assert_eq!(says(&mut admin).await, None, "nobody named a product: the rule does not apply");
    let set_in = |unit: &str| format!("/units/{unit}/parameters");
    let body = form("antivirus-products", "Bkav Endpoint\r\nViettel AV", "Công văn 12", "set");
    let done = admin.send(Method::POST, &set_in(&province), &body).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = admin.get(&path).await.body;
    assert!(page.contains("Bkav Endpoint, Viettel AV") && page.contains("Tỉnh Thanh Hóa"), "{page}");
    assert!(page.contains("Công văn 12"));
    assert_eq!(says(&mut admin).await, Some("Partial"), "the product is not one of the list");
    admin.get("/?lang=vi").await;
    // The commune knows better: what the PC has is allowed there.
    let body = form("antivirus-products", "Microsoft Defender Antivirus", "Riêng", "set");
    admin.send(Method::POST, &path, &body).await;
    let mut tx = office.app.store.read().await.unwrap();
    let own = parameter::above(&mut tx, "").await.unwrap();
    assert!(own.is_empty());
    drop(tx);
    assert!(admin.get(&set_in(&province)).await.body.contains("Riêng"), "units below are shown");
    let history = admin.get(&format!("/machines/{machine}")).await.body;
    assert!(history.contains("Tham số của đơn vị thay đổi"), "the timeline tells what changed");
    assert_eq!(says(&mut admin).await, Some("Pass"));
    admin.get("/?lang=vi").await;
    let taken = admin.send(Method::POST, &path, &form("antivirus-products", "", "Bỏ", "remove")).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    assert!(!admin.get(&path).await.body.contains("Riêng"));
    let trail = admin.get("/audit").await.body;
    assert!(trail.contains("Đặt tham số") && trail.contains("Bỏ tham số riêng"));

    let mut analyst = Browser::signed_in(&office, "nga-thang").await;
    assert_eq!(analyst.get(&set_in(&province)).await.status, StatusCode::NOT_FOUND);
    assert_eq!(analyst.get(&path).await.status, StatusCode::OK);
    let mut viewer = Browser::signed_in(&office, "viewer").await;
    assert_eq!(viewer.get(&path).await.status, StatusCode::FORBIDDEN);
    assert!(!viewer.get(&format!("/units/{commune}")).await.body.contains("/parameters\""));
}

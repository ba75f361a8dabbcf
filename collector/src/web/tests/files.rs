//! Files of seats and the like, sent by people at their browsers.

use super::units::{form, hidden};
use super::*;

#[tokio::test]
async fn seats_are_looked_at_before_they_are_replaced() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let look = async |browser: &mut Browser, token: &str, text: &str| {
        let body = form(&[("form_token", token), ("act", "look"), ("text", text)]);
        browser.send(Method::POST, "/import/seats", &body).await
    };
    let apply = async |browser: &mut Browser, token: &str, text: &str, tried: &str| {
        let body = form(&[("form_token", token), ("act", "apply"), ("text", text), ("tried", tried)]);
        browser.send(Method::POST, "/import/seats", &body).await
    };
    let wrong = look(&mut admin, &token, "unit_code,role,count\n99,boss,x\n").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    for shown in ["no unit with the code 99", "“boss” is not known", "“x” is no number of seats"] {
        assert!(wrong.body.contains(shown), "{shown}: {}", wrong.body);
    }
    let first = "unit_code,role,count\n16093-HCC,counter,4\n16093-HCC,Clerk,2\n";
    let looked = look(&mut admin, &token, first).await;
    assert!(looked.body.contains("thêm Văn thư 2, Cán bộ một cửa 4"), "{}", looked.body);
    let done = apply(&mut admin, &token, first, &hidden(&looked.body, "tried")).await;
    assert!(done.body.contains("Đã ghi: 1 mục thay đổi."), "{}", done.body);
    // Another file takes the counter away, and says so before it does.
    let second = "unit_code,role,count\n16093-HCC,clerk,3\n";
    let told = "Văn thư 2 → 3; mất Cán bộ một cửa 4";
    let looked = look(&mut admin, &token, second).await;
    assert!(looked.body.contains(told), "{}", looked.body);
    let other = apply(&mut admin, &token, first, &hidden(&looked.body, "tried")).await;
    assert!(!other.body.contains("Đã ghi"), "nothing is done but what was looked at");
    let done = apply(&mut admin, &token, second, &hidden(&looked.body, "tried")).await;
    assert!(done.body.contains("Đã ghi") && done.body.contains(told), "{}", done.body);
    let trail = admin.get("/audit").await.body;
    assert!(trail.contains("loses counter 4"), "{trail}");

    // Who sees one commune changes that one; who only looks changes nothing.
    let mut analyst = Browser::signed_in(&office, "nga-thang").await;
    let token = analyst.form_token().await;
    let far = look(&mut analyst, &token, "unit_code,role,count\n16021,clerk,3\n").await;
    assert!(far.body.contains("no unit with the code 16021"), "{}", far.body);
    let near = look(&mut analyst, &token, "unit_code,role,count\n16093-VP,clerk,3\n").await;
    assert_eq!(near.status, StatusCode::OK, "{}", near.body);
    assert_eq!(admin.get("/import/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_file_of_the_commands_is_taken_here_too() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let machine = office::machine_id(1);
    let units = admin.get("/units").await.body;
    for (kind, text, told) in [
        ("wishes", "unit_code,item,count\n16093,wifi,2\n".to_owned(), "thêm "),
        ("survey", "unit_code,wifi,tslcd\n16093,có,không\n".to_owned(), "thêm "),
        ("rooms", format!("machine,room\n{machine},203\n"), "thêm Phòng 203"),
        ("machines", format!("machine,unit_code,role\n{machine},16093,leader\n"), "→ Lãnh đạo"),
    ] {
        let path = format!("/import/{kind}");
        assert!(units.contains(&format!("href=\"{path}\"")), "{path}");
        for lang in ["en", "vi"] {
            let empty = admin.get(&format!("{path}?lang={lang}")).await;
            assert_eq!(empty.status, StatusCode::OK);
        }
        let body = form(&[("form_token", &token), ("act", "look"), ("text", &text)]);
        let looked = admin.send(Method::POST, &path, &body).await;
        assert!(looked.body.contains(told), "{kind}: {}", looked.body);
        let tried = hidden(&looked.body, "tried");
        let body = form(&[("form_token", &token), ("act", "apply"), ("text", &text), ("tried", &tried)]);
        let done = admin.send(Method::POST, &path, &body).await;
        assert!(done.body.contains("Đã ghi: 1 mục thay đổi."), "{kind}: {}", done.body);
        let body = form(&[("form_token", &token), ("act", "look"), ("text", &text)]);
        let again = admin.send(Method::POST, &path, &body).await;
        assert!(again.body.contains("Tệp không thay đổi gì."), "{kind}: {}", again.body);
    }
    assert!(admin.get(&format!("/machines/{machine}")).await.body.contains("phòng 203"));
}

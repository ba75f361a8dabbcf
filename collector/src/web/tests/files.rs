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
    for shown in [
        "seats.csv:2:1: không có đơn vị nào mang mã 99",
        "không có vị trí “boss”",
        "“x” không phải số chỗ làm việc",
    ] {
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
    assert!(far.body.contains("không có đơn vị nào mang mã 16021"), "{}", far.body);
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

/// Who sends a file knows it again in its complaints, which are in the language of the page; the audit trail does not
/// know what it is called on their PC.
#[tokio::test]
async fn a_complaint_names_the_file_that_was_sent_in_the_language_of_the_page() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let look = [("form_token", token.as_str()), ("act", "look")];
    let sent = "C:\\Users\\lan\\Chỗ làm việc <b>.csv";
    let pages = [
        (
            "/import/seats",
            "list",
            "unit_code,role,count\n99,clerk,1\n",
            "2:1: không có đơn vị nào mang mã 99",
            "2:1: there is no unit with the code 99",
        ),
        (
            "/import/wishes",
            "list",
            "unit_code,item,count\n16093,swich,1\n",
            "2:2: bảng giá không có hạng mục “swich”; có phải ý là switch?",
            "2:2: the item “swich” is not in the price book: is it switch?",
        ),
        (
            "/import/survey",
            "list",
            "unit_code,wifi\n16093,maybe\n",
            "2:2: “maybe” không phải có hay không",
            "2:2: “maybe” is neither có nor không",
        ),
        (
            "/import/rooms",
            "list",
            "machine,room\nNOBODY,1\n",
            "2:1: không có máy nào tên NOBODY",
            "2:1: there is no machine called NOBODY",
        ),
        (
            "/import/machines",
            "list",
            "machine,unit_cod,role\n",
            "1:2: không có cột “unit_cod”; có phải ý là unit_code?",
            "1:2: the column “unit_cod” is not known: is it unit_code?",
        ),
        (
            "/units/import",
            "list",
            "code,name\n1,\n",
            "2:1: đơn vị phải có mã và tên",
            "2:1: a unit needs a code and a name",
        ),
        (
            "/units/import",
            "map",
            "old_code,new_code\n99,1\n",
            "2:1: không có đơn vị nào mang mã 99",
            "2:1: there is no unit with the code 99",
        ),
        (
            "/units/waiting",
            "list",
            "old_unit_code,new_unit_code\n9,\n",
            "2:1: thiếu mã đơn vị cũ",
            "2:1: the code of the old or of the new unit is missing",
        ),
    ];
    for (path, what, text, vi, en) in pages {
        let fields = [look[0], look[1], ("what", what)];
        for (lang, expected) in [("vi", vi), ("en", en)] {
            let answer =
                admin.upload_named(&format!("{path}?lang={lang}"), &fields, (sent, text.as_bytes())).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
            let shown = format!("Chỗ làm việc &#60;b&#62;.csv:{expected}");
            assert!(answer.body.contains(&shown), "{path} {lang}: {shown}: {}", answer.body);
            assert!(!answer.body.contains("Users"), "{path}: {}", answer.body);
            // A text that was corrected on the page comes from the same file; one that was pasted has no name.
            let kept = answer.body.contains("name=\"file_name\" value=\"Chỗ làm việc &#60;b&#62;.csv\"");
            assert!(kept || path == "/units/waiting", "nobody waits, so there is no form: {path}");
        }
        let again = [fields.as_slice(), &[("file_name", "Của tôi.csv"), ("text", text)]].concat();
        let answer = admin.send(Method::POST, &format!("{path}?lang=vi"), &form(&again)).await;
        assert!(answer.body.contains(&format!("Của tôi.csv:{vi}")), "{path}: {}", answer.body);
        let pasted = [fields.as_slice(), &[("text", text)]].concat();
        let answer = admin.send(Method::POST, &format!("{path}?lang=vi"), &form(&pasted)).await;
        assert!(answer.body.contains(&format!(".csv:{vi}")), "{path}: {}", answer.body);
        assert!(!answer.body.contains("Của tôi"), "{path}: {}", answer.body);
    }
    // The same for a workbook, which cannot be read at all.
    let answer = admin.upload_named("/import/seats?lang=vi", &look, (sent, b"PK\x03\x04\x14\0")).await;
    assert!(answer.body.contains(".csv:1:1: đây là bảng tính"), "{}", answer.body);

    let text = "unit_code,role,count\n16093-HCC,clerk,2\n";
    let looked = admin.upload_named("/import/seats?lang=vi", &look, (sent, text.as_bytes())).await;
    let (tried, name) = (hidden(&looked.body, "tried"), hidden(&looked.body, "file_name"));
    let apply = [
        ("form_token", token.as_str()),
        ("act", "apply"),
        ("text", text),
        ("tried", &tried),
        ("file_name", &name),
    ];
    let done = admin.send(Method::POST, "/import/seats?lang=vi", &form(&apply)).await;
    assert!(done.body.contains("Đã ghi"), "{}", done.body);
    let trail = admin.get("/audit?lang=vi").await.body;
    assert!(trail.contains("seats.csv") && !trail.contains("Chỗ làm việc &#60;b"), "{trail}");
}

#[test]
fn the_name_of_a_file_is_made_safe_and_stays_known() {
    for (sent, shown) in [
        ("Chỗ làm việc.csv", Some("Chỗ làm việc.csv")),
        ("C:\\Users\\lan\\seats.csv", Some("seats.csv")),
        ("../../etc/passwd", Some("passwd")),
        // Decomposed, as macOS sends it.
        ("Cho\u{302}\u{303}.csv", Some("Chỗ.csv")),
        ("a\u{202E}vsc.exe\u{7}\n.csv ", Some("avsc.exe.csv")),
        ("", None),
        ("folder/", None),
        (" \u{200B}", None),
    ] {
        assert_eq!(plain_name(sent).as_deref(), shown, "{sent}");
    }
    let long = plain_name(&format!("{}-2026.csv", "ỗ".repeat(300))).unwrap();
    assert!(long.chars().count() == 80 && long.ends_with("ỗ-2026.csv") && long.contains('…'), "{long}");
}

//! The tree and its changes, by people at their browsers.

use super::*;
use crate::sheet::english;

/// A form with a file of this name, as browsers send it.
fn with_file(fields: &[(&str, &str)], (name, file): (&str, &[u8])) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (field, value) in fields {
        let part = format!("--edge\r\nContent-Disposition: form-data; name=\"{field}\"\r\n\r\n{value}\r\n");
        body.extend_from_slice(part.as_bytes());
    }
    let head =
        format!("--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    body.extend_from_slice(head.as_bytes());
    body.extend_from_slice(file);
    body.extend_from_slice(b"\r\n--edge--\r\n");
    ("multipart/form-data; boundary=edge".to_owned(), body)
}

pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        fields.iter().map(|(name, value)| format!("{name}={}", format::encode(value))).collect();
    pairs.join("&")
}

pub(super) fn hidden(page: &str, name: &str) -> String {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
    rest.split_once('"').unwrap().0.to_owned()
}

impl Browser {
    async fn upload(&mut self, path: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
        self.upload_named(path, fields, ("u.csv", file)).await
    }

    pub(super) async fn upload_named(
        &mut self,
        path: &str,
        fields: &[(&str, &str)],
        file: (&str, &[u8]),
    ) -> Answer {
        let (kind, body) = with_file(fields, file);
        self.send_bytes(Method::POST, path, &kind, body).await
    }
}

#[tokio::test]
async fn a_file_is_looked_at_then_applied() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    assert!(admin.get("/units").await.body.contains("href=\"/units/import\""));
    let text = "code,name,kind,parent_code\n16093,Xã Nga Thắng Mới,other,38\n99999,Xã Thêm,other,38\n";
    let utf16: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let fields = [("form_token", token.as_str()), ("day", "22/11/2026"), ("ref", "NQ 7"), ("act", "look")];
    let looked = admin.upload("/units/import", &fields, &utf16).await;
    assert_eq!(looked.status, StatusCode::OK, "{}", looked.body);
    for shown in
        ["Xã Thêm", "Đổi tên", "→ 16093 Xã Nga Thắng Mới", "Chưa có gì được ghi", "Áp dụng các thay đổi"]
    {
        assert!(looked.body.contains(shown), "{shown}: {}", looked.body);
    }
    assert!(!admin.get("/units").await.body.contains("Xã Thêm"), "looking changes nothing");
    let tried = hidden(&looked.body, "tried");
    let apply = |text: &str, tried: &str| {
        let day = "22/11/2026";
        form(&[
            ("form_token", &token),
            ("day", day),
            ("ref", "NQ 7"),
            ("act", "apply"),
            ("text", text),
            ("tried", tried),
        ])
    };
    // Another text than the one that was looked at is shown first.
    let other =
        admin.send(Method::POST, "/units/import", &apply(&text.replace("Thêm", "Khác"), &tried)).await;
    assert_eq!(other.status, StatusCode::OK, "{}", other.body);
    let done = admin.send(Method::POST, "/units/import", &apply(&text.replace('\n', "\r\n"), &tried)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let tree = admin.get(done.header(header::LOCATION)).await.body;
    assert!(
        tree.contains("thêm 1, thay đổi 1, kết thúc 0 đơn vị") && tree.contains("Xã Nga Thắng Mới"),
        "{tree}"
    );
    assert!(admin.get("/audit").await.body.contains("Nhập cây đơn vị"));

    // The day before, it was called otherwise; its history says both, and by which decision.
    let before = admin.get("/units?day=2026-11-21").await.body;
    assert!(before.contains("Xã Nga Thắng<") && !before.contains("Xã Nga Thắng Mới"), "{before}");
    assert!(before.contains("Theo ngày 21/11/2026"));
    let mapped = admin.get("/units?day=2026-11-21&tree=today").await.body;
    assert!(mapped.contains("Xã Nga Thắng Mới") && mapped.contains("Cây đơn vị hôm nay"), "{mapped}");
    assert!(admin.get("/units?day=1999-01-01").await.body.contains("Không có đơn vị nào được ghi nhận"));
    assert!(admin.get("/units?day=mai").await.body.contains("Ngày “mai” không đọc được"));
    let history = admin.get(&format!("/units/{}/history", office::unit_id("16093"))).await.body;
    for shown in ["Xã Nga Thắng Mới", "21/11/2026", "NQ 7", "Đổi tên"] {
        assert!(history.contains(shown), "{shown}: {history}");
    }
    assert_eq!(admin.get("/units/nowhere/history").await.status, StatusCode::NOT_FOUND);

    // What goes out comes in again and changes nothing.
    let csv = admin.get("/units.csv").await.body;
    assert!(csv.starts_with("\u{feff}\"code\";\"name\""), "{csv}");
    let again = admin.upload("/units/import", &fields, csv.as_bytes()).await;
    assert!(again.body.contains("không có gì thay đổi"), "{}", again.body);
    let old = admin.get("/units.csv?day=2026-11-21&separator=comma").await.body;
    assert!(old.contains("\"16093\",\"Xã Nga Thắng\"") && !old.contains("99999"), "{old}");
}

#[tokio::test]
async fn a_file_that_does_not_fit_is_refused_with_its_lines() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let fields = [("form_token", token.as_str()), ("act", "look")];
    for (file, shown) in [
        (b"code,name\n1,Th\xB5nh Ho\xB8\n".as_slice(), "TCVN3"),
        (b"code,name,parent_code\n1,a,2\n2,b,1\n", "u.csv:3:1: đơn vị 2 sẽ trực thuộc chính nó"),
        (b"code,name\n1\n", "u.csv:2:1: dòng này có 1 ô"),
        (b"", "Chưa có tệp nào được chọn"),
    ] {
        let answer = admin.upload("/units/import", &fields, file).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
        assert!(answer.body.contains(shown), "{shown}: {}", answer.body);
    }
    let later = [("form_token", token.as_str()), ("act", "look"), ("day", "2030-01-01")];
    let answer = admin.upload("/units/import", &later, b"code,name,parent_code\n1,a,38\n").await;
    assert!(answer.body.contains("Ngày 01/01/2030 chưa đến") && !answer.body.contains("value=\"apply\""));
    // Who sees one commune takes no tree away, and sees no other's past.
    let mut person = Browser::signed_in(&office, "nga-thang").await;
    assert_eq!(person.get("/units.csv").await.status, StatusCode::FORBIDDEN);
    let elsewhere = format!("/units/{}/history", office::unit_id("38-STC"));
    assert_eq!(person.get(&elsewhere).await.status, StatusCode::NOT_FOUND);
    let then = person.get("/units?day=2026-11-21").await.body;
    assert!(then.contains("Xã Nga Thắng") && !then.contains("Sở Tài chính"), "{then}");
}

#[tokio::test]
async fn a_divided_unit_leaves_its_machines_waiting() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    assert!(!admin.get("/units").await.body.contains("/units/waiting"));
    let map =
        "old_code,new_code,new_full_name,portion\n16093,16093,Xã Nga Một,part\n16093,16094,Xã Nga Hai,part\n";
    let fields = [("form_token", token.as_str()), ("what", "map"), ("day", "2026-11-22"), ("act", "look")];
    let looked = admin.upload("/units/import", &fields, map.as_bytes()).await;
    for shown in ["Chia cho nhiều đơn vị", "Chờ người quyết định", "Người dùng: nga-thang"]
    {
        assert!(looked.body.contains(shown), "{shown}: {}", looked.body);
    }
    let tried = hidden(&looked.body, "tried");
    let fields = [
        ("form_token", token.as_str()),
        ("what", "map"),
        ("day", "2026-11-22"),
        ("act", "apply"),
        ("tried", &tried),
    ];
    let done = admin.upload("/units/import", &fields, map.as_bytes()).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let tree = admin.get("/units").await.body;
    assert!(tree.contains("12 máy chờ phân công lại"), "{tree}");
    assert!(tree.contains("Xã Nga Thắng (đã kết thúc hoạt động từ 22/11/2026)"), "{tree}");
    let list = admin.get("/units/waiting").await.body;
    assert!(list.contains("Có thể về: Xã Nga Hai, Xã Nga Một"), "{list}");
    let csv = admin.get("/units/waiting.csv?separator=comma").await.body;
    assert_eq!(csv.matches("\r\n").count(), 13, "{csv}");
    let moves = crate::seats::parse_moves(english("m.csv"), csv.as_bytes()).unwrap();
    assert!(moves.rows.is_empty(), "nobody filled in a unit: {moves:?}");
    let filled = csv.replacen("\"\",\"", "\"16094\",\"", 1);
    assert_eq!(crate::seats::parse_moves(english("m.csv"), filled.as_bytes()).unwrap().rows.len(), 1);

    let rules =
        "old_unit_code,hostname_prefix,new_unit_code\n16093-HCC,,16093\n16093,pc-van,16094\n16093,zz,16094\n";
    let looked =
        admin.upload("/units/waiting", &[("form_token", &token), ("act", "look")], rules.as_bytes()).await;
    for shown in ["12 máy sẽ được chuyển, 0 máy vẫn chờ", "không khớp máy nào, dòng: 4"] {
        assert!(looked.body.contains(shown), "{shown}: {}", looked.body);
    }
    let body = form(&[("form_token", &token), ("act", "apply"), ("text", rules)]);
    let went = admin.send(Method::POST, "/units/waiting", &body).await;
    assert!(went.body.contains("12 máy đã được chuyển, 0 máy vẫn chờ"), "{}", went.body);

    // Who sees the old commune only waits too, until somebody says which of the new ones is his.
    let (_, row) = went.body.split_once("<td lang=\"vi\">nga-thang</td>").unwrap();
    let (_, rest) = row.split_once("<option value=\"").unwrap();
    let to = rest.split_once('"').unwrap().0.to_owned();
    assert!(
        row.contains("Xã Nga Hai (16094)")
            && !row.split_once("</form>").unwrap().0.contains("value=\"drop\"")
    );
    let decide = |act: &str, to: &str, token: &str| {
        let unit = office::unit_id("16093");
        form(&[
            ("form_token", token),
            ("act", act),
            ("unit", &unit),
            ("kind", "account"),
            ("key", "nga-thang"),
            ("to", to),
        ])
    };
    let nowhere = admin.send(Method::POST, "/units/waiting", &decide("pass", "nowhere", &token)).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND);
    let dropped = admin.send(Method::POST, "/units/waiting", &decide("drop", "", &token)).await;
    assert_eq!(dropped.status, StatusCode::UNPROCESSABLE_ENTITY, "people are never dropped");
    let mut analyst = Browser::signed_in(&office, "nga-thang").await;
    let theirs = analyst.form_token().await;
    let own = analyst.send(Method::POST, "/units/waiting", &decide("pass", &to, &theirs)).await;
    assert_eq!(own.status, StatusCode::FORBIDDEN, "nobody gives himself more");
    let went = admin.send(Method::POST, "/units/waiting", &decide("pass", &to, &token)).await;
    assert!(went.body.contains("Đã chuyển “nga-thang” về Xã Nga Hai"), "{}", went.body);
    assert!(went.body.contains("Không có máy nào chờ"), "{}", went.body);
    assert!(admin.get("/audit").await.body.contains("phần còn lại của đơn vị cũ"));
    let tree = admin.get("/units").await.body;
    assert!(!tree.contains("máy chờ phân công lại") && tree.contains("Xã Nga Hai"), "{tree}");
    assert!(
        tree.contains("đã kết thúc hoạt động"),
        "its offices still hang there, until they are moved too: {tree}"
    );
    let seat = admin.get(&format!("/machines/{}/seat", office::machine_id(0))).await.body;
    assert!(seat.contains("Có người chuyển") && seat.contains("Mã tham gia"), "{seat}");
    assert!(admin.get("/audit").await.body.contains("Phân công lại máy của đơn vị cũ"));
    let body =
        form(&[("form_token", &token), ("act", "look"), ("text", "old_unit_code,new_unit_code\n1,2\n")]);
    let wrong = admin.send(Method::POST, "/units/waiting", &body).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", wrong.body);
}

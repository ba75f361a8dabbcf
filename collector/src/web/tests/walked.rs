//! What somebody saw who walked the dashboard of a province: refusals that say how, searches that find, tables that count.

use super::*;

#[tokio::test]
async fn a_budget_is_read_in_one_way_or_refused() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    for (budget, said) in [
        ("5,5", "“5,5” không đọc được: ghi số nguyên triệu đồng"),
        ("4,82", "“4,82” không đọc được"),
        ("500; 1.500,5", "“1.500,5” không đọc được"),
        ("5000000000", "5.000 triệu?"),
    ] {
        let answer = admin.get(&format::url("/plan", &[("budget", budget)])).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{budget}");
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    assert_eq!(admin.get("/plan?budget=5.000").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_room_or_a_team_that_is_too_long_is_told() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let (long, machine, unit) = ("x".repeat(61), office::machine_id(1), office::unit_id("16093"));
    for (path, field, said) in [
        (format!("/machines/{machine}/room"), "room", "Chưa ghi được phòng: tên phòng tối đa 60 ký tự"),
        (format!("/units/{unit}/team"), "team", "Chưa giao được: tên tổ tối đa 60 ký tự"),
    ] {
        let body = format!("form_token={token}&{field}={long}");
        let answer = admin.send(Method::POST, &path, &body).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert!(answer.body.contains(said), "{said}: {}", answer.body);
    }
    let nobody = format!("form_token={token}&room={long}");
    assert_eq!(
        admin.send(Method::POST, "/machines/nobody/room", &nobody).await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn flags_are_yes_and_no() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let path = format!("/units/{}/parameters?lang=vi", office::unit_id("16093"));
    let page = admin.get(&path).await.body;
    let (_, row) = page.split_once("id=\"leaders-sign-remotely\"").unwrap();
    let (row, _) = row.split_once("</tr>").unwrap();
    assert!(row.contains("<td data-label=\"Giá trị đang dùng\">không</td>"), "{row}");
    assert!(row.contains("<option value=\"false\" selected>không</option>"), "{row}");
    assert!(!row.contains("true</") && !row.contains("Ví dụ: true"), "{row}");
}

#[tokio::test]
async fn machines_are_found_by_system_unit_and_phrase() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let mut count = async |fields: &[(&str, &str)]| {
        let page = admin.get(&format::url("/machines", fields)).await.body;
        let (_, rest) = page.split_once("<p class=\"soft\">").unwrap();
        let count: i64 = rest.split_once(" máy").unwrap().0.replace('.', "").parse().unwrap();
        let told = page.split("<p class=\"hint\" role=\"status\">").nth(1);
        (count, told.map(|text| text.split_once("</p>").unwrap().0.to_owned()))
    };
    let (all, _) = count(&[]).await;
    let (ten, _) = count(&[("q", "windows 10")]).await;
    let (eleven, _) = count(&[("q", "windows 11")]).await;
    assert!(ten > 0 && eleven > 0 && ten + eleven < all, "{ten} + {eleven} of {all}");
    assert_eq!(count(&[("q", "win10")]).await.0, ten);
    assert_eq!(count(&[("q", "\"windows 10\"")]).await.0, ten);
    assert_eq!(count(&[("q", "windows 1")]).await.0, 0, "the addresses are no version");
    // A unit is found by its name and by those above it.
    let (commune, _) = count(&[("unit", &office::unit_id("14758"))]).await;
    assert!(commune > 0);
    assert_eq!(count(&[("q", "Hạc Thành")]).await.0, commune);
    assert_eq!(count(&[("q", "“phường hạc thành”")]).await.0, commune);
    assert_eq!(count(&[("q", "zz hac thanh")]).await.0, 0);
    // A name in the place of a menu.
    let (placed, told) = count(&[("place", "hac thanh")]).await;
    assert_eq!((placed, told.as_deref()), (commune, Some("Đơn vị: Phường Hạc Thành.")));
    let (nowhere, told) = count(&[("place", "thái bình")]).await;
    assert_eq!(nowhere, 0);
    assert!(told.unwrap().contains("Không có đơn vị nào có tên hoặc mã như “thái bình”"));
    let (_, told) = count(&[("q", "a b c d e f g h neunte")]).await;
    assert_eq!(told.as_deref(), Some("Chỉ tìm theo 8 từ đầu; không tìm: neunte."));
}

#[tokio::test]
async fn tables_count_in_numbers_and_days() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let league = admin.get("/league?days=90&lang=vi").await.body;
    assert!(league.contains("<th class=\"tight\">90 ngày qua</th>"), "{league}");
    let csv = admin.get("/league.csv?separator=comma&days=30&lang=en").await.body;
    let mut lines = csv.lines();
    assert!(lines.next().unwrap().contains("\"Share (%)\",\"More machines ready in 30 days\""), "{csv}");
    let cells: Vec<&str> = lines.next().unwrap().split("\",\"").collect();
    assert!(cells[5].parse::<f64>().is_ok(), "{cells:?}");
    let csv = admin.get("/machines.csv?separator=comma&lang=en").await.body;
    for shown in ["\"16093-HCC\"", "\"2026-11-2", "\"Commune, ward\"", "\"Machine id\""] {
        assert!(csv.contains(shown), "{shown}: {csv}");
    }
    assert!(!csv.contains("/11/2026"), "{csv}");
}

#[tokio::test]
async fn the_trail_names_what_was_done_to() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let token = admin.form_token().await;
    let machine = office::machine_id(1);
    let body = format!("form_token={token}&room=203");
    admin.send(Method::POST, &format!("/machines/{machine}/room"), &body).await;
    let mut tx = office.app.store.begin().await.unwrap();
    let at = office::now();
    crate::store::audit::add(&mut tx, at, "x", "user-add", "lan", r#"{"role":"analyst"}"#).await.unwrap();
    tx.commit().await.unwrap();
    let trail = admin.get("/audit?lang=vi").await.body;
    assert!(
        trail.contains(&format!("<a href=\"/machines/{machine}\" lang=\"vi\">PC-VANTHU-01</a>")),
        "{trail}"
    );
    for shown in ["<span class=\"soft\">Phòng:</span> 203", "Thêm tài khoản", "Cấp mã tham gia"] {
        assert!(trail.contains(shown), "{shown}: {trail}");
    }
    assert!(trail.contains("Xã Nga Thắng (16093)</a>"), "the unit of the join code has its name");
    let cells = |page: &str| page.matches("<td data-label=\"Việc\">").count();
    assert!(!trail.contains("<td data-label=\"Việc\">Đăng nhập</td>"), "{trail}");
    let all = admin.get("/audit?sessions=yes").await.body;
    assert!(all.contains("<td data-label=\"Việc\">Đăng nhập</td>"));
    let one = admin.get("/audit?action=user-add").await.body;
    assert_eq!((cells(&one), cells(&admin.get("/audit?who=nobody").await.body)), (1, 0));
    assert_eq!(cells(&admin.get("/audit?action=sign-in").await.body), 1);
}

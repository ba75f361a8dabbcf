//! Files of surveys as people write them, and what a declaration does.

use std::collections::BTreeSet;

use expect_test::expect;
use jiff::civil::date;

use super::*;
use crate::sheet::english;
use crate::web::office;

const TODAY: Date = date(2026, 11, 22);

#[test]
fn rows_as_people_write_them() {
    let csv = "\u{feff}Mã đơn vị;Ngày khảo sát;Băng thông Internet;TSLCD cấp II;Switch;Hồ sơ cấp độ;Đầu mối;\
               Ngày thử phục hồi;Ghi chú\n16093;05/11/2026;100;Có;không;chưa;x;01/06/2026;phiếu số 3\n\
               14797;;0;;không rõ;2026-09-01;;;\n";
    let rows = parse(english("s.csv"), csv.as_bytes(), TODAY).unwrap().rows;
    let told = |row: &Row| {
        let day = row.declared_on.map(|day| day.to_string()).unwrap_or_default();
        let answers = row.answers.iter().map(|(fact, value)| format!("{fact}={value}"));
        format!("{} {day} {} {}", row.unit, answers.collect::<Vec<_>>().join(" "), row.note)
    };
    expect![[r#"
        16093 2026-11-05 cyber_contact=true dossier_approved_on=null internet_mbps=100 managed_switch=false restore_tested_on="2026-06-01" tslcd=true phiếu số 3
        14797  dossier_approved_on="2026-09-01" internet_mbps=0 managed_switch={"unknown":"not_asked"} "#]]
    .assert_eq(&rows.iter().map(told).collect::<Vec<_>>().join("\n"));
}

#[test]
fn complaints_all_at_once() {
    let csv = "unit_code,declared_on,wifi,internet_mbps,dossier_approved_on\n,2026-11-01,,,\n\
               16093,2027-01-01,maybe,-1,31/02/2026\n16093,soon,,1e3,2030-01-01\n16093,,có,,\n16093,,có,,\n";
    let long = format!("unit_code,note\n16093,{}\n", "x".repeat(501));
    let files = [csv, &long, "unit_code\n16093\n", "wifi\ncó\n", "unit_code,wi_fy\n16093,có\n"];
    let told = |lang, text: &str| match parse(File::new("s.csv", lang), text.as_bytes(), TODAY) {
        Ok(read) => read.complaints.told("s.csv").join("\n"),
        Err(complaints) => complaints.join("\n"),
    };
    for (lang, expected) in [
        (
            Lang::En,
            expect![[r#"
        s.csv:2:1: the code of the unit is missing
        s.csv:3:2: 2027-01-01 is in the future
        s.csv:3:3: “maybe” is neither có nor không
        s.csv:3:4: “-1” is no bandwidth in Mb/s: it is a whole number from 0 to 1000000
        s.csv:3:5: “31/02/2026” is no day: write it as 31/12/2026, or chưa
        s.csv:4:2: “soon” is no day: write it as 31/12/2026
        s.csv:4:4: “1e3” is no bandwidth in Mb/s: it is a whole number from 0 to 1000000
        s.csv:4:5: 2030-01-01 is in the future
        s.csv:6:1: the same unit and day stand in line 5 too
        s.csv:2:2: the note has more than 500 characters
        s.csv:1:1: the first line must name the column unit_code, and what is declared: internet_mbps, tslcd, tslcd_mbps, managed_switch, wifi, firewall, video_conference, dossier_approved_on, cyber_contact, cyber_deputy, restore_tested_on, leaders_sign_remotely
        s.csv:1:1: the first line must name the column unit_code, and what is declared: internet_mbps, tslcd, tslcd_mbps, managed_switch, wifi, firewall, video_conference, dossier_approved_on, cyber_contact, cyber_deputy, restore_tested_on, leaders_sign_remotely
        s.csv:1:2: the column “wi_fy” is not known: there are unit_code, declared_on, note, internet_mbps, tslcd, tslcd_mbps, managed_switch, wifi, firewall, video_conference, dossier_approved_on, cyber_contact, cyber_deputy, restore_tested_on, leaders_sign_remotely"#]],
        ),
        (
            Lang::Vi,
            expect![[r#"
        s.csv:2:1: thiếu mã đơn vị
        s.csv:3:2: ngày 01/01/2027 chưa đến
        s.csv:3:3: “maybe” không phải có hay không: hãy ghi có, không hoặc không rõ
        s.csv:3:4: “-1” không phải băng thông tính bằng Mb/s: hãy ghi số nguyên từ 0 đến 1.000.000
        s.csv:3:5: “31/02/2026” không phải ngày: hãy ghi như 31/12/2026, hoặc chưa
        s.csv:4:2: “soon” không phải ngày: hãy ghi như 31/12/2026
        s.csv:4:4: “1e3” không phải băng thông tính bằng Mb/s: hãy ghi số nguyên từ 0 đến 1.000.000
        s.csv:4:5: ngày 01/01/2030 chưa đến
        s.csv:6:1: đơn vị và ngày này đã có ở dòng 5
        s.csv:2:2: ghi chú dài hơn 500 ký tự
        s.csv:1:1: dòng đầu phải nêu tên cột unit_code và các cột được khai báo: internet_mbps, tslcd, tslcd_mbps, managed_switch, wifi, firewall, video_conference, dossier_approved_on, cyber_contact, cyber_deputy, restore_tested_on, leaders_sign_remotely
        s.csv:1:1: dòng đầu phải nêu tên cột unit_code và các cột được khai báo: internet_mbps, tslcd, tslcd_mbps, managed_switch, wifi, firewall, video_conference, dossier_approved_on, cyber_contact, cyber_deputy, restore_tested_on, leaders_sign_remotely
        s.csv:1:2: không có cột “wi_fy”; các cột được dùng: unit_code, declared_on, note, internet_mbps, tslcd, tslcd_mbps, managed_switch, wifi, firewall, video_conference, dossier_approved_on, cyber_contact, cyber_deputy, restore_tested_on, leaders_sign_remotely"#]],
        ),
    ] {
        expected.assert_eq(&files.map(|text| told(lang, text)).join("\n"));
    }
}

#[test]
fn a_declaration_grows_old() {
    assert!(!is_old(date(2025, 11, 22), TODAY));
    assert!(is_old(date(2025, 11, 21), TODAY));
}

#[test]
fn every_declared_fact_has_a_column() {
    let columns: BTreeSet<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    assert_eq!(terms().count(), DECLARED.len());
    assert!(DECLARED.iter().all(|name| columns.contains(name)));
}

/// A province, a commune in it, and an office of that.
pub(crate) async fn tree(app: &App) -> [unit::Unit; 3] {
    let naming = |code: &str, kind: &str| unit::Naming {
        code: code.to_owned(),
        name: code.to_owned(),
        short: code.to_owned(),
        kind: kind.to_owned(),
    };
    let (mut tx, now) = (app.store.begin().await.unwrap(), app.clock.now());
    let province = unit::add(&mut tx, None, &naming("38", "province"), now).await.unwrap();
    let commune = unit::add(&mut tx, Some(&province), &naming("14797", "commune"), now).await.unwrap();
    let below = unit::add(&mut tx, Some(&commune), &naming("14797-VP", "office"), now).await.unwrap();
    tx.commit().await.unwrap();
    [province, commune, below]
}

#[tokio::test]
async fn the_latest_day_holds_and_leaders_follow() {
    let office = office::empty().await;
    let (app, now) = (&office.app, office::now());
    let [province, commune, below] = tree(app).await;
    let sheet = |day| Sheet { unit: &commune.id, declared_on: day, declared_by: "an", note: "" };
    let answers = |json: Json| Answers::from([(SIGN_REMOTELY.0, json)]);
    declare(app, &commune, sheet(TODAY), &answers(json!(true))).await.unwrap();
    // What is brought in later for an earlier day is history.
    declare(app, &commune, sheet(date(2026, 1, 5)), &answers(json!(false))).await.unwrap();
    let mut tx = app.store.read().await.unwrap();
    let set = |values: parameter::Values| {
        values.get("vn-office-2026").and_then(|set| set.get(SIGN_REMOTELY.1).cloned())
    };
    assert_eq!(set(parameter::holding(&mut tx, &below.path).await.unwrap()).as_deref(), Some("true"));
    assert_eq!(declaration::history(&mut tx, &commune.id).await.unwrap().len(), 2, "nothing is lost");
    drop(tx);
    app.clock.set(now + jiff::SignedDuration::from_mins(1));
    declare(app, &commune, sheet(TODAY), &answers(taken_back())).await.unwrap();
    let mut tx = app.store.begin().await.unwrap();
    assert_eq!(set(parameter::holding(&mut tx, &below.path).await.unwrap()), None);

    // A unit with agencies below it says nothing for their leaders.
    let judge = app.judge();
    let file = "unit_code,leaders_sign_remotely,wifi\n38,có,\n";
    let read = parse(english("s.csv"), file.as_bytes(), TODAY).unwrap();
    let reckoned = reckon(&mut tx, &Scope::everything(), &read, TODAY).await.unwrap().unwrap();
    assert_eq!((reckoned.units, reckoned.facts), (1, 1));
    assert_eq!(reckoned.changes[0].told(), "38: gains leaders_sign_remotely true");
    let turned = apply(&mut tx, &judge, "s.csv", &reckoned, ("an", now)).await.unwrap();
    assert!(turned.is_empty());
    assert_eq!(set(parameter::holding(&mut tx, &province.path).await.unwrap()), None);
    let again = reckon(&mut tx, &Scope::everything(), &read, TODAY).await.unwrap().unwrap();
    assert_eq!(again.changes, [], "it says the same");
    let read = parse(english("s.csv"), b"unit_code,wifi\n99,maybe\n", TODAY).unwrap();
    let told = reckon(&mut tx, &Scope::everything(), &read, TODAY).await.unwrap().unwrap_err();
    assert_eq!(
        told,
        ["s.csv:2:1: there is no unit with the code 99", "s.csv:2:2: “maybe” is neither có nor không"]
    );
}

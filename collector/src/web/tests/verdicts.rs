//! Verdicts of classes of their own, wherever they are shown: switched off, waived, and where Windows disagrees.

use ::rules::assess::Grade;

use super::*;
use crate::store::listing::{self, Filter};
use crate::store::waiver::{Grant, Reach};
use crate::waivers;

#[tokio::test]
async fn what_is_waived_is_marked_in_every_list() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let commune = office::unit_id("16093");
    assert!(!admin.get("/").await.body.contains("có ngoại lệ"));
    let listed_before = admin.get("/machines?waived=yes").await.body;
    assert!(listed_before.contains("0 máy"), "{listed_before}");
    let wish = Grant {
        reach: Reach::Unit(&commune),
        rule: "updates-checked",
        reason: "Chờ máy chủ cập nhật",
        by: "admin",
        ends_on: "2026-12-31".parse().unwrap(),
    };
    // The rule that most machines of the commune fail.
    let mut tx = office.app.store.read().await.unwrap();
    let scope = crate::store::listing::Scope::subtree(
        &crate::store::unit::by_id(&mut tx, &commune).await.unwrap().path,
    );
    let findings = crate::store::counts::findings(&mut tx, &scope).await.unwrap();
    let failing = findings.iter().filter(|((_, outcome), _)| outcome == "fail");
    let mut found = None;
    for ((rule, _), machines) in failing {
        let filter = Filter { rule: Some(rule.clone()), ..Filter::all(scope.clone()) };
        let ready = listing::grades(&mut tx, &filter).await.unwrap().of(Grade::Ready);
        found = found.max(Some((ready, *machines, rule)));
    }
    let (ready, machines, rule) = found.unwrap();
    assert!(0 < ready && ready < machines, "a rule that some fail and are ready all the same");
    drop(tx);
    waivers::grant(&office.app, Grant { rule, ..wish }).await.unwrap();
    let mut tx = office.app.store.read().await.unwrap();
    let waived = Filter { waived: true, ..Filter::all(scope) };
    let ready = listing::grades(&mut tx, &waived).await.unwrap().of(Grade::Ready);
    drop(tx);
    let said = format!("trong đó {ready} máy có ngoại lệ");
    assert!(admin.get("/").await.body.contains(&said), "{said}");
    assert!(admin.get(&format!("/units/{commune}")).await.body.contains(&said));
    assert!(!admin.get(&format!("/units/{}", office::unit_id("38-STC"))).await.body.contains("có ngoại lệ"));
    let list = admin.get("/machines?waived=yes").await.body;
    assert!(list.contains(&format!("{machines} máy")) && list.contains("class=\"noted waived\""));
    let of_rule = admin.get(&format!("/machines?waived=yes&rule={rule}")).await.body;
    assert!(of_rule.contains(&format!("{machines} máy")), "{of_rule}");
    let rules = admin.get("/rules").await.body;
    assert!(rules.contains(&format!("{machines} máy có ngoại lệ")));
    let csv = admin.get("/machines.csv?waived=yes&separator=comma&lang=en").await.body;
    assert!(csv.contains("\"Waived\"") && csv.contains("\"1\""), "{csv}");
    assert_eq!(csv.matches("\r\n").count(), usize::try_from(machines).unwrap() + 1);
}

#[tokio::test]
async fn what_is_only_switched_off_is_a_class_of_its_own() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let mut tx = office.app.store.read().await.unwrap();
    let everything = crate::store::listing::Scope::everything();
    let off = crate::store::counts::switched_off(&mut tx, &everything).await.unwrap();
    drop(tx);
    // One that fits on a page of the list.
    let on_a_page = off.iter().filter(|(_, machines)| (1..=50).contains(*machines));
    let (rule, machines) = on_a_page.max_by_key(|(_, machines)| **machines).unwrap();
    let rules = admin.get("/rules").await.body;
    assert!(rules.contains(&format!("{machines} máy có nhưng đang tắt")), "{rule}");
    let list = admin.get(&format!("/machines?off=yes&rule={rule}&sort=name")).await.body;
    let (ids, _) = listed(&list);
    assert_eq!(i64::try_from(ids.len()).unwrap(), *machines);
    assert!(list.contains("Có nhưng đang tắt: "));
    let machine = admin.get(&ids[0]).await.body;
    let (_, verdict) = machine.split_once(&format!("id=\"{rule}\"")).unwrap();
    let (head, _) = verdict.split_once("</summary>").unwrap();
    assert!(head.contains("Có nhưng đang tắt") && head.contains("#o-switched_off"), "{head}");
    let csv = admin.get("/machines.csv?off=yes").await.body;
    assert!(csv.matches("\r\n").count() > ids.len());
}

#[tokio::test]
async fn where_windows_disagrees_both_reasons_stand() {
    let office = office::known().await;
    let mut admin = Browser::signed_in(&office, "admin").await;
    let mut tx = office.app.store.read().await.unwrap();
    let everything = crate::store::listing::Scope::everything();
    let noted = crate::store::counts::noted(&mut tx, &everything).await.unwrap();
    drop(tx);
    assert!(noted.only_rules > 0 && noted.only_windows > 0, "{noted:?}");
    let differ = noted.only_rules + noted.only_windows;
    assert!(admin.get("/rules").await.body.contains(&format!("{differ} máy bị đánh giá khác nhau")));
    let page = admin.get("/rules/opinions").await.body;
    assert!(page.contains("không nâng cấp được: Tpm"), "what Windows says");
    assert!(page.contains("không nâng cấp được: Bộ xử lý") || page.contains("không nâng cấp được: TPM"));
    for (word, machines) in [("only_rules", noted.only_rules), ("only_windows", noted.only_windows)] {
        let list = admin.get(&format!("/machines?opinion={word}")).await.body;
        assert!(list.contains(&format!("{machines} máy</p>")), "{word}");
        let (ids, _) = listed(&list);
        let machine = admin.get(&ids[0]).await.body;
        assert!(machine.contains("Hai bên đánh giá khác nhau về nâng cấp Windows"), "{word}");
    }
    // Who sees one commune sees its machines only.
    let mut person = Browser::signed_in(&office, "nga-thang").await;
    assert!(!person.get("/rules/opinions").await.body.contains("Sở Tài chính"));
}

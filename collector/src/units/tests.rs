//! Files of units, good and broken; the files of a real province.

use std::path::PathBuf;

use expect_test::{Expect, expect};

use super::*;
use crate::data::tests::Folder;
use crate::store::Store;

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

async fn store() -> (Folder, Store) {
    let folder = Folder::new();
    let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
    (folder, store)
}

async fn load(store: &Store, file: &str, bytes: &[u8]) -> Result<Imported, Vec<String>> {
    let rows = parse(file, bytes)?;
    let mut tx = store.begin().await.unwrap();
    let imported = import(&mut tx, file, &rows, now()).await.unwrap()?;
    tx.commit().await.unwrap();
    Ok(imported)
}

async fn drawn(store: &Store) -> String {
    let mut tx = store.read().await.unwrap();
    let mut text = String::new();
    for unit in unit::tree(&mut tx).await.unwrap() {
        let depth = unit.path.matches('/').count() - 1;
        text.push_str(&format!("{}{} {} ({})\n", "  ".repeat(depth), unit.code, unit.name, unit.kind));
    }
    text
}

#[tokio::test]
async fn own_units_in_any_order() {
    let (_folder, store) = store().await;
    let file = "parent_code;code;name\nTT;VT;Văn thư\n;TT;Xã Hà Trung\nTT;1C;Bộ phận Một cửa\n";
    assert_eq!(load(&store, "u.csv", file.as_bytes()).await, Ok(Imported { added: 3, changed: 0, same: 0 }));
    assert_eq!(load(&store, "u.csv", file.as_bytes()).await, Ok(Imported { added: 0, changed: 0, same: 3 }));
    expect![[r#"
        TT Xã Hà Trung (other)
          1C Bộ phận Một cửa (other)
          VT Văn thư (other)
    "#]]
    .assert_eq(&drawn(&store).await);
    let moved = "\u{FEFF}Mã,Tên,Loại,Mã cấp trên\r\nVT,Văn thư – Lưu trữ,office,1C\r\n";
    assert_eq!(load(&store, "u.csv", moved.as_bytes()).await, Ok(Imported { added: 0, changed: 1, same: 0 }));
    expect![[r#"
        TT Xã Hà Trung (other)
          1C Bộ phận Một cửa (other)
            VT Văn thư – Lưu trữ (office)
    "#]]
    .assert_eq(&drawn(&store).await);
}

#[tokio::test]
async fn broken_files() {
    async fn check(bytes: &[u8], expected: Expect) {
        let (_folder, store) = store().await;
        expected.assert_eq(&load(&store, "u.csv", bytes).await.unwrap_err().join("\n"));
        assert_eq!(drawn(&store).await, "");
    }
    check(b"", expect!["u.csv:1:1: the first line must name the columns code and name"]).await;
    check(b"old_code,new_code\n1,2\n", expect![[r#"
        u.csv:1:1: the column “old_code” is not known: there are code, name, full_name, type, level, parent_code, points
        u.csv:1:2: the column “new_code” is not known: there are code, name, full_name, type, level, parent_code, points"#]]).await;
    check(b"code,name,name\n1,a,b\n", expect!["u.csv:1:3: the column name stands twice"]).await;
    check(
        b"code,name\n1,\n,b\n2,c\n2,d\n",
        expect![[r#"
        u.csv:2:1: a unit needs a code and a name
        u.csv:3:1: a unit needs a code and a name
        u.csv:5:1: the code 2 stands in line 4 too"#]],
    )
    .await;
    check(b"code,name,kind\n1,a,castle\n", expect!["u.csv:2:1: the kind “castle” (level “”) is not known: province, district, commune, ward, department, office, other"]).await;
    check(
        b"code,name,parent_code\n1,a,9\n",
        expect!["u.csv:2:1: the unit above it, 9, is neither in the file nor known"],
    )
    .await;
    check(
        b"code,name,parent_code\n1,a,2\n2,b,1\n3,c,3\n",
        expect![[r#"
        u.csv:2:1: the unit 1 is below itself
        u.csv:3:1: the unit 2 is below itself
        u.csv:4:1: the unit 3 is below itself"#]],
    )
    .await;
    check(
        b"code,name\n1,Th\xE0nh ph\xF4\n",
        expect!["u.csv:2:1: the file is not UTF-8: save it as “CSV UTF-8” and try again"],
    )
    .await;
}

#[tokio::test]
async fn a_unit_cannot_hang_below_itself() {
    let (_folder, store) = store().await;
    load(&store, "u.csv", b"code,name,parent_code\nA,a,\nB,b,A\n").await.unwrap();
    let error = load(&store, "u.csv", b"code,name,parent_code\nA,a,B\n").await.unwrap_err();
    assert_eq!(error, ["u.csv:2:1: the unit A would hang below itself"]);
}

/// The folder of real data, where there is one.
fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("SANSANG_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
        assert!(!ci, "SANSANG_CORPUS is not set");
        println!("skipped: SANSANG_CORPUS is not set");
    }
    folder
}

#[tokio::test]
async fn thanh_hoa_through_its_reforms() {
    let Some(corpus) = corpus() else { return };
    let (_folder, store) = store().await;
    let mut told = String::new();
    for name in ["2020-02", "2021-11", "2025-01", "2025-07", "2025-07"] {
        let file = format!("thanh-hoa_{name}.csv");
        let bytes = std::fs::read(corpus.join("units").join(&file)).unwrap();
        let Imported { added, changed, same } = load(&store, &file, &bytes).await.unwrap();
        told.push_str(&format!("{name}: {added} added, {changed} changed, {same} same\n"));
    }
    expect![[r#"
        2020-02: 587 added, 0 changed, 0 same
        2021-11: 22 added, 29 changed, 536 same
        2025-01: 0 added, 27 changed, 547 same
        2025-07: 0 added, 166 changed, 1 same
        2025-07: 0 added, 0 changed, 167 same
    "#]]
    .assert_eq(&told);
    let tree = drawn(&store).await;
    // Below the province, in the order of readers.
    let first: Vec<&str> = tree.lines().filter(|line| line.matches("  ").count() == 1).take(4).collect();
    assert_eq!(
        first,
        [
            "  15766 Xã An Nông (commune)",
            "  16171 Xã Ba Đình (commune)",
            "  14923 Xã Bá Thước (commune)",
            "  386 Huyện Bá Thước (district)",
        ]
    );
    assert!(tree.contains("  14863 Xã Pù Nhi (commune)\n"));
}

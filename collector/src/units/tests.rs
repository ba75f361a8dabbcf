//! Files of units, good and broken; the files of a real province.

use std::path::PathBuf;

use expect_test::expect;

use super::change::{Change, Deed};
use super::*;
use crate::data::tests::Folder;
use crate::sheet::english;
use crate::store::Store;

fn now() -> Timestamp {
    "2026-11-22T00:00:00Z".parse().unwrap()
}

async fn store() -> (Folder, Store) {
    let folder = Folder::new();
    let store = Store::open(&folder.0.join("collector.db")).await.unwrap();
    (folder, store)
}

async fn load(store: &Store, file: &str, bytes: &[u8]) -> Result<Done, Vec<String>> {
    load_for(store, english(file), bytes).await
}

/// Complains to a reader of the file's language.
async fn load_for(store: &Store, file: File<'_>, bytes: &[u8]) -> Result<Done, Vec<String>> {
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
async fn a_file_that_says_no_place_moves_nothing() {
    let (_folder, store) = store().await;
    let first = "code,name\nTT,Xã Hà Trung\n";
    assert_eq!(load(&store, "u.csv", first.as_bytes()).await.map(|done| done.added), Ok(1), "the first root");
    let below = "code,name,parent_code\nVT,Văn thư,TT\n";
    assert_eq!(load(&store, "u.csv", below.as_bytes()).await.map(|done| done.added), Ok(1));
    let renamed = "code,name\nVT,Văn thư – Lưu trữ\n";
    assert_eq!(load(&store, "u.csv", renamed.as_bytes()).await.map(|done| done.changed), Ok(1));
    let tree = expect![[r#"
        TT Xã Hà Trung (other)
          VT Văn thư – Lưu trữ (other)
    "#]];
    tree.assert_eq(&drawn(&store).await);
    let new = "code,name\nTT,Xã Hà\n2,Xã Khác\n".as_bytes();
    for (lang, expected) in [
        (
            Lang::En,
            expect![
                "u.csv:3:1: where does the new unit 2 hang? Add the column parent_code with the code of the unit above it, empty for one at the top"
            ],
        ),
        (
            Lang::Vi,
            expect![
                "u.csv:3:1: đơn vị mới 2 trực thuộc đơn vị nào? Hãy thêm cột parent_code ghi mã đơn vị cấp trên, để trống nếu là cấp cao nhất"
            ],
        ),
    ] {
        let told = load_for(&store, File::new("u.csv", lang), new).await.unwrap_err();
        expected.assert_eq(&told.join("\n"));
    }
    tree.assert_eq(&drawn(&store).await);
    let wanted = "code,name,parent_code\n2,Xã Khác,\n";
    assert_eq!(
        load(&store, "u.csv", wanted.as_bytes()).await.map(|done| done.added),
        Ok(1),
        "so it was said"
    );
}

#[tokio::test]
async fn own_units_in_any_order() {
    let (_folder, store) = store().await;
    let file = "parent_code;code;name\nTT;VT;Văn thư\n;TT;Xã Hà Trung\nTT;1C;Bộ phận Một cửa\n";
    assert_eq!(
        load(&store, "u.csv", file.as_bytes()).await,
        Ok(Done { added: 3, changed: 0, closed: 0, same: 0 })
    );
    assert_eq!(
        load(&store, "u.csv", file.as_bytes()).await,
        Ok(Done { added: 0, changed: 0, closed: 0, same: 3 })
    );
    expect![[r#"
        TT Xã Hà Trung (other)
          1C Bộ phận Một cửa (other)
          VT Văn thư (other)
    "#]]
    .assert_eq(&drawn(&store).await);
    let moved = "\u{FEFF}Mã,Tên,Loại,Mã cấp trên\r\nVT,Văn thư – Lưu trữ,office,1C\r\n";
    assert_eq!(
        load(&store, "u.csv", moved.as_bytes()).await,
        Ok(Done { added: 0, changed: 1, closed: 0, same: 0 })
    );
    expect![[r#"
        TT Xã Hà Trung (other)
          1C Bộ phận Một cửa (other)
            VT Văn thư – Lưu trữ (office)
    "#]]
    .assert_eq(&drawn(&store).await);
}

#[tokio::test]
async fn complaints_all_at_once() {
    let files: [&[u8]; 10] = [
        b"",
        b"old_code,new_code\n1,2\n",
        b"code,name,name\n1,a,b\n",
        b"code,name\n1,\n,b\n2,c\n2,d\n",
        b"code,name,kind\n1,a,castle\n",
        b"code,name,parent_code\n1,a,9\n",
        b"code,name,parent_code\n1,a,2\n2,b,1\n3,c,3\n",
        b"code,name\n1,Th\xE0nh ph\xF4\n",
        b"code,name,points\n1,a,11\n",
        b"code,name,level\n1,a,commune\n",
    ];
    for (lang, expected) in [
        (
            Lang::En,
            expect![[r#"
        u.csv:1:1: the first line must name the columns code and name
        u.csv:1:1: the column “old_code” is not known: there are code, name, full_name, type, level, parent_code, points
        u.csv:1:2: the column “new_code” is not known: there are code, name, full_name, type, level, parent_code, points
        u.csv:1:3: the column name stands twice
        u.csv:2:1: a unit needs a code and a name
        u.csv:3:1: a unit needs a code and a name
        u.csv:5:1: the code 2 stands in line 4 too
        u.csv:2:1: the kind “castle” (level “”) is not known: province, district, commune, ward, department, office, other
        u.csv:2:1: the unit above it, 9, is neither in the file nor known
        u.csv:2:1: the unit 1 would hang below itself
        u.csv:3:1: the unit 2 would hang below itself
        u.csv:4:1: the unit 3 would hang below itself
        u.csv:2:1: the file is not UTF-8: save it as “CSV UTF-8” and try again
        u.csv:2:1: “11” are no points of a unit: they are from 0 to 10
        u.csv:2:1: the code 1 has lost its leading zeros: codes of this level have 5 digits. Format the column as text before the file is opened in a spreadsheet"#]],
        ),
        (
            Lang::Vi,
            expect![[r#"
                u.csv:1:1: dòng đầu phải nêu tên các cột code và name
                u.csv:1:1: không có cột “old_code”; các cột được dùng: code, name, full_name, type, level, parent_code, points
                u.csv:1:2: không có cột “new_code”; các cột được dùng: code, name, full_name, type, level, parent_code, points
                u.csv:1:3: cột name có hai lần: hãy bỏ bớt một cột
                u.csv:2:1: đơn vị phải có mã và tên
                u.csv:3:1: đơn vị phải có mã và tên
                u.csv:5:1: mã 2 đã có ở dòng 4
                u.csv:2:1: không có loại đơn vị “castle” (cấp “”): hãy ghi tỉnh, huyện, xã, phường, sở, phòng, ban, văn phòng, trung tâm hoặc khác
                u.csv:2:1: đơn vị cấp trên 9 không có trong tệp và cũng không có trong cây đơn vị
                u.csv:2:1: đơn vị 1 sẽ trực thuộc chính nó: hãy sửa cột parent_code
                u.csv:3:1: đơn vị 2 sẽ trực thuộc chính nó: hãy sửa cột parent_code
                u.csv:4:1: đơn vị 3 sẽ trực thuộc chính nó: hãy sửa cột parent_code
                u.csv:2:1: tệp không phải UTF-8: hãy lưu lại dạng “CSV UTF-8” rồi thử lại
                u.csv:2:1: “11” không phải điểm ưu tiên: hãy ghi số nguyên từ 0 đến 10
                u.csv:2:1: mã 1 đã mất số 0 ở đầu: mã của cấp này có 5 chữ số. Hãy định dạng cột này là văn bản trước khi mở tệp bằng bảng tính"#]],
        ),
    ] {
        let mut told = Vec::new();
        for bytes in files {
            let (_folder, store) = store().await;
            told.extend(load_for(&store, File::new("u.csv", lang), bytes).await.unwrap_err());
            assert_eq!(drawn(&store).await, "");
        }
        expected.assert_eq(&told.join("\n"));
    }
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

/// The changes in words.
fn told(reckoned: &Reckoned) -> String {
    let line = |change: &Change| {
        let deed = match &change.deed {
            Deed::Add { parent, .. } => format!("add below {}", parent.as_deref().unwrap_or("nothing")),
            Deed::Alter { kinds, naming, parents, .. } => format!(
                "{}: {} {}, {} → {}",
                kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join("+"),
                naming.code,
                naming.name,
                parents.0.as_deref().unwrap_or("-"),
                parents.1.as_deref().unwrap_or("-")
            ),
            Deed::Respell { naming, .. } => format!("spelt {}", naming.name),
            Deed::Points { points, .. } => format!("points {} → {}", points.0, points.1),
            Deed::DateBack { since, .. } => format!("was there before {since}"),
            Deed::Close { .. } => "close".to_owned(),
        };
        format!("{} {}: {deed}", change.code, change.name)
    };
    reckoned
        .changes
        .iter()
        .map(line)
        .chain([format!("{} same", reckoned.same)])
        .collect::<Vec<_>>()
        .join("\n")
}

/// Reckons, tells, and does it.
async fn on(store: &Store, day: &str, missing: Missing, text: &str) -> String {
    on_for(store, Lang::En, (day, missing), text).await
}

/// Complains in this language.
async fn on_for(store: &Store, lang: Lang, (day, missing): (&str, Missing), text: &str) -> String {
    let file = File::new("u.csv", lang);
    let rows = match parse(file, text.as_bytes()) {
        Ok(rows) => rows,
        Err(complaints) => return complaints.join("\n"),
    };
    let day: Date = day.parse().unwrap();
    let mut tx = store.begin().await.unwrap();
    let reckoned = match reckon(&mut tx, file, &rows, (day, missing)).await.unwrap() {
        Ok(reckoned) => reckoned,
        Err(complaints) => return complaints.join("\n"),
    };
    let by = Decision { day, legal_ref: "NQ", actor: "test", at: now() };
    change::apply(&mut tx, &reckoned, by).await.unwrap();
    tx.commit().await.unwrap();
    told(&reckoned)
}

#[tokio::test]
async fn what_a_file_changes_is_shown_in_words() {
    let (_folder, store) = store().await;
    let first = "code,name,kind,parent_code\n38,Tỉnh Thanh Hóa,province,\n380,Huyện Đông Sơn,district,38\n\
                 00010,Xã Long Anh,commune,380\n00011,Xã Hà Lai,commune,380\n00012,Xã Hà Thái,commune,380\n\
                 00010-VP,Văn phòng,office,00010\n";
    expect![[r#"
        38 Tỉnh Thanh Hóa: add below nothing
        380 Huyện Đông Sơn: add below 38
        00010 Xã Long Anh: add below 380
        00011 Xã Hà Lai: add below 380
        00012 Xã Hà Thái: add below 380
        00010-VP Văn phòng: add below 00010
        0 same"#]]
    .assert_eq(&on(&store, "2020-02-02", Missing::Stays, first).await);
    // One has another code and became a ward, one another name, one is gone; offices are no business of this file.
    let second = "code,name,type,parent_code\n38,Tỉnh Thanh Hoá,tỉnh,\n380,Huyện Đông Sơn,huyện,38\n\
                  00020,Phường Long Anh,phường,380\n00011,Xã Thái Lai,xã,38\n";
    expect![[r#"
        38 Tỉnh Thanh Hóa: spelt Tỉnh Thanh Hoá
        00011 Xã Hà Lai: rename+move: 00011 Xã Thái Lai, 380 → 38
        00010 Xã Long Anh: recode+retype: 00020 Phường Long Anh, 380 → 380
        00012 Xã Hà Thái: close
        1 same"#]]
    .assert_eq(&on(&store, "2021-11-01", Missing::Closes, second).await);
    expect!["4 same"].assert_eq(&on(&store, "2021-11-01", Missing::Closes, second).await);
    expect![[r#"
        38 Tỉnh Thanh Hoá (province)
          380 Huyện Đông Sơn (district)
            00020 Phường Long Anh (ward)
              00010-VP Văn phòng (office)
          00011 Xã Thái Lai (commune)
    "#]]
    .assert_eq(&drawn(&store).await);
    // A change before the last is refused; a unit that was there earlier is dated back.
    let early = "code,name,parent_code\n00011,Xã Khác,380\n00012,Xã Mới,380\n11,Xã Thái Lai,380\n";
    let few = "code,name,type,parent_code\n38,Tỉnh Thanh Hoá,tỉnh,\n00011,Xã Thái Lai,xã,38\n";
    for (lang, expected) in [
        (
            Lang::En,
            expect![[r#"
        u.csv:2:1: the unit 00011 stands as it is since 2021-11-01, so a change from 2021-01-01 on would come before that: give a later day, or import the tree as it was on that earlier day first, to date it back
        u.csv:3:1: the code 00012 belonged to another unit until 2021-11-01, so it can be no other's from 2021-01-01 on
        u.csv:4:1: there is no unit 11, but one with the code 00011: the code has lost its leading zeros. Format the column as text before the file is opened in a spreadsheet
        u.csv:1:1: the unit 00020, which is not in the file, stands as it is since 2021-11-01, so it cannot close on 2021-01-01"#]],
        ),
        (
            Lang::Vi,
            expect![[r#"
                u.csv:2:1: đơn vị 00011 có thay đổi gần nhất ngày 01/11/2021, nên thay đổi từ 01/01/2021 sẽ rơi vào trước mốc đó: hãy chọn ngày muộn hơn, hoặc nhập trước cây đơn vị đúng như ở ngày sớm hơn đó
                u.csv:3:1: mã 00012 thuộc về đơn vị khác đến 01/11/2021, nên không thể dùng cho đơn vị này từ 01/01/2021
                u.csv:4:1: không có đơn vị 11 nhưng có đơn vị mã 00011: mã đã mất số 0 ở đầu. Hãy định dạng cột này là văn bản trước khi mở tệp bằng bảng tính
                u.csv:1:1: đơn vị 00020 không có trong tệp, có thay đổi gần nhất ngày 01/11/2021, nên không thể kết thúc hoạt động ngày 01/01/2021"#]],
        ),
    ] {
        let told = [
            on_for(&store, lang, ("2021-01-01", Missing::Stays), early).await,
            on_for(&store, lang, ("2021-01-01", Missing::Closes), few).await,
        ];
        expected.assert_eq(&told.join("\n"));
    }
    expect![[r#"
        380 Huyện Đông Sơn: was there before 2020-02-02
        0 same"#]]
    .assert_eq(
        &on(&store, "2015-01-01", Missing::Stays, "code,name,parent_code\n380,Huyện Đông Sơn,38\n").await,
    );
    let codes =
        "code,name,type,level,parent_code\n1,Hà Nội,thành phố,province,\n4,Ba Đình,phường,commune,1\n";
    expect![[r#"
        u.csv:2:1: the code 1 has lost its leading zeros: codes of this level have 2 digits. Format the column as text before the file is opened in a spreadsheet
        u.csv:3:1: the code 4 has lost its leading zeros: codes of this level have 5 digits. Format the column as text before the file is opened in a spreadsheet"#]]
    .assert_eq(&on(&store, "2026-01-01", Missing::Stays, codes).await);
}

#[tokio::test]
async fn two_units_change_places() {
    let (_folder, store) = store().await;
    load(&store, "u.csv", b"code,name,parent_code\nA,a,\nB,b,A\nC,c,B\n").await.unwrap();
    load(&store, "u.csv", b"code,name,parent_code\nA,a,B\nB,b,\n").await.unwrap();
    expect![[r#"
        B b (other)
          A a (other)
          C c (other)
    "#]]
    .assert_eq(&drawn(&store).await);
}

#[tokio::test]
async fn an_export_read_in_again_changes_nothing() {
    let (_folder, store) = store().await;
    let text = "code,name,kind,parent_code,points\n01,Tỉnh =A,province,,\n00004,\"Xã +B, cơ sở 2\",commune,01,3\n\
                -1,@Phòng;C,office,00004,\n";
    load(&store, "u.csv", text.as_bytes()).await.unwrap();
    for separator in [',', ';'] {
        let csv = export::csv(&mut store.read().await.unwrap(), None, separator).await.unwrap();
        assert!(csv.starts_with('\u{feff}'));
        let again = load(&store, "u.csv", csv.as_bytes()).await.unwrap();
        assert_eq!(again, Done { same: 3, ..Done::default() }, "{csv}");
    }
    let long_ago =
        export::csv(&mut store.read().await.unwrap(), Some(jiff::civil::date(2020, 1, 1)), ';').await;
    assert_eq!(long_ago.unwrap().lines().count(), 1, "no unit was known then");
}

fn corpus_file(corpus: &std::path::Path, name: &str) -> String {
    std::fs::read_to_string(corpus.join("units").join(name)).unwrap()
}

#[tokio::test]
async fn thanh_hoa_through_its_lists() {
    let Some(corpus) = corpus() else { return };
    let (_folder, store) = store().await;
    let mut lines = String::new();
    for (name, day) in [("2020-02", "2020-02-02"), ("2021-11", "2021-11-01"), ("2025-01", "2025-01-01")] {
        let file = corpus_file(&corpus, &format!("thanh-hoa_{name}.csv"));
        let said = on(&store, day, Missing::Closes, &file).await;
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for line in said.lines() {
            let deed = line.split(": ").nth(1).unwrap_or(line);
            let word = if deed.starts_with("add") { "add" } else { deed.split(' ').next().unwrap() };
            *counts.entry(word.trim_end_matches(':')).or_default() += 1;
        }
        let same = said.lines().last().unwrap();
        lines.push_str(&format!("{name}: {counts:?}, {same}\n"));
        assert!(on(&store, day, Missing::Closes, &file).await.ends_with(" same"));
    }
    expect![[r#"
        2020-02: {"0": 1, "add": 587}, 0 same
        2021-11: {"536": 1, "recode": 21, "recode+retype": 1, "rename+retype": 3, "retype": 25, "spelt": 1}, 536 same
        2025-01: {"547": 1, "close": 13, "move": 12, "rename": 8, "rename+retype": 1, "retype": 4, "retype+move": 2}, 547 same
    "#]].assert_eq(&lines);
}

#[tokio::test]
async fn the_whole_country_loads() {
    let Some(corpus) = corpus() else { return };
    let (_folder, store) = store().await;
    let provinces = corpus_file(&corpus, "national_2026-08_provinces.csv");
    let communes = corpus_file(&corpus, "national_2026-08_communes.csv");
    let begun = std::time::Instant::now();
    assert_eq!(load(&store, "p.csv", provinces.as_bytes()).await.unwrap().added, 34);
    assert_eq!(load(&store, "c.csv", communes.as_bytes()).await.unwrap().added, 3_321);
    let added = begun.elapsed();
    assert_eq!(load(&store, "c.csv", communes.as_bytes()).await.unwrap().same, 3_321);
    println!("3,355 units added in {added:?}, and compared in {:?}", begun.elapsed() - added);
    let csv = export::csv(&mut store.read().await.unwrap(), None, ';').await.unwrap();
    assert_eq!(load(&store, "e.csv", csv.as_bytes()).await.unwrap(), Done { same: 3_355, ..Done::default() });
}

//! Tables as people save them, and as they should not.

use expect_test::{Expect, expect};

use super::*;

fn told(lang: Lang, bytes: &[u8]) -> String {
    match read(File::new("t.csv", lang), bytes, 100) {
        Ok(sheet) => {
            let line = |record: &StringRecord| record.iter().collect::<Vec<_>>().join("|");
            let rows = sheet.rows.iter().map(|(number, row)| format!("{number}: {}", line(row)));
            std::iter::once(line(&sheet.header)).chain(rows).collect::<Vec<_>>().join("\n")
        }
        Err(complaints) => complaints.join("\n"),
    }
}

fn check(bytes: &[u8], expected: &Expect) {
    expected.assert_eq(&told(Lang::En, bytes));
}

#[test]
fn one_table_in_many_forms() {
    let expected = expect![[r#"
        code|name
        2: 00004|Phường Ba Đình
        3: 00008|Xã Pù Nhi, cơ sở 2"#]];
    let comma = "code,name\n00004,Phường Ba Đình\n00008,\"Xã Pù Nhi, cơ sở 2\"\n";
    let others = [";", "\t"]
        .map(|sign| format!("code{sign}name\n00004{sign}Phường Ba Đình\n00008{sign}Xã Pù Nhi, cơ sở 2\n"));
    for text in std::iter::once(comma.to_owned()).chain(others) {
        let decomposed: String = text.nfd().collect();
        assert_ne!(decomposed, text);
        for text in [text.clone(), decomposed, text.replace('\n', "\r\n")] {
            check(text.as_bytes(), &expected);
            check(format!("\u{feff}{text}").as_bytes(), &expected);
            let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
            check(&little, &expected);
            check(&big, &expected);
            check(&[b"\xFF\xFE".as_slice(), &little].concat(), &expected);
            check(&[b"\xFE\xFF".as_slice(), &big].concat(), &expected);
        }
    }
    check(
        b"sep=;\ncode;name\n1;a,b\n",
        &expect![[r#"
        code|name
        3: 1|a,b"#]],
    );
    check(
        b"code;name;\n1;a;\n;;\n2;b;\n",
        &expect![[r#"
        code|name
        2: 1|a
        4: 2|b"#]],
    );
    check(
        b"code,name\n1,'=1+1\n2,'a\n",
        &expect![[r#"
        code|name
        2: 1|=1+1
        3: 2|'a"#]],
    );
}

#[test]
fn rows_of_another_width() {
    check(
        b"code,name\n1,a,b\n2\n3,c\n4,d,\n",
        &expect![[r#"
            t.csv:2:3: the row has 3 fields, the first line has 2: look for a separator too many or too few, and put texts that contain one in quotation marks
            t.csv:3:1: the row has 1 fields, the first line has 2: look for a separator too many or too few, and put texts that contain one in quotation marks
            t.csv:5:3: the row has 3 fields, the first line has 2: look for a separator too many or too few, and put texts that contain one in quotation marks"#]],
    );
    check(
        b"code,name;\n1;a\n\0",
        &expect![
            "t.csv:3:1: the file holds a zero byte, so it is no text: save it as “CSV UTF-8” and try again"
        ],
    );
}

#[test]
fn a_workbook_is_told() {
    let told = expect![
        "t.csv:1:1: this is a workbook (.xlsx, .xls or .ods), not a text: open it, save it as “CSV UTF-8” and try again"
    ];
    check(b"PK\x03\x04\x14\0\x08\x08\xAD\xEA", &told);
    check(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0\0", &told);
}

/// “code,name”, then “14797,Phường Hạc Thành” and “14863,Xã Pù Nhi, Thị trấn Thọ Xuân” in older encodings.
#[test]
fn older_encodings_are_told() {
    let windows_1258 = b"code,name\n14797,Ph\xFD\xF5\xCCng Ha\xF2c Tha\xCCnh\n".as_slice();
    let tcvn3 = b"code,name\n14797,Ph\xAD\xEAng H\xB9c Th\xB5nh\n".as_slice();
    let vni = b"code,name\n14797,Ph\xF6\xF4\xF8ng Ha\xEFc Tha\xF8nh\n".as_slice();
    let latin = |bytes: &[u8]| bytes.iter().map(|byte| char::from(*byte)).collect::<String>();
    check(
        windows_1258,
        &expect![
            "t.csv:2:1: the file is Windows-1258, not UTF-8: open it in the program that it comes from, save it as “CSV UTF-8” and try again"
        ],
    );
    let is_tcvn3 = expect![
        "t.csv:2:1: the text is TCVN3 (ABC, fonts such as .VnTime), not Unicode: convert it with UniKey's toolkit (Ctrl + Shift + F6, from TCVN3 to Unicode), save it as “CSV UTF-8” and try again"
    ];
    check(tcvn3, &is_tcvn3);
    check(latin(tcvn3).as_bytes(), &is_tcvn3);
    check("code,name\n14863,X· Pï Nhi\n".as_bytes(), &is_tcvn3);
    check("code,name\n14863,UBND x· §«ng S¬n\n".as_bytes(), &is_tcvn3);
    let is_vni = expect![
        "t.csv:2:1: the text is VNI (fonts such as VNI-Times), not Unicode: convert it with UniKey's toolkit (Ctrl + Shift + F6, from VNI Windows to Unicode), save it as “CSV UTF-8” and try again"
    ];
    check(vni, &is_vni);
    check(latin(vni).as_bytes(), &is_vni);
    check(
        "code,name\n1,PhÆ°á»ng HÃ m Rá»“ng\n".as_bytes(),
        &expect![
            "t.csv:2:1: the text is UTF-8 that was read as Windows-1252 and saved again: go back to the file before that, open it as UTF-8, save it as “CSV UTF-8” and try again"
        ],
    );
    check(
        b"code,name\n1,\xFF\xFD\n",
        &expect!["t.csv:2:1: the file is not UTF-8: save it as “CSV UTF-8” and try again"],
    );
    check(
        b"\xFF\xFEc\0o\0\0\0",
        &expect!["t.csv:1:1: the file is UTF-16, and damaged: save it as “CSV UTF-8” and try again"],
    );
    check(
        b"\xFF\xFEc\0o",
        &expect!["t.csv:1:1: the file is UTF-16, and damaged: save it as “CSV UTF-8” and try again"],
    );
}

#[test]
fn complaints_in_vietnamese() {
    let tables: [&[u8]; 10] = [
        b"code,name\n1,a,b\n2\n",
        b"code,name\n1;a\n\0",
        b"PK\x03\x04\x14\0\x08\x08\xAD\xEA",
        b"\xFF\xFEc\0o",
        b"code,name\n1,\xFF\xFD\n",
        b"code,name\n14797,Ph\xFD\xF5\xCCng Ha\xF2c Tha\xCCnh\n",
        b"code,name\n14797,Ph\xAD\xEAng H\xB9c Th\xB5nh\n",
        b"code,name\n14797,Ph\xF6\xF4\xF8ng Ha\xEFc Tha\xF8nh\n",
        "code,name\n1,PhÆ°á»ng HÃ m Rá»“ng\n".as_bytes(),
        &b"code,name\n1,a\n".iter().copied().chain(b"2,b\n".repeat(100)).collect::<Vec<u8>>(),
    ];
    let all: Vec<String> = tables.iter().map(|bytes| told(Lang::Vi, bytes)).collect();
    expect![[r#"
        t.csv:2:3: dòng này có 3 ô, dòng đầu có 2 ô: hãy xem có thừa hay thiếu dấu phân cách không, và đặt nội dung có chứa dấu phân cách trong ngoặc kép
        t.csv:3:1: dòng này có 1 ô, dòng đầu có 2 ô: hãy xem có thừa hay thiếu dấu phân cách không, và đặt nội dung có chứa dấu phân cách trong ngoặc kép
        t.csv:3:1: tệp có ký tự rỗng (byte 0) nên không phải tệp văn bản: hãy lưu lại dạng “CSV UTF-8” rồi thử lại
        t.csv:1:1: đây là bảng tính (.xlsx, .xls hoặc .ods), không phải tệp văn bản: hãy mở ra, lưu lại dạng “CSV UTF-8” rồi thử lại
        t.csv:1:1: tệp là UTF-16 nhưng bị hỏng: hãy lưu lại dạng “CSV UTF-8” rồi thử lại
        t.csv:2:1: tệp không phải UTF-8: hãy lưu lại dạng “CSV UTF-8” rồi thử lại
        t.csv:2:1: tệp dùng bảng mã Windows-1258, không phải UTF-8: hãy mở bằng chương trình đã tạo ra tệp, lưu lại dạng “CSV UTF-8” rồi thử lại
        t.csv:2:1: nội dung dùng bảng mã TCVN3 (ABC, phông chữ như .VnTime), không phải Unicode: hãy chuyển mã bằng bộ công cụ của UniKey (Ctrl + Shift + F6, từ TCVN3 sang Unicode), lưu lại dạng “CSV UTF-8” rồi thử lại
        t.csv:2:1: nội dung dùng bảng mã VNI (phông chữ như VNI-Times), không phải Unicode: hãy chuyển mã bằng bộ công cụ của UniKey (Ctrl + Shift + F6, từ VNI Windows sang Unicode), lưu lại dạng “CSV UTF-8” rồi thử lại
        t.csv:2:1: nội dung là UTF-8 nhưng đã bị mở như Windows-1252 rồi lưu lại: hãy lấy tệp trước lần lưu đó, mở dưới dạng UTF-8, lưu lại dạng “CSV UTF-8” rồi thử lại
        t.csv:102:1: tệp có hơn 100 dòng: hãy chia thành nhiều tệp"#]].assert_eq(&all.join("\n"));
}

#[test]
fn a_column_that_is_not_known_is_told_with_the_one_that_may_be_meant() {
    let known: &[Column] = &[("unit_code", &["ma don vi"]), ("count", &["so luong"])];
    let header = StringRecord::from(vec!["unit_cod", "Số lượg", "tuổi", "count", "count"]);
    for (lang, expected) in [
        (
            Lang::En,
            expect![[r#"
        t.csv:1:1: the column “unit_cod” is not known: is it unit_code? There are unit_code, count
        t.csv:1:2: the column “Số lượg” is not known: is it count? There are unit_code, count
        t.csv:1:3: the column “tuổi” is not known: there are unit_code, count
        t.csv:1:5: the column count stands twice"#]],
        ),
        (
            Lang::Vi,
            expect![[r#"
        t.csv:1:1: không có cột “unit_cod”; có phải ý là unit_code? Các cột được dùng: unit_code, count
        t.csv:1:2: không có cột “Số lượg”; có phải ý là count? Các cột được dùng: unit_code, count
        t.csv:1:3: không có cột “tuổi”; các cột được dùng: unit_code, count
        t.csv:1:5: cột count có hai lần: hãy bỏ bớt một cột"#]],
        ),
    ] {
        let told = columns(File::new("t.csv", lang), &header, known).unwrap_err();
        expected.assert_eq(&told.join("\n"));
    }
}

/// No name of a real unit is taken for something else.
#[test]
fn good_names_stay() {
    let text = include_str!("../../demo/units-2025.csv");
    assert!(text.lines().count() > 100);
    assert_eq!(Legacy::of_text(text), None);
    for name in [
        "ĐẮK LẮK",
        "Müller",
        "Citroën",
        "Phường “Cũ”",
        "Khu phố 1½ · tổ 3",
        "Công ty ABC® Việt Nam",
        "Xã A – B",
        "THÀNH PHỐ ĐÀ NẴNG",
    ] {
        assert_eq!(Legacy::of_text(name), None, "{name}");
    }
}

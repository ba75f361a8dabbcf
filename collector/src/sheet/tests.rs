//! Tables as people save them, and as they should not.

use expect_test::{Expect, expect};

use super::*;

fn told(bytes: &[u8]) -> String {
    match read("t.csv", bytes, 100) {
        Ok(sheet) => {
            let line = |record: &StringRecord| record.iter().collect::<Vec<_>>().join("|");
            let rows = sheet.rows.iter().map(|(number, row)| format!("{number}: {}", line(row)));
            std::iter::once(line(&sheet.header)).chain(rows).collect::<Vec<_>>().join("\n")
        }
        Err(complaints) => complaints.join("\n"),
    }
}

fn check(bytes: &[u8], expected: &Expect) {
    expected.assert_eq(&told(bytes));
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

//! P4: the self-assessment of level 2, from the rules whose source is TCVN 14423.

use anyhow::Result;
use rust_xlsxwriter::Workbook;

use super::{Column, Head, Looks, Sheet, number, text};
use crate::inventory::{Check, Inventory, Result as Met};
use crate::lang::Lang;
use crate::web::format;

const COLUMNS: &[Column] = &[
    ("STT", 6.0),
    ("Mục TCVN", 18.0),
    ("Yêu cầu", 48.0),
    ("Kết quả", 18.0),
    ("Bằng chứng", 44.0),
    ("Ghi chú", 30.0),
];

pub(super) fn write(
    book: &mut Workbook,
    looks: &Looks,
    head: &Head<'_>,
    inventory: &Inventory,
) -> Result<()> {
    let title = ("P4 Cấp độ 2", "BẢNG TỰ ĐÁNH GIÁ ĐÁP ỨNG YÊU CẦU AN NINH MẠNG CẤP ĐỘ 2 (TCVN 14423)");
    let mut sheet = Sheet::begin(book, looks, title, head, COLUMNS)?;
    for (index, check) in inventory.checks.iter().enumerate() {
        let result = match check.result() {
            Met::Met => "Đạt",
            Met::Partly => "Đạt một phần",
            Met::Missed => "Chưa đạt",
            Met::Unclear => "Chưa đủ dữ liệu",
            Met::Void => "Không áp dụng",
        };
        sheet.line(&[
            number(index + 1),
            text(&check.clause),
            text(&check.title),
            text(result),
            text(&evidence(check)),
            text(&if check.waived > 0 {
                format!("{} {} đang có ngoại lệ", count(check.waived), whom(check))
            } else {
                String::new()
            }),
        ])?;
    }
    sheet.note("Chỉ gồm yêu cầu kiểm tra được trên máy tính hoặc đã khai báo trong phiếu khảo sát; yêu cầu về quy chế, con người, phòng máy do đơn vị tự đánh giá.")?;
    sheet.close()
}

fn count(count: usize) -> String {
    format::number(Lang::Vi, i64::try_from(count).unwrap_or(i64::MAX))
}

/// What is counted.
fn whom(check: &Check) -> &'static str {
    if check.of_agencies { "cơ quan" } else { "máy" }
}

/// How many machines or agencies say what.
fn evidence(check: &Check) -> String {
    let asked = check.pass + check.partial + check.fail + check.unknown;
    if asked == 0 {
        return format!("Không có {} nào thuộc diện", whom(check));
    }
    let mut text = format!("{}/{} {} đạt", count(check.pass), count(asked), whom(check));
    for (machines, word) in
        [(check.partial, "đạt một phần"), (check.fail, "chưa đạt"), (check.unknown, "không rõ")]
    {
        if machines > 0 {
            text.push_str(&format!(", {} {word}", count(machines)));
        }
    }
    text
}

//! P5: the assets, hardware and software, with the fields that TCVN 14423:2026 asks for (clauses 4.2.2.1 and 4.3.2.1).

use anyhow::Result;
use jiff::civil::Date;
use rust_xlsxwriter::Workbook;

use super::{Cell, Column, Head, Looks, Sheet, number, text};
use crate::inventory::{Hardware, Inventory, SOFTWARE_MAX};
use crate::lang::Lang;
use crate::web::format;
use crate::web::label;
use crate::web::words::Words;

const HARDWARE: &[Column] = &[
    ("STT", 6.0),
    ("Tên máy", 18.0),
    ("Địa chỉ IP", 15.0),
    ("Địa chỉ MAC", 18.0),
    ("Số sê-ri", 18.0),
    ("Hãng, kiểu máy", 28.0),
    ("Hệ điều hành", 26.0),
    ("Hết hỗ trợ hệ điều hành", 13.0),
    ("Hết hỗ trợ của hãng máy", 13.0),
    ("Vị trí (đơn vị, phòng)", 28.0),
    ("Vị trí mạng", 15.0),
    ("Mục đích", 14.0),
    ("Trạng thái", 22.0),
    ("Người phụ trách", 18.0),
    ("Mã tài sản", 14.0),
    ("Ngày ghi tăng", 12.0),
    ("Ngày báo cáo", 12.0),
];
const SOFTWARE: &[Column] = &[
    ("STT", 6.0),
    ("Tên phần mềm", 40.0),
    ("Phiên bản", 20.0),
    ("Nhà phát hành", 28.0),
    ("Mục đích", 18.0),
    ("Hết hỗ trợ", 13.0),
    ("Phạm vi (số máy)", 11.0),
    ("Chủ sở hữu (đơn vị dùng)", 26.0),
    ("Giấy phép", 26.0),
    ("Thành phần", 18.0),
];

/// After how many days without a report nobody can say that a machine is in use.
const SILENT_DAYS: i32 = 30;

/// What somebody said; nothing where nobody did.
fn said(what: &str) -> Cell {
    if what.is_empty() { Cell::Empty } else { text(what) }
}

fn day_cell(day: &str) -> Cell {
    day.parse().map_or(Cell::Empty, Cell::Day)
}

fn place(one: &Hardware) -> String {
    if one.room.is_empty() {
        one.unit_name.clone()
    } else {
        format!("{}, phòng {}", one.unit_name, one.room)
    }
}

fn counted(count: usize) -> String {
    format::number(Lang::Vi, i64::try_from(count).unwrap_or(i64::MAX))
}

/// Whether a machine is in use, as far as its reports tell.
fn state(one: &Hardware, today: Date) -> String {
    let days = today.since(one.reported_on).map_or(0, |span| span.get_days());
    if days <= SILENT_DAYS {
        "Đang dùng".to_owned()
    } else {
        format!("Không báo cáo từ {}", format::date(one.reported_on))
    }
}

pub(super) fn write(
    book: &mut Workbook,
    looks: &Looks,
    head: &Head<'_>,
    inventory: &Inventory,
) -> Result<()> {
    let w = Words::of(Lang::Vi);
    let title = ("P5 Phần cứng", "DANH MỤC TÀI SẢN PHẦN CỨNG");
    let mut sheet = Sheet::begin(book, looks, title, head, HARDWARE)?;
    for (index, one) in inventory.hardware.iter().enumerate() {
        let known = |field: &Option<String>| field.as_deref().map_or(Cell::Empty, text);
        sheet.line(&[
            number(index + 1),
            text(&one.name),
            known(&one.address),
            known(&one.mac),
            known(&one.serial),
            known(&one.model),
            known(&one.system),
            one.supported_until.map_or(Cell::Empty, Cell::Day),
            day_cell(&one.entry.warranty_until),
            text(&place(one)),
            known(&one.gateway),
            text(if one.entry.purpose.is_empty() { label::role(w, one.role) } else { &one.entry.purpose }),
            text(&format!("{}; {}", state(one, head.day), label::grade(w, one.grade).text)),
            said(&one.entry.responsible),
            said(&one.entry.number),
            day_cell(&one.entry.registered_on),
            Cell::Day(one.reported_on),
        ])?;
    }
    sheet.close()?;
    let title = ("P5 Phần mềm", "DANH MỤC TÀI SẢN PHẦN MỀM");
    let mut sheet = Sheet::begin(book, looks, title, head, SOFTWARE)?;
    for (index, one) in inventory.software.iter().enumerate() {
        sheet.line(&[
            number(index + 1),
            text(&one.name),
            one.version.as_deref().map_or(Cell::Empty, text),
            one.publisher.as_deref().map_or(Cell::Empty, text),
            if one.is_system { text("Hệ điều hành") } else { Cell::Empty },
            one.supported_until.map_or(Cell::Empty, Cell::Day),
            number(one.machines),
            text(&one.unit_name.clone().unwrap_or_else(|| format!("{} đơn vị", counted(one.units)))),
            one.activated.map_or(Cell::Empty, |some| {
                let [some, all] = [some, one.machines].map(counted);
                text(&format!("{some} / {all} máy đã kích hoạt"))
            }),
            Cell::Empty,
        ])?;
    }
    if inventory.software_left > 0 {
        let left = counted(inventory.software_left);
        sheet.note(&format!(
            "Còn {left} phần mềm có trên ít máy hơn: danh mục ghi {SOFTWARE_MAX} phần mềm."
        ))?;
    }
    sheet.close()
}

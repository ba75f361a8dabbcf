//! P1: what each agency is to get, in the columns 3 to 16 of the public calculator for communes: once in numbers, once
//! in money.

use std::collections::BTreeMap;

use anyhow::Result;
use rules::plan::{PC, PRINTER, Purchased, SCANNER};
use rules::prices::Purchase;
use rust_xlsxwriter::Workbook;

use super::{Cell, Column, Head, Looks, Sheet, number, text};
use crate::planning::Planned;

/// The columns 3 to 16: their titles, and the items that count in each. What no column names is other equipment.
const ITEMS: &[(&str, &[&str])] = &[
    ("Máy tính", &[PC, "laptop"]),
    ("Máy in", &[PRINTER]),
    ("Máy scan", &[SCANNER]),
    ("Bộ VCS", &["video-conference"]),
    ("Phần mềm bản quyền", &[]),
    ("Tường lửa", &["firewall"]),
    ("Switch", &["switch"]),
    ("Wi-Fi", &["wifi"]),
    ("Kênh Internet", &["internet-line"]),
    ("Kênh TSLCD", &["tslcd-line"]),
    ("Âm thanh, ánh sáng", &["sound-light"]),
    ("Camera", &["security-camera"]),
    ("Màn hình LED", &["led-screen"]),
    ("Thiết bị khác", &[]),
];
/// Where licences stand, and what no other column names.
const LICENCES: usize = 4;
const OTHERS: usize = 13;
/// What a year of rent has, in months: a line that is rented for a year is one.
const MONTHS: i64 = 12;

/// The column of a purchase, from 0.
fn column(planned: &Planned, one: &Purchased) -> usize {
    let named = ITEMS.iter().position(|(_, items)| items.contains(&one.item.as_str()));
    let kind = planned.judge.prices.items.get(&one.item).map(|item| item.purchase);
    named.unwrap_or(if kind == Some(Purchase::Licence) { LICENCES } else { OTHERS })
}

/// How many devices, sets or lines a purchase is.
fn count(planned: &Planned, one: &Purchased) -> i64 {
    let rented =
        planned.judge.prices.items.get(&one.item).is_some_and(|item| item.purchase == Purchase::Rent);
    if rented { i64::from(one.count) / MONTHS } else { i64::from(one.count) }
}

/// What each agency gets from lines that are funded, by column: how many, and for how much.
fn agencies(planned: &Planned) -> BTreeMap<usize, [(i64, i64); ITEMS.len()]> {
    let mut agencies: BTreeMap<usize, [(i64, i64); ITEMS.len()]> = BTreeMap::new();
    for (line, one, times) in planned.plan.bought() {
        let agency = planned.units.get(line.unit).map_or(line.unit, |unit| unit.agency);
        let columns = agencies.entry(agency).or_default();
        if let Some((devices, amount)) = columns.get_mut(column(planned, one)) {
            *devices += count(planned, one);
            *amount += one.amount().unwrap_or(0) * times;
        }
    }
    agencies
}

pub(super) fn write(book: &mut Workbook, looks: &Looks, head: &Head<'_>, planned: &Planned) -> Result<()> {
    let agencies = agencies(planned);
    let title = "BẢNG THỐNG KÊ, DỰ TRÙ TRANG THIẾT BỊ CÔNG NGHỆ THÔNG TIN CẤP XÃ";
    let titles = ITEMS.iter().map(|(title, _)| (*title, 9.5));
    let mut columns: Vec<Column> = vec![("STT", 6.0), ("Đơn vị", 30.0)];
    columns.extend(titles);
    let counts = Head { line: format!("{} · Số lượng", planned.norm.title.vi), ..*head };
    let mut sheet = Sheet::begin(book, looks, ("P1 Dự trù", title), &counts, &columns)?.numbered()?;
    let all: Vec<usize> = (2..columns.len()).collect();
    for (index, (agency, gets)) in agencies.iter().enumerate() {
        let mut cells = begin(planned, index, *agency);
        cells.extend(gets.iter().map(|(devices, _)| Cell::Number(*devices)));
        sheet.line(&cells)?;
    }
    sheet.sums(&all)?;
    sheet.close()?;

    columns.iter_mut().skip(2).for_each(|column| column.1 = 14.0);
    columns.push(("Cộng", 16.0));
    let mut sheet = Sheet::begin(book, looks, ("P1 Kinh phí", title), head, &columns)?.numbered()?;
    for (index, (agency, gets)) in agencies.iter().enumerate() {
        let mut cells = begin(planned, index, *agency);
        cells.extend(gets.iter().map(|(_, amount)| Cell::Number(*amount)));
        cells.push(Cell::Number(gets.iter().map(|(_, amount)| amount).sum()));
        sheet.line(&cells)?;
    }
    let all: Vec<usize> = (2..columns.len()).collect();
    sheet.sums(&all)?;
    sheet.close()
}

fn begin(planned: &Planned, index: usize, agency: usize) -> Vec<Cell> {
    let name = planned.units.get(agency).map_or("", |unit| &unit.name);
    vec![number(index + 1), text(name)]
}

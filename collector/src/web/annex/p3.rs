//! P3: what is to be bought, by which clause, from which money.

use anyhow::Result;
use rust_xlsxwriter::Workbook;

use super::{Cell, Column, Head, Looks, Sheet, number, text};
use crate::lang::Lang;
use crate::planning::Planned;
use crate::web::amount;
use crate::web::label::pick;
use crate::web::plan::line::{bought_in, item};

const COLUMNS: &[Column] = &[
    ("STT", 6.0),
    ("Tên thiết bị", 40.0),
    ("ĐVT", 10.0),
    ("Số lượng", 10.0),
    ("Đơn giá", 15.0),
    ("Thành tiền", 18.0),
    ("Căn cứ định mức", 34.0),
    ("Nguồn kinh phí", 20.0),
    ("Ghi chú", 28.0),
];

pub(super) fn write(book: &mut Workbook, looks: &Looks, head: &Head<'_>, planned: &Planned) -> Result<()> {
    let mut sheet = Sheet::begin(book, looks, ("P3 Mua sắm", "DANH MỤC ĐỀ NGHỊ MUA SẮM"), head, COLUMNS)?;
    let (mut index, mut all, prices) = (0, 0, &planned.judge.prices);
    for year in 0..planned.plan.years.len() {
        for one in bought_in(&planned.plan, year) {
            index += 1;
            let known = prices.items.get(&one.item);
            let price = match known {
                Some(item) if one.price != Some(item.price) => "giá đơn vị khai báo hoặc định mức ấn định",
                Some(item) if item.verified => "theo báo giá",
                Some(_) => "giá ước tính, chưa có báo giá",
                None => "chưa có trong bảng giá",
            };
            let amount = one.price.map(|price| price * one.count);
            all += amount.unwrap_or(0);
            sheet.line(&[
                number(index),
                text(&item(Lang::Vi, planned, &one.item)),
                text(known.map_or("", |item| pick(Lang::Vi, &item.unit))),
                Cell::Number(one.count),
                one.price.map_or(Cell::Empty, Cell::Number),
                amount.map_or(Cell::Empty, Cell::Number),
                text(&one.basis.told(Lang::Vi, planned)),
                if planned.fund.is_empty() { Cell::Empty } else { text(&planned.fund) },
                text(&format!("Năm {}; {price}", year + 1)),
            ])?;
        }
    }
    sheet.sums(&[5])?;
    sheet.note(&format!("Bằng chữ: {}.", amount::in_words(all)))?;
    sheet.close()
}

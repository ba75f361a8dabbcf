//! The lines of a plan, each with why, and what its points come from.

use anyhow::Result;
use rules::plan::Line;
use rust_xlsxwriter::Workbook;

use super::{Cell, Column, Head, Looks, Sheet, number, text};
use crate::lang::Lang;
use crate::planning::Planned;
use crate::web::label;
use crate::web::plan::line::{cost, means, points_parts, what, when, why};
use crate::web::words::Words;

const COLUMNS: &[Column] = &[
    ("STT", 6.0),
    ("Đơn vị", 19.0),
    ("Mã", 9.0),
    ("Máy", 13.0),
    ("Vị trí", 9.0),
    ("Biện pháp", 9.0),
    ("Nội dung", 40.0),
    ("Chi phí", 13.0),
    ("Năm", 7.0),
    ("Điểm", 6.0),
    ("Cách tính điểm", 10.0),
    ("Lý do", 40.0),
    ("Đã làm", 5.0),
];

pub(super) fn write<'a>(
    book: &mut Workbook,
    looks: &Looks,
    (title, head): ((&str, &str), &Head<'_>),
    planned: &Planned,
    lines: impl Iterator<Item = &'a Line>,
) -> Result<()> {
    let w = Words::of(Lang::Vi);
    let mut sheet = Sheet::begin(book, looks, title, head, COLUMNS)?;
    for (index, line) in lines.enumerate() {
        let unit = planned.units.get(line.unit);
        let machine = line.machine.and_then(|index| planned.machines.get(index));
        sheet.line(&[
            number(index + 1),
            text(unit.map_or("", |unit| &unit.name)),
            text(unit.map_or("", |unit| &unit.code)),
            text(machine.map_or("", |machine| &machine.name)),
            text(line.role.map_or(&w.plan_shared, |role| label::role(w, role))),
            text(means(w, line.means)),
            text(&what(Lang::Vi, w, planned, line)),
            cost(planned, line).map_or(Cell::Empty, Cell::Number),
            text(&when(w, planned, line)),
            Cell::Number(i64::from(line.points.sum())),
            text(&points_parts(w, line)),
            text(&why(Lang::Vi, w, planned, line)),
            text(""),
        ])?;
    }
    sheet.sums(&[7])?;
    sheet.close()
}

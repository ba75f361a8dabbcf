//! The annexes of a plan as a workbook, in Vietnamese as finance wants them: A4 landscape, repeated header rows, real
//! numbers and dates, sums as formulas.
//!
//! Templates P1 (what each agency is to get), P3 (what is to be bought), the work of each year, and what no budget
//! pays for.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use rules::plan::{Line, Means};
use rules::prices::Purchase;
use rust_xlsxwriter::{
    Color, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet,
};

use crate::planning::Planned;
use crate::web::label::{self, pick};
use crate::web::plan::{bought, item, means, points_parts, what, when, why};
use crate::web::reader::Lang;
use crate::web::words::Words;

/// The paper of the format number 9: A4.
const A4: u8 = 9;
/// The row of the titles of columns, from 0: above it stand the head block, the title and its line.
const HEADER_ROW: u32 = 6;
const TYPEFACE: &str = "Times New Roman";

/// How cells look.
struct Looks {
    plain: Format,
    wrapped: Format,
    number: Format,
    date: Format,
    header: Format,
    title: Format,
    centred: Format,
    sum: Format,
    sum_number: Format,
}

impl Looks {
    fn new() -> Looks {
        let base = || Format::new().set_font_name(TYPEFACE).set_font_size(11);
        let cell = || base().set_border(FormatBorder::Thin).set_align(FormatAlign::Top);
        let header = cell().set_bold().set_text_wrap().set_align(FormatAlign::Center);
        Looks {
            plain: cell(),
            wrapped: cell().set_text_wrap(),
            number: cell().set_num_format("#,##0"),
            date: base().set_num_format("dd/mm/yyyy").set_align(FormatAlign::Left),
            header: header
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color(Color::RGB(0x00E7_EEEE)),
            title: base().set_bold().set_font_size(13).set_align(FormatAlign::Center),
            centred: base().set_align(FormatAlign::Center),
            sum: cell().set_bold(),
            sum_number: cell().set_bold().set_num_format("#,##0"),
        }
    }
}

/// A column: its title and its width in characters.
type Column = (&'static str, f64);

/// One cell.
enum Cell {
    Text(String),
    Number(i64),
    /// Nothing is known.
    Empty,
}

/// A sheet that is being written, row by row.
struct Sheet<'b> {
    sheet: &'b mut Worksheet,
    looks: &'b Looks,
    row: u32,
    columns: usize,
}

impl<'b> Sheet<'b> {
    fn begin(
        book: &'b mut Workbook,
        looks: &'b Looks,
        (name, title): (&str, &str),
        place: &str,
        planned: &Planned,
        columns: &[Column],
    ) -> Result<Sheet<'b>> {
        let sheet = book.add_worksheet().set_name(name)?;
        let last = u16::try_from(columns.len().saturating_sub(1))?;
        sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        sheet.set_margins(0.6, 0.6, 0.8, 0.8, 0.3, 0.3).set_footer("&CTrang &P/&N");
        sheet.set_repeat_rows(HEADER_ROW, HEADER_ROW)?.set_freeze_panes(HEADER_ROW + 1, 0)?;
        let half = last / 2;
        sheet.merge_range(0, 0, 0, half, place, &looks.centred)?;
        let right = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
        sheet.merge_range(0, half + 1, 0, last, right, &looks.title)?;
        sheet.merge_range(1, half + 1, 1, last, "Độc lập - Tự do - Hạnh phúc", &looks.centred)?;
        sheet.merge_range(3, 0, 3, last, title, &looks.title)?;
        let norm = format!("Định mức: {} · ĐVT: đồng", planned.norm.title.vi);
        sheet.merge_range(4, 0, 4, last, &norm, &looks.centred)?;
        sheet.write_with_format(5, 0, "Ngày lập:", &looks.date)?;
        let day = ExcelDateTime::from_ymd(
            u16::try_from(planned.day.year())?,
            u8::try_from(planned.day.month())?,
            u8::try_from(planned.day.day())?,
        )?;
        sheet.write_datetime_with_format(5, 1, &day, &looks.date)?;
        for (index, (title, width)) in columns.iter().enumerate() {
            let column = u16::try_from(index)?;
            sheet.set_column_width(column, *width)?;
            sheet.write_with_format(HEADER_ROW, column, *title, &looks.header)?;
        }
        Ok(Sheet { sheet, looks, row: HEADER_ROW + 1, columns: columns.len() })
    }

    fn line(&mut self, cells: &[Cell]) -> Result<()> {
        for (index, cell) in cells.iter().enumerate() {
            let column = u16::try_from(index)?;
            match cell {
                // A text stays a text, whatever it begins with: it is never a formula.
                Cell::Text(text) => {
                    let look =
                        if text.chars().count() > 24 { &self.looks.wrapped } else { &self.looks.plain };
                    self.sheet.write_string_with_format(self.row, column, text, look)?;
                }
                Cell::Number(number) => {
                    self.sheet.write_number_with_format(
                        self.row,
                        column,
                        *number as f64,
                        &self.looks.number,
                    )?;
                }
                Cell::Empty => {
                    self.sheet.write_blank(self.row, column, &self.looks.plain)?;
                }
            }
        }
        self.row += 1;
        Ok(())
    }

    /// A last row with the sums of these columns.
    fn sums(&mut self, columns: &[usize]) -> Result<()> {
        let (first, last) = (HEADER_ROW + 2, self.row);
        for index in 0..self.columns {
            let column = u16::try_from(index)?;
            if index == 1 {
                self.sheet.write_with_format(self.row, column, "Cộng", &self.looks.sum)?;
            } else if columns.contains(&index) && last >= first {
                let letter = rust_xlsxwriter::utility::column_number_to_name(column);
                let sum = Formula::new(format!("=SUM({letter}{first}:{letter}{last})"));
                self.sheet.write_formula_with_format(self.row, column, sum, &self.looks.sum_number)?;
            } else {
                self.sheet.write_blank(self.row, column, &self.looks.sum)?;
            }
        }
        self.row += 1;
        Ok(())
    }
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn number(number: usize) -> Cell {
    i64::try_from(number).map_or(Cell::Empty, Cell::Number)
}

/// The workbook of a plan for this place, as the bytes of an XLSX file.
///
/// # Errors
/// When it cannot be written.
pub fn workbook(place: &str, planned: &Planned) -> Result<Vec<u8>> {
    let w = Words::of(Lang::Vi);
    let looks = Looks::new();
    let mut book = Workbook::new();
    book.set_properties(&rust_xlsxwriter::DocProperties::new().set_title(&w.nav_plan).set_author("Sẵn Sàng"));
    agencies(&mut book, &looks, place, planned).context("writing the annex P1")?;
    purchases(&mut book, &looks, place, planned).context("writing the annex P3")?;
    let funded = |line: &&Line| line.year.is_some();
    let title = ("Việc cần làm", "DANH MỤC VIỆC CẦN LÀM");
    work(&mut book, &looks, (title, place), planned, w, planned.plan.lines.iter().filter(funded))
        .context("writing the work")?;
    let left = planned.plan.lines.iter().filter(|line| line.year.is_none());
    let title = ("Chưa bố trí", "NHU CẦU CHƯA BỐ TRÍ ĐƯỢC KINH PHÍ");
    work(&mut book, &looks, (title, place), planned, w, left).context("writing what is not funded")?;
    book.save_to_buffer().context("writing the workbook")
}

/// P1: what each agency is to get.
fn agencies(book: &mut Workbook, looks: &Looks, place: &str, planned: &Planned) -> Result<()> {
    const COLUMNS: &[Column] = &[
        ("STT", 6.0),
        ("Đơn vị", 34.0),
        ("Mã", 12.0),
        ("Máy tính", 10.0),
        ("Máy in", 10.0),
        ("Máy quét", 10.0),
        ("Phần mềm bản quyền", 12.0),
        ("Linh kiện, thiết bị khác", 12.0),
        ("Bật, cấu hình (máy)", 12.0),
        ("Điều chuyển (máy)", 12.0),
        ("Kinh phí bố trí", 17.0),
        ("Chưa bố trí", 17.0),
    ];
    let title = ("P1 Dự trù", "BẢNG THỐNG KÊ, DỰ TRÙ TRANG THIẾT BỊ CÔNG NGHỆ THÔNG TIN");
    let mut sheet = Sheet::begin(book, looks, title, place, planned, COLUMNS)?;
    let mut by_agency: BTreeMap<usize, Vec<&Line>> = BTreeMap::new();
    for line in &planned.plan.lines {
        let agency = planned.units.get(line.unit).map_or(line.unit, |unit| unit.agency);
        by_agency.entry(agency).or_default().push(line);
    }
    for (index, (agency, lines)) in by_agency.into_iter().enumerate() {
        let Some(unit) = planned.units.get(agency) else { continue };
        let funded: Vec<&&Line> = lines.iter().filter(|line| line.year.is_some()).collect();
        let items = || funded.iter().flat_map(|line| &line.purchases);
        let kind = |item: &str| planned.judge.prices.items.get(item).map(|item| item.purchase);
        let named = |names: &[&str]| items().filter(|one| names.contains(&one.item.as_str())).count();
        let licences = items().filter(|one| kind(&one.item) == Some(Purchase::Licence)).count();
        let of = |means: Means| funded.iter().filter(|line| line.means == means).count();
        let cost = |is_funded: bool| {
            let lines = lines.iter().filter(|line| line.year.is_some() == is_funded);
            Cell::Number(lines.filter_map(|line| line.cost).sum())
        };
        let (pcs, printers, scanners) =
            (named(&["pc", "laptop", "server"]), named(&["printer"]), named(&["scanner"]));
        let others = items().count() - pcs - printers - scanners - licences;
        sheet.line(&[
            number(index + 1),
            text(&unit.name),
            text(&unit.code),
            number(pcs),
            number(printers),
            number(scanners),
            number(licences),
            number(others),
            number(of(Means::Enable)),
            number(of(Means::Reassign)),
            cost(true),
            cost(false),
        ])?;
    }
    sheet.sums(&[3, 4, 5, 6, 7, 8, 9, 10, 11])
}

/// P3: what is to be bought.
fn purchases(book: &mut Workbook, looks: &Looks, place: &str, planned: &Planned) -> Result<()> {
    const COLUMNS: &[Column] = &[
        ("STT", 6.0),
        ("Tên thiết bị", 42.0),
        ("ĐVT", 10.0),
        ("Số lượng", 10.0),
        ("Đơn giá", 15.0),
        ("Thành tiền", 18.0),
        ("Căn cứ định mức", 34.0),
        ("Năm", 9.0),
        ("Ghi chú", 30.0),
    ];
    let title = ("P3 Mua sắm", "DANH MỤC ĐỀ NGHỊ MUA SẮM");
    let mut sheet = Sheet::begin(book, looks, title, place, planned, COLUMNS)?;
    let (mut index, prices) = (0, &planned.judge.prices);
    for year in 0..planned.plan.years.len() {
        for one in bought(planned.plan.lines.iter().filter(|line| line.year == Some(year))) {
            index += 1;
            let known = prices.items.get(&one.item);
            let note = match known {
                Some(item) if !item.verified => "Giá ước tính, chưa có báo giá",
                Some(_) => "",
                None => "Chưa có trong bảng giá",
            };
            sheet.line(&[
                number(index),
                text(&item(Lang::Vi, planned, &one.item)),
                text(known.map_or("", |item| pick(Lang::Vi, &item.unit))),
                Cell::Number(one.count),
                one.price.map_or(Cell::Empty, Cell::Number),
                one.price.map_or(Cell::Empty, |price| Cell::Number(price * one.count)),
                text(if one.by_norm {
                    &planned.norm.source
                } else {
                    "Giá thị trường, theo tiêu chí chưa đạt"
                }),
                number(year + 1),
                text(note),
            ])?;
        }
    }
    sheet.sums(&[5])
}

/// The lines, each with why, and what its points come from.
fn work<'a>(
    book: &mut Workbook,
    looks: &Looks,
    (title, place): ((&str, &str), &str),
    planned: &Planned,
    w: &'static Words,
    lines: impl Iterator<Item = &'a Line>,
) -> Result<()> {
    const COLUMNS: &[Column] = &[
        ("STT", 6.0),
        ("Đơn vị", 28.0),
        ("Mã", 12.0),
        ("Máy", 16.0),
        ("Vị trí", 14.0),
        ("Biện pháp", 12.0),
        ("Nội dung", 40.0),
        ("Chi phí", 14.0),
        ("Năm", 11.0),
        ("Điểm", 7.0),
        ("Cách tính điểm", 20.0),
        ("Lý do", 44.0),
        ("Đã làm", 8.0),
    ];
    let mut sheet = Sheet::begin(book, looks, title, place, planned, COLUMNS)?;
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
            line.cost.map_or(Cell::Empty, Cell::Number),
            text(&when(w, line)),
            Cell::Number(i64::from(line.points.sum())),
            text(&points_parts(w, line)),
            text(&why(Lang::Vi, w, planned, line)),
            text(""),
        ])?;
    }
    sheet.sums(&[7])
}

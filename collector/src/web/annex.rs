//! The annexes as workbooks, in Vietnamese as finance wants them: the head of an official document, A4 landscape,
//! repeated header rows, real numbers and dates, sums as formulas that carry their result.
//!
//! The plan has templates P1 (what each agency is to get), P3 (what is to be bought), the work of each year, and what no
//! budget pays for; the present state has P2 (survey form), P4 (self-assessment) and P5 (assets). What nobody knows is
//! left empty, for a person to fill in.

use anyhow::{Context, Result};
use jiff::civil::Date;
use rules::plan::Line;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Formula, Workbook, Worksheet,
};

use crate::inventory::Inventory;
use crate::lang::Lang;
use crate::planning::Planned;
use crate::web::format;
use crate::web::plan::note::tried;
use crate::web::words::Words;

mod p1;
mod p2;
mod p3;
mod p4;
mod p5;
mod work;

/// The paper of the format number 9: A4.
const A4: u8 = 9;
/// The row of the titles of columns, from 0: above it stand the head block, the title and its line.
const HEADER_ROW: u32 = 6;
/// How much room there is around their text, in points.
const HEADER_ROOM: f64 = 4.0;
const TYPEFACE: &str = "Times New Roman";
/// How high a line of text is, in points.
const LINE_HEIGHT: f64 = 14.5;
/// How many letters of the typeface, taken together, have room where a figure has: widths are counted in figures.
const LETTERS: f64 = 1.25;
/// The highest row that there is, in points.
const ROW_HEIGHT_MAX: f64 = 409.0;
/// Nothing reads better as a dash than as one more zero among hundreds.
const NUMBER: &str = "#,##0;-#,##0;–";

/// How cells look.
struct Looks {
    plain: Format,
    wrapped: Format,
    number: Format,
    place: Format,
    date: Format,
    day: Format,
    header: Format,
    title: Format,
    centred: Format,
    slanted: Format,
    sum: Format,
    sum_number: Format,
    note: Format,
}

impl Looks {
    fn new() -> Looks {
        let base = || Format::new().set_font_name(TYPEFACE).set_font_size(11);
        let cell = || base().set_border(FormatBorder::Thin).set_align(FormatAlign::Top);
        let header = cell().set_bold().set_text_wrap().set_align(FormatAlign::Center);
        Looks {
            plain: cell(),
            wrapped: cell().set_text_wrap(),
            number: cell().set_num_format(NUMBER),
            place: cell().set_align(FormatAlign::Center),
            date: base().set_num_format("dd/mm/yyyy").set_align(FormatAlign::Left),
            day: cell().set_num_format("dd/mm/yyyy").set_align(FormatAlign::Center),
            header: header
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color(Color::RGB(0x00E7_EEEE)),
            title: base().set_bold().set_font_size(13).set_align(FormatAlign::Center),
            centred: base().set_align(FormatAlign::Center),
            slanted: base().set_italic().set_align(FormatAlign::Center),
            sum: cell().set_bold(),
            sum_number: cell().set_bold().set_num_format(NUMBER),
            note: base(),
        }
    }
}

/// A column: its title and its width in characters.
type Column = (&'static str, f64);

/// One cell.
enum Cell {
    Text(String),
    Number(i64),
    Day(Date),
    /// There is one or more, nobody said how many: a sum counts it as one.
    Some,
    /// Nothing is known.
    Empty,
}

/// What stands in the cell of something of which there is one or more.
const SOME: &str = "Có";

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn number(number: usize) -> Cell {
    i64::try_from(number).map_or(Cell::Empty, Cell::Number)
}

/// What stands above each table.
struct Head<'a> {
    place: &'a str,
    day: Date,
    /// The line below the title.
    line: String,
}

/// The day as official documents write it: days below 10 and the months 1 and 2 have a leading zero (Decree
/// 30/2020/NĐ-CP, annex I).
pub fn day_in_words(day: Date) -> String {
    let month = if day.month() < 3 { format!("{:02}", day.month()) } else { day.month().to_string() };
    format!("ngày {:02} tháng {month} năm {}", day.day(), day.year())
}

/// A sheet that is being written, row by row.
struct Sheet<'b> {
    sheet: &'b mut Worksheet,
    looks: &'b Looks,
    /// The first row below the titles of columns.
    first: u32,
    row: u32,
    columns: usize,
    /// How many characters a line of each column holds.
    widths: Vec<f64>,
    sums: Vec<Sum>,
}

/// What a column comes to.
#[derive(Clone, Copy, Default)]
struct Sum {
    all: i64,
    /// Whether something in it is counted as one.
    has_some: bool,
}

impl<'b> Sheet<'b> {
    fn begin(
        book: &'b mut Workbook,
        looks: &'b Looks,
        (name, title): (&str, &str),
        head: &Head<'_>,
        columns: &[Column],
    ) -> Result<Sheet<'b>> {
        let sheet = book.add_worksheet().set_name(name)?;
        let last = u16::try_from(columns.len().saturating_sub(1))?;
        sheet.set_landscape().set_paper_size(A4).set_print_fit_to_pages(1, 0);
        // The page number stands above the middle (Decree 30/2020/NĐ-CP, annex I).
        sheet.set_margins(0.8, 0.6, 0.8, 0.8, 0.4, 0.3).set_header("&C&\"Times New Roman\"&13&P");
        sheet.set_repeat_rows(HEADER_ROW, HEADER_ROW)?.set_freeze_panes(HEADER_ROW + 1, 0)?;
        let half = last / 2;
        let left = |sheet: &mut Worksheet, row: u32, text: &str, look: &Format| -> Result<()> {
            sheet.merge_range(row, 0, row, half, text, look)?;
            Ok(())
        };
        left(sheet, 0, &head.place.to_uppercase(), &looks.title)?;
        left(sheet, 1, "Số: ……/……", &looks.centred)?;
        sheet.merge_range(0, half + 1, 0, last, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", &looks.title)?;
        sheet.merge_range(1, half + 1, 1, last, "Độc lập - Tự do - Hạnh phúc", &looks.title)?;
        let dated = format!("…………, {}", day_in_words(head.day));
        sheet.merge_range(2, half + 1, 2, last, &dated, &looks.slanted)?;
        sheet.merge_range(3, 0, 3, last, title, &looks.title)?;
        sheet.merge_range(4, 0, 4, last, &head.line, &looks.centred)?;
        sheet.write_with_format(5, 0, "Ngày lập:", &looks.date)?;
        sheet.write_datetime_with_format(5, 1, &excel(head.day)?, &looks.date)?;
        for (index, (title, width)) in columns.iter().enumerate() {
            let column = u16::try_from(index)?;
            sheet.set_column_width(column, *width)?;
            sheet.write_with_format(HEADER_ROW, column, *title, &looks.header)?;
        }
        // A title that wraps is not cut. Bold letters take the room of figures.
        let lines_max = columns.iter().map(|(title, width)| lines(title, *width)).max().unwrap_or(1);
        sheet.set_row_height(HEADER_ROW, f64::from(lines_max.max(2)) * LINE_HEIGHT + HEADER_ROOM)?;
        let first = HEADER_ROW + 1;
        let widths = columns.iter().map(|(_, width)| *width).collect();
        let (columns, sums) = (columns.len(), vec![Sum::default(); columns.len()]);
        Ok(Sheet { sheet, looks, first, row: first, columns, widths, sums })
    }

    /// A row with the numbers of the columns, as forms have it.
    fn numbered(mut self) -> Result<Self> {
        for index in 0..self.columns {
            let title = format!("({})", index + 1);
            self.sheet.write_with_format(self.row, u16::try_from(index)?, title, &self.looks.header)?;
        }
        self.sheet.set_repeat_rows(HEADER_ROW, self.row)?.set_freeze_panes(self.row + 1, 0)?;
        self.row += 1;
        self.first = self.row;
        Ok(self)
    }

    fn line(&mut self, cells: &[Cell]) -> Result<()> {
        let mut lines_max = 1;
        for (index, cell) in cells.iter().enumerate() {
            let column = u16::try_from(index)?;
            match cell {
                // A text stays a text, whatever it begins with: it is never a formula.
                Cell::Text(text) => {
                    let lines = self.widths.get(index).map_or(1, |width| lines(text, width * LETTERS));
                    lines_max = lines_max.max(lines);
                    let look = if lines > 1 { &self.looks.wrapped } else { &self.looks.plain };
                    self.sheet.write_string_with_format(self.row, column, text, look)?;
                }
                Cell::Number(number) => {
                    #[expect(clippy::cast_precision_loss, reason = "a cell holds 15 digits")]
                    let value = *number as f64;
                    let look = if index == 0 { &self.looks.place } else { &self.looks.number };
                    self.sheet.write_number_with_format(self.row, column, value, look)?;
                    if let Some(sum) = self.sums.get_mut(index) {
                        sum.all += *number;
                    }
                }
                Cell::Some => {
                    self.sheet.write_string_with_format(self.row, column, SOME, &self.looks.number)?;
                    if let Some(sum) = self.sums.get_mut(index) {
                        *sum = Sum { all: sum.all + 1, has_some: true };
                    }
                }
                Cell::Day(day) => {
                    self.sheet.write_datetime_with_format(
                        self.row,
                        column,
                        &excel(*day)?,
                        &self.looks.day,
                    )?;
                }
                Cell::Empty => {
                    self.sheet.write_blank(self.row, column, &self.looks.plain)?;
                }
            }
        }
        // A row keeps the height that it is given; without one, what wraps lies over the next row in some programs.
        if lines_max > 1 {
            self.sheet.set_row_height(self.row, (f64::from(lines_max) * LINE_HEIGHT).min(ROW_HEIGHT_MAX))?;
        }
        self.row += 1;
        Ok(())
    }

    /// A last row with the sums of these columns.
    fn sums(&mut self, columns: &[usize]) -> Result<()> {
        let (first, last) = (self.first + 1, self.row);
        for index in 0..self.columns {
            let column = u16::try_from(index)?;
            if index == 1 {
                self.sheet.write_with_format(self.row, column, "Cộng", &self.looks.sum)?;
            } else if columns.contains(&index) && last >= first {
                let letter = rust_xlsxwriter::utility::column_number_to_name(column);
                let sum = self.sums.get(index).copied().unwrap_or_default();
                // Who opens the file without calculating sees the result, not 0.
                let cells = format!("{letter}{first}:{letter}{last}");
                let ones = if sum.has_some { format!("+COUNTIF({cells},\"{SOME}\")") } else { String::new() };
                let formula = Formula::new(format!("=SUM({cells}){ones}")).set_result(sum.all.to_string());
                self.sheet.write_formula_with_format(self.row, column, formula, &self.looks.sum_number)?;
            } else {
                self.sheet.write_blank(self.row, column, &self.looks.sum)?;
            }
        }
        self.row += 1;
        Ok(())
    }

    /// A line below the table.
    fn note(&mut self, text: &str) -> Result<()> {
        self.sheet.write_string_with_format(self.row, 0, text, &self.looks.note)?;
        self.row += 1;
        Ok(())
    }

    /// Who gets it, and who signs.
    fn close(self) -> Result<()> {
        let (row, last) = (self.row + 1, u16::try_from(self.columns.saturating_sub(1))?);
        let half = last / 2;
        let receivers = ["Nơi nhận:", "- …………;", "- Lưu: VT."];
        for (row, text) in (row..).zip(receivers) {
            self.sheet.write_string_with_format(row, 0, text, &self.looks.note)?;
        }
        let signer = [
            ("THỦ TRƯỞNG CƠ QUAN", &self.looks.title),
            ("(Ký, ghi rõ họ tên, đóng dấu)", &self.looks.slanted),
        ];
        for (row, (text, look)) in (row..).zip(signer) {
            self.sheet.merge_range(row, half + 1, row, last, text, look)?;
        }
        Ok(())
    }
}

/// How many lines a text takes where a line holds this many characters, broken between words.
fn lines(text: &str, width: f64) -> u32 {
    let mut lines = 1;
    let mut used = 0.0;
    for word in text.split(' ') {
        let length = f64::from(u32::try_from(word.chars().count()).unwrap_or(u32::MAX));
        if used > 0.0 && used + 1.0 + length > width {
            lines += 1;
            used = 0.0;
        }
        used += if used > 0.0 { 1.0 + length } else { length };
    }
    lines
}

fn excel(day: Date) -> Result<ExcelDateTime> {
    let (year, month) = (u16::try_from(day.year())?, u8::try_from(day.month())?);
    Ok(ExcelDateTime::from_ymd(year, month, u8::try_from(day.day())?)?)
}

fn book(title: &str) -> Workbook {
    let mut book = Workbook::new();
    book.set_properties(&DocProperties::new().set_title(title).set_author("Sẵn Sàng"));
    book
}

/// The workbook of a plan for this place, as the bytes of an XLSX file.
///
/// # Errors
/// When it cannot be written.
pub fn workbook(place: &str, planned: &Planned) -> Result<Vec<u8>> {
    let w = Words::of(Lang::Vi);
    let looks = Looks::new();
    let mut line = format!("Định mức: {} · ĐVT: đồng", planned.norm.title.vi);
    if let Some(tried) = tried(Lang::Vi, w, planned) {
        line.push_str(&format!(" · {tried}"));
    }
    let head = Head { place, day: planned.day, line };
    let mut book = book(&w.nav_plan);
    p1::write(&mut book, &looks, &head, planned).context("writing the annex P1")?;
    p3::write(&mut book, &looks, &head, planned).context("writing the annex P3")?;
    let funded = |line: &&Line| line.year.is_some();
    let title = ("Việc cần làm", "DANH MỤC VIỆC CẦN LÀM");
    work::write(&mut book, &looks, (title, &head), planned, planned.plan.lines.iter().filter(funded))
        .context("writing the work")?;
    let left = planned.plan.lines.iter().filter(|line| line.year.is_none());
    let title = ("Chưa bố trí", "NHU CẦU CHƯA BỐ TRÍ ĐƯỢC KINH PHÍ");
    work::write(&mut book, &looks, (title, &head), planned, left).context("writing what is not funded")?;
    book.save_to_buffer().context("writing the workbook")
}

/// What of the present state is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// P2, the survey form.
    Survey,
    /// P4, the self-assessment of level 2.
    Checklist,
    /// P5, the assets.
    Assets,
}

impl Part {
    /// All of them, in the order of the workbook.
    pub const ALL: &'static [Part] = &[Part::Survey, Part::Checklist, Part::Assets];
}

/// The workbook of the present state of this place, as the bytes of an XLSX file.
///
/// # Errors
/// When it cannot be written.
pub fn state(place: &str, planned: &Planned, inventory: &Inventory, parts: &[Part]) -> Result<Vec<u8>> {
    let looks = Looks::new();
    let mut book = book("Hiện trạng công nghệ thông tin");
    let reported = inventory.hardware.len();
    let [reported, others] = [reported, planned.machines.len().saturating_sub(reported)]
        .map(|count| format::number(Lang::Vi, i64::try_from(count).unwrap_or(i64::MAX)));
    let line = format!("{reported} máy đã có báo cáo · {others} máy chưa có");
    let head = Head { place, day: planned.day, line };
    for part in parts {
        match part {
            Part::Survey => p2::write(&mut book, &looks, &head, planned, inventory).context("writing P2")?,
            Part::Checklist => p4::write(&mut book, &looks, &head, inventory).context("writing P4")?,
            Part::Assets => p5::write(&mut book, &looks, &head, inventory).context("writing P5")?,
        }
    }
    book.save_to_buffer().context("writing the workbook")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn how_many_lines_a_text_takes() {
        let check =
            |text: &str, width: f64, expected: u32| assert_eq!(lines(text, width), expected, "{text}");
        check("", 10.0, 1);
        check("Xã Nga Thắng", 12.0, 1);
        check("Xã Nga Thắng", 11.0, 2);
        check("Trung tâm Phục vụ hành chính công xã Yên Khương", 20.0, 3);
    }

    #[test]
    fn days_as_official_documents_write_them() {
        assert_eq!(day_in_words(date(2020, 3, 5)), "ngày 05 tháng 3 năm 2020");
        assert_eq!(day_in_words(date(2027, 2, 28)), "ngày 28 tháng 02 năm 2027");
        assert_eq!(day_in_words(date(2026, 11, 1)), "ngày 01 tháng 11 năm 2026");
    }
}

//! CSV files that people made, with the line of each row: from Excel, LibreOffice or by hand.
//!
//! Takes UTF-8 and UTF-16, with a mark or without, with commas, semicolons or tabs between; what is in an older
//! Vietnamese encoding is told from what is merely broken. Knows no units and no seats.

use std::collections::BTreeMap;

use csv::StringRecord;
use rules::complaint::nearest;
use unicode_normalization::UnicodeNormalization;

use crate::lang::Lang;
use crate::money;
use crate::vietnamese::{Legacy, fold};

/// A file as its complaints tell of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct File<'a> {
    /// What it is called.
    pub name: &'a str,
    /// The language of who reads the complaints.
    pub lang: Lang,
}

impl<'a> File<'a> {
    /// A file of this name, for a reader of this language.
    pub const fn new(name: &'a str, lang: Lang) -> File<'a> {
        File { name, lang }
    }

    /// A complaint of a line, from 1, and a column, from 1: it begins with `FILE:LINE:COLUMN:`.
    pub fn complaint(self, line: u64, column: usize, text: &str) -> String {
        format!("{}:{line}:{column}: {text}", self.name)
    }

    /// A complaint in Vietnamese or in English about the line that names the columns.
    pub(crate) fn header_complaint(self, vi: &str, en: &str) -> Vec<String> {
        vec![self.complaint(1, 1, self.lang.pick(vi, en))]
    }
}

/// A table of texts, in NFC.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The line that names the columns.
    pub header: StringRecord,
    /// The other lines, each with its number from 1.
    pub rows: Vec<(u64, StringRecord)>,
}

/// A column that a file may have: what the program calls it, and what else stands for it, folded.
pub type Column = (&'static str, &'static [&'static str]);

/// A file of rows, read as far as that goes without knowing the units and machines that it names.
#[derive(Debug, Clone)]
pub struct Read<Row> {
    /// What the file is called in complaints.
    pub file: String,
    /// The rows that are right by themselves.
    pub rows: Vec<Row>,
    /// Whom the lines name, even those that are wrong, so that everything that is wrong is told at once.
    pub named: Vec<Named>,
    /// What is wrong with the other lines.
    pub complaints: Complaints,
}

/// Whom a line names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The line, from 1.
    pub line: u64,
    /// The column, from 0.
    pub at: usize,
    /// The code of a unit, or what a machine is called.
    pub name: String,
}

impl<Row> Read<Row> {
    /// Nothing yet of a file of this name.
    pub(crate) fn of(file: File<'_>) -> Read<Row> {
        Read {
            file: file.name.to_owned(),
            rows: Vec::new(),
            named: Vec::new(),
            complaints: Complaints::new(file.lang),
        }
    }

    /// Notes whom a line names.
    pub(crate) fn name(&mut self, line: u64, at: usize, name: &str) {
        self.named.push(Named { line, at, name: name.to_owned() });
    }

    /// Complains of a file that has nothing below its first line: whoever sends one has picked the wrong file.
    pub(crate) fn check_rows(mut self, sheet: &Sheet) -> Read<Row> {
        if sheet.rows.is_empty() {
            let text = self.complaints.lang.pick(
                "dưới dòng đầu không có dòng nào, nên không có gì để nhập",
                "there are no rows below the first line, so nothing would be imported",
            );
            self.complaints.add(2, 0, text);
        }
        self
    }
}

/// What is wrong with the lines of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaints {
    /// The language in which they are told.
    pub lang: Lang,
    all: Vec<(u64, usize, String)>,
}

impl Complaints {
    /// None yet, for a reader of this language.
    pub fn new(lang: Lang) -> Complaints {
        Complaints { lang, all: Vec::new() }
    }

    /// Complains of a line, from 1, and a column, from 0.
    pub fn add(&mut self, line: u64, at: usize, text: impl Into<String>) {
        self.all.push((line, at, text.into()));
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many things are wrong.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// In the order of the file, each beginning with `FILE:LINE:COLUMN:`.
    pub fn told(mut self, file: &str) -> Vec<String> {
        self.all.sort_by_key(|(line, at, _)| (*line, *at));
        let file = File::new(file, self.lang);
        self.all.into_iter().map(|(line, at, text)| file.complaint(line, at + 1, &text)).collect()
    }
}

/// Reads a CSV file. Every row has as many fields as the header; rows of empty
/// fields only, as spreadsheets leave behind, are left out.
///
/// # Errors
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn read(file: File<'_>, bytes: &[u8], rows_max: usize) -> Result<Sheet, Vec<String>> {
    // The reader of CSV counts a line that ends in two characters where the second of them is.
    let text: String = text(file, bytes)?.replace("\r\n", "\n").replace('\r', "\n").nfc().collect();
    let (text, skipped, delimiter) = form(&text);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| vec![unreadable(file, 1, &error)])?.clone();
    let width = header.len();
    let columns = filled(&header);
    let header: StringRecord = header.iter().take(columns).collect();
    let (mut rows, mut complaints) = (Vec::new(), Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line) + skipped;
                complaints.push(unreadable(file, line, &error));
                continue;
            }
        };
        let line = record.position().map_or(1, csv::Position::line) + skipped;
        let fields = filled(&record);
        if fields == 0 {
            continue;
        }
        // Where the first line ends in empty fields, rows may do so too.
        if record.len() < columns || record.len() > width || fields > columns {
            let column = record.len().min(columns) + usize::from(record.len() > columns);
            complaints.push(file.complaint(line, column, &other_width(file.lang, record.len(), columns)));
            continue;
        }
        rows.push((line, record.iter().take(columns).map(plain).collect()));
        if rows.len() > rows_max {
            let most = money::told(file.lang, i64::try_from(rows_max).unwrap_or(i64::MAX));
            let text = file.lang.pick(
                format!("tệp có hơn {most} dòng: hãy chia thành nhiều tệp"),
                format!("more than {most} rows: split the file"),
            );
            complaints.push(file.complaint(line, 1, &text));
            break;
        }
    }
    if complaints.is_empty() { Ok(Sheet { header, rows }) } else { Err(complaints) }
}

/// What the reader of CSV cannot make out.
fn unreadable(file: File<'_>, line: u64, error: &csv::Error) -> String {
    let text = file.lang.pick(
        "không đọc được dòng này: hãy mở tệp, lưu lại dạng “CSV UTF-8” rồi thử lại".to_owned(),
        error.to_string(),
    );
    file.complaint(line, 1, &text)
}

fn other_width(lang: Lang, fields: usize, columns: usize) -> String {
    lang.pick(
        format!(
            "dòng này có {fields} ô, dòng đầu có {columns} ô: hãy xem có thừa hay thiếu dấu phân cách không, và đặt nội \
             dung có chứa dấu phân cách trong ngoặc kép"
        ),
        format!(
            "the row has {fields} fields, the first line has {columns}: look for a separator too many or too few, and \
             put texts that contain one in quotation marks"
        ),
    )
}

/// How many fields there are up to the last that is not empty.
fn filled(record: &StringRecord) -> usize {
    (0..record.len())
        .rev()
        .find(|at| record.get(*at).is_some_and(|field| !field.is_empty()))
        .map_or(0, |at| at + 1)
}

/// What our own tables put before a cell that a spreadsheet would take for a formula is taken off again.
fn plain(field: &str) -> &str {
    field.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(field)
}

/// The text without the line that tells Excel the separator, how many lines that were, and the separator.
fn form(text: &str) -> (&str, u64, u8) {
    if let Some(rest) = text.strip_prefix("sep=").or_else(|| text.strip_prefix("\"sep=")) {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        let delimiter = match line.trim_end_matches('"') {
            ";" => b';',
            "\t" => b'\t',
            _ => b',',
        };
        return (after, 1, delimiter);
    }
    // Excel writes semicolons where the comma is the decimal sign, as in Vietnam, and tabs in “Unicode text”.
    let first = text.lines().next().unwrap_or_default();
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for byte in first.bytes() {
        quoted ^= byte == b'"';
        if let Some((_, count)) = counts.iter_mut().find(|(delimiter, _)| *delimiter == byte && !quoted) {
            *count += 1;
        }
    }
    // Of two that are equally frequent the first counts.
    let most = counts.iter().rev().max_by_key(|(_, count)| *count);
    (text, 0, most.map_or(b',', |(delimiter, _)| *delimiter))
}

/// The bytes as text, without a mark.
///
/// # Errors
/// One complaint that begins with `FILE:LINE:COLUMN:`.
pub fn text(file: File<'_>, bytes: &[u8]) -> Result<String, Vec<String>> {
    let again =
        file.lang.pick("lưu lại dạng “CSV UTF-8” rồi thử lại", "save it as “CSV UTF-8” and try again");
    let wrong = |line: usize, vi: &str, en: &str| {
        let text = format!("{}{again}", file.lang.pick(vi, en));
        Err(vec![file.complaint(u64::try_from(line).unwrap_or(u64::MAX), 1, &text)])
    };
    let line_of = |at: usize| bytes.iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
    // A ZIP archive, as .xlsx and .ods are, and the older format of Office: "[MS-CFB]", 2.2.
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
        return wrong(
            1,
            "đây là bảng tính (.xlsx, .xls hoặc .ods), không phải tệp văn bản: hãy mở ra, ",
            "this is a workbook (.xlsx, .xls or .ods), not a text: open it, ",
        );
    }
    if let Some(units) = utf16(bytes) {
        let text = String::from_utf16(&units).ok().filter(|text| !text.contains('\0'));
        return match text {
            Some(text) => check_words(file, text),
            None => wrong(1, "tệp là UTF-16 nhưng bị hỏng: hãy ", "the file is UTF-16, and damaged: "),
        };
    }
    let unmarked = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(unmarked) {
        Ok(text) if text.contains('\0') => {
            let line = text.bytes().take_while(|byte| *byte != 0).filter(|byte| *byte == b'\n').count() + 1;
            wrong(
                line,
                "tệp có ký tự rỗng (byte 0) nên không phải tệp văn bản: hãy ",
                "the file holds a zero byte, so it is no text: ",
            )
        }
        Ok(text) => check_words(file, text.to_owned()),
        Err(error) => {
            let line = line_of(error.valid_up_to() + (bytes.len() - unmarked.len()));
            match Legacy::of_bytes(unmarked) {
                Some(legacy) => Err(outdated(file, legacy, line)),
                None => wrong(line, "tệp không phải UTF-8: hãy ", "the file is not UTF-8: "),
            }
        }
    }
}

/// Refuses what was written in an older encoding and saved as if it were Unicode.
fn check_words(file: File<'_>, text: String) -> Result<String, Vec<String>> {
    match Legacy::of_text(&text) {
        Some((legacy, line)) => Err(outdated(file, legacy, line)),
        None => Ok(text),
    }
}

fn outdated(file: File<'_>, legacy: Legacy, line: usize) -> Vec<String> {
    let line = u64::try_from(line).unwrap_or(u64::MAX);
    vec![file.complaint(line, 1, legacy.advice(file.lang))]
}

/// The units of UTF-16 without the mark; none where the bytes are something else. Without a mark, a text in Latin
/// letters is known by its zeros: every second byte of the first line is one.
fn utf16(bytes: &[u8]) -> Option<Vec<u16>> {
    let (rest, little) = if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        (rest, true)
    } else if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        (rest, false)
    } else {
        let first = bytes.get(..8)?;
        let zeros = |odd: usize| first.iter().skip(odd).step_by(2).all(|byte| *byte == 0);
        match (zeros(0), zeros(1)) {
            (true, false) => (bytes, false),
            (false, true) => (bytes, true),
            (true, true) | (false, false) => return None,
        }
    };
    let unit = |pair: &[u8]| match pair {
        [first, second] if little => u16::from_le_bytes([*first, *second]),
        [first, second] => u16::from_be_bytes([*first, *second]),
        // A byte that is left over is half of something that was cut off.
        _ => 0,
    };
    Some(rest.chunks(2).map(unit).collect())
}

/// Where each known column stands.
///
/// # Errors
/// A complaint for each column that is not known, or stands twice.
pub fn columns(
    file: File<'_>,
    header: &StringRecord,
    known: &[Column],
) -> Result<BTreeMap<&'static str, usize>, Vec<String>> {
    let mut complaints = Vec::new();
    let mut found = BTreeMap::new();
    for (at, name) in header.iter().enumerate() {
        let folded = fold(name);
        let column =
            known.iter().find(|(column, names)| *column == folded || names.contains(&folded.as_str()));
        let text = match column {
            Some((column, _)) if found.insert(*column, at).is_some() => file.lang.pick(
                format!("cột {column} có hai lần: hãy bỏ bớt một cột"),
                format!("the column {column} stands twice"),
            ),
            Some(_) => continue,
            None => unknown_column(file.lang, name, known),
        };
        complaints.push(file.complaint(1, at + 1, &text));
    }
    if complaints.is_empty() { Ok(found) } else { Err(complaints) }
}

/// There is no column of this name; where one of its names is near, that is told first.
fn unknown_column(lang: Lang, name: &str, known: &[Column]) -> String {
    let all = known.iter().flat_map(|(column, names)| std::iter::once(column).chain(*names).copied());
    let near = nearest(&fold(name), all);
    let meant =
        near.and_then(|near| known.iter().find(|(column, names)| *column == near || names.contains(&near)));
    let names = known.iter().map(|(column, _)| *column).collect::<Vec<_>>().join(", ");
    match meant {
        Some((meant, _)) => lang.pick(
            format!("không có cột “{name}”; có phải ý là {meant}? Các cột được dùng: {names}"),
            format!("the column “{name}” is not known: is it {meant}? There are {names}"),
        ),
        None => lang.pick(
            format!("không có cột “{name}”; các cột được dùng: {names}"),
            format!("the column “{name}” is not known: there are {names}"),
        ),
    }
}

/// A file for an English reader, as most tests have it.
#[cfg(test)]
pub(crate) const fn english(name: &str) -> File<'_> {
    File::new(name, Lang::En)
}

#[cfg(test)]
mod tests;

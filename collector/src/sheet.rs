//! CSV files that people made, with the line of each row: from Excel, LibreOffice or by hand.
//!
//! Knows no units and no seats.

use std::collections::BTreeMap;

use csv::StringRecord;

use crate::vietnamese::fold;

/// A table of texts.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The first line.
    pub header: StringRecord,
    /// The other lines, each with its number from 1.
    pub rows: Vec<(u64, StringRecord)>,
}

/// A column that a file may have: what the program calls it, and what else stands for it, folded.
pub type Column = (&'static str, &'static [&'static str]);

/// Reads a CSV file. `file` only stands in the complaints.
///
/// # Errors
/// All complaints at once, each beginning with `FILE:LINE:COLUMN:`.
pub fn read(file: &str, bytes: &[u8], rows_max: usize) -> Result<Sheet, Vec<String>> {
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(vec![format!("{file}:1:1: the file is UTF-16: save it as “CSV UTF-8” and try again")]);
    }
    let text =
        std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)).map_err(|error| {
            let line = bytes.iter().take(error.valid_up_to()).filter(|byte| **byte == b'\n').count() + 1;
            vec![format!("{file}:{line}:1: the file is not UTF-8: save it as “CSV UTF-8” and try again")]
        })?;
    let first = text.lines().next().unwrap_or_default();
    // Excel writes semicolons where the comma is the decimal sign, as in Vietnam.
    let delimiter = if first.contains(';') && !first.contains(',') { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .trim(csv::Trim::All)
        .flexible(true)
        .from_reader(text.as_bytes());
    let header = reader.headers().map_err(|error| vec![format!("{file}:1:1: {error}")])?.clone();
    let (mut rows, mut complaints) = (Vec::new(), Vec::new());
    for record in reader.records() {
        match record {
            Ok(record) => rows.push((record.position().map_or(1, csv::Position::line), record)),
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                complaints.push(format!("{file}:{line}:1: {error}"));
            }
        }
        if rows.len() > rows_max {
            complaints.push(format!("{file}:1:1: more than {rows_max} rows: split the file"));
            break;
        }
    }
    if complaints.is_empty() { Ok(Sheet { header, rows }) } else { Err(complaints) }
}

/// Where each known column stands.
///
/// # Errors
/// A complaint for each column that is not known, or stands twice.
pub fn columns(
    file: &str,
    header: &StringRecord,
    known: &[Column],
) -> Result<BTreeMap<&'static str, usize>, Vec<String>> {
    let mut complaints = Vec::new();
    let mut found = BTreeMap::new();
    for (at, name) in header.iter().enumerate() {
        let folded = fold(name);
        let column =
            known.iter().find(|(column, names)| *column == folded || names.contains(&folded.as_str()));
        let place = at + 1;
        match column {
            Some((column, _)) if found.insert(*column, at).is_some() => {
                complaints.push(format!("{file}:1:{place}: the column {column} stands twice"));
            }
            Some(_) => {}
            None => {
                let names: Vec<&str> = known.iter().map(|(column, _)| *column).collect();
                complaints.push(format!(
                    "{file}:1:{place}: the column “{name}” is not known: there are {}",
                    names.join(", ")
                ));
            }
        }
    }
    if complaints.is_empty() { Ok(found) } else { Err(complaints) }
}

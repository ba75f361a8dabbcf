//! Tables that go out as CSV files.

/// A table as spreadsheets read it: UTF-8 with a mark, CRLF, every cell quoted.
pub(crate) struct Csv {
    /// The text so far.
    pub(crate) text: String,
    separator: char,
}

impl Csv {
    /// An empty table.
    pub(crate) fn new(separator: char) -> Csv {
        Csv { text: "\u{feff}".to_owned(), separator }
    }

    /// Adds a row.
    pub(crate) fn line(&mut self, cells: &[String]) {
        for (index, cell) in cells.iter().enumerate() {
            if index > 0 {
                self.text.push(self.separator);
            }
            self.text.push('"');
            // A host name comes from a machine that may be hostile: a cell must not become a formula. A number is none.
            if !is_number(cell)
                && cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'])
            {
                self.text.push('\'');
            }
            self.text.push_str(&cell.replace('"', "\"\""));
            self.text.push('"');
        }
        self.text.push_str("\r\n");
    }

    /// A number of tenths, with the decimal sign of the spreadsheets that expect this separator.
    pub(crate) fn tenths(&self, tenths: i64) -> String {
        let sign = if tenths < 0 { "-" } else { "" };
        let comma = if self.separator == ';' { ',' } else { '.' };
        format!("{sign}{}{comma}{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
    }
}

/// Whether a cell is a plain number, such as -12 or 0,5.
fn is_number(cell: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = cell.strip_prefix('-').unwrap_or(cell);
    match unsigned.split_once([',', '.']) {
        Some((whole, rest)) => digits(whole) && digits(rest),
        None => digits(unsigned),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn cells_do_not_become_formulas() {
        let mut csv = Csv::new(';');
        csv.line(&["PC-01".into(), "=HYPERLINK(\"http://x\")".into(), "-1".into(), "Xã a; b".into()]);
        csv.line(&["@SUM(A1)".into(), "\t=1".into(), "+84".into(), String::new()]);
        csv.line(&[csv.tenths(-5), csv.tenths(162), "-1+cmd".into(), "-1-1".into()]);
        expect![[r#"
            "PC-01";"'=HYPERLINK(""http://x"")";"-1";"Xã a; b"
            "'@SUM(A1)";"'	=1";"'+84";""
            "-0,5";"16,2";"'-1+cmd";"'-1-1"
        "#]]
        .assert_eq(&csv.text.replace("\r\n", "\n").replace('\u{feff}', ""));
        assert!(csv.text.starts_with('\u{feff}') && csv.text.ends_with("\r\n"));
    }
}

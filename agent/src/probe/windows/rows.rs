//! Columns of WMI as texts, numbers and flags. A column that is missing, or of another type than expected, is trouble,
//! not "not there": only one that is there and has no value is.

use crate::host::answers::{Cell, Row};
use crate::host::{Answer, Trouble};

/// A text without the white space around it; an empty one counts as not there.
pub(super) fn text<'a>(row: &'a Row, column: &str) -> Answer<&'a str> {
    match column_of(row, column)? {
        Cell::Text(text) => Ok(Some(text.trim()).filter(|text| !text.is_empty())),
        Cell::Null => Ok(None),
        other => Err(Trouble::Failed(format!("{column} is no text: {other:?}"))),
    }
}

/// A number from 0 on.
pub(super) fn number(row: &Row, column: &str) -> Answer<u64> {
    match column_of(row, column)? {
        Cell::Number(number) => Ok(Some(*number)),
        Cell::Null => Ok(None),
        other => Err(Trouble::Failed(format!("{column} is no number: {other:?}"))),
    }
}

/// A flag.
pub(super) fn flag(row: &Row, column: &str) -> Answer<bool> {
    match column_of(row, column)? {
        Cell::Flag(flag) => Ok(Some(*flag)),
        Cell::Null => Ok(None),
        other => Err(Trouble::Failed(format!("{column} is no flag: {other:?}"))),
    }
}

fn column_of<'a>(row: &'a Row, column: &str) -> Result<&'a Cell, Trouble> {
    row.get(column).ok_or_else(|| Trouble::Failed(format!("WMI tells no {column}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_trouble_and_what_is_empty_is_not_there() {
        let row: Row = [
            ("Name".to_owned(), Cell::Text(" Kế toán ".to_owned())),
            ("Empty".to_owned(), Cell::Text(" ".to_owned())),
            ("Null".to_owned(), Cell::Null),
            ("Count".to_owned(), Cell::Number(7)),
            ("On".to_owned(), Cell::Flag(true)),
        ]
        .into();
        assert_eq!(text(&row, "Name"), Ok(Some("Kế toán")));
        assert_eq!((text(&row, "Empty"), text(&row, "Null")), (Ok(None), Ok(None)));
        assert_eq!(text(&row, "Count"), Err(Trouble::Failed("Count is no text: Number(7)".to_owned())));
        assert_eq!(text(&row, "Gone"), Err(Trouble::Failed("WMI tells no Gone".to_owned())));
        assert_eq!((number(&row, "Count"), number(&row, "Null")), (Ok(Some(7)), Ok(None)));
        assert!(number(&row, "Name").is_err() && number(&row, "Gone").is_err());
        assert_eq!((flag(&row, "On"), flag(&row, "Null")), (Ok(Some(true)), Ok(None)));
        assert!(flag(&row, "Count").is_err() && flag(&row, "Gone").is_err());
    }
}

//! Until when a product is supported.

use jiff::civil::Date;

use crate::complaint::Complaint;
use crate::facts::os::Os;
use crate::facts::support::Support;

/// The lifecycle table.
#[derive(Debug, Clone)]
pub struct Lifecycle {
    /// The day for which the table was made.
    pub dated: Date,
    /// SHA-256 of its text, in hexadecimal.
    pub digest: String,
}

impl Lifecycle {
    /// Reads a lifecycle table. `file` only stands in the complaints.
    ///
    /// # Errors
    /// All complaints at once, in the order of the text.
    pub fn parse(file: &str, text: &str) -> Result<Lifecycle, Vec<Complaint>> {
        todo!()
    }

    /// The table that ships.
    pub fn shipped() -> Lifecycle {
        todo!()
    }

    /// Until when this operating system is supported, seen from this day.
    pub fn support(&self, os: &Os, day: Date) -> Support {
        todo!()
    }
}

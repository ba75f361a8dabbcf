//! The tree as a CSV file that can be read in again, and then changes nothing.

use anyhow::Result;
use jiff::civil::Date;

use crate::store::{Tx, past, unit};
use crate::table::Csv;

/// The units that work today, or worked on a day, as a CSV file: parents before children.
///
/// # Errors
/// When the database cannot.
pub async fn csv(tx: &mut Tx, day: Option<Date>, separator: char) -> Result<String> {
    let units = match day {
        Some(day) => past::tree_on(tx, day).await?,
        None => unit::tree(tx).await?.into_iter().filter(|unit| unit.closed_on.is_none()).collect(),
    };
    let points = unit::points(tx).await?;
    let mut csv = Csv::new(separator);
    let mut header = ["code", "name", "kind", "parent_code"].map(str::to_owned).to_vec();
    // Points are of today.
    if day.is_none() {
        header.push("points".to_owned());
    }
    csv.line(&header);
    let codes: std::collections::BTreeMap<&str, &str> =
        units.iter().map(|unit| (unit.id.as_str(), unit.code.as_str())).collect();
    for unit in &units {
        let above = unit.parent.as_deref().and_then(|parent| codes.get(parent)).copied().unwrap_or_default();
        let mut cells = vec![unit.code.clone(), unit.name.clone(), unit.kind.clone(), above.to_owned()];
        if day.is_none() {
            cells.push(points.get(&unit.id).copied().unwrap_or(0).to_string());
        }
        csv.line(&cells);
    }
    Ok(csv.text)
}

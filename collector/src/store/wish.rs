//! Wishes: what units declare that they need beside their seats.

use anyhow::Result;

use super::listing::Scope;
use super::{Tx, sql};

/// What a unit declares of one item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wish {
    /// Id of the unit.
    pub unit: String,
    /// The item, as the price book names it.
    pub item: String,
    /// How many there should be.
    pub count: i64,
    /// How many there are.
    pub have: i64,
    /// The price of one that the unit expects, in đồng.
    pub price: Option<i64>,
}

/// The wishes of these units, in the order of the units' paths.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx, scope: &Scope) -> Result<Vec<Wish>> {
    const SQL: &str = "SELECT w.unit, w.item, w.count, w.have, w.price
        FROM wish w JOIN unit u ON u.id = w.unit WHERE u.path >= $1 AND u.path < $2 ORDER BY u.path, w.item";
    let rows: Vec<(String, String, i64, i64, Option<i64>)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?);
    let wish = |(unit, item, count, have, price)| Wish { unit, item, count, have, price };
    Ok(rows.into_iter().map(wish).collect())
}

/// Makes these the wishes of a unit; those that it had are gone.
///
/// # Errors
/// When the database cannot.
pub async fn set(tx: &mut Tx, unit: &str, wishes: &[Wish]) -> Result<()> {
    const GONE: &str = "DELETE FROM wish WHERE unit = $1";
    sql!(tx, |c| sqlx::query(GONE).bind(unit).execute(c).await?);
    const PUT: &str = "INSERT INTO wish (unit, item, count, have, price) VALUES ($1, $2, $3, $4, $5)";
    for one in wishes {
        sql!(tx, |c| sqlx::query(PUT)
            .bind(unit)
            .bind(&one.item)
            .bind(one.count)
            .bind(one.have)
            .bind(one.price)
            .execute(c)
            .await?);
    }
    Ok(())
}

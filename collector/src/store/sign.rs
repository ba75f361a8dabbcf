//! What tells each PC from others: its trustworthy evidence.

use std::collections::BTreeSet;

use anyhow::Result;
use rules::facts::identity::Evidence;
use rules::identity::Signs;

use super::{Tx, sql};

/// The evidence of a machine.
///
/// # Errors
/// When the database cannot.
pub async fn of(tx: &mut Tx, machine: &str) -> Result<Signs> {
    const SQL: &str = "SELECT kind, value FROM machine_sign WHERE machine = $1";
    let rows: Vec<(String, String)> = sql!(tx, |c| sqlx::query_as(SQL).bind(machine).fetch_all(c).await?);
    let mut signs = Signs::default();
    for (kind, value) in rows {
        // A kind that this program does not know was written by a newer one.
        if let Some(kind) = Evidence::ALL.iter().find(|known| known.word() == kind) {
            signs.add(*kind, value);
        }
    }
    Ok(signs)
}

/// Puts this evidence in the place of what was known; writes only what changed.
///
/// # Errors
/// When the database cannot.
pub async fn set(tx: &mut Tx, machine: &str, signs: &Signs) -> Result<()> {
    let before = of(tx, machine).await?;
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (before.iter().collect(), signs.iter().collect());
    const GONE: &str = "DELETE FROM machine_sign WHERE machine = $1 AND kind = $2 AND value = $3";
    for (kind, value) in old.difference(&new) {
        sql!(tx, |c| sqlx::query(GONE).bind(machine).bind(kind.word()).bind(*value).execute(c).await?);
    }
    const PUT: &str = "INSERT INTO machine_sign (machine, kind, value) VALUES ($1, $2, $3)";
    for (kind, value) in new.difference(&old) {
        sql!(tx, |c| sqlx::query(PUT).bind(machine).bind(kind.word()).bind(*value).execute(c).await?);
    }
    Ok(())
}

/// The machines that share anything of this evidence, by id.
///
/// # Errors
/// When the database cannot.
pub async fn sharing(tx: &mut Tx, signs: &Signs) -> Result<Vec<String>> {
    const SQL: &str =
        "SELECT machine FROM machine_sign WHERE kind = $1 AND value = $2 ORDER BY machine LIMIT 64";
    let mut machines = BTreeSet::new();
    for (kind, value) in signs.iter() {
        let rows: Vec<String> =
            sql!(tx, |c| sqlx::query_scalar(SQL).bind(kind.word()).bind(value).fetch_all(c).await?);
        machines.extend(rows);
    }
    Ok(machines.into_iter().collect())
}

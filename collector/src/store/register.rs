//! What the asset register of an agency says of machines: who answers for one, what it is for, since when, and until
//! when its maker supports it.

use std::collections::BTreeMap;

use anyhow::Result;

use super::listing::Scope;
use super::{Tx, sql};

/// What the register says of a machine; what nobody said is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entry {
    /// Who answers for it.
    pub responsible: String,
    /// What it is for.
    pub purpose: String,
    /// Its number in the register.
    pub number: String,
    /// Since when it stands there, such as 2026-12-31.
    pub registered_on: String,
    /// Until when its maker supports it, such as 2026-12-31.
    pub warranty_until: String,
}

/// What the register says of this machine.
///
/// # Errors
/// When the database cannot.
pub async fn of(tx: &mut Tx, machine: &str) -> Result<Entry> {
    const SQL: &str = "SELECT responsible, purpose, number, registered_on, warranty_until
        FROM register WHERE machine = $1";
    let row: Option<(String, String, String, String, String)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(machine).fetch_optional(c).await?);
    let entry = |(responsible, purpose, number, registered_on, warranty_until)| Entry {
        responsible,
        purpose,
        number,
        registered_on,
        warranty_until,
    };
    Ok(row.map(entry).unwrap_or_default())
}

/// Writes what the register says of a machine in place of what it said. Gives whether it said something else.
///
/// # Errors
/// When the database cannot.
pub async fn put(tx: &mut Tx, machine: &str, entry: &Entry) -> Result<bool> {
    if of(tx, machine).await? == *entry {
        return Ok(false);
    }
    const SQL: &str =
        "INSERT INTO register (machine, responsible, purpose, number, registered_on, warranty_until)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (machine) DO UPDATE SET responsible = $2, purpose = $3,
            number = $4, registered_on = $5, warranty_until = $6";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(machine)
        .bind(&entry.responsible)
        .bind(&entry.purpose)
        .bind(&entry.number)
        .bind(&entry.registered_on)
        .bind(&entry.warranty_until)
        .execute(c)
        .await?);
    Ok(true)
}

/// The rooms of the machines of these units and what the register says of them, by their ids; those of which nothing
/// is said are left out.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx, scope: &Scope) -> Result<BTreeMap<String, (String, Entry)>> {
    const SQL: &str = "SELECT m.id, m.room, COALESCE(r.responsible, ''), COALESCE(r.purpose, ''),
            COALESCE(r.number, ''), COALESCE(r.registered_on, ''), COALESCE(r.warranty_until, '')
        FROM machine m LEFT JOIN register r ON r.machine = m.id
        WHERE m.unit_path >= $1 AND m.unit_path < $2 AND (m.room <> '' OR r.machine IS NOT NULL)";
    type Row = (String, String, String, String, String, String, String);
    let rows: Vec<Row> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(scope.first()).bind(scope.end()).fetch_all(c).await?);
    let entry = |(machine, room, responsible, purpose, number, registered_on, warranty_until): Row| {
        let entry = Entry { responsible, purpose, number, registered_on, warranty_until };
        (machine, (room, entry))
    };
    Ok(rows.into_iter().map(entry).collect())
}

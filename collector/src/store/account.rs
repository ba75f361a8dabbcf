//! People.

use std::fmt;

use anyhow::{Context, Result};
use jiff::Timestamp;
use sqlx::Row;

use super::{Tx, new_id, sql};

/// What a person may do. The role of a seat is another thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Everything.
    Administrator,
    /// Sees everything and plans.
    Analyst,
    /// Sees everything and handles incidents.
    Security,
    /// Sees.
    Viewer,
}

impl Standing {
    /// Every standing.
    pub const ALL: &'static [Standing] =
        &[Standing::Administrator, Standing::Analyst, Standing::Security, Standing::Viewer];

    /// As it stands in the database and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Standing::Administrator => "administrator",
            Standing::Analyst => "analyst",
            Standing::Security => "security",
            Standing::Viewer => "viewer",
        }
    }

    /// The standing of this word.
    pub fn parse(word: &str) -> Option<Standing> {
        Standing::ALL.iter().copied().find(|standing| standing.word() == word)
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A person who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    /// Id.
    pub id: String,
    /// The name to sign in with, folded to lower case.
    pub name: String,
    /// Argon2id, as a PHC string.
    pub password: String,
    /// What the person may do.
    pub standing: Standing,
    /// The unit whose subtree the person sees; none is everything.
    pub unit: Option<String>,
}

/// A name as it is kept: trimmed and in lower case, so that `Admin` and `admin` are one person.
pub fn normal_name(name: &str) -> String {
    name.trim().to_lowercase()
}

/// Makes an account and gives its id. `password` is a PHC string from [`crate::guard::hash_password`].
///
/// # Errors
/// When the name is taken, the unit is unknown, or the database fails.
pub async fn add(
    tx: &mut Tx,
    now: Timestamp,
    name: &str,
    password: &str,
    standing: Standing,
    unit: Option<&str>,
) -> Result<String> {
    const SQL: &str = "INSERT INTO account (id, name, password, role, unit, created_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let id = new_id(now);
    let name = normal_name(name);
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(&id)
            .bind(&name)
            .bind(password)
            .bind(standing.word())
            .bind(unit)
            .bind(now.as_millisecond())
            .execute(c)
            .await
            .with_context(|| format!("making the account {name}"))?
    });
    Ok(id)
}

/// The account of this name.
///
/// # Errors
/// When the database fails or holds a standing that this program does not know.
pub async fn of_name(tx: &mut Tx, name: &str) -> Result<Option<Account>> {
    const SQL: &str = "SELECT id, name, password, role, unit FROM account WHERE name = $1";
    let name = normal_name(name);
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(&name)
            .fetch_optional(c)
            .await?
            .map(|row| {
                let standing: String = row.try_get("role")?;
                Ok(Account {
                    id: row.try_get("id")?,
                    name: row.try_get("name")?,
                    password: row.try_get("password")?,
                    standing: Standing::parse(&standing)
                        .with_context(|| format!("the account {name} has the unknown role {standing}"))?,
                    unit: row.try_get("unit")?,
                })
            })
            .transpose()
    })
}

/// Sets another password, a PHC string.
///
/// # Errors
/// When the database fails.
pub async fn set_password(tx: &mut Tx, id: &str, password: &str) -> Result<()> {
    const SQL: &str = "UPDATE account SET password = $2 WHERE id = $1";
    sql!(tx, |c| sqlx::query(SQL).bind(id).bind(password).execute(c).await?);
    Ok(())
}

/// How many accounts there are.
///
/// # Errors
/// When the database fails.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM account";
    Ok(sql!(tx, |c| sqlx::query_scalar(SQL).fetch_one(c).await?))
}

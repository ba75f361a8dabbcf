//! Texts of rule sets and lifecycle tables that have judged, by digest; and who put them in force.
//!
//! Knows no TOML: a text is kept as it was read.

use anyhow::{Context, Result};
use jiff::Timestamp;
use sqlx::Row;

use super::{Tx, new_id, sql};

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A rule set.
    Set,
    /// A lifecycle table.
    Lifecycle,
    /// A price book.
    Prices,
    /// Norms.
    Norms,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Kind::Set => "set",
            Kind::Lifecycle => "lifecycle",
            Kind::Prices => "prices",
            Kind::Norms => "norms",
        }
    }

    fn parse(word: &str) -> Result<Kind> {
        match word {
            "set" => Ok(Kind::Set),
            "lifecycle" => Ok(Kind::Lifecycle),
            "prices" => Ok(Kind::Prices),
            "norms" => Ok(Kind::Norms),
            other => anyhow::bail!("an archived text is of the kind “{other}”, which is none"),
        }
    }
}

/// A text that judges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The digest that the set or the table says of itself, in hexadecimal.
    pub digest: String,
    /// What it is.
    pub kind: Kind,
    /// Id of the set; `lifecycle` for a table.
    pub id: String,
    /// The text as it was read.
    pub text: String,
    /// Digests of the sets that it was read among: it may extend or ask for one of them.
    pub beside: Vec<String>,
}

/// The digest that assessments carry, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The digest of an assessment, in hexadecimal.
    pub digest: String,
    /// Digest of the rule set.
    pub ruleset: String,
    /// Digest of the lifecycle table.
    pub lifecycle: String,
    /// Parameters that differ from their defaults, as a JSON object by name; `{}` for none.
    pub settings: String,
    /// Ids of the rules that were waived.
    pub waived: Vec<String>,
}

/// An archived text, as a list shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archived {
    /// Its digest, in hexadecimal.
    pub digest: String,
    /// What it is.
    pub kind: Kind,
    /// Id of the set; `lifecycle` for a table.
    pub id: String,
    /// When it judged first.
    pub first_used_at: Timestamp,
    /// Machines whose latest report it judged; of a lifecycle table, together with any set.
    pub machines: i64,
}

/// A text put in the place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activation {
    /// When.
    pub at: Timestamp,
    /// The account's name, or the program.
    pub actor: String,
    /// Id of the set.
    pub ruleset: String,
    /// Digest before; none where there was no such set.
    pub before: Option<String>,
    /// Digest after; none where the set is gone.
    pub after: Option<String>,
    /// Why, in the words of who did it.
    pub reason: String,
    /// Machines that have a report, and those of them that came out otherwise; none when nobody counted.
    pub counts: Option<(i64, i64)>,
}

/// Keeps a text, unless one of this digest is kept.
///
/// # Errors
/// When the database cannot.
pub async fn put(tx: &mut Tx, text: &Text, at: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO rules_text (digest, kind, id, text, beside, first_used_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (digest) DO NOTHING";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&text.digest)
        .bind(text.kind.word())
        .bind(&text.id)
        .bind(&text.text)
        .bind(text.beside.join(" "))
        .bind(at.as_millisecond())
        .execute(c)
        .await?);
    Ok(())
}

/// The text of this digest.
///
/// # Errors
/// When the database cannot.
pub async fn find(tx: &mut Tx, digest: &str) -> Result<Option<Text>> {
    const SQL: &str = "SELECT kind, id, text, beside FROM rules_text WHERE digest = $1";
    let row: Option<(String, String, String, String)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(digest).fetch_optional(c).await?);
    let Some((kind, id, text, beside)) = row else { return Ok(None) };
    let beside = beside.split_whitespace().map(str::to_owned).collect();
    Ok(Some(Text { digest: digest.to_owned(), kind: Kind::parse(&kind)?, id, text, beside }))
}

/// Every text, those used last first.
///
/// # Errors
/// When the database cannot.
pub async fn list(tx: &mut Tx) -> Result<Vec<Archived>> {
    const SQL: &str = "WITH counted AS (
            SELECT rules_digest AS digest, COUNT(*) AS machines FROM machine
            WHERE rules_digest <> '' GROUP BY rules_digest
        ), judged AS (
            SELECT p.ruleset AS digest, c.machines AS machines FROM rules_pair p JOIN counted c ON c.digest = p.digest
            UNION ALL
            SELECT p.lifecycle, c.machines FROM rules_pair p JOIN counted c ON c.digest = p.digest
        )
        SELECT t.digest AS digest, t.kind AS kind, t.id AS id, t.first_used_at AS first_used_at,
            CAST(COALESCE(SUM(j.machines), 0) AS BIGINT) AS machines
        FROM rules_text t LEFT JOIN judged j ON j.digest = t.digest
        GROUP BY t.digest, t.kind, t.id, t.first_used_at
        ORDER BY t.first_used_at DESC, t.id, t.digest";
    sql!(tx, |c| {
        sqlx::query(SQL)
            .fetch_all(c)
            .await?
            .into_iter()
            .map(|row| {
                Ok(Archived {
                    digest: row.try_get("digest")?,
                    kind: Kind::parse(row.try_get("kind")?)?,
                    id: row.try_get("id")?,
                    first_used_at: Timestamp::from_millisecond(row.try_get("first_used_at")?)?,
                    machines: row.try_get("machines")?,
                })
            })
            .collect()
    })
}

/// A text by its digest, without the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its digest, in hexadecimal.
    pub digest: String,
    /// What it is.
    pub kind: Kind,
    /// Id of the set; `prices` and the like for a table.
    pub id: String,
    /// When it judged or was tried first.
    pub first_used_at: Timestamp,
}

/// Every text without the text, the newest first.
///
/// # Errors
/// When the database cannot.
pub async fn named(tx: &mut Tx) -> Result<Vec<Named>> {
    const SQL: &str = "SELECT digest, kind, id, first_used_at FROM rules_text
        ORDER BY first_used_at DESC, id, digest";
    let rows: Vec<(String, String, String, i64)> = sql!(tx, |c| sqlx::query_as(SQL).fetch_all(c).await?);
    let named = |(digest, kind, id, first_used_at): (String, String, String, i64)| {
        let first_used_at = Timestamp::from_millisecond(first_used_at)?;
        Ok(Named { digest, kind: Kind::parse(&kind)?, id, first_used_at })
    };
    rows.into_iter().map(named).collect()
}

/// Keeps what the digest of an assessment is made of, unless it is kept already or one of its texts is not.
///
/// # Errors
/// When the database cannot.
pub async fn put_pair(tx: &mut Tx, pair: &Pair, at: Timestamp) -> Result<()> {
    const SQL: &str = "INSERT INTO rules_pair (digest, ruleset, lifecycle, settings, waived, first_used_at)
        SELECT $1, $2, $3, $4, $5, $6 FROM rules_text s JOIN rules_text t ON t.digest = $3
        WHERE s.digest = $2 ON CONFLICT (digest) DO NOTHING";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(&pair.digest)
        .bind(&pair.ruleset)
        .bind(&pair.lifecycle)
        .bind(&pair.settings)
        .bind(pair.waived.join(" "))
        .bind(at.as_millisecond())
        .execute(c)
        .await
        .context("keeping which texts judged"))?;
    Ok(())
}

/// What the digest of an assessment is made of.
///
/// # Errors
/// When the database cannot.
pub async fn pair(tx: &mut Tx, digest: &str) -> Result<Option<Pair>> {
    const SQL: &str = "SELECT ruleset, lifecycle, settings, waived FROM rules_pair WHERE digest = $1";
    let row: Option<(String, String, String, String)> =
        sql!(tx, |c| sqlx::query_as(SQL).bind(digest).fetch_optional(c).await?);
    Ok(row.map(|(ruleset, lifecycle, settings, waived)| Pair {
        digest: digest.to_owned(),
        ruleset,
        lifecycle,
        settings,
        waived: waived.split_whitespace().map(str::to_owned).collect(),
    }))
}

/// Writes down that a text was put in the place of another.
///
/// # Errors
/// When the database cannot.
pub async fn activate(tx: &mut Tx, activation: &Activation) -> Result<()> {
    const SQL: &str =
        "INSERT INTO rules_activation (id, at, actor, ruleset, before, after, reason, machines, changed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    sql!(tx, |c| sqlx::query(SQL)
        .bind(new_id(activation.at))
        .bind(activation.at.as_millisecond())
        .bind(&activation.actor)
        .bind(&activation.ruleset)
        .bind(&activation.before)
        .bind(&activation.after)
        .bind(&activation.reason)
        .bind(activation.counts.map(|(machines, _)| machines))
        .bind(activation.counts.map(|(_, changed)| changed))
        .execute(c)
        .await?);
    Ok(())
}

/// The latest activations, newest first, at most `count`.
///
/// # Errors
/// When the database cannot.
pub async fn activations(tx: &mut Tx, count: i64) -> Result<Vec<Activation>> {
    const SQL: &str = "SELECT at, actor, ruleset, before, after, reason, machines, changed
        FROM rules_activation ORDER BY id DESC LIMIT $1";
    sql!(tx, |c| {
        sqlx::query(SQL)
            .bind(count)
            .fetch_all(c)
            .await?
            .into_iter()
            .map(|row| {
                let machines: Option<i64> = row.try_get("machines")?;
                Ok(Activation {
                    at: Timestamp::from_millisecond(row.try_get("at")?)?,
                    actor: row.try_get("actor")?,
                    ruleset: row.try_get("ruleset")?,
                    before: row.try_get("before")?,
                    after: row.try_get("after")?,
                    reason: row.try_get("reason")?,
                    counts: machines.zip(row.try_get("changed")?),
                })
            })
            .collect()
    })
}

/// Adds to the activations that nobody has counted for what judging the fleet again came to: machines that have a
/// report, and those of them that came out otherwise. Gives the ids of their sets.
///
/// # Errors
/// When the database cannot.
pub async fn counted(tx: &mut Tx, counts: (i64, i64)) -> Result<Vec<String>> {
    const SQL: &str =
        "UPDATE rules_activation SET machines = $1, changed = $2 WHERE machines IS NULL RETURNING ruleset";
    let mut sets: Vec<String> =
        sql!(tx, |c| sqlx::query_scalar(SQL).bind(counts.0).bind(counts.1).fetch_all(c).await?);
    sets.sort();
    sets.dedup();
    Ok(sets)
}

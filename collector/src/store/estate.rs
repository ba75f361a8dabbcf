//! What a unit leaves when it closes, beside its machines: its seats and wishes, exceptions, people who see it only, its
//! target, parameters, team, and goods that were asked for. It goes to a unit that came after, or is dropped; until then
//! it stands in the list of what waits.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use jiff::Timestamp;

use super::listing::Scope;
use super::waiver::{self, Grant, Reach};
use super::{Tx, sql};

/// What sort of thing a unit leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Its seats, all of them.
    Seats,
    /// What it declared that it needs, of one item.
    Wish,
    /// An exception from one rule.
    Waiver,
    /// A person who sees this unit only.
    Account,
    /// Its target.
    Target,
    /// A parameter of a rule set.
    Parameter,
    /// The team that looks after its machines.
    Team,
    /// What is bought for it and belongs to no machine yet.
    Goods,
}

impl Kind {
    /// Every sort, in the order of a list.
    pub const ALL: &'static [Kind] = &[
        Kind::Seats,
        Kind::Wish,
        Kind::Waiver,
        Kind::Account,
        Kind::Target,
        Kind::Parameter,
        Kind::Team,
        Kind::Goods,
    ];

    /// As it stands in forms and in the audit trail.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Seats => "seats",
            Kind::Wish => "wish",
            Kind::Waiver => "waiver",
            Kind::Account => "account",
            Kind::Target => "target",
            Kind::Parameter => "parameter",
            Kind::Team => "team",
            Kind::Goods => "goods",
        }
    }

    /// The sort of this word.
    pub fn parse(word: &str) -> Option<Kind> {
        Kind::ALL.iter().copied().find(|kind| kind.word() == word)
    }
}

/// One thing that a unit leaves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Id of the unit.
    pub unit: String,
    /// What sort of thing it is.
    pub kind: Kind,
    /// Which one: an item, an id, or the set and the name of a parameter with a space between; empty where a unit has one
    /// only.
    pub key: String,
    /// What people call it: how many, a rule, a name, a value.
    pub told: String,
}

const OF_UNITS: &[(Kind, &str)] = &[
    (
        Kind::Seats,
        "SELECT u.id, '', CAST(CAST(SUM(s.count) AS BIGINT) AS TEXT) FROM seat s JOIN unit u ON u.id = s.unit
        WHERE u.path >= $1 AND u.path < $2 AND ($3 = 'all' OR u.closed_on IS NOT NULL)
        GROUP BY u.id, u.path ORDER BY u.path",
    ),
    (
        Kind::Wish,
        "SELECT u.id, w.item, w.item || ' × ' || CAST(w.count AS TEXT) FROM wish w JOIN unit u ON u.id = w.unit
        WHERE u.path >= $1 AND u.path < $2 AND ($3 = 'all' OR u.closed_on IS NOT NULL)
        ORDER BY u.path, w.item",
    ),
    (
        Kind::Waiver,
        "SELECT u.id, w.id, w.rule FROM waiver w JOIN unit u ON u.id = w.unit
        WHERE w.ended_at IS NULL AND u.path >= $1 AND u.path < $2
            AND ($3 = 'all' OR u.closed_on IS NOT NULL) ORDER BY u.path, w.rule, w.id",
    ),
    (
        Kind::Account,
        "SELECT u.id, a.name, a.name FROM account a JOIN unit u ON u.id = a.unit
        WHERE u.path >= $1 AND u.path < $2 AND ($3 = 'all' OR u.closed_on IS NOT NULL)
        ORDER BY u.path, a.name",
    ),
    (
        Kind::Target,
        "SELECT u.id, '', CAST(t.share_percent AS TEXT) || ' % · ' || t.day FROM target t JOIN unit u ON u.id = t.unit
        WHERE u.path >= $1 AND u.path < $2 AND ($3 = 'all' OR u.closed_on IS NOT NULL) ORDER BY u.path",
    ),
    (
        Kind::Parameter,
        "SELECT u.id, p.ruleset || ' ' || p.name, p.name || ' = ' || p.value
        FROM parameter p JOIN unit u ON u.id = p.unit
        WHERE u.path >= $1 AND u.path < $2 AND ($3 = 'all' OR u.closed_on IS NOT NULL)
        ORDER BY u.path, p.ruleset, p.name",
    ),
    (
        Kind::Team,
        "SELECT u.id, '', u.team FROM unit u
        WHERE u.team <> '' AND u.path >= $1 AND u.path < $2
            AND ($3 = 'all' OR u.closed_on IS NOT NULL) ORDER BY u.path",
    ),
    (
        Kind::Goods,
        "SELECT u.id, g.id, g.item || ' × ' || CAST(g.count AS TEXT) FROM goods g JOIN unit u ON u.id = g.unit
        WHERE g.confirmed_at IS NULL AND u.path >= $1 AND u.path < $2
            AND ($3 = 'all' OR u.closed_on IS NOT NULL) ORDER BY u.path, g.id",
    ),
];

async fn listed(tx: &mut Tx, scope: &Scope, which: &str) -> Result<Vec<Left>> {
    let mut all = Vec::new();
    for (kind, query) in OF_UNITS {
        let rows: Vec<(String, String, String)> = sql!(tx, |c| sqlx::query_as(*query)
            .bind(scope.first())
            .bind(scope.end())
            .bind(which)
            .fetch_all(c)
            .await?);
        all.extend(rows.into_iter().map(|(unit, key, told)| Left { unit, kind: *kind, key, told }));
    }
    Ok(all)
}

/// What closed units of this scope left, by sort, then in the order of units.
///
/// # Errors
/// When the database cannot.
pub async fn left(tx: &mut Tx, scope: &Scope) -> Result<Vec<Left>> {
    listed(tx, scope, "closed").await
}

/// What each unit, by its id, has that it would leave if it closed.
///
/// # Errors
/// When the database cannot.
pub async fn all(tx: &mut Tx) -> Result<BTreeMap<String, Vec<Left>>> {
    let mut by_unit: BTreeMap<String, Vec<Left>> = BTreeMap::new();
    for one in listed(tx, &Scope::everything(), "all").await? {
        by_unit.entry(one.unit.clone()).or_default().push(one);
    }
    Ok(by_unit)
}

/// Gives what a unit left to another one. Counts are added; what the other has of its own stays as it is, and then this
/// gives false and changes nothing. An exception is ended where it was and granted anew where it goes.
///
/// # Errors
/// When the database cannot.
pub async fn pass(tx: &mut Tx, one: &Left, to: &str, by: &str, at: Timestamp) -> Result<bool> {
    match one.kind {
        Kind::Seats => {
            const ADD: &str = "INSERT INTO seat (unit, role, norm_group, regime, count)
                SELECT $2, s.role, s.norm_group, s.regime, s.count FROM seat s WHERE s.unit = $1
                ON CONFLICT (unit, role, norm_group, regime) DO UPDATE SET count = seat.count + excluded.count";
            const GONE: &str = "DELETE FROM seat WHERE unit = $1";
            sql!(tx, |c| {
                sqlx::query(ADD).bind(&one.unit).bind(to).execute(&mut *c).await?;
                Ok(sqlx::query(GONE).bind(&one.unit).execute(&mut *c).await?.rows_affected() > 0)
            })
        }
        Kind::Wish => {
            // Of two prices that two units expected the higher one is planned with.
            const ADD: &str = "INSERT INTO wish (unit, item, count, have, price)
                SELECT $2, w.item, w.count, w.have, w.price FROM wish w WHERE w.unit = $1 AND w.item = $3
                ON CONFLICT (unit, item) DO UPDATE SET count = wish.count + excluded.count,
                    have = wish.have + excluded.have,
                    price = CASE WHEN wish.price IS NULL OR excluded.price > wish.price THEN excluded.price
                        ELSE wish.price END";
            const GONE: &str = "DELETE FROM wish WHERE unit = $1 AND item = $2";
            sql!(tx, |c| {
                sqlx::query(ADD).bind(&one.unit).bind(to).bind(&one.key).execute(&mut *c).await?;
                let gone = sqlx::query(GONE).bind(&one.unit).bind(&one.key).execute(&mut *c).await?;
                Ok(gone.rows_affected() > 0)
            })
        }
        Kind::Waiver => {
            let Some(known) = waiver::find(tx, &one.key).await? else { return Ok(false) };
            if !waiver::end(tx, &known.id, by, at).await? {
                return Ok(false);
            }
            let (rule, reason, ends_on) = (known.rule.as_str(), known.reason.as_str(), known.ends_on);
            waiver::grant(tx, Grant { reach: Reach::Unit(to), rule, reason, by, ends_on }, at).await?;
            Ok(true)
        }
        Kind::Account => {
            const SQL: &str = "UPDATE account SET unit = $3 WHERE name = $2 AND unit = $1";
            moved(tx, SQL, one, to).await
        }
        Kind::Target => {
            const SQL: &str = "UPDATE target SET unit = $3 WHERE unit = $1 AND $2 = ''
                AND NOT EXISTS (SELECT 1 FROM target o WHERE o.unit = $3)";
            moved(tx, SQL, one, to).await
        }
        Kind::Parameter => {
            const SQL: &str = "UPDATE parameter SET unit = $3 WHERE unit = $1 AND ruleset || ' ' || name = $2
                AND NOT EXISTS (SELECT 1 FROM parameter o WHERE o.unit = $3 AND o.ruleset || ' ' || o.name = $2)";
            moved(tx, SQL, one, to).await
        }
        Kind::Team => {
            const SQL: &str = "UPDATE unit SET team = (SELECT f.team FROM unit f WHERE f.id = $1 AND $2 = '')
                WHERE id = $3 AND team = ''";
            let went = moved(tx, SQL, one, to).await?;
            if went {
                drop_left(tx, one, by, at).await?;
            }
            Ok(went)
        }
        Kind::Goods => {
            const SQL: &str = "UPDATE goods SET unit = $3 WHERE unit = $1 AND id = $2";
            moved(tx, SQL, one, to).await
        }
    }
}

async fn moved(tx: &mut Tx, query: &'static str, one: &Left, to: &str) -> Result<bool> {
    let done = sql!(tx, |c| sqlx::query(query)
        .bind(&one.unit)
        .bind(&one.key)
        .bind(to)
        .execute(c)
        .await
        .context("passing on what a unit left")?
        .rows_affected());
    Ok(done > 0)
}

/// Drops what a unit left. Gives whether it was there; people are never dropped.
///
/// # Errors
/// When the database cannot.
pub async fn drop_left(tx: &mut Tx, one: &Left, by: &str, at: Timestamp) -> Result<bool> {
    let query = match one.kind {
        Kind::Account => return Ok(false),
        Kind::Waiver => return waiver::end(tx, &one.key, by, at).await,
        Kind::Seats => "DELETE FROM seat WHERE unit = $1 AND $2 = ''",
        Kind::Wish => "DELETE FROM wish WHERE unit = $1 AND item = $2",
        Kind::Target => "DELETE FROM target WHERE unit = $1 AND $2 = ''",
        Kind::Parameter => "DELETE FROM parameter WHERE unit = $1 AND ruleset || ' ' || name = $2",
        Kind::Team => "UPDATE unit SET team = '' WHERE id = $1 AND $2 = ''",
        Kind::Goods => "DELETE FROM goods WHERE unit = $1 AND id = $2 AND confirmed_at IS NULL",
    };
    let done =
        sql!(tx, |c| sqlx::query(query).bind(&one.unit).bind(&one.key).execute(c).await?.rows_affected());
    Ok(done > 0)
}

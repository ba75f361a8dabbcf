//! All that the collector remembers.
//!
//! The common tongue of SQLite and PostgreSQL, so that the second comes in without rewriting:
//! - `$1` placeholders; types TEXT, BIGINT, BOOLEAN, DOUBLE PRECISION and BYTEA, nothing else.
//! - Ids are made by the program; times are BIGINT milliseconds; documents are JSON in TEXT, never queried inside.
//! - `ON CONFLICT … DO UPDATE`, `RETURNING`, `WITH` and window functions are in both. `ILIKE`, JSON operators, arrays
//!   and `now()` are not used. Search text is folded in Rust into a column.
//! - The SQL stands as `const SQL` in the function that uses it; every function takes `&mut Tx`.
//!
//! Knows no HTTP, no pages and no judgement.

#![expect(clippy::disallowed_methods, reason = "the one room of SQL")]

use std::path::Path;

use anyhow::{Context, Result};
use embedded::{Embedded, Turn};
use jiff::Timestamp;
use sqlx::{Database, Encode, QueryBuilder, Sqlite, Transaction, Type};

pub mod assessment;
pub mod conflict;
pub mod counts;
pub mod declaration;
pub mod diagnosis;
pub mod estate;
pub mod fleet;
pub mod goods;
pub mod join_code;
pub mod key;
pub mod machine;
pub mod parameter;
pub mod past;
pub mod register;
pub mod report;
pub mod rules_text;
pub mod scenario;
pub mod seat;
pub mod setting;
pub mod sign;
pub mod tally;
pub mod target;
pub mod unit;
pub mod waiver;
pub mod wish;
pub mod work;

mod embedded;

pub mod account;
pub mod audit;
pub mod listing;
pub mod session;

/// The schema, forward only: a file is never changed once it has been released.
const SCHEMA: &[(i64, &str)] = &[
    (1, include_str!("../schema/0001_start.sql")),
    (2, include_str!("../schema/0002_base.sql")),
    (3, include_str!("../schema/0003_identity.sql")),
    (4, include_str!("../schema/0004_waiver.sql")),
    (5, include_str!("../schema/0005_rules_text.sql")),
    (6, include_str!("../schema/0006_plan.sql")),
    (7, include_str!("../schema/0007_scenario.sql")),
    (8, include_str!("../schema/0008_unit_dates.sql")),
    (9, include_str!("../schema/0009_tally.sql")),
    (10, include_str!("../schema/0010_work.sql")),
    (11, include_str!("../schema/0011_wish.sql")),
    (12, include_str!("../schema/0012_parameter.sql")),
    (13, include_str!("../schema/0013_verdict.sql")),
    (14, include_str!("../schema/0014_declaration.sql")),
    (15, include_str!("../schema/0015_terms.sql")),
    (16, include_str!("../schema/0016_goods.sql")),
    (17, include_str!("../schema/0017_register.sql")),
    (18, include_str!("../schema/0018_packed.sql")),
    (19, include_str!("../schema/0019_unsure.sql")),
    (20, include_str!("../schema/0020_ruleset.sql")),
    (21, include_str!("../schema/0021_short.sql")),
    (22, include_str!("../schema/0022_counted.sql")),
];

/// Rows that one statement is about: fifteen values each at most, and PostgreSQL takes 65,535.
const TOGETHER: usize = 256;

/// Whether a statement about this many rows is kept prepared. One of each number would fill the memory of a connection.
fn is_usual(rows: usize) -> bool {
    rows == 1 || rows == TOGETHER
}

/// Adds a condition that a column has one of these values, of which there is at least one.
fn push_among<'v, D: Database>(query: &mut QueryBuilder<D>, column: &str, values: &[&'v str])
where
    &'v str: Encode<'v, D> + Type<D>,
{
    let mut listed = query.push(column).push(" IN (").separated(", ");
    for value in values {
        listed.push_bind(*value);
    }
    query.push(")");
}

/// All that the collector remembers.
#[derive(Clone)]
pub enum Store {
    /// The embedded database.
    Sqlite(Embedded),
}

/// One transaction: everything in it happens, or nothing.
pub enum Tx {
    /// On the embedded database, with the place in the queue of writers.
    Sqlite(Transaction<'static, Sqlite>, Option<Turn>),
}

/// Runs one body on whichever database the transaction is on; the compiler checks it against each driver.
macro_rules! sql {
    ($tx:expr, |$connection:ident| $body:expr) => {
        match $tx {
            $crate::store::Tx::Sqlite(transaction, _) => {
                let $connection = &mut **transaction;
                $body
            }
        }
    };
}
pub(crate) use sql;

impl Store {
    /// Opens the embedded database at this path, makes it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// When the file cannot be opened, is not a database, or is of a newer schema than this program.
    pub async fn open(path: &Path) -> Result<Store> {
        let opening = || format!("opening the database {}", path.display());
        let store = Store::Sqlite(Embedded::open(path).await.with_context(opening)?);
        store
            .upgrade()
            .await
            .with_context(|| format!("bringing the database {} up to date", path.display()))?;
        Ok(store)
    }

    /// Opens the embedded database at this path to look at it only: nothing in it can be changed, not even its schema.
    ///
    /// # Errors
    /// When there is no such file, it is not a database, or its schema is not that of this program.
    pub async fn open_to_read(path: &Path) -> Result<Store> {
        let opening = || format!("opening the database {} to read", path.display());
        let store = Store::Sqlite(Embedded::open_to_read(path).await.with_context(opening)?);
        let mut tx = store.read().await?;
        const NEWEST: &str = "SELECT MAX(version) FROM schema_version";
        let newest: Option<i64> =
            sql!(&mut tx, |c| sqlx::query_scalar(NEWEST).fetch_one(c).await).with_context(opening)?;
        drop(tx);
        let known = SCHEMA.last().map(|(version, _)| *version);
        anyhow::ensure!(
            newest == known,
            "{}: it has schema {}, this program has schema {}: run both in the same version (serve brings an older \
             database up to date)",
            opening(),
            newest.unwrap_or(0),
            known.unwrap_or(0)
        );
        Ok(store)
    }

    /// Begins a transaction that may write.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn begin(&self) -> Result<Tx> {
        match self {
            Store::Sqlite(embedded) => {
                let (transaction, turn) = embedded.begin().await?;
                Ok(Tx::Sqlite(transaction, Some(turn)))
            }
        }
    }

    /// Begins a transaction that writes much, one of several. After each, [`Store::settle`] is to be called.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn begin_bulk(&self) -> Result<Tx> {
        match self {
            Store::Sqlite(embedded) => {
                let (transaction, turn) = embedded.begin_bulk().await?;
                Ok(Tx::Sqlite(transaction, Some(turn)))
            }
        }
    }

    /// Does what the database puts off while much is written, beside whoever reads and writes.
    pub fn settle(&self) {
        match self {
            Store::Sqlite(embedded) => embedded.settle(),
        }
    }

    /// Begins a transaction that only reads, and does not wait for writers.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn read(&self) -> Result<Tx> {
        match self {
            Store::Sqlite(embedded) => Ok(Tx::Sqlite(embedded.read().await?, None)),
        }
    }

    /// Closes all connections; what was committed is in the file.
    pub async fn close(&self) {
        match self {
            Store::Sqlite(embedded) => embedded.close().await,
        }
    }

    /// How large the database is, with all its indexes.
    #[cfg(test)]
    pub(crate) async fn bytes(&self) -> Result<u64> {
        const SQL: &str = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()";
        let mut tx = self.read().await?;
        let bytes: i64 = sql!(&mut tx, |c| sqlx::query_scalar(SQL).fetch_one(c).await?);
        Ok(u64::try_from(bytes)?)
    }

    async fn upgrade(&self) -> Result<()> {
        let mut tx = self.begin().await?;
        const CREATE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY)";
        sql!(&mut tx, |c| sqlx::query(CREATE).execute(c).await?);
        const NEWEST: &str = "SELECT MAX(version) FROM schema_version";
        let newest: Option<i64> = sql!(&mut tx, |c| sqlx::query_scalar(NEWEST).fetch_one(c).await?);
        let newest = newest.unwrap_or(0);
        let known = SCHEMA.last().map_or(0, |(version, _)| *version);
        if newest > known {
            anyhow::bail!(
                "it has schema {newest}, this program knows schemas up to {known}: use a newer program"
            );
        }
        for &(version, text) in SCHEMA.iter().filter(|(version, _)| *version > newest) {
            sql!(&mut tx, |c| sqlx::raw_sql(text).execute(c).await?);
            const DONE: &str = "INSERT INTO schema_version (version) VALUES ($1)";
            sql!(&mut tx, |c| sqlx::query(DONE).bind(version).execute(c).await?);
        }
        tx.commit().await
    }
}

impl Tx {
    /// Makes everything in this transaction durable.
    ///
    /// # Errors
    /// When the database could not write it; then nothing of it happened.
    pub async fn commit(self) -> Result<()> {
        match self {
            Tx::Sqlite(transaction, _) => Ok(transaction.commit().await?),
        }
    }
}

/// A new id: UUID version 7, so that ids sort by time.
pub fn new_id(now: Timestamp) -> String {
    let seconds = u64::try_from(now.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
    let moment = uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds);
    uuid::Uuid::new_v7(moment).simple().to_string()
}

#[cfg(test)]
pub(crate) mod story;

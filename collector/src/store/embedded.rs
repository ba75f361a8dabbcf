//! The embedded database: a file, its connections, and the log of what was written ahead.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Sqlite, SqlitePool, Transaction};
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::warn;

/// How long a writer waits for the one before it.
const BUSY: Duration = Duration::from_secs(10);
/// Connections that read beside the writer.
pub(super) const CONNECTIONS_MAX: u32 = 8;
/// What each connection keeps of the database in memory: 8 MiB (SQLite takes KiB as a negative number). A rescore writes
/// half as long as with the 2 MiB of SQLite.
const CACHE: &str = "-8192";
/// The same for the connection that writes much, which is closed when it was idle this long.
const CACHE_BULK: &str = "-16384";
const BULK_IDLE: Duration = Duration::from_secs(10);
/// Rows that a connection hands over before it waits for whoever reads them: each wait wakes another thread.
const ROWS: usize = 1024;
/// The longest log that may grow while much is written, in pages of 4 KiB: 128 MiB. Then writers wait until it is empty.
const LOG_PAGES_MAX: i64 = 32 << 10;

/// The embedded database.
///
/// It has one writer at a time; this program's own queue up for it in order, since SQLite's waiting is not fair and
/// somebody who signs in must not starve while reports pour in.
#[derive(Clone)]
pub struct Embedded {
    /// The connections.
    pub(crate) pool: SqlitePool,
    /// The one connection that writes much.
    bulk: SqlitePool,
    writers: Arc<Mutex<()>>,
    /// Whether somebody brings the log into the database just now.
    settling: Arc<AtomicBool>,
}

/// A place in the queue of writers, at its head.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Embedded {
    /// Opens the database at this path, and makes it if it is not there.
    pub(super) async fn open(path: &Path) -> Result<Embedded> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // A receipt promises that the report survives a power cut, so a commit waits for the disk.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .row_buffer_size(ROWS)
            .busy_timeout(BUSY);
        let pool =
            connections(CONNECTIONS_MAX).connect_with(options.clone().pragma("cache_size", CACHE)).await?;
        let bulk = options.pragma("cache_size", CACHE_BULK).pragma("wal_autocheckpoint", "0");
        let bulk = connections(1).idle_timeout(BULK_IDLE).connect_lazy_with(bulk);
        Ok(Embedded { pool, bulk, writers: Arc::default(), settling: Arc::default() })
    }

    /// Opens the database at this path to look at it only.
    pub(super) async fn open_to_read(path: &Path) -> Result<Embedded> {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).busy_timeout(BUSY);
        let pool = connections(CONNECTIONS_MAX).connect_with(options).await?;
        Ok(Embedded { bulk: pool.clone(), pool, writers: Arc::default(), settling: Arc::default() })
    }

    pub(super) async fn read(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.pool.begin().await?)
    }

    /// It takes the write lock at once: a transaction that begins by reading may fail when it first writes.
    pub(super) async fn begin(&self) -> Result<(Transaction<'static, Sqlite>, Turn)> {
        let turn = Arc::clone(&self.writers).lock_owned().await;
        Ok((self.pool.begin_with("BEGIN IMMEDIATE").await?, turn))
    }

    /// The same on the connection that writes much: its commit does not wait until the log is in the database.
    pub(super) async fn begin_bulk(&self) -> Result<(Transaction<'static, Sqlite>, Turn)> {
        let turn = Arc::clone(&self.writers).lock_owned().await;
        Ok((self.bulk.begin_with("BEGIN IMMEDIATE").await?, turn))
    }

    /// Brings the log into the database beside whoever reads and writes, unless somebody does so already.
    pub(super) fn settle(&self) {
        if self.settling.swap(true, Ordering::AcqRel) {
            return;
        }
        let embedded = self.clone();
        tokio::spawn(async move {
            if let Err(error) = embedded.checkpoint(LOG_PAGES_MAX).await {
                warn!(
                    error = format!("{error:#}"),
                    "What was written ahead is not brought into the database."
                );
            }
            embedded.settling.store(false, Ordering::Release);
        });
    }

    /// Brings the log into the database; where it has more pages than these, the next writer begins it anew.
    async fn checkpoint(&self, pages_max: i64) -> Result<()> {
        const BESIDE: &str = "PRAGMA wal_checkpoint(PASSIVE)";
        const EMPTY: &str = "PRAGMA wal_checkpoint(RESTART)";
        let mut connection = self.pool.acquire().await.context("connecting to bring in the log")?;
        let (_, pages, _): (i64, i64, i64) = sqlx::query_as(BESIDE).fetch_one(&mut *connection).await?;
        if pages > pages_max {
            let _turn = self.writers.lock().await;
            sqlx::query(EMPTY).execute(&mut *connection).await.context("emptying the log")?;
        }
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.bulk.close().await;
        self.pool.close().await;
    }
}

fn connections(max: u32) -> SqlitePoolOptions {
    // After "disk full" SQLite has rolled back by itself, and the connection still believes that it is in a transaction: it
    // would refuse every later one. Such a connection is closed, and the next is a fresh one. What was only dropped is
    // rolled back behind our back, and a ping waits for that.
    SqlitePoolOptions::new().max_connections(max).after_release(|connection, _| {
        Box::pin(async move {
            connection.ping().await?;
            Ok(!connection.is_in_transaction())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::tests::Folder;

    #[tokio::test]
    async fn who_writes_much_leaves_the_log_to_somebody_else() {
        let folder = Folder::new();
        let file = folder.0.join("collector.db");
        let embedded = Embedded::open(&file).await.unwrap();
        let write = async |sql: &'static str| {
            let (mut transaction, _turn) = embedded.begin_bulk().await.unwrap();
            sqlx::query(sql).execute(&mut *transaction).await.unwrap();
            transaction.commit().await.unwrap();
        };
        let bytes = || std::fs::metadata(&file).unwrap().len();
        write("CREATE TABLE much (bytes BLOB)").await;
        // More than SQLite leaves in the log by itself: a thousand pages.
        write("INSERT INTO much VALUES (zeroblob(6000000))").await;
        assert!(bytes() < 100_000, "{} bytes", bytes());
        embedded.checkpoint(LOG_PAGES_MAX).await.unwrap();
        assert!(bytes() > 6_000_000, "{} bytes", bytes());
        // A log that is too long begins anew with the next writer.
        embedded.checkpoint(0).await.unwrap();
        write("INSERT INTO much VALUES (zeroblob(1))").await;
        let log = "PRAGMA wal_checkpoint(PASSIVE)";
        let (_, pages, _): (i64, i64, i64) = sqlx::query_as(log).fetch_one(&embedded.pool).await.unwrap();
        assert!(pages < 10, "{pages} pages");
        embedded.close().await;
    }
}

//! The connections of one workspace: one that writes, a few that read.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt};
use parking_lot::Mutex;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use tenantry_core::StoreError;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::mpsc;

use crate::SqliteStore;
use crate::errors::Outcome;

/// How long a write waits for another program that writes to the same file.
const BUSY_WAIT: Duration = Duration::from_secs(5);
/// How long emptying the log waits for readers: nobody writes meanwhile.
const READERS_WAIT: Duration = Duration::from_millis(300);
/// Readers that are kept for the next call.
const IDLE_READERS: usize = 4;
/// Pages kept in memory by each connection, in KiB: those of a page of a search fit. The operating system keeps the
/// others, from which 1,000,000 organizations are listed and exported as fast.
const CACHE_KIB: i64 = 8 * 1024;
/// Statements kept by each connection.
const STATEMENTS: usize = 64;
/// The size that the write-ahead log is cut back to after a large import, in bytes.
const LOG_BYTES: i64 = 16 * 1024 * 1024;

pub(crate) struct Connections {
    /// `None` in memory, with one connection only.
    path: Option<PathBuf>,
    writer: Mutex<Connection>,
    idle_readers: Mutex<Vec<Connection>>,
    /// The log still has data that was deleted for good.
    log_to_empty: AtomicBool,
}

impl Connections {
    pub(crate) fn new(path: Option<PathBuf>, writer: Connection) -> Self {
        Self {
            path,
            writer: Mutex::new(writer),
            idle_readers: Mutex::new(Vec::new()),
            log_to_empty: AtomicBool::new(false),
        }
    }

    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// The file, for messages.
    pub(crate) fn address(&self) -> String {
        self.path().map_or_else(|| "in memory".to_owned(), |path| path.display().to_string())
    }

    /// Hands out a connection that reads.
    pub(crate) fn read<T>(&self, work: impl FnOnce(&mut Connection) -> Outcome<T>) -> Outcome<T> {
        let Some(path) = self.path() else {
            return work(&mut self.writer.lock());
        };
        let idle = self.idle_readers.lock().pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => open_reader(path)?,
        };
        let result = work(&mut reader);
        let mut idle = self.idle_readers.lock();
        if idle.len() < IDLE_READERS {
            idle.push(reader);
        }
        result
    }

    /// Reads several things from one state, with a connection of its own that is closed at the end: what it remembers
    /// of a whole list nobody asks for again. A log that had to stay meanwhile is emptied then.
    pub(crate) fn read_apart(
        &self,
        path: &Path,
        work: impl FnOnce(&Connection) -> Outcome<()>,
    ) -> Outcome<()> {
        let result = read_in_one_state(&mut open_reader(path)?, work);
        if self.log_to_empty.load(Ordering::Relaxed) {
            self.empty_log(&self.writer.lock(), Duration::ZERO);
        }
        result
    }

    /// Reads on to the end, or until nobody wants more, handing on part by part. In memory there is one connection,
    /// which the receiver may need: there everything is read before the first part is handed on.
    pub(crate) fn read_through<T>(
        &self,
        receiver: &mpsc::Sender<T>,
        work: impl FnOnce(&Connection, &mut dyn FnMut(T) -> bool) -> Outcome<()>,
    ) -> Outcome<()> {
        let hand_on = |part| receiver.blocking_send(part).is_ok();
        if let Some(path) = self.path() {
            let mut hand_on = hand_on;
            return self.read_apart(path, |connection| work(connection, &mut hand_on));
        }
        let mut parts = Vec::new();
        let mut keep = |part| {
            parts.push(part);
            true
        };
        self.read(|connection| read_in_one_state(connection, |connection| work(connection, &mut keep)))?;
        parts.into_iter().all(hand_on);
        Ok(())
    }

    fn write<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Outcome<T>) -> Outcome<T> {
        let mut writer = self.writer.lock();
        // Immediate: a transaction that reads first and writes later could find that another process wrote in between.
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = work(&transaction)?;
        transaction.commit()?;
        if self.log_to_empty.load(Ordering::Relaxed) {
            self.empty_log(&writer, Duration::ZERO);
        }
        Ok(result)
    }

    /// As [`write`](Self::write), for deleting for good: the log does not keep the data either. While someone reads,
    /// the log stays; it is emptied after the next write, and when the file is closed or opened.
    fn erase<T>(&self, work: impl FnOnce(&Transaction<'_>) -> Outcome<T>) -> Outcome<T> {
        let result = self.write(work)?;
        self.empty_log(&self.writer.lock(), READERS_WAIT);
        Ok(result)
    }

    fn empty_log(&self, writer: &Connection, wait: Duration) {
        // The deletion counts, whatever becomes of the log.
        let emptied = empty_log(writer, wait).unwrap_or(false);
        self.log_to_empty.store(!emptied, Ordering::Relaxed);
    }
}

/// Writes the log back into the file and truncates it; returns whether nobody was in the way.
pub(crate) fn empty_log(connection: &Connection, wait: Duration) -> Outcome<bool> {
    connection.busy_timeout(wait)?;
    let busy = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get::<_, i64>(0));
    connection.busy_timeout(BUSY_WAIT)?;
    Ok(busy? == 0)
}

/// Everything that `work` reads is from one moment.
fn read_in_one_state<T>(
    connection: &mut Connection,
    work: impl FnOnce(&Connection) -> Outcome<T>,
) -> Outcome<T> {
    let transaction = connection.transaction()?;
    let result = work(&transaction)?;
    transaction.commit()?;
    Ok(result)
}

fn open_reader(path: &Path) -> Outcome<Connection> {
    // Not SQLITE_OPEN_READ_ONLY: such a connection cannot create the log's index if it comes first.
    let reader = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    configure(&reader)?;
    reader.pragma_update(None, "query_only", true)?;
    Ok(reader)
}

/// Prepares a new connection.
pub(crate) fn configure(connection: &Connection) -> Outcome<()> {
    connection.busy_timeout(BUSY_WAIT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    // FULL: a commit is on the disk when the call returns. NORMAL could lose the last ones with the power.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // Overwrites deleted data with zeros. Not FAST, which leaves free pages as they are.
    connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "journal_size_limit", LOG_BYTES)?;
    Ok(())
}

impl SqliteStore {
    /// Reads with one statement, which by itself sees one state of the file.
    pub(crate) async fn read<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    {
        self.work(move |connections| connections.read(|connection| work(connection))).await
    }

    /// Reads with several statements, from one state of the file.
    pub(crate) async fn read_together<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    {
        self.work(move |connections| connections.read(|connection| read_in_one_state(connection, work))).await
    }

    /// Writes everything or, if `work` fails, nothing.
    pub(crate) async fn write<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Outcome<T> + Send + 'static,
    {
        self.work(move |connections| connections.write(work)).await
    }

    /// Reads on a blocking thread, which hands on what it has read while it goes on reading. At most two parts wait.
    pub(crate) fn stream<T, W>(&self, work: W) -> BoxStream<'static, Result<T, StoreError>>
    where
        T: Send + 'static,
        W: FnOnce(&Connections, &mpsc::Sender<T>) -> Outcome<()> + Send + 'static,
    {
        let connections = Arc::clone(&self.connections);
        // Begins when it is asked for the first part: a stream that waits for its turn holds no connection.
        stream::once(async move {
            let (sender, receiver) = mpsc::channel(2);
            let reading = tokio::task::spawn_blocking(move || {
                work(&connections, &sender).map_err(|failure| failure.at(&connections.address()))
            });
            stream::try_unfold((receiver, reading), |(mut receiver, reading)| async move {
                match receiver.recv().await {
                    Some(part) => Ok(Some((part, (receiver, reading)))),
                    None => reading.await.unwrap_or_else(|_| Err(did_not_end())).map(|()| None),
                }
            })
        })
        .flatten()
        .boxed()
    }

    /// As [`write`](Self::write), for deleting for good.
    pub(crate) async fn erase<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Transaction<'_>) -> Outcome<T> + Send + 'static,
    {
        self.work(move |connections| connections.erase(work)).await
    }

    async fn work<T, W>(&self, work: W) -> Result<T, StoreError>
    where
        T: Send + 'static,
        W: FnOnce(&Connections) -> Outcome<T> + Send + 'static,
    {
        let connections = Arc::clone(&self.connections);
        blocking(move || work(&connections).map_err(|failure| failure.at(&connections.address()))).await
    }
}

/// Runs work that may wait for the disk, and holds up no other task meanwhile.
///
/// On this thread, if the runtime can give the thread's other tasks to another one: that costs a tenth of waking a
/// blocking thread and waiting for it, and nothing for the next calls of the same act. The task itself stands still, so
/// a limit on its time must be outside of it.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
        return tokio::task::block_in_place(work);
    }
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(did_not_end()))
}

fn did_not_end() -> StoreError {
    StoreError::Unexpected { detail: "a blocking task did not end".to_owned() }
}

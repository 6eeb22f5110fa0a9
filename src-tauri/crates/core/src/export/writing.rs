//! Writes a stream of rows to a file while it is read.

use std::collections::HashSet;
use std::future::Future;
use std::io::{self, Write};
use std::time::Duration;

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use parking_lot::Mutex;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{Column, ExportFormat, XLSX_ROWS_MAX, row_writer};
use crate::error::{AppError, FileProblem};
use crate::jobs::{Cancellation, Progress, ProgressSink};

/// Rows that were read together. They are made one by one, where they are written.
pub struct Batch<Row> {
    count: u64,
    rows: Box<dyn Iterator<Item = Row> + Send>,
}

impl<Row: Send + 'static> Batch<Row> {
    /// A row of each item.
    pub fn made<Item: Send + 'static>(items: Vec<Item>, row: fn(Item) -> Row) -> Self {
        Self { count: items.len() as u64, rows: Box::new(items.into_iter().map(row)) }
    }
}

impl<Row: Send + 'static> From<Vec<Row>> for Batch<Row> {
    fn from(rows: Vec<Row>) -> Self {
        Self { count: rows.len() as u64, rows: Box::new(rows.into_iter()) }
    }
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// Rows in the file.
    pub rows: u64,
    /// Cells that were cut because the format cannot hold all of their text.
    pub cut_cells: u64,
}

/// Writes rows in their order to a file of a format with these columns. Rows are read while those before them are
/// written, and memory grows neither with their number nor with their size. `total` tells how many to expect, or `None`
/// if that is not known; the rows do not wait for it.
///
/// After an error the output is worthless; the caller replaces the target whole or not at all.
///
/// # Errors
/// `Cancelled`, `FileNotWritten`, those of `total` and of the rows.
pub async fn write_rows<C: Column, E: Into<AppError>>(
    (format, columns, output): (ExportFormat, &[C], Box<dyn Write + Send>),
    total: impl Future<Output = Result<Option<u64>, AppError>>,
    rows: BoxStream<'_, Result<Batch<C::Row>, E>>,
    progress: &dyn ProgressSink,
    cancellation: &Cancellation,
) -> Result<Written, AppError> {
    cancellation.checkpoint()?;
    // At most two batches wait, so rows do not pile up before a slow disk.
    let (sender, receiver) = mpsc::channel(2);
    let writer = {
        let columns = columns.to_vec();
        let output = Stoppable { output, cancellation: cancellation.clone() };
        tokio::task::spawn_blocking(move || write_file(format, &columns, Box::new(output), receiver))
    };
    let told = Told { sink: progress, state: Mutex::default() };
    let counting = async {
        let total = total.await?;
        if format == ExportFormat::Xlsx && total.is_some_and(|total| total > XLSX_ROWS_MAX) {
            return Err(AppError::FileNotWritten(FileProblem::TooManyRows));
        }
        told.expect(total);
        Ok(())
    };
    let read = async { tokio::try_join!(counting, read(rows, sender, &told)) };
    // Dropped on the way, a list ends its question to the store; with its sender the writer ends as well.
    let read = tokio::select! {
        () = cancellation.cancelled() => Err(AppError::Cancelled),
        read = read => read,
    };
    // After a failure too: the file is closed when this returns.
    let written = writer.await;
    cancellation.checkpoint()?;
    match written {
        Ok(Ok(cut_cells)) => {
            let ((), rows) = read?;
            Ok(Written { rows, cut_cells })
        }
        Ok(Err(error)) => Err(AppError::FileNotWritten(problem_of(&error))),
        Err(error) => {
            tracing::error!(%error, "the writer of an export stopped");
            Err(AppError::FileNotWritten(FileProblem::Other))
        }
    }
}

/// Each column once, where it is named first.
pub fn without_repetition<C: Column>(columns: Vec<C>) -> Vec<C> {
    let mut seen = HashSet::new();
    columns.into_iter().filter(|column| seen.insert(*column)).collect()
}

enum Part<Row> {
    Rows(Batch<Row>),
    End,
}

/// Hands the rows to the writer; returns their number.
async fn read<Row, E: Into<AppError>>(
    mut batches: BoxStream<'_, Result<Batch<Row>, E>>,
    writer: mpsc::Sender<Part<Row>>,
    told: &Told<'_>,
) -> Result<u64, AppError> {
    // The writer ends early only with an error of its own, which takes precedence over this one.
    let writer_gone = |_| AppError::FileNotWritten(FileProblem::Other);
    told.add(0);
    let mut count = 0;
    while let Some(batch) = batches.try_next().await.map_err(Into::into)? {
        let added = batch.count;
        writer.send(Part::Rows(batch)).await.map_err(writer_gone)?;
        count += added;
        told.add(added);
    }
    writer.send(Part::End).await.map_err(writer_gone)?;
    told.end();
    Ok(count)
}

/// Writes batches as they arrive, on a thread that may wait for a disk. Returns how many cells were cut.
fn write_file<C: Column>(
    format: ExportFormat,
    columns: &[C],
    output: Box<dyn Write + Send>,
    mut parts: mpsc::Receiver<Part<C::Row>>,
) -> io::Result<u64> {
    let mut writer = row_writer(format, columns, output)?;
    while let Some(part) = parts.blocking_recv() {
        match part {
            Part::Rows(batch) => {
                for row in batch.rows {
                    writer.write_row(&row)?;
                }
            }
            Part::End => return writer.finish(),
        }
    }
    // The sender was dropped without an end: nobody wants the file.
    Ok(0)
}

/// The progress that the person sees.
struct Told<'job> {
    sink: &'job dyn ProgressSink,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: u64,
    total: Option<u64>,
    ended: bool,
    reported: Option<Instant>,
}

impl Told<'_> {
    /// Faster reports help nobody.
    const REPORT_EVERY: Duration = Duration::from_millis(100);

    fn expect(&self, total: Option<u64>) {
        let mut state = self.state.lock();
        // A late count is worth less than the rows that were read.
        if !state.ended {
            state.total = total;
            self.report(&mut state, true);
        }
    }

    fn add(&self, rows: u64) {
        let mut state = self.state.lock();
        state.done += rows;
        self.report(&mut state, false);
    }

    /// Reports that all rows were read, however many were counted.
    fn end(&self) {
        let mut state = self.state.lock();
        state.total = Some(state.done);
        state.ended = true;
        self.report(&mut state, true);
    }

    fn report(&self, state: &mut State, always: bool) {
        let now = Instant::now();
        if always || state.reported.is_none_or(|then| now - then >= Self::REPORT_EVERY) {
            state.reported = Some(now);
            // Rows added meanwhile can make it more than was counted.
            let total = state.total.map(|total| total.max(state.done));
            self.sink.report(Progress { done: state.done, total });
        }
    }
}

/// An output that fails once the job is cancelled: finishing a large spreadsheet takes seconds.
struct Stoppable {
    output: Box<dyn Write + Send>,
    cancellation: Cancellation,
}

impl Write for Stoppable {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.cancellation.checkpoint().map_err(io::Error::other)?;
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

fn problem_of(error: &io::Error) -> FileProblem {
    tracing::warn!(kind = ?error.kind(), "an export could not be written");
    if error.kind() == io::ErrorKind::InvalidInput {
        FileProblem::TooManyRows
    } else {
        FileProblem::from(error)
    }
}

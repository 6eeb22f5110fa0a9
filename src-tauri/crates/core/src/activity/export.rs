use std::io::Write;

use futures_util::stream::{self, BoxStream, StreamExt};

use super::columns::{RecordColumn, RecordRow};
use super::service::{RecordService, scoped};
use crate::error::{AppError, StoreError};
use crate::export::{Batch, ExportFormat, Written, write_rows};
use crate::jobs::{Cancellation, ProgressSink};
use crate::limits::PAGE_MAX;
use crate::ports::Ports;
use crate::records::{ActivityEntry, ActivityKind, Head, RecordCursor, RecordQuery, Recorded};
use crate::rights::Actor;

/// A request for an export of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordExport {
    /// The entries.
    pub query: RecordQuery,
    /// The kind of file.
    pub format: ExportFormat,
}

impl RecordService {
    /// Writes the entries that the query and the session allow to `output`, newest first, and behind them the proof:
    /// the newest entry of the whole record, which is the one about this export.
    ///
    /// After an error `output` is worthless; the caller replaces the target whole or not at all.
    ///
    /// # Errors
    /// `Cancelled`, `FileNotWritten`, `Forbidden`, `NotFound`, `Store`.
    pub async fn export(
        &self,
        actor: &Actor,
        request: RecordExport,
        output: Box<dyn Write + Send>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Written, AppError> {
        let query = scoped(actor, request.query)?;
        cancellation.checkpoint()?;
        let extension = request.format.extension();
        let entry =
            ActivityEntry::of(actor, ActivityKind::RecordExported).with_detail(format!("as {extension}"));
        let own = self.ports.activity.append(&entry).await?;
        let rows = self.rows(query, own);
        let file = (request.format, RecordColumn::ALL, output);
        let written = write_rows(file, async { Ok(None) }, rows, progress, cancellation).await?;
        Ok(Written { rows: written.rows.saturating_sub(1), ..written })
    }

    /// The rows up to an entry, and the proof.
    fn rows(&self, query: RecordQuery, own: Recorded) -> BoxStream<'_, Result<Batch<RecordRow>, StoreError>> {
        let query = RecordQuery {
            after: Some(RecordCursor::Before(own.number.saturating_add(1))),
            limit: PAGE_MAX,
            ..query
        };
        let proof = RecordRow::Proof(Head { number: own.number, hash: own.hash }, own.at.into());
        let entries = stream::try_unfold(Some(query), move |query| next_rows(&self.ports, query));
        entries.chain(stream::once(async { Ok(Batch::from(vec![proof])) })).boxed()
    }
}

async fn next_rows(
    ports: &Ports,
    query: Option<RecordQuery>,
) -> Result<Option<(Batch<RecordRow>, Option<RecordQuery>)>, StoreError> {
    let Some(query) = query else { return Ok(None) };
    let page = ports.activity.page(&query).await?;
    let rows = Batch::made(page.entries, |entry| RecordRow::Entry(Box::new(entry)));
    let next = page.next.map(|next| RecordQuery { after: Some(next), ..query });
    Ok(Some((rows, next)))
}

//! Moves old entries into a file that is checked without the workspace, and removes them.

use std::io::{self, BufRead, Write};

use futures_util::TryStreamExt;
use serde::{Deserialize, Serialize};
use serde_json::json;
use time::{Duration, OffsetDateTime};
use tokio::sync::mpsc;

use super::service::RecordService;
use crate::error::{AppError, FileProblem, StoreError};
use crate::jobs::{Cancellation, Progress, ProgressSink};
use crate::limits::KEEP_RECORD_MONTHS_MIN;
use crate::record::random_operation;
use crate::records::{ActivityEntry, ActivityKind, Head, Outcome, RecordQuery, Stored, seal_earlier};
use crate::rights::{Act, Actor};

/// The version of the file.
const VERSION: u32 = 1;

/// The entries that would be archived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivePlan {
    /// The number of the first.
    pub first: u64,
    /// When it was written.
    pub from: OffsetDateTime,
    /// The last.
    pub last: Head,
    /// When it was written.
    pub until: OffsetDateTime,
    /// How many they are, without those of earlier versions.
    pub entries: u64,
}

/// The first line of an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveFacts {
    /// The version of the file's form.
    pub tenantry_record: u32,
    /// The workspace's name.
    pub workspace: String,
    /// What the first entry follows: its number and digest, which an earlier archive ends with.
    pub before: Head,
    /// The last entry. The entry about the archive in the workspace vouches for it.
    pub last: Head,
    /// How many entries the file has, without those of earlier versions.
    pub entries: u64,
    /// Entries of earlier versions that are no younger than the last one, and the digest of all.
    pub earlier: Head,
}

impl RecordService {
    /// The entries that are older than some months, at least one; `None` if there are none. The newest entry always
    /// stays.
    ///
    /// Moments can differ from the order of numbers when a server's clock is set: the newest entry of that age decides.
    ///
    /// # Errors
    /// `Forbidden`, `Store`.
    pub async fn plan_archive(&self, actor: &Actor, months: u32) -> Result<Option<ArchivePlan>, AppError> {
        actor.require(Act::Settings)?;
        let until = kept_from(self.clock.now(), months);
        let query = RecordQuery { until: Some(until), limit: 1, ..RecordQuery::default() };
        let newest = self.ports.activity.page(&query).await?.entries.into_iter().next();
        let first = self.ports.activity.walk(0).try_next().await?.and_then(|batch| batch.into_iter().next());
        let head = self.ports.activity.head().await?;
        let (Some(last), Some(first), Some(head)) =
            (newest.filter(|last| last.number > 0), first.as_ref().and_then(Stored::recorded), head)
        else {
            return Ok(None);
        };
        if last.number >= head.number {
            return Ok(None);
        }
        Ok(Some(ArchivePlan {
            first: first.number,
            from: first.at,
            entries: last.number.saturating_sub(first.number) + 1,
            until: last.at,
            last: Head { number: last.number, hash: last.hash },
        }))
    }

    /// Writes the entries up to `last` to `output`, checking each against the one before. Removes nothing.
    ///
    /// # Errors
    /// `RecordBroken` with the first entry that does not follow; `FactsChanged` if `last` is not in the record any
    /// more; `Forbidden`, also for entries of the last month; `Cancelled`, `FileNotWritten`, `Store`.
    pub async fn write_archive(
        &self,
        actor: &Actor,
        workspace: &str,
        last: &Head,
        output: Box<dyn Write + Send>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<ArchiveFacts, AppError> {
        actor.require(Act::Settings)?;
        let found = self.ports.activity.find(last.number).await?;
        let found = found.filter(|found| found.hash == last.hash).ok_or(AppError::FactsChanged)?;
        if found.at >= kept_from(self.clock.now(), KEEP_RECORD_MONTHS_MIN) {
            return Err(AppError::Forbidden);
        }
        let first = self.ports.activity.walk(0).try_next().await?.and_then(|batch| batch.into_iter().next());
        let first = first.ok_or(AppError::FactsChanged)?;
        let (earlier, _) = self.earlier_until(found.at).await?;
        let number = first.number().unwrap_or(0);
        let facts = ArchiveFacts {
            tenantry_record: VERSION,
            workspace: workspace.to_owned(),
            before: Head { number: number.saturating_sub(1), hash: first.previous().to_owned() },
            last: last.clone(),
            entries: last.number.saturating_sub(number) + 1,
            earlier,
        };
        let (lines, receiver) = mpsc::channel(2);
        let writer = tokio::task::spawn_blocking(move || write_lines(output, receiver));
        let sent = self.send_lines((&facts, found.at), lines, progress, cancellation).await;
        let written = writer.await;
        sent?;
        match written {
            Ok(Ok(())) => Ok(facts),
            Ok(Err(error)) => Err(AppError::FileNotWritten(FileProblem::from(&error))),
            Err(error) => {
                Err(AppError::Unexpected { detail: format!("the writer of an archive stopped: {error}") })
            }
        }
    }

    /// The entries of earlier versions that are no younger than that: their number and digest, and their ids. Whose
    /// moment cannot be read stays in the record.
    async fn earlier_until(&self, until: OffsetDateTime) -> Result<(Head, Vec<String>), AppError> {
        let (mut sealed, mut ids) = (Head::before_the_first(), Vec::new());
        let mut walk = self.ports.activity.walk_earlier();
        while let Some(batch) = walk.try_next().await? {
            for entry in batch.iter().filter(|entry| is_of(entry, until)) {
                sealed = seal_earlier(&sealed, entry);
                ids.extend(entry.fields.get("id").cloned());
            }
        }
        Ok((sealed, ids))
    }

    /// Hands the lines of an archive, whose last entry is of that moment, to its writer.
    async fn send_lines(
        &self,
        (facts, until): (&ArchiveFacts, OffsetDateTime),
        lines: mpsc::Sender<Vec<u8>>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<(), AppError> {
        let send = async |bytes: Vec<u8>| {
            cancellation.checkpoint()?;
            // The writer ends early only with an error of its own.
            lines.send(bytes).await.map_err(|_| AppError::FileNotWritten(FileProblem::Other))
        };
        send(line(&json!(facts))).await?;
        let mut earlier = self.ports.activity.walk_earlier();
        while let Some(mut batch) = earlier.try_next().await? {
            batch.retain(|entry| is_of(entry, until));
            send(batch.iter().flat_map(|entry| line(&json!({ "earlier": entry.fields }))).collect()).await?;
        }
        let mut chain = Chain::of(facts);
        let mut walk = self.ports.activity.walk(0);
        while let Some(mut batch) = walk.try_next().await? {
            batch.retain(|entry| entry.number().is_none_or(|number| number <= facts.last.number));
            for entry in &batch {
                chain.follow(entry).map_err(|number| AppError::RecordBroken { number })?;
            }
            let is_last = batch.is_empty() || chain.at == facts.last;
            send(batch.iter().flat_map(|entry| line(&json!(entry))).collect()).await?;
            progress.report(Progress { done: chain.entries, total: Some(facts.entries) });
            if is_last {
                break;
            }
        }
        if chain.at == facts.last { Ok(()) } else { Err(AppError::FactsChanged) }
    }

    /// Removes archived entries, which is an entry itself. Entries that are not in the archive stay.
    ///
    /// # Errors
    /// `FactsChanged` if the record is not as it was archived, also if a program of an earlier version has added an
    /// entry of that age; `Forbidden`, also for entries of the last month, by the
    /// store's clock; `Store`.
    pub async fn remove_archived(
        &self,
        actor: &Actor,
        facts: &ArchiveFacts,
        file: &str,
    ) -> Result<u64, AppError> {
        actor.require(Act::Settings)?;
        let entry = ActivityEntry::of(actor, ActivityKind::RecordArchived)
            .on(file)
            .of_operation(random_operation())
            .with_detail(format!("{} entries", facts.entries.saturating_add(facts.earlier.number)))
            .sealing(facts.last.clone());
        let now = self.ports.activity.append(&entry).await?.at;
        let removed = self.cut(facts, now).await;
        if let Err(error) = &removed {
            // Verifying relies on it: an archiving that is undone excuses no missing entry.
            let is_undone = matches!(error, AppError::Forbidden | AppError::FactsChanged);
            let outcome = if is_undone { Outcome::Undone } else { Outcome::Failed };
            self.ports.record(&entry.ended(outcome)).await;
        }
        removed
    }

    async fn cut(&self, facts: &ArchiveFacts, now: OffsetDateTime) -> Result<u64, AppError> {
        let earlier = match self.ports.activity.find(facts.last.number).await? {
            Some(last) if last.at >= kept_from(now, KEEP_RECORD_MONTHS_MIN) => {
                return Err(AppError::Forbidden);
            }
            Some(last) => {
                let (sealed, ids) = self.earlier_until(last.at).await?;
                if sealed != facts.earlier {
                    return Err(AppError::FactsChanged);
                }
                ids
            }
            // An earlier cut that did not end has removed it. What it left of earlier versions waits for the next.
            None => Vec::new(),
        };
        self.ports.activity.cut(&facts.last, &earlier).await.map_err(|error| match error {
            StoreError::Changed { .. } | StoreError::NotFound { .. } => AppError::FactsChanged,
            error => error.into(),
        })
    }
}

/// The moment from which on entries stay. Nobody removes those of the last month, which could be about themselves.
fn kept_from(now: OffsetDateTime, months: u32) -> OffsetDateTime {
    let days = i64::from(months.max(KEEP_RECORD_MONTHS_MIN)).saturating_mul(365) / 12;
    now.saturating_sub(Duration::days(days))
}

/// Whether an entry of an earlier version belongs to an archive whose last entry is of that moment.
fn is_of(entry: &Stored, until: OffsetDateTime) -> bool {
    entry.at().is_some_and(|at| at <= until)
}

/// Checks that entries follow each other.
struct Chain {
    at: Head,
    entries: u64,
    is_first: bool,
}

impl Chain {
    fn of(facts: &ArchiveFacts) -> Self {
        Self { at: facts.before.clone(), entries: 0, is_first: true }
    }

    /// # Errors
    /// The number of an entry that was altered, or does not follow.
    fn follow(&mut self, entry: &Stored) -> Result<(), u64> {
        let number = entry.number().unwrap_or(self.at.number + 1);
        // The entry that vouches for earlier versions has the number 0 and follows nothing.
        let follows = number == self.at.number + 1 || (self.is_first && number == 0 && self.at.number == 0);
        if !follows || entry.previous() != self.at.hash || entry.digest() != entry.hash {
            return Err(number);
        }
        self.at = entry.head();
        self.entries += 1;
        self.is_first = false;
        Ok(())
    }
}

/// Checks an archive by itself: every entry against the one before, and the first and last against the first line.
///
/// # Errors
/// `InvalidData` with a sentence that names what does not fit; those of the reader.
pub fn read_archive(reader: impl BufRead) -> io::Result<ArchiveFacts> {
    let wrong = |what: String| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut lines = reader.lines();
    let first = lines.next().ok_or_else(|| wrong("the file is empty".to_owned()))??;
    let facts: ArchiveFacts = serde_json::from_str(&first)?;
    let (mut chain, mut earlier) = (Chain::of(&facts), Head::before_the_first());
    for line in lines {
        match serde_json::from_str(&line?)? {
            Line::Earlier { earlier: fields } => {
                earlier = seal_earlier(&earlier, &Stored { fields, hash: String::new() });
            }
            Line::Entry(entry) => {
                let follows = chain.follow(&entry);
                follows.map_err(|number| wrong(format!("entry {number} does not follow the one before")))?;
            }
        }
    }
    if earlier != facts.earlier {
        return Err(wrong("the entries of earlier versions are not those of the first line".to_owned()));
    }
    if chain.at != facts.last || chain.entries != facts.entries {
        return Err(wrong(format!("the file ends with entry {}", chain.at.number)));
    }
    Ok(facts)
}

/// A line of an archive behind the first.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Earlier { earlier: std::collections::BTreeMap<String, String> },
    Entry(Stored),
}

fn line(value: &serde_json::Value) -> Vec<u8> {
    format!("{value}\n").into_bytes()
}

fn write_lines(mut output: Box<dyn Write + Send>, mut lines: mpsc::Receiver<Vec<u8>>) -> io::Result<()> {
    while let Some(bytes) = lines.blocking_recv() {
        output.write_all(&bytes)?;
    }
    output.flush()
}

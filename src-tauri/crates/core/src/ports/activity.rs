use async_trait::async_trait;
use futures_util::stream::BoxStream;

use crate::error::StoreError;
use crate::records::{ActivityEntry, Head, RecordPage, RecordQuery, Recorded, Stored};

/// Stores the record: a chain of entries, each with the digest of the one before.
///
/// # Contract
/// - Entries are only added, in the collection `console_activity`, and outlive what they are about. Only
///   [`cut`](Self::cut) removes entries.
/// - Numbers begin with 1 and have no gap. A unique index keeps them: of two consoles that write at once, one has the
///   next number and the other tries again with the one after it.
/// - An entry is written once, even if the response to the write was lost.
/// - The moment of an entry is the store's: one clock for all who share it.
/// - Entries of earlier versions have no number. The first entry that is written after them is preceded by one with the
///   number 0 that vouches for them.
#[async_trait]
pub trait ActivityStore: Send + Sync {
    /// Adds an entry after the newest one.
    ///
    /// # Errors
    /// If it is unclear, the entry may be there.
    async fn append(&self, entry: &ActivityEntry) -> Result<Recorded, StoreError>;

    /// The place of the newest entry; `None` if there is none with a number above 0.
    async fn head(&self) -> Result<Option<Head>, StoreError>;

    /// A part of the record, newest first. Its cost does not depend on the number of entries, for a query with one of
    /// its fields or none; a text is looked for in a bounded part of the record at a time.
    async fn page(&self, query: &RecordQuery) -> Result<RecordPage, StoreError>;

    /// The entry with this number.
    async fn find(&self, number: u64) -> Result<Option<Recorded>, StoreError>;

    /// The entries from a number on in ascending order, as they are stored, in batches.
    fn walk(&self, from: u64) -> BoxStream<'_, Result<Vec<Stored>, StoreError>>;

    /// The entries of earlier versions, oldest first, as they are stored, in batches.
    fn walk_earlier(&self) -> BoxStream<'_, Result<Vec<Stored>, StoreError>>;

    /// Removes every entry up to this one, and those of earlier versions with these ids; returns how many. Repeating it
    /// removes what a cut that did not end has left.
    ///
    /// A program of an earlier version may add an entry at any moment, with an id that is not above all others: only
    /// ids tell those that are in an archive.
    ///
    /// # Errors
    /// `Changed` if another entry has this number, `NotFound` if it is not below the newest: nothing was removed.
    async fn cut(&self, last: &Head, earlier: &[String]) -> Result<u64, StoreError>;
}

use super::Organization;
use crate::limits::{BATCH_BYTES, BATCH_ROWS};

/// Cuts the rows of a list into batches of at most [`BATCH_ROWS`] rows and about [`BATCH_BYTES`] bytes, so that memory
/// grows neither with their number nor with their size.
#[derive(Debug, Default)]
pub struct Batches {
    rows: Vec<Organization>,
    bytes: usize,
}

impl Batches {
    /// Adds a row that takes so many bytes; returns the batch that it completes.
    pub fn add(&mut self, row: Organization, bytes: usize) -> Option<Vec<Organization>> {
        self.rows.push(row);
        self.bytes += bytes;
        (self.rows.len() >= BATCH_ROWS || self.bytes >= BATCH_BYTES).then(|| self.take())
    }

    /// The rows since the last whole batch.
    pub fn take(&mut self) -> Vec<Organization> {
        self.bytes = 0;
        std::mem::take(&mut self.rows)
    }
}

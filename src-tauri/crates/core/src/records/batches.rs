use super::Organization;
use crate::limits::{BATCH_BYTES, BATCH_ROWS};

/// Rows of the first batch.
const FIRST_ROWS: usize = BATCH_ROWS / 16;

/// Cuts the rows of a list into batches of at most [`BATCH_ROWS`] rows and about [`BATCH_BYTES`] bytes, so that memory
/// grows neither with their number nor with their size. The first one is small, because somebody waits for it; each
/// further one has twice as many rows, because handing over a batch takes as long as reading hundreds of rows.
#[derive(Debug)]
pub struct Batches {
    rows: Vec<Organization>,
    bytes: usize,
    most: usize,
}

impl Default for Batches {
    fn default() -> Self {
        Self { rows: Vec::new(), bytes: 0, most: FIRST_ROWS }
    }
}

impl Batches {
    /// Adds a row that takes so many bytes; returns the batch that it completes.
    pub fn add(&mut self, row: Organization, bytes: usize) -> Option<Vec<Organization>> {
        if self.rows.capacity() == 0 && self.most > FIRST_ROWS {
            self.rows.reserve_exact(self.most);
        }
        self.rows.push(row);
        self.bytes += bytes;
        if self.rows.len() < self.most && self.bytes < BATCH_BYTES {
            return None;
        }
        self.most = (self.most * 2).min(BATCH_ROWS);
        Some(self.take())
    }

    /// The rows since the last whole batch.
    pub fn take(&mut self) -> Vec<Organization> {
        self.bytes = 0;
        std::mem::take(&mut self.rows)
    }
}

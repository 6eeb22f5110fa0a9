use super::service::RecordService;
use super::undo::Undo;
use crate::error::AppError;
use crate::records::Recorded;
use crate::rights::Actor;

/// An entry with what belongs to it.
#[derive(Debug, Clone)]
pub struct EntryDetails {
    /// The entry.
    pub recorded: Recorded,
    /// The other entries of its operation, newest first.
    pub operation: Vec<Recorded>,
    /// Whether it can be undone; `None` for what has no undo, and for who has no right to it.
    pub undo: Option<Undo>,
}

impl RecordService {
    /// An entry with the others of its operation, and whether it can be undone now.
    ///
    /// # Errors
    /// `NotFound`, also for an entry that the session is not allowed to see; `Forbidden`, `Store`.
    pub async fn details(&self, actor: &Actor, number: u64) -> Result<EntryDetails, AppError> {
        let recorded = self.load(actor, number).await?;
        let operation = self.others(actor, &recorded).await?;
        let undo = self.undo_of(actor, &recorded, &operation).await?;
        Ok(EntryDetails { recorded, operation, undo })
    }
}

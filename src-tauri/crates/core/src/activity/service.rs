use std::sync::Arc;

use crate::clock::Clock;
use crate::error::AppError;
use crate::limits::PAGE_MAX;
use crate::ports::Ports;
use crate::records::{RecordCursor, RecordPage, RecordQuery, Recorded};
use crate::rights::{Act, Actor, Reach};

/// An operation's first entry is at most so many entries about its organization before the last.
const EARLIER_ENTRIES: u32 = 50;

/// Reads the record and acts on it. Each method takes an [`Actor`], the proof of a checked session: an operator sees
/// everything, an organization's admin what is about their organization, a viewer their own acts.
///
/// Pages are in this file, entries with what belongs to them in `details.rs`, undoing in `undo.rs`, files in
/// `export.rs` and `archive.rs`.
pub struct RecordService {
    pub(super) ports: Ports,
    pub(super) clock: Arc<dyn Clock>,
}

impl RecordService {
    /// For one open workspace.
    pub fn new(ports: Ports, clock: Arc<dyn Clock>) -> Self {
        Self { ports, clock }
    }

    /// A part of the record, newest first, as far as the session is allowed to see it.
    ///
    /// # Errors
    /// `NotFound` for another organization than one's own; `Forbidden`, `Store`.
    pub async fn page(&self, actor: &Actor, query: RecordQuery) -> Result<RecordPage, AppError> {
        let query = RecordQuery { limit: query.limit.clamp(1, PAGE_MAX), ..scoped(actor, query)? };
        Ok(self.ports.activity.page(&query).await?)
    }

    /// An entry that the session is allowed to see.
    pub(super) async fn load(&self, actor: &Actor, number: u64) -> Result<Recorded, AppError> {
        let visible = scoped(actor, RecordQuery::default())?;
        let found = self.ports.activity.find(number).await?;
        found.filter(|found| visible.holds(found)).ok_or(AppError::NotFound { what: "entry" })
    }

    /// The other entries of its operation, among those about the same organization that are near.
    pub(super) async fn others(&self, actor: &Actor, entry: &Recorded) -> Result<Vec<Recorded>, AppError> {
        let Some(operation) = &entry.entry.operation else { return Ok(Vec::new()) };
        let about = RecordQuery { organization: entry.entry.organization_id, ..RecordQuery::default() };
        let later = RecordQuery { newer_than: Some(entry.number), limit: PAGE_MAX, ..about.clone() };
        let before = Some(RecordCursor::Before(entry.number));
        let earlier = RecordQuery { after: before, limit: EARLIER_ENTRIES, ..about };
        let (later, earlier) = (scoped(actor, later)?, scoped(actor, earlier)?);
        let (later, earlier) =
            futures_util::try_join!(self.ports.activity.page(&later), self.ports.activity.page(&earlier))?;
        let of_operation = |other: &Recorded| other.entry.operation.as_ref() == Some(operation);
        Ok(later.entries.into_iter().chain(earlier.entries).filter(of_operation).collect())
    }
}

/// The query, limited to what the session is allowed to see.
///
/// # Errors
/// `NotFound` for another organization than one's own; `Forbidden`.
pub(super) fn scoped(actor: &Actor, query: RecordQuery) -> Result<RecordQuery, AppError> {
    match actor.reach(Act::Activity) {
        Reach::All => Ok(query),
        Reach::Own => {
            let own = actor.organization_scope();
            if query.organization.is_some() && query.organization != own {
                return Err(AppError::NotFound { what: "organization" });
            }
            Ok(RecordQuery { organization: Some(own.ok_or(AppError::Forbidden)?), ..query })
        }
        Reach::Oneself => Ok(RecordQuery { account: Some(actor.account().to_string()), ..query }),
        Reach::Nothing => Err(AppError::Forbidden),
    }
}

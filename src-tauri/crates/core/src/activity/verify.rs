use super::service::RecordService;
use crate::error::{AppError, StoreError};
use crate::jobs::{Cancellation, ProgressSink};
use crate::record::{Damage, DamageKind, Verified, verify};
use crate::records::{ActivityEntry, ActivityKind, Head, Outcome};
use crate::rights::{Act, Actor};

impl RecordService {
    /// Walks the whole record; `seen` is the newest entry when it was verified before, of which only who verified it
    /// knows. The verification and its result are an entry of the record.
    ///
    /// # Errors
    /// `Cancelled`, `Forbidden`, `Store`.
    pub async fn verify(
        &self,
        actor: &Actor,
        seen: Option<&Head>,
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Verified, AppError> {
        actor.require(Act::Activity)?;
        let anchors = Vec::from_iter(seen.cloned());
        let walked = verify(self.ports.activity.as_ref(), &anchors, progress, cancellation);
        let found = tokio::select! {
            () = cancellation.cancelled() => Err(AppError::Cancelled),
            found = walked => found,
        }?;
        let entry = ActivityEntry::of(actor, ActivityKind::RecordVerified);
        let entry = match found.damage {
            None => entry.with_detail(format!("{} entries", found.count)),
            Some(Damage { number, kind }) => {
                entry.ended(Outcome::Failed).with_detail(format!("entry {number}: {}", word(kind)))
            }
        };
        match self.ports.activity.append(&entry).await {
            // Looking is allowed where nothing can be written.
            Ok(_) | Err(StoreError::ReadOnly { .. }) => Ok(found),
            Err(error) => Err(error.into()),
        }
    }
}

/// The word in the record.
fn word(kind: DamageKind) -> &'static str {
    match kind {
        DamageKind::Altered => "altered",
        DamageKind::Removed => "removed",
        DamageKind::Inserted => "inserted",
        DamageKind::Reordered => "reordered",
        DamageKind::CutOff => "cut off",
        DamageKind::Rewritten => "rewritten",
    }
}

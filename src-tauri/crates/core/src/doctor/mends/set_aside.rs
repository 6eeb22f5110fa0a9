//! The mend that puts a collection without an organization into a file, and drops it.

use super::choices::collection_of;
use super::plan::{Journaled, Plan};
use super::service::{MendService, Mended};
use super::step::Step;
use crate::bundle::{CollectionSource, Occasion, Origin, PendingBundle, ProvenBundle, contents};
use crate::doctor::{Finding, MendChoices, MendKind};
use crate::error::{AppError, BundleProblem, StoreError};
use crate::jobs::{Cancellation, JobStep, ProgressSink};
use crate::ports::Ports;
use crate::record::random_operation;
use crate::records::MendWord;
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, OrganizationId, OrganizationName};

impl MendService {
    /// The collection that a finding is about, if it can be set aside: the caller names a file after it.
    ///
    /// # Errors
    /// `NotFound` for a finding that is not mended so.
    pub fn collection_to_set_aside(finding: &Finding) -> Result<CollectionName, AppError> {
        if !finding.kind.mends().contains(&MendKind::SetAside) {
            return Err(AppError::NotFound { what: "mend" });
        }
        collection_of(finding, &MendChoices::default())
    }

    /// Writes a collection that nobody owns to a bundle, reads the file back, moves the collection where nobody writes,
    /// compares it with the file once more and drops it. The drop is the last step: whatever fails, is cancelled or
    /// dies before it leaves the collection, and after it the whole file is in its place.
    ///
    /// # Errors
    /// As [`mend`](Self::mend); `FileNotWritten`; `Bundle`: `SourceChanged` if others wrote to the collection, or it
    /// got an owner meanwhile: then it stays, and so does the file.
    pub async fn set_aside(
        &self,
        actor: &Actor,
        finding: &Finding,
        (file, origin): (Box<dyn PendingBundle>, &Origin),
        progress: &dyn ProgressSink,
        cancellation: &Cancellation,
    ) -> Result<Mended, AppError> {
        actor.require(Act::Mend)?;
        actor.require(Act::BackUp)?;
        let runner = self.operations.admit()?;
        cancellation.checkpoint()?;
        let name = Self::collection_to_set_aside(finding)?;
        let place = file.place();
        let (plan, journaled) = self.plan_to_set_aside(&name, Some(&place)).await?;
        let operation = random_operation();
        let entry = plan.entry(actor).of_operation(operation.as_str());
        let now = self.clock.now();
        let (service, operation, name) = (self, operation.as_str(), &name);
        let occasion = Occasion { origin, by: actor.email(), at: now };
        let mut kept = None;
        let told = &mut kept;
        let steps = |ports: Ports, ()| async move {
            let source = CollectionSource::ownerless(&ports, name).await?;
            let bundle = ProvenBundle::write(&source, occasion, file, progress, cancellation).await?;
            progress.begin(JobStep::Comparing);
            // Under a name that nobody else knows: what is compared is what is dropped. It returns if anything fails.
            let (which, aside) = (source.identity(), name.dropped(operation));
            let is_same = match ports.collections.rename(name, &aside, which).await {
                Ok(()) => {
                    let moved = CollectionSource::ownerless(&ports, &aside).await?;
                    contents(&moved, progress, cancellation).await? == bundle.contents
                }
                Err(StoreError::CollectionMissing { .. }) => false,
                Err(error) => return Err(error.into()),
            };
            cancellation.checkpoint()?;
            // From here on nothing stops it: the file in its place is what the record tells of.
            progress.begin(JobStep::Ending);
            ports.record_first(&bundle.entry(actor, operation).on(name)).await?;
            let file = told.insert(bundle.keep().await?);
            let path = file.path.clone();
            if !is_same || service.has_owner(name).await? {
                return Err(AppError::Bundle(BundleProblem::SourceChanged { path }));
            }
            Ok(ports.collections.delete(&aside, which).await?)
        };
        runner.run(journaled.plan(), entry, journaled.id, async { Ok(()) }, steps).await?;
        let entry = self.entry_of(operation).await;
        Ok(Mended { entry, at: now, one_time: None, file: kept, stays_open: false })
    }

    /// For a dry run: the place of the file as it is shown, if one was chosen.
    pub(super) async fn plan_set_aside(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let name = Self::collection_to_set_aside(finding)?;
        let (plan, journaled) = self.plan_to_set_aside(&name, choices.target.as_deref()).await?;
        Ok(plan.in_journal(journaled))
    }

    async fn plan_to_set_aside(
        &self,
        name: &CollectionName,
        place: Option<&str>,
    ) -> Result<(Plan, Journaled), AppError> {
        let which = self.ownerless(name).await?;
        self.require_unused(name, &which, None).await?;
        let owner = name.organization_name();
        let journaled = Journaled {
            id: OrganizationId::new(),
            mend: MendWord::SetAside,
            name: owner.unwrap_or_else(|| OrganizationName::from_stored(name.to_string())),
            from: Some(name.clone()),
            to: None,
            collection: Some(which.clone()),
        };
        let aside = CollectionName::from_stored("console_dropped_…".to_owned());
        let steps = vec![
            Step::SetDown {
                name: name.clone(),
                aside: aside.clone(),
                place: place.unwrap_or("…").to_owned(),
            },
            Step::Drop { name: aside, which },
        ];
        let plan = Plan::new(MendKind::SetAside, steps).on(name);
        let plan = plan.changed("collection", Some(name), None::<String>);
        Ok((plan.changed("file", None::<String>, place), journaled))
    }
}

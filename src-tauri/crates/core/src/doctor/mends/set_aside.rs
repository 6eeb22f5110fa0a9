//! The mend that puts a collection without an organization into a file, and drops it.

use super::choices::{changed, collection_of};
use super::plan::{Journaled, Plan};
use super::service::{MendService, Mended};
use super::step::Step;
use crate::bundle::{
    CollectionSource, Occasion, Origin, PendingBundle, ProvenBundle, TenantSource, contents,
};
use crate::doctor::{Finding, MendChoices, MendKind};
use crate::error::{AppError, BundleProblem};
use crate::jobs::{Cancellation, JobStep, ProgressSink};
use crate::ports::Ports;
use crate::record::random_operation;
use crate::records::{CollectionIdentity, MendWord};
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

    /// Writes a collection that nobody owns to a bundle, reads the file back, compares the collection with it once more
    /// and drops it. The drop is the last step: whatever fails, is cancelled or dies before it leaves the collection,
    /// and after it the whole file is in its place.
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
        let leaving = Leaving { service: self, operation: &operation, id: journaled.id, name: &name };
        let leaving = &leaving;
        let occasion = Occasion { origin, by: actor.email(), at: now };
        let mut kept = None;
        let told = &mut kept;
        let steps = |ports: Ports, ()| async move {
            let source = CollectionSource::ownerless(&ports, leaving.name).await?;
            let bundle = ProvenBundle::write(&source, occasion, file, progress, cancellation).await?;
            progress.begin(JobStep::Comparing);
            let is_same = contents(&source, progress, cancellation).await? == bundle.contents;
            cancellation.checkpoint()?;
            // From here on nothing stops it: the file in its place is what the record tells of.
            progress.begin(JobStep::Ending);
            ports.record_first(&bundle.entry(actor, leaving.operation).on(leaving.name)).await?;
            let file = told.insert(bundle.keep().await?);
            let path = file.path.clone();
            let which = source.identity();
            if !is_same || !leaving.is_as_found(which, &source).await? {
                return Err(AppError::Bundle(BundleProblem::SourceChanged { path }));
            }
            Ok(ports.collections.delete(leaving.name, which).await?)
        };
        runner.run(journaled.plan(), entry, journaled.id, async { Ok(()) }, steps).await?;
        let entry = self.entry_of(&operation).await;
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
        let steps = vec![
            Step::SetDown { name: name.clone(), place: place.unwrap_or("…").to_owned() },
            Step::Drop { name: name.clone(), which },
        ];
        let plan = Plan::new(MendKind::SetAside, steps).on(name);
        let plan = plan.changed("collection", Some(name), None::<String>);
        Ok((plan.changed("file", None::<String>, place), journaled))
    }
}

/// A collection on its way out.
struct Leaving<'a> {
    service: &'a MendService,
    operation: &'a str,
    id: OrganizationId,
    name: &'a CollectionName,
}

impl Leaving<'_> {
    /// Whether nobody owns it still, and nobody wrote to it since it was looked at.
    async fn is_as_found(
        &self,
        which: &CollectionIdentity,
        source: &CollectionSource,
    ) -> Result<bool, AppError> {
        let owned = match self.service.ownerless(self.name).await {
            Ok(now) => now.is_same_as(which) == Some(false),
            Err(error) if error == changed() => true,
            Err(error) => return Err(error),
        };
        if owned {
            return Ok(false);
        }
        self.service.require_unused(self.name, which, Some(self.id)).await?;
        Ok(source.changed().await?.is_none())
    }
}

//! What becomes of documents that two halves had with one `_id` and different contents.

use std::collections::{BTreeMap, HashSet};

use super::choices::{changed, collection_of, name_of, organization_of};
use super::deciding::{Decided, Deciding, Named, What};
use super::plan::Plan;
use super::service::MendService;
use super::step::Step;
use crate::doctor::compare::{ComparePlace, Comparing, Comparison, beside};
use crate::doctor::{DecidedTwin, Finding, FindingKind, MendChoices, MendKind};
use crate::document_ids::id_of;
use crate::error::AppError;
use crate::limits::TWINS_NAMED;
use crate::records::StoredOrganization;
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, OrganizationId};

impl MendService {
    /// One step of a comparison of both sides of a finding: of the two halves, or of kept twins with the collection
    /// that they were joined into. It shows documents of tenants, so it is for who may mend.
    ///
    /// # Errors
    /// `FactsChanged` if what was found is not there any more; `NotFound` for a finding without two sides, and for a
    /// place that is none; `Forbidden`, `Store`.
    pub async fn compare(
        &self,
        actor: &Actor,
        finding: &Finding,
        at: Option<ComparePlace>,
    ) -> Result<Comparison, AppError> {
        actor.require(Act::Mend)?;
        let (left, right, shows_all) = match finding.kind {
            FindingKind::HalfRenamed => {
                // Only read, as all of this: nothing is settled first.
                let seen = self.stored(organization_of(finding, &MendChoices::default())?).await?;
                let left = CollectionName::for_organization(&name_of(&seen)?);
                let right = other_half(finding, &left)?;
                (left, right, false)
            }
            FindingKind::KeptTwins => {
                let right = collection_of(finding, &MendChoices::default())?;
                let seen = self.stored(owner_of(&right)?).await?;
                (CollectionName::for_organization(&name_of(&seen)?), right, true)
            }
            _ => return Err(AppError::NotFound { what: "second side of the finding" }),
        };
        Comparing { ports: &self.ports, left, right, shows_all }.step(at).await
    }

    /// Carries out what a person decided: about all twins, or about each of those that are named, while both documents
    /// are as they were shown.
    pub(super) async fn decide_twins(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let from = collection_of(finding, &MendChoices::default())?;
        let id = owner_of(&from)?;
        let seen = self.load(id).await?;
        let name = name_of(&seen)?;
        let to = CollectionName::for_organization(&name);
        if !self.ports.collections.exists(&from).await? {
            return Err(changed());
        }
        let (what, count) = match (choices.decision, &choices.twins) {
            (Some(decision), None) => {
                let waiting = self.ports.collections.statistics(&from).await?.documents;
                (What::All(decision), BTreeMap::from([(decision, waiting)]))
            }
            (None, Some(twins)) if !twins.is_empty() => {
                let decided = decided(twins)?;
                let mut count = BTreeMap::new();
                for one in &decided {
                    *count.entry(one.decision).or_default() += 1;
                }
                (What::Each(decided), count)
            }
            (Some(_) | None, _) => return Err(AppError::NotFound { what: "decision" }),
        };
        let mut deciding =
            Deciding { from: from.clone(), to, what, named: Vec::new(), total: count.values().sum() };
        deciding.named = self.named(&deciding).await?;
        let steps = vec![Step::Decide { deciding }, Step::DropOnceEmpty { name: from.clone() }];
        let plan = Plan::new(MendKind::DecideTwins, steps).about(id, &name).on(&from);
        Ok(count.into_iter().fold(plan, |plan, (decision, count)| {
            plan.changed("twins", Some(count), Some(decision.as_str()))
        }))
    }

    /// Checks that all pairs are still as they were shown, and names the first ones.
    async fn named(&self, deciding: &Deciding) -> Result<Vec<Named>, AppError> {
        let mut named = Vec::new();
        match &deciding.what {
            What::All(decision) => {
                let limit = u32::try_from(TWINS_NAMED).unwrap_or(u32::MAX);
                let twins = self.ports.collections.documents_after(&deciding.from, None, limit).await?;
                let beside = beside(&self.ports, &deciding.to, &twins).await?;
                for (twin, own) in twins.iter().zip(beside) {
                    named.push(Named::of(twin, own.is_some(), *decision)?);
                }
            }
            What::Each(decided) => {
                for part in decided.chunks(super::deciding::AT_ONCE) {
                    for pair in deciding.pairs(&self.ports, part).await? {
                        if named.len() < TWINS_NAMED {
                            named.push(Named::of(&pair.twin, pair.own.is_some(), pair.decision)?);
                        }
                    }
                }
            }
        }
        Ok(named)
    }

    /// Whether twins wait for another decision. If that cannot be found out, they do: the next pass knows.
    pub(super) async fn has_twins(&self, finding: &Finding) -> bool {
        match collection_of(finding, &MendChoices::default()) {
            Ok(from) => self.ports.collections.exists(&from).await.unwrap_or(true),
            Err(_) => false,
        }
    }

    async fn stored(&self, id: OrganizationId) -> Result<StoredOrganization, AppError> {
        let found = self.ports.organizations.stored(id).await?;
        found.ok_or(AppError::NotFound { what: "organization" })
    }
}

/// The organization whose twins a collection has: its name is made from the organization's id.
fn owner_of(twins: &CollectionName) -> Result<OrganizationId, AppError> {
    let id = twins.as_str().strip_prefix("console_twins_").and_then(|id| id.parse().ok());
    id.ok_or(AppError::NotFound { what: "organization" })
}

/// The half that an organization's own collection is joined with.
pub(super) fn other_half(finding: &Finding, own: &CollectionName) -> Result<CollectionName, AppError> {
    let other = finding.collections.iter().find(|other| other.as_str() != own.as_str());
    let other = CollectionName::from_stored(other.ok_or_else(changed)?.clone());
    if other.holds_tenants() { Ok(other) } else { Err(changed()) }
}

/// The decisions as they are carried out; one about the same twin twice is none.
fn decided(twins: &[DecidedTwin]) -> Result<Vec<Decided>, AppError> {
    let mut ids = HashSet::new();
    let decided = twins.iter().map(|DecidedTwin { seen, decision }| {
        let id = hex::decode(&seen.id).ok().filter(|id| id_of(id).is_ok_and(|alone| alone == *id));
        let id = id.filter(|id| ids.insert(id.clone())).ok_or(AppError::NotFound { what: "document" })?;
        Ok(Decided { id, proof: seen.proof.clone(), decision: *decision })
    });
    decided.collect()
}

//! Mends of what two organizations, or two collections of one, have in common.

use super::choices::{changed, name_of, organization_of};
use super::plan::{Journaled, Plan};
use super::service::MendService;
use super::step::{Step, is_of_others};
use super::twins::other_half;
use crate::doctor::{Finding, MendChoices, MendKind};
use crate::error::AppError;
use crate::records::{Correction, MendWord};
use crate::values::{CollectionName, CopyId, OrganizationId, OrganizationName};

impl MendService {
    /// Moves the documents of the other half into the organization's collection. If that does not exist, the other half
    /// is all there is, and takes its name.
    pub(super) async fn join_halves(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let name = name_of(&seen)?;
        let to = CollectionName::for_organization(&name);
        let from = other_half(finding, &to)?;
        let which = self.ports.collections.identity(&from).await?.ok_or_else(changed)?;
        if is_of_others(&self.ports, &from, id).await? {
            return Err(changed());
        }
        if !self.ports.collections.exists(&to).await? {
            return self.move_collection(finding, choices).await;
        }
        let twins = twins_of(id);
        let mut steps = vec![
            Step::Join { id, from: from.clone(), to: to.clone(), twins },
            Step::DropEmpty { name: from.clone() },
        ];
        let named = seen.collection_name.as_str().map(str::to_owned);
        if named.as_deref() != Some(to.as_str()) {
            let correction = Correction { collection_name: Some(to.clone()), ..Correction::default() };
            steps.push(Step::Correct { seen: Box::new(seen), correction: Box::new(correction) });
        }
        let journaled = Journaled {
            id,
            mend: MendWord::JoinHalves,
            name: name.clone(),
            from: Some(from.clone()),
            to: Some(to.clone()),
            collection: Some(which),
        };
        let plan = Plan::new(MendKind::JoinHalves, steps).about(id, &name).in_journal(journaled);
        Ok(plan.changed("collection", Some(from), Some(&to)).changed("collection_name", named, Some(to)))
    }

    /// Another name for one of several organizations of one name. Their collection stays with the others, goes along if
    /// it was chosen, or is copied.
    pub(super) async fn separate_twins(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let id = organization_of(finding, choices)?;
        let seen = self.load(id).await?;
        let (old, name) =
            (name_of(&seen)?, OrganizationName::parse(choices.name.as_deref().unwrap_or_default())?);
        self.require_free(Some(&name), None, None).await?;
        let (shared, to) = (CollectionName::for_organization(&old), CollectionName::for_organization(&name));
        if self.ports.collections.exists(&to).await? {
            return Err(changed());
        }
        if !is_of_others(&self.ports, &shared, id).await? {
            // Names that differ in letter case have a collection each: it follows the new name.
            if !self.has_twin(finding, id, &old).await? {
                return Err(changed());
            }
            return self.follow(MendKind::RenameOrganization, (id, seen), name).await;
        }
        self.capacity.require(Some(&name), 1).await?;
        let described = self.ports.collections.describe(&shared).await?;
        let goes_along = choices.collection.as_deref() == Some(shared.as_str());
        let (mut steps, mut from, mut which) = (Vec::new(), None, None);
        match described {
            Some(like) if choices.copy_to_both => {
                // Under a name of its own until it is whole.
                let incoming = CollectionName::incoming(CopyId::new());
                steps.push(Step::CreateLike { name: incoming.clone(), like });
                steps.push(Step::Copy { from: shared.clone(), to: incoming.clone() });
                steps.push(Step::RenameMade { from: incoming.clone(), to: to.clone() });
                from = Some(incoming);
            }
            Some(found) if goes_along => {
                let which_one = found.identity;
                steps.push(Step::Rename { from: shared.clone(), to: to.clone(), which: which_one.clone() });
                (from, which) = (Some(shared.clone()), Some(which_one));
            }
            Some(_) | None => steps.extend(self.new_collection(&to).await?),
        }
        let correction = Correction {
            name: Some(name.clone()),
            collection_name: Some(to.clone()),
            ..Correction::default()
        };
        steps.push(Step::Correct { seen: Box::new(seen), correction: Box::new(correction) });
        if which.is_some() {
            steps.extend(self.new_collection(&shared).await?);
        }
        let journaled = Journaled {
            id,
            mend: MendWord::SeparateTwins,
            name: name.clone(),
            from,
            to: Some(to.clone()),
            collection: which,
        };
        let plan = Plan::new(MendKind::SeparateTwins, steps).about(id, &name).in_journal(journaled);
        Ok(plan.changed("name", Some(old), Some(name)).changed("collection", Some(shared), Some(to)))
    }

    /// Whether another organization of the finding still has this name, in any letter case.
    async fn has_twin(
        &self,
        finding: &Finding,
        id: OrganizationId,
        name: &OrganizationName,
    ) -> Result<bool, AppError> {
        let others = finding.organizations.iter().filter_map(|twin| twin.id.parse::<OrganizationId>().ok());
        for other in others.filter(|other| *other != id) {
            let stored = self.ports.organizations.stored(other).await?;
            let its = stored.as_ref().and_then(|stored| stored.name.as_str());
            if its.is_some_and(|its| its.eq_ignore_ascii_case(name.as_str())) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Where documents wait that differ from those of their `_id` in an organization's collection.
pub(super) fn twins_of(id: OrganizationId) -> CollectionName {
    CollectionName::twins(CopyId::from(id.object_id()))
}

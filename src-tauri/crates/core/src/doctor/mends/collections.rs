//! Mends that give a collection to an organization, or an organization to a collection.

use futures_util::TryStreamExt;

use super::choices::{changed, collection_of, name_of, organization_of};
use super::plan::{Journaled, Plan};
use super::service::MendService;
use super::step::Step;
use crate::doctor::{Finding, MendChoices, MendKind};
use crate::error::{AppError, ConflictOn};
use crate::records::{
    CollectionIdentity, Correction, MendWord, NewOrganization, OperationPlan, Shelf, StoredId,
    StoredOrganization, TemplateIndex, TrashedCollection, set_aside,
};
use crate::values::{
    CollectionName, EmailAddress, FieldIssue, OneTimePassword, OrganizationId, OrganizationName,
};

impl MendService {
    /// An empty collection for an organization that has none.
    pub(super) async fn create_collection(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let name = name_of(&seen)?;
        let to = CollectionName::for_organization(&name);
        if self.ports.collections.exists(&to).await? {
            return Err(changed());
        }
        self.capacity.require(Some(&name), 1).await?;
        let journaled = Journaled {
            id,
            mend: MendWord::CreateCollection,
            name: name.clone(),
            from: None,
            to: Some(to.clone()),
            collection: None,
        };
        let steps = self.new_collection(&to).await?;
        let plan = Plan::new(MendKind::CreateCollection, steps).about(id, &name).in_journal(journaled);
        Ok(plan.changed("collection", None::<String>, Some(to)).undoable())
    }

    /// An ownerless collection for an organization that lost its own, live or in the trash.
    pub(super) async fn attach_collection(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let from = collection_of(finding, choices)?;
        let which = self.ownerless(&from).await?;
        let id = organization_of(finding, choices)?;
        let (name, to) = match self.ports.organizations.find(id).await? {
            Some(live) => (live.name.clone(), live.collection()),
            None => {
                let trashed = self.ports.organizations.find_trashed(id).await?;
                let trashed = trashed.ok_or(AppError::NotFound { what: "organization" })?;
                let was_moved = trashed.trashed.as_ref().map(|note| note.collection);
                if was_moved != Some(TrashedCollection::Moved) {
                    return Err(changed());
                }
                (trashed.name.clone(), trashed.collection())
            }
        };
        let mut steps = self.room_for(&to).await?;
        steps.push(Step::Rename { from: from.clone(), to: to.clone(), which: which.clone() });
        let journaled = Journaled {
            id,
            mend: MendWord::AttachCollection,
            name: name.clone(),
            from: Some(from.clone()),
            to: Some(to.clone()),
            collection: Some(which.clone()),
        };
        let plan = Plan::new(MendKind::AttachCollection, steps).about(id, &name).in_journal(journaled);
        Ok(plan
            .changed("collection", Some(from), Some(to))
            .changed("identity", None::<String>, which.0)
            .undoable())
    }

    /// An organization for an ownerless collection. Its admin gets a generated password.
    pub(super) async fn create_organization(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let from = collection_of(finding, &MendChoices::default())?;
        let which = self.ownerless(&from).await?;
        let mut issues: Vec<FieldIssue> = Vec::new();
        let own_name = from.organization_name().map(|name| name.to_string()).unwrap_or_default();
        let typed = choices.name.as_deref().unwrap_or(&own_name);
        let name = OrganizationName::parse(typed).map_err(|issue| issues.push(issue)).ok();
        let email = EmailAddress::parse(choices.admin_email.as_deref().unwrap_or_default());
        let email = email.map_err(|issue| issues.push(issue)).ok();
        let (Some(name), Some(email)) = (name, email) else { return Err(AppError::InvalidInput(issues)) };
        let to = CollectionName::for_organization(&name);
        self.require_free(Some(&name), Some(&email), None).await?;
        let mut steps = Vec::new();
        if to != from {
            if self.ports.collections.exists(&to).await? {
                return Err(AppError::Conflict(ConflictOn::Collection));
            }
            steps.push(Step::Rename { from: from.clone(), to: to.clone(), which: which.clone() });
        }
        let (id, one_time) = (OrganizationId::new(), OneTimePassword::new());
        let password = one_time.password().map_err(AppError::InvalidInput)?;
        let new = NewOrganization {
            id,
            name: name.clone(),
            display_name: None,
            admin_email: email.clone(),
            admin_password: self.hasher.hash(&password).await?,
            created_at: self.clock.now(),
        };
        steps.push(Step::Insert { new: Box::new(new) });
        let journaled = Journaled {
            id,
            mend: MendWord::CreateOrganization,
            name: name.clone(),
            from: Some(from.clone()),
            to: Some(to.clone()),
            collection: Some(which),
        };
        let plan = Plan::new(MendKind::CreateOrganization, steps).about(id, &name).in_journal(journaled);
        let plan =
            plan.changed("name", None::<String>, Some(&name)).changed("email", None::<String>, Some(&email));
        Ok(Plan { one_time: Some(one_time), ..plan.changed("collection", Some(from), Some(to)) })
    }

    /// The collection that an organization names is moved to where its name leads.
    pub(super) async fn move_collection(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let name = name_of(&seen)?;
        self.follow(MendKind::MoveCollection, (id, seen), name).await
    }

    /// Another name, which the collection follows.
    pub(super) async fn rename_organization(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let name = OrganizationName::parse(choices.name.as_deref().unwrap_or_default())?;
        self.require_free(Some(&name), None, None).await?;
        self.follow(MendKind::RenameOrganization, (id, seen), name).await
    }

    /// The stored name in the form that the rules want.
    pub(super) async fn correct_name(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let (id, seen) = self.organization(finding, choices).await?;
        let name = OrganizationName::parse(seen.name.as_str().ok_or_else(changed)?)?;
        if seen.name.as_str() == Some(name.as_str()) {
            return Err(changed());
        }
        self.require_free(Some(&name), None, Some(id)).await?;
        self.follow(MendKind::CorrectName, (id, seen), name).await
    }

    /// The document gets the name and the collection's name; a collection that stands elsewhere is moved first.
    pub(super) async fn follow(
        &self,
        mend: MendKind,
        (id, seen): (OrganizationId, StoredOrganization),
        name: OrganizationName,
    ) -> Result<Plan, AppError> {
        let to = CollectionName::for_organization(&name);
        let mut steps = Vec::new();
        let mut moved = None;
        for from in places(&seen).into_iter().filter(|from| *from != to) {
            let Some(which) = self.ports.collections.identity(&from).await? else { continue };
            let owner = from.organization_name().unwrap_or_else(|| name.clone());
            let owners = self.ports.organizations.owners(&owner).await?;
            if owners.iter().any(|owner| *owner != id) {
                continue;
            }
            steps = self.room_for(&to).await?;
            steps.push(Step::Rename { from: from.clone(), to: to.clone(), which: which.clone() });
            moved = Some((from, which));
            break;
        }
        if mend == MendKind::MoveCollection && moved.is_none() {
            return Err(changed());
        }
        let (before, named) = (seen.name.clone(), seen.collection_name.clone());
        let is_named = before.as_str() == Some(name.as_str());
        let correction = Correction {
            name: (!is_named).then(|| name.clone()),
            collection_name: Some(to.clone()),
            ..Correction::default()
        };
        steps.push(Step::Correct { seen: Box::new(seen), correction: Box::new(correction) });
        let shown = before.as_str().unwrap_or(name.as_str()).to_owned();
        let journaled = moved.as_ref().map(|(from, which)| Journaled {
            id,
            mend: MendWord::FollowName,
            name: name.clone(),
            from: Some(from.clone()),
            to: Some(to.clone()),
            collection: Some(which.clone()),
        });
        let plan = Plan { journaled, ..Plan::new(mend, steps) };
        let plan = plan.about(id, if is_named { shown } else { name.to_string() });
        let plan = plan.changed("name", before.as_str(), Some(name.as_str())).changed(
            "collection_name",
            named.as_str(),
            Some(&to),
        );
        // What was no text cannot be written again.
        let is_text = before.as_str().is_some() && named.as_str().is_some();
        let plan = match moved {
            Some((from, which)) => {
                plan.changed("collection", Some(from), Some(to)).changed("identity", None::<String>, which.0)
            }
            None => plan,
        };
        Ok(if is_text { plan.undoable() } else { plan })
    }

    /// A collection that was about to be deleted, or that came in and belongs to nothing.
    pub(super) async fn drop_leftover(
        &self,
        finding: &Finding,
        choices: &MendChoices,
    ) -> Result<Plan, AppError> {
        let name = collection_of(finding, choices)?;
        let which = self.ports.collections.identity(&name).await?.ok_or_else(changed)?;
        self.require_unused(&name, &which, None).await?;
        let is_copy = name.as_str().starts_with("console_incoming_");
        let step = match () {
            // What came in from elsewhere is there still.
            () if is_copy => Step::Drop { name: name.clone(), which },
            () => Step::DropEmpty { name: name.clone() },
        };
        Ok(Plan::new(MendKind::DropLeftover, vec![step]).on(&name).changed(
            "collection",
            Some(&name),
            None::<String>,
        ))
    }

    /// Refuses a collection that an operation in the journal works with, other than the one of `own`.
    pub(super) async fn require_unused(
        &self,
        name: &CollectionName,
        which: &CollectionIdentity,
        own: Option<OrganizationId>,
    ) -> Result<(), AppError> {
        let unfinished = self.ports.journal.unfinished().await?;
        let mut others = unfinished.iter().map(|entry| &entry.operation);
        let user = others.find(|other| {
            let is_named = match &other.plan {
                OperationPlan::Receive { incoming, .. } => CollectionName::incoming(*incoming) == *name,
                OperationPlan::Mend { from, .. } => from.as_ref() == Some(name),
                OperationPlan::Create { .. }
                | OperationPlan::Rename { .. }
                | OperationPlan::Trash { .. }
                | OperationPlan::Restore { .. }
                | OperationPlan::DeleteForever { .. } => false,
            };
            let mark = other.mark();
            let is_named = is_named || other.plan.homes().iter().any(|home| home.dropped(&mark) == *name);
            let is_it =
                other.plan.collection().is_some_and(|planned| planned.is_same_as(which) == Some(true));
            Some(other.organization_id) != own && (is_named || is_it)
        });
        match user {
            Some(user) => Err(AppError::Busy { act: user.plan.act() }),
            None => Ok(()),
        }
    }

    /// An empty collection as every new organization gets it, with the indexes of the template.
    pub(super) async fn new_collection(&self, name: &CollectionName) -> Result<Vec<Step>, AppError> {
        let template = self.template().await?;
        let index =
            |index: &TemplateIndex| Step::MakeIndex { name: name.clone(), index: index.description() };
        let created = std::iter::once(Step::Create { name: name.clone() });
        Ok(created.chain(template.indexes.iter().map(index)).collect())
    }

    /// The identity of a collection that belongs to nobody.
    pub(super) async fn ownerless(&self, name: &CollectionName) -> Result<CollectionIdentity, AppError> {
        let which = self.ports.collections.identity(name).await?.ok_or_else(changed)?;
        if self.has_owner(name).await? { Err(changed()) } else { Ok(which) }
    }

    /// Whether an organization, live or in the trash, has a collection of this name.
    pub(super) async fn has_owner(&self, name: &CollectionName) -> Result<bool, AppError> {
        if let Some(owner) = name.organization_name()
            && !self.ports.organizations.owners(&owner).await?.is_empty()
        {
            return Ok(true);
        }
        let mut trash = self.ports.organizations.scan(Shelf::Trash);
        while let Some(batch) = trash.try_next().await? {
            let is_its = |one: &StoredOrganization| match (&one.id, &one.trashed) {
                (StoredId::Organization(id), Some(note)) => {
                    note.collection == TrashedCollection::Moved && set_aside(*id, note.copy) == *name
                }
                (StoredId::Other { .. }, _) | (_, None) => false,
            };
            if batch.iter().any(is_its) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What makes room under a name: nothing, or the removal of an empty collection.
    pub(super) async fn room_for(&self, to: &CollectionName) -> Result<Vec<Step>, AppError> {
        if !self.ports.collections.exists(to).await? {
            return Ok(Vec::new());
        }
        if self.ports.collections.is_empty(to).await? {
            return Ok(vec![Step::DropEmpty { name: to.clone() }]);
        }
        Err(AppError::Conflict(ConflictOn::Collection))
    }
}

/// The collections that can hold an organization's documents: the one that it names, then the one of its name.
fn places(seen: &StoredOrganization) -> Vec<CollectionName> {
    let named = seen.collection_name.as_str().map(|name| CollectionName::from_stored(name.to_owned()));
    let own = seen.name.as_str().map(|name| OrganizationName::from_stored(name.to_owned()));
    let own = own.map(|name| CollectionName::for_organization(&name));
    let mut places = Vec::new();
    for place in named.into_iter().chain(own).filter(CollectionName::holds_tenants) {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

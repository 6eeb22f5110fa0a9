//! Creates, renames, deactivates, trashes, restores and deletes for good.
//!
//! A change of more than one thing is an operation of the journal. Its first step decides whether it takes place;
//! `journal/recovery.rs` infers that from what exists.

use super::service::{CreateRequest, OrganizationService, conflict};
use crate::error::{AppError, ConflictOn, StoreError};
use crate::journal::OperationRunner;
use crate::ports::Ports;
use crate::records::{
    ActivityKind, CollectionIdentity, NewOrganization, OperationPlan, Organization, OrganizationChange,
    Trashed, TrashedCollection, set_aside,
};
use crate::rights::{Act, Actor};
use crate::values::{
    CollectionName, CopyId, DisplayName, EmailAddress, FieldIssue, OrganizationId, OrganizationName, Password,
};

impl OrganizationService {
    /// Creates an organization: its document, then its collection with validator and indexes.
    ///
    /// # Errors
    /// `InvalidInput` with every field that breaks a rule; `Conflict` on a taken name, address or collection;
    /// `Forbidden`, `Busy`, `Store`. Nothing is left behind.
    pub async fn create(&self, actor: &Actor, request: CreateRequest) -> Result<Organization, AppError> {
        actor.require(Act::Create)?;
        let mut issues = Vec::new();
        let name = OrganizationName::parse(&request.name).map_err(|issue| issues.push(issue)).ok();
        let display_name = DisplayName::parse(&request.display_name).map_err(|issue| issues.push(issue)).ok();
        let email = EmailAddress::parse(&request.email).map_err(|issue| issues.push(issue)).ok();
        let password =
            Password::parse(&request.password).map_err(|more: Vec<FieldIssue>| issues.extend(more)).ok();
        let (Some(name), Some(display_name), Some(admin_email), Some(password)) =
            (name, display_name, email, password)
        else {
            return Err(AppError::InvalidInput(issues));
        };
        self.require_free_name(&name).await?;
        self.require_free_email(&admin_email, None).await?;
        let admin_password = self.hasher.hash(&password).await?;
        let organization = NewOrganization {
            id: OrganizationId::new(),
            name,
            display_name,
            admin_email,
            admin_password,
            created_at: self.clock.now(),
        };
        self.create_hashed(actor, &organization).await
    }

    /// Creates an organization with an already hashed password.
    ///
    /// # Errors
    /// As [`create`](Self::create), except `InvalidInput`.
    pub async fn create_hashed(
        &self,
        actor: &Actor,
        organization: &NewOrganization,
    ) -> Result<Organization, AppError> {
        actor.require(Act::Create)?;
        let steps = |ports: Ports| async move {
            ports.organizations.insert(organization).await.map_err(conflict)?;
            let collection = CollectionName::for_organization(&organization.name);
            ports.collections.create(&collection).await?;
            // This step may have come so late that the organization is somewhere else by now.
            self.load_live(organization.id).await.map(drop)
        };
        let plan = OperationPlan::Create { name: organization.name.clone() };
        self.operations.run(organization.id, plan, actor, steps).await?;
        let created = self.load_live(organization.id).await?;
        self.record(actor, ActivityKind::OrganizationCreated, &created, None).await;
        Ok(created)
    }

    /// Renames an organization: the server's own rename moves the collection, then the document gets its name. Sessions
    /// stay alive. If it already has the name, nothing is to be done.
    ///
    /// A shared collection stays with the other organizations, and the renamed one gets an empty collection of its own.
    ///
    /// # Errors
    /// `InvalidInput`, `Conflict`, `NotFound`, `Forbidden`, `Busy`, `Store`.
    pub async fn rename(
        &self,
        actor: &Actor,
        id: OrganizationId,
        to: &str,
    ) -> Result<Organization, AppError> {
        actor.require_on(Act::Change, id)?;
        let to = OrganizationName::parse(to)?;
        self.rename_admitted(self.operations.admit()?, actor, id, to).await
    }

    /// The rename, as a part of what the gate has admitted.
    pub(super) async fn rename_admitted(
        &self,
        runner: &OperationRunner,
        actor: &Actor,
        id: OrganizationId,
        to: OrganizationName,
    ) -> Result<Organization, AppError> {
        runner.settle_earlier(id).await?;
        let organization = self.load_live(id).await?;
        if organization.name == to {
            return Ok(organization);
        }
        self.require_free_name(&to).await?;
        let (source, target) = (&organization.collection(), &CollectionName::for_organization(&to));
        let shared = self.is_shared(id, &organization.name).await?;
        let collection = &if shared { None } else { self.ports.collections.identity(source).await? };
        let (from, to) = (&organization.name, &to);
        let steps = |ports: Ports| async move {
            let seen = self.require_still(id, from, shared).await?;
            if shared {
                self.require_same(target, &None, "create").await?;
                ports.collections.create(target).await?;
            } else {
                self.require_same(source, collection, "rename").await?;
            }
            if let Some(which) = collection {
                ports.collections.rename(source, target, which).await.map_err(conflict)?;
            }
            ports.organizations.set_name(&seen, to, self.clock.now()).await.map_err(conflict)
        };
        let plan =
            OperationPlan::Rename { from: from.clone(), to: to.clone(), collection: collection.clone() };
        runner.run(id, plan, actor, steps).await?;
        let renamed = self.load_live(id).await?;
        let mut detail = format!("from {} to {}", organization.name, renamed.name);
        if shared {
            detail.push_str(&format!("; {source} is shared with other organizations and stayed"));
        }
        self.record(actor, ActivityKind::OrganizationRenamed, &renamed, Some(detail)).await;
        Ok(renamed)
    }

    /// Deactivates an organization: no one in it can sign in, and its sessions end. Its documents stay.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Store`.
    pub async fn deactivate(&self, actor: &Actor, id: OrganizationId) -> Result<Organization, AppError> {
        self.set_active(actor, id, false, ActivityKind::OrganizationDeactivated).await
    }

    /// Lets the people of an organization sign in again.
    ///
    /// # Errors
    /// `NotFound`, `Forbidden`, `Store`.
    pub async fn reactivate(&self, actor: &Actor, id: OrganizationId) -> Result<Organization, AppError> {
        self.set_active(actor, id, true, ActivityKind::OrganizationReactivated).await
    }

    async fn set_active(
        &self,
        actor: &Actor,
        id: OrganizationId,
        is_active: bool,
        kind: ActivityKind,
    ) -> Result<Organization, AppError> {
        actor.require_on(Act::Deactivate, id)?;
        let organization = self.load_live(id).await?;
        if organization.is_active == is_active {
            return Ok(organization);
        }
        let change = OrganizationChange {
            is_active: Some(is_active),
            end_sessions: !is_active,
            ..OrganizationChange::default()
        };
        let changed =
            self.ports.organizations.change(id, &change, self.clock.now()).await.map_err(missing)?;
        self.record(actor, kind, &changed, None).await;
        Ok(changed)
    }

    /// Moves an organization to the trash: it leaves the list, its sessions end, its name is free, and its collection
    /// is set aside under another name. All of it can be restored. A shared collection stays where it is.
    ///
    /// # Errors
    /// `ConfirmationMismatch` if the workspace requires the typed name; `NotFound`, `Forbidden`, `Busy`, `Store`.
    pub async fn trash(
        &self,
        actor: &Actor,
        id: OrganizationId,
        confirmation: Option<&str>,
    ) -> Result<Organization, AppError> {
        actor.require_on(Act::Trash, id)?;
        self.operations.settle_earlier(id).await?;
        let organization = self.load_live(id).await?;
        if self.operations.gate().names_are_typed() {
            require_confirmation(&organization, confirmation)?;
        }
        let copy = CopyId::new();
        let (source, target) = (&organization.collection(), &CollectionName::set_aside(copy));
        let shared = self.is_shared(id, &organization.name).await?;
        let collection = &if shared { None } else { self.ports.collections.identity(source).await? };
        let trashed = &Trashed {
            at: self.clock.now().into(),
            by: actor.email().to_owned(),
            collection: match collection {
                Some(_) => TrashedCollection::Moved,
                None if shared => TrashedCollection::Shared,
                None => TrashedCollection::Missing,
            },
            copy: Some(copy),
        };
        let name = &organization.name;
        let steps = |ports: Ports| async move {
            self.require_still(id, name, shared).await?;
            if !shared {
                self.require_same(source, collection, "rename").await?;
            }
            ports.organizations.copy_to_trash(id, trashed).await.map_err(missing)?;
            ports.organizations.remove_copied(id, trashed.copy).await?;
            if let Some(which) = collection {
                // The name is free since the document was removed, and an organization that took it has the collection
                // too.
                if !ports.organizations.owners(name).await?.is_empty() {
                    return Err(AppError::Busy { act: "create" });
                }
                self.require_copy(id, trashed.copy).await?;
                ports.collections.rename(source, target, which).await?;
            }
            // Another console may have taken over and restored the organization while this computer slept: then the
            // collection was just taken from it, and recovery gives it back.
            self.require_copy(id, trashed.copy).await
        };
        let (name, trashed, collection) = (name.clone(), trashed.clone(), collection.clone());
        let plan = OperationPlan::Trash { name, trashed, collection };
        self.operations.run(id, plan, actor, steps).await?;
        let detail = shared.then(|| format!("{source} is shared with other organizations and stayed"));
        self.record(actor, ActivityKind::OrganizationTrashed, &organization, detail).await;
        self.load_trashed(id).await
    }

    /// Restores an organization from the trash, under its old name or another one. Its admin can sign in again.
    ///
    /// One that left its collection to others gets an empty one, unless it returns under the name of that collection.
    ///
    /// # Errors
    /// `Conflict` if the name, the address or the collection was taken meanwhile: it stays in the trash;
    /// `InvalidInput`, `NotFound`, `Forbidden`, `Busy`, `Store`.
    pub async fn restore(
        &self,
        actor: &Actor,
        id: OrganizationId,
        name: Option<&str>,
    ) -> Result<Organization, AppError> {
        actor.require_on(Act::Restore, id)?;
        self.operations.settle_earlier(id).await?;
        let trashed = self.load_trashed(id).await?;
        let Some(Trashed { collection: was, copy, .. }) = trashed.trashed else {
            return Err(AppError::NotFound { what: "organization" });
        };
        let name = match name {
            Some(name) => OrganizationName::parse(name)?,
            None => trashed.name.clone(),
        };
        let shared = was == TrashedCollection::Shared;
        let target = &CollectionName::for_organization(&name);
        // Under its old name it finds the shared collection where it left it; under another name it starts with none.
        let returns = shared && name == trashed.name && self.ports.collections.exists(target).await?;
        if returns {
            self.require_unused_name(&name).await?;
        } else {
            self.require_free_name(&name).await?;
        }
        self.require_free_email(&trashed.admin_email, Some(id)).await?;
        let source = &set_aside(id, copy);
        let collection = &if shared { None } else { self.ports.collections.identity(source).await? };
        let name = &name;
        let steps = |ports: Ports| async move {
            self.require_copy(id, copy).await?;
            if shared && !returns {
                self.require_same(target, &None, "create").await?;
                ports.collections.create(target).await?;
            } else if !shared {
                self.require_same(source, collection, "trash").await?;
            }
            if let Some(which) = collection {
                ports.collections.rename(source, target, which).await.map_err(conflict)?;
            }
            ports.organizations.copy_from_trash(id, copy, name, self.clock.now()).await.map_err(conflict)?;
            Ok(ports.organizations.remove_trashed(id, copy).await?)
        };
        let plan = OperationPlan::Restore { name: name.clone(), copy, collection: collection.clone() };
        self.operations.run(id, plan, actor, steps).await?;
        let restored = self.load_live(id).await?;
        self.record(actor, ActivityKind::OrganizationRestored, &restored, None).await;
        Ok(restored)
    }

    /// Deletes an organization in the trash with all its documents, irreversibly. A collection that it left to others
    /// stays.
    ///
    /// # Errors
    /// `ConfirmationMismatch` unless its name was typed; `NotFound` unless it is in the trash; `Forbidden`, `Busy`,
    /// `Store`.
    pub async fn delete_forever(
        &self,
        actor: &Actor,
        id: OrganizationId,
        confirmation: &str,
    ) -> Result<(), AppError> {
        actor.require_on(Act::DeleteForever, id)?;
        self.operations.settle_earlier(id).await?;
        let organization = self.load_trashed(id).await?;
        require_confirmation(&organization, Some(confirmation))?;
        let Some(Trashed { collection: was, copy, .. }) = organization.trashed else {
            return Err(AppError::NotFound { what: "organization" });
        };
        let in_trash = &set_aside(id, copy);
        let collection = &match was {
            TrashedCollection::Shared => None,
            TrashedCollection::Moved | TrashedCollection::Missing => {
                self.ports.collections.identity(in_trash).await?
            }
        };
        let steps = |ports: Ports| async move {
            self.require_copy(id, copy).await?;
            if let Some(which) = collection {
                ports.collections.delete(in_trash, which).await?;
            }
            ports.organizations.remove_trashed(id, copy).await?;
            // Another console may have taken over and restored it while this computer slept: then nothing was deleted.
            match ports.organizations.find(id).await? {
                Some(_) => Err(changed()),
                None => Ok(()),
            }
        };
        let name = organization.name.clone();
        let plan = OperationPlan::DeleteForever { name, copy, collection: collection.clone() };
        self.operations.run(id, plan, actor, steps).await?;
        self.record(actor, ActivityKind::OrganizationDeleted, &organization, None).await;
        Ok(())
    }

    /// Checks the plan again after the intent was written: another console may have renamed the organization in
    /// between, or other software may share its collection now. Returns the organization as it is now.
    async fn require_still(
        &self,
        id: OrganizationId,
        name: &OrganizationName,
        shared: bool,
    ) -> Result<Organization, AppError> {
        let organization = self.load_live(id).await?;
        if organization.name == *name && self.is_shared(id, name).await? == shared {
            Ok(organization)
        } else {
            Err(AppError::Busy { act: "rename" })
        }
    }

    /// Whether other organizations also use this organization's collection.
    pub(super) async fn is_shared(
        &self,
        id: OrganizationId,
        name: &OrganizationName,
    ) -> Result<bool, AppError> {
        Ok(self.ports.organizations.owners(name).await?.iter().any(|owner| *owner != id))
    }

    /// Checks that the trash still has this copy and no other.
    async fn require_copy(&self, id: OrganizationId, copy: Option<CopyId>) -> Result<(), AppError> {
        let found = self.ports.organizations.find_trashed(id).await?.and_then(|found| found.trashed);
        if found.is_some_and(|found| found.copy == copy) { Ok(()) } else { Err(changed()) }
    }

    /// Checks that the collection is still the planned one: it may have appeared or vanished in between.
    async fn require_same(
        &self,
        name: &CollectionName,
        planned: &Option<CollectionIdentity>,
        act: &'static str,
    ) -> Result<(), AppError> {
        let is_same = self.ports.collections.identity(name).await? == *planned;
        if is_same { Ok(()) } else { Err(AppError::Busy { act }) }
    }

    /// Checks early, to name the field. The unique index decides.
    pub(super) async fn require_free_name(&self, name: &OrganizationName) -> Result<(), AppError> {
        self.require_unused_name(name).await?;
        if self.is_collection_taken(name).await? {
            return Err(AppError::Conflict(ConflictOn::Collection));
        }
        Ok(())
    }

    async fn require_unused_name(&self, name: &OrganizationName) -> Result<(), AppError> {
        match self.ports.organizations.find_by_name(name).await? {
            Some(_) => Err(AppError::Conflict(ConflictOn::Name)),
            None => Ok(()),
        }
    }

    /// Whether the collection for a name exists or is claimed: other software may name it before it exists.
    pub(super) async fn is_collection_taken(&self, name: &OrganizationName) -> Result<bool, AppError> {
        let collection = CollectionName::for_organization(name);
        Ok(self.ports.collections.exists(&collection).await?
            || !self.ports.organizations.owners(name).await?.is_empty())
    }

    /// Checks early, to name the field. An organization's own address is free for it, even if it shares it with others.
    pub(super) async fn require_free_email(
        &self,
        email: &EmailAddress,
        owner: Option<OrganizationId>,
    ) -> Result<(), AppError> {
        let found = self.ports.organizations.find_credentials(email).await?;
        if found.iter().any(|found| Some(found.organization.id) == owner) {
            return Ok(());
        }
        if !found.is_empty() || self.ports.accounts.find_operator_by_email(email).await?.is_some() {
            return Err(AppError::Conflict(ConflictOn::Email));
        }
        Ok(())
    }
}

fn changed() -> AppError {
    AppError::Store(StoreError::Changed { what: "the organization" })
}

/// The organization vanished between the look and the change.
pub(super) fn missing(error: StoreError) -> AppError {
    match error {
        StoreError::NotFound { .. } => AppError::NotFound { what: "organization" },
        other => conflict(other),
    }
}

fn require_confirmation(organization: &Organization, typed: Option<&str>) -> Result<(), AppError> {
    // Not the display name: two organizations can have the same.
    if typed.map(str::trim) == Some(organization.name.as_str()) {
        Ok(())
    } else {
        Err(AppError::ConfirmationMismatch)
    }
}

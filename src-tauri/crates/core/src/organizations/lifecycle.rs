//! Creates, renames, deactivates, trashes, restores and deletes for good.
//!
//! A change of more than one thing is an operation of the journal. Its first step decides whether it takes place;
//! `journal/recovery.rs` infers that from what exists.

use std::future::Future;

use super::service::{CreateRequest, OrganizationService, conflict};
use crate::capacity::INDEXES_OF_A_TENANT;
use crate::error::{AppError, ConflictOn, StoreError, UniqueField};
use crate::journal::{OperationRunner, forget_tenant};
use crate::ports::Ports;
use crate::records::{
    ActivityEntry, ActivityKind, CollectionIdentity, Expected, NewOrganization, OperationPlan, Organization,
    OrganizationChange, SessionsOf, Trashed, TrashedCollection, set_aside,
};
use crate::rights::{Act, Actor};
use crate::values::{
    CollectionName, CopyId, DisplayName, EmailAddress, FieldIssue, OrganizationId, OrganizationName,
    Password, PasswordHash,
};

impl OrganizationService {
    /// Creates an organization: its document, then its collection with validator and indexes.
    ///
    /// # Errors
    /// `InvalidInput` with every field that breaks a rule; `Conflict` on a taken name, address or collection;
    /// `NoRoom` if the deployment is full; `Forbidden`, `Busy`, `Store`. Nothing is left behind.
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
        self.create_parsed(actor, (name, display_name, admin_email), self.hasher.hash(&password)).await
    }

    /// Creates an organization whose fields keep the rules. The password is hashed while names and addresses are looked
    /// up.
    ///
    /// # Errors
    /// As [`create`](Self::create), except `InvalidInput`; those of `hash`.
    pub(crate) async fn create_parsed(
        &self,
        actor: &Actor,
        (name, display_name, admin_email): (OrganizationName, Option<DisplayName>, EmailAddress),
        hash: impl Future<Output = Result<PasswordHash, AppError>> + Send,
    ) -> Result<Organization, AppError> {
        actor.require(Act::Create)?;
        let (now, id) = (self.clock.now(), OrganizationId::new());
        let new = |admin_password| NewOrganization {
            id,
            name: name.clone(),
            display_name: display_name.clone(),
            admin_email: admin_email.clone(),
            admin_password,
            created_at: now,
        };
        let look = async {
            // The template is needed once the collection is there.
            let (free_name, free_email, _) = futures_util::join!(
                self.require_free_name(&name),
                self.require_free_email(&admin_email, None),
                self.template.followed(),
            );
            free_name.and(free_email)
        };
        let hashed = async {
            let (hash, ()) = futures_util::try_join!(hash, look)?;
            Ok(new(hash))
        };
        let record = created(actor, id, &name, display_name.as_ref(), &admin_email);
        self.create_as(record, id, &name, hashed).await
    }

    /// Creates an organization with an already hashed password. Its name must belong to no collection.
    ///
    /// # Errors
    /// As [`create`](Self::create), except `InvalidInput`.
    pub async fn create_hashed(
        &self,
        actor: &Actor,
        organization: &NewOrganization,
    ) -> Result<Organization, AppError> {
        actor.require(Act::Create)?;
        let NewOrganization { id, name, display_name, admin_email, .. } = organization;
        let record = created(actor, *id, name, display_name.as_ref(), admin_email);
        self.create_as(record, *id, name, std::future::ready(Ok(organization.clone()))).await
    }

    /// Document and collection are made at the same time, and the document decides. If it is refused, the collection is
    /// removed again; if the process dies in between, recovery does so. A collection that is there already is on its
    /// way to another organization, or on its way from it: then the document is removed again.
    async fn create_as(
        &self,
        record: ActivityEntry,
        id: OrganizationId,
        name: &OrganizationName,
        hashed: impl Future<Output = Result<NewOrganization, AppError>> + Send,
    ) -> Result<Organization, AppError> {
        let steps = |ports: Ports, new: NewOrganization| async move {
            let collection = CollectionName::for_organization(&new.name);
            let (inserted, made) = futures_util::join!(
                ports.organizations.insert(&new),
                ports.collections.create_new(&collection)
            );
            match (inserted, made) {
                // Before the refusal of the other: a step without a response may still be carried out.
                (Err(_), Err(lost)) if lost.is_unclear() => Err(lost.into()),
                (Err(error), _) => Err(conflict(error)),
                (Ok(()), Err(error)) => Err(conflict(error)),
                (Ok(()), Ok(())) => Ok(new.inserted()),
            }
        };
        let runner = self.operations.admit()?;
        let checked = async {
            let room = self.capacity.require(Some(name), 1);
            Ok::<_, AppError>(futures_util::try_join!(room, hashed)?.1)
        };
        if let Some(whole) = runner.whole_acts() {
            let new = checked.await?;
            whole.create(&new, &record).await.map_err(conflict)?;
            self.template.complete(&CollectionName::for_organization(name)).await;
            return Ok(new.inserted());
        }
        let plan = OperationPlan::Create { name: name.clone() };
        let done = runner.run(plan, record, id, checked, steps).await?;
        self.capacity.made(1, INDEXES_OF_A_TENANT);
        self.template.complete(&CollectionName::for_organization(name)).await;
        match done {
            Some(created) => Ok(created),
            None => self.load_live(id).await,
        }
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
        let organization = self.operations.settled(id, || self.load_live(id)).await?;
        if organization.name == to {
            return Ok(organization);
        }
        self.rename_found(runner, actor, organization, to).await
    }

    /// The rename of an organization as it was found just now.
    pub(super) async fn rename_found(
        &self,
        runner: &OperationRunner,
        actor: &Actor,
        organization: Organization,
        to: OrganizationName,
    ) -> Result<Organization, AppError> {
        let (id, from, to) = (organization.id, &organization.name, &to);
        let (source, target) = (&organization.collection(), &CollectionName::for_organization(to));
        let (free, fits, shared, identity) = futures_util::join!(
            self.require_free_name(to),
            self.capacity.require(Some(to), 0),
            self.is_shared(id, from),
            self.ports.collections.identity(source),
        );
        free?;
        fits?;
        let (shared, identity) = (shared?, identity?);
        if shared {
            self.capacity.require(None, 1).await?;
        }
        let collection = &identity.filter(|_| !shared);
        // Another console may have renamed it before its collection was identified: this computer can have slept since
        // it was found. Then the collection under its old name is another one.
        let still_shared = async {
            let (is_shared, now) =
                futures_util::join!(self.is_shared(id, from), self.ports.organizations.find(id));
            let is_same = is_shared? == shared && now?.is_some_and(|now| now.name == *from);
            if is_same { Ok(()) } else { Err(AppError::Busy { act: "rename" }) }
        };
        let found = &organization;
        let steps = |ports: Ports, ()| async move {
            match collection {
                Some(which) => {
                    let moved = ports.collections.rename(source, target, which).await;
                    moved.map_err(|error| moved_away(error, "rename"))?;
                }
                None if shared => {
                    self.require_same(target, &None, "create").await?;
                    ports.collections.create_new(target).await.map_err(conflict)?;
                }
                None => self.require_same(source, &None, "rename").await?,
            }
            let now = self.clock.now();
            ports.organizations.set_name(found, to, now).await.map_err(conflict)?;
            Ok(found.renamed(to, now))
        };
        let record = ActivityEntry::of(actor, ActivityKind::OrganizationRenamed).about(id, to).changed(
            "name",
            Some(from.to_string()),
            Some(to.to_string()),
        );
        let record = if shared { record.with_detail(stayed(source)) } else { record };
        if let Some(whole) = runner.whole_acts().filter(|_| !shared) {
            let now = self.clock.now();
            return match whole.rename(found, to, collection.as_ref(), now, &record).await {
                Ok(()) => Ok(found.renamed(to, now)),
                Err(StoreError::Duplicate { field: UniqueField::Operation }) => {
                    Err(runner.busy(id, "rename").await)
                }
                Err(error) => Err(moved_away(error, "rename")),
            };
        }
        let plan =
            OperationPlan::Rename { from: from.clone(), to: to.clone(), collection: collection.clone() };
        let done = runner.run(plan, record, id, still_shared, steps).await?;
        if shared {
            self.template.complete(target).await;
        }
        match done {
            Some(renamed) => Ok(renamed),
            None => self.load_live(id).await,
        }
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
            expected: Expected { is_active: Some(organization.is_active), ..Expected::default() },
            ..OrganizationChange::default()
        };
        // Before the record, which a closed gate lets through.
        self.operations.admit()?;
        let word = |is_active: bool| Some(if is_active { "active" } else { "deactivated" }.to_owned());
        let record = ActivityEntry::of(actor, kind).about(id, &organization.name).changed(
            "status",
            word(!is_active),
            word(is_active),
        );
        let changed = async {
            if is_active {
                self.end_sessions(id).await?;
            }
            self.ports.organizations.change(id, &change, self.clock.now()).await.map_err(missing)
        };
        self.ports.recorded(record, changed).await
    }

    /// Takes the sessions of everybody in an organization off the list, before it comes back: they ended with it, and
    /// would be good again.
    async fn end_sessions(&self, id: OrganizationId) -> Result<(), AppError> {
        match self.ports.sessions.end(&SessionsOf::Organization(id), None).await {
            // Then no session of theirs is on the list.
            Ok(_) | Err(StoreError::Denied { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves an organization to the trash: it leaves the list, its sessions end, its name is free, and its collection
    /// is set aside under another name. All of it can be restored. A shared collection stays where it is.
    ///
    /// # Errors
    /// `ConfirmationMismatch` if the workspace requires the typed name; `Conflict` if the trash has one of this id
    /// already; `NotFound`, `Forbidden`, `Busy`, `Store`.
    pub async fn trash(
        &self,
        actor: &Actor,
        id: OrganizationId,
        confirmation: Option<&str>,
    ) -> Result<Organization, AppError> {
        actor.require_on(Act::Trash, id)?;
        let organization = self.operations.settled(id, || self.load_live(id)).await?;
        if self.operations.gate().names_are_typed() {
            require_confirmation(&organization, confirmation)?;
        }
        let copy = CopyId::new();
        let (source, target) = (&organization.collection(), &CollectionName::set_aside(copy));
        let (shared, identity) = futures_util::join!(
            self.is_shared(id, &organization.name),
            self.ports.collections.identity(source),
        );
        let (shared, identity) = (shared?, identity?);
        let collection = &identity.filter(|_| !shared);
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
        let steps = |ports: Ports, ()| async move {
            self.require_still(id, name, shared).await?;
            if collection.is_none() && !shared {
                self.require_same(source, &None, "rename").await?;
            }
            ports.organizations.copy_to_trash(id, trashed).await.map_err(missing)?;
            ports.organizations.remove_copied(id, trashed.copy).await?;
            if let Some(which) = collection {
                // The name is free since the document was removed, and an organization that took it has the collection
                // too.
                let (owners, copy) = futures_util::join!(
                    ports.organizations.owners(name),
                    self.require_copy(id, trashed.copy),
                );
                if !owners?.is_empty() {
                    return Err(AppError::Busy { act: "create" });
                }
                copy?;
                ports.collections.rename(source, target, which).await?;
            }
            // Another console may have taken over and restored the organization while this computer slept: then the
            // collection was just taken from it. The end of the intent tells, and recovery gives it back.
            Ok(())
        };
        let record = ActivityEntry::of(actor, ActivityKind::OrganizationTrashed).about(id, name);
        let record = if shared { record.with_detail(stayed(source)) } else { record };
        let (name, collection) = (name.clone(), collection.clone());
        let plan = OperationPlan::Trash { name, trashed: trashed.clone(), collection };
        // Its document would go with the copy, and its collection would be nobody's.
        let beside = async {
            let in_trash = self.ports.organizations.find_trashed(id).await?;
            in_trash.map_or(Ok(()), |_| Err(AppError::Conflict(ConflictOn::Id)))
        };
        match self.operations.run(plan, record, id, beside, steps).await? {
            // What other software changed since it was found is in the trash, and in the next list.
            Some(()) => Ok(Organization { trashed: Some(trashed.clone()), ..organization }),
            None => self.load_trashed(id).await,
        }
    }

    /// Restores an organization from the trash, under its old name or another one. Its admin can sign in again.
    ///
    /// One that left its collection to others gets an empty one, unless it returns under the name of that collection.
    ///
    /// # Errors
    /// `Conflict` if the name, the address or the collection was taken meanwhile, or one of this id is live: it stays
    /// in the trash; `InvalidInput`, `NotFound`, `Forbidden`, `Busy`, `Store`.
    pub async fn restore(
        &self,
        actor: &Actor,
        id: OrganizationId,
        name: Option<&str>,
    ) -> Result<Organization, AppError> {
        actor.require_on(Act::Restore, id)?;
        let trashed = self.operations.settled(id, || self.load_trashed(id)).await?;
        let Some(Trashed { collection: was, copy, .. }) = trashed.trashed else {
            return Err(AppError::NotFound { what: "organization" });
        };
        let name = match name {
            Some(name) => OrganizationName::parse(name)?,
            // In the form that it has; one that breaks the rules gives way to another one.
            None => OrganizationName::parse(trashed.name.as_str()).map(|_| trashed.name.clone())?,
        };
        let shared = was == TrashedCollection::Shared;
        let target = &CollectionName::for_organization(&name);
        let source = &set_aside(id, copy);
        let free = async {
            // Under its old name it finds the shared collection where it left it; under another name it starts with
            // none.
            let returns = shared && name == trashed.name && self.ports.collections.exists(target).await?;
            if returns {
                self.require_unused_name(&name).await?;
            } else {
                self.require_free_name(&name).await?;
            }
            Ok::<_, AppError>(returns)
        };
        let (returns, free_email, room, identity) = futures_util::join!(
            free,
            self.require_free_email(&trashed.admin_email, Some(id)),
            self.capacity.require(Some(&name), 0),
            self.ports.collections.identity(source),
        );
        let returns = returns?;
        free_email?;
        room?;
        if shared && !returns {
            self.capacity.require(None, 1).await?;
        }
        let collection = &identity?.filter(|_| !shared);
        let name = &name;
        let steps = |ports: Ports, ()| async move {
            match collection {
                Some(which) => {
                    let moved = ports.collections.rename(source, target, which).await;
                    moved.map_err(|error| moved_away(error, "trash"))?;
                }
                None if shared && !returns => {
                    self.require_same(target, &None, "create").await?;
                    ports.collections.create_new(target).await.map_err(conflict)?;
                }
                None if shared => {}
                None => self.require_same(source, &None, "trash").await?,
            }
            let restored = ports.organizations.copy_from_trash(id, copy, name, self.clock.now()).await;
            restored.map_err(|error| match error {
                StoreError::Duplicate { field: UniqueField::Id } => AppError::Conflict(ConflictOn::Id),
                error => conflict(error),
            })?;
            let (removed, restored) =
                futures_util::join!(ports.organizations.remove_trashed(id, copy), self.load_live(id));
            removed?;
            restored
        };
        let record = ActivityEntry::of(actor, ActivityKind::OrganizationRestored).about(id, name).changed(
            "name",
            Some(trashed.name.to_string()),
            Some(name.to_string()),
        );
        let plan = OperationPlan::Restore { name: name.clone(), copy, collection: collection.clone() };
        // The copy needs no second look: what is restored and removed is this very copy.
        let beside = async {
            // A copy that counts as restored is removed: the live one must not be another.
            let not_live = async {
                let live = self.ports.organizations.find(id).await?;
                live.map_or(Ok(()), |_| Err(AppError::Conflict(ConflictOn::Id)))
            };
            let same = self.require_copy(id, copy);
            let (same, not_live, ended) = futures_util::join!(same, not_live, self.end_sessions(id));
            same.and(not_live).and(ended)
        };
        let done = self.operations.run(plan, record, id, beside, steps).await?;
        if shared && !returns {
            self.template.complete(target).await;
        }
        match done {
            Some(restored) => Ok(restored),
            None => self.load_live(id).await,
        }
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
        self.delete_seen(actor, (id, None), confirmation).await
    }

    /// The same of what a person was shown, with its documents in the collection `seen`. What was restored and moved to
    /// the trash again since then has them in another one.
    ///
    /// # Errors
    /// `Store` with `Changed` for another copy; those of [`delete_forever`](Self::delete_forever).
    pub async fn delete_seen(
        &self,
        actor: &Actor,
        (id, seen): (OrganizationId, Option<&str>),
        confirmation: &str,
    ) -> Result<(), AppError> {
        actor.require_on(Act::DeleteForever, id)?;
        let organization = self.operations.settled(id, || self.load_trashed(id)).await?;
        require_seen(&organization, seen)?;
        require_confirmation(&organization, Some(confirmation))?;
        let Some(Trashed { collection: was, copy, .. }) = organization.trashed else {
            return Err(AppError::NotFound { what: "organization" });
        };
        let in_trash = &set_aside(id, copy);
        let identity = async {
            match was {
                TrashedCollection::Shared => Ok(None),
                TrashedCollection::Moved | TrashedCollection::Missing => {
                    self.ports.collections.identity(in_trash).await
                }
            }
        };
        let (identity, extent, live) =
            futures_util::join!(identity, self.extent(&organization), self.ports.organizations.find(id),);
        let (collection, was_live) = (&identity?, live?.is_some());
        let steps = |ports: Ports, ()| async move {
            if let Some(which) = collection {
                ports.collections.delete(in_trash, which).await?;
            }
            // Another console may have restored it while this computer slept: then nothing was deleted. If it does so
            // from now on, it has taken over, and the end of the intent tells. What was live all along was brought back
            // by other software, and is not what was asked for.
            let (removed, live) = futures_util::join!(
                ports.organizations.remove_trashed(id, copy),
                ports.organizations.find(id),
            );
            removed?;
            if live?.is_some() && !was_live {
                return Err(changed());
            }
            Ok(forget_tenant(&ports, id).await?)
        };
        let name = organization.name.clone();
        let record = ActivityEntry::of(actor, ActivityKind::OrganizationDeleted).about(id, &name);
        let aside = collection.as_ref().map(|_| in_trash.to_string());
        let record = extent?.told(record).changed("collection", aside, None);
        let plan = OperationPlan::DeleteForever { name, copy, collection: collection.clone() };
        // The copy needs no second look: what is deleted and removed is this very copy.
        self.operations.run(plan, record, id, self.require_copy(id, copy), steps).await.map(drop)
    }

    /// Checks early what a deletion for good will check: the right, the copy, and that the name was typed.
    ///
    /// # Errors
    /// `ConfirmationMismatch`, `NotFound`, `Forbidden`, `Store`.
    pub async fn require_typed_name(
        &self,
        actor: &Actor,
        (id, seen): (OrganizationId, &str),
        typed: &str,
    ) -> Result<(), AppError> {
        actor.require_on(Act::DeleteForever, id)?;
        let organization = self.load_trashed(id).await?;
        require_seen(&organization, Some(seen))?;
        require_confirmation(&organization, Some(typed))
    }

    /// Checks the plan again after the intent was written: another console may have renamed the organization in
    /// between, or other software may share its collection now.
    async fn require_still(
        &self,
        id: OrganizationId,
        name: &OrganizationName,
        shared: bool,
    ) -> Result<(), AppError> {
        let (organization, now_shared) = futures_util::join!(self.load_live(id), self.is_shared(id, name));
        if organization?.name == *name && now_shared? == shared {
            Ok(())
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
        if !self.is_collection_taken(name).await? {
            return Ok(());
        }
        // An organization with the name has its collection too.
        self.require_unused_name(name).await?;
        Err(AppError::Conflict(ConflictOn::Collection))
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
        let (exists, owners) = futures_util::join!(
            self.ports.collections.exists(&collection),
            self.ports.organizations.owners(name),
        );
        Ok(exists? || !owners?.is_empty())
    }

    /// Checks early, to name the field. An organization's own address is free for it, even if it shares it with others.
    pub(super) async fn require_free_email(
        &self,
        email: &EmailAddress,
        owner: Option<OrganizationId>,
    ) -> Result<(), AppError> {
        let (found, operator) = futures_util::join!(
            self.ports.organizations.find_credentials(email),
            self.ports.accounts.find_operator_by_email(email),
        );
        let found = found?;
        if found.iter().any(|found| Some(found.organization.id) == owner) {
            return Ok(());
        }
        if !found.is_empty() || operator?.is_some() {
            return Err(AppError::Conflict(ConflictOn::Email));
        }
        Ok(())
    }
}

/// The entry about a new organization.
fn created(
    actor: &Actor,
    id: OrganizationId,
    name: &OrganizationName,
    display_name: Option<&DisplayName>,
    email: &EmailAddress,
) -> ActivityEntry {
    ActivityEntry::of(actor, ActivityKind::OrganizationCreated)
        .about(id, name)
        .changed("name", None, Some(name.to_string()))
        .changed("display_name", None, display_name.map(|name| name.as_str().to_owned()))
        .changed("email", None, Some(email.to_string()))
}

/// What the record tells of a collection that an act left where it was.
fn stayed(collection: &CollectionName) -> String {
    format!("{collection} is shared with other organizations and stayed")
}

/// The collection is not where it was when the operation was planned.
fn moved_away(error: StoreError, act: &'static str) -> AppError {
    match error {
        StoreError::CollectionMissing { .. } => AppError::Busy { act },
        error => conflict(error),
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

fn require_seen(organization: &Organization, seen: Option<&str>) -> Result<(), AppError> {
    let is_it = seen.is_none_or(|seen| seen == organization.collection().as_str());
    if is_it { Ok(()) } else { Err(changed()) }
}

fn require_confirmation(organization: &Organization, typed: Option<&str>) -> Result<(), AppError> {
    // Not the display name: two organizations can have the same.
    if typed.map(str::trim) == Some(organization.name.as_str()) {
        Ok(())
    } else {
        Err(AppError::ConfirmationMismatch)
    }
}

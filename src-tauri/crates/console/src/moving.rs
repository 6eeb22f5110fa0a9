//! Copies and moves an organization from one open workspace to another.
//!
//! A move is made of acts that each are whole: the target takes the organization in, and only then does the source move
//! its own to the trash. At every moment it is live in at least one of them. A note in the data folder, written first,
//! tells the next start of a move that died in between; what exists on both sides then decides where it stands.

mod notes;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tenantry_core::bundle::masking::{MaskedSource, MaskingChoices};
use tenantry_core::bundle::{
    AdminPassword, Destination, Fingerprint, ReceivePlan, ReceiveRequest, Received, TenantSource,
};
use tenantry_core::error::{AppError, ConflictOn, StoreError};
use tenantry_core::jobs::{Cancellation, ProgressSink, Quiet};
use tenantry_core::record::random_operation;
use tenantry_core::records::{Environment, Organization, Outcome, PeopleFilter};
use tenantry_core::rights::{Act, Actor};
use tenantry_core::values::{OneTimePassword, OrganizationId, OrganizationName};
use time::OffsetDateTime;

pub use notes::{MoveNote, MoveNotes, NotedSide, Working};

use crate::workspace::OpenWorkspace;

/// Whether the organization leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum MoveKind {
    /// It stays, and another one like it is made.
    Copy,
    /// It leaves for the trash once the other workspace has it.
    Move,
}

/// A copy or a move, as a person asks for it.
#[derive(Debug)]
pub struct MoveRequest {
    /// The organization.
    pub id: OrganizationId,
    /// Whether it leaves.
    pub kind: MoveKind,
    /// The name that it gets there, as typed.
    pub name: String,
    /// Its admin's address there, as typed.
    pub email: String,
    /// The new password of a copy's admin, as typed. A move keeps the one there is.
    pub password: Option<SecretString>,
    /// How the documents of a copy are masked, if they are.
    pub masking: Option<MaskingChoices>,
    /// The typed name, where it is asked for.
    pub confirmation: Option<String>,
}

/// What a copy or move would do.
#[derive(Debug, Clone)]
pub struct MovePlan {
    /// The organization at the source.
    pub organization: Organization,
    /// How it comes in at the target.
    pub receive: ReceivePlan,
    /// The environment of the source.
    pub source: Environment,
    /// The environment of the target.
    pub target: Environment,
    /// People that a move brings along.
    pub people: u64,
    /// Whether the name must be typed: a move out of production, or into it.
    pub confirmation_needed: bool,
}

/// One side: an open workspace, and who is signed in to it.
pub struct Side<'a> {
    /// The workspace.
    pub workspace: &'a OpenWorkspace,
    /// The person.
    pub actor: &'a Actor,
    /// The workspace's name, as people know it.
    pub name: &'a str,
}

impl Side<'_> {
    async fn live(&self, id: OrganizationId) -> Result<Option<Organization>, StoreError> {
        self.workspace.ports().organizations.find(id).await
    }

    async fn environment(&self) -> Environment {
        self.workspace.access().state().await.environment
    }

    fn noted(&self, organization: Option<OrganizationId>, name: &str) -> NotedSide {
        NotedSide {
            workspace: self.workspace.id.clone(),
            workspace_name: self.name.to_owned(),
            organization,
            name: name.to_owned(),
        }
    }
}

/// A person who came along with a one-time password: somebody with an account in the target already.
#[derive(Debug, Clone)]
pub struct Invited {
    /// The name.
    pub name: String,
    /// The address to sign in with.
    pub email: String,
    /// The password, shown once.
    pub one_time: OneTimePassword,
}

/// The people of a moved organization.
#[derive(Debug, Clone, Default)]
pub struct PeopleBrought {
    /// How many came along.
    pub brought: u64,
    /// Those of them with a one-time password.
    pub invited: Vec<Invited>,
    /// The addresses of those who could not be brought, and stay people of the source only.
    pub left: Vec<String>,
}

/// An organization that was copied or moved.
#[derive(Debug, Clone)]
pub struct Moved {
    /// What came in at the target.
    pub received: Received,
    /// Its people.
    pub people: PeopleBrought,
    /// What takes a move back; `None` for a copy.
    pub note: Option<String>,
}

/// How a copy or move ended.
#[derive(Debug, Clone)]
pub enum MoveEnd {
    /// It is done.
    Done(Box<Moved>),
    /// It stopped between the two acts, or nobody knows: its note remains, and it can be finished or taken back.
    Unfinished {
        /// The note's id.
        note: String,
        /// What stopped it.
        cause: AppError,
    },
    /// It was undone, and what came in is in the trash of the target: it may be all that is left of some documents.
    InTrash {
        /// What stopped it.
        cause: AppError,
    },
}

/// Where the organization of a move is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Only where it came from: nothing is left of the move.
    AtSource,
    /// In both: it can be finished or taken back.
    InBoth,
    /// Only where it went.
    AtTarget,
    /// Live in neither: somebody moved both to the trash, from where they can be restored.
    InNeither,
}

/// A copy or move between two open workspaces.
pub struct Moving<'a> {
    /// Where it comes from.
    pub source: Side<'a>,
    /// Where it goes.
    pub target: Side<'a>,
    /// The notes about moves.
    pub notes: &'a MoveNotes,
    /// Hears of documents and bytes.
    pub progress: &'a dyn ProgressSink,
    /// Stops it.
    pub cancellation: &'a Cancellation,
}

/// Why a move stopped, and what that left.
struct Stopped {
    error: AppError,
    left: Left,
}

/// What a move that stopped left at the target.
enum Left {
    /// Nothing: the organization is at the source alone.
    Nothing,
    /// What came in, in the trash. The organization is live at the source alone.
    InTrash,
    /// Nobody knows, or the organization is live there.
    Unclear,
}

impl Moving<'_> {
    /// What the copy or move would do. Writes nothing.
    ///
    /// # Errors
    /// `Forbidden` on either side; `NotFound`, `DataMissing`, `Bundle`, `Store`.
    pub async fn plan(&self, request: &MoveRequest) -> Result<MovePlan, AppError> {
        let (organization, source) = self.look_at_source(request).await?;
        let wanted = self.wanted(request).await?;
        let filter = PeopleFilter { organization: Some(request.id), ..PeopleFilter::default() };
        let (receive, people, here, there) = tokio::join!(
            self.target.workspace.bundles().plan(self.target.actor, &*source, &wanted),
            self.source.workspace.people().count(self.source.actor, filter),
            self.source.environment(),
            self.target.environment(),
        );
        let leaves = request.kind == MoveKind::Move;
        let is_production = [here, there].contains(&Environment::Production);
        Ok(MovePlan {
            organization,
            receive: receive?,
            source: here,
            target: there,
            people: if leaves { people?.all } else { 0 },
            confirmation_needed: leaves && is_production,
        })
    }

    /// Copies or moves. What is refused, cancelled or fails leaves the source as it was and nothing at the target,
    /// unless it ends as [`MoveEnd::Unfinished`] or [`MoveEnd::InTrash`].
    ///
    /// # Errors
    /// `InvalidInput` with what is in the way; `ConfirmationMismatch`; those of [`plan`](Self::plan) and of
    /// `BundleService::receive`; `Store`: `Changed` if others changed the organization meanwhile.
    pub async fn carry_out(&self, request: MoveRequest) -> Result<MoveEnd, AppError> {
        let plan = self.plan(&request).await?;
        if !plan.receive.problems.is_empty() {
            return Err(AppError::InvalidInput(plan.receive.problems));
        }
        let organization = plan.organization;
        if plan.confirmation_needed && request.confirmation.as_deref() != Some(organization.name.as_str()) {
            return Err(AppError::ConfirmationMismatch);
        }
        let to = Destination {
            operation: random_operation(),
            workspace: self.target.name.to_owned(),
            name: plan.receive.name,
            leaves: request.kind == MoveKind::Move,
        };
        match request.kind {
            MoveKind::Copy => self.copy(request, &organization, &to).await,
            MoveKind::Move => self.relocate(request, organization, to).await,
        }
    }

    async fn copy(
        &self,
        request: MoveRequest,
        organization: &Organization,
        to: &Destination,
    ) -> Result<MoveEnd, AppError> {
        let (_, source) = self.look_at_source(&request).await?;
        let wanted = self.wanted(&request).await?;
        self.source.workspace.bundles().record_leaving(self.source.actor, organization, to).await?;
        match self.receive(&*source, wanted).await {
            Ok(received) => {
                let moved = Moved { received, people: PeopleBrought::default(), note: None };
                Ok(MoveEnd::Done(Box::new(moved)))
            }
            Err(error) => {
                let outcome = if is_unclear(&error) { Outcome::Failed } else { Outcome::Undone };
                self.record_stay(
                    (organization.id, organization.name.as_str()),
                    to,
                    outcome,
                    &error.to_string(),
                )
                .await;
                Err(error)
            }
        }
    }

    async fn relocate(
        &self,
        request: MoveRequest,
        organization: Organization,
        to: Destination,
    ) -> Result<MoveEnd, AppError> {
        // Before the document and the hash are read that go along: what others change after them is noticed.
        let own = self.source.workspace.bundles().own_fingerprint(self.source.actor, organization.id).await?;
        let (_, source) = self.look_at_source(&request).await?;
        let wanted = self.wanted(&request).await?;
        let mut note = MoveNote {
            id: MoveNotes::new_id(),
            source: self.source.noted(Some(organization.id), organization.name.as_str()),
            target: self.target.noted(None, &to.name),
            email: request.email.trim().to_lowercase(),
            to,
            by: self.source.actor.email().to_owned(),
            begun_at: OffsetDateTime::now_utc(),
            own: Some(own),
            came_in: None,
        };
        let _working = self.notes.work_on(&note.id);
        self.notes.keep(&note).await.map_err(|error| AppError::Unexpected {
            detail: format!("the note about a move: {:?}", error.kind()),
        })?;
        let recorded =
            self.source.workspace.bundles().record_leaving(self.source.actor, &organization, &note.to).await;
        if let Err(error) = recorded {
            // The entry may be there all the same: then the note remains, to tell that nothing came of it.
            if !is_unclear(&error) {
                self.notes.remove(&note.id).await;
            }
            return Err(error);
        }
        match self.across(&mut note, &*source, wanted, request.confirmation).await {
            Ok(mut moved) => {
                moved.note = Some(note.id.clone());
                self.notes.complete(note).await;
                Ok(MoveEnd::Done(Box::new(moved)))
            }
            Err(Stopped { error, left: Left::Nothing }) => {
                self.note_undone(&note, &error.to_string()).await;
                Err(error)
            }
            Err(Stopped { error, left: Left::InTrash }) => {
                let why = format!("{error}; what came in is in the trash of {}", note.to.workspace);
                self.note_undone(&note, &why).await;
                Ok(MoveEnd::InTrash { cause: error })
            }
            Err(Stopped { error, left: Left::Unclear }) => {
                let about = (organization.id, organization.name.as_str());
                self.record_stay(about, &note.to, Outcome::Failed, &error.to_string()).await;
                Ok(MoveEnd::Unfinished { note: note.id, cause: error })
            }
        }
    }

    /// The steps of a move.
    async fn across(
        &self,
        note: &mut MoveNote,
        source: &dyn TenantSource,
        wanted: ReceiveRequest,
        confirmation: Option<String>,
    ) -> Result<Moved, Stopped> {
        let received = self.receive(source, wanted).await.map_err(|error| {
            let left = if is_unclear(&error) { Left::Unclear } else { Left::Nothing };
            Stopped { error, left }
        })?;
        let there = &received.organization;
        note.target.organization = Some(there.id);
        note.came_in = received.changed.is_none().then_some(received.fingerprint);
        if let Err(error) = self.notes.keep(note).await {
            // It is found by its name then.
            tracing::warn!(%error, "the note about a move could not be completed");
        }
        let gone_on = async {
            if received.changed.is_some() {
                return Err(changed());
            }
            let people = self.bring_people(note, there).await?;
            self.cancellation.checkpoint()?;
            self.hand_over(note, there, confirmation.as_deref()).await?;
            Ok(people)
        };
        match gone_on.await {
            Ok(people) => Ok(Moved { received, people, note: None }),
            Err(error) if is_unclear(&error) => Err(Stopped { error, left: Left::Unclear }),
            Err(error) => {
                let left = self.withdraw(note, source, &received).await.unwrap_or_else(|why| {
                    tracing::error!(%why, "what a stopped move left could not be removed");
                    Left::Unclear
                });
                Err(Stopped { error, left })
            }
        }
    }

    /// Moves the organization to the trash at the source, and compares what nobody writes to any more with what the
    /// target has. If they differ, it comes back.
    async fn hand_over(
        &self,
        note: &MoveNote,
        there: &Organization,
        confirmation: Option<&str>,
    ) -> Result<(), AppError> {
        let (id, organizations) = (source_id(note)?, self.source.workspace.organizations());
        let confirmation = confirmation.or(Some(note.source.name.as_str()));
        let trashed = organizations.trash(self.source.actor, id, confirmation).await?;
        let error = match self.both(note, &trashed, there).await {
            Ok((before, after)) if before == after => return Ok(()),
            Ok(_) => changed(),
            Err(error) => error,
        };
        organizations.restore(self.source.actor, id, None).await?;
        Err(error)
    }

    /// The documents that the source has in its trash, and those of the target.
    ///
    /// # Errors
    /// `Store`: `Changed` if the organization's own document is not as it was when it was taken along; `Cancelled`.
    async fn both(
        &self,
        note: &MoveNote,
        trashed: &Organization,
        there: &Organization,
    ) -> Result<(Fingerprint, Fingerprint), AppError> {
        let (here, frozen) = (self.source.workspace.bundles(), trashed.collection());
        let own = here.own_fingerprint(self.source.actor, trashed.id).await?;
        if note.own.is_some_and(|noted| noted != own) {
            return Err(changed());
        }
        let before = here.fingerprint(&frozen, None, self.progress, self.cancellation);
        let (bundles, collection) = (self.target.workspace.bundles(), there.collection());
        let after = bundles.fingerprint(&collection, None, &Quiet, self.cancellation);
        tokio::try_join!(before, after)
    }

    /// Checks that nothing is in the trash of the source that did not go along: a move that died before it compared the
    /// two may have left behind what was written last. What was written to the target since does not matter.
    async fn require_none_left(&self, note: &MoveNote, there: &Organization) -> Result<(), AppError> {
        let ports = self.source.workspace.ports();
        let Some(trashed) = ports.organizations.find_trashed(source_id(note)?).await? else { return Ok(()) };
        if !ports.collections.exists(&trashed.collection()).await? {
            return Ok(());
        }
        let (before, after) = self.both(note, &trashed, there).await?;
        let is_all = before == after || note.came_in == Some(before);
        if is_all { Ok(()) } else { Err(changed()) }
    }

    /// Removes what a stopped move has just brought to the target, while the source has the organization. It stays in
    /// the trash if it may be all that is left of some documents: those that somebody wrote there meanwhile, or those
    /// that the source lost.
    async fn withdraw(
        &self,
        note: &MoveNote,
        source: &dyn TenantSource,
        received: &Received,
    ) -> Result<Left, AppError> {
        if self.source.live(source_id(note)?).await?.is_none() {
            return Err(changed());
        }
        let there = &received.organization;
        let (organizations, name) = (self.target.workspace.organizations(), there.name.as_str());
        let trashed = organizations.trash(self.target.actor, there.id, Some(name)).await?;
        let (bundles, collection) = (self.target.workspace.bundles(), trashed.collection());
        // Not the move's own cancellation, which may be why it stopped.
        let left = bundles.fingerprint(&collection, None, &Quiet, &Cancellation::default()).await?;
        if left != received.fingerprint || !self.has_still(note, source, received).await? {
            return Ok(Left::InTrash);
        }
        organizations.delete_forever(self.target.actor, there.id, name).await?;
        Ok(Left::Nothing)
    }

    /// Whether the source still has the collection that went along, with no fewer documents. What its own software
    /// changes in it is no reason to keep what came in: the id would not be free there for another try.
    async fn has_still(
        &self,
        note: &MoveNote,
        source: &dyn TenantSource,
        received: &Received,
    ) -> Result<bool, AppError> {
        let Some(here) = self.source.live(source_id(note)?).await? else { return Ok(false) };
        let (ports, collection) = (self.source.workspace.ports(), here.collection());
        let Some(identity) = ports.collections.identity(&collection).await? else { return Ok(false) };
        match source.tenant().description.identity.is_same_as(&identity) {
            Some(true) => Ok(ports.collections.count(&collection).await? >= received.documents),
            Some(false) => Ok(false),
            None => {
                let bundles = self.source.workspace.bundles();
                let has = bundles.fingerprint(&collection, None, &Quiet, &Cancellation::default()).await?;
                Ok(has == received.fingerprint)
            }
        }
    }

    /// Finds out where the organization of a move is.
    ///
    /// # Errors
    /// `Store`.
    pub async fn standing(&self, note: &MoveNote) -> Result<Standing, AppError> {
        let id = source_id(note)?;
        let (here, there) = tokio::try_join!(self.source.live(id), self.arrived(note))?;
        Ok(match (here, there) {
            (Some(_), None) => Standing::AtSource,
            (Some(_), Some(_)) => Standing::InBoth,
            (None, Some(_)) => Standing::AtTarget,
            (None, None) => Standing::InNeither,
        })
    }

    /// Finishes a move that stopped half-way, if that can be; one that is over at the source or the target ends as it
    /// is.
    ///
    /// # Errors
    /// `Forbidden`, `Busy` while it is under way; `Store`: `Changed` if the two differ by now, or if the trash of the
    /// source has what did not go along. The note remains then, and the move can be taken back.
    pub async fn finish(&self, note: &MoveNote) -> Result<(Standing, PeopleBrought), AppError> {
        let _working = self.notes.work_on(&note.id).ok_or(AppError::Busy { act: "move" })?;
        self.require_rights()?;
        let standing = self.standing(note).await?;
        match (standing, self.arrived(note).await?) {
            (Standing::InBoth, Some(there)) => {
                let people = self.bring_people(note, &there).await?;
                self.hand_over(note, &there, None).await?;
                self.notes.complete(note.clone()).await;
                Ok((Standing::AtTarget, people))
            }
            (Standing::AtSource, _) => {
                self.note_undone(note, "it never arrived").await;
                Ok((standing, PeopleBrought::default()))
            }
            (_, there) => {
                if let (Standing::AtTarget, Some(there)) = (standing, there) {
                    self.require_none_left(note, &there).await?;
                }
                self.notes.remove(&note.id).await;
                Ok((standing, PeopleBrought::default()))
            }
        }
    }

    /// Takes a move back, a complete one too: the source has the organization again, and the target's is in the trash
    /// there, with whatever was written to it since.
    ///
    /// # Errors
    /// `Conflict` if its name or address was taken at the source meanwhile; `Forbidden`, `Busy`, `NotFound`, `Store`.
    pub async fn take_back(&self, note: &MoveNote) -> Result<Standing, AppError> {
        let _working = self.notes.work_on(&note.id).ok_or(AppError::Busy { act: "move" })?;
        self.require_rights()?;
        let id = source_id(note)?;
        // First, so that it is live somewhere all the time.
        if self.source.live(id).await?.is_none() {
            self.source.workspace.organizations().restore(self.source.actor, id, None).await?;
        }
        if let Some(there) = self.arrived(note).await? {
            let (organizations, name) = (self.target.workspace.organizations(), there.name.as_str());
            organizations.trash(self.target.actor, there.id, Some(name)).await?;
        }
        self.note_undone(note, "taken back").await;
        Ok(Standing::AtSource)
    }

    /// Brings people along who are not there yet.
    async fn bring_people(&self, note: &MoveNote, there: &Organization) -> Result<PeopleBrought, AppError> {
        let from = source_id(note)?;
        let mut brought = PeopleBrought::default();
        for person in self.source.workspace.people().of_moving(self.source.actor, from).await? {
            match self.target.workspace.people().bring(self.target.actor, there, &person, from).await {
                Ok(one_time) => {
                    brought.brought += 1;
                    brought.invited.extend(one_time.map(|one_time| Invited {
                        name: person.name.as_str().to_owned(),
                        email: person.email.as_str().to_owned(),
                        one_time,
                    }));
                }
                Err(AppError::Conflict(ConflictOn::Email)) => {
                    brought.left.push(person.email.as_str().to_owned());
                }
                Err(error) => return Err(error),
            }
        }
        Ok(brought)
    }

    /// The organization at the target: by its id, or by name and address if the move died before its id was noted.
    async fn arrived(&self, note: &MoveNote) -> Result<Option<Organization>, StoreError> {
        if let Some(id) = note.target.organization {
            return self.target.live(id).await;
        }
        let Ok(name) = OrganizationName::parse(&note.target.name) else { return Ok(None) };
        let found = self.target.workspace.ports().organizations.find_by_name(&name).await?;
        let is_it = |found: &Organization| found.admin_email.as_str().eq_ignore_ascii_case(&note.email);
        // In one database under two connections, what stands there can be the organization itself.
        let is_other = |found: &Organization| {
            self.source.workspace.id != self.target.workspace.id || Some(found.id) != note.source.organization
        };
        Ok(found.filter(|found| is_it(found) && is_other(found)))
    }

    async fn look_at_source(
        &self,
        request: &MoveRequest,
    ) -> Result<(Organization, Box<dyn TenantSource>), AppError> {
        self.require_rights()?;
        if request.kind == MoveKind::Move {
            self.source.actor.require_some(Act::Trash)?;
            if self.source.workspace.id == self.target.workspace.id {
                return Err(AppError::Conflict(ConflictOn::Name));
            }
        }
        let source = self.source.workspace.bundles().source(self.source.actor, request.id).await?;
        let organization = self.source.live(request.id).await?;
        let organization = organization.ok_or(AppError::NotFound { what: "organization" })?;
        let masking = request.masking.as_ref().filter(|_| request.kind == MoveKind::Copy);
        let source: Box<dyn TenantSource> = match masking {
            Some(choices) => {
                let bundles = self.source.workspace.bundles();
                let masking = bundles.masking_of(self.source.actor, request.id, choices).await?;
                Box::new(MaskedSource::new(source, masking)?)
            }
            None => source,
        };
        Ok((organization, source))
    }

    fn require_rights(&self) -> Result<(), AppError> {
        self.source.actor.require_some(Act::RestoreBundle)?;
        self.target.actor.require_some(Act::RestoreBundle)
    }

    async fn wanted(&self, request: &MoveRequest) -> Result<ReceiveRequest, AppError> {
        let is_copy = request.kind == MoveKind::Copy;
        let password = match &request.password {
            _ if !is_copy => {
                let bundles = self.source.workspace.bundles();
                AdminPassword::Kept(bundles.kept_password(self.source.actor, request.id).await?)
            }
            Some(password) => AdminPassword::New(password.clone()),
            None => AdminPassword::New(SecretString::default()),
        };
        let (name, email) = (request.name.clone(), request.email.clone());
        Ok(ReceiveRequest { name, email, password, is_copy })
    }

    async fn receive(&self, source: &dyn TenantSource, wanted: ReceiveRequest) -> Result<Received, AppError> {
        let bundles = self.target.workspace.bundles();
        bundles.receive(self.target.actor, source, wanted, self.progress, self.cancellation).await
    }

    async fn note_undone(&self, note: &MoveNote, why: &str) {
        if let Some(id) = note.source.organization {
            self.record_stay((id, &note.source.name), &note.to, Outcome::Undone, why).await;
        }
        self.notes.remove(&note.id).await;
    }

    async fn record_stay(
        &self,
        about: (OrganizationId, &str),
        to: &Destination,
        outcome: Outcome,
        why: &str,
    ) {
        let bundles = self.source.workspace.bundles();
        bundles.record_stay(self.source.actor, about, to, (outcome, why)).await;
    }
}

fn source_id(note: &MoveNote) -> Result<OrganizationId, AppError> {
    note.source.organization.ok_or(AppError::NotFound { what: "organization" })
}

fn is_unclear(error: &AppError) -> bool {
    matches!(error, AppError::Store(error) if error.is_unclear())
}

fn changed() -> AppError {
    AppError::Store(StoreError::Changed { what: "the organization" })
}

//! Undoing an act whose record says what was before, if nothing has changed since.

use serde::Serialize;

use super::service::RecordService;
use crate::doctor::{MendKind, MendService};
use crate::error::{AppError, UndoRefusal};
use crate::limits::PAGE_MAX;
use crate::organizations::{OrganizationService, Seen, UpdateRequest};
use crate::records::{ActivityKind, Organization, Outcome, RecordQuery, Recorded};
use crate::rights::{Act, Actor};
use crate::values::OrganizationId;

/// Whether an entry can be undone now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "wire", derive(specta::Type))]
pub enum Undo {
    /// It can.
    Possible {
        /// Whether a new password stays: the record does not have the old one.
        password_stays: bool,
        /// Whether it moves the organization to the trash.
        trashes: bool,
    },
    /// It can not.
    Refused {
        /// The reason.
        reason: UndoRefusal,
    },
}

/// What undoing an entry does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Update { name: Option<Reversal>, email: Option<Reversal>, display_name: Option<Reversal>, password: bool },
    Reactivate,
    Deactivate,
    Restore,
    Trash,
    Mend { mend: MendKind, name: Option<Reversal>, email: Option<Reversal> },
}

/// A field to bring back.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Reversal {
    /// The value to write; empty for none.
    to: String,
    /// The value that it has while nothing has changed; empty for none.
    from: String,
}

impl Step {
    /// `None` for an act that has no undo.
    fn of(recorded: &Recorded) -> Option<Self> {
        let reversal = |field: &str| {
            let change = recorded.entry.changes.iter().find(|change| change.field == field)?;
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            Some(Reversal { to: text(&change.before), from: text(&change.after) })
        };
        match recorded.entry.kind {
            ActivityKind::OrganizationRenamed | ActivityKind::OrganizationChanged => Some(Self::Update {
                name: reversal("name"),
                email: reversal("email"),
                display_name: reversal("display_name"),
                password: reversal("password").is_some(),
            }),
            ActivityKind::OrganizationDeactivated => Some(Self::Reactivate),
            ActivityKind::OrganizationReactivated => Some(Self::Deactivate),
            ActivityKind::OrganizationTrashed => Some(Self::Restore),
            ActivityKind::OrganizationRestored => Some(Self::Trash),
            ActivityKind::Mended => {
                let mend = MendKind::from_word(recorded.entry.detail.as_deref()?)?;
                let can_be = mend.can_be_undone(&recorded.entry.changes);
                can_be.then(|| Self::Mend { mend, name: reversal("name"), email: reversal("email") })
            }
            _ => None,
        }
    }

    fn act(&self) -> Act {
        match self {
            Self::Update { .. } => Act::Change,
            Self::Reactivate | Self::Deactivate => Act::Deactivate,
            Self::Restore => Act::Restore,
            Self::Trash => Act::Trash,
            Self::Mend { .. } => Act::Mend,
        }
    }

    /// Whether the organization still is as the entry left it.
    fn fits(&self, organization: &Organization) -> bool {
        let is_live = organization.trashed.is_none();
        match self {
            Self::Update { name, email, display_name, .. } => {
                let is = |reversal: &Option<Reversal>, now: &str| {
                    reversal.as_ref().is_none_or(|reversal| reversal.from == now)
                };
                is_live
                    && is(name, organization.name.as_str())
                    && is(email, organization.admin_email.as_str())
                    && is(display_name, organization.display_name.as_ref().map_or("", |name| name.as_str()))
            }
            Self::Reactivate => is_live && !organization.is_active,
            Self::Deactivate => is_live && organization.is_active,
            Self::Restore => !is_live,
            Self::Trash => is_live,
            // The rest is looked at by what takes it back.
            Self::Mend { name, email, .. } => {
                let is = |reversal: &Option<Reversal>, now: &str| {
                    reversal.as_ref().is_none_or(|reversal| reversal.from == now)
                };
                is(name, organization.name.as_str()) && is(email, organization.admin_email.as_str())
            }
        }
    }

    fn possible(&self) -> Result<Undo, UndoRefusal> {
        let trashes = *self == Self::Trash;
        match self {
            Self::Update { name: None, email: None, display_name: None, password } => {
                Err(if *password { UndoRefusal::Secret } else { UndoRefusal::Unknown })
            }
            Self::Update { password, .. } => Ok(Undo::Possible { password_stays: *password, trashes }),
            Self::Reactivate | Self::Deactivate | Self::Restore | Self::Trash | Self::Mend { .. } => {
                Ok(Undo::Possible { password_stays: false, trashes })
            }
        }
    }
}

impl RecordService {
    /// Undoes the act of an entry, if what it left is still there. The undo is an act of its own, with a record that
    /// names the entry. Returns the organization as it is now.
    ///
    /// # Errors
    /// `UndoRefused` if it has no undo, or something has changed since; those of the act that undoes it.
    pub async fn undo(
        &self,
        (organizations, mends): (&OrganizationService, &MendService),
        actor: &Actor,
        number: u64,
        confirmation: Option<&str>,
    ) -> Result<Organization, AppError> {
        let recorded = self.load(actor, number).await?;
        let others = self.others(actor, &recorded).await?;
        let (id, step) = self.step_of(actor, &recorded, &others).await?;
        let actor = &actor.because(format!("undo of entry {number}"));
        match step {
            Step::Update { name, email, display_name, .. } => {
                let from =
                    |reversal: &Option<Reversal>| reversal.as_ref().map(|reversal| reversal.from.clone());
                let seen = Seen {
                    name: from(&name),
                    display_name: from(&display_name),
                    email: from(&email),
                    password_mark: None,
                };
                let to = |reversal: Option<Reversal>| reversal.map(|reversal| reversal.to);
                let (name, email, display_name) = (to(name), to(email), to(display_name));
                let request = UpdateRequest { id, name, email, display_name, password: None, seen };
                match organizations.update(actor, request).await {
                    Err(AppError::ChangedElsewhere(_)) => Err(AppError::UndoRefused(UndoRefusal::Changed)),
                    undone => undone,
                }
            }
            Step::Reactivate => organizations.reactivate(actor, id).await,
            Step::Deactivate => organizations.deactivate(actor, id).await,
            Step::Restore => organizations.restore(actor, id, None).await,
            Step::Trash => organizations.trash(actor, id, confirmation).await,
            Step::Mend { mend, .. } => {
                mends.undo(actor, mend, id, &recorded).await?;
                let found = match self.ports.organizations.find(id).await? {
                    None => self.ports.organizations.find_trashed(id).await?,
                    live => live,
                };
                found.ok_or(AppError::NotFound { what: "organization" })
            }
        }
    }

    /// Undoes an act on an organization that was done just now, by the operation id of its entries.
    ///
    /// # Errors
    /// `UndoRefused` also if the record has nothing of it that has an undo; otherwise as [`undo`](Self::undo).
    pub async fn undo_act(
        &self,
        acts: (&OrganizationService, &MendService),
        actor: &Actor,
        id: OrganizationId,
        operation: &str,
        confirmation: Option<&str>,
    ) -> Result<Organization, AppError> {
        actor.require_on(Act::List, id)?;
        let query = RecordQuery { organization: Some(id), limit: PAGE_MAX, ..RecordQuery::default() };
        let entries = self.page(actor, query).await?.entries;
        let is_of_act = |entry: &&Recorded| {
            let is_done = entry.entry.outcome == Outcome::Done && Step::of(entry).is_some();
            is_done && entry.entry.operation.as_deref() == Some(operation)
        };
        let mut undone = Err(AppError::UndoRefused(UndoRefusal::Unknown));
        // Newest first: an update of a name and other fields has two.
        for entry in entries.iter().filter(is_of_act) {
            undone = Ok(self.undo(acts, actor, entry.number, confirmation).await?);
        }
        undone
    }

    /// As [`Undo`]; `None` for what has no undo, and for who has no right to it.
    pub(super) async fn undo_of(
        &self,
        actor: &Actor,
        recorded: &Recorded,
        others: &[Recorded],
    ) -> Result<Option<Undo>, AppError> {
        match self.step_of(actor, recorded, others).await {
            Ok((_, step)) => Ok(step.possible().ok()),
            Err(AppError::UndoRefused(UndoRefusal::Unknown) | AppError::Forbidden) => Ok(None),
            Err(AppError::UndoRefused(reason)) => Ok(Some(Undo::Refused { reason })),
            Err(error) => Err(error),
        }
    }

    async fn step_of(
        &self,
        actor: &Actor,
        recorded: &Recorded,
        others: &[Recorded],
    ) -> Result<(OrganizationId, Step), AppError> {
        let unknown = AppError::UndoRefused(UndoRefusal::Unknown);
        let (Some(step), Some(id)) = (Step::of(recorded), recorded.entry.organization_id) else {
            return Err(unknown);
        };
        actor.require_on(step.act(), id)?;
        if [recorded].into_iter().chain(others).any(|entry| entry.entry.outcome != Outcome::Done) {
            return Err(AppError::UndoRefused(UndoRefusal::NotDone));
        }
        step.possible().map_err(AppError::UndoRefused)?;
        let organization = match self.ports.organizations.find(id).await? {
            Some(live) => Some(live),
            None => self.ports.organizations.find_trashed(id).await?,
        };
        match organization {
            None => Err(AppError::UndoRefused(UndoRefusal::Gone)),
            Some(organization) if step.fits(&organization) => Ok((id, step)),
            Some(_) => Err(AppError::UndoRefused(UndoRefusal::Changed)),
        }
    }
}

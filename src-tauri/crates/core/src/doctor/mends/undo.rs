//! Takes a mend back, by what its entry in the record says, while everything is as the mend left it.

use super::plan::{Journaled, Plan};
use super::service::MendService;
use super::step::Step;
use super::template::{has_earlier_indexes, has_earlier_validator};
use crate::doctor::MendKind;
use crate::error::{AppError, UndoRefusal};
use crate::jobs::Cancellation;
use crate::records::{Change, CollectionIdentity, Correction, MendWord, Recorded};
use crate::rights::{Act, Actor};
use crate::values::{CollectionName, EmailAddress, OrganizationId, OrganizationName};

impl MendKind {
    /// Whether a mend can be taken back that changed this.
    pub(crate) fn can_be_undone(self, changes: &[Change]) -> bool {
        let has = |field: &str, is_there: fn(&Change) -> bool| {
            changes.iter().filter(|change| change.field == field).all(is_there)
        };
        let before = |change: &Change| change.before.is_some();
        match self {
            Self::CreateCollection | Self::AttachCollection | Self::CreateIndexes | Self::AcceptAsIs => true,
            Self::SetCollectionName
            | Self::MoveCollection
            | Self::RenameOrganization
            | Self::CorrectName
            | Self::ChangeAddress
            | Self::CorrectAddress => {
                ["name", "collection_name", "email", "collection"].iter().all(|field| has(field, before))
            }
            Self::CreateOrganization
            | Self::SetAside
            | Self::DropLeftover
            | Self::JoinHalves
            | Self::DecideTwins
            | Self::SeparateTwins
            | Self::CorrectDates
            | Self::CorrectActive
            | Self::SetOneTimePassword
            | Self::DecideOperation
            | Self::CreateMasterIndexes => false,
            Self::ReplaceIndexes => has_earlier_indexes(changes),
            Self::SetValidator => has_earlier_validator(changes),
        }
    }
}

impl MendService {
    /// Takes a mend back. It is an act of its own, with an entry that has the same mend and the changes turned round.
    ///
    /// # Errors
    /// `UndoRefused` if it has no undo, or something has changed since; `Conflict`, `Forbidden`, `Busy`, `Store`.
    pub(crate) async fn undo(
        &self,
        actor: &Actor,
        mend: MendKind,
        id: OrganizationId,
        recorded: &Recorded,
    ) -> Result<(), AppError> {
        actor.require(Act::Mend)?;
        let changes = &recorded.entry.changes;
        if !mend.can_be_undone(changes) {
            return Err(AppError::UndoRefused(UndoRefusal::Unknown));
        }
        let of = |field: &str| changes.iter().find(|change| change.field == field);
        let collection = |text: &Option<String>| text.clone().map(CollectionName::from_stored);
        let moved = of("collection").map(|change| (collection(&change.before), collection(&change.after)));
        let which = of("identity").and_then(|change| change.after.clone().or(change.before.clone()));
        let mut steps = Vec::new();
        let mut journaled = None;
        match moved {
            // It was made, and is removed while it is empty.
            Some((None, Some(made))) => {
                let collections = &self.ports.collections;
                if !collections.exists(&made).await? || !collections.is_empty(&made).await? {
                    return Err(changed_since());
                }
                steps.push(Step::DropEmpty { name: made });
            }
            Some((Some(was), Some(is))) => {
                let there = self.ports.collections.identity(&is).await?;
                let there = there.filter(|there| CollectionIdentity(which).is_same_as(there) != Some(false));
                let there = there.ok_or_else(changed_since)?;
                if self.ports.collections.exists(&was).await? {
                    return Err(changed_since());
                }
                steps.push(Step::Rename { from: is.clone(), to: was.clone(), which: there.clone() });
                let name = recorded.entry.organization_name.clone().unwrap_or_default();
                journaled = Some(Journaled {
                    id,
                    mend: MendWord::DetachCollection,
                    name: OrganizationName::from_stored(name),
                    from: Some(is),
                    to: Some(was),
                    collection: Some(there),
                });
            }
            Some((_, None)) | None => {}
        }
        let before = |field: &str| of(field).and_then(|change| change.before.clone());
        let correction = Correction {
            name: before("name").map(OrganizationName::from_stored),
            collection_name: before("collection_name").map(CollectionName::from_stored),
            admin_email: before("email").map(EmailAddress::from_stored),
            ..Correction::default()
        };
        let corrects = correction.name.is_some()
            || correction.collection_name.is_some()
            || correction.admin_email.is_some();
        if corrects {
            let seen = self.load(id).await?;
            let is = |field: &str, now: Option<&str>| {
                of(field).is_none_or(|change| change.after.as_deref() == now)
            };
            let is_as_left = is("name", seen.name.as_str())
                && is("collection_name", seen.collection_name.as_str())
                && is("email", seen.admin_email.as_str());
            if !is_as_left {
                return Err(changed_since());
            }
            steps.push(Step::Correct { seen: Box::new(seen), correction: Box::new(correction) });
        }
        steps.extend(self.without_template(id, mend, changes).await?);
        if mend == MendKind::AcceptAsIs {
            steps.push(self.without_acceptance(id, changes).await?);
        }
        if steps.is_empty() {
            return Err(AppError::UndoRefused(UndoRefusal::Unknown));
        }
        let mut plan = Plan::new(mend, steps);
        plan.journaled = journaled;
        let name = before("name").or_else(|| recorded.entry.organization_name.clone());
        let mut plan = plan.about(id, name.unwrap_or_default());
        plan.turned = changes.clone();
        self.carry_out(actor, &plan, &Cancellation::default()).await.map(drop)
    }

    async fn without_acceptance(&self, id: OrganizationId, changes: &[Change]) -> Result<Step, AppError> {
        let mut accepted = self.ports.settings.accepted_of(id).await?.ok_or_else(changed_since)?;
        let named = changes.iter().filter(|change| change.field == "accepted");
        for difference in named.filter_map(|change| change.after.as_ref()) {
            if !accepted.differences.remove(difference) {
                return Err(changed_since());
            }
        }
        Ok(Step::Accept { accepted })
    }
}

fn changed_since() -> AppError {
    AppError::UndoRefused(UndoRefusal::Changed)
}

//! Changes an organization's admin email, password, name and display name.

use super::lifecycle::missing;
use super::service::{OrganizationService, UpdateRequest};
use crate::error::AppError;
use crate::journal::OperationRunner;
use crate::records::{ActivityEntry, ActivityKind, Organization, OrganizationChange};
use crate::rights::{Act, Actor};
use crate::values::{
    DisplayName, EmailAddress, Field, FieldIssue, OrganizationId, OrganizationName, Password,
};

impl OrganizationService {
    /// Changes name, display name, address and password, whichever are given. A changed password ends the admin's other
    /// sessions.
    ///
    /// Asks the gate once for everything, and checks everything before it writes. The rename comes first; if someone
    /// takes the address in between, the rename is undone. After an unclear response both stay as they are: the change
    /// may have been made.
    ///
    /// # Errors
    /// `InvalidInput` with every field that breaks a rule, or is taken if several are; `Conflict` if one is taken;
    /// `NotFound`, `Forbidden`, `Busy`, `Store`: nothing was done. `PartlyDone` says what became of each field.
    pub async fn update(&self, actor: &Actor, request: UpdateRequest) -> Result<Organization, AppError> {
        let id = request.id;
        actor.require_on(Act::Change, id)?;
        let changes = Changes::parse(&request)?;
        let runner = self.operations.admit()?;
        // An address is looked up while the organization is, and with a name once it is known to be another one.
        let free_email = async {
            match &changes.email {
                Some(email) if changes.name.is_none() => self.require_free_email(email, Some(id)).await,
                Some(_) | None => Ok(()),
            }
        };
        let (before, free_email) = futures_util::join!(self.load_settled(id, &changes), free_email);
        let before = before?;
        free_email?;
        let rename = changes.name.as_ref().filter(|name| **name != before.name);
        if changes.name.is_some() {
            self.require_free(id, rename, changes.email.as_ref()).await?;
        }
        let in_place = self.in_place(&changes).await?;
        let mut changed = match rename {
            Some(to) => self.rename_found(runner, actor, before.clone(), to.clone()).await?,
            None => before.clone(),
        };
        if let Some(change) = in_place {
            let record = changes.entry(actor, &changed);
            let written = async {
                runner.ports().organizations.change(id, &change, self.clock.now()).await.map_err(missing)
            };
            changed = match runner.ports().recorded(record, written).await {
                Ok(changed) => changed,
                Err(failure) if rename.is_none() => return Err(failure),
                Err(failure) => {
                    return Err(self.left_in_part(runner, actor, &before, &changes, failure).await);
                }
            };
        }
        Ok(changed)
    }

    /// The organization, once nothing is left of an earlier operation if its name is to change.
    async fn load_settled(&self, id: OrganizationId, changes: &Changes) -> Result<Organization, AppError> {
        match changes.name {
            Some(_) => self.operations.settled(id, || self.load_live(id)).await,
            None => self.load_live(id).await,
        }
    }

    /// Fails with all requested values that are taken.
    async fn require_free(
        &self,
        id: OrganizationId,
        name: Option<&OrganizationName>,
        email: Option<&EmailAddress>,
    ) -> Result<(), AppError> {
        let name = async {
            match name {
                Some(name) => self.require_free_name(name).await,
                None => Ok(()),
            }
        };
        let email = async {
            match email {
                Some(email) => self.require_free_email(email, Some(id)).await,
                None => Ok(()),
            }
        };
        match futures_util::join!(name, email) {
            (Err(AppError::Conflict(name)), Err(AppError::Conflict(email))) => {
                Err(AppError::InvalidInput(vec![name.into(), email.into()]))
            }
            (name, email) => name.and(email),
        }
    }

    /// The change of the document, written at once; `None` if only the name changes.
    async fn in_place(&self, changes: &Changes) -> Result<Option<OrganizationChange>, AppError> {
        if changes.in_place().is_empty() {
            return Ok(None);
        }
        let admin_password = match &changes.password {
            Some(password) => Some(self.hasher.hash(password).await?),
            None => None,
        };
        Ok(Some(OrganizationChange {
            display_name: changes.display_name.clone(),
            admin_email: changes.email.clone(),
            end_sessions: admin_password.is_some(),
            admin_password,
            is_active: None,
        }))
    }

    /// Undoes a rename after the rest was refused, and says what became of the update.
    async fn left_in_part(
        &self,
        runner: &OperationRunner,
        actor: &Actor,
        before: &Organization,
        changes: &Changes,
        cause: AppError,
    ) -> AppError {
        let (id, rest) = (before.id, changes.in_place());
        let is_unclear = |error: &AppError| matches!(error, AppError::Store(error) if error.is_unclear());
        let (mut done, mut not_done, mut unclear) = (Vec::new(), Vec::new(), Vec::new());
        if is_unclear(&cause) {
            done.push(Field::Name);
            unclear = rest;
        } else {
            let Err(error) = self.rename_admitted(runner, actor, id, before.name.clone()).await else {
                return cause;
            };
            tracing::error!(%id, %error, "a rename could not be taken back");
            if is_unclear(&error) { &mut unclear } else { &mut done }.push(Field::Name);
            not_done = rest;
        }
        AppError::PartlyDone { done, not_done, unclear, cause: Box::new(cause) }
    }
}

struct Changes {
    name: Option<OrganizationName>,
    display_name: Option<Option<DisplayName>>,
    email: Option<EmailAddress>,
    password: Option<Password>,
}

impl Changes {
    fn parse(request: &UpdateRequest) -> Result<Self, AppError> {
        let mut issues: Vec<FieldIssue> = Vec::new();
        let name = request.name.as_deref().map(OrganizationName::parse).transpose();
        let display_name = request.display_name.as_deref().map(DisplayName::parse).transpose();
        let email = request.email.as_deref().map(EmailAddress::parse).transpose();
        let password = request.password.as_ref().map(Password::parse).transpose();
        let changes = Self {
            name: name.unwrap_or_else(|issue| {
                issues.push(issue);
                None
            }),
            display_name: display_name.unwrap_or_else(|issue| {
                issues.push(issue);
                None
            }),
            email: email.unwrap_or_else(|issue| {
                issues.push(issue);
                None
            }),
            password: password.unwrap_or_else(|more| {
                issues.extend(more);
                None
            }),
        };
        if issues.is_empty() { Ok(changes) } else { Err(AppError::InvalidInput(issues)) }
    }

    /// The fields that change in the document, beside the name.
    fn in_place(&self) -> Vec<Field> {
        let given = [
            (Field::DisplayName, self.display_name.is_some()),
            (Field::Email, self.email.is_some()),
            (Field::Password, self.password.is_some()),
        ];
        given.into_iter().filter_map(|(field, given)| given.then_some(field)).collect()
    }

    /// The entry about the fields that change in the document.
    fn entry(&self, actor: &Actor, before: &Organization) -> ActivityEntry {
        let shown = |name: &Option<DisplayName>| name.as_ref().map(|name| name.as_str().to_owned());
        let mut entry =
            ActivityEntry::of(actor, ActivityKind::OrganizationChanged).about(before.id, &before.name);
        if let Some(name) = &self.display_name {
            entry = entry.changed("display_name", shown(&before.display_name), shown(name));
        }
        if let Some(email) = &self.email {
            entry = entry.changed("email", Some(before.admin_email.to_string()), Some(email.to_string()));
        }
        if self.password.is_some() { entry.changed_secret("password") } else { entry }
    }
}

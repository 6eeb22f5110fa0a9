//! Changes an organization's admin email, password, name and display name.

use super::lifecycle::missing;
use super::service::{OrganizationService, Seen, UpdateRequest};
use crate::error::{AppError, StoreError};
use crate::journal::OperationRunner;
use crate::records::{ActivityEntry, ActivityKind, Expected, Organization, OrganizationChange};
use crate::rights::{Act, Actor};
use crate::values::{
    Difference, DisplayName, EmailAddress, Field, FieldIssue, OrganizationId, OrganizationName, Password,
    PasswordHash,
};

impl OrganizationService {
    /// Changes name, display name, address and password, whichever are given. A changed password ends the admin's other
    /// sessions.
    ///
    /// Asks the gate once for everything, and checks everything before it writes. The rename comes first; if someone
    /// takes the address in between, the rename is undone. After an unclear response both stay as they are: the change
    /// may have been made.
    ///
    /// A field is overwritten only while it is as the person saw it, and a password while its address is, too.
    ///
    /// # Errors
    /// `InvalidInput` with every field that breaks a rule, or is taken if several are; `Conflict` if one is taken;
    /// `ChangedElsewhere` if one is other than was seen; `NotFound`, `Forbidden`, `Busy`, `Store`: nothing was done.
    /// `PartlyDone` says what became of each field.
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
        let stored = before?;
        changes.require_as_seen(&request.seen, &stored)?;
        free_email?;
        let (before, mark) = (stored.organization, stored.password_mark);
        let rename = changes.name.as_ref().filter(|name| **name != before.name);
        if changes.name.is_some() {
            self.require_free(id, rename, changes.email.as_ref()).await?;
        }
        let in_place = self.in_place(&changes, &before, stored.hash).await?;
        let mut changed = match rename {
            Some(to) => self.rename_found(runner, actor, before.clone(), to.clone()).await?,
            None => before.clone(),
        };
        if let Some(change) = in_place {
            let record = changes.entry(actor, &changed);
            let written = async {
                let written = runner.ports().organizations.change(id, &change, self.clock.now()).await;
                match written {
                    Err(StoreError::Changed { .. }) => {
                        Err(self.changed_elsewhere(&changes, &before, mark).await)
                    }
                    written => written.map_err(missing),
                }
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
    async fn load_settled(&self, id: OrganizationId, changes: &Changes) -> Result<Stored, AppError> {
        match changes.name {
            Some(_) => self.operations.settled(id, || self.load_stored(id, changes)).await,
            None => self.load_stored(id, changes).await,
        }
    }

    async fn load_stored(&self, id: OrganizationId, changes: &Changes) -> Result<Stored, AppError> {
        if changes.password.is_none() {
            let organization = self.load_live(id).await?;
            return Ok(Stored { organization, hash: None, password_mark: None });
        }
        let found = self.ports.organizations.find_credentials_of(id).await?;
        let found = found.ok_or(AppError::NotFound { what: "organization" })?;
        let password_mark = Some(self.mark_of(&found)?);
        Ok(Stored { organization: found.organization, hash: Some(found.password_hash), password_mark })
    }

    /// After a write that did not find what it relies on: what somebody changed since it was found.
    async fn changed_elsewhere(
        &self,
        changes: &Changes,
        found: &Organization,
        password_mark: Option<String>,
    ) -> AppError {
        let changed = AppError::Store(StoreError::Changed { what: "the organization" });
        match self.load_stored(found.id, changes).await {
            Err(error) => error,
            Ok(stored) => {
                let seen = Seen {
                    name: None,
                    display_name: Some(shown(&found.display_name)),
                    email: Some(found.admin_email.to_string()),
                    password_mark,
                };
                changes.require_as_seen(&seen, &stored).err().unwrap_or(changed)
            }
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
    async fn in_place(
        &self,
        changes: &Changes,
        found: &Organization,
        hash: Option<PasswordHash>,
    ) -> Result<Option<OrganizationChange>, AppError> {
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
            expected: Expected {
                display_name: changes.display_name.as_ref().map(|_| found.display_name.clone()),
                admin_email: changes.relies_on_email().then(|| found.admin_email.clone()),
                admin_password: hash,
                is_active: None,
            },
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

/// What is stored, as far as a change looks at it.
struct Stored {
    organization: Organization,
    hash: Option<PasswordHash>,
    password_mark: Option<String>,
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

    /// Whether the address matters: a password is set for the person whose address it is.
    fn relies_on_email(&self) -> bool {
        self.email.is_some() || self.password.is_some()
    }

    /// Checks that nothing that matters is other than the person saw. What is stored as it is to be changed is no
    /// difference.
    fn require_as_seen(&self, seen: &Seen, stored: &Stored) -> Result<(), AppError> {
        let Stored { organization, password_mark, .. } = stored;
        let mut differences = Vec::new();
        let mut compare =
            |field, matters: bool, seen: Option<&String>, stored: &str, wanted: Option<&str>| {
                if let Some(seen) = seen.filter(|seen| matters && *seen != stored && wanted != Some(stored)) {
                    let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
                    differences.push(Difference { field, seen: value(seen), stored: value(stored) });
                }
            };
        let name = self.name.as_ref().map(OrganizationName::as_str);
        compare(Field::Name, name.is_some(), seen.name.as_ref(), organization.name.as_str(), name);
        let display_name = self.display_name.as_ref().map(shown);
        let edited = display_name.is_some();
        let stored_name = shown(&organization.display_name);
        let seen_name = seen.display_name.as_ref();
        compare(Field::DisplayName, edited, seen_name, &stored_name, display_name.as_deref());
        let email = self.email.as_ref().map(EmailAddress::as_str);
        let stored_email = organization.admin_email.as_str();
        compare(Field::Email, self.relies_on_email(), seen.email.as_ref(), stored_email, email);
        if self.password.is_some() && seen.password_mark.is_some() && seen.password_mark != *password_mark {
            differences.push(Difference { field: Field::Password, seen: None, stored: None });
        }
        if differences.is_empty() { Ok(()) } else { Err(AppError::ChangedElsewhere(differences)) }
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
        let said = |name: &Option<DisplayName>| name.as_ref().map(|name| name.as_str().to_owned());
        let mut entry =
            ActivityEntry::of(actor, ActivityKind::OrganizationChanged).about(before.id, &before.name);
        if let Some(name) = &self.display_name {
            entry = entry.changed("display_name", said(&before.display_name), said(name));
        }
        if let Some(email) = &self.email {
            entry = entry.changed("email", Some(before.admin_email.to_string()), Some(email.to_string()));
        }
        if self.password.is_some() { entry.changed_secret("password") } else { entry }
    }
}

/// A display name as text; empty for none.
fn shown(name: &Option<DisplayName>) -> String {
    name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default()
}

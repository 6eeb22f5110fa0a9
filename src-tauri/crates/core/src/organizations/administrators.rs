//! Changing what an organization's admin signs in with, and what the organization is shown as.

use super::lifecycle::missing;
use super::model::{Organization, OrganizationChange};
use super::service::{OrganizationService, UpdateRequest};
use crate::activity::ActivityKind;
use crate::error::{AppError, FieldIssue};
use crate::sessions::{Act, Actor};
use crate::values::{DisplayName, EmailAddress, OrganizationId, OrganizationName, Password};

impl OrganizationService {
    /// Changes name, display name, address and password, whichever are given. A changed password ends the other
    /// sessions of that admin.
    ///
    /// Everything is checked before anything is written. A rename comes first; should another person take the address
    /// in between, the rename is taken back. After an unclear answer both stay as they are: the change may have been
    /// made.
    ///
    /// # Errors
    /// `InvalidInput` with every field that breaks a rule; `Conflict`, `NotFound`, `Forbidden`, `Busy`, `Store`.
    pub async fn update(&self, actor: &Actor, request: UpdateRequest) -> Result<Organization, AppError> {
        let id = request.id;
        actor.require_on(Act::Change, id)?;
        let changes = Changes::parse(&request)?;
        let before = self.load_live(id).await?;
        if let Some(email) = &changes.email {
            self.require_free_email(email, Some(id)).await?;
        }
        let mut changed = before.clone();
        if let Some(name) = changes.name.as_ref().filter(|name| **name != before.name) {
            changed = self.rename(actor, id, name.as_str()).await?;
        }
        if changes.are_in_place() {
            changed = match self.change_in_place(actor, id, &changes).await {
                Ok(changed) => changed,
                Err(failure) => {
                    let unclear = matches!(&failure, AppError::Store(error) if error.is_unclear());
                    if changed.name != before.name
                        && !unclear
                        && let Err(error) = self.rename(actor, id, before.name.as_str()).await
                    {
                        tracing::error!(%id, %error, "a rename could not be taken back");
                    }
                    return Err(failure);
                }
            };
        }
        Ok(changed)
    }

    async fn change_in_place(
        &self,
        actor: &Actor,
        id: OrganizationId,
        changes: &Changes,
    ) -> Result<Organization, AppError> {
        let admin_password = match &changes.password {
            Some(password) => Some(self.hasher.hash(password).await?),
            None => None,
        };
        let change = OrganizationChange {
            display_name: changes.display_name.clone(),
            admin_email: changes.email.clone(),
            end_sessions: admin_password.is_some(),
            admin_password,
            is_active: None,
        };
        let changed =
            self.ports.organizations.change(id, &change, self.clock.now()).await.map_err(missing)?;
        self.record(actor, ActivityKind::OrganizationChanged, &changed, Some(changes.summary())).await;
        Ok(changed)
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

    fn are_in_place(&self) -> bool {
        self.display_name.is_some() || self.email.is_some() || self.password.is_some()
    }

    /// Which fields changed, for the record.
    fn summary(&self) -> String {
        let fields = [
            ("display name", self.display_name.is_some()),
            ("address", self.email.is_some()),
            ("password", self.password.is_some()),
        ];
        fields.iter().filter(|(_, changed)| *changed).map(|(field, _)| *field).collect::<Vec<_>>().join(", ")
    }
}

//! Signs people in to open workspaces, and out.

use secrecy::SecretString;
use tenantry_core::rights::Account;
use tenantry_core::sessions::{Session, SignedIn};
use tenantry_core::values::RecoveryCode;

use super::Console;
use crate::error::ConsoleError;
use crate::workspace::OpenWorkspace;

impl Console {
    /// Signs in an operator, an organization's admin or a person. A session ends the earlier one; the jobs and the
    /// clipboard of another account end with that.
    ///
    /// # Errors
    /// `no_workspace`, `invalid_input`, `credentials_refused`, `throttled`, `organization_inactive`.
    pub async fn sign_in(
        &self,
        workspace: &str,
        email: &str,
        password: &SecretString,
        choice: Option<Account>,
    ) -> Result<SignedIn, ConsoleError> {
        let workspace = self.open.load(workspace)?;
        let signed_in = workspace.sessions().sign_in(email, password, choice).await?;
        if let SignedIn::Session(session) = &signed_in {
            self.take_session(&workspace, session).await;
        }
        Ok(signed_in)
    }

    /// Signs in with a one-time password, which is replaced by one of the person's own.
    ///
    /// # Errors
    /// Those of [`sign_in`](Self::sign_in); `forbidden` if the password is no one-time password.
    pub async fn sign_in_with_new_password(
        &self,
        workspace: &str,
        email: &str,
        one_time: &SecretString,
        password: &SecretString,
        choice: Option<Account>,
    ) -> Result<SignedIn, ConsoleError> {
        let workspace = self.open.load(workspace)?;
        let sessions = workspace.sessions();
        let signed_in = sessions.sign_in_with_new_password(email, one_time, password, choice).await?;
        if let SignedIn::Session(session) = &signed_in {
            self.take_session(&workspace, session).await;
        }
        Ok(signed_in)
    }

    /// Signs an owner in with the recovery code and sets a password; returns the next code.
    ///
    /// # Errors
    /// `no_workspace`, `invalid_input`, `credentials_refused`, `throttled`, `account_inactive`.
    pub async fn recover(
        &self,
        workspace: &str,
        email: &str,
        code: &SecretString,
        password: &SecretString,
    ) -> Result<(Session, RecoveryCode), ConsoleError> {
        let workspace = self.open.load(workspace)?;
        let (session, next) = workspace.sessions().recover(email, code, password).await?;
        self.take_session(&workspace, &session).await;
        Ok((session, next))
    }

    /// Keeps a session in place of the earlier one, which ends.
    async fn take_session(&self, workspace: &OpenWorkspace, session: &Session) {
        if let Some(earlier) = workspace.keep_session(session.clone()).await {
            if earlier.actor.account() != session.actor.account() {
                self.jobs.cancel_all_of(&workspace.id);
                self.clear_copied_of(&workspace.id);
            }
            if let Err(error) = workspace.sessions().sign_out(&earlier.token).await {
                tracing::warn!(%error, "the session before could not be ended in the store");
            }
        }
    }

    /// Ends the session of an open workspace, if any, with its jobs.
    ///
    /// # Errors
    /// `no_workspace`; `unavailable` if the store cannot be told: the session is forgotten here anyway.
    pub async fn sign_out(&self, workspace: &str) -> Result<(), ConsoleError> {
        let workspace = self.open.load(workspace)?;
        self.jobs.cancel_all_of(&workspace.id);
        self.clear_copied_of(&workspace.id);
        Ok(workspace.sign_out().await?)
    }
}

//! Workspaces for a list or a switcher.

use serde::Serialize;
use tenantry_connection::SecretKind;
use tenantry_core::access::AccessState;
use tenantry_core::records::{Access, Decided, Environment};
use tenantry_core::sessions::Session;
use time::OffsetDateTime;

use super::Console;
use crate::address::take_apart;
use crate::error::ConsoleError;
use crate::profiles::{BUILT_IN, Profile};
use crate::workspace::OpenWorkspace;

/// The kind of a workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceKind {
    /// A file on this computer.
    BuiltIn,
    /// A MongoDB deployment.
    Mongodb,
    /// MongoDB Atlas.
    Atlas,
}

/// A workspace in the list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceSummary {
    /// `built-in`, or the connection's id.
    pub id: String,
    /// Its kind.
    pub kind: WorkspaceKind,
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment: Environment,
    /// Hosts, or the folder of the file.
    pub address: String,
    /// The database.
    pub database: Option<String>,
    /// When it was opened last.
    #[serde(with = "time::serde::rfc3339::option")]
    #[cfg_attr(feature = "wire", specta(type = Option<String>))]
    pub last_opened_at: Option<OffsetDateTime>,
    /// Whether the database user's password is stored.
    pub password_stored: bool,
    /// Whether opening it asks for the password.
    pub password_needed: bool,
    /// The connection string, without the password.
    pub connection_string: Option<String>,
    /// Whether a service signing secret was given.
    pub has_signing_secret: bool,
    /// Its notes.
    pub notes: String,
    /// Whether it is listed above the others.
    pub favorite: bool,
    /// Its access.
    pub access: Access,
    /// The operators' decision, if it is open; a connection can only be stricter.
    pub decided: Option<WorkspacePermits>,
    /// Whether it is open.
    pub is_open: bool,
}

/// What the operators permit, whatever a connection says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct WorkspacePermits {
    /// The environment, at least.
    pub environment: Environment,
    /// The access, at most.
    pub access: Access,
    /// The email address of the operator.
    pub decided_by: String,
    /// When it was decided.
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(feature = "wire", specta(type = String))]
    pub decided_at: OffsetDateTime,
}

impl From<Decided> for WorkspacePermits {
    fn from(decided: Decided) -> Self {
        Self {
            environment: decided.permits.environment,
            access: decided.permits.access,
            decided_by: decided.by,
            decided_at: decided.at,
        }
    }
}

/// An open workspace in a switcher.
pub struct OpenSummary {
    /// The workspace as it is used now.
    pub workspace: WorkspaceSummary,
    /// The session, unless it has expired.
    pub session: Option<Session>,
    /// The access at this moment.
    pub access: AccessState,
}

impl Console {
    /// All workspaces that can be opened, the built-in one first.
    pub async fn list(&self) -> Vec<WorkspaceSummary> {
        let mut workspaces = vec![self.built_in_summary()];
        for profile in self.profiles.all() {
            workspaces.push(self.summary(profile).await);
        }
        workspaces
    }

    /// A saved connection in the list.
    pub async fn summary(&self, profile: Profile) -> WorkspaceSummary {
        // A string that was edited by hand may be malformed: it is listed anyway, and opening says what is wrong.
        let address = take_apart(&profile.connection_string).ok();
        let is_atlas = address.as_ref().is_some_and(|address| address.is_atlas);
        let needs_password = address.as_ref().is_some_and(|address| address.needs_password);
        let at_hand = profile.password_stored()
            || self.vault().await.remembers(&profile.id, SecretKind::DatabasePassword);
        WorkspaceSummary {
            kind: if is_atlas { WorkspaceKind::Atlas } else { WorkspaceKind::Mongodb },
            environment: profile.environment,
            address: address.as_ref().map(|address| address.hosts.clone()).unwrap_or_default(),
            last_opened_at: profile.last_opened_at,
            password_stored: profile.password_stored(),
            password_needed: needs_password && !at_hand,
            // Split again, so that a secret that someone wrote into the file is not shown.
            connection_string: address.map(|address| address.public),
            has_signing_secret: profile.has_signing_secret,
            favorite: profile.favorite,
            access: profile.access,
            decided: self.decided(&profile.id),
            is_open: self.open.find(&profile.id).is_some(),
            id: profile.id,
            name: profile.name,
            database: Some(profile.database),
            notes: profile.notes,
        }
    }

    /// An open workspace as it is used, not only as its connection says, with its access now.
    ///
    /// # Errors
    /// `not_found` if its connection is gone.
    pub async fn summary_of(
        &self,
        workspace: &OpenWorkspace,
    ) -> Result<(WorkspaceSummary, AccessState), ConsoleError> {
        let mut summary = if workspace.id == BUILT_IN {
            self.built_in_summary()
        } else {
            self.summary(self.load_profile(&workspace.id)?).await
        };
        let access = workspace.access().state().await;
        (summary.environment, summary.access) = (access.environment, access.access);
        Ok((summary, access))
    }

    /// The open workspaces in the order of opening. Asks no server.
    ///
    /// # Errors
    /// As [`summary_of`](Self::summary_of).
    pub async fn open_summaries(&self) -> Result<Vec<OpenSummary>, ConsoleError> {
        let mut summaries = Vec::new();
        for open in self.open.all() {
            let (workspace, access) = self.summary_of(&open).await?;
            let now = self.clock.now();
            let session = open.session().filter(|session| session.expires_at > now);
            summaries.push(OpenSummary { workspace, session, access });
        }
        Ok(summaries)
    }

    fn built_in_summary(&self) -> WorkspaceSummary {
        WorkspaceSummary {
            id: BUILT_IN.to_owned(),
            kind: WorkspaceKind::BuiltIn,
            name: "On this computer".to_owned(),
            environment: Environment::Local,
            address: self.folders.data.display().to_string(),
            database: None,
            last_opened_at: self.profiles.built_in().last_opened_at,
            password_stored: false,
            password_needed: false,
            connection_string: None,
            has_signing_secret: false,
            notes: String::new(),
            favorite: false,
            access: Access::ReadWrite,
            decided: self.decided(BUILT_IN),
            is_open: self.open.find(BUILT_IN).is_some(),
        }
    }

    /// The operators' decision about an open workspace, as last read.
    fn decided(&self, id: &str) -> Option<WorkspacePermits> {
        self.open.find(id).and_then(|open| open.access().decided()).map(WorkspacePermits::from)
    }
}

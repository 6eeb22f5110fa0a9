//! Workspaces as a list or a switcher shows them.

use serde::Serialize;
use tenantry_core::access::AccessState;
use tenantry_core::records::Decided;
use tenantry_core::sessions::Session;
use time::OffsetDateTime;

use super::Console;
use crate::address::take_apart;
use crate::error::WireError;
use crate::profiles::{Access, BUILT_IN, Environment, Profile};
use crate::secret_kind::SecretKind;
use crate::workspace::OpenWorkspace;

/// What kind of place a workspace is.
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

/// A workspace, as it stands in the list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct WorkspaceSummary {
    /// `built-in`, or the profile's id.
    pub id: String,
    /// What kind of place it is.
    pub kind: WorkspaceKind,
    /// Its name.
    pub name: String,
    /// What it is used for.
    pub environment: Environment,
    /// Hosts, or the folder of the file.
    pub address: String,
    /// The database.
    pub database: Option<String>,
    /// When it was opened last.
    #[serde(with = "time::serde::rfc3339::option")]
    #[cfg_attr(feature = "wire", specta(type = Option<String>))]
    pub last_opened_at: Option<OffsetDateTime>,
    /// The keychain has the database user's password.
    pub password_stored: bool,
    /// Opening it asks for the password.
    pub password_needed: bool,
    /// The connection string, without the password.
    pub connection_string: Option<String>,
    /// The service's secret key was given.
    pub has_signing_secret: bool,
    /// What a person noted about it.
    pub notes: String,
    /// Shown before the others.
    pub favorite: bool,
    /// What may be done in it.
    pub access: Access,
    /// What its operators decided, where it is open; a connection may only permit less.
    pub decided: Option<WorkspacePermits>,
    /// It is open now.
    pub is_open: bool,
}

/// What operators decided that a workspace permits, whatever a connection to it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct WorkspacePermits {
    /// How much care it asks for, at least.
    pub environment: Environment,
    /// What may be done in it, at most.
    pub access: Access,
    /// The address of who decided it.
    pub decided_by: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    #[cfg_attr(feature = "wire", specta(type = String))]
    pub decided_at: OffsetDateTime,
}

impl From<Decided> for WorkspacePermits {
    fn from(decided: Decided) -> Self {
        Self {
            environment: decided.permits.environment.into(),
            access: decided.permits.access.into(),
            decided_by: decided.by,
            decided_at: decided.at,
        }
    }
}

/// An open workspace, as a switcher shows it.
pub struct OpenSummary {
    /// Which one, as it is used now.
    pub workspace: WorkspaceSummary,
    /// The session, unless its time is over.
    pub session: Option<Session>,
    /// What may be done in it now.
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

    /// A saved profile, as it stands in the list.
    pub async fn summary(&self, profile: Profile) -> WorkspaceSummary {
        // A string that was edited by hand may be wrong: it still stands in the list, and opening says what is wrong.
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
            // Taken apart anew, so that a secret that a person wrote into the file is not shown.
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

    /// An open workspace as it is used, and not only as its profile says, with what may be done in it now.
    ///
    /// # Errors
    /// `not_found` when its profile is gone.
    pub async fn summary_of(
        &self,
        workspace: &OpenWorkspace,
    ) -> Result<(WorkspaceSummary, AccessState), WireError> {
        let mut summary = if workspace.id == BUILT_IN {
            self.built_in_summary()
        } else {
            self.summary(self.load_profile(&workspace.id)?).await
        };
        let access = workspace.access().state().await;
        (summary.environment, summary.access) = (access.environment.into(), access.access.into());
        Ok((summary, access))
    }

    /// The workspaces that are open, in the order in which they were opened. Asks no server.
    ///
    /// # Errors
    /// As [`summary_of`](Self::summary_of).
    pub async fn open_summaries(&self) -> Result<Vec<OpenSummary>, WireError> {
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

    /// What the operators of an open workspace decided, as it was read last.
    fn decided(&self, id: &str) -> Option<WorkspacePermits> {
        self.open.find(id).and_then(|open| open.access().decided()).map(WorkspacePermits::from)
    }
}

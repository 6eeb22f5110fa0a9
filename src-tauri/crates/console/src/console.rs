//! The running console. Only it holds sessions: a web view never sees a token.

mod bundles;
mod clipboard;
mod exchange;
mod exporting;
mod import_organizations;
mod open_workspaces;
mod opening;
mod record;
mod saving;
mod secret_files;
mod secret_keeping;
mod sessions;
mod summaries;
mod testing;

pub use bundles::{BUNDLE_EXTENSION, BackedUp, BundleFiles, ChosenBundle, ChosenFolder, UnfinishedMove};
pub use exchange::{ChosenImport, ImportReport, ImportSource, ProfilesExported};
pub use exporting::{ChosenFile, ExportedFile, ExportedList};
pub use import_organizations::{ImportChange, SeenPlan};
pub use open_workspaces::OpenWorkspaces;
pub use opening::Password;
pub use saving::ProfileEdit;
pub use secret_files::{OneTimeRow, SecretFile};
pub use secret_keeping::PASSPHRASE_MIN;
pub use summaries::{OpenSummary, WorkspaceKind, WorkspacePermits, WorkspaceSummary};
pub use testing::TestRequest;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use parking_lot::Mutex;
use tenantry_core::clock::{Clock, SystemClock};
use tenantry_core::journal::Openings;
use tenantry_core::rights::Actor;
use tenantry_core::sessions::Freshness;
use tokio::sync::OnceCell;

use crate::desktop::{Desktop, NoDesktop};
use crate::drafts::Drafts;
use crate::error::ConsoleError;
use crate::files::{ConnectionFiles, ExportFiles, UnfinishedFiles, remove_parts_in};
use crate::folders::{DataLock, Folders};
use crate::jobs::JobRegistry;
use crate::moving::MoveNotes;
use crate::profiles::{OpenProfileFile, PlainFile, Profile, Profiles, UNDO_TIME};
use crate::vault::{NotForgotten, Vault};
use crate::workspace::OpenWorkspace;

/// How long closing waits for work in the workspace.
const CLOSING_LIMIT: Duration = Duration::from_secs(20);

/// One running console on its folders.
pub struct Console {
    /// The folders of its files.
    pub folders: Folders,
    /// Saved connections.
    pub profiles: Profiles,
    /// Secrets of connection strings that are being edited.
    pub drafts: Drafts,
    /// Running jobs.
    pub jobs: JobRegistry,
    /// Places and files of exports.
    pub exports: ExportFiles,
    /// Files in progress.
    pub unfinished: Arc<UnfinishedFiles>,
    /// Files with connections that a person chose.
    pub connection_files: ConnectionFiles,
    /// Bundles and folders that a person chose.
    pub bundle_files: BundleFiles,
    /// Moves that have begun.
    pub move_notes: MoveNotes,
    /// The desktop.
    pub desktop: Arc<dyn Desktop>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// The open workspaces.
    pub open: OpenWorkspaces,
    openings: Openings,
    /// Wakes the cleaner: a connection was removed, and its secrets must be forgotten when its time is over.
    removal_noted: tokio::sync::Notify,
    vault: OnceCell<Vault>,
    copied: Mutex<Option<clipboard::Copied>>,
    lock: DataLock,
}

impl Console {
    /// Starts a console without a desktop that keeps all its files in one folder.
    pub fn in_folder(folder: &Path) -> Self {
        let folders = Folders {
            data: folder.to_owned(),
            configuration: folder.to_owned(),
            logs: folder.join("logs"),
            exports: folder.to_owned(),
            exports_without_dialog: true,
        };
        Self::start(folders, &PlainFile::open, Arc::new(NoDesktop))
    }

    /// Starts a console on these folders. `open_file` opens the file of saved connections.
    pub fn start(folders: Folders, open_file: OpenProfileFile<'_>, desktop: Arc<dyn Desktop>) -> Self {
        let lock = folders.lock();
        let profiles = match lock {
            DataLock::Held(_) | DataLock::Unknown => {
                Profiles::open_or_do_without(&folders.profiles(), open_file)
            }
            DataLock::Owned(ref owner) => {
                Profiles::open_or_do_without(&folders.profiles(), open_file).while_owned_by(Arc::clone(owner))
            }
            DataLock::InUse => Profiles::left_to_another_program(&folders.profiles()),
        };
        let unfinished = UnfinishedFiles::of(folders.unfinished());
        // Another process on this folder may be writing right now.
        if lock.is_held() {
            unfinished.remove_leftovers();
            let own = [&folders.data, &folders.configuration, &folders.moves()];
            own.into_iter().for_each(|own| remove_parts_in(own));
        }
        Self {
            move_notes: MoveNotes::of(folders.moves()),
            folders,
            profiles,
            drafts: Drafts::default(),
            jobs: JobRegistry::default(),
            exports: ExportFiles::default(),
            unfinished: Arc::new(unfinished),
            connection_files: ConnectionFiles::default(),
            bundle_files: BundleFiles::default(),
            desktop,
            clock: Arc::new(SystemClock),
            open: OpenWorkspaces::default(),
            openings: Openings::default(),
            removal_noted: tokio::sync::Notify::new(),
            vault: OnceCell::new(),
            copied: Mutex::default(),
            lock,
        }
    }

    /// The same with a given vault, for tests that must not depend on a keychain.
    #[must_use]
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault: OnceCell::new_with(Some(vault)), ..self }
    }

    /// The vault. The first call looks for the keychain, and finishes a move that a crash interrupted.
    pub async fn vault(&self) -> &Vault {
        let start = || async {
            let chosen = self.profiles.settings().secret_keeper;
            let vault = Vault::start(self.profiles.installation(), &self.folders.data, chosen).await;
            // Another process on this folder may be working on it right now.
            if self.lock.is_held() {
                vault.finish_move(&self.profiles).await;
            }
            vault
        };
        self.vault.get_or_init(start).await
    }

    /// Forgets the secrets of removed connections that cannot be had back any more.
    pub async fn finish_removals(&self) {
        for Profile { id, stored, .. } in self.profiles.removals_due(self.clock.now()) {
            match self.vault().await.forget_all(&id).await {
                Ok(()) => {}
                Err(NotForgotten::Keychain(problem)) if problem.is_absence() && stored.is_empty() => {}
                // The connection stays removed, and its note is the only trace of its secrets: tried again later.
                Err(NotForgotten::Keychain(_) | NotForgotten::Locked(_)) => continue,
            }
            let findings = self.folders.doctor(&id);
            let _ = blocking(move || std::fs::remove_file(findings)).await;
            if let Err(error) = self.profiles.finish_removal(&id) {
                tracing::warn!(%error, "a removal is finished at the next start");
            }
        }
    }

    /// Finishes removals as they become due, those of an earlier run at once. Runs until the process ends.
    pub async fn finish_removals_in_time(&self) {
        loop {
            self.finish_removals().await;
            match self.profiles.next_removal() {
                // A little longer than needed; a clock that is moved meanwhile makes it later, never wrong.
                Some(_) => tokio::time::sleep(UNDO_TIME.unsigned_abs()).await,
                None => self.removal_noted.notified().await,
            }
        }
    }

    /// Closes a workspace: signs out of it, cancels its jobs, and waits for its work, so that nothing of it counts as
    /// abandoned when it is opened again. A closed one needs no closing.
    pub async fn close(&self, id: &str) {
        let turn = self.open.turn(id);
        let _turn = turn.lock().await;
        self.close_now(id).await;
    }

    /// As [`close`](Self::close), for a caller that has the turn.
    async fn close_now(&self, id: &str) {
        let Some(workspace) = self.open.take(id) else { return };
        self.jobs.cancel_all_of(id);
        self.clear_copied_of(id);
        let _ = workspace.sign_out().await;
        let all_done = async {
            while Arc::strong_count(&workspace) > 1 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if tokio::time::timeout(CLOSING_LIMIT, all_done).await.is_err() {
            tracing::warn!(workspace = workspace.id, "closed while something was still running");
        }
    }

    /// Closes every workspace, at the same time: at the end of the process no server waits for another.
    pub async fn close_all(&self) {
        let open = self.open.all();
        let ids: Vec<String> = open.iter().map(|workspace| workspace.id.clone()).collect();
        drop(open);
        join_all(ids.iter().map(|id| self.close_now(id))).await;
    }

    /// An open workspace and its actor, checked for a read.
    ///
    /// # Errors
    /// `no_workspace`, `not_signed_in`, `session_expired`, `session_revoked`, or those of the store.
    pub async fn reader(&self, workspace: &str) -> Result<(Arc<OpenWorkspace>, Actor), ConsoleError> {
        self.authorized(workspace, Freshness::Recent).await
    }

    /// An open workspace and its actor, checked now for a write.
    ///
    /// # Errors
    /// As [`reader`](Self::reader).
    pub async fn writer(&self, workspace: &str) -> Result<(Arc<OpenWorkspace>, Actor), ConsoleError> {
        self.authorized(workspace, Freshness::Now).await
    }

    async fn authorized(
        &self,
        workspace: &str,
        freshness: Freshness,
    ) -> Result<(Arc<OpenWorkspace>, Actor), ConsoleError> {
        let workspace = self.open.load(workspace)?;
        let actor = workspace.authorize(freshness).await?;
        Ok((workspace, actor))
    }
}

/// Runs blocking work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ConsoleError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| ConsoleError::internal(&format!("blocking work stopped: {error}")))
}

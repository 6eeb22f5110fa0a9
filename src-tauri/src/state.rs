//! What the program knows while it runs. The session lives here and nowhere else: the web view never sees its token.

use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tenantry_core::AppError;
use tenantry_core::clock::{Clock, SystemClock};
use tenantry_core::error::SessionProblem;
use tenantry_core::health::ServerFacts;
use tenantry_core::journal::{Owner, Recovered};
use tenantry_core::organizations::Organization;
use tenantry_core::sessions::{Act, Actor, Freshness, Session};
use tokio::sync::OnceCell;

use crate::compose::{Opened, Services};
use crate::desktop::Desktop;
use crate::error::WireError;
use crate::files::ExportFiles;
use crate::folders::Folders;
use crate::identifiers::random_id;
use crate::jobs::JobRegistry;
use crate::profiles::Profiles;
use crate::vault::Vault;

/// How long closing waits for what is still running in the workspace.
const CLOSING_LIMIT: Duration = Duration::from_secs(20);

/// What the program knows while it runs.
pub struct AppState {
    /// Where its files are.
    pub folders: Folders,
    /// Saved connection profiles.
    pub profiles: Profiles,
    /// Running jobs.
    pub jobs: JobRegistry,
    /// Places and files of exports.
    pub exports: ExportFiles,
    /// The desktop.
    pub desktop: Arc<dyn Desktop>,
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Opening and closing take turns.
    pub opening: tokio::sync::Mutex<()>,
    vault: OnceCell<Vault>,
    workspace: Mutex<Option<Arc<Workspace>>>,
    copied: Mutex<Option<SecretString>>,
    /// Held for as long as the program runs; `None` when another program has this data folder open.
    lock: Option<File>,
}

impl AppState {
    /// The state of a program that has just started.
    pub fn new(folders: Folders, profiles: Profiles, desktop: Arc<dyn Desktop>) -> Self {
        let lock = lock(&folders);
        Self {
            folders,
            profiles,
            jobs: JobRegistry::default(),
            exports: ExportFiles::default(),
            desktop,
            clock: Arc::new(SystemClock),
            opening: tokio::sync::Mutex::default(),
            vault: OnceCell::new(),
            workspace: Mutex::default(),
            copied: Mutex::default(),
            lock,
        }
    }

    /// The same with a given vault, for tests that must not depend on a keychain.
    #[cfg(test)]
    pub fn with_vault(self, vault: Vault) -> Self {
        Self { vault: OnceCell::new_with(Some(vault)), ..self }
    }

    /// The vault. The first call looks for the keychain.
    pub async fn vault(&self) -> &Vault {
        self.vault.get_or_init(|| Vault::probe(self.profiles.installation().to_owned())).await
    }

    /// In whose name a workspace that is opened now begins operations.
    ///
    /// What an earlier run of this installation left unfinished is taken for abandoned at once. A second program on
    /// the same data folder must not be taken for a later run: it counts as another installation.
    pub fn owner(&self) -> Owner {
        let installation = match self.lock {
            Some(_) => self.profiles.installation().to_owned(),
            None => random_id(),
        };
        Owner { installation, instance: random_id() }
    }

    /// The open workspace.
    ///
    /// # Errors
    /// `no_workspace`.
    pub fn workspace(&self) -> Result<Arc<Workspace>, WireError> {
        self.current_workspace().ok_or_else(WireError::no_workspace)
    }

    /// The open workspace, if there is one.
    pub fn current_workspace(&self) -> Option<Arc<Workspace>> {
        self.open_place().clone()
    }

    /// Takes a workspace that was opened; answers the one that was open before.
    pub fn replace_workspace(&self, workspace: Option<Arc<Workspace>>) -> Option<Arc<Workspace>> {
        std::mem::replace(&mut *self.open_place(), workspace)
    }

    /// Closes the open workspace: signs out, cancels its jobs, and waits for what is still running in it, so that
    /// nothing of it is taken for abandoned when it is opened again.
    pub async fn close_workspace(&self) {
        let Some(workspace) = self.replace_workspace(None) else { return };
        self.jobs.cancel_all();
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

    /// The open workspace, and whoever is signed in to it, found good for a read.
    ///
    /// # Errors
    /// `no_workspace`, `not_signed_in`, `session_expired`, `session_revoked`, or what the store answers.
    pub async fn reader(&self) -> Result<(Arc<Workspace>, Actor), WireError> {
        self.authorized(Freshness::Recent).await
    }

    /// The open workspace, and whoever is signed in to it, found good now, before a write.
    ///
    /// # Errors
    /// As [`reader`](Self::reader).
    pub async fn writer(&self) -> Result<(Arc<Workspace>, Actor), WireError> {
        self.authorized(Freshness::Now).await
    }

    async fn authorized(&self, freshness: Freshness) -> Result<(Arc<Workspace>, Actor), WireError> {
        let workspace = self.workspace()?;
        let actor = workspace.authorize(freshness).await?;
        Ok((workspace, actor))
    }

    /// Empties the clipboard of a secret that was just put there, when the time is over or when the program ends,
    /// whichever comes first.
    pub fn clear_copied_after(&self, time: Duration, secret: SecretString) {
        *self.copied.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret.clone());
        let desktop = Arc::clone(&self.desktop);
        tokio::spawn(async move {
            tokio::time::sleep(time).await;
            let cleared = tokio::task::spawn_blocking(move || desktop.clear_secret(&secret));
            if cleared.await.is_err() {
                tracing::warn!("the clipboard could not be emptied");
            }
        });
    }

    /// Empties the clipboard if it still holds the secret that was put there last. Blocks.
    pub fn clear_copied(&self) {
        let copied = self.copied.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(secret) = copied {
            self.desktop.clear_secret(&secret);
        }
    }

    fn open_place(&self) -> MutexGuard<'_, Option<Arc<Workspace>>> {
        self.workspace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locks the data folder for this program. The lock ends with the process, however it ends.
fn lock(folders: &Folders) -> Option<File> {
    let locked = Folders::make_private(&folders.data)
        .and_then(|()| File::create(folders.data.join("tenantry.lock")))
        .and_then(|file| Ok(file.try_lock().map(|()| file)?));
    match locked {
        Ok(file) => Some(file),
        Err(error) => {
            tracing::warn!(%error, "the data folder is in use by another program, or can't be written");
            None
        }
    }
}

/// A workspace that is open.
pub struct Workspace {
    /// `built-in`, or the profile's id.
    pub id: String,
    /// Its services.
    pub services: Services,
    /// The server or file, as it was when it was opened.
    pub server: ServerFacts,
    /// What a crash had left.
    pub recovered: Vec<Recovered>,
    /// What could not be prepared, for people.
    pub warnings: Vec<String>,
    claimed: Mutex<bool>,
    session: Mutex<Option<Session>>,
}

impl Workspace {
    /// A workspace that was just opened: nobody is signed in.
    pub fn new(id: &str, opened: Opened) -> Self {
        let Opened { services, server, claimed, recovered, warnings } = opened;
        Self {
            id: id.to_owned(),
            services,
            server,
            recovered,
            warnings,
            claimed: Mutex::new(claimed),
            session: Mutex::default(),
        }
    }

    /// Whether it has an operator.
    pub fn is_claimed(&self) -> bool {
        *self.claimed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that it has an operator.
    pub fn note_claimed(&self) {
        *self.claimed.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    /// The session as it was when somebody signed in; it may have ended since.
    pub fn session(&self) -> Option<Session> {
        self.session_place().clone()
    }

    /// Takes a session in place of the one that is there; answers that one.
    pub fn keep_session(&self, session: Session) -> Option<Session> {
        self.session_place().replace(session)
    }

    /// Ends the session, if there is one. It is forgotten here even when the store can't be told.
    ///
    /// # Errors
    /// What the store answers.
    pub async fn sign_out(&self) -> Result<(), AppError> {
        let session = self.session_place().take();
        match session {
            Some(session) => self.services.sessions.sign_out(&session.token).await,
            None => Ok(()),
        }
    }

    /// Finds out whether the session is good. One that is not is forgotten.
    ///
    /// # Errors
    /// `Session`, `Store`.
    pub async fn authorize(&self, freshness: Freshness) -> Result<Actor, AppError> {
        let session = self.session().ok_or(AppError::Session(SessionProblem::Missing))?;
        let authorized = self.services.sessions.authorize(&session.token, freshness).await;
        if let Err(AppError::Session(_)) = &authorized {
            // Only this one: a newer may have taken its place while the store was asked.
            let asked_for = |kept: &mut Session| kept.token.expose_secret() == session.token.expose_secret();
            self.session_place().take_if(asked_for);
        }
        authorized
    }

    /// Lets the session go on after its own organization was changed by it.
    ///
    /// # Errors
    /// `Unexpected`.
    pub fn carry_session_on(&self, changed: &Organization) -> Result<(), AppError> {
        if let Some(session) = self.session() {
            self.keep_session(self.services.sessions.carry_on(&session, changed)?);
        }
        Ok(())
    }

    fn session_place(&self) -> MutexGuard<'_, Option<Session>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// # Errors
/// `forbidden` unless this session may do `act`.
pub fn require(actor: &Actor, act: Act) -> Result<(), WireError> {
    if actor.may(act) { Ok(()) } else { Err(WireError::forbidden()) }
}

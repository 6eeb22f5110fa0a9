//! Opens the built-in workspace and those of saved connections.

use std::path::Path;
use std::sync::Arc;

use secrecy::SecretString;
use tenantry_connection::{SecretKind, Secrets};
use tenantry_core::error::StoreError;
use tenantry_core::records::Permits;
use tenantry_core::sessions::{PasswordHasher, SigningKey};
use tenantry_core::values::Device;
use tenantry_core::{AppError, journal};

use super::Console;
use crate::address::take_apart;
use crate::compose::{self, Place, Setting};
use crate::connection_secrets;
use crate::doctor::KeptPass;
use crate::error::ConsoleError;
use crate::profiles::{BUILT_IN, BuiltIn, Profile};
use crate::watch::watch;
use crate::workspace::OpenWorkspace;

/// The database user's password, for opening a workspace.
#[derive(Debug, Default)]
pub enum Password {
    /// The stored one, if one is needed.
    #[default]
    Kept,
    /// One that a person typed.
    Typed {
        /// The password.
        password: SecretString,
        /// Whether to store it, once the server has accepted it.
        remember: bool,
    },
}

impl Console {
    /// Opens a workspace beside the open ones, or returns it if it is open; it becomes the current one. `id` is
    /// [`BUILT_IN`] or a connection's.
    ///
    /// # Errors
    /// `not_found`, `workspace_password_needed`, `secrets_locked`, `workspace_refused`, `workspace_damaged`,
    /// `workspace_newer`, `connection_string_invalid`, `unavailable`, `denied_by_database`.
    pub async fn open(&self, id: &str, password: Password) -> Result<Arc<OpenWorkspace>, ConsoleError> {
        let turn = self.open.turn(id);
        // Opened twice at a time, it would take its own operations for those of a crash.
        let _turn = turn.lock().await;
        if let Ok(open) = self.open.switch(id) {
            return Ok(open);
        }
        let mut opened = if id == BUILT_IN {
            self.open_built_in().await?
        } else {
            self.open_profile(self.load_profile(id)?, password).await?
        };
        opened.keep_findings(Arc::new(KeptPass::of(&self.folders, id)));
        tracing::info!(workspace = opened.id, product = opened.server.product, "opened a workspace");
        let opened = Arc::new(opened);
        self.open.add(Arc::clone(&opened));
        self.read_findings(&opened);
        tokio::spawn(watch(Arc::downgrade(&opened), Arc::clone(&self.clock)));
        Ok(opened)
    }

    /// Reads the doctor's last result. Nobody waits for it: it can be large, and opening must not.
    fn read_findings(&self, opened: &Arc<OpenWorkspace>) {
        let (path, opened) = (self.folders.doctor(&opened.id), Arc::downgrade(opened));
        tokio::task::spawn_blocking(move || {
            if let Some(kept) = KeptPass::read(&path)
                && let Some(opened) = opened.upgrade()
            {
                opened.doctor().begin_with(kept);
            }
        });
    }

    async fn open_built_in(&self) -> Result<OpenWorkspace, ConsoleError> {
        let path = self.folders.built_in_workspace();
        let setting = self.setting(Permits::EVERYTHING, self.own_signing_key(BUILT_IN).await);
        let opened = compose::open(Place::File(&path), setting).await;
        let opened = opened.map_err(|error| built_in_error(error, &path))?;
        if let Err(error) = self.profiles.save_built_in(BuiltIn { last_opened_at: Some(self.clock.now()) }) {
            tracing::warn!(%error, "the time of opening could not be noted");
        }
        Ok(OpenWorkspace::new(BUILT_IN, opened))
    }

    async fn open_profile(
        &self,
        profile: Profile,
        password: Password,
    ) -> Result<OpenWorkspace, ConsoleError> {
        let vault = self.vault().await;
        let address = take_apart(&profile.connection_string)?;
        let (typed, remember) = match password {
            Password::Kept => (None, false),
            Password::Typed { password, remember } => (Some(password), remember),
        };
        let is_typed = typed.is_some();
        let given = Secrets::from_iter(typed.map(|typed| (SecretKind::DatabasePassword, typed)));
        let mut secrets = connection_secrets::complete(given, vault, &profile, &address.places).await?;
        if address.needs_password && !secrets.contains_key(&SecretKind::DatabasePassword) {
            return Err(ConsoleError::WorkspacePasswordNeeded);
        }
        let (signing_key, warning) = self.signing_key(&profile).await?;
        let place = Place::Deployment {
            connection_string: &profile.connection_string,
            database: &profile.database,
            secrets: &secrets,
        };
        let mut opened = compose::open(place, self.setting(profile.permits(), signing_key)).await?;
        opened.warnings.extend(warning);
        let mut stored = None;
        if let Some(password) = secrets.remove(&SecretKind::DatabasePassword).filter(|_| is_typed) {
            // Only now: a wrong one must not replace the right one.
            let kept = vault.keep(&profile.id, SecretKind::DatabasePassword, password, remember).await;
            stored = Some(kept.for_next_time());
        }
        // Not saved whole: the connection may have been renamed while it was being opened.
        let noted = self.profiles.change_profile(&profile.id, |noted| {
            noted.last_opened_at = Some(self.clock.now());
            if let Some(stored) = stored {
                noted.note_stored(SecretKind::DatabasePassword, stored);
            }
        });
        if let Err(error) = noted {
            tracing::warn!(%error, "the time of opening could not be noted");
        }
        Ok(OpenWorkspace::new(&profile.id, opened))
    }

    /// What the services of a workspace that is opened now need besides its store.
    pub fn setting(&self, permits: Permits, signing_key: SigningKey) -> Setting {
        Setting {
            clock: Arc::clone(&self.clock),
            opening: self.opening(),
            permits,
            signing_key,
            hasher: PasswordHasher::default(),
            device: this_computer(),
        }
    }

    /// The owner of the operations of a workspace that is opened now.
    ///
    /// Unfinished operations of an earlier run of this installation count as abandoned at once. A second process on the
    /// same data folder must not be taken for a later run: it counts as another installation.
    fn opening(&self) -> journal::Opening {
        let installation =
            if self.lock.is_held() { self.folders.installation() } else { crate::identifiers::random_id() };
        self.openings.begin(installation, crate::identifiers::random_id())
    }

    /// The key that signs a connection's tokens, and a warning about it.
    async fn signing_key(&self, profile: &Profile) -> Result<(SigningKey, Option<String>), ConsoleError> {
        if !profile.has_signing_secret {
            return Ok((self.own_signing_key(&profile.id).await, None));
        }
        match self.vault().await.find(&profile.id, SecretKind::ServiceSecret).await? {
            Some(secret) => Ok((SigningKey::of_service(&secret), None)),
            None => Ok((
                self.own_signing_key(&profile.id).await,
                Some(
                    "The service's secret key is not stored on this computer, so the service will not accept tokens of \
                     this session. Enter the key again in the workspace's settings."
                        .to_owned(),
                ),
            )),
        }
    }

    /// The workspace's own random key, created the first time. If the stored one cannot be read now, another key serves
    /// this run, and must not replace the stored one later.
    async fn own_signing_key(&self, workspace: &str) -> SigningKey {
        let vault = self.vault().await;
        if let Ok(Some(secret)) = vault.find(workspace, SecretKind::TokenKey).await
            && let Some(key) = SigningKey::from_hex(&secret)
        {
            return key;
        }
        let key = SigningKey::random();
        vault.keep(workspace, SecretKind::TokenKey, key.to_hex(), vault.can_store()).await;
        key
    }
}

fn built_in_error(error: AppError, path: &Path) -> ConsoleError {
    match error {
        AppError::Store(StoreError::Corrupt { what }) => {
            tracing::error!(what, "the built-in workspace is damaged");
            ConsoleError::WorkspaceDamaged { path: path.display().to_string() }
        }
        error => ConsoleError::from(error),
    }
}

/// The person's and the computer's name, as the system tells them.
fn this_computer() -> Device {
    let user = ["USER", "USERNAME", "LOGNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    let computer = gethostname::gethostname();
    let system = match std::env::consts::OS {
        "linux" => "Linux",
        "macos" => "macOS",
        "windows" => "Windows",
        other => other,
    };
    Device::named(&user.unwrap_or_default(), &computer.to_string_lossy(), system)
}

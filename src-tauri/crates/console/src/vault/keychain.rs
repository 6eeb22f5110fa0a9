//! Secrets in the operating system's keychain.
//!
//! A keychain may be absent, locked, refuse, or not answer at all, and any of that may begin while the program runs. It
//! is looked for without a question to the person; the system's own question comes only after something that a person
//! did and that needs it.

#[cfg(target_os = "linux")]
mod secret_service;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use keyring_core::{CredentialStore, Entry, Error as KeyringError};
use parking_lot::Mutex;
use secrecy::{ExposeSecret, SecretString};
use tenantry_connection::SecretKind;

use super::keeper::{Carried, Collected, Keeper, Standing};
use super::problems::{KeeperProblem, KeychainProblem, MoveNote, NotMoved};

/// The name that the keychain shows for the program's entries.
const SERVICE: &str = "Tenantry";
/// How long looking for the keychain may take. Nobody is asked anything then, so it has no reason to be slow.
const PROBE_LIMIT: Duration = Duration::from_secs(3);
/// How long an answer may take where a person may have to type the keychain's own password.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// What the keychain is called here.
#[cfg(target_os = "linux")]
pub(super) const NAME: &str = "Secret Service";
/// What the keychain is called here.
#[cfg(target_os = "macos")]
pub(super) const NAME: &str = "Keychain";
/// What the keychain is called here.
#[cfg(target_os = "windows")]
pub(super) const NAME: &str = "Credential Manager";
/// What the keychain is called here.
#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
pub(super) const NAME: &str = "keychain";

/// What the last look or use found.
#[derive(Clone)]
enum Found {
    Usable(Arc<CredentialStore>),
    /// It is there, and would ask a person for its password. It does so once, for something that a person wants.
    Locked(Arc<CredentialStore>),
    Unusable(KeychainProblem),
}

/// The operating system's keychain.
pub(super) struct Keychain {
    installation: String,
    found: Mutex<Found>,
    /// Asks the person at the window for the keychain's own password; `None` where the system offers no such question.
    ask_again: Option<fn() -> Result<(), KeychainProblem>>,
}

impl Keychain {
    /// Looks for the keychain.
    ///
    /// `installation` sets entries of this data folder apart from those of others on the same computer.
    pub(super) async fn look(installation: String) -> Self {
        let keychain = Self::with(installation, Found::Unusable(KeychainProblem::NoService));
        keychain.look_again(false).await;
        keychain
    }

    /// A keychain that is not there.
    pub(super) fn absent(problem: KeychainProblem) -> Self {
        Self::with(String::new(), Found::Unusable(problem))
    }

    /// A keychain of a test's own: whoever is asked again answers with `answer`.
    pub(super) fn of(
        store: Arc<CredentialStore>,
        installation: &str,
        answer: fn() -> Result<(), KeychainProblem>,
    ) -> Self {
        let keychain = Self::with(installation.to_owned(), Found::Usable(store));
        Self { ask_again: Some(answer), ..keychain }
    }

    fn with(installation: String, found: Found) -> Self {
        Self { installation, found: Mutex::new(found), ask_again: ASK_AGAIN }
    }

    /// Has the keychain ask the person for its password, whether it is open or not. `None` where the system has no such
    /// question.
    pub(super) async fn ask_again(&self) -> Option<Result<(), KeychainProblem>> {
        let ask = self.ask_again?;
        let answer = within(ANSWER_LIMIT, ask).await.unwrap_or(Err(KeychainProblem::Silent));
        match answer {
            Ok(()) if self.problem().is_some() => self.look_again(false).await,
            Ok(()) => {}
            Err(problem) => {
                tracing::warn!(?problem, "the keychain was asked again");
                // It may be locked now, and its own question would come with each secret.
                self.note(Found::Unusable(problem));
            }
        }
        Some(answer)
    }

    /// Looks again. With `may_ask` a locked keychain asks the person for its password.
    pub(super) async fn look_again(&self, may_ask: bool) {
        let limit = if may_ask { ANSWER_LIMIT } else { PROBE_LIMIT };
        let found = match within(limit, move || look(may_ask)).await {
            Some(found) => found,
            None => Found::Unusable(KeychainProblem::Silent),
        };
        self.note(found);
    }

    /// Why it can't be used now; `None` when it can.
    pub(super) fn problem(&self) -> Option<KeychainProblem> {
        match self.found() {
            Found::Usable(_) => None,
            Found::Locked(_) => Some(KeychainProblem::Locked),
            Found::Unusable(problem) => Some(problem),
        }
    }

    /// `None`: there is no such entry.
    async fn ask<T: Send + 'static>(
        &self,
        workspace: &str,
        kind: SecretKind,
        ask: impl FnOnce(&Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Result<Option<T>, KeychainProblem> {
        let (store, was_locked) = match self.found() {
            Found::Usable(store) => (store, false),
            Found::Locked(store) => (store, true),
            Found::Unusable(problem) => return Err(problem),
        };
        let user = format!("{}/{workspace}/{}", self.installation, kind.as_str());
        let asked = {
            let store = Arc::clone(&store);
            within(ANSWER_LIMIT, move || ask(&store.build(SERVICE, &user, None)?)).await
        };
        let problem = match asked {
            Some(Ok(answer)) => {
                // Whoever answers a question about an entry that is locked has unlocked it.
                if was_locked {
                    self.note(Found::Usable(store));
                }
                return Ok(Some(answer));
            }
            Some(Err(KeyringError::NoEntry)) => return Ok(None),
            Some(Err(error)) => classify(&error),
            None => KeychainProblem::Silent,
        };
        tracing::warn!(kind = kind.as_str(), ?problem, "the keychain could not be used");
        // Not asked again until a person wants it: a question that was closed, or that nobody sees, would come back
        // with each secret.
        self.note(Found::Unusable(problem));
        Err(problem)
    }

    fn note(&self, found: Found) {
        *self.found.lock() = found;
    }

    fn found(&self) -> Found {
        self.found.lock().clone()
    }
}

#[async_trait]
impl Keeper for Keychain {
    fn standing(&self) -> Option<Standing> {
        Some(Standing::AlsoInKeychain)
    }

    fn obstacle(&self) -> Option<KeeperProblem> {
        self.problem().map(KeeperProblem::Keychain)
    }

    async fn find(&self, workspace: &str, kind: SecretKind) -> Result<Option<SecretString>, KeeperProblem> {
        Ok(self.ask(workspace, kind, |entry| entry.get_password().map(SecretString::from)).await?)
    }

    async fn keep(&self, secrets: &[Carried]) -> Result<(), KeeperProblem> {
        for (workspace, kind, secret) in secrets.iter().cloned() {
            // A locked one would ask.
            self.obstacle().map_or(Ok(()), Err)?;
            self.ask(&workspace, kind, move |entry| entry.set_password(secret.expose_secret())).await?;
        }
        Ok(())
    }

    async fn forget(&self, workspace: &str, kinds: &[SecretKind]) -> Result<(), KeeperProblem> {
        for kind in kinds {
            self.ask(workspace, *kind, Entry::delete_credential).await?;
        }
        Ok(())
    }

    async fn make_ready(
        &self,
        _passphrase: Option<SecretString>,
        _is_in_use: bool,
    ) -> Result<Option<MoveNote>, NotMoved> {
        if self.problem().is_some() {
            self.look_again(true).await;
        }
        Ok(self.obstacle().map_or(Ok(None), Err)?)
    }

    async fn collect(
        &self,
        workspaces: Vec<String>,
        _passphrase: Option<SecretString>,
        _may_put_aside: bool,
    ) -> Result<Collected, KeeperProblem> {
        if self.problem() == Some(KeychainProblem::Locked) {
            self.look_again(true).await;
        }
        let mut collected = Collected::default();
        for workspace in workspaces {
            for kind in SecretKind::ALL {
                match self.find(&workspace, kind).await {
                    Ok(found) => {
                        collected.secrets.extend(found.map(|secret| (workspace.clone(), kind, secret)))
                    }
                    Err(_) => collected.unread.push((workspace.clone(), kind)),
                }
            }
        }
        Ok(collected)
    }

    async fn empty(&self, workspaces: Vec<String>) -> Result<(), KeeperProblem> {
        for workspace in workspaces {
            for kind in SecretKind::ALL {
                // A locked one would ask.
                self.obstacle().map_or(Ok(()), Err)?;
                self.forget(&workspace, &[kind]).await?;
            }
        }
        Ok(())
    }
}

/// Runs what may never come back on a thread of its own: the runtime waits for the threads of its pool when it ends.
async fn within<T: Send + 'static>(limit: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let spawned = std::thread::Builder::new().name("keychain".to_owned()).spawn(move || {
        // Nobody listens any more when it took too long.
        let _ = sender.send(work());
    });
    spawned.ok()?;
    tokio::time::timeout(limit, receiver).await.ok()?.ok()
}

/// What a keychain's error means. Its own text is left out: some variants carry the secret's bytes.
fn classify(error: &KeyringError) -> KeychainProblem {
    #[cfg(target_os = "linux")]
    if let KeyringError::PlatformFailure(cause) | KeyringError::NoStorageAccess(cause) = error
        && let Some(problem) = secret_service::classify_cause(cause.as_ref())
    {
        return problem;
    }
    match error {
        KeyringError::NoStorageAccess(_) => KeychainProblem::Locked,
        KeyringError::NoDefaultStore => KeychainProblem::NoBus,
        // The enum is open for new kinds of failure.
        _ => KeychainProblem::Refused,
    }
}

#[cfg(target_os = "linux")]
const ASK_AGAIN: Option<fn() -> Result<(), KeychainProblem>> = Some(secret_service::ask_again);
/// Keychain Services and Credential Manager ask by the application that reads, not by wish.
#[cfg(not(target_os = "linux"))]
const ASK_AGAIN: Option<fn() -> Result<(), KeychainProblem>> = None;

#[cfg(target_os = "linux")]
fn look(may_ask: bool) -> Found {
    let store = || zbus_secret_service_keyring_store::Store::new().map_err(|error| classify(&error));
    match secret_service::look(may_ask) {
        Ok(()) => store().map_or_else(Found::Unusable, |store| Found::Usable(store)),
        Err(KeychainProblem::Locked) if !may_ask => {
            store().map_or_else(Found::Unusable, |store| Found::Locked(store))
        }
        Err(problem) => Found::Unusable(problem),
    }
}

#[cfg(not(target_os = "linux"))]
fn look(_may_ask: bool) -> Found {
    let asked = platform_store().and_then(|store| {
        // A name that nothing is stored under: answers without a question to the person where the keychain works.
        match store.build(SERVICE, "probe", None)?.get_password() {
            Ok(_) | Err(KeyringError::NoEntry) => Ok(store),
            Err(error) => Err(error),
        }
    });
    asked.map_or_else(|error| Found::Unusable(classify(&error)), Found::Usable)
}

#[cfg(target_os = "macos")]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "windows")]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
fn platform_store() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(KeyringError::NoDefaultStore)
}

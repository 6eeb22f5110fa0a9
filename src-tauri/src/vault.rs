//! Secrets: in the operating system's keychain where there is one, in memory until the program ends where there is
//! none. Never in a file.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use keyring_core::{CredentialStore, Error as KeychainError};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

/// The name that the keychain shows for the program's entries.
const SERVICE: &str = "Tenantry";
/// How long the keychain may take to answer the first question. One that waits for a person to unlock it is not there.
const PROBE_TIMEOUT: Duration = Duration::from_secs(3);
/// How long it may take afterwards: a person may have to type the keychain's own password.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// What a secret is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SecretKind {
    /// The database user's password.
    DatabasePassword,
    /// The service's secret key, which its tokens are signed with.
    ServiceSecret,
    /// The key that this program signs the workspace's tokens with.
    TokenKey,
}

impl SecretKind {
    const ALL: [Self; 3] = [Self::DatabasePassword, Self::ServiceSecret, Self::TokenKey];

    fn as_str(self) -> &'static str {
        match self {
            Self::DatabasePassword => "database-password",
            Self::ServiceSecret => "service-secret",
            Self::TokenKey => "token-key",
        }
    }
}

/// Where a secret ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In the keychain, for next time.
    InKeychain,
    /// In memory, until the program ends.
    UntilExit,
}

/// Secrets of workspaces.
///
/// Every secret that was given or found is also held in memory until the program ends, so that the keychain is asked
/// once. Memory is wiped when it is let go.
pub struct Vault {
    keychain: Result<Arc<CredentialStore>, String>,
    installation: String,
    session: Mutex<HashMap<(String, SecretKind), SecretString>>,
}

impl Vault {
    /// Looks for the operating system's keychain.
    ///
    /// `installation` sets entries of this data folder apart from those of others on the same computer.
    pub async fn probe(installation: String) -> Self {
        let asked = tokio::task::spawn_blocking(|| {
            let store = platform_keychain()?;
            // A name that nothing is stored under: answers without a question to the person where the keychain works.
            match store.build(SERVICE, "probe", None)?.get_password() {
                Ok(_) | Err(KeychainError::NoEntry) => Ok(store),
                Err(error) => Err(error),
            }
        });
        let keychain = match tokio::time::timeout(PROBE_TIMEOUT, asked).await {
            Ok(Ok(Ok(store))) => Ok(store),
            Ok(Ok(Err(error))) => Err(explain(&error)),
            Ok(Err(_)) => Err("this system's keychain failed".to_owned()),
            Err(_) => Err("this system's keychain does not answer".to_owned()),
        };
        if let Err(reason) = &keychain {
            tracing::info!(reason, "no keychain; secrets are asked for every time");
        }
        Self::with(keychain, installation)
    }

    /// A vault that keeps nothing past the program's end.
    pub fn ask_every_time(reason: &str) -> Self {
        Self::with(Err(reason.to_owned()), String::new())
    }

    fn with(keychain: Result<Arc<CredentialStore>, String>, installation: String) -> Self {
        Self { keychain, installation, session: Mutex::default() }
    }

    /// Why secrets can't be kept in the keychain; `None` where they can.
    pub fn why_ask_every_time(&self) -> Option<&str> {
        self.keychain.as_ref().err().map(String::as_str)
    }

    /// Takes a secret: for next time when `remember` asks for it and the keychain takes it, else until the program ends.
    pub async fn keep(
        &self,
        workspace: &str,
        kind: SecretKind,
        secret: SecretString,
        remember: bool,
    ) -> Kept {
        self.memory().insert((workspace.to_owned(), kind), secret.clone());
        if !remember {
            return Kept::UntilExit;
        }
        let written =
            self.ask_keychain(workspace, kind, move |entry| entry.set_password(secret.expose_secret())).await;
        match written {
            Some(Ok(())) => Kept::InKeychain,
            Some(Err(_)) | None => Kept::UntilExit,
        }
    }

    /// A secret that was kept.
    pub async fn find(&self, workspace: &str, kind: SecretKind) -> Option<SecretString> {
        if let Some(secret) = self.memory().get(&(workspace.to_owned(), kind)) {
            return Some(secret.clone());
        }
        let found =
            self.ask_keychain(workspace, kind, |entry| entry.get_password().map(SecretString::from)).await;
        let secret = found.and_then(Result::ok)?;
        self.memory().insert((workspace.to_owned(), kind), secret.clone());
        Some(secret)
    }

    /// Whether a secret is at hand without asking the keychain.
    pub fn remembers(&self, workspace: &str, kind: SecretKind) -> bool {
        self.memory().contains_key(&(workspace.to_owned(), kind))
    }

    /// Forgets one secret of a workspace.
    pub async fn forget(&self, workspace: &str, kind: SecretKind) {
        self.memory().remove(&(workspace.to_owned(), kind));
        // An entry that can't be deleted is logged by `ask_keychain`; its workspace is gone either way.
        let _ = self.ask_keychain(workspace, kind, keyring_core::Entry::delete_credential).await;
    }

    /// Forgets all secrets of a workspace.
    pub async fn forget_all(&self, workspace: &str) {
        for kind in SecretKind::ALL {
            self.forget(workspace, kind).await;
        }
    }

    /// `None` where there is no keychain.
    async fn ask_keychain<T: Send + 'static>(
        &self,
        workspace: &str,
        kind: SecretKind,
        ask: impl FnOnce(&keyring_core::Entry) -> keyring_core::Result<T> + Send + 'static,
    ) -> Option<Result<T, ()>> {
        let store = Arc::clone(self.keychain.as_ref().ok()?);
        let user = format!("{}/{workspace}/{}", self.installation, kind.as_str());
        let asked = tokio::task::spawn_blocking(move || ask(&store.build(SERVICE, &user, None)?));
        let reason = match tokio::time::timeout(ANSWER_TIMEOUT, asked).await {
            Ok(Ok(Ok(answer))) => return Some(Ok(answer)),
            Ok(Ok(Err(KeychainError::NoEntry))) => return Some(Err(())),
            Ok(Ok(Err(error))) => explain(&error),
            Ok(Err(_)) => "the call stopped".to_owned(),
            Err(_) => "no answer".to_owned(),
        };
        tracing::warn!(kind = kind.as_str(), reason, "the keychain could not be used");
        Some(Err(()))
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, HashMap<(String, SecretKind), SecretString>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a keychain's error means to a person. Its own text is left out: some variants carry the secret's bytes.
fn explain(error: &KeychainError) -> String {
    let reason = match error {
        KeychainError::PlatformFailure(_) => "this system has no keychain that answers",
        KeychainError::NoStorageAccess(_) => "this system's keychain is locked",
        KeychainError::NoDefaultStore => "this system has no keychain",
        KeychainError::NoEntry
        | KeychainError::BadEncoding(_)
        | KeychainError::BadDataFormat(..)
        | KeychainError::BadStoreFormat(_)
        | KeychainError::TooLong(..)
        | KeychainError::Invalid(..)
        | KeychainError::Ambiguous(_)
        | KeychainError::NotSupportedByStore(_) => "this system's keychain refused the entry",
        // The enum is open for new kinds of failure.
        _ => "this system's keychain failed",
    };
    reason.to_owned()
}

#[cfg(target_os = "linux")]
fn platform_keychain() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(zbus_secret_service_keyring_store::Store::new()?)
}

#[cfg(target_os = "macos")]
fn platform_keychain() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(apple_native_keyring_store::keychain::Store::new()?)
}

#[cfg(target_os = "windows")]
fn platform_keychain() -> keyring_core::Result<Arc<CredentialStore>> {
    Ok(windows_native_keyring_store::Store::new()?)
}

#[cfg(not(any(target_os = "linux", target_os = "macos", target_os = "windows")))]
fn platform_keychain() -> keyring_core::Result<Arc<CredentialStore>> {
    Err(KeychainError::NoDefaultStore)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vault_with_keychain() -> (Vault, Arc<CredentialStore>) {
        let store: Arc<CredentialStore> = keyring_core::mock::Store::new().unwrap();
        (Vault::with(Ok(Arc::clone(&store)), "installation".to_owned()), store)
    }

    async fn found(vault: &Vault, workspace: &str) -> Option<String> {
        let secret = vault.find(workspace, SecretKind::DatabasePassword).await;
        secret.map(|secret| secret.expose_secret().to_owned())
    }

    #[tokio::test]
    async fn a_remembered_secret_is_there_for_the_next_run() {
        let (vault, store) = vault_with_keychain();
        let kept = vault.keep("w1", SecretKind::DatabasePassword, SecretString::from("s3cret"), true).await;
        assert_eq!(kept, Kept::InKeychain);
        let next_run = Vault::with(Ok(store), "installation".to_owned());
        assert_eq!(found(&next_run, "w1").await.as_deref(), Some("s3cret"));
        assert_eq!(found(&next_run, "w2").await, None, "one workspace's secret was given to another");
    }

    #[tokio::test]
    async fn a_secret_that_is_not_remembered_never_reaches_the_keychain() {
        let (vault, store) = vault_with_keychain();
        vault.keep("w1", SecretKind::DatabasePassword, SecretString::from("s3cret"), false).await;
        assert_eq!(found(&vault, "w1").await.as_deref(), Some("s3cret"), "it must be good for this run");
        let next_run = Vault::with(Ok(store), "installation".to_owned());
        assert_eq!(found(&next_run, "w1").await, None, "it was kept although nobody asked for that");
    }

    #[tokio::test]
    async fn two_data_folders_do_not_share_secrets() {
        let (vault, store) = vault_with_keychain();
        vault.keep("built-in", SecretKind::DatabasePassword, SecretString::from("s3cret"), true).await;
        let other = Vault::with(Ok(store), "another".to_owned());
        assert_eq!(found(&other, "built-in").await, None);
    }

    #[tokio::test]
    async fn without_a_keychain_a_secret_lives_until_the_program_ends() {
        let vault = Vault::ask_every_time("none here");
        let kept = vault.keep("w1", SecretKind::DatabasePassword, SecretString::from("s3cret"), true).await;
        assert_eq!(kept, Kept::UntilExit, "the window must not say that it was stored");
        assert_eq!(found(&vault, "w1").await.as_deref(), Some("s3cret"));
    }

    #[tokio::test]
    async fn a_forgotten_workspace_leaves_no_secret() {
        let (vault, store) = vault_with_keychain();
        for kind in SecretKind::ALL {
            vault.keep("w1", kind, SecretString::from("s3cret"), true).await;
        }
        vault.forget_all("w1").await;
        let next_run = Vault::with(Ok(store), "installation".to_owned());
        for kind in SecretKind::ALL {
            assert!(vault.find("w1", kind).await.is_none(), "{kind:?} is still in memory");
            assert!(next_run.find("w1", kind).await.is_none(), "{kind:?} is still in the keychain");
        }
    }
}

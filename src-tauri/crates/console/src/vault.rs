//! Secrets: in the operating system's keychain, in a file that is sealed with a passphrase, or in memory until the
//! program ends. Never in a file that is not sealed.

mod keeper;
mod keychain;
mod memory;
mod moves;
mod problems;
mod sealed_file;

#[cfg(test)]
pub(crate) mod tests;

use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use secrecy::SecretString;
use tenantry_connection::SecretKind;

pub use moves::{Moved, note_as_stored};
pub use problems::{KeeperProblem, KeychainProblem, MoveNote, NotMoved, SealedFileProblem};
pub use sealed_file::{FILE as SEALED_FILE, SealedFileState};

use crate::profiles::{KeeperChoice, Profiles};
use crate::sealing::WorkFactor;
use keeper::{Keeper, Standing};
use keychain::Keychain;
use memory::Memory;
use sealed_file::{SealedFile, off_thread};

/// Where a secret ended up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In the keychain or in the sealed file, for next time.
    ForNextTime,
    /// In memory, until the program ends.
    UntilExit,
}

impl Kept {
    /// Whether the next run will find it.
    pub fn for_next_time(self) -> bool {
        self == Self::ForNextTime
    }
}

/// The sealed file must be unlocked first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file of secrets is locked")]
pub struct SecretsLocked;

/// A secret may still be stored. In this run it is forgotten all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotForgotten {
    /// In the sealed file.
    #[error(transparent)]
    Locked(#[from] SecretsLocked),
    /// In the keychain.
    #[error("the keychain can't be used: {0:?}")]
    Keychain(KeychainProblem),
}

/// Nobody proved that the secrets are theirs to take away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotProven {
    /// The passphrase of the sealed file was not given.
    PassphraseNeeded,
    /// It does not open the file, or the keychain's own question was not answered.
    Keeper(KeeperProblem),
}

/// Why secrets are not kept where they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeepingReason {
    /// The keychain can't be used.
    Keychain(KeychainProblem),
    /// The file of secrets is gone.
    FileGone,
    /// The last secret could not be written into the file of secrets.
    NotWritten,
}

/// Where secrets are kept now, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keeping {
    /// Where.
    pub keeper: KeeperChoice,
    /// What a person chose; `None` while nobody has.
    pub chosen: Option<KeeperChoice>,
    /// Why not where they should be.
    pub reason: Option<KeepingReason>,
    /// Whether the keychain could be used.
    pub keychain_available: bool,
    /// What the keychain is called on this system.
    pub keychain_name: &'static str,
    /// What the sealed file is like.
    pub sealed_file: SealedFileState,
}

/// Secrets of workspaces.
///
/// Without a choice they go to the keychain where it can be used, else nowhere: they live in memory until the program
/// ends. What a person chose is never exchanged for another place in silence.
pub struct Vault {
    keychain: Keychain,
    sealed_file: Arc<SealedFile>,
    memory: Memory,
    chosen: Mutex<Option<KeeperChoice>>,
    /// Why the last secret could not be stored, until one can.
    not_stored: Mutex<Option<KeepingReason>>,
    /// Written by a move, read by whatever looks for, keeps or forgets a secret: what is kept or forgotten during a
    /// move would be lost with the old place, or brought back in the new one.
    moving: tokio::sync::RwLock<()>,
}

impl Vault {
    /// Looks for the keychain and for the sealed file in `folder`. Asks a person nothing.
    pub async fn start(installation: String, folder: &Path, chosen: Option<KeeperChoice>) -> Self {
        let vault = Self::with(Keychain::look(installation).await, folder, chosen);
        let keeping = vault.keeping();
        tracing::info!(keeper = ?keeping.keeper, chosen = ?keeping.chosen, reason = ?keeping.reason, "secrets");
        vault
    }

    /// A vault on a system without a keychain.
    pub fn without_keychain(folder: &Path, chosen: Option<KeeperChoice>) -> Self {
        Self::with(Keychain::absent(KeychainProblem::NoBus), folder, chosen)
    }

    /// A vault on a keychain of a test's own.
    pub fn on_keychain(
        store: Arc<keyring_core::CredentialStore>,
        folder: &Path,
        chosen: Option<KeeperChoice>,
    ) -> Self {
        Self::on_asking_keychain(store, folder, chosen, || Ok(()))
    }

    /// As [`on_keychain`](Self::on_keychain), where somebody who is asked again for its password answers so.
    pub fn on_asking_keychain(
        store: Arc<keyring_core::CredentialStore>,
        folder: &Path,
        chosen: Option<KeeperChoice>,
        answer: fn() -> Result<(), KeychainProblem>,
    ) -> Self {
        Self::with(Keychain::of(store, "installation", answer), folder, chosen)
    }

    /// The same with a cheap seal, which protects nothing, for tests.
    #[must_use]
    pub fn sealing_cheaply(mut self) -> Self {
        // Nothing else has the file before the vault is in use.
        if let Some(sealed_file) = Arc::get_mut(&mut self.sealed_file) {
            sealed_file.work = WorkFactor::FOR_TESTS;
        }
        self
    }

    /// The cost of guessing a passphrase of what is sealed here.
    pub(crate) fn work(&self) -> WorkFactor {
        self.sealed_file.work
    }

    fn with(keychain: Keychain, folder: &Path, chosen: Option<KeeperChoice>) -> Self {
        Self {
            keychain,
            sealed_file: Arc::new(SealedFile::in_folder(folder)),
            memory: Memory::default(),
            chosen: Mutex::new(chosen),
            not_stored: Mutex::default(),
            moving: tokio::sync::RwLock::default(),
        }
    }

    /// Where secrets are kept now, and why.
    pub fn keeping(&self) -> Keeping {
        let chosen = *self.chosen.lock();
        let keychain = self.keychain.problem();
        let sealed_file = self.sealed_file.state();
        let (keeper, reason) = match (chosen, keychain) {
            (Some(KeeperChoice::AskEveryTime), _) => (KeeperChoice::AskEveryTime, None),
            (Some(KeeperChoice::SealedFile), _) => {
                let gone = (sealed_file == SealedFileState::Missing).then_some(KeepingReason::FileGone);
                (KeeperChoice::SealedFile, gone)
            }
            // Its choice is lost with the settings, what is in it is not.
            (None, problem) if sealed_file != SealedFileState::Missing => {
                (KeeperChoice::SealedFile, problem.map(KeepingReason::Keychain))
            }
            (Some(KeeperChoice::Keychain) | None, None) => (KeeperChoice::Keychain, None),
            (Some(KeeperChoice::Keychain) | None, Some(problem)) => {
                (KeeperChoice::AskEveryTime, Some(KeepingReason::Keychain(problem)))
            }
        };
        Keeping {
            keeper,
            chosen,
            reason: reason.or(*self.not_stored.lock()),
            keychain_available: keychain.is_none(),
            keychain_name: keychain::NAME,
            sealed_file,
        }
    }

    /// Whether a secret can be stored for the next run now.
    pub fn can_store(&self) -> bool {
        let keeper = self.keeper(self.place());
        keeper.outlives_the_program() && keeper.obstacle().is_none()
    }

    /// Whether the sealed file is where secrets are kept, and is there.
    pub fn is_sealed_file_in_use(&self) -> bool {
        self.place() == KeeperChoice::SealedFile && self.sealed_file.state() != SealedFileState::Missing
    }

    /// Takes a secret: for next time when `remember` asks for it and the place takes it, else until the program ends.
    pub async fn keep(
        &self,
        workspace: &str,
        kind: SecretKind,
        secret: SecretString,
        remember: bool,
    ) -> Kept {
        let _settled = self.moving.read().await;
        let standing = if remember { Standing::Wanted } else { Standing::ThisRun };
        self.memory.hold(workspace, kind, secret.clone(), standing);
        if !remember {
            self.take_back(workspace, kind).await;
            return Kept::UntilExit;
        }
        if self.store(workspace, kind, secret).await { Kept::ForNextTime } else { Kept::UntilExit }
    }

    /// A secret that was kept.
    ///
    /// # Errors
    /// [`SecretsLocked`]: it may be in the sealed file, which must be unlocked first.
    pub async fn find(
        &self,
        workspace: &str,
        kind: SecretKind,
    ) -> Result<Option<SecretString>, SecretsLocked> {
        if let Some(secret) = self.memory.find(workspace, kind) {
            return Ok(Some(secret));
        }
        let _settled = self.moving.read().await;
        let keeper = self.keeper(self.place());
        match keeper.find(workspace, kind).await {
            Ok(found) => {
                if let (Some(secret), Some(standing)) = (&found, keeper.standing()) {
                    self.memory.hold(workspace, kind, secret.clone(), standing);
                }
                Ok(found)
            }
            Err(KeeperProblem::Keychain(_) | KeeperProblem::SealedFile(SealedFileProblem::Missing)) => {
                Ok(None)
            }
            Err(KeeperProblem::SealedFile(_)) => Err(SecretsLocked),
        }
    }

    /// Whether a secret is at hand without asking anybody.
    pub fn remembers(&self, workspace: &str, kind: SecretKind) -> bool {
        self.memory.find(workspace, kind).is_some()
            || self.place() == KeeperChoice::SealedFile
                && matches!(SealedFile::find(&self.sealed_file, workspace, kind), Ok(Some(_)))
    }

    /// Forgets one secret of a workspace. A locked keychain asks the person to open it.
    ///
    /// # Errors
    /// See [`NotForgotten`].
    pub async fn forget(&self, workspace: &str, kind: SecretKind) -> Result<(), NotForgotten> {
        self.forget_kinds(workspace, &[kind], true).await
    }

    /// Forgets all secrets of a workspace. Asks a person nothing.
    ///
    /// # Errors
    /// See [`NotForgotten`].
    pub async fn forget_all(&self, workspace: &str) -> Result<(), NotForgotten> {
        self.forget_kinds(workspace, &SecretKind::ALL, false).await
    }

    async fn forget_kinds(
        &self,
        workspace: &str,
        kinds: &[SecretKind],
        may_ask: bool,
    ) -> Result<(), NotForgotten> {
        let _settled = self.moving.read().await;
        for kind in kinds {
            self.memory.let_go(workspace, *kind);
        }
        let keeper = self.keeper(self.place());
        let forgotten = match keeper.obstacle().filter(|_| !may_ask) {
            Some(problem) => Err(problem),
            None => keeper.forget(workspace, kinds).await,
        };
        match forgotten {
            Ok(()) | Err(KeeperProblem::SealedFile(SealedFileProblem::Missing)) => Ok(()),
            Err(KeeperProblem::Keychain(problem)) => Err(NotForgotten::Keychain(problem)),
            Err(KeeperProblem::SealedFile(problem)) => {
                tracing::warn!(error = %problem, "a secret could not be taken out of the file of secrets");
                Err(SecretsLocked.into())
            }
        }
    }

    /// Looks for the keychain again; a locked one asks the person for its password. Answers what found its place in it.
    pub async fn look_for_keychain(&self) -> Vec<(String, SecretKind)> {
        let _settled = self.moving.read().await;
        self.keychain.look_again(true).await;
        self.store_wanted().await
    }

    /// Unlocks the sealed file for this run. Answers what found its place in it.
    ///
    /// # Errors
    /// What [`SealedFileProblem`] says.
    pub async fn unlock(
        &self,
        passphrase: SecretString,
    ) -> Result<Vec<(String, SecretKind)>, SealedFileProblem> {
        let _settled = self.moving.read().await;
        off_thread(&self.sealed_file, move |file| file.unlock(&passphrase)).await?;
        Ok(self.store_wanted().await)
    }

    /// Has the person at the window prove that the secrets are theirs to take away, by the place that keeps them: the
    /// passphrase of the sealed file, or the keychain's own password. `None` where that place can't ask.
    ///
    /// # Errors
    /// See [`NotProven`].
    pub async fn prove(&self, passphrase: Option<SecretString>) -> Option<Result<(), NotProven>> {
        // By where they belong, not by where they are held now: a keychain whose question was closed a moment ago still
        // has them, and so has memory.
        match self.place() {
            KeeperChoice::AskEveryTime => None,
            KeeperChoice::Keychain if self.keychain.problem().is_some_and(KeychainProblem::is_absence) => {
                None
            }
            KeeperChoice::Keychain => {
                Some(self.keychain.ask_again().await?.map_err(|problem| NotProven::Keeper(problem.into())))
            }
            KeeperChoice::SealedFile if self.sealed_file.state() == SealedFileState::Missing => None,
            KeeperChoice::SealedFile => Some(match passphrase {
                None => Err(NotProven::PassphraseNeeded),
                Some(passphrase) => {
                    let _settled = self.moving.read().await;
                    let opened = off_thread(&self.sealed_file, move |file| file.unlock(&passphrase)).await;
                    opened.map_err(|problem| NotProven::Keeper(problem.into()))
                }
            }),
        }
    }

    /// Lets go of what is in the sealed file, until its passphrase is given again.
    pub fn lock(&self) {
        self.sealed_file.lock();
    }

    /// Seals the file with another passphrase.
    ///
    /// # Errors
    /// What [`SealedFileProblem`] says.
    pub async fn change_passphrase(
        &self,
        current: SecretString,
        next: SecretString,
    ) -> Result<(), SealedFileProblem> {
        off_thread(&self.sealed_file, move |file| file.change_passphrase(&current, &next)).await
    }

    /// Forgets what is in the sealed file of workspaces that there are no more: they were removed while it was locked.
    pub async fn forget_others(&self, profiles: &Profiles) {
        let _settled = self.moving.read().await;
        let workspaces = moves::workspaces(profiles);
        if !profiles.are_known() || self.sealed_file.state() != SealedFileState::Unlocked {
            return;
        }
        let forgotten = off_thread(&self.sealed_file, move |file| {
            let known = |id: &String| workspaces.contains(id);
            if file.all()?.keys().all(known) {
                return Ok(());
            }
            file.change(|secrets| secrets.retain(|id, _| known(id)))
        });
        if let Err(problem) = forgotten.await {
            tracing::warn!(error = %problem, "secrets of removed workspaces are still in the file of secrets");
        }
    }

    /// Finds a place for what had none: a person may have given it one meanwhile. Not during a move.
    async fn store_wanted(&self) -> Vec<(String, SecretKind)> {
        let mut stored = Vec::new();
        for (workspace, kind, secret) in self.memory.all(Standing::Wanted) {
            if self.store(&workspace, kind, secret).await {
                stored.push((workspace, kind));
            }
        }
        stored
    }

    /// Stores a secret that is in memory where secrets are kept; answers whether that worked.
    async fn store(&self, workspace: &str, kind: SecretKind, secret: SecretString) -> bool {
        let keeper = self.keeper(self.place());
        if !keeper.outlives_the_program() {
            return false;
        }
        match keeper.keep(&[(workspace.to_owned(), kind, secret.clone())]).await {
            Ok(()) => {
                self.settle(keeper, workspace, kind, &secret);
                *self.not_stored.lock() = None;
                true
            }
            // Told by the place itself.
            Err(
                KeeperProblem::Keychain(_)
                | KeeperProblem::SealedFile(SealedFileProblem::Missing | SealedFileProblem::Locked),
            ) => false,
            Err(problem) => {
                tracing::warn!(error = %problem, "a secret could not be written");
                *self.not_stored.lock() = Some(KeepingReason::NotWritten);
                false
            }
        }
    }

    /// Has memory hold what a place keeps now, or let go of it, as the place wants it.
    fn settle(&self, keeper: &dyn Keeper, workspace: &str, kind: SecretKind, secret: &SecretString) {
        match keeper.standing() {
            Some(standing) => self.memory.hold(workspace, kind, secret.clone(), standing),
            None => self.memory.let_go(workspace, kind),
        }
    }

    /// Removes what was stored before under a name whose secret is not to be stored any more. Asks a person nothing.
    async fn take_back(&self, workspace: &str, kind: SecretKind) {
        let keeper = self.keeper(self.place());
        if keeper.outlives_the_program()
            && keeper.obstacle().is_none()
            && let Err(problem) = keeper.forget(workspace, &[kind]).await
        {
            tracing::warn!(error = %problem, "a secret is still stored");
        }
    }

    fn keeper(&self, choice: KeeperChoice) -> &dyn Keeper {
        match choice {
            KeeperChoice::AskEveryTime => &self.memory,
            KeeperChoice::SealedFile => &self.sealed_file,
            KeeperChoice::Keychain => &self.keychain,
        }
    }

    /// Where secrets belong, whether that can be used now or not.
    fn place(&self) -> KeeperChoice {
        let chosen = *self.chosen.lock();
        match chosen {
            Some(chosen) => chosen,
            None if self.sealed_file.state() != SealedFileState::Missing => KeeperChoice::SealedFile,
            None => KeeperChoice::Keychain,
        }
    }
}

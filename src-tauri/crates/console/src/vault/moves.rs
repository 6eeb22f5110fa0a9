//! Moving secrets from one place to another.
//!
//! The order is what keeps a crash from losing one: the intent is noted; everything is written to the new place and
//! read back; the choice is noted; only then is the old place emptied and the intent taken off. Until the choice is
//! noted the old place is whole, so what a crash had left in the new one is removed; from then on the new one is whole,
//! so emptying the old one is finished. Neither needs a passphrase.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;

use super::keychain::KeychainProblem;
use super::memory::Standing;
use super::sealed_file::{SealedFileProblem, SealedFileState};
use super::{SecretKind, Vault};
use crate::profiles::{BUILT_IN, KeeperChoice, MoveIntent, Profiles, ProfilesNotWritten};

/// What a move did.
#[derive(Debug, Default)]
pub struct Moved {
    /// How many secrets are in the new place now.
    pub moved: usize,
    /// What a person should know.
    pub problems: Vec<MoveNote>,
}

/// What a person should know of a move of secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "wire", derive(specta::Type))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum MoveNote {
    /// Secrets that are only in the keychain, which can't be used, stay there: they have to be entered again.
    LeftInKeychain,
    /// A file of secrets was put aside, with what is in it.
    FileAside {
        /// Where it is now.
        path: String,
    },
    /// The file of secrets stays: it also holds what a newer program put there.
    NewerInFile,
    /// The old place could not be emptied yet. That is tried again at the next start.
    NotEmptied,
}

/// Why nothing was moved.
#[derive(Debug, thiserror::Error)]
pub enum NotMoved {
    /// The keychain can't be used.
    #[error("the keychain can't be used: {0:?}")]
    Keychain(KeychainProblem),
    /// The file of secrets can't be used.
    #[error(transparent)]
    SealedFile(#[from] SealedFileProblem),
    /// A new file needs a passphrase.
    #[error("a passphrase is needed")]
    PassphraseNeeded,
    /// What was written could not be read back as it was.
    #[error("a secret was not found in its new place as it had been written")]
    NotReadBack,
    /// The choice can't be noted.
    #[error(transparent)]
    NotNoted(#[from] ProfilesNotWritten),
}

/// A secret on its way.
pub(super) type Carried = (String, SecretKind, SecretString);

/// What was found in the old place.
#[derive(Default)]
pub(super) struct Collected {
    pub(super) secrets: Vec<Carried>,
    /// Everything that is in the old place is among them: it may be emptied.
    pub(super) complete: bool,
    pub(super) problems: Vec<MoveNote>,
}

impl Vault {
    /// Changes where secrets are kept, and moves there what is kept now. On failure everything is as before.
    ///
    /// A locked file is unlocked with `passphrase`, a new one sealed with it. Without one, and when secrets are to be
    /// asked for every time, a locked file is put aside for a person who does not know its passphrase any more.
    ///
    /// # Errors
    /// See [`NotMoved`].
    pub async fn move_to(
        &self,
        profiles: &Profiles,
        to: KeeperChoice,
        passphrase: Option<SecretString>,
    ) -> Result<Moved, NotMoved> {
        let _turn = self.moving.write().await;
        // What can't be noted must not be begun.
        profiles.change_settings(|_| {})?;
        self.finish_move(profiles).await;
        let from = self.place();
        if from == to {
            self.make_ready(to, passphrase.as_ref(), true).await?;
            profiles.change_settings(|settings| settings.secret_keeper = Some(to))?;
            self.choose(to);
            let stored = self.store_wanted().await;
            note_as_stored(profiles, &stored)?;
            return Ok(Moved { moved: stored.len(), problems: Vec::new() });
        }
        let collected = self.collect(profiles, from, to, passphrase.as_ref()).await?;
        let mut problems = self.make_ready(to, passphrase.as_ref(), false).await?;
        let intent = MoveIntent { from, to };
        profiles.change_settings(|settings| settings.secret_move = Some(intent))?;
        if let Err(error) = self.carry(to, &collected.secrets).await {
            self.finish_move(profiles).await;
            return Err(error);
        }
        if let Err(error) = self.switch(profiles, to, &collected) {
            self.finish_move(profiles).await;
            return Err(error.into());
        }
        problems.extend(collected.problems);
        if collected.complete && !self.finish_move(profiles).await {
            problems.push(MoveNote::NotEmptied);
        }
        tracing::info!(?from, ?to, moved = collected.secrets.len(), "moved secrets");
        Ok(Moved { moved: collected.secrets.len(), problems })
    }

    /// Finishes or takes back a move that a crash had left; answers whether none is left now. Asks a person nothing.
    pub async fn finish_move(&self, profiles: &Profiles) -> bool {
        let settings = profiles.settings();
        let Some(MoveIntent { from, to }) = settings.secret_move else { return true };
        let emptied = if settings.secret_keeper == Some(to) { from } else { to };
        let empty = match emptied {
            KeeperChoice::AskEveryTime => true,
            KeeperChoice::SealedFile => self.in_sealed_file(super::SealedFile::remove).await.is_ok(),
            KeeperChoice::Keychain => self.empty_keychain(profiles).await,
        };
        if !empty {
            tracing::warn!(
                ?emptied,
                "secrets of a move are still in a place that they do not belong to any more"
            );
            return false;
        }
        profiles.change_settings(|settings| settings.secret_move = None).is_ok()
    }

    async fn empty_keychain(&self, profiles: &Profiles) -> bool {
        for workspace in workspaces(profiles) {
            for kind in SecretKind::ALL {
                // A locked one would ask.
                if self.keychain.problem().is_some() || self.keychain.remove(&workspace, kind).await.is_err()
                {
                    return false;
                }
            }
        }
        true
    }

    /// Everything that is in the old place, and what waits for one.
    pub(super) async fn collect(
        &self,
        profiles: &Profiles,
        from: KeeperChoice,
        to: KeeperChoice,
        passphrase: Option<&SecretString>,
    ) -> Result<Collected, NotMoved> {
        let mut collected = Collected { complete: true, ..Collected::default() };
        match from {
            KeeperChoice::AskEveryTime => {}
            KeeperChoice::Keychain => self.collect_from_keychain(profiles, &mut collected).await,
            KeeperChoice::SealedFile => self.collect_from_file(to, passphrase, &mut collected).await?,
        }
        for (workspace, kind, secret) in self.memory.wanted() {
            // Newer than what is stored.
            collected.secrets.retain(|(other, of, _)| (other, *of) != (&workspace, kind));
            collected.secrets.push((workspace, kind, secret));
        }
        Ok(collected)
    }

    async fn collect_from_keychain(&self, profiles: &Profiles, collected: &mut Collected) {
        if self.keychain.problem() == Some(KeychainProblem::Locked) {
            self.keychain.look_again(true).await;
        }
        let mut left = false;
        for workspace in workspaces(profiles) {
            let profile = profiles.find(&workspace);
            for kind in SecretKind::ALL {
                // Also what is in memory already, which a keychain that is gone can't answer any more.
                let found = match self.memory.find_stored(&workspace, kind) {
                    Some(secret) => Ok(Some(secret)),
                    None => self.keychain.find(&workspace, kind).await,
                };
                match found {
                    Ok(Some(secret)) => collected.secrets.push((workspace.clone(), kind, secret)),
                    Ok(None) => {}
                    Err(_) => {
                        collected.complete = false;
                        left |= profile.as_ref().is_some_and(|profile| profile.stored.contains(&kind));
                    }
                }
            }
        }
        if left {
            collected.problems.push(MoveNote::LeftInKeychain);
        }
    }

    async fn collect_from_file(
        &self,
        to: KeeperChoice,
        passphrase: Option<&SecretString>,
        collected: &mut Collected,
    ) -> Result<(), NotMoved> {
        if self.sealed_file.state() == SealedFileState::Locked {
            match passphrase.cloned() {
                Some(passphrase) => self.in_sealed_file(move |file| file.unlock(&passphrase)).await?,
                None if to == KeeperChoice::AskEveryTime => {
                    let aside = self.in_sealed_file(super::SealedFile::set_aside).await?;
                    collected.problems.extend(aside.as_deref().map(put_aside));
                    return Ok(());
                }
                None => return Err(SealedFileProblem::Locked.into()),
            }
        }
        match self.in_sealed_file(super::SealedFile::all).await {
            Ok(secrets) => {
                for (workspace, kinds) in secrets {
                    for (name, secret) in kinds {
                        match SecretKind::ALL.into_iter().find(|kind| kind.as_str() == name) {
                            Some(kind) => collected.secrets.push((workspace.clone(), kind, secret)),
                            None => collected.complete = false,
                        }
                    }
                }
                if !collected.complete {
                    collected.problems.push(MoveNote::NewerInFile);
                }
                Ok(())
            }
            Err(SealedFileProblem::Missing) => Ok(()),
            Err(problem) => Err(problem.into()),
        }
    }

    /// Sees to it that secrets can be stored in a place. Answers what a person should know.
    pub(super) async fn make_ready(
        &self,
        to: KeeperChoice,
        passphrase: Option<&SecretString>,
        is_in_use: bool,
    ) -> Result<Vec<MoveNote>, NotMoved> {
        match to {
            KeeperChoice::AskEveryTime => Ok(Vec::new()),
            KeeperChoice::Keychain => {
                if self.keychain.problem().is_some() {
                    self.keychain.look_again(true).await;
                }
                self.keychain.problem().map_or(Ok(Vec::new()), |problem| Err(NotMoved::Keychain(problem)))
            }
            KeeperChoice::SealedFile => {
                let state = self.sealed_file.state();
                if is_in_use && state == SealedFileState::Unlocked {
                    return Ok(Vec::new());
                }
                let passphrase = passphrase.cloned().ok_or(NotMoved::PassphraseNeeded)?;
                let mut notes = Vec::new();
                if is_in_use && state == SealedFileState::Locked {
                    self.in_sealed_file(move |file| file.unlock(&passphrase)).await?;
                } else {
                    // One that nobody uses now, from a backup perhaps: whose secrets they are is not ours to decide.
                    let aside = self.in_sealed_file(super::SealedFile::set_aside).await?;
                    notes.extend(aside.as_deref().map(put_aside));
                    self.in_sealed_file(move |file| file.create(&passphrase)).await?;
                }
                Ok(notes)
            }
        }
    }

    /// Writes secrets to a place and reads them back.
    pub(super) async fn carry(&self, to: KeeperChoice, secrets: &[Carried]) -> Result<(), NotMoved> {
        match to {
            KeeperChoice::AskEveryTime => {
                for (workspace, kind, secret) in secrets {
                    self.memory.hold(workspace, *kind, secret.clone(), Standing::Wanted);
                }
            }
            KeeperChoice::Keychain => {
                for (workspace, kind, secret) in secrets {
                    let stored = self.keychain.store(workspace, *kind, secret.clone()).await;
                    stored.map_err(NotMoved::Keychain)?;
                    let found = self.keychain.find(workspace, *kind).await.map_err(NotMoved::Keychain)?;
                    if found.is_none_or(|found| found.expose_secret() != secret.expose_secret()) {
                        return Err(NotMoved::NotReadBack);
                    }
                }
            }
            KeeperChoice::SealedFile => {
                let carried = secrets.to_vec();
                let written = self.in_sealed_file(move |file| {
                    file.change(|kept| {
                        for (workspace, kind, secret) in &carried {
                            let kinds = kept.entry(workspace.clone()).or_default();
                            kinds.insert(kind.as_str().to_owned(), secret.clone());
                        }
                    })?;
                    let found = file.read_back()?;
                    Ok(carried.iter().all(|(workspace, kind, secret)| {
                        let found = found.get(workspace).and_then(|kinds| kinds.get(kind.as_str()));
                        found.is_some_and(|found| found.expose_secret() == secret.expose_secret())
                    }))
                });
                if !written.await? {
                    return Err(NotMoved::NotReadBack);
                }
            }
        }
        Ok(())
    }

    /// Makes the new place the one in use.
    pub(super) fn switch(
        &self,
        profiles: &Profiles,
        to: KeeperChoice,
        collected: &Collected,
    ) -> Result<(), ProfilesNotWritten> {
        profiles.change_settings(|settings| {
            settings.secret_keeper = Some(to);
            if !collected.complete {
                settings.secret_move = None;
            }
        })?;
        self.choose(to);
        for (workspace, kind, secret) in &collected.secrets {
            match to {
                KeeperChoice::AskEveryTime => {}
                KeeperChoice::SealedFile => self.memory.let_go(workspace, *kind),
                KeeperChoice::Keychain => {
                    self.memory.hold(workspace, *kind, secret.clone(), Standing::AlsoInKeychain);
                }
            }
        }
        // A note that says too little is put right when the secret is given again; it must not undo the move.
        let noted = profiles.change_each(|profile| {
            let id = profile.id.clone();
            for kind in SecretKind::ALL {
                let is_stored = to != KeeperChoice::AskEveryTime
                    && kind != SecretKind::TokenKey
                    && collected.secrets.iter().any(|(of, other, _)| (of, *other) == (&id, kind));
                profile.note_stored(kind, is_stored);
            }
        });
        if let Err(error) = noted {
            tracing::warn!(%error, "which secrets are stored could not be noted");
        }
        Ok(())
    }

    fn choose(&self, keeper: KeeperChoice) {
        *self.chosen.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(keeper);
        self.note_not_stored(None);
    }
}

/// Notes with the profiles that secrets found a place.
///
/// # Errors
/// The file can't be written.
pub fn note_as_stored(
    profiles: &Profiles,
    stored: &[(String, SecretKind)],
) -> Result<(), ProfilesNotWritten> {
    if stored.is_empty() {
        return Ok(());
    }
    profiles.change_each(|profile| {
        for (workspace, kind) in stored {
            if *workspace == profile.id && *kind != SecretKind::TokenKey {
                profile.note_stored(*kind, true);
            }
        }
    })
}

/// Everything that may have secrets: a keychain can't be asked what is in it.
pub(super) fn workspaces(profiles: &Profiles) -> Vec<String> {
    let mut ids = profiles.ids_with_removed();
    ids.push(BUILT_IN.to_owned());
    ids
}

fn put_aside(path: &Path) -> MoveNote {
    MoveNote::FileAside { path: path.display().to_string() }
}

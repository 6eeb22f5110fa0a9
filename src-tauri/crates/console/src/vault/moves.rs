//! Moving secrets from one place to another.
//!
//! The order is what keeps a crash from losing one: the intent is noted; everything is written to the new place and
//! read back; the choice is noted; only then is the old place emptied and the intent taken off. Until the choice is
//! noted the old place is whole, so what a crash had left in the new one is removed; from then on the new one is whole,
//! so emptying the old one is finished. Neither needs a passphrase.

use secrecy::SecretString;
use tenantry_connection::SecretKind;

use super::Vault;
use super::keeper::{Carried, Collected, Standing};
use super::problems::{MoveNote, NotMoved};
use crate::profiles::{BUILT_IN, KeeperChoice, MoveIntent, Profiles, ProfilesNotWritten};

/// What a move did.
#[derive(Debug, Default)]
pub struct Moved {
    /// How many secrets are in the new place now.
    pub moved: usize,
    /// What a person should know.
    pub problems: Vec<MoveNote>,
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
            self.keeper(to).make_ready(passphrase, true).await?;
            profiles.change_settings(|settings| settings.secret_keeper = Some(to))?;
            self.choose(to);
            let stored = self.store_wanted().await;
            note_as_stored(profiles, &stored)?;
            return Ok(Moved { moved: stored.len(), problems: Vec::new() });
        }
        let collected = self.collect(profiles, from, to, passphrase.clone()).await?;
        let mut problems = Vec::from_iter(self.keeper(to).make_ready(passphrase, false).await?);
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
        let is_complete = collected.is_complete();
        problems.extend(collected.notes);
        if is_complete && !self.finish_move(profiles).await {
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
        if let Err(problem) = self.keeper(emptied).empty(workspaces(profiles)).await {
            tracing::warn!(
                ?emptied,
                %problem,
                "secrets of a move are still in a place that they do not belong to any more"
            );
            return false;
        }
        profiles.change_settings(|settings| settings.secret_move = None).is_ok()
    }

    /// Everything that is in the old place, and what waits for one.
    pub(super) async fn collect(
        &self,
        profiles: &Profiles,
        from: KeeperChoice,
        to: KeeperChoice,
        passphrase: Option<SecretString>,
    ) -> Result<Collected, NotMoved> {
        let may_put_aside = to == KeeperChoice::AskEveryTime;
        let mut collected =
            self.keeper(from).collect(workspaces(profiles), passphrase, may_put_aside).await?;
        // A keychain that is gone can't answer any more for what it was asked before.
        for carried @ (workspace, kind, _) in &self.memory.all(Standing::AlsoInKeychain) {
            let unread = collected.unread.iter().position(|(of, other)| (of, other) == (workspace, kind));
            if let Some(unread) = unread {
                collected.unread.swap_remove(unread);
                collected.secrets.push(carried.clone());
            }
        }
        for carried in self.memory.all(Standing::Wanted) {
            // Newer than what is stored.
            collected.secrets.retain(|(of, kind, _)| (of, kind) != (&carried.0, &carried.1));
            collected.secrets.push(carried);
        }
        let is_noted = |(workspace, kind): &(String, SecretKind)| {
            profiles.find(workspace).is_some_and(|profile| profile.stored.contains(kind))
        };
        if collected.unread.iter().any(is_noted) {
            collected.notes.push(MoveNote::LeftInKeychain);
        }
        Ok(collected)
    }

    /// Writes secrets to a place that the next run finds, and reads them back.
    pub(super) async fn carry(&self, to: KeeperChoice, secrets: &[Carried]) -> Result<(), NotMoved> {
        let keeper = self.keeper(to);
        if !keeper.outlives_the_program() {
            // Memory takes them with the choice: what it held of a move that failed would outlive a lock of the file.
            return Ok(());
        }
        keeper.keep(secrets).await?;
        if keeper.has(secrets).await? { Ok(()) } else { Err(NotMoved::NotReadBack) }
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
            if !collected.is_complete() {
                settings.secret_move = None;
            }
        })?;
        self.choose(to);
        for (workspace, kind, secret) in &collected.secrets {
            self.settle(self.keeper(to), workspace, *kind, secret);
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
        *self.chosen.lock() = Some(keeper);
        *self.not_stored.lock() = None;
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

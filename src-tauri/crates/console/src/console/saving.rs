//! Saves, duplicates, removes and restores connections.

use std::collections::{BTreeMap, BTreeSet};

use secrecy::{ExposeSecret, SecretString};
use tenantry_connection::{SecretKind, Secrets, completed};
use tenantry_core::AppError;
use tenantry_core::records::{Access, Environment, Permits};
use tenantry_core::rights::Act;
use tenantry_core::sessions::Freshness;

use super::Console;
use crate::address::Address;
use crate::connection_secrets::{self, Pointed};
use crate::error::ConsoleError;
use crate::identifiers::random_id;
use crate::profiles::{Checked, Profile, Typed, copy_name};
use crate::vault::{NotForgotten, Vault};

/// A connection as a person edited it.
pub struct ProfileEdit {
    /// `None` for a new one.
    pub id: Option<String>,
    /// The draft with the secrets that were typed into the connection string. It is forgotten once they are stored.
    pub draft: String,
    /// Its name.
    pub name: String,
    /// Its environment.
    pub environment: Environment,
    /// May contain secrets, which are taken out.
    pub connection_string: SecretString,
    /// The database; empty for the one in the connection string, otherwise the usual one.
    pub database: String,
    /// Its notes.
    pub notes: String,
    /// Its access.
    pub access: Access,
    /// The secrets with fields of their own; `None` keeps the stored one, empty forgets it.
    pub secrets: Secrets,
    /// Whether to store secrets for the next run, stored and typed ones alike. Asked if there is a password.
    pub remember: bool,
    /// The service's signing secret; `None` keeps the stored one, empty forgets it.
    pub signing_secret: Option<SecretString>,
}

impl Console {
    /// Saves a connection. Secrets in the connection string are taken out and stored in the vault.
    ///
    /// # Errors
    /// `invalid_input`, `not_found`, `file_not_written`; `operator_needed` if it would permit more than before;
    /// `secrets_locked` and `unavailable` if a secret cannot be forgotten now.
    pub async fn save_profile(&self, edit: ProfileEdit) -> Result<Profile, ConsoleError> {
        let typed = Typed {
            name: &edit.name,
            connection_string: &edit.connection_string,
            database: &edit.database,
            notes: &edit.notes,
        };
        let Checked { name, address, database, notes } = typed.check()?;
        let id = edit.id.clone().unwrap_or_else(random_id);
        let turn = self.open.turn(&id);
        // An opening in progress goes first: its access, and a password that it stores, belong to the earlier form of
        // the connection.
        let _turn = turn.lock().await;
        let before = edit.id.map(|id| self.load_profile(&id)).transpose()?;
        let permits = Permits { environment: edit.environment, access: edit.access };
        if let Some(before) = &before {
            self.require_may_permit(before, permits).await?;
        }
        // An empty text is a secret that the person removed.
        let read = completed(address.secrets.clone(), self.drafts.find(&edit.draft));
        let mut given = completed(edit.secrets, read);
        // What has no place in the string was typed for something that is gone from it.
        given.retain(|kind, _| address.places.contains(kind));
        given.extend(edit.signing_secret.map(|secret| (SecretKind::ServiceSecret, secret)));
        // The editor asks this about a password only; other secrets are remembered.
        let remember = edit.remember || !address.places.contains(&SecretKind::DatabasePassword);
        let vault = self.vault().await;
        let mut stored = match &before {
            Some(before) => settle_kept(vault, before, &address, &database, &given, remember).await?,
            None => BTreeMap::new(),
        };
        // The record that was verified is another database's.
        let moved =
            |before: &Profile| before.connection_string != address.public || before.database != database;
        if before.as_ref().is_some_and(moved) {
            self.profiles.change_settings(|settings| drop(settings.verified.remove(&id)))?;
        }
        let change = |profile: &mut Profile| {
            profile.name = name;
            profile.environment = edit.environment;
            profile.connection_string = address.public;
            profile.database = database;
            profile.notes = notes;
            profile.access = edit.access;
            if let Some(secret) = given.get(&SecretKind::ServiceSecret) {
                profile.has_signing_secret = !is_empty(secret);
            }
            note(profile, &stored);
        };
        // Before typed secrets are stored: a connection that cannot be saved must not leave a new password with an old
        // server.
        if before.is_some() {
            self.profiles.change_profile(&id, change)?;
        } else {
            let mut profile = new_profile(id.clone());
            change(&mut profile);
            self.profiles.save(profile)?;
        }
        if let Some(open) = self.open.find(&id) {
            open.access().restrict(permits);
        }
        for (kind, secret) in given.into_iter().filter(|(_, secret)| !is_empty(secret)) {
            let kept = vault.keep(&id, kind, secret, remember).await;
            stored.insert(kind, kept.for_next_time());
        }
        let saved = self.profiles.change_profile(&id, |profile| note(profile, &stored))?;
        self.drafts.forget(&edit.draft);
        saved.ok_or_else(no_such_workspace)
    }

    /// Saves a copy of a connection under another name, right behind it, with its secrets.
    ///
    /// # Errors
    /// `not_found`, `file_not_written`, `secrets_locked`.
    pub async fn duplicate_profile(&self, id: &str) -> Result<Profile, ConsoleError> {
        let original = self.load_profile(id)?;
        let names: Vec<String> = self.profiles.all().into_iter().map(|profile| profile.name).collect();
        let mut copy = Profile {
            id: random_id(),
            name: copy_name(&original.name, &names),
            favorite: false,
            last_opened_at: None,
            stored: BTreeSet::new(),
            ..original.clone()
        };
        let secrets = self.secrets_to_carry(&original).await?;
        self.profiles.add_behind(&original.id, copy.clone())?;
        for (kind, secret) in secrets {
            let kept = self.vault().await.keep(&copy.id, kind, secret, original.stored.contains(&kind)).await;
            copy.note_stored(kind, kept.for_next_time());
        }
        self.profiles.change_profile(&copy.id, |saved| saved.stored.clone_from(&copy.stored))?;
        Ok(copy)
    }

    /// Removes a connection from the list, and closes its workspace if it is open. The database is not touched. It can
    /// be had back for 15 seconds; then its secrets are forgotten.
    ///
    /// # Errors
    /// `not_found`, `file_not_written`.
    pub async fn remove_profile(&self, id: &str) -> Result<(), ConsoleError> {
        let turn = self.open.turn(id);
        let _turn = turn.lock().await;
        if !self.profiles.remove(id, self.clock.now())? {
            return Err(no_such_workspace());
        }
        self.close_now(id).await;
        self.removal_noted.notify_one();
        Ok(())
    }

    /// Puts a removed connection back in its position, with its secrets.
    ///
    /// # Errors
    /// `not_found` if it is too late, `file_not_written`.
    pub fn restore_profile(&self, id: &str) -> Result<Profile, ConsoleError> {
        self.profiles.restore(id, self.clock.now())?.ok_or_else(no_such_workspace)
    }

    /// Marks a connection as a favourite, or removes the mark.
    ///
    /// # Errors
    /// `not_found`, `file_not_written`.
    pub fn mark_favorite(&self, id: &str, favorite: bool) -> Result<Profile, ConsoleError> {
        self.profiles.change_profile(id, |profile| profile.favorite = favorite)?.ok_or_else(no_such_workspace)
    }

    /// The connection with this id.
    ///
    /// # Errors
    /// `not_found`.
    pub(super) fn load_profile(&self, id: &str) -> Result<Profile, ConsoleError> {
        self.profiles.find(id).ok_or_else(no_such_workspace)
    }

    /// Anyone can tighten a connection, and an unused one can permit anything. Loosening a used one needs an operator
    /// of its workspace, and is recorded there before it applies.
    async fn require_may_permit(&self, before: &Profile, permits: Permits) -> Result<(), ConsoleError> {
        let from = before.permits();
        if !permits.exceeds(from) {
            return Ok(());
        }
        let open = self.open.find(&before.id);
        let vault = self.vault().await;
        // The service's signing secret opens no database.
        let has_secret = |kind: SecretKind| {
            kind != SecretKind::ServiceSecret
                && (before.stored.contains(&kind) || vault.remembers(&before.id, kind))
        };
        let is_used = open.is_some()
            || before.last_opened_at.is_some()
            || SecretKind::GIVEN.into_iter().any(has_secret);
        if !is_used {
            return Ok(());
        }
        let workspace = open.ok_or(ConsoleError::OperatorNeeded)?;
        let actor = match workspace.authorize(Freshness::Now).await {
            Ok(actor) if actor.may(Act::Unlock) => actor,
            Ok(_) | Err(AppError::Session(_)) => return Err(ConsoleError::OperatorNeeded),
            Err(error) => return Err(error.into()),
        };
        Ok(workspace.access().loosen_profile(&actor, from, permits).await?)
    }
}

fn no_such_workspace() -> ConsoleError {
    ConsoleError::not_found("workspace")
}

fn new_profile(id: String) -> Profile {
    Profile {
        id,
        name: String::new(),
        environment: Environment::Production,
        connection_string: String::new(),
        database: String::new(),
        notes: String::new(),
        favorite: false,
        access: Access::ReadWrite,
        last_opened_at: None,
        stored: BTreeSet::new(),
        has_signing_secret: false,
    }
}

/// Forgets secrets that must not be used any more: those for another destination, those without a place, and emptied
/// ones. If the person changed "Remember the password", stores the rest, or moves it to memory. Returns what is stored
/// of the changed ones.
async fn settle_kept(
    vault: &Vault,
    before: &Profile,
    address: &Address,
    database: &str,
    given: &Secrets,
    remember: bool,
) -> Result<BTreeMap<SecretKind, bool>, ConsoleError> {
    let after = Pointed { connection_string: &address.public, database };
    let moved = connection_secrets::moved(Pointed::of(before), after);
    let is_other_mind =
        address.places.contains(&SecretKind::DatabasePassword) && before.password_stored() != remember;
    let mut stored = BTreeMap::new();
    for kind in SecretKind::GIVEN {
        let is_stored = before.stored.contains(&kind);
        let is_there = is_stored || vault.remembers(&before.id, kind);
        let has_place = kind == SecretKind::ServiceSecret || address.places.contains(&kind);
        if moved.contains(&kind) || given.get(&kind).is_some_and(is_empty) || is_there && !has_place {
            forget(vault, before, kind).await?;
            stored.insert(kind, false);
        } else if is_other_mind && is_there && is_stored != remember && !given.contains_key(&kind) {
            let secret = vault.find(&before.id, kind).await?;
            if !remember {
                forget(vault, before, kind).await?;
            }
            let kept = match secret {
                Some(secret) => vault.keep(&before.id, kind, secret, remember).await.for_next_time(),
                None => false,
            };
            stored.insert(kind, kept);
        }
    }
    Ok(stored)
}

/// Forgets one secret. An unavailable keychain has it only according to the note.
async fn forget(vault: &Vault, profile: &Profile, kind: SecretKind) -> Result<(), NotForgotten> {
    match vault.forget(&profile.id, kind).await {
        Err(NotForgotten::Keychain(_)) if !profile.stored.contains(&kind) => Ok(()),
        forgotten => forgotten,
    }
}

fn note(profile: &mut Profile, stored: &BTreeMap<SecretKind, bool>) {
    for (kind, stored) in stored {
        profile.note_stored(*kind, *stored);
    }
}

fn is_empty(secret: &SecretString) -> bool {
    secret.expose_secret().is_empty()
}

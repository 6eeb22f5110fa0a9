//! Saved connection profiles: saving, arranging, duplicating, removing and having back.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tauri::State;
use tenantry_connection::ConnectionSecrets;
use tenantry_core::AppError;
use tenantry_core::records::Permits;
use tenantry_core::rights::Act;
use tenantry_core::sessions::Freshness;

use super::workspaces::{WorkspaceSummary, summary};
use tenantry_console::compose::Address;
use tenantry_console::connection_secrets::{self, Pointed};
use tenantry_console::error::WireError;
use tenantry_console::identifiers::random_id;
use tenantry_console::profiles::{Access, Checked, Environment, Profile, Typed, copy_name};
use tenantry_console::state::AppState;
use tenantry_console::vault::{NotForgotten, SecretKind, Vault};

/// A connection profile, as typed.
#[derive(Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ProfileInput {
    /// `null` for a new one.
    pub id: Option<String>,
    /// The draft that holds the secrets which were typed into the connection string. It is forgotten once they are kept.
    pub draft: String,
    /// Its name.
    pub name: String,
    /// What it is used for.
    pub environment: Environment,
    /// May hold a password, which is taken out.
    pub connection_string: String,
    /// The database.
    pub database: String,
    /// What a person notes about it.
    pub notes: String,
    /// What may be done in it.
    pub access: Access,
    /// The database user's password; `null` keeps what is there, empty forgets it.
    pub password: Option<String>,
    /// The password of the client certificate's key; `null` keeps what is there, empty forgets it.
    pub certificate_key_password: Option<String>,
    /// Whether secrets are kept for the next run, those that are there as well as those that were typed. Asked where there
    /// is a password.
    pub remember: bool,
    /// The service's secret key; `null` keeps what is there, empty forgets it.
    pub signing_secret: Option<String>,
}

/// Saves a connection profile. Secrets in the connection string are taken out and kept in the vault.
///
/// # Errors
/// `invalid_input`, `not_found`, `file_not_written`; `operator_needed` where it would permit more than before;
/// `secrets_locked` and `unavailable` where a secret can't be forgotten now.
#[tauri::command]
#[specta::specta]
pub async fn save_profile(
    state: State<'_, AppState>,
    input: ProfileInput,
) -> Result<WorkspaceSummary, WireError> {
    let connection_string = SecretString::from(input.connection_string);
    let typed = Typed {
        name: &input.name,
        connection_string: &connection_string,
        database: &input.database,
        notes: &input.notes,
    };
    let Checked { name, address, database, notes } = typed.check()?;
    let id = input.id.clone().unwrap_or_else(random_id);
    let turn = state.open.turn(&id);
    // An opening that is under way goes first: its access, and a password that it keeps, are of the profile as it was.
    let _turn = turn.lock().await;
    let before = input.id.map(|id| load(&state, &id)).transpose()?;
    let permits = Permits { environment: input.environment.into(), access: input.access.into() };
    if let Some(before) = &before {
        require_may_permit(&state, before, permits).await?;
    }
    let fields = ConnectionSecrets {
        password: input.password.map(SecretString::from),
        certificate_key_password: input.certificate_key_password.map(SecretString::from),
        ..ConnectionSecrets::default()
    };
    let typed = fields.or(address.secrets.clone()).or(state.drafts.find(&input.draft));
    let given = given(typed, &address.places, input.signing_secret.map(SecretString::from));
    // The editor asks that about a password only; what else there is, is remembered.
    let remember = input.remember || !address.places.contains(&SecretKind::DatabasePassword);
    let mut stored = match &before {
        Some(before) => settle_kept(&state, before, &address, &database, &given, remember).await?,
        None => BTreeMap::new(),
    };
    let edit = |profile: &mut Profile| {
        profile.name = name;
        profile.environment = input.environment;
        profile.connection_string = address.public;
        profile.database = database;
        profile.notes = notes;
        profile.access = input.access;
        if let Some(secret) = given.get(&SecretKind::ServiceSecret) {
            profile.has_signing_secret = !is_empty(secret);
        }
        note(profile, &stored);
    };
    // Before what was typed is kept: a profile that can't be saved must not leave a new password with an old server.
    if before.is_some() {
        state.profiles.change_profile(&id, edit)?;
    } else {
        let mut profile = new_profile(id.clone());
        edit(&mut profile);
        state.profiles.save(profile)?;
    }
    if let Some(open) = state.open.find(&id) {
        open.services.access.restrict(permits);
    }
    for (kind, secret) in given.into_iter().filter(|(_, secret)| !is_empty(secret)) {
        let kept = state.vault().await.keep(&id, kind, secret, remember).await;
        stored.insert(kind, kept.for_next_time());
    }
    let saved = state.profiles.change_profile(&id, |profile| note(profile, &stored))?;
    state.drafts.forget(&input.draft);
    Ok(summary(&state, saved.ok_or_else(|| WireError::not_found("workspace"))?).await)
}

/// Saves a profile once more under another name, right behind it, with its secrets.
///
/// # Errors
/// `not_found`, `file_not_written`, `secrets_locked`.
#[tauri::command]
#[specta::specta]
pub async fn duplicate_profile(
    state: State<'_, AppState>,
    id: String,
) -> Result<WorkspaceSummary, WireError> {
    let original = load(&state, &id)?;
    let names: Vec<String> = state.profiles.all().into_iter().map(|profile| profile.name).collect();
    let mut copy = Profile {
        id: random_id(),
        name: copy_name(&original.name, &names),
        favorite: false,
        last_opened_at: None,
        stored: std::collections::BTreeSet::new(),
        ..original.clone()
    };
    let vault = state.vault().await;
    let secrets = secrets_to_carry(&state, &original).await?;
    state.profiles.add_behind(&original.id, copy.clone())?;
    for (kind, secret) in secrets {
        let kept = vault.keep(&copy.id, kind, secret, original.stored.contains(&kind)).await;
        copy.note_stored(kind, kept.for_next_time());
    }
    state.profiles.change_profile(&copy.id, |saved| saved.stored.clone_from(&copy.stored))?;
    Ok(summary(&state, copy).await)
}

/// Takes a profile out of the list, and closes its workspace if it is open. What it points to stays as it is. It can be
/// had back for 15 seconds; then its secrets are forgotten.
///
/// # Errors
/// `not_found`, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn remove_profile(state: State<'_, AppState>, id: String) -> Result<(), WireError> {
    let turn = state.open.turn(&id);
    let _turn = turn.lock().await;
    if !state.profiles.remove(&id, state.clock.now())? {
        return Err(WireError::not_found("workspace"));
    }
    state.close_workspace(&id).await;
    state.removal_noted.notify_one();
    Ok(())
}

/// Has a removed profile back, in its place and with its secrets.
///
/// # Errors
/// `not_found` when it is too late, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn restore_profile(state: State<'_, AppState>, id: String) -> Result<WorkspaceSummary, WireError> {
    let restored = state.profiles.restore(&id, state.clock.now())?;
    Ok(summary(&state, restored.ok_or_else(|| WireError::not_found("workspace"))?).await)
}

/// Puts the saved profiles in this order.
///
/// # Errors
/// `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn arrange_profiles(state: State<'_, AppState>, ids: Vec<String>) -> Result<(), WireError> {
    Ok(state.profiles.arrange(&ids)?)
}

/// Marks a profile that is shown before the others, or takes the mark away.
///
/// # Errors
/// `not_found`, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn mark_favorite(
    state: State<'_, AppState>,
    id: String,
    favorite: bool,
) -> Result<WorkspaceSummary, WireError> {
    let marked = state.profiles.change_profile(&id, |profile| profile.favorite = favorite)?;
    Ok(summary(&state, marked.ok_or_else(|| WireError::not_found("workspace"))?).await)
}

/// The secrets that go with a profile when it is duplicated or exported: all but the key of its tokens, since each
/// workspace signs with its own.
///
/// # Errors
/// `secrets_locked`.
pub(super) async fn secrets_to_carry(
    state: &AppState,
    profile: &Profile,
) -> Result<BTreeMap<SecretKind, SecretString>, WireError> {
    let vault = state.vault().await;
    let mut secrets = BTreeMap::new();
    for kind in SecretKind::ALL.into_iter().filter(|kind| *kind != SecretKind::TokenKey) {
        if profile.stored.contains(&kind) || vault.remembers(&profile.id, kind) {
            secrets.extend(vault.find(&profile.id, kind).await?.map(|secret| (kind, secret)));
        }
    }
    Ok(secrets)
}

fn load(state: &AppState, id: &str) -> Result<Profile, WireError> {
    state.profiles.find(id).ok_or_else(|| WireError::not_found("workspace"))
}

/// Whoever sits at the window may let a connection permit less, and one that nobody has used yet may permit anything. That a
/// used one permits more is for an operator of its workspace to say, and is on record there before it counts.
async fn require_may_permit(state: &AppState, before: &Profile, permits: Permits) -> Result<(), WireError> {
    let from = before.permits();
    if !permits.exceeds(from) {
        return Ok(());
    }
    let open = state.open.find(&before.id);
    let vault = state.vault().await;
    let has_secret = |kind| before.stored.contains(&kind) || vault.remembers(&before.id, kind);
    let is_used = open.is_some()
        || before.last_opened_at.is_some()
        || connection_secrets::KINDS.into_iter().any(has_secret);
    if !is_used {
        return Ok(());
    }
    let workspace = open.ok_or_else(WireError::operator_needed)?;
    let actor = match workspace.authorize(Freshness::Now).await {
        Ok(actor) if actor.may(Act::Workspace) => actor,
        Ok(_) | Err(AppError::Session(_)) => return Err(WireError::operator_needed()),
        Err(error) => return Err(error.into()),
    };
    Ok(workspace.services.access.loosen_profile(&actor, from, permits).await?)
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
        stored: std::collections::BTreeSet::new(),
        has_signing_secret: false,
    }
}

/// What was typed, by kind, with an empty text for what was taken out. What has no place in the string was typed for
/// something that is gone from it.
fn given(
    typed: ConnectionSecrets,
    places: &[SecretKind],
    service_secret: Option<SecretString>,
) -> BTreeMap<SecretKind, SecretString> {
    let belonging = connection_secrets::each(typed).into_iter().filter(|(kind, _)| places.contains(kind));
    let all = belonging.chain([(SecretKind::ServiceSecret, service_secret)]);
    all.filter_map(|(kind, secret)| Some((kind, secret?))).collect()
}

/// Forgets what must not be used any more: what was given for somebody else than the profile points to now, what has no place
/// in it, and what was emptied. Where the person changed their mind about it, the rest is remembered from now on, or lives
/// until the program ends. Answers what is stored of what changed.
async fn settle_kept(
    state: &AppState,
    before: &Profile,
    address: &Address,
    database: &str,
    given: &BTreeMap<SecretKind, SecretString>,
    remember: bool,
) -> Result<BTreeMap<SecretKind, bool>, WireError> {
    let vault = state.vault().await;
    let after = Pointed { connection_string: &address.public, database };
    let moved = connection_secrets::moved(Pointed::of(before), after);
    let is_other_mind =
        address.places.contains(&SecretKind::DatabasePassword) && before.password_stored() != remember;
    let mut stored = BTreeMap::new();
    for kind in connection_secrets::KINDS.into_iter().chain([SecretKind::ServiceSecret]) {
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

/// Forgets one secret. A keychain that can't be asked has it only if that is noted.
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

//! Saved connection profiles: saving and removing.

use secrecy::SecretString;
use serde::Deserialize;
use tauri::State;
use tenantry_core::FieldIssue;
use tenantry_core::error::{Field, StoreError};
use tenantry_core::limits::DEFAULT_DATABASE;
use tenantry_core::values::FieldRule;

use super::workspaces::{WorkspaceSummary, summary};
use crate::compose::{self, Address};
use crate::error::WireError;
use crate::identifiers::random_id;
use crate::profiles::{Environment, Profile};
use crate::state::AppState;
use crate::vault::{Kept, SecretKind};

/// Characters of a profile's name.
const PROFILE_NAME_MAX: usize = 80;
/// Bytes of a database's name. The server's rule.
const DATABASE_NAME_MAX: usize = 63;

/// A connection profile, as typed.
#[derive(Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ProfileInput {
    /// `null` for a new one.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is used for.
    pub environment: Environment,
    /// May hold a password, which is taken out.
    pub connection_string: String,
    /// The database.
    pub database: String,
    /// The service's secret key; `null` keeps what is there, empty forgets it.
    pub signing_secret: Option<String>,
}

/// Saves a connection profile. A password in the connection string is taken out and kept in the vault.
///
/// # Errors
/// `invalid_input`, `not_found`, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn save_profile(
    state: State<'_, AppState>,
    input: ProfileInput,
) -> Result<WorkspaceSummary, WireError> {
    let ProfileInput { id, name, environment, connection_string, database, signing_secret } = input;
    let connection_string = SecretString::from(connection_string);
    let (name, address, database) = parse_profile(&name, &connection_string, &database)?;
    let before = match id {
        Some(id) => Some(state.profiles.find(&id).ok_or_else(|| WireError::not_found("workspace"))?),
        None => None,
    };
    let mut profile = Profile {
        id: before.as_ref().map_or_else(random_id, |before| before.id.clone()),
        name,
        environment,
        connection_string: address.public.clone(),
        database,
        last_opened_at: before.as_ref().and_then(|before| before.last_opened_at),
        password_stored: before.as_ref().is_some_and(|before| before.password_stored),
        has_signing_secret: before.as_ref().is_some_and(|before| before.has_signing_secret),
    };
    forget_moved_password(&state, &mut profile, before.as_ref(), &address).await;
    // Before its secrets: a profile that can't be saved must not leave a new password with an old server.
    state.profiles.save(profile.clone())?;
    if keep_secrets(&state, &mut profile, address, signing_secret).await {
        state.profiles.save(profile.clone())?;
    }
    Ok(summary(&state, profile).await)
}

/// Forgets a connection profile and its secrets. What it points to stays as it is.
///
/// # Errors
/// `not_found`, `file_not_written`.
#[tauri::command]
#[specta::specta]
pub async fn remove_profile(state: State<'_, AppState>, id: String) -> Result<(), WireError> {
    let turn = state.open.turn(&id);
    let _turn = turn.lock().await;
    if !state.profiles.remove(&id)? {
        return Err(WireError::not_found("workspace"));
    }
    state.close_workspace(&id).await;
    state.vault().await.forget_all(&id).await;
    Ok(())
}

fn parse_profile(
    name: &str,
    connection_string: &SecretString,
    database: &str,
) -> Result<(String, Address, String), WireError> {
    use secrecy::ExposeSecret;
    let mut issues = Vec::new();
    let mut add = |field, rule, message: String| issues.push(FieldIssue { field, rule, message });
    let name = name.trim().to_owned();
    if name.is_empty() {
        add(Field::ProfileName, FieldRule::Required, "A name is needed.".to_owned());
    } else if name.chars().count() > PROFILE_NAME_MAX {
        let message = format!("A name has at most {PROFILE_NAME_MAX} characters.");
        add(Field::ProfileName, FieldRule::TooLong, message);
    }
    let typed = connection_string.expose_secret().trim();
    let address = if typed.is_empty() {
        add(Field::ConnectionString, FieldRule::Required, "A connection string is needed.".to_owned());
        None
    } else {
        match compose::take_apart(typed) {
            Ok(address) => Some(address),
            Err(StoreError::ConnectionString { problem }) => {
                add(Field::ConnectionString, FieldRule::Address, problem);
                None
            }
            Err(error) => return Err(error.into()),
        }
    };
    let named = address.as_ref().and_then(|address| address.database.as_deref());
    let database = match database.trim() {
        "" => named.unwrap_or(DEFAULT_DATABASE),
        database => database,
    };
    if database.len() > DATABASE_NAME_MAX {
        let message = format!("A database's name has at most {DATABASE_NAME_MAX} bytes.");
        add(Field::Database, FieldRule::TooManyBytes, message);
    } else if database.contains(['/', '\\', '.', ' ', '"', '$', '*', '<', '>', ':', '|', '?', '\0']) {
        let message = "A database's name has none of / \\ . \" $ * < > : | ? and no space.".to_owned();
        add(Field::Database, FieldRule::Characters, message);
    }
    let database = database.to_owned();
    match address {
        Some(address) if issues.is_empty() => Ok((name, address, database)),
        Some(_) | None => Err(WireError::from(issues)),
    }
}

/// A password is good for one user of one deployment: another server must not be told it.
async fn forget_moved_password(
    state: &AppState,
    profile: &mut Profile,
    before: Option<&Profile>,
    address: &Address,
) {
    let Some(before) = before else { return };
    let moved = compose::take_apart(&before.connection_string)
        .map_or(true, |before| (&before.user, &before.hosts) != (&address.user, &address.hosts));
    if moved {
        state.vault().await.forget(&profile.id, SecretKind::DatabasePassword).await;
        profile.password_stored = false;
    }
}

/// Keeps what was typed; answers whether the profile's notes of it changed.
async fn keep_secrets(
    state: &AppState,
    profile: &mut Profile,
    address: Address,
    signing_secret: Option<String>,
) -> bool {
    let vault = state.vault().await;
    let noted = (profile.password_stored, profile.has_signing_secret);
    if let Some(password) = address.password {
        let kept = vault.keep(&profile.id, SecretKind::DatabasePassword, password, true).await;
        profile.password_stored = kept == Kept::InKeychain;
    }
    match signing_secret.map(SecretString::from) {
        None => {}
        Some(secret) if is_empty(&secret) => {
            vault.forget(&profile.id, SecretKind::ServiceSecret).await;
            profile.has_signing_secret = false;
        }
        Some(secret) => {
            vault.keep(&profile.id, SecretKind::ServiceSecret, secret, true).await;
            profile.has_signing_secret = true;
        }
    }
    noted != (profile.password_stored, profile.has_signing_secret)
}

fn is_empty(secret: &SecretString) -> bool {
    secrecy::ExposeSecret::expose_secret(secret).is_empty()
}

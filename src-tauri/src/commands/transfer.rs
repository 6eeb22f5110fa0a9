//! Importing and exporting connections.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tauri::State;
use tenantry_core::error::FileProblem;
use tenantry_core::rights::Act;
use tenantry_core::sessions::Freshness;
use tenantry_core::values::{Field, FieldRule};
use tenantry_core::{AppError, FieldIssue};

use super::exports::{blocking, confirmed};
use super::profiles::secrets_to_carry;
use super::secrets::require_strong;
use tenantry_console::error::{FileKind, ProofBy, WireError};
use tenantry_console::files::free_path;
use tenantry_console::sealing;
use tenantry_console::state::AppState;
use tenantry_console::transfer::{
    self, Exported, ImportEntry, ImportKind, ImportNote, ImportOutcome, ImportProblem, Planned,
};
use tenantry_console::vault::SecretKind;

/// What a file of exported connections is called after.
const EXTENSION: &str = "tenantry";

/// A file that was chosen to be imported.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ChosenImport {
    /// The file. Only one that was chosen in this run can be imported.
    pub path: String,
    /// Its name.
    pub name: String,
    /// Importing it takes a passphrase.
    pub sealed: bool,
    /// What kind of file it is.
    pub kind: ImportKind,
}

/// What is imported.
#[derive(Deserialize, specta::Type)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ImportSource {
    /// A file that was chosen.
    File {
        /// Where it is.
        path: String,
    },
    /// What was typed or pasted.
    Text {
        /// The text.
        text: String,
    },
}

/// What became of everything that was imported.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    /// How many came in, with or without their secrets.
    pub imported: u32,
    /// Every entry, in order.
    pub entries: Vec<ImportEntry>,
}

/// What was exported.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ProfilesExported {
    /// Where the file is.
    pub path: String,
    /// Connections in it.
    pub profiles: u32,
    /// Secrets in it.
    pub secrets: u32,
}

/// Lets a person choose a file with connections; `null` when they changed their mind.
///
/// # Errors
/// `import_refused` for a file that can't be read or is of no kind that can be imported.
#[tauri::command]
#[specta::specta]
pub async fn choose_import_file(state: State<'_, AppState>) -> Result<Option<ChosenImport>, WireError> {
    let (desktop, folder) = (Arc::clone(&state.desktop), state.folders.exports.clone());
    let choose = move || desktop.choose_existing("Import connections", &folder);
    let Some(path) = blocking(choose).await? else { return Ok(None) };
    let content = read_file(path.clone()).await?;
    let kind = blocking(move || transfer::kind_of(&content)).await?;
    let (kind, sealed) = kind.ok_or_else(|| {
        WireError::import_refused(
            "It is neither a list of connection strings nor a Compass or Tenantry export.",
        )
    })?;
    state.connection_files.choose_import(&path);
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Some(ChosenImport { path: path.display().to_string(), name, sealed, kind }))
}

/// Imports connections. What is refused leaves nothing behind; what comes in is saved in one go.
///
/// # Errors
/// `import_refused`, `passphrase_refused`, `invalid_input` when a passphrase is needed, `not_found` for a file that was
/// not chosen in this run, `file_not_written`, `secrets_locked` when there are secrets that could not be stored.
#[tauri::command]
#[specta::specta]
pub async fn import_profiles(
    state: State<'_, AppState>,
    source: ImportSource,
    passphrase: Option<String>,
) -> Result<ImportReport, WireError> {
    let content = match source {
        ImportSource::File { path } => {
            let path = PathBuf::from(path);
            if !state.connection_files.may_import(&path) {
                return Err(WireError::not_found("chosen file"));
            }
            read_file(path).await?
        }
        ImportSource::Text { text } => text.into_bytes(),
    };
    let passphrase = passphrase.map(SecretString::from).filter(|typed| !typed.expose_secret().is_empty());
    let entries = blocking(move || transfer::read(&content, passphrase.as_ref())).await?;
    let mut plan = transfer::plan(entries.map_err(import_problem)?, &state.profiles.all());
    let vault = state.vault().await;
    let has_secrets = plan.planned.iter().any(|planned| !planned.secrets.is_empty());
    if has_secrets && vault.is_sealed_file_in_use() && !vault.can_store() {
        return Err(WireError::secrets_locked());
    }
    state.profiles.add_all(plan.planned.iter().map(|planned| planned.profile.clone()).collect())?;
    let unstored = keep_secrets(&state, plan.planned).await?;
    for entry in &mut plan.entries {
        if entry.workspace_id.as_ref().is_some_and(|id| unstored.contains(id))
            && entry.outcome != ImportOutcome::AlreadyThere
        {
            entry.notes.push(ImportNote::SecretsNotStored);
        }
    }
    let came_in = |entry: &&ImportEntry| match entry.outcome {
        ImportOutcome::Imported | ImportOutcome::ImportedWithoutSecret => true,
        ImportOutcome::AlreadyThere | ImportOutcome::Refused => false,
    };
    let imported = number(plan.entries.iter().filter(came_in).count());
    tracing::info!(imported, of = plan.entries.len(), "imported connections");
    Ok(ImportReport { imported, entries: plan.entries })
}

/// Lets a person choose where connections are exported to; `null` when they changed their mind.
///
/// # Errors
/// None of its own.
#[tauri::command]
#[specta::specta]
pub async fn choose_profiles_file(state: State<'_, AppState>) -> Result<Option<String>, WireError> {
    let (desktop, folder) = (Arc::clone(&state.desktop), state.folders.exports.clone());
    let name = format!("tenantry-connections-{}", state.clock.now().date());
    let ask = move || {
        let suggested = free_path(&folder, &name, EXTENSION);
        let name = suggested.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let chosen =
            desktop.choose_file("Export connections", &folder, &name, "Tenantry connections", EXTENSION)?;
        Some(confirmed(chosen, EXTENSION))
    };
    let chosen = blocking(ask).await?;
    Ok(chosen.map(|target| {
        let path = target.path.display().to_string();
        state.connection_files.choose_export(target);
        path
    }))
}

/// Writes connections to the chosen file: without their secrets, or with them and sealed with a passphrase. Secrets leave
/// only after a proof: `proof` is the passphrase of the file of secrets, the keychain asks for its own password, and where
/// neither can ask, an operator is signed in to the workspace of each connection whose secrets leave.
///
/// # Errors
/// `not_found` for a place that was not chosen or a profile that is gone, `invalid_input` for a short passphrase,
/// `proof_needed`, `passphrase_refused` for the proof, `unavailable` for a keychain that was not answered,
/// `file_not_written`, `secrets_locked`.
#[tauri::command]
#[specta::specta]
pub async fn export_profiles(
    state: State<'_, AppState>,
    path: String,
    ids: Vec<String>,
    passphrase: Option<String>,
    proof: Option<String>,
) -> Result<ProfilesExported, WireError> {
    let passphrase = passphrase.map(SecretString::from);
    let proof = proof.filter(|typed| !typed.is_empty()).map(SecretString::from);
    if passphrase.is_some() {
        require_strong(passphrase.as_ref())?;
        require_proof(&state, &ids, proof).await?;
    }
    let target = state.connection_files.target(Path::new(&path));
    let target = target.ok_or_else(|| WireError::not_found("chosen file"))?;
    let mut connections = Vec::new();
    for id in &ids {
        let profile = state.profiles.find(id).ok_or_else(|| WireError::not_found("workspace"))?;
        let secrets = match passphrase {
            Some(_) => secrets_to_carry(&state, &profile).await?,
            None => BTreeMap::new(),
        };
        connections.push(Exported { profile, secrets });
    }
    let secrets = connections.iter().map(|connection| connection.secrets.len()).sum();
    let shown = path.clone();
    let unfinished = Arc::clone(&state.unfinished);
    let written = blocking(move || {
        let content = transfer::write(&connections).map_err(|_| FileProblem::Other)?;
        let pending = unfinished.start(target)?;
        let mut writer = pending.writer()?;
        match passphrase {
            Some(passphrase) => {
                let sealed = sealing::seal(&content, &passphrase).map_err(|_| FileProblem::Other)?;
                writer.write_all(sealed.as_bytes())
            }
            None => writer.write_all(&content),
        }
        .map_err(|error| FileProblem::from(&error))?;
        drop(writer);
        pending.finish()
    });
    written.await?.map_err(|problem| WireError::file_not_written(FileKind::Export, &shown, problem))?;
    state.connection_files.note_written(Path::new(&path));
    state.exports.note_shown(Path::new(&path));
    tracing::info!(profiles = ids.len(), secrets, "exported connections");
    Ok(ProfilesExported { path, profiles: number(ids.len()), secrets: number(secrets) })
}

/// Whether the secrets of these connections may leave their place: by its own proof, or where it can't ask, by an operator's
/// session in the workspace of each.
///
/// # Errors
/// `proof_needed` and what the place of the secrets answers, unless whoever asks may take their secrets away.
pub(super) async fn require_proof(
    state: &AppState,
    ids: &[String],
    proof: Option<SecretString>,
) -> Result<(), WireError> {
    if let Some(proven) = state.vault().await.prove(proof).await {
        return Ok(proven?);
    }
    for id in ids {
        let profile = state.profiles.find(id).ok_or_else(|| WireError::not_found("workspace"))?;
        if secrets_to_carry(state, &profile).await?.is_empty() {
            continue;
        }
        let open = state.open.find(id).ok_or_else(|| WireError::proof_needed(ProofBy::Operator))?;
        match open.authorize(Freshness::Now).await {
            Ok(actor) if actor.may(Act::Workspace) => {}
            Ok(_) | Err(AppError::Session(_)) => return Err(WireError::proof_needed(ProofBy::Operator)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Keeps what came in with profiles; answers those whose secrets will be gone with the program.
async fn keep_secrets(state: &AppState, planned: Vec<Planned>) -> Result<Vec<String>, WireError> {
    let vault = state.vault().await;
    let mut stored: BTreeMap<String, Vec<SecretKind>> = BTreeMap::new();
    let mut unstored = Vec::new();
    for Planned { profile, secrets } in planned {
        for (kind, secret) in secrets {
            if vault.keep(&profile.id, kind, secret, true).await.for_next_time() {
                stored.entry(profile.id.clone()).or_default().push(kind);
            } else {
                unstored.push(profile.id.clone());
            }
        }
    }
    if !stored.is_empty() {
        state.profiles.change_each(|profile| {
            profile.stored.extend(stored.remove(&profile.id).unwrap_or_default());
        })?;
    }
    Ok(unstored)
}

async fn read_file(path: PathBuf) -> Result<Vec<u8>, WireError> {
    let read = move || {
        let file = std::fs::File::open(path)?;
        let mut content = Vec::new();
        // One byte more than may be: the reader then says that it is too long.
        file.take(transfer::IMPORT_MAX as u64 + 1).read_to_end(&mut content)?;
        Ok::<_, std::io::Error>(content)
    };
    blocking(read).await?.map_err(|error| {
        tracing::warn!(kind = ?error.kind(), "a file to import could not be read");
        WireError::import_refused("The file can't be read.")
    })
}

fn import_problem(problem: ImportProblem) -> WireError {
    match problem {
        ImportProblem::PassphraseNeeded => {
            let message = "This file is sealed. Enter its passphrase.".to_owned();
            let issue = FieldIssue { field: Field::Passphrase, rule: FieldRule::Required, message };
            WireError::from(vec![issue])
        }
        ImportProblem::PassphraseRefused => WireError::passphrase_refused(),
        ImportProblem::Unusable(problem) => WireError::import_refused(problem),
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

//! Importing and exporting connections.

use secrecy::SecretString;
use tauri::State;
use tenantry_console::Console;
use tenantry_console::console::{ChosenImport, ImportReport, ImportSource, ProfilesExported};
use tenantry_console::error::ConsoleError;

/// Lets a person choose a file with connections; `null` when they changed their mind.
///
/// # Errors
/// `import_refused` for a file that can't be read or is of no kind that can be imported.
#[tauri::command]
#[specta::specta]
pub async fn choose_import_file(console: State<'_, Console>) -> Result<Option<ChosenImport>, ConsoleError> {
    console.choose_import().await
}

/// Imports connections. What is refused leaves nothing behind; what comes in is saved in one go.
///
/// # Errors
/// `import_refused`, `passphrase_refused`, `invalid_input` when a passphrase is needed, `not_found` for a file that was
/// not chosen in this run, `file_not_written`, `secrets_locked` when there are secrets that could not be stored.
#[tauri::command]
#[specta::specta]
pub async fn import_profiles(
    console: State<'_, Console>,
    source: ImportSource,
    passphrase: Option<String>,
) -> Result<ImportReport, ConsoleError> {
    console.import(source, passphrase.map(SecretString::from)).await
}

/// Lets a person choose where connections are exported to; `null` when they changed their mind.
///
/// # Errors
/// None of its own.
#[tauri::command]
#[specta::specta]
pub async fn choose_profiles_file(console: State<'_, Console>) -> Result<Option<String>, ConsoleError> {
    console.choose_profiles_file().await
}

/// Writes connections to the chosen file: without their secrets, or with them and sealed with a passphrase. Secrets
/// leave only after a proof: `proof` is the passphrase of the file of secrets, the keychain asks for its own password,
/// and where neither can ask, an operator is signed in to the workspace of each connection whose secrets leave.
///
/// # Errors
/// `not_found` for a place that was not chosen or a profile that is gone, `invalid_input` for a short passphrase,
/// `proof_needed`, `passphrase_refused` for the proof, `unavailable` for a keychain that was not answered,
/// `file_not_written`, `secrets_locked`.
#[tauri::command]
#[specta::specta]
pub async fn export_profiles(
    console: State<'_, Console>,
    path: String,
    ids: Vec<String>,
    passphrase: Option<String>,
    proof: Option<String>,
) -> Result<ProfilesExported, ConsoleError> {
    let (passphrase, proof) = (passphrase.map(SecretString::from), proof.map(SecretString::from));
    console.export_profiles(path, &ids, passphrase, proof).await
}

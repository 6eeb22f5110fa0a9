//! Connection strings in an editor: text and form in sync, secrets held separately.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tauri::State;
use tenantry_connection::{ConnectionFields, ConnectionProblem, ConnectionTemplate};

use tenantry_console::console::WorkspaceKind;
use tenantry_console::error::ConsoleError;
use tenantry_console::{Console, address};

/// The result of reading a connection string.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionReading {
    /// As typed, with a mask in place of every secret.
    pub text: String,
    /// Whether the string was inside a longer text, which must not be shown any more.
    pub extracted: bool,
    /// `null` if the string cannot be taken apart.
    pub fields: Option<ConnectionFields>,
    /// Empty if the driver accepts it.
    pub problems: Vec<ConnectionProblem>,
    /// The kind of workspace it leads to.
    pub kind: WorkspaceKind,
    /// Whether signing in needs a password.
    pub needs_password: bool,
    /// Whether a secret was typed into the text; Rust holds it now, under the draft.
    pub took_secrets: bool,
}

impl ConnectionReading {
    /// The reading without its secrets.
    fn of(reading: tenantry_connection::ConnectionReading, took_secrets: bool) -> Self {
        Self {
            text: reading.text,
            extracted: reading.extracted,
            fields: reading.fields,
            problems: reading.problems,
            kind: if reading.is_atlas { WorkspaceKind::Atlas } else { WorkspaceKind::Mongodb },
            needs_password: reading.needs_password,
            took_secrets,
        }
    }
}

/// A file that a TLS connection names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CertificateFile {
    /// The authorities to trust.
    Authorities,
    /// The client's certificate, with its key.
    CertificateAndKey,
}

impl CertificateFile {
    /// The title of the dialog.
    fn title(self) -> &'static str {
        match self {
            Self::Authorities => "Choose the CA file",
            Self::CertificateAndKey => "Choose the certificate and key file",
        }
    }
}

/// Reads a connection string as it is typed. Its secrets are taken out and held under the draft.
///
/// # Errors
/// None: the problems are in the result.
#[tauri::command]
#[specta::specta]
pub async fn read_connection_string(
    console: State<'_, Console>,
    draft: String,
    text: String,
) -> Result<ConnectionReading, ConsoleError> {
    let text = SecretString::from(text);
    let reading = tenantry_connection::read(text.expose_secret());
    let took_secrets = console.drafts.take(&draft, &reading);
    Ok(ConnectionReading::of(reading, took_secrets))
}

/// Writes the changes of a form into a connection string and leaves everything else as it is.
///
/// # Errors
/// None: the problems are in the result.
#[tauri::command]
#[specta::specta]
pub async fn write_connection_string(
    text: String,
    fields: ConnectionFields,
) -> Result<ConnectionReading, ConsoleError> {
    let text = SecretString::from(text);
    let written = tenantry_connection::write(text.expose_secret(), &fields);
    Ok(ConnectionReading::of(written, false))
}

/// Forgets the secrets of a closed editor.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn forget_draft(console: State<'_, Console>, draft: String) -> Result<(), ConsoleError> {
    console.drafts.forget(&draft);
    Ok(())
}

/// Connection strings as starting points.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn connection_templates() -> Result<Vec<ConnectionTemplate>, ConsoleError> {
    Ok(tenantry_connection::TEMPLATES.to_vec())
}

/// Converts a `mongodb+srv` string to a list of its hosts.
///
/// # Errors
/// `connection_string_invalid`, `unavailable` if the lookup fails.
#[tauri::command]
#[specta::specta]
pub async fn seed_list(
    console: State<'_, Console>,
    draft: String,
    connection_string: String,
) -> Result<ConnectionReading, ConsoleError> {
    let typed = SecretString::from(connection_string);
    let reading = address::seed_list(typed.expose_secret()).await?;
    let took_secrets = console.drafts.take(&draft, &reading);
    Ok(ConnectionReading::of(reading, took_secrets))
}

/// Lets a person choose a certificate file; returns its path, `null` if they changed their mind. The dialog starts at
/// the editor's current file. Reads nothing: the connection names the file, and the driver opens it.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn choose_certificate_file(
    console: State<'_, Console>,
    file: CertificateFile,
    current: Option<String>,
) -> Result<Option<String>, ConsoleError> {
    console.choose_certificate_file(file.title(), current).await
}

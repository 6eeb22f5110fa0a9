//! Connection strings, as an editor works on them: text and form kept in step, secrets held apart.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tauri::State;
use tenantry_connection::{ConnectionFields, ConnectionProblem, ConnectionTemplate};

use tenantry_console::console::WorkspaceKind;
use tenantry_console::error::ConsoleError;
use tenantry_console::{Console, address};

/// A connection string, read.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionReading {
    /// As typed, every secret replaced by the mask.
    pub text: String,
    /// The string stood in a longer text, and what was typed must not be shown any more.
    pub extracted: bool,
    /// `null` when the string can't be taken apart.
    pub fields: Option<ConnectionFields>,
    /// Empty: the driver accepts it.
    pub problems: Vec<ConnectionProblem>,
    /// What kind of place it leads to.
    pub kind: WorkspaceKind,
    /// Signing in takes a password.
    pub needs_password: bool,
    /// A secret was typed into the text; the program holds it now, under the draft.
    pub took_secrets: bool,
}

impl ConnectionReading {
    /// The reading without its secrets, which went elsewhere or were not there.
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

/// A file that a connection with TLS names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum CertificateFile {
    /// The authorities to trust.
    Authorities,
    /// The certificate that the program shows, with its key.
    CertificateAndKey,
}

impl CertificateFile {
    /// What the dialog is called.
    fn title(self) -> &'static str {
        match self {
            Self::Authorities => "Choose the CA file",
            Self::CertificateAndKey => "Choose the certificate and key file",
        }
    }
}

/// Reads a connection string as it is typed. Secrets in it are taken out and held under the draft.
///
/// # Errors
/// None: what is wrong with the string is in the answer.
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

/// Changes a connection string to say what the form says; everything else of it stays as it is.
///
/// # Errors
/// None: what is wrong with the string is in the answer.
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

/// Forgets the secrets of an editor that is closed.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn forget_draft(console: State<'_, Console>, draft: String) -> Result<(), ConsoleError> {
    console.drafts.forget(&draft);
    Ok(())
}

/// Connection strings to start from.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn connection_templates() -> Result<Vec<ConnectionTemplate>, ConsoleError> {
    Ok(tenantry_connection::TEMPLATES.to_vec())
}

/// Writes a `mongodb+srv` string out as the list of hosts that it stands for.
///
/// # Errors
/// `connection_string_invalid`, `unavailable` when the name can't be looked up.
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

/// Lets a person choose a certificate file; answers its path, `null` when they changed their mind. The dialog begins where
/// the file is that stands in the editor now. Nothing is read: the connection names the file, and the driver opens it.
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

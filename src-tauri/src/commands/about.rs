//! What Tenantry is.

use serde::Serialize;
use tauri::State;

use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_console::logging;

/// The longest logged report of the window, in characters.
const REPORT_MAX: usize = 4_000;

/// What Tenantry is and what it can do.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct About {
    pub name: String,
    pub version: String,
    /// `running`.
    pub status: String,
    /// The operations of the service, as commands.
    pub commands: Vec<CommandDescription>,
    /// The path of the log.
    pub log_file: String,
}

/// One command.
#[derive(Debug, Clone, Serialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct CommandDescription {
    pub name: String,
    /// What it does.
    pub description: String,
}

/// The operations that the service has too, in its order.
const OPERATIONS: [(&str, &str); 16] = [
    ("about", "Name, version, status and commands of the program"),
    ("workspace_health", "Server, version, topology, round trip, and what the database user may do"),
    ("create_organization", "Create an organization with its admin and its collection"),
    ("get_organization", "Find an organization by name or id"),
    ("update_organization", "Change name, display name, address or password"),
    ("deactivate_organization", "Prevent an organization's people from signing in"),
    ("reactivate_organization", "Let an organization's people sign in again"),
    ("delete_organization", "Move an organization to the trash"),
    ("restore_organization", "Bring an organization back from the trash"),
    ("delete_organization_forever", "Delete an organization in the trash with all its documents"),
    ("list_organizations", "Search, filter, sort and page through organizations"),
    ("count_organizations", "Count organizations by status"),
    ("collection_statistics", "Documents, sizes and indexes of an organization's collection"),
    ("export_organizations", "Write a list of organizations to a CSV, JSON, NDJSON or XLSX file"),
    ("sign_in", "Sign in as an operator or as an organization's admin"),
    ("sign_out", "End the session"),
];

/// What Tenantry is and what it can do.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn about(console: State<'_, Console>) -> Result<About, ConsoleError> {
    let describe = |(name, description): (&str, &str)| CommandDescription {
        name: name.to_owned(),
        description: description.to_owned(),
    };
    Ok(About {
        name: "Tenantry".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        status: "running".to_owned(),
        commands: OPERATIONS.into_iter().map(describe).collect(),
        log_file: logging::current_file(&console.folders.logs).display().to_string(),
    })
}

/// Logs an unexpected failure of the window.
///
/// # Errors
/// None.
#[tauri::command]
#[specta::specta]
pub async fn report_ui_problem(text: String) -> Result<(), ConsoleError> {
    let text: String = text.chars().take(REPORT_MAX).collect();
    tracing::error!(text = logging::redact(&text), "the window failed");
    Ok(())
}

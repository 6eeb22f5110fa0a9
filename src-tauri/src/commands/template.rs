//! The template of tenant collections.

use tauri::State;
use tenantry_console::Console;
use tenantry_console::error::ConsoleError;
use tenantry_core::records::Template;

/// The indexes that operators added to the template.
///
/// # Errors
/// `forbidden`, those of a session, `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn get_template(console: State<'_, Console>, workspace: String) -> Result<Template, ConsoleError> {
    let (open, actor) = console.reader(&workspace).await?;
    Ok(open.template().current(&actor).await?)
}

/// Changes the template that was seen. Collections that exist stay as they are until it is applied.
///
/// # Errors
/// `invalid_input`; `facts_changed` if it is another one by now; `forbidden`, those of a session, `read_only`,
/// `unavailable`.
#[tauri::command]
#[specta::specta]
pub async fn change_template(
    console: State<'_, Console>,
    workspace: String,
    seen: Template,
    next: Template,
) -> Result<Template, ConsoleError> {
    let (open, actor) = console.writer(&workspace).await?;
    Ok(open.template().change(&actor, &seen, next).await?)
}

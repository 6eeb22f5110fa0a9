//! `tenantry reset-owner`: lets whoever holds a workspace's connection back in as an owner, without a window.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};
use tenantry_console::desktop::NoDesktop;
use tenantry_console::error::ConsoleError;
use tenantry_console::folders::Folders;
use tenantry_console::profiles::{BUILT_IN, PlainFile};
use tenantry_console::{Console, Password, logging};

use crate::environment::EnvironmentVariables;
use crate::terminal;

/// The word after the program's name.
const COMMAND: &str = "reset-owner";
const USAGE: &str = "Usage: tenantry reset-owner --workspace <name, id or built-in> --email <address>";
/// The identifier in `tauri.conf.json`, which names the program's folders.
const IDENTIFIER: &str = "dev.tenantry.console";

/// What is asked for on the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    workspace: String,
    email: String,
}

impl Request {
    /// Reads the arguments after the program's name; `None` if they name no command, so that the window opens.
    ///
    /// # Errors
    /// They name the command, and not what it needs.
    pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Option<Result<Self, &'static str>> {
        let mut words = arguments.into_iter().map(|word| word.into_string().unwrap_or_default());
        if words.next()? != COMMAND {
            return None;
        }
        let (mut workspace, mut email) = (None, None);
        while let Some(word) = words.next() {
            let (option, value) = match word.split_once('=') {
                Some((option, value)) => (option.to_owned(), Some(value.to_owned())),
                None => (word, words.next()),
            };
            let place = match option.as_str() {
                "--workspace" => &mut workspace,
                "--email" => &mut email,
                _ => return Some(Err(USAGE)),
            };
            if value.is_none() || place.is_some() {
                return Some(Err(USAGE));
            }
            *place = value;
        }
        Some(match (workspace, email) {
            (Some(workspace), Some(email)) => Ok(Self { workspace, email }),
            _ => Err(USAGE),
        })
    }
}

/// Carries the request out, and prints the one-time password.
#[expect(clippy::print_stdout, reason = "the answer of a command; only here can it be seen, and only once")]
pub fn run(request: Result<Request, &'static str>, variables: &EnvironmentVariables) -> ExitCode {
    let request = match request {
        Ok(request) => request,
        Err(usage) => {
            terminal::say(usage);
            return ExitCode::from(2);
        }
    };
    let Some(folders) = folders(variables) else {
        terminal::say("The system does not say where Tenantry's files belong.");
        return ExitCode::FAILURE;
    };
    let _ = logging::start(&folders.logs);
    let console = Console::start(folders, &PlainFile::open, Arc::new(NoDesktop));
    match tauri::async_runtime::block_on(reset(&console, &request)) {
        Ok(password) => {
            println!("{}", password.expose_secret());
            terminal::say(
                "This one-time password is shown once and can be used for 7 days. Sign in with it, and choose your \
                 own. The workspace's record has an entry about this.",
            );
            ExitCode::SUCCESS
        }
        Err(why) => {
            terminal::say(&why);
            ExitCode::FAILURE
        }
    }
}

async fn reset(console: &Console, request: &Request) -> Result<SecretString, String> {
    let id = find(console, &request.workspace)?;
    let workspace = match console.open(&id, Password::Kept).await {
        Err(ConsoleError::WorkspacePasswordNeeded) => {
            terminal::say("Password of the database user:");
            let mut typed = String::new();
            std::io::stdin().read_line(&mut typed).map_err(|_| "No password was typed.".to_owned())?;
            let password = SecretString::from(typed.trim_end_matches(['\r', '\n']));
            console.open(&id, Password::Typed { password, remember: false }).await
        }
        opened => opened,
    };
    let workspace = workspace.map_err(|error| in_words(&error))?;
    let reset = workspace.reset_owner(&request.email).await;
    // Closing waits for whoever still uses it.
    drop(workspace);
    console.close_all().await;
    reset.map_err(|error| match ConsoleError::from(error) {
        ConsoleError::NotFound { .. } => {
            "This address is no active owner's, and the workspace has another one: ask them.".to_owned()
        }
        error => in_words(&error),
    })
}

/// The id of a workspace by its name or id.
fn find(console: &Console, workspace: &str) -> Result<String, String> {
    if workspace == BUILT_IN {
        return Ok(workspace.to_owned());
    }
    let all = console.profiles.all();
    let meant = |profile: &&tenantry_console::profiles::Profile| {
        profile.name.to_lowercase() == workspace.to_lowercase() || profile.id == workspace
    };
    match all.iter().filter(meant).collect::<Vec<_>>().as_slice() {
        [one] => Ok(one.id.clone()),
        [] => Err("No saved workspace has this name. If Tenantry is running, close it first.".to_owned()),
        several => {
            let ids = several.iter().map(|profile| profile.id.as_str()).collect::<Vec<_>>().join(", ");
            Err(format!("Several saved workspaces have this name. Name one by its id: {ids}"))
        }
    }
}

fn in_words(error: &ConsoleError) -> String {
    let code = serde_json::to_value(error).ok().and_then(|wire| wire["code"].as_str().map(str::to_owned));
    format!("Nothing was changed: {}.", code.unwrap_or_default())
}

/// The folders of this computer's user, as the window finds them.
fn folders(variables: &EnvironmentVariables) -> Option<Folders> {
    let (data, configuration, logs) = match &variables.data_directory {
        Some(folder) => (folder.clone(), folder.clone(), folder.join("logs")),
        None => {
            let data = dirs::data_local_dir()?.join(IDENTIFIER);
            (data.clone(), dirs::config_dir()?.join(IDENTIFIER), logs_in(&data)?)
        }
    };
    let exports = data.clone();
    Some(Folders { data, configuration, logs, exports, exports_without_dialog: true })
}

#[cfg(target_os = "macos")]
fn logs_in(_: &Path) -> Option<PathBuf> {
    Some(dirs::home_dir()?.join("Library/Logs").join(IDENTIFIER))
}

#[cfg(not(target_os = "macos"))]
#[expect(clippy::unnecessary_wraps, reason = "another system may not know the folder")]
fn logs_in(data: &Path) -> Option<PathBuf> {
    Some(data.join("logs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Option<Result<Request, &'static str>> {
        Request::read(words.iter().map(OsString::from))
    }

    #[test]
    fn the_window_opens_unless_the_command_is_named() {
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["--email", "dana@example.com"]), None);
    }

    #[test]
    fn the_command_needs_a_workspace_and_an_address() {
        let expected = Request { workspace: "built-in".to_owned(), email: "dana@example.com".to_owned() };
        for words in [
            ["reset-owner", "--workspace", "built-in", "--email", "dana@example.com"].as_slice(),
            &["reset-owner", "--email=dana@example.com", "--workspace=built-in"],
        ] {
            assert_eq!(read(words), Some(Ok(expected.clone())), "{words:?}");
        }
        for words in [
            ["reset-owner"].as_slice(),
            &["reset-owner", "--workspace", "a"],
            &["reset-owner", "--workspace", "a", "--email"],
            &["reset-owner", "--workspace", "a", "--email", "b", "--email", "c"],
            &["reset-owner", "--force", "a"],
        ] {
            assert_eq!(read(words), Some(Err(USAGE)), "{words:?}");
        }
    }

    #[test]
    fn the_folders_are_those_of_the_windows_identifier() {
        let configuration: serde_json::Value =
            serde_json::from_str(include_str!("../tauri.conf.json")).unwrap();
        assert_eq!(configuration["identifier"], IDENTIFIER);
    }

    #[test]
    fn an_owner_is_reset_in_the_built_in_workspace_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let variables =
            EnvironmentVariables { data_directory: Some(folder.path().to_owned()), export_directory: None };
        let console = Console::start(folders(&variables).unwrap(), &PlainFile::open, Arc::new(NoDesktop))
            .with_vault(tenantry_console::vault::Vault::without_keychain(folder.path(), None));
        let request = read(&["reset-owner", "--workspace=built-in", "--email=dana@example.com"]);
        let request = request.unwrap().unwrap();
        let reset = || tauri::async_runtime::block_on(reset(&console, &request));
        let first = reset().unwrap();
        assert_ne!(reset().unwrap().expose_secret(), first.expose_secret(), "a new one each time");
        let other = Request { email: "lee@example.com".to_owned(), ..request.clone() };
        let refused = tauri::async_runtime::block_on(super::reset(&console, &other)).unwrap_err();
        assert!(refused.contains("no active owner"), "{refused}");
        let unknown = Request { workspace: "elsewhere".to_owned(), ..request.clone() };
        assert!(tauri::async_runtime::block_on(super::reset(&console, &unknown)).is_err());
    }
}

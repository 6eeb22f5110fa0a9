//! Saved connection profiles: what is needed to open a workspace again, but for its secrets. The only user of
//! `tauri-plugin-store`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tauri::{AppHandle, Runtime};
use tauri_plugin_store::{Store, StoreBuilder};
use time::OffsetDateTime;

use crate::identifiers::random_id;

/// The version of the file that this program writes.
const VERSION: u64 = 1;
const VERSION_KEY: &str = "version";
const INSTALLATION_KEY: &str = "installation";
const PROFILES_KEY: &str = "profiles";
const BUILT_IN_KEY: &str = "builtIn";

/// What a workspace is used for: how loudly it warns, and whether names are typed before an organization is trashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// On this computer.
    Local,
    /// For building.
    Development,
    /// For trying.
    Staging,
    /// With real data.
    Production,
}

/// A saved connection profile. Holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Profile {
    /// Random, made by this program.
    pub id: String,
    /// The name that a person gave it.
    pub name: String,
    /// What it is used for.
    pub environment: Environment,
    /// The connection string without its password.
    pub connection_string: String,
    /// The master database's name.
    pub database: String,
    /// When it was opened last.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub last_opened_at: Option<OffsetDateTime>,
    /// Whether the keychain has the database user's password.
    #[serde(default)]
    pub password_stored: bool,
    /// Whether the service's secret key was given.
    #[serde(default)]
    pub has_signing_secret: bool,
}

/// What is noted of the built-in workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuiltIn {
    /// When it was opened last.
    #[serde(with = "time::serde::rfc3339::option", default)]
    pub last_opened_at: Option<OffsetDateTime>,
}

/// The profiles can't be written.
#[derive(Debug, thiserror::Error)]
#[error("the connection profiles can't be written: {0}")]
pub struct ProfilesNotWritten(String);

/// The file behind the profiles: what this module needs of `tauri-plugin-store`, without the window's runtime type.
trait ProfileFile: Send + Sync {
    fn write(&self, content: &BTreeMap<&'static str, Value>) -> Result<(), String>;
}

impl<R: Runtime> ProfileFile for Store<R> {
    fn write(&self, content: &BTreeMap<&'static str, Value>) -> Result<(), String> {
        for (key, value) in content {
            self.set(*key, value.clone());
        }
        self.save().map_err(|error| error.to_string())
    }
}

/// The file of a program that can't have one.
struct NoFile;

impl ProfileFile for NoFile {
    fn write(&self, _content: &BTreeMap<&'static str, Value>) -> Result<(), String> {
        Err("there is no file".to_owned())
    }
}

/// Saved connection profiles.
pub struct Profiles {
    file: Arc<dyn ProfileFile>,
    installation: String,
    state: Mutex<State>,
    notices: Vec<String>,
}

#[derive(Clone, Default)]
struct State {
    profiles: Vec<Profile>,
    built_in: BuiltIn,
}

impl Profiles {
    /// Reads the file, or starts a new one. A damaged file is kept aside, and what can still be read of it is used.
    ///
    /// # Errors
    /// A damaged file could not be kept aside, or the new one not be written: going on would lose it.
    pub fn open<R: Runtime>(app: &AppHandle<R>, path: &Path) -> Result<Self, ProfilesNotWritten> {
        let not_written = |error: String| ProfilesNotWritten(error);
        let found = Found::read(path).map_err(|error| not_written(error.to_string()))?;
        // Built only now: it would take a damaged file for an empty one and write over it.
        let store = StoreBuilder::new(app, path)
            .disable_auto_save()
            .build()
            .map_err(|error| not_written(error.to_string()))?;
        let profiles = Self {
            file: store,
            installation: found.installation.unwrap_or_else(random_id),
            state: Mutex::new(found.state),
            notices: found.notices,
        };
        profiles.write(&profiles.state())?;
        Ok(profiles)
    }

    /// As [`open`](Self::open); without a file that can be written, the program works with none and says so.
    pub fn open_or_do_without<R: Runtime>(app: &AppHandle<R>, path: &Path) -> Self {
        Self::open(app, path).unwrap_or_else(|error| {
            tracing::error!(%error, "working without connection profiles");
            Self {
                file: Arc::new(NoFile),
                installation: random_id(),
                state: Mutex::default(),
                notices: vec![format!(
                    "The list of saved workspaces at {} can't be read and written, so workspaces can't be saved now.",
                    path.display()
                )],
            }
        })
    }

    /// This data folder's random name.
    pub fn installation(&self) -> &str {
        &self.installation
    }

    /// What a person should know about the file, as sentences.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    /// All profiles, in the order in which they were saved first.
    pub fn all(&self) -> Vec<Profile> {
        self.state().profiles
    }

    /// The profile with this id.
    pub fn find(&self, id: &str) -> Option<Profile> {
        self.state().profiles.into_iter().find(|profile| profile.id == id)
    }

    /// What is noted of the built-in workspace.
    pub fn built_in(&self) -> BuiltIn {
        self.state().built_in
    }

    /// Saves a profile, in place of the one with its id if there is one.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn save(&self, profile: Profile) -> Result<(), ProfilesNotWritten> {
        self.change(|state| match state.profiles.iter_mut().find(|saved| saved.id == profile.id) {
            Some(saved) => *saved = profile,
            None => state.profiles.push(profile),
        })
    }

    /// Removes a profile; answers whether it was there.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn remove(&self, id: &str) -> Result<bool, ProfilesNotWritten> {
        let there = self.find(id).is_some();
        self.change(|state| state.profiles.retain(|profile| profile.id != id))?;
        Ok(there)
    }

    /// Notes when the built-in workspace was opened.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn save_built_in(&self, built_in: BuiltIn) -> Result<(), ProfilesNotWritten> {
        self.change(|state| state.built_in = built_in)
    }

    fn change(&self, change: impl FnOnce(&mut State)) -> Result<(), ProfilesNotWritten> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut changed = state.clone();
        change(&mut changed);
        self.write(&changed)?;
        *state = changed;
        Ok(())
    }

    fn write(&self, state: &State) -> Result<(), ProfilesNotWritten> {
        let value = |value: Result<Value, serde_json::Error>| {
            value.map_err(|error| ProfilesNotWritten(error.to_string()))
        };
        let content = BTreeMap::from([
            (VERSION_KEY, Value::from(VERSION)),
            (INSTALLATION_KEY, Value::from(self.installation.as_str())),
            (PROFILES_KEY, value(serde_json::to_value(&state.profiles))?),
            (BUILT_IN_KEY, value(serde_json::to_value(&state.built_in))?),
        ]);
        self.file.write(&content).map_err(ProfilesNotWritten)
    }

    fn state(&self) -> State {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What was found in the file.
#[derive(Default)]
struct Found {
    installation: Option<String>,
    state: State,
    notices: Vec<String>,
}

impl Found {
    fn read(path: &Path) -> std::io::Result<Self> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let text = String::from_utf8_lossy(&bytes);
        let (mut found, whole) = match serde_json::from_str::<Value>(&text) {
            Ok(Value::Object(content)) => Self::in_object(&content),
            Ok(_) | Err(_) => (Self::in_ruins(&text), false),
        };
        if !whole {
            let aside = keep_aside(path)?;
            let saved = match found.state.profiles.len() {
                0 => "No workspace in it could be read.".to_owned(),
                1 => "One workspace in it could still be read.".to_owned(),
                more => format!("{more} workspaces in it could still be read."),
            };
            tracing::warn!(aside = %aside.display(), "the connection profiles were damaged");
            found.notices.push(format!(
                "The list of saved workspaces was damaged. {saved} The damaged file is kept at {}.",
                aside.display()
            ));
            // Written anew below; the plugin must not read the damaged one in its place.
            std::fs::remove_file(path)?;
        }
        Ok(found)
    }

    /// Reads a file that is JSON; `false` when something in it could not be read.
    fn in_object(content: &serde_json::Map<String, Value>) -> (Self, bool) {
        let mut whole = content.get(VERSION_KEY).and_then(Value::as_u64) == Some(VERSION);
        let mut read = |value: &Value| {
            let profile = serde_json::from_value::<Profile>(value.clone()).ok();
            whole &= profile.is_some();
            profile
        };
        let profiles = match content.get(PROFILES_KEY) {
            Some(Value::Array(values)) => values.iter().filter_map(&mut read).collect(),
            Some(_) | None => {
                whole = false;
                Vec::new()
            }
        };
        let installation = content.get(INSTALLATION_KEY).and_then(Value::as_str).map(str::to_owned);
        let built_in = content.get(BUILT_IN_KEY).and_then(|value| serde_json::from_value(value.clone()).ok());
        whole &= installation.is_some() && built_in.is_some();
        let state = State { profiles, built_in: built_in.unwrap_or_default() };
        (Self { installation, state, notices: Vec::new() }, whole)
    }

    /// Picks whole profiles out of a file that is cut off or otherwise no JSON.
    fn in_ruins(text: &str) -> Self {
        let mut found = Self::default();
        let mut from = 0;
        while let Some(brace) = text.get(from..).and_then(|rest| rest.find('{')).map(|at| from + at) {
            let mut stream = serde_json::Deserializer::from_str(&text[brace..]).into_iter::<Profile>();
            match stream.next() {
                Some(Ok(profile)) => {
                    found.state.profiles.push(profile);
                    from = brace + stream.byte_offset();
                }
                Some(Err(_)) | None => from = brace + 1,
            }
        }
        // Its secrets in the keychain are found under this name.
        found.installation = text.split_once(&format!("\"{INSTALLATION_KEY}\"")).and_then(|(_, rest)| {
            let id = rest.split('"').nth(1)?;
            (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| id.to_owned())
        });
        found
    }
}

/// Copies a damaged file to a free name beside it.
fn keep_aside(path: &Path) -> std::io::Result<PathBuf> {
    for number in 1_u32.. {
        let aside = path.with_extension(format!("damaged-{number}.json"));
        match std::fs::OpenOptions::new().write(true).create_new(true).open(&aside) {
            Ok(_) => {
                std::fs::copy(path, &aside)?;
                return Ok(aside);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::Error::from(std::io::ErrorKind::AlreadyExists))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(id: &str) -> Profile {
        Profile {
            id: id.to_owned(),
            name: format!("Workspace {id}"),
            environment: Environment::Staging,
            connection_string: "mongodb://dana@host.example".to_owned(),
            database: "organization_management".to_owned(),
            last_opened_at: None,
            password_stored: true,
            has_signing_secret: false,
        }
    }

    fn app() -> tauri::App<tauri::test::MockRuntime> {
        tauri::test::mock_builder()
            .plugin(tauri_plugin_store::Builder::default().build())
            .build(tauri::test::mock_context(tauri::test::noop_assets()))
            .unwrap()
    }

    fn ids(profiles: &Profiles) -> Vec<String> {
        profiles.all().into_iter().map(|profile| profile.id).collect()
    }

    #[test]
    fn what_was_saved_is_there_for_the_next_run() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profiles.json");
        let installation = {
            let profiles = Profiles::open(app().handle(), &path).unwrap();
            profiles.save(profile("a")).unwrap();
            profiles.save(profile("b")).unwrap();
            profiles.save(Profile { name: "Renamed".to_owned(), ..profile("a") }).unwrap();
            profiles.installation().to_owned()
        };
        let next_run = Profiles::open(app().handle(), &path).unwrap();
        assert_eq!(ids(&next_run), ["a", "b"]);
        assert_eq!(next_run.find("a").unwrap().name, "Renamed");
        assert_eq!(
            next_run.installation(),
            installation,
            "secrets in the keychain are found under this name"
        );
        assert!(next_run.notices().is_empty(), "a whole file is no reason for a notice");
        assert!(next_run.remove("a").unwrap());
        assert_eq!(
            ids(&Profiles::open(app().handle(), &path).unwrap()),
            ["b"],
            "a removed profile came back"
        );
    }

    #[test]
    fn a_file_that_was_cut_off_is_kept_aside_and_its_whole_profiles_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profiles.json");
        {
            let profiles = Profiles::open(app().handle(), &path).unwrap();
            profiles.save(profile("a")).unwrap();
            profiles.save(profile("b")).unwrap();
        }
        let whole = std::fs::read_to_string(&path).unwrap();
        let damaged = &whole[..whole.find("\"id\": \"b\"").unwrap() + 5];
        std::fs::write(&path, damaged).unwrap();

        let profiles = Profiles::open(app().handle(), &path).unwrap();
        assert_eq!(ids(&profiles), ["a"], "the profile before the cut is whole");
        assert_eq!(profiles.notices().len(), 1, "the person must be told");
        let aside = folder.path().join("profiles.damaged-1.json");
        assert_eq!(std::fs::read_to_string(aside).unwrap(), damaged, "the damaged file must stay as it was");
        assert!(Profiles::open(app().handle(), &path).unwrap().notices().is_empty(), "told once");
    }

    #[test]
    fn one_damaged_profile_does_not_take_the_others_with_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profiles.json");
        {
            let profiles = Profiles::open(app().handle(), &path).unwrap();
            profiles.save(profile("a")).unwrap();
            profiles.save(profile("b")).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap().replacen("\"staging\"", "\"nowhere\"", 1);
        std::fs::write(&path, text).unwrap();
        let profiles = Profiles::open(app().handle(), &path).unwrap();
        assert_eq!(ids(&profiles), ["b"]);
        assert!(folder.path().join("profiles.damaged-1.json").exists());
    }

    #[test]
    fn an_empty_file_does_not_keep_the_program_from_starting() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("profiles.json");
        std::fs::write(&path, "").unwrap();
        let profiles = Profiles::open(app().handle(), &path).unwrap();
        profiles.save(profile("a")).unwrap();
        assert_eq!(ids(&Profiles::open(app().handle(), &path).unwrap()), ["a"]);
    }
}

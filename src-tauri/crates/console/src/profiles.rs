//! Saved connections: everything to open a workspace again, except its secrets.
//!
//! A shell's [`ProfileFile`] may truncate the file before it writes it, as `tauri-plugin-store` does. So a copy is
//! written whole beside it before each save, and read if the file is cut off.

mod check;
mod file;
mod migration;
mod model;
mod notice;
mod removed;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::folders::Owner;
use crate::identifiers::random_id;
use file::Found;

pub use check::{Checked, NAME_MAX, NOTES_MAX, Typed};

pub use model::{BUILT_IN, BuiltIn, KeeperChoice, MoveIntent, Profile, RecordAnchor, Settings};
pub use notice::ProfileNotice;
use removed::Removed;
pub use removed::UNDO_TIME;

/// The version of the file that Tenantry writes.
const VERSION: u64 = 2;
const VERSION_KEY: &str = "version";

/// The file of saved connections cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the connection profiles can't be written: {0}")]
pub struct ProfilesNotWritten(String);

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
enum OpenProblem {
    #[error("the connection profiles are of version {found}")]
    Newer { found: u64, installation: Option<String> },
    #[error("the connection profiles can't be read: {0}")]
    NotRead(#[from] std::io::Error),
    #[error(transparent)]
    NotWritten(#[from] ProfilesNotWritten),
}

/// The file of saved connections, as a shell or a console without one writes it.
pub trait ProfileFile: Send + Sync {
    /// Replaces the content. After a failure, the earlier content is the one that is written from then on.
    ///
    /// # Errors
    /// A sentence for the log.
    fn write(&self, content: &Map<String, Value>) -> Result<(), String>;
}

/// Opens the file at a path, once it is known to be whole.
pub type OpenProfileFile<'a> = &'a dyn Fn(&Path) -> Result<Box<dyn ProfileFile>, String>;

/// A file that only this crate writes.
pub struct PlainFile(PathBuf);

impl PlainFile {
    /// The file at this path.
    ///
    /// # Errors
    /// None.
    pub fn open(path: &Path) -> Result<Box<dyn ProfileFile>, String> {
        Ok(Box::new(Self(path.to_owned())))
    }
}

impl ProfileFile for PlainFile {
    fn write(&self, content: &Map<String, Value>) -> Result<(), String> {
        let bytes = serde_json::to_vec_pretty(content).map_err(|error| error.to_string())?;
        file::write_whole(&self.0, &bytes).map_err(|error| error.to_string())
    }
}

/// The file on the disk, and the copy beside it.
struct FileOnDisk {
    file: Box<dyn ProfileFile>,
    path: PathBuf,
}

impl FileOnDisk {
    fn write(&self, content: &Map<String, Value>) -> Result<(), String> {
        let bytes = serde_json::to_vec_pretty(content).map_err(|error| error.to_string())?;
        if bytes.len() > file::FILE_MAX {
            return Err("they are more than the next start would read".to_owned());
        }
        let copy = file::copy_of(&self.path);
        let before = std::fs::read(&copy).ok();
        file::write_whole(&copy, &bytes).map_err(|error| error.to_string())?;
        let written = self.file.write(content);
        if written.is_err() {
            // The next run must not read a refused content.
            let restored = match before {
                Some(before) => file::write_whole(&copy, &before),
                None => std::fs::remove_file(&copy),
            };
            tracing::warn!(restored = restored.is_ok(), "the connection profiles were not written");
        }
        written.and_then(|()| make_private_and_lasting(&self.path).map_err(|error| error.to_string()))
    }
}

fn make_private_and_lasting(path: &Path) -> std::io::Result<()> {
    let file = std::fs::File::options().write(true).open(path)?;
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    file.sync_all()
}

/// The saved connections.
pub struct Profiles {
    /// `None` if no file can be used.
    file: Option<FileOnDisk>,
    content: Mutex<Content>,
    notices: Vec<ProfileNotice>,
    /// Says whether the file is still this process's, if its file system has no locks.
    owner: Option<Arc<Owner>>,
}

/// The content of the file.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    installation: String,
    profiles: Vec<Profile>,
    removed: Vec<Removed>,
    built_in: BuiltIn,
    settings: Settings,
}

impl Profiles {
    /// Reads the file, or starts a new one. Puts a damaged file aside and uses what is readable; keeps an older one
    /// beside the new one.
    fn open(path: &Path, open_file: OpenProfileFile<'_>) -> Result<Self, OpenProblem> {
        let mut found = Found::read(path)?;
        if found.content.installation.is_empty() {
            found.content.installation = random_id();
        }
        // Opened only now: it would take a damaged file for an empty one and overwrite it.
        let file = open_file(path).map_err(ProfilesNotWritten)?;
        let profiles = Self {
            file: Some(FileOnDisk { file, path: path.to_owned() }),
            content: Mutex::new(found.content),
            notices: found.notices,
            owner: None,
        };
        profiles.write(&profiles.content())?;
        Ok(profiles)
    }

    /// Reads the file, or starts a new one. Without a usable file, the program works with none and says so.
    pub fn open_or_do_without(path: &Path, open_file: OpenProfileFile<'_>) -> Self {
        Self::open(path, open_file).unwrap_or_else(|problem| {
            tracing::error!(error = %problem, "working without connection profiles");
            let path = path.display().to_string();
            let (notice, installation) = match problem {
                OpenProblem::Newer { installation, .. } => (ProfileNotice::Newer { path }, installation),
                OpenProblem::NotRead(_) | OpenProblem::NotWritten(_) => {
                    (ProfileNotice::Unusable { path }, None)
                }
            };
            let installation = installation.unwrap_or_else(random_id);
            Self::without_file(Content { installation, ..Content::default() }, notice)
        })
    }

    /// Leaves the file to another process that uses it: each of the two would overwrite the other's content, and once
    /// more when it ends. Reads only what is needed to find the built-in workspace's secrets.
    pub fn left_to_another_program(path: &Path) -> Self {
        // The file itself may be cut off right now.
        let Content { installation, settings, .. } =
            file::last_good_copy(path).ok().flatten().unwrap_or_default();
        let installation = if installation.is_empty() { random_id() } else { installation };
        // The other process finishes a move of secrets.
        let settings = Settings { secret_move: None, ..settings };
        let notice = ProfileNotice::InUse { path: path.display().to_string() };
        Self::without_file(Content { installation, settings, ..Content::default() }, notice)
    }

    fn without_file(content: Content, notice: ProfileNotice) -> Self {
        Self { file: None, content: Mutex::new(content), notices: vec![notice], owner: None }
    }

    /// Writes only while the folder is still its owner's.
    #[must_use]
    pub fn while_owned_by(self, owner: Arc<Owner>) -> Self {
        Self { owner: Some(owner), ..self }
    }

    /// Whether all connections are known. Without a file nobody knows whose secrets are still needed.
    pub fn are_known(&self) -> bool {
        self.file.is_some()
    }

    /// The random name that separates this list's entries in the keychain from others.
    pub fn installation(&self) -> String {
        self.content().installation
    }

    /// What a person should know about the file.
    pub fn notices(&self) -> &[ProfileNotice] {
        &self.notices
    }

    /// All connections, in the order in which people arranged them.
    pub fn all(&self) -> Vec<Profile> {
        self.content().profiles
    }

    /// The connection with this id.
    pub fn find(&self, id: &str) -> Option<Profile> {
        self.content().profiles.into_iter().find(|profile| profile.id == id)
    }

    /// Ids that may have secrets: of all connections, and of those that were removed a moment ago.
    pub fn ids_with_removed(&self) -> Vec<String> {
        let Content { profiles, removed, .. } = self.content();
        profiles.into_iter().chain(removed.into_iter().map(|removed| removed.profile)).map(|p| p.id).collect()
    }

    /// The note about the built-in workspace.
    pub fn built_in(&self) -> BuiltIn {
        self.content().built_in
    }

    /// The choices for the whole program.
    pub fn settings(&self) -> Settings {
        self.content().settings
    }

    /// Saves a connection in place of the one with its id, otherwise at the end.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn save(&self, profile: Profile) -> Result<(), ProfilesNotWritten> {
        self.change(|content| match content.position(&profile.id) {
            Some(position) => content.profiles[position] = profile,
            None => content.profiles.push(profile),
        })
    }

    /// Adds connections at the end, all of them or none.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn add_all(&self, profiles: Vec<Profile>) -> Result<(), ProfilesNotWritten> {
        self.change(|content| content.profiles.extend(profiles))
    }

    /// Adds a connection right behind another one.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn add_behind(&self, id: &str, profile: Profile) -> Result<(), ProfilesNotWritten> {
        self.change(|content| {
            let place = content.position(id).map_or(content.profiles.len(), |position| position + 1);
            content.profiles.insert(place, profile);
        })
    }

    /// Changes a connection as it is now, since it may have changed after it was read. Returns it afterwards; `None` if
    /// none has this id.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn change_profile(
        &self,
        id: &str,
        change: impl FnOnce(&mut Profile),
    ) -> Result<Option<Profile>, ProfilesNotWritten> {
        self.change(|content| {
            let position = content.position(id)?;
            let profile = content.profiles.get_mut(position)?;
            change(profile);
            Some(profile.clone())
        })
    }

    /// Changes several connections in one write.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn change_each(&self, change: impl FnMut(&mut Profile)) -> Result<(), ProfilesNotWritten> {
        self.change(|content| content.profiles.iter_mut().for_each(change))
    }

    /// Puts connections into this order. Unknown ids are skipped; connections that are not named stay behind the
    /// others.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn arrange(&self, ids: &[String]) -> Result<(), ProfilesNotWritten> {
        let place = |profile: &Profile| ids.iter().position(|id| *id == profile.id).unwrap_or(ids.len());
        self.change(|content| content.profiles.sort_by_key(place))
    }

    /// Notes when the built-in workspace was opened.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn save_built_in(&self, built_in: BuiltIn) -> Result<(), ProfilesNotWritten> {
        self.change(|content| content.built_in = built_in)
    }

    /// Changes the choices for the whole program.
    ///
    /// # Errors
    /// The file cannot be written; nothing is changed then.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<(), ProfilesNotWritten> {
        self.change(|content| change(&mut content.settings))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Content) -> T) -> Result<T, ProfilesNotWritten> {
        let mut content = self.content.lock();
        let mut changed = content.clone();
        let answer = change(&mut changed);
        self.write(&changed)?;
        *content = changed;
        Ok(answer)
    }

    fn write(&self, content: &Content) -> Result<(), ProfilesNotWritten> {
        let value = serde_json::to_value(content).map_err(|error| ProfilesNotWritten(error.to_string()))?;
        let Value::Object(mut content) = value else {
            return Err(ProfilesNotWritten("the content is no object".to_owned()));
        };
        content.insert(VERSION_KEY.to_owned(), Value::from(VERSION));
        if self.owner.as_ref().is_some_and(|owner| !owner.is_still_ours()) {
            return Err(ProfilesNotWritten("another program works with them".to_owned()));
        }
        let file = self.file.as_ref().ok_or_else(|| ProfilesNotWritten("there is no file".to_owned()))?;
        file.write(&content).map_err(ProfilesNotWritten)
    }

    fn content(&self) -> Content {
        self.content.lock().clone()
    }
}

/// A free name for a copy: "Name (copy)", "Name (copy 2)", cut if it would be too long.
pub fn copy_name(name: &str, taken: &[String]) -> String {
    let cut = |suffix: &str| {
        let room = NAME_MAX.saturating_sub(suffix.chars().count());
        format!("{}{suffix}", name.chars().take(room).collect::<String>().trim_end())
    };
    let first = cut(" (copy)");
    let numbered = (2_u32..).map(|number| cut(&format!(" (copy {number})")));
    std::iter::once(first.clone()).chain(numbered).find(|name| !taken.contains(name)).unwrap_or(first)
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

//! Saved connection profiles: what is needed to open a workspace again, but for its secrets.
//!
//! A shell's [`ProfileFile`] may truncate the file before it writes it, as `tauri-plugin-store` does. So a copy is written
//! whole, beside it, before each save, and read when the file is cut off.

mod check;
mod file;
mod migration;
mod model;
mod notice;
mod removed;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use serde_json::{Map, Value};

use crate::folders::Owner;
use crate::identifiers::random_id;
use file::Found;

pub use check::{Checked, NAME_MAX, NOTES_MAX, Typed};
pub use tenantry_core::records::{Access, Environment};

pub use model::{BUILT_IN, BuiltIn, KeeperChoice, MoveIntent, Profile, Settings};
pub use notice::ProfileNotice;
use removed::Removed;
pub use removed::UNDO_TIME;

/// The version of the file that this program writes.
const VERSION: u64 = 2;
const VERSION_KEY: &str = "version";

/// The profiles can't be written.
#[derive(Debug, thiserror::Error)]
#[error("the connection profiles can't be written: {0}")]
pub struct ProfilesNotWritten(String);

/// The file can't be used.
#[derive(Debug, thiserror::Error)]
enum OpenProblem {
    #[error("the connection profiles are of version {found}")]
    Newer { found: u64, installation: Option<String> },
    #[error("the connection profiles can't be read: {0}")]
    NotRead(#[from] std::io::Error),
    #[error(transparent)]
    NotWritten(#[from] ProfilesNotWritten),
}

/// The document of saved profiles, as a shell or a console without one writes it.
pub trait ProfileFile: Send + Sync {
    /// Replaces the content. When that fails, the earlier content is the one that is written from then on.
    ///
    /// # Errors
    /// A sentence for the log.
    fn write(&self, content: &Map<String, Value>) -> Result<(), String>;
}

/// Opens the document at a path, once it is known to be whole.
pub type OpenProfileFile<'a> = &'a dyn Fn(&Path) -> Result<Box<dyn ProfileFile>, String>;

/// A document that is written by this crate alone.
pub struct PlainFile(PathBuf);

impl PlainFile {
    /// The document at this path.
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

/// A document on the disk, and the copy beside it.
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
            // The next run must not read what was refused.
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

/// Saved connection profiles.
pub struct Profiles {
    /// `None` where none can be used.
    file: Option<FileOnDisk>,
    content: Mutex<Content>,
    notices: Vec<ProfileNotice>,
    /// Says whether the file is still this program's, where its file system has no locks.
    owner: Option<Arc<Owner>>,
}

/// What is in the file.
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
    /// Reads the file, or starts a new one. A damaged file is kept aside, and what can still be read of it is used; an
    /// older one is kept beside the new one.
    fn open(path: &Path, open_file: OpenProfileFile<'_>) -> Result<Self, OpenProblem> {
        let mut found = Found::read(path)?;
        if found.content.installation.is_empty() {
            found.content.installation = random_id();
        }
        // Opened only now: it would take a damaged file for an empty one and write over it.
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

    /// Reads the file, or starts a new one. Without a file that can be used, the program works with none and says so.
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

    /// Leaves the file to another program that works with it: each of the two would write its own content over the
    /// other's, once more when it ends. What is needed to find the built-in workspace's secrets is read.
    pub fn left_to_another_program(path: &Path) -> Self {
        // The file itself may be cut off right now.
        let Content { installation, settings, .. } =
            file::last_good_copy(path).ok().flatten().unwrap_or_default();
        let installation = if installation.is_empty() { random_id() } else { installation };
        // A move of secrets is the other program's to finish.
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

    /// Whether all profiles are known. Without a file nobody knows whose secrets are still needed.
    pub fn are_known(&self) -> bool {
        self.file.is_some()
    }

    /// The random name that sets this list's entries in the keychain apart from others.
    pub fn installation(&self) -> String {
        self.content().installation
    }

    /// What a person should know about the file.
    pub fn notices(&self) -> &[ProfileNotice] {
        &self.notices
    }

    /// All profiles, in the order in which people arranged them.
    pub fn all(&self) -> Vec<Profile> {
        self.content().profiles
    }

    /// The profile with this id.
    pub fn find(&self, id: &str) -> Option<Profile> {
        self.content().profiles.into_iter().find(|profile| profile.id == id)
    }

    /// Ids of everything that may have secrets: all profiles, and those that were removed a moment ago.
    pub fn ids_with_removed(&self) -> Vec<String> {
        let Content { profiles, removed, .. } = self.content();
        profiles.into_iter().chain(removed.into_iter().map(|removed| removed.profile)).map(|p| p.id).collect()
    }

    /// What is noted of the built-in workspace.
    pub fn built_in(&self) -> BuiltIn {
        self.content().built_in
    }

    /// What people chose for the whole program.
    pub fn settings(&self) -> Settings {
        self.content().settings
    }

    /// Saves a profile, in place of the one with its id, else behind all others.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn save(&self, profile: Profile) -> Result<(), ProfilesNotWritten> {
        self.change(|content| match content.position(&profile.id) {
            Some(position) => content.profiles[position] = profile,
            None => content.profiles.push(profile),
        })
    }

    /// Adds profiles behind all others, all of them or none.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn add_all(&self, profiles: Vec<Profile>) -> Result<(), ProfilesNotWritten> {
        self.change(|content| content.profiles.extend(profiles))
    }

    /// Adds a profile right behind another one.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn add_behind(&self, id: &str, profile: Profile) -> Result<(), ProfilesNotWritten> {
        self.change(|content| {
            let place = content.position(id).map_or(content.profiles.len(), |position| position + 1);
            content.profiles.insert(place, profile);
        })
    }

    /// Changes what is noted of a profile, as it is now: somebody else may have changed it since it was read. Answers
    /// it as it is afterwards; `None` when there is none with this id.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
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

    /// Changes what is noted of several profiles, in one write.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn change_each(&self, change: impl FnMut(&mut Profile)) -> Result<(), ProfilesNotWritten> {
        self.change(|content| content.profiles.iter_mut().for_each(change))
    }

    /// Puts profiles in this order. Ids of none are passed over; profiles that are not named stay behind the others.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn arrange(&self, ids: &[String]) -> Result<(), ProfilesNotWritten> {
        let place = |profile: &Profile| ids.iter().position(|id| *id == profile.id).unwrap_or(ids.len());
        self.change(|content| content.profiles.sort_by_key(place))
    }

    /// Notes when the built-in workspace was opened.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn save_built_in(&self, built_in: BuiltIn) -> Result<(), ProfilesNotWritten> {
        self.change(|content| content.built_in = built_in)
    }

    /// Changes what people chose for the whole program.
    ///
    /// # Errors
    /// The file can't be written; nothing is changed then.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) -> Result<(), ProfilesNotWritten> {
        self.change(|content| change(&mut content.settings))
    }

    fn change<T>(&self, change: impl FnOnce(&mut Content) -> T) -> Result<T, ProfilesNotWritten> {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
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
        self.content.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A name for a copy that no other profile has: "Name (copy)", "Name (copy 2)", cut where it would be too long.
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

//! Files that Tenantry writes for a person: chosen in Rust, written beside their place and moved there whole.

mod unfinished;

use parking_lot::Mutex;
pub use unfinished::{UnfinishedFiles, remove_parts_in};

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::{NamedTempFile, PersistError};
use tenantry_core::error::FileProblem;

use crate::identifiers::random_id;

/// Places that exports can go to, and files that they went to. The web view knows a place by a random token and cannot
/// name a path.
#[derive(Debug, Default)]
pub struct ExportFiles {
    chosen: Mutex<HashMap<String, Target>>,
    written: Mutex<HashSet<PathBuf>>,
}

/// A place that an export can go to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The path.
    pub path: PathBuf,
    /// Whether a person agreed to replace an existing file.
    pub may_replace: bool,
}

impl ExportFiles {
    /// Takes a place and returns its token.
    pub fn choose(&self, target: Target) -> String {
        let token = random_id();
        self.chosen.lock().insert(token.clone(), target);
        token
    }

    /// The place of a token.
    pub fn target(&self, token: &str) -> Option<Target> {
        self.chosen.lock().get(token).cloned()
    }

    /// Notes that an export is done: its place is used up, its file can be revealed.
    pub fn note_written(&self, token: &str, path: &Path) {
        self.chosen.lock().remove(token);
        self.written.lock().insert(path.to_owned());
    }

    /// Notes a file that can be revealed.
    pub fn note_shown(&self, path: &Path) {
        self.written.lock().insert(path.to_owned());
    }

    /// Whether Tenantry wrote the file in this run.
    pub fn was_written(&self, path: &Path) -> bool {
        self.written.lock().contains(path)
    }
}

/// Files with connections that a person chose in this run. The web view cannot name any other.
#[derive(Debug, Default)]
pub struct ConnectionFiles {
    imports: Mutex<HashSet<PathBuf>>,
    exports: Mutex<HashMap<PathBuf, Target>>,
}

impl ConnectionFiles {
    /// Takes a file that a person chose to import.
    pub fn choose_import(&self, path: &Path) {
        self.imports.lock().insert(path.to_owned());
    }

    /// Whether a person chose this file.
    pub fn may_import(&self, path: &Path) -> bool {
        self.imports.lock().contains(path)
    }

    /// Takes a place that a person chose to export to.
    pub fn choose_export(&self, target: Target) {
        let mut exports = self.exports.lock();
        exports.insert(target.path.clone(), target);
    }

    /// A place that a person chose.
    pub fn target(&self, path: &Path) -> Option<Target> {
        self.exports.lock().get(path).cloned()
    }

    /// Notes that an export is done: its place is used up.
    pub fn note_written(&self, path: &Path) {
        self.exports.lock().remove(path);
    }
}

/// A file in progress: written under another name beside its place, readable by this user only, removed when dropped.
#[derive(Debug)]
pub struct PendingFile {
    // Dropped in this order: the note is needed while the file exists.
    file: NamedTempFile,
    note: Option<unfinished::Note>,
    target: Target,
}

/// The beginning and the end of a file name in progress.
const PART: (&str, &str) = (".tenantry-", ".part");

/// Creates files with such a name.
pub fn part_builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PART.0).suffix(PART.1);
    builder
}

/// Whether this is such a name.
fn is_part(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(PART.0) && name.ends_with(PART.1))
}

impl PendingFile {
    /// Starts a file beside its place, so that moving it later never crosses disks.
    ///
    /// # Errors
    /// `Exists` if a file is there that must not be replaced, before anything is written; `Missing`, `Denied`, `Full`,
    /// `Other`.
    pub fn start(target: Target) -> Result<Self, FileProblem> {
        Self::start_with(target, unfinished::make_private)
    }

    fn start_with(target: Target, make: impl FnMut(&Path) -> io::Result<File>) -> Result<Self, FileProblem> {
        if !target.may_replace && target.path.exists() {
            return Err(FileProblem::Exists);
        }
        let folder = target.path.parent().ok_or(FileProblem::Missing)?;
        let file = part_builder().make_in(folder, make).map_err(|error| FileProblem::from(&error))?;
        Ok(Self { file, note: None, target })
    }

    /// The writer for the content.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn writer(&self) -> Result<Box<dyn Write + Send>, FileProblem> {
        Ok(Box::new(self.file.reopen().map_err(|error| FileProblem::from(&error))?))
    }

    /// The place that it will have.
    pub fn path(&self) -> &Path {
        &self.target.path
    }

    /// What was written, from its beginning, once it is on the disk.
    ///
    /// # Errors
    /// Those of the operating system.
    pub fn read_back(&self) -> Result<File, FileProblem> {
        self.file.as_file().sync_all().map_err(|error| FileProblem::from(&error))?;
        self.file.reopen().map_err(|error| FileProblem::from(&error))
    }

    /// Moves the whole file to its place; returns its size in bytes.
    ///
    /// # Errors
    /// `Exists` if a file has appeared there that must not be replaced; `Denied`, `Full`, `Other`.
    pub fn finish(self) -> Result<u64, FileProblem> {
        let problem = |error: &io::Error| FileProblem::from(error);
        // Synced before it gets its name: a power cut leaves the old file or the new one, not half of one.
        self.file.as_file().sync_all().map_err(|error| problem(&error))?;
        let bytes = self.file.as_file().metadata().map_err(|error| problem(&error))?.len();
        let moved = if self.target.may_replace {
            self.file.persist(&self.target.path).map(drop).map_err(|failed| failed.error)
        } else {
            place_new(self.file, &self.target.path)
        };
        moved.map_err(|error| problem(&error))?;
        Ok(bytes)
    }
}

/// Moves a file to a free name. A share without conditional renames and hard links gets a look before the rename: a
/// file that another program creates in that moment is lost, but without it a person could not save there at all.
///
/// # Errors
/// `AlreadyExists` if the name is taken; those of the operating system.
pub fn place_new(file: NamedTempFile, path: &Path) -> io::Result<()> {
    place_new_by(file, path, |file, path| file.persist_noclobber(path).map(drop))
}

/// Moves a file to a free name: the operating system's function, or in tests that of a file system without one.
type MoveToFreeName = fn(NamedTempFile, &Path) -> Result<(), PersistError>;

fn place_new_by(file: NamedTempFile, path: &Path, move_to_free_name: MoveToFreeName) -> io::Result<()> {
    let failed = match move_to_free_name(file, path) {
        Ok(()) => return Ok(()),
        Err(failed) if failed.error.kind() == io::ErrorKind::AlreadyExists => return Err(failed.error),
        Err(failed) => failed,
    };
    // Whatever the error was: "unsupported" has another number on each system, and a true refusal comes again. The look
    // does not follow links: a dangling one would be replaced.
    match path.symlink_metadata() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            failed.file.persist(path).map(drop).map_err(|failed| failed.error)
        }
        Err(error) => Err(error),
        Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
    }
}

/// What a save dialog answered. It has asked before an existing file is replaced; for the ending that is added here it
/// has not. Only the expected ending counts as one: a dot may stand in any name, as in a date.
pub fn confirmed(chosen: PathBuf, ending: &str) -> Target {
    let found = chosen.extension().and_then(|extension| extension.to_str());
    if found.is_some_and(|found| found.eq_ignore_ascii_case(ending)) {
        let may_replace = chosen.exists();
        return Target { path: chosen, may_replace };
    }
    let mut path = chosen.into_os_string();
    path.push(".");
    path.push(ending);
    Target { path: path.into(), may_replace: false }
}

/// Brings the names in a folder to the disk, so that a power cut does not take away a file that was just put there. A
/// file system that can't, as on some shares, is left to itself.
///
/// # Errors
/// Those of the operating system.
pub fn sync_folder(folder: &Path) -> Result<(), FileProblem> {
    #[cfg(unix)]
    {
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        match synced {
            Err(error)
                if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
            {
                return Err(FileProblem::from(&error));
            }
            Ok(()) | Err(_) => {}
        }
    }
    // Windows writes them with the file's own data, and has no call for a folder.
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// A name for a file, from a stored name that may have anything in it: none of it leads to another folder.
pub fn file_name(stored: &str) -> String {
    let is_plain = |character: &char| character.is_ascii_alphanumeric() || ['-', '_'].contains(character);
    stored.chars().take(120).map(|character| if is_plain(&character) { character } else { '_' }).collect()
}

/// A free name in a folder: `name.extension`, otherwise with a number.
pub fn free_path(folder: &Path, name: &str, extension: &str) -> PathBuf {
    let first = folder.join(format!("{name}.{extension}"));
    if !first.exists() {
        return first;
    }
    (2_u32..)
        .map(|number| folder.join(format!("{name}-{number}.{extension}")))
        .find(|path| !path.exists())
        .unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(target: Target, content: &str) -> Result<u64, FileProblem> {
        let pending = PendingFile::start(target)?;
        pending.writer()?.write_all(content.as_bytes()).unwrap();
        pending.finish()
    }

    #[test]
    fn a_finished_file_is_whole_and_readable_by_its_user_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("organizations.csv");
        assert_eq!(write(Target { path: path.clone(), may_replace: false }, "a,b"), Ok(3));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a,b");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "it lists every admin's address");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a part of it was left behind");
    }

    #[test]
    fn a_file_that_is_dropped_half_way_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("organizations.csv");
        std::fs::write(&path, "old").unwrap();
        let pending = PendingFile::start(Target { path: path.clone(), may_replace: true }).unwrap();
        pending.writer().unwrap().write_all(b"half").unwrap();
        drop(pending);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old", "a cancelled export damaged the old file");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_nobody_agreed_to_replace_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("organizations.csv");
        let target = Target { path: path.clone(), may_replace: false };
        let pending = PendingFile::start(target.clone()).unwrap();
        std::fs::write(&path, "came meanwhile").unwrap();
        assert_eq!(pending.finish(), Err(FileProblem::Exists));
        assert!(
            matches!(PendingFile::start(target), Err(FileProblem::Exists)),
            "known before anything is written"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "came meanwhile");
    }

    /// The error of a share without conditional renames and hard links. Each system and file system has its own number
    /// for it.
    fn without_flags_and_links(file: NamedTempFile, _path: &Path) -> Result<(), PersistError> {
        Err(PersistError { error: io::Error::from(io::ErrorKind::PermissionDenied), file })
    }

    #[test]
    fn a_stored_name_leads_to_no_other_folder() {
        assert_eq!(file_name("org_acme-2"), "org_acme-2");
        assert_eq!(file_name("org_../../etc/passwd"), "org_______etc_passwd");
        assert_eq!(file_name("org_ C:\\x\0\u{202e}"), "org__C__x__");
        assert_eq!(file_name(&"x".repeat(500)).len(), 120, "a disk takes it");
    }

    fn part_in(folder: &Path, content: &str) -> NamedTempFile {
        let mut file = part_builder().tempfile_in(folder).unwrap();
        file.write_all(content.as_bytes()).unwrap();
        file
    }

    #[test]
    fn a_share_that_can_only_rename_gets_the_file_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("organizations.csv");
        let file = part_in(folder.path(), "a,b");
        place_new_by(file, &path, without_flags_and_links).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "a,b");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "a part of it was left behind");
    }

    #[test]
    fn a_share_that_can_only_rename_keeps_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("organizations.csv");
        let place = || {
            let file = part_in(folder.path(), "new");
            place_new_by(file, &path, without_flags_and_links).map_err(|error| error.kind())
        };
        std::fs::write(&path, "old").unwrap();
        assert_eq!(place(), Err(io::ErrorKind::AlreadyExists));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "old");
        std::fs::remove_file(&path).unwrap();
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path().join("gone"), &path).unwrap();
            assert_eq!(place(), Err(io::ErrorKind::AlreadyExists), "a link to nothing is something");
        }
    }

    #[test]
    fn a_folder_that_refuses_a_file_is_told_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let file = part_in(folder.path(), "new");
        let path = folder.path().join("gone").join("organizations.csv");
        let refused = place_new_by(file, &path, without_flags_and_links).map_err(|error| error.kind());
        assert_eq!(refused, Err(io::ErrorKind::NotFound), "what the rename itself was refused for");
    }

    #[test]
    fn what_a_killed_program_could_not_finish_is_removed_at_the_next_start() {
        let (folder, own) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let files = || std::fs::read_dir(folder.path()).unwrap().count();
        let notes = || std::fs::read_dir(own.path().join("unfinished")).unwrap().count();
        let unfinished = UnfinishedFiles::of(own.path().join("unfinished"));
        let target = |name| Target { path: folder.path().join(name), may_replace: false };
        unfinished.start(target("whole.csv")).unwrap().finish().unwrap();
        drop(unfinished.start(target("cancelled.csv")).unwrap());
        assert_eq!((files(), notes()), (1, 0), "what came to an end needs no note");

        std::mem::forget(unfinished.start(target("killed.csv")).unwrap());
        assert_eq!((files(), notes()), (2, 1), "nothing is there to be removed");
        let stranger = folder.path().join("mine.csv");
        std::fs::write(&stranger, "a person's own").unwrap();
        std::fs::write(own.path().join("unfinished/odd"), serde_json::to_vec(&stranger).unwrap()).unwrap();
        std::fs::write(own.path().join("unfinished/damaged"), "{").unwrap();
        unfinished.remove_leftovers();
        assert_eq!((files(), notes()), (2, 0));
        assert!(stranger.exists() && folder.path().join("whole.csv").exists());
    }

    #[test]
    fn the_programs_own_folders_are_cleared_of_parts_and_of_nothing_else() {
        let own = tempfile::tempdir().unwrap();
        std::fs::write(own.path().join(".tenantry-abc.part"), "half").unwrap();
        std::fs::write(own.path().join("profiles.json"), "{}").unwrap();
        std::fs::write(own.path().join("other.part"), "").unwrap();
        remove_parts_in(own.path());
        assert!(!own.path().join(".tenantry-abc.part").exists());
        assert_eq!(std::fs::read_dir(own.path()).unwrap().count(), 2);
        remove_parts_in(&own.path().join("gone"));
    }

    #[test]
    fn a_missing_folder_is_told_as_such() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("gone").join("organizations.csv");
        assert!(matches!(PendingFile::start(Target { path, may_replace: true }), Err(FileProblem::Missing)));
    }

    #[test]
    fn a_suggested_name_is_free() {
        let folder = tempfile::tempdir().unwrap();
        for expected in ["organizations.csv", "organizations-2.csv", "organizations-3.csv"] {
            let path = free_path(folder.path(), "organizations", "csv");
            assert_eq!(path, folder.path().join(expected));
            std::fs::write(path, "").unwrap();
        }
    }

    #[test]
    fn only_files_of_this_run_can_be_shown() {
        let files = ExportFiles::default();
        let path = PathBuf::from("/somewhere/organizations.csv");
        let token = files.choose(Target { path: path.clone(), may_replace: false });
        assert!(!files.was_written(&path), "chosen is not written");
        files.note_written(&token, &path);
        assert!(files.was_written(&path));
        assert_eq!(files.target(&token), None, "a place is good for one export");
    }

    #[test]
    fn replacing_is_agreed_to_only_for_the_very_file_that_the_dialog_asked_about() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("organizations.csv");
        std::fs::write(&path, "old").unwrap();
        assert!(confirmed(path.clone(), "csv").may_replace, "the dialog asked about it");
        let added = confirmed(folder.path().join("organizations"), "csv");
        assert_eq!(added, Target { path, may_replace: false }, "the dialog asked about another name");
        assert!(
            !confirmed(folder.path().join("new.csv"), "csv").may_replace,
            "nothing was there to agree to"
        );
    }

    #[test]
    fn only_the_expected_ending_counts_as_one() {
        let name = |chosen: &str, ending| {
            let path = confirmed(Path::new("/somewhere").join(chosen), ending).path;
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(name("organizations 28.11.2026", "csv"), "organizations 28.11.2026.csv");
        assert_eq!(name("organizations.v2", "xlsx"), "organizations.v2.xlsx");
        assert_eq!(name("organizations.csv", "json"), "organizations.csv.json");
        assert_eq!(name("ORGANIZATIONS.CSV", "csv"), "ORGANIZATIONS.CSV");
        assert_eq!(name("organizations", "ndjson"), "organizations.ndjson");
        assert_eq!(name(".csv", "csv"), ".csv.csv", "a name of a dot and an ending is a name");
    }
}

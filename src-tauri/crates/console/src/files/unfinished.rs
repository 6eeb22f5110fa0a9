//! Files in progress. A killed process leaves half a file under a hidden name in a person's folder; a note about it,
//! made before the file, lets the next start remove it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use tenantry_core::error::FileProblem;

use super::{PendingFile, Target, is_part};
use crate::folders::Folders;
use crate::identifiers::random_id;

/// Notes about files in progress.
#[derive(Debug)]
pub struct UnfinishedFiles {
    folder: PathBuf,
}

/// The note about one file, removed when this is dropped.
#[derive(Debug)]
pub(super) struct Note(PathBuf);

impl Drop for Note {
    fn drop(&mut self) {
        // A remaining note names a missing file: the next start finds nothing to remove.
        let _ = fs::remove_file(&self.0);
    }
}

impl UnfinishedFiles {
    /// The notes in this folder.
    pub fn of(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Starts a file beside its place, noted until it is finished or dropped.
    ///
    /// # Errors
    /// Those of [`PendingFile::start`].
    pub fn start(&self, target: Target) -> Result<PendingFile, FileProblem> {
        let mut note = None;
        let mut pending = PendingFile::start_with(target, |path| {
            // The file that a person asked for is written even without a note.
            note = self.note(path).inspect_err(|error| tracing::warn!(%error, "an export is not noted")).ok();
            make_private(path)
        })?;
        pending.note = note;
        Ok(pending)
    }

    /// Removes what an earlier run could not finish. Call it before any file is started, from the only process that
    /// uses this folder.
    pub fn remove_leftovers(&self) {
        for note in entries(&self.folder) {
            let left = fs::read(&note).ok().and_then(|text| serde_json::from_slice::<PathBuf>(&text).ok());
            // Whatever the note says, only a file with such a name is removed.
            if let Some(left) = left.filter(|left| is_part(left)) {
                remove(&left);
            }
            remove(&note);
        }
    }

    fn note(&self, file: &Path) -> io::Result<Note> {
        Folders::make_private(&self.folder)?;
        let note = self.folder.join(random_id());
        fs::write(&note, serde_json::to_vec(file)?)?;
        Ok(Note(note))
    }
}

/// Removes what an earlier run could not finish in one of Tenantry's own folders. Under the same conditions.
pub fn remove_parts_in(folder: &Path) {
    entries(folder).filter(|path| is_part(path)).for_each(|path| remove(&path));
}

/// A new file that nobody else can read.
pub(super) fn make_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

fn remove(path: &Path) {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => tracing::warn!(%error, "what an earlier run left behind stays there"),
    }
}

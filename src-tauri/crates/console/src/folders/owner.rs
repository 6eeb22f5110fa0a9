//! The owner of a data folder whose file system has no locks: a note that only one process can create, rewritten every
//! half minute.
//!
//! It is weaker than a lock: a process that does not write for two minutes, because its computer sleeps, counts as
//! gone. So the owner checks that the note is still its own before it writes anything that the next owner would have to
//! know.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::identifiers::random_id;

const FILE: &str = "tenantry.owner";
const BEAT_EVERY: Duration = Duration::from_secs(30);
/// A process that has not written for this long is gone.
const GONE_AFTER: Duration = Duration::from_secs(120);
/// The time between creating the file and checking that it is still there, in case two processes cleared the way for
/// each other.
const SECOND_LOOK: Duration = Duration::from_millis(50);

/// The hold on a data folder. It ends with this value.
#[derive(Debug)]
pub struct Owner {
    path: PathBuf,
    note: String,
    /// Dropped to stop the rewriting.
    _beat: Sender<()>,
}

impl Owner {
    /// Claims a folder; `None` if another process works in it.
    pub(super) fn claim(folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(FILE);
        let note = format!("{}\n{}\n{}\n", machine(), std::process::id(), random_id());
        if !make(&path, &note)? {
            let there = fs::read_to_string(&path).unwrap_or_default();
            if !is_abandoned(folder, &path, &there)? || !clear(folder, &path, &there)? || !make(&path, &note)?
            {
                return Ok(None);
            }
        }
        std::thread::sleep(SECOND_LOOK);
        if !says(&path, &note) {
            return Ok(None);
        }
        let (beat, stop) = channel();
        let (kept, own) = (path.clone(), note.clone());
        let beating = move || {
            while stop.recv_timeout(BEAT_EVERY) == Err(RecvTimeoutError::Timeout) {
                // Not truncated first: a moment without a note would look like no owner.
                let written = says(&kept, &own)
                    .then(|| OpenOptions::new().write(true).open(&kept))
                    .is_some_and(|file| file.and_then(|mut file| file.write_all(own.as_bytes())).is_ok());
                if !written {
                    tracing::warn!("the data folder could not be claimed again");
                }
            }
        };
        std::thread::Builder::new().name("owner".to_owned()).spawn(beating)?;
        Ok(Some(Self { path, note, _beat: beat }))
    }

    /// Whether nobody has taken the folder over since.
    pub fn is_still_ours(&self) -> bool {
        says(&self.path, &self.note)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if self.is_still_ours() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn says(path: &Path, note: &str) -> bool {
    fs::read_to_string(path).is_ok_and(|there| there == note)
}

/// Returns whether it was created: an existing note stays.
fn make(path: &Path, note: &str) -> io::Result<bool> {
    match OpenOptions::new().write(true).create_new(true).open(path) {
        Ok(mut file) => file.write_all(note.as_bytes()).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

fn is_abandoned(folder: &Path, path: &Path, there: &str) -> io::Result<bool> {
    let mut lines = there.lines();
    let (on, by) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if !on.is_empty() && on == machine() && is_dead(by) {
        return Ok(true);
    }
    // Both times are the file system's: clocks of two computers need not agree.
    let probe = tempfile::NamedTempFile::new_in(folder)?;
    probe.as_file().write_all(b"now")?;
    let now = probe.as_file().metadata()?.modified()?;
    let last_beat = fs::metadata(path)?.modified()?;
    Ok(now.duration_since(last_beat).is_ok_and(|age| age >= GONE_AFTER))
}

/// Removes an abandoned note; returns whether it was that one.
fn clear(folder: &Path, path: &Path, abandoned: &str) -> io::Result<bool> {
    // Moved first and checked then: another process may have cleared it, and claimed the folder, a moment ago.
    let aside = folder.join(format!("{FILE}.{}", random_id()));
    match fs::rename(path, &aside) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(error),
    }
    if says(&aside, abandoned) {
        fs::remove_file(&aside)?;
        return Ok(true);
    }
    fs::rename(&aside, path)?;
    Ok(false)
}

/// This computer since its last start, if known.
fn machine() -> String {
    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

/// Whether no process has this number here. If unknown, it counts as alive.
fn is_dead(process: &str) -> bool {
    let known = Path::new("/proc/self").exists() && process.parse::<u32>().is_ok();
    known && !Path::new("/proc").join(process).exists()
}

/// Whether a lock was refused because the file system has none, and not because someone holds it.
pub(super) fn is_without_locks(error: &io::Error) -> bool {
    /// "No locks available": the error of NFS without its lock service.
    const ENOLCK: i32 = if cfg!(target_os = "macos") { 77 } else { 37 };
    error.kind() == io::ErrorKind::Unsupported || cfg!(unix) && error.raw_os_error() == Some(ENOLCK)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    fn claim(folder: &tempfile::TempDir) -> Option<Owner> {
        Owner::claim(folder.path()).unwrap()
    }

    fn note(folder: &tempfile::TempDir, text: &str, age: Duration) {
        let path = folder.path().join(FILE);
        fs::write(&path, text).unwrap();
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    }

    #[test]
    fn one_program_at_a_time_owns_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let first = claim(&folder).expect("nobody is there");
        assert!(claim(&folder).is_none(), "two programs own it");
        assert!(first.is_still_ours());
        drop(first);
        assert!(claim(&folder).is_some(), "whoever ended leaves it");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "something was left behind");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_program_that_was_killed_on_this_computer_leaves_its_folder_at_once() {
        let folder = tempfile::tempdir().unwrap();
        note(&folder, &format!("{}\n4194305\nx\n", machine()), Duration::ZERO);
        assert!(claim(&folder).is_some(), "no program has that number");
    }

    #[test]
    fn another_computers_program_is_gone_when_it_has_not_written_for_two_minutes() {
        let folder = tempfile::tempdir().unwrap();
        note(&folder, "another\n1\nx\n", GONE_AFTER - Duration::from_secs(10));
        assert!(claim(&folder).is_none(), "it may still be at work");
        note(&folder, "another\n1\nx\n", GONE_AFTER + Duration::from_secs(10));
        assert!(claim(&folder).is_some());
    }

    #[test]
    fn whoever_slept_too_long_learns_that_the_folder_is_anothers() {
        let folder = tempfile::tempdir().unwrap();
        let slept = claim(&folder).expect("nobody is there");
        note(&folder, &fs::read_to_string(&slept.path).unwrap().replace(&machine(), "x"), GONE_AFTER * 2);
        let awake = claim(&folder).expect("the other one is taken for gone");
        assert!(!slept.is_still_ours() && awake.is_still_ours());
        drop(slept);
        assert!(awake.is_still_ours(), "whoever lost it took it away at its end");
    }
}

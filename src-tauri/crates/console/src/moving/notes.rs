//! Notes about moves that have begun, in the data folder: a move that died half-way is told of at the next start. They
//! hold names, ids and digests, no secret. What a digest is of cannot be guessed: a stored hash has a random salt.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tenantry_core::bundle::{Destination, Fingerprint};
use tenantry_core::values::OrganizationId;
use time::OffsetDateTime;

use crate::files::part_builder;
use crate::folders::Folders;
use crate::identifiers::random_id;

/// How much of a note is read: it is a few hundred bytes.
const NOTE_MAX: u64 = 64 * 1024;

/// One side of a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedSide {
    /// The workspace's id.
    pub workspace: String,
    /// The workspace's name, as people knew it then.
    pub workspace_name: String,
    /// The organization's id there; `None` while it is not there yet.
    #[serde(with = "organization_id")]
    pub organization: Option<OrganizationId>,
    /// The organization's name there.
    pub name: String,
}

/// A move that has begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveNote {
    /// Its own id.
    pub id: String,
    /// Where the organization comes from.
    pub source: NotedSide,
    /// Where it goes.
    pub target: NotedSide,
    /// The address of its admin there.
    pub email: String,
    /// What the record at the source says.
    pub to: Destination,
    /// The email address of the person who moves it.
    pub by: String,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub begun_at: OffsetDateTime,
    /// What of the organization's own document goes along, as the move found it. Earlier versions did not note it.
    #[serde(default)]
    pub own: Option<Fingerprint>,
    /// The documents that came in; `None` before that, and if others changed them meanwhile.
    #[serde(default)]
    pub came_in: Option<Fingerprint>,
}

mod organization_id {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use tenantry_core::values::OrganizationId;

    pub fn serialize<S: Serializer>(id: &Option<OrganizationId>, serializer: S) -> Result<S::Ok, S::Error> {
        id.map(|id| id.to_string()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OrganizationId>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let parse = |text: String| text.parse().map_err(|()| serde::de::Error::custom("no id"));
        text.map(parse).transpose()
    }
}

/// The notes of this installation.
#[derive(Debug)]
pub struct MoveNotes {
    folder: PathBuf,
    running: Mutex<HashSet<String>>,
    /// Moves that this run completed: they can be taken back until it ends.
    done: Mutex<HashMap<String, MoveNote>>,
}

/// A move that this run is working on. Others leave it alone until this is dropped.
pub struct Working<'a> {
    notes: &'a MoveNotes,
    id: String,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.notes.running.lock().remove(&self.id);
    }
}

impl MoveNotes {
    /// The notes in this folder.
    pub fn of(folder: PathBuf) -> Self {
        Self { folder, running: Mutex::default(), done: Mutex::default() }
    }

    /// A new id for a note.
    pub fn new_id() -> String {
        random_id()
    }

    /// Claims a move for this task; `None` while another one works on it.
    pub fn work_on(&self, id: &str) -> Option<Working<'_>> {
        let is_free = self.running.lock().insert(id.to_owned());
        is_free.then(|| Working { notes: self, id: id.to_owned() })
    }

    /// Writes a note, whole or not at all, in place of the earlier one of its id.
    ///
    /// # Errors
    /// Those of the operating system.
    pub async fn keep(&self, note: &MoveNote) -> io::Result<()> {
        let (folder, path) = (self.folder.clone(), self.path(&note.id));
        let text = serde_json::to_vec_pretty(note).map_err(io::Error::other)?;
        blocking(move || {
            Folders::make_private(&folder)?;
            let mut file = part_builder().tempfile_in(&folder)?;
            file.write_all(&text)?;
            file.as_file().sync_all()?;
            file.persist(path).map_err(|failed| failed.error)?;
            Ok(())
        })
        .await
    }

    /// The move is over: there is nothing to tell at the next start.
    pub async fn remove(&self, id: &str) {
        self.done.lock().remove(id);
        let path = self.path(id);
        let removed = blocking(move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        });
        if let Err(error) = removed.await {
            // It is looked at again, and found over, at the next start.
            tracing::warn!(%error, "the note about a move could not be removed");
        }
    }

    /// The move is complete, and can be taken back until the program ends.
    pub async fn complete(&self, note: MoveNote) {
        self.remove(&note.id).await;
        self.done.lock().insert(note.id.clone(), note);
    }

    /// The moves of a workspace that nobody works on and that are not known to be over.
    pub async fn unfinished(&self, workspace: &str) -> Vec<MoveNote> {
        let folder = self.folder.clone();
        let all = blocking(move || Ok(read_all(&folder))).await.unwrap_or_default();
        let running = self.running.lock();
        let is_its =
            |note: &MoveNote| [&note.source, &note.target].iter().any(|side| side.workspace == workspace);
        all.into_iter().filter(|note| is_its(note) && !running.contains(&note.id)).collect()
    }

    /// An unfinished move, or one that this run completed.
    pub async fn find(&self, id: &str) -> Option<MoveNote> {
        if let Some(done) = self.done.lock().get(id) {
            return Some(done.clone());
        }
        // Only ids of notes that exist lead anywhere: the web view cannot name a path.
        let folder = self.folder.clone();
        let all = blocking(move || Ok(read_all(&folder))).await.unwrap_or_default();
        all.into_iter().find(|note| note.id == id)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }
}

/// The readable notes, oldest first.
fn read_all(folder: &PathBuf) -> Vec<MoveNote> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let notes = entries.flatten().filter(|entry| entry.metadata().is_ok_and(|found| found.len() < NOTE_MAX));
    let mut notes: Vec<MoveNote> = notes
        .filter_map(|entry| {
            let note: MoveNote = serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()?;
            (entry.file_name().to_str()? == format!("{}.json", note.id)).then_some(note)
        })
        .collect();
    notes.sort_by_key(|note| note.begun_at);
    notes
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)?
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn note(id: &str) -> MoveNote {
        let side = |workspace: &str, organization| NotedSide {
            workspace: workspace.to_owned(),
            workspace_name: workspace.to_owned(),
            organization,
            name: "acme".to_owned(),
        };
        MoveNote {
            id: id.to_owned(),
            source: side("here", Some(OrganizationId::new())),
            target: side("there", None),
            email: "admin@acme.example".to_owned(),
            to: Destination {
                operation: "operation".to_owned(),
                workspace: "there".to_owned(),
                name: "acme".to_owned(),
                leaves: true,
            },
            by: "olga@example.com".to_owned(),
            begun_at: datetime!(2026-03-01 12:00 UTC),
            own: Some(Fingerprint::default()),
            came_in: None,
        }
    }

    #[tokio::test]
    async fn a_note_is_found_again_by_both_workspaces_until_it_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let notes = MoveNotes::of(folder.path().join("moves"));
        assert!(notes.unfinished("here").await.is_empty());
        let kept = note("one");
        notes.keep(&kept).await.unwrap();
        let later = MoveNotes::of(folder.path().join("moves"));
        assert_eq!(later.unfinished("here").await, std::slice::from_ref(&kept));
        assert_eq!(later.unfinished("there").await, std::slice::from_ref(&kept));
        assert!(later.unfinished("elsewhere").await.is_empty());
        assert_eq!(later.find("one").await, Some(kept));
        assert_eq!(later.find("../one").await, None);
        later.remove("one").await;
        assert!(notes.unfinished("here").await.is_empty());
    }

    #[tokio::test]
    async fn a_move_under_way_is_not_told_as_unfinished() {
        let folder = tempfile::tempdir().unwrap();
        let notes = MoveNotes::of(folder.path().join("moves"));
        notes.keep(&note("one")).await.unwrap();
        let working = notes.work_on("one").expect("nobody else works on it");
        assert!(notes.work_on("one").is_none(), "two tasks would work on one move");
        assert!(notes.unfinished("here").await.is_empty());
        drop(working);
        assert_eq!(notes.unfinished("here").await.len(), 1);
    }

    #[tokio::test]
    async fn what_is_no_note_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let notes = MoveNotes::of(folder.path().to_owned());
        fs::write(folder.path().join("odd.json"), "{").unwrap();
        fs::write(folder.path().join("other.json"), serde_json::to_vec(&note("one")).unwrap()).unwrap();
        assert!(notes.unfinished("here").await.is_empty(), "its name is not the one it was written under");
    }
}
